#include "common/merkle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/seal.h"

#define LEVELS 64
#define ROOTS  64 /* remembered */

/*
 * Level k holds, in order, the hashes of the complete subtrees of 2^k leaves:
 * size >> k of them.  Those of any earlier size are a prefix, so that cutting
 * is forgetting and no node is ever computed twice.
 */
struct level {
	unsigned char (*node)[MERKLE_HASH];
	uint64_t room;
};

/* Each root is asked for several times, soon after another. */
struct root {
	uint64_t size; /* 0: none */
	unsigned char hash[MERKLE_HASH];
};

struct merkle {
	uint64_t size;
	struct level level[LEVELS];
	struct root *roots; /* that of size n at n % ROOTS */
};

struct merkle *
merkle_new(void)
{
	struct merkle *m = need_zeroed(1, sizeof(*m));

	m->roots = need_zeroed(ROOTS, sizeof(*m->roots));
	return (m);
}

void
merkle_free(struct merkle *m)
{
	if (m == NULL)
		return;
	for (int k = 0; k < LEVELS; k++)
		free(m->level[k].node);
	free(m->roots);
	free(m);
}

uint64_t
merkle_size(const struct merkle *m)
{
	return (m->size);
}

void
merkle_leaf_hash(unsigned char out[MERKLE_HASH], const void *leaf, uint32_t len)
{
	struct seal_part parts[] = {{"\x00", 1}, {leaf, len}};

	seal_hash(out, parts, 2);
}

static void
node_hash(unsigned char out[MERKLE_HASH], const unsigned char *left,
    const unsigned char *right)
{
	struct seal_part parts[] = {
	    {"\x01", 1}, {left, MERKLE_HASH}, {right, MERKLE_HASH}};

	seal_hash(out, parts, 3);
}

static void
level_make_room(struct level *l, uint64_t count)
{
	if (count <= l->room)
		return;
	l->room = l->room == 0 ? 16 : 2 * l->room;
	l->node = need(realloc(l->node, l->room * sizeof(*l->node)));
}

void
merkle_append(struct merkle *m, const unsigned char hash[MERKLE_HASH])
{
	uint64_t at = m->size++;
	const unsigned char *below;

	level_make_room(&m->level[0], at + 1);
	memcpy(m->level[0].node[at], hash, MERKLE_HASH);
	/* Each right-hand node completes its parent. */
	for (int k = 0; (at & 1) == 1; k++, at >>= 1) {
		below = m->level[k].node[at - 1];
		level_make_room(&m->level[k + 1], (at >> 1) + 1);
		node_hash(
		    m->level[k + 1].node[at >> 1], below, below + MERKLE_HASH);
	}
}

void
merkle_truncate(struct merkle *m, uint64_t size)
{
	assert(size <= m->size);
	m->size = size;
	for (int i = 0; i < ROOTS; i++)
		if (m->roots[i].size > size)
			m->roots[i].size = 0;
}

/*
 * The root over the leaves from `from` on, which is a multiple of a power of
 * two that is not smaller than size.  The bits of size are the complete
 * subtrees, largest first: from the right.
 */
static void
root_fold(const struct merkle *m, uint64_t from, uint64_t size,
    unsigned char out[MERKLE_HASH])
{
	uint64_t end = from + size;
	int k = __builtin_ctzll(size);

	memcpy(out, m->level[k].node[(end >> k) - 1], MERKLE_HASH);
	for (k++; k < LEVELS && (size >> k) != 0; k++) {
		if ((size >> k & 1) == 1)
			node_hash(out, m->level[k].node[(end >> k) - 1], out);
	}
}

void
merkle_root(
    const struct merkle *m, uint64_t size, unsigned char out[MERKLE_HASH])
{
	struct root *r = &m->roots[size % ROOTS];

	assert(size <= m->size);
	if (size == 0) {
		seal_hash(out, NULL, 0);
		return;
	}
	if (r->size != size) {
		root_fold(m, 0, size, r->hash);
		r->size = size;
	}
	memcpy(out, r->hash, MERKLE_HASH);
}

/* ---- proofs: RFC 6962, 2.1.1 and 2.1.2, without the recursion ---- */

/* A subtree on the way down, and its other half's roots, the last one lowest.
 */
struct way {
	uint64_t from, size;
	unsigned char (*path)[MERKLE_HASH];
	int n;
};

/* The largest power of two that is smaller. */
static uint64_t
half_of(uint64_t size)
{
	return (1ULL << (63 - __builtin_clzll(size - 1)));
}

static void
go_left(const struct merkle *m, struct way *w)
{
	uint64_t half = half_of(w->size);

	root_fold(m, w->from + half, w->size - half, w->path[w->n++]);
	w->size = half;
}

static void
go_right(const struct merkle *m, struct way *w)
{
	uint64_t half = half_of(w->size);

	root_fold(m, w->from, half, w->path[w->n++]);
	w->from += half;
	w->size -= half;
}

static int
from_below(struct way *w)
{
	unsigned char one[MERKLE_HASH];

	for (int i = 0, j = w->n - 1; i < j; i++, j--) {
		memcpy(one, w->path[i], MERKLE_HASH);
		memcpy(w->path[i], w->path[j], MERKLE_HASH);
		memcpy(w->path[j], one, MERKLE_HASH);
	}
	return (w->n);
}

int
merkle_inclusion(const struct merkle *m, uint64_t seq, uint64_t size,
    unsigned char path[MERKLE_PATH][MERKLE_HASH])
{
	struct way w = {.size = size, .path = path};

	assert(seq < size && size <= m->size);
	while (w.size > 1) {
		if (seq - w.from < half_of(w.size))
			go_left(m, &w);
		else
			go_right(m, &w);
	}
	return (from_below(&w));
}

int
merkle_consistency(const struct merkle *m, uint64_t old, uint64_t size,
    unsigned char path[MERKLE_PATH][MERKLE_HASH])
{
	struct way w = {.size = size, .path = path};

	assert(old <= size && size <= m->size);
	while (old > 0 && old - w.from < w.size) {
		if (old - w.from <= half_of(w.size))
			go_left(m, &w);
		else
			go_right(m, &w);
	}
	/* The verifier has the old root itself. */
	if (w.from > 0)
		root_fold(m, w.from, w.size, w.path[w.n++]);
	return (from_below(&w));
}
