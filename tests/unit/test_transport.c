/*
 * transport: what clients may do to it.  One thread is server and clients:
 * the server runs when a test says so, at the time the test says.
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/rpc/descriptor.h"
#include "common/rpc/transport.h"
#include "evote.h"
#include "tests/unit/scratch.h"

#define PROG	   0x2e564fff
#define PROG_LOCAL 0x2e564ffe
#define MAX_CALL   (256 * 1024)
#define MAX_UNSENT (128 * 1024)
#define IN_FLIGHT  8
#define MAX_MEMORY (8 << 20)
#define TURN_CALLS 32
#define PROOF_MS   4000
#define PARTIAL_MS 1000
#define IDLE_MS	   10000
#define BIG	   (64 * 1024)
#define BIG_REPLY  (4 + 24 + 8 + 4 + BIG + 32) /* mark, header, sealed */
#define LAST	   0x80000000u
#define HELD_MAX   256
#define TEST_CAP   5000
#define REPLY_MAX  (2 * BIG)

enum {
	DO_NOTHING,
	DO_ECHO,     /* evote_named_args -> its name */
	DO_HOLD,     /* the same, later */
	DO_TOO_LONG, /* answers what cannot be encoded */
	DO_BIG,
	DO_WHO,	  /* -> uid */
	DO_CLOSE, /* its own connection, then answers */
	DO_TRUST,
	DO_TAKE /* an evote_sealed */
};

/* What the procedures share with the tests. */
static struct {
	struct transport *t;
	uint64_t now;
	int port;
	struct call held[HELD_MAX];
	int n_held;
	int closed;
	uint64_t closed_conn, last_conn;
	int called;
	char too_long[EVOTE_NAME_MAX + 2];
} its;

/* ---- a program in the shape of rpcgen -C -M -m ---- */

static bool_t
do_nothing(void *arg, void *res, struct svc_req *req)
{
	assert_ptr_equal(transport_arg(req), &its);
	its.called++;
	its.last_conn = transport_conn(req);
	return (TRUE);
}

static bool_t
do_echo(evote_named_args *arg, evote_name *res, struct svc_req *req)
{
	its.called++;
	*res = strdup(arg->election);
	return (TRUE);
}

static bool_t
do_hold(evote_named_args *arg, evote_name *res, struct svc_req *req)
{
	*res = NULL;
	assert_true(its.n_held < HELD_MAX);
	its.held[its.n_held++] = transport_hold(req);
	its.last_conn = transport_conn(req);
	return (FALSE);
}

static bool_t
do_too_long(void *arg, evote_name *res, struct svc_req *req)
{
	/* Not on the heap: xdr_string frees nothing that is over its bound. */
	*res = its.too_long;
	return (TRUE);
}

static bool_t
do_big(void *arg, evote_sealed *res, struct svc_req *req)
{
	its.called++;
	memset(res, 0, sizeof(*res));
	res->body.body_len = BIG;
	res->body.body_val = calloc(1, BIG);
	return (TRUE);
}

static bool_t
do_who(void *arg, u_int *res, struct svc_req *req)
{
	uint32_t gid;
	int32_t pid;

	if (transport_ucred(req, res, &gid, &pid) == -1)
		*res = 4711;
	else
		assert_int_equal(pid, getpid());
	return (TRUE);
}

static bool_t
do_close(void *arg, u_int *res, struct svc_req *req)
{
	*res = 0;
	transport_close_conn(its.t, transport_conn(req));
	return (TRUE);
}

static bool_t
do_trust(void *arg, void *res, struct svc_req *req)
{
	transport_trust(req);
	return (TRUE);
}

static void
test_prog(struct svc_req *rqstp, SVCXPRT *transp)
{
	union {
		evote_named_args named;
		evote_sealed sealed;
	} argument;
	union {
		evote_name name;
		evote_sealed sealed;
		u_int number;
	} result;
	static const struct {
		xdrproc_t arg, res;
		bool_t (*local)(void *, void *, struct svc_req *);
	} procs[] = {
#define ANY (void (*)(void))
#define PROC(a, r, f)                          \
	{(xdrproc_t)ANY(a), (xdrproc_t)ANY(r), \
	    (bool_t(*)(void *, void *, struct svc_req *))ANY(f)}
	    [DO_NOTHING] = PROC(xdr_void, xdr_void, do_nothing),
	    [DO_ECHO] = PROC(xdr_evote_named_args, xdr_evote_name, do_echo),
	    [DO_HOLD] = PROC(xdr_evote_named_args, xdr_evote_name, do_hold),
	    [DO_TOO_LONG] = PROC(xdr_void, xdr_evote_name, do_too_long),
	    [DO_BIG] = PROC(xdr_void, xdr_evote_sealed, do_big),
	    [DO_WHO] = PROC(xdr_void, xdr_u_int, do_who),
	    [DO_CLOSE] = PROC(xdr_void, xdr_u_int, do_close),
	    [DO_TRUST] = PROC(xdr_void, xdr_void, do_trust),
	    [DO_TAKE] = PROC(xdr_evote_sealed, xdr_void, do_nothing),
	};
	bool_t retval;

	if (rqstp->rq_proc >= sizeof(procs) / sizeof(procs[0])) {
		svcerr_noproc(transp);
		return;
	}
	memset(&argument, 0, sizeof(argument));
	if (!svc_getargs(transp, procs[rqstp->rq_proc].arg, &argument)) {
		svcerr_decode(transp);
		return;
	}
	retval = procs[rqstp->rq_proc].local(&argument, &result, rqstp);
	if (retval > 0 &&
	    !svc_sendreply(transp, procs[rqstp->rq_proc].res, &result))
		svcerr_systemerr(transp);
	if (!svc_freeargs(transp, procs[rqstp->rq_proc].arg, &argument))
		abort();
	xdr_free(procs[rqstp->rq_proc].res, &result);
}

/* ---- the server ---- */

static void
on_closed(void *arg, uint64_t conn)
{
	assert_ptr_equal(arg, &its);
	its.closed++;
	its.closed_conn = conn;
}

static struct transport_config
usual(void)
{
	return ((struct transport_config){
	    .max_conns = TEST_CAP,
	    .max_call = 2 * MAX_CALL,
	    .max_stranger_call = MAX_CALL,
	    .max_in_flight = IN_FLIGHT,
	    .max_unsent = MAX_UNSENT,
	    .max_memory = MAX_MEMORY,
	    .turn_calls = TURN_CALLS,
	    .turn_us = 1000000,
	    .proof_ms = PROOF_MS,
	    .partial_ms = PARTIAL_MS,
	    .idle_ms = IDLE_MS,
	    .closed = on_closed,
	    .arg = &its,
	});
}

static void
server_start(struct transport_config config)
{
	memset(&its, 0, sizeof(its));
	its.now = 1000000;
	memset(its.too_long, 'x', EVOTE_NAME_MAX + 1);
	its.t = transport_new(&config);
	assert_non_null(its.t);
	transport_offer(its.t, DOOR_NETWORK, PROG, 2, test_prog, &its);
	transport_offer(its.t, DOOR_NETWORK, PROG, 4, test_prog, &its);
	transport_offer(its.t, DOOR_LOCAL, PROG_LOCAL, 1, test_prog, &its);
	its.port = transport_listen_tcp(its.t, 0);
	assert_true(its.port > 0);
}

/* Anew, with other limits. */
static void
server_again(struct transport_config config)
{
	transport_free(its.t);
	server_start(config);
}

static int
setup(void **state)
{
	server_start(usual());
	return (0);
}

static int
teardown(void **state)
{
	transport_free(its.t);
	its.t = NULL;
	return (0);
}

static bool
server_ready(int ms)
{
	struct pollfd p = {.fd = transport_fd(its.t), .events = POLLIN};

	return (poll(&p, 1, ms) == 1);
}

/* Runs until nothing has been to do for a moment. */
static void
server_run(void)
{
	int i;

	for (i = 0; i < 5000 && server_ready(5); i++)
		transport_run(its.t, its.now);
	assert_true(i < 5000);
}

static void
server_later(uint64_t ms)
{
	its.now += ms;
	transport_run(its.t, its.now);
	server_run();
}

static struct transport_stats
server_stats(void)
{
	struct transport_stats s;

	transport_stats(its.t, &s);
	return (s);
}

