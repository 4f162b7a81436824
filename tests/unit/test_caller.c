/*
 * The client's transport against servers that misbehave.  Each server is a
 * thread that follows a short script on one connection.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <errno.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rpc/rpc.h>
#include <rpc/pmap_prot.h>
#include <rpc/rpcb_prot.h>

#include "evote.h"
#include "tests/unit/callee.h"

#define LAST 0x80000000U

struct server {
	struct callee at;
	void (*script)(int fd);
	int calls; /* records that arrived */
};

static void
sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

static void
write_exactly(int fd, const void *buf, size_t n)
{
	if (send(fd, buf, n, MSG_NOSIGNAL) != (ssize_t)n)
		return; /* the client has given up, as it may */
}

/* The words of the next call; its xid is the first. */
static int
read_call(int fd, uint32_t words[64])
{
	uint32_t mark;

	if (read_exactly(fd, &mark, 4) != 0)
		return (-1);
	mark = ntohl(mark) & ~LAST;
	if (mark > 256 || read_exactly(fd, words, mark) != 0)
		return (-1);
	return ((int)mark);
}

static void
put_reply(uint32_t out[7], uint32_t xid, uint32_t value)
{
	const uint32_t reply[7] = {xid, htonl(1), 0, 0, 0, 0, htonl(value)};

	memcpy(out, reply, sizeof(reply));
}

static void
write_record(int fd, const void *data, uint32_t len, uint32_t last)
{
	uint32_t mark = htonl(len | last);

	write_exactly(fd, &mark, 4);
	write_exactly(fd, data, len);
}

static void
answer(int fd, uint32_t xid, uint32_t value)
{
	uint32_t reply[7];

	put_reply(reply, xid, value);
	write_record(fd, reply, sizeof(reply), LAST);
}

static void *
server_run(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = accept(s->at.listener, NULL, NULL)) >= 0) {
		s->script(fd);
		close(fd);
	}
	return (NULL);
}

static void
server_start(struct server *s, void (*script)(int fd))
{
	s->script = script;
	callee_start(&s->at, server_run, s);
}

static enum clnt_stat
call(CLIENT *client, uint32_t *value, uint64_t within_ms)
{
	static const struct timeval unused = {60, 0};
	uint32_t arg = 7;

	caller_deadline(client, now_ms() + within_ms);
	return (clnt_call(client, 1, (xdrproc_t)xdr_uint32_t, &arg,
	    (xdrproc_t)xdr_uint32_t, value, unused));
}

/* ---- what must work ---- */

static void
script_plain(int fd)
{
	uint32_t call_words[64];

	while (read_call(fd, call_words) > 0)
		answer(fd, call_words[0], ntohl(call_words[10]) + 1);
}

static void
test_calls(void **state)
{
	struct server s;
	uint32_t value = 0;
	CLIENT *client;
	int i;

	server_start(&s, script_plain);
	client = callee_connect(&s.at);
	for (i = 0; i < 3; i++) {
		assert_int_equal(RPC_SUCCESS, call(client, &value, SLOW));
		assert_int_equal(8, value);
	}
	clnt_destroy(client);
	callee_stop(&s.at);
}

/* Header, program and AUTH_NONE as RFC 5531 has them. */
static void
script_header(int fd)
{
	uint32_t w[64];
	int len = read_call(fd, w), ok;

	ok = len == 44 && ntohl(w[1]) == 0 && ntohl(w[2]) == 2 &&
	    ntohl(w[3]) == PROG && ntohl(w[4]) == 1 && ntohl(w[5]) == 1 &&
	    w[6] == 0 && w[7] == 0 && w[8] == 0 && w[9] == 0;
	answer(fd, w[0], (uint32_t)ok);
}

static void
test_header(void **state)
{
	struct server s;
	uint32_t value = 0;
	CLIENT *client;

	server_start(&s, script_header);
	client = callee_connect(&s.at);
	assert_int_equal(RPC_SUCCESS, call(client, &value, SLOW));
	assert_int_equal(1, value);
	clnt_destroy(client);
	callee_stop(&s.at);
}

