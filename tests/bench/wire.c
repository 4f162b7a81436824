#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "evote.h"
#include "wire.h"

/*
 * A call of EVOTE_NULL with AUTH_TLS, and the part of its answer that counts.
 */
static const uint32_t probe[] = {
    0x80000028, 7, 0, 2, EVOTE_PROG, EVOTE_V1, 0, AUTH_TLS, 0, 0, 0};
static const uint32_t accepted[] = {0x80000020, 7, 1, 0, 0, 8};
#define ACCEPTED 36 /* its bytes: these, STARTTLS and SUCCESS */

int
wire_connect(struct wire *w, enum wire_kind kind, const char *name,
    const char *host, int port, const char *from)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	int one = 1;

	*w = (struct wire){.kind = kind, .name = name};
	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->fd == -1)
		return (-1);
	setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (from != NULL) {
		inet_pton(AF_INET, from, &sin.sin_addr);
		if (bind(w->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
			return (-1);
	}
	sin.sin_port = htons((uint16_t)port);
	inet_pton(AF_INET, host, &sin.sin_addr);
	if (connect(w->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 &&
	    errno != EINPROGRESS)
		return (-1);
	return (0);
}

static int
all_sent(struct wire *w, const void *bytes, size_t len)
{
	return (
	    len == 0 || send(w->fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len
		? 0
		: -1);
}

static int
box_sent(struct wire *w)
{
	struct outbox *out = tls_outbox(w->tls);
	size_t n = outbox_size(out);

	if (n == 0)
		return (0);
	if (all_sent(w, out->data + out->start, n) == -1)
		return (-1);
	outbox_sent(out, n);
	return (0);
}

static enum wire_state
shake(struct wire *w)
{
	unsigned char buf[16384];
	enum tls_got got;
	ssize_t n;

	if (w->tls == NULL && (w->tls = tls_connect(w->name, NULL)) == NULL)
		return (WIRE_GONE);
	while ((got = tls_shake(w->tls)) == TLS_MORE) {
		if (box_sent(w) == -1)
			return (WIRE_GONE);
		n = recv(w->fd, buf, sizeof(buf), 0);
		if (n == -1 && errno == EAGAIN)
			return (WIRE_SHAKING);
		if (n <= 0 || tls_feed(w->tls, buf, (size_t)n) == -1)
			return (WIRE_GONE);
	}
	/* Those of others have no name of ours, which is not the question. */
	if (got != TLS_OK && w->kind == WIRE_PROBE)
		fprintf(stderr, "handshake: %s\n", tls_why(w->tls));
	return (box_sent(w) == 0 && (got == TLS_OK || w->kind == WIRE_TLS)
		? WIRE_OPEN
		: WIRE_GONE);
}

static enum wire_state
probe_send(struct wire *w)
{
	uint32_t words[sizeof(probe) / 4];

	for (size_t i = 0; i < sizeof(probe) / 4; i++)
		words[i] = htonl(probe[i]);
	return (
	    all_sent(w, words, sizeof(words)) == 0 ? WIRE_PROBING : WIRE_GONE);
}

static enum wire_state
probe_receive(struct wire *w)
{
	uint32_t words[sizeof(accepted) / 4];
	ssize_t n = recv(w->fd, w->reply + w->have, ACCEPTED - w->have, 0);

	if (n == -1 && errno == EAGAIN)
		return (WIRE_PROBING);
	if (n <= 0)
		return (WIRE_GONE);
	w->have += (size_t)n;
	if (w->have < ACCEPTED)
		return (WIRE_PROBING);
	for (size_t i = 0; i < sizeof(accepted) / 4; i++)
		words[i] = htonl(accepted[i]);
	return (memcmp(w->reply, words, sizeof(words)) == 0 ? WIRE_SHAKING
							    : WIRE_GONE);
}

static enum wire_state
connected(struct wire *w)
{
	struct pollfd p = {.fd = w->fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int error = 0;

	if (poll(&p, 1, 0) == 0)
		return (WIRE_CONNECTING);
	getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0)
		return (WIRE_GONE);
	return (w->kind == WIRE_PLAIN ? WIRE_OPEN
		: w->kind == WIRE_TLS ? WIRE_SHAKING
				      : probe_send(w));
}

enum wire_state
wire_go(struct wire *w)
{
	enum wire_state was;

	do {
		was = w->state;
		if (was == WIRE_CONNECTING)
			w->state = connected(w);
		else if (was == WIRE_PROBING)
			w->state = probe_receive(w);
		else if (was == WIRE_SHAKING)
			w->state = shake(w);
	} while (w->state != was);
	return (w->state);
}

void
wire_await(struct wire *w)
{
	struct pollfd p = {.fd = w->fd};

	while (wire_go(w) < WIRE_OPEN) {
		p.events = w->state == WIRE_CONNECTING ? POLLOUT : POLLIN;
		if (poll(&p, 1, 10000) <= 0)
			break;
	}
	if (w->state == WIRE_OPEN)
		return;
	fprintf(stderr, "load: no connection (state %d)\n", w->state);
	exit(1);
}

int
wire_send(struct wire *w, const void *bytes, size_t len)
{
	if (w->tls == NULL)
		return (all_sent(w, bytes, len));
	return (tls_write(w->tls, bytes, len) == 0 ? box_sent(w) : -1);
}

ssize_t
wire_recv(struct wire *w, void *buf, size_t size)
{
	unsigned char raw[16384];
	enum tls_got got;
	ssize_t n;
	size_t len;

	if (w->tls == NULL)
		return (recv(w->fd, buf, size, 0));
	while ((got = tls_read(w->tls, buf, size, &len)) == TLS_MORE) {
		n = recv(w->fd, raw, sizeof(raw), 0);
		if (n <= 0)
			return (n);
		if (tls_feed(w->tls, raw, (size_t)n) == -1)
			return (0);
	}
	return (got == TLS_OK ? (ssize_t)len : 0);
}

void
wire_close(struct wire *w)
{
	tls_free(w->tls);
	if (w->fd != -1)
		close(w->fd);
	*w = (struct wire){.fd = -1, .state = WIRE_GONE};
}