/* A kernel that is busy may take longer than a moment to tell of each end. */
static void
expect_conns(uint64_t n)
{
	for (int i = 0; i < 1000 && server_stats().conns != n; i++)
		server_run();
	assert_int_equal(server_stats().conns, n);
}

/* ---- clients ---- */

/* From 127.0.0.last. */
static int
client_open_from(int last)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_port = htons(its.port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return (fd);
}

static int
client_open(void)
{
	return (client_open_from(1));
}

/* Its kernel takes little that it does not read itself. */
static int
client_open_narrow(void)
{
	int fd = client_open(), little = 4096;

	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little)), 0);
	return (fd);
}

/* As a process that is killed with answers unread. */
static void
client_reset(int fd)
{
	const struct linger at_once = {.l_onoff = 1};

	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)),
	    0);
	close(fd);
}

static void
clients_close(int *fds, int n)
{
	while (n-- > 0)
		close(fds[n]);
}

struct bytes {
	unsigned char data[4096];
	size_t len;
};

/* A call without its record mark. */
static void
call_make(struct bytes *b, uint32_t xid, uint32_t prog, uint32_t vers,
    uint32_t proc, const char *name)
{
	evote_named_args args = {.election = (char *)(uintptr_t)name};
	struct rpc_msg msg = {.rm_xid = xid, .rm_direction = CALL};
	XDR xdrs;

	msg.rm_call.cb_rpcvers = RPC_MSG_VERSION;
	msg.rm_call.cb_prog = prog;
	msg.rm_call.cb_vers = vers;
	msg.rm_call.cb_proc = proc;
	msg.rm_call.cb_cred = _null_auth;
	msg.rm_call.cb_verf = _null_auth;
	xdrmem_create(&xdrs, (char *)b->data, sizeof(b->data), XDR_ENCODE);
	assert_true(xdr_callmsg(&xdrs, &msg));
	if (name != NULL)
		assert_true(xdr_evote_named_args(&xdrs, &args));
	b->len = xdr_getpos(&xdrs);
}

static void
client_send(int fd, const void *data, size_t len)
{
	assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
}

static void
client_mark(int fd, uint32_t mark)
{
	mark = htonl(mark);
	client_send(fd, &mark, sizeof(mark));
}

static void
client_call(int fd, uint32_t xid, uint32_t proc, const char *name)
{
	struct bytes b;

	call_make(&b, xid, PROG, 2, proc, name);
	client_mark(fd, LAST | b.len);
	client_send(fd, b.data, b.len);
}

/* As far as it can be sent: the server need not read it. */
static void
client_try_call(int fd, uint32_t xid, uint32_t proc)
{
	struct bytes b;
	uint32_t mark;

	call_make(&b, xid, PROG, 2, proc, NULL);
	mark = htonl(LAST | b.len);
	memmove(b.data + sizeof(mark), b.data, b.len);
	memcpy(b.data, &mark, sizeof(mark));
	(void)!send(fd, b.data, sizeof(mark) + b.len, MSG_NOSIGNAL);
}

static void
client_call_raw(int fd, const struct bytes *b)
{
	client_mark(fd, LAST | b->len);
	client_send(fd, b->data, b->len);
}

/* Offset of a word of a call made with AUTH_NONE. */
enum { AT_DIRECTION = 4, AT_RPCVERS = 8, AT_CRED = 24, AT_VERF = 32 };

static void
bytes_put(struct bytes *b, size_t at, uint32_t word)
{
	word = htonl(word);
	assert_true(at + sizeof(word) <= b->len);
	memcpy(b->data + at, &word, sizeof(word));
}

/*
 * The next reply, as words (r[0] is the xid); its length, 0 when there is
 * none, -1 when the connection has ended.
 */
static int
client_reply(int fd, uint32_t *r)
{
	static unsigned char buf[REPLY_MAX];
	uint32_t mark, i;
	ssize_t n;

	n = recv(fd, &mark, sizeof(mark), MSG_DONTWAIT);
	if (n == 0 || (n == -1 && errno != EAGAIN))
		return (-1);
	if (n == -1)
		return (0);
	assert_int_equal(n, sizeof(mark));
	mark = ntohl(mark);
	assert_true(mark & LAST);
	mark &= ~LAST;
	assert_true(mark <= sizeof(buf));
	assert_int_equal(recv(fd, buf, mark, MSG_WAITALL), mark);
	for (i = 0; i < mark / 4 && i < 16; i++) {
		memcpy(&r[i], buf + 4 * i, 4);
		r[i] = ntohl(r[i]);
	}
	return (mark);
}

/* Reads that many bytes, letting the server run. */
static void
client_drain(int fd, size_t left)
{
	static char sink[1 << 20];
	int turns = 0;
	ssize_t n;

	while (left > 0 && turns++ < 20000) {
		n = recv(fd, sink, left < sizeof(sink) ? left : sizeof(sink),
		    MSG_DONTWAIT);
		if (n > 0)
			left -= n;
		else if (server_ready(200))
			transport_run(its.t, its.now);
	}
	assert_int_equal(left, 0);
}

/* Words of an accepted reply: xid, 1, 0, 0, 0, status, ... */
static void
expect_status(int fd, uint32_t xid, uint32_t status)
{
	uint32_t r[16];

	assert_true(client_reply(fd, r) >= 24);
	assert_int_equal(r[0], xid);
	assert_int_equal(r[1], REPLY);
	assert_int_equal(r[2], MSG_ACCEPTED);
	assert_int_equal(r[3], AUTH_NONE);
	assert_int_equal(r[4], 0);
	assert_int_equal(r[5], status);
}

static void
expect_nothing(int fd)
{
	uint32_t r[16];

	assert_int_equal(client_reply(fd, r), 0);
}

static void
expect_end(int fd)
{
	uint32_t r[16];

	assert_int_equal(client_reply(fd, r), -1);
}

static void
expect_served(int fd)
{
	client_call(fd, 99, DO_ECHO, "still here");
	server_run();
	expect_status(fd, 99, SUCCESS);
}

/* ---- records ---- */

static void
test_call(void **state)
{
	uint32_t r[16];
	int fd = client_open();

	client_call(fd, 7, DO_ECHO, "abc");
	server_run();
	assert_int_equal(client_reply(fd, r), 32);
	assert_int_equal(r[0], 7);
	assert_int_equal(r[6], 3);
	assert_int_equal(r[7], 0x61626300);
	assert_int_equal(server_stats().calls, 1);
	expect_conns(1);
	close(fd);
	server_run();
	assert_int_equal(its.closed, 1);
	expect_conns(0);
}

static void
test_ipv6(void **state)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
	    .sin6_port = htons(its.port),
	    .sin6_addr = in6addr_loopback};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		skip();
	if (connect(fd, (struct sockaddr *)&in6, sizeof(in6)) == -1) {
		close(fd);
		assert_int_equal(errno, EADDRNOTAVAIL); /* no ::1 here */
		skip();
	}
	expect_served(fd);
	close(fd);
}

static void
test_half_record(void **state)
{
	int half = client_open(), other = client_open();
	struct bytes b;

	call_make(&b, 1, PROG, 2, DO_ECHO, "abc");
	client_mark(half, LAST | b.len);
	client_send(half, b.data, b.len / 2);
	server_run();
	expect_served(other);
	server_later(PARTIAL_MS - 100);
	expect_served(other);
	expect_nothing(half);
	server_later(200);
	expect_end(half);
	expect_served(other);
	assert_int_equal(server_stats().malformed, 1);
	assert_int_equal(its.closed, 1);
	close(half);
	close(other);
}

/* Each byte is progress, but the record is not whole in time. */
static void
test_trickle(void **state)
{
	int fd = client_open(), i;

	client_mark(fd, LAST | 100);
	server_run();
	for (i = 0; i < PARTIAL_MS / 100; i++) {
		expect_nothing(fd);
		client_send(fd, "", 1);
		server_later(100);
	}
	expect_end(fd);
	close(fd);
}

