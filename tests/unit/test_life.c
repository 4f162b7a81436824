#include "tests/unit/world.h"

/* An election's life: planned, open, extended, closed or cancelled. */

static evote_life_res
life_of(const struct world *w, const char *name, int code)
{
	evote_life_res res = {0};
	struct outcome out;

	election_life(w->e, name, &res, &out);
	assert_int_equal(out.code, code);
	return (res);
}

static void
life_free(evote_life_res *res)
{
	xdr_free((xdrproc_t)xdr_evote_life_res, (char *)res);
}

#define assert_phase(w, name, expected)                     \
	do {                                                \
		evote_life_res life_ = life_of(w, name, 0); \
		assert_int_equal(life_.phase, expected);    \
		life_free(&life_);                          \
	} while (0)

/* What is answered of its counts. */
static void
assert_counts(const struct world *w, const char *name, int code, evote_reason r)
{
	evote_result_res res = {0};
	struct outcome out;

	election_result(w->e, name, &res, &out);
	assert_int_equal(out.code, code);
	assert_int_equal(out.reason, r);
	xdr_free((xdrproc_t)xdr_evote_result_res, (char *)&res);
}

/* Hosts' keys are on record; without these, nothing of this is taken. */
static int
setup_life(void **state)
{
	int rc = setup(state);

	expect(*state, op_host("a", 1, 'A'), 0, EVOTE_R_OK, 1);
	return (rc);
}

static struct op
op_planned(struct world *w, const char *name, uint64_t start, uint64_t end)
{
	static evote_option options[2];

	options[0] = (evote_option){EVOTE_OPTION_START, start};
	options[1] = (evote_option){EVOTE_OPTION_FREEZE, 1};
	return (op_open(op_create(anew(w, "Ann"), name, end), options, 2));
}

static void
test_start(void **state)
{
	struct world *w = *state;
	const uint64_t start = START + 600 * SEC, end = START + HOUR;
	evote_voter late = person("Eve", "students", 'e');
	evote_life_res life;
	struct op op;

	expect(w, op_planned(w, "p", w->time + 1, end), 3, EVOTE_R_START, 1);
	expect(w, op_planned(w, "p", end, end), 3, EVOTE_R_START, 1);
	expect(w, op_planned(w, "p", 0, end), 3, EVOTE_R_MALFORMED, 0);
	expect(w, op_planned(w, "p", start, end), 0, EVOTE_R_OK, 1);
	life = life_of(w, "p", 0);
	assert_int_equal(life.phase, EVOTE_PHASE_PLANNED);
	assert_int_equal(life.start, start);
	assert_int_equal(life.opened.seq, 0);
	assert_int_equal(life.created.seq, w->size - 1);
	life_free(&life);
	assert_counts(w, "p", 2, EVOTE_R_NOT_BEGUN);
	expect(w, op_vote(anew(w, "Bob"), "p", "C"), 2, EVOTE_R_NOT_BEGUN, 1);

	/* Its time has not come; and until its record, it is not open. */
	expect(w, op_start("p"), 2, EVOTE_R_START, 0);
	assert_false(election_due(w->e, start - 1, &op));
	w->time = start;
	expect(w, op_vote(anew(w, "Bob"), "p", "C"), 2, EVOTE_R_NOT_BEGUN, 1);
	/* Who may vote is fixed now, not when it was created. */
	expect(w, op_register(&late, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Bob"), 0, EVOTE_R_OK, 1);
	assert_true(election_due(w->e, w->time, &op));
	assert_int_equal(op.kind, EVOTE_OP_START);
	assert_string_equal(op.name, "p");
	expect(w, op_close("p"), 2, EVOTE_R_ONGOING, 0);
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op_start("p"), 2, EVOTE_R_START, 0);
	life = life_of(w, "p", 0);
	assert_int_equal(life.phase, EVOTE_PHASE_OPEN);
	assert_int_equal(life.opened.seq, w->size - 1);
	life_free(&life);
	expect(w, op_vote(anew(w, "Eve"), "p", "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Bob"), "p", "C"), 1, EVOTE_R_NO_VOTER, 1);

	/* Back behind the start, and forth again. */
	world_undo(w, w->size - 3);
	assert_phase(w, "p", EVOTE_PHASE_PLANNED);
	assert_true(election_due(w->e, start, &op));
	expect(w, op, 0, EVOTE_R_OK, 1);
	w->time = end;
	while (election_due(w->e, w->time, &op))
		expect(w, op, 0, EVOTE_R_OK, 1);
	assert_phase(w, "p", EVOTE_PHASE_CLOSED);
	expect(w, op_start("p"), 2, EVOTE_R_CLOSED, 0);
	expect(w, op_start("none"), 2, EVOTE_R_NO_ELECTION, 0);
}

