#ifndef EVOTE_BOXES_H
#define EVOTE_BOXES_H

#include <openssl/bio.h>

#include "common/rpc/stream.h"

/*
 * What OpenSSL reads comes from one outbox, and what it writes goes to another:
 * it never meets a socket.  Only tls.c and its context include this.
 */
BIO_METHOD *boxes_method(void); /* made once; NULL without memory */

struct boxes {
	struct outbox in, out;
};

/* They have to outlive it.  NULL without memory. */
BIO *boxes_bio(const BIO_METHOD *, struct boxes *);

#endif
