/*
 * Links towards a peer that this test plays itself: on a loopback of its own
 * (a network namespace), so that it can have the portmapper's port.
 */
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <rpc/rpc.h>
#include <rpc/pmap_prot.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "replica/link/outbound.h"
#include "replica/link/reach.h"
#include "replica/link/session.h"
#include "tests/unit/tls_end.h"

#define CALLS_MAX 16
#define BETA	  1 /* the peer; the caller, alpha, is 0 */

static const unsigned char key[32] = {7};
static const unsigned char other_key[32] = {8};
static int offer; /* of the peers, in this run of the tests */

/* ---- the peer ---- */

struct heard {
	uint32_t xid, proc;
	uint64_t order;
	unsigned char *body;
	uint32_t len;
};

/* Towards a probe; all but DECLINES and ODD say that TLS is spoken. */
enum offer { DECLINES, SPEAKS, ODD, STALLS, GOES_ON };

enum manner { ANSWERS, UNWELCOMING, SILENT, HANGS_UP, NO_PROGRAM };

struct peer {
	const unsigned char *key;
	enum offer offer;
	enum manner manner; /* towards an opening */
	int paused;	    /* reads nothing */
	int listener, fd, port;
	int accepted, probes;
	struct tls_server *server; /* of this connection, */
	struct tls *tls;	   /* or NULL: in plain */
	int shaken;
	struct session session;
	unsigned char *in;
	size_t in_len;
	struct heard calls[CALLS_MAX];
	int n;

	int pmap; /* its portmapper's socket, or -1 */
	int pmap_port, asked, pmap_deaf;
};

static int
bound(int type, int port, int *got)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0), on = 1;

	sin.sin_port = htons(port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	if (got != NULL)
		*got = ntohs(sin.sin_port);
	return (fd);
}

static void
peer_start(struct peer *b)
{
	b->listener = bound(SOCK_STREAM, 0, &b->port);
	assert_int_equal(listen(b->listener, 8), 0);
}

static void
peer_hang_up(struct peer *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	b->in_len = 0;
	tls_free(b->tls);
	tls_server_free(b->server);
	b->tls = NULL;
	b->server = NULL;
	for (int i = 0; i < b->n; i++)
		free(b->calls[i].body);
	b->n = 0;
}

/* In the order in which a dying process closes them. */
static void
peer_stop(struct peer *b)
{
	if (b->listener >= 0)
		close(b->listener);
	b->listener = -1;
	peer_hang_up(b);
}

