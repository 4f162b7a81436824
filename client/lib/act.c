/*
 * What a voter asks for, carried out exactly once: written down before it is
 * sent, sent under one number until it is answered, forgotten after that.
 */
#include <stdio.h>
#include <string.h>

#include "client/lib/act.h"
#include "client/lib/reason.h"
#include "client/lib/sheet.h"
#include "common/now.h"
#include "common/tracker.h"

#define COPIES_US (3600ULL * 1000000) /* no copy is on its way for longer */

/* ---- sending ---- */

static enum evote_outcome
request_send(struct evote *e, struct kept *k, evote_answer *answer,
    uint64_t deadline_ms, unsigned *sends)
{
	static const rpcproc_t numbers[] = {
	    [EVOTE_ACT_CREATE] = EVOTE_CREATE_ELECTION,
	    [EVOTE_ACT_OPEN] = EVOTE_OPEN_ELECTION,
	    [EVOTE_ACT_VOTE] = EVOTE_CAST_VOTE,
	    [EVOTE_ACT_BALLOT] = EVOTE_CAST_BALLOT,
	    [EVOTE_ACT_EXTEND] = EVOTE_EXTEND,
	    [EVOTE_ACT_CANCEL] = EVOTE_CANCEL,
	};

	xdr_free((xdrproc_t)xdr_evote_answer, answer);
	return (handle_ask(e, numbers[k->kind], &k->u, &kept_request(k)->seen,
	    answer, deadline_ms, sends));
}

/*
 * Whether the number is so far ahead that, when its time comes, no copy of the
 * request can be on its way any more.  A primary whose own clock is ahead by
 * that much would still take a copy: PROTOCOL.md rule 12 says why that is
 * accepted.
 */
static int
number_hopeless(const struct evote *e, const struct kept *k)
{
	uint64_t clock = evote_now_us(e);

	return (k->number > clock &&
	    k->number - clock > EVOTE_AHEAD_S * 1000000ULL + COPIES_US);
}

/* Why a copy of the request that was sent before may still be carried out. */
static const char *
still_open(const struct evote *e, const struct kept *k, const struct reason *r)
{
	return (
	    r->renew == RENEW_NUMBER && number_hopeless(e, k) ? NULL : r->open);
}

/* Whether the vote has a salt of its own, as those by log-in have not. */
static int
salted(const struct kept *k)
{
	static const evote_salt none;

	return (memcmp(k->kind == EVOTE_ACT_BALLOT ? k->u.ballot.salt
						   : k->u.vote.salt,
		    none, sizeof(none)) != 0);
}

/*
 * Whether the refusal concerns only the request's number, token or salt, and is
 * certain to be all that ever becomes of it: then a new one may be drawn.  A
 * refused number is certain if this was the first time it was sent, or nothing
 * is open any more.  An expired token always is: the service looks answered
 * numbers up before a token's time, if not before who signed it (may_vouch).
 * And without a salt no copy is ever granted.
 */
static int
may_renew(const struct evote *e, const struct kept *k, const struct reason *r,
    int first)
{
	switch (r->renew) {
	case RENEW_NUMBER:
		return (
		    first || (r->open != NULL && still_open(e, k, r) == NULL));
	case RENEW_TOKEN:
		return (r->open == NULL && e->options.login);
	case RENEW_SALT:
		return (!salted(k));
	default:
		return (0);
	}
}

/*
 * Whether the service refused the signature or token before it looked the
 * number up, as after a change of the voter's key.  They are no part of what a
 * number stands for: with new ones it is the same request, which is answered as
 * it was before, if it was.  But what is kept in a voter's name may have been
 * sent by somebody else, with another key: this voter's signs it only for who
 * says the same now.
 */
static int
may_vouch(const struct evote *e, const struct reason *r, int first,
    enum wanted wanted)
{
	if (wanted != WANTED_NAMED)
		return (0);
	if (r->renew == RENEW_TOKEN)
		return (r->open != NULL && !e->late);
	return (r->renew == RENEW_SIGNATURE && !first);
}

