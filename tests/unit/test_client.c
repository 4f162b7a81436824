/*
 * libevote against a service made of threads in this process, which keeps the
 * promises of evote.x, or breaks one of them when told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/lib/explain.h"
#include "client/lib/libevote.h"
#include "client/lib/recount.h"
#include "client/lib/route.h"
#include "client/lib/signer.h"
#include "client/lib/state.h"
#include "client/survey.h"
#include "common/now.h"
#include "common/record.h"
#include "common/rpc/caller.h"
#include "common/seal.h"
#include "common/tracker.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tls_end.h"

#define HOSTS 2
#define CONNS 64
#define ONLY  "test origin"

static const unsigned char tls_key[32] = {7}, tls_other_key[32] = {8};

#define HOUR_US (3600ULL * 1000000)

/* ---- the service ---- */

struct fake_host {
	struct fake *fake;
	const char *name;
	int listener, port;
	pthread_t thread;
	int up;
	evote_standing standing;
	const char *hint;   /* with EVOTE_NOT_PRIMARY */
	const char *origin; /* NULL: the one of all */
	evote_stamp stamp;
	uint64_t forced_epoch;
	int behind;  /* for calls, not for STATUS */
	int lose;    /* this many replies to changes, after executing them */
	int mute;    /* answers nothing at all */
	int slow_ms; /* before each reply, as on a slow line */
	const unsigned char *tls; /* the cluster key; NULL: it is declined */
	int shaken;
	int greets, calls, probes;
	int serves_greets; /* so often it still says that it serves */
};

/* In place of the system's: notes what is synced, a line each. */
static char synced[8 * PATH_MAX];
static int noting;

int
fsync(int fd)
{
	char link[64], path[PATH_MAX];
	size_t len = strlen(synced);
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (noting && (n = readlink(link, path, sizeof(path))) > 0)
		snprintf(
		    synced + len, sizeof(synced) - len, "%.*s\n", (int)n, path);
	return ((int)syscall(SYS_fsync, fd));
}

struct fake {
	pthread_mutex_t lock;
	pthread_cond_t quiet;
	struct fake_host host[HOSTS];
	int conns[CONNS], nconns;
	unsigned char key[32];
	/* The client table, of one client. */
	evote_id client;
	uint64_t number;
	int code;
	evote_reason reason;
	/* What happened. */
	int votes, creations, bad_signatures, challenges;
	char choice[100];
	uint64_t numbers[16];
	evote_id clients[16];
	int nnumbers;
	/* What is to happen. */
	evote_reason refuse[64]; /* the next changes, in turn */
	int nrefuse, refuse_challenges, token_bad;
	uint64_t clock;
	/* Of all elections: a tally sheet; the salt that was counted. */
	int sheet;
	unsigned char salt[32];
	/* And a grace, with this end; the token that voted last. */
	uint32_t grace_s;
	uint64_t end;
	char token[32];
	int revoked; /* log-ins up to this one are not valid any more */
};

static evote_answer
make_answer(const struct fake_host *h)
{
	evote_answer a = {0};

	a.stamp = h->stamp;
	a.standing = h->standing;
	a.host = (char *)(h->hint != NULL ? h->hint : "");
	a.text = (char *)"";
	return (a);
}

static evote_answer
call_answer(const struct fake_host *h)
{
	evote_answer a = make_answer(h);

	if (h->behind)
		a.standing = EVOTE_BEHIND;
	return (a);
}

static int
signature_fits(struct fake *f, const evote_request *r, const char *voter,
    const evote_signature *sig, const evote_act *act)
{
	evote_statement s = {
	    .domain = (char *)"evote statement 1",
	    .origin = (char *)ONLY,
	    .asker = {.voter = (char *)voter, .number = r->number},
	    .act = *act,
	};
	unsigned char *bytes;
	long len;
	int ok;

	memcpy(s.cluster, f->host[0].stamp.cluster, 16);
	memcpy(s.asker.client, r->client, 16);
	len = xdr_to_bytes((xdrproc_t)xdr_evote_statement, &s, &bytes);
	assert_true(len > 0);
	ok = sig->evote_signature_len == 64 &&
	    seal_verify(f->key, (unsigned char *)sig->evote_signature_val,
		bytes, (size_t)len);
	free(bytes);
	return (ok);
}

/* Rule 12 of the protocol, in small. */
static void
decide(struct fake *f, const evote_request *r, const evote_act *act,
    evote_answer *a)
{
	const evote_credential *c = &r->credential;
	int i;

	f->numbers[f->nnumbers % 16] = r->number;
	memcpy(f->clients[f->nnumbers++ % 16], r->client, 16);
	snprintf(f->token, sizeof(f->token), "%.*s",
	    c->kind == EVOTE_BY_TOKEN
		? (int)c->evote_credential_u.token.evote_token_len
		: 0,
	    c->kind == EVOTE_BY_TOKEN
		? c->evote_credential_u.token.evote_token_val
		: "");
	if (c->kind == EVOTE_BY_SIGNATURE &&
	    !signature_fits(f, r, c->evote_credential_u.own.voter,
		&c->evote_credential_u.own.signature, act)) {
		f->bad_signatures++;
		a->code = 1;
		a->reason = EVOTE_R_SIGNATURE;
		return;
	}
	if (sscanf(f->token, "token %d", &i) == 1 && i <= f->revoked) {
		a->code = 1;
		a->reason = EVOTE_R_TOKEN;
		return;
	}
	if (memcmp(f->client, r->client, 16) == 0 && r->number <= f->number) {
		a->code = r->number == f->number ? f->code : 5;
		a->reason =
		    r->number == f->number ? f->reason : EVOTE_R_NUMBER_STALE;
		return;
	}
	if (f->nrefuse > 0) {
		a->reason = f->refuse[0];
		a->code = 5;
		for (i = 1; i < f->nrefuse; i++)
			f->refuse[i - 1] = f->refuse[i];
		f->nrefuse--;
		return;
	}
	if (act->kind == EVOTE_ACT_VOTE)
		f->votes++;
	else
		f->creations++;
	memcpy(f->client, r->client, 16);
	f->number = r->number;
	f->code = 0;
	f->reason = EVOTE_R_OK;
	for (i = 0; i < HOSTS; i++)
		f->host[i].stamp.size++;
}

/* Returns the length of the result, or -1 for none. */
static long
do_vote(struct fake_host *h, XDR *in, unsigned char **out)
{
	static const evote_salt no_salt;
	evote_vote_args args = {0};
	evote_opening o = {.domain = (char *)"evote opening 1"};
	evote_answer a = call_answer(h);
	evote_act act = {.kind = EVOTE_ACT_VOTE};
	long len = -1;

	if (xdr_evote_vote_args(in, &args)) {
		memcpy(o.salt, args.salt, 32);
		o.election = args.election;
		o.choice = args.choice;
		act.evote_act_u.ballot.election = args.election;
		xdr_hash((xdrproc_t)xdr_evote_opening, &o,
		    (unsigned char *)act.evote_act_u.ballot.commitment);
		if (h->standing == EVOTE_SERVED && h->fake->sheet &&
		    memcmp(args.salt, no_salt, 32) == 0) {
			a.code = 5;
			a.reason = EVOTE_R_SALT;
		} else if (h->standing == EVOTE_SERVED) {
			memcpy(h->fake->salt, args.salt, 32);
			decide(h->fake, &args.request, &act, &a);
			snprintf(h->fake->choice, sizeof(h->fake->choice), "%s",
			    args.choice);
			a.stamp = h->stamp;
		}
		len = xdr_to_bytes((xdrproc_t)xdr_evote_answer, &a, out);
	}
	xdr_free((xdrproc_t)xdr_evote_vote_args, &args);
	return (len);
}

static long
do_create(struct fake_host *h, XDR *in, unsigned char **out)
{
	evote_create_args args = {0};
	evote_answer a = call_answer(h);
	evote_act act = {.kind = EVOTE_ACT_CREATE};
	long len = -1;

	if (xdr_evote_create_args(in, &args)) {
		act.evote_act_u.election = args.election;
		if (h->standing == EVOTE_SERVED) {
			decide(h->fake, &args.request, &act, &a);
			a.stamp = h->stamp;
		}
		len = xdr_to_bytes((xdrproc_t)xdr_evote_answer, &a, out);
	}
	xdr_free((xdrproc_t)xdr_evote_create_args, &args);
	return (len);
}

static long
do_status(struct fake_host *h, unsigned char **out)
{
	evote_status_res res = {
	    .answer = make_answer(h),
	    .origin = (char *)(h->origin != NULL ? h->origin : ONLY),
	    .name = (char *)h->name,
	    .role = EVOTE_PRIMARY,
	    .primary = (char *)"",
	    .arbiter = (char *)"",
	    .clock = h->fake->clock,
	    .forced_epoch = h->forced_epoch,
	};

	h->greets++;
	if (h->serves_greets > 0 && --h->serves_greets == 0)
		h->standing = EVOTE_NOT_PRIMARY;
	return (xdr_to_bytes((xdrproc_t)xdr_evote_status_res, &res, out));
}

static long
do_result(struct fake_host *h, unsigned char **out)
{
	evote_result_res res = {.answer = call_answer(h)};

	res.answer.code = 2;
	res.answer.reason = EVOTE_R_ONGOING;
	return (xdr_to_bytes((xdrproc_t)xdr_evote_result_res, &res, out));
}

static long
do_options(struct fake_host *h, unsigned char **out)
{
	evote_option options[] = {
	    {EVOTE_OPTION_SHEET, 1}, {EVOTE_OPTION_GRACE_S, h->fake->grace_s}};
	evote_options_res res = {.answer = call_answer(h),
	    .options = {h->fake->sheet ? 1 : 0, options}};

	if (h->fake->grace_s != 0)
		res.options = (evote_options){1, options + 1};
	return (xdr_to_bytes((xdrproc_t)xdr_evote_options_res, &res, out));
}

static long
do_life(struct fake_host *h, unsigned char **out)
{
	evote_life_res res = {.answer = call_answer(h),
	    .phase = EVOTE_PHASE_OPEN,
	    .end = h->fake->end,
	    .grace_s = h->fake->grace_s,
	    .cancelled_by = (char *)"",
	    .reason = (char *)""};

	return (xdr_to_bytes((xdrproc_t)xdr_evote_life_res, &res, out));
}

static long
do_preauth(struct fake_host *h, unsigned char **out)
{
	evote_preauth_res res = {.answer = call_answer(h)};

	res.challenge.evote_token_val = (char *)"challenge";
	res.challenge.evote_token_len = 9;
	h->fake->challenges++;
	return (xdr_to_bytes((xdrproc_t)xdr_evote_preauth_res, &res, out));
}

static long
do_auth(struct fake_host *h, XDR *in, unsigned char **out)
{
	evote_login login = {
	    .domain = (char *)"evote login 1", .origin = (char *)ONLY};
	evote_auth_res res = {.answer = call_answer(h)};
	evote_auth_args args = {0};
	unsigned char *bytes;
	char token[32];
	long len = -1;

	if (!xdr_evote_auth_args(in, &args))
		goto out;
	memcpy(login.cluster, h->stamp.cluster, 16);
	login.challenge = args.challenge;
	len = xdr_to_bytes((xdrproc_t)xdr_evote_login, &login, &bytes);
	if (!seal_verify(h->fake->key,
		(unsigned char *)args.signature.evote_signature_val, bytes,
		(size_t)len)) {
		res.answer.code = 1;
		res.answer.reason = EVOTE_R_SIGNATURE;
	} else if (h->fake->refuse_challenges > 0) {
		h->fake->refuse_challenges--;
		res.answer.code = 1;
		res.answer.reason = EVOTE_R_CHALLENGE;
	} else if (!h->fake->token_bad) {
		res.token.evote_token_val = token;
		res.token.evote_token_len = (u_int)snprintf(
		    token, sizeof(token), "token %d", h->fake->challenges);
		res.expires = h->fake->clock + HOUR_US;
	}
	free(bytes);
	len = xdr_to_bytes((xdrproc_t)xdr_evote_auth_res, &res, out);
out:
	xdr_free((xdrproc_t)xdr_evote_auth_args, &args);
	return (len);
}

/* It has none. */
static long
do_checkpoint(struct fake_host *h, unsigned char **out)
{
	evote_checkpoint_res res = {.note = (char *)""};

	res.answer = make_answer(h);
	res.answer.code = 5;
	return (xdr_to_bytes((xdrproc_t)xdr_evote_checkpoint_res, &res, out));
}

/* With the lock held. */
static long
dispatch(struct fake_host *h, const struct rpc_msg *msg, XDR *in,
    unsigned char **out)
{
	evote_answer a = make_answer(h);
	rpcproc_t proc = msg->rm_call.cb_proc;
	long len;

	if (msg->rm_call.cb_prog == EVOTE_PROBE_PROG) {
		h->probes++;
		return (xdr_to_bytes((xdrproc_t)xdr_evote_answer, &a, out));
	}
	if (proc == EVOTE_STATUS)
		return (do_status(h, out));
	if (proc == EVOTE_NULL)
		return (0);
	if (proc == EVOTE_GET_OPTIONS)
		return (do_options(h, out));
	if (proc == EVOTE_CHECKPOINT)
		return (do_checkpoint(h, out));
	h->calls++;
	switch (proc) {
	case EVOTE_GET_RESULT:
		return (do_result(h, out));
	case EVOTE_PREAUTH:
		return (do_preauth(h, out));
	case EVOTE_GET_LIFE:
		return (do_life(h, out));
	case EVOTE_AUTH:
		return (do_auth(h, in, out));
	case EVOTE_CAST_VOTE:
		len = do_vote(h, in, out);
		break;
	case EVOTE_CREATE_ELECTION:
		len = do_create(h, in, out);
		break;
	default:
		return (-1);
	}
	if (h->lose > 0) {
		h->lose--;
		free(*out);
		return (-1);
	}
	return (len);
}

struct conn {
	struct fake_host *host;
	int fd;
	struct tls_server *server;
	struct tls *tls; /* NULL: in plain */
};

static int
read_exactly(struct conn *c, void *buf, size_t n)
{
	char *p = buf;
	ssize_t k;

	if (c->tls != NULL)
		return (tls_end_read(c->fd, c->tls, buf, n));
	for (; n > 0; p += k, n -= (size_t)k)
		if ((k = read(c->fd, p, n)) <= 0)
			return (-1);
	return (0);
}

