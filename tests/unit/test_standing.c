/*
 * What the service tells of one voter, and of each group, while an election
 * runs: as the ledger has it, whatever is undone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth.h"
#include "server/election/election.h"

#define SEC 1000000ULL
#define NOW (1700000000 * SEC)

struct world {
	struct election_state *e;
	uint64_t number;
};

static int
execute(struct world *w, const struct op *op)
{
	uint64_t size = election_size(w->e);
	struct entry_header at = {size, 1, NOW + size};
	struct outcome out = {0};

	record_drop(election_execute(w->e, op, &at, &out));
	return (out.code);
}

static void
enrol(struct world *w, const char *name, const char *group)
{
	evote_voter v = {.name = (char *)name, .group = (char *)group};
	struct op op = {.kind = EVOTE_OP_REGISTER, .voters = &v, .n = 1};

	memset(v.key, name[0], sizeof(v.key));
	assert_int_equal(execute(w, &op), 0);
}

static void
strike(struct world *w, const char *name)
{
	struct op op = {.kind = EVOTE_OP_UNREGISTER, .name = (char *)name};

	assert_int_equal(execute(w, &op), 0);
}

static evote_asker
asker(struct world *w, const char *name)
{
	evote_asker a = {.voter = (char *)name, .number = NOW + ++w->number};

	memset(a.client, name[0], sizeof(a.client));
	return (a);
}

static void
create(struct world *w, const char *name, uint64_t end)
{
	evote_name groups[] = {(char *)"staff", (char *)"board"};
	evote_name choices[] = {(char *)"yes", (char *)"no"};
	struct op op = {
	    .kind = EVOTE_OP_CREATE,
	    .asker = asker(w, "ann"),
	    .act.kind = EVOTE_ACT_CREATE,
	    .act.evote_act_u.election = {.name = (char *)name,
		.groups = {2, groups},
		.choices = {2, choices},
		.end = end},
	};

	assert_int_equal(execute(w, &op), 0);
}

static void
open_with(struct world *w, const char *name, uint64_t end, evote_option *option)
{
	evote_name groups[] = {(char *)"staff", (char *)"board"};
	evote_name choices[] = {(char *)"yes", (char *)"no"};
	struct op op = {
	    .kind = EVOTE_OP_OPEN,
	    .asker = asker(w, "ann"),
	    .act.kind = EVOTE_ACT_OPEN,
	    .act.evote_act_u.terms = {.election = {.name = (char *)name,
					  .groups = {2, groups},
					  .choices = {2, choices},
					  .end = end},
		.options = {1, option}},
	};

	assert_int_equal(execute(w, &op), 0);
}

static int
vote(struct world *w, const char *voter, const char *election)
{
	struct op op = {
	    .kind = EVOTE_OP_VOTE,
	    .asker = asker(w, voter),
	    .opening.vote = {.domain = (char *)"evote opening 1",
		.election = (char *)election,
		.choice = (char *)"yes"},
	    .act.kind = EVOTE_ACT_VOTE,
	    .act.evote_act_u.ballot.election = (char *)election,
	};

	auth_commitment((unsigned char *)op.opening.vote.salt, election, "yes",
	    (unsigned char *)op.act.evote_act_u.ballot.commitment);
	return (execute(w, &op));
}

static int
world_make(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct op genesis = {.kind = EVOTE_OP_GENESIS,
	    .genesis = {.origin = (char *)"vote.test"}};

	assert_non_null(w);
	w->e = election_new();
	execute(w, &genesis);
	enrol(w, "ann", "staff");
	enrol(w, "bob", "staff");
	enrol(w, "cy", "board");
	enrol(w, "dee", "guests");
	*state = w;
	return (0);
}

static int
world_free(void **state)
{
	struct world *w = *state;

	election_free(w->e);
	free(w);
	return (0);
}

static void
assert_shares(struct world *w, const char *election, uint64_t staff,
    uint64_t staff_voted, uint64_t board, uint64_t board_voted)
{
	evote_turnout_res res = {0};
	struct outcome out;
	const evote_turnout *g;

	election_turnout(w->e, election, &res, &out);
	assert_int_equal(out.code, 0);
	assert_int_equal(res.groups.groups_len, 2);
	g = res.groups.groups_val;
	assert_string_equal(g[0].group, "staff");
	assert_int_equal(g[0].eligible, staff);
	assert_int_equal(g[0].voted, staff_voted);
	assert_string_equal(g[1].group, "board");
	assert_int_equal(g[1].eligible, board);
	assert_int_equal(g[1].voted, board_voted);
	xdr_free((xdrproc_t)xdr_evote_turnout_res, &res);
}

static void
turnout_by_group(void **state)
{
	struct op close = {.kind = EVOTE_OP_CLOSE, .name = (char *)"club"};
	struct world *w = *state;
	evote_turnout_res res = {0};
	struct outcome out;
	uint64_t size;

	election_turnout(w->e, "club", &res, &out);
	assert_int_equal(out.code, 1);
	assert_int_equal(out.reason, EVOTE_R_NO_ELECTION);
	create(w, "club", NOW + 100);
	assert_shares(w, "club", 2, 0, 1, 0);
	assert_int_equal(vote(w, "bob", "club"), 0);
	size = election_size(w->e);
	assert_int_equal(vote(w, "cy", "club"), 0);
	assert_shares(w, "club", 2, 1, 1, 1);
	/* Who is refused has not voted. */
	assert_int_equal(vote(w, "cy", "club"), 4);
	assert_int_equal(vote(w, "dee", "club"), 3);
	assert_shares(w, "club", 2, 1, 1, 1);
	election_undo(w->e, size);
	assert_shares(w, "club", 2, 1, 1, 0);
	/* A vote stays his group's, whatever becomes of him. */
	strike(w, "bob");
	enrol(w, "bob", "board");
	assert_shares(w, "club", 1, 1, 2, 0);
	/* And what was so at the close stays so. */
	while (election_size(w->e) < 101)
		enrol(w, "zoe", "guests"), strike(w, "zoe");
	size = election_size(w->e);
	assert_int_equal(execute(w, &close), 0);
	strike(w, "ann");
	assert_shares(w, "club", 1, 1, 2, 0);
	election_undo(w->e, size);
	strike(w, "ann");
	assert_shares(w, "club", 0, 1, 2, 0);
}

