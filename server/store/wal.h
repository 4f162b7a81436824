#ifndef EVOTE_WAL_H
#define EVOTE_WAL_H

#include <stdint.h>

/*
 * SQLite takes the first frame of a write-ahead log that does not have its
 * checksum for the end (sqlite.org/fileformat2.html, section 4), and drops what
 * stands behind it.  A torn end is that: it was never synced.  But each
 * transaction is synced before the next begins, so two whole ones behind a
 * frame that is wrong were there once: that is damage, and no end (rule 15).
 *
 * Of a log that no process uses: 0, also if there is none; 1, and how many
 * transactions stand behind the frame that is wrong, *frame, counted from 1;
 * -1 with errno.
 */
int wal_damage(const char *path, uint64_t *frame, uint64_t *behind);

#endif
