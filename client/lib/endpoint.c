#include "client/lib/endpoint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/lib/ports.h"
#include "common/date.h"
#include "common/now.h"
#include "common/rpc/caller.h"

#define STEP_MS	    1000 /* look-up, connect, greeting */
#define PATIENCE_MS 300	 /* then a sign of life is asked for, and awaited */
#define GRACE_MS    250	 /* for portmappers after the first answer */
#define SILENT_MS   2000 /* a host that did not answer is left alone */
#define FAIR_MS	    300	 /* a step that had less is not to blame */

void
endpoint_init(struct endpoints *es, const struct hosts *hosts)
{
	int i;

	memset(es, 0, sizeof(*es));
	es->hosts = hosts;
	for (i = 0; i < hosts->n; i++)
		es->ports[i] = hosts->list[i].port;
}

/* ---- time ---- */

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return (a < b ? a : b);
}

uint64_t
endpoint_step(uint64_t deadline_ms)
{
	return (sooner(deadline_ms, now_ms() + STEP_MS));
}

static uint64_t
span_us(struct endpoint_span s)
{
	return (s.answered > s.sent ? s.answered - s.sent : 0);
}

int64_t
endpoint_ahead(struct endpoint_span s, uint64_t clock, uint64_t *within)
{
	uint64_t half = span_us(s) / 2;

	*within = half + 1;
	if (clock > INT64_MAX)
		return (INT64_MAX);
	return ((int64_t)clock - (int64_t)(s.sent + half));
}

/* On a long line everything takes longer. */
uint64_t
endpoint_patience_ms(const struct endpoints *es)
{
	return (
	    PATIENCE_MS + 4 * sooner(span_us(es->greeting) / 1000, STEP_MS));
}

/* ---- why not ---- */

void
endpoint_why(struct endpoints *es, int i, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(es->why[i], sizeof(es->why[i]), fmt, ap);
	va_end(ap);
}

void
endpoint_why_stat(struct endpoints *es, int i, enum clnt_stat stat)
{
	const char *text = clnt_sperrno(stat);

	if (stat == RPC_TIMEDOUT)
		text = "no answer in time";
	if (stat == RPC_CANTRECV || stat == RPC_CANTSEND)
		text = "the connection broke";
	if (stat == RPC_AUTHERROR)
		text = es->plain
		    ? "it demands TLS: leave --plain out"
		    : "it demands TLS, and yet none was offered: somebody in "
		      "between hides the offer";
	endpoint_why(es, i, "%s: %s", es->hosts->list[i].name, text);
}

/* A step that began at began_ms ran out of its time: was that its fault? */
static int
is_excused(
    const struct endpoints *es, int i, uint64_t began_ms, uint64_t deadline_ms)
{
	return (deadline_ms < began_ms + FAIR_MS && es->why[i][0] != '\0');
}

/* A port that we were not given may have changed with a restart. */
static void
host_failed(struct endpoints *es, int i, uint64_t deadline_ms)
{
	if (now_ms() >= deadline_ms)
		es->silent_until[i] = now_ms() + SILENT_MS;
	es->ports[i] = es->hosts->list[i].port;
}

/* ---- the steps ---- */

void
endpoint_port(struct endpoints *es, int i, uint64_t deadline_ms)
{
	enum caller_fault faults[EVOTE_HOSTS_MAX];
	const struct host *host = &es->hosts->list[i];
	uint64_t began_ms = now_ms();
	char why[320];

	if (es->ports[i] != 0)
		return;
	deadline_ms = endpoint_step(deadline_ms);
	ports_look_up(es->hosts, es->ports, faults, EVOTE_PROG, EVOTE_V1,
	    GRACE_MS, deadline_ms);
	if (es->ports[i] != 0 ||
	    ((faults[i] == CALLER_NAME_LATE ||
		 faults[i] == CALLER_PORTMAP_SILENT) &&
		is_excused(es, i, began_ms, deadline_ms)))
		return;
	caller_why(faults[i], host->address, why, sizeof(why));
	endpoint_why(es, i, "%s: %s", host->name, why);
}

static CLIENT *
dial(struct endpoints *es, int i, uint64_t deadline_ms)
{
	const struct host *host = &es->hosts->list[i];
	uint64_t began_ms = now_ms();
	char err[320];
	CLIENT *client;

	client = caller_tcp(host->address, es->ports[i], EVOTE_PROG, EVOTE_V1,
	    deadline_ms, err, sizeof(err));
	if (client != NULL)
		return (client);
	if (errno != ETIMEDOUT || !is_excused(es, i, began_ms, deadline_ms))
		endpoint_why(es, i, "%s: %s", host->name, err);
	host_failed(es, i, deadline_ms);
	return (NULL);
}

