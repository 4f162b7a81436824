#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/json.h"
#include "client/lib/recount.h"
#include "client/life.h"
#include "client/proved.h"
#include "client/say.h"
#include "common/need.h"
#include "common/tracker.h"

/* The whole sheet of an election, in the service's order. */
struct lines {
	evote_sheet_line *list;
	uint32_t n;
};

static void
lines_clear(struct lines *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		free(l->list[i].choice);
	free(l->list);
}

/* The lines become ours. */
static void
page_take(struct lines *l, evote_sheet_res *res)
{
	for (u_int i = 0; i < res->lines.lines_len; i++) {
		l->list = need_room(l->list, l->n, sizeof(*l->list));
		l->list[l->n++] = res->lines.lines_val[i];
		res->lines.lines_val[i].choice = NULL;
	}
	free(res->lines.lines_val);
	res->lines.lines_val = NULL;
	res->lines.lines_len = 0;
}

static int
sheet_read(
    struct client *c, struct evote *e, const char *election, struct lines *l)
{
	enum evote_outcome outcome;
	evote_sheet_res res;
	uint64_t from = 0;
	int status;

	do {
		outcome = evote_sheet(e, election, from, &res);
		if (outcome != EVOTE_ANSWERED ||
		    (status = life_refused(c, e, election, &res.answer,
			 "There is no tally sheet")) < 0)
			status = say_answer(c, e, outcome, &res.answer,
			    outcome == EVOTE_ANSWERED
				? "There is no tally sheet of \"%s\""
				: "The tally sheet of \"%s\" was not read",
			    election);
		if (status < 0)
			page_take(l, &res);
		/* A service that turns in circles must not keep us. */
		from = res.next > from ? res.next : 0;
		if (from != 0)
			evote_within(e, 0);
		xdr_free((xdrproc_t)xdr_evote_sheet_res, &res);
	} while (status < 0 && from != 0);
	return (status);
}

/* ---- whether it is what it should be ---- */

static int
wrong(struct client *c, const char *election, const char *problem)
{
	return (say_problem(c, problem, EVOTE_CHANGED,
	    "The tally sheet of \"%s\" does not hold, and the service cannot "
	    "be trusted. Keep what it printed, and your receipt if you voted, "
	    "and tell the operators",
	    election));
}

/* mine NULL: the voter's own line was not looked for, because of `why`. */
static void
own_say(struct client *c, const char *why, const evote_sheet_line *mine,
    char *out, size_t size)
{
	char text[TRACKER_TEXT];

	json_flag(c->json, "own_checked", mine != NULL);
	if (mine == NULL) {
		json_text(c->json, "own_problem", why);
		snprintf(
		    out, size, ". Your own vote was not looked for: %s", why);
		return;
	}
	json_text(c->json, "choice", mine->choice);
	tracker_text(text, mine->tracker);
	snprintf(out, size,
	    ". Your own line is %s, with the choice that you sent. Whoever "
	    "learns that tracker learns your choice",
	    text);
}

static int
lines_check(struct client *c, struct evote *e, const struct recount *r,
    char *out, size_t size)
{
	char text[TRACKER_TEXT], problem[600];
	const evote_sheet_line *mine;

	if (r->own != NULL) {
		tracker_text(text, r->own->tracker);
		json_text(c->json, "tracker", text);
	}
	if (recount_check(r, &mine, problem, sizeof(problem)) != 0)
		return (wrong(c, r->election, problem));
	own_say(c, evote_problem(e), mine, out, size);
	return (-1);
}

static int
sheet_check(struct client *c, struct evote *e, const char *election,
    const struct lines *l, char *out, size_t size)
{
	evote_result_res res;
	enum evote_outcome outcome = evote_result(e, election, &res);
	struct recount r = {election, l->list, l->n, &res, NULL};
	struct evote_own own;
	int status = say_answer(c, e, outcome, &res.answer,
	    "The result of \"%s\" is not known", election);

	if (status < 0) {
		say_stamp(c, &res.answer.stamp);
		if (evote_own_vote(e, election, &own))
			r.own = &own;
		status = lines_check(c, e, &r, out, size);
	}
	xdr_free((xdrproc_t)xdr_evote_result_res, &res);
	return (status);
}

/* ---- what it says ---- */

static void
lines_say(struct client *c, const struct lines *l)
{
	cJSON *list = json_list(c->json, "lines"), *one;
	char text[TRACKER_TEXT];

	for (uint32_t i = 0; i < l->n; i++) {
		tracker_text(text, l->list[i].tracker);
		say_line(c, "%s\t%s", text, l->list[i].choice);
		one = json_item(list);
		json_text(one, "tracker", text);
		json_text(one, "choice", l->list[i].choice);
	}
}

/* Standard output has the lines alone. */
static int
done_say(struct client *c, uint32_t n, const char *own)
{
	const char *s = n == 1 ? "" : "s";

	if (c->json != NULL)
		return (say_done(
		    c, "%u vote%s, as `result` counts them%s", n, s, own));
	say_aside("%u vote%s, as `result` counts them%s.", n, s, own);
	return (EXIT_DONE);
}

static int
sheet_say(struct client *c, struct evote *e, const char *election)
{
	struct lines l = {0};
	char own[PATH_MAX + 600];
	int status;

	if ((status = sheet_read(c, e, election, &l)) < 0 &&
	    (status = proved_continues(c, e)) < 0) {
		lines_say(c, &l);
		status = sheet_check(c, e, election, &l, own, sizeof(own));
	}
	if (status < 0)
		status = done_say(c, l.n, own);
	lines_clear(&l);
	return (status);
}

static int
run(struct client *c, void *unused, int argc, char **argv)
{
	char election[NAME_ROOM];
	struct evote *e;
	int status;

	if ((status = cmd_name(c, ELECTION, argv[0], election)) >= 0 ||
	    (status = c->options.voter != NULL ? cmd_open_voter(c, 1, &e)
					       : cmd_open(c, &e)) >= 0)
		return (status);
	status = sheet_say(c, e, election);
	evote_close(e);
	return (status);
}

const struct command cmd_sheet = {
    .name = "sheet",
    .args = "ELECTION",
    .help = "Prints the tally sheet after the close: a tracker, a tab and a "
	    "choice for each vote. Checks that it has the result's counts, "
	    "and the voter's own vote if that was sent from here.",
    .run = run,
};
