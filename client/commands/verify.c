#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/histories.h"
#include "client/json.h"
#include "client/lib/reason.h"
#include "client/life.h"
#include "client/proved.h"
#include "client/say.h"
#include "client/when.h"
#include "common/file.h"
#include "common/need.h"
#include "common/receipt.h"
#include "common/record.h"

#define SENTENCE 8000

struct options {
	const char *policy;
};

static const struct option_row verify_options[] = {
    {"policy", "FILE",
	"whose signatures count, as `trust` prints it; without it, those that "
	"this computer has met",
	.at = offsetof(struct options, policy)},
    {0},
};

/* A file under examination. */
struct examined {
	const char *name;
	cJSON *json; /* its object, or NULL */
	struct receipt receipt;
	const struct note *note;
	struct tlog_policy *met; /* the policy by keys that were met, */
	uint64_t known;		 /* with so many records */
	const struct tlog_policy *policy;
	struct tlog_verdict verdict;
	struct histories *histories; /* of those before */
	char text[SENTENCE];	     /* what it proves, or why it does not */
};

static int __attribute__((format(printf, 2, 3)))
not_proved(struct examined *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(x->text, sizeof(x->text), fmt, ap);
	va_end(ap);
	return (EXIT_REFUSED);
}

/* ---- what a record says ---- */

/* "a vote of ada in "board" was accepted", or "was refused (closed)" */
static void
op_text(struct examined *x, const evote_leaf *leaf, char *out, size_t size)
{
	const evote_op *op = &leaf->op;
	const evote_asker *asker = NULL;
	const char *election = NULL, *why = reason_of(leaf->reason)->name;
	int refused = leaf->code != 0 || op->kind == EVOTE_OP_REFUSED;
	char answer[100] = "accepted";

	if (refused) {
		snprintf(answer, sizeof(answer), "refused (%s)", why);
		json_text(x->json, "refused", why);
	}
	if (op->kind == EVOTE_OP_VOTE || op->kind == EVOTE_OP_BALLOT) {
		asker = &op->evote_op_u.vote.asker;
		election = op->evote_op_u.vote.ballot.election;
		snprintf(out, size, "a vote of %s in \"%s\" was %s",
		    asker->voter, election, answer);
	} else if (op->kind == EVOTE_OP_CREATE || op->kind == EVOTE_OP_OPEN) {
		asker = op->kind == EVOTE_OP_OPEN
		    ? &op->evote_op_u.open.asker
		    : &op->evote_op_u.create.asker;
		election = op->kind == EVOTE_OP_OPEN
		    ? op->evote_op_u.open.terms.election.name
		    : op->evote_op_u.create.election.name;
		snprintf(out, size, "%s %s the election \"%s\"%s%s",
		    life_by(asker->voter), refused ? "asked for" : "created",
		    election, refused ? ", which was " : "",
		    refused ? answer : "");
	} else if (op->kind == EVOTE_OP_REFUSED) {
		asker = &op->evote_op_u.refused.asker;
		snprintf(
		    out, size, "a request of %s was %s", asker->voter, answer);
	} else
		snprintf(out, size, "something other than a vote happened");
	if (asker != NULL)
		json_text(x->json, "voter", asker->voter);
	json_text(x->json, "election", election);
}

static int
record_text(struct examined *x, char *out, size_t size)
{
	xdrproc_t proc = (xdrproc_t)xdr_evote_leaf;
	const struct receipt *r = &x->receipt;
	char op[2 * EVOTE_NAME_MAX + 200];
	evote_leaf leaf = {0};
	struct when w;

	if (xdr_from_bytes(proc, &leaf, r->leaf, r->leaf_len) != 0 ||
	    leaf.seq != r->index) {
		xdr_free(proc, &leaf);
		return (-1);
	}
	op_text(x, &leaf, op, sizeof(op));
	w = when_of(leaf.time);
	json_text(x->json, "time", w.rfc3339);
	when_us(x->json, "time_us", leaf.time);
	snprintf(out, size, "%s at %s, as record %llu", op, w.utc,
	    (unsigned long long)r->index);
	xdr_free(proc, &leaf);
	return (0);
}

/* ---- whose signatures ---- */

/* The file is of more records than the keys that were met. */
static int
is_newer(const struct examined *x)
{
	return (x->met != NULL && x->note->size > x->known);
}

/* A policy that was given may be an older or a newer one than it needs. */
static int
short_of(struct examined *x, const char *who)
{
	char given[200] = "";

	if (is_newer(x))
		return (not_proved(x,
		    "%s does not prove enough by the hosts' keys that this "
		    "computer knows: it is of %llu records, and they are of "
		    "%llu, while a host that joined or was replaced since "
		    "signs with another key. It is signed by %s. `trust` asks "
		    "the service for the keys of now; then run this again",
		    x->name, (unsigned long long)x->note->size,
		    (unsigned long long)x->known, who));
	if (x->met == NULL)
		snprintf(given, sizeof(given),
		    "Perhaps the policy is of another time: a host that was "
		    "replaced signs with another key. `trust --at %llu` prints "
		    "the one for this. Otherwise ",
		    (unsigned long long)x->note->size);
	return (not_proved(x,
	    "%s does not prove enough: it is signed by %s. %s`receipt` asks "
	    "for a better one",
	    x->name, who, given));
}

