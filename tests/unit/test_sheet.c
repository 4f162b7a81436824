/*
 * The tally sheet: the structure alone, and the rules of elections that have
 * one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/tracker.h"
#include "server/auth.h"
#include "server/election/election.h"
#include "server/election/sheet.h"

#define SEC	1000000ULL
#define START	(1700000000 * SEC)
#define HOUR	(3600 * SEC)
#define LOG_MAX 2048
#define LEN(a)	(sizeof(a) / sizeof((a)[0]))

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

struct world {
	struct election_state *e;
	struct record *log[LOG_MAX];
	uint64_t size, time, number;
};

static struct record *
execute(struct world *w, const struct op *op, struct outcome *out)
{
	struct entry_header at = {w->size, 1, ++w->time};
	struct record *r = election_execute(w->e, op, &at, out);

	if (r != NULL)
		w->log[w->size++] = r;
	return (r);
}

#define expect(w, op, code, reason, recorded) \
	expect_(w, op, code, reason, recorded, __FILE__, __LINE__)

static void
expect_(struct world *w, struct op op, int code, evote_reason reason,
    int recorded, const char *file, int line)
{
	struct outcome out = {-1, 99, 0, 0, 0};
	struct record *r = execute(w, &op, &out);

	_assert_int_equal(out.code, code, file, line);
	_assert_int_equal(out.reason, reason, file, line);
	_assert_int_equal(r != NULL, recorded, file, line);
}

static evote_asker
anew(struct world *w, const char *voter)
{
	return ((evote_asker){.voter = (char *)voter, .number = ++w->number});
}

static struct op
op_host(void)
{
	return ((struct op){.kind = EVOTE_OP_HOST,
	    .host = {.name = "a", .incarnation = "i", .key = "k"}});
}

static evote_name group[] = {"members"}, choices[] = {"yes", "no", "maybe"};

static struct op
op_open(evote_asker who, const char *name, evote_option *options, uint32_t n)
{
	return ((struct op){.kind = EVOTE_OP_OPEN,
	    .asker = who,
	    .act = {.kind = EVOTE_ACT_OPEN,
		.evote_act_u.terms = {.election = {.name = (char *)name,
					  .groups = {1, group},
					  .choices = {3, choices},
					  .end = START + HOUR},
		    .options = {n, options}}}});
}

static struct op
op_create(evote_asker who, const char *name)
{
	return ((struct op){.kind = EVOTE_OP_CREATE,
	    .asker = who,
	    .act = {.kind = EVOTE_ACT_CREATE,
		.evote_act_u.election = {.name = (char *)name,
		    .groups = {1, group},
		    .choices = {3, choices},
		    .end = START + HOUR}}});
}

static struct op
op_vote(evote_asker who, const char *name, const char *choice, char salt)
{
	struct op op = {.kind = EVOTE_OP_VOTE,
	    .asker = who,
	    .act = {.kind = EVOTE_ACT_VOTE,
		.evote_act_u.ballot = {.election = (char *)name}},
	    .opening.vote = {.domain = "evote opening 1",
		.election = (char *)name,
		.choice = (char *)choice}};

	memset(op.opening.vote.salt, salt, sizeof(op.opening.vote.salt));
	auth_commitment((unsigned char *)op.opening.vote.salt, name, choice,
	    (unsigned char *)op.act.evote_act_u.ballot.commitment);
	return (op);
}

static struct op
op_close(const char *name)
{
	return ((struct op){.kind = EVOTE_OP_CLOSE, .name = (char *)name});
}

static char names[20][4];

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	evote_voter list[20] = {0};
	struct op genesis = {.kind = EVOTE_OP_GENESIS,
	    .genesis = {.cluster = "c", .origin = "vote.test"}};
	struct op roll = {.kind = EVOTE_OP_REGISTER, .voters = list, .n = 20};

	w->e = election_new();
	w->time = START;
	for (int i = 0; i < 20; i++) {
		snprintf(names[i], sizeof(names[i]), "v%d", i);
		list[i] = (evote_voter){.name = names[i], .group = group[0]};
		list[i].key[0] = (char)(i + 1);
	}
	expect(w, genesis, 0, EVOTE_R_OK, 1);
	expect(w, roll, 0, EVOTE_R_OK, 1);
	*state = w;
	return (0);
}

static void
assert_same(const struct election_state *a, const struct election_state *b)
{
	unsigned char x[32], y[32];

	election_hash(a, x);
	election_hash(b, y);
	assert_memory_equal(x, y, sizeof(x));
}

/* Its ledger gives the same state, forth, and forth and back and forth. */
static int
teardown(void **state)
{
	struct world *w = *state;
	struct election_state *e = election_new();
	char err[256];

	for (int round = 0; round < 2; round++) {
		for (uint64_t i = election_size(e); i < w->size; i++)
			if (election_replay(e, w->log[i], err, sizeof(err)) ==
			    -1)
				fail_msg("%s", err);
		assert_same(w->e, e);
		election_undo(e, round == 0 ? 1 : w->size);
	}
	election_free(e);
	while (w->size > 0)
		record_drop(w->log[--w->size]);
	election_free(w->e);
	free(w);
	return (0);
}

