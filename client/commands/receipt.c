#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/proved.h"
#include "client/say.h"
#include "common/receipt.h"

static int
receipt_say(struct client *c, const char *election, struct evote_proof *p,
    const char *copy)
{
	char who[PROVED_SIGNERS];
	int status = -1;

	if (copy != NULL) {
		if ((status = proved_write(
			 c, copy, RECEIPT_HEAD, 0600, p->text)) >= 0)
			return (status);
		free(p->path);
		if ((p->path = strdup(copy)) == NULL)
			return (say_usage(c, "no memory"));
	}
	proved_receipt_json(c->json, p);
	proved_signers(p->policy, &p->verdict, who, sizeof(who));
	return (say_done(c,
	    "Your receipt for \"%s\" is %s: it shows that record %llu of the "
	    "ledger is your vote, signed by %s%s",
	    election, p->path, (unsigned long long)p->seq, who,
	    proved_blind(p)));
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	char election[NAME_ROOM];
	enum evote_outcome outcome;
	struct evote_proof p;
	struct evote *e;
	int status;

	if ((status = cmd_name(c, ELECTION, argv[0], election)) >= 0 ||
	    (status = cmd_open_voter(c, 1, &e)) >= 0)
		return (status);
	outcome = evote_receipt(e, election, cmd_timeout_ms(c, 10000), &p);
	/* Nothing that changes anything was sent. */
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(c, evote_problem(e), outcome,
		    "There is no receipt for \"%s\"", election);
	else
		status = receipt_say(c, election, &p, argv[1]);
	evote_proof_clear(&p);
	evote_close(e);
	return (status);
}

const struct command cmd_receipt = {
    .name = "receipt",
    .args = "ELECTION [FILE]",
    .help = "Writes the receipt of your vote, which hosts have signed, and "
	    "tells where. It does not show your choice.",
    .run = run,
};
