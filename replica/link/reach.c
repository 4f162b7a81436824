#include "replica/link/reach.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <rpc/rpc.h>
#include <rpc/pmap_prot.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/rpc/descriptor.h"
#include "common/rpc/inquiry.h"
#include "common/seal.h"
#include "evote.h"

#define STEP_MS		 1000
#define LOOKUP_FIRST_MS	 60
#define CONNECT_FIRST_MS 100
#define RESOLVE_AGAIN_MS 30000 /* a host's address may change */
#define RESOLVE_RETRY_MS 500
#define NEVER		 UINT64_MAX

static void
fd_drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
reach_move(struct reach *r, enum reach_step to, uint64_t due)
{
	r->step = to;
	r->due = due;
}

static enum reach_got
reach_fail(struct reach *r, const char *why)
{
	fd_drop(&r->fd);
	reach_move(r, REACH_IDLE, NEVER);
	r->why = why;
	r->hurry = r->again = 0;
	reach_failed(r);
	return (REACH_FAILED);
}

static enum reach_got
reach_refused(struct reach *r)
{
	/* Elsewhere it proves nothing about the server where it worked. */
	int sure = r->worked.len == 0 || address_equal(&r->worked, &r->tried);

	reach_fail(r, "connection refused");
	/* A restarted server has another port: ask for it at once. */
	r->hurry = r->ask;
	return (sure ? REACH_REFUSED : REACH_FAILED);
}

static enum reach_got
reach_errno(struct reach *r, int error)
{
	if (r->step == REACH_CONNECTING && error == ECONNREFUSED)
		return (reach_refused(r));
	if (r->step == REACH_LOOKUP && error == ECONNREFUSED)
		return (reach_fail(r, "it has no portmapper"));
	return (reach_fail(r, strerror(error)));
}

/* 0, or -1 with errno. */
static int
fd_watch(struct reach *r, int fd, uint64_t tag, uint32_t events)
{
	struct epoll_event ev = {.events = events};

	ev.data.u64 = tag;
	return (epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &ev));
}

/* Opens fd towards the address tried; 0, or -1 with errno. */
static int
socket_start(struct reach *r, int type, int port, uint32_t events)
{
	struct sockaddr_storage sa;
	socklen_t len = address_port(&r->tried, port, &sa);

	r->fd = descriptor_high(
	    socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
	if (r->fd < 0 || fd_watch(r, r->fd, r->tag, events) != 0)
		return (-1);
	if (connect(r->fd, (struct sockaddr *)&sa, len) == 0 ||
	    errno == EINPROGRESS)
		return (0);
	return (-1);
}

/* What may have been lost is tried again and again, until the step is over. */
static void
tries_begin(struct reach *r, unsigned first_ms, uint64_t now_ms)
{
	r->step_end = now_ms + STEP_MS;
	r->again_ms = first_ms;
}

static void
tries_next(struct reach *r, uint64_t now_ms)
{
	r->due = now_ms + r->again_ms;
	if (r->due > r->step_end)
		r->due = r->step_end;
	r->again_ms *= 2;
}

/* ---- the connection ---- */

/*
 * On a new socket: the kernel repeats a lost SYN only after a second, and Linux
 * drops one that arrives just when the listener is being closed.
 */
static enum reach_got
connect_try(struct reach *r, uint64_t now_ms)
{
	const int on = 1;

	fd_drop(&r->fd);
	if (socket_start(r, SOCK_STREAM, r->port, EPOLLOUT) != 0)
		return (reach_errno(r, errno));
	setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	tries_next(r, now_ms);
	return (REACH_MORE);
}

static enum reach_got
connect_start(struct reach *r, int port, uint64_t now_ms)
{
	r->port = port;
	reach_move(r, REACH_CONNECTING, NEVER);
	tries_begin(r, CONNECT_FIRST_MS, now_ms);
	return (connect_try(r, now_ms));
}

/*
 * A connection to a port of this machine that nobody listens on can be given
 * just that port as its own, and then is connected to itself.
 */
static int
socket_met_itself(int fd)
{
	struct sockaddr_storage here = {0}, there = {0};
	socklen_t here_len = sizeof(here), there_len = sizeof(there);

	return (getsockname(fd, (struct sockaddr *)&here, &here_len) == 0 &&
	    getpeername(fd, (struct sockaddr *)&there, &there_len) == 0 &&
	    memcmp(&here, &there, sizeof(here)) == 0);
}

static enum reach_got
connect_ready(struct reach *r)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error == 0 && socket_met_itself(r->fd))
		error = ECONNREFUSED;
	if (error != 0)
		return (reach_errno(r, error));
	reach_move(r, REACH_IDLE, NEVER);
	return (REACH_DONE);
}

/* ---- the port ---- */

static struct inquiry
lookup_inquiry(const struct reach *r)
{
	return ((struct inquiry){
	    r->tried.sa.ss_family, r->xid, EVOTE_PROG, EVOTE_V1});
}

