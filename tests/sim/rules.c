#include "common/merkle.h"
#include "sim.h"

/* Everything accepted so far stands in this host's ledger, as it was. */
static void
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

/* What one more accepted record may be. */
static void
note_meaning(const struct record *r)
{
	union opening o;
	evote_leaf leaf;

	if (r->time <= w.accepted_us)
		fail("I11: a record's time did not rise");
	w.accepted_us = r->time;
	if (r->epoch < w.read_reign && r->seq >= w.read_size)
		fail("I4: a record came back after a reading without it");
	if (record_open(r, &leaf, &o) == -1)
		fail("an unreadable record");
	book_note(r, &leaf);
	record_clear(&leaf, &o);
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
			w.states = grown(
			    w.states, w.max_accepted + 1, sizeof(*w.states));
		}
		note_meaning(r);
		memcpy(w.accepted[w.n_accepted++], r->hash, 32);
		merkle_append(w.tree, r->hash);
	}
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

/*
 * The configuration means this host: a copy has the same incarnation, but
 * another name.
 */
int
is_member(const evote_config *k, const struct host *h)
{
	const char *name = config_name(k, h->inc);

	return (config_in_sync(k, h->inc) >= 0 &&
	    (name[0] == '\0' ? !h->copied : name[0] == 'A' + h->id));
}

