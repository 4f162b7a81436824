#include "server/proofs.h"

#include <string.h>

#include <utlist.h>

#include "common/need.h"
#include "server/checkpoint.h"
#include "server/signing.h"

#define HOLD_LONG_MS 2000
#define HELD_MAX     8192
#define FAR_MAX	     256   /* besides, for what is not accepted yet */
#define FRESH_MS     60000 /* so old a time of signing will do */
#define LOADS_MAX    16	   /* of records, on the disk at a time */
#define RECENT	     8192  /* records kept in memory, a power of two, */
#define RECENT_BYTES 2048  /* each, or the disk has to load it */

struct proofs {
	struct request *held; /* the oldest first */
	uint32_t n, far;
	int loading;
	/* Nothing has changed for any of them since all were looked at. */
	int quiet;
	uint64_t seen; /* number of the checkpoint then */
	/*
	 * Most receipts are asked for right after the vote, when the core does
	 * not keep the record any more.  At seq % RECENT.
	 */
	struct record *recent[RECENT];
};

struct proofs *
proofs_new(void)
{
	return (need_zeroed(1, sizeof(struct proofs)));
}

void
proofs_free(struct proofs *p)
{
	for (int i = 0; p != NULL && i < RECENT; i++)
		record_drop(p->recent[i]);
	free(p);
}

void
proofs_keep(struct proofs *p, struct record *const *records, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct record *r = records[i];
		struct record **at = &p->recent[r->seq % RECENT];

		record_drop(*at);
		*at = r->leaf_len + r->opening_len > RECENT_BYTES
		    ? NULL
		    : record_hold(r);
	}
}

/* An accepted one: what was cut off is not, and another took its place. */
static struct record *
recent(const struct server *s, uint64_t seq)
{
	struct record *r = history_get(core_history(s->core), seq);

	if (r == NULL)
		r = s->proofs->recent[seq % RECENT];
	return (r != NULL && r->seq == seq ? record_hold(r) : NULL);
}

/* ---- what is asked for ---- */

static uint64_t
most(uint64_t a, uint64_t b)
{
	return (a > b ? a : b);
}

static struct record *
no_record(evote_answer *a)
{
	a->code = 1;
	a->reason = EVOTE_R_NOT_POSSIBLE;
	return (NULL);
}

/* It contains all that was accepted when it was asked for. */
struct record *
proof_checkpoint(
    struct server *s, struct request *r, const struct entry_header *at)
{
	const evote_checkpoint_args *a = &r->args.checkpoint;

	r->proof.since = a->since;
	r->proof.need = most(at->seq, most(a->least, a->since));
	return (NULL);
}

struct record *
proof_receipt(
    struct server *s, struct request *r, const struct entry_header *at)
{
	const evote_receipt_args *a = &r->args.receipt;
	struct proof *p = &r->proof;

	if (!election_receipt(s->election, &a->asker, &p->seq))
		return (no_record(&r->result.answer));
	p->since = a->since;
	p->need = most(p->seq + 1, a->since);
	p->record = recent(s, p->seq);
	return (NULL);
}

struct record *
proof_prove(struct server *s, struct request *r, const struct entry_header *at)
{
	const evote_prove_args *a = &r->args.prove;

	if (a->seq >= at->seq)
		return (no_record(&r->result.answer));
	r->proof.seq = a->seq;
	r->proof.since = a->since;
	r->proof.need = most(a->seq + 1, a->since);
	return (NULL);
}

struct record *
proof_keys(struct server *s, struct request *r, const struct entry_header *at)
{
	r->proof.need = at->seq;
	return (NULL);
}

int
proof_is(const struct request *r)
{
	return (r->ask >= ASK_CHECKPOINT && r->ask <= ASK_KEYS);
}

/* ---- the results ---- */

static evote_note *
note_of(struct request *r)
{
	switch (r->ask) {
	case ASK_CHECKPOINT:
		return (&r->result.checkpoint.note);
	case ASK_RECEIPT:
		return (&r->result.receipt.note);
	case ASK_PROVE:
		return (&r->result.prove.note);
	case ASK_KEYS:
		return (&r->result.keys.note);
	default:
		return (NULL);
	}
}

