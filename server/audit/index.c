#include "server/audit/index.h"

#include <stdlib.h>
#include <string.h>

#include "common/need.h"

/* FNV-1a, stirred so that the low bits depend on all. */
static uint32_t
name_hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3;
	return ((uint32_t)(h >> 32 ^ h));
}

uint32_t
index_find(const struct index *x, const char *name,
    const char *(*name_of)(const void *, uint32_t), const void *arg)
{
	uint32_t hash = name_hash(name), i;
	const struct index_slot *s;

	if (x->size == 0)
		return (INDEX_NONE);
	for (i = hash; (s = &x->slots[i & (x->size - 1)])->number != 0; i++) {
		if (s->hash == hash &&
		    strcmp(name_of(arg, s->number - 1), name) == 0)
			return (s->number - 1);
	}
	return (INDEX_NONE);
}

static void
slot_put(struct index *x, uint32_t hash, uint32_t number)
{
	uint32_t i = hash;

	while (x->slots[i & (x->size - 1)].number != 0)
		i++;
	x->slots[i & (x->size - 1)] = (struct index_slot){hash, number};
}

/* Never more than half full. */
static void
grow(struct index *x)
{
	struct index old = *x;

	x->size = old.size == 0 ? 64 : 2 * old.size;
	x->slots = need_zeroed(x->size, sizeof(*x->slots));
	for (uint32_t i = 0; i < old.size; i++) {
		if (old.slots[i].number != 0)
			slot_put(x, old.slots[i].hash, old.slots[i].number);
	}
	free(old.slots);
}

void
index_add(struct index *x, const char *name, uint32_t number)
{
	if (2 * x->n >= x->size)
		grow(x);
	slot_put(x, name_hash(name), number + 1);
	x->n++;
}

void
index_clear(struct index *x)
{
	free(x->slots);
	*x = (struct index){0};
}
