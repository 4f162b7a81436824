/*
 * Asks a host for what it can prove, and checks all of it, with the keys that
 * KEYS proves and nothing else.
 *
 *	prover ADDRESS PORT keys
 *	prover ADDRESS PORT checkpoint [SINCE ROOT]
 *	prover ADDRESS PORT receipt VOTER CLIENT NUMBER
 *	prover ADDRESS PORT prove SEQ
 *
 * Prints "SIZE ROOT SIGNERS" and what was asked for.  Exit status: the answer's
 * code, 8 when it was not served, 9 without an answer, 99 when a proof is none.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/merkle.h"
#include "common/note.h"
#include "common/proof.h"
#include "common/record.h"

/* It ends after one answer, which it leaves to the system. */
static CLIENT *server;

static _Noreturn void
wrong(const char *what)
{
	fprintf(stderr, "prover: %s\n", what);
	exit(99);
}

static void
call(const char *address, const char *port)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int fd = RPC_ANYSOCK;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		exit(9);
	server = clnttcp_create(&to, EVOTE_PROG, EVOTE_V1, &fd, 0, 0);
	if (server == NULL)
		exit(9);
}

static void
served(enum clnt_stat stat, const evote_answer *a)
{
	if (stat != RPC_SUCCESS)
		exit(9);
	if (a->standing != EVOTE_SERVED)
		exit(8);
	if (a->code != 0) {
		printf("code %d\n", a->code);
		exit(a->code);
	}
}

/* ---- notes ---- */

static void
read_note(const char *text, struct note *n)
{
	char err[128];

	if (note_read(n, text, strlen(text), err, sizeof(err)) == -1)
		wrong(err);
}

static void
check_inclusion(const struct note *n, const void *leaf, uint32_t len,
    uint64_t seq, const evote_path *path)
{
	unsigned char hash[MERKLE_HASH];

	merkle_leaf_hash(hash, leaf, len);
	if (!proof_includes(hash, seq, n->size, n->root, path->evote_path_val,
		path->evote_path_len))
		wrong("a record is not in the checkpoint");
}

/* The keys that count for that note, as its records have them: hosts' names. */
struct policy {
	evote_keys_res keys;
	struct note note;
	char name[64][EVOTE_HOST_MAX + 1];
	struct note_key key[64];
	int n;
};

static void
policy_add(struct policy *p, const evote_key_record *r)
{
	evote_leaf leaf = {0};
	const evote_host_op *h = &leaf.op.evote_op_u.host;
	char name[NOTE_NAME];
	int i = 0;

	if (xdr_from_bytes((xdrproc_t)xdr_evote_leaf, &leaf, r->leaf.leaf_val,
		r->leaf.leaf_len) == -1 ||
	    leaf.seq != r->seq)
		wrong("a key's record is none");
	check_inclusion(&p->note, r->leaf.leaf_val, r->leaf.leaf_len, r->seq,
	    &r->inclusion);
	if (leaf.op.kind == EVOTE_OP_HOST) {
		printf("key %" PRIu64 " %s\n", r->seq, h->name);
		while (i < p->n && strcmp(p->name[i], h->name) != 0)
			i++;
		p->n += i == p->n;
		snprintf(p->name[i], sizeof(p->name[i]), "%s", h->name);
		note_host_name(name, p->note.log, h->name);
		note_key_set(
		    &p->key[i], NOTE_HOST, name, (const unsigned char *)h->key);
	}
	xdr_free((xdrproc_t)xdr_evote_leaf, &leaf);
}

static void
policy_get(struct policy *p)
{
	static evote_keys_args args;
	struct note_key log;

	served(evote_keys_1(&args, &p->keys, server), &p->keys.answer);
	read_note(p->keys.note, &p->note);
	note_key_set(
	    &log, NOTE_LOG, p->note.log, (const unsigned char *)p->keys.log);
	if (note_verify(&p->note, &log, NULL) != NOTE_SIGNED)
		wrong("the log's key has not signed");
	for (u_int i = 0; i < p->keys.records.records_len; i++)
		policy_add(p, &p->keys.records.records_val[i]);
}

