#include "replica/core/identity.h"

#include <stdio.h>
#include <string.h>

#include "common/mutant.h"
#include "replica/core/refusal.h"

static void
copied(struct core *c, const char *name)
{
	core_fault(c, 0,
	    "this data directory is in use twice: %s has the same one. "
	    "Stop both hosts, give the copy an empty data directory, then "
	    "start both again",
	    name);
}

/* Whose the directory is, by the name under which it is in the set: "" not. */
static const char *
owner(const struct core *c)
{
	return (config_name(&c->config, core_self(c)));
}

void
identity_own_name(struct core *c)
{
	const char *name = owner(c);

	if (name[0] == '\0' || strcmp(name, c->cf.names[c->cf.self]) == 0 ||
	    BUG(COPY_STARTS))
		return;
	core_fault(c, 0,
	    "this data directory belongs to %s, and this host is called %s. "
	    "Start %s with an empty data directory: it joins as new",
	    name, c->cf.names[c->cf.self], c->cf.names[c->cf.self]);
}

/*
 * A process that was replaced never comes back, but what it sent may be late:
 * many hellos within moments, between those of the next.  A copy comes back
 * again and again, for ever.
 */
static void
count_return(const struct core *c, struct peer *p)
{
	if (p->returned ||
	    (p->returns > 0 && c->now_ms - p->return_ms < RETURN_MS &&
		!BUG(LATE_RETURNS)))
		return;
	p->returns++;
	p->return_ms = c->now_ms;
}

/*
 * Is this hello of another process than the present one perhaps a late one?  A
 * reply is none if it was asked for since the present one was heard.  A call
 * tells nothing of when it was sent: it is heeded once the present process
 * counts as dead, which is asked meanwhile.
 */
static int
is_late(const struct core *c, const struct peer *p, const evote_hello *h,
    int again, int reply)
{
	if (BUG(LATE_PROCESS))
		return (0);
	if (reply)
		return (h->asked < p->instance_ms);
	return (again &&
	    (!p->returned || c->now_ms - p->returned_ms <= failure_timeout(c)));
}

/* Has the peer's incarnation been heard from two processes in turn? */
static int
two_places(
    const struct core *c, struct peer *p, const evote_hello *h, int reply)
{
	int known = config_id_equal(p->id, h->incarnation) &&
	    !config_id_zero(p->instance);
	int again = known && config_id_equal(p->before, h->instance);
	int late;

	if (known && config_id_equal(p->instance, h->instance)) {
		p->returned = 0;
		return (p->returns >= COPY_RETURNS);
	}
	if (again)
		count_return(c, p);
	else
		p->returns = 0;
	late = known && is_late(c, p, h, again, reply);
	if (late && !p->returned)
		p->returned_ms = c->now_ms;
	p->returned = late;
	if (!late) {
		if (!known)
			memset(p->instance, 0, sizeof(p->instance));
		memcpy(p->before, p->instance, sizeof(p->before));
		memcpy(p->instance, h->instance, sizeof(p->instance));
		p->instance_ms = c->now_ms;
		p->serial = 0;
		p->yielded = 0; /* it was started anew since */
	}
	return (p->returns >= COPY_RETURNS);
}

/*
 * Another process has this host's directory.  Where the configuration tells
 * whose it is the copy alone halts; else nobody can say which is which.
 */
static evote_refusal
one_directory(struct core *c, const evote_hello *h)
{
	const char *self = c->cf.names[c->cf.self];

	/* Our own voice: the hosts list leads a link back to this process. */
	if (config_id_equal(h->instance, c->cf.instance))
		return (EVOTE_REFUSED_NOT_MEANT);
	if (strcmp(owner(c), self) != 0 || strcmp(h->name, self) == 0)
		copied(c, h->name);
	return (strcmp(owner(c), h->name) == 0 ? EVOTE_NOT_REFUSED
					       : EVOTE_REFUSED_COPY);
}

/*
 * A copy of a third host's directory, as the configuration tells.  A later one
 * may tell otherwise, and is heard first.
 */
static int
is_anothers(const struct core *c, const evote_hello *h)
{
	const char *name = config_name(&c->config, h->incarnation);

	return (h->config.epoch <= c->config.epoch && name[0] != '\0' &&
	    strcmp(name, h->name) != 0 && !BUG(COPY_OF_ANOTHER));
}

/*
 * A host whose disk was replaced comes back under its name, too: but then the
 * member of before has ended, or is not heard.
 */
