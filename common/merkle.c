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
merkle_cut(struct merkle *m, uint64_t size)
{
	assert(size <= m->size);
	m->size = size;
	for (int i = 0; i < ROOTS; i++)
		if (m->roots[i].size > size)
			m->roots[i].size = 0;
}

/* The bits of size are the complete subtrees, largest first: from the right. */
static void
root_fold(const struct merkle *m, uint64_t size, unsigned char out[MERKLE_HASH])
{
	int k = __builtin_ctzll(size);

	memcpy(out, m->level[k].node[(size >> k) - 1], MERKLE_HASH);
	for (k++; k < LEVELS && (size >> k) != 0; k++) {
		if ((size >> k & 1) == 1)
			node_hash(out, m->level[k].node[(size >> k) - 1], out);
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
		root_fold(m, size, r->hash);
		r->size = size;
	}
	memcpy(out, r->hash, MERKLE_HASH);
}
