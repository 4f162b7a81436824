/*
 * The configuration as a value: copies are deep, lists keep to their bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/record.h"
#include "replica/core/config.h"

static const incarnation ids[EVOTE_HOSTS_MAX + 2] = {
    {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}, {10}};
static const char *const names[] = {"alpha", "beta", "gamma"};

/* Alpha and beta in sync, alpha the primary, gamma barred. */
static evote_config
sample(void)
{
	evote_config none = {.epoch = 7, .forced_epoch = 5}, k;

	config_copy(&k, &none);
	memcpy(k.primary, ids[0], sizeof(k.primary));
	config_add(&k, "alpha", ids[0]);
	config_add(&k, "beta", ids[1]);
	config_bar(&k, "gamma", ids[2]);
	for (int i = 0; i < 3; i++)
		config_host_add(&k, names[i], "10.0.0.1:17001");
	k.end.size = 99;
	config_arbiter(&k, EVOTE_ARBITER_WITNESS, "gamma=g:111");
	return (k);
}

/* Its bytes, which name everything in it; to be freed. */
static unsigned char *
bytes_of(const evote_config *k, long *len)
{
	unsigned char *bytes;

	*len = xdr_to_bytes((xdrproc_t)xdr_evote_config, k, &bytes);
	assert_true(*len > 0);
	return (bytes);
}

static void
a_copy_is_equal_and_apart(void **state)
{
	evote_config a = sample(), b;
	unsigned char *before, *after, *copied;
	long before_len, after_len, copied_len;

	config_copy(&b, &a);
	before = bytes_of(&a, &before_len);
	copied = bytes_of(&b, &copied_len);
	assert_int_equal(before_len, copied_len);
	assert_memory_equal(before, copied, (size_t)before_len);

	/* Whatever becomes of the copy. */
	config_remove(&b, ids[0]);
	config_bar(&b, "alpha", ids[0]);
	b.in_sync.in_sync_val[0].name[0] = 'X';
	b.hosts.hosts_val[0].name[0] = 'X';
	config_host_remove(&b, names[1]);
	config_arbiter(&b, EVOTE_ARBITER_NONE, "");
	config_clear(&b);
	after = bytes_of(&a, &after_len);
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, (size_t)before_len);
	config_clear(&a);
	free(before);
	free(after);
	free(copied);
}

/* What came off the wire has just as much room as it needs. */
static void
a_copy_of_a_decoded_one_has_room(void **state)
{
	evote_config a = sample(), wire = {.epoch = 0}, b;
	unsigned char *bytes;
	long len;

	bytes = bytes_of(&a, &len);
	assert_int_equal(xdr_from_bytes((xdrproc_t)xdr_evote_config, &wire,
			     bytes, (size_t)len),
	    0);
	config_copy(&b, &wire);
	xdr_free((xdrproc_t)xdr_evote_config, &wire);
	for (int i = 2; i < EVOTE_HOSTS_MAX; i++)
		config_add(&b, "more", ids[i]);
	assert_int_equal(b.in_sync.in_sync_len, EVOTE_HOSTS_MAX);
	assert_string_equal(config_name(&b, ids[0]), "alpha");
	config_clear(&b);
	config_clear(&a);
	free(bytes);
}

static void
a_cleared_one_is_empty(void **state)
{
	static const evote_config none;
	evote_config k = sample();

	config_clear(&k);
	assert_memory_equal(&k, &none, sizeof(k));
	config_clear(&k);
}

static void
ids_are_compared_whole(void **state)
{
	incarnation a = {0}, b = {0};

	assert_true(config_id_zero(a));
	assert_true(config_id_equal(a, b));
	for (size_t i = 0; i < sizeof(a); i++) {
		a[i] = 0x80;
		assert_false(config_id_zero(a));
		assert_false(config_id_equal(a, b));
		a[i] = 0;
	}
}

static void
members_are_found_by_incarnation(void **state)
{
	evote_config k = sample();

	assert_int_equal(config_in_sync(&k, ids[0]), 0);
	assert_int_equal(config_in_sync(&k, ids[1]), 1);
	assert_int_equal(config_in_sync(&k, ids[2]), -1);
	assert_string_equal(config_name(&k, ids[1]), "beta");
	assert_string_equal(config_name(&k, ids[2]), "");
	assert_true(config_barred(&k, ids[2]));
	assert_false(config_barred(&k, ids[0]));
	config_clear(&k);
}

static void
alone_is_who_is_left(void **state)
{
	evote_config k = sample();

	assert_false(config_alone(&k, ids[0]));
	config_remove(&k, ids[0]);
	assert_int_equal(config_in_sync(&k, ids[0]), -1);
	assert_int_equal(config_in_sync(&k, ids[1]), 0);
	assert_true(config_alone(&k, ids[1]));
	assert_false(config_alone(&k, ids[0]));
	config_remove(&k, ids[0]); /* not there any more */
	config_remove(&k, ids[1]);
	assert_int_equal(k.in_sync.in_sync_len, 0);
	assert_false(config_alone(&k, ids[1]));
	config_clear(&k);
}

