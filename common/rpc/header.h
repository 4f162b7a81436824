#ifndef EVOTE_HEADER_H
#define EVOTE_HEADER_H

#include <rpc/rpc.h>
#include <stdint.h>

/* What stands before the arguments of a call, and before its results. */

/* Without credentials; 0, or -1: it does not fit. */
int header_call(
    XDR *, uint32_t xid, uint32_t prog, uint32_t vers, uint32_t proc);
/*
 * Reads up to the results, which are there when err says RPC_SUCCESS.  0, or
 * -1: it is no reply.
 */
int header_reply(XDR *, uint32_t *xid, struct rpc_err *err);
/* xdr_void, in the type that is asked for. */
bool_t header_nothing(XDR *, ...);

#endif
