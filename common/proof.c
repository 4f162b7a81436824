#include "common/proof.h"

#include <string.h>

/* out may be one of both. */
static void
node_hash(unsigned char out[SEAL_HASH], const unsigned char *left,
    const unsigned char *right)
{
	const struct seal_part parts[] = {
	    {"\x01", 1}, {left, SEAL_HASH}, {right, SEAL_HASH}};

	seal_hash(out, parts, 3);
}

static int
same(const unsigned char *a, const unsigned char *b)
{
	return (memcmp(a, b, SEAL_HASH) == 0);
}

/*
 * The way from a node up to the root: `at` is the node's place in its row, and
 * `last` that of the row's last one.
 */
struct climb {
	uint64_t at, last;
};

/* Whether the next hash of the path stands to the left; goes up past it. */
static int
climb_left(struct climb *c)
{
	int left = (c->at & 1) != 0 || c->at == c->last;

	/* A last node without a sibling moves up as it is. */
	while (left && (c->at & 1) == 0 && c->at != 0) {
		c->at >>= 1;
		c->last >>= 1;
	}
	c->at >>= 1;
	c->last >>= 1;
	return (left);
}

int
proof_includes(const unsigned char leaf[SEAL_HASH], uint64_t index,
    uint64_t size, const unsigned char root[SEAL_HASH], const void *path,
    size_t n)
{
	const unsigned char *p = path;
	unsigned char hash[SEAL_HASH];
	struct climb c = {index, size - 1};

	if (index >= size)
		return (0);
	memcpy(hash, leaf, SEAL_HASH);
	for (; n > 0; n--, p += SEAL_HASH) {
		if (c.last == 0)
			return (0);
		if (climb_left(&c))
			node_hash(hash, p, hash);
		else
			node_hash(hash, hash, p);
	}
	return (c.last == 0 && same(hash, root));
}

/* Both trees are not empty, and of different sizes. */
static int
extends(struct climb c, const unsigned char *root0, const unsigned char *root,
    const unsigned char *first, const unsigned char *p, size_t n)
{
	unsigned char before[SEAL_HASH], after[SEAL_HASH];

	memcpy(before, first, SEAL_HASH);
	memcpy(after, first, SEAL_HASH);
	for (; n > 0; n--, p += SEAL_HASH) {
		if (c.last == 0)
			return (0);
		if (climb_left(&c)) {
			node_hash(before, p, before);
			node_hash(after, p, after);
		} else
			node_hash(after, after, p);
	}
	return (c.last == 0 && same(before, root0) && same(after, root));
}

int
proof_extends(uint64_t size0, const unsigned char root0[SEAL_HASH],
    uint64_t size, const unsigned char root[SEAL_HASH], const void *path,
    size_t n)
{
	const unsigned char *p = path;
	struct climb c = {size0 - 1, size - 1};

	if (size0 > size)
		return (0);
	if (size0 == size)
		return (n == 0 && same(root0, root));
	if (size0 == 0)
		return (n == 0);
	if (n == 0)
		return (0);
	while ((c.at & 1) != 0) {
		c.at >>= 1;
		c.last >>= 1;
	}
	/* A whole tree is a node of the larger one, so not in the path. */
	if ((size0 & (size0 - 1)) == 0)
		return (extends(c, root0, root, root0, p, n));
	return (extends(c, root0, root, p, p + SEAL_HASH, n - 1));
}

char *
proof_lines(char *out, const void *path, size_t n)
{
	const unsigned char *hash = path;

	for (; n > 0; n--, hash += SEAL_HASH) {
		seal_base64(out, hash, SEAL_HASH);
		out += PROOF_LINE - 1;
		*out++ = '\n';
	}
	return (out);
}
