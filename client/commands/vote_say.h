#ifndef EVOTE_VOTE_SAY_H
#define EVOTE_VOTE_SAY_H

#include "client/cmd.h"

/*
 * What a voter is told of a vote: whether it counts, where it is stored, and
 * its receipt, which is asked for here.  Return the exit status.
 */
int vote_outcome_say(struct client *, struct evote *, const char *election,
    enum evote_outcome, const evote_answer *);
/* Nothing came of it, since what has to be known before it is not. */
int vote_unasked_say(
    struct client *, struct evote *, const char *election, enum evote_outcome);

#endif
