#include "merkle.h"
#include "sim.h"

/* Everything accepted so far stands in this host's ledger, as it was. */
void
check_prefix(struct host *h, uint64_t n, const char *why)
{
	const struct history *log = core_history(h->core);

	if (n > history_size(log))
		fail(why);
	for (uint64_t i = history_first(log); i < n; i++)
		if (memcmp(history_get(log, i)->hash, w.accepted[i], 32) != 0)
			fail(why);
	if (history_first(log) > 0 && n > 0) {
		/* The rest by its root, once for all. */
		struct merkle *t = merkle_new();
		unsigned char a[32], b[32];

		for (uint64_t i = 0; i < n; i++)
			merkle_append(t, w.accepted[i]);
		merkle_root(t, n, a);
		history_root(log, n, b);
		merkle_free(t);
		if (memcmp(a, b, 32) != 0)
			fail(why);
	}
}

/* This host holds its first n records for accepted. */
static void
note_accepted(struct host *h, uint64_t n)
{
	const struct history *log = core_history(h->core);

	while (w.n_accepted < n) {
		struct record *r = history_get(log, w.n_accepted);

		if (r == NULL && w.n_accepted < h->size)
			r = h->ledger[w.n_accepted];
		if (r == NULL)
			fail("I1: accepted records were never seen before");
		if (w.n_accepted == w.max_accepted) {
			w.max_accepted = w.max_accepted * 2 + 1024;
			w.accepted = grown(
			    w.accepted, w.max_accepted, sizeof(*w.accepted));
		}
		memcpy(w.accepted[w.n_accepted++], r->hash, 32);
	}
}

static int
was_refused(const evote_asker *a)
{
	for (int i = 0; i < w.n_refused; i++)
		if (w.refused[i].client == a->client[0] &&
		    w.refused[i].number == a->number)
			return (1);
	return (0);
}

/* Every vote told as counted stands there once, and none that nobody
 * cast. */
static void
check_votes(const struct host *h)
{
	int count[VOTERS] = {0};

	for (uint64_t i = 0; i < h->size; i++) {
		evote_leaf leaf;
		evote_opening o;
		int v, choice;

		if (record_open(h->ledger[i], &leaf, &o) == -1)
			fail("an unreadable record");
		if (leaf.op.kind == EVOTE_OP_VOTE) {
			v = atoi(leaf.op.evote_op_u.vote.asker.voter + 1);
			choice = strcmp(o.choice, "yes") == 0 ? 0 : 1;
			if (++count[v] > 1)
				fail("I5: two votes of one voter");
			if (!w.tried[v][choice])
				fail("a vote that nobody cast");
			if (w.told[v] == 1 && w.told_choice[v] != choice)
				fail("another choice than was told");
			if (was_refused(&leaf.op.evote_op_u.vote.asker))
				fail("I5: a voter was told no, and it "
				     "counts");
		}
		record_clear(&leaf, &o);
	}
	for (int v = 0; v < VOTERS; v++)
		if (w.told[v] == 1 && count[v] != 1)
			fail("an acknowledged vote is not there");
}

int
holds_all(const struct host *h)
{
	if (h->size < w.n_accepted)
		return (0);
	for (uint64_t i = 0; i < w.n_accepted; i++)
		if (memcmp(h->ledger[i]->hash, w.accepted[i], 32) != 0)
			return (0);
	return (1);
}

/* A disk may be lost only while another that counts holds everything. */
int
may_wipe(const struct host *h)
{
	for (int i = 0; i < w.n_hosts; i++) {
		const struct host *p = &w.hosts[i];

		if (p != h && config_in_sync(&p->k, p->inc) >= 0 &&
		    holds_all(p))
			return (1);
	}
	return (0);
}

void
check_serving(struct host *h)
{
	uint64_t epoch = core_epoch(h->core);

	w.takeovers++;
	/* One that was stopped meanwhile may not know that it was replaced. */
	if (epoch >= w.reign)
		check_prefix(h, w.n_accepted,
		    "I1: a new primary lacks accepted records");
	if (epoch > w.reign)
		w.reign = epoch;
	for (int i = 0; i < w.n_writers; i++)
		if (w.writers[i].epoch == epoch && w.writers[i].host != h->id)
			fail("I7: two writers in one epoch");
	if (w.n_writers < 4096) {
		w.writers[w.n_writers].epoch = epoch;
		w.writers[w.n_writers++].host = h->id;
	}
}

/* What a host takes for settled is what was settled everywhere. */
void
check_settled(struct host *h, uint64_t size)
{
	note_accepted(h, size);
	for (uint64_t i = size; i-- > history_first(core_history(h->core));)
		if (memcmp(history_get(core_history(h->core), i)->hash,
			w.accepted[i], 32) != 0)
			fail("I4: accepted records were other ones before");
}

void
check_end(void)
{
	unsigned char first[32], other[32];
	int primaries = 0;

	for (int i = 0; i < w.n_hosts; i++) {
		struct host *h = &w.hosts[i];

		if (core_role(h->core) == EVOTE_HALTED)
			fail("a host has halted");
		primaries += core_role(h->core) == EVOTE_PRIMARY;
		if (h->size != w.hosts[0].size)
			fail("I2: the ledgers differ in length");
		check_prefix(h, w.n_accepted, "I1: accepted records are lost");
		history_root(core_history(h->core), h->size, other);
		if (i == 0)
			memcpy(first, other, 32);
		else if (memcmp(first, other, 32) != 0)
			fail("I2: the ledgers differ");
		check_votes(h);
	}
	for (int i = 0; i < w.n_hosts; i++) {
		election_hash(w.hosts[i].election, other);
		if (i == 0)
			memcpy(first, other, 32);
		else if (memcmp(first, other, 32) != 0)
			fail("I12: equal ledgers, different states");
	}
	if (primaries != 1)
		fail("I13: not exactly one host serves");
	/* Who was relieved on purpose does not get it back by itself.
	 */
	if (w.failback && !w.ordered &&
	    core_role(w.hosts[0].core) != EVOTE_PRIMARY)
		fail("I13: the preferred host does not serve");
}
