#include "common/rpc/tls.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "common/log.h"
#include "common/rpc/authority.h"
#include "common/rpc/tls_context.h"
#include "common/rpc/tls_hello.h"
#include "common/seal.h"

#define RECORDS_KEY (1u << 20) /* written with one key */
/* Between a HelloRetryRequest and what is signed, with certificates. */
#define UNSIGNED_MAX 256
/* What OpenSSL holds: always, and of half a record. */
#define HELD_BYTES   14336
#define RECORD_BYTES 16896
/* Messages of a peer that say nothing, for each so much that does. */
#define IDLE_MAX   32
#define IDLE_BYTES 65536

struct tls {
	SSL *ssl;
	int accepts;
	int ended;	       /* the other end has said so */
	int first_use;	       /* no pin is known */
	char *name;	       /* of the host that it connects to */
	char refused[TLS_PIN]; /* what it has shown instead of the pin */
	struct tls_bio bio;
	struct tls_hello hello; /* of a client, until the server has signed */
	unsigned records;	/* written with this key */
	unsigned idle;		/* messages that said nothing, */
	size_t said;		/* and bytes that came between them */
	char why[160];
};

/* ---- the pin that was shown ---- */

static void
pin_of(STACK_OF(X509) * chain, char out[TLS_PIN])
{
	int n = sk_X509_num(chain);

	out[0] = '\0';
	if (n > 0)
		authority_pin(
		    X509_get0_pubkey(sk_X509_value(chain, n - 1)), out);
}

void
tls_peer_pin(const struct tls *t, char out[TLS_PIN])
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(t->ssl);

	if (chain != NULL)
		pin_of(chain, out);
	else
		snprintf(out, TLS_PIN, "%s", t->refused);
}

/* ---- connections ---- */

static struct tls *
connection_new(SSL_CTX *ctx, const BIO_METHOD *bio_method)
{
	struct tls *t = calloc(1, sizeof(*t));
	BIO *bio = t == NULL ? NULL : tls_bio_new(bio_method, &t->bio);

	if (bio != NULL && (t->ssl = SSL_new(ctx)) != NULL) {
		SSL_set_app_data(t->ssl, t);
		SSL_set_bio(t->ssl, bio, bio);
		return (t);
	}
	BIO_free(bio);
	free(t);
	return (NULL);
}

struct tls *
tls_accept(struct tls_server *s)
{
	struct tls *t = connection_new(s->ctx, s->bio_method);

	if (t == NULL)
		return (NULL);
	t->accepts = 1;
	SSL_set_accept_state(t->ssl);
	return (t);
}

/* OpenSSL forgets a chain that it refuses. */
static int
chain_note(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(ctx);

	if (!ok && chain != NULL)
		pin_of(chain, t->refused);
	return (ok);
}

/* Trust in whoever has the pin, for that name: TLSA 2 1 1 (RFC 7671). */
static int
expect(struct tls *t, const char *name, const char *pin)
{
	unsigned char digest[SEAL_HASH];

	if (pin == NULL) {
		t->first_use = 1;
		return (0);
	}
	if (authority_unpin(pin, digest) == -1 ||
	    SSL_dane_enable(t->ssl, name) <= 0 ||
	    SSL_dane_tlsa_add(t->ssl, 2, 1, 1, digest, sizeof(digest)) <= 0)
		return (-1);
	SSL_set_verify(t->ssl, SSL_VERIFY_PEER, chain_note);
	return (0);
}

struct tls *
tls_connect(const char *name, const char *pin)
{
	BIO_METHOD *bio_method;
	SSL_CTX *ctx = tls_client_context(&bio_method);
	struct tls *t;

	t = connection_new(ctx, bio_method);
	if (t == NULL)
		return (NULL);
	t->name = strdup(name != NULL ? name : "");
	SSL_set_connect_state(t->ssl);
	if (t->name != NULL && expect(t, name, pin) == 0)
		return (t);
	tls_free(t);
	return (NULL);
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	outbox_clear(&t->bio.in);
	outbox_clear(&t->bio.out);
	free(t->name);
	free(t);
}

/* ---- what went wrong ---- */

static void
why_openssl(struct tls *t)
{
	unsigned long error = ERR_peek_error();
	const char *text = ERR_reason_error_string(error);

	switch (ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
	case SSL_R_WRONG_SSL_VERSION:
		text = "it does not speak TLS 1.3";
		break;
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_BAD_RECORD_TYPE:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
		text = "what it sends is not TLS";
		break;
	case SSL_R_NO_APPLICATION_PROTOCOL:
	case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
		text = "it speaks another protocol over TLS";
		break;
	}
	snprintf(t->why, sizeof(t->why), "%s", text ? text : "TLS failed");
}

static enum tls_got
broken(struct tls *t)
{
	long code = SSL_get_verify_result(t->ssl);

	if (t->why[0] != '\0')
		return (TLS_BROKEN);
	if (!t->accepts && !t->first_use && code != X509_V_OK)
		authority_why(code, t->name, t->why, sizeof(t->why));
	else
		why_openssl(t);
	return (TLS_BROKEN);
}

/*
 * SSL_get_error takes an older error of this thread for one of this call.  But
 * to clear the list takes 800 instructions, even when it is empty.
 */
