#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/need.h"
#include "replica/core/core_impl.h"

#define APPEND_BYTES 1000000 /* of records in one append */
#define LOAD_RECORDS 250     /* read from the disk for one append */
/* With APPEND_BYTES it bounds what a joiner and its primary hold for it. */
#define IN_FLIGHT 2 /* appends that a peer has not answered */

/*
 * Rule 9.  The peer is in our epoch and has said where its ledger ends: from
 * the last common record on it is pushed what it lacks.
 */
void
lead_ready(struct core *c, int peer)
{
	struct peer *p = &c->peers[peer];
	unsigned char root[32];
	uint64_t common;
	int fits = 1;

	if (!core_leads(c) || p->phase != PEER_PROBING || !p->up ||
	    !failure_is_fit(p) || config_barred(&c->config, p->id) ||
	    !hosts_takes_part(c, peer))
		return;
	common = history_common(c->log, p->epochs, p->n_epochs);
	if (BUG(LEVEL_BY_LENGTH))
		common = p->size < history_size(c->log) ? p->size
							: history_size(c->log);
	for (uint32_t i = 0; i < p->n_epochs; i++)
		if (p->epochs[i].size == common && !ROOTS_IGNORED) {
			history_root(c->log, common, root);
			fits = memcmp(root, p->epochs[i].root, 32) == 0;
		}
	if (!fits) {
		p->phase = PEER_UNFIT;
		core_say(c, 1,
		    "unfit peer=%s size=%llu why=\"its ledger holds "
		    "other records there\"",
		    c->cf.names[peer], (unsigned long long)common);
		return;
	}
	if (common < p->size)
		core_say(c, 1, "divergent peer=%s size=%llu common=%llu",
		    c->cf.names[peer], (unsigned long long)p->size,
		    (unsigned long long)common);
	p->phase = config_in_sync(&c->config, p->id) >= 0 ? PEER_STREAMING
							  : PEER_CATCHING_UP;
	p->next = common;
	p->first = 1;
	c->keys_due = 1;
}

static void
tell(struct core *c, int peer, struct message *m)
{
	core_called(c, peer);
	c->driver->call(c->arg, peer, m);
}

/* Pushes records that follow what was sent; takes the references over. */
static void
append_send(struct core *c, int peer, struct record **records, uint32_t n)
{
	struct peer *p = &c->peers[peer];
	struct message *m = core_message(SAY_APPEND, 0);
	evote_append *a = &m->u.append;

	a->epoch = c->config.epoch;
	a->round = p->sent_round = ++c->round;
	a->from = p->next;
	a->committed = c->committed;
	a->asked = c->now_ms;
	history_root(c->log, p->next, (unsigned char *)a->before);
	history_root(c->log, p->next + n, (unsigned char *)a->after);
	m->records = records;
	m->n = n;
	p->next += n;
	p->first = 0;
	p->in_flight++;
	tell(c, peer, m);
}

static void
append_recent(struct core *c, int peer)
{
	struct peer *p = &c->peers[peer];
	uint64_t size = history_size(c->log);
	struct record **records;
	uint64_t max = size - p->next;
	size_t bytes = 0;
	uint32_t n = 0;

	if (max > EVOTE_BATCH_MAX)
		max = EVOTE_BATCH_MAX;
	records = need_zeroed(max + 1, sizeof(struct record *));
	while (n < max && bytes < APPEND_BYTES) {
		struct record *r = history_get(c->log, p->next + n);

		bytes += r->leaf_len + r->opening_len + 16;
		records[n++] = record_hold(r);
	}
	append_send(c, peer, records, n);
}

static void
confirm(struct core *c, int peer)
{
	struct peer *p = &c->peers[peer];
	struct message *m;

	m = core_message(SAY_CONFIRM, 0);
	m->u.confirm.epoch = c->config.epoch;
	m->u.confirm.round = p->sent_round = ++c->round;
	m->u.confirm.committed = c->committed;
	m->u.confirm.asked = c->now_ms;
	p->confirming = 1;
	tell(c, peer, m);
}

/* Nothing is accepted without it. */
static int
counts_for_commit(const struct core *c, const struct peer *p)
{
	return (p->join != JOIN_NONE || config_in_sync(&c->config, p->id) >= 0);
}

/*
 * Group commit: while a batch is on its way to the disks that count the next
 * one is collected.  Batches follow the load by that, and a lone vote waits for
 * nothing.
 */
int
lead_under_way(const struct core *c)
{
	if (c->storing > 0)
		return (1);
	for (int i = 0; core_leads(c) && i < c->cf.n; i++)
		if (c->peers[i].in_flight > 0 &&
		    counts_for_commit(c, &c->peers[i]))
			return (1);
	return (0);
}

static void
pump_peer(struct core *c, int peer)
{
	struct peer *p = &c->peers[peer];
	uint64_t size = history_size(c->log);

	/* One that counts has to hold it, with room or without. */
	if (!p->room && !counts_for_commit(c, p))
		return;
	while (p->up && core_pushed(p) && p->in_flight < IN_FLIGHT &&
	    (p->next < size || p->first)) {
		if (p->next >= history_first(c->log) || p->next == size) {
			append_recent(c, peer);
			continue;
		}
		if (p->load == 0) {
			p->load =
			    c->driver->load(c->arg, p->next, LOAD_RECORDS);
			jobs_add(c, JOB_LOAD, p->load, 0, peer);
		}
		break;
	}
}

/* Rule 10: a reading waits for a word asked for after it came. */
static int
confirmation_wanted(const struct core *c, const struct peer *p)
{
	const struct queue *q = &c->reads;

	return (q->head != q->tail &&
	    q->items[(q->tail - 1) & (q->max - 1)].round > p->sent_round);
}