static uint32_t
checked(struct world *w, const char *voter, const char *flags)
{
	evote_check_res res = {0};
	const evote_checked *v;
	uint32_t i;

	election_check(w->e, voter, 0, &res);
	assert_string_equal(res.voter, voter);
	for (i = 0; i < res.elections.elections_len && *flags != '\0'; i++) {
		v = &res.elections.elections_val[i];
		assert_int_equal(v->name[0], *flags++);
		assert_int_equal(v->voted, *flags++ == '+');
	}
	assert_string_equal(flags, "");
	xdr_free((xdrproc_t)xdr_evote_check_res, &res);
	return (i);
}

static void
one_voters_elections(void **state)
{
	struct op close = {.kind = EVOTE_OP_CLOSE, .name = (char *)"a"};
	struct world *w = *state;

	assert_int_equal(checked(w, "bob", ""), 0);
	create(w, "a", NOW + 10);
	create(w, "b", NOW + 1000);
	assert_int_equal(checked(w, "bob", "a-b-"), 2);
	assert_int_equal(checked(w, "dee", ""), 0);
	assert_int_equal(vote(w, "bob", "a"), 0);
	assert_int_equal(checked(w, "bob", "a+b-"), 2);
	assert_int_equal(checked(w, "cy", "a-b-"), 2);
	while (election_size(w->e) < 12)
		enrol(w, "zoe", "guests"), strike(w, "zoe");
	assert_int_equal(execute(w, &close), 0);
	/* Closed ones are for those who voted there. */
	assert_int_equal(checked(w, "bob", "a+b-"), 2);
	assert_int_equal(checked(w, "cy", "b-"), 1);
}

