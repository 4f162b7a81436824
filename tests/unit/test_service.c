/*
 * service: a server that is alone, in this process, whose loop is the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/date.h"
#include "common/record.h"
#include "common/rpc/header.h"
#include "common/rpc/stream.h"
#include "common/seal.h"
#include "replica/core/core_impl.h"
#include "scratch.h"
#include "server/budget.h"
#include "server/events.h"
#include "server/procedures.h"
#include "server/service.h"

#define LISTS  60
#define PARKED 5

/*
 * In place of the system's: each look at the time takes that much of it, and
 * the clocks of the service are ahead.
 */
static uint64_t look_us, late_us, ahead_ms;
static time_t wall_s;

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, id, t);

	if (id == CLOCK_MONOTONIC) {
		late_us += look_us;
		t->tv_sec += (time_t)(late_us / 1000000);
		t->tv_nsec += (long)(late_us % 1000000) * 1000;
		t->tv_sec += t->tv_nsec / 1000000000;
		t->tv_nsec %= 1000000000;
	}
	if (id == CLOCK_BOOTTIME)
		t->tv_sec += (time_t)(ahead_ms / 1000);
	if (id == CLOCK_REALTIME)
		t->tv_sec += wall_s;
	return (rc);
}

/* In place of its own (-Wl,--wrap): where a signature is verified. */
static pthread_t loop;
static atomic_int on_loop, elsewhere;

int __real_seal_verify(const unsigned char key[SEAL_KEY],
    const unsigned char sig[SEAL_SIG], const void *msg, size_t len);
int __wrap_seal_verify(const unsigned char key[SEAL_KEY],
    const unsigned char sig[SEAL_SIG], const void *msg, size_t len);

int
__wrap_seal_verify(const unsigned char key[SEAL_KEY],
    const unsigned char sig[SEAL_SIG], const void *msg, size_t len)
{
	if (pthread_equal(pthread_self(), loop))
		on_loop++;
	else
		elsewhere++;
	return (__real_seal_verify(key, sig, msg, len));
}

struct scene {
	char dir[128], data[160], socket[160];
	struct conf conf;
	struct server server;
	int client;
};

static void
step(struct server *s)
{
	struct event tick = {.kind = EV_TICK}, flush = {.kind = EV_FLUSH};

	server_clocks(s);
	events_disk(s);
	transport_run(s->transport, s->now_ms);
	events_step(s, &tick);
	events_step(s, &flush);
	transport_flush(s->transport);
	(void)poll(NULL, 0, 1);
}

/* A host that has just started. */
static int
setup_start(void **state)
{
	struct scene *a = calloc(1, sizeof(*a));
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char err[512];

	assert_non_null(scratch_make(a->dir, sizeof(a->dir)));
	snprintf(a->data, sizeof(a->data), "%s/data", a->dir);
	snprintf(a->socket, sizeof(a->socket), "%s/sock", a->dir);
	assert_int_equal(datadir_init(a->data, NULL, err, sizeof(err)), 0);
	a->conf = (struct conf){.data = a->data,
	    .name = (char *)"alpha",
	    .admin_socket = a->socket,
	    .suspect_ms = 3000,
	    .hang_ms = 5000};
	assert_int_equal(
	    hosts_parse("alpha=127.0.0.1", &a->conf.hosts, err, sizeof(err)),
	    0);
	assert_int_equal(server_open(&a->server, &a->conf), 0);
	a->client = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(sun.sun_path, a->socket);
	assert_int_equal(
	    connect(a->client, (struct sockaddr *)&sun, sizeof(sun)), 0);
	*state = a;
	loop = pthread_self();
	on_loop = elsewhere = 0;
	return (0);
}

static void
step_until(struct server *s, evote_role role)
{
	while (core_role(s->core) != role)
		step(s);
}

static int
setup(void **state)
{
	int rc = setup_start(state);

	step_until(&((struct scene *)*state)->server, EVOTE_PRIMARY);
	return (rc);
}

static int
teardown(void **state)
{
	struct scene *a = *state;

	close(a->client);
	server_close(&a->server);
	scratch_remove(a->dir);
	free(a);
	wall_s = 0;
	return (0);
}

static void
call_at(
    struct scene *a, uint32_t prog, uint32_t proc, xdrproc_t xargs, void *args)
{
	unsigned char out[4096];
	uint32_t mark;
	size_t len;
	XDR x;

