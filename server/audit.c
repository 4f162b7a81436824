#include "server/audit.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/merkle.h"
#include "common/need.h"
#include "common/progress.h"
#include "common/record.h"
#include "common/seal.h"
#include "common/text.h"
#include "common/workers.h"
#include "replica/core/config.h"
#include "server/audit/page.h"
#include "server/audit_note.h"
#include "server/auth.h"
#include "server/conf.h"
#include "server/election/election.h"
#include "server/signing.h"
#include "server/store/datadir.h"
#include "server/store/files.h"
#include "server/store/view.h"

#define SETTLE_EVERY 64

struct audit {
	struct view *view;
	struct view_claim claim;
	struct book book;
	struct findings findings;
	struct election_state *election;
	struct merkle *tree;
	struct workers *workers;
	struct audit_note *note; /* NULL: none was given */
	uint64_t under_way;	 /* signatures */
	uint64_t signatures;	 /* verified */
	struct progress progress;
	uint64_t records;
	uint64_t next; /* the number that the next record has to have */
	uint64_t time; /* of the last one */
	uint64_t epoch;
	int replaying; /* no damage yet: the election follows */
	uint64_t replayed;
};

/* ---- signatures ---- */

/* One that a worker verifies. */
struct pending {
	struct auth_check check;
	uint64_t seq;
	struct book_poll *poll; /* NULL: not a vote's */
};

static void
signature_judge(struct audit *a, struct pending *p)
{
	a->under_way--;
	a->signatures++;
	if (!p->check.fits) {
		findings_add(&a->findings, FINDING_SIGNATURE, p->seq,
		    "Record %" PRIu64 ": its signature is not that of its "
		    "voter, by the key that was on the roll then.",
		    p->seq);
		if (p->poll != NULL)
			p->poll->faulty++;
	}
	auth_check_clear(&p->check);
	free(p);
}

/* Until so few are under way that more may come, or none. */
static void
signatures_wait(struct audit *a, int all)
{
	struct pollfd fd = {.fd = workers_fd(a->workers), .events = POLLIN};
	struct pending *p;

	for (;;) {
		while ((p = workers_next(a->workers)) != NULL)
			signature_judge(a, p);
		if (all ? a->under_way == 0 : workers_room(a->workers))
			return;
		poll(&fd, 1, -1);
	}
}

static void
signature_check(
    struct audit *a, const evote_leaf *leaf, const struct book_entry *e)
{
	struct asked asked;
	struct pending *p;

	/* By token, or by nobody, which is a finding already. */
	if (!record_asked(leaf, &asked) ||
	    asked.signature->evote_signature_len == 0 || e->asker == NULL)
		return;
	p = need_zeroed(1, sizeof(*p));
	p->seq = leaf->seq;
	p->poll = opening_xdr(leaf->op.kind) != NULL ? e->poll : NULL;
	auth_check_statement(&p->check, e->asker->key, asked.signature,
	    a->book.genesis.origin == NULL ? "" : a->book.genesis.origin,
	    (const unsigned char *)a->book.genesis.cluster, asked.asker,
	    &asked.act);
	workers_submit(
	    a->workers, p->check.bytes != NULL ? &p->check : NULL, p);
	a->under_way++;
	signatures_wait(a, 0);
}

/* ---- one record ---- */

static void
order_check(struct audit *a, const struct view_row *row)
{
	uint64_t missing = row->seq - a->next;

	if (missing == 1)
		findings_add(&a->findings, FINDING_ORDER, a->next,
		    "Record %" PRIu64 " is missing.", a->next);
	else if (missing > 1)
		findings_add(&a->findings, FINDING_ORDER, a->next,
		    "Records %" PRIu64 " to %" PRIu64 " are missing.", a->next,
		    row->seq - 1);
	if (missing > 0)
		a->replaying = 0;
	a->next = row->seq + 1;
}