/* Nobody served from before the start until after the end. */
static void
test_start_late(void **state)
{
	struct world *w = *state;
	static evote_option options[] = {{EVOTE_OPTION_START, START + 60 * SEC},
	    {EVOTE_OPTION_ORDER_SHOWN, 1}};
	struct op op;
	evote_curve_res curve = {0};
	struct outcome out;

	expect(w,
	    op_open(
		op_create(anew(w, "Ann"), "p", START + 120 * SEC), options, 2),
	    0, EVOTE_R_OK, 1);
	election_curve(w->e, "p", &curve, &out);
	assert_int_equal(out.reason, EVOTE_R_NOT_BEGUN);
	w->time = START + 200 * SEC;
	assert_true(election_due(w->e, w->time, &op));
	assert_int_equal(op.kind, EVOTE_OP_START);
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Bob"), "p", "C"), 2, EVOTE_R_CLOSED, 1);
	assert_true(election_due(w->e, w->time, &op));
	assert_int_equal(op.kind, EVOTE_OP_CLOSE);
	expect(w, op, 0, EVOTE_R_OK, 1);
	assert_counts(w, "p", 0, EVOTE_R_OK);
	election_curve(w->e, "p", &curve, &out);
	assert_int_equal(out.code, 0);
	assert_true(curve.end > curve.opened);
	xdr_free((xdrproc_t)xdr_evote_curve_res, (char *)&curve);
}

/* Nobody could vote in it, and what it shows is not what it lacks. */
static void
test_curve_cancelled_before_it_opened(void **state)
{
	struct world *w = *state;
	static evote_option options[] = {{EVOTE_OPTION_START, START + 60 * SEC},
	    {EVOTE_OPTION_ORDER_SHOWN, 1}};
	evote_curve_res curve = {0};
	struct outcome out;

	expect(w,
	    op_open(
		op_create(anew(w, "Ann"), "p", START + 120 * SEC), options, 2),
	    0, EVOTE_R_OK, 1);
	expect(w,
	    op_open(
		op_create(anew(w, "Ann"), "q", START + 120 * SEC), options, 1),
	    0, EVOTE_R_OK, 1);
	expect(w, op_cancel(anew(w, "Ann"), "p", "no light"), 0, EVOTE_R_OK, 1);
	expect(w, op_cancel(anew(w, "Ann"), "q", "no light"), 0, EVOTE_R_OK, 1);
	election_curve(w->e, "p", &curve, &out);
	assert_int_equal(out.reason, EVOTE_R_CANCELLED);
	assert_int_equal(out.code, 2);
	election_curve(w->e, "q", &curve, &out);
	assert_int_equal(out.reason, EVOTE_R_NOT_SHOWN);
}

