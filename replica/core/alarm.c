#include "replica/core/alarm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "replica/core/core_impl.h"
#include "replica/core/refusal.h"

/* Its place among the others: whoever has the key can change the election. */
static unsigned
severity(evote_alarm_kind kind)
{
	return (kind == EVOTE_ALARM_SECRET ? 2 * EVOTE_ALARM_UNCONFIRMED + 1
					   : 2 * kind);
}

void
alarm_add(evote_status_res *s, evote_alarm_kind kind, const char *fmt, ...)
{
	char text[EVOTE_TEXT_MAX + 1];
	u_int n = s->alarms.alarms_len, i;
	evote_alarm *a = s->alarms.alarms_val;
	va_list ap;

	if (a == NULL)
		a = need_zeroed(EVOTE_ALARMS_MAX + 1, sizeof(*a));
	s->alarms.alarms_val = a;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (i = n; i > 0 && severity(a[i - 1].kind) > severity(kind); i--)
		a[i] = a[i - 1];
	a[i].kind = kind;
	a[i].text = need_copy(text);
	if (n == EVOTE_ALARMS_MAX)
		free(a[n].text);
	else
		s->alarms.alarms_len++;
}

static int
is_serving_peer(const struct peer *p)
{
	return (p->met && config_id_equal(p->config.primary, p->id) &&
	    (p->role == EVOTE_PRIMARY || p->role == EVOTE_HANDING));
}

static void
two_primaries(const struct core *c, evote_status_res *s)
{
	for (int i = 0; c->role == EVOTE_PRIMARY && i < c->cf.n; i++)
		if (i != c->cf.self && is_serving_peer(&c->peers[i]))
			alarm_add(s, EVOTE_ALARM_TWO_PRIMARIES,
			    "Two primaries: %s serves as well. Stop one now, "
			    "and keep both data directories; then see "
			    "OPERATING, \"What the alarms mean\".",
			    c->cf.names[i]);
}

static void
refusals(const struct core *c, evote_status_res *s)
{
	for (int i = 0; i < c->cf.n; i++) {
		const struct peer *p = &c->peers[i];

		/* One that is no host, and does not come any more. */
		if (p->conn == 0 && !hosts_takes_part(c, i))
			continue;
		if (p->refusal != EVOTE_NOT_REFUSED)
			alarm_add(s, EVOTE_ALARM_REFUSED, "Refusing %s: %s.",
			    c->cf.names[i], refusal_ours(p->refusal));
		if (p->refused_by != EVOTE_NOT_REFUSED)
			alarm_add(s, EVOTE_ALARM_REFUSED, "Refused by %s: %s.",
			    c->cf.names[i], refusal_theirs(p->refused_by));
	}
	for (int i = 0; i < STRANGERS; i++) {
		const struct stranger *n = &c->strangers[i];

		if (n->why != EVOTE_NOT_REFUSED &&
		    c->now_ms - n->last_received_ms < STRANGER_MS)
			alarm_add(s, EVOTE_ALARM_REFUSED, "Refusing %s: %s.",
			    n->name, refusal_ours(n->why));
	}
}

/* The names that pick chooses, " beta, gamma"; how many. */
static int
names(const struct core *c, int (*pick)(const struct core *, int), char *text,
    size_t size)
{
	size_t len = 0;
	int n = 0;

	text[0] = '\0';
	for (int i = 0; i < c->cf.n; i++)
		if (pick(c, i) && len < size)
			len += (size_t)snprintf(text + len, size - len, "%s%s",
			    n++ == 0 ? "" : ", ", c->cf.names[i]);
	return (n);
}

static int
is_absent(const struct core *c, int i)
{
	return (
	    !hosts_in_sync(c, i) && config_listed(&c->config, c->cf.names[i]));
}

/* Else it is catching up, or has its own alarm. */
static int
is_down(const struct core *c, int i)
{
	return (is_absent(c, i) && !c->peers[i].up);
}

