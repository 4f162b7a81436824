/* The Schulze method, by published examples and by the constitution's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "common/ballot.h"
#include "common/schulze.h"
#include "tests/ballots.h"
#include "tests/unit/draw.h"

#define SEED 20231103u
#define MOST 8

struct vote {
	uint64_t pairs[SCHULZE_MAX * SCHULZE_MAX];
	uint32_t n;
	struct schulze result;
};

/* So many ballots as "BEDAC": letters, best first, those of "(AB)" tied. */
static void
cast(struct vote *v, unsigned times, const char *text)
{
	unsigned char ranks[SCHULZE_MAX] = {0}, rank = 0;
	int inside = 0;

	for (; *text != '\0'; text++) {
		if (*text == '(' || *text == ')') {
			inside = *text == '(';
			rank += inside;
			continue;
		}
		rank += !inside;
		ranks[*text - 'A'] = rank;
	}
	while (times-- > 0)
		schulze_add(v->pairs, v->n, ranks);
}

static void
check_places(struct vote *v, uint32_t none, const uint32_t *places)
{
	schulze_count(&v->result, v->pairs, v->n, none);
	for (uint32_t i = 0; i < v->n; i++)
		assert_int_equal(v->result.places[i], places[i]);
}

/* Schulze's paper and Wikipedia: 45 voters, E > A > C > B > D. */
static void
test_paper(void **state)
{
	static const uint64_t pairs[] = {0, 20, 26, 30, 22, 25, 0, 16, 33, 18,
	    19, 29, 0, 17, 24, 15, 12, 28, 0, 14, 23, 27, 21, 31, 0};
	static const uint64_t paths[] = {0, 28, 28, 30, 24, 25, 0, 28, 33, 24,
	    25, 29, 0, 29, 24, 25, 28, 28, 0, 24, 25, 28, 28, 31, 0};
	struct vote v = {.n = 5};

	cast(&v, 5, "ACBED");
	cast(&v, 5, "ADECB");
	cast(&v, 8, "BEDAC");
	cast(&v, 3, "CABED");
	cast(&v, 7, "CAEBD");
	cast(&v, 2, "CBADE");
	cast(&v, 7, "DCEBA");
	cast(&v, 8, "EBADC");
	assert_memory_equal(v.pairs, pairs, sizeof(pairs));
	check_places(&v, 5, (uint32_t[]){2, 4, 3, 5, 1});
	for (int i = 0; i < 25; i++)
		assert_int_equal(v.result.paths[i].votes, paths[i]);
}

/* Not ranked is behind all that are, and tied with the others. */
static void
test_unranked(void **state)
{
	static const uint64_t pairs[] = {
	    0, 5, 6, 6, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0};
	struct vote v = {.n = 4};

	cast(&v, 3, "A");
	cast(&v, 2, "AB");
	cast(&v, 1, "(AB)");
	v.pairs[6]--;
	v.pairs[7]--;
	cast(&v, 4, "");
	cast(&v, 9, "(ABCD)");
	assert_memory_equal(v.pairs, pairs, sizeof(pairs));
}

static void
test_ties(void **state)
{
	struct vote v = {.n = 3};

	check_places(&v, 3, (uint32_t[]){1, 1, 1});
	cast(&v, 2, "(AB)C");
	check_places(&v, 3, (uint32_t[]){1, 1, 3});
	assert_int_equal(schulze_sharing(&v.result, 1), 2);
	assert_int_equal(schulze_sharing(&v.result, 2), 0);
	cast(&v, 1, "A");
	check_places(&v, 3, (uint32_t[]){1, 2, 3});

	/* A circle of equal defeats leaves all three. */
	memset(&v, 0, sizeof(v));
	v.n = 3;
	cast(&v, 1, "ABC");
	cast(&v, 1, "BCA");
	cast(&v, 1, "CAB");
	check_places(&v, 3, (uint32_t[]){1, 1, 1});
	/* Its weakest defeat goes: C over A. */
	cast(&v, 1, "ABC");
	check_places(&v, 3, (uint32_t[]){1, 2, 3});
}

/* As many winning votes: the one with fewer opposing ones is stronger. */
static void
test_opposing(void **state)
{
	struct vote v = {.n = 3};

	v.pairs[0 * 3 + 1] = 10; /* A over B, 10 to 2 */
	v.pairs[1 * 3 + 0] = 2;
	v.pairs[1 * 3 + 2] = 10; /* B over C, 10 to 4 */
	v.pairs[2 * 3 + 1] = 4;
	v.pairs[2 * 3 + 0] = 10; /* C over A, 10 to 9 */
	v.pairs[0 * 3 + 2] = 9;
	check_places(&v, 3, (uint32_t[]){1, 2, 3});
	v.pairs[0 * 3 + 2] = 1; /* now B over C is the weakest */
	check_places(&v, 3, (uint32_t[]){2, 3, 1});
}

