#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/lib/keyring.h"

#define ORIGIN "election example"

static const unsigned char cluster[16] = {0xc1};

static evote_host_op
host(const char *name, char incarnation, char replaces, unsigned char key)
{
	evote_host_op op = {.name = (char *)name};

	op.incarnation[0] = incarnation;
	op.replaces[0] = replaces;
	op.key[0] = (char)key;
	return (op);
}

static struct keyring
ring(void)
{
	unsigned char log[SEAL_KEY] = {9};
	struct keyring k = {0};

	assert_int_equal(keyring_begin(&k, ORIGIN, cluster, log), 0);
	return (k);
}

static void
add(struct keyring *k, uint64_t seq, evote_host_op op)
{
	assert_int_equal(keyring_add(k, seq, &op), 0);
}

/* The first bytes of the keys that have to sign, as "alpha1 beta2". */
static void
assert_policy(const struct keyring *k, uint64_t size, const char *expected)
{
	struct tlog_policy *p = keyring_policy(k, size);
	char text[200] = "", one[100];

	assert_non_null(p);
	for (int i = 0; i < p->n_nodes; i++) {
		if (p->nodes[i].n > 0)
			continue;
		snprintf(one, sizeof(one), "%s%s%d", text[0] ? " " : "",
		    p->nodes[i].name, p->nodes[i].key.public[0]);
		strcat(text, one);
	}
	assert_string_equal(text, expected);
	tlog_policy_free(p);
}

/* Alpha and beta; beta is lost and comes anew; gamma joins; alpha leaves. */
static struct keyring
history(void)
{
	struct keyring k = ring();

	add(&k, 1, host("alpha", 'a', 0, 1));
	add(&k, 2, host("beta", 'b', 0, 2));
	add(&k, 10, host("beta", 'c', 'b', 3));
	add(&k, 20, host("gam ma", 'g', 0, 4));
	add(&k, 30, host("alpha", 'a', 'a', 0));
	return (k);
}

static void
assert_history(const struct keyring *k)
{
	assert_policy(k, 0, "");
	assert_policy(k, 1, "");
	assert_policy(k, 2, "alpha1");
	assert_policy(k, 3, "alpha1 beta2");
	assert_policy(k, 10, "alpha1 beta2");
	assert_policy(k, 11, "alpha1 beta3");
	assert_policy(k, 30, "alpha1 beta3 gam%20ma4");
	assert_policy(k, UINT64_MAX, "beta3 gam%20ma4");
}

static void
policies_of_their_time(void **state)
{
	struct keyring k = history();

	assert_history(&k);
	keyring_clear(&k);
}

/* The same name, or only the same incarnation, is enough. */
static void
either_replaces(void **state)
{
	struct keyring k = ring();

	add(&k, 1, host("alpha", 'a', 0, 1));
	add(&k, 2, host("alpha", 'b', 0, 2));
	assert_policy(&k, 3, "alpha2");
	add(&k, 3, host("renamed", 'c', 'b', 3));
	assert_policy(&k, 4, "renamed3");
	keyring_clear(&k);
}

static void
records_in_their_order(void **state)
{
	struct keyring k = ring();
	evote_host_op op = host("alpha", 'a', 0, 1);

	add(&k, 5, op);
	assert_int_equal(keyring_add(&k, 5, &op), 1);
	assert_int_equal(keyring_add(&k, 4, &op), -1);
	assert_int_equal(k.n, 1);
	keyring_clear(&k);
}

static void
written_and_read_again(void **state)
{
	struct keyring k = history(), again = {0};
	char *text = keyring_write(&k), *second;

	assert_int_equal(keyring_read(&again, text), 0);
	assert_history(&again);
	assert_string_equal(again.log.name, k.log.name);
	second = keyring_write(&again);
	assert_string_equal(second, text);
	free(second);
	/* Cut within a line, it is none. */
	for (size_t len = strlen(text) - 1; len > 0; len--) {
		text[len] = '\0';
		if (text[len - 1] != '\n')
			assert_int_equal(keyring_read(&again, text), -1);
	}
	assert_int_equal(keyring_read(&again, ""), -1);
	assert_int_equal(keyring_read(&again, "evote keys 2\n"), -1);
	assert_int_equal(keyring_read(&again, "evote keys 1\n"), -1);
	free(text);
	keyring_clear(&k);
}

/* A line that was changed: each of its words matters. */
static void
texts_that_are_none(void **state)
{
	static const char *const changes[][2] = {{"host 1 ", "host x "},
	    {"host 1 ", "host 2 "}, {"host 1 ", "hots 1 "}, {" 61", " 6x"},
	    {"/alpha+", "/alphA+"}, {"log ", "lag "}, {"keys 1", "keys 2"}};
	struct keyring k = history(), again = {0};
	char *text = keyring_write(&k), *copy, *at;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		copy = strdup(text);
		at = strstr(copy, changes[i][0]);
		assert_non_null(at);
		memcpy(at, changes[i][1], strlen(changes[i][1]));
		assert_int_equal(keyring_read(&again, copy), -1);
		free(copy);
	}
	free(text);
	keyring_clear(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(policies_of_their_time),
	    cmocka_unit_test(either_replaces),
	    cmocka_unit_test(records_in_their_order),
	    cmocka_unit_test(written_and_read_again),
	    cmocka_unit_test(texts_that_are_none),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
