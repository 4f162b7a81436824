/* When people voted, of elections that show it. */
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "server/election/polls.h"
#include "server/election/terms.h"

void
poll_opened(struct poll *p, uint64_t seq, uint64_t time)
{
	p->opened_at = (struct moment){seq, time};
	if (terms_value(&p->options, EVOTE_OPTION_ORDER_SHOWN))
		p->steps = need(calloc(EVOTE_STEPS, sizeof(*p->steps)));
	p->steps_end = p->about.end;
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