/* One that does not defeat the default option is out, also as a link. */
static void
test_default(void **state)
{
	struct vote v = {.n = 4};

	/* Without D: A over B, B over C, C over A. */
	cast(&v, 4, "ABCD");
	cast(&v, 3, "BCDA");
	cast(&v, 2, "CDAB");
	check_places(&v, 4, (uint32_t[]){1, 2, 3, 4});
	/* A, 4 to 5 against D, is dropped. */
	check_places(&v, 3, (uint32_t[]){0, 1, 2, 3});
	/* A draw is no defeat. */
	cast(&v, 1, "AD(BC)");
	check_places(&v, 3, (uint32_t[]){0, 1, 2, 3});
	/* All are dropped: the default option wins. */
	cast(&v, 30, "D");
	check_places(&v, 3, (uint32_t[]){0, 0, 0, 1});
}

/* ---- by the words of A.5 ---- */

struct words {
	int n;
	unsigned char out[MOST], defeats[MOST][MOST], reach[MOST][MOST];
	unsigned char schwartz[MOST];
};

static void
words_schwartz(struct words *w)
{
	int i, j, k;

	memcpy(w->reach, w->defeats, sizeof(w->reach));
	for (k = 0; k < w->n; k++)
		for (i = 0; i < w->n; i++)
			for (j = 0; j < w->n; j++)
				w->reach[i][j] |=
				    w->reach[i][k] && w->reach[k][j];
	for (i = 0; i < w->n; i++) {
		w->schwartz[i] = !w->out[i];
		for (j = 0; j < w->n; j++)
			if (w->reach[j][i] && !w->reach[i][j])
				w->schwartz[i] = 0;
	}
}

static int
is_weaker(const struct vote *v, int a, int x, int b, int y)
{
	uint64_t for1 = v->pairs[a * v->n + x], for2 = v->pairs[b * v->n + y];

	return (for1 < for2 ||
	    (for1 == for2 && v->pairs[x * v->n + a] > v->pairs[y * v->n + b]));
}

static int
is_weakest(const struct vote *v, const struct words *w, int a, int x)
{
	for (int b = 0; b < w->n; b++)
		for (int y = 0; y < w->n; y++)
			if (w->defeats[b][y] && w->schwartz[b] &&
			    w->schwartz[y] && is_weaker(v, b, y, a, x))
				return (0);
	return (w->defeats[a][x] && w->schwartz[a] && w->schwartz[x]);
}

/* Drops the weakest defeats in the Schwartz set; how many there were. */
static int
words_drop(const struct vote *v, struct words *w)
{
	unsigned char weakest[MOST][MOST];
	int a, x, n = 0;

	for (a = 0; a < w->n; a++)
		for (x = 0; x < w->n; x++)
			weakest[a][x] = is_weakest(v, w, a, x);
	for (a = 0; a < w->n; a++)
		for (x = 0; x < w->n; x++)
			if (weakest[a][x]) {
				w->defeats[a][x] = 0;
				n++;
			}
	return (n);
}

static void
words_count(const struct vote *v, struct words *w, int none)
{
	uint32_t n = v->n;

	*w = (struct words){.n = (int)n};
	for (int i = 0; i < w->n && none < w->n; i++)
		w->out[i] = i != none &&
		    v->pairs[i * n + none] <= v->pairs[none * n + i];
	for (int i = 0; i < w->n; i++)
		for (int j = 0; j < w->n; j++)
			w->defeats[i][j] = !w->out[i] && !w->out[j] &&
			    v->pairs[i * n + j] > v->pairs[j * n + i];
	do
		words_schwartz(w);
	while (words_drop(v, w) > 0);
}

static void
random_ballots(struct vote *v, unsigned *seed)
{
	unsigned char ranks[MOST];
	unsigned voters = 1 + draw(seed, 30);

	memset(v, 0, sizeof(*v));
	v->n = 2 + draw(seed, MOST - 1);
	while (voters-- > 0) {
		for (uint32_t i = 0; i < v->n; i++)
			ranks[i] = (unsigned char)draw(seed, v->n + 1);
		schulze_add(v->pairs, v->n, ranks);
		if (draw(seed, 4) == 0)
			schulze_take_back(v->pairs, v->n, ranks);
	}
}

