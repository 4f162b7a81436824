/*
 * Checkpoints and proofs: a server that is alone, in this process, whose loop
 * is the test; a voter's call, and what it is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/merkle.h"
#include "common/note.h"
#include "common/proof.h"
#include "common/rpc/header.h"
#include "common/rpc/stream.h"
#include "scratch.h"
#include "server/checkpoint.h"
#include "server/events.h"
#include "server/proofs.h"
#include "server/service.h"
#include "server/signing.h"

#define STEPS_MAX 4000 /* of a millisecond and more */

/* RFC 8032, 7.1, test 1: the voters' key. */
#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define PUBLIC \
	"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

struct scene {
	char dir[128], data[160], socket[160];
	struct conf conf;
	struct server server;
	int client;
	struct inbox in;
	uint32_t xid;
	int steps; /* that the last answer took */
	/* Of the log and of this host. */
	struct note_key log, host;
};

static void
step(struct server *s)
{
	struct event tick = {.kind = EV_TICK}, flush = {.kind = EV_FLUSH};

	server_clocks(s);
	events_disk(s);
	transport_run(s->transport, s->now_ms);
	(void)service_run(s);
	events_step(s, &tick);
	(void)service_prove(s);
	events_step(s, &flush);
	transport_flush(s->transport);
	(void)poll(NULL, 0, 1);
}

static void
keys_know(struct scene *a)
{
	const evote_genesis *g = election_genesis(a->server.election);
	char log[NOTE_NAME], host[NOTE_NAME];

	note_log_name(log, g->origin, (const unsigned char *)g->cluster);
	note_host_name(host, log, "alpha");
	note_key_set(
	    &a->log, NOTE_LOG, log, signing_log_key(a->server.signing));
	note_key_set(
	    &a->host, NOTE_HOST, host, signing_host_key(a->server.signing));
}

static int
dial(struct scene *a)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sun.sun_path, a->socket);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return (fd);
}

/* The same host, started anew: it remembers what its disk has. */
static void
restart(struct scene *a)
{
	close(a->client);
	inbox_clear(&a->in);
	server_close(&a->server);
	assert_int_equal(server_open(&a->server, &a->conf), 0);
	while (core_role(a->server.core) != EVOTE_PRIMARY)
		step(&a->server);
	for (int i = 0; i < 3; i++)
		step(&a->server);
	a->client = dial(a);
}

static int
setup(void **state)
{
	struct scene *a = calloc(1, sizeof(*a));
	char err[512];

	assert_non_null(scratch_make(a->dir, sizeof(a->dir)));
	snprintf(a->data, sizeof(a->data), "%s/data", a->dir);
	snprintf(a->socket, sizeof(a->socket), "%s/sock", a->dir);
	assert_int_equal(datadir_init(a->data, "a b", err, sizeof(err)), 0);
	a->conf = (struct conf){.data = a->data,
	    .name = (char *)"alpha",
	    .admin_socket = a->socket,
	    .suspect_ms = 3000,
	    .hang_ms = 5000};
	assert_int_equal(
	    hosts_parse("alpha=127.0.0.1", &a->conf.hosts, err, sizeof(err)),
	    0);
	assert_int_equal(server_open(&a->server, &a->conf), 0);
	while (core_role(a->server.core) != EVOTE_PRIMARY)
		step(&a->server);
	keys_know(a);
	a->client = dial(a);
	*state = a;
	return (0);
}

static int
teardown(void **state)
{
	struct scene *a = *state;

	close(a->client);
	inbox_clear(&a->in);
	server_close(&a->server);
	scratch_remove(a->dir);
	free(a);
	return (0);
}

static void
send_call(
    struct scene *a, uint32_t prog, uint32_t proc, xdrproc_t xargs, void *args)
{
	unsigned char out[4096];
	uint32_t mark;
	size_t len;
	XDR x;

