#ifndef EVOTE_DUE_H
#define EVOTE_DUE_H

#include "server/election/polls.h"

/*
 * The elections that wait for the clock: a planned one for its start, an open
 * one for its end.  Below polls.c and life.c.
 */

void due_add(struct polls *, struct poll *);
/* Before its time changes; it is there. */
void due_remove(struct polls *, const struct poll *);

#endif
