#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/lib/explain.h"
#include "client/progress.h"
#include "client/say.h"
#include "client/survey.h"
#include "common/role_name.h"
#include "common/date.h"
#include "common/number.h"
#include "common/seal.h"
#include "common/text.h"

#define ROOT_PREFIX 12 /* hexadecimal digits */
#define WATCH_S	    1
#define WATCH_MAX_S 86400
#define CLEAR	    "\033[H\033[J"

struct view {
	int watch, prometheus, explain;
	unsigned every_s;
	uint64_t count; /* 0: until it is interrupted */
	int host_columns;
};

/* ---- for programs ---- */

static void
json_waiting(cJSON *host, const evote_status_res *res)
{
	cJSON *list = cJSON_AddArrayToObject(host, "waiting_for");
	u_int i;

	for (i = 0; i < res->waiting_for.waiting_for_len; i++)
		cJSON_AddItemToArray(list,
		    cJSON_CreateString(res->waiting_for.waiting_for_val[i]));
}

static void
json_lag(cJSON *host, const struct survey *s, int i)
{
	int64_t lag = survey_lag(s, i);

	if (lag >= 0)
		cJSON_AddNumberToObject(host, "lag", (double)lag);
	else
		cJSON_AddNullToObject(host, "lag");
}

static void
json_alarms(cJSON *host, const evote_status_res *res)
{
	const evote_alarm *a = res->alarms.alarms_val;
	u_int n = res->alarms.alarms_len, i;
	cJSON *list, *item;

	cJSON_AddStringToObject(host, "alarm", n > 0 ? a[0].text : "");
	list = cJSON_AddArrayToObject(host, "alarms");
	for (i = 0; i < n; i++) {
		item = cJSON_CreateObject();
		cJSON_AddItemToArray(list, item);
		cJSON_AddStringToObject(item, "kind", say_alarm(a[i].kind));
		cJSON_AddStringToObject(item, "text", a[i].text);
	}
}

static void
host_json(cJSON *list, const struct survey *s, int i)
{
	const struct sight *at = &s->hosts[i];
	const evote_status_res *res = &at->res;
	cJSON *host = cJSON_CreateObject();
	char root[2 * SEAL_HASH + 1];

	cJSON_AddItemToArray(list, host);
	cJSON_AddStringToObject(host, "name", at->name);
	cJSON_AddBoolToObject(host, "reachable", at->reached);
	json_lag(host, s, i);
	if (!at->reached) {
		cJSON_AddStringToObject(host, "problem", at->problem);
		return;
	}
	seal_hex(root, res->root, sizeof(res->root));
	cJSON_AddStringToObject(host, "role", role_name(res->role));
	cJSON_AddStringToObject(
	    host, "standing", say_standing(res->answer.standing));
	cJSON_AddNumberToObject(host, "epoch", (double)res->answer.stamp.epoch);
	cJSON_AddNumberToObject(host, "size", (double)res->size);
	cJSON_AddNumberToObject(
	    host, "accepted", (double)res->answer.stamp.size);
	cJSON_AddStringToObject(host, "root", root);
	cJSON_AddBoolToObject(host, "in_sync", res->in_sync);
	json_waiting(host, res);
	json_alarms(host, res);
	cJSON_AddStringToObject(host, "primary", res->primary);
	cJSON_AddStringToObject(host, "origin", res->origin);
	cJSON_AddNumberToObject(
	    host, "forced_epoch", (double)res->forced_epoch);
	cJSON_AddStringToObject(host, "arbiter", res->arbiter);
	cJSON_AddBoolToObject(host, "arbiter_away", res->arbiter_away);
	cJSON_AddNumberToObject(host, "clock_ahead_us", (double)at->ahead_us);
	cJSON_AddNumberToObject(host, "clock_within_us", (double)at->within_us);
}

static void
survey_json(struct client *c, const struct survey *s, double rate)
{
	cJSON *list = cJSON_AddArrayToObject(c->json, "hosts");
	int i;

	for (i = 0; i < s->n; i++)
		host_json(list, s, i);
	if (rate >= 0)
		cJSON_AddNumberToObject(c->json, "records_per_s", rate);
}

