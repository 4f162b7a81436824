/*
 * What a witness grants; then stories of hosts that have one, on the real core.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cluster.h"

/* ---- the rules ---- */

/* Of A's and B's cluster, decided by A. */
static evote_config
decided_by(unsigned char who, uint64_t epoch)
{
	evote_config none = {.epoch = epoch}, k;
	char id[16] = {(char)who}, other[16] = {(char)(3 - who)};

	config_copy(&k, &none);
	memset(k.cluster, 7, sizeof(k.cluster));
	memcpy(k.primary, id, sizeof(k.primary));
	config_add(&k, who == 1 ? "A" : "B", id);
	config_add(&k, who == 1 ? "B" : "A", other);
	return (k);
}

static evote_verdict
asked(struct witness *w, const char *from, uint64_t now_ms, evote_decide d)
{
	evote_decided out = {.verdict = EVOTE_GRANTED};
	uint64_t before = w->k.epoch;
	int changed = witness_decide(w, from, now_ms, &d, &out);

	assert_int_equal(changed, w->k.epoch != before);
	assert_int_equal(out.config.epoch, w->k.epoch);
	config_clear(&out.config);
	return (out.verdict);
}

static void
one_that_serves_another_cluster_grants_nothing(void **state)
{
	evote_config k = decided_by(1, 4), other = decided_by(1, 8);
	struct witness w = {.k = k, .deny_ms = DENY_MS};
	evote_decide mine = {.expected = 4, .next = &k}, alive = {0};
	evote_decide theirs = {.expected = 4, .next = &other, .install = 1};

	other.cluster[0] ^= 1;
	assert_int_equal(asked(&w, "A", 1000, theirs), EVOTE_CONFLICT);
	assert_true(witness_serves_another(&w, &theirs));
	assert_false(witness_serves_another(&w, &mine));
	assert_false(witness_serves_another(&w, &alive));
	memset(w.k.cluster, 0, sizeof(w.k.cluster));
	assert_false(witness_serves_another(&w, &theirs));
	config_clear(&k);
	config_clear(&other);
}

static void
a_blank_one_grants_nothing_but_its_beginning(void **state)
{
	struct witness w = {.deny_ms = DENY_MS};
	evote_config k = decided_by(1, 4);

	assert_int_equal(
	    asked(&w, "A", 1000, (evote_decide){.next = &k}), EVOTE_BLANK);
	assert_int_equal(
	    asked(&w, "A", 1000, (evote_decide){.expected = 3, .next = &k}),
	    EVOTE_BLANK);
	assert_int_equal(
	    asked(&w, "A", 1000, (evote_decide){.expected = 0}), EVOTE_BLANK);
	assert_int_equal(
	    asked(&w, "A", 1000, (evote_decide){.install = 1, .next = &k}),
	    EVOTE_GRANTED);
	assert_int_equal(w.k.epoch, 4);
	config_clear(&k);
	config_clear(&w.k);
}

static void
only_who_knows_the_present_one_changes_it(void **state)
{
	struct witness w = {.deny_ms = DENY_MS, .k = decided_by(1, 4)};
	evote_config five = decided_by(1, 5), six = decided_by(2, 6);
	evote_config other = decided_by(1, 9);

	memset(other.cluster, 8, sizeof(other.cluster));
	assert_int_equal(
	    asked(&w, "A", 1000, (evote_decide){.expected = 4, .next = &five}),
	    EVOTE_GRANTED);
	/* B has not heard of 5. */
	assert_int_equal(
	    asked(&w, "B", 9000, (evote_decide){.expected = 4, .next = &six}),
	    EVOTE_CONFLICT);
	assert_int_equal(
	    asked(&w, "B", 9000, (evote_decide){.expected = 5, .next = &six}),
	    EVOTE_GRANTED);
	assert_int_equal(
	    asked(&w, "A", 9000, (evote_decide){.expected = 6, .next = &other}),
	    EVOTE_CONFLICT);
	assert_int_equal(
	    asked(&w, "A", 9000, (evote_decide){.install = 1, .next = &five}),
	    EVOTE_CONFLICT);
	assert_int_equal(w.k.epoch, 6);
	config_clear(&five);
	config_clear(&six);
	config_clear(&other);
	config_clear(&w.k);
}

/* The answer may have been lost. */
static void
the_same_question_gets_the_same_answer(void **state)
{
	struct witness w = {.deny_ms = DENY_MS, .k = decided_by(1, 4)};
	evote_config five = decided_by(1, 5);

	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    asked(&w, "A", 1000,
			(evote_decide){.expected = 4, .next = &five}),
		    EVOTE_GRANTED);
	config_clear(&five);
	config_clear(&w.k);
}

