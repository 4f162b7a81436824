#ifndef EVOTE_ROUTE_H
#define EVOTE_ROUTE_H

#include <rpc/rpc.h>
#include <stdint.h>

#include "client/lib/endpoint.h"
#include "common/hosts.h"
#include "evote.h"

/*
 * The way to the host that serves.  Knows hosts, ports, connections and time;
 * nothing of voters, files, or what an answer means beyond its standing.
 *
 * Every step is bounded: looking up and connecting by a second, a call by
 * three, the whole by the caller's deadline.  A new connection is greeted with
 * STATUS, since connecting to a stopped host succeeds and only an answer tells.
 * A host that owes an answer for long is asked for a sign of life meanwhile,
 * on another connection: a slow one is waited for, a silent one is left.
 */
struct route;

/*
 * Told of each greeting that was answered; NULL: the host was not greeted, for
 * it has shown another pin.  Returns 0, or -1 to end the search: then whatever
 * the route was asked for ends with ROUTE_STOPPED.
 */
typedef int route_greeted(
    void *arg, const char *host, const evote_status_res *);

enum route_end {
	ROUTE_SERVED,  /* found, or answered with EVOTE_SERVED */
	ROUTE_NONE,    /* no host answered before the deadline */
	ROUTE_BEHIND,  /* all hosts know less than the caller has seen */
	ROUTE_STOPPED, /* by greeted */
	ROUTE_OLDER,   /* it does not know the procedure */
	ROUTE_BROKEN,  /* the arguments cannot be encoded: nothing was sent */
	ROUTE_TOO_WEAK /* a host demands TLS, see route_why: nothing was done */
};

/* Both the list and arg must outlive it.  greeted may be NULL. */
struct route *route_new(const struct hosts *, route_greeted *, void *arg);
void route_free(struct route *); /* NULL is fine */

/* From now on, see struct endpoints; pin "": none is known. */
void route_secure(struct route *, int plain, const char *pin);
const struct endpoints *route_endpoints(const struct route *);

/* Tries this host first; port 0: as listed, or ask its portmapper. */
void route_prefer(struct route *, int host, int port);
/* The connected host and its port, or the one that served last; -1: none. */
int route_host(const struct route *, int *port);
/*
 * Why each host that was tried failed, or "".  A host keeps one reason: a step
 * that ended early because others had used up the time is not to blame.
 */
const char *route_why(struct route *);

/* Connects to the host that serves. */
enum route_end route_find(struct route *, uint64_t deadline_ms);
/* The connection, which is the caller's from now on; NULL: none. */
CLIENT *route_take(struct route *);
/* Greets the connected host again; 0, or -1 when it did not answer. */
int route_greet(struct route *, uint64_t deadline_ms, enum route_end *);

/* No answer yet: a zeroed one would say that it was served. */
void route_unanswered(evote_answer *);

/* A procedure of EVOTE whose result begins with an evote_answer. */
struct procedure {
	rpcproc_t number;
	xdrproc_t xargs, xres;
	size_t size; /* of the result */
};
/*
 * Calls until a host answers with EVOTE_SERVED; *sends counts the times the
 * call may have reached a host.  res is zeroed first, and holds the last answer
 * if any came, else the standing EVOTE_NOT_SERVING; the caller frees it.
 */
enum route_end route_call(struct route *, const struct procedure *, void *args,
    void *res, uint64_t deadline_ms, unsigned *sends);

/* When the last greeting that was answered was sent, and answered. */
struct endpoint_span route_greeting(const struct route *);

/* Asks all hosts for their status at once; route_status tells of each, once. */
void route_ask_all(struct route *, uint64_t deadline_ms);
/* Asks one host for its status, on a connection of its own; 0 or -1. */
int route_status(
    struct route *, int host, uint64_t deadline_ms, evote_status_res *);

#endif
