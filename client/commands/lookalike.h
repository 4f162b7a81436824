#ifndef EVOTE_LOOKALIKE_H
#define EVOTE_LOOKALIKE_H

#include "client/cmd.h"

/*
 * What there is already that looks like what `create` is to make.  Both are
 * steps.
 */

/* Names the groups of the roll that are like one of the election's others. */
int lookalike_groups(struct client *, const evote_election *, int dry);
/*
 * Names the elections whose name is like that one.  Where one that is not over
 * looks the same, it goes on only if somebody is asked later, or with `yes` or
 * `dry`.  NULL: the operators' socket tells.
 */
int lookalike_elections(
    struct client *, struct evote *, const char *name, int dry, int yes);

#endif
