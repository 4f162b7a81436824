#include "client/lib/route.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/lib/roundup.h"
#include "common/now.h"
#include "common/rpc/caller.h"
#include "common/seal.h"
#include "common/text.h"

#define CALL_MS	     3000 /* a call may be held, but not eat everything */
#define BACKOFF_MIN  5
#define BACKOFF_MAX  100
#define PROBE_MS     200 /* the preferred host answers within, or waits */
#define PROBE_EVERY  1000
#define PROBE_SILENT 5000

struct route {
	struct endpoints endpoints;
	route_greeted *greeted;
	void *arg;
	struct roundup *roundup; /* of route_ask_all, or NULL */
	CLIENT *client;		 /* NULL: not connected */
	int current;		 /* the connected host, or the last one; -1 */
	int hint;		 /* whom another host named; -1 */
	unsigned tried;		 /* in this round, as bits */
	unsigned behind;	 /* during this call, as bits */
	unsigned backoff;
	unsigned seed;
	uint64_t probe_at;
	uint64_t deadline_ms; /* of this call */
	char all[EVOTE_HOSTS_MAX * 400];
};

struct route *
route_new(const struct hosts *hosts, route_greeted *greeted, void *arg)
{
	struct route *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return (NULL);
	r->greeted = greeted;
	r->arg = arg;
	r->current = r->hint = -1;
	r->backoff = BACKOFF_MIN;
	endpoint_init(&r->endpoints, hosts);
	seal_random(&r->seed, sizeof(r->seed));
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
	roundup_free(r->roundup);
	free(r);
}

void
route_secure(struct route *r, int plain, const char *pin)
{
	r->endpoints.plain = plain;
	snprintf(r->endpoints.pin, sizeof(r->endpoints.pin), "%s", pin);
}

const struct endpoints *
route_endpoints(const struct route *r)
{
	return (&r->endpoints);
}

void
route_prefer(struct route *r, int host, int port)
{
	assert(host >= 0 && host < r->endpoints.hosts->n);
	disconnect(r);
	r->current = host;
	if (r->endpoints.ports[host] == 0)
		r->endpoints.ports[host] = port;
}

int
route_host(const struct route *r, int *port)
{
	if (r->current >= 0 && port != NULL)
		*port = r->endpoints.ports[r->current];
	return (r->current);
}

