#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/seal.h"
#include "scratch.h"

static void
assert_hex(const void *data, size_t len, const char *hex)
{
	char text[257];

	assert_true(2 * len < sizeof(text));
	seal_hex(text, data, len);
	assert_string_equal(text, hex);
}

static void
hash_known(void **state)
{
	struct seal_part whole[] = {{"abc", 3}};
	struct seal_part pieces[] = {{"a", 1}, {NULL, 0}, {"bc", 2}};
	unsigned char out[SEAL_HASH];
	static const char abc[] = "ba7816bf8f01cfea414140de5dae2223"
				  "b00361a396177a9cb410ff61f20015ad";

	seal_hash(out, NULL, 0);
	assert_hex(out, sizeof(out),
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	seal_hash(out, whole, 1);
	assert_hex(out, sizeof(out), abc);
	seal_hash(out, pieces, 3);
	assert_hex(out, sizeof(out), abc);
}

/* RFC 4231, cases 2 and 6 (a key longer than a block), then 2 again. */
static void
mac_known(void **state)
{
	static const char text[] = "what do ya want for nothing?";
	static const char big_text[] =
	    "Test Using Larger Than Block-Size Key - Hash Key First";
	struct seal_part pieces[] = {{text, 5}, {text + 5, strlen(text) - 5}};
	struct seal_part big[] = {{big_text, strlen(big_text)}};
	unsigned char out[SEAL_HASH], key[131];
	static const char case2[] = "5bdcc146bf60754e6a042426089575c7"
				    "5a003f089d2739839dec58b964ec3843";

	seal_mac(out, "Jefe", 4, pieces, 2);
	assert_hex(out, sizeof(out), case2);
	memset(key, 0xaa, sizeof(key));
	seal_mac(out, key, sizeof(key), big, 1);
	assert_hex(out, sizeof(out),
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
	seal_mac(out, "Jefe", 4, pieces, 2);
	assert_hex(out, sizeof(out), case2);
}

/* A prepared key gives what the bare one does, as often as it is used. */
static void
prepared_keys(void **state)
{
	static const unsigned char key[2][SEAL_HASH] = {{1}, {2}};
	struct seal_macer *m[2];
	struct seal_part part = {key, sizeof(key)};
	unsigned char want[SEAL_HASH], got[SEAL_HASH];

	for (int i = 0; i < 2; i++)
		m[i] = seal_macer_new(key[i]);
	for (int i = 0; i < 10; i++) {
		part.len = (size_t)i * 7;
		seal_mac(want, key[i % 2], SEAL_HASH, &part, 1);
		seal_macer_mac(m[i % 2], got, &part, 1);
		assert_memory_equal(got, want, SEAL_HASH);
	}
	seal_macer_free(m[0]);
	seal_macer_free(m[1]);
	seal_macer_free(NULL);
}

static void *
hash_many(void *arg)
{
	unsigned char want[SEAL_HASH], got[SEAL_HASH], mac[2][SEAL_HASH];
	struct seal_part part = {arg, strlen(arg)};

	seal_hash(want, &part, 1);
	seal_mac(mac[0], arg, part.len, &part, 1);
	for (int i = 0; i < 2000; i++) {
		seal_hash(got, &part, 1);
		seal_mac(mac[1], arg, part.len, &part, 1);
		if (memcmp(want, got, sizeof(got)) != 0 ||
		    memcmp(mac[0], mac[1], sizeof(mac[0])) != 0)
			return (arg);
	}
	return (NULL);
}

static void
threads_do_not_meet(void **state)
{
	static char text[4][8] = {"one", "two", "three", "four"};
	pthread_t thread[4];
	void *failed;

	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, hash_many, text[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], &failed);
		assert_null(failed);
	}
}