static void
script_fragments(int fd)
{
	uint32_t w[64], reply[7];
	const char *p = (const char *)reply;

	if (read_call(fd, w) < 0)
		return;
	put_reply(reply, w[0], 42);
	write_record(fd, p, 3, 0);
	write_record(fd, p, 0, 0);
	sleep_ms(20);
	write_record(fd, p + 3, 17, 0);
	write_record(fd, p + 20, 8, LAST);
}

static void
test_fragments(void **state)
{
	struct server s;
	uint32_t value = 0;
	CLIENT *client;

	server_start(&s, script_fragments);
	client = callee_connect(&s.at);
	assert_int_equal(RPC_SUCCESS, call(client, &value, SLOW));
	assert_int_equal(42, value);
	clnt_destroy(client);
	callee_stop(&s.at);
}

static void
script_other_xid(int fd)
{
	uint32_t w[64];

	if (read_call(fd, w) < 0)
		return;
	answer(fd, htonl(ntohl(w[0]) - 1), 1);
	write_record(fd, "ab", 2, LAST);
	answer(fd, w[0], 2);
}

static void
test_other_xid(void **state)
{
	struct server s;
	uint32_t value = 0;
	CLIENT *client;

	server_start(&s, script_other_xid);
	client = callee_connect(&s.at);
	assert_int_equal(RPC_SUCCESS, call(client, &value, SLOW));
	assert_int_equal(2, value);
	clnt_destroy(client);
	callee_stop(&s.at);
}

/* ---- what must end in time ---- */

static void
script_silent(int fd)
{
	char byte;

	while (read(fd, &byte, 1) > 0)
		;
}

static void
test_silent(void **state)
{
	struct server s;
	uint64_t began = now_ms(), took;
	uint32_t value;
	CLIENT *client;

	server_start(&s, script_silent);
	client = callee_connect(&s.at);
	assert_int_equal(RPC_TIMEDOUT, call(client, &value, 200));
	took = now_ms() - began;
	assert_in_range(took, 200, 900);
	/* Broken for good: a late reply must not answer another call. */
	began = now_ms();
	assert_int_equal(RPC_TIMEDOUT, call(client, &value, SLOW));
	assert_true(now_ms() - began < SLOW);
	clnt_destroy(client);
	callee_stop(&s.at);
}

/* A byte now and then keeps a timeout per read from ever ending. */
static void
script_trickle(int fd)
{
	uint32_t w[64], mark = htonl(LAST | 28), reply[7];
	const char *p = (const char *)reply;
	int i;

	if (read_call(fd, w) < 0)
		return;
	put_reply(reply, w[0], 1);
	write_exactly(fd, &mark, 4);
	for (i = 0; i < 28; i++) {
		write_exactly(fd, p + i, 1);
		sleep_ms(50);
	}
}

static void
test_trickle(void **state)
{
	struct server s;
	uint64_t began = now_ms();
	uint32_t value;
	CLIENT *client;

	server_start(&s, script_trickle);
	client = callee_connect(&s.at);
	assert_int_equal(RPC_TIMEDOUT, call(client, &value, 300));
	assert_in_range(now_ms() - began, 300, 1000);
	clnt_destroy(client);
	callee_stop(&s.at);
}

/* Empty fragments without end: there is always something to read. */
static void
script_flood(int fd)
{
	static const char zeros[4096];
	uint32_t w[64];

	if (read_call(fd, w) < 0)
		return;
	while (send(fd, zeros, sizeof(zeros), MSG_NOSIGNAL) > 0)
		;
}

static void
test_flood(void **state)
{
	struct server s;
	uint64_t began = now_ms();
	uint32_t value;
	CLIENT *client;

	server_start(&s, script_flood);
	client = callee_connect(&s.at);
	assert_int_equal(RPC_TIMEDOUT, call(client, &value, 200));
	assert_in_range(now_ms() - began, 200, 1000);
	clnt_destroy(client);
	callee_stop(&s.at);
}

