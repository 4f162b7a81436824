#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/form.h"
#include "client/json.h"
#include "client/life.h"
#include "client/say.h"
#include "client/when.h"
#include "common/need.h"

/* ---- elections ---- */

static int
is_over(const evote_life_summary *s)
{
	return (s->phase == EVOTE_PHASE_CLOSED ||
	    s->phase == EVOTE_PHASE_CANCELLED);
}

/* What a page does not have of an election; each takes a call more. */
struct more {
	char *creator;	       /* of one that is not over; NULL: not asked */
	uint64_t cancelled_at; /* 0: it is not, or when is not known */
};

/* Voters know those that they may vote in by it: names may look alike. */
static int
creator_read(struct client *c, struct evote *e, const char *name,
    struct more *more, int *columns)
{
	evote_election_res res;
	enum evote_outcome outcome = evote_show(e, name, &res);
	char by[NAME_ROOM + 8];
	int status = say_answer(
	    c, e, outcome, &res.answer, "The elections cannot be shown");

	if (status < 0) {
		snprintf(by, sizeof(by), "by %s", life_by(res.creator));
		say_widen(columns, by);
		more->creator = need_copy(res.creator);
	}
	xdr_free((xdrproc_t)xdr_evote_election_res, &res);
	return (status);
}

static int
cancelled_read(
    struct client *c, struct evote *e, const char *name, struct more *more)
{
	evote_life_res life;
	enum evote_outcome outcome = evote_life(e, name, &life);
	int status = say_answer(
	    c, e, outcome, &life.answer, "The elections cannot be shown");

	if (status < 0)
		more->cancelled_at = life.closed.time;
	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	return (status);
}

/* A step. */
static int
more_read(struct client *c, struct evote *e, const evote_lives_res *page,
    struct more *more, int *columns)
{
	const evote_life_summary *s;
	int status = -1;

	for (u_int i = 0; status < 0 && i < page->elections.elections_len;
	     i++) {
		s = &page->elections.elections_val[i];
		evote_within(e, 0);
		if (!is_over(s))
			status = creator_read(c, e, s->name, &more[i], columns);
		else if (s->phase == EVOTE_PHASE_CANCELLED)
			status = cancelled_read(c, e, s->name, &more[i]);
	}
	return (status);
}

static void
summary_json(cJSON *list, const evote_life_summary *s, const struct more *more)
{
	cJSON *object = json_item(list);

	json_text(object, "name", s->name);
	json_text(object, "phase", life_phase(s->phase));
	if (s->start != 0)
		when_add(object, "start", s->start);
	when_json(object, s->end);
	if (more->cancelled_at != 0)
		when_add(object, "cancelled_at", more->cancelled_at);
	json_flag(object, "closed", is_over(s));
	json_text(object, "creator", more->creator);
}

static void
summary_say(struct client *c, cJSON *list, const evote_life_summary *s,
    uint64_t now, const struct more *more, int columns)
{
	char by[NAME_ROOM + 8] = "", padded[2 * NAME_ROOM + 8];
	int unknown =
	    s->phase == EVOTE_PHASE_CANCELLED && more->cancelled_at == 0;
	struct when w = when_at(more->cancelled_at != 0 ? more->cancelled_at
		: s->phase == EVOTE_PHASE_PLANNED	? s->start
							: s->end,
	    now);

	if (more->creator != NULL)
		snprintf(by, sizeof(by), "by %s", life_by(more->creator));
	say_pad(padded, sizeof(padded), by, columns);
	/* Before the name, which may end in anything. */
	say_line(c, "%-9s %-23s  %-20s  %s%s%s", life_phase(s->phase),
	    unknown ? "" : w.utc, unknown ? "" : w.left, padded,
	    columns > 0 ? "  " : "", s->name);
	summary_json(list, s, more);
}

/* One page; returns -1 with *next, or the exit status. */
static int
page_say(struct client *c, struct evote *e, cJSON *list, unsigned *next,
    unsigned *count)
{
	struct more more[EVOTE_PAGE_MAX] = {{0}};
	enum evote_outcome outcome;
	evote_lives_res res;
	int status, columns = 0;
	u_int i, n;

	outcome = evote_lives(e, *next, &res);
	status = say_answer(
	    c, e, outcome, &res.answer, "The elections cannot be shown");
	n = res.elections.elections_len;
	if (status < 0)
		status = more_read(c, e, &res, more, &columns);
	for (i = 0; status < 0 && i < n; i++)
		summary_say(c, list, &res.elections.elections_val[i],
		    evote_now_us(e), &more[i], columns);
	*count += i;
	while (n > 0)
		free(more[--n].creator);
	/* A service that turns in circles must not keep us. */
	*next = res.next > *next ? res.next : 0;
	if (*next != 0)
		evote_within(e, 0);
	xdr_free((xdrproc_t)xdr_evote_lives_res, &res);
	return (status);
}

static int
run_elections(struct client *c, void *own, int argc, char **argv)
{
	cJSON *list;
	struct evote *e;
	unsigned next = 0, count = 0;
	int status;

	if ((status = cmd_open(c, &e)) >= 0)
		return (status);
	list = json_list(c->json, "elections");
	do
		status = page_say(c, e, list, &next, &count);
	while (status < 0 && next != 0);
	if (status < 0) {
		say_clock(e);
		status =
		    say_done(c, "%u election%s", count, count == 1 ? "" : "s");
	}
	evote_close(e);
	return (status);
}

const struct command cmd_elections = {
    .name = "elections",
    .help = "Lists the elections, oldest first, with the time at which each "
	    "closes or was cancelled, or if it is planned, opens, and of "
	    "those that are not over, who created each.",
    .run = run_elections,
};

