#include "server/election/standing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/need.h"
#include "server/election/stage.h"

struct group *
voter_group(struct voters *vs, const char *name)
{
	size_t len = strlen(name);
	struct group *g;

	HASH_FIND(hh, vs->groups, name, len, g);
	if (g == NULL) {
		g = need_zeroed(1, sizeof(*g) + len + 1);
		memcpy(g->name, name, len);
		g->number = HASH_COUNT(vs->groups) + 1;
		HASH_ADD_KEYPTR(hh, vs->groups, g->name, len, g);
	}
	return (g);
}

/* ---- names: many voters, so that each look into memory counts ---- */

static uint32_t
name_hash(const char *name)
{
	uint32_t hash;

	HASH_VALUE(name, strlen(name), hash);
	return (hash);
}

/* Where the voter of that name is, or is to be. */
static struct name_slot *
slot_of(const struct voters *vs, uint32_t hash, const char *name)
{
	uint32_t i, last = vs->n_slots - 1;
	const struct name_slot *s;

	for (i = hash & last; vs->by_name[i].place != 0; i = (i + 1) & last) {
		s = &vs->by_name[i];
		if (s->hash == hash &&
		    strcmp(vs->list[s->place - 1]->name, name) == 0)
			break;
	}
	return (&vs->by_name[i]);
}

static void
slot_take(struct voters *vs, const struct voter *v)
{
	uint32_t hash = name_hash(v->name);

	*slot_of(vs, hash, v->name) = (struct name_slot){hash, v->index + 1};
}

/* In the order of the list, as if there had been so many from the beginning. */
static void
slots_grow(struct voters *vs)
{
	free(vs->by_name);
	vs->n_slots = vs->n_slots == 0 ? 64 : 2 * vs->n_slots;
	vs->by_name = need_zeroed(vs->n_slots, sizeof(*vs->by_name));
	for (uint32_t i = 0; i < vs->n; i++)
		slot_take(vs, vs->list[i]);
}

/* ---- voters ---- */

static struct voter *
voter_add(struct voters *vs, const char *name)
{
	size_t len = strlen(name);
	struct voter *v = need_zeroed(1, sizeof(*v) + len + 1);

	memcpy(v->name, name, len);
	vs->list = need_room(vs->list, vs->n, sizeof(*vs->list));
	v->index = vs->n;
	vs->list[vs->n++] = v;
	if (vs->n > vs->n_slots / 2)
		slots_grow(vs);
	else
		slot_take(vs, v);
	return (v);
}

/* The newest one: no other has passed by his slot. */
static void
voter_remove(struct voters *vs, struct voter *v)
{
	assert(v->index == vs->n - 1);
	if (v->keyed)
		HASH_DELETE(hh_key, vs->by_key, v);
	slot_of(vs, name_hash(v->name), v->name)->place = 0;
	vs->n--;
	voter_free(v);
}

void
voter_free(struct voter *v)
{
	free(v->other);
	free(v->clients);
	free(v);
}

/* ---- which standing holds ---- */

static const struct stage *
stage_at(const struct voters *vs, uint32_t number)
{
	return (&vs->stages[number - 1]);
}

/* The row of a stage is the first that was heard of him. */
static int
is_new(const struct voter *v)
{
	return (v->stage != 0 && v->other == NULL);
}

int
standing_unknown(const struct voters *vs, const struct voter *v)
{
	return (v->group == NULL ||
	    (is_new(v) && stage_at(vs, v->stage)->state != STAGE_COMMITTED));
}

void
standing_key(struct voters *vs, struct voter *v)
{
	if (v->keyed)
		HASH_DELETE(hh_key, vs->by_key, v);
	v->keyed = v->group != NULL;
	if (v->keyed)
		HASH_ADD(hh_key, vs->by_key, key, SEAL_KEY, v);
}

void
standing_add(struct voters *vs, struct standing *o)
{
	HASH_ADD(hh_key, vs->by_other, key, SEAL_KEY, o);
}

void
standing_drop(struct voters *vs, struct standing *o)
{
	HASH_DELETE(hh_key, vs->by_other, o);
}

static void
change_over(struct voters *vs, struct voter *v)
{
	struct standing *o = v->other, was = {.registered = v->registered};

	v->staged = !v->staged;
	if (o == NULL) {
		v->registered = v->staged;
		return;
	}
	standing_drop(vs, o);
	was.group = v->group;
	memcpy(was.key, v->key, sizeof(was.key));
	v->group = o->group;
	v->registered = o->registered;
	memcpy(v->key, o->key, sizeof(v->key));
	o->group = was.group;
	o->registered = was.registered;
	memcpy(o->key, was.key, sizeof(o->key));
	standing_add(vs, o);
	standing_key(vs, v);
}

/* What does not hold will not any more. */
static void
forget_other(struct voters *vs, struct voter *v)
{
	if (v->other != NULL) {
		standing_drop(vs, v->other);
		free(v->other);
		v->other = NULL;
	} else if (!v->staged)
		v->group = NULL;
	v->stage = 0;
	standing_key(vs, v);
}

/*
 * The fields as they hold.  No part of the state changes, only how it is kept:
 * so this is done to a state that is only read, too.
 */
static struct voter *
look(const struct voters *read, struct voter *v)
{
	struct voters *vs = (struct voters *)read;
	const struct stage *s;

	if (v == NULL || v->stage == 0)
		return (v);
	s = stage_at(vs, v->stage);
	if (v->staged !=
	    (s->state == STAGE_COMMITTED ||
		(BUG(STAGE_HOLDS) && s->state == STAGE_OPEN)))
		change_over(vs, v);
	if (s->final)
		forget_other(vs, v);
	return (v);
}

