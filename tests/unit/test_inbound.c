/*
 * The callee of EVOTE_REPLICA on a real transport: called by real links, and
 * by callers that break the rules.
 */
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/now.h"
#include "replica/link/inbound.h"
#include "replica/link/outbound.h"
#include "replica/link/session.h"
#include "replica/link/wire.h"

#define STEPS_MAX 2000
#define CALLS_MAX 16
#define CONFIRM	  32 /* bytes of an encoded evote_confirm */

static const unsigned char key[32] = {7};
static const unsigned char other_key[32] = {8};
static const char *const names[] = {"alpha", "beta", "gamma"};

enum { ALPHA, BETA, GAMMA };

/* In place of the system's: it is that much later. */
static uint64_t ahead_ms;

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, id, t);

	if (id == CLOCK_MONOTONIC)
		t->tv_sec += (time_t)(ahead_ms / 1000);
	return (rc);
}

struct heard {
	int peer;
	uint64_t conn, handle;
	struct message *m;
};

struct scene {
	struct transport *transport;
	struct inbound *in; /* of beta */
	int port;
	struct heard calls[CALLS_MAX];
	int n;
	int closed, closed_peer;
	uint64_t closed_conn;
	/* A link of alpha's to beta. */
	struct outbound *outbound;
	int ups, ends, replies;
	evote_refusal unwelcome, refused;
	uint64_t rounds[CALLS_MAX];
};

static void
on_call(void *arg, int peer, uint64_t conn, uint64_t handle, struct message *m)
{
	struct scene *s = arg;

	assert_true(s->n < CALLS_MAX);
	s->calls[s->n++] = (struct heard){peer, conn, handle, m};
}

static void
on_stranger(void *arg, evote_refusal why, uint64_t conn, uint64_t handle,
    struct message *m)
{
	struct scene *s = arg;

	s->refused = why;
	on_call(arg, -1, conn, handle, m);
}

static void
on_closed(void *arg, int peer, uint64_t conn)
{
	struct scene *s = arg;

	s->closed++;
	s->closed_peer = peer;
	s->closed_conn = conn;
}

static void
on_conn_closed(void *arg, uint64_t conn)
{
	struct scene *s = arg;

	inbound_closed(s->in, conn);
}

static void
on_up(void *arg, int peer)
{
	((struct scene *)arg)->ups++;
}

static void
on_down(void *arg, int peer, int port_refuses)
{
	((struct scene *)arg)->ends += !port_refuses;
}

static struct message *
hello_of(const char *name)
{
	struct message *m = message_new(SAY_HELLO, 0);

	m->u.hello.name = strdup(name);
	m->u.hello.config.arbiter.where = strdup("");
	return (m);
}

/* It tells who it is, as the core would. */
static void
on_unwelcome(void *arg, int peer, evote_refusal why)
{
	struct scene *s = arg;
	struct message *m = hello_of("delta");

	s->unwelcome = why;
	assert_int_equal(outbound_call(s->outbound, peer, m), 0);
	message_free(m);
}

static void
on_reply(void *arg, int peer, struct message *m)
{
	struct scene *s = arg;

	if (m->kind == SAY_HELLO)
		assert_string_equal(m->u.hello.name, "beta");
	else
		s->rounds[s->replies] = m->u.acked.round;
	s->replies++;
	message_free(m);
}

