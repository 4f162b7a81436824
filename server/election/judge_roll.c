#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/text.h"
#include "server/election/election_impl.h"
#include "server/election/standing.h"

/* What operators ask. */

/* An answer that leaves no trace. */
void
verdict_answer(struct verdict *v, int code, evote_reason reason)
{
	v->recorded = 0;
	v->out = (struct outcome){.code = code, .reason = reason};
}

/* An answer that becomes a record: what was asked, or its refusal. */
void
verdict_record(struct verdict *v, int code, evote_reason reason)
{
	verdict_answer(v, code, reason);
	v->recorded = 1;
}

/* No state knows an ill-formed name: such a refusal need not be recorded. */
void
verdict_unknown(
    struct verdict *v, int code, evote_reason reason, const char *name)
{
	if (text_is_name(name, EVOTE_NAME_MAX))
		verdict_record(v, code, reason);
	else
		verdict_answer(v, code, EVOTE_R_MALFORMED);
}

int
names_valid(const struct op *op, const evote_name *names, uint32_t n)
{
	int (*fits)(const char *, size_t) =
	    op->admitted ? text_is_line : text_is_name;

	for (uint32_t i = 0; i < n; i++) {
		if (!fits(names[i], EVOTE_NAME_MAX))
			return (0);
	}
	return (1);
}

/* What stands in a list so far. */
struct seen {
	UT_hash_handle hh, hh_key;
};
struct listed {
	struct seen *names, *keys, all[EVOTE_ROLL_MAX];
	uint32_t added, same;
};

static evote_reason
name_check(const struct op *op, const evote_voter *w, int group,
    struct listed *l, uint32_t i)
{
	size_t len = strlen(w->name);
	struct seen *found;

	if (!names_valid(op, &w->name, 1) ||
	    (group && !names_valid(op, &w->group, 1)))
		return (EVOTE_R_MALFORMED);
	HASH_FIND(hh, l->names, w->name, len, found);
	if (found != NULL)
		return (EVOTE_R_DUPLICATE);
	HASH_ADD_KEYPTR(hh, l->names, w->name, len, &l->all[i]);
	return (EVOTE_R_OK);
}

/* One key is one person, whatever the spelling, unless an operator insists. */
static evote_reason
key_check(const struct election_state *e, const struct op *op, struct listed *l,
    uint32_t i, const unsigned char *key, const struct voter *whose,
    uint32_t stage)
{
	struct seen *found;

	if (op->shared_keys || op->admitted)
		return (EVOTE_R_OK);
	HASH_FIND(hh_key, l->keys, key, SEAL_KEY, found);
	if (found != NULL ||
	    voter_holding(&e->voters, key, whose, stage) != NULL)
		return (EVOTE_R_SHARED_KEY);
	HASH_ADD_KEYPTR(hh_key, l->keys, key, SEAL_KEY, &l->all[i]);
	return (EVOTE_R_OK);
}

static evote_reason
entry_judge(const struct election_state *e, const struct op *op,
    struct listed *l, uint32_t i, evote_voter *fresh)
{
	const evote_voter *w = &op->voters[i];
	const struct voter *known = voter_find(&e->voters, w->name);
	evote_reason reason = name_check(op, w, 1, l, i);

	if (reason != EVOTE_R_OK)
		return (reason);
	if (known == NULL || !known->registered) {
		fresh[l->added++] = *w;
		return (key_check(
		    e, op, l, i, (const unsigned char *)w->key, NULL, 0));
	}
	if (!op->skip_same || !voter_same(known, w))
		return (EVOTE_R_VOTER_EXISTS);
	l->same++;
	return (EVOTE_R_OK);
}

static void
judge_register(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	struct listed l = {0};
	evote_reason reason = EVOTE_R_OK;
	uint32_t i;

	if (op->n > EVOTE_ROLL_MAX) {
		verdict_answer(v, 2, EVOTE_R_MALFORMED);
		return;
	}
	v->fresh = need(calloc(op->n + 1, sizeof(*v->fresh)));
	for (i = 0; i < op->n && reason == EVOTE_R_OK; i++)
		reason = entry_judge(e, op, &l, i, v->fresh);
	HASH_CLEAR(hh, l.names);
	HASH_CLEAR(hh_key, l.keys);
	if (reason != EVOTE_R_OK) {
		verdict_answer(
		    v, reason == EVOTE_R_VOTER_EXISTS ? 1 : 2, reason);
		v->out.where = i - 1;
		return;
	}
	verdict_record(v, 0, EVOTE_R_OK);
	v->recorded = l.added > 0 && !op->only_check;
	v->out.added = l.added;
	v->out.same = l.same;
}

