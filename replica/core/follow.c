#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/need.h"
#include "replica/core/core_impl.h"
#include "replica/core/identity.h"

/*
 * Rule 17.  A backup without room makes way for a primary that has some, and
 * says so.  From then on it may be left out of the set at any time; so when it
 * has changed its mind it asks first, on new links.
 */
void
follow_room(struct core *c)
{
	int pp = c->no_room ? core_primary_peer(c) : -1;
	int out = pp >= 0 && c->peers[pp].room;

	if (out && c->role == EVOTE_BACKUP) {
		c->resigned = 1;
		core_move(c, ON_FOLLOW);
	} else if (!out && c->resigned) {
		c->resigned = 0;
		if (!core_leads(c) && !BUG(UNASKED_RETURN))
			core_reconfirm(c);
	}
}

/* Rule 3.  How many of the pushed records stand here already: some come twice.
 */
static uint32_t
already_here(const struct core *c, const struct message *m)
{
	uint64_t from = m->u.append.from, size = history_size(c->log);
	const struct record *r;
	uint32_t n;

	for (n = 0; n < m->n && from + n < size; n++) {
		r = history_get(c->log, from + n);
		/* Not in memory any more: the root will tell. */
		if (r != NULL && !BUG(KEEP_LONGER_TAIL) &&
		    memcmp(r->hash, m->records[n]->hash, sizeof(r->hash)) != 0)
			break;
	}
	return (n);
}

/*
 * Rule 9.  Truncates what the primary lacks: what follows the records that are
 * the same, when others come.  That a push ends there says nothing: it may be
 * an old one.  Where the ledgers differ others come, with the EPOCH record.
 */
static int
truncate_other_tail(struct core *c, uint64_t same, int others)
{
	uint64_t to = same;

	if (same == history_size(c->log) || BUG(KEEP_LONGER_TAIL))
		return (0);
	if (same < c->committed && others) {
		core_fault(c, 0,
		    "the primary's ledger lacks accepted records that this "
		    "host has, from record %llu on" CORE_ASIDE,
		    (unsigned long long)same);
		return (-1);
	}
	if (to < c->committed)
		to = c->committed;
	if (others && to < history_size(c->log))
		jobs_truncate(c, to);
	return (0);
}

/* Appends what a push holds, or halts: 0, or -1. */
static int
take(struct core *c, const struct message *m)
{
	const evote_append *a = &m->u.append;
	unsigned char root[32];
	char err[160];
	uint32_t n;

	history_root(c->log, a->from, root);
	if (!ROOTS_IGNORED && memcmp(root, a->before, 32) != 0) {
		core_fault(c, 0,
		    "this host's ledger differs from the primary's in the "
		    "first %llu records" CORE_ASIDE,
		    (unsigned long long)a->from);
		return (-1);
	}
	n = already_here(c, m);
	if (truncate_other_tail(c, a->from + n, n < m->n) == -1)
		return (-1);
	for (; n < m->n; n++) {
		struct record *r = m->records[n];

		if (r->seq != a->from + n || r->epoch > a->epoch ||
		    c->machine->replay(c->arg, r, err, sizeof(err)) == -1) {
			core_fault(c, 0,
			    "record %llu from the primary does not follow from "
			    "this host's ledger: %s" CORE_ASIDE,
			    (unsigned long long)r->seq,
			    r->seq == a->from + n ? err : "wrong place");
			return (-1);
		}
		core_append_record(c, record_hold(r));
	}
	history_root(c->log, a->from + m->n, root);
	if (!ROOTS_IGNORED && memcmp(root, a->after, 32) != 0) {
		core_fault(c, 0,
		    "the first %llu records have another root here than on "
		    "the primary" CORE_ASIDE,
		    (unsigned long long)(a->from + m->n));
		return (-1);
	}
	return (0);
}

static evote_taken
append_take(struct core *c, const struct message *m)
{
	if (m->u.append.from > history_size(c->log))
		return (EVOTE_GAP);
	if (take(c, m) == -1)
		return (EVOTE_UNFIT);
	if (m->u.append.from + m->n > c->matched)
		c->matched = m->u.append.from + m->n;
	return (EVOTE_TAKEN);
}

/*
 * Rule 2.  Is this the primary of our epoch speaking?  One of two with the same
 * directory is not heeded: then it asks, and is told.
 */
static evote_taken
heeded(const struct core *c, int peer, uint64_t epoch)
{
	if (c->role == EVOTE_HALTED)
		return (EVOTE_UNFIT);
	if (epoch != c->config.epoch ||
	    (c->role != EVOTE_BACKUP && c->role != EVOTE_JOINING) ||
	    c->peers[peer].returns >= COPY_RETURNS ||
	    !config_id_equal(c->peers[peer].id, c->config.primary))
		return (EVOTE_OLD_EPOCH);
	return (EVOTE_TAKEN);
}

