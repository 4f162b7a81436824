/*
 * What hosts hear of each other, and of an arbiter, at an odd time or from the
 * wrong place: the core's part of it, in one process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cluster.h"

static void
wait_for(struct cluster *c, int host, const char *role)
{
	for (int i = 0; i < 20 && strcmp(role_of(c, host), role) != 0; i++)
		cluster_wait(c, 100);
	assert_role(c, host, role);
}

/* A's link to B has gone elsewhere, and stays so for a while. */
static void
misled(struct cluster *c, int beats)
{
	for (int i = 0; i < beats; i++) {
		c->hosts[A].called[B] = 0;
		cluster_wait(c, 100);
	}
}

static void
mislead(struct cluster *c)
{
	c->hosts[A].called[B] = 0;
	c->hosts[A].links[B].held[CALLS] = 1;
	link_connect(c, A, B);
	cluster_run(c);
}

/* The backup hears no calls, and may call: it asks before it suspects. */
static void
heard_one_way(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	mislead(c);
	ask_write(c, A, 1);
	misled(c, 120);
	assert_string_equal(c->told[1], "");
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");
	assert_string_equal(set_of(c, A).text, "AB");
	cluster_free(c);
}

/* Who answers at its address is another: that is not its word. */
static void
another_at_its_address(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	struct event ev = {.kind = EV_REFUSED,
	    .peer = place_of(&c->hosts[A], B),
	    .refusal = EVOTE_REFUSED_NOT_MEANT};

	mislead(c);
	host_step(&c->hosts[A], ev);
	ask_write(c, A, 1);
	misled(c, 100);
	assert_string_equal(c->told[1], "");
	assert_string_equal(set_of(c, A).text, "AB");
	assert_role(c, B, "backup");
	assert_non_null(strstr(alarm_of(c, A).text, "another name"));
	cluster_free(c);
}

/* It was stopped: an answer that lay in its socket ends no doubt. */
static void
answer_from_before(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	struct packet **first = &c->hosts[B].links[A].first[REPLIES], *kept;
	struct event ev = {.kind = EV_REPLY};

	hold(c, B, A, REPLIES);
	for (int i = 0; i < 60 && *first == NULL; i++)
		cluster_wait(c, 100);
	assert_non_null(*first);
	host_stop(c, B);
	cluster_wait(c, 3500);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_string_equal(c->told[1], "served");
	kept = *first;
	*first = NULL;
	host_kill(c, A, 0);
	host_go_on(c, B);
	ev.peer = place_of(&c->hosts[B], A);
	ev.message = kept->message;
	free(kept);
	host_step(&c->hosts[B], ev);
	c->hosts[B].links[A].held[REPLIES] = 0;
	cluster_wait(c, 1000);
	assert_role(c, B, "waiting");
	cluster_free(c);
}

/* Of a claim that was dropped: the next one is another, under its own epoch. */
static void
late_grant(void **state)
{
	struct cluster *c = cluster_arbitrated(2);
	evote_decided late = {.verdict = EVOTE_GRANTED};
	struct event ev = {.kind = EV_DECIDED, .decided = &late};

	for (int i = 0; i < CLUSTER_MAX; i++)
		c->verdict_held[i] = 1;
	verdict_clear(&c->hosts[A]);
	verdict_clear(&c->hosts[B]);
	host_stop(c, A);
	wait_for(c, B, "claiming");
	config_copy(&late.config, &c->witness.k);
	host_go_on(c, A);
	cluster_run(c);
	wait_for(c, B, "backup");
	ask_write(c, A, 1);
	cluster_wait(c, 300);
	host_kill(c, A, 0);
	wait_for(c, B, "claiming");
	verdict_clear(&c->hosts[B]);
	host_step(&c->hosts[B], ev);
	disk_step(&c->hosts[B], 1);
	for (int i = 0; i < CLUSTER_MAX; i++)
		c->verdict_held[i] = 0;
	cluster_wait(c, 1000);
	assert_true(c->hosts[B].k.epoch != c->witness.k.epoch ||
	    config_equal(&c->hosts[B].k, &c->witness.k));
	host_start(c, A);
	cluster_wait(c, 2000);
	assert_role(c, A, "backup");
	assert_role(c, B, "primary");
	config_clear(&late.config);
	cluster_free(c);
}

/* What was open after a restart is settled by being named. */
static void
named_after_a_restart(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	host_kill(c, A, 0);
	host_kill(c, B, 0);
	host_start(c, A);
	host_start(c, B);
	cluster_wait(c, 1000);
	assert_null(core_handover(c->hosts[A].core, "B"));
	cluster_wait(c, 500);
	assert_null(core_handover(c->hosts[B].core, "A"));
	hold(c, A, B, CALLS);
	for (int i = 0; i < 50 && strcmp(role_of(c, A), "establishing") != 0;
	     i++)
		for (int host = A; host <= B; host++)
			host_run(c, &c->hosts[host]);
	assert_role(c, A, "establishing");
	host_kill(c, B, 0);
	c->hosts[A].links[B].held[CALLS] = 0;
	cluster_wait(c, 10000);
	assert_role(c, A, "primary");
	cluster_free(c);
}