/* What this computer has seen of the service has to agree with it, too. */
static void
last_seen_add(struct client *c, struct examined *x)
{
	char path[PATH_MAX], why[200], *text;
	struct note note;

	text = evote_checkpoint_kept(
	    c->options.state, x->note->log, path, sizeof(path));
	if (text != NULL &&
	    note_read(&note, text, strlen(text), why, sizeof(why)) == 0)
		histories_add(x->histories, path, &note);
	free(text);
}

/* The service's own signature is genuine, whoever else has signed. */
static int
compared(struct client *c, struct examined *x)
{
	const char *other;

	if (x->met != NULL)
		last_seen_add(c, x);
	if ((other = histories_add(x->histories, x->name, x->note)) == NULL)
		return (-1);
	json_text(x->json, "contradicts", other);
	not_proved(x,
	    "%s and %s contradict each other: the service has signed both, "
	    "and they are of other records, %llu each. Votes that were "
	    "accepted may be missing. Show both to the operators",
	    x->name, other, (unsigned long long)x->note->size);
	return (EXIT_CHANGED);
}

static int
judged(struct client *c, struct examined *x)
{
	char who[PROVED_SIGNERS];
	int status;

	tlog_policy_judge(x->policy, x->note, &x->verdict);
	proved_signers(x->policy, &x->verdict, who, sizeof(who));
	/* Whatever else is in the file does not hide that. */
	if (x->verdict.log_signed && (status = compared(c, x)) >= 0)
		return (status);
	switch (x->verdict.judgement) {
	case TLOG_STRANGE:
		return (not_proved(x,
		    "%s is from another service than the policy's: %s", x->name,
		    x->note->log));
	case TLOG_UNSIGNED:
		return (not_proved(x,
		    "%s proves nothing: the service's own signature is "
		    "missing",
		    x->name));
	case TLOG_FORGED:
		return (not_proved(x,
		    "%s proves nothing: the signature of %s is not genuine. "
		    "The file was changed",
		    x->name, x->verdict.forged));
	default:
		break;
	}
	proved_json(x->json, x->policy, &x->verdict);
	return (x->verdict.judgement == TLOG_SHORT ? short_of(x, who) : -1);
}

static int
policy_find(struct client *c, struct examined *x)
{
	char damaged[PATH_MAX];

	if (x->policy != NULL)
		return (-1);
	x->met = evote_policy_kept(
	    c->options.state, x->note->log, x->note->size, &x->known, damaged);
	if (is_newer(x))
		json_number(x->json, "keys_of", x->known);
	if ((x->policy = x->met) != NULL)
		return (-1);
	if (damaged[0] != '\0')
		return (not_proved(x,
		    "%s cannot be judged: %s is damaged. Move it away and run "
		    "`trust`, or give --policy with the file that the service "
		    "publishes",
		    x->name, damaged));
	return (not_proved(x,
	    "%s cannot be judged: this computer has not met the service %s. "
	    "Give --policy with the file that the service publishes",
	    x->name, x->note->log));
}

/* ---- a file ---- */

/* "alpha and beta have signed that", after the policy was met. */
static void
signers_text(struct examined *x, char *out, size_t size)
{
	char who[PROVED_SIGNERS], known[100] = "";
	unsigned n = (unsigned)__builtin_popcountll(x->verdict.signed_by);

	if (is_newer(x))
		snprintf(known, sizeof(known),
		    ", as far as this computer knows the hosts' keys (of %llu "
		    "records)",
		    (unsigned long long)x->known);
	proved_names(x->policy, &x->verdict, 1, who, sizeof(who));
	if (n == 0)
		snprintf(out, size,
		    "The service has signed that; its policy asks for no "
		    "host's signature%s",
		    known);
	else
		snprintf(out, size, "%s %s signed that%s", who,
		    n == 1 ? "has" : "have", known);
}

static int
receipt_examine(struct client *c, struct examined *x)
{
	char record[2 * EVOTE_NAME_MAX + 400], who[PROVED_SIGNERS + 160];
	int status;

	x->note = &x->receipt.note;
	json_number(x->json, "record", x->receipt.index);
	json_number(x->json, "size", x->note->size);
	if ((status = policy_find(c, x)) < 0)
		status = judged(c, x);
	if (status != EXIT_CHANGED && !receipt_fits(&x->receipt))
		return (not_proved(x,
		    "%s proves nothing: its record does not belong to its "
		    "checkpoint. The file was changed",
		    x->name));
	if (status >= 0)
		return (status);
	if (record_text(x, record, sizeof(record)) != 0)
		return (not_proved(x,
		    "%s proves nothing: its record cannot be read", x->name));
	signers_text(x, who, sizeof(who));
	snprintf(x->text, sizeof(x->text),
	    "%s proves that %s of the ledger. %s, and nobody can take it "
	    "out unnoticed",
	    x->name, record, who);
	return (-1);
}

