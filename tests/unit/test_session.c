/*
 * Two ends of a session, and everybody who wants to be one of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/seal.h"
#include "replica/link/session.h"

static const unsigned char key[32] = {1, 2, 3};
static const unsigned char other_key[32] = {1, 2, 4};

struct pair {
	struct session a, b; /* caller, callee */
	evote_open_args args;
	evote_open_res res;
};

static void
pair_open(struct pair *p)
{
	session_begin(&p->a, "alpha", "beta", &p->args);
	assert_int_equal(
	    session_answer(&p->b, key, "beta", 1, &p->args, &p->res), 0);
	assert_int_equal(session_accept(&p->a, key, &p->res), 0);
}

static void
both_ends_agree(void **state)
{
	struct pair p;
	evote_sealed call, reply;

	pair_open(&p);
	for (int i = 1; i <= 3; i++) {
		session_seal_call(&p.a, 3, "body", 4, &call);
		assert_int_equal(call.order, i);
		assert_int_equal(session_check_call(&p.b, 3, &call), 0);
		session_seal_reply(&p.b, 3, call.order, "yes", 3, &reply);
		assert_int_equal(
		    session_check_reply(&p.a, 3, call.order, &reply), 0);
	}
}

/* What evote.x says, written down a second time, byte by byte. */
static void
macs_are_as_documented(void **state)
{
	static const unsigned char head[] = {0, 0, 0, 0, 3, /* call, APPEND */
	    0, 0, 0, 0, 0, 0, 0, 1};
	unsigned char greeting[256], mac[32], session_key[32];
	struct seal_part parts[2] = {{greeting, 0}, {"body", 4}};
	struct pair p;
	evote_sealed call;
	size_t n;

	pair_open(&p);
	n = sizeof("evote callee 1\0alpha\0beta");
	memcpy(greeting, "evote callee 1\0alpha\0beta", n);
	memcpy(greeting + n, p.args.nonce, 32);
	memcpy(greeting + n + 32, p.res.nonce, 32);
	memset(greeting + n + 64, 0, 4); /* EVOTE_NOT_REFUSED */
	parts[0].len = n + 68;
	seal_mac(mac, key, 32, parts, 1);
	assert_memory_equal(mac, p.res.mac, 32);

	n = sizeof("evote session 1\0alpha\0beta");
	memcpy(greeting, "evote session 1\0alpha\0beta", n);
	memcpy(greeting + n, p.args.nonce, 32);
	memcpy(greeting + n + 32, p.res.nonce, 32);
	parts[0].len = n + 64;
	seal_mac(session_key, key, 32, parts, 1);
	assert_memory_equal(session_key, p.a.key, 32);
	assert_memory_equal(session_key, p.b.key, 32);

	session_seal_call(&p.a, EVOTE_REPLICA_APPEND, "body", 4, &call);
	parts[0] = (struct seal_part){head, sizeof(head)};
	seal_mac(mac, session_key, 32, parts, 2);
	assert_memory_equal(mac, call.mac, 32);
}

static void
strangers_are_not_let_in(void **state)
{
	struct pair p;

	/* The callee has another key, or the caller has. */
	session_begin(&p.a, "alpha", "beta", &p.args);
	session_answer(&p.b, other_key, "beta", 1, &p.args, &p.res);
	assert_int_equal(session_accept(&p.a, key, &p.res), -1);
	session_begin(&p.a, "alpha", "beta", &p.args);
	session_answer(&p.b, key, "beta", 1, &p.args, &p.res);
	assert_int_equal(session_accept(&p.a, other_key, &p.res), -1);
}