static enum reach_got
lookup_send(struct reach *r, uint64_t now_ms)
{
	const struct inquiry q = lookup_inquiry(r);
	char call[INQUIRY_MAX];
	size_t len = inquiry_encode(&q, call, sizeof(call));

	if (send(r->fd, call, len, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
		return (reach_errno(r, errno));
	tries_next(r, now_ms);
	return (REACH_MORE);
}

static enum reach_got
lookup_start(struct reach *r, uint64_t now_ms)
{
	reach_move(r, REACH_LOOKUP, NEVER);
	if (socket_start(r, SOCK_DGRAM, PMAPPORT, EPOLLIN) != 0)
		return (reach_errno(r, errno));
	r->xid++;
	tries_begin(r, LOOKUP_FIRST_MS, now_ms);
	return (lookup_send(r, now_ms));
}

static enum reach_got
lookup_ready(struct reach *r, uint64_t now_ms)
{
	const struct inquiry q = lookup_inquiry(r);
	char reply[INQUIRY_REPLY_MAX];
	ssize_t n = recv(r->fd, reply, sizeof(reply), 0);
	int port;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return (REACH_MORE);
	if (n < 0)
		return (reach_errno(r, errno));
	port = inquiry_decode(&q, reply, (size_t)n);
	if (port < 0)
		return (REACH_MORE); /* a stray datagram */
	if (port == 0)
		return (reach_fail(r, "its portmapper knows no evote server"));
	return (connect_start(r, port, now_ms));
}

/* ---- the address ---- */

static void
resolve_start(struct reach *r, uint64_t now_ms)
{
	r->resolve_due = now_ms + RESOLVE_AGAIN_MS;
	r->resolve_fd = address_ask(r->host);
	if (fd_watch(r, r->resolve_fd, r->tag + 1, EPOLLIN) != 0)
		fd_drop(&r->resolve_fd);
}

/* Where it worked among the addresses, which may only have changed places. */
static int
worked_find(const struct reach *r)
{
	for (int i = 0; i < r->n_addrs; i++)
		if (address_equal(&r->worked, &r->addrs[i]))
			return (i);
	return (0);
}

static enum reach_got
port_start(struct reach *r, uint64_t now_ms)
{
	if (r->n_addrs == 0)
		return (reach_fail(r, "its name cannot be resolved"));
	r->tried = r->addrs[r->at];
	if (r->fixed != 0)
		return (connect_start(r, r->fixed, now_ms));
	if (r->known != 0 && !r->ask)
		return (connect_start(r, r->known, now_ms));
	return (lookup_start(r, now_ms));
}

enum reach_got
reach_answered(struct reach *r, uint64_t now_ms)
{
	struct address found[ADDRESS_MAX];
	int n = address_answer(r->resolve_fd, found);

	fd_drop(&r->resolve_fd);
	if (n <= 0) {
		r->resolve_due = now_ms + RESOLVE_RETRY_MS;
	} else if (memcmp(r->addrs, found, sizeof(found)) != 0) {
		memcpy(r->addrs, found, sizeof(found));
		r->n_addrs = n;
		r->at = worked_find(r);
	}
	if (r->step == REACH_RESOLVING)
		return (port_start(r, now_ms));
	return (REACH_MORE);
}

/* ---- the whole way ---- */

enum reach_got
reach_start(struct reach *r, uint64_t now_ms)
{
	/* Known addresses are used while the name is asked for again. */
	if (r->resolve_fd < 0 && now_ms >= r->resolve_due)
		resolve_start(r, now_ms);
	if (r->n_addrs > 0 || r->resolve_fd < 0)
		return (port_start(r, now_ms));
	/* The resolver bounds this itself; a second question helps nobody. */
	reach_move(r, REACH_RESOLVING, NEVER);
	return (REACH_MORE);
}

enum reach_got
reach_ready(struct reach *r, uint64_t now_ms)
{
	if (r->step == REACH_LOOKUP)
		return (lookup_ready(r, now_ms));
	if (r->step == REACH_CONNECTING)
		return (connect_ready(r));
	return (REACH_MORE);
}

enum reach_got
reach_due(struct reach *r, uint64_t now_ms)
{
	if (r->step == REACH_LOOKUP && now_ms < r->step_end)
		return (lookup_send(r, now_ms));
	if (r->step == REACH_CONNECTING && now_ms < r->step_end)
		return (connect_try(r, now_ms));
	if (r->step == REACH_LOOKUP)
		return (reach_fail(r, "its portmapper is silent"));
	return (reach_fail(r, "it is silent"));
}

int
reach_take(struct reach *r)
{
	int fd = r->fd;

	r->fd = -1;
	return (fd);
}

void
reach_worked(struct reach *r)
{
	r->worked = r->tried;
	/* They may have changed places since it was tried. */
	r->at = worked_find(r);
	r->known = r->port;
	r->ask = 0;
	r->again = 1;
}

void
reach_failed(struct reach *r)
{
	/* A dying server may have taken it before its door was closed. */
	if (r->again) {
		r->again = 0;
		return;
	}
	if (r->fixed == 0 && r->known != 0)
		r->ask = !r->ask;
	if (!r->ask && r->n_addrs > 0)
		r->at = (r->at + 1) % r->n_addrs;
}

int
reach_init(struct reach *r, int epoll, uint64_t tag, const char *host, int port)
{
	memset(r, 0, sizeof(*r));
	r->epoll = epoll;
	r->tag = tag;
	r->fd = r->resolve_fd = -1;
	r->fixed = port;
	r->due = NEVER;
	seal_random(&r->xid, sizeof(r->xid));
	r->n_addrs = address_numeric(host, r->addrs);
	if (r->n_addrs > 0)
		r->resolve_due = NEVER;
	r->host = strdup(host);
	return (r->host != NULL ? 0 : -1);
}

void
reach_clear(struct reach *r)
{
	fd_drop(&r->fd);
	fd_drop(&r->resolve_fd);
	free(r->host);
	r->host = NULL;
}
