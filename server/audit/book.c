#include "server/audit/book.h"
#include "server/audit/book_life.h"
#include "server/audit/book_roll.h"

#include <stdlib.h>
#include <string.h>

#include "common/ballot.h"
#include "common/need.h"
#include "common/record.h"
#include "common/schulze.h"
#include "server/audit/book_electorate.h"

/* The place in a list of names, or its length. */
static uint32_t
name_find(const evote_name *list, uint32_t n, const char *name)
{
	uint32_t i;

	for (i = 0; i < n && strcmp(list[i], name) != 0; i++)
		;
	return (i);
}

/* ---- the service itself ---- */

static const char *
take_genesis(struct book *b, const evote_genesis *from)
{
	if (b->genesis.origin != NULL)
		return ("the service begins a second time");
	b->genesis = *from;
	b->genesis.origin = need_copy(from->origin);
	return (NULL);
}

static const char *
take_epoch(struct book *b, const evote_leaf *leaf)
{
	const evote_epoch_op *op = &leaf->op.evote_op_u.epoch;
	struct book_epoch *e;

	b->epochs = need_room(b->epochs, b->n_epochs, sizeof(*b->epochs));
	e = &b->epochs[b->n_epochs++];
	*e = (struct book_epoch){.seq = leaf->seq,
	    .epoch = leaf->epoch,
	    .time = leaf->time,
	    .silence = leaf->time > b->last ? leaf->time - b->last : 0,
	    .forced = op->forced,
	    .name = need_copy(op->name)};
	return (leaf->epoch > b->epoch
		? NULL
		: "a primary begins with an epoch that is not new");
}

static const char *
take_host(struct book *b, const evote_leaf *leaf)
{
	const evote_host_op *op = &leaf->op.evote_op_u.host;
	struct book_host *h;

	b->hosts = need_room(b->hosts, b->n_hosts, sizeof(*b->hosts));
	h = &b->hosts[b->n_hosts++];
	*h = (struct book_host){.seq = leaf->seq, .name = need_copy(op->name)};
	memcpy(h->key, op->key, sizeof(h->key));
	return (NULL);
}

/* ---- votes ---- */

/* Notes that he has voted; 1 when he had before. */
static int
mark_voted(struct book_poll *p, uint32_t index)
{
	uint32_t at = index / 8, len = p->voted_len;
	unsigned char bit = (unsigned char)(1 << index % 8);

	if (at >= len) {
		p->voted_len = 2 * at + 64;
		p->voted = need(realloc(p->voted, p->voted_len));
		memset(p->voted + len, 0, p->voted_len - len);
	}
	if ((p->voted[at] & bit) != 0)
		return (1);
	p->voted[at] |= bit;
	return (0);
}

/* One vote more, if it is one that the election takes. */
static const char *
count_choice(struct book_poll *p, const evote_opening *opening)
{
	uint32_t n = p->about.choices.choices_len, choice = n;

	if (p->form.kind != BALLOT_CHOICE)
		return ("it is a vote where a ballot is taken");
	if (opening->choice != NULL)
		choice =
		    name_find(p->about.choices.choices_val, n, opening->choice);
	if (choice == n)
		return ("what it votes for is not one of the choices");
	p->counts[choice]++;
	p->counted++;
	return (NULL);
}

static const char *
count_ballot(struct book_poll *p, const evote_opening2 *opening)
{
	const evote_ranks *ranks = &opening->ranks;
	uint32_t n = p->form.choices;

	if (ballot_judge(&p->form, ranks) != EVOTE_R_OK)
		return ("its ballot is not one that the election takes");
	if (memcmp(opening->choices, p->choices, sizeof(p->choices)) != 0)
		return ("its voter was shown other choices than the election "
			"has, or in another order");
	for (uint32_t i = 0; i < n; i++)
		p->counts[i] += ranks->evote_ranks_val[i] == 1;
	p->blank += ballot_chosen(ranks) == 0;
	if (p->form.kind == BALLOT_RANKED)
		schulze_add(
		    p->pairs, n, (const unsigned char *)ranks->evote_ranks_val);
	p->counted++;
	return (NULL);
}

/* VOTE and BALLOT. */
static const char *
take_vote(struct book *b, const evote_leaf *leaf, const union opening *opening,
    struct book_entry *e)
{
	const evote_vote_op *op = &leaf->op.evote_op_u.vote;
	struct book_poll *p = e->poll = book_poll(b, op->ballot.election);
	const struct book_voter *v = e->asker = book_voter(b, op->asker.voter);
	const char *wrong;

