#ifndef EVOTE_OPTIONS_H
#define EVOTE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The options of a program, or of one of its commands, as one table.  From it
 * come what is read, what --help and the synopsis show, and what a mistyped
 * one may have meant.
 */
struct option_row {
	const char *name; /* without its dashes; NULL ends the table */
	/* "FILE"; "[=N]" may be left out, but is never ""; NULL: a flag */
	const char *arg;
	const char *help;
	size_t at; /* of what is filled: an int for a flag, else const char * */
	/*
	 * Instead of that.  `at` is the place, value NULL for a flag.  0, or -1
	 * with what is wrong, which follows "--NAME: ".
	 */
	int (*take)(void *at, const char *value, char *err, size_t errlen);
	enum {
		OPTION_MAY,
		OPTION_MUST,
		OPTION_MANY, /* times, and once at least */
		OPTION_ANY,  /* number of times */
		OPTION_APART /* not there */
	} use;		     /* as the synopsis shows it */
	const char *env;     /* the variable that stands in for it, or NULL */
	int by_hand;	     /* on the command line only, see options_file.h */
};
#define OPTIONS_MAX 32 /* rows of a table */

enum options_end {
	OPTIONS_DONE,
	OPTIONS_HELP, /* asked for by --help or -h, which every table has */
	OPTIONS_WRONG /* a sentence without its full stop is in err */
};

/*
 * Fills *to.  What is no option begins at optind; with first set, options end
 * before it.  *given has a bit for each row; NULL is fine.
 */
enum options_end options_read(const struct option_row *, void *to, int argc,
    char **argv, int first, uint32_t *given, char *err, size_t errlen);
/* One option; 0, or -1 as in options_read. */
int options_take(const struct option_row *, void *to, const char *value,
    char *err, size_t errlen);

/* The row of that name, or NULL. */
const struct option_row *options_find(const struct option_row *, const char *);
/* "[--csv] --end TIME", each in brackets that may be left out. */
void options_synopsis(const struct option_row *, char *out, size_t size);
/* A line or more for each, set in by the margin; `help` says what --help does.
 */
void options_help(
    FILE *, const struct option_row *, const char *help, int margin);

/*
 * Words in lines that fit a terminal, from the present column on, the further
 * lines set in by the margin.
 */
void options_fill(FILE *, const char *text, int column, int margin);

#endif
