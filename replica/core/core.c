#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"
#include "replica/core/identity.h"

#define BATCH	     4096  /* records given to the disk at once */
#define HELD_MAX     4096  /* requests waiting for a change of primary */
#define RECENT	     65536 /* records kept in memory for a slow follower */
#define SILENT_BEATS 5	   /* beyond the time after which a peer is suspected */
#define STUCK_MS     2000  /* who waits longer is told of, by log and status */

static void *
grow(void *p, size_t n, size_t size)
{
	if ((p = realloc(p, n * size)) == NULL)
		abort();
	return (p);
}

char *
core_copy(const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		abort();
	return (p);
}

/* ---- the core and its ledger ---- */

struct core *
core_new(const struct core_config *cf, const struct machine *machine,
    const struct driver *driver, void *arg)
{
	struct core *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	assert(cf->n <= EVOTE_HOSTS_MAX && cf->self < cf->n);
	c->cf = *cf;
	c->machine = machine;
	c->driver = driver;
	c->arg = arg;
	c->log = history_new();
	config_copy(&c->k, &cf->k);
	c->cf.k = c->k;
	c->seen_epoch = c->k.epoch;
	c->role = EVOTE_WAITING;
	c->hand_to = -1;
	c->own_list = cf->n;
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++) {
		const char *address = cf->addresses[i];

		c->peers[i].role = EVOTE_HALTED;
		c->cf.names[i] = i < cf->n ? core_copy(cf->names[i]) : NULL;
		c->cf.addresses[i] = core_copy(address == NULL ? "" : address);
	}
	return (c);
}

void
core_free(struct core *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; i < c->n_owed; i++)
		message_free(c->owed[i].reply);
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++) {
		config_clear(&c->peers[i].k);
		free(c->peers[i].epochs);
		free((char *)c->cf.names[i]);
		free((char *)c->cf.addresses[i]);
	}
	config_clear(&c->k);
	config_clear(&c->next_k);
	history_free(c->log);
	free(c->owed);
	free(c->jobs);
	free(c->held);
	free(c->writes.items);
	free(c->reads.items);
	free(c);
}

const unsigned char *
core_self(const struct core *c)
{
	return (c->cf.incarnation);
}

int
core_leads(const struct core *c)
{
	return (c->role == EVOTE_BARRIER || c->role == EVOTE_PRIMARY ||
	    c->role == EVOTE_HANDING);
}

int
core_arbitrated(const struct core *c)
{
	return (c->k.arbiter.kind != EVOTE_ARBITER_NONE);
}

int
core_peer_of(const struct core *c, const void *id)
{
	const char *name;

	for (int i = 0; i < c->cf.n; i++)
		if (i != c->cf.self && config_id_equal(c->peers[i].id, id))
			return (i);
	/* Not heard of yet under this incarnation: by its name in K. */
	name = config_name(&c->k, id);
	for (int i = 0; i < c->cf.n; i++)
		if (i != c->cf.self && strcmp(c->cf.names[i], name) == 0)
			return (i);
	return (-1);
}

int
core_primary_peer(const struct core *c)
{
	if (config_id_zero(c->k.primary) ||
	    config_id_equal(c->k.primary, core_self(c)))
		return (-1);
	return (core_peer_of(c, c->k.primary));
}

void
core_say(struct core *c, int alarm, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	c->driver->log(c->arg, alarm, line);
}

static void
stamp(struct core *c)
{
	memcpy(c->stamp.cluster, c->k.cluster, sizeof(c->stamp.cluster));
	memcpy(
	    c->stamp.incarnation, core_self(c), sizeof(c->stamp.incarnation));
	c->stamp.epoch = c->k.epoch;
	c->stamp.size = c->accepted;
	history_root(c->log, c->accepted, (unsigned char *)c->stamp.root);
}

void
core_accept(struct core *c, uint64_t n)
{
	if (n <= c->accepted)
		return;
	c->accepted = n;
	c->machine->settle(c->arg, n);
	stamp(c);
}

