/*
 * docs/VECTORS.md, recomputed from the values that it gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/merkle.h"
#include "common/note.h"
#include "common/number.h"
#include "common/receipt.h"
#include "common/record.h"
#include "common/seal.h"
#include "common/tlog_policy.h"
#include "common/tracker.h"

#define ENTRIES	  96
#define VALUE_MAX 2048

struct entry {
	char name[64], value[VALUE_MAX];
	int checked;
};
static struct entry entries[ENTRIES];
static int n_entries;

/* Between "```name" and "```": lines as they are.  1: this is one of them. */
static int
fenced_line(char *line)
{
	static int inside;
	struct entry *e;

	if (strncmp(line, "```", 3) == 0) {
		inside = !inside;
		if (!inside)
			return (1);
		assert_true(n_entries < ENTRIES);
		e = &entries[n_entries++];
		snprintf(e->name, sizeof(e->name), "%.*s",
		    (int)strcspn(line + 3, "\n"), line + 3);
	} else if (inside) {
		e = &entries[n_entries - 1];
		assert_true(strlen(e->value) + strlen(line) < VALUE_MAX);
		strcat(e->value, line);
	}
	return (inside);
}

/* Indented lines: "name = value", and what a long value goes on with. */
static void
page_line(char *line)
{
	char *value = strstr(line, " =");
	struct entry *e;

	if (fenced_line(line))
		return;
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "    ", 4) != 0)
		return;
	if (strncmp(line, "        ", 8) == 0) {
		assert_true(n_entries > 0);
		e = &entries[n_entries - 1];
		assert_true(strlen(e->value) + strlen(line) < VALUE_MAX);
		strcat(e->value, line + 8);
		return;
	}
	assert_non_null(value);
	assert_true(n_entries < ENTRIES);
	e = &entries[n_entries++];
	snprintf(e->name, sizeof(e->name), "%.*s", (int)(value - line - 4),
	    line + 4);
	snprintf(
	    e->value, sizeof(e->value), "%s", value[2] == ' ' ? value + 3 : "");
}

static int
page_read(void **state)
{
	FILE *f = fopen("docs/VECTORS.md", "re");
	char line[1024];

	assert_non_null(f); /* run where docs/ is */
	while (fgets(line, sizeof(line), f) != NULL)
		page_line(line);
	fclose(f);
	return (0);
}

static char *
text(const char *name)
{
	for (int i = 0; i < n_entries; i++) {
		if (strcmp(entries[i].name, name) != 0)
			continue;
		entries[i].checked = 1;
		return (entries[i].value);
	}
	fail_msg("docs/VECTORS.md has no %s", name);
	return (NULL);
}

static uint64_t
number(const char *name)
{
	uint64_t n = 0;

	assert_int_equal(number_read(text(name), 0, UINT64_MAX, &n), 0);
	return (n);
}

static void
bytes(const char *name, void *out, size_t len)
{
	assert_int_equal(seal_unhex(out, len, text(name)), 0);
}

static void
is(const char *name, const void *data, size_t len)
{
	char hex[VALUE_MAX];

	assert_true(2 * len < sizeof(hex));
	seal_hex(hex, data, len);
	if (strcmp(hex, text(name)) != 0)
		fail_msg("%s is %s", name, hex);
}

/* The XDR of it, and perhaps its hash and the key's signature over it. */
static void
is_encoded(const char *name, xdrproc_t proc, const void *obj, const char *hash,
    const char *signature)
{
	unsigned char *xdr, out[SEAL_SIG], seed[SEAL_KEY];
	long len = xdr_to_bytes(proc, obj, &xdr);
	struct seal_key *key;

	assert_true(len > 0);
	is(name, xdr, (size_t)len);
	if (hash != NULL) {
		seal_hash(out, &(struct seal_part){xdr, (size_t)len}, 1);
		is(hash, out, SEAL_HASH);
	}
	if (signature != NULL) {
		bytes("seed", seed, sizeof(seed));
		key = seal_key_seed(seed);
		seal_key_sign(key, out, xdr, (size_t)len);
		is(signature, out, SEAL_SIG);
		seal_key_public(key, out);
		is("public-key", out, SEAL_KEY);
		seal_key_free(key);
	}
	free(xdr);
}

