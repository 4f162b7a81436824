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
void merkle_cut(struct merkle *, uint64_t size);
/* The root over the first size leaves; size <= merkle_size. */
void merkle_root(
    const struct merkle *, uint64_t size, unsigned char out[MERKLE_HASH]);

#endif
