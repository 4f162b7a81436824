#ifndef EVOTE_PLACES_H
#define EVOTE_PLACES_H

#include "client/cmd.h"

/*
 * Where files are that options name.  A ~ in front is the home directory, as
 * the shell has it: a configuration file, and the environment of a unit, know
 * no shell.
 */

/* Of all options that name one, before any is used. */
void places_resolve(struct client *);
void places_clear(struct client *);
/* A step; the list is the packages' when none is given. */
int places_hosts(struct client *);

#endif
