#include "tests/unit/world.h"
#include "tests/unit/draw.h"

#include <dlfcn.h>

#include <unicase.h>

#define SEED 20240607u

static void
test_create(void **state)
{
	struct world *w = *state;
	evote_name twice[] = {"A", "B", "A"}, bad[] = {"A", "B\n"};
	evote_name alike[] = {"Li", "\uff2cI"}, hidden[] = {"Li", "Li\u200b"};
	evote_name long_name;
	uint64_t end = START + HOUR;
	struct op op;

	long_name = calloc(1, EVOTE_NAME_MAX + 2);
	memset(long_name, 'x', EVOTE_NAME_MAX + 1);
#define CREATE(g, ng, c, nc) \
	op_create_lists(anew(w, "Bob"), "next", g, ng, c, nc, end)
	expect(w, CREATE(NULL, 0, choices, 3), 2, EVOTE_R_NO_GROUPS, 0);
	expect(w, CREATE(students, 1, NULL, 0), 2, EVOTE_R_NO_CHOICES, 0);
	expect(w, CREATE(NULL, 0, NULL, 0), 2, EVOTE_R_NO_GROUPS, 0);
	expect(w, CREATE(bad, 2, choices, 3), 3, EVOTE_R_MALFORMED, 0);
	expect(w, CREATE(students, 1, bad, 2), 3, EVOTE_R_MALFORMED, 0);
	expect(w, CREATE(&long_name, 1, choices, 3), 3, EVOTE_R_MALFORMED, 0);
	expect(w, CREATE(twice, 3, choices, 3), 3, EVOTE_R_DUPLICATE, 0);
	expect(w, CREATE(students, 1, twice, 3), 3, EVOTE_R_DUPLICATE, 0);
	expect(w, CREATE(students, 1, alike, 2), 3, EVOTE_R_DUPLICATE, 0);
	expect(w, CREATE(students, 1, hidden, 2), 3, EVOTE_R_MALFORMED, 0);
	free(long_name);

	expect(w, op_create(anew(w, "Bob"), "", end), 3, EVOTE_R_MALFORMED, 0);
	expect(
	    w, op_create(anew(w, "Bob"), POLL, end), 3, EVOTE_R_NAME_TAKEN, 1);
	expect(w, op_create(anew(w, "Bob"), "next", w->time + 1), 3,
	    EVOTE_R_END_PAST, 1);
	expect(
	    w, op_create(anew(w, "Zoe"), "next", end), 1, EVOTE_R_NO_VOTER, 0);
	op = op_create(anew(w, "Bob"), "next", end);
	op.credential = EVOTE_R_TOKEN_EXPIRED;
	expect(w, op, 1, EVOTE_R_TOKEN_EXPIRED, 1);
	/* Any voter, also for another group, also for one nobody is in. */
	expect(
	    w, op_create(anew(w, "Cy"), "next", w->time + 2), 0, EVOTE_R_OK, 1);
	expect(w, CREATE(twice, 2, choices, 3), 3, EVOTE_R_NAME_TAKEN, 1);
	expect(w,
	    op_create_lists(anew(w, "Bob"), "third", twice, 2, twice, 1, end),
	    0, EVOTE_R_OK, 1);
}

static void
test_open(void **state)
{
	struct world *w = *state;
	uint64_t end = START + HOUR;
	evote_option sheet[] = {{EVOTE_OPTION_SHEET, 1}};
	evote_option no_sheet[] = {{EVOTE_OPTION_SHEET, 0}};
	evote_option unknown[] = {{EVOTE_OPTION_SHEET, 1}, {1000, 1}};
	evote_option twice[] = {
	    {EVOTE_OPTION_SHEET, 1}, {EVOTE_OPTION_SHEET, 1}};
	evote_options_res res = {0};
	struct outcome out;

#define OPEN(name, options, n) \
	op_open(op_create(anew(w, "Bob"), name, end), options, n)
	/* A host of an older version may be there. */
	expect(w, OPEN("next", sheet, 1), 3, EVOTE_R_NOT_YET, 0);
	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	expect(w, OPEN("next", NULL, 0), 3, EVOTE_R_MALFORMED, 0);
	expect(w, OPEN("next", no_sheet, 1), 3, EVOTE_R_MALFORMED, 0);
	expect(w, OPEN("next", unknown, 2), 3, EVOTE_R_MALFORMED, 0);
	expect(w, OPEN("next", twice, 2), 3, EVOTE_R_MALFORMED, 0);
	expect(w, OPEN(POLL, sheet, 1), 3, EVOTE_R_NAME_TAKEN, 1);
	expect(w, OPEN("next", sheet, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), "next", "C"), 0, EVOTE_R_OK, 1);
	election_options(w->e, "next", &res, &out);
	assert_int_equal(out.code, 0);
	assert_int_equal(res.options.evote_options_len, 1);
	assert_int_equal(
	    res.options.evote_options_val[0].kind, EVOTE_OPTION_SHEET);
	assert_int_equal(res.options.evote_options_val[0].value, 1);
	xdr_free((xdrproc_t)xdr_evote_options, &res.options);
	res = (evote_options_res){0};
	election_options(w->e, "none", &res, &out);
	assert_int_equal(out.reason, EVOTE_R_NO_ELECTION);
	assert_int_equal(res.options.evote_options_len, 0);
#undef OPEN
}