/* The election of the set-up, of Ann, ends in an hour. */
static void
test_extend(void **state)
{
	struct world *w = *state;
	const uint64_t end = START + HOUR;
	evote_life_res life;
	struct op op;
	char why[EVOTE_TEXT_MAX + 1] = {0};

	memset(why, 'x', EVOTE_TEXT_MAX);
#define EXTEND(who, to) op_extend(anew(w, who), POLL, to, "no light")
	expect(w, op_extend(anew(w, "Ann"), "none", end + 1, "no light"), 2,
	    EVOTE_R_NO_ELECTION, 1);
	expect(w, op_extend(anew(w, "Ann"), POLL, end + 1, ""), 3,
	    EVOTE_R_MALFORMED, 0);
	expect(w, op_extend(anew(w, "Ann"), POLL, end + 1, "two\nlines"), 3,
	    EVOTE_R_MALFORMED, 0);
	expect(w, EXTEND("Bob", end + 1), 3, EVOTE_R_NOT_CREATOR, 1);
	expect(w, EXTEND("Ann", end), 3, EVOTE_R_NOT_LATER, 1);
	expect(w, EXTEND("Ann", end - 1), 3, EVOTE_R_NOT_LATER, 1);
	expect(w, EXTEND("Ann", UINT64_MAX), 3, EVOTE_R_END_FAR, 1);
	op = EXTEND("Ann", end + 60 * SEC);
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op, 0, EVOTE_R_OK, 0);
	expect(w, by_operator(op_extend(anew(w, "Ann"), POLL, end + HOUR, why)),
	    0, EVOTE_R_OK, 1);
	life = life_of(w, POLL, 0);
	assert_int_equal(life.end, end + HOUR);
	assert_int_equal(life.extended.extended_len, 2);
	assert_string_equal(life.extended.extended_val[0].by, "Ann");
	assert_int_equal(life.extended.extended_val[0].from, end);
	assert_int_equal(life.extended.extended_val[0].to, end + 60 * SEC);
	assert_string_equal(life.extended.extended_val[0].reason, "no light");
	assert_string_equal(life.extended.extended_val[1].by, "");
	assert_int_equal(life.extended.extended_val[1].from, end + 60 * SEC);
	assert_int_equal(life.extended.extended_val[1].to, end + HOUR);
	assert_string_equal(life.extended.extended_val[1].reason, why);
	life_free(&life);

	/* It closes at the new end, and not at the old one. */
	w->time = end + 1;
	assert_null(due_at(w, w->time));
	expect(w, op_vote(anew(w, "Bob"), POLL, "C"), 0, EVOTE_R_OK, 1);
	/* Undone, the old end holds, and the vote with it is not granted. */
	world_undo(w, w->size - 2);
	w->time = end + 60 * SEC;
	expect(w, op_vote(anew(w, "Bob"), POLL, "C"), 2, EVOTE_R_CLOSED, 1);
	expect(w, EXTEND("Ann", end + HOUR), 2, EVOTE_R_CLOSED, 1);
	expect(w, by_operator(EXTEND("Ann", end + HOUR)), 2, EVOTE_R_CLOSED, 0);
	assert_string_equal(due_at(w, w->time), POLL);
	expect(w, op_close(POLL), 0, EVOTE_R_OK, 1);
	expect(w, by_operator(EXTEND("Ann", end + HOUR)), 2, EVOTE_R_CLOSED, 0);
}

static void
test_extensions(void **state)
{
	struct world *w = *state;
	uint64_t end = START + HOUR;

	for (int i = 0; i < EVOTE_EXTENSIONS_MAX; i++)
		expect(w, by_operator(EXTEND("Ann", end += SEC)), 0, EVOTE_R_OK,
		    1);
	expect(
	    w, by_operator(EXTEND("Ann", end + 1)), 3, EVOTE_R_EXTENSIONS, 0);
	expect(w, EXTEND("Ann", end + 1), 3, EVOTE_R_EXTENSIONS, 1);
}

