#ifndef EVOTE_CLUSTER_H
#define EVOTE_CLUSTER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replica/arbiter/witness.h"
#include "replica/core/config.h"
#include "replica/core/core.h"
#include "replica/core/role.h"
#include "replica/core/times.h"

/*
 * Up to three hosts with the real protocol core, for stories.  Nothing happens
 * by itself: cluster_run lets everything happen that is due now, cluster_wait
 * lets time pass as well.  What a story wants to do by hand it holds first: a
 * host's disk, the calls from one host to another, the replies to them.
 *
 * The ledger holds words: the number of the request that wrote it, the name of
 * the host that became primary ("B!" by force), "key-B" when the host's key was
 * put on record ("end-B" when it was removed), and "new" at the beginning.
 * Hosts have no keys, as if their version were older, unless a story gives them
 * some (key_give).
 */
enum { A, B, C, CLUSTER_MAX };
enum way { CALLS, REPLIES };

#define CLUSTER_RECORDS 8192
#define CLUSTER_KEYS	16
#define CLUSTER_WALL	1700000000000000ULL

struct packet {
	struct packet *next;
	struct message *message;
};

/* A connection on which one host calls another; 0: there is none. */
struct link {
	uint64_t conn;
	struct packet *first[2];
	int held[2];
	int reset;
	int down;	/* it ended, and the caller has not heard of it; */
	uint64_t ended; /* nor has the called one, of this connection */
};

struct task {
	struct task *next;
	enum { TASK_STORE, TASK_TRUNCATE, TASK_LOAD, TASK_SAVE } kind;
	uint64_t number, size, accepted;
	struct record **records;
	uint32_t n;
	evote_config k;
};

struct host {
	struct cluster *all;
	int id, running, stopped, serving;
	int unreadable;	  /* its disk gives no records */
	int64_t clock_us; /* its wall clock is ahead by this */
	int lives;
	incarnation inc;
	struct core *core;
	uint64_t size;	       /* of the operations' state */
	unsigned char key[32]; /* its own; zero: as if its version were older */
	/* The HOST records of that state. */
	struct {
		uint64_t seq;
		evote_host_op op;
		char name[EVOTE_HOST_MAX + 1];
	} keys[CLUSTER_KEYS];
	int n_keys, strange_key;
	/* What it has signed last, and what the others have, as it heard. */
	evote_signed_by signed_last, heard[CLUSTER_MAX];
	int n_heard;
	const char *watched; /* in its log, */
	int told;	     /* so often */
	uint64_t stranger;   /* the record that does not follow here; 0: none */
	int failback;
	uint64_t suspect_ms; /* 0: as all */
	/* Its own list, "BA" is another order; who is in its core's places. */
	const char *list;
	int at[EVOTE_HOSTS_MAX], called[CLUSTER_MAX];
	int misled[CLUSTER_MAX]; /* by its list: to somebody else */
	/* The disk: what would survive, and what is on its way there. */
	evote_config k;
	struct record **ledger;
	uint64_t stored, accepted;
	struct task *tasks;
	uint64_t last_task;
	int disk_held;
	struct link links[CLUSTER_MAX]; /* on which it calls the others */
	/* The arbiter's last verdict that it has not heard yet. */
	int decided;
	evote_decided verdict;
};

struct cluster {
	int n;
	uint64_t now_ms, last_conn;
	struct host hosts[CLUSTER_MAX];
	struct witness witness;
	int witness_down, verdict_held[CLUSTER_MAX];
	/* By ticket: is it a reading; what the voter was told, "" nothing. */
	char reading[CLUSTER_RECORDS], told[CLUSTER_RECORDS][24];
};

__attribute__((unused)) static const char *const cluster_names[CLUSTER_MAX] = {
    "A", "B", "C"};

static inline void *
cluster_alloc(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	if (p == NULL)
		abort();
	return (p);
}

/* The place that the host's core has for another one. */
static inline int
place_of(struct host *h, int who)
{
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++)
		if (h->at[i] == who)
			return (i);
	return (core_visitor(h->core, cluster_names[who]));
}

