#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "record.h"
#include "transport.h"

/*
 * From the socket to a procedure and back:
 *
 *	conn_read -> inbox_next -> conn_dispatch -> dispatcher -> procedure
 *	    conn_reply (at once or by transport_complete) -> conn_send
 *
 * Nothing is freed on the way.  A connection that must go is doomed: it takes
 * no more calls and its handles no longer fit, but it stays in memory until
 * conns_reap, which runs when no procedure does.
 */
#define MARK		4u	    /* bytes of a record mark */
#define MARK_LAST	0x80000000u /* its bit for the last fragment */
#define BUF_MIN		4096u	    /* larger ones are freed when empty */
#define BACKLOG		1024
#define LISTENERS_MAX	8
#define OFFERS_MAX	16
#define EVENTS_PER_RUN	256
#define ACCEPTS_PER_RUN 64
#define CALLS_PER_TURN	32 /* then it is another connection's turn */
#define SWEEP_MS	100
#define ALARM_MS	60000 /* at most one alarm about fullness in this time */
#define PORT_TRIES	16

/*
 * What was received: [base, rec) is the record put together so far, [raw, end)
 * what has not been looked at; between them lie record marks already read.
 */
struct inbox {
	unsigned char *data;
	size_t cap, base, rec, raw, end;
	uint32_t fragment; /* bytes of this fragment still to come */
	bool open;	   /* a record has begun */
	bool last;	   /* this fragment ends it */
};

/* What waits to be sent is [start, end). */
struct outbox {
	unsigned char *data;
	size_t cap, start, end;
};

enum conn_state { CONN_FREE, CONN_OPEN, CONN_DOOMED };

struct conn {
	SVCXPRT xprt; /* its xp_p1 points back here */
	struct transport *transport;
	enum conn_state state;
	enum door door;
	uint32_t slot;
	uint32_t generation;
	uint32_t armed; /* what epoll was told last */
	int in_flight;	/* calls held */
	bool paused;	/* takes no calls: too many held, or too much unsent */
	bool blocked;	/* its socket took no more */
	uint64_t active_ms;
	uint64_t partial_ms; /* since when a record lacks its end, or 0 */
	struct inbox in;
	struct outbox out;
	/* The call that is being dispatched. */
	XDR args;
	uint32_t xid;
	bool answered;
	bool held;

	bool on_ready, on_dirty;
	TAILQ_ENTRY(conn) ready; /* may have a whole record in its inbox */
	TAILQ_ENTRY(conn) dirty; /* has something to send */
	TAILQ_ENTRY(conn) gone;	 /* doomed, or free */
};
TAILQ_HEAD(conns, conn);

struct listener {
	int fd;
	enum door door;
	bool paused;
	char *path; /* of a local one */
};

struct offer {
	enum door door;
	uint32_t prog;
	uint32_t vers;
	dispatcher dispatch;
};

struct transport {
	struct transport_config config;
	int epoll_fd;
	int wake_fd; /* readable while work waits that no socket tells of */
	bool awake;
	bool dispatching;
	uint64_t now_ms;
	uint64_t swept_ms;
	uint64_t alarm_ms;
	struct listener listeners[LISTENERS_MAX];
	int n_listeners;
	struct offer offers[OFFERS_MAX];
	int n_offers;
	struct conn **slots;
	uint32_t n_slots;
	int open[2]; /* connections by door */
	struct conns ready, dirty, doomed, free;
	unsigned char *scratch; /* one reply of the largest size, with mark */
	struct transport_stats stats;
};

/* ---- what epoll gives back: 0 wakes, then the listeners, then connections */

static uint64_t
conn_id(const struct conn *c)
{
	return ((uint64_t)c->generation << 32 | c->slot);
}

static struct conn *
conn_find(const struct transport *t, uint32_t slot, uint32_t generation)
{
	struct conn *c;

	if (slot >= t->n_slots)
		return (NULL);
	c = t->slots[slot];
	if (c->state != CONN_OPEN || c->generation != generation)
		return (NULL);
	return (c);
}

static int
epoll_tell(struct transport *t, int op, int fd, uint32_t events, uint64_t id)
{
	struct epoll_event ev = {.events = events, .data.u64 = id};

	return (epoll_ctl(t->epoll_fd, op, fd, &ev));
}

static void
ready_add(struct conn *c)
{
	if (c->on_ready)
		return;
	c->on_ready = true;
	TAILQ_INSERT_TAIL(&c->transport->ready, c, ready);
}

static void
dirty_add(struct conn *c)
{
	if (c->on_dirty)
		return;
	c->on_dirty = true;
	TAILQ_INSERT_TAIL(&c->transport->dirty, c, dirty);
}

