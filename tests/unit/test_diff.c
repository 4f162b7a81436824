/* A roll in a file against the one that stands, and what is drawn of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/progress.h"
#include "client/roll/csv.h"
#include "client/roll/diff.h"
#include "client/say.h"

static const struct roll_options shared = {.shared_keys = 1}, strict;

static evote_voter
voter(char *name, char *group, char key)
{
	evote_voter v = {.name = name, .group = group};

	memset(v.key, key, sizeof(v.key));
	return (v);
}

static void
test_changes(void **state)
{
	evote_voter file[] = {
	    voter("ada", "m", 1),
	    voter("bob", "m", 1),
	    voter("王大明", "m", 1),
	    voter("eve", "m", 1),
	    voter("fay", "m", 1),
	};
	const evote_voter roll[] = {
	    voter("ada", "m", 1),
	    voter("bob", "n", 1),
	    voter("王大明", "m", 2),
	    voter("eve", "n", 2),
	    voter("gil", "m", 1),
	    voter("ad", "m", 1),
	};
	const struct roll wanted = {.voters = file, .n = 5};
	struct diff *d = diff_new(&wanted, &shared, 0);
	size_t i;

	assert_non_null(d);
	for (i = 0; i < sizeof(roll) / sizeof(roll[0]); i++)
		diff_with(d, &roll[i]);
	assert_int_equal(CHANGE_NONE, diff_of(d, 0));
	assert_int_equal(CHANGE_GROUP, diff_of(d, 1));
	assert_int_equal(CHANGE_KEY, diff_of(d, 2));
	assert_int_equal(CHANGE_GROUP | CHANGE_KEY, diff_of(d, 3));
	assert_int_equal(CHANGE_ADD, diff_of(d, 4));
	assert_int_equal(2, d->not_in_file);
	diff_free(d);
}

/* A group that is new may be another one's misspelling: each is told once. */
static void
test_new_groups(void **state)
{
	evote_voter file[] = {
	    voter("ada", "members", 1),
	    voter("bob", "membres", 2),
	    voter("cy", "membres", 3),
	    voter("dave", "membrse", 4),
	    voter("eve", "guests", 5),
	};
	const evote_voter roll[] = {
	    voter("ada", "members", 1), voter("fay", "board", 6)};
	const struct roll wanted = {.voters = file, .n = 5};
	struct diff *d = diff_new(&wanted, &shared, 0);
	struct nearest near;
	uint32_t i = 0;

	assert_non_null(d);
	diff_with(d, &roll[0]);
	diff_with(d, &roll[1]);
	assert_string_equal("membres", diff_new_group(d, &i, &near));
	assert_string_equal(" (did you mean members?)", nearest_ask(&near));
	/* Not the other new one. */
	assert_string_equal("membrse", diff_new_group(d, &i, &near));
	assert_string_equal(" (did you mean members?)", nearest_ask(&near));
	assert_string_equal("guests", diff_new_group(d, &i, &near));
	assert_string_equal("", nearest_ask(&near));
	assert_null(diff_new_group(d, &i, &near));
	diff_free(d);
}

/* How many would be in each group after it, whoever stays, comes or goes. */
static void
test_group_sizes(void **state)
{
	evote_voter file[] = {voter("ada", "members", 1),
	    voter("bob", "Members", 2), voter("cy", "members", 3)};
	const evote_voter roll[] = {voter("bob", "board", 2),
	    voter("cy", "members", 3), voter("eve", "board", 4)};
	const struct roll wanted = {.voters = file, .n = 3};
	struct diff *d;

	for (int removes = 0; removes < 2; removes++) {
		d = diff_new(&wanted, &strict, removes);
		assert_non_null(d);
		for (size_t i = 0; i < 3; i++)
			diff_with(d, &roll[i]);
		assert_int_equal(2, groups_in(&d->will, "members"));
		assert_int_equal(1, groups_in(&d->will, "Members"));
		assert_int_equal(!removes, groups_in(&d->will, "board"));
		diff_free(d);
	}
}

