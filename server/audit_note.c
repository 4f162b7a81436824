#include "server/audit_note.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/receipt.h"
#include "common/text.h"
#include "common/tlog_policy.h"
#include "server/audit/signers.h"
#include "server/store/files.h"

struct audit_note {
	char *file, *text; /* the note points into the text */
	struct note note;
	struct tlog_policy *policy; /* NULL: nobody was named */
	struct tlog_verdict verdict;
	/* Without it, what is found by the ledger's own keys. */
	int log_known;	 /* or its signature is not there to be checked */
	int hosts_known; /* how many */
	int log_signed;
	char signers[TLOG_POLICY_NODES * 64]; /* "alpha, beta" */
	char lacking[TLOG_POLICY_NODES * 64]; /* likewise, in force then */
};

/* ---- reading ---- */

/* The whole file, to be freed, and its length; NULL: err. */
static char *
file_take(const char *file, size_t max, size_t *len, char *err, size_t errlen)
{
	char *text = need(malloc(max + 1));
	ssize_t n = files_read(file, text, max);

	if (n == -1) {
		text_why(
		    err, errlen, "cannot read %s: %s", file, strerror(errno));
		free(text);
		return (NULL);
	}
	text[n] = '\0';
	*len = (size_t)n;
	return (text);
}

static int
policy_read(struct audit_note *n, const char *file, char *err, size_t errlen)
{
	char why[200], *text;
	size_t len;

	text = file_take(file, TLOG_POLICY_SIZE, &len, err, errlen);
	if (text == NULL)
		return (-1);
	n->policy = tlog_policy_read(text, len, why, sizeof(why));
	free(text);
	if (n->policy == NULL)
		return (
		    text_why(err, errlen, "%s is not a policy: %s", file, why));
	tlog_policy_judge(n->policy, &n->note, &n->verdict);
	return (0);
}

/* A voter's receipt holds a checkpoint, too. */
static int
receipt_take(struct audit_note *n, size_t len, char *err, size_t errlen)
{
	struct receipt r = {0};
	char why[200];
	int fits;

	if (receipt_read(&r, n->text, len, why, sizeof(why)) == -1)
		return (text_why(
		    err, errlen, "%s is not a receipt: %s", n->file, why));
	n->note = r.note;
	fits = receipt_fits(&r);
	receipt_clear(&r);
	if (fits)
		return (0);
	return (text_why(err, errlen,
	    "%s is a receipt that contradicts itself: its record is not in its "
	    "checkpoint",
	    n->file));
}

static int
note_take(struct audit_note *n, size_t len, char *err, size_t errlen)
{
	char why[200];

	if (strncmp(n->text, RECEIPT_HEAD, strlen(RECEIPT_HEAD)) == 0)
		return (receipt_take(n, len, err, errlen));
	if (note_read(&n->note, n->text, len, why, sizeof(why)) == 0)
		return (0);
	return (
	    text_why(err, errlen, "%s is not a checkpoint: %s", n->file, why));
}

struct audit_note *
audit_note_read(const char *file, const char *policy, char *err, size_t errlen)
{
	struct audit_note *n = need_zeroed(1, sizeof(*n));
	size_t len;

	n->file = need_copy(file);
	n->text = file_take(file, RECEIPT_SIZE, &len, err, errlen);
	if (n->text != NULL && note_take(n, len, err, errlen) == 0 &&
	    (policy == NULL || policy_read(n, policy, err, errlen) == 0))
		return (n);
	audit_note_free(n);
	return (NULL);
}

void
audit_note_free(struct audit_note *n)
{
	if (n == NULL)
		return;
	tlog_policy_free(n->policy);
	free(n->file);
	free(n->text);
	free(n);
}

/* ---- judging ---- */

static void
forged_find(const struct audit_note *n, const char *whose, struct findings *f)
{
	findings_add(f, FINDING_NOTE, FINDING_NO_SEQ,
	    "The checkpoint in %s: the signature of %s in it is forged.",
	    n->file, whose);
}

static void
unsigned_find(const struct audit_note *n, const char *what, struct findings *f)
{
	findings_add(f, FINDING_NOTE, FINDING_NO_SEQ,
	    "The checkpoint in %s: %s signed it.", n->file, what);
}

/* Whether there is a line under the log's own name, whatever its key. */
static int
log_line(const struct note *n)
{
	size_t len = strlen(n->log);

	for (int i = 0; i < n->n; i++)
		if (n->lines[i].name_len == len &&
		    memcmp(n->lines[i].name, n->log, len) == 0)
			return (1);
	return (0);
}

/* f NULL: only who has signed it. */
static void
own_hosts_look(struct audit_note *n, const struct book *b, struct findings *f)
{
	enum note_verdict verdict;
	struct note_key key;
	int forged = 0;

	for (uint32_t i = 0; i < b->n_hosts; i++) {
		if (!signers_in_force(b, i, n->note.size) ||
		    signers_key(b, i, &key) == -1)
			continue;
		n->hosts_known++;
		verdict = note_verify(&n->note, &key, NULL);
		if (verdict == NOTE_SIGNED)
			text_join(n->signers, sizeof(n->signers), ", ",
			    b->hosts[i].name);
		if (verdict == NOTE_UNSIGNED)
			text_join(n->lacking, sizeof(n->lacking), ", ",
			    b->hosts[i].name);
		if (verdict == NOTE_FORGED && f != NULL)
			forged_find(n, b->hosts[i].name, f);
		forged |= verdict == NOTE_FORGED;
	}
	if (f != NULL && n->hosts_known > 0 && n->signers[0] == '\0' && !forged)
		unsigned_find(n, "no host of this ledger has", f);
}

