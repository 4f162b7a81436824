#ifndef TRUST_H
#define TRUST_H

#include "client/lib/libevote.h"

/*
 * Whether the service is what it was: the cluster it was pinned to when first
 * met, and the furthest state any answer has shown.  What contradicts that is
 * kept as evidence.  Also how far its clock is from ours.
 */

/* Forgets the last call's problem, and learns what other processes saw. */
enum evote_outcome trust_begin(struct evote *);
/* A host says who it is: a route_greeted; arg is the struct evote. */
int trust_greeted(void *arg, const char *host, const evote_status_res *);
/* A host shows another pin: it was not greeted. */
enum evote_outcome trust_other(struct evote *, int host);
/* Compares what stands behind the answer of the host that served. */
enum evote_outcome trust_served(
    struct evote *, const evote_stamp *, uint64_t deadline_ms);
/*
 * The same of a host that was asked for its status and says that it serves; it
 * was greeted.  That is its own word, which no other host has confirmed: see
 * trust_doubts.
 */
enum evote_outcome trust_shown(
    struct evote *, int host, const evote_status_res *);
/*
 * It knows less than was seen: perhaps it was replaced a moment ago, and says
 * so when it is asked again.
 */
int trust_doubts(const struct evote *, const evote_status_res *);
/* No host is as far as what was seen; this is the last one's. */
enum evote_outcome trust_behind(struct evote *, const evote_stamp *last);

#endif
