#ifndef EVOTE_CLIENT_LIFE_H
#define EVOTE_CLIENT_LIFE_H

#include "client/cmd.h"

/* An election's life, as people and programs read it. */

const char *life_phase(evote_phase); /* "planned" */
/* Why no votes are taken then; EVOTE_R_OK: they are. */
evote_reason life_shut(evote_phase);
/* Whether it did open: one that was cancelled before that never does. */
int life_opened(const evote_life_res *);
/* Who did it: the name, or "an operator". */
const char *life_by(const char *name);
/*
 * "opens", "ends" or "ended", "closed" or "was cancelled", by the service's
 * clock; and when.
 */
const char *life_verb(const evote_life_res *, uint64_t now);
uint64_t life_time(const evote_life_res *);
/* The end, with the grace after it. */
uint64_t life_last(const evote_life_res *);

/* A line for each extension, and for a cancellation; none of most elections. */
void life_changes(struct client *, const evote_life_res *);
/* The same as "phase", "extended", "cancelled_by" and "cancelled_for". */
void life_changes_json(cJSON *, const evote_life_res *); /* NULL is fine */
/* With what else there is. */
void life_json(cJSON *, const evote_life_res *); /* NULL is fine */

/*
 * Why nothing can be had of an election that has not opened yet, has a grace,
 * or was cancelled: the answer's reason, with what the service says of it.  A
 * step (cmd.h), which goes on if it is another reason.
 */
int life_refused(struct client *, struct evote *, const char *election,
    const evote_answer *, const char *what);

#endif
