#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"

#define CLOSE_ENOUGH 4096 /* records: a joiner this near is waited for */
#define LEVEL_MS     500  /* for so long at a time, */
#define AGAIN_MS     2000 /* and after a pause again */
#define HAND_MS	     1000 /* draining before a hand-over */
#define ARBITER_MS   2000 /* for a new arbiter, and the old one, to answer */
#define BEHIND_MS    1000 /* one that lost what it granted is asked again */
#define CLAIMS_MAX   5	  /* the pause between claims doubles so often */
#define RENEW_MS     1000 /* between two renewals */
#define HEARD_BEATS  3	  /* who was heard since is there */
#define EPOCH_GAP    1000 /* more than what one host decides untold */
#define FORCE_GAP    (1000 * 1000) /* more than what is left behind decides */

/* ---- suspicion ---- */

/*
 * Nobody listens there any more and its connection to us has ended: the
 * process is dead.  Or nothing was heard of it for long.
 */
static int
gone(const struct core *c, const struct peer *p)
{
	if (!p->up && p->refused && p->conn == 0)
		return (1);
	return (c->now_ms > p->heard_ms &&
	    c->now_ms - p->heard_ms > decide_patience(c));
}

/* With an arbiter a wrong suspicion costs a change of primary, no more. */
uint64_t
decide_patience(const struct core *c)
{
	return (core_arbitrated(c) ? c->cf.quick_ms : c->cf.suspect_ms);
}

int
decide_suspected(const struct core *c, int peer)
{
	const struct peer *p = &c->peers[peer];

	if (gone(c, p))
		return (1);
	/* Its disk was replaced: whom K means will not come back. */
	if (peer == core_primary_peer(c) && p->greeted &&
	    !config_id_equal(c->k.primary, p->id))
		return (1);
	/* A primary that says it is none was started anew, or has halted. */
	return (config_id_equal(c->k.primary, p->id) && p->greeted &&
	    p->k.epoch == c->k.epoch &&
	    (p->role == EVOTE_WAITING || p->role == EVOTE_HALTED));
}

/* Must this in-sync host be left out? */
int
decide_failed(const struct core *c, const evote_member *m)
{
	int i = core_peer_of(c, m->incarnation);
	const struct peer *p;

	if (i < 0)
		return (1);
	p = &c->peers[i];
	if (p->greeted && !config_id_equal(p->id, m->incarnation))
		return (1); /* its disk was replaced */
	return (!core_fit(p) || gone(c, p));
}

/*
 * Alive and in sync, it has no room and makes way (rule 17).  This host can go
 * on without it only with room of its own.
 */
static int
resigned(const struct core *c, const evote_member *m)
{
	int i = core_peer_of(c, m->incarnation);
	const struct peer *p = i < 0 ? NULL : &c->peers[i];

	return (!c->no_room && p != NULL && p->greeted &&
	    (p->resigned || (BUG_LEFT_OUT_UNASKED && !p->room)) &&
	    p->k.epoch == c->k.epoch && config_id_equal(p->id, m->incarnation));
}

/* Must the primary leave this host out of the set? */
static int
has_to_go(const struct core *c, const evote_member *m)
{
	return (!config_id_equal(m->incarnation, core_self(c)) &&
	    (decide_failed(c, m) || resigned(c, m)));
}

/* ---- proposals ---- */

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
	unsigned number = core_number(c, &c->next_k, core_name(c));

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
static void
store_next(struct core *c)
{
	c->proposal_job = c->driver->save(c->arg, &c->next_k);
	c->last_save = c->proposal_job;
	core_job(c, JOB_SAVE, c->proposal_job, 0, -1);
	if (BUG_JOINER_RECORDS_FIRST && c->proposal == P_GROW) {
		c->proposal = P_NONE;
		core_take_k(c, &c->next_k);
	}
	if (BUG_HAND_OVER_EARLY && c->proposal == P_HAND)
		c->greet = 1;
}

