#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/form.h"
#include "client/say.h"
#include "client/when.h"
#include "common/date.h"
#include "common/text.h"

/* ---- create ---- */

#define SHEET                                                          \
	". After the close, anybody gets its tally sheet. Tell the "   \
	"voters: each is told a tracker, and finds the choice beside " \
	"it on the sheet; whoever sees a tracker sees the choice"

/* Names given one by one. */
struct names {
	u_int n;
	char texts[EVOTE_CHOICES_MAX][NAME_ROOM];
	evote_name list[EVOTE_CHOICES_MAX];
};
_Static_assert(EVOTE_GROUPS_MAX == EVOTE_CHOICES_MAX, "one room for both");

struct creation {
	evote_terms terms;
	char name[NAME_ROOM];
	struct names groups, choices;
	struct form_given form;
	evote_option options[EVOTE_OPTIONS_MAX];
	const char *end;
	int relative; /* the end is a span from now */
	int empty;    /* groups may be */
	int sheet;    /* is to be published */
	int times;    /* of the votes are shown */
	int freeze;   /* who may vote is fixed */
};

static int
name_take(void *at, const char *value, char *err, size_t errlen)
{
	struct names *names = at;
	char *name, why[200];

	if (names->n == EVOTE_CHOICES_MAX)
		return (text_why(err, errlen, "it is given more than %u times",
		    EVOTE_CHOICES_MAX));
	name = names->texts[names->n];
	names->list[names->n++] = name;
	if (text_tidy(name, EVOTE_NAME_MAX, value, why, sizeof(why)) == 0)
		return (0);
	return (text_why(err, errlen, "the name %s", why));
}

