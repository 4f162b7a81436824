#include <stddef.h>
#include <stdio.h>

#include "client/chart.h"
#include "client/cmd.h"
#include "client/json.h"
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

/*
 * Who has voted may have left the roll or the group since: where more have
 * voted than are there, there is no share.
 */
static int
has_share(uint64_t voted, uint64_t eligible)
{
	return (voted <= eligible);
}

static double
share(uint64_t voted, uint64_t eligible)
{
	return (eligible == 0 ? 0 : (double)voted / (double)eligible);
}

static const char *
then_or_now(const evote_turnout_res *res)
{
	return (res->closed ? "then" : "now");
}

static void
group_say(struct client *c, const evote_turnout *g, const char *when,
    int columns, cJSON *list)
{
	char group[SAY_PADDED];
	cJSON *object;

	say_pad(group, sizeof(group), g->group, columns);
	if (has_share(g->voted, g->eligible))
		say_line(c, "%s  %10llu of %10llu  %5.1f %%", group,
		    (unsigned long long)g->voted,
		    (unsigned long long)g->eligible,
		    100 * share(g->voted, g->eligible));
	else
		say_line(c, "%s  %10llu    %10llu  in the group %s", group,
		    (unsigned long long)g->voted,
		    (unsigned long long)g->eligible, when);
	object = json_item(list);
	json_text(object, "group", g->group);
	json_number(object, "voted", g->voted);
	json_number(object, "eligible", g->eligible);
}

/* Of all groups. */
struct total {
	uint64_t voted, eligible;
	int has_share;
};

/*
 * After the close it is that of the result, which counts who left, too.  Before
 * it, where more of one group have voted than are in it, some of the others may
 * not have voted, whatever the sums are.
 */
static struct total
total_of(const evote_turnout_res *res, const evote_life_res *l,
    const evote_result_res *result)
{
	const evote_turnout *g = res->groups.groups_val;
	struct total t = {.has_share = 1};
	u_int i;

	for (i = 0; i < res->groups.groups_len; i++) {
		t.voted += g[i].voted;
		t.eligible += g[i].eligible;
		if (!has_share(g[i].voted, g[i].eligible))
			t.has_share = 0;
	}
	if (l->phase == EVOTE_PHASE_CLOSED) {
		t.eligible = result->eligible;
		t.has_share = has_share(t.voted, t.eligible);
	}
	return (t);
}

static void
total_json(cJSON *to, const evote_turnout_res *res, const evote_life_res *l,
    const struct total *t)
{
	json_number(to, "voted", t->voted);
	json_number(to, "eligible", t->eligible);
	if (t->has_share)
		json_number(to, "turnout", share(t->voted, t->eligible));
	json_flag(to, "closed", res->closed);
	json_text(to, "phase", life_phase(l->phase));
	when_json(to, res->end);
}

static int
total_say(struct client *c, const char *election, const evote_turnout_res *res,
    const evote_life_res *l, const struct total *t, uint64_t now)
{
	uint64_t of_these = t->has_share ? t->eligible : t->voted;
	struct when w = when_at(life_time(l), now);
	char of[40] = "", part[40];

	total_json(c->json, res, l, t);
	if (t->has_share) {
		snprintf(of, sizeof(of), " of %llu",
		    (unsigned long long)t->eligible);
		snprintf(part, sizeof(part), "%.1f %%",
		    100 * share(t->voted, t->eligible));
	} else
		snprintf(part, sizeof(part), "%llu on the roll %s",
		    (unsigned long long)t->eligible, then_or_now(res));
	say_stamp(c, &res->answer.stamp);
	return (say_done(c,
	    "%llu%s voter%s %s voted in \"%s\" (%s), which %s at %s, %s",
	    (unsigned long long)t->voted, of, of_these == 1 ? "" : "s",
	    t->voted == 1 ? "has" : "have", election, part, life_verb(l, now),
	    w.utc, w.left));
}

static int
turnout_say(struct client *c, const char *election,
    const evote_turnout_res *res, const evote_life_res *l,
    const evote_result_res *result, uint64_t now)
{
	struct total t = total_of(res, l, result);
	const evote_turnout *g = res->groups.groups_val;
	cJSON *list = json_list(c->json, "groups");
	int columns = 6;
	u_int i;

	for (i = 0; i < res->groups.groups_len; i++)
		say_widen(&columns, g[i].group);
	for (i = 0; i < res->groups.groups_len; i++)
		group_say(c, &g[i], then_or_now(res), columns, list);
	return (total_say(c, election, res, l, &t, now));
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
	object = json_item(list);
	json_text(object, "from", w.rfc3339);
	when_us(object, "from_us", from);
	json_number(object, "votes", votes);
}

static int
curve_say(struct client *c, const char *election, const evote_curve_res *res)
{
	u_int i, n = res->votes.votes_len;
	uint64_t max = 0, all = 0,
		 step = n == 0 ? 0 : (res->end - res->opened) / n;
	cJSON *list = json_list(c->json, "times");

	for (i = 0; i < n; i++) {
		all += res->votes.votes_val[i];
		max = res->votes.votes_val[i] > max ? res->votes.votes_val[i]
						    : max;
	}
	for (i = 0; i < n; i++)
		step_say(c, list, res->opened + i * step,
		    res->votes.votes_val[i], max, i + 1 == n);
	say_stamp(c, &res->answer.stamp);
	return (
	    say_done(c, "%llu vote%s in \"%s\", listed by when they were cast",
		(unsigned long long)all, all == 1 ? "" : "s", election));
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
told(struct client *c, struct evote *e, const char *election,
    enum evote_outcome outcome, const evote_answer *answer)
{
	return (say_answer(c, e, outcome, answer,
	    "The turnout of \"%s\" is not known", election));
}

static int
by_group(struct client *c, struct evote *e, const char *election)
{
	enum evote_outcome outcome;
	evote_turnout_res res;
	evote_life_res life = {0};
	evote_result_res result = {0};
	int status;

	outcome = evote_turnout_of(e, election, &res);
	status = told(c, e, election, outcome, &res.answer);
	if (status < 0) {
		outcome = evote_life(e, election, &life);
		status = told(c, e, election, outcome, &life.answer);
	}
	if (status < 0 && life.phase == EVOTE_PHASE_CLOSED) {
		outcome = evote_result(e, election, &result);
		status = told(c, e, election, outcome, &result.answer);
	}
	if (status < 0) {
		say_clock(e);
		status = turnout_say(
		    c, election, &res, &life, &result, evote_now_us(e));
	}
	xdr_free((xdrproc_t)xdr_evote_result_res, &result);
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