/* Its author has crashed since, and decides anew under the same number. */
static void
another_k_under_the_same_epoch_is_not_granted(void **state)
{
	struct witness w = {.deny_ms = DENY_MS, .k = decided_by(1, 4)};
	evote_config five = decided_by(1, 5), alone = decided_by(1, 5);
	char other[16] = {2};

	config_remove(&alone, other);
	assert_int_equal(
	    asked(&w, "A", 1000, (evote_decide){.expected = 4, .next = &five}),
	    EVOTE_GRANTED);
	assert_int_equal(
	    asked(&w, "A", 1000, (evote_decide){.expected = 4, .next = &alone}),
	    EVOTE_CONFLICT);
	assert_true(config_equal(&w.k, &five));
	assert_false(config_equal(&w.k, &alone));
	config_clear(&five);
	config_clear(&alone);
	config_clear(&w.k);
}

static void
a_primary_that_is_heard_is_not_replaced(void **state)
{
	struct witness w = {.deny_ms = DENY_MS, .k = decided_by(1, 4)};
	evote_config six = decided_by(2, 6);
	evote_decide take = {.expected = 4, .next = &six};

	assert_int_equal(asked(&w, "A", 1000, (evote_decide){.expected = 4}),
	    EVOTE_CONFLICT);
	assert_int_equal(
	    asked(&w, "B", 1000 + DENY_MS - 1, take), EVOTE_DENIED);
	assert_int_equal(w.k.epoch, 4);
	/* Its process is gone: no need to wait. */
	take.dead = 1;
	assert_int_equal(asked(&w, "B", 1001, take), EVOTE_GRANTED);
	config_clear(&six);
	config_clear(&w.k);
}

/* ---- stories ---- */

static void
a_witness_is_added_without_a_pause(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	c->witness.deny_ms = DENY_MS;
	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 0));
	ask_write(c, A, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	cluster_wait(c, 300);
	assert_role(c, A, "primary");
	assert_set(c, B, "AB");
	cluster_free(c);
}

static void
a_silent_primary_is_replaced_within_a_second(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	host_stop(c, A);
	cluster_wait(c, 300);
	assert_role(c, B, "backup");
	cluster_wait(c, 600);
	assert_role(c, B, "primary");
	ask_write(c, B, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	assert_set(c, B, "B");
	host_go_on(c, A);
	ask_write(c, A, 2);
	cluster_wait(c, 1000);
	assert_told(c, 2, "ask B");
	assert_role(c, A, "backup");
	assert_disk(c, A, "new A B 1");
	cluster_free(c);
}

/* Both live and reach the witness: who is primary stays it, alone. */
static void
one_side_of_a_cut_goes_on(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	cut(c, A, B);
	ask_write(c, A, 1);
	cluster_wait(c, 2000);
	assert_role(c, A, "primary");
	assert_told(c, 1, "served");
	assert_set(c, A, "A");
	ask_write(c, B, 2);
	cluster_wait(c, 3000);
	assert_string_not_equal(role_of(c, B), "primary");
	assert_string_not_equal(c->told[2], "served");
	mend(c, A, B);
	cluster_wait(c, 1000);
	assert_role(c, B, "backup");
	assert_disk(c, B, "new A 1");
	cluster_free(c);
}

static void
with_a_dead_witness_the_pair_goes_on_and_nobody_takes_over(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	c->witness_down = 1;
	cluster_wait(c, 2000);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	assert_non_null(strstr(alarm_of(c, A).text, "arbiter"));
	host_kill(c, A, 0);
	cluster_wait(c, 5000);
	assert_string_not_equal(role_of(c, B), "primary");
	c->witness_down = 0;
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	assert_disk(c, B, "new A 1 B");
	cluster_free(c);
}

/* The answer to what was asked before comes later than the grant. */
static void
what_the_witness_holds_is_granted_whatever_it_answers(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	host_kill(c, B, 0);
	ask_write(c, A, 1);
	for (int i = 0; i < 8 && c->hosts[A].k.epoch == c->witness.k.epoch; i++)
		host_run(c, &c->hosts[A]);
	assert_true(c->hosts[A].decided);
	c->hosts[A].verdict.verdict = EVOTE_CONFLICT;
	cluster_run(c);
	assert_role(c, A, "primary");
	assert_set(c, A, "A");
	assert_told(c, 1, "served");
	cluster_free(c);
}

/* Nobody could be left out again: a joiner that dies would stop the service. */
static void
without_its_witness_nobody_joins(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	host_kill(c, B, 0);
	cluster_wait(c, 300);
	assert_set(c, A, "A");
	c->witness_down = 1;
	cluster_wait(c, 500);
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "joining");
	host_kill(c, B, 0);
	ask_write(c, A, 1);
	cluster_wait(c, 500);
	assert_told(c, 1, "served");

	host_start(c, B);
	c->witness_down = 0;
	cluster_wait(c, 500);
	assert_set(c, A, "AB");
	cluster_free(c);
}

