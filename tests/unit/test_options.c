/*
 * Options read from a table, and what people mistype.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <getopt.h>

#include <cmocka.h>

#include "common/nearest.h"
#include "common/options.h"

struct filled {
	int loud;
	const char *name;
	int times;
};

static int
times_take(void *at, const char *value, char *err, size_t errlen)
{
	int *times = at;

	if (value != NULL && strcmp(value, "never") == 0) {
		snprintf(err, errlen, "\"%s\" is no number", value);
		return (-1);
	}
	++*times;
	return (0);
}

static const struct option_row table[] = {
    {"loud", NULL, "be it", .at = offsetof(struct filled, loud)},
    {"name", "NAME", "whose", .at = offsetof(struct filled, name),
	.use = OPTION_MUST},
    {"times", "[=N]", "again", .at = offsetof(struct filled, times),
	.take = times_take, .use = OPTION_MANY},
    {0},
};

#define WORDS_MAX 8

struct reading {
	struct filled f;
	enum options_end end;
	uint32_t given;
	int rest; /* words that are no options */
	char err[200];
};

static struct reading
read_words(const char *line, int first)
{
	static char words[200];
	char *argv[WORDS_MAX + 1] = {(char *)"program"};
	struct reading r = {0};
	int n = 1;

	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " "))
		argv[n++] = w;
	r.end = options_read(
	    table, &r.f, n, argv, first, &r.given, r.err, sizeof(r.err));
	r.rest = n - optind;
	return (r);
}

static void
a_table_is_read(void **state)
{
	struct reading r = read_words("a --times --name ada --times=3 b", 0);

	assert_int_equal(OPTIONS_DONE, r.end);
	assert_string_equal("ada", r.f.name);
	assert_int_equal(2, r.f.times);
	assert_int_equal(0, r.f.loud);
	assert_int_equal(1u << 1 | 1u << 2, r.given);
	assert_int_equal(2, r.rest);
	setenv("POSIXLY_CORRECT", "1", 1);
	assert_int_equal(2, read_words("a --loud b", 0).rest);
	/* A beginning will do; options end before the first other word. */
	r = read_words("--lo verb --name x", 1);
	assert_int_equal(OPTIONS_DONE, r.end);
	assert_int_equal(1, r.f.loud);
	assert_null(r.f.name);
	assert_int_equal(3, r.rest);
	assert_int_equal(OPTIONS_HELP, read_words("--loud -h", 0).end);
	assert_int_equal(OPTIONS_HELP, read_words("x --help", 0).end);
}

/* As "$(cat ada.pem)" gives it: one word, whose first line is long enough. */
static void
a_private_key_is_not_shown(void **state)
{
	char key[] = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n";
	char *argv[] = {(char *)"program", key, NULL};
	struct filled f = {0};
	uint32_t given;
	char err[300];

	assert_int_equal(OPTIONS_WRONG,
	    options_read(table, &f, 2, argv, 0, &given, err, sizeof(err)));
	assert_non_null(strstr(err, "this is a PRIVATE key"));
	assert_null(strstr(err, "MC4C"));
}

static void
wrong(const char *line, const char *sentence)
{
	struct reading r = read_words(line, 0);

	assert_int_equal(OPTIONS_WRONG, r.end);
	assert_string_equal(sentence, r.err);
}

static void
what_is_wrong_is_said(void **state)
{
	wrong("--nmae=x", "--nmae is not an option (did you mean --name?)");
	wrong("--colour", "--colour is not an option");
	wrong("-x", "-x is not an option");
	wrong("--loud=1", "--loud takes no value");
	wrong("--help=1", "--help takes no value");
	wrong("--na", "--name lacks its value");
	wrong("--name=", "--name lacks its value");
	wrong("--times=", "--times lacks its value");
	wrong("--times=never", "--times: \"never\" is no number");
}

static void
the_synopsis_is_made(void **state)
{
	char text[100];

	options_synopsis(table, text, sizeof(text));
	assert_string_equal("[--loud] --name NAME --times[=N] ...", text);
}

static void
guessed(const char *typed, const char *expected)
{
	static const char *const words[] = {
	    "vote", "show", "status", "voters", "unlock"};
	struct nearest near = {.typed = typed};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		nearest_try(&near, words[i]);
	assert_string_equal(expected, near.word);
}

static void
the_nearest_word_is_guessed(void **state)
{
	char long_word[100];

	guessed("vtoe", "vote");
	guessed("voet", "vote");
	guessed("votes", "vote");
	guessed("VOTE", "vote");
	guessed("sttaus", "status");
	guessed("unlokc", "unlock");
	guessed("result", "");
	guessed("x", "");
	guessed("", "");
	memset(long_word, 'v', sizeof(long_word));
	long_word[sizeof(long_word) - 1] = '\0';
	guessed(long_word, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_table_is_read),
	    cmocka_unit_test(what_is_wrong_is_said),
	    cmocka_unit_test(a_private_key_is_not_shown),
	    cmocka_unit_test(the_synopsis_is_made),
	    cmocka_unit_test(the_nearest_word_is_guessed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
