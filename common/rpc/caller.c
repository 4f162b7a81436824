/*
 * Why not libtirpc's own client transports: connecting blocks with all
 * signals blocked (135 s towards a silent host), the timeout of a call is per
 * read and leaves writes unlimited, the portmapper calls hold a process-wide
 * lock, clnt_create() aborts when a portmapper that answered before refuses,
 * and root binds a reserved port each time.  CLIENT and its operations are
 * public so that a transport of one's own can stand under the same stubs.
 */

#include "common/rpc/caller.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/now.h"
#include "common/rpc/address.h"
#include "common/rpc/deadline.h"
#include "common/rpc/header.h"
#include "common/rpc/stream.h"
#include "evote.h"

#define HEADER 40 /* bytes of a call's header with AUTH_NONE */

struct caller {
	CLIENT client;
	struct clnt_ops ops;
	int fd;
	rpcprog_t prog;
	rpcvers_t vers;
	uint32_t xid;
	uint64_t deadline_ms; /* 0: the timeout bounds each call instead */
	struct timeval timeout;
	int has_timeout; /* else the stub's */
	int broken;
	caller_there *there; /* or NULL */
	void *there_arg;
	uint64_t patience_ms;
	struct rpc_err err;
	struct inbox in;
};

/* ---- one call ---- */

static enum clnt_stat
fail(struct caller *c, enum clnt_stat status, int error)
{
	c->broken = 1;
	memset(&c->err, 0, sizeof(c->err));
	c->err.re_status = status;
	c->err.re_errno = error;
	return (status);
}

/* Mark, header and arguments; the caller frees *out. */
static enum clnt_stat
call_encode(struct caller *c, rpcproc_t proc, xdrproc_t xargs, void *args,
    unsigned char **out, size_t *len)
{
	size_t size = HEADER + xdr_sizeof(xargs, args);
	unsigned char *buf;
	uint32_t mark;
	XDR xdrs;
	int ok;

	if (size > EVOTE_CALL_MAX)
		return (RPC_CANTENCODEARGS);
	if ((buf = malloc(STREAM_MARK + size)) == NULL)
		return (RPC_SYSTEMERROR);
	xdrmem_create(
	    &xdrs, (char *)buf + STREAM_MARK, (u_int)size, XDR_ENCODE);
	ok = header_call(&xdrs, c->xid, c->prog, c->vers, proc) == 0 &&
	    (*xargs)(&xdrs, args);
	size = xdr_getpos(&xdrs);
	xdr_destroy(&xdrs);
	if (!ok) {
		free(buf);
		return (RPC_CANTENCODEARGS);
	}
	mark = stream_mark(size);
	memcpy(buf, &mark, STREAM_MARK);
	*out = buf;
	*len = STREAM_MARK + size;
	return (RPC_SUCCESS);
}

static enum clnt_stat
bytes_send(
    struct caller *c, const unsigned char *p, size_t n, uint64_t deadline_ms)
{
	ssize_t k;
	int ready;

	while (n > 0) {
		k = send(c->fd, p, n, MSG_NOSIGNAL);
		if (k >= 0) {
			p += k;
			n -= (size_t)k;
		} else if (errno == EAGAIN) {
			ready = deadline_wait(c->fd, POLLOUT, deadline_ms);
			if (ready == 0)
				return (fail(c, RPC_TIMEDOUT, ETIMEDOUT));
			if (ready < 0)
				return (fail(c, RPC_CANTSEND, errno));
		} else if (errno != EINTR)
			return (fail(c, RPC_CANTSEND, errno));
	}
	return (RPC_SUCCESS);
}

/* Like wait_ready; silence may end it sooner, see caller_patience. */
static int
wait_answer(const struct caller *c, uint64_t deadline_ms)
{
	uint64_t patience = c->patience_ms, until;
	int ready;

	if (c->there == NULL)
		return (deadline_wait(c->fd, POLLIN, deadline_ms));
	for (;; patience *= 2) {
		until = now_ms() + patience;
		if (until > deadline_ms)
			until = deadline_ms;
		ready = deadline_wait(c->fd, POLLIN, until);
		if (ready != 0 || until == deadline_ms)
			return (ready);
		if (!c->there(c->there_arg))
			return (0);
	}
}

