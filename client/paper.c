#include "client/paper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/form.h"
#include "client/lib/reason.h"
#include "client/life.h"
#include "client/prompt.h"
#include "client/say.h"
#include "client/when.h"
#include "common/text.h"

#define ASK_TIMES 3
#define TEXT	  2048

/* ---- the paper ---- */

/* Whatever the service answered that way: no vote was sent. */
static int
refuse(struct client *c, const struct paper *p, int code, evote_reason reason)
{
	evote_answer answer = p->show.answer;
	const char *name = p->show.election.name;

	answer.code = code;
	answer.reason = reason;
	if (p->marks.what[0] != '\0')
		return (say_refused(c, &answer,
		    "No vote was sent for \"%s\", because of \"%s\"", name,
		    p->marks.what));
	return (say_refused(c, &answer, "No vote was sent for \"%s\"", name));
}

/* What was only to be asked cannot be in doubt. */
static enum evote_outcome
unsent(enum evote_outcome outcome)
{
	return (outcome == EVOTE_UNANSWERED ? EVOTE_UNSENT : outcome);
}

/* Whether that election takes votes now, as far as the service tells. */
static int
paper_open(struct client *c, struct evote *e, const evote_election_res *show)
{
	const char *name = show->election.name;
	evote_life_res life;
	enum evote_outcome outcome = unsent(evote_life(e, name, &life));
	int status = say_answer(
	    c, e, outcome, &life.answer, "No vote was sent for \"%s\"", name);

	if (status < 0 && life.phase != EVOTE_PHASE_OPEN) {
		life.answer.code = 2;
		life.answer.reason = life_shut(life.phase);
		status =
		    life_refused(c, e, name, &life.answer, "No vote was sent");
		if (status < 0)
			status = say_refused(c, &life.answer,
			    "No vote was sent for \"%s\"", name);
	}
	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	return (status);
}

int
paper_fetch(
    struct client *c, struct evote *e, const char *election, struct paper *p)
{
	enum evote_outcome outcome;
	evote_answer answer;
	int status;

	memset(p, 0, sizeof(*p));
	p->marks.election = &p->show.election;
	outcome = unsent(evote_show(e, election, &p->show));
	if ((status = say_answer(c, e, outcome, &p->show.answer,
		 "No vote was sent for \"%s\"", election)) >= 0)
		return (status);
	if (p->show.closed && (status = paper_open(c, e, &p->show)) >= 0)
		return (status);
	outcome = unsent(form_fetch(e, election,
	    p->show.election.choices.choices_len, &p->form, &answer));
	p->ranks.evote_ranks_len = p->form.choices;
	p->ranks.evote_ranks_val = (char *)p->marks.ranks;
	return (say_answer(
	    c, e, outcome, &answer, "No vote was sent for \"%s\"", election));
}

void
paper_clear(struct paper *p)
{
	xdr_free((xdrproc_t)xdr_evote_election_res, &p->show);
}

/* ---- what is written on it ---- */

static int
takes_blank(const struct ballot_form *f)
{
	return (f->kind == BALLOT_RANKED ||
	    (f->kind == BALLOT_PICK && f->least == 0));
}

/* Where a name should be, there is none. */
static int
nameless_say(struct client *c, const struct paper *p)
{
	const char *blank =
	    takes_blank(&p->form) ? ". For a blank ballot, give --blank" : "";
	evote_answer answer = p->show.answer;

	answer.code = 5;
	answer.reason = EVOTE_R_NO_CHOICE;
	return (say_refused_so(c, &answer,
	    p->form.kind == BALLOT_RANKED
		? "No vote was sent for \"%s\": a name is missing; in a "
		  "ranking, as in A > B = C, one stands before and after each "
		  "> and =%s"
		: "No vote was sent for \"%s\": an empty name is not one of "
		  "the choices%s",
	    p->show.election.name, blank));
}

static int
reason_say(struct client *c, const struct paper *p, evote_reason reason)
{
	if (reason == EVOTE_R_MALFORMED)
		return (say_usage(c,
		    "\"%s\" is not a ranking; write it as A > B = C, and a "
		    "name that has > or = in it within quotation marks",
		    p->marks.what));
	if (reason == EVOTE_R_NO_CHOICE &&
	    p->marks.what[strspn(p->marks.what, " \t")] == '\0')
		return (nameless_say(c, p));
	return (reason == EVOTE_R_OK ? -1 : refuse(c, p, 5, reason));
}