/* What rpcgen makes of this program, without the others. */
static void
dispatch(struct svc_req *req, SVCXPRT *xprt)
{
	const int opens = req->rq_proc == EVOTE_REPLICA_OPEN;
	const xdrproc_t in = opens ? (xdrproc_t)xdr_evote_open_args
				   : (xdrproc_t)xdr_evote_sealed;
	const xdrproc_t out =
	    opens ? (xdrproc_t)xdr_evote_open_res : (xdrproc_t)xdr_evote_sealed;
	union {
		evote_open_args open;
		evote_sealed sealed;
	} arg;
	union {
		evote_open_res open;
		evote_sealed sealed;
	} res;
	bool_t now = FALSE;

	memset(&arg, 0, sizeof(arg));
	memset(&res, 0xff, sizeof(res)); /* rpcgen's is as dirty */
	assert_true(svc_getargs(xprt, in, &arg));
	if (opens)
		now = evote_replica_open_1_svc(&arg.open, &res.open, req);
	else if (req->rq_proc == EVOTE_REPLICA_HELLO)
		now = evote_replica_hello_1_svc(&arg.sealed, &res.sealed, req);
	else if (req->rq_proc == EVOTE_REPLICA_APPEND)
		now = evote_replica_append_1_svc(&arg.sealed, &res.sealed, req);
	else if (req->rq_proc == EVOTE_REPLICA_CONFIRM)
		now =
		    evote_replica_confirm_1_svc(&arg.sealed, &res.sealed, req);
	if (now)
		assert_true(svc_sendreply(xprt, out, (char *)&res));
	svc_freeargs(xprt, in, &arg);
	evote_replica_prog_1_freeresult(xprt, out, (char *)&res);
}

/* One more than those of the list. */
static int
on_visitor(void *arg, const char *name)
{
	struct scene *s = arg;

	if (strcmp(name, "delta") != 0)
		return (-1);
	inbound_host(s->in, 3, name);
	return (3);
}

static void
scene_begin(struct scene *s)
{
	const struct transport_config config = {.max_conns = 64,
	    .max_call = EVOTE_CALL_MAX,
	    .max_in_flight = 64,
	    .max_unsent = 1 << 20,
	    .max_stranger_call = EVOTE_CALL_MAX,
	    .max_memory = 64 << 20,
	    .turn_calls = 1000,
	    .turn_us = 1000000,
	    .proof_ms = 60000,
	    .partial_ms = 10000,
	    .idle_ms = 60000,
	    .closed = on_conn_closed,
	    .arg = s};
	const struct inbound_hooks hooks = {
	    on_call, on_stranger, on_visitor, on_closed, s};

	memset(s, 0, sizeof(*s));
	s->transport = transport_new(&config);
	s->port = transport_listen_tcp(s->transport, 0);
	assert_true(s->port > 0);
	s->in = inbound_new(key, "beta", names, 3, s->transport, &hooks);
	transport_offer(s->transport, DOOR_NETWORK, EVOTE_REPLICA_PROG,
	    EVOTE_REPLICA_V1, dispatch, s->in);
}

static void
scene_end(struct scene *s)
{
	outbound_free(s->outbound);
	for (int i = 0; i < s->n; i++)
		message_free(s->calls[i].m);
	transport_free(s->transport);
	inbound_free(s->in);
}

static const char *
not_plain(void *arg)
{
	return (NULL);
}

static void
scene_link(struct scene *s, const char *name)
{
	const struct outbound_peer peers[] = {
	    {name, "127.0.0.1", 1}, {"beta", "127.0.0.1", s->port}};
	const struct outbound_hooks hooks = {
	    on_up, on_down, on_unwelcome, on_reply, not_plain, s};

	s->outbound = outbound_new(key, peers, 2, ALPHA, &hooks);
}

static void
step(struct scene *s)
{
	struct pollfd fds[2] = {{transport_fd(s->transport), POLLIN, 0},
	    {s->outbound != NULL ? outbound_fd(s->outbound) : -1, POLLIN, 0}};

	poll(fds, 2, 1);
	transport_run(s->transport, now_ms());
	if (s->outbound != NULL)
		outbound_run(s->outbound, now_ms());
}

#define UNTIL(s, cond)                                            \
	do {                                                      \
		for (int i_ = 0; i_ < STEPS_MAX && !(cond); i_++) \
			step(s);                                  \
		assert_true(cond);                                \
	} while (0)

