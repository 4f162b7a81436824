#ifndef WISH_H
#define WISH_H

#include "client/lib/libevote.h"
#include "client/lib/state.h"

/* What the caller wants done, before it is a request. */
struct wish {
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

/* Whether it casts a vote or ballot, which have a salt. */
int wish_casts(const struct wish *);
/* Whether it is a vote or ballot that must have been kept. */
int wish_is_any(const struct wish *);
/* Whether the outstanding request is the one that is wished for. */
int wish_is(const struct wish *, const struct kept *);
/*
 * Puts it into an empty request, a vote with a salt that hides its choice if it
 * is to be signed; -1: it breaks a limit of the service.
 */
int wish_copy(const struct wish *, struct kept *, int salted);
/* The same of an election that is only shown; freed with XDR. */
int wish_terms_copy(const evote_terms *from, evote_terms *to);
void wish_terms_date(evote_terms *, int relative, uint64_t from);
/* Its spans become times, counted from there. */
void wish_date(const struct wish *, struct kept *, uint64_t from);

#endif
