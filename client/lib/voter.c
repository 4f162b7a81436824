/* All that a voter may have done. */
#include "client/lib/act.h"

enum evote_outcome
evote_vote(struct evote *e, const char *election, const char *choice,
    evote_answer *answer)
{
	const struct intent want = {
	    .kind = EVOTE_ACT_VOTE,
	    .election = election,
	    .choice = choice,
	};

	return (act_fulfil(e, &want, NULL, answer));
}

enum evote_outcome
evote_cast(struct evote *e, const char *election, const evote_election *shown,
    const evote_ranks *ranks, evote_answer *answer)
{
	const struct intent want = {
	    .kind = EVOTE_ACT_BALLOT,
	    .election = election,
	    .shown = shown,
	    .ranks = ranks,
	};

	return (act_fulfil(e, &want, NULL, answer));
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
	const struct intent want = {
	    .kind = create_kind(terms),
	    .create = terms,
	    .relative = relative,
	};

	return (act_fulfil(e, &want, end, answer));
}

enum evote_outcome
evote_extend(struct evote *e, const evote_extension *x, int relative,
    uint64_t *end, evote_answer *answer)
{
	const struct intent want = {
	    .kind = EVOTE_ACT_EXTEND,
	    .election = x->election,
	    .end = x->end,
	    .reason = x->reason,
	    .relative = relative,
	};

	return (act_fulfil(e, &want, end, answer));
}

enum evote_outcome
evote_cancel(struct evote *e, const evote_cancellation *x, evote_answer *answer)
{
	const struct intent want = {
	    .kind = EVOTE_ACT_CANCEL,
	    .election = x->election,
	    .reason = x->reason,
	};

	return (act_fulfil(e, &want, NULL, answer));
}

/* ---- whether it was kept ---- */

/* The service is known. */
static int
intent_kept_here(struct evote *e, const struct intent *want)
{
	struct kept k = {0};
	int lock, found = 0;

	lock = state_lock(e->state, e->options.voter, handle_deadline(e));
	if (lock < 0 || state_load(e->state, e->options.voter, &k) != 0) {
		handle_fail(e, "%s", state_error(e->state));
		found = -1;
	} else
		found = intent_is(want, &k);
	kept_clear(&k);
	state_unlock(lock);
	return (found);
}

static enum evote_outcome
intent_kept(struct evote *e, const struct intent *want, int *kept)
{
	enum evote_outcome outcome;

	*kept = 0;
	if (e->options.voter == NULL)
		return (EVOTE_ANSWERED);
	outcome = handle_ready(e, handle_deadline(e));
	if (outcome == EVOTE_ANSWERED &&
	    (*kept = intent_kept_here(e, want)) < 0)
		outcome = EVOTE_FAILED;
	return (outcome == EVOTE_UNANSWERED ? EVOTE_UNSENT : outcome);
}

enum evote_outcome
evote_kept(struct evote *e, const char *election, int *kept)
{
	const struct intent want = {
	    .kind = EVOTE_ACT_VOTE, .election = election};

	return (intent_kept(e, &want, kept));
}

int
evote_kept_here(struct evote *e, const char *election)
{
	const struct intent want = {
	    .kind = EVOTE_ACT_VOTE, .election = election};

	if (e->options.voter == NULL)
		return (0);
	if (e->pinned)
		return (intent_kept_here(e, &want));
	return (state_at_hand(e->state) ? 0 : -1);
}

int
evote_counted_here(struct evote *e, const char *election)
{
	struct ballot b;

	return (e->options.voter != NULL &&
	    state_ballot(e->state, e->options.voter, election, &b) == 1);
}

enum evote_outcome
evote_create_kept(
    struct evote *e, const evote_terms *terms, int relative, int *kept)
{
	const struct intent want = {
	    .kind = create_kind(terms),
	    .create = terms,
	    .relative = relative,
	};

	return (intent_kept(e, &want, kept));
}

enum evote_outcome
evote_extend_kept(
    struct evote *e, const evote_extension *x, int relative, int *kept)
{
	const struct intent want = {
	    .kind = EVOTE_ACT_EXTEND,
	    .election = x->election,
	    .end = x->end,
	    .reason = x->reason,
	    .relative = relative,
	};

	return (intent_kept(e, &want, kept));
}

enum evote_outcome
evote_cancel_kept(struct evote *e, const evote_cancellation *x, int *kept)
{
	const struct intent want = {
	    .kind = EVOTE_ACT_CANCEL,
	    .election = x->election,
	    .reason = x->reason,
	};

	return (intent_kept(e, &want, kept));
}
