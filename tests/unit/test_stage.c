/*
 * Changes of the roll that are carried out whole or not at all, and new keys.
 */
#include "draw.h"
#include "world.h"

#define NAMES 12
#define SEED  20261129u

/* How the roll is to stand, found out in the plainest way. */
struct stand {
	int known, registered, group;
	char key;
};
struct plain {
	struct stand now[NAMES];
	struct {
		int set, leaves, group;
		char key;
	} rows[NAMES];
	uint32_t stage, stages, n;
	uint64_t roll, began; /* its version, and when the stage began */
};

static const char *const names[NAMES] = {"Ann", "Bob", "Cy", "D'Arcy", "Eve",
    "Fay", "Gil", "Hal", "Ida", "Jo", "王大明", "王小明"};
static const char *const groups[] = {"students", "staff", "guests"};

static struct plain plains[LOG_MAX]; /* after so many records */
static uint64_t undo_from;

static struct plain *
plain_now(struct world *w)
{
	return (&plains[w->size]);
}

#undef expect
#define expect(w, op, code, reason, recorded) \
	expect_plain(w, op, code, reason, recorded, __FILE__, __LINE__)

static void
expect_plain(struct world *w, struct op op, int code, evote_reason reason,
    int recorded, const char *file, int line)
{
	expect_(w, op, code, reason, recorded, file, line);
	if (recorded)
		plains[w->size] = plains[w->size - 1];
}

static void
discard_undo(struct world *w, uint64_t size)
{
	election_discard_undo(w->e, size);
	undo_from = size;
}

/* Ann, Bob and Cy are there. */
static int
setup_roll(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	evote_voter list[] = {person("Ann", "students", 'a'),
	    person("Bob", "students", 'b'), person("Cy", "staff", 'c')};

	*state = w;
	w->e = election_new();
	w->time = START;
	w->epoch = 1;
	memset(plains, 0, sizeof(plains));
	undo_from = 0;
	expect(w, op_genesis(), 0, EVOTE_R_OK, 1);
	expect(w, op_register(list, LEN(list)), 0, EVOTE_R_OK, 1);
	for (int i = 0; i < 3; i++)
		plain_now(w)->now[i] =
		    (struct stand){1, 1, i / 2, list[i].key[0]};
	plain_now(w)->roll = 1;
	return (0);
}

/* group NULL: off the roll; "": nobody has heard of him. */
static void
assert_stands_(struct world *w, const char *name, const char *group, char key,
    const char *file, int line)
{
	struct voter_view v = {0};
	int known = election_voter(w->e, name, &v);

	_assert_int_equal(known, group == NULL || *group != '\0', file, line);
	_assert_int_equal(v.registered, group != NULL && *group, file, line);
	if (!v.registered)
		return;
	_assert_string_equal(v.group, group, file, line);
	_assert_int_equal(v.key[31], key, file, line);
}
#define assert_stands(w, name, group, key) \
	assert_stands_(w, name, group, key, __FILE__, __LINE__)

/* ---- a key ---- */

