#include "common/seal.h"
#include "sim.h"

static const char *const choices[2] = {"yes", "no"};

static struct record *
op_vote(struct host *h, struct request *r, const struct entry_header *at)
{
	struct op op = {.kind = EVOTE_OP_VOTE, .no_room = core_full(h->core)};
	struct seal_part part;
	unsigned char *bytes;
	char voter[16];

	snprintf(voter, sizeof(voter), "v%d", r->voter);
	op.asker.voter = voter;
	op.asker.client[0] = (char)r->client;
	op.asker.client[1] = 1;
	op.asker.number = r->number;
	op.act.kind = EVOTE_ACT_VOTE;
	op.act.evote_act_u.ballot.election = "e";
	op.opening.vote.domain = "evote opening 1";
	op.opening.vote.election = "e";
	op.opening.vote.choice = (char *)choices[r->choice];
	part.len = (size_t)xdr_to_bytes(
	    (xdrproc_t)xdr_evote_opening, &op.opening, &bytes);
	part.data = bytes;
	seal_hash(
	    (unsigned char *)op.act.evote_act_u.ballot.commitment, &part, 1);
	free(bytes);
	return (election_execute(h->election, &op, at, &r->out));
}

static struct record *
op_setup(struct host *h, struct request *r, const struct entry_header *at)
{
	static char names[VOTERS][16];
	static evote_voter voters[EVOTE_ROLL_MAX];
	struct op op = {.kind = EVOTE_OP_REGISTER, .skip_same = 1};
	evote_election *e = &op.act.evote_act_u.election;
	char *group = "g";

	if (r->kind == R_REGISTER) {
		op.voters = voters;
		for (int i = r->voter; i < VOTERS && op.n < 150; i++) {
			snprintf(names[i], sizeof(names[i]), "v%d", i);
			voters[op.n].name = names[i];
			voters[op.n].group = group;
			voters[op.n].key[0] = (char)i;
			voters[op.n].key[1] = (char)(i >> 8);
			op.n++;
		}
		return (election_execute(h->election, &op, at, &r->out));
	}
	op.kind = EVOTE_OP_CREATE;
	op.asker.voter = "v0";
	op.asker.client[1] = 2;
	op.asker.number = r->number;
	op.act.kind = EVOTE_ACT_CREATE;
	e->name = "e";
	e->groups.groups_len = 1;
	e->groups.groups_val = &group;
	e->choices.choices_len = 2;
	e->choices.choices_val = (char **)choices;
	e->end = WALL_START + CLOSE_US;
	return (election_execute(h->election, &op, at, &r->out));
}

static void
find_record(struct host *h, struct request *r)
{
	evote_asker asker = {.number = r->asked};
	char voter[16];

	snprintf(voter, sizeof(voter), "v%d", r->voter);
	asker.voter = voter;
	asker.client[0] = (char)r->client;
	asker.client[1] = 1;
	r->found = election_receipt(h->election, &asker, &r->seq);
}

static struct record *
execute(void *arg, uint64_t ticket, const struct entry_header *at)
{
	struct host *h = arg;
	struct request *r = (struct request *)(uintptr_t)ticket;
	struct record *rec = NULL;

	if (r->kind == R_RECEIPT)
		find_record(h, r);
	else if (r->kind == R_VOTE)
		rec = op_vote(h, r, at);
	else if (r->kind != R_READ)
		rec = op_setup(h, r, at);
	r->size = at->seq + (rec != NULL);
	return (rec);
}

static struct record *
first_record(
    void *arg, const evote_epoch_op *epoch, const struct entry_header *at)
{
	struct op op = {.kind = EVOTE_OP_EPOCH, .epoch = *epoch};
	struct outcome out;

	return (
	    election_execute(((struct host *)arg)->election, &op, at, &out));
}

static struct record *
due(void *arg, const struct entry_header *at)
{
	struct host *h = arg;
	struct outcome out;
	struct op op;

	return (election_due(h->election, at->time, &op)
		? election_execute(h->election, &op, at, &out)
		: NULL);
}

/* An older program would not know what that record is. */
static int
known(const struct host *h, const struct record *r)
{
	union opening o;
	evote_leaf leaf;
	int kind;

	if (!h->older || record_open(r, &leaf, &o) == -1)
		return (1);
	kind = leaf.op.kind;
	record_clear(&leaf, &o);
	return (kind != EVOTE_OP_HOST);
}

static int
key_of(void *arg, const unsigned char *id, unsigned char key[32], uint64_t *seq)
{
	const struct keys *ks = election_keys(((struct host *)arg)->election);
	const struct key_record *k;

	if (id == NULL)
		return (ks->n > 1);
	if ((k = keys_of(ks, id)) == NULL)
		return (0);
	memcpy(key, k->key, sizeof(k->key));
	*seq = k->seq;
	return (1);
}

static struct record *
host_record(void *arg, const evote_host_op *host, const struct entry_header *at)
{
	struct op op = {.kind = EVOTE_OP_HOST, .host = *host};
	struct outcome out;

	return (
	    election_execute(((struct host *)arg)->election, &op, at, &out));
}

static const char *
signer(void *arg, uint32_t i)
{
	return (keys_name(election_keys(((struct host *)arg)->election), i));
}

static int
replay(void *arg, const struct record *r, char *err, size_t len)
{
	if (!known(arg, r))
		fail("rule 19: a host of an older version meets a HOST record");
	return (election_replay(((struct host *)arg)->election, r, err, len));
}

static void
undo(void *arg, uint64_t size)
{
	election_undo(((struct host *)arg)->election, size);
}

static void
settle(void *arg, uint64_t size)
{
	struct host *h = arg;

	check_settled(h, size);
	election_discard_undo(h->election, size);
}

const struct machine machine = {execute, first_record, due, replay, undo,
    settle, key_of, host_record, signer};
