#ifndef EVOTE_PROOF_H
#define EVOTE_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "common/seal.h"

/*
 * Proofs about the Merkle tree of RFC 6962, verified without the tree, by RFC
 * 9162, sections 2.1.3.2 and 2.1.4.2.  merkle.c makes them.  A path is n
 * hashes, one after the other.  Pure.
 */

/* 1 when the leaf of that hash has this index in the tree of size and root. */
int proof_includes(const unsigned char leaf[SEAL_HASH], uint64_t index,
    uint64_t size, const unsigned char root[SEAL_HASH], const void *path,
    size_t n);
/* 1 when the tree of size and root begins with that of size0 and root0. */
int proof_extends(uint64_t size0, const unsigned char root0[SEAL_HASH],
    uint64_t size, const unsigned char root[SEAL_HASH], const void *path,
    size_t n);

/* A path as text: each hash in base64, and a line feed; returns the end. */
#define PROOF_LINE 45
char *proof_lines(char *out, const void *path, size_t n);

#endif
