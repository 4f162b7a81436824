/* What counts say, ties among them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/tally.h"

#define CHOICES 5

/* "1 2= 2= 4 5" of these counts. */
static void
check_ranks(const u_quad_t *votes, u_int n, const char *expected)
{
	evote_count counts[CHOICES] = {0};
	evote_result_res res = {.counts = {n, counts}};
	char seen[100] = "";
	size_t len = 0;
	u_int i;

	for (i = 0; i < n; i++)
		counts[i].votes = votes[i];
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(seen + len, sizeof(seen) - len,
		    "%s%u%s", i > 0 ? " " : "", tally_rank(&res, i),
		    tally_tied(&res, i) ? "=" : "");
	assert_string_equal(expected, seen);
}

static void
test_ranks(void **state)
{
	check_ranks((u_quad_t[]){7}, 1, "1");
	check_ranks((u_quad_t[]){1, 2, 3, 4, 5}, 5, "5 4 3 2 1");
	check_ranks((u_quad_t[]){4, 9, 4, 1, 0}, 5, "2= 1 2= 4 5");
	check_ranks((u_quad_t[]){3, 3, 3}, 3, "1= 1= 1=");
	check_ranks((u_quad_t[]){0, 0}, 2, "1= 1=");
	/* Beyond what a double or an int would tell apart. */
	check_ranks((u_quad_t[]){(1ULL << 63) + 1, 1ULL << 63}, 2, "1 2");
}

static void
check_leaders(const u_quad_t votes[CHOICES], u_int leaders, u_int first)
{
	evote_count counts[CHOICES] = {0};
	evote_result_res res = {.counts = {CHOICES, counts}};
	u_int i, seen = 99;

	for (i = 0; i < CHOICES; i++)
		counts[i].votes = votes[i];
	assert_int_equal(leaders, tally_leaders(&res, &seen));
	assert_int_equal(first, seen);
}

static void
test_leaders(void **state)
{
	check_leaders((u_quad_t[]){0, 0, 0, 0, 0}, 0, 99);
	check_leaders((u_quad_t[]){0, 1, 0, 0, 0}, 1, 1);
	check_leaders((u_quad_t[]){0, 4, 2, 4, 2}, 2, 1);
	check_leaders((u_quad_t[]){5, 5, 5, 5, 5}, 5, 0);
}

static void
test_turnout(void **state)
{
	evote_result_res res = {.votes = 0, .eligible = 0};

	assert_true(tally_turnout(&res) == 0);
	res.eligible = 8;
	assert_true(tally_turnout(&res) == 0);
	res.votes = 2;
	assert_true(tally_turnout(&res) == 0.25);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ranks),
	    cmocka_unit_test(test_leaders),
	    cmocka_unit_test(test_turnout),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