static void
test_rekey(void **state)
{
	struct world *w = *state;
	struct op op = op_rekey("Ann", 'b');
	uint64_t size;

	/* A host of an older version may be there. */
	expect(w, op_rekey("Ann", 'x'), 2, EVOTE_R_NOT_YET, 0);
	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	size = w->size;
	expect(w, op_rekey("Ann", 'x'), 0, EVOTE_R_OK, 1);
	assert_stands(w, "Ann", "students", 'x');
	expect(w, op_rekey("Ann", 'x'), 0, EVOTE_R_OK, 0);
	/* Her old key is free, and her new one is not. */
	expect(w, op_rekey("Bob", 'x'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_rekey("Bob", 'a'), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	assert_stands(w, "Ann", "students", 'a');
	expect(w, op_rekey("Cy", 'a'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op, 2, EVOTE_R_SHARED_KEY, 0);
	op.shared_keys = 1;
	expect(w, op, 0, EVOTE_R_OK, 1);
	expect(w, op_rekey("Nobody", 'x'), 1, EVOTE_R_NO_VOTER, 0);
	expect(w, op_unregister("Cy"), 0, EVOTE_R_OK, 1);
	expect(w, op_rekey("Cy", 'x'), 1, EVOTE_R_NO_VOTER, 0);
	op = op_rekey("Bob", 'y');
	op.no_room = 1;
	expect(w, op, 2, EVOTE_R_STORAGE, 0);
}

/* ---- stages ---- */

static void
assert_as_before(struct world *w)
{
	assert_stands(w, "Ann", "students", 'a');
	assert_stands(w, "Bob", "students", 'b');
	assert_stands(w, "Cy", "staff", 'c');
	assert_stands(w, "Eve", "", 0);
	assert_stands(w, "Fay", "", 0);
}

static void
test_whole_or_not(void **state)
{
	struct world *w = *state;
	evote_row first[] = {leaves("Bob")};
	evote_row then[] = {row("Ann", "staff", 'A'), row("Eve", "staff", 'b'),
	    row("Cy", "students", 'c')};
	evote_row last[] = {row("Fay", "guests", 'f')};
	uint64_t size;

	expect(w, op_begin(w, first, 1), 2, EVOTE_R_NOT_YET, 0);
	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, first, 1), 0, EVOTE_R_OK, 1);
	assert_int_equal(election_stage(w->e), 1);
	/* Bob's key is free for who comes after him. */
	expect(w, op_stage(1, 1, then, 3), 0, EVOTE_R_OK, 1);
	expect(w, op_stage(1, 4, last, 1), 0, EVOTE_R_OK, 1);
	assert_as_before(w);
	assert_replays(w);
	size = w->size;
	expect(w, op_commit(1, 4), 2, EVOTE_R_STAGE, 0);
	expect(w, op_commit(2, 5), 2, EVOTE_R_STAGE, 0);
	expect(w, op_commit(1, 5), 0, EVOTE_R_OK, 1);
	assert_stands(w, "Ann", "staff", 'A');
	assert_stands(w, "Bob", NULL, 0);
	assert_stands(w, "Cy", "students", 'c');
	assert_stands(w, "Eve", "staff", 'b');
	assert_stands(w, "Fay", "guests", 'f');
	expect(w, op_commit(1, 5), 2, EVOTE_R_STAGE, 0);
	expect(w, op_rekey("Ann", 'b'), 2, EVOTE_R_SHARED_KEY, 0);
	world_undo(w, size);
	assert_as_before(w);
	expect(w, op_rekey("Ann", 'b'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_commit(1, 5), 0, EVOTE_R_OK, 1);
	discard_undo(w, w->size);
	assert_stands(w, "Eve", "staff", 'b');
	assert_int_equal(election_stage(w->e), 0);
}

static void
test_rows_refused(void **state)
{
	struct world *w = *state;
	evote_row twice[] = {
	    row("Eve", "staff", 'e'), row("Eve", "guests", 'f')};
	evote_row shared[] = {
	    row("Eve", "staff", 'e'), row("Fay", "staff", 'e')};
	evote_row held[] = {row("Eve", "staff", 'a')};
	evote_row eve[] = {row("Eve", "staff", 'e')};
	evote_row fay[] = {row("Fay", "staff", 'e')};
	evote_row nobody[] = {leaves("Eve")};
	evote_row bad[] = {row("Fay", "", 'f')};
	evote_row ann[] = {row("Ann", "students", 'a')};
	struct op op;

	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, twice, 2), 2, EVOTE_R_DUPLICATE, 0);
	expect(w, op_begin(w, shared, 2), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_begin(w, held, 1), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_begin(w, nobody, 1), 1, EVOTE_R_NO_VOTER, 0);
	expect(w, op_begin(w, bad, 1), 2, EVOTE_R_MALFORMED, 0);
	expect(w, op_begin(w, NULL, 0), 2, EVOTE_R_MALFORMED, 0);
	op = op_begin(w, held, 1);
	op.only_check = op.shared_keys = 1;
	expect(w, op, 0, EVOTE_R_OK, 0);
	op = op_begin(w, eve, 1);
	op.no_room = 1;
	expect(w, op, 2, EVOTE_R_STORAGE, 0);
	assert_int_equal(election_stage(w->e), 0);
	expect(w, op_begin(w, eve, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_stage(1, 1, eve, 1), 2, EVOTE_R_DUPLICATE, 0);
	expect(w, op_stage(1, 1, fay, 1), 2, EVOTE_R_SHARED_KEY, 0);
	/* Who stands so is no reason to refuse. */
	expect(w, op_stage(1, 1, ann, 1), 0, EVOTE_R_OK, 1);
	/* Doubled, too early, and of another one. */
	expect(w, op_stage(1, 1, fay, 1), 2, EVOTE_R_STAGE, 0);
	expect(w, op_stage(1, 3, fay, 1), 2, EVOTE_R_STAGE, 0);
	expect(w, op_stage(2, 2, fay, 1), 2, EVOTE_R_STAGE, 0);
	expect(w, op_stage(5, 0, fay, 1), 2, EVOTE_R_STAGE, 0);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
}

/* All rows of a call take effect together: keys may change hands in it. */
static void
test_swapped_keys(void **state)
{
	struct world *w = *state;
	evote_row swap[] = {
	    row("Ann", "students", 'b'), row("Bob", "students", 'a')};
	evote_row chain[] = {row("Ann", "students", 'b'),
	    row("Bob", "students", 'c'), leaves("Cy")};
	evote_row third[] = {
	    row("Ann", "students", 'b'), row("Cy", "staff", 'a')};
	evote_row same[] = {
	    row("Ann", "students", 'b'), row("Bob", "staff", 'b')};
	uint64_t size;

	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	size = w->size;
	expect(w, op_begin(w, third, 2), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_begin(w, same, 2), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_begin(w, chain, 3), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 3), 0, EVOTE_R_OK, 1);
	assert_stands(w, "Ann", "students", 'b');
	assert_stands(w, "Bob", "students", 'c');
	world_undo(w, size);
	/* A half of it, in a call of its own, is none. */
	expect(w, op_begin(w, swap, 1), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_begin(w, swap, 2), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
	assert_stands(w, "Ann", "students", 'b');
	assert_stands(w, "Bob", "students", 'a');
	assert_replays(w);
}

/* Every host has the version that knows stages, and an election is open. */
static void
begin_with_club(struct world *w)
{
	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_create(anew(w, "Cy"), "club", START + HOUR), 0, EVOTE_R_OK,
	    1);
}