struct lookout {
	int asked, until;
};

static int
look(void *arg)
{
	struct lookout *l = arg;

	return (l->asked++ < l->until);
}

static void
script_slow(int fd)
{
	uint32_t w[64];

	while (read_call(fd, w) > 0) {
		sleep_ms(200);
		answer(fd, w[0], 5);
	}
}

static void
test_patience(void **state)
{
	struct lookout there = {.until = 1000}, gone = {.until = 1};
	uint32_t value = 0;
	struct server s;
	CLIENT *client;

	server_start(&s, script_slow);
	client = callee_connect(&s.at);
	caller_patience(client, 10, look, &there);
	assert_int_equal(RPC_SUCCESS, call(client, &value, SLOW));
	assert_int_equal(5, value);
	/* 10, 20, 40, ... ms */
	assert_in_range(there.asked, 1, 5);
	caller_patience(client, 10, look, &gone);
	assert_int_equal(RPC_TIMEDOUT, call(client, &value, SLOW));
	assert_int_equal(2, gone.asked);
	clnt_destroy(client);
	callee_stop(&s.at);
}

/* A server that never reads: writes are bounded too. */
static void
script_deaf(int fd)
{
	sleep_ms(700);
}

static void
test_deaf(void **state)
{
	static const struct timeval unused = {60, 0};
	struct server s;
	char *big = calloc(1, EVOTE_SEALED_MAX);
	uint64_t began = now_ms();
	int size = 4096, fd;
	CLIENT *client;
	evote_sealed sealed = {0};

	server_start(&s, script_deaf);
	client = callee_connect(&s.at);
	assert_true(clnt_control(client, CLGET_FD, &fd));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	sealed.body.body_len = EVOTE_SEALED_MAX;
	sealed.body.body_val = big;
	caller_deadline(client, now_ms() + 200);
	assert_int_equal(RPC_TIMEDOUT,
	    clnt_call(client, 1, (xdrproc_t)xdr_evote_sealed, &sealed,
		(xdrproc_t)xdr_uint32_t, NULL, unused));
	assert_in_range(now_ms() - began, 200, 650);
	clnt_destroy(client);
	callee_stop(&s.at);
	free(big);
}

static void
test_stub_timeout(void **state)
{
	static const struct timeval stub = {0, 150000};
	uint64_t began = now_ms();
	uint32_t value, arg = 1;
	struct server s;
	CLIENT *client;

	server_start(&s, script_silent);
	client = callee_connect(&s.at);
	assert_int_equal(RPC_TIMEDOUT,
	    clnt_call(client, 1, (xdrproc_t)xdr_uint32_t, &arg,
		(xdrproc_t)xdr_uint32_t, &value, stub));
	assert_in_range(now_ms() - began, 150, 900);
	clnt_destroy(client);
	callee_stop(&s.at);
}

/* ---- what must fail cleanly ---- */

static void
script_dies(int fd)
{
	uint32_t w[64];

	read_call(fd, w);
}

static void
script_dies_halfway(int fd)
{
	uint32_t w[64], reply[7];

	if (read_call(fd, w) < 0)
		return;
	put_reply(reply, w[0], 1);
	write_record(fd, reply, 20, 0);
}

static void
script_huge(int fd)
{
	uint32_t w[64], mark = htonl(LAST | (EVOTE_CALL_MAX + 1));

	if (read_call(fd, w) > 0)
		write_exactly(fd, &mark, 4);
	sleep_ms(50);
}

/* Each fragment is small, their sum is not. */
static void
script_huge_sum(int fd)
{
	static const char zeros[65536];
	uint32_t w[64];
	int i;

	if (read_call(fd, w) > 0)
		for (i = 0; i <= EVOTE_CALL_MAX / 65536; i++)
			write_record(fd, zeros, sizeof(zeros), 0);
}

