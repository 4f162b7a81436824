#ifndef EVOTE_STAGE_H
#define EVOTE_STAGE_H

#include "server/election/voters.h"

/*
 * A change of the roll that is carried out whole or not at all: its rows are
 * staged, which nobody sees, and one commit makes them hold.  evote.x has the
 * rules.  A part of the election's state.  Pure.
 */
enum stage_state { STAGE_OPEN, STAGE_COMMITTED, STAGE_DROPPED };

/* By how many a group grows. */
struct growth {
	UT_hash_handle hh;
	struct group *group;
	int64_t n;
};

struct stage {
	enum stage_state state;
	int final; /* that cannot be undone */
	uint32_t rows;
	uint64_t begun;	       /* the record of its first row */
	uint64_t changes;      /* the roll's version then */
	struct growth *growth; /* by group */
};

/* The one that is open, or 0. */
uint32_t stage_open(const struct voters *);
const struct stage *stage_of(const struct voters *, uint32_t number);
/*
 * Begins the next, with that record; what was open is dropped, and returned for
 * the undo.
 */
uint32_t stage_begin(struct voters *, uint64_t seq);
void stage_begin_undo(struct voters *, uint32_t dropped);
void stage_begin_discard_undo(struct voters *, uint32_t dropped);
/* One row of the open one, for a voter of whom it has none yet. */
void stage_row(
    struct voters *, const evote_row *, uint64_t time, struct enrolment *old);
void stage_row_undo(struct voters *, const struct enrolment *old);
void stage_commit(struct voters *);
void stage_commit_undo(struct voters *);
void stage_commit_discard_undo(struct voters *, uint32_t number);

void stages_clear(struct voters *);
void stages_mix(const struct voters *, unsigned char h[SEAL_HASH]);
/* What the open one has of him. */
void stage_mix(
    const struct voters *, const struct voter *, unsigned char h[SEAL_HASH]);

#endif
