/*
 * Hosts' own keys: when they are put on record, and what is signed with them.
 * Stories on the real core; PROTOCOL.md rules 19 and 20.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cluster.h"

/* A new cluster of two, both with keys. */
static struct cluster *
keyed(void)
{
	struct cluster *c = cluster_new(2);

	key_give(c, A);
	key_give(c, B);
	host_start(c, A);
	host_start(c, B);
	cluster_wait(c, 500);
	return (c);
}

static void
a_new_cluster_records_its_first_key_at_once(void **state)
{
	struct cluster *c = cluster_new(2);

	key_give(c, A);
	hold_disk(c, A);
	host_start(c, A);
	cluster_wait(c, 100);
	disk_step(&c->hosts[A], 1);
	disk_step(&c->hosts[A], 1);
	/* It serves once that one is accepted too. */
	assert_disk(c, A, "new A key-A");
	assert_role(c, A, "primary");
	cluster_free(c);
}

static void
a_key_is_on_record_before_its_host_is_in_sync(void **state)
{
	struct cluster *c = cluster_new(2);

	key_give(c, A);
	key_give(c, B);
	host_start(c, A);
	cluster_wait(c, 100);
	/* B has all there is, and has not told its key. */
	host_start(c, B);
	hold(c, A, B, REPLIES);
	cluster_wait(c, 300);
	assert_set(c, A, "A");
	let_go(c, A, B, REPLIES);
	cluster_wait(c, 300);
	assert_disk(c, B, "new A key-A key-B");
	assert_set(c, A, "AB");
	/* The record counts when it is accepted, not when it is written. */
	host_kill(c, B, 0);
	cluster_wait(c, 4000);
	assert_set(c, A, "A");
	host_wipe(c, B);
	key_give(c, B);
	host_start(c, B);
	hold_disk(c, A);
	cluster_wait(c, 1000);
	assert_set(c, A, "A");
	free_disk(c, A);
	cluster_wait(c, 1000);
	assert_set(c, A, "AB");
	assert_disk(c, A, "new A key-A key-B key-B");
	cluster_free(c);
}

/* Accepted, by all that are in the set: not only written. */
static void
its_record_is_accepted_before(void **state)
{
	struct cluster *c = cluster_new(3);

	for (int i = A; i <= C; i++)
		key_give(c, i);
	host_start(c, A);
	host_start(c, B);
	cluster_wait(c, 1000);
	assert_set(c, A, "AB");
	hold_disk(c, B);
	host_start(c, C);
	cluster_wait(c, 2000);
	assert_disk(c, A, "new A key-A key-B key-C");
	assert_set(c, A, "AB");
	free_disk(c, B);
	cluster_wait(c, 1000);
	assert_set(c, A, "ABC");
	cluster_free(c);
}

/* Made by an older version, it may have an older host. */
static void
only_a_new_cluster_records_its_first_key_at_once(void **state)
{
	struct cluster *c = cluster_new(2);

	hold_disk(c, A);
	host_start(c, A);
	cluster_wait(c, 100);
	host_kill(c, A, 0);
	key_give(c, A);
	c->hosts[A].disk_held = 0;
	host_start(c, A);
	cluster_wait(c, 2000);
	assert_role(c, A, "primary");
	assert_disk(c, A, "new A");
	host_start(c, B);
	cluster_wait(c, 2000);
	assert_set(c, A, "AB");
	assert_disk(c, B, "new A");
	cluster_free(c);
}

static void
no_record_while_a_host_is_older(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	/* B is upgraded first, and has to wait for A. */
	host_kill(c, B, 0);
	cluster_run(c);
	key_give(c, B);
	host_start(c, B);
	cluster_wait(c, 5000);
	assert_set(c, A, "AB");
	assert_disk(c, B, "new A");
	/* It takes over, and A is not there to say what it is. */
	host_kill(c, A, 0);
	cluster_wait(c, 5000);
	assert_role(c, B, "primary");
	assert_disk(c, B, "new A B");
	/* A comes back as it was: still nothing, and it joins as before. */
	host_start(c, A);
	cluster_wait(c, 5000);
	assert_set(c, B, "AB");
	assert_disk(c, A, "new A B");
	host_kill(c, A, 0);
	key_give(c, A);
	host_start(c, A);
	cluster_wait(c, 5000);
	assert_disk(c, A, "new A B key-B key-A");
	assert_set(c, B, "AB");
	cluster_free(c);
}