static void
test_cannot_receive(void **state)
{
	static const struct {
		void (*script)(int fd);
		int error;
	} cases[] = {
	    {script_dies, ECONNRESET},
	    {script_dies_halfway, ECONNRESET},
	    {script_huge, EMSGSIZE},
	    {script_huge_sum, EMSGSIZE},
	};
	uint64_t began = now_ms();
	struct rpc_err err;
	uint32_t value;
	struct server s;
	CLIENT *client;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		server_start(&s, cases[i].script);
		client = callee_connect(&s.at);
		assert_int_equal(RPC_CANTRECV, call(client, &value, SLOW));
		assert_int_equal(RPC_CANTRECV, call(client, &value, SLOW));
		clnt_geterr(client, &err);
		assert_int_equal(cases[i].error, err.re_errno);
		clnt_destroy(client);
		callee_stop(&s.at);
	}
	assert_true(now_ms() - began < SLOW);
}

/* Strings that were decoded before the damage must not leak. */
static void
script_cut_answer(int fd)
{
	uint32_t w[64];
	evote_result_res res = {0};
	evote_count count = {(char *)"yes", 1};
	char buf[2048], empty[] = "";
	uint32_t *head = (uint32_t *)(void *)buf;
	XDR xdrs;
	u_int len;

	if (read_call(fd, w) < 0)
		return;
	put_reply(head, w[0], 0);
	res.answer.host = res.answer.text = empty;
	res.counts.counts_len = 1;
	res.counts.counts_val = &count;
	xdrmem_create(&xdrs, buf + 24, sizeof(buf) - 24, XDR_ENCODE);
	xdr_evote_result_res(&xdrs, &res);
	len = 24 + xdr_getpos(&xdrs);
	write_record(fd, buf, len - 12, LAST);
	while (read_call(fd, w) > 0)
		answer(fd, w[0], 5);
}

static void
test_cut_answer(void **state)
{
	static const struct timeval unused = {60, 0};
	evote_result_res res = {0};
	uint32_t arg = 1, value = 0;
	struct server s;
	CLIENT *client;

	server_start(&s, script_cut_answer);
	client = callee_connect(&s.at);
	caller_deadline(client, now_ms() + SLOW);
	assert_int_equal(RPC_CANTDECODERES,
	    clnt_call(client, 1, (xdrproc_t)xdr_uint32_t, &arg,
		(xdrproc_t)xdr_evote_result_res, &res, unused));
	/* All is freed again, and the connection still in step. */
	assert_null(res.answer.text);
	assert_int_equal(RPC_SUCCESS, call(client, &value, SLOW));
	assert_int_equal(5, value);
	clnt_destroy(client);
	callee_stop(&s.at);
}

/* A name as it should be, with more behind it, with a NUL, badly padded. */
static void
script_strange(int fd)
{
	static const struct {
		uint32_t len, size;
		char bytes[9];
	} names[] = {{2, 4, "ab\0\0"}, {2, 8, "ab\0\0more"}, {3, 4, "a\0b\0"},
	    {2, 4, "ab\0\1"}, {2, 4, "ab\0\0"}};
	uint32_t w[64], reply[9];

	for (size_t i = 0; i < 5 && read_call(fd, w) > 0; i++) {
		put_reply(reply, w[0], names[i].len);
		memcpy(reply + 7, names[i].bytes, 8);
		write_record(fd, reply, 28 + names[i].size, LAST);
	}
}

/* The client takes results as the server takes arguments. */
static void
test_strange_result(void **state)
{
	static const enum clnt_stat expected[] = {RPC_SUCCESS,
	    RPC_CANTDECODERES, RPC_CANTDECODERES, RPC_CANTDECODERES,
	    RPC_SUCCESS};
	static const struct timeval unused = {60, 0};
	uint32_t arg = 1;
	struct server s;
	evote_name name;
	CLIENT *client;

	server_start(&s, script_strange);
	client = callee_connect(&s.at);
	caller_deadline(client, now_ms() + SLOW);
	for (size_t i = 0; i < 5; i++) {
		name = NULL;
		assert_int_equal(expected[i],
		    clnt_call(client, 1, (xdrproc_t)xdr_uint32_t, &arg,
			(xdrproc_t)xdr_evote_name, &name, unused));
		if (expected[i] == RPC_SUCCESS)
			assert_string_equal(name, "ab");
		else
			assert_null(name);
		free(name);
	}
	clnt_destroy(client);
	callee_stop(&s.at);
}

