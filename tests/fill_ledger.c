/*
 * Fills the ledger of a new cluster: an election, and as many voters as it
 * takes to reach so many records, each of whom has voted.
 *
 *	fill_ledger DIR RECORDS
 *
 * DIR was made by `evote_server init` and is not in use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth.h"
#include "datadir.h"
#include "election.h"
#include "ledger.h"

#define BATCH 10000

static evote_name group = "members";
static evote_name choices[] = {"yes", "no"};

struct fill {
	struct election *election;
	struct ledger *ledger;
	uint64_t time;
	struct record *batch[BATCH];
	uint32_t n;
};

static void
need_that(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "fill_ledger: %s\n", what);
		exit(1);
	}
}

static int
begin(void *arg, struct record *r)
{
	struct fill *f = arg;
	char err[200];

	need_that(election_replay(f->election, r, err, sizeof(err)) == 0, err);
	f->time = r->time;
	record_drop(r);
	return (0);
}

static void
flush(struct fill *f)
{
	uint64_t size = election_size(f->election);

	need_that(ledger_append(f->ledger, f->batch, f->n, size) == 0,
	    "the ledger does not take the records");
	while (f->n > 0)
		record_drop(f->batch[--f->n]);
	election_settle(f->election, size);
}

static void
execute(struct fill *f, const struct op *op)
{
	struct place at = {election_size(f->election), 0, ++f->time};
	struct outcome out;
	struct record *r = election_execute(f->election, op, &at, &out);

	need_that(r != NULL && out.code == 0, "the election refuses");
	f->batch[f->n++] = r;
	if (f->n == BATCH)
		flush(f);
}

static void
add_voters(struct fill *f, uint32_t from, uint32_t n)
{
	evote_voter list[EVOTE_ROLL_MAX] = {0};
	char names[EVOTE_ROLL_MAX][16];
	struct op op = {.kind = EVOTE_OP_REGISTER, .voters = list, .n = n};

	for (uint32_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "v%u", from + i);
		list[i].name = names[i];
		list[i].group = group;
		memcpy(list[i].key, names[i], sizeof(names[i]));
	}
	execute(f, &op);
}

static void
add_election(struct fill *f)
{
	struct op op = {.kind = EVOTE_OP_CREATE,
	    .asker = {.voter = "v0", .number = 1},
	    .act = {.kind = EVOTE_ACT_CREATE,
		.evote_act_u.election = {.name = "filled",
		    .groups = {1, &group},
		    .choices = {2, choices},
		    .end = f->time + 86400 * 1000000ULL}}};

	execute(f, &op);
}

static void
add_vote(struct fill *f, uint32_t voter)
{
	struct op op = {.kind = EVOTE_OP_VOTE,
	    .act = {.kind = EVOTE_ACT_VOTE,
		.evote_act_u.ballot = {.election = "filled"}},
	    .opening = {.domain = "evote opening 1",
		.election = "filled",
		.choice = choices[voter % 2]}};
	char name[16];

	snprintf(name, sizeof(name), "v%u", voter);
	op.asker.voter = name;
	op.asker.number = 2;
	memcpy(op.opening.salt, name, sizeof(name));
	auth_commitment((unsigned char *)op.opening.salt, "filled",
	    op.opening.choice,
	    (unsigned char *)op.act.evote_act_u.ballot.commitment);
	execute(f, &op);
}

int
main(int argc, char **argv)
{
	struct fill f = {.election = election_new()};
	uint64_t accepted, records;
	uint32_t voters = 0, n;
	char path[1024];

	need_that(argc == 3, "usage: fill_ledger DIR RECORDS");
	records = strtoull(argv[2], NULL, 10);
	datadir_path(argv[1], "ledger.db", path, sizeof(path));
	f.ledger = ledger_open(path, 0);
	need_that(f.ledger != NULL &&
		ledger_read_all(f.ledger, &accepted, begin, &f) == 0,
	    "there is no ledger to fill");
	/* A record for each EVOTE_ROLL_MAX voters, and one each. */
	while (voters + voters / EVOTE_ROLL_MAX + 3 < records) {
		n = EVOTE_ROLL_MAX;
		if (n > records - voters)
			n = (uint32_t)(records - voters);
		add_voters(&f, voters, n);
		voters += n;
	}
	add_election(&f);
	for (n = 0; n < voters && election_size(f.election) < records; n++)
		add_vote(&f, n);
	flush(&f);
	ledger_checkpoint(f.ledger, 0);
	ledger_close(f.ledger);
	election_free(f.election);
	return (0);
}