/* UNREGISTER and UNLOCK: of whoever is on the roll. */
static void
judge_member(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	v->voter = voter_find(&e->voters, op->name);
	if (v->voter == NULL || !v->voter->registered)
		verdict_answer(v, 1, EVOTE_R_NO_VOTER);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

/* ---- another key ---- */

/* Hosts of an older version would halt on such a record. */
static int
too_early(const struct election_state *e, struct verdict *v)
{
	if (keys_some(&e->keys))
		return (0);
	verdict_answer(v, 2, EVOTE_R_NOT_YET);
	return (1);
}

static void
judge_rekey(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	const unsigned char *key = (const unsigned char *)op->rekey.key;

	v->voter = voter_find(&e->voters, op->rekey.voter);
	if (too_early(e, v))
		return;
	if (v->voter == NULL || !v->voter->registered)
		verdict_answer(v, 1, EVOTE_R_NO_VOTER);
	else if (memcmp(v->voter->key, key, SEAL_KEY) == 0) {
		verdict_answer(v, 0, EVOTE_R_OK);
		v->out.same = 1;
	} else if (!op->shared_keys && !op->admitted &&
	    voter_holding(&e->voters, key, v->voter, 0) != NULL)
		verdict_answer(v, 2, EVOTE_R_SHARED_KEY);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

/* ---- stages ---- */

/* With the stage that it belongs to; 0: it is to begin one. */
static evote_reason
row_judge(const struct election_state *e, const struct op *op, struct listed *l,
    uint32_t i, uint32_t stage)
{
	const evote_row *row = &op->stage.rows.rows_val[i];
	const char *name = row->voter.name;
	const unsigned char *key = (const unsigned char *)row->voter.key;
	const struct voter *known = voter_find(&e->voters, name);
	const struct voter *staged = standing_find(&e->voters, name);
	int on_roll = known != NULL && known->registered;
	evote_reason reason = name_check(op, &row->voter, !row->leaves, l, i);

	if (reason != EVOTE_R_OK)
		return (reason);
	if (stage != 0 && staged != NULL && staged->stage == stage)
		return (EVOTE_R_DUPLICATE);
	if (row->leaves)
		return (on_roll ? EVOTE_R_OK : EVOTE_R_NO_VOTER);
	if (on_roll && memcmp(known->key, key, SEAL_KEY) == 0)
		return (EVOTE_R_OK);
	return (key_check(e, op, l, i, key, known, stage));
}

static int
is_present(const struct election_state *e, uint32_t stage, uint32_t rows)
{
	const struct voters *vs = &e->voters;

	return (stage != 0 && stage == stage_open(vs) &&
	    stage_of(vs, stage)->rows == rows &&
	    stage_of(vs, stage)->changes == vs->changes);
}

/* Whether the place of those rows is there, and which stage that is. */
static int
stage_fits(
    const struct election_state *e, const struct op *op, uint32_t *number)
{
	const evote_stage_op *s = &op->stage;
	uint32_t next = e->voters.n_stages + 1;

	if (s->from != 0) {
		*number = s->stage;
		return (is_present(e, s->stage, s->from));
	}
	*number = next;
	return (op->admitted ? s->stage == next
			     : s->stage == 0 && op->roll == e->voters.changes);
}

static void
judge_stage(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	uint32_t n = op->stage.rows.rows_len, i;
	evote_reason reason = EVOTE_R_OK;
	struct listed l = {0};

	if (too_early(e, v))
		return;
	if (n == 0 || n > EVOTE_ROLL_MAX) {
		verdict_answer(v, 2, EVOTE_R_MALFORMED);
		return;
	}
	if (!stage_fits(e, op, &v->stage)) {
		verdict_answer(v, 2, EVOTE_R_STAGE);
		return;
	}
	for (i = 0; i < n && reason == EVOTE_R_OK; i++)
		reason = row_judge(
		    e, op, &l, i, op->stage.from == 0 ? 0 : op->stage.stage);
	HASH_CLEAR(hh, l.names);
	HASH_CLEAR(hh_key, l.keys);
	if (reason != EVOTE_R_OK) {
		verdict_answer(v, reason == EVOTE_R_NO_VOTER ? 1 : 2, reason);
		v->out.where = i - 1;
		return;
	}
	verdict_record(v, 0, EVOTE_R_OK);
	v->recorded = !op->only_check;
}

static void
judge_commit(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	if (is_present(e, op->commit.stage, op->commit.rows))
		verdict_record(v, 0, EVOTE_R_OK);
	else
		verdict_answer(v, 2, EVOTE_R_STAGE);
}

void
judge_operator(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	switch (op->kind) {
	case EVOTE_OP_REGISTER:
		judge_register(e, op, v);
		break;
	case EVOTE_OP_REKEY:
		judge_rekey(e, op, v);
		break;
	case EVOTE_OP_STAGE:
		judge_stage(e, op, v);
		break;
	case EVOTE_OP_COMMIT:
		judge_commit(e, op, v);
		break;
	default:
		judge_member(e, op, v);
	}
}
