/* What the service has of the voter, who logs in to ask. */
#include <string.h>

#include "client/lib/handle.h"
#include "client/lib/reason.h"

/* The answer is that of the log-in when that was refused. */
static enum evote_outcome
check_once(struct evote *e, unsigned first, evote_check_res *res)
{
	evote_check_args args = {.first = first};
	uint64_t deadline_ms = handle_deadline(e);
	enum evote_outcome outcome;

	memset(res, 0, sizeof(*res));
	route_unanswered(&res->answer);
	outcome = login_token(e, deadline_ms, &res->answer);
	if (outcome != EVOTE_ANSWERED || e->token.len == 0)
		return (outcome);
	xdr_free((xdrproc_t)xdr_evote_answer, &res->answer);
	args.token.evote_token_len = e->token.len;
	args.token.evote_token_val = (char *)e->token.bytes;
	return (
	    handle_read(e, EVOTE_CHECK, &args, &args.seen, res, deadline_ms));
}

/* A token that is kept proves no key, and the service may not take it. */
enum evote_outcome
evote_check(struct evote *e, unsigned first, evote_check_res *res)
{
	enum evote_outcome outcome = EVOTE_ANSWERED;

	memset(res, 0, sizeof(*res));
	route_unanswered(&res->answer);
	if (first == 0 && e->options.key != NULL) {
		outcome = login_new(e, handle_deadline(e), &res->answer);
		if (outcome != EVOTE_ANSWERED || res->answer.code != 0)
			return (outcome);
		xdr_free((xdrproc_t)xdr_evote_answer, &res->answer);
	}
	outcome = check_once(e, first, res);
	if (outcome != EVOTE_ANSWERED || e->token.len == 0 ||
	    reason_of(res->answer.reason)->renew != RENEW_TOKEN)
		return (outcome);
	login_forget(e);
	xdr_free((xdrproc_t)xdr_evote_check_res, res);
	return (check_once(e, first, res));
}
