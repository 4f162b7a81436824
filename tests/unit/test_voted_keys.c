/* The set of keys, compared with a plain list of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "server/election/voted_keys.h"
#include "tests/unit/draw.h"

#define KEYS 600
#define SEED 20261201u

static const unsigned char *
key_no(unsigned i, unsigned char key[SEAL_KEY])
{
	memset(key, 0, SEAL_KEY);
	memcpy(key + 20, &i, sizeof(i));
	return (key);
}

static void
test_random(void **state)
{
	static unsigned order[4000], counts[KEYS];
	struct voted_keys k = {0};
	unsigned char key[SEAL_KEY];
	unsigned seed = SEED, n = 0, i;

	(void)state;
	print_message("seed %u\n", seed);
	assert_false(voted_keys_have(&k, key_no(0, key)));
	for (int step = 0; step < 12000; step++) {
		/* It grows and shrinks for a while each. */
		if (n > 0 && draw(&seed, 8) < (step / 1000 % 2 ? 5 : 2)) {
			counts[order[--n]]--;
			voted_keys_add_undo(&k);
		} else {
			i = draw(&seed, KEYS);
			counts[i]++;
			order[n++] = i;
			voted_keys_add(&k, key_no(i, key));
		}
		assert_int_equal(k.n, n);
		for (int j = 0; j < 20; j++) {
			i = draw(&seed, KEYS);
			assert_int_equal(
			    voted_keys_have(&k, key_no(i, key)), counts[i] > 0);
		}
	}
	assert_true(n > 1000);
	voted_keys_clear(&k);
	assert_false(voted_keys_have(&k, key_no(order[0], key)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
