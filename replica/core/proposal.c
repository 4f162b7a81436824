#include <assert.h>
#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"
#include "replica/core/identity.h"

#define CLAIMS_MAX 5		 /* the pause between claims doubles so often */
#define EPOCH_GAP  1000		 /* more than what one host decides untold */
#define FORCE_GAP  (1000 * 1000) /* more than what is left behind decides */

/*
 * Without an arbiter every host may number epochs by itself: each takes those
 * that leave its own number, which K gives it and nobody changes, as remainder,
 * so no two ever decide under one number.  A
 * take-over leaves a gap besides.  The dead primary may have decided a few
 * things more than it lived to tell (see settled), and a host that comes
 * before this one and is dead as well may have taken over and told nobody:
 * nothing was accepted under those, and they must count as older.  What a
 * promotion by force leaves behind may have taken over many times, and clients
 * that saw it have to notice: a larger gap.
 */
static uint64_t
next_epoch(const struct core *c, enum proposal kind)
{
	uint64_t e = c->k.epoch > c->seen_epoch ? c->k.epoch : c->seen_epoch;
	unsigned number = hosts_number(c, &c->next_k, core_name(c));

	if (kind == P_FORCE)
		e += FORCE_GAP;
	else if (kind == P_CLAIM)
		e += EPOCH_GAP * (uint64_t)(number + 1);
	do
		e++;
	while (e % EVOTE_HOSTS_MAX != number);
	return (e);
}

/* Granted, or nobody is to be asked: stored here, and then it is in force. */
void
proposal_store(struct core *c)
{
	c->proposal_job = c->driver->save(c->arg, &c->next_k);
	c->last_save = c->proposal_job;
	jobs_add(c, JOB_SAVE, c->proposal_job, 0, -1);
	if (BUG_JOINER_RECORDS_FIRST && c->proposal == P_GROW) {
		c->proposal = P_NONE;
		core_take_k(c, &c->next_k);
	}
	if (BUG_HAND_OVER_EARLY && c->proposal == P_HAND)
		c->greet = 1;
}

/* The same question until there is an answer: it may have been granted. */
void
proposal_ask(struct core *c)
{
	int pp = core_primary_peer(c);
	evote_decide d = {
	    .expected = c->k.epoch,
	    .dead = pp >= 0 && !c->peers[pp].up && c->peers[pp].refused,
	    .install = c->installing,
	    .next = &c->next_k,
	};

	c->asked_ms = c->now_ms;
	c->driver->decide(
	    c->arg, c->installing ? &c->next_k.arbiter : &c->k.arbiter, &d);
}

/* Asks whoever has to agree; when that is nobody, it is stored at once. */
void
proposal_put(struct core *c)
{
	const enum proposal kind = c->proposal;

	c->begun_ms = c->now_ms;
	c->need_nonce = 0;
	c->installing =
	    kind == P_ARBITER && c->next_k.arbiter.kind != EVOTE_ARBITER_NONE;
	if (c->installing ||
	    (core_arbitrated(c) && kind != P_FORCE &&
		!(kind == P_ARBITER && c->next_k.joint)))
		proposal_ask(c);
	else
		proposal_store(c);
}

void
proposal_make(struct core *c, enum proposal kind)
{
	evote_mark *m = &c->next_k.mark;

	if (c->next_k.hosts.hosts_len == 0)
		hosts_first(c, &c->next_k);
	c->next_k.epoch = BUG_SAME_EPOCH && c->role == EVOTE_CLAIMING &&
		config_id_equal(c->k.primary, core_self(c))
	    ? c->k.epoch
	    : next_epoch(c, kind);
	if (kind == P_FORCE)
		c->next_k.forced_epoch = c->next_k.epoch;
	m->epoch = history_epoch(c->log);
	m->size = c->accepted;
	history_root(c->log, c->accepted, (unsigned char *)m->root);
	c->proposal = kind;
	c->proposal_job = 0;
	/*
	 * With nobody to ask whether this host is primary still, all of the set
	 * have to say so, asked from now on: it may have been stopped.
	 */
	if (kind == P_ARBITER && c->next_k.joint) {
		c->begun_ms = c->now_ms;
		c->need_nonce = c->nonce + 1;
	} else
		proposal_put(c);
}

