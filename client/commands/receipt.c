#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/json.h"
#include "client/proved.h"
#include "client/say.h"
#include "common/need.h"
#include "common/receipt.h"

/* Another vote's may be all that its voter has. */
static int
is_other_vote(const char *old, const char *new)
{
	struct receipt a = {0}, b = {0};
	char why[200];
	int other = receipt_read(&a, old, strlen(old), why, sizeof(why)) == 0 &&
	    receipt_read(&b, new, strlen(new), why, sizeof(why)) == 0 &&
	    (a.leaf_len != b.leaf_len ||
		memcmp(a.leaf, b.leaf, a.leaf_len) != 0);

	receipt_clear(&a);
	receipt_clear(&b);
	return (other);
}

/* A step. */
static int
copy_check(struct client *c, const char *copy, const struct evote_proof *p)
{
	char *old;
	int status = proved_old(c, copy, RECEIPT_HEAD, &old);
	int other = old != NULL && is_other_vote(old, p->text);

	free(old);
	if (!other)
		return (status);
	return (say_usage(c,
	    "%s has the receipt of another vote, of another voter or in "
	    "another election, and was left as it is. Give another name%s%s",
	    copy, p->path != NULL ? "; the receipt asked for is kept as " : "",
	    p->path != NULL ? p->path : ""));
}

/* What hindered a better one, or its being kept. */
static void
hitch_text(
    struct client *c, const struct evote_proof *p, char *out, size_t size)
{
	const char *why = p->no_better != NULL ? p->no_better : p->unkept;

	out[0] = '\0';
	if (why == NULL)
		return;
	snprintf(out, size, ". %s: %s",
	    p->no_better != NULL ? "It is the one of before, since no newer "
				   "one could be had"
				 : "Take care of it, since it is kept nowhere "
				   "else",
	    why);
	json_text(c->json, "receipt_problem", why);
}

static int
receipt_say(struct client *c, const char *election, struct evote_proof *p,
    const char *copy)
{
	char who[PROVED_SIGNERS], hitch[PATH_MAX + 2400];
	int status = -1;

	if (copy == NULL && p->path == NULL)
		return (say_problem(c, p->unkept, EVOTE_FAILED,
		    "The receipt for \"%s\" cannot be kept. Name a file after "
		    "the election, and it is written there",
		    election));
	if (copy != NULL) {
		if ((status = copy_check(c, copy, p)) >= 0 ||
		    (status = proved_write(
			 c, copy, RECEIPT_HEAD, 0600, p->text)) >= 0)
			return (status);
		free(p->path);
		p->path = need_copy(copy);
	}
	proved_receipt_json(c->json, p);
	proved_signers(p->policy, &p->verdict, who, sizeof(who));
	hitch_text(c, p, hitch, sizeof(hitch));
	return (say_done(c,
	    "Your receipt for \"%s\" is %s: it shows that record %llu of the "
	    "ledger is your vote, signed by %s%s%s",
	    election, p->path, (unsigned long long)p->seq, who, proved_blind(p),
	    hitch));
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
