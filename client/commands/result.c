#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/chart.h"
#include "client/cmd.h"
#include "client/roll/csv.h"
#include "client/say.h"
#include "client/tally.h"
#include "client/when.h"
#include "common/date.h"
#include "common/text.h"

#define PADDED	(EVOTE_NAME_MAX * 2 + 1)
#define BAR_MAX 79 /* columns */
#define BAR_MIN 10

/* ---- for programs ---- */

static void
counts_json(struct client *c, const evote_result_res *res)
{
	cJSON *list, *count;
	u_int i, first;

	if (c->json == NULL)
		return;
	list = cJSON_AddArrayToObject(c->json, "counts");
	for (i = 0; i < res->counts.counts_len; i++) {
		count = cJSON_CreateObject();
		cJSON_AddStringToObject(
		    count, "choice", res->counts.counts_val[i].choice);
		cJSON_AddNumberToObject(
		    count, "votes", (double)res->counts.counts_val[i].votes);
		cJSON_AddNumberToObject(count, "rank", tally_rank(res, i));
		cJSON_AddItemToArray(list, count);
	}
	cJSON_AddNumberToObject(c->json, "votes", (double)res->votes);
	cJSON_AddNumberToObject(c->json, "eligible", (double)res->eligible);
	cJSON_AddNumberToObject(c->json, "turnout", tally_turnout(res));
	cJSON_AddBoolToObject(c->json, "tie", tally_leaders(res, &first) > 1);
	when_json(c->json, res->end);
}

static void
csv_text(const char *text)
{
	char field[CSV_FIELD];

	csv_write(field, sizeof(field), text);
	fputs(field, stdout);
}

/*
 * One row a choice; what is the same for all of them stands in each.  Without
 * the mark in front some spreadsheets do not take it for UTF-8.
 */
static int
counts_csv(const char *election, const evote_result_res *res)
{
	struct when w = when_of(res->end);
	u_int i;

	fputs("\xef\xbb\xbf"
	      "election,choice,votes,rank,voted,eligible,end\r\n",
	    stdout);
	for (i = 0; i < res->counts.counts_len; i++) {
		csv_text(election);
		putchar(',');
		csv_text(res->counts.counts_val[i].choice);
		printf(",%llu,%u,%llu,%llu,%s\r\n",
		    (unsigned long long)res->counts.counts_val[i].votes,
		    tally_rank(res, i), (unsigned long long)res->votes,
		    (unsigned long long)res->eligible, w.rfc3339);
	}
	return (EXIT_DONE);
}

/* ---- for people ---- */

/* "1=" for those who share a place. */
static void
count_line(struct client *c, const evote_result_res *res, u_int i, int columns)
{
	const evote_count *count = &res->counts.counts_val[i];
	char choice[PADDED], rank[16], bar[4 * BAR_MAX + 4] = "";
	int room = 79 - columns - 28;
	u_int first = 0;

	if (isatty(STDOUT_FILENO) && tally_leaders(res, &first) > 0)
		chart_bar(bar, sizeof(bar), count->votes,
		    res->counts.counts_val[first].votes,
		    room < BAR_MIN ? BAR_MIN : room);

	say_pad(choice, sizeof(choice), count->choice, columns);
	snprintf(rank, sizeof(rank), "%u%s", tally_rank(res, i),
	    tally_tied(res, i) ? "=" : "");
	say_line(c, "%-4s %s %10llu  %5.1f %%%s%s", rank, choice,
	    (unsigned long long)count->votes,
	    res->votes == 0 ? 0
			    : 100 * (double)count->votes / (double)res->votes,
	    bar[0] != '\0' ? "  " : "", bar);
}

/* Who came first, or that this is not decided. */
static void
leaders_text(const evote_result_res *res, char *out, size_t size)
{
	u_int first = 0, n = tally_leaders(res, &first);
	const evote_count *count = &res->counts.counts_val[first];

	if (n == 0)
		snprintf(out, size, "no votes were cast");
	else if (n == 1)
		snprintf(out, size, "\"%s\" has the most votes, %llu",
		    count->choice, (unsigned long long)count->votes);
	else
		snprintf(out, size,
		    "a TIE, %u choices have the most votes, %llu each", n,
		    (unsigned long long)count->votes);
}