static void
conn_doom(struct conn *c)
{
	if (c->state != CONN_OPEN)
		return;
	c->state = CONN_DOOMED;
	TAILQ_INSERT_TAIL(&c->transport->doomed, c, gone);
}

static void
conn_reject(struct conn *c, const char *why)
{
	c->transport->stats.malformed++;
	log_debug("transport conn=%llx closed=%s",
	    (unsigned long long)conn_id(c), why);
	conn_doom(c);
}

static void
conn_starved(struct conn *c)
{
	log_alarm("transport memory=exhausted");
	conn_doom(c);
}

/* ---- the inbox: bytes into records ---- */

enum record_state { RECORD_MORE, RECORD_WHOLE, RECORD_BAD };

static bool
inbox_empty(const struct inbox *in)
{
	return (!in->open && in->raw == in->end);
}

static void
inbox_clear(struct inbox *in)
{
	free(in->data);
	memset(in, 0, sizeof(*in));
}

static enum record_state
inbox_mark(struct inbox *in, uint32_t max)
{
	uint32_t mark;

	if (in->end - in->raw < MARK)
		return (RECORD_MORE);
	memcpy(&mark, in->data + in->raw, MARK);
	mark = ntohl(mark);
	in->raw += MARK;
	if (!in->open) {
		in->open = true;
		in->base = in->rec = in->raw;
	}
	in->last = mark & MARK_LAST;
	in->fragment = mark & ~MARK_LAST;
	if (in->fragment > max - (in->rec - in->base))
		return (RECORD_BAD);
	return (RECORD_WHOLE);
}

/*
 * The next record of at most max bytes: *rec points into the inbox until the
 * next call.  RECORD_MORE when its end has not been received.
 */
static enum record_state
inbox_next(struct inbox *in, uint32_t max, unsigned char **rec, uint32_t *len)
{
	enum record_state state;
	size_t n;

	for (;;) {
		n = in->end - in->raw;
		if (n > in->fragment)
			n = in->fragment;
		/* Only a record of several fragments has to move. */
		if (in->rec != in->raw)
			memmove(in->data + in->rec, in->data + in->raw, n);
		in->rec += n;
		in->raw += n;
		in->fragment -= n;
		if (in->fragment > 0)
			return (RECORD_MORE);
		if (in->open && in->last)
			break;
		state = inbox_mark(in, max);
		if (state != RECORD_WHOLE)
			return (state);
	}
	*rec = in->data + in->base;
	*len = in->rec - in->base;
	in->open = in->last = false;
	in->base = in->rec = in->raw;
	return (RECORD_WHOLE);
}

/*
 * Makes room behind `end`.  Space grows with what has come, not with what was
 * announced; nor beyond one record, for inbox_next left no more than that.
 */
static int
inbox_room(struct inbox *in, uint32_t max)
{
	size_t head = in->rec - in->base, tail = in->end - in->raw, cap;
	unsigned char *data;

	if (in->base > 0)
		memmove(in->data, in->data + in->base, head);
	if (tail > 0)
		memmove(in->data + head, in->data + in->raw, tail);
	in->base = 0;
	in->rec = in->raw = head;
	in->end = head + tail;
	if (in->end < in->cap)
		return (0);
	cap = in->cap == 0 ? BUF_MIN : in->cap * 4;
	if (cap > max + BUF_MIN)
		cap = max + BUF_MIN;
	assert(cap > in->end);
	data = realloc(in->data, cap);
	if (data == NULL)
		return (-1);
	in->data = data;
	in->cap = cap;
	return (0);
}

/* ---- the outbox ---- */

static size_t
outbox_size(const struct outbox *out)
{
	return (out->end - out->start);
}

static int
outbox_add(struct outbox *out, const void *bytes, size_t len)
{
	size_t cap, size = outbox_size(out);
	unsigned char *data;

	/* Moving less than has left keeps the cost per byte constant. */
	if (out->start > 0 && size <= out->start) {
		memcpy(out->data, out->data + out->start, size);
		out->start = 0;
		out->end = size;
	}
	if (len > out->cap - out->end) {
		cap = out->cap == 0 ? BUF_MIN : out->cap * 2;
		if (cap < out->end + len)
			cap = out->end + len;
		data = realloc(out->data, cap);
		if (data == NULL)
			return (-1);
		out->data = data;
		out->cap = cap;
	}
	memcpy(out->data + out->end, bytes, len);
	out->end += len;
	return (0);
}

static void
outbox_clear(struct outbox *out)
{
	free(out->data);
	memset(out, 0, sizeof(*out));
}

static void
outbox_sent(struct outbox *out, size_t n)
{
	out->start += n;
	if (out->start < out->end)
		return;
	out->start = out->end = 0;
	if (out->cap > BUF_MIN)
		outbox_clear(out);
}

