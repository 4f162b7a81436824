/*
 * Why not libtirpc's own client transports: connecting blocks with all
 * signals blocked (135 s towards a silent host), the timeout of a call is per
 * read and leaves writes unlimited, the portmapper calls hold a process-wide
 * lock, clnt_create() aborts when a portmapper that answered before refuses,
 * and root binds a reserved port each time.  CLIENT and its operations are
 * public so that a transport of one's own can stand under the same stubs.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rpc/rpc.h>
#include <rpc/pmap_prot.h>

#include "common/rpc/caller.h"
#include "common/rpc/inquiry.h"
#include "evote.h"

#define MARK	  4	      /* bytes of a record mark */
#define MARK_LAST 0x80000000U /* the last fragment of a record */
#define HEADER	  40	      /* bytes of a call's header with AUTH_NONE */
#define ADDRESSES 8	      /* of one host, that are asked */

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
	size_t at, have;
	unsigned char ahead[4096];
};

/* ---- time ---- */

uint64_t
caller_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000);
}

static int
left_ms(uint64_t deadline_ms)
{
	uint64_t now = caller_now_ms();

	if (now >= deadline_ms)
		return (0);
	return (
	    deadline_ms - now > INT_MAX ? INT_MAX : (int)(deadline_ms - now));
}

/*
 * 1 ready, 0 too late, -1 errno.  Too late comes first: a peer that always
 * has some more to say must not keep us.
 */
static int
wait_ready(int fd, short events, uint64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	int left, n;

	do {
		if ((left = left_ms(deadline_ms)) == 0)
			return (0);
		n = poll(&p, 1, left);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return (n);
}

/* ---- names ---- */

/*
 * getaddrinfo() cannot be bounded, so a name is looked up by a thread; who is
 * last, it or the one waiting for it, cleans up.
 */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t done;
	int refs;
	int finished;
	int error; /* of getaddrinfo */
	int socktype;
	char *host;
	struct addrinfo *found;
};

static void
lookup_drop(struct lookup *l)
{
	int refs;

	pthread_mutex_lock(&l->lock);
	refs = --l->refs;
	pthread_mutex_unlock(&l->lock);
	if (refs > 0)
		return;
	if (l->found != NULL)
		freeaddrinfo(l->found);
	pthread_cond_destroy(&l->done);
	pthread_mutex_destroy(&l->lock);
	free(l->host);
	free(l);
}

static struct lookup *
lookup_new(const char *host, int socktype)
{
	struct lookup *l = calloc(1, sizeof(*l));
	pthread_condattr_t attr;

	if (l == NULL || (l->host = strdup(host)) == NULL) {
		free(l);
		return (NULL);
	}
	l->refs = 1;
	l->socktype = socktype;
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->done, &attr);
	pthread_condattr_destroy(&attr);
	return (l);
}

static int
name_find(const char *host, int socktype, int flags, struct addrinfo **found)
{
	struct addrinfo hints = {
	    .ai_flags = flags,
	    .ai_family = AF_UNSPEC,
	    .ai_socktype = socktype,
	};

	*found = NULL;
	return (getaddrinfo(host, NULL, &hints, found));
}

static void *
lookup_run(void *arg)
{
	struct lookup *l = arg;
	struct addrinfo *found;
	int error = name_find(l->host, l->socktype, 0, &found);

	pthread_mutex_lock(&l->lock);
	l->found = found;
	l->error = error;
	l->finished = 1;
	pthread_cond_signal(&l->done);
	pthread_mutex_unlock(&l->lock);
	lookup_drop(l);
	return (NULL);
}

static int
lookup_start(struct lookup *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	l->refs++;
	if ((rc = pthread_create(&thread, &attr, lookup_run, l)) != 0)
		l->refs--;
	pthread_attr_destroy(&attr);
	return (rc == 0 ? 0 : -1);
}

/* What getaddrinfo said; EAI_AGAIN: nothing in time. */
static int
lookup_wait(struct lookup *l, uint64_t deadline_ms, struct addrinfo **found)
{
	struct timespec until = {
	    .tv_sec = (time_t)(deadline_ms / 1000),
	    .tv_nsec = (long)(deadline_ms % 1000) * 1000000,
	};
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	while (!l->finished && rc == 0)
		rc = pthread_cond_timedwait(&l->done, &l->lock, &until);
	*found = l->found;
	l->found = NULL;
	rc = l->finished ? l->error : EAI_AGAIN;
	pthread_mutex_unlock(&l->lock);
	return (rc);
}