/* A disk may be lost only while another that counts holds everything. */
int
may_wipe(const struct host *h)
{
	for (int i = 0; i < w.n_hosts; i++) {
		const struct host *p = &w.hosts[i];

		if (p != h && !p->damaged && is_member(&p->k, p) &&
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
	h->reign = epoch;
	if (history_size(core_history(h->core)) > w.n_accepted)
		fail("I4: it serves before the end of its ledger is accepted");
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

/*
 * A primary accepts what all that its configuration names has on their
 * disks, now; and that configuration is on its own.
 */
static void
check_copies(struct host *h, uint64_t n)
{
	if (core_epoch(h->core) != h->k.epoch)
		fail("I8: an epoch was used before it was on the disk");
	for (int i = 0; n > 0 && i < w.n_hosts; i++) {
		const struct host *p = &w.hosts[i];

		if (is_member(&h->k, p) &&
		    (p->size < n ||
			memcmp(p->ledger[n - 1]->hash, w.accepted[n - 1], 32) !=
			    0))
			fail("I9, I10: accepted without a host in sync");
	}
}

/* What a host takes for committed is what was committed everywhere. */
void
check_committed(struct host *h, uint64_t size)
{
	note_accepted(h, size);
	if (config_id_equal(h->k.primary, h->inc) &&
	    core_role(h->core) != EVOTE_BACKUP &&
	    core_role(h->core) != EVOTE_JOINING)
		check_copies(h, size);
	for (uint64_t i = size; i-- > history_first(core_history(h->core));)
		if (memcmp(history_get(core_history(h->core), i)->hash,
			w.accepted[i], 32) != 0)
			fail("I4: accepted records were other ones before");
}

void
check_step(struct host *h)
{
	uint64_t epoch = core_epoch(h->core);

	if (epoch < h->epoch)
		fail("I8: an epoch went back");
	h->epoch = epoch;
}

void
check_saved(const struct host *h, const evote_config *k)
{
	if (k->epoch < h->k.epoch)
		fail("I8: an epoch went back on the disk");
	check_keys(h, k);
	/* With an arbiter a host may learn of its own grant later. */
	if (k->arbiter.kind == EVOTE_ARBITER_NONE &&
	    !config_id_zero(h->k.cluster) && k->epoch > h->k.epoch &&
	    config_id_equal(k->primary, h->inc) && is_member(k, h) &&
	    !config_id_equal(h->k.primary, h->inc) &&
	    config_in_sync(&h->k, h->inc) < 0 &&
	    k->forced_epoch == h->k.forced_epoch)
		fail("I6: it was not in sync, and takes over");
}

void
check_granted(const evote_config *before, const evote_config *now)
{
	if (!config_id_zero(before->cluster) &&
	    !config_id_equal(now->primary, before->primary) &&
	    config_in_sync(before, now->primary) < 0)
		fail("I6: it was not in sync, and takes over");
}

void
check_read(const struct host *h, const struct request *r)
{
	if (h->reign < w.read_reign)
		return;
	w.read_reign = h->reign;
	w.read_size = r->size;
}

/* Equal ledgers, equal states: now and then, it takes time. */
void
check_equal(void)
{
	const struct host *one = NULL;
	unsigned char a[32], b[32];

	for (int i = 0; i < w.n_hosts; i++) {
		const struct host *h = &w.hosts[i];

		if (!h->alive)
			continue;
		if (one == NULL) {
			one = h;
			continue;
		}
		if (history_size(core_history(h->core)) !=
		    history_size(core_history(one->core)))
			continue;
		history_root(core_history(h->core),
		    history_size(core_history(h->core)), a);
		history_root(core_history(one->core),
		    history_size(core_history(h->core)), b);
		if (memcmp(a, b, 32) != 0)
			continue;
		election_hash(h->election, a);
		election_hash(one->election, b);
		if (memcmp(a, b, 32) != 0)
			fail("I12: equal ledgers, different states");
	}
}

/*
 * While an arbiter is being replaced nobody is left out: who was lost just then
 * is waited for, until an operator decides.
 */
static int
joint_without(const evote_config *k)
{
	for (u_int i = 0; k->arbiter_changing && i < k->in_sync.in_sync_len;
	     i++) {
		int there = 0;

		for (int j = 0; j < w.n_hosts; j++)
			there |= config_id_equal(
			    k->in_sync.in_sync_val[i].incarnation,
			    w.hosts[j].inc);
		if (!there)
			return (1);
	}
	return (0);
}

/* No host is down or stopped, nobody is cut off, and all disks are well. */
static int
calm(void)
{
	for (int i = 0; i < w.n_hosts; i++) {
		const struct host *h = &w.hosts[i];

		if (!h->alive || h->paused_until > w.now ||
		    (h->k.arbiter.kind != EVOTE_ARBITER_NONE &&
			w.witness_dead[h->k.arbiter.where[1] - '0']) ||
		    joint_without(&h->k) || h->slow_until > w.now ||
		    h->full_until > w.now || h->eio_until > w.now)
			return (0);
		for (int j = 0; j <= w.n_hosts; j++)
			if (is_cut(i, j) || is_cut(j, i) ||
			    (j < w.n_hosts && j != i &&
				(h->links[j].conn == 0 || h->links[j].over)))
				return (0);
	}
	return (w.witness_down <= w.now);
}

/*
 * When all has been well for a while, whoever was let in is answered at once:
 * nothing waits for a vote to come by and push it on.
 */
void
check_prompt(const struct host *h)
{
	if (!calm() && w.now > w.uneasy)
		w.uneasy = w.now;
	if (w.now < w.uneasy + CALM_US)
		return;
	for (uint32_t i = 0; i < h->n_taken; i++)
		if (w.now - h->taken[i]->taken > PROMPT_US)
			fail("I13: all is well, and a request waits");
}

/* As the configuration has it, and not the lists. */
static const struct host *
preferred(void)
{
	const evote_config *k = core_config(w.hosts[0].core);

	return (&w.hosts[k->hosts.hosts_val[0].name[0] - 'A']);
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
		if (core_config(h->core)->hosts.hosts_len != (u_int)w.n_hosts)
			fail("a host is none of the cluster's");
		if (h->size != w.hosts[0].size)
			fail("I2: the ledgers differ in length");
		check_prefix(h, w.n_accepted, "I1: accepted records are lost");
		history_root(core_history(h->core), h->size, other);
		if (i == 0)
			memcpy(first, other, 32);
		else if (memcmp(first, other, 32) != 0)
			fail("I2: the ledgers differ");
		check_votes(h);
		check_notes(h);
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
	    core_role(preferred()->core) != EVOTE_PRIMARY)
		fail("I13: the preferred host does not serve");
}
