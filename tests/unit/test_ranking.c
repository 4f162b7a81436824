/* What is said of the result of a ranked election. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "client/ranking.h"

#define CHOICES 3

/* The command line's, which nothing here is read with. */
int
cmd_name(
    struct client *c, const char *what, const char *given, char out[NAME_ROOM])
{
	return (EXIT_USAGE);
}

static evote_count counts[] = {{"A", 0}, {"B", 0}, {"C", 0}};
static evote_result_res result = {.counts = {CHOICES, counts}};
static struct ballot_form form = {
    .kind = BALLOT_RANKED, .choices = CHOICES, .none = CHOICES};

static void
check_winner(u_quad_t votes, u_quad_t blank, u_quad_t *matrix, unsigned leaders,
    const char *expected)
{
	evote_pairs_res pairs = {
	    .pairs = {CHOICES * CHOICES, matrix}, .blank = blank};
	char seen[EVOTE_NAME_MAX + 80];
	struct ranking r;

	result.votes = votes;
	assert_int_equal(ranking_count(&r, &form, &result, &pairs), 0);
	assert_int_equal(ranking_leaders(&r), leaders);
	ranking_winner(&r, seen, sizeof(seen));
	assert_string_equal(seen, expected);
}

static void
who_has_won(void **state)
{
	u_quad_t none[CHOICES * CHOICES] = {0};
	u_quad_t some[CHOICES * CHOICES] = {0, 1, 1, 0, 0, 1, 0, 0, 0};

	check_winner(0, 0, none, 0, "no votes were cast");
	check_winner(
	    2, 2, none, 0, "no choice has a vote, all ballots are blank");
	/* One that has all of them tied is not blank. */
	check_winner(2, 1, none, 3, "a TIE, 3 choices share the first place");
	check_winner(1, 0, some, 1, "\"A\" has won");
	form.none = 1;
	check_winner(
	    2, 2, none, 0, "no choice has a vote, all ballots are blank");
	form.none = CHOICES;
}

static void
what_stands_in_the_tables(void **state)
{
	u_quad_t some[CHOICES * CHOICES] = {0, 1000000, 20, 0, 0, 20, 1, 0, 0};
	evote_pairs_res pairs = {.pairs = {CHOICES * CHOICES, some}};
	char cell[RANKING_CELL], label[RANKING_LABEL];
	struct ranking r;

	result.votes = 1000000;
	assert_int_equal(ranking_count(&r, &form, &result, &pairs), 0);
	ranking_cell(&r, RANKING_PAIRS, 0, 1, cell);
	assert_string_equal(cell, "1000000");
	ranking_cell(&r, RANKING_PATHS, 0, 2, cell);
	assert_string_equal(cell, "20:0");
	ranking_cell(&r, RANKING_PATHS, 2, 0, cell);
	assert_string_equal(cell, "-");
	ranking_cell(&r, RANKING_PAIRS, 1, 1, cell);
	assert_string_equal(cell, "-");
	ranking_label(&r, 2, label);
	assert_string_equal(label, "3");
	/* The wider its cells, the fewer stand beside each other. */
	assert_int_equal(ranking_columns(&r, RANKING_PAIRS), 75 / 9);
	assert_int_equal(ranking_columns(&r, RANKING_PATHS), 75 / 11);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_has_won),
	    cmocka_unit_test(what_stands_in_the_tables),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
