#ifndef EVOTE_AUTHORITY_H
#define EVOTE_AUTHORITY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

/*
 * The certificates behind tls.h; only tls.c, tls_context.c and a test include
 * this.  They are valid from 1970 to 9999: a wrong clock keeps nobody out.
 */

/* The authority of a cluster; NULL without memory, as all of these. */
EVP_PKEY *authority_key(const unsigned char cluster_key[32]);
X509 *authority_certificate(EVP_PKEY *authority);

/* A key for one server's life, and its certificate for those names. */
EVP_PKEY *authority_leaf_key(void);
X509 *authority_leaf(
    EVP_PKEY *authority, EVP_PKEY *leaf, const char *const *names, int n);

/*
 * The pin of an authority: base64 of the SHA-256 of its SubjectPublicKeyInfo,
 * "" without memory; and back, 0 or -1: it is none.
 */
void authority_pin(EVP_PKEY *, char out[45]);
int authority_unpin(const char *text, unsigned char digest[32]);

/*
 * Whether the last certificate of the chain has signed the first one, and that
 * is for a server of that name; an X509_V_ code.
 */
int authority_check(STACK_OF(X509) * chain, const char *name);

/* What an X509_V_ code says, as the end of a sentence about that host. */
void authority_why(long code, const char *name, char *out, size_t len);

#endif