/* Under another number, token, signature or salt. */
static enum evote_outcome
request_again(struct evote *e, struct kept *k, enum number number,
    evote_answer *answer, uint64_t deadline_ms, unsigned *sends)
{
	const struct reason *r = reason_of(answer->reason);
	enum evote_outcome outcome;

	if (answer->reason == EVOTE_R_CLOSED)
		grace_begin(e, k);
	else if (r->renew == RENEW_SALT)
		seal_random(k->u.vote.salt, sizeof(k->u.vote.salt));
	else if (r->renew == RENEW_TOKEN)
		login_forget(e);
	outcome = request_renew(e, k, number, deadline_ms, answer);
	if (outcome == EVOTE_ANSWERED &&
	    (!request_by_token(k) || e->token.len > 0))
		outcome = request_send(e, k, answer, deadline_ms, sends);
	return (outcome);
}

/* If that may help, and nothing is done twice by it. */
static enum evote_outcome
request_retry(struct evote *e, struct kept *k, int first, enum wanted wanted,
    evote_answer *answer, uint64_t deadline_ms, unsigned *sends)
{
	const struct reason *r = reason_of(answer->reason);
	enum number number = NUMBER_NEXT;

	if (may_vouch(e, r, first, wanted))
		number = NUMBER_SAME;
	else if (wanted == WANTED_NOT ||
	    (!grace_may_renew(e, k, answer) && !may_renew(e, k, r, first)))
		return (EVOTE_ANSWERED);
	else if (r->renew == RENEW_NUMBER)
		number = NUMBER_ANEW;
	return (request_again(e, k, number, answer, deadline_ms, sends));
}

/*
 * What its receipt is asked for with, and no choice; and the salt, if there is
 * or may be a tally sheet to find the vote on.
 */
static enum evote_outcome
ballot_keep(struct evote *e, const struct kept *k, uint64_t deadline_ms)
{
	enum evote_outcome outcome = EVOTE_ANSWERED;
	struct ballot b = {.number = k->number, .by_token = !salted(k)};

	memcpy(b.client, k->client, sizeof(b.client));
	if (!b.by_token && k->kind == EVOTE_ACT_VOTE) {
		outcome = sheet_ask(e, k->u.vote.election, deadline_ms);
		if (outcome != EVOTE_ANSWERED || e->sheet.there)
			memcpy(b.salt, k->u.vote.salt, sizeof(b.salt));
		if (outcome != EVOTE_CHANGED)
			outcome = EVOTE_ANSWERED;
	}
	if ((b.by_token || request_commit(k, (char *)b.commitment) == 0) &&
	    state_set_ballot(
		e->state, e->options.voter, kept_election(k), &b) != 0 &&
	    outcome != EVOTE_CHANGED) {
		outcome = EVOTE_FAILED;
		snprintf(e->unkept, sizeof(e->unkept), "%.*s",
		    (int)sizeof(e->unkept) - 1, state_error(e->state));
	}
	return (outcome);
}

const char *
evote_unkept(const struct evote *e)
{
	return (e->unkept);
}

int
evote_unvouched(const struct evote *e)
{
	return (e->unvouched);
}

/* It was sent before, and what became of that is not known. */
static enum evote_outcome
open_fail(struct evote *e, const struct reason *r, const char *open)
{
	e->unvouched = r->renew == RENEW_SIGNATURE || r->renew == RENEW_TOKEN;
	handle_fail(e, "%s, and it had been sent before%s", open,
	    e->unvouched
		? "; the same command with the same choice as then, and with "
		  "the voter's present key (--key), settles it, and `pending "
		  "--drop` forgets it"
		: "");
	return (EVOTE_UNANSWERED);
}

