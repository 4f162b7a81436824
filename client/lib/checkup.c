/* What the service has of the voter, who logs in to ask. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/lib/evidence.h"
#include "client/lib/reason.h"
#include "common/date.h"

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

/* The service may not take a token that is kept. */
static enum evote_outcome
page_ask(struct evote *e, unsigned first, evote_check_res *res)
{
	enum evote_outcome outcome = check_once(e, first, res);

	if (outcome != EVOTE_ANSWERED || e->token.len == 0 ||
	    reason_of(res->answer.reason)->renew != RENEW_TOKEN)
		return (outcome);
	login_forget(e);
	xdr_free((xdrproc_t)xdr_evote_check_res, res);
	return (check_once(e, first, res));
}

/* A token that is kept proves no key. */
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
	return (page_ask(e, first, res));
}

/* ---- a vote that counted ---- */

/* Looks for an election in one page, and puts out the next: 0 at the end. */
static enum evote_outcome
page_look(struct evote *e, const char *election, unsigned *first, int *listed,
    int *voted)
{
	evote_check_res res;
	const evote_checked *v;
	enum evote_outcome outcome = page_ask(e, *first, &res);

	if (outcome == EVOTE_ANSWERED && res.answer.code != 0) {
		handle_fail(e, "%s", reason_of(res.answer.reason)->sentence);
		outcome = EVOTE_UNANSWERED;
	}
	for (u_int i = 0; i < res.elections.elections_len; i++) {
		v = &res.elections.elections_val[i];
		if (strcmp(v->name, election) != 0)
			continue;
		*listed = 1;
		*voted = v->voted;
	}
	*first = res.next > *first ? res.next : 0;
	xdr_free((xdrproc_t)xdr_evote_check_res, &res);
	return (outcome);
}

/* No vote counts in one that was cancelled, and it is not listed. */
static enum evote_outcome
cancelled_look(struct evote *e, const char *election, int *cancelled)
{
	evote_life_res res;
	enum evote_outcome outcome = evote_life(e, election, &res);

	*cancelled = res.answer.code == 0 && res.phase == EVOTE_PHASE_CANCELLED;
	xdr_free((xdrproc_t)xdr_evote_life_res, &res);
	return (outcome);
}

static enum evote_outcome
counted_lost(struct evote *e, const char *election, const struct ballot *b)
{
	const char *voter = e->options.voter;
	char who[EVOTE_HOST_MAX + 8], what[2 * EVOTE_NAME_MAX + 200],
	    text[4 * EVOTE_NAME_MAX + 400], name[80], kind[20], when[64];
	struct evidence v = {0};

	snprintf(who, sizeof(who), "host %s", evote_served_by(e));
	snprintf(what, sizeof(what),
	    "says that no vote of %s counts in \"%s\", though one was "
	    "answered from here as counted",
	    voter, election);
	state_ballot_name(voter, election, name);
	date_utc(date_now_us(), when, sizeof(when));
	snprintf(text, sizeof(text),
	    "noticed at %s\n%s %s\nthat vote: number %" PRIu64
	    ", kept here as %s\n",
	    when, who, what, b->number, name);
	snprintf(kind, sizeof(kind), "-vote-%.8s", name);
	evidence_notes(e, route_host(e->route, NULL), NULL, NULL, &v);
	evidence_text(e, kind, text, &v);
	return (evidence_tell(e, who, what, &v, name));
}

/*
 * The vote is looked up before the service is asked: one that another process
 * casts meanwhile is not missed.
 */
enum evote_outcome
evote_counted(struct evote *e, const char *election)
{
	enum evote_outcome outcome;
	int rc, listed = 0, voted = 0, cancelled = 0;
	unsigned first = 0;
	struct ballot b;

	outcome = handle_ready(e, handle_deadline(e));
	if (outcome != EVOTE_ANSWERED)
		return (outcome);
	rc = state_ballot(e->state, e->options.voter, election, &b);
	if (rc < 0)
		return (handle_fail(e, "%s", state_error(e->state)));
	if (rc == 0)
		return (EVOTE_ANSWERED);
	do
		outcome = page_look(e, election, &first, &listed, &voted);
	while (outcome == EVOTE_ANSWERED && !listed && first != 0);
	if (outcome == EVOTE_ANSWERED && !listed)
		outcome = cancelled_look(e, election, &cancelled);
	if (outcome != EVOTE_ANSWERED || voted || cancelled)
		return (outcome);
	return (counted_lost(e, election, &b));
}

/*
 * The service answers that it knows no such record.  Of each client id it knows
 * the last one, and of each voter some client ids, so it may be right; not if
 * it says that no vote counts there.
 */
enum evote_outcome
checkup_denied(struct evote *e, const char *election, const struct ballot *b)
{
	enum evote_outcome outcome = evote_counted(e, election);
	struct kept last;
	int later;

	if (outcome == EVOTE_CHANGED)
		return (outcome);
	if (state_load(e->state, e->options.voter, &last) != 0)
		return (handle_fail(e, "%s", state_error(e->state)));
	later = memcmp(last.client, b->client, sizeof(b->client)) == 0 &&
	    last.number > b->number;
	kept_clear(&last);
	if (later)
		return (handle_fail(e,
		    "the service does not say any more which record holds it, "
		    "since it has answered a later request of this voter"));
	handle_fail(e,
	    "the service does not show the record of that vote. The voter may "
	    "have gone on in a copy of this state directory, or in the one "
	    "that it was restored from, or have sent requests from %d other "
	    "computers since; or the service has lost the vote, or hides it. "
	    "`check` tells whether it counts",
	    EVOTE_CLIENTS_MAX);
	return (EVOTE_UNANSWERED);
}
