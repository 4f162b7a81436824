/*
 * Signatures verified on threads: every verdict is right, and all come back in
 * the order in which they were submitted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/seal.h"
#include "common/workers.h"
#include "server/auth.h"

#define JOBS 600 /* more than any number of threads has room for */

static const unsigned char seed[SEAL_KEY] = "any";

struct item {
	struct auth_check check;
	int number;
	int good;
	int nothing;
};

static void
check_run(void *check)
{
	auth_check_run(check);
}

/* Every third signature is spoilt, every fifth job has nothing to verify. */
static struct item *
items_new(struct seal_key *signer)
{
	struct item *items = calloc(JOBS, sizeof(*items));

	assert_non_null(items);
	for (int i = 0; i < JOBS; i++) {
		struct item *it = &items[i];

		it->number = i;
		it->good = i % 3 != 0;
		it->nothing = i % 5 == 0;
		if (it->nothing)
			continue;
		it->check.len = 200;
		it->check.bytes = malloc(it->check.len);
		assert_non_null(it->check.bytes);
		memset(it->check.bytes, i, it->check.len);
		seal_key_public(signer, it->check.key);
		seal_key_sign(signer, it->check.signature, it->check.bytes,
		    it->check.len);
		it->check.signature[7] ^= !it->good;
	}
	return (items);
}

static void
items_free(struct item *items)
{
	for (int i = 0; i < JOBS; i++)
		auth_check_clear(&items[i].check);
	free(items);
}

static void
verified_in_order(void **state)
{
	struct seal_key *signer = seal_key_seed(seed);
	struct item *items = items_new(signer), *it;
	struct workers *w = workers_start(check_run);
	struct pollfd p = {.fd = workers_fd(w), .events = POLLIN};
	int sent = 0, back = 0;

	assert_true(workers_room(w));
	while (back < JOBS) {
		for (int burst = 0; burst < 37 && sent < JOBS; burst++) {
			it = &items[sent++];
			workers_submit(w, it->nothing ? NULL : &it->check, it);
		}
		while ((it = workers_next(w)) != NULL) {
			assert_int_equal(it->number, back++);
			if (!it->nothing)
				assert_int_equal(it->check.fits, it->good);
		}
		/* What is done later is announced. */
		if (back < sent)
			assert_int_equal(1, poll(&p, 1, 20000));
	}
	assert_true(workers_room(w));
	assert_null(workers_next(w));
	assert_int_equal(0, poll(&p, 1, 0)); /* or the loop would never rest */
	assert_null(workers_stop(w));
	items_free(items);
	seal_key_free(signer);
}

/* However few there are, the last one of them is announced. */
static void
few_announced(void **state)
{
	struct seal_key *signer = seal_key_seed(seed);
	struct item *items = items_new(signer);
	struct workers *w = workers_start(check_run);
	struct pollfd p = {.fd = workers_fd(w), .events = POLLIN};
	int sent = 0;

	for (int few = 1; few < 12; few++) {
		int back = 0;

		for (int i = 0; i < few; i++, sent++)
			workers_submit(w, &items[sent].check, &items[sent]);
		for (;;) {
			while (workers_next(w) != NULL)
				back++;
			if (back == few)
				break;
			assert_int_equal(1, poll(&p, 1, 5000));
		}
	}
	assert_null(workers_stop(w));
	items_free(items);
	seal_key_free(signer);
}

/* Stopped in the middle: whatever did not come back comes now, in order. */
static void
given_back_at_the_end(void **state)
{
	struct seal_key *signer = seal_key_seed(seed);
	struct item *items = items_new(signer), *it;
	struct workers *w = workers_start(check_run);
	int back = 0;

	for (int i = 0; i < JOBS; i++)
		workers_submit(w, &items[i].check, &items[i]);
	assert_false(workers_room(w));
	for (; back < 3; back += it != NULL)
		if ((it = workers_next(w)) != NULL)
			assert_int_equal(it->number, back);
	while ((it = workers_stop(w)) != NULL)
		assert_int_equal(it->number, back++);
	assert_int_equal(back, JOBS);
	assert_null(workers_stop(NULL));
	items_free(items);
	seal_key_free(signer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verified_in_order),
	    cmocka_unit_test(few_announced),
	    cmocka_unit_test(given_back_at_the_end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