static void
peer_send(struct peer *b, const void *data, size_t len)
{
	if (b->tls != NULL && b->shaken) {
		assert_int_equal(tls_write(b->tls, data, len), 0);
		tls_end_flush(b->fd, b->tls);
		return;
	}
	assert_int_equal(send(b->fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void
peer_probed(struct peer *b, uint32_t xid)
{
	static const char *const names[] = {"beta"};
	const uint32_t no[] = {stream_mark(20), htonl(xid), htonl(1), htonl(1),
	    htonl(1), htonl(2)};
	uint32_t yes[9] = {
	    stream_mark(32), htonl(xid), htonl(1), 0, 0, htonl(8)};

	b->probes++;
	if (b->offer == DECLINES) {
		peer_send(b, no, sizeof(no));
		return;
	}
	memcpy(yes + 6, b->offer == ODD ? "STOPTLS?" : TLS_PROBE, 8);
	peer_send(b, yes, sizeof(yes));
	if (b->offer == GOES_ON)
		peer_send(b, yes, sizeof(yes));
	if (b->offer == GOES_ON || b->offer == ODD)
		return;
	b->server = tls_server_new(b->key, names, 1);
	b->tls = tls_accept(b->server);
	b->shaken = 0;
}

/* A reply as one record, mark and all; returns its length. */
static size_t
reply_bytes(uint32_t xid, enum accept_stat stat, xdrproc_t proc, void *result,
    unsigned char *out, size_t size)
{
	struct rpc_msg msg = {.rm_xid = xid, .rm_direction = REPLY};
	uint32_t mark;
	XDR x;

	msg.rm_reply.rp_stat = MSG_ACCEPTED;
	msg.acpted_rply.ar_stat = stat;
	msg.acpted_rply.ar_results.where = result;
	msg.acpted_rply.ar_results.proc = proc;
	xdrmem_create(&x, (char *)out + 4, (u_int)size - 4, XDR_ENCODE);
	assert_true(xdr_replymsg(&x, &msg));
	mark = htonl(0x80000000u | xdr_getpos(&x));
	memcpy(out, &mark, 4);
	return (4 + xdr_getpos(&x));
}

static void
peer_opened(struct peer *b, uint32_t xid, XDR *x)
{
	evote_open_args args = {0};
	unsigned char out[256];
	evote_open_res res = {0};
	size_t len;

	assert_true(xdr_evote_open_args(x, &args));
	assert_string_equal(args.caller, "alpha");
	if (b->manner == ANSWERS || b->manner == HANGS_UP)
		session_answer(&b->session, b->key, "beta", 1, &args, &res);
	len = reply_bytes(xid, b->manner == NO_PROGRAM ? PROG_UNAVAIL : SUCCESS,
	    (xdrproc_t)xdr_evote_open_res, &res, out, sizeof(out));
	xdr_free((xdrproc_t)xdr_evote_open_args, &args);
	if (b->manner != SILENT)
		peer_send(b, out, len);
	if (b->manner == HANGS_UP)
		peer_hang_up(b);
}

static void
peer_called(struct peer *b, const unsigned char *data, size_t len)
{
	char cred[MAX_AUTH_BYTES], verf[MAX_AUTH_BYTES];
	struct rpc_msg msg = {0};
	evote_sealed sealed = {0};
	struct heard *h = &b->calls[b->n];
	XDR x;

	msg.rm_call.cb_cred.oa_base = cred;
	msg.rm_call.cb_verf.oa_base = verf;
	xdrmem_create(&x, (char *)data, (u_int)len, XDR_DECODE);
	assert_true(xdr_callmsg(&x, &msg));
	if (msg.rm_call.cb_cred.oa_flavor == AUTH_TLS) {
		assert_int_equal(msg.rm_call.cb_proc, NULLPROC);
		assert_int_equal(b->n, 0);
		peer_probed(b, msg.rm_xid);
		return;
	}
	assert_int_equal(msg.rm_call.cb_prog, EVOTE_REPLICA_PROG);
	assert_int_equal(msg.rm_call.cb_vers, EVOTE_REPLICA_V1);
	h->xid = msg.rm_xid;
	h->proc = msg.rm_call.cb_proc;
	if (h->proc == EVOTE_REPLICA_OPEN) {
		peer_opened(b, h->xid, &x);
		return;
	}
	assert_true(xdr_evote_sealed(&x, &sealed));
	assert_int_equal(xdr_getpos(&x), len);
	assert_int_equal(session_check_call(&b->session, h->proc, &sealed), 0);
	h->order = sealed.order;
	h->body = (unsigned char *)sealed.body.body_val;
	h->len = sealed.body.body_len;
	assert_true(++b->n < CALLS_MAX);
}

static void
peer_records(struct peer *b)
{
	while (b->fd >= 0 && b->in_len >= 4) {
		uint32_t mark;
		size_t len;

		memcpy(&mark, b->in, 4);
		assert_true(ntohl(mark) & 0x80000000u);
		len = ntohl(mark) & 0x7fffffff;
		assert_true(len <= EVOTE_CALL_MAX);
		if (b->in_len - 4 < len)
			break;
		peer_called(b, b->in + 4, len);
		if (b->fd < 0)
			break;
		b->in_len -= 4 + len;
		memmove(b->in, b->in + 4 + len, b->in_len);
	}
}

/* What has come, decrypted; as recv(2). */
static ssize_t
peer_unseal(struct peer *b, void *to, size_t room)
{
	size_t n;

	(void)tls_end_more(b->fd, b->tls);
	if (b->offer == STALLS)
		return (-1);
	if (!b->shaken) {
		b->shaken = tls_shake(b->tls) == TLS_OK;
		tls_end_flush(b->fd, b->tls);
	}
	if (!b->shaken)
		return (-1);
	switch (tls_read(b->tls, to, room, &n)) {
	case TLS_OK:
		return ((ssize_t)n);
	case TLS_MORE:
		return (-1);
	default:
		return (0);
	}
}

static int
peer_gone(const struct peer *b)
{
	char byte;

	return (recv(b->fd, &byte, 1, MSG_PEEK) == 0);
}

static void
peer_read(struct peer *b)
{
	ssize_t n;

	if (b->fd < 0 && b->listener >= 0) {
		b->fd = accept4(b->listener, NULL, NULL, SOCK_NONBLOCK);
		b->accepted += b->fd >= 0;
	}
	if (b->fd < 0 || b->paused)
		return;
	b->in = realloc(b->in, b->in_len + (1 << 20));
	if (b->tls != NULL && peer_gone(b))
		n = 0;
	else if (b->tls != NULL)
		n = peer_unseal(b, b->in + b->in_len, 1 << 20);
	else
		n = recv(b->fd, b->in + b->in_len, 1 << 20, 0);
	if (n > 0) {
		b->in_len += (size_t)n;
		peer_records(b);
	} else if (n == 0)
		peer_hang_up(b);
}

static void
peer_map(struct peer *b)
{
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	char cred[MAX_AUTH_BYTES], verf[MAX_AUTH_BYTES];
	struct rpc_msg msg = {0};
	unsigned char call[512], out[128];
	struct pmap ask;
	u_int port = (u_int)b->pmap_port, stray = 1;
	size_t len;
	ssize_t n;
	XDR x;

	if (b->pmap < 0)
		return;
	n = recvfrom(b->pmap, call, sizeof(call), 0, (struct sockaddr *)&from,
	    &from_len);
	if (n < 0)
		return;
	msg.rm_call.cb_cred.oa_base = cred;
	msg.rm_call.cb_verf.oa_base = verf;
	xdrmem_create(&x, (char *)call, (u_int)n, XDR_DECODE);
	assert_true(xdr_callmsg(&x, &msg) && xdr_pmap(&x, &ask));
	assert_int_equal(msg.rm_call.cb_prog, PMAPPROG);
	assert_int_equal(msg.rm_call.cb_proc, PMAPPROC_GETPORT);
	assert_int_equal(ask.pm_prog, EVOTE_PROG);
	assert_int_equal(ask.pm_prot, IPPROTO_TCP);
	if (b->asked++ < b->pmap_deaf)
		return;
	/* A stranger's answer first: it has to be passed over. */
	len = reply_bytes(msg.rm_xid + 1, SUCCESS, (xdrproc_t)xdr_u_int, &stray,
	    out, sizeof(out));
	sendto(
	    b->pmap, out + 4, len - 4, 0, (struct sockaddr *)&from, from_len);
	len = reply_bytes(
	    msg.rm_xid, SUCCESS, (xdrproc_t)xdr_u_int, &port, out, sizeof(out));
	sendto(
	    b->pmap, out + 4, len - 4, 0, (struct sockaddr *)&from, from_len);
}

/* ---- the scene ---- */

struct scene {
	struct outbound *outbound;
	struct peer b;
	uint64_t now; /* ms: one in each step, however long that takes */
	int ups, ends, refusals;
	int end_first; /* the session's end was told before a refusal */
	uint64_t rounds[CALLS_MAX];
	enum message_kind kinds[CALLS_MAX];
	int replies;
	evote_refusal unwelcome;
	int reset_in_reply, call_in_up, call_in_down;
	const char *not_plain;
};

static uint64_t
now_ms(const struct scene *s)
{
	return (1000000 + s->now);
}

static int
confirm(struct scene *s, uint64_t round)
{
	struct message *m = message_new(SAY_CONFIRM, 0);
	int sent;

	m->u.confirm.round = round;
	sent = outbound_call(s->outbound, BETA, m);
	message_free(m);
	return (sent);
}

static void
on_up(void *arg, int peer)
{
	struct scene *s = arg;

	assert_int_equal(peer, BETA);
	s->ups++;
	if (s->call_in_up)
		assert_int_equal(confirm(s, 1), 0);
}

static void
on_unwelcome(void *arg, int peer, evote_refusal why)
{
	((struct scene *)arg)->unwelcome = why;
}

static void
on_down(void *arg, int peer, int port_refuses)
{
	struct scene *s = arg;

	assert_int_equal(peer, BETA);
	if (s->ends == 0 && port_refuses)
		s->end_first = 0;
	s->ends += !port_refuses;
	s->refusals += port_refuses;
	if (s->call_in_down)
		assert_int_equal(confirm(s, 1), -1);
}

static void
on_reply(void *arg, int peer, struct message *m)
{
	struct scene *s = arg;

	assert_int_equal(peer, BETA);
	assert_true(m->reply && m->kind != SAY_HELLO);
	s->kinds[s->replies] = m->kind;
	s->rounds[s->replies++] = m->u.acked.round;
	message_free(m);
	if (s->reset_in_reply)
		outbound_reset(s->outbound, BETA);
}

static void
step(struct scene *s)
{
	struct pollfd fds[4] = {{outbound_fd(s->outbound), POLLIN, 0},
	    {s->b.listener, POLLIN, 0}, {s->b.paused ? -1 : s->b.fd, POLLIN, 0},
	    {s->b.pmap, POLLIN, 0}};
	int wait = outbound_wait_ms(s->outbound, now_ms(s));

	if (s->b.fd >= 0)
		fds[1].fd = -1; /* one connection at a time */
	poll(fds, 4, wait < 0 || wait > 1 ? 1 : wait);
	outbound_run(s->outbound, now_ms(s));
	peer_read(&s->b);
	peer_map(&s->b);
	s->now++;
}

#define STEPS_MAX 3000
#define UNTIL(s, cond)                                            \
	do {                                                      \
		for (int i_ = 0; i_ < STEPS_MAX && !(cond); i_++) \
			step(s);                                  \
		assert_true(cond);                                \
	} while (0)

static void
steps(struct scene *s, int n)
{
	while (n-- > 0)
		step(s);
}

static const char *
not_plain(void *arg)
{
	return (((struct scene *)arg)->not_plain);
}

static void
scene_host(struct scene *s, const char *host, int port)
{
	const struct outbound_peer peers[] = {
	    {"alpha", "127.0.0.1", 1}, {"beta", host, port}};
	const struct outbound_hooks hooks = {
	    on_up, on_down, on_unwelcome, on_reply, not_plain, s};

	s->outbound = outbound_new(key, peers, 2, 0, &hooks);
	assert_non_null(s->outbound);
}

/* A peer that listens, and a link to its port. */
static void
scene_begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	s->b.key = key;
	s->b.offer = offer;
	s->b.listener = s->b.fd = s->b.pmap = -1;
	s->end_first = 1;
	peer_start(&s->b);
}

static void
scene_end(struct scene *s)
{
	peer_stop(&s->b);
	if (s->b.pmap >= 0)
		close(s->b.pmap);
	free(s->b.in);
	outbound_free(s->outbound);
}

static void
scene_up(struct scene *s)
{
	scene_begin(s);
	scene_host(s, "127.0.0.1", s->b.port);
	UNTIL(s, s->ups == 1);
}

/* The reply to the call heard as number i, sealed; the caller frees it. */
static size_t
answer_bytes(struct scene *s, int i, unsigned char **out)
{
	struct heard *h = &s->b.calls[i];
	enum message_kind kind =
	    h->proc == EVOTE_REPLICA_APPEND ? SAY_APPEND : SAY_CONFIRM;
	struct message *call = message_decode(kind, 0, h->body, h->len);
	struct message *m = message_new(kind, 1);
	evote_sealed sealed;
	unsigned char *body;
	size_t len;

	assert_non_null(call);
	m->u.acked.round =
	    kind == SAY_APPEND ? call->u.append.round : call->u.confirm.round;
	len = (size_t)message_encode(m, &body);
	session_seal_reply(
	    &s->b.session, h->proc, h->order, body, (uint32_t)len, &sealed);
	*out = malloc(1024);
	len = reply_bytes(
	    h->xid, SUCCESS, (xdrproc_t)xdr_evote_sealed, &sealed, *out, 1024);
	free(body);
	message_free(m);
	message_free(call);
	return (len);
}

static void
answer(struct scene *s, int i)
{
	unsigned char *out;
	size_t len = answer_bytes(s, i, &out);

	peer_send(&s->b, out, len);
	free(out);
}

/* ---- what was logged, while cmocka's own words are not to be lost ---- */

struct hush {
	int saved, log;
};

static void
hush_begin(struct hush *h)
{
	h->saved = dup(2);
	h->log = memfd_create("log", 0);
	dup2(h->log, 2);
}

static int
hush_end(struct hush *h, const char *what)
{
	char text[65536], *p = text;
	ssize_t len = pread(h->log, text, sizeof(text) - 1, 0);
	int n = 0;

	dup2(h->saved, 2);
	close(h->saved);
	close(h->log);
	text[len > 0 ? len : 0] = '\0';
	while ((p = strstr(p, what)) != NULL) {
		n++;
		p++;
	}
	return (n);
}

/* ---- tests ---- */

static void
a_call_and_its_reply(void **state)
{
	struct scene s;

	scene_begin(&s);
	scene_host(&s, "127.0.0.1", s.b.port);
	assert_int_equal(confirm(&s, 1), -1);
	assert_int_equal(outbound_wait_ms(s.outbound, now_ms(&s)), 0);
	UNTIL(&s, s.ups == 1);
	/* Nothing to do, nothing to wait for. */
	assert_int_equal(outbound_wait_ms(s.outbound, now_ms(&s)), -1);
	assert_int_equal(confirm(&s, 42), 0);
	UNTIL(&s, s.b.n == 1);
	assert_int_equal(s.b.calls[0].proc, EVOTE_REPLICA_CONFIRM);
	answer(&s, 0);
	UNTIL(&s, s.replies == 1);
	assert_int_equal(s.rounds[0], 42);
	assert_int_equal(s.ends + s.refusals, 0);
	scene_end(&s);
}

/* To a host of an older version: an answer, and the link goes on. */
static void
a_call_that_is_not_known(void **state)
{
	struct message *m = message_new(SAY_SIGN, 0);
	unsigned char out[256];
	struct scene s;

	scene_up(&s);
	assert_int_equal(outbound_call(s.outbound, BETA, m), 0);
	message_free(m);
	UNTIL(&s, s.b.n == 1);
	peer_send(&s.b, out,
	    reply_bytes(
		s.b.calls[0].xid, PROC_UNAVAIL, NULL, NULL, out, sizeof(out)));
	UNTIL(&s, s.replies == 1);
	assert_int_equal(s.kinds[0], SAY_SIGN);
	/* It has not counted that call. */
	s.b.session.heard[1] = 0;
	assert_int_equal(confirm(&s, 42), 0);
	UNTIL(&s, s.b.n == 2);
	answer(&s, 1);
	UNTIL(&s, s.replies == 2);
	assert_int_equal(s.ends, 0);
	/* Of any other call that is no answer. */
	assert_int_equal(confirm(&s, 43), 0);
	UNTIL(&s, s.b.n == 3);
	peer_send(&s.b, out,
	    reply_bytes(
		s.b.calls[2].xid, PROC_UNAVAIL, NULL, NULL, out, sizeof(out)));
	UNTIL(&s, s.ends == 1);
	scene_end(&s);
}

static struct message *
push_of(uint32_t n, uint32_t size)
{
	struct message *m = message_new(SAY_APPEND, 0);
	char *name = calloc(1, size + 1);
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT};
	struct record *r;

	memset(name, 'x', size);
	leaf.op.kind = EVOTE_OP_UNREGISTER;
	leaf.op.evote_op_u.voter = name;
	r = record_make(&leaf, NULL);
	m->u.append.round = n;
	m->records = calloc(n, sizeof(*m->records));
	for (; m->n < n; m->n++)
		m->records[m->n] = record_hold(r);
	record_drop(r);
	free(name);
	return (m);
}

static void
replies_in_any_order(void **state)
{
	struct message *m = push_of(3, 7);
	struct scene s;

	scene_up(&s);
	for (int i = 0; i < 4; i++)
		assert_int_equal(confirm(&s, 100 + i), 0);
	assert_int_equal(outbound_call(s.outbound, BETA, m), 0);
	message_free(m);
	UNTIL(&s, s.b.n == 5);
	for (int i = 4; i >= 0; i--)
		answer(&s, i);
	UNTIL(&s, s.replies == 5);
	assert_int_equal(s.kinds[0], SAY_APPEND);
	assert_int_equal(s.rounds[0], 3);
	for (int i = 1; i < 5; i++)
		assert_int_equal(s.rounds[i], 104 - i);
	scene_end(&s);
}

/* More than the sockets hold, to a peer that does not read for a while. */
static void
large_calls_arrive_whole(void **state)
{
	struct message *m;
	unsigned char *want;
	struct scene s;
	long len;

	scene_up(&s);
	for (uint32_t i = 0; i < 4; i++) {
		/* Bodies of every length modulo 4 have their padding. */
		m = push_of(EVOTE_BATCH_MAX, 251 + i);
		len = message_encode(m, &want);
		assert_true(len > 1000000);
		s.b.paused = 1;
		for (int k = 0; k < 6; k++)
			assert_int_equal(outbound_call(s.outbound, BETA, m), 0);
		steps(&s, 3);
		s.b.paused = 0;
		UNTIL(&s, s.b.n == 6);
		for (int k = 0; k < 6; k++) {
			assert_int_equal(s.b.calls[k].len, len);
			assert_memory_equal(s.b.calls[k].body, want, len);
			free(s.b.calls[k].body);
		}
		s.b.n = 0;
		free(want);
		message_free(m);
	}
	assert_int_equal(s.ends, 0);
	scene_end(&s);
}

static void
what_waits_is_bounded(void **state)
{
	struct message *m = push_of(EVOTE_BATCH_MAX, 255);
	struct scene s;
	struct hush h;
	int n = 0;

	scene_up(&s);
	s.b.paused = 1;
	hush_begin(&h);
	while (n < 200 && outbound_call(s.outbound, BETA, m) == 0)
		n++;
	assert_int_equal(hush_end(&h, " alarm link peer=beta"), 1);
	assert_in_range(n, 40, 80);
	assert_int_equal(confirm(&s, 1), -1);
	assert_int_equal(
	    s.ends, 0); /* hooks are called from outbound_run only */
	assert_int_equal(outbound_wait_ms(s.outbound, now_ms(&s)), 0);
	step(&s);
	assert_int_equal(s.ends, 1);
	message_free(m);
	scene_end(&s);
}

static void
fragments_are_joined(void **state)
{
	unsigned char *whole, part[2048];
	uint32_t mark;
	struct scene s;
	size_t len, at = 0;

	scene_up(&s);
	for (int i = 0; i < 3; i++)
		confirm(&s, i);
	UNTIL(&s, s.b.n == 3);
	/* In fragments of five bytes and an empty one, then byte by byte. */
	len = answer_bytes(&s, 0, &whole);
	memset(part, 0, 4);
	at = 4;
	for (size_t i = 4; i < len; i += 5) {
		size_t n = len - i < 5 ? len - i : 5;

		mark = htonl((i + n == len ? 0x80000000u : 0) | (uint32_t)n);
		memcpy(part + at, &mark, 4);
		memcpy(part + at + 4, whole + i, n);
		at += 4 + n;
	}
	peer_send(&s.b, part, at);
	free(whole);
	UNTIL(&s, s.replies == 1);
	len = answer_bytes(&s, 1, &whole);
	for (size_t i = 0; i < len; i++) {
		peer_send(&s.b, whole + i, 1);
		step(&s);
	}
	free(whole);
	UNTIL(&s, s.replies == 2);
	answer(&s, 2);
	UNTIL(&s, s.replies == 3);
	assert_int_equal(s.ends, 0);
	scene_end(&s);
}

static void
a_stranger_never_comes_up(void **state)
{
	for (int manner = 0; manner < 2; manner++) {
		struct scene s;
		struct hush h;

		scene_begin(&s);
		s.b.key = other_key;
		s.b.manner = manner == 0 ? ANSWERS : UNWELCOMING;
		scene_host(&s, "127.0.0.1", s.b.port);
		hush_begin(&h);
		for (int i = 0; i < STEPS_MAX && s.b.accepted < 5; i++)
			step(&s);
		/* Tried again and again, complained of once. */
		assert_int_equal(hush_end(&h, "same cluster key"), 1);
		assert_int_equal(s.b.accepted, 5);
		assert_int_equal(s.ups + s.ends + s.refusals, 0);
		/* Once it is put right, it works. */
		s.b.key = key;
		s.b.manner = ANSWERS;
		UNTIL(&s, s.ups == 1);
		scene_end(&s);
	}
}

/* A restarted peer's old port may be anybody's: no cause for an alarm. */
static void
other_servers_are_passed_over(void **state)
{
	struct scene s;
	struct hush h;

	scene_begin(&s);
	s.b.manner = NO_PROGRAM;
	scene_host(&s, "127.0.0.1", s.b.port);
	hush_begin(&h);
	for (int i = 0; i < STEPS_MAX && s.b.accepted < 3; i++)
		step(&s);
	assert_int_equal(hush_end(&h, " alarm "), 0);
	assert_int_equal(s.ups + s.ends + s.refusals, 0);
	s.b.manner = ANSWERS;
	UNTIL(&s, s.ups == 1);
	scene_end(&s);
}

/* ---- replies that are none: the link ends, and is opened again ---- */

enum harm {
	HARM_BODY,
	HARM_MAC,
	HARM_ORDER,
	HARM_XID,
	HARM_SWAP,
	HARM_REPLAY,
	HARM_SHORT,
	HARM_LONG,
	HARM_TINY,
	HARM_HUGE,
	HARM_FAILED,
	HARM_CALL,
	HARM_NR
};

/* Where things lie behind mark and reply header (4 + 24 bytes). */
#define ORDER_AT 28
#define BODY_AT	 40

static void
marked(struct peer *b, unsigned char *out, size_t len)
{
	uint32_t mark = htonl(0x80000000u | (uint32_t)(len - 4));

	memcpy(out, &mark, 4);
	peer_send(b, out, len);
}

static void
harm_reply(struct scene *s, enum harm harm)
{
	unsigned char *out, *second, huge[4] = {0x80, 0x20, 0x00, 0x01};
	size_t len = answer_bytes(s, 0, &out);
	uint32_t xid = s->b.calls[0].xid;

	answer_bytes(s, 1, &second);
	out = realloc(out, len + 4);
	memset(out + len, 0, 4);
	switch (harm) {
	case HARM_BODY:
		out[BODY_AT + 5] ^= 1;
		break;
	case HARM_MAC:
		out[len - 1] ^= 1;
		break;
	case HARM_ORDER:
		out[ORDER_AT + 7] ^= 3; /* the second's */
		break;
	case HARM_XID:
		out[6] ^= 1;
		break;
	case HARM_SWAP:
		memcpy(out + 8, second + 8, len - 8);
		break;
	case HARM_REPLAY:
		peer_send(&s->b, out, len);
		break;
	case HARM_SHORT:
		len -= 4;
		break;
	case HARM_LONG:
		len += 4;
		break;
	case HARM_TINY:
		len = 6;
		break;
	case HARM_FAILED:
		len = reply_bytes(xid, SYSTEM_ERR, NULL, NULL, out, len);
		break;
	case HARM_CALL:
		out[11] = CALL;
		break;
	case HARM_HUGE:
	case HARM_NR:
		break;
	}
	if (harm == HARM_HUGE)
		peer_send(&s->b, huge, sizeof(huge));
	else
		marked(&s->b, out, len);
	free(out);
	free(second);
}

static void
harmed_replies_end_the_link(void **state)
{
	for (int harm = 0; harm < HARM_NR; harm++) {
		struct scene s;
		struct hush h;

		scene_up(&s);
		confirm(&s, 1);
		confirm(&s, 2);
		UNTIL(&s, s.b.n == 2);
		hush_begin(&h);
		harm_reply(&s, harm);
		for (int i = 0; i < STEPS_MAX && s.ups < 2; i++)
			step(&s);
		assert_int_equal(hush_end(&h, " alarm link peer=beta"), 1);
		assert_int_equal(s.ends, 1);
		assert_int_equal(s.ups, 2);
		assert_int_equal(s.replies, harm == HARM_REPLAY);
		assert_int_equal(s.refusals, 0);
		scene_end(&s);
	}
}

/* Authentic, and yet no message: the seal is right, the body is not. */
static void
malformed_bodies_end_the_link(void **state)
{
	unsigned char out[256];
	evote_sealed sealed;
	struct scene s;
	struct hush h;
	size_t len;

	scene_up(&s);
	confirm(&s, 1);
	UNTIL(&s, s.b.n == 1);
	session_seal_reply(
	    &s.b.session, s.b.calls[0].proc, 1, "????", 4, &sealed);
	len = reply_bytes(s.b.calls[0].xid, SUCCESS,
	    (xdrproc_t)xdr_evote_sealed, &sealed, out, sizeof(out));
	peer_send(&s.b, out, len);
	hush_begin(&h);
	for (int i = 0; i < STEPS_MAX && s.ups < 2; i++)
		step(&s);
	assert_int_equal(hush_end(&h, " alarm "), 1);
	assert_int_equal(s.ends, 1);
	assert_int_equal(s.replies, 0);
	scene_end(&s);
}

static void
replies_of_another_session_end_the_link(void **state)
{
	unsigned char *old;
	struct scene s;
	struct hush h;
	uint32_t xid;
	size_t len;

	scene_up(&s);
	confirm(&s, 1);
	UNTIL(&s, s.b.n == 1);
	len = answer_bytes(&s, 0, &old);
	peer_hang_up(&s.b);
	UNTIL(&s, s.ups == 2);
	confirm(&s, 1);
	UNTIL(&s, s.b.n == 1);
	xid = htonl(s.b.calls[0].xid);
	memcpy(old + 4, &xid, 4);
	peer_send(&s.b, old, len);
	free(old);
	hush_begin(&h);
	for (int i = 0; i < STEPS_MAX && s.ups < 3; i++)
		step(&s);
	hush_end(&h, "link");
	assert_int_equal(s.ends, 2);
	assert_int_equal(s.replies, 0);
	scene_end(&s);
}

static void
a_peer_that_dies_in_mid_reply(void **state)
{
	unsigned char *out;
	struct scene s;
	size_t len;

	scene_up(&s);
	confirm(&s, 1);
	confirm(&s, 2);
	UNTIL(&s, s.b.n == 2);
	answer(&s, 0);
	len = answer_bytes(&s, 1, &out);
	peer_send(&s.b, out, len - 3);
	free(out);
	peer_stop(&s.b);
	UNTIL(&s, s.refusals > 0);
	/* What came whole was taken before the end was. */
	assert_int_equal(s.replies, 1);
	assert_int_equal(s.ends, 1);
	assert_true(s.end_first);
	scene_end(&s);
}

/* ---- noticing and coming back ---- */

/* Runs at one moment until nothing is left but to wait; for how long. */
static int
settled(struct scene *s, uint64_t moment)
{
	struct pollfd fd = {outbound_fd(s->outbound), POLLIN, 0};
	int wait;

	do {
		outbound_run(s->outbound, moment);
		wait = outbound_wait_ms(s->outbound, moment);
	} while (wait == 0 || poll(&fd, 1, 5) > 0);
	return (wait);
}

static void
death_is_noticed_at_once(void **state)
{
	struct scene s;
	uint64_t then;

	scene_up(&s);
	s.call_in_down = 1;
	steps(&s, 3);
	peer_stop(&s.b);
	then = now_ms(&s);
	/* Without the clock moving on: nothing is waited for. */
	settled(&s, then);
	assert_int_equal(s.ends, 1);
	assert_in_range(s.refusals, 1, 2);
	assert_true(s.end_first);
	scene_end(&s);
}

/*
 * The peer dies, and its door still takes our next connection before it is
 * closed.  Nothing is waited for, as before.
 */
static void
a_door_that_is_closing_is_tried_again(void **state)
{
	struct pollfd fd;
	struct scene s;
	uint64_t then;

	scene_up(&s);
	then = now_ms(&s);
	peer_hang_up(&s.b);
	fd = (struct pollfd){outbound_fd(s.outbound), POLLIN, 0};
	for (int i = 0; i < 100 && s.ends == 0; i++) {
		poll(&fd, 1, 10);
		outbound_run(s.outbound, then);
	}
	assert_int_equal(s.ends, 1);
	outbound_run(s.outbound, then); /* connects */
	close(s.b.listener);
	s.b.listener = -1;
	settled(&s, then);
	assert_in_range(s.refusals, 1, 2);
	scene_end(&s);
}

static void
retries_back_off(void **state)
{
	const int want[] = {10, 20, 40, 80, 160, 320, 500, 500};
	uint64_t moment = 1000;
	struct scene s;

	scene_begin(&s);
	peer_stop(&s.b);
	scene_host(&s, "127.0.0.1", s.b.port);
	for (int i = 0; i < 8; i++) {
		int wait = settled(&s, moment);

		/* The second attempt followed the first at once. */
		assert_int_equal(s.refusals, i + 2);
		assert_int_equal(wait, want[i]);
		moment += (uint64_t)wait;
	}
	assert_int_equal(s.ups + s.ends, 0);
	scene_end(&s);
}

/* Sessions that end as soon as they are open are no reason to hurry. */
static void
flapping_backs_off(void **state)
{
	struct scene s;
	struct hush h;

	scene_begin(&s);
	s.b.manner = HANGS_UP;
	scene_host(&s, "127.0.0.1", s.b.port);
	hush_begin(&h);
	steps(&s, 150); /* at most 150 ms */
	hush_end(&h, "link");
	assert_in_range(s.b.accepted, 2, 7);
	s.b.manner = ANSWERS;
	UNTIL(&s, s.b.fd >= 0 && confirm(&s, 1) == 0);
	scene_end(&s);
}

static void
silence_is_given_up(void **state)
{
	struct scene s;

	/* Connected, but not answered. */
	scene_begin(&s);
	s.b.manner = SILENT;
	scene_host(&s, "127.0.0.1", s.b.port);
	UNTIL(&s, s.b.in_len == 0 && s.b.accepted == 1);
	steps(&s, 20);
	assert_int_equal(s.b.accepted, 1);
	assert_in_range(outbound_wait_ms(s.outbound, now_ms(&s)), 1, 1000);
	s.now += 1000;
	s.b.manner = ANSWERS;
	UNTIL(&s, s.ups == 1);
	assert_int_equal(s.b.accepted, 2);
	assert_int_equal(s.ends + s.refusals, 0);
	scene_end(&s);
}

#define FILL 3

/* The peer's queue is full: what comes is dropped, as by a dead host. */
static void
queue_fill(struct peer *b, int fill[FILL])
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	listen(b->listener, 0);
	sin.sin_port = htons(b->port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < FILL; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fill[i], (struct sockaddr *)&sin, sizeof(sin));
	}
}

