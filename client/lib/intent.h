#ifndef INTENT_H
#define INTENT_H

#include "client/lib/libevote.h"
#include "client/lib/state.h"

/* What the caller wants done, before it is a request. */
struct intent {
	evote_act_kind kind;
	const char *election;	     /* VOTE, BALLOT */
	const char *choice;	     /* VOTE; NULL: whichever was kept */
	const evote_ranks *ranks;    /* BALLOT */
	const evote_election *shown; /* BALLOT: whose choices are ranked */
	const evote_terms *create;   /* CREATE, OPEN; else NULL */
	uint64_t end;		     /* EXTEND */
	const char *reason;	     /* EXTEND, CANCEL */
	int relative;		     /* EVOTE_END_SPAN and so on */
};

/* Whether it is a vote or ballot that must have been kept. */
int intent_is_any(const struct intent *);
/* Whether the outstanding request is the one that is intended. */
int intent_is(const struct intent *, const struct kept *);
/*
 * Puts it into an empty request, a vote with a salt that hides its choice if it
 * is to be signed; -1: it breaks a limit of the service.
 */
int intent_copy(const struct intent *, struct kept *, int salted);
/* The same of an election that is only shown; freed with XDR. */
int intent_terms_copy(const evote_terms *from, evote_terms *to);
void intent_terms_date(evote_terms *, int relative, uint64_t from);
/* Its spans become times, counted from there. */
void intent_date(const struct intent *, struct kept *, uint64_t from);

#endif
