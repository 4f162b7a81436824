#include "common/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LONGEST 63

static unsigned
least(unsigned a, unsigned b)
{
	return (a < b ? a : b);
}

static int
is_same(char a, char b)
{
	return (tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* Letters left out, put in, changed, or two that changed places. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned rows[3][LONGEST + 1], *above = rows[0], *row = rows[1];
	unsigned *twice = rows[2], *free_row, n = (unsigned)strlen(b), i, j;

	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		free_row = twice;
		twice = above;
		above = row;
		row = free_row;
		row[0] = i;
		for (j = 1; j <= n; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1,
			    above[j - 1] + !is_same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) &&
			    is_same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], twice[j - 2] + 1);
		}
	}
	return (row[n]);
}

void
nearest_try(struct nearest *near, const char *word)
{
	size_t typed = strlen(near->typed), len = strlen(word);
	unsigned d;

	if (typed > LONGEST || len > LONGEST)
		return;
	/* Of a short word most letters have to be right. */
	d = distance(near->typed, word);
	if (d > 2 || 3 * d > typed ||
	    (near->word[0] != '\0' && d >= near->distance))
		return;
	near->distance = d;
	snprintf(near->word, sizeof(near->word), "%s", word);
}

const char *
nearest_ask(struct nearest *near)
{
	near->ask[0] = '\0';
	if (near->word[0] != '\0')
		snprintf(near->ask, sizeof(near->ask), " (did you mean %s?)",
		    near->word);
	return (near->ask);
}