/* RFC 8032, section 7.1, test 3; then each bit that may not change. */
static void
verify_known(void **state)
{
	unsigned char key[SEAL_KEY], sig[SEAL_SIG], msg[] = {0xaf, 0x82};

	assert_int_equal(seal_unhex(key, sizeof(key),
			     "fc51cd8e6218a1a38da47ed00230f058"
			     "0816ed13ba3303ac5deb911548908025"),
	    0);
	assert_int_equal(seal_unhex(sig, sizeof(sig),
			     "6291d657deec24024827e69c3abe01a3"
			     "0ce548a284743a445e3680d7db5ac3ac"
			     "18ff9b538d16f290ae67f760984dc659"
			     "4a7c15e9716ed28dc027beceea1ec40a"),
	    0);
	assert_int_equal(seal_verify(key, sig, msg, sizeof(msg)), 1);
	assert_int_equal(seal_verify(key, sig, msg, 1), 0);
	assert_int_equal(seal_verify(key, sig, NULL, 0), 0);
	for (size_t i = 0; i < sizeof(sig); i += 7) {
		sig[i] ^= 1;
		assert_int_equal(seal_verify(key, sig, msg, sizeof(msg)), 0);
		sig[i] ^= 1;
	}
	key[0] ^= 1;
	assert_int_equal(seal_verify(key, sig, msg, sizeof(msg)), 0);
}

static void
keys_on_disk(void **state)
{
	char dir[128], path[160], err[256] = "";
	unsigned char pub[2][SEAL_KEY], sig[SEAL_SIG];
	struct seal_key *made, *loaded;
	struct stat st;

	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/voter.pem", dir);
	made = seal_key_make(path, err, sizeof(err));
	assert_non_null(made);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	loaded = seal_key_load(path, err, sizeof(err));
	assert_non_null(loaded);
	seal_key_public(made, pub[0]);
	seal_key_public(loaded, pub[1]);
	assert_memory_equal(pub[0], pub[1], SEAL_KEY);
	seal_key_sign(loaded, sig, "vote", 4);
	assert_int_equal(seal_verify(pub[0], sig, "vote", 4), 1);
	assert_int_equal(seal_verify(pub[0], sig, "veto", 4), 0);
	seal_key_free(made);
	seal_key_free(loaded);
	seal_key_free(NULL);

	/* The key of somebody is never overwritten. */
	assert_null(seal_key_make(path, err, sizeof(err)));
	assert_non_null(strstr(err, "File exists"));
	scratch_remove(dir);
}

/* One in 32 would begin with + or /: none of so many does. */
static void
keys_that_spreadsheets_take(void **state)
{
	char dir[128], path[160], err[256] = "";
	unsigned char pub[SEAL_KEY];
	struct seal_key *k;

	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/voter.pem", dir);
	for (int i = 0; i < 500; i++) {
		k = seal_key_make(path, err, sizeof(err));
		assert_non_null(k);
		seal_key_public(k, pub);
		assert_true(pub[0] >> 2 < 62);
		seal_key_free(k);
		assert_int_equal(unlink(path), 0);
	}
	scratch_remove(dir);
}

