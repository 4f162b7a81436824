#ifndef EVOTE_TLS_HELLO_H
#define EVOTE_TLS_HELLO_H

#include <stddef.h>
#include <stdint.h>

/*
 * How long the messages are that a client sends before the server has signed.
 * OpenSSL takes memory for what a ClientHello says it is, up to 131,396 bytes,
 * before it has come; ours and those of browsers have less than 2,000.  Pure.
 */
#define TLS_HELLO_MAX 16384u /* bytes of one message */

/* All zero at first. */
struct tls_hello {
	unsigned char head[5], message[4]; /* of a record, of a message */
	uint8_t n_head, n_message;
	uint32_t left, body; /* bytes still to come */
};

/* What came next: 0, or -1 if it begins a message that is too long. */
int tls_hello_take(struct tls_hello *, const void *bytes, size_t len);

#endif