static void
test_cancel(void **state)
{
	struct world *w = *state;
	const uint64_t end = START + HOUR;
	evote_life_res life;
	evote_report_res report = {0};
	evote_check_res check = {0};
	struct outcome out;
	struct op op;

#define CANCEL(who) op_cancel(anew(w, who), POLL, "a choice was missing")
	expect(w, CANCEL("Bob"), 3, EVOTE_R_NOT_CREATOR, 1);
	expect(
	    w, op_cancel(anew(w, "Ann"), POLL, " "), 3, EVOTE_R_MALFORMED, 0);
	/* Before the first vote, the creator may. */
	op = CANCEL("Ann");
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op, 0, EVOTE_R_OK, 0);
	assert_counts(w, POLL, 3, EVOTE_R_CANCELLED);
	expect(w, op_vote(anew(w, "Bob"), POLL, "C"), 2, EVOTE_R_CANCELLED, 1);
	expect(w, CANCEL("Ann"), 2, EVOTE_R_CANCELLED, 1);
	expect(w, EXTEND("Ann", end + 1), 2, EVOTE_R_CANCELLED, 1);
	assert_null(due_at(w, UINT64_MAX));
	world_undo(w, w->size - 4);
	assert_phase(w, POLL, EVOTE_PHASE_OPEN);

	/* After it, an operator. */
	expect(w, op_vote(anew(w, "Bob"), POLL, "C"), 0, EVOTE_R_OK, 1);
	expect(w, CANCEL("Ann"), 3, EVOTE_R_HAS_VOTES, 1);
	expect(w, by_operator(CANCEL("Ann")), 0, EVOTE_R_OK, 1);
	life = life_of(w, POLL, 0);
	assert_int_equal(life.phase, EVOTE_PHASE_CANCELLED);
	assert_string_equal(life.cancelled_by, "");
	assert_string_equal(life.reason, "a choice was missing");
	assert_int_equal(life.closed.seq, w->size - 1);
	life_free(&life);
	assert_counts(w, POLL, 3, EVOTE_R_CANCELLED);
	/* The minutes can be written; and no vote of his counts there. */
	election_report(w->e, POLL, &report, &out);
	assert_int_equal(out.code, 0);
	assert_int_equal(report.closed.seq, w->size - 1);
	xdr_free((xdrproc_t)xdr_evote_report_res, (char *)&report);
	election_check(w->e, "Bob", 0, &check);
	assert_int_equal(check.elections.elections_len, 0);
	xdr_free((xdrproc_t)xdr_evote_check_res, (char *)&check);
	life = life_of(w, "none", 1);
	assert_string_equal(life.reason, "");
	life_free(&life);
}

/* An operator who got no answer gives the same order again. */
static void
test_orders_repeated(void **state)
{
	struct world *w = *state;
	const uint64_t end = START + HOUR;
	evote_option freeze[] = {{EVOTE_OPTION_FREEZE, 1}};
	evote_option times[] = {{EVOTE_OPTION_ORDER_SHOWN, 1}};
	struct op open = by_operator(
	    op_open(op_create(anew(w, "Ann"), "o", end), freeze, 1));
	struct op other =
	    by_operator(op_open(op_create(anew(w, "Ann"), "o", end), times, 1));
	struct op later = by_operator(
	    op_open(op_create(anew(w, "Ann"), "o", end + 1), freeze, 1));
	struct op anns = by_operator(
	    op_open(op_create(anew(w, "Ann"), POLL, end), freeze, 0));
	struct op extend =
	    by_operator(op_extend(anew(w, "Ann"), "o", end + SEC, "no light"));
	struct op cancel =
	    by_operator(op_cancel(anew(w, "Ann"), "o", "no light"));

	expect(w, open, 0, EVOTE_R_OK, 1);
	expect(w, open, 0, EVOTE_R_OK, 0);
	expect(w, other, 3, EVOTE_R_NAME_TAKEN, 0);
	expect(w, later, 3, EVOTE_R_NAME_TAKEN, 0);
	expect(w, anns, 3, EVOTE_R_NAME_TAKEN, 0);
	expect(w, extend, 0, EVOTE_R_OK, 1);
	expect(w, extend, 0, EVOTE_R_OK, 0);
	expect(w, open, 0, EVOTE_R_OK, 0);
	expect(w,
	    by_operator(op_extend(anew(w, "Ann"), "o", end + SEC, "no heat")),
	    3, EVOTE_R_NOT_LATER, 0);
	/* What somebody else has done is not this order. */
	expect(w, op_extend(anew(w, "Ann"), POLL, end + SEC, "no light"), 0,
	    EVOTE_R_OK, 1);
	expect(w,
	    by_operator(op_extend(anew(w, "Ann"), POLL, end + SEC, "no light")),
	    3, EVOTE_R_NOT_LATER, 0);
	/* Nor is an operator's order the voter's, who has numbers. */
	expect(w,
	    by_operator(
		op_extend(anew(w, "Ann"), POLL, end + 2 * SEC, "no heat")),
	    0, EVOTE_R_OK, 1);
	expect(w, op_extend(anew(w, "Ann"), POLL, end + 2 * SEC, "no heat"), 3,
	    EVOTE_R_NOT_LATER, 1);
	expect(
	    w, op_cancel(anew(w, "Ann"), POLL, "no light"), 0, EVOTE_R_OK, 1);
	expect(w, by_operator(op_cancel(anew(w, "Ann"), POLL, "no light")), 2,
	    EVOTE_R_CANCELLED, 0);
	expect(w, cancel, 0, EVOTE_R_OK, 1);
	expect(w, cancel, 0, EVOTE_R_OK, 0);
	expect(w, op_cancel(anew(w, "Ann"), "o", "no light"), 2,
	    EVOTE_R_CANCELLED, 1);
	expect(w, by_operator(op_cancel(anew(w, "Ann"), "o", "no heat")), 2,
	    EVOTE_R_CANCELLED, 0);
	expect(w, open, 3, EVOTE_R_NAME_TAKEN, 0);
	expect(w, extend, 2, EVOTE_R_CANCELLED, 0);
}

