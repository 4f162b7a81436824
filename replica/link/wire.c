#include "replica/link/wire.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/rpc/header.h"

#define HEAD_BYTES 64 /* mark, call header, order, length */
#define IOVS_MAX   48
#define FLAT_MAX   16384 /* a record of TLS */
#define SEALED_MAX (256u << 10)

/* The body is never copied: it is sent from where it lies. */
struct frame {
	STAILQ_ENTRY(frame) next;
	struct iovec left[3]; /* of head, body, mac: what is not sent yet */
	unsigned char *body;
	unsigned char head[HEAD_BYTES];
	evote_hash mac;
};

uint32_t
wire_proc(enum message_kind kind)
{
	static const uint32_t procs[] = {
	    [SAY_HELLO] = EVOTE_REPLICA_HELLO,
	    [SAY_APPEND] = EVOTE_REPLICA_APPEND,
	    [SAY_CONFIRM] = EVOTE_REPLICA_CONFIRM,
	    [SAY_DECIDE] = EVOTE_REPLICA_DECIDE,
	    [SAY_SIGN] = EVOTE_REPLICA_SIGN,
	};

	return (procs[kind]);
}

uint32_t
wire_xid(const void *data, size_t len)
{
	uint32_t xid;

	if (len < sizeof(xid))
		return (0);
	memcpy(&xid, data, sizeof(xid));
	return (be32toh(xid));
}

int
wire_reply(const void *data, size_t len, xdrproc_t proc, void *result)
{
	struct rpc_err err;
	uint32_t xid;
	XDR x;

	xdrmem_create(&x, (char *)data, (u_int)len, XDR_DECODE);
	if (header_reply(&x, &xid, &err) == -1)
		return (-1);
	if (err.re_status == RPC_PROCUNAVAIL)
		return (1);
	if (err.re_status != RPC_SUCCESS || !proc(&x, result) ||
	    xdr_getpos(&x) != len)
		return (-1);
	return (0);
}

/* ---- out ---- */

static size_t
frame_left(const struct frame *f)
{
	return (f->left[0].iov_len + f->left[1].iov_len + f->left[2].iov_len);
}

/* What stands around the body; the head's length, or -1. */
static long
frame_wrap(struct frame *f, uint32_t xid, uint32_t proc, uint32_t len,
    evote_sealed *sealed)
{
	XDR x;

	xdrmem_create(&x, (char *)f->head + STREAM_MARK,
	    sizeof(f->head) - STREAM_MARK, XDR_ENCODE);
	if (header_call(&x, xid, EVOTE_REPLICA_PROG, EVOTE_REPLICA_V1, proc) <
	    0)
		return (-1);
	if (sealed == NULL)
		return ((long)STREAM_MARK + (long)xdr_getpos(&x));
	if (!xdr_u_quad_t(&x, &sealed->order) || !xdr_u_int(&x, &len))
		return (-1);
	memcpy(f->mac, sealed->mac, sizeof(f->mac));
	f->left[2] = (struct iovec){f->mac, sizeof(f->mac)};
	return ((long)STREAM_MARK + (long)xdr_getpos(&x));
}

static void
frame_free(struct frame *f)
{
	free(f->body);
	free(f);
}

struct frame *
wire_frame(uint32_t xid, uint32_t proc, unsigned char *body, uint32_t len,
    evote_sealed *sealed)
{
	struct frame *f = calloc(1, sizeof(*f));
	uint32_t mark;
	long head;

	assert(len % BYTES_PER_XDR_UNIT == 0);
	if (f == NULL) {
		free(body);
		return (NULL);
	}
	f->body = body;
	head = frame_wrap(f, xid, proc, len, sealed);
	if (head < 0) {
		frame_free(f);
		return (NULL);
	}
	f->left[0] = (struct iovec){f->head, (size_t)head};
	f->left[1] = (struct iovec){body, len};
	mark = stream_mark(frame_left(f) - STREAM_MARK);
	memcpy(f->head, &mark, sizeof(mark));
	return (f);
}