static evote_asker
asker(void)
{
	evote_asker a = {.voter = text("voter"), .number = number("number")};

	bytes("client", a.client, sizeof(a.client));
	return (a);
}

static evote_act
vote(void)
{
	evote_act act = {.kind = EVOTE_ACT_VOTE};
	evote_ballot *b = &act.evote_act_u.ballot;

	b->election = text("election");
	bytes("commitment", b->commitment, sizeof(b->commitment));
	return (act);
}

static void
statement_is(const char *name, const evote_act *act, const char *signature)
{
	char domain[] = "evote statement 1";
	evote_statement s = {.domain = domain,
	    .origin = text("origin"),
	    .asker = asker(),
	    .act = *act};

	bytes("cluster", s.cluster, sizeof(s.cluster));
	is_encoded(name, (xdrproc_t)xdr_evote_statement, &s, NULL, signature);
}

static void
a_vote(void **state)
{
	char domain[] = "evote opening 1";
	evote_opening o = {.domain = domain,
	    .election = text("election"),
	    .choice = text("choice")};
	evote_act act = vote();

	bytes("salt", o.salt, sizeof(o.salt));
	is_encoded(
	    "opening", (xdrproc_t)xdr_evote_opening, &o, "commitment", NULL);
	is_encoded("act", (xdrproc_t)xdr_evote_act, &act, "act-hash", NULL);
	statement_is("statement", &act, "statement-signature");
}

static void
a_ballot(void **state)
{
	char domain[] = "evote opening 2", ranks[4];
	char domain_list[] = "evote choices 1";
	char *names[] = {"north", "east", "south", "west"};
	evote_choice_list list = {.domain = domain_list, .choices = {4, names}};
	evote_opening2 o = {.domain = domain,
	    .election = text("election"),
	    .ranks = {sizeof(ranks), ranks}};
	evote_act act = {.kind = EVOTE_ACT_BALLOT};
	evote_ballot *b = &act.evote_act_u.ballot;

	bytes("salt", o.salt, sizeof(o.salt));
	bytes("ranks", ranks, sizeof(ranks));
	is_encoded("choice-list", (xdrproc_t)xdr_evote_choice_list, &list,
	    "choices", NULL);
	bytes("choices", o.choices, sizeof(o.choices));
	is_encoded("opening-2", (xdrproc_t)xdr_evote_opening2, &o,
	    "commitment-2", NULL);
	b->election = text("election");
	bytes("commitment-2", b->commitment, sizeof(b->commitment));
	is_encoded("act-2", (xdrproc_t)xdr_evote_act, &act, "act-2-hash", NULL);
	statement_is("statement-2", &act, "statement-2-signature");
}

static void
an_election(void **state)
{
	char group[] = "members", yes[] = "yes", no[] = "no";
	char *groups[] = {group}, *choices[] = {yes, no};
	evote_act act = {.kind = EVOTE_ACT_CREATE};
	evote_election *e = &act.evote_act_u.election;

	e->name = text("election");
	e->groups.groups_len = 1;
	e->groups.groups_val = groups;
	e->choices.choices_len = 2;
	e->choices.choices_val = choices;
	e->end = number("end");
	is_encoded("create-act", (xdrproc_t)xdr_evote_act, &act,
	    "create-act-hash", NULL);
	statement_is("create-statement", &act, "create-signature");
}

static void
an_election_with_options(void **state)
{
	char group[] = "members", yes[] = "yes", no[] = "no";
	char *groups[] = {group}, *choices[] = {yes, no};
	evote_option option = {EVOTE_OPTION_SHEET, 1};
	evote_act act = {.kind = EVOTE_ACT_OPEN,
	    .evote_act_u.terms = {.election = {.name = text("election"),
				      .groups = {1, groups},
				      .choices = {2, choices},
				      .end = number("end")},
		.options = {1, &option}}};

	is_encoded(
	    "open-act", (xdrproc_t)xdr_evote_act, &act, "open-act-hash", NULL);
}

static void
an_extension(void **state)
{
	evote_act act = {.kind = EVOTE_ACT_EXTEND,
	    .evote_act_u.extension = {.election = text("election"),
		.end = number("new-end"),
		.reason = text("reason")}};

	is_encoded("extend-act", (xdrproc_t)xdr_evote_act, &act,
	    "extend-act-hash", NULL);
	statement_is("extend-statement", &act, "extend-signature");
}

