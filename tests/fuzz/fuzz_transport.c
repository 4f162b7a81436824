/*
 * The whole way of a call in plain: bytes on a socket, records, headers,
 * rpcgen's dispatchers and the procedures behind them, which only translate.
 * Behind those stands no service but what is below, by the linker's --wrap: it
 * holds each call and answers later, in another order.  So do the hooks of the
 * hosts' program, whose seals are those of strangers, or are taken for good.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/rpc/transport_impl.h"
#include "fuzz.h"
#include "replica/link/inbound.h"
#include "replica/link/session.h"
#include "server/dispatchers.h"
#include "server/service.h"

#define HELD_MAX 16
#define MAX_CALL 4096
#define CALL_MIN 16 /* bytes of one that is answered, with its mark */
#define NOW_MS	 1000000
#define PLACES	 3 /* of hosts: a visitor gets the last one */

static struct transport *t;
static struct call held[HELD_MAX];
static int n_held, calls;
static struct inbound *in;
static int holds_key; /* whoever calls now */
static int proven;    /* connections that have proved it */
static struct host_call {
	uint64_t handle;
	enum message_kind kind;
} host_calls[HELD_MAX];
static int n_host_calls;

/* ---- the service ---- */

static bool_t
xdr_nothing(XDR *xdrs, ...)
{
	return (TRUE);
}

static void
answer(int which)
{
	struct call call = held[which];

	held[which] = held[--n_held];
	if (calls % 5 == 0)
		(void)transport_fail(t, call);
	else
		(void)transport_complete(t, call, (xdrproc_t)xdr_nothing, NULL);
}

void __wrap_service_ask(struct server *, enum ask, void *, struct svc_req *);
void
__wrap_service_ask(
    struct server *s, enum ask what, void *args, struct svc_req *q)
{
	if (n_held == HELD_MAX)
		answer(calls % HELD_MAX);
	held[n_held++] = transport_hold(q);
	calls++;
}

/* Empty strings, zeros. */
static void
nothing_in(xdrproc_t proc, void *result)
{
	static char zeros[4096];
	XDR xdrs;

	xdrmem_create(&xdrs, zeros, sizeof(zeros), XDR_DECODE);
	assert(proc(&xdrs, result));
}

void __wrap_service_head(const struct server *, evote_answer *);
void
__wrap_service_head(const struct server *s, evote_answer *a)
{
	nothing_in((xdrproc_t)xdr_evote_answer, a);
}

void __wrap_service_status(const struct server *, evote_status_res *);
void
__wrap_service_status(const struct server *s, evote_status_res *r)
{
	nothing_in((xdrproc_t)xdr_evote_status_res, r);
}

/* ---- the hosts' program ---- */

int __real_session_check_call(struct session *, uint32_t, const evote_sealed *);
int __wrap_session_check_call(struct session *, uint32_t, const evote_sealed *);
int
__wrap_session_check_call(
    struct session *s, uint32_t proc, const evote_sealed *sealed)
{
	if (holds_key)
		return (0);
	return (__real_session_check_call(s, proc, sealed));
}

/* Of zeros. */
static void
reply(int which)
{
	static const xdrproc_t procs[] = {
	    [SAY_HELLO] = (xdrproc_t)xdr_evote_hello,
	    [SAY_APPEND] = (xdrproc_t)xdr_evote_acked,
	    [SAY_CONFIRM] = (xdrproc_t)xdr_evote_acked,
	    [SAY_DECIDE] = (xdrproc_t)xdr_evote_decided,
	    [SAY_SIGN] = (xdrproc_t)xdr_evote_signed_by,
	};
	struct host_call c = host_calls[which];
	struct message *m = message_new(c.kind, 1);

	host_calls[which] = host_calls[--n_host_calls];
	assert(m != NULL);
	nothing_in(procs[c.kind], &m->u);
	(void)inbound_reply(in, c.handle, m);
	message_free(m);
}

static void
on_stranger(void *arg, evote_refusal why, uint64_t conn, uint64_t handle,
    struct message *m)
{
	assert(holds_key && m != NULL);
	if (n_host_calls == HELD_MAX)
		reply((int)(handle % HELD_MAX));
	host_calls[n_host_calls++] = (struct host_call){handle, m->kind};
	message_free(m);
}

static void
on_call(void *arg, int peer, uint64_t conn, uint64_t handle, struct message *m)
{
	assert(peer >= 0 && peer < PLACES);
	proven = 1;
	on_stranger(arg, EVOTE_NOT_REFUSED, conn, handle, m);
}

static int
on_visitor(void *arg, const char *name)
{
	assert(holds_key);
	if (name[0] == 'x')
		return (-1);
	inbound_host(in, PLACES - 1, name);
	return (PLACES - 1);
}