	xdrmem_create(&x, (char *)out + STREAM_MARK, sizeof(out) - STREAM_MARK,
	    XDR_ENCODE);
	assert_int_equal(header_call(&x, proc, prog, EVOTE_V1, proc), 0);
	assert_true(xargs(&x, args));
	len = xdr_getpos(&x);
	mark = stream_mark(len);
	memcpy(out, &mark, STREAM_MARK);
	assert_int_equal(
	    send(a->client, out, STREAM_MARK + len, 0), STREAM_MARK + len);
}

static void
call(struct scene *a, uint32_t proc, xdrproc_t xargs, void *args)
{
	call_at(a, EVOTE_PROG, proc, xargs, args);
}

static void
call_vote(struct scene *a)
{
	char signature[SEAL_SIG] = {1};
	evote_vote_args args = {
	    .election = (char *)"board", .choice = (char *)"yes"};
	evote_credential *c = &args.request.credential;

	args.request.number = 1;
	c->kind = EVOTE_BY_SIGNATURE;
	c->evote_credential_u.own.voter = (char *)"ada";
	c->evote_credential_u.own.signature =
	    (evote_signature){SEAL_SIG, signature};
	call(a, EVOTE_CAST_VOTE, (xdrproc_t)xdr_evote_vote_args, &args);
}

/*
 * The result of the first call that is answered, to be freed; without `verify`,
 * of those that wait for no signature to be verified.  Returns how it went.
 */
static enum clnt_stat
hear_any(struct scene *a, int verify, xdrproc_t xres, void *res)
{
	unsigned char in[4096];
	ssize_t got = 0, n;
	struct rpc_err err;
	uint32_t xid;
	XDR x;

	for (int i = 0; i < 1000 && got == 0; i++) {
		step(&a->server);
		if (verify)
			(void)service_run(&a->server);
		n = recv(a->client, in, sizeof(in), MSG_DONTWAIT);
		got += n > 0 ? n : 0;
	}
	assert_true(got > STREAM_MARK);
	xdrmem_create(
	    &x, (char *)in + STREAM_MARK, (u_int)got - STREAM_MARK, XDR_DECODE);
	assert_int_equal(header_reply(&x, &xid, &err), 0);
	if (err.re_status == RPC_SUCCESS)
		assert_true(xres(&x, res));
	return (err.re_status);
}

static void
hear(struct scene *a, int verify, xdrproc_t xres, void *res)
{
	assert_int_equal(hear_any(a, verify, xres, res), RPC_SUCCESS);
}

static void
answer(struct scene *a, xdrproc_t xres, void *res)
{
	hear(a, 1, xres, res);
}

static int
answers(struct scene *a)
{
	struct inbox in = {0};
	unsigned char *rec;
	uint32_t len;
	int n = 0;
	ssize_t got;

	do {
		assert_int_equal(inbox_room(&in, EVOTE_CALL_MAX), 0);
		got = recv(
		    a->client, in.data + in.end, in.cap - in.end, MSG_DONTWAIT);
		in.end += got > 0 ? (size_t)got : 0;
		while (
		    inbox_next(&in, EVOTE_CALL_MAX, &rec, &len) == RECORD_WHOLE)
			n++;
	} while (got > 0);
	inbox_clear(&in);
	return (n);
}

/* One that waits for a signature, with others behind it. */
static void
call_line(struct scene *a)
{
	evote_list_args list = {0};

	call_vote(a);
	for (int i = 0; i < LISTS; i++)
		call(a, EVOTE_LIST_ELECTIONS, (xdrproc_t)xdr_evote_list_args,
		    &list);
	step(&a->server);
	step(&a->server);
	step(&a->server);
}

/* What stood in line behind a signature takes no more than a turn. */
static void
test_line_has_turns(void **state)
{
	struct scene *a = *state;
	struct server *s = &a->server;
	struct pollfd verified = {workers_fd(s->workers), POLLIN, 0};
	int runs = 1, got = 0;

	call_line(a);
	assert_int_equal(answers(a), 0);
	assert_int_equal(poll(&verified, 1, 10000), 1);
	look_us = BUDGET_TURN_US / 4;
	while (service_run(s))
		runs++;
	look_us = 0;
	assert_in_range(runs, LISTS / 4, LISTS + 1);
	for (int i = 0; i < 100 && got <= LISTS; i++) {
		step(s);
		got += answers(a);
	}
	assert_int_equal(got, LISTS + 1);
}

