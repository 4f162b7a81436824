#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/need.h"
#include "replica/core/core_impl.h"
#include "replica/core/identity.h"

struct core *
core_new(const struct core_config *cf, const struct machine *machine,
    const struct driver *driver, void *arg)
{
	struct core *c = need_zeroed(1, sizeof(*c));

	assert(cf->n <= EVOTE_HOSTS_MAX && cf->self < cf->n);
	c->cf = *cf;
	c->machine = machine;
	c->driver = driver;
	c->arg = arg;
	c->log = history_new();
	config_copy(&c->config, &cf->config);
	c->cf.config = c->config;
	c->seen_epoch = c->config.epoch;
	c->role = EVOTE_WAITING;
	c->hand_to = -1;
	c->own_list = cf->n;
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++) {
		const char *address = cf->addresses[i];

		c->peers[i].role = EVOTE_HALTED;
		c->cf.names[i] = i < cf->n ? need_copy(cf->names[i]) : NULL;
		c->cf.addresses[i] = need_copy(address == NULL ? "" : address);
	}
	return (c);
}

void
core_free(struct core *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; i < c->n_deferred; i++)
		message_free(c->deferred[i].reply);
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++) {
		config_clear(&c->peers[i].config);
		free(c->peers[i].epochs);
		free((char *)c->cf.names[i]);
		free((char *)c->cf.addresses[i]);
	}
	config_clear(&c->config);
	config_clear(&c->proposal.next);
	history_free(c->log);
	free(c->deferred);
	free(c->jobs);
	free(c->parked);
	free(c->writes.items);
	free(c->reads.items);
	free(c);
}

static void
job_done(struct core *c, const struct event *ev)
{
	struct job j;

	assert(c->job_head != c->job_tail);
	j = c->jobs[c->job_head++ & (c->job_max - 1)];
	assert(j.number == ev->job);
	switch (j.kind) {
	case JOB_STORE:
		c->storing--;
		if (j.size > c->durable)
			c->durable = j.size;
		break;
	case JOB_TRUNCATE:
		break;
	case JOB_SAVE:
		if (c->last_save == j.number)
			c->last_save = 0;
		proposal_stored(c, j.number);
		break;
	case JOB_LOAD:
		lead_loaded(c, j.peer, ev);
		break;
	}
}

/* The longer way first: to the other hosts and their disks. */
static void
flush(struct core *c)
{
	int under_way = lead_under_way(c);

	commit_advance(c);
	lead_pump(c, under_way);
	if (!under_way)
		jobs_store(c);
	jobs_trim(c);
}

static void
start(struct core *c, const struct event *ev)
{
	/* Rule 1: what follows does not count yet. */
	c->committed = BUG(SERVE_OWN_TAIL) ? history_size(c->log) : ev->from;
	assert(c->committed <= history_size(c->log));
	clock_last(&c->clock, history_time(c->log), c->wall_us);
	if (c->cf.trust_clock)
		c->clock.agreed = 1;
	for (int i = 0; i < c->cf.n; i++)
		c->peers[i].last_received_ms = c->now_ms;
	c->step_ms = c->waiting_ms = c->now_ms;
	c->serial = c->wall_us;
	hosts_meet(c);
	core_restamp(c);
	core_say(c, 0, "start epoch=%llu size=%llu accepted=%llu",
	    (unsigned long long)c->config.epoch,
	    (unsigned long long)history_size(c->log),
	    (unsigned long long)c->committed);
	if (cosign_key_differs(c))
		core_say(c, 1,
		    "key differs why=\"host.key is not the key of this host "
		    "that is on record\" hint=\"put the right one back, or "
		    "let this host join again with an empty directory\"");
	identity_own_name(c);
}

/*
 * A host that was itself stopped for a while knows nothing of what happened
 * meanwhile: its peers get their time again, and it may have been taken out of
 * the set.  It asks before it takes over anything, on new links: what has come
 * in meanwhile, on the old ones, is as old.  A virtual machine that was paused
 * sees that only by its wall clock.
 */
static void
stalled(struct core *c)
{
	core_say(c, 1, "stalled ms=%llu epoch=%llu size=%llu",
	    (unsigned long long)(c->now_ms - c->step_ms),
	    (unsigned long long)c->config.epoch,
	    (unsigned long long)history_size(c->log));
	for (int i = 0; i < c->cf.n; i++) {
		c->peers[i].last_received_ms = c->now_ms;
		c->peers[i].asked_ms = 0;
	}
	c->arbiter_ms = c->now_ms;
	if (!core_leads(c))
		core_reconfirm(c);
	else if (c->role == EVOTE_ESTABLISHING && !core_arbitrated(c) &&
	    !policy_confirmed(c) && !BUG(CLAIM_STOPPED))
		c->unverified_claim = 1;
}