int
paper_judge_choice(struct client *c, struct evote *e, const char *election,
    int n, char **words)
{
	struct paper p = {.marks.election = &p.show.election};
	evote_reason reason = EVOTE_R_OK;
	enum evote_outcome outcome = evote_show(e, election, &p.show);
	int i, status = -1;

	if (outcome == EVOTE_CHANGED)
		status = say_answer(c, e, outcome, &p.show.answer,
		    "No vote was sent for \"%s\"", election);
	else if (outcome == EVOTE_ANSWERED && p.show.answer.code == 0 &&
	    !p.show.closed) {
		for (i = 0; i < n && reason == EVOTE_R_OK; i++)
			reason = ballot_marks_pick(&p.marks, words[i]);
		if (reason == EVOTE_R_OK && n != 1)
			reason =
			    n == 0 ? EVOTE_R_TOO_FEW : EVOTE_R_TOO_MANY_CHOSEN;
		status = reason_say(c, &p, reason);
	}
	paper_clear(&p);
	return (status);
}

int
paper_read(struct client *c, struct paper *p, int n, char **words)
{
	evote_reason reason = EVOTE_R_OK;
	int i;

	if (p->form.kind == BALLOT_RANKED) {
		if (n > 1)
			return (say_usage(c,
			    "this election takes a ranking; write it as one "
			    "argument, as in 'A > B = C'"));
		if (n == 1 && strchr(words[0], '>') == NULL &&
		    prompt_redirected())
			return (say_usage(c,
			    "No vote was sent, because the output goes to a "
			    "file: did the shell take your > for that? Put the "
			    "whole ranking in quotes, as in 'A > B'. If \"%s\" "
			    "is all of it, leave the output on the terminal",
			    words[0]));
		if (n == 1)
			reason = ballot_marks_ranking(&p->marks, words[0]);
		return (reason_say(c, p, reason));
	}
	for (i = 0; i < n && reason == EVOTE_R_OK; i++)
		reason = ballot_marks_pick(&p->marks, words[i]);
	return (reason_say(c, p, reason));
}

int
paper_input(struct client *c, struct paper *p)
{
	char *line;
	int status = -1, n = 0;

	/* A ranking is one line; else each choice has its own. */
	while (status < 0 && (n == 0 || p->form.kind == BALLOT_PICK) &&
	    (line = prompt_line()) != NULL) {
		status = paper_read(c, p, 1, &line);
		free(line);
		n++;
	}
	if (n == 0)
		return (say_usage(c,
		    takes_blank(&p->form)
			? "standard input has no choice; give --blank for a "
			  "blank ballot"
			: "standard input has no choice; write one there, or "
			  "name it after the election"));
	if (status < 0 && !prompt_ended())
		return (say_usage(c,
		    "No vote was sent: standard input has more than one line; "
		    "write the ranking as one, as in A > B = C"));
	return (status);
}

int
paper_judge(struct client *c, const struct paper *p)
{
	evote_reason reason = ballot_judge(&p->form, &p->ranks);

	return (reason == EVOTE_R_OK ? -1 : refuse(c, p, 5, reason));
}

const char *
paper_choice(const struct paper *p)
{
	u_int i = 0;

	while (p->marks.ranks[i] == 0)
		i++;
	return (p->show.election.choices.choices_val[i]);
}

/* ---- asking ---- */

static void
paper_show(struct evote *e, const struct paper *p)
{
	const evote_election *v = &p->show.election;
	struct when w = when_at(v->end, evote_now_us(e));
	char form[NAME_ROOM + 100];
	u_int i;

	say_clock(e);
	form_text(&p->form, v, form, sizeof(form));
	say_aside("%s, ends at %s, %s. You vote with %s.", v->name, w.local,
	    w.left, form);
	for (i = 0; i < v->choices.choices_len; i++)
		say_aside("%3u  %s", i + 1, v->choices.choices_val[i]);
}