/* A key that has voted in an open election does not vote there again. */
static void
test_former_keys(void **state)
{
	struct world *w = *state;
	evote_row renamed[] = {leaves("Ann"), row("Anna", "students", 'a')};
	evote_row swap[] = {
	    row("Ann", "students", 'b'), row("Bob", "students", 'a')};
	evote_row moved[] = {row("Anna", "students", 'a')};
	evote_row staff[] = {leaves("Ann"), row("Anna", "staff", 'a')};
	struct op insist;
	uint64_t size;

	begin_with_club(w);
	size = w->size;
	expect(w, op_begin(w, renamed, 2), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_begin(w, swap, 2), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_vote(anew(w, "Ann"), "club", "C"), 0, EVOTE_R_OK, 1);
	size = w->size;
	expect(w, op_begin(w, renamed, 2), 2, EVOTE_R_SHARED_KEY, 0);
	/* The same in two calls, looked at meanwhile or not. */
	for (int i = 0; i < 2; i++) {
		expect(w, op_begin(w, renamed, 1), 0, EVOTE_R_OK, 1);
		assert_stands(w, "Ann", "students", 'a');
		expect(w, op_stage(1, 1, renamed + 1, 1), 2, EVOTE_R_SHARED_KEY,
		    0);
		world_undo(w, size);
	}
	expect(w, op_begin(w, swap, 2), 2, EVOTE_R_SHARED_KEY, 0);
	insist = op_begin(w, renamed, 2);
	insist.shared_keys = 1;
	expect(w, insist, 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	/* By way of a group that may not vote there. */
	expect(w, op_begin(w, staff, 2), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, moved, 1), 2, EVOTE_R_SHARED_KEY, 0);
	world_undo(w, size);
	/* Who has voted under the other name as well gets nothing by it. */
	expect(w, op_vote(anew(w, "Bob"), "club", "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, swap, 2), 0, EVOTE_R_OK, 1);
	assert_replays(w);
}

/* Nor if the vote comes between its rows and their commit. */
static void
test_former_keys_meanwhile(void **state)
{
	struct world *w = *state;
	evote_row renamed[] = {leaves("Ann"), row("Anna", "students", 'a')};
	evote_row swap[] = {
	    row("Ann", "students", 'b'), row("Bob", "students", 'a')};
	evote_row anew_keyed[] = {row("Ann", "students", 'x')};
	struct op vote;
	uint64_t size;

	begin_with_club(w);
	/* What is from before the stage has been looked at. */
	expect(
	    w, op_vote(anew(w, "Ann"), "none", "C"), 2, EVOTE_R_NO_ELECTION, 1);
	vote = op_vote(anew(w, "Ann"), "club", "C");
	size = w->size;
	expect(w, op_begin(w, renamed, 2), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_begin(w, renamed, 2), 0, EVOTE_R_OK, 1);
	expect(w, vote, 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 2, EVOTE_R_STAGE, 0);
	world_undo(w, size);
	expect(w, op_begin(w, swap, 2), 0, EVOTE_R_OK, 1);
	expect(w, vote, 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 2, EVOTE_R_STAGE, 0);
	world_undo(w, size);
	/* A key that nobody gets is no matter, nor who keeps his. */
	expect(w, op_begin(w, anew_keyed, 1), 0, EVOTE_R_OK, 1);
	expect(w, vote, 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 1), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_begin(w, renamed, 2), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Bob"), "club", "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
}

/* Nor if an election is fixed meanwhile, where who leaves may vote yet. */
static void
test_fixed_meanwhile(void **state)
{
	struct world *w = *state;
	evote_option freeze[] = {{EVOTE_OPTION_FREEZE, 1}};
	evote_option later[] = {
	    {EVOTE_OPTION_START, START + SEC}, {EVOTE_OPTION_FREEZE, 1}};
	evote_row handed[] = {leaves("Ann"), row("Bob", "students", 'a')};
	evote_row swap[] = {
	    row("Ann", "students", 'b'), row("Bob", "students", 'a')};
	evote_row gone[] = {leaves("Ann"), row("Bob", "students", 'x')};
	struct op club = op_create(anew(w, "Cy"), "club", START + HOUR);
	struct op fixed = op_open(club, freeze, 1);
	uint64_t size;

	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	size = w->size;
	expect(w, op_begin(w, handed, 2), 0, EVOTE_R_OK, 1);
	expect(w, fixed, 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 2, EVOTE_R_STAGE, 0);
	/* Now that is seen at once. */
	expect(w, op_begin(w, handed, 2), 2, EVOTE_R_SHARED_KEY, 0);
	world_undo(w, size);
	expect(w, op_open(club, later, 2), 0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, handed, 2), 0, EVOTE_R_OK, 1);
	w->time = START + SEC;
	expect(w, op_start("club"), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 2, EVOTE_R_STAGE, 0);
	world_undo(w, size);
	/* Not if it is not fixed, nor who stays, or takes the key along. */
	expect(w, op_begin(w, handed, 2), 0, EVOTE_R_OK, 1);
	expect(w, club, 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_begin(w, swap, 2), 0, EVOTE_R_OK, 1);
	expect(w, fixed, 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_begin(w, gone, 2), 0, EVOTE_R_OK, 1);
	expect(w, fixed, 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	/* One of before has been looked at. */
	expect(w, fixed, 0, EVOTE_R_OK, 1);
	handed[1] = row("Eve", "students", 'a');
	expect(w, op_begin(w, handed, 2), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
}

/* Nor if whoever voted with it has another one since. */
static void
test_former_keys_given_up(void **state)
{
	struct world *w = *state;
	evote_voter smith = person("Anna", "students", 'a');
	evote_voter again = person("Ann", "students", 'y');
	evote_row staged[] = {row("Anna", "students", 'a')};
	evote_option freeze[] = {{EVOTE_OPTION_FREEZE, 1}};
	struct op insist;
	uint64_t size, voted;

	begin_with_club(w);
	size = w->size;
	expect(w, op_rekey("Ann", 'x'), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), "club", "C"), 0, EVOTE_R_OK, 1);
	/* That one has not voted. */
	expect(w, op_register(&smith, 1), 0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_vote(anew(w, "Ann"), "club", "C"), 0, EVOTE_R_OK, 1);
	voted = w->size;
	expect(w, op_rekey("Ann", 'x'), 0, EVOTE_R_OK, 1);
	expect(w, op_register(&smith, 1), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_begin(w, staged, 1), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_rekey("Bob", 'a'), 2, EVOTE_R_SHARED_KEY, 0);
	insist = op_rekey("Bob", 'a');
	insist.shared_keys = 1;
	expect(w, insist, 0, EVOTE_R_OK, 1);
	assert_replays(w);
	world_undo(w, voted + 1);
	/* She has voted, so she may have it back. */
	expect(w, op_rekey("Ann", 'a'), 0, EVOTE_R_OK, 1);
	world_undo(w, voted);
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	expect(w, op_register(&again, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_register(&smith, 1), 2, EVOTE_R_SHARED_KEY, 0);
	/* Once it is over that is no matter, until it is not. */
	w->time = START + HOUR;
	expect(w, op_close("club"), 0, EVOTE_R_OK, 1);
	expect(w, op_register(&smith, 1), 0, EVOTE_R_OK, 1);
	world_undo(w, w->size - 2);
	expect(w, op_register(&smith, 1), 2, EVOTE_R_SHARED_KEY, 0);
	world_undo(w, size);
	expect(w, op_rekey("Ann", 'x'), 0, EVOTE_R_OK, 1);
	expect(w, op_register(&smith, 1), 0, EVOTE_R_OK, 1);
	/* Where it is fixed, the key that she has left with may be one of no
	 * vote. */
	world_undo(w, size);
	expect(w,
	    op_open(op_create(anew(w, "Cy"), "fixed", START + HOUR), freeze, 1),
	    0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), "fixed", "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Ann"), 0, EVOTE_R_OK, 1);
	expect(w, op_rekey("Bob", 'a'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_rekey("Ann", 'x'), 0, EVOTE_R_OK, 1);
	expect(w, op_rekey("Bob", 'a'), 2, EVOTE_R_SHARED_KEY, 0);
	expect(w, op_rekey("Bob", 'x'), 0, EVOTE_R_OK, 1);
}

/* Two who are meant to have one key are moved like others. */
static void
test_shared_keys_moved(void **state)
{
	struct world *w = *state;
	struct op share = op_rekey("Bob", 'a');
	evote_row out[] = {row("Bob", "staff", 'a')};
	evote_row back[] = {row("Bob", "students", 'a')};

	share.shared_keys = 1;
	begin_with_club(w);
	expect(w, share, 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Ann"), "club", "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, out, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, back, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(2, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Bob"), "club", "C"), 0, EVOTE_R_OK, 1);
}

/* Another change of the roll meanwhile: what was shown is not what is done. */
static void
test_roll_changed(void **state)
{
	struct world *w = *state;
	evote_row eve[] = {row("Eve", "staff", 'e')};
	evote_row has_hers[] = {row("Gil", "staff", 'e')};
	evote_voter fay = person("Fay", "staff", 'f');
	evote_voter her = person("Eve", "guests", 'E');
	const struct op others[] = {op_register(&fay, 1), op_rekey("Ann", 'x'),
	    op_unregister("Ann"), op_register(&her, 1)};
	uint64_t size;
	struct op op;

	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	for (size_t i = 0; i < LEN(others); i++) {
		size = w->size;
		op = op_begin(w, eve, 1);
		expect(w, others[i], 0, EVOTE_R_OK, 1);
		expect(w, op, 2, EVOTE_R_STAGE, 0);
		world_undo(w, size);
		expect(w, op, 0, EVOTE_R_OK, 1);
		size = w->size;
		expect(w, others[i], 0, EVOTE_R_OK, 1);
		expect(
		    w, op_commit(election_stage(w->e), 1), 2, EVOTE_R_STAGE, 0);
		world_undo(w, size);
	}
	expect(w, op_stage(election_stage(w->e), 1, has_hers, 1), 2,
	    EVOTE_R_SHARED_KEY, 0);
	expect(w, op_commit(election_stage(w->e), 1), 0, EVOTE_R_OK, 1);
}

/* What was begun and given up leaves nothing; not even a known name. */
static void
test_dropped(void **state)
{
	struct world *w = *state;
	evote_row gone[] = {row("Eve", "staff", 'e'), leaves("Ann")};
	evote_row fay[] = {row("Fay", "staff", 'e')};
	uint64_t size;

	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, gone, 2), 0, EVOTE_R_OK, 1);
	size = w->size;
	expect(w, op_begin(w, fay, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 2), 2, EVOTE_R_STAGE, 0);
	expect(w, op_commit(2, 1), 0, EVOTE_R_OK, 1);
	assert_stands(w, "Eve", "", 0);
	assert_stands(w, "Ann", "students", 'a');
	assert_stands(w, "Fay", "staff", 'e');
	world_undo(w, size);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
	assert_stands(w, "Eve", "staff", 'e');
	assert_stands(w, "Fay", "", 0);
	world_undo(w, size);
	expect(w, op_begin(w, fay, 1), 0, EVOTE_R_OK, 1);
	discard_undo(w, w->size);
	for (int i = 0; i < 2; i++) {
		assert_stands(w, "Eve", "", 0);
		assert_stands(w, "Ann", "students", 'a');
		assert_replays(w);
	}
}

/* ---- pages ---- */

static void
assert_page(struct world *w, uint32_t first, const char *group,
    const char *not_voted, const char *found, uint32_t next)
{
	evote_roll_args args = {first, (char *)group, (char *)not_voted};
	evote_roll_res res = {.answer = {.host = NULL}};
	char text[256] = "";
	struct outcome out;

	election_roll(w->e, &args, &res, &out);
	assert_int_equal(out.code, 0);
	for (u_int i = 0; i < res.voters.voters_len; i++) {
		strcat(text, i == 0 ? "" : " ");
		strcat(text, res.voters.voters_val[i].name);
	}
	assert_string_equal(found, text);
	assert_int_equal(next, res.next);
	xdr_free((xdrproc_t)xdr_evote_roll_res, (char *)&res);
}

/* The group as which the first of them votes. */
static void
assert_votes_as(struct world *w, const char *not_voted, const char *group)
{
	evote_roll_args args = {.group = "", .not_voted = (char *)not_voted};
	evote_roll_res res = {.answer = {.host = NULL}};
	struct outcome out;

	election_roll(w->e, &args, &res, &out);
	assert_int_equal(out.code, 0);
	assert_true(res.voters.voters_len > 0);
	assert_string_equal(group, res.voters.voters_val[0].group);
	xdr_free((xdrproc_t)xdr_evote_roll_res, (char *)&res);
}

static void
assert_no_page(struct world *w, const char *not_voted, int code, evote_reason r)
{
	evote_roll_args args = {.group = "", .not_voted = (char *)not_voted};
	evote_roll_res res = {.answer = {.host = NULL}};
	struct outcome out;

	election_roll(w->e, &args, &res, &out);
	assert_int_equal(code, out.code);
	assert_int_equal(r, out.reason);
	assert_int_equal(0, res.voters.voters_len);
	assert_int_equal(0, res.next);
	xdr_free((xdrproc_t)xdr_evote_roll_res, (char *)&res);
}

static void
test_pages(void **state)
{
	struct world *w = *state;
	evote_name yes[] = {"yes"};
	evote_row rows[] = {leaves("Bob"), row("Eve", "students", 'e')};
	struct op create = {.kind = EVOTE_OP_CREATE,
	    .asker = {.voter = "Cy", .number = 1},
	    .act = {.kind = EVOTE_ACT_CREATE,
		.evote_act_u.election = {.name = "club",
		    .groups = {1, students},
		    .choices = {1, yes},
		    .end = START + 1000000}}};

	assert_page(w, 0, "", "", "Ann Bob Cy", 0);
	assert_page(w, 1, "", "", "Bob Cy", 0);
	assert_page(w, 7, "", "", "", 0);
	assert_page(w, 0, "students", "", "Ann Bob", 0);
	assert_page(w, 0, "guests", "", "", 0);
	expect(w, create, 0, EVOTE_R_OK, 1);
	assert_page(w, 0, "", "club", "Ann Bob", 0);
	assert_no_page(w, "none", 1, EVOTE_R_NO_ELECTION);
	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, rows, 2), 0, EVOTE_R_OK, 1);
	assert_page(w, 0, "students", "", "Ann Bob", 0);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
	assert_page(w, 0, "students", "club", "Ann Eve", 0);
	/* Who comes later could never have voted there. */
	create.asker.number = 2;
	create.act.evote_act_u.election.name = "void";
	expect(w, create, 0, EVOTE_R_OK, 1);
	expect(w, by_operator(op_cancel(create.asker, "void", "why")), 0,
	    EVOTE_R_OK, 1);
	assert_no_page(w, "void", 2, EVOTE_R_CANCELLED);
	w->time = START + 1000000;
	expect(w, op_close("club"), 0, EVOTE_R_OK, 1);
	assert_no_page(w, "club", 2, EVOTE_R_CLOSED);
}

