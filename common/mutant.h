#ifndef EVOTE_MUTANT_H
#define EVOTE_MUTANT_H

/*
 * Each mutation breaks one rule of docs/PROTOCOL.md, to test the tests.  Its
 * comment names the rule, or the section when the rule has no number.  There is
 * none, and so no code at all, unless compiled with -DMUTANT=BUG_NAME.
 * tests/sim/mutants does that with each in turn, and the simulator must notice.
 */
enum mutant {
	BUG_NONE,
	BUG_SERVE_OWN_TAIL, /* 1: after a start all records count */
	BUG_SAME_EPOCH,	    /* 1: a primary that restarts keeps its epoch */
	BUG_NO_BARRIER,	    /* 6: serve before the EPOCH record is accepted */
	BUG_REUSE_CONFIRMATION,	   /* 10: by a round begun before */
	BUG_READ_UNCONFIRMED,	   /* 10: answer without confirmation */
	BUG_ACK_BEFORE_SYNC,	   /* 4: acknowledge what is not synced */
	BUG_TAKE_OVER_OUTSIDE,	   /* 7: a joiner takes over */
	BUG_ALONE_BEFORE_CAS,	   /* 8: do not count a host that is away */
	BUG_FOLLOW_A_SHORT_LEDGER, /* 16: a disk that lost some goes on */
	BUG_KEEP_LONGER_TAIL,	   /* 9: a joiner does not truncate */
	BUG_LEVEL_BY_LENGTH,	   /* 3, 9: compare records by index only */
	BUG_EARLIER_SESSION_ACK,   /* 4: count those of an earlier epoch */
	BUG_KEEP_IDENTITY,	   /* Configuration: a wipe keeps the id */
	BUG_COPY_STARTS,    /* Who is who: the copy of a directory serves */
	BUG_COPY_MEETS,	    /* Who is who: a copy is heeded as a peer */
	BUG_FORGET_CLIENTS, /* 12: do not look the client up */
	BUG_SERVE_ALONE_AT_RESTART, /* Without an arbiter */
	BUG_JOINER_RECORDS_FIRST,   /* 9: in force before it is stored */
	BUG_HAND_OVER_EARLY,	    /* 11: told before it is decided */
	BUG_LEFT_OUT_UNASKED,	/* 17: leave out a host that may take over */
	BUG_UNASKED_RETURN,	/* 17: no need to reconfirm after resigning */
	BUG_LATE_GREETING,	/* 17: heed a greeting that was overtaken */
	BUG_NUMBER_BY_OWN_LIST, /* The hosts: numbers come from own lists */
	BUG_NAMED_UNSTORED, /* 11: lead before the configuration is stored */
	BUG_NAMED_UNASKED,  /* 11: who was stopped leads without doubt */
	BUG_CLAIM_STOPPED,  /* 6: who was stopped as it claimed leads at once */
	BUG_COPY_OF_ANOTHER,  /* Who is who: hear a copy of a third host */
	BUG_LATE_RETURNS,     /* Who is who: late words pass for a copy's */
	BUG_LATE_PROCESS,     /* Who is who: heed who seems to be replaced */
	BUG_REMOVE_AT_ONCE,   /* 18: who is removed need not halt first */
	BUG_SIGN_STORED,      /* 20: sign what is not accepted yet */
	BUG_JOIN_WITHOUT_KEY, /* 19: grow before the HOST record */
	BUG_RECORD_UNASKED,   /* 19: HOST records though a host is old */
	BUG_COMMIT_KEPT,    /* 9: a COMMIT that is undone still holds in part */
	BUG_BALLOT_KEPT,    /* 9: a ballot that is undone stays in the counts */
	BUG_STAGE_HOLDS,    /* evote_row: rows hold before their COMMIT */
	BUG_FREEZE_FOLLOWS, /* evote_option: FREEZE goes by the present roll */
	BUG_ANY_DOOR,	    /* Without an arbiter: any refusal proves a death */
	BUG_GRACE_FOR_ALL,  /* evote_option: GRACE_S for whoever comes late */
	BUG_VOTE_PLANNED,   /* 14: take votes before the START record */
};
#ifndef MUTANT
#define MUTANT BUG_NONE
#endif
#define BUG(name) (MUTANT == BUG_##name)

/*
 * Roots are compared wherever records change hands, so a mistake in these two
 * would only halt a host.  Ignoring roots shows that the rule itself matters.
 */
#define ROOTS_IGNORED (BUG(KEEP_LONGER_TAIL) || BUG(LEVEL_BY_LENGTH))

#endif
