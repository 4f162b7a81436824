/*
 * The client's side of RPC over TLS, towards servers that this test plays: one
 * connection each, on a thread, and most of them misbehave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "common/log.h"
#include "common/rpc/authority.h"
#include "common/rpc/header.h"
#include "tests/unit/callee.h"
#include "tests/unit/tls_end.h"

#define SOON 300 /* ms; for servers that say nothing */

static const unsigned char key[32] = {7}, other_key[32] = {8};
static const char *const names[] = {"alpha", "127.0.0.1"};

/* ---- what the servers do ---- */

enum answer {
	YES,
	NO_TOKEN,
	NO_ERROR,
	NO_PROGRAM,
	WRONG_TOKEN,
	MISMATCH,
	OTHER_FLAVOR,
	GARBAGE,
	HANGS_UP,
	SAYS_NOTHING,
	YES_AND_MORE
};

/* After "yes". */
enum greeting {
	TLS,
	PLAIN_GOES_ON,
	STALLS,
	STALLS_HALF_WAY,
	CLOSES,
	OLD_TLS,
	NO_ALPN,
	CHAIN
};

struct server {
	enum answer answer;
	enum greeting greeting;
	const unsigned char *key;
	const struct chain *chain;
	struct callee at;
	int probes, calls; /* what has come; calls also in plain */
	uint32_t words[10];
};

static void
send_record(int fd, const uint32_t *words, size_t n)
{
	uint32_t out[64] = {stream_mark(4 * n)};

	memcpy(out + 1, words, 4 * n);
	(void)!send(fd, out, 4 + 4 * n, MSG_NOSIGNAL);
}

/* In words: what RFC 5531 and RFC 9289 have. */
static void
probe_answer(const struct server *s, int fd)
{
	const uint32_t x = s->words[0], reply = htonl(1), error = htonl(1);
	uint32_t token[2];

	memcpy(token, "STARTTLS", 8);
	/* Both records in one packet: the client sees all of it, or nothing. */
	if (s->answer == YES_AND_MORE)
		(void)!send(fd,
		    (uint32_t[]){stream_mark(32), x, reply, 0, 0, htonl(8),
			token[0], token[1], 0, stream_mark(24), x, reply, 0, 0,
			0, 0},
		    64, MSG_NOSIGNAL);
	if (s->answer == YES)
		send_record(fd,
		    (uint32_t[]){
			x, reply, 0, 0, htonl(8), token[0], token[1], 0},
		    8);
	if (s->answer == NO_TOKEN)
		send_record(fd, (uint32_t[]){x, reply, 0, 0, 0, 0}, 6);
	if (s->answer == NO_ERROR)
		send_record(
		    fd, (uint32_t[]){x, reply, error, error, htonl(2)}, 5);
	if (s->answer == NO_PROGRAM)
		send_record(fd, (uint32_t[]){x, reply, 0, 0, 0, htonl(1)}, 6);
	if (s->answer == WRONG_TOKEN)
		send_record(fd,
		    (uint32_t[]){
			x, reply, 0, 0, htonl(8), token[1], token[0], 0},
		    8);
	if (s->answer == MISMATCH)
		send_record(fd,
		    (uint32_t[]){x, reply, error, 0, htonl(2), htonl(2)}, 6);
	if (s->answer == OTHER_FLAVOR)
		send_record(fd,
		    (uint32_t[]){
			x, reply, 0, htonl(1), htonl(8), token[0], token[1], 0},
		    8);
	if (s->answer == GARBAGE)
		send_record(fd, (uint32_t[]){x, reply, 0}, 3);
}

/* The next call, of 11 words; its answer is one more than it asked. */
static int
sealed_call(struct server *s, int fd, struct tls *t)
{
	uint32_t call[12], r[8];

	if (tls_end_read(fd, t, call, sizeof(call)) != 0)
		return (-1);
	s->calls++;
	memcpy(r,
	    (uint32_t[]){stream_mark(28), call[1], htonl(1), 0, 0, 0, 0,
		htonl(ntohl(call[11]) + 1)},
	    sizeof(r));
	/* In two pieces, which the client puts together. */
	(void)tls_write(t, r, 9);
	(void)tls_write(t, (char *)r + 9, sizeof(r) - 9);
	tls_end_flush(fd, t);
	return (0);
}

