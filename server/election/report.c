/* What the state tells of an election, or a voter, beside the result. */
#include <assert.h>

#include "common/need.h"
#include "server/election/election_impl.h"

void
election_report(const struct election_state *e, const char *name,
    evote_report_res *res, struct outcome *out)
{
	const struct poll *p = poll_find(&e->polls, name);

	*out = (struct outcome){.code = 0, .reason = EVOTE_R_OK};
	if (p == NULL || !p->closed) {
		out->code = p == NULL ? 1 : 2;
		out->reason = p == NULL ? EVOTE_R_NO_ELECTION : EVOTE_R_ONGOING;
		return;
	}
	res->opened = (evote_moment){p->opened_at.seq, p->opened_at.time};
	res->closed = (evote_moment){p->closed_at.seq, p->closed_at.time};
	chronicle_between(
	    &e->chronicle, p->opened_at.seq, p->closed_at.seq, res);
}

void
election_turnout(const struct election_state *e, const char *name,
    evote_turnout_res *res, struct outcome *out)
{
	const struct poll *p = poll_find(&e->polls, name);

	*out = (struct outcome){.code = 0, .reason = EVOTE_R_OK};
	if (p != NULL) {
		poll_turnout(p, res);
		return;
	}
	out->code = 1;
	out->reason = EVOTE_R_NO_ELECTION;
}

void
election_check(const struct election_state *e, const char *voter,
    uint32_t first, evote_check_res *res)
{
	const struct voter *v = voter_find(&e->voters, voter);

	assert(v != NULL && v->registered);
	res->voter = need_copy(v->name);
	res->group = need_copy(v->group->name);
	polls_check(&e->polls, v, first, res);
}

void
election_sheet(const struct election_state *e, const evote_sheet_args *args,
    evote_sheet_res *res, struct outcome *out)
{
	const struct poll *p = poll_find(&e->polls, args->election);

	*out = (struct outcome){.code = 0, .reason = EVOTE_R_OK};
	if (p == NULL)
		*out = (struct outcome){1, EVOTE_R_NO_ELECTION, 0, 0, 0};
	else if (!poll_has_sheet(p))
		*out = (struct outcome){3, EVOTE_R_NO_SHEET, 0, 0, 0};
	else if (!p->closed)
		*out = (struct outcome){2, EVOTE_R_ONGOING, 0, 0, 0};
	else
		poll_sheet(p, args->from, res);
}

void
election_curve(const struct election_state *e, const char *name,
    evote_curve_res *res, struct outcome *out)
{
	const struct poll *p = poll_find(&e->polls, name);

	*out = (struct outcome){.code = 0, .reason = EVOTE_R_OK};
	if (p == NULL)
		*out = (struct outcome){1, EVOTE_R_NO_ELECTION, 0, 0, 0};
	else if (poll_curve(p, res) == -1)
		*out = (struct outcome){2, EVOTE_R_NOT_SHOWN, 0, 0, 0};
}
