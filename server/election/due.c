#include "server/election/due.h"

#include <assert.h>
#include <string.h>

#include "common/need.h"
#include "server/election/terms.h"

uint64_t
poll_start(const struct poll *p)
{
	return (terms_value(&p->options, EVOTE_OPTION_START));
}

uint64_t
poll_last(const struct poll *p)
{
	return (p->about.end +
	    terms_value(&p->options, EVOTE_OPTION_GRACE_S) * 1000000);
}

/* When the next record about it is due: it is planned or open. */
static uint64_t
due_time(const struct poll *p)
{
	return (p->phase == EVOTE_PHASE_PLANNED ? poll_start(p) : poll_last(p));
}

/* Where p stands, or would: they are sorted by falling time. */
static uint32_t
place_of(const struct polls *ps, const struct poll *p)
{
	uint64_t time = due_time(p), other;
	uint32_t low = 0, high = ps->n_due, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		other = due_time(ps->due[mid]);
		if (other > time ||
		    (other == time && ps->due[mid]->index > p->index))
			low = mid + 1;
		else
			high = mid;
	}
	return (low);
}

void
due_add(struct polls *ps, struct poll *p)
{
	struct poll **place;
	uint32_t i = place_of(ps, p);

	ps->due = need_room(ps->due, ps->n_due, sizeof(*ps->due));
	place = &ps->due[i];
	memmove(place + 1, place, (ps->n_due - i) * sizeof(*place));
	*place = p;
	ps->n_due++;
}

void
due_remove(struct polls *ps, const struct poll *p)
{
	struct poll **place;
	uint32_t i = place_of(ps, p);

	assert(i < ps->n_due && ps->due[i] == p);
	place = &ps->due[i];
	ps->n_due--;
	memmove(place, place + 1, (ps->n_due - i) * sizeof(*place));
}

const struct poll *
polls_due(const struct polls *ps, uint64_t time)
{
	const struct poll *next;

	if (ps->n_due == 0)
		return (NULL);
	next = ps->due[ps->n_due - 1];
	return (due_time(next) <= time ? next : NULL);
}