/* What the primary calls accepted are its records: as far as ours are those. */
static void
know_accepted(struct core *c, uint64_t accepted)
{
	commit_to(c, accepted < c->matched ? accepted : c->matched);
}

static void
defer(struct core *c, const struct event *ev, struct message *reply,
    uint64_t size)
{
	struct deferred *o;

	if (c->n_deferred == c->max_deferred) {
		c->max_deferred = c->max_deferred * 2 + 16;
		c->deferred = need(realloc(
		    c->deferred, c->max_deferred * sizeof(*c->deferred)));
	}
	o = &c->deferred[c->n_deferred++];
	o->handle = ev->handle;
	o->conn = ev->conn;
	o->reply = reply;
	o->size = size;
	o->job = c->last_save;
}

/* Rule 4: what is on this disk, and the primary's in this epoch. */
static void
say_stored(struct core *c, evote_acked *a)
{
	a->epoch = c->config.epoch;
	memcpy(a->incarnation, core_self(c), sizeof(a->incarnation));
	core_position(c,
	    c->durable < c->matched && !BUG(ACK_BEFORE_SYNC) ? c->durable
							     : c->matched,
	    &a->stored);
	a->clock = c->wall_us;
}

/*
 * A reply goes out when this host's disk has what it tells: the records of a
 * push, the configuration of a hello.
 */
void
follow_send_deferred(struct core *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_deferred; i++) {
		struct deferred *o = &c->deferred[i];

		if (BUG(ACK_BEFORE_SYNC) && o->reply->kind != SAY_HELLO)
			o->size = 0;
		if (jobs_pending(c, o->job) ||
		    (o->size > c->durable &&
			o->reply->u.acked.taken == EVOTE_TAKEN &&
			o->size <= history_size(c->log))) {
			c->deferred[n++] = *o;
			continue;
		}
		if (o->reply->kind == SAY_APPEND ||
		    o->reply->kind == SAY_CONFIRM)
			say_stored(c, &o->reply->u.acked);
		c->driver->reply(c->arg, o->handle, o->reply);
	}
	c->n_deferred = n;
}

void
follow_forget(struct core *c, uint64_t conn)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_deferred; i++)
		if (c->deferred[i].conn == conn)
			message_free(c->deferred[i].reply);
		else
			c->deferred[n++] = c->deferred[i];
	c->n_deferred = n;
}

/* It is told once more why, now that it has proved who it is. */
void
follow_stranger(struct core *c, const struct event *ev)
{
	const evote_hello *h = &ev->message->u.hello;

	identity_stranger(c, ev->refusal, h);
	defer(c, ev, hello_reply(c, h->asked, ev->refusal), 0);
	message_free(ev->message);
}

/* Rule 20. */
static void
sign(struct core *c, const struct event *ev)
{
	const evote_sign *s = &ev->message->u.sign;
	struct message *reply = core_message(SAY_SIGN, 1);
	evote_taken taken = heeded(c, ev->peer, s->epoch);

	if (taken == EVOTE_TAKEN)
		know_accepted(c, s->committed);
	cosign_answer(c, s, taken, &reply->u.signed_by);
	defer(c, ev, reply, 0);
}

void
follow_call(struct core *c, const struct event *ev)
{
	struct message *m = ev->message, *reply;
	evote_acked *a;
	uint64_t accepted, round, size = 0;

	if (m->kind == SAY_HELLO) {
		handshake_take(c, ev->peer, m, ev->conn);
		defer(c, ev,
		    hello_reply(
			c, m->u.hello.asked, c->peers[ev->peer].refusal),
		    0);
		message_free(m);
		return;
	}
	if (m->kind == SAY_SIGN) {
		sign(c, ev);
		message_free(m);
		return;
	}
	reply = core_message(m->kind, 1);
	a = &reply->u.acked;
	if (m->kind == SAY_APPEND) {
		accepted = m->u.append.committed;
		round = m->u.append.round;
		a->asked = m->u.append.asked;
		a->taken = heeded(c, ev->peer, m->u.append.epoch);
		if (a->taken == EVOTE_TAKEN)
			a->taken = append_take(c, m);
		size = history_size(c->log);
	} else {
		accepted = m->u.confirm.committed;
		round = m->u.confirm.round;
		a->asked = m->u.confirm.asked;
		a->taken = heeded(c, ev->peer, m->u.confirm.epoch);
	}
	if (a->taken == EVOTE_TAKEN)
		know_accepted(c, accepted);
	a->round = round;
	defer(c, ev, reply, size);
	message_free(m);
}