void
core_load(struct core *c, struct record *r)
{
	history_append(c->log, r);
	c->durable = c->submitted = history_size(c->log);
	if (c->durable - history_first(c->log) > 2 * RECENT)
		history_trim(c->log, c->durable - RECENT);
}

struct place
core_place(const struct core *c)
{
	struct place at = {
	    .seq = history_size(c->log),
	    .epoch = c->k.epoch,
	    .time = clock_stamp(&c->clock, history_time(c->log), c->wall_us),
	};

	return (at);
}

void
core_hear_clock(struct core *c, int peer, uint64_t clock_us, uint64_t asked_ms)
{
	if (asked_ms <= c->now_ms)
		clock_peer(&c->clock, peer, clock_us, c->wall_us,
		    (c->now_ms - asked_ms + 1) * 1000);
}

void
core_append_record(struct core *c, struct record *r)
{
	assert(r->time > history_time(c->log) || history_size(c->log) == 0);
	history_append(c->log, r);
}

/*
 * Takes back what follows size.  Jobs already given to the disk come before
 * the cut there; what they made durable beyond it does not count.
 */
void
core_cut_to(struct core *c, uint64_t size)
{
	struct record *last;
	uint64_t time = 0;

	assert(size >= c->accepted && size <= history_size(c->log));
	core_say(c, 1, "cut size=%llu to=%llu epoch=%llu",
	    (unsigned long long)history_size(c->log), (unsigned long long)size,
	    (unsigned long long)c->k.epoch);
	last = size > 0 ? history_get(c->log, size - 1) : NULL;
	if (last != NULL)
		time = last->time;
	c->machine->undo(c->arg, size);
	history_cut(c->log, size, time);
	if (c->submitted > size) {
		core_job(c, JOB_CUT, c->driver->cut(c->arg, size), 0, -1);
		c->submitted = size;
	}
	if (c->durable > size)
		c->durable = size;
	if (c->matched > size)
		c->matched = size;
	for (uint64_t i = c->job_head; i != c->job_tail; i++) {
		struct job *j = &c->jobs[i & (c->job_max - 1)];

		if (j->kind == JOB_STORE && j->size > size)
			j->size = size;
	}
}

struct message *
core_message(enum message_kind kind, int reply)
{
	struct message *m = message_new(kind, reply);

	if (m == NULL)
		abort();
	return (m);
}

/* ---- jobs on the disk ---- */

void
core_job(struct core *c, int kind, uint64_t number, uint64_t size, int peer)
{
	struct job *j;

	if (c->job_tail - c->job_head == c->job_max) {
		uint64_t max = c->job_max == 0 ? 16 : c->job_max * 2;
		struct job *jobs = grow(NULL, max, sizeof(*jobs));

		for (uint64_t i = c->job_head; i != c->job_tail; i++)
			jobs[i & (max - 1)] = c->jobs[i & (c->job_max - 1)];
		free(c->jobs);
		c->jobs = jobs;
		c->job_max = max;
	}
	j = &c->jobs[c->job_tail++ & (c->job_max - 1)];
	j->kind = kind;
	j->number = number;
	j->size = size;
	j->peer = peer;
}

void
core_save(struct core *c)
{
	c->last_save = c->driver->save(c->arg, &c->k);
	core_job(c, JOB_SAVE, c->last_save, 0, -1);
}

static void
store(struct core *c)
{
	struct record *batch[BATCH];
	uint64_t size = history_size(c->log);
	uint32_t n = 0;

	if (c->submitted == size)
		return;
	while (n < BATCH && c->submitted + n < size) {
		batch[n] = history_get(c->log, c->submitted + n);
		assert(batch[n] != NULL);
		n++;
	}
	c->submitted += n;
	c->storing++;
	core_job(c, JOB_STORE, c->driver->store(c->arg, batch, n, c->accepted),
	    c->submitted, -1);
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
	case JOB_CUT:
		break;
	case JOB_SAVE:
		if (c->last_save == j.number)
			c->last_save = 0;
		decide_saved(c, j.number);
		break;
	case JOB_LOAD:
		lead_loaded(c, j.peer, ev);
		break;
	}
}