/* Until it is answered; fresh: no other process can have sent it. */
static enum evote_outcome
request_settle(struct evote *e, struct kept *k, int fresh, enum wanted wanted,
    evote_answer *answer, uint64_t deadline_ms)
{
	enum evote_outcome outcome, noted = EVOTE_ANSWERED;
	const char *open;
	unsigned sends = 0;

	e->unkept[0] = '\0';
	e->unvouched = 0;
	outcome = request_send(e, k, answer, deadline_ms, &sends);
	if (outcome == EVOTE_ANSWERED)
		outcome = request_retry(e, k, fresh && sends == 1, wanted,
		    answer, deadline_ms, &sends);
	if (outcome == EVOTE_ANSWERED && !(fresh && sends == 1) &&
	    (open = still_open(e, k, reason_of(answer->reason))) != NULL)
		return (open_fail(e, reason_of(answer->reason), open));
	if (outcome == EVOTE_UNANSWERED && fresh && sends == 0)
		outcome = EVOTE_UNSENT;
	/* Whatever went wrong after it was sent: it may be carried out. */
	if ((outcome == EVOTE_UNSENT || outcome == EVOTE_FAILED) &&
	    !(fresh && sends == 0))
		outcome = EVOTE_UNANSWERED;
	if (answer->standing == EVOTE_SERVED && answer->code == 0 &&
	    kept_casts(k))
		noted = ballot_keep(e, k, deadline_ms);
	if (noted == EVOTE_CHANGED)
		outcome = EVOTE_CHANGED;
	/* What is not forgotten is sent once more, and answered the same. */
	if (noted == EVOTE_FAILED)
		return (outcome);
	if (outcome == EVOTE_ANSWERED || (fresh && sends == 0) ||
	    (outcome == EVOTE_CHANGED && answer->standing == EVOTE_SERVED))
		state_settle(e->state, e->options.voter);
	return (outcome);
}

/* The receipt of a vote that may count, which nobody may ask for otherwise. */
static enum evote_outcome
earlier_receipt(struct evote *e, const struct kept *k, uint64_t deadline_ms)
{
	uint64_t now = handle_now(e);
	enum evote_outcome outcome;
	struct evote_proof p;

	if (!kept_casts(k) || now >= deadline_ms)
		return (EVOTE_ANSWERED);
	/* The new request wants time, too. */
	outcome =
	    evote_receipt(e, kept_election(k), (deadline_ms - now) / 2, &p);
	evote_proof_clear(&p);
	/* It can be asked for later, if it is to be had at all. */
	return (outcome == EVOTE_CHANGED ? outcome : EVOTE_ANSWERED);
}

enum evote_outcome
act_settle(struct evote *e, struct kept *k, enum wanted wanted,
    evote_answer *answer, uint64_t deadline_ms)
{
	enum evote_outcome outcome =
	    request_settle(e, k, 0, wanted, answer, deadline_ms);

	return (outcome == EVOTE_ANSWERED ? earlier_receipt(e, k, deadline_ms)
					  : outcome);
}

/* How it is found on a tally sheet: 1, or 0 where there will be none. */
static int
earlier_tracker(struct evote *e, const struct kept *k,
    const evote_answer *answer, uint64_t deadline_ms, uint64_t *tracker)
{
	if (answer->code != 0 || k->kind != EVOTE_ACT_VOTE || !salted(k) ||
	    sheet_ask(e, kept_election(k), deadline_ms) != EVOTE_ANSWERED ||
	    !e->sheet.there)
		return (0);
	*tracker =
	    tracker_of((const unsigned char *)k->u.vote.salt, kept_election(k));
	return (1);
}

static void
earlier_tell(struct evote *e, const struct kept *k, const evote_answer *answer,
    uint64_t deadline_ms)
{
	uint64_t tracker;
	int has;

	if (e->options.earlier == NULL)
		return;
	has = earlier_tracker(e, k, answer, deadline_ms, &tracker);
	e->options.earlier(e->options.arg, (evote_act_kind)k->kind,
	    kept_election(k), answer, has ? &tracker : NULL);
}

