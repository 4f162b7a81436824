#include "client/survey.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/now.h"

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
	outcome = evote_status(e, i, s->each_ms, &at->res);
	/* A host that shows a changed service was reached all the same. */
	at->reached = outcome == EVOTE_ANSWERED ||
	    (outcome == EVOTE_CHANGED && at->res.origin != NULL);
	at->pin = evote_pin(e, i);
	at->foreign = outcome == EVOTE_FAILED && evote_foreign(e);
	at->failed = outcome == EVOTE_FAILED && !at->foreign;
	if (outcome == EVOTE_CHANGED ||
	    (at->foreign && s->worst != EVOTE_CHANGED) ||
	    (at->failed && s->worst == EVOTE_ANSWERED)) {
		s->worst = outcome;
		s->foreign = at->foreign;
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

const char *
survey_heading(const struct survey *s)
{
	return (s->worst == EVOTE_FAILED && !s->foreign
		? "The service could not be asked from here"
		: "The service cannot be relied on");
}

/* It holds no votes, and answers no client. */
static int
is_witness(const struct survey *s, const struct sight *at)
{
	char name[EVOTE_HOST_MAX + 16];
	int i;

	snprintf(name, sizeof(name), "witness %s=", at->name);
	for (i = 0; i < s->n; i++)
		if (s->hosts[i].reached &&
		    strncmp(s->hosts[i].res.arbiter, name, strlen(name)) == 0)
			return (!at->reached);
	return (0);
}

/* Elsewhere than at the end of the list it is taken for a host. */
static void
witness_tell(struct survey *s)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (is_witness(s, &s->hosts[i]))
			problem_keep(&s->hosts[i],
			    "it is the witness, which holds no votes and "
			    "answers no client: leave it out of the list, or "
			    "put it last");
}

int
survey_serves(const struct survey *s, int host)
{
	const struct sight *at = &s->hosts[host];

	return (at->reached && at->res.role == EVOTE_PRIMARY &&
	    at->res.answer.standing == EVOTE_SERVED);
}

/* The last one that serves; *n: how many do. */
static int
find_primary(const struct survey *s, int *n)
{
	int i, found = -1;

	for (i = *n = 0; i < s->n; i++)
		if (survey_serves(s, i)) {
			found = i;
			++*n;
		}
	return (found);
}

/* They serve the same election; else one is no primary of it at all. */
static int
of_one_service(const struct survey *s)
{
	const char *cluster = s->hosts[s->primary].res.answer.stamp.cluster;
	int i;

	for (i = 0; i < s->n; i++)
		if (survey_serves(s, i) &&
		    memcmp(s->hosts[i].res.answer.stamp.cluster, cluster,
			sizeof(evote_id)) != 0)
			return (0);
	return (1);
}

/* They may have been asked around a change of primary. */
static void
primaries_again(struct survey *s, struct evote *e)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (survey_serves(s, i)) {
			xdr_free(
			    (xdrproc_t)xdr_evote_status_res, &s->hosts[i].res);
			memset(&s->hosts[i].res, 0, sizeof(s->hosts[i].res));
			s->reached--;
			sight_take(s, e, i);
		}
}

void
survey_take(struct survey *s, struct evote *e, uint64_t each_ms)
{
	int n;

	memset(s, 0, sizeof(*s));
	s->each_ms = each_ms;
	s->worst = EVOTE_ANSWERED;
	s->taken_ms = now_ms();
	evote_status_all(e, each_ms);
	while (s->n < EVOTE_HOSTS_MAX && evote_host_name(e, s->n) != NULL)
		sight_take(s, e, s->n++);
	if (s->n > 0 && is_witness(s, &s->hosts[s->n - 1]))
		s->n--;
	witness_tell(s);
	s->primary = find_primary(s, &n);
	if (n < 2)
		return;
	primaries_again(s, e);
	s->primary = find_primary(s, &n);
	s->two_primaries = n > 1 && of_one_service(s);
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

enum metric {
	METRIC_UP,
	METRIC_SERVING,
	METRIC_ROLE,
	METRIC_IN_SYNC,
	METRIC_EPOCH,
	METRIC_RECORDS,
	METRIC_ACCEPTED,
	METRIC_LAG,
	METRIC_CLOCK,
	METRIC_WAITING,
	METRIC_AWAY,
	METRIC_ALARM,
	METRIC_NR
};

static const struct {
	const char *name, *help;
} metrics[METRIC_NR] = {
    [METRIC_UP] = {"evote_up", "Whether the host answered"},
    [METRIC_SERVING] = {"evote_serving",
	"Whether the host serves the election"},
    [METRIC_ROLE] = {"evote_role",
	"0 waiting, 1 joining, 2 backup, 3 claiming, 4 establishing, 5 "
	"primary, 6 handing over, 7 halted"},
    [METRIC_IN_SYNC] = {"evote_in_sync", "Whether the host is in sync"},
    [METRIC_EPOCH] = {"evote_epoch", "The epoch the host knows"},
    [METRIC_RECORDS] = {"evote_records", "Records the host holds"},
    [METRIC_ACCEPTED] = {"evote_records_accepted",
	"Records the host knows to be accepted"},
    [METRIC_LAG] = {"evote_lag_records",
	"Records of the primary that the host lacks"},
    [METRIC_CLOCK] = {"evote_clock_ahead_seconds",
	"The host's clock, before that of the machine that asked"},
    [METRIC_WAITING] = {"evote_waiting_for_hosts",
	"How many hosts it waits for"},
    [METRIC_AWAY] = {"evote_arbiter_away",
	"Whether the host's arbiter does not answer"},
    [METRIC_ALARM] = {"evote_alarm",
	"How many things the host reports to be wrong"},
};

/* NAN: not known. */
static double
metric_of(const struct survey *s, int i, enum metric m)
{
	const struct sight *at = &s->hosts[i];
	const evote_status_res *res = &at->res;
	int64_t lag = survey_lag(s, i);
	const double values[METRIC_NR] = {
	    [METRIC_UP] = at->reached,
	    [METRIC_SERVING] = survey_serves(s, i),
	    [METRIC_ROLE] = res->role,
	    [METRIC_IN_SYNC] = at->reached && res->in_sync,
	    [METRIC_EPOCH] = (double)res->answer.stamp.epoch,
	    [METRIC_RECORDS] = (double)res->size,
	    [METRIC_ACCEPTED] = (double)res->answer.stamp.size,
	    [METRIC_LAG] = lag < 0 ? NAN : (double)lag,
	    [METRIC_CLOCK] = (double)at->ahead_us / 1e6,
	    [METRIC_WAITING] = res->waiting_for.waiting_for_len,
	    [METRIC_AWAY] = res->arbiter_away,
	    [METRIC_ALARM] = res->alarms.alarms_len,
	};
	int always = m == METRIC_UP || m == METRIC_SERVING ||
	    m == METRIC_IN_SYNC || m == METRIC_LAG;

	/* What failed on this side says nothing of the host. */
	return (at->reached || (always && !at->failed) ? values[m] : NAN);
}

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
	int m, i;

	for (m = 0; m < METRIC_NR; m++) {
		printf("# HELP %s %s.\n# TYPE %s gauge\n", metrics[m].name,
		    metrics[m].help, metrics[m].name);
		for (i = 0; i < s->n; i++) {
			value = metric_of(s, i, (enum metric)m);
			if (isnan(value))
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
