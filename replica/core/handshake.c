#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"
#include "replica/core/identity.h"

/* Told again when it has changed. */
static void
note_timeout(struct core *c, int peer, uint64_t ms)
{
	struct peer *p = &c->peers[peer];
	int news = p->suspect_ms != ms;

	p->suspect_ms = ms;
	if (news && hosts_timeout_differs(c, peer))
		core_say(c, 1,
		    "suspect-ms differs here=%llu there=%llu peer=%s",
		    (unsigned long long)c->cf.suspect_ms,
		    (unsigned long long)ms, c->cf.names[peer]);
}

static void
note(struct core *c, int peer, evote_hello *h)
{
	struct peer *p = &c->peers[peer];

	/* Another disk in its place: what the old one said is void. */
	if (!config_id_equal(p->id, h->incarnation) &&
	    !BUG(EARLIER_SESSION_ACK)) {
		core_probe(p);
		p->acked = 0;
		p->round = 0;
		p->load = 0;
	}
	p->met = 1;
	memcpy(p->id, h->incarnation, sizeof(p->id));
	if (h->role == EVOTE_HALTED)
		p->phase = PEER_UNFIT;
	else if (p->role == EVOTE_HALTED && p->phase == PEER_UNFIT)
		p->phase = PEER_PROBING; /* it was promoted by force */
	p->role = h->role;
	config_clear(&p->config);
	config_copy(&p->config, &h->config);
	p->size = h->end.size;
	p->committed = h->committed;
	p->serial = h->serial;
	p->room = h->room;
	p->resigned = h->resigned;
	note_timeout(c, peer, h->suspect_ms);
	if (h->relieved)
		p->yielded = 0; /* with room it gets it back */
	free(p->epochs);
	p->epochs = h->epochs.epochs_val;
	p->n_epochs = h->epochs.epochs_len;
	h->epochs.epochs_val = NULL;
	h->epochs.epochs_len = 0;
	if (h->config.epoch > c->seen_epoch)
		c->seen_epoch = h->config.epoch;
}

/*
 * Two histories that both count: the host with the lower epoch was alone in
 * sync, so what it holds was accepted, and the other one neither has it nor
 * can have been told to go on without it.
 */
static int
split(const struct core *c, const struct peer *p)
{
	int low = c->config.epoch < p->config.epoch;
	const evote_config *low_config = low ? &c->config : &p->config;
	const evote_config *high_config = low ? &p->config : &c->config;
	const unsigned char *id = low ? core_self(c) : p->id;
	uint64_t size = low ? history_size(c->log) : p->size;

	/* With an arbiter a host that was replaced may well hold more. */
	if (core_arbitrated(c) ||
	    p->config.arbiter.kind != EVOTE_ARBITER_NONE ||
	    c->config.epoch == p->config.epoch ||
	    !config_alone(low_config, id) ||
	    config_in_sync(high_config, id) >= 0 ||
	    config_barred(high_config, id))
		return (0);
	/* Who only joins lacks records that count, and tells the other. */
	if (!low && config_in_sync(&c->config, core_self(c)) < 0)
		return (0);
	return (size > history_common(c->log, p->epochs, p->n_epochs));
}

/* An epoch has one author: who is primary, in sync, and in what order. */
static int
conflict(const struct core *c, const struct peer *p)
{
	return (p->config.epoch == c->config.epoch &&
	    !config_id_zero(c->config.cluster) &&
	    !config_id_zero(p->config.cluster) &&
	    !config_equal(&p->config, &c->config));
}

static int
claims_to_lead(const struct peer *p)
{
	return (config_id_equal(p->config.primary, p->id) &&
	    (p->role == EVOTE_ESTABLISHING || p->role == EVOTE_PRIMARY ||
		p->role == EVOTE_HANDING));
}

/*
 * The primary calls this host none of the cluster's.  In sync still, it may not
 * take over any more, and says so by halting: then it is left out.
 */
static void
removed(struct core *c)
{
	if (config_in_sync(&c->config, core_self(c)) >= 0)
		core_fault(c, 1,
		    "an operator removed this host from the cluster; stop it, "
		    "or add it again on the primary with `hosts add`, and "
		    "start it anew");
}

/*
 * What the primary of our configuration says of us.  Doubt (see stalled) is
 * ended only by an answer to a question asked since, that is, on our own link.
 */