/* Who may vote is fixed right after, when nobody was looked at since. */
static void
test_frozen(void **state)
{
	struct world *w = *state;
	evote_name yes[] = {"yes"};
	evote_option freeze[] = {{EVOTE_OPTION_FREEZE, 1}};
	evote_row rows[] = {row("Ann", "staff", 'a'), leaves("Bob"),
	    row("Cy", "students", 'c'), row("Eve", "students", 'e')};
	evote_row moved[] = {row("Cy", "staff", 'c')};
	struct op open = {.kind = EVOTE_OP_OPEN,
	    .asker = {.voter = "Cy", .number = 1},
	    .act = {.kind = EVOTE_ACT_OPEN,
		.evote_act_u.terms = {.election = {.name = "club",
					  .groups = {1, students},
					  .choices = {1, yes},
					  .end = START + 1000000},
		    .options = {1, freeze}}}};

	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, rows, 4), 0, EVOTE_R_OK, 1);
	for (int i = 0; i < NAMES; i++)
		(void)election_voter(w->e, names[i], &(struct voter_view){0});
	expect(w, op_commit(1, 4), 0, EVOTE_R_OK, 1);
	expect(w, open, 0, EVOTE_R_OK, 1);
	assert_page(w, 0, "", "club", "Cy Eve", 0);
	/* As one of which group, too. */
	expect(w, op_begin(w, moved, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(2, 1), 0, EVOTE_R_OK, 1);
	assert_page(w, 0, "students", "club", "Cy Eve", 0);
	assert_page(w, 0, "staff", "club", "", 0);
	assert_votes_as(w, "club", "students");
	assert_page(w, 0, "staff", "", "Ann Cy", 0);
}

