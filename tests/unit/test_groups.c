/* The groups of a roll: their sizes, and which may be meant as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "client/roll/groups.h"
#include "common/nearest.h"

static void
add(struct groups *gs, const char *name, int voters)
{
	while (voters-- > 0)
		groups_add(gs, name);
}

static void
test_sizes(void **state)
{
	struct groups gs = {0};

	add(&gs, "members", 3);
	add(&gs, "board", 1);
	add(&gs, "members", 1);
	assert_int_equal(4, groups_in(&gs, "members"));
	assert_int_equal(1, groups_in(&gs, "board"));
	assert_int_equal(0, groups_in(&gs, "Members"));
	groups_clear(&gs);
}

static void
test_alike(void **state)
{
	struct groups gs = {0};
	struct group *at;
	char out[100];

	add(&gs, "Members", 120);
	add(&gs, "board", 5);
	add(&gs, "members", 1);
	add(&gs, "guests", 5);
	add(&gs, "gusets", 1);
	add(&gs, "membres", 2);
	at = gs.all;
	assert_int_equal(1, groups_alike(&gs, &at, out, sizeof(out)));
	assert_string_equal("Members, members, membres", out);
	assert_int_equal(1, groups_alike(&gs, &at, out, sizeof(out)));
	assert_string_equal("guests, gusets", out);
	assert_int_equal(0, groups_alike(&gs, &at, out, sizeof(out)));
	/* What is meant is more likely a group of many. */
	assert_string_equal("Members", groups_like(&gs, "membres")->name);
	assert_string_equal("membres", groups_like(&gs, "Members")->name);
	assert_null(groups_like(&gs, "board"));
	groups_clear(&gs);
}

/* A column of addresses, say, that is taken for one of groups. */
static void
test_many(void **state)
{
	struct groups gs = {0};
	char name[20], out[100];
	struct group *at;

	add(&gs, "same", 1);
	add(&gs, "Same", 1);
	for (int i = 2; i < 500; i++) {
		snprintf(name, sizeof(name), "group%d", i);
		add(&gs, name, 1);
	}
	at = gs.all;
	assert_int_equal(1, groups_alike(&gs, &at, out, sizeof(out)));
	assert_string_equal("same, Same", out);
	add(&gs, "group500", 1);
	at = gs.all;
	assert_false(groups_few(&gs));
	assert_int_equal(0, groups_alike(&gs, &at, out, sizeof(out)));
	groups_clear(&gs);
}

static void
test_names(void **state)
{
	assert_true(nearest_alike("Members", "members"));
	assert_true(nearest_alike("ÖFFENTLICH", "öffentlich"));
	assert_true(nearest_alike("Board", "Bord"));
	assert_true(nearest_alike("Bord", "Board"));
	assert_true(nearest_alike("Vorstand", "vorsatnd"));
	assert_true(nearest_alike("Élections", "Elections"));
	assert_false(nearest_alike("m", "n"));
	assert_false(nearest_alike("members", "guests"));
	/* Two letters, of three bytes each. */
	assert_false(nearest_alike("學生", "學士"));
	assert_false(nearest_alike("Board 2025", "Board 2026"));
	assert_false(nearest_alike("class 9", "class 10"));
	assert_true(nearest_alike("Board 2025", "board 2025"));
	assert_true(nearest_alike("Board 2025", "Boart 2025"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_alike),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_names),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
