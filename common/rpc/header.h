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

/*
 * The question whether a server speaks TLS (RFC 9289): a call of procedure 0
 * with the flavor AUTH_TLS, with its record mark; and what its answer says.
 */
#define HEADER_PROBE 44
void header_probe(unsigned char out[HEADER_PROBE], uint32_t xid, uint32_t prog,
    uint32_t vers);
enum header_offer {
	OFFER_TLS,    /* TLS begins with the next byte */
	OFFER_NONE,   /* a decline */
	OFFER_STRANGE /* neither: no reason to go on in plain */
};
enum header_offer header_offer(const void *reply, size_t len, uint32_t xid);

#endif
