#include "client/lib/proofs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/lib/evidence.h"
#include "common/date.h"
#include "common/merkle.h"
#include "common/need.h"
#include "common/now.h"
#include "common/proof.h"

#define LATER_MS 50

void
checkpoint_clear(struct checkpoint *c)
{
	free(c->text);
	free(c->extension);
	memset(c, 0, sizeof(*c));
}

/* ---- what is not to be trusted ---- */

enum evote_outcome
proofs_broken(
    struct evote *e, const char *what, const char *before, const char *now)
{
	const char *host = evote_served_by(e);
	char who[EVOTE_HOST_MAX + 8];
	struct evidence v = {.stands = 1};

	snprintf(who, sizeof(who), "host %s", host != NULL ? host : "?");
	evidence_notes(e, route_host(e->route, NULL), before, now, &v);
	return (evidence_tell(e, who, what, &v, "checkpoint and keys"));
}

/* ---- the last checkpoint that was seen ---- */

static enum evote_outcome
last_load(struct evote *e, struct checkpoint *c)
{
	char err[200];

	if (state_checkpoint(e->state, &c->text) < 0)
		return (handle_fail(e, "%s", state_error(e->state)));
	if (c->text == NULL ||
	    note_read(&c->note, c->text, strlen(c->text), err, sizeof(err)) ==
		0)
		return (EVOTE_ANSWERED);
	handle_fail(e,
	    "%s/checkpoint is damaged: %s; move it away to go on without what "
	    "it says",
	    state_dir(e->state), err);
	checkpoint_clear(c);
	return (EVOTE_FAILED);
}

/* Keeps it, unless nothing is new; 1: another process has kept another one. */
static int
last_keep(struct evote *e, const struct checkpoint *last,
    const struct checkpoint *now)
{
	if (last->text != NULL && last->note.size == now->note.size &&
	    last->note.n >= now->note.n)
		return (0);
	/* What was shown holds even if it cannot be written down. */
	if (state_set_checkpoint(e->state, last->text, now->text) != 1)
		return (0);
	handle_fail(e, "other commands here ask at the same time");
	return (1);
}

/* ---- one answer ---- */

int
proofs_signed(const struct evote *e, const struct note *n)
{
	return (strcmp(n->log, e->keyring.log.name) == 0 &&
	    note_verify(n, &e->keyring.log, NULL) == NOTE_SIGNED);
}

/* By itself. */
static enum evote_outcome
checkpoint_read(struct evote *e, const char *text, struct checkpoint *c)
{
	char err[200];

	c->text = need_copy(text);
	if (note_read(&c->note, c->text, strlen(c->text), err, sizeof(err)) !=
	    0)
		return (handle_fail(e,
		    "the checkpoint that %s shows cannot be read: %s",
		    evote_served_by(e), err));
	if (!proofs_signed(e, &c->note))
		return (proofs_broken(e,
		    "shows a checkpoint that the service's key has not signed",
		    NULL, text));
	if (c->note.size == e->seen.size &&
	    memcmp(c->note.root, e->seen.root, sizeof(e->seen.root)) != 0)
		return (proofs_broken(e,
		    "shows a checkpoint that contradicts what it answered",
		    NULL, text));
	return (EVOTE_ANSWERED);
}

/* Beside the last one.  *again: that cannot be said yet. */
static enum evote_outcome
checkpoint_judge(struct evote *e, const struct question *q,
    const struct checkpoint *last, const struct checkpoint *now, int *again)
{
	const struct note *a = &last->note, *b = &now->note;

	*again = b->size < q->least;
	if (*again)
		return (handle_fail(e,
		    "%s shows a checkpoint that does not reach as far as it "
		    "has to",
		    evote_served_by(e)));
	if (last->text == NULL || q->since_size != 0) {
		*again = q->since_size == 0 && last_keep(e, last, now);
		return (EVOTE_ANSWERED);
	}
	*again = b->size < a->size;
	if (*again)
		return (handle_fail(e,
		    "%s shows an older checkpoint than was seen before",
		    evote_served_by(e)));
	if (!proof_extends(a->size, a->root, b->size, b->root,
		q->path->evote_path_val, q->path->evote_path_len))
		return (proofs_broken(e,
		    "shows a checkpoint that does not continue an earlier one",
		    last->text, now->text));
	*again = last_keep(e, last, now);
	return (EVOTE_ANSWERED);
}

