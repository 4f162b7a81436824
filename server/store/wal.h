#ifndef EVOTE_WAL_H
#define EVOTE_WAL_H

#include <stdint.h>

/*
 * SQLite takes the first frame of a write-ahead log that does not have its
 * checksum for the end (sqlite.org/fileformat2.html, section 4), and drops what
 * stands behind it; with a header that is wrong it drops all.  A torn end is
 * that: it was never synced.  But the header is synced before the first frame,
 * and each transaction before the next begins.  So two whole ones that follow
 * one another behind what is wrong were there once: that is damage, and no end
 * (rule 15).
 *
 * Of a log that no process uses, or a copy: 0, also if there is none; 1: it is
 * damaged; -1: it cannot be read.  Then why is half a sentence.
 */
#define WAL_WHY 160
int wal_look(const char *path, char why[WAL_WHY]);
/*
 * The same: the frame that is wrong, counted from 1, or 0 for the header, and
 * the most transactions that follow one another behind it; -1 with errno.
 */
int wal_damage(const char *path, uint64_t *frame, uint64_t *behind);

#endif