/* Waits for some bytes. */
static enum clnt_stat
some_receive(struct caller *c, uint64_t deadline_ms)
{
	struct inbox *in = &c->in;
	ssize_t k;
	int ready;

	if (inbox_room(in, EVOTE_CALL_MAX) == -1)
		return (fail(c, RPC_CANTRECV, ENOMEM));
	do {
		ready = wait_answer(c, deadline_ms);
		if (ready == 0)
			return (fail(c, RPC_TIMEDOUT, ETIMEDOUT));
		if (ready < 0)
			return (fail(c, RPC_CANTRECV, errno));
		k = recv(c->fd, in->data + in->end, in->cap - in->end, 0);
	} while (k < 0 && (errno == EAGAIN || errno == EINTR));
	if (k <= 0)
		return (fail(c, RPC_CANTRECV, k < 0 ? errno : ECONNRESET));
	in->end += (size_t)k;
	return (RPC_SUCCESS);
}

/* One record, which stays where it is until the next. */
static enum clnt_stat
reply_receive(struct caller *c, unsigned char **reply, uint32_t *len,
    uint64_t deadline_ms)
{
	enum clnt_stat status = RPC_SUCCESS;
	enum record_state got;

	while ((got = inbox_next(&c->in, EVOTE_CALL_MAX, reply, len)) ==
		RECORD_MORE &&
	    status == RPC_SUCCESS)
		status = some_receive(c, deadline_ms);
	if (got == RECORD_BAD)
		return (fail(c, RPC_CANTRECV, EMSGSIZE));
	return (status);
}

/* What was partly decoded is freed again. */
static enum clnt_stat
reply_decode(struct caller *c, unsigned char *reply, size_t len, xdrproc_t xres,
    void *res)
{
	uint32_t xid;
	XDR xdrs;

	xdrmem_create(&xdrs, (char *)reply, (u_int)len, XDR_DECODE);
	if (header_reply(&xdrs, &xid, &c->err) == -1)
		c->err.re_status = RPC_CANTDECODERES;
	if (c->err.re_status == RPC_SUCCESS && !(*xres)(&xdrs, res)) {
		xdr_free(xres, res);
		c->err.re_status = RPC_CANTDECODERES;
	}
	xdr_destroy(&xdrs);
	return (c->err.re_status);
}

/* Records of other calls, or of none, are passed over. */
static enum clnt_stat
reply_await(struct caller *c, xdrproc_t xres, void *res, uint64_t deadline_ms)
{
	unsigned char *reply = NULL;
	enum clnt_stat status;
	uint32_t xid = htonl(c->xid), len = 0;

	do
		status = reply_receive(c, &reply, &len, deadline_ms);
	while (status == RPC_SUCCESS &&
	    (len < sizeof(xid) || memcmp(reply, &xid, sizeof(xid)) != 0));
	if (status != RPC_SUCCESS)
		return (status);
	return (reply_decode(c, reply, len, xres, res));
}

static uint64_t
call_deadline(const struct caller *c, const struct timeval *stub)
{
	const struct timeval *tv = c->has_timeout ? &c->timeout : stub;

	if (c->deadline_ms != 0)
		return (c->deadline_ms);
	return (now_ms() + (uint64_t)tv->tv_sec * 1000 +
	    (uint64_t)tv->tv_usec / 1000);
}

static enum clnt_stat
caller_call(CLIENT *client, rpcproc_t proc, xdrproc_t xargs, void *args,
    xdrproc_t xres, void *res, struct timeval stub)
{
	struct caller *c = client->cl_private;
	uint64_t deadline_ms = call_deadline(c, &stub);
	unsigned char *out = NULL;
	enum clnt_stat status;
	size_t len = 0;

	if (c->broken)
		return (c->err.re_status);
	memset(&c->err, 0, sizeof(c->err));
	c->xid++;
	status = call_encode(c, proc, xargs, args, &out, &len);
	c->err.re_status = status;
	if (status == RPC_SUCCESS)
		status = bytes_send(c, out, len, deadline_ms);
	free(out);
	if (status == RPC_SUCCESS)
		status = reply_await(c, xres, res, deadline_ms);
	return (status);
}

/* ---- the CLIENT ---- */

static void
caller_abort(CLIENT *client)
{
}

static void
caller_geterr(CLIENT *client, struct rpc_err *err)
{
	*err = ((struct caller *)client->cl_private)->err;
}

static bool_t
caller_freeres(CLIENT *client, xdrproc_t xres, void *res)
{
	xdr_free(xres, res);
	return (TRUE);
}

static void
caller_destroy(CLIENT *client)
{
	struct caller *c = client->cl_private;

	close(c->fd);
	inbox_clear(&c->in);
	free(c);
}

