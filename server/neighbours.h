#ifndef EVOTE_NEIGHBOURS_H
#define EVOTE_NEIGHBOURS_H

#include "common/hosts.h"
#include "common/rpc/transport.h"

/*
 * Tells the transport from which addresses the other hosts may call, as the
 * hosts list has them.  Names are looked up at the start and every minute;
 * nobody waits for that.
 */
struct neighbours;

/* The list has to stay.  NULL without memory. */
struct neighbours *neighbours_new(
    const struct hosts *, int self, struct transport *, uint64_t now_ms);
void neighbours_free(struct neighbours *); /* NULL is fine */
/* To be called now and then. */
void neighbours_run(struct neighbours *, uint64_t now_ms);

#endif
