#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"

/* ---- who is who ---- */

int
core_slot(const struct core *c, const char *name)
{
	for (int i = 0; i < c->cf.n; i++)
		if (strcmp(c->cf.names[i], name) == 0)
			return (i);
	return (-1);
}

/* Before the cluster names its hosts: as this host's own list would. */
unsigned
core_number(const struct core *c, const evote_config *k, const char *name)
{
	const evote_listed *h = config_host(k, name);
	int own = core_slot(c, name);

	if (BUG_NUMBER_BY_OWN_LIST && own >= 0)
		return ((unsigned)own);
	if (h != NULL)
		return (h->number);
	return (own < 0 ? EVOTE_HOSTS_MAX : (unsigned)own);
}

const char *
core_name(const struct core *c)
{
	return (c->cf.names[c->cf.self]);
}

/* The place in the order of preference, 0 first. */
static u_int
place(const evote_config *k, const char *name)
{
	const evote_listed *h = config_host(k, name);

	return (h == NULL ? EVOTE_HOSTS_MAX : (u_int)(h - k->hosts.hosts_val));
}

int
core_preferred(const struct core *c, int peer)
{
	return (place(&c->k, c->cf.names[peer]) < place(&c->k, core_name(c)));
}

static int
is_member(const struct core *c, const char *name)
{
	for (u_int i = 0; i < c->k.in_sync.in_sync_len; i++)
		if (strcmp(c->k.in_sync.in_sync_val[i].name, name) == 0)
			return (1);
	return (0);
}

/* A host of the cluster, also one that is leaving. */
int
core_takes_part(const struct core *c, int peer)
{
	const char *name = c->cf.names[peer];

	return (config_listed(&c->k, name) || is_member(c, name));
}

/* ---- places for them, one each ---- */

static void
peer_new(struct core *c, int i, const char *name)
{
	struct peer *p = &c->peers[i];

	free((char *)c->cf.names[i]);
	config_clear(&p->k);
	free(p->epochs);
	memset(p, 0, sizeof(*p));
	p->role = EVOTE_HALTED;
	p->heard_ms = c->now_ms;
	c->cf.names[i] = core_copy(name);
}

/* A place that no host of the cluster needs, or -1. */
static int
slot_free(const struct core *c, int connected)
{
	if (c->cf.n < EVOTE_HOSTS_MAX)
		return (c->cf.n);
	for (int i = 0; i < c->cf.n; i++)
		if (i != c->cf.self && !core_takes_part(c, i) &&
		    (connected || c->peers[i].conn == 0))
			return (i);
	return (-1);
}

static int
slot_make(struct core *c, const char *name, int first)
{
	int i = core_slot(c, name);

	if (i < 0)
		i = slot_free(c, 0);
	if (i < 0 && first)
		i = slot_free(c, 1);
	if (i < 0 || (i < c->cf.n && strcmp(c->cf.names[i], name) == 0))
		return (i);
	if (i == c->cf.n)
		c->cf.n++;
	peer_new(c, i, name);
	return (i);
}

/* Those that take part are called, others may only call. */
static void
tell_driver(struct core *c, int i)
{
	const evote_listed *h = config_host(&c->k, c->cf.names[i]);

	if (i != c->cf.self)
		c->driver->host(c->arg, i, c->cf.names[i],
		    !core_takes_part(c, i) ? NULL
			: h == NULL	   ? ""
					   : h->address);
}

void
core_meet_hosts(struct core *c)
{
	for (u_int i = 0; i < c->k.hosts.hosts_len; i++)
		(void)slot_make(c, c->k.hosts.hosts_val[i].name, 1);
	for (int i = 0; i < c->cf.n; i++)
		tell_driver(c, i);
}

int
core_visitor(struct core *c, const char *name)
{
	int i = name[0] == '\0' ? -1 : slot_make(c, name, 0);

	if (i >= 0)
		tell_driver(c, i);
	return (i == c->cf.self ? -1 : i);
}

/* The order that the cluster has not got yet comes from its first host. */
void
core_first_hosts(const struct core *c, evote_config *k)
{
	for (int i = 0; i < c->own_list; i++)
		config_host_add(k, c->cf.names[i], c->cf.addresses[i]);
}

/* ---- operators ---- */

/* A change is begun when all of the set know the present K: see settled. */
static const char *
may_change(const struct core *c, int *again)
{
	*again = 0;
	if (c->role != EVOTE_PRIMARY)
		return ("this host is not the primary; run it there");
	if (c->arbiter_away)
		return ("the arbiter does not answer, and has to agree");
	*again = c->proposal != P_NONE || c->k.joint || lead_confirmed(c) == 0;
	return (*again ? "the set of hosts is being changed just now" : NULL);
}

const char *
core_add_host(struct core *c, const char *name, const char *address, int *again)
{
	const char *why = may_change(c, again);
	const evote_listed *h = config_host(&c->k, name);

	if (why != NULL)
		return (why);
	if (h != NULL && h->leaving)
		return ("that host is still leaving; see status");
	if (h != NULL && strcmp(h->address, address) == 0)
		return (NULL);
	if (h == NULL && c->k.hosts.hosts_len == EVOTE_HOSTS_MAX)
		return ("a cluster has eight hosts at most");
	config_host_add(decide_draft(c), name, address);
	decide_hosts(c);
	return (NULL);
}

const char *
core_remove_host(struct core *c, const char *name, int *again)
{
	const char *why = may_change(c, again);
	const evote_listed *h = config_host(&c->k, name);

	if (why != NULL)
		return (why);
	if (strcmp(name, core_name(c)) == 0)
		return ("it is the primary: hand the service over first, and "
			"remove it there");
	if (h == NULL)
		return ("the cluster has no host of that name");
	if (h->leaving)
		return (NULL);
	if (is_member(c, name) && c->k.in_sync.in_sync_len <= 2)
		return ("it is the only other host in sync: without it no vote "
			"has a copy; add another host first, or stop this one "
			"and remove it then");
	/*
	 * Out of the set comes only who has halted or died: it could take over
	 * else.  It reads of this, and halts.
	 */
	if (is_member(c, name) && !BUG_REMOVE_AT_ONCE)
		config_host(decide_draft(c), name)->leaving = 1;
	else
		config_host_remove(decide_draft(c), name);
	for (u_int i = 0; BUG_REMOVE_AT_ONCE && i < c->k.in_sync.in_sync_len;
	     i++)
		if (strcmp(c->k.in_sync.in_sync_val[i].name, name) == 0)
			config_remove(&c->next_k,
			    c->k.in_sync.in_sync_val[i].incarnation);
	decide_hosts(c);
	return (NULL);
}

const char *
core_prefer(struct core *c, const char *const *names, int n, int *again)
{
	const char *why = may_change(c, again);

	if (why != NULL)
		return (why);
	for (int i = 0; i < n; i++)
		if (config_host(&c->k, names[i]) == NULL)
			return ("the cluster has no host of one of those "
				"names");
	config_prefer(decide_draft(c), names, n);
	decide_hosts(c);
	/* Who gave the service to this one by hand may have it back. */
	for (int i = 0; i < c->cf.n; i++)
		c->peers[i].gave = 0;
	return (NULL);
}
