#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"
#include "replica/core/identity.h"

#define ASK_BEATS  5  /* between two greetings of one that has to know, */
#define SURE_BEATS 50 /* and of one that is sure of its primary */

/* ---- greetings ---- */

static void
mark_end(const struct core *c, uint64_t size, evote_mark *m)
{
	m->epoch = history_epoch(c->log);
	m->size = size;
	history_root(c->log, size, (unsigned char *)m->root);
}

/*
 * What this host calls itself.  While it decides on another set it must not
 * call the present one valid: its disk may already hold the next one, which
 * leaves out whom it is speaking to.  What waits for a confirmation is not
 * asked of anybody yet, and those who are to confirm have to follow.
 */
static evote_role
role_told(const struct core *c)
{
	return (core_leads(c) && c->proposal != P_NONE && c->need_nonce == 0
		? EVOTE_CLAIMING
		: c->role);
}

/* `asked` is this host's own time, or in a reply that of the call. */
static struct message *
greeting(struct core *c, int reply, uint64_t asked, evote_refusal refusal)
{
	struct message *m = core_message(SAY_HELLO, reply);
	evote_hello *h = &m->u.hello;
	const evote_mark *epochs;
	uint32_t n;

	h->name = core_copy(c->cf.names[c->cf.self]);
	memcpy(h->incarnation, core_self(c), sizeof(h->incarnation));
	h->role = role_told(c);
	config_copy(&h->config,
	    BUG_HAND_OVER_EARLY && c->proposal == P_HAND && c->proposal_job != 0
		? &c->next_k
		: &c->k);
	mark_end(c, history_size(c->log), &h->end);
	h->accepted = c->accepted;
	h->clock = c->wall_us;
	h->asked = asked;
	h->serial = ++c->serial;
	h->room = !c->no_room;
	h->resigned = c->resigned;
	h->relieved = c->relieved;
	memcpy(h->instance, c->cf.instance, sizeof(h->instance));
	h->refusal = refusal;
	epochs = history_epochs(c->log, &n);
	if (n > EVOTE_EPOCHS_MAX) {
		epochs += n - EVOTE_EPOCHS_MAX;
		n = EVOTE_EPOCHS_MAX;
	}
	h->epochs.epochs_val = calloc(n + 1, sizeof(*epochs));
	if (h->epochs.epochs_val == NULL)
		abort();
	if (n > 0)
		memcpy(h->epochs.epochs_val, epochs, n * sizeof(*epochs));
	h->epochs.epochs_len = n;
	return (m);
}

void
follow_greet(struct core *c, int peer)
{
	for (int i = 0; i < c->cf.n; i++) {
		if ((peer >= 0 && i != peer) || !c->peers[i].up)
			continue;
		c->peers[i].told_ms = c->now_ms;
		c->driver->call(
		    c->arg, i, greeting(c, 0, c->now_ms, EVOTE_NOT_REFUSED));
	}
}

/*
 * Who does not lead asks the others now and then how they are.  Its primary,
 * once that has assured it, it asks seldom, and only for the time.  While
 * answers wait for the disk a greeting is the sign of life: a slow disk makes
 * nobody silent.
 */
static uint64_t
greet_every(const struct core *c, int peer)
{
	int primary = peer == core_primary_peer(c);

	if (primary && c->n_owed > 0)
		return (c->cf.beat_ms);
	return (c->cf.beat_ms *
	    (primary && c->assured && clock_good(&c->clock) ? SURE_BEATS
							    : ASK_BEATS));
}

void
follow_beat(struct core *c)
{
	for (int i = 0; !core_leads(c) && i < c->cf.n; i++)
		if (c->peers[i].up &&
		    c->now_ms - c->peers[i].told_ms >= greet_every(c, i))
			follow_greet(c, i);
}

static void
note(struct core *c, int peer, evote_hello *h)
{
	struct peer *p = &c->peers[peer];

	/* Another disk in its place: what the old one said is void. */
	if (!config_id_equal(p->id, h->incarnation) &&
	    !BUG_EARLIER_SESSION_ACK) {
		p->ready = 0;
		p->acked = 0;
		p->nonce = 0;
		p->load = 0;
	}
	p->greeted = 1;
	memcpy(p->id, h->incarnation, sizeof(p->id));
	p->role = h->role;
	config_clear(&p->k);
	config_copy(&p->k, &h->config);
	p->size = h->end.size;
	p->accepted = h->accepted;
	p->serial = h->serial;
	p->room = h->room;
	p->resigned = h->resigned;
	if (h->relieved)
		p->gave = 0; /* with room it gets it back */
	free(p->epochs);
	p->epochs = h->epochs.epochs_val;
	p->n_epochs = h->epochs.epochs_len;
	h->epochs.epochs_val = NULL;
	h->epochs.epochs_len = 0;
	if (h->config.epoch > c->seen_epoch)
		c->seen_epoch = h->config.epoch;
	if (h->role == EVOTE_HALTED)
		p->unfit = 1;
}