/* The same question until there is an answer: it may have been granted. */
static void
ask_arbiter(struct core *c)
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
static void
put_forward(struct core *c)
{
	const enum proposal kind = c->proposal;

	c->begun_ms = c->now_ms;
	c->need_nonce = 0;
	c->installing =
	    kind == P_ARBITER && c->next_k.arbiter.kind != EVOTE_ARBITER_NONE;
	if (c->installing ||
	    (core_arbitrated(c) && kind != P_FORCE &&
		!(kind == P_ARBITER && c->next_k.joint)))
		ask_arbiter(c);
	else
		store_next(c);
}

static void
propose(struct core *c, enum proposal kind)
{
	evote_mark *m = &c->next_k.mark;

	if (c->next_k.hosts.hosts_len == 0)
		core_first_hosts(c, &c->next_k);
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
		put_forward(c);
}

/* A proposal starts from the present K. */
static evote_config *
draft(struct core *c)
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

static void
claim(struct core *c, enum proposal kind)
{
	c->on_word = c->role == EVOTE_WAITING && kind == P_CLAIM;
	claim_again_later(c);
	memcpy(c->next_k.primary, core_self(c), sizeof(c->next_k.primary));
	config_add(&c->next_k, c->cf.names[c->cf.self], core_self(c));
	core_move(c, ON_CLAIM);
	propose(c, kind);
}

/* The first record of a primary; it serves once that is accepted. */
void
decide_barrier(struct core *c, int forced)
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
		decide_barrier(c, kind == P_FORCE);
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
decide_saved(struct core *c, uint64_t job)
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

/* ---- the arbiter's word ---- */

static void
drop_proposal(struct core *c)
{
	if (c->next_k.epoch > c->seen_epoch)
		c->seen_epoch = c->next_k.epoch;
	c->proposal = P_NONE;
	if (c->role == EVOTE_CLAIMING)
		core_move(c, ON_DENIED);
	if (c->role == EVOTE_HANDING)
		core_move(c, ON_ABORT);
}

int
decide_asked(const struct core *c)
{
	return (c->proposal != P_NONE && c->proposal_job == 0 &&
	    c->need_nonce == 0);
}

/* The arbiter was asked, and does not say how that ended. */
static int
unanswered(const struct core *c)
{
	return (decide_asked(c) && c->now_ms - c->begun_ms > ARBITER_MS);
}

int
decide_set_is_whole(const struct core *c)
{
	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++)
		if (has_to_go(c, &c->k.in_sync.in_sync_val[i]))
			return (0);
	return (1);
}

/* An operator alone can end it: nobody grants what would have to be decided. */
static int
is_stuck(const struct core *c)
{
	/* Who may have joined, and is away: its joining was given up. */
	for (int i = 0; i < c->cf.n; i++)
		if (c->peers[i].required && !c->peers[i].up)
			return (1);
	return (unanswered(c) || (c->k.joint && !decide_set_is_whole(c)));
}

/* What it holds is decided, whoever asked for it. */
static void
learn_from_arbiter(struct core *c, const evote_config *k)
{
	if (!config_id_equal(k->cluster, c->k.cluster))
		core_say(c, 1, "arbiter stranger=1");
	else if (k->epoch > c->k.epoch)
		follow_adopt(c, k);
	else if (k->epoch < c->k.epoch) {
		/* It grants nothing, however often it is asked. */
		c->again_ms = c->now_ms + BEHIND_MS;
		if (!c->arbiter_behind)
			core_say(c, 1, "arbiter behind epoch=%llu knows=%llu",
			    (unsigned long long)c->k.epoch,
			    (unsigned long long)k->epoch);
	}
	c->arbiter_behind = k->epoch < c->k.epoch;
}

/* A new arbiter begins with the K that names it; then the old one is asked. */
static void
agreed(struct core *c)
{
	int asked_new = c->installing;

	c->installing = 0;
	if (asked_new && core_arbitrated(c) && !c->next_k.joint)
		ask_arbiter(c);
	else
		store_next(c);
}

int
decide_granted(struct core *c, const evote_config *k)
{
	if (!decide_asked(c) || c->installing || !config_equal(k, &c->next_k))
		return (0);
	agreed(c);
	return (1);
}