/* In steps that are no stall. */
static void
pass(struct server *s, uint64_t until_ms)
{
	for (; ahead_ms < until_ms; ahead_ms += 1000)
		step(s);
}

/* Why a log-in with it, and a signature of nobody, is refused. */
static evote_reason
login_at(struct scene *a, evote_token challenge, int verify)
{
	char signature[SEAL_SIG] = {1};
	evote_auth_args args = {.voter = (char *)"ada",
	    .challenge = challenge,
	    .signature = {SEAL_SIG, signature}};
	evote_auth_res res = {.answer.code = -1};
	evote_reason reason;

	call(a, EVOTE_AUTH, (xdrproc_t)xdr_evote_auth_args, &args);
	hear(a, verify, (xdrproc_t)xdr_evote_auth_res, &res);
	reason = res.answer.reason;
	xdr_free((xdrproc_t)xdr_evote_auth_res, &res);
	return (reason);
}

static evote_reason
login(struct scene *a, evote_token challenge)
{
	return (login_at(a, challenge, 1));
}

/* What is no challenge of ours is refused before anything dear is done. */
static void
test_challenge_before_signature(void **state)
{
	struct scene *a = *state;
	char garbage[] = "a challenge that nobody has issued";

	assert_int_equal(
	    login_at(a, (evote_token){sizeof(garbage), garbage}, 0),
	    EVOTE_R_CHALLENGE);
	assert_int_equal(elsewhere, 0);
}

/* More than may wait for its turn is told to come again, at once. */
static void
test_line_too_long(void **state)
{
	struct scene *a = *state;
	struct server *s = &a->server;
	evote_answer res = {.code = -1};
	int got = 0;

	/* Room for one that waits, behind the one that is verified. */
	turns_free(s->turns);
	s->turns = turns_new(1, sizeof(struct request) + 400);
	for (int i = 0; i < 3; i++)
		call_vote(a);
	hear(a, 0, (xdrproc_t)xdr_evote_answer, &res);
	assert_int_equal(res.standing, EVOTE_TRY_AGAIN);
	assert_int_equal(res.code, EVOTE_CODE_NONE);
	xdr_free((xdrproc_t)xdr_evote_answer, &res);
	assert_int_equal(answers(a), 0);
	for (int i = 0; i < 1000 && got < 2; i++) {
		step(s);
		(void)service_run(s);
		got += answers(a);
	}
	assert_int_equal(got, 2);
}

/* Who has gone has nothing that waits any more. */
static void
test_line_gone(void **state)
{
	struct scene *a = *state;
	struct server *s = &a->server;
	struct pollfd verified = {workers_fd(s->workers), POLLIN, 0};
	int runs = 0;

	call_line(a);
	close(a->client);
	a->client = -1;
	for (int i = 0; i < 10; i++)
		step(s);
	assert_int_equal(poll(&verified, 1, 10000), 1);
	look_us = BUDGET_TURN_US;
	while (service_run(s))
		runs++;
	look_us = 0;
	assert_in_range(runs, 0, 1);
	assert_int_equal(s->under_way, 0);
}

/* The host does not hear of its disk meanwhile, and so stays what it is. */
static void
parked_until(struct server *s, size_t bytes)
{
	for (int i = 0; i < 10000 && s->under_way < bytes; i++) {
		transport_run(s->transport, s->now_ms);
		(void)service_run(s);
		(void)poll(NULL, 0, 1);
	}
	assert_true(s->under_way >= bytes);
}

/*
 * What waits for a primary has been verified by then: all of it is carried out
 * in one step, in which nobody else is served.
 */
static void
test_parked_are_verified(void **state)
{
	struct scene *a = *state;
	struct server *s = &a->server;
	size_t one;
	int got = 0;

	step_until(s, EVOTE_ESTABLISHING);
	call_vote(a);
	parked_until(s, 1);
	one = s->under_way;
	for (int i = 1; i < PARKED; i++)
		call_vote(a);
	parked_until(s, PARKED * one);
	assert_int_equal(core_role(s->core), EVOTE_ESTABLISHING);
	assert_int_equal(elsewhere, PARKED);
	assert_int_equal(answers(a), 0);
	step_until(s, EVOTE_PRIMARY);
	for (int i = 0; i < 100 && got < PARKED; i++) {
		step(s);
		got += answers(a);
	}
	assert_int_equal(got, PARKED);
	assert_int_equal(on_loop, 0);
	assert_int_equal(elsewhere, PARKED);
}

