#include "common/rpc/transport_impl.h"

#include <errno.h>
#include <sys/socket.h>

#include "common/log.h"

void
conn_reject(struct conn *c, const char *why)
{
	c->transport->stats.malformed++;
	log_debug("transport conn=%llx closed=\"%s\"",
	    (unsigned long long)conn_id(c), why);
	conn_doom(c);
}

void
conn_starved(struct conn *c)
{
	log_alarm("transport memory=exhausted");
	conn_doom(c);
}

/* ---- its place among the others ---- */

void
conn_touch(struct conn *c)
{
	struct conns *members;

	c->active_ms = c->transport->now_ms;
	if (c->rank == RANK_TRUSTED)
		return;
	members = &c->source->members[c->rank];
	TAILQ_REMOVE(members, c, member);
	TAILQ_INSERT_TAIL(members, c, member);
}

void
conn_prove(struct conn *c)
{
	if (c->rank != RANK_UNPROVEN)
		return;
	TAILQ_REMOVE(&c->source->members[c->rank], c, member);
	c->rank = RANK_PROVEN;
	TAILQ_INSERT_TAIL(&c->source->members[c->rank], c, member);
}

bool
conn_has_room(const struct conn *c)
{
	return (c->rank == RANK_TRUSTED ||
	    c->source->bytes <= source_room(c->transport, c->source));
}

bool
conn_gets_room(struct conn *c)
{
	return (conn_has_room(c) ||
	    source_take_memory(c->transport, c->source, c->source->bytes));
}

void
conn_ready(struct conn *c, bool more)
{
	struct transport *t = c->transport;
	struct source *s = c->source;

	if (c->ready_on != NULL)
		return;
	c->ready_on = c->rank == RANK_TRUSTED ? &t->trusted
	    : more			      ? &s->more
					      : &s->fresh;
	TAILQ_INSERT_TAIL(c->ready_on, c, ready);
	if (c->rank == RANK_TRUSTED || s->on_turn)
		return;
	s->on_turn = true;
	TAILQ_INSERT_TAIL(&t->turns, s, turn);
}

void
conn_dirty(struct conn *c)
{
	if (c->on_dirty)
		return;
	c->on_dirty = true;
	if (c->rank == RANK_TRUSTED)
		TAILQ_INSERT_HEAD(&c->transport->dirty, c, dirty);
	else
		TAILQ_INSERT_TAIL(&c->transport->dirty, c, dirty);
}

/* ---- calls wait while a client has more than its share ---- */

bool
conn_may_call(struct conn *c)
{
	const struct transport_config *config = &c->transport->config;

	return (c->in_flight < config->max_in_flight &&
	    outbox_size(channel_outbox(c)) < config->max_unsent);
}

/* What it sent before may lie in the inbox, where epoll does not see it. */
void
conn_resume(struct conn *c)
{
	if (!c->paused || !conn_may_call(c))
		return;
	c->paused = false;
	conn_ready(c, false);
}

/* The client will send no more, and has all its answers. */
void
conn_settle(struct conn *c)
{
	if (c->ended && c->ready_on == NULL && inbox_empty(&c->in) &&
	    c->in_flight == 0 && outbox_size(channel_outbox(c)) == 0)
		conn_doom(c);
}

void
conn_send(struct conn *c)
{
	struct outbox *out = channel_outbox(c);
	ssize_t n;

	if (outbox_size(out) == 0)
		return;
	do {
		n = send(c->xprt.xp_fd, out->data + out->start,
		    outbox_size(out), MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK) {
		conn_doom(c);
		return;
	}
	if (n > 0) {
		conn_touch(c);
		outbox_sent(out, n);
	}
	if (n > 0 || !c->blocked)
		c->blocked_ms = c->transport->now_ms;
	c->blocked = outbox_size(out) > 0;
	conn_charge(c);
	conn_resume(c);
	conn_settle(c);
}
