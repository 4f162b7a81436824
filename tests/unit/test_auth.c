#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/record.h"
#include "common/seal.h"
#include "server/auth.h"
#include "tests/unit/scratch.h"

#define NOW	     (1700000000ULL * 1000000)
#define EPOCH	     7
#define VOTER	     "王大明"
#define CHALLENGE_US (AUTH_CHALLENGE_MS * 1000)

static const unsigned char cluster[16] = "cluster-1";

/* One host, a voter's key, and somebody else's. */
struct fixture {
	struct auth *host;
	struct seal_key *own, *foreign;
	unsigned char key[SEAL_KEY];
	unsigned char challenge[EVOTE_TOKEN_MAX];
	uint32_t challenge_len;
	unsigned char token[EVOTE_TOKEN_MAX];
	uint32_t token_len;
	uint64_t expires;
};

static struct seal_key *
key_make(void)
{
	char dir[200], path[220], err[256];
	struct seal_key *key;

	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/key", dir);
	key = seal_key_make(path, err, sizeof(err));
	assert_non_null(key);
	scratch_remove(dir);
	return (key);
}

/* The secret key of RFC 8032, 7.1, test 1, which everybody has. */
static struct seal_key *
key_of_nobody(void)
{
	static const char pem[] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	    "-----END PRIVATE KEY-----\n";
	char path[] = "/tmp/test_auth.XXXXXX", err[256];
	struct seal_key *key;
	int fd = mkstemp(path);

	assert_int_equal(write(fd, pem, sizeof(pem) - 1), sizeof(pem) - 1);
	close(fd);
	key = seal_key_load(path, err, sizeof(err));
	unlink(path);
	assert_non_null(key);
	return (key);
}

static struct auth *
host_new(char key)
{
	unsigned char cluster_key[32];

	memset(cluster_key, key, sizeof(cluster_key));
	return (auth_new(cluster_key));
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->host = host_new('k');
	f->own = key_make();
	f->foreign = key_make();
	seal_key_public(f->own, f->key);
	*state = f;
	return (0);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	auth_free(f->host);
	seal_key_free(f->own);
	seal_key_free(f->foreign);
	free(f);
	return (0);
}

static void
challenge(struct fixture *f, const char *voter, uint64_t epoch, uint64_t now)
{
	auth_challenge(
	    f->host, voter, epoch, now / 1000, f->challenge, &f->challenge_len);
}

static void
sign(struct seal_key *key, unsigned char sig[SEAL_SIG], xdrproc_t proc,
    const void *what)
{
	unsigned char *bytes;
	long len = xdr_to_bytes(proc, what, &bytes);

	assert_true(len > 0);
	seal_key_sign(key, sig, bytes, len);
	free(bytes);
}

/* As the service does it.  Both clocks go together, if not said otherwise. */
static evote_reason
check_and_log_in(struct fixture *f, struct auth *host,
    const evote_auth_args *args, const unsigned char *key, uint64_t epoch,
    uint64_t now)
{
	struct auth_check check;
	evote_reason reason;

	reason = auth_challenge_check(
	    host, &args->challenge, args->voter, epoch, now / 1000);
	if (reason != EVOTE_R_OK)
		return (reason);
	auth_check_login(&check, key, args, "vote.test", cluster);
	if (check.bytes != NULL)
		auth_check_run(&check);
	if (auth_fits(&check, key) == 1)
		auth_login(host, args, key, now / 1000, now, f->token,
		    &f->token_len, &f->expires);
	else
		reason = EVOTE_R_SIGNATURE;
	auth_check_clear(&check);
	return (reason);
}

/* Answers the fixture's challenge, as a voter who signs for origin. */
static evote_reason
login_as(struct fixture *f, struct auth *host, const char *voter,
    struct seal_key *signer, const unsigned char *key, const char *origin,
    uint64_t epoch, uint64_t now)
{
	unsigned char sig[SEAL_SIG];
	evote_token sent = {f->challenge_len, (char *)f->challenge};
	evote_login login = {.domain = "evote login 1",
	    .origin = (char *)origin,
	    .challenge = sent};
	evote_auth_args args = {.voter = (char *)voter,
	    .challenge = sent,
	    .signature = {SEAL_SIG, (char *)sig}};

	memcpy(login.cluster, cluster, sizeof(cluster));
	sign(signer, sig, (xdrproc_t)xdr_evote_login, &login);
	return (check_and_log_in(f, host, &args, key, epoch, now));
}

static evote_reason
login(struct fixture *f, uint64_t now)
{
	return (login_as(
	    f, f->host, VOTER, f->own, f->key, "vote.test", EPOCH, now));
}

