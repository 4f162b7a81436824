/*
 * Who answers at a member's address, or under its name, and is another: that
 * is no word of the member's, nor a sign of its life.  Stories on the real
 * core; PROTOCOL.md, "Who is who".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cluster.h"

/* A hello under a name, of an incarnation that this byte makes. */
static struct message *
hello(struct cluster *c, int reply, const char *name, int id)
{
	struct message *m = message_new(SAY_HELLO, reply);

	m->u.hello.name = strdup(name);
	memset(m->u.hello.incarnation, id, 16);
	m->u.hello.instance[0] = (char)id;
	m->u.hello.role = EVOTE_JOINING;
	config_arbiter(&m->u.hello.config, EVOTE_ARBITER_NONE, "");
	m->u.hello.serial = 1;
	m->u.hello.room = 1;
	return (m);
}

/* The link from one host to another goes elsewhere from now on. */
static void
mislead(struct cluster *c, int from, int to)
{
	c->hosts[from].misled[to] = 1;
	cluster_run(c);
}

/*
 * So it does, and for so many beats whoever is there refuses, and says hello.
 */
static void
answered(struct cluster *c, int from, int to, evote_refusal why, int beats)
{
	struct host *h = &c->hosts[from];

	for (int i = 0; i < beats; i++) {
		struct event ev = {.kind = EV_REFUSED,
		    .peer = place_of(h, to),
		    .refusal = why};

		if (i % 20 == 0 && why != EVOTE_NOT_REFUSED) {
			host_step(h, ev);
			ev.kind = EV_REPLY;
			ev.message = hello(c, 1, "X", 99);
			ev.message->u.hello.refusal = why;
			host_step(h, ev);
		}
		cluster_wait(c, 100);
	}
}

/* An old machine, whose name another one has by now. */
static void
who_is_refused_is_not_told_to_do_without_the_others(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	host_kill(c, A, 0);
	host_kill(c, B, 0);
	host_start(c, B);
	cluster_wait(c, 1000);
	assert_role(c, B, "waiting");
	assert_alarm(c, B, "see `promote --force`");
	answered(c, B, A, EVOTE_REFUSED_DOUBLE, 21);
	assert_alarm(c, B, "Refused by A: a host of this host's name is alive");
	assert_alarm(c, B, "Do what the refusal says");
	assert_no_alarm(c, B, "promote --force");
	cluster_free(c);
}

static const evote_refusal elsewhere[] = {
    EVOTE_REFUSED_NOT_MEANT, EVOTE_REFUSED_SAME_NAME};

static void
the_member_stays_as_long_as_it_calls(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct cluster *c = cluster_in_sync(2, 0);

		mislead(c, A, B);
		ask_write(c, A, 1);
		answered(c, A, B, elsewhere[i], 100);
		assert_string_equal(c->told[1], "");
		assert_set(c, A, "AB");
		assert_role(c, B, "backup");
		cluster_free(c);
	}
}

static void
a_dead_member_is_left_out(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct cluster *c = cluster_in_sync(2, 0);

		mislead(c, A, B);
		answered(c, A, B, elsewhere[i], 10);
		host_kill(c, B, 0);
		ask_write(c, A, 1);
		answered(c, A, B, elsewhere[i], 50);
		assert_set(c, A, "A");
		assert_string_equal(c->told[1], "served");
		cluster_free(c);
	}
}

/* Its address went over to another machine, or to this one. */
static void
a_dead_primary_is_replaced(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct cluster *c = cluster_in_sync(2, 0);

		host_stop(c, A);
		mislead(c, B, A);
		answered(c, B, A, elsewhere[i], 50);
		assert_role(c, B, "primary");
		cluster_free(c);
	}
}

/* It calls, and what it says of the configuration is heard. */
static void
the_primary_s_own_calls_are_heard(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	int again;

	mislead(c, B, A);
	answered(c, B, A, EVOTE_REFUSED_NOT_MEANT, 2);
	assert_null(core_add_host(c->hosts[A].core, "C", "c:1", &again));
	answered(c, B, A, EVOTE_REFUSED_NOT_MEANT, 20);
	assert_int_equal(epoch_of(c, B), epoch_of(c, A));
	assert_role(c, B, "backup");
	assert_set(c, A, "AB");
	cluster_free(c);
}

/* So is that it has halted. */
static void
a_halted_member_is_left_out(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	struct event ev = {
	    .kind = EV_CALL, .peer = place_of(&c->hosts[A], B), .conn = 1000};

	mislead(c, A, B);
	answered(c, A, B, EVOTE_REFUSED_NOT_MEANT, 2);
	ev.message = hello(c, 0, "B", 0);
	memcpy(ev.message->u.hello.incarnation, c->hosts[B].inc, 16);
	ev.message->u.hello.instance[0] = 1;
	ev.message->u.hello.role = EVOTE_HALTED;
	config_clear(&ev.message->u.hello.config);
	config_copy(&ev.message->u.hello.config, &c->hosts[A].k);
	host_step(&c->hosts[A], ev);
	cluster_run(c);
	assert_set(c, A, "A");
	cluster_free(c);
}

