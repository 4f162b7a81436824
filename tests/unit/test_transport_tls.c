/*
 * transport over TLS: what clients may do at the door, in the handshake, and
 * behind it.  One thread is server and clients, but for the handshakes, which
 * the transport does on threads of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/now.h"
#include "common/rpc/tls.h"
#include "common/rpc/transport.h"
#include "common/workers.h"
#include "tests/unit/scratch.h"

#define PROG	   0x2e564fff
#define PROOF_MS   4000
#define PARTIAL_MS 8000
#define IDLE_MS	   100000
#define IN_FLIGHT  8
#define MAX_CALL   (64 * 1024)
#define BIG	   (100 * 1024)
#define SWEEP_MS   200	 /* more than between two looks at the clock */
#define WAIT_MS	   20000 /* for what has to happen, by the real clock */
#define GOT_MAX	   (4 * BIG)
#define TLS_BYTES  16384 /* of one connection, at most */

enum { DO_NOTHING, DO_ECHO, DO_HOLD, DO_BIG, DO_TRUST };

static const unsigned char key[32] = "the cluster key of this test....";
static const char *const names[] = {"alpha", "127.0.0.1"};

static struct {
	struct tls_server *tls;
	struct transport *t;
	uint64_t now;
	int port;
	struct call held[IN_FLIGHT];
	uint32_t held_arg[IN_FLIGHT];
	int n_held;
	int closed;
	int jobs; /* handed to workers */
	uint64_t last_conn;
	char pin[TLS_PIN];
} its;

static bool
spent(uint64_t since_ms)
{
	return (now_ms() - since_ms > WAIT_MS);
}

/* ---- jobs ---- */

void __real_workers_submit(struct workers *, void *work, void *arg);
void __wrap_workers_submit(struct workers *, void *work, void *arg);

void
__wrap_workers_submit(struct workers *w, void *work, void *arg)
{
	its.jobs++;
	__real_workers_submit(w, work, arg);
}

/* ---- the program ---- */

static bool_t
xdr_big(XDR *x, ...)
{
	static char big[BIG];

	return (xdr_opaque(x, big, sizeof(big)));
}

static void
test_prog(struct svc_req *req, SVCXPRT *xprt)
{
	u_int arg = 0;

	its.last_conn = transport_conn(req);
	switch (req->rq_proc) {
	case DO_TRUST:
		transport_trust(req);
		/* FALLTHROUGH */
	case DO_NOTHING:
		assert_true(svc_sendreply(
		    xprt, (xdrproc_t)(void (*)(void))xdr_void, NULL));
		break;
	case DO_ECHO:
		assert_true(svc_getargs(xprt, (xdrproc_t)xdr_u_int, &arg));
		assert_true(svc_sendreply(xprt, (xdrproc_t)xdr_u_int, &arg));
		break;
	case DO_HOLD:
		assert_true(svc_getargs(xprt, (xdrproc_t)xdr_u_int, &arg));
		assert_true(its.n_held < IN_FLIGHT);
		its.held_arg[its.n_held] = arg;
		its.held[its.n_held++] = transport_hold(req);
		break;
	case DO_BIG:
		assert_true(svc_getargs(xprt, (xdrproc_t)xdr_u_int, &arg));
		assert_true(svc_sendreply(xprt, xdr_big, NULL));
		break;
	default:
		svcerr_noproc(xprt);
	}
}

/* ---- the server ---- */

static void
on_closed(void *arg, uint64_t conn)
{
	its.closed++;
}

static struct transport_config
usual(void)
{
	return ((struct transport_config){
	    .max_conns = 3000,
	    .max_call = 2 * BIG,
	    .max_stranger_call = MAX_CALL,
	    .max_in_flight = IN_FLIGHT,
	    .max_unsent = 2 * BIG,
	    .max_memory = 64 << 20,
	    .turn_calls = 256,
	    .turn_us = 1000000,
	    .proof_ms = PROOF_MS,
	    .partial_ms = PARTIAL_MS,
	    .idle_ms = IDLE_MS,
	    .closed = on_closed,
	    .tls = its.tls,
	});
}

static void
server_start(struct transport_config config)
{
	its.now = 1000000;
	its.n_held = its.closed = 0;
	its.t = transport_new(&config);
	assert_non_null(its.t);
	transport_offer(its.t, DOOR_NETWORK, PROG, 1, test_prog, NULL);
	transport_offer(its.t, DOOR_LOCAL, PROG, 1, test_prog, NULL);
	its.port = transport_listen_tcp(its.t, 0);
	assert_true(its.port > 0);
}

static void
server_again(struct transport_config config)
{
	transport_free(its.t);
	server_start(config);
}

static int
setup(void **state)
{
	its.tls = tls_server_new(key, names, 2);
	assert_non_null(its.tls);
	tls_pin(key, its.pin);
	server_start(usual());
	return (0);
}

static int
teardown(void **state)
{
	transport_free(its.t);
	tls_server_free(its.tls);
	memset(&its, 0, sizeof(its));
	return (0);
}

static bool
server_ready(int ms)
{
	struct pollfd p = {.fd = transport_fd(its.t), .events = POLLIN};

	return (poll(&p, 1, ms) == 1);
}

static void
server_turn(void)
{
	if (server_ready(1))
		transport_run(its.t, its.now);
}

/* Until nothing has been to do for a moment. */
static void
server_run(void)
{
	uint64_t begun = now_ms();

	while (server_ready(20)) {
		transport_run(its.t, its.now);
		assert_false(spent(begun));
	}
}

static void
server_later(uint64_t ms)
{
	its.now += ms;
	transport_run(its.t, its.now);
	server_run();
}

static struct transport_stats
stats(void)
{
	struct transport_stats s;

	transport_stats(its.t, &s);
	return (s);
}

/* ---- clients ---- */

struct client {
	int fd;
	struct tls *tls; /* NULL: in plain */
	unsigned char *got;
	size_t n_got;
	bool ended; /* by the server */
	enum tls_got shaken;
};

static void
client_open_from(struct client *c, int last)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(its.port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last)};
	int one = 1;

	memset(c, 0, sizeof(*c));
	c->got = malloc(GOT_MAX);
	assert_non_null(c->got);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(c->fd >= 0);
	assert_int_equal(
	    bind(c->fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&to, sizeof(to)), 0);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	assert_int_equal(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
}

static void
client_open(struct client *c)
{
	client_open_from(c, 1);
}

