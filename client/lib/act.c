/*
 * What a voter asks for, carried out exactly once: written down before it is
 * sent, sent unchanged until it is answered, forgotten after that.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/handle.h"
#include "common/record.h"

#define COPIES_US (3600ULL * 1000000) /* no copy is on its way for longer */

struct wish {
	evote_act_kind kind;
	const char *election; /* VOTE */
	const char *choice;   /* NULL: whichever was kept */
	const evote_election *create;
	int relative; /* its end is a span, see libevote.h */
};

/* ---- comparing ---- */

static int
same_names(u_int n, evote_name *a, u_int m, evote_name *b)
{
	u_int i;

	for (i = 0; i < n && i < m; i++)
		if (strcmp(a[i], b[i]) != 0)
			return (0);
	return (n == m);
}

static int
same_election(const evote_election *a, const evote_election *b, int but_end)
{
	return (strcmp(a->name, b->name) == 0 &&
	    same_names(a->groups.groups_len, a->groups.groups_val,
		b->groups.groups_len, b->groups.groups_val) &&
	    same_names(a->choices.choices_len, a->choices.choices_val,
		b->choices.choices_len, b->choices.choices_val) &&
	    (but_end || a->end == b->end));
}

/* Whether the outstanding request is the one that is wished for now. */
static int
is_wished(const struct kept *k, const struct wish *w)
{
	if (k->kind != (int)w->kind)
		return (0);
	if (w->kind == EVOTE_ACT_CREATE)
		return (same_election(
		    &k->u.create.election, w->create, w->relative));
	return (strcmp(k->u.vote.election, w->election) == 0 &&
	    (w->choice == NULL || strcmp(k->u.vote.choice, w->choice) == 0));
}

/* ---- making ---- */

static int
commit(const evote_vote_args *vote, evote_hash commitment)
{
	char domain[] = "evote opening 1";
	evote_opening opening = {
	    .domain = domain,
	    .election = vote->election,
	    .choice = vote->choice,
	};

	memcpy(opening.salt, vote->salt, sizeof(opening.salt));
	return (xdr_hash((xdrproc_t)xdr_evote_opening, &opening,
	    (unsigned char *)commitment));
}

/* What the voter signs: the request, with the choice hidden. */
static int
statement_bytes(
    const struct evote *e, const struct kept *k, unsigned char **out, long *len)
{
	char domain[] = "evote statement 1";
	evote_statement s = {
	    .domain = domain,
	    .origin = (char *)e->service.origin,
	    .asker = {.voter = (char *)e->options.voter, .number = k->number},
	    .act = {.kind = (evote_act_kind)k->kind},
	};

	memcpy(s.cluster, e->service.cluster, sizeof(s.cluster));
	memcpy(s.asker.client, k->client, sizeof(s.asker.client));
	if (k->kind == EVOTE_ACT_CREATE)
		s.act.evote_act_u.election = k->u.create.election;
	else {
		s.act.evote_act_u.ballot.election = k->u.vote.election;
		if (commit(&k->u.vote, s.act.evote_act_u.ballot.commitment))
			return (-1);
	}
	*len = xdr_to_bytes((xdrproc_t)xdr_evote_statement, &s, out);
	return (*len < 0 ? -1 : 0);
}

static void *
memory_copy(const void *from, size_t len)
{
	void *to = malloc(len);

	return (to != NULL ? memcpy(to, from, len) : NULL);
}

static enum evote_outcome
credential_sign(struct evote *e, const struct kept *k, evote_credential *c)
{
	evote_signed *own = &c->evote_credential_u.own;
	unsigned char *bytes, signature[SEAL_SIG];
	long len;
	int rc;

	if (statement_bytes(e, k, &bytes, &len) != 0)
		return (handle_fail(
		    e, "the request breaks a limit of the service"));
	rc = handle_sign(e, signature, bytes, (size_t)len);
	free(bytes);
	if (rc != 0)
		return (EVOTE_FAILED);
	c->kind = EVOTE_BY_SIGNATURE;
	own->voter = strdup(e->options.voter);
	own->signature.evote_signature_val =
	    memory_copy(signature, sizeof(signature));
	own->signature.evote_signature_len = sizeof(signature);
	if (own->voter == NULL || own->signature.evote_signature_val == NULL)
		return (handle_fail(e, "no memory"));
	return (EVOTE_ANSWERED);
}

static enum evote_outcome
credential_token(struct evote *e, evote_credential *c)
{
	evote_token *token = &c->evote_credential_u.token;

	c->kind = EVOTE_BY_TOKEN;
	token->evote_token_val = memory_copy(e->token, e->token_len);
	token->evote_token_len = e->token_len;
	if (token->evote_token_val == NULL)
		return (handle_fail(e, "no memory"));
	return (EVOTE_ANSWERED);
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return (a > b ? a : b);
}

/*
 * Numbers follow the service's clock, for voters whose own is wrong.  anew: the
 * service does not take what this client id has come to, so another one begins.
 */
