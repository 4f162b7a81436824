/*
 * What must happen, as stories on the real core; docs/PROTOCOL.md says why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cluster.h"

#define ON  1
#define OFF 0

/* ---- beginning and joining ---- */

static void
a_new_cluster_starts_alone(void **state)
{
	struct cluster *c = cluster_new(2);

	hold_disk(c, A);
	host_start(c, A);
	cluster_wait(c, 100);
	ask_write(c, A, 1);
	ask_read(c, A, 2);
	assert_role(c, A, "claiming");

	/* First who is primary is on the disk, then its first record. */
	disk_step(&c->hosts[A], 1);
	assert_role(c, A, "establishing");
	assert_disk(c, A, "new");
	assert_false(c->hosts[A].serving);
	disk_step(&c->hosts[A], 1);
	assert_role(c, A, "primary");
	assert_true(c->hosts[A].serving);
	assert_told(c, 1, "");
	assert_told(c, 2, "");
	free_disk(c, A);
	assert_told(c, 1, "served");
	assert_told(c, 2, "served");
	assert_disk(c, A, "new A 1");
	assert_alarm(
	    c, A, "No redundancy: new votes are not copied to B. Start B.");
	cluster_free(c);
}

static void
an_empty_host_alone_waits(void **state)
{
	struct cluster *c = cluster_new(2);

	host_start(c, B);
	cluster_wait(c, 5000);
	ask_write(c, B, 1);
	assert_role(c, B, "waiting");
	assert_awaits(c, B, "A");
	assert_told(c, 1, "await");
	assert_non_null(core_promote(c->hosts[B].core, 0, 1));
	cluster_free(c);
}

static void
a_joiner_is_pushed_what_it_lacks_and_joins(void **state)
{
	struct cluster *c = cluster_new(2);

	host_start(c, A);
	cluster_wait(c, 100);
	for (uint64_t ticket = 1; ticket <= 4; ticket++)
		ask_write(c, A, ticket);
	cluster_run(c);
	assert_told(c, 4, "served");

	/* Most of it only A's disk has by now. */
	hold_disk(c, A);
	host_start(c, B);
	cluster_run(c);
	assert_role(c, B, "joining");
	assert_disk(c, B, "");
	disk_step(&c->hosts[A], 1);
	cluster_run(c);

	/* The primary records the grown set before the joiner does. */
	assert_disk(c, B, "new A 1 2 3 4");
	assert_role(c, B, "joining");
	assert_set(c, B, "A");
	free_disk(c, A);
	assert_role(c, B, "backup");
	assert_set(c, A, "AB");
	assert_set(c, B, "AB");
	cluster_free(c);
}

static void
a_divergent_tail_is_cut_and_the_primary_s_taken(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	/* Level in length, and yet not: A's last record never left it. */
	hold(c, A, B, CALLS);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_disk(c, A, "new A 1");
	host_kill(c, A, 0);
	cluster_run(c);
	assert_disk(c, B, "new A B");

	c->hosts[A].links[B].held[CALLS] = 0;
	host_start(c, A);
	cluster_wait(c, 500);
	ask_write(c, B, 2);
	cluster_run(c);
	assert_role(c, A, "backup");
	assert_disk(c, A, "new A B 2");
	assert_disk(c, B, "new A B 2");
	assert_int_equal(c->hosts[A].size, 4);
	assert_told(c, 1, "");
	assert_told(c, 2, "served");
	cluster_free(c);
}

static void
a_wiped_backup_is_another_one_and_joins(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	ask_write(c, A, 1);
	cluster_run(c);
	host_kill(c, B, 0);
	host_wipe(c, B);
	host_start(c, B);
	ask_write(c, A, 2);
	cluster_wait(c, 500);
	assert_role(c, B, "backup");
	assert_int_equal(c->hosts[A].k.in_sync.in_sync_len, 2);
	assert_set(c, A, "AB");
	assert_disk(c, B, "new A 1 2");
	assert_told(c, 2, "served");
	cluster_free(c);
}

/* ---- what is accepted ---- */

static void
nothing_is_accepted_before_every_disk_in_sync_has_it(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);

	for (int last = A; last <= C; last++) {
		uint64_t ticket = 1 + (uint64_t)last;

		for (int who = A; who <= C; who++)
			hold_disk(c, who);
		ask_write(c, A, ticket);
		cluster_run(c);
		for (int who = A; who <= C; who++) {
			assert_told(c, ticket, "");
			if (who != last)
				free_disk(c, who);
		}
		assert_told(c, ticket, "");
		free_disk(c, last);
		assert_told(c, ticket, "served");
	}
	for (int who = A; who <= C; who++)
		assert_disk(c, who, "new A 1 2 3");
	cluster_free(c);
}

/* A is primary, is none, and is again, in one life. */
static void
what_was_acknowledged_in_an_earlier_epoch_does_not_count(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);

	/* While the first one is on its way the others become one batch. */
	hold_disk(c, A);
	for (uint64_t ticket = 1; ticket <= 5; ticket++)
		ask_write(c, A, ticket);
	cluster_run(c);
	assert_disk(c, B, "new A 1");
	/* B has acknowledged what C, and then B too, goes on without. */
	hold(c, A, C, CALLS);
	free_disk(c, A);
	cluster_run(c);
	assert_told(c, 1, "served");
	assert_disk(c, B, "new A 1 2 3 4 5");
	assert_told(c, 2, "");
	host_stop(c, A);
	host_kill(c, B, 0);
	cluster_wait(c, 3200);
	assert_disk(c, C, "new A 1 C");
	host_start(c, B);
	host_go_on(c, A);
	cluster_run(c);
	let_go(c, A, C, CALLS);
	cluster_wait(c, 500);
	assert_disk(c, A, "new A 1 C");
	assert_disk(c, B, "new A 1 C");
	assert_told(c, 2, "ask C");

	assert_null(core_handover(c->hosts[C].core, "A"));
	hold_disk(c, B);
	cluster_run(c);
	assert_role(c, A, "establishing");
	free_disk(c, B);
	assert_role(c, A, "primary");
	assert_disk(c, B, "new A 1 C A");
	cluster_free(c);
}

static void
alone_only_when_the_smaller_set_is_on_disk(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	/* Its own disk has the record; that it may go on alone, not yet. */
	hold(c, A, B, CALLS);
	ask_write(c, A, 1);
	cluster_run(c);
	hold_disk(c, A);
	host_kill(c, B, 0);
	cluster_run(c);
	assert_disk(c, A, "new A 1");
	assert_set(c, A, "AB");
	assert_told(c, 1, "");
	free_disk(c, A);
	assert_set(c, A, "A");
	assert_told(c, 1, "served");
	cluster_free(c);
}

static void
a_reading_waits_for_what_it_tells_of(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, B);
	ask_write(c, A, 1);
	ask_read(c, A, 2);
	cluster_run(c);
	assert_told(c, 2, "");
	free_disk(c, B);
	assert_told(c, 1, "served");
	assert_told(c, 2, "served");
	cluster_free(c);
}

static void
a_reading_waits_for_a_confirmation_asked_after_it_came(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	struct link *l = &c->hosts[A].links[B];

	/* One was asked for before the readings came. */
	hold(c, A, B, CALLS);
	hold(c, A, B, REPLIES);
	cluster_wait(c, 200);
	assert_non_null(l->first[CALLS]);
	for (uint64_t ticket = 1; ticket <= 9; ticket++)
		ask_read(c, A, ticket);
	assert_null(l->first[CALLS]->next);
	link_step(c, A, B, CALLS);
	link_step(c, A, B, REPLIES);
	for (uint64_t ticket = 1; ticket <= 9; ticket++)
		assert_told(c, ticket, "");

	/* The next one is for all of them. */
	assert_non_null(l->first[CALLS]);
	assert_null(l->first[CALLS]->next);
	link_step(c, A, B, CALLS);
	link_step(c, A, B, REPLIES);
	for (uint64_t ticket = 1; ticket <= 9; ticket++)
		assert_told(c, ticket, "served");
	cluster_free(c);
}

/*
 * A newer configuration on its way to the disk does not mean that the last one
 * is there.
 */
static void
a_host_tells_of_no_k_before_it_is_on_its_disk(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	struct host *a = &c->hosts[A];

	hold_disk(c, B);
	hold(c, A, B, REPLIES);
	for (int i = 0; i < 2; i++) {
		assert_null(core_arbiter(a->core, EVOTE_ARBITER_NONE, "", 0));
		cluster_wait(c, 100);
		assert_int_equal(epoch_of(c, A), epoch_of(c, B));
		assert_true(c->hosts[B].k.epoch < epoch_of(c, B));
		assert_null(a->links[B].first[REPLIES]);
	}
	disk_step(&c->hosts[B], 1);
	assert_non_null(a->links[B].first[REPLIES]);
	cluster_free(c);
}

/* Nobody else can tell why an answer does not come. */
static void
who_keeps_an_answer_is_told(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, B);
	ask_write(c, A, 1);
	cluster_wait(c, 1500);
	assert_no_alarm(c, A, "waiting");
	cluster_wait(c, 1500);
	assert_alarm(c, A,
	    "Requests have been waiting 3 s for the disk of B. Check that disk "
	    "or host.");
	assert_awaits(c, A, "B");
	assert_told(c, 1, "");
	free_disk(c, B);
	assert_told(c, 1, "served");
	assert_no_alarm(c, A, "waiting");
	assert_awaits(c, A, "");

	hold_disk(c, A);
	ask_write(c, A, 2);
	hold(c, A, B, REPLIES);
	cluster_wait(c, 2500);
	assert_alarm(c, A, "waiting 2 s for the disk of A, the disk of B");
	assert_awaits(c, A, "AB");
	cluster_free(c);
}