/* Who may vote is fixed when it opens; only keys change then. */
static void
test_freeze(void **state)
{
	struct world *w = *state;
	evote_option freeze[] = {{EVOTE_OPTION_FREEZE, 1}};
	evote_voter eve = person("Eve", "students", 'e');
	evote_voter ann = person("Ann", "staff", 'A');
	evote_result_res res = {0};
	struct voter_view view;
	struct outcome out;
	uint64_t size;

	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	size = w->size;
	for (int i = 0; i < 2; i++) {
		world_undo(w, size);
		expect(w,
		    op_open(op_create(anew(w, "Bob"), "next", START + HOUR),
			freeze, 1),
		    0, EVOTE_R_OK, 1);
	}
	expect(w, op_register(&eve, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Eve"), "next", "C"), 3, EVOTE_R_FROZEN, 1);
	expect(w, op_vote(anew(w, "Eve"), POLL, "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Cy"), "next", "C"), 3, EVOTE_R_GROUP, 1);
	/* Into another group, and off the roll. */
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	expect(w, op_register(&ann, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Bob"), 0, EVOTE_R_OK, 1);
	assert_int_equal(election_voter(w->e, "Bob", &view), 1);
	assert_int_equal(view.kept, 1);
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 3, EVOTE_R_GROUP, 1);
	expect(w, op_vote(anew(w, "Ann"), "next", "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Bob"), POLL, "C"), 1, EVOTE_R_NO_VOTER, 1);
	expect(w, op_vote(anew(w, "Bob"), "no", "C"), 1, EVOTE_R_NO_VOTER, 1);
	expect(w, op_create(anew(w, "Bob"), "x", START + HOUR), 1,
	    EVOTE_R_NO_VOTER, 1);
	expect(
	    w, op_vote(anew(w, "Bob"), "next", "D"), 5, EVOTE_R_NO_CHOICE, 1);
	expect(w, op_vote(anew(w, "Bob"), "next", "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Bob"), "next", "C"), 4, EVOTE_R_VOTED, 1);
	w->time = START + HOUR;
	expect(w, op_close(POLL), 0, EVOTE_R_OK, 1);
	expect(w, op_close("next"), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Bob"), "next", "C"), 2, EVOTE_R_CLOSED, 1);
	assert_int_equal(election_voter(w->e, "Bob", &view), 1);
	assert_int_equal(view.kept, 0);
	election_result(w->e, "next", &res, &out);
	assert_int_equal(res.eligible, 3);
	assert_int_equal(res.votes, 2);
	res.answer.host = res.answer.text = NULL;
	xdr_free((xdrproc_t)xdr_evote_result_res, (char *)&res);
}

/* Options that contradict each other, or do not fit three choices. */
static void
test_ballot_options(void **state)
{
	struct world *w = *state;
	uint64_t end = START + HOUR;
	evote_option fit[][2] = {
	    {{EVOTE_OPTION_PICK_MIN, 0}, {EVOTE_OPTION_PICK_MAX, 3}},
	    {{EVOTE_OPTION_PICK_MIN, 2}, {EVOTE_OPTION_PICK_MAX, 2}},
	    {{EVOTE_OPTION_RANKED, 1}, {EVOTE_OPTION_NONE_CHOICE, 3}}};
	evote_option unfit[][2] = {
	    {{EVOTE_OPTION_PICK_MIN, 3}, {EVOTE_OPTION_PICK_MAX, 2}},
	    {{EVOTE_OPTION_PICK_MIN, 1}, {EVOTE_OPTION_PICK_MAX, 4}},
	    {{EVOTE_OPTION_PICK_MIN, 0}, {EVOTE_OPTION_PICK_MAX, 0}},
	    {{EVOTE_OPTION_PICK_MIN, 1}, {EVOTE_OPTION_RANKED, 1}},
	    {{EVOTE_OPTION_PICK_MAX, 2}, {EVOTE_OPTION_RANKED, 1}},
	    {{EVOTE_OPTION_PICK_MAX, 2}, {EVOTE_OPTION_NONE_CHOICE, 1}},
	    {{EVOTE_OPTION_RANKED, 1}, {EVOTE_OPTION_NONE_CHOICE, 4}},
	    {{EVOTE_OPTION_RANKED, 2}, {EVOTE_OPTION_NONE_CHOICE, 1}},
	    {{EVOTE_OPTION_SHEET, 1}, {EVOTE_OPTION_RANKED, 1}}};
	evote_option alone[] = {{EVOTE_OPTION_PICK_MIN, 1},
	    {EVOTE_OPTION_PICK_MAX, 1}, {EVOTE_OPTION_NONE_CHOICE, 1}};
	char name[LEN(fit)][8];

	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
#define OPEN(name, o, n) op_open(op_create(anew(w, "Bob"), name, end), o, n)
	for (size_t i = 0; i < LEN(unfit); i++)
		expect(w, OPEN("x", unfit[i], 2), 3, EVOTE_R_MALFORMED, 0);
	for (size_t i = 0; i < LEN(alone); i++)
		expect(w, OPEN("x", &alone[i], 1), 3, EVOTE_R_MALFORMED, 0);
	for (size_t i = 0; i < LEN(fit); i++) {
		snprintf(name[i], sizeof(name[i]), "%zu", i);
		expect(w, OPEN(name[i], fit[i], 2), 0, EVOTE_R_OK, 1);
	}
#undef OPEN
}

static void
assert_ballots(struct world *w, const char *name, const uint64_t *counts,
    uint64_t votes, uint64_t blank, const uint64_t *pairs)
{
	evote_result_res res = {0};
	evote_pairs_res p = {0};
	struct outcome out;

	election_result(w->e, name, &res, &out);
	assert_int_equal(out.code, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(res.counts.counts_val[i].votes, counts[i]);
	assert_int_equal(res.votes, votes);
	election_pairs(w->e, name, &p, &out);
	assert_int_equal(out.code, 0);
	assert_int_equal(p.blank, blank);
	assert_int_equal(p.pairs.pairs_len, pairs == NULL ? 0 : 9);
	if (pairs != NULL)
		assert_memory_equal(
		    p.pairs.pairs_val, pairs, 9 * sizeof(*pairs));
	xdr_free((xdrproc_t)xdr_evote_result_res, &res);
	xdr_free((xdrproc_t)xdr_evote_pairs_res, &p);
}

static void
test_pick(void **state)
{
	struct world *w = *state;
	evote_option two[] = {
	    {EVOTE_OPTION_PICK_MIN, 1}, {EVOTE_OPTION_PICK_MAX, 2}};
	evote_pairs_res p = {0};
	struct outcome out;

	expect(
	    w, op_ballot(anew(w, "Ann"), POLL, "100"), 5, EVOTE_R_NOT_YET, 0);
	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	expect(w,
	    op_open(op_create(anew(w, "Ann"), "board", START + HOUR), two, 2),
	    0, EVOTE_R_OK, 1);
#define CAST(who, name, ranks, code, reason, recorded) \
	expect(w, op_ballot(anew(w, who), name, ranks), code, reason, recorded)
	CAST("Ann", "none", "100", 2, EVOTE_R_NO_ELECTION, 1);
	CAST("Ann", POLL, "100", 5, EVOTE_R_OTHER_BALLOT, 1);
	expect(w, op_vote(anew(w, "Ann"), "board", "C"), 5,
	    EVOTE_R_OTHER_BALLOT, 1);
	CAST("Ann", "board", "000", 5, EVOTE_R_TOO_FEW, 1);
	CAST("Ann", "board", "111", 5, EVOTE_R_TOO_MANY_CHOSEN, 1);
	CAST("Ann", "board", "11", 5, EVOTE_R_MALFORMED, 0);
	CAST("Ann", "board", "1100", 5, EVOTE_R_MALFORMED, 0);
	CAST("Ann", "board", "120", 5, EVOTE_R_MALFORMED, 0);
	CAST("Cy", "board", "100", 3, EVOTE_R_GROUP, 1);
	CAST("Ann", "board", "101", 0, EVOTE_R_OK, 1);
	CAST("Ann", "board", "000", 4, EVOTE_R_VOTED, 1);
	CAST("Bob", "board", "100", 0, EVOTE_R_OK, 1);
	election_pairs(w->e, "board", &p, &out);
	assert_int_equal(out.reason, EVOTE_R_ONGOING);
	election_pairs(w->e, "none", &p, &out);
	assert_int_equal(out.reason, EVOTE_R_NO_ELECTION);
	w->time = START + HOUR;
	CAST("王大明", "board", "100", 2, EVOTE_R_CLOSED, 1);
	expect(w, op_close("board"), 0, EVOTE_R_OK, 1);
	assert_ballots(w, "board", (uint64_t[]){2, 0, 1}, 2, 0, NULL);
}

static void
test_ranked(void **state)
{
	struct world *w = *state;
	evote_option ranked[] = {{EVOTE_OPTION_RANKED, 1}};
	evote_name turned[] = {choices[1], choices[0], choices[2]};
	struct record *r;
	uint64_t size;

	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	expect(w,
	    op_open(
		op_create(anew(w, "Ann"), "chair", START + HOUR), ranked, 1),
	    0, EVOTE_R_OK, 1);
	CAST("Ann", "chair", "013", 5, EVOTE_R_MALFORMED, 0);
	CAST("Ann", "chair", "022", 5, EVOTE_R_MALFORMED, 0);
	CAST("Ann", "chair", "014", 5, EVOTE_R_MALFORMED, 0);
	CAST("Ann", "chair", "12", 5, EVOTE_R_MALFORMED, 0);
	expect(w, op_ballot_of(anew(w, "Ann"), "chair", "123", turned, 3), 5,
	    EVOTE_R_OTHER_CHOICES, 1);
	expect(w, op_ballot_of(anew(w, "Ann"), "chair", "12", choices, 2), 5,
	    EVOTE_R_OTHER_CHOICES, 1);
	size = w->size;
	CAST("Ann", "chair", "211", 0, EVOTE_R_OK, 1);
	r = w->log[size];
	assert_true(r->opening_len > 0 && r->opening_len <= EVOTE_PRIVATE_MAX);
	world_undo(w, size);
	CAST("Ann", "chair", "132", 0, EVOTE_R_OK, 1);
	CAST("Bob", "chair", "110", 0, EVOTE_R_OK, 1);
	CAST("王大明", "chair", "000", 0, EVOTE_R_OK, 1);
	w->time = START + HOUR;
	expect(w, op_close("chair"), 0, EVOTE_R_OK, 1);
	assert_ballots(w, "chair", (uint64_t[]){2, 1, 0}, 3, 1,
	    (uint64_t[]){0, 1, 2, 0, 0, 1, 0, 1, 0});
#undef CAST
}

/* A private part that was changed, or is of the other kind. */
static void
test_tampered_ballot(void **state)
{
	struct world *w = *state;
	evote_option ranked[] = {{EVOTE_OPTION_RANKED, 1}};
	struct election_state *e;
	union opening opening;
	char err[256];
	evote_leaf leaf;

	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	expect(w,
	    op_open(
		op_create(anew(w, "Ann"), "chair", START + HOUR), ranked, 1),
	    0, EVOTE_R_OK, 1);
	expect(w, op_ballot(anew(w, "Ann"), "chair", "132"), 0, EVOTE_R_OK, 1);
	e = replayed(w, w->size - 1);
	for (int how = 0; how < 8; how++) {
		evote_opening2 *o = &opening.ballot;
		struct record *bad;
		int fits = 0;

		assert_int_equal(
		    record_open(w->log[w->size - 1], &leaf, &opening), 0);
		switch (how) {
		case 0:
			o->salt[31] ^= 1;
			break;
		case 1:
			o->ranks.evote_ranks_val[0] = 0;
			break;
		case 2: /* from here on the commitment is made to fit */
			o->domain[14] = '1';
			fits = 1;
			break;
		case 3:
			o->election[0] = 'x';
			fits = 1;
			break;
		case 4:
			o->ranks.evote_ranks_val[0] = 3;
			fits = 1;
			break;
		case 5:
			o->ranks.evote_ranks_len--;
			fits = 1;
			break;
		case 6:
			o->choices[31] ^= 1;
			fits = 1;
			break;
		case 7: /* none at all */
			break;
		}
		if (fits)
			xdr_hash((xdrproc_t)xdr_evote_opening2, o,
			    (unsigned char *)
				leaf.op.evote_op_u.vote.ballot.commitment);
		bad = record_make(&leaf, how == 7 ? NULL : &opening);
		assert_non_null(bad);
		assert_int_equal(election_replay(e, bad, err, sizeof(err)), -1);
		record_drop(bad);
		record_clear(&leaf, &opening);
	}
	assert_int_equal(
	    election_replay(e, w->log[w->size - 1], err, sizeof(err)), 0);
	election_free(e);
}

/* In place of the library, to be counted: names whose case was folded. */
static unsigned folded;

uint8_t *
u8_casefold(const uint8_t *s, size_t n, const char *language, uninorm_t form,
    uint8_t *to, size_t *len)
{
	uint8_t *(*real)(const uint8_t *, size_t, const char *, uninorm_t,
	    uint8_t *, size_t *);

	folded++;
	*(void **)&real = dlsym(RTLD_NEXT, "u8_casefold");
	return (real(s, n, language, form, to, len));
}

int
u8_casecmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len,
    const char *language, uninorm_t form, int *sign)
{
	int (*real)(const uint8_t *, size_t, const uint8_t *, size_t,
	    const char *, uninorm_t, int *);

	folded += 2;
	*(void **)&real = dlsym(RTLD_NEXT, "u8_casecmp");
	return (real(a, a_len, b, b_len, language, form, sign));
}

/* One voter's largest election must not keep all others waiting. */
static void
test_create_looks_once(void **state)
{
	struct world *w = *state;
	evote_name many[EVOTE_CHOICES_MAX];
	char text[EVOTE_CHOICES_MAX][8];

	for (int i = 0; i < EVOTE_CHOICES_MAX; i++) {
		snprintf(text[i], sizeof(text[i]), "é%d", i);
		many[i] = text[i];
	}
	folded = 0;
	expect(w,
	    op_create_lists(anew(w, "Bob"), "next", students, 1, many,
		EVOTE_CHOICES_MAX, START + HOUR),
	    0, EVOTE_R_OK, 1);
	assert_in_range(folded, 1, EVOTE_CHOICES_MAX);
}

static void
test_vote(void **state)
{
	struct world *w = *state;
	struct op op;

	op = op_vote(anew(w, "Ann"), POLL, "C");
	op.credential = EVOTE_R_TOKEN_EXPIRED;
	expect(w, op, 1, EVOTE_R_TOKEN_EXPIRED, 1);
	expect(w, op_vote(anew(w, "Zoe"), POLL, "C"), 1, EVOTE_R_NO_VOTER, 0);
	expect(
	    w, op_vote(anew(w, "Ann"), "no", "C"), 2, EVOTE_R_NO_ELECTION, 1);
	expect(
	    w, op_vote(anew(w, "Ann"), "\x1b[m", "C"), 2, EVOTE_R_MALFORMED, 0);
	expect(w, op_vote(anew(w, "Cy"), POLL, "C"), 3, EVOTE_R_GROUP, 1);
	expect(w, op_vote(anew(w, "Ann"), POLL, "c"), 5, EVOTE_R_NO_CHOICE, 1);
	expect(
	    w, op_vote(anew(w, "Ann"), POLL, "\x7f"), 5, EVOTE_R_MALFORMED, 0);
	/* None of which keeps her from voting. */
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 4, EVOTE_R_VOTED, 1);
	expect(
	    w, op_vote(anew(w, "Ann"), POLL, choices[0]), 4, EVOTE_R_VOTED, 1);
	expect(
	    w, op_vote(anew(w, "王大明"), POLL, choices[0]), 0, EVOTE_R_OK, 1);
	/* The end itself is too late, whether or not it is closed. */
	w->time = START + HOUR - 2;
	expect(
	    w, op_vote(anew(w, "Bob"), POLL, "\x7f"), 5, EVOTE_R_MALFORMED, 0);
	w->time = START + HOUR - 1;
	expect(w, op_vote(anew(w, "Bob"), POLL, "C"), 2, EVOTE_R_CLOSED, 1);
	expect(w, op_close(POLL), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Bob"), POLL, "C"), 2, EVOTE_R_CLOSED, 1);
}

/* Each request is wrong in two neighbouring ways; the earlier one is told. */
static void
test_order_of_checks(void **state)
{
	struct world *w = *state;
	evote_voter ann = person("Ann", "staff", 'A');
	struct op op;

	op = op_vote(anew(w, "Ann"), "no", "C");
	op.credential = EVOTE_R_TOKEN_EXPIRED;
	expect(w, op, 1, EVOTE_R_TOKEN_EXPIRED, 1);
	op = op_create_lists(
	    anew(w, "Ann"), "x", NULL, 0, choices, 3, START + HOUR);
	op.credential = EVOTE_R_TOKEN_EXPIRED;
	expect(w, op, 1, EVOTE_R_TOKEN_EXPIRED, 1);
	expect(w, op_create_lists(anew(w, "Ann"), "\n", NULL, 0, NULL, 0, 0), 2,
	    EVOTE_R_NO_GROUPS, 0);
	expect(w, op_create(anew(w, "Ann"), POLL, 0), 3, EVOTE_R_NAME_TAKEN, 1);

	op = op_vote(anew(w, "Ann"), POLL, "C");
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), POLL, "no"), 4, EVOTE_R_VOTED, 1);
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), "no", "C"), 1, EVOTE_R_NO_VOTER, 1);
	expect(w, op_register(&ann, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 3, EVOTE_R_GROUP, 1);
	w->time = START + HOUR;
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 2, EVOTE_R_CLOSED, 1);
	/* Before all of that comes the client table. */
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	op.credential = EVOTE_R_TOKEN_EXPIRED;
	expect(w, op, 5, EVOTE_R_NUMBER_STALE, 0);
}