static void
an_older_host_cannot_join_where_keys_are_in_use(void **state)
{
	struct cluster *c = cluster_new(2);

	key_give(c, A);
	host_start(c, A);
	host_start(c, B);
	cluster_wait(c, 2000);
	assert_role(c, B, "halted");
	assert_set(c, A, "A");
	cluster_free(c);
}

static void
another_s_key_is_refused(void **state)
{
	struct cluster *c = cluster_new(2);

	key_give(c, A);
	key_give(c, B);
	host_start(c, A);
	cluster_wait(c, 100);
	c->hosts[A].strange_key = 1;
	host_start(c, B);
	cluster_wait(c, 1000);
	assert_set(c, A, "A");
	assert_alarm(c, A, "The host.key of B is no key, or another host's.");
	cluster_free(c);
}

static void
a_key_that_is_not_the_one_on_record_is_noticed(void **state)
{
	struct cluster *c = keyed();
	evote_position what;

	host_kill(c, B, 0);
	c->hosts[B].key[31] = 'x';
	host_start(c, B);
	cluster_wait(c, 5000);
	/* It serves all the same, but signs nothing. */
	assert_set(c, A, "AB");
	assert_alarm(c, B, "host.key is not the key of this host");
	assert_no_alarm(c, A, "host.key");
	assert_int_equal(core_cosign(c->hosts[A].core, &what), 1);
	cluster_run(c);
	assert_int_equal(c->hosts[A].n_heard, 1);
	assert_int_equal(c->hosts[A].heard[0].taken, EVOTE_GAP);
	assert_int_equal(c->hosts[B].signed_last.size, 0);
	cluster_free(c);
}

static void
what_is_accepted_is_signed(void **state)
{
	struct cluster *c = keyed();
	struct host *a = &c->hosts[A];
	evote_position what;

	ask_write(c, A, 1);
	cluster_run(c);
	assert_int_equal(core_cosign(a->core, &what), 1);
	assert_int_equal(what.size, 5);
	cluster_run(c);
	assert_int_equal(a->n_heard, 1);
	assert_int_equal(a->heard[0].taken, EVOTE_TAKEN);
	assert_int_equal(a->heard[0].size, 5);
	assert_memory_equal(a->heard[0].root, what.root, 32);
	assert_memory_equal(a->heard[0].incarnation, c->hosts[B].inc, 16);
	assert_memory_equal(a->heard[0].key, c->hosts[B].key, 32);
	assert_int_equal(core_cosign(c->hosts[B].core, &what), -1);
	cluster_free(c);
}

static void
what_is_only_stored_is_not_signed(void **state)
{
	struct cluster *c = keyed();
	evote_position what;

	/* On A's disk, and B's has not said so. */
	hold_disk(c, B);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_disk(c, A, "new A key-A key-B 1");
	assert_int_equal(core_cosign(c->hosts[A].core, &what), 1);
	assert_int_equal(what.size, 4);
	cluster_run(c);
	assert_int_equal(c->hosts[B].signed_last.size, 4);
	free_disk(c, B);
	(void)core_cosign(c->hosts[A].core, &what);
	cluster_run(c);
	assert_int_equal(c->hosts[B].signed_last.size, 5);
	cluster_free(c);
}

/* What a caller says to B, which answers through its link from A. */
static evote_signed_by
asked(struct cluster *c, uint64_t epoch, uint64_t size, uint64_t committed,
    int flip)
{
	struct host *b = &c->hosts[B];
	struct message *m = message_new(SAY_SIGN, 0);
	evote_sign *s = &m->u.sign;
	int n = c->hosts[A].n_heard;

	s->epoch = epoch;
	s->size = size;
	if (size <= history_size(core_history(b->core)))
		history_root(
		    core_history(b->core), size, (unsigned char *)s->root);
	s->root[0] ^= (char)flip;
	s->committed = committed;
	packet_add(&c->hosts[A].links[B], CALLS, m);
	cluster_run(c);
	assert_int_equal(c->hosts[A].n_heard, n + 1);
	return (c->hosts[A].heard[n % CLUSTER_MAX]);
}

