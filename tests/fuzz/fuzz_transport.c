/*
 * The whole way of a call in plain: bytes on a socket, records, headers, rpcgen's
 * dispatchers and the procedures behind them, which only translate.  Behind
 * those stands no service but what is below, by the linker's --wrap: it holds
 * each call and answers later, in another order.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/rpc/transport_impl.h"
#include "fuzz.h"
#include "server/dispatchers.h"
#include "server/service.h"

#define HELD_MAX 16
#define MAX_CALL 4096
#define CALL_MIN 16 /* bytes of one that is answered, with its mark */
#define NOW_MS	 1000000

static struct transport *t;
static struct call held[HELD_MAX];
static int n_held, calls;

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
	fuzz_must(proc(&xdrs, result));
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
	};

	log_open("fuzz", LOG_L_ALARM);
	t = transport_new(&config);
	fuzz_must(t != NULL);
	transport_offer(
	    t, DOOR_NETWORK, EVOTE_PROG, EVOTE_V1, evote_prog_1, NULL);
	transport_offer(t, DOOR_NETWORK, EVOTE_PROBE_PROG, EVOTE_PROBE_V1,
	    evote_probe_prog_1, NULL);
}

/* As listener.c lets one in. */
static void
let_in(int fd)
{
	struct sockaddr_in6 from = {.sin6_family = AF_INET6};
	struct source_key key = source_key((struct sockaddr *)&from);
	struct source *s = source_get(&t->sources, &key);
	struct conn *c;

	fuzz_must(s != NULL);
	c = conn_open(t, s, fd, DOOR_NETWORK, &from, sizeof(from));
	fuzz_must(c != NULL);
	call_serve(c);
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
		fuzz_must(len - at >= STREAM_MARK + 12);
		memcpy(&mark, got + at, STREAM_MARK);
		at += STREAM_MARK;
		fuzz_must(ntohl(mark) & STREAM_LAST);
		fuzz_must(got[at + 7] == 1); /* a reply */
	}
	fuzz_must(at == len);
	return (n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint64_t now = NOW_MS;
	size_t piece = len > 0 ? 1 + data[0] * 4u : 1, at, n;
	int fd[2], i;

	if (t == NULL)
		transport_make();
	fuzz_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
	let_in(fd[0]);
	for (at = 1; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		if (send(fd[1], data + at, n, MSG_NOSIGNAL) != (ssize_t)n)
			break; /* it was shut out */
		transport_run(t, now++);
		if (n_held > 0 && at % 3 == 0)
			answer((int)(at % (size_t)n_held));
	}
	shutdown(fd[1], SHUT_WR);
	for (i = 0; i < 8192 && t->stats.conns > 0; i++) {
		if (n_held > 0)
			answer(0);
		transport_run(t, now++);
	}
	/* Nothing is left of it. */
	fuzz_must(t->stats.conns == 0 && t->bytes == 0 && t->strangers == 0);
	fuzz_must(t->sources.table == NULL);
	while (n_held > 0)
		answer(0);
	fuzz_must(replies(fd[1]) <= (int)(len / CALL_MIN));
	close(fd[1]);
	return (0);
}