/* NULL: *fault says why. */
static struct addrinfo *
host_find(const char *host, int socktype, uint64_t deadline_ms,
    enum caller_fault *fault)
{
	struct addrinfo *found;
	struct lookup *l;
	int rc = EAI_AGAIN;

	*fault = CALLER_NONE;
	if (name_find(host, socktype, AI_NUMERICHOST, &found) == 0)
		return (found);
	if ((l = lookup_new(host, socktype)) != NULL) {
		if (lookup_start(l) == 0)
			rc = lookup_wait(l, deadline_ms, &found);
		lookup_drop(l);
	}
	if (found == NULL)
		*fault =
		    rc == EAI_AGAIN ? CALLER_NAME_LATE : CALLER_NAME_UNKNOWN;
	return (found);
}

int
caller_addresses(const char *host, uint64_t deadline_ms, char *out, size_t len,
    caller_progress *at)
{
	struct addrinfo *found, *a;
	enum caller_fault fault;
	char one[NI_MAXHOST];
	size_t n = 0;

	*at = CALLER_NAME_LATE;
	found = host_find(host, SOCK_STREAM, deadline_ms, &fault);
	*at = fault;
	if (found == NULL)
		return (-1);
	for (a = found; a != NULL && n < len; a = a->ai_next)
		if (getnameinfo(a->ai_addr, a->ai_addrlen, one, sizeof(one),
			NULL, 0, NI_NUMERICHOST) == 0)
			n += (size_t)snprintf(
			    out + n, len - n, "%s%s", n > 0 ? ", " : "", one);
	freeaddrinfo(found);
	return (0);
}

void
caller_why(enum caller_fault fault, const char *host, char *out, size_t len)
{
	static const char *const words[] = {
	    [CALLER_NONE] = "it could not be asked",
	    [CALLER_NO_ROUTE] = "no network route leads to it",
	    [CALLER_PORTMAP_SILENT] = "its portmapper does not answer",
	    [CALLER_PORTMAP_REFUSED] = "no portmapper (rpcbind) runs there",
	    [CALLER_PROGRAM_UNKNOWN] = "its portmapper knows no evote server",
	};

	if (fault == CALLER_NAME_LATE || fault == CALLER_NAME_UNKNOWN)
		snprintf(out, len, "no address is known for %.200s%s", host,
		    fault == CALLER_NAME_LATE ? ": DNS does not answer" : "");
	else
		snprintf(out, len, "%s", words[fault]);
}

static void
set_port(struct sockaddr *sa, int port)
{
	if (sa->sa_family == AF_INET)
		((struct sockaddr_in *)(void *)sa)->sin_port =
		    htons((uint16_t)port);
	else if (sa->sa_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)sa)->sin6_port =
		    htons((uint16_t)port);
}

/* ---- the portmapper ---- */

static enum caller_fault
fault_of(int error)
{
	if (error == ECONNREFUSED)
		return (CALLER_PORTMAP_REFUSED);
	if (error == ENETUNREACH || error == EHOSTUNREACH)
		return (CALLER_NO_ROUTE);
	return (CALLER_PORTMAP_SILENT);
}

/* The same asked of each address of a host, all at once. */
struct canvass {
	struct inquiry asked[ADDRESSES];
	struct pollfd fds[ADDRESSES]; /* -1: that one has ended */
	nfds_t n;
	enum caller_fault worst; /* of those that ended */
};

/* Whoever answered knows best; a refusal says more than a missing route. */
static void
canvass_end(struct canvass *v, nfds_t i, enum caller_fault fault)
{
	if (v->fds[i].fd >= 0)
		close(v->fds[i].fd);
	v->fds[i].fd = -1;
	if (fault > v->worst)
		v->worst = fault;
}

static void
canvass_start(
    struct canvass *v, const struct addrinfo *a, uint32_t prog, uint32_t vers)
{
	uint32_t xid = (uint32_t)caller_now_ms() ^ (uint32_t)getpid() << 16;
	int fd;