/* A full disk adds nothing, and takes no answer back. */
static void
test_no_room(void **state)
{
	struct world *w = *state;
	evote_voter eve = person("Eve", "staff", 'e');
	struct op voted = op_vote(anew(w, "Ann"), POLL, "C"), op;

	expect(w, voted, 0, EVOTE_R_OK, 1);
	voted.no_room = 1;
	expect(w, voted, 0, EVOTE_R_OK, 0);
	op = op_vote(anew(w, "Bob"), POLL, "C");
	op.no_room = 1;
	expect(w, op, 5, EVOTE_R_STORAGE, 0);
	op.no_room = 0;
	expect(w, op, 0, EVOTE_R_OK, 1);
	/* Nor is a refusal recorded. */
	op = op_vote(anew(w, "Bob"), POLL, "C");
	op.no_room = 1;
	expect(w, op, 5, EVOTE_R_STORAGE, 0);
	op = op_create(anew(w, "Bob"), "next", START + HOUR);
	op.no_room = 1;
	expect(w, op, 3, EVOTE_R_STORAGE, 0);
	op = op_register(&eve, 1);
	op.no_room = 1;
	expect(w, op, 2, EVOTE_R_STORAGE, 0);
	op = op_unregister("Ann");
	op.no_room = 1;
	expect(w, op, 2, EVOTE_R_STORAGE, 0);
	/* The server's own records are few, and keep the service going. */
	w->time = START + HOUR;
	op = op_close(POLL);
	op.no_room = 1;
	expect(w, op, 0, EVOTE_R_OK, 1);
}

static void
test_client_table(void **state)
{
	struct world *w = *state;
	struct op vote = op_vote(asker("Bob", 2, 100), POLL, "C");
	struct op wrong = op_vote(asker("Bob", 3, 100), POLL, "no");
	struct op create;

	expect(w, vote, 0, EVOTE_R_OK, 1);
	expect(w, vote, 0, EVOTE_R_OK, 0);
	expect(w, op_vote(asker("Bob", 2, 100), POLL, choices[0]), 5,
	    EVOTE_R_NUMBER_REUSED, 0);
	expect(w, op_vote(asker("Bob", 2, 99), POLL, "C"), 5,
	    EVOTE_R_NUMBER_STALE, 0);
	create = op_create(asker("Bob", 2, 100), "x", START + 2 * HOUR);
	expect(w, create, 3, EVOTE_R_NUMBER_REUSED, 0);
	create.asker.number = 99;
	expect(w, create, 3, EVOTE_R_NUMBER_STALE, 0);
	/* Another client of the same voter is asked for itself. */
	expect(w, wrong, 4, EVOTE_R_VOTED, 1);
	expect(w, wrong, 4, EVOTE_R_VOTED, 0);
	/* Another voter's client of the same id is another. */
	create.asker = asker("Ann", 2, 7);
	expect(w, create, 0, EVOTE_R_OK, 1);
	expect(w, create, 0, EVOTE_R_OK, 0);
	/* The first answer: also for an expired token, after the close, ... */
	vote.credential = EVOTE_R_TOKEN_EXPIRED;
	expect(w, vote, 0, EVOTE_R_OK, 0);
	w->time = START + HOUR;
	expect(w, op_close(POLL), 0, EVOTE_R_OK, 1);
	expect(w, vote, 0, EVOTE_R_OK, 0);
	/* ... and off the roll. */
	expect(w, op_unregister("Bob"), 0, EVOTE_R_OK, 1);
	expect(w, vote, 0, EVOTE_R_OK, 0);
	/* A number of 0 is below every floor. */
	expect(w, op_vote(asker("Ann", 9, 0), POLL, "C"), 5,
	    EVOTE_R_NUMBER_STALE, 0);
}

static void
test_client_eviction(void **state)
{
	struct world *w = *state;
	char c;

	for (c = 0; c < EVOTE_CLIENTS_MAX; c++)
		expect(w, op_vote(asker("Bob", c, 100 - c), "no", "C"), 2,
		    EVOTE_R_NO_ELECTION, 1);
	/* Client 0 is heard again: now client 1, with 99, is the oldest. */
	expect(w, op_vote(asker("Bob", 0, 200), "no", "C"), 2,
	    EVOTE_R_NO_ELECTION, 1);
	expect(w, op_vote(asker("Bob", 50, 1), "no", "C"), 2,
	    EVOTE_R_NO_ELECTION, 1);
	expect(w, op_vote(asker("Bob", 1, 99), "no", "C"), 5,
	    EVOTE_R_NUMBER_STALE, 0);
	expect(w, op_vote(asker("Bob", 51, 99), POLL, "C"), 5,
	    EVOTE_R_NUMBER_STALE, 0);
	/* Those remembered go by their own numbers, not by the floor. */
	expect(w, op_vote(asker("Bob", 0, 200), "no", "C"), 2,
	    EVOTE_R_NO_ELECTION, 0);
	expect(w, op_vote(asker("Bob", 50, 2), "no", "C"), 2,
	    EVOTE_R_NO_ELECTION, 1);
	/* The next to go is 2, with 98: the floor does not fall. */
	expect(w, op_vote(asker("Bob", 51, 100), "no", "C"), 2,
	    EVOTE_R_NO_ELECTION, 1);
	expect(w, op_vote(asker("Bob", 2, 99), POLL, "C"), 5,
	    EVOTE_R_NUMBER_STALE, 0);
	expect(w, op_vote(asker("Bob", 2, 100), POLL, "C"), 0, EVOTE_R_OK, 1);
}

#define AHEAD ((uint64_t)EVOTE_AHEAD_S * SEC)

/* No number from a wrong clock is remembered. */
static void
test_number_ahead(void **state)
{
	struct world *w = *state;
	uint64_t most = w->time + 1 + AHEAD;
	struct op op = op_vote(asker("Bob", 1, most + 1), POLL, "C");

	expect(w, op, 5, EVOTE_R_NUMBER_AHEAD, 0);
	op.asker.number = UINT64_MAX;
	expect(w, op, 5, EVOTE_R_NUMBER_AHEAD, 0);
	expect(w, op_create(asker("Bob", 2, UINT64_MAX), "x", START + HOUR), 3,
	    EVOTE_R_NUMBER_AHEAD, 0);
	op.asker.number = most;
	expect(w, op, 0, EVOTE_R_OK, 1);
	/* What was answered is answered the same, whatever the time. */
	expect(w, op, 0, EVOTE_R_OK, 0);
}

/* While the host's clock is in doubt, the records' times stand still. */
static void
test_number_by_wall(void **state)
{
	struct world *w = *state;
	uint64_t wall = w->time + 10 * AHEAD;
	struct op op = op_vote(asker("Bob", 1, wall), POLL, "C");
	struct op late = op_vote(asker("Cy", 1, wall), POLL, "C");

	op.wall_us = late.wall_us = wall;
	/* A host of an older version would not follow. */
	expect(w, op, 5, EVOTE_R_NUMBER_AHEAD, 0);
	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	op.wall_us = 0;
	expect(w, op, 5, EVOTE_R_NUMBER_AHEAD, 0);
	op.wall_us = wall;
	op.asker.number = wall + AHEAD + 1;
	expect(w, op, 5, EVOTE_R_NUMBER_AHEAD, 0);
	op.asker.number = wall + AHEAD;
	expect(w, op, 0, EVOTE_R_OK, 1);
	/* A refusal is recorded as ever. */
	expect(w, late, 3, EVOTE_R_GROUP, 1);
	/* A clock that is behind the records is no bound. */
	op = op_vote(asker("Ann", 1, w->time + AHEAD), POLL, "C");
	op.wall_us = START;
	expect(w, op, 0, EVOTE_R_OK, 1);
}

static void
test_end_far(void **state)
{
	struct world *w = *state;
	uint64_t most = w->time + 2 + (uint64_t)EVOTE_SPAN_S * SEC;

	expect(w, op_create(anew(w, "Ann"), "x", UINT64_MAX), 3,
	    EVOTE_R_END_FAR, 1);
	expect(
	    w, op_create(anew(w, "Ann"), "x", most + 1), 3, EVOTE_R_END_FAR, 1);
	expect(w, op_create(anew(w, "Ann"), "x", most), 0, EVOTE_R_OK, 1);
}

/* Fills the client table with numbers far ahead, so that the floor is, too. */
static void
lock_out(struct world *w, const char *voter)
{
	for (char c = 0; c <= EVOTE_CLIENTS_MAX; c++)
		expect(w, op_vote(asker(voter, c, w->time + AHEAD), "no", "C"),
		    2, EVOTE_R_NO_ELECTION, 1);
	expect(w, op_vote(asker(voter, 50, w->time + 1), POLL, "C"), 5,
	    EVOTE_R_NUMBER_STALE, 0);
}

static void
test_unlock(void **state)
{
	struct world *w = *state;
	struct op lost;
	uint64_t size;

	lock_out(w, "Bob");
	lost = op_vote(asker("Bob", 60, w->time - 1), POLL, "C");
	size = w->size;
	expect(w, op_unlock("Bob"), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_vote(asker("Bob", 50, w->time + 1), POLL, "C"), 5,
	    EVOTE_R_NUMBER_STALE, 0);
	expect(w, op_unlock("Bob"), 0, EVOTE_R_OK, 1);
	/* What was sent before it, and comes late, is still refused. */
	expect(w, lost, 5, EVOTE_R_NUMBER_STALE, 0);
	expect(w, op_vote(asker("Bob", 50, w->time + 1), POLL, "C"), 0,
	    EVOTE_R_OK, 1);
	expect(w, op_unlock("Nobody"), 1, EVOTE_R_NO_VOTER, 0);
}

static void
test_unlock_refusals(void **state)
{
	struct world *w = *state;
	uint64_t size;

	for (int i = 0; i < 30; i++)
		expect(w, op_vote(anew(w, "Bob"), "no", "C"), 2,
		    EVOTE_R_NO_ELECTION, 1);
	size = w->size;
	expect(w, op_unlock("Bob"), 0, EVOTE_R_OK, 1);
	expect(
	    w, op_vote(anew(w, "Bob"), "no", "C"), 2, EVOTE_R_NO_ELECTION, 1);
	world_undo(w, size);
	expect(w, op_vote(anew(w, "Bob"), "no", "C"), 5, EVOTE_R_TOO_MANY, 0);
	expect(w, op_unlock("Bob"), 0, EVOTE_R_OK, 1);
	election_discard_undo(w->e, w->size);
	expect(
	    w, op_vote(anew(w, "Bob"), "no", "C"), 2, EVOTE_R_NO_ELECTION, 1);
}