	xdrmem_create(&x, (char *)out + STREAM_MARK, sizeof(out) - STREAM_MARK,
	    XDR_ENCODE);
	assert_int_equal(header_call(&x, ++a->xid, prog, 1, proc), 0);
	assert_true(xargs(&x, args));
	len = xdr_getpos(&x);
	mark = stream_mark(len);
	memcpy(out, &mark, STREAM_MARK);
	assert_int_equal(
	    send(a->client, out, STREAM_MARK + len, 0), STREAM_MARK + len);
}

/* The next answer, whichever call it belongs to; the caller xdr_frees. */
static void
receive(struct scene *a, xdrproc_t xres, void *res)
{
	struct rpc_err err;
	unsigned char *rec;
	uint32_t len, xid;
	ssize_t got;
	XDR x;

	for (a->steps = 0;
	     inbox_next(&a->in, EVOTE_CALL_MAX, &rec, &len) != RECORD_WHOLE;
	     a->steps++) {
		assert_in_range(a->steps, 0, STEPS_MAX);
		step(&a->server);
		assert_int_equal(inbox_room(&a->in, EVOTE_CALL_MAX), 0);
		got = recv(a->client, a->in.data + a->in.end,
		    a->in.cap - a->in.end, MSG_DONTWAIT);
		a->in.end += got > 0 ? (size_t)got : 0;
	}
	xdrmem_create(&x, (char *)rec, len, XDR_DECODE);
	assert_int_equal(header_reply(&x, &xid, &err), 0);
	assert_int_equal(err.re_status, RPC_SUCCESS);
	assert_true(xres(&x, res));
}

#define ask(a, PROC, proc, args, res)                   \
	(send_call(a, EVOTE_PROG, EVOTE_##PROC,         \
	     (xdrproc_t)xdr_evote_##proc##_args, args), \
	    memset(res, 0, sizeof(*(res))),             \
	    receive(a, (xdrproc_t)xdr_evote_##proc##_res, res))

/* One more record: a voter on the roll. */
static void
add_voter(struct scene *a, const char *name)
{
	evote_voter voter = {.name = (char *)name, .group = (char *)"g"};
	evote_register_args args = {.voters = {1, &voter}, .shared_keys = TRUE};
	evote_register_res res = {0};

	assert_int_equal(seal_unhex(voter.key, sizeof(voter.key), PUBLIC), 0);
	send_call(a, EVOTE_ADMIN_PROG, EVOTE_REGISTER,
	    (xdrproc_t)xdr_evote_register_args, &args);
	receive(a, (xdrproc_t)xdr_evote_register_res, &res);
	assert_int_equal(res.answer.code, 0);
	xdr_free((xdrproc_t)xdr_evote_register_res, &res);
}

static uint64_t
accepted(struct scene *a)
{
	evote_stamp stamp;

	core_stamp(a->server.core, &stamp);
	return (stamp.size);
}

/* Signed by both keys, over the tree that this server has. */
static void
assert_note(struct scene *a, const char *text, struct note *n)
{
	unsigned char root[MERKLE_HASH];
	char err[128];
	uint64_t time_s;

	assert_int_equal(note_read(n, text, strlen(text), err, sizeof(err)), 0);
	assert_string_equal(n->log, a->log.name);
	assert_int_equal(n->n, 2);
	assert_int_equal(note_verify(n, &a->log, NULL), NOTE_SIGNED);
	assert_int_equal(note_verify(n, &a->host, &time_s), NOTE_SIGNED);
	assert_in_range(time_s, a->server.wall_us / 1000000 - 60,
	    a->server.wall_us / 1000000);
	history_root(core_history(a->server.core), n->size, root);
	assert_memory_equal(n->root, root, sizeof(root));
}

static void
a_checkpoint_has_what_was_accepted(void **state)
{
	struct scene *a = *state;
	evote_checkpoint_args args = {0};
	evote_checkpoint_res res;
	unsigned char old[MERKLE_HASH];
	struct note n;
	uint64_t size = accepted(a);

	ask(a, CHECKPOINT, checkpoint, &args, &res);
	assert_int_equal(res.answer.standing, EVOTE_SERVED);
	assert_int_equal(res.answer.code, 0);
	assert_note(a, res.note, &n);
	assert_int_equal(n.size, size);
	memcpy(old, n.root, sizeof(old));
	assert_int_equal(res.consistency.evote_path_len, 0);
	xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &res);

	add_voter(a, "ada");
	args.since = size;
	ask(a, CHECKPOINT, checkpoint, &args, &res);
	assert_note(a, res.note, &n);
	assert_int_equal(n.size, size + 1);
	assert_true(proof_extends(size, old, n.size, n.root,
	    res.consistency.evote_path_val, res.consistency.evote_path_len));
	xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &res);
}

/* As long as nothing is new, one is enough. */
static void
one_is_made_for_all(void **state)
{
	struct scene *a = *state;
	evote_checkpoint_args args = {0};
	evote_checkpoint_res res;

	for (int i = 0; i < 20; i++)
		send_call(a, EVOTE_PROG, EVOTE_CHECKPOINT,
		    (xdrproc_t)xdr_evote_checkpoint_args, &args);
	for (int i = 0; i < 20; i++) {
		memset(&res, 0, sizeof(res));
		receive(a, (xdrproc_t)xdr_evote_checkpoint_res, &res);
		assert_int_equal(res.answer.code, 0);
		xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &res);
	}
	assert_int_equal(checkpoint_latest(&a->server)->number, 1);
	for (int i = 0; i < 5; i++) {
		ask(a, CHECKPOINT, checkpoint, &args, &res);
		xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &res);
	}
	assert_int_equal(checkpoint_latest(&a->server)->number, 1);
	assert_int_equal(proofs_held(&a->server), 0);
	assert_int_equal(checkpoint_wait_ms(&a->server), -1);
}