	if (p == NULL)
		return ("it votes in an election that does not exist");
	p->received++;
	p->signed_votes += op->signature.evote_signature_len > 0;
	wrong = leaf->op.kind == EVOTE_OP_VOTE
	    ? count_choice(p, &opening->vote)
	    : count_ballot(p, &opening->ballot);
	if (wrong != NULL)
		return (wrong);
	if ((wrong = book_shut(p, leaf)) != NULL)
		return (wrong);
	if ((wrong = book_electorate_refuses(p, v)) != NULL)
		return (wrong);
	return (mark_voted(p, v->index)
		? "its voter had voted in that election before"
		: NULL);
}

/* ---- refusals ---- */

static const char *
take_refused(struct book *b, const evote_leaf *leaf, struct book_entry *e)
{
	uint32_t reason = (uint32_t)leaf->reason;

	e->asker = book_voter(b, leaf->op.evote_op_u.refused.asker.voter);
	b->refused[reason < BOOK_REASONS ? reason : BOOK_REASONS]++;
	b->n_refused++;
	if (e->asker == NULL)
		return ("who was refused was never on the roll");
	return (leaf->code == 0 || leaf->reason == EVOTE_R_OK
		? "it is a refusal without a reason"
		: NULL);
}

/* ---- all of it ---- */

static const char *
take(struct book *b, const evote_leaf *leaf, const union opening *opening,
    struct book_entry *e)
{
	const evote_op *op = &leaf->op;

	switch (op->kind) {
	case EVOTE_OP_GENESIS:
		return (take_genesis(b, &op->evote_op_u.genesis));
	case EVOTE_OP_EPOCH:
		return (take_epoch(b, leaf));
	case EVOTE_OP_HOST:
		return (take_host(b, leaf));
	case EVOTE_OP_REGISTER:
		return (book_register(b, op->evote_op_u.voters.voters_val,
		    op->evote_op_u.voters.voters_len));
	case EVOTE_OP_UNREGISTER:
		return (book_strike(b, op->evote_op_u.voter));
	case EVOTE_OP_UNLOCK:
		return (book_unlock(b, op->evote_op_u.unlocked));
	case EVOTE_OP_REKEY:
		return (book_rekey(b, &op->evote_op_u.rekey));
	case EVOTE_OP_STAGE:
		return (book_stage(b, &op->evote_op_u.stage));
	case EVOTE_OP_COMMIT:
		return (book_commit(b, &op->evote_op_u.commit));
	case EVOTE_OP_CREATE:
	case EVOTE_OP_OPEN:
	case EVOTE_OP_START:
	case EVOTE_OP_EXTEND:
	case EVOTE_OP_CANCEL:
	case EVOTE_OP_CLOSE:
	case EVOTE_OP_SETTINGS:
		return (book_life(b, leaf, e));
	case EVOTE_OP_VOTE:
	case EVOTE_OP_BALLOT:
		return (take_vote(b, leaf, opening, e));
	case EVOTE_OP_REFUSED:
		return (take_refused(b, leaf, e));
	}
	return ("it is of a kind that this version does not know");
}

void
book_take(struct book *b, const evote_leaf *leaf, const union opening *opening,
    struct book_entry *e)
{
	*e = (struct book_entry){0};
	e->wrong = take(b, leaf, opening, e);
	if (e->wrong == NULL && leaf->op.kind != EVOTE_OP_REFUSED &&
	    (leaf->code != 0 || leaf->reason != EVOTE_R_OK))
		e->wrong =
		    "it was carried out, and has the answer of a refusal";
	if (b->first == 0)
		b->first = leaf->time;
	b->last = leaf->time;
	b->epoch = leaf->epoch;
}

void
book_clear(struct book *b)
{
	for (uint32_t i = 0; i < b->n_voters; i++) {
		free(b->voters[i]->group);
		free(b->voters[i]);
	}
	for (uint32_t i = 0; i < b->n_polls; i++)
		book_poll_free(b->polls[i]);
	for (uint32_t i = 0; i < b->n_epochs; i++)
		free(b->epochs[i].name);
	for (uint32_t i = 0; i < b->n_hosts; i++)
		free(b->hosts[i].name);
	book_rows_forget(b);
	free(b->rows);
	free(b->voters);
	free(b->polls);
	free(b->epochs);
	free(b->hosts);
	index_clear(&b->voters_by_name);
	index_clear(&b->polls_by_name);
	free(b->genesis.origin);
	xdr_free((xdrproc_t)xdr_evote_settings, (char *)&b->settings);
	*b = (struct book){0};
}
