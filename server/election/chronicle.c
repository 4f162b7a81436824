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
	free(c->refusals);
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

void
chronicle_note(struct chronicle *c, const evote_leaf *leaf, uint64_t before)
{
	if (leaf->op.kind == EVOTE_OP_EPOCH)
		tenure_add(c, leaf, before);
	if (leaf->op.kind != EVOTE_OP_REFUSED)
		return;
	c->refusals =
	    need_room(c->refusals, c->n_refusals, sizeof(*c->refusals));
	c->refusals[c->n_refusals++] =
	    (struct refusal){leaf->seq, leaf->reason};
}

void
chronicle_undo(struct chronicle *c, uint64_t size)
{
	while (
	    c->n_tenures > 0 && c->tenures[c->n_tenures - 1].since.seq >= size)
		free(c->tenures[--c->n_tenures].name);
	while (c->n_refusals > 0 && c->refusals[c->n_refusals - 1].seq >= size)
		c->n_refusals--;
}

/* ---- reading ---- */

/* How many come before that record. */
static uint32_t
refusals_before(const struct chronicle *c, uint64_t seq)
{
	uint32_t low = 0, high = c->n_refusals, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (c->refusals[mid].seq < seq)
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
	uint64_t counts[EVOTE_REASONS_MAX] = {0};
	uint32_t i, n = 0;

	for (i = refusals_before(c, from); i < refusals_before(c, to); i++)
		if ((uint32_t)c->refusals[i].reason < EVOTE_REASONS_MAX)
			counts[c->refusals[i].reason]++;
	res->refusals.refusals_val =
	    need(calloc(EVOTE_REASONS_MAX, sizeof(evote_refusals)));
	for (i = 0; i < EVOTE_REASONS_MAX; i++)
		if (counts[i] > 0)
			res->refusals.refusals_val[n++] =
			    (evote_refusals){(evote_reason)i, counts[i]};
	res->refusals.refusals_len = n;
}

/* The one that served at `from`, and the latest of those that began later. */
static void
tenures_copy(const struct chronicle *c, uint64_t from, uint64_t to,
    evote_report_res *res)
{
	evote_tenure *out = need(calloc(EVOTE_PAGE_MAX, sizeof(*out)));
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
	mix_number(h, c->n_refusals);
	for (uint32_t i = 0; i < c->n_refusals; i++)
		mix_number(h, c->refusals[i].seq ^ c->refusals[i].reason);
}
