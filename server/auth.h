#ifndef EVOTE_AUTH_H
#define EVOTE_AUTH_H

#include <stdint.h>

#include "evote.h"

/*
 * Who is asking.  Challenges and tokens are stateless: sealed (HMAC) under
 * keys derived from the cluster key, so every host of the cluster takes what
 * another issued.  Only used challenges are remembered, until they expire.
 * Times are wall-clock us.  No I/O, no clock; randomness from seal.
 */
#define AUTH_CHALLENGE_US (60ULL * 1000000)
#define AUTH_TOKEN_US	  (3600ULL * 1000000)

struct auth;

struct auth *auth_new(const unsigned char cluster_key[32]);
void auth_free(struct auth *);

/* Buffers of EVOTE_TOKEN_MAX bytes; len is set. */
void auth_challenge(struct auth *, const char *voter, uint64_t epoch,
    uint64_t now, unsigned char *out, uint32_t *len);

/*
 * A signature to be verified, with copies of all that takes: any thread may
 * run it.  Made here, while the key is the voter's present one; whoever uses
 * what came of it says which key has to fit then (auth_fits).
 */
struct auth_check {
	unsigned char *bytes; /* what was signed; NULL: not made */
	size_t len;
	unsigned char key[32];
	unsigned char signature[64];
	int fits; /* set by auth_check_run */
};

/* Over evote_statement; a signature of another length makes none. */
void auth_check_statement(struct auth_check *, const unsigned char key[32],
    const evote_signature *, const char *origin,
    const unsigned char cluster[16], const evote_asker *, const evote_act *);
/* Over evote_login.  key NULL: not on the roll, which costs the same time. */
void auth_check_login(struct auth_check *, const unsigned char *key,
    const evote_auth_args *, const char *origin,
    const unsigned char cluster[16]);
void auth_check_run(struct auth_check *);
void auth_check_clear(struct auth_check *);
/* 1 when the signature is key's; runs the check anew if it was another's. */
int auth_fits(struct auth_check *, const unsigned char key[32]);

/*
 * Takes the check of a log-in by the voter's key (NULL: not on the roll) and
 * issues a token.  EVOTE_R_OK, or why not: NO_VOTER is told as SIGNATURE so
 * that log-ins do not list the roll.
 */
evote_reason auth_login(struct auth *, const evote_auth_args *,
    struct auth_check *, const unsigned char *key, uint64_t epoch, uint64_t now,
    unsigned char *token, uint32_t *len, uint64_t *expires);
/*
 * Reads a token: EVOTE_R_OK, EVOTE_R_TOKEN_EXPIRED (authentic all the same),
 * or EVOTE_R_TOKEN.  The name (EVOTE_NAME_MAX + 1 bytes) and the key it was
 * issued for are set unless EVOTE_R_TOKEN; the caller compares the key with
 * the roll's.
 */
evote_reason auth_token(struct auth *, const void *token, uint32_t len,
    uint64_t now, char *voter, unsigned char key[32]);
/*
 * The salt of a vote cast with a token: the same for the same request on
 * every host, unpredictable without the cluster key.
 */
void auth_salt(struct auth *, const evote_asker *, const char *election,
    unsigned char salt[32]);
/* hash(evote_opening), for evote_ballot; also used by clients' tests. */
void auth_commitment(const unsigned char salt[32], const char *election,
    const char *choice, unsigned char out[32]);

#endif