void
proof_complete(struct request *r)
{
	evote_note *note = note_of(r);

	if (note != NULL && *note == NULL)
		*note = need_copy("");
}

void
proof_clear(struct request *r)
{
	record_drop(r->proof.record);
	r->proof.record = NULL;
}

static void
path_set(evote_path *to, unsigned char path[MERKLE_PATH][MERKLE_HASH], int n)
{
	to->evote_path_len = (u_int)n;
	to->evote_path_val = need_zeroed((size_t)n + 1, MERKLE_HASH);
	memcpy(to->evote_path_val, path, (size_t)n * MERKLE_HASH);
}

static void
inclusion(const struct server *s, uint64_t seq, uint64_t size, evote_path *to)
{
	const struct merkle *tree = history_tree(core_history(s->core));
	unsigned char path[MERKLE_PATH][MERKLE_HASH];

	path_set(to, path, merkle_inclusion(tree, seq, size, path));
}

static void
consistency(
    const struct server *s, uint64_t since, uint64_t size, evote_path *to)
{
	const struct merkle *tree = history_tree(core_history(s->core));
	unsigned char path[MERKLE_PATH][MERKLE_HASH];

	path_set(to, path, merkle_consistency(tree, since, size, path));
}

static void
fill_keys(const struct server *s, struct request *r, uint64_t size)
{
	const struct keys *ks = election_keys(s->election);
	evote_keys_res *res = &r->result.keys;
	uint32_t i, n = 0;
	evote_key_record *to = need_zeroed(EVOTE_KEYS_MAX, sizeof(*to));

	memcpy(res->log, signing_log_key(s->signing), sizeof(res->log));
	for (i = r->args.keys.first;
	     i < ks->n && ks->list[i].seq < size && n < EVOTE_KEYS_MAX;
	     i++, n++) {
		const struct key_record *k = &ks->list[i];

		to[n].leaf.leaf_len = k->leaf_len;
		to[n].leaf.leaf_val = need_zeroed(1, k->leaf_len);
		memcpy(to[n].leaf.leaf_val, k->leaf, k->leaf_len);
		to[n].seq = k->seq;
		inclusion(s, k->seq, size, &to[n].inclusion);
	}
	res->records.records_len = n;
	res->records.records_val = to;
	res->next = i < ks->n && ks->list[i].seq < size ? i : 0;
}

static void
fill_receipt(const struct server *s, struct request *r, uint64_t size)
{
	evote_receipt_res *res = &r->result.receipt;
	const struct record *record = r->proof.record;

	res->seq = r->proof.seq;
	res->leaf.leaf_len = record->leaf_len;
	res->leaf.leaf_val = need_zeroed(1, record->leaf_len);
	memcpy(res->leaf.leaf_val, record_leaf(record), record->leaf_len);
	inclusion(s, res->seq, size, &res->inclusion);
	consistency(s, r->proof.since, size, &res->consistency);
}

static void
fill(const struct server *s, struct request *r, const struct checkpoint *c)
{
	*note_of(r) = need_copy(c->note);
	switch (r->ask) {
	case ASK_CHECKPOINT:
		consistency(s, r->proof.since, c->size,
		    &r->result.checkpoint.consistency);
		break;
	case ASK_RECEIPT:
		fill_receipt(s, r, c->size);
		break;
	case ASK_PROVE:
		inclusion(s, r->proof.seq, c->size, &r->result.prove.inclusion);
		consistency(
		    s, r->proof.since, c->size, &r->result.prove.consistency);
		break;
	case ASK_KEYS:
		fill_keys(s, r, c->size);
		break;
	default:
		break;
	}
}

/* ---- those that wait ---- */

static void
give_up(struct request *r)
{
	r->result.answer.code = 2;
	r->result.answer.reason = EVOTE_R_NOT_POSSIBLE;
}

/*
 * Whoever asks for what will never be holds a place for long, the others for
 * as long as it takes to sign: so they do not share the places.
 */
