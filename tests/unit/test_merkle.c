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

#define LEAVES 300

/* The leaves and roots of Certificate Transparency's own tests. */
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

static void
assert_root(const struct merkle *m, uint64_t size, const char *hex)
{
	unsigned char root[MERKLE_HASH];
	char text[2 * MERKLE_HASH + 1];

	merkle_root(m, size, root);
	seal_hex(text, root, sizeof(root));
	assert_string_equal(text, hex);
}

static void
known_vectors(void **state)
{
	struct merkle *m = merkle_new();
	unsigned char leaf[16], hash[MERKLE_HASH];
	uint32_t len;

	assert_root(m, 0, known_roots[0]);
	for (int i = 0; i < 8; i++) {
		len = (uint32_t)strlen(known_leaves[i]) / 2;
		assert_int_equal(seal_unhex(leaf, len, known_leaves[i]), 0);
		merkle_leaf_hash(hash, leaf, len);
		merkle_append(m, hash);
		assert_root(m, (uint64_t)i + 1, known_roots[i + 1]);
	}
	for (uint64_t size = 0; size <= 8; size++)
		assert_root(m, size, known_roots[size]);
	merkle_free(m);
}

/* RFC 6962, section 2.1, word for word. */
static void
naive_root(unsigned char (*d)[MERKLE_HASH], uint64_t n, unsigned char *out)
{
	unsigned char sides[2][MERKLE_HASH];
	struct seal_part parts[] = {{"\x01", 1}, {sides, sizeof(sides)}};
	uint64_t k = 1;

	if (n == 0) {
		seal_hash(out, NULL, 0);
		return;
	}
	if (n == 1) {
		memcpy(out, d[0], MERKLE_HASH);
		return;
	}
	while (2 * k < n)
		k *= 2;
	naive_root(d, k, sides[0]);
	naive_root(d + k, n - k, sides[1]);
	seal_hash(out, parts, 2);
}

static void
assert_naive(
    const struct merkle *m, unsigned char (*d)[MERKLE_HASH], uint64_t n)
{
	unsigned char root[MERKLE_HASH], naive[MERKLE_HASH];

	merkle_root(m, n, root);
	naive_root(d, n, naive);
	assert_memory_equal(root, naive, MERKLE_HASH);
}

static void
every_size_as_the_rfc_says(void **state)
{
	static unsigned char d[LEAVES][MERKLE_HASH];
	struct merkle *m = merkle_new();

	for (uint32_t i = 0; i < LEAVES; i++) {
		merkle_leaf_hash(d[i], &i, sizeof(i));
		merkle_append(m, d[i]);
		assert_naive(m, d, i + 1);
	}
	assert_int_equal(merkle_size(m), LEAVES);
	for (uint64_t n = 0; n <= LEAVES; n++)
		assert_naive(m, d, n);
	merkle_free(m);
}

/* A tail that was cut must leave nothing behind in any level. */
static void
cut_and_grow_otherwise(void **state)
{
	static unsigned char d[LEAVES][MERKLE_HASH];
	struct merkle *m = merkle_new();

	for (uint32_t cut = 0; cut < 70; cut += 3) {
		for (uint32_t i = (uint32_t)merkle_size(m); i < 140; i++) {
			uint32_t leaf[] = {i, cut};

			merkle_leaf_hash(d[i], leaf, sizeof(leaf));
			merkle_append(m, d[i]);
		}
		assert_naive(m, d, 140);
		merkle_truncate(m, 137 - cut);
		assert_int_equal(merkle_size(m), 137 - cut);
		for (uint64_t n = 0; n <= 137 - cut; n += 1 + n / 4)
			assert_naive(m, d, n);
		assert_naive(m, d, 137 - cut);
	}
	merkle_free(m);
}

/* Of Certificate Transparency's own tests too; there leaves count from 1. */
#define H01 "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define H02 "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define H04 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define H12 "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define H24 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define H45 "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define H46 "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
#define H48 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define H68 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"

static const struct {
	int consistency;
	uint64_t first, size; /* the leaf, or the older size */
	int n;
	const char *path[3];
} known_paths[] = {
    {0, 0, 1, 0, {NULL}},
    {0, 0, 8, 3, {H12, H24, H48}},
    {0, 5, 8, 3, {H45, H68, H04}},
    {0, 2, 3, 1, {H02}},
    {0, 1, 5, 3, {H01, H24, H45}},
    {1, 1, 1, 0, {NULL}},
    {1, 1, 8, 3, {H12, H24, H48}},
    {1, 6, 8, 3, {H46, H68, H04}},
    {1, 2, 5, 2, {H24, H45}},
};

static void
known_proofs(void **state)
{
	struct merkle *m = merkle_new();
	unsigned char path[MERKLE_PATH][MERKLE_HASH], hash[MERKLE_HASH];
	char text[2 * MERKLE_HASH + 1];

	for (int i = 0; i < 8; i++) {
		uint32_t len = (uint32_t)strlen(known_leaves[i]) / 2;

		assert_int_equal(seal_unhex(hash, len, known_leaves[i]), 0);
		merkle_leaf_hash(hash, hash, len);
		merkle_append(m, hash);
	}
	for (size_t i = 0; i < sizeof(known_paths) / sizeof(*known_paths);
	     i++) {
		int n = (known_paths[i].consistency ? merkle_consistency
						    : merkle_inclusion)(
		    m, known_paths[i].first, known_paths[i].size, path);

		assert_int_equal(n, known_paths[i].n);
		for (int j = 0; j < n; j++) {
			seal_hex(text, path[j], MERKLE_HASH);
			assert_string_equal(text, known_paths[i].path[j]);
		}
	}
	assert_int_equal(merkle_consistency(m, 0, 8, path), 0);
	merkle_free(m);
}

/* Every proof about every tree up to a size is one; a flipped bit is not. */
static void
every_proof_is_verified(void **state)
{
	unsigned char path[MERKLE_PATH][MERKLE_HASH], root[MERKLE_HASH];
	unsigned char leaf[70][MERKLE_HASH], old[MERKLE_HASH];
	struct merkle *m = merkle_new();
	int n;

	for (uint32_t i = 0; i < 70; i++) {
		merkle_leaf_hash(leaf[i], &i, sizeof(i));
		merkle_append(m, leaf[i]);
	}
	for (uint64_t size = 1; size <= 70; size++) {
		merkle_root(m, size, root);
		for (uint64_t i = 0; i < size; i++) {
			n = merkle_inclusion(m, i, size, path);
			assert_true(
			    proof_includes(leaf[i], i, size, root, path, n));
			assert_false(proof_includes(
			    leaf[(i + 1) % 70], i, size, root, path, n));
		}
		for (uint64_t i = 1; i <= size; i++) {
			merkle_root(m, i, old);
			n = merkle_consistency(m, i, size, path);
			assert_true(proof_extends(i, old, size, root, path, n));
			old[0] ^= 1;
			assert_false(
			    proof_extends(i, old, size, root, path, n));
		}
	}
	merkle_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_vectors),
	    cmocka_unit_test(every_size_as_the_rfc_says),
	    cmocka_unit_test(cut_and_grow_otherwise),
	    cmocka_unit_test(known_proofs),
	    cmocka_unit_test(every_proof_is_verified),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
