/*
 * What libevote makes of what a service signs, against one that runs in this
 * process and lies when told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/lib/libevote.h"
#include "common/date.h"
#include "common/merkle.h"
#include "common/now.h"
#include "common/receipt.h"
#include "common/record.h"
#include "naive.h"
#include "notes.h"
#include "scratch.h"

#define ORIGIN	  "test origin"
#define LEAVES	  64
#define CLUSTER	  "cccccccccccccccc"
#define CHOICE	  "the choice of nobody else"
#define PATH_MOST 16
#define MANY	  (1ULL << 60)

/* ---- the service ---- */

struct leaf {
	unsigned char *bytes;
	long len;
};

struct fake {
	pthread_mutex_t lock;
	pthread_t thread;
	int listener, port;
	struct notaries by;
	struct notary gamma; /* key NULL: there is none */
	struct leaf leaves[LEAVES];
	hash d[LEAVES];
	uint64_t n, voted; /* leaves; the last vote's place */
	int calls;
	uint64_t epoch;
	int headless; /* does not show how its ledger begins */
	int listed;   /* hosts: alpha, beta, gamma; 0: it tells of none */
	/* What it does otherwise than it should. */
	int older;   /* has no such procedures */
	int later;   /* so many calls are answered with code 2 */
	int keyless; /* questions about keys are, too */
	int boasts;  /* says that its keys are of more records than it signs */
	int behind;  /* so many checkpoints have only so many leaves: */
	uint64_t few;
	int denies; /* knows no record of a vote */
	int lost;   /* has no vote: 1 in the election, 2 in what it lists */
	evote_phase phase; /* of the election */
	int alone;	   /* beta does not sign */
	int forged;	   /* the log key's signature is not its own */
	int other_log;
	int other_root, other_name;
	int long_path;
	int unready; /* so many greetings say that it does not serve */
	uint64_t forced_epoch;
	evote_reason code; /* of the leaf of a vote */
	int other_voter, other_number, other_election, other_commitment;
};

static void
leaf_add(struct fake *f, evote_leaf *leaf)
{
	struct leaf *to = &f->leaves[f->n];

	leaf->format = EVOTE_LEAF_FORMAT;
	leaf->seq = f->n;
	to->len = xdr_to_bytes((xdrproc_t)xdr_evote_leaf, leaf, &to->bytes);
	assert_true(to->len > 0);
	merkle_leaf_hash(f->d[f->n], to->bytes, (uint32_t)to->len);
	f->n++;
}

static void
host_add(struct fake *f, const char *name, char incarnation, char replaces,
    const struct notary *n)
{
	evote_leaf leaf = {.op.kind = EVOTE_OP_HOST};
	evote_host_op *op = &leaf.op.evote_op_u.host;

	op->name = (char *)name;
	op->incarnation[0] = incarnation;
	op->replaces[0] = replaces;
	memcpy(op->key, n->public.public, sizeof(op->key));
	leaf_add(f, &leaf);
}

static void
padding_add(struct fake *f, int n)
{
	evote_leaf leaf = {.op.kind = EVOTE_OP_CLOSE};

	leaf.op.evote_op_u.election = (char *)"another";
	for (; n > 0; n--)
		leaf_add(f, &leaf);
}

static evote_answer
answer_of(const struct fake *f)
{
	evote_answer a = {.host = (char *)"", .text = (char *)""};

	memcpy(a.stamp.cluster, CLUSTER, 16);
	a.stamp.epoch = f->epoch;
	a.stamp.size = f->n;
	naive_hash((hash *)f->d, f->n, (unsigned char *)a.stamp.root);
	return (a);
}

/* The checkpoint of so many leaves, by who signs now. */
static char *
note_of(struct fake *f, uint64_t size)
{
	char text[NOTE_TEXT], *note = calloc(1, EVOTE_NOTE_MAX);
	unsigned char root[SEAL_HASH];

	naive_hash(f->d, size, root);
	root[0] ^= (unsigned char)f->other_root;
	note_text(text, f->other_name ? "elsewhere" : f->by.log.public.name,
	    size, root);
	note_begin(note, EVOTE_NOTE_MAX, text);
	notary_sign(note, EVOTE_NOTE_MAX, &f->by.log,
	    f->forged ? "something else\n" : text, 0);
	notary_sign(note, EVOTE_NOTE_MAX, &f->by.alpha, text, 1000 + size);
	if (!f->alone)
		notary_sign(
		    note, EVOTE_NOTE_MAX, &f->by.beta, text, 1000 + size);
	if (f->gamma.key != NULL)
		notary_sign(note, EVOTE_NOTE_MAX, &f->gamma, text, 1000 + size);
	return (note);
}

static evote_path
extension(struct fake *f, uint64_t since, uint64_t size)
{
	evote_path p = {0};

	p.evote_path_val = calloc(PATH_MOST, SEAL_HASH);
	if (since > 0 && since < size)
		p.evote_path_len = (u_int)naive_subproof(
		    f->d, since, size, 1, (hash *)p.evote_path_val);
	if (f->long_path)
		p.evote_path_len++;
	return (p);
}

static evote_path
inclusion(struct fake *f, uint64_t seq, uint64_t size)
{
	evote_path p = {0};

	p.evote_path_val = calloc(PATH_MOST, SEAL_HASH);
	if (seq < size)
		p.evote_path_len = (u_int)naive_path(
		    f->d, seq, size, (hash *)p.evote_path_val);
	return (p);
}

/* The size that the next checkpoint has. */
static uint64_t
size_now(struct fake *f)
{
	if (f->behind == 0)
		return (f->n);
	f->behind--;
	return (f->few);
}

static long
do_vote(struct fake *f, XDR *in, unsigned char **out)
{
	evote_vote_args args = {0};
	evote_opening o = {.domain = (char *)"evote opening 1"};
	evote_answer a;
	evote_leaf leaf = {.op.kind = EVOTE_OP_VOTE};
	evote_vote_op *op = &leaf.op.evote_op_u.vote;

	assert_true(xdr_evote_vote_args(in, &args));
	memcpy(o.salt, args.salt, sizeof(o.salt));
	o.election = args.election;
	o.choice = args.choice;
	op->asker.voter = (char *)(f->other_voter ? "eve" : "ada");
	memcpy(op->asker.client, args.request.client, 16);
	op->asker.number = args.request.number + (f->other_number != 0);
	op->ballot.election =
	    f->other_election ? (char *)"another" : args.election;
	xdr_hash((xdrproc_t)xdr_evote_opening, &o,
	    (unsigned char *)op->ballot.commitment);
	op->ballot.commitment[0] ^= (char)f->other_commitment;
	leaf.code = f->code != EVOTE_R_OK;
	leaf.reason = f->code;
	f->voted = f->n;
	leaf_add(f, &leaf);
	a = answer_of(f);
	xdr_free((xdrproc_t)xdr_evote_vote_args, &args);
	return (xdr_to_bytes((xdrproc_t)xdr_evote_answer, &a, out));
}

