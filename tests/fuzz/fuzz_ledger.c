/*
 * Records of a damaged disk or a hostile peer, carried out again behind some
 * good ones: taken or refused, and taken back.  Each is the length of its leaf
 * and of its private part (two bytes each), then both; its place is made to
 * fit, so that the rest of it is looked at.
 */
#include "fuzz.h"
#include "server/election/election.h"

static struct record *
genesis(void)
{
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT, .time = 1};

	leaf.op.evote_op_u.genesis.origin = (char *)"fuzz";
	return (record_make(&leaf, NULL));
}

static struct record *
roll(void)
{
	evote_voter voter = {.name = (char *)"ada", .group = (char *)"members"};
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT, .seq = 1, .time = 2};

	leaf.op.kind = EVOTE_OP_REGISTER;
	leaf.op.evote_op_u.voters.voters_len = 1;
	leaf.op.evote_op_u.voters.voters_val = &voter;
	return (record_make(&leaf, NULL));
}

static void
begin(struct election_state *e, struct record *r)
{
	char err[300];

	assert(r != NULL && election_replay(e, r, err, sizeof(err)) == 0);
	record_drop(r);
}

/* Big-endian, behind the format: seq, epoch and time. */
static void
place(unsigned char *leaf, uint32_t len, uint64_t seq)
{
	static const unsigned char format[4] = {0, 0, 0, EVOTE_LEAF_FORMAT};

	if (len < 28)
		return;
	memcpy(leaf, format, 4);
	memset(leaf + 4, 0, 24);
	leaf[11] = (unsigned char)seq;
	leaf[27] = (unsigned char)(seq + 1);
}

static size_t
one(struct election_state *e, const uint8_t *data, size_t len)
{
	uint32_t leaf_len = (uint32_t)data[0] << 8 | data[1];
	uint32_t opening_len = (uint32_t)data[2] << 8 | data[3];
	unsigned char *bytes;
	struct record *r;
	char err[300];

	if (leaf_len + opening_len > len - 4) {
		leaf_len = (uint32_t)len - 4;
		opening_len = 0;
	}
	bytes = (unsigned char *)fuzz_text(data + 4, leaf_len + opening_len);
	place(bytes, leaf_len, election_size(e));
	r = record_read(bytes, leaf_len, bytes + leaf_len, opening_len);
	if (r != NULL)
		(void)election_replay(e, r, err, sizeof(err));
	record_drop(r);
	free(bytes);
	return (4 + leaf_len + opening_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct election_state *e = election_new();
	unsigned char before[32], after[32];
	size_t at = 0;

	begin(e, genesis());
	begin(e, roll());
	election_hash(e, before);
	while (len - at > 4 && election_size(e) < 100)
		at += one(e, data + at, len - at);
	election_undo(e, 2);
	election_hash(e, after);
	assert(memcmp(before, after, sizeof(before)) == 0);
	election_free(e);
	return (0);
}
