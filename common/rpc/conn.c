#include "common/rpc/transport_impl.h"

#include <errno.h>
#include <sys/socket.h>

#include "common/log.h"

void
conn_reject(struct conn *c, const char *why)
{
	c->transport->stats.malformed++;
	log_debug("transport conn=%llx closed=%s",
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

void
conn_charge(struct conn *c)
{
	size_t bytes = c->in.cap + c->out.cap + c->held;

	if (c->rank == RANK_TRUSTED)
		bytes = 0;
	c->transport->bytes += bytes - c->charged;
	c->source->bytes += bytes - c->charged;
	c->charged = bytes;
}

/*
 * A source may hold as much as is left.  So one alone has half of all there
 * is, two have a third each, and there is always something for another.
 */
bool
conn_has_room(const struct conn *c)
{
	const struct transport *t = c->transport;
	size_t left = t->config.max_memory - t->bytes;

	if (t->bytes > t->config.max_memory)
		left = 0;
	return (c->rank == RANK_TRUSTED || c->source->bytes <= left);
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
conn_unready(struct conn *c)
{
	if (c->ready_on != NULL)
		TAILQ_REMOVE(c->ready_on, c, ready);
	c->ready_on = NULL;
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

static bool
conn_may_call(const struct conn *c)
{
	const struct transport_config *config = &c->transport->config;

	return (c->in_flight < config->max_in_flight &&
	    outbox_size(&c->out) < config->max_unsent && conn_has_room(c));
}

static void
conn_pause(struct conn *c)
{
	c->paused = true;
	/* That we do not read is not its fault, unless it holds too much. */
	if (conn_has_room(c))
		c->partial_ms = 0;
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

/* ---- a turn ---- */

static uint32_t
conn_max_call(const struct conn *c)
{
	const struct transport_config *config = &c->transport->config;

	return (c->rank == RANK_TRUSTED ? config->max_call
					: config->max_stranger_call);
}

/* Whether something was received. */
static bool
conn_read(struct conn *c)
{
	struct inbox *in = &c->in;
	size_t room;
	ssize_t n;

	if (inbox_room(in, conn_max_call(c)) == -1) {
		conn_starved(c);
		return (false);
	}
	room = in->cap - in->end;
	do {
		n = recv(c->xprt.xp_fd, in->data + in->end, room, MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	c->unread = n == (ssize_t)room || (n > 0 && c->ending);
	if (n > 0) {
		in->end += n;
		return (true);
	}
	/* A client may end what it sends and wait; a host never does that. */
	if (n == 0 && (c->rank != RANK_TRUSTED || c->door == DOOR_LOCAL))
		c->ended = true;
	else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		conn_doom(c);
	return (false);
}

/* The client will send no more, and has all its answers. */
static void
conn_settle(struct conn *c)
{
	if (c->ended && c->ready_on == NULL && inbox_empty(&c->in) &&
	    c->in_flight == 0 && outbox_size(&c->out) == 0)
		conn_doom(c);
}

/* No whole record is left: starts the clock, or gives the memory back. */
static void
conn_wait(struct conn *c)
{
	if (c->ended || inbox_empty(&c->in))
		inbox_clear(&c->in);
	else if (c->partial_ms == 0)
		c->partial_ms = c->transport->now_ms;
	conn_settle(c);
}

/* Its turn is over; there may be more to do. */
static void
conn_pass(struct conn *c)
{
	if (inbox_empty(&c->in) && !c->unread)
		conn_wait(c);
	else
		conn_ready(c, true);
}

static void
conn_take(struct conn *c, int calls)
{
	unsigned char *rec = NULL;
	uint32_t len = 0;

	while (c->state == CONN_OPEN) {
		if (!conn_may_call(c)) {
			conn_pause(c);
			return;
		}
		if (calls == 0) {
			conn_pass(c);
			return;
		}
		switch (inbox_next(&c->in, conn_max_call(c), &rec, &len)) {
		case RECORD_WHOLE:
			c->partial_ms = 0;
			conn_dispatch(c, rec, len);
			calls--;
			continue;
		case RECORD_BAD:
			conn_reject(c, "oversize");
			return;
		case RECORD_MORE:
			break;
		}
		if (!c->unread || !conn_read(c)) {
			conn_wait(c);
			return;
		}
		conn_charge(c);
	}
}

void
conn_serve(struct conn *c, int calls)
{
	conn_take(c, calls);
	conn_charge(c);
}

void
conn_send(struct conn *c)
{
	struct outbox *out = &c->out;
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
