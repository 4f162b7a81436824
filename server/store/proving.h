#ifndef EVOTE_PROVING_H
#define EVOTE_PROVING_H

#include "server/store/view.h"

/*
 * Whether the records of a ledger, read one after the other, are what a server
 * that starts takes: all there, each what it was, of the cluster that the
 * configuration names, and those that this host has accepted.
 */
struct proving;

/* The claim has to stay. */
struct proving *proving_begin(const struct view_claim *);
/* For view_scan: 0 to go on; -1: the next record is none. */
int proving_row(void *proving, const struct view_row *);
/*
 * After the last: 0 with how many there are; -1: what is wrong with which, and
 * todo, are in err.
 */
int proving_holds(const struct proving *, const char *todo, uint64_t *records,
    char *err, size_t errlen);
void proving_end(struct proving *);

#endif