static void
client_close(struct client *c)
{
	if (c->fd != -1)
		close(c->fd);
	tls_free(c->tls);
	free(c->got);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

static void
client_send(struct client *c, const void *bytes, size_t len)
{
	assert_int_equal(send(c->fd, bytes, len, MSG_NOSIGNAL), len);
}

/* What its TLS has to send, at most so much of it. */
static void
client_flush(struct client *c, size_t most)
{
	struct outbox *out = tls_outbox(c->tls);
	size_t n = outbox_size(out) < most ? outbox_size(out) : most;

	if (n == 0)
		return;
	client_send(c, out->data + out->start, n);
	outbox_sent(out, n);
}

/* Everything that has come: to its TLS if it has one. */
static void
client_receive(struct client *c)
{
	static unsigned char raw[BIG];
	size_t got, room = BIG;
	ssize_t n = 1;

	while (
	    c->n_got + room <= GOT_MAX && (n = recv(c->fd, raw, room, 0)) > 0) {
		if (c->tls != NULL) {
			assert_int_equal(tls_feed(c->tls, raw, (size_t)n), 0);
			continue;
		}
		memcpy(c->got + c->n_got, raw, (size_t)n);
		c->n_got += (size_t)n;
	}
	c->ended |= n == 0 || (n == -1 && errno != EAGAIN);
	while (c->shaken == TLS_OK && c->tls != NULL &&
	    tls_read(c->tls, c->got + c->n_got, GOT_MAX - c->n_got, &got) ==
		TLS_OK)
		c->n_got += got;
}

/* Until the server has ended the connection, or so many bytes have come. */
static void
client_await(struct client *c, size_t bytes)
{
	uint64_t begun = now_ms();

	while (!c->ended && c->n_got < bytes) {
		server_turn();
		client_receive(c);
		assert_false(spent(begun));
	}
}

/* ---- calls ---- */

struct bytes {
	unsigned char data[256];
	size_t len;
};

/* A whole record: a call with an unsigned int as argument. */
static struct bytes
call_make(uint32_t xid, uint32_t prog, uint32_t proc, int flavor, uint32_t arg)
{
	struct rpc_msg msg = {.rm_xid = xid, .rm_direction = CALL};
	struct bytes b;
	uint32_t mark;
	XDR x;

	msg.rm_call.cb_rpcvers = RPC_MSG_VERSION;
	msg.rm_call.cb_prog = prog;
	msg.rm_call.cb_vers = 1;
	msg.rm_call.cb_proc = proc;
	msg.rm_call.cb_cred.oa_flavor = flavor;
	xdrmem_create(&x, (char *)b.data + 4, sizeof(b.data) - 4, XDR_ENCODE);
	assert_true(xdr_callmsg(&x, &msg));
	if (proc != DO_NOTHING && proc != DO_TRUST)
		assert_true(xdr_u_int(&x, &arg));
	b.len = 4 + xdr_getpos(&x);
	mark = stream_mark(b.len - 4);
	memcpy(b.data, &mark, sizeof(mark));
	return (b);
}

static void
client_say(struct client *c, const struct bytes *b)
{
	if (c->tls == NULL) {
		client_send(c, b->data, b->len);
		return;
	}
	assert_int_equal(tls_write(c->tls, b->data, b->len), 0);
	client_flush(c, SIZE_MAX);
}

static void
client_call(struct client *c, uint32_t xid, uint32_t proc, uint32_t arg)
{
	struct bytes b = call_make(xid, PROG, proc, AUTH_NONE, arg);

	client_say(c, &b);
}

static void
client_probe(struct client *c, uint32_t xid)
{
	struct bytes b = call_make(xid, PROG, DO_NOTHING, AUTH_TLS, 0);

	client_say(c, &b);
}

/* The length of the first record of what it got; 0: not whole. */
static size_t
record_len(const struct client *c)
{
	uint32_t mark;

	if (c->n_got < 4)
		return (0);
	memcpy(&mark, c->got, 4);
	mark = ntohl(mark) & ~STREAM_LAST;
	return (c->n_got >= 4 + mark ? mark : 0);
}

struct reply {
	uint32_t xid;
	enum reply_stat stat;
	enum accept_stat accepted;
	enum auth_stat why;
	int verf_flavor;
	char verf[16];
	u_int verf_len;
	uint32_t number;
};

static void
reply_read(struct client *c, size_t len, struct reply *r)
{
	char verf[MAX_AUTH_BYTES];
	struct rpc_msg msg = {0};
	XDR x;

	memset(r, 0, sizeof(*r));
	msg.acpted_rply.ar_verf.oa_base = verf;
	msg.acpted_rply.ar_results.proc = (xdrproc_t)xdr_u_int;
	msg.acpted_rply.ar_results.where = (void *)&r->number;
	xdrmem_create(&x, (char *)c->got + 4, (u_int)len, XDR_DECODE);
	/* A result that is not there is not a number. */
	(void)xdr_replymsg(&x, &msg);
	r->xid = msg.rm_xid;
	r->stat = msg.rm_reply.rp_stat;
	if (r->stat == MSG_DENIED) {
		r->why = msg.rjcted_rply.rj_why;
		return;
	}
	r->accepted = msg.acpted_rply.ar_stat;
	r->verf_flavor = msg.acpted_rply.ar_verf.oa_flavor;
	r->verf_len = msg.acpted_rply.ar_verf.oa_length;
	assert_true(r->verf_len <= sizeof(r->verf));
	memcpy(r->verf, verf, r->verf_len);
}

/* The next reply, which has to come. */
static struct reply
client_reply(struct client *c)
{
	struct reply r;
	size_t len;

	while ((len = record_len(c)) == 0) {
		assert_false(c->ended);
		client_await(c, c->n_got + 1);
	}
	reply_read(c, len, &r);
	c->n_got -= 4 + len;
	memmove(c->got, c->got + 4 + len, c->n_got);
	return (r);
}

/* Asks, and is refused in that way. */
static void
client_refused(struct client *c, const struct bytes *b, enum auth_stat why)
{
	struct reply r;

	client_say(c, b);
	r = client_reply(c);
	assert_int_equal(r.stat, MSG_DENIED);
	assert_int_equal(r.why, why);
}

static void
client_echo(struct client *c, uint32_t number)
{
	struct reply r;

	client_call(c, number, DO_ECHO, number);
	r = client_reply(c);
	assert_int_equal(r.xid, number);
	assert_int_equal(r.stat, MSG_ACCEPTED);
	assert_int_equal(r.accepted, SUCCESS);
	assert_int_equal(r.number, number);
}

/* ---- TLS ---- */

/* It has been told that it may speak TLS. */
static void
client_offered(struct client *c)
{
	struct reply r = client_reply(c);

	assert_int_equal(r.stat, MSG_ACCEPTED);
	assert_int_equal(r.accepted, SUCCESS);
	assert_int_equal(r.verf_flavor, AUTH_NONE);
	assert_int_equal(r.verf_len, TLS_PROBE_LEN);
	assert_memory_equal(r.verf, TLS_PROBE, TLS_PROBE_LEN);
	assert_int_equal(c->n_got, 0);
}

/* Its ClientHello is ready, not sent. */
static void
client_hello(struct client *c)
{
	client_probe(c, 1);
	client_offered(c);
	c->tls = tls_connect("alpha", its.pin);
	assert_non_null(c->tls);
	c->shaken = tls_shake(c->tls);
	assert_int_equal(c->shaken, TLS_MORE);
	assert_true(outbox_size(tls_outbox(c->tls)) > 0);
}

/* One step; whether it is done. */
static bool
client_step(struct client *c)
{
	if (c->shaken == TLS_OK)
		return (true);
	client_flush(c, SIZE_MAX);
	client_receive(c);
	assert_false(c->ended);
	c->shaken = tls_shake(c->tls);
	client_flush(c, SIZE_MAX);
	return (c->shaken == TLS_OK);
}

static void
client_shake(struct client *c)
{
	uint64_t begun = now_ms();

	while (!client_step(c)) {
		assert_int_equal(c->shaken, TLS_MORE);
		server_turn();
		assert_false(spent(begun));
	}
}

static void
client_secure_from(struct client *c, int last)
{
	client_open_from(c, last);
	client_hello(c);
	client_shake(c);
}

static void
client_secure(struct client *c)
{
	client_secure_from(c, 1);
}

static void
client_ends(struct client *c)
{
	client_await(c, SIZE_MAX);
	assert_true(c->ended);
}

/* ---- as it should be ---- */

static void
test_calls(void **state)
{
	struct client c;
	char pin[TLS_PIN];

	client_secure(&c);
	tls_peer_pin(c.tls, pin);
	assert_string_equal(pin, its.pin);
	for (uint32_t n = 1; n <= 20; n++)
		client_echo(&c, n);
	client_close(&c);
	server_run();
	assert_int_equal(stats().conns, 0);
	assert_int_equal(stats().bytes, 0);
	assert_int_equal(stats().malformed, 0);
}

/* What comes after the server's signature needs no worker: one run will do. */
static void
test_second_step_at_once(void **state)
{
	struct client c;
	uint64_t begun = now_ms();

	client_open(&c);
	client_hello(&c);
	client_flush(&c, SIZE_MAX);
	while (c.shaken == TLS_MORE && !spent(begun)) {
		server_turn();
		client_receive(&c);
		c.shaken = tls_shake(c.tls);
	}
	assert_int_equal(c.shaken, TLS_OK);
	client_call(&c, 1, DO_ECHO, 11);
	while (!server_ready(1))
		;
	transport_run(its.t, its.now);
	client_receive(&c);
	assert_true(c.n_got > 0);
	assert_int_equal(client_reply(&c).number, 11);
	client_close(&c);
}

/* As a client does that does not know the server: in plain, then not. */
static void
test_after_plain_calls(void **state)
{
	struct client c;

	client_open(&c);
	client_echo(&c, 7);
	client_hello(&c);
	client_shake(&c);
	client_echo(&c, 8);
	client_close(&c);
}

/* A call that came whole takes one turn, like one in plain. */
static void
test_one_turn(void **state)
{
	struct transport_config config = usual();
	struct client c;

	config.turn_calls = 1;
	server_again(config);
	client_secure(&c);
	client_echo(&c, 7);
	server_run();
	client_call(&c, 1, DO_ECHO, 11);
	while (!server_ready(1))
		;
	transport_run(its.t, its.now);
	assert_false(server_ready(0));
	assert_int_equal(client_reply(&c).number, 11);
	client_close(&c);
}

/* One read of TLS, one event: the others lie where no socket tells of them. */
static void
test_many_in_one_record(void **state)
{
	enum { N = 150 };
	unsigned char all[N * 64];
	struct client c;
	struct bytes b;
	size_t len = 0;

	client_secure(&c);
	for (uint32_t n = 0; n < N; n++) {
		b = call_make(n, PROG, DO_ECHO, AUTH_NONE, n);
		assert_true(b.len <= 64);
		memcpy(all + len, b.data, b.len);
		len += b.len;
	}
	assert_true(len > 4096); /* more than one turn reads */
	assert_int_equal(tls_write(c.tls, all, len), 0);
	client_flush(&c, SIZE_MAX);
	for (uint32_t n = 0; n < N; n++)
		assert_int_equal(client_reply(&c).number, n);
	client_close(&c);
}

static void
test_many_records_at_once(void **state)
{
	struct client c;
	struct bytes b;

	client_secure(&c);
	for (uint32_t n = 0; n < 8; n++) {
		b = call_make(n, PROG, DO_ECHO, AUTH_NONE, n);
		assert_int_equal(tls_write(c.tls, b.data, b.len), 0);
	}
	client_flush(&c, SIZE_MAX);
	for (uint32_t n = 0; n < 8; n++)
		assert_int_equal(client_reply(&c).number, n);
	client_close(&c);
}

/* Each byte a record of its own, and each record comes in pieces. */
static void
test_call_in_many_records(void **state)
{
	struct client c;
	struct bytes b = call_make(5, PROG, DO_ECHO, AUTH_NONE, 55);

	client_secure(&c);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(tls_write(c.tls, b.data + i, 1), 0);
	while (outbox_size(tls_outbox(c.tls)) > 0) {
		client_flush(&c, 7);
		server_turn();
	}
	assert_int_equal(client_reply(&c).number, 55);
	client_close(&c);
}

/* It ends what it sends, and is answered all the same. */
static void
test_half_closed(void **state)
{
	struct client c;

	client_secure(&c);
	client_call(&c, 1, DO_HOLD, 11);
	client_call(&c, 2, DO_BIG, 0);
	client_call(&c, 3, DO_HOLD, 33);
	shutdown(c.fd, SHUT_WR);
	server_run();
	assert_int_equal(its.n_held, 2);
	for (int i = 1; i >= 0; i--)
		assert_int_equal(transport_complete(its.t, its.held[i],
				     (xdrproc_t)xdr_u_int, &its.held_arg[i]),
		    0);
	transport_flush(its.t);
	assert_int_equal(client_reply(&c).xid, 2);
	assert_int_equal(client_reply(&c).number, 33);
	assert_int_equal(client_reply(&c).number, 11);
	client_ends(&c);
	client_close(&c);
}

/* Its client can tell that end from one that was made on the way. */
static void
test_farewell(void **state)
{
	struct client c;
	unsigned char byte;
	size_t n;

	client_secure(&c);
	client_echo(&c, 1);
	server_later(IDLE_MS);
	client_ends(&c);
	assert_int_equal(tls_read(c.tls, &byte, 1, &n), TLS_END);
	client_close(&c);
}

/* One byte a record: the others have their turns meanwhile. */
static void
test_dribble(void **state)
{
	enum { LEN = 2000 };
	struct bytes echo = call_make(5, PROG, DO_ECHO, AUTH_NONE, 55);
	unsigned char all[LEN] = {0}; /* fragments of nothing come first */
	struct transport_config config = usual();
	struct client c, other;
	int turns = 0;

	config.turn_us = 0; /* one connection in each run */
	server_again(config);
	client_secure(&c);
	client_secure(&other);
	server_run();
	assert_int_equal((LEN - echo.len) % sizeof(uint32_t), 0);
	memcpy(all + LEN - echo.len, echo.data, echo.len);
	for (int i = 0; i < LEN; i++)
		assert_int_equal(tls_write(c.tls, all + i, 1), 0);
	client_flush(&c, SIZE_MAX);
	client_call(&other, 1, DO_ECHO, 1);
	for (; c.n_got == 0; turns++) {
		transport_run(its.t, its.now);
		client_receive(&c);
		client_receive(&other);
		assert_true(other.n_got > 0 || turns < 6);
		assert_true(turns < LEN);
	}
	assert_true(turns >= 20);
	assert_int_equal(client_reply(&c).number, 55);
	client_close(&c);
	client_close(&other);
}

/* Answers that are not read wait in TLS as they do in plain. */
static void
test_unread(void **state)
{
	enum { N = 12 };
	struct client c;

	client_secure(&c);
	for (uint32_t n = 0; n < N; n++)
		client_call(&c, n, DO_BIG, 0);
	server_run();
	for (uint32_t n = 0; n < N; n++)
		assert_int_equal(client_reply(&c).xid, n);
	client_echo(&c, 1);
	client_close(&c);
}

static void
test_host(void **state)
{
	struct client c;

	client_secure(&c);
	assert_true(stats().bytes > 0);
	client_call(&c, 1, DO_TRUST, 0);
	assert_int_equal(client_reply(&c).accepted, SUCCESS);
	assert_int_equal(stats().bytes, 0);
	client_echo(&c, 2);
	shutdown(c.fd, SHUT_WR);
	client_ends(&c);
	client_close(&c);
}

static void
test_a_thousand(void **state)
{
	enum { N = 1000 };
	struct client *c = calloc(N, sizeof(*c));
	uint64_t begun = now_ms();
	int i, done = 0;

	assert_non_null(c);
	for (i = 0; i < N; i++) {
		client_open_from(&c[i], 1 + i % 20);
		client_probe(&c[i], 1);
		server_turn();
	}
	for (i = 0; i < N; i++) {
		client_offered(&c[i]);
		c[i].tls = tls_connect("alpha", its.pin);
		c[i].shaken = tls_shake(c[i].tls);
	}
	while (done < N) {
		for (i = done = 0; i < N; i++)
			done += client_step(&c[i]);
		server_turn();
		assert_true(now_ms() - begun < 6 * WAIT_MS);
	}
	for (i = 0; i < N; i++)
		client_echo(&c[i], (uint32_t)i);
	assert_int_equal(stats().conns, N);
	assert_true(stats().bytes < N * TLS_BYTES);
	for (i = 0; i < N; i++)
		client_close(&c[i]);
	server_run();
	assert_int_equal(stats().conns, 0);
	assert_int_equal(stats().bytes, 0);
	free(c);
}

/* ---- probes that are refused ---- */

static void
test_wrong_probes(void **state)
{
	struct bytes other = call_make(1, PROG, DO_ECHO, AUTH_TLS, 1);
	struct bytes nobody = call_make(2, PROG - 1, DO_NOTHING, AUTH_TLS, 0);
	struct bytes probe = call_make(3, PROG, DO_NOTHING, AUTH_TLS, 0);
	struct client c;
	struct reply r;

	client_open(&c);
	client_refused(&c, &other, AUTH_BADCRED);
	client_say(&c, &nobody);
	r = client_reply(&c);
	assert_int_equal(r.stat, MSG_ACCEPTED);
	assert_int_equal(r.accepted, PROG_UNAVAIL);
	client_hello(&c);
	client_shake(&c);
	client_refused(&c, &probe, AUTH_BADCRED);
	client_refused(&c, &other, AUTH_BADCRED);
	client_echo(&c, 4);
	client_close(&c);
}

/* It does not wait for the offer, which then still comes before TLS does. */
static void
test_offer_untaken(void **state)
{
	enum { UNTAKEN = 60 }; /* more than the kernel takes */
	struct client c, hello;
	struct transport_config config = usual();
	int little = 65536;

	config.max_unsent = 2 * UNTAKEN * BIG;
	server_again(config);
	client_open(&c);
	assert_int_equal(
	    setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little)),
	    0);
	for (uint32_t n = 0; n < UNTAKEN; n++)
		client_call(&c, n, DO_BIG, 0);
	server_run();
	client_probe(&c, UNTAKEN);
	server_run();
	hello = c;
	hello.tls = tls_connect("alpha", its.pin);
	assert_int_equal(tls_shake(hello.tls), TLS_MORE);
	client_flush(&hello, SIZE_MAX);
	server_run();
	for (uint32_t n = 0; n < UNTAKEN; n++)
		assert_int_equal(client_reply(&c).xid, n);
	assert_int_equal(client_reply(&c).verf_len, TLS_PROBE_LEN);
	c.tls = hello.tls;
	assert_int_equal(tls_feed(c.tls, c.got, c.n_got), 0);
	c.n_got = 0;
	c.shaken = TLS_MORE;
	client_shake(&c);
	client_echo(&c, 9);
	client_close(&c);
}