static void
question(const struct paper *p)
{
	if (p->form.kind == BALLOT_CHOICE)
		fprintf(
		    stderr, "Number of your choice (1-%u): ", p->form.choices);
	else if (p->form.kind == BALLOT_PICK)
		fprintf(stderr,
		    "Numbers of your choices, separated by spaces%s: ",
		    p->form.least == 0 ? " (0 for a blank ballot)" : "");
	else
		fprintf(stderr,
		    "Your ranking by numbers, the best first, as 3 > 1 = 2 "
		    "(0 for a blank ballot): ");
}

/* What was typed, which is not nothing; EVOTE_R_OK if it is a ballot. */
static evote_reason
typed_read(struct paper *p, const char *line)
{
	int ranked = p->form.kind == BALLOT_RANKED;
	int choice = p->form.kind == BALLOT_CHOICE;
	evote_reason reason = EVOTE_R_OK;

	memset(p->marks.ranks, 0, sizeof(p->marks.ranks));
	if (choice || strcmp(line, "0") != 0)
		reason = ballot_marks_numbers(&p->marks, line, ranked);
	if (reason != EVOTE_R_OK)
		return (reason);
	if (!choice)
		return (ballot_judge(&p->form, &p->ranks));
	return (ballot_chosen(&p->ranks) == 1 ? EVOTE_R_OK : EVOTE_R_MALFORMED);
}

/* One that is too long for one line; those of a ranking with their places. */
static void
ballot_lines(const struct paper *p)
{
	const evote_election *v = &p->show.election;
	unsigned rank;
	u_int i;

	say_aside("Your ballot:");
	for (rank = 1; rank <= p->form.choices; rank++)
		for (i = 0; i < p->form.choices; i++)
			if (p->marks.ranks[i] == rank) {
				if (p->form.kind == BALLOT_RANKED)
					fprintf(stderr, "%3u.", rank);
				say_aside("  %s", v->choices.choices_val[i]);
			}
}

/* What was understood is shown, because a vote cannot be taken back. */
static int
is_meant(const struct paper *p)
{
	char text[TEXT];

	ballot_marks_text(
	    &p->marks, p->form.kind == BALLOT_RANKED, text, sizeof(text));
	if (p->form.kind == BALLOT_CHOICE) {
		say_aside("Your choice: %s", text);
		return (prompt_yes("Cast this vote"));
	}
	if (strlen(text) == sizeof(text) - 1)
		ballot_lines(p);
	else
		say_aside(
		    "Your ballot: %s", text[0] != '\0' ? text : "(blank)");
	return (prompt_yes("Cast this ballot"));
}

/*
 * 1: it is on the paper; 0: not yet; -1: the voter has stopped.  *declined is
 * set once a ballot was shown, and was not meant.
 */
static int
typed_take(struct paper *p, int *declined)
{
	char *line = prompt_line();
	evote_reason reason;

	if (line == NULL || line[0] == '\0') {
		free(line);
		return (-1);
	}
	reason = typed_read(p, line);
	free(line);
	if (reason == EVOTE_R_OK) {
		if (is_meant(p))
			return (1);
		*declined = 1;
		return (0);
	}
	say_aside("That is not a %s: %s.",
	    p->form.kind == BALLOT_CHOICE ? "choice" : "ballot",
	    reason != EVOTE_R_MALFORMED ? reason_of(reason)->sentence
		: p->form.kind == BALLOT_CHOICE
		? "type the number that stands before it"
		: "type the numbers that stand before the choices");
	return (0);
}

int
paper_ask(struct client *c, struct evote *e, struct paper *p)
{
	int times, declined = 0, taken = 0;
	int status = paper_open(c, e, &p->show);

	if (status >= 0)
		return (status);
	paper_show(e, p);
	for (times = 0; times < ASK_TIMES && taken == 0; times++) {
		question(p);
		taken = typed_take(p, &declined);
	}
	p->marks.what[0] = '\0';
	if (taken == 1)
		return (-1);
	return (say_usage(c,
	    declined ? "The vote was not confirmed, and was not sent"
		     : "No choice was made, and no vote was sent"));
}
