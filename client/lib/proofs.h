#ifndef PROOFS_H
#define PROOFS_H

#include "client/lib/handle.h"
#include "common/note.h"

/*
 * What the service signs, asked for and verified: a checkpoint bears the log
 * key's signature, which the keyring must know, and continues the last one that
 * was seen from here, whichever host shows it.  What does not is kept as
 * evidence, both notes, and ends in EVOTE_CHANGED.
 */

/* A checkpoint that was verified. */
struct checkpoint {
	char *text;
	struct note note; /* points into it */
	char *extension;  /* the proof that it continues another, or NULL */
};
void checkpoint_clear(struct checkpoint *);

/* Whether the service's log key has signed it, under the service's name. */
int proofs_signed(const struct evote *, const struct note *);

/* One question, until the service answers it with more than "later". */
struct question {
	rpcproc_t number;
	void *args;
	evote_seen *seen; /* in the arguments, as are the two below */
	u_quad_t *since;
	uint64_t since_size; /* 0: the last that was seen */
	uint64_t least;	     /* so many records the checkpoint has to have */
	void *res;
	xdrproc_t xres;
	const evote_answer *answer; /* in the result, as are the two below */
	const evote_note *note;	    /* NULL: it is not looked at */
	const evote_path *path;
};
/*
 * EVOTE_ANSWERED with code 0, or with one that means that there is no such
 * record.  A checkpoint that goes on from another size than the last one seen
 * is not kept: that is for the caller.  The caller frees the result.
 */
enum evote_outcome proofs_ask(struct evote *, const struct question *,
    uint64_t deadline_ms, struct checkpoint *);

/*
 * A record's place in the newest checkpoint, shown by a path.  before: a note
 * that had the record, to be kept as evidence if this one has not; or NULL.
 */
enum evote_outcome proofs_prove(struct evote *, uint64_t seq, const void *leaf,
    size_t len, const char *before, uint64_t deadline_ms, struct checkpoint *,
    evote_prove_res *);
/* Whether that path leads there; if not, EVOTE_CHANGED. */
enum evote_outcome proofs_included(struct evote *, const void *leaf, size_t len,
    uint64_t seq, const evote_path *, const struct checkpoint *,
    const char *before);
/* What is signed is not true: keeps notes as evidence, see evidence_notes. */
enum evote_outcome proofs_broken(
    struct evote *, const char *what, const char *before, const char *now);

#endif
