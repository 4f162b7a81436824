#include "client/lib/explain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/handle.h"
#include "common/date.h"
#include "common/now.h"
#include "common/rpc/caller.h"

#define STEP_MS	 2000
#define APART_US 2000000 /* as the servers have it among themselves */

struct walk {
	struct explain *out;
	const struct host *host;
	const struct endpoints *endpoints; /* what is expected of its TLS */
	int port;
	CLIENT *client; /* from EXPLAIN_PORT on */
};

/* A stage: 0 to go on. */
typedef int stage(struct walk *);

const char *
explain_stage_name(enum explain_stage s)
{
	static const char *const names[] = {
	    [EXPLAIN_NAME] = "name",
	    [EXPLAIN_PORTMAPPER] = "portmapper",
	    [EXPLAIN_PORT] = "port",
	    [EXPLAIN_ANSWER] = "answer",
	    [EXPLAIN_TLS] = "tls",
	    [EXPLAIN_VERSION] = "version",
	    [EXPLAIN_CLOCK] = "clock",
	};

	return (names[s]);
}

const char *
explain_state_name(enum explain_state s)
{
	static const char *const names[] = {
	    [EXPLAIN_SKIPPED] = "skipped",
	    [EXPLAIN_OK] = "ok",
	    [EXPLAIN_FAILED] = "failed",
	};

	return (names[s]);
}

static uint64_t
step_deadline(void)
{
	return (now_ms() + STEP_MS);
}

static void __attribute__((format(printf, 4, 5))) step_set(struct walk *w,
    enum explain_stage s, enum explain_state state, const char *fmt, ...)
{
	struct explain_step *step = &w->out->steps[s];
	va_list ap;

	step->state = state;
	va_start(ap, fmt);
	vsnprintf(step->text, sizeof(step->text), fmt, ap);
	va_end(ap);
}

static int
step_failed(struct walk *w, enum explain_stage s, const char *todo)
{
	w->out->failed = (int)s;
	w->out->todo = todo;
	return (-1);
}

/* The same where only the service's operators can do it. */
static int
step_theirs(struct walk *w, enum explain_stage s, const char *todo)
{
	w->out->theirs = 1;
	return (step_failed(w, s, todo));
}

/* ---- the stages ---- */

static int
look_up_failed(struct walk *w, enum explain_stage s, enum caller_fault fault)
{
	static const char *const todo[] = {
	    [CALLER_NONE] = "Run the command again.",
	    [CALLER_NAME_LATE] = "Check the DNS servers of this machine, or "
				 "put the host's address in the hosts list.",
	    [CALLER_NAME_UNKNOWN] = "Check the name in the hosts list.",
	    [CALLER_NO_ROUTE] = "Check this machine's network and the "
				"address in the hosts list.",
	    [CALLER_PORTMAP_SILENT] =
		"Check that the host is up and that firewalls let UDP port "
		"111 through, or put the server's port in the hosts list.",
	    [CALLER_PORTMAP_REFUSED] = "Start rpcbind on the host.",
	    [CALLER_PROGRAM_UNKNOWN] =
		"Start evote_server on the host. If it runs, its log says "
		"why it is not registered.",
	};
	char why[320];

	caller_why(fault, w->host->address, why, sizeof(why));
	step_set(w, s, EXPLAIN_FAILED, "%s", why);
	/* From there on it is not this machine, nor the hosts list. */
	if (fault >= CALLER_PORTMAP_SILENT)
		return (step_theirs(w, s, todo[fault]));
	return (step_failed(w, s, todo[fault]));
}

static int
walk_name(struct walk *w)
{
	caller_progress fault;
	char found[200];

	if (caller_addresses(w->host->address, step_deadline(), found,
		sizeof(found), &fault) != 0)
		return (look_up_failed(w, EXPLAIN_NAME, fault));
	step_set(
	    w, EXPLAIN_NAME, EXPLAIN_OK, "%s is %s", w->host->address, found);
	return (0);
}

static int
walk_portmapper(struct walk *w)
{
	caller_progress fault;

	if (w->host->port != 0) {
		w->port = w->host->port;
		step_set(w, EXPLAIN_PORTMAPPER, EXPLAIN_SKIPPED,
		    "not asked: the hosts list says port %d", w->port);
		return (0);
	}
	w->port = caller_port(
	    w->host->address, EVOTE_PROG, EVOTE_V1, step_deadline(), &fault);
	if (w->port == 0)
		return (look_up_failed(w, EXPLAIN_PORTMAPPER, fault));
	step_set(w, EXPLAIN_PORTMAPPER, EXPLAIN_OK,
	    "it says that the server is at port %d", w->port);
	return (0);
}

static int
walk_port(struct walk *w)
{
	char err[320];

	w->client = caller_tcp(w->host->address, w->port, EVOTE_PROG, EVOTE_V1,
	    step_deadline(), err, sizeof(err));
	if (w->client != NULL) {
		step_set(w, EXPLAIN_PORT, EXPLAIN_OK,
		    "port %d accepts connections", w->port);
		return (0);
	}
	step_set(w, EXPLAIN_PORT, EXPLAIN_FAILED, "%s", err);
	if (errno == ECONNREFUSED)
		return (step_theirs(w, EXPLAIN_PORT,
		    "Start evote_server on the host, and check the port in "
		    "the hosts list."));
	return (step_theirs(w, EXPLAIN_PORT,
	    "Check that the host is up and that firewalls let this TCP port "
	    "through."));
}