/* One that is planned: it never opens, and the report begins with it. */
static void
test_cancel_planned(void **state)
{
	struct world *w = *state;
	evote_report_res report = {0};
	struct outcome out;
	uint64_t created;

	expect(w, op_planned(w, "p", START + 60 * SEC, START + HOUR), 0,
	    EVOTE_R_OK, 1);
	created = w->size - 1;
	expect(
	    w, op_cancel(anew(w, "Ann"), "p", "too early"), 0, EVOTE_R_OK, 1);
	assert_string_equal(due_at(w, UINT64_MAX), POLL);
	election_report(w->e, "p", &report, &out);
	assert_int_equal(report.opened.seq, created);
	xdr_free((xdrproc_t)xdr_evote_report_res, (char *)&report);
	world_undo(w, w->size - 1);
	assert_phase(w, "p", EVOTE_PHASE_PLANNED);
	assert_string_equal(due_at(w, START + 60 * SEC), "p");
}

/* Votes that come in the grace, and how their asker has logged in. */
static void
test_grace(void **state)
{
	struct world *w = *state;
	static evote_option grace[] = {{EVOTE_OPTION_GRACE_S, 60}};
	static evote_option far[] = {
	    {EVOTE_OPTION_GRACE_S, EVOTE_GRACE_MAX + 1}};
	static char sig[64];
	const uint64_t end = START + 600 * SEC;
	struct op create = op_create(anew(w, "Ann"), "g", end);
	struct op op;

	expect(w, op_open(create, far, 1), 3, EVOTE_R_MALFORMED, 0);
	expect(w, op_open(create, grace, 1), 0, EVOTE_R_OK, 1);
	w->time = end + 59 * SEC;
	/* Signed: nobody knows when that was begun. */
	op = op_vote(anew(w, "Bob"), "g", "C");
	op.signature = (evote_signature){sizeof(sig), sig};
	expect(w, op, 2, EVOTE_R_CLOSED, 1);
	op.asker = anew(w, "Bob");
	op.signature.evote_signature_len = 0;
	op.begun = end;
	expect(w, op, 2, EVOTE_R_CLOSED, 1);
	op.asker = anew(w, "Bob");
	op.begun = end - 1;
	assert_null(due_at(w, end + 60 * SEC - 1));
	expect(w, op, 0, EVOTE_R_OK, 1);
	w->time = end + 60 * SEC - 1;
	op = op_vote(anew(w, "Ann"), "g", "C");
	op.begun = end - 1;
	expect(w, op, 2, EVOTE_R_CLOSED, 1);
	assert_string_equal(due_at(w, end + 60 * SEC), "g");
	expect(w, op_close("g"), 0, EVOTE_R_OK, 1);
	assert_counts(w, "g", 0, EVOTE_R_OK);
}

