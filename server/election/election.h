#ifndef EVOTE_ELECTION_H
#define EVOTE_ELECTION_H

#include "common/record.h"
#include "server/election/keys.h"

/*
 * The rules of the vote: the roll, the elections, who has voted, what was
 * answered to whom.  A pure function of the ledger's records, in order: no
 * I/O, no clock, no log.  Effects can be undone, the newest first, as far
 * back as undo data is kept.
 */
struct election_state;

/* What is asked.  Strings and lists belong to the caller. */
struct op {
	evote_op_kind kind;
	/*
	 * The disk is full: a repeated request gets its first answer, whatever
	 * would have to be recorded gets EVOTE_R_STORAGE and no record.
	 */
	int no_room;
	/*
	 * It was carried out before.  Whoever did so has judged the names, by
	 * what his Unicode knew of them, and ours may know less; and the keys,
	 * by what the operator said of them.
	 */
	int admitted;
	/* GENESIS, EPOCH, HOST (what it replaces is found out) */
	evote_genesis genesis;
	evote_epoch_op epoch;
	evote_host_op host;
	/* REGISTER */
	evote_voter *voters;
	uint32_t n;
	int only_check, skip_same, shared_keys;
	/* REKEY */
	evote_rekey_op rekey;
	/*
	 * STAGE (of no. 0: the next one is begun, if the roll has this
	 * version), with only_check and shared_keys as above; COMMIT
	 */
	evote_stage_op stage;
	uint64_t roll;
	evote_commit commit;
	/* SETTINGS: those that are set */
	int set_creators, set_quota;
	evote_settings settings;
	/* UNREGISTER, UNLOCK: the voter; START, CLOSE: the election */
	char *name;
	/*
	 * CREATE, OPEN, EXTEND, CANCEL, VOTE, BALLOT.  The caller has
	 * authenticated the asker, by token or signature (then signature is
	 * set); `credential` is EVOTE_R_OK, or EVOTE_R_TOKEN_EXPIRED; `begun`
	 * when the token was issued (0: it is not known).  But of operators
	 * (OPEN to CANCEL) the asker is zero and empty.  For the last two,
	 * opening is what the commitment was computed from; derived: its salt
	 * is the service's.
	 */
	int by_operator;
	uint64_t wall_us; /* this host's clock, or 0; it bounds numbers, too */
	uint64_t begun;
	evote_asker asker;
	evote_signature signature;
	evote_reason credential;
	evote_act act;
	union opening opening;
	int derived;
};

struct outcome {
	int code; /* as the procedure's in evote.x; START and CLOSE: 0, or 2
		     with NO_ELECTION, CLOSED, START or ONGOING; HOST: 0, or 2
		     with MALFORMED or SHARED_KEY */
	evote_reason reason;
	uint32_t where;	      /* REGISTER, STAGE: the refused one */
	uint32_t added, same; /* REGISTER; REKEY: 1 when it was his key */
};

struct election_state *election_new(void);
void election_free(struct election_state *);

/*
 * Carries op out as the record at `at` and returns that record, or returns
 * NULL when there is nothing to record: a repeated request (the outcome is
 * the first one's), a stale or reused number, a request that no state could
 * ever grant (malformed, no groups, duplicates), a check, a refusal of an
 * operator, EVOTE_R_TOO_MANY, EVOTE_R_QUOTA or EVOTE_R_NUMBER_AHEAD.  Order of
 * the checks: evote.x.  `at` must be the next place: seq the size, epoch and
 * time not before the last one's.
 */
struct record *election_execute(struct election_state *, const struct op *,
    const struct entry_header *at, struct outcome *out);
/*
 * Carries out a record of the disk or of a peer; must be the next one.  0, or
 * -1, nothing changed, when executing it does not give the code and reason
 * it holds, or its opening does not fit; why is in err.  Whoever replays many
 * discards the undo data as he goes: it is kept in memory.
 */
int election_replay(
    struct election_state *, const struct record *, char *err, size_t errlen);
/* The same, of one that has been opened (record_open). */
int election_replay_opened(struct election_state *, const struct record *,
    const evote_leaf *, const union opening *, char *err, size_t errlen);
/*
 * Back to the state after `size` records, no fewer than election_discard_undo
 * was told.
 */
void election_undo(struct election_state *, uint64_t size);
/* The first `size` records will never be undone. */
void election_discard_undo(struct election_state *, uint64_t size);
uint64_t election_size(const struct election_state *);

/*
 * 1 with an operation (START or CLOSE; its name is borrowed) that is due by the
 * clock, or 0: there is none.  O(1).
 */
int election_due(const struct election_state *, uint64_t time, struct op *);

/* ---- reading; strings given out are copies, freed by xdr_free ---- */

struct voter_view {
	const char *group;	  /* borrowed */
	const unsigned char *key; /* 32 bytes, borrowed */
	int registered;		  /* 0: was once */
	int kept; /* was, and may vote in an election whose roll is fixed */
};
/* 1 when the roll knows or knew the name. */
int election_voter(
    const struct election_state *, const char *name, struct voter_view *);
/*
 * evote.x's GET_RESULT, ..., EMPTY_GROUPS, VOTERS and ROLL_PAGE but `answer`.
 */
void election_result(const struct election_state *, const char *name,
    evote_result_res *, struct outcome *);
void election_pairs(const struct election_state *, const char *name,
    evote_pairs_res *, struct outcome *);
void election_list(
    const struct election_state *, uint32_t first, evote_list_res *);
void election_show(const struct election_state *, const char *name,
    evote_election_res *, struct outcome *);
void election_life(const struct election_state *, const char *name,
    evote_life_res *, struct outcome *);
void election_lives(
    const struct election_state *, uint32_t first, evote_lives_res *);
/*
 * PREVIEW's but `clock`, as if this voter, who is on the roll, or an operator
 * (NULL) opened it at that time.
 */
void election_preview(const struct election_state *, const char *voter,
    const evote_terms *, uint64_t time, evote_preview_res *, struct outcome *);
void election_settings(const struct election_state *, evote_settings *);
void election_options(const struct election_state *, const char *name,
    evote_options_res *, struct outcome *);
void election_turnout(const struct election_state *, const char *name,
    evote_turnout_res *, struct outcome *);
void election_curve(const struct election_state *, const char *name,
    evote_curve_res *, struct outcome *);
/* REPORT's. */
void election_report(const struct election_state *, const char *name,
    evote_report_res *, struct outcome *);
/* The voter is on the roll. */
void election_check(const struct election_state *, const char *voter,
    uint32_t first, evote_check_res *);
void election_sheet(const struct election_state *, const evote_sheet_args *,
    evote_sheet_res *, struct outcome *);
void election_empty(const struct election_state *, const evote_groups_args *,
    evote_groups_res *);
void election_voters(
    const struct election_state *, uint32_t first, evote_voters_res *);
void election_roll(const struct election_state *, const evote_roll_args *,
    evote_roll_res *, struct outcome *);
/* The hosts' keys on record; the first record is GENESIS. */
const struct keys *election_keys(const struct election_state *);
/*
 * The place of the record that answers a request, the latest of that client id;
 * 1, or 0 when there is none.
 */
int election_receipt(
    const struct election_state *, const evote_asker *, uint64_t *seq);
/* The stage that is open, or 0. */
uint32_t election_stage(const struct election_state *);
/* Of the genesis record; NULL before it. */
const evote_genesis *election_genesis(const struct election_state *);

/* A hash of the whole state, for tests: equal ledgers give equal hashes. */
void election_hash(const struct election_state *, unsigned char out[32]);

#endif
