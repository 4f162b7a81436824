#ifndef EVOTE_CHART_H
#define EVOTE_CHART_H

#include <stdio.h>

#include "evote.h"

/* The counts of an election as bars. */

/* A bar for so many of max, at most that many columns of a terminal wide. */
void chart_bar(char *out, size_t size, uint64_t n, uint64_t max, int columns);

/* An SVG image, of plain text. */
#define CHART_PLACE 24
struct chart {
	const char *title;
	const char *note; /* what bars and places mean, under it; NULL: none */
	const char *foot;
	const evote_result_res *res;
	char places[EVOTE_CHOICES_MAX][CHART_PLACE]; /* before the names */
};
void chart_svg(FILE *, const struct chart *);

#endif