/* It holds what was asked of it, whatever it was asked in between. */
static int
has_granted(const struct core *c, const evote_decided *d)
{
	return (d->config.epoch == c->next_k.epoch &&
	    (d->verdict == EVOTE_GRANTED ||
		config_equal(&d->config, &c->next_k)));
}

void
decide_heard(struct core *c, const evote_decided *d)
{
	int asked = decide_asked(c);

	c->arbiter_ms = c->now_ms;
	if (c->role == EVOTE_HALTED)
		return;
	if (asked && has_granted(c, d)) {
		agreed(c);
		return;
	}
	/* Told again while this host's disk takes it: no news. */
	if (c->proposal != P_NONE && c->proposal_job != 0 &&
	    config_equal(&d->config, &c->next_k))
		return;
	if (d->verdict == EVOTE_BLANK)
		return;
	/* One that is not in force yet has nothing to teach. */
	if (asked && c->installing && d->verdict == EVOTE_CONFLICT &&
	    d->config.epoch >= c->next_k.epoch) {
		core_say(c, 1, "arbiter unchanged why=\"%s holds another K\"",
		    c->next_k.arbiter.where);
		drop_proposal(c);
		return;
	}
	if (asked && d->verdict == EVOTE_DENIED) {
		c->claim_ms = c->now_ms + c->cf.beat_ms;
		drop_proposal(c);
		return;
	}
	if (asked && d->verdict == EVOTE_CONFLICT &&
	    d->config.epoch != c->k.epoch)
		drop_proposal(c);
	learn_from_arbiter(c, &d->config);
}

/* A primary shows the arbiter that it lives; whoever waits for a word asks. */
void
decide_beat(struct core *c)
{
	evote_decide d = {.expected = c->k.epoch};
	int away;

	if (c->role == EVOTE_HALTED)
		return;
	if (c->proposal == P_ARBITER && c->proposal_job == 0 &&
	    c->now_ms - c->begun_ms > ARBITER_MS) {
		core_say(c, 1, "arbiter unchanged why=\"%s does not answer\"",
		    c->need_nonce != 0	? "a host in sync"
			: c->installing ? c->next_k.arbiter.where
					: c->k.arbiter.where);
		drop_proposal(c);
	}
	/*
	 * Whom the arbiter was to leave out is there again.  If that was
	 * granted after all, nobody but this host can take over, and nothing
	 * was accepted without the others.
	 */
	if (c->proposal == P_SHRINK && decide_asked(c) &&
	    decide_set_is_whole(c)) {
		drop_proposal(c);
		c->greet = 1;
	}
	/* It may come to that yet; until it does this host serves. */
	if (c->role == EVOTE_HANDING && c->proposal == P_HAND &&
	    decide_asked(c) && c->now_ms - c->begun_ms > HAND_MS)
		core_move(c, ON_ABORT);
	if (decide_asked(c))
		ask_arbiter(c);
	else if (core_arbitrated(c))
		c->driver->decide(c->arg, &c->k.arbiter, &d);
	away = core_arbitrated(c) &&
	    c->now_ms - c->arbiter_ms > 10 * c->cf.beat_ms;
	if (away != c->arbiter_away) {
		c->arbiter_away = away;
		core_say(c, away, "arbiter away=%d where=%s", away,
		    c->k.arbiter.where);
	}
}

/* ---- what each role does about it ---- */

/*
 * Dead, or started anew and not to take over by itself.  One that has not
 * greeted us yet may be alive and about to take over.
 */
static int
passes(const struct core *c, const evote_member *m, int peer)
{
	const struct peer *p = &c->peers[peer];

	if (p->greeted && !config_id_equal(p->id, m->incarnation))
		return (1); /* its disk was replaced */
	return (decide_suspected(c, peer) ||
	    (p->greeted && p->up &&
		(p->role == EVOTE_WAITING || p->role == EVOTE_HALTED)));
}

/*
 * No in-sync host that might take over comes before this one.  By their
 * numbers: hosts of which some have not heard of a change of the order would
 * both be.
 */