/* `init` was run twice: a second machine has the name of one that lives. */
static void
a_double_throws_nobody_out(void **state)
{
	for (int of = A; of <= B; of++) {
		struct cluster *c = cluster_in_sync(2, 0);
		int by = of == A ? B : A;
		struct event ev = {.peer = place_of(&c->hosts[by], of)};

		for (int i = 0; i < 20; i++) {
			ev.kind = i % 2 == 0 ? EV_CALL : EV_REPLY;
			ev.conn = 1000;
			ev.message = hello(c, i % 2, of == A ? "A" : "B", 99);
			host_step(&c->hosts[by], ev);
			cluster_wait(c, 100);
		}
		assert_role(c, A, "primary");
		assert_role(c, B, "backup");
		assert_set(c, A, "AB");
		assert_int_equal(epoch_of(c, A), epoch_of(c, B));
		assert_alarm(c, by, "has the name of a host that is alive");
		cluster_free(c);
	}
}

/* Old machines that say hello in turn: each is told of once, by the log too. */
static void
two_doubles_are_told_of_once_each(void **state)
{
	struct cluster *c = cluster_in_sync(3, 0);

	c->hosts[A].watched = "refused peer=";
	for (int i = 0; i < 40; i++) {
		int of = i % 2 == 0 ? B : C;
		struct event ev = {.kind = EV_CALL,
		    .peer = place_of(&c->hosts[A], of),
		    .conn = 1000 + of};

		ev.message = hello(c, 0, of == B ? "B" : "C", 90 + of);
		host_step(&c->hosts[A], ev);
		cluster_wait(c, 100);
	}
	assert_int_equal(c->hosts[A].told, 2);
	assert_alarm(c, A, "Refusing B: it has the name of a host that is");
	assert_alarm(c, A, "Refusing C: it has the name of a host that is");
	assert_set(c, A, "ABC");
	cluster_free(c);
}

/* Once the one before is silent, it is that one's successor. */
static void
a_successor_is_none(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	host_stop(c, B);
	cluster_wait(c, 4000);
	assert_set(c, A, "A");
	host_kill(c, B, 0);
	host_wipe(c, B);
	host_start(c, B);
	cluster_wait(c, 1500);
	assert_set(c, A, "AB");
	assert_null(strstr(alarm_of(c, A).text, "has the name"));
	cluster_free(c);
}

/* So it is when nobody saw the end of the one before. */
static void
a_successor_after_a_power_cut_is_none(void **state)
{
	struct cluster *c = cluster_in_sync(3, 0);
	uint64_t began;

	host_kill(c, B, 0);
	c->hosts[B].links[A].ended = c->hosts[B].links[C].ended = 0;
	c->hosts[A].links[B].down = c->hosts[C].links[B].down = 0;
	c->hosts[A].links[B].conn = 77;
	c->hosts[C].links[B].conn = 78;
	hold(c, A, B, CALLS);
	hold(c, C, B, CALLS);
	cluster_wait(c, 2900);
	host_wipe(c, B);
	link_break(c, A, B);
	link_break(c, C, B);
	let_go(c, A, B, CALLS);
	let_go(c, C, B, CALLS);
	began = c->now_ms;
	host_start(c, B);
	ask_write(c, A, 1);
	while (c->told[1][0] == '\0' && c->now_ms < began + 10000)
		cluster_wait(c, 100);
	assert_string_equal(c->told[1], "served");
	assert_true(c->now_ms - began <= 1500);
	cluster_free(c);
}

/* All that a double replies, its signature too, is no life of the member's. */
static void
a_double_keeps_no_dead_member_alive(void **state)
{
	struct cluster *c = cluster_new(2);
	struct host *a = &c->hosts[A];

	key_give(c, A);
	key_give(c, B);
	host_start(c, A);
	host_start(c, B);
	cluster_wait(c, 1500);
	assert_set(c, A, "AB");
	hold(c, A, B, CALLS);
	a->links[B].reset = 1;
	cluster_run(c);
	host_stop(c, B);
	ask_write(c, A, 1);
	for (int i = 0; i < 200; i++) {
		struct event ev = {.kind = EV_REPLY, .peer = place_of(a, B)};

		ev.message = message_new(SAY_SIGN, 1);
		memset(ev.message->u.signed_by.incarnation, 99, 16);
		memset(ev.message->u.signed_by.key, 9, 32);
		host_step(a, ev);
		cluster_wait(c, 100);
	}
	assert_set(c, A, "A");
	assert_string_equal(c->told[1], "served");
	cluster_free(c);
}

