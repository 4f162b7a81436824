#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ssl.h>

#include "common/log.h"
#include "common/rpc/tls.h"
#include "common/seal.h"

/* Both ends in one process: what one has to send, the other is fed. */

#define PLAIN_MAX 100000

static const unsigned char key[32] = "the cluster key of this test....";
static const unsigned char other_key[32] = "the cluster key of another one..";
static const char *const names[] = {"alpha", "vote1.example.org", "10.0.0.1"};

struct ends {
	struct tls_server *server;
	struct tls *here, *there; /* the client's, the server's */
	size_t carried;		  /* bytes, both ways */
};

static void
carry(struct ends *e, struct tls *from, struct tls *to, size_t most)
{
	struct outbox *out = tls_outbox(from);
	size_t n = outbox_size(out);

	if (n > most)
		n = most;
	if (n == 0)
		return;
	assert_int_equal(tls_feed(to, out->data + out->start, n), 0);
	outbox_sent(out, n);
	e->carried += n;
}

/* A few bytes at a time, so that each step stops anywhere. */
static void
shake(struct ends *e, size_t most, enum tls_got *here, enum tls_got *there)
{
	int i;

	*here = *there = TLS_MORE;
	for (i = 0; i < 20000 && (*here == TLS_MORE || *there == TLS_MORE);
	     i++) {
		if (*here == TLS_MORE)
			*here = tls_shake(e->here);
		carry(e, e->here, e->there, most);
		if (*there == TLS_MORE)
			*there = tls_shake(e->there);
		carry(e, e->there, e->here, most);
		if (*here == TLS_BROKEN || *there == TLS_BROKEN)
			return;
	}
}

static void
ends_open(struct ends *e, const char *name, const char *pin)
{
	*e = (struct ends){.server = tls_server_new(key, names, 3)};
	assert_non_null(e->server);
	e->here = tls_connect(name, pin);
	e->there = tls_accept(e->server);
	assert_non_null(e->here);
	assert_non_null(e->there);
}

static void
ends_close(struct ends *e)
{
	tls_free(e->here);
	tls_free(e->there);
	tls_server_free(e->server);
}

static void
ends_meet(struct ends *e, const char *name, const char *pin, size_t most)
{
	enum tls_got here, there;

	ends_open(e, name, pin);
	shake(e, most, &here, &there);
	assert_string_equal(tls_why(e->here), "");
	assert_int_equal(here, TLS_OK);
	assert_int_equal(there, TLS_OK);
}

/* All that `to` can read of what `from` has written. */
static size_t
talk(struct ends *e, struct tls *from, struct tls *to, unsigned char *got)
{
	size_t n, len = 0;

	carry(e, from, to, SIZE_MAX);
	while (tls_read(to, got + len, PLAIN_MAX - len, &n) == TLS_OK ||
	    tls_is_fed(to))
		len += n;
	return (len);
}

static void
assert_talks(struct ends *e)
{
	static unsigned char said[PLAIN_MAX], heard[PLAIN_MAX];

	seal_random(said, sizeof(said));
	assert_int_equal(tls_write(e->here, said, sizeof(said)), 0);
	assert_int_equal(talk(e, e->here, e->there, heard), sizeof(said));
	assert_memory_equal(said, heard, sizeof(said));
	assert_int_equal(tls_write(e->there, said, 5), 0);
	assert_int_equal(tls_write(e->there, said + 5, 5), 0);
	assert_int_equal(talk(e, e->there, e->here, heard), 10);
	assert_memory_equal(said, heard, 10);
}

static void
pinned(void **state)
{
	static const size_t steps[] = {1, 7, 300, SIZE_MAX};
	char pin[TLS_PIN], shown[TLS_PIN];
	struct ends e;
	size_t i;

	tls_pin(key, pin);
	assert_int_equal(strlen(pin), TLS_PIN - 1);
	assert_true(tls_is_pin(pin));
	for (i = 0; i < 4; i++) {
		ends_meet(&e, names[i % 3], pin, steps[i]);
		tls_peer_pin(e.here, shown);
		assert_string_equal(shown, pin);
		assert_talks(&e);
		ends_close(&e);
	}
}

static void
first_use(void **state)
{
	char pin[TLS_PIN], shown[TLS_PIN];
	struct ends e;

	tls_pin(key, pin);
	ends_meet(&e, "alpha", NULL, SIZE_MAX);
	tls_peer_pin(e.here, shown);
	assert_string_equal(shown, pin);
	assert_talks(&e);
	ends_close(&e);
}

