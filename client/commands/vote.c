#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/commands/vote_say.h"
#include "client/form.h"
#include "client/paper.h"
#include "client/prompt.h"
#include "client/say.h"
#include "common/text.h"

#define NAME_WORDS 8 /* that a name is looked for in */

struct given {
	int blank;
	int n;
	char **choices;
};

/* The voter is asked on a terminal. */
static int
is_asked(const struct given *g)
{
	return (g->n == 0 && !g->blank && isatty(STDIN_FILENO));
}

/*
 * A vote for one choice, which is judged here if it may be: one that was kept
 * is sent again, whatever is written now.
 */
static int
choice_vote(struct client *c, struct evote *e, const char *election,
    const char *given, int judged)
{
	char choice[NAME_ROOM], *word = choice;
	enum evote_outcome outcome;
	evote_answer answer;
	int status = cmd_name(c, "choice", given, choice);

	if (status < 0 && judged && evote_kept_here(e, election) == 0)
		status = paper_judge_choice(c, e, election, 1, &word);
	if (status >= 0)
		return (status);
	outcome = evote_vote(e, election, choice, &answer);
	say_clock(e);
	status = vote_outcome_say(c, e, election, outcome, &answer);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

/*
 * The same when none was given.  A choice stays out of the command line, where
 * others and the shell's history see it, unless the voter puts it there.
 */
static int
choice_asked(struct client *c, struct evote *e, const char *election,
    const struct given *g)
{
	struct paper p;
	char *line;
	int status;

	if (is_asked(g)) {
		if ((status = paper_fetch(c, e, election, &p)) < 0 &&
		    (status = paper_ask(c, e, &p)) < 0) {
			evote_within(e, 0);
			status =
			    choice_vote(c, e, election, paper_choice(&p), 0);
		}
		paper_clear(&p);
		return (status);
	}
	if ((line = prompt_line()) == NULL)
		return (say_usage(c,
		    "standard input has no choice; write one there, or name it "
		    "after the election"));
	if (prompt_ended()) {
		evote_within(e, 0);
		status = choice_vote(c, e, election, line, 1);
	} else
		status = say_usage(c,
		    "No vote was sent: standard input has more than one line, "
		    "and this election takes one choice");
	free(line);
	return (status);
}

/* The same of a ballot. */
static int
ballot_vote(struct client *c, struct evote *e, const char *election,
    const struct given *g)
{
	enum evote_outcome outcome;
	evote_answer answer;
	struct paper p;
	int status = paper_fetch(c, e, election, &p);

	if (status < 0 && is_asked(g))
		status = paper_ask(c, e, &p);
	else if (status < 0 && g->n == 0 && !g->blank)
		status = paper_input(c, &p);
	else if (status < 0)
		status = paper_read(c, &p, g->n, g->choices);
	if (g->n == 0 && !g->blank)
		evote_within(e, 0);
	if (status < 0 && (status = paper_judge(c, &p)) < 0) {
		outcome = evote_cast(
		    e, election, &p.show.election, &p.ranks, &answer);
		say_clock(e);
		status = vote_outcome_say(c, e, election, outcome, &answer);
		xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	}
	paper_clear(&p);
	return (status);
}

/* The vote that was kept unanswered, about which nobody is asked again. */
static int
kept_vote(struct client *c, struct evote *e, const char *election)
{
	enum evote_outcome outcome;
	evote_answer answer;
	int status;

	say_aside("An earlier vote in \"%s\" was sent and got no answer. It is "
		  "sent again.",
	    election);
	outcome = evote_vote(e, election, NULL, &answer);
	say_clock(e);
	status = vote_outcome_say(c, e, election, outcome, &answer);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

/*
 * There is no election of that name; perhaps the first words of the choice
 * belong to it, which the shell took apart.  A step.
 */
static int
unquoted_say(struct client *c, struct evote *e, const char *election,
    const struct given *g, const evote_answer *answer)
{
	char joined[NAME_ROOM * 2], name[NAME_ROOM], why[200];
	evote_life_res life;
	int i, found = 0;

	snprintf(joined, sizeof(joined), "%s", election);
	for (i = 0; i < g->n && i < NAME_WORDS && !found; i++) {
		if (strlen(joined) + strlen(g->choices[i]) > EVOTE_NAME_MAX)
			break;
		strcat(strcat(joined, " "), g->choices[i]);
		if (text_tidy(name, EVOTE_NAME_MAX, joined, why, sizeof(why)))
			break;
		found = evote_life(e, name, &life) == EVOTE_ANSWERED &&
		    life.answer.code == 0;
		xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	}
	if (!found)
		return (-1);
	return (say_refused_so(c, answer,
	    "Your vote was NOT sent: there is no election \"%s\", but there is "
	    "\"%s\". Put its whole name in quotes",
	    election, name));
}

/* No vote for one choice can be made of the words. */
static int
unfit_say(struct client *c, struct evote *e, const char *election,
    const struct given *g, evote_answer *answer)
{
	int status = -1;

	if (answer->reason == EVOTE_R_OK) {
		status = paper_judge_choice(c, e, election, g->n, g->choices);
		answer->code = 5;
		answer->reason = EVOTE_R_OTHER_BALLOT;
	}
	return (status >= 0
		? status
		: vote_outcome_say(c, e, election, EVOTE_ANSWERED, answer));
}

/*
 * A single choice can be sent without it to a service that is there: then half
 * of the time is for that.
 */
static enum evote_outcome
kind_ask(struct evote *e, const char *election, const struct given *g,
    struct ballot_form *form, evote_answer *answer)
{
	uint64_t spare_ms = g->n == 1 ? evote_left_ms(e) / 2 : 0;
	enum evote_outcome outcome;

	if (spare_ms == 0)
		return (
		    form_fetch(e, election, EVOTE_CHOICES_MAX, form, answer));
	evote_within(e, evote_left_ms(e) - spare_ms);
	outcome = form_fetch(e, election, EVOTE_CHOICES_MAX, form, answer);
	evote_within(e, evote_left_ms(e) + spare_ms);
	return (outcome == EVOTE_UNANSWERED && evote_served_by(e) == NULL
		? form_fetch(e, election, EVOTE_CHOICES_MAX, form, answer)
		: outcome);
}

static int
vote(struct client *c, struct evote *e, const char *election,
    const struct given *g)
{
	enum evote_outcome outcome;
	struct ballot_form form;
	evote_answer answer;
	int kept = 0, status;

	outcome = is_asked(g) ? evote_kept(e, election, &kept) : EVOTE_ANSWERED;
	if (outcome != EVOTE_ANSWERED)
		return (vote_unasked_say(c, e, election, outcome));
	if (kept) {
		evote_begin(e, election);
		return (kept_vote(c, e, election));
	}
	outcome = kind_ask(e, election, g, &form, &answer);
	/* An election of another kind refuses a single choice. */
	if (outcome == EVOTE_UNANSWERED && g->n == 1 &&
	    evote_served_by(e) != NULL)
		return (choice_vote(c, e, election, g->choices[0], 0));
	if (outcome != EVOTE_ANSWERED)
		return (vote_unasked_say(c, e, election, outcome));
	if (answer.reason == EVOTE_R_NO_ELECTION &&
	    (status = unquoted_say(c, e, election, g, &answer)) >= 0)
		return (status);
	evote_begin(e, election);
	if (form.kind != BALLOT_CHOICE)
		return (ballot_vote(c, e, election, g));
	if (g->blank || g->n > 1)
		return (unfit_say(c, e, election, g, &answer));
	return (g->n > 0 ? choice_vote(c, e, election, g->choices[0], 1)
			 : choice_asked(c, e, election, g));
}

static const struct option_row given_options[] = {
    {"blank", NULL, "cast a blank ballot", .at = offsetof(struct given, blank)},
    {0},
};

static int
run(struct client *c, void *own, int argc, char **argv)
{
	struct given *g = own;
	char election[NAME_ROOM];
	struct evote *e;
	int status;

	g->n = argc - 1;
	g->choices = argv + 1;
	if (g->blank && g->n > 0)
		return (say_usage(c, "either --blank or choices"));
	if (is_asked(g) && !isatty(STDERR_FILENO))
		return (say_usage(c,
		    "no choice is given, and nobody would see the question: "
		    "standard error is not the terminal. Name the choice after "
		    "the election"));
	c->options.earlier = say_earlier;
	if ((status = cmd_name(c, ELECTION, argv[0], election)) >= 0 ||
	    (status = cmd_open_voter(c, 0, &e)) >= 0)
		return (status);
	status = vote(c, e, election, g);
	evote_close(e);
	return (status);
}

const struct command cmd_vote = {
    .name = "vote",
    .args = "ELECTION [CHOICE ...]",
    .help = "Casts a vote: one choice, several, or a ranking such as "
	    "'A > B = C', whichever the election takes (show). Without CHOICE "
	    "it is asked for, or read from standard input.",
    .size = sizeof(struct given),
    .options = given_options,
    .run = run,
};
