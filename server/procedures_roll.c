#include "server/procedures_roll.h"

#include <string.h>

#include "common/ed25519.h"
#include "common/need.h"

/* How many of them, from the first on, have keys that can sign. */
static uint32_t
keys_fit(const evote_voter *voters, uint32_t n)
{
	uint32_t i = 0;

	while (i < n && ed25519_has_key((const unsigned char *)voters[i].key))
		i++;
	return (i);
}

struct record *
roll_register(
    struct server *s, struct request *r, const struct entry_header *at)
{
	evote_register_args *a = &r->args.roll;
	struct op op = {
	    .kind = EVOTE_OP_REGISTER,
	    .no_room = core_full(s->core),
	    .voters = a->voters.voters_val,
	    .n = a->voters.voters_len,
	    .only_check = a->only_check,
	    .skip_same = a->skip_same,
	    .shared_keys = a->shared_keys,
	};
	struct outcome out = {0};
	struct record *rec;

	if ((r->result.roll.where = keys_fit(op.voters, op.n)) < op.n)
		return (told_only(&r->result.answer, 2, EVOTE_R_KEY));
	rec = election_execute(s->election, &op, at, &out);
	told(&r->result.answer, &out);
	r->result.roll.added = out.added;
	r->result.roll.same = out.same;
	r->result.roll.where = out.where;
	return (rec);
}

/* UNREGISTER and UNLOCK. */
struct record *
roll_member(struct server *s, struct request *r, const struct entry_header *at)
{
	struct op op = {
	    .kind =
		r->ask == ASK_UNLOCK ? EVOTE_OP_UNLOCK : EVOTE_OP_UNREGISTER,
	    .no_room = core_full(s->core),
	    .name = r->args.name,
	};
	struct outcome out = {0};
	struct record *rec;

	rec = election_execute(s->election, &op, at, &out);
	told(&r->result.answer, &out);
	return (rec);
}

struct record *
roll_voters(struct server *s, struct request *r, const struct entry_header *at)
{
	election_voters(s->election, r->args.voters.first, &r->result.voters);
	return (NULL);
}

struct record *
roll_rekey(struct server *s, struct request *r, const struct entry_header *at)
{
	evote_rekey_args *a = &r->args.rekey;
	struct op op = {
	    .kind = EVOTE_OP_REKEY,
	    .no_room = core_full(s->core),
	    .rekey.voter = a->name,
	    .shared_keys = a->shared_keys,
	};
	struct outcome out = {0};
	struct record *rec;

	memcpy(op.rekey.key, a->key, sizeof(op.rekey.key));
	if (!ed25519_has_key((const unsigned char *)a->key))
		return (told_only(&r->result.rekey.answer, 2, EVOTE_R_KEY));
	rec = election_execute(s->election, &op, at, &out);
	told(&r->result.rekey.answer, &out);
	r->result.rekey.same = out.same != 0;
	return (rec);
}

/* How many rows, from the first on, have keys that can sign or need none. */
static uint32_t
rows_fit(const evote_row *rows, uint32_t n)
{
	uint32_t i = 0;

	while (i < n && (rows[i].leaves || keys_fit(&rows[i].voter, 1) == 1))
		i++;
	return (i);
}

struct record *
roll_stage(struct server *s, struct request *r, const struct entry_header *at)
{
	evote_stage_args *a = &r->args.stage;
	struct op op = {
	    .kind = EVOTE_OP_STAGE,
	    .no_room = core_full(s->core),
	    .stage.stage = a->stage,
	    .stage.from = a->from,
	    .stage.rows.rows_len = a->rows.rows_len,
	    .stage.rows.rows_val = a->rows.rows_val,
	    .roll = a->roll,
	    .only_check = a->only_check,
	    .shared_keys = a->shared_keys,
	};
	uint32_t n = a->rows.rows_len;
	evote_stage_res *res = &r->result.stage;
	struct outcome out = {0};
	struct record *rec;

	if ((res->where = rows_fit(a->rows.rows_val, n)) < n)
		return (told_only(&res->answer, 2, EVOTE_R_KEY));
	rec = election_execute(s->election, &op, at, &out);
	told(&res->answer, &out);
	res->stage = election_stage(s->election);
	res->where = out.where;
	return (rec);
}

struct record *
roll_commit(struct server *s, struct request *r, const struct entry_header *at)
{
	struct op op = {
	    .kind = EVOTE_OP_COMMIT,
	    .no_room = core_full(s->core),
	    .commit = r->args.commit,
	};
	struct outcome out = {0};
	struct record *rec = election_execute(s->election, &op, at, &out);

	told(&r->result.answer, &out);
	return (rec);
}

struct record *
roll_page(struct server *s, struct request *r, const struct entry_header *at)
{
	struct outcome out = {0};

	election_roll(s->election, &r->args.page, &r->result.page, &out);
	told(&r->result.page.answer, &out);
	return (NULL);
}
