/* Which 32 bytes are a public key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/ed25519.h"
#include "common/seal.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
takes(const char *hex)
{
	unsigned char key[SEAL_KEY];

	assert_int_equal(seal_unhex(key, sizeof(key), hex), 0);
	return (ed25519_has_key(key));
}

/* RFC 8032, section 7.1. */
static void
keys_of_the_standard(void **state)
{
	static const char *const keys[] = {
	    "d75a980182b10ab7d54bfed3c964073a"
	    "0ee172f3daa62325af021a68f707511a",
	    "3d4017c3e843895a92b70aa74d1b7ebc"
	    "9c982ccf2ec4968cc0cd55f12af4660c",
	    "fc51cd8e6218a1a38da47ed00230f058"
	    "0816ed13ba3303ac5deb911548908025",
	    "278117fc144c72340f67d0f2316e8386"
	    "ceffbf2b2428c9c51fef7c597f1d426e",
	    "ec172b93ad5e563bf4932c70e1245034"
	    "c35467ef2efd4d64ebf819683467e2bf",
	};

	for (size_t i = 0; i < COUNT(keys); i++)
		assert_int_equal(takes(keys[i]), 1);
}

/* Whoever has such a key lets anybody sign, or nobody. */
static void
points_of_small_order(void **state)
{
	static const char *const keys[] = {
	    "0100000000000000000000000000000000000000000000000000000000000000",
	    "0100000000000000000000000000000000000000000000000000000000000080",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    "0000000000000000000000000000000000000000000000000000000000000080",
	    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	};

	for (size_t i = 0; i < COUNT(keys); i++)
		assert_int_equal(takes(keys[i]), 0);
}

/* The same y and a prime more, up to 2^255 - 1. */
static void
numbers_over_the_prime(void **state)
{
	unsigned char key[SEAL_KEY];

	memset(key, 0xff, sizeof(key));
	for (int low = 0xed; low <= 0xff; low++) {
		key[0] = (unsigned char)low;
		key[31] = 0x7f;
		assert_int_equal(ed25519_has_key(key), 0);
		key[31] = 0xff;
		assert_int_equal(ed25519_has_key(key), 0);
	}
}

/* Every key that is made is one; of other bytes, every second. */
static void
keys_and_other_bytes(void **state)
{
	unsigned char bytes[SEAL_KEY], public[SEAL_KEY];
	const struct seal_part part = {bytes, sizeof(bytes)};
	struct seal_key *key;
	int found = 0;

	memset(bytes, 7, sizeof(bytes));
	for (int i = 0; i < 1000; i++) {
		seal_hash(bytes, &part, 1);
		found += ed25519_has_key(bytes);
		key = seal_key_seed(bytes);
		seal_key_public(key, public);
		seal_key_free(key);
		assert_int_equal(ed25519_has_key(public), 1);
	}
	assert_in_range(found, 400, 600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_of_the_standard),
	    cmocka_unit_test(points_of_small_order),
	    cmocka_unit_test(numbers_over_the_prime),
	    cmocka_unit_test(keys_and_other_bytes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