static void
a_host_judges_by_itself_what_it_signs(void **state)
{
	struct cluster *c = keyed();
	uint64_t e = epoch_of(c, B);

	assert_int_equal(asked(c, e, 4, 4, 0).taken, EVOTE_TAKEN);
	assert_int_equal(c->hosts[B].signed_last.size, 4);
	/* An earlier size is as accepted; but its own key is no part of it. */
	assert_int_equal(asked(c, e, 3, 4, 0).taken, EVOTE_GAP);
	assert_int_equal(asked(c, e, 5, 5, 0).taken, EVOTE_GAP);
	assert_int_equal(asked(c, e, 4, 4, 1).taken, EVOTE_GAP);
	assert_int_equal(asked(c, e - 8, 4, 4, 0).taken, EVOTE_OLD_EPOCH);
	assert_int_equal(asked(c, e + 8, 4, 4, 0).taken, EVOTE_OLD_EPOCH);
	/* What it has, and nobody has called accepted. */
	hold(c, A, B, REPLIES);
	ask_write(c, A, 1);
	cluster_run(c);
	c->hosts[A].links[B].held[REPLIES] = 0;
	hold_disk(c, A);
	assert_disk(c, B, "new A key-A key-B 1");
	assert_int_equal(asked(c, e, 5, 4, 0).taken, EVOTE_GAP);
	cluster_free(c);
}

static void
after_a_take_over_the_other_one_asks(void **state)
{
	struct cluster *c = keyed();
	evote_position what;

	host_kill(c, A, 0);
	cluster_wait(c, 4000);
	assert_role(c, B, "primary");
	assert_int_equal(core_cosign(c->hosts[B].core, &what), 0);
	assert_int_equal(what.size, 5);
	host_start(c, A);
	cluster_wait(c, 1000);
	assert_set(c, B, "AB");
	assert_int_equal(core_cosign(c->hosts[B].core, &what), 1);
	cluster_run(c);
	assert_int_equal(c->hosts[A].signed_last.size, 5);
	/* No key is recorded twice. */
	assert_disk(c, A, "new A key-A key-B B");
	cluster_free(c);
}

/* Nobody waits for the signature of a host that is none any more. */
static void
a_removed_host_s_key_ends(void **state)
{
	struct cluster *c = keyed();
	int again;

	host_kill(c, B, 0);
	cluster_wait(c, 4000);
	assert_disk(c, A, "new A key-A key-B");
	assert_null(core_remove_host(c->hosts[A].core, "B", &again));
	cluster_wait(c, 500);
	assert_disk(c, A, "new A key-A key-B end-B");
	/* It comes back: with its directory there is no other key for it. */
	assert_null(core_add_host(c->hosts[A].core, "B", "", &again));
	host_wipe(c, B);
	key_give(c, B);
	host_start(c, B);
	cluster_wait(c, 3000);
	assert_set(c, A, "AB");
	assert_disk(c, B, "new A key-A key-B end-B key-B");
	cluster_free(c);
}

static void
one_call_at_a_time(void **state)
{
	struct cluster *c = keyed();
	evote_position what;

	hold(c, A, B, REPLIES);
	for (int i = 0; i < 3; i++)
		assert_int_equal(core_cosign(c->hosts[A].core, &what), 1);
	let_go(c, A, B, REPLIES);
	assert_int_equal(c->hosts[A].n_heard, 1);
	(void)core_cosign(c->hosts[A].core, &what);
	cluster_run(c);
	assert_int_equal(c->hosts[A].n_heard, 2);
	cluster_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_cluster_records_its_first_key_at_once),
	    cmocka_unit_test(a_key_is_on_record_before_its_host_is_in_sync),
	    cmocka_unit_test(its_record_is_accepted_before),
	    cmocka_unit_test(only_a_new_cluster_records_its_first_key_at_once),
	    cmocka_unit_test(no_record_while_a_host_is_older),
	    cmocka_unit_test(an_older_host_cannot_join_where_keys_are_in_use),
	    cmocka_unit_test(another_s_key_is_refused),
	    cmocka_unit_test(a_key_that_is_not_the_one_on_record_is_noticed),
	    cmocka_unit_test(what_is_accepted_is_signed),
	    cmocka_unit_test(what_is_only_stored_is_not_signed),
	    cmocka_unit_test(a_host_judges_by_itself_what_it_signs),
	    cmocka_unit_test(after_a_take_over_the_other_one_asks),
	    cmocka_unit_test(a_removed_host_s_key_ends),
	    cmocka_unit_test(one_call_at_a_time),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
