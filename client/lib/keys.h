#ifndef KEYS_H
#define KEYS_H

#include "client/lib/proofs.h"

/*
 * The service's keys: the log key as it was first met, and the hosts' keys by
 * records in the ledger, each proved to be there.  That no record was left out
 * is the service's word; only an audit of the ledger shows it.  Both are kept.
 */

/* Sees to it that the log key is known, and begins a proof. */
enum evote_outcome keys_begin(
    struct evote *, uint64_t deadline_ms, struct evote_proof *);
/* Asks for records that are not known yet. */
enum evote_outcome keys_fetch(struct evote *, uint64_t deadline_ms);
/*
 * Who has signed: the policy of the checkpoint's size, the verdict, size and
 * root.  Asks for new keys when there are signatures that it cannot place, or
 * too few that it can, or when a host may have joined since; not with
 * deadline_ms 0.
 */
enum evote_outcome keys_judge(struct evote *, const struct note *,
    uint64_t deadline_ms, struct evote_proof *);

#endif
