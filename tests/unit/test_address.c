/*
 * Addresses given as numbers, and a resolver that is asked and not waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/rpc/address.h"

#define PATIENCE_MS 5000

static const struct address none[ADDRESS_MAX];

static void
numbers_need_no_resolver(void **state)
{
	struct address found[ADDRESS_MAX];
	struct sockaddr_in *v4 = (struct sockaddr_in *)&found[0].sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&found[0].sa;

	memset(found, 0xff, sizeof(found));
	assert_int_equal(address_numeric("192.0.2.7", found), 1);
	assert_int_equal(found[0].len, sizeof(*v4));
	assert_int_equal(v4->sin_family, AF_INET);
	assert_int_equal(ntohl(v4->sin_addr.s_addr), 0xc0000207);
	assert_memory_equal(&found[1], none, sizeof(found) - sizeof(*found));

	assert_int_equal(address_numeric("2001:db8::7", found), 1);
	assert_int_equal(found[0].len, sizeof(*v6));
	assert_int_equal(v6->sin6_family, AF_INET6);
	assert_int_equal(v6->sin6_addr.s6_addr[15], 7);
}

/* Two answers can be compared by their bytes. */
static void
what_is_not_used_is_zero(void **state)
{
	struct address a[ADDRESS_MAX], b[ADDRESS_MAX];

	memset(a, 0xff, sizeof(a));
	memset(b, 0x55, sizeof(b));
	address_numeric("192.0.2.7", a);
	address_numeric("192.0.2.7", b);
	assert_memory_equal(a, b, sizeof(a));
	address_numeric("192.0.2.8", b);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void
names_are_no_numbers(void **state)
{
	static const char *const names[] = {
	    "localhost", "", "192.0.2", "192.0.2.7.example", "2001:db8::g"};
	struct address found[ADDRESS_MAX];

	/* "192.0.2" is one, the old way: 192.0.0.2. */
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		memset(found, 0xff, sizeof(found));
		assert_int_equal(address_numeric(names[i], found), i == 2);
		if (i != 2)
			assert_memory_equal(found, none, sizeof(found));
	}
}

static void
a_port_is_put_in(void **state)
{
	struct address found[ADDRESS_MAX], before;
	struct sockaddr_storage sa;

	address_numeric("192.0.2.7", found);
	before = found[0];
	assert_int_equal(
	    address_port(&found[0], 40000, &sa), sizeof(struct sockaddr_in));
	assert_int_equal(ntohs(((struct sockaddr_in *)&sa)->sin_port), 40000);
	assert_memory_equal(&found[0], &before, sizeof(before));
	((struct sockaddr_in *)&sa)->sin_port = 0;
	assert_memory_equal(&sa, &before.sa, sizeof(sa));

	address_numeric("::1", found);
	assert_int_equal(
	    address_port(&found[0], 111, &sa), sizeof(struct sockaddr_in6));
	assert_int_equal(ntohs(((struct sockaddr_in6 *)&sa)->sin6_port), 111);
}

/* Asks, waits and reads the answer. */
static int
asked(const char *host, struct address out[ADDRESS_MAX])
{
	struct pollfd p = {.fd = address_ask(host), .events = POLLIN};
	int n;

	assert_true(p.fd >= 0);
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	n = address_answer(p.fd, out);
	close(p.fd);
	return (n);
}

static void
the_answer_comes_through_a_socket(void **state)
{
	struct address found[ADDRESS_MAX], number[ADDRESS_MAX];
	sigset_t before, after;

	pthread_sigmask(SIG_BLOCK, NULL, &before);
	memset(found, 0xff, sizeof(found));
	assert_int_equal(asked("192.0.2.7", found), 1);
	address_numeric("192.0.2.7", number);
	assert_memory_equal(found, number, sizeof(found));
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		assert_int_equal(
		    sigismember(&before, sig), sigismember(&after, sig));

	assert_true(asked("localhost", found) >= 1);
	assert_true(found[0].len > 0);
}

static void
nothing_found_is_an_answer(void **state)
{
	struct address found[ADDRESS_MAX];

	memset(found, 0xff, sizeof(found));
	assert_int_equal(asked("two..dots", found), -1);
	assert_memory_equal(found, none, sizeof(found));
}

/* Whoever asked has gone away; that ends nobody. */
static void
a_question_may_be_given_up(void **state)
{
	struct address found[ADDRESS_MAX];

	for (int i = 0; i < 20; i++)
		close(address_ask("192.0.2.7"));
	assert_int_equal(asked("192.0.2.7", found), 1);
}

/* Before the answer is there, there is none, and nobody waits. */
static void
an_early_look_finds_nothing(void **state)
{
	struct address found[ADDRESS_MAX];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	memset(found, 0xff, sizeof(found));
	alarm(PATIENCE_MS / 1000);
	assert_int_equal(address_answer(pair[0], found), 0);
	alarm(0);
	assert_memory_equal(found, none, sizeof(found));
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_need_no_resolver),
	    cmocka_unit_test(what_is_not_used_is_zero),
	    cmocka_unit_test(names_are_no_numbers),
	    cmocka_unit_test(a_port_is_put_in),
	    cmocka_unit_test(the_answer_comes_through_a_socket),
	    cmocka_unit_test(nothing_found_is_an_answer),
	    cmocka_unit_test(a_question_may_be_given_up),
	    cmocka_unit_test(an_early_look_finds_nothing),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