/* Frees the memory of records that nobody near the end needs any more. */
static void
trim(struct core *c)
{
	uint64_t size = history_size(c->log);
	uint64_t keep = c->accepted == 0 ? 0 : c->accepted - 1;

	if (c->durable < keep)
		keep = c->durable;
	for (int i = 0; core_leads(c) && i < c->cf.n; i++)
		if (c->peers[i].ready && c->peers[i].next < keep &&
		    size - c->peers[i].next < RECENT)
			keep = c->peers[i].next;
	if (keep > history_first(c->log))
		history_trim(c->log, keep);
}

/* ---- requests ---- */

static void
queue_push(struct queue *q, struct waiter w)
{
	if (q->tail - q->head == q->max) {
		uint64_t max = q->max == 0 ? 256 : q->max * 2;
		struct waiter *items = grow(NULL, max, sizeof(*items));

		for (uint64_t i = q->head; i != q->tail; i++)
			items[i & (max - 1)] = q->items[i & (q->max - 1)];
		free(q->items);
		q->items = items;
		q->max = max;
	}
	q->items[q->tail++ & (q->max - 1)] = w;
}

static struct waiter *
queue_first(const struct queue *q)
{
	return (q->head == q->tail ? NULL : &q->items[q->head & (q->max - 1)]);
}

const struct waiter *
core_oldest(const struct core *c)
{
	const struct waiter *w = queue_first(&c->writes);
	const struct waiter *r = queue_first(&c->reads);

	return (w == NULL || (r != NULL && r->since_ms < w->since_ms) ? r : w);
}

/* The best a client can be told: whom to ask, or who is missed. */
evote_standing
core_standing(const struct core *c, const char **host)
{
	int p = core_primary_peer(c);

	*host = "";
	/* One that may have been replaced says nothing of who serves. */
	if (c->role == EVOTE_PRIMARY &&
	    (!core_arbitrated(c) || decide_set_is_whole(c)))
		return (EVOTE_SERVED);
	if (c->role != EVOTE_HALTED && !core_leads(c) && p >= 0 &&
	    !decide_suspected(c, p)) {
		*host = c->cf.names[p];
		return (EVOTE_NOT_PRIMARY);
	}
	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->k.in_sync.in_sync_val[i];

		if (!config_id_equal(m->incarnation, core_self(c)))
			*host = m->name;
	}
	return (EVOTE_NOT_SERVING);
}

static void
refuse(struct core *c, uint64_t ticket)
{
	const char *host;
	evote_standing s = core_standing(c, &host);

	if (s == EVOTE_SERVED)
		s = EVOTE_TRY_AGAIN;
	c->driver->refuse(c->arg, ticket, s, host);
}

static void
close_due(struct core *c)
{
	struct record *r;
	struct place at;

	if (!clock_good(&c->clock))
		return;
	for (;;) {
		at = core_place(c);
		if ((r = c->machine->close(c->arg, &at)) == NULL)
			return;
		core_append_record(c, r);
	}
}

/*
 * Carries a request out and has its answer wait: a record for its acceptance,
 * a reading also for the in-sync hosts' word, asked for after this moment,
 * that this host is still the primary.
 */
