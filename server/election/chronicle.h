#ifndef EVOTE_CHRONICLE_H
#define EVOTE_CHRONICLE_H

#include <stdint.h>

#include "common/seal.h"
#include "evote.h"

/*
 * What the records tell of the service itself, in order: which host served from
 * when, and which requests were refused.  A part of the election's state.
 * Pure; strings are owned.
 */
struct refusals { /* for one reason */
	uint64_t *seqs;
	uint32_t n;
};

struct chronicle {
	evote_tenure *tenures;
	uint32_t n_tenures;
	struct refusals refusals[EVOTE_REASONS_MAX];
};

void chronicle_clear(struct chronicle *);

/* The leaf is the next record; `before` is the time of the last one. */
void chronicle_note(struct chronicle *, const evote_leaf *, uint64_t before);
/* The records from `size` on are taken back. */
void chronicle_undo(struct chronicle *, uint64_t size);

/* REPORT's refusals and tenures of the records from..to, which are two. */
void chronicle_between(
    const struct chronicle *, uint64_t from, uint64_t to, evote_report_res *);
void chronicle_mix(const struct chronicle *, unsigned char h[SEAL_HASH]);

#endif
