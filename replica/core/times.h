#ifndef EVOTE_TIMES_H
#define EVOTE_TIMES_H

#include <assert.h>

/*
 * The protocol's times, in milliseconds.  They stand together because they
 * depend on each other; safety depends on none of them.
 */
#define BEAT_MS	   100	/* a host is told something at least so often */
#define QUICK_MS   400	/* silence that is suspicious, with an arbiter */
#define SUSPECT_MS 3000 /* the same without one; an operator may change it */
#define DENY_MS	   300	/* no take-over so soon after the witness heard it */
#define HOLD_MS	   2000 /* requests wait so long for a change of primary */

static_assert(3 * BEAT_MS <= DENY_MS,
    "a living primary is heard by the witness though two of its beats are "
    "late");
static_assert(DENY_MS + BEAT_MS <= QUICK_MS,
    "when a host suspects the primary, the witness has stopped denying: it "
    "would be asked in vain, and again only after a pause");
static_assert(QUICK_MS < SUSPECT_MS && QUICK_MS < HOLD_MS,
    "a request outlasts a take-over that an arbiter decides");

#endif