static void
heed(struct core *c, const struct peer *p, int answer)
{
	int was = c->role;

	if (p->config.epoch != c->config.epoch || !claims_to_lead(p) ||
	    core_leads(c) || c->role == EVOTE_HALTED)
		return;
	if (!config_listed(&c->config, hosts_own_name(c))) {
		removed(c);
		return;
	}
	/*
	 * The arbiter may have granted what we asked, but without us nobody
	 * is told anything under it, and it tells us when we ask again.
	 */
	if (c->role == EVOTE_CLAIMING &&
	    (c->proposal.phase == PROPOSAL_STORING || !core_arbitrated(c)))
		return;
	if (c->role == EVOTE_CLAIMING)
		proposal_forget(c);
	if (config_in_sync(&c->config, core_self(c)) < 0 || c->resigned)
		core_move(c, ON_FOLLOW);
	else {
		core_move(c, ON_IN_SYNC);
		if (answer)
			c->must_reconfirm = 0;
		if ((was != EVOTE_BACKUP && !c->must_reconfirm) || answer)
			c->membership_confirmed = 1;
	}
}

/* Rule 16.  What is accepted every host in sync has had on its disk. */
static int
lacks_accepted(const struct core *c, const struct peer *p)
{
	return (p->config.epoch == c->config.epoch &&
	    config_in_sync(&c->config, core_self(c)) >= 0 &&
	    config_in_sync(&c->config, p->id) >= 0 &&
	    p->committed > history_size(c->log) && !BUG(FOLLOW_A_SHORT_LEDGER));
}

static void
learn(struct core *c, int peer, evote_hello *h, int answer)
{
	struct peer *p = &c->peers[peer];
	uint64_t decided;

	/* Overtaken by a later one, on the other connection. */
	if (p->met && config_id_equal(p->id, h->incarnation) &&
	    h->config.epoch < p->config.epoch)
		return;
	/*
	 * So, too, perhaps by a connection that has ended.  If it has not, the
	 * later one speaks for this one's question as well.
	 */
	if (config_id_equal(p->id, h->incarnation) && h->serial < p->serial &&
	    !BUG(LATE_GREETING)) {
		if (p->met)
			heed(c, p, answer);
		return;
	}
	note(c, peer, h);
	if (answer)
		core_hear_clock(c, peer, h->clock, h->asked);
	if (c->role == EVOTE_HALTED ||
	    (config_barred(&c->config, p->id) &&
		c->config.forced_epoch >= p->config.forced_epoch))
		return;
	if (proposal_bars(c, &p->config))
		return;
	if (conflict(c, p)) {
		core_fault(c, 1,
		    "this host and %s hold different configurations of epoch "
		    "%llu, so both have decided alone; choose one of them with "
		    "`promote --force`",
		    c->cf.names[peer], (unsigned long long)c->config.epoch);
		return;
	}
	if (split(c, p)) {
		core_fault(c, 1,
		    "this host and %s have each accepted votes the "
		    "other lacks; choose one of them with `promote --force`",
		    c->cf.names[peer]);
		return;
	}
	decided = proposal_decided(c);
	/* One of its own may have been granted, and only others know. */
	if (p->config.epoch > decided && !arbitration_granted(c, &p->config) &&
	    (core_arbitrated(c) || !core_leads(c) ||
		!config_id_equal(p->config.primary, core_self(c))))
		proposal_adopt(c, &p->config);
	if (lacks_accepted(c, p)) {
		core_fault(c, 0,
		    "this host has %llu records, and %s knows that %llu are "
		    "accepted: this disk has lost some" CORE_ASIDE,
		    (unsigned long long)history_size(c->log), c->cf.names[peer],
		    (unsigned long long)p->committed);
		return;
	}
	heed(c, p, answer);
}

void
handshake_take(struct core *c, int peer, struct message *m, uint64_t conn)
{
	evote_hello *h = &m->u.hello;

	if (identity_check(c, peer, h, conn == 0) == -1) {
		/* Who is there now says so in its reply. */
		if (c->peers[peer].returned)
			hello_send(c, peer);
		return;
	}
	if (conn == 0)
		core_answered(c, peer);
	else
		core_heard(c, peer);
	learn(c, peer, h, conn == 0);
	/* On our own link the answer comes after all we pushed before. */
	if (conn == 0 && c->peers[peer].config.epoch == c->config.epoch)
		lead_ready(c, peer);
}

/* The peer refuses us, and is to know whom: it may find a copy of itself. */
void
handshake_refused(struct core *c, int peer, evote_refusal why)
{
	identity_refused(c, peer, why);
	c->driver->call(c->arg, peer, hello_call(c));
}
