#include "common/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/nearest.h"
#include "common/text.h"

#define FIRST	256 /* the value of the first row, for getopt */
#define COLUMNS 79

int
options_take(const struct option_row *o, void *to, const char *value, char *err,
    size_t errlen)
{
	void *at = (char *)to + o->at;
	char why[512];

	/* As of a variable in a script that was never set. */
	if (o->arg != NULL && value != NULL && *value == '\0')
		return (text_why(err, errlen, "--%s lacks its value", o->name));
	if (o->take != NULL) {
		if (o->take(at, value, why, sizeof(why)) == 0)
			return (0);
		return (text_why(err, errlen, "--%s: %s", o->name, why));
	}
	if (o->arg == NULL)
		*(int *)at = 1;
	else
		*(const char **)at = value;
	return (0);
}

/* ---- reading ---- */

static void
table_copy(const struct option_row *table, struct option out[OPTIONS_MAX + 2])
{
	const struct option_row *o;
	int n = 0;

	for (o = table; o->name != NULL && n < OPTIONS_MAX; o++, n++)
		out[n] = (struct option){o->name,
		    o->arg == NULL	 ? no_argument
			: *o->arg == '[' ? optional_argument
					 : required_argument,
		    NULL, FIRST + n};
	out[n] = (struct option){"help", no_argument, NULL, 'h'};
	out[n + 1] = (struct option){0};
}

static void
unknown_tell(
    const struct option_row *table, const char *word, char *err, size_t errlen)
{
	struct nearest near = {.typed = word};
	char name[64];

	for (; table->name != NULL; table++) {
		snprintf(name, sizeof(name), "--%s", table->name);
		nearest_try(&near, name);
	}
	nearest_try(&near, "--help");
	snprintf(
	    err, errlen, "%s is not an option%s", word, nearest_ask(&near));
}

/* What getopt stumbled over: the word before optind. */
static enum options_end
wrong_tell(const struct option_row *table, int ch, const char *word, char *err,
    size_t errlen)
{
	char typed[64];

	/* Of a file whose first line begins with dashes: not one word of it. */
	if (strstr(word, "PRIVATE KEY") != NULL)
		snprintf(err, errlen,
		    "this is a PRIVATE key, which others have seen now: have "
		    "its owner make a new one, and hand in the public key of "
		    "that");
	else if (ch == '?' && optopt > 0 && optopt < FIRST && optopt != 'h')
		snprintf(err, errlen, "-%c is not an option", optopt);
	else if (ch == ':')
		snprintf(err, errlen, "--%s lacks its value",
		    table[optopt - FIRST].name);
	else if (optopt != 0)
		snprintf(err, errlen, "%.*s takes no value",
		    (int)strcspn(word, "="), word);
	else {
		snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(word, "="),
		    word);
		unknown_tell(table, typed, err, errlen);
	}
	return (OPTIONS_WRONG);
}

enum options_end
options_read(const struct option_row *table, void *to, int argc, char **argv,
    int first, uint32_t *given, char *err, size_t errlen)
{
	struct option options[OPTIONS_MAX + 2];
	const char *letters = first ? "+:h" : ":h";
	uint32_t seen = 0;
	int ch;

	/* Wherever they stand, whatever a build or a test has set. */
	unsetenv("POSIXLY_CORRECT");
	table_copy(table, options);
	opterr = optind = 0;
	while ((ch = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (ch == 'h')
			return (OPTIONS_HELP);
		if (ch < FIRST)
			return (wrong_tell(
			    table, ch, argv[optind - 1], err, errlen));
		seen |= 1u << (ch - FIRST);
		if (options_take(&table[ch - FIRST], to, optarg, err, errlen) !=
		    0)
			return (OPTIONS_WRONG);
	}
	if (given != NULL)
		*given = seen;
	return (OPTIONS_DONE);
}

const struct option_row *
options_find(const struct option_row *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return (table);
	return (NULL);
}

/* ---- showing ---- */

/* "--end TIME", "--watch[=SECONDS]" */
static void
row_text(const struct option_row *o, char *out, size_t size)
{
	snprintf(out, size, "--%s%s%s", o->name,
	    o->arg != NULL && *o->arg != '[' ? " " : "",
	    o->arg != NULL ? o->arg : "");
}

void
options_synopsis(const struct option_row *o, char *out, size_t size)
{
	static const char *const forms[] = {
	    [OPTION_MAY] = "[%s]",
	    [OPTION_MUST] = "%s",
	    [OPTION_MANY] = "%s ...",
	    [OPTION_ANY] = "[%s ...]",
	};
	char text[80], form[90];

	out[0] = '\0';
	for (; o->name != NULL; o++) {
		if (o->use == OPTION_APART)
			continue;
		row_text(o, text, sizeof(text));
		snprintf(form, sizeof(form), forms[o->use], text);
		text_join(out, size, " ", form);
	}
}

/* To the next blank, but one in brackets. */
static int
word_length(const char *word)
{
	int n, depth = 0;

	for (n = 0; word[n] != '\0' && (depth > 0 || word[n] != ' '); n++)
		depth += (word[n] == '[') - (word[n] == ']');
	return (n);
}

void
options_fill(FILE *f, const char *text, int column, int margin)
{
	const char *word = text + strspn(text, " ");
	int n, begun = 0;

	for (; *word != '\0'; word += n, word += strspn(word, " ")) {
		n = word_length(word);
		if (begun && column + 1 + n > COLUMNS) {
			fprintf(f, "\n%*s", margin, "");
			column = margin;
		} else if (begun)
			column += fprintf(f, " ");
		column += fprintf(f, "%.*s", n, word);
		begun = 1;
	}
	putc('\n', f);
}

static int
rows_width(const struct option_row *o)
{
	int width = 0, n;
	char text[80];

	for (; o->name != NULL; o++) {
		row_text(o, text, sizeof(text));
		n = text_width(text);
		width = n > width ? n : width;
	}
	return (width);
}

static void
row_help(FILE *f, const struct option_row *o, int margin, int width)
{
	char text[80];

	row_text(o, text, sizeof(text));
	options_fill(f, o->help,
	    fprintf(f, "%*s%-*s  ", margin, "", width, text),
	    margin + width + 2);
}

void
options_help(
    FILE *f, const struct option_row *table, const char *help, int margin)
{
	const struct option_row own = {.name = "help", .help = help}, *o;
	int width = rows_width(table);

	for (o = table; o->name != NULL; o++)
		row_help(f, o, margin, width);
	if (help != NULL)
		row_help(f, &own, margin, width);
}
