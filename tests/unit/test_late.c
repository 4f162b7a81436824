/*
 * What was sent on a connection that has ended, and arrives after all; and
 * joiners that fail while they are waited for, or while the arbiter is away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cluster.h"

/* The calls that a host had on their way, which the network still holds. */
struct late {
	uint64_t conn;
	struct packet *p;
	int from, to;
};

static struct late
late_take(struct cluster *c, int from, int to)
{
	struct link *l = &c->hosts[from].links[to];
	struct late t = {l->conn, l->first[CALLS], from, to};

	assert_non_null(t.p);
	l->first[CALLS] = NULL;
	return (t);
}

/* One of them arrives. */
static void
late_give(struct cluster *c, struct late *t)
{
	struct packet *p = t->p;
	struct event ev = {.kind = EV_CALL,
	    .conn = t->conn,
	    .handle = t->conn * 8 + (uint64_t)t->from,
	    .message = p->message,
	    .peer = place_of(&c->hosts[t->to], t->from)};

	t->p = p->next;
	free(p);
	host_step(&c->hosts[t->to], ev);
	cluster_run(c);
}

static void
late_end(struct late *t)
{
	struct packet *p;

	while ((p = t->p) != NULL) {
		t->p = p->next;
		message_free(p->message);
		free(p);
	}
}

/* A push of before takes nothing away that was accepted since. */
static void
an_old_push_cuts_nothing_off(void **state)
{
	struct cluster *c = cluster_arbitrated(2);
	uint64_t epoch = epoch_of(c, A);
	struct late t;

	hold(c, A, B, CALLS);
	ask_write(c, A, 1);
	cluster_run(c);
	t = late_take(c, A, B);
	c->hosts[A].links[B].reset = 1;
	let_go(c, A, B, CALLS);
	assert_told(c, 1, "served");
	cluster_wait(c, 1000);
	ask_write(c, A, 2);
	cluster_run(c);
	ask_write(c, A, 3);
	cluster_run(c);
	assert_told(c, 3, "served");
	assert_disk(c, B, "new A 1 2 3");

	/* B claims in vain, and follows again: nothing is matched yet. */
	hold(c, A, B, CALLS);
	hold(c, B, A, REPLIES);
	for (int i = 0; i < 10 && strcmp(role_of(c, B), "waiting") != 0; i++)
		cluster_wait(c, 100);
	assert_role(c, B, "waiting");
	let_go(c, B, A, REPLIES);
	assert_role(c, B, "backup");
	assert_int_equal(epoch_of(c, B), epoch);
	while (t.p != NULL)
		late_give(c, &t);
	assert_disk(c, B, "new A 1 2 3");
	host_kill(c, A, 0);
	cluster_wait(c, 2000);
	assert_role(c, B, "primary");
	assert_disk(c, B, "new A 1 2 3 B");
	cluster_free(c);
}

/* A resignation counts until the host has come back, however late it is. */
static void
an_old_resignation_throws_nobody_out(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	struct late t;

	hold(c, B, A, CALLS);
	host_step(&c->hosts[B], (struct event){.kind = EV_ROOM, .room = 0});
	assert_role(c, B, "joining");
	t = late_take(c, B, A);
	host_step(&c->hosts[B], (struct event){.kind = EV_ROOM, .room = 1});
	let_go(c, B, A, CALLS);
	cluster_wait(c, 200);
	assert_role(c, B, "backup");

	hold(c, A, B, CALLS);
	c->hosts[A].links[B].reset = 1;
	cluster_run(c);
	while (t.p != NULL)
		late_give(c, &t);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_set(c, A, "AB");
	assert_told(c, 1, "");
	cluster_free(c);
}

