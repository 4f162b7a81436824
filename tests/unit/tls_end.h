#ifndef TLS_END_H
#define TLS_END_H

#include <sys/socket.h>
#include <unistd.h>

#include "common/rpc/tls.h"

/* A server's end of a TLS connection on a socket that blocks, for tests. */

static inline void
tls_end_flush(int fd, struct tls *t)
{
	struct outbox *out = tls_outbox(t);

	if (outbox_size(out) == 0)
		return;
	(void)!send(fd, out->data + out->start, outbox_size(out), MSG_NOSIGNAL);
	outbox_clear(out);
}

/* -1: the client has closed it. */
static inline int
tls_end_more(int fd, struct tls *t)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	return (n <= 0 ? -1 : tls_feed(t, buf, (size_t)n));
}

static inline int
tls_end_shake(int fd, struct tls *t)
{
	enum tls_got got;

	do {
		got = tls_shake(t);
		tls_end_flush(fd, t);
	} while (got == TLS_MORE && tls_end_more(fd, t) == 0);
	return (got == TLS_OK ? 0 : -1);
}

static inline int
tls_end_read(int fd, struct tls *t, void *buf, size_t len)
{
	enum tls_got got;
	size_t n, have = 0;

	while (have < len) {
		got = tls_read(t, (char *)buf + have, len - have, &n);
		have += n;
		if (got != TLS_OK &&
		    (got != TLS_MORE || tls_end_more(fd, t) != 0))
			return (-1);
	}
	return (0);
}

#endif