static evote_reason
read_token(struct fixture *f, struct auth *host, uint64_t now)
{
	char voter[EVOTE_NAME_MAX + 1];
	unsigned char key[SEAL_KEY];
	evote_reason reason;
	uint64_t issued;

	reason =
	    auth_token(host, f->token, f->token_len, now, voter, key, &issued);
	if (reason != EVOTE_R_TOKEN) {
		assert_int_equal(issued, f->expires - AUTH_TOKEN_US);
		assert_string_equal(voter, VOTER);
		assert_memory_equal(key, f->key, sizeof(key));
	}
	return (reason);
}

static void
test_login(void **state)
{
	struct fixture *f = *state;
	struct auth *other = host_new('k');
	unsigned char first[EVOTE_TOKEN_MAX];
	uint32_t len;

	challenge(f, VOTER, EPOCH, NOW);
	assert_int_equal(login(f, NOW + 1), EVOTE_R_OK);
	assert_int_equal(f->expires, NOW + 1 + AUTH_TOKEN_US);
	assert_int_equal(read_token(f, f->host, NOW + 2), EVOTE_R_OK);
	/* For the hour, on the other host as well, and not longer by use. */
	assert_int_equal(read_token(f, other, f->expires - 1), EVOTE_R_OK);
	assert_int_equal(
	    read_token(f, f->host, f->expires), EVOTE_R_TOKEN_EXPIRED);
	/* Each is another. */
	memcpy(first, f->token, f->token_len);
	len = f->token_len;
	challenge(f, VOTER, EPOCH, NOW);
	assert_int_equal(login(f, NOW + 1), EVOTE_R_OK);
	assert_int_equal(f->token_len, len);
	assert_memory_not_equal(first, f->token, len);
	auth_free(other);
}

static void
test_longest_name(void **state)
{
	struct fixture *f = *state;
	char name[EVOTE_NAME_MAX + 1] = {0}, voter[EVOTE_NAME_MAX + 1];
	unsigned char key[SEAL_KEY];
	uint64_t issued;

	memset(name, 'n', EVOTE_NAME_MAX);
	challenge(f, name, EPOCH, NOW);
	assert_int_equal(
	    login_as(f, f->host, name, f->own, f->key, "vote.test", EPOCH, NOW),
	    EVOTE_R_OK);
	assert_in_range(f->token_len, 1, EVOTE_TOKEN_MAX);
	assert_int_equal(auth_token(f->host, f->token, f->token_len, NOW, voter,
			     key, &issued),
	    EVOTE_R_OK);
	assert_string_equal(voter, name);
}

static void
test_challenge_serves_once(void **state)
{
	struct fixture *f = *state;

	challenge(f, VOTER, EPOCH, NOW);
	/* A wrong signature does not use it up. */
	assert_int_equal(login_as(f, f->host, VOTER, f->foreign, f->key,
			     "vote.test", EPOCH, NOW),
	    EVOTE_R_SIGNATURE);
	assert_int_equal(login(f, NOW), EVOTE_R_OK);
	assert_int_equal(login(f, NOW), EVOTE_R_CHALLENGE_USED);
	assert_int_equal(
	    login(f, NOW + CHALLENGE_US - 1000), EVOTE_R_CHALLENGE_USED);
	assert_int_equal(login(f, NOW + CHALLENGE_US), EVOTE_R_CHALLENGE);
}

/* R: the clock is a year ahead for a moment, and right again. */
static void
test_clock_ahead_for_a_moment(void **state)
{
	const uint64_t year = 365ULL * 24 * 3600 * 1000000;
	struct fixture *f = *state;

	challenge(f, VOTER, EPOCH, NOW);
	auth_login(f->host,
	    &(evote_auth_args){.voter = VOTER,
		.challenge = {f->challenge_len, (char *)f->challenge}},
	    f->key, NOW / 1000, NOW + year, f->token, &f->token_len,
	    &f->expires);
	assert_int_equal(read_token(f, f->host, NOW + year), EVOTE_R_OK);
	assert_int_equal(read_token(f, f->host, NOW), EVOTE_R_TOKEN_EXPIRED);
	/* Two hosts' clocks are never quite the same. */
	assert_int_equal(
	    read_token(f, f->host, NOW + year - AUTH_SKEW_US), EVOTE_R_OK);
}

