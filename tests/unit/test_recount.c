/* A tally sheet, and each way in which a service could lie with one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "client/lib/recount.h"
#include "common/tracker.h"
#include "server/auth.h"

#define ELECTION "board"
#define LINES	 6
#define MINE	 3 /* the place of the own line, which says "no" */

/* As it should be: "yes", "no" and "maybe" have 3, 2 and 0 votes. */
struct sheet {
	evote_sheet_line lines[LINES + 1];
	evote_count counts[3];
	evote_result_res result;
	struct evote_own own;
	struct recount r;
};

static int
setup(void **state)
{
	static char *const choices[] = {"yes", "yes", "no", "no", "yes"};
	struct sheet *s = calloc(1, sizeof(*s));

	memset(s->own.salt, 7, sizeof(s->own.salt));
	s->own.tracker = tracker_of(s->own.salt, ELECTION);
	auth_commitment(s->own.salt, ELECTION, "no", s->own.commitment);
	for (uint64_t i = 0; i < LINES - 1; i++)
		s->lines[i] =
		    (evote_sheet_line){s->own.tracker - MINE + i, choices[i]};
	s->counts[0] = (evote_count){"yes", 3};
	s->counts[1] = (evote_count){"no", 2};
	s->counts[2] = (evote_count){"maybe", 0};
	s->result.counts.counts_val = s->counts;
	s->result.counts.counts_len = 3;
	s->result.votes = LINES - 1;
	s->r = (struct recount){
	    ELECTION, s->lines, LINES - 1, &s->result, &s->own};
	*state = s;
	return (0);
}

static int
teardown(void **state)
{
	free(*state);
	return (0);
}

/* It is told so; nobody's line is given out. */
static void
finds(const struct sheet *s, const char *problem)
{
	const evote_sheet_line *mine = &s->lines[0];
	char text[300] = "";

	assert_int_equal(recount_check(&s->r, &mine, text, sizeof(text)), -1);
	if (strstr(text, problem) == NULL)
		fail_msg("nothing about \"%s\" in: %s", problem, text);
	assert_null(mine);
}

static void
holds(const struct sheet *s, const evote_sheet_line *expected)
{
	const evote_sheet_line *mine;
	char text[300] = "";

	if (recount_check(&s->r, &mine, text, sizeof(text)) != 0)
		fail_msg("%s", text);
	assert_ptr_equal(mine, expected);
}

/* With the own vote, without one, and when nobody voted. */
static void
test_holds(void **state)
{
	struct sheet *s = *state;

	holds(s, &s->lines[MINE]);
	s->r.own = NULL;
	holds(s, NULL);
	s->r.n = 0;
	s->result.votes = s->counts[0].votes = s->counts[1].votes = 0;
	holds(s, NULL);
}

static void
test_order(void **state)
{
	struct sheet *s = *state;
	evote_sheet_line first = s->lines[0];

	s->lines[0] = s->lines[1];
	s->lines[1] = first;
	finds(s, "not in order");
}

/* Two voters of one choice are shown one line, and a vote is to spare. */
static void
test_tracker_twice(void **state)
{
	struct sheet *s = *state;

	s->lines[1].tracker = s->lines[0].tracker;
	finds(s, "one is there twice");
}

/* A line is moved from one choice to another; as many have voted as before. */
static void
test_line_of_another_choice(void **state)
{
	struct sheet *s = *state;

	s->lines[0].choice = "maybe";
	finds(s, "its lines for \"yes\" are not as many as its votes");
}

/* The last choice is counted, too. */
static void
test_line_of_the_last_choice(void **state)
{
	struct sheet *s = *state;

	s->counts[2].votes = 1;
	finds(s, "its lines for \"maybe\" are not as many as its votes");
}

static void
test_more_voted_than_lines(void **state)
{
	struct sheet *s = *state;

	s->result.votes++;
	finds(s, "it has 5 lines, and 6 voted");
}

/* No choice has too many, and yet there is one line more. */
static void
test_line_of_no_choice(void **state)
{
	struct sheet *s = *state;

	s->lines[LINES - 1] =
	    (evote_sheet_line){s->lines[LINES - 2].tracker + 1, "never"};
	s->r.n = LINES;
	finds(s, "it has 6 lines, and 5 voted");
	s->result.votes++;
	finds(s, "lines for choices that the result does not have");
}

/* Somebody else's is in its place, so all counts are right. */
static void
test_own_missing(void **state)
{
	struct sheet *s = *state;
	char tracker[TRACKER_TEXT];

	for (int i = MINE; i < LINES - 1; i++)
		s->lines[i].tracker++;
	finds(s, "your vote is not on it, whose tracker is ");
	tracker_text(tracker, s->own.tracker);
	finds(s, tracker);
	s->r.own = NULL;
	holds(s, NULL);
}

/* The own line and another one have changed their choices: counts are right. */
static void
test_own_with_another_choice(void **state)
{
	struct sheet *s = *state;

	s->lines[MINE].choice = "yes";
	s->lines[0].choice = "no";
	finds(s, "stands there with \"yes\", which you did not vote for");
	s->r.own = NULL;
	holds(s, NULL);
}

/* What was sent was for this election. */
static void
test_own_of_another_election(void **state)
{
	struct sheet *s = *state;

	auth_commitment(s->own.salt, "other", "no", s->own.commitment);
	finds(s, "which you did not vote for");
}

int
main(void)
{
#define WITH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    WITH(test_holds),
	    WITH(test_order),
	    WITH(test_tracker_twice),
	    WITH(test_line_of_another_choice),
	    WITH(test_line_of_the_last_choice),
	    WITH(test_more_voted_than_lines),
	    WITH(test_line_of_no_choice),
	    WITH(test_own_missing),
	    WITH(test_own_with_another_choice),
	    WITH(test_own_of_another_election),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
