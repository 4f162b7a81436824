#ifndef EVOTE_DATADIR_H
#define EVOTE_DATADIR_H

#include <stdint.h>

#include "evote.h"

#define EXIT_DISK 3 /* the status of a process that its disk failed: rule 15 */

/*
 * The data directory of one host:
 *
 *	lock		held (flock) while a process uses the directory
 *	cluster.key	32 random bytes in base64, mode 0600; equal on all hosts
 *	incarnation	hexadecimal; drawn when the directory was formatted
 *	host.key	the seed of this host's own key, see host_key.h; drawn
 *			then too, or at the first start after an older version
 *	config		the configuration: "evote config 2" and a line's end,
 *			then XDR of evote_config; see slots.h
 *	ledger.db	see ledger.h; with ledger.db-wal while it is in use
 *	aside/		tails cut off at joining, kept for people to look at
 *
 * Files are made whole: written beside, synced, renamed, directory synced.  But
 * the disk's thread alone writes the ledger, and later configurations (in
 * place, one slot or the other).  A witness's directory has lock, cluster.key,
 * incarnation and config.
 */
struct datadir {
	char *path;
	int lock_fd;
	int config_fd; /* kept: when the configuration is stored, there may be
			  no other */
	unsigned char key[32];
	unsigned char incarnation[16];
	unsigned char host_key[32]; /* the seed */
	int host_key_late;   /* it was not there before, as in older versions */
	int fresh;	     /* formatted just now: joins */
	evote_config config; /* as read at opening */
};

/*
 * Makes a new cluster in path (created if missing; must be empty): key,
 * cluster id, incarnation, own key, a configuration of epoch 0 with this
 * incarnation alone in sync (named ""), and a ledger with its genesis record.
 * 0, or -1 with err.
 */
int datadir_init(
    const char *path, const char *origin, char *err, size_t errlen);
/*
 * A directory (created if missing; must be empty) for a host that joins with a
 * ledger that `fill` makes, as in format.h, and a configuration in which the
 * new incarnation has no part.
 */
int datadir_restore(const char *path, const char *key_path,
    const evote_config *,
    int (*fill)(const char *file, const void *arg, char *err, size_t errlen),
    const void *arg, char *err, size_t errlen);

/* 0, or -1: it is no cluster's key, with err. */
int datadir_key(
    const char *file, unsigned char key[32], char *err, size_t errlen);

/*
 * Opens and locks.  An empty directory is formatted when key_path is given:
 * the key is copied in, a new incarnation and an own key are drawn, the
 * configuration is all zero.  With key_path and a directory in use both keys
 * must be equal.  Errors name the file and what to do: not there, empty without
 * a key, in use by another process (its pid), damaged, unknown version.
 */
int datadir_open(struct datadir *, const char *path, const char *key_path,
    char *err, size_t errlen);
void datadir_close(struct datadir *);
/* Durable when it returns 0; -1 is logged.  For one thread at a time. */
int datadir_save_config(const struct datadir *, const evote_config *);

#endif