static void
execute(struct core *c, uint64_t ticket, const evote_seen *seen)
{
	struct waiter w = {.ticket = ticket, .since_ms = c->now_ms};
	struct place at;
	struct record *r;

	if (!config_id_zero(seen->cluster)) {
		if (!config_id_equal(seen->cluster, c->k.cluster)) {
			c->driver->refuse(
			    c->arg, ticket, EVOTE_OTHER_CLUSTER, "");
			return;
		}
		if (seen->epoch > c->k.epoch ||
		    seen->size > history_size(c->log)) {
			c->driver->refuse(c->arg, ticket, EVOTE_BEHIND, "");
			return;
		}
	}
	close_due(c);
	at = core_place(c);
	r = c->machine->execute(c->arg, ticket, &at);
	if (r != NULL)
		core_append_record(c, r);
	w.need = history_size(c->log);
	if (r == NULL && !BUG_READ_UNCONFIRMED)
		w.nonce = c->nonce + !BUG_REUSE_CONFIRMATION;
	queue_push(r == NULL ? &c->reads : &c->writes, w);
}

/* Does this host soon know whether it serves? */
static int
expectant(const struct core *c)
{
	int p;

	if (c->role == EVOTE_CLAIMING || c->role == EVOTE_BARRIER ||
	    c->role == EVOTE_HANDING)
		return (1);
	if (c->role != EVOTE_BACKUP || !c->assured)
		return (0);
	p = core_primary_peer(c);
	return (p >= 0 && c->peers[p].conn == 0);
}

int
core_takes_requests(const struct core *c)
{
	return (c->role == EVOTE_PRIMARY || expectant(c));
}

static void
request(struct core *c, uint64_t ticket, const evote_seen *seen)
{
	if (c->role == EVOTE_PRIMARY)
		execute(c, ticket, seen);
	else if (expectant(c) && c->n_held < HELD_MAX) {
		if (c->n_held == c->max_held) {
			c->max_held = c->max_held * 2 + 64;
			c->held = grow(c->held, c->max_held, sizeof(*c->held));
		}
		c->held[c->n_held].ticket = ticket;
		c->held[c->n_held].seen = *seen;
		c->held[c->n_held++].since_ms = c->now_ms;
	} else
		refuse(c, ticket);
}

/* Lets held requests go: all when the matter is decided, else the old ones. */
static void
release_held(struct core *c)
{
	int go = c->role == EVOTE_PRIMARY || !expectant(c);
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_held; i++) {
		struct held *h = &c->held[i];

		if (c->role == EVOTE_PRIMARY)
			execute(c, h->ticket, &h->seen);
		else if (go || c->now_ms - h->since_ms > c->cf.hold_ms)
			refuse(c, h->ticket);
		else
			c->held[n++] = *h;
	}
	c->n_held = n;
}

/* What was asked of a primary that is none any more: ask again elsewhere. */
void
core_release_all(struct core *c)
{
	struct waiter *w;

	while ((w = queue_first(&c->writes)) != NULL) {
		c->writes.head++;
		refuse(c, w->ticket);
	}
	while ((w = queue_first(&c->reads)) != NULL) {
		c->reads.head++;
		refuse(c, w->ticket);
	}
}

/*
 * The promise.  A record is accepted when it is stored here, stored at every
 * in-sync host (said in this epoch), and only then is anyone told.
 */
void
core_advance(struct core *c)
{
	uint64_t n = c->durable, confirmed;
	struct waiter *w;

	if (!core_leads(c))
		return;
	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++) {
		const char *id = c->k.in_sync.in_sync_val[i].incarnation;
		int p;

		if (config_id_equal(id, core_self(c)))
			continue;
		p = core_peer_of(c, id);
		if (BUG_ALONE_BEFORE_CAS && p >= 0 && !c->peers[p].up)
			continue;
		if (p < 0 || !config_id_equal(c->peers[p].id, id))
			n = 0;
		else if (c->peers[p].acked < n)
			n = c->peers[p].acked;
	}
	for (int i = 0; i < c->cf.n; i++)
		if (c->peers[i].required && c->peers[i].acked < n)
			n = c->peers[i].acked;

	if (n < c->barrier && !BUG_NO_BARRIER)
		return;
	core_accept(c, n);
	if (c->role == EVOTE_BARRIER) {
		core_move(c, ON_ACCEPTED);
		release_held(c);
	}
	while ((w = queue_first(&c->writes)) != NULL && w->need <= n) {
		c->writes.head++;
		c->driver->answer(c->arg, w->ticket);
	}
	confirmed = lead_confirmed(c);
	while ((w = queue_first(&c->reads)) != NULL && w->need <= n &&
	    w->nonce <= confirmed) {
		c->reads.head++;
		c->driver->answer(c->arg, w->ticket);
	}
}