static int
is_full(const struct core *c, int i)
{
	return (i != c->cf.self && c->peers[i].met && !c->peers[i].room);
}

/* In the set, by its name: it may not have been heard of yet. */
static int
is_awaited(const struct core *c, int i)
{
	for (u_int n = 0; n < c->config.in_sync.in_sync_len; n++)
		if (i != c->cf.self &&
		    strcmp(c->config.in_sync.in_sync_val[n].name,
			c->cf.names[i]) == 0)
			return (1);
	return (0);
}

/* To start it, or to do without it, is no help against that. */
static int
refuses_us(const struct core *c, int i)
{
	return (
	    is_awaited(c, i) && c->peers[i].refused_by != EVOTE_NOT_REFUSED);
}

static int
has_failed(const struct core *c, int i)
{
	for (u_int n = 0; n < c->config.in_sync.in_sync_len; n++) {
		const evote_member *m = &c->config.in_sync.in_sync_val[n];

		if (i != c->cf.self && strcmp(m->name, c->cf.names[i]) == 0 &&
		    failure_of(c, m))
			return (1);
	}
	return (0);
}

static void
not_serving(const struct core *c, evote_status_res *s)
{
	char who[EVOTE_TEXT_MAX / 2];

	if (c->role == EVOTE_HALTED)
		alarm_add(s, EVOTE_ALARM_HALTED, "Halted: %s.", c->fault);
	else if (!config_id_zero(c->config.cluster) &&
	    !config_listed(&c->config, hosts_own_name(c)))
		alarm_add(s, EVOTE_ALARM_REFUSED,
		    "Not a host of this cluster: it was removed. Stop it, or "
		    "add it again on the primary with `hosts add`.");
	else if (c->role == EVOTE_WAITING && config_id_zero(c->config.cluster))
		alarm_add(s, EVOTE_ALARM_NOT_SERVING,
		    "Empty: this host waits for one that has the ledger. "
		    "Start that one.");
	else if (c->role == EVOTE_WAITING &&
	    names(c, refuses_us, who, sizeof(who)) > 0)
		alarm_add(s, EVOTE_ALARM_NOT_SERVING,
		    "Not serving: %s may hold votes that this host lacks, and "
		    "refuses this host. Do what the refusal says.",
		    who);
	else if (c->role == EVOTE_WAITING &&
	    names(c, is_awaited, who, sizeof(who)) > 0)
		alarm_add(s, EVOTE_ALARM_NOT_SERVING,
		    "Not serving: %s may hold votes that this host lacks. "
		    "Start %s, or mend the link to it. If it will never come "
		    "back, see `promote --force`.",
		    who, who);
	else if (c->role == EVOTE_WAITING)
		alarm_add(s, EVOTE_ALARM_NOT_SERVING,
		    "Not serving: this host is not in sync, and no other host "
		    "that it reaches serves. Start the other hosts.");
	else if (c->role == EVOTE_CLAIMING && c->arbiter_away)
		alarm_add(s, EVOTE_ALARM_NOT_SERVING,
		    "Not serving: the arbiter has to agree, and does not "
		    "answer. Start it. If it will never come back, see "
		    "`promote --force`.");
}