static void
conn_send(struct conn *c, const void *bytes, size_t len)
{
	if (c->tls == NULL) {
		send(c->fd, bytes, len, MSG_NOSIGNAL);
		return;
	}
	(void)tls_write(c->tls, bytes, len);
	tls_end_flush(c->fd, c->tls);
}

/* The answer to a probe; then TLS. */
static int
conn_shake(struct conn *c, const char xid[4])
{
	static const char *const names[] = {"a", "b", "y"};
	uint32_t reply[9] = {
	    htonl(0x80000000 | 32), 0, htonl(1), 0, 0, htonl(8)};

	memcpy(reply + 1, xid, 4);
	memcpy(reply + 6, "STARTTLS", 8);
	conn_send(c, reply, sizeof(reply));
	c->server = tls_server_new(c->host->tls, names, 3);
	c->tls = tls_accept(c->server);
	if (tls_end_shake(c->fd, c->tls) != 0)
		return (-1);
	pthread_mutex_lock(&c->host->fake->lock);
	c->host->shaken++;
	pthread_mutex_unlock(&c->host->fake->lock);
	return (0);
}

/* One call; -1 ends the connection. */
static int
serve_one(struct conn *c)
{
	static const uint32_t head[6] = {0, 0x01000000, 0, 0, 0, 0};
	char cred[MAX_AUTH_BYTES], verf[MAX_AUTH_BYTES], *in;
	struct fake_host *h = c->host;
	struct rpc_msg msg = {0};
	unsigned char *out = NULL, reply[28 + 65536];
	uint32_t mark;
	long len = -1;
	XDR xdrs;

	if (read_exactly(c, &mark, 4) != 0)
		return (-1);
	mark = ntohl(mark) & 0x7fffffff;
	in = malloc(mark);
	msg.rm_call.cb_cred.oa_base = cred;
	msg.rm_call.cb_verf.oa_base = verf;
	xdrmem_create(&xdrs, in, mark, XDR_DECODE);
	if (read_exactly(c, in, mark) == 0 && xdr_callmsg(&xdrs, &msg)) {
		if (msg.rm_call.cb_cred.oa_flavor == AUTH_TLS &&
		    h->tls != NULL) {
			len = conn_shake(c, in);
			goto out;
		}
		pthread_mutex_lock(&h->fake->lock);
		if (h->up)
			len = dispatch(h, &msg, &xdrs, &out);
		if (h->mute) {
			len = 0;
			free(out);
		}
		pthread_mutex_unlock(&h->fake->lock);
		if (h->mute)
			goto out;
	}
	if (len >= 0) {
		mark = htonl(0x80000000 | (uint32_t)(24 + len));
		memcpy(reply, &mark, 4);
		memcpy(reply + 4, head, 24);
		memcpy(reply + 4, in, 4);
		if (len > 0)
			memcpy(reply + 28, out, (size_t)len);
		free(out);
		poll(NULL, 0, h->slow_ms);
		conn_send(c, reply, 28 + (size_t)len);
	}
out:
	free(in);
	return (len >= 0 ? 0 : -1);
}

static void *
conn_run(void *arg)
{
	struct conn c = *(struct conn *)arg;
	struct fake *f = c.host->fake;
	int i;

	free(arg);
	while (serve_one(&c) == 0)
		;
	tls_free(c.tls);
	tls_server_free(c.server);
	pthread_mutex_lock(&f->lock);
	for (i = 0; f->conns[i] != c.fd; i++)
		;
	f->conns[i] = f->conns[--f->nconns];
	close(c.fd);
	pthread_cond_signal(&f->quiet);
	pthread_mutex_unlock(&f->lock);
	return (NULL);
}

static void *
host_run(void *arg)
{
	struct fake_host *h = arg;
	struct conn *c;
	pthread_t thread;
	int fd;

	while ((fd = accept(h->listener, NULL, NULL)) >= 0) {
		c = malloc(sizeof(*c));
		*c = (struct conn){h, fd, NULL, NULL};
		pthread_mutex_lock(&h->fake->lock);
		h->fake->conns[h->fake->nconns++] = fd;
		pthread_create(&thread, NULL, conn_run, c);
		pthread_detach(thread);
		pthread_mutex_unlock(&h->fake->lock);
	}
	return (NULL);
}

static void
host_start(struct fake_host *h)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);
	int one = 1;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)h->port);
	h->listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(h->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(
	    0, bind(h->listener, (struct sockaddr *)&sin, sizeof(sin)));
	assert_int_equal(0, listen(h->listener, 16));
	getsockname(h->listener, (struct sockaddr *)&sin, &len);
	h->port = ntohs(sin.sin_port);
	h->up = 1;
	pthread_create(&h->thread, NULL, host_run, h);
}

/* As if the process were killed: all connections end. */
static void
host_kill(struct fake_host *h)
{
	struct fake *f = h->fake;
	int i;

	shutdown(h->listener, SHUT_RDWR);
	pthread_join(h->thread, NULL);
	close(h->listener);
	pthread_mutex_lock(&f->lock);
	h->up = 0;
	for (i = 0; i < f->nconns; i++)
		shutdown(f->conns[i], SHUT_RDWR);
	while (f->nconns > 0)
		pthread_cond_wait(&f->quiet, &f->lock);
	pthread_mutex_unlock(&f->lock);
}

/* ---- a test's surroundings ---- */

struct world {
	struct fake fake;
	char dir[80], key[100], hosts[100];
	const char *origin; /* as given; NULL: any */
	int earlier;
	char earlier_election[100];
	evote_reason earlier_reason;
	uint64_t earlier_tracker; /* 0: it has none */
	int plain;
	int met;
	unsigned met_takes_ms;
	char met_pin[TLS_PIN];
};

static int
setup(void **state)
{
	static const char *const names[HOSTS] = {"a", "b"};
	struct world *w = calloc(1, sizeof(*w));
	struct seal_key *key;
	char err[200];
	int i;

	assert_non_null(scratch_make(w->dir, sizeof(w->dir)));
	snprintf(w->key, sizeof(w->key), "%s/key.pem", w->dir);
	assert_non_null(key = seal_key_make(w->key, err, sizeof(err)));
	seal_key_public(key, w->fake.key);
	seal_key_free(key);
	pthread_mutex_init(&w->fake.lock, NULL);
	pthread_cond_init(&w->fake.quiet, NULL);
	for (i = 0; i < HOSTS; i++) {
		struct fake_host *h = &w->fake.host[i];

		h->fake = &w->fake;
		h->name = names[i];
		memset(h->stamp.cluster, 'c', 16);
		memset(h->stamp.root, 'r', 32);
		h->stamp.epoch = 5;
		h->stamp.size = 100;
		host_start(h);
	}
	w->fake.host[1].standing = EVOTE_NOT_PRIMARY;
	w->fake.host[1].hint = "a";
	snprintf(w->hosts, sizeof(w->hosts), "a=127.0.0.1:%d,b=127.0.0.1:%d",
	    w->fake.host[0].port, w->fake.host[1].port);
	*state = w;
	return (0);
}

static int
teardown(void **state)
{
	struct world *w = *state;
	int i;

	for (i = 0; i < HOSTS; i++)
		if (w->fake.host[i].up)
			host_kill(&w->fake.host[i]);
	scratch_remove(w->dir);
	free(w);
	return (0);
}

static void
on_earlier(void *arg, evote_act_kind kind, const char *election,
    const evote_answer *answer, const uint64_t *tracker)
{
	struct world *w = arg;

	w->earlier++;
	w->earlier_reason = answer->reason;
	w->earlier_tracker = tracker != NULL ? *tracker : 0;
	snprintf(
	    w->earlier_election, sizeof(w->earlier_election), "%s", election);
}

static int
on_met(void *arg, const char *pin)
{
	struct world *w = arg;

	w->met++;
	usleep(w->met_takes_ms * 1000);
	snprintf(w->met_pin, sizeof(w->met_pin), "%s", pin);
	return (0);
}

static struct evote *
open_with(struct world *w, uint64_t timeout_ms, int login)
{
	struct evote_options options = {
	    .hosts = w->hosts,
	    .voter = "voter",
	    .key = w->key,
	    .state = w->dir,
	    .login = login,
	    .timeout_ms = timeout_ms,
	    .plain = w->plain,
	    .earlier = on_earlier,
	    .met = on_met,
	    .origin = w->origin,
	    .arg = w,
	};
	char err[500] = "";
	struct evote *e = evote_open(&options, err, sizeof(err));

	if (e == NULL)
		fail_msg("%s", err);
	return (e);
}

/* The outcome; *reason too when there was an answer. */
static enum evote_outcome
vote_in(struct evote *e, const char *election, const char *choice,
    evote_reason *reason)
{
	enum evote_outcome outcome;
	evote_answer answer;

	outcome = evote_vote(e, election, choice, &answer);
	if (reason != NULL)
		*reason = answer.reason;
	if (outcome == EVOTE_ANSWERED)
		assert_int_equal(EVOTE_SERVED, answer.standing);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (outcome);
}

static enum evote_outcome
vote(struct world *w, uint64_t timeout_ms, const char *choice)
{
	struct evote *e = open_with(w, timeout_ms, 0);
	enum evote_outcome outcome = vote_in(e, "E", choice, NULL);

	evote_close(e);
	return (outcome);
}

/* ---- hosts ---- */

static void
check_hosts(const char *list, const char *expected)
{
	struct hosts h;
	char seen[600] = "", err[300] = "";
	size_t n = 0;
	int i;

	if (hosts_parse(list, &h, err, sizeof(err)) != 0)
		snprintf(seen, sizeof(seen), "!%s", err);
	else
		for (i = 0; i < h.n; i++)
			n += (size_t)snprintf(seen + n, sizeof(seen) - n,
			    "%s|%s|%d ", h.list[i].name, h.list[i].address,
			    h.list[i].port);
	assert_string_equal(expected, seen);
}

static void
test_hosts(void **state)
{
	check_hosts("a=h1:7,b=h2", "a|h1|7 b|h2|0 ");
	check_hosts(" a = 10.0.0.1:65535 ,, h2 ", "a|10.0.0.1|65535 h2|h2|0 ");
	check_hosts("a=[::1]:7,b=[fe80::1]", "a|::1|7 b|fe80::1|0 ");
	check_hosts("a=h#1,b=c", "a|h|0 ");
	check_hosts("", "!no host is listed");
	check_hosts("a=h,a=i", "!the host a is listed twice");
	check_hosts("a=h:7,b=h:8", "a|h|7 b|h|8 ");
	check_hosts(
	    "a=h:7,b=H:7", "!the hosts a and b have the same address, H:7");
	check_hosts("a=[::1],b=h,c=[::1]",
	    "!the hosts a and c have the same address, [::1]");
	check_hosts("a=h:0", "!\"a=h:0\" is not NAME=HOST[:PORT]");
	check_hosts("a=h:65536", "!\"a=h:65536\" is not NAME=HOST[:PORT]");
	check_hosts("a=h:", "!\"a=h:\" is not NAME=HOST[:PORT]");
	check_hosts("a=", "!\"a=\" is not NAME=HOST[:PORT]");
	check_hosts("=h", "!\"=h\" is not NAME=HOST[:PORT]");
	check_hosts("a=[::1",
	    "!\"a=[::1\" is not NAME=HOST[:PORT]: an IPv6 address stands in "
	    "[brackets]");
	check_hosts("a=::1",
	    "!\"a=::1\" is not NAME=HOST[:PORT]: an IPv6 address stands in "
	    "[brackets]");
	check_hosts("~/hosts",
	    "!\"~/hosts\" is not NAME=HOST[:PORT]: to name a file of hosts, "
	    "write @ before it");
	check_hosts("1,2,3,4,5,6,7,8,9", "!more than 8 hosts");
	check_hosts(
	    "@/nonexistent/x", "!/nonexistent/x: No such file or directory");
}

static void
test_hosts_file(void **state)
{
	struct world *w = *state;
	struct hosts h, other;
	unsigned char one[32], two[32];
	char path[100], err[200];
	FILE *f;

	snprintf(path, sizeof(path), "@%s/hosts", w->dir);
	f = fopen(path + 1, "w");
	fputs("# our hosts\n\na=h1:7 # the first\n b = h2\n", f);
	fclose(f);
	check_hosts(path, "a|h1|7 b|h2|0 ");
	hosts_parse(path, &h, err, sizeof(err));
	assert_string_equal("", h.pin);
	hosts_digest(&h, one);
	hosts_parse("b=h2,a=h1:7", &other, err, sizeof(err));
	hosts_digest(&other, two);
	assert_memory_equal(one, two, 32);
	hosts_parse("b=h2,a=h1:8", &other, err, sizeof(err));
	hosts_digest(&other, two);
	assert_memory_not_equal(one, two, 32);
}

#define PIN	  "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define OTHER_PIN "YpRMTfNFeFfNNFMsVF3P2YWtUWb0Wnsmrq8yKUrTJts="

static void
check_pins(struct world *w, const char *lines, const char *expected)
{
	struct hosts h;
	char path[100], err[300];
	FILE *f;

	snprintf(path, sizeof(path), "@%s/pins", w->dir);
	f = fopen(path + 1, "w");
	fprintf(f, "a=h1:7\n%s\n", lines);
	fclose(f);
	if (hosts_parse(path, &h, err, sizeof(err)) == 0) {
		assert_int_equal(1, h.n);
		assert_string_equal(expected, h.pin);
	} else {
		assert_non_null(strstr(err, "pins line "));
		assert_string_equal(expected, strstr(err, "line"));
	}
}

