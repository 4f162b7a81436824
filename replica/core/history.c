#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "replica/core/history.h"
#include "common/need.h"

struct history {
	struct merkle *tree;
	uint64_t time;

	evote_position *epochs;
	uint32_t n_epochs, max_epochs;

	/* A ring of the records [first, size); max is a power of two. */
	struct record **ring;
	uint64_t first, max;
};

struct history *
history_new(void)
{
	struct history *h = need_zeroed(1, sizeof(*h));

	h->tree = merkle_new();
	return (h);
}

void
history_free(struct history *h)
{
	if (h == NULL)
		return;
	history_trim(h, history_size(h));
	merkle_free(h->tree);
	free(h->epochs);
	free(h->ring);
	free(h);
}

uint64_t
history_size(const struct history *h)
{
	return (merkle_size(h->tree));
}

uint64_t
history_epoch(const struct history *h)
{
	return (h->n_epochs == 0 ? 0 : h->epochs[h->n_epochs - 1].epoch);
}

uint64_t
history_time(const struct history *h)
{
	return (h->time);
}

const struct merkle *
history_tree(const struct history *h)
{
	return (h->tree);
}

void
history_root(const struct history *h, uint64_t size, unsigned char out[32])
{
	merkle_root(h->tree, size, out);
}

static void
ring_grow(struct history *h)
{
	uint64_t max = h->max == 0 ? 1024 : h->max * 2;
	uint64_t size = history_size(h);
	struct record **ring = need_zeroed(max, sizeof(struct record *));

	for (uint64_t i = h->first; i < size; i++)
		ring[i & (max - 1)] = h->ring[i & (h->max - 1)];
	free(h->ring);
	h->ring = ring;
	h->max = max;
}

static void
epoch_note(struct history *h, uint64_t epoch, uint64_t size)
{
	if (h->n_epochs == 0 || h->epochs[h->n_epochs - 1].epoch != epoch) {
		if (h->n_epochs == h->max_epochs) {
			h->max_epochs = h->max_epochs * 2 + 16;
			h->epochs = need(realloc(
			    h->epochs, h->max_epochs * sizeof(*h->epochs)));
		}
		/* The ended epoch's root is needed from now on. */
		if (h->n_epochs > 0)
			history_root(h, h->epochs[h->n_epochs - 1].size,
			    (unsigned char *)h->epochs[h->n_epochs - 1].root);
		memset(&h->epochs[h->n_epochs++], 0, sizeof(*h->epochs));
	}
	h->epochs[h->n_epochs - 1].epoch = epoch;
	h->epochs[h->n_epochs - 1].size = size;
}

void
history_append(struct history *h, struct record *r)
{
	uint64_t size = history_size(h);

	assert(r->seq == size);
	if (size - h->first == h->max)
		ring_grow(h);
	h->ring[size & (h->max - 1)] = r;
	merkle_append(h->tree, r->hash);
	epoch_note(h, r->epoch, size + 1);
	h->time = r->time;
}

void
history_truncate(struct history *h, uint64_t size, uint64_t time)
{
	uint64_t from = size > h->first ? size : h->first;

	assert(size <= history_size(h));
	for (uint64_t i = from; i < history_size(h); i++)
		record_drop(h->ring[i & (h->max - 1)]);
	if (h->first > size)
		h->first = size;
	merkle_truncate(h->tree, size);
	while (h->n_epochs > 1 && h->epochs[h->n_epochs - 2].size >= size)
		h->n_epochs--;
	if (h->n_epochs > 0)
		h->epochs[h->n_epochs - 1].size = size;
	if (size == 0)
		h->n_epochs = 0;
	h->time = time;
}

uint64_t
history_first(const struct history *h)
{
	return (h->first);
}

struct record *
history_get(const struct history *h, uint64_t seq)
{
	if (seq < h->first || seq >= history_size(h))
		return (NULL);
	return (h->ring[seq & (h->max - 1)]);
}

void
history_trim(struct history *h, uint64_t seq)
{
	assert(seq <= history_size(h));
	for (; h->first < seq; h->first++)
		record_drop(h->ring[h->first & (h->max - 1)]);
}

const evote_position *
history_epochs(const struct history *h, uint32_t *n)
{
	if (h->n_epochs > 0)
		history_root(h, h->epochs[h->n_epochs - 1].size,
		    (unsigned char *)h->epochs[h->n_epochs - 1].root);
	*n = h->n_epochs;
	return (h->epochs);
}

uint64_t
history_common(
    const struct history *h, const evote_position *theirs, uint32_t n)
{
	uint32_t i = h->n_epochs, j = n;

	while (i > 0 && j > 0) {
		const evote_position *a = &h->epochs[i - 1],
				     *b = &theirs[j - 1];

		if (a->epoch == b->epoch)
			return (a->size < b->size ? a->size : b->size);
		if (a->epoch > b->epoch)
			i--;
		else
			j--;
	}
	return (0);
}
