/*
 * When the wall clock may close elections, and the times of records.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>

#include "replica/core/clock.h"

#define SECOND	1000000ULL
#define WALL	(1700000000 * SECOND)
#define ALLOWED ((uint64_t)CLOCK_APART_US)
#define MONTH	((uint64_t)CLOCK_LAST_US)

/* Looked at once, when the monotonic clock stood at a second. */
static struct clock
started(void)
{
	struct clock c = {0};

	clock_look(&c, 1000, WALL);
	return (c);
}

static void
nothing_vouches_for_it_at_first(void **state)
{
	struct clock c = started();

	assert_false(clock_good(&c));
}

static void
the_last_record_vouches_for_it(void **state)
{
	static const struct {
		uint64_t last;
		int good;
	} cases[] = {
	    {WALL, 1},
	    {WALL - 1, 1},
	    {WALL - MONTH, 1},
	    {WALL - MONTH - 1, 0},
	    {WALL + 1, 0}, /* it has gone back */
	    {0, 0},
	    {UINT64_MAX, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct clock c = started();

		clock_last(&c, cases[i].last, WALL);
		assert_int_equal(clock_good(&c), cases[i].good);
	}
}

static void
a_peer_vouches_for_it(void **state)
{
	static const struct {
		uint64_t peer;
		int good;
	} cases[] = {
	    {WALL, 1},
	    {WALL - ALLOWED, 1},
	    {WALL + ALLOWED, 1},
	    {WALL - ALLOWED - 1, 0},
	    {WALL + ALLOWED + 1, 0},
	    {0, 0},
	    {UINT64_MAX, 0},
	    {WALL + (1ULL << 63), 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct clock c = started();

		clock_peer(&c, 1, cases[i].peer, WALL, 0);
		assert_int_equal(clock_good(&c), cases[i].good);
	}
}

static void
a_peer_s_doubt_outweighs_the_last_record(void **state)
{
	struct clock c = started();

	clock_last(&c, WALL - SECOND, WALL);
	clock_peer(&c, 1, WALL - 3 * SECOND, WALL, 0);
	assert_false(clock_good(&c));
	assert_int_equal(c.apart_us, 3 * SECOND);
	clock_peer(&c, 1, WALL + 3 * SECOND, WALL, 0);
	assert_int_equal(c.apart_us, -3 * (int64_t)SECOND);
	clock_peer(&c, 1, WALL - SECOND, WALL, 0);
	assert_true(clock_good(&c));
}

static void
a_step_ends_the_trust(void **state)
{
	for (int back = 0; back <= 1; back++) {
		struct clock c = started();
		uint64_t to = back ? WALL + SECOND - ALLOWED - 1
				   : WALL + SECOND + ALLOWED + 1;

		clock_last(&c, WALL, WALL);
		clock_look(&c, 2000, to);
		assert_false(clock_good(&c));

		/* Only a peer's clock ends that; no record's time does. */
		clock_last(&c, WALL, to);
		assert_false(clock_good(&c));
		clock_look(&c, 3000, to + SECOND);
		assert_false(clock_good(&c));
		clock_peer(&c, 1, to, to, 0);
		assert_true(clock_good(&c));
	}
}

/* A step that is taken back leaves nothing behind. */
static void
a_step_back_to_the_right_time_restores_the_trust(void **state)
{
	struct clock c = started();

	clock_last(&c, WALL, WALL);
	assert_int_equal(clock_look(&c, 2000, WALL + 8 * SECOND), 1);
	assert_false(clock_good(&c));
	assert_int_equal(clock_look(&c, 3000, WALL + 9 * SECOND), 0);
	assert_false(clock_good(&c));
	assert_int_equal(clock_look(&c, 4000, WALL + 3 * SECOND), 0);
	assert_true(clock_good(&c));
}

/* What was read late says nothing of how far the clocks are apart. */
static void
an_old_word_is_no_doubt(void **state)
{
	struct clock c = started();

	clock_last(&c, WALL, WALL);
	clock_peer(&c, 1, WALL - 7 * SECOND, WALL, 7 * SECOND);
	assert_true(clock_good(&c));
	clock_peer(&c, 1, WALL - 7 * SECOND, WALL, 4 * SECOND);
	assert_false(clock_good(&c));
	/* Nor an end of one. */
	clock_peer(&c, 1, WALL - SECOND, WALL, 4 * SECOND);
	assert_false(clock_good(&c));
	clock_peer(&c, 1, WALL - SECOND, WALL, 2 * SECOND);
	assert_true(clock_good(&c));
}

/* A host that is gone for good, with a wrong clock, stops nothing. */
static void
who_is_not_heard_casts_no_doubt(void **state)
{
	struct clock c = started();

	clock_last(&c, WALL, WALL);
	clock_peer(&c, 1, WALL + 9 * SECOND, WALL, 0);
	clock_peer(&c, 2, WALL, WALL, 0);
	assert_false(clock_good(&c));
	clock_forget(&c, 2);
	assert_false(clock_good(&c));
	clock_forget(&c, 1);
	assert_true(clock_good(&c));
}

/* However far it comes, it comes in small steps. */
static void
slewing_is_followed(void **state)
{
	struct clock c = started();
	uint64_t wall = WALL;

	clock_last(&c, WALL, WALL);
	for (uint64_t second = 2; second < 100; second++) {
		wall += SECOND + (second < 50 ? ALLOWED : -ALLOWED);
		clock_look(&c, second * 1000, wall);
		assert_true(clock_good(&c));
	}
}

/* A process that was stopped: both clocks went on. */
static void
a_long_pause_is_no_step(void **state)
{
	struct clock c = started();

	clock_last(&c, WALL, WALL);
	clock_look(&c, 3601000, WALL + 3600 * SECOND);
	assert_true(clock_good(&c));
}

static void
record_times_rise(void **state)
{
	struct clock good = started(), bad = started();

	clock_last(&good, WALL, WALL);
	assert_int_equal(clock_stamp(&good, WALL - 5, WALL), WALL);
	assert_int_equal(clock_stamp(&good, WALL - 1, WALL), WALL);
	assert_int_equal(clock_stamp(&good, WALL, WALL), WALL + 1);
	assert_int_equal(clock_stamp(&good, WALL + 9, WALL), WALL + 10);
	assert_int_equal(clock_stamp(&bad, WALL - 5, WALL), WALL - 4);
	assert_int_equal(clock_stamp(&bad, WALL + 9, WALL), WALL + 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_vouches_for_it_at_first),
	    cmocka_unit_test(the_last_record_vouches_for_it),
	    cmocka_unit_test(a_peer_vouches_for_it),
	    cmocka_unit_test(a_peer_s_doubt_outweighs_the_last_record),
	    cmocka_unit_test(a_step_ends_the_trust),
	    cmocka_unit_test(a_step_back_to_the_right_time_restores_the_trust),
	    cmocka_unit_test(an_old_word_is_no_doubt),
	    cmocka_unit_test(who_is_not_heard_casts_no_doubt),
	    cmocka_unit_test(slewing_is_followed),
	    cmocka_unit_test(a_long_pause_is_no_step),
	    cmocka_unit_test(record_times_rise),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