static void
test_fragments(void **state)
{
	int fd = client_open();
	struct bytes b;
	size_t i;

	call_make(&b, 5, PROG, 2, DO_ECHO, "in pieces");
	/* One byte a fragment, with empty ones, each sent by itself. */
	for (i = 0; i < b.len; i++) {
		client_mark(fd, 0);
		client_mark(fd, (i == b.len - 1 ? LAST : 0) | 1);
		if (i % 3 == 0)
			server_run();
		client_send(fd, b.data + i, 1);
	}
	client_call(fd, 6, DO_ECHO, "whole");
	server_run();
	expect_status(fd, 5, SUCCESS);
	expect_status(fd, 6, SUCCESS);
	/* The end may be an empty fragment. */
	call_make(&b, 7, PROG, 2, DO_ECHO, "in pieces");
	client_mark(fd, b.len);
	client_send(fd, b.data, b.len);
	client_mark(fd, LAST);
	server_run();
	expect_status(fd, 7, SUCCESS);
	close(fd);
}

/* Every way to cut a stream of two calls in two. */
static void
test_every_cut(void **state)
{
	struct bytes b;
	unsigned char stream[512];
	uint32_t mark;
	size_t i, len = 0;
	int fd = client_open(), n;

	for (n = 0; n < 2; n++) {
		call_make(&b, 1 + n, PROG, 2, DO_ECHO, "to be cut");
		mark = htonl(LAST | b.len);
		memcpy(stream + len, &mark, 4);
		memcpy(stream + len + 4, b.data, b.len);
		len += 4 + b.len;
	}
	for (i = 1; i < len; i++) {
		client_send(fd, stream, i);
		transport_run(its.t, its.now);
		server_run();
		client_send(fd, stream + i, len - i);
		server_run();
		expect_status(fd, 1, SUCCESS);
		expect_status(fd, 2, SUCCESS);
	}
	close(fd);
}

static void
test_oversize(void **state)
{
	int whole = client_open(), sum = client_open(), i;
	char kilo[1024] = {0};

	client_mark(whole, LAST | (MAX_CALL + 1));
	server_run();
	expect_end(whole);
	assert_int_equal(server_stats().malformed, 1);
	for (i = 0; i < MAX_CALL / 1024; i++) {
		client_mark(sum, sizeof(kilo));
		client_send(sum, kilo, sizeof(kilo));
		server_run();
	}
	expect_nothing(sum);
	client_mark(sum, 1);
	server_run();
	expect_end(sum);
	assert_int_equal(server_stats().malformed, 2);
	close(whole);
	close(sum);
}

/* A record of the largest size allowed is taken, whatever came before it. */
static void
test_largest(void **state)
{
	enum { LENGTH = 48, REST = LENGTH + 4 + sizeof(evote_hash) };
	unsigned char *body = calloc(1, MAX_CALL);
	struct bytes b;
	size_t at, n;
	int fd = client_open(), i;

	for (i = 0; i < 2; i++) {
		call_make(&b, 8, PROG, 2, DO_TAKE, NULL);
		memset(b.data + b.len, 0, LENGTH - b.len);
		b.len = LENGTH + 4;
		bytes_put(&b, LENGTH, MAX_CALL - REST);
		memcpy(body, b.data, b.len);
		client_mark(fd, LAST | MAX_CALL);
		for (at = 0; at < MAX_CALL; at += n) {
			n = MAX_CALL - at < 60000 ? MAX_CALL - at : 60000;
			client_send(fd, body + at, n);
			server_run();
		}
		expect_status(fd, 8, SUCCESS);
	}
	free(body);
	close(fd);
}

/* ---- refusals ---- */

static void
test_not_a_call(void **state)
{
	int fd[4], i;
	struct bytes b;

	for (i = 0; i < 4; i++)
		fd[i] = client_open();
	call_make(&b, 1, PROG, 2, DO_NOTHING, NULL);
	bytes_put(&b, AT_DIRECTION, REPLY);
	client_call_raw(fd[0], &b);
	call_make(&b, 1, PROG, 2, DO_NOTHING, NULL);
	b.len = 8; /* ends before the RPC version */
	client_call_raw(fd[1], &b);
	client_mark(fd[2], LAST); /* empty */
	call_make(&b, 1, PROG, 2, DO_NOTHING, NULL);
	bytes_put(&b, AT_CRED + 4, MAX_AUTH_BYTES + 1);
	client_call_raw(fd[3], &b);
	server_run();
	for (i = 0; i < 4; i++) {
		expect_end(fd[i]);
		close(fd[i]);
	}
	assert_int_equal(server_stats().malformed, 4);
	assert_int_equal(its.called, 0);
}

static void
test_rpc_version(void **state)
{
	int fd = client_open();
	struct bytes b;
	uint32_t r[16];

	call_make(&b, 3, PROG, 2, DO_NOTHING, NULL);
	bytes_put(&b, AT_RPCVERS, 3);
	client_call_raw(fd, &b);
	server_run();
	assert_int_equal(client_reply(fd, r), 24);
	assert_int_equal(r[0], 3);
	assert_int_equal(r[2], MSG_DENIED);
	assert_int_equal(r[3], RPC_MISMATCH);
	assert_int_equal(r[4], 2);
	assert_int_equal(r[5], 2);
	expect_served(fd);
	close(fd);
}

static void
test_unknown(void **state)
{
	int fd = client_open();
	struct bytes b;
	uint32_t r[16];

	call_make(&b, 1, PROG + 1, 2, DO_NOTHING, NULL);
	client_call_raw(fd, &b);
	call_make(&b, 2, PROG, 3, DO_NOTHING, NULL);
	client_call_raw(fd, &b);
	call_make(&b, 3, PROG, 4, 1000, NULL);
	client_call_raw(fd, &b);
	/* Not offered at this door. */
	call_make(&b, 4, PROG_LOCAL, 1, DO_NOTHING, NULL);
	client_call_raw(fd, &b);
	server_run();
	expect_status(fd, 1, PROG_UNAVAIL);
	assert_int_equal(client_reply(fd, r), 32);
	assert_int_equal(r[0], 2);
	assert_int_equal(r[5], PROG_MISMATCH);
	assert_int_equal(r[6], 2);
	assert_int_equal(r[7], 4);
	expect_status(fd, 3, PROC_UNAVAIL);
	expect_status(fd, 4, PROG_UNAVAIL);
	expect_nothing(fd);
	assert_int_equal(its.called, 0);
	close(fd);
}

static void
expect_denied(int fd, uint32_t why)
{
	uint32_t r[16];

	assert_int_equal(client_reply(fd, r), 20);
	assert_int_equal(r[2], MSG_DENIED);
	assert_int_equal(r[3], AUTH_ERROR);
	assert_int_equal(r[4], why);
}

static void
test_auth(void **state)
{
	int fd = client_open();
	struct bytes b;

	/* A verifier that is not empty, with each flavor that is taken. */
	call_make(&b, 1, PROG, 2, DO_NOTHING, NULL);
	b.len += 8;
	bytes_put(&b, AT_VERF + 4, 8);
	client_call_raw(fd, &b);
	bytes_put(&b, AT_CRED, AUTH_SYS);
	client_call_raw(fd, &b);
	server_run();
	expect_denied(fd, AUTH_REJECTEDVERF);
	expect_denied(fd, AUTH_REJECTEDVERF);
	call_make(&b, 1, PROG, 2, DO_NOTHING, NULL);
	bytes_put(&b, AT_CRED, 6); /* RPCSEC_GSS */
	client_call_raw(fd, &b);
	bytes_put(&b, AT_CRED, AUTH_SHORT);
	client_call_raw(fd, &b);
	server_run();
	expect_denied(fd, AUTH_REJECTEDCRED);
	expect_denied(fd, AUTH_REJECTEDCRED);
	assert_int_equal(its.called, 0);
	bytes_put(&b, AT_CRED, AUTH_SYS);
	client_call_raw(fd, &b);
	server_run();
	expect_status(fd, 1, SUCCESS);
	close(fd);
}

/* Under LeakSanitizer: what was decoded before the error is freed. */
static void
test_garbage(void **state)
{
	int fd = client_open(), i;
	struct bytes b;

	call_make(&b, 1, PROG, 2, DO_ECHO, "decoded before the rest fails");
	for (i = 0; i < 10; i++) {
		b.len -= 4;
		client_call_raw(fd, &b);
		server_run();
		expect_status(fd, 1, GARBAGE_ARGS);
	}
	assert_int_equal(its.called, 0);
	expect_served(fd);
	close(fd);
}