/* However many are asked for, there are 20 a second. */
static void
not_more_often_than_each_50_ms(void **state)
{
	struct scene *a = *state;
	evote_checkpoint_args args = {0};
	evote_checkpoint_res res;
	uint64_t begin, took;

	server_clocks(&a->server);
	begin = a->server.now_ms;
	for (int i = 0; i < 6; i++) {
		char name[8];

		snprintf(name, sizeof(name), "v%d", i);
		add_voter(a, name);
		ask(a, CHECKPOINT, checkpoint, &args, &res);
		xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &res);
	}
	took = a->server.now_ms - begin;
	assert_true(took >= 5 * 50);
	assert_int_equal(checkpoint_latest(&a->server)->number, 6);
}

/* What is asked for does not come to be: after a while that is said. */
static void
nobody_is_held_for_long(void **state)
{
	struct scene *a = *state;
	evote_checkpoint_args args = {.least = 1000};
	evote_checkpoint_res res;
	uint64_t begin = a->server.now_ms;

	ask(a, CHECKPOINT, checkpoint, &args, &res);
	assert_int_equal(res.answer.standing, EVOTE_SERVED);
	assert_int_equal(res.answer.code, 2);
	assert_string_equal(res.note, "");
	assert_in_range(a->server.now_ms - begin, 1900, 3500);
	xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &res);
	/* It comes while one waits. */
	args.least = accepted(a) + 1;
	send_call(a, EVOTE_PROG, EVOTE_CHECKPOINT,
	    (xdrproc_t)xdr_evote_checkpoint_args, &args);
	step(&a->server);
	step(&a->server);
	assert_int_equal(proofs_held(&a->server), 1);
	add_voter(a, "ada");
	memset(&res, 0, sizeof(res));
	receive(a, (xdrproc_t)xdr_evote_checkpoint_res, &res);
	assert_int_equal(res.answer.code, 0);
	xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &res);
}

/* Who waits for what will not be takes no place of those who will be served. */
static void
what_will_not_be_keeps_nobody_out(void **state)
{
	struct scene *a = *state;
	evote_checkpoint_args far = {.least = UINT64_MAX}, near = {0};
	evote_checkpoint_res res;
	int own = a->client, others[5];

	for (int i = 0; i < 5; i++) {
		a->client = others[i] = dial(a);
		for (int j = 0; j < 60; j++)
			send_call(a, EVOTE_PROG, EVOTE_CHECKPOINT,
			    (xdrproc_t)xdr_evote_checkpoint_args, &far);
		step(&a->server);
	}
	for (int i = 0; i < 20; i++)
		step(&a->server);
	assert_int_equal(proofs_held(&a->server), 256);
	a->client = own;
	ask(a, CHECKPOINT, checkpoint, &near, &res);
	assert_int_equal(res.answer.code, 0);
	xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &res);
	for (int i = 0; i < 5; i++)
		close(others[i]);
}

