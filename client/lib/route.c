#include "client/lib/route.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/lib/ports.h"
#include "common/date.h"
#include "common/rpc/caller.h"
#include "common/seal.h"

#define STEP_MS	     1000 /* look-up, connect, greeting */
#define CALL_MS	     3000 /* a call may be held, but not eat everything */
#define PATIENCE_MS  300  /* then a sign of life is asked for, and awaited */
#define GRACE_MS     250  /* for portmappers after the first answer */
#define BACKOFF_MIN  5
#define BACKOFF_MAX  100
#define SILENT_MS    2000 /* a host that did not answer is left alone */
#define FAIR_MS	     300  /* a step that had less is not to blame */
#define PROBE_MS     200  /* the preferred host answers within, or waits */
#define PROBE_EVERY  1000
#define PROBE_SILENT 5000

struct route {
	const struct hosts *hosts;
	route_greeted *greeted;
	void *arg;
	CLIENT *client; /* NULL: not connected */
	int current;	/* the connected host, or the last one; -1 */
	int hint;	/* whom another host named; -1 */
	int ports[EVOTE_HOSTS_MAX]; /* 0: unknown */
	uint64_t silent_until[EVOTE_HOSTS_MAX];
	unsigned tried;	 /* in this round, as bits */
	unsigned behind; /* during this call, as bits */
	unsigned backoff;
	unsigned seed;
	uint64_t probe_at;
	char why[EVOTE_HOSTS_MAX][400]; /* each host's reason, or "" */
	char all[EVOTE_HOSTS_MAX * 400];
	struct route_span greeting;
};

struct route *
route_new(const struct hosts *hosts, route_greeted *greeted, void *arg)
{
	struct route *r = calloc(1, sizeof(*r));
	int i;

	if (r == NULL)
		return (NULL);
	r->hosts = hosts;
	r->greeted = greeted;
	r->arg = arg;
	r->current = r->hint = -1;
	r->backoff = BACKOFF_MIN;
	seal_random(&r->seed, sizeof(r->seed));
	for (i = 0; i < hosts->n; i++)
		r->ports[i] = hosts->list[i].port;
	return (r);
}

static void
disconnect(struct route *r)
{
	if (r->client != NULL)
		clnt_destroy(r->client);
	r->client = NULL;
}

void
route_free(struct route *r)
{
	if (r == NULL)
		return;
	disconnect(r);
	free(r);
}

void
route_prefer(struct route *r, int host, int port)
{
	assert(host >= 0 && host < r->hosts->n);
	disconnect(r);
	r->current = host;
	if (r->ports[host] == 0)
		r->ports[host] = port;
}

int
route_host(const struct route *r, int *port)
{
	if (r->current >= 0 && port != NULL)
		*port = r->ports[r->current];
	return (r->current);
}

const char *
route_why(struct route *r)
{
	size_t len = 0;
	int i;

	r->all[0] = '\0';
	for (i = 0; i < r->hosts->n && len < sizeof(r->all); i++)
		if (r->why[i][0] != '\0')
			len +=
			    (size_t)snprintf(r->all + len, sizeof(r->all) - len,
				"%s%s", len > 0 ? "; " : "", r->why[i]);
	return (r->all);
}

CLIENT *
route_take(struct route *r)
{
	CLIENT *client = r->client;

	r->client = NULL;
	if (client != NULL)
		caller_patience(client, 0, NULL, NULL);
	return (client);
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return (a < b ? a : b);
}

static const char *
host_name(const struct route *r, int i)
{
	return (r->hosts->list[i].name);
}

/* ---- one host ---- */

/* A port that we were not given may have changed with a restart. */
static void
host_failed(struct route *r, int i, uint64_t deadline_ms)
{
	if (caller_now_ms() >= deadline_ms)
		r->silent_until[i] = caller_now_ms() + SILENT_MS;
	r->ports[i] = r->hosts->list[i].port;
}

/* One host's reason, in place of the one before. */
static void __attribute__((format(printf, 3, 4)))
why_keep(struct route *r, int i, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why[i], sizeof(r->why[i]), fmt, ap);
	va_end(ap);
}

/* The same for a step that ran out of the time it was given. */
static void
why_late(struct route *r, int i, uint64_t given_ms, const char *text)
{
	if (given_ms >= FAIR_MS || r->why[i][0] == '\0')
		why_keep(r, i, "%s: %s", host_name(r, i), text);
}

static uint64_t
time_left(uint64_t deadline_ms)
{
	uint64_t now = caller_now_ms();

	return (now < deadline_ms ? deadline_ms - now : 0);
}