/* A promotion by force that the disk has begun is not taken back. */
static void
forced_meanwhile(void **state)
{
	struct cluster *c = cluster_arbitrated(2);
	evote_decided d = {.verdict = EVOTE_CONFLICT};
	struct event ev = {.kind = EV_DECIDED, .decided = &d};
	uint64_t epoch;

	c->witness_down = 1;
	host_kill(c, A, 0);
	cluster_wait(c, 3000);
	config_copy(&d.config, &c->hosts[B].k);
	d.config.epoch += 8;
	config_remove(&d.config, c->hosts[B].inc);
	hold_disk(c, B);
	epoch = epoch_of(c, B);
	assert_null(core_promote(c->hosts[B].core, epoch, 1));
	host_step(&c->hosts[B], ev);
	free_disk(c, B);
	cluster_wait(c, 1000);
	assert_role(c, B, "primary");
	assert_true(epoch_of(c, B) > epoch + 1000000);
	config_clear(&d.config);
	cluster_free(c);
}

/* A host that is made primary leads once its own disk has that. */
static void
named_and_not_stored(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);
	uint64_t epoch = epoch_of(c, B);

	hold_disk(c, B);
	assert_null(core_handover(c->hosts[A].core, "B"));
	cluster_wait(c, 500);
	assert_role(c, B, "backup");
	assert_true(epoch_of(c, B) == epoch);
	free_disk(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	cluster_free(c);
}

/* The ledger says so, also if the host dies before it has. */
static void
forced_is_recorded(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	host_kill(c, A, 0);
	host_kill(c, B, 0);
	host_start(c, B);
	cluster_wait(c, 3500);
	hold_disk(c, B);
	assert_null(core_promote(c->hosts[B].core, epoch_of(c, B), 1));
	disk_step(&c->hosts[B], 1);
	host_kill(c, B, 0);
	c->hosts[B].disk_held = 0;
	host_start(c, B);
	cluster_wait(c, 1000);
	assert_role(c, B, "primary");
	assert_non_null(strstr(on_disk(c, B).text, "B!"));
	cluster_free(c);
}

/* An arbiter hears names: an empty disk does not speak for the primary. */
static void
replaced_primary(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	ask_write(c, A, 1);
	cluster_run(c);
	host_kill(c, B, 0);
	host_kill(c, A, 0);
	host_wipe(c, A);
	host_start(c, A);
	host_start(c, B);
	cluster_wait(c, 10000);
	assert_role(c, B, "primary");
	assert_string_equal(set_of(c, B).text, "AB");
	cluster_free(c);
}

/* It is not silent, and to start it would not help. */
static void
an_arbiter_without_memory_is_told_from_a_silent_one(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	config_clear(&c->witness.k);
	cluster_wait(c, 3000);
	assert_alarm(c, A, "The arbiter answers, but knows no decision");
	assert_no_alarm(c, A, "does not answer");
	assert_non_null(strstr(core_handover(c->hosts[A].core, "B"),
	    "knows no decision of this cluster"));
	c->witness_down = 1;
	cluster_wait(c, 3000);
	assert_alarm(c, A, "The arbiter does not answer");
	c->witness_down = 0;
	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 1));
	cluster_wait(c, 3000);
	assert_no_alarm(c, A, "arbiter");
	cluster_free(c);
}

/* A machine without power ends no connection. */
static void
a_connection_alone_is_no_sign_of_life(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	assert_true(core_hears(c->hosts[A].core, B));
	cut(c, A, B);
	cluster_wait(c, SUSPECT_MS / 2);
	assert_true(core_hears(c->hosts[A].core, B));
	cluster_wait(c, SUSPECT_MS);
	assert_false(core_hears(c->hosts[A].core, B));
	mend(c, A, B);
	cluster_wait(c, 1000);
	assert_true(core_hears(c->hosts[A].core, B));
	cluster_free(c);
}

/*
 * It answers, and has forgotten everything: before it is needed, that is told.
 */
static void
blank_arbiter(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	config_clear(&c->witness.k);
	cluster_wait(c, 3000);
	assert_non_null(strstr(alarm_of(c, A).text, "The arbiter answers"));
	ask_write(c, A, 1);
	cluster_run(c);
	assert_string_equal(c->told[1], "served");
	cluster_free(c);
}

/* Whom the force barred serves on, and does not hear that it is barred. */
static void
two_primaries(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	host_kill(c, B, 0);
	cluster_wait(c, 200);
	hold_disk(c, A); /* so that it stays out */
	host_start(c, B);
	cut(c, A, B);
	cluster_wait(c, 3100);
	free_disk(c, A);
	assert_null(core_promote(c->hosts[B].core, epoch_of(c, B), 1));
	cluster_wait(c, 200);
	assert_role(c, A, "primary");
	assert_role(c, B, "primary");
	assert_null(strstr(alarm_of(c, B).text, "Two primaries"));
	let_go(c, A, B, CALLS);
	cluster_wait(c, 200);
	assert_role(c, A, "primary");
	assert_non_null(strstr(alarm_of(c, B).text, "Two primaries: A serves"));
	mend(c, A, B);
	cluster_wait(c, 200);
	assert_role(c, A, "halted");
	assert_null(strstr(alarm_of(c, B).text, "Two primaries"));
	cluster_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(heard_one_way),
	    cmocka_unit_test(another_at_its_address),
	    cmocka_unit_test(answer_from_before),
	    cmocka_unit_test(late_grant),
	    cmocka_unit_test(named_after_a_restart),
	    cmocka_unit_test(forced_meanwhile),
	    cmocka_unit_test(named_and_not_stored),
	    cmocka_unit_test(forced_is_recorded),
	    cmocka_unit_test(replaced_primary),
	    cmocka_unit_test(blank_arbiter),
	    cmocka_unit_test(
		an_arbiter_without_memory_is_told_from_a_silent_one),
	    cmocka_unit_test(a_connection_alone_is_no_sign_of_life),
	    cmocka_unit_test(two_primaries),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