static int
note_examine(struct client *c, struct examined *x, const struct note *note)
{
	char who[PROVED_SIGNERS + 160];
	int status;

	x->note = note;
	json_number(x->json, "size", note->size);
	if ((status = policy_find(c, x)) >= 0 || (status = judged(c, x)) >= 0)
		return (status);
	signers_text(x, who, sizeof(who));
	snprintf(x->text, sizeof(x->text),
	    "%s proves that the ledger had %llu records. %s", x->name,
	    (unsigned long long)note->size, who);
	return (-1);
}

static int
text_examine(struct client *c, struct examined *x, const char *text, size_t len)
{
	struct note note;
	char why[300];

	if (strncmp(text, RECEIPT_HEAD, strlen(RECEIPT_HEAD)) != 0 &&
	    note_read(&note, text, len, why, sizeof(why)) == 0)
		return (note_examine(c, x, &note));
	if (receipt_read(&x->receipt, text, len, why, sizeof(why)) != 0)
		return (not_proved(x, "%s is not a receipt: %s", x->name, why));
	return (receipt_examine(c, x));
}

/* -1: it proves what the text says. */
static int
examine(struct client *c, struct examined *x)
{
	size_t len;
	int status = EXIT_USAGE;
	char *text = file_read(x->name, PROVED_MOST, &len);

	if (text != NULL)
		status = text_examine(c, x, text, len);
	else
		snprintf(x->text, sizeof(x->text), "%s cannot be read: %s",
		    x->name, strerror(errno));
	json_flag(x->json, "proved", status < 0);
	json_text(x->json, "text", x->text);
	receipt_clear(&x->receipt);
	tlog_policy_free(x->met);
	free(text);
	return (status);
}

/* ---- all of them ---- */

static int
one_say(struct client *c, const struct examined *x, int status, int last)
{
	if (status < 0 && last)
		return (say_done(c, "%s", x->text));
	if (status == EXIT_REFUSED && last)
		return (say_unproved(c, "%s", x->text));
	if (status == EXIT_CHANGED && last)
		return (say_problem(c, "", EVOTE_CHANGED, "%s", x->text));
	if (last)
		return (say_usage(c, "%s", x->text));
	say_line(c, "%s.", x->text);
	return (status);
}

static int
one_verify(struct client *c, const struct tlog_policy *policy,
    struct histories *histories, cJSON *list, const char *name, int last)
{
	struct examined *x = need_zeroed(1, sizeof(*x));
	int status;

	x->name = name;
	x->policy = policy;
	x->histories = histories;
	x->json = json_item(list);
	json_text(x->json, "file", name);
	status = one_say(c, x, examine(c, x), last);
	free(x);
	return (status);
}

static int
all_verify(
    struct client *c, const struct tlog_policy *policy, int n, char **names)
{
	cJSON *list = json_list(c->json, "files");
	struct histories histories = {0};
	int status = -1, bad = 0, torn = 0, unread = 0;

	for (int i = 0; i < n; i++) {
		status =
		    one_verify(c, policy, &histories, list, names[i], n == 1);
		bad += status == EXIT_REFUSED;
		torn += status == EXIT_CHANGED;
		unread += status == EXIT_USAGE;
	}
	histories_clear(&histories);
	if (n == 1)
		return (status);
	if (torn > 0)
		return (say_problem(c, "", EVOTE_CHANGED,
		    "The service has signed different histories. Show these "
		    "files to the operators"));
	if (unread > 0)
		return (
		    say_usage(c, "%d of %d files cannot be read", unread, n));
	if (bad == 0)
		return (say_done(c, "All %d files prove what they say", n));
	return (say_unproved(
	    c, "%d of %d files do not prove what they should", bad, n));
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	const struct options *o = own;
	struct tlog_policy *policy = NULL;
	char *text, why[NOTE_NAME + 300];
	size_t len;
	int status;

	if (o->policy != NULL) {
		if ((text = proved_file(c, o->policy, &len, &status)) == NULL)
			return (status);
		policy = tlog_policy_read(text, len, why, sizeof(why));
		free(text);
		if (policy == NULL)
			return (
			    say_usage(c, "the policy %s: %s", o->policy, why));
	}
	status = all_verify(c, policy, argc, argv);
	tlog_policy_free(policy);
	return (status);
}

const struct command cmd_verify = {
    .name = "verify",
    .args = "FILE ...",
    .help = "Says what receipts and checkpoints prove, without asking "
	    "anybody, and whether they contradict each other.",
    .size = sizeof(struct options),
    .options = verify_options,
    .run = run,
};