static void
a_cancellation(void **state)
{
	evote_act act = {.kind = EVOTE_ACT_CANCEL,
	    .evote_act_u.cancellation = {
		.election = text("election"), .reason = text("reason")}};

	is_encoded("cancel-act", (xdrproc_t)xdr_evote_act, &act,
	    "cancel-act-hash", NULL);
	statement_is("cancel-statement", &act, "cancel-signature");
}

static void
a_tracker(void **state)
{
	char domain[] = "evote tracker 1", shown[TRACKER_TEXT];
	evote_tracked t = {.domain = domain, .election = text("election")};

	bytes("salt", t.salt, sizeof(t.salt));
	is_encoded(
	    "tracked", (xdrproc_t)xdr_evote_tracked, &t, "tracked-hash", NULL);
	tracker_text(
	    shown, tracker_of((unsigned char *)t.salt, text("election")));
	assert_string_equal(shown, text("tracker"));
}

static void
a_login(void **state)
{
	unsigned char challenge[40];
	char domain[] = "evote login 1";
	evote_login l = {.domain = domain, .origin = text("origin")};

	bytes("cluster", l.cluster, sizeof(l.cluster));
	bytes("challenge", challenge, sizeof(challenge));
	l.challenge.evote_token_val = (char *)challenge;
	l.challenge.evote_token_len = sizeof(challenge);
	is_encoded(
	    "login", (xdrproc_t)xdr_evote_login, &l, NULL, "login-signature");
}

static void
a_record(void **state)
{
	unsigned char signature[SEAL_SIG], hash[SEAL_HASH], *xdr;
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT,
	    .seq = number("seq"),
	    .epoch = number("epoch"),
	    .time = number("time")};
	evote_vote_op *op = &leaf.op.evote_op_u.vote;
	long len;

	leaf.op.kind = EVOTE_OP_VOTE;
	op->asker = asker();
	op->ballot = vote().evote_act_u.ballot;
	bytes("statement-signature", signature, sizeof(signature));
	op->signature.evote_signature_val = (char *)signature;
	op->signature.evote_signature_len = sizeof(signature);
	is_encoded("leaf", (xdrproc_t)xdr_evote_leaf, &leaf, NULL, NULL);
	len = xdr_to_bytes((xdrproc_t)xdr_evote_leaf, &leaf, &xdr);
	merkle_leaf_hash(hash, xdr, (uint32_t)len);
	is("leaf-hash", hash, sizeof(hash));
	free(xdr);
}

static void
is_text(const char *name, const char *value)
{
	if (strcmp(value, text(name)) != 0)
		fail_msg("%s is %s", name, value);
}

/* The line with which a key signs, as the last one of a note. */
static void
is_line(const char *name, const char *vkey, const struct note_key *key,
    const char *checkpoint, uint64_t time_s, const unsigned char sig[SEAL_SIG])
{
	char note[VALUE_MAX], written[NOTE_VKEY];
	char *line;

	assert_int_equal(note_begin(note, sizeof(note), checkpoint), 0);
	line = note + strlen(note);
	assert_int_equal(note_add(note, sizeof(note), key, time_s, sig), 0);
	line[strcspn(line, "\n")] = '\0';
	is_text(name, line);
	note_vkey_write(key, written);
	is_text(vkey, written);
}

static void
log_signs(const char *log, const char *checkpoint)
{
	unsigned char cluster_key[32], seed[SEAL_HASH], public[SEAL_KEY];
	unsigned char sig[SEAL_SIG];
	struct note_key name;
	struct seal_key *key;

	bytes("cluster-key", cluster_key, sizeof(cluster_key));
	seal_mac(seed, cluster_key, sizeof(cluster_key),
	    &(struct seal_part){"evote log 1", 11}, 1);
	is("log-seed", seed, sizeof(seed));
	key = seal_key_seed(seed);
	seal_key_public(key, public);
	note_key_set(&name, NOTE_LOG, log, public);
	note_sign(key, checkpoint, sig);
	is("log-signature", sig, sizeof(sig));
	is_line("log-line", "log-vkey", &name, checkpoint, 0, sig);
	seal_key_free(key);
}

