#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "auth.h"
#include "record.h"
#include "seal.h"

/*
 * A challenge is mac, random, expiry, epoch; its mac also covers the voter's
 * name.  A token is mac, random, expiry, key, name.  Integers are big-endian.
 */
#define RANDOM_LEN    16
#define RANDOM_AT     SEAL_HASH
#define EXPIRY_AT     (RANDOM_AT + RANDOM_LEN)
#define EPOCH_AT      (EXPIRY_AT + 8)
#define CHALLENGE_LEN (EPOCH_AT + 8)
#define KEY_AT	      (EXPIRY_AT + 8)
#define NAME_AT	      (KEY_AT + SEAL_KEY)
static_assert(CHALLENGE_LEN <= EVOTE_TOKEN_MAX, "a challenge fits");
static_assert(NAME_AT + EVOTE_NAME_MAX <= EVOTE_TOKEN_MAX, "a token fits");

/* A challenge that has served. */
struct used {
	UT_hash_handle hh;
	unsigned char random[RANDOM_LEN];
	uint64_t expires;
};

struct auth {
	struct seal_macer *challenge;
	struct seal_macer *token;
	struct seal_macer *salt;
	struct used *used;
	uint64_t sweep;	 /* when to look for expired ones again */
	uint64_t latest; /* time seen, see rising() */
};

/*
 * Someone's public key (RFC 8032, 7.1, test 1): for voters not on the roll, so
 * that they take as long as the others.  What it verifies is refused as well.
 */
static const unsigned char nobody[SEAL_KEY] = {0xd7, 0x5a, 0x98, 0x01, 0x82,
    0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e,
    0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7,
    0x07, 0x51, 0x1a};

static void
put_u64(unsigned char *to, uint64_t n)
{
	for (int i = 7; i >= 0; i--, n >>= 8)
		to[i] = n & 0xff;
}

static uint64_t
get_u64(const unsigned char *from)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | from[i];
	return (n);
}

/* Under a key of its own. */
static struct seal_macer *
derive(const unsigned char cluster_key[32], const char *label)
{
	struct seal_part part = {label, strlen(label)};
	unsigned char key[SEAL_HASH];
	struct seal_macer *m;

	seal_mac(key, cluster_key, 32, &part, 1);
	m = seal_macer_new(key);
	explicit_bzero(key, sizeof(key));
	return (m);
}

struct auth *
auth_new(const unsigned char cluster_key[32])
{
	struct auth *a = calloc(1, sizeof(*a));

	if (a == NULL)
		abort();
	a->challenge = derive(cluster_key, "evote challenge 1");
	a->token = derive(cluster_key, "evote token 1");
	a->salt = derive(cluster_key, "evote salt 1");
	return (a);
}

void
auth_free(struct auth *a)
{
	struct used *u, *next;

	if (a == NULL)
		return;
	HASH_ITER (hh, a->used, u, next) {
		HASH_DEL(a->used, u);
		free(u);
	}
	seal_macer_free(a->challenge);
	seal_macer_free(a->token);
	seal_macer_free(a->salt);
	free(a);
}

/*
 * The time, for challenges: stays where it is while the clock goes back, or one
 * that has served and was forgotten would be good again.
 */
static uint64_t
rising(struct auth *a, uint64_t now)
{
	if (now > a->latest)
		a->latest = now;
	return (a->latest);
}

static void
challenge_mac(const struct auth *a, const unsigned char *challenge,
    const char *voter, unsigned char mac[SEAL_HASH])
{
	struct seal_part parts[] = {
	    {challenge + SEAL_HASH, CHALLENGE_LEN - SEAL_HASH},
	    {voter, strlen(voter)},
	};

	seal_macer_mac(a->challenge, mac, parts, 2);
}

void
auth_challenge(struct auth *a, const char *voter, uint64_t epoch, uint64_t now,
    unsigned char *out, uint32_t *len)
{
	seal_random(out + RANDOM_AT, RANDOM_LEN);
	put_u64(out + EXPIRY_AT, rising(a, now) + AUTH_CHALLENGE_US);
	put_u64(out + EPOCH_AT, epoch);
	challenge_mac(a, out, voter, out);
	*len = CHALLENGE_LEN;
}