static long
do_receipt(struct fake *f, XDR *in, unsigned char **out)
{
	evote_receipt_args args = {0};
	evote_receipt_res res = {.answer = answer_of(f)};
	uint64_t size = size_now(f);
	long len;

	assert_true(xdr_evote_receipt_args(in, &args));
	assert_string_equal(args.asker.voter, "ada");
	res.leaf.leaf_val = (char *)f->leaves[f->voted].bytes;
	res.leaf.leaf_len = (u_int)f->leaves[f->voted].len;
	res.seq = f->voted;
	res.note = note_of(f, size);
	res.inclusion = inclusion(f, f->voted, size);
	res.consistency = extension(f, args.since, size);
	res.answer.code = f->denies;
	len = xdr_to_bytes((xdrproc_t)xdr_evote_receipt_res, &res, out);
	free(res.note);
	free(res.inclusion.evote_path_val);
	free(res.consistency.evote_path_val);
	xdr_free((xdrproc_t)xdr_evote_receipt_args, &args);
	return (len);
}

/* PREAUTH and AUTH are answered for whoever asks. */
static long
do_login(struct fake *f, rpcproc_t proc, unsigned char **out)
{
	evote_token token = {5, (char *)"token"};
	evote_preauth_res pre = {.answer = answer_of(f), .challenge = token};
	evote_auth_res res = {
	    .answer = answer_of(f),
	    .token = token,
	    .expires = date_now_us() + 3600 * 1000000ULL,
	};

	return (proc == EVOTE_PREAUTH
		? xdr_to_bytes((xdrproc_t)xdr_evote_preauth_res, &pre, out)
		: xdr_to_bytes((xdrproc_t)xdr_evote_auth_res, &res, out));
}

/* One election a page, "board" on the second. */
static long
do_check(struct fake *f, XDR *in, unsigned char **out)
{
	evote_check_args args = {0};
	evote_checked v = {.phase = f->phase, .voted = 1};
	evote_check_res res = {
	    .answer = answer_of(f),
	    .voter = (char *)"ada",
	    .group = (char *)"",
	    .elections = {1, &v},
	};

	assert_true(xdr_evote_check_args(in, &args));
	v.name = (char *)(args.first == 0 ? "another" : "board");
	v.voted = args.first == 0 || f->lost == 0;
	if (args.first == 0)
		res.next = 1;
	else if (f->lost == 2)
		res.elections.elections_len = 0;
	xdr_free((xdrproc_t)xdr_evote_check_args, &args);
	return (xdr_to_bytes((xdrproc_t)xdr_evote_check_res, &res, out));
}

static long
do_life(struct fake *f, unsigned char **out)
{
	evote_life_res res = {
	    .answer = answer_of(f),
	    .phase = f->phase,
	    .cancelled_by = (char *)"",
	    .reason = (char *)"",
	};

	return (xdr_to_bytes((xdrproc_t)xdr_evote_life_res, &res, out));
}

static long
do_prove(struct fake *f, XDR *in, unsigned char **out)
{
	evote_prove_args args = {0};
	evote_prove_res res = {.answer = answer_of(f)};
	uint64_t size = size_now(f);
	long len;

	assert_true(xdr_evote_prove_args(in, &args));
	res.note = note_of(f, size);
	res.inclusion = inclusion(f, args.seq, size);
	res.consistency = extension(f, args.since, size);
	if (args.seq >= size)
		res.answer.code = 1;
	len = xdr_to_bytes((xdrproc_t)xdr_evote_prove_res, &res, out);
	free(res.note);
	free(res.inclusion.evote_path_val);
	free(res.consistency.evote_path_val);
	return (len);
}

static long
do_checkpoint(struct fake *f, XDR *in, unsigned char **out)
{
	evote_checkpoint_args args = {0};
	evote_checkpoint_res res = {.answer = answer_of(f)};
	uint64_t size = size_now(f);
	long len;

	assert_true(xdr_evote_checkpoint_args(in, &args));
	res.note = note_of(f, size);
	res.consistency = extension(f, args.since, size);
	len = xdr_to_bytes((xdrproc_t)xdr_evote_checkpoint_res, &res, out);
	free(res.note);
	free(res.consistency.evote_path_val);
	return (len);
}

/* A checkpoint of very many records, which the log key has not signed. */
static char *
boast(struct fake *f)
{
	char text[NOTE_TEXT], *note = calloc(1, EVOTE_NOTE_MAX);

	note_text(text, f->by.log.public.name, MANY, f->d[0]);
	note_begin(note, EVOTE_NOTE_MAX, text);
	notary_sign(note, EVOTE_NOTE_MAX, &f->by.log, "something else\n", 0);
	return (note);
}

/* Two records a page, for there to be pages. */
static long
do_keys(struct fake *f, XDR *in, unsigned char **out)
{
	evote_keys_args args = {0};
	evote_key_record records[2] = {0};
	evote_keys_res res = {.answer = answer_of(f)};
	u_int place = 0;
	long len;

	assert_true(xdr_evote_keys_args(in, &args));
	memcpy(res.log, f->by.log.public.public, sizeof(res.log));
	res.log[0] ^= (char)f->other_log;
	res.records.records_val = records;
	for (uint64_t i = 0; i < f->n; i++) {
		unsigned char kind = f->leaves[i].bytes[39];

		if (kind != EVOTE_OP_HOST &&
		    (kind != EVOTE_OP_GENESIS || f->headless))
			continue;
		if (place++ < args.first)
			continue;
		if (res.records.records_len == 2) {
			res.next = args.first + 2;
			break;
		}
		records[res.records.records_len++] = (evote_key_record){
		    .leaf = {(u_int)f->leaves[i].len,
			(char *)f->leaves[i].bytes},
		    .seq = i,
		};
	}
	res.note = f->boasts ? boast(f) : note_of(f, f->n);
	len = xdr_to_bytes((xdrproc_t)xdr_evote_keys_res, &res, out);
	free(res.note);
	return (len);
}

static long
do_status(struct fake *f, unsigned char **out)
{
	evote_host_state hosts[] = {{.name = (char *)"alpha"},
	    {.name = (char *)"beta"}, {.name = (char *)"gamma"}};
	evote_status_res res = {
	    .hosts = {(u_int)f->listed, hosts},
	    .answer = answer_of(f),
	    .origin = (char *)ORIGIN,
	    .name = (char *)"alpha",
	    .role = EVOTE_PRIMARY,
	    .primary = (char *)"alpha",
	    .arbiter = (char *)"",
	    .clock = date_now_us(),
	    .forced_epoch = f->forced_epoch,
	};

	if (f->unready > 0) {
		f->unready--;
		res.answer.standing = EVOTE_NOT_SERVING;
	}
	return (xdr_to_bytes((xdrproc_t)xdr_evote_status_res, &res, out));
}

