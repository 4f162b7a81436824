#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/text.h"
#include "server/election/election_impl.h"
#include "server/election/electors.h"
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
	const evote_row *rows; /* STAGE: all of them are in names */
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

/* A key, and who is to have it, as one of that group on the roll. */
struct heir {
	const struct election_state *e;
	const struct listed *l; /* the row is one of these */
	uint32_t stage;		/* to which the list belongs, or 0 */
	const unsigned char *key;
	const struct voter *known; /* NULL: nobody has heard of him yet */
	const char *group;	   /* NULL: he stays off the roll */
	int has;		   /* he has this key now */
};

/* The key that another one will have on the roll with that list, or NULL. */
static const unsigned char *
key_then(const struct heir *h, const struct voter *v)
{
	const struct seen *found = NULL;
	const evote_row *row;

	if (h->l->rows != NULL)
		HASH_FIND(hh, h->l->names, v->name, strlen(v->name), found);
	if (found == NULL)
		return (voter_key_at(&h->e->voters, v, h->stage));
	row = &h->l->rows[found - h->l->all];
	return (row->leaves ? NULL : (const unsigned char *)row->voter.key);
}

static int
keeps_key(const void *arg, const struct voter *holder)
{
	const struct heir *h = arg;
	const unsigned char *then = key_then(h, holder);

	return (then != NULL && memcmp(then, h->key, SEAL_KEY) == 0);
}

/* Whether the heir could vote there, and has not. */
static int
heir_may_vote(const struct heir *h, const struct poll *p)
{
	if (h->known != NULL && poll_has_voted(p, h->known))
		return (0);
	if (p->frozen != NULL)
		return (h->known != NULL && poll_keeps(p, h->known));
	for (uint32_t i = 0; i < p->about.groups.groups_len; i++)
		if (h->group != NULL &&
		    strcmp(p->groups[i]->name, h->group) == 0)
			return (1);
	return (0);
}

/* Whether the key has voted where the heir could vote with it again. */
static int
key_has_voted(const struct heir *h)
{
	const struct polls *ps = &h->e->polls;

	for (uint32_t i = 0; i < ps->n_due; i++)
		if (voted_keys_have(&ps->due[i]->keys, h->key) &&
		    heir_may_vote(h, ps->due[i]))
			return (1);
	return (0);
}

/* Whether this one, who is off the roll, may yet vote where the heir could. */
static int
may_vote_too(const void *arg, const struct voter *former)
{
	const struct heir *h = arg;
	const struct polls *ps = &h->e->polls;

	if (key_then(h, former) != NULL)
		return (0);
	for (uint32_t i = 0; i < ps->n_due; i++)
		if (poll_keeps(ps->due[i], former) &&
		    !poll_has_voted(ps->due[i], former) &&
		    heir_may_vote(h, ps->due[i]))
			return (1);
	return (0);
}

/*
 * One key is one person, whatever the spelling, unless an operator insists; in
 * an open election also when the person gets another name.  If others have it
 * with him now, that was meant.
 */
static evote_reason
key_check(
    const struct op *op, struct listed *l, uint32_t i, const struct heir *h)
{
	const struct voters *vs = &h->e->voters;
	struct seen *found;
	int shared;

	if (op->shared_keys || op->admitted)
		return (EVOTE_R_OK);
	shared =
	    voter_holding(vs, h->key, h->known, h->stage, keeps_key, h) != NULL;
	if (!h->has) {
		HASH_FIND(hh_key, l->keys, h->key, SEAL_KEY, found);
		if (found != NULL || shared)
			return (EVOTE_R_SHARED_KEY);
		HASH_ADD_KEYPTR(hh_key, l->keys, h->key, SEAL_KEY, &l->all[i]);
	}
	return ((!shared && key_has_voted(h)) ||
		    voter_having_had(vs, h->key, h->known, may_vote_too, h) !=
			NULL
		? EVOTE_R_SHARED_KEY
		: EVOTE_R_OK);
}

static evote_reason
entry_judge(const struct election_state *e, const struct op *op,
    struct listed *l, uint32_t i, evote_voter *fresh)
{
	const evote_voter *w = &op->voters[i];
	const struct voter *known = voter_find(&e->voters, w->name);
	const unsigned char *key = (const unsigned char *)w->key;
	const struct heir heir = {e, l, 0, key, known, w->group, 0};
	evote_reason reason = name_check(op, w, 1, l, i);

