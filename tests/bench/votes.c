/*
 * Votes of many voters in many elections, encoded as RPC calls: by token, from
 * a log-in of every voter, or signed.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/lib/libevote.h"
#include "common/now.h"
#include "common/record.h"
#include "common/rpc/caller.h"
#include "common/seal.h"
#include "load.h"

#define MARK	 4
#define CALL_MAX 1024
#define WAIT_MS	 30000

struct votes {
	const struct load_options *options;
	struct seal_key *key;
	CLIENT *client;
	evote_status_res status;
	evote_token *tokens; /* one a voter; NULL: signed */
	evote_id id;
	uint64_t number;
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(1);
}

/* ---- records of RPC ---- */

static void
call_add(struct requests *r, uint32_t proc, xdrproc_t xargs, void *args)
{
	struct rpc_msg msg = {.rm_xid = (uint32_t)r->n, .rm_direction = CALL};
	unsigned char *room = requests_room(r, CALL_MAX);
	uint32_t mark;
	XDR xdrs;

	msg.rm_call.cb_rpcvers = RPC_MSG_VERSION;
	msg.rm_call.cb_prog = EVOTE_PROG;
	msg.rm_call.cb_vers = EVOTE_V1;
	msg.rm_call.cb_proc = proc;
	xdrmem_create(&xdrs, (char *)room + MARK, CALL_MAX - MARK, XDR_ENCODE);
	if (!xdr_callmsg(&xdrs, &msg) ||
	    (xargs != NULL && !(*xargs)(&xdrs, args)))
		die("a request cannot be encoded");
	mark = htonl(0x80000000U | xdr_getpos(&xdrs));
	memcpy(room, &mark, MARK);
	requests_add(r, MARK + xdr_getpos(&xdrs));
	xdr_destroy(&xdrs);
}

static size_t
rpc_answered(const unsigned char *in, size_t len)
{
	uint32_t mark;

	if (len < MARK)
		return (0);
	memcpy(&mark, in, MARK);
	mark = (ntohl(mark) & 0x7fffffff) + MARK;
	return (len >= mark ? mark : 0);
}

static bool_t
xdr_nothing(XDR *xdrs, ...)
{
	return (TRUE);
}

/* Accepted by RPC, and when it has one, the answer's code is 0. */
static int
rpc_good(const unsigned char *in, size_t len, evote_answer *answer)
{
	struct rpc_msg msg = {0};
	XDR xdrs;
	int good;

	msg.acpted_rply.ar_results.proc = xdr_nothing;
	xdrmem_create(
	    &xdrs, (char *)in + MARK, (u_int)(len - MARK), XDR_DECODE);
	good = xdr_replymsg(&xdrs, &msg) &&
	    msg.rm_reply.rp_stat == MSG_ACCEPTED &&
	    msg.acpted_rply.ar_stat == SUCCESS &&
	    (answer == NULL || xdr_evote_answer(&xdrs, answer));
	xdr_destroy(&xdrs);
	return (good);
}

static int
null_good(const unsigned char *in, size_t len)
{
	return (rpc_good(in, len, NULL));
}

static int
vote_good(const unsigned char *in, size_t len)
{
	evote_answer answer = {0};
	int good = rpc_good(in, len, &answer) &&
	    answer.standing == EVOTE_SERVED && answer.code == 0;

	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (good);
}

void
null_requests(struct requests *r)
{
	call_add(r, NULLPROC, NULL, NULL);
	r->again = 1;
	r->answered = rpc_answered;
	r->good = null_good;
}

/* ---- voters ---- */

static void
voter_name(char name[16], unsigned i)
{
	snprintf(name, 16, "v%04u", i + 1);
}

static void
sign(const struct votes *v, unsigned char sig[SEAL_SIG], xdrproc_t proc,
    const void *what)
{
	unsigned char *bytes;
	long len = xdr_to_bytes(proc, what, &bytes);

	if (len < 0)
		die("a statement cannot be encoded");
	seal_key_sign(v->key, sig, bytes, (size_t)len);
	free(bytes);
}