/* The longer way first: to the other hosts and their disks. */
static void
flush(struct core *c)
{
	int under_way = lead_under_way(c);

	core_advance(c);
	lead_pump(c, under_way);
	if (!under_way)
		store(c);
	trim(c);
}

int
core_fit(const struct peer *p)
{
	return (!p->unfit && p->refusal == EVOTE_NOT_REFUSED &&
	    p->refused_by == EVOTE_NOT_REFUSED);
}

/* ---- roles and K: the one door of each ---- */

void
core_move(struct core *c, enum role_event on)
{
	evote_role from = c->role;
	int to = role_next(from, on);

	assert(to >= 0);
	if ((evote_role)to == from)
		return;
	core_say(c, to == EVOTE_HALTED,
	    "role from=%s to=%s on=%s epoch=%llu size=%llu accepted=%llu",
	    role_name(from), role_name(to), role_event_name(on),
	    (unsigned long long)c->k.epoch,
	    (unsigned long long)history_size(c->log),
	    (unsigned long long)c->accepted);
	c->role = to;
	if (to == EVOTE_PRIMARY || to == EVOTE_BACKUP || to == EVOTE_JOINING)
		c->claims = 0;
	if (to == EVOTE_PRIMARY && from != EVOTE_HANDING)
		c->driver->serving(c->arg, 1);
	if (from == EVOTE_PRIMARY || from == EVOTE_HANDING)
		if (!core_leads(c)) {
			c->driver->serving(c->arg, 0);
			core_release_all(c);
		}
	if (to != EVOTE_BACKUP)
		c->assured = 0;
	if (to == EVOTE_WAITING) {
		c->matched = 0;
		c->waiting_ms = c->now_ms;
	}
	if (!core_leads(c))
		lead_reset(c);
	if (to != EVOTE_CLAIMING && to != EVOTE_PRIMARY && to != EVOTE_HANDING)
		c->greet = 1;
}

/* This host must not go on; what it holds stays as it is. */
void
core_fault(struct core *c, int may_force, const char *fmt, ...)
{
	va_list ap;

	if (c->role == EVOTE_HALTED)
		return;
	va_start(ap, fmt);
	vsnprintf(c->fault, sizeof(c->fault), fmt, ap);
	va_end(ap);
	c->may_force = may_force;
	c->proposal = P_NONE;
	core_say(c, 1, "halt epoch=%llu size=%llu why=\"%s\"",
	    (unsigned long long)c->k.epoch,
	    (unsigned long long)history_size(c->log), c->fault);
	core_move(c, ON_FAULT);
}

void
core_take_k(struct core *c, const evote_config *k)
{
	evote_config old = c->k;
	char set[EVOTE_HOSTS_MAX * (EVOTE_HOST_MAX + 1) + 1] = "";
	size_t len = 0;

	assert(k->epoch > old.epoch || config_id_zero(old.cluster) ||
	    BUG_SAME_EPOCH);
	config_copy(&c->k, k);
	if (c->k.arbiter.kind != old.arbiter.kind ||
	    strcmp(c->k.arbiter.where, old.arbiter.where) != 0)
		c->arbiter_ms = c->now_ms;
	config_clear(&old);
	if (k->epoch > c->seen_epoch)
		c->seen_epoch = k->epoch;
	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++)
		len += (size_t)snprintf(set + len, sizeof(set) - len, "%s%s",
		    i == 0 ? "" : ",", c->k.in_sync.in_sync_val[i].name);
	core_say(c, 0, "config epoch=%llu primary=%s in_sync=%s size=%llu",
	    (unsigned long long)c->k.epoch, config_name(&c->k, c->k.primary),
	    set, (unsigned long long)history_size(c->log));
	c->matched = 0;
	stamp(c);
	lead_reset(c);
	core_meet_hosts(c);
	c->greet = 1;
}