/*
 * A challenge is good within a minute (evote.x), by the clock of the service.
 */
static void
test_challenge_expires(void **state)
{
	struct scene *a = *state;
	evote_preauth_args args = {.voter = (char *)"ada"};
	evote_preauth_res res = {.answer.code = -1};

	call(a, EVOTE_PREAUTH, (xdrproc_t)xdr_evote_preauth_args, &args);
	answer(a, (xdrproc_t)xdr_evote_preauth_res, &res);
	assert_int_equal(res.answer.code, 0);
	pass(&a->server, 50000);
	assert_int_equal(login(a, res.challenge), EVOTE_R_SIGNATURE);
	pass(&a->server, 62000);
	assert_int_equal(login(a, res.challenge), EVOTE_R_CHALLENGE);
	ahead_ms = 0;
	xdr_free((xdrproc_t)xdr_evote_preauth_res, &res);
}

/* What a list of the elections is answered with; what waits is counted. */
static evote_standing
list(struct scene *a)
{
	evote_list_args args = {0};
	evote_list_res res = {.answer.code = -1};
	evote_standing standing;

	call(a, EVOTE_LIST_ELECTIONS, (xdrproc_t)xdr_evote_list_args, &args);
	answer(a, (xdrproc_t)xdr_evote_list_res, &res);
	standing = res.answer.standing;
	xdr_free((xdrproc_t)xdr_evote_list_res, &res);
	return (standing);
}

/* Requests that wait in the core outlive their connections. */
static void
test_under_way(void **state)
{
	struct scene *a = *state;
	struct server *s = &a->server;
	evote_voters_args first = {.first = 0};
	evote_voters_res voters = {.answer.code = -1};
	size_t most;

	assert_int_equal(list(a), EVOTE_SERVED);
	assert_int_equal(login(a, (evote_token){0}), EVOTE_R_CHALLENGE);
	assert_int_equal(s->under_way, 0);
	/* It goes on as long as there is room, and then for operators. */
	most = s->under_way = SERVICE_UNDER_WAY_MAX;
	assert_int_equal(list(a), EVOTE_SERVED);
	assert_int_equal(s->under_way, most);
	most = s->under_way = SERVICE_UNDER_WAY_MAX + 1;
	assert_int_equal(list(a), EVOTE_TRY_AGAIN);
	call_at(a, EVOTE_ADMIN_PROG, EVOTE_VOTERS,
	    (xdrproc_t)xdr_evote_voters_args, &first);
	answer(a, (xdrproc_t)xdr_evote_voters_res, &voters);
	assert_int_equal(voters.answer.standing, EVOTE_SERVED);
	xdr_free((xdrproc_t)xdr_evote_voters_res, &voters);
	assert_int_equal(s->under_way, most);
	s->under_way = 0;
}

/* A reading that waits is counted with its result. */
static void
test_result_counted(void **state)
{
	struct scene *a = *state;
	struct request r = {.ask = ASK_LIST};
	evote_list_res *res = &r.result.list;
	evote_summary one = {.name = (char *)"board"};

	res->elections.elections_len = 1;
	res->elections.elections_val = &one;
	service_executed(&a->server, &r);
	assert_in_range(r.bytes, 60, 400);
	assert_int_equal(a->server.under_way, r.bytes);
	assert_null(r.result.answer.host);
	a->server.under_way = 0;
}

/* ---- a wall clock that is in doubt ---- */

#define DAY   86400
#define BOARD (char *)"board"

static void
call_enrol(struct scene *a, const char *name)
{
	unsigned char seed[SEAL_KEY] = {(unsigned char)name[0]};
	struct seal_key *key = seal_key_seed(seed);
	evote_voter v = {.name = (char *)name, .group = (char *)"members"};
	evote_register_args args = {.voters = {1, &v}};

	seal_key_public(key, (unsigned char *)v.key);
	seal_key_free(key);
	call_at(a, EVOTE_ADMIN_PROG, EVOTE_REGISTER,
	    (xdrproc_t)xdr_evote_register_args, &args);
}

static void
enrol(struct scene *a, const char *name)
{
	evote_register_res res = {.answer.code = -1};

	call_enrol(a, name);
	answer(a, (xdrproc_t)xdr_evote_register_res, &res);
	assert_int_equal(res.answer.code, 0);
	xdr_free((xdrproc_t)xdr_evote_register_res, &res);
}

