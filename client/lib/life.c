/* Elections' lives, and what a host of an older version knows of them. */
#include <stdlib.h>
#include <string.h>

#include "client/lib/act.h"
#include "client/lib/reason.h"
#include "common/need.h"

static evote_phase
phase_of(int closed)
{
	return (closed ? EVOTE_PHASE_CLOSED : EVOTE_PHASE_OPEN);
}

static enum evote_outcome
life_older(struct evote *e, const char *election, evote_life_res *res)
{
	evote_election_res show;
	enum evote_outcome outcome = evote_show(e, election, &show);

	answer_move(&res->answer, &show.answer);
	res->phase = phase_of(show.closed);
	res->end = show.election.end;
	xdr_free((xdrproc_t)xdr_evote_election_res, &show);
	return (outcome);
}

enum evote_outcome
evote_life(struct evote *e, const char *election, evote_life_res *res)
{
	evote_named_args args = {.election = (char *)election};
	enum evote_outcome outcome = handle_read(
	    e, EVOTE_GET_LIFE, &args, &args.seen, res, handle_deadline(e));

	return (outcome == EVOTE_UNSENT && e->older
		? life_older(e, election, res)
		: outcome);
}

static enum evote_outcome
lives_older(struct evote *e, unsigned first, evote_lives_res *res)
{
	evote_list_res list;
	enum evote_outcome outcome = evote_list(e, first, &list);
	u_int i, n = list.elections.elections_len;
	evote_life_summary *to = need_zeroed(n + 1, sizeof(*to));

	answer_move(&res->answer, &list.answer);
	for (i = 0; i < n; i++) {
		to[i].name = list.elections.elections_val[i].name;
		to[i].end = list.elections.elections_val[i].end;
		to[i].phase = phase_of(list.elections.elections_val[i].closed);
		list.elections.elections_val[i].name = NULL;
	}
	res->elections.elections_len = n;
	res->elections.elections_val = to;
	res->next = list.next;
	xdr_free((xdrproc_t)xdr_evote_list_res, &list);
	return (outcome);
}

enum evote_outcome
evote_lives(struct evote *e, unsigned first, evote_lives_res *res)
{
	evote_list_args args = {.first = first};
	enum evote_outcome outcome = handle_read(
	    e, EVOTE_LIST_LIVES, &args, &args.seen, res, handle_deadline(e));

	return (outcome == EVOTE_UNSENT && e->older ? lives_older(e, first, res)
						    : outcome);
}

/* ---- before an election is created ---- */

int
evote_terms_dated(
    const evote_terms *terms, int relative, uint64_t from, evote_terms *to)
{
	memset(to, 0, sizeof(*to));
	if (intent_terms_copy(terms, to) != 0)
		return (-1);
	intent_terms_date(to, relative, from);
	return (0);
}

/* As evote_check: only who has logged in is told. */
static enum evote_outcome
preview_ask(struct evote *e, const evote_terms *dated, evote_preview_res *res)
{
	evote_preview_args args = {.terms = *dated};
	enum evote_outcome outcome;

	memset(res, 0, sizeof(*res));
	route_unanswered(&res->answer);
	outcome = login_token(e, handle_deadline(e), &res->answer);
	if (outcome != EVOTE_ANSWERED || e->token.len == 0)
		return (outcome);
	xdr_free((xdrproc_t)xdr_evote_answer, &res->answer);
	args.token.evote_token_len = e->token.len;
	args.token.evote_token_val = (char *)e->token.bytes;
	return (handle_read(
	    e, EVOTE_PREVIEW, &args, &args.seen, res, handle_deadline(e)));
}

enum evote_outcome
evote_preview(struct evote *e, const evote_terms *terms, int relative,
    evote_terms *dated, evote_preview_res *res)
{
	enum evote_outcome outcome;

	memset(res, 0, sizeof(*res));
	memset(dated, 0, sizeof(*dated));
	route_unanswered(&res->answer);
	if ((outcome = handle_find(e, handle_deadline(e))) != EVOTE_ANSWERED ||
	    (relative != 0 && (outcome = evote_may_count(e)) != EVOTE_ANSWERED))
		return (outcome);
	e->counted_from = evote_now_us(e);
	if (evote_terms_dated(terms, relative, e->counted_from, dated) != 0)
		return (handle_fail(
		    e, "the request breaks a limit of the service"));
	xdr_free((xdrproc_t)xdr_evote_answer, &res->answer);
	outcome = preview_ask(e, dated, res);
	if (outcome == EVOTE_ANSWERED && e->token.len > 0 &&
	    reason_of(res->answer.reason)->renew == RENEW_TOKEN) {
		login_forget(e);
		xdr_free((xdrproc_t)xdr_evote_preview_res, res);
		outcome = preview_ask(e, dated, res);
	}
	if (outcome != EVOTE_UNSENT || !e->older)
		return (outcome);
	res->clock = 0;
	res->answer.code = 0;
	return (EVOTE_ANSWERED);
}