/* An outstanding request that is not the one intended now. */
static enum evote_outcome
earlier_settle(struct evote *e, struct kept *k, uint64_t deadline_ms)
{
	evote_answer answer = {0};
	enum evote_outcome outcome =
	    act_settle(e, k, WANTED_NOT, &answer, deadline_ms);
	char why[sizeof(e->problem)];

	if (outcome == EVOTE_ANSWERED)
		earlier_tell(e, k, &answer, deadline_ms);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	if (outcome != EVOTE_ANSWERED) {
		memcpy(why, e->problem, sizeof(why));
		handle_fail(e,
		    "an earlier request about \"%.300s\" has to be settled "
		    "first, and the new one was not sent: %.1500s",
		    kept_election(k), why);
	}
	kept_clear(k);
	return (outcome);
}

/* What fails before the request itself is sent leaves nothing unknown. */
static enum evote_outcome
unsent(enum evote_outcome outcome)
{
	return (outcome == EVOTE_UNANSWERED ? EVOTE_UNSENT : outcome);
}

/*
 * It is written down only once there is a host to send it to: what is found
 * written down may have been sent.
 */
static enum evote_outcome
intent_make(struct evote *e, const struct intent *want, struct kept *k,
    uint64_t deadline_ms, evote_answer *answer)
{
	enum evote_outcome outcome;

	if (intent_is_any(want))
		return (handle_fail(e, "no unanswered vote is kept"));
	if (intent_copy(want, k, !e->options.login) != 0)
		return (handle_fail(
		    e, "the request breaks a limit of the service"));
	if ((outcome = handle_find(e, deadline_ms)) != EVOTE_ANSWERED ||
	    (want->relative != 0 &&
		(outcome = evote_may_count(e)) != EVOTE_ANSWERED))
		return (outcome);
	intent_date(
	    want, k, e->counted_from != 0 ? e->counted_from : evote_now_us(e));
	e->counted_from = 0;
	if (grace_holds(e, k))
		grace_begin(e, k);
	return (request_renew(e, k, NUMBER_NEXT, deadline_ms, answer));
}

/* With the lock held and the outstanding request, if any, in k. */
static enum evote_outcome
intent_fulfil(struct evote *e, const struct intent *want, struct kept *k,
    uint64_t deadline_ms, evote_answer *answer)
{
	enum evote_outcome outcome = EVOTE_ANSWERED;
	int fresh = 0;

	if (k->kind != 0 && !intent_is(want, k))
		outcome = earlier_settle(e, k, deadline_ms);
	if (outcome == EVOTE_ANSWERED && k->kind == 0) {
		fresh = 1;
		outcome = intent_make(e, want, k, deadline_ms, answer);
		if (outcome == EVOTE_ANSWERED && e->options.login &&
		    e->token.len == 0)
			return (outcome);
	}
	if (outcome != EVOTE_ANSWERED)
		return (unsent(outcome));
	return (request_settle(e, k, fresh,
	    intent_is_any(want) ? WANTED_KEPT : WANTED_NAMED, answer,
	    deadline_ms));
}

enum evote_outcome
act_fulfil(struct evote *e, const struct intent *want, uint64_t *end,
    evote_answer *answer)
{
	uint64_t deadline_ms = handle_deadline(e);
	enum evote_outcome outcome;
	struct kept k = {0};
	int lock = -1;

	memset(answer, 0, sizeof(*answer));
	route_unanswered(answer);
	e->late = 0;
	if (e->options.voter == NULL)
		return (handle_fail(e, "no voter is given"));
	if ((outcome = handle_ready(e, deadline_ms)) != EVOTE_ANSWERED)
		return (unsent(outcome));
	lock = state_lock(
	    e->state, e->options.voter, handle_until(e, deadline_ms));
	if (lock < 0 || state_load(e->state, e->options.voter, &k) != 0)
		outcome = handle_fail(e, "%s", state_error(e->state));
	else
		outcome = intent_fulfil(e, want, &k, deadline_ms, answer);
	if (end != NULL && k.kind == (int)want->kind && kept_end(&k) != 0)
		*end = kept_end(&k);
	kept_clear(&k);
	state_unlock(lock);
	return (outcome);
}
