#include <errno.h>
#include <sys/socket.h>

#include "common/rpc/transport_impl.h"

/* One connection's turn: what it has sent, call by call. */

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

static void
conn_pause(struct conn *c)
{
	c->paused = true;
	/* That we do not read is not its fault, unless it holds too much. */
	if (conn_has_room(c))
		c->partial_ms = 0;
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
