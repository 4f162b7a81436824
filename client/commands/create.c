#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "client/cmd.h"
#include "client/commands/lookalike.h"
#include "client/form.h"
#include "client/json.h"
#include "client/names.h"
#include "client/plan.h"
#include "client/prompt.h"
#include "client/say.h"
#include "client/when.h"
#include "common/date.h"
#include "common/number.h"

struct creation {
	evote_terms terms;
	char name[NAME_ROOM];
	struct names groups, choices;
	struct form_given form;
	evote_option options[EVOTE_OPTIONS_MAX];
	const char *start, *end, *grace;
	int relative; /* which of the times are spans from now */
	int empty;    /* groups may be */
	int dry, yes;
	int sheet;  /* is to be published */
	int times;  /* of the votes are shown */
	int freeze; /* who may vote is fixed */
};

static const struct option_row creation_options[] = {
    {"group", "G", "who may vote", .at = offsetof(struct creation, groups),
	.take = names_take, OPTION_MANY},
    {"choice", "C", "what they may vote for, shown in this order",
	.at = offsetof(struct creation, choices), .take = names_take,
	.use = OPTION_MANY},
    {"end", "TIME", "as 2026-12-01T18:00:00+01:00, or a span such as +90s",
	.at = offsetof(struct creation, end), .use = OPTION_MUST},
    {"start", "TIME", "when it opens, as --end; by default at once",
	.at = offsetof(struct creation, start)},
    {"grace", "SECONDS",
	"take votes this long after the end, from voters who logged in before "
	"it, at most an hour before they vote",
	.at = offsetof(struct creation, grace)},
    {"publish-sheet", NULL,
	"after the close, anybody gets the tally sheet: each vote's tracker "
	"and its choice. A voter is told the own tracker, and whoever else "
	"sees it sees the choice",
	.at = offsetof(struct creation, sheet)},
    {"show-times", NULL,
	"anybody may see how many voted when; off by default: when few people "
	"vote, times can show who voted. Whoever asks for turnout all the time "
	"sees them anyhow",
	.at = offsetof(struct creation, times)},
    {"freeze", NULL,
	"who may vote is fixed when it opens; later changes of the roll do "
	"not count",
	.at = offsetof(struct creation, freeze)},
    {"pick", "MIN-MAX", "a ballot has so many choices; 0 lets it be blank",
	.at = offsetof(struct creation, form.pick)},
    {"ranked", NULL, "a ballot ranks the choices (Schulze method)",
	.at = offsetof(struct creation, form.ranked)},
    {"none-choice", "C", "the choice that means none of the others",
	.at = offsetof(struct creation, form.none)},
    {"empty-groups", NULL, "the groups may have nobody in them yet",
	.at = offsetof(struct creation, empty)},
    {"dry-run", NULL,
	"only show what was understood, and whether it would work",
	.at = offsetof(struct creation, dry)},
    {"yes", NULL, "do not ask, not even if another election is called alike",
	.at = offsetof(struct creation, yes)},
    {0},
};

/* In rising order of their kinds. */
static void
option_add(struct creation *n, evote_option_kind kind, uint64_t value)
{
	evote_options *o = &n->terms.options;

	o->evote_options_val = n->options;
	n->options[o->evote_options_len++] = (evote_option){kind, value};
}

/* A time, or a span (that flag) of which the service's clock makes one. */
static int
time_take(struct client *c, struct creation *n, const char *option,
    const char *given, int flag, uint64_t *to)
{
	uint64_t now = date_now_us(), at;
	char err[300];

	if (date_parse(given, now, &at, err, sizeof(err)) != 0)
		return (say_usage(c, "%s: %s", option, err));
	if (given[0] == '+')
		n->relative |= flag;
	*to = given[0] == '+' ? at - now : at;
	return (-1);
}

/* "90", or a span such as +5m. */
static int
grace_take(struct client *c, const char *given, uint64_t *seconds)
{
	char err[300];
	uint64_t us;

	if (given[0] == '+' && date_parse(given, 0, &us, err, sizeof(err)) == 0)
		*seconds = us / 1000000;
	else if (number_read(given, 0, UINT32_MAX, seconds) != 0)
		return (say_usage(c,
		    "--grace: \"%s\" is not a number of seconds, nor a span "
		    "such as +5m",
		    given));
	if (*seconds >= 1 && *seconds <= EVOTE_GRACE_MAX)
		return (-1);
	return (say_usage(c, "--grace: it is 1 s to %u s", EVOTE_GRACE_MAX));
}

/* In rising order of their kinds, after those of the ballot. */
static int
times_read(struct client *c, struct creation *n)
{
	uint64_t value;
	int status;

	if (n->start != NULL) {
		if ((status = time_take(c, n, "--start", n->start,
			 EVOTE_START_SPAN, &value)) >= 0)
			return (status);
		option_add(n, EVOTE_OPTION_START, value);
	}
	if (n->grace != NULL) {
		if ((status = grace_take(c, n->grace, &value)) >= 0)
			return (status);
		option_add(n, EVOTE_OPTION_GRACE_S, value);
	}
	return (-1);
}