/* ---- reading pauses while a client has more than its share ---- */

static bool
conn_may_call(const struct conn *c)
{
	const struct transport_config *config = &c->transport->config;

	return (c->in_flight < config->max_in_flight &&
	    outbox_size(&c->out) < config->max_unsent);
}

static void
conn_pause(struct conn *c)
{
	c->paused = true;
	c->partial_ms = 0; /* that we do not read is not the client's fault */
}

/* What it sent before may lie in the inbox, where epoll does not see it. */
static void
conn_resume(struct conn *c)
{
	if (!c->paused || !conn_may_call(c))
		return;
	c->paused = false;
	ready_add(c);
}

static void
conn_arm(struct conn *c)
{
	uint32_t events = EPOLLRDHUP;

	if (c->state != CONN_OPEN)
		return;
	if (!c->paused)
		events |= EPOLLIN;
	if (c->blocked)
		events |= EPOLLOUT;
	if (events == c->armed)
		return;
	if (epoll_tell(c->transport, EPOLL_CTL_MOD, c->xprt.xp_fd, events,
		conn_id(c)) == -1) {
		conn_starved(c);
		return;
	}
	c->armed = events;
}

/* ---- replies ---- */

/*
 * Puts a reply into the outbox whole, or -1 when it cannot be encoded: then
 * nothing of it is sent, and the caller answers something else.
 */
static int
conn_reply(struct conn *c, uint32_t xid, struct rpc_msg *reply)
{
	struct transport *t = c->transport;
	uint32_t len, mark;
	XDR xdrs;

	reply->rm_xid = xid;
	reply->rm_direction = REPLY;
	xdrmem_create(
	    &xdrs, (char *)t->scratch + MARK, t->config.max_call, XDR_ENCODE);
	if (!xdr_replymsg(&xdrs, reply)) {
		log_alarm("transport reply=unencodable");
		return (-1);
	}
	len = xdr_getpos(&xdrs);
	mark = htonl(MARK_LAST | len);
	memcpy(t->scratch, &mark, MARK);
	if (outbox_add(&c->out, t->scratch, MARK + len) == -1)
		conn_starved(c);
	else
		dirty_add(c);
	return (0);
}

static int
conn_accept_reply(struct conn *c, uint32_t xid, enum accept_stat stat,
    xdrproc_t proc, void *result)
{
	struct rpc_msg reply = {0};

	reply.rm_reply.rp_stat = MSG_ACCEPTED;
	reply.acpted_rply.ar_verf = _null_auth;
	reply.acpted_rply.ar_stat = stat;
	reply.acpted_rply.ar_results.proc = proc;
	reply.acpted_rply.ar_results.where = result;
	return (conn_reply(c, xid, &reply));
}

/* libtirpc has svcerr_* for every refusal but this one. */
static void
conn_reply_rpcvers(struct conn *c)
{
	struct rpc_msg reply = {0};

	reply.rm_reply.rp_stat = MSG_DENIED;
	reply.rjcted_rply.rj_stat = RPC_MISMATCH;
	reply.rjcted_rply.rj_vers.low = RPC_MSG_VERSION;
	reply.rjcted_rply.rj_vers.high = RPC_MSG_VERSION;
	(void)conn_reply(c, c->xid, &reply);
}

/* ---- what rpcgen's dispatchers and svcerr_* call through SVCXPRT ---- */

static bool_t
xprt_recv(SVCXPRT *xprt, struct rpc_msg *msg)
{
	return (FALSE);
}

static enum xprt_stat
xprt_stat(SVCXPRT *xprt)
{
	return (XPRT_IDLE);
}

/*
 * XDR's decoder cuts a string at its first NUL.  What the sender meant and
 * what we would read are then two things, so arguments are taken only when
 * encoding them again gives the bytes received.
 */
static bool_t
xprt_getargs(SVCXPRT *xprt, xdrproc_t proc, void *args)
{
	struct conn *c = xprt->xp_p1;
	u_int from = xdr_getpos(&c->args);

	if (proc(&c->args, args) &&
	    xdr_is_canonical(proc, args, (char *)c->args.x_base + from,
		xdr_getpos(&c->args) - from))
		return (TRUE);
	/* The dispatcher cleared args before and will not free them. */
	xdr_free(proc, args);
	return (FALSE);
}

static bool_t
xprt_freeargs(SVCXPRT *xprt, xdrproc_t proc, void *args)
{
	xdr_free(proc, args);
	return (TRUE); /* the dispatcher would end the process */
}

