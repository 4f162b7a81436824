#include "common/rpc/tls_context.h"

#include <pthread.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "common/log.h"
#include "common/rpc/authority.h"
#include "common/rpc/tls.h"
#include "common/seal.h"

#define CIPHERS                                                                \
	"TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_" \
	"SHA384"
#define GROUPS "X25519:P-256"

const unsigned char tls_alpn[TLS_ALPN] = {6, 's', 'u', 'n', 'r', 'p', 'c'};

/* How OpenSSL reads and writes, and what connects: made once, never changed. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static BIO_METHOD *bio_method;
static SSL_CTX *client;

/* NULL without memory. */
static SSL_CTX *
context_new(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL)
		return (NULL);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* One record a call: else any number of key updates are one. */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	    SSL_CTX_set_ciphersuites(ctx, CIPHERS) == 1 &&
	    SSL_CTX_set1_groups_list(ctx, GROUPS) == 1)
		return (ctx);
	SSL_CTX_free(ctx);
	return (NULL);
}

static void
make_once(void)
{
	bio_method = tls_bio_method();
	client = context_new(TLS_client_method());
	if (bio_method == NULL || client == NULL ||
	    SSL_CTX_dane_enable(client) != 1 ||
	    SSL_CTX_set_alpn_protos(client, tls_alpn, TLS_ALPN) != 0)
		abort();
}

/* Peers that name no protocol at all are not asked for one. */
static int
alpn_choose(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned inlen, void *arg)
{
	unsigned char *chosen;

	if (SSL_select_next_proto(&chosen, outlen, tls_alpn, TLS_ALPN, in,
		inlen) != OPENSSL_NPN_NEGOTIATED)
		return (SSL_TLSEXT_ERR_ALERT_FATAL);
	*out = chosen;
	return (SSL_TLSEXT_ERR_OK);
}

static int
server_fill(SSL_CTX *ctx, const unsigned char cluster_key[32],
    const char *const *names, int n)
{
	EVP_PKEY *authority = authority_key(cluster_key);
	EVP_PKEY *key = authority_leaf_key();
	X509 *leaf = NULL, *top = NULL;
	int ok = ctx != NULL && authority != NULL && key != NULL;

	if (ok) {
		leaf = authority_leaf(authority, key, names, n);
		top = authority_certificate(authority);
		ok = leaf != NULL && top != NULL &&
		    SSL_CTX_use_certificate(ctx, leaf) == 1 &&
		    SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
		    SSL_CTX_add1_chain_cert(ctx, top) == 1;
	}
	X509_free(leaf);
	X509_free(top);
	EVP_PKEY_free(key);
	EVP_PKEY_free(authority);
	return (ok);
}

SSL_CTX *
tls_client_context(BIO_METHOD **method)
{
	pthread_once(&once, make_once);
	*method = bio_method;
	return (client);
}

struct tls_server *
tls_server_new(
    const unsigned char cluster_key[32], const char *const *names, int n)
{
	struct tls_server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (NULL);
	(void)tls_client_context(&s->bio_method);
	s->ctx = context_new(TLS_server_method());
	if (!server_fill(s->ctx, cluster_key, names, n)) {
		log_alarm("tls certificate=failed why=\"%s\"",
		    ERR_reason_error_string(ERR_peek_last_error()));
		tls_server_free(s);
		return (NULL);
	}
	SSL_CTX_set_alpn_select_cb(s->ctx, alpn_choose, NULL);
	return (s);
}

void
tls_server_free(struct tls_server *s)
{
	if (s == NULL)
		return;
	SSL_CTX_free(s->ctx);
	free(s);
}

/* ---- pins ---- */

void
tls_pin(const unsigned char cluster_key[32], char out[TLS_PIN])
{
	EVP_PKEY *key = authority_key(cluster_key);

	authority_pin(key, out);
	EVP_PKEY_free(key);
}

bool
tls_is_pin(const char *text)
{
	unsigned char digest[SEAL_HASH];

	return (authority_unpin(text, digest) == 0);
}
