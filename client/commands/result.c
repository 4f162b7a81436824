#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/chart.h"
#include "client/cmd.h"
#include "client/form.h"
#include "client/json.h"
#include "client/life.h"
#include "client/proved.h"
#include "client/ranking.h"
#include "client/roll/csv.h"
#include "client/say.h"
#include "client/tally.h"
#include "client/when.h"
#include "common/need.h"
#include "common/text.h"

#define BAR_MAX 79 /* columns */
#define BAR_MIN 10
#define OUTCOME (TALLY_TEXT + 160)

/* What the service says of a closed election. */
struct outcome {
	const char *name;
	evote_result_res res;
	struct ballot_form form;
	evote_pairs_res pairs; /* of ballots */
	struct ranking ranking;
	evote_life_res life;
};

static unsigned
rank_of(const struct outcome *o, u_int i)
{
	return (o->form.kind == BALLOT_RANKED ? ranking_place(&o->ranking, i)
					      : tally_rank(&o->res, i));
}

static unsigned
leaders(const struct outcome *o)
{
	u_int first;

	return (o->form.kind == BALLOT_RANKED ? ranking_leaders(&o->ranking)
					      : tally_leaders(&o->res, &first));
}

/* ---- for programs ---- */

static void
counts_json(struct client *c, const struct outcome *o)
{
	const evote_result_res *res = &o->res;
	cJSON *list = json_list(c->json, "counts"), *count;
	u_int i;

	for (i = 0; i < res->counts.counts_len; i++) {
		count = json_item(list);
		json_text(count, "choice", res->counts.counts_val[i].choice);
		json_number(count, "votes", res->counts.counts_val[i].votes);
		json_number(count, "rank", rank_of(o, i));
	}
	json_number(c->json, "votes", res->votes);
	json_number(c->json, "eligible", res->eligible);
	json_number(c->json, "turnout", tally_turnout(res));
	json_flag(c->json, "tie", leaders(o) > 1);
	json_number(c->json, "blank", o->pairs.blank);
	if (o->form.kind == BALLOT_RANKED)
		ranking_json(c->json, &o->ranking);
	when_json(c->json, res->end);
}

static void
csv_text(const char *text)
{
	char field[CSV_FIELD];

	csv_write(field, sizeof(field), text);
	fputs(field, stdout);
}

/* A column for each choice. */
static void
titles_csv(const struct outcome *o, const char *what)
{
	char title[EVOTE_NAME_MAX + 24];
	u_int i;

	for (i = 0; i < o->res.counts.counts_len; i++) {
		snprintf(title, sizeof(title), "%s %s", what,
		    o->res.counts.counts_val[i].choice);
		putchar(',');
		csv_text(title);
	}
}

/*
 * Of ballots: how many are blank, on how many each choice is preferred, and how
 * strong the paths are, which decide.
 */
static void
head_csv(const struct outcome *o)
{
	fputs("election,choice,votes,rank,voted,eligible,end", stdout);
	if (o->form.kind != BALLOT_CHOICE)
		fputs(",blank", stdout);
	if (o->form.kind == BALLOT_RANKED) {
		titles_csv(o, "over");
		titles_csv(o, "path to");
		titles_csv(o, "opposing path to");
	}
	fputs("\r\n", stdout);
}

static void
ranking_csv(const struct outcome *o, u_int i)
{
	u_int j, n = o->res.counts.counts_len;
	const struct schulze_path *paths = &o->ranking.schulze.paths[i * n];

	for (j = 0; j < n; j++)
		printf(",%llu",
		    (unsigned long long)o->pairs.pairs.pairs_val[i * n + j]);
	for (j = 0; j < n; j++)
		printf(",%llu", (unsigned long long)paths[j].votes);
	for (j = 0; j < n; j++)
		printf(",%llu", (unsigned long long)paths[j].opposing);
}

static void
row_csv(const struct outcome *o, u_int i)
{
	const evote_result_res *res = &o->res;
	struct when w = when_of(res->end);

	csv_text(o->name);
	putchar(',');
	csv_text(res->counts.counts_val[i].choice);
	printf(",%llu,%u,%llu,%llu,%s",
	    (unsigned long long)res->counts.counts_val[i].votes, rank_of(o, i),
	    (unsigned long long)res->votes, (unsigned long long)res->eligible,
	    w.rfc3339);
	if (o->form.kind != BALLOT_CHOICE)
		printf(",%llu", (unsigned long long)o->pairs.blank);
	if (o->form.kind == BALLOT_RANKED)
		ranking_csv(o, i);
	fputs("\r\n", stdout);
}

/*
 * One row a choice; what is the same for all of them stands in each.  Without
 * the mark in front some spreadsheets do not take it for UTF-8.
 */
