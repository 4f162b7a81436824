#include "client/lib/libevote.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/handle.h"
#include "common/rpc/caller.h"
#include "common/date.h"

#define TIMEOUT_MS 30000
#define OFF_US	   2000000 /* clocks this close are as good as one */

uint64_t
evote_now_us(const struct evote *e)
{
	uint64_t now = date_now_us(), most = EVOTE_AHEAD_S * 1000000ULL;

	if (e->ahead < 0)
		return (
		    now > -(uint64_t)e->ahead ? now + (uint64_t)e->ahead : 0);
	return (now + ((uint64_t)e->ahead < most ? (uint64_t)e->ahead : most));
}

int64_t
evote_clock_off(const struct evote *e)
{
	int64_t least = (int64_t)(OFF_US + e->within);

	return (e->ahead > least || e->ahead < -least ? e->ahead : 0);
}

uint64_t
handle_deadline(const struct evote *e)
{
	return (caller_now_ms() + e->options.timeout_ms);
}

enum evote_outcome
handle_fail(struct evote *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->problem, sizeof(e->problem), fmt, ap);
	va_end(ap);
	return (EVOTE_FAILED);
}

int
handle_sign(
    struct evote *e, unsigned char sig[SEAL_SIG], const void *msg, size_t len)
{
	if (e->signer == NULL && e->options.key == NULL) {
		handle_fail(e, "no private key is given");
		return (-1);
	}
	if (e->signer == NULL)
		e->signer =
		    signer_open(e->options.key, e->problem, sizeof(e->problem));
	if (e->signer == NULL)
		return (-1);
	return (signer_sign(
	    e->signer, sig, msg, len, e->problem, sizeof(e->problem)));
}

/* ---- trust ---- */

/* The service is not what it was: keeps what shows it. */
static enum evote_outcome
changed(struct evote *e, const char *host, const evote_stamp *stamp,
    uint64_t forced_epoch, const char *what)
{
	char text[4096], cluster[33], root[65], cluster2[33], root2[65];
	char when[64];

	seal_hex(cluster, e->service.cluster, 16);
	seal_hex(root, e->seen.root, 32);
	seal_hex(cluster2, stamp->cluster, 16);
	seal_hex(root2, stamp->root, 32);
	date_utc(date_now_us(), when, sizeof(when));
	snprintf(text, sizeof(text),
	    "noticed at %s\nhost %s %s\n"
	    "seen before: cluster %s epoch %" PRIu64 " size %" PRIu64
	    " root %s origin %s\n"
	    "shown now: cluster %s epoch %" PRIu64 " size %" PRIu64
	    " root %s forced epoch %" PRIu64 "\n",
	    when, host, what, cluster, e->seen.epoch, e->seen.size, root,
	    e->service.origin, cluster2, (uint64_t)stamp->epoch,
	    (uint64_t)stamp->size, root2, forced_epoch);
	if (state_evidence(e->state, &e->seen, text, e->evidence,
		sizeof(e->evidence)) != 0)
		e->evidence[0] = '\0';
	/* The requests beside these two files are not to be lost. */
	handle_fail(e,
	    "host %s %s; votes that were accepted may be missing: show "
	    "%.500s to whoever runs the election, and to go on with the "
	    "service as it is now remove the files seen and service in %.500s",
	    host, what, e->evidence[0] != '\0' ? e->evidence : "this message",
	    state_dir(e->state));
	return (EVOTE_CHANGED);
}

static int
is_zero(const void *p, size_t len)
{
	const unsigned char *at = p;

	while (len > 0 && *at == 0) {
		at++;
		len--;
	}
	return (len == 0);
}

static int greeted(void *arg, const char *host, const evote_status_res *);

/* Forgets the last call's problem, and learns what other processes saw. */
static enum evote_outcome
begin(struct evote *e)
{
	int known = 1;

	e->problem[0] = e->evidence[0] = '\0';
	if (!e->pinned)
		known = state_service(e->state, &e->service);
	if (known < 0 || state_seen(e->state, &e->seen) != 0)
		return (handle_fail(e, "%s", state_error(e->state)));
	e->pinned = known;
	return (EVOTE_ANSWERED);
}

static int
pin(struct evote *e, const char *host, const evote_status_res *st)
{
	int known = state_adopt(e->state, &e->hosts,
	    (const unsigned char *)st->answer.stamp.cluster);

	/* Other hosts led to it before: what was seen then judges this one. */
	if (known > 0 && begin(e) == EVOTE_ANSWERED)
		return (greeted(e, host, st));
	if (known != 0) {
		e->stopped = handle_fail(e, "%s", state_error(e->state));
		return (-1);
	}
	memcpy(e->service.cluster, st->answer.stamp.cluster,
	    sizeof(e->service.cluster));
	snprintf(
	    e->service.origin, sizeof(e->service.origin), "%s", st->origin);
	if (state_pin(e->state, &e->service) != 0) {
		e->stopped = handle_fail(e, "%s", state_error(e->state));
		return (-1);
	}
	e->pinned = 1;
	return (0);
}