	for (; a != NULL && v->n < ADDRESSES; a = a->ai_next, v->n++) {
		v->asked[v->n] = (struct inquiry){
		    a->ai_family, xid + (uint32_t)v->n, prog, vers};
		set_port(a->ai_addr, PMAPPORT);
		fd = socket(
		    a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		v->fds[v->n] = (struct pollfd){.fd = fd, .events = POLLIN};
		if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) != 0)
			canvass_end(v, v->n, fault_of(errno));
	}
}

/* Whether one of them may still answer. */
static int
canvass_open(const struct canvass *v)
{
	nfds_t i;

	for (i = 0; i < v->n; i++)
		if (v->fds[i].fd >= 0)
			return (1);
	return (0);
}

static void
canvass_send(struct canvass *v)
{
	char out[INQUIRY_MAX];
	size_t len;
	nfds_t i;

	for (i = 0; i < v->n; i++) {
		if (v->fds[i].fd < 0)
			continue;
		len = inquiry_encode(&v->asked[i], out, sizeof(out));
		if (send(v->fds[i].fd, out, len, MSG_NOSIGNAL) < 0)
			canvass_end(v, i, fault_of(errno));
	}
}

/* The port, or 0: not from this one, or not yet. */
static int
canvass_receive(struct canvass *v, nfds_t i)
{
	char in[INQUIRY_REPLY_MAX];
	ssize_t n = recv(v->fds[i].fd, in, sizeof(in), 0);
	int port;

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		canvass_end(v, i, fault_of(errno));
	if (n <= 0 || (port = inquiry_decode(&v->asked[i], in, (size_t)n)) < 0)
		return (0);
	if (port == 0)
		canvass_end(v, i, CALLER_PROGRAM_UNKNOWN);
	return (port);
}

/* Until a port is known, or that time. */
static int
canvass_wait(struct canvass *v, uint64_t until_ms)
{
	int left, port = 0;
	nfds_t i;

	while (port == 0 && canvass_open(v) && (left = left_ms(until_ms)) > 0) {
		if (poll(v->fds, v->n, left) <= 0)
			continue;
		for (i = 0; i < v->n && port == 0; i++)
			if (v->fds[i].fd >= 0 && v->fds[i].revents != 0)
				port = canvass_receive(v, i);
	}
	return (port);
}

/* Repeats the question until it is answered; 0: *fault. */
static int
canvass_take(struct canvass *v, uint64_t deadline_ms, caller_progress *fault)
{
	uint64_t until, wait = 60;
	int port = 0;
	nfds_t i;

	/* After a "no" the other addresses have what is left of this turn. */
	while (port == 0 && canvass_open(v) &&
	    v->worst != CALLER_PROGRAM_UNKNOWN && left_ms(deadline_ms) > 0) {
		canvass_send(v);
		until = caller_now_ms() + wait;
		port =
		    canvass_wait(v, until < deadline_ms ? until : deadline_ms);
		wait *= 2;
	}
	if (port != 0)
		*fault = CALLER_NONE;
	else if (!canvass_open(v) || v->worst == CALLER_PROGRAM_UNKNOWN)
		*fault = v->worst;
	for (i = 0; i < v->n; i++)
		if (v->fds[i].fd >= 0)
			close(v->fds[i].fd);
	return (port);
}

