#include "sim.h"

static void
find_record(struct host *h, struct request *r)
{
	evote_asker asker = {.number = r->asked};
	char voter[16];

	name_of(r->voter, voter);
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

	switch (r->kind) {
	case R_READ:
		break;
	case R_RECEIPT:
		find_record(h, r);
		break;
	case R_LOOK:
		r->state = state_seen(h->election, &r->roll);
		break;
	case R_VOTE:
		rec = op_vote(h, r, at);
		break;
	case R_CREATE:
		rec = op_open(h, r, at);
		break;
	default:
		rec = op_keep(h, r, at);
	}
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
	return (kind < EVOTE_OP_HOST);
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
		fail("rule 19: a host of an older version meets a new record");
	return (election_replay(((struct host *)arg)->election, r, err, len));
}

static void
undo(void *arg, uint64_t size)
{
	election_undo(((struct host *)arg)->election, size);
}

static void
discard_undo(void *arg, uint64_t size)
{
	struct host *h = arg;

	check_committed(h, size);
	election_discard_undo(h->election, size);
}

const struct machine machine = {execute, first_record, due, replay, undo,
    discard_undo, key_of, host_record, signer};