static void
assert_voted(struct world *w, uint64_t first, uint64_t second)
{
	evote_turnout_res res = {.answer = {.host = NULL}};
	struct outcome out;

	election_turnout(w->e, "club", &res, &out);
	assert_int_equal(2, res.groups.groups_len);
	assert_int_equal(first, res.groups.groups_val[0].voted);
	assert_int_equal(second, res.groups.groups_val[1].voted);
	xdr_free((xdrproc_t)xdr_evote_turnout_res, (char *)&res);
}

/* A vote is taken back from the group in which it was cast, whoever was looked
 * at since. */
static void
test_vote_undone(void **state)
{
	struct world *w = *state;
	evote_row rows[] = {
	    row("Ann", "staff", 'a'), row("Bob", "guests", 'b')};
	struct voter_view v = {0};
	uint64_t size;

	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	expect(w,
	    op_create_lists(
		anew(w, "Cy"), "club", both, 2, choices, 3, START + SEC),
	    0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, rows, 2), 0, EVOTE_R_OK, 1);
	size = w->size;
	expect(w, op_vote(anew(w, "Ann"), "club", "C"), 0, EVOTE_R_OK, 1);
	expect(w, op_vote(anew(w, "Bob"), "club", "C"), 0, EVOTE_R_OK, 1);
	assert_voted(w, 2, 0);
	expect(w, op_commit(1, 2), 0, EVOTE_R_OK, 1);
	assert_true(election_voter(w->e, "Ann", &v));
	assert_true(election_voter(w->e, "Bob", &v));
	world_undo(w, size);
	assert_voted(w, 0, 0);
}