int
endpoint_is_other(const struct endpoints *es, int i)
{
	return (es->pin[0] != '\0' && es->shown[i][0] != '\0' &&
	    strcmp(es->pin, es->shown[i]) != 0);
}

/*
 * TLS where it is offered: 0, or -1.  Whoever has answered lives, and may have
 * many hands to shake after a take-over.
 */
static int
secure(struct endpoints *es, int i, CLIENT *client, uint64_t deadline_ms)
{
	const struct host *host = &es->hosts->list[i];
	const char *pin = es->pin[0] != '\0' ? es->pin : NULL;
	uint64_t began_ms = now_ms(), step_ms = endpoint_step(deadline_ms);
	char err[320];
	int got;

	es->shown[i][0] = '\0';
	if (es->plain)
		return (0);
	got = caller_probe(client, step_ms, err, sizeof(err));
	if (got == 1) {
		began_ms = now_ms();
		step_ms = sooner(deadline_ms, began_ms + ENDPOINT_SHAKE_MS);
		got = caller_shake(
		    client, host->name, pin, step_ms, err, sizeof(err));
		caller_pin(client, es->shown[i]);
	} else if (got == 0 && (pin != NULL || es->tls_met)) {
		snprintf(err, sizeof(err), "%s", ENDPOINT_NO_TLS);
		errno = EPROTO;
		got = -1;
	}
	if (got == 0)
		return (0);
	if (errno != ETIMEDOUT || !is_excused(es, i, began_ms, step_ms))
		endpoint_why(es, i, "%s: %s", host->name, err);
	host_failed(es, i, step_ms);
	return (-1);
}

CLIENT *
endpoint_connect(struct endpoints *es, int i, uint64_t deadline_ms)
{
	CLIENT *client = dial(es, i, endpoint_step(deadline_ms));

	if (client == NULL || secure(es, i, client, deadline_ms) == 0)
		return (client);
	clnt_destroy(client);
	return (NULL);
}

int
endpoint_greet(struct endpoints *es, int i, CLIENT *client,
    uint64_t deadline_ms, evote_status_res *res)
{
	uint64_t began_ms = now_ms();
	struct endpoint_span span;
	enum clnt_stat stat;

	memset(res, 0, sizeof(*res));
	caller_deadline(client, deadline_ms);
	span.sent = date_now_us();
	stat = evote_status_1(NULL, res, client);
	span.answered = date_now_us();
	if (stat == RPC_SUCCESS) {
		es->greeting = span;
		es->tls_met |= es->shown[i][0] != '\0';
		return (0);
	}
	if (stat != RPC_TIMEDOUT || !is_excused(es, i, began_ms, deadline_ms))
		endpoint_why_stat(es, i, stat);
	host_failed(es, i, deadline_ms);
	return (-1);
}

int
endpoint_status(
    struct endpoints *es, int i, uint64_t deadline_ms, evote_status_res *res)
{
	int listed = es->hosts->list[i].port != 0, rc;
	CLIENT *client = NULL;

	memset(res, 0, sizeof(*res));
	/* Where it was before a restart, perhaps: not for the whole time. */
	if (es->ports[i] != 0)
		client = endpoint_connect(es, i,
		    listed ? deadline_ms : now_ms() / 2 + deadline_ms / 2);
	if (client == NULL && !listed) {
		endpoint_port(es, i, deadline_ms);
		if (es->ports[i] != 0)
			client = endpoint_connect(es, i, deadline_ms);
	}
	if (client == NULL)
		return (-1);
	rc = endpoint_greet(es, i, client, endpoint_step(deadline_ms), res);
	clnt_destroy(client);
	return (rc);
}

/* In plain, as it carries nothing: a handshake takes longer than an answer. */
int
endpoint_lives(struct endpoints *es, int i)
{
	uint64_t deadline_ms = now_ms() + endpoint_patience_ms(es);
	CLIENT *client = dial(es, i, deadline_ms);
	enum clnt_stat stat;

	if (client == NULL)
		return (0);
	caller_deadline(client, deadline_ms);
	stat = evote_null_1(NULL, NULL, client);
	if (stat != RPC_SUCCESS)
		host_failed(es, i, deadline_ms);
	clnt_destroy(client);
	return (stat == RPC_SUCCESS);
}

int
endpoint_serves(struct endpoints *es, int host, uint64_t deadline_ms)
{
	const struct host *h = &es->hosts->list[host];
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
		es->ports[host] = port;
	return (serves);
}
