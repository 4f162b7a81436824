#ifndef EVOTE_TLS_CONTEXT_H
#define EVOTE_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "common/rpc/tls_bio.h"

/*
 * What all connections of TLS have in common: version, ciphers, and whom they
 * show.  Only tls.c includes this; tls_server_new and the pins are in tls.h.
 */
#define TLS_ALPN 7
/* The protocols of a handshake, as TLS writes them: a length, a name. */
extern const unsigned char tls_alpn[TLS_ALPN];

struct tls_server {
	SSL_CTX *ctx;
	BIO_METHOD *bio_method; /* how its connections read and write */
};

/* What connects, and how it reads and writes: made once, never changed. */
SSL_CTX *tls_client_context(BIO_METHOD **);

#endif
