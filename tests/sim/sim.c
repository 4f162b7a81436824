/*
 * A whole cluster in one process: the real protocol core and the real election
 * on virtual disks, links and clocks, with everything that happens drawn from
 * one seed.  After every event what must always hold is checked; at the end
 * everything is healed and the books are compared.
 *
 *	sim SEED		one run, with its trace
 *	sim FIRST COUNT		many; the first failing seed ends it
 *
 * Faults: processes are killed and restarted, connections break, disks are
 * slow and forget what was not finished, processes pause, messages are late,
 * an empty disk takes a lost one's place.  Links are never cut for good:
 * without an arbiter that is outside the promise.
 */
#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "core.h"
#include "election.h"
#include "mutant.h"
#include "role.h"
#include "seal.h"
#include "witness.h"

#define MS	   1000ULL /* virtual time is in us */
#define HOSTS_MAX  3
#define CLIENTS	   6
#define VOTERS	   300
#define WALL_START 1700000000000000ULL
#define FAULTS_US  (12000 * MS) /* then everything is healed, */
#define END_US	   (30000 * MS) /* and by then all must be well */
#define CLOSE_US   (9000 * MS)
#define TIMEOUT_US (1500 * MS) /* a client's patience with one host */

/* ---- chance ---- */

static uint64_t rng_state;

static uint64_t
rng(void)
{
	uint64_t z = (rng_state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31));
}

static uint64_t
upto(uint64_t n)
{
	return (rng() % (n + 1));
}

static int
chance(unsigned per_mille)
{
	return (rng() % 1000 < per_mille);
}

/* ---- the world ---- */

enum what {
	W_TICK,
	W_FLUSH,
	W_DISK,
	W_CONNECT,
	W_DELIVER, /* the first message waiting on a link's way */
	W_CLIENT,  /* a client looks at its state */
	W_REQUEST,
	W_ANSWER,
	W_FAULT,
	W_START,
	W_OPERATOR,
	W_GONE,	   /* a host learns that a connection ended */
	W_DECIDE,  /* a question reaches the witness */
	W_DECIDED, /* and its verdict the host */
};

struct item {
	uint64_t at, order;
	enum what what;
	int host, peer;
	uint64_t a, b;
	void *p;
};

struct packet {
	struct packet *next;
	struct message *m;
	uint64_t handle; /* of a reply */
};

/* A connection on which `host` calls `peer`; ways: 0 calls, 1 replies. */
struct link {
	uint64_t conn; /* 0: none */
	int trying;
	struct packet *first[2], *last[2];
	uint64_t due[2]; /* when the latest packet arrives */
};

struct job {
	uint64_t number;
	enum { STORE, CUT, SAVE, LOAD } kind;
	struct record **records;
	uint32_t n;
	uint64_t size, accepted;
	evote_config k;
};

struct request {
	int client, host;
	uint64_t life; /* of the host's process */
	uint64_t number;
	enum { R_REGISTER, R_CREATE, R_VOTE, R_READ } kind;
	int voter, choice;
	uint64_t floor; /* accepted anywhere when it was sent */
	struct outcome out;
	uint64_t size; /* state it read */
};

struct host {
	int id, alive, ever;
	uint64_t life, paused_until;
	incarnation inc;
	struct core *core;
	struct election *election;
	int serving, flush_due;
	/* The disk: what is durable, and what is on its way. */
	evote_config k;
	struct record **ledger;
	uint64_t size, max, hint;
	struct job *jobs;
	uint32_t n_jobs, max_jobs;
	uint64_t next_job;
	int disk_busy;
	struct link links[HOSTS_MAX];
	int64_t clock_us;
	/* Requests taken and not answered, for the fall of the process. */
	struct request **taken;
	uint32_t n_taken, max_taken;
};

struct client {
	int at; /* host it talks to */
	int step;
	uint64_t number, tries;
	int waiting, voter, choice;
	uint64_t sent_at;
	struct request ask;
};

static struct {
	uint64_t now, seed, order, conn, handle;
	int n_hosts, failback, trace, healed, opened;
	struct item *heap;
	size_t n, max;
	struct host hosts[HOSTS_MAX];
	struct client clients[CLIENTS];
	/* What has been accepted, by place. */
	unsigned char (*accepted)[32];
	uint64_t n_accepted, max_accepted;
	/* Who wrote in an epoch. */
	struct {
		uint64_t epoch;
		int host;
	} writers[4096];
	int n_writers;
	uint64_t reign; /* the highest epoch of a primary */
	/* What voters were told: 0 nothing, 1 it counts, 2 refused. */
	char told[VOTERS], told_choice[VOTERS], tried[VOTERS][2];
	struct {
		int client;
		uint64_t number;
	} refused[4096]; /* requests that were told no */
	int n_refused;
	int next_voter;
	/* The witness, with links of its own to each host: the last column. */
	int has_witness;
	struct witness witness;
	uint64_t witness_down;
	uint64_t cut[HOSTS_MAX + 1][HOSTS_MAX + 1]; /* from, to: until when */
	int ordered; /* an operator had the service handed over, */
	int forced;  /* or a host promoted by force */
	uint64_t ops, kills, takeovers;
} w;

static void
fail(const char *why)
{
	fprintf(stderr, "sim: seed %" PRIu64 " failed at %" PRIu64 " us: %s\n",
	    w.seed, w.now, why);
	abort();
}

static void
on_abort(int sig)
{
	char line[64];
	int n = snprintf(
	    line, sizeof(line), "sim: FAILED SEED %" PRIu64 "\n", w.seed);

	if (write(2, line, (size_t)n) < 0)
		_exit(3);
	_exit(2);
}

#define TRACE(...)                                                 \
	do {                                                       \
		if (w.trace) {                                     \
			printf("%10.3f ", (double)w.now / 1000.0); \
			printf(__VA_ARGS__);                       \
			putchar('\n');                             \
		}                                                  \
	} while (0)

static void *
grown(void *p, size_t n, size_t size)
{
	if ((p = realloc(p, n * size)) == NULL)
		abort();
	return (p);
}

