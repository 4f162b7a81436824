/* Changes of an election's end: it is extended, or cancelled. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "client/cmd.h"
#include "client/json.h"
#include "client/life.h"
#include "client/prompt.h"
#include "client/say.h"
#include "client/when.h"
#include "common/date.h"
#include "common/text.h"

struct change {
	const char *end, *why;
	int yes, dry;
	int relative; /* the end is a span from now */
	char name[NAME_ROOM];
	char reason[EVOTE_TEXT_MAX + 1];
};

static int
change_read(struct client *c, struct change *n, const char *name)
{
	char why[200];
	int status;

	if ((status = cmd_name(c, ELECTION, name, n->name)) >= 0)
		return (status);
	if (n->why == NULL)
		return (say_usage(c,
		    "no --reason is given; say why, for everybody and for the "
		    "minutes"));
	if (text_tidy(n->reason, EVOTE_TEXT_MAX, n->why, why, sizeof(why)) == 0)
		return (-1);
	return (say_usage(c, "--reason: the text %s", why));
}

/* What became of a voter's request; a step. */
static int
outcome_say(struct client *c, struct evote *e, const struct change *n,
    const char *done, enum evote_outcome outcome, const evote_answer *answer)
{
	char what[NAME_ROOM + 40];
	int status;

	say_clock(e);
	if (outcome == EVOTE_UNANSWERED)
		return (say_problem(c, evote_problem(e), outcome,
		    "No answer. Election \"%s\" may or may not have been %s. "
		    "%s cannot be done twice",
		    n->name, done, say_again(e)));
	if (outcome == EVOTE_CHANGED)
		return (say_problem(c, evote_problem(e), outcome,
		    "Do not rely on election \"%s\"", n->name));
	if (outcome == EVOTE_ANSWERED &&
	    (status = say_stale(c, answer,
		 "Election \"%s\" may or may not have been %s", n->name,
		 done)) >= 0)
		return (status);
	snprintf(
	    what, sizeof(what), "Election \"%s\" was not %s", n->name, done);
	if (outcome == EVOTE_ANSWERED && answer->code != 0 &&
	    (status = life_refused(c, e, n->name, answer, what)) >= 0)
		return (status);
	return (say_answer(c, e, outcome, answer, "%s", what));
}

/* ---- an extension, before it is made ---- */

static void
extension_lines(struct client *c, const struct change *n, uint64_t from,
    uint64_t to, uint64_t now)
{
	struct when old = when_at(from, now), new = when_at(to, now);
	char span[48];

	date_span(to - from, span, sizeof(span));
	say_shown(c, n->dry, "election %s", n->name);
	say_shown(c, n->dry, "closes   %s, which is %s here, %s", old.utc,
	    old.local, old.left);
	say_shown(c, n->dry, "then     %s, which is %s here, %s", new.utc,
	    new.local, new.left);
	say_shown(c, n->dry, "later by %s", span);
	say_shown(c, n->dry, "reason   %s", n->reason);
	say_shown(c, n->dry,
	    "An extension cannot be taken back, and no end is ever made "
	    "earlier. Everybody is told the reason.");
}

/* What the service would refuse it for, as far as its life tells. */
static evote_reason
extension_fault(const evote_life_res *life, uint64_t end, uint64_t now)
{
	if (life->phase == EVOTE_PHASE_CANCELLED)
		return (EVOTE_R_CANCELLED);
	if (life->phase == EVOTE_PHASE_CLOSED || life->end <= now)
		return (EVOTE_R_CLOSED);
	return (end <= life->end ? EVOTE_R_NOT_LATER : EVOTE_R_OK);
}

/* Whether it is meant; a step.  e: NULL for an operator. */
static int
extension_agree(struct client *c, struct evote *e, const struct change *n,
    evote_life_res *life, uint64_t end, uint64_t now)
{
	evote_reason fault = extension_fault(life, end, now);

	if (fault != EVOTE_R_OK) {
		life->answer.code = fault == EVOTE_R_NOT_LATER ? 3 : 2;
		life->answer.reason = fault;
		return (e != NULL
			? outcome_say(c, e, n, "extended", EVOTE_ANSWERED,
			      &life->answer)
			: say_refused(c, &life->answer,
			      "Election \"%s\" was not extended", n->name));
	}
	if (!n->dry && !n->yes && !prompt_can(c))
		return (say_usage(c,
		    "Election \"%s\" was not extended. An extension cannot be "
		    "taken back; --dry-run shows both ends. Add --yes if they "
		    "are right",
		    n->name));
	extension_lines(c, n, life->end, end, now);
	if (n->dry) {
		json_flag(c->json, "dry_run", 1);
		when_add(c->json, "from", life->end);
		when_json(c->json, end);
		return (say_done(c,
		    "Nothing was done: election \"%s\" was not extended",
		    n->name));
	}
	return (n->yes || prompt_yes("Extend it")
		? -1
		: say_usage(c, "Election \"%s\" was not extended", n->name));
}