static void
epoch(struct world *w, const char *host, int forced)
{
	struct op op = {.kind = EVOTE_OP_EPOCH,
	    .epoch = {.name = (char *)host, .forced = forced}};

	assert_int_equal(execute(w, &op), 0);
}

static int
reported(struct world *w, evote_report_res *res)
{
	struct outcome out;

	memset(res, 0, sizeof(*res));
	election_report(w->e, "club", res, &out);
	return (out.code);
}

static void
minutes_of_an_election(void **state)
{
	struct op close = {.kind = EVOTE_OP_CLOSE, .name = (char *)"club"};
	struct world *w = *state;
	evote_report_res res;
	const evote_tenure *t;
	uint64_t size;

	epoch(w, "alpha", 0);
	create(w, "other", NOW + 10000);
	assert_int_equal(vote(w, "dee", "other"), 3); /* before it is opened */
	assert_int_equal(reported(w, &res), 1);
	create(w, "club", NOW + 20);
	assert_int_equal(reported(w, &res), 2);
	size = election_size(w->e);
	epoch(w, "gamma", 0);
	assert_int_equal(vote(w, "dee", "club"), 3);
	election_undo(w->e, size); /* no part of the ledger */
	assert_int_equal(vote(w, "dee", "club"), 3);
	assert_int_equal(vote(w, "dee", "other"), 3);
	assert_int_equal(vote(w, "bob", "club"), 0);
	assert_int_equal(vote(w, "bob", "club"), 4);
	epoch(w, "beta", 1);
	while (election_size(w->e) < 22)
		enrol(w, "zoe", "guests"), strike(w, "zoe");
	assert_int_equal(execute(w, &close), 0);
	assert_int_equal(vote(w, "bob", "other"), 0);
	assert_int_equal(vote(w, "bob", "other"), 4); /* and after it */
	assert_int_equal(reported(w, &res), 0);
	assert_int_equal(res.opened.seq, size - 1);
	assert_int_equal(res.opened.time, NOW + size - 1);
	assert_int_equal(res.closed.time, NOW + res.closed.seq);
	assert_int_equal(res.refusals.refusals_len, 2);
	assert_int_equal(res.refusals.refusals_val[0].reason, EVOTE_R_GROUP);
	assert_int_equal(res.refusals.refusals_val[0].requests, 2);
	assert_int_equal(res.refusals.refusals_val[1].reason, EVOTE_R_VOTED);
	assert_int_equal(res.refusals.refusals_val[1].requests, 1);
	assert_int_equal(res.tenures.tenures_len, 2);
	t = res.tenures.tenures_val;
	assert_string_equal(t[0].name, "alpha");
	assert_string_equal(t[1].name, "beta");
	assert_int_equal(t[1].forced, 1);
	assert_int_equal(t[1].silence, 1);
	assert_int_equal(res.left_out, 0);
	xdr_free((xdrproc_t)xdr_evote_report_res, &res);
}

static uint64_t
step_votes(struct world *w, const char *election, uint32_t step, int code)
{
	evote_curve_res res = {0};
	struct outcome out;
	uint64_t n;

	election_curve(w->e, election, &res, &out);
	assert_int_equal(out.code, code);
	n = code == 0 ? res.votes.votes_val[step] : 0;
	xdr_free((xdrproc_t)xdr_evote_curve_res, &res);
	return (n);
}

