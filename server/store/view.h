#ifndef EVOTE_VIEW_H
#define EVOTE_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "evote.h"

/*
 * A data directory that nobody uses, or a copy of one, looked at.  Nothing in
 * it is changed, and the records are given as they are stored: whoever asks
 * has to judge them.
 */
struct view;

/*
 * NULL: why is in err, one sentence without its full stop.  What is in use by a
 * process is refused, and what SQLite would read short (see wal.h).  A copy
 * needs no lock, key or incarnation: ledger.db is enough, with ledger.db-wal if
 * that is there.  known is the directory that the caller's user knows, todo
 * what he does with a damaged one; it ends the sentences about that.  Both have
 * to stay.
 */
struct view *view_open(const char *path, const char *known, const char *todo,
    char *err, size_t errlen);
void view_close(struct view *); /* NULL is fine */

/* Where the records end, as they are numbered. */
uint64_t view_size(const struct view *);

/* What the directory says of the records beside holding them. */
struct view_claim {
	uint64_t accepted; /* records that are known to be accepted, at least */
	int marked;	   /* it says whose: see mark.h */
	unsigned char mark[32];
	int config;  /* there is one: what follows holds */
	int in_sync; /* this host has what was accepted by then */
	unsigned char cluster[16];
	evote_position end; /* accepted when the configuration was decided */
};
/* 0, or -1 when something there is damaged: why is in err. */
int view_claim(struct view *, struct view_claim *, char *err, size_t errlen);
/* How many records this host has accepted, as far as all of it tells. */
uint64_t view_accepted(const struct view_claim *);

/*
 * All of it into a new file, which is not synced; 0, or -1 with err, also when
 * stop was not 0, which is asked again and again.
 */
int view_export(struct view *, const char *file, int (*stop)(void *), char *err,
    size_t errlen);

/* One record; the bytes are good until the next. */
struct view_row {
	uint64_t seq;
	const unsigned char *leaf, *opening, *hash;
	uint32_t leaf_len, opening_len, hash_len;
};
/*
 * All of them, by rising seq; each() returns 0 to go on.  -1 when the file is
 * damaged so that no more can be read: why is in err.
 */
int view_scan(struct view *, int (*each)(void *arg, const struct view_row *),
    void *arg, char *err, size_t errlen);

#endif
