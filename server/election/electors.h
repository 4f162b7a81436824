#ifndef EVOTE_ELECTORS_H
#define EVOTE_ELECTORS_H

#include "server/election/polls.h"

/*
 * Who may vote in an election: whoever is in one of its groups at that time, or
 * (EVOTE_OPTION_FREEZE) was when it opened.  And who has.  Below polls.c.
 */

/* Whether his group may vote, or he was of those for whom that is fixed. */
int poll_admits(const struct poll *, const struct voter *);
/* Whether he may although he has left the roll. */
int poll_keeps(const struct poll *, const struct voter *);
/* The same of any election; of any that is open. */
int polls_keep(const struct polls *, const struct voter *);
int polls_keep_open(const struct polls *, const struct voter *);
/* Whether the group (NULL: none) is one of them. */
int poll_has_group(const struct poll *, const struct group *);
/*
 * The place in the election's list of the group as which he votes, or the
 * length of the list.
 */
uint32_t poll_place(const struct poll *, const struct voter *);
int poll_has_voted(const struct poll *, const struct voter *);
/* Fixes who may vote. */
void poll_freeze(struct poll *, struct voters *);
void poll_freeze_undo(struct poll *);
void electors_mix(const struct poll *, unsigned char h[SEAL_HASH]);

#endif