static const char *
stat_text(enum clnt_stat stat)
{
	if (stat == RPC_TIMEDOUT)
		return ("no answer in time");
	if (stat == RPC_CANTRECV || stat == RPC_CANTSEND)
		return ("the connection broke");
	return (clnt_sperrno(stat));
}

static void
find_port(struct route *r, int i, uint64_t deadline_ms)
{
	enum caller_fault faults[EVOTE_HOSTS_MAX];
	uint64_t given;
	char why[320];

	if (r->ports[i] != 0)
		return;
	deadline_ms = sooner(deadline_ms, caller_now_ms() + STEP_MS);
	given = time_left(deadline_ms);
	ports_look_up(r->hosts, r->ports, faults, EVOTE_PROG, EVOTE_V1,
	    GRACE_MS, deadline_ms);
	if (r->ports[i] != 0)
		return;
	caller_why(faults[i], r->hosts->list[i].address, why, sizeof(why));
	if (faults[i] == CALLER_NAME_LATE || faults[i] == CALLER_PORTMAP_SILENT)
		why_late(r, i, given, why);
	else
		why_keep(r, i, "%s: %s", host_name(r, i), why);
}

static CLIENT *
host_connect(struct route *r, int i, uint64_t deadline_ms)
{
	uint64_t given = time_left(deadline_ms);
	char err[320];
	CLIENT *client;

	client = caller_tcp(r->hosts->list[i].address, r->ports[i], EVOTE_PROG,
	    EVOTE_V1, deadline_ms, err, sizeof(err));
	if (client != NULL)
		return (client);
	if (errno == ETIMEDOUT)
		why_late(r, i, given, err);
	else
		why_keep(r, i, "%s: %s", host_name(r, i), err);
	host_failed(r, i, deadline_ms);
	return (NULL);
}

/* On a long line everything takes longer. */
static uint64_t
patience_ms(const struct route *r)
{
	const struct route_span *g = &r->greeting;
	uint64_t us = g->answered > g->sent ? g->answered - g->sent : 0;

	return (PATIENCE_MS + 4 * sooner(us / 1000, STEP_MS));
}

/* Does the host that owes us an answer still answer at all? */
static int
still_there(void *arg)
{
	struct route *r = arg;
	uint64_t deadline_ms = caller_now_ms() + patience_ms(r);
	CLIENT *client = host_connect(r, r->current, deadline_ms);
	enum clnt_stat stat;

	if (client == NULL)
		return (0);
	caller_deadline(client, deadline_ms);
	stat = evote_null_1(NULL, NULL, client);
	if (stat != RPC_SUCCESS)
		host_failed(r, r->current, deadline_ms);
	clnt_destroy(client);
	return (stat == RPC_SUCCESS);
}

/* 0 with *res, or -1; the caller frees *res in any case. */
static int
host_greet(struct route *r, int i, CLIENT *client, uint64_t deadline_ms,
    evote_status_res *res)
{
	uint64_t given = time_left(deadline_ms);
	struct route_span span;
	enum clnt_stat stat;

	memset(res, 0, sizeof(*res));
	caller_deadline(client, deadline_ms);
	span.sent = date_now_us();
	stat = evote_status_1(NULL, res, client);
	span.answered = date_now_us();
	if (stat == RPC_SUCCESS) {
		r->greeting = span;
		return (0);
	}
	if (stat == RPC_TIMEDOUT)
		why_late(r, i, given, stat_text(stat));
	else
		why_keep(r, i, "%s: %s", host_name(r, i), stat_text(stat));
	host_failed(r, i, deadline_ms);
	return (-1);
}

static void
why_standing(struct route *r, int i, const evote_answer *a)
{
	static const char *const words[] = {
	    [EVOTE_SERVED] = "serves",
	    [EVOTE_NOT_PRIMARY] = "is not the primary",
	    [EVOTE_NOT_SERVING] = "does not serve now",
	    [EVOTE_BEHIND] = "knows less than was seen before",
	    [EVOTE_OTHER_CLUSTER] = "belongs to another cluster",
	    [EVOTE_TRY_AGAIN] = "has too much to do",
	};
	int known =
	    a->standing >= EVOTE_SERVED && a->standing <= EVOTE_TRY_AGAIN;

	why_keep(r, i, "%s %s%s%.200s", host_name(r, i),
	    known ? words[a->standing] : "answers strangely",
	    a->text[0] != '\0' ? ": " : "", a->text);
}

/* What a standing other than served says about where to go. */
static void
heed_standing(struct route *r, int i, const evote_answer *a)
{
	int named = hosts_find(r->hosts, a->host);
	unsigned bit = 1u << i;

	why_standing(r, i, a);
	if (a->standing == EVOTE_BEHIND || a->standing == EVOTE_OTHER_CLUSTER)
		r->behind |= bit;
	if (a->standing == EVOTE_NOT_PRIMARY && named >= 0 && named != i) {
		/* It stands behind the one it names, and so is as far. */
		if (r->behind & 1u << named)
			r->behind |= bit;
		r->hint = named;
	}
}