/* A host says who it is, on each new connection. */
static int
greeted(void *arg, const char *host, const evote_status_res *st)
{
	const evote_stamp *stamp = &st->answer.stamp;
	struct evote *e = arg;
	const char *what = NULL;

	/* An empty host that has not joined yet. */
	if (is_zero(stamp->cluster, sizeof(stamp->cluster)))
		return (0);
	if (e->pinned && memcmp(stamp->cluster, e->service.cluster, 16) != 0)
		what = "belongs to another service than before";
	else if (e->pinned && st->origin[0] != '\0' &&
	    strcmp(st->origin, e->service.origin) != 0)
		what = "names another origin than before";
	else if (e->seen.size > 0 && st->forced_epoch > e->seen.epoch)
		what = "was made primary by force";
	if (what != NULL) {
		e->stopped = changed(e, host, stamp, st->forced_epoch, what);
		return (-1);
	}
	if (st->answer.standing != EVOTE_SERVED)
		return (0);
	e->epoch = stamp->epoch;
	e->ahead = evote_clock_ahead(e, st, &e->within);
	return (!e->pinned && st->origin[0] != '\0' ? pin(e, host, st) : 0);
}

static void
remember_host(struct evote *e)
{
	int port = 0, host = route_host(e->route, &port);

	if (host < 0 || (host == e->last && port == e->last_port))
		return;
	e->last = host;
	e->last_port = port;
	state_set_last(e->state, e->hosts.list[host].name, port);
}

/*
 * A host served us: compares what stands behind its answer with what was
 * seen.  Forced promotions are told by STATUS only, so in a new epoch that is
 * asked before the epoch counts as seen.
 */
static enum evote_outcome
served(struct evote *e, const evote_stamp *stamp, uint64_t deadline_ms)
{
	struct sighting now = {stamp->epoch, stamp->size, {0}}, kept;
	enum route_end end = ROUTE_SERVED;
	const char *host = evote_served_by(e);

	memcpy(now.root, stamp->root, sizeof(now.root));
	if (e->pinned && memcmp(stamp->cluster, e->service.cluster, 16) != 0)
		return (changed(e, host, stamp, 0,
		    "belongs to another service than before"));
	if (now.epoch < e->seen.epoch || now.size < e->seen.size)
		return (
		    changed(e, host, stamp, 0, "answered from an older state"));
	if (now.epoch != e->epoch &&
	    route_greet(e->route, deadline_ms, &end) != 0)
		return (EVOTE_ANSWERED);
	if (end == ROUTE_STOPPED)
		return (e->stopped);
	remember_host(e);
	/* The answer holds even if its sighting cannot be written down. */
	switch (state_raise(e->state, &now, &kept)) {
	case 1:
		e->seen = kept;
		return (changed(e, host, stamp, 0,
		    "shows another history of the same length"));
	case 0:
		e->seen = now;
		break;
	}
	return (EVOTE_ANSWERED);
}

/* ---- asking ---- */

static enum evote_outcome
unanswered(struct evote *e)
{
	char span[64];

	date_span(e->options.timeout_ms * 1000, span, sizeof(span));
	handle_fail(e, "no host answered within %s (%s)", span,
	    route_why(e->route)[0] != '\0' ? route_why(e->route)
					   : "no time to ask");
	return (EVOTE_UNANSWERED);
}

/* How a search ended without an answer. */
static enum evote_outcome
ended(struct evote *e, enum route_end end, const evote_answer *last)
{
	switch (end) {
	case ROUTE_BEHIND:
		return (changed(e, "list:", &last->stamp, 0,
		    "all hosts know less than was seen before"));
	case ROUTE_STOPPED:
		return (e->stopped);
	case ROUTE_BROKEN:
		return (handle_fail(
		    e, "the request breaks a limit of the service"));
	default:
		return (unanswered(e));
	}
}

enum evote_outcome
handle_ready(struct evote *e, uint64_t deadline_ms)
{
	enum evote_outcome outcome = begin(e);

	if (outcome != EVOTE_ANSWERED || e->pinned)
		return (outcome);
	return (handle_find(e, deadline_ms));
}

enum evote_outcome
handle_find(struct evote *e, uint64_t deadline_ms)
{
	static const evote_answer none;
	enum route_end end;

	if ((end = route_find(e->route, deadline_ms)) != ROUTE_SERVED)
		return (ended(e, end, &none));
	if (!e->pinned)
		return (handle_fail(e, "the service does not say who it is"));
	return (EVOTE_ANSWERED);
}