/* A script that says --yes does not want to read it. */
static int
is_shown(const struct client *c, const struct change *n)
{
	return (n->dry || !n->yes || prompt_can(c));
}

/*
 * A request that was kept may have been sent: nothing is asked about it.  Of
 * another the end is the one shown, however long the answer takes.
 */
static int
voter_agree(
    struct client *c, struct evote *e, struct change *n, evote_extension *x)
{
	int relative = n->relative ? EVOTE_END_SPAN : 0, kept = 0, status;
	enum evote_outcome outcome = EVOTE_ANSWERED;
	evote_life_res life = {0};
	uint64_t now;

	if (!n->dry)
		outcome = evote_extend_kept(e, x, relative, &kept);
	if (outcome == EVOTE_ANSWERED && !kept)
		outcome = evote_life(e, n->name, &life);
	if (outcome == EVOTE_ANSWERED && !kept && n->relative)
		outcome = evote_may_count(e);
	if (outcome == EVOTE_UNANSWERED)
		outcome = EVOTE_UNSENT;
	status = outcome_say(c, e, n, "extended", outcome, &life.answer);
	if (status < 0 && !kept) {
		now = evote_now_us(e);
		if (n->relative)
			x->end += now;
		n->relative = 0;
		status = extension_agree(c, e, n, &life, x->end, now);
		if (!n->yes)
			evote_within(e, 0);
	}
	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	return (status);
}

static int
operator_agree(struct client *c, const struct change *n, uint64_t end,
    uint64_t now, const char *what)
{
	evote_life_res life = {0};
	int status = admin_life(c, n->name, &life, what);

	if (status < 0)
		status = extension_agree(c, NULL, n, &life, end, now);
	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	return (status);
}

/* ---- extend ---- */

static int
extended_say(struct client *c, const struct change *n, uint64_t end,
    uint64_t now, const evote_answer *answer)
{
	struct when w = when_at(end, now);

	json_flag(c->json, "dry_run", 0);
	when_json(c->json, end);
	say_stamp(c, &answer->stamp);
	return (say_done(c,
	    "Election \"%s\" is extended. It now ends at %s, which is %s here, "
	    "%s",
	    n->name, w.utc, w.local, w.left));
}

