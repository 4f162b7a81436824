/*
 * What a voter asks for, carried out exactly once: written down before it is
 * sent, sent unchanged until it is answered, forgotten after that.
 */
#include <stdio.h>
#include <string.h>

#include "client/lib/handle.h"
#include "client/lib/reason.h"
#include "client/lib/sheet.h"
#include "client/lib/wish.h"

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
	};

	xdr_free((xdrproc_t)xdr_evote_answer, answer);
	return (handle_ask(e, numbers[k->kind], &k->u, &kept_request(k)->seen,
	    answer, deadline_ms, sends));
}

/*
 * Whether the number is so far ahead that, when its time comes, no copy of the
 * request can be on its way any more.
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
 * is open any more; a bad token always is, because answered numbers are looked
 * up before it is read; and without a salt no copy is ever granted.
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
		return (e->options.login);
	case RENEW_SALT:
		return (!salted(k));
	default:
		return (0);
	}
}

/* Under another number, token or salt, since this one is refused for good. */
static enum evote_outcome
request_again(struct evote *e, struct kept *k, evote_answer *answer,
    uint64_t deadline_ms, unsigned *sends)
{
	int numbered = reason_of(answer->reason)->renew == RENEW_NUMBER;
	enum evote_outcome outcome;

	if (reason_of(answer->reason)->renew == RENEW_SALT)
		seal_random(k->u.vote.salt, sizeof(k->u.vote.salt));
	else if (!numbered)
		login_forget(e);
	outcome = request_renew(e, k, numbered, deadline_ms, answer);
	if (outcome == EVOTE_ANSWERED &&
	    (!e->options.login || e->token_len > 0))
		outcome = request_send(e, k, answer, deadline_ms, sends);
	return (outcome);
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
	}
	if (b.by_token || request_commit(k, (char *)b.commitment) == 0)
		state_set_ballot(
		    e->state, e->options.voter, kept_election(k), &b);
	return (outcome);
}

/* Until it is answered; fresh: no other process can have sent it. */
static enum evote_outcome
request_settle(struct evote *e, struct kept *k, int fresh, int wanted,
    evote_answer *answer, uint64_t deadline_ms)
{
	enum evote_outcome outcome;
	const char *open;
	unsigned sends = 0;

	outcome = request_send(e, k, answer, deadline_ms, &sends);
	if (outcome == EVOTE_ANSWERED && wanted &&
	    may_renew(e, k, reason_of(answer->reason), fresh && sends == 1))
		outcome = request_again(e, k, answer, deadline_ms, &sends);
	if (outcome == EVOTE_ANSWERED && !(fresh && sends == 1) &&
	    (open = still_open(e, k, reason_of(answer->reason))) != NULL) {
		handle_fail(e, "%s, and it had been sent before", open);
		return (EVOTE_UNANSWERED);
	}
	if (outcome == EVOTE_UNANSWERED || outcome == EVOTE_UNSENT)
		outcome = fresh && sends == 0 ? EVOTE_UNSENT : EVOTE_UNANSWERED;
	if (answer->standing == EVOTE_SERVED && answer->code == 0 &&
	    (k->kind == EVOTE_ACT_VOTE || k->kind == EVOTE_ACT_BALLOT) &&
	    ballot_keep(e, k, deadline_ms) == EVOTE_CHANGED)
		outcome = EVOTE_CHANGED;
	/* If forgetting fails it is sent once more, and answered the same. */
	if (outcome == EVOTE_ANSWERED || (fresh && sends == 0) ||
	    (outcome == EVOTE_CHANGED && answer->standing == EVOTE_SERVED))
		state_settle(e->state, e->options.voter);
	return (outcome);
}

/* As it was sent before; what became of it is told. */
static enum evote_outcome
kept_settle(struct evote *e, struct kept *k, uint64_t deadline_ms)
{
	evote_answer answer = {0};
	enum evote_outcome outcome;

	outcome = request_settle(e, k, 0, 0, &answer, deadline_ms);
	if (outcome == EVOTE_ANSWERED && e->options.earlier != NULL)
		e->options.earlier(e->options.arg, (evote_act_kind)k->kind,
		    kept_election(k), &answer);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (outcome);
}