/* Who has won, of many small and often tied elections. */
static void
test_words(void **state)
{
	unsigned seed = SEED, shared = 0, dropped = 0;
	struct vote v;
	struct words w;

	for (int round = 0; round < 20000; round++) {
		random_ballots(&v, &seed);
		uint32_t none = draw(&seed, v.n + 1);

		schulze_count(&v.result, v.pairs, v.n, none);
		words_count(&v, &w, (int)none);
		for (uint32_t i = 0; i < v.n; i++) {
			if ((v.result.places[i] == 1) != w.schwartz[i])
				fail_msg("round %d, choice %u", round, i);
			assert_int_equal(v.result.places[i] == 0, w.out[i]);
			dropped += w.out[i];
		}
		shared += schulze_sharing(&v.result, 1) > 1;
	}
	assert_true(shared > 1000 && dropped > 1000);
}

static void
test_take_back(void **state)
{
	unsigned char ranks[] = {2, 0, 1, 1, 3, 0};
	struct vote v = {.n = 6}, before;

	cast(&v, 3, "ABCDEF");
	before = v;
	schulze_add(v.pairs, v.n, ranks);
	assert_memory_not_equal(v.pairs, before.pairs, sizeof(v.pairs));
	schulze_take_back(v.pairs, v.n, ranks);
	assert_memory_equal(v.pairs, before.pairs, sizeof(v.pairs));
}

/* ---- Debian's leaders ---- */

static unsigned
debian(struct vote *v, const char *path)
{
	unsigned char ranks[BALLOTS_ROOM];
	unsigned times, all = 0;
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	v->n = ballots_choices(f);
	while ((times = ballots_next(f, v->n, ranks)) > 0)
		for (all += times; times > 0; times--)
			schulze_add(v->pairs, v->n, ranks);
	fclose(f);
	return (all);
}

static void
check_pair(
    const struct vote *v, uint32_t i, uint32_t j, uint64_t wins, uint64_t loses)
{
	assert_int_equal(v->pairs[i * v->n + j], wins);
	assert_int_equal(v->pairs[j * v->n + i], loses);
}

static void
test_debian(void **state)
{
	enum { ROBINSON, HERTZOG, GARBEE, NONE_2002 };
	enum { ZACCHIROLI, VERHELST, PLESSY, MANTEROLA, NONE_2010 };
	struct vote v = {0};

	assert_int_equal(debian(&v, "tests/data/ballots/debian-2002.txt"), 475);
	check_pair(&v, GARBEE, ROBINSON, 291, 180);
	check_pair(&v, GARBEE, HERTZOG, 327, 140);
	check_pair(&v, GARBEE, NONE_2002, 444, 18);
	check_places(&v, NONE_2002, (uint32_t[]){2, 3, 1, 4});
	memset(&v, 0, sizeof(v));
	assert_int_equal(debian(&v, "tests/data/ballots/debian-2010.txt"), 436);
	check_pair(&v, ZACCHIROLI, VERHELST, 323, 102);
	check_pair(&v, ZACCHIROLI, PLESSY, 385, 33);
	check_pair(&v, ZACCHIROLI, MANTEROLA, 305, 124);
	check_pair(&v, ZACCHIROLI, NONE_2010, 398, 28);
	check_places(&v, NONE_2010, (uint32_t[]){1, 2, 4, 3, 5});
}

/* ---- what it costs ---- */

/* 64 choices and 100,000 ballots; a debugging build has more time. */
static void
test_large(void **state)
{
	static struct vote v = {.n = SCHULZE_MAX};
	unsigned char ranks[SCHULZE_MAX];
	unsigned seed = SEED;
	clock_t begun = clock();
	double took;

	for (int ballot = 0; ballot < 100000; ballot++) {
		for (uint32_t i = 0; i < v.n; i++)
			ranks[i] = (unsigned char)draw(&seed, v.n + 1);
		schulze_add(v.pairs, v.n, ranks);
	}
	schulze_count(&v.result, v.pairs, v.n, 0);
	took = (double)(clock() - begun) / CLOCKS_PER_SEC;
	print_message("100000 ballots of 64 choices: %.3f s\n", took);
	assert_true(took < 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_paper),
	    cmocka_unit_test(test_unranked),
	    cmocka_unit_test(test_ties),
	    cmocka_unit_test(test_opposing),
	    cmocka_unit_test(test_default),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_take_back),
	    cmocka_unit_test(test_debian),
	    cmocka_unit_test(test_large),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