/*
 * Two histories that both count: the host with the lower epoch was alone in
 * sync, so what it holds was accepted, and the other one neither has it nor
 * can have been told to go on without it.
 */
static int
split(const struct core *c, const struct peer *p)
{
	int low = c->k.epoch < p->k.epoch;
	const evote_config *lk = low ? &c->k : &p->k;
	const evote_config *hk = low ? &p->k : &c->k;
	const unsigned char *id = low ? core_self(c) : p->id;
	uint64_t size = low ? history_size(c->log) : p->size;

	/* With an arbiter a host that was replaced may well hold more. */
	if (core_arbitrated(c) || p->k.arbiter.kind != EVOTE_ARBITER_NONE ||
	    c->k.epoch == p->k.epoch || !config_alone(lk, id) ||
	    config_in_sync(hk, id) >= 0 || config_barred(hk, id))
		return (0);
	return (size > history_common(c->log, p->epochs, p->n_epochs));
}

/* An epoch has one author: who is primary, in sync, and in what order. */
static int
conflict(const struct core *c, const struct peer *p)
{
	return (p->k.epoch == c->k.epoch && !config_id_zero(c->k.cluster) &&
	    !config_id_zero(p->k.cluster) && !config_equal(&p->k, &c->k));
}

static int
is_lead(const struct peer *p)
{
	return (config_id_equal(p->k.primary, p->id) &&
	    (p->role == EVOTE_BARRIER || p->role == EVOTE_PRIMARY ||
		p->role == EVOTE_HANDING));
}

/*
 * Takes over a newer K.  Only the primary's own word makes a host a backup or
 * a joiner; from others it is hearsay, and the host waits to hear more.
 */
void
follow_adopt(struct core *c, const evote_config *k)
{
	int named = config_id_equal(k->primary, core_self(c));
	int was_backup = c->role == EVOTE_BACKUP;
	int giver = core_primary_peer(c);

	c->proposal = P_NONE;
	core_take_k(c, k);
	core_save(c);
	if (named && was_backup) {
		core_move(c, ON_NAMED);
		/* It stays in the set: it was not replaced, it gave. */
		if (giver >= 0 && config_in_sync(k, c->peers[giver].id) >= 0)
			c->peers[giver].gave = 1;
		decide_barrier(c, 0);
	} else
		core_move(c, ON_LOST);
	identity_own_name(c);
}

/*
 * The primary calls this host none of the cluster's.  In sync still, it may not
 * take over any more, and says so by halting: then it is left out.
 */
static void
removed(struct core *c)
{
	if (config_in_sync(&c->k, core_self(c)) >= 0)
		core_fault(c, 0,
		    "an operator removed this host from the cluster; stop it, "
		    "or add it again with the command hosts and start it anew");
}

/*
 * What the primary of our K says of us.  Doubt (see stalled) is ended only by
 * an answer to a question asked since, that is, on our own link.
 */
static void
heed(struct core *c, const struct peer *p, int answer)
{
	int was = c->role;

	if (p->k.epoch != c->k.epoch || !is_lead(p) || core_leads(c) ||
	    c->role == EVOTE_HALTED)
		return;
	if (!config_listed(&c->k, core_name(c))) {
		removed(c);
		return;
	}
	/*
	 * The arbiter may have granted what we asked, but without us nobody
	 * is told anything under it, and it tells us when we ask again.
	 */
	if (c->role == EVOTE_CLAIMING &&
	    (c->proposal_job != 0 || !core_arbitrated(c)))
		return;
	if (c->role == EVOTE_CLAIMING)
		c->proposal = P_NONE;
	if (config_in_sync(&c->k, core_self(c)) < 0 || c->resigned)
		core_move(c, ON_FOLLOW);
	else {
		core_move(c, ON_IN_SYNC);
		if (answer)
			c->doubting = 0;
		if ((was != EVOTE_BACKUP && !c->doubting) || answer)
			c->assured = 1;
	}
}

