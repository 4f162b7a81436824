#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/need.h"
#include "common/record.h"
#include "common/seal.h"
#include "server/auth.h"

/*
 * A challenge is mac, random, expiry, epoch, serial; its mac also covers the
 * voter's name.  A token is mac, random, expiry, key, name.  Integers are
 * big-endian.
 */
#define RANDOM_LEN    16
#define RANDOM_AT     SEAL_HASH
#define EXPIRY_AT     (RANDOM_AT + RANDOM_LEN)
#define EPOCH_AT      (EXPIRY_AT + 8)
#define SERIAL_AT     (EPOCH_AT + 8)
#define CHALLENGE_LEN (SERIAL_AT + 8)
#define KEY_AT	      (EXPIRY_AT + 8)
#define NAME_AT	      (KEY_AT + SEAL_KEY)
static_assert(CHALLENGE_LEN <= EVOTE_TOKEN_MAX, "a challenge fits");
static_assert(NAME_AT + EVOTE_NAME_MAX <= EVOTE_TOKEN_MAX, "a token fits");

#define SERVED_MAX 8

/*
 * The challenges that have served a voter, latest of which expires last.  What
 * one who logs in again and again makes us remember is bounded: of his many,
 * those before the last few to be used serve no more.
 */
struct used {
	UT_hash_handle hh;
	uint64_t expires_ms;
	uint64_t floor;		     /* serials up to it serve no more */
	uint64_t served[SERVED_MAX]; /* a ring; serials begin at 1 */
	uint32_t next;
	char voter[];
};

struct auth {
	struct seal_macer *challenge;
	struct seal_macer *token;
	struct seal_macer *salt;
	struct used *used;
	uint64_t sweep_ms; /* when to look for expired ones again */
	uint64_t serial;   /* of the latest challenge */
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
	struct auth *a = need_zeroed(1, sizeof(*a));

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
auth_challenge(struct auth *a, const char *voter, uint64_t epoch,
    uint64_t now_ms, unsigned char *out, uint32_t *len)
{
	seal_random(out + RANDOM_AT, RANDOM_LEN);
	put_u64(out + EXPIRY_AT, now_ms + AUTH_CHALLENGE_MS);
	put_u64(out + EPOCH_AT, epoch);
	put_u64(out + SERIAL_AT, ++a->serial);
	challenge_mac(a, out, voter, out);
	*len = CHALLENGE_LEN;
}

static struct used *
used_find(const struct auth *a, const char *voter)
{
	struct used *u;

	HASH_FIND(hh, a->used, voter, strlen(voter), u);
	return (u);
}

static int
used_has(const struct used *u, uint64_t serial)
{
	for (int i = 0; i < SERVED_MAX; i++)
		if (u->served[i] == serial)
			return (1);
	return (serial <= u->floor);
}

/* Once in a challenge's life, so that each log-in pays for a few at most. */
static void
used_sweep(struct auth *a, uint64_t now_ms)
{
	struct used *u, *next;

	if (now_ms < a->sweep_ms)
		return;
	a->sweep_ms = now_ms + AUTH_CHALLENGE_MS;
	HASH_ITER (hh, a->used, u, next) {
		if (u->expires_ms <= now_ms) {
			HASH_DEL(a->used, u);
			free(u);
		}
	}
}

static struct used *
used_of(struct auth *a, const char *voter)
{
	struct used *u = used_find(a, voter);
	size_t len = strlen(voter);

	if (u != NULL)
		return (u);
	u = need_zeroed(1, sizeof(*u) + len + 1);
	memcpy(u->voter, voter, len);
	HASH_ADD_KEYPTR(hh, a->used, u->voter, len, u);
	return (u);
}

static void
used_add(struct used *u, const unsigned char *challenge)
{
	uint64_t *place = &u->served[u->next++ % SERVED_MAX];
	uint64_t expires_ms = get_u64(challenge + EXPIRY_AT);

	if (*place > u->floor)
		u->floor = *place;
	*place = get_u64(challenge + SERIAL_AT);
	if (expires_ms > u->expires_ms)
		u->expires_ms = expires_ms;
}

evote_reason
auth_challenge_check(struct auth *a, const evote_token *challenge,
    const char *voter, uint64_t epoch, uint64_t now_ms)
{
	const unsigned char *bytes =
	    (const unsigned char *)challenge->evote_token_val;
	unsigned char mac[SEAL_HASH];
	struct used *u;

	if (challenge->evote_token_len != CHALLENGE_LEN)
		return (EVOTE_R_CHALLENGE);
	challenge_mac(a, bytes, voter, mac);
	if (!seal_equal(mac, bytes, sizeof(mac)) ||
	    get_u64(bytes + EXPIRY_AT) <= now_ms ||
	    get_u64(bytes + EPOCH_AT) != epoch)
		return (EVOTE_R_CHALLENGE);
	u = used_find(a, voter);
	return (u != NULL && used_has(u, get_u64(bytes + SERIAL_AT))
		? EVOTE_R_CHALLENGE_USED
		: EVOTE_R_OK);
}

/* ---- signatures ---- */

/* That the length is wrong shows without looking, whoever it is. */
static void
check_make(struct auth_check *c, const unsigned char *key,
    const evote_signature *sig, xdrproc_t proc, const void *what)
{
	long len;

	*c = (struct auth_check){.made = 1};
	memcpy(c->key, key == NULL ? nobody : key, SEAL_KEY);
	if (sig->evote_signature_len != SEAL_SIG ||
	    (len = xdr_to_bytes(proc, what, &c->bytes)) == -1)
		return;
	c->len = (size_t)len;
	memcpy(c->signature, sig->evote_signature_val, SEAL_SIG);
}

void
auth_check_statement(struct auth_check *c, const unsigned char *key,
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
	check_make(
	    c, key, &args->signature, (xdrproc_t)xdr_evote_login, &login);
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
auth_fits(const struct auth_check *c, const unsigned char *key)
{
	if (c->made && key == NULL)
		return (0);
	if (!c->made || memcmp(c->key, key, SEAL_KEY) != 0)
		return (-1);
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

void
auth_login(struct auth *a, const evote_auth_args *args,
    const unsigned char key[32], uint64_t now_ms, uint64_t wall_us,
    unsigned char *token, uint32_t *len, uint64_t *expires)
{
	used_sweep(a, now_ms);
	used_add(used_of(a, args->voter),
	    (const unsigned char *)args->challenge.evote_token_val);
	*expires = wall_us + AUTH_TOKEN_US;
	token_issue(a, args->voter, key, *expires, token, len);
}

evote_reason
auth_token(struct auth *a, const void *token, uint32_t len, uint64_t wall_us,
    char *voter, unsigned char key[32], uint64_t *issued_us)
{
	uint64_t expires;
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
	expires = get_u64(bytes + EXPIRY_AT);
	*issued_us = expires - AUTH_TOKEN_US;
	return (expires <= wall_us ||
		    expires > wall_us + AUTH_TOKEN_US + AUTH_SKEW_US
		? EVOTE_R_TOKEN_EXPIRED
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

void
auth_commitment2(const evote_opening2 *opening, unsigned char out[32])
{
	int rc = xdr_hash((xdrproc_t)xdr_evote_opening2, opening, out);

	assert(rc == 0); /* decoding has bounded what is in it */
}
