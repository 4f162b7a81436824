/* What people write of a ballot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "client/ballot_marks.h"

static char *names[] = {"Ann", "Bob", "A > B", "\"Cy\"", "Dee Eff", "\u00e9"};
static evote_election board = {.choices = {6, names}};

/* ranks: a digit for each choice, after what was understood before. */
static void
check(evote_reason (*read)(struct ballot_marks *, const char *),
    const char *text, evote_reason reason, const char *ranks)
{
	struct ballot_marks m = {.election = &board};
	char seen[8] = "";

	if (read(&m, text) != reason)
		fail_msg("another reason: %s", text);
	for (int i = 0; i < 6; i++)
		seen[i] = (char)('0' + m.ranks[i]);
	if (ranks != NULL && strcmp(seen, ranks) != 0)
		fail_msg("%s is %s, not %s", text, seen, ranks);
}

static evote_reason
pick_numbers(struct ballot_marks *m, const char *text)
{
	return (ballot_marks_numbers(m, text, 0));
}

static evote_reason
rank_numbers(struct ballot_marks *m, const char *text)
{
	return (ballot_marks_numbers(m, text, 1));
}

static void
test_ranking(void **state)
{
#define RANKING(text, reason, ranks) \
	check(ballot_marks_ranking, text, EVOTE_R_##reason, ranks)
	RANKING("Ann", OK, "100000");
	RANKING("Bob > Ann", OK, "210000");
	RANKING("Bob>Ann=Dee  Eff", OK, "210020");
	RANKING(" Bob = Ann > e\u0301 ", OK, "110002");
	RANKING("\"A > B\" > \"Bob\" = Ann", OK, "221000");
	RANKING("\"\"\"Cy\"\"\" > Ann", OK, "200100");
	RANKING("A > B", NO_CHOICE, NULL);
	RANKING("Ann > Zoe", NO_CHOICE, NULL);
	RANKING("Ann > Bob > Ann", CHOSEN_TWICE, NULL);
	RANKING("Ann = Ann", CHOSEN_TWICE, NULL);
	RANKING("Ann >", NO_CHOICE, NULL);
	RANKING("> Ann", NO_CHOICE, NULL);
	RANKING("", NO_CHOICE, NULL);
	RANKING("\"Ann", MALFORMED, NULL);
	RANKING("\"Ann\" Bob", MALFORMED, NULL);
#undef RANKING
}

static void
test_pick(void **state)
{
	struct ballot_marks m = {.election = &board};

	assert_int_equal(ballot_marks_pick(&m, " Bob "), EVOTE_R_OK);
	assert_int_equal(ballot_marks_pick(&m, "A > B"), EVOTE_R_OK);
	assert_int_equal(ballot_marks_pick(&m, "Zoe"), EVOTE_R_NO_CHOICE);
	assert_string_equal(m.what, "Zoe");
	assert_int_equal(ballot_marks_pick(&m, "Bob"), EVOTE_R_CHOSEN_TWICE);
	assert_string_equal(m.what, "Bob");
	assert_memory_equal(m.ranks, "\0\1\1\0\0\0", 6);
}

static void
test_numbers(void **state)
{
#define NUMBERS(read, text, reason, ranks) \
	check(read, text, EVOTE_R_##reason, ranks)
	NUMBERS(pick_numbers, "3 1", OK, "101000");
	NUMBERS(pick_numbers, " 6, 2 ", OK, "010001");
	NUMBERS(rank_numbers, "3 1 2", OK, "231000");
	NUMBERS(rank_numbers, "1 > 2=3,4", OK, "122300");
	NUMBERS(rank_numbers, "7", NO_CHOICE, NULL);
	NUMBERS(rank_numbers, "0 1", NO_CHOICE, NULL);
	NUMBERS(rank_numbers, "99999999999999999999", NO_CHOICE, NULL);
	NUMBERS(rank_numbers, "1 2 1", CHOSEN_TWICE, NULL);
	NUMBERS(rank_numbers, "-1", MALFORMED, NULL);
	NUMBERS(rank_numbers, "1 x", MALFORMED, NULL);
	NUMBERS(rank_numbers, "Ann", MALFORMED, NULL);
#undef NUMBERS
}

static void
test_text(void **state)
{
	struct ballot_marks m = {
	    .election = &board, .ranks = {2, 2, 1, 0, 3, 0}};
	char text[200];

	ballot_marks_text(&m, 1, text, sizeof(text));
	assert_string_equal(text, "\"A > B\" > Ann = Bob > Dee Eff");
	ballot_marks_text(&m, 0, text, sizeof(text));
	assert_string_equal(text, "A > B, Ann, Bob, Dee Eff");
	m.ranks[3] = 4;
	ballot_marks_text(&m, 1, text, sizeof(text));
	assert_string_equal(
	    text, "\"A > B\" > Ann = Bob > Dee Eff > \"\"\"Cy\"\"\"");
	check(ballot_marks_ranking, text, EVOTE_R_OK, "221430");
}

/* With commas between them; alone it is no list. */
static void
test_text_commas(void **state)
{
	char *commas[] = {"Wang, Daming", "Li, Mei", "Ann"};
	const evote_election wide = {.choices = {3, commas}};
	struct ballot_marks m = {.election = &wide, .ranks = {1, 0, 1}};
	char text[200];

	ballot_marks_text(&m, 0, text, sizeof(text));
	assert_string_equal(text, "\"Wang, Daming\", Ann");
	m.ranks[2] = 0;
	ballot_marks_text(&m, 0, text, sizeof(text));
	assert_string_equal(text, "Wang, Daming");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ranking),
	    cmocka_unit_test(test_pick),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_text_commas),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
