#ifndef EVOTE_AUTH_H
#define EVOTE_AUTH_H

#include <stdint.h>

#include "evote.h"

/*
 * Who is asking.  Challenges and tokens are stateless: sealed (HMAC) under
 * keys derived from the cluster key, so every host of the cluster takes what
 * another issued.  Only used challenges are remembered, until they expire.
 * No I/O, no clock; randomness from seal.
 *
 * A challenge is answered to the process that issued it, within an epoch: its
 * minute is on the monotonic clock (ms), which nobody can set.  A token is for
 * every host: its hour is on the wall clock (us).
 */
#define AUTH_CHALLENGE_MS (60ULL * 1000)
#define AUTH_TOKEN_US	  (3600ULL * 1000000)
#define AUTH_SKEW_US	  (10ULL * 1000000) /* clocks of two hosts, apart */

struct auth;

struct auth *auth_new(const unsigned char cluster_key[32]);
void auth_free(struct auth *);

/* Buffers of EVOTE_TOKEN_MAX bytes; len is set. */
void auth_challenge(struct auth *, const char *voter, uint64_t epoch,
    uint64_t now_ms, unsigned char *out, uint32_t *len);
/*
 * EVOTE_R_OK while that challenge can serve that voter, else why not.  Cheap,
 * and tells nothing about the roll: it is asked before a signature is verified.
 */
evote_reason auth_challenge_check(struct auth *, const evote_token *,
    const char *voter, uint64_t epoch, uint64_t now_ms);

/*
 * A signature to be verified, with copies of all that takes: any thread may
 * run it.  Made here, while the key is the voter's present one; whoever uses
 * what came of it says which key has to fit then (auth_fits).
 *
 * The key NULL is that of a name which is not on the roll.  A key that nobody
 * has is taken instead, so that the answer takes as long.
 */
struct auth_check {
	int made;	      /* what follows holds */
	unsigned char *bytes; /* what was signed; NULL: no need to look */
	size_t len;
	unsigned char key[32];
	unsigned char signature[64];
	int fits; /* set by auth_check_run */
};

/* Over evote_statement. */
void auth_check_statement(struct auth_check *, const unsigned char *key,
    const evote_signature *, const char *origin,
    const unsigned char cluster[16], const evote_asker *, const evote_act *);
/* Over evote_login. */
void auth_check_login(struct auth_check *, const unsigned char *key,
    const evote_auth_args *, const char *origin,
    const unsigned char cluster[16]);
void auth_check_run(struct auth_check *);
void auth_check_clear(struct auth_check *);
/*
 * 1 when the signature is key's, 0 when it is not or the key is NULL; -1 when
 * it was not verified against that key: the caller has to ask again.
 */
int auth_fits(const struct auth_check *, const unsigned char *key);

/* Issues a token to whom the challenge has served, which is used up then. */
void auth_login(struct auth *, const evote_auth_args *,
    const unsigned char key[32], uint64_t now_ms, uint64_t wall_us,
    unsigned char *token, uint32_t *len, uint64_t *expires);
/*
 * Reads a token: EVOTE_R_OK, EVOTE_R_TOKEN_EXPIRED (authentic all the same;
 * also when a clock that ran ahead has issued it for more than an hour), or
 * EVOTE_R_TOKEN.  The name (EVOTE_NAME_MAX + 1 bytes), the key it was issued
 * for and when that was are set unless EVOTE_R_TOKEN; the caller compares the
 * key with the roll's.
 */
evote_reason auth_token(struct auth *, const void *token, uint32_t len,
    uint64_t wall_us, char *voter, unsigned char key[32], uint64_t *issued_us);
/*
 * The salt of a vote cast with a token: the same for the same request on
 * every host, unpredictable without the cluster key.
 */
void auth_salt(struct auth *, const evote_asker *, const char *election,
    unsigned char salt[32]);
/* The hash of an opening, for evote_ballot; also used by clients' tests. */
void auth_commitment2(const evote_opening2 *, unsigned char out[32]);
void auth_commitment(const unsigned char salt[32], const char *election,
    const char *choice, unsigned char out[32]);

#endif
