#ifndef EVOTE_SIGNER_H
#define EVOTE_SIGNER_H

#include <stddef.h>

#include "common/seal.h"

/*
 * Who signs for the voter: a private key file, PEM or OpenSSH's, or the SSH
 * agent, for a public key file and for a private one with a passphrase.
 * Statements begin with a domain of ours, so no signature is good for a log-in
 * by SSH, nor the other way round.
 */
struct signer;

/*
 * NULL: one sentence in err.  An agent is asked only to sign.  pass is for a
 * PEM file that signer_is_locked, else NULL.
 */
struct signer *signer_open(const char *path, char *err, size_t errlen);
struct signer *signer_unlock(
    const char *path, const char *pass, char *err, size_t errlen);
int signer_is_locked(const char *path);
void signer_public(const struct signer *, unsigned char out[SEAL_KEY]);
void signer_close(struct signer *); /* NULL is fine */
/*
 * Why others may have had a hand in the key file, or hold the key as well;
 * NULL: no sign of it.  Of a file that cannot be looked at, nothing is said.
 */
const char *signer_doubt(const char *path);
/* 0, or -1 with one sentence in err. */
int signer_sign(struct signer *, unsigned char sig[SEAL_SIG], const void *msg,
    size_t len, char *err, size_t errlen);

#endif