static void
queue_empty(struct peer *b, const int fill[FILL])
{
	int fd;

	for (int i = 0; i < FILL; i++)
		close(fill[i]);
	while ((fd = accept(b->listener, NULL, NULL)) >= 0)
		close(fd);
}

/* Not even connected. */
static void
silent_connects_are_given_up(void **state)
{
	static const uint64_t tries[] = {5000, 5100, 5300, 5700, 6000};
	int fill[FILL];
	struct scene s;
	struct hush h;

	scene_begin(&s);
	queue_fill(&s.b, fill);
	scene_host(&s, "127.0.0.1", s.b.port);
	hush_begin(&h);
	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < 5; j++)
			outbound_run(s.outbound, tries[i]);
		assert_int_equal(outbound_wait_ms(s.outbound, tries[i]),
		    tries[i + 1] - tries[i]);
	}
	assert_int_equal(hush_end(&h, "link"), 0);
	hush_begin(&h);
	outbound_run(s.outbound, 6000);
	assert_int_equal(hush_end(&h, "is=not-up why=\"it is silent\""), 1);
	assert_int_equal(s.refusals, 0);
	queue_empty(&s.b, fill);
	scene_end(&s);
}

/* The kernel would send it again only after a second. */
static void
a_connection_whose_beginning_was_lost_is_begun_anew(void **state)
{
	int fill[FILL];
	struct scene s;

	scene_begin(&s);
	queue_fill(&s.b, fill);
	scene_host(&s, "127.0.0.1", s.b.port);
	outbound_run(s.outbound, 5000);
	queue_empty(&s.b, fill);
	assert_int_equal(outbound_wait_ms(s.outbound, 5000), 100);
	for (int i = 0; i < STEPS_MAX && s.b.probes == 0; i++) {
		outbound_run(s.outbound, 5100);
		peer_read(&s.b);
		poll(NULL, 0, 1);
	}
	assert_int_equal(s.b.probes, 1);
	scene_end(&s);
}