/* Its answer would come outside TLS, or not. */
static void
test_probe_with_a_call_held(void **state)
{
	struct bytes probe = call_make(3, PROG, DO_NOTHING, AUTH_TLS, 0);
	struct client c;

	client_open(&c);
	client_call(&c, 1, DO_HOLD, 1);
	client_refused(&c, &probe, AUTH_BADCRED);
	assert_int_equal(transport_complete(its.t, its.held[0],
			     (xdrproc_t)xdr_u_int, &its.held_arg[0]),
	    0);
	transport_flush(its.t);
	assert_int_equal(client_reply(&c).xid, 1);
	client_hello(&c);
	client_shake(&c);
	client_echo(&c, 2);
	client_close(&c);
}

static void
test_no_tls_here(void **state)
{
	struct bytes probe = call_make(3, PROG, DO_NOTHING, AUTH_TLS, 0);
	struct transport_config config = usual();
	struct client c;

	config.tls = NULL;
	server_again(config);
	client_open(&c);
	client_refused(&c, &probe, AUTH_REJECTEDCRED);
	client_echo(&c, 2);
	client_close(&c);
}

static void
client_open_local(struct client *c, const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	memset(c, 0, sizeof(*c));
	c->got = malloc(GOT_MAX);
	strcpy(to.sun_path, path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
}

static void
test_required(void **state)
{
	struct bytes echo = call_make(3, PROG, DO_ECHO, AUTH_NONE, 1);
	struct bytes far = call_make(3, PROG, 40, AUTH_NONE, 1);
	struct bytes probe = call_make(3, PROG, DO_NOTHING, AUTH_TLS, 0);
	struct transport_config config = usual();
	char dir[80], path[100]; /* of a socket */
	struct client c, local;

	config.tls_only = true;
	server_again(config);
	transport_allow_plain(its.t, PROG, DO_BIG);
	client_open(&c);
	client_refused(&c, &echo, AUTH_TOOWEAK);
	client_refused(&c, &far, AUTH_TOOWEAK);
	client_call(&c, 1, DO_NOTHING, 0);
	assert_int_equal(client_reply(&c).accepted, SUCCESS);
	client_call(&c, 2, DO_BIG, 0);
	assert_int_equal(client_reply(&c).accepted, SUCCESS);
	client_hello(&c);
	client_shake(&c);
	client_echo(&c, 4);
	client_close(&c);

	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/socket", dir);
	assert_int_equal(transport_listen_unix(its.t, path, 0600), 0);
	client_open_local(&local, path);
	client_echo(&local, 5);
	client_refused(&local, &probe, AUTH_REJECTEDCRED);
	client_close(&local);
	transport_free(its.t);
	its.t = NULL;
	assert_int_equal(rmdir(dir), 0);
}

/* ---- what is no handshake ---- */

/* Somebody on the way puts a call behind the probe, to count as in TLS. */
static void
test_bytes_behind_a_probe(void **state)
{
	struct bytes probe = call_make(1, PROG, DO_NOTHING, AUTH_TLS, 0);
	struct bytes call = call_make(2, PROG, DO_ECHO, AUTH_NONE, 2);
	struct client c;

	for (size_t more = 1; more <= call.len; more += call.len - 1) {
		client_open(&c);
		memcpy(probe.data + probe.len, call.data, more);
		client_send(&c, probe.data, probe.len + more);
		client_ends(&c);
		assert_int_equal(c.n_got, 0);
		client_close(&c);
	}
}

static void
test_plain_instead(void **state)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: vote\r\n\r\n";
	/* A ClientHello's first record, said to be longer than one can be. */
	static const unsigned char huge[] = {22, 3, 1, 255, 255, 1};
	struct client c;
	struct bytes call = call_make(2, PROG, DO_ECHO, AUTH_NONE, 2);

	for (int i = 0; i < 3; i++) {
		client_open(&c);
		client_probe(&c, 1);
		client_offered(&c);
		if (i == 0)
			client_call(&c, 2, DO_ECHO, 2);
		else if (i == 1)
			client_send(&c, get, sizeof(get));
		else
			client_send(&c, huge, sizeof(huge));
		client_ends(&c);
		/* An alert perhaps, and no reply. */
		assert_true(c.n_got < call.len);
		client_close(&c);
	}
	assert_int_equal(stats().malformed, 3);
}