/* A proposal starts from the present K. */
evote_config *
proposal_draft(struct core *c)
{
	config_clear(&c->next_k);
	config_copy(&c->next_k, &c->k);
	return (&c->next_k);
}

/*
 * The first claim is made at once.  One that comes to nothing has cost an epoch
 * and a record on the disk: the next ones wait, 100, 200, 400 ... 3,200 ms.
 */
static void
claim_again_later(struct core *c)
{
	c->claim_ms = c->now_ms + (c->cf.beat_ms << c->claims);
	if (c->claims < CLAIMS_MAX)
		c->claims++;
}

void
proposal_claim(struct core *c, enum proposal kind)
{
	c->on_word = c->role == EVOTE_WAITING && kind == P_CLAIM;
	claim_again_later(c);
	memcpy(c->next_k.primary, core_self(c), sizeof(c->next_k.primary));
	config_add(&c->next_k, c->cf.names[c->cf.self], core_self(c));
	core_move(c, ON_CLAIM);
	proposal_make(c, kind);
}

/* The first record of a primary; it serves once that is accepted. */
void
proposal_establish(struct core *c, int forced)
{
	struct place at = core_place(c);
	evote_epoch_op op = {.forced = forced};
	struct record *r;

	memcpy(op.primary, core_self(c), sizeof(op.primary));
	op.name = (char *)c->cf.names[c->cf.self];
	r = BUG_NO_BARRIER ? NULL : c->machine->epoch(c->arg, &op, &at);
	assert(r != NULL || BUG_NO_BARRIER);
	if (r != NULL)
		core_append_record(c, r);
	c->barrier = history_size(c->log);
	for (int i = 0; i < c->cf.n; i++)
		c->peers[i].heard_ms = c->now_ms;
}

static void
granted(struct core *c, enum proposal kind)
{
	core_take_k(c, &c->next_k);
	switch (kind) {
	case P_CLAIM:
	case P_FORCE:
		core_move(c, ON_GRANTED);
		proposal_establish(c, kind == P_FORCE);
		break;
	case P_HAND:
		core_move(c, ON_HANDED);
		c->assured = 1;
		break;
	case P_SHRINK:
	case P_GROW:
	case P_RENEW:
	case P_ARBITER:
	case P_HOSTS:
	case P_NONE:
		break;
	}
}

void
proposal_stored(struct core *c, uint64_t job)
{
	enum proposal kind = c->proposal;

	if (kind == P_NONE || c->proposal_job != job)
		return;
	c->proposal = P_NONE;
	c->proposal_job = 0;
	/* Somebody else was quicker: what was stored since is what counts. */
	if (c->next_k.epoch <= c->k.epoch && !BUG_SAME_EPOCH)
		return;
	granted(c, kind);
}

void
proposal_drop(struct core *c)
{
	if (c->next_k.epoch > c->seen_epoch)
		c->seen_epoch = c->next_k.epoch;
	c->proposal = P_NONE;
	if (c->role == EVOTE_CLAIMING)
		core_move(c, ON_DENIED);
	if (c->role == EVOTE_HANDING)
		core_move(c, ON_ABORT);
}

/*
 * Takes over a newer K.  Only the primary's own word makes a host a backup or
 * a joiner; from others it is hearsay, and the host waits to hear more.
 */
void
proposal_adopt(struct core *c, const evote_config *k)
{
	int named = config_id_equal(k->primary, core_self(c));
	int was_backup = c->role == EVOTE_BACKUP;
	int giver = core_primary_peer(c);

	c->proposal = P_NONE;
	core_take_k(c, k);
	jobs_save(c);
	if (named && was_backup) {
		core_move(c, ON_NAMED);
		/* It stays in the set: it was not replaced, it gave. */
		if (giver >= 0 && config_in_sync(k, c->peers[giver].id) >= 0)
			c->peers[giver].gave = 1;
		proposal_establish(c, 0);
	} else
		core_move(c, ON_LOST);
	identity_own_name(c);
}