/* A name in another case is most often one person's second vote. */
static void
test_alike_names(void **state)
{
	evote_voter file[] = {voter("Anna Schmidt", "m", 1),
	    voter("bob", "m", 2), voter("Eve", "m", 3), voter("eve", "m", 4)};
	const evote_voter roll[] = {voter("anna schmidt", "m", 9),
	    voter("bob", "m", 2), voter("BOB", "m", 8)};
	const struct roll_options takes = {.alike_names = 1};
	const struct roll wanted = {.voters = file, .n = 4};
	struct diff *d;

	for (int how = 0; how < 3; how++) {
		d = diff_new(&wanted, how == 1 ? &takes : &strict, how == 2);
		assert_non_null(d);
		for (size_t i = 0; i < 3; i++)
			diff_with(d, &roll[i]);
		assert_int_equal(
		    how == 0 ? CHANGE_ALIKE : CHANGE_ADD, diff_of(d, 0));
		if (how == 0)
			assert_string_equal("anna schmidt", diff_holder(d, 0));
		/* Both are there already. */
		assert_int_equal(CHANGE_NONE, diff_of(d, 1));
		assert_int_equal(CHANGE_ADD, diff_of(d, 2));
		assert_int_equal(how == 0, diff_count(d, CHANGE_ALIKE));
		diff_free(d);
	}
}

/* Who would come with the key of somebody who is there. */
static void
test_shared_keys(void **state)
{
	evote_voter file[] = {
	    voter("ada", "m", 1), voter("eve", "m", 2), voter("fay", "m", 3)};
	const evote_voter roll[] = {voter("ada", "m", 1), voter("eva", "m", 2)};
	const struct roll wanted = {.voters = file, .n = 3};
	struct diff *d;

	for (int shared_keys = 0; shared_keys < 2; shared_keys++) {
		d = diff_new(&wanted, shared_keys ? &shared : &strict, 0);
		assert_non_null(d);
		diff_with(d, &roll[0]);
		diff_with(d, &roll[1]);
		assert_int_equal(CHANGE_NONE, diff_of(d, 0));
		assert_int_equal(
		    shared_keys ? CHANGE_ADD : CHANGE_SHARED, diff_of(d, 1));
		if (!shared_keys)
			assert_string_equal("eva", diff_holder(d, 1));
		assert_int_equal(CHANGE_ADD, diff_of(d, 2));
		diff_free(d);
	}
}

/* Who leaves gives a key away; whoever stays, with --update too, does not. */
static void
test_update_and_removal(void **state)
{
	evote_voter file[] = {
	    voter("anna", "m", 1), voter("bob", "m", 5), voter("cy", "n", 3)};
	const evote_voter roll[] = {voter("ada", "x", 1), voter("bob", "m", 2),
	    voter("cy", "m", 3), voter("eve", "m", 4)};
	const struct roll wanted = {.voters = file, .n = 3};
	struct diff *d;

	for (int removes = 0; removes < 2; removes++) {
		d = diff_new(&wanted, &strict, removes);
		assert_non_null(d);
		for (size_t i = 0; i < 4; i++)
			diff_with(d, &roll[i]);
		assert_int_equal(
		    removes ? CHANGE_ADD : CHANGE_SHARED, diff_of(d, 0));
		assert_int_equal(CHANGE_KEY, diff_of(d, 1));
		assert_int_equal(CHANGE_GROUP, diff_of(d, 2));
		assert_string_equal("m", diff_group(d, 2));
		assert_int_equal(4, d->on_roll);
		assert_int_equal(2, d->not_in_file);
		if (removes) {
			assert_string_equal("ada", d->missing[0].name);
			assert_string_equal("x", d->missing[0].group);
			assert_string_equal("eve", d->missing[1].name);
		}
		assert_int_equal(removes ? 1 : 0, diff_count(d, CHANGE_ADD));
		assert_int_equal(2, diff_count(d, CHANGE_GROUP | CHANGE_KEY));
		assert_int_equal(0, diff_count(d, CHANGE_NONE));
		diff_free(d);
	}
}

/* Who gets the key of one who leaves, or of one who gets another. */
static void
test_keys_passed(void **state)
{
	evote_voter file[] = {voter("anna", "m", 1), voter("bob", "m", 3),
	    voter("cy", "m", 2), voter("dee", "m", 5), voter("eve", "m", 6)};
	const evote_voter roll[] = {voter("ada", "m", 1), voter("bob", "m", 2),
	    voter("cy", "m", 3), voter("eve", "n", 6), voter("fay", "m", 6)};
	const struct roll wanted = {.voters = file, .n = 5};
	struct diff *d = diff_new(&wanted, &strict, 1);

	assert_non_null(d);
	for (size_t i = 0; i < 5; i++)
		diff_with(d, &roll[i]);
	assert_int_equal(CHANGE_ADD, diff_of(d, 0));
	assert_string_equal("ada", diff_former(d, 0));
	assert_int_equal(DIFF_NONE, diff_giver(d, 0));
	/* They swap. */
	assert_int_equal(CHANGE_KEY, diff_of(d, 1));
	assert_string_equal("cy", diff_former(d, 1));
	assert_int_equal(2, diff_giver(d, 1));
	assert_int_equal(CHANGE_KEY, diff_of(d, 2));
	assert_int_equal(1, diff_giver(d, 2));
	assert_null(diff_former(d, 3));
	/* She shared it, and goes on with it. */
	assert_int_equal(CHANGE_GROUP, diff_of(d, 4));
	assert_null(diff_former(d, 4));
	assert_int_equal(DIFF_NONE, diff_giver(d, 4));
	diff_free(d);
}

