#ifndef EVOTE_AWAIT_H
#define EVOTE_AWAIT_H

#include "client/cmd.h"

/*
 * What an operator orders has only begun when the order is answered: this
 * waits until the host itself shows that it is done.
 */
struct await {
	/* Whether it is, as this STATUS of the host behind --admin shows it. */
	int (*done)(const evote_status_res *, const struct await *);
	uint64_t epoch;	   /* of the configuration in which it was begun */
	const char *what;  /* the host, or the arbiter */
	const char *needs; /* a sentence about what it waits for, or NULL */
	evote_alarm_kind alarm; /* that says what it waits for */
};

/*
 * -1 when it is done in time (--timeout, or 10 s); else the exit status, told
 * as "NOT_YET yet. ...", with what to do next.  Once the host has given it up,
 * the host's alarm of that is told.
 */
int await(struct client *, const struct await *, const char *not_yet);

#endif
