/*
 * Numbers as people write them, and what strtoul would have made of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/number.h"

static int
refused(const char *text)
{
	uint64_t n = 77;

	return (number_read(text, 300, 600000, &n) == -1 && n == 77);
}

static void
numbers_in_their_bounds(void **state)
{
	uint64_t n;

	assert_int_equal(number_read("300", 300, 600000, &n), 0);
	assert_int_equal(n, 300);
	assert_int_equal(number_read("00600000", 300, 600000, &n), 0);
	assert_int_equal(n, 600000);
	assert_int_equal(
	    number_read("18446744073709551615", 0, UINT64_MAX, &n), 0);
	assert_true(n == UINT64_MAX);
}

/* R: 4294967596 was taken for 300. */
static void
what_is_no_number_or_too_large(void **state)
{
	assert_true(refused("299"));
	assert_true(refused("600001"));
	assert_true(refused("4294967596"));
	assert_true(refused("18446744073709551616"));
	assert_true(refused("18446744073709551916"));
	assert_true(refused("99999999999999999999999999"));
	assert_true(refused(""));
	assert_true(refused(" 300"));
	assert_true(refused("+300"));
	assert_true(refused("-300"));
	assert_true(refused("300 "));
	assert_true(refused("0x300"));
	assert_true(refused("3e2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_in_their_bounds),
	    cmocka_unit_test(what_is_no_number_or_too_large),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