static int
is_first(const struct core *c, int all_wait)
{
	unsigned own = core_number(c, &c->k, core_name(c));

	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->k.in_sync.in_sync_val[i];
		int peer = core_slot(c, m->name);

		if (peer < 0 || peer == c->cf.self ||
		    core_number(c, &c->k, m->name) > own)
			continue;
		if (all_wait ? config_listed(&c->k, m->name)
			     : !passes(c, m, peer))
			return (0);
	}
	return (1);
}

/* Everyone of the set is here, knows no newer K and waits as well. */
static int
all_wait(const struct core *c)
{
	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++) {
		const char *id = c->k.in_sync.in_sync_val[i].incarnation;
		const struct peer *p;
		int n;

		if (config_id_equal(id, core_self(c)) ||
		    BUG_SERVE_ALONE_AT_RESTART)
			continue;
		n = core_peer_of(c, id);
		p = n < 0 ? NULL : &c->peers[n];
		if (p == NULL || !p->greeted || !config_id_equal(p->id, id) ||
		    p->role != EVOTE_WAITING || p->k.epoch > c->k.epoch)
			return (0);
	}
	return (is_first(c, 1) || BUG_SERVE_ALONE_AT_RESTART);
}

/* Leaves out whom this host cannot have beside it. */
static void
draft_claim(struct core *c)
{
	int pp = core_primary_peer(c);
	evote_config *k = draft(c);

	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->k.in_sync.in_sync_val[i];
		int p = core_peer_of(c, m->incarnation);

		if (!config_id_equal(m->incarnation, core_self(c)) &&
		    (p == pp || decide_failed(c, m) || !c->peers[p].up))
			config_remove(k, m->incarnation);
	}
}

/*
 * Without an arbiter nobody is left out who may be alive: he may just be taking
 * over as well.  The primary has been found out to be dead.
 */
static int
knows_the_rest(const struct core *c)
{
	int pp = core_primary_peer(c);

	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->k.in_sync.in_sync_val[i];
		int p = core_peer_of(c, m->incarnation);

		if (config_id_equal(m->incarnation, core_self(c)) || p == pp)
			continue;
		/* One that this host's list lacks may be alive. */
		if (p < 0 || (!c->peers[p].up && !decide_failed(c, m)))
			return (0);
	}
	return (1);
}

/*
 * After a start.  Without an arbiter this host goes on only with all of its
 * set; with one also without, when the primary is not to be heard.  The
 * preferred host has its turn first.
 */
static void
waiting(struct core *c)
{
	int pp = core_primary_peer(c);

	if (config_id_zero(c->k.cluster) ||
	    config_in_sync(&c->k, core_self(c)) < 0 ||
	    !config_listed(&c->k, core_name(c)) || c->now_ms < c->claim_ms)
		return;
	if (all_wait(c)) {
		draft(c);
		for (int i = 0; BUG_SERVE_ALONE_AT_RESTART && i < c->cf.n; i++)
			if (i != c->cf.self)
				config_remove(&c->next_k, c->peers[i].id);
		claim(c, P_CLAIM);
		return;
	}
	if (!core_arbitrated(c) || c->k.joint ||
	    c->now_ms - c->waiting_ms < decide_patience(c) *
		    (core_number(c, &c->k, core_name(c)) + 1) ||
	    (pp >= 0 && !decide_suspected(c, pp)))
		return;
	draft_claim(c);
	claim(c, P_CLAIM);
}

static void
backup(struct core *c)
{
	int pp = core_primary_peer(c);

	if (pp < 0 || !decide_suspected(c, pp))
		return;
	if (core_arbitrated(c) ? c->k.joint : !c->assured) {
		core_move(c, ON_LOST);
		return;
	}
	if (!is_first(c, 0) || c->now_ms < c->claim_ms ||
	    (!core_arbitrated(c) && !knows_the_rest(c)))
		return;
	draft_claim(c);
	claim(c, P_CLAIM);
}