static void
driver_host(void *arg, int peer, const char *name, const char *address)
{
	struct host *h = arg;

	h->at[peer] = name[0] - 'A';
	h->called[h->at[peer]] = address != NULL;
}

static inline void
host_step(struct host *h, struct event ev)
{
	struct event flush = {.kind = EV_FLUSH};

	ev.now_ms = flush.now_ms = h->all->now_ms;
	ev.wall_us = flush.wall_us =
	    CLUSTER_WALL + ev.now_ms * 1000 + (uint64_t)h->clock_us;
	core_step(h->core, &ev);
	core_step(h->core, &flush);
}

/* ---- operations ---- */

static inline struct record *
word_record(const char *word, const struct entry_header *at)
{
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT,
	    .seq = at->seq,
	    .epoch = at->epoch,
	    .time = at->time,
	    .op.kind = EVOTE_OP_UNREGISTER};

	leaf.op.evote_op_u.voter = (char *)word;
	return (record_make(&leaf, NULL));
}

static struct record *
machine_execute(void *arg, uint64_t ticket, const struct entry_header *at)
{
	struct host *h = arg;
	char word[24];

	if (h->all->reading[ticket])
		return (NULL);
	snprintf(word, sizeof(word), "%d", (int)ticket);
	h->size++;
	return (word_record(word, at));
}

static struct record *
machine_epoch(
    void *arg, const evote_epoch_op *op, const struct entry_header *at)
{
	struct host *h = arg;
	char word[24];

	snprintf(word, sizeof(word), "%s%s", op->name, op->forced ? "!" : "");
	h->size++;
	return (word_record(word, at));
}

static struct record *
machine_close(void *arg, const struct entry_header *at)
{
	return (NULL);
}

static inline int
key_note(struct host *h, uint64_t seq, const evote_host_op *op)
{
	if (h->n_keys == CLUSTER_KEYS || h->key[0] == '\0')
		return (-1); /* an older version does not know it */
	h->keys[h->n_keys].seq = seq;
	h->keys[h->n_keys].op = *op;
	h->keys[h->n_keys].op.name = NULL;
	snprintf(
	    h->keys[h->n_keys].name, sizeof(h->keys[0].name), "%s", op->name);
	h->n_keys++;
	return (0);
}

static int
machine_key(
    void *arg, const unsigned char *id, unsigned char key[32], uint64_t *seq)
{
	struct host *h = arg;

	for (int i = 0; i < h->n_keys && id != NULL; i++)
		if (memcmp(h->keys[i].op.incarnation, id, 16) == 0) {
			memcpy(key, h->keys[i].op.key, 32);
			*seq = h->keys[i].seq;
			return (1);
		}
	return (id == NULL && h->n_keys > 0);
}

static const char *
machine_signer(void *arg, uint32_t i)
{
	struct host *h = arg;

	for (int j = 0; j < h->n_keys; j++) {
		int latest = 1;

		for (int k = j + 1; k < h->n_keys; k++)
			latest &= strcmp(h->keys[j].name, h->keys[k].name) != 0;
		if (latest && h->keys[j].op.key[0] != '\0' && i-- == 0)
			return (h->keys[j].name);
	}
	return (NULL);
}

static struct record *
machine_host(void *arg, const evote_host_op *op, const struct entry_header *at)
{
	struct host *h = arg;
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT,
	    .seq = at->seq,
	    .epoch = at->epoch,
	    .time = at->time,
	    .op = {.kind = EVOTE_OP_HOST, .evote_op_u.host = *op}};

	if (h->strange_key || key_note(h, at->seq, op) == -1)
		return (NULL);
	h->size++;
	return (record_make(&leaf, NULL));
}

static int
machine_replay(void *arg, const struct record *r, char *err, size_t len)
{
	struct host *h = arg;
	union opening opening;
	evote_leaf leaf;
	int rc = 0;

	if (r->seq != h->size || (h->stranger != 0 && r->seq == h->stranger)) {
		snprintf(err, len, "it has another result here");
		return (-1);
	}
	if (record_open(r, &leaf, &opening) == -1)
		abort();
	if (leaf.op.kind == EVOTE_OP_HOST)
		rc = key_note(h, r->seq, &leaf.op.evote_op_u.host);
	record_clear(&leaf, &opening);
	if (rc == -1) {
		snprintf(err, len, "its kind is not known");
		return (-1);
	}
	h->size++;
	return (0);
}