/* It ends in so many seconds, and has a grace of an hour. */
static void
open_board(struct scene *a, uint64_t seconds)
{
	evote_name group = (char *)"members", choice = (char *)"yes";
	evote_option grace = {EVOTE_OPTION_GRACE_S, 3600};
	evote_terms terms = {.election = {.name = BOARD,
				 .groups = {1, &group},
				 .choices = {1, &choice},
				 .end = date_now_us() + seconds * 1000000},
	    .options = {1, &grace}};
	evote_answer res = {.code = -1};

	while (!keys_some(election_keys(a->server.election)))
		step(&a->server);
	call_at(a, EVOTE_ADMIN_PROG, EVOTE_OPEN_ANY, (xdrproc_t)xdr_evote_terms,
	    &terms);
	answer(a, (xdrproc_t)xdr_evote_answer, &res);
	assert_int_equal(res.code, 0);
	xdr_free((xdrproc_t)xdr_evote_answer, &res);
}

static void
sign_login(struct scene *a, evote_token challenge, char sig[SEAL_SIG])
{
	const evote_genesis *g = election_genesis(a->server.election);
	evote_login login = {.domain = (char *)"evote login 1",
	    .origin = g->origin,
	    .challenge = challenge};
	unsigned char seed[SEAL_KEY] = {'a'}, *bytes;
	struct seal_key *key = seal_key_seed(seed);
	long len;

	memcpy(login.cluster, g->cluster, sizeof(login.cluster));
	len = xdr_to_bytes((xdrproc_t)xdr_evote_login, &login, &bytes);
	assert_true(len > 0);
	seal_key_sign(key, (unsigned char *)sig, bytes, (size_t)len);
	seal_key_free(key);
	free(bytes);
}

/* Ada's log-in; the token is in the result. */
static void
log_in(struct scene *a, evote_auth_res *res)
{
	evote_preauth_args pre = {.voter = (char *)"ada"};
	evote_preauth_res got = {.answer.code = -1};
	char signature[SEAL_SIG];
	evote_auth_args args = {
	    .voter = (char *)"ada", .signature = {SEAL_SIG, signature}};

	call(a, EVOTE_PREAUTH, (xdrproc_t)xdr_evote_preauth_args, &pre);
	answer(a, (xdrproc_t)xdr_evote_preauth_res, &got);
	args.challenge = got.challenge;
	sign_login(a, got.challenge, signature);
	call(a, EVOTE_AUTH, (xdrproc_t)xdr_evote_auth_args, &args);
	answer(a, (xdrproc_t)xdr_evote_auth_res, res);
	assert_int_equal(res->answer.code, 0);
	xdr_free((xdrproc_t)xdr_evote_preauth_res, &got);
}

/* What a vote of hers with a new log-in is answered with. */
static evote_reason
cast(struct scene *a, uint64_t number)
{
	evote_vote_args args = {.election = BOARD, .choice = (char *)"yes"};
	evote_auth_res login = {.answer.code = -1};
	evote_answer res = {.code = -1};
	evote_reason reason;

	log_in(a, &login);
	args.request.number = number;
	args.request.credential.kind = EVOTE_BY_TOKEN;
	args.request.credential.evote_credential_u.token = login.token;
	call(a, EVOTE_CAST_VOTE, (xdrproc_t)xdr_evote_vote_args, &args);
	answer(a, (xdrproc_t)xdr_evote_answer, &res);
	reason = res.reason;
	xdr_free((xdrproc_t)xdr_evote_answer, &res);
	xdr_free((xdrproc_t)xdr_evote_auth_res, &login);
	return (reason);
}

/* Clients number by the clock that the service shows, trusted or not. */
static void
test_votes_in_doubt(void **state)
{
	struct scene *a = *state;

	enrol(a, "ada");
	open_board(a, 10 * DAY);
	wall_s = 2 * DAY;
	step(&a->server);
	assert_int_equal(cast(a, date_now_us() + 2 * DAY * 1000000ULL),
	    EVOTE_R_NUMBER_AHEAD);
	assert_int_equal(cast(a, date_now_us()), EVOTE_R_OK);
}

/* A clock that was set back makes nobody have logged in before the end. */
static void
test_log_in_after_the_end(void **state)
{
	struct scene *a = *state;

	enrol(a, "ada");
	open_board(a, 3);
	for (; wall_s < 5; wall_s++)
		step(&a->server);
	enrol(a, "bob");
	wall_s -= 600;
	step(&a->server);
	assert_int_equal(cast(a, date_now_us()), EVOTE_R_CLOSED);
}

