#ifndef EVOTE_PLACES_H
#define EVOTE_PLACES_H

#include "client/cmd.h"

/*
 * Where the voter's key and the list of hosts are.  A ~ in front is the home
 * directory, as the shell has it: a configuration file knows no shell.
 */
void places_key(struct client *);
/* A step; the list is the packages' when none is given. */
int places_hosts(struct client *);

#endif
