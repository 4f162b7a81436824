/* What the state tells of elections, or of a voter. */
#include <assert.h>

#include "common/need.h"
#include "server/election/election_impl.h"
#include "server/election/life.h"
#include "server/election/terms.h"

/*
 * What is answered of one (NULL: there is none) that is not closed; cancelled
 * is the code for that.
 */
static void
poll_uncounted(const struct poll *p, int cancelled, struct outcome *out)
{
	*out = (struct outcome){.code = 2, .reason = EVOTE_R_ONGOING};
	if (p == NULL)
		*out = (struct outcome){1, EVOTE_R_NO_ELECTION, 0, 0, 0};
	else if (p->phase == EVOTE_PHASE_PLANNED)
		out->reason = EVOTE_R_NOT_BEGUN;
	else if (p->phase == EVOTE_PHASE_CANCELLED)
		*out = (struct outcome){cancelled, EVOTE_R_CANCELLED, 0, 0, 0};
}

/* The one of that name; or NULL, and what that is answered with: code 1. */
static const struct poll *
poll_named(
    const struct election_state *e, const char *name, struct outcome *out)
{
	const struct poll *p = poll_find(&e->polls, name);

	*out = (struct outcome){.code = 0, .reason = EVOTE_R_OK};
	if (p == NULL)
		*out = (struct outcome){1, EVOTE_R_NO_ELECTION, 0, 0, 0};
	return (p);
}

/* The election, if it is closed; else NULL, and what that is answered with. */
static const struct poll *
poll_counted(
    const struct election_state *e, const char *name, struct outcome *out)
{
	const struct poll *p = poll_find(&e->polls, name);

	*out = (struct outcome){.code = 0, .reason = EVOTE_R_OK};
	if (p != NULL && p->phase == EVOTE_PHASE_CLOSED)
		return (p);
	poll_uncounted(p, 3, out);
	return (NULL);
}

void
election_result(const struct election_state *e, const char *name,
    evote_result_res *res, struct outcome *out)
{
	const struct poll *p = poll_counted(e, name, out);

	if (p != NULL) {
		poll_result(p, res);
		return;
	}
	p = poll_find(&e->polls, name);
	res->counts.counts_len = 0;
	res->counts.counts_val = NULL;
	res->votes = res->eligible = 0;
	res->end = p == NULL ? 0 : p->about.end;
}

void
election_pairs(const struct election_state *e, const char *name,
    evote_pairs_res *res, struct outcome *out)
{
	const struct poll *p = poll_counted(e, name, out);

	if (p != NULL)
		poll_pairs(p, res);
}

void
election_show(const struct election_state *e, const char *name,
    evote_election_res *res, struct outcome *out)
{
	const struct poll *p = poll_named(e, name, out);

	poll_show(p, res);
}

void
election_options(const struct election_state *e, const char *name,
    evote_options_res *res, struct outcome *out)
{
	const struct poll *p = poll_named(e, name, out);

	poll_options(p, res);
}

void
election_list(
    const struct election_state *e, uint32_t first, evote_list_res *res)
{
	polls_page(&e->polls, first, res);
}

void
election_empty(const struct election_state *e, const evote_groups_args *args,
    evote_groups_res *res)
{
	voters_empty(&e->voters, args, res);
}

void
election_voters(
    const struct election_state *e, uint32_t first, evote_voters_res *res)
{
	voters_page(&e->voters, first, res);
}

void
election_life(const struct election_state *e, const char *name,
    evote_life_res *res, struct outcome *out)
{
	const struct poll *p = poll_named(e, name, out);

	life_show(p, res);
}

void
election_lives(
    const struct election_state *e, uint32_t first, evote_lives_res *res)
{
	life_page(&e->polls, first, res);
}

void
election_preview(const struct election_state *e, const char *voter,
    const evote_terms *terms, uint64_t time, evote_preview_res *res,
    struct outcome *out)
{
	uint32_t n = terms->election.groups.groups_len;
	struct op op = {.kind = EVOTE_OP_OPEN, .by_operator = voter == NULL};
	struct verdict v = {0};

	if (voter != NULL)
		v.voter = voter_find(&e->voters, voter);

	op.act.kind = EVOTE_ACT_OPEN;
	op.act.evote_act_u.terms = *terms;
	if (voter != NULL && terms->options.evote_options_len == 0) {
		op.kind = EVOTE_OP_CREATE;
		op.act.kind = EVOTE_ACT_CREATE;
		op.act.evote_act_u.election = terms->election;
	}
	judge_life(e, &op, time, &v);
	*out = v.out;
	election_settings(e, &res->settings);
	res->sizes.sizes_len = n;
	res->sizes.sizes_val = need_zeroed(n + 1, sizeof(uint64_t));
	for (uint32_t i = 0; i < n; i++)
		res->sizes.sizes_val[i] =
		    voters_in(&e->voters, terms->election.groups.groups_val[i]);
}

void
election_settings(const struct election_state *e, evote_settings *to)
{
	settings_copy(to, &e->settings);
}

void
election_report(const struct election_state *e, const char *name,
    evote_report_res *res, struct outcome *out)
{
	const struct poll *p = poll_find(&e->polls, name);

	*out = (struct outcome){.code = 0, .reason = EVOTE_R_OK};
	if (p == NULL || !poll_is_over(p)) {
		poll_uncounted(p, 0, out);
		return;
	}
	res->opened = p->opened_at.seq != 0 ? p->opened_at : p->created_at;
	res->closed = p->closed_at;
	chronicle_between(&e->chronicle, res->opened.seq, res->closed.seq, res);
}

void
election_turnout(const struct election_state *e, const char *name,
    evote_turnout_res *res, struct outcome *out)
{
	const struct poll *p = poll_named(e, name, out);

	if (p != NULL)
		poll_turnout(p, res);
}

void
election_check(const struct election_state *e, const char *voter,
    uint32_t first, evote_check_res *res)
{
	const struct voter *v = voter_find(&e->voters, voter);

	assert(v != NULL);
	res->voter = need_copy(v->name);
	res->group = need_copy(v->registered ? v->group->name : "");
	polls_check(&e->polls, v, first, res);
}

void
election_sheet(const struct election_state *e, const evote_sheet_args *args,
    evote_sheet_res *res, struct outcome *out)
{
	const struct poll *p = poll_named(e, args->election, out);

	if (p == NULL)
		return;
	if (!poll_has_sheet(p))
		*out = (struct outcome){3, EVOTE_R_NO_SHEET, 0, 0, 0};
	else if (p->phase != EVOTE_PHASE_CLOSED)
		poll_uncounted(p, 4, out);
	else
		poll_sheet(p, args->from, res);
}

void
election_curve(const struct election_state *e, const char *name,
    evote_curve_res *res, struct outcome *out)
{
	const struct poll *p = poll_named(e, name, out);

	if (p == NULL)
		return;
	if (p->phase == EVOTE_PHASE_PLANNED)
		*out = (struct outcome){2, EVOTE_R_NOT_BEGUN, 0, 0, 0};
	else if (poll_curve(p, res) == -1)
		/* One that shows it was cancelled before it opened. */
		*out = (struct outcome){2,
		    terms_value(&p->options, EVOTE_OPTION_ORDER_SHOWN)
			? EVOTE_R_CANCELLED
			: EVOTE_R_NOT_SHOWN,
		    0, 0, 0};
}