int
identity_double(const struct core *c, int peer, const evote_hello *h)
{
	const struct peer *p = &c->peers[peer];

	return (strcmp(h->name, c->cf.names[peer]) == 0 &&
	    hosts_in_sync(c, peer) && !config_id_equal(p->id, h->incarnation) &&
	    config_in_sync(&c->config, h->incarnation) < 0 &&
	    (h->config.epoch <= c->config.epoch ||
		!config_id_equal(h->config.cluster, c->config.cluster)) &&
	    (p->met || p->conn != 0) &&
	    c->now_ms - p->word_ms <= failure_timeout(c));
}

static int
is_own(const struct core *c, const evote_hello *h)
{
	return (
	    config_id_equal(h->incarnation, core_self(c)) && !BUG(COPY_MEETS));
}

static evote_refusal
judge(struct core *c, struct peer *p, const char *name, const evote_hello *h,
    int reply)
{
	if (is_own(c, h))
		return (one_directory(c, h));
	if (strcmp(h->name, name) != 0)
		return (EVOTE_REFUSED_NOT_MEANT);
	if (is_anothers(c, h))
		return (EVOTE_REFUSED_COPY);
	if (!config_id_zero(c->config.cluster) &&
	    !config_id_zero(h->config.cluster) &&
	    !config_id_equal(c->config.cluster, h->config.cluster))
		return (EVOTE_REFUSED_CLUSTER);
	/*
	 * One that is no host is heard for a later configuration, and for
	 * nothing else.
	 */
	if (!hosts_takes_part(c, (int)(p - c->peers)) &&
	    h->config.epoch <= c->config.epoch)
		return (EVOTE_REFUSED_UNLISTED);
	return (two_places(c, p, h, reply) ? EVOTE_REFUSED_COPY
					   : EVOTE_NOT_REFUSED);
}

/* Says it once, when it changes. */
static void
change(struct core *c, evote_refusal *was, evote_refusal now, const char *peer,
    const char *by, const char *why)
{
	if (*was == now)
		return;
	*was = now;
	core_say(c, now != EVOTE_NOT_REFUSED,
	    "refused peer=%s by=%s why=\"%s\"", peer, by,
	    now == EVOTE_NOT_REFUSED ? "nobody any more" : why);
}

void
identity_refused(struct core *c, int peer, evote_refusal why)
{
	const char *name = c->cf.names[peer];

	change(c, &c->peers[peer].refused_by, why, name, name,
	    refusal_theirs(why));
	if (why == EVOTE_REFUSED_COPY)
		copied(c, "another host");
}

/*
 * Rule 2.  A host learns from the answer that it was removed.  Whoever answers
 * at the peer's address instead of it does not make this host deaf to it.
 */
static int
is_heard(const struct core *c, const struct peer *p)
{
	return (p->refused_by == EVOTE_NOT_REFUSED ||
	    refusal_elsewhere(p->refused_by) ||
	    (p->refused_by == EVOTE_REFUSED_UNLISTED &&
		!config_id_zero(c->config.cluster)));
}

int
identity_check(struct core *c, int peer, const evote_hello *h, int reply)
{
	struct peer *p = &c->peers[peer];
	const char *name = c->cf.names[peer];
	evote_refusal why = judge(c, p, name, h, reply);

	change(c, &p->refusal, why, name, c->cf.names[c->cf.self],
	    refusal_ours(why));
	if (reply)
		identity_refused(c, peer, h->refusal);
	return (why == EVOTE_NOT_REFUSED && !p->returned && is_heard(c, p) &&
		    !is_own(c, h)
		? 0
		: -1);
}

/* Its place, or that of one not heard lately; NULL: there are too many. */
static struct stranger *
stranger_place(struct core *c, const char *name)
{
	struct stranger *old = &c->strangers[0];

	for (int i = 0; i < STRANGERS; i++) {
		struct stranger *s = &c->strangers[i];

		if (strcmp(s->name, name) == 0)
			return (s);
		if (s->last_received_ms < old->last_received_ms)
			old = s;
	}
	return (old->why == EVOTE_NOT_REFUSED ||
		    c->now_ms - old->last_received_ms >= STRANGER_MS
		? old
		: NULL);
}

/* Several that come in turn are told of once each. */
void
identity_stranger(struct core *c, evote_refusal why, const evote_hello *h)
{
	struct stranger *s;

	if (is_own(c, h) && one_directory(c, h) != EVOTE_REFUSED_COPY)
		return;
	if (is_own(c, h))
		why = EVOTE_REFUSED_COPY;
	if ((s = stranger_place(c, h->name)) == NULL)
		return;
	if (s->why != why || strcmp(s->name, h->name) != 0)
		core_say(c, 1, "refused peer=%s by=%s why=\"%s\"", h->name,
		    c->cf.names[c->cf.self], refusal_ours(why));
	s->why = why;
	s->last_received_ms = c->now_ms;
	snprintf(s->name, sizeof(s->name), "%s", h->name);
}
