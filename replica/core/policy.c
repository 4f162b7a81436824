#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"

#define CLOSE_ENOUGH 4096 /* records: a joiner this near is waited for */

/*
 * Dead, or started anew and not to take over by itself.  One that has not
 * met us yet may be alive and about to take over.
 */
static int
is_passed_over(const struct core *c, const evote_member *m, int peer)
{
	const struct peer *p = &c->peers[peer];

	if (p->met && !config_id_equal(p->id, m->incarnation))
		return (1); /* its disk was replaced */
	return (failure_suspected(c, peer) ||
	    (p->met && p->up &&
		(p->role == EVOTE_WAITING || p->role == EVOTE_HALTED)));
}

/*
 * No in-sync host that might take over comes before this one.  By their
 * numbers: hosts of which some have not heard of a change of the order would
 * both be.
 */
static int
is_first(const struct core *c, int nobody_leads)
{
	unsigned own = hosts_number(c, &c->config, hosts_own_name(c));

	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->config.in_sync.in_sync_val[i];
		int peer = hosts_slot(c, m->name);

		if (peer < 0 || peer == c->cf.self ||
		    hosts_number(c, &c->config, m->name) > own)
			continue;
		if (nobody_leads ? config_listed(&c->config, m->name) &&
			    !failure_halted(c, &c->peers[peer])
				 : !is_passed_over(c, m, peer))
			return (0);
	}
	return (1);
}

/*
 * Everyone of the set is here, knows no newer configuration and waits as well,
 * or has halted.
 */
static int
all_wait(const struct core *c)
{
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const char *id = c->config.in_sync.in_sync_val[i].incarnation;
		const struct peer *p;

		if (config_id_equal(id, core_self(c)) ||
		    BUG(SERVE_ALONE_AT_RESTART))
			continue;
		p = core_member(c, id);
		if (failure_halted(c, p))
			continue;
		if (p == NULL || !p->met || p->role != EVOTE_WAITING ||
		    p->config.epoch > c->config.epoch)
			return (0);
	}
	return (is_first(c, 1) || BUG(SERVE_ALONE_AT_RESTART));
}

/* Leaves out whom this host cannot have beside it. */
static void
draft_claim(struct core *c)
{
	int pp = core_primary_peer(c);
	evote_config *k = proposal_draft(c);

	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->config.in_sync.in_sync_val[i];
		int p = core_peer_of(c, m->incarnation);

		if (!config_id_equal(m->incarnation, core_self(c)) &&
		    (p == pp || failure_of(c, m) || !c->peers[p].up))
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

	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->config.in_sync.in_sync_val[i];
		int p = core_peer_of(c, m->incarnation);

		if (config_id_equal(m->incarnation, core_self(c)) || p == pp)
			continue;
		/* One that this host's list lacks may be alive. */
		if (p < 0 || (!c->peers[p].up && !failure_of(c, m)))
			return (0);
	}
	return (1);
}

/*
 * Rule 7.  After a start.  Without an arbiter this host goes on only with all
 * of its set; with one also without, when the primary is not to be heard.  The
 * host with the lowest number has its turn first.
 */
static void
waiting(struct core *c)
{
	int pp = core_primary_peer(c);

	if (config_id_zero(c->config.cluster) ||
	    config_in_sync(&c->config, core_self(c)) < 0 ||
	    !config_listed(&c->config, hosts_own_name(c)) ||
	    c->now_ms < c->claim_ms)
		return;
	if (all_wait(c)) {
		failure_leave_halted(c, proposal_draft(c));
		for (int i = 0; BUG(SERVE_ALONE_AT_RESTART) && i < c->cf.n; i++)
			if (i != c->cf.self)
				config_remove(
				    &c->proposal.next, c->peers[i].id);
		proposal_claim(c, P_CLAIM);
		return;
	}
	if (!core_arbitrated(c) || c->config.arbiter_changing ||
	    c->now_ms - c->waiting_ms < failure_timeout(c) *
		    (hosts_number(c, &c->config, hosts_own_name(c)) + 1) ||
	    (pp >= 0 && !failure_suspected(c, pp)))
		return;
	draft_claim(c);
	proposal_claim(c, P_CLAIM);
}

/* Rule 7. */
static void
backup(struct core *c)
{
	int pp = core_primary_peer(c);

	if (pp < 0 || !failure_suspected(c, pp))
		return;
	if (core_arbitrated(c) ? c->config.arbiter_changing
			       : !c->membership_confirmed) {
		core_move(c, ON_LOST);
		return;
	}
	if (!is_first(c, 0) || c->now_ms < c->claim_ms ||
	    (!core_arbitrated(c) && !knows_the_rest(c)))
		return;
	draft_claim(c);
	proposal_claim(c, P_CLAIM);
}