static void
a_hand_over_that_the_witness_does_not_answer_is_called_off(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	c->witness_down = 1;
	assert_null(core_handover(c->hosts[A].core, "B"));
	ask_write(c, A, 1);
	cluster_wait(c, 800);
	assert_told(c, 1, "");
	cluster_wait(c, 1000);
	assert_role(c, A, "primary");
	assert_told(c, 1, "served");

	/* It is still asked for, for it may have been granted. */
	c->witness_down = 0;
	ask_write(c, A, 2);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	assert_role(c, A, "backup");
	assert_disk(c, A, "new A 1 2 B");
	cluster_free(c);
}

/* Both are lost, and this host asks for ever: its operator decides. */
static void
who_asks_a_dead_witness_is_promoted_by_force(void **state)
{
	struct cluster *c = cluster_arbitrated(2);
	uint64_t epoch = epoch_of(c, B);

	c->witness_down = 1;
	host_kill(c, A, 0);
	cluster_wait(c, 3000);
	assert_role(c, B, "claiming");
	assert_non_null(
	    strstr(alarm_of(c, B).text, "the arbiter has to agree"));
	assert_non_null(core_promote(c->hosts[B].core, epoch, 0));
	assert_role(c, B, "claiming");
	assert_null(core_promote(c->hosts[B].core, epoch, 1));
	cluster_run(c);
	assert_role(c, B, "primary");
	assert_disk(c, B, "new A B!");
	cluster_free(c);
}

/* Nobody may be left out, and then nobody has to be. */
static void
a_backup_that_comes_back_ends_the_wait_for_the_witness(void **state)
{
	struct cluster *c = cluster_arbitrated(2);
	const char *host;

	c->witness_down = 1;
	cluster_wait(c, 1500);
	host_kill(c, B, 0);
	ask_write(c, A, 1);
	cluster_wait(c, 3000);
	assert_told(c, 1, "");
	assert_non_null(strstr(alarm_of(c, A).text,
	    "Requests have been waiting 3 s for the arbiter, to go on without "
	    "B."));
	/* It may have been replaced, and does not say that it serves. */
	assert_non_null(strstr(alarm_of(c, A).text, "Another host may serve."));
	assert_int_not_equal(
	    core_standing(c->hosts[A].core, &host), EVOTE_SERVED);
	host_start(c, B);
	cluster_wait(c, 500);
	assert_told(c, 1, "served");
	assert_role(c, A, "primary");
	assert_role(c, B, "backup");

	/* It was not granted; had it been, A would be told now. */
	c->witness_down = 0;
	cluster_wait(c, 500);
	assert_set(c, A, "AB");
	cluster_free(c);
}

/* The same, and it had been granted, though the answer was lost. */
static void
a_backup_that_comes_back_was_left_out_after_all(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	host_kill(c, B, 0);
	for (int i = 0; i < 8 && c->hosts[A].k.epoch == c->witness.k.epoch; i++)
		host_run(c, &c->hosts[A]);
	verdict_clear(&c->hosts[A]);
	c->witness_down = 1;
	host_start(c, B);
	cluster_wait(c, 500);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	assert_disk(c, B, "new A 1");
	c->witness_down = 0;
	cluster_wait(c, 1000);
	ask_write(c, A, 2);
	cluster_run(c);
	assert_told(c, 2, "served");
	assert_set(c, A, "AB");
	assert_disk(c, B, "new A 1 A 2");
	cluster_free(c);
}

/* The witness dies after that; B had heard of it, and tells. */
static void
a_primary_hears_from_others_what_it_was_granted(void **state)
{
	struct cluster *c = cluster_arbitrated(2);
	uint64_t granted;

	host_kill(c, B, 0);
	for (int i = 0; i < 8 && c->hosts[A].k.epoch == c->witness.k.epoch; i++)
		host_run(c, &c->hosts[A]);
	verdict_clear(&c->hosts[A]);
	granted = c->witness.k.epoch;
	assert_true(epoch_of(c, A) < granted);
	cut(c, A, B);
	host_start(c, B);
	host_tick(c, B);
	while (verdict_step(&c->hosts[B]))
		;
	assert_int_equal(epoch_of(c, B), granted);
	c->witness_down = 1;
	mend(c, A, B);
	cluster_wait(c, 500);
	assert_int_equal(epoch_of(c, A), granted);
	assert_role(c, A, "primary");
	assert_set(c, A, "A");
	cluster_free(c);
}

/* It is asked now and then, not as fast as it says no. */
static void
a_witness_that_lost_what_it_granted_is_not_pressed(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	c->witness.k.epoch -= 8;
	host_kill(c, B, 0);
	ask_write(c, A, 1);
	cluster_wait(c, 3000);
	assert_told(c, 1, "");
	assert_role(c, A, "primary");
	assert_non_null(
	    strstr(alarm_of(c, A).text, "The arbiter has an older state"));
	host_start(c, B);
	cluster_wait(c, 500);
	assert_told(c, 1, "served");
	cluster_free(c);
}

