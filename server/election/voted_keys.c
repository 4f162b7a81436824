#include "server/election/voted_keys.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/need.h"

/* Where the first vote with that key is, or is to be. */
static uint32_t *
slot_of(const struct voted_keys *k, const unsigned char key[SEAL_KEY])
{
	uint32_t i;

	HASH_VALUE(key, SEAL_KEY, i);
	for (i &= k->n_slots - 1; k->slots[i] != 0;
	     i = (i + 1) & (k->n_slots - 1))
		if (memcmp(k->list[k->slots[i] - 1], key, SEAL_KEY) == 0)
			break;
	return (&k->slots[i]);
}

static void
slot_take(struct voted_keys *k, uint32_t place)
{
	uint32_t *slot = slot_of(k, k->list[place - 1]);

	if (*slot == 0)
		*slot = place;
}

/*
 * In the order of the votes, as if there had been so many from the beginning.
 */
static void
grow(struct voted_keys *k)
{
	free(k->slots);
	k->n_slots = k->n_slots == 0 ? 8 : 2 * k->n_slots;
	k->slots = need_zeroed(k->n_slots, sizeof(*k->slots));
	for (uint32_t place = 1; place <= k->n; place++)
		slot_take(k, place);
}

void
voted_keys_add(struct voted_keys *k, const unsigned char key[SEAL_KEY])
{
	k->list = need_room(k->list, k->n, sizeof(*k->list));
	memcpy(k->list[k->n++], key, SEAL_KEY);
	if (k->n > k->n_slots / 2)
		grow(k);
	else
		slot_take(k, k->n);
}

/* No other one has passed by the slot of the newest. */
void
voted_keys_add_undo(struct voted_keys *k)
{
	uint32_t *slot = slot_of(k, k->list[k->n - 1]);

	if (*slot == k->n)
		*slot = 0;
	k->n--;
}

int
voted_keys_have(const struct voted_keys *k, const unsigned char key[SEAL_KEY])
{
	return (k->n > 0 && *slot_of(k, key) != 0);
}

void
voted_keys_clear(struct voted_keys *k)
{
	free(k->list);
	free(k->slots);
	*k = (struct voted_keys){0};
}