/* What the decoder drops or forgives is not taken for something else. */
static void
test_not_as_encoded(void **state)
{
	enum { NAME = 44, PADDING = NAME + 5 }; /* behind header and length */
	int fd = client_open();
	struct bytes b;

	call_make(&b, 1, PROG, 2, DO_ECHO, "x\1bad");
	b.data[NAME + 1] = '\0';
	client_call_raw(fd, &b);
	server_run();
	expect_status(fd, 1, GARBAGE_ARGS);
	call_make(&b, 1, PROG, 2, DO_ECHO, "x bad");
	b.data[PADDING] = 1;
	client_call_raw(fd, &b);
	server_run();
	expect_status(fd, 1, GARBAGE_ARGS);
	/* Something behind the last field, or behind none. */
	call_make(&b, 1, PROG, 2, DO_ECHO, "x");
	b.len += 4;
	client_call_raw(fd, &b);
	server_run();
	expect_status(fd, 1, GARBAGE_ARGS);
	call_make(&b, 1, PROG, 2, DO_NOTHING, NULL);
	b.len += 4;
	client_call_raw(fd, &b);
	server_run();
	expect_status(fd, 1, GARBAGE_ARGS);
	assert_int_equal(its.called, 0);
	expect_served(fd);
	close(fd);
}

static void
test_unencodable(void **state)
{
	evote_name name = its.too_long;
	int fd = client_open();

	client_call(fd, 1, DO_TOO_LONG, NULL);
	client_call(fd, 2, DO_HOLD, "a");
	client_call(fd, 3, DO_HOLD, "b");
	server_run();
	assert_int_equal(transport_complete(its.t, its.held[0],
			     (xdrproc_t)xdr_evote_name, &name),
	    0);
	assert_int_equal(transport_fail(its.t, its.held[1]), 0);
	transport_flush(its.t);
	expect_status(fd, 1, SYSTEM_ERR);
	expect_status(fd, 2, SYSTEM_ERR);
	expect_status(fd, 3, SYSTEM_ERR);
	expect_nothing(fd);
	expect_served(fd);
	close(fd);
}

/* ---- held calls ---- */

static int
held_complete(int i, const char *name)
{
	evote_name res = (char *)(uintptr_t)name;

	return (transport_complete(
	    its.t, its.held[i], (xdrproc_t)xdr_evote_name, &res));
}

static void
test_out_of_order(void **state)
{
	static const int order[] = {3, 0, 4, 1, 2};
	int a = client_open(), b = client_open(), i;

	for (i = 0; i < 5; i++)
		client_call(i % 2 ? a : b, 100 + i, DO_HOLD, "x");
	server_run();
	assert_int_equal(its.n_held, 5);
	client_call(a, 50, DO_ECHO, "not held");
	server_run();
	expect_status(a, 50, SUCCESS);
	for (i = 0; i < 5; i++) {
		assert_int_equal(held_complete(order[i], "done"), 0);
		expect_nothing(a);
	}
	transport_flush(its.t);
	for (i = 0; i < 5; i++)
		expect_status(its.held[order[i]].xid % 2 ? a : b,
		    its.held[order[i]].xid, SUCCESS);
	expect_nothing(a);
	expect_nothing(b);
	close(a);
	close(b);
}

static void
test_gone_before_completion(void **state)
{
	int fd = client_open();
	uint64_t conn;

	client_call(fd, 1, DO_HOLD, "x");
	client_call(fd, 2, DO_HOLD, "x");
	server_run();
	conn = its.last_conn;
	assert_true(conn != 0);
	assert_int_equal(its.closed, 0);
	client_reset(fd);
	server_run();
	assert_int_equal(its.closed, 1);
	assert_true(its.closed_conn == conn);
	/* The slot is used again; the old handle does not fit the new one. */
	fd = client_open();
	client_call(fd, 1, DO_HOLD, "y");
	server_run();
	assert_int_equal(its.n_held, 3);
	assert_int_equal(its.held[2].slot, its.held[0].slot);
	assert_true(its.last_conn != conn);
	assert_int_equal(held_complete(0, "stale"), -1);
	assert_int_equal(transport_fail(its.t, its.held[1]), -1);
	transport_close_conn(its.t, conn);
	transport_flush(its.t);
	expect_nothing(fd);
	assert_int_equal(held_complete(2, "right"), 0);
	transport_flush(its.t);
	expect_status(fd, 1, SUCCESS);
	assert_int_equal(its.closed, 1);
	close(fd);
}

/* Who has only stopped sending is answered, and then is done. */
static void
test_half_close(void **state)
{
	int quick = client_open(), few = client_open(), many = client_open(), i;

	client_call(quick, 1, DO_ECHO, "at once");
	assert_int_equal(shutdown(quick, SHUT_WR), 0);
	client_call(few, 1, DO_HOLD, "x");
	client_mark(few, LAST | 40); /* never comes */
	assert_int_equal(shutdown(few, SHUT_WR), 0);
	for (i = 0; i <= IN_FLIGHT; i++)
		client_call(many, i, DO_HOLD, "x");
	assert_int_equal(shutdown(many, SHUT_WR), 0);
	server_run();
	expect_status(quick, 1, SUCCESS);
	expect_end(quick);
	assert_int_equal(its.closed, 1);
	for (i = 0; i <= IN_FLIGHT + 1; i++) {
		assert_int_equal(held_complete(i, "later"), 0);
		transport_flush(its.t);
		server_run();
	}
	expect_status(few, 1, SUCCESS);
	expect_end(few);
	for (i = 0; i <= IN_FLIGHT; i++)
		expect_status(many, i, SUCCESS);
	expect_end(many);
	assert_int_equal(its.closed, 3);
	close(quick);
	close(few);
	close(many);
}

/* Nobody is waited for who cannot be answered any more. */
static void
test_half_close_then_gone(void **state)
{
	int fd = client_open();

	client_call(fd, 1, DO_HOLD, "x");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	server_run();
	assert_int_equal(its.closed, 0);
	client_reset(fd);
	server_run();
	assert_int_equal(its.closed, 1);
	assert_int_equal(held_complete(0, "late"), -1);
}

static void
test_in_flight(void **state)
{
	int fd = client_open(), i;

	for (i = 0; i < 3 * IN_FLIGHT; i++)
		client_call(fd, i, DO_HOLD, "x");
	server_run();
	assert_int_equal(its.n_held, IN_FLIGHT);
	assert_false(server_ready(20)); /* and it does not spin */
	/* What waits in the inbox is taken up without new input. */
	for (i = 0; i < 3 * IN_FLIGHT; i++) {
		assert_int_equal(held_complete(i, "done"), 0);
		transport_flush(its.t);
		server_run();
		expect_status(fd, i, SUCCESS);
		if (i < 2 * IN_FLIGHT)
			assert_int_equal(its.n_held, IN_FLIGHT + i + 1);
	}
	close(fd);
}

/* That the server does not read is not held against the client. */
static void
test_partial_while_paused(void **state)
{
	struct bytes b;
	int fd = client_open(), i;

	for (i = 0; i < IN_FLIGHT; i++)
		client_call(fd, i, DO_HOLD, "x");
	call_make(&b, IN_FLIGHT, PROG, 2, DO_ECHO, "abc");
	client_mark(fd, LAST | b.len);
	server_run();
	server_later(2 * PARTIAL_MS);
	server_later(2 * IDLE_MS);
	assert_int_equal(its.closed, 0);
	for (i = 0; i < IN_FLIGHT; i++)
		assert_int_equal(held_complete(i, "done"), 0);
	transport_flush(its.t);
	server_run();
	client_send(fd, b.data, b.len);
	server_run();
	for (i = 0; i <= IN_FLIGHT; i++)
		expect_status(fd, i, SUCCESS);
	close(fd);
}

static void
test_close_inside(void **state)
{
	int fd = client_open(), other = client_open();

	client_call(fd, 1, DO_HOLD, "x");
	client_call(fd, 2, DO_CLOSE, NULL);
	client_call(fd, 3, DO_NOTHING, NULL);
	server_run();
	expect_end(fd);
	assert_int_equal(its.called, 0);
	assert_int_equal(its.closed, 1);
	assert_int_equal(held_complete(0, "late"), -1);
	expect_served(other);
	transport_close_conn(its.t, its.closed_conn);
	server_run();
	assert_int_equal(its.closed, 1);
	close(fd);
	close(other);
}

/* ---- greed ---- */

