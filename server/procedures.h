#ifndef EVOTE_PROCEDURES_H
#define EVOTE_PROCEDURES_H

#include <stddef.h>

#include "server/service.h"

/*
 * What each request means: its arguments, its result and how it is carried
 * out.  What becomes of it before and after that is service.c's.
 */

/* What a call waits for, once what it observed is accepted: see proofs.h. */
struct proof {
	struct request *prev, *next;
	uint64_t need;	/* a checkpoint of so many records */
	uint64_t since; /* whose consistency with that size is asked for */
	uint64_t seq;	/* the record, of RECEIPT and PROVE */
	uint64_t begun; /* checkpoints with higher numbers were made since */
	uint64_t until_ms;
	uint32_t far;	       /* 1: it is not accepted yet */
	struct record *record; /* RECEIPT: a reference */
	uint64_t job;	       /* the disk's, which loads it; 0: none */
};

/* A call that was taken and not yet answered; its address is the ticket. */
struct request {
	enum ask ask;
	struct call call;
	uint64_t conn;
	size_t bytes; /* that it is counted with, see service.h */
	int recorded; /* its answer is a record */
	int unsure;   /* its signature was not verified against this key */
	struct auth_check check;
	struct turn turn;
	struct proof proof; /* of those that are answered with one */
	union {
		evote_request request; /* CREATE to BALLOT begin with one */
		evote_preauth_args preauth;
		evote_auth_args auth;
		evote_create_args create;
		evote_terms_args terms;
		evote_extend_args extend;
		evote_cancel_args cancel;
		evote_vote_args vote;
		evote_ballot_args ballot; /* begins as that does */
		evote_named_args named;
		evote_list_args list;
		evote_groups_args groups;
		evote_check_args check;
		evote_sheet_args sheet;
		evote_preview_args preview;
		evote_settings_args settings;
		evote_terms new_election;
		evote_extension extension;
		evote_cancellation cancellation;
		evote_register_args roll;
		evote_name name;
		evote_voters_args voters;
		evote_rekey_args rekey;
		evote_stage_args stage;
		evote_commit commit;
		evote_roll_args page;
		evote_checkpoint_args checkpoint;
		evote_receipt_args receipt;
		evote_prove_args prove;
		evote_keys_args keys;
	} args;
	union {
		evote_answer answer; /* every result begins with one */
		evote_preauth_res preauth;
		evote_auth_res auth;
		evote_result_res result;
		evote_pairs_res pairs;
		evote_list_res list;
		evote_election_res show;
		evote_options_res options;
		evote_life_res life;
		evote_lives_res lives;
		evote_preview_res preview;
		evote_settings_res settings;
		evote_groups_res empty;
		evote_turnout_res turnout;
		evote_check_res check;
		evote_sheet_res sheet;
		evote_report_res report;
		evote_curve_res curve;
		evote_register_res roll;
		evote_voters_res voters;
		evote_rekey_res rekey;
		evote_stage_res stage;
		evote_roll_res page;
		evote_checkpoint_res checkpoint;
		evote_receipt_res receipt;
		evote_prove_res prove;
		evote_keys_res keys;
	} result;
};

/*
 * Carries the request out at that place: fills the result but the answer's
 * head; returns the record, if it made one.
 */
typedef struct record *procedure_run(
    struct server *, struct request *, const struct entry_header *);

struct procedure {
	procedure_run *run;
	xdrproc_t args;
	size_t args_size;
	size_t seen; /* where in args the caller says what it has seen */
	xdrproc_t result;
	/* What its asker signs, borrowed; NULL: nobody signs it. */
	evote_act (*act)(struct request *);
};

/* An answer without more: NULL, since there is no record. */
static inline struct record *
told_only(evote_answer *a, int code, evote_reason reason)
{
	a->code = code;
	a->reason = reason;
	return (NULL);
}

static inline void
told(evote_answer *a, const struct outcome *out)
{
	(void)told_only(a, out->code, out->reason);
}

#define NO_SEEN SIZE_MAX

extern const struct procedure procedures[ASK_NR];

/*
 * Fills in what has to be verified for the request, if it will be carried out
 * here.  Whatever can be told without, and without the roll, was looked at
 * before.
 */
void procedure_check(struct server *, struct request *);

#endif