/* So many sessions, which all end so soon, and for one reason. */
static int
comes_and_goes(struct scene *s, int times, uint64_t after, const char *what)
{
	int ups = s->ups, ends = s->ends;
	struct hush h;

	hush_begin(&h);
	for (int i = 0; i < times; i++) {
		s->now += after;
		peer_hang_up(&s->b);
		UNTIL(s, s->ends == ends + i + 1);
		UNTIL(s, s->ups == ups + i + 1);
	}
	return (hush_end(&h, what));
}

/* As with a host that refuses this one: it is told once, not at each try. */
static void
what_comes_and_goes_is_told_once(void **state)
{
	struct scene s;
	struct hush h;

	scene_up(&s);
	assert_int_equal(comes_and_goes(&s, 2, 900, "is=up"), 2);
	assert_int_equal(comes_and_goes(&s, 1, 900, "it comes and goes"), 1);
	assert_int_equal(comes_and_goes(&s, 20, 900, " link peer=beta"), 0);
	/* Until it ends for another reason, */
	hush_begin(&h);
	outbound_reset(s.outbound, BETA);
	UNTIL(&s, s.ups == 25);
	assert_int_equal(hush_end(&h, "why=\"ended on this side\""), 1);
	assert_int_equal(comes_and_goes(&s, 2, 900, "is=up"), 2);
	assert_int_equal(comes_and_goes(&s, 20, 900, "is=up"), 0);
	/* or stays. */
	hush_begin(&h);
	s.now += 60000;
	steps(&s, 2);
	assert_int_equal(hush_end(&h, "is=up"), 1);
	assert_int_equal(outbound_wait_ms(s.outbound, now_ms(&s)), -1);
	assert_int_equal(comes_and_goes(&s, 2, 900, "is=down"), 2);
	assert_int_equal(comes_and_goes(&s, 20, 61000, "is=down"), 20);
	scene_end(&s);
}