static void
tell_clock(struct core *c)
{
	int good;

	for (int i = 0; i < c->cf.n; i++)
		if (failure_suspected(c, i))
			clock_forget(&c->clock, i);
	good = clock_good(&c->clock);
	if (good == c->clock_alarmed) {
		c->clock_alarmed = !good;
		core_say(c, !good, "clock trusted=%d apart_us=%lld", good,
		    (long long)c->clock.apart_us);
	}
}

/*
 * A link of a peer that has fallen silent leads nowhere, or waits for TCP's
 * next try, which is as late as the trouble was long: another one is made.  So
 * it is where the peer calls, and answers nothing.
 */
static void
renew_links(struct core *c)
{
	uint64_t most = failure_timeout(c) + SILENT_BEATS * c->cf.beat_ms;

	for (int i = 0; i < c->cf.n; i++) {
		const struct peer *p = &c->peers[i];

		if (p->up &&
		    (c->now_ms - p->last_received_ms > most ||
			(p->asked_ms != 0 &&
			    c->now_ms - p->asked_ms > UNANSWERED_MS)))
			c->driver->reset(c->arg, i);
	}
}

static void
tick(struct core *c)
{
	tell_clock(c);
	if (c->role == EVOTE_PRIMARY)
		requests_do_due(c);
	renew_links(c);
	lead_beat(c);
	cosign_beat(c);
	arbitration_beat(c);
	stuck_tell(c);
	hello_beat(c);
}

static void
link_changed(struct core *c, const struct event *ev)
{
	struct peer *p = &c->peers[ev->peer];

	p->up = ev->kind == EV_LINK_UP;
	p->reached |= p->up;
	p->port_refuses = !p->up &&
	    (p->port_refuses || (ev->port_refuses && failure_is_its_door(p)));
	p->met = 0;
	p->phase = PEER_PROBING;
	p->in_flight = 0;
	p->confirming = 0;
	p->asked_ms = 0;
	p->load = 0;
	p->signing = 0;
	p->key_phase = KEY_UNKNOWN;
	if (!BUG(EARLIER_SESSION_ACK)) {
		p->acked = 0;
		p->round = 0;
	}
	/* While its joining is being decided nothing passes it by. */
	if (p->join == JOIN_COUNTS &&
	    (!proposal_open(c) || c->proposal.kind != P_GROW ||
		config_in_sync(&c->proposal.next, p->id) < 0))
		p->join = JOIN_NONE;
	if (p->up) {
		p->last_received_ms = c->now_ms;
		hello_send(c, ev->peer);
	} else
		p->yielded = 0;
}

static void
room_changed(struct core *c, int room)
{
	if (c->no_room == !room)
		return;
	c->no_room = !room;
	c->hello_due = 1;
	core_say(c, !room, "room=%d epoch=%llu size=%llu", room,
	    (unsigned long long)c->config.epoch,
	    (unsigned long long)history_size(c->log));
}

/* Only a primary pushes, and each peer as the configuration has it. */
static void
check_peer(const struct core *c, const struct peer *p)
{
	assert(!core_pushed(p) || (core_leads(c) && p->up));
	assert(!core_pushed(p) ||
	    (config_in_sync(&c->config, p->id) >= 0) ==
		(p->phase == PEER_STREAMING));
}

static void
check(const struct core *c)
{
	assert(c->committed <= history_size(c->log));
	assert(c->durable <= c->submitted);
	assert(c->submitted <= history_size(c->log));
	assert(
	    !core_leads(c) || config_id_equal(c->config.primary, core_self(c)));
	assert(!core_leads(c) || config_in_sync(&c->config, core_self(c)) >= 0);
	assert(c->role != EVOTE_BACKUP ||
	    config_in_sync(&c->config, core_self(c)) >= 0);
	assert(c->role != EVOTE_BACKUP || !c->resigned);
	proposal_check(c);
	for (int i = 0; i < c->cf.n; i++)
		check_peer(c, &c->peers[i]);
}

/* Where a living member's name is given to another, that one is a stranger. */
static int
is_double(const struct core *c, const struct event *ev)
{
	return (ev->message->kind == SAY_HELLO &&
	    identity_double(c, ev->peer, &ev->message->u.hello));
}

