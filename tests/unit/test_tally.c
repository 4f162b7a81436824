/* What counts say, ties among them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>
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
	char seen[100] = "", label[TALLY_LABEL];
	size_t len = 0;
	u_int i;

	for (i = 0; i < n; i++)
		counts[i].votes = votes[i];
	for (i = 0; i < n; i++) {
		tally_label(&res, i, label);
		len += (size_t)snprintf(seen + len, sizeof(seen) - len, "%s%s",
		    i > 0 ? " " : "", label);
	}
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
check_winner(const u_quad_t votes[CHOICES], u_quad_t all, int several,
    const char *expected)
{
	static char *const names[CHOICES] = {"A", "B", "C", "D", "E"};
	evote_count counts[CHOICES] = {0};
	evote_result_res res = {.counts = {CHOICES, counts}, .votes = all};
	char seen[TALLY_TEXT];
	u_int i;

	for (i = 0; i < CHOICES; i++)
		counts[i] = (evote_count){names[i], votes[i]};
	tally_winner(&res, several, seen, sizeof(seen));
	assert_string_equal(expected, seen);
}

static void
test_winner(void **state)
{
	check_winner((u_quad_t[]){0, 0, 0, 0, 0}, 0, 1, "no votes were cast");
	check_winner((u_quad_t[]){0, 0, 0, 0, 0}, 2, 1,
	    "no choice has a vote, all ballots are blank");
	check_winner((u_quad_t[]){9, 8, 3, 3, 1}, 9, 1,
	    "\"A\" has the most votes, 9; place 3 is shared");
	check_winner((u_quad_t[]){9, 7, 7, 3, 3}, 9, 1,
	    "\"A\" has the most votes, 9; places 2 and 4 are shared");
	check_winner((u_quad_t[]){4, 4, 1, 1, 0}, 9, 1,
	    "a TIE, 2 choices have the most votes, 4 each; place 3 is shared");
	/* Of one choice a ballot nobody is elected behind the first. */
	check_winner(
	    (u_quad_t[]){9, 8, 3, 3, 1}, 24, 0, "\"A\" has the most votes, 9");
}

/* As many shared places as there can be, in the longest sentence. */
static void
test_winner_long(void **state)
{
	char name[EVOTE_NAME_MAX + 1], seen[TALLY_TEXT];
	evote_count counts[EVOTE_CHOICES_MAX];
	evote_result_res res = {
	    .counts = {EVOTE_CHOICES_MAX, counts}, .votes = UINT64_MAX};
	u_int i;

	memset(name, 'x', EVOTE_NAME_MAX);
	name[EVOTE_NAME_MAX] = '\0';
	for (i = 0; i < EVOTE_CHOICES_MAX; i++)
		counts[i] = (evote_count){name, UINT64_MAX - (i + 1) / 2};
	tally_winner(&res, 1, seen, sizeof(seen));
	assert_string_equal(
	    seen + strlen(seen) - strlen(" are shared"), " are shared");
	assert_non_null(strstr(seen, " 58, 60 and 62 are shared"));
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
	    cmocka_unit_test(test_winner),
	    cmocka_unit_test(test_winner_long),
	    cmocka_unit_test(test_turnout),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