/* A changed key that somebody holds, and keeps. */
static void
test_key_taken(void **state)
{
	evote_voter file[] = {voter("ada", "m", 2)};
	const evote_voter roll[] = {voter("bob", "m", 2), voter("ada", "m", 1)};
	const struct roll wanted = {.voters = file, .n = 1};

	for (int removes = 0; removes < 2; removes++) {
		struct diff *d = diff_new(&wanted, &strict, removes);

		assert_non_null(d);
		diff_with(d, &roll[0]);
		diff_with(d, &roll[1]);
		assert_int_equal(
		    removes ? CHANGE_KEY : CHANGE_SHARED, diff_of(d, 0));
		diff_free(d);
	}
}

static void
test_csv_field(const char *text, const char *written)
{
	char field[CSV_FIELD];

	csv_write(field, sizeof(field), text);
	assert_string_equal(written, field);
}

/* What is written is read again as it was. */
static void
test_csv_write(void **state)
{
	static const char *const texts[] = {
	    "ada", "=1", "'=1", "''+", "'", "'a", "＝", "say \"ada\"", "a, b"};
	char text[CSV_FIELD], field[CSV_FIELD], err[200];
	struct csv_row row;
	struct csv csv;

	test_csv_field("ada", "\"ada\"");
	test_csv_field("=1", "\"'=1\"");
	test_csv_field("'=1", "\"''=1\"");
	test_csv_field("'a", "\"'a\"");
	test_csv_field("a\"b", "\"a\"\"b\"");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		csv_write(field, sizeof(field), texts[i]);
		snprintf(text, sizeof(text), "%s", field);
		assert_int_equal(
		    0, csv_open(&csv, text, strlen(text), err, sizeof(err)));
		assert_int_equal(1, csv_next(&csv, &row, err, sizeof(err)));
		assert_string_equal(texts[i], csv_plain(row.fields[0]));
	}
	memset(text, '"', CSV_TEXT_MAX);
	text[CSV_TEXT_MAX] = '\0';
	csv_write(field, sizeof(field), text);
	assert_int_equal(2 * CSV_TEXT_MAX + 2, strlen(field));
}

static void
test_empty(void **state)
{
	const evote_voter ada = voter("ada", "m", 1);
	const struct roll none = {0};
	struct diff *d = diff_new(&none, &strict, 0);

	assert_non_null(d);
	diff_with(d, &ada);
	assert_int_equal(1, d->not_in_file);
	diff_free(d);
	diff_free(NULL);
}

static void
check_bar(uint64_t done, uint64_t total, const char *expected)
{
	char bar[PROGRESS_BAR];

	progress_bar(bar, done, total);
	assert_string_equal(expected, bar);
}

static void
test_bar(void **state)
{
	check_bar(0, 10, "[------------------------------]   0 %");
	check_bar(5, 10, "[###############---------------]  50 %");
	check_bar(999, 1000, "[#############################-]  99 %");
	check_bar(10, 10, "[##############################] 100 %");
	check_bar(20, 10, "[##############################] 100 %");
	check_bar(0, 0, "[##############################] 100 %");
}

static void
test_pad(void **state)
{
	char out[40];

	say_pad(out, sizeof(out), "ada", 8);
	assert_string_equal("ada     ", out);
	say_pad(out, sizeof(out), "王大明", 8);
	assert_string_equal("王大明  ", out);
	say_pad(out, sizeof(out), "too long", 4);
	assert_string_equal("too long", out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_new_groups),
	    cmocka_unit_test(test_group_sizes),
	    cmocka_unit_test(test_alike_names),
	    cmocka_unit_test(test_shared_keys),
	    cmocka_unit_test(test_update_and_removal),
	    cmocka_unit_test(test_keys_passed),
	    cmocka_unit_test(test_key_taken),
	    cmocka_unit_test(test_csv_write),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_bar),
	    cmocka_unit_test(test_pad),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
