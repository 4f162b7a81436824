#ifndef EVOTE_LINE_H
#define EVOTE_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/rpc/stream.h"
#include "common/rpc/tls.h"

/*
 * A caller's end of a connection, in plain or, once its server has offered
 * that, with TLS.  Its socket does not block, and nothing in here waits.
 */
struct line {
	int fd;		   /* -1: none */
	struct tls *tls;   /* NULL: in plain */
	struct outbox out; /* in plain */
	bool fed;	   /* tls may have something to read */
	bool empty;	   /* the socket had no more */
};

/* All of it; as it was before it was opened. */
void line_close(struct line *);

/* To be sent: copied.  0, or -1: no memory, or TLS is broken. */
int line_put(struct line *, const void *bytes, size_t len);
size_t line_unsent(const struct line *);
/* As far as the socket takes it; 0, or -1 with errno: it is broken. */
int line_flush(struct line *);

/*
 * As recv(2), into an inbox of records of up to max bytes, after RECORD_MORE;
 * 0 also at the end of TLS.  *all: no more had come.  EPROTO: see tls_why.
 */
ssize_t line_receive(struct line *, struct inbox *, uint32_t max, bool *all);
/* There is more to receive, of which no socket will tell. */
bool line_pending(const struct line *);

/* From here on TLS, see tls_connect: 0, or -1 without memory. */
int line_begin(struct line *, const char *name, const char *pin);
/*
 * As far as it gets with what has come: TLS_MORE while the other end has to say
 * something.  TLS_END: the connection is broken, errno.
 */
enum tls_got line_shake(struct line *);

#endif
