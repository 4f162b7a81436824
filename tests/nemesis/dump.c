/*
 * Prints a ledger that no server has open, one record a line:
 *
 *	SEQ EPOCH ROOT KIND [ELECTION [VOTER CHOICE [TRACKER]]]
 *
 * The choice of a ballot is a digit for each choice, as it was ranked.  The
 * root is that of the ledger up to this record.  An epoch's record names its
 * primary in the place of an election.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/merkle.h"
#include "common/seal.h"
#include "common/tracker.h"
#include "server/store/ledger.h"

static void
print_vote(const evote_vote_op *op, const evote_opening *opening)
{
	char tracker[TRACKER_TEXT];

	tracker_text(tracker,
	    tracker_of(
		(const unsigned char *)opening->salt, opening->election));
	printf("vote %s %s %s %s\n", op->ballot.election, op->asker.voter,
	    opening->choice, tracker);
}

static void
print_ballot(const evote_vote_op *op, const evote_ranks *ranks)
{
	printf("vote %s %s ", op->ballot.election, op->asker.voter);
	for (u_int i = 0; i < ranks->evote_ranks_len; i++)
		printf("%d", ranks->evote_ranks_val[i]);
	printf("\n");
}

static void
print_op(const evote_op *op, const union opening *opening)
{
	switch (op->kind) {
	case EVOTE_OP_EPOCH:
		printf("epoch %s\n", op->evote_op_u.epoch.name);
		break;
	case EVOTE_OP_CREATE:
		printf("create %s\n", op->evote_op_u.create.election.name);
		break;
	case EVOTE_OP_OPEN:
		printf("create %s\n", op->evote_op_u.open.terms.election.name);
		break;
	case EVOTE_OP_VOTE:
		print_vote(&op->evote_op_u.vote, &opening->vote);
		break;
	case EVOTE_OP_BALLOT:
		print_ballot(&op->evote_op_u.vote, &opening->ballot.ranks);
		break;
	case EVOTE_OP_CLOSE:
		printf("close %s\n", op->evote_op_u.election);
		break;
	default:
		printf("other\n");
	}
}

static int
print_record(void *arg, struct record *r)
{
	struct merkle *tree = arg;
	evote_leaf leaf;
	union opening opening;
	unsigned char root[SEAL_HASH];
	char hex[2 * SEAL_HASH + 1];
	int result = -1;

	merkle_append(tree, r->hash);
	merkle_root(tree, merkle_size(tree), root);
	seal_hex(hex, root, sizeof(root));
	if (record_open(r, &leaf, &opening) == 0) {
		printf("%" PRIu64 " %" PRIu64 " %s ", r->seq, r->epoch, hex);
		print_op(&leaf.op, &opening);
		record_clear(&leaf, &opening);
		result = 0;
	}
	record_drop(r);
	return (result);
}

int
main(int argc, char **argv)
{
	struct merkle *tree;
	struct ledger *ledger;
	uint64_t accepted;
	int result;

	if (argc != 2) {
		fprintf(stderr, "usage: nemesis_dump LEDGER\n");
		return (2);
	}
	if ((ledger = ledger_open(argv[1], 0)) == NULL)
		return (1);
	tree = merkle_new();
	result = ledger_read_all(ledger, &accepted, print_record, tree);
	merkle_free(tree);
	ledger_close(ledger);
	return (result == 0 ? 0 : 1);
}