void
standing_sweep(struct voters *vs, uint32_t n)
{
	for (; n > 0 && vs->to_sweep > 0; n--, vs->to_sweep--) {
		vs->sweep = vs->sweep + 1 < vs->n ? vs->sweep + 1 : 0;
		if (vs->sweep < vs->n)
			look(vs, vs->list[vs->sweep]);
	}
}

/* ---- finding ---- */

struct voter *
standing_find(const struct voters *vs, const char *name)
{
	uint32_t place = 0;

	if (vs->n > 0)
		place = slot_of(vs, name_hash(name), name)->place;
	return (place == 0 ? NULL : look(vs, vs->list[place - 1]));
}

struct voter *
voter_find(const struct voters *vs, const char *name)
{
	struct voter *v = standing_find(vs, name);

	return (v == NULL || standing_unknown(vs, v) ? NULL : v);
}

struct voter *
voter_at(const struct voters *vs, uint32_t i)
{
	return (look(vs, vs->list[i]));
}

/* How a voter stands.  key NULL: he is unknown. */
struct stand {
	const unsigned char *key;
	const struct group *group;
	int registered;
};

/* With that stage (0: as it is).  He is left as he is kept. */
static struct stand
stand_in(const struct voters *vs, const struct voter *v, uint32_t stage)
{
	const struct stand own = {v->key, v->group, v->registered};
	const struct standing *o = v->other;
	int staged;

	if (v->stage == 0)
		return (v->group != NULL ? own : (struct stand){0});
	staged = v->stage == stage ||
	    stage_at(vs, v->stage)->state == STAGE_COMMITTED;
	if (o == NULL && !staged)
		return ((struct stand){0});
	if (v->staged == staged)
		return (own);
	return (o == NULL ? (struct stand){v->key, v->group, 1}
			  : (struct stand){o->key, o->group, o->registered});
}

const struct group *
voter_group_at(const struct voters *vs, uint32_t i)
{
	struct stand s = stand_in(vs, vs->list[i], 0);

	return (s.registered ? s.group : NULL);
}

const unsigned char *
voter_key_at(const struct voters *vs, const struct voter *v, uint32_t stage)
{
	struct stand s = stand_in(vs, v, stage);

	return (s.registered ? s.key : NULL);
}

/* The next one of the same bucket, where those of one key are. */
#define NEXT(head, p)                   \
	((p)->hh_key.hh_next == NULL    \
		? NULL                  \
		: (void *)ELMT_FROM_HH( \
		      (head)->hh_key.tbl, (p)->hh_key.hh_next))

/* Whom to look for among those who have, or had, or are to have a key. */
struct search {
	const unsigned char *key;
	const struct voter *but;
	uint32_t stage;
	int former; /* also those who have left the roll */
	voter_fits *fits;
	const void *arg;
};

static int
is_found(const struct voters *vs, const struct voter *v, const struct search *q)
{
	struct stand s = stand_in(vs, v, q->stage);

	return (v != q->but && s.key != NULL && (s.registered || q->former) &&
	    memcmp(s.key, q->key, SEAL_KEY) == 0 &&
	    (q->fits == NULL || q->fits(q->arg, v)));
}

static struct voter *
search(const struct voters *vs, const struct search *q)
{
	struct standing *o;
	struct voter *v;

	HASH_FIND(hh_key, vs->by_key, q->key, SEAL_KEY, v);
	for (; v != NULL; v = NEXT(vs->by_key, v))
		if (is_found(vs, v, q))
			return (v);
	HASH_FIND(hh_key, vs->by_other, q->key, SEAL_KEY, o);
	for (; o != NULL; o = NEXT(vs->by_other, o))
		if (is_found(vs, o->voter, q))
			return (o->voter);
	return (NULL);
}

struct voter *
voter_holding(const struct voters *vs, const unsigned char key[SEAL_KEY],
    const struct voter *but, uint32_t stage, voter_fits *fits, const void *arg)
{
	const struct search q = {key, but, stage, 0, fits, arg};

	return (search(vs, &q));
}

struct voter *
voter_having_had(const struct voters *vs, const unsigned char key[SEAL_KEY],
    const struct voter *but, voter_fits *fits, const void *arg)
{
	const struct search q = {key, but, 0, 1, fits, arg};

	return (search(vs, &q));
}

/* ---- changes ---- */

struct voter *
standing_take(struct voters *vs, const char *name, struct enrolment *old)
{
	struct voter *v = standing_find(vs, name);

	*old = (struct enrolment){.made = v == NULL};
	if (v == NULL)
		v = voter_add(vs, name);
	old->voter = v;
	old->group = v->group;
	old->other = v->other;
	old->floor = v->floor;
	old->stage = v->stage;
	old->staged = v->staged;
	old->registered = v->registered;
	memcpy(old->key, v->key, sizeof(old->key));
	if (standing_unknown(vs, v))
		v->group = NULL;
	if (v->other != NULL)
		standing_drop(vs, v->other);
	v->other = NULL;
	v->stage = 0;
	v->staged = 0;
	return (v);
}

void
standing_put_back(struct voters *vs, const struct enrolment *old)
{
	struct voter *v = old->voter;

	if (old->made) {
		voter_remove(vs, v);
		return;
	}
	v->group = old->group;
	v->other = old->other;
	v->floor = old->floor;
	v->stage = old->stage;
	v->staged = old->staged;
	v->registered = old->registered;
	memcpy(v->key, old->key, sizeof(v->key));
	if (v->other != NULL)
		standing_add(vs, v->other);
	standing_key(vs, v);
}

void
enrolment_free(struct enrolment *old)
{
	free(old->other);
}