static void
hooks_may_call_and_reset(void **state)
{
	struct scene s;

	scene_begin(&s);
	s.call_in_up = s.reset_in_reply = 1;
	scene_host(&s, "127.0.0.1", s.b.port);
	UNTIL(&s, s.ups == 1);
	confirm(&s, 2);
	UNTIL(&s, s.b.n == 2);
	/* Both come in one read: the second belongs to a session that ended. */
	answer(&s, 0);
	answer(&s, 1);
	UNTIL(&s, s.ups == 2);
	assert_int_equal(s.replies, 1);
	assert_int_equal(s.ends, 1);
	outbound_reset(s.outbound, BETA);
	outbound_reset(s.outbound, BETA);
	assert_int_equal(s.ends, 1);
	UNTIL(&s, s.ups == 3);
	assert_int_equal(s.ends, 2);
	scene_end(&s);
}

/* ---- TLS ---- */

/* Tries a few times, and comes up neither in plain nor otherwise. */
static void
stays_down(struct scene *s, const char *why, int times)
{
	int accepted = s->b.accepted, ups = s->ups;
	struct hush h;

	hush_begin(&h);
	for (int i = 0; i < STEPS_MAX && s->b.accepted < accepted + 4; i++)
		step(s);
	assert_int_equal(hush_end(&h, why), times);
	assert_int_equal(s->b.accepted, accepted + 4);
	assert_int_equal(s->ups, ups);
	assert_int_equal(s->refusals, 0);
	assert_int_equal(s->b.n, 0);
}