enum evote_outcome
handle_ask(struct evote *e, const struct procedure *p, void *args,
    evote_seen *seen, void *res, uint64_t deadline_ms, unsigned *sends)
{
	const evote_answer *answer = res;
	enum evote_outcome outcome;
	enum route_end end;

	memset(res, 0, p->size);
	route_unanswered(res);
	if ((outcome = begin(e)) != EVOTE_ANSWERED)
		return (outcome);
	memset(seen, 0, sizeof(*seen));
	if (e->pinned) {
		memcpy(seen->cluster, e->service.cluster, 16);
		seen->epoch = e->seen.epoch;
		seen->size = e->seen.size;
	}
	end = route_call(e->route, p, args, res, deadline_ms, sends);
	if (end != ROUTE_SERVED)
		return (ended(e, end, answer));
	return (served(e, &answer->stamp, deadline_ms));
}

/* ---- the handle ---- */

static int
copy_string(const char *from, const char **to)
{
	*to = from != NULL ? strdup(from) : NULL;
	return (from != NULL && *to == NULL ? -1 : 0);
}

static int
options_copy(const struct evote_options *from, struct evote_options *to)
{
	*to = *from;
	to->hosts = to->voter = to->key = to->state = NULL;
	if (to->timeout_ms == 0)
		to->timeout_ms = TIMEOUT_MS;
	return (copy_string(from->voter, &to->voter) == 0 &&
		    copy_string(from->key, &to->key) == 0
		? 0
		: -1);
}

static int
find_hosts(struct evote *e, const char *list, char *err, size_t errlen)
{
	if (list == NULL && (list = getenv("EVOTE_HOSTS")) == NULL) {
		snprintf(err, errlen, "no hosts are given");
		return (-1);
	}
	return (hosts_parse(list, &e->hosts, err, errlen));
}

/* Starts with the host that answered last, whichever process that was. */
static void
recall_host(struct evote *e)
{
	char name[EVOTE_HOST_MAX + 1];
	int i, port;

	e->last = -1;
	if (!state_last(e->state, name, &port) ||
	    (i = hosts_find(&e->hosts, name)) < 0)
		return;
	e->last = i;
	e->last_port = port;
	route_prefer(e->route, i, port);
}

struct evote *
evote_open(const struct evote_options *options, char *err, size_t errlen)
{
	struct evote *e = calloc(1, sizeof(*e));

	snprintf(err, errlen, "no memory");
	if (e == NULL || options_copy(options, &e->options) != 0 ||
	    find_hosts(e, options->hosts, err, errlen) != 0)
		goto fail;
	e->state = state_open(options->state, &e->hosts, err, errlen);
	if (e->state == NULL)
		goto fail;
	if ((e->route = route_new(&e->hosts, greeted, e)) == NULL)
		goto fail;
	recall_host(e);
	return (e);
fail:
	evote_close(e);
	return (NULL);
}

void
evote_close(struct evote *e)
{
	if (e == NULL)
		return;
	route_free(e->route);
	state_close(e->state);
	signer_close(e->signer);
	free((char *)e->options.voter);
	free((char *)e->options.key);
	free(e);
}

int
evote_become(struct evote *e, const char *voter, const char *key)
{
	const char *new_voter = NULL, *new_key = NULL;

	if (copy_string(voter, &new_voter) != 0 ||
	    copy_string(key, &new_key) != 0) {
		free((char *)new_voter);
		return (-1);
	}
	free((char *)e->options.voter);
	free((char *)e->options.key);
	e->options.voter = new_voter;
	e->options.key = new_key;
	signer_close(e->signer);
	e->signer = NULL;
	e->token_len = 0;
	return (0);
}

const char *
evote_problem(const struct evote *e)
{
	return (e->problem);
}

const char *
evote_evidence(const struct evote *e)
{
	return (e->evidence);
}

const char *
evote_host_name(const struct evote *e, int i)
{
	return (i >= 0 && i < e->hosts.n ? e->hosts.list[i].name : NULL);
}

const char *
evote_served_by(const struct evote *e)
{
	return (evote_host_name(e, route_host(e->route, NULL)));
}

/* ---- reading ---- */

enum evote_outcome
evote_result(struct evote *e, const char *election, evote_result_res *res)
{
	static const struct procedure proc = {
	    EVOTE_GET_RESULT,
	    (xdrproc_t)xdr_evote_named_args,
	    (xdrproc_t)xdr_evote_result_res,
	    sizeof(*res),
	};
	evote_named_args args = {.election = (char *)election};
	unsigned sends = 0;

	return (handle_ask(
	    e, &proc, &args, &args.seen, res, handle_deadline(e), &sends));
}