static long
do_later(struct fake *f, rpcproc_t proc, unsigned char **out)
{
	union {
		evote_checkpoint_res checkpoint;
		evote_receipt_res receipt;
		evote_prove_res prove;
		evote_keys_res keys;
	} res = {0};
	evote_answer a = answer_of(f);

	f->later -= f->later > 0;
	a.code = 2;
	res.checkpoint.answer = a;
	switch (proc) {
	case EVOTE_CHECKPOINT:
		res.checkpoint.note = (char *)"";
		return (xdr_to_bytes(
		    (xdrproc_t)xdr_evote_checkpoint_res, &res, out));
	case EVOTE_RECEIPT:
		res.receipt.note = (char *)"";
		return (
		    xdr_to_bytes((xdrproc_t)xdr_evote_receipt_res, &res, out));
	case EVOTE_PROVE:
		res.prove.note = (char *)"";
		return (
		    xdr_to_bytes((xdrproc_t)xdr_evote_prove_res, &res, out));
	default:
		res.keys.note = (char *)"";
		return (xdr_to_bytes((xdrproc_t)xdr_evote_keys_res, &res, out));
	}
}

/* -1: there is no such procedure. */
static long
dispatch(struct fake *f, rpcproc_t proc, XDR *in, unsigned char **out)
{
	if (proc == EVOTE_NULL)
		return (0);
	if (proc == EVOTE_STATUS)
		return (do_status(f, out));
	f->calls++;
	if (proc == EVOTE_CAST_VOTE)
		return (do_vote(f, in, out));
	if (f->older)
		return (-1);
	if (f->later > 0 || (f->keyless && proc == EVOTE_KEYS))
		return (do_later(f, proc, out));
	switch (proc) {
	case EVOTE_CHECKPOINT:
		return (do_checkpoint(f, in, out));
	case EVOTE_RECEIPT:
		return (do_receipt(f, in, out));
	case EVOTE_PREAUTH:
	case EVOTE_AUTH:
		return (do_login(f, proc, out));
	case EVOTE_CHECK:
		return (do_check(f, in, out));
	case EVOTE_GET_LIFE:
		return (do_life(f, out));
	case EVOTE_PROVE:
		return (do_prove(f, in, out));
	case EVOTE_KEYS:
		return (do_keys(f, in, out));
	default:
		return (-1);
	}
}

static int
read_exactly(int fd, void *buf, size_t n)
{
	return (recv(fd, buf, n, MSG_WAITALL) == (ssize_t)n ? 0 : -1);
}

/* One call; -1 ends the connection. */
static int
serve_one(struct fake *f, int fd)
{
	uint32_t head[7] = {0, 0, htonl(1)}, mark;
	char cred[MAX_AUTH_BYTES], verf[MAX_AUTH_BYTES], *in;
	struct rpc_msg msg = {0};
	unsigned char *out = NULL;
	long len = -1;
	XDR xdrs;

	if (read_exactly(fd, &mark, 4) != 0)
		return (-1);
	mark = ntohl(mark) & 0x7fffffff;
	in = malloc(mark);
	msg.rm_call.cb_cred.oa_base = cred;
	msg.rm_call.cb_verf.oa_base = verf;
	xdrmem_create(&xdrs, in, mark, XDR_DECODE);
	if (read_exactly(fd, in, mark) == 0 && xdr_callmsg(&xdrs, &msg)) {
		pthread_mutex_lock(&f->lock);
		len = dispatch(f, msg.rm_call.cb_proc, &xdrs, &out);
		pthread_mutex_unlock(&f->lock);
	}
	memcpy(&head[1], in, 4);
	free(in);
	if (len < 0)
		head[6] = htonl(PROC_UNAVAIL);
	len = len < 0 ? 0 : len;
	head[0] = htonl(0x80000000 | (uint32_t)(sizeof(head) - 4 + len));
	send(fd, head, sizeof(head), MSG_NOSIGNAL | MSG_MORE);
	send(fd, out, (size_t)len, MSG_NOSIGNAL);
	free(out);
	return (0);
}

struct conn {
	struct fake *fake;
	int fd;
};

static void *
conn_run(void *arg)
{
	struct conn c = *(struct conn *)arg;

	free(arg);
	while (serve_one(c.fake, c.fd) == 0)
		;
	shutdown(c.fd, SHUT_RDWR);
	return (NULL);
}

/* At its end, it ends the connections of a client that a failing test left. */
static void *
fake_run(void *arg)
{
	struct fake *f = arg;
	pthread_t threads[256];
	struct conn *c;
	int fd, fds[256], n = 0;

	while ((fd = accept(f->listener, NULL, NULL)) >= 0) {
		assert_true(n < 256);
		c = malloc(sizeof(*c));
		*c = (struct conn){f, fd};
		fds[n] = fd;
		pthread_create(&threads[n++], NULL, conn_run, c);
	}
	while (n-- > 0) {
		shutdown(fds[n], SHUT_RDWR);
		pthread_join(threads[n], NULL);
		close(fds[n]);
	}
	return (NULL);
}

/* ---- a test's surroundings ---- */

struct world {
	struct fake fake;
	char dir[200], key[300], hosts[100];
};

static void
genesis_add(struct fake *f)
{
	evote_leaf leaf = {.op.kind = EVOTE_OP_GENESIS};

	memcpy(leaf.op.evote_op_u.genesis.cluster, CLUSTER, 16);
	leaf.op.evote_op_u.genesis.origin = (char *)ORIGIN;
	leaf_add(f, &leaf);
	host_add(f, "alpha", 'a', 0, &f->by.alpha);
	host_add(f, "beta", 'b', 0, &f->by.beta);
}

static void
fake_begin(struct fake *f)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);

	f->by = notaries_new(ORIGIN, (const unsigned char *)CLUSTER);
	genesis_add(f);
	f->epoch = 5;
	f->listed = 2;
	pthread_mutex_init(&f->lock, NULL);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(
	    bind(f->listener, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(f->listener, 16), 0);
	getsockname(f->listener, (struct sockaddr *)&sin, &len);
	f->port = ntohs(sin.sin_port);
	pthread_create(&f->thread, NULL, fake_run, f);
}

static void
fake_end(struct fake *f)
{
	shutdown(f->listener, SHUT_RDWR);
	pthread_join(f->thread, NULL);
	close(f->listener);
	for (uint64_t i = 0; i < f->n; i++)
		free(f->leaves[i].bytes);
	notaries_free(&f->by);
	seal_key_free(f->gamma.key);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char err[200];

	assert_non_null(scratch_make(w->dir, sizeof(w->dir)));
	snprintf(w->key, sizeof(w->key), "%s/key.pem", w->dir);
	seal_key_free(seal_key_make(w->key, err, sizeof(err)));
	fake_begin(&w->fake);
	snprintf(
	    w->hosts, sizeof(w->hosts), "alpha=127.0.0.1:%d", w->fake.port);
	*state = w;
	return (0);
}

static int
teardown(void **state)
{
	struct world *w = *state;

	fake_end(&w->fake);
	scratch_remove(w->dir);
	free(w);
	return (0);
}

static struct evote *
open_as(struct world *w, int login)
{
	struct evote_options options = {
	    .hosts = w->hosts,
	    .voter = "ada",
	    .key = w->key,
	    .state = w->dir,
	    .login = login,
	    .timeout_ms = 15000,
	};
	char err[500] = "";
	struct evote *e = evote_open(&options, err, sizeof(err));

	if (e == NULL)
		fail_msg("%s", err);
	return (e);
}