static void
errors_forget(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

static enum tls_got
refuse(struct tls *t, const char *why)
{
	snprintf(t->why, sizeof(t->why), "%s", why);
	return (TLS_BROKEN);
}

/* Why OpenSSL did not do what was asked. */
static enum tls_got
got(struct tls *t, int rc)
{
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return (TLS_MORE);
	case SSL_ERROR_ZERO_RETURN:
		t->ended = 1;
		return (TLS_END);
	default:
		return (broken(t));
	}
}

/* ---- the course of a connection ---- */

/* Behind its end nothing is read any more. */
int
tls_feed(struct tls *t, const void *bytes, size_t len)
{
	if (len == 0 || t->ended)
		return (0);
	if (t->accepts && !tls_is_signed(t) &&
	    tls_hello_take(&t->hello, bytes, len) != 0)
		(void)refuse(t, "a message of its handshake is too long");
	return (outbox_add(&t->bio.in, bytes, len));
}

/* With a pin OpenSSL has looked at the certificate already. */
static enum tls_got
shaken(struct tls *t)
{
	const unsigned char *chosen;
	unsigned len;
	int code;

	if (t->accepts)
		return (TLS_OK);
	SSL_get0_alpn_selected(t->ssl, &chosen, &len);
	if (len != tls_alpn[0] || memcmp(chosen, &tls_alpn[1], len) != 0) {
		snprintf(t->why, sizeof(t->why),
		    "it does not say that it speaks RPC over TLS");
		return (TLS_BROKEN);
	}
	if (!t->first_use)
		return (TLS_OK);
	code = authority_check(SSL_get_peer_cert_chain(t->ssl), t->name);
	if (code == X509_V_OK)
		return (TLS_OK);
	authority_why(code, t->name, t->why, sizeof(t->why));
	return (TLS_BROKEN);
}

enum tls_got
tls_shake(struct tls *t)
{
	int rc;

	if (t->why[0] != '\0')
		return (TLS_BROKEN);
	errors_forget();
	rc = SSL_do_handshake(t->ssl);
	/* The other end may take its time. */
	(void)SSL_free_buffers(t->ssl);
	return (rc == 1 ? shaken(t) : got(t, rc));
}

bool
tls_is_signed(const struct tls *t)
{
	return (t->accepts &&
	    BIO_number_written(SSL_get_wbio(t->ssl)) > UNSIGNED_MAX);
}

/* Or it has to say that there will be no more. */
bool
tls_has_more(const struct tls *t)
{
	return (tls_is_fed(t) || SSL_pending(t->ssl) > 0 ||
	    SSL_in_init(t->ssl) || SSL_get_shutdown(t->ssl) != 0 ||
	    t->why[0] != '\0');
}

bool
tls_is_fed(const struct tls *t)
{
	return (outbox_size(&t->bio.in) > 0);
}

/* A record has begun: once its header has come, OpenSSL counts it no more. */
static bool
record_begun(const struct tls *t)
{
	return (SSL_has_pending(t->ssl) || SSL_rstate_string(t->ssl)[1] == 'B');
}

bool
tls_is_partial(const struct tls *t)
{
	return (record_begun(t) || SSL_in_init(t->ssl));
}

enum tls_got
tls_read(struct tls *t, void *buf, size_t size, size_t *n)
{
	int rc;

	*n = 0;
	if (!tls_has_more(t))
		return (TLS_MORE);
	errors_forget();
	rc = SSL_read_ex(t->ssl, buf, size, n);
	if (rc == 1) {
		t->said += *n;
		if (t->said >= IDLE_BYTES)
			t->said = t->idle = 0;
		return (TLS_OK);
	}
	/* A record that was whole had nothing for us. */
	if (tls_is_fed(t) && ++t->idle > IDLE_MAX)
		return (
		    refuse(t, "it sends no end of messages without a call"));
	return (got(t, rc));
}

/* OpenSSL never takes another key by itself. */
static int
key_renew(struct tls *t)
{
	if (++t->records < RECORDS_KEY)
		return (1);
	t->records = 0;
	return (SSL_key_update(t->ssl, SSL_KEY_UPDATE_NOT_REQUESTED));
}

int
tls_write(struct tls *t, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	size_t n;

	errors_forget();
	for (; len > 0; p += n, len -= n) {
		if (SSL_write_ex(t->ssl, p, len, &n) == 1 && key_renew(t))
			continue;
		if (SSL_in_init(t->ssl) && ERR_peek_error() == 0)
			(void)refuse(t, "it stops in the middle of a message");
		else
			(void)broken(t);
		return (-1);
	}
	return (0);
}

/* Not after an error, which OpenSSL has told by itself. */
void
tls_end(struct tls *t)
{
	errors_forget();
	if (t->why[0] == '\0')
		(void)SSL_shutdown(t->ssl);
}

struct outbox *
tls_outbox(struct tls *t)
{
	return (&t->bio.out);
}

size_t
tls_held(const struct tls *t)
{
	size_t n = HELD_BYTES + t->bio.in.cap + t->bio.out.cap;

	if (!SSL_is_init_finished(t->ssl))
		n += TLS_SHAKE_BYTES - HELD_BYTES;
	return (record_begun(t) ? n + RECORD_BYTES : n);
}

const char *
tls_why(const struct tls *t)
{
	return (t->why);
}
