#ifndef EVOTE_STREAM_H
#define EVOTE_STREAM_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * ONC RPC's record marking (RFC 5531, section 11) between a socket's bytes and
 * whole records.  Pure: it neither reads nor sends.  All zero is empty; what
 * is empty holds no memory.
 */
#define STREAM_MARK 4u		/* bytes of a record mark */
#define STREAM_LAST 0x80000000u /* its bit for the last fragment */

/* The mark of a record of one fragment, in network order. */
static inline uint32_t
stream_mark(size_t len)
{
	return (htonl(STREAM_LAST | (uint32_t)len));
}

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

enum record_state { RECORD_MORE, RECORD_WHOLE, RECORD_BAD };

bool inbox_empty(const struct inbox *);
void inbox_clear(struct inbox *);
/*
 * The next record of at most max bytes: *rec points into the inbox until the
 * next call.  RECORD_MORE when its end has not been received.
 */
enum record_state inbox_next(
    struct inbox *, uint32_t max, unsigned char **rec, uint32_t *len);
/*
 * Makes room behind `end`, after RECORD_MORE.  Space grows with what has come,
 * not with what was announced, nor beyond one record.  -1 without memory.
 */
int inbox_room(struct inbox *, uint32_t max);

/* What waits to be sent is [start, end). */
struct outbox {
	unsigned char *data;
	size_t cap, start, end;
};

size_t outbox_size(const struct outbox *);
int outbox_add(struct outbox *, const void *bytes, size_t len);
void outbox_sent(struct outbox *, size_t n);
void outbox_clear(struct outbox *);

#endif