static void
machine_undo(void *arg, uint64_t size)
{
	struct host *h = arg;

	h->size = size;
	while (h->n_keys > 0 && h->keys[h->n_keys - 1].seq >= size)
		h->n_keys--;
}

static void
machine_discard_undo(void *arg, uint64_t size)
{
	/* Nothing becomes final that was never carried out. */
	if (size > ((struct host *)arg)->size)
		abort();
}

/* ---- the disk ---- */

static inline uint64_t
task_add(struct host *h, struct task t)
{
	struct task **end = &h->tasks;

	while (*end != NULL)
		end = &(*end)->next;
	*end = cluster_alloc(1, sizeof(**end));
	t.number = ++h->last_task;
	**end = t;
	return (t.number);
}

static uint64_t
driver_store(void *arg, struct record *const *r, uint32_t n, uint64_t accepted)
{
	struct task t = {.kind = TASK_STORE, .n = n, .accepted = accepted};

	t.records = cluster_alloc(n, sizeof(*t.records));
	for (uint32_t i = 0; i < n; i++)
		t.records[i] = record_hold(r[i]);
	return (task_add(arg, t));
}

static uint64_t
driver_truncate(void *arg, uint64_t size)
{
	return (
	    task_add(arg, (struct task){.kind = TASK_TRUNCATE, .size = size}));
}

static uint64_t
driver_load(void *arg, uint64_t from, uint32_t n)
{
	return (task_add(
	    arg, (struct task){.kind = TASK_LOAD, .size = from, .n = n}));
}

static uint64_t
driver_save(void *arg, const evote_config *k)
{
	struct task t = {.kind = TASK_SAVE};

	config_copy(&t.k, k);
	return (task_add(arg, t));
}

static inline void
disk_truncate(struct host *h, uint64_t size)
{
	while (h->stored > size)
		record_drop(h->ledger[--h->stored]);
}

static inline void
task_apply(struct host *h, struct task *t)
{
	if (t->kind == TASK_STORE) {
		for (uint32_t i = 0; i < t->n; i++)
			h->ledger[h->stored++] = record_hold(t->records[i]);
		h->accepted = t->accepted;
	} else if (t->kind == TASK_TRUNCATE)
		disk_truncate(h, t->size);
	else if (t->kind == TASK_SAVE) {
		config_clear(&h->k);
		config_copy(&h->k, &t->k);
	} else {
		if (t->n > h->stored - t->size)
			t->n = (uint32_t)(h->stored - t->size);
		if (h->unreadable)
			t->n = 0;
		t->records = cluster_alloc(t->n, sizeof(*t->records));
		for (uint32_t i = 0; i < t->n; i++)
			t->records[i] = record_hold(h->ledger[t->size + i]);
	}
}

static inline void
task_free(struct task *t)
{
	for (uint32_t i = 0; t->records != NULL && i < t->n; i++)
		record_drop(t->records[i]);
	free(t->records);
	config_clear(&t->k);
	free(t);
}

/* The disk does the first thing it was told; the host hears of it if told. */
static inline int
disk_step(struct host *h, int tell)
{
	struct task *t = h->tasks;
	struct event ev = {.kind = EV_STORED};

	if (t == NULL)
		return (0);
	h->tasks = t->next;
	task_apply(h, t);
	ev.job = t->number;
	if (t->kind == TASK_SAVE)
		ev.kind = EV_SAVED;
	if (t->kind == TASK_LOAD) {
		ev.kind = EV_LOADED;
		ev.from = t->size;
		ev.n = t->n;
		ev.records = t->records;
	}
	if (tell)
		host_step(h, ev);
	/* Whoever was told of loaded records has their references. */
	if (tell && t->kind == TASK_LOAD)
		t->n = 0;
	task_free(t);
	return (1);
}

/* ---- links ---- */