/* What another host sends is looked at before anybody is given it. */
static void
a_signature_is_verified(void **state)
{
	struct scene *a = *state;
	const evote_genesis *g = election_genesis(a->server.election);
	const unsigned char *own = signing_host_key(a->server.signing);
	unsigned char sig[SEAL_SIG], root[MERKLE_HASH] = {7};
	char log[NOTE_NAME], text[NOTE_TEXT], before[EVOTE_NOTE_MAX + 1];
	evote_note note;

	assert_int_equal(signing_text(g, 5, root, log, text), 0);
	assert_int_equal(signing_begin(a->server.signing, log, text, &note), 0);
	strcpy(before, note);
	signing_cosign(a->server.signing, text, 1000, sig);
	sig[9] ^= 1;
	assert_int_equal(signing_add(note, log, "beta", own, 1000, sig), -1);
	sig[9] ^= 1;
	assert_int_equal(signing_add(note, log, "beta", own, 1001, sig), -1);
	assert_int_equal(signing_add(note, log, "beta", root, 1000, sig), -1);
	assert_string_equal(note, before);
	assert_int_equal(signing_add(note, log, "beta", own, 1000, sig), 0);
	assert_string_not_equal(note, before);
	free(note);
}

/* ---- receipts ---- */

static void
sign(struct scene *a, evote_create_args *args, unsigned char sig[SEAL_SIG])
{
	const evote_genesis *g = election_genesis(a->server.election);
	evote_statement s = {.domain = "evote statement 1",
	    .origin = g->origin,
	    .act = {EVOTE_ACT_CREATE, {.election = args->election}}};
	unsigned char seed[SEAL_KEY], *bytes;
	struct seal_key *key;
	long len;

	memcpy(s.cluster, g->cluster, sizeof(s.cluster));
	s.asker.voter = args->request.credential.evote_credential_u.own.voter;
	memcpy(s.asker.client, args->request.client, sizeof(s.asker.client));
	s.asker.number = args->request.number;
	len = xdr_to_bytes((xdrproc_t)xdr_evote_statement, &s, &bytes);
	assert_int_equal(seal_unhex(seed, sizeof(seed), SEED), 0);
	key = seal_key_seed(seed);
	seal_key_sign(key, sig, bytes, (size_t)len);
	seal_key_free(key);
	free(bytes);
}

/* Opens an election of that name; the answer's code. */
static int
create(struct scene *a, const char *name, uint64_t number)
{
	evote_name group = (char *)"g", choice = (char *)"yes";
	unsigned char sig[SEAL_SIG];
	evote_create_args args = {.request = {.number = number, .client = "c"},
	    .election = {.name = (char *)name,
		.groups = {1, &group},
		.choices = {1, &choice},
		.end = a->server.wall_us + 3600000000ULL}};
	evote_signed *own = &args.request.credential.evote_credential_u.own;
	evote_answer res = {0};
	int code;

	args.request.credential.kind = EVOTE_BY_SIGNATURE;
	own->voter = (char *)"ada";
	sign(a, &args, sig);
	own->signature = (evote_signature){SEAL_SIG, (char *)sig};
	send_call(a, EVOTE_PROG, EVOTE_CREATE_ELECTION,
	    (xdrproc_t)xdr_evote_create_args, &args);
	receive(a, (xdrproc_t)xdr_evote_answer, &res);
	assert_int_equal(res.standing, EVOTE_SERVED);
	code = res.code;
	xdr_free((xdrproc_t)xdr_evote_answer, &res);
	return (code);
}

