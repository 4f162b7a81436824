#ifndef EVOTE_TLS_H
#define EVOTE_TLS_H

#include <stddef.h>

#include "common/rpc/stream.h"

/*
 * TLS 1.3 for RPC (RFC 9289), both ends of a connection.  Beside seal.c this
 * and what stands below it alone know OpenSSL.  It neither reads nor sends:
 * bytes of the connection are fed to it, and lie in an outbox for it to send.
 *
 * A cluster has an authority of its own: an Ed25519 key whose seed is
 * HMAC(cluster key, "evote ca 1").  At each start a server makes a leaf key in
 * memory, and signs it with that.  Whoever knows the pin of the authority
 * trusts each host whose certificate it signed under the name of that host.
 */
#define TLS_PIN \
	45 /* base64 of the SHA-256 of the authority's public key
		      (SubjectPublicKeyInfo), as in a TLSA record 2 1 1, NUL */
#define TLS_PROBE     "STARTTLS" /* the verifier of a reply that offers TLS */
#define TLS_PROBE_LEN 8
#ifndef AUTH_TLS
#define AUTH_TLS 7
#endif

void tls_pin(const unsigned char cluster_key[32], char out[TLS_PIN]);
/* Whether the text is one. */
bool tls_is_pin(const char *);

/* A server's side, with a fresh leaf for these names; NULL, logged. */
struct tls_server;
struct tls_server *tls_server_new(
    const unsigned char cluster_key[32], const char *const *names, int n);
void tls_server_free(struct tls_server *); /* NULL is fine */

/* One connection. */
struct tls;
/* NULL without memory, as below. */
struct tls *tls_accept(struct tls_server *);
/*
 * The other end has to be the host of that name, in a cluster of that pin.  pin
 * NULL: of any one; whoever asks for this looks at tls_peer_pin.  name NULL,
 * with a pin: any of its hosts.
 */
struct tls *tls_connect(const char *name, const char *pin);
void tls_free(struct tls *); /* NULL is fine */

enum tls_got {
	TLS_OK,
	TLS_MORE,  /* nothing yet: more has to come, unless tls_is_fed */
	TLS_END,   /* the other end will send no more */
	TLS_BROKEN /* see tls_why; its outbox may hold an alert to be sent */
};

/*
 * What came from the other end: copied, but after its end.  0, or -1 without
 * memory.
 */
int tls_feed(struct tls *, const void *bytes, size_t len);
/*
 * Goes on with the handshake.  May run on another thread, while nobody else
 * uses this connection: it costs a third of a millisecond.
 */
enum tls_got tls_shake(struct tls *);
/*
 * It accepts, and has signed: what is left of the handshake costs little.  Also
 * after it.
 */
bool tls_is_signed(const struct tls *);
/* Up to size bytes of what was fed, decrypted: TLS_OK and *n > 0, or why not.
 */
enum tls_got tls_read(struct tls *, void *buf, size_t size, size_t *n);
/* Puts it, encrypted, into the outbox; 0, or -1: broken. */
int tls_write(struct tls *, const void *bytes, size_t len);
/* Whether some of what was fed has not been looked at. */
bool tls_is_fed(const struct tls *);
/* Whether what was fed ends in the middle of a record, or of a handshake. */
bool tls_is_partial(const struct tls *);
/* Whether tls_read has something to give before more is fed to it. */
bool tls_has_more(const struct tls *);
/* Nothing more will be written: the other end is told so. */
void tls_end(struct tls *);
/* What is to be sent. */
struct outbox *tls_outbox(struct tls *);
/* Bytes of memory that it holds, about; and in a handshake, usually. */
size_t tls_held(const struct tls *);
#define TLS_SHAKE_BYTES 43008
/* "the certificate is of another service": the end of a sentence. */
const char *tls_why(const struct tls *);
/* The pin of the authority that the other end has shown, also in vain. */
void tls_peer_pin(const struct tls *, char out[TLS_PIN]);

#endif
