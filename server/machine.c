#include "server/machine.h"

#include <assert.h>
#include <string.h>

#include "common/ed25519.h"
#include "server/procedures.h"

static struct record *
execute(void *arg, uint64_t ticket, const struct entry_header *at)
{
	struct request *r = (struct request *)(uintptr_t)ticket;
	struct record *rec = procedures[r->ask].run(arg, r, at);

	r->recorded = rec != NULL;
	if (rec == NULL)
		service_executed(arg, r);
	return (rec);
}

static struct record *
op_record(struct server *s, const struct op *op, const struct entry_header *at)
{
	struct outcome out = {0};
	struct record *r = election_execute(s->election, op, at, &out);

	assert(r != NULL && out.code == 0);
	return (r);
}

static struct record *
first_record(
    void *arg, const evote_epoch_op *epoch, const struct entry_header *at)
{
	struct op op = {.kind = EVOTE_OP_EPOCH, .epoch = *epoch};

	return (op_record(arg, &op, at));
}

static struct record *
due(void *arg, const struct entry_header *at)
{
	struct server *s = arg;
	struct op op;

	return (election_due(s->election, at->time, &op) ? op_record(s, &op, at)
							 : NULL);
}

static int
key_of(void *arg, const unsigned char *id, unsigned char key[32], uint64_t *seq)
{
	const struct keys *ks = election_keys(((struct server *)arg)->election);
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
	struct outcome out = {0};

	if (!keys_is_end(host) &&
	    !ed25519_has_key((const unsigned char *)host->key))
		return (NULL);
	return (
	    election_execute(((struct server *)arg)->election, &op, at, &out));
}

static const char *
signer(void *arg, uint32_t i)
{
	return (keys_name(election_keys(((struct server *)arg)->election), i));
}

static int
replay(void *arg, const struct record *r, char *err, size_t len)
{
	return (election_replay(((struct server *)arg)->election, r, err, len));
}

static void
undo(void *arg, uint64_t size)
{
	election_undo(((struct server *)arg)->election, size);
}

static void
discard_undo(void *arg, uint64_t size)
{
	election_discard_undo(((struct server *)arg)->election, size);
}

const struct machine server_machine = {
    .execute = execute,
    .epoch = first_record,
    .due = due,
    .replay = replay,
    .undo = undo,
    .discard_undo = discard_undo,
    .key = key_of,
    .host = host_record,
    .signer = signer,
};