static void
test_garbage_in_tls(void **state)
{
	struct client c;

	client_secure(&c);
	client_echo(&c, 1);
	client_send(&c, "in plain again, all of a sudden", 31);
	client_ends(&c);
	client_close(&c);
}

/* Silent after so many bytes of what it has to send; -1: when all is sent. */
static void
stall(int after)
{
	struct client c;

	client_open(&c);
	client_hello(&c);
	if (after >= 0) {
		if (after > 0)
			client_flush(&c, (size_t)after);
	} else {
		client_flush(&c, SIZE_MAX);
	}
	server_run();
	server_later(PROOF_MS - SWEEP_MS);
	client_receive(&c);
	assert_false(c.ended);
	server_later(SWEEP_MS);
	client_ends(&c);
	client_close(&c);
}

static void
test_stalls(void **state)
{
	stall(0);
	stall(1);
	stall(100);
	stall(-1);
	assert_int_equal(stats().conns, 0);
	assert_int_equal(stats().bytes, 0);
}

/* Whoever has proved something has as long as for a record. */
static void
test_stall_after_a_call(void **state)
{
	struct client c;

	client_open(&c);
	client_echo(&c, 1);
	client_hello(&c);
	server_later(PARTIAL_MS - SWEEP_MS);
	client_receive(&c);
	assert_false(c.ended);
	server_later(SWEEP_MS);
	client_ends(&c);
	client_close(&c);
}