/* After FALSE the dispatcher answers SYSTEM_ERR. */
static bool_t
xprt_reply(SVCXPRT *xprt, struct rpc_msg *reply)
{
	struct conn *c = xprt->xp_p1;

	assert(!c->answered && !c->held);
	if (conn_reply(c, c->xid, reply) == -1)
		return (FALSE);
	c->answered = true;
	return (TRUE);
}

static void
xprt_destroy(SVCXPRT *xprt)
{
	conn_doom(xprt->xp_p1);
}

static bool_t
xprt_control(SVCXPRT *xprt, const u_int request, void *info)
{
	return (FALSE);
}

static const struct xp_ops xprt_ops = {
    .xp_recv = xprt_recv,
    .xp_stat = xprt_stat,
    .xp_getargs = xprt_getargs,
    .xp_reply = xprt_reply,
    .xp_freeargs = xprt_freeargs,
    .xp_destroy = xprt_destroy,
};
static const struct xp_ops2 xprt_ops2 = {.xp_control = xprt_control};

/* ---- calls ---- */

/*
 * AUTH_SYS is only a claim and nothing here believes it, so its body is left
 * alone: libtirpc's _authenticate would print a malformed one to stdout.  A
 * verifier would be sent back, from wherever it lies by then.
 */
static enum auth_stat
call_authenticate(const struct call_body *call)
{
	enum_t flavor = call->cb_cred.oa_flavor;

	if (flavor != AUTH_NONE && flavor != AUTH_SYS)
		return (AUTH_REJECTEDCRED);
	if (call->cb_verf.oa_length != 0)
		return (AUTH_REJECTEDVERF);
	return (AUTH_OK);
}

static void
call_route(struct transport *t, struct conn *c, struct svc_req *req)
{
	uint32_t low = UINT32_MAX, high = 0;
	const struct offer *o;

	for (o = t->offers; o < t->offers + t->n_offers; o++) {
		if (o->door != c->door || o->prog != req->rq_prog)
			continue;
		if (o->vers == req->rq_vers) {
			t->dispatching = true;
			o->dispatch(req, &c->xprt);
			t->dispatching = false;
			return;
		}
		low = o->vers < low ? o->vers : low;
		high = o->vers > high ? o->vers : high;
	}
	if (low <= high)
		svcerr_progvers(&c->xprt, low, high);
	else
		svcerr_noprog(&c->xprt);
}

static void
conn_dispatch(struct conn *c, unsigned char *rec, uint32_t len)
{
	char cred[MAX_AUTH_BYTES], verf[MAX_AUTH_BYTES];
	struct rpc_msg msg = {.rm_direction = REPLY};
	struct svc_req req = {.rq_xprt = &c->xprt};
	enum auth_stat why;
	bool whole;

	msg.rm_call.cb_rpcvers = RPC_MSG_VERSION;
	msg.rm_call.cb_cred.oa_base = cred;
	msg.rm_call.cb_verf.oa_base = verf;
	xdrmem_create(&c->args, (char *)rec, len, XDR_DECODE);
	whole = xdr_callmsg(&c->args, &msg);
	c->xid = msg.rm_xid;
	c->answered = c->held = false;
	c->active_ms = c->transport->now_ms;
	if (msg.rm_direction == CALL &&
	    msg.rm_call.cb_rpcvers != RPC_MSG_VERSION) {
		conn_reply_rpcvers(c);
		return;
	}
	if (!whole) {
		conn_reject(c, "header");
		return;
	}
	c->transport->stats.calls++;
	why = call_authenticate(&msg.rm_call);
	if (why != AUTH_OK) {
		svcerr_auth(&c->xprt, why);
		return;
	}
	req.rq_prog = msg.rm_call.cb_prog;
	req.rq_vers = msg.rm_call.cb_vers;
	req.rq_proc = msg.rm_call.cb_proc;
	req.rq_cred = msg.rm_call.cb_cred;
	call_route(c->transport, c, &req);
}

