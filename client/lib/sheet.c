#include "client/lib/sheet.h"

#include <stdio.h>
#include <string.h>

#include "common/ballot.h"
#include "common/now.h"
#include "common/record.h"
#include "common/tracker.h"

#define ASK_MS 3000 /* the vote counts already: nobody wants to wait */

/*
 * What it says of a sheet is kept.  A host of an older version knows no
 * options.
 */
static enum evote_outcome
options_ask(struct evote *e, const char *election, uint64_t deadline_ms,
    evote_options_res *res)
{
	evote_named_args args = {.election = (char *)election};
	enum evote_outcome outcome = handle_read(
	    e, EVOTE_GET_OPTIONS, &args, &args.seen, res, deadline_ms);

	if (outcome == EVOTE_UNSENT && e->older) {
		xdr_free((xdrproc_t)xdr_evote_options_res, res);
		memset(res, 0, sizeof(*res));
		outcome = EVOTE_ANSWERED;
	}
	if (outcome == EVOTE_ANSWERED) {
		e->sheet.there =
		    ballot_option(&res->options, EVOTE_OPTION_SHEET, 0) != 0;
		e->sheet.grace_s = (uint32_t)ballot_option(
		    &res->options, EVOTE_OPTION_GRACE_S, 0);
		if (strcmp(e->sheet.election, election) != 0)
			e->sheet.end = 0;
		snprintf(e->sheet.election, sizeof(e->sheet.election), "%s",
		    election);
	}
	return (outcome);
}

enum evote_outcome
evote_options_of(struct evote *e, const char *election, evote_options_res *res)
{
	return (options_ask(e, election, handle_deadline(e), res));
}

enum evote_outcome
sheet_ask(struct evote *e, const char *election, uint64_t deadline_ms)
{
	uint64_t soon_ms = handle_now(e) + ASK_MS;
	enum evote_outcome outcome;
	evote_options_res res;

	if (strcmp(e->sheet.election, election) == 0)
		return (EVOTE_ANSWERED);
	outcome = options_ask(
	    e, election, soon_ms < deadline_ms ? soon_ms : deadline_ms, &res);
	xdr_free((xdrproc_t)xdr_evote_options_res, &res);
	return (outcome);
}

enum evote_outcome
evote_sheet(
    struct evote *e, const char *election, uint64_t from, evote_sheet_res *res)
{
	evote_sheet_args args = {.election = (char *)election, .from = from};

	return (handle_read(
	    e, EVOTE_GET_SHEET, &args, &args.seen, res, handle_deadline(e)));
}

/* ---- one's own line ---- */

int
evote_own_vote(struct evote *e, const char *election, struct evote_own *own)
{
	static const unsigned char none[32];
	const char *voter = e->options.voter;
	struct ballot b;
	int rc;

	if (voter == NULL) {
		handle_fail(e, "no voter is named (add --voter NAME)");
		return (0);
	}
	if (handle_ready(e, handle_deadline(e)) != EVOTE_ANSWERED)
		return (0);
	rc = state_ballot(e->state, voter, election, &b);
	if (rc < 0)
		handle_fail(e, "%s", state_error(e->state));
	else if (rc == 0 || memcmp(b.salt, none, sizeof(none)) == 0)
		handle_fail(e,
		    "no tracker of a vote of %s in \"%s\" is kept in %.700s. "
		    "If %s voted, look for the tracker that `vote` showed, or "
		    "run this with the state directory of the machine that "
		    "sent the vote (--state)",
		    voter, election, state_dir(e->state), voter);
	else {
		own->tracker = tracker_of(b.salt, election);
		memcpy(own->salt, b.salt, sizeof(own->salt));
		memcpy(own->commitment, b.commitment, sizeof(own->commitment));
		return (1);
	}
	return (0);
}

int
evote_own_tracker(struct evote *e, const char *election, uint64_t *tracker)
{
	struct evote_own own;

	if (!evote_own_vote(e, election, &own) ||
	    sheet_ask(e, election, handle_deadline(e)) != EVOTE_ANSWERED ||
	    !e->sheet.there)
		return (0);
	*tracker = own.tracker;
	return (1);
}

int
evote_has_sheet(struct evote *e, const char *election)
{
	return (sheet_ask(e, election, handle_deadline(e)) != EVOTE_ANSWERED ||
	    e->sheet.there);
}