/* A handshake is no call: it proves nothing. */
static void
test_silent_after_the_handshake(void **state)
{
	struct client c;

	client_secure(&c);
	server_run();
	server_later(PROOF_MS);
	client_ends(&c);
	client_close(&c);
}

/* Half a record of TLS has a clock, as half a record of RPC has. */
static void
test_half_a_record(void **state)
{
	struct bytes call = call_make(8, PROG, DO_ECHO, AUTH_NONE, 8);
	struct client c;

	client_secure(&c);
	client_echo(&c, 7);
	assert_int_equal(tls_write(c.tls, call.data, call.len), 0);
	client_flush(&c, 20);
	server_run();
	server_later(PARTIAL_MS / 2);
	client_flush(&c, SIZE_MAX);
	assert_int_equal(client_reply(&c).number, 8);
	/* What has come whole has no clock. */
	server_later(PARTIAL_MS);
	client_echo(&c, 9);
	assert_int_equal(tls_write(c.tls, call.data, call.len), 0);
	client_flush(&c, 20);
	server_run();
	server_later(PARTIAL_MS);
	client_ends(&c);
	client_close(&c);
}

/* Each part of a handshake is a job for a thread. */
static void
test_drips(void **state)
{
	struct client c;
	uint64_t begun = now_ms();
	int sent = 0;

	client_open(&c);
	client_hello(&c);
	while (!c.ended) {
		client_flush(&c, 1);
		sent++;
		for (int i = 0; i < 3; i++)
			server_turn();
		client_receive(&c);
		assert_true(sent < 500 && !spent(begun));
		assert_true(outbox_size(tls_outbox(c.tls)) > 0);
	}
	client_close(&c);
}

