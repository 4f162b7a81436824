#ifndef EVOTE_TLS_BIO_H
#define EVOTE_TLS_BIO_H

#include <openssl/bio.h>

#include "common/rpc/stream.h"

/*
 * What OpenSSL reads comes from one outbox, and what it writes goes to another:
 * it never meets a socket.  Only tls.c and its context include this.
 */
BIO_METHOD *tls_bio_method(void); /* made once; NULL without memory */

struct tls_bio {
	struct outbox in, out;
};

/* They have to outlive it.  NULL without memory. */
BIO *tls_bio_new(const BIO_METHOD *, struct tls_bio *);

#endif
