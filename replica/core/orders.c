#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"

/* Where another host is, serve_admin.c names that instead. */
#define NOT_PRIMARY \
	"this host is not the primary, and knows of none now; see `status`"
#define CHANGING                                                    \
	"the set of hosts is being changed just now; run the same " \
	"command again"

#define AWAY                                                                \
	"a host in sync is away. There is no old arbiter to ask, so "       \
	"every host in sync has to know the new one: start it, or promote " \
	"this host by force"

#define ARBITER_SILENT                                                    \
	"the arbiter does not answer, and it has to agree; start it, or " \
	"if it will never answer again, name another one, or none, with " \
	"--replace-dead"

#define ARBITER_BLANK                                                     \
	"the arbiter answers, but knows no decision of this cluster; if " \
	"it began with an empty directory, name it again with "           \
	"`arbiter ... --replace-dead`"

#define ARBITER_STRANGER                                                      \
	"the arbiter serves another cluster; name one of this cluster's own " \
	"with `arbiter ... --replace-dead`"

#define ARBITER_AWAY                                                    \
	"a change waits for the arbiter, which does not answer; start " \
	"it, or if it will never answer again, add --replace-dead"

static const char *
arbiter_silent(const struct core *c, const char *silent)
{
	if (!arbitration_blank(c))
		return (silent);
	return (c->arbiter_stranger ? ARBITER_STRANGER : ARBITER_BLANK);
}

const char *
core_handover(struct core *c, const char *name)
{
	if (c->role != EVOTE_PRIMARY)
		return (NOT_PRIMARY);
	if (proposal_open(c))
		return (CHANGING);
	if (c->arbiter_away)
		return (arbiter_silent(c, ARBITER_SILENT));
	for (int i = 0; i < c->cf.n; i++) {
		if (strcmp(c->cf.names[i], name) != 0)
			continue;
		if (i == c->cf.self)
			return ("this host is the primary already");
		if (!policy_may_take(c, i))
			return ("that host is not in sync; see `status`");
		if (!c->peers[i].room)
			return ("that host's disk is nearly full; make room "
				"there first");
		if (c->peers[i].conn == 0)
			return ("that host cannot call this one; see its "
				"`status`, and look at the address that it "
				"has for this host");
		proposal_begin_order(c);
		policy_hand_over(c, i, 1);
		return (NULL);
	}
	return ("there is no host of that name; `hosts` shows them");
}

/* An operator alone can end it: nobody grants what would have to be decided. */
static int
is_stuck(const struct core *c)
{
	/* Who may have joined, and is away: its joining was given up. */
	for (int i = 0; i < c->cf.n; i++)
		if (c->peers[i].join != JOIN_NONE && !c->peers[i].up)
			return (1);
	return (arbitration_overdue(c) ||
	    (c->config.arbiter_changing && !failure_none(c)));
}

static const char *
alive_text(struct core *c, const char *primary)
{
	snprintf(c->refusal, sizeof(c->refusal),
	    "the primary, %s, is alive: run `handover %s` there", primary,
	    hosts_own_name(c));
	return (c->refusal);
}

const char *
core_promote(struct core *c, uint64_t epoch, int accept_loss)
{
	int pp = core_primary_peer(c);
	evote_config *k;

	/* What the arbiter was asked, and does not answer, is given up. */
	if (c->role == EVOTE_PRIMARY && !is_stuck(c))
		return ("this host is the primary already");
	if ((proposal_open(c) || core_leads(c)) && !is_stuck(c))
		return ("this host is becoming primary just now; ask again");
	if (c->role == EVOTE_HALTED && !c->may_force)
		return (
		    "this host's own ledger cannot be trusted; its `status` "
		    "says why");
	if (c->role != EVOTE_HALTED && pp >= 0 && !failure_suspected(c, pp))
		return (alive_text(c, c->cf.names[pp]));
	if (config_id_zero(c->config.cluster))
		return ("this host has never been in sync with any cluster; "
			"promote one that was");
	if (epoch != c->config.epoch)
		return ("the epoch given is not the one that `status` shows "
			"for this host; give that one");
	if (!accept_loss)
		return ("votes accepted elsewhere may be lost; add "
			"--accept-loss to proceed");
	if (proposal_open(c))
		proposal_drop(c);
	k = proposal_draft(c);
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
		const void *id = p->join == JOIN_ASKED ? p->joining : p->id;

		if (i != c->cf.self &&
		    (p->join != JOIN_NONE ||
			config_in_sync(&p->config, id) >= 0) &&
		    !config_barred(k, id))
			config_bar(k, c->cf.names[i], id);
	}
	/* Who was removed, and is all that is left. */
	if (!config_listed(k, hosts_own_name(c)) &&
	    k->hosts.hosts_len < EVOTE_HOSTS_MAX)
		config_host_add(k, hosts_own_name(c), "");
	/* The arbiter would have to agree: an operator puts it back. */
	config_arbiter(k, EVOTE_ARBITER_NONE, "");
	k->arbiter_changing = 0;
	if (core_leads(c))
		core_move(c, ON_LOST);
	proposal_claim(c, P_FORCE);
	return (NULL);
}

/* Every host of the set is here and follows. */
static int
all_follow(const struct core *c)
{
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->config.in_sync.in_sync_val[i];
		int p = core_peer_of(c, m->incarnation);

		if (!config_id_equal(m->incarnation, core_self(c)) &&
		    (failure_of(c, m) || !c->peers[p].up ||
			!core_pushed(&c->peers[p])))
			return (0);
	}
	return (1);
}