/* Fetches a challenge, which args refer to from then on, and answers it. */
static void
challenge_answer(struct votes *v, evote_preauth_res *challenge,
    evote_auth_args *args, unsigned char sig[SEAL_SIG])
{
	evote_preauth_args pre = {.voter = args->voter};
	evote_login login = {
	    .domain = (char *)"evote login 1", .origin = v->status.origin};

	caller_deadline(v->client, now_ms() + WAIT_MS);
	if (evote_preauth_1(&pre, challenge, v->client) != RPC_SUCCESS)
		die("no challenge");
	memcpy(login.cluster, v->status.answer.stamp.cluster,
	    sizeof(login.cluster));
	login.challenge = args->challenge = challenge->challenge;
	sign(v, sig, (xdrproc_t)xdr_evote_login, &login);
	args->signature.evote_signature_len = SEAL_SIG;
	args->signature.evote_signature_val = (char *)sig;
}

static void
log_in(struct votes *v, char *name, evote_token *token)
{
	unsigned char sig[SEAL_SIG];
	evote_preauth_res challenge = {0};
	evote_auth_args args = {.voter = name};
	evote_auth_res res = {0};

	challenge_answer(v, &challenge, &args, sig);
	if (evote_auth_1(&args, &res, v->client) != RPC_SUCCESS ||
	    res.answer.code != 0)
		die("no log-in");
	*token = res.token; /* kept; the rest of the results is small */
	xdr_free((xdrproc_t)xdr_evote_preauth_res, &challenge);
}

static void
login_add(struct votes *v, struct requests *r, char *name)
{
	unsigned char sig[SEAL_SIG];
	evote_preauth_res challenge = {0};
	evote_auth_args args = {.voter = name};

	challenge_answer(v, &challenge, &args, sig);
	call_add(r, EVOTE_AUTH, (xdrproc_t)xdr_evote_auth_args, &args);
	xdr_free((xdrproc_t)xdr_evote_preauth_res, &challenge);
}

/* ---- votes ---- */

static void
sign_vote(struct votes *v, char *name, const evote_vote_args *args,
    unsigned char sig[SEAL_SIG])
{
	evote_opening opening = {.domain = (char *)"evote opening 1",
	    .election = args->election,
	    .choice = args->choice};
	evote_statement s = {.domain = (char *)"evote statement 1",
	    .origin = v->status.origin,
	    .asker = {.voter = name, .number = args->request.number},
	    .act = {.kind = EVOTE_ACT_VOTE}};

	memcpy(opening.salt, args->salt, sizeof(opening.salt));
	memcpy(s.cluster, v->status.answer.stamp.cluster, sizeof(s.cluster));
	memcpy(s.asker.client, v->id, sizeof(s.asker.client));
	s.act.evote_act_u.ballot.election = args->election;
	if (xdr_hash((xdrproc_t)xdr_evote_opening, &opening,
		(unsigned char *)s.act.evote_act_u.ballot.commitment) != 0)
		die("a vote cannot be committed to");
	sign(v, sig, (xdrproc_t)xdr_evote_statement, &s);
}

static void
vote_add(struct votes *v, struct requests *r, unsigned voter, char *election)
{
	unsigned char sig[SEAL_SIG];
	char name[16];
	evote_vote_args args = {.election = election, .choice = (char *)"yes"};
	evote_credential *c = &args.request.credential;

	voter_name(name, voter);
	args.request.number = ++v->number;
	memcpy(args.request.client, v->id, sizeof(args.request.client));
	c->kind = v->tokens != NULL ? EVOTE_BY_TOKEN : EVOTE_BY_SIGNATURE;
	if (v->tokens != NULL)
		c->evote_credential_u.token = v->tokens[voter];
	else {
		sign_vote(v, name, &args, sig);
		c->evote_credential_u.own.voter = name;
		c->evote_credential_u.own.signature.evote_signature_val =
		    (char *)sig;
		c->evote_credential_u.own.signature.evote_signature_len =
		    SEAL_SIG;
	}
	call_add(r, EVOTE_CAST_VOTE, (xdrproc_t)xdr_evote_vote_args, &args);
}

