#include "common/rpc/header.h"

#include <assert.h>
#include <string.h>

#include "common/rpc/stream.h"
#include "common/rpc/tls.h"

static int
call_write(XDR *x, uint32_t xid, uint32_t prog, uint32_t vers, uint32_t proc,
    enum_t flavor)
{
	struct rpc_msg msg = {.rm_xid = xid, .rm_direction = CALL};

	msg.rm_call.cb_rpcvers = RPC_MSG_VERSION;
	msg.rm_call.cb_prog = prog;
	msg.rm_call.cb_vers = vers;
	msg.rm_call.cb_proc = proc;
	msg.rm_call.cb_cred = _null_auth;
	msg.rm_call.cb_cred.oa_flavor = flavor;
	msg.rm_call.cb_verf = _null_auth;
	return (xdr_callmsg(x, &msg) ? 0 : -1);
}

int
header_call(XDR *x, uint32_t xid, uint32_t prog, uint32_t vers, uint32_t proc)
{
	return (call_write(x, xid, prog, vers, proc, AUTH_NONE));
}

bool_t
header_nothing(XDR *xdrs, ...)
{
	return (TRUE);
}

int
header_reply(XDR *x, uint32_t *xid, struct rpc_err *err)
{
	char verf[MAX_AUTH_BYTES]; /* read past, not allocated */
	struct rpc_msg msg = {0};

	msg.acpted_rply.ar_verf.oa_base = verf;
	msg.acpted_rply.ar_results.proc = header_nothing;
	if (!xdr_replymsg(x, &msg))
		return (-1);
	*xid = msg.rm_xid;
	_seterr_reply(&msg, err);
	return (0);
}

/* ---- the probe for TLS ---- */

void
header_probe(
    unsigned char out[HEADER_PROBE], uint32_t xid, uint32_t prog, uint32_t vers)
{
	const uint32_t mark = stream_mark(HEADER_PROBE - STREAM_MARK);
	XDR x;

	memcpy(out, &mark, STREAM_MARK);
	xdrmem_create(&x, (char *)out + STREAM_MARK, HEADER_PROBE - STREAM_MARK,
	    XDR_ENCODE);
	if (call_write(&x, xid, prog, vers, NULLPROC, AUTH_TLS) == -1)
		assert(!"a call without arguments has this size");
}

/* An empty verifier declines; any other than the token is no answer. */
static enum header_offer
offer_accepted(const struct rpc_msg *msg)
{
	const struct opaque_auth *verf = &msg->acpted_rply.ar_verf;

	if (verf->oa_flavor != AUTH_NONE)
		return (OFFER_STRANGE);
	if (verf->oa_length == 0)
		return (OFFER_NONE);
	return (verf->oa_length == TLS_PROBE_LEN &&
		    memcmp(verf->oa_base, TLS_PROBE, TLS_PROBE_LEN) == 0 &&
		    msg->acpted_rply.ar_stat == SUCCESS
		? OFFER_TLS
		: OFFER_STRANGE);
}

enum header_offer
header_offer(const void *reply, size_t len, uint32_t xid)
{
	char verf[MAX_AUTH_BYTES];
	struct rpc_msg msg = {0};
	XDR x;

	msg.acpted_rply.ar_verf.oa_base = verf;
	msg.acpted_rply.ar_results.proc = header_nothing;
	xdrmem_create(&x, (char *)reply, (u_int)len, XDR_DECODE);
	if (!xdr_replymsg(&x, &msg) || msg.rm_xid != xid)
		return (OFFER_STRANGE);
	if (msg.rm_reply.rp_stat == MSG_ACCEPTED)
		return (offer_accepted(&msg));
	return (
	    msg.rjcted_rply.rj_stat == AUTH_ERROR ? OFFER_NONE : OFFER_STRANGE);
}
