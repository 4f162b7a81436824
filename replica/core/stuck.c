#include "replica/core/core_impl.h"

/* Does the answer wait for this host in sync? */
int
stuck_on(const struct core *c, const struct waiter *w, const evote_member *m)
{
	int i = core_peer_of(c, m->incarnation);
	const struct peer *p = i < 0 ? NULL : &c->peers[i];

	if (config_id_equal(m->incarnation, core_self(c)))
		return (c->durable < w->need);
	return (p == NULL || p->acked < w->need || p->round < w->round);
}

static void
add_awaited(const struct core *c, const struct waiter *w, const evote_member *m,
    char *text, size_t size)
{
	int self = config_id_equal(m->incarnation, core_self(c));
	int i = self ? -1 : core_peer_of(c, m->incarnation);
	int stores = self ||
	    (i >= 0 && core_pushed(&c->peers[i]) &&
		c->peers[i].acked < w->need);

	core_add_text(text, size, "%s", text[0] == '\0' ? "" : ", ");
	if (!self && failure_of(c, m) && arbitration_pending(c))
		core_add_text(
		    text, size, "the arbiter, to go on without %s", m->name);
	else if (!self && failure_of(c, m) && c->config.arbiter_changing)
		core_add_text(
		    text, size, "%s, needed to replace the arbiter", m->name);
	else
		core_add_text(text, size, "%s %s",
		    stores ? "the disk of" : "an answer of", m->name);
}

/* What the oldest answer that did not go out waits for: "" nothing. */
void
stuck_text(const struct core *c, char *text, size_t size)
{
	const struct waiter *w = requests_oldest(c);

	text[0] = '\0';
	for (u_int i = 0; w != NULL && i < c->config.in_sync.in_sync_len; i++)
		if (stuck_on(c, w, &c->config.in_sync.in_sync_val[i]))
			add_awaited(c, w, &c->config.in_sync.in_sync_val[i],
			    text, size);
	for (int i = 0; w != NULL && i < c->cf.n; i++)
		if (c->peers[i].join != JOIN_NONE &&
		    (c->peers[i].acked < w->need ||
			c->peers[i].round < w->round))
			core_add_text(text, size, "%s%s, who may have joined",
			    text[0] == '\0' ? "" : ", ", c->cf.names[i]);
}

int
stuck_long(const struct core *c)
{
	return (c->stuck && requests_oldest(c) != NULL);
}

/* Answers that do not go out are a riddle to everybody else. */
void
stuck_tell(struct core *c)
{
	const struct waiter *w = requests_oldest(c);
	int stuck = w != NULL && c->now_ms - w->since_ms > STUCK_MS;
	char why[256] = "";

	if (stuck == c->stuck)
		return;
	c->stuck = stuck;
	if (stuck)
		stuck_text(c, why, sizeof(why));
	core_say(c, stuck,
	    "stuck=%d for=\"%s\" epoch=%llu size=%llu accepted=%llu", stuck,
	    why, (unsigned long long)c->config.epoch,
	    (unsigned long long)history_size(c->log),
	    (unsigned long long)c->committed);
}
