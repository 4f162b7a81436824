#include <stddef.h>
#include <stdio.h>

#include "client/chart.h"
#include "client/cmd.h"
#include "client/life.h"
#include "client/say.h"
#include "client/when.h"

#define BAR 40 /* columns */

struct view {
	int times;
};

static const struct option_row view_options[] = {
    {"times", NULL,
	"how many voted when, of an election created with --show-times",
	.at = offsetof(struct view, times)},
    {0},
};

static double
share(uint64_t voted, uint64_t eligible)
{
	return (eligible == 0 ? 0 : (double)voted / (double)eligible);
}

static void
group_say(struct client *c, const evote_turnout *g, int columns, cJSON *list)
{
	char group[SAY_PADDED];
	cJSON *object;

	say_pad(group, sizeof(group), g->group, columns);
	say_line(c, "%s  %10llu of %10llu  %5.1f %%", group,
	    (unsigned long long)g->voted, (unsigned long long)g->eligible,
	    100 * share(g->voted, g->eligible));
	if (list == NULL)
		return;
	object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "group", g->group);
	cJSON_AddNumberToObject(object, "voted", (double)g->voted);
	cJSON_AddNumberToObject(object, "eligible", (double)g->eligible);
	cJSON_AddItemToArray(list, object);
}

static int
turnout_say(struct client *c, const char *election,
    const evote_turnout_res *res, const evote_life_res *l, uint64_t now)
{
	struct when w = when_at(life_time(l), now);
	const evote_turnout *g = res->groups.groups_val;
	uint64_t voted = 0, eligible = 0;
	cJSON *list = NULL;
	int columns = 6;
	u_int i;

	if (c->json != NULL)
		list = cJSON_AddArrayToObject(c->json, "groups");
	for (i = 0; i < res->groups.groups_len; i++)
		say_widen(&columns, g[i].group);
	for (i = 0; i < res->groups.groups_len; i++) {
		group_say(c, &g[i], columns, list);
		voted += g[i].voted;
		eligible += g[i].eligible;
	}
	if (c->json != NULL) {
		cJSON_AddNumberToObject(c->json, "voted", (double)voted);
		cJSON_AddNumberToObject(c->json, "eligible", (double)eligible);
		cJSON_AddNumberToObject(
		    c->json, "turnout", share(voted, eligible));
		cJSON_AddBoolToObject(c->json, "closed", res->closed);
		cJSON_AddStringToObject(c->json, "phase", life_phase(l->phase));
		when_json(c->json, res->end);
	}
	say_stamp(c, &res->answer.stamp);
	return (say_done(c,
	    "%llu of %llu voters have voted in \"%s\" (%.1f %%), which %s at "
	    "%s, %s",
	    (unsigned long long)voted, (unsigned long long)eligible, election,
	    100 * share(voted, eligible), life_verb(l, now), w.utc, w.left));
}

/* ---- over time ---- */

/* The last one has all that came later, as where the end was put off. */
static void
step_say(struct client *c, cJSON *list, uint64_t from, uint64_t votes,
    uint64_t max, int last)
{
	char bar[4 * BAR + 1];
	struct when w = when_of(from);
	cJSON *object;

	chart_bar(bar, sizeof(bar), votes, max, BAR);
	say_line(c, "%s %8llu  %s%s", w.utc, (unsigned long long)votes, bar,
	    last ? " and later" : "");
	if (list == NULL)
		return;
	object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "from", w.rfc3339);
	when_us(object, "from_us", from);
	cJSON_AddNumberToObject(object, "votes", (double)votes);
	cJSON_AddItemToArray(list, object);
}

static int
curve_say(struct client *c, const char *election, const evote_curve_res *res)
{
	u_int i, n = res->votes.votes_len;
	uint64_t max = 0, all = 0,
		 step = n == 0 ? 0 : (res->end - res->opened) / n;
	cJSON *list = NULL;

	if (c->json != NULL)
		list = cJSON_AddArrayToObject(c->json, "times");
	for (i = 0; i < n; i++) {
		all += res->votes.votes_val[i];
		max = res->votes.votes_val[i] > max ? res->votes.votes_val[i]
						    : max;
	}
	for (i = 0; i < n; i++)
		step_say(c, list, res->opened + i * step,
		    res->votes.votes_val[i], max, i + 1 == n);
	say_stamp(c, &res->answer.stamp);
	return (say_done(c, "%llu votes in \"%s\", by the time they came",
	    (unsigned long long)all, election));
}

static int
curve(struct client *c, struct evote *e, const char *election)
{
	enum evote_outcome outcome;
	evote_curve_res res;
	int status;

	outcome = evote_curve(e, election, &res);
	if (outcome != EVOTE_ANSWERED ||
	    (status = life_refused(c, e, election, &res.answer,
		 "When people voted is not known")) < 0)
		status = say_answer(c, e, outcome, &res.answer,
		    "When people voted in \"%s\" is not known", election);
	if (status < 0)
		status = curve_say(c, election, &res);
	xdr_free((xdrproc_t)xdr_evote_curve_res, &res);
	return (status);
}

static int
by_group(struct client *c, struct evote *e, const char *election)
{
	enum evote_outcome outcome;
	evote_turnout_res res;
	evote_life_res life = {0};
	int status;

	outcome = evote_turnout_of(e, election, &res);
	status = say_answer(c, e, outcome, &res.answer,
	    "The turnout of \"%s\" is not known", election);
	if (status < 0) {
		outcome = evote_life(e, election, &life);
		status = say_answer(c, e, outcome, &life.answer,
		    "The turnout of \"%s\" is not known", election);
	}
	if (status < 0) {
		say_clock(e);
		status = turnout_say(c, election, &res, &life, evote_now_us(e));
	}
	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	xdr_free((xdrproc_t)xdr_evote_turnout_res, &res);
	return (status);
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	const struct view *view = own;
	char election[NAME_ROOM];
	struct evote *e;
	int status;

	if ((status = cmd_name(c, ELECTION, argv[0], election)) >= 0 ||
	    (status = cmd_open(c, &e)) >= 0)
		return (status);
	status = view->times ? curve(c, e, election) : by_group(c, e, election);
	evote_close(e);
	return (status);
}

const struct command cmd_turnout = {
    .name = "turnout",
    .args = "ELECTION",
    .help = "Shows how many of each group have voted, also while the election "
	    "runs; never for what.",
    .size = sizeof(struct view),
    .options = view_options,
    .run = run,
};