	if (reason != EVOTE_R_OK)
		return (reason);
	if (known == NULL || !known->registered) {
		fresh[l->added++] = *w;
		return (key_check(op, l, i, &heir));
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
	v->fresh = need_zeroed(op->n + 1, sizeof(*v->fresh));
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

/*
 * Whoever is on the roll, or (kept) has left it and may still vote where that
 * is fixed; else NULL, and that is the answer.
 */
static struct voter *
member_find(const struct election_state *e, const char *name, int kept,
    struct verdict *v)
{
	struct voter *found = voter_find(&e->voters, name);

	if (found != NULL && !found->registered &&
	    !(kept && polls_keep_open(&e->polls, found)))
		found = NULL;
	if (found == NULL)
		verdict_answer(v, 1, EVOTE_R_NO_VOTER);
	return (v->voter = found);
}

/* UNREGISTER and UNLOCK. */
static void
judge_member(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	if (member_find(e, op->name, op->kind == EVOTE_OP_UNLOCK, v) != NULL)
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
	struct listed l = {0};
	struct heir heir = {.e = e, .l = &l, .key = key};

	if (too_early(e, v) || !member_find(e, op->rekey.voter, 1, v))
		return;
	heir.known = v->voter;
	if (v->voter->registered)
		heir.group = v->voter->group->name;
	if (memcmp(v->voter->key, key, SEAL_KEY) == 0) {
		verdict_answer(v, 0, EVOTE_R_OK);
		v->out.same = 1;
	} else if (key_check(op, &l, 0, &heir) != EVOTE_R_OK)
		verdict_answer(v, 2, EVOTE_R_SHARED_KEY);
	else
		verdict_record(v, 0, EVOTE_R_OK);
	HASH_CLEAR(hh_key, l.keys);
}

/* ---- stages ---- */

static evote_reason
row_name(const struct election_state *e, const struct op *op, struct listed *l,
    uint32_t i)
{
	const evote_row *row = &l->rows[i];
	const struct voter *staged = standing_find(&e->voters, row->voter.name);
	evote_reason reason = name_check(op, &row->voter, !row->leaves, l, i);

	if (reason == EVOTE_R_OK && op->stage.from != 0 && staged != NULL &&
	    staged->stage == op->stage.stage)
		return (EVOTE_R_DUPLICATE);
	return (reason);
}

static evote_reason
row_judge(const struct election_state *e, const struct op *op, struct listed *l,
    uint32_t i)
{
	const evote_voter *w = &l->rows[i].voter;
	const unsigned char *key = (const unsigned char *)w->key;
	const struct voter *known = voter_find(&e->voters, w->name);
	int on_roll = known != NULL && known->registered;
	const struct heir heir = {
	    .e = e,
	    .l = l,
	    .stage = op->stage.from == 0 ? 0 : op->stage.stage,
	    .key = key,
	    .known = known,
	    .group = w->group,
	    .has = on_roll && memcmp(known->key, key, SEAL_KEY) == 0,
	};

	if (l->rows[i].leaves)
		return (on_roll ? EVOTE_R_OK : EVOTE_R_NO_VOTER);
	/* Who stands so is no reason to refuse. */
	if (on_roll && voter_same(known, w))
		return (EVOTE_R_OK);
	return (key_check(op, l, i, &heir));
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
	struct listed l = {.rows = op->stage.rows.rows_val};

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
		reason = row_name(e, op, &l, i);
	/* Keys are compared with how the roll stands after all of these. */
	if (reason == EVOTE_R_OK)
		for (i = 0; i < n && reason == EVOTE_R_OK; i++)
			reason = row_judge(e, op, &l, i);
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

/* Whether he gives up his key with that stage, and somebody gets it. */
static int
hands_on_key(const struct voters *vs, const struct voter *v, uint32_t stage)
{
	const unsigned char *now = voter_key_at(vs, v, 0);
	const unsigned char *then = voter_key_at(vs, v, stage);

	return (now != NULL &&
	    (then == NULL || memcmp(now, then, SEAL_KEY) != 0) &&
	    voter_holding(vs, now, v, stage, NULL, NULL) != NULL);
}

static int
has_acted(const struct voter *v, uint64_t since)
{
	for (int i = 0; i < v->n_clients; i++)
		if (v->clients[i].seq >= since)
			return (1);
	return (0);
}

/* Whether there is an election, fixed since, for which who leaves is kept. */
static int
is_fixed_since(const struct polls *ps, uint64_t since)
{
	for (uint32_t i = 0; i < ps->n_due; i++)
		if (ps->due[i]->frozen != NULL &&
		    ps->due[i]->opened_at.seq >= since)
			return (1);
	return (0);
}

/*
 * Keys were compared when the rows came.  Whoever hands his on may have voted
 * since then, or leaves and may yet vote where that was fixed since, and
 * whoever gets it could vote with it again.
 */
static int
is_overtaken(const struct election_state *e, uint32_t stage)
{
	const struct voters *vs = &e->voters;
	uint64_t begun = stage_of(vs, stage)->begun;
	int fixed = is_fixed_since(&e->polls, begun);
	const struct standing *o;

	for (o = vs->by_other; o != NULL; o = o->hh_key.next)
		if (o->voter->stage == stage &&
		    (has_acted(o->voter, begun) ||
			(fixed && voter_key_at(vs, o->voter, stage) == NULL)) &&
		    hands_on_key(vs, o->voter, stage))
			return (1);
	return (0);
}

static void
judge_commit(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	uint32_t stage = op->commit.stage;

	if (!is_present(e, stage, op->commit.rows) ||
	    (!op->admitted && is_overtaken(e, stage)))
		verdict_answer(v, 2, EVOTE_R_STAGE);
	else
		verdict_record(v, 0, EVOTE_R_OK);
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
