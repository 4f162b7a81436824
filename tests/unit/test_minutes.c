/* What the minutes of an election say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/minutes.h"

#define CLOSED 9 /* the place of that record */

/* The command line's, which no minutes are written with. */
int
cmd_name(
    struct client *c, const char *what, const char *given, char out[NAME_ROOM])
{
	return (EXIT_USAGE);
}

/* Of an election that is closed, for the test to change. */
static struct minutes
minutes_base(void)
{
	static struct tlog_policy policy;
	static evote_count counts[] = {{.choice = (char *)"yes"}};

	return ((struct minutes){
	    .origin = "test",
	    .cluster = (const unsigned char *)"cccccccccccccccc",
	    .show.election.name = (char *)"board",
	    .show.creator = (char *)"",
	    .life.cancelled_by = (char *)"",
	    .life.reason = (char *)"",
	    .life.phase = EVOTE_PHASE_CLOSED,
	    .report.closed.seq = CLOSED,
	    .result.counts = {1, counts},
	    .proof.text = (char *)"note\n",
	    .proof.size = CLOSED + 1,
	    .proof.policy = &policy,
	});
}

static char *
text_of(const struct minutes *m)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	minutes_write(f, m);
	fclose(f);
	return (text);
}

static void
assert_says(const struct minutes *m, const char *expected)
{
	char *text = text_of(m);

	if (strstr(text, expected) == NULL)
		fail_msg("%s", text);
	free(text);
}

static void
assert_reach(uint64_t size, evote_phase phase, const char *expected)
{
	struct minutes m = minutes_base();

	m.proof.size = size;
	m.life.phase = phase;
	assert_says(&m, expected);
}

static void
the_close_is_in_the_checkpoint(void **state)
{
	assert_reach(CLOSED + 1, EVOTE_PHASE_CLOSED,
	    "of 10 records, the close among them, with the root ");
	assert_reach(CLOSED + 1, EVOTE_PHASE_CANCELLED,
	    "of 10 records, the cancellation among them, with the root ");
}

static void
the_close_comes_after_the_checkpoint(void **state)
{
	assert_reach(CLOSED, EVOTE_PHASE_CLOSED,
	    "of 9 records, which end before the close, ");
	assert_reach(CLOSED, EVOTE_PHASE_CANCELLED,
	    "of 9 records, which end before the cancellation, ");
}

static void
what_became_of_the_roll_is_told(void **state)
{
	evote_option freeze = {EVOTE_OPTION_FREEZE, 1};
	struct minutes m = minutes_base();

	m.result.eligible = 1;
	assert_says(&m, "| Group | Could vote, as at the close | Voted |");
	assert_says(&m,
	    "Who could vote was not fixed at the opening: what was changed on "
	    "the roll later did count. 1 voter could vote, with those who");
	m.life.phase = EVOTE_PHASE_CANCELLED;
	assert_says(&m, "| Could vote, as at the cancellation |");
	m.options.options = (evote_options){1, &freeze};
	/* It never opened, so that nothing was fixed. */
	assert_says(&m, "| Could vote, as at the cancellation |");
	m.life.opened.time = 1;
	assert_says(&m, "| Could vote, fixed at the opening |");
	m.life.phase = EVOTE_PHASE_CLOSED;
	assert_says(&m, "| Could vote, fixed at the opening |");
	assert_says(&m, "did not count. 1 voter could vote; 0 voted (0.0 %).");
}

static void
a_tally_sheet_is_told(void **state)
{
	evote_option sheet = {EVOTE_OPTION_SHEET, 1};
	struct minutes m = minutes_base();
	char *text = text_of(&m);

	assert_null(strstr(text, "tally sheet"));
	free(text);
	m.options.options = (evote_options){1, &sheet};
	assert_says(&m, "There is a tally sheet");
	m.life.phase = EVOTE_PHASE_CANCELLED;
	assert_says(&m, "There was to be a tally sheet");
}

/* All of 64 choices, each preferred to those after it. */
static void
many_choices_stand_in_blocks(void **state)
{
	static u_quad_t matrix[EVOTE_CHOICES_MAX * EVOTE_CHOICES_MAX];
	evote_count counts[EVOTE_CHOICES_MAX];
	struct minutes m = minutes_base();
	u_int i, j, n = EVOTE_CHOICES_MAX;
	char *text, *line, *rest;

	for (i = 0; i < n; i++) {
		counts[i] = (evote_count){(char *)"some name", 0};
		for (j = 0; j < n; j++)
			matrix[i * n + j] = j > i ? 100000 + i : 5000;
	}
	m.result.votes = 200000;
	m.result.counts.counts_len = n;
	m.result.counts.counts_val = counts;
	m.pairs.pairs.pairs_len = n * n;
	m.pairs.pairs.pairs_val = matrix;
	m.form = (struct ballot_form){
	    .kind = BALLOT_RANKED, .choices = n, .none = n};
	assert_int_equal(
	    ranking_count(&m.ranking, &m.form, &m.result, &m.pairs), 0);
	assert_says(&m, "\n| | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 |\n");
	assert_says(&m, "\n| | 64 |\n|---:|---:|\n| 1 | 100000 |\n");
	assert_says(&m, " of its weakest defeat:\n\n| | 1 | 2 | 3 | 4 | 5 |\n");
	assert_says(&m, "| 64 | - |\n");
	text = text_of(&m);
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] == '|' && strlen(line) > 100)
			fail_msg("%s", line);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_close_is_in_the_checkpoint),
	    cmocka_unit_test(the_close_comes_after_the_checkpoint),
	    cmocka_unit_test(what_became_of_the_roll_is_told),
	    cmocka_unit_test(a_tally_sheet_is_told),
	    cmocka_unit_test(many_choices_stand_in_blocks),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