void
wire_out_init(struct wire_out *o)
{
	STAILQ_INIT(&o->frames);
	o->unsent = 0;
}

void
wire_out_clear(struct wire_out *o)
{
	struct frame *f;

	while ((f = STAILQ_FIRST(&o->frames)) != NULL) {
		STAILQ_REMOVE_HEAD(&o->frames, next);
		frame_free(f);
	}
	o->unsent = 0;
}

void
wire_out_add(struct wire_out *o, struct frame *f)
{
	STAILQ_INSERT_TAIL(&o->frames, f, next);
	o->unsent += frame_left(f);
}

static size_t
out_gather(const struct wire_out *o, struct iovec iov[IOVS_MAX])
{
	struct frame *f;
	size_t n = 0;

	STAILQ_FOREACH (f, &o->frames, next) {
		if (n + 3 > IOVS_MAX)
			break;
		for (int i = 0; i < 3; i++) {
			if (f->left[i].iov_len > 0)
				iov[n++] = f->left[i];
		}
	}
	return (n);
}

/* Moves past up to sent bytes; returns how many. */
static size_t
frame_sent(struct frame *f, size_t sent)
{
	size_t done = 0;

	for (int i = 0; i < 3; i++) {
		struct iovec *v = &f->left[i];
		size_t n = sent - done;

		if (n > v->iov_len)
			n = v->iov_len;
		if (n > 0) /* an empty body may be NULL */
			v->iov_base = (char *)v->iov_base + n;
		v->iov_len -= n;
		done += n;
	}
	return (done);
}

static void
out_sent(struct wire_out *o, size_t sent)
{
	o->unsent -= sent;
	while (sent > 0) {
		struct frame *f = STAILQ_FIRST(&o->frames);

		sent -= frame_sent(f, sent);
		if (frame_left(f) == 0) {
			STAILQ_REMOVE_HEAD(&o->frames, next);
			frame_free(f);
		}
	}
}

static int
plain_send(struct wire_out *o, int fd)
{
	struct iovec iov[IOVS_MAX];
	struct msghdr msg = {.msg_iov = iov};

	while (o->unsent > 0) {
		ssize_t n;

		msg.msg_iovlen = out_gather(o, iov);
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
		if (n >= 0)
			out_sent(o, (size_t)n);
		else if (errno == EAGAIN)
			return (0);
		else if (errno != EINTR)
			return (-1);
	}
	return (0);
}

/* A small frame is one record of TLS. */
static int
frame_put(const struct frame *f, struct line *line)
{
	unsigned char flat[FLAT_MAX];
	const struct iovec *v = f->left;
	size_t n = 0;

	if (frame_left(f) > sizeof(flat)) {
		for (; v < f->left + 3; v++)
			if (line_put(line, v->iov_base, v->iov_len) != 0)
				return (-1);
		return (0);
	}
	for (; v < f->left + 3; n += v++->iov_len)
		if (v->iov_len > 0)
			memcpy(flat + n, v->iov_base, v->iov_len);
	return (line_put(line, flat, n));
}

/* Frames become bytes of TLS a few at a time, not all that wait. */
static int
sealed_send(struct wire_out *o, struct line *line)
{
	do {
		while (o->unsent > 0 && line_unsent(line) < SEALED_MAX) {
			const struct frame *f = STAILQ_FIRST(&o->frames);

			if (frame_put(f, line) != 0) {
				errno = EPROTO;
				return (-1);
			}
			out_sent(o, frame_left(f));
		}
		if (line_flush(line) != 0)
			return (-1);
	} while (o->unsent > 0 && line_unsent(line) == 0);
	return (0);
}

int
wire_out_send(struct wire_out *o, struct line *line)
{
	if (line->tls != NULL)
		return (sealed_send(o, line));
	return (line_flush(line) != 0 ? -1 : plain_send(o, line->fd));
}