/* One object a line, so that each is whole when its line is. */
static void
json_flush(struct client *c)
{
	char *text = cJSON_PrintUnformatted(c->json);

	if (text != NULL)
		puts(text);
	fflush(stdout);
	cJSON_free(text);
	cJSON_Delete(c->json);
	c->json = cJSON_CreateObject();
}

/* ---- for people ---- */

static void
waiting_text(const evote_status_res *res, char *out, size_t size)
{
	size_t len = 0;
	u_int i;

	for (i = 0; i < res->waiting_for.waiting_for_len && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s",
		    i > 0 ? ", " : "", res->waiting_for.waiting_for_val[i]);
}

static void
lag_text(const struct survey *s, int i, char *out, size_t size)
{
	int64_t lag = survey_lag(s, i);

	if (lag >= 0)
		snprintf(out, size, "%lld", (long long)lag);
	else
		snprintf(out, size, "?");
}

/* "+0.000 s"; what cannot be told apart from agreement is so called. */
static void
clock_text(const struct sight *at, char *out, size_t size)
{
	uint64_t off = (uint64_t)llabs(at->ahead_us);

	if (off <= at->within_us)
		snprintf(out, size, "same");
	else
		snprintf(out, size, "%+.3f s", (double)at->ahead_us / 1e6);
}

static void
host_line(struct client *c, const struct view *v, const struct survey *s, int i)
{
	const struct sight *at = &s->hosts[i];
	const evote_status_res *res = &at->res;
	char name[EVOTE_HOST_MAX * 2 + 32], root[2 * SEAL_HASH + 1];
	char lag[24], clock[32];

	say_pad(name, sizeof(name), at->name, v->host_columns);
	lag_text(s, i, lag, sizeof(lag));
	if (!at->reached) {
		say_line(c, "%s  %-9s %6s %9s %6s", name, "-", "-", "-", lag);
		return;
	}
	seal_hex(root, res->root, sizeof(res->root));
	clock_text(at, clock, sizeof(clock));
	say_line(c, "%s  %-9s %6llu %9llu %6s  %.*s  %-7s  %s", name,
	    role_name(res->role), (unsigned long long)res->answer.stamp.epoch,
	    (unsigned long long)res->size, lag, ROOT_PREFIX, root,
	    res->in_sync ? "yes" : "no", clock);
}

/* What is not as it should be: sentences, for which no table is wide enough. */
static void
host_notes(struct client *c, const struct sight *at)
{
	char waiting[EVOTE_HOSTS_MAX * (EVOTE_HOST_MAX + 2)];
	u_int i;

	if (!at->reached) {
		say_line(c, "%s does not answer: %s", at->name, at->problem);
		return;
	}
	if (at->res.waiting_for.waiting_for_len > 0) {
		waiting_text(&at->res, waiting, sizeof(waiting));
		say_line(c, "%s waits for %s", at->name, waiting);
	}
	for (i = 0; i < at->res.alarms.alarms_len; i++)
		say_line(c, "%s ALARM: %s", at->name,
		    at->res.alarms.alarms_val[i].text);
}

/* Whether a host before this one has the same arbiter. */
static int
arbiter_told(const struct survey *s, int host)
{
	int i;

	for (i = 0; i < host; i++)
		if (s->hosts[i].reached &&
		    strcmp(s->hosts[i].res.arbiter,
			s->hosts[host].res.arbiter) == 0)
			return (1);
	return (0);
}

/*
 * One line, or while it is being replaced a line each: who decides, for which
 * hosts, and which of them do not hear it.
 */
static void
arbiter_say(struct client *c, const struct survey *s)
{
	char hosts[EVOTE_HOSTS_MAX * (EVOTE_HOST_MAX + 32)];
	const struct sight *at;
	size_t len;
	int i, j;

	for (i = 0; i < s->n; i++) {
		if (!s->hosts[i].reached || arbiter_told(s, i))
			continue;
		for (j = i, len = 0; j < s->n && len < sizeof(hosts); j++) {
			at = &s->hosts[j];
			if (!at->reached ||
			    strcmp(at->res.arbiter, s->hosts[i].res.arbiter) !=
				0)
				continue;
			len += (size_t)snprintf(hosts + len,
			    sizeof(hosts) - len, "%s%s%s", len > 0 ? ", " : "",
			    at->name,
			    at->res.arbiter_away ? " (does not hear it)" : "");
		}
		say_line(
		    c, "arbiter: %s, for %s", s->hosts[i].res.arbiter, hosts);
	}
}