/* The witness tells each time it is asked; the disk has not got it yet. */
static void
a_grant_is_waited_for_on_a_slow_disk(void **state)
{
	struct cluster *c = cluster_arbitrated(2);
	uint64_t epoch;

	host_stop(c, A);
	hold_disk(c, B);
	cluster_wait(c, 1000);
	epoch = c->witness.k.epoch;
	assert_role(c, B, "claiming");
	cluster_wait(c, 1000);
	assert_role(c, B, "claiming");
	free_disk(c, B);
	assert_role(c, B, "primary");
	assert_int_equal(c->witness.k.epoch, epoch);
	cluster_free(c);
}

/* An operator's order: the present one will never answer again. */
static const char *
replaced(struct cluster *c)
{
	return (core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, "v=10.0.0.8:111", 1));
}

/* Whoever answers now is another one, and holds nothing. */
static void
witness_renew(struct cluster *c)
{
	config_clear(&c->witness.k);
	c->witness_down = 0;
}

/* What was asked of it is asked of no one any more. */
static void
a_dead_witness_that_owes_an_answer_is_replaced(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	c->witness_down = 1;
	assert_null(core_handover(c->hosts[A].core, "B"));
	cluster_wait(c, 3000);
	witness_renew(c);
	assert_null(replaced(c));
	cluster_wait(c, 500);
	assert_string_equal(c->hosts[B].k.arbiter.where, "v=10.0.0.8:111");
	assert_role(c, A, "primary");
	cluster_free(c);
}

/* A has asked whether B may join, and the witness dies before it answers. */
static struct cluster *
cluster_undecided(void)
{
	struct cluster *c = cluster_arbitrated(2);

	host_kill(c, B, 0);
	cluster_wait(c, 300);
	assert_set(c, A, "A");
	host_start(c, B);
	while (c->hosts[A].k.epoch == c->witness.k.epoch) {
		host_run(c, &c->hosts[A]);
		host_run(c, &c->hosts[B]);
	}
	verdict_clear(&c->hosts[A]);
	verdict_clear(&c->hosts[B]);
	c->witness_down = 1;
	cluster_wait(c, 3000);
	assert_set(c, A, "A");
	return (c);
}

/* Step by step, to see the first configuration that the witness has. */
static void
until_asked(struct cluster *c)
{
	for (int i = 0; i < 1000 && c->witness.k.epoch == 0; i++) {
		if (host_run(c, &c->hosts[A]) + host_run(c, &c->hosts[B]) > 0)
			continue;
		c->now_ms += 100;
		host_tick(c, A);
		host_tick(c, B);
	}
}

/* It is needed, as it may be in the set, and follows for that. */
static void
who_may_have_joined_confirms_the_next_witness(void **state)
{
	struct cluster *c = cluster_undecided();

	host_kill(c, B, 0);
	cluster_wait(c, 300);
	host_start(c, B);
	cluster_wait(c, 300);
	witness_renew(c);
	assert_null(replaced(c));
	until_asked(c);
	/* From the first moment: else it could decide by the one before. */
	assert_int_equal(c->witness.k.in_sync.in_sync_len, 2);
	cluster_wait(c, 1000);
	assert_string_equal(c->hosts[B].k.arbiter.where, "v=10.0.0.8:111");
	assert_set(c, A, "AB");
	cluster_free(c);
}

/* It is needed until it has confirmed, also when it dies before. */
static void
who_may_have_joined_is_not_passed_by(void **state)
{
	struct cluster *c = cluster_undecided();

	witness_renew(c);
	hold(c, A, B, CALLS);
	assert_null(replaced(c));
	host_kill(c, B, 0);
	ask_write(c, A, 1);
	cluster_wait(c, 5000);
	assert_told(c, 1, "");
	assert_int_equal(c->witness.k.epoch, 0);
	let_go(c, A, B, CALLS);
	host_start(c, B);
	cluster_wait(c, 3000);
	assert_null(replaced(c));
	cluster_wait(c, 3000);
	assert_told(c, 1, "served");
	assert_set(c, A, "AB");
	cluster_free(c);
}

/* Its disk was replaced: what the new one has is not what it has. */
static void
who_may_have_joined_is_not_its_successor(void **state)
{
	struct cluster *c = cluster_undecided();

	assert_null(replaced(c));
	cluster_wait(c, 3000);
	host_kill(c, B, 0);
	host_wipe(c, B);
	host_start(c, B);
	cluster_wait(c, 500);
	ask_write(c, A, 1);
	cluster_wait(c, 5000);
	assert_told(c, 1, "");
	/* The operator's word that the one before will never answer. */
	assert_null(replaced(c));
	witness_renew(c);
	cluster_wait(c, 5000);
	assert_told(c, 1, "served");
	assert_set(c, A, "AB");
	cluster_free(c);
}