/* Tries one host; -1 when greeted ends the search. */
static int
visit(struct route *r, int i, uint64_t deadline_ms)
{
	uint64_t step = sooner(deadline_ms, caller_now_ms() + STEP_MS);
	evote_status_res res = {0};
	CLIENT *client = host_connect(r, i, step);
	int rc = 0;

	if (client == NULL)
		return (0);
	step = sooner(deadline_ms, caller_now_ms() + STEP_MS);
	if (host_greet(r, i, client, step, &res) == 0) {
		r->silent_until[i] = 0;
		if (r->greeted != NULL)
			rc = r->greeted(r->arg, host_name(r, i), &res);
		if (rc == 0 && res.answer.standing == EVOTE_SERVED) {
			caller_patience(client, patience_ms(r), still_there, r);
			r->client = client;
			r->current = i;
			client = NULL;
		} else
			heed_standing(r, i, &res.answer);
	}
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	if (client != NULL)
		clnt_destroy(client);
	return (rc);
}

int
route_greet(struct route *r, uint64_t deadline_ms, enum route_end *end)
{
	uint64_t step = sooner(deadline_ms, caller_now_ms() + STEP_MS);
	evote_status_res res;
	int rc;

	if (r->client == NULL)
		return (-1);
	rc = host_greet(r, r->current, r->client, step, &res);
	*end = ROUTE_SERVED;
	if (rc != 0)
		disconnect(r);
	else if (r->greeted != NULL &&
	    r->greeted(r->arg, host_name(r, r->current), &res) != 0)
		*end = ROUTE_STOPPED;
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	return (rc);
}

struct route_span
route_greeting(const struct route *r)
{
	return (r->greeting);
}

int
route_status(
    struct route *r, int i, uint64_t deadline_ms, evote_status_res *res)
{
	int listed = r->hosts->list[i].port != 0, rc;
	CLIENT *client = NULL;

	memset(res, 0, sizeof(*res));
	memset(r->why, 0, sizeof(r->why));
	/* Where it was before a restart, perhaps: not for the whole time. */
	if (r->ports[i] != 0)
		client = host_connect(r, i,
		    listed ? deadline_ms
			   : deadline_ms - time_left(deadline_ms) / 2);
	if (client == NULL && !listed) {
		find_port(r, i, deadline_ms);
		if (r->ports[i] != 0)
			client = host_connect(r, i, deadline_ms);
	}
	if (client == NULL)
		return (-1);
	rc = host_greet(r, i, client, deadline_ms, res);
	clnt_destroy(client);
	return (rc);
}

/* ---- the search ---- */

static int
may_try(const struct route *r, int i, uint64_t now)
{
	return (i >= 0 && !(r->tried & 1u << i) && now >= r->silent_until[i]);
}

/*
 * Whom another host named, then who served last, then in order of preference;
 * -1 when the round is over.  A host that was silent is left out for a while,
 * also if it is named: who names it may not have noticed yet.
 */
static int
pick(struct route *r)
{
	uint64_t now = caller_now_ms();
	int i = r->hint;

	r->hint = -1;
	if (may_try(r, i, now))
		return (i);
	if (may_try(r, r->current, now))
		return (r->current);
	for (i = 0; i < r->hosts->n; i++)
		if (may_try(r, i, now))
			return (i);
	return (-1);
}

static int
all_behind(const struct route *r)
{
	return (r->behind == (1u << r->hosts->n) - 1);
}

/* Waits a little, for clients that lost the same host not to come at once. */
static void
round_end(struct route *r, uint64_t deadline_ms)
{
	uint64_t now = caller_now_ms(), ms;
	struct timespec ts = {0, 0};

	ms = BACKOFF_MIN +
	    (unsigned)rand_r(&r->seed) % (r->backoff - BACKOFF_MIN + 1);
	if (now < deadline_ms) {
		ms = sooner(ms, deadline_ms - now);
		ts.tv_nsec = (long)ms * 1000000;
		nanosleep(&ts, NULL);
	}
	r->backoff =
	    r->backoff * 2 < BACKOFF_MAX ? r->backoff * 2 : BACKOFF_MAX;
	r->tried = 0;
}