static inline void
packet_add(struct link *l, enum way way, struct message *m)
{
	struct packet **end = &l->first[way];

	if (l->conn == 0) {
		message_free(m);
		return;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = cluster_alloc(1, sizeof(**end));
	(*end)->message = m;
}

static void
driver_call(void *arg, int peer, struct message *m)
{
	struct host *h = arg;

	packet_add(&h->links[h->at[peer]], CALLS, m);
}

/* A handle names the connection and who called on it. */
static inline void
verdict_clear(struct host *h)
{
	config_clear(&h->verdict.config);
	h->decided = 0;
}

static void
driver_decide(void *arg, const evote_arbiter *to, const evote_decide *d)
{
	struct host *h = arg;
	struct cluster *c = h->all;

	if (to->kind != EVOTE_ARBITER_WITNESS || c->witness_down)
		return;
	verdict_clear(h);
	(void)witness_decide(
	    &c->witness, cluster_names[h->id], c->now_ms, d, &h->verdict);
	h->decided = 1;
}

static inline int
verdict_step(struct host *h)
{
	evote_decided verdict = h->verdict;

	if (!h->decided || h->all->verdict_held[h->id])
		return (0);
	memset(&h->verdict, 0, sizeof(h->verdict));
	h->decided = 0;
	host_step(h, (struct event){.kind = EV_DECIDED, .decided = &verdict});
	config_clear(&verdict.config);
	return (1);
}

static void
driver_reply(void *arg, uint64_t handle, struct message *m)
{
	struct host *self = arg, *caller = &self->all->hosts[handle % 8];
	struct link *l = &caller->links[self->id];

	if (m->kind == SAY_SIGN && m->u.signed_by.size > 0 &&
	    m->u.signed_by.taken == EVOTE_TAKEN)
		self->signed_last = m->u.signed_by;
	if (l->conn == handle / 8)
		packet_add(l, REPLIES, m);
	else
		message_free(m);
}

static void
driver_reset(void *arg, int peer)
{
	struct host *h = arg;

	h->links[h->at[peer]].reset = 1;
}

/* Delivers what has waited longest: 1, or 0 when there is nothing. */
static inline int
link_step(struct cluster *c, int from, int to, enum way way)
{
	struct link *l = &c->hosts[from].links[to];
	struct packet *p = l->first[way];
	struct event ev = {.kind = way == CALLS ? EV_CALL : EV_REPLY,
	    .conn = l->conn,
	    .handle = l->conn * 8 + (uint64_t)from};

	if (p == NULL)
		return (0);
	l->first[way] = p->next;
	ev.message = p->message;
	ev.peer = way == CALLS ? place_of(&c->hosts[to], from)
			       : place_of(&c->hosts[from], to);
	free(p);
	host_step(&c->hosts[way == CALLS ? to : from], ev);
	return (1);
}

static inline void
link_clear(struct link *l)
{
	for (int way = CALLS; way <= REPLIES; way++)
		while (l->first[way] != NULL) {
			struct packet *p = l->first[way];

			l->first[way] = p->next;
			message_free(p->message);
			free(p);
		}
}

/* The connection ends; whoever runs at either end will hear of it. */
static inline void
link_break(struct cluster *c, int from, int to)
{
	struct link *l = &c->hosts[from].links[to];

	l->reset = 0;
	if (l->conn == 0)
		return;
	link_clear(l);
	l->down = c->hosts[from].running;
	l->ended = c->hosts[to].running ? l->conn : 0;
	l->conn = 0;
}

static inline int
link_connect(struct cluster *c, int from, int to)
{
	struct host *h = &c->hosts[from];
	struct link *l = &h->links[to];
	struct event ev = {.kind = EV_LINK_DOWN};
	int leads = h->called[to] && !h->misled[to];

	if (l->reset || (l->conn != 0 && !leads))
		link_break(c, from, to);
	if (l->down)
		ev.port_refuses = !c->hosts[to].running;
	else if (l->conn == 0 && c->hosts[to].running && leads) {
		ev.kind = EV_LINK_UP;
		l->conn = ++c->last_conn;
	} else
		return (0);
	l->down = 0;
	ev.peer = place_of(h, to);
	host_step(h, ev);
	return (1);
}

/* The end of a connection on which it was called. */
static inline int
link_ended(struct cluster *c, int from, int to)
{
	struct link *l = &c->hosts[from].links[to];
	struct event ev = {.kind = EV_CALLER_GONE, .conn = l->ended};

	if (l->ended == 0)
		return (0);
	ev.peer = place_of(&c->hosts[to], from);
	l->ended = 0;
	host_step(&c->hosts[to], ev);
	return (1);
}

/* ---- voters ---- */

static void
driver_answer(void *arg, uint64_t ticket)
{
	struct cluster *c = ((struct host *)arg)->all;

	if (c->told[ticket][0] != '\0')
		abort(); /* twice */
	strcpy(c->told[ticket], "served");
}

static void
driver_refuse(void *arg, uint64_t ticket, evote_standing s, const char *host)
{
	static const char *const names[] = {[EVOTE_NOT_PRIMARY] = "ask",
	    [EVOTE_NOT_SERVING] = "await",
	    [EVOTE_BEHIND] = "behind",
	    [EVOTE_OTHER_CLUSTER] = "other cluster",
	    [EVOTE_TRY_AGAIN] = "again"};
	struct cluster *c = ((struct host *)arg)->all;

	if (c->told[ticket][0] != '\0')
		abort();
	snprintf(c->told[ticket], sizeof(c->told[ticket]), "%s%s%s", names[s],
	    *host == '\0' ? "" : " ", host);
}

static void
driver_cosigned(void *arg, const evote_signed_by *s)
{
	struct host *h = arg;

	h->heard[h->n_heard++ % CLUSTER_MAX] = *s;
}

static void
driver_serving(void *arg, int yes)
{
	((struct host *)arg)->serving = yes;
}

/* EVOTE_TRACE=1 shows what the hosts decide. */
static void
driver_log(void *arg, int alarm, const char *line)
{
	struct host *h = arg;

	h->told += h->watched != NULL && strstr(line, h->watched) != NULL;
	if (getenv("EVOTE_TRACE") != NULL)
		fprintf(stderr, "%6llu %s%s %s\n",
		    (unsigned long long)h->all->now_ms, cluster_names[h->id],
		    alarm ? "!" : "", line);
}

/* One voter's request, with what that voter has seen of the service. */
static inline void
ask(struct cluster *c, int who, uint64_t ticket, evote_seen seen)
{
	host_step(&c->hosts[who],
	    (struct event){.kind = EV_REQUEST, .ticket = ticket, .seen = seen});
}

static inline void
ask_write(struct cluster *c, int who, uint64_t ticket)
{
	ask(c, who, ticket, (evote_seen){.epoch = 0});
}

static inline void
ask_read(struct cluster *c, int who, uint64_t ticket)
{
	c->reading[ticket] = 1;
	ask(c, who, ticket, (evote_seen){.epoch = 0});
}

/* ---- time ---- */

static inline void
host_tick(struct cluster *c, int who)
{
	host_step(&c->hosts[who], (struct event){.kind = EV_TICK});
}

static inline int
host_run(struct cluster *c, struct host *h)
{
	int moved = 0;

	moved += verdict_step(h);
	if (!h->disk_held)
		moved += disk_step(h, 1);
	for (int i = 0; i < c->n; i++) {
		struct link *l = &h->links[i];

		if (i == h->id)
			continue;
		moved += link_ended(c, i, h->id);
		moved += link_connect(c, h->id, i);
		if (!l->held[CALLS] && !c->hosts[i].stopped)
			moved += link_step(c, h->id, i, CALLS);
		if (!l->held[REPLIES])
			moved += link_step(c, h->id, i, REPLIES);
	}
	return (moved);
}

/* Until nothing moves any more, without any time passing. */
static inline void
cluster_run(struct cluster *c)
{
	int moved;

	for (int i = 0; i < 10000; i++) {
		moved = 0;
		for (int who = 0; who < c->n; who++) {
			struct host *h = &c->hosts[who];

			if (h->running && !h->stopped)
				moved += host_run(c, h);
		}
		if (moved == 0)
			return;
	}
	abort(); /* it never comes to rest */
}

static inline void
cluster_wait(struct cluster *c, uint64_t ms)
{
	cluster_run(c);
	for (uint64_t end = c->now_ms + ms; c->now_ms < end;) {
		c->now_ms += 100;
		for (int who = 0; who < c->n; who++) {
			struct host *h = &c->hosts[who];

			if (h->running && !h->stopped)
				host_tick(c, who);
		}
		cluster_run(c);
	}
}

/* ---- hosts ---- */

static inline void
host_start(struct cluster *c, int who)
{
	static const struct machine machine = {machine_execute, machine_epoch,
	    machine_close, machine_replay, machine_undo, machine_discard_undo,
	    machine_key, machine_host, machine_signer};
	static const struct driver driver = {driver_store, driver_truncate,
	    driver_load, driver_save, driver_decide, driver_call, driver_reply,
	    driver_reset, driver_host, driver_answer, driver_refuse,
	    driver_serving, driver_log, driver_cosigned};
	struct host *h = &c->hosts[who];
	struct core_config cf = {.config = h->k,
	    .failback = h->failback,
	    .beat_ms = BEAT_MS,
	    .suspect_ms = h->suspect_ms != 0 ? h->suspect_ms : SUSPECT_MS,
	    .quick_ms = QUICK_MS,
	    .hold_ms = HOLD_MS};

	for (const char *name = h->list; *name != '\0'; name++) {
		if (*name - 'A' == who)
			cf.self = cf.n;
		cf.names[cf.n++] = cluster_names[*name - 'A'];
	}
	memset(h->at, -1, sizeof(h->at));
	memset(h->called, 0, sizeof(h->called));
	memcpy(cf.incarnation, h->inc, sizeof(h->inc));
	cf.instance[0] = (unsigned char)(who + 1);
	cf.instance[1] = (unsigned char)++h->lives;
	memcpy(cf.key, h->key, sizeof(cf.key));
	cf.key_first = h->lives == 1;
	h->core = core_new(&cf, &machine, &driver, h);
	h->running = 1;
	h->size = 0;
	h->n_keys = 0;
	for (uint64_t i = 0; i < h->stored; i++) {
		char err[64];
		uint64_t stranger = h->stranger;

		h->stranger = 0;
		if (machine_replay(h, h->ledger[i], err, sizeof(err)) == -1)
			abort();
		h->stranger = stranger;
		core_load(h->core, record_hold(h->ledger[i]));
	}
	host_step(h, (struct event){.kind = EV_START, .from = h->accepted});
	/* Nobody listens on the hosts that do not run. */
	for (int i = 0; i < c->n; i++)
		h->links[i].down =
		    h->called[i] && i != who && !c->hosts[i].running;
}

/*
 * The process ends.  Of what its disk was told, `stored` more things are done;
 * nobody has heard of that.
 */
static inline void
host_kill(struct cluster *c, int who, int stored)
{
	struct host *h = &c->hosts[who];

	h->running = h->stopped = h->serving = 0;
	for (; stored > 0; stored--)
		disk_step(h, 0);
	while (h->tasks != NULL) {
		struct task *t = h->tasks;

		h->tasks = t->next;
		task_free(t);
	}
	h->last_task = 0;
	verdict_clear(h);
	core_free(h->core);
	h->core = NULL;
	for (int i = 0; i < c->n; i++) {
		link_break(c, who, i);
		link_break(c, i, who);
		h->links[i].down = 0;
		c->hosts[i].links[who].ended = 0;
	}
}

/* Its disk is nearly full, or has room again. */
static inline void
host_room(struct cluster *c, int who, int room)
{
	host_step(
	    &c->hosts[who], (struct event){.kind = EV_ROOM, .room = room});
	cluster_run(c);
}

/* The process is paused, goes on: everything for it waits meanwhile. */
static inline void
host_stop(struct cluster *c, int who)
{
	c->hosts[who].stopped = 1;
}

static inline void
host_go_on(struct cluster *c, int who)
{
	c->hosts[who].stopped = 0;
}

/* An empty disk, which is another incarnation. */
static inline void
host_wipe(struct cluster *c, int who)
{
	struct host *h = &c->hosts[who];

	disk_truncate(h, 0);
	h->accepted = 0;
	config_clear(&h->k);
	h->inc[0] = (unsigned char)(who + 1);
	h->inc[1]++;
}

/* One host's directory is a copy of the other's; neither runs now. */
static inline void
host_copy(struct cluster *c, int from, int to)
{
	struct host *h = &c->hosts[to], *o = &c->hosts[from];

	host_wipe(c, to);
	for (; h->stored < o->stored; h->stored++)
		h->ledger[h->stored] = record_hold(o->ledger[h->stored]);
	h->accepted = o->accepted;
	config_copy(&h->k, &o->k);
	memcpy(h->inc, o->inc, sizeof(h->inc));
}

/* ---- what a story holds back, and lets go ---- */

static inline void
hold_disk(struct cluster *c, int who)
{
	c->hosts[who].disk_held = 1;
}

static inline void
free_disk(struct cluster *c, int who)
{
	c->hosts[who].disk_held = 0;
	cluster_run(c);
}

/* The calls of one host to another, or the replies to them. */
static inline void
hold(struct cluster *c, int from, int to, enum way way)
{
	c->hosts[from].links[to].held[way] = 1;
}

static inline void
let_go(struct cluster *c, int from, int to, enum way way)
{
	c->hosts[from].links[to].held[way] = 0;
	cluster_run(c);
}

/* Nothing gets through between two hosts, and nothing ends either. */
static inline void
cut(struct cluster *c, int a, int b)
{
	for (int way = CALLS; way <= REPLIES; way++) {
		hold(c, a, b, way);
		hold(c, b, a, way);
	}
}

static inline void
mend(struct cluster *c, int a, int b)
{
	for (int way = CALLS; way <= REPLIES; way++) {
		c->hosts[a].links[b].held[way] = 0;
		c->hosts[b].links[a].held[way] = 0;
	}
	cluster_run(c);
}

/* ---- what a story looks at ---- */

static inline const char *
role_of(struct cluster *c, int who)
{
	return (role_name(core_role(c->hosts[who].core)));
}

static inline uint64_t
epoch_of(struct cluster *c, int who)
{
	return (core_epoch(c->hosts[who].core));
}

/* The words on a host's disk, or the last few of them. */
struct words {
	char text[1024];
};

static inline struct words
on_disk(struct cluster *c, int who)
{
	struct host *h = &c->hosts[who];
	struct words w = {""};
	size_t len = 0;

	for (uint64_t i = h->stored > 16 ? h->stored - 16 : 0; i < h->stored;
	     i++) {
		evote_leaf leaf;
		union opening opening;

		if (record_open(h->ledger[i], &leaf, &opening) == -1)
			abort();
		len += (size_t)snprintf(w.text + len, sizeof(w.text) - len,
		    "%s%s%s", len == 0 ? "" : " ",
		    leaf.op.kind != EVOTE_OP_HOST		 ? ""
			: leaf.op.evote_op_u.host.key[0] != '\0' ? "key-"
								 : "end-",
		    leaf.op.kind == EVOTE_OP_HOST ? leaf.op.evote_op_u.host.name
						  : leaf.op.evote_op_u.voter);
		record_clear(&leaf, &opening);
	}
	return (w);
}

/* Of the set of hosts in sync, as the host's disk has it. */
static inline struct words
set_of(struct cluster *c, int who)
{
	const evote_config *k = &c->hosts[who].k;
	struct words w = {""};

	for (int i = 0; i < c->n; i++)
		if (config_in_sync(k, c->hosts[i].inc) >= 0)
			strcat(w.text, cluster_names[i]);
	return (w);
}

/* Whom a host says it waits for. */
static inline struct words
awaited_by(struct cluster *c, int who)
{
	evote_status_res s = {.in_sync = 0};
	struct words w = {""};

	core_status(c->hosts[who].core, &s);
	for (u_int i = 0; i < s.waiting_for.waiting_for_len; i++)
		strcat(w.text, s.waiting_for.waiting_for_val[i]);
	xdr_free((xdrproc_t)xdr_evote_status_res, &s);
	return (w);
}

static inline struct words
alarm_of(struct cluster *c, int who)
{
	evote_status_res s = {.in_sync = 0};
	struct words w = {""};

	core_status(c->hosts[who].core, &s);
	for (u_int i = 0; i < s.alarms.alarms_len; i++) {
		size_t len = strlen(w.text);

		snprintf(w.text + len, sizeof(w.text) - len, "%s\n",
		    s.alarms.alarms_val[i].text);
	}
	xdr_free((xdrproc_t)xdr_evote_status_res, &s);
	return (w);
}

#define assert_role(c, who, role) assert_string_equal(role_of(c, who), role)
#define assert_told(c, ticket, what) \
	assert_string_equal((c)->told[ticket], what)
#define assert_disk(c, who, words) \
	assert_string_equal(on_disk(c, who).text, words)
#define assert_set(c, who, names) \
	assert_string_equal(set_of(c, who).text, names)
#define assert_awaits(c, who, names) \
	assert_string_equal(awaited_by(c, who).text, names)
#define assert_alarm(c, who, part) \
	assert_non_null(strstr(alarm_of(c, who).text, part))
#define assert_no_alarm(c, who, part) \
	assert_null(strstr(alarm_of(c, who).text, part))

/* ---- beginning and end ---- */

/* A cluster made on A; the other hosts' directories are empty. */
static inline struct cluster *
cluster_new(int n)
{
	struct cluster *c = cluster_alloc(1, sizeof(*c));
	struct entry_header first = {.time = CLUSTER_WALL - 1};
	struct host *a = &c->hosts[A];

	c->n = n;
	c->now_ms = 1000;
	for (int i = 0; i < n; i++) {
		struct host *h = &c->hosts[i];

		h->all = c;
		h->id = i;
		h->list = n == 2 ? "AB" : "ABC";
		h->ledger = cluster_alloc(CLUSTER_RECORDS, sizeof(*h->ledger));
		host_wipe(c, i);
	}
	config_copy(&a->k, &a->k);
	memset(a->k.cluster, 7, sizeof(a->k.cluster));
	memcpy(a->k.primary, a->inc, sizeof(a->inc));
	config_add(&a->k, "A", a->inc);
	a->ledger[a->stored++] = word_record("new", &first);
	a->accepted = 1;
	return (c);
}

/* A host's next process has a key of its own; in its directory, made anew. */
static inline void
key_give(struct cluster *c, int who)
{
	memcpy(c->hosts[who].key, c->hosts[who].inc, sizeof(incarnation));
	c->hosts[who].key[31] = 'k';
}

/* All hosts in sync, A the primary. */
static inline struct cluster *
cluster_in_sync(int n, int failback)
{
	struct cluster *c = cluster_new(n);

	for (int i = 0; i < n; i++) {
		c->hosts[i].failback = failback;
		host_start(c, i);
	}
	cluster_wait(c, 500);
	return (c);
}

/* With a witness; the hosts take nothing back by themselves. */
#define WITNESS_AT "w=10.0.0.9:111"
static inline struct cluster *
cluster_arbitrated(int n)
{
	struct cluster *c = cluster_in_sync(n, 0);

	c->witness.deny_ms = DENY_MS;
	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 0));
	cluster_wait(c, 300);
	assert_int_equal(c->hosts[A].k.arbiter.kind, EVOTE_ARBITER_WITNESS);
	for (int i = 0; i < n; i++)
		assert_string_equal(c->hosts[i].k.arbiter.where, WITNESS_AT);
	assert_int_equal(c->witness.k.epoch, epoch_of(c, A));
	return (c);
}

static inline void
cluster_free(struct cluster *c)
{
	for (int i = 0; i < c->n; i++) {
		struct host *h = &c->hosts[i];

		if (h->running)
			host_kill(c, i, 0);
		host_wipe(c, i);
		free(h->ledger);
	}
	config_clear(&c->witness.k);
	free(c);
}

#endif
