#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "server/election/election_impl.h"
#include "server/election/electors.h"

/* The roll as operators read it: evote.x's ROLL_PAGE. */

/* Of one who may vote there it is that as which he votes. */
static const struct group *
group_of(const struct poll *p, const struct voter *v)
{
	return (p == NULL ? v->group : p->groups[poll_place(p, v)]);
}

static int
in_group(const struct group *own, const char *group)
{
	return (group[0] == '\0' || strcmp(own->name, group) == 0);
}

static int
may_still(const struct poll *p, const struct voter *v)
{
	return ((v->registered || poll_keeps(p, v)) && poll_admits(p, v) &&
	    !poll_has_voted(p, v));
}

/* Who may vote there and has not: where it is over nobody may any more. */
static struct outcome
awaits(const struct poll *p)
{
	if (p == NULL)
		return ((struct outcome){1, EVOTE_R_NO_ELECTION, 0, 0, 0});
	if (p->phase == EVOTE_PHASE_CANCELLED)
		return ((struct outcome){2, EVOTE_R_CANCELLED, 0, 0, 0});
	if (p->phase == EVOTE_PHASE_CLOSED)
		return ((struct outcome){2, EVOTE_R_CLOSED, 0, 0, 0});
	return ((struct outcome){0, EVOTE_R_OK, 0, 0, 0});
}

/* As many as a page has, and no more than so many looked at. */
#define LOOK_MAX 20000

void
election_roll(const struct election_state *e, const evote_roll_args *args,
    evote_roll_res *res, struct outcome *out)
{
	const struct poll *p = poll_find(&e->polls, args->not_voted);
	evote_voter *to = need_zeroed(EVOTE_ROLL_PAGE_MAX, sizeof(*to));
	uint32_t i, n = 0, end = e->voters.n;
	const struct group *group;
	const struct voter *v;

	*out = (struct outcome){.code = 0, .reason = EVOTE_R_OK};
	if (args->not_voted[0] != '\0')
		*out = awaits(p);
	if (out->code != 0)
		end = 0;
	if (end > args->first && end - args->first > LOOK_MAX)
		end = args->first + LOOK_MAX;
	for (i = args->first; i < end && n < EVOTE_ROLL_PAGE_MAX; i++) {
		v = voter_at(&e->voters, i);
		if (p == NULL ? !v->registered : !may_still(p, v))
			continue;
		group = group_of(p, v);
		if (in_group(group, args->group))
			voter_write(v, group, &to[n++]);
	}
	res->roll = e->voters.changes;
	res->voters.voters_len = n;
	res->voters.voters_val = to;
	res->next = out->code == 0 && i < e->voters.n ? i : 0;
}
