#ifndef EVOTE_MERKLE_H
#define EVOTE_MERKLE_H

#include <stdint.h>

/*
 * The Merkle tree of RFC 6962, section 2.1 (leaf prefix 0x00, node prefix
 * 0x01), over the hashes of the ledger's leaves, kept in memory: about 64
 * bytes a leaf.  Appending costs one hash on average, cutting costs none, and
 * the root of any earlier size costs O(log n).  Pure.
 */
#define MERKLE_HASH 32

struct merkle;

struct merkle *merkle_new(void);
void merkle_free(struct merkle *);
uint64_t merkle_size(const struct merkle *);

void merkle_leaf_hash(
    unsigned char out[MERKLE_HASH], const void *leaf, uint32_t len);
void merkle_append(struct merkle *, const unsigned char hash[MERKLE_HASH]);
/* Forgets all but the first size leaves; size <= merkle_size. */
void merkle_truncate(struct merkle *, uint64_t size);
/* The root over the first size leaves; size <= merkle_size. */
void merkle_root(
    const struct merkle *, uint64_t size, unsigned char out[MERKLE_HASH]);

/*
 * Proofs about the tree of the first size leaves, from the leaves up: that the
 * leaf at that index is in it (seq < size), and that it begins with the tree of
 * the first `old` leaves (old <= size; none is needed of 0).  O(log n) hashes,
 * each of O(log n) work; the number of them.
 */
#define MERKLE_PATH 64
int merkle_inclusion(const struct merkle *, uint64_t seq, uint64_t size,
    unsigned char path[MERKLE_PATH][MERKLE_HASH]);
int merkle_consistency(const struct merkle *, uint64_t old, uint64_t size,
    unsigned char path[MERKLE_PATH][MERKLE_HASH]);

#endif
