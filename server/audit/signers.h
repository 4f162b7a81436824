#ifndef EVOTE_SIGNERS_H
#define EVOTE_SIGNERS_H

#include "common/note.h"
#include "server/audit/book.h"

/*
 * Who signs checkpoints, as the records have it.  Pure.
 */

/* The i-th record's key, under its name; -1: that is too long. */
int signers_key(const struct book *, uint32_t i, struct note_key *);
/* Whether that key is to sign checkpoints of so many records. */
int signers_in_force(const struct book *, uint32_t i, uint64_t size);
/* ID+KEY, as in the policy behind the name; "removed" if it is none. */
void signers_text(const struct book *, uint32_t i, char out[NOTE_VKEY]);

#endif