static enum route_end
search(struct route *r, uint64_t deadline_ms)
{
	int i;

	while (r->client == NULL) {
		if (all_behind(r))
			return (ROUTE_BEHIND);
		if (caller_now_ms() >= deadline_ms)
			return (ROUTE_NONE);
		if ((i = pick(r)) < 0) {
			round_end(r, deadline_ms);
			continue;
		}
		r->tried |= 1u << i;
		find_port(r, i, deadline_ms);
		if (r->ports[i] != 0 && visit(r, i, deadline_ms) != 0)
			return (ROUTE_STOPPED);
	}
	return (ROUTE_SERVED);
}

static void
search_begin(struct route *r)
{
	r->tried = r->behind = 0;
	r->backoff = BACKOFF_MIN;
	r->hint = -1;
	memset(r->why, 0, sizeof(r->why));
}

enum route_end
route_find(struct route *r, uint64_t deadline_ms)
{
	search_begin(r);
	return (search(r, deadline_ms));
}

/* ---- going back ---- */

/* Whether the preferred host says that it serves. */
static int
preferred_serves(struct route *r)
{
	const struct host *h = &r->hosts->list[0];
	uint64_t deadline_ms = caller_now_ms() + PROBE_MS;
	evote_answer answer = {0};
	int serves = 0, port = h->port;
	CLIENT *client;
	caller_progress fault;
	char err[320];

	if (port == 0)
		port = caller_port(h->address, EVOTE_PROBE_PROG, EVOTE_PROBE_V1,
		    deadline_ms, &fault);
	if (port == 0)
		return (0);
	client = caller_tcp(h->address, port, EVOTE_PROBE_PROG, EVOTE_PROBE_V1,
	    deadline_ms, err, sizeof(err));
	if (client == NULL)
		return (0);
	caller_deadline(client, deadline_ms);
	if (evote_probe_serving_1(NULL, &answer, client) == RPC_SUCCESS)
		serves = answer.standing == EVOTE_SERVED;
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	clnt_destroy(client);
	if (serves)
		r->ports[0] = port;
	return (serves);
}

/*
 * While another host than the preferred one serves us, asks that one now and
 * then; a silent one more rarely, because asking it costs the caller time.
 */
static int
go_back(struct route *r, uint64_t deadline_ms)
{
	uint64_t began = caller_now_ms();
	CLIENT *old = r->client;
	int was = r->current, rc;

	if (old == NULL || was == 0 || began < r->probe_at)
		return (0);
	r->probe_at = began + PROBE_EVERY;
	if (!preferred_serves(r)) {
		if (caller_now_ms() - began >= PROBE_MS)
			r->probe_at = began + PROBE_SILENT;
		return (0);
	}
	r->client = NULL;
	rc = visit(r, 0, deadline_ms);
	if (r->client == NULL) {
		r->client = old;
		r->current = was;
	} else
		clnt_destroy(old);
	return (rc);
}

/* ---- calls ---- */

void
route_unanswered(evote_answer *answer)
{
	answer->standing = EVOTE_NOT_SERVING;
	answer->code = EVOTE_CODE_NONE;
}

static void
result_clear(const struct procedure *p, void *res)
{
	xdr_free(p->xres, res);
	memset(res, 0, p->size);
	route_unanswered(res);
}

static enum clnt_stat
call_once(struct route *r, const struct procedure *p, void *args, void *res,
    uint64_t deadline_ms)
{
	const struct timeval unused = {0, 0};
	uint64_t step = sooner(deadline_ms, caller_now_ms() + CALL_MS);
	enum clnt_stat stat;

	result_clear(p, res);
	caller_deadline(r->client, step);
	stat = clnt_call(
	    r->client, p->number, p->xargs, args, p->xres, res, unused);
	if (stat == RPC_SUCCESS)
		return (stat);
	why_keep(
	    r, r->current, "%s: %s", host_name(r, r->current), stat_text(stat));
	result_clear(p, res);
	return (stat);
}

enum route_end
route_call(struct route *r, const struct procedure *p, void *args, void *res,
    uint64_t deadline_ms, unsigned *sends)
{
	const evote_answer *answer = res;
	enum route_end end;
	enum clnt_stat stat;

	memset(res, 0, p->size);
	result_clear(p, res);
	search_begin(r);
	if (go_back(r, deadline_ms) != 0)
		return (ROUTE_STOPPED);
	while ((end = search(r, deadline_ms)) == ROUTE_SERVED) {
		stat = call_once(r, p, args, res, deadline_ms);
		if (stat == RPC_CANTENCODEARGS)
			return (ROUTE_BROKEN);
		++*sends;
		if (stat == RPC_SUCCESS && answer->standing == EVOTE_SERVED)
			return (ROUTE_SERVED);
		if (stat == RPC_SUCCESS) {
			r->tried |= 1u << r->current;
			heed_standing(r, r->current, answer);
		}
		disconnect(r);
	}
	return (end);
}