static int
creation_read(struct client *c, struct creation *n, const char *name)
{
	int status;

	n->terms.election.groups.groups_val = n->groups.list;
	n->terms.election.groups.groups_len = n->groups.n;
	n->terms.election.choices.choices_val = n->choices.list;
	n->terms.election.choices.choices_len = n->choices.n;
	n->terms.election.name = n->name;
	n->terms.options.evote_options_val = n->options;
	if ((status = cmd_name(c, ELECTION, name, n->name)) >= 0)
		return (status);
	if (n->end == NULL)
		return (say_usage(c,
		    "no --end is given; say when it closes, as in "
		    "2026-12-01T18:00:00+01:00 or +2h"));
	if ((status = time_take(c, n, "--end", n->end, EVOTE_END_SPAN,
		 (uint64_t *)&n->terms.election.end)) >= 0)
		return (status);
	if (n->sheet && (n->form.pick != NULL || n->form.ranked))
		return (say_usage(
		    c, "--publish-sheet does not go with --pick or --ranked"));
	if (n->sheet)
		option_add(n, EVOTE_OPTION_SHEET, 1);
	if ((status = form_take(c, &n->form, &n->terms)) >= 0 ||
	    (status = times_read(c, n)) >= 0)
		return (status);
	if (n->times)
		option_add(n, EVOTE_OPTION_ORDER_SHOWN, 1);
	if (n->freeze)
		option_add(n, EVOTE_OPTION_FREEZE, 1);
	return (-1);
}

/* ---- what is said of it ---- */

static struct plan
plan_of(const struct creation *n, const evote_terms *dated,
    const evote_preview_res *seen, uint64_t now)
{
	return ((struct plan){
	    .terms = dated,
	    .seen = seen,
	    .now = now,
	    .empty = n->empty,
	    .dry = n->dry,
	    .yes = n->yes,
	});
}

/* Why it is not there, or may not be; a step. */
static int
failure_say(struct client *c, struct evote *e, const char *name,
    enum evote_outcome outcome, const evote_answer *answer)
{
	int status;

	say_clock(e);
	if (outcome == EVOTE_UNANSWERED)
		return (say_problem(c, evote_problem(e), outcome,
		    "No answer. Election \"%s\" may or may not have been "
		    "created. %s cannot be created twice",
		    name, say_again(e)));
	if (outcome == EVOTE_CHANGED)
		return (say_problem(c, evote_problem(e), outcome,
		    "Do not rely on election \"%s\"", name));
	if (outcome == EVOTE_ANSWERED &&
	    (status = say_stale(c, answer,
		 "Election \"%s\" may or may not have been created", name)) >=
		0)
		return (status);
	return (say_answer(
	    c, e, outcome, answer, "Election \"%s\" was not created", name));
}

/* ---- by a voter ---- */

/* The start that was sent, if it was kept and is not known here. */
static void
start_learn(struct evote *e, evote_terms *dated)
{
	evote_life_res life;
	u_int i;

	if (evote_life(e, dated->election.name, &life) == EVOTE_ANSWERED &&
	    life.answer.code == 0)
		for (i = 0; i < dated->options.evote_options_len; i++)
			if (dated->options.evote_options_val[i].kind ==
			    EVOTE_OPTION_START)
				dated->options.evote_options_val[i].value =
				    life.start;
	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
}

