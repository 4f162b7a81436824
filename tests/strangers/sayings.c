/*
 * What somebody without a key can say to a host.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rpc/rpc.h>

#include "strangers.h"
#include "common/rpc/tls.h"

#define MARK	 4
#define CALL_MAX 65536

static unsigned state;

void
draw_seed(unsigned seed)
{
	state = seed;
}

unsigned
draw(unsigned n)
{
	state = state * 1664525u + 1013904223u;
	return ((state >> 8) % n);
}

static void
garbage(void *to, size_t len)
{
	unsigned char *bytes = to;

	while (len > 0)
		bytes[--len] = (unsigned char)draw(256);
}

static void
add(struct kind *k, const void *bytes, size_t len)
{
	k->bytes = realloc(k->bytes, k->len + len);
	if (k->bytes == NULL)
		abort();
	memcpy(k->bytes + k->len, bytes, len);
	k->len += len;
}

/* A call as one record, with an empty credential of that flavor. */
static void
add_call_as(struct kind *k, int flavor, uint32_t prog, uint32_t proc,
    xdrproc_t xargs, const void *args)
{
	static unsigned char room[MARK + CALL_MAX];
	struct rpc_msg msg = {.rm_direction = CALL};
	uint32_t mark;
	XDR xdrs;

	msg.rm_xid = draw(1u << 24);
	msg.rm_call.cb_rpcvers = RPC_MSG_VERSION;
	msg.rm_call.cb_prog = prog;
	msg.rm_call.cb_vers = 1;
	msg.rm_call.cb_proc = proc;
	msg.rm_call.cb_cred.oa_flavor = flavor;
	xdrmem_create(&xdrs, (char *)room + MARK, CALL_MAX, XDR_ENCODE);
	if (!xdr_callmsg(&xdrs, &msg) ||
	    (xargs != NULL && !xargs(&xdrs, (void *)args)))
		abort();
	mark = htonl(0x80000000u | xdr_getpos(&xdrs));
	memcpy(room, &mark, MARK);
	add(k, room, MARK + xdr_getpos(&xdrs));
	xdr_destroy(&xdrs);
}

static void
add_call(struct kind *k, uint32_t prog, uint32_t proc, xdrproc_t xargs,
    const void *args)
{
	add_call_as(k, AUTH_NONE, prog, proc, xargs, args);
}

/* ---- to the voters' program ---- */

/* v0001 is on the roll, v9999 is not. */
static char *
somebody(void)
{
	static char name[16];

	snprintf(name, sizeof(name), "v%04u", 1 + draw(2) * 9998);
	return (name);
}

static void
say_login(struct kind *k)
{
	char challenge[80], sig[64];
	evote_auth_args args = {.voter = somebody(),
	    .challenge = {draw(2) ? 72 : sizeof(challenge), challenge},
	    .signature = {sizeof(sig), sig}};

	garbage(challenge, sizeof(challenge));
	garbage(sig, sizeof(sig));
	add_call(
	    k, EVOTE_PROG, EVOTE_AUTH, (xdrproc_t)xdr_evote_auth_args, &args);
}

static void
sign(evote_request *q, char sig[64])
{
	garbage(sig, 64);
	sig[63] &= 0x0f; /* or it would show without a look at the key */
	garbage(q->client, sizeof(q->client));
	q->number = draw(1000);
	q->credential.kind = EVOTE_BY_SIGNATURE;
	q->credential.evote_credential_u.own.voter = somebody();
	q->credential.evote_credential_u.own.signature =
	    (evote_signature){64, sig};
}

static void
say_vote(struct kind *k)
{
	char sig[64];
	evote_vote_args args = {
	    .election = (char *)"attack", .choice = (char *)"yes"};

	sign(&args.request, sig);
	add_call(k, EVOTE_PROG, EVOTE_CAST_VOTE, (xdrproc_t)xdr_evote_vote_args,
	    &args);
}

/* As large as can be. */
static void
say_create(struct kind *k)
{
	static char name[EVOTE_NAME_MAX + 1];
	char *names[EVOTE_CHOICES_MAX], sig[64];
	evote_create_args args = {.election = {.name = name,
				      .groups = {EVOTE_GROUPS_MAX, names},
				      .choices = {EVOTE_CHOICES_MAX, names}}};

	memset(name, 'x', EVOTE_NAME_MAX);
	for (int i = 0; i < EVOTE_CHOICES_MAX; i++)
		names[i] = name;
	sign(&args.request, sig);
	add_call(k, EVOTE_PROG, EVOTE_CREATE_ELECTION,
	    (xdrproc_t)xdr_evote_create_args, &args);
}