static void
test_never_reads(void **state)
{
	enum { CALLS = 800 };
	int greedy = client_open(), other = client_open(), i;

	for (i = 0; i < CALLS; i++)
		client_call(greedy, i, DO_BIG, NULL);
	server_run();
	/* The sockets hold some megabytes, the outbox not more than it may. */
	assert_true(its.called < CALLS / 2);
	assert_false(server_ready(20));
	expect_served(other);
	/* It begins to read, and gets every answer. */
	client_drain(greedy, (size_t)CALLS * BIG_REPLY);
	expect_served(greedy);
	close(greedy);
	close(other);
}

static void
test_never_reads_times_out(void **state)
{
	int greedy = client_open(), i;

	for (i = 0; i < 400; i++)
		client_call(greedy, i, DO_BIG, NULL);
	server_run();
	server_later(PARTIAL_MS - 100);
	assert_int_equal(its.closed, 0);
	server_later(200);
	assert_int_equal(its.closed, 1);
	close(greedy);
}

/* A flood has its turns, and the others theirs between them. */
static void
test_flood(void **state)
{
	enum { FLOOD = 2000 };
	int flood = client_open(), other = client_open(), i;
	struct bytes b;
	char *stream;
	size_t len = 0;

	call_make(&b, 1, PROG, 2, DO_NOTHING, NULL);
	stream = malloc(FLOOD * (4 + b.len));
	for (i = 0; i < FLOOD; i++, len += 4 + b.len) {
		uint32_t mark = htonl(LAST | b.len);

		memcpy(stream + len, &mark, 4);
		memcpy(stream + len + 4, b.data, b.len);
	}
	transport_run(its.t, its.now);
	client_send(flood, stream, len);
	client_call(other, 2, DO_ECHO, "quick");
	transport_run(its.t, its.now);
	assert_in_range(its.called, 2, TURN_CALLS);
	expect_status(other, 2, SUCCESS);
	assert_true(server_ready(0));
	server_run();
	assert_int_equal(its.called, FLOOD + 1);
	for (i = 0; i < FLOOD; i++)
		expect_status(flood, 1, SUCCESS);
	expect_nothing(flood);
	free(stream);
	close(flood);
	close(other);
}

/* Whoever has many connections is served like who has one. */
static void
test_turns_of_sources(void **state)
{
	enum { MANY = 100 };
	int many[MANY], one = client_open_from(2), same = client_open(), i, j;

	for (i = 0; i < MANY; i++) {
		many[i] = client_open();
		for (j = 0; j < 3; j++)
			client_call(many[i], j, DO_NOTHING, NULL);
	}
	transport_run(its.t, its.now); /* connects them */
	transport_run(its.t, its.now);
	transport_run(its.t, its.now);
	assert_in_range(its.called, TURN_CALLS, 2 * TURN_CALLS);
	client_call(one, 1, DO_ECHO, "other");
	client_call(one, 2, DO_ECHO, "other");
	transport_run(its.t, its.now);
	expect_status(one, 1, SUCCESS);
	expect_status(one, 2, SUCCESS);
	/* Of one address, who has just come goes before who has had a turn. */
	while (its.called < MANY + TURN_CALLS)
		transport_run(its.t, its.now);
	client_call(same, 1, DO_ECHO, "same");
	transport_run(its.t, its.now);
	expect_status(same, 1, SUCCESS);
	server_run();
	assert_int_equal(its.called, 3 * MANY + 3);
	close(one);
	close(same);
	clients_close(many, MANY);
}

/* Hosts do not wait while strangers use up one turn after the other. */
static void
test_turns_of_trusted(void **state)
{
	enum { MANY = 50, EACH = 40 };
	int many[MANY], link = client_open(), i, j;
	uint32_t r[16];

	client_call(link, 1, DO_TRUST, NULL);
	server_run();
	expect_status(link, 1, SUCCESS);
	for (i = 0; i < MANY; i++) {
		many[i] = client_open();
		for (j = 0; j < EACH; j++)
			client_call(many[i], i, DO_NOTHING, NULL);
	}
	for (i = 0; i < 10; i++) {
		client_call(link, i, DO_NOTHING, NULL);
		while (client_reply(link, r) == 0)
			transport_run(its.t, its.now);
		assert_int_equal(r[0], i);
	}
	assert_true(its.called < MANY * EACH);
	close(link);
	clients_close(many, MANY);
}

/* Hosts do not wait for many who leave at once. */
static void
test_many_leave(void **state)
{
	enum { MANY = 400 };
	int many[MANY], i;

	for (i = 0; i < MANY; i++)
		many[i] = client_open();
	server_run();
	for (i = 0; i < MANY; i++)
		client_reset(many[i]);
	transport_run(its.t, its.now);
	assert_in_range(its.closed, 1, MANY / 4);
	server_run();
	assert_int_equal(its.closed, MANY);
}

/* Nor while answers are sent to many. */
static void
test_many_answers(void **state)
{
	enum { MANY = 20 };
	struct transport_config config = usual();
	int many[MANY], link, got = 0, i;
	char name[] = "x", *result = name;
	uint32_t r[16];

	config.turn_us = 0;
	server_again(config);
	link = client_open();
	client_call(link, 1, DO_TRUST, NULL);
	server_run();
	expect_status(link, 1, SUCCESS);
	for (i = 0; i < MANY; i++) {
		many[i] = client_open();
		client_call(many[i], i, DO_HOLD, "x");
		server_run();
	}
	client_call(link, 2, DO_HOLD, "x");
	server_run();
	assert_int_equal(its.n_held, MANY + 1);
	for (i = 0; i <= MANY; i++)
		transport_complete(
		    its.t, its.held[i], (xdrproc_t)xdr_evote_name, &result);
	transport_flush(its.t);
	assert_true(client_reply(link, r) > 0);
	for (i = 0; i < MANY; i++)
		got += client_reply(many[i], r) > 0;
	assert_in_range(got, 0, 1);
	server_run();
	for (i = 0; i < MANY; i++)
		got += client_reply(many[i], r) > 0;
	assert_int_equal(got, MANY);
	close(link);
	clients_close(many, MANY);
}

/* The answers nobody reads have one budget for all connections. */
static void
test_memory_of_answers(void **state)
{
	enum { MANY = 100, CALLS = 60 };
	int many[MANY], other = client_open_from(2), i, j;

	for (i = 0; i < MANY; i++)
		many[i] = client_open_narrow();
	for (j = 0; j < CALLS; j++) {
		for (i = 0; i < MANY; i++)
			client_try_call(many[i], j, DO_BIG);
		server_run();
		assert_true(server_stats().bytes <= MAX_MEMORY);
	}
	assert_true(server_stats().bytes > MAX_MEMORY / 3);
	expect_served(other);
	/* Who takes nothing is closed, which makes room for the next. */
	for (i = 0; i < 10 && server_stats().bytes > 0; i++)
		server_later(PARTIAL_MS);
	assert_int_equal(server_stats().bytes, 0);
	expect_served(other);
	close(other);
	clients_close(many, MANY);
}

/* Also those that were asked for when there was room. */
static void
test_memory_of_late_answers(void **state)
{
	enum { MANY = 30, HELD = IN_FLIGHT - 1, BIGS = 100 };
	static char body[BIG];
	evote_sealed big = {.body = {BIG, body}};
	int many[MANY], i, j;

	for (i = 0; i < MANY; i++) {
		many[i] = client_open_narrow();
		for (j = 0; j < HELD; j++)
			client_call(many[i], j, DO_HOLD, "x");
		for (j = 0; j < BIGS; j++)
			client_try_call(many[i], j, DO_BIG);
		server_run();
	}
	assert_int_equal(its.n_held, MANY * HELD);
	for (i = 0; i < its.n_held; i++)
		(void)transport_complete(
		    its.t, its.held[i], (xdrproc_t)xdr_evote_sealed, &big);
	assert_true(server_stats().shed > 0);
	transport_flush(its.t);
	assert_true(server_stats().bytes <= MAX_MEMORY * 5 / 8);
	clients_close(many, MANY);
}

