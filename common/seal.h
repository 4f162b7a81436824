#ifndef EVOTE_SEAL_H
#define EVOTE_SEAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * All cryptography: hashes, authentication codes, signatures, randomness.
 * Besides TLS (common/rpc: tls*, authority), seal.c is the only file
 * that knows there is OpenSSL underneath; it fetches each algorithm once.
 * Running out of memory or randomness in here is fatal.
 */
#define SEAL_HASH 32 /* SHA-256, HMAC-SHA-256 */
#define SEAL_KEY  32 /* an Ed25519 public key, raw */
#define SEAL_SIG  64 /* an Ed25519 signature */

struct seal_part {
	const void *data;
	size_t len;
};

/* The hash of the parts, one after the other. */
void seal_hash(
    unsigned char out[SEAL_HASH], const struct seal_part *parts, size_t n);
void seal_mac(unsigned char out[SEAL_HASH], const void *key, size_t key_len,
    const struct seal_part *parts, size_t n);
/*
 * The same, for a key that is used often: it is prepared once, which is half
 * of the work for a short message.  One thread at a time.
 */
struct seal_macer;
struct seal_macer *seal_macer_new(const unsigned char key[SEAL_HASH]);
void seal_macer_free(struct seal_macer *); /* NULL is fine */
void seal_macer_mac(struct seal_macer *, unsigned char out[SEAL_HASH],
    const struct seal_part *parts, size_t n);
/* Constant time; 1 when equal. */
int seal_equal(const void *a, const void *b, size_t len);
void seal_random(void *buf, size_t len);

/* 1 when sig is key's signature over msg, else 0. */
int seal_verify(const unsigned char key[SEAL_KEY],
    const unsigned char sig[SEAL_SIG], const void *msg, size_t len);

/*
 * A private key.  seal_key_load reads a PEM file (PKCS#8, Ed25519), and
 * seal_key_unlock one with a passphrase.  seal_key_make writes a new one, mode
 * 0600, refusing to overwrite, and seal_key_make_locked one with a passphrase.
 * NULL: why is in err, one sentence.
 */
struct seal_key;
struct seal_key *seal_key_load(const char *path, char *err, size_t errlen);
struct seal_key *seal_key_unlock(
    const char *path, const char *pass, char *err, size_t errlen);
struct seal_key *seal_key_make(const char *path, char *err, size_t errlen);
struct seal_key *seal_key_make_locked(
    const char *path, const char *pass, char *err, size_t errlen);
/* The key of a 32-byte seed, as RFC 8032 has it. */
struct seal_key *seal_key_seed(const unsigned char seed[SEAL_KEY]);
void seal_key_free(struct seal_key *);
void seal_key_public(const struct seal_key *, unsigned char out[SEAL_KEY]);
void seal_key_sign(const struct seal_key *, unsigned char sig[SEAL_SIG],
    const void *msg, size_t len);

/*
 * Base64 (RFC 4648, with padding).  seal_base64 needs 4 * ((len + 2) / 3) + 1
 * bytes.  seal_unbase64 returns the number of bytes, or -1 when the text is
 * not canonical base64 of at most max bytes.
 */
void seal_base64(char *out, const void *data, size_t len);
int seal_unbase64(void *out, size_t max, const char *text, size_t len);
/* Lower-case hexadecimal; out needs 2 * len + 1 bytes. */
void seal_hex(char *out, const void *data, size_t len);
/* 0, or -1 unless text is exactly 2 * len hexadecimal digits. */
int seal_unhex(void *out, size_t len, const char *text);

#endif
