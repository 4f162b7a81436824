#include <stdlib.h>
#include <string.h>

#include "client/lib/handle.h"
#include "common/need.h"
#include "common/record.h"

static int
commit_vote(const evote_vote_args *vote, evote_hash commitment)
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

static int
commit_ballot(const evote_ballot_args *ballot, evote_hash commitment)
{
	char domain[] = "evote opening 2";
	evote_opening2 opening = {
	    .domain = domain,
	    .election = ballot->election,
	    .ranks = ballot->ranks,
	};

	memcpy(opening.salt, ballot->salt, sizeof(opening.salt));
	memcpy(opening.choices, ballot->choices, sizeof(opening.choices));
	return (xdr_hash((xdrproc_t)xdr_evote_opening2, &opening,
	    (unsigned char *)commitment));
}

int
request_commit(const struct kept *k, evote_hash commitment)
{
	return (k->kind == EVOTE_ACT_BALLOT
		? commit_ballot(&k->u.ballot, commitment)
		: commit_vote(&k->u.vote, commitment));
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
		s.act.evote_act_u.election = k->u.create.terms.election;
	else if (k->kind == EVOTE_ACT_OPEN)
		s.act.evote_act_u.terms = k->u.create.terms;
	else if (k->kind == EVOTE_ACT_EXTEND)
		s.act.evote_act_u.extension = k->u.extend.extension;
	else if (k->kind == EVOTE_ACT_CANCEL)
		s.act.evote_act_u.cancellation = k->u.cancel.cancellation;
	else {
		s.act.evote_act_u.ballot.election = (char *)kept_election(k);
		if (request_commit(k, s.act.evote_act_u.ballot.commitment))
			return (-1);
	}
	*len = xdr_to_bytes((xdrproc_t)xdr_evote_statement, &s, out);
	return (*len < 0 ? -1 : 0);
}

static void *
memory_copy(const void *from, size_t len)
{
	return (memcpy(need(malloc(len)), from, len));
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
	own->voter = need_copy(e->options.voter);
	own->signature.evote_signature_val =
	    memory_copy(signature, sizeof(signature));
	own->signature.evote_signature_len = sizeof(signature);
	return (EVOTE_ANSWERED);
}

static void
credential_token(struct evote *e, evote_credential *c)
{
	evote_token *token = &c->evote_credential_u.token;

	c->kind = EVOTE_BY_TOKEN;
	token->evote_token_val = memory_copy(e->token.bytes, e->token.len);
	token->evote_token_len = e->token.len;
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return (a > b ? a : b);
}

/*
 * Numbers follow the service's clock, for voters whose own is wrong.  Another
 * client id begins where the service does not take what this one has come to,
 * and where a receipt is missing: of each client id the service knows where its
 * last record is, and no other.
 */
static void
number_draw(struct evote *e, struct kept *k, enum number number)
{
	if (state_owes_receipt(e->state, k))
		seal_random(k->client, sizeof(k->client));
	if (number == NUMBER_ANEW || k->number == UINT64_MAX) {
		seal_random(k->client, sizeof(k->client));
		k->number = 0;
	}
	k->number = later(k->number + 1, evote_now_us(e));
}

int
request_by_token(const struct kept *k)
{
	return (
	    kept_request((struct kept *)k)->credential.kind == EVOTE_BY_TOKEN);
}

enum evote_outcome
request_renew(struct evote *e, struct kept *k, enum number number,
    uint64_t deadline_ms, evote_answer *answer)
{
	evote_request *r = kept_request(k);
	enum evote_outcome outcome = EVOTE_ANSWERED;
	int by_token = number == NUMBER_SAME ? request_by_token(k)
					     : e->options.login || e->late;

	if (by_token && !e->late)
		outcome = login_token(e, deadline_ms, answer);
	if (outcome != EVOTE_ANSWERED || (by_token && e->token.len == 0))
		return (outcome);
	if (number != NUMBER_SAME)
		number_draw(e, k, number);
	xdr_free((xdrproc_t)xdr_evote_credential, &r->credential);
	memset(r, 0, sizeof(*r));
	r->credential.kind = EVOTE_BY_TOKEN; /* an empty one can be freed */
	r->number = k->number;
	memcpy(r->client, k->client, sizeof(r->client));
	if (by_token)
		credential_token(e, &r->credential);
	else
		outcome = credential_sign(e, k, &r->credential);
	if (outcome == EVOTE_ANSWERED &&
	    state_store(e->state, e->options.voter, k) != 0)
		outcome = handle_fail(e, "%s", state_error(e->state));
	return (outcome);
}