/* So have calls that lack their end, and those that are being held. */
static void
test_memory_of_calls(void **state)
{
	enum { MANY = 100, HALF = MAX_CALL / 2 };
	static char half[HALF];
	int many[MANY], other = client_open_from(2), i;

	for (i = 0; i < MANY; i++) {
		many[i] = client_open();
		client_mark(many[i], LAST | MAX_CALL);
		(void)!send(many[i], half, HALF, MSG_NOSIGNAL | MSG_DONTWAIT);
		server_run();
		assert_true(server_stats().bytes <= MAX_MEMORY);
	}
	assert_true(server_stats().bytes > MAX_MEMORY / 3);
	expect_served(other);
	server_later(PARTIAL_MS);
	server_later(PROOF_MS);
	assert_int_equal(server_stats().bytes, 0);
	expect_served(other);
	close(other);
	clients_close(many, MANY);
}

/* Much of the memory, until its end is sent; as long as there is room. */
static int
client_open_half(int last)
{
	static char half[MAX_CALL / 2];
	int fd = client_open_from(last);

	client_try_call(fd, 1, DO_NOTHING);
	client_mark(fd, LAST | MAX_CALL);
	(void)!send(fd, half, sizeof(half), MSG_NOSIGNAL | MSG_DONTWAIT);
	server_run();
	return (fd);
}

/*
 * Addresses come one after the other, and each holds all that it may, behind
 * idle connections without memory.
 */
static void
late_comers_find_memory(int first, int idle)
{
	enum { ADDRESSES = 12, EACH = 40 };
	int many[ADDRESSES][EACH], late[3], i, j;

	for (i = 0; i < ADDRESSES; i++) {
		for (j = 0; j < idle; j++) {
			many[i][j] = client_open_from(first + i);
			expect_served(many[i][j]);
		}
		for (; j < EACH; j++)
			many[i][j] = client_open_half(first + i);
	}
	for (i = 0; i < 3; i++) {
		late[i] = client_open_from(40 + i);
		expect_served(late[i]);
		assert_true(server_stats().bytes <= MAX_MEMORY);
	}
	clients_close(late, 3);
	for (i = 0; i < ADDRESSES; i++)
		clients_close(many[i], EACH);
}

static void
test_memory_for_late_comers(void **state)
{
	late_comers_find_memory(10, 20);
}

/* Whoever holds most has a call under way on each connection. */
static void
test_memory_of_the_next(void **state)
{
	enum { N = 15 };
	static char half[MAX_CALL / 2];
	int busy[N], i;

	for (i = 0; i < N; i++) {
		busy[i] = client_open_from(10);
		client_call(busy[i], 1, DO_HOLD, "x");
		client_mark(busy[i], LAST | MAX_CALL);
		(void)!send(
		    busy[i], half, sizeof(half), MSG_NOSIGNAL | MSG_DONTWAIT);
		server_run();
	}
	late_comers_find_memory(11, 0);
	assert_int_equal(its.n_held, N);
	for (i = 0; i < N; i++)
		assert_int_equal(held_complete(i, "done"), 0);
	clients_close(busy, N);
}

/* A 64th of the memory is kept, also when another has less. */
static void
test_memory_that_is_kept(void **state)
{
	enum { PART = MAX_MEMORY / 64, N = 2 * 65 + 1 };
	static char some[PART / 4];
	int fd[N], i;

	for (i = 0; i < N; i++) {
		fd[i] = client_open_from(10 + i / 2);
		client_mark(fd[i], LAST | MAX_CALL);
		client_send(fd[i], some, sizeof(some));
		server_run();
	}
	/* The last one had to ask for room. */
	assert_true(server_stats().bytes > MAX_MEMORY - PART / 4);
	assert_true(server_stats().bytes / 65 < PART);
	assert_int_equal(its.closed, 0);
	clients_close(fd, N);
}

/* Nothing is closed for one whom all that may be taken would not help. */
static void
test_memory_not_taken_in_vain(void **state)
{
	static const int have[] = {5, 4, 4, 4, 4, 4, 3, 1, 1};
	int fd[30], n = 0, asks, i, j;

	asks = client_open_from(11);
	expect_served(asks);
	for (i = 0; i < 9; i++)
		for (j = 0; j < have[i]; j++)
			fd[n++] = client_open_half(10 + i);
	assert_int_equal(n, 30);
	client_call(asks, 1, DO_NOTHING, NULL);
	server_run();
	expect_nothing(asks);
	assert_int_equal(its.closed, 0);
	clients_close(fd, n);
	server_run();
	server_later(1000);
	expect_status(asks, 1, SUCCESS);
	close(asks);
}

/* ---- many ---- */

static void
test_idle(void **state)
{
	int idle = client_open(), busy = client_open();

	client_call(busy, 1, DO_HOLD, "x");
	expect_served(idle);
	server_later(IDLE_MS - 100);
	assert_int_equal(its.closed, 0);
	server_later(200);
	expect_end(idle);
	assert_int_equal(its.closed, 1);
	assert_int_equal(server_stats().malformed, 0);
	server_later(IDLE_MS);
	assert_int_equal(held_complete(0, "done"), 0);
	server_later(100); /* looks for idle ones before it sends */
	server_later(IDLE_MS - 100);
	expect_status(busy, 1, SUCCESS);
	assert_int_equal(its.closed, 1);
	server_later(200);
	expect_end(busy);
	close(idle);
	close(busy);
}

static void
test_2000_idle(void **state)
{
	enum { N = 2000 };
	struct rlimit limit;
	int *fds, i;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < 2 * N + 100)
		skip();
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	fds = calloc(N, sizeof(*fds));
	for (i = 0; i < N; i++) {
		fds[i] = client_open();
		if (i % 500 == 499)
			server_run();
	}
	expect_conns(N);
	for (i = 0; i < N; i += 111)
		expect_served(fds[i]);
	for (i = 0; i < N; i++)
		close(fds[i]);
	server_run();
	expect_conns(0);
	assert_int_equal(its.closed, N);
	free(fds);
}

static struct transport_config
with_places(int places)
{
	struct transport_config config = usual();

	config.max_conns = places;
	return (config);
}

/* One address has half of the places, and its idle ones give way. */
static void
test_places_of_one(void **state)
{
	int proven, idle[8], other, i;

	server_again(with_places(10));
	proven = client_open();
	expect_served(proven);
	for (i = 0; i < 8; i++) {
		idle[i] = client_open();
		server_run();
	}
	expect_conns(5);
	assert_int_equal(server_stats().yielded, 4);
	expect_served(proven);
	for (i = 0; i < 4; i++)
		expect_end(idle[i]);
	for (; i < 8; i++)
		expect_served(idle[i]);
	other = client_open_from(2);
	expect_served(other);
	close(proven);
	close(other);
	clients_close(idle, 8);
}

/* Who waits for an answer is not closed for somebody new. */
static void
test_places_not_of_callers(void **state)
{
	int busy[5], more, i;

	server_again(with_places(10));
	for (i = 0; i < 5; i++) {
		busy[i] = client_open();
		client_call(busy[i], 1, DO_HOLD, "x");
	}
	server_run();
	more = client_open();
	server_run();
	expect_end(more);
	for (i = 0; i < 5; i++)
		assert_int_equal(held_complete(i, "done"), 0);
	transport_flush(its.t);
	for (i = 0; i < 5; i++)
		expect_status(busy[i], 1, SUCCESS);
	close(more);
	clients_close(busy, 5);
}

/* All is full of many strangers; hosts and operators get in. */
static void
test_places_of_hosts(void **state)
{
	struct sockaddr_in host = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 99)};
	int crowd[4], hosts[TRANSPORT_HOST_PLACES], late, i;

	server_again(with_places(4));
	transport_expect(its.t, (struct sockaddr *)&host);
	for (i = 0; i < 4; i++) {
		crowd[i] = client_open_from(10 + i);
		expect_served(crowd[i]);
	}
	late = client_open_from(20);
	server_run();
	expect_end(late);
	for (i = 0; i < TRANSPORT_HOST_PLACES; i++) {
		hosts[i] = client_open_from(100);
		expect_served(hosts[i]);
	}
	/* And no more than these, but the newest of them. */
	close(late);
	late = client_open_from(100);
	expect_served(late);
	expect_end(hosts[0]);
	for (i = 0; i < 4; i++)
		expect_served(crowd[i]);
	close(late);
	clients_close(crowd, 4);
	clients_close(hosts, TRANSPORT_HOST_PLACES);
}

#define EARLY 64