static void
assert_refuses(const char *name, const char *pin, const char *why)
{
	enum tls_got here, there;
	struct ends e;

	ends_open(&e, name, pin);
	shake(&e, SIZE_MAX, &here, &there);
	assert_int_equal(here, TLS_BROKEN);
	assert_string_equal(tls_why(e.here), why);
	ends_close(&e);
}

static void
others(void **state)
{
	char pin[TLS_PIN], other[TLS_PIN];

	tls_pin(key, pin);
	tls_pin(other_key, other);
	assert_string_not_equal(pin, other);
	assert_refuses("alpha", other,
	    "its certificate is of another service than the pin's");
	assert_refuses(
	    "beta", pin, "its certificate is not for a host named beta");
	assert_refuses(
	    "beta", NULL, "its certificate is not for a host named beta");
	assert_refuses("10.0.0.2", pin,
	    "its certificate is not for a host named 10.0.0.2");
}

static void
no_pins(void **state)
{
	assert_false(tls_is_pin(""));
	assert_false(tls_is_pin("AAAA"));
	assert_false(tls_is_pin("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"));
	assert_true(tls_is_pin("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
	assert_null(tls_connect("alpha", "AAAA"));
}

/* What somebody sends who does not speak TLS, or has changed a byte. */
static void
garbage(void **state)
{
	static const char http[] = "GET / HTTP/1.1\r\n\r\n";
	unsigned char rpc[44] = {0x80, 0, 0, 40, 0, 0, 0, 1};
	char pin[TLS_PIN];
	struct ends e;
	enum tls_got here, there;

	tls_pin(key, pin);
	ends_open(&e, "alpha", pin);
	assert_int_equal(tls_feed(e.there, http, sizeof(http)), 0);
	assert_int_equal(tls_shake(e.there), TLS_BROKEN);
	assert_string_equal(tls_why(e.there), "what it sends is not TLS");
	assert_int_equal(tls_feed(e.here, rpc, sizeof(rpc)), 0);
	assert_int_equal(tls_shake(e.here), TLS_BROKEN);
	assert_string_equal(tls_why(e.here), "what it sends is not TLS");
	ends_close(&e);

	ends_open(&e, "alpha", pin);
	(void)tls_shake(e.here);
	tls_outbox(e.here)->data[60] ^= 1;
	shake(&e, SIZE_MAX, &here, &there);
	assert_true(here == TLS_BROKEN || there == TLS_BROKEN);
	ends_close(&e);
}

static void
changed_later(void **state)
{
	char pin[TLS_PIN];
	unsigned char buf[64];
	struct ends e;
	size_t n;

	tls_pin(key, pin);
	ends_meet(&e, "alpha", pin, SIZE_MAX);
	(void)talk(&e, e.there, e.here, buf);
	assert_int_equal(tls_write(e.here, "vote", 4), 0);
	tls_outbox(e.here)->data[tls_outbox(e.here)->start + 6] ^= 1;
	carry(&e, e.here, e.there, SIZE_MAX);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    tls_read(e.there, buf, sizeof(buf), &n), TLS_BROKEN);
		assert_int_equal(n, 0);
	}
	ends_close(&e);
}

/* What an OpenSSL with memory on both sides has to send. */
static void
carry_ssl(SSL *from, struct tls *to)
{
	char bytes[4096];
	int n;

	while ((n = BIO_read(SSL_get_wbio(from), bytes, sizeof(bytes))) > 0)
		assert_int_equal(tls_feed(to, bytes, (size_t)n), 0);
}

static void
carry_to_ssl(struct tls *from, SSL *to)
{
	struct outbox *out = tls_outbox(from);
	int n = (int)outbox_size(out);

	if (n == 0)
		return;
	assert_int_equal(
	    BIO_write(SSL_get_rbio(to), out->data + out->start, n), n);
	outbox_sent(out, (size_t)n);
}

/*
 * A client whose first share is of another group is asked for one more hello;
 * only then is anything signed.
 */
static void
hello_retry(void **state)
{
	static const char *const groups[] = {"X25519", "P-384:X25519"};
	struct tls_server *server = tls_server_new(key, names, 3);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct tls *there;
	SSL *ssl;

	assert_non_null(server);
	for (int retries = 0; retries < 2; retries++) {
		there = tls_accept(server);
		ssl = SSL_new(ctx);
		assert_true(SSL_set1_groups_list(ssl, groups[retries]));
		SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
		SSL_set_connect_state(ssl);
		for (int hellos = 0; hellos <= retries; hellos++) {
			assert_false(tls_is_signed(there));
			assert_int_not_equal(SSL_do_handshake(ssl), 1);
			carry_ssl(ssl, there);
			assert_int_equal(tls_shake(there), TLS_MORE);
			carry_to_ssl(there, ssl);
		}
		assert_true(tls_is_signed(there));
		assert_int_equal(SSL_do_handshake(ssl), 1);
		carry_ssl(ssl, there);
		assert_int_equal(tls_shake(there), TLS_OK);
		assert_true(tls_is_signed(there));
		SSL_free(ssl);
		tls_free(there);
	}
	SSL_CTX_free(ctx);
	tls_server_free(server);
}

