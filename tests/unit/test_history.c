/*
 * What a host knows of its ledger, against a plain list of records.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "replica/core/history.h"

#define TIME 1700000000000000ULL

static struct record *
record(uint64_t seq, uint64_t epoch)
{
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT,
	    .seq = seq,
	    .epoch = epoch,
	    .time = TIME + seq,
	    .op.kind = EVOTE_OP_CLOSE};

	leaf.op.evote_op_u.election = "president";
	return (record_make(&leaf, NULL));
}

/* n more records of that epoch. */
static void
grow(struct history *h, uint64_t epoch, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		history_append(h, record(history_size(h), epoch));
}

static void
cut(struct history *h, uint64_t size)
{
	history_truncate(h, size, size == 0 ? 0 : TIME + size - 1);
}

/* Epochs 3, 5 and 9 of four, one and three records. */
static struct history *
sample(void)
{
	struct history *h = history_new();

	grow(h, 3, 4);
	grow(h, 5, 1);
	grow(h, 9, 3);
	return (h);
}

static void
assert_marks(struct history *h, size_t n, const uint64_t (*expected)[2])
{
	uint32_t len;
	const evote_position *m = history_epochs(h, &len);
	unsigned char root[32];

	assert_int_equal(len, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(m[i].epoch, expected[i][0]);
		assert_int_equal(m[i].size, expected[i][1]);
		history_root(h, m[i].size, root);
		assert_memory_equal(m[i].root, root, 32);
	}
	assert_int_equal(history_epoch(h), n == 0 ? 0 : expected[n - 1][0]);
}

static void
an_empty_one(void **state)
{
	struct history *h = history_new();

	assert_int_equal(history_size(h), 0);
	assert_int_equal(history_first(h), 0);
	assert_int_equal(history_time(h), 0);
	assert_null(history_get(h, 0));
	assert_marks(h, 0, NULL);
	cut(h, 0);
	history_trim(h, 0);
	history_free(h);
	history_free(NULL);
}

static void
it_knows_where_each_epoch_ended(void **state)
{
	static const uint64_t marks[][2] = {{3, 4}, {5, 5}, {9, 8}};
	struct history *h = sample();

	assert_int_equal(history_size(h), 8);
	assert_int_equal(history_time(h), TIME + 7);
	assert_marks(h, 3, marks);
	for (uint64_t seq = 0; seq < 8; seq++)
		assert_int_equal(history_get(h, seq)->seq, seq);
	assert_null(history_get(h, 8));
	history_free(h);
}

/* To every size: as if what follows had never been there. */
static void
cutting_forgets_what_follows(void **state)
{
	for (uint64_t size = 0; size <= 8; size++) {
		struct history *h = sample(), *plain = history_new();
		const uint64_t epochs[] = {3, 3, 3, 3, 5, 9, 9, 9};
		unsigned char a[32], b[32];
		const evote_position *m;
		uint64_t marks[8][2];
		uint32_t n;

		for (uint64_t i = 0; i < size; i++)
			grow(plain, epochs[i], 1);
		cut(h, size);
		assert_int_equal(history_size(h), size);
		assert_int_equal(history_time(h), history_time(plain));
		m = history_epochs(plain, &n);
		for (uint32_t i = 0; i < n; i++) {
			marks[i][0] = m[i].epoch;
			marks[i][1] = m[i].size;
		}
		assert_marks(h, n, (const uint64_t(*)[2])marks);

		/* And another epoch in its place. */
		grow(h, 12, 3);
		grow(plain, 12, 3);
		history_root(h, size + 3, a);
		history_root(plain, size + 3, b);
		assert_memory_equal(a, b, 32);
		assert_int_equal(history_get(h, size)->epoch, 12);
		assert_int_equal(history_epoch(h), 12);
		history_free(h);
		history_free(plain);
	}
}