static struct evote *
voted(struct world *w)
{
	struct evote *e = open_as(w, 0);
	evote_answer answer;

	assert_int_equal(
	    evote_vote(e, "board", CHOICE, &answer), EVOTE_ANSWERED);
	assert_int_equal(answer.code, 0);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (e);
}

static void
assert_outcome(
    const struct evote *e, enum evote_outcome got, enum evote_outcome expected)
{
	if (got != expected)
		fail_msg("outcome %d: %s", got, evote_problem(e));
}

/* A receipt, judged, and on the disk as it is handed out. */
static void
assert_receipt(struct evote *e, enum tlog_judgement judgement, uint64_t hosts)
{
	struct evote_proof p;
	struct receipt r;
	struct stat st;
	char err[200], file[10000] = "";
	FILE *f;

	assert_outcome(e, evote_receipt(e, "board", 10000, &p), EVOTE_ANSWERED);
	assert_int_equal(p.verdict.judgement, judgement);
	assert_int_equal(p.verdict.signed_by, hosts);
	assert_int_equal(
	    receipt_read(&r, p.text, strlen(p.text), err, sizeof(err)), 0);
	assert_true(receipt_fits(&r));
	assert_int_equal(r.index, p.seq);
	assert_false(p.by_token);
	assert_int_equal(r.note.size, p.size);
	assert_int_equal(stat(p.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	f = fopen(p.path, "r");
	assert_true(fread(file, 1, sizeof(file) - 1, f) > 0);
	fclose(f);
	assert_string_equal(file, p.text);
	receipt_clear(&r);
	evote_proof_clear(&p);
}

static int
holds(const char *path, const char *text)
{
	static char file[100000];
	FILE *f = fopen(path, "r");
	size_t n = fread(file, 1, sizeof(file) - 1, f);

	fclose(f);
	return (memmem(file, n, text, strlen(text)) != NULL);
}

/* How many files of the service's directory have the name, and the text. */
static int
files(const struct world *w, const char *name, const char *text)
{
	char path[800];
	struct dirent *d;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", w->dir,
	    "63636363636363636363636363636363");
	dir = opendir(path);
	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s/%s", w->dir,
		    "63636363636363636363636363636363", d->d_name);
		n += d->d_name[0] != '.' && strstr(d->d_name, name) != NULL &&
		    holds(path, text);
	}
	closedir(dir);
	return (n);
}

/* The message names the file. */
static void
assert_told(const struct evote *e)
{
	const char *file = strrchr(evote_evidence(e), '/');

	assert_non_null(file);
	assert_int_equal(strncmp(file, "/evidence-", 10), 0);
	assert_non_null(strstr(evote_problem(e), file + 1));
	assert_int_equal(access(evote_evidence(e), R_OK), 0);
}

/* ---- receipts ---- */

static void
both_have_signed(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);

	assert_receipt(e, TLOG_GOOD, 3);
	/* Asked for again, the ledger being longer. */
	padding_add(&w->fake, 5);
	assert_receipt(e, TLOG_GOOD, 3);
	evote_close(e);
	e = open_as(w, 0);
	padding_add(&w->fake, 1);
	assert_receipt(e, TLOG_GOOD, 3);
	evote_close(e);
	assert_int_equal(files(w, "board-", "extra "), 1);
	assert_int_equal(files(w, "", CHOICE), 0);
	assert_int_equal(files(w, "keys", "log test%20origin/63"), 1);
	assert_int_equal(files(w, "checkpoint", "/beta "), 1);
}

/* One that more hosts have signed takes the place of the first. */
static void
a_better_one_later(void **state)
{
	struct world *w = *state;
	struct evote *e;

	w->fake.alone = 1;
	e = voted(w);
	assert_receipt(e, TLOG_SHORT, 1);
	assert_int_equal(files(w, "checkpoint", "/beta "), 0);
	w->fake.alone = 0;
	assert_receipt(e, TLOG_GOOD, 3);
	/* So does the checkpoint of the same size. */
	assert_int_equal(files(w, "checkpoint", "/beta "), 1);
	padding_add(&w->fake, 1);
	w->fake.alone = 1;
	padding_add(&w->fake, 1);
	assert_receipt(e, TLOG_GOOD, 3);
	evote_close(e);
}

static void
no_vote_no_receipt(void **state)
{
	struct world *w = *state;
	struct evote *e = open_as(w, 0);
	struct evote_proof p;

	assert_outcome(e, evote_receipt(e, "board", 10000, &p), EVOTE_FAILED);
	assert_non_null(strstr(evote_problem(e), "no vote of ada"));
	evote_close(e);
}

static void
an_older_service(void **state)
{
	struct world *w = *state;
	uint64_t began = now_ms();
	struct evote_proof p;
	struct evote *e;

	w->fake.older = 1;
	e = voted(w);
	assert_outcome(e, evote_receipt(e, "board", 2000, &p), EVOTE_UNSENT);
	assert_string_equal(evote_problem(e),
	    "alpha runs an older version of evote, which does not know "
	    "this request");
	assert_true(now_ms() - began < 1500);
	w->fake.older = 0;
	assert_receipt(e, TLOG_GOOD, 3);
	evote_close(e);
}

static void
not_yet(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	uint64_t began = now_ms();
	struct evote_proof p;

	w->fake.later = 1000;
	assert_outcome(e, evote_receipt(e, "board", 300, &p), EVOTE_UNANSWERED);
	assert_string_equal(evote_problem(e),
	    "the hosts have not signed a checkpoint that reaches so far");
	assert_true(now_ms() - began < 2000);
	w->fake.later = 3;
	assert_receipt(e, TLOG_GOOD, 3);
	w->fake.later = 2;
	assert_receipt(e, TLOG_GOOD, 3);
	evote_close(e);
}

/* What it shows instead of the vote that was sent. */
static void
assert_foreign(struct world *w)
{
	struct evote *e = voted(w);
	struct evote_proof p;

	assert_outcome(e, evote_receipt(e, "board", 10000, &p), EVOTE_CHANGED);
	assert_non_null(strstr(evote_problem(e),
	    "recorded something other than the vote that was sent"));
	assert_told(e);
	evote_proof_clear(&p);
	evote_close(e);
	assert_int_equal(files(w, "board-", "extra"), 0);
	/* The record, beside the checkpoint. */
	assert_int_equal(files(w, "evidence-checkpoint-4-", "extra "), 1);
}

static void
foreign_voter(void **state)
{
	((struct world *)*state)->fake.other_voter = 1;
	assert_foreign(*state);
}

static void
foreign_number(void **state)
{
	((struct world *)*state)->fake.other_number = 1;
	assert_foreign(*state);
}

static void
foreign_election(void **state)
{
	((struct world *)*state)->fake.other_election = 1;
	assert_foreign(*state);
}

static void
foreign_choice(void **state)
{
	((struct world *)*state)->fake.other_commitment = 1;
	assert_foreign(*state);
}

static void
a_refusal(void **state)
{
	((struct world *)*state)->fake.code = EVOTE_R_CLOSED;
	assert_foreign(*state);
}

