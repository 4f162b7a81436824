#ifndef EVOTE_KEYS_H
#define EVOTE_KEYS_H

#include <stdint.h>

#include "common/seal.h"
#include "evote.h"

/*
 * The hosts' keys on record, a part of the election's state: PROTOCOL.md rule
 * 19.  Pure.  They are few, and the records are kept as they stand in the
 * ledger, for those who ask for the proof.
 */
struct key_record {
	uint64_t seq;
	uint32_t leaf_len;
	unsigned char *leaf;
	/* All zero and empty in the first one, which is GENESIS. */
	char *name;
	unsigned char incarnation[16];
	unsigned char key[SEAL_KEY];
	unsigned char replaces[16];
};

struct keys {
	struct key_record *list; /* in the ledger's order */
	uint32_t n;
};

void keys_clear(struct keys *);
/* A record of GENESIS or HOST. */
void keys_add(struct keys *, const evote_leaf *);
void keys_add_undo(struct keys *);
/* 1 when the incarnation, or the key, or (end) both are zero. */
int keys_is_none(const evote_host_op *);
int keys_is_end(const evote_host_op *);
/* 1 when the record is the end of a host's key, which was removed. */
int keys_is_over(const struct key_record *);
/* The i-th name whose key is in force, or NULL: there are no more. */
const char *keys_name(const struct keys *, uint32_t i);
/*
 * Of that incarnation, while it is in force: NULL when none is on record, or
 * its host has another one since, or an end.
 */
const struct key_record *keys_of(
    const struct keys *, const unsigned char incarnation[16]);
/* The latest of a host of that name, or NULL. */
const struct key_record *keys_latest(const struct keys *, const char *name);
/*
 * 1 when there is a record of HOST: then no host of the cluster has a version
 * that does not know it, nor what came with it and later.
 */
int keys_some(const struct keys *);
/*
 * 1 when that key was another incarnation's, or that incarnation's was another:
 * in force or not, an incarnation has one key for good, and a key one
 * incarnation.
 */
int keys_clash(const struct keys *, const evote_host_op *);
void keys_mix(const struct keys *, unsigned char h[SEAL_HASH]);

#endif
