#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "server/election/electors.h"
#include "server/election/polls.h"
#include "server/election/terms.h"

#define CHECK_MAX 10000 /* elections looked at for one page of CHECK */

/* What anybody may read of the elections. */

void
poll_result(const struct poll *p, evote_result_res *res)
{
	uint32_t n = p->about.choices.choices_len;
	evote_count *counts = need_zeroed(n, sizeof(*counts));

	assert(p->phase == EVOTE_PHASE_CLOSED);
	for (uint32_t i = 0; i < n; i++) {
		counts[i].choice = need_copy(p->about.choices.choices_val[i]);
		counts[i].votes = p->counts[i];
	}
	res->counts.counts_len = n;
	res->counts.counts_val = counts;
	res->votes = p->votes;
	res->eligible = p->eligible;
	res->end = p->about.end;
}

void
poll_pairs(const struct poll *p, evote_pairs_res *res)
{
	uint32_t n = p->form.choices * p->form.choices;

	assert(p->phase == EVOTE_PHASE_CLOSED);
	res->blank = p->blank;
	res->pairs.pairs_len = p->form.kind == BALLOT_RANKED ? n : 0;
	res->pairs.pairs_val = need_zeroed(n, sizeof(*p->pairs));
	if (p->pairs != NULL)
		memcpy(res->pairs.pairs_val, p->pairs, n * sizeof(*p->pairs));
}

void
poll_show(const struct poll *p, evote_election_res *res)
{
	evote_election none = {.name = ""};

	/* Never without its strings: XDR has no NULL. */
	terms_election_copy(&res->election, p == NULL ? &none : &p->about);
	res->creator =
	    need_copy(p == NULL || p->creator == NULL ? "" : p->creator->name);
	res->closed = p != NULL && poll_is_over(p);
}

void
poll_options(const struct poll *p, evote_options_res *res)
{
	if (p != NULL)
		terms_copy(&res->options, &p->options);
}

void
poll_sheet(const struct poll *p, uint64_t from, evote_sheet_res *res)
{
	const struct sheet_line *page[EVOTE_PAGE_MAX + 1];
	uint32_t n = sheet_page(&p->sheet, from, page, EVOTE_PAGE_MAX + 1);
	evote_sheet_line *to = need_zeroed(EVOTE_PAGE_MAX, sizeof(*to));

	assert(p->phase == EVOTE_PHASE_CLOSED && poll_has_sheet(p));
	res->next = n > EVOTE_PAGE_MAX ? page[EVOTE_PAGE_MAX]->tracker : 0;
	n = n > EVOTE_PAGE_MAX ? EVOTE_PAGE_MAX : n;
	for (uint32_t i = 0; i < n; i++) {
		to[i].tracker = page[i]->tracker;
		to[i].choice =
		    need_copy(p->about.choices.choices_val[page[i]->choice]);
	}
	res->lines.lines_len = n;
	res->lines.lines_val = to;
}

void
polls_page(const struct polls *ps, uint32_t first, evote_list_res *res)
{
	evote_summary *to = need_zeroed(EVOTE_PAGE_MAX, sizeof(*to));
	const struct poll *p;
	uint32_t n = 0, i;

	for (i = first; i < ps->n && n < EVOTE_PAGE_MAX; i++, n++) {
		p = ps->list[i];
		to[n].name = need_copy(p->about.name);
		to[n].end = p->about.end;
		to[n].closed = poll_is_over(p);
	}
	res->elections.elections_len = n;
	res->elections.elections_val = to;
	res->next = i < ps->n ? i : 0;
}

void
poll_turnout(const struct poll *p, evote_turnout_res *res)
{
	uint32_t n = p->about.groups.groups_len;
	evote_turnout *to = need_zeroed(n, sizeof(*to));

	for (uint32_t i = 0; i < n; i++) {
		to[i].group = need_copy(p->groups[i]->name);
		to[i].eligible = poll_is_over(p) || p->frozen != NULL
		    ? p->shares[i].eligible
		    : p->groups[i]->registered;
		to[i].voted = p->shares[i].voted;
	}
	res->groups.groups_len = n;
	res->groups.groups_val = to;
	res->end = p->about.end;
	res->closed = poll_is_over(p);
}

/* Whether he may vote there now or later, or his vote there counts. */
static int
check_lists(const struct poll *p, const struct voter *v)
{
	if (poll_has_voted(p, v))
		return (p->phase != EVOTE_PHASE_CANCELLED);
	return (!poll_is_over(p) &&
	    (v->registered ? poll_admits(p, v) : poll_keeps(p, v)));
}

void
polls_check(const struct polls *ps, const struct voter *v, uint32_t first,
    evote_check_res *res)
{
	evote_checked *to = need_zeroed(EVOTE_PAGE_MAX, sizeof(*to));
	uint32_t n = 0, i, looked = 0;
	const struct poll *p;

	for (i = first; i < ps->n && n < EVOTE_PAGE_MAX; i++) {
		if (looked++ == CHECK_MAX)
			break;
		p = ps->list[i];
		if (!check_lists(p, v))
			continue;
		to[n].name = need_copy(p->about.name);
		to[n].end = p->about.end;
		to[n].phase = p->phase;
		to[n].start = poll_start(p);
		to[n++].voted = poll_has_voted(p, v);
	}
	res->elections.elections_len = n;
	res->elections.elections_val = to;
	res->next = i < ps->n ? i : 0;
}