static void
script_refuses(int fd)
{
	uint32_t w[64], i;

	for (i = 1; i <= 5 && read_call(fd, w) > 0; i++) {
		/* verf with contents, as some servers send */
		uint32_t r[10] = {w[0], htonl(1), 0, htonl(7), htonl(4), 1,
		    htonl(i), htonl(1), htonl(3), 0};
		write_record(fd, r, i == 2 ? 36 : 28, LAST);
	}
}

static void
test_refusals(void **state)
{
	static const enum clnt_stat expected[] = {RPC_PROGUNAVAIL,
	    RPC_PROGVERSMISMATCH, RPC_PROCUNAVAIL, RPC_CANTDECODEARGS,
	    RPC_SYSTEMERROR};
	struct rpc_err err;
	struct server s;
	uint32_t value;
	CLIENT *client;
	size_t i;

	server_start(&s, script_refuses);
	client = callee_connect(&s.at);
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_int_equal(expected[i], call(client, &value, SLOW));
		clnt_geterr(client, &err);
		assert_int_equal(expected[i], err.re_status);
	}
	clnt_destroy(client);
	callee_stop(&s.at);
}

static void
test_too_long(void **state)
{
	static const struct timeval unused = {60, 0};
	evote_name name = malloc(EVOTE_NAME_MAX + 2);
	uint32_t value = 0;
	struct server s;
	CLIENT *client;

	memset(name, 'a', EVOTE_NAME_MAX + 1);
	name[EVOTE_NAME_MAX + 1] = '\0';
	server_start(&s, script_plain);
	client = callee_connect(&s.at);
	assert_int_equal(RPC_CANTENCODEARGS,
	    clnt_call(client, 1, (xdrproc_t)xdr_evote_name, &name,
		(xdrproc_t)xdr_uint32_t, &value, unused));
	/* Nothing was sent, so nothing is broken. */
	assert_int_equal(RPC_SUCCESS, call(client, &value, SLOW));
	clnt_destroy(client);
	callee_stop(&s.at);
	free(name);
}

/* ---- connecting ---- */

static void
test_refused(void **state)
{
	uint64_t began = now_ms();
	char err[200] = "";
	struct server s;

	server_start(&s, script_plain);
	callee_stop(&s.at);
	assert_null(caller_tcp(
	    "127.0.0.1", s.at.port, PROG, 1, began + SLOW, err, sizeof(err)));
	assert_non_null(strstr(err, "refused"));
	assert_true(now_ms() - began < 500);
}

/* A listener whose queue is full: what comes is dropped, as by a dead host. */
struct full {
	int listener;
	struct sockaddr_in at;
	CLIENT *fill[8];
	int n;
};

static void
full_begin(struct full *f)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);
	char err[200];

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->at = sin;
	f->n = 0;
	f->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(
	    0, bind(f->listener, (struct sockaddr *)&sin, sizeof(sin)));
	assert_int_equal(0, listen(f->listener, 0));
	getsockname(f->listener, (struct sockaddr *)&f->at, &len);
	while (f->n < 8 &&
	    (f->fill[f->n] = caller_tcp("127.0.0.1", ntohs(f->at.sin_port),
		 PROG, 1, now_ms() + 200, err, sizeof(err))) != NULL)
		f->n++;
	assert_in_range(f->n, 1, 7);
}

static void
full_end(struct full *f)
{
	for (int i = 0; i < f->n; i++)
		clnt_destroy(f->fill[i]);
	close(f->listener);
}