static void
keys_with_a_passphrase(void **state)
{
	char dir[128], path[160], err[256] = "", text[100] = "";
	unsigned char pub[2][SEAL_KEY];
	struct seal_key *made, *loaded;
	FILE *f;

	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/voter.pem", dir);
	made = seal_key_make_locked(path, "open sesame", err, sizeof(err));
	assert_non_null(made);
	f = fopen(path, "r");
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_string_equal(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
	loaded = seal_key_unlock(path, "open sesame", err, sizeof(err));
	assert_non_null(loaded);
	seal_key_public(made, pub[0]);
	seal_key_public(loaded, pub[1]);
	assert_memory_equal(pub[0], pub[1], SEAL_KEY);
	seal_key_free(made);
	seal_key_free(loaded);
	assert_null(seal_key_load(path, err, sizeof(err)));
	assert_non_null(strstr(err, "without a passphrase"));
	assert_null(seal_key_unlock(path, "open", err, sizeof(err)));
	assert_non_null(strstr(err, "does not fit"));
	assert_null(seal_key_unlock(path, "", err, sizeof(err)));
	scratch_remove(dir);
}

static void
assert_not_loaded(const char *path, const char *text, const char *why)
{
	char err[256] = "";
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	assert_null(seal_key_load(path, err, sizeof(err)));
	assert_non_null(strstr(err, why));
}

static void
files_that_are_no_keys(void **state)
{
	static const char x25519[] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n"
	    "-----END PRIVATE KEY-----\n";
	static const char sealed[] =
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
	    "MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBC5hTFmVpGVFBr6JNQ0\n"
	    "-----END ENCRYPTED PRIVATE KEY-----\n";
	char dir[128], path[160], err[256];

	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/key.pem", dir);
	assert_null(seal_key_load(path, err, sizeof(err)));
	assert_non_null(strstr(err, "No such file"));
	assert_not_loaded(path, "", "no private key");
	assert_not_loaded(path, "hello\n", "no private key");
	assert_not_loaded(path, sealed, "no private key");
	assert_not_loaded(path, x25519, "another kind");
	scratch_remove(dir);
}

static void
base64_known(void **state)
{
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="},
	    {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
	char text[16], data[16];
	size_t len;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		len = strlen(pairs[i][0]);
		seal_base64(text, pairs[i][0], len);
		assert_string_equal(text, pairs[i][1]);
		assert_int_equal(
		    seal_unbase64(data, len, text, strlen(text)), len);
		assert_memory_equal(data, pairs[i][0], len);
		if (len > 0)
			assert_int_equal(
			    seal_unbase64(data, len - 1, text, strlen(text)),
			    -1);
	}
}

static void
base64_of_one_form_only(void **state)
{
	/* Stray bits, padding, blanks, wrong letters, wrong length. */
	static const char *const bad[] = {"Zh==", "Zm9=", "====", "Z===", "=",
	    "Zg", "Zg=", "Zg==\n", " Zg=", " Zm9", "Zm9\n", "Zm 9", "Zm-_",
	    "Zg==Zg==", "Z=g=", "Zm9v===="};
	char data[16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    seal_unbase64(data, sizeof(data), bad[i], strlen(bad[i])),
		    -1);
	assert_int_equal(seal_unbase64(data, sizeof(data), "\0\0\0\0", 4), -1);
}

static void
hex_both_ways(void **state)
{
	unsigned char data[3] = {9, 9, 9};

	assert_int_equal(seal_unhex(data, 3, "00aFfe"), 0);
	assert_hex(data, 3, "00affe");
	assert_int_equal(seal_unhex(data, 3, "00aff"), -1);
	assert_int_equal(seal_unhex(data, 3, "00affe0"), -1);
	assert_int_equal(seal_unhex(data, 3, "00affg"), -1);
	assert_int_equal(seal_unhex(data, 3, "0x00af"), -1);
	assert_hex(data, 3, "00affe");
	assert_int_equal(seal_unhex(data, 0, ""), 0);
}

static void
random_and_equal(void **state)
{
	unsigned char a[32] = {0}, b[32] = {0};

	assert_int_equal(seal_equal(a, b, sizeof(a)), 1);
	seal_random(a, sizeof(a));
	seal_random(b, sizeof(b));
	assert_int_equal(seal_equal(a, b, sizeof(a)), 0);
	memcpy(b, a, sizeof(b));
	b[31] ^= 0x80;
	assert_int_equal(seal_equal(a, b, sizeof(a)), 0);
	assert_int_equal(seal_equal(a, b, 31), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hash_known),
	    cmocka_unit_test(prepared_keys),
	    cmocka_unit_test(mac_known),
	    cmocka_unit_test(threads_do_not_meet),
	    cmocka_unit_test(verify_known),
	    cmocka_unit_test(keys_on_disk),
	    cmocka_unit_test(keys_that_spreadsheets_take),
	    cmocka_unit_test(keys_with_a_passphrase),
	    cmocka_unit_test(files_that_are_no_keys),
	    cmocka_unit_test(base64_known),
	    cmocka_unit_test(base64_of_one_form_only),
	    cmocka_unit_test(hex_both_ways),
	    cmocka_unit_test(random_and_equal),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