static void
a_decline_is_not_taken_after_tls(void **state)
{
	struct scene s;

	scene_begin(&s);
	s.b.offer = DECLINES;
	scene_host(&s, "127.0.0.1", s.b.port);
	UNTIL(&s, s.ups == 1);
	assert_int_equal(s.b.probes, 1);
	assert_null(s.b.tls);
	/* Upgraded. */
	s.b.offer = SPEAKS;
	peer_hang_up(&s.b);
	UNTIL(&s, s.ups == 2);
	assert_non_null(s.b.tls);
	confirm(&s, 1);
	UNTIL(&s, s.b.n == 1);
	/* And now somebody else, perhaps. */
	s.b.offer = DECLINES;
	peer_hang_up(&s.b);
	stays_down(&s, "does not offer TLS any more", 1);
	s.b.offer = SPEAKS;
	UNTIL(&s, s.ups == 3);
	scene_end(&s);
}

static void
a_host_may_demand_tls(void **state)
{
	struct scene s;

	scene_begin(&s);
	s.b.offer = DECLINES;
	s.not_plain = OUTBOUND_TLS_REQUIRED;
	scene_host(&s, "127.0.0.1", s.b.port);
	stays_down(&s, "this host has tls = require", 1);
	s.b.offer = SPEAKS;
	UNTIL(&s, s.ups == 1);
	scene_end(&s);
}

static void
strange_offers_open_nothing(void **state)
{
	struct scene s;

	scene_begin(&s);
	s.b.offer = ODD;
	scene_host(&s, "127.0.0.1", s.b.port);
	stays_down(&s, " alarm ", 0);
	s.b.offer = GOES_ON;
	stays_down(&s, "in plain where TLS has to begin", 1);
	s.b.offer = SPEAKS;
	UNTIL(&s, s.ups == 1);
	scene_end(&s);
}

/* One time for all of it, and no proof that the peer is dead. */
static void
a_handshake_that_stalls_is_given_up(void **state)
{
	struct scene s;
	struct hush h;

	scene_begin(&s);
	s.b.offer = STALLS;
	scene_host(&s, "127.0.0.1", s.b.port);
	UNTIL(&s, s.b.tls != NULL);
	steps(&s, 20);
	assert_in_range(outbound_wait_ms(s.outbound, now_ms(&s)), 500, 1000);
	hush_begin(&h);
	s.now += 1000;
	s.b.offer = SPEAKS;
	UNTIL(&s, s.ups == 1);
	assert_int_equal(hush_end(&h, "is=not-up why=\"it is silent\""), 1);
	assert_int_equal(s.ends + s.refusals, 0);
	scene_end(&s);
}

