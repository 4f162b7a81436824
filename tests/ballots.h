#ifndef BALLOTS_H
#define BALLOTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evote.h"

/* Reads tests/data/ballots. */

#define BALLOTS_ROOM EVOTE_CHOICES_MAX

/* The number of choices; their names are forgotten. */
static uint32_t
ballots_choices(FILE *f)
{
	unsigned n, most = 0;
	char line[300];

	rewind(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "# %u:", &n) == 1 && n > most)
			most = n;
	rewind(f);
	return (most);
}

/* "3,1,4", best first, as ranks. */
static void
ballots_ranks(const char *list, uint32_t n, unsigned char *ranks)
{
	unsigned char rank = 0;
	char *end;

	memset(ranks, 0, n);
	do {
		ranks[strtoul(list, &end, 10) - 1] = ++rank;
		list = end + 1;
	} while (*end == ',');
}

/* How many ballots the next line stands for; 0: there is none. */
static unsigned
ballots_next(FILE *f, uint32_t n, unsigned char *ranks)
{
	char line[300];
	unsigned times;
	int at;

	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%u: %n", &times, &at) == 1) {
			ballots_ranks(line + at, n, ranks);
			return (times);
		}
	return (0);
}

#endif
