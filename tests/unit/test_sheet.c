/*
 * The tally sheet: the structure alone, and the rules of elections that have
 * one.
 */
#include <stdint.h>

#include "common/tracker.h"
#include "server/election/sheet.h"
#include "world.h"

/* ---- the structure ---- */

static uint64_t
draw(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*seed ^ *seed >> 29);
}

static int
by_tracker(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y ? -1 : x > y);
}

/* All pages of that many lines give all lines, sorted. */
static void
assert_pages(const struct sheet *s, uint64_t *all, uint32_t n, uint32_t most)
{
	const struct sheet_line *page[200];
	uint32_t got, at = 0;
	uint64_t from = 0;

	qsort(all, n, sizeof(*all), by_tracker);
	do {
		got = sheet_page(s, from, page, most);
		assert_in_range(got, 0, most);
		for (uint32_t i = 0; i < got; i++, at++) {
			assert_in_range(at, 0, n - 1);
			assert_int_equal(page[i]->tracker, all[at]);
			assert_int_equal(page[i]->choice, all[at] % 7);
		}
		from = got == 0 ? 0 : page[got - 1]->tracker + 1;
	} while (got == most && from != 0);
	assert_int_equal(at, n);
}

static void
test_lines(void **state)
{
	static uint64_t all[5000];
	struct sheet s = {0};
	uint64_t seed = 7;
	uint32_t n = 0;

	assert_pages(&s, all, 0, 10);
	assert_false(sheet_has(&s, 0));
	for (; n < 3000; n++) {
		/* Some are close together, and the ends are there. */
		all[n] = n == 0 ? 0 : n == 1 ? UINT64_MAX : draw(&seed);
		if (n > 10 && n % 5 == 0)
			all[n] = all[n - 1] + 1;
		assert_false(sheet_has(&s, all[n]));
		sheet_add(&s, all[n], (uint32_t)(all[n] % 7));
		assert_true(sheet_has(&s, all[n]));
		if (n == 0 || n == 16 || n == 17 || n == 1000)
			assert_pages(&s, all, n + 1, 3);
	}
	assert_pages(&s, all, n, 1);
	assert_pages(&s, all, n, 199);
	sheet_clear(&s);
}

/* Back and forth again, over the places where it grows. */
static void
test_lines_undone(void **state)
{
	uint64_t all[300], sorted[300], seed = 11;
	struct sheet s = {0};
	uint32_t n = 0;

	for (int i = 0; i < 3000; i++) {
		if (n > 0 && (n == LEN(all) || draw(&seed) % 100 < 48)) {
			sheet_add_undo(&s);
			assert_false(sheet_has(&s, all[--n]));
		} else {
			all[n] = draw(&seed);
			sheet_add(&s, all[n], (uint32_t)(all[n] % 7));
			n++;
		}
		memcpy(sorted, all, n * sizeof(all[0]));
		assert_pages(&s, sorted, n, 50);
	}
	sheet_clear(&s);
}

/* ---- the rules ---- */

static evote_name members[] = {"members"}, answers[] = {"yes", "no", "maybe"};
static char names[20][4];

static struct op
op_plain(evote_asker who, const char *name)
{
	return (
	    op_create_lists(who, name, members, 1, answers, 3, START + HOUR));
}

static struct op
op_sheet(evote_asker who, const char *name, evote_option *options, uint32_t n)
{
	return (op_open(op_plain(who, name), options, n));
}

static struct op
op_salted(evote_asker who, const char *name, const char *choice, char salt)
{
	struct op op = op_vote(who, name, choice);

	memset(op.opening.vote.salt, salt, sizeof(op.opening.vote.salt));
	auth_commitment((unsigned char *)op.opening.vote.salt, name, choice,
	    (unsigned char *)op.act.evote_act_u.ballot.commitment);
	return (op);
}

/* Twenty voters, and no election. */
static int
members_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	evote_voter list[20];

	w->e = election_new();
	w->time = START;
	w->epoch = 1;
	for (int i = 0; i < 20; i++) {
		snprintf(names[i], sizeof(names[i]), "v%d", i);
		list[i] = person(names[i], members[0], (char)(i + 1));
	}
	expect(w, op_genesis(), 0, EVOTE_R_OK, 1);
	expect(w, op_register(list, 20), 0, EVOTE_R_OK, 1);
	*state = w;
	return (0);
}

/* Its ledger gives the same state also when nearly all of it is undone. */
static int
members_teardown(void **state)
{
	struct world *w = *state;
	struct election_state *e = replayed_in(w, w->size, DISCARDS_NEVER);

	election_undo(e, 1);
	replay_to(w, e, w->size);
	assert_same_state(w->e, e);
	election_free(e);
	return (teardown(state));
}

static evote_option sheet_asked[] = {{EVOTE_OPTION_SHEET, 1}};

static void
begin(struct world *w)
{
	expect(w, op_host("a", 'i', 'k'), 0, EVOTE_R_OK, 1);
	expect(
	    w, op_sheet(anew(w, "v0"), "E", sheet_asked, 1), 0, EVOTE_R_OK, 1);
}