static void
say_status(struct kind *k)
{
	add_call(k, EVOTE_PROG, EVOTE_STATUS, NULL, NULL);
}

static void
say_list(struct kind *k)
{
	evote_list_args args = {0};

	add_call(k, EVOTE_PROG, EVOTE_LIST_ELECTIONS,
	    (xdrproc_t)xdr_evote_list_args, &args);
}

/* What stands in line behind a signature. */
static void
say_line(struct kind *k)
{
	say_vote(k);
	for (int i = 0; i < 63; i++)
		say_list(k);
}

/* Much that is proved, some that never comes, and receipts of others. */
static void
say_prove(struct kind *k)
{
	evote_checkpoint_args far = {.least = UINT64_MAX}, since = {.since = 1};
	evote_receipt_args receipt = {.asker = {.voter = somebody()}};
	evote_prove_args prove = {.seq = draw(300), .since = draw(300)};
	evote_keys_args keys = {0};

	garbage(receipt.asker.client, sizeof(receipt.asker.client));
	add_call(k, EVOTE_PROG, EVOTE_CHECKPOINT,
	    (xdrproc_t)xdr_evote_checkpoint_args, draw(2) ? &far : &since);
	add_call(k, EVOTE_PROG, EVOTE_RECEIPT,
	    (xdrproc_t)xdr_evote_receipt_args, &receipt);
	add_call(k, EVOTE_PROG, EVOTE_PROVE, (xdrproc_t)xdr_evote_prove_args,
	    &prove);
	add_call(
	    k, EVOTE_PROG, EVOTE_KEYS, (xdrproc_t)xdr_evote_keys_args, &keys);
}

/* What anybody may ask of an election, and a voter's own with no token. */
static void
say_ask(struct kind *k)
{
	char bytes[EVOTE_TOKEN_MAX];
	evote_named_args named = {
	    .election = (char *)(draw(2) ? "attack" : "none")};
	evote_check_args check = {
	    .token = {1 + draw(sizeof(bytes)), bytes}, .first = draw(3)};

	garbage(bytes, sizeof(bytes));
	add_call(k, EVOTE_PROG, EVOTE_TURNOUT, (xdrproc_t)xdr_evote_named_args,
	    &named);
	add_call(k, EVOTE_PROG, EVOTE_REPORT, (xdrproc_t)xdr_evote_named_args,
	    &named);
	add_call(k, EVOTE_PROG, EVOTE_CHECK, (xdrproc_t)xdr_evote_check_args,
	    &check);
}

/* ---- to those that are not for them ---- */

static void
say_replica(struct kind *k)
{
	char body[4000];
	evote_open_args open = {
	    .caller = (char *)"beta", .callee = (char *)"alpha"};
	evote_sealed sealed = {.order = 1, .body = {sizeof(body), body}};

	garbage(open.nonce, sizeof(open.nonce));
	garbage(body, sizeof(body));
	garbage(sealed.mac, sizeof(sealed.mac));
	add_call(k, EVOTE_REPLICA_PROG, EVOTE_REPLICA_OPEN,
	    (xdrproc_t)xdr_evote_open_args, &open);
	add_call(k, EVOTE_REPLICA_PROG, 2 + draw(4),
	    (xdrproc_t)xdr_evote_sealed, &sealed);
}

static void
say_admin(struct kind *k)
{
	evote_host to = (char *)"beta";

	add_call(k, EVOTE_ADMIN_PROG, EVOTE_HANDOVER, (xdrproc_t)xdr_evote_host,
	    &to);
}

/* ---- to nobody ---- */

static void
say_noise(struct kind *k)
{
	char noise[1024];

	garbage(noise, sizeof(noise));
	add(k, noise, sizeof(noise));
}

static void
say_half(struct kind *k)
{
	add(k, "\x80\0\1\0half", 8);
}

/* Nearly all of the longest record. */
static void
say_huge(struct kind *k)
{
	static char much[65536];
	uint32_t mark = htonl(0x80000000u | EVOTE_CALL_MAX);

	add(k, &mark, sizeof(mark));
	for (int i = 0; i < EVOTE_CALL_MAX / (int)sizeof(much) - 1; i++)
		add(k, much, sizeof(much));
}

static void
say_nothing(struct kind *k)
{
}

/* ---- about TLS ---- */

static void
say_probe(struct kind *k)
{
	add_call_as(k, AUTH_TLS, EVOTE_PROG, EVOTE_NULL, NULL, NULL);
}

static void
say_null(struct kind *k)
{
	add_call(k, EVOTE_PROG, EVOTE_NULL, NULL, NULL);
}