/* However often one logs in, each challenge serves once, and at once. */
static void
test_many_logins_of_one(void **state)
{
	enum { MANY = 100 };
	struct fixture *f = *state;
	unsigned char old[MANY][EVOTE_TOKEN_MAX];

	for (int i = 0; i < MANY; i++) {
		challenge(f, VOTER, EPOCH, NOW);
		memcpy(old[i], f->challenge, f->challenge_len);
	}
	/* The order within a few does not matter. */
	for (int i = 0; i < MANY; i++) {
		memcpy(f->challenge, old[i ^ 3], f->challenge_len);
		assert_int_equal(login(f, NOW), EVOTE_R_OK);
	}
	for (int i = 0; i < MANY; i++) {
		memcpy(f->challenge, old[i], f->challenge_len);
		assert_int_equal(login(f, NOW), EVOTE_R_CHALLENGE_USED);
	}
	/* Others are not concerned. */
	challenge(f, "Ann", EPOCH, NOW);
	assert_int_equal(login_as(f, f->host, "Ann", f->own, f->key,
			     "vote.test", EPOCH, NOW),
	    EVOTE_R_OK);
}

/* Many log-ins over many minutes: only what has expired is forgotten. */
static void
test_challenges_swept(void **state)
{
	enum { EACH = 7 }; /* log-ins while a challenge is good */
	struct fixture *f = *state;
	unsigned char used[EACH][EVOTE_TOKEN_MAX];
	uint64_t now = NOW;

	for (int i = 0; i < 50; i++, now += CHALLENGE_US / EACH) {
		challenge(f, VOTER, EPOCH, now);
		assert_int_equal(login(f, now), EVOTE_R_OK);
		memcpy(used[i % EACH], f->challenge, f->challenge_len);
		for (int j = 0; j < EACH && j <= i; j++) {
			memcpy(f->challenge, used[j], f->challenge_len);
			assert_int_equal(login(f, now), EVOTE_R_CHALLENGE_USED);
		}
	}
}

static void
test_challenge_refused(void **state)
{
	struct fixture *f = *state;
	struct auth *stranger = host_new('s');

	challenge(f, VOTER, EPOCH, NOW);
	assert_int_equal(login(f, NOW + CHALLENGE_US), EVOTE_R_CHALLENGE);
	challenge(f, VOTER, EPOCH - 1, NOW + CHALLENGE_US);
	assert_int_equal(login(f, NOW + CHALLENGE_US), EVOTE_R_CHALLENGE);
	/* Issued for someone else, by another cluster, or not at all. */
	challenge(f, "Ann", EPOCH, NOW + CHALLENGE_US);
	assert_int_equal(login(f, NOW + CHALLENGE_US), EVOTE_R_CHALLENGE);
	challenge(f, VOTER, EPOCH, NOW + CHALLENGE_US);
	assert_int_equal(login_as(f, stranger, VOTER, f->own, f->key,
			     "vote.test", EPOCH, NOW + CHALLENGE_US),
	    EVOTE_R_CHALLENGE);
	f->challenge_len--;
	assert_int_equal(login(f, NOW + CHALLENGE_US), EVOTE_R_CHALLENGE);
	f->challenge_len = 0;
	assert_int_equal(login(f, NOW + CHALLENGE_US), EVOTE_R_CHALLENGE);
	auth_free(stranger);
}

static void
test_challenge_tampered(void **state)
{
	struct fixture *f = *state;

	challenge(f, VOTER, EPOCH, NOW);
	for (uint32_t i = 0; i < f->challenge_len; i++) {
		f->challenge[i] ^= 1 << i % 8;
		assert_int_equal(login(f, NOW), EVOTE_R_CHALLENGE);
		f->challenge[i] ^= 1 << i % 8;
	}
	assert_int_equal(login(f, NOW), EVOTE_R_OK);
}

static void
test_signature_refused(void **state)
{
	struct fixture *f = *state;
	evote_auth_args args = {.voter = VOTER};
	unsigned char foreign[SEAL_KEY], sig[SEAL_SIG] = {0};

	challenge(f, VOTER, EPOCH, NOW);
	seal_key_public(f->foreign, foreign);
#define LOGIN(signer, key, origin) \
	login_as(f, f->host, VOTER, signer, key, origin, EPOCH, NOW)
	assert_int_equal(
	    LOGIN(f->foreign, f->key, "vote.test"), EVOTE_R_SIGNATURE);
	assert_int_equal(
	    LOGIN(f->own, foreign, "vote.test"), EVOTE_R_SIGNATURE);
	assert_int_equal(
	    LOGIN(f->own, f->key, "other.test"), EVOTE_R_SIGNATURE);
	assert_int_equal(LOGIN(f->own, NULL, "vote.test"), EVOTE_R_SIGNATURE);
	args.challenge = (evote_token){f->challenge_len, (char *)f->challenge};
	for (uint32_t len = 0; len <= SEAL_SIG; len += 32) {
		args.signature = (evote_signature){len, (char *)sig};
		assert_int_equal(
		    check_and_log_in(f, f->host, &args, f->key, EPOCH, NOW),
		    EVOTE_R_SIGNATURE);
	}
	assert_int_equal(LOGIN(f->own, f->key, "vote.test"), EVOTE_R_OK);
}

