#include "common/nearest.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistr.h>

#include "common/text.h"

#define LONGEST 63

static unsigned
least(unsigned a, unsigned b)
{
	return (a < b ? a : b);
}

static int
is_same(uint32_t a, uint32_t b)
{
	return (a == b ||
	    (a < 0x80 && b < 0x80 && tolower((int)a) == tolower((int)b)));
}

/* Of UTF-8, so that one letter counts once; LONGEST + 1: there are more. */
static unsigned
letters_of(const char *s, uint32_t letters[LONGEST])
{
	const uint8_t *at = (const uint8_t *)s;
	size_t left = strlen(s);
	unsigned n = 0;
	ucs4_t c;
	int len;

	for (; left > 0 && n <= LONGEST; at += len, left -= (size_t)len) {
		len = u8_mbtouc(&c, at, left);
		if (n < LONGEST)
			letters[n] = c;
		n++;
	}
	return (n);
}

/* Letters left out, put in, changed, or two that changed places. */
static unsigned
distance(const uint32_t *a, unsigned m, const uint32_t *b, unsigned n)
{
	unsigned rows[3][LONGEST + 1], *above = rows[0], *row = rows[1];
	unsigned *twice = rows[2], *free_row, i, j;

	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; i <= m; i++) {
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

/* How far that word is from what was typed; UINT_MAX: too far. */
static unsigned
distance_near(const char *typed, const char *word)
{
	uint32_t a[LONGEST], b[LONGEST];
	unsigned m = letters_of(typed, a), n = letters_of(word, b), d;

	if (m > LONGEST || n > LONGEST)
		return (UINT_MAX);
	/* Of a short word most letters have to be right. */
	d = distance(a, m, b, n);
	return (d > 2 || 3 * d > m ? UINT_MAX : d);
}

void
nearest_try(struct nearest *near, const char *word)
{
	unsigned d = distance_near(near->typed, word);

	if (d == UINT_MAX || (near->word[0] != '\0' && d >= near->distance) ||
	    strlen(word) >= sizeof(near->word))
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

/* ---- names ---- */

static int
differ_in_digits(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (isdigit((unsigned char)*a))
			a++;
		while (isdigit((unsigned char)*b))
			b++;
		if (*a != *b || *a == '\0')
			return (*a == *b);
	}
}

int
nearest_alike(const char *a, const char *b)
{
	char *one = text_fold(a), *other = text_fold(b);
	int alike = strcmp(one, other) == 0 ||
	    (!differ_in_digits(one, other) &&
		(distance_near(one, other) != UINT_MAX ||
		    distance_near(other, one) != UINT_MAX));

	free(one);
	free(other);
	return (alike);
}