/*
 * B doubts A, hears of it again, and only then its disk is done: what it says
 * it holds for sure begins anew, though nothing is on its way any more.
 */
static void
a_backup_that_doubted_is_shown_again_what_it_holds(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, B);
	ask_write(c, A, 1);
	cluster_run(c);
	c->hosts[A].links[B].reset = 1;
	cluster_run(c);

	/* It was stopped, and then does not hear A, who hears it. */
	host_stop(c, B);
	cluster_wait(c, 1500);
	host_go_on(c, B);
	hold(c, A, B, CALLS);
	hold(c, B, A, REPLIES);
	cluster_wait(c, 3500);
	assert_role(c, B, "waiting");
	let_go(c, B, A, REPLIES);
	assert_role(c, B, "backup");
	let_go(c, A, B, CALLS);
	assert_told(c, 1, "");

	ask_read(c, A, 2);
	free_disk(c, B);
	cluster_wait(c, 200);
	assert_told(c, 1, "served");
	assert_told(c, 2, "served");
	assert_set(c, A, "AB");
	cluster_free(c);
}

static void
a_host_that_gets_another_result_halts_and_is_left_out(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	c->hosts[B].stranger = 2;
	ask_write(c, A, 1);
	cluster_run(c);
	assert_role(c, B, "halted");
	assert_alarm(c, B,
	    "does not follow from this host's ledger: it has another result "
	    "here; move the data directory aside, keep it, and start with an "
	    "empty one.");
	assert_disk(c, B, "new A");
	assert_set(c, A, "A");
	assert_told(c, 1, "served");
	assert_non_null(core_promote(c->hosts[B].core, epoch_of(c, B), 1));
	cluster_free(c);
}

/* ---- what a voter is told ---- */

/* What a voter has seen who was last answered by this host. */
static evote_seen
seen_at(struct cluster *c, int who)
{
	evote_stamp stamp;
	evote_seen seen;

	core_stamp(c->hosts[who].core, &stamp);
	memcpy(seen.cluster, stamp.cluster, sizeof(seen.cluster));
	seen.epoch = stamp.epoch;
	seen.size = stamp.size;
	return (seen);
}

static void
who_has_seen_more_is_not_answered(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	evote_seen seen = seen_at(c, A);

	ask(c, A, 1, seen);
	seen.size = 4; /* request 1 is the third */
	ask(c, A, 2, seen);
	seen.size = 3;
	seen.epoch++;
	ask(c, A, 3, seen);
	seen.epoch--;
	seen.cluster[0] ^= 1;
	ask(c, A, 4, seen);
	cluster_run(c);
	assert_told(c, 1, "served");
	assert_told(c, 2, "behind");
	assert_told(c, 3, "behind");
	assert_told(c, 4, "other cluster");
	assert_disk(c, A, "new A 1");
	cluster_free(c);
}

static void
a_backup_names_the_primary(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);

	ask_write(c, B, 1);
	ask_read(c, C, 2);
	assert_told(c, 1, "ask A");
	assert_told(c, 2, "ask A");
	host_kill(c, A, 0);
	cluster_run(c);
	ask_write(c, C, 3);
	assert_told(c, 3, "ask B");
	cluster_free(c);
}

static void
requests_wait_for_the_take_over_and_are_judged_after_it(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	evote_seen seen = seen_at(c, A);

	hold_disk(c, B);
	host_kill(c, A, 0);
	cluster_run(c);
	ask(c, B, 1, seen);
	seen.size += 9;
	ask(c, B, 2, seen);
	assert_told(c, 1, "");
	assert_told(c, 2, "");
	free_disk(c, B);
	assert_told(c, 1, "served");
	assert_told(c, 2, "behind");
	cluster_free(c);
}

static void
requests_do_not_wait_for_ever(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, B);
	host_kill(c, A, 0);
	cluster_run(c);
	ask_write(c, B, 1);
	cluster_wait(c, 1900);
	assert_told(c, 1, "");
	cluster_wait(c, 200);
	assert_told(c, 1, "await A");
	free_disk(c, B);
	assert_disk(c, B, "new A B");
	cluster_free(c);
}

static void
so_many_requests_wait_and_no_more(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, B);
	host_kill(c, A, 0);
	cluster_run(c);
	for (uint64_t ticket = 1; ticket <= 4097; ticket++)
		ask_write(c, B, ticket);
	assert_told(c, 4096, "");
	assert_told(c, 4097, "await A");
	free_disk(c, B);
	for (uint64_t ticket = 1; ticket <= 4096; ticket++)
		assert_told(c, ticket, "served");
	assert_int_equal(c->hosts[B].stored, 3 + 4096);
	cluster_free(c);
}

/* ---- take-over ---- */

static void
the_backup_takes_over_when_the_primary_s_process_is_gone(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);

	ask_write(c, A, 1);
	cluster_run(c);
	hold_disk(c, C);
	host_kill(c, A, 0);
	cluster_run(c);

	/* Its first record must be on every disk of its set. */
	ask_write(c, B, 2);
	cluster_run(c);
	assert_role(c, B, "establishing");
	assert_set(c, B, "BC");
	assert_disk(c, B, "new A 1 B");
	assert_false(c->hosts[B].serving);
	assert_told(c, 2, "");
	free_disk(c, C);
	assert_role(c, B, "primary");
	assert_disk(c, C, "new A 1 B 2");
	assert_told(c, 2, "served");
	cluster_free(c);
}

static void
the_backup_takes_over_from_a_silent_primary(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	host_stop(c, A);
	cluster_wait(c, 2900);
	assert_role(c, B, "backup");
	cluster_wait(c, 300);
	assert_role(c, B, "primary");
	ask_write(c, B, 1);
	cluster_run(c);
	assert_told(c, 1, "served");

	/* A goes on where it stood, and nobody confirms what it says. */
	hold(c, A, B, CALLS);
	host_go_on(c, A);
	ask_read(c, A, 2);
	ask_write(c, A, 3);
	assert_role(c, A, "primary");
	cluster_run(c);
	assert_told(c, 2, "ask B");
	assert_told(c, 3, "ask B");
	let_go(c, A, B, CALLS);
	assert_role(c, A, "backup");
	assert_disk(c, A, "new A B 1");
	cluster_free(c);
}

/* From then on only another epoch ends it. */
static void
a_claim_is_not_called_off_by_the_old_primary(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, B);
	host_stop(c, A);
	cluster_wait(c, 3200);
	assert_role(c, B, "claiming");
	link_break(c, A, B); /* it connects again and says what it is */
	host_go_on(c, A);
	host_tick(c, A);
	cluster_run(c);
	assert_role(c, A, "primary");
	assert_role(c, B, "claiming");
	free_disk(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	assert_role(c, A, "backup");
	cluster_free(c);
}

/* It is back before anyone noticed, and is not who it was. */
static void
the_backup_takes_over_from_a_primary_that_was_wiped(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	ask_write(c, A, 1);
	cluster_run(c);
	host_kill(c, A, 0);
	host_wipe(c, A);
	host_start(c, A);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	cluster_wait(c, 1000);
	assert_role(c, A, "backup");
	assert_disk(c, A, "new A 1 B");
	cluster_free(c);
}

static void
of_two_backups_the_preferred_one_takes_over(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);

	/* C hears first that A is dead. */
	host_stop(c, B);
	host_kill(c, A, 0);
	cluster_run(c);
	assert_role(c, C, "backup");
	host_go_on(c, B);
	cluster_run(c);
	assert_role(c, B, "primary");
	assert_role(c, C, "backup");

	host_stop(c, B);
	cluster_wait(c, 3200);
	assert_role(c, C, "primary");
	assert_set(c, C, "C");
	cluster_free(c);
}

static void
a_restarted_backup_does_not_take_over(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	host_kill(c, B, 0);
	cluster_run(c);
	ask_write(c, A, 1); /* only A has it */
	cluster_run(c);
	assert_told(c, 1, "served");
	host_kill(c, A, 0);

	host_start(c, B);
	cluster_wait(c, 5000);
	ask_read(c, B, 2);
	assert_role(c, B, "waiting");
	assert_awaits(c, B, "A");
	assert_alarm(c, B, "may hold votes that this host lacks");
	assert_told(c, 2, "await A");

	host_start(c, A);
	cluster_wait(c, 500);
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");
	assert_disk(c, B, "new A 1 A");
	cluster_free(c);
}

static void
a_joiner_does_not_take_over(void **state)
{
	struct cluster *c = cluster_new(2);

	host_start(c, A);
	cluster_wait(c, 100);
	ask_write(c, A, 1);
	cluster_run(c);
	hold_disk(c, B);
	host_start(c, B);
	cluster_run(c);
	disk_step(&c->hosts[B], 1);
	cluster_run(c);
	assert_role(c, B, "joining");
	host_kill(c, A, 0);
	free_disk(c, B);
	cluster_wait(c, 5000);
	assert_role(c, B, "waiting");
	assert_awaits(c, B, "A");
	cluster_free(c);
}

