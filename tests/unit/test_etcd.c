/*
 * What is asked of etcd, and what its answers are taken for: recorded ones of
 * etcd 3.4, and damaged ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "replica/arbiter/etcd.h"
#include "replica/arbiter/etcd_txn.h"
#include "replica/core/config.h"

#define KEY	"evote/k"
#define KEY_B64 "ZXZvdGUvaw=="
#define HEADER                                                       \
	"{\"cluster_id\":\"14841639068965178418\","                  \
	"\"member_id\":\"10276657743932975437\",\"revision\":\"2\"," \
	"\"raft_term\":\"2\"}"
#define EMPTY                                                       \
	"{\"header\":" HEADER ",\"succeeded\":true,\"responses\":[" \
	"{\"response_range\":{\"header\":{\"revision\":\"1\"}}}]}"
#define PUT                                                         \
	"{\"header\":" HEADER ",\"succeeded\":true,\"responses\":[" \
	"{\"response_put\":{\"header\":{\"revision\":\"2\"}}}]}"
#define HELD                                                         \
	"{\"header\":" HEADER ",\"responses\":[{\"response_range\":" \
	"{\"header\":{\"revision\":\"2\"},\"kvs\":[{\"key\":\"%s\"," \
	"\"create_revision\":\"2\",\"mod_revision\":\"%s\","         \
	"\"version\":\"1\",\"value\":\"%s\"}],\"count\":\"1\"}}]}"

#define RANGE(what) "{\"responses\":[{\"response_range\":" what "}]}"

static const unsigned char secret[32] = {1}, other_secret[32] = {2};

static evote_config
some_k(void)
{
	evote_config none = {.epoch = 11}, k;
	char id[16] = {1};

	config_copy(&k, &none);
	memset(k.cluster, 7, sizeof(k.cluster));
	config_add(&k, "alpha", id);
	config_arbiter(&k, EVOTE_ARBITER_ETCD, "http://e:2379 " KEY);
	return (k);
}

static cJSON *
at(const cJSON *root, const char *list, const char *name)
{
	return (cJSON_GetObjectItemCaseSensitive(
	    cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, list), 0),
	    name));
}

static const char *
word(const cJSON *of, const char *name)
{
	const char *s =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(of, name));

	return (s == NULL ? "" : s);
}

/* The swap of some_k at that revision, parsed. */
static cJSON *
swap_made(int64_t revision)
{
	evote_config k = some_k();
	char *text = etcd_txn_swap(secret, KEY, revision, &k);
	cJSON *root = cJSON_Parse(text);

	assert_non_null(root);
	free(text);
	config_clear(&k);
	return (root);
}

/* What etcd would answer that holds some_k. */
static char *
holds(const char *key, const char *revision)
{
	cJSON *root = swap_made(1);
	const char *value = word(at(root, "success", "request_put"), "value");
	char *text;

	assert_true(asprintf(&text, HELD, key, revision, value) > 0);
	cJSON_Delete(root);
	return (text);
}

static int
understood(const unsigned char key[32], const char *text, size_t len)
{
	struct etcd_held held = {.revision = -1};
	char *exact = malloc(len + 1);
	int rc;

	/* To the byte, so that reading on is found. */
	memcpy(exact, text, len);
	exact = realloc(exact, len == 0 ? 1 : len);
	rc = etcd_txn_answer(key, KEY, exact, len, &held);
	if (rc == -1)
		assert_int_equal(held.revision, -1);
	else
		config_clear(&held.k);
	free(exact);
	return (rc == -1 ? -1 : (int)held.what);
}

static void
a_swap_compares_the_revision_and_else_reads(void **state)
{
	cJSON *root = swap_made(9007199254740993);
	const cJSON *compare = cJSON_GetArrayItem(
	    cJSON_GetObjectItemCaseSensitive(root, "compare"), 0);

	assert_string_equal(word(compare, "key"), KEY_B64);
	assert_string_equal(word(compare, "target"), "MOD");
	assert_string_equal(word(compare, "result"), "EQUAL");
	assert_string_equal(word(compare, "mod_revision"), "9007199254740993");
	assert_string_equal(
	    word(at(root, "success", "request_put"), "key"), KEY_B64);
	assert_string_equal(
	    word(at(root, "failure", "request_range"), "key"), KEY_B64);
	cJSON_Delete(root);
}

static void
a_reading_is_linearizable(void **state)
{
	char *text = etcd_txn_read(KEY);

	assert_string_equal(text,
	    "{\"success\":[{\"request_range\":{\"key\":\"" KEY_B64 "\"}}]}");
	free(text);
}

static void
what_was_put_is_read(void **state)
{
	char *text = holds(KEY_B64, "9007199254740993");
	struct etcd_held held;

	assert_int_equal(
	    etcd_txn_answer(secret, KEY, text, strlen(text), &held), 0);
	assert_int_equal(held.what, ETCD_HOLDS);
	assert_true(held.revision == 9007199254740993);
	assert_int_equal(held.k.epoch, 11);
	assert_string_equal(held.k.arbiter.where, "http://e:2379 " KEY);
	config_clear(&held.k);
	free(text);
}

