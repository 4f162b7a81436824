#include <stdlib.h>
#include <string.h>

#include "client/lib/handle.h"
#include "client/lib/reason.h"
#include "common/record.h"

#define TRIES	 4
#define SPARE_US (60ULL * 1000000) /* a token ending sooner is not used */

static enum evote_outcome
preauth(struct evote *e, uint64_t deadline_ms, evote_preauth_res *res)
{
	evote_preauth_args args = {.voter = (char *)e->options.voter};

	return (
	    handle_read(e, EVOTE_PREAUTH, &args, &args.seen, res, deadline_ms));
}

static int
sign_challenge(struct evote *e, const evote_token *challenge,
    unsigned char signature[SEAL_SIG])
{
	char domain[] = "evote login 1";
	evote_login login = {
	    .domain = domain,
	    .origin = e->service.origin,
	    .challenge = *challenge,
	};
	unsigned char *bytes;
	long len;
	int rc;

	memcpy(login.cluster, e->service.cluster, sizeof(login.cluster));
	len = xdr_to_bytes((xdrproc_t)xdr_evote_login, &login, &bytes);
	if (len < 0) {
		handle_fail(e, "the log-in breaks a limit of the service");
		return (-1);
	}
	rc = handle_sign(e, signature, bytes, (size_t)len);
	free(bytes);
	return (rc);
}

static enum evote_outcome
auth(struct evote *e, uint64_t deadline_ms, const evote_token *challenge,
    evote_auth_res *res)
{
	unsigned char signature[SEAL_SIG];
	evote_auth_args args = {
	    .voter = (char *)e->options.voter,
	    .challenge = *challenge,
	    .signature = {SEAL_SIG, (char *)signature},
	};

	memset(res, 0, sizeof(*res));
	if (sign_challenge(e, challenge, signature) != 0)
		return (EVOTE_FAILED);
	return (
	    handle_read(e, EVOTE_AUTH, &args, &args.seen, res, deadline_ms));
}

static enum evote_outcome
token_take(struct evote *e, const evote_auth_res *res)
{
	if (res->token.evote_token_len == 0)
		return (handle_fail(e, "the service gave an empty token"));
	e->token.len = res->token.evote_token_len;
	memcpy(e->token.bytes, res->token.evote_token_val, e->token.len);
	e->token.expires = res->expires;
	return (EVOTE_ANSWERED);
}

/* The answer is that of whichever call was refused, or AUTH's. */
static enum evote_outcome
login_once(struct evote *e, uint64_t deadline_ms, evote_answer *answer)
{
	evote_preauth_res pre;
	evote_auth_res res = {0};
	enum evote_outcome outcome = preauth(e, deadline_ms, &pre);

	if (outcome == EVOTE_ANSWERED && pre.answer.code == 0) {
		outcome = auth(e, deadline_ms, &pre.challenge, &res);
		if (outcome == EVOTE_ANSWERED && res.answer.code == 0)
			outcome = token_take(e, &res);
		if (outcome == EVOTE_ANSWERED)
			answer_move(answer, &res.answer);
	} else if (outcome == EVOTE_ANSWERED)
		answer_move(answer, &pre.answer);
	xdr_free((xdrproc_t)xdr_evote_preauth_res, &pre);
	xdr_free((xdrproc_t)xdr_evote_auth_res, &res);
	return (outcome);
}

/* Whether one is kept, however old. */
static int
login_recall(struct evote *e)
{
	if (e->token.len == 0 &&
	    !state_token(e->state, e->options.voter, &e->token))
		e->token.len = 0;
	return (e->token.len > 0);
}

/*
 * A challenge serves once and in one epoch: after a take-over, or when the
 * reply to AUTH was lost, a new one is asked for.
 */
static enum evote_outcome
login_tries(struct evote *e, uint64_t deadline_ms, evote_answer *answer)
{
	enum evote_outcome outcome;
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		outcome = login_once(e, deadline_ms, answer);
		if (outcome != EVOTE_ANSWERED ||
		    reason_of(answer->reason)->renew != RENEW_CHALLENGE)
			break;
	}
	return (outcome);
}

/* What was used before is kept: it may be from before an election's end. */
enum evote_outcome
login_new(struct evote *e, uint64_t deadline_ms, evote_answer *answer)
{
	enum evote_outcome outcome = login_tries(e, deadline_ms, answer);

	if (outcome == EVOTE_ANSWERED && answer->code == 0)
		state_set_token(
		    e->state, e->options.voter, evote_now_us(e), &e->token);
	return (outcome);
}

static int
token_lasts(struct evote *e)
{
	return (
	    login_recall(e) && evote_now_us(e) + SPARE_US < e->token.expires);
}

enum evote_outcome
login_token(struct evote *e, uint64_t deadline_ms, evote_answer *answer)
{
	if (token_lasts(e))
		return (EVOTE_ANSWERED);
	return (login_new(e, deadline_ms, answer));
}

void
login_forget(struct evote *e)
{
	e->token.len = 0;
	state_forget_tokens(e->state, e->options.voter);
}
