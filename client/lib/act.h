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
/* Who wants a request that was kept. */
enum wanted {
	WANTED_NOT,  /* it is only in the way of another one */
	WANTED_KEPT, /* whatever it says, which nobody has said again */
	WANTED_NAMED /* what it says is what the caller says now */
};
/*
 * A kept request, as it was sent before; if it is still wanted, under another
 * number where the old one is refused for good.  And the receipt of a vote:
 * what that changes is known once the answer's standing is EVOTE_SERVED.
 */
enum evote_outcome act_settle(struct evote *, struct kept *, enum wanted,
    evote_answer *, uint64_t deadline_ms);

#endif
