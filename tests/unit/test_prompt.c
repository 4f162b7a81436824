/* What is read from a pipe in place of an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/prompt.h"

#define PATIENCE_S 20

/* Standard input says that; returns the end that writes, still open. */
static int
input_say(const char *text)
{
	int ends[2];

	assert_int_equal(0, pipe(ends));
	assert_int_equal(STDIN_FILENO, dup2(ends[0], STDIN_FILENO));
	close(ends[0]);
	clearerr(stdin);
	assert_int_equal(
	    (int)strlen(text), (int)write(ends[1], text, strlen(text)));
	return (ends[1]);
}

static void
check_ended(const char *text, int closed, int ended)
{
	int end = input_say(text);
	char *line;

	if (closed)
		close(end);
	assert_non_null(line = prompt_line());
	assert_string_equal("yes", line);
	free(line);
	/* Who waits for ever is killed. */
	alarm(PATIENCE_S);
	assert_int_equal(ended, prompt_ended());
	alarm(0);
	if (!closed)
		close(end);
}

static void
test_closed(void **state)
{
	(void)state;
	check_ended("yes", 1, 1);
	check_ended("yes\r\n", 1, 1);
	check_ended("yes\n\n\r\n", 1, 1);
	check_ended("yes\nno\n", 1, 0);
	check_ended("yes\n\nno", 1, 0);
}

static void
test_left_open(void **state)
{
	(void)state;
	check_ended("yes\n", 0, 1);
	check_ended("yes\n\n", 0, 1);
	check_ended("yes\nno\n", 0, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_closed),
	    cmocka_unit_test(test_left_open),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
