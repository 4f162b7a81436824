#ifndef EVOTE_LEDGER_H
#define EVOTE_LEDGER_H

#include <stdint.h>
#include <stddef.h>

#include "common/record.h"

/*
 * The records in order, on this host's disk: one table in one SQLite file,
 * one connection, WAL, synchronous=FULL, locking_mode=EXCLUSIVE, checkpoints
 * only when asked for.  One thread at a time.  ledger_impl.h is the only way to
 * SQLite; ledger*.c, mark.c, view.c, copy.c and restore.c use it.
 */
struct ledger;

/* NULL: the reason is logged.  Creates the file only when create is set. */
struct ledger *ledger_open(const char *path, int create);
void ledger_close(struct ledger *); /* NULL is fine */
/*
 * Before anything is made of its records: 0, or -1 with the reason logged when
 * it is another cluster key's.  An older version's belongs to this key from now
 * on.
 */
int ledger_belongs(struct ledger *, const unsigned char cluster_key[32]);

/*
 * Reads every record in order, checking that seq runs from 0 without a gap
 * and that each leaf still has the hash it was stored with; each() owns one
 * reference of the record it is given and returns 0 to go on.  *accepted
 * is what was last stored as such.  Returns 0; -1 with the damage logged
 * (place named; nothing is ever repaired by truncation here).
 */
int ledger_read_all(struct ledger *, uint64_t *accepted,
    int (*each)(void *arg, struct record *), void *arg);
/* Up to n records from seq on, each with a reference for the caller; -1. */
int ledger_read(struct ledger *, uint64_t seq, uint32_t n, size_t max_bytes,
    struct record **out);

/*
 * Returns 0 only once the records would survive a power cut.  accepted, the
 * persisted commit index, is stored with them when the stored one lags by a few
 * hundred or is 0, or when n is 0.  After -1 they are there whole or not at
 * all, and we no longer know which: stop making promises.
 */
int ledger_append(
    struct ledger *, struct record *const *recs, uint32_t n, uint64_t accepted);
uint64_t ledger_size(const struct ledger *); /* records */
/* Removes the records from size on, for aside.h.  Durable when it is 0. */
int ledger_truncate(struct ledger *, uint64_t size);
/*
 * Moves the WAL into the file when it has grown past pages.  -1: the records
 * are in the WAL still, but a sync may have failed: do not go on (rule 15).
 */
int ledger_checkpoint(struct ledger *, int pages);

#endif
