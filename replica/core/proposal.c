#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"
#include "replica/core/identity.h"

#define CLAIMS_MAX 5	/* the pause between claims doubles so often */
#define EPOCH_GAP  1000 /* more than what one host decides untold */
/* More than who is left behind decides, if it starts each second for years. */
#define FORCE_GAP 1000000000000

/* Which phases go with which role. */
#define ALL	   ((1 << PROPOSAL_PHASE_NR) - 1)
#define ONE(phase) (1 << PROPOSAL_##phase)
static const unsigned phases[ROLE_NR] = {
    [EVOTE_WAITING] = ONE(IDLE),
    [EVOTE_JOINING] = ONE(IDLE),
    [EVOTE_BACKUP] = ONE(IDLE) | ONE(STORING),
    [EVOTE_CLAIMING] = ONE(ASKING) | ONE(STORING),
    [EVOTE_ESTABLISHING] = ONE(IDLE) | ONE(ASKING) | ONE(STORING),
    [EVOTE_PRIMARY] = ALL,
    [EVOTE_HANDING] = ONE(IDLE) | ONE(ASKING) | ONE(STORING),
    [EVOTE_HALTED] = ONE(IDLE),
};

void
proposal_check(const struct core *c)
{
	assert(phases[c->role] & (1u << c->proposal.phase));
}

int
proposal_open(const struct core *c)
{
	return (c->proposal.phase != PROPOSAL_IDLE);
}

int
proposal_is(
    const struct core *c, enum proposal_kind kind, enum proposal_phase phase)
{
	return (c->proposal.phase == phase && c->proposal.kind == kind);
}

/*
 * Without an arbiter every host may number epochs by itself: each takes those
 * that leave its own number, which the configuration gives it and nobody
 * changes, as remainder, so no two ever decide under one number.  A take-over
 * leaves a gap besides.  The dead primary may have decided a few things more
 * than it lived to tell (see config_confirmed), and a host that comes before
 * this one and is dead as well may have taken over and told nobody: nothing was
 * accepted under those, and they must count as older.  What a promotion by
 * force leaves behind may have taken over many times, and clients that saw it
 * have to notice: a larger gap.
 */
static uint64_t
next_epoch(const struct core *c, enum proposal_kind kind)
{
	uint64_t e =
	    c->config.epoch > c->seen_epoch ? c->config.epoch : c->seen_epoch;
	unsigned number = hosts_number(c, &c->proposal.next, hosts_own_name(c));

	if (kind == P_FORCE)
		e += FORCE_GAP;
	else if (kind == P_CLAIM)
		e += EPOCH_GAP * (uint64_t)(number + 1);
	do
		e++;
	while (e % EVOTE_HOSTS_MAX != number);
	return (e);
}

/*
 * Rule 8.  Granted, or nobody is to be asked: stored here, and then it is in
 * force.
 */
void
proposal_store(struct core *c)
{
	uint64_t job = c->driver->save(c->arg, &c->proposal.next);

	c->proposal.phase = PROPOSAL_STORING;
	c->proposal.job = c->last_save = job;
	jobs_add(c, JOB_SAVE, job, 0, -1);
	if (BUG(JOINER_RECORDS_FIRST) && c->proposal.kind == P_GROW) {
		c->proposal.phase = PROPOSAL_IDLE;
		core_take_config(c, &c->proposal.next);
	}
	if (BUG(HAND_OVER_EARLY) && c->proposal.kind == P_HAND)
		c->hello_due = 1;
}

/* The same question until there is an answer: it may have been granted. */
void
proposal_ask(struct core *c)
{
	int pp = core_primary_peer(c);
	int install = c->proposal.phase == PROPOSAL_ASKING_NEW;
	evote_decide d = {
	    .expected = c->config.epoch,
	    .dead = pp >= 0 && !c->peers[pp].up && c->peers[pp].port_refuses,
	    .install = install,
	    .next = &c->proposal.next,
	};

	c->driver->decide(c->arg,
	    install ? &c->proposal.next.arbiter : &c->config.arbiter, &d);
}

