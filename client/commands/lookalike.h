#ifndef EVOTE_LOOKALIKE_H
#define EVOTE_LOOKALIKE_H

#include "client/cmd.h"

/*
 * What there is already that looks like what `create` is to make.  A step: it
 * names the groups of the roll that are like one of the election, and not among
 * its own.
 */
int lookalike_groups(struct client *, const evote_election *, int dry);

#endif