static void
when_people_voted(void **state)
{
	evote_option shown = {EVOTE_OPTION_ORDER_SHOWN, 1};
	struct op host = {.kind = EVOTE_OP_HOST};
	struct world *w = *state;
	uint64_t opened, size;

	host.host.name = (char *)"alpha";
	memset(host.host.incarnation, 1, sizeof(host.host.incarnation));
	memset(host.host.key, 1, sizeof(host.host.key));
	assert_int_equal(execute(w, &host), 0);
	create(w, "quiet", NOW + 1000);
	step_votes(w, "quiet", 0, 2);
	step_votes(w, "none", 0, 1);
	opened = NOW + election_size(w->e);
	open_with(w, "club", opened + 10 * EVOTE_STEPS, &shown);
	assert_int_equal(vote(w, "ann", "club"), 0);
	assert_int_equal(step_votes(w, "club", 0, 0), 1);
	while (NOW + election_size(w->e) < opened + 25)
		enrol(w, "zoe", "guests"), strike(w, "zoe");
	size = election_size(w->e);
	assert_int_equal(vote(w, "bob", "club"), 0);
	assert_int_equal(step_votes(w, "club", 2, 0), 1);
	election_undo(w->e, size);
	assert_int_equal(step_votes(w, "club", 2, 0), 0);
	assert_int_equal(step_votes(w, "club", 0, 0), 1);
	/* The last one that can be. */
	while (NOW + election_size(w->e) < opened + 10 * EVOTE_STEPS - 2)
		enrol(w, "zoe", "guests"), strike(w, "zoe");
	assert_int_equal(vote(w, "cy", "club"), 0);
	assert_int_equal(step_votes(w, "club", EVOTE_STEPS - 1, 0), 1);
}

static void
a_service_that_moved_often(void **state)
{
	struct op close = {.kind = EVOTE_OP_CLOSE, .name = (char *)"club"};
	struct world *w = *state;
	evote_report_res res;
	const evote_tenure *t;
	char name[16];

	epoch(w, "first", 0);
	create(w, "club", NOW + 20);
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		epoch(w, name, 0);
	}
	assert_int_equal(execute(w, &close), 0);
	assert_int_equal(reported(w, &res), 0);
	t = res.tenures.tenures_val;
	assert_int_equal(res.tenures.tenures_len, EVOTE_PAGE_MAX);
	assert_int_equal(res.left_out, 151 - EVOTE_PAGE_MAX);
	assert_string_equal(t[0].name, "first");
	assert_string_equal(t[1].name, "h51");
	assert_string_equal(t[EVOTE_PAGE_MAX - 1].name, "h149");
	xdr_free((xdrproc_t)xdr_evote_report_res, &res);
}

#define MANY 300

/* One record each, of one who has a key of his own. */
static void
enrol_numbered(struct world *w, int i)
{
	char name[16];
	evote_voter v = {.name = name, .group = (char *)"staff"};
	struct op op = {.kind = EVOTE_OP_REGISTER, .voters = &v, .n = 1};

	snprintf(name, sizeof(name), "n%d", i);
	memcpy(v.key, name, sizeof(name));
	assert_int_equal(execute(w, &op), 0);
}

static int
is_known(struct world *w, int i)
{
	struct voter_view view;
	char name[16];

	snprintf(name, sizeof(name), "n%d", i);
	return (election_voter(w->e, name, &view));
}

/* However many there were meanwhile, those who were there first are found. */
static void
names_when_undone(void **state)
{
	struct world *w = *state;
	uint64_t before = election_size(w->e);
	int i, n;

	for (n = 0; n < MANY; n++) {
		assert_false(is_known(w, n));
		enrol_numbered(w, n);
	}
	while (n-- > 0) {
		assert_true(is_known(w, n));
		election_undo(w->e, before + (uint64_t)n);
		for (i = 0; i < MANY; i++)
			assert_int_equal(is_known(w, i), i < n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		turnout_by_group, world_make, world_free),
	    cmocka_unit_test_setup_teardown(
		one_voters_elections, world_make, world_free),
	    cmocka_unit_test_setup_teardown(
		minutes_of_an_election, world_make, world_free),
	    cmocka_unit_test_setup_teardown(
		when_people_voted, world_make, world_free),
	    cmocka_unit_test_setup_teardown(
		a_service_that_moved_often, world_make, world_free),
	    cmocka_unit_test_setup_teardown(
		names_when_undone, world_make, world_free),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
