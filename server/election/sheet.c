#include "server/election/sheet.h"

#include <stdlib.h>

#include "common/need.h"
#include "server/election/mix.h"

#define BITS_FIRST 4
#define BITS_MAX   31 /* there are fewer lines than that */

static uint32_t
bucket_of(const struct sheet *s, uint64_t tracker)
{
	return ((uint32_t)(tracker >> (64 - s->bits)));
}

static void
chain(struct sheet *s, uint32_t i)
{
	struct sheet_line *line = &s->lines[i];
	uint32_t *bucket = &s->buckets[bucket_of(s, line->tracker)];

	line->next = *bucket;
	*bucket = i + 1;
}

/* A bucket has one line on average, or less. */
static void
grow(struct sheet *s)
{
	s->bits = s->bits == 0 ? BITS_FIRST : s->bits + 1;
	free(s->buckets);
	s->buckets = need_zeroed((size_t)1 << s->bits, sizeof(*s->buckets));
	for (uint32_t i = 0; i < s->n; i++)
		chain(s, i);
}

void
sheet_clear(struct sheet *s)
{
	free(s->lines);
	free(s->buckets);
	*s = (struct sheet){0};
}

int
sheet_has(const struct sheet *s, uint64_t tracker)
{
	uint32_t i;

	if (s->bits == 0)
		return (0);
	for (i = s->buckets[bucket_of(s, tracker)]; i != 0;
	     i = s->lines[i - 1].next) {
		if (s->lines[i - 1].tracker == tracker)
			return (1);
	}
	return (0);
}

void
sheet_add(struct sheet *s, uint64_t tracker, uint32_t choice)
{
	if (s->bits == 0 || (s->n >> s->bits != 0 && s->bits < BITS_MAX))
		grow(s);
	s->lines = need_room(s->lines, s->n, sizeof(*s->lines));
	s->lines[s->n] =
	    (struct sheet_line){.tracker = tracker, .choice = choice};
	chain(s, s->n++);
}

void
sheet_add_undo(struct sheet *s)
{
	const struct sheet_line *line = &s->lines[--s->n];

	/* In its bucket it is the first. */
	s->buckets[bucket_of(s, line->tracker)] = line->next;
}

/* Puts it in its place among the n lines before, of which max are kept. */
static uint32_t
insert(const struct sheet_line **out, uint32_t n, uint32_t first, uint32_t max,
    const struct sheet_line *line)
{
	uint32_t i = n;

	while (i > first && out[i - 1]->tracker > line->tracker)
		i--;
	if (i == max)
		return (n);
	n = n < max ? n + 1 : max;
	for (uint32_t j = n - 1; j > i; j--)
		out[j] = out[j - 1];
	out[i] = line;
	return (n);
}

uint32_t
sheet_page(const struct sheet *s, uint64_t from, const struct sheet_line **out,
    uint32_t max)
{
	uint32_t n = 0, first, b, i;

	if (s->bits == 0)
		return (0);
	for (b = bucket_of(s, from); n < max && b >> s->bits == 0; b++) {
		first = n;
		for (i = s->buckets[b]; i != 0; i = s->lines[i - 1].next) {
			if (s->lines[i - 1].tracker >= from)
				n = insert(
				    out, n, first, max, &s->lines[i - 1]);
		}
	}
	return (n);
}

void
sheet_mix(const struct sheet *s, unsigned char h[SEAL_HASH])
{
	mix_number(h, s->n);
	for (uint32_t i = 0; i < s->n; i++) {
		mix_number(h, s->lines[i].tracker);
		mix_number(h, s->lines[i].choice);
	}
}
