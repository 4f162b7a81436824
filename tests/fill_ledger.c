/*
 * Fills the ledger of a new cluster.
 *
 *	fill_ledger DIR RECORDS
 *		an election, and as many voters as it takes to reach so many
 *		records, each of whom has voted
 *	fill_ledger DIR --voters N --elections N --votes N
 *		so many of each: all voters vote in one election after the
 *		other until there are as many votes
 *
 * With --signed before that, votes are signed, by keys made of the voters'
 * names; else they are as by a log-in.
 *
 * DIR was made by `evote_server init` and is not in use.  Voters are f0, f1...
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/seal.h"
#include "server/auth.h"
#include "server/election/election.h"
#include "server/store/datadir.h"
#include "server/store/files.h"
#include "server/store/ledger.h"

#define BATCH 10000

static evote_name group = "members";
static evote_name choices[] = {"yes", "no"};

struct fill {
	struct election_state *election;
	struct ledger *ledger;
	uint64_t time;
	uint32_t voters;
	int sign;
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
	election_discard_undo(f->election, size);
}

static void
execute(struct fill *f, const struct op *op)
{
	struct entry_header at = {election_size(f->election), 0, ++f->time};
	struct outcome out;
	struct record *r = election_execute(f->election, op, &at, &out);

	need_that(r != NULL && out.code == 0, "the election refuses");
	f->batch[f->n++] = r;
	if (f->n == BATCH)
		flush(f);
}

static struct seal_key *
key_of(const char *name)
{
	unsigned char seed[SEAL_KEY];
	struct seal_part part = {name, strlen(name)};

	seal_hash(seed, &part, 1);
	return (seal_key_seed(seed));
}

/* Puts the voter's signature over what is asked into `to`. */
static void
sign(struct fill *f, struct op *op, unsigned char to[SEAL_SIG])
{
	const evote_genesis *genesis = election_genesis(f->election);
	evote_statement statement = {.domain = "evote statement 1",
	    .origin = genesis->origin,
	    .asker = op->asker,
	    .act = op->act};
	struct seal_key *key = key_of(op->asker.voter);
	unsigned char *bytes;
	long len;

	memcpy(statement.cluster, genesis->cluster, sizeof(statement.cluster));
	len = xdr_to_bytes((xdrproc_t)xdr_evote_statement, &statement, &bytes);
	need_that(len > 0, "a statement is too long");
	seal_key_sign(key, to, bytes, (size_t)len);
	op->signature.evote_signature_len = SEAL_SIG;
	op->signature.evote_signature_val = (char *)to;
	free(bytes);
	seal_key_free(key);
}

static void
voter_key(const struct fill *f, const char *name, evote_voter *v)
{
	struct seal_key *key;

	memcpy(v->key, name, strlen(name) + 1);
	if (!f->sign)
		return;
	key = key_of(name);
	seal_key_public(key, (unsigned char *)v->key);
	seal_key_free(key);
}

static void
add_voters(struct fill *f, uint32_t from, uint32_t n)
{
	evote_voter list[EVOTE_ROLL_MAX] = {0};
	char names[EVOTE_ROLL_MAX][16];
	struct op op = {.kind = EVOTE_OP_REGISTER, .voters = list, .n = n};

	for (uint32_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "f%u", from + i);
		list[i].name = names[i];
		list[i].group = group;
		voter_key(f, names[i], &list[i]);
	}
	execute(f, &op);
	f->voters += n;
}

static void
election_name(char name[32], uint32_t i)
{
	if (i == 0)
		snprintf(name, 32, "filled");
	else
		snprintf(name, 32, "filled-%u", i);
}

static void
add_election(struct fill *f, uint32_t i)
{
	char name[32], voter[16];
	struct op op = {.kind = EVOTE_OP_CREATE,
	    .asker = {.voter = voter, .number = i + 1},
	    .act = {.kind = EVOTE_ACT_CREATE,
		.evote_act_u.election = {.name = name,
		    .groups = {1, &group},
		    .choices = {2, choices},
		    .end = f->time + 86400 * 1000000ULL}}};

	snprintf(voter, sizeof(voter), "f%u", i % f->voters);
	election_name(name, i);
	execute(f, &op);
}