static void
not_accepting(const struct core *c, evote_status_res *s)
{
	char who[EVOTE_TEXT_MAX / 2], down[EVOTE_TEXT_MAX / 3];
	char todo[sizeof(down) + 16] = "";

	if (stuck_long(c)) {
		stuck_text(c, who, sizeof(who));
		alarm_add(s, EVOTE_ALARM_STUCK,
		    "Requests have been waiting %llu s for %s. Check that disk "
		    "or host%s.",
		    (unsigned long long)(c->now_ms -
			requests_oldest(c)->since_ms) /
			1000,
		    who, core_arbitrated(c) ? ", and the arbiter" : "");
	}
	if (core_arbitrated(c) && core_leads(c) &&
	    names(c, has_failed, who, sizeof(who)) > 0)
		alarm_add(s, EVOTE_ALARM_UNCONFIRMED,
		    "Not confirmed as primary: %s does not answer, and the "
		    "arbiter has not agreed to go on without it. Another "
		    "host may serve. Check whether one does, and mend the "
		    "network.",
		    who);
	if (core_leads(c) && names(c, is_absent, who, sizeof(who)) > 0) {
		if (names(c, is_down, down, sizeof(down)) > 0)
			snprintf(todo, sizeof(todo), " Start %s.", down);
		alarm_add(s, EVOTE_ALARM_ALONE,
		    "%s: new votes are not copied to %s.%s",
		    config_alone(&c->config, core_self(c)) ? "No redundancy"
							   : "Fewer copies",
		    who, todo);
	}
	if (core_leads(c) && names(c, is_full, who, sizeof(who)) > 0)
		alarm_add(s, EVOTE_ALARM_STORAGE,
		    "The disk of %s is nearly full. Make room; it then joins "
		    "by itself.",
		    who);
}

/* What it means that this host's disk is nearly full. */
static void
storage(const struct core *c, evote_status_res *s)
{
	if (!c->no_room)
		return;
	if (!core_leads(c))
		alarm_add(s, EVOTE_ALARM_STORAGE,
		    "This host's disk is nearly full: it cannot replace the "
		    "primary. Make room; it then joins by itself.");
	else if (!core_full(c))
		alarm_add(s, EVOTE_ALARM_STORAGE,
		    "This host's disk is nearly full: the service moves to "
		    "another host. Make room; it then comes back.");
	else
		alarm_add(s, EVOTE_ALARM_STORAGE,
		    "This host's disk is nearly full, and no host in sync has "
		    "room: nothing new is accepted until one of them has. "
		    "Make room.");
}

/* One that cannot be asked what time it is. */
static int
is_unlinked(const struct core *c, int i)
{
	return (i != c->cf.self && hosts_takes_part(c, i) && !c->peers[i].up);
}

static int
is_linked(const struct core *c, int i)
{
	return (i != c->cf.self && c->peers[i].up);
}

static void
reading(const struct core *c, evote_status_res *s)
{
	if (c->unreadable != 0 && core_leads(c))
		alarm_add(s, EVOTE_ALARM_STORAGE,
		    "Record %llu cannot be read from this host's disk, so no "
		    "other host can join. Stop this host, keep its data "
		    "directory, and copy that to another disk: no other host "
		    "has all of its votes.",
		    (unsigned long long)c->unreadable - 1);
}

static void
clocks(const struct core *c, evote_status_res *s)
{
	char who[EVOTE_TEXT_MAX / 2];

	if (clock_good(&c->clock))
		return;
	if (c->clock.apart != 0)
		alarm_add(s, EVOTE_ALARM_CLOCK,
		    "The hosts' clocks are %lld s apart: no election opens "
		    "or closes until they agree. Set the wrong one right.",
		    (long long)llabs(c->clock.apart_us) / 1000000);
	else if (names(c, is_linked, who, sizeof(who)) == 0 &&
	    names(c, is_unlinked, who, sizeof(who)) > 0)
		alarm_add(s, EVOTE_ALARM_CLOCK,
		    "This host's clock is not trusted, because it has no link "
		    "to %s and cannot ask for the time there: no election "
		    "opens or closes until it can. Mend the link; a host that "
		    "is alone can be started with --trust-clock.",
		    who);
	else
		alarm_add(s, EVOTE_ALARM_CLOCK,
		    "This host's clock is not trusted: no election opens "
		    "or closes until another host's agrees. Set it right; a "
		    "host that is alone can be started with --trust-clock.");
}