static void
joining(struct core *c)
{
	int pp = core_primary_peer(c);

	if (pp < 0 || !failure_suspected(c, pp))
		return;
	core_move(c, ON_LOST);
	if (BUG(TAKE_OVER_OUTSIDE)) {
		config_remove(proposal_draft(c), c->config.primary);
		proposal_claim(c, P_CLAIM);
	}
}

/* Rule 8: first the set, then what is accepted without the others. */
static int
shrink(struct core *c)
{
	evote_config *k = NULL;

	if (c->config.arbiter_changing)
		return (0);
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->config.in_sync.in_sync_val[i];

		if (!failure_must_leave(c, m))
			continue;
		if (k == NULL)
			k = proposal_draft(c);
		config_remove(k, m->incarnation);
		core_say(c, 1, "lost peer=%s%s epoch=%llu size=%llu", m->name,
		    failure_resigned(c, m) ? " why=room" : "",
		    (unsigned long long)c->config.epoch,
		    (unsigned long long)history_size(c->log));
	}
	if (k == NULL)
		return (0);
	proposal_make(c, P_SHRINK);
	return (1);
}

/* It has taken this epoch, and halted: it has not gone on, nor will it. */
static int
has_halted(const struct core *c, const struct peer *p)
{
	return (failure_halted(c, p) && p->config.epoch == c->config.epoch);
}

int
policy_confirmed(const struct core *c)
{
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const char *id = c->config.in_sync.in_sync_val[i].incarnation;
		const struct peer *p = core_member(c, id);

		if (!config_id_equal(id, core_self(c)) && !has_halted(c, p) &&
		    (p == NULL || p->round == 0))
			return (0);
	}
	return (1);
}

/*
 * Rule 6.  That everyone waited, or handed over, was said before: one may have
 * gone on since, and died. Nobody is left out before all have confirmed.
 */
static void
establishing(struct core *c)
{
	const evote_member *m = c->config.in_sync.in_sync_val;

	if (policy_confirmed(c))
		c->unverified_claim = c->must_reconfirm = 0;
	if (!c->unverified_claim) {
		shrink(c);
		return;
	}
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++)
		if (!config_id_equal(m[i].incarnation, core_self(c)) &&
		    failure_of(c, &m[i]) &&
		    !has_halted(c, core_member(c, m[i].incarnation))) {
			core_move(c, ON_LOST);
			return;
		}
}

/* A joiner that lacks nothing but records.  Rule 19: its key is on record. */
static int
may_join(const struct core *c, int i)
{
	const struct peer *p = &c->peers[i];

	return (i != c->cf.self && p->up && core_pushed(p) &&
	    failure_is_fit(p) && !p->first && p->room &&
	    config_in_sync(&c->config, p->id) < 0 &&
	    config_listed(&c->config, c->cf.names[i]) && cosign_may_join(c, p));
}

/*
 * Rule 9.  A joiner that is nearly level is waited for, a moment: from then on
 * nothing is accepted without it, so that it is level when the set grows.  1:
 * it is.
 */
static int
joiner_wait(struct core *c, struct peer *p)
{
	if (p->join == JOIN_NONE) {
		if (history_size(c->log) - p->acked > CLOSE_ENOUGH ||
		    p->round == 0 || c->now_ms < p->retry_ms)
			return (0);
		p->join = JOIN_COUNTS;
		p->counts_ms = c->now_ms;
	}
	if (p->acked >= c->committed)
		return (1);
	if (c->now_ms - p->counts_ms > LEVEL_MS && p->join == JOIN_COUNTS) {
		p->join = JOIN_NONE;
		p->retry_ms = c->now_ms + AGAIN_MS;
	}
	return (0);
}

/*
 * While it is not known whether the set has grown, nothing is accepted without
 * the joiner either: so that is not asked of an arbiter who is away.  Who halts
 * meanwhile, or has no room, is not waited for any longer.
 */
static int
grow(struct core *c)
{
	for (int i = 0; i < c->cf.n; i++) {
		struct peer *p = &c->peers[i];

		if (!may_join(c, i) || !arbitration_answers(c)) {
			if (p->join == JOIN_COUNTS)
				p->join = JOIN_NONE;
		} else if (joiner_wait(c, p)) {
			config_add(proposal_draft(c), c->cf.names[i], p->id);
			proposal_make(c, P_GROW);
			p->join =
			    arbitration_pending(c) ? JOIN_ASKED : JOIN_COUNTS;
			memcpy(p->joining, p->id, sizeof(p->joining));
			return (1);
		}
	}
	return (0);
}

/*
 * Every host of the set has confirmed the present configuration.  Only leaving
 * out dead hosts does not wait for that, and of those there are few.
 */