static void
place_check(struct audit *a, const struct view_row *row, const evote_leaf *leaf)
{
	if (leaf->seq != row->seq)
		findings_add(&a->findings, FINDING_ORDER, row->seq,
		    "Record %" PRIu64 " stands in the place of record %" PRIu64
		    ".",
		    (uint64_t)leaf->seq, row->seq);
	else if (row->seq > 0 && leaf->time <= a->time)
		findings_add(&a->findings, FINDING_ORDER, row->seq,
		    "Record %" PRIu64 ": its time is not after that of the "
		    "record before.",
		    row->seq);
	else if (leaf->epoch < a->epoch)
		findings_add(&a->findings, FINDING_ORDER, row->seq,
		    "Record %" PRIu64 ": its epoch is older than that of the "
		    "record before.",
		    row->seq);
	a->time = leaf->time;
	a->epoch = leaf->epoch;
}

static int
hash_fits(const struct view_row *row, const struct record *r)
{
	return (row->hash_len == sizeof(r->hash) &&
	    memcmp(row->hash, r->hash, sizeof(r->hash)) == 0);
}

/* 1 when the private part is what the vote's commitment was made of. */
static int
opening_check(const struct record *r, const evote_leaf *leaf,
    const union opening *opening)
{
	if (opening_xdr(leaf->op.kind) == NULL)
		return (r->opening_len == 0);
	return (r->opening_len > 0 &&
	    opening_fits(
		opening, leaf->op.kind, &leaf->op.evote_op_u.vote.ballot));
}

static void
replay(struct audit *a, const struct record *r, const evote_leaf *leaf,
    const union opening *opening)
{
	char err[256];

	if (!a->replaying)
		return;
	if (election_replay_opened(
		a->election, r, leaf, opening, err, sizeof(err)) == -1) {
		a->replaying = 0;
		findings_add(&a->findings, FINDING_RULES, r->seq,
		    "Record %" PRIu64 ": carried out again, it does not give "
		    "the answer that was recorded (%s).",
		    r->seq, err);
		return;
	}
	a->replayed = r->seq + 1;
	if (a->replayed % SETTLE_EVERY == 0)
		election_discard_undo(a->election, a->replayed);
}

/* A record that can be opened. */
static void
record_check(struct audit *a, const struct view_row *row,
    const struct record *r, const evote_leaf *leaf,
    const union opening *opening)
{
	uint64_t before = a->findings.total;
	struct book_entry e;

	if (!hash_fits(row, r))
		findings_add(&a->findings, FINDING_FILE, row->seq,
		    "Record %" PRIu64 ": it does not have the hash that it was "
		    "stored with.",
		    row->seq);
	place_check(a, row, leaf);
	if (!opening_check(r, leaf, opening))
		findings_add(&a->findings, FINDING_RULES, row->seq,
		    "Record %" PRIu64 ": its private part does not open its "
		    "commitment.",
		    row->seq);
	book_take(&a->book, leaf, opening, &e);
	if (e.wrong != NULL)
		findings_add(&a->findings, FINDING_RULES, row->seq,
		    "Record %" PRIu64 ": %s.", row->seq, e.wrong);
	/* What is known to be wrong would be refused with less to say. */
	if (a->findings.total == before)
		replay(a, r, leaf, opening);
	else
		a->replaying = 0;
	if (a->findings.total != before && e.poll != NULL &&
	    opening_xdr(leaf->op.kind) != NULL) {
		e.poll->faulty++;
		e.poll = NULL; /* once, whatever its signature is */
	}
	/* Last: findings about other records come in meanwhile. */
	signature_check(a, leaf, &e);
}

static int
row_check(void *arg, const struct view_row *row)
{
	struct audit *a = arg;
	struct record *r;
	evote_leaf leaf;
	union opening opening;

	order_check(a, row);
	r = record_read(
	    row->leaf, row->leaf_len, row->opening, row->opening_len);
	if (r != NULL && record_open(r, &leaf, &opening) == 0) {
		record_check(a, row, r, &leaf, &opening);
		record_clear(&leaf, &opening);
	} else {
		findings_add(&a->findings, FINDING_FILE, row->seq,
		    "Record %" PRIu64 ": it is unreadable, or written by a "
		    "newer version of evote.",
		    row->seq);
		a->replaying = 0;
	}
	if (r != NULL)
		merkle_append(a->tree, r->hash);
	record_drop(r);
	if (++a->records % 1024 == 0)
		progress_at(&a->progress, a->records);
	return (0);
}

