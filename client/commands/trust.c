#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/cmd.h"
#include "client/json.h"
#include "client/proved.h"
#include "client/say.h"
#include "common/number.h"
#include "common/text.h"

struct time {
	uint64_t size; /* 0: now */
};

static int
size_take(void *at, const char *value, char *err, size_t errlen)
{
	if (number_read(value, 1, UINT64_MAX, at) == 0)
		return (0);
	return (
	    text_why(err, errlen, "\"%s\" is not a number of records", value));
}

static const struct option_row time_options[] = {
    {"at", "SIZE", "who had to sign when the ledger had so many records",
	.at = offsetof(struct time, size), .take = size_take},
    {0},
};

static int
policy_say(struct client *c, const struct evote_proof *p)
{
	const struct tlog_verdict none = {0};
	char who[PROVED_SIGNERS], comment[NOTE_NAME + 100], *text;
	int status;

	proved_names(p->policy, &none, 0, who, sizeof(who));
	json_number(c->json, "size", p->size);
	json_text(c->json, "log", p->policy->logs[0].name);
	proved_hosts_json(c->json, p->policy);
	snprintf(comment, sizeof(comment),
	    "# Who has to sign checkpoints of %" PRIu64
	    " records of this service:\n# %s\n",
	    p->size, p->policy->logs[0].name);
	text = tlog_policy_write(p->policy, comment);
	status = say_document(c, "policy", text,
	    "Checkpoints of %" PRIu64 " records are signed by the service%s%s",
	    p->size, who[0] != '\0' ? " and by " : " alone", who);
	free(text);
	return (status);
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	const struct time *time = own;
	enum evote_outcome outcome;
	struct evote_proof p;
	struct evote *e;
	int status;

	if ((status = cmd_open(c, &e)) >= 0)
		return (status);
	outcome = evote_trust(e, time->size, &p);
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(c, evote_problem(e), outcome,
		    "It is not known whom to trust");
	else
		status = policy_say(c, &p);
	evote_proof_clear(&p);
	evote_close(e);
	return (status);
}

const struct command cmd_trust = {
    .name = "trust",
    .help = "Prints the service's policy, for `verify` and other programs: "
	    "its key and those of its hosts, each proved to be in the ledger. "
	    "That none is missing is the service's word.",
    .size = sizeof(struct time),
    .options = time_options,
    .run = run,
};
