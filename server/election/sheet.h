#ifndef EVOTE_SHEET_H
#define EVOTE_SHEET_H

#include <stdint.h>

#include "common/seal.h"

/*
 * The tally sheet of one election: a line for each vote, found and given out
 * by tracker.  Kept by the highest bits of that, which are as good as random:
 * about 24 bytes a line.  A part of the election's state; pure.
 */
struct sheet_line {
	uint64_t tracker;
	uint32_t choice; /* its place in the election's list */
	uint32_t next;	 /* of the same bucket, and 1; 0: none */
};

struct sheet {
	struct sheet_line *lines; /* as they came */
	uint32_t n;
	uint32_t *buckets; /* 2^bits: the latest line, and 1 */
	uint32_t bits;
};

void sheet_clear(struct sheet *);
int sheet_has(const struct sheet *, uint64_t tracker);
/* It is not there yet. */
void sheet_add(struct sheet *, uint64_t tracker, uint32_t choice);
void sheet_add_undo(struct sheet *); /* the latest */

/* Up to max lines by rising tracker, from that one on; their number. */
uint32_t sheet_page(const struct sheet *, uint64_t from,
    const struct sheet_line **out, uint32_t max);
void sheet_mix(const struct sheet *, unsigned char h[SEAL_HASH]);

#endif
