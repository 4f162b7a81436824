#ifndef EVOTE_ED25519_H
#define EVOTE_ED25519_H

/* Ed25519's curve.  Pure, and the only file with GMP underneath. */

/*
 * 1 when these 32 bytes are a public key that a private key can belong to: a
 * point of the curve (RFC 8032, section 5.1.3) whose order is not 1, 2, 4 or
 * 8.  OpenSSL takes any 32 bytes for a key, and its owner would learn only
 * when he votes.
 */
int ed25519_has_key(const unsigned char key[32]);

#endif
