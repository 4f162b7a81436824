#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "client/cmd.h"
#include "client/commands/vote_say.h"
#include "client/json.h"
#include "client/prompt.h"
#include "client/say.h"
#include "client/when.h"

struct order {
	int settle, drop, yes;
};

static const struct option_row order_options[] = {
    {"settle", NULL, "send the voter's again, and say what became of it",
	.at = offsetof(struct order, settle)},
    {"drop", NULL,
	"forget the voter's; it is not taken back: it may have been carried "
	"out",
	.at = offsetof(struct order, drop)},
    {"yes", NULL, "with --drop: do not ask", .at = offsetof(struct order, yes)},
    {0},
};

/* ---- the list ---- */

struct listing {
	struct client *c;
	cJSON *list;
};

static void
pending_say(void *arg, const struct evote_pending *p)
{
	const struct listing *l = arg;
	struct when w = when_of(p->since);
	cJSON *object;

	say_line(l->c, "%-8s  of %s  \"%s\"  kept since %s", say_act(p->kind),
	    p->voter[0] != '\0' ? p->voter : "somebody logged in", p->election,
	    w.utc);
	object = json_item(l->list);
	json_text(object, "kind", say_act(p->kind));
	json_text(object, "voter", p->voter);
	json_text(object, "election", p->election);
	json_text(object, "since", w.rfc3339);
	when_us(object, "since_us", p->since);
}

static int
list(struct client *c)
{
	struct listing l = {.c = c};
	enum evote_outcome outcome;
	struct evote *e;
	int n, status;

	if ((status = cmd_open(c, &e)) >= 0)
		return (status);
	l.list = json_list(c->json, "pending");
	outcome = evote_pendings(e, pending_say, &l, &n);
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(c, evote_problem(e), outcome,
		    "Which requests are kept here is not known");
	else if (n == 0)
		status = say_done(c, "No request is kept unanswered");
	else
		status = say_done(c,
		    "%d request%s kept unanswered; `pending --settle` sends "
		    "the voter's again, which cannot count twice",
		    n, n == 1 ? " is" : "s are");
	evote_close(e);
	return (status);
}

/* ---- the voter's own ---- */

static int
settle(struct client *c, struct evote *e, const struct evote_pending *p)
{
	char deed[SAY_DEED];
	enum evote_outcome outcome;
	evote_answer answer;
	int status;

	if (say_is_vote(p->kind))
		evote_begin(e, p->election); /* it may have ended meanwhile */
	outcome = evote_settle(e, &answer);
	say_deed(deed, p->kind, p->election);
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(c, evote_problem(e), outcome, "The %s %s",
		    deed,
		    outcome == EVOTE_CHANGED && answer.standing == EVOTE_SERVED
			? "was answered, and the service cannot be trusted"
			: "is not settled, and is kept");
	else if (answer.code == 0 && evote_unkept(e)[0] != '\0')
		status = say_problem(c, evote_unkept(e), EVOTE_FAILED,
		    "The %s was carried out, and is kept all the same: make "
		    "room, then run the same command again; what its receipt "
		    "needs cannot be written",
		    deed);
	else if (answer.code == 0 && say_is_vote(p->kind))
		status = vote_outcome_say(c, e, p->election, outcome, &answer);
	else if (answer.code == 0)
		status = say_done(c,
		    "The %s was carried out, and nothing is kept any more",
		    deed);
	else if ((status = say_stale(c, &answer,
		      "The %s may or may not have been carried out, and "
		      "nothing is kept any more",
		      deed)) >= 0)
		;
	else if (answer.code > 0)
		status = say_refused(c, &answer,
		    "The %s was refused, and nothing is kept any more", deed);
	else
		status = say_done(c, "Nothing is kept any more");
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

/* -1: it is to be dropped. */
static int
drop_ask(struct client *c, const struct order *o, const struct evote_pending *p)
{
	char deed[SAY_DEED];

	if (o->yes)
		return (-1);
	say_deed(deed, p->kind, p->election);
	say_aside("Your %s was sent, and its answer did not come. Dropping it "
		  "takes nothing back: it may have been carried out already, "
		  "and you will not hear of it here. `pending --settle` tells "
		  "what became of it, and cannot do it twice.",
	    deed);
	if (!prompt_can(c))
		return (say_usage(c, "Nothing was dropped: add --yes"));
	if (prompt_yes("Drop it anyway"))
		return (-1);
	return (say_usage(c, "Nothing was dropped"));
}

static int
drop(struct client *c, struct evote *e, const struct order *o,
    const struct evote_pending *p)
{
	int status = drop_ask(c, o, p);
	enum evote_outcome outcome;
	char deed[SAY_DEED];

	if (status >= 0)
		return (status);
	if (!o->yes)
		evote_within(e, 0);
	say_deed(deed, p->kind, p->election);
	if ((outcome = evote_drop(e)) != EVOTE_ANSWERED)
		return (say_problem(c, evote_problem(e), outcome,
		    "The %s was not dropped", deed));
	return (say_done(c,
	    "The %s is dropped. It may or may not have been carried out: %s",
	    deed,
	    say_is_vote(p->kind) ? "`check` tells whether your vote counts"
				 : "`show` tells"));
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	const struct order *o = own;
	enum evote_outcome outcome;
	struct evote_pending p;
	struct evote *e;
	int kept, status;

	if (o->settle && o->drop)
		return (say_usage(c, "either --settle or --drop"));
	if (o->yes && !o->drop)
		return (say_usage(c, "--yes goes with --drop"));
	if (!o->settle && !o->drop)
		return (list(c));
	c->options.earlier = say_earlier;
	if ((status = cmd_open_voter(c, 0, &e)) >= 0)
		return (status);
	outcome = evote_pending(e, &p, &kept);
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(c, evote_problem(e), outcome,
		    "Whether a request of %s is kept here is not known",
		    c->options.voter);
	else if (!kept)
		status = say_done(
		    c, "No request of %s is kept unanswered", c->options.voter);
	else
		status = o->settle ? settle(c, e, &p) : drop(c, e, o, &p);
	evote_close(e);
	return (status);
}

const struct command cmd_pending = {
    .name = "pending",
    .help = "Lists the requests that were sent from this machine and got no "
	    "answer, and are kept to be sent again; settles or drops the "
	    "voter's.",
    .size = sizeof(struct order),
    .options = order_options,
    .run = run,
};