static void
learn(struct core *c, int peer, evote_hello *h, int answer)
{
	struct peer *p = &c->peers[peer];
	uint64_t decided;

	/* Overtaken by a later one, on the other connection. */
	if (p->greeted && config_id_equal(p->id, h->incarnation) &&
	    h->config.epoch < p->k.epoch)
		return;
	/* So, too, and then that one speaks for this one's question as well. */
	if (p->greeted && config_id_equal(p->id, h->incarnation) &&
	    h->serial < p->serial && !BUG_LATE_GREETING) {
		heed(c, p, answer);
		return;
	}
	note(c, peer, h);
	if (answer)
		core_hear_clock(c, peer, h->clock, h->asked);
	if (c->role == EVOTE_HALTED ||
	    (config_barred(&c->k, p->id) &&
		c->k.forced_epoch >= p->k.forced_epoch))
		return;
	if (config_barred(&p->k, core_self(c)) &&
	    p->k.forced_epoch > c->k.forced_epoch) {
		core_fault(c, 0,
		    "left behind when %s was promoted by force; "
		    "move this data directory away and start with an empty "
		    "one",
		    c->cf.names[peer]);
		return;
	}
	if (conflict(c, p)) {
		core_fault(c, 1,
		    "this host and %s hold different configurations of epoch "
		    "%llu, so both have decided alone; choose one of them with "
		    "promote --force",
		    c->cf.names[peer], (unsigned long long)c->k.epoch);
		return;
	}
	if (split(c, p)) {
		core_fault(c, 1,
		    "this host and %s have each accepted votes the "
		    "other lacks; choose one of them with promote --force",
		    c->cf.names[peer]);
		return;
	}
	decided = c->proposal_job != 0 && c->proposal != P_NONE
	    ? c->next_k.epoch
	    : c->k.epoch;
	/* One of its own may have been granted, and only others know. */
	if (p->k.epoch > decided && !decide_granted(c, &p->k) &&
	    (core_arbitrated(c) || !core_leads(c) ||
		!config_id_equal(p->k.primary, core_self(c))))
		follow_adopt(c, &p->k);
	heed(c, p, answer);
}

void
follow_hello(struct core *c, int peer, struct message *m, uint64_t conn)
{
	evote_hello *h = &m->u.hello;

	if (identity_check(c, peer, h, conn == 0) == -1)
		return;
	learn(c, peer, h, conn == 0);
	/* On our own link the answer comes after all we pushed before. */
	if (conn == 0 && c->peers[peer].k.epoch == c->k.epoch)
		lead_ready(c, peer);
}

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
		if (!core_leads(c) && !BUG_UNASKED_RETURN)
			core_doubt(c);
	}
}

/* ---- pushes ---- */

/* How many of the pushed records stand here already: some come twice. */
static uint32_t
held(const struct core *c, const struct message *m)
{
	uint64_t from = m->u.append.from, size = history_size(c->log);
	const struct record *r;
	uint32_t n;

	for (n = 0; n < m->n && from + n < size; n++) {
		r = history_get(c->log, from + n);
		/* Not in memory any more: the root will tell. */
		if (r != NULL && !BUG_KEEP_LONGER_TAIL &&
		    memcmp(r->hash, m->records[n]->hash, sizeof(r->hash)) != 0)
			break;
	}
	return (n);
}

/*
 * Cuts off what the primary lacks: what follows the records that are the same,
 * when others come, or when this is the first push and nothing comes.
 */
static int
make_room(struct core *c, uint64_t same, int others)
{
	uint64_t to = same;

	if (same == history_size(c->log) || BUG_KEEP_LONGER_TAIL)
		return (0);
	if (same < c->accepted && others) {
		core_fault(c, 0,
		    "the primary's ledger lacks accepted records from %llu on",
		    (unsigned long long)same);
		return (-1);
	}
	if (to < c->accepted)
		to = c->accepted;
	if ((others || c->matched == 0) && to < history_size(c->log))
		core_cut_to(c, to);
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
		    "the ledger differs from the primary's within "
		    "the first %llu records",
		    (unsigned long long)a->from);
		return (-1);
	}
	n = held(c, m);
	if (make_room(c, a->from + n, n < m->n) == -1)
		return (-1);
	for (; n < m->n; n++) {
		struct record *r = m->records[n];

		if (r->seq != a->from + n || r->epoch > a->epoch ||
		    c->machine->replay(c->arg, r, err, sizeof(err)) == -1) {
			core_fault(c, 0,
			    "record %llu from the primary does "
			    "not follow from the ledger: %s",
			    (unsigned long long)r->seq,
			    r->seq == a->from + n ? err : "wrong place");
			return (-1);
		}
		core_append_record(c, record_hold(r));
	}
	history_root(c->log, a->from + m->n, root);
	if (!ROOTS_IGNORED && memcmp(root, a->after, 32) != 0) {
		core_fault(c, 0,
		    "the root after record %llu is not the "
		    "primary's",
		    (unsigned long long)(a->from + m->n));
		return (-1);
	}
	return (0);
}

static evote_taken
append(struct core *c, const struct message *m)
{
	if (m->u.append.from > history_size(c->log))
		return (EVOTE_GAP);
	if (take(c, m) == -1)
		return (EVOTE_UNFIT);
	if (m->u.append.from + m->n > c->matched)
		c->matched = m->u.append.from + m->n;
	return (EVOTE_TAKEN);
}