/* Nor does the process before, and its end is not undone by its words. */
static void
an_old_process_is_not_heeded(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	struct late t;

	hold(c, B, A, CALLS);
	hold(c, A, B, CALLS);
	cluster_wait(c, 1200);
	t = late_take(c, B, A);
	host_kill(c, B, 0);
	c->hosts[B].links[A].held[CALLS] = 0;
	c->hosts[A].links[B].held[CALLS] = 0;
	cluster_wait(c, 1000);
	/* Its clock is set back, and so is what numbers its hellos. */
	c->hosts[B].clock_us = -3600LL * 1000000;
	host_start(c, B);
	cluster_wait(c, 100);
	for (int i = 0; i < 2 && t.p != NULL; i++) {
		late_give(c, &t);
		cluster_wait(c, 1000);
		assert_role(c, A, "primary");
		assert_role(c, B, "backup");
	}
	ask_write(c, A, 1);
	cluster_wait(c, 1000);
	assert_told(c, 1, "served");
	assert_set(c, A, "AB");
	late_end(&t);
	cluster_free(c);
}

/* What a process has said in so long, none of which has come through. */
static struct late
late_words(struct cluster *c, uint64_t ms)
{
	struct late t;

	hold(c, B, A, CALLS);
	hold(c, A, B, CALLS);
	cluster_wait(c, ms);
	t = late_take(c, B, A);
	host_kill(c, B, 0);
	c->hosts[B].links[A].held[CALLS] = 0;
	c->hosts[A].links[B].held[CALLS] = 0;
	return (t);
}

/* However many of its words come between those of the next. */
static void
an_old_process_is_no_copy(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	struct late t = late_words(c, 2500);
	int n = 0;

	cluster_wait(c, 300);
	host_start(c, B);
	cluster_wait(c, 100);
	for (; t.p != NULL; n++) {
		late_give(c, &t);
		cluster_wait(c, 100);
	}
	assert_in_range(n, 4, 10);
	assert_no_alarm(c, A, "Refusing");
	cluster_wait(c, 10000);
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");
	cluster_free(c);
}

/* Nor does it speak for the next, though that has not answered yet. */
static void
an_old_process_does_not_resign_for_the_next(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	struct late t;

	hold(c, B, A, CALLS);
	host_room(c, B, 0);
	t = late_words(c, 1000);
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "backup");
	hold(c, A, B, CALLS);
	while (t.p != NULL)
		late_give(c, &t);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_told(c, 1, "");
	assert_set(c, A, "AB");
	let_go(c, A, B, CALLS);
	assert_told(c, 1, "served");
	cluster_free(c);
}

/* So it is with what it answered, on a link whose end is not known yet. */
static void
an_old_answer_does_not_resign_for_the_next(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	struct host *a = &c->hosts[A];
	struct packet *p;
	struct event ev = {.kind = EV_REPLY};

	hold(c, B, A, CALLS);
	host_room(c, B, 0);
	hold(c, A, B, REPLIES);
	a->links[B].reset = 1;
	cluster_run(c);
	p = a->links[B].first[REPLIES];
	a->links[B].first[REPLIES] = NULL;
	assert_int_equal(p->message->u.hello.resigned, 1);
	cluster_wait(c, 100);
	host_kill(c, B, 0);
	a->links[B].down = 0;
	a->links[B].conn = 77;
	let_go(c, B, A, CALLS);
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "backup");
	ev.peer = place_of(a, B);
	ev.message = p->message;
	free(p);
	host_step(a, ev);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_told(c, 1, "");
	assert_set(c, A, "AB");
	cluster_free(c);
}

/* It is an older version, say, and does not know a record. */
static void
a_joiner_that_halts_is_not_waited_for(void **state)
{
	struct cluster *c = cluster_new(2);

	host_start(c, A);
	cluster_wait(c, 100);
	for (uint64_t i = 1; i <= 600; i++)
		ask_write(c, A, i);
	cluster_wait(c, 1000);
	c->hosts[B].stranger = 550;
	host_start(c, B);
	cluster_wait(c, 1000);
	assert_role(c, B, "halted");
	ask_write(c, A, 601);
	cluster_wait(c, 1000);
	assert_told(c, 601, "served");
	cluster_free(c);
}

static void
a_joiner_without_room_is_not_waited_for(void **state)
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
	cluster_wait(c, 200);
	host_step(&c->hosts[B], (struct event){.kind = EV_ROOM, .room = 0});
	cluster_wait(c, 3000);
	ask_write(c, A, 2);
	cluster_wait(c, 3000);
	assert_told(c, 2, "served");
	assert_set(c, A, "A");
	cluster_free(c);
}