static void
two_that_restart_wait_for_each_other(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	host_kill(c, A, 0);
	host_kill(c, B, 0);
	host_start(c, A);
	cluster_wait(c, 5000);
	assert_role(c, A, "waiting");
	assert_awaits(c, A, "B");
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");
	assert_set(c, A, "AB");
	cluster_free(c);
}

/* With three, one that was started anew and only waits keeps nobody. */
static void
a_host_that_only_waits_does_not_keep_the_next_one(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);

	ask_write(c, A, 1);
	cluster_run(c);
	host_kill(c, A, 0);
	host_kill(c, B, 0);
	host_start(c, B);
	cluster_run(c);
	assert_role(c, C, "primary");
	assert_disk(c, C, "new A 1 C");
	cluster_wait(c, 500);
	assert_role(c, B, "backup");
	assert_set(c, C, "BC");
	cluster_free(c);
}

/* A host of the set that is not in the list here is known by the configuration.
 */
static void
a_host_that_the_list_lacks_is_not_taken_for_dead(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);

	host_kill(c, B, 0);
	cut(c, B, C);
	c->hosts[B].list = "AB";
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "backup");
	assert_set(c, B, "ABC");
	host_kill(c, A, 0);
	cluster_wait(c, 200);
	assert_role(c, B, "establishing");
	assert_set(c, B, "BC");
	mend(c, B, C);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	assert_role(c, C, "backup");
	cluster_free(c);
}

static void
a_host_that_was_stalled_asks_before_it_takes_over(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	/* It asks, and is still in sync: that counts again. */
	host_stop(c, B);
	cluster_wait(c, 1500);
	host_go_on(c, B);
	host_tick(c, B);
	cluster_run(c);
	assert_role(c, B, "backup");
	host_kill(c, A, 0);
	cluster_run(c);
	assert_role(c, B, "primary");
	host_start(c, A);
	cluster_wait(c, 500);
	assert_role(c, A, "backup");

	/* Nobody answers: it may have been left out, and was. */
	host_stop(c, A);
	cluster_wait(c, 3500);
	ask_write(c, B, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	host_kill(c, B, 0);
	host_go_on(c, A);
	host_tick(c, A);
	cluster_wait(c, 5000);
	assert_role(c, A, "waiting");
	assert_awaits(c, A, "B");
	cluster_free(c);
}

static void
a_host_that_was_left_out_while_stalled_joins_again(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	host_stop(c, B);
	cluster_wait(c, 3500);
	assert_set(c, A, "A");
	ask_write(c, A, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	host_go_on(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "backup");
	assert_disk(c, B, "new A 1");
	cluster_free(c);
}

/*
 * The primary's disk holds the set without B before B comes back, and the
 * primary dies before it can tell: B must not take itself for a member.
 */
static void
a_primary_that_decides_does_not_call_the_present_set_valid(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, A);
	host_kill(c, B, 0);
	cluster_run(c);
	host_start(c, B);
	cluster_run(c);
	assert_role(c, B, "waiting");
	host_kill(c, A, 1);
	assert_set(c, A, "A");
	cluster_wait(c, 5000);
	assert_role(c, B, "waiting");
	assert_awaits(c, B, "A");

	c->hosts[A].disk_held = 0;
	host_start(c, A);
	cluster_wait(c, 500);
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");
	cluster_free(c);
}

/* A decides to go on without C, and dies before anybody hears of it. */
static void
what_a_dead_primary_decided_untold_is_older(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);

	hold_disk(c, A);
	host_kill(c, C, 0);
	cluster_run(c);
	host_kill(c, A, 1);
	assert_set(c, A, "AB");
	cluster_run(c);
	assert_role(c, B, "primary");
	assert_true(epoch_of(c, B) > c->hosts[A].k.epoch);

	c->hosts[A].disk_held = 0;
	host_start(c, A);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	assert_role(c, A, "backup");
	cluster_free(c);
}

/* A dies, then B, who has taken over on its own disk and told nobody. */
static void
a_take_over_that_nobody_heard_of_is_older(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);

	hold_disk(c, B);
	host_kill(c, A, 0);
	cluster_run(c);
	assert_role(c, B, "claiming");
	host_kill(c, B, 1);
	assert_set(c, B, "BC");
	cluster_run(c);
	assert_role(c, C, "primary");
	assert_true(epoch_of(c, C) > c->hosts[B].k.epoch);

	c->hosts[B].disk_held = 0;
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, C, "primary");
	assert_role(c, B, "backup");
	assert_disk(c, B, "new A C");
	cluster_free(c);
}

/*
 * C is there, and not connected to B just now: it may be taking over as well,
 * and B must not do that without it.
 */
static void
who_takes_over_leaves_out_nobody_who_may_live(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);
	struct host *b = &c->hosts[B];

	link_break(c, B, C);
	b->links[C].down = 0;
	host_step(b, (struct event){.kind = EV_LINK_DOWN, .peer = C});
	host_kill(c, A, 0);
	link_ended(c, A, B);
	b->links[A].down = 0;
	host_step(b,
	    (struct event){.kind = EV_LINK_DOWN, .peer = A, .port_refuses = 1});
	host_tick(c, B);
	assert_role(c, B, "backup");
	cluster_run(c);
	assert_role(c, B, "primary");
	assert_set(c, B, "BC");
	cluster_free(c);
}

/* That nobody listens where B looks for A. */
static void
wrong_door(struct cluster *c)
{
	host_step(&c->hosts[B],
	    (struct event){.kind = EV_LINK_DOWN, .peer = A, .port_refuses = 1});
}

/*
 * B's list has another port for A, where nobody listens.  It follows all the
 * same, since A calls.  That A's connection ends then is no death.
 */
static void
a_refusal_at_a_wrong_address_proves_nothing(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	struct host *b = &c->hosts[B];

	host_kill(c, B, 0);
	b->misled[A] = 1;
	host_start(c, B);
	wrong_door(c);
	cluster_wait(c, 1000);
	assert_role(c, B, "backup");
	assert_set(c, A, "AB");
	wrong_door(c);
	link_break(c, A, B);
	link_ended(c, A, B);
	wrong_door(c);
	host_tick(c, B);
	assert_role(c, B, "backup");
	cluster_wait(c, 1000);
	assert_role(c, A, "primary");
	assert_set(c, A, "AB");

	/* Silence still is one. */
	host_kill(c, A, 0);
	cluster_run(c);
	wrong_door(c);
	cluster_run(c);
	assert_role(c, B, "backup");
	cluster_wait(c, SUSPECT_MS + 500);
	assert_role(c, B, "primary");
	cluster_free(c);
}

/* ---- fail-back and hand-over ---- */

static void
a_restarted_primary_gets_the_service_back_when_it_is_level(void **state)
{
	struct cluster *c = cluster_in_sync(2, ON);

	host_kill(c, A, 0);
	cluster_run(c);
	ask_write(c, B, 1);
	cluster_run(c);

	/* Its disk is slow: B serves on, alone. */
	hold_disk(c, A);
	host_start(c, A);
	cluster_wait(c, 300);
	disk_step(&c->hosts[A], 1);
	cluster_wait(c, 300);
	assert_role(c, A, "joining");
	assert_role(c, B, "primary");
	assert_disk(c, A, "new A");

	free_disk(c, A);
	cluster_wait(c, 300);
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");
	assert_disk(c, A, "new A B 1 A");
	assert_disk(c, B, "new A B 1 A");
	ask_write(c, A, 2);
	cluster_run(c);
	assert_told(c, 2, "served");
	cluster_free(c);
}

static void
no_fail_back_when_it_is_off(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	host_kill(c, A, 0);
	cluster_run(c);
	host_start(c, A);
	cluster_wait(c, 5000);
	assert_role(c, A, "backup");
	assert_role(c, B, "primary");
	cluster_free(c);
}

static void
no_fail_back_after_a_hand_over_on_purpose(void **state)
{
	struct cluster *c = cluster_in_sync(2, ON);

	assert_null(core_handover(c->hosts[A].core, "B"));
	cluster_wait(c, 5000);
	assert_role(c, A, "backup");
	assert_role(c, B, "primary");

	/* Until A has been away. */
	host_kill(c, A, 0);
	cluster_run(c);
	host_start(c, A);
	cluster_wait(c, 500);
	assert_role(c, A, "primary");
	cluster_free(c);
}

static void
requests_wait_for_the_hand_over_and_go_to_the_next(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, B);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_non_null(core_handover(c->hosts[A].core, "A"));
	assert_non_null(core_handover(c->hosts[A].core, "X"));
	assert_non_null(core_handover(c->hosts[B].core, "A"));
	assert_string_equal(core_promote(c->hosts[B].core, epoch_of(c, B), 1),
	    "the primary, A, is alive: run `handover B` there");
	assert_null(core_handover(c->hosts[A].core, "B"));
	ask_write(c, A, 2);
	cluster_run(c);

	/* First what was asked before is accepted, then it is decided. */
	assert_role(c, A, "handing-over");
	assert_told(c, 1, "");
	free_disk(c, B);
	assert_told(c, 1, "served");
	assert_told(c, 2, "ask B");
	assert_role(c, A, "backup");
	assert_role(c, B, "primary");
	assert_disk(c, A, "new A 1 B");
	cluster_free(c);
}