static int
result_say(struct client *c, const char *election, const evote_result_res *res)
{
	int columns = 6;
	char leaders[EVOTE_NAME_MAX + 80];
	struct when w = when_of(res->end);
	u_int i;

	for (i = 0; i < res->counts.counts_len; i++)
		say_widen(&columns, res->counts.counts_val[i].choice);
	for (i = 0; i < res->counts.counts_len; i++)
		count_line(c, res, i, columns);
	counts_json(c, res);
	say_stamp(c, &res->answer.stamp);
	leaders_text(res, leaders, sizeof(leaders));
	return (say_done(c,
	    "Election \"%s\", closed %s, which is %s here: %s; %llu of %llu "
	    "voters voted (%.1f %%)",
	    election, w.utc, w.local, leaders, (unsigned long long)res->votes,
	    (unsigned long long)res->eligible, 100 * tally_turnout(res)));
}

static int
result_svg(const char *election, const evote_result_res *res)
{
	char foot[EVOTE_NAME_MAX + 300], leaders[EVOTE_NAME_MAX + 80];
	struct when w = when_of(res->end);

	leaders_text(res, leaders, sizeof(leaders));
	snprintf(foot, sizeof(foot),
	    "Closed %s: %s; %llu of %llu voters voted (%.1f %%)", w.utc,
	    leaders, (unsigned long long)res->votes,
	    (unsigned long long)res->eligible, 100 * tally_turnout(res));
	chart_svg(stdout, election, foot, res);
	return (EXIT_DONE);
}

static int
refusal_say(struct client *c, const char *election, const evote_result_res *res)
{
	struct when w = when_of(res->end);

	if (res->answer.reason == EVOTE_R_ONGOING && res->end > date_now_us())
		return (say_refused(c, &res->answer,
		    "There is no result of \"%s\" before %s, which is %s here, "
		    "%s",
		    election, w.utc, w.local, w.left));
	if (res->answer.reason == EVOTE_R_ONGOING && res->end != 0)
		return (say_refused(c, &res->answer,
		    "The service has not closed \"%s\" yet, which ended at %s",
		    election, w.utc));
	return (say_refused(
	    c, &res->answer, "There is no result of \"%s\"", election));
}

struct form {
	int csv, svg;
};

static const struct option_row form_options[] = {
    {"csv", NULL, "print a table for spreadsheets",
	.at = offsetof(struct form, csv)},
    {"svg", NULL, "print a bar chart, as an SVG image",
	.at = offsetof(struct form, svg)},
    {0},
};

static int
run(struct client *c, void *own, int argc, char **argv)
{
	const struct form *form = own;
	enum evote_outcome outcome;
	evote_result_res res;
	char election[NAME_ROOM];
	struct evote *e;
	int status;

	if (form->csv + form->svg + (c->json != NULL) > 1)
		return (say_usage(c, "either --csv, --svg or --json"));
	if ((status = cmd_name(c, ELECTION, argv[0], election)) >= 0 ||
	    (status = cmd_open(c, &e)) >= 0)
		return (status);
	outcome = evote_result(e, election, &res);
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(c, evote_problem(e), outcome,
		    "The result of \"%s\" is not known", election);
	else if (res.answer.code != 0)
		status = refusal_say(c, election, &res);
	else if (form->csv)
		status = counts_csv(election, &res);
	else if (form->svg)
		status = result_svg(election, &res);
	else
		status = result_say(c, election, &res);
	xdr_free((xdrproc_t)xdr_evote_result_res, &res);
	evote_close(e);
	return (status);
}

const struct command cmd_result = {
    .name = "result",
    .args = "ELECTION",
    .help = "Shows how an election ended: counts, places (1= is shared), "
	    "turnout.",
    .size = sizeof(struct form),
    .options = form_options,
    .run = run,
};