/* Whether something was received. */
static bool
conn_read(struct conn *c)
{
	struct inbox *in = &c->in;
	ssize_t n;

	if (inbox_room(in, c->transport->config.max_call) == -1) {
		conn_starved(c);
		return (false);
	}
	do {
		n = recv(c->xprt.xp_fd, in->data + in->end, in->cap - in->end,
		    MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	if (n > 0) {
		in->end += n;
		return (true);
	}
	if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		conn_doom(c);
	return (false);
}

/* No whole record is left: starts the clock, or gives the memory back. */
static void
conn_wait(struct conn *c)
{
	if (!inbox_empty(&c->in)) {
		if (c->partial_ms == 0)
			c->partial_ms = c->transport->now_ms;
	} else if (c->in.cap > BUF_MIN) {
		inbox_clear(&c->in);
	}
}

/* One turn: a bounded number of calls, and at most one read. */
static void
conn_serve(struct conn *c)
{
	uint32_t max = c->transport->config.max_call, len = 0;
	unsigned char *rec = NULL;
	int calls = 0;
	bool read = false;

	while (c->state == CONN_OPEN) {
		if (!conn_may_call(c)) {
			conn_pause(c);
			break;
		}
		if (calls == CALLS_PER_TURN) {
			ready_add(c);
			break;
		}
		switch (inbox_next(&c->in, max, &rec, &len)) {
		case RECORD_WHOLE:
			c->partial_ms = 0;
			conn_dispatch(c, rec, len);
			calls++;
			continue;
		case RECORD_BAD:
			conn_reject(c, "oversize");
			continue;
		case RECORD_MORE:
			break;
		}
		if (read || !conn_read(c)) {
			conn_wait(c);
			break;
		}
		read = true;
	}
	conn_arm(c);
}

static void
conn_send(struct conn *c)
{
	struct outbox *out = &c->out;
	ssize_t n;

	do {
		n = send(c->xprt.xp_fd, out->data + out->start,
		    outbox_size(out), MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK) {
		conn_doom(c);
		return;
	}
	if (n > 0) {
		c->active_ms = c->transport->now_ms;
		outbox_sent(out, n);
	}
	c->blocked = outbox_size(out) > 0;
	conn_resume(c);
	conn_arm(c);
}

/* ---- connections come and go ---- */

static struct conn *
conn_new_slot(struct transport *t)
{
	struct conn **slots, *c;

	slots = realloc(t->slots, (t->n_slots + 1) * sizeof(*slots));
	if (slots == NULL)
		return (NULL);
	t->slots = slots;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return (NULL);
	c->slot = t->n_slots;
	c->generation = 1;
	t->slots[t->n_slots++] = c;
	return (c);
}

/* Takes fd over. */
static int
conn_open(struct transport *t, int fd, enum door door,
    const struct sockaddr_in6 *addr, socklen_t addrlen)
{
	struct conn *c = TAILQ_FIRST(&t->free);
	uint32_t slot, generation;

	if (c != NULL)
		TAILQ_REMOVE(&t->free, c, gone);
	else if ((c = conn_new_slot(t)) == NULL)
		goto fail;
	slot = c->slot;
	generation = c->generation;
	*c = (struct conn){.transport = t,
	    .slot = slot,
	    .generation = generation,
	    .door = door,
	    .armed = EPOLLIN | EPOLLRDHUP,
	    .active_ms = t->now_ms};
	c->xprt.xp_fd = fd;
	c->xprt.xp_ops = &xprt_ops;
	c->xprt.xp_ops2 = &xprt_ops2;
	c->xprt.xp_p1 = c;
	c->xprt.xp_verf = _null_auth;
	c->xprt.xp_raddr = *addr;
	c->xprt.xp_addrlen = addrlen;
	c->xprt.xp_rtaddr = (struct netbuf){
	    .maxlen = sizeof(*addr), .len = addrlen, .buf = &c->xprt.xp_raddr};
	if (epoll_tell(t, EPOLL_CTL_ADD, fd, c->armed, conn_id(c)) == -1) {
		TAILQ_INSERT_TAIL(&t->free, c, gone);
		goto fail;
	}
	c->state = CONN_OPEN;
	t->open[door]++;
	t->stats.conns++;
	return (0);
fail:
	close(fd);
	return (-1);
}

static void
conn_close(struct conn *c)
{
	struct transport *t = c->transport;
	uint64_t id = conn_id(c);

	if (c->on_ready)
		TAILQ_REMOVE(&t->ready, c, ready);
	if (c->on_dirty)
		TAILQ_REMOVE(&t->dirty, c, dirty);
	c->on_ready = c->on_dirty = false;
	close(c->xprt.xp_fd);
	inbox_clear(&c->in);
	outbox_clear(&c->out);
	c->state = CONN_FREE;
	/* A slot whose numbers are used up is not used again. */
	if (++c->generation != 0)
		TAILQ_INSERT_TAIL(&t->free, c, gone);
	t->open[c->door]--;
	t->stats.conns--;
	if (t->config.closed != NULL)
		t->config.closed(t->config.arg, id);
}

static void
listener_arm(struct transport *t, struct listener *l, bool on)
{
	uint64_t id = l - t->listeners + 1;

	if (epoll_tell(t, EPOLL_CTL_MOD, l->fd, on ? EPOLLIN : 0, id) == -1)
		log_alarm("transport listener=broken errno=%d", errno);
	else
		l->paused = !on;
}

static void
listener_pause(struct transport *t, struct listener *l, const char *why)
{
	listener_arm(t, l, false);
	t->stats.refused_full++;
	if (t->alarm_ms != 0 && t->now_ms - t->alarm_ms < ALARM_MS)
		return;
	t->alarm_ms = t->now_ms;
	log_alarm("transport listener=paused conns=%d why=\"%s\"",
	    t->open[l->door], why);
}

static void
listeners_resume(struct transport *t)
{
	struct listener *l;

	for (l = t->listeners; l < t->listeners + t->n_listeners; l++)
		if (l->paused && t->open[l->door] < t->config.max_conns)
			listener_arm(t, l, true);
}

/* An error of the one connection that was being accepted. */
static bool
accept_transient(int error)
{
	switch (error) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case EPERM:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case ETIMEDOUT:
		return (true);
	default:
		return (false);
	}
}

static void
listener_accept(struct transport *t, struct listener *l)
{
	struct sockaddr_in6 addr = {0};
	socklen_t len;
	int fd, i, one = 1;

	for (i = 0; i < ACCEPTS_PER_RUN; i++) {
		if (t->open[l->door] >= t->config.max_conns) {
			listener_pause(t, l, "connections");
			return;
		}
		len = sizeof(addr);
		fd = accept4(l->fd, (struct sockaddr *)&addr, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (fd == -1 && accept_transient(errno))
			continue;
		if (fd == -1) {
			/* No descriptors: it would be tried without end. */
			listener_pause(t, l, strerror(errno));
			return;
		}
		if (len > sizeof(addr))
			len = sizeof(addr);
		if (l->door == DOOR_NETWORK)
			(void)setsockopt(
			    fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (conn_open(t, fd, l->door, &addr, len) == -1) {
			listener_pause(t, l, strerror(errno));
			return;
		}
	}
}

static void
conns_reap(struct transport *t)
{
	struct conn *c;
	bool some = false;

	while ((c = TAILQ_FIRST(&t->doomed)) != NULL) {
		TAILQ_REMOVE(&t->doomed, c, gone);
		conn_close(c);
		some = true;
	}
	if (some)
		listeners_resume(t);
}

/* ---- the run ---- */

static void
event_take(struct transport *t, const struct epoll_event *ev)
{
	uint64_t id = ev->data.u64;
	struct conn *c;

	if (id == 0)
		return;
	if (id <= LISTENERS_MAX) {
		listener_accept(t, &t->listeners[id - 1]);
		return;
	}
	c = conn_find(t, (uint32_t)id, id >> 32);
	if (c == NULL)
		return;
	if (ev->events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
		conn_doom(c);
		return;
	}
	if (ev->events & EPOLLOUT)
		dirty_add(c);
	if (ev->events & EPOLLIN)
		ready_add(c);
}

/* Each that is ready now has one turn; who is not done waits for the next. */
static void
ready_serve(struct transport *t)
{
	struct conns turn = TAILQ_HEAD_INITIALIZER(turn);
	struct conn *c;

	TAILQ_CONCAT(&turn, &t->ready, ready);
	while ((c = TAILQ_FIRST(&turn)) != NULL) {
		TAILQ_REMOVE(&turn, c, ready);
		c->on_ready = false;
		conn_serve(c);
	}
}

static void
conns_sweep(struct transport *t)
{
	const struct transport_config *config = &t->config;
	struct conn *c;
	uint32_t i;

	t->swept_ms = t->now_ms;
	for (i = 0; i < t->n_slots; i++) {
		c = t->slots[i];
		if (c->state != CONN_OPEN)
			continue;
		if (c->partial_ms != 0 &&
		    t->now_ms - c->partial_ms >= config->partial_ms)
			conn_reject(c, "partial");
		else if (c->in_flight == 0 &&
		    t->now_ms - c->active_ms >= config->idle_ms)
			conn_doom(c);
	}
	listeners_resume(t);
}

static void
wake_settle(struct transport *t)
{
	bool wanted = !TAILQ_EMPTY(&t->ready) || !TAILQ_EMPTY(&t->doomed);
	uint64_t one = 1;
	ssize_t n;

	if (wanted == t->awake)
		return;
	if (wanted)
		n = write(t->wake_fd, &one, sizeof(one));
	else
		n = read(t->wake_fd, &one, sizeof(one));
	assert(n == sizeof(one));
	t->awake = wanted;
}

void
transport_flush(struct transport *t)
{
	struct conn *c;

	assert(!t->dispatching);
	while ((c = TAILQ_FIRST(&t->dirty)) != NULL) {
		TAILQ_REMOVE(&t->dirty, c, dirty);
		c->on_dirty = false;
		if (c->state == CONN_OPEN)
			conn_send(c);
	}
	conns_reap(t);
	wake_settle(t);
}

void
transport_run(struct transport *t, uint64_t now_ms)
{
	struct epoll_event events[EVENTS_PER_RUN];
	int i, n;

	t->now_ms = now_ms;
	n = epoll_wait(t->epoll_fd, events, EVENTS_PER_RUN, 0);
	for (i = 0; i < n; i++)
		event_take(t, &events[i]);
	ready_serve(t);
	if (now_ms - t->swept_ms >= SWEEP_MS)
		conns_sweep(t);
	transport_flush(t);
}

int
transport_fd(struct transport *t)
{
	return (t->epoll_fd);
}

/* ---- setting up ---- */

struct transport *
transport_new(const struct transport_config *config)
{
	struct transport *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		log_alarm("transport memory=exhausted");
		return (NULL);
	}
	t->config = *config;
	TAILQ_INIT(&t->ready);
	TAILQ_INIT(&t->dirty);
	TAILQ_INIT(&t->doomed);
	TAILQ_INIT(&t->free);
	t->scratch = malloc(MARK + config->max_call);
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (t->scratch == NULL || t->epoll_fd == -1 || t->wake_fd == -1 ||
	    epoll_tell(t, EPOLL_CTL_ADD, t->wake_fd, EPOLLIN, 0) == -1) {
		log_alarm("transport start=failed errno=%d", errno);
		transport_free(t);
		return (NULL);
	}
	return (t);
}

void
transport_free(struct transport *t)
{
	uint32_t i;
	int l;

	if (t == NULL)
		return;
	for (i = 0; i < t->n_slots; i++)
		conn_doom(t->slots[i]);
	while (t->n_listeners > 0) {
		l = --t->n_listeners;
		close(t->listeners[l].fd);
		if (t->listeners[l].path != NULL)
			unlink(t->listeners[l].path);
		free(t->listeners[l].path);
	}
	conns_reap(t);
	for (i = 0; i < t->n_slots; i++)
		free(t->slots[i]);
	free(t->slots);
	free(t->scratch);
	if (t->wake_fd != -1)
		close(t->wake_fd);
	if (t->epoll_fd != -1)
		close(t->epoll_fd);
	free(t);
}

void
transport_offer(struct transport *t, enum door door, uint32_t prog,
    uint32_t vers, dispatcher dispatch)
{
	assert(t->n_offers < OFFERS_MAX);
	t->offers[t->n_offers++] = (struct offer){door, prog, vers, dispatch};
}

/* Takes fd over, and path, which may be NULL; both are let go on failure. */
static int
listener_add(struct transport *t, int fd, enum door door, char *path)
{
	struct listener *l = &t->listeners[t->n_listeners];

	assert(t->n_listeners < LISTENERS_MAX);
	if (listen(fd, BACKLOG) == -1 ||
	    epoll_tell(t, EPOLL_CTL_ADD, fd, EPOLLIN, t->n_listeners + 1) ==
		-1) {
		close(fd);
		free(path);
		return (-1);
	}
	*l = (struct listener){.fd = fd, .door = door, .path = path};
	t->n_listeners++;
	return (0);
}

/* A bound socket, and the port it got; -1 with errno. */
static int
tcp_bind(int family, int port, int *got)
{
	struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in in = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr *addr = (struct sockaddr *)&in6;
	socklen_t len = sizeof(in6);
	int fd, error, one = 1;

	if (family == AF_INET) {
		addr = (struct sockaddr *)&in;
		len = sizeof(in);
	}
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return (-1);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    (family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) ==
		    -1) ||
	    bind(fd, addr, len) == -1 || getsockname(fd, addr, &len) == -1) {
		error = errno;
		close(fd);
		errno = error;
		return (-1);
	}
	*got = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
	return (fd);
}

static bool
family_missing(int error)
{
	return (error == EAFNOSUPPORT || error == EADDRNOTAVAIL);
}

/*
 * Binds one port on both families; a family this machine lacks is left out
 * (-1).  Returns the port, or -1 with errno and nothing bound.
 */
static int
tcp_bind_both(int port, int *fd4, int *fd6)
{
	int error;

	*fd6 = -1;
	*fd4 = tcp_bind(AF_INET, port, &port);
	if (*fd4 == -1 && !family_missing(errno))
		return (-1);
	*fd6 = tcp_bind(AF_INET6, port, &port);
	if (*fd6 != -1 || (*fd4 != -1 && family_missing(errno)))
		return (port);
	error = errno;
	if (*fd4 != -1)
		close(*fd4);
	errno = error;
	return (-1);
}

int
transport_listen_tcp(struct transport *t, int port)
{
	int fd4, fd6, got, tries = port == 0 ? PORT_TRIES : 1;

	/* A port that is free on one family may be taken on the other. */
	do {
		got = tcp_bind_both(port, &fd4, &fd6);
	} while (got == -1 && errno == EADDRINUSE && --tries > 0);
	if (got == -1)
		goto fail;
	if (fd4 != -1 && listener_add(t, fd4, DOOR_NETWORK, NULL) == -1) {
		if (fd6 != -1)
			close(fd6);
		goto fail;
	}
	if (fd6 != -1 && listener_add(t, fd6, DOOR_NETWORK, NULL) == -1)
		goto fail;
	return (got);
fail:
	log_alarm("transport listen=failed port=%d why=\"%s\"", port,
	    strerror(errno));
	return (-1);
}

/* Removes a socket file nobody listens on any more; -1 when somebody does. */
static int
unix_clear(const struct sockaddr_un *addr)
{
	struct stat st;
	bool dead;
	int fd;

	if (lstat(addr->sun_path, &st) == -1)
		return (errno == ENOENT ? 0 : -1);
	errno = EADDRINUSE;
	if (!S_ISSOCK(st.st_mode))
		return (-1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return (-1);
	dead =
	    connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == -1 &&
	    errno == ECONNREFUSED;
	close(fd);
	errno = EADDRINUSE;
	return (dead ? unlink(addr->sun_path) : -1);
}

int
transport_listen_unix(struct transport *t, const char *path, int mode)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char *copy = NULL;
	int fd = -1;

	errno = ENAMETOOLONG;
	if (strlen(path) >= sizeof(addr.sun_path))
		goto fail;
	strcpy(addr.sun_path, path);
	if (unix_clear(&addr) == -1)
		goto fail;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	copy = strdup(path);
	if (fd == -1 || copy == NULL)
		goto fail;
	/* Nobody can connect before listen, so the mode is in time. */
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 ||
	    chmod(path, mode) == -1)
		goto fail;
	if (listener_add(t, fd, DOOR_LOCAL, copy) == 0)
		return (0);
	fd = -1;
	copy = NULL;
fail:
	log_alarm("transport listen=failed path=\"%s\" why=\"%s\"", path,
	    strerror(errno));
	free(copy);
	if (fd != -1)
		close(fd);
	return (-1);
}

