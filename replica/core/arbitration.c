#include <string.h>

#include "replica/core/core_impl.h"

int
arbitration_pending(const struct core *c)
{
	return (c->proposal.phase == PROPOSAL_ASKING ||
	    c->proposal.phase == PROPOSAL_ASKING_NEW);
}

/* The arbiter was asked, and does not say how that ended. */
int
arbitration_overdue(const struct core *c)
{
	return (arbitration_pending(c) &&
	    c->now_ms - c->proposal.begun_ms > ARBITER_MS);
}

int
arbitration_blank(const struct core *c)
{
	return (c->arbiter_away && c->blank_ms > c->arbiter_ms &&
	    c->now_ms - c->blank_ms <= AWAY_BEATS * c->cf.beat_ms);
}

/* It holds decisions of another cluster, and grants nothing to this one. */
static int
is_strangers(const struct core *c, const evote_decided *d)
{
	return (d->verdict != EVOTE_BLANK &&
	    !config_id_zero(d->config.cluster) &&
	    !config_id_equal(d->config.cluster, c->config.cluster));
}

/* Told once. */
static void
learn_of_stranger(struct core *c)
{
	if (!c->arbiter_stranger)
		core_say(c, 1,
		    "arbiter stranger=1 hint=\"it serves another cluster: see "
		    "status\"");
	c->arbiter_stranger = 1;
}

/* What it holds is decided, whoever asked for it. */
static void
learn_from_arbiter(struct core *c, const evote_config *k)
{
	if (k->epoch > proposal_decided(c))
		proposal_adopt(c, k);
	else if (k->epoch < c->config.epoch) {
		/* It grants nothing, however often it is asked. */
		c->again_ms = c->now_ms + BEHIND_MS;
		if (!c->arbiter_behind)
			core_say(c, 1, "arbiter behind epoch=%llu knows=%llu",
			    (unsigned long long)c->config.epoch,
			    (unsigned long long)k->epoch);
	}
	c->arbiter_behind = k->epoch < c->config.epoch;
	c->arbiter_stranger = 0;
}

/*
 * A new arbiter begins with the configuration that names it; then the old one
 * is asked.
 */
static void
agreed(struct core *c)
{
	if (c->proposal.phase == PROPOSAL_ASKING_NEW && core_arbitrated(c) &&
	    !c->proposal.next.arbiter_changing) {
		c->proposal.phase = PROPOSAL_ASKING;
		proposal_ask(c);
	} else
		proposal_store(c);
}

int
arbitration_granted(struct core *c, const evote_config *k)
{
	if (c->proposal.phase != PROPOSAL_ASKING ||
	    !config_equal(k, &c->proposal.next))
		return (0);
	agreed(c);
	return (1);
}

/* It holds what was asked of it, whatever it was asked in between. */
static int
has_granted(const struct core *c, const evote_decided *d)
{
	return (config_equal(&d->config, &c->proposal.next));
}

/* Nor will it be. */
static void
not_granted(struct core *c)
{
	for (int i = 0; i < c->cf.n; i++)
		if (c->peers[i].join == JOIN_ASKED)
			c->peers[i].join = JOIN_COUNTS;
}

/* What it will not have does not happen later either. */
static void
refused(struct core *c, const evote_decided *d)
{
	const struct proposal *p = &c->proposal;

	if (p->phase == PROPOSAL_ASKING_NEW)
		proposal_give_up(c, p->kind,
		    "%.400s %s. Take one that is new, "
		    "which is a witness with an empty directory, or another "
		    "key in etcd",
		    p->next.arbiter.where,
		    is_strangers(c, d) ? "serves another cluster"
				       : "holds another configuration");
	else
		proposal_give_up(c, p->kind,
		    "the arbiter does not agree, since it knows another "
		    "configuration. See `status`");
	proposal_drop(c);
}