static struct used *
used_find(const struct auth *a, const unsigned char *challenge)
{
	struct used *u;

	HASH_FIND(hh, a->used, challenge + RANDOM_AT, RANDOM_LEN, u);
	return (u);
}

/* Once in a challenge's life, so that each log-in pays for a few at most. */
static void
used_sweep(struct auth *a, uint64_t now)
{
	struct used *u, *next;

	if (now < a->sweep)
		return;
	a->sweep = now + AUTH_CHALLENGE_US;
	HASH_ITER (hh, a->used, u, next) {
		if (u->expires <= now) {
			HASH_DEL(a->used, u);
			free(u);
		}
	}
}

static void
used_add(struct auth *a, const unsigned char *challenge)
{
	struct used *u = calloc(1, sizeof(*u));

	if (u == NULL)
		abort();
	memcpy(u->random, challenge + RANDOM_AT, RANDOM_LEN);
	u->expires = get_u64(challenge + EXPIRY_AT);
	HASH_ADD(hh, a->used, random, RANDOM_LEN, u);
}

static evote_reason
challenge_check(const struct auth *a, const evote_token *challenge,
    const char *voter, uint64_t epoch, uint64_t now)
{
	const unsigned char *bytes =
	    (const unsigned char *)challenge->evote_token_val;
	unsigned char mac[SEAL_HASH];

	if (challenge->evote_token_len != CHALLENGE_LEN)
		return (EVOTE_R_CHALLENGE);
	challenge_mac(a, bytes, voter, mac);
	if (!seal_equal(mac, bytes, sizeof(mac)) ||
	    get_u64(bytes + EXPIRY_AT) <= now ||
	    get_u64(bytes + EPOCH_AT) != epoch)
		return (EVOTE_R_CHALLENGE);
	return (used_find(a, bytes) ? EVOTE_R_CHALLENGE_USED : EVOTE_R_OK);
}

/* ---- signatures ---- */

static void
check_make(struct auth_check *c, const unsigned char key[SEAL_KEY],
    const evote_signature *sig, xdrproc_t proc, const void *what)
{
	long len;

	c->bytes = NULL;
	c->fits = 0;
	if (sig->evote_signature_len != SEAL_SIG ||
	    (len = xdr_to_bytes(proc, what, &c->bytes)) == -1)
		return;
	c->len = (size_t)len;
	memcpy(c->key, key, SEAL_KEY);
	memcpy(c->signature, sig->evote_signature_val, SEAL_SIG);
}

void
auth_check_statement(struct auth_check *c, const unsigned char key[32],
    const evote_signature *sig, const char *origin,
    const unsigned char cluster[16], const evote_asker *asker,
    const evote_act *act)
{
	evote_statement statement = {
	    .domain = "evote statement 1",
	    .origin = (char *)origin,
	    .asker = *asker,
	    .act = *act,
	};

	memcpy(statement.cluster, cluster, sizeof(statement.cluster));
	check_make(c, key, sig, (xdrproc_t)xdr_evote_statement, &statement);
}

void
auth_check_login(struct auth_check *c, const unsigned char *key,
    const evote_auth_args *args, const char *origin,
    const unsigned char cluster[16])
{
	evote_login login = {
	    .domain = "evote login 1",
	    .origin = (char *)origin,
	    .challenge = args->challenge,
	};

	memcpy(login.cluster, cluster, sizeof(login.cluster));
	check_make(c, key == NULL ? nobody : key, &args->signature,
	    (xdrproc_t)xdr_evote_login, &login);
}

void
auth_check_run(struct auth_check *c)
{
	c->fits = seal_verify(c->key, c->signature, c->bytes, c->len);
}

void
auth_check_clear(struct auth_check *c)
{
	free(c->bytes);
	c->bytes = NULL;
}

