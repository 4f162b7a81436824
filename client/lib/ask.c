#include <stdio.h>
#include <string.h>

#include "client/lib/evidence.h"
#include "client/lib/handle.h"
#include "client/lib/trust.h"
#include "common/date.h"
#include "common/now.h"

#define PROCEDURE(number, args, res) \
	[number] = {                 \
	    number, (xdrproc_t)xdr_##args, (xdrproc_t)xdr_##res, sizeof(res)}

static const struct procedure procedures[] = {
    PROCEDURE(EVOTE_PREAUTH, evote_preauth_args, evote_preauth_res),
    PROCEDURE(EVOTE_AUTH, evote_auth_args, evote_auth_res),
    PROCEDURE(EVOTE_CREATE_ELECTION, evote_create_args, evote_answer),
    PROCEDURE(EVOTE_OPEN_ELECTION, evote_terms_args, evote_answer),
    PROCEDURE(EVOTE_GET_OPTIONS, evote_named_args, evote_options_res),
    PROCEDURE(EVOTE_GET_SHEET, evote_sheet_args, evote_sheet_res),
    PROCEDURE(EVOTE_CAST_VOTE, evote_vote_args, evote_answer),
    PROCEDURE(EVOTE_CAST_BALLOT, evote_ballot_args, evote_answer),
    PROCEDURE(EVOTE_GET_PAIRS, evote_named_args, evote_pairs_res),
    PROCEDURE(EVOTE_GET_RESULT, evote_named_args, evote_result_res),
    PROCEDURE(EVOTE_LIST_ELECTIONS, evote_list_args, evote_list_res),
    PROCEDURE(EVOTE_GET_ELECTION, evote_named_args, evote_election_res),
    PROCEDURE(EVOTE_CHECKPOINT, evote_checkpoint_args, evote_checkpoint_res),
    PROCEDURE(EVOTE_RECEIPT, evote_receipt_args, evote_receipt_res),
    PROCEDURE(EVOTE_PROVE, evote_prove_args, evote_prove_res),
    PROCEDURE(EVOTE_KEYS, evote_keys_args, evote_keys_res),
    PROCEDURE(EVOTE_TURNOUT, evote_named_args, evote_turnout_res),
    PROCEDURE(EVOTE_CHECK, evote_check_args, evote_check_res),
    PROCEDURE(EVOTE_REPORT, evote_named_args, evote_report_res),
    PROCEDURE(EVOTE_EXTEND, evote_extend_args, evote_answer),
    PROCEDURE(EVOTE_CANCEL, evote_cancel_args, evote_answer),
    PROCEDURE(EVOTE_GET_LIFE, evote_named_args, evote_life_res),
    PROCEDURE(EVOTE_PREVIEW, evote_preview_args, evote_preview_res),
    PROCEDURE(EVOTE_LIST_LIVES, evote_list_args, evote_lives_res),
    PROCEDURE(EVOTE_CURVE, evote_named_args, evote_curve_res),
};

static enum evote_outcome
unanswered(struct evote *e)
{
	const char *why = route_why(e->route);
	char span[64];

	if (why[0] == '\0') {
		handle_fail(e, "no time was left to ask a host");
		return (EVOTE_UNANSWERED);
	}
	date_span(e->options.timeout_ms * 1000, span, sizeof(span));
	if (e->options.timeout_ms % 1000 != 0)
		snprintf(span, sizeof(span), "%g s",
		    (double)e->options.timeout_ms / 1000);
	handle_fail(e, "no host answered within %s (%s)", span, why);
	return (EVOTE_UNANSWERED);
}

/* How a search ended without an answer. */
static enum evote_outcome
ended(struct evote *e, enum route_end end, const evote_answer *last)
{
	switch (end) {
	case ROUTE_BEHIND:
		return (trust_behind(e, &last->stamp));
	case ROUTE_STOPPED:
		return (e->stopped);
	case ROUTE_BROKEN:
		return (handle_fail(
		    e, "the request breaks a limit of the service"));
	case ROUTE_TOO_WEAK:
		return (handle_fail(e, "%s", route_why(e->route)));
	case ROUTE_OLDER:
		handle_fail(e,
		    "%s runs an older version of evote, which does not know "
		    "this request",
		    evote_served_by(e));
		return (EVOTE_UNSENT);
	default:
		return (unanswered(e));
	}
}

/* A service that contradicts itself is asked nothing more, but its status. */
static enum evote_outcome
begin(struct evote *e)
{
	enum evote_outcome outcome = trust_begin(e);

	return (outcome == EVOTE_ANSWERED ? evidence_standing(e) : outcome);
}

enum evote_outcome
handle_ready(struct evote *e, uint64_t deadline_ms)
{
	enum evote_outcome outcome = begin(e);

	if (outcome != EVOTE_ANSWERED || e->pinned)
		return (outcome);
	return (handle_find(e, deadline_ms));
}

/* No host is spoken to before it is known which service it has to be. */
enum evote_outcome
handle_find(struct evote *e, uint64_t deadline_ms)
{
	static const evote_answer none;
	enum evote_outcome outcome = begin(e);
	enum route_end end;

	if (outcome != EVOTE_ANSWERED)
		return (outcome);
	if ((end = route_find(e->route, handle_until(e, deadline_ms))) !=
	    ROUTE_SERVED)
		return (ended(e, end, &none));
	if (!e->pinned)
		return (handle_fail(e, "the service does not say who it is"));
	return (EVOTE_ANSWERED);
}

/* For the next process to begin with. */
static void
remember_host(struct evote *e)
{
	int port = 0, host = route_host(e->route, &port);

	if (host < 0 || (host == e->last && port == e->last_port))
		return;
	e->last = host;
	e->last_port = port;
	state_set_last(e->state, e->hosts.list[host].name, port);
}

enum evote_outcome
handle_ask(struct evote *e, rpcproc_t number, void *args, evote_seen *seen,
    void *res, uint64_t deadline_ms, unsigned *sends)
{
	const struct procedure *p = &procedures[number];
	const evote_answer *answer = res;
	enum evote_outcome outcome;
	enum route_end end;
	int known;

	memset(res, 0, p->size);
	route_unanswered(res);
	if ((outcome = begin(e)) != EVOTE_ANSWERED)
		return (outcome);
	memset(seen, 0, sizeof(*seen));
	known = e->pinned;
	if (known) {
		memcpy(seen->cluster, e->service.cluster, 16);
		seen->epoch = e->seen.epoch;
		seen->size = e->seen.size;
	}
	end = route_call(
	    e->route, p, args, res, handle_until(e, deadline_ms), sends);
	e->older = end == ROUTE_OLDER;
	if (end != ROUTE_SERVED)
		return (ended(e, end, answer));
	outcome = trust_served(e, &answer->stamp, deadline_ms);
	/* What is remembered came to light only by that host. */
	if (outcome == EVOTE_ANSWERED && !known)
		outcome = evidence_standing(e);
	if (outcome == EVOTE_ANSWERED)
		remember_host(e);
	return (outcome);
}

enum evote_outcome
handle_read(struct evote *e, rpcproc_t number, void *args, evote_seen *seen,
    void *res, uint64_t deadline_ms)
{
	unsigned sends = 0;

	return (handle_ask(e, number, args, seen, res, deadline_ms, &sends));
}

void
answer_move(evote_answer *to, evote_answer *from)
{
	xdr_free((xdrproc_t)xdr_evote_answer, to);
	*to = *from;
	memset(from, 0, sizeof(*from));
}

/* ---- reading ---- */

static enum evote_outcome
read_named(struct evote *e, rpcproc_t number, const char *election, void *res)
{
	evote_named_args args = {.election = (char *)election};

	return (
	    handle_read(e, number, &args, &args.seen, res, handle_deadline(e)));
}

enum evote_outcome
evote_result(struct evote *e, const char *election, evote_result_res *res)
{
	return (read_named(e, EVOTE_GET_RESULT, election, res));
}

enum evote_outcome
evote_show(struct evote *e, const char *election, evote_election_res *res)
{
	return (read_named(e, EVOTE_GET_ELECTION, election, res));
}

enum evote_outcome
evote_pairs(struct evote *e, const char *election, evote_pairs_res *res)
{
	return (read_named(e, EVOTE_GET_PAIRS, election, res));
}

enum evote_outcome
evote_turnout_of(struct evote *e, const char *election, evote_turnout_res *res)
{
	return (read_named(e, EVOTE_TURNOUT, election, res));
}

enum evote_outcome
evote_curve(struct evote *e, const char *election, evote_curve_res *res)
{
	return (read_named(e, EVOTE_CURVE, election, res));
}

enum evote_outcome
evote_report(struct evote *e, const char *election, evote_report_res *res)
{
	return (read_named(e, EVOTE_REPORT, election, res));
}

enum evote_outcome
evote_list(struct evote *e, unsigned first, evote_list_res *res)
{
	evote_list_args args = {.first = first};

	return (handle_read(e, EVOTE_LIST_ELECTIONS, &args, &args.seen, res,
	    handle_deadline(e)));
}

void
evote_status_all(struct evote *e, uint64_t timeout_ms)
{
	if (trust_begin(e) == EVOTE_ANSWERED)
		route_ask_all(e->route, now_ms() + timeout_ms);
}

/* By its own word. */
static enum evote_outcome
status_ask(
    struct evote *e, int host, uint64_t timeout_ms, evote_status_res *res)
{
	uint64_t deadline_ms = now_ms() + timeout_ms;
	enum evote_outcome outcome = trust_begin(e);

	memset(res, 0, sizeof(*res));
	if (outcome != EVOTE_ANSWERED)
		return (outcome);
	if (route_status(e->route, host, deadline_ms, res) != 0) {
		if (endpoint_is_other(route_endpoints(e->route), host))
			return (trust_other(e, host));
		handle_fail(e, "%s", route_why(e->route));
		return (EVOTE_UNANSWERED);
	}
	if (trust_greeted(e, e->hosts.list[host].name, res) != 0)
		return (e->stopped);
	return (EVOTE_ANSWERED);
}

enum evote_outcome
evote_status(
    struct evote *e, int host, uint64_t timeout_ms, evote_status_res *res)
{
	enum evote_outcome outcome = status_ask(e, host, timeout_ms, res);

	if (outcome == EVOTE_ANSWERED && trust_doubts(e, res)) {
		xdr_free((xdrproc_t)xdr_evote_status_res, res);
		outcome = status_ask(e, host, timeout_ms, res);
	}
	return (
	    outcome == EVOTE_ANSWERED ? trust_shown(e, host, res) : outcome);
}