static void
test_pin_lines(void **state)
{
	static const char slips[][64] = {"AAAA",
	    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
	    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=", "10.0.0.1"};
	char line[300], why[400];
	struct world *w = *state;
	size_t i;

	check_pins(w, "pin " PIN, PIN);
	check_pins(w, "  pin\t " PIN "  # ours", PIN);
	check_pins(w, "pin " PIN "\npin " PIN, PIN);
	check_pins(w, "pin " PIN "\npin " OTHER_PIN,
	    "line 3: this pin is another one than " PIN
	    ", which is given as well; keep the right one");
	for (i = 0; i < 4; i++) {
		snprintf(line, sizeof(line), "pin %s", slips[i]);
		snprintf(why, sizeof(why),
		    "line 2: \"%s\" is not a pin, which is 44 characters of "
		    "base64 and ends with =; `status` shows it",
		    slips[i]);
		check_pins(w, line, why);
	}
	/* A pin that was forgotten is no host, and is not passed over. */
	for (i = 0; i < 4; i++) {
		static const char *const empty[] = {
		    "pin", " PIN ", "Pin #", "pin\t"};

		check_pins(w, empty[i],
		    "line 2: \"\" is not a pin, which is 44 characters of "
		    "base64 and ends with =; `status` shows it");
	}
	check_pins(w, "PIN " PIN, PIN);
	check_hosts("pin=h", "pin|h|0 ");
	check_hosts("pinta", "pinta|pinta|0 ");
	check_hosts("a=h,pin",
	    "!a pin stands on a line of a file of hosts, or in "
	    "EVOTE_PIN");
	check_hosts("a=h,pin " PIN,
	    "!a pin stands on a line of a file of hosts, or in EVOTE_PIN");
}

/* ---- state ---- */

static struct state *
state_of(struct world *w)
{
	char err[300];
	struct hosts hosts;
	struct state *s;

	assert_int_equal(0, hosts_parse(w->hosts, &hosts, err, sizeof(err)));
	assert_non_null(s = state_open(w->dir, &hosts, err, sizeof(err)));
	assert_true(state_adopt(s, &hosts,
			(unsigned char *)w->fake.host[0].stamp.cluster) >= 0);
	return (s);
}

/* -1: there is none. */
static long
file_size(const char *path)
{
	struct stat st;

	return (stat(path, &st) == 0 ? (long)st.st_size : -1);
}

/* The one file of such a name. */
static void
file_of(const char *dir, const char *suffix, char path[700])
{
	struct dirent *d;
	size_t n;
	DIR *all = opendir(dir);

	path[0] = '\0';

	while ((d = readdir(all)) != NULL) {
		n = strlen(d->d_name);
		if (n < strlen(suffix) ||
		    strcmp(d->d_name + n - strlen(suffix), suffix) != 0)
			continue;
		snprintf(path, 700, "%s/%s", dir, d->d_name);
	}
	closedir(all);
}

static int
mode_of(const char *dir, const char *suffix)
{
	char path[700];
	struct stat st;

	file_of(dir, suffix, path);
	return (stat(path, &st) == 0 ? (int)(st.st_mode & 0777) : -1);
}

static void
kept_fill(struct kept *k, const char *choice)
{
	k->kind = EVOTE_ACT_VOTE;
	k->number++;
	k->u.vote.request.credential.kind = EVOTE_BY_TOKEN;
	k->u.vote.election = strdup("E");
	k->u.vote.choice = strdup(choice);
	memset(k->u.vote.salt, 's', 32);
}

static void
test_kept(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	struct kept k, again;

	assert_int_equal(0, state_load(s, "v", &k));
	assert_int_equal(0, k.kind);
	kept_fill(&k, "yes");
	assert_int_equal(0, state_store(s, "v", &k));
	assert_int_equal(0600, mode_of(state_dir(s), ".request"));
	state_close(s);
	s = state_of(w);
	assert_int_equal(0, state_load(s, "v", &again));
	assert_int_equal(EVOTE_ACT_VOTE, again.kind);
	assert_int_equal(k.number, again.number);
	assert_memory_equal(k.client, again.client, 16);
	assert_string_equal("yes", again.u.vote.choice);
	assert_memory_equal(k.u.vote.salt, again.u.vote.salt, 32);
	kept_clear(&again);
	/* Answered: the number stays, the choice goes. */
	assert_int_equal(0, state_settle(s, "v"));
	assert_int_equal(0, state_load(s, "v", &again));
	assert_int_equal(0, again.kind);
	assert_int_equal(k.number, again.number);
	assert_memory_equal(k.client, again.client, 16);
	/* Another voter has nothing to do with it. */
	assert_int_equal(0, state_load(s, "w", &again));
	assert_int_equal(0, again.number);
	assert_memory_not_equal(k.client, again.client, 16);
	kept_clear(&k);
	state_close(s);
}

static struct state *
state_without_home(struct world *w)
{
	char *home = strdup(getenv("HOME") != NULL ? getenv("HOME") : "/");
	char err[300];
	struct hosts hosts;
	struct state *s;

	assert_int_equal(0, hosts_parse(w->hosts, &hosts, err, sizeof(err)));
	unsetenv("HOME");
	unsetenv("XDG_STATE_HOME");
	unsetenv("EVOTE_STATE");
	s = state_open(NULL, &hosts, err, sizeof(err));
	setenv("HOME", home, 1);
	free(home);
	return (s);
}

/* What is set and empty is not set: then the home directory has it. */
static void
test_empty_environment(void **state)
{
	struct world *w = *state;
	struct evote_options o = {.pin = NULL};
	char err[300], *home = strdup(getenv("HOME") ? getenv("HOME") : "/");
	struct hosts hosts;
	struct state *s;

	assert_int_equal(0, hosts_parse(w->hosts, &hosts, err, sizeof(err)));
	setenv("EVOTE_STATE", "", 1);
	setenv("EVOTE_PIN", "", 1);
	setenv("EVOTE_HOSTS", "", 1);
	setenv("HOME", w->dir, 1);
	unsetenv("XDG_STATE_HOME");
	assert_non_null(s = state_open(NULL, &hosts, err, sizeof(err)));
	assert_non_null(strstr(state_dir(s), "/.local/state/evote"));
	state_close(s);
	assert_null(evote_open(&o, err, sizeof(err)));
	assert_string_equal("no hosts are given", err);
	o.hosts = "a=h";
	evote_close(evote_open(&o, err, sizeof(err)));
	/* But whoever gives an empty pin means one. */
	o.pin = "";
	assert_null(evote_open(&o, err, sizeof(err)));
	assert_non_null(strstr(err, "\"\" is not a pin"));
	unsetenv("EVOTE_STATE");
	unsetenv("EVOTE_PIN");
	unsetenv("EVOTE_HOSTS");
	setenv("HOME", home, 1);
	free(home);
}

/* As from a unit without HOME: reading works, a promise is not begun. */
static void
test_no_directory(void **state)
{
	struct sighting one = {1, 5, {1}}, other = {1, 5, {2}}, kept;
	struct service service = {.origin = "o"};
	struct state *s = state_without_home(*state);
	struct kept k = {0};

	assert_non_null(s);
	assert_int_equal(0, state_pin(s, &service));
	assert_int_equal(0, state_service(s, &service));
	assert_int_equal(0, state_raise(s, &one, &kept));
	assert_int_equal(1, state_raise(s, &other, &kept));
	assert_int_equal(0, state_seen(s, &kept));
	assert_memory_equal(&one, &kept, sizeof(one));
	assert_int_equal(-1, state_lock(s, "v", 0));
	assert_non_null(strstr(state_error(s), "set EVOTE_STATE"));
	kept_fill(&k, "yes");
	assert_int_equal(-1, state_store(s, "v", &k));
	assert_non_null(strstr(state_error(s), "set EVOTE_STATE"));
	kept_clear(&k);
	state_close(s);
}

/* A vote may be in a damaged file: it is never passed over in silence. */
static void
test_kept_damaged(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	struct kept k;
	char command[300];
	size_t cut;
	FILE *f;

	assert_int_equal(0, state_load(s, "v", &k));
	kept_fill(&k, "yes");
	assert_int_equal(0, state_store(s, "v", &k));
	kept_clear(&k);
	for (cut = 0; cut < 3; cut++) {
		static const char *const sizes[] = {"0", "20", "60"};

		snprintf(command, sizeof(command),
		    "truncate -s %s %s/*.request", sizes[cut], state_dir(s));
		f = popen(command, "r");
		assert_int_equal(0, pclose(f));
		assert_int_equal(-1, state_load(s, "v", &k));
		assert_non_null(strstr(state_error(s), "damaged"));
		kept_clear(&k);
	}
	state_close(s);
}

static void
test_lock(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	uint64_t now = now_ms();
	int one = state_lock(s, "v", now), other;

	assert_true(one >= 0);
	assert_int_equal(-1, state_lock(s, "v", now + 50));
	other = state_lock(s, "w", now);
	assert_true(other >= 0);
	state_unlock(one);
	one = state_lock(s, "v", now);
	assert_true(one >= 0);
	state_unlock(one);
	state_unlock(other);
	state_close(s);
}

/* A voter who is busy elsewhere can keep a request; that needs no waiting. */
static void
test_can_keep(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	struct evote *e = open_with(w, 60000, 0);
	int lock = state_lock(s, "voter", now_ms());
	uint64_t before = now_ms();
	char path[700];

	assert_true(lock >= 0);
	assert_int_equal(0, evote_can_keep(e));
	assert_true(now_ms() - before < 30000);
	state_unlock(lock);
	file_of(state_dir(s), ".lock", path);
	assert_int_equal(0, unlink(path));
	assert_int_equal(0, mkdir(path, 0700));
	assert_int_equal(-1, evote_can_keep(e));
	assert_non_null(strstr(evote_problem(e), path));
	evote_close(e);
	state_close(s);
}

/* As on a full disk, an empty file may be had, and nothing in it. */
static void
test_can_keep_full(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	struct evote *e = open_with(w, 5000, 0);
	struct rlimit old, few;
	int can;

	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &old));
	signal(SIGXFSZ, SIG_IGN);
	few = old;
	few.rlim_cur = 8192;
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &few));
	can = evote_can_keep(e);
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &old));
	assert_int_equal(-1, can);
	assert_int_equal(0, evote_can_keep(e));
	assert_int_equal(-1, mode_of(state_dir(s), ".new"));
	evote_close(e);
	state_close(s);
}

static void
test_seen(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	struct sighting v = {5, 10, {1}}, kept;

	assert_int_equal(0, state_seen(s, &kept));
	assert_int_equal(0, kept.size);
	assert_int_equal(0, state_raise(s, &v, &kept));
	assert_int_equal(0600, mode_of(state_dir(s), "seen"));
	/* Lower ones change nothing. */
	v = (struct sighting){5, 9, {2}};
	assert_int_equal(0, state_raise(s, &v, &kept));
	v = (struct sighting){4, 11, {3}};
	assert_int_equal(0, state_raise(s, &v, &kept));
	assert_int_equal(0, state_seen(s, &kept));
	assert_int_equal(5, kept.epoch);
	assert_int_equal(10, kept.size);
	assert_int_equal(1, kept.root[0]);
	/* The same size has one root, whatever the epoch. */
	v = (struct sighting){6, 10, {9}};
	assert_int_equal(1, state_raise(s, &v, &kept));
	v = (struct sighting){6, 10, {1}};
	assert_int_equal(0, state_raise(s, &v, &kept));
	assert_int_equal(0, state_seen(s, &kept));
	assert_int_equal(6, kept.epoch);
	state_close(s);
}

/* The one that is found before that time, or 0. */
static uint64_t
token_before(struct state *s, uint64_t now, uint64_t until)
{
	struct token t;

	return (state_token_before(s, "v", now, until, &t) ? t.expires : 0);
}

/* Every log-in is kept until it expires, unless there are many at once. */
static void
test_tokens_kept(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	struct token t = {"secret", EVOTE_TOKEN_MAX, 0};

	assert_int_equal(0, token_before(s, 0, UINT64_MAX));
	for (t.expires = 100; t.expires <= 300; t.expires += 100)
		state_set_token(s, "v", 50, &t);
	assert_int_equal(300, token_before(s, 50, UINT64_MAX));
	assert_int_equal(200, token_before(s, 50, 300));
	assert_int_equal(100, token_before(s, 50, 101));
	assert_int_equal(0, token_before(s, 50, 100));
	assert_int_equal(200, token_before(s, 199, 300));
	assert_int_equal(0, token_before(s, 200, 300));
	assert_int_equal(1, state_token(s, "v", &t));
	assert_int_equal(300, t.expires);
	assert_int_equal(0600, mode_of(state_dir(s), ".tokens"));
	/* What has expired goes; of many that are close to each other, some. */
	for (t.expires = 1000; t.expires < 1020; t.expires++)
		state_set_token(s, "v", 150, &t);
	assert_int_equal(0, token_before(s, 0, 101));
	assert_int_equal(200, token_before(s, 0, 300));
	assert_int_equal(300, token_before(s, 0, 1000));
	assert_int_equal(1019, token_before(s, 0, UINT64_MAX));
	state_forget_tokens(s, "v");
	assert_int_equal(0, token_before(s, 0, UINT64_MAX));
	state_close(s);
}

static void
test_service_and_token(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	struct service v = {"0123456789abcde", "an origin, with \"quotes\" "},
		       again;
	struct token token = {"secret", EVOTE_TOKEN_MAX, 77};
	char name[EVOTE_HOST_MAX + 1];
	int port;

	assert_int_equal(0, state_service(s, &again));
	assert_int_equal(0, state_pin(s, &v));
	assert_int_equal(1, state_service(s, &again));
	assert_memory_equal(v.cluster, again.cluster, 16);
	assert_string_equal(v.origin, again.origin);
	state_set_token(s, "v", 1, &token);
	assert_int_equal(0600, mode_of(state_dir(s), ".token"));
	memset(&token, 0, sizeof(token));
	assert_int_equal(1, state_token(s, "v", &token));
	assert_int_equal(EVOTE_TOKEN_MAX, token.len);
	assert_int_equal(77, token.expires);
	assert_string_equal("secret", (char *)token.bytes);
	state_forget_tokens(s, "v");
	assert_int_equal(0, state_token(s, "v", &token));
	assert_int_equal(0, state_last(s, name, &port));
	state_set_last(s, "host b", 42);
	assert_int_equal(1, state_last(s, name, &port));
	assert_string_equal("host b", name);
	assert_int_equal(42, port);
	state_close(s);
}

/* ---- voting ---- */

static void
test_vote(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 0);
	evote_reason reason;

	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", &reason));
	assert_int_equal(EVOTE_R_OK, reason);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "no", &reason));
	assert_string_equal("a", evote_served_by(e));
	evote_close(e);
	/* Numbers rise from handle to handle, and one greeting is enough. */
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "maybe"));
	assert_int_equal(3, w->fake.votes);
	assert_int_equal(3, w->fake.nnumbers);
	assert_true(w->fake.numbers[0] < w->fake.numbers[1]);
	assert_true(w->fake.numbers[1] < w->fake.numbers[2]);
	assert_int_equal(0, w->fake.bad_signatures);
	assert_int_equal(2, w->fake.host[0].greets);
	assert_int_equal(0, w->earlier);
}