/* Nothing is to be read before something has been fed; then all of it is. */
static void
has_more(void **state)
{
	unsigned char got[PLAIN_MAX];
	char pin[TLS_PIN];
	struct ends e;
	size_t n;

	tls_pin(key, pin);
	ends_meet(&e, "alpha", pin, SIZE_MAX);
	assert_false(tls_has_more(e.there));
	assert_int_equal(tls_read(e.there, got, 1, &n), TLS_MORE);
	assert_int_equal(tls_write(e.here, "vote", 4), 0);
	carry(&e, e.here, e.there, 7);
	assert_true(tls_has_more(e.there));
	assert_int_equal(tls_read(e.there, got, 1, &n), TLS_MORE);
	assert_false(tls_has_more(e.there));
	assert_int_equal(tls_write(e.here, "again", 5), 0);
	tls_end(e.here);
	carry(&e, e.here, e.there, SIZE_MAX);
	for (size_t i = 0; i < 9; i++) {
		assert_true(tls_has_more(e.there));
		assert_int_equal(tls_read(e.there, got + i, 1, &n), TLS_OK);
	}
	assert_memory_equal(got, "voteagain", 9);
	for (int i = 0; i < 2; i++) {
		assert_true(tls_has_more(e.there));
		assert_int_equal(tls_read(e.there, got, 1, &n), TLS_END);
	}
	ends_close(&e);
}

/* More records than one key may seal: the other end follows the new ones. */
static void
new_keys(void **state)
{
	static unsigned char got[PLAIN_MAX];
	char pin[TLS_PIN];
	struct ends e;
	size_t plain, i;

	tls_pin(key, pin);
	ends_meet(&e, "alpha", pin, SIZE_MAX);
	(void)talk(&e, e.there, e.here, got);
	e.carried = 0;
	assert_int_equal(tls_write(e.here, "x", 1), 0);
	assert_int_equal(talk(&e, e.here, e.there, got), 1);
	plain = e.carried;
	for (i = 1; i < (1u << 20) + 5; i++) {
		assert_int_equal(tls_write(e.here, "x", 1), 0);
		if (i % 1000 == 0)
			assert_int_equal(talk(&e, e.here, e.there, got), 1000);
	}
	(void)talk(&e, e.here, e.there, got);
	assert_true(e.carried > ((1u << 20) + 5) * plain);
	assert_talks(&e);
	ends_close(&e);
}

/* ---- what strangers do ---- */

/* A client that is OpenSSL's own, and the server's end. */
struct raw {
	struct tls_server *server;
	struct tls *there;
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
};

/* What it has to send goes to the server's end at once. */
static void
raw_flush(struct raw *r)
{
	static unsigned char bytes[PLAIN_MAX];
	int n = BIO_read(r->out, bytes, sizeof(bytes));

	if (n > 0)
		assert_int_equal(tls_feed(r->there, bytes, (size_t)n), 0);
}

static void
raw_meet(struct raw *r)
{
	static const unsigned char alpn[] = {6, 's', 'u', 'n', 'r', 'p', 'c'};
	struct outbox *out;
	enum tls_got got = TLS_MORE;

	r->server = tls_server_new(key, names, 3);
	r->there = tls_accept(r->server);
	r->ctx = SSL_CTX_new(TLS_client_method());
	r->ssl = SSL_new(r->ctx);
	r->in = BIO_new(BIO_s_mem());
	r->out = BIO_new(BIO_s_mem());
	SSL_set_bio(r->ssl, r->in, r->out);
	SSL_set_alpn_protos(r->ssl, alpn, sizeof(alpn));
	SSL_set_connect_state(r->ssl);
	for (int i = 0; i < 4 && got != TLS_OK; i++) {
		(void)SSL_do_handshake(r->ssl);
		raw_flush(r);
		got = tls_shake(r->there);
		out = tls_outbox(r->there);
		if (outbox_size(out) == 0)
			continue;
		BIO_write(r->in, out->data + out->start, (int)outbox_size(out));
		outbox_sent(out, outbox_size(out));
	}
	assert_int_equal(got, TLS_OK);
}

