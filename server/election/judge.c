#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/need.h"
#include "common/text.h"
#include "common/tracker.h"
#include "server/election/electors.h"
#include "server/election/election_impl.h"

/* What each procedure calls "anything else". */
static int
code_else(evote_op_kind kind)
{
	switch (kind) {
	case EVOTE_OP_CREATE:
	case EVOTE_OP_OPEN:
	case EVOTE_OP_EXTEND:
	case EVOTE_OP_CANCEL:
		return (3);
	case EVOTE_OP_VOTE:
	case EVOTE_OP_BALLOT:
		return (5);
	default:
		return (2);
	}
}

/* ---- what the hosts ask ---- */

/*
 * One incarnation, one key, and the other way round: two are not one secret.
 * One that was removed and is added again has its own recorded anew.  Or the
 * end of a host's, which has one.
 */
static void
judge_host(
    const struct election_state *e, const struct op *op, struct verdict *v)
{
	const evote_host_op *h = &op->host;
	const struct key_record *old;

	old = keys_latest(&e->keys, h->name);
	if (keys_is_end(h)
		? old == NULL || keys_is_over(old)
		: keys_is_none(h) || !text_is_line(h->name, EVOTE_HOST_MAX)) {
		verdict_answer(v, 2, EVOTE_R_MALFORMED);
		return;
	}
	if (!keys_is_end(h) &&
	    (keys_clash(&e->keys, h) ||
		keys_of(&e->keys, (const unsigned char *)h->incarnation) !=
		    NULL)) {
		verdict_answer(v, 2, EVOTE_R_SHARED_KEY);
		return;
	}
	if (old != NULL)
		memcpy(v->replaces, old->incarnation, sizeof(v->replaces));
	verdict_record(v, 0, EVOTE_R_OK);
}

/* ---- what voters ask ---- */

/*
 * A vote for a tally sheet, which is granted otherwise.  A salt that the
 * service derives, and every host can, is no secret from it.
 */
