#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "common/need.h"
#include "server/election/election_impl.h"
#include "server/election/life.h"
#include "server/election/standing.h"

#define SWEEP 200 /* voters tidied by each record that becomes final */

/* What takes one record back. */
struct effect {
	struct effect *prev, *next;
	evote_op_kind kind;
	uint64_t epoch, time; /* of the record before */
	union {
		uint64_t forced_epoch; /* EPOCH: the one before */
		struct {	       /* REGISTER, STAGE, REKEY */
			uint32_t n;
			struct enrolment *list;
			int begins;	  /* STAGE: the first of a stage, */
			uint32_t dropped; /* which dropped that one, or 0 */
		} roll;
		uint32_t stage;		     /* COMMIT */
		struct voter *voter;	     /* UNREGISTER */
		struct unlocked unlocked;    /* UNLOCK */
		struct poll *poll;	     /* START, CLOSE */
		evote_settings settings;     /* SETTINGS: those before */
		struct {		     /* what voters ask for, REFUSED */
			struct voter *voter; /* NULL: an operator */
			struct displaced displaced;
			struct poll *poll;    /* EXTEND, CANCEL, VOTE, BALLOT */
			uint32_t choice;      /* VOTE */
			unsigned char *ranks; /* BALLOT */
			uint64_t quota; /* CREATE, OPEN, REFUSED: before */
		} asked;
	} u;
};

static void
effect_free(struct effect *f)
{
	if (f->kind == EVOTE_OP_REGISTER || f->kind == EVOTE_OP_STAGE ||
	    f->kind == EVOTE_OP_REKEY)
		free(f->u.roll.list);
	else if (f->kind == EVOTE_OP_BALLOT)
		free(f->u.asked.ranks);
	else if (f->kind == EVOTE_OP_SETTINGS)
		settings_clear(&f->u.settings);
	free(f);
}

/* ---- forth ---- */

static void
apply_genesis(struct election_state *e, const evote_genesis *from)
{
	e->genesis = need(malloc(sizeof(*e->genesis)));
	*e->genesis = *from;
	e->genesis->origin = need_copy(from->origin);
}

static void
apply_epoch(struct election_state *e, struct effect *f, const evote_leaf *leaf)
{
	f->u.forced_epoch = e->forced_epoch;
	if (leaf->op.evote_op_u.epoch.forced)
		e->forced_epoch = leaf->epoch;
}

static void
roll_room(struct effect *f, uint32_t n)
{
	f->u.roll.n = n;
	f->u.roll.list = need(calloc(n, sizeof(*f->u.roll.list)));
}

static void
apply_register(struct election_state *e, struct effect *f,
    const struct verdict *v, uint64_t time)
{
	uint32_t n = v->out.added;

	roll_room(f, n);
	for (uint32_t i = 0; i < n; i++)
		voter_enrol(&e->voters, &v->fresh[i], time, &f->u.roll.list[i]);
}

static void
apply_rekey(struct election_state *e, struct effect *f, const evote_leaf *leaf,
    const struct verdict *v)
{
	roll_room(f, 1);
	voter_rekey(&e->voters, v->voter,
	    (const unsigned char *)leaf->op.evote_op_u.rekey.key,
	    f->u.roll.list);
}

static void
apply_stage(struct election_state *e, struct effect *f, const evote_leaf *leaf)
{
	const evote_stage_op *op = &leaf->op.evote_op_u.stage;

	roll_room(f, op->rows.rows_len);
	f->u.roll.begins = op->from == 0;
	if (f->u.roll.begins)
		f->u.roll.dropped = stage_begin(&e->voters, leaf->seq);
	for (uint32_t i = 0; i < f->u.roll.n; i++)
		stage_row(&e->voters, &op->rows.rows_val[i], leaf->time,
		    &f->u.roll.list[i]);
}

static evote_moment
moment_of(const evote_leaf *leaf)
{
	return ((evote_moment){.seq = leaf->seq, .time = leaf->time});
}

