#include "server/procedures.h"

#include <assert.h>
#include <string.h>

#include "common/need.h"
#include "common/seal.h"
#include "server/procedures_life.h"
#include "server/procedures_read.h"
#include "server/procedures_roll.h"
#include "server/proofs.h"

/* ---- who asks ---- */

/*
 * The time of a log-in: this host's clock, but never before that of
 * the record to come, by which elections end.
 */
static uint64_t
login_time(const struct server *s, const struct entry_header *at)
{
	return (s->wall_us > at->time ? s->wall_us : at->time);
}

/*
 * Whom a token names, in name, which has room for EVOTE_NAME_MAX + 1, and when
 * it was issued.  One that has expired is still authentic.
 */
static evote_reason
token_voter(struct server *s, const evote_token *token,
    const struct entry_header *at, char *name, uint64_t *issued_us)
{
	struct voter_view v;
	unsigned char key[SEAL_KEY];
	evote_reason why = auth_token(s->auth, token->evote_token_val,
	    token->evote_token_len, login_time(s, at), name, key, issued_us);

	if (why == EVOTE_R_TOKEN)
		return (why);
	/* A key that was replaced on the roll takes its tokens with it. */
	if (!election_voter(s->election, name, &v) ||
	    memcmp(v.key, key, sizeof(key)) != 0)
		return (EVOTE_R_TOKEN);
	return (why);
}

/*
 * Names the asker as the credential claims; what cannot be authentic is told
 * here, a signature is checked once the act is known (vouched).  name has room
 * for EVOTE_NAME_MAX + 1.
 */
static evote_reason
claimed(struct server *s, evote_request *q, const struct entry_header *at,
    struct op *op, char *name)
{
	op->wall_us = s->wall_us;
	op->asker.voter = name;
	memcpy(op->asker.client, q->client, sizeof(op->asker.client));
	op->asker.number = q->number;
	op->credential = EVOTE_R_OK;
	if (q->credential.kind == EVOTE_BY_SIGNATURE) {
		op->asker.voter = q->credential.evote_credential_u.own.voter;
		return (EVOTE_R_OK);
	}
	op->credential = token_voter(
	    s, &q->credential.evote_credential_u.token, at, name, &op->begun);
	return (op->credential == EVOTE_R_TOKEN ? EVOTE_R_TOKEN : EVOTE_R_OK);
}

/* The act is one that its asker has signed. */
static void
check_statement(struct server *s, struct request *r, const evote_request *q,
    const evote_act *act)
{
	const evote_genesis *g = election_genesis(s->election);
	const evote_signed *own = &q->credential.evote_credential_u.own;
	evote_asker asker = {.voter = own->voter, .number = q->number};
	struct voter_view v;
	int known = election_voter(s->election, own->voter, &v);

	memcpy(asker.client, q->client, sizeof(asker.client));
	auth_check_statement(&r->check, known ? v.key : NULL, &own->signature,
	    g->origin, (const unsigned char *)g->cluster, &asker, act);
}

/* The same answer for those who are not on the roll (key is NULL). */
static evote_reason
verified(struct request *r, const unsigned char *key)
{
	int fits = auth_fits(&r->check, key);

	r->unsure = fits == -1;
	return (fits == 1 ? EVOTE_R_OK : EVOTE_R_SIGNATURE);
}

static evote_reason
vouched(struct server *s, struct request *r, evote_request *q, struct op *op)
{
	struct voter_view v;
	evote_reason why;

	if (q->credential.kind != EVOTE_BY_SIGNATURE)
		return (EVOTE_R_OK);
	why = verified(
	    r, election_voter(s->election, op->asker.voter, &v) ? v.key : NULL);
	if (why == EVOTE_R_OK)
		op->signature = q->credential.evote_credential_u.own.signature;
	return (why);
}

/* ---- the procedures ---- */

static struct record *
run_preauth(struct server *s, struct request *r, const struct entry_header *at)
{
	evote_preauth_res *res = &r->result.preauth;

	res->challenge.evote_token_val = need_zeroed(1, EVOTE_TOKEN_MAX);
	auth_challenge(s->auth, r->args.preauth.voter, at->epoch, s->now_ms,
	    (unsigned char *)res->challenge.evote_token_val,
	    &res->challenge.evote_token_len);
	return (NULL);
}