/* R: with our MAC, and of an arbiter that only another version knows. */
static void
a_k_with_an_unknown_arbiter_is_not_read(void **state)
{
	evote_config k = some_k();
	char *swap, *text;
	cJSON *root;

	k.arbiter.kind = 99;
	swap = etcd_txn_swap(secret, KEY, 1, &k);
	root = cJSON_Parse(swap);
	assert_true(asprintf(&text, HELD, KEY_B64, "2",
			word(at(root, "success", "request_put"), "value")) > 0);
	assert_int_equal(understood(secret, text, strlen(text)), -1);
	free(text);
	cJSON_Delete(root);
	free(swap);
	config_clear(&k);
}

static void
recorded_answers_are_understood(void **state)
{
	assert_int_equal(understood(secret, EMPTY, strlen(EMPTY)), ETCD_EMPTY);
	assert_int_equal(understood(secret, PUT, strlen(PUT)), ETCD_SWAPPED);
}

static void
other_keys_and_strangers_are_refused(void **state)
{
	char *good = holds(KEY_B64, "2"), *other = holds("ZXZvdGUvag==", "2");

	assert_int_equal(understood(secret, good, strlen(good)), ETCD_HOLDS);
	assert_int_equal(understood(other_secret, good, strlen(good)), -1);
	assert_int_equal(understood(secret, other, strlen(other)), -1);
	free(good);
	free(other);
}

static void
odd_answers_are_refused(void **state)
{
	static const char *const odd[] = {"", "{}", "null", "[]", "0",
	    "{\"responses\":[]}", "{\"responses\":[{}]}",
	    "{\"responses\":[{},{}]}", "{\"responses\":{}}", RANGE("{}"),
	    RANGE("{\"header\":{},\"kvs\":[]}"),
	    RANGE("{\"header\":{},\"kvs\":[1]}"), RANGE("{\"kvs\":[]}"),
	    "{\"responses\":[{\"response_put\":{}}]}",
	    "{\"error\":\"etcdserver: request timed out\",\"code\":14}"};
	static const char *const revisions[] = {
	    "", "0", "-1", "x", "2x", "99999999999999999999"};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_int_equal(
		    understood(secret, odd[i], strlen(odd[i])), -1);
	for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
		char *text = holds(KEY_B64, revisions[i]);

		assert_int_equal(understood(secret, text, strlen(text)), -1);
		free(text);
	}
}

/* One key was asked about: of two nobody knows which is meant. */
static void
two_keys_are_refused(void **state)
{
	char *text = holds(KEY_B64, "2"), *twice;
	char *kv = strchr(strstr(text, "kvs"), '{');
	int len = (int)(strchr(kv, '}') + 1 - kv);

	assert_true(
	    asprintf(&twice, "%.*s,%s", (int)(kv - text) + len, text, kv) > 0);
	assert_int_equal(understood(secret, text, strlen(text)), ETCD_HOLDS);
	assert_int_equal(understood(secret, twice, strlen(twice)), -1);
	free(twice);
	free(text);
}

/* Cut anywhere, it is no answer; with any byte changed it is never another
 * configuration.
 */
static void
damaged_answers_are_refused(void **state)
{
	char *text = holds(KEY_B64, "2");
	size_t len = strlen(text);
	struct etcd_held held;

	for (size_t i = 0; i < len; i++)
		assert_int_equal(understood(secret, text, i), -1);
	for (size_t i = 0; i < len; i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		if (etcd_txn_answer(secret, KEY, text, len, &held) == 0) {
			if (held.what == ETCD_HOLDS)
				assert_int_equal(held.k.epoch, 11);
			assert_int_not_equal(held.what, ETCD_SWAPPED);
			config_clear(&held.k);
		}
		text[i] = was;
	}
	free(text);
}

static int
named(const char *where, char *full)
{
	char cluster[16] = {0x0a}, err[256] = "";
	int rc = etcd_where(where, cluster, full, err, sizeof(err));

	assert_int_equal(rc == -1, err[0] != '\0');
	return (rc);
}

static void
a_place_is_completed_or_refused(void **state)
{
	char full[EVOTE_TEXT_MAX + 1], again[EVOTE_TEXT_MAX + 1];
	char endless[EVOTE_TEXT_MAX + 1] = "http://a:1 ";

	assert_int_equal(named("http://a:1,https://b:2", full), 0);
	assert_string_equal(full,
	    "http://a:1,https://b:2 evote/0a000000000000000000000000000000");
	assert_int_equal(named(full, again), 0);
	assert_string_equal(full, again);
	assert_int_equal(named("http://[::1]:1/ my/key", full), 0);
	memset(endless + 11, 'k', sizeof(endless) - 12);
	assert_int_equal(named(endless, full), -1);
	assert_int_equal(named("", full), -1);
	assert_int_equal(named("a:1", full), -1);
	assert_int_equal(named("file:///etc/passwd", full), -1);
	assert_int_equal(named("http://a:1,", full), -1);
	assert_int_equal(named("http://a:1 two keys", full), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_swap_compares_the_revision_and_else_reads),
	    cmocka_unit_test(a_reading_is_linearizable),
	    cmocka_unit_test(what_was_put_is_read),
	    cmocka_unit_test(a_k_with_an_unknown_arbiter_is_not_read),
	    cmocka_unit_test(recorded_answers_are_understood),
	    cmocka_unit_test(other_keys_and_strangers_are_refused),
	    cmocka_unit_test(odd_answers_are_refused),
	    cmocka_unit_test(two_keys_are_refused),
	    cmocka_unit_test(damaged_answers_are_refused),
	    cmocka_unit_test(a_place_is_completed_or_refused),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