/* A sheet of the own line alone holds, if it says this. */
static int
sheet_holds(struct evote *e, const char *election, const char *choice)
{
	evote_sheet_line line = {.choice = (char *)choice};
	evote_count count = {(char *)choice, 1};
	evote_result_res result = {.counts = {1, &count}, .votes = 1};
	struct evote_own own;
	struct recount r = {election, &line, 1, &result, &own};
	const evote_sheet_line *mine;
	char problem[300];

	assert_int_equal(1, evote_own_vote(e, election, &own));
	line.tracker = own.tracker;
	return (recount_check(&r, &mine, problem, sizeof(problem)) == 0);
}

/*
 * With a tally sheet the client keeps what finds the own line, and only then.
 */
static void
test_sheet(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 0);
	struct evote_own own;
	uint64_t tracker = 0;
	evote_reason reason;

	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", &reason));
	assert_int_equal(0, evote_own_tracker(e, "E", &tracker));
	assert_int_equal(0, evote_own_vote(e, "E", &own));
	assert_non_null(strstr(evote_problem(e), "no tracker of a vote of "));
	w->fake.sheet = 1;
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "no", &reason));
	assert_int_equal(EVOTE_R_OK, reason);
	assert_int_equal(1, evote_own_tracker(e, "F", &tracker));
	assert_int_equal(tracker_of(w->fake.salt, "F"), tracker);
	assert_true(sheet_holds(e, "F", "no"));
	assert_false(sheet_holds(e, "F", "yes"));
	evote_close(e);
	/* It is still known later, and not of what was cast without one. */
	e = open_with(w, 5000, 0);
	tracker = 0;
	assert_int_equal(1, evote_own_tracker(e, "F", &tracker));
	assert_int_equal(tracker_of(w->fake.salt, "F"), tracker);
	assert_int_equal(0, evote_own_tracker(e, "E", &tracker));
	assert_int_equal(0, w->fake.bad_signatures);
	evote_close(e);
}

/* Also one that was cast before, and is only settled now. */
static void
test_sheet_earlier(void **state)
{
	struct world *w = *state;
	uint64_t tracker;
	struct evote *e;

	w->fake.sheet = 1;
	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote(w, 300, "yes"));
	tracker = tracker_of(w->fake.salt, "E");
	w->fake.host[0].lose = 0;
	e = open_with(w, 5000, 0);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "no", NULL));
	assert_int_equal(1, w->earlier);
	assert_int_equal(tracker, w->earlier_tracker);
	evote_close(e);
}

/*
 * By log-in the service would draw the salt: it refuses, and the client does.
 */
static void
test_sheet_by_login(void **state)
{
	static const unsigned char none[32];
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 1);
	uint64_t tracker = 0;
	evote_reason reason;

	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", &reason));
	assert_memory_equal(none, w->fake.salt, 32);
	w->fake.sheet = 1;
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "no", &reason));
	assert_int_equal(EVOTE_R_OK, reason);
	assert_memory_not_equal(none, w->fake.salt, 32);
	assert_int_equal(2, w->fake.votes);
	assert_int_equal(1, w->fake.challenges);
	assert_int_equal(1, evote_own_tracker(e, "F", &tracker));
	assert_int_equal(tracker_of(w->fake.salt, "F"), tracker);
	assert_true(sheet_holds(e, "F", "no"));
	evote_close(e);
}

static void
test_create(void **state)
{
	struct world *w = *state;
	evote_name groups[] = {(char *)"g"}, choices[] = {(char *)"c"};
	evote_election v = {
	    .name = (char *)"E",
	    .groups = {1, groups},
	    .choices = {1, choices},
	    .end = 1000,
	};
	struct evote *e = open_with(w, 300, 0);
	evote_answer answer;
	uint64_t end = 0, first;

	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED,
	    evote_create(e, &(evote_terms){.election = v}, 1, &end, &answer));
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	first = end;
	w->fake.host[0].lose = 0;
	evote_close(e);
	e = open_with(w, 5000, 0);
	/* The same with a later end, as "+90s" gives it. */
	v.end = 2000;
	assert_int_equal(EVOTE_ANSWERED,
	    evote_create(e, &(evote_terms){.election = v}, 1, &end, &answer));
	assert_int_equal(0, answer.code);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	assert_int_equal(first, end);
	assert_int_equal(1, w->fake.creations);
	assert_int_equal(0, w->fake.bad_signatures);
	evote_close(e);
}

static uint64_t
wall_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ((uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

/* A span counts from the service's clock, a time does not. */
static void
test_create_relative(void **state)
{
	struct world *w = *state;
	evote_name groups[] = {(char *)"g"}, choices[] = {(char *)"c"};
	evote_election v = {
	    .name = (char *)"E",
	    .groups = {1, groups},
	    .choices = {1, choices},
	    .end = 2 * HOUR_US,
	};
	struct evote *e = open_with(w, 5000, 0);
	evote_answer answer;
	uint64_t end = 0;

	/* Ours is three hours fast. */
	w->fake.clock = wall_us() - 3 * HOUR_US;
	assert_int_equal(EVOTE_ANSWERED,
	    evote_create(e, &(evote_terms){.election = v}, 1, &end, &answer));
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	assert_true(end > w->fake.clock + HOUR_US);
	assert_true(end < w->fake.clock + 3 * HOUR_US);
	assert_true(-evote_clock_off(e) > 2 * (int64_t)HOUR_US);
	v.name = (char *)"F";
	v.end = end + 5;
	assert_int_equal(EVOTE_ANSWERED,
	    evote_create(e, &(evote_terms){.election = v}, 0, &end, &answer));
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	assert_int_equal(v.end, end);
	evote_close(e);
}

/* So far ahead no clock is trusted: a span from it is not what was meant. */
static void
test_span_uncounted(void **state)
{
	struct world *w = *state;
	evote_name groups[] = {(char *)"g"}, choices[] = {(char *)"c"};
	const evote_terms terms = {
	    .election = {.name = (char *)"E",
		.groups = {1, groups},
		.choices = {1, choices},
		.end = 2 * HOUR_US},
	};
	evote_extension x = {(char *)"E", 2 * HOUR_US, (char *)"no light"};
	struct evote *e = open_with(w, 5000, 0);
	evote_preview_res seen;
	evote_terms dated;
	evote_answer answer;
	uint64_t end = 0;

	w->fake.clock = wall_us() + 25 * HOUR_US;
	assert_int_equal(EVOTE_FAILED,
	    evote_create(e, &terms, EVOTE_END_SPAN, &end, &answer));
	assert_non_null(strstr(evote_problem(e), "set this clock"));
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	assert_int_equal(
	    EVOTE_FAILED, evote_extend(e, &x, EVOTE_END_SPAN, &end, &answer));
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	assert_int_equal(EVOTE_FAILED,
	    evote_preview(e, &terms, EVOTE_END_SPAN, &dated, &seen));
	xdr_free((xdrproc_t)xdr_evote_preview_res, &seen);
	xdr_free((xdrproc_t)xdr_evote_terms, &dated);
	assert_int_equal(
	    EVOTE_ANSWERED, evote_create(e, &terms, 0, &end, &answer));
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	evote_close(e);
}

/* Clocks this close are not worth a sentence. */
static void
test_clock_off(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 0);

	assert_int_equal(0, evote_clock_off(e));
	w->fake.clock = wall_us();
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "c", NULL));
	assert_int_equal(0, evote_clock_off(e));
	evote_close(e);
	w->fake.clock = wall_us() + HOUR_US;
	e = open_with(w, 5000, 0);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "c", NULL));
	assert_true(evote_clock_off(e) > (int64_t)HOUR_US / 2);
	evote_close(e);
}

/* A key file that others can read or change. */
static void
test_key_file_doubt(void **state)
{
	struct world *w = *state;

	assert_null(signer_doubt("/nowhere/key.pem"));
	assert_int_equal(0, chmod(w->key, 0600));
	assert_null(signer_doubt(w->key));
	assert_int_equal(0, chmod(w->key, 0644));
	assert_non_null(strstr(signer_doubt(w->key), "read"));
	assert_int_equal(0, chmod(w->key, 0666));
	assert_non_null(strstr(signer_doubt(w->key), "changed"));
}

static void
test_hint(void **state)
{
	struct world *w = *state;
	uint64_t began = now_ms();

	w->fake.host[0].standing = EVOTE_NOT_PRIMARY;
	w->fake.host[0].hint = "b";
	w->fake.host[1].standing = EVOTE_SERVED;
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "yes"));
	assert_int_equal(1, w->fake.host[1].calls);
	assert_int_equal(0, w->fake.host[0].calls);
	assert_true(now_ms() - began < 500);
}

static void
test_reply_lost(void **state)
{
	struct world *w = *state;

	w->fake.host[0].lose = 2;
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "yes"));
	assert_int_equal(1, w->fake.votes);
	assert_int_equal(3, w->fake.nnumbers);
	assert_int_equal(w->fake.numbers[0], w->fake.numbers[2]);
}

#define assert_kept(e, election, is)                                  \
	do {                                                          \
		int kept_;                                            \
		assert_int_equal(                                     \
		    EVOTE_ANSWERED, evote_kept(e, election, &kept_)); \
		assert_int_equal(is, kept_);                          \
	} while (0)

static void
test_unanswered_same(void **state)
{
	struct world *w = *state;
	struct evote *e;

	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote(w, 300, "yes"));
	w->fake.host[0].lose = 0;
	e = open_with(w, 5000, 0);
	assert_kept(e, "E", 1);
	assert_kept(e, "F", 0);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	assert_kept(e, "E", 0);
	assert_int_equal(1, w->fake.votes);
	assert_int_equal(0, w->earlier);
	evote_close(e);
}

static void
test_unanswered_null(void **state)
{
	struct world *w = *state;
	struct evote *e;

	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote(w, 300, "yes"));
	w->fake.host[0].lose = 0;
	e = open_with(w, 5000, 0);
	assert_int_equal(EVOTE_FAILED, vote_in(e, "F", NULL, NULL));
	assert_int_equal(1, w->earlier);
	evote_close(e);
	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote(w, 300, "no"));
	w->fake.host[0].lose = 0;
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, NULL));
	assert_string_equal("no", w->fake.choice);
	assert_int_equal(2, w->fake.votes);
}

static void
test_unanswered_other(void **state)
{
	struct world *w = *state;

	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote(w, 300, "yes"));
	/* Still nobody: the new one stays unsent. */
	assert_int_equal(EVOTE_UNSENT, vote(w, 300, "no"));
	assert_string_equal("yes", w->fake.choice);
	w->fake.host[0].lose = 0;
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "no"));
	assert_int_equal(1, w->earlier);
	assert_string_equal("E", w->earlier_election);
	assert_int_equal(EVOTE_R_OK, w->earlier_reason);
	assert_int_equal(0, w->earlier_tracker);
	assert_string_equal("no", w->fake.choice);
	assert_int_equal(2, w->fake.votes);
}

/* What is asked has one time together, if that was said. */
static void
test_within(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 1000, 0);
	evote_result_res res;
	uint64_t began_ms;

	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "no", NULL));
	w->fake.host[0].standing = EVOTE_NOT_SERVING;
	began_ms = now_ms();
	evote_within(e, 0);
	assert_int_equal(EVOTE_UNANSWERED, evote_result(e, "E", &res));
	xdr_free((xdrproc_t)xdr_evote_result_res, (char *)&res);
	assert_int_equal(0, evote_left_ms(e));
	assert_int_equal(EVOTE_UNSENT, vote_in(e, "E", "yes", NULL));
	assert_non_null(strstr(evote_problem(e), "no time was left"));
	assert_true(now_ms() - began_ms < 1800);
	assert_kept(e, "E", 0);
	/* Also to a host that is connected nothing is sent then. */
	w->fake.host[0].standing = EVOTE_SERVED;
	evote_within(e, 0);
	assert_int_equal(EVOTE_ANSWERED, evote_result(e, "F", &res));
	xdr_free((xdrproc_t)xdr_evote_result_res, (char *)&res);
	evote_within(e, 1);
	usleep(2 * 1000);
	assert_int_equal(EVOTE_UNSENT, vote_in(e, "E", "yes", NULL));
	assert_int_equal(1, w->fake.votes);
	evote_within(e, 0);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	evote_close(e);
}

/* Whether a request of the voter is written down, whoever is at work. */
static int
kept_on_disk(struct world *w)
{
	struct state *s = state_of(w);
	struct kept k;
	int found;

	assert_int_equal(0, state_load(s, "voter", &k));
	found = k.kind != 0;
	kept_clear(&k);
	state_close(s);
	return (found);
}

static void *
vote_in_vain(void *arg)
{
	assert_int_equal(EVOTE_UNSENT, vote(arg, 500, "yes"));
	return (NULL);
}

/*
 * Never sent: a change of mind later must not find it waiting, not even
 * if the one that would have sent it is interrupted.
 */
static void
test_unsent(void **state)
{
	const struct timespec some = {.tv_nsec = 250 * 1000000};
	struct world *w = *state;
	struct evote *e;
	pthread_t voter;

	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "first"));
	host_kill(&w->fake.host[0]);
	host_kill(&w->fake.host[1]);
	pthread_create(&voter, NULL, vote_in_vain, w);
	nanosleep(&some, NULL);
	assert_int_equal(0, kept_on_disk(w));
	pthread_join(voter, NULL);
	e = open_with(w, 200, 0);
	assert_kept(e, "E", 0);
	evote_close(e);
}

static void
test_no_key(void **state)
{
	struct world *w = *state;

	unlink(w->key);
	assert_int_equal(EVOTE_FAILED, vote(w, 5000, "yes"));
	assert_int_equal(0, w->fake.nnumbers);
}

static void
test_too_long(void **state)
{
	struct world *w = *state;
	char name[EVOTE_NAME_MAX + 2];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(EVOTE_FAILED, vote(w, 5000, name));
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, name + 1));
	assert_int_equal(1, w->fake.nnumbers);
}

/*
 * What is remembered belongs to the service: it is there under a list
 * that was edited, and under one of none but other hosts.
 */
static void
test_edited_list(void **state)
{
	struct world *w = *state;

	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote(w, 300, "yes"));
	w->fake.host[0].lose = 0;
	snprintf(w->hosts, sizeof(w->hosts), "b=127.0.0.1:1,x=127.0.0.1:%d",
	    w->fake.host[0].port);
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, NULL));
	assert_int_equal(1, w->fake.votes);
	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote(w, 300, "no"));
	w->fake.host[0].lose = 0;
	snprintf(
	    w->hosts, sizeof(w->hosts), "y=localhost:%d", w->fake.host[0].port);
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, NULL));
	assert_int_equal(2, w->fake.votes);
}