/* The voter's key, or NULL: not on the roll. */
static const unsigned char *
login_key(const struct server *s, const struct request *r)
{
	struct voter_view v;

	return (election_voter(s->election, r->args.auth.voter, &v) &&
		    (v.registered || v.kept)
		? v.key
		: NULL);
}

static evote_reason
login_check(struct server *s, const struct request *r, uint64_t epoch)
{
	return (auth_challenge_check(s->auth, &r->args.auth.challenge,
	    r->args.auth.voter, epoch, s->now_ms));
}

static struct record *
run_auth(struct server *s, struct request *r, const struct entry_header *at)
{
	evote_auth_res *res = &r->result.auth;
	const unsigned char *key = login_key(s, r);
	evote_reason why = login_check(s, r, at->epoch);

	if (why == EVOTE_R_OK)
		why = verified(r, key);
	if (why != EVOTE_R_OK)
		return (told_only(&res->answer, 1, why));
	res->token.evote_token_val = need_zeroed(1, EVOTE_TOKEN_MAX);
	auth_login(s->auth, &r->args.auth, key, s->now_ms, login_time(s, at),
	    (unsigned char *)res->token.evote_token_val,
	    &res->token.evote_token_len, &res->expires);
	return (NULL);
}

/* What the voter signs: CREATE to CANCEL. */
static evote_act
life_act(struct request *r)
{
	evote_act act = {.kind = EVOTE_ACT_CREATE};

	switch (r->ask) {
	case ASK_OPEN:
		act.kind = EVOTE_ACT_OPEN;
		act.evote_act_u.terms = r->args.terms.terms;
		break;
	case ASK_EXTEND:
		act.kind = EVOTE_ACT_EXTEND;
		act.evote_act_u.extension = r->args.extend.extension;
		break;
	case ASK_CANCEL:
		act.kind = EVOTE_ACT_CANCEL;
		act.evote_act_u.cancellation = r->args.cancel.cancellation;
		break;
	default:
		act.evote_act_u.election = r->args.create.election;
	}
	return (act);
}

static_assert(offsetof(evote_ballot_args, election) ==
	offsetof(evote_vote_args, election),
    "both begin with the same");

/* What hides the vote. */
static unsigned char *
vote_salt(struct request *r)
{
	return ((unsigned char *)(r->ask == ASK_VOTE ? r->args.vote.salt
						     : r->args.ballot.salt));
}

/* What is kept in private; it borrows from the request. */
static union opening
vote_opening(struct request *r)
{
	evote_vote_args *a = &r->args.vote;
	union opening o;

	if (r->ask == ASK_VOTE) {
		o.vote.domain = "evote opening 1";
		o.vote.election = a->election;
		o.vote.choice = a->choice;
		memcpy(o.vote.salt, a->salt, sizeof(o.vote.salt));
	} else {
		o.ballot.domain = "evote opening 2";
		o.ballot.election = a->election;
		o.ballot.ranks = r->args.ballot.ranks;
		memcpy(o.ballot.choices, r->args.ballot.choices,
		    sizeof(o.ballot.choices));
		memcpy(o.ballot.salt, vote_salt(r), sizeof(o.ballot.salt));
	}
	return (o);
}

/* What the voter signs. */
static evote_act
vote_act(struct request *r)
{
	union opening opening = vote_opening(r);
	evote_act act = {.kind = EVOTE_ACT_VOTE};
	evote_ballot *to = &act.evote_act_u.ballot;

	to->election = r->args.vote.election;
	if (r->ask == ASK_VOTE) {
		auth_commitment(vote_salt(r), to->election, opening.vote.choice,
		    (unsigned char *)to->commitment);
	} else {
		act.kind = EVOTE_ACT_BALLOT;
		auth_commitment2(
		    &opening.ballot, (unsigned char *)to->commitment);
	}
	return (act);
}

