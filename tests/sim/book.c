#include "sim.h"

/* A roll and turnouts come to one number, whoever adds them up. */
static uint64_t
mixed(uint64_t a, uint64_t b)
{
	uint64_t z = a * 0x9e3779b97f4a7c15 + b + 1;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31));
}

static uint64_t
voter_state(int voter, const struct standing *s)
{
	return (s->on
		? mixed((uint64_t)voter << 8 | (unsigned char)s->group, s->key)
		: 0);
}

static uint64_t
poll_state(int poll, uint64_t votes)
{
	return (mixed((uint64_t)poll + 1000000, votes));
}

static struct standing
standing_of(const evote_voter *v)
{
	struct standing s = {1, v->group[0], 0};

	memcpy(&s.key, v->key + 2, sizeof(s.key));
	return (s);
}

uint64_t
state_seen(const struct election_state *e, uint64_t *roll)
{
	evote_roll_args args = {0, "", ""};
	evote_turnout_res turnout;
	evote_roll_res page;
	struct outcome out;
	uint64_t state = 0, voted;

	memset(&page, 0, sizeof(page));
	election_roll(e, &args, &page, &out);
	*roll = page.roll;
	for (u_int i = 0; i < page.voters.voters_len; i++) {
		const evote_voter *v = &page.voters.voters_val[i];
		struct standing s = standing_of(v);

		state ^= voter_state(atoi(v->name + 1), &s);
	}
	xdr_free((xdrproc_t)xdr_evote_roll_res, &page);
	for (int p = 0; p < POLLS; p++) {
		memset(&turnout, 0, sizeof(turnout));
		election_turnout(e, forms[p].name, &turnout, &out);
		voted = 0;
		for (u_int i = 0; i < turnout.groups.groups_len; i++)
			voted += turnout.groups.groups_val[i].voted;
		xdr_free((xdrproc_t)xdr_evote_turnout_res, &turnout);
		state ^= poll_state(p, voted);
	}
	return (state);
}

/* ---- the roll ---- */

static int
fixes(int poll)
{
	const struct form *f = &forms[poll];

	for (uint32_t i = 0; i < f->n_options; i++)
		if (f->options[i].kind == EVOTE_OPTION_FREEZE)
			return (1);
	return (0);
}

static void
stand(int voter, struct standing s)
{
	struct standing *now = &w.book.roll[voter];

	w.book.digest ^= voter_state(voter, now) ^ voter_state(voter, &s);
	*now = s;
}

static void
note_stage(const evote_stage_op *op)
{
	struct book *b = &w.book;

	if (op->from == 0) {
		b->stage++;
		b->n_rows = 0;
		b->staging = 1;
		memset(b->has_row, 0, sizeof(b->has_row));
	}
	if (op->stage != b->stage || op->from != b->n_rows || !b->staging)
		fail("rows were staged that have no place");
	for (u_int i = 0; i < op->rows.rows_len; i++) {
		const evote_row *row = &op->rows.rows_val[i];
		int v = atoi(row->voter.name + 1);

		if (b->has_row[v]++)
			fail("a stage has two rows of one voter");
		b->staged[v] = (struct standing){0};
		if (!row->leaves)
			b->staged[v] = standing_of(&row->voter);
	}
	b->n_rows += op->rows.rows_len;
}

static void
note_commit(const evote_commit *op)
{
	struct book *b = &w.book;

	if (op->stage != b->stage || op->rows != b->n_rows || !b->staging)
		fail("a stage was committed that is not the present one");
	for (int v = 0; v < VOTERS; v++)
		if (b->has_row[v])
			stand(v, b->staged[v]);
	if (op->stage < IMPORTS * 4)
		b->committed[op->stage] = op->rows;
	b->staging = 0;
}

/* Whether he may vote in an open election for which that was fixed. */
static int
is_kept(int voter)
{
	const struct book_poll *p;

	for (int i = 0; i < POLLS; i++) {
		p = &w.book.polls[i];
		if (p->known && p->phase == EVOTE_PHASE_OPEN && fixes(i) &&
		    p->fixed[voter])
			return (1);
	}
	return (0);
}

static void
note_rekey(const evote_rekey_op *op)
{
	int v = atoi(op->voter + 1);
	struct standing s = w.book.roll[v];

	if (s.on) {
		memcpy(&s.key, op->key + 2, sizeof(s.key));
		stand(v, s);
	} else if (!is_kept(v))
		fail("a key of somebody who may vote nowhere");
}

static void
note_roll(const evote_op *op)
{
	switch (op->kind) {
	case EVOTE_OP_REGISTER:
		for (u_int i = 0; i < op->evote_op_u.voters.voters_len; i++) {
			const evote_voter *v =
			    &op->evote_op_u.voters.voters_val[i];

			stand(atoi(v->name + 1), standing_of(v));
		}
		break;
	case EVOTE_OP_UNREGISTER:
		stand(atoi(op->evote_op_u.voter + 1), (struct standing){0});
		break;
	case EVOTE_OP_REKEY:
		note_rekey(&op->evote_op_u.rekey);
		break;
	default:
		return;
	}
	w.book.staging = 0;
}

