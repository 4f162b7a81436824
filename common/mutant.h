#ifndef EVOTE_MUTANT_H
#define EVOTE_MUTANT_H

/*
 * Each mutation breaks one rule of docs/PROTOCOL.md, to test the tests.  Its
 * comment names the rule, or the section when the rule has no number.  All are
 * 0, and so no code at all, unless compiled with -DBUG_NAME=1.
 * tests/sim/mutants does that with each in turn, and the simulator must notice.
 */

#ifndef BUG_SERVE_OWN_TAIL /* 1: after a start all records count */
#define BUG_SERVE_OWN_TAIL 0
#endif
#ifndef BUG_SAME_EPOCH /* 1: a primary that restarts keeps its epoch */
#define BUG_SAME_EPOCH 0
#endif
#ifndef BUG_NO_BARRIER /* 6: serve before the EPOCH record is accepted */
#define BUG_NO_BARRIER 0
#endif
#ifndef BUG_REUSE_CONFIRMATION /* 10: by a round begun before */
#define BUG_REUSE_CONFIRMATION 0
#endif
#ifndef BUG_READ_UNCONFIRMED /* 10: answer without confirmation */
#define BUG_READ_UNCONFIRMED 0
#endif
#ifndef BUG_ACK_BEFORE_SYNC /* 4: acknowledge what is not synced */
#define BUG_ACK_BEFORE_SYNC 0
#endif
#ifndef BUG_TAKE_OVER_OUTSIDE /* 7: a joiner takes over */
#define BUG_TAKE_OVER_OUTSIDE 0
#endif
#ifndef BUG_ALONE_BEFORE_CAS /* 8: do not count a host that is away */
#define BUG_ALONE_BEFORE_CAS 0
#endif
#ifndef BUG_FOLLOW_A_SHORT_LEDGER /* 16: a disk that lost some goes on */
#define BUG_FOLLOW_A_SHORT_LEDGER 0
#endif
#ifndef BUG_KEEP_LONGER_TAIL /* 9: a joiner does not truncate */
#define BUG_KEEP_LONGER_TAIL 0
#endif
#ifndef BUG_LEVEL_BY_LENGTH /* 3, 9: compare records by index only */
#define BUG_LEVEL_BY_LENGTH 0
#endif
#ifndef BUG_EARLIER_SESSION_ACK /* 4: count those of an earlier epoch */
#define BUG_EARLIER_SESSION_ACK 0
#endif
#ifndef BUG_KEEP_IDENTITY /* Configuration: a wipe keeps the id */
#define BUG_KEEP_IDENTITY 0
#endif
#ifndef BUG_COPY_STARTS /* Who is who: the copy of a directory serves */
#define BUG_COPY_STARTS 0
#endif
#ifndef BUG_COPY_MEETS /* Who is who: a copy is heeded as a peer */
#define BUG_COPY_MEETS 0
#endif
#ifndef BUG_FORGET_CLIENTS /* 12: do not look the client up */
#define BUG_FORGET_CLIENTS 0
#endif
#ifndef BUG_SERVE_ALONE_AT_RESTART /* Without an arbiter */
#define BUG_SERVE_ALONE_AT_RESTART 0
#endif
#ifndef BUG_JOINER_RECORDS_FIRST /* 9: in force before it is stored */
#define BUG_JOINER_RECORDS_FIRST 0
#endif
#ifndef BUG_HAND_OVER_EARLY /* 11: told before it is decided */
#define BUG_HAND_OVER_EARLY 0
#endif

#ifndef BUG_LEFT_OUT_UNASKED /* 17: leave out a host that may take over */
#define BUG_LEFT_OUT_UNASKED 0
#endif
#ifndef BUG_UNASKED_RETURN /* 17: no need to reconfirm after resigning */
#define BUG_UNASKED_RETURN 0
#endif
#ifndef BUG_LATE_GREETING /* 17: heed a greeting that was overtaken */
#define BUG_LATE_GREETING 0
#endif
#ifndef BUG_NUMBER_BY_OWN_LIST /* The hosts: numbers come from own lists */
#define BUG_NUMBER_BY_OWN_LIST 0
#endif
#ifndef BUG_NAMED_UNSTORED /* 11: lead before the configuration is stored */
#define BUG_NAMED_UNSTORED 0
#endif
#ifndef BUG_NAMED_UNASKED /* 11: who was stopped leads without doubt */
#define BUG_NAMED_UNASKED 0
#endif
#ifndef BUG_CLAIM_STOPPED /* 6: who was stopped as it claimed leads at once */
#define BUG_CLAIM_STOPPED 0
#endif
#ifndef BUG_COPY_OF_ANOTHER /* Who is who: hear a copy of a third host */
#define BUG_COPY_OF_ANOTHER 0
#endif
#ifndef BUG_REMOVE_AT_ONCE /* 18: who is removed need not halt first */
#define BUG_REMOVE_AT_ONCE 0
#endif

#ifndef BUG_SIGN_STORED /* 20: sign what is not accepted yet */
#define BUG_SIGN_STORED 0
#endif
#ifndef BUG_JOIN_WITHOUT_KEY /* 19: grow before the HOST record */
#define BUG_JOIN_WITHOUT_KEY 0
#endif
#ifndef BUG_RECORD_UNASKED /* 19: HOST records though a host is old */
#define BUG_RECORD_UNASKED 0
#endif

#ifndef BUG_COMMIT_KEPT /* 9: a COMMIT that is undone still holds in part */
#define BUG_COMMIT_KEPT 0
#endif
#ifndef BUG_BALLOT_KEPT /* 9: a ballot that is undone stays in the counts */
#define BUG_BALLOT_KEPT 0
#endif
#ifndef BUG_STAGE_HOLDS /* evote_row: rows hold before their COMMIT */
#define BUG_STAGE_HOLDS 0
#endif
#ifndef BUG_FREEZE_FOLLOWS /* evote_option: FREEZE goes by the present roll */
#define BUG_FREEZE_FOLLOWS 0
#endif
#ifndef BUG_ANY_DOOR /* Without an arbiter: a refusal proves a death anywhere */
#define BUG_ANY_DOOR 0
#endif
#ifndef BUG_GRACE_FOR_ALL /* evote_option: GRACE_S for whoever comes late */
#define BUG_GRACE_FOR_ALL 0
#endif
#ifndef BUG_VOTE_PLANNED /* 14: take votes before the START record */
#define BUG_VOTE_PLANNED 0
#endif

/*
 * Roots are compared wherever records change hands, so a mistake in these two
 * would only halt a host.  Ignoring roots shows that the rule itself matters.
 */
#define ROOTS_IGNORED (BUG_KEEP_LONGER_TAIL || BUG_LEVEL_BY_LENGTH)

#endif