static void
number_draw(struct evote *e, struct kept *k, int anew)
{
	if (anew || k->number == UINT64_MAX) {
		seal_random(k->client, sizeof(k->client));
		k->number = 0;
	}
	k->number = later(k->number + 1, evote_now_us(e));
}

/*
 * Gives the request a new number and credential, and writes it down.
 * EVOTE_ANSWERED with a code: the log-in was refused, nothing is changed.
 */
static enum evote_outcome
request_renew(struct evote *e, struct kept *k, int anew, uint64_t deadline_ms,
    evote_answer *answer)
{
	evote_request *r = kept_request(k);
	enum evote_outcome outcome = EVOTE_ANSWERED;

	if (e->options.login)
		outcome = login_token(e, deadline_ms, answer);
	if (outcome != EVOTE_ANSWERED ||
	    (e->options.login && e->token_len == 0))
		return (outcome);
	number_draw(e, k, anew);
	xdr_free((xdrproc_t)xdr_evote_credential, &r->credential);
	memset(r, 0, sizeof(*r));
	r->credential.kind = EVOTE_BY_TOKEN; /* an empty one can be freed */
	r->number = k->number;
	memcpy(r->client, k->client, sizeof(r->client));
	outcome = e->options.login ? credential_token(e, &r->credential)
				   : credential_sign(e, k, &r->credential);
	if (outcome == EVOTE_ANSWERED &&
	    state_store(e->state, e->options.voter, k) != 0)
		outcome = handle_fail(e, "%s", state_error(e->state));
	return (outcome);
}

static int
election_copy(const evote_election *from, evote_election *to)
{
	xdrproc_t proc = (xdrproc_t)xdr_evote_election;
	unsigned char *bytes;
	long len = xdr_to_bytes(proc, from, &bytes);
	int rc;

	if (len < 0)
		return (-1);
	rc = xdr_from_bytes(proc, to, bytes, (size_t)len);
	free(bytes);
	return (rc);
}

static int
wish_copy(struct evote *e, const struct wish *w, struct kept *k)
{
	memset(&k->u, 0, sizeof(k->u));
	k->kind = (int)w->kind;
	kept_request(k)->credential.kind = EVOTE_BY_TOKEN;
	if (w->kind == EVOTE_ACT_CREATE) {
		if (election_copy(w->create, &k->u.create.election) != 0)
			return (-1);
		if (w->relative)
			k->u.create.election.end = 0;
		return (0);
	}
	/* XDR frees no string that is too long for it. */
	if (strlen(w->election) > EVOTE_NAME_MAX ||
	    strlen(w->choice) > EVOTE_NAME_MAX)
		return (-1);
	k->u.vote.election = strdup(w->election);
	k->u.vote.choice = strdup(w->choice);
	if (!e->options.login)
		seal_random(k->u.vote.salt, sizeof(k->u.vote.salt));
	return (
	    k->u.vote.election == NULL || k->u.vote.choice == NULL ? -1 : 0);
}

/* ---- sending ---- */

static enum evote_outcome
request_send(struct evote *e, struct kept *k, evote_answer *answer,
    uint64_t deadline_ms, unsigned *sends)
{
	static const struct procedure create = {
	    EVOTE_CREATE_ELECTION,
	    (xdrproc_t)xdr_evote_create_args,
	    (xdrproc_t)xdr_evote_answer,
	    sizeof(*answer),
	};
	static const struct procedure vote = {
	    EVOTE_CAST_VOTE,
	    (xdrproc_t)xdr_evote_vote_args,
	    (xdrproc_t)xdr_evote_answer,
	    sizeof(*answer),
	};

	xdr_free((xdrproc_t)xdr_evote_answer, answer);
	return (handle_ask(e, k->kind == EVOTE_ACT_CREATE ? &create : &vote,
	    &k->u, &kept_request(k)->seen, answer, deadline_ms, sends));
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

/*
 * Whether the refusal concerns only the request's number or token, and is
 * certain to be all that ever becomes of it: then a new one may be drawn.  A
 * stale number is certain only if this was the first time it was sent; a bad
 * token always is, because answered numbers are looked up before it is read.
 */
static int
may_renew(struct evote *e, const struct kept *k, const evote_answer *answer,
    int first)
{
	switch (answer->reason) {
	case EVOTE_R_NUMBER_STALE:
		return (first);
	case EVOTE_R_NUMBER_AHEAD:
		return (first || number_hopeless(e, k));
	case EVOTE_R_TOKEN:
	case EVOTE_R_TOKEN_EXPIRED:
		return (e->options.login);
	default:
		return (0);
	}
}

/*
 * Not carried out, and not recorded either: a copy that was sent before and
 * comes late may still be.
 */
static const char *
not_final(
    const struct evote *e, const struct kept *k, const evote_answer *answer)
{
	switch (answer->reason) {
	case EVOTE_R_STORAGE:
		return ("the service has no room on its disk now");
	case EVOTE_R_TOO_MANY:
		return ("too many requests of this voter were refused lately");
	case EVOTE_R_QUOTA:
		return ("this voter has opened too many elections lately");
	case EVOTE_R_NUMBER_AHEAD:
		if (number_hopeless(e, k))
			return (NULL);
		return ("its number is more than a day ahead of the service's "
			"clock, an hour at most, so try again in an hour");
	default:
		return (NULL);
	}
}

/* Under another number or token, since this one is refused for good. */
static enum evote_outcome
request_again(struct evote *e, struct kept *k, evote_answer *answer,
    uint64_t deadline_ms, unsigned *sends)
{
	int numbered = answer->reason == EVOTE_R_NUMBER_STALE ||
	    answer->reason == EVOTE_R_NUMBER_AHEAD;
	enum evote_outcome outcome;

	if (!numbered)
		login_forget(e);
	outcome = request_renew(e, k, numbered, deadline_ms, answer);
	if (outcome == EVOTE_ANSWERED &&
	    (!e->options.login || e->token_len > 0))
		outcome = request_send(e, k, answer, deadline_ms, sends);
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
	    may_renew(e, k, answer, fresh && sends == 1))
		outcome = request_again(e, k, answer, deadline_ms, &sends);
	if (outcome == EVOTE_ANSWERED && !(fresh && sends == 1) &&
	    (open = not_final(e, k, answer)) != NULL) {
		handle_fail(e, "%s, and it had been sent before", open);
		return (EVOTE_UNANSWERED);
	}
	if (fresh && sends == 0 && outcome == EVOTE_UNANSWERED)
		outcome = EVOTE_UNSENT;
	/* If forgetting fails it is sent once more, and answered the same. */
	if (outcome == EVOTE_ANSWERED || (fresh && sends == 0) ||
	    (outcome == EVOTE_CHANGED && answer->standing == EVOTE_SERVED))
		state_settle(e->state, e->options.voter);
	return (outcome);
}

