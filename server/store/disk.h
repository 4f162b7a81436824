#ifndef EVOTE_DISK_H
#define EVOTE_DISK_H

#include <stdint.h>
#include <stddef.h>

#include "common/record.h"

/*
 * The disk's thread: jobs are done strictly in the order given, each durable
 * before the next begins, and reported in that order.  A failure of storing,
 * truncating or saving ends the process at once with status 3 (the fate of the
 * data is unknown and must not be guessed); one of loading gives no records.
 * While it has nothing to do it checkpoints.
 */
struct disk;

enum disk_kind {
	DISK_STORE,
	DISK_TRUNCATE,
	DISK_SAVE,
	DISK_LOAD,
	DISK_ACCEPT /* not reported */
};

struct disk_done {
	enum disk_kind kind;
	uint64_t job;		 /* the number its submission returned */
	uint64_t from;		 /* DISK_LOAD */
	uint32_t n;		 /* DISK_LOAD: records, */
	struct record **records; /* the caller's to drop and free */
};

/*
 * Takes the open ledger over (see ledger.h) and saves the configuration in the
 * directory, which stays open until disk_stop.  To be called before the first
 * socket is opened, by the thread that opens them and starts the others: a disk
 * that does not answer then keeps no port of a killed server open.  NULL:
 * logged.
 */
struct datadir;
struct ledger;
struct disk *disk_start(struct ledger *, const struct datadir *);
void disk_stop(
    struct disk *); /* after all jobs, and what was accepted; NULL fine */

/*
 * Each returns the job's number: 1, 2, 3, ...  store holds references for as
 * long as it needs them; they are dropped in disk_next.
 */
uint64_t disk_store(
    struct disk *, struct record *const *, uint32_t n, uint64_t accepted);
uint64_t disk_truncate(struct disk *, uint64_t size);
uint64_t disk_save(struct disk *, const evote_config *);
uint64_t disk_load(struct disk *, uint64_t from, uint32_t n);
/*
 * So many records are accepted now: to be told at each beat.  That is stored
 * when it has not changed since the last time and nothing else is to be done.
 */
void disk_accept(struct disk *, uint64_t accepted);

/* The number of the oldest job that is not done; 0: all are. */
uint64_t disk_oldest(struct disk *);
/* Gives a disk up that does not answer, like one that failed. */
_Noreturn void disk_die_hung(void);

/*
 * Readable when disk_next has something (and, rarely, when it has been taken
 * already); then 1 with *done, else 0.
 */
int disk_fd(struct disk *);
int disk_next(struct disk *, struct disk_done *done);

#endif
