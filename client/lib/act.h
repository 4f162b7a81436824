#ifndef EVOTE_ACT_H
#define EVOTE_ACT_H

#include "client/lib/handle.h"
#include "client/lib/intent.h"

/*
 * Has it done exactly once, after whatever else was kept.  *end becomes that of
 * an election that is created or extended, see evote_create; may be NULL.
 */
enum evote_outcome act_fulfil(
    struct evote *, const struct intent *, uint64_t *end, evote_answer *);
/*
 * A kept request, as it was sent before, but with another signature or token
 * where the old one is not taken any more; if it is still wanted, under another
 * number where the old one is refused for good.  And the receipt of a
 * vote: what that changes is known once the answer's standing is EVOTE_SERVED.
 */
enum evote_outcome act_settle(struct evote *, struct kept *, int wanted,
    evote_answer *, uint64_t deadline_ms);

#endif