/* Its arbiter is back, and had not granted that it joins. */
static void
who_may_have_joined_and_died_is_asked_about(void **state)
{
	struct cluster *c = cluster_undecided();

	assert_null(replaced(c));
	cluster_wait(c, 5000);
	host_kill(c, B, 0);
	ask_write(c, A, 1);
	cluster_wait(c, 3000);
	assert_told(c, 1, "");
	config_clear(&c->witness.k);
	config_copy(&c->witness.k, &c->hosts[A].k);
	c->witness_down = 0;
	cluster_wait(c, 5000);
	assert_told(c, 1, "served");
	assert_set(c, A, "A");
	cluster_free(c);
}

/* What leaves out nobody may wait long: who comes back follows meanwhile. */
static void
a_host_follows_while_an_arbiter_owes_an_answer(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	c->witness_down = 1;
	assert_null(core_handover(c->hosts[A].core, "B"));
	cluster_wait(c, 5000);
	host_kill(c, B, 0);
	cluster_wait(c, 500);
	host_start(c, B);
	ask_write(c, A, 1);
	cluster_wait(c, 5000);
	assert_told(c, 1, "served");
	assert_role(c, A, "primary");
	cluster_free(c);
}

static void
without_who_may_have_joined_an_operator_decides(void **state)
{
	struct cluster *c = cluster_undecided();

	host_kill(c, B, 0);
	ask_write(c, A, 1);
	cluster_wait(c, 3000);
	assert_told(c, 1, "");
	assert_non_null(strstr(alarm_of(c, A).text, "B, who may have joined"));
	witness_renew(c);
	assert_string_equal(replaced(c),
	    "a host that may have joined is away. Start it, or promote this "
	    "host by force");
	cluster_wait(c, 3000);
	assert_int_equal(c->witness.k.epoch, 0);
	assert_null(core_promote(c->hosts[A].core, epoch_of(c, A), 1));
	cluster_run(c);
	ask_write(c, A, 2);
	cluster_run(c);
	assert_told(c, 2, "served");
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "halted");
	cluster_free(c);
}

/* The primary is left, without its backup and its witness. */
static void
a_primary_that_cannot_go_on_is_promoted_by_force(void **state)
{
	struct cluster *c = cluster_arbitrated(2);
	uint64_t epoch = epoch_of(c, A);

	assert_non_null(core_promote(c->hosts[A].core, epoch, 1));
	c->witness_down = 1;
	host_kill(c, B, 0);
	ask_write(c, A, 1);
	cluster_wait(c, 1000);
	assert_non_null(core_promote(c->hosts[A].core, epoch, 1));
	cluster_wait(c, 2000);
	assert_null(core_promote(c->hosts[A].core, epoch, 1));
	cluster_run(c);
	ask_write(c, A, 2);
	cluster_run(c);
	assert_told(c, 1, "await B");
	assert_told(c, 2, "served");
	assert_disk(c, A, "new A 1 A! 2");
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "halted");
	cluster_free(c);
}

/* Another one in its place: the dead one is not asked, all of the set are. */
static void
a_dead_witness_is_replaced(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	config_clear(&c->witness.k);
	assert_null(replaced(c));
	ask_write(c, A, 1);
	cluster_wait(c, 500);
	assert_told(c, 1, "served");
	assert_string_equal(c->hosts[B].k.arbiter.where, "v=10.0.0.8:111");
	assert_false(c->hosts[B].k.arbiter_changing);
	host_stop(c, A);
	cluster_wait(c, 1000);
	assert_role(c, B, "primary");
	cluster_free(c);
}

/* The new one dies as well, between the two decisions. */
static void
a_witness_that_dies_as_it_comes_is_replaced(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	config_clear(&c->witness.k);
	assert_null(replaced(c));
	/* The second waits until all of the set have the first on disk. */
	hold_disk(c, B);
	cluster_wait(c, 300);
	c->witness_down = 1;
	free_disk(c, B);
	cluster_wait(c, 3000);
	assert_true(c->hosts[A].k.arbiter_changing);
	assert_true(c->hosts[B].k.arbiter_changing);

	witness_renew(c);
	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, "u=10.0.0.7:111", 1));
	cluster_wait(c, 500);
	assert_string_equal(c->hosts[B].k.arbiter.where, "u=10.0.0.7:111");
	assert_false(c->hosts[B].k.arbiter_changing);
	cluster_free(c);
}

/* It was stopped, and replaced, and does not know: then its witness died. */
static void
a_deposed_primary_does_not_replace_its_witness(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	host_stop(c, A);
	cluster_wait(c, 1000);
	assert_role(c, B, "primary");
	ask_write(c, B, 1);
	cluster_run(c);
	assert_told(c, 1, "served");

	config_clear(&c->witness.k);
	host_go_on(c, A);
	assert_role(c, A, "primary");
	(void)replaced(c);
	assert_true(config_id_zero(c->witness.k.cluster));
	cluster_wait(c, 3000);
	assert_role(c, B, "primary");
	assert_disk(c, B, "new A B 1");
	cluster_free(c);
}

