/* Checkpoints, and who has to sign them, for libevote's users. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/keys.h"
#include "common/extension.h"
#include "common/need.h"
#include "common/now.h"
#include "common/proof.h"

/* As it stands in its file, to the last signature; to be freed. */
static char *
note_whole(const struct note *n)
{
	const struct note_line *last = &n->lines[n->n - 1];
	const char *end = last->blob + last->blob_len;
	size_t len = (size_t)(end - n->text);
	char *text = need(malloc(len + 2));

	snprintf(text, len + 2, "%.*s\n", (int)len, n->text);
	return (text);
}

/* since NULL: from the last one that was seen. */
static enum evote_outcome
checkpoint_fetch(struct evote *e, const struct note *since, uint64_t least,
    uint64_t deadline_ms, struct checkpoint *c)
{
	evote_checkpoint_args args = {.least = least};
	evote_checkpoint_res res = {0};
	const struct question q = {
	    .number = EVOTE_CHECKPOINT,
	    .args = &args,
	    .seen = &args.seen,
	    .since = &args.since,
	    .since_size = since != NULL ? since->size : 0,
	    .least = least,
	    .res = &res,
	    .xres = (xdrproc_t)xdr_evote_checkpoint_res,
	    .answer = &res.answer,
	    .note = &res.note,
	    .path = &res.consistency,
	};
	enum evote_outcome outcome = proofs_ask(e, &q, deadline_ms, c);
	const evote_path *path = &res.consistency;

	if (outcome == EVOTE_ANSWERED && since != NULL &&
	    !proof_extends(since->size, since->root, c->note.size, c->note.root,
		path->evote_path_val, path->evote_path_len))
		outcome = proofs_broken(e,
		    "shows a checkpoint that does not continue the one in the "
		    "file",
		    NULL, c->text);
	if (outcome == EVOTE_ANSWERED && since != NULL)
		c->extension = extension_write(since->size,
		    path->evote_path_val, path->evote_path_len, c->text);
	xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &res);
	return (outcome);
}

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return (a > b ? a : b);
}

/*
 * The same checkpoint as one that continues the last that was seen.  A host
 * shows it again to who asks for the record with which it ends; an older
 * version shows the newest one.
 */
static enum evote_outcome
checkpoint_again(struct evote *e, const struct checkpoint *c,
    uint64_t deadline_ms, struct checkpoint *again)
{
	evote_prove_args args = {.seq = c->note.size - 1};
	evote_prove_res res = {0};
	const struct question q = {
	    .number = EVOTE_PROVE,
	    .args = &args,
	    .seen = &args.seen,
	    .since = &args.since,
	    .least = c->note.size,
	    .res = &res,
	    .xres = (xdrproc_t)xdr_evote_prove_res,
	    .answer = &res.answer,
	    .note = &res.note,
	    .path = &res.consistency,
	};
	enum evote_outcome outcome = proofs_ask(e, &q, deadline_ms, again);

	if (outcome == EVOTE_ANSWERED && res.answer.code != 0)
		outcome = proofs_broken(e,
		    "no longer has a record that was in its ledger", c->text,
		    NULL);
	xdr_free((xdrproc_t)xdr_evote_prove_res, &res);
	return (outcome);
}

/*
 * One checkpoint that continues both the file's and the last one that was seen.
 * Each question gets a proof for one of them, so it is asked twice, and again
 * if the second has shown a newer one.
 */
static enum evote_outcome
checkpoint_since(struct evote *e, const struct note *since,
    uint64_t deadline_ms, struct checkpoint *c)
{
	struct checkpoint other = {0};
	enum evote_outcome outcome;

	do {
		checkpoint_clear(&other);
		checkpoint_clear(c);
		outcome = checkpoint_fetch(e, since,
		    larger(since->size, e->seen.size), deadline_ms, c);
		if (outcome == EVOTE_ANSWERED)
			outcome = checkpoint_again(e, c, deadline_ms, &other);
	} while (outcome == EVOTE_ANSWERED && other.note.size != c->note.size &&
	    handle_now(e) < deadline_ms);
	if (outcome == EVOTE_ANSWERED && other.note.size != c->note.size) {
		handle_fail(e,
		    "the ledger grew between one question and the next, so "
		    "that no checkpoint continues both this one and the last "
		    "one that was seen");
		outcome = EVOTE_UNANSWERED;
	} else if (outcome == EVOTE_ANSWERED &&
	    memcmp(other.note.root, c->note.root, SEAL_HASH) != 0)
		outcome = proofs_broken(e,
		    "shows two checkpoints that contradict each other",
		    other.text, c->text);
	checkpoint_clear(&other);
	return (outcome);
}

/*
 * What the file shows was seen: no host may know less from now on.  And it is
 * the proof, if one does.
 */
static enum evote_outcome
since_take(struct evote *e, const struct note *since)
{
	struct sighting now = {.epoch = e->seen.epoch, .size = since->size},
			kept;

	if (!proofs_signed(e, since))
		return (handle_fail(e,
		    "the file's checkpoint is not signed by the key of this "
		    "service"));
	e->since = note_whole(since);
	memcpy(now.root, since->root, sizeof(now.root));
	if (state_raise(e->state, &now, &kept) == 1)
		return (proofs_broken(e,
		    "has shown another history than the file's checkpoint has",
		    NULL, NULL));
	return (EVOTE_ANSWERED);
}

enum evote_outcome
evote_checkpoint(
    struct evote *e, const struct note *since, struct evote_proof *p)
{
	uint64_t deadline_ms = handle_deadline(e);
	struct checkpoint c = {0};
	enum evote_outcome outcome = keys_begin(e, deadline_ms, p);

	if (outcome == EVOTE_ANSWERED && since != NULL)
		outcome = since_take(e, since);
	if (outcome == EVOTE_ANSWERED)
		outcome = since != NULL && since->size > 0
		    ? checkpoint_since(e, since, deadline_ms, &c)
		    : checkpoint_fetch(e, NULL, e->seen.size, deadline_ms, &c);
	if (outcome == EVOTE_ANSWERED)
		outcome = keys_judge(e, &c.note, deadline_ms, p);
	if (outcome == EVOTE_ANSWERED) {
		p->text = c.text;
		p->extension = c.extension;
		c.text = c.extension = NULL;
	}
	checkpoint_clear(&c);
	free(e->since);
	e->since = NULL;
	return (outcome);
}

/* ---- whom to trust ---- */

/*
 * Keys come with no proof that their ledger continues what was seen, if none of
 * them is new: a checkpoint does.
 */
enum evote_outcome
evote_trust(struct evote *e, uint64_t size, struct evote_proof *p)
{
	uint64_t deadline_ms = handle_deadline(e), now = 0;
	enum evote_outcome outcome = keys_begin(e, deadline_ms, p);
	struct checkpoint c = {0};

	if (outcome == EVOTE_ANSWERED)
		outcome =
		    checkpoint_fetch(e, NULL, e->seen.size, deadline_ms, &c);
	if (outcome == EVOTE_ANSWERED) {
		now = c.note.size;
		outcome = keys_fetch(e, deadline_ms);
	}
	checkpoint_clear(&c);
	if (outcome != EVOTE_ANSWERED)
		return (outcome);
	if (size > now)
		return (handle_fail(e, "the ledger has only %llu records",
		    (unsigned long long)now));
	p->size = size != 0 ? size : now;
	p->policy = keyring_policy(&e->keyring, p->size);
	return (outcome);
}
