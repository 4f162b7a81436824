#include "client/survey.h"

#include <stdio.h>
#include <string.h>

#include "common/rpc/caller.h"

#define EACH_MS 1000

/* Without "NAME: ", since it stands beside the name. */
static void
problem_keep(struct sight *at, const char *problem)
{
	size_t len = strlen(at->name);

	if (strncmp(problem, at->name, len) == 0 &&
	    strncmp(problem + len, ": ", 2) == 0)
		problem += len + 2;
	snprintf(at->problem, sizeof(at->problem), "%.*s",
	    (int)sizeof(at->problem) - 1, problem);
}

static void
sight_take(struct survey *s, struct evote *e, int i)
{
	struct sight *at = &s->hosts[i];
	enum evote_outcome outcome;

	at->name = evote_host_name(e, i);
	outcome = evote_status(e, i, EACH_MS, &at->res);
	/* A host that shows a changed service was reached all the same. */
	at->reached = outcome == EVOTE_ANSWERED || outcome == EVOTE_CHANGED;
	if (outcome == EVOTE_CHANGED || outcome == EVOTE_FAILED) {
		s->worst = outcome;
		snprintf(
		    s->problem, sizeof(s->problem), "%s", evote_problem(e));
	}
	if (!at->reached) {
		problem_keep(at, evote_problem(e));
		return;
	}
	s->reached++;
	at->ahead_us = evote_clock_ahead(e, &at->res, &at->within_us);
}

static int
is_serving(const struct sight *at)
{
	return (at->reached && at->res.role == EVOTE_PRIMARY &&
	    at->res.answer.standing == EVOTE_SERVED);
}

/* The last one that serves; *n: how many do. */
static int
find_primary(const struct survey *s, int *n)
{
	int i, found = -1;

	for (i = *n = 0; i < s->n; i++)
		if (is_serving(&s->hosts[i])) {
			found = i;
			++*n;
		}
	return (found);
}

/* One after the other they may have been asked around a change of primary. */
static void
primaries_again(struct survey *s, struct evote *e)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (is_serving(&s->hosts[i])) {
			xdr_free(
			    (xdrproc_t)xdr_evote_status_res, &s->hosts[i].res);
			memset(&s->hosts[i].res, 0, sizeof(s->hosts[i].res));
			s->reached--;
			sight_take(s, e, i);
		}
}

void
survey_take(struct survey *s, struct evote *e)
{
	int n;

	memset(s, 0, sizeof(*s));
	s->worst = EVOTE_ANSWERED;
	s->taken_ms = caller_now_ms();
	while (s->n < EVOTE_HOSTS_MAX && evote_host_name(e, s->n) != NULL)
		sight_take(s, e, s->n++);
	s->primary = find_primary(s, &n);
	if (n < 2)
		return;
	primaries_again(s, e);
	s->primary = find_primary(s, &n);
	s->two_primaries = n > 1;
}

void
survey_clear(struct survey *s)
{
	int i;

	for (i = 0; i < s->n; i++)
		xdr_free((xdrproc_t)xdr_evote_status_res, &s->hosts[i].res);
	s->n = 0;
}

/* What the primary knows of a host; NULL: nothing. */
static const evote_host_state *
known_by_primary(const struct survey *s, const char *name)
{
	const evote_status_res *res = &s->hosts[s->primary].res;
	u_int i;

	for (i = 0; i < res->hosts.hosts_len; i++)
		if (strcmp(res->hosts.hosts_val[i].name, name) == 0)
			return (&res->hosts.hosts_val[i]);
	return (NULL);
}

/* A halted host follows nobody, and what it holds may be another history. */
int64_t
survey_lag(const struct survey *s, int host)
{
	const struct sight *at = &s->hosts[host];
	const evote_host_state *known;
	uint64_t has, size;

	if (s->primary < 0)
		return (-1);
	size = s->hosts[s->primary].res.size;
	if (at->reached && at->res.role != EVOTE_HALTED)
		has = at->res.size;
	else if (!at->reached &&
	    (known = known_by_primary(s, at->name)) != NULL &&
	    known->connected && known->acked > 0)
		has = known->acked;
	else
		return (-1);
	return (has < size ? (int64_t)(size - has) : 0);
}

double
survey_rate(const struct survey *before, const struct survey *now)
{
	uint64_t from, to;

	if (before->n == 0 || before->primary < 0 || now->primary < 0 ||
	    now->taken_ms <= before->taken_ms)
		return (-1);
	from = before->hosts[before->primary].res.answer.stamp.size;
	to = now->hosts[now->primary].res.answer.stamp.size;
	return (((double)to - (double)from) * 1000 /
	    (double)(now->taken_ms - before->taken_ms));
}

