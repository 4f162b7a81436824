#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/mutant.h"
#include "replica/core/core_impl.h"

/* The only place where a role changes; role.c says which changes there are. */
void
core_move(struct core *c, enum role_event on)
{
	evote_role from = c->role;
	int to = role_next(from, on);

	assert(to >= 0);
	if ((evote_role)to == from)
		return;
	core_say(c, to == EVOTE_HALTED,
	    "role from=%s to=%s on=%s epoch=%llu size=%llu accepted=%llu",
	    role_name(from), role_name(to), role_event_name(on),
	    (unsigned long long)c->config.epoch,
	    (unsigned long long)history_size(c->log),
	    (unsigned long long)c->committed);
	c->role = to;
	/* What made a backup primary is heard of again. */
	if (from == EVOTE_BACKUP)
		c->proposal.phase = PROPOSAL_IDLE;
	if (to == EVOTE_PRIMARY || to == EVOTE_BACKUP || to == EVOTE_JOINING)
		c->claims = 0;
	if (to == EVOTE_PRIMARY && from != EVOTE_HANDING)
		c->driver->serving(c->arg, 1);
	if (from == EVOTE_PRIMARY || from == EVOTE_HANDING)
		if (!core_leads(c)) {
			c->driver->serving(c->arg, 0);
			requests_release_all(c);
		}
	if (to != EVOTE_BACKUP)
		c->membership_confirmed = 0;
	if (to == EVOTE_WAITING) {
		c->matched = 0;
		c->waiting_ms = c->now_ms;
	}
	if (!core_leads(c)) {
		core_reset_peers(c);
		for (int i = 0; i < c->cf.n; i++)
			c->peers[i].yielded = 0;
	}
	if (to != EVOTE_CLAIMING && to != EVOTE_PRIMARY && to != EVOTE_HANDING)
		c->hello_due = 1;
}

/*
 * This host must not go on; what it holds stays as it is.  The callers are all
 * the reasons to halt.
 */
void
core_fault(struct core *c, int may_force, const char *fmt, ...)
{
	va_list ap;

	if (c->role == EVOTE_HALTED)
		return;
	va_start(ap, fmt);
	vsnprintf(c->fault, sizeof(c->fault), fmt, ap);
	va_end(ap);
	c->may_force = may_force;
	c->proposal.phase = PROPOSAL_IDLE;
	core_say(c, 1, "halt epoch=%llu size=%llu why=\"%s\"",
	    (unsigned long long)c->config.epoch,
	    (unsigned long long)history_size(c->log), c->fault);
	core_move(c, ON_FAULT);
}

void
core_take_config(struct core *c, const evote_config *k)
{
	evote_config old = c->config;
	char set[EVOTE_HOSTS_MAX * (EVOTE_HOST_MAX + 1) + 1] = "";
	size_t len = 0;

	assert(k->epoch > old.epoch || config_id_zero(old.cluster) ||
	    BUG(SAME_EPOCH));
	config_copy(&c->config, k);
	if (c->config.arbiter.kind != old.arbiter.kind ||
	    strcmp(c->config.arbiter.where, old.arbiter.where) != 0)
		c->arbiter_ms = c->now_ms;
	hosts_moved(c, &old);
	config_clear(&old);
	if (k->epoch > c->seen_epoch)
		c->seen_epoch = k->epoch;
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++)
		len += (size_t)snprintf(set + len, sizeof(set) - len, "%s%s",
		    i == 0 ? "" : ",", c->config.in_sync.in_sync_val[i].name);
	core_say(c, 0, "config epoch=%llu primary=%s in_sync=%s size=%llu",
	    (unsigned long long)c->config.epoch,
	    config_name(&c->config, c->config.primary), set,
	    (unsigned long long)history_size(c->log));
	c->matched = 0;
	core_restamp(c);
	core_reset_peers(c);
	hosts_meet(c);
	c->hello_due = 1;
}

void
core_reconfirm(struct core *c)
{
	c->membership_confirmed = 0;
	c->must_reconfirm = 1;
	for (int i = 0; i < c->cf.n; i++)
		if (c->peers[i].up)
			c->driver->reset(c->arg, i);
}
