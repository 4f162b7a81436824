#include "client/commands/vote_say.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "client/lib/reason.h"
#include "client/life.h"
#include "client/proved.h"
#include "client/say.h"
#include "client/when.h"
#include "common/tracker.h"

#define COPIES_MS  1000 /* to hear where a vote is stored */
#define RECEIPT_MS 5000 /* to have its receipt */

/* The status of the host that served last; the caller frees it. */
static int
served_status(struct evote *e, evote_status_res *res)
{
	const char *name = evote_served_by(e);
	uint64_t left_ms = evote_left_ms(e);
	int i;

	if (left_ms == 0)
		return (-1);

	for (i = 0; name != NULL && evote_host_name(e, i) != NULL; i++)
		if (strcmp(evote_host_name(e, i), name) == 0)
			return (evote_status(e, i,
				    left_ms < COPIES_MS ? left_ms : COPIES_MS,
				    res) == EVOTE_ANSWERED
				? 0
				: -1);
	return (-1);
}

/*
 * Which hosts have the vote on disk, by the word of the one that took it; when
 * that cannot be had any more, what being accepted means.
 */
static void
copies_text(struct client *c, struct evote *e, const evote_answer *answer,
    char *out, size_t size)
{
	const evote_host_state *has[EVOTE_HOSTS_MAX];
	evote_status_res res = {0};
	cJSON *list = NULL;
	u_int i, n = 0;

	if (served_status(e, &res) == 0 &&
	    res.answer.stamp.epoch == answer->stamp.epoch)
		for (i = 0; i < res.hosts.hosts_len; i++)
			if (res.hosts.hosts_val[i].acked >= answer->stamp.size)
				has[n++] = &res.hosts.hosts_val[i];
	if (c->json != NULL && n > 0)
		list = cJSON_AddArrayToObject(c->json, "stored_on");
	snprintf(out, size, "%s", n > 0 ? "" : "every host in sync");
	for (i = 0; i < n; i++) {
		say_and(out, size, has[i]->name, i, n);
		if (list != NULL)
			cJSON_AddItemToArray(
			    list, cJSON_CreateString(has[i]->name));
	}
	if (n == 1)
		snprintf(out + strlen(out), size - strlen(out),
		    " alone, since no other host is in sync");
	xdr_free((xdrproc_t)xdr_evote_status_res, &res);
}

/* What became of the receipt, after the sentence about a vote that counts. */
static void
receipt_text(struct client *c, const char *problem, enum evote_outcome outcome,
    const struct evote_proof *p, char *out, size_t size)
{
	char who[PROVED_SIGNERS];

	if (outcome == EVOTE_ANSWERED && p->path == NULL)
		problem = p->unkept;
	if (outcome != EVOTE_ANSWERED || p->path == NULL) {
		snprintf(out, size,
		    "There is no receipt yet: %s. `receipt` asks for it again",
		    problem);
		if (c->json != NULL)
			cJSON_AddStringToObject(
			    c->json, "receipt_problem", problem);
		return;
	}
	if (c->json != NULL)
		proved_receipt_json(
		    cJSON_AddObjectToObject(c->json, "receipt"), p);
	proved_signers(p->policy, &p->verdict, who, sizeof(who));
	snprintf(out, size, "Your receipt is %s, signed by %s%s%s", p->path,
	    who,
	    p->verdict.judgement == TLOG_GOOD
		? ""
		: ". `receipt` asks for a better one later",
	    proved_blind(p));
}

/* The same where what the receipt needs could not be written. */
static void
unkept_text(struct client *c, struct evote *e, const char *election,
    const char *problem, char *out, size_t size)
{
	int sheet = evote_has_sheet(e, election);

	snprintf(out, size,
	    "There is no receipt yet%s, since what %s cannot be written: %s. "
	    "Make room there, then run the same command again: the vote cannot "
	    "count twice",
	    sheet ? ", nor a tracker" : "", sheet ? "they need" : "it needs",
	    problem);
	if (c->json != NULL)
		cJSON_AddStringToObject(c->json, "receipt_problem", problem);
}

/* How the voter finds the own line on a tally sheet. */
static void
tracker_say(struct client *c, struct evote *e, const char *election, char *out,
    size_t size)
{
	char text[TRACKER_TEXT];
	uint64_t tracker;

	out[0] = '\0';
	if (!evote_own_tracker(e, election, &tracker))
		return;
	tracker_text(text, tracker);
	snprintf(out, size, ". " SAY_TRACKER, text);
	if (c->json != NULL)
		cJSON_AddStringToObject(c->json, "tracker", text);
}