int
caller_port(const char *host, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, caller_progress *at)
{
	uint64_t began = caller_now_ms(), named;
	struct canvass v = {.worst = CALLER_NONE};
	enum caller_fault fault;
	struct addrinfo *found;

	*at = CALLER_NAME_LATE;
	found = host_find(host, SOCK_DGRAM, deadline_ms, &fault);
	if (found == NULL) {
		*at = fault;
		return (0);
	}
	named = caller_now_ms() - began;
	if (named < (uint64_t)left_ms(deadline_ms))
		*at = CALLER_PORTMAP_SILENT;
	canvass_start(&v, found, prog, vers);
	freeaddrinfo(found);
	return (canvass_take(&v, deadline_ms, at));
}

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
	struct rpc_msg msg = {.rm_xid = c->xid, .rm_direction = CALL};
	size_t size = HEADER + xdr_sizeof(xargs, args);
	unsigned char *buf;
	uint32_t mark;
	XDR xdrs;
	int ok;

	if (size > EVOTE_CALL_MAX)
		return (RPC_CANTENCODEARGS);
	if ((buf = malloc(MARK + size)) == NULL)
		return (RPC_SYSTEMERROR);
	msg.rm_call.cb_rpcvers = RPC_MSG_VERSION;
	msg.rm_call.cb_prog = c->prog;
	msg.rm_call.cb_vers = c->vers;
	msg.rm_call.cb_proc = proc;
	xdrmem_create(&xdrs, (char *)buf + MARK, (u_int)size, XDR_ENCODE);
	ok = xdr_callmsg(&xdrs, &msg) && (*xargs)(&xdrs, args);
	size = xdr_getpos(&xdrs);
	xdr_destroy(&xdrs);
	if (!ok) {
		free(buf);
		return (RPC_CANTENCODEARGS);
	}
	mark = htonl(MARK_LAST | (uint32_t)size);
	memcpy(buf, &mark, MARK);
	*out = buf;
	*len = MARK + size;
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
			ready = wait_ready(c->fd, POLLOUT, deadline_ms);
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
		return (wait_ready(c->fd, POLLIN, deadline_ms));
	for (;; patience *= 2) {
		until = caller_now_ms() + patience;
		if (until > deadline_ms)
			until = deadline_ms;
		ready = wait_ready(c->fd, POLLIN, until);
		if (ready != 0 || until == deadline_ms)
			return (ready);
		if (!c->there(c->there_arg))
			return (0);
	}
}

/* Waits for some bytes and takes up to n of them. */
static enum clnt_stat
some_receive(struct caller *c, unsigned char *p, size_t n, size_t *got,
    uint64_t deadline_ms)
{
	ssize_t k;
	int ready;

	do {
		ready = wait_answer(c, deadline_ms);
		if (ready == 0)
			return (fail(c, RPC_TIMEDOUT, ETIMEDOUT));
		if (ready < 0)
			return (fail(c, RPC_CANTRECV, errno));
		k = recv(c->fd, p, n, 0);
	} while (k < 0 && (errno == EAGAIN || errno == EINTR));
	if (k <= 0)
		return (fail(c, RPC_CANTRECV, k < 0 ? errno : ECONNRESET));
	*got = (size_t)k;
	return (RPC_SUCCESS);
}

static enum clnt_stat
bytes_receive(
    struct caller *c, unsigned char *p, size_t n, uint64_t deadline_ms)
{
	enum clnt_stat status = RPC_SUCCESS;
	size_t k;

	while (n > 0 && status == RPC_SUCCESS) {
		k = c->have - c->at < n ? c->have - c->at : n;
		if (k > 0) {
			memcpy(p, c->ahead + c->at, k);
			c->at += k;
		} else if (n >= sizeof(c->ahead)) {
			status = some_receive(c, p, n, &k, deadline_ms);
		} else {
			c->at = c->have = 0;
			status = some_receive(c, c->ahead, sizeof(c->ahead),
			    &c->have, deadline_ms);
		}
		p += k;
		n -= k;
	}
	return (status);
}

/* One record, its fragments joined; the caller frees *out in any case. */
static enum clnt_stat
reply_receive(
    struct caller *c, unsigned char **out, size_t *len, uint64_t deadline_ms)
{
	enum clnt_stat status;
	unsigned char *grown;
	uint32_t mark = 0;
	size_t n;

	for (*len = 0; !(mark & MARK_LAST); *len += n) {
		status =
		    bytes_receive(c, (unsigned char *)&mark, MARK, deadline_ms);
		if (status != RPC_SUCCESS)
			return (status);
		mark = ntohl(mark);
		n = mark & ~MARK_LAST;
		if (n > EVOTE_CALL_MAX - *len)
			return (fail(c, RPC_CANTRECV, EMSGSIZE));
		if ((grown = realloc(*out, *len + n + 1)) == NULL)
			return (fail(c, RPC_CANTRECV, ENOMEM));
		*out = grown;
		status = bytes_receive(c, grown + *len, n, deadline_ms);
		if (status != RPC_SUCCESS)
			return (status);
	}
	return (RPC_SUCCESS);
}

