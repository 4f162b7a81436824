#ifndef EVOTE_RECEIPT_H
#define EVOTE_RECEIPT_H

#include "common/note.h"

/*
 * A receipt: c2sp.org/tlog-proof, version 1, with a record's leaf in its
 * `extra` line.  It shows that the record has a place in the ledger of which
 * the checkpoint tells; who signed that is for a policy to judge.  Pure.
 */
#define RECEIPT_PATH 64	    /* hashes */
#define RECEIPT_SIZE 300000 /* bytes of a file that is read */
#define RECEIPT_HEAD "c2sp.org/tlog-proof@v1\n"

struct receipt {
	unsigned char *leaf; /* owned */
	size_t leaf_len;
	uint64_t index;
	size_t n; /* hashes of the path */
	unsigned char path[RECEIPT_PATH][SEAL_HASH];
	struct note note; /* points into what was read */
	const char *text; /* the note as it stands there */
	size_t text_len;
};

/* 0, or -1 with what is wrong: "line 3 is not the index". */
int receipt_read(
    struct receipt *, const char *from, size_t len, char *err, size_t errlen);
void receipt_clear(struct receipt *);
/* Whether the leaf has that place in the checkpoint's tree. */
int receipt_fits(const struct receipt *);
/* The file, NUL-terminated, to be freed. */
char *receipt_write(const void *leaf, size_t leaf_len, uint64_t index,
    const void *path, size_t n, const char *note);

#endif