static enum evote_outcome
ask_once(struct evote *e, const struct question *q, uint64_t deadline_ms,
    struct checkpoint *out, int *again)
{
	struct checkpoint last = {0};
	enum evote_outcome outcome = last_load(e, &last);

	*again = 0;
	if (outcome != EVOTE_ANSWERED)
		return (outcome);
	if (q->since != NULL)
		*q->since = q->since_size != 0 ? q->since_size : last.note.size;
	outcome =
	    handle_read(e, q->number, q->args, q->seen, q->res, deadline_ms);
	if (outcome == EVOTE_ANSWERED && q->answer->code == 2) {
		*again = 1;
		handle_fail(e,
		    "the hosts have not signed a checkpoint that reaches so "
		    "far");
	}
	if (outcome == EVOTE_ANSWERED && q->answer->code == 0 &&
	    q->note != NULL) {
		outcome = checkpoint_read(e, *q->note, out);
		if (outcome == EVOTE_ANSWERED)
			outcome = checkpoint_judge(e, q, &last, out, again);
	}
	checkpoint_clear(&last);
	return (outcome);
}

/* Whether there is time to ask once more. */
static int
later(const struct evote *e, uint64_t deadline_ms)
{
	const struct timespec pause = {.tv_nsec = LATER_MS * 1000000};

	if (handle_now(e) + LATER_MS >= deadline_ms)
		return (0);
	nanosleep(&pause, NULL);
	return (1);
}

enum evote_outcome
proofs_ask(struct evote *e, const struct question *q, uint64_t deadline_ms,
    struct checkpoint *out)
{
	enum evote_outcome outcome;
	int again;

	for (;;) {
		outcome = ask_once(e, q, deadline_ms, out, &again);
		if (!again)
			return (outcome);
		if (!later(e, deadline_ms))
			return (EVOTE_UNANSWERED);
		checkpoint_clear(out);
		xdr_free(q->xres, q->res);
	}
}

/* ---- a record's place ---- */

enum evote_outcome
proofs_included(struct evote *e, const void *leaf, size_t len, uint64_t seq,
    const evote_path *path, const struct checkpoint *c, const char *before)
{
	unsigned char hash[SEAL_HASH];

	if (seq >= c->note.size) {
		handle_fail(e, "the checkpoint does not reach so far");
		return (EVOTE_UNANSWERED);
	}
	merkle_leaf_hash(hash, leaf, (uint32_t)len);
	if (proof_includes(hash, seq, c->note.size, c->note.root,
		path->evote_path_val, path->evote_path_len))
		return (EVOTE_ANSWERED);
	return (proofs_broken(e,
	    "shows a checkpoint that does not contain the record", before,
	    c->text));
}

enum evote_outcome
proofs_prove(struct evote *e, uint64_t seq, const void *leaf, size_t len,
    const char *before, uint64_t deadline_ms, struct checkpoint *c,
    evote_prove_res *res)
{
	evote_prove_args args = {.seq = seq};
	const struct question q = {
	    .number = EVOTE_PROVE,
	    .args = &args,
	    .seen = &args.seen,
	    .since = &args.since,
	    .res = res,
	    .xres = (xdrproc_t)xdr_evote_prove_res,
	    .answer = &res->answer,
	    .note = &res->note,
	    .path = &res->consistency,
	};
	enum evote_outcome outcome = proofs_ask(e, &q, deadline_ms, c);

	if (outcome != EVOTE_ANSWERED)
		return (outcome);
	if (res->answer.code != 0)
		return (proofs_broken(e,
		    "no longer has a record that was in its ledger", before,
		    NULL));
	return (proofs_included(e, leaf, len, seq, &res->inclusion, c, before));
}