static void
what_is_trimmed_only_the_disk_has(void **state)
{
	static const uint64_t marks[][2] = {{3, 2}};
	struct history *h = sample();
	unsigned char before[32], after[32];

	history_root(h, 8, before);
	history_trim(h, 5);
	history_trim(h, 2); /* is trimmed already */
	history_root(h, 8, after);
	assert_memory_equal(before, after, 32);
	assert_int_equal(history_first(h), 5);
	assert_null(history_get(h, 4));
	assert_int_equal(history_get(h, 5)->seq, 5);

	/* A cut may go below what is in memory. */
	cut(h, 2);
	assert_int_equal(history_first(h), 2);
	assert_marks(h, 1, marks);
	grow(h, 12, 1);
	assert_int_equal(history_get(h, 2)->epoch, 12);
	history_free(h);
}

/* Its records move along when there is no more room for them. */
static void
the_ring_grows_and_goes_round(void **state)
{
	struct history *h = history_new();

	for (uint64_t turn = 0; turn < 8; turn++) {
		grow(h, 1, 700);
		if (turn % 2 == 0)
			history_trim(h, history_size(h) - 300);
		for (uint64_t i = history_first(h); i < history_size(h); i++)
			assert_int_equal(history_get(h, i)->seq, i);
	}
	assert_int_equal(history_size(h), 5600);
	assert_int_equal(history_first(h), 4600);
	history_free(h);
}

static void
the_common_part(void **state)
{
	static const struct {
		uint64_t common;
		uint32_t n;
		evote_position marks[3];
	} cases[] = {
	    {0, 0, {{.epoch = 0}}},
	    {8, 3, {{3, 4, {0}}, {5, 5, {0}}, {9, 8, {0}}}},  /* the same */
	    {7, 3, {{3, 4, {0}}, {5, 5, {0}}, {9, 7, {0}}}},  /* behind */
	    {8, 3, {{3, 4, {0}}, {5, 5, {0}}, {9, 12, {0}}}}, /* ahead */
	    {5, 2, {{3, 4, {0}}, {5, 5, {0}}}}, {4, 1, {{3, 4, {0}}}},
	    {4, 1, {{3, 20, {0}}}}, /* its end was not taken over */
	    {5, 3, {{3, 4, {0}}, {5, 7, {0}}, {8, 9, {0}}}},
	    {4, 2, {{3, 4, {0}}, {9000, 8, {0}}}},
	    {0, 2, {{4, 4, {0}}, {6, 8, {0}}}}, /* strangers */
	};
	struct history *h = sample();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(history_common(h, cases[i].marks, cases[i].n),
		    cases[i].common);
	history_free(h);
}

/*
 * Three hosts write by turns, each in an epoch of its own, and follow each
 * other now and then, not always to the end: what two of them have in common
 * is what their records say.
 */
static void
the_common_part_is_the_longest_common_beginning(void **state)
{
	struct history *hosts[3];
	unsigned char a[32], b[32];
	uint64_t epoch = 0, n, common;
	uint32_t marks;

	srand(7);
	for (int i = 0; i < 3; i++)
		hosts[i] = history_new();
	for (int turn = 0; turn < 300; turn++) {
		struct history *h = hosts[rand() % 3], *p = hosts[rand() % 3];
		const evote_position *m = history_epochs(p, &marks);

		for (n = 0; n < history_size(h) && n < history_size(p); n++)
			if (memcmp(history_get(h, n)->hash,
				history_get(p, n)->hash, 32) != 0)
				break;
		common = history_common(h, m, marks);
		assert_int_equal(common, n);
		history_root(h, n, a);
		history_root(p, n, b);
		assert_memory_equal(a, b, 32);
		if (turn % 3 == 0) {
			grow(h, ++epoch, 1 + (uint64_t)(rand() % 3));
			continue;
		}
		if (h == p || history_epoch(p) < history_epoch(h))
			continue;
		cut(h, common);
		while (history_size(h) < history_size(p) && rand() % 8 != 0)
			history_append(
			    h, record_hold(history_get(p, history_size(h))));
	}
	assert_true(history_size(hosts[0]) > 10);
	for (int i = 0; i < 3; i++)
		history_free(hosts[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_one),
	    cmocka_unit_test(it_knows_where_each_epoch_ended),
	    cmocka_unit_test(cutting_forgets_what_follows),
	    cmocka_unit_test(what_is_trimmed_only_the_disk_has),
	    cmocka_unit_test(the_ring_grows_and_goes_round),
	    cmocka_unit_test(the_common_part),
	    cmocka_unit_test(the_common_part_is_the_longest_common_beginning),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