/* B's joining is not decided, and C, which was waited for as well, dies. */
static void
another_joiner_is_not_waited_for(void **state)
{
	struct cluster *c = cluster_arbitrated(3);

	host_kill(c, B, 0);
	host_kill(c, C, 0);
	cluster_wait(c, 1000);
	assert_set(c, A, "A");
	ask_write(c, A, 1);
	cluster_run(c);
	hold_disk(c, C);
	host_start(c, C);
	cluster_run(c);
	disk_step(&c->hosts[C], 1);
	cluster_wait(c, 200);
	ask_write(c, A, 2);
	cluster_run(c);
	assert_told(c, 2, "");
	c->verdict_held[A] = 1;
	host_start(c, B);
	cluster_run(c);
	c->witness_down = 1;
	verdict_clear(&c->hosts[A]);
	c->verdict_held[A] = 0;
	cluster_run(c);
	verdict_clear(&c->hosts[A]);
	cluster_run(c);
	host_kill(c, C, 0);
	cluster_wait(c, 3000);
	assert_told(c, 2, "served");
	cluster_free(c);
}

/* Nobody takes over while the arbiter is away: then none makes way. */
static void
none_makes_way_without_the_arbiter(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	assert_true(core_can_fail_over(c->hosts[A].core));
	c->witness_down = 1;
	cluster_wait(c, 2000);
	assert_false(core_can_fail_over(c->hosts[A].core));
	cluster_free(c);

	c = cluster_arbitrated(3);
	for (uint64_t i = 1; i <= 5; i++)
		ask_write(c, A, i);
	cluster_run(c);
	host_kill(c, C, 0);
	cluster_wait(c, 5000);
	assert_set(c, A, "AB");
	c->witness_down = 1;
	cluster_wait(c, 2000);
	host_wipe(c, C);
	c->hosts[A].unreadable = 1;
	host_start(c, C);
	cluster_wait(c, 3000);
	ask_write(c, A, 6);
	cluster_wait(c, 1000);
	assert_role(c, A, "primary");
	assert_told(c, 6, "served");
	cluster_free(c);
}

/* While nobody can decide to leave B out, C comes back as ever. */
static void
who_restarts_comes_back_without_the_arbiter(void **state)
{
	struct cluster *c = cluster_arbitrated(3);

	c->witness_down = 1;
	cluster_wait(c, 2000);
	host_room(c, B, 0);
	cluster_wait(c, 1000);
	host_kill(c, C, 0);
	cluster_wait(c, 100);
	host_start(c, C);
	cluster_wait(c, 5000);
	assert_role(c, C, "backup");
	ask_write(c, A, 1);
	cluster_wait(c, 1000);
	assert_told(c, 1, "served");
	cluster_free(c);
}

/* However often a host was started that is left behind. */
static void
a_forced_epoch_is_far_ahead(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	uint64_t epoch;

	host_kill(c, B, 0);
	cluster_wait(c, 500);
	host_kill(c, A, 0);
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "waiting");
	epoch = epoch_of(c, B);
	assert_null(core_promote(c->hosts[B].core, epoch, 1));
	cluster_run(c);
	assert_role(c, B, "primary");
	/* Some 2000 epochs a start, and a start each second for ten years. */
	assert_true(epoch_of(c, B) - epoch > 2000ULL * 3600 * 24 * 3652);
	cluster_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_old_push_cuts_nothing_off),
	    cmocka_unit_test(an_old_resignation_throws_nobody_out),
	    cmocka_unit_test(an_old_process_is_not_heeded),
	    cmocka_unit_test(an_old_process_is_no_copy),
	    cmocka_unit_test(an_old_process_does_not_resign_for_the_next),
	    cmocka_unit_test(an_old_answer_does_not_resign_for_the_next),
	    cmocka_unit_test(a_joiner_that_halts_is_not_waited_for),
	    cmocka_unit_test(a_joiner_without_room_is_not_waited_for),
	    cmocka_unit_test(another_joiner_is_not_waited_for),
	    cmocka_unit_test(none_makes_way_without_the_arbiter),
	    cmocka_unit_test(who_restarts_comes_back_without_the_arbiter),
	    cmocka_unit_test(a_forced_epoch_is_far_ahead),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
