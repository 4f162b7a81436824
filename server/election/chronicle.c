#include "server/election/chronicle.h"

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "server/election/mix.h"

void
chronicle_clear(struct chronicle *c)
{
	chronicle_undo(c, 0);
	free(c->tenures);
	for (int i = 0; i < EVOTE_REASONS_MAX; i++)
		free(c->refusals[i].seqs);
	*c = (struct chronicle){0};
}

static void
tenure_add(struct chronicle *c, const evote_leaf *leaf, uint64_t before)
{
	const evote_epoch_op *op = &leaf->op.evote_op_u.epoch;

	c->tenures = need_room(c->tenures, c->n_tenures, sizeof(*c->tenures));
	c->tenures[c->n_tenures++] = (evote_tenure){
	    .name = need_copy(op->name),
	    .epoch = leaf->epoch,
	    .since = {leaf->seq, leaf->time},
	    .silence = leaf->time - before,
	    .forced = op->forced,
	};
}

static void
refusal_add(struct refusals *r, uint64_t seq)
{
	r->seqs = need_room(r->seqs, r->n, sizeof(*r->seqs));
	r->seqs[r->n++] = seq;
}

void
chronicle_note(struct chronicle *c, const evote_leaf *leaf, uint64_t before)
{
	if (leaf->op.kind == EVOTE_OP_EPOCH)
		tenure_add(c, leaf, before);
	if (leaf->op.kind == EVOTE_OP_REFUSED &&
	    (uint32_t)leaf->reason < EVOTE_REASONS_MAX)
		refusal_add(&c->refusals[leaf->reason], leaf->seq);
}

void
chronicle_undo(struct chronicle *c, uint64_t size)
{
	while (
	    c->n_tenures > 0 && c->tenures[c->n_tenures - 1].since.seq >= size)
		free(c->tenures[--c->n_tenures].name);
	for (struct refusals *r = c->refusals;
	     r < &c->refusals[EVOTE_REASONS_MAX]; r++)
		while (r->n > 0 && r->seqs[r->n - 1] >= size)
			r->n--;
}

/* ---- reading ---- */

/* How many come before that record. */
static uint32_t
refusals_before(const struct refusals *r, uint64_t seq)
{
	uint32_t low = 0, high = r->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (r->seqs[mid] < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return (low);
}

static void
refusals_count(const struct chronicle *c, uint64_t from, uint64_t to,
    evote_report_res *res)
{
	evote_refusals *out =
	    need_zeroed(EVOTE_REASONS_MAX, sizeof(evote_refusals));
	uint32_t n = 0, count;

	for (int i = 0; i < EVOTE_REASONS_MAX; i++) {
		count = refusals_before(&c->refusals[i], to) -
		    refusals_before(&c->refusals[i], from);
		if (count > 0)
			out[n++] = (evote_refusals){(evote_reason)i, count};
	}
	res->refusals.refusals_val = out;
	res->refusals.refusals_len = n;
}

/* The one that served at `from`, and the latest of those that began later. */
static void
tenures_copy(const struct chronicle *c, uint64_t from, uint64_t to,
    evote_report_res *res)
{
	evote_tenure *out = need_zeroed(EVOTE_PAGE_MAX, sizeof(*out));
	uint32_t first = 0, end, i, n = 0;

	for (end = 0; end < c->n_tenures; end++) {
		if (c->tenures[end].since.seq >= to)
			break;
		if (c->tenures[end].since.seq < from)
			first = end;
	}
	res->left_out =
	    end - first > EVOTE_PAGE_MAX ? end - first - EVOTE_PAGE_MAX : 0;
	for (i = first; i < end; i++) {
		if (i > first && i - first <= res->left_out)
			continue;
		out[n] = c->tenures[i];
		out[n++].name = need_copy(c->tenures[i].name);
	}
	res->tenures.tenures_val = out;
	res->tenures.tenures_len = n;
}

void
chronicle_between(const struct chronicle *c, uint64_t from, uint64_t to,
    evote_report_res *res)
{
	refusals_count(c, from, to, res);
	tenures_copy(c, from, to, res);
}

void
chronicle_mix(const struct chronicle *c, unsigned char h[SEAL_HASH])
{
	mix_number(h, c->n_tenures);
	for (uint32_t i = 0; i < c->n_tenures; i++) {
		mix_string(h, c->tenures[i].name);
		mix_number(h, c->tenures[i].since.time);
		mix_number(h, c->tenures[i].silence);
	}
	for (int i = 0; i < EVOTE_REASONS_MAX; i++) {
		mix_number(h, c->refusals[i].n);
		for (uint32_t k = 0; k < c->refusals[i].n; k++)
			mix_number(h, c->refusals[i].seqs[k]);
	}
}
