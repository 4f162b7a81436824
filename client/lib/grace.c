/*
 * An election may take votes a while after its end from those who had logged in
 * before it.  Whoever votes from here has, if the key was at hand; the vote is
 * signed all the same as long as the end has not come.
 */
#include <stdio.h>
#include <string.h>

#include "client/lib/act.h"
#include "client/lib/reason.h"
#include "client/lib/sheet.h"

#define TOKEN_US (3600ULL * 1000000) /* from its log-in, see evote_auth_res */

/* When the election that was asked about closes. */
static uint64_t
grace_end(const struct evote *e)
{
	return (e->sheet.end + e->sheet.grace_s * 1000000ULL);
}

uint64_t
evote_late_until(const struct evote *e, const char *election)
{
	uint64_t now = evote_now_us(e), last = grace_end(e);

	return (e->sheet.end != 0 && strcmp(e->sheet.election, election) == 0 &&
		    now >= e->sheet.end && now < last
		? last
		: 0);
}

uint64_t
evote_begun_until(const struct evote *e)
{
	uint64_t last = grace_end(e), expires = e->token.expires;

	if (e->token.len == 0 || expires <= evote_now_us(e) ||
	    expires >= e->sheet.end + TOKEN_US)
		return (0);
	return (expires < last ? expires : last);
}

int
grace_holds(const struct evote *e, const struct kept *k)
{
	return (kept_casts(k) && evote_begun_until(e) != 0 &&
	    evote_late_until(e, kept_election(k)) != 0);
}

int
grace_may_renew(
    const struct evote *e, const struct kept *k, const evote_answer *answer)
{
	return (
	    answer->reason == EVOTE_R_CLOSED && !e->late && grace_holds(e, k));
}

void
grace_begin(struct evote *e, struct kept *k)
{
	e->late = 1;
	if (k->kind == EVOTE_ACT_BALLOT)
		memset(k->u.ballot.salt, 0, sizeof(k->u.ballot.salt));
	else if (!e->sheet.there)
		memset(k->u.vote.salt, 0, sizeof(k->u.vote.salt));
}

/* The last one from before the end, which need not be the one that is used. */
static void
login_choose(struct evote *e, uint64_t now)
{
	uint64_t until = evote_begun_until(e);
	struct token t;

	if (state_token_before(
		e->state, e->options.voter, now, e->sheet.end + TOKEN_US, &t) &&
	    (until == 0 || t.expires > e->token.expires))
		e->token = t;
}

/* A log-in that will be valid when the end comes, and was before it. */
static enum evote_outcome
login_ahead(struct evote *e, uint64_t deadline_ms)
{
	uint64_t now = evote_now_us(e), last = grace_end(e);
	enum evote_outcome outcome;
	evote_answer answer = {0};

	login_choose(e, now);
	if (evote_begun_until(e) == last || now >= e->sheet.end ||
	    now + TOKEN_US <= e->sheet.end)
		return (EVOTE_ANSWERED);
	route_unanswered(&answer);
	outcome = login_new(e, deadline_ms, &answer);
	if (outcome == EVOTE_ANSWERED && answer.code != 0)
		outcome =
		    handle_fail(e, "%s", reason_of(answer.reason)->sentence);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (outcome);
}

static enum evote_outcome
begin(struct evote *e, const char *election)
{
	uint64_t deadline_ms = handle_deadline(e);
	enum evote_outcome outcome = sheet_ask(e, election, deadline_ms);
	evote_life_res life;

	if (outcome != EVOTE_ANSWERED || e->sheet.grace_s == 0 ||
	    e->options.voter == NULL)
		return (outcome);
	outcome = evote_life(e, election, &life);
	if (outcome == EVOTE_ANSWERED && life.phase == EVOTE_PHASE_OPEN)
		e->sheet.end = life.end;
	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	return (outcome == EVOTE_ANSWERED && e->sheet.end != 0
		? login_ahead(e, deadline_ms)
		: outcome);
}

void
evote_begin(struct evote *e, const char *election)
{
	snprintf(e->unready, sizeof(e->unready), "%.*s",
	    (int)sizeof(e->unready) - 1,
	    begin(e, election) == EVOTE_ANSWERED ? "" : e->problem);
}

const char *
evote_unready(const struct evote *e)
{
	return (e->unready);
}
