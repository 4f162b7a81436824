#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "client/lib/libevote.h"

/*
 * The way to one host, a step at a time, each with some seconds of its own:
 * for whoever has to find out why a host is not reached.  Changes nothing.
 */
enum explain_stage {
	EXPLAIN_NAME,	    /* its name has an address */
	EXPLAIN_PORTMAPPER, /* which knows the server's port */
	EXPLAIN_PORT,	    /* it accepts connections */
	EXPLAIN_ANSWER,	    /* the server answers */
	EXPLAIN_TLS,	    /* and is who it should be */
	EXPLAIN_VERSION,    /* in the language of this client */
	EXPLAIN_CLOCK,	    /* its clock and this machine's agree */
	EXPLAIN_NR
};

enum explain_state {
	EXPLAIN_SKIPPED, /* not needed, or not reached */
	EXPLAIN_OK,
	EXPLAIN_FAILED
};

struct explain_step {
	enum explain_state state;
	char text[400]; /* what was found, "" when not reached */
};

struct explain {
	struct explain_step steps[EXPLAIN_NR];
	int failed;	  /* the first stage that did, -1: none */
	const char *todo; /* then what to do, one or two sentences */
	int theirs;	  /* it is for the operators to do, not for a voter */
};

void explain_host(const struct evote *, int host, struct explain *);

const char *explain_stage_name(enum explain_stage);
const char *explain_state_name(enum explain_state);

#endif