/* Who was only staged when it was fixed is no part of it. */
static void
test_frozen_again(void **state)
{
	struct world *w = *state;
	evote_option freeze[] = {{EVOTE_OPTION_FREEZE, 1}};
	evote_row rows[] = {row("Eve", "students", 'e')};
	uint64_t size;

	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	size = w->size;
	expect(w,
	    op_open(op_create(anew(w, "Cy"), "club", START + SEC), freeze, 1),
	    0, EVOTE_R_OK, 1);
	world_undo(w, size);
	expect(w, op_begin(w, rows, 1), 0, EVOTE_R_OK, 1);
	expect(w,
	    op_open(op_create(anew(w, "Cy"), "club", START + SEC), freeze, 1),
	    0, EVOTE_R_OK, 1);
	assert_replays(w);
}

/*
 * Who came by a stage and has left is gone, whether or not that stage can still
 * be undone: hosts differ in that.
 */
static void
test_staged_then_left(void **state)
{
	struct world *w = *state;
	evote_option freeze[] = {{EVOTE_OPTION_FREEZE, 1}};
	evote_row rows[] = {row("Eve", "students", 'e')};
	evote_voter fay = person("Fay", "students", 'e');

	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_begin(w, rows, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_commit(1, 1), 0, EVOTE_R_OK, 1);
	expect(w, op_unregister("Eve"), 0, EVOTE_R_OK, 1);
	expect(w,
	    op_open(op_create(anew(w, "Cy"), "club", START + HOUR), freeze, 1),
	    0, EVOTE_R_OK, 1);
	assert_replays(w);
	assert_page(w, 0, "", "club", "Ann Bob", 0);
	expect(w, op_vote(anew(w, "Eve"), "club", "C"), 1, EVOTE_R_NO_VOTER, 1);
	/* So her key is free as well. */
	expect(w, op_register(&fay, 1), 0, EVOTE_R_OK, 1);
}

/* ---- any of them in any order, and undone ---- */

/* That nobody is in it, or somebody, is what is counted. */
static void
assert_group(struct world *w, int group)
{
	evote_name name = (char *)groups[group];
	evote_groups_args args = {.groups = {1, &name}};
	evote_groups_res res = {.answer = {.host = NULL}};
	int n = 0;

	for (int i = 0; i < NAMES; i++)
		n += plain_now(w)->now[i].registered &&
		    plain_now(w)->now[i].group == group;
	election_empty(w->e, &args, &res);
	assert_int_equal(n == 0, res.empty.empty_len);
	xdr_free((xdrproc_t)xdr_evote_groups_res, (char *)&res);
}

static void
assert_as_plain(struct world *w)
{
	const struct plain *p = plain_now(w);

	for (int i = 0; i < NAMES; i++)
		assert_stands(w, names[i],
		    p->now[i].registered  ? groups[p->now[i].group]
			: p->now[i].known ? NULL
					  : "",
		    p->now[i].key);
	assert_int_equal(election_stage(w->e), p->stage);
	for (size_t g = 0; g < LEN(groups); g++)
		assert_group(w, (int)g);
}