static void
raw_close(struct raw *r)
{
	SSL_free(r->ssl);
	SSL_CTX_free(r->ctx);
	tls_free(r->there);
	tls_server_free(r->server);
}

static void
raw_renew(struct raw *r, int times)
{
	for (int i = 0; i < times; i++) {
		assert_int_equal(
		    SSL_key_update(r->ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		assert_int_equal(SSL_do_handshake(r->ssl), 1);
	}
}

/* Each costs a call, so that others have their turn; and there is an end. */
static void
new_keys_without_end(void **state)
{
	unsigned char got[8];
	struct raw r;
	size_t n;
	int calls = 0;

	raw_meet(&r);
	raw_renew(&r, 3);
	assert_int_equal(SSL_write(r.ssl, "x", 1), 1);
	raw_flush(&r);
	while (tls_read(r.there, got, sizeof(got), &n) == TLS_MORE) {
		assert_true(tls_is_fed(r.there));
		calls++;
	}
	assert_int_equal(calls, 3);
	assert_int_equal(n, 1);
	raw_renew(&r, 1000);
	raw_flush(&r);
	for (calls = 0; tls_read(r.there, got, 8, &n) == TLS_MORE; calls++)
		assert_true(calls < 100);
	assert_string_equal(
	    tls_why(r.there), "it sends no end of messages without a call");
	raw_close(&r);
}

/* What a hello says it is takes memory before it has come. */
static void
long_hello(void **state)
{
	static const unsigned char hello[] = {22, 3, 1, 0, 4, 1, 2, 1, 0x44};
	struct tls_server *server = tls_server_new(key, names, 3);
	struct tls *t = tls_accept(server);

	assert_int_equal(tls_feed(t, hello, sizeof(hello)), 0);
	assert_int_equal(tls_shake(t), TLS_BROKEN);
	assert_string_equal(
	    tls_why(t), "a message of its handshake is too long");
	tls_free(t);
	tls_server_free(server);
}

/* Half a record is held by OpenSSL, and half of it is told from none. */
static void
half_a_record(void **state)
{
	unsigned char bytes[256], got[64];
	size_t n, idle;
	struct raw r;
	int len;

	raw_meet(&r);
	assert_false(tls_is_partial(r.there));
	idle = tls_held(r.there);
	assert_int_equal(SSL_write(r.ssl, "a whole word", 12), 12);
	len = BIO_read(r.out, bytes, sizeof(bytes));
	for (int i = 0; i < 20; i++) {
		assert_int_equal(tls_feed(r.there, &bytes[i], 1), 0);
		assert_int_equal(
		    tls_read(r.there, got, sizeof(got), &n), TLS_MORE);
		assert_false(tls_is_fed(r.there));
		assert_true(tls_is_partial(r.there));
		assert_true(tls_held(r.there) >= idle + 16384);
	}
	assert_int_equal(tls_feed(r.there, bytes + 20, (size_t)len - 20), 0);
	assert_int_equal(tls_read(r.there, got, sizeof(got), &n), TLS_OK);
	assert_int_equal(n, 12);
	assert_false(tls_is_partial(r.there));
	assert_int_equal(tls_held(r.there), idle);
	raw_close(&r);
}

static void
behind_the_end(void **state)
{
	static unsigned char junk[PLAIN_MAX];
	unsigned char got[8];
	struct raw r;
	size_t n, held;

	raw_meet(&r);
	SSL_shutdown(r.ssl);
	raw_flush(&r);
	assert_int_equal(tls_read(r.there, got, sizeof(got), &n), TLS_END);
	held = tls_held(r.there);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(tls_feed(r.there, junk, sizeof(junk)), 0);
		assert_int_equal(
		    tls_read(r.there, got, sizeof(got), &n), TLS_END);
	}
	assert_int_equal(tls_held(r.there), held);
	raw_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pinned),
	    cmocka_unit_test(first_use),
	    cmocka_unit_test(others),
	    cmocka_unit_test(no_pins),
	    cmocka_unit_test(garbage),
	    cmocka_unit_test(hello_retry),
	    cmocka_unit_test(changed_later),
	    cmocka_unit_test(has_more),
	    cmocka_unit_test(new_keys),
	    cmocka_unit_test(new_keys_without_end),
	    cmocka_unit_test(long_hello),
	    cmocka_unit_test(half_a_record),
	    cmocka_unit_test(behind_the_end),
	};

	log_open("test", LOG_L_ALARM);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
