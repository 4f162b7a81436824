/* What the minutes of an election say of its checkpoint. */
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

static char *
minutes_of(uint64_t size, evote_phase phase)
{
	struct tlog_policy policy = {0};
	char *text = NULL;
	size_t len;
	evote_count counts[] = {{.choice = (char *)"yes"}};
	FILE *f = open_memstream(&text, &len);
	struct minutes m = {
	    .origin = "test",
	    .cluster = (const unsigned char *)"cccccccccccccccc",
	    .show.election.name = (char *)"board",
	    .show.creator = (char *)"",
	    .life.cancelled_by = (char *)"",
	    .life.reason = (char *)"",
	    .life.phase = phase,
	    .report.closed.seq = CLOSED,
	    .result.counts = {1, counts},
	    .proof.text = (char *)"note\n",
	    .proof.size = size,
	    .proof.policy = &policy,
	};

	minutes_write(f, &m);
	fclose(f);
	return (text);
}

static void
assert_reach(uint64_t size, evote_phase phase, const char *expected)
{
	char *text = minutes_of(size, phase);

	if (strstr(text, expected) == NULL)
		fail_msg("%s", text);
	free(text);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_close_is_in_the_checkpoint),
	    cmocka_unit_test(the_close_comes_after_the_checkpoint),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