static void
test_connect_silent(void **state)
{
	uint64_t began;
	struct full f;
	char err[200];

	full_begin(&f);
	began = now_ms();
	assert_null(caller_tcp("127.0.0.1", ntohs(f.at.sin_port), PROG, 1,
	    began + 200, err, sizeof(err)));
	assert_in_range(now_ms() - began, 200, 900);
	full_end(&f);
}

/* Where the next connection goes instead, or NULL. */
static const struct full *astray;

int
connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t);

	*(void **)&real = dlsym(RTLD_NEXT, "connect");
	if (astray != NULL)
		sa = (const struct sockaddr *)&astray->at;
	astray = NULL;
	return (real(fd, sa, len));
}

/* Beside the attempt that was lost there is another one. */
static void
test_connect_lost(void **state)
{
	uint32_t value = 0;
	struct server s;
	struct full f;
	CLIENT *client;

	full_begin(&f);
	server_start(&s, script_plain);
	astray = &f;
	client = callee_connect(&s.at);
	assert_null(astray);
	assert_int_equal(RPC_SUCCESS, call(client, &value, SLOW));
	clnt_destroy(client);
	callee_stop(&s.at);

	/* One that is refused says all that there is to say. */
	astray = &f;
	test_refused(state);
	assert_null(astray);
	full_end(&f);
}

static void
test_names(void **state)
{
	uint64_t began = now_ms();
	uint32_t value = 0;
	struct server s;
	CLIENT *client;
	char err[200];

	server_start(&s, script_plain);
	client = caller_tcp(
	    "localhost", s.at.port, PROG, 1, began + SLOW, err, sizeof(err));
	assert_non_null(client);
	assert_int_equal(RPC_SUCCESS, call(client, &value, SLOW));
	clnt_destroy(client);
	began = now_ms();
	assert_null(caller_tcp("no-such-host.invalid", s.at.port, PROG, 1,
	    began + 300, err, sizeof(err)));
	assert_true(now_ms() - began < 1000);
	callee_stop(&s.at);
}

static void
test_unix(void **state)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	uint64_t deadline = now_ms() + SLOW;
	struct server s = {.script = script_plain};
	uint32_t value = 0;
	CLIENT *client;
	char err[300], path[200];

	snprintf(sun.sun_path, sizeof(sun.sun_path), "/tmp/test_caller.%d",
	    (int)getpid());
	unlink(sun.sun_path);
	s.at.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    0, bind(s.at.listener, (struct sockaddr *)&sun, sizeof(sun)));
	assert_int_equal(0, listen(s.at.listener, 2));
	assert_int_equal(0, pthread_create(&s.at.thread, NULL, server_run, &s));
	client = caller_unix(sun.sun_path, PROG, 1, deadline, err, sizeof(err));
	assert_non_null(client);
	assert_int_equal(RPC_SUCCESS, call(client, &value, SLOW));
	assert_int_equal(8, value);
	clnt_destroy(client);
	callee_stop(&s.at);
	unlink(sun.sun_path);
	assert_null(
	    caller_unix(sun.sun_path, PROG, 1, deadline, err, sizeof(err)));
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(caller_unix(path, PROG, 1, deadline, err, sizeof(err)));
}

static void
test_program(void **state)
{
	uint32_t value = 0, prog = PROG;
	struct server s;
	CLIENT *client;
	char err[200];

	server_start(&s, script_header);
	client = caller_tcp(
	    "127.0.0.1", s.at.port, 1, 1, now_ms() + SLOW, err, sizeof(err));
	assert_true(clnt_control(client, CLSET_PROG, &prog));
	assert_int_equal(RPC_SUCCESS, call(client, &value, SLOW));
	assert_int_equal(1, value);
	assert_false(clnt_control(client, CLGET_XID, &value));
	clnt_destroy(client);
	callee_stop(&s.at);
}

/* ---- the portmapper ---- */

