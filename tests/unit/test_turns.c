/*
 * Who waits for a signature to be verified waits for his own requests, and
 * a little for other people's, however much they send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "server/turns.h"

#define WEIGHT 100
#define MANY   4000

struct item {
	struct turn turn;
	uint64_t conn;
	int number;
};

static struct item items[MANY];
static int n_items;
static struct turns *turns;

static int
setup(void **state)
{
	memset(items, 0, sizeof(items));
	n_items = 0;
	turns = turns_new(4711, (size_t)MANY * WEIGHT);
	return (0);
}

static int
teardown(void **state)
{
	turns_free(turns);
	return (0);
}

/* From the address 10.0.x.y. */
static struct item *
add(uint64_t conn, uint32_t address)
{
	struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(0x0a000000 + address)};
	struct item *it = &items[n_items];

	it->conn = conn;
	it->number = n_items++;
	turns_add(turns, &it->turn, conn, (struct sockaddr *)&from, WEIGHT);
	return (it);
}

static struct item *
next(void)
{
	return ((struct item *)turns_next(turns));
}

/* How many have their turn before that one, which then has had it. */
static int
turns_until(const struct item *wanted, enum turn_end others)
{
	struct item *it;

	for (int n = 0; n < MANY; n++) {
		it = next();
		assert_non_null(it);
		(void)turns_done(
		    turns, &it->turn, it == wanted ? TURN_RIGHT : others);
		if (it == wanted)
			return (n);
	}
	fail();
	return (-1);
}

static void
drain(void)
{
	while (turns_drain(turns) != NULL)
		;
}

static void
a_connection_in_order(void **state)
{
	struct item *it;

	for (int i = 0; i < 10; i++)
		add(1, 1);
	for (int i = 0; i < 10; i++) {
		it = next();
		assert_int_equal(it->number, i);
		/* The one behind it waits until it is done. */
		assert_null(next());
		assert_true(turns_has_line(turns, 1));
		assert_true(turns_done(turns, &it->turn, TURN_RIGHT));
	}
	assert_false(turns_has_line(turns, 1));
}

static void
one_connection_among_many_of_an_address(void **state)
{
	for (uint64_t conn = 1; conn <= 50; conn++)
		for (int i = 0; i < 64; i++)
			add(conn, 7);
	assert_in_range(turns_until(add(99, 7), TURN_WRONG), 0, 50);
	drain();
}

static void
one_address_beside_a_flood_from_another(void **state)
{
	for (uint64_t conn = 1; conn <= 50; conn++)
		for (int i = 0; i < 64; i++)
			add(conn, 7);
	assert_in_range(turns_until(add(99, 8), TURN_WRONG), 0, 1);
	drain();
}

/* Once each of them has sent something wrong, they come after the others. */
static void
one_address_among_many_in_doubt(void **state)
{
	struct item *it;

	for (uint64_t conn = 1; conn <= 300; conn++)
		for (int i = 0; i < 10; i++)
			add(conn, (uint32_t)conn);
	for (int i = 0; i < 600; i++) {
		it = next();
		(void)turns_done(turns, &it->turn, TURN_WRONG);
	}
	for (int i = 0; i < 30; i++)
		assert_in_range(turns_until(add(999, 999), TURN_WRONG), 0, 1);
	drain();
}

/* Somebody in doubt goes on all the same, and is trusted again. */
static void
doubt_is_not_for_ever(void **state)
{
	struct item *it, *doubted;

	it = add(1, 1);
	assert_ptr_equal(next(), it);
	(void)turns_done(turns, &it->turn, TURN_WRONG);
	for (uint64_t conn = 100; conn < 200; conn++)
		add(conn, (uint32_t)conn);
	doubted = add(1, 1);
	assert_in_range(turns_until(doubted, TURN_RIGHT), 0, 8);
	drain();
}

static void
too_much_is_taken_from_who_has_most(void **state)
{
	struct item *own = NULL;

	turns_free(turns);
	turns = turns_new(4711, 10 * WEIGHT);
	for (uint64_t conn = 1; conn <= 3; conn++)
		for (int i = 0; i < 3; i++)
			add(conn, 7);
	assert_null(turns_excess(turns));
	own = add(9, 9);
	assert_null(turns_excess(turns));
	add(9, 9);
	/* The newest of the greedy one, not the one that came now. */
	assert_ptr_equal(turns_excess(turns), &items[8].turn);
	assert_null(turns_excess(turns));
	assert_in_range(turns_until(own, TURN_RIGHT), 0, 1);
	drain();
}

static void
a_dead_connection_is_forgotten(void **state)
{
	struct item *first = add(1, 1);
	int left = 0;

	for (int i = 0; i < 5; i++)
		add(1, 1);
	add(2, 1);
	assert_ptr_equal(next(), first);
	while (turns_leave(turns, 1) != NULL)
		left++;
	assert_int_equal(left, 5);
	assert_false(turns_done(turns, &first->turn, TURN_RIGHT));
	assert_false(turns_has_line(turns, 1));
	assert_null(turns_leave(turns, 1));
	assert_int_equal(next()->conn, 2);
	assert_true(turns_done(turns, &items[6].turn, TURN_RIGHT));
	assert_null(next());
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_connection_in_order),
	    TEST(one_connection_among_many_of_an_address),
	    TEST(one_address_beside_a_flood_from_another),
	    TEST(one_address_among_many_in_doubt),
	    TEST(doubt_is_not_for_ever),
	    TEST(too_much_is_taken_from_who_has_most),
	    TEST(a_dead_connection_is_forgotten),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
