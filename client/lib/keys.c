#include "client/lib/keys.h"

#include <stdlib.h>
#include <string.h>

#include "common/record.h"

/* ---- what is kept ---- */

static enum evote_outcome
keys_load(struct evote *e)
{
	char *text, name[NOTE_NAME];
	int rc = state_keys(e->state, &text);

	if (rc < 0)
		return (handle_fail(e, "%s", state_error(e->state)));
	if (rc == 0)
		return (EVOTE_ANSWERED);
	rc = keyring_read(&e->keyring, text);
	free(text);
	state_keys_asked(e->state, &e->keyring.size, &e->keyring.epoch);
	if (rc == 0 &&
	    note_log_name(name, e->service.origin, e->service.cluster) == 0 &&
	    strcmp(name, e->keyring.log.name) == 0)
		return (EVOTE_ANSWERED);
	keyring_clear(&e->keyring);
	return (handle_fail(e,
	    "%s/keys is damaged; move it away to go on without what it says",
	    state_dir(e->state)));
}

/* Of so many records, under that epoch, there are no other keys than these. */
struct keys_asked {
	uint64_t size, epoch;
};

static void
asked_keep(struct evote *e, struct keys_asked a)
{
	e->keyring.size = a.size;
	e->keyring.epoch = a.epoch;
	state_set_keys_asked(e->state, a.size, a.epoch);
}

static enum evote_outcome
keys_keep(struct evote *e)
{
	char *text = keyring_write(&e->keyring);
	int rc = state_set_keys(e->state, text);

	free(text);
	if (rc == 0)
		return (EVOTE_ANSWERED);
	return (handle_fail(e, "%s", state_error(e->state)));
}

/* ---- one record ---- */

static enum evote_outcome
record_prove(struct evote *e, const evote_key_record *r, uint64_t deadline_ms)
{
	struct checkpoint c = {0};
	evote_prove_res res = {0};
	enum evote_outcome outcome = proofs_prove(e, r->seq, r->leaf.leaf_val,
	    r->leaf.leaf_len, NULL, deadline_ms, &c, &res);

	checkpoint_clear(&c);
	xdr_free((xdrproc_t)xdr_evote_prove_res, &res);
	return (outcome);
}

/* The ledger begins with the names that this service was met under. */
static enum evote_outcome
genesis_take(struct evote *e, const evote_key_record *r, const evote_genesis *g,
    uint64_t deadline_ms)
{
	if (e->keyring.n > 0)
		return (EVOTE_ANSWERED);
	if (r->seq != 0 || strcmp(g->origin, e->service.origin) != 0 ||
	    memcmp(g->cluster, e->service.cluster, sizeof(g->cluster)) != 0)
		return (handle_fail(e,
		    "the ledger of %s begins as that of another service",
		    evote_served_by(e)));
	return (record_prove(e, r, deadline_ms));
}

static enum evote_outcome
host_take(struct evote *e, const evote_key_record *r, const evote_host_op *op,
    uint64_t deadline_ms)
{
	enum evote_outcome outcome;

	for (int i = 0; i < e->keyring.n; i++)
		if (e->keyring.hosts[i].seq == r->seq)
			return (EVOTE_ANSWERED);
	outcome = record_prove(e, r, deadline_ms);
	if (outcome == EVOTE_ANSWERED &&
	    keyring_add(&e->keyring, r->seq, op) < 0)
		return (handle_fail(
		    e, "the records of hosts' keys are out of order"));
	return (outcome);
}

static enum evote_outcome
record_take(struct evote *e, const evote_key_record *r, uint64_t deadline_ms)
{
	xdrproc_t proc = (xdrproc_t)xdr_evote_leaf;
	enum evote_outcome outcome = EVOTE_ANSWERED;
	evote_leaf leaf = {0};

	if (xdr_from_bytes(proc, &leaf, r->leaf.leaf_val, r->leaf.leaf_len) !=
	    0)
		return (handle_fail(e, "a record of keys cannot be read"));
	if (leaf.seq != r->seq ||
	    (leaf.op.kind == EVOTE_OP_GENESIS) != (r->seq == 0))
		outcome = handle_fail(e, "a record of keys is misplaced");
	else if (leaf.op.kind == EVOTE_OP_GENESIS)
		outcome = genesis_take(
		    e, r, &leaf.op.evote_op_u.genesis, deadline_ms);
	else if (leaf.op.kind == EVOTE_OP_HOST)
		outcome =
		    host_take(e, r, &leaf.op.evote_op_u.host, deadline_ms);
	xdr_free(proc, &leaf);
	return (outcome);
}

/* ---- all of them ---- */

static enum evote_outcome
log_take(struct evote *e, const evote_keys_res *res)
{
	const unsigned char *key = (const unsigned char *)res->log;

	if (!e->keyring.known &&
	    keyring_begin(
		&e->keyring, e->service.origin, e->service.cluster, key) != 0)
		return (handle_fail(
		    e, "the service's name is too long for checkpoints"));
	if (memcmp(key, e->keyring.log.public, SEAL_KEY) == 0)
		return (EVOTE_ANSWERED);
	return (proofs_broken(
	    e, "signs with another key than before", NULL, res->note));
}

static enum evote_outcome
page_take(struct evote *e, const evote_keys_res *res, uint64_t deadline_ms)
{
	enum evote_outcome outcome = log_take(e, res);

	for (u_int i = 0;
	     outcome == EVOTE_ANSWERED && i < res->records.records_len; i++)
		outcome =
		    record_take(e, &res->records.records_val[i], deadline_ms);
	return (outcome);
}