static void
apply_vote(struct effect *f, const struct verdict *v, uint64_t time)
{
	f->u.asked.poll = v->poll;
	f->u.asked.choice = v->choice;
	poll_vote(v->poll, v->voter, v->choice, v->tracker);
	poll_step(v->poll, time, 1);
}

static void
apply_ballot(struct effect *f, const struct verdict *v, uint64_t time)
{
	uint32_t n = v->ranks.evote_ranks_len;

	f->u.asked.poll = v->poll;
	f->u.asked.ranks = need(malloc(n));
	memcpy(f->u.asked.ranks, v->ranks.evote_ranks_val, n);
	poll_ballot(v->poll, v->voter, f->u.asked.ranks);
	poll_step(v->poll, time, 1);
}

static void
apply_create(struct election_state *e, struct effect *f, const evote_leaf *leaf,
    const struct verdict *v)
{
	const evote_election *about = &leaf->op.evote_op_u.create.election;
	const evote_terms *terms = &leaf->op.evote_op_u.open.terms;
	const evote_options *options = NULL;

	if (leaf->op.kind == EVOTE_OP_OPEN) {
		about = &terms->election;
		options = &terms->options;
	}
	if (v->voter != NULL)
		f->u.asked.quota = voter_create(v->voter, about, leaf->time);
	poll_add(
	    &e->polls, &e->voters, about, options, v->voter, moment_of(leaf));
}

/* EXTEND and CANCEL. */
static void
apply_change(struct election_state *e, struct effect *f, const evote_leaf *leaf,
    const struct verdict *v)
{
	f->u.asked.poll = v->poll;
	if (leaf->op.kind == EVOTE_OP_EXTEND) {
		life_extend(&e->polls, v->poll,
		    &leaf->op.evote_op_u.extend.extension, v->voter,
		    moment_of(leaf));
		return;
	}
	life_cancel(&e->polls, v->poll, &e->voters,
	    leaf->op.evote_op_u.cancel.cancellation.reason, v->voter,
	    moment_of(leaf));
	voter_close(v->poll->creator);
}

static void
apply_settings(
    struct election_state *e, struct effect *f, const struct verdict *v)
{
	f->u.settings = e->settings;
	settings_copy(&e->settings, &v->settings);
}

static void
apply_answer(struct effect *f, const evote_leaf *leaf, const struct verdict *v)
{
	struct client c = v->client;

	if (v->voter == NULL)
		return;
	c.seq = leaf->seq;
	c.code = v->out.code;
	c.reason = v->out.reason;
	f->u.asked.voter = v->voter;
	voter_answer(v->voter, &c, &f->u.asked.displaced);
}

static void
apply_asked(struct election_state *e, struct effect *f, const evote_leaf *leaf,
    const struct verdict *v)
{
	apply_answer(f, leaf, v);
	switch (f->kind) {
	case EVOTE_OP_CREATE:
	case EVOTE_OP_OPEN:
		apply_create(e, f, leaf, v);
		break;
	case EVOTE_OP_EXTEND:
	case EVOTE_OP_CANCEL:
		apply_change(e, f, leaf, v);
		break;
	case EVOTE_OP_VOTE:
		apply_vote(f, v, leaf->time);
		break;
	case EVOTE_OP_BALLOT:
		apply_ballot(f, v, leaf->time);
		break;
	default:
		f->u.asked.quota = voter_refuse(v->voter, leaf->time);
	}
}

