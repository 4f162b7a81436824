#include <stdio.h>
#include <string.h>

#include "client/cmd.h"
#include "client/commands/check_lines.h"
#include "client/commands/check_vote.h"
#include "client/json.h"
#include "client/lib/explain.h"
#include "client/lib/reason.h"
#include "client/lib/signer.h"
#include "client/life.h"
#include "client/others.h"
#include "client/say.h"
#include "client/survey.h"
#include "client/when.h"
#include "common/date.h"

#define KEY_TEXT (4 * ((SEAL_KEY + 2) / 3) + 1)

struct check {
	struct client *c;
	struct evote *e;
	const char *wanted; /* the election that was asked about, or NULL */
	struct lines lines;
	cJSON *elections;
	int known;	    /* the service takes the voter's key */
	int reached;	    /* a host that serves */
	char key[KEY_TEXT]; /* the public half, or "" */
	int open, voted;    /* elections: not voted in, and voted in */
	int planned;	    /* that will be open to the voter */
	int past;	    /* closed, with a vote, not shown */
	int found;	    /* the wanted one */
	int lost;	    /* a vote that had counted */
	struct others others;
	int all; /* the pages came to an end */
	unsigned next;
};

/* ---- the hosts, and their clock ---- */

static void
host_check(struct check *k, const struct survey *s, int i)
{
	const struct sight *at = &s->hosts[i];
	char theirs[EVOTE_HOST_MAX + 100];
	struct explain x;

	if (at->reached && at->res.role == EVOTE_HALTED) {
		line_say(&k->lines, "host", "Tell the operators.",
		    "%s is reached, and has halted", at->name);
		return;
	}
	if (at->reached) {
		line_say(&k->lines, "host", "", "%s is reached%s", at->name,
		    i == s->primary ? ", and serves" : "");
		return;
	}
	explain_host(k->e, i, &x);
	snprintf(theirs, sizeof(theirs),
	    "Tell the operators that %s is not reached.%s", at->name,
	    s->primary >= 0 ? " You can vote while another host serves." : "");
	line_say(&k->lines, "host",
	    at->foreign	       ? "Do not go on; ask the operators."
		: at->failed   ? "Put that right on this computer."
		: x.failed < 0 ? "Try again later, or tell the operators."
		: x.theirs     ? theirs
			       : x.todo,
	    "%s %s: %s", at->name,
	    at->failed ? "could not be asked from here" : "is not reached",
	    at->problem);
}

static void
clock_check(struct check *k)
{
	int64_t ahead = evote_clock_off(k->e);
	char span[64];

	if (ahead == 0) {
		line_say(&k->lines, "clock", "",
		    "This computer's clock and the service's agree");
		return;
	}
	date_span((uint64_t)(ahead < 0 ? -ahead : ahead), span, sizeof(span));
	line_say(&k->lines, "clock",
	    "Set this clock. Elections close by the service's.",
	    "This computer's clock is %s %s the service's", span,
	    ahead < 0 ? "ahead of" : "behind");
}

/* -1 to go on. */
static int
hosts_check(struct check *k)
{
	struct survey s;
	int i, status = -1;

	survey_take(&s, k->e, cmd_timeout_ms(k->c, SURVEY_MS));
	k->reached = s.primary >= 0;
	for (i = 0; i < s.n; i++)
		host_check(k, &s, i);
	if (s.reached == 0)
		line_say(&k->lines, "network", NULL,
		    "No host is reached from here: look at this computer's own "
		    "network first");
	if (k->reached)
		clock_check(k);
	if (s.two_primaries)
		status = say_problem(k->c, "", EVOTE_CHANGED,
		    "TWO PRIMARIES: more than one host serves. Tell the "
		    "operators now");
	else if (s.worst != EVOTE_ANSWERED)
		status = say_problem(
		    k->c, s.problem, s.worst, "%s", survey_heading(&s));
	survey_clear(&s);
	return (status);
}

/* ---- the voter ---- */

