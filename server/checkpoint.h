#ifndef EVOTE_CHECKPOINT_H
#define EVOTE_CHECKPOINT_H

#include "replica/core/core.h"
#include "server/server.h"

/*
 * Checkpoints of what is accepted, signed with the log's key, this host's and
 * the other ones' in sync.  One is made while somebody wants one, at
 * most one every 50 ms, whatever is asked.  It is published when all in sync
 * have signed, or with what there is after half a second.  No vote ever waits
 * for one.
 */
struct checkpoint {
	uint64_t number; /* rising; 0: none was published yet */
	uint64_t size;
	uint64_t epoch;
	uint64_t begun_ms;
	int whole; /* signed by all that were in sync, in that epoch */
	evote_note note;
};

struct checkpoints *checkpoints_new(void);
void checkpoints_free(struct checkpoints *); /* NULL is fine */

/* The latest one; borrowed until the next turn. */
const struct checkpoint *checkpoint_latest(const struct server *);
/* An earlier one of so many records, if it is among the last few; or NULL. */
const struct checkpoint *checkpoint_of(const struct server *, uint64_t size);
/*
 * The number of the last one that was begun: those with higher numbers will
 * have been made from now on.
 */
uint64_t checkpoint_begun(const struct server *);
/*
 * Each turn: publishes what has waited for signatures long enough, and begins
 * the next one when somebody wants it and it is time.
 */
void checkpoint_run(struct server *, int wanted);
/* How soon that has to be called again; -1: not before something happens. */
int checkpoint_wait_ms(const struct server *);
/* A host in sync was asked by core_cosign, and answers. */
void checkpoint_cosigned(struct server *, const evote_signed_by *);

#endif