static int
walk_answer(struct walk *w)
{
	uint64_t began = now_ms();
	enum clnt_stat stat;

	caller_deadline(w->client, step_deadline());
	stat = evote_null_1(NULL, NULL, w->client);
	/* One of another version answers too: the next stage tells. */
	if (stat == RPC_SUCCESS || stat == RPC_PROGVERSMISMATCH) {
		step_set(w, EXPLAIN_ANSWER, EXPLAIN_OK,
		    "an evote server answers after %llu ms",
		    (unsigned long long)(now_ms() - began));
		return (0);
	}
	step_set(w, EXPLAIN_ANSWER, EXPLAIN_FAILED, "%s",
	    stat == RPC_TIMEDOUT ? "it accepts connections and does not answer"
				 : clnt_sperrno(stat));
	if (stat == RPC_TIMEDOUT)
		return (step_theirs(w, EXPLAIN_ANSWER,
		    "The server is stopped or hangs, or something else has "
		    "its port. Look at its log, then restart it."));
	return (step_failed(w, EXPLAIN_ANSWER,
	    "Something other than an evote server is at this port. Check the "
	    "port in the hosts list."));
}

/* Its handshake failed, or it has declined. */
static int
tls_failed(struct walk *w, int offered, const char *why)
{
	char shown[TLS_PIN];

	step_set(w, EXPLAIN_TLS, EXPLAIN_FAILED, "%s",
	    offered ? why : ENDPOINT_NO_TLS);
	if (!offered)
		return (step_theirs(w, EXPLAIN_TLS,
		    "Upgrade evote on the host, or find out who is in "
		    "between."));
	caller_pin(w->client, shown);
	if (w->endpoints->pin[0] != '\0' &&
	    strcmp(shown, w->endpoints->pin) != 0)
		return (step_failed(w, EXPLAIN_TLS,
		    "Check the pin with the operators, and the address and "
		    "port in the hosts list."));
	return (step_theirs(w, EXPLAIN_TLS,
	    "Check the address, port and name in the hosts list, and the "
	    "server's log."));
}

static int
walk_tls(struct walk *w)
{
	const char *pin =
	    w->endpoints->pin[0] != '\0' ? w->endpoints->pin : NULL;
	char err[320], shown[TLS_PIN];
	int offered;

	if (w->endpoints->plain) {
		step_set(w, EXPLAIN_TLS, EXPLAIN_SKIPPED, "not used: --plain");
		return (0);
	}
	offered = caller_probe(w->client, step_deadline(), err, sizeof(err));
	if (offered < 0 || (offered == 0 && pin != NULL) ||
	    (offered == 1 &&
		caller_shake(w->client, w->host->name, pin, step_deadline(),
		    err, sizeof(err)) != 0))
		return (tls_failed(w, offered, err));
	caller_pin(w->client, shown);
	if (!offered)
		step_set(w, EXPLAIN_TLS, EXPLAIN_SKIPPED,
		    "not offered; nothing is encrypted");
	else
		step_set(w, EXPLAIN_TLS, EXPLAIN_OK, "the pin is %s%s", shown,
		    pin != NULL ? ", as it should be"
				: "; no pin is known here to compare it with");
	return (0);
}

static void
clock_judge(struct walk *w, uint64_t clock, struct endpoint_span span)
{
	uint64_t within;
	int64_t ahead = endpoint_ahead(span, clock, &within);
	int apart = (uint64_t)llabs(ahead) > APART_US + within;

	step_set(w, EXPLAIN_CLOCK, apart ? EXPLAIN_FAILED : EXPLAIN_OK,
	    "it is %+.3f s from this machine's, give or take %.3f s",
	    (double)ahead / 1e6, (double)within / 1e6);
	if (apart)
		step_failed(w, EXPLAIN_CLOCK,
		    "Set the clock that is wrong, here or on the host, for "
		    "instance with chrony.");
}

/* And the clock, which the same call tells. */
static int
walk_version(struct walk *w)
{
	evote_status_res res = {0};
	struct endpoint_span span = {.sent = date_now_us()};
	enum clnt_stat stat;

	caller_deadline(w->client, step_deadline());
	stat = evote_status_1(NULL, &res, w->client);
	span.answered = date_now_us();
	if (stat == RPC_SUCCESS) {
		step_set(w, EXPLAIN_VERSION, EXPLAIN_OK,
		    "it speaks version %d of the protocol, as this client does",
		    EVOTE_V1);
		clock_judge(w, res.clock, span);
	} else
		step_set(w, EXPLAIN_VERSION, EXPLAIN_FAILED, "%s",
		    clnt_sperrno(stat));
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
	if (stat == RPC_SUCCESS)
		return (0);
	return (step_failed(w, EXPLAIN_VERSION,
	    "Install the same release of evote here and on the host."));
}

void
explain_host(const struct evote *e, int host, struct explain *out)
{
	static stage *const stages[] = {walk_name, walk_portmapper, walk_port,
	    walk_answer, walk_tls, walk_version};
	struct walk w = {.out = out,
	    .host = &e->hosts.list[host],
	    .endpoints = route_endpoints(e->route)};
	size_t i;

	memset(out, 0, sizeof(*out));
	out->failed = -1;
	out->todo = "";
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (stages[i](&w) != 0)
			break;
	if (w.client != NULL)
		clnt_destroy(w.client);
}