/*
 * In place of the resolver: "slow.test" takes 400 ms and is 127.0.0.77,
 * "again.test" gets no answer from DNS, "both.test" is 127.0.0.77 and ::1.
 */
int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **found)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (strstr(host, ".test") == NULL || hints->ai_flags & AI_NUMERICHOST)
		return (real(host, service, hints, found));
	if (strcmp(host, "again.test") == 0)
		return (EAI_AGAIN);
	if (strcmp(host, "unknown.test") == 0)
		return (EAI_NONAME);
	if (strcmp(host, "both.test") == 0) {
		real("127.0.0.77", service, hints, found);
		return (real("::1", service, hints, &(*found)->ai_next));
	}
	sleep_ms(400);
	return (real("127.0.0.77", service, hints, found));
}

/*
 * Loses two questions, answers the third with garbage and another's answer
 * before the right one.
 */
static void *
portmapper_run(void *arg)
{
	struct pollfd p = {.fd = *(int *)arg, .events = POLLIN};
	struct sockaddr_in from;
	uint32_t w[32], reply[7];
	socklen_t len;
	int n;

	for (n = 0; n < 3 && poll(&p, 1, SLOW) == 1; n++) {
		len = sizeof(from);
		recvfrom(p.fd, w, sizeof(w), 0, (struct sockaddr *)&from, &len);
	}
	sendto(p.fd, "abc", 3, 0, (struct sockaddr *)&from, len);
	put_reply(reply, w[0] + 1, 1);
	sendto(p.fd, reply, 28, 0, (struct sockaddr *)&from, len);
	put_reply(reply, w[0],
	    ntohl(w[3]) == PMAPPROG && ntohl(w[5]) == PMAPPROC_GETPORT &&
		    ntohl(w[10]) == PROG && ntohl(w[12]) == IPPROTO_TCP
		? 4711
		: 1);
	sendto(p.fd, reply, 28, 0, (struct sockaddr *)&from, len);
	return (NULL);
}

/* As rpcbind: GETADDR by UDP knows nothing of TCP, GETADDRLIST does. */
static size_t
rpcbind_answer(const uint32_t *w, char *out, size_t size)
{
	char netid[] = "udp6", none[] = "", udp[] = "::1.0.7",
	     netid2[] = "tcp6", tcp[] = "::1.18.103", *addr = none;
	rpcb_entry_list second = {{tcp, netid2, 0, none, none}, NULL};
	rpcb_entry_list first = {{udp, netid, 0, none, none}, &second};
	rpcb_entry_list_ptr list = &first;
	uint32_t head[7];
	XDR xdrs;
	size_t len;

	put_reply(head, w[0], 0);
	memcpy(out, head, 24);
	xdrmem_create(&xdrs, out + 24, (u_int)size - 24, XDR_ENCODE);
	if (ntohl(w[4]) == RPCBVERS4 && ntohl(w[5]) == RPCBPROC_GETADDRLIST)
		xdr_rpcb_entry_list_ptr(&xdrs, &list);
	else
		xdr_string(&xdrs, &addr, 100);
	len = 24 + xdr_getpos(&xdrs);
	xdr_destroy(&xdrs);
	return (len);
}

/* Until something that is no question comes. */
static void *
rpcbind_run(void *arg)
{
	struct pollfd p = {.fd = *(int *)arg, .events = POLLIN};
	struct sockaddr_in6 from;
	uint32_t w[64];
	char out[512];
	socklen_t len;

	while (poll(&p, 1, SLOW) == 1) {
		len = sizeof(from);
		if (recvfrom(p.fd, w, sizeof(w), 0, (struct sockaddr *)&from,
			&len) < 40)
			break;
		sendto(p.fd, out, rpcbind_answer(w, out, sizeof(out)), 0,
		    (struct sockaddr *)&from, len);
	}
	return (NULL);
}

