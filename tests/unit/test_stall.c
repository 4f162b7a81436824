/*
 * Hosts that were stopped and go on: what they hear first may be anything, and
 * they must not decide by what they knew before.  And hosts whose disks hang.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cluster.h"

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
	assert_told(c, 1, "served"); /* A is alone, by its configuration */
	host_kill(c, A, 0);
	host_go_on(c, B);
	cluster_run(c); /* the ends of the connections, before any tick */
	assert_role(c, B, "waiting");
	cluster_free(c);
}

/*
 * A primary that was stopped hears of a newer epoch by an acknowledgement, and
 * not yet by a greeting: that is no configuration "that was never taken up".
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

/*
 * B leaves C out, which was stopped, and dies when that is on its disk and
 * nobody knows.  What B had said before, when it took over, reaches C late and
 * is news to it, but no answer: C may not take over from B.
 */
static void
late_news_is_no_answer(void **state)
{
	struct cluster *c = cluster_in_sync(3, 0);

	hold(c, B, C, CALLS);
	host_kill(c, A, 0);
	cluster_run(c);
	assert_role(c, B, "establishing"); /* it waits for C */
	host_stop(c, C);
	hold_disk(c, B);
	cluster_wait(c, 3500);
	host_go_on(c, C);
	let_go(c, B, C, CALLS);
	host_kill(c, B, 9);
	assert_string_equal(set_of(c, B).text, "B");
	cluster_wait(c, 500);
	assert_role(c, C, "waiting");
	free_disk(c, B);
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	cluster_free(c);
}

/* All that B could answer waits for its disk: C may not take it for dead. */
static void
a_slow_disk_makes_nobody_silent(void **state)
{
	struct cluster *c = cluster_in_sync(3, 0);

	hold_disk(c, B);
	host_kill(c, C, 0);
	cluster_run(
	    c); /* the configuration without C is on its way to the disk of B */
	ask_write(c, A, 1);
	cluster_wait(c, 9000);
	assert_string_equal(set_of(c, A).text, "AB");
	assert_told(c, 1, "");
	free_disk(c, B);
	assert_told(c, 1, "served");
	cluster_free(c);
}

static int
spare(const struct cluster *c, int who)
{
	return (core_can_fail_over(c->hosts[who].core));
}

/* Who may end because its disk does not answer. */
static void
a_host_is_spare_when_another_can_go_on(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	assert_true(spare(c, A) && spare(c, B));
	hold_disk(c, A);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_true(spare(c, A)); /* B has it */
	free_disk(c, A);
	hold_disk(c, B);
	ask_write(c, A, 2);
	cluster_run(c);
	assert_false(spare(c, A)); /* perhaps B hangs as well */
	assert_true(spare(c, B));
	host_kill(c, B, 0);
	cluster_run(c);
	assert_string_equal(set_of(c, A).text, "A");
	assert_false(spare(c, A));
	host_wipe(c, B);
	hold_disk(c, B);
	host_start(c, B);
	cluster_run(c);
	assert_role(c, B, "joining");
	assert_true(spare(c, B));
	hold_disk(c, A);
	free_disk(c, B);
	assert_role(c, B, "joining");
	assert_false(spare(c, A)); /* B has all, and is not in sync */
	host_kill(c, A, 0);
	cluster_wait(c, 100);
	assert_role(c, B, "waiting");
	assert_false(spare(c, B));
	cluster_free(c);
}

/* B is stopped, and waits for who has gone on without it, and died. */
static void
others_go_on(struct cluster *c, int other)
{
	host_stop(c, B);
	cluster_wait(c, 4500);
	assert_role(c, other, "primary");
	ask_write(c, other, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	host_kill(c, other, 0);
	host_go_on(c, B);
	free_disk(c, B);
	let_go(c, B, other, CALLS);
	cluster_wait(c, 5000);
	assert_role(c, B, "waiting");
	host_start(c, other);
	cluster_wait(c, 2000);
	assert_disk(c, B, on_disk(c, other).text);
	cluster_free(c);
}

/*
 * It was named, and stopped before its disk had taken that: the giver may have
 * gone on without it since, and died.
 */
static void
a_late_heir_waits(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	hold_disk(c, B);
	assert_null(core_handover(c->hosts[A].core, "B"));
	cluster_wait(c, 300);
	assert_role(c, A, "backup");
	assert_role(c, B, "backup");
	others_go_on(c, A);
}

/* So it is for one that is stopped while it takes over. */
static void
a_late_claimant_waits(void **state)
{
	for (int disk = 0; disk < 2; disk++) {
		struct cluster *c = cluster_in_sync(3, 0);

		if (disk)
			hold_disk(c, B);
		else
			hold(c, B, C, CALLS);
		host_kill(c, A, 0);
		cluster_wait(c, 1000);
		assert_role(c, B, disk ? "claiming" : "establishing");
		others_go_on(c, C);
	}
}

/* It halts as soon as it hears that, and has not gone on alone. */
static void
a_host_that_is_leaving_is_not_waited_for(void **state)
{
	struct cluster *c = cluster_in_sync(3, 0);
	int again;

	host_stop(c, C);
	assert_null(core_remove_host(c->hosts[A].core, "C", &again));
	cluster_run(c);
	cluster_wait(c, 200);
	host_kill(c, B, 0);
	cluster_wait(c, 500);
	host_kill(c, A, 9);
	host_kill(c, C, 0);
	for (int i = 0; i < 3; i++)
		host_start(c, i);
	cluster_wait(c, 10000);
	assert_role(c, C, "halted");
	ask_write(c, A, 1);
	cluster_wait(c, 1000);
	assert_told(c, 1, "served");
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
	    cmocka_unit_test(late_news_is_no_answer),
	    cmocka_unit_test(a_slow_disk_makes_nobody_silent),
	    cmocka_unit_test(a_host_is_spare_when_another_can_go_on),
	    cmocka_unit_test(a_late_heir_waits),
	    cmocka_unit_test(a_late_claimant_waits),
	    cmocka_unit_test(a_host_that_is_leaving_is_not_waited_for),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
