/* The receipts of votes, for libevote's users. */
#include <stdlib.h>
#include <string.h>

#include "client/lib/keys.h"
#include "common/need.h"
#include "common/proof.h"
#include "common/receipt.h"
#include "common/record.h"

void
evote_proof_clear(struct evote_proof *p)
{
	free(p->text);
	free(p->path);
	free(p->extension);
	free(p->no_better);
	free(p->unkept);
	tlog_policy_free(p->policy);
	memset(p, 0, sizeof(*p));
}

/* A vote's record, and its proof. */
struct vote {
	const char *election;
	struct ballot ballot;
	struct receipt kept; /* an earlier receipt; leaf NULL: none */
	char *kept_text;
	char path[PATH_MAX + 200];
};

static void
vote_clear(struct vote *v)
{
	receipt_clear(&v->kept);
	free(v->kept_text);
}

/* Whether the record is just what this voter asked for, and was granted. */
static int
is_own(
    const struct evote *e, const struct vote *v, const void *bytes, size_t len)
{
	xdrproc_t proc = (xdrproc_t)xdr_evote_leaf;
	const struct ballot *b = &v->ballot;
	evote_leaf leaf = {0};
	int own;

	if (xdr_from_bytes(proc, &leaf, bytes, len) != 0)
		return (0);
	own = (leaf.op.kind == EVOTE_OP_VOTE ||
		  leaf.op.kind == EVOTE_OP_BALLOT) &&
	    leaf.code == 0;
	if (own) {
		const evote_vote_op *op = &leaf.op.evote_op_u.vote;

		own = strcmp(op->asker.voter, e->options.voter) == 0 &&
		    memcmp(op->asker.client, b->client, sizeof(b->client)) ==
			0 &&
		    op->asker.number == b->number &&
		    strcmp(op->ballot.election, v->election) == 0 &&
		    (b->by_token ||
			memcmp(op->ballot.commitment, b->commitment,
			    sizeof(b->commitment)) == 0);
	}
	xdr_free(proc, &leaf);
	return (own);
}

/* What is kept here about the vote. */
static enum evote_outcome
vote_load(struct evote *e, const char *election, struct vote *v)
{
	char why[300];
	int rc;

	memset(v, 0, sizeof(*v));
	v->election = election;
	rc = state_ballot(e->state, e->options.voter, election, &v->ballot);
	if (rc == 0)
		return (handle_fail(e,
		    "no vote of %s in \"%s\" that counts was sent from here, "
		    "as %s has it; if it was sent elsewhere, run this there",
		    e->options.voter, election, state_dir(e->state)));
	if (rc < 0 ||
	    state_receipt(e->state, e->options.voter, election, &v->kept_text,
		v->path, sizeof(v->path)) < 0)
		return (handle_fail(e, "%s", state_error(e->state)));
	/* One that is damaged, or of an earlier vote, is made anew. */
	if (v->kept_text != NULL &&
	    (receipt_read(&v->kept, v->kept_text, strlen(v->kept_text), why,
		 sizeof(why)) != 0 ||
		!is_own(e, v, v->kept.leaf, v->kept.leaf_len)))
		receipt_clear(&v->kept);
	return (EVOTE_ANSWERED);
}

static void
receipt_make(struct evote_proof *p, const void *leaf, size_t len, uint64_t seq,
    const evote_path *path, const char *note)
{
	p->text = receipt_write(
	    leaf, len, seq, path->evote_path_val, path->evote_path_len, note);
	p->seq = seq;
}

/* By its place, which an earlier receipt has shown. */
static enum evote_outcome
receipt_renew(struct evote *e, const struct vote *v, uint64_t deadline_ms,
    struct evote_proof *p)
{
	const struct receipt *r = &v->kept;
	struct checkpoint c = {0};
	evote_prove_res res = {0};
	enum evote_outcome outcome = proofs_prove(
	    e, r->index, r->leaf, r->leaf_len, r->text, deadline_ms, &c, &res);

	if (outcome == EVOTE_ANSWERED)
		receipt_make(
		    p, r->leaf, r->leaf_len, r->index, &res.inclusion, c.text);
	checkpoint_clear(&c);
	xdr_free((xdrproc_t)xdr_evote_prove_res, &res);
	return (outcome);
}

/* With the record itself, which nobody else would show to the voter. */
static enum evote_outcome
foreign(struct evote *e, const evote_receipt_res *res, const char *note)
{
	const evote_path *path = &res->inclusion;
	char *shown = receipt_write(res->leaf.leaf_val, res->leaf.leaf_len,
	    res->seq, path->evote_path_val, path->evote_path_len, note);
	enum evote_outcome outcome = proofs_broken(e,
	    "has recorded something other than the vote that was sent", NULL,
	    shown);

	free(shown);
	return (outcome);
}

static enum evote_outcome
receipt_take(struct evote *e, const struct vote *v,
    const evote_receipt_res *res, const struct checkpoint *c,
    struct evote_proof *p)
{
	const void *leaf = res->leaf.leaf_val;
	size_t len = res->leaf.leaf_len;
	enum evote_outcome outcome;

	if (res->answer.code != 0)
		return (checkup_denied(e, v->election, &v->ballot));
	if (!is_own(e, v, leaf, len))
		return (foreign(e, res, c->text));
	outcome =
	    proofs_included(e, leaf, len, res->seq, &res->inclusion, c, NULL);
	if (outcome == EVOTE_ANSWERED)
		receipt_make(p, leaf, len, res->seq, &res->inclusion, c->text);
	return (outcome);
}