/* A backup does not take a signed vote that comes in the grace. */
static void
test_grace_forged(void **state)
{
	struct world *w = *state;
	static evote_option grace[] = {{EVOTE_OPTION_GRACE_S, 60}};
	static char sig[64];
	const uint64_t end = START + 600 * SEC;
	struct election_state *e;
	struct record *r;
	evote_leaf leaf;
	union opening opening;
	char err[256];
	struct op op;

	expect(w, op_open(op_create(anew(w, "Ann"), "g", end), grace, 1), 0,
	    EVOTE_R_OK, 1);
	w->time = end;
	op = op_vote(anew(w, "Bob"), "g", "C");
	op.begun = 1;
	expect(w, op, 0, EVOTE_R_OK, 1);
	e = replayed(w, w->size - 1);
	assert_int_equal(record_open(w->log[w->size - 1], &leaf, &opening), 0);
	leaf.op.evote_op_u.vote.signature = (evote_signature){64, sig};
	r = record_make(&leaf, &opening);
	assert_int_equal(election_replay(e, r, err, sizeof(err)), -1);
	leaf.op.evote_op_u.vote.signature = (evote_signature){0, NULL};
	record_drop(r);
	r = record_make(&leaf, &opening);
	assert_int_equal(election_replay(e, r, err, sizeof(err)), 0);
	record_drop(r);
	record_clear(&leaf, &opening);
	election_free(e);
}

static evote_settings
settings_of(const struct world *w)
{
	evote_settings s;

	election_settings(w->e, &s);
	return (s);
}

static void
test_settings(void **state)
{
	struct world *w = *state;
	evote_name staff[] = {"staff"}, nobody[] = {"nobody"};
	evote_name twice[] = {"staff", "staff"};
	evote_settings s = settings_of(w);
	static evote_option none;
	uint64_t end = START + HOUR;
	struct op op;

	assert_int_equal(s.creators, EVOTE_BY_ANYONE);
	assert_int_equal(s.quota, EVOTE_ELECTIONS_MAX);
	xdr_free((xdrproc_t)xdr_evote_settings, (char *)&s);
#define SETTINGS(...) op_settings(__VA_ARGS__)
	expect(w, SETTINGS(EVOTE_BY_GROUPS, nobody, 1, -1), 2,
	    EVOTE_R_SHUTS_OUT, 0);
	expect(w, SETTINGS(AS_BEFORE, NULL, 0, 0), 2, EVOTE_R_SHUTS_OUT, 0);
	expect(
	    w, SETTINGS(EVOTE_BY_GROUPS, NULL, 0, -1), 2, EVOTE_R_MALFORMED, 0);
	expect(w, SETTINGS(EVOTE_BY_ANYONE, staff, 1, -1), 2, EVOTE_R_MALFORMED,
	    0);
	expect(w, SETTINGS((evote_creators)EVOTE_CREATORS_NR, NULL, 0, -1), 2,
	    EVOTE_R_MALFORMED, 0);
	expect(w, SETTINGS(EVOTE_BY_GROUPS, twice, 2, -1), 2, EVOTE_R_DUPLICATE,
	    0);
	expect(w, SETTINGS(AS_BEFORE, NULL, 0, EVOTE_QUOTA_MAX + 1), 2,
	    EVOTE_R_MALFORMED, 0);
	expect(w, SETTINGS(EVOTE_BY_ANYONE, NULL, 0, -1), 0, EVOTE_R_OK, 0);

	expect(w, SETTINGS(EVOTE_BY_GROUPS, staff, 1, -1), 0, EVOTE_R_OK, 1);
	expect(w, op_create(anew(w, "Ann"), "n", end), 3,
	    EVOTE_R_MAY_NOT_CREATE, 1);
	expect(w, op_create(anew(w, "Cy"), "n", end), 0, EVOTE_R_OK, 1);
	expect(w, SETTINGS(AS_BEFORE, NULL, 0, 1), 0, EVOTE_R_OK, 1);
	s = settings_of(w);
	assert_int_equal(s.creators, EVOTE_BY_GROUPS);
	assert_int_equal(s.quota, 1);
	xdr_free((xdrproc_t)xdr_evote_settings, (char *)&s);
	expect(w, op_create(anew(w, "Cy"), "m", end), 3, EVOTE_R_QUOTA, 0);
	world_undo(w, w->size - 1);
	expect(w, op_create(anew(w, "Cy"), "m", end), 0, EVOTE_R_OK, 1);

	/* Operators may always, and nobody else if they say so. */
	expect(w, SETTINGS(EVOTE_BY_OPERATORS, NULL, 0, -1), 0, EVOTE_R_OK, 1);
	expect(w, op_create(anew(w, "Cy"), "o", end), 3, EVOTE_R_MAY_NOT_CREATE,
	    1);
	op = by_operator(op_open(op_create(anew(w, "Cy"), "o", end), &none, 0));
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Bob"), "o", "C"), 0, EVOTE_R_OK, 1);
	/* It is nobody's: only operators change it. */
	expect(w, op_extend(anew(w, "Cy"), "o", end + 1, "no light"), 3,
	    EVOTE_R_NOT_CREATOR, 1);
	expect(w, by_operator(op_cancel(anew(w, "Cy"), "o", "no light")), 0,
	    EVOTE_R_OK, 1);
	world_undo(w, w->size - 4);
}

