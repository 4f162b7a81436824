#include "common/schulze.h"

#include <assert.h>
#include <string.h>

/* ---- ballots ---- */

/* So that less is better, also for those that are not ranked. */
static void
keys_of(unsigned char keys[SCHULZE_MAX], uint32_t n, const unsigned char *ranks)
{
	assert(n <= SCHULZE_MAX);
	for (uint32_t i = 0; i < n; i++)
		keys[i] = (unsigned char)(ranks[i] - 1);
}

void
schulze_add(uint64_t *pairs, uint32_t n, const unsigned char *ranks)
{
	unsigned char keys[SCHULZE_MAX];

	keys_of(keys, n, ranks);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < n; j++)
			pairs[i * n + j] += keys[i] < keys[j];
}

void
schulze_take_back(uint64_t *pairs, uint32_t n, const unsigned char *ranks)
{
	unsigned char keys[SCHULZE_MAX];

	keys_of(keys, n, ranks);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < n; j++)
			pairs[i * n + j] -= keys[i] < keys[j];
}

/* ---- paths ---- */

static int
is_stronger(struct schulze_path a, struct schulze_path b)
{
	return (a.votes > b.votes ||
	    (a.votes == b.votes && a.opposing < b.opposing));
}

/* A choice that does not defeat the default option is out (A.5, 3). */
static void
choices_drop(
    struct schulze *s, const uint64_t *pairs, uint32_t n, uint32_t none)
{
	for (uint32_t i = 0; i < n; i++)
		s->places[i] = none == n || i == none ||
		    pairs[i * n + none] > pairs[none * n + i];
}

static void
defeats_find(struct schulze *s, const uint64_t *pairs, uint32_t n)
{
	struct schulze_path defeat;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < n; j++) {
			defeat = (struct schulze_path){
			    pairs[i * n + j], pairs[j * n + i]};
			if (s->places[i] != 0 && s->places[j] != 0 &&
			    defeat.votes > defeat.opposing)
				s->paths[i * n + j] = defeat;
		}
}

/* Floyd and Warshall's: the widest path, by way of more and more choices. */
static void
paths_widen(struct schulze *s, uint32_t n)
{
	struct schulze_path *to, there, on;

	for (uint32_t k = 0; k < n; k++)
		for (uint32_t i = 0; i < n; i++) {
			there = s->paths[i * n + k];
			for (uint32_t j = 0; i != k && j < n; j++) {
				on = s->paths[k * n + j];
				to = &s->paths[i * n + j];
				if (!is_stronger(there, on))
					on = there;
				if (i != j && j != k && is_stronger(on, *to))
					*to = on;
			}
		}
}

/* ---- places ---- */

static int
is_better(const struct schulze *s, uint32_t i, uint32_t j)
{
	return (is_stronger(s->paths[i * s->n + j], s->paths[j * s->n + i]));
}

/* Whether some choice without a place yet is better. */
static int
is_beaten(const struct schulze *s, uint32_t i)
{
	for (uint32_t j = 0; j < s->n; j++)
		if (s->places[j] == UINT32_MAX && is_better(s, j, i))
			return (1);
	return (0);
}

/*
 * Those who are beaten by nobody share the first place, those who are beaten
 * only by these the next one, and so on.  "Better" is transitive, so each time
 * there are some.
 */
static void
places_give(struct schulze *s)
{
	unsigned char beaten[SCHULZE_MAX];
	uint32_t place, left = 0, given;

	for (uint32_t i = 0; i < s->n; i++)
		if (s->places[i] != 0) {
			s->places[i] = UINT32_MAX;
			left++;
		}
	for (place = 1; left > 0; place += given, left -= given) {
		given = 0;
		for (uint32_t i = 0; i < s->n; i++)
			beaten[i] =
			    s->places[i] != UINT32_MAX || is_beaten(s, i);
		for (uint32_t i = 0; i < s->n; i++)
			if (!beaten[i]) {
				s->places[i] = place;
				given++;
			}
		assert(given > 0);
	}
}

void
schulze_count(
    struct schulze *s, const uint64_t *pairs, uint32_t n, uint32_t none)
{
	assert(n <= SCHULZE_MAX && none <= n);
	memset(s, 0, sizeof(*s));
	s->n = n;
	choices_drop(s, pairs, n, none);
	defeats_find(s, pairs, n);
	paths_widen(s, n);
	places_give(s);
}

uint32_t
schulze_sharing(const struct schulze *s, uint32_t place)
{
	uint32_t sharing = 0;

	for (uint32_t i = 0; i < s->n; i++)
		sharing += s->places[i] == place;
	return (sharing);
}
