#include "common/ballot.h"
#include "sim.h"

static const char *const names[CHOICES] = {"yes", "no", "none"};
static const char *const turned[CHOICES] = {"no", "yes", "none"};

#define TURNED "t" /* a ballot of those who were shown another order */

const struct form forms[POLLS] = {
    {"e", CLOSE_US, 1, 0, {{0, 0}}, 2, {"yes", "no"}, 2, 2},
    {"s", 8000 * MS, 1, 2, {{EVOTE_OPTION_SHEET, 1}, {EVOTE_OPTION_GRACE_S, 1}},
	2, {"yes", "no"}, 2, 2},
    {"p", 10000 * MS, 1, 3,
	{{EVOTE_OPTION_PICK_MIN, 1}, {EVOTE_OPTION_PICK_MAX, 2},
	    {EVOTE_OPTION_ORDER_SHOWN, 1}},
	3, {"100", "011", "101", "111", "000"}, 5, 3},
    {"r", 9500 * MS, 1, 3,
	{{EVOTE_OPTION_RANKED, 1}, {EVOTE_OPTION_NONE_CHOICE, 3},
	    {EVOTE_OPTION_START, 0}},
	3, {"123", "211", "010", "000", TURNED "123"}, 5, 4},
    {"f", 11000 * MS, 2, 2,
	{{EVOTE_OPTION_RANKED, 1}, {EVOTE_OPTION_FREEZE, 1}}, 3,
	{"312", "110", "001", TURNED "321"}, 4, 3},
    {"c", 11000 * MS, 2, 4,
	{{EVOTE_OPTION_PICK_MIN, 0}, {EVOTE_OPTION_PICK_MAX, 3},
	    {EVOTE_OPTION_START, 0}, {EVOTE_OPTION_FREEZE, 1}},
	3, {"100", "111", "000"}, 3, 3},
};

void
name_of(int voter, char name[16])
{
	snprintf(name, 16, "v%d", voter);
}

int
poll_named(const char *name)
{
	for (int p = 0; p < POLLS; p++)
		if (strcmp(forms[p].name, name) == 0)
			return (p);
	fail("an election that nobody opened");
}

static evote_election
about(const struct form *f, const char *const *list)
{
	static char *groups[] = {"g", "h"};

	return ((evote_election){.name = (char *)f->name,
	    .groups = {(u_int)f->n_groups, groups},
	    .choices = {f->n_choices, (char **)list}});
}

struct record *
op_open(struct host *h, struct request *r, const struct entry_header *at)
{
	const struct form *f = &forms[r->poll];
	struct op op = {.kind = EVOTE_OP_CREATE};
	evote_election e = about(f, names);
	evote_option options[4];

	op.asker.voter = "v0";
	op.asker.client[1] = 2;
	op.asker.number = r->number;
	op.no_room = core_full(h->core);
	op.act.kind = EVOTE_ACT_CREATE;
	e.end = w.plans[r->poll].end;
	if (f->n_options == 0) {
		op.act.evote_act_u.election = e;
		return (election_execute(h->election, &op, at, &r->out));
	}
	memcpy(options, f->options, sizeof(options));
	for (uint32_t i = 0; i < f->n_options; i++)
		if (options[i].kind == EVOTE_OPTION_START)
			options[i].value = w.plans[r->poll].start;
	op.kind = EVOTE_OP_OPEN;
	op.act.kind = EVOTE_ACT_OPEN;
	op.act.evote_act_u.terms =
	    (evote_terms){.election = e, .options = {f->n_options, options}};
	return (election_execute(h->election, &op, at, &r->out));
}

/* The choices as they stand, or as somebody was shown them. */
static const char *
list_hash(uint32_t n, int of_turned)
{
	static evote_hash hashes[CHOICES + 1][2];
	static int made;
	evote_election e = {0};

	for (; made <= CHOICES; made++)
		for (int i = 0; i < 2; i++) {
			e.choices.choices_len = (u_int)made;
			e.choices.choices_val =
			    (char **)(i == 0 ? names : turned);
			ballot_choices(&e, hashes[made][i]);
		}
	return (hashes[n][of_turned]);
}

struct record *
op_vote(struct host *h, struct request *r, const struct entry_header *at)
{
	const struct form *f = &forms[r->poll];
	const char *marks = f->votes[r->choice];
	struct op op = {.kind = EVOTE_OP_VOTE, .no_room = core_full(h->core)};
	evote_ballot *to = &op.act.evote_act_u.ballot;
	evote_opening2 *b = &op.opening.ballot;
	char voter[16], ranks[CHOICES];

	name_of(r->voter, voter);
	op.asker.voter = voter;
	op.asker.client[0] = (char)r->client;
	op.asker.client[1] = 1;
	op.asker.number = r->number;
	op.begun = r->begun;
	op.act.kind = EVOTE_ACT_VOTE;
	to->election = (char *)f->name;
	if (f->n_choices == 2) {
		op.opening.vote.domain = "evote opening 1";
		op.opening.vote.election = to->election;
		op.opening.vote.choice = (char *)marks;
		memcpy(op.opening.vote.salt, &r->salt, sizeof(r->salt));
		xdr_hash((xdrproc_t)xdr_evote_opening, &op.opening.vote,
		    (unsigned char *)to->commitment);
		return (election_execute(h->election, &op, at, &r->out));
	}
	op.kind = EVOTE_OP_BALLOT;
	op.act.kind = EVOTE_ACT_BALLOT;
	b->domain = "evote opening 2";
	b->election = to->election;
	memcpy(b->choices, list_hash(f->n_choices, *marks == *TURNED),
	    sizeof(b->choices));
	marks += *marks == *TURNED;
	for (uint32_t i = 0; i < f->n_choices; i++)
		ranks[i] = (char)(marks[i] - '0');
	b->ranks = (evote_ranks){f->n_choices, ranks};
	xdr_hash(
	    (xdrproc_t)xdr_evote_opening2, b, (unsigned char *)to->commitment);
	return (election_execute(h->election, &op, at, &r->out));
}

int
vote_variant(int poll, const evote_leaf *leaf, const union opening *o)
{
	const struct form *f = &forms[poll];
	const evote_ranks *ranks = &o->ballot.ranks;
	char text[CHOICES + 1] = "";

	if ((leaf->op.kind == EVOTE_OP_VOTE) != (f->n_choices == 2))
		return (-1);
	for (uint32_t i = 0;
	     f->n_choices > 2 && i < ranks->evote_ranks_len && i < CHOICES; i++)
		text[i] = (char)(ranks->evote_ranks_val[i] + '0');
	for (int i = 0; i < f->good; i++)
		if (strcmp(f->votes[i],
			f->n_choices == 2 ? o->vote.choice : text) == 0)
			return (i);
	return (-1);
}
