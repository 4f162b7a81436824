#ifndef WORLD_H
#define WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ballot.h"
#include "server/auth.h"
#include "server/election/election.h"

/*
 * A host's election and its ledger, for tests of the rules: what is asked, how
 * it is answered, and that the ledger gives the same state again.
 */
#define SEC	1000000ULL
#define HOUR	(3600 * SEC)
#define QUARTER (EVOTE_QUOTA_SECONDS * SEC)
#define START	(1700000000 * SEC)
#define LOG_MAX 8192

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A host: its state and its ledger. */
struct world {
	struct election_state *e;
	struct record *log[LOG_MAX];
	uint64_t size, epoch, time, number;
	evote_asker last; /* of the random requests */
};

static inline struct record *
world_execute(struct world *w, const struct op *op, struct outcome *out)
{
	struct entry_header at = {w->size, w->epoch, w->time + 1};
	struct record *r = election_execute(w->e, op, &at, out);

	if (r != NULL) {
		assert_true(w->size < LOG_MAX);
		w->log[w->size++] = r;
		w->time = at.time;
	}
	assert_int_equal(election_size(w->e), w->size);
	return (r);
}

/* What the operation answers, and whether it leaves a record. */
#define expect(w, op, code, reason, recorded) \
	expect_(w, op, code, reason, recorded, __FILE__, __LINE__)

static inline void
expect_(struct world *w, struct op op, int code, evote_reason reason,
    int recorded, const char *file, int line)
{
	struct outcome out = {-1, 99, 0, 0, 0};
	struct record *r = world_execute(w, &op, &out);

	_assert_int_equal(out.code, code, file, line);
	_assert_int_equal(out.reason, reason, file, line);
	_assert_int_equal(r != NULL, recorded, file, line);
}

static inline void
world_undo(struct world *w, uint64_t size)
{
	election_undo(w->e, size);
	while (w->size > size)
		record_drop(w->log[--w->size]);
	w->time = size == 0 ? START : w->log[size - 1]->time;
	w->epoch = size == 0 ? 0 : w->log[size - 1]->epoch;
}

/* When a host discards its undo data is its own affair. */
enum rhythm { DISCARDS_AT_ONCE, DISCARDS_NEVER, GOES_BACK, RHYTHMS };

static inline void
replay_to(struct world *w, struct election_state *e, uint64_t size)
{
	char err[256] = "";

	for (uint64_t i = election_size(e); i < size; i++)
		if (election_replay(e, w->log[i], err, sizeof(err)) != 0)
			fail_msg("record %llu: %s", (unsigned long long)i, err);
}

static inline struct election_state *
replayed_in(struct world *w, uint64_t size, enum rhythm rhythm)
{
	struct election_state *e = election_new();

	for (uint64_t i = 0; i < size; i++) {
		replay_to(w, e, i + 1);
		if (rhythm == DISCARDS_AT_ONCE)
			election_discard_undo(e, i);
		if (rhythm != GOES_BACK || i % 7 != 0 || i < 10)
			continue;
		election_undo(e, i - 8);
		replay_to(w, e, i + 1);
		if (i % 3 == 0)
			election_discard_undo(e, i - 2);
	}
	return (e);
}

static inline struct election_state *
replayed(struct world *w, uint64_t size)
{
	return (replayed_in(w, size, DISCARDS_AT_ONCE));
}

static inline void
assert_same_state(
    const struct election_state *a, const struct election_state *b)
{
	unsigned char x[32], y[32];

	election_hash(a, x);
	election_hash(b, y);
	assert_memory_equal(x, y, sizeof(x));
}

/* The ledger gives the same state again, whatever the host keeps meanwhile. */
static inline void
assert_replays(struct world *w)
{
	struct election_state *again;

	for (enum rhythm r = 0; r < RHYTHMS; r++) {
		again = replayed_in(w, w->size, r);
		assert_same_state(w->e, again);
		election_free(again);
	}
}

static inline struct op
op_genesis(void)
{
	return ((struct op){.kind = EVOTE_OP_GENESIS,
	    .genesis = {.cluster = "0123456789abcde", .origin = "vote.test"}});
}

static inline struct op
op_epoch(int forced)
{
	return ((struct op){.kind = EVOTE_OP_EPOCH,
	    .epoch = {
		.primary = "incarnation-000", .name = "a", .forced = forced}});
}

/* A host's key is its incarnation's letters, and one more. */
static inline struct op
op_host(const char *name, char id, char key)
{
	struct op op = {.kind = EVOTE_OP_HOST, .host = {.name = (char *)name}};

	memset(op.host.incarnation, id, sizeof(op.host.incarnation));
	memset(op.host.key, key, sizeof(op.host.key));
	/* What it replaces is not the asker's to say. */
	memset(op.host.replaces, 'x', sizeof(op.host.replaces));
	return (op);
}