/* Who is refused has proof of it, and may prove who it is. */
static void
a_refusal_is_proven(void **state)
{
	static const struct {
		const char *caller, *self;
		int listed;
		evote_refusal why;
	} cases[] = {
	    {"alpha", "gamma", 1, EVOTE_REFUSED_NOT_MEANT},
	    {"alpha", "alpha", 1, EVOTE_REFUSED_SAME_NAME},
	    {"beta", "beta", 1, EVOTE_REFUSED_SAME_NAME},
	    {"delta", "beta", 0, EVOTE_REFUSED_UNLISTED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		evote_open_res changed;
		struct pair p;

		session_begin(&p.a, cases[i].caller, "beta", &p.args);
		assert_int_equal(session_answer(&p.b, key, cases[i].self,
				     cases[i].listed, &p.args, &p.res),
		    cases[i].why);
		changed = p.res;
		changed.refusal = EVOTE_NOT_REFUSED;
		assert_int_equal(session_accept(&p.a, key, &changed), -1);
		changed.refusal = (evote_refusal)EVOTE_REFUSAL_NR;
		assert_int_equal(session_accept(&p.a, key, &changed), -1);
		assert_int_equal(session_accept(&p.a, key, &p.res), 0);
		assert_memory_equal(p.a.key, p.b.key, 32);
	}
}

static void
an_answer_serves_one_opening(void **state)
{
	struct pair p, q;
	evote_open_res changed;

	pair_open(&p);
	session_begin(&q.a, "alpha", "beta", &q.args);
	assert_int_equal(session_accept(&q.a, key, &p.res), -1);
	session_begin(&q.a, "alpha", "gamma", &q.args);
	session_answer(&q.b, key, "gamma", 1, &q.args, &q.res);
	changed = q.res;
	changed.nonce[31] ^= 1;
	assert_int_equal(session_accept(&q.a, key, &changed), -1);
	changed = q.res;
	changed.refusal = EVOTE_REFUSED_UNLISTED;
	assert_int_equal(session_accept(&q.a, key, &changed), -1);
	assert_int_equal(session_accept(&q.a, key, &q.res), 0);
}

/* "ab"+"c" and "a"+"bc" are different pairs of hosts. */
static void
names_do_not_run_together(void **state)
{
	struct pair p;

	session_begin(&p.a, "ab", "c", &p.args);
	session_answer(&p.b, key, "c", 1, &p.args, &p.res);
	strcpy(p.a.caller, "a");
	strcpy(p.a.callee, "bc");
	assert_int_equal(session_accept(&p.a, key, &p.res), -1);
}

static void
calls_come_once_and_in_order(void **state)
{
	struct pair p;
	evote_sealed first, second, third;

	pair_open(&p);
	session_seal_call(&p.a, 3, "one", 3, &first);
	session_seal_call(&p.a, 3, "two", 3, &second);
	session_seal_call(&p.a, 3, "three", 5, &third);
	assert_int_equal(session_check_call(&p.b, 3, &second), -1);
	assert_int_equal(session_check_call(&p.b, 3, &first), 0);
	assert_int_equal(session_check_call(&p.b, 3, &first), -1);
	assert_int_equal(session_check_call(&p.b, 3, &third), -1);
	/* None of these moved it on. */
	assert_int_equal(session_check_call(&p.b, 3, &second), 0);
	assert_int_equal(session_check_call(&p.b, 3, &third), 0);
}

/* Whoever does not know SIGN loses count of nothing. */
static void
sign_is_counted_apart(void **state)
{
	struct pair p;
	evote_sealed first, sign, again, second;

	pair_open(&p);
	session_seal_call(&p.a, EVOTE_REPLICA_CONFIRM, "one", 3, &first);
	session_seal_call(&p.a, EVOTE_REPLICA_SIGN, "sign", 4, &sign);
	session_seal_call(&p.a, EVOTE_REPLICA_CONFIRM, "two", 3, &second);
	session_seal_call(&p.a, EVOTE_REPLICA_SIGN, "again", 5, &again);
	assert_int_equal(
	    session_check_call(&p.b, EVOTE_REPLICA_CONFIRM, &first), 0);
	assert_int_equal(
	    session_check_call(&p.b, EVOTE_REPLICA_CONFIRM, &second), 0);
	assert_int_equal(
	    session_check_call(&p.b, EVOTE_REPLICA_SIGN, &again), -1);
	assert_int_equal(
	    session_check_call(&p.b, EVOTE_REPLICA_SIGN, &sign), 0);
	assert_int_equal(
	    session_check_call(&p.b, EVOTE_REPLICA_SIGN, &sign), -1);
	assert_int_equal(
	    session_check_call(&p.b, EVOTE_REPLICA_SIGN, &again), 0);
	assert_int_equal(
	    session_check_call(&p.b, EVOTE_REPLICA_CONFIRM, &sign), -1);
}

static void
nothing_can_be_changed(void **state)
{
	char body[] = "body";
	struct pair p;
	evote_sealed call, bad;

	pair_open(&p);
	session_seal_call(&p.a, 3, body, 4, &call);
	assert_int_equal(session_check_call(&p.b, 4, &call), -1);
	for (int i = 0; i < 32; i++) {
		bad = call;
		bad.mac[i] ^= 0x80;
		assert_int_equal(session_check_call(&p.b, 3, &bad), -1);
	}
	bad = call;
	bad.body.body_len--;
	assert_int_equal(session_check_call(&p.b, 3, &bad), -1);
	bad = call;
	bad.order = 2;
	assert_int_equal(session_check_call(&p.b, 3, &bad), -1);
	p.b.heard[0] = 1;
	assert_int_equal(session_check_call(&p.b, 3, &bad), -1);
	p.b.heard[0] = 0;
	body[0] ^= 1;
	assert_int_equal(session_check_call(&p.b, 3, &call), -1);
	body[0] ^= 1;
	assert_int_equal(session_check_call(&p.b, 3, &call), 0);
}

static void
sessions_do_not_mix(void **state)
{
	struct pair p, q;
	evote_sealed call;

	pair_open(&p);
	pair_open(&q);
	session_seal_call(&p.a, 3, "body", 4, &call);
	assert_int_equal(session_check_call(&q.b, 3, &call), -1);
	assert_int_equal(session_check_call(&p.b, 3, &call), 0);
}

static void
a_reply_belongs_to_its_call(void **state)
{
	struct pair p;
	evote_sealed call, again, reply;

	pair_open(&p);
	session_seal_call(&p.a, 3, "body", 4, &call);
	session_seal_call(&p.a, 3, "body", 4, &again);

	/* A reflected call is no reply, a reflected reply no call. */
	assert_int_equal(session_check_reply(&p.a, 3, 1, &call), -1);
	session_seal_reply(&p.b, 3, 1, "body", 4, &reply);
	assert_int_equal(session_check_call(&p.b, 3, &reply), -1);

	assert_int_equal(session_check_reply(&p.a, 3, 2, &reply), -1);
	assert_int_equal(session_check_reply(&p.a, 4, 1, &reply), -1);
	reply.order = 2;
	assert_int_equal(session_check_reply(&p.a, 3, 2, &reply), -1);
	reply.order = 1;
	assert_int_equal(session_check_reply(&p.a, 3, 1, &reply), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_ends_agree),
	    cmocka_unit_test(macs_are_as_documented),
	    cmocka_unit_test(strangers_are_not_let_in),
	    cmocka_unit_test(a_refusal_is_proven),
	    cmocka_unit_test(an_answer_serves_one_opening),
	    cmocka_unit_test(names_do_not_run_together),
	    cmocka_unit_test(calls_come_once_and_in_order),
	    cmocka_unit_test(sign_is_counted_apart),
	    cmocka_unit_test(nothing_can_be_changed),
	    cmocka_unit_test(sessions_do_not_mix),
	    cmocka_unit_test(a_reply_belongs_to_its_call),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
