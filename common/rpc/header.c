#include "common/rpc/header.h"

int
header_call(XDR *x, uint32_t xid, uint32_t prog, uint32_t vers, uint32_t proc)
{
	struct rpc_msg msg = {.rm_xid = xid, .rm_direction = CALL};

	msg.rm_call.cb_rpcvers = RPC_MSG_VERSION;
	msg.rm_call.cb_prog = prog;
	msg.rm_call.cb_vers = vers;
	msg.rm_call.cb_proc = proc;
	msg.rm_call.cb_cred = _null_auth;
	msg.rm_call.cb_verf = _null_auth;
	return (xdr_callmsg(x, &msg) ? 0 : -1);
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
