#include "common/rpc/line.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define FEED_MAX 32768 /* two records of TLS */

void
line_close(struct line *c)
{
	if (c->fd >= 0)
		close(c->fd);
	tls_free(c->tls);
	outbox_clear(&c->out);
	*c = (struct line){.fd = -1};
}

/* ---- out ---- */

static struct outbox *
line_outbox(const struct line *c)
{
	return (c->tls != NULL ? tls_outbox(c->tls) : (struct outbox *)&c->out);
}

int
line_put(struct line *c, const void *bytes, size_t len)
{
	if (c->tls != NULL)
		return (tls_write(c->tls, bytes, len));
	return (outbox_add(&c->out, bytes, len));
}

size_t
line_unsent(const struct line *c)
{
	return (outbox_size(line_outbox(c)));
}

int
line_flush(struct line *c)
{
	struct outbox *out = line_outbox(c);
	ssize_t n;

	while (outbox_size(out) > 0) {
		n = send(c->fd, out->data + out->start, outbox_size(out),
		    MSG_NOSIGNAL);
		if (n >= 0)
			outbox_sent(out, (size_t)n);
		else if (errno == EAGAIN)
			return (0);
		else if (errno != EINTR)
			return (-1);
	}
	return (0);
}

/* ---- in ---- */

/* As recv(2), once, into what TLS has to read. */
static ssize_t
line_feed(struct line *c)
{
	unsigned char bytes[FEED_MAX];
	ssize_t n;

	do
		n = recv(c->fd, bytes, sizeof(bytes), 0);
	while (n < 0 && errno == EINTR);
	if (n > 0 && tls_feed(c->tls, bytes, (size_t)n) != 0)
		return (-1);
	c->fed = n > 0;
	c->empty = n < (ssize_t)sizeof(bytes);
	return (n);
}

/* What TLS has to say by itself, an alert for one, goes out with it. */
static ssize_t
tls_receive(struct line *c, struct inbox *in)
{
	ssize_t got;
	size_t n;

	for (;;) {
		switch (tls_read(
		    c->tls, in->data + in->end, in->cap - in->end, &n)) {
		case TLS_OK:
			in->end += n;
			return ((ssize_t)n);
		case TLS_END:
			return (0);
		case TLS_BROKEN:
			(void)line_flush(c);
			errno = EPROTO;
			return (-1);
		case TLS_MORE:
			break;
		}
		if (line_flush(c) != 0)
			return (-1);
		if (tls_is_fed(c->tls))
			continue;
		if (c->fed && c->empty) {
			c->fed = false;
			errno = EAGAIN;
			return (-1);
		}
		if ((got = line_feed(c)) <= 0)
			return (got);
	}
}

ssize_t
line_receive(struct line *c, struct inbox *in, uint32_t max, bool *all)
{
	size_t room;
	ssize_t n;

	*all = false;
	if (inbox_room(in, max) == -1)
		return (-1);
	if (c->tls != NULL)
		return (tls_receive(c, in));
	room = in->cap - in->end;
	n = recv(c->fd, in->data + in->end, room, 0);
	if (n > 0)
		in->end += (size_t)n;
	*all = n < (ssize_t)room;
	return (n);
}

bool
line_pending(const struct line *c)
{
	return (c->tls != NULL && c->fed);
}

/* ---- TLS ---- */

int
line_begin(struct line *c, const char *name, const char *pin)
{
	c->tls = tls_connect(name, pin);
	return (c->tls != NULL ? 0 : -1);
}

enum tls_got
line_shake(struct line *c)
{
	enum tls_got got;
	ssize_t n;

	for (;;) {
		got = tls_shake(c->tls);
		if (line_flush(c) != 0)
			return (got == TLS_BROKEN ? got : TLS_END);
		if (got != TLS_MORE)
			return (got);
		n = line_feed(c);
		if (n == 0)
			errno = ECONNRESET;
		if (n <= 0)
			return (n < 0 && errno == EAGAIN ? TLS_MORE : TLS_END);
	}
}