static evote_option sheet_asked[] = {{EVOTE_OPTION_SHEET, 1}};

static void
begin(struct world *w)
{
	expect(w, op_host(), 0, EVOTE_R_OK, 1);
	expect(
	    w, op_open(anew(w, "v0"), "E", sheet_asked, 1), 0, EVOTE_R_OK, 1);
}

/* Until a HOST record shows that all hosts know these records. */
static void
test_not_yet(void **state)
{
	struct world *w = *state;
	struct op op = op_open(anew(w, "v0"), "E", sheet_asked, 1);
	uint64_t size = w->size;

	expect(w, op, 3, EVOTE_R_NOT_YET, 0);
	expect(w, op_host(), 0, EVOTE_R_OK, 1);
	/* The same request, sent again. */
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op, 0, EVOTE_R_OK, 0);
	election_undo(w->e, size);
	while (w->size > size)
		record_drop(w->log[--w->size]);
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

	expect(w, op_host(), 0, EVOTE_R_OK, 1);
	expect(
	    w, op_open(anew(w, "v0"), "E", NULL, 0), 3, EVOTE_R_MALFORMED, 0);
	expect(w, op_open(anew(w, "v0"), "E", strange, 1), 3, EVOTE_R_MALFORMED,
	    0);
	expect(
	    w, op_open(anew(w, "v0"), "E", value, 1), 3, EVOTE_R_MALFORMED, 0);
	expect(
	    w, op_open(anew(w, "v0"), "E", twice, 2), 3, EVOTE_R_MALFORMED, 0);
	expect(
	    w, op_open(anew(w, "v0"), "E", sheet_asked, 1), 0, EVOTE_R_OK, 1);
	/* All else is as of CREATE. */
	expect(w, op_open(anew(w, "v0"), "E", sheet_asked, 1), 3,
	    EVOTE_R_NAME_TAKEN, 1);
	expect(w, op_create(anew(w, "v0"), "E"), 3, EVOTE_R_NAME_TAKEN, 1);
	op = op_open(anew(w, "v0"), "F", sheet_asked, 1);
	op.act.evote_act_u.terms.election.groups.groups_len = 0;
	expect(w, op, 2, EVOTE_R_NO_GROUPS, 0);
	op = op_open(anew(w, "v0"), "F", sheet_asked, 1);
	op.act.evote_act_u.terms.election.end = START;
	expect(w, op, 3, EVOTE_R_END_PAST, 1);
	expect(w, op_create(anew(w, "v0"), "F"), 0, EVOTE_R_OK, 1);

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
	expect(w, op_create(anew(w, "v0"), "F"), 0, EVOTE_R_OK, 1);
	op = op_vote(anew(w, "v0"), "E", "yes", 1);
	op.derived = 1;
	expect(w, op, 5, EVOTE_R_SALT, 0);
	/* The number was not used up, and another salt is another act. */
	op.derived = 0;
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op, 0, EVOTE_R_OK, 0);
	/* Whatever the choice is: the tracker would be the same. */
	expect(w, op_vote(anew(w, "v1"), "E", "no", 1), 5, EVOTE_R_SALT, 1);
	expect(w, op_vote(anew(w, "v1"), "E", "yes", 1), 5, EVOTE_R_SALT, 1);
	/* What is wrong otherwise is said first. */
	expect(w, op_vote(anew(w, "v0"), "E", "yes", 1), 4, EVOTE_R_VOTED, 1);
	expect(w, op_vote(anew(w, "v1"), "E", "never", 1), 5, EVOTE_R_NO_CHOICE,
	    1);
	expect(w, op_vote(anew(w, "v1"), "E", "no", 2), 0, EVOTE_R_OK, 1);
	/* Without a sheet all this does not matter. */
	op = op_vote(anew(w, "v0"), "F", "yes", 1);
	op.derived = 1;
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "v1"), "F", "yes", 1), 0, EVOTE_R_OK, 1);
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
	expect(w, op_create(anew(w, "v0"), "F"), 0, EVOTE_R_OK, 1);
	for (int i = 0; i < 20; i++)
		expect(w,
		    op_vote(
			anew(w, names[i]), "E", choices[i % 3], (char)(i + 1)),
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
				choices[i % 3]) == 0;
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
	expect(w, op_vote(anew(w, "v0"), "E", "yes", 1), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "v1"), "E", "yes", 1), 5, EVOTE_R_SALT, 1);
	election_undo(w->e, size);
	while (w->size > size)
		record_drop(w->log[--w->size]);
	expect(w, op_vote(anew(w, "v1"), "E", "yes", 1), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "v0"), "E", "yes", 1), 5, EVOTE_R_SALT, 1);
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
	expect(w, op_vote(anew(w, "v0"), "E", "yes", 1), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "v1"), "E", "yes", 2), 0, EVOTE_R_OK, 1);
	r = w->log[--w->size];
	assert_int_equal(record_open(r, &leaf, &opening), 0);
	record_drop(r);
	op = op_vote(anew(w, "v1"), "E", "yes", 1);
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_lines_undone),
	    TEST(test_not_yet),
	    TEST(test_options),
	    TEST(test_salt),
	    TEST(test_sheet),
	    TEST(test_undo),
	    TEST(test_forged),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