static int
voter_send(struct client *c, struct evote *e, const struct change *n,
    evote_extension *x)
{
	uint64_t end = x->end;
	enum evote_outcome outcome;
	evote_answer answer;
	int status;

	outcome =
	    evote_extend(e, x, n->relative ? EVOTE_END_SPAN : 0, &end, &answer);
	status = outcome_say(c, e, n, "extended", outcome, &answer);
	if (status < 0)
		status = extended_say(c, n, end, evote_now_us(e), &answer);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

static int
voter_extend(struct client *c, struct change *n, evote_extension *x)
{
	struct evote *e;
	int status = cmd_open_voter(c, 0, &e);

	if (status >= 0)
		return (status);
	if (is_shown(c, n))
		status = voter_agree(c, e, n, x);
	if (status < 0)
		status = voter_send(c, e, n, x);
	evote_close(e);
	return (status);
}

static int
operator_extend(struct client *c, const struct change *n, evote_extension *x)
{
	char what[NAME_ROOM + 40];
	evote_answer answer = {0};
	uint64_t now = 0;
	int status;

	snprintf(
	    what, sizeof(what), "Election \"%s\" was not extended", n->name);
	if ((status = admin_clock(c, &now, what)) >= 0)
		return (status);
	if (n->relative)
		x->end += now;
	if (is_shown(c, n) &&
	    (status = operator_agree(c, n, x->end, now, what)) >= 0)
		return (status);
	c->again = n->relative ? ADMIN_LOOK : ADMIN_AGAIN;
	status = admin_call(c, EVOTE_EXTEND_ANY, (xdrproc_t)xdr_evote_extension,
	    x, (xdrproc_t)xdr_evote_answer, &answer, what);
	if (status < 0)
		status = extended_say(c, n, x->end, now, &answer);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

static int
run_extend(struct client *c, void *own, int argc, char **argv)
{
	struct change *n = own;
	uint64_t now = date_now_us(), at;
	evote_extension x;
	char err[300];
	int status;

	c->options.earlier = say_earlier;
	if ((status = change_read(c, n, argv[0])) >= 0)
		return (status);
	if (n->end == NULL)
		return (say_usage(c,
		    "no --end is given; say when it closes then, as in "
		    "2026-12-01T18:00:00+01:00 or +2h"));
	if (date_parse(n->end, now, &at, err, sizeof(err)) != 0)
		return (say_usage(c, "--end: %s", err));
	n->relative = n->end[0] == '+';
	x = (evote_extension){n->name, n->relative ? at - now : at, n->reason};
	return (c->admin != NULL ? operator_extend(c, n, &x)
				 : voter_extend(c, n, &x));
}

static const struct option_row extend_options[] = {
    {"end", "TIME", "when it closes then; a span such as +2h is from now",
	.at = offsetof(struct change, end), .use = OPTION_MUST},
    {"reason", "TEXT", "why, for everybody and for the minutes",
	.at = offsetof(struct change, why), .use = OPTION_MUST},
    {"dry-run", NULL, "show it, and do nothing",
	.at = offsetof(struct change, dry)},
    {"yes", NULL, "do not ask", .at = offsetof(struct change, yes)},
    {0},
};

const struct command cmd_extend = {
    .name = "extend",
    .args = "ELECTION",
    .help = "Gives an election that has not ended a later end, for good; on a "
	    "terminal it shows both ends, and asks, elsewhere it needs --yes. "
	    "Its creator does that, or with --admin an operator.",
    .size = sizeof(struct change),
    .options = extend_options,
    .run = run_extend,
};

/* ---- cancel ---- */

/* -1: it is meant. */
static int
cancel_ask(struct client *c, const struct change *n)
{
	if (n->yes)
		return (-1);
	if (!prompt_can(c))
		return (say_usage(c,
		    "Election \"%s\" was not cancelled. It would never have a "
		    "result, which cannot be taken back, and its name cannot "
		    "be used again; add --yes if that is right",
		    n->name));
	say_aside(
	    "Election \"%s\" will never have a result, and that cannot be "
	    "taken back. Its votes stay in the ledger, and are not "
	    "counted. Its name stays taken: another election needs another "
	    "name. Everybody is told: %s.",
	    n->name, n->reason);
	return (prompt_yes("Cancel it")
		? -1
		: say_usage(c, "Election \"%s\" was not cancelled", n->name));
}

static int
cancelled_say(
    struct client *c, const struct change *n, const evote_answer *answer)
{
	say_stamp(c, &answer->stamp);
	return (say_done(c,
	    "Election \"%s\" is cancelled, and will never have a result",
	    n->name));
}

/* A request that was kept may have been sent: nothing is asked about it. */
static int
voter_cancel(struct client *c, const struct change *n, evote_cancellation *x)
{
	enum evote_outcome outcome;
	evote_answer answer = {0};
	struct evote *e;
	int kept, status = cmd_open_voter(c, 0, &e);

	if (status >= 0)
		return (status);
	outcome = evote_cancel_kept(e, x, &kept);
	if (outcome == EVOTE_ANSWERED && !kept) {
		status = cancel_ask(c, n);
		if (!n->yes)
			evote_within(e, 0);
	}
	if (outcome == EVOTE_ANSWERED && status < 0)
		outcome = evote_cancel(e, x, &answer);
	if (status < 0)
		status = outcome_say(c, e, n, "cancelled", outcome, &answer);
	if (status < 0)
		status = cancelled_say(c, n, &answer);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	evote_close(e);
	return (status);
}

static int
operator_cancel(struct client *c, const struct change *n, evote_cancellation *x)
{
	char what[NAME_ROOM + 40];
	evote_answer answer = {0};
	int status = cancel_ask(c, n);

	snprintf(
	    what, sizeof(what), "Election \"%s\" was not cancelled", n->name);
	c->again = ADMIN_AGAIN;
	if (status < 0)
		status = admin_call(c, EVOTE_CANCEL_ANY,
		    (xdrproc_t)xdr_evote_cancellation, x,
		    (xdrproc_t)xdr_evote_answer, &answer, what);
	if (status < 0)
		status = cancelled_say(c, n, &answer);
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

static int
run_cancel(struct client *c, void *own, int argc, char **argv)
{
	struct change *n = own;
	evote_cancellation x;
	int status;

	c->options.earlier = say_earlier;
	if ((status = change_read(c, n, argv[0])) >= 0)
		return (status);
	x = (evote_cancellation){n->name, n->reason};
	return (c->admin != NULL ? operator_cancel(c, n, &x)
				 : voter_cancel(c, n, &x));
}

static const struct option_row cancel_options[] = {
    {"reason", "TEXT", "why, for everybody and for the minutes",
	.at = offsetof(struct change, why), .use = OPTION_MUST},
    {"yes", NULL, "do not ask", .at = offsetof(struct change, yes)},
    {0},
};

const struct command cmd_cancel = {
    .name = "cancel",
    .args = "ELECTION",
    .help = "Cancels an election: its creator before the first vote, or with "
	    "--admin an operator until it closes. It never has a result.",
    .size = sizeof(struct change),
    .options = cancel_options,
    .run = run_cancel,
};
