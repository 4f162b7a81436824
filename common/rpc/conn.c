#include "common/rpc/transport_impl.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/log.h"
#include "common/record.h"

#define HELD_BYTES 2048 /* a held call, besides its arguments */
#define HELD_TIMES 4	/* its arguments are decoded, and copied */

uint64_t
conn_id(const struct conn *c)
{
	return ((uint64_t)c->generation << 32 | c->slot);
}

void
conn_doom(struct conn *c)
{
	if (c->state != CONN_OPEN)
		return;
	c->state = CONN_DOOMED;
	if (c->rank == RANK_TRUSTED)
		TAILQ_INSERT_HEAD(&c->transport->doomed, c, gone);
	else
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

/* ---- its place among the others ---- */

void
conn_touch(struct conn *c)
{
	struct conns *members;

	c->active_ms = c->transport->now_ms;
	if (c->rank == RANK_TRUSTED)
		return;
	members = &c->source->members[c->rank];
	TAILQ_REMOVE(members, c, member);
	TAILQ_INSERT_TAIL(members, c, member);
}

/* A call of it was answered as a call should be. */
static void
conn_prove(struct conn *c)
{
	if (c->rank != RANK_UNPROVEN)
		return;
	TAILQ_REMOVE(&c->source->members[c->rank], c, member);
	c->rank = RANK_PROVEN;
	TAILQ_INSERT_TAIL(&c->source->members[c->rank], c, member);
}

void
conn_charge(struct conn *c)
{
	size_t bytes = c->in.cap + c->out.cap + c->held;

	if (c->rank == RANK_TRUSTED)
		bytes = 0;
	c->transport->bytes += bytes - c->charged;
	c->source->bytes += bytes - c->charged;
	c->charged = bytes;
}

/*
 * A source may hold as much as is left.  So one alone has half of all there
 * is, two have a third each, and there is always something for another.
 */
static bool
conn_has_room(const struct conn *c)
{
	const struct transport *t = c->transport;
	size_t left = t->config.max_memory - t->bytes;

	if (t->bytes > t->config.max_memory)
		left = 0;
	return (c->rank == RANK_TRUSTED || c->source->bytes <= left);
}

void
conn_ready(struct conn *c, bool more)
{
	struct transport *t = c->transport;
	struct source *s = c->source;

	if (c->ready_on != NULL)
		return;
	c->ready_on = c->rank == RANK_TRUSTED ? &t->trusted
	    : more			      ? &s->more
					      : &s->fresh;
	TAILQ_INSERT_TAIL(c->ready_on, c, ready);
	if (c->rank == RANK_TRUSTED || s->on_turn)
		return;
	s->on_turn = true;
	TAILQ_INSERT_TAIL(&t->turns, s, turn);
}

void
conn_unready(struct conn *c)
{
	if (c->ready_on != NULL)
		TAILQ_REMOVE(c->ready_on, c, ready);
	c->ready_on = NULL;
}

void
conn_dirty(struct conn *c)
{
	if (c->on_dirty)
		return;
	c->on_dirty = true;
	if (c->rank == RANK_TRUSTED)
		TAILQ_INSERT_HEAD(&c->transport->dirty, c, dirty);
	else
		TAILQ_INSERT_TAIL(&c->transport->dirty, c, dirty);
}

/* ---- calls wait while a client has more than its share ---- */

static bool
conn_may_call(const struct conn *c)
{
	const struct transport_config *config = &c->transport->config;

	return (c->in_flight < config->max_in_flight &&
	    outbox_size(&c->out) < config->max_unsent && conn_has_room(c));
}

static void
conn_pause(struct conn *c)
{
	c->paused = true;
	/* That we do not read is not its fault, unless it holds too much. */
	if (conn_has_room(c))
		c->partial_ms = 0;
}

/* What it sent before may lie in the inbox, where epoll does not see it. */
void
conn_resume(struct conn *c)
{
	if (!c->paused || !conn_may_call(c))
		return;
	c->paused = false;
	conn_ready(c, false);
}

/* ---- replies ---- */

/* There is no room for what its client does not take. */
static void
conn_shed(struct conn *c)
{
	conn_send(c);
	if (outbox_size(&c->out) == 0)
		return;
	c->transport->stats.shed++;
	conn_doom(c);
}

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
	xdrmem_create(&xdrs, (char *)t->scratch + STREAM_MARK,
	    t->config.max_call, XDR_ENCODE);
	if (!xdr_replymsg(&xdrs, reply)) {
		log_alarm("transport reply=unencodable");
		return (-1);
	}
	len = xdr_getpos(&xdrs);
	mark = htonl(STREAM_LAST | len);
	memcpy(t->scratch, &mark, STREAM_MARK);
	if (outbox_add(&c->out, t->scratch, STREAM_MARK + len) == -1) {
		conn_starved(c);
		return (0);
	}
	if (reply->rm_reply.rp_stat == MSG_ACCEPTED &&
	    reply->acpted_rply.ar_stat == SUCCESS)
		conn_prove(c);
	conn_dirty(c);
	conn_charge(c);
	if (!conn_has_room(c))
		conn_shed(c);
	return (0);
}

int
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

	assert(!c->answered && !c->held_now);
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

const struct xp_ops conn_ops = {
    .xp_recv = xprt_recv,
    .xp_stat = xprt_stat,
    .xp_getargs = xprt_getargs,
    .xp_reply = xprt_reply,
    .xp_freeargs = xprt_freeargs,
    .xp_destroy = xprt_destroy,
};
const struct xp_ops2 conn_ops2 = {.xp_control = xprt_control};

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
	c->answered = c->held_now = false;
	c->len = len;
	conn_touch(c);
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

uint32_t
conn_call_bytes(const struct conn *c)
{
	return (HELD_BYTES + HELD_TIMES * c->len);
}

/* ---- a turn ---- */

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

/* The client will send no more, and has all its answers. */
static void
conn_settle(struct conn *c)
{
	if (c->ended && c->ready_on == NULL && inbox_empty(&c->in) &&
	    c->in_flight == 0 && outbox_size(&c->out) == 0)
		conn_doom(c);
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

void
conn_send(struct conn *c)
{
	struct outbox *out = &c->out;
	ssize_t n;

	if (outbox_size(out) == 0)
		return;
	do {
		n = send(c->xprt.xp_fd, out->data + out->start,
		    outbox_size(out), MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK) {
		conn_doom(c);
		return;
	}
	if (n > 0) {
		conn_touch(c);
		outbox_sent(out, n);
	}
	if (n > 0 || !c->blocked)
		c->blocked_ms = c->transport->now_ms;
	c->blocked = outbox_size(out) > 0;
	conn_charge(c);
	conn_resume(c);
	conn_settle(c);
}
