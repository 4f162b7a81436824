#include "client/commands/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/say.h"
#include "common/progress.h"
#include "common/role_name.h"
#include "common/seal.h"
#include "common/text.h"

#define ROOT_PREFIX 12 /* hexadecimal digits */

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
host_line(struct client *c, const struct survey *s, int i, int columns)
{
	const struct sight *at = &s->hosts[i];
	const evote_status_res *res = &at->res;
	char name[EVOTE_HOST_MAX * 2 + 32], root[2 * SEAL_HASH + 1];
	char lag[24], clock[32];

	say_pad(name, sizeof(name), at->name, columns);
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
	char waiting[EVOTE_HOSTS_MAX * (EVOTE_HOST_MAX + 2)] = "";
	u_int i;

	if (!at->reached) {
		say_line(c, "%s %s: %s", at->name,
		    at->failed	      ? "could not be asked from here"
			: at->foreign ? "is not to be relied on"
				      : "does not answer",
		    at->problem);
		return;
	}
	if (at->res.waiting_for.waiting_for_len > 0) {
		for (i = 0; i < at->res.waiting_for.waiting_for_len; i++)
			text_join(waiting, sizeof(waiting), ", ",
			    at->res.waiting_for.waiting_for_val[i]);
		say_line(c, "%s waits for %s", at->name, waiting);
	}
	for (i = 0; i < at->res.alarms.alarms_len; i++)
		say_line(c, "%s ALARM: %s", at->name,
		    at->res.alarms.alarms_val[i].text);
}

/* One line: the pin, as all of one service show the same one. */
static void
pin_say(struct client *c, const struct survey *s)
{
	char plain[EVOTE_HOSTS_MAX * (EVOTE_HOST_MAX + 2)] = "";
	const struct sight *at;
	const char *pin = "";

	for (at = s->hosts; at < s->hosts + s->n; at++) {
		if (!at->reached)
			continue;
		if (at->pin[0] != '\0')
			pin = at->pin;
		else
			text_join(plain, sizeof(plain), ", ", at->name);
	}
	if (pin[0] != '\0')
		say_line(c, "TLS pin: %s", pin);
	if (plain[0] != '\0')
		say_line(c, "without TLS: %s", plain);
}

/* The hosts from this one on with the same arbiter; "": one before has it. */
static void
arbiter_hosts(const struct survey *s, int first, char *out, size_t size)
{
	const char *arbiter = s->hosts[first].res.arbiter;
	const struct sight *at = s->hosts;

	out[0] = '\0';
	for (; at < s->hosts + s->n; at++) {
		if (!at->reached || strcmp(at->res.arbiter, arbiter) != 0)
			continue;
		if (at < s->hosts + first)
			return;
		text_join(out, size, ", ", at->name);
		text_join(out, size, "",
		    at->res.arbiter_away ? " (does not hear it)" : "");
	}
}

/*
 * One line, or while it is being replaced a line each: who decides, for which
 * hosts, and which of them do not hear it.
 */
static void
arbiter_say(struct client *c, const struct survey *s)
{
	char hosts[EVOTE_HOSTS_MAX * (EVOTE_HOST_MAX + 32)];
	int i;

	for (i = 0; i < s->n; i++) {
		if (!s->hosts[i].reached)
			continue;
		arbiter_hosts(s, i, hosts, sizeof(hosts));
		if (hosts[0] != '\0')
			say_line(c, "arbiter: %s, for %s",
			    s->hosts[i].res.arbiter, hosts);
	}
}

/* A host that catches up, as a bar on a terminal; elsewhere its lag tells. */
static void
catch_up_say(struct client *c, const struct survey *s, int columns)
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
		say_pad(name, sizeof(name), s->hosts[i].name, columns);
		say_line(c, "%s  catches up %s", name, bar);
	}
}

void
status_table(struct client *c, const struct survey *s)
{
	char host[EVOTE_HOST_MAX * 2 + 32];
	int i, columns = 10;

	for (i = 0; i < s->n; i++)
		say_widen(&columns, s->hosts[i].name);
	say_pad(host, sizeof(host), "host", columns);
	say_line(c, "%s  %-9s %6s %9s %6s  %-12s  %-7s  %s", host, "role",
	    "epoch", "records", "lag", "root", "in sync", "clock");
	for (i = 0; i < s->n; i++)
		host_line(c, s, i, columns);
	for (i = 0; i < s->n; i++)
		host_notes(c, &s->hosts[i]);
	arbiter_say(c, s);
	pin_say(c, s);
	catch_up_say(c, s, columns);
}

void
status_explain_say(struct client *c, const char *name, const struct explain *x)
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