/* The first one. */
static enum evote_outcome
receipt_fetch(struct evote *e, const struct vote *v, uint64_t deadline_ms,
    struct evote_proof *p)
{
	evote_receipt_args args = {.asker = {.voter = (char *)e->options.voter,
				       .number = v->ballot.number}};
	evote_receipt_res res = {0};
	struct checkpoint c = {0};
	const struct question q = {
	    .number = EVOTE_RECEIPT,
	    .args = &args,
	    .seen = &args.seen,
	    .since = &args.since,
	    .res = &res,
	    .xres = (xdrproc_t)xdr_evote_receipt_res,
	    .answer = &res.answer,
	    .note = &res.note,
	    .path = &res.consistency,
	};
	enum evote_outcome outcome;

	memcpy(args.asker.client, v->ballot.client, sizeof(args.asker.client));
	outcome = proofs_ask(e, &q, deadline_ms, &c);
	if (outcome == EVOTE_ANSWERED)
		outcome = receipt_take(e, v, &res, &c, p);
	checkpoint_clear(&c);
	xdr_free((xdrproc_t)xdr_evote_receipt_res, &res);
	return (outcome);
}

static int
signatures(const struct evote_proof *p)
{
	return (__builtin_popcountll(p->verdict.signed_by));
}

/*
 * The kept receipt, in place of one that fewer hosts have signed, or `equal`
 * as many; 1, or 0.
 */
static int
receipt_prefer(
    struct evote *e, struct vote *v, int equal, struct evote_proof *p)
{
	struct evote_proof old = {0};

	if (v->kept.leaf == NULL || v->kept_text == NULL ||
	    keys_judge(e, &v->kept.note, 0, &old) != EVOTE_ANSWERED ||
	    !receipt_fits(&v->kept) ||
	    (old.verdict.judgement != TLOG_GOOD &&
		old.verdict.judgement != TLOG_SHORT) ||
	    signatures(&old) + equal <= signatures(p)) {
		evote_proof_clear(&old);
		return (0);
	}
	old.text = v->kept_text;
	v->kept_text = NULL;
	old.seq = v->kept.index;
	evote_proof_clear(p);
	*p = old;
	return (1);
}

/* 1, or 0: the proof says why not. */
static int
receipt_keep(struct evote *e, const struct vote *v, struct evote_proof *p)
{
	if (state_set_receipt(
		e->state, e->options.voter, v->election, p->text) == 0)
		return (1);
	free(p->unkept);
	p->unkept = need_copy(state_error(e->state));
	return (0);
}

/* Of which vote it is, and where; there: it is kept. */
static enum evote_outcome
receipt_name(const struct vote *v, int there, struct evote_proof *p)
{
	p->by_token = v->ballot.by_token;
	if (there)
		p->path = need_copy(v->path);
	return (EVOTE_ANSWERED);
}

/*
 * As it will be read: what is handed out was verified as it stands.  The first
 * one is kept before the signers are known for sure, which may take another
 * question: later the service may not say any more which record it is.
 */
static enum evote_outcome
receipt_finish(struct evote *e, struct vote *v, uint64_t deadline_ms,
    struct evote_proof *p)
{
	int first = v->kept.leaf == NULL, there = 0;
	struct receipt r;
	enum evote_outcome outcome = EVOTE_ANSWERED;
	char why[300];

	if (receipt_read(&r, p->text, strlen(p->text), why, sizeof(why)) != 0)
		return (handle_fail(e, "the receipt cannot be read: %s", why));
	if (!receipt_fits(&r))
		outcome = handle_fail(e, "the receipt does not fit");
	else if (first)
		there = receipt_keep(e, v, p);
	if (outcome == EVOTE_ANSWERED)
		outcome = keys_judge(e, &r.note, deadline_ms, p);
	receipt_clear(&r);
	if (outcome != EVOTE_ANSWERED)
		return (outcome);
	if (!first)
		there = receipt_prefer(e, v, 0, p) || receipt_keep(e, v, p) ||
		    receipt_prefer(e, v, 1, p);
	return (receipt_name(v, there, p));
}

/* What is kept is worth as much as before, whatever hindered a better one. */
static enum evote_outcome
receipt_old(struct evote *e, struct vote *v, enum evote_outcome outcome,
    struct evote_proof *p)
{
	char *why = need_copy(e->problem);

	evote_proof_clear(p);
	if (!receipt_prefer(e, v, 1, p)) {
		free(why);
		return (outcome);
	}
	p->no_better = why;
	return (receipt_name(v, 1, p));
}

enum evote_outcome
evote_receipt(struct evote *e, const char *election, uint64_t timeout_ms,
    struct evote_proof *p)
{
	uint64_t deadline_ms = handle_by(e, timeout_ms);
	enum evote_outcome outcome;
	struct vote v = {0};

	if (e->options.voter == NULL) {
		memset(p, 0, sizeof(*p));
		return (handle_fail(e, "no voter is given"));
	}
	outcome = keys_begin(e, deadline_ms, p);
	if (outcome == EVOTE_ANSWERED)
		outcome = vote_load(e, election, &v);
	if (outcome == EVOTE_ANSWERED)
		outcome = v.kept.leaf != NULL
		    ? receipt_renew(e, &v, deadline_ms, p)
		    : receipt_fetch(e, &v, deadline_ms, p);
	if (outcome == EVOTE_ANSWERED)
		outcome = receipt_finish(e, &v, deadline_ms, p);
	if (outcome != EVOTE_ANSWERED && outcome != EVOTE_CHANGED)
		outcome = receipt_old(e, &v, outcome, p);
	vote_clear(&v);
	return (outcome);
}
