#include "server/election/electors.h"

#include "common/mutant.h"
#include "server/election/mix.h"

static uint32_t
number_of(const struct group *group)
{
	return (group != NULL ? group->number : 0);
}

/* The place of that group in the list, or the length of the list. */
static uint32_t
group_place(const struct poll *p, uint32_t number)
{
	uint32_t i = 0;

	while (i < p->about.groups.groups_len && p->groups[i]->number != number)
		i++;
	return (i);
}

uint32_t
poll_place(const struct poll *p, const struct voter *v)
{
	if (p->frozen == NULL || BUG(FREEZE_FOLLOWS))
		return (group_place(p, number_of(v->group)));
	return (group_place(p, electorate_group(p->frozen, v)));
}

int
poll_has_group(const struct poll *p, const struct group *group)
{
	return (group_place(p, number_of(group)) < p->about.groups.groups_len);
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
poll_freeze(struct poll *p, struct voters *vs)
{
	p->frozen = electorate_now(vs);
	for (uint32_t i = 0; i < p->about.groups.groups_len; i++)
		p->shares[i].eligible = p->groups[i]->registered;
}

void
poll_freeze_undo(struct poll *p)
{
	electorate_leave(p->frozen);
	p->frozen = NULL;
	for (uint32_t i = 0; i < p->about.groups.groups_len; i++)
		p->shares[i].eligible = 0;
}

void
electors_mix(const struct poll *p, unsigned char h[SEAL_HASH])
{
	uint32_t place;

	if (p->frozen == NULL)
		return;
	/* Whoever may not is no part of it, known by then or not. */
	for (uint32_t i = 0; i < p->frozen->n; i++) {
		place = group_place(p, p->frozen->groups[i]);
		if (place == p->about.groups.groups_len)
			continue;
		mix_number(h, i);
		mix_number(h, place);
	}
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