static void
test_edited_list_pinned(void **state)
{
	struct world *w = *state;

	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "yes"));
	memset(w->fake.host[0].stamp.cluster, 'z', 16);
	snprintf(w->hosts, sizeof(w->hosts), "a=127.0.0.1:%d,c=127.0.0.1:1",
	    w->fake.host[0].port);
	assert_int_equal(EVOTE_CHANGED, vote(w, 5000, "no"));
	assert_int_equal(1, w->fake.votes);
}

/* What others may have put there is not opened, nor waited for. */
static void
test_strange_files(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	char path[PATH_MAX], other[PATH_MAX];
	struct kept k;
	FILE *f;

	snprintf(path, sizeof(path), "%s/seen", state_dir(s));
	snprintf(other, sizeof(other), "%s/other", w->dir);
	assert_non_null(f = fopen(other, "w"));
	fputs("precious", f);
	fclose(f);
	assert_int_equal(0, symlink(other, path));
	assert_int_equal(EVOTE_FAILED, vote(w, 5000, "yes"));
	unlink(path);
	assert_int_equal(0, mkfifo(path, 0600));
	assert_int_equal(EVOTE_FAILED, vote(w, 5000, "yes"));
	unlink(path);
	snprintf(path, sizeof(path), "%s/service", state_dir(s));
	assert_non_null(f = fopen(path, "w"));
	assert_int_equal(0, ftruncate(fileno(f), 1 << 30));
	fclose(f);
	assert_int_equal(EVOTE_FAILED, vote(w, 5000, "yes"));
	assert_int_equal(-1, state_service(s, &(struct service){0}));
	assert_non_null(strstr(state_error(s), "too large"));
	unlink(path);
	assert_int_equal(0, chmod(state_dir(s), 0777));
	assert_int_equal(EVOTE_FAILED, vote(w, 5000, "yes"));
	assert_int_equal(0, chmod(state_dir(s), 0700));
	assert_int_equal(0, state_load(s, "voter", &k));
	assert_int_equal(0, k.kind);
	assert_int_equal(8, file_size(other));
	state_close(s);
}

#define NOBODY 65534

/* Nor what lies with somebody else; root could read all of it. */
static void
test_somebody_elses(void **state)
{
	struct world *w = *state;
	char path[PATH_MAX], err[300];
	struct hosts hosts;
	struct state *s;

	if (geteuid() != 0)
		skip();
	s = state_of(w);
	snprintf(path, sizeof(path), "%s/seen", state_dir(s));
	assert_int_equal(0, hosts_parse(w->hosts, &hosts, err, sizeof(err)));
	assert_int_equal(0, chown(w->dir, NOBODY, (gid_t)-1));
	assert_null(state_open(w->dir, &hosts, err, sizeof(err)));
	assert_non_null(strstr(err, "belongs to another user"));
	assert_int_equal(0, chown(w->dir, 0, (gid_t)-1));
	assert_int_equal(0, chown(state_dir(s), NOBODY, (gid_t)-1));
	assert_int_equal(EVOTE_FAILED, vote(w, 5000, "yes"));
	assert_int_equal(0, chown(state_dir(s), 0, (gid_t)-1));
	close(creat(path, 0600));
	assert_int_equal(0, chown(path, NOBODY, (gid_t)-1));
	assert_int_equal(EVOTE_FAILED, vote(w, 5000, "yes"));
	assert_int_equal(0, file_size(path));
	assert_int_equal(0, w->fake.votes);
	state_close(s);
}

/* The name of each new directory is on disk. */
static void
test_new_directories(void **state)
{
	struct world *w = *state;
	char base[PATH_MAX], path[PATH_MAX + 8], expected[4 * PATH_MAX];
	char err[300];
	struct hosts hosts;

	assert_non_null(realpath(w->dir, base));
	snprintf(path, sizeof(path), "%s/a/b/c", base);
	snprintf(
	    expected, sizeof(expected), "%s\n%s/a\n%s/a/b\n", base, base, base);
	assert_int_equal(0, hosts_parse(w->hosts, &hosts, err, sizeof(err)));
	for (int i = 0; i < 2; i++) {
		synced[0] = '\0';
		noting = 1;
		state_close(state_open(path, &hosts, err, sizeof(err)));
		noting = 0;
		assert_string_equal(synced, i == 0 ? expected : "");
	}
}

/* What a writer that ended left behind goes; what another writes stays. */
static void
test_left_behind(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	char left[PATH_MAX], busy[PATH_MAX];
	pid_t gone = fork();

	if (gone == 0)
		_exit(0);
	waitpid(gone, NULL, 0);
	snprintf(
	    left, sizeof(left), "%s/x.request.%d.new", state_dir(s), (int)gone);
	snprintf(busy, sizeof(busy), "%s/x.request.%d.new", state_dir(s),
	    (int)getpid());
	close(creat(left, 0600));
	close(creat(busy, 0600));
	state_close(s);
	state_close(state_of(w));
	assert_int_equal(-1, file_size(left));
	assert_int_equal(0, file_size(busy));
}

/* ---- numbers ---- */

/* As if the voter's last request had had that number, and was answered. */
static void
number_keep(struct world *w, uint64_t number)
{
	struct state *s = state_of(w);
	struct kept k;

	assert_int_equal(0, state_load(s, "voter", &k));
	kept_fill(&k, "old");
	k.number = number;
	assert_int_equal(0, state_store(s, "voter", &k));
	assert_int_equal(0, state_settle(s, "voter"));
	kept_clear(&k);
	state_close(s);
}

static void
test_stale_first(void **state)
{
	struct world *w = *state;

	w->fake.refuse[0] = EVOTE_R_NUMBER_STALE;
	w->fake.nrefuse = 1;
	w->fake.clock = wall_us() + HOUR_US;
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "yes"));
	assert_int_equal(1, w->fake.votes);
	assert_int_equal(2, w->fake.nnumbers);
	/* Our clock is slower than the service's. */
	assert_true(w->fake.numbers[1] >= w->fake.clock);
	/* What this client id had come to is not taken: another one begins. */
	assert_memory_not_equal(w->fake.clients[0], w->fake.clients[1], 16);
}

/* Whoever says what time it is moves the numbers by a day at most. */
static void
test_clock_lies(void **state)
{
	struct world *w = *state;

	w->fake.clock = UINT64_MAX;
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "yes"));
	assert_true(w->fake.numbers[0] <= wall_us() + 24 * HOUR_US);
	w->fake.clock = 0;
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "no"));
	assert_true(w->fake.numbers[1] > w->fake.numbers[0]);
	assert_true(w->fake.numbers[1] <= wall_us() + 24 * HOUR_US);
	assert_int_equal(2, w->fake.votes);
}

/* Our clock was years ahead when the last request was numbered. */
static void
test_ahead(void **state)
{
	struct world *w = *state;

	w->fake.clock = wall_us();
	number_keep(w, UINT64_MAX - 1);
	w->fake.refuse[0] = EVOTE_R_NUMBER_AHEAD;
	w->fake.nrefuse = 1;
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "yes"));
	assert_int_equal(2, w->fake.nnumbers);
	assert_true(w->fake.numbers[0] == UINT64_MAX);
	assert_true(w->fake.numbers[1] <= wall_us());
	assert_int_equal(1, w->fake.votes);
	assert_int_equal(0, w->fake.bad_signatures);
	number_keep(w, UINT64_MAX);
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "no"));
	assert_true(w->fake.numbers[2] <= wall_us());
}

/*
 * Sent more than once, and its number refused: final only if it is so far
 * ahead that nothing can come of another copy.
 */
static void
test_ahead_later(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 0);
	evote_reason reason;

	w->fake.clock = wall_us();
	number_keep(w, wall_us() + 24 * HOUR_US + HOUR_US / 2);
	w->fake.host[0].lose = 1;
	w->fake.refuse[0] = w->fake.refuse[1] = EVOTE_R_NUMBER_AHEAD;
	w->fake.nrefuse = 2;
	assert_int_equal(EVOTE_UNANSWERED, vote_in(e, "E", "yes", NULL));
	assert_kept(e, "E", 1);
	evote_close(e);
	w->fake.clock -= HOUR_US;
	w->fake.refuse[0] = EVOTE_R_NUMBER_AHEAD;
	w->fake.nrefuse = 1;
	e = open_with(w, 5000, 0);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "no", &reason));
	assert_int_equal(EVOTE_R_OK, reason);
	assert_int_equal(EVOTE_R_NUMBER_AHEAD, w->earlier_reason);
	assert_int_equal(1, w->fake.votes);
	assert_string_equal("no", w->fake.choice);
	evote_close(e);
}

/* The service that was met first may not be the one that was meant. */
static void
test_origin(void **state)
{
	struct world *w = *state;

	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "first"));
	w->origin = "vote.example";
	assert_int_equal(EVOTE_FAILED, vote(w, 5000, "second"));
	assert_int_equal(1, w->fake.votes);
	w->origin = NULL;
	w->fake.host[0].origin = w->fake.host[1].origin = "";
	assert_int_equal(EVOTE_CHANGED, vote(w, 5000, "third"));
	assert_int_equal(1, w->fake.votes);
}

/* A host of another service is no fault of this computer's. */
static void
test_foreign(void **state)
{
	struct world *w = *state;
	struct evote *e;
	struct survey s;

	w->origin = "vote.example";
	e = open_with(w, 5000, 0);
	survey_take(&s, e, SURVEY_MS);
	assert_true(s.hosts[0].foreign);
	assert_false(s.hosts[0].failed);
	assert_string_equal(
	    "The service cannot be relied on", survey_heading(&s));
	survey_clear(&s);
	evote_close(e);
	w->origin = NULL;
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "yes"));
	/* What is kept here is. */
	e = open_with(w, 5000, 0);
	survey_take(&s, e, SURVEY_MS);
	assert_int_equal(EVOTE_ANSWERED, s.worst);
	survey_clear(&s);
	evote_close(e);
	w->origin = "vote.example";
	e = open_with(w, 5000, 0);
	survey_take(&s, e, SURVEY_MS);
	assert_false(s.hosts[0].foreign);
	assert_true(s.hosts[0].failed);
	assert_string_equal(
	    "The service could not be asked from here", survey_heading(&s));
	survey_clear(&s);
	evote_close(e);
}

/* Connecting, the question for TLS and the greeting have time for each. */
static void
test_survey_slow(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 0);
	struct survey s;

	w->fake.host[0].slow_ms = w->fake.host[1].slow_ms = 600;
	survey_take(&s, e, SURVEY_MS);
	assert_int_equal(2, s.reached);
	assert_int_equal(0, s.primary);
	survey_clear(&s);
	/* Whoever wants to know sooner is told what is known then. */
	survey_take(&s, e, 900);
	assert_int_equal(0, s.reached);
	survey_clear(&s);
	evote_close(e);
}

/* Silent hosts cost the time of one, and each has its own reason. */
static void
test_survey_silent(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 0);
	uint64_t began_ms = now_ms();
	struct survey s;

	w->fake.host[0].mute = w->fake.host[1].mute = 1;
	survey_take(&s, e, 1000);
	assert_true(now_ms() - began_ms < 1700);
	assert_int_equal(2, s.n);
	assert_int_equal(0, s.reached);
	assert_string_equal("b", s.hosts[1].name);
	assert_string_equal("no answer in time", s.hosts[0].problem);
	assert_string_equal("no answer in time", s.hosts[1].problem);
	survey_clear(&s);
	evote_close(e);
}

/* That one of them is behind does not hide that two hosts serve. */
static void
test_survey_two_primaries(void **state)
{
	struct world *w = *state;
	struct fake_host *b = &w->fake.host[1];
	struct evote *e = open_with(w, 5000, 0);
	struct survey s;

	b->standing = EVOTE_SERVED;
	b->stamp.size = 90;
	survey_take(&s, e, SURVEY_MS);
	assert_true(s.two_primaries);
	assert_int_equal(EVOTE_CHANGED, s.worst);
	survey_clear(&s);
	/* One of another service is no second primary of this one. */
	b->stamp.cluster[0]++;
	survey_take(&s, e, SURVEY_MS);
	assert_false(s.two_primaries);
	assert_int_equal(EVOTE_CHANGED, s.worst);
	survey_clear(&s);
	evote_close(e);
}

/* As if the files that the message names had been removed; 1, or 0: no mark. */
static int
mark_forget(const struct world *w)
{
	char pattern[160];
	glob_t found;
	int n;

	snprintf(pattern, sizeof(pattern), "%s/*/contradiction", w->dir);
	if (glob(pattern, 0, NULL, &found) != 0)
		return (0);
	n = (int)found.gl_pathc;
	for (int i = 0; i < n; i++)
		unlink(found.gl_pathv[i]);
	globfree(&found);
	return (n);
}

/* It was sent, and then another service was met. */
static void
test_failed_later(void **state)
{
	struct world *w = *state;
	struct evote *e;

	w->origin = ONLY;
	w->fake.host[0].lose = 1000;
	w->fake.host[1].origin = "vote.example";
	assert_int_equal(EVOTE_CHANGED, vote(w, 2000, "yes"));
	w->fake.host[0].lose = 0;
	w->fake.host[1].origin = NULL;
	mark_forget(w);
	e = open_with(w, 5000, 0);
	assert_kept(e, "E", 1);
	evote_close(e);
}

#define assert_pendings(e, outcome, n)                                         \
	do {                                                                   \
		int n_;                                                        \
		assert_int_equal(outcome, evote_pendings(e, NULL, NULL, &n_)); \
		assert_int_equal(n, n_);                                       \
	} while (0)

/* What is kept is settled: refused, or gone meanwhile. */
static void
test_settle(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 300, 0);
	evote_answer answer;

	for (int i = 0; i < 64; i++)
		w->fake.refuse[i] = EVOTE_R_CLOSED;
	w->fake.nrefuse = 64;
	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote_in(e, "E", "yes", NULL));
	assert_int_equal(0, w->fake.votes);
	w->fake.host[0].lose = 0;
	evote_close(e);
	e = open_with(w, 5000, 0);
	w->fake.nrefuse = 1;
	assert_int_equal(EVOTE_ANSWERED, evote_settle(e, &answer));
	assert_true(answer.code > 0);
	assert_int_equal(EVOTE_R_CLOSED, answer.reason);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	assert_pendings(e, EVOTE_ANSWERED, 0);
	assert_int_equal(EVOTE_ANSWERED, evote_settle(e, &answer));
	assert_int_equal(EVOTE_CODE_NONE, answer.code);
	evote_close(e);
}

/*
 * A list that was edited does not lead to what is kept before a host of it was
 * reached: until then it is not known whether anything is.
 */