static void
a_hand_over_that_takes_too_long_is_called_off(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, B);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_null(core_handover(c->hosts[A].core, "B"));
	ask_write(c, A, 2);
	cluster_wait(c, 1200);
	assert_role(c, A, "primary");
	assert_alarm(c, A,
	    "The service was not handed over: requests still "
	    "waited for a disk or a host after a second");
	free_disk(c, B);
	assert_told(c, 1, "served");
	assert_told(c, 2, "served");
	assert_role(c, B, "backup");
	assert_null(core_handover(c->hosts[A].core, "B"));
	assert_no_alarm(c, A, "not handed over");
	cluster_free(c);
}

/* What was ordered in vain, and is done by itself, is not told of any more. */
static void
a_hand_over_that_happens_later_is_not_missed(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, B);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_null(core_handover(c->hosts[A].core, "B"));
	cluster_wait(c, 1200);
	assert_alarm(c, A, "The service was not handed over");
	free_disk(c, B);
	host_room(c, A, 0);
	cluster_wait(c, 5000);
	assert_role(c, B, "primary");
	assert_no_alarm(c, A, "not handed over");
	cluster_free(c);
}

/* No operator waits for what the primary wanted by itself. */
static void
a_hand_over_that_nobody_ordered_is_called_off_in_silence(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, B);
	ask_write(c, A, 1);
	cluster_run(c);
	host_room(c, A, 0);
	assert_role(c, A, "handing-over");
	cluster_wait(c, 1200);
	assert_role(c, A, "primary");
	assert_no_alarm(c, A, "not handed over");
	free_disk(c, B);
	cluster_free(c);
}

static void
an_order_that_was_given_up_says_whom_it_missed(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, B);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_null(core_handover(c->hosts[A].core, "B"));
	host_kill(c, B, 0);
	cluster_wait(c, 500);
	assert_role(c, A, "primary");
	assert_alarm(c, A,
	    "The service was not handed over: B has gone. See its `status`");
	cluster_wait(c, 60000);
	assert_no_alarm(c, A, "not handed over");
	cluster_free(c);
}

/* Before it is on A's disk (0) and after (1), A dies; then B does. */
static void
a_hand_over_may_break_anywhere(void **state)
{
	for (int stored = 0; stored <= 1; stored++) {
		struct cluster *c = cluster_in_sync(2, OFF);

		ask_write(c, A, 1);
		cluster_wait(c, 200);
		hold_disk(c, A);
		assert_null(core_handover(c->hosts[A].core, "B"));
		cluster_wait(c, 200);
		assert_role(c, B, "backup");
		host_kill(c, A, stored);
		cluster_run(c);
		assert_role(c, B, "primary");
		c->hosts[A].disk_held = 0;
		host_start(c, A);
		cluster_wait(c, 500);
		assert_role(c, A, "backup");
		assert_disk(c, A, "new A 1 B");
		cluster_free(c);
	}
}

static void
a_hand_over_to_a_host_that_dies_comes_back(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, A);
	assert_null(core_handover(c->hosts[A].core, "B"));
	host_kill(c, B, 0);
	free_disk(c, A);
	assert_role(c, A, "primary");
	assert_set(c, A, "A");
	assert_disk(c, A, "new A A");
	cluster_free(c);
}

/* ---- operators, and what must not be merged ---- */

/* B dies, A accepts a vote alone and dies: only B is left, in the first epoch.
 */
static struct cluster *
left_behind(void)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	host_kill(c, B, 0);
	cluster_run(c);
	ask_write(c, A, 1);
	cluster_run(c);
	host_kill(c, A, 0);
	host_start(c, B);
	cluster_wait(c, 200);
	return (c);
}

static void
forced_promotion_bars_the_old_incarnation(void **state)
{
	struct cluster *c = left_behind();
	struct core *b = c->hosts[B].core;
	evote_status_res s = {.in_sync = 0};
	char loss[400], expected[400];

	core_loss(b, 0, loss, sizeof(loss));
	snprintf(expected, sizeof(expected),
	    "Votes that other hosts accepted beyond the 2 records on this host "
	    "would be lost. This host was in sync in epoch %llu; A was in sync "
	    "and has not been heard of since this host started",
	    (unsigned long long)epoch_of(c, B));
	assert_string_equal(loss, expected);
	core_loss(b, 1, loss, sizeof(loss));
	assert_non_null(strstr(loss,
	    "beyond the 2 records on this host are no longer part of the "
	    "election. This host was in sync in"));
	assert_non_null(core_promote(b, epoch_of(c, B) + 1, 1));
	assert_non_null(core_promote(b, epoch_of(c, B), 0));
	assert_null(core_promote(b, epoch_of(c, B), 1));
	cluster_run(c);
	assert_role(c, B, "primary");
	assert_disk(c, B, "new A B!");
	core_status(b, &s);
	assert_int_equal(s.forced_epoch, epoch_of(c, B));
	xdr_free((xdrproc_t)xdr_evote_status_res, &s);

	host_start(c, A);
	cluster_wait(c, 500);
	assert_role(c, A, "halted");
	assert_alarm(
	    c, A, "left behind when another host was promoted by force");
	assert_non_null(core_promote(c->hosts[A].core, epoch_of(c, A), 1));
	assert_false(c->hosts[A].serving);
	assert_role(c, B, "primary");
	assert_disk(c, B, "new A B!");

	/* An empty directory in its place is welcome. */
	host_kill(c, A, 0);
	host_wipe(c, A);
	host_start(c, A);
	cluster_wait(c, 500);
	assert_role(c, A, "backup");
	assert_disk(c, A, "new A B!");
	cluster_free(c);
}

/* The directory of another host serves nobody under this one's name. */
static void
a_copied_directory_does_not_serve(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	host_kill(c, B, 0);
	cluster_wait(c, 500);
	host_kill(c, A, 0);
	host_copy(c, A, B);
	/* A's set is A alone: on B's machine, too. */
	host_start(c, B);
	cluster_wait(c, 5000);
	assert_role(c, B, "halted");
	assert_alarm(c, B, "belongs to A, and this host is called B");
	assert_non_null(core_promote(c->hosts[B].core, epoch_of(c, B), 1));
	/* Which of the two is the copy is known: the other one serves. */
	host_start(c, A);
	cluster_wait(c, 500);
	assert_role(c, A, "primary");
	assert_alarm(c, A, "Refusing B: its data directory was copied");
	host_kill(c, B, 0);
	host_wipe(c, B);
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");
	cluster_free(c);
}

/* Of a directory that no configuration names, when the two meet. */
static void
two_hosts_with_one_directory_halt(void **state)
{
	struct cluster *c = cluster_new(3);

	host_start(c, A);
	hold_disk(c, B);
	host_start(c, B);
	cluster_wait(c, 500);
	assert_string_equal(set_of(c, A).text, "A");
	host_kill(c, B, 0);
	host_copy(c, B, C);
	free_disk(c, B);
	host_start(c, C);
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "halted");
	assert_role(c, C, "halted");
	assert_alarm(c, B, "in use twice: C has the same one");
	assert_alarm(c, C, "in use twice: B has the same one");
	assert_role(c, A, "primary");
	cluster_free(c);
}

/* What the process `instance` of A says of itself, to B. */
static void
a_says_hello(struct cluster *c, int instance, uint64_t conn)
{
	struct message *m = message_new(SAY_HELLO, 0);
	struct event ev = {
	    .kind = EV_CALL, .peer = A, .conn = conn, .message = m};

	m->u.hello.name = strdup("A");
	memcpy(m->u.hello.incarnation, c->hosts[A].inc, 16);
	m->u.hello.role = EVOTE_PRIMARY;
	config_copy(&m->u.hello.config, &c->hosts[B].k);
	m->u.hello.instance[0] = (char)instance;
	host_step(&c->hosts[B], ev);
}

/*
 * Who calls may refuse the process that was here before, a copy, say; what
 * it thinks of this one it says in its reply.
 */
static void
a_refusal_in_a_call_is_not_heeded(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	struct message *m = message_new(SAY_HELLO, 0);
	struct event ev = {
	    .kind = EV_CALL, .peer = B, .conn = 1000, .message = m};

	m->u.hello.name = strdup("B");
	memcpy(m->u.hello.incarnation, c->hosts[B].inc, 16);
	m->u.hello.role = EVOTE_BACKUP;
	config_copy(&m->u.hello.config, &c->hosts[A].k);
	m->u.hello.serial = UINT64_MAX;
	m->u.hello.room = 1;
	m->u.hello.refusal = EVOTE_REFUSED_COPY;
	host_step(&c->hosts[A], ev);
	cluster_wait(c, 500);
	assert_role(c, A, "primary");
	assert_string_equal(set_of(c, A).text, "AB");
	assert_no_alarm(c, A, "copied");
	cluster_free(c);
}

/* A third host sees that one answers from two places, and tells both. */
static void
who_answers_from_two_places_is_refused(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	cut(c, A, B);
	/* Started anew, whatever of the old one comes late. */
	for (int i = 10; i < 20; i++) {
		a_says_hello(c, i, 1000);
		a_says_hello(c, i + 1, 1001);
		a_says_hello(c, i, 1000);
		a_says_hello(c, i + 1, 1001);
	}
	assert_no_alarm(c, B, "Refusing");
	for (int i = 0; i < 20; i++)
		a_says_hello(c, 20 + i % 2, 1000);
	assert_no_alarm(c, B, "Refusing");
	/* But those of a copy come for ever. */
	for (int i = 0; i < 10; i++) {
		cluster_wait(c, 500);
		a_says_hello(c, 20 + i % 2, 1000);
	}
	assert_alarm(c, B, "Refusing A: its data directory was copied");
	cluster_free(c);
}