/* Nobody's vote is refused as it stands; a hostile host may push its record. */
static void
test_votes_of_nobody(void **state)
{
	struct world *w = *state;
	evote_asker nobody = asker("", 1, 1);

	expect(
	    w, by_operator(op_vote(nobody, POLL, "C")), 1, EVOTE_R_NO_VOTER, 0);
	expect(w, by_operator(op_ballot(nobody, POLL, "100")), 1,
	    EVOTE_R_NO_VOTER, 0);
	expect(w, by_operator(op_create(nobody, "n", START + HOUR)), 1,
	    EVOTE_R_NO_VOTER, 0);
}

static void
open_frozen(struct world *w, const char *name)
{
	static evote_option freeze[] = {{EVOTE_OPTION_FREEZE, 1}};

	expect(w,
	    op_open(op_create(anew(w, "Ann"), name, START + HOUR), freeze, 1),
	    0, EVOTE_R_OK, 1);
}

static int
may_vote(struct world *w, const char *voter, const char *name)
{
	struct op op = op_vote(anew(w, voter), name, "C");
	struct outcome out;

	(void)world_execute(w, &op, &out);
	return (out.code == 0);
}

/* Elections share who may vote, and each has it as it was when it opened. */
static void
test_frozen_apart(void **state)
{
	struct world *w = *state;
	evote_voter eve = person("Eve", "students", 'e');
	evote_voter fay = person("Fay", "students", 'f');
	uint64_t size;

	open_frozen(w, "first");
	size = w->size;
	expect(w, op_register(&eve, 1), 0, EVOTE_R_OK, 1);
	open_frozen(w, "second");
	world_undo(w, size);
	expect(w, op_register(&fay, 1), 0, EVOTE_R_OK, 1);
	open_frozen(w, "third");
	expect(w, op_register(&eve, 1), 0, EVOTE_R_OK, 1);
	open_frozen(w, "fourth");
	assert_false(may_vote(w, "Fay", "first"));
	assert_true(may_vote(w, "Bob", "first"));
	assert_true(may_vote(w, "Fay", "third"));
	assert_false(may_vote(w, "Eve", "third"));
	assert_true(may_vote(w, "Eve", "fourth"));
}