enum evote_outcome
evote_show(struct evote *e, const char *election, evote_election_res *res)
{
	static const struct procedure proc = {
	    EVOTE_GET_ELECTION,
	    (xdrproc_t)xdr_evote_named_args,
	    (xdrproc_t)xdr_evote_election_res,
	    sizeof(*res),
	};
	evote_named_args args = {.election = (char *)election};
	unsigned sends = 0;

	return (handle_ask(
	    e, &proc, &args, &args.seen, res, handle_deadline(e), &sends));
}

enum evote_outcome
evote_empty_groups(
    struct evote *e, const evote_election *election, evote_groups_res *res)
{
	static const struct procedure proc = {
	    EVOTE_EMPTY_GROUPS,
	    (xdrproc_t)xdr_evote_groups_args,
	    (xdrproc_t)xdr_evote_groups_res,
	    sizeof(*res),
	};
	evote_groups_args args = {0};
	unsigned sends = 0;

	args.groups.groups_len = election->groups.groups_len;
	args.groups.groups_val = election->groups.groups_val;
	return (handle_ask(
	    e, &proc, &args, &args.seen, res, handle_deadline(e), &sends));
}

enum evote_outcome
evote_list(struct evote *e, unsigned first, evote_list_res *res)
{
	static const struct procedure proc = {
	    EVOTE_LIST_ELECTIONS,
	    (xdrproc_t)xdr_evote_list_args,
	    (xdrproc_t)xdr_evote_list_res,
	    sizeof(*res),
	};
	evote_list_args args = {.first = first};
	unsigned sends = 0;

	return (handle_ask(
	    e, &proc, &args, &args.seen, res, handle_deadline(e), &sends));
}

int64_t
evote_clock_ahead(
    const struct evote *e, const evote_status_res *res, uint64_t *within)
{
	struct route_span g = route_greeting(e->route);
	uint64_t span = g.answered > g.sent ? g.answered - g.sent : 0;

	*within = span / 2 + 1;
	if (res->clock > INT64_MAX)
		return (INT64_MAX);
	return ((int64_t)res->clock - (int64_t)(g.sent + span / 2));
}

enum evote_outcome
evote_status(
    struct evote *e, int host, uint64_t timeout_ms, evote_status_res *res)
{
	enum evote_outcome outcome = begin(e);

	memset(res, 0, sizeof(*res));
	if (outcome != EVOTE_ANSWERED)
		return (outcome);
	if (route_status(e->route, host, caller_now_ms() + timeout_ms, res) !=
	    0) {
		handle_fail(e, "%s", route_why(e->route));
		return (EVOTE_UNANSWERED);
	}
	if (greeted(e, e->hosts.list[host].name, res) != 0)
		return (e->stopped);
	return (EVOTE_ANSWERED);
}

/* ---- in clnt_create's shape ---- */

static CLIENT *
create_failed(enum clnt_stat stat)
{
	rpc_createerr.cf_stat = stat;
	return (NULL);
}

CLIENT *
evote_clnt_create_timed(const char *list, rpcprog_t prog, rpcvers_t vers,
    const char *nettype, const struct timeval *timeout)
{
	uint64_t ms = (uint64_t)timeout->tv_sec * 1000 +
	    (uint64_t)timeout->tv_usec / 1000;
	uint32_t prog32 = (uint32_t)prog, vers32 = (uint32_t)vers;
	struct hosts hosts;
	struct route *route;
	CLIENT *client;
	char err[200];

	if (nettype != NULL && strcmp(nettype, "tcp") != 0)
		return (create_failed(RPC_UNKNOWNPROTO));
	if (list == NULL && (list = getenv("EVOTE_HOSTS")) == NULL)
		return (create_failed(RPC_UNKNOWNHOST));
	if (hosts_parse(list, &hosts, err, sizeof(err)) != 0)
		return (create_failed(RPC_UNKNOWNHOST));
	if ((route = route_new(&hosts, NULL, NULL)) == NULL)
		return (create_failed(RPC_SYSTEMERROR));
	route_find(route, caller_now_ms() + ms);
	client = route_take(route);
	route_free(route);
	if (client == NULL)
		return (create_failed(RPC_TIMEDOUT));
	/* All programs of a host share its port. */
	clnt_control(client, CLSET_PROG, &prog32);
	clnt_control(client, CLSET_VERS, &vers32);
	caller_deadline(client, 0);
	return (client);
}

CLIENT *
evote_clnt_create(
    const char *list, rpcprog_t prog, rpcvers_t vers, const char *nettype)
{
	const struct timeval timeout = {TIMEOUT_MS / 1000, 0};

	return (evote_clnt_create_timed(list, prog, vers, nettype, &timeout));
}