void
lead_pump(struct core *c, int under_way)
{
	if (!core_leads(c))
		return;
	for (int i = 0; i < c->cf.n; i++) {
		struct peer *p = &c->peers[i];

		if (i == c->cf.self)
			continue;
		if (!under_way || !counts_for_commit(c, p))
			pump_peer(c, i);
		if (p->up && core_pushed(p) && !p->confirming &&
		    counts_for_commit(c, p) && confirmation_wanted(c, p))
			confirm(c, i);
	}
}

void
lead_beat(struct core *c)
{
	for (int i = 0; core_leads(c) && i < c->cf.n; i++) {
		struct peer *p = &c->peers[i];

		if (i == c->cf.self || !p->up ||
		    c->now_ms - p->last_sent_ms < c->cf.beat_ms)
			continue;
		if (core_pushed(p) && !p->confirming)
			confirm(c, i);
		else if (!core_pushed(p) &&
		    c->now_ms - p->last_sent_ms > 2 * c->cf.beat_ms)
			hello_send(c, i);
	}
}

/* It has taken nothing: it halted, is in another epoch, or has lost step. */
static int
acked_refused(struct core *c, int peer, const evote_acked *a)
{
	struct peer *p = &c->peers[peer];

	if (a->taken == EVOTE_UNFIT) {
		p->phase = PEER_UNFIT;
		return (1);
	}
	if (a->epoch == c->config.epoch && a->taken == EVOTE_TAKEN)
		return (0);
	/* Of another epoch, or lost step: ask where it stands. */
	if (core_pushed(p) &&
	    (a->taken == EVOTE_GAP || a->epoch > c->config.epoch))
		hello_send(c, peer);
	/* If it only does not heed us yet: with the next beats. */
	if (a->taken == EVOTE_GAP || a->epoch >= c->config.epoch)
		core_probe(p);
	return (1);
}

/*
 * It has doubted us since, and wants to be shown again: also what is not on its
 * way any more, and no vote may ever follow.
 */
static int
acked_doubts(struct core *c, int peer, const evote_position *stored)
{
	struct peer *p = &c->peers[peer];

	if (BUG(EARLIER_SESSION_ACK) ||
	    (stored->size >= p->acked &&
		(p->in_flight > 0 || p->first || stored->size >= p->next)))
		return (0);
	core_probe(p);
	p->acked = 0;
	hello_send(c, peer);
	return (1);
}

static int
acked_differs(struct core *c, int peer, const evote_position *stored)
{
	unsigned char root[32];

	history_root(c->log, stored->size, root);
	if (ROOTS_IGNORED || memcmp(root, stored->root, 32) == 0)
		return (0);
	c->peers[peer].phase = PEER_UNFIT;
	core_say(c, 1, "unfit peer=%s size=%llu why=\"its root differs\"",
	    c->cf.names[peer], (unsigned long long)stored->size);
	return (1);
}

void
lead_acked(struct core *c, int peer, const struct message *m)
{
	struct peer *p = &c->peers[peer];
	const evote_acked *a = &m->u.acked;

	if (m->kind == SAY_APPEND && p->in_flight > 0)
		p->in_flight--;
	if (m->kind == SAY_CONFIRM)
		p->confirming = 0;
	core_hear_clock(c, peer, a->clock, a->asked);
	if (!core_leads(c) || acked_refused(c, peer, a))
		return;
	/* From another disk, or of more than this link was sent. */
	if (!core_pushed(p) || !config_id_equal(a->incarnation, p->id) ||
	    a->stored.size > p->next)
		return;
	if (acked_doubts(c, peer, &a->stored) ||
	    acked_differs(c, peer, &a->stored))
		return;
	/* Rule 4. */
	p->acked = a->stored.size;
	if (a->round > p->round)
		p->round = a->round;
}

/*
 * With another host in sync this one makes way.  Alone, or without the arbiter,
 * it goes on, as nobody else could, and tries again when it has asked the
 * joiner anew.
 */
static void
load_failed(struct core *c, int peer, uint64_t from)
{
	if (!config_alone(&c->config, core_self(c)) && !c->arbiter_away) {
		core_fault(c, 0,
		    "record %llu cannot be read from this host's disk; move "
		    "this data directory away and start with an empty one",
		    (unsigned long long)from);
		return;
	}
	if (c->unreadable != from + 1)
		core_say(c, 1, "unreadable seq=%llu joiner=%s",
		    (unsigned long long)from, c->cf.names[peer]);
	c->unreadable = from + 1;
	core_probe(&c->peers[peer]);
}

void
lead_loaded(struct core *c, int peer, const struct event *ev)
{
	struct peer *p = &c->peers[peer];
	struct record **records;

	if (ev->n > 0)
		c->unreadable = 0;
	else if (p->load == ev->job && core_leads(c))
		load_failed(c, peer, ev->from);
	if (p->load != ev->job || !core_pushed(p) || ev->n == 0 ||
	    ev->from != p->next) {
		for (uint32_t i = 0; i < ev->n; i++)
			record_drop(ev->records[i]);
		if (p->load == ev->job)
			p->load = 0;
		return;
	}
	p->load = 0;
	records = need_zeroed(ev->n + 1, sizeof(struct record *));
	memcpy(records, ev->records, ev->n * sizeof(*records));
	append_send(c, peer, records, ev->n);
}

static uint64_t
round_of(const struct peer *p)
{
	return (p->round);
}

uint64_t
lead_confirmed(const struct core *c)
{
	return (core_least(c, UINT64_MAX, round_of));
}