static void
greet_tls(struct server *s, int fd)
{
	struct tls_server *server = tls_server_new(s->key, names, 2);
	struct tls *t = tls_accept(server);
	enum tls_got got;

	while ((got = tls_shake(t)) == TLS_MORE) {
		/* The first hundred bytes of its certificates, perhaps. */
		if (s->greeting == STALLS_HALF_WAY &&
		    outbox_size(tls_outbox(t)) > 200)
			tls_outbox(t)->end = tls_outbox(t)->start + 200;
		tls_end_flush(fd, t);
		if (tls_end_more(fd, t) != 0)
			break;
	}
	tls_end_flush(fd, t);
	while (got == TLS_OK && sealed_call(s, fd, t) == 0)
		continue;
	tls_free(t);
	tls_server_free(server);
}

static int
alpn_any(SSL *ssl, const unsigned char **out, unsigned char *len,
    const unsigned char *in, unsigned in_len, void *arg)
{
	*out = in + 1;
	*len = in[0];
	return (SSL_TLSEXT_ERR_OK);
}

/* Our authority, one of the same name that is not ours, and what is below. */
enum cert { NONE, OURS, THEIRS, BELOW_OURS, A_HOST };
enum leaf { BY_OURS, BY_THEIRS, BY_ITSELF, IS_OURS };
enum when { NOW, PAST, TO_COME };

/* What a server shows: a leaf, and what follows it. */
struct chain {
	enum leaf leaf;
	const char *name; /* whom the leaf is for */
	enum when valid;
	enum cert above[3];
	const char *pinned, *first_use; /* why it is refused; NULL: it is not */
};

static const struct chain right = {.name = "alpha", .above = {OURS}};

/* Names its issuer, and is signed by whomever. */
static void
sign_below(X509 *cert, const X509 *issuer, EVP_PKEY *by)
{
	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	assert_true(X509_sign(cert, by, NULL) > 0);
}

static X509 *
cert_above(enum cert what, EVP_PKEY *ours, EVP_PKEY *theirs)
{
	X509 *top = authority_certificate(ours), *cert = top;

	if (what == THEIRS || what == BELOW_OURS)
		cert = authority_certificate(theirs);
	/* It says that ours has signed it. */
	if (what == BELOW_OURS) {
		X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "OU",
		    MBSTRING_ASC, (const unsigned char *)"below", -1, -1, 0);
		sign_below(cert, top, theirs);
	}
	if (what == A_HOST)
		cert = authority_leaf(ours, theirs, names, 2);
	if (cert != top)
		X509_free(top);
	return (cert);
}

static X509 *
cert_leaf(const struct chain *c, EVP_PKEY *by, EVP_PKEY *own, X509 *issuer)
{
	X509 *cert = authority_leaf(by, own, &c->name, 1);

	if (c->valid == PAST)
		X509_gmtime_adj(X509_getm_notAfter(cert), -3600);
	if (c->valid == TO_COME)
		X509_gmtime_adj(X509_getm_notBefore(cert), 3600);
	sign_below(cert, c->leaf == BY_ITSELF ? cert : issuer, by);
	return (cert);
}

static void
chain_fill(SSL_CTX *ctx, const struct chain *c)
{
	EVP_PKEY *ours = authority_key(key), *theirs = authority_key(other_key);
	EVP_PKEY *fresh = authority_leaf_key();
	EVP_PKEY *own = c->leaf == IS_OURS ? ours : fresh;
	EVP_PKEY *by = c->leaf == BY_ITSELF ? own
	    : c->leaf == BY_THEIRS	    ? theirs
					    : ours;
	X509 *above = cert_above(c->above[0], ours, theirs);
	X509 *leaf = c->leaf == IS_OURS ? cert_above(OURS, ours, theirs)
					: cert_leaf(c, by, own, above);

	assert_int_equal(SSL_CTX_use_certificate(ctx, leaf), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, own), 1);
	X509_free(leaf);
	X509_free(above);
	for (int i = 0; i < 3 && c->above[i] != NONE; i++)
		SSL_CTX_add0_chain_cert(
		    ctx, cert_above(c->above[i], ours, theirs));
	EVP_PKEY_free(fresh);
	EVP_PKEY_free(theirs);
	EVP_PKEY_free(ours);
}

static void
greet_chain(struct server *s, int fd)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;
	char byte;

	chain_fill(ctx, s->chain);
	if (s->greeting == OLD_TLS)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	if (s->greeting != NO_ALPN)
		SSL_CTX_set_alpn_select_cb(ctx, alpn_any, NULL);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, &byte, 1) == 1)
		s->calls++;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static void