static const struct option_row creation_options[] = {
    {"group", "G", "who may vote", .at = offsetof(struct creation, groups),
	.take = name_take, OPTION_MANY},
    {"choice", "C", "what they may vote for, shown in this order",
	.at = offsetof(struct creation, choices), .take = name_take,
	.use = OPTION_MANY},
    {"end", "TIME", "as 2026-12-01T18:00:00+01:00, or a span such as +90s",
	.at = offsetof(struct creation, end), .use = OPTION_MUST},
    {"publish-sheet", NULL,
	"after the close, anybody gets the tally sheet: each vote's tracker, "
	"which only its voter knows, and its choice",
	.at = offsetof(struct creation, sheet)},
    {"show-times", NULL,
	"anybody may see how many voted when; by default nobody does, since "
	"who is seen to vote when few do may be told apart",
	.at = offsetof(struct creation, times)},
    {"freeze", NULL,
	"who may vote is fixed now; later changes of the roll do not count",
	.at = offsetof(struct creation, freeze)},
    {"pick", "MIN-MAX", "a ballot has so many choices; 0 lets it be blank",
	.at = offsetof(struct creation, form.pick)},
    {"ranked", NULL, "a ballot ranks the choices (Schulze method)",
	.at = offsetof(struct creation, form.ranked)},
    {"none-choice", "C", "the choice that means none of the others",
	.at = offsetof(struct creation, form.none)},
    {"empty-groups", NULL, "the groups may have nobody in them yet",
	.at = offsetof(struct creation, empty)},
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

static int
creation_read(struct client *c, struct creation *n, const char *name)
{
	uint64_t now = date_now_us(), at;
	char err[300];
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
	if (date_parse(n->end, now, &at, err, sizeof(err)) != 0)
		return (say_usage(c, "--end: %s", err));
	n->relative = n->end[0] == '+';
	n->terms.election.end = n->relative ? at - now : at;
	if (n->sheet && (n->form.pick != NULL || n->form.ranked))
		return (say_usage(
		    c, "--publish-sheet does not go with --pick or --ranked"));
	if (n->sheet)
		option_add(n, EVOTE_OPTION_SHEET, 1);
	if ((status = form_take(c, &n->form, &n->terms)) >= 0)
		return (status);
	if (n->times)
		option_add(n, EVOTE_OPTION_ORDER_SHOWN, 1);
	if (n->freeze)
		option_add(n, EVOTE_OPTION_FREEZE, 1);
	return (-1);
}

static int
creation_say(struct client *c, struct evote *e, const struct creation *n,
    enum evote_outcome outcome, const evote_answer *answer)
{
	const evote_election *v = &n->terms.election;
	struct when w = when_at(v->end, evote_now_us(e));
	int status;

	if (v->end != 0)
		when_json(c->json, v->end);
	say_clock(e);
	if (outcome == EVOTE_UNANSWERED)
		return (say_problem(c, evote_problem(e), outcome,
		    "No answer. Election \"%s\" may or may not have been "
		    "created. Run the same command again: it cannot be created "
		    "twice",
		    v->name));
	if (outcome == EVOTE_CHANGED)
		return (say_problem(c, evote_problem(e), outcome,
		    "Do not rely on election \"%s\"", v->name));
	status = say_answer(
	    c, e, outcome, answer, "Election \"%s\" was not created", v->name);
	if (status >= 0)
		return (status);
	say_stamp(c, &answer->stamp);
	return (say_done(c,
	    "Election \"%s\" is open until %s, which is %s here, %s%s", v->name,
	    w.utc, w.local, w.left, n->sheet ? SHEET : ""));
}

/* Nobody may vote there now; whether that was meant. */
static int
empty_ask(struct client *c, const struct creation *n, const evote_groups_res *r)
{
	const evote_election *v = &n->terms.election;
	char line[16] = "";
	u_int i;

	for (i = 0; i < r->empty.empty_len; i++)
		say_aside("Nobody on the roll is in group \"%s\".",
		    r->empty.empty_val[i]);
	if (n->freeze)
		return (say_usage(c,
		    "Election \"%s\" was not created, because nobody could "
		    "vote as one of these groups: with --freeze who may vote "
		    "is fixed when it opens",
		    v->name));
	if (!isatty(STDIN_FILENO))
		return (say_usage(c,
		    "Election \"%s\" was not created, because its groups "
		    "cannot be changed later. Correct them, or add "
		    "--empty-groups if voters will be put there",
		    v->name));
	fprintf(stderr,
	    "The groups of an election cannot be changed. Open it anyway "
	    "(yes/no)? ");
	if (fgets(line, sizeof(line), stdin) != NULL &&
	    strncmp(line, "yes", 3) == 0 && strcspn(line, "\r\n") == 3)
		return (-1);
	return (say_usage(c, "Election \"%s\" was not created", v->name));
}

/* A request that was kept may have been sent: nothing is asked about it. */
static int
groups_check(struct client *c, struct evote *e, const struct creation *n)
{
	const evote_election *v = &n->terms.election;
	enum evote_outcome outcome;
	evote_groups_res res;
	int status = -1;

	if (n->empty || evote_create_kept(e, &n->terms, n->relative) != 0)
		return (-1);
	outcome = evote_empty_groups(e, v, &res);
	if (outcome == EVOTE_UNANSWERED)
		outcome = EVOTE_UNSENT;
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(c, evote_problem(e), outcome,
		    "Election \"%s\" was not created", v->name);
	else if (res.empty.empty_len > 0)
		status = empty_ask(c, n, &res);
	xdr_free((xdrproc_t)xdr_evote_groups_res, &res);
	return (status);
}

static int
run_create(struct client *c, void *own, int argc, char **argv)
{
	struct creation *n = own;
	enum evote_outcome outcome;
	evote_answer answer;
	struct evote *e;
	uint64_t end;
	int status;

	c->options.earlier = say_earlier;
	if ((status = creation_read(c, n, argv[0])) >= 0 ||
	    (status = cmd_open_voter(c, 0, &e)) >= 0)
		return (status);
	end = n->relative ? 0 : n->terms.election.end;
	if ((status = groups_check(c, e, n)) >= 0) {
		evote_close(e);
		return (status);
	}
	outcome = evote_create(e, &n->terms, n->relative, &end, &answer);
	n->terms.election.end = end;
	status = creation_say(c, e, n, outcome, &answer);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	evote_close(e);
	return (status);
}

const struct command cmd_create = {
    .name = "create",
    .args = "ELECTION",
    .help = "Opens an election.",
    .size = sizeof(struct creation),
    .options = creation_options,
    .run = run_create,
};

/* ---- elections ---- */

static void
summary_say(struct client *c, cJSON *list, const evote_summary *s)
{
	cJSON *object = list != NULL ? cJSON_CreateObject() : NULL;
	struct when w = when_of(s->end);

	say_line(c, "%-6s %s  %-20s  %s", s->closed ? "closed" : "open", w.utc,
	    w.left, s->name);
	if (object == NULL)
		return;
	cJSON_AddStringToObject(object, "name", s->name);
	when_json(object, s->end);
	cJSON_AddBoolToObject(object, "closed", s->closed);
	cJSON_AddItemToArray(list, object);
}

/* One page; returns -1 with *next, or the exit status. */
static int
page_say(struct client *c, struct evote *e, cJSON *list, unsigned *next,
    unsigned *count)
{
	enum evote_outcome outcome;
	evote_list_res res;
	int status;
	u_int i;

	outcome = evote_list(e, *next, &res);
	status = say_answer(
	    c, e, outcome, &res.answer, "The elections cannot be shown");
	for (i = 0; status < 0 && i < res.elections.elections_len; i++)
		summary_say(c, list, &res.elections.elections_val[i]);
	*count += i;
	/* A service that turns in circles must not keep us. */
	*next = res.next > *next ? res.next : 0;
	xdr_free((xdrproc_t)xdr_evote_list_res, &res);
	return (status);
}

static int
run_elections(struct client *c, void *own, int argc, char **argv)
{
	cJSON *list = NULL;
	struct evote *e;
	unsigned next = 0, count = 0;
	int status;

	if ((status = cmd_open(c, &e)) >= 0)
		return (status);
	if (c->json != NULL)
		list = cJSON_AddArrayToObject(c->json, "elections");
	do
		status = page_say(c, e, list, &next, &count);
	while (status < 0 && next != 0);
	if (status < 0)
		status =
		    say_done(c, "%u election%s", count, count == 1 ? "" : "s");
	evote_close(e);
	return (status);
}

const struct command cmd_elections = {
    .name = "elections",
    .help = "Lists the elections, oldest first.",
    .run = run_elections,
};

/* ---- show ---- */

/* An older host knows no options, and there are none then. */
static void
options_say(struct client *c, struct evote *e, const char *election)
{
	evote_options_res res;
	int sheet = 0, frozen = 0, times = 0;

	if (evote_options_of(e, election, &res) == EVOTE_ANSWERED) {
		sheet = ballot_option(&res.options, EVOTE_OPTION_SHEET, 0) != 0;
		times = ballot_option(
			    &res.options, EVOTE_OPTION_ORDER_SHOWN, 0) != 0;
		frozen =
		    ballot_option(&res.options, EVOTE_OPTION_FREEZE, 0) != 0;
	}
	xdr_free((xdrproc_t)xdr_evote_options_res, &res);
	if (sheet)
		say_line(c,
		    "sheet   anybody gets trackers and choices after "
		    "the close");
	if (times)
		say_line(c, "times   anybody may see how many voted when");
	if (frozen)
		say_line(c,
		    "roll    fixed when it opened; later changes do not count");
	if (c->json == NULL)
		return;
	cJSON_AddBoolToObject(c->json, "sheet", sheet);
	cJSON_AddBoolToObject(c->json, "frozen", frozen);
	cJSON_AddBoolToObject(c->json, "times_shown", times);
}

static int
election_say(struct client *c, struct evote *e, const evote_election_res *res,
    const struct ballot_form *form)
{
	const evote_election *v = &res->election;
	struct when w = when_of(v->end);
	char text[NAME_ROOM + 100];
	u_int i;

	for (i = 0; i < v->groups.groups_len; i++)
		say_line(c, "group   %s", v->groups.groups_val[i]);
	for (i = 0; i < v->choices.choices_len; i++)
		say_line(c, "choice  %s", v->choices.choices_val[i]);
	options_say(c, e, v->name);
	form_text(form, v, text, sizeof(text));
	say_line(c, "ballot  %s", text);
	form_json(c->json, form, v);
	if (c->json != NULL) {
		cJSON_AddStringToObject(c->json, "name", v->name);
		say_names(c->json, "groups", v->groups.groups_len,
		    v->groups.groups_val);
		say_names(c->json, "choices", v->choices.choices_len,
		    v->choices.choices_val);
		when_json(c->json, v->end);
		cJSON_AddBoolToObject(c->json, "closed", res->closed);
		cJSON_AddStringToObject(c->json, "creator", res->creator);
	}
	say_stamp(c, &res->answer.stamp);
	return (say_done(c,
	    "Election \"%s\", created by %s, %s at %s, which is %s here, %s",
	    v->name, res->creator, res->closed ? "closed" : "closes", w.utc,
	    w.local, w.left));
}

/* With what it asks of a ballot. */
static int
show(struct client *c, struct evote *e, const char *name,
    const evote_election_res *res)
{
	struct ballot_form form;
	evote_answer answer;
	enum evote_outcome outcome = form_fetch(
	    e, name, res->election.choices.choices_len, &form, &answer);
	int status = say_answer(
	    c, e, outcome, &answer, "Election \"%s\" cannot be shown", name);

	return (status < 0 ? election_say(c, e, res, &form) : status);
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
    .help = "Shows who may vote in an election, its choices and its end.",
    .run = run_show,
};
