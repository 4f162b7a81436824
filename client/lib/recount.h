#ifndef RECOUNT_H
#define RECOUNT_H

#include "client/lib/libevote.h"

/* A tally sheet, counted again by whoever reads it.  Pure. */
struct recount {
	const char *election;
	const evote_sheet_line *lines; /* all pages, in the service's order */
	uint32_t n;
	const evote_result_res *result;
	/* A vote to look for, or NULL: of who asks, none is known. */
	const struct evote_own *own;
};

/*
 * Whether each tracker is there once, in order; whether there are as many lines
 * for each choice as it has votes, and no others; and whether the own vote is
 * there with the choice that was sent.  0, and *mine is its line, if there is
 * one; or -1 with what is wrong with the sheet: "it has 3 lines, and 4 voted".
 */
int recount_check(const struct recount *, const evote_sheet_line **mine,
    char *problem, size_t size);

#endif