/* ---- events ---- */

static void
start(struct core *c, const struct event *ev)
{
	c->accepted = BUG_SERVE_OWN_TAIL ? history_size(c->log) : ev->from;
	assert(c->accepted <= history_size(c->log));
	clock_last(&c->clock, history_time(c->log), c->wall_us);
	if (c->cf.trust_clock)
		c->clock.agreed = 1;
	for (int i = 0; i < c->cf.n; i++)
		c->peers[i].heard_ms = c->now_ms;
	c->step_ms = c->waiting_ms = c->now_ms;
	c->serial = c->wall_us;
	core_meet_hosts(c);
	stamp(c);
	core_say(c, 0, "start epoch=%llu size=%llu accepted=%llu",
	    (unsigned long long)c->k.epoch,
	    (unsigned long long)history_size(c->log),
	    (unsigned long long)c->accepted);
	identity_own_name(c);
}

void
core_doubt(struct core *c)
{
	c->assured = 0;
	c->doubting = 1;
	for (int i = 0; i < c->cf.n; i++)
		if (c->peers[i].up)
			c->driver->reset(c->arg, i);
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
	    (unsigned long long)c->k.epoch,
	    (unsigned long long)history_size(c->log));
	for (int i = 0; i < c->cf.n; i++)
		c->peers[i].heard_ms = c->now_ms;
	c->arbiter_ms = c->now_ms;
	if (!core_leads(c))
		core_doubt(c);
}

/* Answers that do not go out are a riddle to everybody else. */
static void
tell_stuck(struct core *c)
{
	const struct waiter *w = core_oldest(c);
	int stuck = w != NULL && c->now_ms - w->since_ms > STUCK_MS;
	char why[256] = "";

	if (stuck == c->stuck)
		return;
	c->stuck = stuck;
	if (stuck)
		core_blocked(c, why, sizeof(why));
	core_say(c, stuck,
	    "stuck=%d for=\"%s\" epoch=%llu size=%llu accepted=%llu", stuck,
	    why, (unsigned long long)c->k.epoch,
	    (unsigned long long)history_size(c->log),
	    (unsigned long long)c->accepted);
}