/* Asks whoever has to agree; when that is nobody, it is stored at once. */
void
proposal_put(struct core *c)
{
	struct proposal *p = &c->proposal;
	int arbiter = p->kind == P_ARBITER;

	p->begun_ms = c->now_ms;
	p->phase = arbiter && p->next.arbiter.kind != EVOTE_ARBITER_NONE
	    ? PROPOSAL_ASKING_NEW
	    : PROPOSAL_ASKING;
	if (p->phase == PROPOSAL_ASKING_NEW ||
	    (core_arbitrated(c) && p->kind != P_FORCE &&
		!(arbiter && p->next.arbiter_changing)))
		proposal_ask(c);
	else
		proposal_store(c);
}

void
proposal_begin_order(struct core *c)
{
	c->given_up.text[0] = '\0';
}

void
proposal_give_up(struct core *c, enum proposal_kind kind, const char *fmt, ...)
{
	const char *what = kind == P_ARBITER ? "The arbiter was not changed"
	    : kind == P_HOSTS		     ? "The hosts were not changed"
	    : kind == P_HAND && c->hand_ordered
	    ? "The service was not handed over"
	    : NULL;
	char why[EVOTE_TEXT_MAX / 2];
	va_list ap;

	if (what == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	snprintf(
	    c->given_up.text, sizeof(c->given_up.text), "%s: %s", what, why);
	c->given_up.at_ms = c->now_ms;
}

void
proposal_not_handed(struct core *c)
{
	const struct peer *to = &c->peers[c->hand_to];

	proposal_give_up(c, P_HAND,
	    !to->up || to->conn == 0
		? "%s has gone. See its `status`, and start it if it is down"
		: !to->room ? "the disk of %s is nearly full. Make room there"
			    : "requests still waited for a disk or a host "
			      "after a second, or %s no longer follows. See "
			      "`status`, and give the order again",
	    c->cf.names[c->hand_to]);
}

void
proposal_make(struct core *c, enum proposal_kind kind)
{
	if (kind == P_FORCE || kind == P_ARBITER || kind == P_HOSTS)
		proposal_begin_order(c);
	if (c->proposal.next.hosts.hosts_len == 0)
		hosts_first(c, &c->proposal.next);
	c->proposal.next.epoch = BUG(SAME_EPOCH) && c->role == EVOTE_CLAIMING &&
		config_id_equal(c->config.primary, core_self(c))
	    ? c->config.epoch
	    : next_epoch(c, kind);
	if (kind == P_FORCE)
		c->proposal.next.forced_epoch = c->proposal.next.epoch;
	core_position(c, c->committed, &c->proposal.next.end);
	c->proposal.kind = kind;
	/*
	 * With nobody to ask whether this host is primary still, all of the set
	 * have to say so, asked from now on: it may have been stopped.
	 */
	if (kind == P_ARBITER && c->proposal.next.arbiter_changing) {
		c->proposal.phase = PROPOSAL_CONFIRMING;
		c->proposal.begun_ms = c->now_ms;
		c->proposal.round = c->round + 1;
	} else
		proposal_put(c);
}

/* A proposal starts from the present configuration. */
evote_config *
proposal_draft(struct core *c)
{
	config_clear(&c->proposal.next);
	config_copy(&c->proposal.next, &c->config);
	return (&c->proposal.next);
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
proposal_claim(struct core *c, enum proposal_kind kind)
{
	c->unverified_claim = c->role == EVOTE_WAITING && kind == P_CLAIM;
	claim_again_later(c);
	memcpy(c->proposal.next.primary, core_self(c),
	    sizeof(c->proposal.next.primary));
	config_add(&c->proposal.next, c->cf.names[c->cf.self], core_self(c));
	core_move(c, ON_CLAIM);
	proposal_make(c, kind);
}

/*
 * Rule 6.  The first record of a primary; it serves once that is accepted.  The
 * first one since a promotion by force says so, also if the host that was
 * promoted died in between.
 */
static void
proposal_establish(struct core *c)
{
	struct entry_header at = core_next_header(c);
	evote_epoch_op op = {
	    .forced = c->config.forced_epoch > history_epoch(c->log)};
	struct record *r;

	memcpy(op.primary, core_self(c), sizeof(op.primary));
	op.name = (char *)c->cf.names[c->cf.self];
	r = BUG(NO_BARRIER) ? NULL : c->machine->epoch(c->arg, &op, &at);
	assert(r != NULL || BUG(NO_BARRIER));
	if (r != NULL)
		core_append_record(c, r);
	cosign_begin(c);
	c->establish_size = history_size(c->log);
	for (int i = 0; i < c->cf.n; i++)
		c->peers[i].last_received_ms = c->now_ms;
}

/*
 * Rule 11.  The host that gave stays in the set: it was not replaced.  If this
 * one was stopped since it last heard a primary, it may be late: others may
 * have gone on, and it leaves out nobody before all have confirmed.
 */
static void
named(struct core *c, int giver)
{
	core_move(c, ON_NAMED);
	c->unverified_claim = c->must_reconfirm && !BUG(NAMED_UNASKED);
	/* If it waits, it has been away since. */
	if (giver >= 0 && config_in_sync(&c->config, c->peers[giver].id) >= 0 &&
	    c->peers[giver].role != EVOTE_WAITING)
		c->peers[giver].yielded = 1;
	proposal_establish(c);
}

static void
granted(struct core *c, enum proposal_kind kind)
{
	int giver = core_primary_peer(c);

	core_take_config(c, &c->proposal.next);
	switch (kind) {
	case P_NAMED:
		named(c, giver);
		identity_own_name(c);
		break;
	case P_CLAIM:
		/* Stopped since it asked itself: others may have gone on. */
		if (c->must_reconfirm && !core_arbitrated(c) &&
		    !BUG(CLAIM_STOPPED))
			c->unverified_claim = 1;
		/* FALLTHROUGH */
	case P_FORCE:
		core_move(c, ON_GRANTED);
		proposal_establish(c);
		break;
	case P_HAND:
		proposal_begin_order(c); /* it was handed over after all */
		core_move(c, ON_HANDED);
		c->membership_confirmed = 1;
		break;
	case P_SHRINK:
	case P_GROW:
	case P_RENEW:
	case P_ARBITER:
	case P_HOSTS:
		break;
	}
}

void
proposal_stored(struct core *c, uint64_t job)
{
	if (c->proposal.phase != PROPOSAL_STORING || c->proposal.job != job)
		return;
	c->proposal.phase = PROPOSAL_IDLE;
	/* Somebody else was quicker: what was stored since is what counts. */
	if (c->proposal.next.epoch <= c->config.epoch && !BUG(SAME_EPOCH))
		return;
	granted(c, c->proposal.kind);
}

uint64_t
proposal_decided(const struct core *c)
{
	return (c->proposal.phase == PROPOSAL_STORING ? c->proposal.next.epoch
						      : c->config.epoch);
}

/* It may have been granted: the next one has another epoch. */
void
proposal_forget(struct core *c)
{
	if (c->proposal.next.epoch > c->seen_epoch)
		c->seen_epoch = c->proposal.next.epoch;
	c->proposal.phase = PROPOSAL_IDLE;
}

void
proposal_drop(struct core *c)
{
	proposal_forget(c);
	if (c->role == EVOTE_CLAIMING)
		core_move(c, ON_DENIED);
	if (c->role == EVOTE_HANDING)
		core_move(c, ON_ABORT);
}

int
proposal_bars(struct core *c, const evote_config *k)
{
	if (!config_barred(k, core_self(c)) ||
	    k->forced_epoch <= c->config.forced_epoch)
		return (0);
	core_fault(c, 0,
	    "left behind when another host was promoted by force; move this "
	    "data directory away and start with an empty one");
	return (1);
}

/*
 * Takes over a newer configuration.  Only the primary's own word makes a host a
 * backup or a joiner; from others it is hearsay, and the host waits to hear
 * more.  A backup that it makes primary stores it first: if this host died with
 * records of that epoch sent, and the epoch forgotten, it would begin it again.
 */
void
proposal_adopt(struct core *c, const evote_config *k)
{
	int named = config_id_equal(k->primary, core_self(c));

	if (proposal_bars(c, k))
		return;
	if (named && c->role == EVOTE_BACKUP && !BUG(NAMED_UNSTORED)) {
		config_clear(&c->proposal.next);
		config_copy(&c->proposal.next, k);
		c->proposal.kind = P_NAMED;
		proposal_store(c);
		return;
	}
	c->proposal.phase = PROPOSAL_IDLE;
	core_take_config(c, k);
	jobs_save(c);
	if (named && c->role == EVOTE_BACKUP) {
		core_move(c, ON_NAMED);
		proposal_establish(c);
	} else
		core_move(c, ON_LOST);
	identity_own_name(c);
}