/* "SIZE ROOT SIGNERS" */
static void
tell_note(const struct policy *p, const char *text)
{
	char root[2 * MERKLE_HASH + 1];
	struct note_key log;
	struct note n;
	int signers = 0;

	read_note(text, &n);
	note_key_set(
	    &log, NOTE_LOG, p->note.log, (const unsigned char *)p->keys.log);
	if (note_verify(&n, &log, NULL) != NOTE_SIGNED)
		wrong("the log's key has not signed");
	seal_hex(root, n.root, sizeof(n.root));
	printf("%" PRIu64 " %s ", n.size, root);
	for (int i = 0; i < p->n; i++) {
		enum note_verdict v = note_verify(&n, &p->key[i], NULL);

		if (v == NOTE_FORGED)
			wrong("a signature is forged");
		if (v == NOTE_SIGNED)
			printf("%s%s", signers++ == 0 ? "" : ",", p->name[i]);
	}
	printf("%s\n", signers == 0 ? "-" : "");
}

/* ---- what is asked ---- */

static void
checkpoint(const struct policy *p, char **arg)
{
	evote_checkpoint_args args = {0};
	static evote_checkpoint_res res;
	unsigned char root[MERKLE_HASH];
	struct note n;

	if (arg[0] != NULL)
		args.since = strtoull(arg[0], NULL, 10);
	served(evote_checkpoint_1(&args, &res, server), &res.answer);
	tell_note(p, res.note);
	read_note(res.note, &n);
	if (arg[0] == NULL)
		return;
	if (arg[1] == NULL || seal_unhex(root, sizeof(root), arg[1]) == -1 ||
	    !proof_extends(args.since, root, n.size, n.root,
		res.consistency.evote_path_val, res.consistency.evote_path_len))
		wrong("the checkpoint does not extend the other one");
	printf("extends %s\n", arg[0]);
}

static void
receipt(const struct policy *p, char **arg)
{
	evote_receipt_args args = {.asker = {.voter = arg[0]}};
	static evote_receipt_res res;
	evote_leaf leaf = {0};
	struct note n;

	memcpy(args.asker.client, arg[1],
	    strnlen(arg[1], sizeof(args.asker.client)));
	args.asker.number = strtoull(arg[2], NULL, 10);
	served(evote_receipt_1(&args, &res, server), &res.answer);
	tell_note(p, res.note);
	read_note(res.note, &n);
	check_inclusion(
	    &n, res.leaf.leaf_val, res.leaf.leaf_len, res.seq, &res.inclusion);
	if (xdr_from_bytes((xdrproc_t)xdr_evote_leaf, &leaf, res.leaf.leaf_val,
		res.leaf.leaf_len) == -1 ||
	    leaf.seq != res.seq)
		wrong("the leaf is none");
	printf("record %" PRIu64 " kind %d code %d voter %s\n", res.seq,
	    leaf.op.kind, leaf.code,
	    leaf.op.kind == EVOTE_OP_VOTE ? leaf.op.evote_op_u.vote.asker.voter
					  : "-");
	xdr_free((xdrproc_t)xdr_evote_leaf, &leaf);
}

/* Of a record that is not at hand; the path is only counted. */
static void
prove(const struct policy *p, char **arg)
{
	evote_prove_args args = {.seq = strtoull(arg[0], NULL, 10)};
	static evote_prove_res res;

	served(evote_prove_1(&args, &res, server), &res.answer);
	tell_note(p, res.note);
	printf("path %u\n", res.inclusion.evote_path_len);
}

int
main(int argc, char **argv)
{
	static struct policy p;

	if (argc < 4)
		exit(9);
	call(argv[1], argv[2]);
	policy_get(&p);
	if (strcmp(argv[3], "keys") == 0)
		tell_note(&p, p.keys.note);
	else if (strcmp(argv[3], "checkpoint") == 0)
		checkpoint(&p, argv + 4);
	else if (strcmp(argv[3], "receipt") == 0 && argc == 7)
		receipt(&p, argv + 4);
	else if (strcmp(argv[3], "prove") == 0 && argc == 5)
		prove(&p, argv + 4);
	else
		exit(9);
	return (0);
}