/* ---- the elections ---- */

static int
is_of(const struct book_poll *p, const struct standing *s)
{
	int groups = forms[p - w.book.polls].n_groups;

	return (s->on && (s->group == 'g' || (groups == 2 && s->group == 'h')));
}

static int
book_admits(const struct book_poll *p, int voter)
{
	return (fixes((int)(p - w.book.polls)) ? p->fixed[voter]
					       : is_of(p, &w.book.roll[voter]));
}

static void
note_begin(struct book_poll *p)
{
	p->phase = EVOTE_PHASE_OPEN;
	for (int v = 0; v < VOTERS; v++)
		p->fixed[v] = (char)is_of(p, &w.book.roll[v]);
}

static void
note_open(const evote_election *e, const evote_options *options)
{
	struct book_poll *p = &w.book.polls[poll_named(e->name)];

	if (p->known)
		fail("two elections of one name");
	p->known = 1;
	p->end = p->ends[0] = e->end;
	for (u_int i = 0; options != NULL && i < options->evote_options_len;
	     i++) {
		const evote_option *o = &options->evote_options_val[i];

		if (o->kind == EVOTE_OPTION_START)
			p->start = o->value;
		if (o->kind == EVOTE_OPTION_GRACE_S)
			p->grace = o->value * 1000 * MS;
	}
	if (p->start == 0)
		note_begin(p);
}

static void
note_end(struct book_poll *p, evote_phase phase)
{
	p->phase = phase;
	for (int v = 0; v < VOTERS; v++)
		p->eligible += (uint64_t)(book_admits(p, v) || p->voted[v]);
}

static void
note_life(const evote_leaf *leaf)
{
	const evote_op *op = &leaf->op;
	const evote_extension *x = &op->evote_op_u.extend.extension;
	struct book_poll *p;

	switch (op->kind) {
	case EVOTE_OP_START:
		p = &w.book.polls[poll_named(op->evote_op_u.election)];
		if (!p->known || p->phase != EVOTE_PHASE_PLANNED ||
		    leaf->time < p->start)
			fail("I11: an election opened before its start");
		note_begin(p);
		break;
	case EVOTE_OP_CLOSE:
		p = &w.book.polls[poll_named(op->evote_op_u.election)];
		if (p->phase != EVOTE_PHASE_OPEN ||
		    leaf->time < p->end + p->grace)
			fail("I11: an election closed before its end");
		note_end(p, EVOTE_PHASE_CLOSED);
		break;
	case EVOTE_OP_EXTEND:
		p = &w.book.polls[poll_named(x->election)];
		if (p->phase > EVOTE_PHASE_OPEN || leaf->time >= p->end ||
		    x->end <= p->end)
			fail("an election was extended that was over");
		p->end = x->end;
		if (++p->extended > EVOTE_EXTENSIONS_MAX)
			fail("an election was extended too often");
		p->ends[p->extended] = x->end;
		break;
	case EVOTE_OP_CANCEL:
		p = &w.book.polls[poll_named(
		    op->evote_op_u.cancel.cancellation.election)];
		if (p->phase > EVOTE_PHASE_OPEN)
			fail("an election was cancelled that was over");
		note_end(p, EVOTE_PHASE_CANCELLED);
		break;
	default:
		break;
	}
}

static void
note_vote(const evote_leaf *leaf)
{
	const evote_vote_op *op = &leaf->op.evote_op_u.vote;
	struct book_poll *p = &w.book.polls[poll_named(op->ballot.election)];
	int v = atoi(op->asker.voter + 1);

	if (!p->known || p->phase == EVOTE_PHASE_PLANNED)
		fail("I11: a vote before the start of its election");
	if (p->phase != EVOTE_PHASE_OPEN || leaf->time >= p->end + p->grace)
		fail("I11: a vote after the end of its election");
	if (leaf->time >= p->end && w.begun[p - w.book.polls][v] >= p->end)
		fail("I11: a vote in grace, of a log-in after the end");
	if (!book_admits(p, v))
		fail("a vote of somebody who may not");
	if (p->voted[v]++)
		fail("I5: two votes of one voter");
	p->votes++;
}

void
book_note(const struct record *r, const evote_leaf *leaf)
{
	const evote_op *op = &leaf->op;
	uint64_t state;

	if (op->kind == EVOTE_OP_STAGE)
		note_stage(&op->evote_op_u.stage);
	else if (op->kind == EVOTE_OP_COMMIT)
		note_commit(&op->evote_op_u.commit);
	else if (op->kind == EVOTE_OP_CREATE)
		note_open(&op->evote_op_u.create.election, NULL);
	else if (op->kind == EVOTE_OP_OPEN)
		note_open(&op->evote_op_u.open.terms.election,
		    &op->evote_op_u.open.terms.options);
	else if (op->kind == EVOTE_OP_VOTE || op->kind == EVOTE_OP_BALLOT)
		note_vote(leaf);
	note_roll(op);
	note_life(leaf);
	state = w.book.digest;
	for (int p = 0; p < POLLS; p++)
		state ^= poll_state(p, w.book.polls[p].votes);
	w.states[r->seq + 1] = state;
}