/* Is this the primary of our epoch speaking? */
static evote_taken
heeded(const struct core *c, int peer, uint64_t epoch)
{
	if (c->role == EVOTE_HALTED)
		return (EVOTE_UNFIT);
	if (epoch != c->k.epoch ||
	    (c->role != EVOTE_BACKUP && c->role != EVOTE_JOINING) ||
	    !config_id_equal(c->peers[peer].id, c->k.primary))
		return (EVOTE_OLD_EPOCH);
	return (EVOTE_TAKEN);
}

/* What the primary calls accepted are its records: as far as ours are those. */
static void
know_accepted(struct core *c, uint64_t accepted)
{
	core_accept(c, accepted < c->matched ? accepted : c->matched);
}

/* ---- replies ---- */

static void
owe(struct core *c, const struct event *ev, struct message *reply,
    uint64_t size)
{
	struct owed *o;

	if (c->n_owed == c->max_owed) {
		c->max_owed = c->max_owed * 2 + 16;
		c->owed = realloc(c->owed, c->max_owed * sizeof(*c->owed));
		if (c->owed == NULL)
			abort();
	}
	o = &c->owed[c->n_owed++];
	o->handle = ev->handle;
	o->conn = ev->conn;
	o->reply = reply;
	o->size = size;
	o->job = c->last_save;
}

static void
say_stored(struct core *c, evote_acked *a)
{
	a->epoch = c->k.epoch;
	memcpy(a->incarnation, core_self(c), sizeof(a->incarnation));
	mark_end(c,
	    c->durable < c->matched && !BUG_ACK_BEFORE_SYNC ? c->durable
							    : c->matched,
	    &a->stored);
	a->clock = c->wall_us;
}

/* Jobs on the disk keep their order: is this one still to be done? */
static int
job_pending(const struct core *c, uint64_t number)
{
	return (c->job_head != c->job_tail &&
	    c->jobs[c->job_head & (c->job_max - 1)].number <= number);
}

/*
 * A reply goes out when this host's disk has what it tells: the records of a
 * push, the K of a greeting.
 */
void
follow_pay(struct core *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_owed; i++) {
		struct owed *o = &c->owed[i];

		if (BUG_ACK_BEFORE_SYNC && o->reply->kind != SAY_HELLO)
			o->size = 0;
		if (job_pending(c, o->job) ||
		    (o->size > c->durable &&
			o->reply->u.acked.taken == EVOTE_TAKEN &&
			o->size <= history_size(c->log))) {
			c->owed[n++] = *o;
			continue;
		}
		if (o->reply->kind != SAY_HELLO)
			say_stored(c, &o->reply->u.acked);
		c->driver->reply(c->arg, o->handle, o->reply);
	}
	c->n_owed = n;
}

void
follow_forget(struct core *c, uint64_t conn)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_owed; i++)
		if (c->owed[i].conn == conn)
			message_free(c->owed[i].reply);
		else
			c->owed[n++] = c->owed[i];
	c->n_owed = n;
}

/* It is told once more why, now that it has proved who it is. */
void
follow_stranger(struct core *c, const struct event *ev)
{
	const evote_hello *h = &ev->message->u.hello;

	identity_stranger(c, ev->refusal, h);
	owe(c, ev, greeting(c, 1, h->asked, ev->refusal), 0);
	message_free(ev->message);
}

/* The peer refuses us, and is to know whom: it may find a copy of itself. */
void
follow_refused(struct core *c, int peer, evote_refusal why)
{
	identity_refused(c, peer, why);
	c->driver->call(
	    c->arg, peer, greeting(c, 0, c->now_ms, EVOTE_NOT_REFUSED));
}

void
follow_call(struct core *c, const struct event *ev)
{
	struct message *m = ev->message, *reply;
	evote_acked *a;
	uint64_t accepted, nonce, size = 0;

	if (m->kind == SAY_HELLO) {
		follow_hello(c, ev->peer, m, ev->conn);
		owe(c, ev,
		    greeting(
			c, 1, m->u.hello.asked, c->peers[ev->peer].refusal),
		    0);
		message_free(m);
		return;
	}
	reply = core_message(m->kind, 1);
	a = &reply->u.acked;
	if (m->kind == SAY_APPEND) {
		accepted = m->u.append.accepted;
		nonce = m->u.append.nonce;
		a->asked = m->u.append.asked;
		a->taken = heeded(c, ev->peer, m->u.append.epoch);
		if (a->taken == EVOTE_TAKEN)
			a->taken = append(c, m);
		size = history_size(c->log);
	} else {
		accepted = m->u.confirm.accepted;
		nonce = m->u.confirm.nonce;
		a->asked = m->u.confirm.asked;
		a->taken = heeded(c, ev->peer, m->u.confirm.epoch);
	}
	if (a->taken == EVOTE_TAKEN)
		know_accepted(c, accepted);
	a->nonce = nonce;
	owe(c, ev, reply, size);
	message_free(m);
}