static int
counts_csv(const struct outcome *o)
{
	u_int i;

	fputs("\xef\xbb\xbf", stdout);
	head_csv(o);
	for (i = 0; i < o->res.counts.counts_len; i++)
		row_csv(o, i);
	return (EXIT_DONE);
}

/* ---- for people ---- */

/* "1=" for those who share a place. */
static void
count_line(struct client *c, const evote_result_res *res, u_int i, int columns)
{
	const evote_count *count = &res->counts.counts_val[i];
	char choice[SAY_PADDED], rank[TALLY_LABEL], bar[4 * BAR_MAX + 4] = "";
	int room = 79 - columns - 28;
	u_int first = 0;

	if (isatty(STDOUT_FILENO) && tally_leaders(res, &first) > 0)
		chart_bar(bar, sizeof(bar), count->votes,
		    res->counts.counts_val[first].votes,
		    room < BAR_MIN ? BAR_MIN : room);

	say_pad(choice, sizeof(choice), count->choice, columns);
	tally_label(res, i, rank);
	say_line(c, "%-4s %s %10llu  %5.1f %%%s%s", rank, choice,
	    (unsigned long long)count->votes,
	    res->votes == 0 ? 0
			    : 100 * (double)count->votes / (double)res->votes,
	    bar[0] != '\0' ? "  " : "", bar);
}

static void
counts_lines(struct client *c, const evote_result_res *res)
{
	int columns = 6;
	u_int i;

	for (i = 0; i < res->counts.counts_len; i++)
		say_widen(&columns, res->counts.counts_val[i].choice);
	for (i = 0; i < res->counts.counts_len; i++)
		count_line(c, res, i, columns);
}

/* Who has won, and who voted: a part of a sentence. */
static void
outcome_text(const struct outcome *o, char *out, size_t size)
{
	const evote_result_res *res = &o->res;
	char winner[TALLY_TEXT], blank[48] = "";

	if (o->form.kind == BALLOT_RANKED)
		ranking_winner(&o->ranking, winner, sizeof(winner));
	else
		tally_winner(
		    res, o->form.kind == BALLOT_PICK, winner, sizeof(winner));
	if (o->pairs.blank > 0)
		snprintf(blank, sizeof(blank), ", %llu of them blank",
		    (unsigned long long)o->pairs.blank);
	snprintf(out, size, "%s; %llu of %llu voter%s voted (%.1f %%)%s",
	    winner, (unsigned long long)res->votes,
	    (unsigned long long)res->eligible, res->eligible == 1 ? "" : "s",
	    100 * tally_turnout(res), blank);
}

static int
result_say(struct client *c, const struct outcome *o, const evote_election *v)
{
	const evote_result_res *res = &o->res;
	char text[OUTCOME];
	struct when w = when_of(life_time(&o->life));

	if (o->form.kind == BALLOT_RANKED)
		ranking_lines(c, &o->ranking);
	else
		counts_lines(c, res);
	outcome_text(o, text, sizeof(text));
	form_json(c->json, &o->form, v);
	life_changes(c, &o->life);
	life_changes_json(c->json, &o->life);
	counts_json(c, o);
	say_stamp(c, &res->answer.stamp);
	return (say_done(c, "Election \"%s\", closed %s, which is %s here: %s",
	    o->name, w.utc, w.local, text));
}

/* Bars of rankings are not what has decided, so that is said. */
static const char *
note_of(const struct outcome *o)
{
	if (o->form.kind != BALLOT_RANKED)
		return (NULL);
	return (o->form.none < o->form.choices
		? "Bars: ballots on which it is first. Placed by the Schulze "
		  "method; -: does not defeat the default option"
		: "Bars: ballots on which it is first. Placed by the Schulze "
		  "method");
}

static int
result_svg(const struct outcome *o)
{
	const evote_result_res *res = &o->res;
	struct chart h = {.title = o->name, .note = note_of(o), .res = res};
	struct when w = when_of(life_time(&o->life));
	char foot[OUTCOME + 80], text[OUTCOME];
	u_int i;

	for (i = 0; i < res->counts.counts_len && i < EVOTE_CHOICES_MAX; i++)
		if (o->form.kind == BALLOT_RANKED)
			ranking_label(&o->ranking, i, h.places[i]);
		else
			tally_label(res, i, h.places[i]);
	outcome_text(o, text, sizeof(text));
	snprintf(foot, sizeof(foot), "Closed %s: %s", w.utc, text);
	h.foot = foot;
	chart_svg(stdout, &h);
	return (EXIT_DONE);
}