/* ---- addresses, names, ports ---- */

/* 127.0.0.last. */
static struct address
loopback(int last)
{
	struct address found[ADDRESS_MAX];
	char host[16];

	snprintf(host, sizeof(host), "127.0.0.%d", last);
	assert_int_equal(address_numeric(host, found), 1);
	return (found[0]);
}

/* What comes of the attempt that is under way. */
static enum reach_got
outcome(struct reach *r, enum reach_got got)
{
	struct pollfd fd = {r->epoll, POLLIN, 0};

	for (int i = 0; i < 10 && got == REACH_MORE; i++) {
		poll(&fd, 1, 100);
		got = reach_ready(r, 0);
	}
	return (got);
}

static enum reach_got
attempt(struct reach *r)
{
	return (outcome(r, reach_start(r, 0)));
}

/* The resolver has another answer: these two. */
static void
renamed(struct reach *r, int first, int second)
{
	const struct address found[] = {loopback(first), loopback(second)};
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(send(pair[1], found, sizeof(found), 0), sizeof(found));
	close(pair[1]);
	r->resolve_fd = pair[0];
	assert_int_equal(reach_answered(r, 0), REACH_MORE);
	assert_int_equal(r->n_addrs, 2);
}

/* Refused where the server never was: it may live at its other address. */
static void
only_the_right_address_refuses(void **state)
{
	int epoll = epoll_create1(0), listener, port;
	enum reach_got got;
	struct reach r;

	listener = bound(SOCK_STREAM, 0, &port);
	assert_int_equal(reach_init(&r, epoll, 0, "127.0.0.1", port), 0);
	renamed(&r, 1, 2);
	/* Anywhere, until it has worked somewhere. */
	assert_int_equal(attempt(&r), REACH_REFUSED);
	assert_int_equal(attempt(&r), REACH_REFUSED);
	/* It does, just when its name begins to lead elsewhere, */
	assert_int_equal(listen(listener, 8), 0);
	got = reach_start(&r, 0);
	renamed(&r, 3, 4);
	assert_int_equal(outcome(&r, got), REACH_DONE);
	reach_worked(&r);
	close(reach_take(&r));
	close(listener);
	/* where it never was. */
	assert_int_equal(attempt(&r), REACH_FAILED);
	assert_int_equal(attempt(&r), REACH_FAILED);
	/* Where it was is tried first, whatever the order is now. */
	renamed(&r, 2, 1);
	assert_int_equal(attempt(&r), REACH_REFUSED);
	/* Then it is the other one's turn. */
	assert_int_equal(attempt(&r), REACH_FAILED);
	assert_int_equal(attempt(&r), REACH_REFUSED);
	reach_clear(&r);
	close(epoll);
}

/* So it is when the order changes while it is tried. */
static void
the_place_that_works_is_kept_when_the_order_changes(void **state)
{
	int epoll = epoll_create1(0), listener, port;
	enum reach_got got;
	struct reach r;

	listener = bound(SOCK_STREAM, 0, &port);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(reach_init(&r, epoll, 0, "127.0.0.1", port), 0);
	renamed(&r, 1, 2);
	got = reach_start(&r, 0);
	renamed(&r, 2, 1);
	assert_int_equal(outcome(&r, got), REACH_DONE);
	reach_worked(&r);
	close(reach_take(&r));
	assert_int_equal(attempt(&r), REACH_DONE);
	close(reach_take(&r));
	reach_clear(&r);
	close(listener);
	close(epoll);
}

/* What was reset after a session is tried in the same place, once. */
static void
the_place_that_worked_has_two_tries(void **state)
{
	int epoll = epoll_create1(0), port;
	struct reach r;

	close(bound(SOCK_STREAM, 0, &port));
	assert_int_equal(reach_init(&r, epoll, 0, "127.0.0.1", port), 0);
	renamed(&r, 1, 2);
	assert_int_equal(attempt(&r), REACH_REFUSED);
	assert_int_equal(attempt(&r), REACH_REFUSED);
	reach_worked(&r); /* at the second */
	r.at = 1;
	reach_failed(&r);
	assert_int_equal(attempt(&r), REACH_REFUSED);
	/* It refuses: now it is the other's turn. */
	assert_int_equal(r.at, 0);
	/* So it is when it refuses first. */
	r.at = 1;
	reach_worked(&r);
	assert_int_equal(attempt(&r), REACH_REFUSED);
	assert_int_equal(r.at, 0);
	/* A reset twice is no better. */
	r.at = 1;
	reach_worked(&r);
	reach_failed(&r);
	reach_failed(&r);
	assert_int_equal(r.at, 0);
	/* Nor is the portmapper asked sooner. */
	r.fixed = 0;
	reach_worked(&r);
	reach_failed(&r);
	assert_int_equal(r.ask, 0);
	reach_failed(&r);
	assert_int_equal(r.ask, 1);
	reach_clear(&r);
	close(epoll);
}

static void
names_are_resolved_elsewhere(void **state)
{
	struct scene s;

	scene_begin(&s);
	scene_host(&s, "localhost", s.b.port);
	UNTIL(&s, s.ups == 1);
	/* Remembered, while it is asked for anew. */
	s.now += 60000;
	peer_hang_up(&s.b);
	UNTIL(&s, s.ups == 2);
	steps(&s, 20);
	scene_end(&s);

	scene_begin(&s);
	scene_host(&s, "no-such-host.invalid", s.b.port);
	steps(&s, 5);
	assert_int_equal(s.ups + s.ends + s.refusals, 0);
	scene_end(&s); /* perhaps while the resolver is still at it */
}

/* The link asks the portmapper, which does not hear the first few. */
static void
scene_mapped(struct scene *s, int deaf)
{
	scene_begin(s);
	s->b.pmap = bound(SOCK_DGRAM, PMAPPORT, NULL);
	s->b.pmap_port = s->b.port;
	s->b.pmap_deaf = deaf;
	scene_host(s, "127.0.0.1", 0);
}

static void
the_port_is_looked_up(void **state)
{
	struct scene s;

	scene_mapped(&s, 2); /* two of the questions are lost */
	UNTIL(&s, s.ups == 1);
	assert_int_equal(s.b.asked, 3);
	/* It worked, so it is tried first: without a question. */
	peer_hang_up(&s.b);
	UNTIL(&s, s.ups == 2);
	assert_int_equal(s.b.asked, 3);
	assert_int_equal(s.refusals, 0);
	scene_end(&s);
}

static void
lookups_are_repeated_and_given_up(void **state)
{
	const uint64_t at[] = {60, 180, 420, 900};
	struct scene s;

	scene_mapped(&s, 1000);
	outbound_run(s.outbound, 1000);
	for (int i = 0; i < 4; i++) {
		outbound_run(s.outbound, 1000 + at[i] - 1);
		peer_map(&s.b);
		assert_int_equal(s.b.asked, i + 1);
		outbound_run(s.outbound, 1000 + at[i]);
		peer_map(&s.b);
		assert_int_equal(s.b.asked, i + 2);
	}
	assert_int_equal(outbound_wait_ms(s.outbound, 1900), 100);
	outbound_run(s.outbound, 2000);
	/* The first failure is followed at once by the next attempt. */
	outbound_run(s.outbound, 2000);
	peer_map(&s.b);
	assert_int_equal(s.b.asked, 6);
	assert_int_equal(s.refusals + s.ups, 0);
	scene_end(&s);
}

