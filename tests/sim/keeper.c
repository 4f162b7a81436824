#include "sim.h"

/*
 * The first client opens the elections, keeps the roll, in whole files and one
 * by one, and extends and cancels elections.
 */

static evote_voter
voter_of(int voter, const struct standing *s, char name[16], char group[2])
{
	evote_voter v = {.name = name, .group = group};

	name_of(voter, name);
	group[0] = s->group;
	group[1] = '\0';
	v.key[0] = (char)voter;
	v.key[1] = (char)(voter >> 8);
	memcpy(v.key + 2, &s->key, sizeof(s->key));
	return (v);
}

static struct record *
op_register(struct host *h, struct request *r, const struct entry_header *at)
{
	static char names[VOTERS][16], groups[VOTERS][2];
	static evote_voter voters[EVOTE_ROLL_MAX];
	struct op op = {.kind = EVOTE_OP_REGISTER, .skip_same = 1};
	struct standing s = {1, 'g', 0};

	op.voters = voters;
	for (int i = r->voter; i < VOTERS && op.n < VOTERS / 2; i++)
		voters[op.n++] = voter_of(i, &s, names[i], groups[i]);
	return (election_execute(h->election, &op, at, &r->out));
}

static struct record *
op_stage(struct host *h, struct request *r, const struct entry_header *at)
{
	static char names[ROWS][16], groups[ROWS][2];
	const struct import *all = &w.keeper.imports[r->import];
	struct op op = {.kind = EVOTE_OP_STAGE, .roll = r->roll};
	struct record *rec;
	evote_row rows[ROWS];
	uint32_t n = 0;

	for (uint32_t i = r->from; i < all->n && n < ROWS / 3; i++, n++) {
		const struct row *row = &all->rows[i];

		rows[n].voter =
		    voter_of(row->voter, &row->as, names[i], groups[i]);
		rows[n].leaves = row->leaves;
	}
	op.stage.stage = r->stage;
	op.stage.from = r->from;
	op.stage.rows.rows_len = n;
	op.stage.rows.rows_val = rows;
	rec = election_execute(h->election, &op, at, &r->out);
	r->stage = election_stage(h->election);
	return (rec);
}

/* Of the creator, or of an operator. */
static struct record *
op_life(struct host *h, struct request *r, const struct entry_header *at)
{
	struct op op = {.by_operator = r->by_operator};
	char *name = (char *)forms[r->poll].name;

	op.asker.voter = "";
	if (!r->by_operator) {
		op.asker.voter = "v0";
		op.asker.client[1] = 2;
		op.asker.number = r->number;
	}
	if (r->kind == R_EXTEND) {
		op.kind = EVOTE_OP_EXTEND;
		op.act.kind = EVOTE_ACT_EXTEND;
		op.act.evote_act_u.extension =
		    (evote_extension){name, r->end, "late"};
	} else {
		op.kind = EVOTE_OP_CANCEL;
		op.act.kind = EVOTE_ACT_CANCEL;
		op.act.evote_act_u.cancellation =
		    (evote_cancellation){name, "void"};
	}
	return (election_execute(h->election, &op, at, &r->out));
}

struct record *
op_keep(struct host *h, struct request *r, const struct entry_header *at)
{
	struct op op = {.no_room = core_full(h->core)};
	char name[16];

	name_of(r->voter, name);
	switch (r->kind) {
	case R_REGISTER:
		return (op_register(h, r, at));
	case R_STAGE:
		return (op_stage(h, r, at));
	case R_EXTEND:
	case R_CANCEL:
		return (op_life(h, r, at));
	case R_REKEY:
		op.kind = EVOTE_OP_REKEY;
		op.rekey.voter = name;
		memcpy(op.rekey.key + 2, &r->key, sizeof(r->key));
		op.rekey.key[0] = (char)r->voter;
		op.rekey.key[1] = (char)(r->voter >> 8);
		break;
	case R_STRIKE:
		op.kind = EVOTE_OP_UNREGISTER;
		op.name = name;
		break;
	case R_COMMIT:
		op.kind = EVOTE_OP_COMMIT;
		op.commit.stage = r->stage;
		op.commit.rows = r->from;
		break;
	default:
		op.kind = EVOTE_OP_SETTINGS;
		op.set_quota = 1;
		op.settings.quota = 50 + r->key % 50;
	}
	return (election_execute(h->election, &op, at, &r->out));
}

