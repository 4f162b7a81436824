#include "client/commands/check_vote.h"

#include "client/proved.h"
#include "client/say.h"

#define TIMEOUT_MS 10000

/* A cancelled one counts no votes, though they are in the ledger. */
static int
may_count(struct evote *e, const char *election)
{
	evote_life_res life;
	int may = evote_life(e, election, &life) == EVOTE_ANSWERED &&
	    life.answer.code == 0 && life.phase != EVOTE_PHASE_CANCELLED;

	xdr_free((xdrproc_t)xdr_evote_life_res, &life);
	return (may);
}

int
check_vote(struct client *c, struct evote *e, struct lines *l,
    const char *election, int *there)
{
	enum evote_outcome outcome;
	struct evote_proof p = {0};
	char who[PROVED_SIGNERS];
	int status = -1;

	*there = 0;
	if (!may_count(e, election))
		return (-1);
	outcome = evote_receipt(e, election, cmd_timeout_ms(c, TIMEOUT_MS), &p);
	if (outcome == EVOTE_CHANGED)
		status = say_problem(c, evote_problem(e), outcome,
		    "The service cannot be relied on");
	else if (outcome == EVOTE_ANSWERED) {
		*there = 1;
		proved_signers(p.policy, &p.verdict, who, sizeof(who));
		line_say(l, "roll", NULL,
		    "%s is not on the roll any more, or has another key there; "
		    "a vote that was cast before counts all the same",
		    c->options.voter);
		line_say(l, "election", "",
		    SAY_COUNTS
		    ": it is record %llu of the ledger, signed by %s",
		    election, (unsigned long long)p.seq, who);
	}
	evote_proof_clear(&p);
	return (status);
}