void
arbitration_heard(struct core *c, const evote_decided *d)
{
	int asked = arbitration_pending(c), strangers = is_strangers(c, d);

	/*
	 * An empty one answers, and grants nothing, nor does another cluster's:
	 * it is as good as away.
	 */
	if (d->verdict != EVOTE_BLANK && !strangers)
		c->arbiter_ms = c->now_ms;
	else if (c->proposal.phase != PROPOSAL_ASKING_NEW)
		c->blank_ms = c->now_ms;
	if (c->role == EVOTE_HALTED)
		return;
	if (asked && has_granted(c, d)) {
		agreed(c);
		return;
	}
	/* Told again while this host's disk takes it: no news. */
	if (c->proposal.phase == PROPOSAL_STORING &&
	    config_equal(&d->config, &c->proposal.next))
		return;
	if (d->verdict == EVOTE_BLANK) {
		c->arbiter_stranger = 0;
		return;
	}
	/* One that is not in force yet has nothing to teach. */
	if (c->proposal.phase == PROPOSAL_ASKING_NEW &&
	    d->verdict == EVOTE_CONFLICT &&
	    (strangers || d->config.epoch >= c->proposal.next.epoch)) {
		core_say(c, 1, "arbiter unchanged why=\"%s %s\"",
		    c->proposal.next.arbiter.where,
		    strangers ? "serves another cluster"
			      : "holds another configuration");
		refused(c, d);
		return;
	}
	/* What the right one has granted, or will, is not known by it. */
	if (strangers) {
		learn_of_stranger(c);
		return;
	}
	if (asked && d->verdict == EVOTE_DENIED) {
		c->claim_ms = c->now_ms + c->cf.beat_ms;
		refused(c, d);
		return;
	}
	if (asked && d->verdict == EVOTE_CONFLICT &&
	    d->config.epoch != c->config.epoch) {
		if (c->proposal.phase == PROPOSAL_ASKING)
			not_granted(c);
		refused(c, d);
	}
	learn_from_arbiter(c, &d->config);
}

/*
 * Its directory is new, and the configuration means the one before.  An arbiter
 * hears names: it would take this host's word for that primary's life.
 */
static int
replaces_primary(const struct core *c)
{
	return (!config_id_equal(c->config.primary, core_self(c)) &&
	    strcmp(config_name(&c->config, c->config.primary),
		hosts_own_name(c)) == 0);
}

/*
 * Whoever has to agree to another arbiter has not answered.  The old one may
 * have agreed all the same; without its word nothing comes of the others'.
 */
static void
arbiter_unchanged(struct core *c)
{
	const struct proposal *p = &c->proposal;

	core_say(c, 1, "arbiter unchanged why=\"%s does not answer\"",
	    p->phase == PROPOSAL_CONFIRMING	  ? "a host in sync"
		: p->phase == PROPOSAL_ASKING_NEW ? p->next.arbiter.where
						  : c->config.arbiter.where);
	if (p->phase == PROPOSAL_CONFIRMING)
		proposal_give_up(c, p->kind,
		    "a host in sync does not answer. Start it, and give the "
		    "order again");
	else if (p->phase == PROPOSAL_ASKING_NEW)
		proposal_give_up(c, p->kind,
		    "%.400s does not answer. Start it, or correct its address, "
		    "and give the order again. `status` may say why",
		    p->next.arbiter.where);
	proposal_drop(c);
}

/* A primary shows the arbiter that it lives; whoever waits for a word asks. */
void
arbitration_beat(struct core *c)
{
	evote_decide d = {.expected = c->config.epoch};
	int away;

	if (c->role == EVOTE_HALTED)
		return;
	if (proposal_open(c) && c->proposal.kind == P_ARBITER &&
	    c->proposal.phase != PROPOSAL_STORING &&
	    c->now_ms - c->proposal.begun_ms > ARBITER_MS)
		arbiter_unchanged(c);
	/*
	 * Whom the arbiter was to leave out is there again.  If that was
	 * granted after all, nobody but this host can take over, and nothing
	 * was accepted without the others.
	 */
	if (proposal_is(c, P_SHRINK, PROPOSAL_ASKING) && failure_none(c)) {
		proposal_drop(c);
		c->hello_due = 1;
	}
	/* It may come to that yet; until it does this host serves. */
	if (c->role == EVOTE_HANDING &&
	    proposal_is(c, P_HAND, PROPOSAL_ASKING) &&
	    c->now_ms - c->proposal.begun_ms > HAND_MS)
		core_move(c, ON_ABORT);
	if (arbitration_pending(c))
		proposal_ask(c);
	else if (core_arbitrated(c) && !replaces_primary(c))
		c->driver->decide(c->arg, &c->config.arbiter, &d);
	away = core_arbitrated(c) && !replaces_primary(c) &&
	    c->now_ms - c->arbiter_ms > AWAY_BEATS * c->cf.beat_ms;
	if (away != c->arbiter_away) {
		c->arbiter_away = away;
		core_say(c, away, "arbiter away=%d where=%s", away,
		    c->config.arbiter.where);
	}
}

/* What is asked now is answered soon, one way or the other. */
int
arbitration_answers(const struct core *c)
{
	return (!core_arbitrated(c) ||
	    c->now_ms - c->arbiter_ms <= HEARD_BEATS * c->cf.beat_ms);
}
