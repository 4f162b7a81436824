#include "client/others.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/say.h"
#include "common/need.h"

void
others_but(struct others *o, const char *name)
{
	o->mine = need(realloc(o->mine, (o->n_mine + 1) * sizeof(*o->mine)));
	o->mine[o->n_mine++] = need_copy(name);
}

void
others_clear(struct others *o)
{
	while (o->n_mine > 0)
		free(o->mine[--o->n_mine]);
	free(o->mine);
}

static int
is_other(const struct others *o, const evote_life_summary *v)
{
	if (v->phase != EVOTE_PHASE_OPEN && v->phase != EVOTE_PHASE_PLANNED)
		return (0);
	for (u_int i = 0; i < o->n_mine; i++)
		if (strcmp(o->mine[i], v->name) == 0)
			return (0);
	return (1);
}

static void
other_add(struct others *o, const char *name)
{
	char quoted[NAME_ROOM + 4];

	snprintf(quoted, sizeof(quoted), "\"%s\"", name);
	/* Never with an "and": how many more there are may come behind. */
	if (o->n < OTHERS_NAMED)
		say_and(
		    o->names, sizeof(o->names), quoted, o->n, OTHERS_NAMED + 1);
	o->n++;
}

enum evote_outcome
others_find(struct others *o, struct evote *e)
{
	enum evote_outcome outcome;
	evote_lives_res res;
	u_int i, next = 0;

	do {
		outcome = evote_lives(e, next, &res);
		for (i = 0; i < res.elections.elections_len; i++)
			if (is_other(o, &res.elections.elections_val[i]))
				other_add(
				    o, res.elections.elections_val[i].name);
		next = res.next > next ? res.next : 0;
		if (next != 0)
			evote_within(e, 0);
		xdr_free((xdrproc_t)xdr_evote_lives_res, &res);
	} while (outcome == EVOTE_ANSWERED && next != 0);
	return (outcome);
}
