/* Every reason of evote.x has its name and its sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/lib/reason.h"
#include "client/say.h"

/* "NAME_TAKEN" as "name-taken". */
static void
as_said(char *name)
{
	for (; *name != '\0'; name++)
		*name = *name == '_' ? '-' : (char)tolower((int)*name);
}

static void
test_reasons(void **state)
{
	FILE *f = fopen("evote.x", "re");
	char line[200], name[100];
	int reason, n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, " EVOTE_R_%99[A-Z_] = %d", name, &reason) != 2)
			continue;
		as_said(name);
		assert_true(reason >= n); /* numbers are kept free */
		n = reason + 1;
		assert_string_equal(
		    reason_of((evote_reason)reason)->name, name);
		assert_non_null(reason_of((evote_reason)reason)->sentence);
	}
	fclose(f);
	assert_true(n > EVOTE_R_NOT_POSSIBLE);
	assert_string_equal(reason_of((evote_reason)n)->name, "strange");
	assert_non_null(reason_of((evote_reason)n)->sentence);
	assert_non_null(reason_of((evote_reason)-1)->sentence);
}

static void
problem_is(const char *want, const char *problem, const char *before,
    const char *election)
{
	struct client c = {.json = cJSON_CreateObject()};
	const cJSON *said;

	assert_int_equal(EXIT_UNKNOWN,
	    say_problem(&c, problem, EVOTE_UNANSWERED,
		"%s \"%s\" is open. Run "
		"it again",
		before, election));
	said = cJSON_GetObjectItem(c.json, "message");
	assert_string_equal(want, cJSON_GetStringValue(said));
	cJSON_Delete(c.json);
}

/* The cause comes before what to do; a name is no end of a sentence. */
static void
test_problem(void **state)
{
	problem_is("No answer: no host. That \"E\" is open. Run it again",
	    "no host", "No answer. That", "E");
	problem_is("That \"Dr. E\" is open. Run it again: no host", "no host",
	    "That", "Dr. E");
	problem_is("That \"E\" is open. Run it again", "", "That", "E");
}

static void
refusal_is(const char *want, struct client c)
{
	const cJSON *said = cJSON_GetObjectItem(c.json, "message");

	assert_string_equal(want, cJSON_GetStringValue(said));
	cJSON_Delete(c.json);
}

/* No terminal obeys the service's own words, nor is turned round by them. */
static void
test_refused_harmless(void **state)
{
	evote_answer answer = {
	    .code = 5, .text = (char *)"a\x1b[2Jb\xe2\x80\xae d"};
	struct client c = {.json = cJSON_CreateObject()};

	answer.reason = EVOTE_R_NOT_POSSIBLE;
	assert_int_equal(EXIT_REFUSED, say_refused(&c, &answer, "No"));
	refusal_is("No: a?[2Jb? d", c);
	c.json = cJSON_CreateObject();
	answer.reason = EVOTE_R_OK;
	assert_int_equal(EXIT_REFUSED, say_refused_so(&c, &answer, "No"));
	refusal_is("No (a?[2Jb? d)", c);
}

/* Both outputs are one file, which then says that. */
static void
output_is(const char *want, void (*say)(void))
{
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	FILE *both = tmpfile();
	char text[400] = "";

	fflush(stdout);
	setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	dup2(fileno(both), STDOUT_FILENO);
	dup2(fileno(both), STDERR_FILENO);
	say();
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	rewind(both);
	assert_true(fread(text, 1, sizeof(text) - 1, both) > 0);
	fclose(both);
	assert_string_equal(want, text);
}

static void
say_four(void)
{
	struct client c = {0};

	say_line(&c, "one");
	say_aside("two");
	say_line(&c, "three");
	say_usage(&c, "four");
}

/* What was printed before a remark stands above it. */
static void
test_order(void **state)
{
	output_is("one\ntwo\nthree\nfour.\n", say_four);
}

static void
say_stale_ones(void)
{
	evote_answer answer = {.code = 1, .reason = EVOTE_R_NUMBER_STALE};

	say_earlier(NULL, EVOTE_ACT_VOTE, "K1", &answer, NULL);
	say_earlier(NULL, EVOTE_ACT_EXTEND, "K1", &answer, NULL);
}

static void
say_tracked(void)
{
	const evote_answer answer = {.code = 0};
	const uint64_t tracker = 0x1a;

	say_earlier(NULL, EVOTE_ACT_VOTE, "K1", &answer, NULL);
	say_earlier(NULL, EVOTE_ACT_VOTE, "K1", &answer, &tracker);
}

/* What became of it was not answered, and where it is told. */
static void
test_earlier(void **state)
{
	output_is("What became of your earlier vote in \"K1\" is no longer "
		  "known; `check \"K1\"` tells whether a vote of yours "
		  "counts.\nWhat became of your earlier extension of \"K1\" is "
		  "no longer known; `show \"K1\"` tells how that election "
		  "stands.\n",
	    say_stale_ones);
	output_is("Your earlier, unanswered vote in \"K1\" was carried out.\n"
		  "Your earlier, unanswered vote in \"K1\" was carried out. "
		  "Your tracker is 000000000000001a: after the close, the "
		  "tally sheet has your choice beside it, and whoever learns "
		  "the tracker learns the choice.\n",
	    say_tracked);
}

/* Programs get UTF-8, and no place in the ledger that no service named. */
static void
say_object(void)
{
	struct client c = {.json = cJSON_CreateObject()};
	const evote_stamp none = {0};

	say_stamp(&c, &none);
	cJSON_AddStringToObject(c.json, "file", "x\xe9");
	say_json(c.json, 0);
	cJSON_Delete(c.json);
}

static void
test_json(void **state)
{
	output_is("{\"file\":\"x?\"}\n", say_object);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reasons),
	    cmocka_unit_test(test_problem),
	    cmocka_unit_test(test_refused_harmless),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_earlier),
	    cmocka_unit_test(test_json),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