/* Both are told, also the one that leads, and has nothing to ask. */
static void
a_primary_that_has_a_copy_halts(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	for (int i = 0; i < 30; i++) {
		cluster_wait(c, 500);
		a_says_hello(c, 20, 1000);
	}
	assert_role(c, A, "halted");
	assert_alarm(c, A, "in use twice");
	cluster_free(c);
}

/* Whatever breaks it off, a claim is not repeated without a pause. */
static void
claims_that_come_to_nothing_back_off(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	uint64_t records, epoch;

	host_kill(c, A, 0);
	host_kill(c, B, 0);
	host_start(c, A);
	records = c->hosts[A].stored;
	epoch = epoch_of(c, A);
	/* B waits as well, and is gone before it has A's first record. */
	hold_disk(c, B);
	for (int i = 0; i < 100; i++) {
		host_start(c, B);
		cluster_wait(c, 100);
		host_kill(c, B, 0);
		cluster_run(c);
	}
	assert_in_range(c->hosts[A].stored - records, 2, 12);
	assert_in_range((epoch_of(c, A) - epoch) / 1000, 2, 12);
	free_disk(c, B);
	host_start(c, B);
	cluster_wait(c, 5000);
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");
	cluster_free(c);
}

/* The backup's clock steps once; later it closes elections. */
static void
a_clock_that_is_right_again_is_trusted(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	c->hosts[B].clock_us = 5000000;
	cluster_wait(c, 200);
	assert_alarm(c, B, "clock");
	c->hosts[B].clock_us = 1000000;
	cluster_wait(c, 1000);
	assert_no_alarm(c, B, "clock");
	assert_role(c, B, "backup");
	host_kill(c, A, 0);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	assert_no_alarm(c, B, "clock");
	cluster_free(c);
}

/* It cannot ask, and says so; the other one, which can, says what it found. */
static void
a_missing_link_is_named_as_the_cause_of_a_clock_s_doubt(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	c->hosts[B].misled[A] = 1;
	cluster_wait(c, 200);
	c->hosts[B].clock_us = 5000000;
	cluster_wait(c, 200);
	assert_alarm(c, B, "because it has no link to A and cannot ask");
	c->hosts[B].misled[A] = 0;
	cluster_wait(c, 2000);
	assert_no_alarm(c, B, "no link to A");
	assert_alarm(c, B, "clocks are 5 s apart");
	cluster_free(c);
}

/* A host whose clock is wrong, and which is gone for good, stops no close. */
static void
a_dead_host_s_clock_is_no_doubt(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	c->hosts[B].clock_us = 9000000;
	cluster_wait(c, 1000);
	assert_alarm(c, A, "clock");
	host_kill(c, B, 0);
	cluster_wait(c, 500);
	assert_no_alarm(c, A, "clock");
	cluster_free(c);
}

/* An answer that comes late says what the time was, not what it is. */
static void
who_is_held_up_casts_no_doubt_on_its_clock(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	int late = 0;

	hold(c, A, B, REPLIES);
	cluster_wait(c, 2800);
	for (; link_step(c, A, B, REPLIES); late++)
		assert_no_alarm(c, A, "clock");
	assert_true(late > 0);
	cluster_free(c);
}

/* It is not hidden by what else is wrong. */
static void
a_clock_is_told_of_beside_other_alarms(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);

	c->hosts[B].clock_us = 9000000;
	host_kill(c, C, 0);
	cluster_wait(c, 5000);
	assert_alarm(c, A, "Fewer copies: new votes are not copied to C.");
	assert_alarm(c, A, "The hosts' clocks are 9 s apart");
	cluster_free(c);
}

/* A machine that was paused sees it by its wall clock: it asks first. */
static void
who_was_paused_asks_before_it_takes_over(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	cut(c, A, B);
	c->hosts[B].clock_us = 3600LL * 1000000;
	host_tick(c, B);
	host_kill(c, A, 0);
	cluster_wait(c, 5000);
	assert_role(c, B, "waiting");
	cluster_free(c);
}

/* B comes first, and C, just started, has not heard of it yet. */
static void
a_host_not_heard_of_yet_is_not_passed_over(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);

	host_kill(c, C, 0);
	cut(c, B, C);
	host_start(c, C);
	cluster_wait(c, 1500);
	assert_role(c, C, "backup");
	assert_role(c, B, "backup");
	host_kill(c, A, 0);
	cluster_wait(c, 500);
	assert_role(c, C, "backup");
	mend(c, B, C);
	cluster_wait(c, 1000);
	assert_role(c, B, "primary");
	assert_role(c, C, "backup");
	cluster_free(c);
}

/* By the epoch alone a client tells that what it has seen was left behind. */
static void
forced_promotion_is_newer_than_what_it_leaves_behind(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	uint64_t left;

	host_kill(c, A, 0);
	cluster_wait(c, 500);
	for (int i = 0; i < 10; i++) {
		host_kill(c, B, 0);
		host_start(c, B);
		cluster_wait(c, 500);
	}
	assert_role(c, B, "primary");
	left = epoch_of(c, B);
	host_kill(c, B, 0);
	host_start(c, A);
	cluster_wait(c, 500);
	assert_role(c, A, "waiting");
	assert_null(core_promote(c->hosts[A].core, epoch_of(c, A), 1));
	cluster_run(c);
	assert_role(c, A, "primary");
	assert_true(epoch_of(c, A) > left);
	cluster_free(c);
}

static void
who_saw_what_was_left_behind_is_not_answered(void **state)
{
	struct cluster *c = left_behind();
	evote_seen seen = seen_at(c, B);

	seen.size = 9;
	core_promote(c->hosts[B].core, epoch_of(c, B), 1);
	cluster_run(c);
	ask(c, B, 2, seen);
	assert_told(c, 2, "behind");
	cluster_free(c);
}

static void
nobody_is_promoted_over_a_primary_that_lives(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	assert_non_null(core_promote(c->hosts[A].core, epoch_of(c, A), 1));
	assert_non_null(core_promote(c->hosts[B].core, epoch_of(c, B), 1));
	cluster_free(c);
}

static void
two_ledgers_that_both_went_on_are_not_merged(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	cut(c, A, B);
	cluster_wait(c, 4000);
	ask_write(c, A, 1);
	ask_write(c, B, 2);
	cluster_run(c);
	assert_told(c, 1, "served");
	assert_told(c, 2, "served");
	mend(c, A, B);
	cluster_wait(c, 500);
	for (int who = A; who <= B; who++) {
		assert_role(c, who, "halted");
		assert_alarm(c, who, "accepted votes the other lacks");
		assert_false(c->hosts[who].serving);
	}
	assert_disk(c, A, "new A 1");
	assert_disk(c, B, "new A B 2");

	/* The operator chooses. */
	assert_null(core_promote(c->hosts[A].core, epoch_of(c, A), 1));
	cluster_wait(c, 500);
	assert_role(c, A, "primary");
	assert_role(c, B, "halted");
	assert_disk(c, A, "new A 1 A!");
	cluster_free(c);
}

/* Not a split: A had gone on alone, too, but there was nothing to accept. */
static void
a_host_that_accepted_nothing_apart_follows(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	cut(c, A, B);
	cluster_wait(c, 4000);
	ask_write(c, B, 1);
	cluster_run(c);
	let_go(c, B, A, CALLS);
	mend(c, A, B);
	cluster_wait(c, 500);
	assert_role(c, A, "backup");
	assert_role(c, B, "primary");
	assert_disk(c, A, "new A B 1");
	cluster_free(c);
}

/* ---- room on the disks: rule 17 ---- */

static void
m6_a_primary_without_room_hands_over_and_gets_it_back(void **state)
{
	struct cluster *c = cluster_in_sync(2, ON);

	host_room(c, A, 0);
	assert_role(c, B, "primary");
	cluster_wait(c, 500);
	assert_role(c, A, "joining");
	assert_set(c, B, "B");
	assert_alarm(c, A, "disk is nearly full");
	assert_alarm(c, B, "The disk of A is nearly full");
	assert_alarm(c, B, "new votes are not copied to A.\n");

	/* It is pushed nothing, and everybody votes on. */
	ask_write(c, B, 1);
	cluster_wait(c, 5000);
	assert_told(c, 1, "served");
	assert_disk(c, A, "new A");

	host_room(c, A, 1);
	cluster_wait(c, 1500);
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");
	assert_disk(c, A, "new A B 1 A");
	cluster_free(c);
}