static void
apply_op(struct election_state *e, struct effect *f, const evote_leaf *leaf,
    const struct verdict *v)
{
	switch (f->kind) {
	case EVOTE_OP_GENESIS:
		apply_genesis(e, &leaf->op.evote_op_u.genesis);
		keys_add(&e->keys, leaf);
		break;
	case EVOTE_OP_HOST:
		keys_add(&e->keys, leaf);
		break;
	case EVOTE_OP_EPOCH:
		apply_epoch(e, f, leaf);
		break;
	case EVOTE_OP_REGISTER:
		apply_register(e, f, v, leaf->time);
		break;
	case EVOTE_OP_REKEY:
		apply_rekey(e, f, leaf, v);
		break;
	case EVOTE_OP_STAGE:
		apply_stage(e, f, leaf);
		break;
	case EVOTE_OP_COMMIT:
		f->u.stage = leaf->op.evote_op_u.commit.stage;
		stage_commit(&e->voters);
		break;
	case EVOTE_OP_UNREGISTER:
		f->u.voter = v->voter;
		voter_strike(&e->voters, v->voter);
		break;
	case EVOTE_OP_UNLOCK:
		voter_unlock(v->voter, leaf->time, &f->u.unlocked);
		break;
	case EVOTE_OP_START:
		f->u.poll = v->poll;
		life_start(&e->polls, v->poll, &e->voters, moment_of(leaf));
		break;
	case EVOTE_OP_CLOSE:
		f->u.poll = v->poll;
		life_close(&e->polls, v->poll, &e->voters, moment_of(leaf));
		voter_close(v->poll->creator);
		break;
	case EVOTE_OP_SETTINGS:
		apply_settings(e, f, v);
		break;
	case EVOTE_OP_CREATE:
	case EVOTE_OP_OPEN:
	case EVOTE_OP_EXTEND:
	case EVOTE_OP_CANCEL:
	case EVOTE_OP_VOTE:
	case EVOTE_OP_BALLOT:
	case EVOTE_OP_REFUSED:
		apply_asked(e, f, leaf, v);
		break;
	}
}

void
effect_apply(
    struct election_state *e, const evote_leaf *leaf, const struct verdict *v)
{
	struct effect *f = need(calloc(1, sizeof(*f)));

	f->kind = leaf->op.kind;
	f->epoch = e->epoch;
	f->time = e->time;
	apply_op(e, f, leaf, v);
	DL_APPEND(e->effects, f);
	chronicle_note(&e->chronicle, leaf, e->time);
	e->size++;
	e->epoch = leaf->epoch;
	e->time = leaf->time;
}

/* ---- and back ---- */

static void
undo_genesis(struct election_state *e)
{
	xdr_free((xdrproc_t)xdr_evote_genesis, (char *)e->genesis);
	free(e->genesis);
	e->genesis = NULL;
}

static void
undo_register(struct election_state *e, const struct effect *f)
{
	for (uint32_t i = f->u.roll.n; i-- > 0;)
		voter_enrol_undo(&e->voters, &f->u.roll.list[i]);
}

static void
undo_stage(struct election_state *e, const struct effect *f)
{
	for (uint32_t i = f->u.roll.n; i-- > 0;)
		stage_row_undo(&e->voters, &f->u.roll.list[i]);
	if (f->u.roll.begins)
		stage_begin_undo(&e->voters, f->u.roll.dropped);
}

/*
 * Who asked, or NULL.  The stages are again as they were then, and his fields
 * may be as somebody found them since.
 */
static struct voter *
asked_by(const struct election_state *e, const struct effect *f)
{
	struct voter *v = f->u.asked.voter;

	return (v == NULL ? NULL : voter_at(&e->voters, v->index));
}

static void
undo_asked(struct election_state *e, const struct effect *f)
{
	struct voter *v = asked_by(e, f);
	struct poll *p = f->u.asked.poll;

	switch (f->kind) {
	case EVOTE_OP_CREATE:
	case EVOTE_OP_OPEN:
		poll_add_undo(&e->polls);
		if (v != NULL)
			voter_create_undo(v, f->u.asked.quota);
		break;
	case EVOTE_OP_EXTEND:
		life_extend_undo(&e->polls, p);
		break;
	case EVOTE_OP_CANCEL:
		voter_close_undo(p->creator);
		life_end_undo(&e->polls, p);
		break;
	case EVOTE_OP_VOTE:
		poll_step(p, e->time, -1);
		poll_vote_undo(p, v, f->u.asked.choice);
		break;
	case EVOTE_OP_BALLOT:
		poll_step(p, e->time, -1);
		poll_ballot_undo(p, v, f->u.asked.ranks);
		break;
	default:
		voter_refuse_undo(v, f->u.asked.quota);
	}
	if (v != NULL)
		voter_answer_undo(v, &f->u.asked.displaced);
}