static void
on_gone(void *arg, int peer, uint64_t conn)
{
	proven = 0;
}

static void
on_conn_closed(void *arg, uint64_t conn)
{
	inbound_closed(in, conn);
}

static void
inbound_make(void)
{
	static const unsigned char key[32] = "fuzz";
	static const char *const names[] = {"alpha", "beta"};
	static const struct inbound_hooks hooks = {
	    on_call, on_stranger, on_visitor, on_gone, NULL};

	in = inbound_new(key, "beta", names, 2, t, &hooks);
	assert(in != NULL);
}

/* ---- the server's end ---- */

static void
transport_make(void)
{
	const struct transport_config config = {
	    .max_conns = 64,
	    .max_call = 65536,
	    .max_stranger_call = MAX_CALL,
	    .max_in_flight = HELD_MAX,
	    .max_unsent = 65536,
	    .max_memory = 1 << 20,
	    .turn_calls = 4,
	    .turn_us = 1000000,
	    .proof_ms = 1000,
	    .partial_ms = 1000,
	    .idle_ms = 1000,
	    .closed = on_conn_closed,
	};

	log_open("fuzz", LOG_L_ALARM);
	t = transport_new(&config);
	assert(t != NULL);
	transport_offer(
	    t, DOOR_NETWORK, EVOTE_PROG, EVOTE_V1, evote_prog_1, NULL);
	transport_offer(t, DOOR_NETWORK, EVOTE_PROBE_PROG, EVOTE_PROBE_V1,
	    evote_probe_prog_1, NULL);
	inbound_make();
	transport_offer(t, DOOR_NETWORK, EVOTE_REPLICA_PROG, EVOTE_REPLICA_V1,
	    evote_replica_prog_1, in);
}

/* As listener.c lets one in. */
static void
let_in(int fd)
{
	struct sockaddr_in6 from = {.sin6_family = AF_INET6};
	struct source_key key = source_key((struct sockaddr *)&from);
	struct source *s = source_get(&t->sources, &key);
	struct conn *c;

	assert(s != NULL);
	c = conn_open(t, s, fd, DOOR_NETWORK, &from, sizeof(from));
	assert(c != NULL);
	call_serve(c);
}

/* Some of what waits, in no order. */
static void
answer_some(size_t at)
{
	if (n_held > 0 && at % 3 == 0)
		answer((int)(at % (size_t)n_held));
	if (n_host_calls > 0 && at % 5 == 0)
		reply((int)(at % (size_t)n_host_calls));
}

/* All of it, until nobody is there; then nothing is left of it. */
static void
wind_up(uint64_t *now)
{
	for (int i = 0; i < 8192 && t->stats.conns > 0; i++) {
		if (n_held > 0)
			answer(0);
		if (n_host_calls > 0)
			reply(0);
		transport_run(t, (*now)++);
	}
	assert(t->stats.conns == 0 && t->bytes == 0 && t->strangers == 0);
	assert(t->sources.table == NULL && !proven);
	/* Those that were closed meanwhile. */
	while (n_held > 0)
		answer(0);
	while (n_host_calls > 0)
		reply(0);
}

/* ---- the client's end ---- */

/* What was answered is whole records, and as many as calls at most. */
static int
replies(int fd)
{
	static unsigned char got[1 << 20];
	size_t len = 0, at = 0;
	uint32_t mark;
	int n = 0;
	ssize_t k;

	while ((k = read(fd, got + len, sizeof(got) - len)) > 0)
		len += (size_t)k;
	for (; at < len; at += ntohl(mark) & ~STREAM_LAST, n++) {
		assert(len - at >= STREAM_MARK + 12);
		memcpy(&mark, got + at, STREAM_MARK);
		at += STREAM_MARK;
		assert(ntohl(mark) & STREAM_LAST);
		assert(got[at + 7] == 1); /* a reply */
	}
	assert(at == len);
	return (n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint64_t now = NOW_MS;
	size_t piece = len > 0 ? 1 + data[0] * 4u : 1, at, n;
	int fd[2];

	if (t == NULL)
		transport_make();
	holds_key = len > 0 && data[0] & 1;
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
	let_in(fd[0]);
	for (at = 1; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		if (send(fd[1], data + at, n, MSG_NOSIGNAL) != (ssize_t)n)
			break; /* it was shut out */
		transport_run(t, now++);
		answer_some(at);
	}
	shutdown(fd[1], SHUT_WR);
	wind_up(&now);
	assert(replies(fd[1]) <= (int)(len / CALL_MIN));
	close(fd[1]);
	return (0);
}