/* What another one holds counts when it is in force, and not before. */
static void
a_new_witness_that_holds_another_k_is_not_taken(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	config_copy(&c->witness.k, &c->hosts[A].k);
	memcpy(c->witness.k.primary, c->hosts[B].inc, sizeof(incarnation));
	c->witness.k.epoch += 5000;
	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 0));
	cluster_wait(c, 500);
	assert_role(c, A, "primary");
	assert_int_equal(c->hosts[A].k.arbiter.kind, EVOTE_ARBITER_NONE);
	assert_alarm(c, A,
	    "The arbiter was not changed: " WITNESS_AT
	    " holds another configuration.");
	cluster_free(c);
}

/* Two clusters have one witness: it decides for the first. */
static void
a_new_witness_of_another_cluster_is_not_taken(void **state)
{
	for (int epochs = -8; epochs <= 5000; epochs += epochs < 0 ? 8 : 5000) {
		struct cluster *c = cluster_in_sync(2, 0);

		config_copy(&c->witness.k, &c->hosts[A].k);
		memset(c->witness.k.cluster, 99, 16);
		c->witness.k.epoch += (uint64_t)epochs;
		assert_null(core_arbiter(
		    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 0));
		cluster_wait(c, 500);
		assert_role(c, A, "primary");
		assert_int_equal(
		    c->hosts[A].k.arbiter.kind, EVOTE_ARBITER_NONE);
		assert_alarm(c, A,
		    "The arbiter was not changed: " WITNESS_AT
		    " serves another cluster.");
		cluster_free(c);
	}
}

static void
a_witness_that_serves_another_cluster_by_now_is_told_of(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	c->hosts[A].watched = "arbiter stranger=1";
	memset(c->witness.k.cluster, 99, 16);
	cluster_wait(c, 3000);
	assert_int_equal(c->hosts[A].told, 1);
	assert_alarm(c, A, "The arbiter serves another cluster");
	assert_non_null(strstr(
	    core_handover(c->hosts[A].core, "B"), "serves another cluster"));
	assert_no_alarm(c, A, "does not answer");
	host_kill(c, B, 0);
	cluster_wait(c, 10000);
	assert_int_equal(c->hosts[A].told, 1);
	assert_set(c, A, "AB");
	host_start(c, B);
	cluster_wait(c, 1000);
	config_clear(&c->witness.k);
	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 1));
	cluster_wait(c, 3000);
	assert_no_alarm(c, A, "arbiter");
	cluster_free(c);
}

/*
 * The right one may have granted what the other one knows nothing of: a joiner
 * counts until that is known.  Nobody else is kept from his work meanwhile.
 */
static void
what_another_clusters_witness_says_is_no_refusal(void **state)
{
	struct cluster *c = cluster_arbitrated(2);
	incarnation own;

	host_kill(c, B, 0);
	cluster_wait(c, 500);
	assert_set(c, A, "A");
	host_start(c, B);
	for (int i = 0; i < 1000 && c->witness.k.epoch == epoch_of(c, A); i++) {
		host_run(c, &c->hosts[B]);
		host_run(c, &c->hosts[A]);
		if (i % 100 == 99) {
			c->now_ms += 100;
			host_tick(c, A);
			host_tick(c, B);
		}
	}
	assert_true(c->witness.k.epoch > epoch_of(c, A));
	c->verdict_held[A] = 1;
	memcpy(own, c->witness.k.cluster, sizeof(own));
	memset(c->witness.k.cluster, 99, sizeof(own));
	cluster_wait(c, 300);
	c->verdict_held[A] = 0;
	cluster_wait(c, 300);
	host_kill(c, B, 0);
	cluster_wait(c, 300);
	ask_write(c, A, 1);
	cluster_wait(c, 1000);
	assert_told(c, 1, "");
	memcpy(c->witness.k.cluster, own, sizeof(own));
	cluster_wait(c, 3000);
	assert_told(c, 1, "served");
	assert_set(c, A, "A");
	cluster_free(c);
}

static void
a_hand_over_does_not_hang_on_another_clusters_witness(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	c->hosts[B].disk_held = 1;
	ask_write(c, A, 1);
	cluster_run(c);
	memset(c->witness.k.cluster, 99, 16);
	cluster_wait(c, 200);
	assert_null(core_handover(c->hosts[A].core, "B"));
	ask_write(c, A, 2);
	cluster_wait(c, 200);
	assert_role(c, A, "handing-over");
	c->hosts[B].disk_held = 0;
	cluster_wait(c, 3000);
	assert_role(c, A, "primary");
	assert_told(c, 1, "served");
	assert_told(c, 2, "served");
	cluster_free(c);
}

