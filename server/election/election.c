#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "server/election/election_impl.h"
#include "server/election/electors.h"
#include "server/election/life.h"
#include "server/election/mix.h"

struct election_state *
election_new(void)
{
	struct election_state *e = need_zeroed(1, sizeof(*e));

	settings_begin(&e->settings);
	return (e);
}

void
election_free(struct election_state *e)
{
	if (e == NULL)
		return;
	election_discard_undo(e, e->size);
	polls_clear(&e->polls);
	chronicle_clear(&e->chronicle);
	keys_clear(&e->keys);
	voters_clear(&e->voters);
	settings_clear(&e->settings);
	if (e->genesis != NULL)
		xdr_free((xdrproc_t)xdr_evote_genesis, (char *)e->genesis);
	free(e->genesis);
	free(e);
}

void
election_undo(struct election_state *e, uint64_t size)
{
	assert(size >= e->undo_from);
	while (e->size > size)
		effect_undo(e);
}

void
election_discard_undo(struct election_state *e, uint64_t size)
{
	assert(size <= e->size);
	while (e->undo_from < size)
		effect_discard_undo(e);
}

uint64_t
election_size(const struct election_state *e)
{
	return (e->size);
}

/* Whether a record of that kind may stand there: genesis first, time rises. */
static int
place_fits(const struct election_state *e, evote_op_kind kind,
    const struct entry_header *at)
{
	return (at->seq == e->size && at->epoch >= e->epoch &&
	    (e->size == 0 || at->time > e->time) &&
	    (e->size == 0) == (kind == EVOTE_OP_GENESIS));
}

static void
leaf_asked(evote_op *to, const struct op *op, const struct verdict *v)
{
	const evote_act *act = &op->act;

	switch (to->kind) {
	case EVOTE_OP_CREATE:
		to->evote_op_u.create.asker = op->asker;
		to->evote_op_u.create.signature = op->signature;
		to->evote_op_u.create.election = act->evote_act_u.election;
		break;
	case EVOTE_OP_OPEN:
		to->evote_op_u.open.asker = op->asker;
		to->evote_op_u.open.signature = op->signature;
		to->evote_op_u.open.terms = act->evote_act_u.terms;
		break;
	case EVOTE_OP_EXTEND:
		to->evote_op_u.extend.asker = op->asker;
		to->evote_op_u.extend.signature = op->signature;
		to->evote_op_u.extend.extension = act->evote_act_u.extension;
		break;
	case EVOTE_OP_CANCEL:
		to->evote_op_u.cancel.asker = op->asker;
		to->evote_op_u.cancel.signature = op->signature;
		to->evote_op_u.cancel.cancellation =
		    act->evote_act_u.cancellation;
		break;
	case EVOTE_OP_VOTE:
	case EVOTE_OP_BALLOT:
		to->evote_op_u.vote.asker = op->asker;
		to->evote_op_u.vote.signature = op->signature;
		to->evote_op_u.vote.ballot = act->evote_act_u.ballot;
		break;
	default:
		to->evote_op_u.refused.asker = op->asker;
		memcpy(to->evote_op_u.refused.act, v->client.act, SEAL_HASH);
	}
}

/* The leaf borrows from op and v. */
static void
leaf_fill(evote_leaf *leaf, const struct op *op, const struct verdict *v)
{
	evote_op *to = &leaf->op;

	to->kind = v->out.code == 0 ? op->kind : EVOTE_OP_REFUSED;
	switch (to->kind) {
	case EVOTE_OP_GENESIS:
		to->evote_op_u.genesis = op->genesis;
		break;
	case EVOTE_OP_EPOCH:
		to->evote_op_u.epoch = op->epoch;
		break;
	case EVOTE_OP_HOST:
		to->evote_op_u.host = op->host;
		memcpy(to->evote_op_u.host.replaces, v->replaces,
		    sizeof(v->replaces));
		break;
	case EVOTE_OP_REGISTER:
		to->evote_op_u.voters.voters_len = v->out.added;
		to->evote_op_u.voters.voters_val = v->fresh;
		break;
	case EVOTE_OP_REKEY:
		to->evote_op_u.rekey = op->rekey;
		break;
	case EVOTE_OP_STAGE:
		to->evote_op_u.stage = op->stage;
		to->evote_op_u.stage.stage = v->stage;
		break;
	case EVOTE_OP_COMMIT:
		to->evote_op_u.commit = op->commit;
		break;
	case EVOTE_OP_UNREGISTER:
		to->evote_op_u.voter = op->name;
		break;
	case EVOTE_OP_UNLOCK:
		to->evote_op_u.unlocked = op->name;
		break;
	case EVOTE_OP_START:
	case EVOTE_OP_CLOSE:
		to->evote_op_u.election = op->name;
		break;
	case EVOTE_OP_SETTINGS:
		to->evote_op_u.settings = v->settings;
		break;
	case EVOTE_OP_CREATE:
	case EVOTE_OP_OPEN:
	case EVOTE_OP_EXTEND:
	case EVOTE_OP_CANCEL:
	case EVOTE_OP_VOTE:
	case EVOTE_OP_BALLOT:
	case EVOTE_OP_REFUSED:
		leaf_asked(to, op, v);
		break;
	}
}