/* CREATE to CANCEL. */
static struct record *
run_life(struct server *s, struct request *r, const struct entry_header *at)
{
	static const evote_op_kind kinds[] = {
	    [ASK_CREATE] = EVOTE_OP_CREATE,
	    [ASK_OPEN] = EVOTE_OP_OPEN,
	    [ASK_EXTEND] = EVOTE_OP_EXTEND,
	    [ASK_CANCEL] = EVOTE_OP_CANCEL,
	};
	evote_request *q = &r->args.request;
	struct op op = {
	    .kind = kinds[r->ask],
	    .no_room = core_full(s->core),
	    .act = procedures[r->ask].act(r),
	};
	char name[EVOTE_NAME_MAX + 1];
	struct outcome out = {0};
	struct record *rec;
	evote_reason why;

	if ((why = claimed(s, q, at, &op, name)) != EVOTE_R_OK ||
	    (why = vouched(s, r, q, &op)) != EVOTE_R_OK)
		return (told_only(&r->result.answer, 1, why));
	rec = election_execute(s->election, &op, at, &out);
	told(&r->result.answer, &out);
	return (rec);
}

/* VOTE and BALLOT. */
static struct record *
run_vote(struct server *s, struct request *r, const struct entry_header *at)
{
	static const evote_salt no_salt;
	evote_request *q = &r->args.request;
	struct op op = {
	    .kind = r->ask == ASK_VOTE ? EVOTE_OP_VOTE : EVOTE_OP_BALLOT,
	    .no_room = core_full(s->core),
	};
	char name[EVOTE_NAME_MAX + 1];
	struct outcome out = {0};
	struct record *rec;
	evote_reason why;

	if ((why = claimed(s, q, at, &op, name)) != EVOTE_R_OK)
		return (told_only(&r->result.answer, 1, why));
	op.derived = q->credential.kind == EVOTE_BY_TOKEN &&
	    memcmp(vote_salt(r), no_salt, sizeof(no_salt)) == 0;
	if (op.derived)
		auth_salt(
		    s->auth, &op.asker, r->args.vote.election, vote_salt(r));
	op.opening = vote_opening(r);
	op.act = procedures[r->ask].act(r);
	if ((why = vouched(s, r, q, &op)) != EVOTE_R_OK)
		return (told_only(&r->result.answer, 1, why));
	rec = election_execute(s->election, &op, at, &out);
	told(&r->result.answer, &out);
	return (rec);
}

/*
 * The voter whom a token names, if he may ask, or only vote where that is fixed
 * (kept); in name, as above.
 */
static evote_reason
token_member(struct server *s, const evote_token *token,
    const struct entry_header *at, int kept, char *name)
{
	struct voter_view v;
	uint64_t issued;
	evote_reason why = token_voter(s, token, at, name, &issued);

	if (why != EVOTE_R_OK)
		return (why);
	return (election_voter(s->election, name, &v) &&
		    (v.registered || (kept && v.kept))
		? EVOTE_R_OK
		: EVOTE_R_NO_VOTER);
}

/* Nothing but an empty result unless the token is good. */
static struct record *
run_check(struct server *s, struct request *r, const struct entry_header *at)
{
	evote_check_args *a = &r->args.check;
	char name[EVOTE_NAME_MAX + 1];
	evote_reason why = token_member(s, &a->token, at, 1, name);

	if (why == EVOTE_R_OK)
		election_check(s->election, name, a->first, &r->result.check);
	return (
	    told_only(&r->result.check.answer, why == EVOTE_R_OK ? 0 : 1, why));
}

/* The same. */
static struct record *
run_preview(struct server *s, struct request *r, const struct entry_header *at)
{
	evote_preview_args *a = &r->args.preview;
	char name[EVOTE_NAME_MAX + 1];
	evote_reason why = token_member(s, &a->token, at, 0, name);
	struct outcome out = {0};

	if (why != EVOTE_R_OK)
		return (told_only(&r->result.answer, 1, why));
	election_preview(
	    s->election, name, &a->terms, at->time, &r->result.preview, &out);
	r->result.preview.clock = s->wall_us;
	told(&r->result.answer, &out);
	return (NULL);
}