static void
host_signs(const char *log, const char *checkpoint)
{
	unsigned char seed[SEAL_KEY], public[SEAL_KEY], sig[SEAL_SIG];
	char host[NOTE_NAME];
	struct note_key name;
	struct seal_key *key;

	bytes("seed", seed, sizeof(seed));
	key = seal_key_seed(seed);
	seal_key_public(key, public);
	assert_int_equal(note_host_name(host, log, text("host")), 0);
	note_key_set(&name, NOTE_HOST, host, public);
	note_cosign(key, checkpoint, number("signed-at"), sig);
	is("host-signature", sig, sizeof(sig));
	is_line("host-line", "host-vkey", &name, checkpoint,
	    number("signed-at"), sig);
	seal_key_free(key);
}

static void
a_checkpoint(void **state)
{
	unsigned char cluster[16], root[SEAL_HASH];
	char log[NOTE_NAME], checkpoint[NOTE_TEXT];

	bytes("cluster", cluster, sizeof(cluster));
	bytes("root", root, sizeof(root));
	assert_int_equal(note_log_name(log, text("origin"), cluster), 0);
	is_text("log", log);
	is("checkpoint", checkpoint,
	    note_text(checkpoint, log, number("size"), root));
	log_signs(log, checkpoint);
	host_signs(log, checkpoint);
}

/* Of 00 to 06 and the leaf: the way from that one up to the root. */
static void
tree_make(const unsigned char *leaf, uint32_t len,
    unsigned char path[MERKLE_PATH][MERKLE_HASH])
{
	unsigned char hash[SEAL_HASH], root[SEAL_HASH];
	struct merkle *m = merkle_new();

	for (unsigned char i = 0; i < 7; i++) {
		merkle_leaf_hash(hash, &i, 1);
		merkle_append(m, hash);
	}
	merkle_leaf_hash(hash, leaf, len);
	merkle_append(m, hash);
	merkle_root(m, 8, root);
	is("root", root, sizeof(root));
	assert_int_equal(merkle_inclusion(m, 7, 8, path), 3);
	merkle_free(m);
}

static void
a_receipt(void **state)
{
	unsigned char leaf[VALUE_MAX], path[MERKLE_PATH][MERKLE_HASH];
	size_t len = strlen(text("leaf")) / 2;
	char note[2 * VALUE_MAX], err[200], *made;
	struct tlog_policy *p;
	struct tlog_verdict v;
	struct receipt r;

	bytes("leaf", leaf, len);
	tree_make(leaf, (uint32_t)len, path);
	bytes("checkpoint", note, strlen(text("checkpoint")) / 2);
	note[strlen(text("checkpoint")) / 2] = '\0';
	snprintf(note + strlen(note), VALUE_MAX, "\n%s\n%s\n", text("log-line"),
	    text("host-line"));
	made = receipt_write(leaf, len, 7, path, 3, note);
	assert_string_equal(made, text("receipt"));
	p = tlog_policy_read(
	    text("policy"), strlen(text("policy")), err, sizeof(err));
	assert_non_null(p);
	assert_int_equal(
	    receipt_read(&r, made, strlen(made), err, sizeof(err)), 0);
	assert_true(receipt_fits(&r));
	tlog_policy_judge(p, &r.note, &v);
	assert_int_equal(v.judgement, TLOG_GOOD);
	receipt_clear(&r);
	tlog_policy_free(p);
	free(made);
}

static void
nothing_on_the_page_is_unchecked(void **state)
{
	assert_true(n_entries > 20);
	for (int i = 0; i < n_entries; i++)
		if (!entries[i].checked)
			fail_msg("%s is not checked", entries[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_vote),
	    cmocka_unit_test(a_ballot),
	    cmocka_unit_test(an_election),
	    cmocka_unit_test(an_election_with_options),
	    cmocka_unit_test(an_extension),
	    cmocka_unit_test(a_cancellation),
	    cmocka_unit_test(a_tracker),
	    cmocka_unit_test(a_login),
	    cmocka_unit_test(a_record),
	    cmocka_unit_test(a_checkpoint),
	    cmocka_unit_test(a_receipt),
	    cmocka_unit_test(nothing_on_the_page_is_unchecked),
	};

	return (cmocka_run_group_tests(tests, page_read, NULL));
}