static void
no_such_program_is_not_refused(void **state)
{
	struct scene s;

	scene_mapped(&s, 0);
	s.b.pmap_port = 0;
	UNTIL(&s, s.b.asked == 4);
	close(s.b.pmap);
	s.b.pmap = -1;
	steps(&s, 50); /* nor is a portmapper that is not there */
	assert_int_equal(s.refusals + s.ends + s.ups, 0);
	scene_end(&s);
}

/* Long away, back for a moment and dead again. */
static void
a_second_death_is_noticed_at_once(void **state)
{
	struct scene s;
	int before;

	scene_mapped(&s, 0);
	UNTIL(&s, s.ups == 1);
	peer_stop(&s.b);
	UNTIL(&s, s.refusals >= 7); /* 640 ms of waiting */
	peer_start(&s.b);
	s.b.pmap_port = s.b.port;
	UNTIL(&s, s.ups == 2);
	before = s.refusals;
	peer_stop(&s.b);
	settled(&s, now_ms(&s));
	assert_int_equal(s.ends, 2);
	assert_in_range(s.refusals, before + 1, before + 2);
	scene_end(&s);
}

static void
a_restarted_peer_has_another_port(void **state)
{
	struct scene s;
	uint64_t now;
	int old;

	scene_mapped(&s, 0);
	UNTIL(&s, s.ups == 1);
	old = s.b.port;
	peer_stop(&s.b);
	now = now_ms(&s);
	/* Told of, before the portmapper has said a word, */
	for (int i = 0; i < 10 && s.refusals == 0; i++)
		outbound_run(s.outbound, now);
	assert_int_equal(s.refusals, 1);
	assert_int_equal(s.b.asked, 1);
	/* which is asked at once. */
	settled(&s, now);
	peer_map(&s.b);
	assert_int_equal(s.b.asked, 2);
	/* The portmapper does not know yet, then it does. */
	UNTIL(&s, s.refusals >= 4);
	peer_start(&s.b);
	assert_int_not_equal(s.b.port, old);
	s.b.pmap_port = s.b.port;
	UNTIL(&s, s.ups == 2);
	assert_int_equal(s.ends, 1);
	/* From then on the new one is tried first. */
	old = s.b.asked;
	peer_hang_up(&s.b);
	UNTIL(&s, s.ups == 3);
	assert_int_equal(s.b.asked, old);
	scene_end(&s);
}

/* The peer comes back where it was, and its portmapper does not. */
static void
a_dead_portmapper_does_not_keep_us_away(void **state)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	struct scene s;
	int on = 1;

	scene_mapped(&s, 0);
	UNTIL(&s, s.ups == 1);
	close(s.b.pmap);
	s.b.pmap = -1;
	peer_stop(&s.b);
	UNTIL(&s, s.refusals >= 3);
	sin.sin_port = htons(s.b.port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s.b.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(s.b.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(
	    bind(s.b.listener, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(s.b.listener, 8), 0);
	UNTIL(&s, s.ups == 2);
	scene_end(&s);
}

static void
ports_handed_out(const char *range)
{
	int fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY);

	assert_int_equal(write(fd, range, strlen(range)), strlen(range));
	close(fd);
}

/* The only port there is for our end is the one we want to reach. */
static void
a_socket_that_meets_itself_is_refused(void **state)
{
	struct scene s;
	struct hush h;

	scene_begin(&s);
	peer_stop(&s.b);
	scene_host(&s, "127.0.0.1", 40000);
	ports_handed_out("40000 40000");
	hush_begin(&h);
	settled(&s, now_ms(&s));
	assert_int_equal(hush_end(&h, "connection refused"), 1);
	ports_handed_out("32768 60999");
	assert_true(s.refusals > 0);
	assert_int_equal(s.ups, 0);
	scene_end(&s);
}

/* A loopback of our own; where that is not to be had, the real one. */
static int
own_network(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd, up;

	if (unshare(CLONE_NEWNET) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return (-1);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	up = ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
	return (up);
}

int
main(void)
{
	const struct CMUnitTest links[] = {
	    cmocka_unit_test(a_call_and_its_reply),
	    cmocka_unit_test(a_call_that_is_not_known),
	    cmocka_unit_test(replies_in_any_order),
	    cmocka_unit_test(large_calls_arrive_whole),
	    cmocka_unit_test(what_waits_is_bounded),
	    cmocka_unit_test(fragments_are_joined),
	    cmocka_unit_test(a_stranger_never_comes_up),
	    cmocka_unit_test(other_servers_are_passed_over),
	    cmocka_unit_test(harmed_replies_end_the_link),
	    cmocka_unit_test(malformed_bodies_end_the_link),
	    cmocka_unit_test(replies_of_another_session_end_the_link),
	    cmocka_unit_test(a_peer_that_dies_in_mid_reply),
	    cmocka_unit_test(death_is_noticed_at_once),
	    cmocka_unit_test(a_door_that_is_closing_is_tried_again),
	    cmocka_unit_test(retries_back_off),
	    cmocka_unit_test(flapping_backs_off),
	    cmocka_unit_test(silence_is_given_up),
	    cmocka_unit_test(silent_connects_are_given_up),
	    cmocka_unit_test(
		a_connection_whose_beginning_was_lost_is_begun_anew),
	    cmocka_unit_test(what_comes_and_goes_is_told_once),
	    cmocka_unit_test(hooks_may_call_and_reset),
	    cmocka_unit_test(only_the_right_address_refuses),
	    cmocka_unit_test(
		the_place_that_works_is_kept_when_the_order_changes),
	    cmocka_unit_test(the_place_that_worked_has_two_tries),
	    cmocka_unit_test(names_are_resolved_elsewhere),
	};
	const struct CMUnitTest ports[] = {
	    cmocka_unit_test(the_port_is_looked_up),
	    cmocka_unit_test(lookups_are_repeated_and_given_up),
	    cmocka_unit_test(no_such_program_is_not_refused),
	    cmocka_unit_test(a_restarted_peer_has_another_port),
	    cmocka_unit_test(a_second_death_is_noticed_at_once),
	    cmocka_unit_test(a_dead_portmapper_does_not_keep_us_away),
	    cmocka_unit_test(a_socket_that_meets_itself_is_refused),
	};
	const struct CMUnitTest tls[] = {
	    cmocka_unit_test(a_decline_is_not_taken_after_tls),
	    cmocka_unit_test(a_host_may_demand_tls),
	    cmocka_unit_test(strange_offers_open_nothing),
	    cmocka_unit_test(a_handshake_that_stalls_is_given_up),
	};
	int own = own_network() == 0;
	int failed = cmocka_run_group_tests(tls, NULL, NULL);

	/* All of it with peers of either kind. */
	for (offer = DECLINES; offer <= SPEAKS; offer++) {
		failed += cmocka_run_group_tests(links, NULL, NULL);
		if (own)
			failed += cmocka_run_group_tests(ports, NULL, NULL);
	}
	if (!own)
		print_message("no network of our own: no portmapper tests\n");
	return (failed);
}
