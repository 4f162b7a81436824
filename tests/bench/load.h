#ifndef EVOTE_BENCH_LOAD_H
#define EVOTE_BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/*
 * What is sent to a system, and when it is answered: made before the clock
 * runs, so that driving costs about the same whoever is driven.
 */
struct requests {
	unsigned char *bytes; /* one after the other */
	size_t *at;	      /* n + 1 places */
	size_t n;
	size_t each; /* a connection's turn: so many, one after the other */
	int again; /* sent anew when all have been: nothing depends on which */
	/* The bytes of a whole answer at the front, 0: not all there yet. */
	size_t (*answered)(const unsigned char *, size_t len);
	/* 1: it says that this was done. */
	int (*good)(const unsigned char *, size_t len);
};

struct load_options {
	/*
	 * evote-token, -signed, -login, -preauth; evote-receipt: as -token,
	 * and each vote's receipt; null, floor, redis-wait; handshake:
	 * connections only
	 */
	const char *system;
	enum wire_kind kind;
	const char *host;
	int port;
	int connections;
	double seconds;
	/* evote-*: voters v0001, v0002, ... on the roll, all with this key. */
	const char *hosts, *key, *state;
	unsigned voters, elections;
	const char *run;    /* part of the elections' names, new each time */
	const char *cpu_of; /* pids, by commas, whose time is read */
	int idle;	    /* further connections, open and silent */
	const char *began;  /* file that is made when the loop begins */
};

/* Prints why and exits when they cannot be made. */
void evote_requests(const struct load_options *, struct requests *);
void null_requests(struct requests *);

/* Room for the next request, of at most len bytes; trimmed by what was used. */
unsigned char *requests_room(struct requests *, size_t len);
void requests_add(struct requests *, size_t used);

#endif
