#ifndef EVOTE_TEST_NAIVE_H
#define EVOTE_TEST_NAIVE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/seal.h"

/* RFC 6962, sections 2.1.1 and 2.1.2, word for word. */
typedef unsigned char hash[SEAL_HASH];

static inline uint64_t
naive_split(uint64_t n)
{
	uint64_t k = 1;

	while (2 * k < n)
		k *= 2;
	return (k);
}

static inline void
naive_hash(hash *d, uint64_t n, hash out)
{
	unsigned char sides[2][SEAL_HASH];
	const struct seal_part parts[] = {{"\x01", 1}, {sides, sizeof(sides)}};
	uint64_t k = naive_split(n);

	if (n == 1) {
		memcpy(out, d[0], SEAL_HASH);
		return;
	}
	naive_hash(d, k, sides[0]);
	naive_hash(d + k, n - k, sides[1]);
	seal_hash(out, parts, 2);
}

static inline size_t
naive_path(hash *d, uint64_t m, uint64_t n, hash *out)
{
	uint64_t k = naive_split(n);
	size_t at;

	if (n == 1)
		return (0);
	if (m < k) {
		at = naive_path(d, m, k, out);
		naive_hash(d + k, n - k, out[at]);
	} else {
		at = naive_path(d + k, m - k, n - k, out);
		naive_hash(d, k, out[at]);
	}
	return (at + 1);
}

static inline size_t
naive_subproof(hash *d, uint64_t m, uint64_t n, int whole, hash *out)
{
	uint64_t k = naive_split(n);
	size_t at;

	if (m == n && whole)
		return (0);
	if (m == n) {
		naive_hash(d, n, out[0]);
		return (1);
	}
	if (m <= k) {
		at = naive_subproof(d, m, k, whole, out);
		naive_hash(d + k, n - k, out[at]);
	} else {
		at = naive_subproof(d + k, m - k, n - k, 0, out);
		naive_hash(d, k, out[at]);
	}
	return (at + 1);
}

#endif
