#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/say.h"
#include "client/commands/status.h"
#include "common/date.h"
#include "common/number.h"
#include "common/output.h"
#include "common/text.h"

#define WATCH_S	    1
#define WATCH_MAX_S 86400
#define CLEAR	    "\033[H\033[J"

struct view {
	int watch, prometheus, explain;
	uint64_t every_s;
	uint64_t count; /* 0: until it is interrupted */
};

/* ---- the options ---- */

static int
watch_take(void *at, const char *value, char *err, size_t errlen)
{
	struct view *v = at;

	v->watch = 1;
	v->every_s = WATCH_S;
	if (value == NULL ||
	    number_read(value, 1, WATCH_MAX_S, &v->every_s) == 0)
		return (0);
	return (
	    text_why(err, errlen, "\"%s\" is not a number of seconds", value));
}

static int
count_take(void *at, const char *value, char *err, size_t errlen)
{
	if (number_read(value, 1, 1UL << 31, at) == 0)
		return (0);
	return (text_why(err, errlen, "\"%s\" is not a number", value));
}

static const struct option_row view_options[] = {
    {"watch", "[=SECONDS]", "again and again, until interrupted",
	.take = watch_take},
    {"count", "N", "with --watch: so many times",
	.at = offsetof(struct view, count), .take = count_take},
    {"prometheus", NULL, "for a node exporter's text collector",
	.at = offsetof(struct view, prometheus)},
    {"explain", NULL,
	"walk the steps to each host, name the first that fails, and say what "
	"to do",
	.at = offsetof(struct view, explain)},
    {0},
};

/* One object a line, so that each is whole when its line is. */
static void
json_flush(struct client *c)
{
	say_json(c->json, 0);
	output_flush();
	cJSON_Delete(c->json);
	c->json = cJSON_CreateObject();
}

static void
screen_say(
    struct client *c, const struct view *v, const struct survey *s, double rate)
{
	char when[64];

	date_utc(date_now_us(), when, sizeof(when));
	if (isatty(STDOUT_FILENO))
		fputs(CLEAR, stdout);
	say_line(
	    c, "%s, every %u s; interrupt to end", when, (unsigned)v->every_s);
	status_table(c, s);
	if (rate >= 0)
		say_line(c, "%.0f new records a second", rate);
}

/* What somebody has to see to, though votes are taken. */
static unsigned
needs_count(const struct survey *s)
{
	unsigned n = (unsigned)(s->n - s->reached);
	int i;

	for (i = 0; i < s->n; i++)
		n += s->hosts[i].res.alarms.alarms_len;
	return (n);
}

static int
two_say(struct client *c, const struct survey *s)
{
	char names[EVOTE_HOSTS_MAX * (EVOTE_HOST_MAX + 8)] = "", todo[4096];
	u_int i, k = 0, n = 0;

	for (i = 0; i < (u_int)s->n; i++)
		n += survey_serves(s, (int)i) != 0;
	for (i = 0; i < (u_int)s->n; i++)
		if (survey_serves(s, (int)i))
			say_and(names, sizeof(names), s->hosts[i].name, k++, n);
	snprintf(todo, sizeof(todo),
	    "%s %sserve. Stop %s now and keep every data directory; see "
	    "OPERATING, \"What the alarms mean\"",
	    names, n == 2 ? "both " : "", n == 2 ? "one" : "all but one");
	return (say_problem(c, todo, EVOTE_CHANGED, "TWO PRIMARIES"));
}

static int
survey_say(struct client *c, const struct survey *s)
{
	unsigned needs = needs_count(s);

	/* One of them is behind, too; that is the lesser thing to know. */
	if (s->two_primaries)
		return (two_say(c, s));
	if (s->worst != EVOTE_ANSWERED)
		return (say_problem(
		    c, s->problem, s->worst, "%s", survey_heading(s)));
	if (s->primary < 0)
		return (say_unknown(c,
		    "No host serves; %d of %d answered. See %s", s->reached,
		    s->n, c->json != NULL ? "`hosts`" : "the lines above"));
	if (needs > 0)
		return (say_needs(c, EXIT_NEEDS,
		    "Host %s serves. %u thing%s an operator (see %s); %d of "
		    "%d hosts answered",
		    s->hosts[s->primary].name, needs,
		    needs == 1 ? " needs" : "s need",
		    c->json != NULL ? "`hosts`" : "above", s->reached, s->n));
	return (say_done(c, "Host %s serves; %d of %d hosts answered",
	    s->hosts[s->primary].name, s->reached, s->n));
}

/* What was found before stands, whatever the hosts say now. */
static void
all_take(struct client *c, struct survey *s, struct evote *e)
{
	survey_take(s, e, cmd_timeout_ms(c, SURVEY_MS));
	if (s->worst == EVOTE_CHANGED || !evote_contradicted(e))
		return;
	s->worst = EVOTE_CHANGED;
	snprintf(s->problem, sizeof(s->problem), "%s", evote_problem(e));
}

/* ---- the way to each host ---- */

static void
explain_all(struct client *c, const struct survey *s, const struct evote *e)
{
	const cJSON *hosts = cJSON_GetObjectItem(c->json, "hosts");
	struct explain x;
	int i;

	for (i = 0; i < s->n; i++) {
		explain_host(e, i, &x);
		if (c->json != NULL)
			status_explain_json(cJSON_GetArrayItem(hosts, i), &x);
		else
			status_explain_say(c, s->hosts[i].name, &x);
	}
}

/* ---- once, or again and again ---- */

static int
status_once(struct client *c, struct view *v, struct evote *e)
{
	struct survey s;
	int status;

	all_take(c, &s, e);
	if (v->prometheus)
		survey_prometheus(&s);
	else if (c->json != NULL)
		status_json(c, &s, -1);
	else
		status_table(c, &s);
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
			sleep((unsigned)v->every_s);
		all_take(c, &now, e);
		rate = survey_rate(&before, &now);
		if (c->json != NULL)
			status_json(c, &now, rate);
		else
			screen_say(c, v, &now, rate);
		status = survey_say(c, &now);
		if (c->json != NULL)
			json_flush(c);
		survey_clear(&before);
		before = now;
		if (output_flush() != 0)
			break; /* nobody reads it any more */
	}
	survey_clear(&before);
	return (status);
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	struct view *v = own;
	struct evote *e;
	int status;

	if (v->prometheus && (v->watch || c->json != NULL))
		return (say_usage(
		    c, "--prometheus goes without --watch and --json"));
	if (v->count != 0 && !v->watch)
		return (say_usage(c, "--count needs --watch"));
	if (v->explain && (v->watch || v->prometheus))
		return (say_usage(
		    c, "--explain goes without --watch and --prometheus"));
	if ((status = cmd_open(c, &e)) >= 0)
		return (status);
	status = v->watch ? status_watch(c, v, e) : status_once(c, v, e);
	evote_close(e);
	return (status);
}

const struct command cmd_status = {
    .name = "status",
    .help = "Asks every host for its role, how much it holds and lacks, its "
	    "clock, whom it waits for, its arbiter and what is wrong. Exit "
	    "status 5: "
	    "a host serves, and something needs an operator.",
    .size = sizeof(struct view),
    .options = view_options,
    .run = run,
};