static void
m7_a_backup_without_room_is_left_out_and_comes_back(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	host_room(c, B, 0);
	cluster_wait(c, 200);
	assert_role(c, A, "primary");
	assert_role(c, B, "joining");
	assert_set(c, A, "A");
	assert_false(core_full(c->hosts[A].core));
	ask_write(c, A, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	assert_disk(c, B, "new A");
	assert_non_null(core_handover(c->hosts[A].core, "B"));

	host_room(c, B, 1);
	cluster_wait(c, 1500);
	assert_role(c, B, "backup");
	assert_set(c, A, "AB");
	assert_disk(c, B, "new A 1");
	/* And it counts as one that takes over. */
	host_kill(c, A, 0);
	cluster_run(c);
	assert_role(c, B, "primary");
	cluster_free(c);
}

static void
m7_a_backup_that_starts_without_room_is_pushed_nothing(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	host_kill(c, B, 0);
	cluster_run(c);
	ask_write(c, A, 1);
	cluster_run(c);
	host_start(c, B);
	host_room(c, B, 0);
	cluster_wait(c, 5000);
	assert_role(c, B, "joining");
	assert_disk(c, B, "new A");
	assert_set(c, A, "A");
	host_room(c, B, 1);
	cluster_wait(c, 1500);
	assert_role(c, B, "backup");
	assert_disk(c, B, "new A 1");
	cluster_free(c);
}

/* Both full: nothing new.  The first one that has room serves, alone. */
static void
m6_with_no_room_anywhere_the_service_stays_and_refuses(void **state)
{
	struct cluster *c = cluster_in_sync(2, ON);

	host_room(c, B, 0);
	host_room(c, A, 0);
	cluster_wait(c, 3000);
	assert_role(c, A, "primary");
	assert_true(core_full(c->hosts[A].core));
	assert_alarm(c, A, "nothing new is accepted");
	host_room(c, A, 1);
	cluster_wait(c, 3000);
	assert_false(core_full(c->hosts[A].core));
	assert_role(c, A, "primary");

	host_room(c, A, 0);
	cluster_wait(c, 3000);
	host_room(c, B, 1);
	cluster_wait(c, 3000);
	assert_role(c, B, "primary");
	assert_false(core_full(c->hosts[B].core));
	assert_set(c, B, "B");
	cluster_free(c);
}

/* While both are full the set stays whole, and the backup takes over. */
static void
m6_full_disks_do_not_cost_the_pair_its_redundancy(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	host_room(c, A, 0);
	cluster_wait(c, 1000);
	assert_role(c, B, "primary");
	host_room(c, B, 0);
	host_room(c, A, 1);
	cluster_wait(c, 1500);
	assert_role(c, A, "primary");
	host_room(c, A, 0);
	host_room(c, B, 1);
	host_room(c, A, 1);
	cluster_wait(c, 3000);
	assert_set(c, A, "AB");
	host_room(c, A, 0);
	cluster_wait(c, 1000);
	host_kill(c, A, 0);
	cluster_wait(c, 1000);
	assert_role(c, B, "primary");
	cluster_free(c);
}

/* It may be left out by now, and not have heard of it. */
static void
who_resigned_takes_over_nothing(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold_disk(c, A);
	host_room(c, B, 0);
	assert_role(c, B, "joining");
	assert_set(c, A, "AB");
	host_kill(c, A, 1);
	assert_set(c, A, "A");
	c->hosts[A].disk_held = 0;
	cluster_wait(c, 5000);
	assert_role(c, B, "waiting");

	host_start(c, A);
	cluster_wait(c, 500);
	assert_role(c, A, "primary");
	assert_role(c, B, "joining");
	cluster_free(c);
}

/* Both full, all in sync, A the primary. */
static struct cluster *
cluster_full(void)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	/* While A hands over B gets full as well. */
	hold_disk(c, B);
	ask_write(c, A, 99);
	host_room(c, A, 0);
	assert_role(c, A, "handing-over");
	host_room(c, B, 0);
	free_disk(c, B);
	assert_told(c, 99, "served");
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");
	assert_set(c, A, "AB");
	return (c);
}

/* B has not heard yet that A has room, and takes over when A dies. */
static void
nobody_is_left_out_who_has_not_resigned(void **state)
{
	struct cluster *c = cluster_full();

	hold(c, A, B, CALLS);
	host_room(c, A, 1);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_set(c, A, "AB");
	assert_told(c, 1, "");
	host_kill(c, A, 0);
	cluster_run(c);
	assert_role(c, B, "primary");
	cluster_free(c);
}

/* The answer to its resignation comes when it has changed its mind. */
static void
who_has_room_again_asks_before_it_takes_over(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	hold(c, B, A, REPLIES);
	hold_disk(c, A);
	host_room(c, B, 0);
	assert_role(c, B, "joining");
	hold(c, B, A, CALLS);
	hold(c, A, B, CALLS);
	host_step(&c->hosts[B], (struct event){.kind = EV_ROOM, .room = 1});
	let_go(c, B, A, REPLIES);
	free_disk(c, A);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	host_kill(c, A, 0);
	cluster_wait(c, 5000);
	assert_role(c, B, "waiting");
	cluster_free(c);
}

/* A resignation that has ended comes late, on the other connection. */
static void
a_greeting_that_was_overtaken_does_not_count(void **state)
{
	struct cluster *c = cluster_full();

	hold(c, A, B, REPLIES);
	hold(c, B, A, CALLS);
	host_room(c, A, 1);
	assert_role(c, B, "joining");
	host_room(c, A, 0);
	let_go(c, B, A, CALLS);
	cluster_wait(c, 1000);
	assert_role(c, B, "backup");

	/* A has room, B does not know it, and A hears what B said before. */
	hold(c, A, B, CALLS);
	host_room(c, A, 1);
	let_go(c, A, B, REPLIES);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_set(c, A, "AB");
	assert_told(c, 1, "");
	host_kill(c, A, 0);
	cluster_run(c);
	assert_role(c, B, "primary");
	cluster_free(c);
}

/* ---- hosts and their order ---- */

static void
assert_hosts(struct cluster *c, int who, const char *want)
{
	const evote_config *k = core_config(c->hosts[who].core);
	char got[64] = "";

	for (u_int i = 0; i < k->hosts.hosts_len; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%u",
		    k->hosts.hosts_val[i].name, k->hosts.hosts_val[i].number);
	assert_string_equal(got, want);
}

/* As if each numbered the epochs by its own list, and both restart. */
static void
lists_in_another_order_change_nothing(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	host_kill(c, A, 0);
	host_kill(c, B, 0);
	c->hosts[B].list = "BA";
	host_start(c, B);
	host_start(c, A);
	cluster_wait(c, 1000);
	assert_hosts(c, A, "A0B1");
	assert_hosts(c, B, "A0B1");
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");
	assert_int_equal(epoch_of(c, A) % EVOTE_HOSTS_MAX, 0);
	assert_alarm(c, B,
	    "another order of preference than the cluster's, "
	    "which counts: A, B.");
	assert_no_alarm(c, A, "order");
	host_kill(c, A, 0);
	cluster_run(c);
	assert_role(c, B, "primary");
	assert_int_equal(epoch_of(c, B) % EVOTE_HOSTS_MAX, 1);
	cluster_free(c);
}

static void
another_suspect_ms_is_told_at_both_ends(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);

	assert_no_alarm(c, A, "suspect-ms");
	host_kill(c, B, 0);
	c->hosts[B].suspect_ms = 2 * SUSPECT_MS;
	host_start(c, B);
	cluster_wait(c, 1000);
	assert_alarm(c, A, "suspect-ms is 3000 here and 6000 on B");
	assert_alarm(c, B, "suspect-ms is 6000 here and 3000 on A");
	host_kill(c, B, 0);
	c->hosts[B].suspect_ms = 0;
	host_start(c, B);
	cluster_wait(c, 1000);
	assert_no_alarm(c, A, "suspect-ms");
	cluster_free(c);
}

static void
the_preferred_host_is_given_the_service(void **state)
{
	static const char *const order[] = {"B", "A"};
	struct cluster *c = cluster_in_sync(2, ON);
	int again;

	assert_non_null(core_prefer(c->hosts[B].core, order, 2, &again));
	assert_false(again);
	assert_null(core_prefer(c->hosts[A].core, order, 2, &again));
	cluster_wait(c, 500);
	assert_hosts(c, B, "B1A0");
	assert_role(c, B, "primary");
	assert_role(c, A, "backup");

	/* Its restart makes no difference to that, nor do the lists. */
	host_kill(c, B, 0);
	cluster_run(c);
	assert_role(c, A, "primary");
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	cluster_free(c);
}

/* One of two backups has heard of the new order when the primary dies. */
static void
two_orders_at_once_are_one_line_of_succession(void **state)
{
	static const char *const order[] = {"C", "B", "A"};

	for (int heard = B; heard <= C; heard++) {
		struct cluster *c = cluster_in_sync(3, OFF);
		int again;

		hold(c, A, heard == B ? C : B, CALLS);
		hold(c, B, C, CALLS);
		hold(c, C, B, CALLS);
		assert_null(core_prefer(c->hosts[A].core, order, 3, &again));
		cluster_run(c);
		assert_hosts(c, heard, "C2B1A0");
		assert_hosts(c, heard == B ? C : B, "A0B1C2");
		host_kill(c, A, 0);
		cluster_run(c);
		assert_role(c, C, "backup");
		assert_role(c, B, "establishing");
		let_go(c, B, C, CALLS);
		let_go(c, C, B, CALLS);
		cluster_wait(c, 500);
		assert_role(c, B, "primary");
		assert_role(c, C, "backup");
		cluster_free(c);
	}
}

