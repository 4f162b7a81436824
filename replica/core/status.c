#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "replica/core/alarm.h"
#include "replica/core/core_impl.h"

static char *
arbiter_text(const evote_arbiter *a)
{
	static const char *const kinds[] = {"none", "witness", "etcd"};
	char text[EVOTE_TEXT_MAX + 1];

	snprintf(text, sizeof(text), "%s%s%s", kinds[a->kind],
	    a->where[0] == '\0' ? "" : " ", a->where);
	return (need_copy(text));
}

static void
host_state(const struct core *c, const char *name, evote_host_state *h)
{
	int i = hosts_slot(c, name), self = i == c->cf.self;

	h->name = need_copy(name);
	/* A ninth, who asks, has no place for all eight others. */
	if (i < 0)
		return;
	h->connected = self || c->peers[i].up;
	h->in_sync = hosts_in_sync(c, i);
	h->acked = self ? c->durable : c->peers[i].acked;
}

/*
 * As the configuration names them; before there is one, as this host's own list
 * does.
 */
static void
hosts(const struct core *c, evote_status_res *s)
{
	u_int known = c->config.hosts.hosts_len;

	s->hosts.hosts_val =
	    need_zeroed(EVOTE_HOSTS_MAX, sizeof(*s->hosts.hosts_val));
	s->hosts.hosts_len = known > 0 ? known : (u_int)c->cf.n;
	for (u_int i = 0; i < s->hosts.hosts_len; i++)
		host_state(c,
		    known > 0 ? c->config.hosts.hosts_val[i].name
			      : c->cf.names[i],
		    &s->hosts.hosts_val[i]);
}

/* Whom a host that does not serve, or does not get on, is waiting for. */
static void
waits(const struct core *c, evote_status_res *s)
{
	u_int n = 0;

	s->waiting_for.waiting_for_val =
	    need_zeroed(EVOTE_HOSTS_MAX, sizeof(evote_host));
	if (c->role != EVOTE_WAITING && c->role != EVOTE_ESTABLISHING &&
	    !stuck_long(c))
		return;
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->config.in_sync.in_sync_val[i];

		if (stuck_long(c)
			? stuck_on(c, requests_oldest(c), m)
			: !config_id_equal(m->incarnation, core_self(c)))
			s->waiting_for.waiting_for_val[n++] =
			    need_copy(m->name);
	}
	/* An empty directory: anyone who has the cluster's ledger. */
	for (int i = 0; config_id_zero(c->config.cluster) && i < c->cf.n; i++)
		if (i != c->cf.self)
			s->waiting_for.waiting_for_val[n++] =
			    need_copy(c->cf.names[i]);
	s->waiting_for.waiting_for_len = n;
}

void
core_status(const struct core *c, evote_status_res *s)
{
	int p = core_primary_peer(c);

	s->name = need_copy(c->cf.names[c->cf.self]);
	s->role = c->role;
	s->primary = need_copy(core_leads(c) ? c->cf.names[c->cf.self]
		: p >= 0		     ? c->cf.names[p]
					     : "");
	s->size = history_size(c->log);
	history_root(c->log, s->size, (unsigned char *)s->root);
	s->in_sync = (core_leads(c) || c->role == EVOTE_BACKUP) &&
	    config_in_sync(&c->config, core_self(c)) >= 0;
	waits(c, s);
	alarm_list(c, s);
	s->forced_epoch = c->config.forced_epoch;
	hosts(c, s);
	s->arbiter = arbiter_text(&c->config.arbiter);
	s->arbiter_away = c->arbiter_away;
}

static void
add_last_heard(
    const struct core *c, const evote_member *m, char *text, size_t size)
{
	int i = core_peer_of(c, m->incarnation);
	const struct peer *p = i < 0 ? NULL : &c->peers[i];

	if (p == NULL || config_id_zero(p->config.cluster))
		core_add_text(text, size,
		    "; %s was in sync and has not been heard of since this "
		    "host started",
		    m->name);
	else
		core_add_text(text, size,
		    "; %s was in sync, was last heard of %llu s ago and had "
		    "told of %llu records",
		    m->name,
		    (unsigned long long)(c->now_ms - p->last_received_ms) /
			1000,
		    (unsigned long long)(p->acked > p->size ? p->acked
							    : p->size));
}

void
core_loss(const struct core *c, int done, char *text, size_t size)
{
	snprintf(text, size,
	    "Votes that other hosts accepted beyond the %llu records on this "
	    "host %s. This host %s in epoch %llu",
	    (unsigned long long)c->durable,
	    done ? "are no longer part of the election" : "would be lost",
	    config_in_sync(&c->config, core_self(c)) >= 0 ? "was in sync"
							  : "was NOT in sync",
	    (unsigned long long)c->config.epoch);
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->config.in_sync.in_sync_val[i];

		if (!config_id_equal(m->incarnation, core_self(c)))
			add_last_heard(c, m, text, size);
	}
}