/* An outstanding request that is not the one wished for now. */
static enum evote_outcome
earlier_settle(struct evote *e, struct kept *k, uint64_t deadline_ms)
{
	enum evote_outcome outcome = kept_settle(e, k, deadline_ms);
	char why[sizeof(e->problem)];

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

/* So much after now, as the service has it. */
static uint64_t
end_after(const struct evote *e, uint64_t span)
{
	uint64_t clock = evote_now_us(e);

	return (span < UINT64_MAX - clock ? clock + span : UINT64_MAX);
}

/*
 * It is written down only once there is a host to send it to: what is found
 * written down may have been sent.
 */
static enum evote_outcome
wish_make(struct evote *e, const struct wish *w, struct kept *k,
    uint64_t deadline_ms, evote_answer *answer)
{
	enum evote_outcome outcome;

	if (wish_is_any(w))
		return (handle_fail(e, "no unanswered vote is kept"));
	if (wish_copy(w, k, !e->options.login) != 0)
		return (handle_fail(
		    e, "the request breaks a limit of the service"));
	if ((outcome = handle_find(e, deadline_ms)) != EVOTE_ANSWERED)
		return (outcome);
	if (w->relative)
		k->u.create.terms.election.end =
		    end_after(e, w->create->election.end);
	return (request_renew(e, k, 0, deadline_ms, answer));
}

/* With the lock held and the outstanding request, if any, in k. */
static enum evote_outcome
wish_fulfil(struct evote *e, const struct wish *w, struct kept *k,
    uint64_t deadline_ms, evote_answer *answer)
{
	enum evote_outcome outcome = EVOTE_ANSWERED;
	int fresh = 0;

	if (k->kind != 0 && !wish_is(w, k))
		outcome = earlier_settle(e, k, deadline_ms);
	if (outcome == EVOTE_ANSWERED && k->kind == 0) {
		fresh = 1;
		outcome = wish_make(e, w, k, deadline_ms, answer);
		if (outcome == EVOTE_ANSWERED && e->options.login &&
		    e->token_len == 0)
			return (outcome);
	}
	if (outcome != EVOTE_ANSWERED)
		return (unsent(outcome));
	return (request_settle(e, k, fresh, 1, answer, deadline_ms));
}

static enum evote_outcome
act(struct evote *e, const struct wish *w, uint64_t *end, evote_answer *answer)
{
	uint64_t deadline_ms = handle_deadline(e);
	enum evote_outcome outcome;
	struct kept k = {0};
	int lock = -1;

	memset(answer, 0, sizeof(*answer));
	route_unanswered(answer);
	if (e->options.voter == NULL)
		return (handle_fail(e, "no voter is given"));
	if ((outcome = handle_ready(e, deadline_ms)) != EVOTE_ANSWERED)
		return (unsent(outcome));
	lock = state_lock(e->state, e->options.voter, deadline_ms);
	if (lock < 0 || state_load(e->state, e->options.voter, &k) != 0)
		outcome = handle_fail(e, "%s", state_error(e->state));
	else
		outcome = wish_fulfil(e, w, &k, deadline_ms, answer);
	if (end != NULL && w->create != NULL && k.kind == (int)w->kind)
		*end = k.u.create.terms.election.end;
	kept_clear(&k);
	state_unlock(lock);
	return (outcome);
}

enum evote_outcome
evote_vote(struct evote *e, const char *election, const char *choice,
    evote_answer *answer)
{
	const struct wish w = {
	    .kind = EVOTE_ACT_VOTE,
	    .election = election,
	    .choice = choice,
	};

	return (act(e, &w, NULL, answer));
}

enum evote_outcome
evote_cast(struct evote *e, const char *election, const evote_election *shown,
    const evote_ranks *ranks, evote_answer *answer)
{
	const struct wish w = {
	    .kind = EVOTE_ACT_BALLOT,
	    .election = election,
	    .shown = shown,
	    .ranks = ranks,
	};

	return (act(e, &w, NULL, answer));
}

/* Without options it is what hosts of an older version know, too. */
static evote_act_kind
create_kind(const evote_terms *terms)
{
	return (terms->options.evote_options_len > 0 ? EVOTE_ACT_OPEN
						     : EVOTE_ACT_CREATE);
}

enum evote_outcome
evote_create(struct evote *e, const evote_terms *terms, int relative,
    uint64_t *end, evote_answer *answer)
{
	const struct wish w = {
	    .kind = create_kind(terms),
	    .create = terms,
	    .relative = relative,
	};

	return (act(e, &w, end, answer));
}

/* The service is known. */
static int
wish_kept_here(struct evote *e, const struct wish *w)
{
	struct kept k = {0};
	int lock, found = 0;

	lock = state_lock(e->state, e->options.voter, handle_deadline(e));
	if (lock < 0 || state_load(e->state, e->options.voter, &k) != 0) {
		handle_fail(e, "%s", state_error(e->state));
		found = -1;
	} else
		found = wish_is(w, &k);
	kept_clear(&k);
	state_unlock(lock);
	return (found);
}

static int
wish_kept(struct evote *e, const struct wish *w)
{
	if (e->options.voter == NULL)
		return (0);
	if (handle_ready(e, handle_deadline(e)) != EVOTE_ANSWERED)
		return (-1);
	return (wish_kept_here(e, w));
}

int
evote_kept(struct evote *e, const char *election)
{
	const struct wish w = {.kind = EVOTE_ACT_VOTE, .election = election};

	return (wish_kept(e, &w));
}

int
evote_kept_here(struct evote *e, const char *election)
{
	const struct wish w = {.kind = EVOTE_ACT_VOTE, .election = election};

	return (
	    e->options.voter != NULL && e->pinned ? wish_kept_here(e, &w) : 0);
}

int
evote_create_kept(struct evote *e, const evote_terms *terms, int relative)
{
	const struct wish w = {
	    .kind = create_kind(terms),
	    .create = terms,
	    .relative = relative,
	};

	return (wish_kept(e, &w));
}

/* ---- those that were kept ---- */

static void
pending_fill(struct evote_pending *p, const struct kept *k, uint64_t since)
{
	const evote_request *r = kept_request((struct kept *)k);

	*p = (struct evote_pending){
	    .kind = (evote_act_kind)k->kind, .since = since};
	snprintf(p->election, sizeof(p->election), "%s", kept_election(k));
	if (r->credential.kind == EVOTE_BY_SIGNATURE)
		snprintf(p->voter, sizeof(p->voter), "%s",
		    r->credential.evote_credential_u.own.voter);
}

struct telling {
	void (*each)(void *arg, const struct evote_pending *);
	void *arg;
};

static void
pending_tell(void *arg, uint64_t since, const struct kept *k)
{
	const struct telling *t = arg;
	struct evote_pending p;

	pending_fill(&p, k, since);
	if (t->each != NULL)
		t->each(t->arg, &p);
}

int
evote_pendings(struct evote *e,
    void (*each)(void *, const struct evote_pending *), void *arg)
{
	struct telling t = {each, arg};
	int n = state_each(e->state, pending_tell, &t);

	if (n < 0)
		handle_fail(e, "%s", state_error(e->state));
	return (n);
}

/* Under the lock: 0 with the request in k, if there is one, or -1. */
static int
kept_take(struct evote *e, struct kept *k, int *lock)
{
	int n = evote_pendings(e, NULL, NULL);

	*lock = -1;
	if (n <= 0)
		return (n);
	*lock = state_lock(e->state, e->options.voter, handle_deadline(e));
	if (*lock >= 0 && state_load(e->state, e->options.voter, k) == 0)
		return (0);
	handle_fail(e, "%s", state_error(e->state));
	return (-1);
}

int
evote_pending(struct evote *e, struct evote_pending *p)
{
	struct kept k = {0};
	int lock, rc = kept_take(e, &k, &lock);

	if (rc == 0 && k.kind != 0) {
		pending_fill(p, &k, state_since(e->state, e->options.voter));
		snprintf(p->voter, sizeof(p->voter), "%s", e->options.voter);
		rc = 1;
	}
	kept_clear(&k);
	state_unlock(lock);
	return (rc);
}

enum evote_outcome
evote_settle(struct evote *e)
{
	uint64_t deadline_ms = handle_deadline(e);
	enum evote_outcome outcome = handle_ready(e, deadline_ms);
	struct kept k = {0};
	int lock = -1;

	if (outcome == EVOTE_ANSWERED && kept_take(e, &k, &lock) != 0)
		outcome = EVOTE_FAILED;
	if (outcome == EVOTE_ANSWERED && k.kind != 0)
		outcome = kept_settle(e, &k, deadline_ms);
	kept_clear(&k);
	state_unlock(lock);
	return (outcome);
}

int
evote_drop(struct evote *e)
{
	struct kept k = {0};
	int lock, rc = kept_take(e, &k, &lock);

	if (rc == 0 && k.kind != 0 &&
	    state_settle(e->state, e->options.voter) != 0) {
		handle_fail(e, "%s", state_error(e->state));
		rc = -1;
	}
	kept_clear(&k);
	state_unlock(lock);
	return (rc);
}