/* ---- ends at any time ---- */

/* A worker has its TLS when the connection goes. */
static void
test_closed_while_shaking(void **state)
{
	struct client c;

	for (int i = 0; i < 20; i++) {
		client_open(&c);
		client_call(&c, 1, DO_NOTHING, 0);
		assert_int_equal(client_reply(&c).accepted, SUCCESS);
		client_hello(&c);
		client_flush(&c, SIZE_MAX);
		while (!server_ready(1))
			;
		transport_run(its.t, its.now);
		transport_close_conn(its.t, its.last_conn);
		transport_flush(its.t);
		assert_int_equal(stats().conns, 0);
		assert_int_equal(its.closed, i + 1);
		client_ends(&c);
		client_close(&c);
	}
	server_run();
	client_secure(&c);
	client_echo(&c, 1);
	client_close(&c);
}

/* The transport goes while handshakes wait, and are under way. */
static void
test_freed_while_shaking(void **state)
{
	enum { N = 300 };
	static struct client c[N];

	for (int i = 0; i < N; i++) {
		client_open(&c[i]);
		client_hello(&c[i]);
	}
	for (int i = 0; i < N; i++)
		client_flush(&c[i], SIZE_MAX);
	transport_run(its.t, its.now);
	transport_free(its.t);
	its.t = NULL;
	for (int i = 0; i < N; i++)
		client_close(&c[i]);
}

/* It has a ClientHello waiting, or with a worker, and gives up. */
static void
test_leave(void **state)
{
	enum { N = 200 };
	static struct client c[N];
	uint64_t begun = now_ms();

	for (int i = 0; i < N; i++) {
		client_open(&c[i]);
		client_hello(&c[i]);
	}
	for (int i = 0; i < N; i++)
		client_flush(&c[i], SIZE_MAX);
	for (int i = 0; i < N; i++) {
		transport_run(its.t, its.now);
		client_close(&c[i]);
	}
	while (stats().conns > 0 && !spent(begun))
		server_turn();
	assert_int_equal(stats().conns, 0);
	assert_int_equal(stats().bytes, 0);
}

/* ---- shares ---- */

/* A host may call from that address. */
static void
host_expect(int last)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last)};

	transport_expect(its.t, (struct sockaddr *)&at);
}

/* Whoever floods with handshakes does not keep a host waiting. */
static void
test_hosts_first(void **state)
{
	enum { N = 400 };
	static struct client c[N];
	struct client host;
	uint64_t begun = now_ms();
	int others = 0;

	host_expect(9);
	client_open_from(&host, 9);
	client_hello(&host);
	for (int i = 0; i < N; i++) {
		client_open_from(&c[i], 10 + i % 200);
		client_hello(&c[i]);
	}
	for (int i = 0; i < N; i++)
		client_flush(&c[i], SIZE_MAX);
	client_flush(&host, SIZE_MAX);
	while (!client_step(&host)) {
		server_turn();
		assert_false(spent(begun));
	}
	for (int i = 0; i < N; i++)
		others += client_step(&c[i]);
	assert_true(others < 100);
	for (int i = 0; i < N; i++)
		client_close(&c[i]);
	client_close(&host);
}

/*
 * TLS that rests takes three quarters of what its source may hold: the rest is
 * for calls, and the connection that was idle longest gives way.
 */
static void
test_share_of_memory(void **state)
{
	enum { N = 200 };
	static struct client c[N];
	struct transport_config config = usual();
	struct client other;
	int open = 0;

	config.max_memory = 1 << 20;
	server_again(config);
	for (int i = 0; i < N; i++) {
		client_secure(&c[i]);
		client_echo(&c[i], 1);
		server_run();
	}
	assert_true(stats().bytes < config.max_memory / 2);
	for (int i = 0; i < N; i++) {
		client_receive(&c[i]);
		open += !c[i].ended;
	}
	assert_true(open >= 20 && open <= 40);
	for (int i = N - open; i < N; i++)
		client_echo(&c[i], 2);
	client_secure_from(&other, 2);
	client_echo(&other, 1);
	for (int i = 0; i < N; i++)
		client_close(&c[i]);
	client_close(&other);
}

/* Calls that lack their end hold all memory, of one address after the other. */
static void
test_late_comer_in_tls(void **state)
{
	enum { ADDRESSES = 30, EACH = 20, N = ADDRESSES * EACH };
	static const char half[MAX_CALL / 2];
	static struct client c[N];
	struct transport_config config = usual();
	const uint32_t mark = htonl(0x80000000u | MAX_CALL);
	struct client late[2];

	config.max_memory = 1 << 20;
	server_again(config);
	for (int i = 0; i < N; i++) {
		client_open_from(&c[i], 2 + i / EACH);
		client_send(&c[i], &mark, sizeof(mark));
		(void)!send(c[i].fd, half, sizeof(half), MSG_NOSIGNAL);
		while (server_ready(0))
			transport_run(its.t, its.now);
	}
	assert_true(stats().bytes >= config.max_memory);
	for (int i = 0; i < 2; i++) {
		client_secure_from(&late[i], 2 + ADDRESSES + i);
		client_echo(&late[i], 1);
	}
	assert_true(stats().bytes <= config.max_memory);
	for (int i = 0; i < 2; i++)
		client_close(&late[i]);
	for (int i = 0; i < N; i++)
		client_close(&c[i]);
}

/* ---- a crowd ---- */