static const char *
kept_election(const struct kept *k)
{
	return (k->kind == EVOTE_ACT_CREATE ? k->u.create.election.name
					    : k->u.vote.election);
}

/* An outstanding request that is not the one wished for now. */
static enum evote_outcome
earlier_settle(struct evote *e, struct kept *k, uint64_t deadline_ms)
{
	evote_answer answer = {0};
	enum evote_outcome outcome;
	char why[sizeof(e->problem)];

	outcome = request_settle(e, k, 0, 0, &answer, deadline_ms);
	if (outcome == EVOTE_ANSWERED && e->options.earlier != NULL)
		e->options.earlier(e->options.arg, (evote_act_kind)k->kind,
		    kept_election(k), &answer);
	if (outcome != EVOTE_ANSWERED) {
		memcpy(why, e->problem, sizeof(why));
		handle_fail(e,
		    "an earlier request about \"%.300s\" has to be settled "
		    "first, and the new one was not sent: %.1500s",
		    kept_election(k), why);
	}
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
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

	if (w->kind == EVOTE_ACT_VOTE && w->choice == NULL)
		return (handle_fail(e, "no unanswered vote is kept"));
	if (wish_copy(e, w, k) != 0)
		return (handle_fail(
		    e, "the request breaks a limit of the service"));
	if ((outcome = handle_find(e, deadline_ms)) != EVOTE_ANSWERED)
		return (outcome);
	if (w->relative)
		k->u.create.election.end = end_after(e, w->create->end);
	return (request_renew(e, k, 0, deadline_ms, answer));
}

/* With the lock held and the outstanding request, if any, in k. */
static enum evote_outcome
wish_fulfil(struct evote *e, const struct wish *w, struct kept *k,
    uint64_t deadline_ms, evote_answer *answer)
{
	enum evote_outcome outcome = EVOTE_ANSWERED;
	int fresh = 0;

	if (k->kind != 0 && !is_wished(k, w))
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
	if (end != NULL && k.kind == EVOTE_ACT_CREATE)
		*end = k.u.create.election.end;
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
evote_create(struct evote *e, const evote_election *election, int relative,
    uint64_t *end, evote_answer *answer)
{
	const struct wish w = {
	    .kind = EVOTE_ACT_CREATE,
	    .create = election,
	    .relative = relative,
	};

	return (act(e, &w, end, answer));
}

static int
wish_kept(struct evote *e, const struct wish *w)
{
	struct kept k = {0};
	int lock, found = 0;

	if (e->options.voter == NULL)
		return (0);
	if (handle_ready(e, handle_deadline(e)) != EVOTE_ANSWERED)
		return (-1);
	lock = state_lock(e->state, e->options.voter, handle_deadline(e));
	if (lock < 0 || state_load(e->state, e->options.voter, &k) != 0) {
		handle_fail(e, "%s", state_error(e->state));
		found = -1;
	} else
		found = is_wished(&k, w);
	kept_clear(&k);
	state_unlock(lock);
	return (found);
}

int
evote_kept(struct evote *e, const char *election)
{
	const struct wish w = {.kind = EVOTE_ACT_VOTE, .election = election};

	return (wish_kept(e, &w));
}

int
evote_create_kept(struct evote *e, const evote_election *election, int relative)
{
	const struct wish w = {
	    .kind = EVOTE_ACT_CREATE,
	    .create = election,
	    .relative = relative,
	};

	return (wish_kept(e, &w));
}