/* ---- the order of events ---- */

static int
before(const struct item *a, const struct item *b)
{
	return (a->at != b->at ? a->at < b->at : a->order < b->order);
}

static void
later(uint64_t delay, struct item it)
{
	size_t i;

	it.at = w.now + delay;
	it.order = w.order++;
	if (w.n == w.max) {
		w.max = w.max * 2 + 1024;
		w.heap = grown(w.heap, w.max, sizeof(*w.heap));
	}
	for (i = w.n++; i > 0 && before(&it, &w.heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		w.heap[i] = w.heap[(i - 1) / 2];
	w.heap[i] = it;
}

static struct item
next_item(void)
{
	struct item top = w.heap[0], last = w.heap[--w.n];
	size_t i = 0, c;

	while ((c = 2 * i + 1) < w.n) {
		if (c + 1 < w.n && before(&w.heap[c + 1], &w.heap[c]))
			c++;
		if (!before(&w.heap[c], &last))
			break;
		w.heap[i] = w.heap[c];
		i = c;
	}
	if (w.n > 0)
		w.heap[i] = last;
	return (top);
}

/* ---- a host's surroundings ---- */

static void
step(struct host *h, struct event *ev)
{
	ev->now_ms = w.now / MS + 1000;
	ev->wall_us = WALL_START + w.now + (uint64_t)h->clock_us;
	core_step(h->core, ev);
	if (ev->kind != EV_FLUSH && !h->flush_due) {
		h->flush_due = 1;
		later(upto(40),
		    (struct item){
			.what = W_FLUSH, .host = h->id, .a = h->life});
	}
}

static void
disk_start(struct host *h)
{
	uint64_t delay = 80 + upto(400);

	if (h->disk_busy || h->n_jobs == 0)
		return;
	h->disk_busy = 1;
	if (!w.healed && chance(h->jobs[0].kind == SAVE ? 60 : 10))
		delay += upto(300 * MS);
	later(
	    delay, (struct item){.what = W_DISK, .host = h->id, .a = h->life});
}

static uint64_t
job_add(struct host *h, struct job j)
{
	j.number = ++h->next_job;
	if (h->n_jobs == h->max_jobs) {
		h->max_jobs = h->max_jobs * 2 + 8;
		h->jobs = grown(h->jobs, h->max_jobs, sizeof(*h->jobs));
	}
	h->jobs[h->n_jobs++] = j;
	disk_start(h);
	return (j.number);
}

static uint64_t
do_store(void *arg, struct record *const *r, uint32_t n, uint64_t accepted)
{
	struct job j = {.kind = STORE, .n = n, .accepted = accepted};

	j.records = grown(NULL, n, sizeof(*j.records));
	for (uint32_t i = 0; i < n; i++)
		j.records[i] = record_hold(r[i]);
	return (job_add(arg, j));
}

static uint64_t
do_cut(void *arg, uint64_t size)
{
	return (job_add(arg, (struct job){.kind = CUT, .size = size}));
}

static uint64_t
do_load(void *arg, uint64_t from, uint32_t n)
{
	return (job_add(arg,
	    (struct job){.kind = LOAD, .size = from, .n = n > 50 ? 50 : n}));
}

static uint64_t
do_save(void *arg, const evote_config *k)
{
	struct job j = {.kind = SAVE};

	config_copy(&j.k, k);
	return (job_add(arg, j));
}

static void
job_drop(struct job *j)
{
	for (uint32_t i = 0; j->kind == STORE && i < j->n; i++)
		record_drop(j->records[i]);
	if (j->kind == STORE)
		free(j->records);
	if (j->kind == SAVE)
		config_clear(&j->k);
}

static void
truncate_to(struct host *h, uint64_t size)
{
	while (h->size > size)
		record_drop(h->ledger[--h->size]);
	if (h->hint > h->size)
		h->hint = h->size;
}

/* What the job does to the platters. */
static void
job_apply(struct host *h, struct job *j)
{
	switch (j->kind) {
	case STORE:
		for (uint32_t i = 0; i < j->n; i++) {
			if (h->size == h->max) {
				h->max = h->max * 2 + 256;
				h->ledger = grown(
				    h->ledger, h->max, sizeof(*h->ledger));
			}
			if (j->records[i]->seq != h->size)
				fail("a gap on the disk");
			h->ledger[h->size++] = record_hold(j->records[i]);
		}
		h->hint = j->accepted < h->size ? j->accepted : h->size;
		break;
	case CUT:
		truncate_to(h, j->size);
		break;
	case SAVE:
		if (j->k.epoch < h->k.epoch)
			fail("I8: an epoch went back on the disk");
		config_clear(&h->k);
		config_copy(&h->k, &j->k);
		break;
	case LOAD:
		break;
	}
}

static void
disk_done(struct host *h)
{
	struct job j = h->jobs[0];
	struct event ev = {.kind = EV_STORED, .job = j.number};

	memmove(h->jobs, h->jobs + 1, --h->n_jobs * sizeof(*h->jobs));
	h->disk_busy = 0;
	job_apply(h, &j);
	if (j.kind == LOAD) {
		ev.from = j.size;
		ev.n = j.n;
		if (ev.n > h->size - ev.from)
			ev.n = (uint32_t)(h->size - ev.from);
		ev.records = grown(NULL, ev.n + 1, sizeof(*ev.records));
		for (uint32_t i = 0; i < ev.n; i++)
			ev.records[i] = record_hold(h->ledger[j.size + i]);
		ev.kind = EV_LOADED;
	}
	step(h, &ev);
	free(ev.records);
	job_drop(&j);
	disk_start(h);
}

/* ---- links ---- */

static void
link_send(struct host *h, int peer, int way, struct message *m, uint64_t handle)
{
	struct link *l = &h->links[peer];
	struct packet *p = grown(NULL, 1, sizeof(*p));
	uint64_t at = w.now + 30 + upto(200);

	if (!w.healed && chance(5))
		at += upto(80 * MS);
	if (at < l->due[way])
		at = l->due[way];
	l->due[way] = at;
	p->m = m;
	p->handle = handle;
	p->next = NULL;
	if (l->first[way] == NULL)
		l->first[way] = p;
	else
		l->last[way]->next = p;
	l->last[way] = p;
	later(at - w.now,
	    (struct item){.what = W_DELIVER,
		.host = h->id,
		.peer = peer,
		.a = l->conn,
		.b = (uint64_t)way});
}

static void
link_clear(struct link *l)
{
	for (int way = 0; way < 2; way++) {
		while (l->first[way] != NULL) {
			struct packet *p = l->first[way];

			l->first[way] = p->next;
			message_free(p->m);
			free(p);
		}
		l->due[way] = 0;
	}
	l->conn = 0;
}

static void
link_try(struct host *h, int peer, uint64_t delay)
{
	if (h->links[peer].trying)
		return;
	h->links[peer].trying = 1;
	later(delay,
	    (struct item){
		.what = W_CONNECT, .host = h->id, .peer = peer, .a = h->life});
}

/* Both ends learn of it, each in its time. */
static void
link_break(struct host *h, int peer)
{
	struct link *l = &h->links[peer];
	struct host *p = &w.hosts[peer];

	if (l->conn == 0)
		return;
	if (p->alive)
		later(upto(300),
		    (struct item){.what = W_GONE,
			.host = peer,
			.peer = h->id,
			.a = p->life,
			.b = l->conn});
	link_clear(l);
	if (h->alive) {
		struct event ev = {.kind = EV_LINK_DOWN, .peer = peer};

		step(h, &ev);
		link_try(h, peer, upto(200));
	}
}

static int
is_cut(int from, int to)
{
	return (w.cut[from][to] > w.now);
}

static void
link_connect(struct host *h, int peer)
{
	struct event ev = {.kind = EV_LINK_UP, .peer = peer};

	h->links[peer].trying = 0;
	if (is_cut(h->id, peer) || is_cut(peer, h->id)) {
		link_try(h, peer, 20 * MS + upto(300 * MS));
		return;
	}
	if (w.hosts[peer].alive) {
		h->links[peer].conn = ++w.conn;
	} else {
		ev.kind = EV_LINK_DOWN;
		ev.refused = 1;
		link_try(h, peer, 5 * MS + upto(100 * MS));
	}
	step(h, &ev);
}

static void
link_deliver(struct host *h, int peer, int way)
{
	struct link *l = &h->links[peer];
	struct host *to = way == 0 ? &w.hosts[peer] : h;
	struct packet *p = l->first[way];
	struct event ev = {.kind = way == 0 ? EV_CALL : EV_REPLY,
	    .peer = way == 0 ? h->id : peer,
	    .conn = l->conn,
	    .message = p->m};

	assert(p != NULL);
	l->first[way] = p->next;
	/* A handle names the link and the call: see do_reply. */
	if (way == 0)
		ev.handle = l->conn << 8 | (uint64_t)h->id;
	free(p);
	step(to, &ev);
}

static void
do_call(void *arg, int peer, struct message *m)
{
	struct host *h = arg;

	if (h->links[peer].conn == 0)
		message_free(m);
	else
		link_send(h, peer, 0, m, 0);
}

static void
do_reply(void *arg, uint64_t handle, struct message *m)
{
	struct host *self = arg, *caller = &w.hosts[handle & 255];

	if (caller->links[self->id].conn != handle >> 8)
		message_free(m);
	else
		link_send(caller, self->id, 1, m, handle);
}

static void
do_reset(void *arg, int peer)
{
	struct host *h = arg;

	/* Noted down: it is carried out with the next break. */
	later(1,
	    (struct item){.what = W_FAULT,
		.host = h->id,
		.peer = peer,
		.a = h->links[peer].conn,
		.b = 1});
}

/* ---- the witness ---- */

struct question {
	int host;
	uint64_t life;
	evote_decide ask;
	evote_decided answer;
};

static void
question_free(struct question *q)
{
	xdr_free((xdrproc_t)xdr_evote_decide, (char *)&q->ask);
	xdr_free((xdrproc_t)xdr_evote_decided, (char *)&q->answer);
	free(q);
}

static void
do_decide(void *arg, const evote_arbiter *to, const evote_decide *d)
{
	struct host *h = arg;
	struct question *q = grown(NULL, 1, sizeof(*q));

	assert(to->kind == EVOTE_ARBITER_WITNESS);
	memset(q, 0, sizeof(*q));
	q->host = h->id;
	q->life = h->life;
	q->ask = *d;
	q->ask.next = NULL;
	if (d->next != NULL) {
		q->ask.next = grown(NULL, 1, sizeof(*d->next));
		config_copy(q->ask.next, d->next);
	}
	if (is_cut(h->id, w.n_hosts) || (!w.healed && chance(10)))
		question_free(q);
	else
		later(30 + upto(200),
		    (struct item){.what = W_DECIDE, .host = h->id, .p = q});
}

/* It has stored its K when the verdict goes out; which may get lost. */
static void
witness_hears(struct question *q)
{
	char name[2] = {(char)('A' + q->host), '\0'};

	if (w.witness_down > w.now) {
		question_free(q);
		return;
	}
	if (witness_decide(
		&w.witness, name, w.now / MS + 1000, &q->ask, &q->answer))
		TRACE("W epoch=%" PRIu64 " for %s", (uint64_t)w.witness.k.epoch,
		    name);
	if (is_cut(w.n_hosts, q->host) || (!w.healed && chance(20)))
		question_free(q);
	else
		later(120 + upto(600),
		    (struct item){.what = W_DECIDED, .host = q->host, .p = q});
}

static void
witness_says(struct question *q)
{
	struct host *h = &w.hosts[q->host];
	struct event ev = {.kind = EV_DECIDED, .decided = &q->answer};

	if (h->life == q->life)
		step(h, &ev);
	question_free(q);
}

static void
do_log(void *arg, int alarm, const char *line)
{
	struct host *h = arg;

	TRACE("%c %s%s", 'A' + h->id, alarm ? "! " : "", line);
	(void)h;
}

/* ---- what must hold ---- */

/* Everything accepted so far stands in this host's ledger, as it was. */
static void
check_prefix(struct host *h, uint64_t n, const char *why)
{
	const struct history *log = core_history(h->core);

	if (n > history_size(log))
		fail(why);
	for (uint64_t i = history_first(log); i < n; i++)
		if (memcmp(history_get(log, i)->hash, w.accepted[i], 32) != 0)
			fail(why);
	if (history_first(log) > 0 && n > 0) {
		/* The rest by its root, once for all. */
		struct merkle *t = merkle_new();
		unsigned char a[32], b[32];

		for (uint64_t i = 0; i < n; i++)
			merkle_append(t, w.accepted[i]);
		merkle_root(t, n, a);
		history_root(log, n, b);
		merkle_free(t);
		if (memcmp(a, b, 32) != 0)
			fail(why);
	}
}

/* This host holds its first n records for accepted. */
static void
note_accepted(struct host *h, uint64_t n)
{
	const struct history *log = core_history(h->core);

	while (w.n_accepted < n) {
		struct record *r = history_get(log, w.n_accepted);

		if (r == NULL && w.n_accepted < h->size)
			r = h->ledger[w.n_accepted];
		if (r == NULL)
			fail("I1: accepted records were never seen before");
		if (w.n_accepted == w.max_accepted) {
			w.max_accepted = w.max_accepted * 2 + 1024;
			w.accepted = grown(
			    w.accepted, w.max_accepted, sizeof(*w.accepted));
		}
		memcpy(w.accepted[w.n_accepted++], r->hash, 32);
	}
}

static void
do_serving(void *arg, int yes)
{
	struct host *h = arg;
	uint64_t epoch = core_epoch(h->core);

	h->serving = yes;
	if (!yes)
		return;
	w.takeovers++;
	/* One that was stopped meanwhile may not know that it was replaced. */
	if (epoch >= w.reign)
		check_prefix(h, w.n_accepted,
		    "I1: a new primary lacks accepted records");
	if (epoch > w.reign)
		w.reign = epoch;
	for (int i = 0; i < w.n_writers; i++)
		if (w.writers[i].epoch == epoch && w.writers[i].host != h->id)
			fail("I7: two writers in one epoch");
	if (w.n_writers < 4096) {
		w.writers[w.n_writers].epoch = epoch;
		w.writers[w.n_writers++].host = h->id;
	}
}

/* ---- requests ---- */

static void
reply_to(struct request *r, evote_standing standing, int host)
{
	struct request *copy = grown(NULL, 1, sizeof(*copy));

	*copy = *r;
	later(50 + upto(200),
	    (struct item){.what = W_ANSWER,
		.host = r->client,
		.peer = host,
		.a = (uint64_t)standing,
		.p = copy});
}

static void
untake(struct host *h, struct request *r)
{
	for (uint32_t i = 0; i < h->n_taken; i++)
		if (h->taken[i] == r) {
			h->taken[i] = h->taken[--h->n_taken];
			free(r);
			return;
		}
	fail("a request was answered twice");
}

static void
do_answer(void *arg, uint64_t ticket)
{
	struct host *h = arg;
	struct request *r = (struct request *)(uintptr_t)ticket;
	evote_stamp st;

	core_stamp(h->core, &st);
	if (st.size < r->size)
		fail("rule 5: an answer before what it tells is accepted");
	if (r->size < r->floor)
		fail("I3: a stale read");
	reply_to(r, EVOTE_SERVED, h->id);
	untake(h, r);
}

static void
do_refuse(void *arg, uint64_t ticket, evote_standing s, const char *name)
{
	struct host *h = arg;
	struct request *r = (struct request *)(uintptr_t)ticket;

	reply_to(r, s, *name == '\0' ? -1 : name[0] - 'A');
	untake(h, r);
}

static const char *const choices[2] = {"yes", "no"};

static struct record *
op_vote(struct host *h, struct request *r, const struct place *at)
{
	struct op op = {.kind = EVOTE_OP_VOTE};
	struct seal_part part;
	unsigned char *bytes;
	char voter[16];

	snprintf(voter, sizeof(voter), "v%d", r->voter);
	op.asker.voter = voter;
	op.asker.client[0] = (char)r->client;
	op.asker.client[1] = 1;
	op.asker.number = r->number;
	op.act.kind = EVOTE_ACT_VOTE;
	op.act.evote_act_u.ballot.election = "e";
	op.opening.domain = "evote opening 1";
	op.opening.election = "e";
	op.opening.choice = (char *)choices[r->choice];
	part.len = (size_t)xdr_to_bytes(
	    (xdrproc_t)xdr_evote_opening, &op.opening, &bytes);
	part.data = bytes;
	seal_hash(
	    (unsigned char *)op.act.evote_act_u.ballot.commitment, &part, 1);
	free(bytes);
	return (election_execute(h->election, &op, at, &r->out));
}

static struct record *
op_setup(struct host *h, struct request *r, const struct place *at)
{
	static char names[VOTERS][16];
	static evote_voter voters[EVOTE_ROLL_MAX];
	struct op op = {.kind = EVOTE_OP_REGISTER, .skip_same = 1};
	evote_election *e = &op.act.evote_act_u.election;
	char *group = "g";

	if (r->kind == R_REGISTER) {
		op.voters = voters;
		for (int i = r->voter; i < VOTERS && op.n < 150; i++) {
			snprintf(names[i], sizeof(names[i]), "v%d", i);
			voters[op.n].name = names[i];
			voters[op.n].group = group;
			voters[op.n].key[0] = (char)i;
			op.n++;
		}
		return (election_execute(h->election, &op, at, &r->out));
	}
	op.kind = EVOTE_OP_CREATE;
	op.asker.voter = "v0";
	op.asker.client[1] = 2;
	op.asker.number = r->number;
	op.act.kind = EVOTE_ACT_CREATE;
	e->name = "e";
	e->groups.groups_len = 1;
	e->groups.groups_val = &group;
	e->choices.choices_len = 2;
	e->choices.choices_val = (char **)choices;
	e->end = WALL_START + CLOSE_US;
	return (election_execute(h->election, &op, at, &r->out));
}

static struct record *
execute(void *arg, uint64_t ticket, const struct place *at)
{
	struct host *h = arg;
	struct request *r = (struct request *)(uintptr_t)ticket;
	struct record *rec = NULL;

	if (r->kind == R_VOTE)
		rec = op_vote(h, r, at);
	else if (r->kind != R_READ)
		rec = op_setup(h, r, at);
	r->size = at->seq + (rec != NULL);
	return (rec);
}

static struct record *
first_record(void *arg, const evote_epoch_op *epoch, const struct place *at)
{
	struct op op = {.kind = EVOTE_OP_EPOCH, .epoch = *epoch};
	struct outcome out;

	return (
	    election_execute(((struct host *)arg)->election, &op, at, &out));
}

static struct record *
close_due(void *arg, const struct place *at)
{
	struct host *h = arg;
	const char *name = election_due(h->election, at->time);
	struct op op = {.kind = EVOTE_OP_CLOSE, .name = (char *)name};
	struct outcome out;

	if (name == NULL)
		return (NULL);
	return (election_execute(h->election, &op, at, &out));
}

static int
replay(void *arg, const struct record *r, char *err, size_t len)
{
	return (election_replay(((struct host *)arg)->election, r, err, len));
}

static void
undo(void *arg, uint64_t size)
{
	election_undo(((struct host *)arg)->election, size);
}

static void
settle(void *arg, uint64_t size)
{
	struct host *h = arg;

	note_accepted(h, size);
	for (uint64_t i = size; i-- > history_first(core_history(h->core));)
		if (memcmp(history_get(core_history(h->core), i)->hash,
			w.accepted[i], 32) != 0)
			fail("I4: accepted records were other ones before");
	election_settle(h->election, size);
}

static const struct machine machine = {
    execute, first_record, close_due, replay, undo, settle};
static const struct driver driver = {do_store, do_cut, do_load, do_save,
    do_decide, do_call, do_reply, do_reset, do_answer, do_refuse, do_serving,
    do_log};

/* ---- processes ---- */

static void
host_start(struct host *h)
{
	struct core_config cf = {.n = w.n_hosts,
	    .self = h->id,
	    .k = h->k,
	    .failback = w.failback,
	    .beat_ms = 100,
	    .suspect_ms = 3000,
	    .quick_ms = 400,
	    .hold_ms = 2000};
	struct event ev = {.kind = EV_START, .from = h->hint};
	static const char *const names[] = {"A", "B", "C"};
	char err[160];

	TRACE("%c starts", 'A' + h->id);
	h->alive = 1;
	h->life++;
	h->next_job = 0;
	h->flush_due = 0;
	memcpy(cf.names, names, sizeof(names));
	memcpy(cf.incarnation, h->inc, sizeof(h->inc));
	h->election = election_new();
	h->core = core_new(&cf, &machine, &driver, h);
	for (uint64_t i = 0; i < h->size; i++) {
		if (election_replay(
			h->election, h->ledger[i], err, sizeof(err)) == -1)
			fail(err);
		core_load(h->core, record_hold(h->ledger[i]));
	}
	election_settle(h->election, h->hint);
	step(h, &ev);
	later(upto(100 * MS),
	    (struct item){.what = W_TICK, .host = h->id, .a = h->life});
	for (int i = 0; i < w.n_hosts; i++)
		if (i != h->id)
			link_try(h, i, upto(2 * MS));
}

/* The process is gone; of what the disk was doing a part was done. */
static void
host_kill(struct host *h)
{
	uint32_t done = (uint32_t)upto(h->n_jobs);

	TRACE("%c killed size=%" PRIu64, 'A' + h->id,
	    history_size(core_history(h->core)));
	w.kills++;
	h->alive = h->serving = 0;
	h->life++;
	for (uint32_t i = 0; i < h->n_jobs; i++) {
		if (i < done)
			job_apply(h, &h->jobs[i]);
		job_drop(&h->jobs[i]);
	}
	h->n_jobs = 0;
	h->disk_busy = 0;
	for (uint32_t i = 0; i < h->n_taken; i++)
		free(h->taken[i]);
	h->n_taken = 0;
	for (int i = 0; i < w.n_hosts; i++) {
		link_break(h, i);
		h->links[i].trying = 0;
		link_break(&w.hosts[i], h->id);
	}
	core_free(h->core);
	election_free(h->election);
}

/* An empty disk in its place, which is another incarnation. */
static void
host_wipe(struct host *h)
{
	TRACE("%c wiped", 'A' + h->id);
	truncate_to(h, 0);
	h->hint = 0;
	config_clear(&h->k);
	if (BUG_KEEP_IDENTITY && h->inc[0] != 0)
		return;
	for (size_t i = 0; i < sizeof(h->inc); i++)
		h->inc[i] = (unsigned char)rng();
	h->inc[0] = (unsigned char)(h->id + 1);
}

static int
holds_all(const struct host *h)
{
	if (h->size < w.n_accepted)
		return (0);
	for (uint64_t i = 0; i < w.n_accepted; i++)
		if (memcmp(h->ledger[i]->hash, w.accepted[i], 32) != 0)
			return (0);
	return (1);
}

/* A disk may be lost only while another that counts holds everything. */
static int
may_wipe(const struct host *h)
{
	for (int i = 0; i < w.n_hosts; i++) {
		const struct host *p = &w.hosts[i];

		if (p != h && config_in_sync(&p->k, p->inc) >= 0 &&
		    holds_all(p))
			return (1);
	}
	return (0);
}

/* ---- clients ---- */

static void
client_send(struct client *c)
{
	struct request *r = grown(NULL, 1, sizeof(*r));

	*r = c->ask;
	r->host = c->at;
	r->floor = w.n_accepted;
	c->tries++;
	c->waiting = 1;
	c->sent_at = w.now;
	later(50 + upto(200),
	    (struct item){.what = W_REQUEST, .host = c->at, .p = r});
	later(TIMEOUT_US,
	    (struct item){
		.what = W_CLIENT, .host = (int)(c - w.clients), .a = c->tries});
}

static void
client_next(struct client *c)
{
	int id = (int)(c - w.clients);
	struct request *r = &c->ask;

	memset(r, 0, sizeof(*r));
	r->client = id;
	r->number = ++c->number;
	if (id == 0 && c->step < 3) {
		r->kind = c->step == 2 ? R_CREATE : R_REGISTER;
		r->voter = c->step * 150;
	} else if (!w.opened || chance(200) || w.next_voter == VOTERS)
		r->kind = R_READ;
	else {
		r->kind = R_VOTE;
		/* Now and then somebody tries to vote again. */
		r->voter = w.next_voter > 0 && chance(100)
		    ? (int)upto((uint64_t)w.next_voter - 1)
		    : w.next_voter++;
		r->choice = (int)upto(1);
		w.tried[r->voter][r->choice]++;
	}
	client_send(c);
}

static void
client_answer(struct client *c, struct request *r, evote_standing s, int host)
{
	int pause = 1;

	if (!c->waiting || r->number != c->ask.number)
		return;
	c->waiting = 0;
	if (s == EVOTE_SERVED) {
		w.ops++;
		if (r->kind == R_VOTE) {
			int first = w.told[r->voter] != 1;

			if (r->out.code == 0 && !first)
				fail("I5: a second vote counted");
			if (r->out.code != 0 && w.n_refused < 4096) {
				w.refused[w.n_refused].client = r->client;
				w.refused[w.n_refused++].number = r->number;
			}
			if (r->out.code == 0) {
				w.told[r->voter] = 1;
				w.told_choice[r->voter] = (char)r->choice;
			}
		}
		if (r->client == 0 && c->step < 3) {
			if (r->out.code != 0)
				fail("the election could not be set up");
			w.opened = ++c->step == 3;
		}
		later(upto(w.opened ? 60 * MS : MS),
		    (struct item){
			.what = W_CLIENT, .host = r->client, .a = UINT64_MAX});
		return;
	}
	if (s == EVOTE_NOT_PRIMARY && host >= 0 && host < w.n_hosts)
		c->at = host;
	else {
		c->at = (c->at + 1) % w.n_hosts;
		pause = 20;
	}
	later((uint64_t)pause * MS,
	    (struct item){
		.what = W_CLIENT, .host = r->client, .a = UINT64_MAX - 1});
}

static void
client_look(struct client *c, uint64_t why)
{
	if (why == UINT64_MAX)
		client_next(c);
	else if (why == UINT64_MAX - 1) {
		if (!c->waiting)
			client_send(c);
	} else if (c->waiting && why == c->tries) {
		c->at = (c->at + 1) % w.n_hosts;
		client_send(c);
	}
}

static void
request_arrives(struct request *r, int host)
{
	struct host *h = &w.hosts[host];
	struct event ev = {.kind = EV_REQUEST};

	if (!h->alive) {
		reply_to(r, EVOTE_NOT_SERVING, -1);
		free(r);
		return;
	}
	if (h->n_taken == h->max_taken) {
		h->max_taken = h->max_taken * 2 + 64;
		h->taken = grown(h->taken, h->max_taken, sizeof(*h->taken));
	}
	h->taken[h->n_taken++] = r;
	ev.ticket = (uint64_t)(uintptr_t)r;
	step(h, &ev);
}

/* ---- faults ---- */

static void
fault_kill(struct host *h, int wipe)
{
	if (h->alive) {
		wipe = wipe && may_wipe(h);
		host_kill(h);
		if (wipe)
			host_wipe(h);
	}
	later(chance(500) ? upto(5 * MS) : upto(3000 * MS),
	    (struct item){.what = W_START, .host = h->id});
}

/* Every host that will ever decide anything asks the witness first. */
static int
arbitrated(void)
{
	for (int i = 0; i < w.n_hosts; i++)
		if (!config_id_zero(w.hosts[i].k.cluster) &&
		    w.hosts[i].k.arbiter.kind == EVOTE_ARBITER_NONE)
			return (0);
	return (1);
}

/* What without an arbiter would be outside the promise. */
static void
fault_unheard(struct host *h)
{
	int to = (int)upto((uint64_t)w.n_hosts);
	uint64_t until = w.now + upto(2500 * MS);

	switch (upto(3)) {
	case 0:
		h->paused_until = until;
		break;
	case 1:
		w.witness_down = until;
		break;
	case 2:
		w.cut[h->id][to] = until;
		break;
	default:
		w.cut[h->id][to] = w.cut[to][h->id] = until;
		break;
	}
	TRACE("%c is cut off or stopped", 'A' + h->id);
}

/* A primary that is stopped for long is outside the promise; others are not. */
static int
may_stop(const struct host *h)
{
	return (!h->alive || core_role(h->core) == EVOTE_BACKUP ||
	    core_role(h->core) == EVOTE_JOINING);
}

static void
fault(void)
{
	struct host *h = &w.hosts[upto((uint64_t)w.n_hosts - 1)];
	unsigned what = (unsigned)upto(99);

	if (w.now > FAULTS_US)
		return;
	if (w.has_witness && arbitrated() && chance(400))
		fault_unheard(h);
	else if (what < 40)
		fault_kill(h, chance(80));
	else if (what < 45)
		for (int i = 0; i < w.n_hosts; i++)
			fault_kill(&w.hosts[i], chance(80));
	else if (what < 75) {
		link_break(h, (int)upto((uint64_t)w.n_hosts - 1));
	} else if (what < 85)
		h->paused_until =
		    w.now + upto(may_stop(h) ? 5000 * MS : 900 * MS);
	else if (what < 90 && h->alive && core_role(h->core) == EVOTE_PRIMARY)
		w.ordered |=
		    core_handover(h->core,
			&"A\0B\0C"[2 * upto((uint64_t)w.n_hosts - 1)]) == NULL;
	else if (what < 92)
		h->clock_us += (int64_t)upto(8000 * MS) - (int64_t)(4000 * MS);
	/* Some come in bursts: the second one hits what mends the
	 * first. */
	later(chance(300) ? upto(15 * MS) : upto(1500 * MS),
	    (struct item){.what = W_FAULT, .host = -1});
}

static void
heal(void)
{
	TRACE("healed");
	w.healed = 1;
	w.witness_down = 0;
	memset(w.cut, 0, sizeof(w.cut));
	for (int i = 0; i < w.n_hosts; i++) {
		w.hosts[i].paused_until = 0;
		w.hosts[i].clock_us = 0;
		if (!w.hosts[i].alive)
			host_start(&w.hosts[i]);
	}
}

/*
 * A disk was lost and the other host fell before it had noted that: it
 * waits for what never comes back, until somebody decides, who knows
 * what was lost.
 */
static void
operate(void)
{
	for (int i = 0; w.has_witness && i < w.n_hosts; i++)
		if (w.hosts[i].serving &&
		    core_role(w.hosts[i].core) == EVOTE_PRIMARY &&
		    w.hosts[i].k.arbiter.kind == EVOTE_ARBITER_NONE)
			core_arbiter(w.hosts[i].core, EVOTE_ARBITER_WITNESS,
			    "w=witness", 0);
	if (w.now < FAULTS_US + 8000 * MS) {
		later(300 * MS, (struct item){.what = W_OPERATOR});
		return;
	}
	if (w.forced) {
		/* Whom that left behind starts anew, on an empty disk.
		 */
		for (int i = 0; i < w.n_hosts; i++)
			if (core_role(w.hosts[i].core) == EVOTE_HALTED) {
				host_kill(&w.hosts[i]);
				host_wipe(&w.hosts[i]);
				host_start(&w.hosts[i]);
			}
		return;
	}
	for (int i = 0; i < w.n_hosts; i++)
		if (w.hosts[i].serving)
			return;
	for (int i = 0; i < w.n_hosts; i++) {
		struct host *h = &w.hosts[i];

		if (core_role(h->core) == EVOTE_WAITING && holds_all(h) &&
		    core_promote(h->core, h->k.epoch, 1) == NULL) {
			TRACE("%c is promoted by force", 'A' + i);
			w.forced = 1;
			later(1000 * MS, (struct item){.what = W_OPERATOR});
			return;
		}
	}
}

/* ---- running ---- */

/* A paused process does nothing yet; what is for it comes when it goes
 * on. */
static int
paused(struct item *it)
{
	int host = it->host;

	switch (it->what) {
	case W_DELIVER:
		host = it->b == 0 ? it->peer : it->host;
		break;
	case W_TICK:
	case W_FLUSH:
	case W_DISK:
	case W_CONNECT:
	case W_REQUEST:
	case W_GONE:
		break;
	default:
		return (0);
	}
	if (w.hosts[host].paused_until <= w.now)
		return (0);
	later(w.hosts[host].paused_until - w.now, *it);
	return (1);
}

static void
happen(struct item *it)
{
	struct host *h =
	    it->host >= 0 && it->host < w.n_hosts ? &w.hosts[it->host] : NULL;
	struct event ev = {0};

	switch (it->what) {
	case W_TICK:
		if (h->life != it->a)
			break;
		ev.kind = EV_TICK;
		step(h, &ev);
		later(100 * MS,
		    (struct item){.what = W_TICK, .host = h->id, .a = h->life});
		break;
	case W_FLUSH:
		if (h->life != it->a)
			break;
		h->flush_due = 0;
		ev.kind = EV_FLUSH;
		step(h, &ev);
		break;
	case W_DISK:
		if (h->life == it->a)
			disk_done(h);
		break;
	case W_CONNECT:
		if (h->life == it->a)
			link_connect(h, it->peer);
		break;
	case W_DELIVER:
		if (h->links[it->peer].conn != it->a)
			break;
		if (it->b == 0 ? is_cut(h->id, it->peer)
			       : is_cut(it->peer, h->id))
			later(20 * MS + upto(200 * MS), *it);
		else
			link_deliver(h, it->peer, (int)it->b);
		break;
	case W_DECIDE:
		witness_hears(it->p);
		break;
	case W_DECIDED:
		witness_says(it->p);
		break;
	case W_GONE:
		if (h->life != it->a)
			break;
		ev.kind = EV_CALLER_GONE;
		ev.peer = it->peer;
		ev.conn = it->b;
		step(h, &ev);
		break;
	case W_CLIENT:
		client_look(&w.clients[it->host], it->a);
		break;
	case W_REQUEST:
		request_arrives(it->p, it->host);
		break;
	case W_ANSWER:
		client_answer(&w.clients[it->host], it->p,
		    (evote_standing)it->a, it->peer);
		free(it->p);
		break;
	case W_FAULT:
		if (it->b == 1) {
			if (h->links[it->peer].conn == it->a)
				link_break(h, it->peer);
		} else
			fault();
		break;
	case W_OPERATOR:
		operate();
		break;
	case W_START:
		if (!h->alive)
			host_start(h);
		break;
	}
}

/* ---- the books ---- */

static int
was_refused(const evote_asker *a)
{
	for (int i = 0; i < w.n_refused; i++)
		if (w.refused[i].client == a->client[0] &&
		    w.refused[i].number == a->number)
			return (1);
	return (0);
}

/* Every vote told as counted stands there once, and none that nobody
 * cast. */
static void
check_votes(const struct host *h)
{
	int count[VOTERS] = {0};

	for (uint64_t i = 0; i < h->size; i++) {
		evote_leaf leaf;
		evote_opening o;
		int v, choice;

		if (record_open(h->ledger[i], &leaf, &o) == -1)
			fail("an unreadable record");
		if (leaf.op.kind == EVOTE_OP_VOTE) {
			v = atoi(leaf.op.evote_op_u.vote.asker.voter + 1);
			choice = strcmp(o.choice, "yes") == 0 ? 0 : 1;
			if (++count[v] > 1)
				fail("I5: two votes of one voter");
			if (!w.tried[v][choice])
				fail("a vote that nobody cast");
			if (w.told[v] == 1 && w.told_choice[v] != choice)
				fail("another choice than was told");
			if (was_refused(&leaf.op.evote_op_u.vote.asker))
				fail("I5: a voter was told no, and it "
				     "counts");
		}
		record_clear(&leaf, &o);
	}
	for (int v = 0; v < VOTERS; v++)
		if (w.told[v] == 1 && count[v] != 1)
			fail("an acknowledged vote is not there");
}

static void
check_end(void)
{
	unsigned char first[32], other[32];
	int primaries = 0;

	for (int i = 0; i < w.n_hosts; i++) {
		struct host *h = &w.hosts[i];

		if (core_role(h->core) == EVOTE_HALTED)
			fail("a host has halted");
		primaries += core_role(h->core) == EVOTE_PRIMARY;
		if (h->size != w.hosts[0].size)
			fail("I2: the ledgers differ in length");
		check_prefix(h, w.n_accepted, "I1: accepted records are lost");
		history_root(core_history(h->core), h->size, other);
		if (i == 0)
			memcpy(first, other, 32);
		else if (memcmp(first, other, 32) != 0)
			fail("I2: the ledgers differ");
		check_votes(h);
	}
	for (int i = 0; i < w.n_hosts; i++) {
		election_hash(w.hosts[i].election, other);
		if (i == 0)
			memcpy(first, other, 32);
		else if (memcmp(first, other, 32) != 0)
			fail("I12: equal ledgers, different states");
	}
	if (primaries != 1)
		fail("I13: not exactly one host serves");
	/* Who was relieved on purpose does not get it back by itself.
	 */
	if (w.failback && !w.ordered &&
	    core_role(w.hosts[0].core) != EVOTE_PRIMARY)
		fail("I13: the preferred host does not serve");
}

static void
begin(uint64_t seed, int trace)
{
	unsigned char *inc;

	w.seed = rng_state = seed;
	w.trace = trace;
	w.n_hosts = chance(250) ? 3 : 2;
	w.failback = chance(700);
	w.has_witness = chance(500);
	w.witness.deny_ms = 300;
	for (int i = 0; i < w.n_hosts; i++) {
		w.hosts[i].id = i;
		host_wipe(&w.hosts[i]);
	}
	/* The first host is where the cluster was made. */
	{
		struct host *h = &w.hosts[0];
		struct election *e = election_new();
		struct op op = {.kind = EVOTE_OP_GENESIS};
		struct place at = {0, 0, WALL_START - 1};
		struct outcome out;
		struct job j = {.kind = STORE, .n = 1, .accepted = 1};
		evote_config none = {0};

		inc = h->inc;
		config_copy(&h->k, &none);
		memset(h->k.cluster, 7, sizeof(h->k.cluster));
		memcpy(h->k.primary, inc, sizeof(h->inc));
		config_add(&h->k, "", inc);
		memset(op.genesis.cluster, 7, sizeof(op.genesis.cluster));
		op.genesis.origin = "sim";
		j.records = grown(NULL, 1, sizeof(*j.records));
		j.records[0] = election_execute(e, &op, &at, &out);
		job_apply(h, &j);
		job_drop(&j);
		election_free(e);
	}
	for (int i = 0; i < w.n_hosts; i++)
		later(
		    upto(500 * MS), (struct item){.what = W_START, .host = i});
	for (int i = 0; i < CLIENTS; i++) {
		w.clients[i].number = 1;
		later(upto(200 * MS),
		    (struct item){
			.what = W_CLIENT, .host = i, .a = UINT64_MAX});
	}
	later(1000 * MS, (struct item){.what = W_FAULT, .host = -1});
	later(600 * MS, (struct item){.what = W_OPERATOR});
}

static void
finish(void)
{
	for (int i = 0; i < w.n_hosts; i++) {
		struct host *h = &w.hosts[i];

		for (uint32_t j = 0; j < h->n_jobs; j++)
			job_drop(&h->jobs[j]);
		for (uint32_t j = 0; j < h->n_taken; j++)
			free(h->taken[j]);
		for (int j = 0; j < w.n_hosts; j++)
			link_clear(&h->links[j]);
		core_free(h->core);
		election_free(h->election);
		truncate_to(h, 0);
		config_clear(&h->k);
		free(h->ledger);
		free(h->jobs);
		free(h->taken);
	}
	config_clear(&w.witness.k);
	for (size_t i = 0; i < w.n; i++)
		if (w.heap[i].what == W_DECIDE || w.heap[i].what == W_DECIDED)
			question_free(w.heap[i].p);
		else if (w.heap[i].what == W_REQUEST ||
		    w.heap[i].what == W_ANSWER)
			free(w.heap[i].p);
	free(w.heap);
	free(w.accepted);
}

static uint64_t
run(uint64_t seed, int trace)
{
	uint64_t ops;

	memset(&w, 0, sizeof(w));
	begin(seed, trace);
	while (w.n > 0) {
		struct item it = next_item();

		w.now = it.at;
		if (w.now > END_US)
			break;
		if (w.now > FAULTS_US && !w.healed)
			heal();
		/* Clients stop in time for the rest to settle. */
		if (w.now > END_US - 5000 * MS && it.what == W_CLIENT)
			continue;
		if (!paused(&it))
			happen(&it);
		else
			continue;
		it.p = NULL;
	}
	check_end();
	ops = w.ops;
	if (trace)
		printf("seed %" PRIu64 ": %d hosts, %" PRIu64
		       " answers, %" PRIu64 " records, %" PRIu64
		       " kills, %" PRIu64 " times a primary began\n",
		    seed, w.n_hosts, ops, w.hosts[0].size, w.kills,
		    w.takeovers);
	finish();
	return (ops);
}

int
main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	uint64_t ops = 0;

	signal(SIGABRT, on_abort);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (count == 0) {
		run(first, 1);
		return (0);
	}
	for (uint64_t s = first; s < first + count; s++)
		ops += run(s, 0);
	printf("sim: %" PRIu64 " seeds from %" PRIu64 " passed, %" PRIu64
	       " answers\n",
	    count, first, ops);
	return (0);
}