/* The groups that may create have emptied, and the quota alone is changed. */
static void
test_settings_emptied(void **state)
{
	struct world *w = *state;
	evote_name staff[] = {"staff"};

	expect(w, op_settings(EVOTE_BY_GROUPS, staff, 1, -1), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Cy"), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("D'Arcy"), 0, EVOTE_R_OK, 1);
	expect(w, op_settings(AS_BEFORE, NULL, 0, 5), 0, EVOTE_R_OK, 1);
	expect(w, op_settings(EVOTE_BY_GROUPS, staff, 1, 6), 2,
	    EVOTE_R_SHUTS_OUT, 0);
}

/* A voter cannot ask without options what an operator can. */
static void
test_no_options(void **state)
{
	struct world *w = *state;
	static evote_option none;

	expect(w,
	    op_open(op_create(anew(w, "Ann"), "n", START + HOUR), &none, 0), 3,
	    EVOTE_R_MALFORMED, 0);
}

static void
test_preview(void **state)
{
	struct world *w = *state;
	static evote_name of[] = {"students", "none", "staff"};
	evote_terms terms = {.election = {.name = "n",
				 .groups = {3, of},
				 .choices = {3, choices},
				 .end = START + HOUR}};
	static evote_option late[] = {{EVOTE_OPTION_START, START + HOUR}};
	evote_preview_res res = {0};
	struct outcome out;
	uint64_t size = w->size;

	election_preview(w->e, NULL, &terms, w->time, &res, &out);
	assert_int_equal(out.code, 0);
	assert_int_equal(res.sizes.sizes_len, 3);
	assert_int_equal(res.sizes.sizes_val[0], 3);
	assert_int_equal(res.sizes.sizes_val[1], 0);
	assert_int_equal(res.sizes.sizes_val[2], 2);
	assert_int_equal(res.settings.quota, EVOTE_ELECTIONS_MAX);
	xdr_free((xdrproc_t)xdr_evote_preview_res, (char *)&res);
	terms.options = (evote_options){1, late};
	memset(&res, 0, sizeof(res));
	election_preview(w->e, NULL, &terms, w->time, &res, &out);
	assert_int_equal(out.reason, EVOTE_R_START);
	xdr_free((xdrproc_t)xdr_evote_preview_res, (char *)&res);
	/* What the settings let a voter do. */
	terms.options = (evote_options){0};
	expect(
	    w, op_settings(EVOTE_BY_GROUPS, &of[2], 1, -1), 0, EVOTE_R_OK, 1);
	for (int i = 0; i < 2; i++) {
		memset(&res, 0, sizeof(res));
		election_preview(
		    w->e, i == 0 ? "Ann" : "Cy", &terms, w->time, &res, &out);
		assert_int_equal(
		    out.reason, i == 0 ? EVOTE_R_MAY_NOT_CREATE : EVOTE_R_OK);
		xdr_free((xdrproc_t)xdr_evote_preview_res, (char *)&res);
	}
	size++;
	assert_int_equal(election_size(w->e), size);
}

/* Hosts of an older version would halt on these records. */
static void
test_not_yet(void **state)
{
	struct world *w = *state;
	uint64_t end = START + HOUR;

	expect(w, EXTEND("Ann", end + 1), 3, EVOTE_R_NOT_YET, 0);
	expect(w, CANCEL("Ann"), 3, EVOTE_R_NOT_YET, 0);
	expect(w, SETTINGS(AS_BEFORE, NULL, 0, 1), 2, EVOTE_R_NOT_YET, 0);
}

/* By time, whichever was created or extended when. */
static void
test_due_order(void **state)
{
	struct world *w = *state;
	const uint64_t end = START + 600 * SEC;
	struct op op;
	int n = 0;

	expect(w, op_create(anew(w, "Ann"), "a", end), 0, EVOTE_R_OK, 1);
	expect(w, op_create(anew(w, "Ann"), "b", end), 0, EVOTE_R_OK, 1);
	expect(w, op_planned(w, "c", end - SEC, end + SEC), 0, EVOTE_R_OK, 1);
	expect(w, op_extend(anew(w, "Ann"), "a", end + 2 * SEC, "x"), 0,
	    EVOTE_R_OK, 1);
	w->time = end + 3 * SEC;
	for (; election_due(w->e, w->time, &op); n++) {
		static const char *const names[] = {"c", "b", "c", "a"};

		assert_true(n < 4);
		assert_string_equal(op.name, names[n]);
		expect(w, op, 0, EVOTE_R_OK, 1);
	}
	assert_int_equal(n, 4);
}

#define LIFE(f) cmocka_unit_test_setup_teardown(f, setup_life, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    LIFE(test_start),
	    LIFE(test_start_late),
	    LIFE(test_curve_cancelled_before_it_opened),
	    LIFE(test_extend),
	    LIFE(test_extensions),
	    LIFE(test_cancel),
	    LIFE(test_orders_repeated),
	    LIFE(test_cancel_planned),
	    LIFE(test_grace),
	    LIFE(test_grace_forged),
	    LIFE(test_settings),
	    LIFE(test_settings_emptied),
	    LIFE(test_frozen_apart),
	    LIFE(test_votes_of_nobody),
	    LIFE(test_no_options),
	    LIFE(test_preview),
	    LIFE(test_due_order),
	    TEST(test_not_yet),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
