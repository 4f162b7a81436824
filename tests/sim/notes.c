#include "common/merkle.h"
#include "common/mutant.h"
#include "sim.h"

#define SIGN_US	   (50 * MS)  /* between two checkpoints of a host */
#define GIVE_UP_US (500 * MS) /* for those who have not signed */

/*
 * What is signed, as server/checkpoint.c does it: a signature is whose it is
 * and of what.
 */
static void
check_signed(const struct host *h, uint64_t size, const void *root)
{
	unsigned char real[32];

	if (size > w.n_accepted)
		fail("rule 20: a host signs what is not accepted");
	merkle_root(w.tree, size, real);
	if (memcmp(root, real, 32) != 0)
		fail("rule 20: a host signs another root than is accepted");
	w.signatures++;
	(void)h;
}

/* All that has been proved to a voter goes with the first note that has it. */
static void
publish(struct host *h)
{
	uint32_t n = 0;

	h->attempt.open = 0;
	if (h->attempt.signers == 0)
		return;
	if (w.n_notes == w.max_notes) {
		w.max_notes = w.max_notes * 2 + 64;
		w.notes = grown(w.notes, w.max_notes, sizeof(*w.notes));
	}
	w.notes[w.n_notes].what = h->attempt.what;
	w.notes[w.n_notes++].signers = h->attempt.signers;
	for (uint32_t i = 0; i < h->n_wanted; i++) {
		if (h->wanted[i].seq >= h->attempt.what.size) {
			h->wanted[n++] = h->wanted[i];
			continue;
		}
		if (w.n_receipts == w.max_receipts) {
			w.max_receipts = w.max_receipts * 2 + 64;
			w.receipts = grown(
			    w.receipts, w.max_receipts, sizeof(*w.receipts));
		}
		w.receipts[w.n_receipts++] = h->wanted[i];
	}
	h->n_wanted = n;
}

void
note_want(struct host *h, const struct request *r)
{
	if (!r->found)
		return;
	if (h->n_wanted == WANTED_MAX)
		h->n_wanted = 0; /* they have waited for too long */
	h->wanted[h->n_wanted++] = (struct receipt){.seq = r->seq,
	    .voter = r->voter,
	    .client = r->client,
	    .number = r->asked};
	if (!h->attempt.due) {
		h->attempt.due = 1;
		later(upto(SIGN_US),
		    (struct item){.what = W_SIGN, .host = h->id, .a = h->life});
	}
}

/* Who has a key on record that this is, signs; else an older one serves. */
static int
signs(const struct host *h, uint64_t size)
{
	const struct key_record *k =
	    keys_of(election_keys(h->election), h->inc);

	return (!h->older && k != NULL && k->seq < size &&
	    memcmp(k->key, h->key, sizeof(h->key)) == 0);
}

void
note_make(struct host *h)
{
	int n;

	h->attempt.due = 0;
	if (h->attempt.open && w.now - h->attempt.begun < GIVE_UP_US) {
		h->attempt.due = 1;
		later(GIVE_UP_US,
		    (struct item){.what = W_SIGN, .host = h->id, .a = h->life});
		return;
	}
	if (h->attempt.open)
		publish(h);
	if ((n = core_cosign(h->core, &h->attempt.what)) == -1) {
		h->n_wanted = 0;
		return;
	}
	h->attempt.open = 1;
	h->attempt.begun = w.now;
	h->attempt.awaited = n;
	h->attempt.signers = 0;
	if (signs(h, h->attempt.what.size)) {
		check_signed(h, h->attempt.what.size, h->attempt.what.root);
		h->attempt.signers = 1 << h->id;
	}
	if (n == 0)
		publish(h);
}

void
do_cosigned(void *arg, const evote_signed_by *s)
{
	struct host *h = arg;

	if (!h->attempt.open || s->size != h->attempt.what.size)
		return;
	if (s->taken == EVOTE_TAKEN)
		h->attempt.signers |= 1 << (s->incarnation[0] - 1);
	if (--h->attempt.awaited == 0)
		publish(h);
}

void
note_signed(const struct host *h, const evote_signed_by *s)
{
	if (s->taken == EVOTE_TAKEN && s->size > 0)
		check_signed(h, s->size, s->root);
}

/* ---- in the end ---- */

/* A receipt: that record answers that request, in a ledger that was signed. */
static void
check_receipt(const struct host *h, const struct receipt *p)
{
	const evote_asker *a = NULL;
	union opening o;
	evote_leaf leaf;

	if (p->seq >= h->size ||
	    record_open(h->ledger[p->seq], &leaf, &o) == -1)
		fail("a receipt is of no record");
	if (leaf.op.kind == EVOTE_OP_VOTE || leaf.op.kind == EVOTE_OP_BALLOT)
		a = &leaf.op.evote_op_u.vote.asker;
	else if (leaf.op.kind == EVOTE_OP_REFUSED)
		a = &leaf.op.evote_op_u.refused.asker;
	if (a == NULL || atoi(a->voter + 1) != p->voter ||
	    a->client[0] != p->client || a->number != p->number)
		fail("a receipt is of another record");
	record_clear(&leaf, &o);
}

void
check_notes(const struct host *h)
{
	const struct history *log = core_history(h->core);
	unsigned char root[32];

	for (uint32_t i = 0; i < w.n_notes; i++) {
		const evote_position *what = &w.notes[i].what;

		if (what->size > history_size(log))
			fail("a checkpoint is of more than there is");
		history_root(log, what->size, root);
		if (memcmp(root, what->root, 32) != 0)
			fail("a checkpoint contradicts the ledger");
	}
	for (uint32_t i = 0; i < w.n_receipts; i++)
		check_receipt(h, &w.receipts[i]);
}

/* Rule 19: of those that come into the set, but for this host itself. */
void
check_keys(const struct host *h, const evote_config *k)
{
	const struct keys *ks;

	if (!h->alive || !config_id_equal(k->primary, h->inc))
		return;
	ks = election_keys(h->election);
	for (u_int i = 0; ks->n > 1 && i < k->in_sync.in_sync_len; i++) {
		const unsigned char *id =
		    (const unsigned char *)k->in_sync.in_sync_val[i]
			.incarnation;

		if (config_in_sync(&h->k, id) < 0 &&
		    !config_id_equal(id, h->inc) && keys_of(ks, id) == NULL)
			fail("rule 19: in sync before its key is on record");
	}
}