static void
undo_settings(struct election_state *e, struct effect *f)
{
	settings_clear(&e->settings);
	e->settings = f->u.settings;
	f->u.settings = (evote_settings){0};
}

static void
undo_op(struct election_state *e, struct effect *f)
{
	switch (f->kind) {
	case EVOTE_OP_GENESIS:
		undo_genesis(e);
		keys_add_undo(&e->keys);
		break;
	case EVOTE_OP_HOST:
		keys_add_undo(&e->keys);
		break;
	case EVOTE_OP_EPOCH:
		e->forced_epoch = f->u.forced_epoch;
		break;
	case EVOTE_OP_REGISTER:
		undo_register(e, f);
		break;
	case EVOTE_OP_REKEY:
		voter_rekey_undo(&e->voters, f->u.roll.list);
		break;
	case EVOTE_OP_STAGE:
		undo_stage(e, f);
		break;
	case EVOTE_OP_COMMIT:
		stage_commit_undo(&e->voters);
		break;
	case EVOTE_OP_UNREGISTER:
		voter_strike_undo(&e->voters, f->u.voter);
		break;
	case EVOTE_OP_UNLOCK:
		voter_unlock_undo(&f->u.unlocked);
		break;
	case EVOTE_OP_START:
		life_start_undo(&e->polls, f->u.poll);
		break;
	case EVOTE_OP_CLOSE:
		voter_close_undo(f->u.poll->creator);
		life_end_undo(&e->polls, f->u.poll);
		break;
	case EVOTE_OP_SETTINGS:
		undo_settings(e, f);
		break;
	case EVOTE_OP_CREATE:
	case EVOTE_OP_OPEN:
	case EVOTE_OP_EXTEND:
	case EVOTE_OP_CANCEL:
	case EVOTE_OP_VOTE:
	case EVOTE_OP_BALLOT:
	case EVOTE_OP_REFUSED:
		undo_asked(e, f);
		break;
	}
}

void
effect_undo(struct election_state *e)
{
	/* In a utlist the head's prev is the tail. */
	struct effect *f = e->effects->prev;

	undo_op(e, f);
	e->size--;
	chronicle_undo(&e->chronicle, e->size);
	e->epoch = f->epoch;
	e->time = f->time;
	DL_DELETE(e->effects, f);
	effect_free(f);
}

/* What it kept of before will not be needed. */
static void
discard_undo_roll(struct election_state *e, struct effect *f)
{
	for (uint32_t i = 0; i < f->u.roll.n; i++)
		enrolment_free(&f->u.roll.list[i]);
	if (f->kind == EVOTE_OP_STAGE && f->u.roll.begins)
		stage_begin_discard_undo(&e->voters, f->u.roll.dropped);
}

void
effect_discard_undo(struct election_state *e)
{
	struct effect *f = e->effects;

	if (f->kind == EVOTE_OP_REGISTER || f->kind == EVOTE_OP_STAGE ||
	    f->kind == EVOTE_OP_REKEY)
		discard_undo_roll(e, f);
	else if (f->kind == EVOTE_OP_COMMIT)
		stage_commit_discard_undo(&e->voters, f->u.stage);
	else if (f->kind == EVOTE_OP_CLOSE)
		voted_keys_clear(&f->u.poll->keys);
	else if (f->kind == EVOTE_OP_CANCEL)
		voted_keys_clear(&f->u.asked.poll->keys);
	standing_sweep(&e->voters, SWEEP);
	DL_DELETE(e->effects, f);
	effect_free(f);
	e->undo_from++;
}