struct record *
election_execute(struct election_state *e, const struct op *op,
    const struct entry_header *at, struct outcome *out)
{
	struct verdict v = {0};
	struct record *r = NULL;
	union opening opening = op->opening;
	evote_leaf leaf = {
	    .format = EVOTE_LEAF_FORMAT,
	    .seq = at->seq,
	    .epoch = at->epoch,
	    .time = at->time,
	};
	int opened;

	assert(place_fits(e, op->kind, at));
	judge_op(e, op, at->time, &v);
	*out = v.out;
	if (v.recorded) {
		leaf_fill(&leaf, op, &v);
		leaf.code = v.out.code;
		leaf.reason = v.out.reason;
		opened = opening_xdr(leaf.op.kind) != NULL;
		assert(!opened ||
		    opening_fits(
			&opening, op->kind, &op->act.evote_act_u.ballot));
		r = record_make(&leaf, opened ? &opening : NULL);
		assert(r != NULL);
		effect_apply(e, &leaf, &v);
	}
	free(v.fresh);
	return (r);
}

static void
op_asked(struct op *op, const evote_leaf *leaf, const union opening *opening)
{
	struct asked asked;

	(void)record_asked(leaf, &asked);
	op->asker = *asked.asker;
	op->act = asked.act;
	op->by_operator = asked.asker->voter[0] == '\0';
	op->opening = *opening;
	/* By token: only that may come after the end. */
	op->begun = asked.signature->evote_signature_len == 0;
}

/* The operation that a leaf is the record of; it borrows from both. */
static void
op_fill(struct op *op, const evote_leaf *leaf, const union opening *opening)
{
	const evote_op *from = &leaf->op;

	*op = (struct op){
	    .kind = from->kind,
	    .admitted = 1,
	    .credential = EVOTE_R_OK,
	};
	switch (from->kind) {
	case EVOTE_OP_REGISTER:
		op->n = from->evote_op_u.voters.voters_len;
		op->voters = from->evote_op_u.voters.voters_val;
		break;
	case EVOTE_OP_REKEY:
		op->rekey = from->evote_op_u.rekey;
		break;
	case EVOTE_OP_STAGE:
		op->stage = from->evote_op_u.stage;
		break;
	case EVOTE_OP_COMMIT:
		op->commit = from->evote_op_u.commit;
		break;
	case EVOTE_OP_UNREGISTER:
		op->name = from->evote_op_u.voter;
		break;
	case EVOTE_OP_UNLOCK:
		op->name = from->evote_op_u.unlocked;
		break;
	case EVOTE_OP_SETTINGS:
		op->set_creators = op->set_quota = 1;
		op->settings = from->evote_op_u.settings;
		break;
	case EVOTE_OP_CREATE:
	case EVOTE_OP_OPEN:
	case EVOTE_OP_EXTEND:
	case EVOTE_OP_CANCEL:
	case EVOTE_OP_VOTE:
	case EVOTE_OP_BALLOT:
		op_asked(op, leaf, opening);
		break;
	case EVOTE_OP_START:
	case EVOTE_OP_CLOSE:
		op->name = from->evote_op_u.election;
		break;
	case EVOTE_OP_HOST:
		op->host = from->evote_op_u.host;
		break;
	case EVOTE_OP_GENESIS:
	case EVOTE_OP_EPOCH:
	case EVOTE_OP_REFUSED:
		break;
	}
}

