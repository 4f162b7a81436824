#ifndef ROUNDUP_H
#define ROUNDUP_H

#include "client/lib/endpoint.h"

/*
 * The status of all hosts at once, each asked by a thread that has a way of its
 * own to that host: silent ones cost the time of one.  Nothing is judged here.
 */
struct roundup;

/* Returns when all have answered or failed, in time; NULL: no memory. */
struct roundup *roundup_ask(const struct endpoints *, uint64_t deadline_ms);
void roundup_free(struct roundup *); /* NULL is fine */
/*
 * What came of one host, once: 1, with *rc and *res as of endpoint_status, and
 * with what that leaves in the endpoints.  0: it has to be asked, as it was not
 * or as TLS is expected of it by now that was not then.
 */
int roundup_take(struct roundup *, struct endpoints *, int host, int *rc,
    evote_status_res *res);

#endif