static void
joining(struct core *c)
{
	int pp = core_primary_peer(c);

	if (pp < 0 || !decide_suspected(c, pp))
		return;
	core_move(c, ON_LOST);
	if (BUG_TAKE_OVER_OUTSIDE) {
		config_remove(draft(c), c->k.primary);
		claim(c, P_CLAIM);
	}
}

static int
shrink(struct core *c)
{
	evote_config *k = NULL;

	if (c->k.joint)
		return (0);
	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->k.in_sync.in_sync_val[i];

		if (!has_to_go(c, m))
			continue;
		if (k == NULL)
			k = draft(c);
		config_remove(k, m->incarnation);
		core_say(c, 1, "lost peer=%s%s epoch=%llu size=%llu", m->name,
		    resigned(c, m) ? " why=room" : "",
		    (unsigned long long)c->k.epoch,
		    (unsigned long long)history_size(c->log));
	}
	if (k == NULL)
		return (0);
	propose(c, P_SHRINK);
	return (1);
}

/*
 * That everyone waited was said before: one may have gone on since, and died.
 * Nobody is left out before all have confirmed.
 */
static void
barrier(struct core *c)
{
	const evote_member *m = c->k.in_sync.in_sync_val;

	if (!c->on_word || lead_confirmed(c) > 0) {
		c->on_word = 0;
		shrink(c);
		return;
	}
	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++)
		if (!config_id_equal(m[i].incarnation, core_self(c)) &&
		    decide_failed(c, &m[i])) {
			core_move(c, ON_LOST);
			return;
		}
}

/* What is asked now is answered soon, one way or the other. */
static int
arbiter_heard(const struct core *c)
{
	return (!core_arbitrated(c) ||
	    c->now_ms - c->arbiter_ms <= HEARD_BEATS * c->cf.beat_ms);
}

/*
 * A joiner that is nearly level is waited for, a moment: from then on nothing
 * is accepted without it, so that it is level when the set grows.  While it is
 * not known whether the set has grown, nothing is accepted without it either:
 * so that is not asked of an arbiter who is away.
 */
static int
grow(struct core *c)
{
	for (int i = 0; i < c->cf.n; i++) {
		struct peer *p = &c->peers[i];

		if (i == c->cf.self || !p->up || !p->ready || !core_fit(p) ||
		    p->first || !p->room || config_in_sync(&c->k, p->id) >= 0 ||
		    !config_listed(&c->k, c->cf.names[i]))
			continue;
		if (!arbiter_heard(c)) {
			p->required = 0;
			continue;
		}
		if (!p->required) {
			if (history_size(c->log) - p->acked > CLOSE_ENOUGH ||
			    p->nonce == 0 || c->now_ms < p->retry_ms)
				continue;
			p->required = 1;
			p->required_ms = c->now_ms;
		}
		if (p->acked >= c->accepted) {
			config_add(draft(c), c->cf.names[i], p->id);
			propose(c, P_GROW);
			return (1);
		}
		if (c->now_ms - p->required_ms > LEVEL_MS) {
			p->required = 0;
			p->retry_ms = c->now_ms + AGAIN_MS;
		}
	}
	return (0);
}

/*
 * Every host of the set has confirmed the present K.  Only leaving out dead
 * hosts does not wait for that, and of those there are few.
 */
static int
settled(const struct core *c)
{
	return (lead_confirmed(c) > 0);
}

static int
may_take(const struct core *c, int i)
{
	const struct peer *p = &c->peers[i];

	return (p->up && p->ready && core_fit(p) &&
	    config_listed(&c->k, c->cf.names[i]) &&
	    config_in_sync(&c->k, p->id) >= 0 && p->acked >= c->accepted &&
	    !gone(c, p));
}

int
core_spare(const struct core *c)
{
	if (c->role == EVOTE_BACKUP || c->role == EVOTE_JOINING)
		return (1);
	for (int i = 0; core_leads(c) && i < c->cf.n; i++)
		if (may_take(c, i) && c->peers[i].in_flight == 0)
			return (1);
	return (0);
}