greet(struct server *s, int fd)
{
	const uint32_t plain[] = {s->words[0], htonl(1), 0, 0, 0, 0};
	char byte;

	switch (s->greeting) {
	case TLS:
	case STALLS_HALF_WAY:
		greet_tls(s, fd);
		break;
	case PLAIN_GOES_ON:
		(void)!read(fd, &byte, 1);
		send_record(fd, plain, 6);
		while (read(fd, &byte, 1) == 1)
			continue;
		break;
	case STALLS:
		while (read(fd, &byte, 1) == 1)
			continue;
		break;
	case CLOSES:
		(void)!read(fd, &byte, 1);
		break;
	case OLD_TLS:
	case NO_ALPN:
	case CHAIN:
		greet_chain(s, fd);
		break;
	}
}

static void
serve(struct server *s, int fd)
{
	uint32_t words[11] = {0};

	if (read_exactly(fd, words, sizeof(words)) != 0)
		return;
	s->probes++;
	memcpy(s->words, words + 1, sizeof(s->words));
	if (s->answer == HANGS_UP)
		return;
	probe_answer(s, fd);
	if (s->answer == YES) {
		greet(s, fd);
		return;
	}
	/* Whatever more comes is a call in plain. */
	while (read_exactly(fd, words, 4) == 0 &&
	    (ntohl(words[0]) & ~STREAM_LAST) <= sizeof(words) &&
	    read_exactly(fd, words, ntohl(words[0]) & ~STREAM_LAST) == 0) {
		const uint32_t r[] = {words[0], htonl(1), 0, 0, 0, 0,
		    htonl(ntohl(words[10]) + 1)};

		s->calls++;
		send_record(fd, r, 7);
	}
}

static void *
server_run(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = accept(s->at.listener, NULL, NULL)) >= 0) {
		serve(s, fd);
		close(fd);
	}
	return (NULL);
}

static void
server_start(struct server *s, enum answer answer, enum greeting greeting)
{
	*s = (struct server){.answer = answer,
	    .greeting = greeting,
	    .key = key,
	    .chain = &right};
	callee_start(&s->at, server_run, s);
}

/* ---- the client ---- */

static enum clnt_stat
call(CLIENT *client, uint32_t *value)
{
	static const struct timeval unused = {60, 0};
	uint32_t arg = 7;

	caller_deadline(client, now_ms() + SLOW);
	return (clnt_call(client, 1, (xdrproc_t)xdr_uint32_t, &arg,
	    (xdrproc_t)xdr_uint32_t, value, unused));
}

enum got { TLS_SPOKEN, IN_PLAIN, FAILED };

/* Both steps, within one time. */
static enum got
secure(CLIENT *client, const char *name, const char *pin, uint64_t deadline_ms,
    char *err, size_t errlen)
{
	int got = caller_probe(client, deadline_ms, err, errlen);

	if (got == 0)
		return (IN_PLAIN);
	if (got == 1 &&
	    caller_shake(client, name, pin, deadline_ms, err, errlen) == 0)
		return (TLS_SPOKEN);
	return (FAILED);
}

static void
calls_answered(CLIENT *client, int n)
{
	uint32_t value = 0;

	for (; n > 0; n--, value = 0) {
		assert_int_equal(call(client, &value), RPC_SUCCESS);
		assert_int_equal(value, 8);
	}
}

/* It fails so, within its time, and nothing more is said on the connection. */
static void
assert_fails(struct server *s, const char *name, const char *pin,
    uint64_t within_ms, int error, const char *why)
{
	CLIENT *client = callee_connect(&s->at);
	uint64_t began = now_ms();
	uint32_t value;
	char err[320] = "";

	assert_int_equal(FAILED,
	    secure(client, name, pin, began + within_ms, err, sizeof(err)));
	assert_int_equal(errno, error);
	assert_string_equal(err, why);
	assert_true(now_ms() - began < within_ms + 1000);
	assert_int_not_equal(call(client, &value), RPC_SUCCESS);
	clnt_destroy(client);
	callee_stop(&s->at);
	assert_int_equal(s->calls, 0);
}

/* ---- what must work ---- */

static void
test_pinned(void **state)
{
	char pin[TLS_PIN], shown[TLS_PIN], err[320];
	struct server s;
	CLIENT *client;

	tls_pin(key, pin);
	server_start(&s, YES, TLS);
	client = callee_connect(&s.at);
	caller_pin(client, shown);
	assert_string_equal(shown, "");
	assert_int_equal(TLS_SPOKEN,
	    secure(client, "alpha", pin, now_ms() + SLOW, err, sizeof(err)));
	caller_pin(client, shown);
	assert_string_equal(shown, pin);
	calls_answered(client, 3);
	clnt_destroy(client);
	callee_stop(&s.at);
	assert_int_equal(s.probes, 1);
	assert_int_equal(s.calls, 3);
	/* Procedure 0 with flavor 7, and nothing in any body. */
	assert_int_equal(ntohl(s.words[3]), PROG);
	assert_int_equal(ntohl(s.words[5]), 0);
	assert_int_equal(ntohl(s.words[6]), 7);
	assert_int_equal(s.words[7] | s.words[8] | s.words[9], 0);
}

