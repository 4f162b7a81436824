#include "server/election/stage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/need.h"
#include "server/election/electorate.h"
#include "server/election/mix.h"
#include "server/election/standing.h"

uint32_t
stage_open(const struct voters *vs)
{
	uint32_t n = vs->n_stages;

	return (n > 0 && vs->stages[n - 1].state == STAGE_OPEN ? n : 0);
}

const struct stage *
stage_of(const struct voters *vs, uint32_t number)
{
	return (&vs->stages[number - 1]);
}

static void
growth_free(struct stage *s)
{
	struct growth *g, *next;

	HASH_ITER (hh, s->growth, g, next) {
		HASH_DEL(s->growth, g);
		free(g);
	}
}

void
stages_clear(struct voters *vs)
{
	for (uint32_t i = 0; i < vs->n_stages; i++)
		growth_free(&vs->stages[i]);
	free(vs->stages);
}

uint32_t
stage_begin(struct voters *vs, uint64_t seq)
{
	uint32_t open = stage_open(vs);

	if (open != 0)
		vs->stages[open - 1].state = STAGE_DROPPED;
	vs->stages = need_room(vs->stages, vs->n_stages, sizeof(*vs->stages));
	vs->stages[vs->n_stages++] =
	    (struct stage){.begun = seq, .changes = vs->changes};
	return (open);
}

void
stage_begin_undo(struct voters *vs, uint32_t dropped)
{
	growth_free(&vs->stages[--vs->n_stages]);
	if (dropped != 0)
		vs->stages[dropped - 1].state = STAGE_OPEN;
}

static void
make_final(struct voters *vs, uint32_t number)
{
	growth_free(&vs->stages[number - 1]);
	vs->stages[number - 1].final = 1;
	vs->to_sweep = vs->n;
}

void
stage_begin_discard_undo(struct voters *vs, uint32_t dropped)
{
	if (dropped != 0)
		make_final(vs, dropped);
}

static void
grow(struct stage *s, struct group *group, int n)
{
	struct growth *g;

	HASH_FIND_PTR(s->growth, &group, g);
	if (g == NULL) {
		g = need_zeroed(1, sizeof(*g));
		g->group = group;
		HASH_ADD_PTR(s->growth, group, g);
	}
	g->n += n;
}

/* Of whoever is on the roll as it stands. */
static struct standing *
standing_new(struct voter *v)
{
	struct standing *o = need_zeroed(1, sizeof(*o));

	o->voter = v;
	o->group = v->group;
	o->registered = v->registered;
	memcpy(o->key, v->key, sizeof(o->key));
	return (o);
}

void
stage_row(struct voters *vs, const evote_row *row, uint64_t time,
    struct enrolment *old)
{
	struct stage *s = &vs->stages[vs->n_stages - 1];
	struct voter *v = standing_take(vs, row->voter.name, old);

	if (v->group != NULL) {
		v->other = standing_new(v);
		standing_add(vs, v->other);
	}
	if (v->registered)
		grow(s, v->group, -1);
	v->stage = vs->n_stages;
	v->staged = 1;
	v->registered = !row->leaves;
	if (!row->leaves) {
		v->group = voter_group(vs, row->voter.group);
		memcpy(v->key, row->voter.key, sizeof(v->key));
		grow(s, v->group, 1);
		if (!old->registered && v->floor > time)
			v->floor = time;
	}
	standing_key(vs, v);
	s->rows++;
}

void
stage_row_undo(struct voters *vs, const struct enrolment *old)
{
	struct stage *s = &vs->stages[vs->n_stages - 1];
	struct voter *v = voter_at(vs, old->voter->index);
	struct standing *o = v->other;

	assert(s->state == STAGE_OPEN && !v->staged);
	if (o == NULL)
		grow(s, v->group, -1);
	else if (o->registered)
		grow(s, o->group, -1);
	if (v->registered)
		grow(s, v->group, 1);
	if (o != NULL)
		standing_drop(vs, o);
	free(o);
	v->other = NULL;
	standing_put_back(vs, old);
	s->rows--;
}

static void
groups_grow(struct stage *s, int sign)
{
	for (struct growth *g = s->growth; g != NULL; g = g->hh.next)
		g->group->registered += (uint32_t)(sign * g->n);
}

void
stage_commit(struct voters *vs)
{
	struct stage *s = &vs->stages[vs->n_stages - 1];

	s->state = STAGE_COMMITTED;
	groups_grow(s, 1);
	electorate_changed(vs, 1);
}

void
stage_commit_undo(struct voters *vs)
{
	struct stage *s = &vs->stages[vs->n_stages - 1];

	s->state = STAGE_OPEN;
	if (!BUG(COMMIT_KEPT))
		groups_grow(s, -1);
	electorate_changed(vs, -1);
}

void
stage_commit_discard_undo(struct voters *vs, uint32_t number)
{
	make_final(vs, number);
}

void
stages_mix(const struct voters *vs, unsigned char h[SEAL_HASH])
{
	mix_number(h, vs->n_stages);
	for (uint32_t i = 0; i < vs->n_stages; i++) {
		mix_number(h, vs->stages[i].state);
		mix_number(h, vs->stages[i].rows);
		mix_number(h, vs->stages[i].begun);
		mix_number(h, vs->stages[i].changes);
	}
}

void
stage_mix(
    const struct voters *vs, const struct voter *v, unsigned char h[SEAL_HASH])
{
	uint32_t open = stage_open(vs);
	const struct standing *o = v->other;

	if (open == 0 || v->stage != open)
		return;
	mix_number(h, open);
	mix_string(h, (o == NULL ? v->group : o->group)->name);
	mix(h, o == NULL ? v->key : o->key, sizeof(v->key));
	mix_number(h, o == NULL || o->registered);
}
