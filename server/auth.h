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
 * Checks the signature over evote_login by the voter's key (NULL: not on the
 * roll, which costs the same time) and issues a token.  EVOTE_R_OK, or why not:
 * NO_VOTER is told as SIGNATURE so that log-ins do not list the roll.
 */
evote_reason auth_login(struct auth *, const evote_auth_args *,
    const unsigned char *key, const char *origin,
    const unsigned char cluster[16], uint64_t epoch, uint64_t now,
    unsigned char *token, uint32_t *len, uint64_t *expires);
/*
 * Reads a token: EVOTE_R_OK, EVOTE_R_TOKEN_EXPIRED (authentic all the same),
 * or EVOTE_R_TOKEN.  The name (EVOTE_NAME_MAX + 1 bytes) and the key it was
 * issued for are set unless EVOTE_R_TOKEN; the caller compares the key with
 * the roll's.
 */
evote_reason auth_token(struct auth *, const void *token, uint32_t len,
    uint64_t now, char *voter, unsigned char key[32]);
/* 1 when sig is key's over evote_statement of these parts. */
int auth_signed(const unsigned char key[32], const evote_signature *sig,
    const char *origin, const unsigned char cluster[16], const evote_asker *,
    const evote_act *);
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