/* ---- a record that is not shown ---- */

static void
assert_denied(struct evote *e, enum evote_outcome expected, const char *why)
{
	struct evote_proof p;

	assert_outcome(e, evote_receipt(e, "board", 10000, &p), expected);
	if (strstr(evote_problem(e), why) == NULL)
		fail_msg("%s", evote_problem(e));
	evote_proof_clear(&p);
}

/* It says that the vote counts: it may be right that it knows no record. */
static void
a_record_that_is_not_shown(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);

	w->fake.denies = 1;
	assert_denied(e, EVOTE_UNANSWERED, "does not show the record");
	assert_non_null(strstr(evote_problem(e), "a copy of this state"));
	assert_non_null(strstr(evote_problem(e), "restored"));
	assert_non_null(strstr(evote_problem(e), "8 other computers"));
	assert_non_null(strstr(evote_problem(e), "has lost the vote"));
	assert_outcome(e, evote_counted(e, "board"), EVOTE_ANSWERED);
	assert_int_equal(files(w, "evidence-", ""), 0);
	evote_close(e);
}

static void
assert_lost(struct world *w, struct evote *e)
{
	const char *why = "says that no vote of ada counts in \"board\"";

	assert_outcome(e, evote_counted(e, "board"), EVOTE_CHANGED);
	assert_told(e);
	assert_denied(e, EVOTE_CHANGED, why);
	assert_told(e);
	assert_int_equal(files(w, "-vote-", why), 1);
}

/* No copy of a state directory makes a service say that. */
static void
a_vote_that_is_lost(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);

	w->fake.denies = w->fake.lost = 1;
	assert_lost(w, e);
	/* Of an election that never had one there is nothing to say. */
	assert_outcome(e, evote_counted(e, "none"), EVOTE_ANSWERED);
	evote_close(e);
}

/* Where it is not listed, it may have been cancelled. */
static void
a_vote_that_is_not_listed(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);

	w->fake.denies = 1;
	w->fake.lost = 2;
	w->fake.phase = EVOTE_PHASE_CANCELLED;
	assert_outcome(e, evote_counted(e, "board"), EVOTE_ANSWERED);
	w->fake.phase = EVOTE_PHASE_CLOSED;
	assert_lost(w, e);
	evote_close(e);
}

/* ---- a service that changes ---- */

/* The last checkpoint that was seen, to be freed, or NULL. */
static char *
last_seen(const struct world *w)
{
	char path[300];

	return (evote_checkpoint_kept(
	    w->dir, w->fake.by.log.public.name, path, sizeof(path)));
}

/* What was seen before is kept as well, for the message says to remove it. */
static void
assert_changed(struct world *w, struct evote *e, const char *why)
{
	struct evote_proof p;
	char *last;

	assert_outcome(e, evote_receipt(e, "board", 10000, &p), EVOTE_CHANGED);
	if (strstr(evote_problem(e), why) == NULL)
		fail_msg("%s", evote_problem(e));
	assert_told(e);
	evote_proof_clear(&p);
	if ((last = last_seen(w)) != NULL)
		assert_int_equal(files(w, "evidence-checkpoint-", last), 1);
	free(last);
}

/* Another history than that of the last checkpoint: both notes are kept. */
static void
another_history(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	char *notes[2];

	assert_receipt(e, TLOG_GOOD, 3);
	notes[0] = note_of(&w->fake, w->fake.n);
	w->fake.d[1][0] ^= 1;
	padding_add(&w->fake, 1);
	notes[1] = note_of(&w->fake, w->fake.n);
	assert_changed(w, e, "does not continue an earlier one");
	assert_int_equal(files(w, "evidence-checkpoint-4-", notes[0]), 1);
	assert_int_equal(files(w, "evidence-checkpoint-5-", notes[1]), 1);
	/* What was seen stays. */
	assert_int_equal(files(w, "checkpoint", notes[0]), 2);
	free(notes[0]);
	free(notes[1]);
	evote_close(e);
}

static void
a_path_that_is_too_long(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);

	assert_receipt(e, TLOG_GOOD, 3);
	padding_add(&w->fake, 1);
	w->fake.long_path = 1;
	assert_changed(w, e, "does not continue an earlier one");
	evote_close(e);
}

static void
not_signed_by_the_log(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);

	assert_receipt(e, TLOG_GOOD, 3);
	w->fake.forged = 1;
	assert_changed(w, e, "that the service's key has not signed");
	evote_close(e);
}

/* The log's signature, under the name of another log's checkpoint. */
static void
of_another_name(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);

	assert_receipt(e, TLOG_GOOD, 3);
	w->fake.other_name = 1;
	assert_changed(w, e, "that the service's key has not signed");
	evote_close(e);
}

static void
another_log_key(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);

	assert_receipt(e, TLOG_GOOD, 3);
	w->fake.other_log = 1;
	w->fake.alone = 1;
	padding_add(&w->fake, 1);
	assert_changed(w, e, "signs with another key than before");
	evote_close(e);
}

/* An older state: the signed note, which proves it, and the one of now. */
static void
rolled_back(void **state)
{
	struct world *w = *state;
	struct fake *f = &w->fake;
	struct evote *e = voted(w);
	struct evote_proof p;
	char *notes[2], problem[2048];

	assert_receipt(e, TLOG_GOOD, 3);
	notes[0] = note_of(f, f->n);
	f->n--;
	f->epoch++;
	notes[1] = note_of(f, f->n);
	f->calls = 0;
	assert_outcome(e, evote_checkpoint(e, NULL, &p), EVOTE_CHANGED);
	assert_non_null(
	    strstr(evote_problem(e), "answered from an older state"));
	assert_told(e);
	assert_non_null(strstr(evote_evidence(e), "/evidence-5-4"));
	assert_int_equal(files(w, "evidence-checkpoint-4-", notes[0]), 1);
	assert_int_equal(files(w, "evidence-5-4-checkpoint", notes[1]), 1);
	assert_non_null(strstr(evote_problem(e), "evidence-checkpoint-4-"));
	assert_non_null(strstr(evote_problem(e), "evidence-5-4-checkpoint"));
	assert_int_equal(f->calls, 2);
	assert_int_equal(files(w, "evidence-", ""), 3);
	snprintf(problem, sizeof(problem), "%s", evote_problem(e));
	evote_close(e);
	/* It stands, whatever is shown later: nothing is asked any more. */
	f->n++;
	e = open_as(w, 0);
	assert_outcome(e, evote_checkpoint(e, NULL, &p), EVOTE_CHANGED);
	assert_string_equal(evote_problem(e), problem);
	assert_int_equal(f->calls, 2);
	assert_int_equal(files(w, "evidence-", ""), 3);
	evote_close(e);
	free(notes[0]);
	free(notes[1]);
}

/*
 * Two hosts serve two histories of the same length.  What was seen is alpha's,
 * and what is kept has to be of both, whichever host tells of it.
 */
static void
assert_both_kept(struct world *w, const struct fake *beta, struct evote *e,
    enum evote_outcome got)
{
	char *notes[2] = {note_of(&w->fake, w->fake.n),
	    note_of((struct fake *)beta, beta->n)};