static void
call_heard(struct core *c, const struct event *ev)
{
	struct peer *p = &c->peers[ev->peer];

	if (is_double(c, ev)) {
		struct event other = *ev;

		other.refusal = EVOTE_REFUSED_DOUBLE;
		follow_stranger(c, &other);
		return;
	}
	p->conn = ev->conn;
	p->called = 1;
	p->port_refuses = 0;
	/* A hello may be another host's, who has its name. */
	if (ev->message->kind != SAY_HELLO)
		core_heard(c, ev->peer);
	follow_call(c, ev);
}

static void
hello_answered(struct core *c, const struct event *ev)
{
	if (is_double(c, ev))
		identity_stranger(
		    c, EVOTE_REFUSED_DOUBLE, &ev->message->u.hello);
	else
		handshake_take(c, ev->peer, ev->message, 0);
}

/* At its address there may be another. */
static void
reply_heard(struct core *c, const struct event *ev)
{
	struct message *m = ev->message;
	const char *from = m->kind == SAY_SIGN ? m->u.signed_by.incarnation
					       : m->u.acked.incarnation;

	if (m->kind == SAY_HELLO) {
		hello_answered(c, ev);
		return;
	}
	if (config_id_equal(c->peers[ev->peer].id, from))
		core_answered(c, ev->peer);
	if (m->kind == SAY_SIGN)
		cosign_heard(c, ev->peer, &m->u.signed_by);
	else
		lead_acked(c, ev->peer, m);
}

static void
hear(struct core *c, const struct event *ev)
{
	struct peer *p = &c->peers[ev->peer];

	switch (ev->kind) {
	case EV_START:
		start(c, ev);
		break;
	case EV_TICK:
		tick(c);
		break;
	case EV_LINK_UP:
	case EV_LINK_DOWN:
		link_changed(c, ev);
		break;
	case EV_CALL:
		call_heard(c, ev);
		break;
	case EV_STRANGER:
		follow_stranger(c, ev);
		break;
	case EV_REFUSED:
		handshake_refused(c, ev->peer, ev->refusal);
		break;
	case EV_CALLER_GONE:
		follow_forget(c, ev->conn);
		if (p->conn == ev->conn) {
			p->conn = 0;
			p->met = 0;
		}
		break;
	case EV_REPLY:
		reply_heard(c, ev);
		message_free(ev->message);
		break;
	case EV_DECIDED:
		arbitration_heard(c, ev->decided);
		break;
	case EV_ROOM:
		room_changed(c, ev->room);
		break;
	case EV_STORED:
	case EV_SAVED:
	case EV_LOADED:
		job_done(c, ev);
		break;
	case EV_FLUSH:
	case EV_REQUEST:
		break;
	}
}

/* What this event has made possible, or due. */
static void
go_on(struct core *c)
{
	commit_advance(c);
	policy_act(c);
	follow_room(c);
	requests_release_parked(c);
	if (c->hello_due) {
		c->hello_due = 0;
		hello_send(c, -1);
	}
	follow_send_deferred(c);
	check(c);
}

void
core_step(struct core *c, const struct event *ev)
{
	int jumped, stopped;

	c->now_ms = ev->now_ms;
	c->wall_us = ev->wall_us;
	jumped = clock_look(&c->clock, c->now_ms, c->wall_us);
	stopped = c->step_ms != 0 &&
	    (jumped ||
		c->now_ms - c->step_ms >
		    failure_timeout(c) / 3 + c->cf.beat_ms);
	if (stopped)
		stalled(c);
	c->step_ms = c->now_ms;
	/* Of these there are many; they change nothing that others wait for. */
	if (ev->kind == EV_FLUSH)
		flush(c);
	else if (ev->kind == EV_REQUEST)
		requests_take(c, ev->ticket, &ev->seen);
	else {
		/* An answer from before: its link is being made anew. */
		if (stopped && ev->kind == EV_REPLY && !core_leads(c))
			message_free(ev->message);
		else
			hear(c, ev);
		go_on(c);
	}
}

void
core_stamp(const struct core *c, evote_stamp *out)
{
	*out = c->stamp;
}

uint64_t
core_epoch(const struct core *c)
{
	return (c->config.epoch);
}

evote_role
core_role(const struct core *c)
{
	return (c->role);
}

const evote_config *
core_config(const struct core *c)
{
	return (&c->config);
}

int
core_hears(const struct core *c, int peer)
{
	const struct peer *p = &c->peers[peer];

	/* A machine that lost its power leaves its connections open. */
	return (p->conn != 0 && c->now_ms - p->word_ms <= c->cf.suspect_ms);
}

const struct history *
core_history(const struct core *c)
{
	return (c->log);
}