/* Told until the next order, or for a minute. */
static void
a_new_witness_that_does_not_answer_is_told_of(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	c->witness_down = 1;
	for (int again = 0; again <= 1; again++) {
		assert_null(core_arbiter(
		    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 0));
		assert_no_alarm(c, A, "not changed");
		cluster_wait(c, 2500);
		assert_alarm(c, A,
		    "The arbiter was not changed: " WITNESS_AT
		    " does not answer. Start it, or correct its address, and "
		    "give the order again. `status` may say why.\n");
	}
	cluster_wait(c, 57000);
	assert_alarm(c, A, "not changed");
	cluster_wait(c, 3000);
	assert_no_alarm(c, A, "not changed");
	cluster_free(c);
}

/*
 * It was said that the order will not be carried out, and what is in force has
 * a later epoch by then.
 */
static void
a_new_witness_that_answers_too_late_is_not_taken(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	c->verdict_held[A] = 1;
	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 0));
	cluster_wait(c, 2500);
	assert_alarm(c, A, "The arbiter was not changed");
	assert_true(c->hosts[A].decided);
	assert_int_equal(c->hosts[A].verdict.verdict, EVOTE_GRANTED);
	c->verdict_held[A] = 0;
	cluster_wait(c, 1000);
	assert_role(c, A, "primary");
	assert_int_equal(c->hosts[A].k.arbiter.kind, EVOTE_ARBITER_NONE);
	cluster_free(c);
}

/* All of the set are asked first. */
static void
a_host_that_does_not_confirm_keeps_the_arbiter(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 0));
	host_stop(c, B);
	cluster_wait(c, 2500);
	assert_alarm(c, A,
	    "The arbiter was not changed: a host in sync does not answer.");
	cluster_free(c);
}

/* It may have agreed, and its answer is lost. */
static void
an_old_witness_that_does_not_answer_leaves_it_open(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	c->verdict_held[A] = c->verdict_held[B] = 1;
	assert_null(core_arbiter(c->hosts[A].core, EVOTE_ARBITER_NONE, "", 0));
	cluster_wait(c, 2500);
	assert_no_alarm(c, A, "not changed");
	assert_alarm(c, A, "The arbiter does not answer");
	c->verdict_held[A] = c->verdict_held[B] = 0;
	cluster_wait(c, 500);
	assert_int_equal(c->hosts[A].k.arbiter.kind, EVOTE_ARBITER_NONE);
	cluster_free(c);
}

/* Who did not live to say that it had lost its witness may not be alone. */
static void
a_dead_witness_is_not_replaced_while_a_host_is_away(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	c->witness_down = 1;
	host_kill(c, B, 0);
	cluster_wait(c, 500);
	assert_non_null(replaced(c));
	cluster_free(c);
}

static void
a_witness_that_does_not_answer_is_not_taken(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	c->witness_down = 1;
	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 0));
	cluster_wait(c, 3000);
	assert_int_equal(c->hosts[A].k.arbiter.kind, EVOTE_ARBITER_NONE);
	ask_write(c, A, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	cluster_free(c);
}

/* The primary that came back after its whole site had stopped. */
static void
a_host_alone_goes_on_after_a_restart_when_the_witness_grants(void **state)
{
	struct cluster *c = cluster_arbitrated(2);

	host_kill(c, A, 0);
	cluster_wait(c, 1000);
	assert_role(c, B, "primary");
	ask_write(c, B, 1);
	cluster_run(c);
	host_kill(c, B, 0);
	host_start(c, A);
	cluster_wait(c, 5000);
	assert_role(c, A, "waiting");
	host_kill(c, A, 0);
	host_start(c, B);
	cluster_wait(c, 3000);
	assert_role(c, B, "primary");
	assert_disk(c, B, "new A B 1 B");
	cluster_free(c);
}

/*
 * A stores that there is an arbiter now, and dies before B has heard of it: B
 * goes on, and A may not by the word of an arbiter that knows nothing of that.
 */
static void
the_first_arbiter_is_for_all_or_nobody(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	hold_disk(c, A);
	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 0));
	cluster_wait(c, 100);
	assert_int_equal(c->witness.k.arbiter.kind, EVOTE_ARBITER_WITNESS);
	host_kill(c, A, 9);
	free_disk(c, A);
	assert_int_equal(c->hosts[A].k.arbiter.kind, EVOTE_ARBITER_WITNESS);
	cluster_run(c);
	assert_role(c, B, "primary");
	ask_write(c, B, 1);
	cluster_run(c);
	assert_told(c, 1, "served");
	host_kill(c, B, 0);
	host_start(c, A);
	cluster_wait(c, 9000);
	assert_role(c, A, "waiting");
	host_start(c, B);
	cluster_wait(c, 500);
	assert_role(c, B, "primary");
	assert_role(c, A, "backup");
	cluster_free(c);
}