/* Until a HOST record shows that all hosts know these records. */
static void
test_not_yet(void **state)
{
	struct world *w = *state;
	struct op op = op_sheet(anew(w, "v0"), "E", sheet_asked, 1);
	uint64_t size = w->size;

	expect(w, op, 3, EVOTE_R_NOT_YET, 0);
	expect(w, op_host("a", 'i', 'k'), 0, EVOTE_R_OK, 1);
	/* The same request, sent again. */
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op, 0, EVOTE_R_OK, 0);
	world_undo(w, size);
	expect(w, op, 3, EVOTE_R_NOT_YET, 0);
}

static void
test_options(void **state)
{
	struct world *w = *state;
	evote_option strange[] = {{2, 1}}, value[] = {{EVOTE_OPTION_SHEET, 2}};
	evote_option twice[] = {
	    {EVOTE_OPTION_SHEET, 1}, {EVOTE_OPTION_SHEET, 1}};
	evote_options_res res = {0};
	struct outcome out;
	struct op op;

	expect(w, op_host("a", 'i', 'k'), 0, EVOTE_R_OK, 1);
	expect(
	    w, op_sheet(anew(w, "v0"), "E", NULL, 0), 3, EVOTE_R_MALFORMED, 0);
	expect(w, op_sheet(anew(w, "v0"), "E", strange, 1), 3,
	    EVOTE_R_MALFORMED, 0);
	expect(
	    w, op_sheet(anew(w, "v0"), "E", value, 1), 3, EVOTE_R_MALFORMED, 0);
	expect(
	    w, op_sheet(anew(w, "v0"), "E", twice, 2), 3, EVOTE_R_MALFORMED, 0);
	expect(
	    w, op_sheet(anew(w, "v0"), "E", sheet_asked, 1), 0, EVOTE_R_OK, 1);
	/* All else is as of CREATE. */
	expect(w, op_sheet(anew(w, "v0"), "E", sheet_asked, 1), 3,
	    EVOTE_R_NAME_TAKEN, 1);
	expect(w, op_plain(anew(w, "v0"), "E"), 3, EVOTE_R_NAME_TAKEN, 1);
	op = op_sheet(anew(w, "v0"), "F", sheet_asked, 1);
	op.act.evote_act_u.terms.election.groups.groups_len = 0;
	expect(w, op, 2, EVOTE_R_NO_GROUPS, 0);
	op = op_sheet(anew(w, "v0"), "F", sheet_asked, 1);
	op.act.evote_act_u.terms.election.end = START;
	expect(w, op, 3, EVOTE_R_END_PAST, 1);
	expect(w, op_plain(anew(w, "v0"), "F"), 0, EVOTE_R_OK, 1);

	election_options(w->e, "E", &res, &out);
	assert_int_equal(out.code, 0);
	assert_int_equal(res.options.evote_options_len, 1);
	assert_int_equal(
	    res.options.evote_options_val[0].kind, EVOTE_OPTION_SHEET);
	assert_int_equal(res.options.evote_options_val[0].value, 1);
	xdr_free((xdrproc_t)xdr_evote_options, (char *)&res.options);
	election_options(w->e, "F", &res, &out);
	assert_int_equal(out.code, 0);
	assert_int_equal(res.options.evote_options_len, 0);
	xdr_free((xdrproc_t)xdr_evote_options, (char *)&res.options);
	election_options(w->e, "G", &res, &out);
	assert_int_equal(out.reason, EVOTE_R_NO_ELECTION);
}

/* A salt of one's own, which nobody has had in this election. */
static void
test_salt(void **state)
{
	struct world *w = *state;
	struct op op;

	begin(w);
	expect(w, op_plain(anew(w, "v0"), "F"), 0, EVOTE_R_OK, 1);
	op = op_salted(anew(w, "v0"), "E", "yes", 1);
	op.derived = 1;
	expect(w, op, 5, EVOTE_R_SALT, 0);
	/* The number was not used up, and another salt is another act. */
	op.derived = 0;
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op, 0, EVOTE_R_OK, 0);
	/* Whatever the choice is: the tracker would be the same. */
	expect(w, op_salted(anew(w, "v1"), "E", "no", 1), 5, EVOTE_R_SALT, 1);
	expect(w, op_salted(anew(w, "v1"), "E", "yes", 1), 5, EVOTE_R_SALT, 1);
	/* What is wrong otherwise is said first. */
	expect(w, op_salted(anew(w, "v0"), "E", "yes", 1), 4, EVOTE_R_VOTED, 1);
	expect(w, op_salted(anew(w, "v1"), "E", "never", 1), 5,
	    EVOTE_R_NO_CHOICE, 1);
	expect(w, op_salted(anew(w, "v1"), "E", "no", 2), 0, EVOTE_R_OK, 1);
	/* Without a sheet all this does not matter. */
	op = op_salted(anew(w, "v0"), "F", "yes", 1);
	op.derived = 1;
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op_salted(anew(w, "v1"), "F", "yes", 1), 0, EVOTE_R_OK, 1);
}