/* They come one after the other, and leave no place to anybody else. */
static void
early_open(int fd[EARLY])
{
	static const int have[] = {32, 16, 8, 4, 2, 1, 1};
	int n = 0, i, j;

	server_again(with_places(EARLY));
	for (i = 0; i < 7; i++) {
		for (j = 0; j < have[i]; j++) {
			fd[n] = client_open_from(10 + i);
			expect_served(fd[n++]);
		}
	}
	assert_int_equal(n, EARLY);
	expect_conns(EARLY);
}

/* Whoever comes late takes places of whoever has most, until both have half. */
static void
test_places_of_late_comers(void **state)
{
	int early[EARLY], late[16], last, i;

	early_open(early);
	for (i = 0; i < 16; i++) {
		late[i] = client_open_from(30);
		expect_served(late[i]);
		expect_end(early[i]);
	}
	/* No more: the next is in place of its own. */
	last = client_open_from(30);
	expect_served(last);
	expect_end(late[0]);
	for (i = 1; i < 16; i++)
		expect_served(late[i]);
	for (i = 16; i < EARLY; i++)
		expect_served(early[i]);
	assert_int_equal(its.closed, 17);
	close(last);
	clients_close(early, EARLY);
	clients_close(late, 16);
}

/*
 * Who waits for an answer stays while another is idle: its call has come, and
 * was not read; or a part of it was read.
 */
static void
test_places_not_of_those_who_wait(void **state)
{
	int early[EARLY], late[2], i;
	struct bytes b;

	early_open(early);
	call_make(&b, 0, PROG, 2, DO_NOTHING, NULL);
	client_mark(early[0], LAST | b.len);
	server_run();
	for (i = 2; i < EARLY; i++)
		expect_served(early[i]);
	client_call(early[1], 1, DO_NOTHING, NULL);
	for (i = 0; i < 2; i++)
		late[i] = client_open_from(30);
	server_run();
	client_send(early[0], b.data, b.len);
	server_run();
	for (i = 0; i < 2; i++) {
		expect_status(early[i], i, SUCCESS);
		expect_end(early[2 + i]);
		expect_served(late[i]);
	}
	assert_int_equal(its.closed, 2);
	clients_close(early, EARLY);
	clients_close(late, 2);
}

/* A 64th of all places is kept, also when all others have one each. */
static void
test_places_that_are_kept(void **state)
{
	int one[2], others[126], late, i;

	server_again(with_places(128));
	for (i = 0; i < 2; i++) {
		one[i] = client_open_from(10);
		expect_served(one[i]);
	}
	for (i = 0; i < 126; i++) {
		others[i] = client_open_from(11 + i);
		expect_served(others[i]);
	}
	late = client_open_from(200);
	server_run();
	expect_end(late);
	assert_int_equal(its.closed, 0);
	clients_close(one, 2);
	clients_close(others, 126);
	close(late);
}

/* Whoever has most cannot give: then the next does. */
static void
test_places_of_the_next(void **state)
{
	int early[EARLY], late, i;

	early_open(early);
	for (i = 0; i < 32; i++)
		client_call(early[i], i, DO_HOLD, "x");
	server_run();
	late = client_open_from(30);
	expect_served(late);
	expect_end(early[32]);
	for (i = 0; i < 32; i++)
		assert_int_equal(held_complete(i, "done"), 0);
	transport_flush(its.t);
	for (i = 0; i < 32; i++)
		expect_status(early[i], i, SUCCESS);
	assert_int_equal(its.closed, 1);
	close(late);
	clients_close(early, EARLY);
}

/* All of them wait: an answer that was not sent yet is not lost either. */
static void
test_places_not_of_answers(void **state)
{
	int partial, answered, other, late;

	server_again(with_places(3));
	partial = client_open_from(10);
	expect_served(partial);
	client_mark(partial, LAST | 100);
	answered = client_open_from(10);
	expect_served(answered);
	client_call(answered, 1, DO_HOLD, "x");
	other = client_open_from(11);
	expect_served(other);
	assert_int_equal(held_complete(0, "done"), 0);
	late = client_open_from(12);
	expect_served(late);
	expect_status(answered, 1, SUCCESS);
	expect_end(partial);
	close(partial);
	close(answered);
	close(other);
	close(late);
}

/* Nor from a host's address: then from the next. */
static void
test_places_of_hosts_are_not_taken(void **state)
{
	struct sockaddr_in host = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 9)};
	int early[EARLY], late, i;

	early_open(early);
	transport_expect(its.t, (struct sockaddr *)&host);
	late = client_open_from(30);
	expect_served(late);
	for (i = 0; i < EARLY; i++) {
		if (i == 32)
			expect_end(early[i]);
		else
			expect_served(early[i]);
	}
	close(late);
	clients_close(early, EARLY);
}

/* A host's link takes no place of strangers, and keeps its own. */
static void
test_trusted(void **state)
{
	int link, crowd[6], again, i;

	server_again(with_places(8));
	link = client_open_from(3);
	client_call(link, 1, DO_TRUST, NULL);
	server_run();
	expect_status(link, 1, SUCCESS);
	for (i = 0; i < 6; i++) {
		crowd[i] = client_open_from(3);
		expect_served(crowd[i]);
	}
	expect_served(link);
	again = client_open_from(3);
	client_call(again, 1, DO_TRUST, NULL);
	server_run();
	expect_status(again, 1, SUCCESS);
	/* It never stops to send before it is gone. */
	client_call(link, 2, DO_HOLD, "x");
	assert_int_equal(shutdown(link, SHUT_WR), 0);
	server_run();
	assert_int_equal(held_complete(0, "late"), -1);
	close(link);
	close(again);
	clients_close(crowd, 6);
}

/* How many descriptors of ours are among the highest. */
static int
descriptors_high(void)
{
	struct rlimit r;
	int fd, most, n = 0;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	most = r.rlim_cur < DESCRIPTORS_MAX ? (int)r.rlim_cur : DESCRIPTORS_MAX;
	for (fd = most - 64; fd < most; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return (n);
}

/* When the process dies, doors and links are closed before all others. */
static void
test_high_descriptors(void **state)
{
	int fd, doors = descriptors_high();

	assert_true(doors > 0);
	fd = client_open();
	expect_served(fd);
	assert_int_equal(descriptors_high(), doors);
	client_call(fd, 1, DO_TRUST, NULL);
	server_run();
	expect_status(fd, 1, SUCCESS);
	assert_int_equal(descriptors_high(), doors + 1);
	expect_served(fd);
	close(fd);
	server_run();
	assert_int_equal(descriptors_high(), doors);
}

/* Only who is trusted may send the largest records. */
static void
test_trusted_size(void **state)
{
	int fd = client_open(), link = client_open();
	struct bytes b;

	client_mark(fd, LAST | (MAX_CALL + 4));
	server_run();
	expect_end(fd);
	client_call(link, 1, DO_TRUST, NULL);
	server_run();
	expect_status(link, 1, SUCCESS);
	call_make(&b, 2, PROG, 2, DO_NOTHING, NULL);
	client_mark(link, LAST | (MAX_CALL + 4));
	client_send(link, b.data, b.len);
	server_run();
	expect_conns(1);
	close(fd);
	close(link);
}

/* A host's record may take as long as it needs, while more of it comes. */
static void
test_trusted_trickle(void **state)
{
	enum { PARTS = 8 };
	static const char part[MAX_CALL / PARTS - 1];
	int link = client_open(), i;

	client_call(link, 1, DO_TRUST, NULL);
	server_run();
	expect_status(link, 1, SUCCESS);
	client_mark(link, LAST | MAX_CALL);
	for (i = 0; i < PARTS; i++) {
		client_send(link, part, sizeof(part));
		server_run();
		server_later(PARTIAL_MS - 100);
	}
	expect_nothing(link);
	assert_int_equal(its.closed, 0);
	server_later(200);
	expect_end(link);
	close(link);
}

/* A moment for those that never say anything that is a call. */
static void
test_unproven(void **state)
{
	int silent = client_open(), wrong = client_open(), held = client_open();
	struct bytes b;

	call_make(&b, 1, PROG, 3, DO_NOTHING, NULL);
	client_call(held, 1, DO_HOLD, "x");
	server_run();
	server_later(PROOF_MS - 100);
	client_call_raw(wrong, &b);
	server_run();
	assert_int_equal(its.closed, 0);
	server_later(200);
	expect_end(silent);
	assert_int_equal(its.closed, 2);
	assert_int_equal(held_complete(0, "done"), 0);
	transport_flush(its.t);
	expect_status(held, 1, SUCCESS);
	close(silent);
	close(wrong);
	close(held);
}

/* The fuller it is, the sooner an idle connection is closed, if that helps. */
static void
test_patience(void **state)
{
	int idle[12], i;

	server_again(with_places(16));
	for (i = 0; i < 6; i++) {
		idle[i] = client_open_from(10 + i);
		expect_served(idle[i]);
	}
	server_later(IDLE_MS / 2);
	assert_int_equal(its.closed, 0);
	for (; i < 12; i++) {
		idle[i] = client_open_from(10 + i);
		expect_served(idle[i]);
	}
	server_later(IDLE_MS / 10);
	assert_int_equal(its.closed, 1);
	server_later(IDLE_MS / 10);
	assert_int_equal(its.closed, 2);
	for (; i > 2; i--)
		expect_served(idle[i - 1]);
	clients_close(idle, 12);
}

/* When it is full one goes, not everybody. */
static void
test_patience_when_full(void **state)
{
	int idle[16], i;

	server_again(with_places(16));
	for (i = 0; i < 16; i++) {
		idle[i] = client_open_from(10 + i);
		expect_served(idle[i]);
	}
	server_later(1100);
	assert_int_equal(its.closed, 1);
	expect_end(idle[0]);
	for (i = 1; i < 16; i++)
		expect_served(idle[i]);
	clients_close(idle, 16);
}

static void
test_no_descriptors(void **state)
{
	struct rlimit before, limit;
	int a = client_open(), b;

	server_run();
	b = client_open();
	client_call(b, 1, DO_ECHO, "waits");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	server_run();
	assert_false(server_ready(20));
	expect_conns(1);
	client_call(a, 9, DO_ECHO, "served");
	server_run();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	expect_status(a, 9, SUCCESS);
	expect_nothing(b);
	/* No connection has to end for it to be tried again. */
	server_later(500);
	expect_status(b, 1, SUCCESS);
	close(a);
	close(b);
}

/* ---- doors ---- */

static int
unix_open(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(un.sun_path, path);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == -1) {
		close(fd);
		return (-1);
	}
	return (fd);
}