/* A host with IPv6 only, and one whose IPv4 portmapper is not there. */
static void
test_port_ipv6(void **state)
{
	struct sockaddr_in6 sin6 = {
	    .sin6_family = AF_INET6,
	    .sin6_port = htons(PMAPPORT),
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), i;
	static const char *const names[] = {"::1", "both.test"};
	caller_progress fault;
	pthread_t thread;

	if (fd < 0 || bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)) != 0) {
		close(fd);
		skip();
	}
	pthread_create(&thread, NULL, rpcbind_run, &fd);
	for (i = 0; i < 2; i++) {
		assert_int_equal(4711,
		    caller_port(names[i], PROG, 1, now_ms() + SLOW, &fault));
		assert_int_equal(CALLER_NONE, fault);
	}
	sendto(fd, "", 1, 0, (struct sockaddr *)&sin6, sizeof(sin6));
	pthread_join(thread, NULL);
	close(fd);
}

static void
ends_with(enum caller_fault expected, const char *host, uint64_t within_ms)
{
	caller_progress fault;

	assert_int_equal(
	    0, caller_port(host, PROG, 1, now_ms() + within_ms, &fault));
	assert_int_equal(expected, fault);
}

static void
test_port(void **state)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint64_t began = now_ms();
	caller_progress fault;
	pthread_t thread;

	sin.sin_port = htons(PMAPPORT);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 76);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0) {
		close(fd);
		skip();
	}
	pthread_create(&thread, NULL, portmapper_run, &fd);
	assert_int_equal(
	    4711, caller_port("127.0.0.77", PROG, 1, began + SLOW, &fault));
	assert_int_equal(CALLER_NONE, fault);
	assert_true(now_ms() - began < 1000);
	pthread_join(thread, NULL);
	/* Silent now, then gone. */
	began = now_ms();
	ends_with(CALLER_PORTMAP_SILENT, "127.0.0.77", 200);
	assert_in_range(now_ms() - began, 200, 900);
	/* What took the time is to blame. */
	ends_with(CALLER_NAME_LATE, "slow.test", 300);
	ends_with(CALLER_NAME_LATE, "slow.test", 600);
	ends_with(CALLER_PORTMAP_SILENT, "slow.test", 1600);
	close(fd);
	began = now_ms();
	ends_with(CALLER_PORTMAP_REFUSED, "127.0.0.77", SLOW);
	assert_true(now_ms() - began < 500);
}

static void
test_port_no_name(void **state)
{
	char out[100], err[200];
	caller_progress fault;

	ends_with(CALLER_NAME_UNKNOWN, "unknown.test", SLOW);
	ends_with(CALLER_NAME_LATE, "again.test", SLOW);
	assert_int_equal(-1,
	    caller_addresses(
		"again.test", now_ms() + SLOW, out, sizeof(out), &fault));
	assert_int_equal(CALLER_NAME_LATE, fault);
	assert_int_equal(0,
	    caller_addresses(
		"slow.test", now_ms() + SLOW, out, sizeof(out), &fault));
	assert_string_equal("127.0.0.77", out);
	assert_null(caller_tcp(
	    "slow.test", 9, PROG, 1, now_ms() + 100, err, sizeof(err)));
	assert_int_equal(ETIMEDOUT, errno);
	assert_string_equal(
	    "no address is known for slow.test: DNS does not answer", err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_calls),
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_fragments),
	    cmocka_unit_test(test_other_xid),
	    cmocka_unit_test(test_silent),
	    cmocka_unit_test(test_trickle),
	    cmocka_unit_test(test_flood),
	    cmocka_unit_test(test_patience),
	    cmocka_unit_test(test_deaf),
	    cmocka_unit_test(test_stub_timeout),
	    cmocka_unit_test(test_cannot_receive),
	    cmocka_unit_test(test_cut_answer),
	    cmocka_unit_test(test_strange_result),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_connect_silent),
	    cmocka_unit_test(test_connect_lost),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_unix),
	    cmocka_unit_test(test_program),
	    cmocka_unit_test(test_port),
	    cmocka_unit_test(test_port_no_name),
	    cmocka_unit_test(test_port_ipv6),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