static inline evote_voter
person(const char *name, const char *group, char key)
{
	evote_voter v = {.name = (char *)name, .group = (char *)group};

	memset(v.key, key, sizeof(v.key));
	return (v);
}

static inline struct op
op_register(evote_voter *voters, uint32_t n)
{
	return (
	    (struct op){.kind = EVOTE_OP_REGISTER, .voters = voters, .n = n});
}

static inline struct op
op_unregister(const char *name)
{
	return ((struct op){.kind = EVOTE_OP_UNREGISTER, .name = (char *)name});
}

static inline evote_row
row(const char *name, const char *group, char key)
{
	return ((evote_row){.voter = person(name, group, key)});
}

static inline evote_row
leaves(const char *name)
{
	return ((evote_row){.voter = person(name, "", 0), .leaves = TRUE});
}

static inline struct op
op_stage(uint32_t stage, uint32_t from, evote_row *rows, uint32_t n)
{
	return ((struct op){.kind = EVOTE_OP_STAGE,
	    .stage = {.stage = stage, .from = from, .rows = {n, rows}}});
}

/* The first rows, of the roll as it stands. */
static inline struct op
op_begin(struct world *w, evote_row *rows, uint32_t n)
{
	struct op op = op_stage(0, 0, rows, n);
	evote_roll_args args = {.group = "", .not_voted = ""};
	evote_roll_res res = {0};
	struct outcome out;

	election_roll(w->e, &args, &res, &out);
	op.roll = res.roll;
	xdr_free((xdrproc_t)xdr_evote_voter, res.voters.voters_val);
	for (uint32_t i = 1; i < res.voters.voters_len; i++)
		xdr_free((xdrproc_t)xdr_evote_voter, &res.voters.voters_val[i]);
	free(res.voters.voters_val);
	return (op);
}

static inline struct op
op_commit(uint32_t stage, uint32_t rows)
{
	return ((struct op){
	    .kind = EVOTE_OP_COMMIT, .commit = {.stage = stage, .rows = rows}});
}

static inline struct op
op_rekey(const char *name, char key)
{
	struct op op = {
	    .kind = EVOTE_OP_REKEY, .rekey = {.voter = (char *)name}};

	memset(op.rekey.key, key, sizeof(op.rekey.key));
	return (op);
}

static inline struct op
op_unlock(const char *name)
{
	return ((struct op){.kind = EVOTE_OP_UNLOCK, .name = (char *)name});
}

static inline struct op
op_close(const char *name)
{
	return ((struct op){.kind = EVOTE_OP_CLOSE, .name = (char *)name});
}

/* The election that is due then, or NULL. */
static inline const char *
due_at(const struct world *w, uint64_t time)
{
	struct op op;

	return (election_due(w->e, time, &op) ? op.name : NULL);
}

static inline evote_asker
asker(const char *voter, char client, uint64_t number)
{
	evote_asker a = {.voter = (char *)voter, .number = number};

	memset(a.client, client, sizeof(a.client));
	return (a);
}

static inline struct op
op_create_lists(evote_asker who, const char *name, evote_name *groups,
    uint32_t n_groups, evote_name *choices, uint32_t n_choices, uint64_t end)
{
	return ((struct op){.kind = EVOTE_OP_CREATE,
	    .asker = who,
	    .act = {.kind = EVOTE_ACT_CREATE,
		.evote_act_u.election = {.name = (char *)name,
		    .groups = {n_groups, groups},
		    .choices = {n_choices, choices},
		    .end = end}}});
}

__attribute__((unused)) static evote_name students[] = {"students"};
__attribute__((unused)) static evote_name both[] = {"students", "staff"};
__attribute__((unused)) static evote_name choices[] = {
    "候選人甲", "it's \"B\"", "C"};

static inline struct op
op_create(evote_asker who, const char *name, uint64_t end)
{
	return (op_create_lists(who, name, students, 1, choices, 3, end));
}

/* The same with options. */
static inline struct op
op_open(struct op create, evote_option *options, uint32_t n)
{
	struct op op = create;

	op.kind = EVOTE_OP_OPEN;
	op.act.kind = EVOTE_ACT_OPEN;
	op.act.evote_act_u.terms = (evote_terms){
	    .election = create.act.evote_act_u.election,
	    .options = {n, options},
	};
	return (op);
}

