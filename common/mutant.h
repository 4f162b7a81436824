#ifndef EVOTE_MUTANT_H
#define EVOTE_MUTANT_H

/*
 * One rule broken each, to test the tests: 0, and so no code at all, unless it
 * is compiled with -DBUG_NAME=1.  tests/sim/mutants does that with each in
 * turn, and the simulator must notice.  docs/PROTOCOL.md has the rules.
 */

#ifndef BUG_SERVE_OWN_TAIL /* 1: after a start all that is there counts */
#define BUG_SERVE_OWN_TAIL 0
#endif
#ifndef BUG_SAME_EPOCH /* 1: a primary that restarts goes on in its epoch */
#define BUG_SAME_EPOCH 0
#endif
#ifndef BUG_NO_BARRIER /* 6: serve before the first record is accepted */
#define BUG_NO_BARRIER 0
#endif
#ifndef BUG_REUSE_CONFIRMATION /* 10: one that was asked for before */
#define BUG_REUSE_CONFIRMATION 0
#endif
#ifndef BUG_READ_UNCONFIRMED /* 10 */
#define BUG_READ_UNCONFIRMED 0
#endif
#ifndef BUG_ACK_BEFORE_SYNC /* 4 */
#define BUG_ACK_BEFORE_SYNC 0
#endif
#ifndef BUG_TAKE_OVER_OUTSIDE /* 7: a joiner takes over */
#define BUG_TAKE_OVER_OUTSIDE 0
#endif
#ifndef BUG_ALONE_BEFORE_CAS /* 8 */
#define BUG_ALONE_BEFORE_CAS 0
#endif
#ifndef BUG_KEEP_LONGER_TAIL /* 9: a joiner does not cut */
#define BUG_KEEP_LONGER_TAIL 0
#endif
#ifndef BUG_LEVEL_BY_LENGTH /* 3, 9: records are compared by place only */
#define BUG_LEVEL_BY_LENGTH 0
#endif
#ifndef BUG_EARLIER_SESSION_ACK /* 4: what was said in an earlier epoch */
#define BUG_EARLIER_SESSION_ACK 0
#endif
#ifndef BUG_KEEP_IDENTITY /* K: a wiped disk is the incarnation it was */
#define BUG_KEEP_IDENTITY 0
#endif
#ifndef BUG_COPY_STARTS /* K: the copy of another host's directory serves */
#define BUG_COPY_STARTS 0
#endif
#ifndef BUG_COPY_MEETS /* K: whoever has this host's incarnation is a peer */
#define BUG_COPY_MEETS 0
#endif
#ifndef BUG_FORGET_CLIENTS /* 12 */
#define BUG_FORGET_CLIENTS 0
#endif
#ifndef BUG_SERVE_ALONE_AT_RESTART /* with a peer in the set */
#define BUG_SERVE_ALONE_AT_RESTART 0
#endif
#ifndef BUG_JOINER_RECORDS_FIRST /* 9: the grown set, before the primary */
#define BUG_JOINER_RECORDS_FIRST 0
#endif
#ifndef BUG_HAND_OVER_EARLY /* 11: the next one begins before this one ends */
#define BUG_HAND_OVER_EARLY 0
#endif

#ifndef BUG_LEFT_OUT_UNASKED /* 17: a host that may still take over */
#define BUG_LEFT_OUT_UNASKED 0
#endif
#ifndef BUG_UNASKED_RETURN /* 17: back in the set without asking */
#define BUG_UNASKED_RETURN 0
#endif
#ifndef BUG_LATE_GREETING /* 17: one that was overtaken counts */
#define BUG_LATE_GREETING 0
#endif
#ifndef BUG_NUMBER_BY_OWN_LIST /* K: numbers are the places in own lists */
#define BUG_NUMBER_BY_OWN_LIST 0
#endif
#ifndef BUG_REMOVE_AT_ONCE /* 18: who is removed need not have halted */
#define BUG_REMOVE_AT_ONCE 0
#endif

/*
 * Roots are compared wherever records change hands, which turns a mistake in
 * these two into a halt.  The rule itself is to be seen to matter.
 */
#define ROOTS_IGNORED (BUG_KEEP_LONGER_TAIL || BUG_LEVEL_BY_LENGTH)

#endif