/* Whoever is not on the roll is checked against a key; it must open nothing. */
static void
test_stand_in_key(void **state)
{
	static const unsigned char start[] = {0xd7, 0x5a, 0x98, 0x01};
	struct fixture *f = *state;
	struct seal_key *nobody = key_of_nobody();
	unsigned char key[SEAL_KEY];

	seal_key_public(nobody, key);
	assert_memory_equal(key, start, sizeof(start));
	challenge(f, VOTER, EPOCH, NOW);
	assert_int_equal(LOGIN(nobody, NULL, "vote.test"), EVOTE_R_SIGNATURE);
	assert_int_equal(LOGIN(nobody, key, "vote.test"), EVOTE_R_OK);
	seal_key_free(nobody);
}

static void
test_token_refused(void **state)
{
	struct fixture *f = *state;
	struct auth *stranger = host_new('s');
	unsigned char good[EVOTE_TOKEN_MAX];
	uint32_t len, room;

	challenge(f, VOTER, EPOCH, NOW);
	assert_int_equal(login(f, NOW), EVOTE_R_OK);
	assert_int_equal(read_token(f, stranger, NOW), EVOTE_R_TOKEN);
	len = f->token_len;
	memcpy(good, f->token, len);
	for (uint32_t i = 0; i < len; i++) {
		f->token[i] ^= 1 << i % 8;
		assert_int_equal(read_token(f, f->host, NOW), EVOTE_R_TOKEN);
		f->token[i] ^= 1 << i % 8;
	}
	for (f->token_len = 0; f->token_len < EVOTE_TOKEN_MAX; f->token_len++) {
		if (f->token_len != len)
			assert_int_equal(
			    read_token(f, f->host, NOW), EVOTE_R_TOKEN);
	}
	f->token_len = len;
	assert_int_equal(read_token(f, f->host, NOW), EVOTE_R_OK);
	/* A challenge is no token, although the same host sealed it. */
	room = sizeof(f->token);
	memset(f->token, 0, room);
	memcpy(f->token, f->challenge, f->challenge_len);
	for (f->token_len = 0; f->token_len < room; f->token_len++)
		assert_int_equal(read_token(f, f->host, NOW), EVOTE_R_TOKEN);
	auth_free(stranger);
}

static int
is_signed(const struct fixture *f, const evote_signature *sig,
    const evote_asker *asker, const evote_act *act)
{
	struct auth_check check;
	int fits;

	auth_check_statement(
	    &check, f->key, sig, "vote.test", cluster, asker, act);
	if (check.bytes != NULL)
		auth_check_run(&check);
	fits = auth_fits(&check, f->key);
	auth_check_clear(&check);
	return (fits);
}

static int
signed_as(struct fixture *f, const char *domain, const char *origin,
    const unsigned char at[16], uint64_t number, const char *election)
{
	evote_asker asker = {.voter = VOTER, .client = "c", .number = 5};
	evote_act act = {.kind = EVOTE_ACT_VOTE,
	    .evote_act_u.ballot = {.election = "e", .commitment = "x"}};
	evote_statement s = {.domain = (char *)domain,
	    .origin = (char *)origin,
	    .asker = asker,
	    .act = act};
	unsigned char sig[SEAL_SIG];
	evote_signature sent = {SEAL_SIG, (char *)sig};

	memcpy(s.cluster, at, sizeof(s.cluster));
	s.asker.number = number;
	s.act.evote_act_u.ballot.election = (char *)election;
	sign(f->own, sig, (xdrproc_t)xdr_evote_statement, &s);
	return (is_signed(f, &sent, &asker, &act));
}

static void
test_signed_request(void **state)
{
	static const char ours[] = "evote statement 1";
	static const unsigned char elsewhere[16] = "cluster-2";
	struct fixture *f = *state;
	evote_asker asker = {.voter = VOTER};
	evote_act act = {
	    .kind = EVOTE_ACT_VOTE, .evote_act_u.ballot = {.election = "e"}};
	evote_signature none = {0, NULL};

	assert_true(signed_as(f, ours, "vote.test", cluster, 5, "e"));
	assert_false(
	    signed_as(f, "evote login 1", "vote.test", cluster, 5, "e"));
	assert_false(signed_as(f, ours, "vote.tset", cluster, 5, "e"));
	assert_false(signed_as(f, ours, "vote.test", elsewhere, 5, "e"));
	assert_false(signed_as(f, ours, "vote.test", cluster, 6, "e"));
	assert_false(signed_as(f, ours, "vote.test", cluster, 5, "f"));
	assert_false(is_signed(f, &none, &asker, &act));
}

