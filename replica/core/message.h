#ifndef EVOTE_MESSAGE_H
#define EVOTE_MESSAGE_H

#include <stdint.h>

#include "common/record.h"

/*
 * What hosts say to each other: a call of EVOTE_REPLICA or its reply.  The
 * structures are evote.x's; only the records of a push are held as references
 * and not as copies.
 */
enum message_kind { SAY_HELLO, SAY_APPEND, SAY_CONFIRM, SAY_DECIDE, SAY_SIGN };

/*
 * A reply to SAY_SIGN that is all zero is what a host of an older version says,
 * which does not know the call.
 */
struct message {
	enum message_kind kind;
	int reply;
	union {
		evote_hello hello;   /* SAY_HELLO, both ways */
		evote_append append; /* its records list stays empty */
		evote_confirm confirm;
		evote_acked acked;   /* replies of the last two */
		evote_decide decide; /* SAY_DECIDE, to an arbiter */
		evote_decided decided;
		evote_sign sign; /* SAY_SIGN */
		evote_signed_by signed_by;
	} u;
	struct record **records; /* SAY_APPEND, with references */
	uint32_t n;
};

struct message *message_new(enum message_kind, int reply); /* NULL: memory */
void message_free(struct message *);			   /* NULL is fine */

/*
 * The XDR body and back.  message_encode returns the length, bytes malloc'd;
 * -1 over a limit.  message_decode returns NULL unless the bytes are one
 * whole, well-formed body (each record canonical, see record_read).
 */
long message_encode(const struct message *, unsigned char **out);
struct message *message_decode(
    enum message_kind, int reply, const void *body, size_t len);

#endif