static void
test_first_use(void **state)
{
	char pin[TLS_PIN], shown[TLS_PIN], err[320];
	struct server s;
	CLIENT *client;

	tls_pin(key, pin);
	server_start(&s, YES, TLS);
	client = callee_connect(&s.at);
	assert_int_equal(TLS_SPOKEN,
	    secure(client, "alpha", NULL, now_ms() + SLOW, err, sizeof(err)));
	caller_pin(client, shown);
	assert_string_equal(shown, pin);
	calls_answered(client, 1);
	clnt_destroy(client);
	callee_stop(&s.at);
}

/* These two are declines, and the same connection goes on in plain. */
static void
test_declines(void **state)
{
	static const enum answer answers[] = {NO_TOKEN, NO_ERROR, NO_PROGRAM};
	char err[320], shown[TLS_PIN];
	struct server s;
	CLIENT *client;
	size_t i;

	for (i = 0; i < 3; i++) {
		server_start(&s, answers[i], TLS);
		client = callee_connect(&s.at);
		assert_int_equal(IN_PLAIN,
		    secure(client, "alpha", NULL, now_ms() + SLOW, err,
			sizeof(err)));
		caller_pin(client, shown);
		assert_string_equal(shown, "");
		calls_answered(client, 2);
		clnt_destroy(client);
		callee_stop(&s.at);
	}
}

/* ---- answers that are neither ---- */

static void
test_strange_answers(void **state)
{
	static const char strange[] =
	    "what it answers when asked for TLS is neither yes nor no";
	static const enum answer answers[] = {
	    WRONG_TOKEN, MISMATCH, OTHER_FLAVOR, GARBAGE};
	struct server s;
	size_t i;

	for (i = 0; i < 4; i++) {
		server_start(&s, answers[i], TLS);
		assert_fails(&s, "alpha", NULL, SLOW, EPROTO, strange);
	}
	server_start(&s, YES_AND_MORE, TLS);
	assert_fails(&s, "alpha", NULL, SLOW, EPROTO,
	    "it goes on in plain where TLS has to begin");
}

static void
test_no_answer(void **state)
{
	struct server s;

	server_start(&s, HANGS_UP, TLS);
	assert_fails(
	    &s, "alpha", NULL, SLOW, ECONNRESET, "the connection broke");
	server_start(&s, SAYS_NOTHING, TLS);
	assert_fails(&s, "alpha", NULL, SOON, ETIMEDOUT, "no answer in time");
}

/* ---- handshakes that come to nothing ---- */

static void
test_stalls(void **state)
{
	static const char late[] = "its handshake for TLS did not end in time";
	struct server s;

	server_start(&s, YES, STALLS);
	assert_fails(&s, "alpha", NULL, SOON, ETIMEDOUT, late);
	server_start(&s, YES, STALLS_HALF_WAY);
	assert_fails(&s, "alpha", NULL, SOON, ETIMEDOUT, late);
	server_start(&s, YES, CLOSES);
	assert_fails(&s, "alpha", NULL, SLOW, ECONNRESET,
	    "the connection broke in the handshake for TLS");
	server_start(&s, YES, PLAIN_GOES_ON);
	assert_fails(
	    &s, "alpha", NULL, SLOW, EPROTO, "what it sends is not TLS");
}

static void
test_others(void **state)
{
	char pin[TLS_PIN], shown[TLS_PIN], other[TLS_PIN], err[320];
	CLIENT *client;
	struct server s;

	tls_pin(key, pin);
	tls_pin(other_key, other);
	server_start(&s, YES, TLS);
	assert_fails(&s, "beta", pin, SLOW, EPROTO,
	    "its certificate is not for a host named beta");
	server_start(&s, YES, TLS);
	s.key = other_key;
	assert_fails(&s, "alpha", pin, SLOW, EPROTO,
	    "its certificate is of another service than the pin's");
	server_start(&s, YES, OLD_TLS);
	assert_fails(
	    &s, "alpha", pin, SLOW, EPROTO, "it does not speak TLS 1.3");
	server_start(&s, YES, NO_ALPN);
	assert_fails(&s, "alpha", NULL, SLOW, EPROTO,
	    "it does not say that it speaks RPC over TLS");

	/* What it has shown stays for the evidence. */
	server_start(&s, YES, TLS);
	s.key = other_key;
	client = callee_connect(&s.at);
	assert_int_equal(FAILED,
	    secure(client, "alpha", pin, now_ms() + SLOW, err, sizeof(err)));
	caller_pin(client, shown);
	assert_string_equal(shown, other);
	clnt_destroy(client);
	callee_stop(&s.at);
}

