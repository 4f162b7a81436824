#include "common/tracker.h"
#include "sim.h"

/* What a ledger comes to in one election, counted without the rules' help. */
struct tally {
	uint64_t votes, blank, counts[CHOICES], pairs[CHOICES * CHOICES];
	struct {
		uint64_t tracker;
		uint32_t choice;
	} lines[VOTERS];
};

static int
was_refused(const evote_asker *a)
{
	for (int i = 0; i < w.n_refused; i++)
		if (w.refused[i].client == a->client[0] &&
		    w.refused[i].number == a->number)
			return (1);
	return (0);
}

static void
count_choice(struct tally *t, const evote_opening *o, int choice)
{
	const unsigned char *salt = (const unsigned char *)o->salt;

	t->lines[t->votes].tracker = tracker_of(salt, o->election);
	t->lines[t->votes].choice = (uint32_t)choice;
	t->counts[choice]++;
}

static void
count_ballot(struct tally *t, const evote_ranks *r)
{
	uint32_t n = r->evote_ranks_len, chosen = 0;
	const char *rank = r->evote_ranks_val;

	for (uint32_t i = 0; i < n; i++) {
		chosen += rank[i] != 0;
		t->counts[i] += rank[i] == 1;
		for (uint32_t j = 0; j < n; j++)
			t->pairs[i * n + j] +=
			    rank[i] != 0 && (rank[j] == 0 || rank[i] < rank[j]);
	}
	t->blank += chosen == 0;
}

/* Every vote told as counted stands there once, and none that nobody cast. */
static void
count_vote(struct tally all[POLLS], const evote_leaf *leaf,
    const union opening *o, int *seen)
{
	const evote_vote_op *op = &leaf->op.evote_op_u.vote;
	int p = poll_named(op->ballot.election);
	int v = atoi(op->asker.voter + 1);
	int variant = vote_variant(p, leaf, o);

	if (seen[p * VOTERS + v]++)
		fail("I5: two votes of one voter");
	if (variant < 0 || !w.tried[p][v][variant])
		fail("a vote that nobody cast");
	if (w.told[p][v] == 1 && w.told_choice[p][v] != variant)
		fail("another choice than was told");
	if (was_refused(&op->asker))
		fail("I5: a voter was told no, and it counts");
	if (leaf->op.kind == EVOTE_OP_VOTE)
		count_choice(&all[p], &o->vote, variant);
	else
		count_ballot(&all[p], &o->ballot.ranks);
	all[p].votes++;
}

/* ---- and what the host's own rules make of it ---- */

static void
check_counts(
    const struct election_state *e, int poll, const struct tally *t, int over)
{
	const struct book_poll *p = &w.book.polls[poll];
	evote_result_res res = {0};
	evote_pairs_res pairs = {0};
	struct outcome out;

	election_result(e, forms[poll].name, &res, &out);
	if ((out.code == 0) != over)
		fail("counts of an election that is not closed, or none");
	if (over && (res.votes != t->votes || res.eligible != p->eligible))
		fail("a result of other votes or voters than the ledger has");
	for (u_int i = 0; i < res.counts.counts_len; i++)
		if (res.counts.counts_val[i].votes != t->counts[i])
			fail("other counts than the votes come to");
	election_pairs(e, forms[poll].name, &pairs, &out);
	if ((out.code == 0) != over || (over && pairs.blank != t->blank))
		fail("other blank ballots than there are");
	for (u_int i = 0; i < pairs.pairs.pairs_len; i++)
		if (pairs.pairs.pairs_val[i] != t->pairs[i])
			fail("other pairs than the ballots come to");
	xdr_free((xdrproc_t)xdr_evote_result_res, &res);
	xdr_free((xdrproc_t)xdr_evote_pairs_res, &pairs);
}

/* Each tracker once, with its choice. */
static void
check_sheet(const struct election_state *e, int poll, const struct tally *t)
{
	evote_sheet_args args = {.election = (char *)forms[poll].name};
	evote_sheet_res page;
	struct outcome out;
	uint64_t lines = 0, last = 0, i;

	do {
		memset(&page, 0, sizeof(page));
		election_sheet(e, &args, &page, &out);
		for (u_int l = 0; l < page.lines.lines_len; l++, lines++) {
			const evote_sheet_line *line = &page.lines.lines_val[l];

			if (lines > 0 && line->tracker <= last)
				fail("a sheet has a tracker twice");
			last = line->tracker;
			for (i = 0; i < t->votes; i++)
				if (t->lines[i].tracker == line->tracker &&
				    strcmp(
					forms[poll].votes[t->lines[i].choice],
					line->choice) == 0)
					break;
			if (i == t->votes)
				fail("a sheet has a line of no vote");
		}
		args.from = page.next;
		xdr_free((xdrproc_t)xdr_evote_sheet_res, &page);
	} while (args.from != 0);
	if (lines != t->votes)
		fail("a sheet lacks votes");
}

static void
check_life(const struct election_state *e, int poll)
{
	const struct book_poll *p = &w.book.polls[poll];
	evote_life_res life = {0};
	struct outcome out;

	election_life(e, forms[poll].name, &life, &out);
	if ((out.code == 0) != p->known)
		fail("an election that was not opened, or not told of");
	if (life.phase != p->phase || life.end != p->end ||
	    life.extended.extended_len != (u_int)p->extended)
		fail("another life of an election than the ledger tells");
	for (int i = 0; i < p->extended; i++)
		if (life.extended.extended_val[i].from != p->ends[i] ||
		    life.extended.extended_val[i].to != p->ends[i + 1])
			fail(
			    "another end of an election than the ledger tells");
	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	if (w.told_end[poll] > p->end)
		fail("an acknowledged extension is not there");
	if (w.told_cancelled[poll] && p->phase != EVOTE_PHASE_CANCELLED)
		fail("an acknowledged cancellation is not there");
}

static void
check_polls(const struct host *h, const struct tally all[POLLS])
{
	uint64_t roll;

	if (state_seen(h->election, &roll) != w.states[h->size])
		fail("another roll or turnout than the ledger comes to");
	for (int p = 0; p < POLLS; p++) {
		int over = w.book.polls[p].phase == EVOTE_PHASE_CLOSED;

		check_life(h->election, p);
		check_counts(h->election, p, &all[p], over);
		if (over && forms[p].options[0].kind == EVOTE_OPTION_SHEET)
			check_sheet(h->election, p, &all[p]);
	}
	for (int i = 0; i < IMPORTS * 4; i++)
		if (w.told_rows[i] != 0 &&
		    w.book.committed[i] != w.told_rows[i])
			fail("an acknowledged change of the roll is not there");
}

void
check_votes(const struct host *h)
{
	struct tally *all = grown(NULL, POLLS, sizeof(*all));
	int seen[POLLS * VOTERS] = {0};

	memset(all, 0, POLLS * sizeof(*all));
	for (uint64_t i = 0; i < h->size; i++) {
		evote_leaf leaf;
		union opening o;

		if (record_open(h->ledger[i], &leaf, &o) == -1)
			fail("an unreadable record");
		if (leaf.op.kind == EVOTE_OP_VOTE ||
		    leaf.op.kind == EVOTE_OP_BALLOT)
			count_vote(all, &leaf, &o, seen);
		record_clear(&leaf, &o);
	}
	for (int p = 0; p < POLLS; p++)
		for (int v = 0; v < VOTERS; v++)
			if (w.told[p][v] == 1 && seen[p * VOTERS + v] != 1)
				fail("an acknowledged vote is not there");
	if (h->size == w.n_accepted)
		check_polls(h, all);
	free(all);
}