/* Judges a record; returns what is wrong with it, or NULL. */
static const char *
replay_judge(const struct election_state *e, const struct record *r,
    const evote_leaf *leaf, const union opening *opening, struct verdict *v)
{
	const struct entry_header at = {leaf->seq, leaf->epoch, leaf->time};
	int opened = opening_xdr(leaf->op.kind) != NULL;
	struct op op;

	if (!place_fits(e, leaf->op.kind, &at))
		return ("it does not fit its place");
	if (opened != (r->opening_len > 0) ||
	    (opened &&
		!opening_fits(
		    opening, leaf->op.kind, &leaf->op.evote_op_u.vote.ballot)))
		return ("its private part does not fit");
	if (leaf->op.kind == EVOTE_OP_REFUSED) {
		judge_refusal(e, leaf, v);
	} else {
		op_fill(&op, leaf, opening);
		judge_op(e, &op, leaf->time, v);
	}
	if (!v->recorded || v->out.code != leaf->code ||
	    v->out.reason != leaf->reason)
		return ("executing it gives another outcome");
	if (leaf->op.kind == EVOTE_OP_HOST &&
	    memcmp(leaf->op.evote_op_u.host.replaces, v->replaces,
		sizeof(v->replaces)) != 0)
		return ("it replaces another key");
	return (NULL);
}

int
election_replay_opened(struct election_state *e, const struct record *r,
    const evote_leaf *leaf, const union opening *opening, char *err,
    size_t errlen)
{
	struct verdict v = {0};
	const char *why;

	why = replay_judge(e, r, leaf, opening, &v);
	if (why == NULL)
		effect_apply(e, leaf, &v);
	else
		snprintf(err, errlen,
		    "record seq=%" PRIu64 " kind=%d code=%d reason=%d: %s "
		    "(size=%" PRIu64 " code=%d reason=%d)",
		    r->seq, leaf->op.kind, leaf->code, leaf->reason, why,
		    e->size, v.out.code, v.out.reason);
	free(v.fresh);
	return (why == NULL ? 0 : -1);
}

int
election_replay(
    struct election_state *e, const struct record *r, char *err, size_t errlen)
{
	evote_leaf leaf;
	union opening opening;
	int rc;

	if (record_open(r, &leaf, &opening) == -1) {
		snprintf(err, errlen, "record seq=%" PRIu64 " is unreadable",
		    r->seq);
		return (-1);
	}
	rc = election_replay_opened(e, r, &leaf, &opening, err, errlen);
	record_clear(&leaf, &opening);
	return (rc);
}

/* ---- reading ---- */

int
election_due(const struct election_state *e, uint64_t time, struct op *op)
{
	const struct poll *p = polls_due(&e->polls, time);

	if (p == NULL)
		return (0);
	*op = (struct op){.kind = EVOTE_OP_CLOSE, .name = p->about.name};
	if (p->phase == EVOTE_PHASE_PLANNED)
		op->kind = EVOTE_OP_START;
	return (1);
}

int
election_voter(
    const struct election_state *e, const char *name, struct voter_view *view)
{
	const struct voter *v = voter_find(&e->voters, name);

	if (v == NULL)
		return (0);
	view->group = v->group->name;
	view->key = v->key;
	view->registered = v->registered;
	view->kept = !v->registered && polls_keep_open(&e->polls, v);
	return (1);
}

uint32_t
election_stage(const struct election_state *e)
{
	return (stage_open(&e->voters));
}

const struct keys *
election_keys(const struct election_state *e)
{
	return (&e->keys);
}

int
election_receipt(
    const struct election_state *e, const evote_asker *asker, uint64_t *seq)
{
	const struct voter *v = voter_find(&e->voters, asker->voter);
	const struct client *c = v == NULL
	    ? NULL
	    : voter_client(v, (const unsigned char *)asker->client);

	if (c == NULL || c->number != asker->number)
		return (0);
	*seq = c->seq;
	return (1);
}

const evote_genesis *
election_genesis(const struct election_state *e)
{
	return (e->genesis);
}

void
election_hash(const struct election_state *e, unsigned char out[32])
{
	memset(out, 0, SEAL_HASH);
	if (e->genesis != NULL) {
		mix(out, e->genesis->cluster, sizeof(e->genesis->cluster));
		mix_string(out, e->genesis->origin);
	}
	mix_number(out, e->size);
	mix_number(out, e->epoch);
	mix_number(out, e->time);
	mix_number(out, e->forced_epoch);
	settings_mix(&e->settings, out);
	voters_mix(&e->voters, out);
	polls_mix(&e->polls, out);
	chronicle_mix(&e->chronicle, out);
	keys_mix(&e->keys, out);
}