static void
key_check(struct check *k)
{
	const char *path = k->c->options.key, *doubt;
	unsigned char public[SEAL_KEY];

	if (path == NULL)
		return;
	if (evote_key(k->e, public) != 0) {
		line_say(&k->lines, "key",
		    "Name the file that keygen made (--key).", "%s",
		    evote_problem(k->e));
		return;
	}
	seal_base64(k->key, public, sizeof(public));
	json_text(k->c->json, "public_key", k->key);
	doubt = signer_doubt(path);
	if (doubt != NULL)
		line_say(&k->lines, "key",
		    "It should be yours alone (chmod 600).", "%s %s", path,
		    doubt);
}

/* Whether a vote can be written down before it is sent, as it has to be. */
static void
state_check(struct check *k)
{
	if (evote_can_keep(k->e) != 0)
		line_say(&k->lines, "state",
		    "Make that directory yours and writable, or name another "
		    "with --state.",
		    "A vote cannot be kept here, so none would be sent, and "
		    "what the service showed is not remembered: %s",
		    evote_problem(k->e));
}

static void
pending_check(struct check *k)
{
	struct evote_pending p;
	char deed[SAY_DEED];
	int kept;
	enum evote_outcome outcome = evote_pending(k->e, &p, &kept);

	if (outcome == EVOTE_FAILED)
		line_say(&k->lines, "pending",
		    "Check that directory and its permissions.", "%s",
		    evote_problem(k->e));
	else if (outcome != EVOTE_ANSWERED)
		line_say(&k->lines, "pending", "Try again later.",
		    "Whether a request of yours is kept is not known: %s",
		    evote_problem(k->e));
	else if (kept) {
		say_deed(deed, p.kind, p.election);
		line_say(&k->lines, "pending",
		    "`pending --settle` sends it again; it cannot count twice.",
		    "Your %s was sent, and got no answer", deed);
	}
}

/* The log-in or the question was refused; a step. */
static int
refusal_say(struct check *k, const evote_answer *answer)
{
	int status = -1, there = 0;

	if (k->wanted != NULL)
		status = check_vote(k->c, k->e, &k->lines, k->wanted, &there);
	if (status >= 0 || there)
		return (status);
	if (answer->reason == EVOTE_R_SIGNATURE)
		line_say(&k->lines, "roll",
		    "Ask the operators which name and key the roll has.",
		    "The service does not know \"%s\" with this key, %s",
		    k->c->options.voter, k->key);
	else
		line_say(&k->lines, "roll", "Ask the operators.", "\"%s\": %s",
		    k->c->options.voter, reason_of(answer->reason)->sentence);
	return (-1);
}

static void
voter_say(struct check *k, const evote_check_res *res)
{
	k->known = 1;
	if (k->key[0] != '\0')
		line_say(&k->lines, "key", "", "The key fits: %s", k->key);
	if (res->group[0] != '\0')
		line_say(&k->lines, "roll", "",
		    "%s is on the roll, in the group %s", res->voter,
		    res->group);
	else
		line_say(&k->lines, "roll", "",
		    "%s is no longer on the roll, and may vote only in "
		    "elections whose roll was fixed before that",
		    res->voter);
	json_text(k->c->json, "voter", res->voter);
	json_text(k->c->json, "group", res->group);
}

/* ---- the elections ---- */

static void
election_say(struct check *k, const evote_checked *v, uint64_t late)
{
	int planned = v->phase == EVOTE_PHASE_PLANNED;
	struct when w =
	    when_at(planned ? v->start : v->end, evote_now_us(k->e));

	if (v->voted)
		line_say(&k->lines, "election", "", SAY_COUNTS "%s", v->name,
		    v->phase == EVOTE_PHASE_CLOSED ? "; it is closed" : "");
	else if (planned)
		line_say(&k->lines, "election", "",
		    "\"%s\" opens to you at %s, which is %s here, %s", v->name,
		    w.utc, w.local, w.left);
	else if (late != 0)
		line_late(&k->lines, k->e, v->name, late, k->wanted != NULL);
	else
		line_say(&k->lines, "election", "",
		    "\"%s\" is open to you until %s, which is %s here, %s; you "
		    "have not voted",
		    v->name, w.utc, w.local, w.left);
}