#define CROWD	 40
#define CROWD_AT 20 /* the address of the first */
#define ROOM	 6  /* handshakes that may be under way */

/* So little memory that it is enough for ROOM handshakes. */
static void
crowd_begin(void)
{
	struct transport_config config = usual();

	config.max_memory = 1 << 20;
	server_again(config);
}

/* Their ClientHello is sent: they come from so many addresses. */
static void
crowd_hello(struct client *c, int n, int addresses)
{
	for (int i = 0; i < n; i++) {
		client_open_from(&c[i], CROWD_AT + i % addresses);
		client_hello(&c[i]);
		client_flush(&c[i], SIZE_MAX);
	}
	server_run();
}

/* How many have a ServerHello. */
static int
crowd_heard(struct client *c, int n)
{
	int heard = 0;

	for (int i = 0; i < n; i++) {
		client_receive(&c[i]);
		heard += tls_is_fed(c[i].tls);
	}
	return (heard);
}

/* So many have one in the end, and no more. */
static void
crowd_expect(struct client *c, int n, int heard)
{
	uint64_t begun = now_ms();

	while (crowd_heard(c, n) < heard) {
		server_turn();
		assert_false(spent(begun));
	}
	server_run();
	assert_int_equal(crowd_heard(c, n), heard);
}

static void
crowd_close(struct client *c, int n)
{
	for (int i = 0; i < n; i++)
		client_close(&c[i]);
}

/*
 * Everybody comes at once, and takes time: each has its turn, nobody is sent
 * away, and who is there already stays.
 */
static void
test_crowd(void **state)
{
	static struct client c[CROWD];
	struct client there;
	uint64_t begun = now_ms();
	int done = 0;

	crowd_begin();
	client_secure(&there);
	client_echo(&there, 1);
	crowd_hello(c, CROWD, CROWD);
	crowd_expect(c, CROWD, ROOM);
	assert_true(stats().bytes < (1 << 20) / 2);
	while (done < CROWD) {
		server_later(SWEEP_MS);
		server_turn();
		for (int i = done = 0; i < CROWD; i++)
			if (c[i].shaken == TLS_OK || tls_is_fed(c[i].tls) ||
			    crowd_heard(&c[i], 1) > 0)
				done += client_step(&c[i]);
		assert_false(spent(begun));
	}
	client_receive(&there);
	assert_false(there.ended);
	crowd_close(c, CROWD);
	client_close(&there);
}

/* Their time does not run while nobody hears them. */
static void
test_crowd_that_stalls(void **state)
{
	static struct client c[CROWD];
	struct client late;
	uint64_t begun;

	crowd_begin();
	begun = its.now;
	crowd_hello(c, CROWD, CROWD);
	client_open_from(&late, CROWD_AT + CROWD);
	client_hello(&late);
	client_flush(&late, SIZE_MAX);
	server_run();
	while (crowd_heard(&late, 1) == 0) {
		assert_true(its.now - begun < PROOF_MS * 3);
		server_later(SWEEP_MS);
	}
	/* All that stalled before it had their time, of which it had none. */
	assert_true(its.now - begun > PROOF_MS);
	client_shake(&late);
	client_echo(&late, 1);
	client_close(&late);
	crowd_close(c, CROWD);
}

/* Many from one address leave room for another. */
static void
test_crowd_of_one_address(void **state)
{
	static struct client c[CROWD];
	struct client other;

	crowd_begin();
	crowd_hello(c, CROWD, 1);
	crowd_expect(c, CROWD, ROOM / 2);
	client_secure_from(&other, CROWD_AT + 1);
	client_echo(&other, 1);
	client_close(&other);
	crowd_close(c, CROWD);
}

/* When one under way leaves, the next is heard at once. */
static void
test_crowd_that_leaves(void **state)
{
	static struct client c[CROWD];
	int n;

	crowd_begin();
	crowd_hello(c, CROWD, CROWD);
	for (int i = 0; i < CROWD; i++) {
		n = CROWD - i;
		crowd_expect(c + i, n, n < ROOM ? n : ROOM);
		client_close(&c[i]);
		server_run();
	}
	assert_int_equal(stats().conns, 0);
	assert_int_equal(stats().bytes, 0);
}

/* Those that end what they send while they wait, wait no more. */
static void
test_crowd_that_ends(void **state)
{
	static struct client c[CROWD];

	crowd_begin();
	crowd_hello(c, CROWD, CROWD);
	crowd_expect(c, CROWD, ROOM);
	for (int i = ROOM; i < CROWD; i++)
		assert_int_equal(shutdown(c[i].fd, SHUT_WR), 0);
	server_run();
	server_later(SWEEP_MS);
	assert_int_equal(stats().conns, ROOM);
	crowd_close(c, CROWD);
}

/*
 * Those that have a ServerHello and have not gone on do so, and ask: how many.
 */
static int
crowd_go_on(struct client *c, int n)
{
	int went = 0;

	for (int i = 0; i < n; i++) {
		client_receive(&c[i]);
		if (c[i].ended || c[i].shaken == TLS_OK ||
		    !tls_is_fed(c[i].tls))
			continue;
		c[i].shaken = tls_shake(c[i].tls);
		client_flush(&c[i], SIZE_MAX);
		client_call(&c[i], 1, DO_ECHO, 1);
		went++;
	}
	return (went);
}

/* For each that comes one goes that holds something, not one that waits. */
static void
test_crowd_in_tls(void **state)
{
	enum { N = 250 };
	static struct client c[N];
	struct client other;
	uint64_t last, begun;
	int ended = 0;

	crowd_begin();
	crowd_hello(c, N, 1);
	last = begun = now_ms();
	while (now_ms() - last < 1000) {
		assert_false(spent(begun));
		server_turn();
		if (crowd_go_on(c, N) > 0)
			last = now_ms();
		assert_true(stats().bytes < (1 << 20) * 5 / 8);
	}
	for (int i = 0; i < N; i++)
		ended += c[i].ended && c[i].shaken != TLS_OK;
	assert_true(ended <= N / 8);
	client_open_from(&other, CROWD_AT + 1);
	client_echo(&other, 1);
	client_close(&other);
	crowd_close(c, N);
}

