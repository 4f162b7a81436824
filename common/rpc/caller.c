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
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/now.h"
#include "common/record.h"
#include "common/rpc/line.h"
#include "common/rpc/deadline.h"
#include "common/rpc/dial.h"
#include "common/rpc/header.h"
#include "common/rpc/stream.h"
#include "evote.h"

#define HEADER 40 /* bytes of a call's header with AUTH_NONE */

struct caller {
	CLIENT client;
	struct clnt_ops ops;
	struct line line;
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
bytes_send(struct caller *c, const void *bytes, size_t n, uint64_t deadline_ms)
{
	int ready;

	if (line_put(&c->line, bytes, n) != 0)
		return (fail(
		    c, RPC_CANTSEND, c->line.tls != NULL ? EPROTO : ENOMEM));
	for (;;) {
		if (line_flush(&c->line) != 0)
			return (fail(c, RPC_CANTSEND, errno));
		if (line_unsent(&c->line) == 0)
			return (RPC_SUCCESS);
		ready = deadline_wait(c->line.fd, POLLOUT, deadline_ms);
		if (ready == 0)
			return (fail(c, RPC_TIMEDOUT, ETIMEDOUT));
		if (ready < 0)
			return (fail(c, RPC_CANTSEND, errno));
	}
}

/* Like deadline_wait; silence may end it sooner, see caller_patience. */
static int
wait_answer(const struct caller *c, uint64_t deadline_ms)
{
	uint64_t patience = c->patience_ms, until;
	int ready;

	if (c->there == NULL)
		return (deadline_wait(c->line.fd, POLLIN, deadline_ms));
	for (;; patience *= 2) {
		until = now_ms() + patience;
		if (until > deadline_ms)
			until = deadline_ms;
		ready = deadline_wait(c->line.fd, POLLIN, until);
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
	struct line *ch = &c->line;
	bool all;
	ssize_t k;
	int ready;

	do {
		ready = line_pending(ch) ? 1 : wait_answer(c, deadline_ms);
		if (ready == 0)
			return (fail(c, RPC_TIMEDOUT, ETIMEDOUT));
		if (ready < 0)
			return (fail(c, RPC_CANTRECV, errno));
		k = line_receive(ch, &c->in, EVOTE_CALL_MAX, &all);
	} while (k < 0 && (errno == EAGAIN || errno == EINTR));
	if (k <= 0)
		return (fail(c, RPC_CANTRECV, k < 0 ? errno : ECONNRESET));
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

/*
 * As servers take arguments: all of the bytes, in the one form that they have,
 * since XDR would cut a string at a NUL.
 */
static int
result_decode(XDR *xdrs, size_t len, xdrproc_t xres, void *res)
{
	u_int from = xdr_getpos(xdrs);

	return ((*xres)(xdrs, res) &&
	    xdr_is_canonical(
		xres, res, (char *)xdrs->x_base + from, len - from));
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
	if (c->err.re_status == RPC_SUCCESS &&
	    !result_decode(&xdrs, len, xres, res)) {
		xdr_free(xres, res);
		c->err.re_status = RPC_CANTDECODERES;
	}
	xdr_destroy(&xdrs);
	return (c->err.re_status);
}

/* The reply to this call; records of others, or of none, are passed over. */
static enum clnt_stat
reply_find(struct caller *c, unsigned char **reply, uint32_t *len,
    uint64_t deadline_ms)
{
	enum clnt_stat status;
	uint32_t xid = htonl(c->xid);

	do
		status = reply_receive(c, reply, len, deadline_ms);
	while (status == RPC_SUCCESS &&
	    (*len < sizeof(xid) || memcmp(*reply, &xid, sizeof(xid)) != 0));
	return (status);
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
	unsigned char *out = NULL, *reply = NULL;
	enum clnt_stat status;
	uint32_t reply_len = 0;
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
		status = reply_find(c, &reply, &reply_len, deadline_ms);
	if (status == RPC_SUCCESS)
		status = reply_decode(c, reply, reply_len, xres, res);
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

	line_close(&c->line);
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
		*(int *)info = c->line.fd;
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

/* ---- TLS ---- */

/* The end of a sentence about a connection that is broken. */
static int
tls_failed(struct caller *c, char *err, size_t errlen, const char *why)
{
	int error = c->err.re_errno;

	if (!c->broken)
		(void)fail(c, RPC_CANTRECV, error = EPROTO);
	snprintf(err, errlen, "%s", why);
	errno = error;
	return (-1);
}

static const char *
probe_why(enum clnt_stat stat)
{
	return (stat == RPC_TIMEDOUT ? "no answer in time"
				     : "the connection broke");
}

int
caller_probe(CLIENT *client, uint64_t deadline_ms, char *err, size_t errlen)
{
	struct caller *c = client->cl_private;
	unsigned char call[HEADER_PROBE], *reply = NULL;
	enum clnt_stat stat;
	uint32_t len = 0;

	header_probe(call, ++c->xid, c->prog, c->vers);
	stat = bytes_send(c, call, sizeof(call), deadline_ms);
	if (stat == RPC_SUCCESS)
		stat = reply_find(c, &reply, &len, deadline_ms);
	if (stat != RPC_SUCCESS)
		return (tls_failed(c, err, errlen, probe_why(stat)));
	switch (header_offer(reply, len, c->xid)) {
	case OFFER_TLS:
		break;
	case OFFER_NONE:
		return (0);
	case OFFER_STRANGE:
		return (tls_failed(c, err, errlen,
		    "what it answers when asked for TLS is neither yes nor "
		    "no"));
	}
	if (inbox_empty(&c->in))
		return (1);
	return (tls_failed(
	    c, err, errlen, "it goes on in plain where TLS has to begin"));
}

int
caller_shake(CLIENT *client, const char *name, const char *pin,
    uint64_t deadline_ms, char *err, size_t errlen)
{
	struct caller *c = client->cl_private;
	enum tls_got got;
	int ready;

	if (line_begin(&c->line, name, pin) != 0)
		return (tls_failed(c, err, errlen, "no memory for TLS"));
	while ((got = line_shake(&c->line)) == TLS_MORE) {
		ready = deadline_wait(c->line.fd, POLLIN, deadline_ms);
		if (ready == 1)
			continue;
		(void)fail(c, RPC_TIMEDOUT, ready == 0 ? ETIMEDOUT : errno);
		return (tls_failed(c, err, errlen,
		    "its handshake for TLS did not end in time"));
	}
	if (got == TLS_OK)
		return (0);
	if (got == TLS_BROKEN)
		return (tls_failed(c, err, errlen, tls_why(c->line.tls)));
	(void)fail(c, RPC_CANTRECV, errno);
	return (tls_failed(
	    c, err, errlen, "the connection broke in the handshake for TLS"));
}

void
caller_pin(CLIENT *client, char out[TLS_PIN])
{
	struct caller *c = client->cl_private;

	out[0] = '\0';
	if (c->line.tls != NULL)
		tls_peer_pin(c->line.tls, out);
}

/* ---- the connection ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static AUTH *nobody;

/* Threads that ask for the first one together would make several. */
static void
nobody_make(void)
{
	nobody = authnone_create();
}

/* Takes the socket; NULL without memory. */
static CLIENT *
caller_new(int fd, uint32_t prog, uint32_t vers, char *err, size_t errlen)
{
	struct caller *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		close(fd);
		snprintf(err, errlen, "no memory");
		errno = ENOMEM;
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
	pthread_once(&once, nobody_make);
	c->client.cl_auth = nobody;
	c->client.cl_private = c;
	c->line.fd = fd;
	c->prog = prog;
	c->vers = vers;
	c->xid = (uint32_t)now_ms();
	return (&c->client);
}

CLIENT *
caller_tcp(const char *host, int port, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, char *err, size_t errlen)
{
	int fd = dial_tcp(host, port, deadline_ms, err, errlen);

	return (fd < 0 ? NULL : caller_new(fd, prog, vers, err, errlen));
}

CLIENT *
caller_unix(const char *path, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, char *err, size_t errlen)
{
	int fd = dial_unix(path, deadline_ms, err, errlen);

	return (fd < 0 ? NULL : caller_new(fd, prog, vers, err, errlen));
}
