/*
 * What strangers get, as evote.x and evote_server(8) tell it: a number that is
 * changed has to be changed there as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "evote.h"
#include "server/budget.h"

#define FILES 16384

/* Where these numbers are told. */
static char promises[16384], manual[65536];

/* A file in one line, without what makes it a comment. */
static int
text_read(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = 0;
	int c, blank = 0;

	if (f == NULL)
		return (-1);
	while ((c = fgetc(f)) != EOF && n < size - 2) {
		if (c == ' ' || c == '\n' || c == '*' || c == '\t') {
			blank = 1;
			continue;
		}
		if (blank)
			text[n++] = ' ';
		blank = 0;
		text[n++] = (char)c;
	}
	text[n] = '\0';
	fclose(f);
	return (0);
}

static int
setup(void **state)
{
	return (text_read("evote.x", promises, sizeof(promises)) == 0 &&
		    text_read(
			"docs/man/evote_server.8", manual, sizeof(manual)) == 0
		? 0
		: -1);
}

/* "and after 600 s", with 600 000 ms. */
static void
assert_told(const char *text, const char *before, uint64_t n, const char *after)
{
	char words[100];

	snprintf(words, sizeof(words), "%s %llu %s", before,
	    (unsigned long long)n, after);
	if (strstr(text, words) == NULL)
		fail_msg("nothing is said of \"%s\"", words);
}

static void
strangers_get_what_is_promised(void **state)
{
	struct transport_config tc = {0};

	budget_strangers(&tc, FILES, 2);
	assert_told(promises, "takes", (uint64_t)tc.max_in_flight, "calls at");
	assert_told(promises, "more than", tc.max_unsent >> 20, "MiB of its");
	assert_told(promises, "memory:", tc.max_memory >> 20, "MiB for what");
	assert_told(promises, "a call in", tc.proof_ms / 1000, "s (a");
	assert_told(promises, "unread for", tc.partial_ms / 1000, "s, and");
	assert_told(promises, "complete within", tc.partial_ms / 1000, "s of");
	assert_told(promises, "and after", tc.idle_ms / 1000, "s idle");
	assert_told(manual, ".It", tc.max_memory >> 20, "MiB hold what");
	assert_told(manual, "a call in", tc.proof_ms / 1000, "seconds, with");
	assert_told(manual, "unread for", tc.partial_ms / 1000, "seconds, and");
	assert_told(manual, "is idle for", tc.idle_ms / 1000, "seconds.");
	/* About. */
	assert_told(promises, "for handshakes, some",
	    (uint64_t)transport_handshakes(&tc) / 10 * 10, "at a time");
	assert_told(manual, "is for them, some",
	    (uint64_t)transport_handshakes(&tc) / 10 * 10, "at a time");
	assert_int_equal(tc.max_call, EVOTE_CALL_MAX);
	assert_int_equal(tc.max_stranger_call, EVOTE_STRANGER_CALL_MAX);
	/* One address has half of them. */
	assert_told(promises, "(about",
	    (uint64_t)(tc.max_conns / 2 + 500) / 1000 * 1000,
	    "with 16384 files)");
	assert_told(manual, "at most", FILES, ", less 64 for the server");
}

/* A turn of the loop is not to be noticed by the other host, nor by voters. */
static void
a_turn_is_short(void **state)
{
	struct transport_config tc = {0};

	budget_strangers(&tc, FILES, 2);
	assert_int_equal(tc.turn_us, 2000);
	assert_non_null(strstr(manual, "one call each, for two milliseconds"));
	assert_int_equal(tc.turn_calls, 1000);
}

static void
few_files_leave_some_places(void **state)
{
	struct transport_config tc = {0};

	budget_strangers(&tc, 64, 8);
	assert_int_equal(tc.max_conns, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(strangers_get_what_is_promised),
	    cmocka_unit_test(a_turn_is_short),
	    cmocka_unit_test(few_files_leave_some_places),
	};

	return (cmocka_run_group_tests(tests, setup, NULL));
}
