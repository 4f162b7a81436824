#include "server/election/electors.h"

#include <assert.h>
#include <stdlib.h>

#include "common/mutant.h"
#include "common/need.h"

/* The place of the group in the list, or the length of the list. */
static uint32_t
group_place(const struct poll *p, const struct group *group)
{
	uint32_t i = 0;

	while (i < p->about.groups.groups_len && p->groups[i] != group)
		i++;
	return (i);
}

uint32_t
poll_place(const struct poll *p, const struct voter *v)
{
	if (p->frozen == NULL || BUG_FREEZE_FOLLOWS)
		return (group_place(p, v->group));
	if (v->index >= p->frozen_len || p->frozen[v->index] == 0)
		return (p->about.groups.groups_len);
	return (p->frozen[v->index] - 1u);
}

int
poll_has_group(const struct poll *p, const struct group *group)
{
	return (group_place(p, group) < p->about.groups.groups_len);
}

int
poll_keeps(const struct poll *p, const struct voter *v)
{
	return (p->frozen != NULL && poll_admits(p, v));
}

int
polls_keep(const struct polls *ps, const struct voter *v)
{
	for (uint32_t i = 0; i < ps->n; i++)
		if (poll_keeps(ps->list[i], v))
			return (1);
	return (0);
}

int
polls_keep_open(const struct polls *ps, const struct voter *v)
{
	for (uint32_t i = 0; i < ps->n_due; i++)
		if (poll_keeps(ps->due[i], v))
			return (1);
	return (0);
}

void
poll_freeze(struct poll *p, const struct voters *vs)
{
	uint32_t i, place;

	static_assert(EVOTE_GROUPS_MAX < UINT8_MAX, "a place is a byte");
	p->frozen_len = vs->n;
	p->frozen = need_zeroed(vs->n + 1, 1);
	for (i = 0; i < vs->n; i++) {
		place = group_place(p, voter_group_at(vs, i));
		if (place == p->about.groups.groups_len)
			continue;
		p->frozen[i] = (uint8_t)(place + 1);
		p->shares[place].eligible++;
	}
}

void
poll_freeze_undo(struct poll *p)
{
	free(p->frozen);
	p->frozen = NULL;
	p->frozen_len = 0;
	for (uint32_t i = 0; i < p->about.groups.groups_len; i++)
		p->shares[i].eligible = 0;
}

int
poll_admits(const struct poll *p, const struct voter *v)
{
	return (poll_place(p, v) < p->about.groups.groups_len);
}

int
poll_has_voted(const struct poll *p, const struct voter *v)
{
	return (v->index / 8 < p->voted_len &&
	    (p->voted[v->index / 8] >> v->index % 8 & 1) != 0);
}