/* ---- show ---- */

/* What never came, since it was cancelled before that, is only told so. */
static void
options_say(
    struct client *c, const evote_options *options, const evote_life_res *l)
{
	int sheet = ballot_option(options, EVOTE_OPTION_SHEET, 0) != 0;
	int times = ballot_option(options, EVOTE_OPTION_ORDER_SHOWN, 0) != 0;
	int frozen = ballot_option(options, EVOTE_OPTION_FREEZE, 0) != 0;
	int cancelled = l->phase == EVOTE_PHASE_CANCELLED;
	int never = cancelled && !life_opened(l);

	if (sheet)
		say_line(c,
		    "sheet   anybody %s trackers and choices after the close",
		    cancelled ? "was to get" : "gets");
	if (times)
		say_line(c, "times   anybody %s see how many voted when",
		    never ? "was to" : "may");
	if (frozen && never)
		say_line(c, "roll    was to be fixed at the opening");
	else if (frozen)
		say_line(c,
		    "roll    fixed when it %s; later changes do not count",
		    life_opened(l) ? "opened" : "opens");
	json_flag(c->json, "sheet", sheet);
	json_flag(c->json, "frozen", frozen);
	json_flag(c->json, "times_shown", times);
}

static void
times_say(struct client *c, const evote_life_res *l)
{
	struct when start = when_of(l->start), end = when_of(l->end);
	struct when last = when_of(life_last(l));
	int cancelled = l->phase == EVOTE_PHASE_CANCELLED;

	if (l->start != 0)
		say_line(c, "start   %s, which is %s here%s", start.utc,
		    start.local,
		    cancelled && !life_opened(l) ? ", as planned" : "");
	say_line(c, "end     %s, which is %s here%s", end.utc, end.local,
	    cancelled ? ", as planned" : "");
	if (l->grace_s != 0)
		say_line(c,
		    "grace   votes %s taken until %s, from voters who logged "
		    "in before the end, at most an hour before they vote",
		    cancelled				 ? "were to be"
			: l->phase == EVOTE_PHASE_CLOSED ? "were"
							 : "are",
		    last.utc);
	life_changes(c, l);
}

static void
election_json(cJSON *to, const evote_election_res *res,
    const struct ballot_form *form, const evote_life_res *l)
{
	const evote_election *v = &res->election;

	form_json(to, form, v);
	life_json(to, l);
	json_text(to, "name", v->name);
	say_names(to, "groups", v->groups.groups_len, v->groups.groups_val);
	say_names(
	    to, "choices", v->choices.choices_len, v->choices.choices_val);
	when_json(to, l->end);
	json_flag(to, "closed", res->closed);
	json_text(to, "creator", res->creator);
}

static int
election_say(struct client *c, const evote_election_res *res,
    const evote_options *options, const evote_life_res *l, uint64_t now)
{
	const evote_election *v = &res->election;
	struct ballot_form form;
	struct when w = when_at(life_time(l), now);
	char text[NAME_ROOM + 100];
	u_int i;

	for (i = 0; i < v->groups.groups_len; i++)
		say_line(c, "group   %s", v->groups.groups_val[i]);
	for (i = 0; i < v->choices.choices_len; i++)
		say_line(c, "choice  %s", v->choices.choices_val[i]);
	options_say(c, options, l);
	(void)ballot_form(&form, options, v->choices.choices_len);
	form_text(&form, v, text, sizeof(text));
	say_line(c, "ballot  %s", text);
	times_say(c, l);
	election_json(c->json, res, &form, l);
	say_stamp(c, &res->answer.stamp);
	return (say_done(c,
	    "Election \"%s\", created by %s, %s at %s, which is %s here, %s",
	    v->name, life_by(res->creator), life_verb(l, now), w.utc, w.local,
	    w.left));
}

/* With what it asks of a ballot, and how its life is. */
static int
show(struct client *c, struct evote *e, const char *name,
    const evote_election_res *res)
{
	evote_options_res options;
	evote_life_res life = {0};
	enum evote_outcome outcome = evote_options_of(e, name, &options);
	int status = say_answer(c, e, outcome, &options.answer,
	    "Election \"%s\" cannot be shown", name);

	if (status < 0) {
		outcome = evote_life(e, name, &life);
		status = say_answer(c, e, outcome, &life.answer,
		    "Election \"%s\" cannot be shown", name);
	}
	if (status < 0) {
		say_clock(e);
		status = election_say(
		    c, res, &options.options, &life, evote_now_us(e));
	}
	xdr_free((xdrproc_t)xdr_evote_options_res, &options);
	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	return (status);
}

static int
run_show(struct client *c, void *own, int argc, char **argv)
{
	enum evote_outcome outcome;
	evote_election_res res;
	char name[NAME_ROOM];
	struct evote *e;
	int status;

	if ((status = cmd_name(c, ELECTION, argv[0], name)) >= 0 ||
	    (status = cmd_open(c, &e)) >= 0)
		return (status);
	outcome = evote_show(e, name, &res);
	status = say_answer(c, e, outcome, &res.answer,
	    "Election \"%s\" cannot be shown", name);
	if (status < 0)
		status = show(c, e, name, &res);
	xdr_free((xdrproc_t)xdr_evote_election_res, &res);
	evote_close(e);
	return (status);
}

const struct command cmd_show = {
    .name = "show",
    .args = "ELECTION",
    .help = "Shows who may vote in an election, its choices, when it opens and "
	    "closes, and how that was changed.",
    .run = run_show,
};