/* ---- all of them ---- */

/* The book's counts and the election's, of one that is closed. */
static void
counts_compare(struct audit *a, struct book_poll *p)
{
	evote_result_res res = {0};
	evote_pairs_res pairs = {0};
	struct outcome out;
	uint32_t i;

	election_pairs(a->election, p->about.name, &pairs, &out);
	election_result(a->election, p->about.name, &res, &out);
	p->eligible = res.eligible;
	if (out.code != 0 || res.votes != p->received ||
	    res.counts.counts_len != p->about.choices.choices_len ||
	    pairs.blank != p->blank ||
	    (p->form.kind == BALLOT_RANKED &&
		memcmp(pairs.pairs.pairs_val, p->pairs,
		    pairs.pairs.pairs_len * sizeof(*p->pairs)) != 0))
		goto differ;
	for (i = 0; i < res.counts.counts_len; i++) {
		if (res.counts.counts_val[i].votes != p->counts[i])
			goto differ;
	}
	goto out;
differ:
	findings_add(&a->findings, FINDING_COUNTS, FINDING_NO_SEQ,
	    "Election \"%s\": the counts of the service's own rules are not "
	    "those that the votes add up to.",
	    p->about.name);
out:
	xdr_free((xdrproc_t)xdr_evote_result_res, (char *)&res);
	xdr_free((xdrproc_t)xdr_evote_pairs_res, (char *)&pairs);
}

static void
counts_check(struct audit *a)
{
	for (uint32_t i = 0; a->replaying && i < a->book.n_polls; i++) {
		if (a->book.polls[i]->closed != 0 &&
		    a->book.polls[i]->cancelled_by == NULL)
			counts_compare(a, a->book.polls[i]);
	}
}

/* What the directory says beside the records. */
static void
claim_check(struct audit *a)
{
	const struct view_claim *c = &a->claim;
	unsigned char root[MERKLE_HASH];

	if (c->accepted > a->records)
		findings_add(&a->findings, FINDING_ORDER, FINDING_NO_SEQ,
		    "%" PRIu64 " records were accepted, and only %" PRIu64
		    " are there.",
		    c->accepted, a->records);
	if (c->config && a->book.genesis.origin != NULL &&
	    !config_id_fits(c->cluster, a->book.genesis.cluster))
		findings_add(&a->findings, FINDING_CLAIM, FINDING_NO_SEQ,
		    "The configuration is of another cluster than the ledger.");
	if (!c->config || !c->in_sync)
		return;
	if (c->end.size > a->records) {
		findings_add(&a->findings, FINDING_CLAIM, FINDING_NO_SEQ,
		    "This host had accepted %" PRIu64 " records when its "
		    "configuration was made, and only %" PRIu64 " are there.",
		    (uint64_t)c->end.size, a->records);
		return;
	}
	/* Of what is unreadable there is no root, and a finding. */
	if (c->end.size > merkle_size(a->tree))
		return;
	merkle_root(a->tree, c->end.size, root);
	if (c->end.size > 0 && memcmp(root, c->end.root, sizeof(root)) != 0)
		findings_add(&a->findings, FINDING_CLAIM, FINDING_NO_SEQ,
		    "The first %" PRIu64 " records are not those that this "
		    "host had accepted when its configuration was made: the "
		    "roots differ.",
		    (uint64_t)c->end.size);
}