/* Who leaves the roll and comes back begins at the present time. */
static void
test_register_unlocks(void **state)
{
	struct world *w = *state;
	evote_voter bob = person("Bob", "students", 'b');
	struct op again, granted = op_vote(asker("Bob", 70, 5), POLL, "C");
	uint64_t size;

	expect(w, granted, 0, EVOTE_R_OK, 1);
	lock_out(w, "Bob");
	expect(w, op_unregister("Bob"), 0, EVOTE_R_OK, 1);
	size = w->size;
	expect(w, op_register(&bob, 1), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_register(&bob, 1), 0, EVOTE_R_OK, 1);
	again = op_vote(asker("Bob", 71, w->time + 1), POLL, "it's \"B\"");
	expect(w, again, 4, EVOTE_R_VOTED, 1);
	expect(w, granted, 5, EVOTE_R_NUMBER_STALE, 0);
}

static void
test_refusal_record(void **state)
{
	struct world *w = *state;
	struct op op = op_vote(anew(w, "Ann"), POLL, "no such");
	unsigned char hash[32];
	struct outcome out;
	struct record *r;
	evote_leaf leaf;
	union opening none;

	r = world_execute(w, &op, &out);
	assert_non_null(r);
	assert_int_equal(r->opening_len, 0);
	assert_int_equal(record_open(r, &leaf, &none), 0);
	assert_int_equal(leaf.op.kind, EVOTE_OP_REFUSED);
	assert_int_equal(leaf.code, 5);
	assert_int_equal(leaf.reason, EVOTE_R_NO_CHOICE);
	assert_int_equal(xdr_hash((xdrproc_t)xdr_evote_act, &op.act, hash), 0);
	assert_memory_equal(leaf.op.evote_op_u.refused.act, hash, 32);
	record_clear(&leaf, &none);
}

static void
test_too_many(void **state)
{
	struct world *w = *state;
	uint64_t first = 0;
	struct op op;

	for (int i = 0; i < 30; i++) {
		expect(w, op_vote(anew(w, "Bob"), "no", "C"), 2,
		    EVOTE_R_NO_ELECTION, 1);
		if (i == 0)
			first = w->time;
		w->time += SEC;
	}
	op = op_vote(anew(w, "Bob"), "no", "C");
	expect(w, op, 5, EVOTE_R_TOO_MANY, 0);
	expect(
	    w, op_create(anew(w, "Bob"), POLL, START), 3, EVOTE_R_TOO_MANY, 0);
	/* What is granted is not limited, nor is anyone else. */
	expect(w, op_vote(anew(w, "Bob"), POLL, "C"), 0, EVOTE_R_OK, 1);
	expect(
	    w, op_vote(anew(w, "Ann"), "no", "C"), 2, EVOTE_R_NO_ELECTION, 1);
	/* A quarter of an hour after the first: room for one, not for two. */
	w->time = first + QUARTER - 2;
	op = op_vote(anew(w, "Bob"), "no", "C");
	expect(w, op, 5, EVOTE_R_TOO_MANY, 0);
	w->time = first + QUARTER - 1;
	expect(w, op, 2, EVOTE_R_NO_ELECTION, 1);
	expect(w, op, 2, EVOTE_R_NO_ELECTION, 0);
	expect(w, op_vote(anew(w, "Bob"), "no", "C"), 5, EVOTE_R_TOO_MANY, 0);
}

/* An election of that name, closing in an hour, unless it is one too many.
 */
static void
expect_create(struct world *w, const char *voter, unsigned number, int allowed)
{
	char name[16];
	struct op op;

	snprintf(name, sizeof(name), "e%u", number);
	op = op_create(anew(w, voter), name, w->time + HOUR);
	expect(w, op, allowed ? 0 : 3, allowed ? EVOTE_R_OK : EVOTE_R_QUOTA,
	    allowed);
}

static void
test_quota_of_elections(void **state)
{
	struct world *w = *state;
	uint64_t first = w->time + 1;
	struct op again;

	w->time = first - 1;
	for (unsigned i = 0; i < EVOTE_ELECTIONS_MAX; i++)
		expect_create(w, "Bob", i, 1);
	expect_create(w, "Bob", 1000, 0);
	expect(w, op_vote(anew(w, "Bob"), POLL, "C"), 0, EVOTE_R_OK, 1);
	/* What is refused for it is not recorded, and may be sent again. */
	again = op_create(anew(w, "Bob"), "later", first + HOUR);
	expect(w, again, 3, EVOTE_R_QUOTA, 0);
	expect_create(w, "Ann", 1001, 1);
	w->time = first + QUARTER - 1;
	expect(w, again, 0, EVOTE_R_OK, 1);
	expect_create(w, "Bob", 1002, 0);
	w->time += 30 * QUARTER;
	for (unsigned i = 0; i < 30; i++)
		expect_create(w, "Bob", 2000 + i, 1);
	expect_create(w, "Bob", 3000, 0);
}

/*
 * A large one takes more of the quota.  What is more than all of it is never
 * allowed: hosts of other versions judge the record, too, and would halt.
 */
static void
test_quota_of_bytes(void **state)
{
	static char names[EVOTE_CHOICES_MAX][EVOTE_NAME_MAX + 1];
	struct world *w = *state;
	evote_name list[EVOTE_CHOICES_MAX];
	char name[16];
	uint32_t n = 0;
	struct op op;

	for (int i = 0; i < EVOTE_CHOICES_MAX; i++) {
		memset(names[i], 'a', EVOTE_NAME_MAX);
		names[i][i] = 'b';
		list[i] = names[i];
	}
	for (; n <= EVOTE_ELECTIONS_MAX; n++) {
		snprintf(name, sizeof(name), "e%u", n);
		op = op_create_lists(anew(w, "Bob"), name, list,
		    EVOTE_GROUPS_MAX, list, EVOTE_CHOICES_MAX, w->time + HOUR);
		op.act.evote_act_u.election.end = w->time + HOUR;
		if (n == EVOTE_ELECTIONS_MAX / 5)
			break;
		expect(w, op, 0, EVOTE_R_OK, 1);
	}
	expect(w, op, 3, EVOTE_R_QUOTA, 0);
	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_settings(AS_BEFORE, NULL, 0, 4), 0, EVOTE_R_OK, 1);
	w->time += 1000 * QUARTER;
	op.act.evote_act_u.election.end = w->time + HOUR;
	expect(w, op, 3, EVOTE_R_QUOTA, 0);
	expect(w, op_settings(AS_BEFORE, NULL, 0, 5), 0, EVOTE_R_OK, 1);
	expect(w, op, 0, EVOTE_R_OK, 1);
}

/* However slowly they come, so many are open at once; each close makes room. */
static void
test_quota_of_open_elections(void **state)
{
	struct world *w = *state;
	const uint64_t far = w->time + 1000 * HOUR;
	struct op op;
	char name[16];

	for (unsigned i = 0; i < EVOTE_ELECTIONS_OPEN; i++) {
		w->time += QUARTER;
		snprintf(name, sizeof(name), "e%u", i);
		op = op_create(
		    anew(w, "Bob"), name, i == 7 ? w->time + SEC : far);
		expect(w, op, 0, EVOTE_R_OK, 1);
	}
	w->time += QUARTER;
	op = op_create(anew(w, "Bob"), "next", far);
	expect(w, op, 3, EVOTE_R_QUOTA, 0);
	expect(w, op_close("e7"), 0, EVOTE_R_OK, 1);
	expect(w, op, 0, EVOTE_R_OK, 1);
	world_undo(w, w->size - 1);
	expect(w, op, 0, EVOTE_R_OK, 1);
	world_undo(w, w->size - 2);
	expect(w, op, 3, EVOTE_R_QUOTA, 0);
}

#define expect_roll(w, op, code, reason, where, added, same, recorded)    \
	expect_roll_(w, op,                                               \
	    (struct outcome){code, reason, where, added, same}, recorded, \
	    __FILE__, __LINE__)

static void
expect_roll_(struct world *w, struct op op, struct outcome want, int recorded,
    const char *file, int line)
{
	struct outcome out = {-1, 99, 99, 99, 99};
	struct record *r = world_execute(w, &op, &out);

	_assert_int_equal(out.code, want.code, file, line);
	_assert_int_equal(out.reason, want.reason, file, line);
	_assert_int_equal(out.where, want.where, file, line);
	_assert_int_equal(out.added, want.added, file, line);
	_assert_int_equal(out.same, want.same, file, line);
	_assert_int_equal(r != NULL, recorded, file, line);
}

static void
test_register(void **state)
{
	struct world *w = *state;
	evote_voter list[] = {
	    person("Eve", "students", 'e'),
	    person("王小明", "職員", 'x'),
	    person("Ann", "students", 'a'),
	    person("Eve", "students", 'e'),
	};
	evote_voter many[EVOTE_ROLL_MAX + 1];
	struct voter_view view;
	struct op op = op_register(list, 3);

	expect_roll(w, op, 1, EVOTE_R_VOTER_EXISTS, 2, 0, 0, 0);
	assert_int_equal(election_voter(w->e, "Eve", &view), 0);
	op.skip_same = 1;
	op.only_check = 1;
	expect_roll(w, op, 0, EVOTE_R_OK, 0, 2, 1, 0);
	assert_int_equal(election_voter(w->e, "Eve", &view), 0);
	op.n = 4;
	expect_roll(w, op, 2, EVOTE_R_DUPLICATE, 3, 0, 0, 0);
	op.n = 3;
	list[2].key[31] ^= 1;
	expect_roll(w, op, 1, EVOTE_R_VOTER_EXISTS, 2, 0, 0, 0);
	list[2] = person("Ann", "staff", 'a');
	expect_roll(w, op, 1, EVOTE_R_VOTER_EXISTS, 2, 0, 0, 0);
	list[2] = person("", "staff", 'a');
	expect_roll(w, op, 2, EVOTE_R_MALFORMED, 2, 0, 0, 0);
	list[2] = person("Fay", "st\xff", 'a');
	expect_roll(w, op, 2, EVOTE_R_MALFORMED, 2, 0, 0, 0);
	list[2] = person("Ann", "students", 'a');
	op.only_check = 0;
	expect_roll(w, op, 0, EVOTE_R_OK, 0, 2, 1, 1);
	expect_roll(w, op, 0, EVOTE_R_OK, 0, 0, 3, 0);
	assert_int_equal(election_voter(w->e, "王小明", &view), 1);
	assert_string_equal(view.group, "職員");
	assert_int_equal(view.key[31], 'x');
	assert_int_equal(view.registered, 1);

	list[2] = person("Ann", "students", 'a');
	for (size_t i = 0; i < LEN(many); i++)
		many[i] = person("x", "y", 'z');
	expect_roll(
	    w, op_register(many, LEN(many)), 2, EVOTE_R_MALFORMED, 0, 0, 0, 0);
	expect_roll(w, op_register(NULL, 0), 0, EVOTE_R_OK, 0, 0, 0, 0);
}

