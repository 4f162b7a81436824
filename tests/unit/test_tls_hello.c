/* The messages of a handshake before the server has signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "common/rpc/tls_hello.h"

/* A record of that type: its header, and what is in it. */
static size_t
record(unsigned char *to, int type, const void *bytes, size_t len)
{
	to[0] = (unsigned char)type;
	to[1] = to[2] = 3;
	to[3] = (unsigned char)(len >> 8);
	to[4] = (unsigned char)len;
	memcpy(to + 5, bytes, len);
	return (len + 5);
}

/* The same, whole or byte by byte. */
static int
take(const unsigned char *bytes, size_t len, size_t step)
{
	struct tls_hello h = {0};

	for (size_t i = 0; i < len; i += step)
		if (tls_hello_take(
			&h, bytes + i, step < len - i ? step : len - i) != 0)
			return (-1);
	return (0);
}

static void
assert_taken(const unsigned char *bytes, size_t len, int rc)
{
	assert_int_equal(rc, take(bytes, len, len));
	assert_int_equal(rc, take(bytes, len, 1));
	assert_int_equal(rc, take(bytes, len, 3));
}

static void
test_lengths(void **state)
{
	static const unsigned char most[4] = {1, 0, 0x40, 0},
				   more[4] = {1, 0, 0x40, 1},
				   all[4] = {1, 2, 1, 0x44};
	unsigned char out[64];

	assert_taken(out, record(out, 22, most, 4), 0);
	assert_taken(out, record(out, 22, more, 4), -1);
	assert_taken(out, record(out, 22, all, 4), -1);
}

/* Its header may lie in two records, with others between, and come second. */
static void
test_scattered(void **state)
{
	static const unsigned char first[9] = {1, 0, 0, 5, 'h', 'e', 'l', 'l',
	    'o'},
				   begun[2] = {1, 0}, rest[2] = {0xff, 0xff},
				   ccs[1] = {1};
	unsigned char out[128];
	size_t n = record(out, 22, first, 9);

	n += record(out + n, 20, ccs, 1);
	n += record(out + n, 22, begun, 2);
	assert_taken(out, n, 0);
	n += record(out + n, 20, ccs, 1);
	n += record(out + n, 22, rest, 2);
	assert_taken(out, n, -1);
}

/* What is no handshake is passed over, whatever it looks like. */
static void
test_others(void **state)
{
	static const unsigned char more[4] = {1, 0xff, 0xff, 0xff};
	unsigned char out[128];
	size_t n = record(out, 23, more, 4);

	n += record(out + n, 22, more, 0);
	assert_taken(out, n, 0);
	n += record(out + n, 22, more, 4);
	assert_taken(out, n, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_scattered),
	    cmocka_unit_test(test_others),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