/* An answer, and all that follows it, word by word. */
struct refusal {
	evote_answer answer;
	u_int words, bits;
};

static bool_t
xdr_refusal(XDR *x, struct refusal *r)
{
	u_int word;

	if (!xdr_evote_answer(x, &r->answer))
		return (FALSE);
	for (; xdr_u_int(x, &word); r->words++)
		r->bits |= word;
	return (TRUE);
}

static void
refused_empty(
    struct scene *a, u_int proc, xdrproc_t xargs, void *args, evote_reason why)
{
	struct refusal res = {.answer.code = -1};

	call(a, proc, xargs, args);
	answer(a, (xdrproc_t)xdr_refusal, &res);
	assert_int_equal(res.answer.standing, EVOTE_SERVED);
	assert_int_equal(res.answer.reason, why);
	assert_int_not_equal(res.answer.code, 0);
	assert_true(res.words > 0);
	assert_int_equal(res.bits, 0);
	xdr_free((xdrproc_t)xdr_evote_answer, &res.answer);
}

/* As evote.x has it: what is refused tells nothing. */
static void
test_refused_empty(void **state)
{
	static const u_int named[] = {
	    EVOTE_GET_LIFE, EVOTE_REPORT, EVOTE_CURVE, EVOTE_TURNOUT};
	struct scene *a = *state;
	evote_named_args none = {.election = (char *)"none"};
	evote_named_args board = {.election = BOARD};
	evote_sheet_args sheet = {.election = BOARD};
	evote_check_args check = {.token = {4, (char *)"none"}};
	evote_auth_args auth = {
	    .voter = (char *)"ada", .challenge = {4, (char *)"none"}};

	enrol(a, "ada");
	open_board(a, DAY);
	assert_int_equal(cast(a, date_now_us()), EVOTE_R_OK);
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		refused_empty(a, named[i], (xdrproc_t)xdr_evote_named_args,
		    &none, EVOTE_R_NO_ELECTION);
	/* It is open, has no sheet, and does not show when people vote. */
	refused_empty(a, EVOTE_REPORT, (xdrproc_t)xdr_evote_named_args, &board,
	    EVOTE_R_ONGOING);
	refused_empty(a, EVOTE_CURVE, (xdrproc_t)xdr_evote_named_args, &board,
	    EVOTE_R_NOT_SHOWN);
	refused_empty(a, EVOTE_GET_SHEET, (xdrproc_t)xdr_evote_sheet_args,
	    &sheet, EVOTE_R_NO_SHEET);
	refused_empty(a, EVOTE_CHECK, (xdrproc_t)xdr_evote_check_args, &check,
	    EVOTE_R_TOKEN);
	refused_empty(a, EVOTE_AUTH, (xdrproc_t)xdr_evote_auth_args, &auth,
	    EVOTE_R_CHALLENGE);
}

/*
 * What operators ask has no number, under which they could ask again.  They
 * are not told that it was refused while other hosts may have it.
 */
static void
test_carried_out_is_not_refused(void **state)
{
	struct scene *a = *state;
	struct server *s = &a->server;
	uint64_t size = history_size(core_history(s->core));
	evote_answer res = {.code = -1};

	call_enrol(a, "ada");
	while (history_size(core_history(s->core)) == size)
		transport_run(s->transport, s->now_ms);
	core_fault(s->core, 0, "the test says so");
	assert_int_equal(
	    hear_any(a, 0, (xdrproc_t)xdr_evote_answer, &res), RPC_SYSTEMERROR);
	assert_int_equal(s->under_way, 0);
	/* This one has left nothing. */
	call_enrol(a, "bob");
	assert_int_equal(
	    hear_any(a, 0, (xdrproc_t)xdr_evote_answer, &res), RPC_SUCCESS);
	assert_int_equal(res.standing, EVOTE_NOT_SERVING);
	xdr_free((xdrproc_t)xdr_evote_answer, &res);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_line_has_turns, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_challenge_before_signature, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_line_too_long, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_line_gone, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_parked_are_verified, setup_start, teardown),
	    cmocka_unit_test_setup_teardown(
		test_challenge_expires, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_under_way, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_result_counted, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_votes_in_doubt, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_log_in_after_the_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_refused_empty, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_carried_out_is_not_refused, setup, teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
