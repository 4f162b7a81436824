#include <assert.h>

#include "server/procedures.h"

/* The core's view of the election: see struct machine in core.h. */

static struct record *
execute(void *arg, uint64_t ticket, const struct entry_header *at)
{
	struct request *r = (struct request *)(uintptr_t)ticket;
	struct record *rec = procedures[r->ask].run(arg, r, at);

	r->recorded = rec != NULL;
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
close_due(void *arg, const struct entry_header *at)
{
	struct server *s = arg;
	const char *name = election_due(s->election, at->time);
	struct op op = {.kind = EVOTE_OP_CLOSE, .name = (char *)name};

	return (name == NULL ? NULL : op_record(s, &op, at));
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

const struct machine service_machine = {
    .execute = execute,
    .epoch = first_record,
    .close = close_due,
    .replay = replay,
    .undo = undo,
    .discard_undo = discard_undo,
};