static int
refusal_say(struct client *c, struct evote *e, const char *election,
    const evote_result_res *res)
{
	uint64_t now = evote_now_us(e);
	struct when w = when_at(res->end, now);
	int status =
	    life_refused(c, e, election, &res->answer, "There is no result");

	if (status >= 0)
		return (status);
	say_clock(e);
	if (res->answer.reason == EVOTE_R_ONGOING && res->end > now)
		return (say_refused(c, &res->answer,
		    "There is no result of \"%s\" before %s, which is %s here, "
		    "%s",
		    election, w.utc, w.local, w.left));
	if (res->answer.reason == EVOTE_R_ONGOING && res->end != 0)
		return (say_refused_so(c, &res->answer,
		    "\"%s\" ended at %s, but no host has closed it yet. Run "
		    "the command again in a minute; if that does not help, "
		    "tell the operators",
		    election, w.utc));
	return (say_refused(
	    c, &res->answer, "There is no result of \"%s\"", election));
}

struct form_chosen {
	int csv, svg;
};

static const struct option_row form_options[] = {
    {"csv", NULL, "print a table for spreadsheets",
	.at = offsetof(struct form_chosen, csv)},
    {"svg", NULL, "print a bar chart, as an SVG image",
	.at = offsetof(struct form_chosen, svg)},
    {0},
};

/* The names of the choices, as form.h takes them. */
static evote_election
choices_of(const struct outcome *o, evote_name names[EVOTE_CHOICES_MAX])
{
	u_int i, n = o->res.counts.counts_len;

	for (i = 0; i < n; i++)
		names[i] = o->res.counts.counts_val[i].choice;
	return ((evote_election){.choices = {n, names}});
}

/* What kind of ballots there were, and what else they say; a step. */
static int
ballots_fetch(struct client *c, struct evote *e, struct outcome *o)
{
	enum evote_outcome outcome;
	evote_answer answer;

	outcome =
	    form_fetch(e, o->name, o->res.counts.counts_len, &o->form, &answer);
	if (outcome == EVOTE_ANSWERED && answer.code == 0 &&
	    o->form.kind != BALLOT_CHOICE) {
		outcome = evote_pairs(e, o->name, &o->pairs);
		answer.code = o->pairs.answer.code;
		answer.reason = o->pairs.answer.reason;
	}
	if (outcome != EVOTE_ANSWERED || answer.code != 0)
		return (say_answer(c, e, outcome, &answer,
		    "The result of \"%s\" is not known", o->name));
	if (o->form.kind == BALLOT_RANKED &&
	    ranking_count(&o->ranking, &o->form, &o->res, &o->pairs) != 0)
		return (say_problem(c,
		    "the service's answers contradict each other; tell the "
		    "operators",
		    EVOTE_FAILED, "The result of \"%s\" is not known",
		    o->name));
	return (-1);
}

/* The chart is of first places, for rankings: how these decide is none. */
static int
closed_say(struct client *c, struct evote *e, struct outcome *o,
    const struct form_chosen *form)
{
	evote_name names[EVOTE_CHOICES_MAX];
	evote_election v = choices_of(o, names);
	enum evote_outcome outcome;
	int status = ballots_fetch(c, e, o);

	if (status < 0) {
		outcome = evote_life(e, o->name, &o->life);
		status = say_answer(c, e, outcome, &o->life.answer,
		    "The result of \"%s\" is not known", o->name);
	}
	if (status >= 0 || (status = proved_continues(c, e)) >= 0)
		return (status);
	if (form->svg)
		return (result_svg(o));
	return (form->csv ? counts_csv(o) : result_say(c, o, &v));
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	const struct form_chosen *form = own;
	enum evote_outcome outcome;
	char election[NAME_ROOM];
	struct outcome *o;
	struct evote *e;
	int status;

	if (form->csv + form->svg + (c->json != NULL) > 1)
		return (say_usage(c, "either --csv, --svg or --json"));
	if ((status = cmd_name(c, ELECTION, argv[0], election)) >= 0 ||
	    (status = cmd_open(c, &e)) >= 0)
		return (status);
	o = need_zeroed(1, sizeof(*o));
	o->name = election;
	outcome = evote_result(e, election, &o->res);
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(c, evote_problem(e), outcome,
		    "The result of \"%s\" is not known", election);
	else if (o->res.answer.code != 0)
		status = refusal_say(c, e, election, &o->res);
	else
		status = closed_say(c, e, o, form);
	xdr_free((xdrproc_t)xdr_evote_result_res, &o->res);
	xdr_free((xdrproc_t)xdr_evote_pairs_res, &o->pairs);
	xdr_free((xdrproc_t)xdr_evote_life_res, &o->life);
	free(o);
	evote_close(e);
	return (status);
}

const struct command cmd_result = {
    .name = "result",
    .args = "ELECTION",
    .help = "Shows how an election ended: counts, places (1= is shared), "
	    "turnout; of rankings also the pairs and how they decide.",
    .size = sizeof(struct form_chosen),
    .options = form_options,
    .run = run,
};