static void
test_pending_edited_list(void **state)
{
	struct world *w = *state;
	struct evote_pending p;
	struct evote *e;
	int kept;

	e = open_with(w, 300, 0);
	host_kill(&w->fake.host[0]);
	host_kill(&w->fake.host[1]);
	/* There is nothing of any service. */
	assert_pendings(e, EVOTE_ANSWERED, 0);
	assert_int_equal(0, evote_kept_here(e, "E"));
	evote_close(e);
	host_start(&w->fake.host[0]);
	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote(w, 300, "yes"));
	w->fake.host[0].lose = 0;
	host_kill(&w->fake.host[0]);
	snprintf(
	    w->hosts, sizeof(w->hosts), "y=localhost:%d", w->fake.host[0].port);
	e = open_with(w, 300, 0);
	assert_pendings(e, EVOTE_UNSENT, 0);
	assert_int_equal(EVOTE_UNSENT, evote_pending(e, &p, &kept));
	assert_int_equal(EVOTE_UNSENT, evote_drop(e));
	assert_int_equal(-1, evote_kept_here(e, "E"));
	evote_close(e);
	host_start(&w->fake.host[0]);
	e = open_with(w, 5000, 0);
	assert_int_equal(EVOTE_ANSWERED, evote_pending(e, &p, &kept));
	assert_int_equal(1, kept);
	assert_string_equal("E", p.election);
	evote_close(e);
	snprintf(
	    w->hosts, sizeof(w->hosts), "z=127.1:%d", w->fake.host[0].port);
	e = open_with(w, 5000, 0);
	assert_int_equal(EVOTE_ANSWERED, evote_drop(e));
	assert_pendings(e, EVOTE_ANSWERED, 0);
	evote_close(e);
}

/* One that cannot be read is told, and no other voter's is in the way. */
static void
test_pending_damaged(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 300, 0);
	struct evote_pending p;
	char path[700];
	struct state *s;
	int kept;

	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote_in(e, "E", "yes", NULL));
	assert_pendings(e, EVOTE_ANSWERED, 1);
	s = state_of(w);
	file_of(state_dir(s), ".request", path);
	assert_int_equal(0, truncate(path, 10));
	state_close(s);
	assert_pendings(e, EVOTE_FAILED, -1);
	assert_int_equal(EVOTE_FAILED, evote_pending(e, &p, &kept));
	assert_non_null(strstr(evote_problem(e), "is damaged"));
	assert_int_equal(0, evote_become(e, "another", w->key));
	assert_int_equal(EVOTE_ANSWERED, evote_pending(e, &p, &kept));
	assert_int_equal(0, kept);
	evote_close(e);
}

/* The voter's key is another one from now on, on the roll and here. */
static void
rekey(struct world *w)
{
	char err[200], other[90];
	struct seal_key *key;

	snprintf(other, sizeof(other), "%s/new.pem", w->dir);
	assert_non_null(key = seal_key_make(other, err, sizeof(err)));
	seal_key_public(key, w->fake.key);
	seal_key_free(key);
	w->fake.revoked = w->fake.challenges;
	snprintf(w->key, sizeof(w->key), "%s", other);
}

/*
 * A vote that counts, whose answer is lost; then the key is changed.  It is
 * looked up under its number, and its tracker and receipt are not lost.
 */
static void
rekeyed(struct world *w, int login)
{
	struct state *s = state_of(w);
	struct evote *e = open_with(w, 300, login);
	evote_reason reason;

	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote_in(e, "E", "yes", NULL));
	evote_close(e);
	w->fake.host[0].lose = 0;
	rekey(w);
	/* The old key is not told that the vote does not count. */
	strcpy(strrchr(w->key, '/'), "/key.pem");
	e = open_with(w, 5000, login);
	assert_int_equal(EVOTE_UNANSWERED, vote_in(e, "E", "yes", NULL));
	assert_non_null(strstr(evote_problem(e), "had been sent before"));
	assert_int_equal(EVOTE_UNSENT, vote_in(e, "E", "no", NULL));
	assert_kept(e, "E", 1);
	evote_close(e);
	strcpy(strrchr(w->key, '/'), "/new.pem");
	e = open_with(w, 5000, login);
	assert_int_equal(EVOTE_UNSENT, vote_in(e, "F", "no", NULL));
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", &reason));
	assert_int_equal(EVOTE_R_OK, reason);
	assert_int_equal(1, w->fake.votes);
	assert_int_equal(1, state_ballot(s, "voter", "E", &(struct ballot){0}));
	evote_close(e);
	state_close(s);
}

static void
test_rekeyed(void **state)
{
	rekeyed(*state, 0);
}

static void
test_rekeyed_login(void **state)
{
	rekeyed(*state, 1);
}

static void
assert_not_settled(struct evote *e)
{
	evote_answer answer;

	assert_int_equal(EVOTE_UNANSWERED, evote_settle(e, &answer));
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	assert_non_null(strstr(evote_problem(e), "pending --drop"));
	assert_true(evote_unvouched(e));
}

/*
 * Somebody else at this account has sent it in the voter's name, with another
 * key: the voter's own signs it only for who says the same.
 */
static void
test_not_vouched(void **state)
{
	struct world *w = *state;
	struct evote *e;

	strcpy(strrchr(w->key, '/'), "/carol.pem");
	seal_key_free(seal_key_make(w->key, (char[200]){""}, 200));
	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote(w, 300, "no"));
	w->fake.host[0].lose = 0;
	strcpy(strrchr(w->key, '/'), "/key.pem");
	e = open_with(w, 5000, 0);
	assert_not_settled(e);
	assert_int_equal(EVOTE_UNANSWERED, vote_in(e, "E", NULL, NULL));
	assert_int_equal(EVOTE_UNSENT, vote_in(e, "E", "yes", NULL));
	assert_int_equal(EVOTE_UNSENT, vote_in(e, "F", "no", NULL));
	assert_int_equal(0, w->fake.votes);
	assert_kept(e, "E", 1);
	assert_int_equal(EVOTE_ANSWERED, evote_drop(e));
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	assert_false(evote_unvouched(e));
	assert_string_equal("yes", w->fake.choice);
	assert_int_equal(1, w->fake.votes);
	evote_close(e);
}

/* As long as the last vote has no receipt, it stays the last of its client. */
static void
test_receipt_missing(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	struct evote *e = open_with(w, 5000, 0);

	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "yes", NULL));
	assert_memory_not_equal(w->fake.clients[0], w->fake.clients[1], 16);
	assert_int_equal(0, state_set_receipt(s, "voter", "F", "receipt"));
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "G", "yes", NULL));
	assert_memory_equal(w->fake.clients[1], w->fake.clients[2], 16);
	assert_true(w->fake.numbers[2] > w->fake.numbers[1]);
	evote_close(e);
	state_close(s);
}

/* Who has not asked for anything owes none: no other voter's file is read. */
static void
test_receipt_of_nobody(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	struct ballot b = {.number = 1};
	struct kept k = {0};
	char path[700];

	assert_int_equal(0, state_set_ballot(s, "another", "E", &b));
	file_of(state_dir(s), ".ballot", path);
	assert_int_equal(0, truncate(path, 10));
	assert_int_equal(0, state_owes_receipt(s, &k));
	assert_string_equal("", state_error(s));
	k.number = 1;
	assert_int_equal(0, state_owes_receipt(s, &k));
	assert_non_null(strstr(state_error(s), "is damaged"));
	state_close(s);
}

/* It counts, and what its receipt needs cannot be written: it stays kept. */
static void
test_unkept(void **state)
{
	struct world *w = *state;
	struct state *s = state_of(w);
	struct evote *e = open_with(w, 5000, 0);
	struct ballot b = {0};
	char path[700];

	assert_int_equal(0, state_set_ballot(s, "voter", "E", &b));
	file_of(state_dir(s), ".ballot", path);
	assert_int_equal(0, unlink(path));
	assert_int_equal(0, mkdir(path, 0700));
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	assert_non_null(strstr(evote_unkept(e), path));
	assert_kept(e, "E", 1);
	assert_int_equal(0, rmdir(path));
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	assert_string_equal("", evote_unkept(e));
	assert_kept(e, "E", 0);
	assert_int_equal(1, state_ballot(s, "voter", "E", &b));
	assert_int_equal(1, w->fake.votes);
	evote_close(e);
	state_close(s);
}

/* Once only. */
static void
test_stale_twice(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 0);
	evote_reason reason;

	w->fake.refuse[0] = w->fake.refuse[1] = EVOTE_R_NUMBER_STALE;
	w->fake.nrefuse = 2;
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", &reason));
	assert_int_equal(EVOTE_R_NUMBER_STALE, reason);
	assert_int_equal(2, w->fake.nnumbers);
	evote_close(e);
}

/* It was sent before: what became of it is not known, so no second one. */
static void
test_stale_later(void **state)
{
	struct world *w = *state;
	struct evote *e;
	evote_reason reason;
	int sent;

	w->fake.host[0].lose = 1000;
	assert_int_equal(EVOTE_UNANSWERED, vote(w, 300, "yes"));
	w->fake.host[0].lose = 0;
	w->fake.number += 1000000000;
	sent = w->fake.nnumbers;
	e = open_with(w, 5000, 0);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", &reason));
	assert_int_equal(EVOTE_R_NUMBER_STALE, reason);
	assert_int_equal(sent + 1, w->fake.nnumbers);
	assert_kept(e, "E", 0);
	evote_close(e);
}

/* A refusal that is not recorded says nothing of copies sent before. */
static void
test_not_final(void **state)
{
	static const evote_reason reasons[] = {
	    EVOTE_R_STORAGE, EVOTE_R_TOO_MANY, EVOTE_R_QUOTA};
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 0);
	evote_reason reason;

	for (int i = 0; i < 3; i++) {
		const char *in = (const char *[]){"E", "F", "G"}[i];

		w->fake.refuse[0] = w->fake.refuse[1] = reasons[i];
		w->fake.nrefuse = 2;
		w->fake.host[0].lose = 1;
		assert_int_equal(
		    EVOTE_UNANSWERED, vote_in(e, in, "yes", &reason));
		assert_kept(e, in, 1);
		assert_int_equal(
		    EVOTE_ANSWERED, vote_in(e, in, "yes", &reason));
		assert_int_equal(EVOTE_R_OK, reason);
	}
	assert_int_equal(3, w->fake.votes);
	assert_true(w->fake.numbers[0] == w->fake.numbers[2]);
	/* Sent once, it is all that ever becomes of it. */
	w->fake.refuse[0] = EVOTE_R_STORAGE;
	w->fake.nrefuse = 1;
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "H", "yes", &reason));
	assert_int_equal(EVOTE_R_STORAGE, reason);
	assert_kept(e, "H", 0);
	evote_close(e);
}

/* ---- log-ins ---- */

static void
test_login(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 1);

	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "yes", NULL));
	evote_close(e);
	e = open_with(w, 5000, 1);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "G", "yes", NULL));
	evote_close(e);
	assert_int_equal(1, w->fake.challenges);
	assert_int_equal(3, w->fake.votes);
}

/* A token lasts by the service's clock, however wrong ours is. */
static void
test_login_fast_clock(void **state)
{
	struct world *w = *state;

	w->fake.clock = wall_us() - HOUR_US;
	for (int i = 0; i < 2; i++) {
		struct evote *e = open_with(w, 5000, 1);

		assert_int_equal(EVOTE_ANSWERED,
		    vote_in(e, i == 0 ? "E" : "F", "yes", NULL));
		evote_close(e);
	}
	assert_int_equal(1, w->fake.challenges);
}

/*
 * Gets ready to vote then; what it has to vote with after the end, and until.
 */
static uint64_t
begun_until(struct world *w, const char *election, uint64_t now, uint64_t end,
    uint32_t grace_s, const char *token)
{
	struct evote *e = open_with(w, 5000, 0);
	uint64_t until;

	w->fake.clock = now;
	w->fake.end = end;
	w->fake.grace_s = grace_s;
	evote_begin(e, election);
	assert_string_equal("", evote_unready(e));
	until = evote_begun_until(e);
	if (token != NULL) {
		assert_int_equal(
		    EVOTE_ANSWERED, vote_in(e, election, "yes", NULL));
		assert_string_equal(token, w->fake.token);
	}
	evote_close(e);
	return (until);
}

/* A later log-in takes nothing from who had logged in before an end. */
static void
test_grace_tokens(void **state)
{
	const uint64_t minute = 60 * 1000000ULL;
	struct world *w = *state;
	uint64_t t = wall_us(), a = t + 30 * minute, b = t + 85 * minute;

	assert_in_range(begun_until(w, "A", t, a, 600, NULL), a + 10 * minute,
	    a + 10 * minute);
	assert_int_equal(1, w->fake.challenges);
	/* Ready for that it stays, and for B there has to be another one. */
	begun_until(w, "A", t + 10 * minute, a, 600, NULL);
	assert_int_equal(1, w->fake.challenges);
	begun_until(w, "B", a + 5 * minute, b, 600, NULL);
	assert_int_equal(2, w->fake.challenges);
	begun_until(w, "A", a + 6 * minute, a, 600, "token 1");
	assert_int_equal(2, w->fake.challenges);
	/* As long as it holds, if that is shorter than the grace. */
	assert_in_range(begun_until(w, "A2", a + 6 * minute, a, 3600, NULL),
	    t + 60 * minute - minute, t + 60 * minute + minute);
	assert_int_equal(0, begun_until(w, "A3", t + 61 * minute, a, 3600, ""));
	assert_int_equal(2, w->fake.challenges);
}

/* Somebody takes his time over the ballot, and it expires meanwhile. */
static void
test_grace_token_expires(void **state)
{
	struct world *w = *state;
	uint64_t t = wall_us(), end = t + HOUR_US / 2;
	struct evote *e;
	int waits = 0;

	assert_int_not_equal(0, begun_until(w, "A", t, end, 3600, NULL));
	w->fake.clock = t + HOUR_US - 3000 * 1000;
	e = open_with(w, 5000, 0);
	evote_begin(e, "A");
	assert_int_not_equal(0, evote_begun_until(e));
	while (evote_begun_until(e) != 0 && waits++ < 100)
		usleep(100 * 1000);
	assert_in_range(waits, 1, 99);
	evote_close(e);
}