static void
a_member_stands_there_once(void **state)
{
	evote_config k = sample();

	config_add(&k, "renamed", ids[0]);
	assert_int_equal(k.in_sync.in_sync_len, 2);
	assert_string_equal(config_name(&k, ids[0]), "renamed");
	assert_string_equal(config_name(&k, ids[1]), "beta");
	config_clear(&k);
}

static void
the_oldest_barred_gives_way(void **state)
{
	evote_config k = sample(); /* it bars ids[2] */

	for (int i = 3; i < EVOTE_HOSTS_MAX + 2; i++)
		config_bar(&k, "more", ids[i]);
	assert_int_equal(k.barred.barred_len, EVOTE_HOSTS_MAX);
	assert_true(config_barred(&k, ids[2]));
	config_bar(&k, "last", ids[0]);
	assert_int_equal(k.barred.barred_len, EVOTE_HOSTS_MAX);
	assert_false(config_barred(&k, ids[2]));
	for (int i = 3; i < EVOTE_HOSTS_MAX + 2; i++)
		assert_true(config_barred(&k, ids[i]));
	assert_true(config_barred(&k, ids[0]));
	config_clear(&k);
}

/* The names, with their numbers, as they stand there. */
static void
assert_hosts(const evote_config *k, const char *want)
{
	char got[256] = "";

	for (u_int i = 0; i < k->hosts.hosts_len; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s%s %u", i == 0 ? "" : ", ", k->hosts.hosts_val[i].name,
		    k->hosts.hosts_val[i].number);
	assert_string_equal(got, want);
}

/* What numbers a host's epochs is its own, whatever becomes of the others. */
static void
a_number_is_a_host_s_as_long_as_it_is_one(void **state)
{
	const char *const order[] = {"delta", "gamma", "nobody"};
	evote_config k = sample();

	assert_hosts(&k, "alpha 0, beta 1, gamma 2");
	config_prefer(&k, order, 3);
	assert_hosts(&k, "gamma 2, alpha 0, beta 1");
	config_host_remove(&k, "alpha");
	config_host_remove(&k, "alpha");
	assert_hosts(&k, "gamma 2, beta 1");
	config_host_add(&k, "delta", "10.0.0.4");
	assert_hosts(&k, "gamma 2, beta 1, delta 0");
	config_prefer(&k, order, 2);
	assert_hosts(&k, "delta 0, gamma 2, beta 1");
	config_host_add(&k, "beta", "10.0.0.9:1");
	assert_hosts(&k, "delta 0, gamma 2, beta 1");
	assert_string_equal(config_host(&k, "beta")->address, "10.0.0.9:1");
	config_clear(&k);
}

static void
who_is_leaving_is_no_host_once_it_is_out_of_the_set(void **state)
{
	evote_config k = sample();

	assert_true(config_listed(&k, "beta"));
	config_host(&k, "beta")->leaving = 1;
	assert_false(config_listed(&k, "beta"));
	assert_false(config_listed(&k, "nobody"));
	config_remove(&k, ids[0]);
	config_remove(&k, ids[1]);
	assert_hosts(&k, "alpha 0, gamma 2");
	config_clear(&k);
}

static void
what_no_host_could_have_made_is_noticed(void **state)
{
	evote_config k = sample();
	evote_listed *h = k.hosts.hosts_val;

	assert_true(config_known(&k));
	h[2].number = 1;
	assert_false(config_known(&k));
	h[2].number = EVOTE_HOSTS_MAX;
	assert_false(config_known(&k));
	h[2].number = 2;
	h[2].name[0] = '\0';
	assert_false(config_known(&k));
	strcpy(h[2].name, "beta");
	assert_false(config_known(&k));
	strcpy(h[2].name, "g");
	assert_true(config_known(&k));
	k.arbiter.kind = (evote_arbiter_kind)3;
	assert_false(config_known(&k));
	config_clear(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_copy_is_equal_and_apart),
	    cmocka_unit_test(a_copy_of_a_decoded_one_has_room),
	    cmocka_unit_test(a_cleared_one_is_empty),
	    cmocka_unit_test(ids_are_compared_whole),
	    cmocka_unit_test(members_are_found_by_incarnation),
	    cmocka_unit_test(alone_is_who_is_left),
	    cmocka_unit_test(a_member_stands_there_once),
	    cmocka_unit_test(the_oldest_barred_gives_way),
	    cmocka_unit_test(a_number_is_a_host_s_as_long_as_it_is_one),
	    cmocka_unit_test(
		who_is_leaving_is_no_host_once_it_is_out_of_the_set),
	    cmocka_unit_test(what_no_host_could_have_made_is_noticed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