/* One key under two names are two votes of one person. */
static void
test_shared_keys(void **state)
{
	struct world *w = *state;
	evote_voter list[] = {
	    person("Eve", "students", 'e'),
	    person("Eva", "students", 'e'),
	};
	evote_voter again = person("Annie", "students", 'a');
	struct op op = op_register(&again, 1);
	uint64_t before = w->size;

	expect_roll(w, op, 2, EVOTE_R_SHARED_KEY, 0, 0, 0, 0);
	expect_roll(w, op_register(list, 2), 2, EVOTE_R_SHARED_KEY, 1, 0, 0, 0);
	/* Who has left the roll has no key on it, until that is undone. */
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	expect_roll(w, op, 0, EVOTE_R_OK, 0, 1, 0, 1);
	world_undo(w, before);
	expect_roll(w, op, 2, EVOTE_R_SHARED_KEY, 0, 0, 0, 0);
	/* An operator who insists; and then one of the two may leave. */
	op.shared_keys = 1;
	expect_roll(w, op, 0, EVOTE_R_OK, 0, 1, 0, 1);
	expect(w, op_unregister("Annie"), 0, EVOTE_R_OK, 1);
	op.shared_keys = 0;
	expect_roll(w, op, 2, EVOTE_R_SHARED_KEY, 0, 0, 0, 0);
	op = op_register(list, 2);
	op.shared_keys = 1;
	expect_roll(w, op, 0, EVOTE_R_OK, 0, 2, 0, 1);
	/* They stand just so: no reason to refuse the same file again. */
	op.shared_keys = 0;
	op.skip_same = 1;
	expect_roll(w, op, 0, EVOTE_R_OK, 0, 0, 2, 0);
}

