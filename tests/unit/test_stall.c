/*
 * Hosts that were stopped and go on: what they hear first may be anything, and
 * they must not decide by what they knew before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cluster.h"

#define assert_role(c, who, role) assert_string_equal(role_of(c, who), role)
#define assert_told(c, ticket, what) \
	assert_string_equal((c)->told[ticket], what)
#define assert_disk(c, who, words) \
	assert_string_equal(on_disk(c, who).text, words)

/*
 * The loop takes its sockets before it ticks: what a host that was stopped
 * hears first is not a tick, and it must ask all the same.
 */
static void
a_stalled_backup_asks_whatever_it_hears_first(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	host_stop(c, B);
	cluster_wait(c, 3500);
	assert_string_equal(set_of(c, A).text, "A");
	ask_write(c, A, 1);
	cluster_run(c);
	assert_told(c, 1, "served"); /* A is alone, by its K */
	host_kill(c, A, 0);
	host_go_on(c, B);
	cluster_run(c); /* the ends of the connections, before any tick */
	assert_role(c, B, "waiting");
	cluster_free(c);
}

/*
 * A primary that was stopped hears of a newer epoch by an acknowledgement, and
 * not yet by a greeting: that is no K "that was never taken up".
 */
static void
a_stopped_primary_does_not_decide_over_the_next_one(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	host_stop(c, A);
	cluster_wait(c, 3500);
	assert_role(c, B, "primary");
	ask_write(c, B, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	hold(c, B, A, CALLS); /* its greeting is late */
	host_go_on(c, A);
	ask_read(c, A, 2);
	cluster_run(c);
	let_go(c, B, A, CALLS);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	assert_role(c, A, "backup");
	assert_disk(c, A, "new A B 1");
	assert_told(c, 2, "ask B");
	cluster_free(c);
}

/* The same after a cut: nothing A has counts, and yet both halt. */
static void
a_primary_cut_off_that_accepted_nothing_follows(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	cut(c, A, B);
	cluster_wait(c, 4000);
	ask_write(c, B, 1);
	cluster_run(c);
	let_go(c, A, B, CALLS);
	let_go(c, A, B, REPLIES); /* B's greeting comes after these */
	mend(c, A, B);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	assert_role(c, A, "backup");
	cluster_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_stalled_backup_asks_whatever_it_hears_first),
	    cmocka_unit_test(
		a_stopped_primary_does_not_decide_over_the_next_one),
	    cmocka_unit_test(a_primary_cut_off_that_accepted_nothing_follows),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