/* Who leaves out the record with which it begins may leave out any. */
static int
is_begun(const evote_keys_res *res)
{
	return (res->records.records_len > 0 &&
	    res->records.records_val[0].seq == 0);
}

/* How many records the answer is of; 0: nobody has signed that. */
static uint64_t
page_size(const struct evote *e, const evote_keys_res *res)
{
	size_t len = strlen(res->note);
	struct note n;
	char why[200];

	if (note_read(&n, res->note, len, why, sizeof(why)) != 0 ||
	    !proofs_signed(e, &n))
		return (0);
	return (n.size);
}

static enum evote_outcome
page_fetch(struct evote *e, unsigned *next, struct keys_asked *asked,
    uint64_t deadline_ms)
{
	evote_keys_args args = {.first = *next};
	evote_keys_res res = {0};
	const struct question q = {
	    .number = EVOTE_KEYS,
	    .args = &args,
	    .seen = &args.seen,
	    .res = &res,
	    .xres = (xdrproc_t)xdr_evote_keys_res,
	    .answer = &res.answer,
	};
	struct checkpoint none = {0};
	enum evote_outcome outcome = proofs_ask(e, &q, deadline_ms, &none);

	if (outcome == EVOTE_ANSWERED && args.first == 0 && !is_begun(&res))
		outcome = handle_fail(e,
		    "%s does not show the record with which its ledger begins",
		    evote_served_by(e));
	if (outcome == EVOTE_ANSWERED)
		outcome = page_take(e, &res, deadline_ms);
	/* The later pages may be of more records. */
	if (outcome == EVOTE_ANSWERED && args.first == 0)
		*asked = (struct keys_asked){page_size(e, &res), e->epoch};
	/* A service that turns in circles must not keep us. */
	*next = res.next > *next ? res.next : 0;
	xdr_free((xdrproc_t)xdr_evote_keys_res, &res);
	return (outcome);
}

enum evote_outcome
keys_fetch(struct evote *e, uint64_t deadline_ms)
{
	int known = e->keyring.known, n = e->keyring.n;
	struct keys_asked asked = {0};
	enum evote_outcome outcome;
	unsigned next = 0;

	do
		outcome = page_fetch(e, &next, &asked, deadline_ms);
	while (outcome == EVOTE_ANSWERED && next != 0);
	/* What was not proved to its end is not begun with either. */
	if (outcome != EVOTE_ANSWERED && !known)
		keyring_clear(&e->keyring);
	else if (outcome == EVOTE_ANSWERED && (!known || e->keyring.n > n))
		outcome = keys_keep(e);
	if (outcome == EVOTE_ANSWERED)
		asked_keep(e, asked);
	return (outcome);
}

enum evote_outcome
keys_begin(struct evote *e, uint64_t deadline_ms, struct evote_proof *p)
{
	enum evote_outcome outcome = handle_ready(e, deadline_ms);

	memset(p, 0, sizeof(*p));
	if (outcome == EVOTE_ANSWERED && !e->keyring.known)
		outcome = keys_load(e);
	if (outcome == EVOTE_ANSWERED && !e->keyring.known)
		outcome = keys_fetch(e, deadline_ms);
	return (outcome);
}

/* ---- who has signed ---- */

/* Lines by hosts of this service, under whatever keys. */
static int
hosts_lines(const struct note *n)
{
	size_t len = strlen(n->log);
	int count = 0;

	for (int i = 0; i < n->n; i++)
		count += n->lines[i].name_len > len + 1 &&
		    memcmp(n->lines[i].name, n->log, len) == 0 &&
		    n->lines[i].name[len] == '/';
	return (count);
}

static void
judge(const struct evote *e, const struct note *n, struct evote_proof *p)
{
	tlog_policy_free(p->policy);
	p->policy = keyring_policy(&e->keyring, n->size);
	tlog_policy_judge(p->policy, n, &p->verdict);
}

/*
 * Whether there may be a key that has not been asked for.  Every vote makes the
 * ledger longer, and is not to cost a question.  But a host has to be listed
 * before its key is recorded, and is listed, and comes into the set, in a new
 * epoch only.  So there is nothing new while the epoch is the same and each
 * host that was listed in it has a key; one that has another key than before
 * shows by its signature, or by the lack of one.
 */
static int
may_lack(const struct evote *e)
{
	if (e->epoch == 0 || e->keyring.epoch != e->epoch)
		return (1);
	for (int i = 0; i < e->n_listed; i++)
		if (!keyring_has(&e->keyring, e->listed[i]))
			return (1);
	return (0);
}

enum evote_outcome
keys_judge(struct evote *e, const struct note *n, uint64_t deadline_ms,
    struct evote_proof *p)
{
	enum evote_outcome outcome;

	p->size = n->size;
	memcpy(p->root, n->root, sizeof(p->root));
	judge(e, n, p);
	if (deadline_ms == 0)
		return (EVOTE_ANSWERED);
	if (p->verdict.judgement == TLOG_GOOD && !may_lack(e) &&
	    hosts_lines(n) == __builtin_popcountll(p->verdict.signed_by)) {
		if (n->size > e->keyring.size)
			asked_keep(e, (struct keys_asked){n->size, e->epoch});
		return (EVOTE_ANSWERED);
	}
	if ((outcome = keys_fetch(e, deadline_ms)) != EVOTE_ANSWERED)
		return (outcome);
	judge(e, n, p);
	if (p->verdict.judgement == TLOG_FORGED)
		return (handle_fail(e,
		    "the signature of %s does not fit the checkpoint",
		    p->verdict.forged));
	return (EVOTE_ANSWERED);
}
