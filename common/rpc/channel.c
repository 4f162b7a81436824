#include <errno.h>
#include <sys/socket.h>

#include "common/rpc/transport_impl.h"

/* The bytes of a connection: as they are, or in TLS. */

#define FEED_BYTES 32768

/* A client may end what it sends and wait; a host never does that. */
static void
channel_end(struct conn *c)
{
	if (c->rank == RANK_TRUSTED && c->door == DOOR_NETWORK)
		conn_doom(c);
	else
		c->ended = true;
}

size_t
channel_recv(struct conn *c, void *to, size_t room)
{
	ssize_t n;

	do {
		n = recv(c->xprt.xp_fd, to, room, MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	c->unread = n == (ssize_t)room || (n > 0 && c->ending);
	if (n > 0)
		return ((size_t)n);
	if (n == 0)
		channel_end(c);
	else if (errno != EAGAIN && errno != EWOULDBLOCK)
		conn_doom(c);
	return (0);
}

/* It is told, if it listens. */
void
channel_break(struct conn *c)
{
	conn_send(c);
	conn_reject(c, tls_why(c->tls));
}

/* While TLS gives something it may have more, which no socket tells of. */
static size_t
channel_unseal(struct conn *c, void *to, size_t room)
{
	size_t n;
	enum tls_got got = tls_read(c->tls, to, room, &n);

	/* Each record is read by itself, also one that has nothing for us. */
	c->sealed = (got == TLS_OK && tls_has_more(c->tls)) ||
	    (got == TLS_MORE && tls_is_fed(c->tls));
	if (outbox_size(tls_outbox(c->tls)) > 0)
		conn_dirty(c);
	if (got == TLS_END)
		channel_end(c);
	else if (got == TLS_BROKEN)
		channel_break(c);
	return (n);
}

size_t
channel_receive(struct conn *c, void *to, size_t room)
{
	void *raw = c->transport->scratch;
	size_t n = 0;

	if (c->tls == NULL)
		return (channel_recv(c, to, room));
	if (c->sealed)
		n = channel_unseal(c, to, room);
	if (n > 0 || c->sealed || !c->unread || c->state != CONN_OPEN)
		return (n);
	n = channel_recv(c, raw, FEED_BYTES);
	if (n == 0)
		return (0);
	if (tls_feed(c->tls, raw, n) == -1) {
		conn_starved(c);
		return (0);
	}
	return (channel_unseal(c, to, room));
}

int
channel_put(struct conn *c, const void *bytes, size_t len)
{
	return (c->tls == NULL ? outbox_add(&c->out, bytes, len)
			       : tls_write(c->tls, bytes, len));
}