static void
tell_clock(struct core *c)
{
	int good;

	for (int i = 0; i < c->cf.n; i++)
		if (decide_suspected(c, i))
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
 * next try, which is as late as the trouble was long: another one is made.
 */
static void
renew_links(struct core *c)
{
	uint64_t most = decide_patience(c) + SILENT_BEATS * c->cf.beat_ms;

	for (int i = 0; i < c->cf.n; i++)
		if (c->peers[i].up && c->now_ms - c->peers[i].heard_ms > most)
			c->driver->reset(c->arg, i);
}

static void
tick(struct core *c)
{
	tell_clock(c);
	if (c->role == EVOTE_PRIMARY)
		close_due(c);
	renew_links(c);
	lead_beat(c);
	decide_beat(c);
	tell_stuck(c);
	follow_beat(c);
}

static void
link_changed(struct core *c, const struct event *ev)
{
	struct peer *p = &c->peers[ev->peer];

	p->up = ev->kind == EV_LINK_UP;
	p->refused = !p->up && (ev->refused || p->refused);
	p->greeted = 0;
	p->ready = 0;
	p->in_flight = 0;
	p->confirming = 0;
	p->load = 0;
	if (!BUG_EARLIER_SESSION_ACK) {
		p->acked = 0;
		p->nonce = 0;
	}
	p->unfit = 0;
	/* While its joining is being decided nothing passes it by. */
	if (c->proposal != P_GROW)
		p->required = 0;
	if (p->up) {
		p->heard_ms = c->now_ms;
		follow_greet(c, ev->peer);
	} else
		p->gave = 0;
}

static void
room_changed(struct core *c, int room)
{
	if (c->no_room == !room)
		return;
	c->no_room = !room;
	c->greet = 1;
	core_say(c, !room, "room=%d epoch=%llu size=%llu", room,
	    (unsigned long long)c->k.epoch,
	    (unsigned long long)history_size(c->log));
}

static void
check(const struct core *c)
{
	assert(c->accepted <= history_size(c->log));
	assert(c->durable <= c->submitted);
	assert(c->submitted <= history_size(c->log));
	assert(!core_leads(c) || config_id_equal(c->k.primary, core_self(c)));
	assert(!core_leads(c) || config_in_sync(&c->k, core_self(c)) >= 0);
	assert(c->role != EVOTE_BACKUP ||
	    config_in_sync(&c->k, core_self(c)) >= 0);
	assert(c->role != EVOTE_BACKUP || !c->resigned);
}

void
core_step(struct core *c, const struct event *ev)
{
	int jumped;

	c->now_ms = ev->now_ms;
	c->wall_us = ev->wall_us;
	jumped = clock_look(&c->clock, c->now_ms, c->wall_us);
	if (c->step_ms != 0 &&
	    (jumped ||
		c->now_ms - c->step_ms >
		    decide_patience(c) / 3 + c->cf.beat_ms))
		stalled(c);
	c->step_ms = c->now_ms;
	switch (ev->kind) {
	case EV_START:
		start(c, ev);
		break;
	case EV_TICK:
		tick(c);
		break;
	case EV_FLUSH:
		flush(c);
		return;
	case EV_REQUEST:
		request(c, ev->ticket, &ev->seen);
		return;
	case EV_LINK_UP:
	case EV_LINK_DOWN:
		link_changed(c, ev);
		break;
	case EV_CALL:
		c->peers[ev->peer].conn = ev->conn;
		c->peers[ev->peer].refused = 0;
		c->peers[ev->peer].heard_ms = c->now_ms;
		follow_call(c, ev);
		break;
	case EV_STRANGER:
		follow_stranger(c, ev);
		break;
	case EV_REFUSED:
		follow_refused(c, ev->peer, ev->refusal);
		break;
	case EV_CALLER_GONE:
		follow_forget(c, ev->conn);
		if (c->peers[ev->peer].conn == ev->conn) {
			c->peers[ev->peer].conn = 0;
			c->peers[ev->peer].greeted = 0;
		}
		break;
	case EV_REPLY:
		c->peers[ev->peer].heard_ms = c->now_ms;
		if (ev->message->kind == SAY_HELLO)
			follow_hello(c, ev->peer, ev->message, 0);
		else
			lead_acked(c, ev->peer, ev->message);
		message_free(ev->message);
		break;
	case EV_DECIDED:
		decide_heard(c, ev->decided);
		break;
	case EV_ROOM:
		room_changed(c, ev->room);
		break;
	case EV_STORED:
	case EV_SAVED:
	case EV_LOADED:
		job_done(c, ev);
		break;
	}
	core_advance(c);
	decide(c);
	follow_room(c);
	release_held(c);
	if (c->greet) {
		c->greet = 0;
		follow_greet(c, -1);
	}
	follow_pay(c);
	check(c);
}

void
core_stamp(const struct core *c, evote_stamp *out)
{
	*out = c->stamp;
}

uint64_t
core_epoch(const struct core *c)
{
	return (c->k.epoch);
}

evote_role
core_role(const struct core *c)
{
	return (c->role);
}

const evote_config *
core_config(const struct core *c)
{
	return (&c->k);
}

const struct history *
core_history(const struct core *c)
{
	return (c->log);
}