static void
test_login_again(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 1);
	evote_reason reason;

	/* After a take-over a challenge is refused. */
	w->fake.refuse_challenges = 2;
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	assert_int_equal(3, w->fake.challenges);
	w->fake.refuse[0] = EVOTE_R_TOKEN_EXPIRED;
	w->fake.nrefuse = 1;
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "yes", &reason));
	assert_int_equal(EVOTE_R_OK, reason);
	assert_int_equal(4, w->fake.challenges);
	assert_int_equal(2, w->fake.votes);
	evote_close(e);
}

static void
test_login_refused(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 1);
	evote_reason reason;

	w->fake.key[0] ^= 1;
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", &reason));
	assert_int_equal(EVOTE_R_SIGNATURE, reason);
	w->fake.key[0] ^= 1;
	/* Code 0 without a token must not pass for a vote that counts. */
	w->fake.token_bad = 1;
	assert_int_equal(EVOTE_FAILED, vote_in(e, "E", "yes", &reason));
	assert_int_equal(0, w->fake.votes);
	evote_close(e);
}

/* ---- trust ---- */

static void
check_changed(struct world *w, const char *what)
{
	struct evote *e = open_with(w, 1500, 0);
	evote_result_res res;

	assert_int_equal(EVOTE_CHANGED, evote_result(e, "E", &res));
	if (strstr(evote_problem(e), what) == NULL)
		fail_msg("%s", evote_problem(e));
	assert_int_equal(0, access(evote_evidence(e), R_OK));
	xdr_free((xdrproc_t)xdr_evote_result_res, &res);
	evote_close(e);
	mark_forget(w);
}

static void
check_answered(struct world *w)
{
	struct evote *e = open_with(w, 1500, 0);
	evote_result_res res;

	assert_int_equal(EVOTE_ANSWERED, evote_result(e, "E", &res));
	xdr_free((xdrproc_t)xdr_evote_result_res, &res);
	evote_close(e);
}

static void
test_other_cluster(void **state)
{
	struct world *w = *state;

	check_answered(w);
	w->fake.host[0].stamp.cluster[3] ^= 1;
	check_changed(w, "another service");
	w->fake.host[0].stamp.cluster[3] ^= 1;
	check_answered(w);
}

static void
test_other_root(void **state)
{
	struct world *w = *state;

	check_answered(w);
	w->fake.host[0].stamp.root[3] ^= 1;
	check_changed(w, "another history");
	w->fake.host[0].stamp.size++;
	check_answered(w);
}

static enum evote_outcome
status_of(struct world *w, int host)
{
	struct evote *e = open_with(w, 1500, 0);
	evote_status_res res;
	enum evote_outcome outcome = evote_status(e, host, 1000, &res);

	if (outcome == EVOTE_CHANGED)
		assert_true(file_size(evote_evidence(e)) > 0);
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	evote_close(e);
	return (outcome);
}

/* Who only looks notices as well what was lost, and what was forced. */
static void
test_status_remembers(void **state)
{
	struct world *w = *state;
	struct fake_host *a = &w->fake.host[0];
	struct state *s = state_of(w);
	struct sighting seen;

	/* One that does not serve may be behind, and shows nothing. */
	w->fake.host[1].stamp.size += 5;
	assert_int_equal(EVOTE_ANSWERED, status_of(w, 1));
	assert_int_equal(0, state_seen(s, &seen));
	assert_int_equal(0, seen.size);
	assert_int_equal(EVOTE_ANSWERED, status_of(w, 0));
	assert_int_equal(0, state_seen(s, &seen));
	assert_int_equal(100, seen.size);
	w->fake.host[1].stamp.size = 3;
	assert_int_equal(EVOTE_ANSWERED, status_of(w, 1));
	a->stamp.size = 79;
	assert_int_equal(EVOTE_CHANGED, status_of(w, 0));
	assert_int_equal(EVOTE_CHANGED, status_of(w, 0));
	a->stamp.size = 100;
	a->stamp.root[3] ^= 1;
	assert_int_equal(EVOTE_CHANGED, status_of(w, 0));
	a->stamp.root[3] ^= 1;
	assert_int_equal(EVOTE_ANSWERED, status_of(w, 0));
	a->stamp.epoch = a->forced_epoch = 7;
	assert_int_equal(EVOTE_CHANGED, status_of(w, 0));
	/* And so again, until somebody has looked. */
	assert_int_equal(EVOTE_CHANGED, status_of(w, 0));
	state_close(s);
}

/* Replaced a moment ago, it says so when it is asked once more. */
static void
test_status_replaced(void **state)
{
	struct world *w = *state;
	struct fake_host *a = &w->fake.host[0];

	assert_int_equal(EVOTE_ANSWERED, status_of(w, 0));
	a->stamp.size = 99;
	a->greets = 0;
	a->serves_greets = 1;
	assert_int_equal(EVOTE_ANSWERED, status_of(w, 0));
	assert_int_equal(2, a->greets);
}

static void
test_older(void **state)
{
	struct world *w = *state;

	check_answered(w);
	w->fake.host[0].stamp.size--;
	check_changed(w, "older state");
	w->fake.host[0].stamp.size += 10;
	w->fake.host[0].stamp.epoch--;
	check_changed(w, "older state");
}

static void
test_forced(void **state)
{
	struct world *w = *state;

	w->fake.host[0].forced_epoch = 5;
	check_answered(w);
	w->fake.host[0].stamp.epoch = 6;
	w->fake.host[0].stamp.size += 100;
	check_answered(w);
	w->fake.host[0].stamp.epoch = 8;
	w->fake.host[0].forced_epoch = 7;
	/* The one that tells of it need not be the one that was promoted. */
	check_changed(w, "a host was made primary by force");
	/* And so again, until somebody has looked. */
	check_changed(w, "by force");
}

/* Within one connection only the epoch tells. */
static void
test_forced_live(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 1500, 0);
	evote_answer answer;

	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	w->fake.host[0].stamp.epoch = 8;
	w->fake.host[0].forced_epoch = 7;
	assert_int_equal(EVOTE_CHANGED, evote_vote(e, "F", "yes", &answer));
	assert_int_equal(EVOTE_SERVED, answer.standing);
	assert_int_equal(0, answer.code);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	assert_int_equal(1, mark_forget(w));
	assert_kept(e, "F", 0);
	evote_close(e);
}

/* Who edits the list still knows how far the service was. */
static void
test_older_in_edited_list(void **state)
{
	struct world *w = *state;

	check_answered(w);
	snprintf(
	    w->hosts, sizeof(w->hosts), "y=localhost:%d", w->fake.host[0].port);
	w->fake.host[0].stamp.size--;
	check_changed(w, "older state");
	w->fake.host[0].stamp.size++;
	check_answered(w);
}

static enum evote_outcome
ask(struct world *w, uint64_t timeout_ms)
{
	struct evote *e = open_with(w, timeout_ms, 0);
	enum evote_outcome outcome;
	evote_result_res res;

	outcome = evote_result(e, "E", &res);
	xdr_free((xdrproc_t)xdr_evote_result_res, &res);
	evote_close(e);
	return (outcome);
}

/* One host behind may only be late; all hosts behind have lost something. */
static void
test_behind(void **state)
{
	struct world *w = *state;
	uint64_t began;

	check_answered(w);
	w->fake.host[0].behind = 1;
	/* b names a, so it is no further. */
	began = now_ms();
	check_changed(w, "every host knows less");
	assert_true(now_ms() - began < 1000);
	host_kill(&w->fake.host[1]);
	assert_int_equal(EVOTE_UNANSWERED, ask(w, 300));
	w->fake.host[0].behind = 0;
	check_answered(w);
}

static void
test_status(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 1500, 0);
	evote_status_res res;

	assert_int_equal(EVOTE_ANSWERED, evote_status(e, 1, 1000, &res));
	assert_int_equal(EVOTE_NOT_PRIMARY, res.answer.standing);
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	assert_int_equal(EVOTE_ANSWERED, evote_status(e, 0, 1000, &res));
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	check_answered(w);
	w->fake.host[1].forced_epoch = 9;
	assert_int_equal(EVOTE_CHANGED, evote_status(e, 1, 1000, &res));
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	host_kill(&w->fake.host[1]);
	assert_int_equal(EVOTE_UNANSWERED, evote_status(e, 1, 1000, &res));
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	evote_close(e);
}

/* ---- finding the way ---- */

static void
serve_from(struct world *w, int i)
{
	pthread_mutex_lock(&w->fake.lock);
	w->fake.host[i].standing = EVOTE_SERVED;
	w->fake.host[!i].standing = EVOTE_NOT_PRIMARY;
	w->fake.host[!i].hint = w->fake.host[i].name;
	pthread_mutex_unlock(&w->fake.lock);
}

struct later {
	struct world *w;
	int ms;
};

static void *
take_over(void *arg)
{
	struct later *l = arg;

	poll(NULL, 0, l->ms);
	serve_from(l->w, 1);
	return (NULL);
}

static void
test_killed(void **state)
{
	struct world *w = *state;
	struct later later = {w, 200};
	struct evote *e = open_with(w, 5000, 0);
	pthread_t thread;
	uint64_t began, took;

	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	w->fake.host[1].standing = EVOTE_NOT_SERVING;
	w->fake.host[1].hint = "a";
	host_kill(&w->fake.host[0]);
	pthread_create(&thread, NULL, take_over, &later);
	began = now_ms();
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "yes", NULL));
	took = now_ms() - began;
	/* Pauses are of a tenth of a second, not of one. */
	assert_in_range(took, 190, 950);
	assert_string_equal("b", evote_served_by(e));
	assert_int_equal(2, w->fake.votes);
	pthread_join(thread, NULL);
	evote_close(e);
	/* The next process starts where this one ended: not where it hangs. */
	w->fake.host[0].mute = 1;
	host_start(&w->fake.host[0]);
	began = now_ms();
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "yes"));
	assert_true(now_ms() - began < 900);
}

/* Connecting to a stopped host succeeds; it must not eat the whole time. */
static void
test_stopped(void **state)
{
	struct world *w = *state;
	uint64_t began = now_ms();
	struct evote *e;

	w->fake.host[0].mute = 1;
	serve_from(w, 1);
	e = open_with(w, 8000, 0);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	assert_in_range(now_ms() - began, 900, 2000);
	/* From now on it costs at most a short probe. */
	began = now_ms();
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "yes", NULL));
	assert_true(now_ms() - began < 500);
	evote_close(e);
	assert_int_equal(2, w->fake.votes);
}

/* Nor when it stops later: a call may take longer than the time here. */
static void
test_stopped_while_connected(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 2500, 0);

	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	w->fake.host[0].mute = 1;
	serve_from(w, 1);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "yes", NULL));
	assert_string_equal("b", evote_served_by(e));
	evote_close(e);
	assert_int_equal(2, w->fake.votes);
}

/* Nor a second time while the other one is taking over. */
static void
test_stopped_and_named(void **state)
{
	struct world *w = *state;
	struct later later = {w, 1500};
	uint64_t began = now_ms();
	pthread_t thread;

	w->fake.host[0].mute = 1;
	pthread_create(&thread, NULL, take_over, &later);
	assert_int_equal(EVOTE_ANSWERED, vote(w, 8000, "yes"));
	/* Asking it again would take another second. */
	assert_in_range(now_ms() - began, 1490, 2400);
	pthread_join(thread, NULL);
}

static void
test_go_back(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 5000, 0);
	int lost;

	serve_from(w, 1);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	assert_string_equal("b", evote_served_by(e));
	/* Asked, and not yet: stays. */
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "F", "yes", NULL));
	assert_string_equal("b", evote_served_by(e));
	assert_int_equal(1, w->fake.host[0].probes);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "G", "yes", NULL));
	assert_int_equal(1, w->fake.host[0].probes);
	serve_from(w, 0);
	lost = w->fake.host[1].calls;
	poll(NULL, 0, 1050);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "H", "yes", NULL));
	assert_string_equal("a", evote_served_by(e));
	/* Without a call that failed first. */
	assert_int_equal(lost, w->fake.host[1].calls);
	assert_int_equal(4, w->fake.votes);
	evote_close(e);
}

/* Connecting to it gets no answer: the queue of who listens is full. */
static int
silent_port(int fds[3], const char *address)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);
	int i;

	inet_pton(AF_INET, address, &sin.sin_addr);
	for (i = 0; i < 3; i++)
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	bind(fds[0], (struct sockaddr *)&sin, sizeof(sin));
	listen(fds[0], 0);
	getsockname(fds[0], (struct sockaddr *)&sin, &len);
	for (i = 1; i < 3; i++)
		connect(fds[i], (struct sockaddr *)&sin, sizeof(sin));
	return (ntohs(sin.sin_port));
}

/* The old port took the time, and the portmapper was not silent. */
static void
test_why_refused(void **state)
{
	struct hosts hosts;
	struct route *r;
	evote_status_res res;
	char err[200];
	int fds[3], i;

	assert_int_equal(
	    0, hosts_parse("a=127.0.0.78", &hosts, err, sizeof(err)));
	assert_non_null(r = route_new(&hosts, NULL, NULL));
	route_prefer(r, 0, silent_port(fds, "127.0.0.78"));
	assert_int_equal(-1, route_status(r, 0, now_ms() + 1000, &res));
	assert_string_equal(
	    "a: no portmapper (rpcbind) runs there", route_why(r));
	route_free(r);
	for (i = 0; i < 3; i++)
		close(fds[i]);
}

/* A step that others left no time to is not to blame. */
static void
test_why_late(void **state)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	int udp = socket(AF_INET, SOCK_DGRAM, 0), fds[3], i;
	struct hosts hosts;
	struct route *r;
	evote_status_res res;
	char err[200];

	sin.sin_port = htons(111);
	inet_pton(AF_INET, "127.0.0.79", &sin.sin_addr);
	if (bind(udp, (struct sockaddr *)&sin, sizeof(sin)) != 0) {
		close(udp);
		skip();
	}
	assert_int_equal(
	    0, hosts_parse("a=127.0.0.79", &hosts, err, sizeof(err)));
	assert_non_null(r = route_new(&hosts, NULL, NULL));
	route_prefer(r, 0, silent_port(fds, "127.0.0.79"));
	assert_int_equal(-1, route_status(r, 0, now_ms() + 400, &res));
	assert_non_null(strstr(route_why(r), "cannot connect"));
	assert_int_equal(-1, route_status(r, 0, now_ms() + 1000, &res));
	assert_string_equal("a: its portmapper does not answer", route_why(r));
	route_free(r);
	close(udp);
	for (i = 0; i < 3; i++)
		close(fds[i]);
}