/* Of the vote that was added last. */
static void
receipt_add(struct votes *v, struct requests *r, unsigned voter)
{
	char name[16];
	evote_receipt_args args = {
	    .asker = {.voter = name, .number = v->number}};

	voter_name(name, voter);
	memcpy(args.asker.client, v->id, sizeof(args.asker.client));
	call_add(r, EVOTE_RECEIPT, (xdrproc_t)xdr_evote_receipt_args, &args);
}

static void
election_open(struct evote *e, char *name)
{
	char *group = (char *)"members";
	char *choices[] = {(char *)"yes", (char *)"no"};
	evote_election election = {.name = name,
	    .groups = {1, &group},
	    .choices = {2, choices},
	    .end = ((uint64_t)time(NULL) + 3600) * 1000000};
	evote_answer answer;

	if (evote_create(e, &(evote_terms){.election = election}, 0, NULL,
		&answer) != EVOTE_ANSWERED ||
	    answer.code != 0)
		die("an election cannot be opened");
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
}

static void
votes_open(struct votes *v)
{
	const struct load_options *o = v->options;
	char err[400], name[16];
	int tokens = strcmp(o->system, "evote-token") == 0 ||
	    strcmp(o->system, "evote-receipt") == 0;

	if (o->key == NULL || o->hosts == NULL)
		die("--hosts and --key are missing");
	if ((v->key = seal_key_load(o->key, err, sizeof(err))) == NULL ||
	    (v->client = caller_tcp(o->host, o->port, EVOTE_PROG, EVOTE_V1,
		 now_ms() + WAIT_MS, err, sizeof(err))) == NULL)
		die(err);
	caller_deadline(v->client, now_ms() + WAIT_MS);
	if (evote_status_1(NULL, &v->status, v->client) != RPC_SUCCESS)
		die("no status");
	seal_random(v->id, sizeof(v->id));
	if (!tokens)
		return;
	v->tokens = calloc(o->voters, sizeof(*v->tokens));
	for (unsigned i = 0; v->tokens != NULL && i < o->voters; i++) {
		voter_name(name, i);
		log_in(v, name, &v->tokens[i]);
	}
}

static void
votes_make(struct votes *v, struct requests *r)
{
	const struct load_options *o = v->options;
	const struct evote_options options = {.hosts = o->hosts,
	    .voter = "v0001",
	    .key = o->key,
	    .state = o->state};
	struct evote *e;
	char name[64], opener[16], err[1024];
	int receipts = strcmp(o->system, "evote-receipt") == 0;

	r->each = receipts ? 2 : 1;
	if ((e = evote_open(&options, err, sizeof(err))) == NULL)
		die(err);
	for (unsigned i = 0; i < o->elections; i++) {
		/* Nobody may open very many. */
		voter_name(opener, ((unsigned)getpid() + i) % o->voters);
		if (evote_become(e, opener, o->key) != 0)
			die(evote_problem(e));
		snprintf(name, sizeof(name), "%s-%u", o->run, i);
		election_open(e, name);
		for (unsigned voter = 0; voter < o->voters; voter++) {
			vote_add(v, r, voter, name);
			if (receipts)
				receipt_add(v, r, voter);
		}
	}
	evote_close(e);
}

/* As many as there would be votes; each answers a challenge of its own. */
static void
logins_make(struct votes *v, struct requests *r)
{
	char name[16];

	for (unsigned i = 0; i < v->options->elections; i++)
		for (unsigned voter = 0; voter < v->options->voters; voter++) {
			voter_name(name, voter);
			login_add(v, r, name);
		}
}

static void
preauth_make(struct requests *r)
{
	evote_preauth_args args = {.voter = (char *)"v0001"};

	call_add(r, EVOTE_PREAUTH, (xdrproc_t)xdr_evote_preauth_args, &args);
	r->again = 1;
}

void
evote_requests(const struct load_options *o, struct requests *r)
{
	struct votes v = {.options = o};

	votes_open(&v);
	v.number = (uint64_t)time(NULL) * 1000000;
	if (strcmp(o->system, "evote-preauth") == 0)
		preauth_make(r);
	else if (strcmp(o->system, "evote-login") == 0)
		logins_make(&v, r);
	else
		votes_make(&v, r);
	clnt_destroy(v.client);
	r->answered = rpc_answered;
	r->good = vote_good;
}