static void
assert_receipt(struct scene *a, uint64_t number, uint64_t seq, int code)
{
	evote_receipt_args args = {.asker = {(char *)"ada", "c", number}};
	evote_receipt_res res;
	unsigned char hash[MERKLE_HASH];
	evote_leaf leaf = {0};
	struct note n;

	ask(a, RECEIPT, receipt, &args, &res);
	assert_int_equal(res.answer.code, 0);
	assert_int_equal(res.seq, seq);
	assert_note(a, res.note, &n);
	assert_in_range(n.size, seq + 1, UINT64_MAX);
	merkle_leaf_hash(hash, res.leaf.leaf_val, res.leaf.leaf_len);
	assert_true(proof_includes(hash, seq, n.size, n.root,
	    res.inclusion.evote_path_val, res.inclusion.evote_path_len));
	assert_int_equal(xdr_from_bytes((xdrproc_t)xdr_evote_leaf, &leaf,
			     res.leaf.leaf_val, res.leaf.leaf_len),
	    0);
	assert_int_equal(leaf.seq, seq);
	assert_int_equal(leaf.code, code);
	xdr_free((xdrproc_t)xdr_evote_leaf, &leaf);
	xdr_free((xdrproc_t)xdr_evote_receipt_res, &res);
}

static void
assert_no_receipt(
    struct scene *a, const char *voter, const char *client, uint64_t number)
{
	evote_receipt_args args = {.asker = {.voter = (char *)voter}};
	evote_receipt_res res;

	strcpy(args.asker.client, client);
	args.asker.number = number;
	ask(a, RECEIPT, receipt, &args, &res);
	assert_int_equal(res.answer.standing, EVOTE_SERVED);
	assert_int_equal(res.answer.code, 1);
	assert_int_equal(res.leaf.leaf_len, 0);
	assert_string_equal(res.note, "");
	xdr_free((xdrproc_t)xdr_evote_receipt_res, &res);
}

static void
a_receipt_is_of_the_record_that_answers(void **state)
{
	struct scene *a = *state;
	uint64_t seq;

	add_voter(a, "ada");
	assert_no_receipt(a, "ada", "c", 1);
	seq = accepted(a);
	assert_int_equal(create(a, "e", 1), 0);
	assert_receipt(a, 1, seq, 0);
	/* A refusal is one too; only the latest is found by its number. */
	assert_int_equal(create(a, "e", 2), 3);
	assert_receipt(a, 2, seq + 1, 3);
	assert_no_receipt(a, "ada", "c", 1);
	assert_no_receipt(a, "ada", "d", 2);
	assert_no_receipt(a, "eve", "c", 2);
	/* The core does not keep it any more, but receipts are still asked. */
	for (int i = 0; i < 5; i++) {
		char name[8];

		snprintf(name, sizeof(name), "v%d", i);
		add_voter(a, name);
	}
	step(&a->server);
	assert_null(history_get(core_history(a->server.core), seq + 1));
	assert_receipt(a, 2, seq + 1, 3);
	/* Only the disk has it by now. */
	restart(a);
	assert_null(history_get(core_history(a->server.core), seq + 1));
	assert_receipt(a, 2, seq + 1, 3);
}

static void
a_record_is_proved(void **state)
{
	struct scene *a = *state;
	evote_prove_args args = {0};
	evote_prove_res res;
	const struct key_record *first;
	unsigned char hash[MERKLE_HASH];
	struct note n;

	first = &election_keys(a->server.election)->list[0];
	merkle_leaf_hash(hash, first->leaf, first->leaf_len);
	ask(a, PROVE, prove, &args, &res);
	assert_int_equal(res.answer.code, 0);
	assert_note(a, res.note, &n);
	assert_true(proof_includes(hash, 0, n.size, n.root,
	    res.inclusion.evote_path_val, res.inclusion.evote_path_len));
	xdr_free((xdrproc_t)xdr_evote_prove_res, &res);
	args.seq = accepted(a);
	ask(a, PROVE, prove, &args, &res);
	assert_int_equal(res.answer.code, 1);
	xdr_free((xdrproc_t)xdr_evote_prove_res, &res);
	args.seq = UINT64_MAX;
	ask(a, PROVE, prove, &args, &res);
	assert_int_equal(res.answer.code, 1);
	xdr_free((xdrproc_t)xdr_evote_prove_res, &res);
}