static int
config_confirmed(const struct core *c)
{
	return (lead_confirmed(c) > 0);
}

int
policy_may_take(const struct core *c, int i)
{
	const struct peer *p = &c->peers[i];

	return (p->up && core_pushed(p) && failure_is_fit(p) &&
	    config_listed(&c->config, c->cf.names[i]) &&
	    config_in_sync(&c->config, p->id) >= 0 &&
	    p->acked >= c->committed && !failure_is_gone(c, p));
}

int
core_can_fail_over(const struct core *c)
{
	if (c->role == EVOTE_BACKUP || c->role == EVOTE_JOINING)
		return (1);
	for (int i = 0; core_leads(c) && !c->arbiter_away && i < c->cf.n; i++)
		if (policy_may_take(c, i) && c->peers[i].in_flight == 0)
			return (1);
	return (0);
}

/* It may take the service over, has room for what is to come, and calls us. */
static int
may_go_on(const struct core *c, int i)
{
	return (
	    policy_may_take(c, i) && c->peers[i].room && c->peers[i].conn != 0);
}

int
core_full(const struct core *c)
{
	for (int i = 0; c->no_room && !c->arbiter_away && i < c->cf.n; i++)
		if (i != c->cf.self && may_go_on(c, i))
			return (0);
	return (c->no_room);
}

/* Rule 11. */
static void
handing(struct core *c)
{
	const struct queue *w = &c->writes, *r = &c->reads;
	struct peer *p = &c->peers[c->hand_to];

	if (!may_go_on(c, c->hand_to) || c->now_ms - c->hand_ms > HAND_MS) {
		c->hand_retry_ms = c->now_ms + AGAIN_MS;
		proposal_not_handed(c);
		core_move(c, ON_ABORT);
		return;
	}
	if (w->head != w->tail || r->head != r->tail ||
	    c->committed != history_size(c->log) || !config_confirmed(c))
		return;
	memcpy(proposal_draft(c)->primary, p->id, sizeof(p->id));
	proposal_make(c, P_HAND);
}

void
policy_hand_over(struct core *c, int to, int ordered)
{
	c->hand_to = to;
	c->hand_ordered = ordered;
	c->hand_ms = c->now_ms;
	c->relieved = c->no_room;
	core_move(c, ON_HAND);
	handing(c);
}

/*
 * Rules 11 and 17.  A host without room gives the service to whoever has some;
 * else a host that is preferred to this one and level gets it back.
 */
static void
give(struct core *c)
{
	int back = c->cf.failback && !c->no_room;

	if (c->now_ms < c->hand_retry_ms || !arbitration_answers(c))
		return;
	for (u_int n = 0; n < c->config.hosts.hosts_len; n++) {
		int i = hosts_slot(c, c->config.hosts.hosts_val[n].name);

		if (i != c->cf.self && may_go_on(c, i) &&
		    (c->no_room ||
			(back && hosts_preferred(c, i) &&
			    !c->peers[i].yielded))) {
			policy_hand_over(c, i, 0);
			return;
		}
	}
}

/*
 * A change of the arbiter is over when all of the set have confirmed it.  And
 * somebody may hold a configuration that was never taken up: a later one ends
 * that.
 */
static int
renew(struct core *c)
{
	if (c->config.arbiter_changing)
		proposal_draft(c)->arbiter_changing = 0;
	else if (!core_arbitrated(c) && c->seen_epoch > c->config.epoch &&
	    c->now_ms >= c->renew_ms) {
		c->renew_ms = c->now_ms + RENEW_MS;
		proposal_draft(c);
	} else
		return (0);
	proposal_make(c, P_RENEW);
	return (1);
}

/*
 * Without who may have joined nothing is accepted.  If it is away, or another
 * now, the arbiter tells by what it answers to the next epoch.
 */
static int
settle(struct core *c)
{
	for (int i = 0; i < c->cf.n; i++) {
		const struct peer *p = &c->peers[i];

		if (p->join == JOIN_ASKED && (!p->up || core_replaced(p)) &&
		    arbitration_answers(c)) {
			proposal_draft(c);
			proposal_make(c, P_RENEW);
			return (1);
		}
	}
	return (0);
}

static void
primary(struct core *c)
{
	if (shrink(c) || settle(c) || !config_confirmed(c) || renew(c))
		return;
	cosign_record(c);
	if (!grow(c))
		give(c);
}

void
policy_act(struct core *c)
{
	if (c->proposal.phase == PROPOSAL_CONFIRMING &&
	    lead_confirmed(c) >= c->proposal.round)
		proposal_put(c);
	if (proposal_open(c) || c->now_ms < c->again_ms)
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
	case EVOTE_ESTABLISHING:
		establishing(c);
		break;
	case EVOTE_PRIMARY:
		primary(c);
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