static bool_t
caller_control(CLIENT *client, u_int request, void *info)
{
	struct caller *c = client->cl_private;

	switch (request) {
	case CLSET_TIMEOUT:
		c->timeout = *(struct timeval *)info;
		c->has_timeout = 1;
		c->deadline_ms = 0;
		return (TRUE);
	case CLGET_FD:
		*(int *)info = c->fd;
		return (TRUE);
	case CLSET_PROG:
		c->prog = *(uint32_t *)info;
		return (TRUE);
	case CLSET_VERS:
		c->vers = *(uint32_t *)info;
		return (TRUE);
	default:
		return (FALSE);
	}
}

void
caller_deadline(CLIENT *client, uint64_t deadline_ms)
{
	struct caller *c = client->cl_private;

	c->deadline_ms = deadline_ms;
}

void
caller_patience(CLIENT *client, uint64_t ms, caller_there *there, void *arg)
{
	struct caller *c = client->cl_private;

	c->patience_ms = ms;
	c->there = there;
	c->there_arg = arg;
}

/* Takes the socket; NULL when there is no memory. */
static CLIENT *
caller_new(int fd, uint32_t prog, uint32_t vers)
{
	struct caller *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		close(fd);
		return (NULL);
	}
	c->ops = (struct clnt_ops){
	    .cl_call = caller_call,
	    .cl_abort = caller_abort,
	    .cl_geterr = caller_geterr,
	    .cl_freeres = caller_freeres,
	    .cl_destroy = caller_destroy,
	    .cl_control = caller_control,
	};
	c->client.cl_ops = &c->ops;
	c->client.cl_auth = authnone_create();
	c->client.cl_private = c;
	c->fd = fd;
	c->prog = prog;
	c->vers = vers;
	c->xid = (uint32_t)now_ms();
	return (&c->client);
}

/* ---- connecting ---- */

/* A connected socket, or -1 with errno. */
static int
connect_by(const struct sockaddr *sa, socklen_t len, uint64_t deadline_ms)
{
	int fd, error = 0, ready;
	socklen_t size = sizeof(error);

	fd = socket(
	    sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return (-1);
	if (connect(fd, sa, len) == 0)
		return (fd);
	if ((error = errno) == EINPROGRESS) {
		ready = deadline_wait(fd, POLLOUT, deadline_ms);
		if (ready == 0)
			error = ETIMEDOUT;
		else if (ready < 0 ||
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
			error = errno;
		if (error == 0)
			return (fd);
	}
	close(fd);
	errno = error;
	return (-1);
}

/* A silent address must not eat the time of those after it. */
static uint64_t
share_deadline(int addresses, uint64_t deadline_ms)
{
	uint64_t now = now_ms();

	return (now >= deadline_ms
		? now
		: now + (deadline_ms - now) / (uint64_t)addresses);
}

CLIENT *
caller_tcp(const char *host, int port, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, char *err, size_t errlen)
{
	struct address found[ADDRESS_MAX];
	struct sockaddr_storage sa;
	socklen_t len;
	CLIENT *client = NULL;
	int fd = -1, one = 1, error, i, n;

	n = address_find(host, deadline_ms, found);
	if (n <= 0) {
		caller_why(n == 0 ? CALLER_NAME_LATE : CALLER_NAME_UNKNOWN,
		    host, err, errlen);
		errno = n == 0 ? ETIMEDOUT : ENOENT;
		return (NULL);
	}
	for (i = 0; i < n && fd < 0; i++) {
		len = address_port(&found[i], port, &sa);
		fd = connect_by((struct sockaddr *)&sa, len,
		    share_deadline(n - i, deadline_ms));
	}
	if (fd >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		client = caller_new(fd, prog, vers);
	}
	if (client == NULL) {
		error = errno;
		snprintf(err, errlen, "cannot connect to %s port %d: %s", host,
		    port, strerror(error));
		errno = error;
	}
	return (client);
}

CLIENT *
caller_unix(const char *path, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, char *err, size_t errlen)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000000};
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	CLIENT *client = NULL;
	int fd = -1;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		snprintf(err, errlen, "the path %s is too long", path);
		return (NULL);
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	/* EAGAIN here means that the listener's queue is full. */
	while ((fd = connect_by((const struct sockaddr *)&sun, sizeof(sun),
		    deadline_ms)) < 0 &&
	    errno == EAGAIN && deadline_left_ms(deadline_ms) > 0)
		nanosleep(&pause, NULL);
	if (fd >= 0)
		client = caller_new(fd, prog, vers);
	if (client == NULL)
		snprintf(err, errlen, "cannot connect to %s: %s", path,
		    strerror(errno));
	return (client);
}
