#ifndef EVOTE_SSHKEY_H
#define EVOTE_SSHKEY_H

#include <stddef.h>

#include "common/seal.h"

/*
 * Ed25519 keys as people have them: our own base64, and the forms of OpenSSH
 * (RFC 8709, PROTOCOL.key).  Pure.
 */

#define SSHKEY_TYPE "ssh-ed25519"
#define SSHKEY_BLOB (4 + 11 + 4 + SEAL_KEY) /* bytes of a public key there */

/*
 * A public key as handed in: base64 of the 32 bytes, or a line
 * "[options] ssh-ed25519 AAAA... [comment]", perhaps with blanks and line
 * breaks within, and with what a spreadsheet puts before a +.  0, or -1 with
 * what is wrong, which follows "the key".
 */
int sshkey_public(
    unsigned char out[SEAL_KEY], const char *text, char *err, size_t errlen);
/* The bytes that stand for a public key among OpenSSH's programs. */
void sshkey_blob(
    unsigned char out[SSHKEY_BLOB], const unsigned char key[SEAL_KEY]);

enum sshkey_form {
	SSHKEY_OTHER,	  /* not of OpenSSH: PEM, perhaps */
	SSHKEY_OPEN,	  /* both halves are there */
	SSHKEY_ENCRYPTED, /* only the public half is readable */
	SSHKEY_UNFIT	  /* of OpenSSH, but broken or another kind of key */
};

/* A private key file; seed is set for SSHKEY_OPEN only, err for UNFIT only. */
struct sshkey {
	unsigned char public[SEAL_KEY];
	unsigned char seed[SEAL_KEY];
};
enum sshkey_form sshkey_private(
    struct sshkey *, const char *text, size_t len, char *err, size_t errlen);

#endif