static void
the_first_arbiter_needs_everybody(void **state)
{
	struct cluster *c = cluster_in_sync(2, 0);

	host_stop(c, B);
	cluster_wait(c, 900);
	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 0));
	cluster_wait(c, 900);
	assert_int_equal(c->hosts[A].k.arbiter.kind, EVOTE_ARBITER_NONE);
	cluster_wait(c, 2000);
	assert_string_equal(set_of(c, A).text, "A");
	assert_int_equal(c->hosts[A].k.arbiter.kind, EVOTE_ARBITER_NONE);
	assert_null(core_arbiter(
	    c->hosts[A].core, EVOTE_ARBITER_WITNESS, WITNESS_AT, 0));
	cluster_wait(c, 300);
	assert_int_equal(c->hosts[A].k.arbiter.kind, EVOTE_ARBITER_WITNESS);
	cluster_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_arbiter_is_for_all_or_nobody),
	    cmocka_unit_test(the_first_arbiter_needs_everybody),
	    cmocka_unit_test(a_blank_one_grants_nothing_but_its_beginning),
	    cmocka_unit_test(one_that_serves_another_cluster_grants_nothing),
	    cmocka_unit_test(only_who_knows_the_present_one_changes_it),
	    cmocka_unit_test(the_same_question_gets_the_same_answer),
	    cmocka_unit_test(another_k_under_the_same_epoch_is_not_granted),
	    cmocka_unit_test(a_primary_that_is_heard_is_not_replaced),
	    cmocka_unit_test(a_witness_is_added_without_a_pause),
	    cmocka_unit_test(a_silent_primary_is_replaced_within_a_second),
	    cmocka_unit_test(one_side_of_a_cut_goes_on),
	    cmocka_unit_test(
		with_a_dead_witness_the_pair_goes_on_and_nobody_takes_over),
	    cmocka_unit_test(
		what_the_witness_holds_is_granted_whatever_it_answers),
	    cmocka_unit_test(without_its_witness_nobody_joins),
	    cmocka_unit_test(
		a_hand_over_that_the_witness_does_not_answer_is_called_off),
	    cmocka_unit_test(who_asks_a_dead_witness_is_promoted_by_force),
	    cmocka_unit_test(
		a_backup_that_comes_back_ends_the_wait_for_the_witness),
	    cmocka_unit_test(a_backup_that_comes_back_was_left_out_after_all),
	    cmocka_unit_test(
		a_witness_that_lost_what_it_granted_is_not_pressed),
	    cmocka_unit_test(a_primary_hears_from_others_what_it_was_granted),
	    cmocka_unit_test(a_grant_is_waited_for_on_a_slow_disk),
	    cmocka_unit_test(a_dead_witness_that_owes_an_answer_is_replaced),
	    cmocka_unit_test(who_may_have_joined_confirms_the_next_witness),
	    cmocka_unit_test(who_may_have_joined_is_not_passed_by),
	    cmocka_unit_test(who_may_have_joined_is_not_its_successor),
	    cmocka_unit_test(who_may_have_joined_and_died_is_asked_about),
	    cmocka_unit_test(a_host_follows_while_an_arbiter_owes_an_answer),
	    cmocka_unit_test(without_who_may_have_joined_an_operator_decides),
	    cmocka_unit_test(a_primary_that_cannot_go_on_is_promoted_by_force),
	    cmocka_unit_test(a_dead_witness_is_replaced),
	    cmocka_unit_test(a_witness_that_dies_as_it_comes_is_replaced),
	    cmocka_unit_test(a_deposed_primary_does_not_replace_its_witness),
	    cmocka_unit_test(a_new_witness_that_holds_another_k_is_not_taken),
	    cmocka_unit_test(a_new_witness_of_another_cluster_is_not_taken),
	    cmocka_unit_test(
		a_witness_that_serves_another_cluster_by_now_is_told_of),
	    cmocka_unit_test(what_another_clusters_witness_says_is_no_refusal),
	    cmocka_unit_test(
		a_hand_over_does_not_hang_on_another_clusters_witness),
	    cmocka_unit_test(a_new_witness_that_does_not_answer_is_told_of),
	    cmocka_unit_test(a_new_witness_that_answers_too_late_is_not_taken),
	    cmocka_unit_test(a_host_that_does_not_confirm_keeps_the_arbiter),
	    cmocka_unit_test(
		an_old_witness_that_does_not_answer_leaves_it_open),
	    cmocka_unit_test(
		a_dead_witness_is_not_replaced_while_a_host_is_away),
	    cmocka_unit_test(a_witness_that_does_not_answer_is_not_taken),
	    cmocka_unit_test(
		a_host_alone_goes_on_after_a_restart_when_the_witness_grants),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