static void
a_third_host_is_added_and_is_the_backup_s_backup(void **state)
{
	struct cluster *c = cluster_new(3);
	int again;

	c->hosts[A].list = c->hosts[B].list = "AB";
	for (int who = A; who <= C; who++)
		host_start(c, who);
	cluster_wait(c, 500);
	ask_write(c, A, 1);
	cluster_wait(c, 500);
	assert_set(c, A, "AB");
	assert_role(c, C, "waiting");
	assert_alarm(c, C, "this host is not a host of the cluster");
	assert_alarm(c, A, "Refusing C: it is not a host of this cluster");

	assert_null(core_add_host(c->hosts[A].core, "C", "", &again));
	cluster_wait(c, 1000);
	assert_hosts(c, C, "A0B1C2");
	assert_set(c, A, "ABC");
	assert_role(c, C, "backup");
	host_kill(c, A, 0);
	cluster_wait(c, 500);
	ask_write(c, B, 2);
	cluster_run(c);
	host_kill(c, B, 0);
	cluster_wait(c, 500);
	assert_role(c, C, "primary");
	assert_disk(c, C, "new A 1 B 2 C");
	assert_told(c, 2, "served");

	/* B's list and the configuration know nothing of C: C finds B. */
	config_host_remove(&c->hosts[B].k, "C");
	host_start(c, B);
	cluster_wait(c, 1000);
	assert_role(c, B, "backup");
	assert_disk(c, B, "new A 1 B 2 C");
	cluster_free(c);
}

static void
a_removed_host_halts_before_it_is_left_out(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);
	int again;

	/* While it has not heard of it nothing is accepted without it. */
	cut(c, A, C);
	cut(c, B, C);
	assert_null(core_remove_host(c->hosts[A].core, "C", &again));
	ask_write(c, A, 1);
	cluster_wait(c, 500);
	assert_told(c, 1, "");
	assert_set(c, A, "ABC");
	assert_role(c, C, "backup");
	mend(c, B, C);
	mend(c, A, C);
	cluster_wait(c, 200);
	assert_role(c, C, "halted");
	assert_told(c, 1, "served");
	assert_set(c, A, "AB");
	assert_hosts(c, A, "A0B1");
	assert_alarm(c, C, "an operator removed this host");

	/* It does not come back by being started anew, but by being added. */
	host_kill(c, C, 0);
	host_start(c, C);
	cluster_wait(c, 1000);
	assert_role(c, C, "waiting");
	assert_alarm(c, C, "Not a host of this cluster");
	assert_null(core_add_host(c->hosts[A].core, "C", "", &again));
	cluster_wait(c, 1000);
	assert_role(c, C, "backup");
	cluster_free(c);
}

/* Also when the word of before it was started comes late. */
static void
who_was_started_anew_since_it_yielded_gets_it_back(void **state)
{
	struct cluster *c = cluster_in_sync(2, ON);

	assert_null(core_handover(c->hosts[A].core, "B"));
	cluster_wait(c, 3000);
	assert_role(c, B, "primary");
	a_says_hello(c, 20, 1000);
	cluster_wait(c, 5000);
	assert_role(c, A, "primary");
	cluster_free(c);
}

/* What a host gave away on purpose it gets back in another one's turn. */
static void
who_yielded_is_remembered_as_long_as_the_reign(void **state)
{
	struct cluster *c = cluster_in_sync(3, ON);

	host_kill(c, C, 0);
	c->hosts[C].failback = 0;
	host_start(c, C);
	cluster_wait(c, 3000);
	assert_set(c, A, "ABC");
	assert_null(core_handover(c->hosts[A].core, "B"));
	cluster_wait(c, 3000);
	assert_role(c, B, "primary");
	assert_null(core_handover(c->hosts[B].core, "C"));
	cluster_wait(c, 3000);
	assert_role(c, C, "primary");
	assert_null(core_handover(c->hosts[C].core, "B"));
	cluster_wait(c, 5000);
	assert_role(c, A, "primary");
	cluster_free(c);
}

/* Whoever tells it: it would wait for ever else, with nothing wrong. */
static void
a_host_left_behind_hears_of_it_from_the_arbiter(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	evote_decided d = {.verdict = EVOTE_CONFLICT};
	struct event ev = {.kind = EV_DECIDED, .decided = &d};

	config_copy(&d.config, &c->hosts[B].k);
	d.config.epoch += EVOTE_HOSTS_MAX;
	d.config.forced_epoch = d.config.epoch;
	config_remove(&d.config, c->hosts[B].inc);
	config_bar(&d.config, "B", c->hosts[B].inc);
	cut(c, A, B);
	host_step(&c->hosts[B], ev);
	assert_role(c, B, "halted");
	assert_alarm(c, B, "left behind when another host was promoted");
	config_clear(&d.config);
	cluster_free(c);
}

/* Its ledger is sound, and may be all that is left. */
static void
a_removed_host_can_be_promoted_by_force(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);
	int again;

	assert_null(core_remove_host(c->hosts[A].core, "C", &again));
	cluster_wait(c, 200);
	assert_role(c, C, "halted");
	for (int i = A; i <= B; i++) {
		host_kill(c, i, 0);
		host_wipe(c, i);
		host_start(c, i);
	}
	cluster_wait(c, 5000);
	assert_role(c, C, "halted");
	assert_null(core_promote(c->hosts[C].core, epoch_of(c, C), 1));
	cluster_wait(c, 5000);
	assert_role(c, C, "primary");

	/* Its process has gone on, and the others know that. */
	assert_null(core_handover(c->hosts[C].core, "A"));
	cluster_wait(c, 1000);
	assert_role(c, A, "primary");
	assert_set(c, A, "ABC");
	cluster_free(c);
}

/* By the answer that refuses it: else it would wait for the old primary. */
static void
a_removed_host_learns_what_has_become_of_the_others(void **state)
{
	struct cluster *c = cluster_in_sync(3, OFF);
	int again;

	assert_null(core_remove_host(c->hosts[A].core, "C", &again));
	cluster_wait(c, 200);
	host_kill(c, C, 0);
	host_start(c, C);
	cluster_wait(c, 1000);
	assert_role(c, C, "waiting");
	assert_hosts(c, C, "A0B1");
	assert_set(c, C, "AB");
	assert_non_null(
	    strstr(core_promote(c->hosts[C].core, epoch_of(c, C), 1),
		"is alive: run `handover C` there"));

	/* Its disk is all that is left: the others wait for what was theirs. */
	host_kill(c, A, 0);
	host_kill(c, B, 0);
	host_wipe(c, B);
	host_start(c, A);
	host_start(c, B);
	cluster_wait(c, 1000);
	host_kill(c, A, 0);
	host_wipe(c, A);
	host_start(c, A);
	cluster_wait(c, 1000);
	assert_role(c, A, "waiting");
	assert_role(c, B, "waiting");
	assert_null(core_promote(c->hosts[C].core, epoch_of(c, C), 1));
	cluster_wait(c, 1000);
	assert_role(c, C, "primary");
	assert_set(c, C, "ABC");
	cluster_free(c);
}

static void
who_may_not_be_removed(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	struct core *a = c->hosts[A].core;
	int again;

	assert_non_null(
	    strstr(core_remove_host(a, "A", &again), "it is the primary"));
	assert_non_null(strstr(
	    core_remove_host(a, "B", &again), "the only other host in sync"));
	assert_non_null(core_remove_host(a, "D", &again));
	assert_non_null(core_remove_host(c->hosts[B].core, "A", &again));
	host_kill(c, B, 0);
	cluster_wait(c, 500);
	assert_null(core_remove_host(a, "B", &again));
	cluster_wait(c, 200);
	assert_hosts(c, A, "A0");
	assert_alarm(c, A, "");
	host_start(c, B);
	cluster_wait(c, 1000);
	assert_role(c, B, "waiting");
	assert_set(c, A, "A");
	cluster_free(c);
}

/* What no rule allows: each has decided, under one number. */
static void
two_configurations_of_one_epoch_halt_both(void **state)
{
	struct cluster *c = cluster_in_sync(2, OFF);
	static const char *const order[] = {"B", "A"};

	host_kill(c, A, 0);
	host_kill(c, B, 0);
	config_prefer(&c->hosts[B].k, order, 2);
	host_start(c, A);
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, A, "halted");
	assert_role(c, B, "halted");
	assert_alarm(c, A, "hold different configurations of epoch");
	cluster_free(c);
}

/* The last of so many comes back empty, and A cannot read what it lacks. */
static struct cluster *
joiner_of_a_bad_disk(int hosts)
{
	struct cluster *c = cluster_in_sync(hosts, OFF);
	int last = hosts - 1;

	for (int i = 1; i <= 5; i++)
		ask_write(c, A, i);
	cluster_run(c);
	host_kill(c, last, 0);
	cluster_wait(c, 5000);
	host_wipe(c, last);
	c->hosts[A].unreadable = 1;
	host_start(c, last);
	cluster_wait(c, 3000);
	return (c);
}

/* Halted, it would take the service along: there is no other host. */
static void
who_is_alone_serves_though_it_cannot_read_for_a_joiner(void **state)
{
	struct cluster *c = joiner_of_a_bad_disk(2);

	assert_role(c, A, "primary");
	assert_role(c, B, "joining");
	assert_alarm(c, A, "cannot be read from this host's disk");
	ask_write(c, A, 6);
	cluster_run(c);
	assert_told(c, 6, "served");
	c->hosts[A].unreadable = 0;
	cluster_wait(c, 3000);
	assert_role(c, B, "backup");
	assert_no_alarm(c, A, "cannot be read");
	cluster_free(c);
}