/* It may take the service over, and has room for what is to come. */
static int
may_go_on(const struct core *c, int i)
{
	return (may_take(c, i) && c->peers[i].room);
}

int
core_full(const struct core *c)
{
	for (int i = 0; c->no_room && !c->arbiter_away && i < c->cf.n; i++)
		if (i != c->cf.self && may_go_on(c, i))
			return (0);
	return (c->no_room);
}

static void
handing(struct core *c)
{
	const struct queue *w = &c->writes, *r = &c->reads;
	struct peer *p = &c->peers[c->hand_to];

	if (!may_go_on(c, c->hand_to) || c->now_ms - c->hand_ms > HAND_MS) {
		c->hand_retry_ms = c->now_ms + AGAIN_MS;
		core_move(c, ON_ABORT);
		return;
	}
	if (w->head != w->tail || r->head != r->tail ||
	    c->accepted != history_size(c->log) || !settled(c))
		return;
	memcpy(draft(c)->primary, p->id, sizeof(p->id));
	propose(c, P_HAND);
}

static void
hand_over(struct core *c, int to)
{
	c->hand_to = to;
	c->hand_ms = c->now_ms;
	c->relieved = c->no_room;
	core_move(c, ON_HAND);
	handing(c);
}

/*
 * A host without room gives the service to whoever has some; else a host that
 * is preferred to this one and level gets it back.
 */
static void
give(struct core *c)
{
	int back = c->cf.failback && !c->no_room;

	if (c->now_ms < c->hand_retry_ms || !arbiter_heard(c))
		return;
	for (u_int n = 0; n < c->k.hosts.hosts_len; n++) {
		int i = core_slot(c, c->k.hosts.hosts_val[n].name);

		if (i != c->cf.self && may_go_on(c, i) &&
		    (c->no_room ||
			(back && core_preferred(c, i) && !c->peers[i].gave))) {
			hand_over(c, i);
			return;
		}
	}
}

void
decide(struct core *c)
{
	if (c->need_nonce != 0 && c->proposal == P_ARBITER &&
	    c->proposal_job == 0 && lead_confirmed(c) >= c->need_nonce)
		put_forward(c);
	if (c->proposal != P_NONE || c->now_ms < c->again_ms)
		return;
	switch (c->role) {
	case EVOTE_WAITING:
		waiting(c);
		break;
	case EVOTE_JOINING:
		joining(c);
		break;
	case EVOTE_BACKUP:
		backup(c);
		break;
	case EVOTE_BARRIER:
		barrier(c);
		break;
	case EVOTE_PRIMARY:
		if (shrink(c) || !settled(c))
			break;
		if (c->k.joint) {
			draft(c)->joint = 0;
			propose(c, P_RENEW);
			break;
		}
		if (!core_arbitrated(c) && c->seen_epoch > c->k.epoch &&
		    c->now_ms >= c->renew_ms) {
			/* Someone holds a K that was never taken up. */
			c->renew_ms = c->now_ms + RENEW_MS;
			draft(c);
			propose(c, P_RENEW);
			break;
		}
		if (!grow(c))
			give(c);
		break;
	case EVOTE_HANDING:
		if (!shrink(c))
			handing(c);
		break;
	case EVOTE_CLAIMING:
	case EVOTE_HALTED:
		break;
	}
}

/* ---- operators ---- */

evote_config *
decide_draft(struct core *c)
{
	return (draft(c));
}

void
decide_hosts(struct core *c)
{
	propose(c, P_HOSTS);
}

const char *
core_handover(struct core *c, const char *name)
{
	if (c->role != EVOTE_PRIMARY || c->proposal != P_NONE)
		return ("this host is not the primary, or is changing the set "
			"of hosts just now; ask the primary, or again");
	if (c->arbiter_away)
		return ("the arbiter does not answer, who has to agree");
	for (int i = 0; i < c->cf.n; i++) {
		if (strcmp(c->cf.names[i], name) != 0)
			continue;
		if (i == c->cf.self)
			return ("this host is the primary already");
		if (!may_take(c, i))
			return ("that host is not in sync; see status");
		if (!c->peers[i].room)
			return ("that host's disk is nearly full; make room "
				"there first");
		hand_over(c, i);
		return (NULL);
	}
	return ("there is no host of that name in the list");
}