/* The service has no vote there, and had answered that one counts. */
static int
lost_say(struct check *k, const char *name)
{
	if (evote_counted(k->e, name) != EVOTE_CHANGED)
		return (0);
	line_say(&k->lines, "election", "While it is open, you can vote again.",
	    "%s", evote_problem(k->e));
	return (k->lost = 1);
}

/* Until when, if its end has come; else 0. */
static uint64_t
late_until(struct check *k, const evote_checked *v)
{
	if (v->end > evote_now_us(k->e))
		return (0);
	evote_begin(k->e, v->name);
	return (evote_late_until(k->e, v->name));
}

static void
election_check(struct check *k, const evote_checked *v)
{
	uint64_t late = 0;
	cJSON *object;

	if (k->wanted != NULL && strcmp(k->wanted, v->name) != 0)
		return;
	others_but(&k->others, v->name);
	k->found = 1;
	k->voted += v->voted;
	k->planned += v->phase == EVOTE_PHASE_PLANNED;
	if (!v->voted && v->phase == EVOTE_PHASE_OPEN) {
		late = late_until(k, v);
		k->open += late == 0 || evote_begun_until(k->e) != 0;
	}
	if (k->wanted == NULL && v->phase == EVOTE_PHASE_CLOSED)
		k->past++;
	else if (v->voted || !lost_say(k, v->name))
		election_say(k, v, late);
	object = json_item(k->elections);
	json_text(object, "name", v->name);
	when_json(object, v->end);
	json_text(object, "phase", life_phase(v->phase));
	if (v->start != 0)
		when_add(object, "start", v->start);
	json_flag(object, "closed", v->phase == EVOTE_PHASE_CLOSED);
	json_flag(object, "voted", v->voted);
}

/* -1 to go on, with k->all when there are no more pages. */
static int
page_check(struct check *k)
{
	enum evote_outcome outcome;
	evote_check_res res;
	int status = -1;
	u_int i;

	outcome = evote_check(k->e, k->next, &res);
	k->all = 1;
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(k->c, evote_problem(k->e), outcome,
		    "The service could not be asked about \"%s\"",
		    k->c->options.voter);
	else if (res.answer.code != 0)
		status = refusal_say(k, &res.answer);
	else {
		if (k->next == 0)
			voter_say(k, &res);
		for (i = 0; i < res.elections.elections_len; i++)
			election_check(k, &res.elections.elections_val[i]);
		/* A service that turns in circles must not keep us. */
		k->all = res.next <= k->next;
		k->next = res.next;
		if (!k->all)
			evote_within(k->e, 0);
	}
	xdr_free((xdrproc_t)xdr_evote_check_res, &res);
	return (status);
}

static void
shut_say(struct check *k, const evote_life_res *life)
{
	struct when w = when_at(life_time(life), evote_now_us(k->e));

	line_say(&k->lines, "election",
	    life->phase == EVOTE_PHASE_CANCELLED
		? "`show` says why."
		: "`result` shows its outcome.",
	    "\"%s\" %s at %s, which is %s here, %s; no vote of yours "
	    "counts there",
	    k->wanted, life_verb(life, evote_now_us(k->e)), w.utc, w.local,
	    w.left);
}