/* xdr_void, in the type that is asked for. */
static bool_t
xdr_nothing(XDR *xdrs, ...)
{
	return (TRUE);
}

static void
verf_free(struct rpc_msg *msg)
{
	if (msg->rm_reply.rp_stat == MSG_ACCEPTED)
		xdr_free((xdrproc_t)xdr_opaque_auth, &msg->acpted_rply.ar_verf);
}

/* What was partly decoded is freed again. */
static enum clnt_stat
reply_decode(struct caller *c, unsigned char *reply, size_t len, xdrproc_t xres,
    void *res)
{
	struct rpc_msg msg = {0};
	XDR xdrs;

	msg.acpted_rply.ar_results.proc = xdr_nothing;
	xdrmem_create(&xdrs, (char *)reply, (u_int)len, XDR_DECODE);
	if (xdr_replymsg(&xdrs, &msg)) {
		_seterr_reply(&msg, &c->err);
		if (c->err.re_status == RPC_SUCCESS && !(*xres)(&xdrs, res)) {
			xdr_free(xres, res);
			c->err.re_status = RPC_CANTDECODERES;
		}
	} else
		c->err.re_status = RPC_CANTDECODERES;
	verf_free(&msg);
	xdr_destroy(&xdrs);
	return (c->err.re_status);
}

/* Records of other calls, or of none, are passed over. */
static enum clnt_stat
reply_await(struct caller *c, xdrproc_t xres, void *res, uint64_t deadline_ms)
{
	unsigned char *reply = NULL;
	enum clnt_stat status;
	uint32_t xid = htonl(c->xid);
	size_t len;

	do
		status = reply_receive(c, &reply, &len, deadline_ms);
	while (status == RPC_SUCCESS &&
	    (len < sizeof(xid) || memcmp(reply, &xid, sizeof(xid)) != 0));
	if (status == RPC_SUCCESS)
		status = reply_decode(c, reply, len, xres, res);
	free(reply);
	return (status);
}

static uint64_t
call_deadline(const struct caller *c, const struct timeval *stub)
{
	const struct timeval *tv = c->has_timeout ? &c->timeout : stub;

	if (c->deadline_ms != 0)
		return (c->deadline_ms);
	return (caller_now_ms() + (uint64_t)tv->tv_sec * 1000 +
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
	c->xid = (uint32_t)caller_now_ms();
	return (&c->client);
}

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
		ready = wait_ready(fd, POLLOUT, deadline_ms);
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
address_deadline(const struct addrinfo *a, uint64_t deadline_ms)
{
	uint64_t now = caller_now_ms();
	unsigned n = 0;

	for (; a != NULL; a = a->ai_next)
		n++;
	return (now >= deadline_ms ? now : now + (deadline_ms - now) / n);
}

CLIENT *
caller_tcp(const char *host, int port, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, char *err, size_t errlen)
{
	struct addrinfo *found, *a;
	enum caller_fault fault;
	CLIENT *client = NULL;
	int fd = -1, one = 1, error;

	found = host_find(host, SOCK_STREAM, deadline_ms, &fault);
	if (found == NULL) {
		caller_why(fault, host, err, errlen);
		errno = fault == CALLER_NAME_LATE ? ETIMEDOUT : ENOENT;
		return (NULL);
	}
	for (a = found; a != NULL && fd < 0; a = a->ai_next) {
		set_port(a->ai_addr, port);
		fd = connect_by(a->ai_addr, a->ai_addrlen,
		    address_deadline(a, deadline_ms));
	}
	if (fd >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		client = caller_new(fd, prog, vers);
	}
	error = errno;
	if (client == NULL)
		snprintf(err, errlen, "cannot connect to %s port %d: %s", host,
		    port, strerror(error));
	freeaddrinfo(found);
	errno = error;
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
	    errno == EAGAIN && left_ms(deadline_ms) > 0)
		nanosleep(&pause, NULL);
	if (fd >= 0)
		client = caller_new(fd, prog, vers);
	if (client == NULL)
		snprintf(err, errlen, "cannot connect to %s: %s", path,
		    strerror(errno));
	return (client);
}