/* A client's numbers grow, and it may have made elections before. */
static void
add_vote(struct fill *f, uint32_t voter, uint32_t election, uint64_t number)
{
	unsigned char signature[SEAL_SIG];
	char name[16], in[32];
	struct op op = {.kind = EVOTE_OP_VOTE,
	    .asker = {.voter = name, .number = number},
	    .act = {.kind = EVOTE_ACT_VOTE,
		.evote_act_u.ballot = {.election = in}},
	    .opening.vote = {.domain = "evote opening 1",
		.election = in,
		.choice = choices[voter % 2]}};

	snprintf(name, sizeof(name), "f%u", voter);
	election_name(in, election);
	memcpy(op.opening.vote.salt, name, sizeof(name));
	auth_commitment((unsigned char *)op.opening.vote.salt, in,
	    op.opening.vote.choice,
	    (unsigned char *)op.act.evote_act_u.ballot.commitment);
	if (f->sign)
		sign(f, &op, signature);
	execute(f, &op);
}

/* A record for each EVOTE_ROLL_MAX voters, and one each. */
static void
fill_to(struct fill *f, uint64_t records)
{
	uint32_t voters = 0, n;

	while (voters + voters / EVOTE_ROLL_MAX + 3 < records) {
		n = EVOTE_ROLL_MAX;
		if (n > records - voters)
			n = (uint32_t)(records - voters);
		add_voters(f, voters, n);
		voters += n;
	}
	add_election(f, 0);
	for (n = 0; n < voters && election_size(f->election) < records; n++)
		add_vote(f, n, 0, 2);
}

static void
fill_with(struct fill *f, uint32_t voters, uint32_t elections, uint64_t votes)
{
	need_that(votes <= (uint64_t)voters * elections,
	    "so many votes cannot be cast");
	for (uint32_t n, at = 0; at < voters; at += n) {
		n = voters - at;
		if (n > EVOTE_ROLL_MAX)
			n = EVOTE_ROLL_MAX;
		add_voters(f, at, n);
	}
	for (uint32_t e = 0; e < elections; e++)
		add_election(f, e);
	for (uint32_t e = 0; votes > 0; e++)
		for (uint32_t v = 0; v < voters && votes > 0; v++, votes--)
			add_vote(f, v, e, (uint64_t)elections + e + 1);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"voters", required_argument, NULL, 'v'},
	    {"elections", required_argument, NULL, 'e'},
	    {"votes", required_argument, NULL, 'b'},
	    {"signed", no_argument, NULL, 's'},
	    {NULL, 0, NULL, 0},
	};
	struct fill f = {.election = election_new()};
	uint64_t accepted, n[256] = {0};
	char path[1024];
	int ch;

	while ((ch = getopt_long(argc, argv, "", options, NULL)) != -1)
		n[(unsigned char)ch] = ch == '?' ? 0
		    : ch == 's'			 ? 1
						 : strtoull(optarg, NULL, 10);
	need_that(optind + (n['v'] == 0) + 1 == argc,
	    "usage: fill_ledger [--signed] DIR RECORDS | --voters N "
	    "--elections N --votes N");
	f.sign = (int)n['s'];
	files_path(argv[optind], "ledger.db", path, sizeof(path));
	f.ledger = ledger_open(path, 0);
	need_that(f.ledger != NULL &&
		ledger_read_all(f.ledger, &accepted, begin, &f) == 0,
	    "there is no ledger to fill");
	if (n['v'] == 0)
		fill_to(&f, strtoull(argv[optind + 1], NULL, 10));
	else
		fill_with(&f, (uint32_t)n['v'], (uint32_t)n['e'], n['b']);
	flush(&f);
	ledger_checkpoint(f.ledger, 0);
	ledger_close(f.ledger);
	election_free(f.election);
	return (0);
}