const char *
route_why(struct route *r)
{
	int i;

	r->all[0] = '\0';
	for (i = 0; i < r->endpoints.hosts->n; i++)
		if (r->endpoints.why[i][0] != '\0')
			text_join(
			    r->all, sizeof(r->all), "; ", r->endpoints.why[i]);
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

static const char *
host_name(const struct route *r, int i)
{
	return (r->endpoints.hosts->list[i].name);
}

/* ---- one host ---- */

static int
still_there(void *arg)
{
	struct route *r = arg;

	return (endpoint_lives(&r->endpoints, r->current));
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

	endpoint_why(&r->endpoints, i, "%s %s%s%.200s", host_name(r, i),
	    known ? words[a->standing] : "answers strangely",
	    a->text[0] != '\0' ? ": " : "", a->text);
}

/* What a standing other than served says about where to go. */
static void
heed_standing(struct route *r, int i, const evote_answer *a)
{
	int named = hosts_find(r->endpoints.hosts, a->host);
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

/*
 * Has it judged by greeted, which may ask a person: that
 * time does not count.
 */
static int
hear(struct route *r, int i, const evote_status_res *res)
{
	uint64_t began = now_ms();
	int rc = 0;

	if (r->greeted != NULL)
		rc = r->greeted(r->arg, host_name(r, i), res);
	r->deadline_ms += now_ms() - began;
	return (rc);
}

/* Tries one host; -1 when greeted ends the search. */
static int
visit(struct route *r, int i)
{
	evote_status_res res = {0};
	CLIENT *client = endpoint_connect(&r->endpoints, i, r->deadline_ms);
	uint64_t step;
	int rc = 0;

	if (client == NULL)
		return (
		    endpoint_is_other(&r->endpoints, i) ? hear(r, i, NULL) : 0);
	step = endpoint_step(r->deadline_ms);
	if (endpoint_greet(&r->endpoints, i, client, step, &res) == 0) {
		r->endpoints.silent_until[i] = 0;
		rc = hear(r, i, &res);
		if (rc == 0 && res.answer.standing == EVOTE_SERVED) {
			caller_patience(client,
			    endpoint_patience_ms(&r->endpoints), still_there,
			    r);
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
	uint64_t step = endpoint_step(deadline_ms);
	evote_status_res res;
	int rc;

	if (r->client == NULL)
		return (-1);
	rc = endpoint_greet(&r->endpoints, r->current, r->client, step, &res);
	*end = ROUTE_SERVED;
	if (rc != 0)
		disconnect(r);
	else if (hear(r, r->current, &res) != 0)
		*end = ROUTE_STOPPED;
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	return (rc);
}

struct endpoint_span
route_greeting(const struct route *r)
{
	return (r->endpoints.greeting);
}

int
route_status(
    struct route *r, int i, uint64_t deadline_ms, evote_status_res *res)
{
	int rc;

	memset(r->endpoints.why, 0, sizeof(r->endpoints.why));
	if (r->roundup != NULL &&
	    roundup_take(r->roundup, &r->endpoints, i, &rc, res))
		return (rc);
	return (endpoint_status(&r->endpoints, i, deadline_ms, res));
}

void
route_ask_all(struct route *r, uint64_t deadline_ms)
{
	roundup_free(r->roundup);
	r->roundup = roundup_ask(&r->endpoints, deadline_ms);
}

/* ---- the search ---- */

static int
may_try(const struct route *r, int i, uint64_t now)
{
	return (i >= 0 && !(r->tried & 1u << i) &&
	    now >= r->endpoints.silent_until[i]);
}

/*
 * Whom another host named, then who served last, then in order of preference;
 * -1 when the round is over.  A host that was silent is left out for a while,
 * also if it is named: who names it may not have noticed yet.
 */
static int
pick(struct route *r)
{
	uint64_t now = now_ms();
	int i = r->hint;

	r->hint = -1;
	if (may_try(r, i, now))
		return (i);
	if (may_try(r, r->current, now))
		return (r->current);
	for (i = 0; i < r->endpoints.hosts->n; i++)
		if (may_try(r, i, now))
			return (i);
	return (-1);
}

static int
all_behind(const struct route *r)
{
	return (r->behind == (1u << r->endpoints.hosts->n) - 1);
}

/* Waits a little, for clients that lost the same host not to come at once. */
static void
round_end(struct route *r)
{
	uint64_t now = now_ms(), ms;
	struct timespec ts = {0, 0};

	ms = BACKOFF_MIN +
	    (unsigned)rand_r(&r->seed) % (r->backoff - BACKOFF_MIN + 1);
	if (now < r->deadline_ms) {
		if (ms > r->deadline_ms - now)
			ms = r->deadline_ms - now;
		ts.tv_nsec = (long)ms * 1000000;
		nanosleep(&ts, NULL);
	}
	r->backoff =
	    r->backoff * 2 < BACKOFF_MAX ? r->backoff * 2 : BACKOFF_MAX;
	r->tried = 0;
}

static enum route_end
search(struct route *r)
{
	int i;

	while (r->client == NULL) {
		if (all_behind(r))
			return (ROUTE_BEHIND);
		if (now_ms() >= r->deadline_ms)
			return (ROUTE_NONE);
		if ((i = pick(r)) < 0) {
			round_end(r);
			continue;
		}
		r->tried |= 1u << i;
		endpoint_port(&r->endpoints, i, r->deadline_ms);
		if (r->endpoints.ports[i] != 0 && visit(r, i) != 0)
			return (ROUTE_STOPPED);
	}
	return (ROUTE_SERVED);
}

static void
search_begin(struct route *r, uint64_t deadline_ms)
{
	uint64_t now = now_ms();

	r->tried = r->behind = 0;
	r->backoff = BACKOFF_MIN;
	r->hint = -1;
	r->deadline_ms = deadline_ms;
	/* Who is left alone because it was silent is so for that reason. */
	for (int i = 0; i < r->endpoints.hosts->n; i++)
		if (now >= r->endpoints.silent_until[i])
			r->endpoints.why[i][0] = '\0';
}

enum route_end
route_find(struct route *r, uint64_t deadline_ms)
{
	search_begin(r, deadline_ms);
	return (search(r));
}

/* ---- going back ---- */

/*
 * While another host than the preferred one serves us, asks that one now and
 * then; a silent one more rarely, because asking it costs the caller time.
 */
static int
go_back(struct route *r)
{
	uint64_t began = now_ms();
	CLIENT *old = r->client;
	int was = r->current, rc;

	if (old == NULL || was == 0 || began < r->probe_at)
		return (0);
	r->probe_at = began + PROBE_EVERY;
	if (!endpoint_serves(&r->endpoints, 0, began + PROBE_MS)) {
		if (now_ms() - began >= PROBE_MS)
			r->probe_at = began + PROBE_SILENT;
		return (0);
	}
	r->client = NULL;
	rc = visit(r, 0);
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
call_once(struct route *r, const struct procedure *p, void *args, void *res)
{
	const struct timeval unused = {0, 0};
	uint64_t step = now_ms() + CALL_MS;
	enum clnt_stat stat;

	result_clear(p, res);
	caller_deadline(
	    r->client, step < r->deadline_ms ? step : r->deadline_ms);
	stat = clnt_call(
	    r->client, p->number, p->xargs, args, p->xres, res, unused);
	if (stat == RPC_SUCCESS)
		return (stat);
	endpoint_why_stat(&r->endpoints, r->current, stat);
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
	search_begin(r, deadline_ms);
	if (go_back(r) != 0)
		return (ROUTE_STOPPED);
	while ((end = search(r)) == ROUTE_SERVED) {
		/* What nobody waits for is not sent. */
		if (now_ms() >= r->deadline_ms)
			return (ROUTE_NONE);
		stat = call_once(r, p, args, res);
		if (stat == RPC_CANTENCODEARGS)
			return (ROUTE_BROKEN);
		if (stat == RPC_AUTHERROR)
			return (ROUTE_TOO_WEAK);
		if (stat == RPC_PROCUNAVAIL)
			return (ROUTE_OLDER);
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