	assert_string_not_equal(notes[0], notes[1]);
	assert_outcome(e, got, EVOTE_CHANGED);
	assert_told(e);
	assert_int_equal(files(w, "evidence-checkpoint-4-", notes[0]), 1);
	assert_int_equal(files(w, "evidence-5-4-checkpoint", notes[1]), 1);
	free(notes[0]);
	free(notes[1]);
	evote_close(e);
}

static void
split_begin(struct world *w, struct fake *beta)
{
	struct evote *e;

	memset(beta, 0, sizeof(*beta));
	fake_begin(beta);
	padding_add(beta, 1);
	snprintf(w->hosts, sizeof(w->hosts),
	    "alpha=127.0.0.1:%d,beta=127.0.0.1:%d", w->fake.port, beta->port);
	e = voted(w);
	assert_receipt(e, TLOG_GOOD, 3);
	evote_close(e);
}

static void
another_history_of_another_host(void **state)
{
	struct world *w = *state;
	struct evote_proof p;
	struct fake beta;
	struct evote *e;

	split_begin(w, &beta);
	e = open_as(w, 0);
	w->fake.unready = 1;
	assert_both_kept(w, &beta, e, evote_checkpoint(e, NULL, &p));
	fake_end(&beta);
}

/* The host that is asked was made primary by force, and tells so. */
static void
check_forced(struct world *w, int host)
{
	evote_status_res res;
	struct fake beta;
	struct evote *e;

	split_begin(w, &beta);
	e = open_as(w, 0);
	(host == 0 ? &w->fake : &beta)->forced_epoch = 6;
	assert_both_kept(w, &beta, e, evote_status(e, host, 10000, &res));
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	fake_end(&beta);
}

static void
another_host_greets_as_forced(void **state)
{
	check_forced(*state, 1);
}

/* The one that tells of it shows what was seen before: the next is asked. */
static void
the_host_itself_was_not_forced(void **state)
{
	check_forced(*state, 0);
}

/* In each round of `status`, say; each time may take seconds. */
static void
a_handle_asks_for_evidence_once(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	evote_status_res res;

	assert_receipt(e, TLOG_GOOD, 3);
	w->fake.forced_epoch = 6;
	w->fake.calls = 0;
	for (int i = 0; i < 3; i++) {
		assert_outcome(
		    e, evote_status(e, 0, 10000, &res), EVOTE_CHANGED);
		xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	}
	assert_int_equal(w->fake.calls, 1);
	/* It shows what was shown before, so another handle asks again. */
	assert_int_equal(files(w, "evidence-5-4-checkpoint", ""), 0);
	assert_int_equal(files(w, "evidence-checkpoint-4-", ""), 1);
	evote_close(e);
}

/* Files of the state directory cannot be longer than that; 0: they can. */
static void
files_limit(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes != 0 ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Whoever removes the last checkpoint then removes the only proof there is. */
static void
no_room_for_evidence(void **state)
{
	struct world *w = *state;
	struct fake *f = &w->fake;
	struct evote *e = voted(w);
	struct evote_proof p;
	enum evote_outcome got;

	assert_receipt(e, TLOG_GOOD, 3);
	f->n--;
	/* The file `seen` has 107 bytes. */
	files_limit(110);
	got = evote_checkpoint(e, NULL, &p);
	files_limit(0);
	f->n++;
	assert_outcome(e, got, EVOTE_CHANGED);
	assert_null(strstr(evote_problem(e), "remove the files"));
	assert_non_null(strstr(
	    evote_problem(e), "make room there and run the command again"));
	assert_non_null(strstr(evote_problem(e), "evidence-"));
	assert_string_equal(evote_evidence(e), "");
	assert_int_equal(files(w, "evidence-", ""), 0);
	evote_close(e);
}

/* What a full disk has left of evidence is none. */
static void
empty_files_are_no_evidence(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	struct evote_proof p;
	char path[400];

	assert_receipt(e, TLOG_GOOD, 3);
	snprintf(path, sizeof(path),
	    "%s/63636363636363636363636363636363/evidence-5-4-checkpoint",
	    w->dir);
	fclose(fopen(path, "w"));
	path[strlen(path) - strlen("-checkpoint")] = '\0';
	fclose(fopen(path, "w"));
	w->fake.n--;
	assert_outcome(e, evote_checkpoint(e, NULL, &p), EVOTE_CHANGED);
	w->fake.n++;
	assert_int_equal(files(w, "evidence-5-4-checkpoint", "/alpha "), 1);
	assert_int_equal(files(w, "evidence-5-4", "older state"), 1);
	evote_close(e);
}

/* What a receipt has shown is not there any more. */
static void
a_record_is_lost(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	char *note;

	assert_receipt(e, TLOG_GOOD, 3);
	note = note_of(&w->fake, w->fake.n);
	w->fake.few = w->fake.voted;
	/* As the record's proof, and as what is shown now. */
	w->fake.behind = 2;
	assert_changed(w, e, "no longer has a record");
	assert_int_equal(files(w, "evidence-checkpoint-4-", note), 1);
	assert_int_equal(files(w, "evidence-5-4-checkpoint", "/alpha "), 1);
	free(note);
	evote_close(e);
}

/* A place that is not the record's. */
static void
misplaced(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);

	w->fake.d[w->fake.voted][0] ^= 1;
	padding_add(&w->fake, 1);
	assert_changed(w, e, "does not contain the record");
	evote_close(e);
}

/* A checkpoint of the size of an answer, with another root. */
static void
unlike_its_answers(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);

	w->fake.other_root = 1;
	assert_changed(w, e, "contradicts what it answered");
	evote_close(e);
}

/* Nor is one that ends before the record. */
static void
before_the_record(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	struct evote_proof p;

	/* What was seen of keys is of that size, too. */
	w->fake.few = w->fake.voted;
	w->fake.behind = 1000;
	assert_outcome(e, evote_receipt(e, "board", 300, &p), EVOTE_UNANSWERED);
	assert_non_null(strstr(evote_problem(e), "does not reach so far"));
	evote_close(e);
}

/* An older checkpoint is no contradiction: the client asks again. */
static void
behind_for_a_while(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	struct evote_proof p;

	padding_add(&w->fake, 2);
	assert_receipt(e, TLOG_GOOD, 3);
	w->fake.few = 5;
	w->fake.behind = 3;
	assert_receipt(e, TLOG_GOOD, 3);
	w->fake.behind = 1000;
	/* What is kept is as good as before. */
	assert_outcome(e, evote_receipt(e, "board", 300, &p), EVOTE_ANSWERED);
	assert_non_null(strstr(p.no_better, "older checkpoint"));
	assert_int_equal(p.verdict.judgement, TLOG_GOOD);
	assert_int_equal(access(p.path, R_OK), 0);
	evote_proof_clear(&p);
	evote_close(e);
}

/* ---- hosts' keys ---- */