/* Answers the call heard as number i, with its own round. */
static int
answer(struct scene *s, int i)
{
	const struct message *call = s->calls[i].m;
	struct message *m = message_new(call->kind, 1);
	int sent;

	if (call->kind == SAY_HELLO) {
		m->u.hello.name = strdup("beta");
		m->u.hello.config.arbiter.where = strdup("");
	} else if (call->kind == SAY_APPEND)
		m->u.acked.round = call->u.append.round;
	else
		m->u.acked.round = call->u.confirm.round;
	sent = inbound_reply(s->in, s->calls[i].handle, m);
	transport_flush(s->transport);
	message_free(m);
	return (sent);
}

/* ---- a caller that does as it likes ---- */

struct raw {
	struct line line;
	uint32_t xid;
	struct session session;
	struct inbox in;
};

static void
raw_connect(struct scene *s, struct raw *r)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	memset(r, 0, sizeof(*r));
	sin.sin_port = htons(s->port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r->line.fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(
	    connect(r->line.fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
}

static void
raw_close(struct raw *r)
{
	line_close(&r->line);
	inbox_clear(&r->in);
}

static void
raw_send(struct raw *r, uint32_t proc, const void *body, uint32_t len,
    evote_sealed *sealed)
{
	unsigned char *copy = malloc(len + 1);
	struct wire_out out;

	memcpy(copy, body, len);
	wire_out_init(&out);
	wire_out_add(&out, wire_frame(++r->xid, proc, copy, len, sealed));
	/* Whoever was hung up on need not notice. */
	(void)wire_out_send(&out, &r->line);
	wire_out_clear(&out);
}

/* 1: a record came; 0: the connection was closed. */
static int
raw_wait(struct scene *s, struct raw *r, unsigned char **data, uint32_t *len)
{
	bool all;

	for (int i = 0; i < STEPS_MAX; i++) {
		struct pollfd fd = {r->line.fd, POLLIN, 0};

		step(s);
		if (inbox_next(&r->in, EVOTE_CALL_MAX, data, len) ==
		    RECORD_WHOLE)
			return (1);
		if (poll(&fd, 1, 0) > 0 &&
		    line_receive(&r->line, &r->in, EVOTE_CALL_MAX, &all) <= 0)
			return (0);
	}
	fail_msg("neither answered nor closed");
	return (-1);
}

/* Opens as caller towards callee; what the answer says, and -1: closed. */
static int
raw_open(struct scene *s, struct raw *r, const char *caller, const char *callee,
    const unsigned char k[32])
{
	evote_open_args args;
	evote_open_res res = {0};
	unsigned char *body;
	unsigned char *data;
	uint32_t len;
	long n;
	int refusal;

	session_begin(&r->session, caller, callee, &args);
	n = xdr_to_bytes((xdrproc_t)xdr_evote_open_args, &args, &body);
	raw_send(r, EVOTE_REPLICA_OPEN, body, (uint32_t)n, NULL);
	free(body);
	if (raw_wait(s, r, &data, &len) == 0)
		return (-1);
	assert_int_equal(
	    wire_reply(data, len, (xdrproc_t)xdr_evote_open_res, &res), 0);
	refusal = (int)res.refusal;
	if (session_accept(&r->session, k, &res) != 0) {
		/* It does not know the key, and goes on regardless. */
		memset(r->session.key, 1, sizeof(r->session.key));
	}
	return (refusal);
}

static void
raw_confirm(struct raw *r, evote_sealed *sealed, unsigned char body[CONFIRM])
{
	memset(body, 0, CONFIRM);
	session_seal_call(
	    &r->session, EVOTE_REPLICA_CONFIRM, body, CONFIRM, sealed);
}

static void
raw_call(struct raw *r, evote_sealed *sealed)
{
	raw_send(r, EVOTE_REPLICA_CONFIRM, sealed->body.body_val,
	    sealed->body.body_len, sealed);
}

static void
raw_hello(struct raw *r, const char *name)
{
	struct message *m = hello_of(name);
	unsigned char *body;
	evote_sealed sealed;
	long len = message_encode(m, &body);

	session_seal_call(
	    &r->session, EVOTE_REPLICA_HELLO, body, (uint32_t)len, &sealed);
	raw_send(r, EVOTE_REPLICA_HELLO, body, (uint32_t)len, &sealed);
	free(body);
	message_free(m);
}

static int
raw_is_closed(struct scene *s, struct raw *r)
{
	unsigned char *data;
	uint32_t len;

	return (raw_wait(s, r, &data, &len) == 0);
}

/* ---- tests ---- */

static struct message *
push_of(uint64_t round, uint32_t n)
{
	struct message *m = message_new(SAY_APPEND, 0);
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT};
	struct record *r;

	leaf.op.kind = EVOTE_OP_UNREGISTER;
	leaf.op.evote_op_u.voter = "somebody";
	r = record_make(&leaf, NULL);
	m->u.append.round = round;
	m->records = calloc(n, sizeof(*m->records));
	for (; m->n < n; m->n++)
		m->records[m->n] = record_hold(r);
	record_drop(r);
	return (m);
}

static void
say(struct scene *s, struct message *m)
{
	assert_int_equal(outbound_call(s->outbound, BETA, m), 0);
	message_free(m);
}

static void
links_call_and_are_answered(void **state)
{
	struct message *m;
	struct scene s;

	scene_begin(&s);
	scene_link(&s, "alpha");
	UNTIL(&s, s.ups == 1);
	say(&s, hello_of("alpha"));
	say(&s, push_of(11, EVOTE_BATCH_MAX));
	m = message_new(SAY_CONFIRM, 0);
	m->u.confirm.round = 12;
	say(&s, m);
	UNTIL(&s, s.n == 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(s.calls[i].peer, ALPHA);
		assert_int_equal(s.calls[i].conn, s.calls[0].conn);
		assert_int_equal(s.calls[i].m->kind, SAY_HELLO + i);
		assert_false(s.calls[i].m->reply);
	}
	assert_string_equal(s.calls[0].m->u.hello.name, "alpha");
	assert_int_equal(s.calls[1].m->n, EVOTE_BATCH_MAX);
	/* Later, in another order, and each once. */
	assert_int_equal(answer(&s, 2), 0);
	assert_int_equal(answer(&s, 0), 0);
	assert_int_equal(answer(&s, 1), 0);
	assert_int_equal(answer(&s, 1), -1);
	UNTIL(&s, s.replies == 3);
	assert_int_equal(s.rounds[0], 12);
	assert_int_equal(s.rounds[2], 11);
	assert_int_equal(s.closed + s.ends, 0);

	outbound_reset(s.outbound, BETA);
	UNTIL(&s, s.closed == 1);
	assert_int_equal(s.closed_peer, ALPHA);
	assert_int_equal(s.closed_conn, s.calls[0].conn);
	scene_end(&s);
}

/* The caller is gone before it was answered. */
static void
late_answers_are_harmless(void **state)
{
	struct scene s;

	scene_begin(&s);
	scene_link(&s, "alpha");
	UNTIL(&s, s.ups == 1);
	say(&s, push_of(1, 1));
	UNTIL(&s, s.n == 1);
	outbound_reset(s.outbound, BETA);
	UNTIL(&s, s.closed == 1 && s.ups == 2);
	assert_int_equal(answer(&s, 0), -1);
	say(&s, push_of(2, 1));
	UNTIL(&s, s.n == 2);
	assert_int_equal(answer(&s, 1), 0);
	UNTIL(&s, s.replies == 1);
	assert_int_equal(s.rounds[0], 2);
	scene_end(&s);
}

static void
strangers_are_told_so(void **state)
{
	struct scene s;
	struct raw r;

	scene_begin(&s);
	raw_connect(&s, &r);
	assert_int_equal(raw_open(&s, &r, "alpha", "beta", key), 0);
	/* One connection, one session. */
	assert_int_equal(raw_open(&s, &r, "alpha", "beta", key), -1);
	assert_int_equal(s.n + s.closed, 0);
	raw_close(&r);
	scene_end(&s);
}

/* It says who it is, once that is proven, and nothing else. */
static void
the_refused_may_say_hello(void **state)
{
	static const struct {
		const char *caller, *callee;
		evote_refusal why;
	} cases[] = {
	    {"alpha", "gamma", EVOTE_REFUSED_NOT_MEANT},
	    {"beta", "gamma", EVOTE_REFUSED_SAME_NAME},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned char body[CONFIRM];
		evote_sealed call;
		struct scene s;
		struct raw r;

		scene_begin(&s);
		raw_connect(&s, &r);
		assert_int_equal(
		    raw_open(&s, &r, cases[i].caller, cases[i].callee, key),
		    cases[i].why);
		raw_hello(&r, cases[i].caller);
		UNTIL(&s, s.n == 1);
		assert_int_equal(s.refused, cases[i].why);
		assert_string_equal(
		    s.calls[0].m->u.hello.name, cases[i].caller);
		raw_confirm(&r, &call, body);
		raw_call(&r, &call);
		assert_true(raw_is_closed(&s, &r));
		assert_int_equal(s.n, 1);
		assert_int_equal(s.closed, 0);
		raw_close(&r);
		scene_end(&s);
	}
}

/* From a link's side: one call to say who it is, and then it ends. */
static void
an_unwelcome_link_says_hello(void **state)
{
	struct scene s;

	scene_begin(&s);
	scene_link(&s, "beta");
	UNTIL(&s, s.unwelcome == EVOTE_REFUSED_SAME_NAME && s.n == 1);
	assert_int_equal(s.refused, EVOTE_REFUSED_SAME_NAME);
	assert_int_equal(answer(&s, 0), 0);
	UNTIL(&s, s.replies == 1);
	assert_int_equal(s.ups + s.ends, 0);
	scene_end(&s);
}

/* Who is no host is to learn that from one, if he holds the key. */
static void
visitors_are_heard_once_they_have_proved_themselves(void **state)
{
	unsigned char body[CONFIRM];
	evote_sealed call;
	struct scene s;
	struct raw r;

	scene_begin(&s);
	raw_connect(&s, &r);
	assert_int_equal(raw_open(&s, &r, "delta", "beta", key), 0);
	assert_int_equal(s.n, 0);
	raw_confirm(&r, &call, body);
	raw_call(&r, &call);
	UNTIL(&s, s.n == 1);
	assert_int_equal(s.calls[0].peer, 3);
	raw_close(&r);

	/* There is no place for this one. */
	raw_connect(&s, &r);
	assert_int_equal(raw_open(&s, &r, "mallory", "beta", key), 0);
	raw_confirm(&r, &call, body);
	raw_call(&r, &call);
	assert_true(raw_is_closed(&s, &r));
	assert_int_equal(s.n, 1);
	raw_close(&r);
	scene_end(&s);
}

static void
a_call_needs_a_session(void **state)
{
	unsigned char body[CONFIRM];
	evote_sealed call;
	struct scene s;
	struct raw r;

	/* None at all. */
	scene_begin(&s);
	raw_connect(&s, &r);
	raw_confirm(&r, &call, body);
	raw_call(&r, &call);
	assert_true(raw_is_closed(&s, &r));
	raw_close(&r);

	/* One of a caller that does not hold the key: nobody is told of it. */
	raw_connect(&s, &r);
	assert_int_equal(raw_open(&s, &r, "alpha", "beta", other_key), 0);
	raw_confirm(&r, &call, body);
	raw_call(&r, &call);
	assert_true(raw_is_closed(&s, &r));
	assert_int_equal(s.n + s.closed, 0);
	raw_close(&r);
	scene_end(&s);
}

enum harm {
	HARM_NONE,
	HARM_REPLAY,
	HARM_SKIP,
	HARM_MAC,
	HARM_BODY,
	HARM_PROC,
	HARM_MALFORMED,
	HARM_NR
};

static void
harmed_calls_end_the_connection(void **state)
{
	for (int harm = 0; harm < HARM_NR; harm++) {
		unsigned char body[CONFIRM];
		uint32_t proc = EVOTE_REPLICA_CONFIRM, len = CONFIRM;
		evote_sealed call;
		struct scene s;
		struct raw r;

		scene_begin(&s);
		raw_connect(&s, &r);
		assert_int_equal(raw_open(&s, &r, "gamma", "beta", key), 0);
		raw_confirm(&r, &call, body);
		raw_call(&r, &call);
		UNTIL(&s, s.n == 1);
		assert_int_equal(s.calls[0].peer, GAMMA);

		if (harm == HARM_SKIP)
			raw_confirm(&r, &call, body);
		if (harm == HARM_MALFORMED)
			session_seal_call(
			    &r.session, proc, body, len = CONFIRM - 4, &call);
		else if (harm != HARM_REPLAY)
			raw_confirm(&r, &call, body);
		if (harm == HARM_MAC)
			call.mac[0] ^= 1;
		if (harm == HARM_BODY)
			body[CONFIRM - 1] ^= 1;
		if (harm == HARM_PROC)
			proc = EVOTE_REPLICA_APPEND;
		raw_send(&r, proc, body, len, &call);
		if (harm == HARM_NONE) {
			UNTIL(&s, s.n == 2);
			assert_int_equal(s.closed, 0);
		} else {
			assert_true(raw_is_closed(&s, &r));
			assert_int_equal(s.n, 1);
			assert_int_equal(s.closed, 1);
			assert_int_equal(s.closed_peer, GAMMA);
			assert_int_equal(answer(&s, 0), -1);
		}
		raw_close(&r);
		scene_end(&s);
	}
}

/* What was sealed for one session is worth nothing in the next. */
static void
sessions_of_a_peer_are_apart(void **state)
{
	unsigned char body[CONFIRM];
	evote_sealed call, second;
	struct raw a, b;
	struct scene s;

	scene_begin(&s);
	raw_connect(&s, &a);
	raw_connect(&s, &b);
	assert_int_equal(raw_open(&s, &a, "alpha", "beta", key), 0);
	raw_confirm(&a, &call, body);
	raw_call(&a, &call);
	UNTIL(&s, s.n == 1);
	/* The new one leaves the old one open. */
	assert_int_equal(raw_open(&s, &b, "alpha", "beta", key), 0);
	raw_confirm(&b, &second, body);
	raw_call(&b, &second);
	UNTIL(&s, s.n == 2);
	assert_int_not_equal(s.calls[0].conn, s.calls[1].conn);
	assert_int_equal(s.closed, 0);

	raw_confirm(&a, &call, body);
	raw_call(&b, &call);
	assert_true(raw_is_closed(&s, &b));
	assert_int_equal(s.n, 2);
	assert_int_equal(s.closed, 1);
	assert_int_equal(s.closed_conn, s.calls[1].conn);
	assert_int_equal(answer(&s, 1), -1);
	assert_int_equal(answer(&s, 0), 0);
	raw_close(&b);
	raw_close(&a);
	UNTIL(&s, s.closed == 2);
	assert_int_equal(s.closed_conn, s.calls[0].conn);
	scene_end(&s);
}

/* What is logged from the one to the other. */
static int
log_begin(int *saved)
{
	int log = memfd_create("log", 0);

	*saved = dup(2);
	dup2(log, 2);
	return (log);
}

/* How many lines of it have that text. */
static int
log_count(int log, const char *text)
{
	char all[16384], *p = all;
	int n = 0;
	ssize_t len = pread(log, all, sizeof(all) - 1, 0);

	all[len > 0 ? len : 0] = '\0';
	while ((p = strstr(p, text)) != NULL) {
		n++;
		p++;
	}
	return (n);
}

static void
log_end(int log, int saved)
{
	dup2(saved, 2);
	close(saved);
	close(log);
}

/* Whoever knocks again and again does not fill the log. */
static void
alarms_are_few(void **state)
{
	int saved, log, n;
	struct scene s;
	struct raw r;

	scene_begin(&s);
	log = log_begin(&saved);
	for (int i = 0; i < 30; i++, ahead_ms += 5000) {
		raw_connect(&s, &r);
		raw_open(&s, &r, "alpha", "beta", key);
		raw_open(&s, &r, "alpha", "beta", key);
		raw_close(&r);
	}
	/* 150 s. */
	n = log_count(log, " alarm session claims=alpha");
	log_end(log, saved);
	assert_in_range(n, 3, 4);
	ahead_ms = 0;
	scene_end(&s);
}

/* A peer that is refused for another reason than a moment ago, is told of. */
static void
each_reason_is_told(void **state)
{
	unsigned char body[CONFIRM];
	evote_sealed call;
	int saved, log, twice, other;
	struct scene s;
	struct raw r;

	scene_begin(&s);
	log = log_begin(&saved);
	for (int i = 0; i < 2; i++) {
		raw_connect(&s, &r);
		raw_open(&s, &r, "alpha", "beta", key);
		raw_open(&s, &r, "alpha", "beta", key);
		raw_close(&r);
		raw_connect(&s, &r);
		raw_open(&s, &r, "alpha", "beta", other_key);
		raw_confirm(&r, &call, body);
		raw_call(&r, &call);
		assert_true(raw_is_closed(&s, &r));
		raw_close(&r);
	}
	twice = log_count(
	    log, "claims=alpha from=127.0.0.1 is=refused why=\"opened twice");
	other = log_count(log,
	    "claims=alpha from=127.0.0.1 is=refused why=\"it does not prove");
	log_end(log, saved);
	assert_int_equal(twice, 1);
	assert_int_equal(other, 1);
	scene_end(&s);
}

/* Opens as alpha, with another key, and calls. */
static void
raw_claim(struct scene *s)
{
	unsigned char body[CONFIRM];
	evote_sealed call;
	struct raw r;

	raw_connect(s, &r);
	raw_open(s, &r, "alpha", "beta", other_key);
	raw_confirm(&r, &call, body);
	raw_call(&r, &call);
	assert_true(raw_is_closed(s, &r));
	raw_close(&r);
}

/* A stranger with a peer's name accuses nobody, and hides no true alarm. */
static void
strangers_do_not_speak_for_a_peer(void **state)
{
	const struct sockaddr_in host = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int saved, log, strange, own;
	struct scene s;

	scene_begin(&s);
	log = log_begin(&saved);
	raw_claim(&s);
	own = log_count(log, "session peer=alpha");
	transport_expect(s.transport, (const struct sockaddr *)&host);
	/* The host itself, whose key is wrong. */
	raw_claim(&s);
	raw_claim(&s);
	strange = log_count(log, "claims=alpha from=127.0.0.1");
	own += 10 * log_count(log, "peer=alpha is=refused why=\"it does not");
	log_end(log, saved);
	assert_int_equal(strange, 1);
	assert_int_equal(own, 10);
	scene_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(links_call_and_are_answered),
	    cmocka_unit_test(late_answers_are_harmless),
	    cmocka_unit_test(strangers_are_told_so),
	    cmocka_unit_test(the_refused_may_say_hello),
	    cmocka_unit_test(an_unwelcome_link_says_hello),
	    cmocka_unit_test(
		visitors_are_heard_once_they_have_proved_themselves),
	    cmocka_unit_test(a_call_needs_a_session),
	    cmocka_unit_test(harmed_calls_end_the_connection),
	    cmocka_unit_test(sessions_of_a_peer_are_apart),
	    cmocka_unit_test(alarms_are_few),
	    cmocka_unit_test(each_reason_is_told),
	    cmocka_unit_test(strangers_do_not_speak_for_a_peer),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