/* ---- what he asks next ---- */

/* Some move to another group, or get a key, or leave; others come back. */
static void
import_make(struct import *all)
{
	int v = (int)upto(VOTERS - 2);

	all->n = 1 + (uint32_t)upto(ROWS - 1);
	for (uint32_t i = 0; i < all->n; i++) {
		struct row *row = &all->rows[i];

		row->voter = 1 + (v + (int)i) % (VOTERS - 1);
		row->leaves = w.book.roll[row->voter].on && chance(100);
		row->as.on = !row->leaves;
		row->as.group = chance(700) ? 'g' : 'h';
		row->as.key = ++w.keeper.key;
	}
}

static void
ask_stage(struct request *r)
{
	if (w.keeper.step == K_LOOK || w.keeper.n_imports == IMPORTS) {
		r->kind = R_LOOK;
		return;
	}
	if (w.keeper.step == K_BEGIN) {
		import_make(&w.keeper.imports[w.keeper.n_imports++]);
		w.keeper.sent = w.keeper.stage = 0;
		w.keeper.step = K_GO_ON;
	}
	r->import = w.keeper.n_imports - 1;
	r->from = w.keeper.sent;
	r->stage = w.keeper.stage;
	r->roll = w.keeper.roll;
	r->kind = r->from == w.keeper.imports[r->import].n ? R_COMMIT : R_STAGE;
}

/* Extends or cancels one. */
static void
ask_life(struct request *r)
{
	r->poll = (int)upto(POLLS - 1);
	r->by_operator = chance(500);
	r->kind = R_EXTEND;
	r->end = w.book.polls[r->poll].end + upto(400 * MS);
	if (forms[r->poll].name[0] == 'c')
		r->kind = R_CANCEL;
}

void
keeper_ask(struct request *r)
{
	int p = w.keeper.next_poll;

	r->voter = 1 + (int)upto(VOTERS - 2);
	if (p < POLLS && chance(500)) {
		r->kind = R_CREATE;
		r->poll = p;
	} else if (chance(40)) {
		r->kind = chance(500) ? R_REKEY : R_STRIKE;
		r->key = ++w.keeper.key;
	} else if (chance(40)) {
		r->kind = R_SETTINGS;
		r->key = (uint32_t)upto(50);
	} else if (p == POLLS && chance(150))
		ask_life(r);
	else
		ask_stage(r);
	if (r->kind == R_CREATE && w.plans[p].end == 0) {
		w.plans[p].start = WALL_START + w.now + upto(2500 * MS);
		w.plans[p].end = WALL_START + forms[p].end_us;
		if (w.plans[p].end <= w.plans[p].start)
			w.plans[p].end = w.plans[p].start + 1000 * MS;
	}
}

static void
stage_answered(const struct request *r)
{
	if (r->out.code != 0) {
		w.keeper.step = K_LOOK;
		return;
	}
	if (r->kind == R_COMMIT) {
		if (r->stage < IMPORTS * 4)
			w.told_rows[r->stage] = r->from;
		w.keeper.step = K_LOOK;
		return;
	}
	w.keeper.stage = r->stage;
	w.keeper.sent = r->from + ROWS / 3;
	if (w.keeper.sent > w.keeper.imports[r->import].n)
		w.keeper.sent = w.keeper.imports[r->import].n;
}

void
keeper_answer(const struct request *r)
{
	int again = r->out.reason == EVOTE_R_NOT_YET ||
	    r->out.reason == EVOTE_R_STORAGE;

	switch (r->kind) {
	case R_CREATE:
		if (r->poll != w.keeper.next_poll || again)
			break;
		w.keeper.next_poll++;
		w.opened[r->poll] = r->out.code == 0;
		break;
	case R_LOOK:
		if (w.keeper.step == K_LOOK)
			w.keeper.step = K_BEGIN;
		w.keeper.roll = r->roll;
		break;
	case R_STAGE:
	case R_COMMIT:
		stage_answered(r);
		break;
	case R_EXTEND:
		if (r->out.code == 0 && r->end > w.told_end[r->poll])
			w.told_end[r->poll] = r->end;
		break;
	case R_CANCEL:
		w.told_cancelled[r->poll] |= r->out.code == 0;
		break;
	default:
		break;
	}
}