static inline struct op
op_vote(evote_asker who, const char *name, const char *choice)
{
	struct op op = {.kind = EVOTE_OP_VOTE,
	    .asker = who,
	    .act = {.kind = EVOTE_ACT_VOTE,
		.evote_act_u.ballot = {.election = (char *)name}},
	    .opening.vote = {.domain = "evote opening 1",
		.salt = "salt",
		.election = (char *)name,
		.choice = (char *)choice}};

	auth_commitment((unsigned char *)op.opening.vote.salt, name, choice,
	    (unsigned char *)op.act.evote_act_u.ballot.commitment);
	return (op);
}

/* ranks: a digit for each choice of the list that was shown. */
static inline struct op
op_ballot_of(evote_asker who, const char *name, const char *ranks,
    evote_name *shown, uint32_t n_shown)
{
	static char marks[8][EVOTE_CHOICES_MAX];
	static unsigned next;
	char *to = marks[next++ % 8];
	evote_election list = {.choices = {n_shown, shown}};
	struct op op = {.kind = EVOTE_OP_BALLOT,
	    .asker = who,
	    .act = {.kind = EVOTE_ACT_BALLOT,
		.evote_act_u.ballot = {.election = (char *)name}},
	    .opening.ballot = {.domain = "evote opening 2",
		.salt = "salt",
		.election = (char *)name,
		.ranks = {(u_int)strlen(ranks), to}}};

	for (size_t i = 0; ranks[i] != '\0'; i++)
		to[i] = (char)(ranks[i] - '0');
	assert_int_equal(ballot_choices(&list, op.opening.ballot.choices), 0);
	auth_commitment2(&op.opening.ballot,
	    (unsigned char *)op.act.evote_act_u.ballot.commitment);
	return (op);
}

static inline struct op
op_ballot(evote_asker who, const char *name, const char *ranks)
{
	return (op_ballot_of(who, name, ranks, choices, 3));
}

static inline struct op
op_start(const char *name)
{
	return ((struct op){.kind = EVOTE_OP_START, .name = (char *)name});
}

static inline struct op
op_extend(evote_asker who, const char *name, uint64_t end, const char *why)
{
	return ((struct op){.kind = EVOTE_OP_EXTEND,
	    .asker = who,
	    .act = {.kind = EVOTE_ACT_EXTEND,
		.evote_act_u.extension = {.election = (char *)name,
		    .end = end,
		    .reason = (char *)why}}});
}

static inline struct op
op_cancel(evote_asker who, const char *name, const char *why)
{
	return ((struct op){.kind = EVOTE_OP_CANCEL,
	    .asker = who,
	    .act = {.kind = EVOTE_ACT_CANCEL,
		.evote_act_u.cancellation = {
		    .election = (char *)name, .reason = (char *)why}}});
}

static inline struct op
by_operator(struct op op)
{
	op.asker = (evote_asker){.voter = (char *)""};
	op.by_operator = 1;
	return (op);
}

static inline struct op
op_settings(evote_creators creators, evote_name *groups, uint32_t n, int quota)
{
	struct op op = {.kind = EVOTE_OP_SETTINGS,
	    .set_creators = (int)creators >= 0,
	    .set_quota = quota >= 0,
	    .settings = {.groups = {n, groups}}};

	if (op.set_creators)
		op.settings.creators = creators;
	if (op.set_quota)
		op.settings.quota = (uint32_t)quota;
	return (op);
}
#define AS_BEFORE ((evote_creators)-1)

/* A request never sent before, of the voter's first client. */
static inline evote_asker
anew(struct world *w, const char *voter)
{
	return (asker(voter, 1, ++w->number));
}

/* Five voters; an election of the students, which ends in an hour. */
static inline int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	evote_voter voters[] = {
	    person("王大明", "students", 'w'),
	    person("Ann", "students", 'a'),
	    person("Bob", "students", 'b'),
	    person("Cy", "staff", 'c'),
	    person("D'Arcy", "staff", 'd'),
	};

	w->e = election_new();
	w->time = START;
	w->last = asker("Ann", 1, 1);
	*state = w;
	expect(w, op_genesis(), 0, EVOTE_R_OK, 1);
	w->epoch = 1;
	expect(w, op_epoch(0), 0, EVOTE_R_OK, 1);
	expect(w, op_register(voters, LEN(voters)), 0, EVOTE_R_OK, 1);
	expect(w, op_create(anew(w, "Ann"), "學生會會長選舉", START + HOUR), 0,
	    EVOTE_R_OK, 1);
	return (0);
}

/* Whatever a test did, its ledger gives the same state again. */
static inline int
teardown(void **state)
{
	struct world *w = *state;

	assert_replays(w);
	while (w->size > 0)
		record_drop(w->log[--w->size]);
	election_free(w->e);
	free(w);
	return (0);
}

#define POLL "學生會會長選舉"

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
