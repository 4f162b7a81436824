#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/merkle.h"
#include "common/proof.h"
#include "common/seal.h"
#include "naive.h"

#define LEAVES 70
#define PATH   16

/* ---- what Certificate Transparency's own tests publish ---- */

static const char *const known_leaves[] = {"", "00", "10", "2021", "3031",
    "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};

static const char *const known_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

struct known {
	uint64_t from, size; /* a leaf's index, or the size before */
	const char *path[4];
};

static const struct known known_inclusions[] = {
    {0, 1, {NULL}},
    {0, 8,
	{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
	    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
	    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e"
	    "4"}},
    {5, 8,
	{"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
	    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
	    "7"}},
    {2, 3,
	{"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c12"
	 "5"}},
    {1, 5,
	{"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
	    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6"
	    "b"}},
};

static const struct known known_extensions[] = {
    {1, 1, {NULL}},
    {1, 8,
	{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
	    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
	    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e"
	    "4"}},
    {6, 8,
	{"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
	    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
	    "7"}},
    {2, 5,
	{"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
	    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6"
	    "b"}},
    {6, 7,
	{"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
	    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
	    "7"}},
};

static void
unhex(hash out, const char *hex)
{
	assert_int_equal(seal_unhex(out, SEAL_HASH, hex), 0);
}

static size_t
known_path(const struct known *k, hash *path)
{
	size_t n = 0;

	for (; n < 4 && k->path[n] != NULL; n++)
		unhex(path[n], k->path[n]);
	return (n);
}

/* ---- every way to break one ---- */

/* Whichever of them it is: a leaf and an index, or a root and a size. */
struct claim {
	int extends;
	hash of;
	uint64_t from, size;
	hash root;
	hash path[PATH];
	size_t n;
};

static int
holds(const struct claim *c)
{
	if (c->extends)
		return (proof_extends(
		    c->from, c->of, c->size, c->root, c->path, c->n));
	return (
	    proof_includes(c->of, c->from, c->size, c->root, c->path, c->n));
}

static void
assert_flips_fail(struct claim *c, unsigned char *bytes, size_t len)
{
	for (size_t bit = 0; bit < 8 * len; bit += 37) {
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_false(holds(c));
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
}

/* The sizes are bound by the signature too; here only where they change it. */
static void
assert_numbers_fail(struct claim c)
{
	const uint64_t from = c.from, size = c.size;
	const uint64_t others[] = {
	    from - 1, from + 1, from ^ 2, size, size + 1, UINT64_MAX};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		c.from = others[i];
		if (c.from != from && !(c.extends && c.from == 0))
			assert_false(holds(&c));
	}
	c.from = from;
	c.size = size * 2;
	assert_false(holds(&c));
	c.size = size / 2;
	assert_false(holds(&c));
	c.size = 0;
	assert_false(holds(&c));
}

static void
assert_lengths_fail(struct claim c)
{
	memcpy(c.path[c.n], c.root, SEAL_HASH);
	c.n++;
	assert_false(holds(&c));
	memmove(c.path[1], c.path[0], (c.n - 1) * SEAL_HASH);
	assert_false(holds(&c));
	memmove(c.path[0], c.path[1], (c.n - 1) * SEAL_HASH);
	c.n--;
	if (c.n == 0)
		return;
	c.n--;
	assert_false(holds(&c));
	memmove(c.path[0], c.path[1], c.n * SEAL_HASH);
	assert_false(holds(&c));
	c.n = 0;
	assert_false(holds(&c));
}

static void
assert_only_this_holds(struct claim *c)
{
	assert_true(holds(c));
	assert_flips_fail(c, c->of, SEAL_HASH);
	assert_flips_fail(c, c->root, SEAL_HASH);
	assert_flips_fail(c, c->path[0], c->n * SEAL_HASH);
	assert_numbers_fail(*c);
	assert_lengths_fail(*c);
}

static void
known_proofs(void **state)
{
	unsigned char leaf[16];
	struct claim c;
	size_t len, i;

	for (i = 0; i < 5; i++) {
		const struct known *k = &known_inclusions[i];

		c = (struct claim){.from = k->from, .size = k->size};
		len = strlen(known_leaves[k->from]) / 2;
		seal_unhex(leaf, len, known_leaves[k->from]);
		merkle_leaf_hash(c.of, leaf, (uint32_t)len);
		unhex(c.root, known_roots[k->size]);
		c.n = known_path(k, c.path);
		assert_only_this_holds(&c);
	}
	for (i = 0; i < 5; i++) {
		const struct known *k = &known_extensions[i];

		c = (struct claim){1, {0}, k->from, k->size, {0}, {{0}}, 0};
		unhex(c.of, known_roots[k->from]);
		unhex(c.root, known_roots[k->size]);
		c.n = known_path(k, c.path);
		assert_only_this_holds(&c);
	}
}

static void
every_size_as_the_rfc_says(void **state)
{
	static hash d[LEAVES];
	struct claim c;

	for (uint32_t i = 0; i < LEAVES; i++)
		merkle_leaf_hash(d[i], &i, sizeof(i));
	for (uint64_t n = 1; n <= LEAVES; n++)
		for (uint64_t m = 0; m < n; m += 1 + n / 16) {
			c = (struct claim){.from = m, .size = n};
			memcpy(c.of, d[m], SEAL_HASH);
			naive_hash(d, n, c.root);
			c.n = naive_path(d, m, n, c.path);
			assert_only_this_holds(&c);
			c.extends = 1;
			c.from = m + 1;
			naive_hash(d, m + 1, c.of);
			c.n = naive_subproof(d, m + 1, n, 1, c.path);
			assert_only_this_holds(&c);
		}
}

/* Any tree extends the empty one, which has no path; none goes back. */
static void
empty_and_backward(void **state)
{
	hash a = {1}, b = {2};

	assert_true(proof_extends(0, a, 5, b, NULL, 0));
	assert_true(proof_extends(0, a, 0, a, NULL, 0));
	assert_false(proof_extends(0, a, 0, b, NULL, 0));
	assert_false(proof_extends(0, a, 5, b, a, 1));
	assert_false(proof_extends(2, a, 1, a, NULL, 0));
	assert_false(proof_extends(1, a, 0, a, NULL, 0));
	assert_false(proof_extends(1, a, 2, a, NULL, 0));
	assert_false(proof_includes(a, 0, 0, a, NULL, 0));
	assert_false(proof_includes(a, 1, 1, a, NULL, 0));
}

static void
node(hash out, const hash left, const hash right)
{
	const struct seal_part parts[] = {
	    {"\x01", 1}, {left, SEAL_HASH}, {right, SEAL_HASH}};

	seal_hash(out, parts, 3);
}

/* Who may choose the root can make the hashes fit, but not beyond the root. */
static void
nothing_is_above_the_root(void **state)
{
	hash path[4] = {{1}, {2}, {3}, {4}}, leaf = {5}, root, before, after;

	node(root, path[0], leaf);
	assert_false(proof_includes(leaf, 0, 1, root, path, 1));
	node(after, path[0], path[1]);
	node(before, path[2], path[0]);
	node(after, path[2], after);
	assert_true(proof_extends(3, before, 4, after, path, 3));
	node(before, path[3], before);
	node(after, path[3], after);
	assert_false(proof_extends(3, before, 4, after, path, 4));
}

/* However long a path is, it ends. */
static void
the_largest_numbers(void **state)
{
	static hash path[65];
	hash a = {1};

	for (size_t n = 0; n <= 65; n++) {
		assert_false(
		    proof_includes(a, UINT64_MAX - 1, UINT64_MAX, a, path, n));
		assert_false(
		    proof_extends(UINT64_MAX - 1, a, UINT64_MAX, a, path, n));
		assert_false(
		    proof_extends(1ULL << 63, a, UINT64_MAX, a, path, n));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_proofs),
	    cmocka_unit_test(every_size_as_the_rfc_says),
	    cmocka_unit_test(empty_and_backward),
	    cmocka_unit_test(nothing_is_above_the_root),
	    cmocka_unit_test(the_largest_numbers),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
