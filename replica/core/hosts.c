#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/need.h"
#include "replica/core/core_impl.h"

int
hosts_slot(const struct core *c, const char *name)
{
	for (int i = 0; i < c->cf.n; i++)
		if (strcmp(c->cf.names[i], name) == 0)
			return (i);
	return (-1);
}

int
hosts_in_sync(const struct core *c, int i)
{
	const void *id = i == c->cf.self ? (const void *)core_self(c)
					 : (const void *)c->peers[i].id;

	return (config_in_sync(&c->config, id) >= 0 &&
	    strcmp(config_name(&c->config, id), c->cf.names[i]) == 0);
}

/* Before the cluster names its hosts: as this host's own list would. */
unsigned
hosts_number(const struct core *c, const evote_config *k, const char *name)
{
	const evote_listed *h = config_host(k, name);
	int own = hosts_slot(c, name);

	if (BUG(NUMBER_BY_OWN_LIST) && own >= 0)
		return ((unsigned)own);
	if (h != NULL)
		return (h->number);
	return (own < 0 ? EVOTE_HOSTS_MAX : (unsigned)own);
}

const char *
hosts_own_name(const struct core *c)
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
hosts_preferred(const struct core *c, int peer)
{
	return (place(&c->config, c->cf.names[peer]) <
	    place(&c->config, hosts_own_name(c)));
}

int
hosts_order_differs(const struct core *c)
{
	u_int last = 0, at;

	for (int i = 0; i < c->own_list; i++) {
		at = place(&c->config, c->cf.names[i]);
		if (at == EVOTE_HOSTS_MAX)
			continue; /* no host of the cluster */
		if (at < last)
			return (1);
		last = at;
	}
	return (0);
}

int
hosts_is_member(const struct core *c, const char *name)
{
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++)
		if (strcmp(c->config.in_sync.in_sync_val[i].name, name) == 0)
			return (1);
	return (0);
}

/* A host of the cluster, also one that is leaving. */
int
hosts_takes_part(const struct core *c, int peer)
{
	const char *name = c->cf.names[peer];

	return (config_listed(&c->config, name) || hosts_is_member(c, name));
}

int
hosts_timeout_differs(const struct core *c, int peer)
{
	const struct peer *p = &c->peers[peer];

	return (!core_arbitrated(c) && hosts_takes_part(c, peer) &&
	    p->suspect_ms != 0 && p->suspect_ms != c->cf.suspect_ms);
}

int
hosts_address_differs(const struct core *c, int peer)
{
	const evote_listed *h = config_host(&c->config, c->cf.names[peer]);

	return (peer < c->own_list && peer != c->cf.self && h != NULL &&
	    !c->peers[peer].reached &&
	    strcmp(h->address, c->cf.addresses[peer]) != 0);
}

static void
peer_new(struct core *c, int i, const char *name)
{
	struct peer *p = &c->peers[i];

	free((char *)c->cf.names[i]);
	config_clear(&p->config);
	free(p->epochs);
	memset(p, 0, sizeof(*p));
	p->role = EVOTE_HALTED;
	p->last_received_ms = c->now_ms;
	c->cf.names[i] = need_copy(name);
}

/* A place that no host of the cluster needs, or -1. */
static int
slot_free(const struct core *c, int connected)
{
	if (c->cf.n < EVOTE_HOSTS_MAX)
		return (c->cf.n);
	for (int i = 0; i < c->cf.n; i++)
		if (i != c->cf.self && !hosts_takes_part(c, i) &&
		    (connected || c->peers[i].conn == 0))
			return (i);
	return (-1);
}

static int
slot_make(struct core *c, const char *name, int first)
{
	int i = hosts_slot(c, name);

	if (i < 0)
		i = slot_free(c, 0);
	if (i < 0 && first)
		i = slot_free(c, 1);
	if (i < 0 || (i < c->cf.n && strcmp(c->cf.names[i], name) == 0))
		return (i);
	if (i == c->cf.n)
		c->cf.n++;
	else if (i < c->own_list)
		c->own_list = i;
	peer_new(c, i, name);
	return (i);
}

/* Those that take part are called, others may only call. */
static void
tell_driver(struct core *c, int i)
{
	const evote_listed *h = config_host(&c->config, c->cf.names[i]);

	if (i != c->cf.self)
		c->driver->host(c->arg, i, c->cf.names[i],
		    !hosts_takes_part(c, i) ? NULL
			: h == NULL	    ? ""
					    : h->address);
}

static void
tell_order(struct core *c)
{
	int differs = hosts_order_differs(c);

	if (differs && !c->order_told)
		core_say(c, 1,
		    "hosts order=differs hint=\"this host's own list has "
		    "another order than the cluster's, which counts\"");
	c->order_told = differs;
}

/* Where the link leads from now on it has not been reached yet. */
void
hosts_moved(struct core *c, const evote_config *old)
{
	for (int i = c->own_list; i < c->cf.n; i++) {
		const char *name = c->cf.names[i];
		const evote_listed *h = config_host(&c->config, name);
		const evote_listed *was = config_host(old, name);

		if (h != NULL && was != NULL &&
		    strcmp(h->address, was->address) != 0)
			c->peers[i].reached = 0;
	}
}

void
hosts_meet(struct core *c)
{
	for (u_int i = 0; i < c->config.hosts.hosts_len; i++)
		(void)slot_make(c, c->config.hosts.hosts_val[i].name, 1);
	for (int i = 0; i < c->cf.n; i++)
		tell_driver(c, i);
	tell_order(c);
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
hosts_first(const struct core *c, evote_config *k)
{
	for (int i = 0; i < c->own_list; i++)
		config_host_add(k, c->cf.names[i], c->cf.addresses[i]);
}