/* Whether someone else has the key, with the rows (those before them, not). */
static int
taken(const struct plain *p, int who, char key, int staged)
{
	for (int i = 0; i < NAMES; i++) {
		if (i == who)
			continue;
		if (staged && p->rows[i].set) {
			if (!p->rows[i].leaves && p->rows[i].key == key)
				return (1);
		} else if (p->now[i].registered && p->now[i].key == key)
			return (1);
	}
	return (0);
}

static void
random_rekey(struct world *w, unsigned *seed)
{
	int who = (int)draw(seed, NAMES);
	char key = (char)('a' + draw(seed, 20));
	const struct stand *s = &plain_now(w)->now[who];

	if (!s->registered)
		expect(w, op_rekey(names[who], key), 1, EVOTE_R_NO_VOTER, 0);
	else if (s->key == key)
		expect(w, op_rekey(names[who], key), 0, EVOTE_R_OK, 0);
	else if (taken(plain_now(w), who, key, 0))
		expect(w, op_rekey(names[who], key), 2, EVOTE_R_SHARED_KEY, 0);
	else {
		expect(w, op_rekey(names[who], key), 0, EVOTE_R_OK, 1);
		plain_now(w)->now[who].key = key;
		plain_now(w)->roll++;
	}
}

static void
random_register(struct world *w, unsigned *seed)
{
	int who = (int)draw(seed, NAMES), group = (int)draw(seed, LEN(groups));
	char key = (char)('a' + draw(seed, 20));
	evote_voter v = person(names[who], groups[group], key);
	const struct stand *s = &plain_now(w)->now[who];

	if (s->registered && draw(seed, 2)) {
		expect(w, op_unregister(names[who]), 0, EVOTE_R_OK, 1);
		plain_now(w)->now[who].registered = 0;
	} else if (s->registered) {
		expect(w, op_register(&v, 1), 1, EVOTE_R_VOTER_EXISTS, 0);
		return;
	} else if (taken(plain_now(w), who, key, 0)) {
		expect(w, op_register(&v, 1), 2, EVOTE_R_SHARED_KEY, 0);
		return;
	} else {
		expect(w, op_register(&v, 1), 0, EVOTE_R_OK, 1);
		plain_now(w)->now[who] = (struct stand){1, 1, group, key};
	}
	plain_now(w)->roll++;
}

static void
random_stage(struct world *w, unsigned *seed)
{
	const struct plain *before = plain_now(w);
	int who = (int)draw(seed, NAMES), group = (int)draw(seed, LEN(groups));
	char key = (char)('a' + draw(seed, 20));
	int go = draw(seed, 3) == 0, begin = draw(seed, 6) == 0;
	int goes_on = before->stage != 0 && !begin;
	evote_row r =
	    go ? leaves(names[who]) : row(names[who], groups[group], key);
	struct op op = goes_on ? op_stage(before->stage, before->n, &r, 1)
			       : op_begin(w, &r, 1);
	struct plain *p;

	if (goes_on && before->began != before->roll) {
		expect(w, op, 2, EVOTE_R_STAGE, 0);
		return;
	}
	if (goes_on && before->rows[who].set) {
		expect(w, op, 2, EVOTE_R_DUPLICATE, 0);
		return;
	}
	if (go && !before->now[who].registered) {
		expect(w, op, 1, EVOTE_R_NO_VOTER, 0);
		return;
	}
	if (!go &&
	    !(before->now[who].registered && before->now[who].key == key) &&
	    taken(before, who, key, goes_on)) {
		expect(w, op, 2, EVOTE_R_SHARED_KEY, 0);
		return;
	}
	expect(w, op, 0, EVOTE_R_OK, 1);
	p = plain_now(w);
	if (!goes_on) {
		memset(p->rows, 0, sizeof(p->rows));
		p->n = 0;
		p->stage = ++p->stages;
		p->began = p->roll;
	}
	p->n++;
	p->rows[who].set = 1;
	p->rows[who].leaves = go;
	p->rows[who].group = group;
	p->rows[who].key = key;
}

static void
random_commit(struct world *w, unsigned *seed)
{
	struct plain *p = plain_now(w);
	struct op op = op_commit(p->stage, p->n);

	if (p->stage == 0 || p->roll != p->began) {
		expect(w, op, 2, EVOTE_R_STAGE, 0);
		return;
	}
	expect(w, op, 0, EVOTE_R_OK, 1);
	p = plain_now(w);
	for (int i = 0; i < NAMES; i++) {
		if (!p->rows[i].set)
			continue;
		if (p->rows[i].leaves)
			p->now[i].registered = 0;
		else
			p->now[i] = (struct stand){
			    1, 1, p->rows[i].group, p->rows[i].key};
	}
	p->stage = 0;
	p->roll++;
}

static void
random_step(struct world *w, unsigned *seed)
{
	unsigned what = draw(seed, 24);

	if (what < 2)
		random_rekey(w, seed);
	else if (what < 4)
		random_register(w, seed);
	else if (what < 7)
		random_commit(w, seed);
	else
		random_stage(w, seed);
}