int
proofs_hold(struct server *s, struct request *r)
{
	struct proofs *p = s->proofs;
	evote_stamp stamp;

	core_stamp(s->core, &stamp);
	r->proof.far = r->proof.need > stamp.size;
	if (r->proof.far && p->far == FAR_MAX) {
		give_up(r);
		return (1);
	}
	if (!r->proof.far && p->n - p->far == HELD_MAX)
		return (-1);
	p->far += r->proof.far;
	r->proof.begun = checkpoint_begun(s);
	r->proof.until_ms = s->now_ms + HOLD_LONG_MS;
	DL_APPEND2(p->held, r, proof.prev, proof.next);
	p->n++;
	p->quiet = 0;
	return (0);
}

static void
release(struct proofs *p, struct request *r)
{
	DL_DELETE2(p->held, r, proof.prev, proof.next);
	p->far -= r->proof.far;
	p->n--;
}

/*
 * It has what the call is about, and the signatures that can be had: of all in
 * sync now, or else it was made since, and there were no more.
 */
static int
covers(
    const struct server *s, const struct checkpoint *c, const struct request *r)
{
	return (c->number > 0 && c->size >= r->proof.need &&
	    c->size <= history_size(core_history(s->core)) &&
	    (c->number > r->proof.begun ||
		(c->whole && c->epoch == core_epoch(s->core) &&
		    s->now_ms - c->begun_ms < FRESH_MS)));
}

static void
load(struct server *s, struct request *r)
{
	struct proofs *p = s->proofs;

	if (r->ask != ASK_RECEIPT || r->proof.record != NULL ||
	    r->proof.job != 0 || p->loading == LOADS_MAX ||
	    s->now_ms >= r->proof.until_ms)
		return;
	p->loading++;
	r->proof.job = disk_load(s->disk, r->proof.seq, 1);
}

int
proofs_loaded(struct server *s, const struct disk_done *done)
{
	struct proofs *p = s->proofs;
	struct request *r;

	DL_FOREACH2(p->held, r, proof.next)
	if (r->proof.job == done->job)
		break;
	if (r == NULL)
		return (0);
	p->loading--;
	p->quiet = 0;
	r->proof.job = 0;
	if (done->n > 0)
		r->proof.record = done->records[0];
	else
		r->proof.until_ms = s->now_ms; /* the disk cannot read it */
	free(done->records);
	return (1);
}

/*
 * Who proves the record with which a checkpoint ends that was made just now
 * has that one again, with whatever else the proof is to show: while people
 * vote, no two questions in a row would have the same one.
 */
static const struct checkpoint *
checkpoint_for(const struct server *s, const struct request *r)
{
	const struct checkpoint *c = NULL;

	if (r->ask == ASK_PROVE)
		c = checkpoint_of(s, r->proof.seq + 1);
	return (c != NULL && covers(s, c, r) ? c : checkpoint_latest(s));
}

/* 1 when it waits no more, with what it is told. */
static int
is_done(struct server *s, struct request *r)
{
	const struct checkpoint *c = checkpoint_for(s, r);

	if (r->proof.job != 0)
		return (0); /* the disk answers in any case */
	if (core_role(s->core) != EVOTE_PRIMARY)
		return (1);
	load(s, r);
	if ((r->ask != ASK_RECEIPT || r->proof.record != NULL) &&
	    covers(s, c, r)) {
		fill(s, r, c);
		return (1);
	}
	if (s->now_ms < r->proof.until_ms || r->proof.job != 0)
		return (0);
	give_up(r);
	return (1);
}

struct request *
proofs_next(struct server *s)
{
	struct proofs *p = s->proofs;
	uint64_t number = checkpoint_latest(s)->number;
	struct request *r;

	if (p->held == NULL ||
	    (p->quiet && number == p->seen &&
		core_role(s->core) == EVOTE_PRIMARY &&
		s->now_ms < p->held->proof.until_ms))
		return (NULL);
	DL_FOREACH2(p->held, r, proof.next)
	if (is_done(s, r)) {
		release(p, r);
		return (r);
	}
	p->quiet = 1;
	p->seen = number;
	return (NULL);
}

uint32_t
proofs_held(const struct server *s)
{
	return (s->proofs->n);
}

struct request *
proofs_drain(struct server *s)
{
	struct request *r = s->proofs->held;

	if (r != NULL)
		release(s->proofs, r);
	return (r);
}