/* ---- Prometheus ---- */

/* Whether a metric has a value for a host, and which. */
typedef int metric(const struct survey *, int host, double *out);

static int
metric_up(const struct survey *s, int i, double *out)
{
	*out = s->hosts[i].reached;
	return (1);
}

static int
metric_serving(const struct survey *s, int i, double *out)
{
	*out = is_serving(&s->hosts[i]);
	return (1);
}

static int
metric_role(const struct survey *s, int i, double *out)
{
	*out = s->hosts[i].res.role;
	return (s->hosts[i].reached);
}

static int
metric_in_sync(const struct survey *s, int i, double *out)
{
	*out = s->hosts[i].reached && s->hosts[i].res.in_sync;
	return (1);
}

static int
metric_epoch(const struct survey *s, int i, double *out)
{
	*out = (double)s->hosts[i].res.answer.stamp.epoch;
	return (s->hosts[i].reached);
}

static int
metric_records(const struct survey *s, int i, double *out)
{
	*out = (double)s->hosts[i].res.size;
	return (s->hosts[i].reached);
}

static int
metric_accepted(const struct survey *s, int i, double *out)
{
	*out = (double)s->hosts[i].res.answer.stamp.size;
	return (s->hosts[i].reached);
}

static int
metric_lag(const struct survey *s, int i, double *out)
{
	int64_t lag = survey_lag(s, i);

	*out = (double)lag;
	return (lag >= 0);
}

static int
metric_clock(const struct survey *s, int i, double *out)
{
	*out = (double)s->hosts[i].ahead_us / 1e6;
	return (s->hosts[i].reached);
}

static int
metric_waiting(const struct survey *s, int i, double *out)
{
	*out = s->hosts[i].res.waiting_for.waiting_for_len;
	return (s->hosts[i].reached);
}

static int
metric_alarm(const struct survey *s, int i, double *out)
{
	*out = s->hosts[i].reached ? s->hosts[i].res.alarms.alarms_len : 0;
	return (s->hosts[i].reached);
}

static int
metric_arbiter_away(const struct survey *s, int i, double *out)
{
	*out = s->hosts[i].res.arbiter_away;
	return (s->hosts[i].reached);
}

static const struct {
	const char *name, *help;
	metric *value;
} metrics[] = {
    {"evote_up", "Whether the host answered", metric_up},
    {"evote_serving", "Whether the host serves the election", metric_serving},
    {"evote_role",
	"0 waiting, 1 joining, 2 backup, 3 claiming, 4 establishing, 5 "
	"primary, "
	"6 handing over, 7 halted",
	metric_role},
    {"evote_in_sync", "Whether the host is in sync", metric_in_sync},
    {"evote_epoch", "The epoch the host knows", metric_epoch},
    {"evote_records", "Records the host holds", metric_records},
    {"evote_records_accepted", "Records the host knows to be accepted",
	metric_accepted},
    {"evote_lag_records", "Records of the primary that the host lacks",
	metric_lag},
    {"evote_clock_ahead_seconds",
	"The host's clock, before that of the machine that asked",
	metric_clock},
    {"evote_waiting_for_hosts", "How many hosts it waits for", metric_waiting},
    {"evote_arbiter_away", "Whether the host's arbiter does not answer",
	metric_arbiter_away},
    {"evote_alarm", "How many things the host reports to be wrong",
	metric_alarm},
};

/* A label's value; names come from whoever wrote the hosts list. */
static void
label_print(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else
			putchar(*text);
}

void
survey_prometheus(const struct survey *s)
{
	double value;
	size_t m;
	int i;

	for (m = 0; m < sizeof(metrics) / sizeof(metrics[0]); m++) {
		printf("# HELP %s %s.\n# TYPE %s gauge\n", metrics[m].name,
		    metrics[m].help, metrics[m].name);
		for (i = 0; i < s->n; i++) {
			if (!metrics[m].value(s, i, &value))
				continue;
			printf("%s{host=\"", metrics[m].name);
			label_print(s->hosts[i].name);
			printf("\"} %.15g\n", value);
		}
	}
	printf("# HELP evote_two_primaries Whether more than one host serves.\n"
	       "# TYPE evote_two_primaries gauge\nevote_two_primaries %d\n",
	    s->two_primaries);
	printf("# HELP evote_changed Whether the service lost or changed what "
	       "this client had seen.\n# TYPE evote_changed gauge\n"
	       "evote_changed %d\n",
	    s->worst == EVOTE_CHANGED);
}