/* The wanted one is not among them; a step. */
static int
absent_say(struct check *k)
{
	enum evote_outcome outcome;
	evote_life_res life;
	int status = -1;

	if (lost_say(k, k->wanted))
		return (-1);
	outcome = evote_life(k->e, k->wanted, &life);
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(k->c, evote_problem(k->e), outcome,
		    "Whether you may vote in \"%s\" is not known", k->wanted);
	else if (life.answer.code != 0)
		line_say(&k->lines, "election", "See `elections` for its name.",
		    "There is no election \"%s\"", k->wanted);
	else if (life.phase == EVOTE_PHASE_CANCELLED ||
	    life.phase == EVOTE_PHASE_CLOSED)
		shut_say(k, &life);
	else
		line_say(&k->lines, "election",
		    "`show` names its groups, and whether its roll was fixed "
		    "when it opened. If you should be among them, ask the "
		    "operators.",
		    "You may not vote in \"%s\"", k->wanted);
	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	return (status);
}

/* What others may vote in is noted, since that may be right; a step. */
static int
others_say(struct check *k)
{
	struct others *o = &k->others;
	enum evote_outcome outcome = others_find(o, k->e);
	char more[40] = "";

	if (outcome != EVOTE_ANSWERED)
		return (say_problem(k->c, evote_problem(k->e), outcome,
		    "Which elections you may not vote in is not known"));
	if (o->n > OTHERS_NAMED)
		snprintf(
		    more, sizeof(more), " and %u more", o->n - OTHERS_NAMED);
	if (o->n > 0)
		line_say(&k->lines, "election", NULL,
		    "You may not vote in %s%s, open or planned; `show` tells "
		    "who may",
		    o->names, more);
	return (-1);
}

static int
voter_check(struct check *k)
{
	int status;

	do
		status = page_check(k);
	while (status < 0 && !k->all);
	if (status >= 0 || !k->known)
		return (status);
	if (k->wanted != NULL && !k->found)
		return (absent_say(k));
	if (k->wanted == NULL && k->open + k->planned + k->voted == k->past)
		line_say(&k->lines, "election", "",
		    "No election is open to you now");
	if (k->past > 0)
		line_say(&k->lines, "election", "",
		    "Your votes in %d closed election%s count", k->past,
		    k->past == 1 ? "" : "s");
	return (k->wanted == NULL ? others_say(k) : -1);
}

static int
check(struct check *k)
{
	const char *where = k->c->json != NULL ? "`checks` says what to do"
					       : "see above what to do";
	int status = hosts_check(k);

	if (status >= 0)
		return (status);
	evote_within(k->e, 0);
	if (k->reached)
		state_check(k);
	pending_check(k);
	key_check(k);
	if (!k->reached)
		return (say_unknown(k->c,
		    "No host serves now, so the roll could not be asked. Try "
		    "again later, or tell the operators"));
	if ((status = voter_check(k)) >= 0)
		return (status);
	if (k->lost)
		return (say_problem(k->c, "", EVOTE_CHANGED,
		    "The service cannot be relied on; %s", where));
	if (k->lines.wrong > 0)
		return (say_needs(k->c, EXIT_REFUSED,
		    "%d thing%s not right; %s", k->lines.wrong,
		    k->lines.wrong == 1 ? " is" : "s are", where));
	return (say_done(k->c, "All is well; %d election%s your vote%s",
	    k->open, k->open == 1 ? " waits for" : "s wait for",
	    k->planned > 0 ? ", and more will" : ""));
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	struct check k = {.c = c, .lines = {.c = c}};
	char election[NAME_ROOM];
	int status;

	if (argc > 0) {
		if ((status = cmd_name(c, ELECTION, argv[0], election)) >= 0)
			return (status);
		k.wanted = election;
	}
	if ((status = cmd_open_voter(c, 0, &k.e)) >= 0)
		return (status);
	k.lines.list = json_list(c->json, "checks");
	k.elections = json_list(c->json, "elections");
	status = check(&k);
	others_clear(&k.others);
	evote_close(k.e);
	return (status);
}

const struct command cmd_check = {
    .name = "check",
    .args = "[ELECTION]",
    .help = "Looks whether the voter can vote, before it matters: hosts, "
	    "clock, key, roll, and the elections that the voter may vote in "
	    "or has voted in, each with what to do if it is not right.",
    .run = run,
};