static void
a_key_is_replaced(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	struct evote_proof p;
	struct tlog_policy *old;
	struct tlog_verdict v;
	struct receipt r;
	char damaged[PATH_MAX];
	uint64_t known;
	char name[NOTE_NAME], err[200];

	assert_outcome(e, evote_receipt(e, "board", 10000, &p), EVOTE_ANSWERED);
	note_host_name(name, w->fake.by.log.public.name, "beta");
	seal_key_free(w->fake.by.beta.key);
	w->fake.by.beta = notary_new(NOTE_HOST, name, 77);
	host_add(&w->fake, "beta", 'c', 'b', &w->fake.by.beta);
	assert_receipt(e, TLOG_GOOD, 3);
	/* The first one still holds, by the keys of its time. */
	receipt_read(&r, p.text, strlen(p.text), err, sizeof(err));
	old =
	    evote_policy_kept(w->dir, r.note.log, r.note.size, &known, damaged);
	tlog_policy_judge(old, &r.note, &v);
	assert_int_equal(v.judgement, TLOG_GOOD);
	tlog_policy_free(old);
	old = evote_policy_kept(w->dir, r.note.log, w->fake.n, &known, damaged);
	tlog_policy_judge(old, &r.note, &v);
	assert_int_equal(v.judgement, TLOG_SHORT);
	tlog_policy_free(old);
	assert_null(
	    evote_policy_kept(w->dir, "test%20origin/00", 5, &known, damaged));
	receipt_clear(&r);
	evote_proof_clear(&p);
	evote_close(e);
}

/* Whose signature is new is asked for, though the known ones are enough. */
static void
a_host_joins(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	char name[NOTE_NAME];

	assert_receipt(e, TLOG_GOOD, 3);
	note_host_name(name, w->fake.by.log.public.name, "gamma");
	w->fake.gamma = notary_new(NOTE_HOST, name, 78);
	host_add(&w->fake, "gamma", 'g', 0, &w->fake.gamma);
	assert_receipt(e, TLOG_GOOD, 7);
	evote_close(e);
}

/* Its key is on record, and it signs nothing. */
static void
gamma_add(struct world *w)
{
	char name[NOTE_NAME];
	struct notary gamma;

	note_host_name(name, w->fake.by.log.public.name, "gamma");
	gamma = notary_new(NOTE_HOST, name, 78);
	host_add(&w->fake, "gamma", 'g', 0, &gamma);
	seal_key_free(gamma.key);
}

/* Whom a host that joined since is missed by, though all known ones signed. */
static void
a_host_joins_and_does_not_sign(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);

	assert_receipt(e, TLOG_GOOD, 3);
	evote_close(e);
	gamma_add(w);
	w->fake.epoch++;
	e = open_as(w, 0);
	assert_receipt(e, TLOG_SHORT, 3);
	evote_close(e);
}

/* It is listed, and its key is recorded, before it comes into the set. */
static void
a_listed_host_does_not_join(void **state)
{
	struct world *w = *state;
	struct evote *e;

	w->fake.listed = 3;
	e = voted(w);
	assert_receipt(e, TLOG_GOOD, 3);
	gamma_add(w);
	assert_receipt(e, TLOG_SHORT, 3);
	evote_close(e);
}

/* While no host can have joined, a receipt costs no question about keys. */
static void
keys_are_not_asked_for_in_vain(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	struct tlog_policy *p;
	char damaged[PATH_MAX];
	uint64_t known;

	assert_receipt(e, TLOG_GOOD, 3);
	for (int i = 0; i < 3; i++) {
		evote_close(e);
		padding_add(&w->fake, 1);
		w->fake.calls = 0;
		e = open_as(w, 0);
		assert_receipt(e, TLOG_GOOD, 3);
		assert_int_equal(w->fake.calls, 1);
	}
	p = evote_policy_kept(
	    w->dir, w->fake.by.log.public.name, 100, &known, damaged);
	assert_int_equal(known, w->fake.n);
	tlog_policy_free(p);
	w->fake.epoch++;
	assert_receipt(e, TLOG_GOOD, 3);
	/* Two pages of keys; STATUS is not counted. */
	assert_int_equal(w->fake.calls, 4);
	evote_close(e);
}

/* Of how many records the keys are is what the log key has signed. */
static void
keys_of_more_records_than_are_signed(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	struct tlog_policy *p;
	char damaged[PATH_MAX];
	uint64_t known;

	w->fake.boasts = 1;
	assert_receipt(e, TLOG_GOOD, 3);
	p = evote_policy_kept(
	    w->dir, w->fake.by.log.public.name, 100, &known, damaged);
	assert_true(known <= w->fake.n);
	tlog_policy_free(p);
	evote_close(e);
}

/* The next vote may make the service forget which record it was. */
static void
a_receipt_stays_though_keys_are_not_told(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	struct evote_proof p;

	assert_outcome(e, evote_trust(e, 0, &p), EVOTE_ANSWERED);
	evote_proof_clear(&p);
	evote_close(e);
	w->fake.epoch++;
	w->fake.keyless = 1;
	e = open_as(w, 0);
	assert_outcome(
	    e, evote_receipt(e, "board", 2000, &p), EVOTE_UNANSWERED);
	evote_proof_clear(&p);
	assert_int_equal(files(w, "board-", "extra "), 1);
	w->fake.keyless = 0;
	assert_receipt(e, TLOG_GOOD, 3);
	evote_close(e);
}

static void
whom_to_trust(void **state)
{
	struct world *w = *state;
	struct evote *e = open_as(w, 0);
	struct evote_proof p;

	assert_outcome(e, evote_trust(e, 0, &p), EVOTE_ANSWERED);
	assert_int_equal(p.policy->n_nodes, 3);
	assert_int_equal(p.policy->quorum, 2);
	evote_proof_clear(&p);
	assert_outcome(e, evote_trust(e, 2, &p), EVOTE_ANSWERED);
	assert_int_equal(p.policy->n_nodes, 2);
	evote_proof_clear(&p);
	assert_outcome(e, evote_trust(e, 4, &p), EVOTE_FAILED);
	assert_string_equal(evote_problem(e), "the ledger has only 3 records");
	evote_close(e);
}

/* A ledger that begins as another service's, under the same log key. */
static void
another_genesis(void **state)
{
	struct world *w = *state;
	struct evote *e = open_as(w, 0);
	struct evote_proof p;

	w->fake.leaves[0].bytes[w->fake.leaves[0].len - 2] ^= 1;
	merkle_leaf_hash(w->fake.d[0], w->fake.leaves[0].bytes,
	    (uint32_t)w->fake.leaves[0].len);
	assert_outcome(e, evote_trust(e, 0, &p), EVOTE_FAILED);
	assert_non_null(
	    strstr(evote_problem(e), "begins as that of another service"));
	evote_close(e);
	assert_int_equal(files(w, "keys", ""), 0);
}

