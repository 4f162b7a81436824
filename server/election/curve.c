/* When people voted, of elections that show it. */
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "server/election/polls.h"
#include "server/election/terms.h"

void
poll_opened(struct poll *p, evote_moment at)
{
	p->opened_at = at;
	if (terms_value(&p->options, EVOTE_OPTION_ORDER_SHOWN))
		p->steps = need_zeroed(EVOTE_STEPS, sizeof(*p->steps));
	/* Nobody may have served from before its start to after its end. */
	p->steps_end = p->about.end > at.time ? p->about.end : at.time + 1;
}

void
poll_opened_undo(struct poll *p)
{
	p->opened_at = (evote_moment){0};
	free(p->steps);
	p->steps = NULL;
	p->steps_end = 0;
}

void
poll_step(struct poll *p, uint64_t time, int by)
{
	double part;

	if (p->steps == NULL)
		return;
	part = (double)(time - p->opened_at.time) /
	    (double)(p->steps_end - p->opened_at.time);
	p->steps[part < 1 ? (int)(part * EVOTE_STEPS) : EVOTE_STEPS - 1] +=
	    (uint64_t)by;
}

int
poll_curve(const struct poll *p, evote_curve_res *res)
{
	const size_t size = EVOTE_STEPS * sizeof(*p->steps);

	if (p->steps == NULL)
		return (-1);
	res->opened = p->opened_at.time;
	res->end = p->steps_end;
	res->votes.votes_len = EVOTE_STEPS;
	res->votes.votes_val = need(malloc(size));
	memcpy(res->votes.votes_val, p->steps, size);
	return (0);
}