/* What has voted in an open election does not vote there under a new name. */
static void
test_former_keys(void **state)
{
	struct world *w = *state;
	evote_voter anna = person("Anna", "students", 'a');
	evote_voter staff = person("Anna", "staff", 'a');
	evote_voter ann = person("Ann", "students", 'a');
	struct op insist = op_register(&anna, 1);
	uint64_t voted, size;

	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	size = w->size;
	/* She has not voted, and may under the new name. */
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	expect(w, op_register(&anna, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Anna"), POLL, "C"), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	voted = w->size;
	expect(w, op_register(&anna, 1), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_rekey("Bob", 'a'), 2, EVOTE_R_SHARED_KEY, 0);
	/* Where she may not vote it does no harm; nor under the old name. */
	expect(w, op_register(&staff, 1), 0, EVOTE_R_OK, 1);
	world_undo(w, voted);
	expect(w, op_rekey("Cy", 'a'), 0, EVOTE_R_OK, 1);
	world_undo(w, voted);
	expect(w, op_register(&ann, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 4, EVOTE_R_VOTED, 1);
	world_undo(w, voted);
	/* Whoever has voted there gets no second vote by it. */
	expect(w, op_vote(anew(w, "Bob"), POLL, "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_rekey("Bob", 'a'), 0, EVOTE_R_OK, 1);
	world_undo(w, voted);
	insist.shared_keys = 1;
	expect(w, insist, 0, EVOTE_R_OK, 1);
	world_undo(w, voted);
	w->time = START + HOUR;
	expect(w, op_close(POLL), 0, EVOTE_R_OK, 1);
	expect(w, op_register(&anna, 1), 0, EVOTE_R_OK, 1);
}

/* Who left the roll and may vote where that is fixed still has the key. */
static void
test_kept_keys(void **state)
{
	struct world *w = *state;
	evote_option freeze[] = {{EVOTE_OPTION_FREEZE, 1}};
	evote_voter anna = person("Anna", "students", 'a');
	evote_voter bob = person("Bob", "students", 'a');
	uint64_t size;

	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	expect(w,
	    op_open(
		op_create(anew(w, "Bob"), "next", START + 2 * HOUR), freeze, 1),
	    0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	size = w->size;
	/* Bob could vote there for both; Cy and Anna cannot. */
	expect(w, op_rekey("Bob", 'a'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_rekey("Cy", 'a'), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_register(&anna, 1), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_unregister("Bob"), 0, EVOTE_R_OK, 1);
	expect(w, op_register(&bob, 1), 2, EVOTE_R_SHARED_KEY, 0);
	/* Those who are kept get a new key, too, but nobody else's. */
	expect(w, op_rekey("Ann", 'c'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_rekey("Ann", 'b'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_rekey("Ann", 'x'), 0, EVOTE_R_OK, 1);
	expect(w, op_register(&bob, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_unlock("Ann"), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Ann"), 1, EVOTE_R_NO_VOTER, 0);
	w->time = START + 2 * HOUR;
	expect(w, op_close("next"), 0, EVOTE_R_OK, 1);
	expect(w, op_unlock("Ann"), 1, EVOTE_R_NO_VOTER, 0);
	expect(w, op_rekey("Ann", 'y'), 1, EVOTE_R_NO_VOTER, 0);
}

static void
test_unregister(void **state)
{
	struct world *w = *state;
	evote_voter ann = person("Ann", "staff", 'A');
	struct voter_view view;

	expect(w, op_unregister("Zoe"), 1, EVOTE_R_NO_VOTER, 0);
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Ann"), 1, EVOTE_R_NO_VOTER, 0);
	assert_int_equal(election_voter(w->e, "Ann", &view), 1);
	assert_int_equal(view.registered, 0);
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 1, EVOTE_R_NO_VOTER, 1);
	/* Who comes back has voted still, whatever key and group. */
	expect(w, op_register(&ann, 1), 0, EVOTE_R_OK, 1);
	assert_int_equal(election_voter(w->e, "Ann", &view), 1);
	assert_int_equal(view.key[0], 'A');
	assert_string_equal(view.group, "staff");
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	ann = person("Ann", "students", 'A');
	expect(w, op_register(&ann, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 4, EVOTE_R_VOTED, 1);
}

static void
assert_result(struct world *w, const char *name, const uint64_t *counts,
    uint64_t votes, uint64_t eligible)
{
	evote_result_res res;
	struct outcome out;

	memset(&res, 0, sizeof(res));
	election_result(w->e, name, &res, &out);
	assert_int_equal(out.code, 0);
	assert_int_equal(res.counts.counts_len, 3);
	for (int i = 0; i < 3; i++) {
		assert_string_equal(
		    res.counts.counts_val[i].choice, choices[i]);
		assert_int_equal(res.counts.counts_val[i].votes, counts[i]);
	}
	assert_int_equal(res.votes, votes);
	assert_int_equal(res.eligible, eligible);
	assert_int_equal(res.end, START + HOUR);
	res.answer.host = res.answer.text = NULL;
	xdr_free((xdrproc_t)xdr_evote_result_res, (char *)&res);
}

static void
test_result(void **state)
{
	struct world *w = *state;
	const uint64_t counts[] = {2, 0, 2}, none[] = {0, 0, 0};
	evote_voter more[] = {
	    person("Eve", "students", 'e'), person("Fay", "students", 'f')};
	evote_voter bob = person("Bob", "staff", 'b');
	evote_result_res res = {.votes = 9};
	struct outcome out;

	expect(w, op_register(more, 2), 0, EVOTE_R_OK, 1);
	expect(w, op_create(anew(w, "Ann"), "empty", START + HOUR), 0,
	    EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Bob"), POLL, "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Eve"), POLL, choices[0]), 0, EVOTE_R_OK, 1);
	expect(
	    w, op_vote(anew(w, "王大明"), POLL, choices[0]), 0, EVOTE_R_OK, 1);
	/* Has voted and left; has voted and moved; left without a vote. */
	expect(w, op_unregister("Eve"), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Bob"), 0, EVOTE_R_OK, 1);
	expect(w, op_register(&bob, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Fay"), 0, EVOTE_R_OK, 1);

	election_result(w->e, "no", &res, &out);
	assert_int_equal(out.code, 1);
	assert_int_equal(out.reason, EVOTE_R_NO_ELECTION);
	election_result(w->e, POLL, &res, &out);
	assert_int_equal(out.code, 2);
	assert_int_equal(out.reason, EVOTE_R_ONGOING);
	assert_int_equal(res.votes, 0);
	assert_int_equal(res.counts.counts_len, 0);

	w->time = START + HOUR;
	expect(w, op_close(POLL), 0, EVOTE_R_OK, 1);
	expect(w, op_close("empty"), 0, EVOTE_R_OK, 1);
	assert_result(w, POLL, counts, 4, 4);
	assert_result(w, "empty", none, 0, 2);
	/* What comes later changes nothing. */
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	assert_result(w, POLL, counts, 4, 4);
}

static void
test_due(void **state)
{
	static const struct {
		const char *name;
		uint64_t end;
	} polls[] = {{"c", 300}, {"a", 100}, {"d", 300}, {"b", 200}};
	struct world *w = *state;

	for (size_t i = 0; i < LEN(polls); i++)
		expect(w,
		    op_create(anew(w, "Ann"), polls[i].name,
			START + polls[i].end * SEC),
		    0, EVOTE_R_OK, 1);
	assert_null(due_at(w, START + 100 * SEC - 1));
	assert_string_equal(due_at(w, START + 100 * SEC), "a");
	expect(w, op_close("a"), 2, EVOTE_R_ONGOING, 0);
	expect(w, op_close("no"), 2, EVOTE_R_NO_ELECTION, 0);
	w->time = START + 300 * SEC;
	/* By end, then in the order of creation; out of order is fine too. */
	expect(w, op_close("b"), 0, EVOTE_R_OK, 1);
	assert_string_equal(due_at(w, w->time), "a");
	expect(w, op_close("a"), 0, EVOTE_R_OK, 1);
	expect(w, op_close("a"), 2, EVOTE_R_CLOSED, 0);
	assert_string_equal(due_at(w, w->time), "c");
	expect(w, op_close("c"), 0, EVOTE_R_OK, 1);
	assert_string_equal(due_at(w, w->time), "d");
	expect(w, op_close("d"), 0, EVOTE_R_OK, 1);
	assert_null(due_at(w, w->time));
	world_undo(w, w->size - 2);
	assert_string_equal(due_at(w, START + HOUR), "c");
	world_undo(w, w->size - 1);
	assert_string_equal(due_at(w, START + HOUR), "a");
}

static void
test_pages(void **state)
{
	struct world *w = *state;
	char name[32];
	evote_list_res list;
	evote_voters_res roll;
	evote_voter v;
	struct op op;

	for (int i = 1; i < EVOTE_PAGE_MAX + 50; i++) {
		snprintf(name, sizeof(name), "poll %d", i);
		op = op_create(
		    anew(w, i % 2 ? "Ann" : "Bob"), name, START + HOUR);
		expect(w, op, 0, EVOTE_R_OK, 1);
		v = person(name, "staff", 's');
		memcpy(v.key, &i, sizeof(i));
		expect(w, op_register(&v, 1), 0, EVOTE_R_OK, 1);
	}
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	memset(&list, 0, sizeof(list));
	election_list(w->e, 0, &list);
	assert_int_equal(list.elections.elections_len, EVOTE_PAGE_MAX);
	assert_string_equal(list.elections.elections_val[0].name, POLL);
	assert_int_equal(list.next, EVOTE_PAGE_MAX);
	xdr_free((xdrproc_t)xdr_evote_list_res, (char *)&list);
	memset(&list, 0, sizeof(list));
	election_list(w->e, EVOTE_PAGE_MAX, &list);
	assert_int_equal(list.elections.elections_len, 50);
	assert_string_equal(list.elections.elections_val[0].name, "poll 100");
	assert_int_equal(list.next, 0);
	xdr_free((xdrproc_t)xdr_evote_list_res, (char *)&list);
	memset(&list, 0, sizeof(list));
	election_list(w->e, 4000000000u, &list);
	assert_int_equal(list.elections.elections_len, 0);
	assert_int_equal(list.next, 0);
	xdr_free((xdrproc_t)xdr_evote_list_res, (char *)&list);

	/* 153 stand on the roll; the second in order has left it. */
	memset(&roll, 0, sizeof(roll));
	election_voters(w->e, 0, &roll);
	assert_int_equal(roll.voters.voters_len, EVOTE_PAGE_MAX);
	assert_string_equal(roll.voters.voters_val[1].name, "Bob");
	assert_int_equal(roll.next, EVOTE_PAGE_MAX + 1);
	xdr_free((xdrproc_t)xdr_evote_voters_res, (char *)&roll);
	memset(&roll, 0, sizeof(roll));
	election_voters(w->e, EVOTE_PAGE_MAX + 1, &roll);
	assert_int_equal(roll.voters.voters_len, 53);
	assert_int_equal(roll.next, 0);
	xdr_free((xdrproc_t)xdr_evote_voters_res, (char *)&roll);
}

static void
test_show(void **state)
{
	struct world *w = *state;
	evote_election_res res;
	struct outcome out;

	memset(&res, 0, sizeof(res));
	election_show(w->e, POLL, &res, &out);
	assert_int_equal(out.code, 0);
	assert_string_equal(res.election.name, POLL);
	assert_string_equal(res.creator, "Ann");
	assert_int_equal(res.election.groups.groups_len, 1);
	assert_string_equal(res.election.choices.choices_val[1], "it's \"B\"");
	assert_int_equal(res.election.end, START + HOUR);
	assert_int_equal(res.closed, 0);
	xdr_free((xdrproc_t)xdr_evote_election_res, (char *)&res);
	memset(&res, 0, sizeof(res));
	election_show(w->e, "no", &res, &out);
	assert_int_equal(out.code, 1);
	assert_int_equal(out.reason, EVOTE_R_NO_ELECTION);
	assert_string_equal(res.election.name, "");
	xdr_free((xdrproc_t)xdr_evote_election_res, (char *)&res);
}

/* A group that nobody is in, or any more, is told. */
static void
test_empty_groups(void **state)
{
	struct world *w = *state;
	evote_voter eve = {
	    .name = (char *)"Eve",
	    .group = (char *)"board",
	};
	evote_name names[] = {(char *)"membres", (char *)"board"};
	evote_groups_args args = {.groups = {LEN(names), names}};
	evote_groups_res res = {0};

	memset(eve.key, 7, sizeof(eve.key));
	expect(w, op_register(&eve, 1), 0, EVOTE_R_OK, 1);
	election_empty(w->e, &args, &res);
	assert_int_equal(res.empty.empty_len, 1);
	assert_string_equal(res.empty.empty_val[0], "membres");
	xdr_free((xdrproc_t)xdr_evote_groups_res, (char *)&res);
	expect(w, op_unregister("Eve"), 0, EVOTE_R_OK, 1);
	election_empty(w->e, &args, &res);
	assert_int_equal(res.empty.empty_len, 2);
	assert_string_equal(res.empty.empty_val[1], "board");
	xdr_free((xdrproc_t)xdr_evote_groups_res, (char *)&res);
}

static void
assert_key(struct world *w, uint32_t i, const char *name, char id, char key,
    char replaces)
{
	const struct keys *ks = election_keys(w->e);

	assert_in_range(i, 1, ks->n - 1);
	assert_string_equal(ks->list[i].name, name);
	assert_int_equal(ks->list[i].incarnation[15], id);
	assert_int_equal(ks->list[i].key[31], key);
	assert_int_equal(ks->list[i].replaces[15], replaces);
	assert_int_equal(
	    ks->list[i].leaf_len, w->log[ks->list[i].seq]->leaf_len);
	assert_memory_equal(ks->list[i].leaf,
	    record_leaf(w->log[ks->list[i].seq]), ks->list[i].leaf_len);
}

static int
key_counts(const struct world *w, char id)
{
	unsigned char incarnation[16];

	memset(incarnation, id, sizeof(incarnation));
	return (keys_of(election_keys(w->e), incarnation) != NULL);
}

static void
test_hosts(void **state)
{
	struct world *w = *state;
	const struct keys *ks = election_keys(w->e);
	unsigned char one[32], other[32];
	char long_name[EVOTE_HOST_MAX + 2] = "";
	uint64_t size;

	assert_int_equal(ks->n, 1); /* GENESIS */
	assert_memory_equal(
	    ks->list[0].leaf, record_leaf(w->log[0]), w->log[0]->leaf_len);
	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	expect(w, op_host("b", 2, 'B'), 0, EVOTE_R_OK, 1);
	assert_key(w, 1, "a", 1, 'A', 0);
	assert_key(w, 2, "b", 2, 'B', 0);
	/* One incarnation, one key. */
	expect(w, op_host("b", 2, 'B'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_host("b", 2, 'C'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_host("b", 3, 'A'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_host("", 3, 'C'), 2, EVOTE_R_MALFORMED, 0);
	memset(long_name, 'x', EVOTE_HOST_MAX + 1);
	expect(w, op_host(long_name, 3, 'C'), 2, EVOTE_R_MALFORMED, 0);
	expect(w, op_host("c", 0, 'C'), 2, EVOTE_R_MALFORMED, 0);
	expect(w, op_host("c", 3, 0), 2, EVOTE_R_MALFORMED, 0);
	/* Its disk was lost; then it was removed, and came back. */
	size = w->size;
	expect(w, op_host("b", 3, 'C'), 0, EVOTE_R_OK, 1);
	assert_key(w, 3, "b", 3, 'C', 2);
	expect(w, op_host("c", 0, 0), 2, EVOTE_R_MALFORMED, 0);
	expect(w, op_host("b", 0, 0), 0, EVOTE_R_OK, 1);
	assert_key(w, 4, "b", 0, 0, 3);
	expect(w, op_host("b", 0, 0), 2, EVOTE_R_MALFORMED, 0);
	assert_string_equal(keys_name(ks, 0), "a");
	assert_null(keys_name(ks, 1));
	expect(w, op_host("b", 4, 'D'), 0, EVOTE_R_OK, 1);
	assert_key(w, 5, "b", 4, 'D', 0);
	assert_string_equal(keys_name(ks, 1), "b");
	assert_true(key_counts(w, 4));
	assert_false(key_counts(w, 3) || key_counts(w, 2));
	world_undo(w, size);
	assert_true(key_counts(w, 2));
	assert_int_equal(ks->n, 3);
	expect(w, op_host("b", 4, 'D'), 0, EVOTE_R_OK, 1);
	assert_key(w, 3, "b", 4, 'D', 2);
	/* They are a part of the state. */
	election_hash(w->e, one);
	world_undo(w, size);
	expect(w, op_host("b", 4, 'E'), 0, EVOTE_R_OK, 1);
	election_hash(w->e, other);
	assert_memory_not_equal(one, other, sizeof(one));
}

/* One that was removed may be added again with the directory that it has. */
static void
test_host_comes_back(void **state)
{
	struct world *w = *state;
	const struct keys *ks = election_keys(w->e);

	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	expect(w, op_host("a", 0, 0), 0, EVOTE_R_OK, 1);
	assert_false(key_counts(w, 1));
	expect(w, op_host("a", 1, 'B'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_host("a", 2, 'A'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	assert_key(w, 3, "a", 1, 'A', 0);
	assert_true(key_counts(w, 1));
	assert_string_equal(keys_name(ks, 0), "a");
	world_undo(w, w->size - 1);
	assert_false(key_counts(w, 1));
	/* So it may under another name. */
	expect(w, op_host("b", 1, 'A'), 0, EVOTE_R_OK, 1);
	assert_true(key_counts(w, 1));
}

/* Whoever says that it replaces another one's key is not followed. */
static void
test_hosts_tampered(void **state)
{
	struct world *w = *state;
	evote_leaf leaf;
	union opening none;
	struct record *r;
	char err[256];

	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	expect(w, op_host("a", 2, 'B'), 0, EVOTE_R_OK, 1);
	assert_int_equal(record_open(w->log[w->size - 1], &leaf, &none), 0);
	election_undo(w->e, w->size - 1);
	leaf.op.evote_op_u.host.replaces[0] ^= 1;
	r = record_make(&leaf, NULL);
	assert_int_equal(election_replay(w->e, r, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "it replaces another key"));
	record_drop(r);
	record_clear(&leaf, &none);
	assert_int_equal(
	    election_replay(w->e, w->log[w->size - 1], err, sizeof(err)), 0);
}

static void
assert_receipt(struct world *w, evote_asker who, int found, uint64_t seq)
{
	uint64_t at = UINT64_MAX;

	assert_int_equal(election_receipt(w->e, &who, &at), found);
	if (found)
		assert_int_equal(at, seq);
}

/* Where the answer to a request stands, as long as it is the client's last. */
static void
test_receipt(void **state)
{
	struct world *w = *state;
	evote_asker first = asker("Bob", 2, 10), next = asker("Bob", 2, 11);
	uint64_t size = w->size;

	assert_receipt(w, first, 0, 0);
	expect(w, op_vote(first, POLL, "C"), 0, EVOTE_R_OK, 1);
	assert_receipt(w, first, 1, size);
	/* Asked again it is the same one; another client's number is not. */
	expect(w, op_vote(first, POLL, "C"), 0, EVOTE_R_OK, 0);
	assert_receipt(w, first, 1, size);
	assert_receipt(w, asker("Bob", 3, 10), 0, 0);
	assert_receipt(w, asker("Ann", 2, 10), 0, 0);
	assert_receipt(w, asker("Nobody", 2, 10), 0, 0);
	/* A refusal is a record, too. */
	expect(w, op_vote(next, POLL, "C"), 4, EVOTE_R_VOTED, 1);
	assert_receipt(w, next, 1, size + 1);
	assert_receipt(w, first, 0, 0);
	world_undo(w, size + 1);
	assert_receipt(w, next, 0, 0);
	assert_receipt(w, first, 1, size);
	world_undo(w, size);
	assert_receipt(w, first, 0, 0);
}

static void
test_genesis_and_epochs(void **state)
{
	struct world *w = *state;

	assert_string_equal(election_genesis(w->e)->origin, "vote.test");
	w->epoch = 7;
	expect(w, op_epoch(1), 0, EVOTE_R_OK, 1);
	w->epoch = 8;
	expect(w, op_epoch(0), 0, EVOTE_R_OK, 1);
	world_undo(w, w->size - 2);
	world_undo(w, 0);
	assert_null(election_genesis(w->e));
	expect(w, op_genesis(), 0, EVOTE_R_OK, 1);
}

/* ---- records that were changed ---- */

static void
rename_to(char **name, const char *to)
{
	free(*name);
	*name = strdup(to);
}

#define OP leaf->op.evote_op_u

static void
bad_seq(evote_leaf *leaf, evote_opening *opening)
{
	leaf->seq++;
}
static void
bad_time(evote_leaf *leaf, evote_opening *opening)
{
	leaf->time = START + 1;
}
static void
bad_epoch(evote_leaf *leaf, evote_opening *opening)
{
	leaf->epoch = 0;
}
static void
bad_code(evote_leaf *leaf, evote_opening *opening)
{
	leaf->code++;
}
static void
bad_reason(evote_leaf *leaf, evote_opening *opening)
{
	leaf->reason++;
}
static void
bad_vote_of_none(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&OP.vote.asker.voter, "Zoe");
}
static void
bad_vote_of_outsider(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&OP.vote.asker.voter, "Cy");
}
static void
bad_vote_number(evote_leaf *leaf, evote_opening *opening)
{
	OP.vote.asker.number = 1;
}
static void
bad_vote_late(evote_leaf *leaf, evote_opening *opening)
{
	leaf->time = START + HOUR;
}
static void
bad_vote_election(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&OP.vote.ballot.election, "other");
}
static void
bad_vote_commitment(evote_leaf *leaf, evote_opening *opening)
{
	OP.vote.ballot.commitment[5] ^= 4;
}
static void
bad_opening_salt(evote_leaf *leaf, evote_opening *opening)
{
	opening->salt[31] ^= 1;
}
static void
bad_opening_choice(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&opening->choice, "it's \"B\"");
}
/* From here on the commitment is made to fit. */
static void
bad_opening_domain(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&opening->domain, "evote opening 2");
	xdr_hash((xdrproc_t)xdr_evote_opening, opening,
	    (unsigned char *)OP.vote.ballot.commitment);
}
static void
bad_opening_election(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&opening->election, "other");
	xdr_hash((xdrproc_t)xdr_evote_opening, opening,
	    (unsigned char *)OP.vote.ballot.commitment);
}
static void
bad_opening_unlisted(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&opening->choice, "D");
	xdr_hash((xdrproc_t)xdr_evote_opening, opening,
	    (unsigned char *)OP.vote.ballot.commitment);
}
static void
bad_opening_gone(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&opening->domain, "");
}
static void
bad_opening_extra(evote_leaf *leaf, evote_opening *opening)
{
	opening->domain = strdup("evote opening 1");
	opening->election = strdup(POLL);
	opening->choice = strdup("C");
}
static void
bad_register_twice(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&OP.voters.voters_val[1].name, "王大明");
}
static void
bad_register_empty(evote_leaf *leaf, evote_opening *opening)
{
	xdr_free((xdrproc_t)xdr_evote_op, (char *)&leaf->op);
	memset(&leaf->op, 0, sizeof(leaf->op));
	leaf->op.kind = EVOTE_OP_REGISTER;
}
static void
bad_unregister(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&OP.voter, "Zoe");
}
static void
bad_create_group(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&OP.create.election.groups.groups_val[0], "\n");
}
static void
bad_create_past(evote_leaf *leaf, evote_opening *opening)
{
	OP.create.election.end = leaf->time;
}
static void
bad_close_early(evote_leaf *leaf, evote_opening *opening)
{
	leaf->time = START + HOUR - 1;
}
static void
bad_close_unknown(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&OP.election, "other");
}
static void
bad_refusal_success(evote_leaf *leaf, evote_opening *opening)
{
	leaf->code = 0;
	leaf->reason = EVOTE_R_OK;
}
static void
bad_refusal_unrecorded(evote_leaf *leaf, evote_opening *opening)
{
	leaf->code = 3;
	leaf->reason = EVOTE_R_DUPLICATE;
}
static void
bad_refusal_on_roll(evote_leaf *leaf, evote_opening *opening)
{
	leaf->code = 1;
	leaf->reason = EVOTE_R_NO_VOTER;
}
static void
bad_refusal_of_none(evote_leaf *leaf, evote_opening *opening)
{
	rename_to(&OP.refused.asker.voter, "Zoe");
}
static void
bad_refusal_number(evote_leaf *leaf, evote_opening *opening)
{
	OP.refused.asker.number = 2;
}
static void
bad_genesis_again(evote_leaf *leaf, evote_opening *opening)
{
	xdr_free((xdrproc_t)xdr_evote_op, (char *)&leaf->op);
	memset(&leaf->op, 0, sizeof(leaf->op));
	leaf->op.kind = EVOTE_OP_GENESIS;
	OP.genesis.origin = strdup("vote.test");
}

/*
 * The host that admitted a name may have a newer Unicode, where a letter
 * that is none here has come: no reason to part with its ledger.
 */
static void
test_newer_letters(void **state)
{
	struct world *w = *state;
	struct election_state *e = replayed(w, 2);
	struct record *newer;
	union opening opening;
	char err[256] = "";
	evote_leaf leaf;

	assert_int_equal(record_open(w->log[2], &leaf, &opening), 0);
	rename_to(&leaf.op.evote_op_u.voters.voters_val[1].name, "A\u0378");
	newer = record_make(&leaf, NULL);
	assert_int_equal(election_replay(e, newer, err, sizeof(err)), 0);
	record_clear(&leaf, &opening);
	record_drop(newer);
	election_free(e);
}

/* Also one that has a private part and should have none. */
static struct record *
record_of(evote_leaf *leaf, const evote_opening *opening)
{
	unsigned char *leaf_bytes, *bytes = NULL;
	struct record *r;
	long leaf_len, len = 0;

	leaf_len = xdr_to_bytes((xdrproc_t)xdr_evote_leaf, leaf, &leaf_bytes);
	if (opening->domain != NULL && opening->domain[0] != '\0')
		len =
		    xdr_to_bytes((xdrproc_t)xdr_evote_opening, opening, &bytes);
	r = record_read(leaf_bytes, (uint32_t)leaf_len, bytes, (uint32_t)len);
	assert_non_null(r);
	free(leaf_bytes);
	free(bytes);
	return (r);
}

static void
tamper(
    struct world *w, uint64_t at, void (*change)(evote_leaf *, evote_opening *))
{
	struct election_state *e = replayed(w, at), *before = replayed(w, at);
	struct record *bad;
	char err[256] = "";
	evote_leaf leaf;
	union opening opening;

	assert_int_equal(record_open(w->log[at], &leaf, &opening), 0);
	change(&leaf, &opening.vote);
	bad = record_of(&leaf, &opening.vote);
	assert_int_equal(election_replay(e, bad, err, sizeof(err)), -1);
	assert_string_not_equal(err, "");
	assert_same_state(e, before);
	assert_int_equal(election_replay(e, w->log[at], err, sizeof(err)), 0);
	if (opening_xdr(leaf.op.kind) == NULL)
		xdr_free((xdrproc_t)xdr_evote_opening, &opening.vote);
	record_clear(&leaf, &opening);
	record_drop(bad);
	election_free(before);
	election_free(e);
}

static void
test_tampered(void **state)
{
	enum { EPOCH = 1, REGISTER, CREATE, VOTE, REFUSED, UNREGISTER, CLOSE };
	static const struct {
		uint64_t at;
		void (*change)(evote_leaf *, evote_opening *);
	} all[] = {
	    {VOTE, bad_seq},
	    {VOTE, bad_time},
	    {VOTE, bad_epoch},
	    {VOTE, bad_code},
	    {VOTE, bad_reason},
	    {VOTE, bad_vote_of_none},
	    {VOTE, bad_vote_of_outsider},
	    {VOTE, bad_vote_number},
	    {VOTE, bad_vote_late},
	    {VOTE, bad_vote_election},
	    {VOTE, bad_vote_commitment},
	    {VOTE, bad_opening_salt},
	    {VOTE, bad_opening_choice},
	    {VOTE, bad_opening_domain},
	    {VOTE, bad_opening_election},
	    {VOTE, bad_opening_unlisted},
	    {VOTE, bad_opening_gone},
	    {VOTE, bad_genesis_again},
	    {REGISTER, bad_opening_extra},
	    {REGISTER, bad_register_twice},
	    {REGISTER, bad_register_empty},
	    {REGISTER, bad_code},
	    {UNREGISTER, bad_unregister},
	    {UNREGISTER, bad_reason},
	    {CREATE, bad_create_group},
	    {CREATE, bad_create_past},
	    {CREATE, bad_code},
	    {CLOSE, bad_close_early},
	    {CLOSE, bad_close_unknown},
	    {CLOSE, bad_opening_extra},
	    {EPOCH, bad_code},
	    {EPOCH, bad_genesis_again},
	    {REFUSED, bad_refusal_success},
	    {REFUSED, bad_refusal_unrecorded},
	    {REFUSED, bad_refusal_on_roll},
	    {REFUSED, bad_refusal_of_none},
	    {REFUSED, bad_refusal_number},
	    {REFUSED, bad_opening_extra},
	    {0, bad_seq},
	};
	struct world *w = *state;

	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), POLL, "C"), 4, EVOTE_R_VOTED, 1);
	expect(w, op_unregister("Bob"), 0, EVOTE_R_OK, 1);
	w->time = START + HOUR - 1;
	expect(w, op_close(POLL), 0, EVOTE_R_OK, 1);
	for (size_t i = 0; i < LEN(all); i++)
		tamper(w, all[i].at, all[i].change);
}

/* A 31st refusal at once cannot have been recorded. */
static void
test_tampered_too_many(void **state)
{
	struct world *w = *state;
	struct record *last, *moved;
	char err[256];
	evote_leaf leaf;
	union opening none;

	for (int i = 0; i < 30; i++)
		expect(w, op_vote(anew(w, "Bob"), "no", "C"), 2,
		    EVOTE_R_NO_ELECTION, 1);
	w->time += HOUR;
	expect(
	    w, op_vote(anew(w, "Bob"), "no", "C"), 2, EVOTE_R_NO_ELECTION, 1);
	last = w->log[w->size - 1];
	assert_int_equal(record_open(last, &leaf, &none), 0);
	leaf.time -= HOUR - QUARTER / 2;
	moved = record_make(&leaf, NULL);
	election_undo(w->e, w->size - 1);
	assert_int_equal(election_replay(w->e, moved, err, sizeof(err)), -1);
	assert_int_equal(election_replay(w->e, last, err, sizeof(err)), 0);
	record_clear(&leaf, &none);
	record_drop(moved);
}

/* ---- any operations in any order, any number of them undone ---- */

static struct op
random_roll(unsigned *seed)
{
	static const char *const names[] = {
	    "王大明", "Ann", "Bob", "Cy", "D'Arcy", "Eve", "Fay", "Gil"};
	static const char *const groups[] = {"students", "staff", "guests"};
	static evote_voter list[2];
	const char *name, *group;
	struct op op;

	if (draw(seed, 8) == 0)
		return (op_unregister(names[draw(seed, LEN(names))]));
	if (draw(seed, 40) == 0)
		return (op_unlock(names[draw(seed, LEN(names))]));
	for (size_t i = 0; i < LEN(list); i++) {
		name = names[draw(seed, LEN(names))];
		group = groups[draw(seed, LEN(groups))];
		list[i] = person(name, group, (char)draw(seed, 2));
	}
	op = op_register(list, 1 + draw(seed, 2));
	op.skip_same = draw(seed, 2);
	op.shared_keys = draw(seed, 4) != 0;
	op.only_check = draw(seed, 8) == 0;
	return (op);
}

static uint64_t
roll_version(const struct election_state *e)
{
	evote_roll_args args = {UINT32_MAX, "", ""};
	evote_roll_res res;
	struct outcome out;

	election_roll(e, &args, &res, &out);
	free(res.voters.voters_val);
	return (res.roll);
}

/* A key, or one row of a stage, or its end: see test_stage.c for more. */
static struct op
random_change(struct world *w, unsigned *seed)
{
	static evote_row row;
	struct op op = random_roll(seed);

	if (op.kind != EVOTE_OP_REGISTER)
		return (op);
	row = (evote_row){op.voters[0], draw(seed, 4) == 0};
	switch (draw(seed, 3)) {
	case 0:
		op.kind = EVOTE_OP_REKEY;
		op.rekey.voter = row.voter.name;
		memcpy(op.rekey.key, row.voter.key, sizeof(op.rekey.key));
		break;
	case 1:
		op.kind = EVOTE_OP_STAGE;
		op.roll = roll_version(w->e);
		op.stage.rows.rows_len = 1;
		op.stage.rows.rows_val = &row;
		op.stage.from = draw(seed, 2);
		if (op.stage.from > 0)
			op.stage.stage = election_stage(w->e);
		break;
	default:
		op.kind = EVOTE_OP_COMMIT;
		op.commit.stage = election_stage(w->e);
		op.commit.rows = 1 + draw(seed, 2);
	}
	return (op);
}

static evote_asker
random_asker(struct world *w, unsigned *seed)
{
	static const char *const names[] = {
	    "王大明", "Ann", "Bob", "Cy", "Eve", "Nobody"};
	char client = (char)draw(seed, 2 * EVOTE_CLIENTS_MAX);
	uint64_t number = w->number;

	switch (draw(seed, 16)) {
	case 0:
		return (w->last);
	case 1:
		number -= draw(seed, 20);
		break;
	case 2:
		number = w->time + AHEAD - 1000 + draw(seed, 2000);
		break;
	default:
		number = ++w->number;
	}
	w->last = asker(names[draw(seed, LEN(names))], client, number);
	return (w->last);
}

static struct op
random_host(unsigned *seed)
{
	static const char *const names[] = {"a", "b", "c"};
	char id = (char)draw(seed, 100), key = (char)draw(seed, 100);

	if (draw(seed, 4) == 0)
		id = key = 0;
	return (op_host(names[draw(seed, 3)], id, key));
}

/* Of an election's life, or of all. */
static struct op
random_life(struct world *w, unsigned *seed, evote_asker who, const char *name)
{
	struct op op;

	switch (draw(seed, 4)) {
	case 0:
		return (op_settings(
		    draw(seed, 3) == 0 ? EVOTE_BY_GROUPS : EVOTE_BY_ANYONE,
		    NULL, 0, (int)draw(seed, 200)));
	case 1:
		return (op_settings(
		    (evote_creators)draw(seed, 2), both, draw(seed, 3), -1));
	case 2:
		op = op_cancel(who, name, "so");
		break;
	default:
		op = op_extend(who, name,
		    w->time + draw(seed, 4000) * SEC - 600 * SEC, "late");
	}
	return (draw(seed, 3) == 0 ? by_operator(op) : op);
}

static struct op
random_op(struct world *w, unsigned *seed)
{
	static evote_option planned[] = {
	    {EVOTE_OPTION_START, 0}, {EVOTE_OPTION_FREEZE, 1}};
	static evote_name options[] = {"A", "B", "C", "D"};
	static evote_option sheet = {EVOTE_OPTION_SHEET, 1};
	static evote_option freeze[] = {
	    {EVOTE_OPTION_ORDER_SHOWN, 1}, {EVOTE_OPTION_FREEZE, 1}};
	static evote_option ranked[] = {
	    {EVOTE_OPTION_RANKED, 1}, {EVOTE_OPTION_ORDER_SHOWN, 1}};
	static evote_option pick[] = {
	    {EVOTE_OPTION_PICK_MIN, 1}, {EVOTE_OPTION_PICK_MAX, 1}};
	static const char *const ballots[] = {
	    "0", "1", "2", "00", "10", "01", "11", "12", "21", "100", "231"};
	static char name[16];
	evote_asker who;
	uint32_t n_groups, n_choices;
	const char *ranks;
	uint64_t end;
	struct op op;

	who = random_asker(w, seed);
	snprintf(name, sizeof(name), "poll %u",
	    draw(seed, 5) + (unsigned)((w->time - START) / (HOUR / 4)));
	switch (draw(seed, 17)) {
	case 16:
		return (random_life(w, seed, who, name));
	case 0:
		w->epoch++;
		return (op_epoch(draw(seed, 4) == 0));
	case 1:
	case 2:
		if (draw(seed, 4) == 0)
			return (random_host(seed));
		if (draw(seed, 2) == 0)
			return (random_change(w, seed));
		return (random_roll(seed));
	case 3:
	case 4:
	case 5:
		n_groups = (draw(seed, 8) + 1) / 4;
		n_choices = (draw(seed, 12) + 2) / 4;
		end = w->time + draw(seed, 4000) * SEC - 600 * SEC;
		if (draw(seed, 8) == 0)
			end = UINT64_MAX;
		op = op_create_lists(
		    who, name, both, n_groups, options, n_choices, end);
		if (who.number % 3 == 0)
			op = op_open(op, &sheet, 1);
		else if (who.number % 12 == 1)
			op = op_open(op, freeze, 2);
		else if (who.number % 12 == 7) {
			planned[0].value = w->time + draw(seed, 600) * SEC;
			op = op_open(op, planned, 2);
		} else if (who.number % 6 == 4)
			op = op_open(op, ranked, 2);
		else if (who.number % 6 == 2)
			op = op_open(op, pick, 2);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		ranks = ballots[draw(seed, LEN(ballots))];
		op = op_ballot_of(
		    who, name, ranks, options, (uint32_t)strlen(ranks));
		break;
	default:
		op = op_vote(who, name, options[draw(seed, LEN(options))]);
		break;
	}
	if (draw(seed, 16) == 0)
		op.credential = EVOTE_R_TOKEN_EXPIRED;
	return (op);
}

/* The same again: the same answer, and nothing to record. */
static void
expect_repeat(struct world *w, struct op op, struct outcome first)
{
	expect(w, op, first.code, first.reason, 0);
}

static void
random_step(struct world *w, unsigned *seed, unsigned met[64])
{
	struct outcome out;
	struct op op;

	w->time += draw(seed, 40) == 0 ? HOUR / 4 : draw(seed, 10) * SEC;
	while (election_due(w->e, w->time + 1, &op))
		expect(w, op, 0, EVOTE_R_OK, 1);
	op = random_op(w, seed);
	(void)world_execute(w, &op, &out);
	if (draw(seed, 16) == 0 &&
	    (op.kind == EVOTE_OP_VOTE || op.kind == EVOTE_OP_BALLOT ||
		op.kind == EVOTE_OP_CREATE || op.kind == EVOTE_OP_OPEN ||
		((op.kind == EVOTE_OP_EXTEND || op.kind == EVOTE_OP_CANCEL) &&
		    !op.by_operator)))
		expect_repeat(w, op, out);
	assert_in_range(out.reason, 0, 63);
	met[out.reason]++;
}

static void
random_run(struct world *w, unsigned seed, unsigned met[64])
{
	uint64_t size, undone = 0, undo_from = 1;
	struct election_state *again;

	print_message("seed %u\n", seed);
	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	for (int i = 0; i < 3000; i++) {
		random_step(w, &seed, met);
		if (draw(&seed, 20) != 0)
			continue;
		size = w->size - draw(&seed, (w->size - undo_from) % 30 + 1);
		undone += w->size - size;
		world_undo(w, size);
		again = replayed(w, size);
		assert_same_state(w->e, again);
		election_free(again);
		if (draw(&seed, 2) == 0)
			election_discard_undo(w->e, undo_from = size);
	}
	assert_true(undone > 300);
}

static void
test_random(void **state)
{
	static const evote_reason must[] = {EVOTE_R_OK, EVOTE_R_TOKEN_EXPIRED,
	    EVOTE_R_NO_VOTER, EVOTE_R_NO_ELECTION, EVOTE_R_CLOSED,
	    EVOTE_R_GROUP, EVOTE_R_VOTED, EVOTE_R_NO_CHOICE, EVOTE_R_NO_GROUPS,
	    EVOTE_R_NO_CHOICES, EVOTE_R_NAME_TAKEN, EVOTE_R_END_PAST,
	    EVOTE_R_DUPLICATE, EVOTE_R_NUMBER_STALE, EVOTE_R_NUMBER_REUSED,
	    EVOTE_R_TOO_MANY, EVOTE_R_VOTER_EXISTS, EVOTE_R_NUMBER_AHEAD,
	    EVOTE_R_END_FAR, EVOTE_R_SHARED_KEY, EVOTE_R_STAGE, EVOTE_R_SALT,
	    EVOTE_R_TOO_FEW, EVOTE_R_TOO_MANY_CHOSEN, EVOTE_R_OTHER_BALLOT,
	    EVOTE_R_OTHER_CHOICES, EVOTE_R_FROZEN, EVOTE_R_NOT_BEGUN,
	    EVOTE_R_CANCELLED, EVOTE_R_NOT_LATER, EVOTE_R_NOT_CREATOR,
	    EVOTE_R_MAY_NOT_CREATE, EVOTE_R_START, EVOTE_R_HAS_VOTES};
	unsigned met[64] = {0};
	void *world;

	for (unsigned i = 0; i < 40; i++) {
		setup(&world);
		random_run(world, SEED + i, met);
		teardown(&world);
	}
	for (size_t i = 0; i < LEN(must); i++) {
		if (met[must[i]] == 0)
			fail_msg("reason %d was never met", must[i]);
	}
}

/* All the way back and forth again, one record at a time. */
static void
test_undo_all(void **state)
{
	static unsigned char then[LOG_MAX + 1][32];
	struct world *w = *state;
	unsigned met[64] = {0}, seed = SEED + 1;
	unsigned char now[32];
	struct election_state *e;
	char err[256];

	print_message("seed %u\n", seed);
	expect(w, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	for (int i = 0; i < 1500; i++)
		random_step(w, &seed, met);
	e = election_new();
	for (uint64_t i = 0; i < w->size; i++) {
		election_hash(e, then[i]);
		assert_int_equal(
		    election_replay(e, w->log[i], err, sizeof(err)), 0);
	}
	assert_same_state(e, w->e);
	for (uint64_t i = w->size; i-- > 0;) {
		election_undo(e, i);
		election_hash(e, now);
		assert_memory_equal(now, then[i], sizeof(now));
	}
	for (uint64_t i = 0; i < w->size; i++)
		assert_int_equal(
		    election_replay(e, w->log[i], err, sizeof(err)), 0);
	assert_same_state(e, w->e);
	election_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_create),
	    TEST(test_create_looks_once),
	    TEST(test_open),
	    TEST(test_freeze),
	    TEST(test_ballot_options),
	    TEST(test_pick),
	    TEST(test_ranked),
	    TEST(test_tampered_ballot),
	    TEST(test_vote),
	    TEST(test_order_of_checks),
	    TEST(test_no_room),
	    TEST(test_client_table),
	    TEST(test_client_eviction),
	    TEST(test_number_ahead),
	    TEST(test_number_by_wall),
	    TEST(test_end_far),
	    TEST(test_unlock),
	    TEST(test_unlock_refusals),
	    TEST(test_register_unlocks),
	    TEST(test_refusal_record),
	    TEST(test_too_many),
	    TEST(test_quota_of_elections),
	    TEST(test_quota_of_bytes),
	    TEST(test_quota_of_open_elections),
	    TEST(test_register),
	    TEST(test_shared_keys),
	    TEST(test_former_keys),
	    TEST(test_kept_keys),
	    TEST(test_unregister),
	    TEST(test_result),
	    TEST(test_due),
	    TEST(test_pages),
	    TEST(test_show),
	    TEST(test_empty_groups),
	    TEST(test_hosts),
	    TEST(test_host_comes_back),
	    TEST(test_hosts_tampered),
	    TEST(test_receipt),
	    TEST(test_genesis_and_epochs),
	    TEST(test_newer_letters),
	    TEST(test_tampered),
	    TEST(test_tampered_too_many),
	    TEST(test_random),
	    TEST(test_undo_all),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