/* ---- for procedures ---- */

void *
transport_arg(struct svc_req *req)
{
	struct conn *c = req->rq_xprt->xp_p1;

	return (c->transport->config.arg);
}

struct call
transport_hold(struct svc_req *req)
{
	struct conn *c = req->rq_xprt->xp_p1;

	assert(!c->held && !c->answered);
	c->held = true;
	c->in_flight++;
	return ((struct call){c->slot, c->generation, c->xid});
}

uint64_t
transport_conn(struct svc_req *req)
{
	return (conn_id(req->rq_xprt->xp_p1));
}

int
transport_ucred(struct svc_req *req, uint32_t *uid, uint32_t *gid, int32_t *pid)
{
	const struct conn *c = req->rq_xprt->xp_p1;
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (c->door != DOOR_LOCAL ||
	    getsockopt(c->xprt.xp_fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) ==
		-1)
		return (-1);
	*uid = cred.uid;
	*gid = cred.gid;
	*pid = cred.pid;
	return (0);
}

/* The connection of a held call, which is held no longer; NULL: it is gone. */
static struct conn *
call_release(struct transport *t, struct call call)
{
	struct conn *c = conn_find(t, call.slot, call.generation);

	if (c == NULL)
		return (NULL);
	assert(c->in_flight > 0);
	c->in_flight--;
	c->active_ms = t->now_ms;
	return (c);
}

int
transport_complete(
    struct transport *t, struct call call, xdrproc_t proc, void *result)
{
	struct conn *c = call_release(t, call);

	if (c == NULL)
		return (-1);
	if (conn_accept_reply(c, call.xid, SUCCESS, proc, result) == -1)
		(void)conn_accept_reply(c, call.xid, SYSTEM_ERR, NULL, NULL);
	conn_resume(c);
	return (0);
}

int
transport_fail(struct transport *t, struct call call)
{
	struct conn *c = call_release(t, call);

	if (c == NULL)
		return (-1);
	(void)conn_accept_reply(c, call.xid, SYSTEM_ERR, NULL, NULL);
	conn_resume(c);
	return (0);
}

bool
transport_is_there(const struct transport *t, struct call call)
{
	return (conn_find(t, call.slot, call.generation) != NULL);
}

void
transport_close_conn(struct transport *t, uint64_t conn)
{
	struct conn *c = conn_find(t, (uint32_t)conn, conn >> 32);

	if (c != NULL)
		conn_doom(c);
}

void
transport_stats(const struct transport *t, struct transport_stats *stats)
{
	*stats = t->stats;
}