/* A host that catches up, as a bar on a terminal; elsewhere its lag tells. */
static void
catch_up_say(struct client *c, const struct view *v, const struct survey *s)
{
	char bar[PROGRESS_BAR], name[EVOTE_HOST_MAX * 2 + 32];
	uint64_t size;
	int i;

	if (s->primary < 0 || !isatty(STDOUT_FILENO))
		return;
	for (i = 0; i < s->n; i++) {
		if (!s->hosts[i].reached || s->hosts[i].res.in_sync ||
		    survey_lag(s, i) <= 0)
			continue;
		size = s->hosts[s->primary].res.size;
		progress_bar(bar, s->hosts[i].res.size, size);
		say_pad(name, sizeof(name), s->hosts[i].name, v->host_columns);
		say_line(c, "%s  catches up %s", name, bar);
	}
}

static void
table_say(struct client *c, const struct view *v, const struct survey *s)
{
	char host[EVOTE_HOST_MAX * 2 + 32];
	int i;

	say_pad(host, sizeof(host), "host", v->host_columns);
	say_line(c, "%s  %-9s %6s %9s %6s  %-12s  %-7s  %s", host, "role",
	    "epoch", "records", "lag", "root", "in sync", "clock");
	for (i = 0; i < s->n; i++)
		host_line(c, v, s, i);
	for (i = 0; i < s->n; i++)
		host_notes(c, &s->hosts[i]);
	arbiter_say(c, s);
	catch_up_say(c, v, s);
}

static int
columns_of(const struct survey *s)
{
	int i, width, most = 10;

	for (i = 0; i < s->n; i++) {
		width = text_width(s->hosts[i].name);
		most = width > most ? width : most;
	}
	return (most);
}

static void
screen_say(
    struct client *c, const struct view *v, const struct survey *s, double rate)
{
	char when[64];

	date_utc(date_now_us(), when, sizeof(when));
	if (isatty(STDOUT_FILENO))
		fputs(CLEAR, stdout);
	say_line(c, "%s, every %u s; interrupt to end", when, v->every_s);
	table_say(c, v, s);
	if (rate >= 0)
		say_line(c, "%.0f records a second, mostly votes", rate);
}

static int
survey_say(struct client *c, const struct survey *s)
{
	if (s->worst != EVOTE_ANSWERED)
		return (say_problem(c, s->problem, s->worst,
		    "The service cannot be relied on"));
	if (s->two_primaries)
		return (say_problem(c, "", EVOTE_CHANGED,
		    "TWO PRIMARIES: more than one host serves. Stop all but "
		    "one of them now, and keep every data directory"));
	if (s->primary < 0)
		return (say_unknown(
		    c, "No host serves; %d of %d answered", s->reached, s->n));
	return (say_done(c, "Host %s serves; %d of %d hosts answered",
	    s->hosts[s->primary].name, s->reached, s->n));
}

/* ---- the way to each host ---- */

static void
explain_json(cJSON *host, const struct explain *x)
{
	cJSON *list = cJSON_AddArrayToObject(host, "steps"), *item;
	int i;

	for (i = 0; i < EXPLAIN_NR; i++) {
		item = cJSON_CreateObject();
		cJSON_AddItemToArray(list, item);
		cJSON_AddStringToObject(
		    item, "step", explain_stage_name((enum explain_stage)i));
		cJSON_AddStringToObject(
		    item, "state", explain_state_name(x->steps[i].state));
		cJSON_AddStringToObject(item, "text", x->steps[i].text);
		if (i == x->failed)
			cJSON_AddStringToObject(item, "todo", x->todo);
	}
}

static void
explain_say(struct client *c, const char *name, const struct explain *x)
{
	const struct explain_step *step = x->steps;
	int i;

	say_line(c, "%s", name);
	for (i = 0; i < EXPLAIN_NR; i++, step++)
		say_line(c, "  %-10s  %-7s  %s",
		    explain_stage_name((enum explain_stage)i),
		    explain_state_name(step->state),
		    step->text[0] != '\0' ? step->text : "not reached");
	if (x->failed >= 0)
		say_line(c, "%s fails at its %s. %s", name,
		    explain_stage_name((enum explain_stage)x->failed), x->todo);
	else
		say_line(c, "%s is reached without fault", name);
}

