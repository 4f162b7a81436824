#include "server/election/life.h"

#include <assert.h>
#include <stdlib.h>

#include "common/need.h"
#include "server/election/due.h"
#include "server/election/electors.h"
#include "server/election/mix.h"
#include "server/election/terms.h"

void
poll_begin(struct poll *p, struct voters *vs, evote_moment at)
{
	p->phase = EVOTE_PHASE_OPEN;
	poll_opened(p, at);
	if (terms_value(&p->options, EVOTE_OPTION_FREEZE))
		poll_freeze(p, vs);
}

void
life_start(struct polls *ps, struct poll *p, struct voters *vs, evote_moment at)
{
	assert(p->phase == EVOTE_PHASE_PLANNED);
	due_remove(ps, p);
	poll_begin(p, vs, at);
	due_add(ps, p);
}

void
life_start_undo(struct polls *ps, struct poll *p)
{
	due_remove(ps, p);
	p->phase = EVOTE_PHASE_PLANNED;
	poll_opened_undo(p);
	if (p->frozen != NULL)
		poll_freeze_undo(p);
	due_add(ps, p);
}

void
life_extend(struct polls *ps, struct poll *p, const evote_extension *to,
    struct voter *by, evote_moment at)
{
	due_remove(ps, p);
	p->extended =
	    need_room(p->extended, p->n_extended, sizeof(*p->extended));
	p->extended[p->n_extended++] = (struct extension){
	    .at = at,
	    .by = by,
	    .from = p->about.end,
	    .reason = need_copy(to->reason),
	};
	p->about.end = to->end;
	due_add(ps, p);
}

void
life_extend_undo(struct polls *ps, struct poll *p)
{
	struct extension *last = &p->extended[--p->n_extended];

	due_remove(ps, p);
	p->about.end = last->from;
	due_add(ps, p);
	free(last->reason);
}

/* Who may vote now, and who has. */
static uint64_t
eligible(const struct poll *p, const struct voters *vs)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < p->about.groups.groups_len; i++)
		n += p->frozen != NULL ? p->shares[i].eligible
				       : p->groups[i]->registered;
	if (p->frozen != NULL)
		return (n);
	for (uint32_t i = 0; i < vs->n && i / 8 < p->voted_len; i++)
		if (p->voted[i / 8] == 0)
			i |= 7; /* none of those eight */
		else
			n += poll_has_voted(p, vs->list[i]) &&
			    !poll_has_group(p, voter_group_at(vs, i));
	return (n);
}

static void
end(struct polls *ps, struct poll *p, const struct voters *vs,
    evote_phase phase, evote_moment at)
{
	due_remove(ps, p);
	p->phase = phase;
	p->closed_at = at;
	p->eligible = eligible(p, vs);
	for (uint32_t i = 0;
	     p->frozen == NULL && i < p->about.groups.groups_len; i++)
		p->shares[i].eligible = p->groups[i]->registered;
}

void
life_close(
    struct polls *ps, struct poll *p, const struct voters *vs, evote_moment at)
{
	end(ps, p, vs, EVOTE_PHASE_CLOSED, at);
}

void
life_cancel(struct polls *ps, struct poll *p, const struct voters *vs,
    const char *reason, struct voter *by, evote_moment at)
{
	p->cancelled_by = by;
	p->cancelled_for = need_copy(reason);
	end(ps, p, vs, EVOTE_PHASE_CANCELLED, at);
}

void
life_end_undo(struct polls *ps, struct poll *p)
{
	p->phase =
	    p->opened_at.seq != 0 ? EVOTE_PHASE_OPEN : EVOTE_PHASE_PLANNED;
	p->closed_at = (evote_moment){0};
	p->eligible = 0;
	for (uint32_t i = 0;
	     p->frozen == NULL && i < p->about.groups.groups_len; i++)
		p->shares[i].eligible = 0;
	p->cancelled_by = NULL;
	free(p->cancelled_for);
	p->cancelled_for = NULL;
	due_add(ps, p);
}

void
life_clear(struct poll *p)
{
	while (p->n_extended > 0)
		free(p->extended[--p->n_extended].reason);
	free(p->extended);
	free(p->cancelled_for);
}

/* ---- reading ---- */

static char *
name_copy(const struct voter *by)
{
	return (need_copy(by == NULL ? "" : by->name));
}

static void
extensions_show(const struct poll *p, evote_life_res *res)
{
	evote_extended *to = need_zeroed(p->n_extended + 1, sizeof(*to));
	const struct extension *x;

	for (uint32_t i = 0; i < p->n_extended; i++) {
		x = &p->extended[i];
		to[i] = (evote_extended){
		    .at = x->at,
		    .by = name_copy(x->by),
		    .from = x->from,
		    .to = i + 1 < p->n_extended ? x[1].from : p->about.end,
		    .reason = need_copy(x->reason),
		};
	}
	res->extended.extended_len = p->n_extended;
	res->extended.extended_val = to;
}

void
life_show(const struct poll *p, evote_life_res *res)
{
	const char *why = p == NULL ? NULL : p->cancelled_for;

	/* Never without its strings: XDR has no NULL. */
	res->cancelled_by = name_copy(p == NULL ? NULL : p->cancelled_by);
	res->reason = need_copy(why == NULL ? "" : why);
	if (p == NULL)
		return;
	res->phase = p->phase;
	res->created = p->created_at;
	res->start = poll_start(p);
	res->opened = p->opened_at;
	res->end = p->about.end;
	res->grace_s = (uint32_t)terms_value(&p->options, EVOTE_OPTION_GRACE_S);
	res->closed = p->closed_at;
	extensions_show(p, res);
}

void
life_page(const struct polls *ps, uint32_t first, evote_lives_res *res)
{
	evote_life_summary *to = need_zeroed(EVOTE_PAGE_MAX, sizeof(*to));
	const struct poll *p;
	uint32_t n = 0, i;

	for (i = first; i < ps->n && n < EVOTE_PAGE_MAX; i++, n++) {
		p = ps->list[i];
		to[n].name = need_copy(p->about.name);
		to[n].phase = p->phase;
		to[n].start = poll_start(p);
		to[n].end = p->about.end;
	}
	res->elections.elections_len = n;
	res->elections.elections_val = to;
	res->next = i < ps->n ? i : 0;
}

void
life_mix(const struct poll *p, unsigned char h[SEAL_HASH])
{
	mix_number(h, p->phase);
	mix_number(h, p->created_at.seq);
	mix_number(h, p->opened_at.seq);
	mix_number(h, p->closed_at.time);
	mix_number(h, p->n_extended);
	for (uint32_t i = 0; i < p->n_extended; i++) {
		mix_number(h, p->extended[i].at.seq);
		mix_number(h, p->extended[i].from);
		mix_string(h, p->extended[i].reason);
	}
	if (p->cancelled_for != NULL)
		mix_string(h, p->cancelled_for);
}