static void
settings(const struct core *c, evote_status_res *s)
{
	char order[EVOTE_TEXT_MAX / 2] = "";
	size_t len = 0;

	for (u_int i = 0; i < c->config.hosts.hosts_len && len < sizeof(order);
	     i++)
		len +=
		    (size_t)snprintf(order + len, sizeof(order) - len, "%s%s",
			i == 0 ? "" : ", ", c->config.hosts.hosts_val[i].name);
	if (hosts_order_differs(c))
		alarm_add(s, EVOTE_ALARM_SETTINGS,
		    "This host's own list has another order of preference "
		    "than the cluster's, which counts: %s. Change the list "
		    "and restart this server, or change the cluster's order "
		    "with `hosts prefer`.",
		    order);
	for (int i = 0; i < c->cf.n; i++)
		if (hosts_address_differs(c, i))
			alarm_add(s, EVOTE_ALARM_SETTINGS,
			    "This host's own list has %s at %s, the cluster "
			    "has it at %s, and this host has not reached it. "
			    "Correct the list and restart this server, or, "
			    "if that host has moved, run `hosts add` with its "
			    "new address on the primary.",
			    c->cf.names[i], c->cf.addresses[i],
			    config_host(&c->config, c->cf.names[i])->address);
	for (int i = 0; i < c->cf.n; i++)
		if (hosts_timeout_differs(c, i))
			alarm_add(s, EVOTE_ALARM_SETTINGS,
			    "suspect-ms is %llu here and %llu on %s. Set it "
			    "to the same on all hosts, and restart them.",
			    (unsigned long long)c->cf.suspect_ms,
			    (unsigned long long)c->peers[i].suspect_ms,
			    c->cf.names[i]);
}

static void
keys(const struct core *c, evote_status_res *s)
{
	if (cosign_key_differs(c))
		alarm_add(s, EVOTE_ALARM_KEY,
		    "host.key is not the key of this host that is on record: "
		    "it signs no checkpoints. Put the right file back, or move "
		    "the data directory away and start with an empty one.");
	for (int i = 0; i < c->cf.n; i++)
		if (i == c->cf.self ? c->key_refused
				    : c->peers[i].key_phase == KEY_REFUSED)
			alarm_add(s, EVOTE_ALARM_KEY,
			    "The host.key of %s is no key, or another host's. "
			    "Move its data directory away and start it with an "
			    "empty one.",
			    c->cf.names[i]);
}

static void
arbiter(const struct core *c, evote_status_res *s)
{
	if (arbitration_blank(c) && c->arbiter_stranger)
		alarm_add(s, EVOTE_ALARM_ARBITER,
		    "The arbiter serves another cluster: no host can be "
		    "replaced or left out now. Give this cluster one of its "
		    "own, which is a witness with an empty directory, or "
		    "another key in etcd: name it with --replace-dead.");
	else if (arbitration_blank(c))
		alarm_add(s, EVOTE_ALARM_ARBITER,
		    "The arbiter answers, but knows no decision of this "
		    "cluster: no host can be replaced or left out now. If it "
		    "began with an empty directory, name it again with "
		    "--replace-dead.");
	else if (c->arbiter_away)
		alarm_add(s, EVOTE_ALARM_ARBITER,
		    "The arbiter does not answer: no host can be replaced or "
		    "left out now. Start it, or mend the link to it. If it "
		    "will never answer again, name another one, or none, with "
		    "--replace-dead.");
	else if (core_arbitrated(c) && c->arbiter_behind)
		alarm_add(s, EVOTE_ALARM_ARBITER,
		    "The arbiter has an older state, perhaps from a backup: "
		    "no host can be replaced or left out now. Name it again "
		    "with --replace-dead.");
}

void
alarm_list(const struct core *c, evote_status_res *s)
{
	two_primaries(c, s);
	refusals(c, s);
	not_serving(c, s);
	not_accepting(c, s);
	arbiter(c, s);
	reading(c, s);
	storage(c, s);
	clocks(c, s);
	settings(c, s);
	keys(c, s);
	if (c->given_up.text[0] != '\0' &&
	    c->now_ms - c->given_up.at_ms < GIVEN_UP_MS)
		alarm_add(s, EVOTE_ALARM_ORDER, "%s.", c->given_up.text);
}
