#ifndef WISH_H
#define WISH_H

#include "client/lib/state.h"

/* What the caller wants done, before it is a request. */
struct wish {
	evote_act_kind kind;
	const char *election;	     /* VOTE, BALLOT */
	const char *choice;	     /* VOTE; NULL: whichever was kept */
	const evote_ranks *ranks;    /* BALLOT */
	const evote_election *shown; /* BALLOT: whose choices are ranked */
	const evote_terms *create;   /* CREATE, OPEN; else NULL */
	int relative;		     /* its end is a span, see libevote.h */
};

/* Whether it is a vote or ballot that must have been kept. */
int wish_is_any(const struct wish *);
/* Whether the outstanding request is the one that is wished for. */
int wish_is(const struct wish *, const struct kept *);
/*
 * Puts it into an empty request, a vote with a salt that hides its choice if it
 * is to be signed; -1: it breaks a limit of the service.
 */
int wish_copy(const struct wish *, struct kept *, int salted);

#endif
