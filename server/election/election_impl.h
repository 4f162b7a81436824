#ifndef EVOTE_ELECTION_IMPL_H
#define EVOTE_ELECTION_IMPL_H

#include "server/election/chronicle.h"
#include "server/election/election.h"
#include "server/election/keys.h"
#include "server/election/polls.h"
#include "server/election/settings.h"
#include "server/election/stage.h"
#include "server/election/voters.h"

/*
 * The election's state and the doors between its files.  An operation is first
 * judged, which changes nothing, and then takes effect, which cannot fail and
 * leaves behind what undoes it.  Executing makes the record in between,
 * replaying starts from one: both go through the same two doors.
 *
 * The voters (voters.c), the polls (polls.c) the hosts' keys (keys.c) and the
 * chronicle (chronicle.c) know nothing of the rest.
 */
struct effect;

struct election_state {
	struct voters voters;
	struct polls polls;
	struct keys keys;
	struct chronicle chronicle;
	evote_settings settings;
	evote_genesis *genesis;
	uint64_t forced_epoch;
	uint64_t size;
	uint64_t epoch, time;	/* of the last record */
	uint64_t undo_from;	/* records before it cannot be undone */
	struct effect *effects; /* of the others, oldest first */
};

/* What is to become of an operation; the pointers are into the state. */
struct verdict {
	int recorded;
	struct outcome out;
	struct voter *voter;	 /* who asked, also of a REFUSED one; NULL:
				 an operator, or the clock */
	struct client client;	 /* and his entry in the client table */
	struct poll *poll;	 /* START, EXTEND, CANCEL, VOTE, ..., CLOSE */
	evote_settings settings; /* SETTINGS: as they will be; borrowed */
	uint32_t choice;	 /* VOTE */
	uint64_t tracker;	 /* VOTE, for a tally sheet */
	evote_ranks ranks;	 /* BALLOT: borrows those of its opening */
	evote_voter *fresh;	 /* REGISTER: whom to add, out.added of them;
				 malloc'd, the caller frees the list */
	unsigned char replaces[16]; /* HOST */
	uint32_t stage;		    /* STAGE: its number */
};

/* judge_roll.c, for judge.c; the verdict is all zero before */

/* An answer that leaves no trace. */
void verdict_answer(struct verdict *, int code, evote_reason);
/* An answer that becomes a record: what was asked, or its refusal. */
void verdict_record(struct verdict *, int code, evote_reason);
/* The same, unless no state can know that name, which is ill-formed. */
void verdict_unknown(
    struct verdict *, int code, evote_reason, const char *name);
int names_valid(const struct op *, const evote_name *, uint32_t n);
/* What operators ask. */
void judge_operator(
    const struct election_state *, const struct op *, struct verdict *);

/* judge_life.c, for judge.c */

/* START, CLOSE. */
void judge_due(const struct election_state *, const struct op *, uint64_t time,
    struct verdict *);
/* CREATE, OPEN, EXTEND, CANCEL. */
void judge_life(const struct election_state *, const struct op *, uint64_t time,
    struct verdict *);
void judge_settings(
    const struct election_state *, const struct op *, struct verdict *);

/* judge.c */

void judge_op(const struct election_state *, const struct op *, uint64_t time,
    struct verdict *);
/*
 * A record of a refusal keeps only the hash of what was refused: it cannot be
 * executed again, but it must fit the voter and be due.
 */
void judge_refusal(
    const struct election_state *, const evote_leaf *, struct verdict *);

/* effect.c */

/* Makes the leaf the last record; the verdict is the one on it. */
void effect_apply(
    struct election_state *, const evote_leaf *, const struct verdict *);
/* Takes the last record back, which can be undone. */
void effect_undo(struct election_state *);
/* The oldest record that can be undone will never be. */
void effect_discard_undo(struct election_state *);

#endif