int
auth_fits(struct auth_check *c, const unsigned char key[32])
{
	if (c->bytes == NULL)
		return (0);
	if (memcmp(c->key, key, SEAL_KEY) != 0) {
		memcpy(c->key, key, SEAL_KEY);
		auth_check_run(c);
	}
	return (c->fits);
}

/* ---- tokens ---- */

static void
token_mac(const struct auth *a, const unsigned char *token, uint32_t len,
    unsigned char mac[SEAL_HASH])
{
	struct seal_part part = {token + SEAL_HASH, len - SEAL_HASH};

	seal_macer_mac(a->token, mac, &part, 1);
}

static void
token_issue(const struct auth *a, const char *voter, const unsigned char *key,
    uint64_t expires, unsigned char *token, uint32_t *len)
{
	size_t name_len = strlen(voter);

	assert(name_len <= EVOTE_NAME_MAX);
	seal_random(token + RANDOM_AT, RANDOM_LEN);
	put_u64(token + EXPIRY_AT, expires);
	memcpy(token + KEY_AT, key, SEAL_KEY);
	memcpy(token + NAME_AT, voter, name_len);
	*len = NAME_AT + name_len;
	token_mac(a, token, *len, token);
}

evote_reason
auth_login(struct auth *a, const evote_auth_args *args,
    struct auth_check *check, const unsigned char *key, uint64_t epoch,
    uint64_t now, unsigned char *token, uint32_t *len, uint64_t *expires)
{
	uint64_t risen = rising(a, now);
	evote_reason reason;

	reason =
	    challenge_check(a, &args->challenge, args->voter, epoch, risen);
	if (reason != EVOTE_R_OK)
		return (reason);
	if (key == NULL || !auth_fits(check, key))
		return (EVOTE_R_SIGNATURE);
	used_sweep(a, risen);
	used_add(a, (const unsigned char *)args->challenge.evote_token_val);
	*expires = now + AUTH_TOKEN_US;
	token_issue(a, args->voter, key, *expires, token, len);
	return (EVOTE_R_OK);
}

evote_reason
auth_token(struct auth *a, const void *token, uint32_t len, uint64_t now,
    char *voter, unsigned char key[32])
{
	const unsigned char *bytes = token;
	unsigned char mac[SEAL_HASH];

	if (len <= NAME_AT || len > NAME_AT + EVOTE_NAME_MAX)
		return (EVOTE_R_TOKEN);
	token_mac(a, bytes, len, mac);
	if (!seal_equal(mac, bytes, sizeof(mac)))
		return (EVOTE_R_TOKEN);
	memcpy(voter, bytes + NAME_AT, len - NAME_AT);
	voter[len - NAME_AT] = '\0';
	memcpy(key, bytes + KEY_AT, SEAL_KEY);
	return (get_u64(bytes + EXPIRY_AT) <= now ? EVOTE_R_TOKEN_EXPIRED
						  : EVOTE_R_OK);
}

void
auth_salt(struct auth *a, const evote_asker *asker, const char *election,
    unsigned char salt[32])
{
	unsigned char number[8];
	/* Strings with their NUL: no two requests give the same bytes. */
	struct seal_part parts[] = {
	    {asker->voter, strlen(asker->voter) + 1},
	    {asker->client, sizeof(asker->client)},
	    {number, sizeof(number)},
	    {election, strlen(election) + 1},
	};

	put_u64(number, asker->number);
	seal_macer_mac(a->salt, salt, parts, 4);
}

void
auth_commitment(const unsigned char salt[32], const char *election,
    const char *choice, unsigned char out[32])
{
	evote_opening opening = {
	    .domain = "evote opening 1",
	    .election = (char *)election,
	    .choice = (char *)choice,
	};
	int rc;

	memcpy(opening.salt, salt, sizeof(opening.salt));
	rc = xdr_hash((xdrproc_t)xdr_evote_opening, &opening, out);
	assert(rc == 0); /* decoding has bounded both names */
}