/* The vote counts, whatever becomes of its receipt. */
static int
counted_say(struct client *c, struct evote *e, const char *election,
    const evote_answer *answer)
{
	char where[EVOTE_HOSTS_MAX * (EVOTE_HOST_MAX + 8) + 64];
	char receipt[PROVED_SIGNERS + PATH_MAX], tracker[300];
	struct evote_proof p = {0};
	enum evote_outcome outcome = EVOTE_FAILED;
	const char *unkept = evote_unkept(e);
	uint64_t timeout_ms;
	int status;

	say_unencrypted(c, e);
	say_stamp(c, &answer->stamp);
	copies_text(c, e, answer, where, sizeof(where));
	tracker_say(c, e, election, tracker, sizeof(tracker));
	if ((timeout_ms = cmd_timeout_ms(c, RECEIPT_MS)) > RECEIPT_MS)
		timeout_ms = RECEIPT_MS;
	if (unkept[0] == '\0')
		outcome = evote_receipt(e, election, timeout_ms, &p);
	if (outcome == EVOTE_CHANGED)
		status = say_problem(c, evote_problem(e), outcome,
		    "Your vote in \"%s\" was taken, and the service cannot be "
		    "trusted",
		    election);
	else {
		if (unkept[0] != '\0')
			unkept_text(
			    c, e, election, unkept, receipt, sizeof(receipt));
		else
			receipt_text(c, evote_problem(e), outcome, &p, receipt,
			    sizeof(receipt));
		status = say_done(c,
		    SAY_COUNTS
		    "; it is stored on %s, among "
		    "the first %llu records of the ledger in epoch %llu. %s%s",
		    election, where, (unsigned long long)answer->stamp.size,
		    (unsigned long long)answer->stamp.epoch, receipt, tracker);
	}
	evote_proof_clear(&p);
	return (status);
}

/*
 * What else is to be known of a refusal: when the election opens, or that
 * others may still vote.
 */
static int
refusal_say(struct client *c, struct evote *e, const char *election,
    const evote_answer *answer)
{
	uint64_t last = evote_late_until(e, election);
	const char *why = evote_unready(e);
	struct when w = when_of(last);
	int status;

	if (answer->reason == EVOTE_R_CLOSED && evote_counted_here(e, election))
		return (say_refused_so(c, answer,
		    "The vote in \"%s\" that you had cast before counts. This "
		    "one was NOT counted: the election has ended",
		    election));
	if (answer->reason == EVOTE_R_CLOSED && last != 0)
		return (say_refused_so(c, answer,
		    "Your vote in \"%s\" was NOT counted: the election has "
		    "ended. Until %s it takes votes only from those who logged "
		    "in before its end, at most an hour ago, and you did "
		    "not%s%s",
		    election, w.utc, why[0] != '\0' ? ", because " : "", why));
	if ((status = life_refused(
		 c, e, election, answer, "Your vote was NOT counted")) >= 0)
		return (status);
	return (say_refused(
	    c, answer, "Your vote in \"%s\" was NOT counted", election));
}

static int
answer_say(struct client *c, struct evote *e, const char *election,
    const evote_answer *answer)
{
	if (answer->code == 0)
		return (counted_say(c, e, election, answer));
	/* Neither counted nor not: voting again tells. */
	if (answer->reason == EVOTE_R_NUMBER_STALE)
		return (say_unknown(c,
		    "Your vote in \"%s\" may or may not count: %s. If it then "
		    "says that a previous vote was cast, one vote of yours "
		    "counts: this one, or another that was sent from a copy "
		    "of this state directory",
		    election, reason_of(answer->reason)->sentence));
	return (refusal_say(c, e, election, answer));
}

/* The service is not what it was; what that means for this vote. */
static const char *
changed_text(struct evote *e, const char *election, const evote_answer *answer)
{
	if (answer->standing == EVOTE_SERVED && answer->code == 0)
		return ("was taken");
	if (answer->standing != EVOTE_SERVED &&
	    evote_kept_here(e, election) != 0)
		return ("is kept; it may or may not count");
	return ("was NOT taken");
}

static int
changed_say(struct client *c, struct evote *e, const char *election,
    const evote_answer *answer)
{
	char problem[2048];

	/* It is forgotten when the state is read again. */
	snprintf(problem, sizeof(problem), "%s", evote_problem(e));
	return (say_problem(c, problem, EVOTE_CHANGED,
	    "Your vote in \"%s\" %s, and the service cannot be trusted",
	    election, changed_text(e, election, answer)));
}

int
vote_outcome_say(struct client *c, struct evote *e, const char *election,
    enum evote_outcome outcome, const evote_answer *answer)
{
	switch (outcome) {
	case EVOTE_ANSWERED:
		return (answer_say(c, e, election, answer));
	case EVOTE_UNANSWERED:
		return (say_problem(c, evote_problem(e), outcome,
		    "No answer. Your vote in \"%s\" may or may not be counted. "
		    "%s cannot count twice",
		    election, say_again(e)));
	case EVOTE_CHANGED:
		return (changed_say(c, e, election, answer));
	default:
		return (say_problem(c, evote_problem(e), outcome,
		    "Your vote in \"%s\" was NOT sent", election));
	}
}

/* An earlier one may have been sent all the same. */
int
vote_unasked_say(struct client *c, struct evote *e, const char *election,
    enum evote_outcome outcome)
{
	char why[2048];
	int kept;

	snprintf(why, sizeof(why), "%s", evote_problem(e));
	kept = evote_kept_here(e, election);
	if (kept == 1 && outcome != EVOTE_CHANGED)
		return (say_problem(c, why, EVOTE_UNANSWERED,
		    "No answer. Your vote in \"%s\" may or may not be counted. "
		    "Run the same command again: it cannot count twice",
		    election));
	return (say_problem(c, why,
	    outcome == EVOTE_UNANSWERED ? EVOTE_UNSENT : outcome,
	    "Your vote in \"%s\" %s%s", election,
	    kept == 1	? "is kept; it may or may not count"
		: !kept ? "was NOT sent"
			: "was NOT sent now; whether it was before is not "
			  "known here",
	    outcome == EVOTE_CHANGED ? ", and the service cannot be trusted"
				     : ""));
}