const char *
core_promote(struct core *c, uint64_t epoch, int accept_loss)
{
	int pp = core_primary_peer(c);
	evote_config *k;

	/* What the arbiter was asked, and does not answer, is given up. */
	if (c->role == EVOTE_PRIMARY && !is_stuck(c))
		return ("this host is the primary already");
	if ((c->proposal != P_NONE || core_leads(c)) && !is_stuck(c))
		return ("this host is becoming primary just now; ask again");
	if (c->role == EVOTE_HALTED && !c->may_force)
		return ("this host's own ledger is not to be trusted; see the "
			"alarm");
	if (c->role != EVOTE_HALTED && pp >= 0 && !decide_suspected(c, pp))
		return ("the primary is alive; use handover there");
	if (config_id_zero(c->k.cluster))
		return ("this host has never been in sync with any cluster");
	if (epoch != c->k.epoch)
		return ("the epoch given is not the one status shows here");
	if (!accept_loss)
		return ("votes accepted elsewhere since may be lost: repeat "
			"with --accept-loss if that is understood");
	if (c->proposal != P_NONE)
		drop_proposal(c);
	k = draft(c);
	while (k->in_sync.in_sync_len > 0) {
		evote_member *m = &k->in_sync.in_sync_val[0];

		if (!config_id_equal(m->incarnation, core_self(c)))
			config_bar(k, m->name, m->incarnation);
		config_remove(k, m->incarnation);
	}
	/*
	 * Nor may one that holds itself in sync and has left this one out, or
	 * of whom it is not known whether it joined.
	 */
	for (int i = 0; i < c->cf.n; i++) {
		const struct peer *p = &c->peers[i];

		if (i != c->cf.self &&
		    (p->required || config_in_sync(&p->k, p->id) >= 0) &&
		    !config_barred(k, p->id))
			config_bar(k, c->cf.names[i], p->id);
	}
	/* Who was removed, and is all that is left. */
	if (!config_listed(k, core_name(c)) &&
	    k->hosts.hosts_len < EVOTE_HOSTS_MAX)
		config_host_add(k, core_name(c), "");
	/* The arbiter would have to agree: an operator puts it back. */
	config_arbiter(k, EVOTE_ARBITER_NONE, "");
	k->joint = 0;
	if (core_leads(c))
		core_move(c, ON_LOST);
	claim(c, P_FORCE);
	return (NULL);
}

/* Every host of the set is here and follows. */
static int
all_follow(const struct core *c)
{
	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->k.in_sync.in_sync_val[i];
		int p = core_peer_of(c, m->incarnation);

		if (!config_id_equal(m->incarnation, core_self(c)) &&
		    (decide_failed(c, m) || !c->peers[p].up ||
			!c->peers[p].ready))
			return (0);
	}
	return (1);
}

const char *
core_arbiter(
    struct core *c, evote_arbiter_kind kind, const char *where, int old_is_dead)
{
	int untold;

	if (c->role == EVOTE_PRIMARY && old_is_dead && unanswered(c) &&
	    all_follow(c))
		drop_proposal(c); /* the dead one was asked */
	/* The new one may die as well, before it was of any use. */
	if (c->role != EVOTE_PRIMARY || c->proposal != P_NONE ||
	    (c->k.joint && !old_is_dead))
		return ("this host is not the primary, or is changing the set "
			"of hosts just now; ask the primary, or again");
	/* Who has not heard of it would go on without asking it. */
	untold = core_arbitrated(c) ? old_is_dead : kind != EVOTE_ARBITER_NONE;
	if (untold && !all_follow(c))
		return ("a host in sync is away: with no arbiter of before to "
			"ask, all of them have to know of the new one");
	config_arbiter(draft(c), kind, where);
	c->next_k.joint = untold;
	propose(c, P_ARBITER);
	return (NULL);
}