static void
test_unix(void **state)
{
	struct transport_config config = {.max_conns = 9, .max_call = 1000};
	char dir[80], path[100]; /* of a socket */
	struct transport *second;
	struct stat st;
	struct bytes b;
	uint32_t r[16];
	int fd, tcp = client_open();

	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/sock", dir);
	assert_int_equal(transport_listen_unix(its.t, path, 0640), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	fd = unix_open(path);
	assert_true(fd >= 0);
	call_make(&b, 1, PROG_LOCAL, 1, DO_WHO, NULL);
	client_call_raw(fd, &b);
	call_make(&b, 2, PROG, 2, DO_WHO, NULL);
	client_call_raw(fd, &b);
	client_call_raw(tcp, &b);
	server_run();
	assert_int_equal(client_reply(fd, r), 28);
	assert_int_equal(r[6], getuid());
	expect_status(fd, 2, PROG_UNAVAIL);
	assert_int_equal(client_reply(tcp, r), 28);
	assert_int_equal(r[6], 4711);

	/* A living socket is not taken over; a dead one is; no other file. */
	second = transport_new(&config);
	assert_int_equal(transport_listen_unix(second, path, 0600), -1);
	close(fd);
	fd = unix_open(path);
	assert_true(fd >= 0);
	close(fd);
	transport_free(its.t);
	its.t = NULL;
	assert_int_equal(access(path, F_OK), -1); /* cleared away at the end */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	strcpy(un.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
	assert_int_equal(transport_listen_unix(second, path, 0600), 0);
	fd = unix_open(path);
	assert_true(fd >= 0);
	close(fd);
	transport_free(second);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	second = transport_new(&config);
	assert_int_equal(transport_listen_unix(second, path, 0600), -1);
	assert_int_equal(access(path, F_OK), 0);
	transport_free(second);
	scratch_remove(dir);
	close(tcp);
}

/* In a process of another user: what listening there returned. */
static int
listen_as_nobody(const char *path)
{
	struct transport_config config = {.max_conns = 9, .max_call = 1000};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (setgid(65534) == -1 || setuid(65534) == -1)
			_exit(2);
		_exit(transport_listen_unix(
			  transport_new(&config), path, 0600) == 0
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (WEXITSTATUS(status));
}

/* Root ran it once and was killed; now it is the service's user. */
static void
test_unix_left_by_root(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	char dir[80];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (geteuid() != 0)
		skip();
	assert_non_null(scratch_make(dir, sizeof(dir)));
	assert_int_equal(chown(dir, 65534, 65534), 0);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/admin.sock", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(chmod(un.sun_path, 0600), 0);
	assert_int_equal(listen(fd, 1), 0);
	/* Root's server lives: it is not robbed of its door. */
	assert_int_equal(listen_as_nobody(un.sun_path), 1);
	assert_int_equal(access(un.sun_path, F_OK), 0);
	close(fd);
	assert_int_equal(listen_as_nobody(un.sun_path), 0);
	scratch_remove(dir);
}

static void
test_port_taken(void **state)
{
	struct transport_config config = {.max_conns = 9, .max_call = 1000};
	struct transport *second = transport_new(&config);

	assert_int_equal(transport_listen_tcp(second, its.port), -1);
	assert_true(transport_listen_tcp(second, 0) > 0);
	transport_free(second);
	transport_free(NULL);
}

/* Everything open, held and unsent goes with the transport. */
static void
test_free_all(void **state)
{
	int fd[3], i;

	for (i = 0; i < 3; i++) {
		fd[i] = client_open();
		client_call(fd[i], 1, DO_HOLD, "x");
		client_mark(fd[i], LAST | 100);
	}
	server_run();
	assert_int_equal(held_complete(1, "unsent"), 0);
	transport_free(its.t);
	its.t = NULL;
	assert_int_equal(its.closed, 3);
	for (i = 0; i < 3; i++)
		close(fd[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_call),
	    TEST(test_ipv6),
	    TEST(test_half_record),
	    TEST(test_trickle),
	    TEST(test_fragments),
	    TEST(test_every_cut),
	    TEST(test_oversize),
	    TEST(test_largest),
	    TEST(test_not_a_call),
	    TEST(test_rpc_version),
	    TEST(test_unknown),
	    TEST(test_auth),
	    TEST(test_garbage),
	    TEST(test_not_as_encoded),
	    TEST(test_unencodable),
	    TEST(test_out_of_order),
	    TEST(test_gone_before_completion),
	    TEST(test_half_close),
	    TEST(test_half_close_then_gone),
	    TEST(test_in_flight),
	    TEST(test_partial_while_paused),
	    TEST(test_close_inside),
	    TEST(test_never_reads),
	    TEST(test_never_reads_times_out),
	    TEST(test_flood),
	    TEST(test_turns_of_sources),
	    TEST(test_turns_of_trusted),
	    TEST(test_many_leave),
	    TEST(test_many_answers),
	    TEST(test_memory_of_answers),
	    TEST(test_memory_of_late_answers),
	    TEST(test_memory_of_calls),
	    TEST(test_memory_for_late_comers),
	    TEST(test_memory_of_the_next),
	    TEST(test_memory_that_is_kept),
	    TEST(test_memory_not_taken_in_vain),
	    TEST(test_idle),
	    TEST(test_2000_idle),
	    TEST(test_places_of_one),
	    TEST(test_places_not_of_callers),
	    TEST(test_places_of_hosts),
	    TEST(test_places_of_late_comers),
	    TEST(test_places_not_of_those_who_wait),
	    TEST(test_places_not_of_answers),
	    TEST(test_places_that_are_kept),
	    TEST(test_places_of_the_next),
	    TEST(test_places_of_hosts_are_not_taken),
	    TEST(test_trusted),
	    TEST(test_high_descriptors),
	    TEST(test_trusted_size),
	    TEST(test_trusted_trickle),
	    TEST(test_unproven),
	    TEST(test_patience),
	    TEST(test_patience_when_full),
	    TEST(test_no_descriptors),
	    TEST(test_unix),
	    TEST(test_unix_left_by_root),
	    TEST(test_port_taken),
	    TEST(test_free_all),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