/* Somebody on the way puts a call behind the probe. */
static void
say_injection(struct kind *k)
{
	say_probe(k);
	say_status(k);
}

/* One byte in so many of a ClientHello. */
static void
hello(struct kind *k, size_t share)
{
	struct tls *t = tls_connect("127.0.0.1", NULL);

	if (t == NULL || tls_shake(t) != TLS_MORE)
		abort();
	add(k, tls_outbox(t)->data, outbox_size(tls_outbox(t)) / share);
	tls_free(t);
}

static void
say_hello(struct kind *k)
{
	hello(k, 1);
}

static void
say_half_hello(struct kind *k)
{
	hello(k, 2);
}

/* A ClientHello that says it is as long as OpenSSL takes, and never comes. */
static void
say_long_hello(struct kind *k)
{
	static const unsigned char begin[] = {22, 3, 1, 0, 4, 1, 2, 1, 0x44};

	add(k, begin, sizeof(begin));
}

static const struct saying {
	const char *name;
	void (*say)(struct kind *);
	unsigned times;
	enum manner manner;
	unsigned share, life_ms;
	enum secrecy secrecy;
} sayings[KINDS] = {
    {"login", say_login, 64, READS, 10, 1000, PLAIN},
    {"vote", say_vote, 64, READS, 10, 1000, PLAIN},
    {"vote_and_leave", say_vote, 64, LEAVES, 5, 1000, PLAIN},
    {"line", say_line, 1, READS, 5, 1000, PLAIN},
    {"create", say_create, 8, READS, 3, 2000, PLAIN},
    {"status", say_status, 600, READS, 10, 1000, PLAIN},
    {"prove", say_prove, 16, READS, 10, 3000, PLAIN},
    {"ask", say_ask, 64, READS, 10, 1000, PLAIN},
    {"deaf", say_status, 200, DEAF, 15, 8000, PLAIN},
    {"deaf_list", say_list, 200, DEAF, 5, 8000, PLAIN},
    {"idle", say_nothing, 1, WAITS, 20, 20000, PLAIN},
    {"half", say_half, 1, WAITS, 10, 20000, PLAIN},
    {"huge", say_huge, 1, WAITS, 2, 8000, PLAIN},
    {"shut", say_list, 1, SHUTS, 5, 1000, PLAIN},
    {"replica", say_replica, 8, READS, 5, 1000, PLAIN},
    {"noise", say_noise, 4, READS, 5, 1000, PLAIN},
    {"probe", say_nothing, 1, WAITS, 10, 20000, PROBES},
    {"probe_and_leave", say_probe, 1, LEAVES, 5, 200, PLAIN},
    {"injection", say_injection, 1, READS, 3, 1000, PLAIN},
    {"hello_noise", say_noise, 1, READS, 3, 1000, PROBES},
    {"hello_half", say_half_hello, 1, WAITS, 5, 20000, PROBES},
    {"hello", say_hello, 1, WAITS, 10, 20000, PROBES},
    {"hello_long", say_long_hello, 1, WAITS, 10, 20000, PROBES},
    {"tls_silent", say_nothing, 1, WAITS, 5, 20000, SHAKES},
    {"tls_idle", say_null, 1, WAITS, 10, 20000, SHAKES},
    {"tls_vote", say_vote, 8, READS, 5, 1000, SHAKES},
    {"tls_deaf", say_status, 200, DEAF, 5, 8000, SHAKES},
};

void
kinds_make(struct kind kinds[KINDS])
{
	for (int i = 0; i < KINDS; i++) {
		kinds[i] = (struct kind){.name = sayings[i].name,
		    .manner = sayings[i].manner,
		    .secrecy = sayings[i].secrecy,
		    .share = sayings[i].share,
		    .life_ms = sayings[i].life_ms};
		if (sayings[i].secrecy != PLAIN)
			say_probe(&kinds[i]);
		kinds[i].probe = kinds[i].len;
		for (unsigned n = 0; n < sayings[i].times; n++) {
			sayings[i].say(&kinds[i]);
			if (sayings[i].say == say_replica)
				say_admin(&kinds[i]);
		}
	}
}

int
kinds_only(struct kind kinds[KINDS], const char *name)
{
	int found = -1;

	for (int i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			found = 0;
		else
			kinds[i].share = 0;
	}
	return (found);
}

int
kinds_draw(const struct kind kinds[KINDS])
{
	unsigned sum = 0, at;
	int i = 0;

	for (int k = 0; k < KINDS; k++)
		sum += kinds[k].share;
	for (at = draw(sum); at >= kinds[i].share; i++)
		at -= kinds[i].share;
	return (i);
}
