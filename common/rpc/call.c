#include "common/rpc/transport_impl.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include "common/log.h"
#include "common/record.h"
#include "common/rpc/descriptor.h"
#include "common/rpc/header.h"

/* One call: from a whole record to a procedure, and its reply. */

#define HELD_BYTES 2048 /* a held call, besides its arguments */
#define HELD_TIMES 4	/* its arguments are decoded, and copied */

/* ---- replies ---- */

/* There is no room for what its client does not take. */
static void
conn_shed(struct conn *c)
{
	conn_send(c);
	if (outbox_size(channel_outbox(c)) == 0)
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
	mark = stream_mark(len);
	memcpy(t->scratch, &mark, STREAM_MARK);
	if (channel_put(c, t->scratch, STREAM_MARK + len) == -1) {
		if (c->tls != NULL)
			conn_reject(c, tls_why(c->tls));
		else
			conn_starved(c);
		return (0);
	}
	if (reply->rm_reply.rp_stat == MSG_ACCEPTED &&
	    reply->acpted_rply.ar_stat == SUCCESS &&
	    c->channel != CHANNEL_HELLO)
		conn_prove(c);
	conn_dirty(c);
	conn_charge(c);
	if (!conn_has_room(c))
		conn_shed(c);
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
 * encoding them again gives the bytes received, all of them.
 */
static bool_t
xprt_getargs(SVCXPRT *xprt, xdrproc_t proc, void *args)
{
	struct conn *c = xprt->xp_p1;
	u_int from = xdr_getpos(&c->args);

	if (proc(&c->args, args) &&
	    xdr_is_canonical(
		proc, args, (char *)c->args.x_base + from, c->len - from))
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

static const struct xp_ops conn_ops = {
    .xp_recv = xprt_recv,
    .xp_stat = xprt_stat,
    .xp_getargs = xprt_getargs,
    .xp_reply = xprt_reply,
    .xp_freeargs = xprt_freeargs,
    .xp_destroy = xprt_destroy,
};

static const struct xp_ops2 conn_ops2 = {.xp_control = xprt_control};

void
call_serve(struct conn *c)
{
	c->xprt.xp_ops = &conn_ops;
	c->xprt.xp_ops2 = &conn_ops2;
}

/* ---- calls ---- */

/*
 * AUTH_SYS is only a claim and nothing here believes it, so its body is left
 * alone: libtirpc's _authenticate would print a malformed one to stdout.  A
 * verifier would be sent back, from wherever it lies by then.
 */
static enum auth_stat
call_authenticate(const struct conn *c, const struct call_body *call)
{
	enum_t flavor = call->cb_cred.oa_flavor;

	if (flavor != AUTH_NONE && flavor != AUTH_SYS &&
	    (flavor != AUTH_TLS || c->door != DOOR_NETWORK ||
		c->transport->config.tls == NULL))
		return (AUTH_REJECTEDCRED);
	if (call->cb_verf.oa_length != 0)
		return (AUTH_REJECTEDVERF);
	/* RFC 9289, section 4.1 */
	if (flavor == AUTH_TLS &&
	    (call->cb_proc != NULLPROC || call->cb_cred.oa_length != 0 ||
		c->channel != CHANNEL_PLAIN || c->in_flight > 0))
		return (AUTH_BADCRED);
	return (AUTH_OK);
}

/* NULL: it was answered that there is none. */
static const struct offer *
call_route(struct conn *c, const struct call_body *call)
{
	const struct transport *t = c->transport;
	uint32_t low = UINT32_MAX, high = 0;
	const struct offer *o;

	for (o = t->offers; o < t->offers + t->n_offers; o++) {
		if (o->door != c->door || o->prog != call->cb_prog)
			continue;
		if (o->vers == call->cb_vers)
			return (o);
		low = o->vers < low ? o->vers : low;
		high = o->vers > high ? o->vers : high;
	}
	if (low <= high)
		svcerr_progvers(&c->xprt, low, high);
	else
		svcerr_noprog(&c->xprt);
	return (NULL);
}

/*
 * The client asks for TLS, and gets it unless something lies behind the probe:
 * that would be in plain what counts as said in TLS.
 */
static void
call_probe(struct conn *c)
{
	struct rpc_msg reply = {0};

	if (!inbox_empty(&c->in)) {
		conn_reject(c, "bytes behind a probe");
		return;
	}
	inbox_clear(&c->in);
	c->channel = CHANNEL_HELLO;
	c->partial_ms = c->transport->now_ms;
	reply.rm_reply.rp_stat = MSG_ACCEPTED;
	reply.acpted_rply.ar_verf.oa_flavor = AUTH_NONE;
	reply.acpted_rply.ar_verf.oa_base = (char *)TLS_PROBE;
	reply.acpted_rply.ar_verf.oa_length = TLS_PROBE_LEN;
	reply.acpted_rply.ar_results.proc = header_nothing;
	(void)conn_reply(c, c->xid, &reply);
}

/* Whether it would have to be in TLS. */
static bool
call_is_weak(
    const struct conn *c, const struct offer *o, const struct call_body *call)
{
	uint32_t proc = call->cb_proc;

	return (c->transport->config.tls_only && c->door == DOOR_NETWORK &&
	    c->channel == CHANNEL_PLAIN && proc != NULLPROC &&
	    (proc >= 32 || (o->plain >> proc & 1) == 0));
}

static void
call_run(struct conn *c, const struct offer *o, struct call_body *call)
{
	struct transport *t = c->transport;
	struct svc_req req = {.rq_xprt = &c->xprt};

	req.rq_prog = call->cb_prog;
	req.rq_vers = call->cb_vers;
	req.rq_proc = call->cb_proc;
	req.rq_cred = call->cb_cred;
	t->dispatching = true;
	t->arg = o->arg;
	o->dispatch(&req, &c->xprt);
	t->dispatching = false;
}

/* As its header asks for. */
static void
call_take(struct conn *c, struct call_body *call)
{
	enum auth_stat why = call_authenticate(c, call);
	const struct offer *o;

	if (why != AUTH_OK) {
		svcerr_auth(&c->xprt, why);
		return;
	}
	o = call_route(c, call);
	if (o == NULL)
		return;
	if (call->cb_cred.oa_flavor == AUTH_TLS)
		call_probe(c);
	else if (call_is_weak(c, o, call))
		svcerr_auth(&c->xprt, AUTH_TOOWEAK);
	else
		call_run(c, o, call);
}

void
conn_dispatch(struct conn *c, unsigned char *rec, uint32_t len)
{
	char cred[MAX_AUTH_BYTES], verf[MAX_AUTH_BYTES];
	struct rpc_msg msg = {.rm_direction = REPLY};
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
	call_take(c, &msg.rm_call);
}

/* ---- for procedures ---- */

static uint32_t
conn_call_bytes(const struct conn *c)
{
	return (HELD_BYTES + HELD_TIMES * c->len);
}

void *
transport_arg(struct svc_req *req)
{
	struct conn *c = req->rq_xprt->xp_p1;

	return (c->transport->arg);
}

struct call
transport_hold(struct svc_req *req)
{
	struct conn *c = req->rq_xprt->xp_p1;

	assert(!c->held_now && !c->answered);
	c->held_now = true;
	c->in_flight++;
	c->held += conn_call_bytes(c);
	return (
	    (struct call){c->slot, c->generation, c->xid, conn_call_bytes(c)});
}

/*
 * What the other epoll has told and is not yet read is told again by this one.
 */
void
transport_trust(struct svc_req *req)
{
	struct conn *c = req->rq_xprt->xp_p1;
	struct transport *t = c->transport;

	if (c->rank == RANK_TRUSTED)
		return;
	conn_uncount(c);
	c->rank = RANK_TRUSTED;
	conn_charge(c);
	shakes_prefer(t, source_is_host(&t->sources, &c->source->key));
	if (epoll_ctl(t->epoll_fd, EPOLL_CTL_DEL, c->xprt.xp_fd, NULL) == -1) {
		conn_doom(c);
		return;
	}
	c->xprt.xp_fd = descriptor_high(c->xprt.xp_fd);
	if (epoll_add(t->trusted_fd, c->xprt.xp_fd, CONN_EVENTS, conn_id(c)) ==
	    -1)
		conn_doom(c);
}

uint64_t
transport_conn(struct svc_req *req)
{
	return (conn_id(req->rq_xprt->xp_p1));
}

bool
transport_expected(struct svc_req *req)
{
	const struct conn *c = req->rq_xprt->xp_p1;

	return (c->source->host);
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
	c->held -= call.bytes;
	conn_touch(c);
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

void
transport_close_conn(struct transport *t, uint64_t conn)
{
	struct conn *c = conn_find(t, (uint32_t)conn, conn >> 32);

	if (c != NULL)
		conn_doom(c);
}
