#ifndef EVOTE_WIRE_H
#define EVOTE_WIRE_H

#include <rpc/rpc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "common/rpc/line.h"
#include "replica/core/message.h"

/*
 * ONC RPC as a caller's bytes: calls, replies, and the record-marked streams
 * (RFC 5531) they travel in.  Knows neither links nor sessions.
 */

/* The procedure of EVOTE_REPLICA that carries such a message. */
uint32_t wire_proc(enum message_kind);
/* Which call a reply belongs to; 0 for less than that. */
uint32_t wire_xid(const void *data, size_t len);
/*
 * Reads a successful reply, all of it, into *result; 0 or -1.  In either case
 * *result, zeroed before, is the caller's to xdr_free.  1: the other end does
 * not know the procedure.
 */
int wire_reply(const void *data, size_t len, xdrproc_t, void *result);

/* ---- a frame is one call of EVOTE_REPLICA on its way ---- */

/*
 * The argument is body, in XDR; or, when given, sealed, around the body where
 * it lies.  Takes body, malloc'd, over; NULL without memory.
 */
struct frame;
struct frame *wire_frame(uint32_t xid, uint32_t proc, unsigned char *body,
    uint32_t len, evote_sealed *sealed);

struct wire_out {
	STAILQ_HEAD(, frame) frames;
	size_t unsent; /* bytes */
};

void wire_out_init(struct wire_out *);
void wire_out_clear(struct wire_out *);
/* Takes the frame over. */
void wire_out_add(struct wire_out *, struct frame *);
/* As far as the socket takes it; 0, or -1 with errno when that is broken. */
int wire_out_send(struct wire_out *, struct line *);

#endif