/* Who shows no record at all would be believed to have no hosts that sign. */
static void
no_genesis(void **state)
{
	struct world *w = *state;
	struct evote *e = open_as(w, 0);
	struct evote_proof p;

	w->fake.headless = 1;
	assert_outcome(e, evote_trust(e, 0, &p), EVOTE_FAILED);
	assert_non_null(strstr(evote_problem(e),
	    "does not show the record with which its ledger begins"));
	evote_close(e);
	assert_int_equal(files(w, "keys", ""), 0);
	w->fake.headless = 0;
	e = open_as(w, 0);
	assert_outcome(e, evote_trust(e, 0, &p), EVOTE_ANSWERED);
	evote_proof_clear(&p);
	evote_close(e);
}

/* A record of keys that is not in the ledger. */
static void
an_invented_host(void **state)
{
	struct world *w = *state;
	struct evote *e = open_as(w, 0);
	struct evote_proof p;

	w->fake.leaves[2].bytes[60] ^= 1;
	assert_outcome(e, evote_trust(e, 0, &p), EVOTE_CHANGED);
	assert_non_null(
	    strstr(evote_problem(e), "does not contain the record"));
	evote_close(e);
	assert_int_equal(files(w, "keys", ""), 0);
}

/* ---- checkpoints ---- */

static void
a_checkpoint_since(void **state)
{
	struct world *w = *state;
	struct evote *e = open_as(w, 0);
	struct evote_proof first, second;
	struct note n;
	char err[200];

	assert_outcome(e, evote_checkpoint(e, NULL, &first), EVOTE_ANSWERED);
	assert_int_equal(first.size, 3);
	padding_add(&w->fake, 4);
	note_read(&n, first.text, strlen(first.text), err, sizeof(err));
	assert_outcome(e, evote_checkpoint(e, &n, &second), EVOTE_ANSWERED);
	assert_int_equal(second.size, 7);
	assert_int_equal(second.verdict.judgement, TLOG_GOOD);
	evote_proof_clear(&second);
	/* The file is of another service, or of another history. */
	n.text_len--;
	assert_outcome(e, evote_checkpoint(e, &n, &second), EVOTE_FAILED);
	n.text_len++;
	n.root[0] ^= 1;
	assert_outcome(e, evote_checkpoint(e, &n, &second), EVOTE_CHANGED);
	assert_told(e);
	assert_int_equal(files(w, "evidence-checkpoint-3-", first.text), 1);
	assert_int_equal(files(w, "evidence-checkpoint-7-", ""), 1);
	evote_proof_clear(&first);
	evote_close(e);
}

/* As on a computer that has seen answers, and no checkpoint. */
static int
unlink_checkpoint(const struct world *w)
{
	char path[300];

	snprintf(path, sizeof(path),
	    "%s/63636363636363636363636363636363/checkpoint", w->dir);
	return (unlink(path));
}

/* One that ends before what was seen is asked for again. */
static void
a_checkpoint_of_too_few_records(void **state)
{
	struct world *w = *state;
	struct evote *e = voted(w);
	struct evote_proof p;

	assert_outcome(e, evote_trust(e, 0, &p), EVOTE_ANSWERED);
	evote_proof_clear(&p);
	evote_close(e);
	assert_int_equal(unlink_checkpoint(w), 0);
	e = open_as(w, 0);
	w->fake.few = 2;
	w->fake.behind = 3;
	assert_outcome(e, evote_checkpoint(e, NULL, &p), EVOTE_ANSWERED);
	assert_int_equal(w->fake.behind, 0);
	assert_int_equal(p.size, w->fake.n);
	evote_proof_clear(&p);
	evote_close(e);
}

/* Who shows different histories to different questions is found out. */
static void
a_checkpoint_since_another_history(void **state)
{
	struct world *w = *state;
	struct evote *e = open_as(w, 0);
	struct evote_proof first, second;
	struct note n;
	char err[200];

	assert_outcome(e, evote_checkpoint(e, NULL, &first), EVOTE_ANSWERED);
	note_read(&n, first.text, strlen(first.text), err, sizeof(err));
	w->fake.d[1][0] ^= 1;
	padding_add(&w->fake, 4);
	assert_outcome(e, evote_checkpoint(e, &n, &second), EVOTE_CHANGED);
	assert_told(e);
	assert_int_equal(files(w, "evidence-checkpoint-3-", first.text), 1);
	assert_int_equal(files(w, "evidence-checkpoint-7-", ""), 1);
	evote_proof_clear(&first);
	evote_close(e);
}

/* A roll-back to before the file: its note is what proves it. */
static void
a_checkpoint_since_rolled_back(void **state)
{
	struct world *w = *state;
	struct evote *e = open_as(w, 0);
	struct evote_proof p;
	struct note n;
	char err[200], *text;

	assert_outcome(e, evote_checkpoint(e, NULL, &p), EVOTE_ANSWERED);
	evote_proof_clear(&p);
	/* From elsewhere, of later. */
	padding_add(&w->fake, 4);
	text = note_of(&w->fake, 7);
	w->fake.n -= 4;
	note_read(&n, text, strlen(text), err, sizeof(err));
	assert_outcome(e, evote_checkpoint(e, &n, &p), EVOTE_CHANGED);
	w->fake.n += 4;
	assert_told(e);
	assert_int_equal(files(w, "evidence-checkpoint-7-", text), 1);
	assert_non_null(strstr(evote_problem(e), "evidence-checkpoint-7-"));
	free(text);
	evote_close(e);
}

int
main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
	    WITH(both_have_signed),
	    WITH(a_better_one_later),
	    WITH(no_vote_no_receipt),
	    WITH(an_older_service),
	    WITH(not_yet),
	    WITH(foreign_voter),
	    WITH(foreign_number),
	    WITH(foreign_election),
	    WITH(foreign_choice),
	    WITH(a_refusal),
	    WITH(a_record_that_is_not_shown),
	    WITH(a_vote_that_is_lost),
	    WITH(a_vote_that_is_not_listed),
	    WITH(another_history),
	    WITH(a_path_that_is_too_long),
	    WITH(not_signed_by_the_log),
	    WITH(of_another_name),
	    WITH(another_log_key),
	    WITH(rolled_back),
	    WITH(another_history_of_another_host),
	    WITH(another_host_greets_as_forced),
	    WITH(the_host_itself_was_not_forced),
	    WITH(a_handle_asks_for_evidence_once),
	    WITH(no_room_for_evidence),
	    WITH(empty_files_are_no_evidence),
	    WITH(a_record_is_lost),
	    WITH(misplaced),
	    WITH(unlike_its_answers),
	    WITH(before_the_record),
	    WITH(behind_for_a_while),
	    WITH(a_key_is_replaced),
	    WITH(a_host_joins),
	    WITH(a_host_joins_and_does_not_sign),
	    WITH(a_listed_host_does_not_join),
	    WITH(keys_are_not_asked_for_in_vain),
	    WITH(keys_of_more_records_than_are_signed),
	    WITH(a_receipt_stays_though_keys_are_not_told),
	    WITH(whom_to_trust),
	    WITH(another_genesis),
	    WITH(no_genesis),
	    WITH(an_invented_host),
	    WITH(a_checkpoint_since),
	    WITH(a_checkpoint_of_too_few_records),
	    WITH(a_checkpoint_since_another_history),
	    WITH(a_checkpoint_since_rolled_back),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