/* The roll may change between verifying and taking. */
static void
test_key_changes_meanwhile(void **state)
{
	struct fixture *f = *state;
	evote_asker asker = {.voter = VOTER, .client = "c", .number = 5};
	evote_act act = {
	    .kind = EVOTE_ACT_VOTE, .evote_act_u.ballot = {.election = "e"}};
	evote_statement s = {.domain = (char *)"evote statement 1",
	    .origin = (char *)"vote.test",
	    .asker = asker,
	    .act = act};
	unsigned char sig[SEAL_SIG], foreign[SEAL_KEY];
	evote_signature sent = {SEAL_SIG, (char *)sig};
	struct auth_check check;

	memcpy(s.cluster, cluster, sizeof(s.cluster));
	sign(f->own, sig, (xdrproc_t)xdr_evote_statement, &s);
	seal_key_public(f->foreign, foreign);
	auth_check_statement(
	    &check, f->key, &sent, "vote.test", cluster, &asker, &act);
	auth_check_run(&check);
	assert_int_equal(auth_fits(&check, f->key), 1);
	assert_int_equal(auth_fits(&check, foreign), -1);
	assert_int_equal(auth_fits(&check, NULL), 0);
	auth_check_clear(&check);
}

/* A name that is not on the roll costs a verification as well. */
static void
test_unknown_name_is_verified(void **state)
{
	struct fixture *f = *state;
	unsigned char sig[SEAL_SIG] = {0};
	evote_asker asker = {.voter = "Zoe"};
	evote_act act = {
	    .kind = EVOTE_ACT_VOTE, .evote_act_u.ballot = {.election = "e"}};
	evote_signature sent = {SEAL_SIG, (char *)sig};
	struct auth_check check;

	auth_check_statement(
	    &check, NULL, &sent, "vote.test", cluster, &asker, &act);
	assert_non_null(check.bytes);
	auth_check_run(&check);
	assert_int_equal(auth_fits(&check, NULL), 0);
	/* On the roll since: to be verified against the right key. */
	assert_int_equal(auth_fits(&check, f->key), -1);
	auth_check_clear(&check);
}

static void
test_salt(void **state)
{
	struct fixture *f = *state;
	struct auth *same = host_new('k'), *stranger = host_new('s');
	evote_asker ask = {.voter = "Ann", .client = "c", .number = 1};
	evote_asker next = {.voter = "Ann", .client = "c", .number = 2};
	unsigned char salt[32], other[32];

	auth_salt(f->host, &ask, "e", salt);
	auth_salt(same, &ask, "e", other);
	assert_memory_equal(salt, other, sizeof(salt));
	auth_salt(stranger, &ask, "e", other);
	assert_memory_not_equal(salt, other, sizeof(salt));
	auth_salt(f->host, &next, "e", other);
	assert_memory_not_equal(salt, other, sizeof(salt));
	auth_salt(f->host, &ask, "f", other);
	assert_memory_not_equal(salt, other, sizeof(salt));
	auth_free(same);
	auth_free(stranger);
}

/* The hash of the canonical bytes, written out here by hand. */
static void
test_commitment(void **state)
{
	static const unsigned char bytes[] = "\0\0\0\017evote opening 1\0"
					     "0123456789abcdef0123456789abcdef"
					     "\0\0\0\001e\0\0\0"
					     "\0\0\0\003\xe7\x94\xb2";
	struct seal_part part = {bytes, sizeof(bytes)};
	unsigned char want[32], got[32];

	(void)state;
	seal_hash(want, &part, 1);
	auth_commitment((const unsigned char *)"0123456789abcdef"
					       "0123456789abcdef",
	    "e", "甲", got);
	assert_memory_equal(got, want, sizeof(got));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_login),
	    TEST(test_longest_name),
	    TEST(test_challenge_serves_once),
	    TEST(test_clock_ahead_for_a_moment),
	    TEST(test_many_logins_of_one),
	    TEST(test_challenges_swept),
	    TEST(test_challenge_refused),
	    TEST(test_challenge_tampered),
	    TEST(test_signature_refused),
	    TEST(test_stand_in_key),
	    TEST(test_token_refused),
	    TEST(test_signed_request),
	    TEST(test_key_changes_meanwhile),
	    TEST(test_unknown_name_is_verified),
	    TEST(test_salt),
	    TEST(test_commitment),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