static void
assert_sheet(struct world *w, const char *name, int code, evote_reason reason)
{
	evote_sheet_args args = {.election = (char *)name};
	evote_sheet_res res = {0};
	struct outcome out;

	election_sheet(w->e, &args, &res, &out);
	assert_int_equal(out.code, code);
	assert_int_equal(out.reason, reason);
	assert_int_equal(res.lines.lines_len, 0);
}

/* Every vote has its line, found by what its voter knows, and nobody's name. */
static void
test_sheet(void **state)
{
	struct world *w = *state;
	evote_sheet_args args = {.election = "E"};
	evote_sheet_res res = {0};
	struct outcome out;
	uint64_t before = 0, mine;
	int found = 0;

	begin(w);
	expect(w, op_plain(anew(w, "v0"), "F"), 0, EVOTE_R_OK, 1);
	for (int i = 0; i < 20; i++)
		expect(w,
		    op_salted(
			anew(w, names[i]), "E", answers[i % 3], (char)(i + 1)),
		    0, EVOTE_R_OK, 1);
	assert_sheet(w, "E", 2, EVOTE_R_ONGOING);
	assert_sheet(w, "F", 3, EVOTE_R_NO_SHEET);
	assert_sheet(w, "G", 1, EVOTE_R_NO_ELECTION);
	w->time = START + HOUR;
	expect(w, op_close("E"), 0, EVOTE_R_OK, 1);
	election_sheet(w->e, &args, &res, &out);
	assert_int_equal(out.code, 0);
	assert_int_equal(res.lines.lines_len, 20);
	assert_int_equal(res.next, 0);
	for (u_int i = 0; i < 20; i++) {
		assert_true(i == 0 || res.lines.lines_val[i].tracker > before);
		before = res.lines.lines_val[i].tracker;
	}
	for (int i = 0; i < 20; i++) {
		unsigned char salt[32];

		memset(salt, i + 1, sizeof(salt));
		mine = tracker_of(salt, "E");
		for (u_int j = 0; j < 20; j++)
			found += res.lines.lines_val[j].tracker == mine &&
			    strcmp(res.lines.lines_val[j].choice,
				answers[i % 3]) == 0;
	}
	assert_int_equal(found, 20);
	xdr_free((xdrproc_t)xdr_evote_sheet_res, (char *)&res);
	args.from = UINT64_MAX;
	memset(&res, 0, sizeof(res));
	election_sheet(w->e, &args, &res, &out);
	assert_int_equal(res.lines.lines_len, 0);
	xdr_free((xdrproc_t)xdr_evote_sheet_res, (char *)&res);
}

/* A tracker that was cut off is free again. */
static void
test_undo(void **state)
{
	struct world *w = *state;
	uint64_t size;

	begin(w);
	size = w->size;
	expect(w, op_salted(anew(w, "v0"), "E", "yes", 1), 0, EVOTE_R_OK, 1);
	expect(w, op_salted(anew(w, "v1"), "E", "yes", 1), 5, EVOTE_R_SALT, 1);
	world_undo(w, size);
	expect(w, op_salted(anew(w, "v1"), "E", "yes", 1), 0, EVOTE_R_OK, 1);
	expect(w, op_salted(anew(w, "v0"), "E", "yes", 1), 5, EVOTE_R_SALT, 1);
}

/* A ledger in which two votes have one tracker is not taken. */
static void
test_forged(void **state)
{
	struct world *w = *state;
	evote_leaf leaf;
	union opening opening;
	struct record *r;
	char err[256];
	struct op op;

	begin(w);
	expect(w, op_salted(anew(w, "v0"), "E", "yes", 1), 0, EVOTE_R_OK, 1);
	expect(w, op_salted(anew(w, "v1"), "E", "yes", 2), 0, EVOTE_R_OK, 1);
	r = w->log[--w->size];
	assert_int_equal(record_open(r, &leaf, &opening), 0);
	record_drop(r);
	op = op_salted(anew(w, "v1"), "E", "yes", 1);
	memcpy(
	    opening.vote.salt, op.opening.vote.salt, sizeof(opening.vote.salt));
	memcpy(leaf.op.evote_op_u.vote.ballot.commitment,
	    op.act.evote_act_u.ballot.commitment, 32);
	r = record_make(&leaf, &opening);
	election_undo(w->e, w->size);
	assert_int_equal(election_replay(w->e, r, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "gives another outcome"));
	record_clear(&leaf, &opening);
	record_drop(r);
}

int
main(void)
{
#define MEMBERS(name) \
	cmocka_unit_test_setup_teardown(name, members_setup, members_teardown)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_lines_undone),
	    MEMBERS(test_not_yet),
	    MEMBERS(test_options),
	    MEMBERS(test_salt),
	    MEMBERS(test_sheet),
	    MEMBERS(test_undo),
	    MEMBERS(test_forged),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
