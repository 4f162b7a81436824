#include "server/election/electorate.h"

#include <stdlib.h>

#include "common/need.h"

static struct electorate *
made(const struct voters *vs)
{
	const struct group *group;
	struct electorate *o =
	    need(malloc(sizeof(*o) + vs->n * sizeof(o->groups[0])));

	o->users = 1;
	o->n = vs->n;
	for (uint32_t i = 0; i < vs->n; i++) {
		group = voter_group_at(vs, i);
		o->groups[i] = group != NULL ? group->number : 0;
	}
	return (o);
}

struct electorate *
electorate_now(struct voters *vs)
{
	if (vs->present == NULL)
		vs->present = made(vs);
	vs->present->users++;
	return (vs->present);
}

void
electorate_leave(struct electorate *o)
{
	if (o != NULL && --o->users == 0)
		free(o);
}

void
electorate_changed(struct voters *vs, int by)
{
	vs->changes += (uint64_t)by;
	electorate_leave(vs->present);
	vs->present = NULL;
}