static void
test_random(void **state)
{
	struct world *w = *state;
	unsigned seed = SEED;
	uint64_t size;

	print_message("seed %u\n", seed);
	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	discard_undo(w, w->size);
	for (int i = 0; i < 6000; i++) {
		random_step(w, &seed);
		/* Looked at or not, it stands the same. */
		if (draw(&seed, 3) == 0)
			assert_as_plain(w);
		if (draw(&seed, 12) != 0)
			continue;
		size = w->size - draw(&seed, (w->size - undo_from) % 30 + 1);
		world_undo(w, size);
		if (draw(&seed, 2) == 0)
			assert_as_plain(w);
		if (draw(&seed, 3) == 0)
			discard_undo(w,
			    w->size -
				draw(&seed,
				    (unsigned)(w->size - undo_from) + 1));
		if (draw(&seed, 8) == 0)
			assert_replays(w);
	}
	assert_as_plain(w);
	assert_true(plain_now(w)->stages > 100);
}

/* ---- and with elections, which are fixed, and end ---- */

/* Of the elections of those seconds; some of it is refused. */
static struct op
random_poll_op(struct world *w, unsigned *seed)
{
	static evote_option options[] = {
	    {EVOTE_OPTION_START, 0}, {EVOTE_OPTION_FREEZE, 1}};
	static evote_name list[LEN(groups)];
	static char name[24];
	evote_asker who = anew(w, names[draw(seed, NAMES)]);
	unsigned kind = draw(seed, 8), from = draw(seed, 2);
	struct op op;

	snprintf(name, sizeof(name), "%llu",
	    (unsigned long long)(w->time / (6 * SEC) - draw(seed, 2)));
	if (kind > 2)
		return (op_vote(who, name, "C"));
	for (size_t i = 0; i < LEN(groups); i++)
		list[i] = (char *)groups[i];
	op = op_create_lists(who, name, list + from, 1 + draw(seed, 2), choices,
	    3, w->time + (8 + draw(seed, 20)) * SEC);
	options[0].value = w->time + (1 + draw(seed, 5)) * SEC;
	if (kind > 0)
		op = op_open(op, options + from, 2 - from);
	return (draw(seed, 4) == 0 ? op : by_operator(op));
}

static struct op
random_roll_op(struct world *w, unsigned *seed)
{
	static evote_voter voter;
	static evote_row rows[3];
	static uint32_t staged;
	const char *name = names[draw(seed, NAMES)];
	char key = (char)('a' + draw(seed, 20));
	uint32_t stage = election_stage(w->e);

	switch (draw(seed, 8)) {
	case 0:
		voter = person(name, groups[draw(seed, LEN(groups))], key);
		return (op_register(&voter, 1));
	case 1:
		return (op_unregister(name));
	case 2:
		return (op_rekey(name, key));
	case 3:
		return (op_unlock(name));
	case 4:
	case 5:
		return (op_commit(stage, staged));
	default:
		staged = 1 + draw(seed, LEN(rows));
		for (uint32_t i = 0; i < staged; i++, key++)
			rows[i] = draw(seed, 3) == 0
			    ? leaves(names[draw(seed, NAMES)])
			    : row(names[draw(seed, NAMES)],
				  groups[draw(seed, LEN(groups))], key);
		return (op_begin(w, rows, staged));
	}
}

static void
polls_step(struct world *w, unsigned *seed, unsigned done[EVOTE_OP_COMMIT + 1])
{
	struct outcome out;
	struct op op;

	w->time += draw(seed, 3) * SEC;
	while (election_due(w->e, w->time + 1, &op))
		done[op.kind] += world_execute(w, &op, &out) != NULL;
	op = draw(seed, 2) ? random_poll_op(w, seed) : random_roll_op(w, seed);
	op.shared_keys = draw(seed, 4) == 0;
	if (world_execute(w, &op, &out) != NULL && out.code == 0)
		done[op.kind]++;
	if (draw(seed, 15) == 0)
		world_undo(w, w->size - draw(seed, w->size < 12 ? 1 : 8));
}

static void
test_random_polls(void **state)
{
	static const evote_op_kind must[] = {EVOTE_OP_REGISTER,
	    EVOTE_OP_UNREGISTER, EVOTE_OP_REKEY, EVOTE_OP_COMMIT, EVOTE_OP_OPEN,
	    EVOTE_OP_VOTE, EVOTE_OP_CLOSE};
	unsigned done[EVOTE_OP_COMMIT + 1] = {0}, seed = SEED;
	struct world *w = *state;
	uint64_t size;

	print_message("seed %u\n", seed);
	expect(w, op_host("a", 1, 1), 0, EVOTE_R_OK, 1);
	size = w->size;
	for (int ledger = 0; ledger < 150; ledger++) {
		for (int i = 0; i < 120; i++)
			polls_step(w, &seed, done);
		assert_replays(w);
		world_undo(w, size);
	}
	for (size_t i = 0; i < LEN(must); i++)
		assert_in_range(done[must[i]], 100, UINT32_MAX);
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_roll, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_rekey),
	    TEST(test_whole_or_not),
	    TEST(test_rows_refused),
	    TEST(test_swapped_keys),
	    TEST(test_former_keys),
	    TEST(test_former_keys_meanwhile),
	    TEST(test_fixed_meanwhile),
	    TEST(test_former_keys_given_up),
	    TEST(test_shared_keys_moved),
	    TEST(test_roll_changed),
	    TEST(test_dropped),
	    TEST(test_pages),
	    TEST(test_frozen),
	    TEST(test_vote_undone),
	    TEST(test_frozen_again),
	    TEST(test_staged_then_left),
	    TEST(test_random),
	    TEST(test_random_polls),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