#define ROW(ask, run, in, seen, out, act)                          \
	[ASK_##ask] = {run, (xdrproc_t)xdr_##in, sizeof(in), seen, \
	    (xdrproc_t)xdr_##out, act}
/* Voters' requests, which may be signed. */
#define VOTER(ask, run, act, in) \
	ROW(ask, run, in, offsetof(in, request.seen), evote_answer, act)
/* Readings. */
#define READ(ask, run, in, out) ROW(ask, run, in, offsetof(in, seen), out, NULL)
/* Operators' orders. */
#define ORDER(ask, run, in, out) ROW(ask, run, in, NO_SEEN, out, NULL)

const struct procedure procedures[ASK_NR] = {
    READ(PREAUTH, run_preauth, evote_preauth_args, evote_preauth_res),
    READ(AUTH, run_auth, evote_auth_args, evote_auth_res),
    VOTER(CREATE, run_life, life_act, evote_create_args),
    VOTER(OPEN, run_life, life_act, evote_terms_args),
    VOTER(EXTEND, run_life, life_act, evote_extend_args),
    VOTER(CANCEL, run_life, life_act, evote_cancel_args),
    VOTER(VOTE, run_vote, vote_act, evote_vote_args),
    VOTER(BALLOT, run_vote, vote_act, evote_ballot_args),
    READ(RESULT, read_result, evote_named_args, evote_result_res),
    READ(PAIRS, read_pairs, evote_named_args, evote_pairs_res),
    READ(LIST, read_list, evote_list_args, evote_list_res),
    READ(SHOW, read_show, evote_named_args, evote_election_res),
    READ(OPTIONS, read_options, evote_named_args, evote_options_res),
    READ(LIFE, read_life, evote_named_args, evote_life_res),
    READ(LIVES, read_lives, evote_list_args, evote_lives_res),
    READ(PREVIEW, run_preview, evote_preview_args, evote_preview_res),
    READ(SHEET, read_sheet, evote_sheet_args, evote_sheet_res),
    READ(EMPTY, read_empty, evote_groups_args, evote_groups_res),
    READ(TURNOUT, read_turnout, evote_named_args, evote_turnout_res),
    READ(REPORT, read_report, evote_named_args, evote_report_res),
    READ(CURVE, read_curve, evote_named_args, evote_curve_res),
    READ(CHECK, run_check, evote_check_args, evote_check_res),
    ORDER(REGISTER, roll_register, evote_register_args, evote_register_res),
    ORDER(UNREGISTER, roll_member, evote_name, evote_answer),
    ORDER(UNLOCK, roll_member, evote_name, evote_answer),
    ORDER(VOTERS, roll_voters, evote_voters_args, evote_voters_res),
    ORDER(REKEY, roll_rekey, evote_rekey_args, evote_rekey_res),
    ORDER(STAGE, roll_stage, evote_stage_args, evote_stage_res),
    ORDER(COMMIT, roll_commit, evote_commit, evote_answer),
    ORDER(ROLL_PAGE, roll_page, evote_roll_args, evote_roll_res),
    ORDER(SETTINGS, life_settings, evote_settings_args, evote_settings_res),
    ORDER(EXTEND_ANY, life_any, evote_extension, evote_answer),
    ORDER(CANCEL_ANY, life_any, evote_cancellation, evote_answer),
    ORDER(OPEN_ANY, life_any, evote_terms, evote_answer),
    ORDER(PREVIEW_ANY, life_preview, evote_terms, evote_preview_res),
    READ(CHECKPOINT, proof_checkpoint, evote_checkpoint_args,
	evote_checkpoint_res),
    READ(RECEIPT, proof_receipt, evote_receipt_args, evote_receipt_res),
    READ(PROVE, proof_prove, evote_prove_args, evote_prove_res),
    READ(KEYS, proof_keys, evote_keys_args, evote_keys_res),
};

static int
is_signed(const struct request *r)
{
	return (r->args.request.credential.kind == EVOTE_BY_SIGNATURE);
}

void
procedure_check(struct server *s, struct request *r)
{
	const evote_genesis *g = election_genesis(s->election);
	evote_act act;

	if (r->check.made || g == NULL || !core_takes_requests(s->core))
		return;
	if (r->ask == ASK_AUTH &&
	    login_check(s, r, core_epoch(s->core)) == EVOTE_R_OK) {
		auth_check_login(&r->check, login_key(s, r), &r->args.auth,
		    g->origin, (const unsigned char *)g->cluster);
	} else if (procedures[r->ask].act != NULL && is_signed(r)) {
		act = procedures[r->ask].act(r);
		check_statement(s, r, &r->args.request, &act);
	}
}
