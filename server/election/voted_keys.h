#ifndef EVOTE_VOTED_KEYS_H
#define EVOTE_VOTED_KEYS_H

#include <stdint.h>

#include "common/seal.h"

/*
 * The keys that have voted in one election, as they were then: a voter may get
 * another key since, and somebody else that one.  Some 50 bytes a vote.
 */
struct voted_keys {
	unsigned char (*list)[SEAL_KEY]; /* in the order of the votes */
	uint32_t n;
	uint32_t *slots;  /* by hash: a place in the list, from 1; 0: free */
	uint32_t n_slots; /* a power of two, or 0 */
};

/* More than one vote may have the same key. */
void voted_keys_add(struct voted_keys *, const unsigned char key[SEAL_KEY]);
void voted_keys_add_undo(struct voted_keys *); /* the newest */
int voted_keys_have(
    const struct voted_keys *, const unsigned char key[SEAL_KEY]);
void voted_keys_clear(struct voted_keys *);

#endif