static void
explain_all(struct client *c, const struct survey *s, const struct evote *e)
{
	const cJSON *hosts = cJSON_GetObjectItem(c->json, "hosts");
	struct explain x;
	int i;

	for (i = 0; i < s->n; i++) {
		explain_host(e, i, &x);
		if (c->json != NULL)
			explain_json(cJSON_GetArrayItem(hosts, i), &x);
		else
			explain_say(c, s->hosts[i].name, &x);
	}
}

/* ---- once, or again and again ---- */

static int
status_once(struct client *c, struct view *v, struct evote *e)
{
	struct survey s;
	int status;

	survey_take(&s, e);
	v->host_columns = columns_of(&s);
	if (v->prometheus)
		survey_prometheus(&s);
	else if (c->json != NULL)
		survey_json(c, &s, -1);
	else
		table_say(c, v, &s);
	if (v->explain)
		explain_all(c, &s, e);
	/* What is collected has no place for a sentence. */
	status = v->prometheus && s.worst == EVOTE_ANSWERED && s.primary >= 0 &&
		!s.two_primaries
	    ? EXIT_DONE
	    : survey_say(c, &s);
	survey_clear(&s);
	return (status);
}

static int
status_watch(struct client *c, struct view *v, struct evote *e)
{
	struct survey before = {0}, now;
	unsigned long n;
	int status = EXIT_DONE;
	double rate;

	for (n = 0; v->count == 0 || n < v->count; n++) {
		if (n > 0)
			sleep(v->every_s);
		survey_take(&now, e);
		v->host_columns = columns_of(&now);
		rate = survey_rate(&before, &now);
		if (c->json != NULL)
			survey_json(c, &now, rate);
		else
			screen_say(c, v, &now, rate);
		status = survey_say(c, &now);
		if (c->json != NULL)
			json_flush(c);
		fflush(stdout);
		survey_clear(&before);
		before = now;
	}
	survey_clear(&before);
	return (status);
}

static int
view_read(struct client *c, struct view *v, int argc, char **argv)
{
	static const struct option options[] = {
	    {"watch", optional_argument, NULL, 'w'},
	    {"count", required_argument, NULL, 'c'},
	    {"prometheus", no_argument, NULL, 'p'},
	    {"explain", no_argument, NULL, 'e'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	uint64_t s = WATCH_S;
	int ch;

	while ((ch = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (ch) {
		case 'w':
			v->watch = 1;
			if (optarg != NULL &&
			    number_read(optarg, 1, WATCH_MAX_S, &s) != 0)
				return (say_usage(c,
				    "--watch=%s: not a number of seconds",
				    optarg));
			break;
		case 'c':
			if (number_read(optarg, 1, 1UL << 31, &v->count) != 0)
				return (say_usage(
				    c, "--count %s: not a number", optarg));
			break;
		case 'p':
			v->prometheus = 1;
			break;
		case 'e':
			v->explain = 1;
			break;
		case 'h':
			return (cmd_help(&cmd_status));
		default:
			return (cmd_usage(c, &cmd_status));
		}
	v->every_s = (unsigned)s;
	if (v->prometheus && (v->watch || c->json != NULL))
		return (say_usage(
		    c, "--prometheus goes without --watch and --json"));
	if (v->explain && (v->watch || v->prometheus))
		return (say_usage(
		    c, "--explain goes without --watch and --prometheus"));
	return (cmd_count(c, &cmd_status, argc, 0, 0));
}

static int
run(struct client *c, int argc, char **argv)
{
	struct view v = {0};
	struct evote *e;
	int status;

	if ((status = view_read(c, &v, argc, argv)) >= 0 ||
	    (status = cmd_open(c, &e)) >= 0)
		return (status);
	status = v.watch ? status_watch(c, &v, e) : status_once(c, &v, e);
	evote_close(e);
	return (status);
}

const struct command cmd_status = {
    "status",
    "[--watch[=SECONDS] [--count N]] [--prometheus] [--explain]",
    "Asks every host for its role, how much it holds and lacks, its clock, "
    "whom it waits\n      for, its arbiter and what is wrong; --watch again "
    "and again, N times or until\n      interrupted; --prometheus for a node "
    "exporter's text collector; --explain walks the steps to each host, "
    "names the\n      first that fails and says what to do.",
    run,
};