/* The ledger has grown since, and there is a newer one. */
static void
a_checkpoint_is_shown_again_by_its_last_record(void **state)
{
	struct scene *a = *state;
	evote_checkpoint_args of = {0};
	evote_checkpoint_res first, second;
	evote_prove_args args = {.since = 1};
	evote_prove_res res;
	unsigned char root[MERKLE_HASH];
	struct note n;

	ask(a, CHECKPOINT, checkpoint, &of, &first);
	add_voter(a, "ada");
	ask(a, CHECKPOINT, checkpoint, &of, &second);
	assert_string_not_equal(first.note, second.note);
	assert_note(a, first.note, &n);
	args.seq = n.size - 1;
	ask(a, PROVE, prove, &args, &res);
	assert_string_equal(res.note, first.note);
	history_root(core_history(a->server.core), 1, root);
	assert_true(proof_extends(1, root, n.size, n.root,
	    res.consistency.evote_path_val, res.consistency.evote_path_len));
	xdr_free((xdrproc_t)xdr_evote_prove_res, &res);
	/* Not to who knows of more. */
	args.since = n.size + 1;
	ask(a, PROVE, prove, &args, &res);
	assert_string_equal(res.note, second.note);
	xdr_free((xdrproc_t)xdr_evote_prove_res, &res);
	xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &first);
	xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &second);
}

static void
keys_are_told_with_their_records(void **state)
{
	struct scene *a = *state;
	const struct keys *ks = election_keys(a->server.election);
	evote_keys_args args = {0};
	evote_keys_res res;
	unsigned char hash[MERKLE_HASH];
	struct note n;

	ask(a, KEYS, keys, &args, &res);
	assert_int_equal(res.answer.code, 0);
	assert_note(a, res.note, &n);
	assert_memory_equal(res.log, a->log.public, sizeof(res.log));
	assert_int_equal(res.records.records_len, 2);
	assert_int_equal(res.next, 0);
	for (int i = 0; i < 2; i++) {
		const evote_key_record *r = &res.records.records_val[i];

		assert_int_equal(r->seq, ks->list[i].seq);
		merkle_leaf_hash(hash, r->leaf.leaf_val, r->leaf.leaf_len);
		assert_true(proof_includes(hash, r->seq, n.size, n.root,
		    r->inclusion.evote_path_val, r->inclusion.evote_path_len));
	}
	assert_memory_equal(ks->list[1].key, a->host.public, SEAL_KEY);
	xdr_free((xdrproc_t)xdr_evote_keys_res, &res);
	args.first = 1;
	ask(a, KEYS, keys, &args, &res);
	assert_int_equal(res.records.records_len, 1);
	xdr_free((xdrproc_t)xdr_evote_keys_res, &res);
	args.first = UINT32_MAX;
	ask(a, KEYS, keys, &args, &res);
	assert_int_equal(res.answer.code, 0);
	assert_int_equal(res.records.records_len, 0);
	xdr_free((xdrproc_t)xdr_evote_keys_res, &res);
}

/* Whoever goes away while he waits, or when the server ends. */
static void
nobody_is_left(void **state)
{
	struct scene *a = *state;
	evote_checkpoint_args args = {.least = 1000};

	send_call(a, EVOTE_PROG, EVOTE_CHECKPOINT,
	    (xdrproc_t)xdr_evote_checkpoint_args, &args);
	step(&a->server);
	step(&a->server);
	assert_int_equal(proofs_held(&a->server), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	    TEST(a_checkpoint_has_what_was_accepted),
	    TEST(one_is_made_for_all),
	    TEST(not_more_often_than_each_50_ms),
	    TEST(nobody_is_held_for_long),
	    TEST(what_will_not_be_keeps_nobody_out),
	    TEST(a_signature_is_verified),
	    TEST(a_receipt_is_of_the_record_that_answers),
	    TEST(a_record_is_proved),
	    TEST(a_checkpoint_is_shown_again_by_its_last_record),
	    TEST(keys_are_told_with_their_records),
	    TEST(nobody_is_left),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