/* Who may have joined, unless its disk was replaced since: then nobody has. */
static int
is_undecided(const struct core *c, int i)
{
	const struct peer *p = &c->peers[i];

	return (p->join == JOIN_ASKED && !(p->met && core_replaced(p)));
}

/*
 * The dead one was asked who is in the set, and may have answered others.  All
 * whom that concerns have to know the next one.
 */
static const char *
give_up_asking(struct core *c)
{
	if (!all_follow(c))
		return (AWAY);
	for (int i = 0; i < c->cf.n; i++)
		if (is_undecided(c, i) &&
		    (!c->peers[i].up || !c->peers[i].met ||
			!failure_is_fit(&c->peers[i])))
			return ("a host that may have joined is away. Start "
				"it, or promote this host by force");
	if (arbitration_overdue(c))
		proposal_drop(c);
	for (int i = 0; i < c->cf.n; i++)
		if (!is_undecided(c, i) && c->peers[i].join == JOIN_ASKED)
			c->peers[i].join = JOIN_NONE;
	return (NULL);
}

/* They may be in the set: nothing was accepted without them. */
static void
add_undecided(const struct core *c, evote_config *k)
{
	for (int i = 0; i < c->cf.n; i++)
		if (is_undecided(c, i))
			config_add(k, c->cf.names[i], c->peers[i].joining);
}

const char *
core_arbiter(
    struct core *c, evote_arbiter_kind kind, const char *where, int old_is_dead)
{
	const char *why;
	int untold;

	/* The new one may die as well, before it was of any use. */
	if (c->role != EVOTE_PRIMARY)
		return (NOT_PRIMARY);
	if (core_arbitrated(c) && old_is_dead &&
	    (why = give_up_asking(c)) != NULL)
		return (why);
	if (proposal_open(c) || (c->config.arbiter_changing && !old_is_dead))
		return (c->arbiter_away && !old_is_dead
			? arbiter_silent(c, ARBITER_AWAY)
			: CHANGING);
	/* Who has not heard of it would go on without asking it. */
	untold = core_arbitrated(c) ? old_is_dead : kind != EVOTE_ARBITER_NONE;
	if (untold && !all_follow(c))
		return (AWAY);
	config_arbiter(proposal_draft(c), kind, where);
	add_undecided(c, &c->proposal.next);
	c->proposal.next.arbiter_changing = untold;
	proposal_make(c, P_ARBITER);
	return (NULL);
}

/*
 * A change is begun when all of the set know the present configuration: see
 * config_confirmed.
 */
static const char *
may_change(const struct core *c, int *again)
{
	*again = 0;
	if (c->role != EVOTE_PRIMARY)
		return (NOT_PRIMARY);
	if (c->arbiter_away)
		return (arbiter_silent(c, ARBITER_SILENT));
	*again = proposal_open(c) || c->config.arbiter_changing ||
	    lead_confirmed(c) == 0;
	return (*again ? CHANGING : NULL);
}

const char *
core_add_host(struct core *c, const char *name, const char *address, int *again)
{
	const char *why = may_change(c, again);
	const evote_listed *h = config_host(&c->config, name);

	if (why != NULL)
		return (why);
	if (h != NULL && h->leaving)
		return ("that host is still leaving; see `status`");
	if (h != NULL && strcmp(h->address, address) == 0)
		return (NULL);
	if (h == NULL && c->config.hosts.hosts_len == EVOTE_HOSTS_MAX)
		return ("a cluster has eight hosts at most; remove one first");
	config_host_add(proposal_draft(c), name, address);
	proposal_make(c, P_HOSTS);
	return (NULL);
}

const char *
core_remove_host(struct core *c, const char *name, int *again)
{
	const char *why = may_change(c, again);
	const evote_listed *h = config_host(&c->config, name);

	if (why != NULL)
		return (why);
	if (strcmp(name, hosts_own_name(c)) == 0)
		return ("it is the primary: hand the service over first, and "
			"remove it there");
	if (h == NULL)
		return ("the cluster has no host of that name; `hosts` shows "
			"them");
	if (h->leaving)
		return (NULL);
	if (hosts_is_member(c, name) && c->config.in_sync.in_sync_len <= 2)
		return ("it is the only other host in sync; without it, votes "
			"would have no copy. Add another host first, or stop "
			"this one and then remove it");
	/*
	 * Rule 18.  Out of the set comes only who has halted or died: it could
	 * take over else.  It reads of this, and halts.
	 */
	if (hosts_is_member(c, name) && !BUG(REMOVE_AT_ONCE))
		config_host(proposal_draft(c), name)->leaving = 1;
	else
		config_host_remove(proposal_draft(c), name);
	for (u_int i = 0;
	     BUG(REMOVE_AT_ONCE) && i < c->config.in_sync.in_sync_len; i++)
		if (strcmp(c->config.in_sync.in_sync_val[i].name, name) == 0)
			config_remove(&c->proposal.next,
			    c->config.in_sync.in_sync_val[i].incarnation);
	proposal_make(c, P_HOSTS);
	return (NULL);
}

const char *
core_prefer(struct core *c, const char *const *names, int n, int *again)
{
	const char *why = may_change(c, again);

	if (why != NULL)
		return (why);
	for (int i = 0; i < n; i++)
		if (config_host(&c->config, names[i]) == NULL)
			return ("the cluster has no host of one of those "
				"names; `hosts` shows them");
	config_prefer(proposal_draft(c), names, n);
	proposal_make(c, P_HOSTS);
	/* Who gave the service to this one by hand may have it back. */
	for (int i = 0; i < c->cf.n; i++)
		c->peers[i].yielded = 0;
	return (NULL);
}