#define OTHER "its certificate is of another service than the pin's"
#define INVALID                                                          \
	"its certificate is not valid at this time: check both clocks; " \
	"certificates of evote never expire"
#define NAME	  "its certificate is not for a host named alpha"
#define NOT_EVOTE "its certificate is not one of an evote service "
#define UNSIGNED  NOT_EVOTE "(certificate signature failure)"
#define NO_CA	  NOT_EVOTE "(invalid CA certificate)"
#define ALONE	  NOT_EVOTE "(unable to get issuer certificate)"
#define ITSELF	  NOT_EVOTE "(self-signed certificate)"

static const struct chain chains[] = {
    /* The right one, and that of another cluster. */
    {BY_OURS, "alpha", NOW, {OURS}, NULL, NULL},
    {BY_THEIRS, "alpha", NOW, {THEIRS}, OTHER, NULL},
    /* The right authority behind a leaf that it has not signed. */
    {BY_ITSELF, "alpha", NOW, {NONE}, OTHER, ALONE},
    {BY_ITSELF, "alpha", PAST, {NONE}, OTHER, ALONE},
    {BY_ITSELF, "alpha", NOW, {OURS}, OTHER, ITSELF},
    {BY_THEIRS, "alpha", NOW, {OURS}, UNSIGNED, UNSIGNED},
    {BY_THEIRS, "alpha", NOW, {THEIRS, OURS}, OTHER, UNSIGNED},
    {BY_THEIRS, "alpha", NOW, {OURS, THEIRS}, UNSIGNED, NULL},
    {BY_THEIRS, "alpha", NOW, {BELOW_OURS, OURS}, UNSIGNED, UNSIGNED},
    /* A host signs another one. */
    {BY_THEIRS, "alpha", NOW, {A_HOST, OURS}, NO_CA, NO_CA},
    /* The right leaf, without its authority. */
    {BY_OURS, "alpha", NOW, {THEIRS}, OTHER, UNSIGNED},
    {BY_OURS, "alpha", NOW, {NONE}, OTHER, ALONE},
    /* What the right authority has signed is for another host or time. */
    {BY_OURS, "beta", NOW, {OURS}, NAME, NAME},
    {BY_OURS, "alpha", PAST, {OURS}, INVALID, INVALID},
    {BY_OURS, "alpha", TO_COME, {OURS}, INVALID, INVALID},
    {BY_THEIRS, "alpha", PAST, {THEIRS}, OTHER, INVALID},
    /* The authority is no host. */
    {IS_OURS, NULL, NOW, {NONE}, OTHER, ALONE},
    {IS_OURS, NULL, NOW, {OURS}, OTHER, ITSELF},
};

/* What it shows is the pin of who has signed. */
static void
assert_accepts(struct server *s, const char *pin)
{
	char expected[TLS_PIN], shown[TLS_PIN], err[320];
	CLIENT *client = callee_connect(&s->at);
	int theirs = s->chain->leaf == BY_THEIRS;

	assert_int_equal(TLS_SPOKEN,
	    secure(client, "alpha", pin, now_ms() + SLOW, err, sizeof(err)));
	caller_pin(client, shown);
	tls_pin(theirs ? other_key : key, expected);
	assert_string_equal(shown, expected);
	clnt_destroy(client);
	callee_stop(&s->at);
}

static void
chain_try(const struct chain *c, const char *pin, const char *why)
{
	struct server s;

	server_start(&s, YES, CHAIN);
	s.chain = c;
	if (why == NULL)
		assert_accepts(&s, pin);
	else
		assert_fails(&s, "alpha", pin, SLOW, EPROTO, why);
}

/* Before anything is asked, with a pin and without. */
static void
test_chains(void **state)
{
	char pin[TLS_PIN];

	tls_pin(key, pin);
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		chain_try(&chains[i], pin, chains[i].pinned);
		chain_try(&chains[i], NULL, chains[i].first_use);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pinned),
	    cmocka_unit_test(test_first_use),
	    cmocka_unit_test(test_declines),
	    cmocka_unit_test(test_strange_answers),
	    cmocka_unit_test(test_no_answer),
	    cmocka_unit_test(test_stalls),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_chains),
	};

	signal(SIGPIPE, SIG_IGN); /* OpenSSL's own sockets */
	log_open("test", LOG_L_ALARM);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