static void
judge_tracker(const struct poll *p, const struct op *op, struct verdict *v)
{
	v->tracker = tracker_of((const unsigned char *)op->opening.vote.salt,
	    op->opening.vote.election);
	if (op->derived)
		verdict_answer(v, 5, EVOTE_R_SALT);
	else if (sheet_has(&p->sheet, v->tracker))
		verdict_record(v, 5, EVOTE_R_SALT);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

static void
judge_choice(const struct poll *p, const struct op *op, struct verdict *v)
{
	const char *choice = op->opening.vote.choice;

	v->choice = poll_choice(p, choice);
	if (p->form.kind != BALLOT_CHOICE)
		verdict_record(v, 5, EVOTE_R_OTHER_BALLOT);
	else if (v->choice == p->about.choices.choices_len)
		verdict_unknown(v, 5, EVOTE_R_NO_CHOICE, choice);
	else if (poll_has_sheet(p))
		judge_tracker(p, op, v);
	else
		verdict_record(v, 0, EVOTE_R_OK);
}

static void
judge_ballot(const struct poll *p, const struct op *op, struct verdict *v)
{
	const evote_opening2 *ballot = &op->opening.ballot;
	evote_reason reason;

	v->ranks = ballot->ranks;
	reason = ballot_judge(&p->form, &v->ranks);
	if (p->form.kind != BALLOT_CHOICE &&
	    memcmp(ballot->choices, p->choices, sizeof(p->choices)) != 0)
		verdict_record(v, 5, EVOTE_R_OTHER_CHOICES);
	else if (reason == EVOTE_R_MALFORMED)
		verdict_answer(v, 5, reason);
	else
		verdict_record(v, reason == EVOTE_R_OK ? 0 : 5, reason);
}

/*
 * EVOTE_R_OK while votes are taken.  After the end they are from those who are
 * known to have begun before it.
 */
static evote_reason
poll_shut(const struct poll *p, const struct op *op, uint64_t time)
{
	int late = time >= p->about.end;

	if (p->phase == EVOTE_PHASE_CANCELLED)
		return (EVOTE_R_CANCELLED);
	if (p->phase == EVOTE_PHASE_PLANNED && !BUG(VOTE_PLANNED))
		return (EVOTE_R_NOT_BEGUN);
	if (p->phase == EVOTE_PHASE_CLOSED || time >= poll_last(p) ||
	    (late && !BUG(GRACE_FOR_ALL) &&
		(op->begun == 0 || op->begun >= p->about.end)))
		return (EVOTE_R_CLOSED);
	return (EVOTE_R_OK);
}

/* VOTE and BALLOT. */
static void
judge_vote(const struct election_state *e, const struct op *op, uint64_t time,
    struct verdict *v)
{
	const char *name = op->act.evote_act_u.ballot.election;
	const struct poll *p = v->poll = poll_find(&e->polls, name);
	evote_reason shut = p == NULL ? EVOTE_R_OK : poll_shut(p, op, time);

	if (op->kind == EVOTE_OP_BALLOT && !keys_some(&e->keys))
		verdict_answer(v, 5, EVOTE_R_NOT_YET);
	else if (p == NULL)
		verdict_unknown(v, 2, EVOTE_R_NO_ELECTION, name);
	else if (shut != EVOTE_R_OK)
		verdict_record(v, 2, shut);
	else if (!poll_admits(p, v->voter))
		verdict_record(v, 3,
		    poll_has_group(p, v->voter->group) ? EVOTE_R_FROZEN
						       : EVOTE_R_GROUP);
	else if (poll_has_voted(p, v->voter))
		verdict_record(v, 4, EVOTE_R_VOTED);
	else if (op->kind == EVOTE_OP_VOTE)
		judge_choice(p, op, v);
	else
		judge_ballot(p, op, v);
}

/*
 * The time beyond which no number may be too far.  Clients number by the host's
 * clock, also while that is in doubt and the records' times stand still.  A
 * record that is carried out again is not judged by it: what the clock was then
 * only the host knows that wrote it.
 */
static uint64_t
number_time(const struct election_state *e, const struct op *op, uint64_t time)
{
	if (op->admitted)
		return (UINT64_MAX);
	/* Hosts of an older version go by the record's time alone. */
	return (op->wall_us > time && keys_some(&e->keys) ? op->wall_us : time);
}

/*
 * Names the asker and asks the client table.  1 when that answers: a request
 * of before, one that comes too late, or one whose number is out of all bounds.
 * The last is not recorded: the table would remember the number, which is the
 * harm.  other is the code of anything else.
 */
static int
judge_number(const struct election_state *e, const evote_asker *asker,
    uint64_t time, int other, struct verdict *v)
{
	struct client *c = &v->client;
	const struct client *last;

	v->voter = voter_find(&e->voters, asker->voter);
	if (v->voter == NULL) {
		/* Nobody can have vouched for him: this is as no request. */
		verdict_answer(v, 1, EVOTE_R_NO_VOTER);
		return (1);
	}
	memcpy(c->id, asker->client, sizeof(c->id));
	c->number = asker->number;
	last = BUG(FORGET_CLIENTS) ? NULL : voter_client(v->voter, c->id);
	if (c->number > (last == NULL ? v->voter->floor : last->number)) {
		if (!voter_number_ahead(c->number, time))
			return (0);
		verdict_answer(v, other, EVOTE_R_NUMBER_AHEAD);
	} else if (last == NULL || c->number < last->number)
		verdict_answer(v, other, EVOTE_R_NUMBER_STALE);
	else if (memcmp(c->act, last->act, sizeof(c->act)) != 0)
		verdict_answer(v, other, EVOTE_R_NUMBER_REUSED);
	else
		verdict_answer(v, last->code, last->reason);
	return (1);
}

/* Whether what he asks is not for him any more, since he left the roll. */
static int
has_left(
    const struct election_state *e, const struct op *op, const struct voter *v)
{
	const struct poll *p;

	if (v->registered ||
	    (op->kind != EVOTE_OP_VOTE && op->kind != EVOTE_OP_BALLOT))
		return (!v->registered);
	p = poll_find(&e->polls, op->act.evote_act_u.ballot.election);
	return (p == NULL || !poll_keeps(p, v));
}

static void
judge_asked(const struct election_state *e, const struct op *op, uint64_t time,
    struct verdict *v)
{
	int other = code_else(op->kind);

	if (xdr_hash((xdrproc_t)xdr_evote_act, &op->act, v->client.act) == -1) {
		verdict_answer(v, other, EVOTE_R_MALFORMED);
		return;
	}
	if (judge_number(e, &op->asker, number_time(e, op, time), other, v))
		return;
	if (op->credential != EVOTE_R_OK)
		verdict_record(v, 1, op->credential);
	else if (has_left(e, op, v->voter))
		verdict_record(v, 1, EVOTE_R_NO_VOTER);
	else if (op->kind == EVOTE_OP_VOTE || op->kind == EVOTE_OP_BALLOT)
		judge_vote(e, op, time, v);
	else
		judge_life(e, op, time, v);
	if (v->recorded && v->out.code != 0 &&
	    !voter_may_be_refused(v->voter, time))
		verdict_answer(v, other, EVOTE_R_TOO_MANY);
}

void
judge_op(const struct election_state *e, const struct op *op, uint64_t time,
    struct verdict *v)
{
	switch (op->kind) {
	case EVOTE_OP_GENESIS:
	case EVOTE_OP_EPOCH:
		verdict_record(v, 0, EVOTE_R_OK);
		return;
	case EVOTE_OP_START:
	case EVOTE_OP_CLOSE:
		judge_due(e, op, time, v);
		return;
	case EVOTE_OP_HOST:
		judge_host(e, op, v);
		return;
	case EVOTE_OP_REGISTER:
	case EVOTE_OP_UNREGISTER:
	case EVOTE_OP_UNLOCK:
	case EVOTE_OP_REKEY:
	case EVOTE_OP_STAGE:
	case EVOTE_OP_COMMIT:
		judge_operator(e, op, v);
		break;
	case EVOTE_OP_SETTINGS:
		judge_settings(e, op, v);
		break;
	case EVOTE_OP_OPEN:
	case EVOTE_OP_EXTEND:
	case EVOTE_OP_CANCEL:
		if (op->by_operator)
			judge_life(e, op, time, v);
		else
			judge_asked(e, op, time, v);
		break;
	case EVOTE_OP_CREATE:
	case EVOTE_OP_VOTE:
	case EVOTE_OP_BALLOT:
		judge_asked(e, op, time, v);
		break;
	case EVOTE_OP_REFUSED:
		assert(!"a refusal is an outcome, nobody asks for it");
	}
	/* Only here: what needs no record is answered with or without room. */
	if (v->recorded && op->no_room)
		verdict_answer(v, code_else(op->kind), EVOTE_R_STORAGE);
}

/* ---- records of refusals ---- */

/* Whether judge_asked could have said that of this voter. */
static int
refusal_plausible(const struct election_state *e, const struct voter *v,
    int code, evote_reason reason)
{
	static const struct {
		int code;
		evote_reason reason;
	} known[] = {
#define REFUSAL(code, reason, name, words) {code, EVOTE_R_##reason},
#include "common/refusals.def"
#undef REFUSAL
	};

	if (reason != EVOTE_R_TOKEN_EXPIRED &&
	    (reason == EVOTE_R_NO_VOTER) == v->registered &&
	    (v->registered || !polls_keep(&e->polls, v)))
		return (0);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].code == code && known[i].reason == reason)
			return (1);
	}
	return (0);
}

void
judge_refusal(
    const struct election_state *e, const evote_leaf *leaf, struct verdict *v)
{
	const evote_refused_op *op = &leaf->op.evote_op_u.refused;

	memcpy(v->client.act, op->act, sizeof(v->client.act));
	if (judge_number(e, &op->asker, UINT64_MAX, 0, v))
		return;
	if (refusal_plausible(e, v->voter, leaf->code, leaf->reason) &&
	    voter_may_be_refused(v->voter, leaf->time))
		verdict_record(v, leaf->code, leaf->reason);
}
