#ifndef EVOTE_CHECK_VOTE_H
#define EVOTE_CHECK_VOTE_H

#include "client/commands/check_lines.h"

/*
 * For a voter whom the service does not know any more: whether a vote there,
 * sent from here, is in the ledger, which its receipt proves.  A step; told
 * with *there set, or nothing is said.
 */
int check_vote(struct client *, struct evote *, struct lines *,
    const char *election, int *there);

#endif