/* Waiting takes places: when those lack, whoever has proved nothing goes. */
static void
test_crowd_on_all_places(void **state)
{
	enum { N = CROWD, PROVEN = 10 };
	static struct client c[N], proven[PROVEN];
	struct transport_config config = usual();

	config.max_memory = 1 << 20;
	config.max_conns = N + PROVEN;
	server_again(config);
	for (int i = 0; i < PROVEN; i++) {
		client_open_from(&proven[i], 2 + i);
		client_echo(&proven[i], 1);
	}
	crowd_hello(c, N, N);
	assert_int_equal(stats().conns, N + PROVEN);
	server_later(PROOF_MS * 5 / 6);
	assert_true(stats().conns < N + PROVEN - 2 * ROOM);
	for (int i = 0; i < 10; i++)
		server_later(1100);
	for (int i = 0; i < PROVEN; i++) {
		client_receive(&proven[i]);
		assert_false(proven[i].ended);
	}
	crowd_close(c, N);
	crowd_close(proven, PROVEN);
}

/* No more are given up at once than helps. */
static void
test_crowd_is_slow(void **state)
{
	static struct client c[ROOM];

	crowd_begin();
	crowd_hello(c, ROOM, ROOM);
	crowd_expect(c, ROOM, ROOM);
	server_later(1100);
	assert_int_equal(stats().conns, ROOM - 1);
	crowd_close(c, ROOM);
}

/* It waits behind the others when it becomes known that it is a host's. */
static void
test_host_in_a_crowd(void **state)
{
	static struct client c[CROWD];
	struct client host;

	crowd_begin();
	crowd_hello(c, CROWD, CROWD);
	client_open_from(&host, 9);
	client_hello(&host);
	client_flush(&host, SIZE_MAX);
	server_run();
	assert_int_equal(crowd_heard(&host, 1), 0);
	host_expect(9);
	transport_run(its.t, its.now);
	client_shake(&host);
	client_close(&host);
	crowd_close(c, CROWD);
}

/* Whoever was let in is not sent away in the middle, also when it gets full. */
static void
test_crowd_fills_memory(void **state)
{
	enum { N = 80 };
	static struct client c[N];
	int n;

	crowd_begin();
	for (n = 0; n < N && stats().bytes + TLS_SHAKE_BYTES < 1 << 20; n++) {
		client_secure_from(&c[n], CROWD_AT + n);
		client_echo(&c[n], 1);
		server_run();
	}
	assert_true(n > 60 && n < N);
	assert_int_equal(stats().shed, 0);
	crowd_close(c, n);
}

/* Strangers hold all memory: for a host there is some. */
static void
test_host_without_memory(void **state)
{
	static const char half[60000];
	static struct client c[CROWD];
	uint32_t mark = htonl(0x80000000u | 64000);
	struct client host;

	crowd_begin();
	host_expect(9);
	for (int i = 0; i < CROWD; i++) {
		client_open_from(&c[i], CROWD_AT + i);
		client_send(&c[i], &mark, sizeof(mark));
		(void)send(
		    c[i].fd, half, sizeof(half), MSG_NOSIGNAL | MSG_DONTWAIT);
		server_run();
	}
	/* Not even for one handshake there is room. */
	assert_true(stats().bytes > (1 << 20) - TLS_SHAKE_BYTES);
	client_secure_from(&host, 9);
	client_echo(&host, 1);
	client_close(&host);
	crowd_close(c, CROWD);
}

/* It is charged while a worker has it. */
static void
test_charged_while_shaking(void **state)
{
	struct client c;

	client_open(&c);
	client_hello(&c);
	assert_int_equal(stats().bytes, 0);
	client_flush(&c, SIZE_MAX);
	while (!server_ready(1))
		;
	transport_run(its.t, its.now);
	assert_true(stats().bytes >= TLS_SHAKE_BYTES);
	client_close(&c);
}

static void
test_room_for_handshakes(void **state)
{
	struct transport_config config = {
	    .max_memory = 4 * (size_t)TLS_SHAKE_BYTES << 31};

	assert_true(transport_handshakes(&config) > 0);
	config.max_memory = 1;
	assert_int_equal(transport_handshakes(&config), 1);
	config.max_memory = 1 << 20;
	assert_int_equal(transport_handshakes(&config), ROOM);
}

/* Nobody signs for those that have gone while they waited. */
static void
test_crowd_that_is_gone(void **state)
{
	static struct client c[CROWD];

	crowd_begin();
	crowd_hello(c, CROWD, CROWD);
	crowd_expect(c, CROWD, ROOM);
	its.jobs = 0;
	for (int i = CROWD - 1; i >= 0; i--)
		client_close(&c[i]);
	server_run();
	assert_int_equal(its.jobs, 0);
	server_later(SWEEP_MS);
	assert_int_equal(stats().conns, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_calls),
	    TEST(test_second_step_at_once),
	    TEST(test_after_plain_calls),
	    TEST(test_one_turn),
	    TEST(test_many_in_one_record),
	    TEST(test_many_records_at_once),
	    TEST(test_call_in_many_records),
	    TEST(test_half_closed),
	    TEST(test_farewell),
	    TEST(test_dribble),
	    TEST(test_unread),
	    TEST(test_host),
	    TEST(test_a_thousand),
	    TEST(test_wrong_probes),
	    TEST(test_offer_untaken),
	    TEST(test_probe_with_a_call_held),
	    TEST(test_no_tls_here),
	    TEST(test_required),
	    TEST(test_bytes_behind_a_probe),
	    TEST(test_plain_instead),
	    TEST(test_garbage_in_tls),
	    TEST(test_stalls),
	    TEST(test_stall_after_a_call),
	    TEST(test_silent_after_the_handshake),
	    TEST(test_half_a_record),
	    TEST(test_drips),
	    TEST(test_closed_while_shaking),
	    TEST(test_freed_while_shaking),
	    TEST(test_leave),
	    TEST(test_hosts_first),
	    TEST(test_share_of_memory),
	    TEST(test_late_comer_in_tls),
	    TEST(test_crowd),
	    TEST(test_crowd_that_stalls),
	    TEST(test_crowd_of_one_address),
	    TEST(test_crowd_that_leaves),
	    TEST(test_crowd_that_ends),
	    TEST(test_crowd_that_is_gone),
	    TEST(test_crowd_in_tls),
	    TEST(test_crowd_on_all_places),
	    TEST(test_crowd_is_slow),
	    TEST(test_host_in_a_crowd),
	    TEST(test_crowd_fills_memory),
	    TEST(test_host_without_memory),
	    TEST(test_charged_while_shaking),
	    TEST(test_room_for_handshakes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