static int
create(struct client *c, struct evote *e, const struct creation *n,
    evote_terms *dated, const evote_preview_res *seen)
{
	uint64_t end = n->relative & EVOTE_END_SPAN ? 0 : n->terms.election.end;
	enum evote_outcome outcome;
	evote_answer answer;
	struct plan p;
	int status;

	outcome = evote_create(e, &n->terms, n->relative, &end, &answer);
	if ((status = failure_say(c, e, n->name, outcome, &answer)) < 0 &&
	    (n->relative & EVOTE_START_SPAN))
		start_learn(e, dated);
	dated->election.end = end;
	p = plan_of(n, dated, seen, evote_now_us(e));
	if (status < 0 || end != 0)
		plan_json(c->json, &p);
	if (status < 0) {
		say_stamp(c, &answer.stamp);
		status = plan_done(c, &p);
	}
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

static void
creators_say(struct client *c, const evote_settings *s)
{
	char text[1200];

	plan_creators(s, text, sizeof(text));
	if (c->json == NULL)
		say_aside("By the settings, %s may create elections.", text);
	else
		plan_settings(json_object(c->json, "settings"), s);
}

/* Shows it, and asks whether it is meant; a step. */
static int
preview(struct client *c, struct evote *e, const struct creation *n,
    evote_terms *dated, evote_preview_res *seen)
{
	enum evote_outcome outcome;
	struct plan p;
	int status;

	outcome = evote_preview(e, &n->terms, n->relative, dated, seen);
	if (outcome == EVOTE_UNANSWERED)
		outcome = EVOTE_UNSENT;
	p = plan_of(n, dated, seen, evote_now_us(e));
	if (outcome == EVOTE_ANSWERED &&
	    seen->answer.reason == EVOTE_R_MAY_NOT_CREATE)
		creators_say(c, &seen->settings);
	if ((status = failure_say(c, e, n->name, outcome, &seen->answer)) >= 0)
		return (status);
	if ((status = lookalike_elections(c, e, n->name, n->dry, n->yes)) >=
		0 ||
	    (status = plan_agree(c, &p)) >= 0)
		return (status);
	if (!n->yes && prompt_can(c))
		evote_within(e, 0);
	if (!n->dry)
		return (-1);
	if (seen->clock == 0)
		return (say_usage(c,
		    "Whether election \"%s\" would be created is not known: "
		    "the host that serves runs an older version of evote",
		    n->name));
	plan_json(c->json, &p);
	return (plan_done(c, &p));
}

/* A request that was kept may have been sent: nothing is asked about it. */
static int
voter_create(struct client *c, struct evote *e, const struct creation *n)
{
	evote_preview_res seen = {0};
	evote_terms dated = {0};
	enum evote_outcome outcome = EVOTE_ANSWERED;
	int kept = 0, status = -1;

	if (!n->dry)
		outcome = evote_create_kept(e, &n->terms, n->relative, &kept);
	if (outcome != EVOTE_ANSWERED)
		return (failure_say(c, e, n->name, outcome, &seen.answer));
	if (kept && evote_terms_dated(&n->terms, 0, 0, &dated) != 0)
		status = say_usage(c, "no memory");
	if (!kept)
		status = preview(c, e, n, &dated, &seen);
	if (status < 0)
		status = create(c, e, n, &dated, &seen);
	xdr_free((xdrproc_t)xdr_evote_preview_res, &seen);
	xdr_free((xdrproc_t)xdr_evote_terms, &dated);
	return (status);
}

/* ---- by an operator ---- */

static int
any_create(struct client *c, const struct creation *n, evote_terms *dated,
    const struct plan *p, const char *what)
{
	evote_answer answer = {0};
	int status = plan_agree(c, p);

	c->again = n->relative ? ADMIN_LOOK : ADMIN_AGAIN;
	if (status < 0)
		plan_json(c->json, p);
	if (status < 0 && !n->dry)
		status =
		    admin_call(c, EVOTE_OPEN_ANY, (xdrproc_t)xdr_evote_terms,
			dated, (xdrproc_t)xdr_evote_answer, &answer, what);
	if (status < 0) {
		if (!n->dry)
			say_stamp(c, &answer.stamp);
		status = plan_done(c, p);
	}
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

static int
operator_create(struct client *c, const struct creation *n)
{
	char what[NAME_ROOM + 40];
	evote_terms dated = {0};
	evote_preview_res seen = {0};
	uint64_t now = 0;
	struct plan p;
	int status;

	snprintf(
	    what, sizeof(what), "Election \"%s\" was not created", n->name);
	if ((status = admin_clock(c, &now, what)) >= 0)
		return (status);
	if (evote_terms_dated(&n->terms, n->relative, now, &dated) != 0)
		return (
		    say_usage(c, "%s: it breaks a limit of the service", what));
	status = admin_read(c, EVOTE_PREVIEW_ANY, (xdrproc_t)xdr_evote_terms,
	    &dated, (xdrproc_t)xdr_evote_preview_res, &seen, what);
	p = plan_of(n, &dated, &seen, now);
	if (status < 0)
		status = lookalike_groups(c, &dated.election, n->dry);
	if (status < 0)
		status = lookalike_elections(c, NULL, n->name, n->dry, n->yes);
	if (status < 0)
		status = any_create(c, n, &dated, &p, what);
	xdr_free((xdrproc_t)xdr_evote_preview_res, &seen);
	xdr_free((xdrproc_t)xdr_evote_terms, &dated);
	return (status);
}

static int
run_create(struct client *c, void *own, int argc, char **argv)
{
	struct creation *n = own;
	struct evote *e;
	int status;

	c->options.earlier = say_earlier;
	if ((status = creation_read(c, n, argv[0])) >= 0)
		return (status);
	if (c->admin != NULL)
		return (operator_create(c, n));
	if ((status = cmd_open_voter(c, 0, &e)) >= 0)
		return (status);
	status = voter_create(c, e, n);
	evote_close(e);
	return (status);
}

const struct command cmd_create = {
    .name = "create",
    .args = "ELECTION",
    .help = "Opens an election, now or later, after it has shown what was "
	    "understood; on a terminal it asks. With --admin it is the "
	    "operators' election.",
    .size = sizeof(struct creation),
    .options = creation_options,
    .run = run_create,
};
