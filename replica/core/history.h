#ifndef EVOTE_HISTORY_H
#define EVOTE_HISTORY_H

#include "common/merkle.h"
#include "common/record.h"

/*
 * What a host knows of its ledger without asking the disk: the Merkle tree,
 * where each epoch ended, and the latest records themselves, for pushing.
 * Pure.
 */
struct history;

struct history *history_new(void);
void history_free(struct history *);

uint64_t history_size(const struct history *);
uint64_t history_epoch(const struct history *); /* of the last record */
uint64_t history_time(const struct history *);	/* of the last record */
/* The tree over all of them: for proofs. */
const struct merkle *history_tree(const struct history *);
void history_root(const struct history *, uint64_t size, unsigned char out[32]);

/* Takes over a reference. */
void history_append(struct history *, struct record *);
/* Forgets what follows size; `time` is that of record size - 1. */
void history_truncate(struct history *, uint64_t size, uint64_t time);

/* The record, or NULL when only the disk has it (seq < history_first). */
struct record *history_get(const struct history *, uint64_t seq);
uint64_t history_first(const struct history *);
/* The records before seq need not stay in memory. */
void history_trim(struct history *, uint64_t seq);

/* The end of each epoch, oldest first; borrowed until the next change. */
const evote_position *history_epochs(const struct history *, uint32_t *n);
/*
 * How many records this ledger and one with these epochs have in common: a
 * primary is the only writer of its epoch, so two ledgers that both hold
 * records of an epoch agree up to where the first of them left it.
 */
uint64_t history_common(
    const struct history *, const evote_position *epochs, uint32_t n);

#endif