static void
who_is_not_alone_makes_way_when_it_cannot_read(void **state)
{
	struct cluster *c = joiner_of_a_bad_disk(3);

	assert_role(c, A, "halted");
	assert_role(c, B, "primary");
	cluster_free(c);
}

/* Rule 16.  Led by it, the others would cut off what they have. */
static void
a_disk_that_lost_accepted_records_leads_nobody(void **state)
{
	for (int who = A; who <= C; who++) {
		struct cluster *c = cluster_in_sync(3, OFF);
		struct host *h = &c->hosts[who];
		unsigned char last[32];
		int lead = 0;

		ask_write(c, A, 1);
		ask_write(c, A, 2);
		cluster_run(c);
		memcpy(last, h->ledger[3]->hash, sizeof(last));
		for (int i = A; i <= C; i++) {
			host_kill(c, i, 0);
			/* Stored when idle. */
			c->hosts[i].accepted = c->hosts[i].stored;
		}
		h->accepted = 0;
		disk_truncate(h, h->stored - 2);
		for (int i = A; i <= C; i++)
			host_start(c, i);
		cluster_wait(c, 2000);
		assert_role(c, who, "halted");
		assert_alarm(c, who, "this disk has lost some");
		/* And the others are not held up by it. */
		for (int i = A; i <= C; i++) {
			lead += core_role(c->hosts[i].core) == EVOTE_PRIMARY;
			if (i != who)
				assert_memory_equal(
				    c->hosts[i].ledger[3]->hash, last, 32);
		}
		assert_int_equal(lead, 1);
		cluster_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_cluster_starts_alone),
	    cmocka_unit_test(an_empty_host_alone_waits),
	    cmocka_unit_test(a_joiner_is_pushed_what_it_lacks_and_joins),
	    cmocka_unit_test(a_divergent_tail_is_cut_and_the_primary_s_taken),
	    cmocka_unit_test(a_wiped_backup_is_another_one_and_joins),
	    cmocka_unit_test(
		nothing_is_accepted_before_every_disk_in_sync_has_it),
	    cmocka_unit_test(
		what_was_acknowledged_in_an_earlier_epoch_does_not_count),
	    cmocka_unit_test(alone_only_when_the_smaller_set_is_on_disk),
	    cmocka_unit_test(a_reading_waits_for_what_it_tells_of),
	    cmocka_unit_test(
		a_reading_waits_for_a_confirmation_asked_after_it_came),
	    cmocka_unit_test(who_keeps_an_answer_is_told),
	    cmocka_unit_test(a_host_tells_of_no_k_before_it_is_on_its_disk),
	    cmocka_unit_test(
		a_backup_that_doubted_is_shown_again_what_it_holds),
	    cmocka_unit_test(
		a_host_that_gets_another_result_halts_and_is_left_out),
	    cmocka_unit_test(who_has_seen_more_is_not_answered),
	    cmocka_unit_test(a_disk_that_lost_accepted_records_leads_nobody),
	    cmocka_unit_test(
		who_is_alone_serves_though_it_cannot_read_for_a_joiner),
	    cmocka_unit_test(who_is_not_alone_makes_way_when_it_cannot_read),
	    cmocka_unit_test(a_backup_names_the_primary),
	    cmocka_unit_test(
		requests_wait_for_the_take_over_and_are_judged_after_it),
	    cmocka_unit_test(requests_do_not_wait_for_ever),
	    cmocka_unit_test(so_many_requests_wait_and_no_more),
	    cmocka_unit_test(
		the_backup_takes_over_when_the_primary_s_process_is_gone),
	    cmocka_unit_test(the_backup_takes_over_from_a_silent_primary),
	    cmocka_unit_test(a_claim_is_not_called_off_by_the_old_primary),
	    cmocka_unit_test(
		the_backup_takes_over_from_a_primary_that_was_wiped),
	    cmocka_unit_test(of_two_backups_the_preferred_one_takes_over),
	    cmocka_unit_test(a_restarted_backup_does_not_take_over),
	    cmocka_unit_test(a_joiner_does_not_take_over),
	    cmocka_unit_test(two_that_restart_wait_for_each_other),
	    cmocka_unit_test(a_host_that_only_waits_does_not_keep_the_next_one),
	    cmocka_unit_test(a_host_that_the_list_lacks_is_not_taken_for_dead),
	    cmocka_unit_test(a_host_that_was_stalled_asks_before_it_takes_over),
	    cmocka_unit_test(
		a_host_that_was_left_out_while_stalled_joins_again),
	    cmocka_unit_test(
		a_primary_that_decides_does_not_call_the_present_set_valid),
	    cmocka_unit_test(what_a_dead_primary_decided_untold_is_older),
	    cmocka_unit_test(a_take_over_that_nobody_heard_of_is_older),
	    cmocka_unit_test(who_takes_over_leaves_out_nobody_who_may_live),
	    cmocka_unit_test(a_refusal_at_a_wrong_address_proves_nothing),
	    cmocka_unit_test(
		a_restarted_primary_gets_the_service_back_when_it_is_level),
	    cmocka_unit_test(no_fail_back_when_it_is_off),
	    cmocka_unit_test(no_fail_back_after_a_hand_over_on_purpose),
	    cmocka_unit_test(
		requests_wait_for_the_hand_over_and_go_to_the_next),
	    cmocka_unit_test(a_hand_over_that_takes_too_long_is_called_off),
	    cmocka_unit_test(a_hand_over_that_happens_later_is_not_missed),
	    cmocka_unit_test(
		a_hand_over_that_nobody_ordered_is_called_off_in_silence),
	    cmocka_unit_test(an_order_that_was_given_up_says_whom_it_missed),
	    cmocka_unit_test(a_hand_over_may_break_anywhere),
	    cmocka_unit_test(a_hand_over_to_a_host_that_dies_comes_back),
	    cmocka_unit_test(forced_promotion_bars_the_old_incarnation),
	    cmocka_unit_test(
		forced_promotion_is_newer_than_what_it_leaves_behind),
	    cmocka_unit_test(a_copied_directory_does_not_serve),
	    cmocka_unit_test(two_hosts_with_one_directory_halt),
	    cmocka_unit_test(a_refusal_in_a_call_is_not_heeded),
	    cmocka_unit_test(who_answers_from_two_places_is_refused),
	    cmocka_unit_test(a_primary_that_has_a_copy_halts),
	    cmocka_unit_test(claims_that_come_to_nothing_back_off),
	    cmocka_unit_test(a_clock_that_is_right_again_is_trusted),
	    cmocka_unit_test(
		a_missing_link_is_named_as_the_cause_of_a_clock_s_doubt),
	    cmocka_unit_test(a_dead_host_s_clock_is_no_doubt),
	    cmocka_unit_test(who_is_held_up_casts_no_doubt_on_its_clock),
	    cmocka_unit_test(a_clock_is_told_of_beside_other_alarms),
	    cmocka_unit_test(who_was_paused_asks_before_it_takes_over),
	    cmocka_unit_test(a_host_not_heard_of_yet_is_not_passed_over),
	    cmocka_unit_test(who_saw_what_was_left_behind_is_not_answered),
	    cmocka_unit_test(nobody_is_promoted_over_a_primary_that_lives),
	    cmocka_unit_test(two_ledgers_that_both_went_on_are_not_merged),
	    cmocka_unit_test(a_host_that_accepted_nothing_apart_follows),
	    cmocka_unit_test(
		m6_a_primary_without_room_hands_over_and_gets_it_back),
	    cmocka_unit_test(
		m7_a_backup_without_room_is_left_out_and_comes_back),
	    cmocka_unit_test(
		m7_a_backup_that_starts_without_room_is_pushed_nothing),
	    cmocka_unit_test(
		m6_with_no_room_anywhere_the_service_stays_and_refuses),
	    cmocka_unit_test(m6_full_disks_do_not_cost_the_pair_its_redundancy),
	    cmocka_unit_test(who_resigned_takes_over_nothing),
	    cmocka_unit_test(nobody_is_left_out_who_has_not_resigned),
	    cmocka_unit_test(who_has_room_again_asks_before_it_takes_over),
	    cmocka_unit_test(a_greeting_that_was_overtaken_does_not_count),
	    cmocka_unit_test(lists_in_another_order_change_nothing),
	    cmocka_unit_test(another_suspect_ms_is_told_at_both_ends),
	    cmocka_unit_test(the_preferred_host_is_given_the_service),
	    cmocka_unit_test(two_orders_at_once_are_one_line_of_succession),
	    cmocka_unit_test(a_third_host_is_added_and_is_the_backup_s_backup),
	    cmocka_unit_test(a_removed_host_halts_before_it_is_left_out),
	    cmocka_unit_test(
		who_was_started_anew_since_it_yielded_gets_it_back),
	    cmocka_unit_test(who_yielded_is_remembered_as_long_as_the_reign),
	    cmocka_unit_test(a_host_left_behind_hears_of_it_from_the_arbiter),
	    cmocka_unit_test(a_removed_host_can_be_promoted_by_force),
	    cmocka_unit_test(
		a_removed_host_learns_what_has_become_of_the_others),
	    cmocka_unit_test(who_may_not_be_removed),
	    cmocka_unit_test(two_configurations_of_one_epoch_halt_both),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