/* The log's key follows from the cluster's, which a copy may lack. */
static void
note_check(struct audit *a, const struct conf *conf)
{
	unsigned char key[32], log[SEAL_KEY];
	char path[FILES_PATH], err[FILES_PATH + 100];
	int known;

	files_path(conf->data, "cluster.key", path, sizeof(path));
	if ((known = datadir_key(path, key, err, sizeof(err)) == 0))
		signing_log_public(key, log);
	explicit_bzero(key, sizeof(key));
	if (audit_note_check(
		a->note, a->tree, &a->book, known ? log : NULL, &a->findings) &&
	    audit_note_size(a->note) > a->claim.accepted)
		a->claim.accepted = audit_note_size(a->note);
}

static void
all_check(struct audit *a, const struct conf *conf)
{
	char err[512];

	if (view_claim(a->view, &a->claim, err, sizeof(err)) == -1)
		findings_add(
		    &a->findings, FINDING_FILE, FINDING_NO_SEQ, "%s.", err);
	progress_begin(
	    &a->progress, !conf->json, "auditing", view_size(a->view));
	if (view_scan(a->view, row_check, a, err, sizeof(err)) == -1) {
		a->replaying = 0;
		findings_add(&a->findings, FINDING_FILE, a->next,
		    "The file is damaged behind record %" PRIu64
		    ", and nothing after that can be read (%s).",
		    a->next, err);
	}
	signatures_wait(a, 1);
	progress_end(&a->progress);
	if (a->book.genesis.origin == NULL)
		findings_add(&a->findings, FINDING_ORDER, FINDING_NO_SEQ,
		    "The ledger does not begin with the record of a new "
		    "cluster.");
	counts_check(a);
	claim_check(a);
	if (a->note != NULL)
		note_check(a, conf);
}

static void
page_print(struct audit *a, const struct conf *conf)
{
	struct page page = {
	    .path = conf->data,
	    .book = &a->book,
	    .findings = &a->findings,
	    .records = a->records,
	    .accepted = a->claim.accepted,
	    .signatures = a->signatures,
	    .replayed = a->replayed,
	};
	char *signers = NULL;

	if (a->note != NULL) {
		page.checkpoint = conf->checkpoint;
		page.checkpoint_size = audit_note_size(a->note);
		page.signers = signers = audit_note_signers(a->note);
		page.unchecked = audit_note_unchecked(a->note);
	}
	merkle_root(a->tree, merkle_size(a->tree), page.root);
	findings_sort(&a->findings);
	if (conf->json)
		page_json(stdout, &page);
	else
		page_text(stdout, &page);
	free(signers);
}

static void
audit_clear(struct audit *a)
{
	workers_stop(a->workers);
	audit_note_free(a->note);
	election_free(a->election);
	merkle_free(a->tree);
	findings_clear(&a->findings);
	book_clear(&a->book);
	view_close(a->view);
	free(a);
}

static void
check_run(void *check)
{
	auth_check_run(check);
}

/* What has to be there before anything else is done; -1: err. */
static int
audit_open(struct audit *a, const struct conf *conf, char *err, size_t errlen)
{
	if (conf->checkpoint != NULL) {
		a->note = audit_note_read(
		    conf->checkpoint, conf->policy, err, errlen);
		if (a->note == NULL)
			return (-1);
	}
	a->view = view_open(conf->data, conf->data,
	    "audit another host's directory", err, errlen);
	if (a->view == NULL)
		return (-1);
	a->replaying = 1;
	a->election = election_new();
	a->tree = need(merkle_new());
	a->workers = workers_start(check_run);
	if (a->workers == NULL)
		return (text_why(err, errlen, "no thread can be started"));
	return (0);
}

int
audit_run(const struct conf *conf)
{
	struct audit *a = need_zeroed(1, sizeof(*a));
	int rc = EXIT_TROUBLE;
	char err[1024];

	if (audit_open(a, conf, err, sizeof(err)) == 0) {
		all_check(a, conf);
		page_print(a, conf);
		if (a->findings.total == 0)
			rc = 0;
	} else
		fprintf(stderr, "evote_server: %s.\n", err);
	audit_clear(a);
	return (rc);
}