/* One way of two leads nowhere: the caller's end finds that out by itself. */
static void
a_link_without_answers_is_made_anew(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	uint64_t conn = c->hosts[A].links[B].conn;

	hold(c, A, B, CALLS);
	ask_write(c, A, 1);
	for (int i = 0; i < 400 && c->hosts[A].links[B].conn == conn; i++)
		cluster_wait(c, 100);
	assert_int_not_equal(c->hosts[A].links[B].conn, conn);
	assert_set(c, A, "AB");
	let_go(c, A, B, CALLS);
	cluster_wait(c, 500);
	assert_string_equal(c->told[1], "served");
	cluster_free(c);
}

/* The copy knows it, and halts; the third host takes its word for nobody's. */
static void
a_copy_is_refused_by_a_third_host(void **state)
{
	struct cluster *c = cluster_in_sync(3, 0);

	host_kill(c, C, 0);
	cluster_wait(c, 300);
	host_copy(c, B, C);
	host_start(c, C);
	cluster_wait(c, 5000);
	assert_role(c, C, "halted");
	assert_role(c, B, "backup");
	assert_alarm(c, A, "Refusing C: its data directory was copied");
	ask_write(c, A, 1);
	cluster_run(c);
	assert_string_equal(c->told[1], "served");
	cluster_free(c);
}

/*
 * A directory that was out of the set goes on under another name: its place is
 * found by that, though the one of before has heard of it, too.
 */
static void
a_directory_that_was_renamed(void **state)
{
	struct cluster *c = cluster_in_sync(3, 0);
	uint64_t epoch;

	host_kill(c, B, 0);
	cluster_wait(c, 300);
	c->hosts[A].misled[B] = c->hosts[C].misled[B] = 1;
	host_start(c, B);
	cluster_wait(c, 1000);
	assert_set(c, B, "AC");
	host_kill(c, B, 0);
	host_kill(c, C, 0);
	cluster_wait(c, 300);
	assert_set(c, A, "A");
	host_copy(c, B, C);
	epoch = epoch_of(c, A);
	host_start(c, C);
	cluster_wait(c, 3000);
	assert_true(epoch_of(c, A) <= epoch + 2 * EVOTE_HOSTS_MAX);
	assert_int_equal(c->hosts[A].k.in_sync.in_sync_len, 2);
	assert_string_equal(config_name(&c->hosts[A].k, c->hosts[C].inc), "C");
	ask_write(c, A, 1);
	cluster_run(c);
	assert_string_equal(c->told[1], "served");
	assert_null(strstr(alarm_of(c, A).text, "copied to C"));
	cluster_free(c);
}

/* The preferred host has a wrong address of the one that serves. */
static void
who_cannot_call_is_not_handed_the_service(void **state)
{
	struct cluster *c = cluster_in_sync(2, 1);

	assert_role(c, A, "primary");
	host_kill(c, A, 0);
	cluster_wait(c, 1000);
	assert_role(c, B, "primary");
	c->hosts[A].misled[B] = 1;
	host_start(c, A);
	cluster_wait(c, 10000);
	assert_set(c, B, "AB");
	assert_role(c, B, "primary");
	ask_write(c, B, 1);
	cluster_run(c);
	assert_string_equal(c->told[1], "served");
	assert_non_null(strstr(
	    core_handover(c->hosts[B].core, "A"), "cannot call this one"));
	c->hosts[A].misled[B] = 0;
	cluster_wait(c, 5000);
	assert_role(c, A, "primary");
	cluster_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		who_is_refused_is_not_told_to_do_without_the_others),
	    cmocka_unit_test(the_member_stays_as_long_as_it_calls),
	    cmocka_unit_test(a_dead_member_is_left_out),
	    cmocka_unit_test(a_dead_primary_is_replaced),
	    cmocka_unit_test(the_primary_s_own_calls_are_heard),
	    cmocka_unit_test(a_halted_member_is_left_out),
	    cmocka_unit_test(a_double_throws_nobody_out),
	    cmocka_unit_test(two_doubles_are_told_of_once_each),
	    cmocka_unit_test(a_successor_is_none),
	    cmocka_unit_test(a_successor_after_a_power_cut_is_none),
	    cmocka_unit_test(a_double_keeps_no_dead_member_alive),
	    cmocka_unit_test(a_link_without_answers_is_made_anew),
	    cmocka_unit_test(a_copy_is_refused_by_a_third_host),
	    cmocka_unit_test(a_directory_that_was_renamed),
	    cmocka_unit_test(who_cannot_call_is_not_handed_the_service),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