/* Each host's reason, not the last one's. */
static void
test_why_each(void **state)
{
	struct world *w = *state;
	struct evote *e = open_with(w, 600, 0);

	host_kill(&w->fake.host[0]);
	host_kill(&w->fake.host[1]);
	assert_int_equal(EVOTE_UNSENT, vote_in(e, "E", "yes", NULL));
	assert_non_null(strstr(evote_problem(e), "(a: cannot connect"));
	assert_non_null(strstr(evote_problem(e), "; b: cannot connect"));
	evote_close(e);
}

static void
explains(
    struct world *w, int failed, const char *text, const char *todo, int theirs)
{
	struct evote *e = open_with(w, 1000, 0);
	struct explain x;
	int i;

	explain_host(e, 0, &x);
	evote_close(e);
	assert_int_equal(failed, x.failed);
	for (i = 0; i < EXPLAIN_NR && i != failed; i++)
		assert_true(x.steps[i].state == EXPLAIN_OK ||
		    ((i == EXPLAIN_PORTMAPPER || i == EXPLAIN_TLS) &&
			x.steps[i].state == EXPLAIN_SKIPPED));
	for (i = failed + 1; failed >= 0 && i < EXPLAIN_NR; i++)
		assert_int_equal(EXPLAIN_SKIPPED, x.steps[i].state);
	if (failed < 0)
		return;
	assert_int_equal(EXPLAIN_FAILED, x.steps[failed].state);
	assert_non_null(strstr(x.steps[failed].text, text));
	assert_non_null(strstr(x.todo, todo));
	assert_int_equal(theirs, x.theirs);
}

static void
test_explain(void **state)
{
	struct world *w = *state;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	w->fake.clock = (uint64_t)now.tv_sec * 1000000;
	explains(w, -1, "", "", 0);
	w->fake.host[0].tls = tls_key;
	explains(w, -1, "", "", 0);
	setenv("EVOTE_PIN", OTHER_PIN, 1);
	explains(w, EXPLAIN_TLS, "than the pin's", "Check the pin", 0);
	w->fake.host[0].tls = NULL;
	explains(w, EXPLAIN_TLS, "does not offer TLS", "Upgrade evote", 1);
	unsetenv("EVOTE_PIN");
	w->fake.clock -= HOUR_US;
	explains(w, EXPLAIN_CLOCK, "it is -36", "chrony", 0);
	w->fake.host[0].mute = 1;
	explains(w, EXPLAIN_ANSWER, "does not answer", "restart it", 1);
	host_kill(&w->fake.host[0]);
	explains(w, EXPLAIN_PORT, "refused", "Start evote_server", 1);
	strcpy(w->hosts, "a=127.0.0.78");
	explains(w, EXPLAIN_PORTMAPPER, "no portmapper", "Start rpcbind", 1);
	strcpy(w->hosts, "a=no-such-host.invalid");
	explains(
	    w, EXPLAIN_NAME, "no address is known for no-such", "Check", 0);
}

/* ---- TLS ---- */

/* No answer, for that reason, and nothing asked. */
static void
check_refused(struct world *w, enum evote_outcome outcome, const char *why)
{
	int calls = w->fake.host[0].calls, greets = w->fake.host[0].greets;
	struct evote *e = open_with(w, 300, 0);
	evote_result_res res;

	assert_int_equal(outcome, evote_result(e, "E", &res));
	if (strstr(evote_problem(e), why) == NULL)
		fail_msg("%s", evote_problem(e));
	xdr_free((xdrproc_t)xdr_evote_result_res, &res);
	evote_close(e);
	assert_int_equal(calls, w->fake.host[0].calls);
	if (outcome != EVOTE_FAILED) /* else the greeting told who it is */
		assert_int_equal(greets, w->fake.host[0].greets);
}

/* Both speak TLS; the first time is over. */
static void
tls_met(struct world *w, char pin[TLS_PIN])
{
	tls_pin(tls_key, pin);
	w->fake.host[0].tls = w->fake.host[1].tls = tls_key;
	check_answered(w);
	assert_int_equal(1, w->met);
	assert_string_equal(pin, w->met_pin);
	assert_int_equal(1, w->fake.host[0].shaken);
}

static void
test_tls(void **state)
{
	struct world *w = *state;
	char pin[TLS_PIN];

	tls_met(w, pin);
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "yes"));
	serve_from(w, 1);
	host_kill(&w->fake.host[0]);
	assert_int_equal(EVOTE_ANSWERED, vote(w, 5000, "no"));
	assert_true(w->fake.host[1].shaken > 0);
	assert_int_equal(1, w->met);
	assert_int_equal(2, w->fake.votes);
}

/* The time in which a person compares the pin is not the service's. */
static void
test_tls_met_slowly(void **state)
{
	struct world *w = *state;
	evote_result_res res;
	struct evote *e;

	w->fake.host[0].tls = w->fake.host[1].tls = tls_key;
	w->met_takes_ms = 1500;
	e = open_with(w, 1000, 0);
	evote_within(e, 0);
	assert_int_equal(EVOTE_ANSWERED, evote_result(e, "E", &res));
	xdr_free((xdrproc_t)xdr_evote_result_res, (char *)&res);
	assert_int_equal(EVOTE_ANSWERED, vote_in(e, "E", "yes", NULL));
	assert_int_equal(1, w->met);
	assert_int_equal(1, w->fake.votes);
	assert_true(evote_left_ms(e) > 0);
	evote_close(e);
}

static void
test_tls_changed(void **state)
{
	struct world *w = *state;
	char pin[TLS_PIN], other[TLS_PIN], path[100];
	struct evote *e;
	evote_status_res res;
	int greets, calls;

	tls_met(w, pin);
	greets = w->fake.host[0].greets;
	calls = w->fake.host[0].calls;
	w->fake.host[0].tls = tls_other_key;
	check_changed(w, "shows the pin");
	check_changed(w, "remove the file pin in /tmp");
	e = open_with(w, 1000, 0);
	assert_int_equal(EVOTE_CHANGED, evote_status(e, 0, 1000, &res));
	tls_pin(tls_other_key, other);
	assert_string_equal(other, evote_pin(e, 0));
	snprintf(path, sizeof(path), "%.90s", evote_evidence(e));
	assert_non_null(strstr(path, "-pin"));
	evote_close(e);
	assert_int_equal(greets, w->fake.host[0].greets);
	assert_int_equal(calls, w->fake.host[0].calls);
	/* One that is given is right, and kept in its place. */
	setenv("EVOTE_PIN", pin, 1);
	check_changed(w, "give that one instead");
	setenv("EVOTE_PIN", other, 1);
	check_answered(w);
	unsetenv("EVOTE_PIN");
	check_answered(w);
	assert_int_equal(1, w->met);
}

/* Whoever takes the offer away gets nothing. */
static void
test_tls_hidden(void **state)
{
	struct world *w = *state;
	char pin[TLS_PIN];
	int shaken;

	tls_met(w, pin);
	w->fake.host[0].tls = w->fake.host[1].tls = NULL;
	check_refused(w, EVOTE_UNANSWERED, "does not offer TLS");
	w->plain = 1;
	check_answered(w);
	w->plain = 0;
	check_refused(w, EVOTE_UNANSWERED, "does not offer TLS");
	w->fake.host[0].tls = tls_key;
	shaken = w->fake.host[0].shaken;
	w->plain = 1;
	check_answered(w);
	assert_int_equal(shaken, w->fake.host[0].shaken);
}

/* Not even the first time, once one host of the list has spoken it. */
static void
test_tls_half(void **state)
{
	struct world *w = *state;
	struct evote *e;
	evote_result_res res;

	w->fake.host[0].tls = tls_key;
	serve_from(w, 1);
	e = open_with(w, 300, 0);
	assert_int_equal(EVOTE_UNANSWERED, evote_result(e, "E", &res));
	if (strstr(evote_problem(e), "b: it does not offer TLS") == NULL)
		fail_msg("%s", evote_problem(e));
	xdr_free((xdrproc_t)xdr_evote_result_res, &res);
	evote_close(e);
	assert_int_equal(0, w->fake.host[1].greets);
	assert_int_equal(0, w->fake.host[1].calls);
	w->plain = 1;
	check_answered(w);
	w->plain = 0;
	w->fake.host[1].tls = tls_key;
	check_answered(w);
	assert_int_equal(1, w->met);
}

/* With a pin there is no first time. */
static void
test_tls_given(void **state)
{
	struct world *w = *state;
	char pin[TLS_PIN];

	tls_pin(tls_key, pin);
	setenv("EVOTE_PIN", pin, 1);
	check_refused(w, EVOTE_UNANSWERED, "does not offer TLS");
	w->fake.host[0].tls = tls_other_key;
	check_refused(w, EVOTE_CHANGED, "shows the pin");
	w->fake.host[0].tls = tls_key;
	check_answered(w);
	assert_int_equal(0, w->met);
	unsetenv("EVOTE_PIN");
	w->fake.host[0].tls = NULL;
	check_refused(w, EVOTE_UNANSWERED, "does not offer TLS");
}

/* New hosts of a service that is known: what is known of it holds. */
static void
test_tls_moved(void **state)
{
	struct world *w = *state;
	char pin[TLS_PIN];

	tls_met(w, pin);
	snprintf(
	    w->hosts, sizeof(w->hosts), "y=localhost:%d", w->fake.host[0].port);
	w->fake.host[0].tls = NULL;
	check_refused(w, EVOTE_FAILED, "does not offer TLS");
	snprintf(
	    w->hosts, sizeof(w->hosts), "y=127.0.0.1:%d", w->fake.host[0].port);
	w->fake.host[0].tls = tls_other_key;
	check_changed(w, "shows the pin");
	w->fake.host[0].tls = tls_key;
	check_answered(w);
	assert_int_equal(1, w->met);
}

static void
test_tls_clnt_create(void **state)
{
	struct world *w = *state;
	char pin[TLS_PIN];
	CLIENT *client;

	tls_pin(tls_key, pin);
	w->fake.host[0].tls = tls_key;
	setenv("EVOTE_PIN", pin, 1);
	client = evote_clnt_create(w->hosts, EVOTE_PROG, EVOTE_V1, "tcp");
	assert_non_null(client);
	assert_int_equal(RPC_SUCCESS, evote_null_1(NULL, NULL, client));
	clnt_destroy(client);
	assert_int_equal(1, w->fake.host[0].shaken);
	setenv("EVOTE_PIN", "nonsense", 1);
	assert_null(evote_clnt_create(w->hosts, EVOTE_PROG, EVOTE_V1, "tcp"));
	unsetenv("EVOTE_PIN");
}

static void
test_clnt_create(void **state)
{
	struct world *w = *state;
	struct timeval brief = {0, 200000};
	evote_named_args args = {.election = (char *)"E"};
	evote_result_res res = {0};
	CLIENT *client;

	serve_from(w, 1);
	client = evote_clnt_create(w->hosts, EVOTE_PROG, EVOTE_V1, "tcp");
	assert_non_null(client);
	assert_int_equal(RPC_SUCCESS, evote_get_result_1(&args, &res, client));
	assert_int_equal(EVOTE_R_ONGOING, res.answer.reason);
	xdr_free((xdrproc_t)xdr_evote_result_res, &res);
	clnt_destroy(client);
	assert_null(evote_clnt_create(w->hosts, EVOTE_PROG, EVOTE_V1, "udp"));
	assert_null(evote_clnt_create("", EVOTE_PROG, EVOTE_V1, "tcp"));
	w->fake.host[1].standing = EVOTE_NOT_SERVING;
	assert_null(evote_clnt_create_timed(
	    w->hosts, EVOTE_PROG, EVOTE_V1, "tcp", &brief));
	assert_int_equal(RPC_TIMEDOUT, rpc_createerr.cf_stat);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hosts),
	    test(test_pin_lines),
	    test(test_tls),
	    test(test_tls_met_slowly),
	    test(test_tls_changed),
	    test(test_tls_hidden),
	    test(test_tls_given),
	    test(test_tls_half),
	    test(test_tls_moved),
	    test(test_tls_clnt_create),
	    test(test_no_directory),
	    test(test_empty_environment),
	    test(test_hosts_file),
	    test(test_kept),
	    test(test_kept_damaged),
	    test(test_lock),
	    test(test_can_keep),
	    test(test_can_keep_full),
	    test(test_seen),
	    test(test_service_and_token),
	    test(test_tokens_kept),
	    test(test_vote),
	    test(test_sheet),
	    test(test_within),
	    test(test_sheet_earlier),
	    test(test_sheet_by_login),
	    test(test_create),
	    test(test_create_relative),
	    test(test_span_uncounted),
	    test(test_clock_off),
	    test(test_key_file_doubt),
	    test(test_hint),
	    test(test_reply_lost),
	    test(test_unanswered_same),
	    test(test_unanswered_null),
	    test(test_unanswered_other),
	    test(test_unsent),
	    test(test_no_key),
	    test(test_too_long),
	    test(test_stale_first),
	    test(test_origin),
	    test(test_foreign),
	    test(test_survey_two_primaries),
	    test(test_survey_slow),
	    test(test_survey_silent),
	    test(test_failed_later),
	    test(test_settle),
	    test(test_pending_edited_list),
	    test(test_pending_damaged),
	    test(test_rekeyed),
	    test(test_rekeyed_login),
	    test(test_not_vouched),
	    test(test_receipt_missing),
	    test(test_receipt_of_nobody),
	    test(test_unkept),
	    test(test_stale_twice),
	    test(test_edited_list),
	    test(test_edited_list_pinned),
	    test(test_strange_files),
	    test(test_somebody_elses),
	    test(test_new_directories),
	    test(test_left_behind),
	    test(test_clock_lies),
	    test(test_ahead),
	    test(test_ahead_later),
	    test(test_stale_later),
	    test(test_not_final),
	    test(test_login),
	    test(test_login_again),
	    test(test_login_fast_clock),
	    test(test_grace_tokens),
	    test(test_grace_token_expires),
	    test(test_login_refused),
	    test(test_other_cluster),
	    test(test_other_root),
	    test(test_older),
	    test(test_status_remembers),
	    test(test_status_replaced),
	    test(test_older_in_edited_list),
	    test(test_forced),
	    test(test_forced_live),
	    test(test_behind),
	    test(test_status),
	    test(test_killed),
	    test(test_stopped),
	    test(test_stopped_while_connected),
	    test(test_stopped_and_named),
	    test(test_go_back),
	    cmocka_unit_test(test_why_refused),
	    cmocka_unit_test(test_why_late),
	    test(test_why_each),
	    test(test_explain),
	    test(test_clnt_create),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
