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

/* What follows starts again, or is told of, after so long. */
#define LEVEL_MS      500   /* a joiner that is nearly level is waited for, */
#define AGAIN_MS      2000  /* and after that not: no more than that often */
#define HAND_MS	      1000  /* draining before a hand-over */
#define ARBITER_MS    2000  /* for a new arbiter, and the old one, to answer */
#define BEHIND_MS     1000  /* one that lost what it granted is asked again */
#define RENEW_MS      1000  /* between two renewals */
#define STUCK_MS      2000  /* who waits longer is told of, by log and status */
#define STRANGER_MS   10000 /* who was refused is told of for so long */
#define GIVEN_UP_MS   60000 /* an operator's order that was given up */
#define RETURN_MS     2000  /* a replaced process counts as back once more */
#define UNANSWERED_MS 30000 /* on a link: more than a disk may hang */

#define COPY_RETURNS 3 /* so often only one of two copies does */

/* Counted in beats. */
#define HEARD_BEATS  3	/* who was heard since is there */
#define AWAY_BEATS   10 /* an arbiter silent for longer is away */
#define SILENT_BEATS 5	/* a link is made anew so long after suspicion */
/*
 * A host that does not lead says HELLO to the others every ASK_BEATS, but to a
 * primary that it does not doubt only every SURE_BEATS.
 */
#define ASK_BEATS  5
#define SURE_BEATS 50

static_assert(3 * BEAT_MS <= DENY_MS,
    "a living primary is heard by the witness though two of its beats are "
    "late");
static_assert(DENY_MS + BEAT_MS <= QUICK_MS,
    "when a host suspects the primary, the witness has stopped denying: it "
    "would be asked in vain, and again only after a pause");
static_assert(QUICK_MS < SUSPECT_MS && QUICK_MS < HOLD_MS,
    "a request outlasts a take-over that an arbiter decides");
static_assert(
    HAND_MS < HOLD_MS, "a request outlasts a hand-over that comes to nothing");
static_assert(LEVEL_MS < STUCK_MS && HAND_MS < STUCK_MS,
    "what is ordinary is not told of");
static_assert(ASK_BEATS * BEAT_MS < RETURN_MS,
    "between two returns of one copy the other one is asked and answers");
static_assert(SUSPECT_MS < (COPY_RETURNS - 1) * RETURN_MS,
    "what was held up for as long as a host may be silent is no copy's");
static_assert(ASK_BEATS * BEAT_MS < SUSPECT_MS,
    "a host that is well is asked before it is suspected");

#endif