/* It has the keys of any time. */
static void
short_find(struct audit_note *n, const struct book *b, struct findings *f)
{
	own_hosts_look(n, b, NULL);
	findings_add(f, FINDING_QUORUM, FINDING_NO_SEQ,
	    "The checkpoint in %s: fewer hosts have signed it than the policy "
	    "wants.%s%s%s `evote_client trust --at %" PRIu64
	    "` prints the policy of that time.",
	    n->file,
	    n->signers[0] != '\0'
		? " By the keys that this ledger has for that time it is "
		  "signed by "
		: n->hosts_known > 0
		? " Nor is it signed with a key that this ledger has for that "
		  "time"
		: "",
	    n->signers, n->signers[0] != '\0' || n->hosts_known > 0 ? "." : "",
	    n->note.size);
}

static void
signatures_check(struct audit_note *n, const struct book *b, struct findings *f)
{
	static const char *const wrong[] = {
	    [TLOG_STRANGE] = "the policy does not know its service",
	    [TLOG_UNSIGNED] = "the service has not signed it",
	    [TLOG_FORGED] = "a signature in it is forged",
	};

	if (n->policy == NULL || n->verdict.judgement == TLOG_GOOD)
		return;
	if (n->verdict.judgement == TLOG_SHORT)
		short_find(n, b, f);
	else
		findings_add(f, FINDING_NOTE, FINDING_NO_SEQ,
		    "The checkpoint in %s: %s.", n->file,
		    wrong[n->verdict.judgement]);
}

/*
 * A ledger that was forged has keys to go with it: this is less than a policy.
 */
static void
own_keys_check(struct audit_note *n, const struct book *b,
    const unsigned char log[SEAL_KEY], struct findings *f)
{
	struct note_key key;

	own_hosts_look(n, b, f);
	n->log_known = log != NULL || !log_line(&n->note);
	if (log == NULL && n->log_known)
		unsigned_find(n, "the service has not", f);
	if (log == NULL)
		return;
	note_key_set(&key, NOTE_LOG, n->note.log, log);
	switch (note_verify(&n->note, &key, NULL)) {
	case NOTE_SIGNED:
		n->log_signed = 1;
		break;
	case NOTE_FORGED:
		forged_find(n, "the service", f);
		break;
	case NOTE_UNSIGNED:
		unsigned_find(n, "the service has not", f);
		break;
	}
}

int
audit_note_check(struct audit_note *n, const struct merkle *tree,
    const struct book *book, const unsigned char key[SEAL_KEY],
    struct findings *f)
{
	const evote_genesis *genesis = &book->genesis;
	unsigned char root[MERKLE_HASH];
	char log[NOTE_NAME];

	signatures_check(n, book, f);
	if (genesis->origin == NULL ||
	    note_log_name(log, genesis->origin,
		(const unsigned char *)genesis->cluster) == -1 ||
	    strcmp(log, n->note.log) != 0) {
		findings_add(f, FINDING_CLAIM, FINDING_NO_SEQ,
		    "The checkpoint in %s is of another service, %s.", n->file,
		    n->note.log);
		return (0);
	}
	if (n->policy == NULL)
		own_keys_check(n, book, key, f);
	if (n->note.size > merkle_size(tree)) {
		findings_add(f, FINDING_CLAIM, FINDING_NO_SEQ,
		    "The checkpoint in %s is of %" PRIu64 " records, and only "
		    "%" PRIu64 " are there.",
		    n->file, n->note.size, merkle_size(tree));
		return (0);
	}
	merkle_root(tree, n->note.size, root);
	if (memcmp(root, n->note.root, sizeof(root)) == 0)
		return (n->policy != NULL && n->verdict.judgement == TLOG_GOOD);
	findings_add(f, FINDING_CLAIM, FINDING_NO_SEQ,
	    "The checkpoint in %s is of %" PRIu64 " other records than "
	    "the first ones here: the roots differ.",
	    n->file, n->note.size);
	return (0);
}

uint64_t
audit_note_size(const struct audit_note *n)
{
	return (n->note.size);
}

const char *
audit_note_unchecked(const struct audit_note *n)
{
	if (n->policy != NULL || (n->log_known && n->hosts_known > 0))
		return (NULL);
	if (n->hosts_known > 0)
		return ("the service's own signature on the checkpoint was");
	if (n->log_known)
		return ("hosts' signatures on the checkpoint were");
	return ("the signatures on the checkpoint were");
}

static char *
own_signers(const struct audit_note *n)
{
	int hosts = n->signers[0] != '\0';
	char *text;

	if (!n->log_known && n->hosts_known == 0)
		return (need_copy("its signatures were not checked, which "
				  "takes --policy"));
	if (!n->log_signed && !hosts)
		return (need_copy("not signed as it should be"));
	if (asprintf(&text, "signed by %s%s%s, by this ledger's own keys%s%s",
		n->log_signed ? "the service" : "",
		n->log_signed && hosts ? " and by " : "", n->signers,
		n->lacking[0] != '\0' ? "; not signed by " : "",
		n->lacking) == -1)
		abort();
	return (text);
}

char *
audit_note_signers(const struct audit_note *n)
{
	char names[TLOG_POLICY_NODES * 64] = "", *text;
	const struct tlog_policy *p = n->policy;

	if (p == NULL)
		return (own_signers(n));
	if (n->verdict.judgement != TLOG_GOOD)
		return (need_copy("not signed as it should be"));
	for (int i = 0; i < p->n_nodes; i++) {
		if ((n->verdict.signed_by >> i & 1) != 0)
			text_join(names, sizeof(names), ", ", p->nodes[i].name);
	}
	if (asprintf(&text, "signed by the service%s%s",
		names[0] == '\0' ? "" : " and by ", names) == -1)
		abort();
	return (text);
}
