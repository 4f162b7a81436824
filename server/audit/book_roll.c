#include "server/audit/book_roll.h"

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "server/audit/book_electorate.h"

static const char *
voter_name(const void *arg, uint32_t i)
{
	return (((const struct book *)arg)->voters[i]->name);
}

struct book_voter *
book_voter(const struct book *b, const char *name)
{
	uint32_t i = index_find(&b->voters_by_name, name, voter_name, b);

	return (i == INDEX_NONE ? NULL : b->voters[i]);
}

static const char *
enrol(struct book *b, const evote_voter *from)
{
	struct book_voter *v = book_voter(b, from->name);
	size_t len = strlen(from->name);

	if (v != NULL && v->registered)
		return ("it registers somebody who is on the roll");
	if (v == NULL) {
		v = need_zeroed(1, sizeof(*v) + len + 1);
		memcpy(v->name, from->name, len);
		v->index = b->n_voters++;
		b->voters = need_room(b->voters, v->index, sizeof(*b->voters));
		b->voters[v->index] = v;
		index_add(&b->voters_by_name, v->name, v->index);
	}
	free(v->group);
	v->group = need_copy(from->group);
	memcpy(v->key, from->key, sizeof(v->key));
	v->registered = 1;
	b->on_roll++;
	b->staging = 0;
	return (NULL);
}

const char *
book_register(struct book *b, const evote_voter *list, uint32_t n)
{
	const char *wrong = NULL, *one;

	for (uint32_t i = 0; i < n; i++) {
		one = enrol(b, &list[i]);
		wrong = one != NULL ? one : wrong;
	}
	return (n > 0 ? wrong : "it registers nobody");
}

/* On the roll, or off it with a vote where that is fixed. */
static int
may_vote_yet(const struct book *b, const struct book_voter *v)
{
	return (v != NULL && (v->registered || book_electorate_keeps(b, v)));
}

const char *
book_strike(struct book *b, const char *name)
{
	struct book_voter *v = book_voter(b, name);

	if (v == NULL || !v->registered)
		return ("it is about somebody who is not on the roll");
	b->on_roll--;
	b->staging = 0;
	v->registered = 0;
	return (NULL);
}

const char *
book_unlock(struct book *b, const char *name)
{
	if (!may_vote_yet(b, book_voter(b, name)))
		return ("it is about somebody who is not on the roll");
	b->n_unlocked++;
	return (NULL);
}

const char *
book_rekey(struct book *b, const evote_rekey_op *op)
{
	struct book_voter *v = book_voter(b, op->voter);

	if (!may_vote_yet(b, v))
		return ("it gives a key to somebody who is not on the roll");
	memcpy(v->key, op->key, sizeof(v->key));
	b->staging = 0;
	return (NULL);
}

void
book_rows_forget(struct book *b)
{
	while (b->n_rows > 0) {
		b->n_rows--;
		free(b->rows[b->n_rows].voter.name);
		free(b->rows[b->n_rows].voter.group);
	}
}

static void
row_keep(struct book *b, const evote_row *from)
{
	evote_row *to;

	b->rows = need_room(b->rows, b->n_rows, sizeof(*b->rows));
	to = &b->rows[b->n_rows++];
	*to = *from;
	to->voter.name = need_copy(from->voter.name);
	to->voter.group = need_copy(from->voter.group);
}

const char *
book_stage(struct book *b, const evote_stage_op *op)
{
	uint32_t n = op->rows.rows_len;

	if (op->from == 0) {
		book_rows_forget(b);
		b->stage++;
		b->staging = 1;
	}
	if (!b->staging || op->stage != b->stage || op->from != b->n_rows)
		return ("it stages rows that do not follow those before");
	for (uint32_t i = 0; i < n; i++)
		row_keep(b, &op->rows.rows_val[i]);
	return (n > 0 ? NULL : "it stages nobody");
}

static const char *
row_take(struct book *b, const evote_row *row)
{
	struct book_voter *v = book_voter(b, row->voter.name);

	if (row->leaves)
		return (book_strike(b, row->voter.name));
	if (v != NULL && v->registered) {
		v->registered = 0;
		b->on_roll--;
	}
	return (enrol(b, &row->voter));
}

const char *
book_commit(struct book *b, const evote_commit *op)
{
	const char *wrong = NULL, *one;

	if (!b->staging || op->stage != b->stage || op->rows != b->n_rows)
		return ("it carries out rows that were not staged");
	for (uint32_t i = 0; i < b->n_rows; i++) {
		one = row_take(b, &b->rows[i]);
		wrong = one != NULL ? one : wrong;
	}
	book_rows_forget(b);
	b->staging = 0;
	return (wrong);
}
