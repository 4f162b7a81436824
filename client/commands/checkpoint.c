#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/json.h"
#include "client/proved.h"
#include "client/say.h"
#include "common/extension.h"
#include "common/receipt.h"

struct since {
	const char *file;
	const char *proof; /* a file to be written */
};

static const struct option_row since_options[] = {
    {"since", "FILE", "prove that it continues this checkpoint or receipt",
	.at = offsetof(struct since, file)},
    {"proof", "FILE", "write that proof, for other people's programs",
	.at = offsetof(struct since, proof)},
    {0},
};

/* The checkpoint in a file, or in a receipt; points into *text. */
static int
since_read(struct client *c, const char *file, char **text, struct note *note)
{
	struct receipt r;
	char why[300];
	size_t len;
	int status;

	if ((*text = proved_file(c, file, &len, &status)) == NULL)
		return (status);
	if (strncmp(*text, RECEIPT_HEAD, strlen(RECEIPT_HEAD)) != 0) {
		if (note_read(note, *text, len, why, sizeof(why)) == 0)
			return (-1);
	} else if (receipt_read(&r, *text, len, why, sizeof(why)) == 0) {
		*note = r.note;
		receipt_clear(&r);
		return (-1);
	}
	return (
	    say_usage(c, "%s is no checkpoint and no receipt: %s", file, why));
}

/* Before anything is printed. */
static int
extension_keep(
    struct client *c, const struct evote_proof *p, const struct since *files)
{
	if (files->proof == NULL)
		return (-1);
	if (p->extension == NULL)
		return (say_usage(c,
		    "%s is of an empty ledger: there is nothing to prove",
		    files->file));
	json_text(c->json, "proof", files->proof);
	return (
	    proved_write(c, files->proof, EXTENSION_HEAD, 0666, p->extension));
}

static int
checkpoint_say(struct client *c, const struct evote_proof *p, const char *file,
    const struct note *since)
{
	char who[PROVED_SIGNERS], more[PROVED_SIGNERS] = "",
				  root[2 * SEAL_HASH + 1];

	proved_signers(p->policy, &p->verdict, who, sizeof(who));
	if (file != NULL)
		snprintf(more, sizeof(more),
		    ". They begin with the %" PRIu64 " records of %s: none of "
		    "those was changed or taken out",
		    since->size, file);
	seal_hex(root, p->root, sizeof(p->root));
	json_number(c->json, "size", p->size);
	json_text(c->json, "root", root);
	proved_json(c->json, p->policy, &p->verdict);
	if (file != NULL)
		json_number(c->json, "since", since->size);
	return (say_document(c, "note", p->text,
	    "The ledger has %" PRIu64 " records, signed by %s%s", p->size, who,
	    more));
}

static int
checkpoint(
    struct client *c, const struct since *files, const struct note *since)
{
	const char *file = files->file;
	enum evote_outcome outcome;
	struct evote_proof p;
	struct evote *e;
	int status;

	if ((status = cmd_open(c, &e)) >= 0)
		return (status);
	outcome = evote_checkpoint(e, file != NULL ? since : NULL, &p);
	if (outcome != EVOTE_ANSWERED)
		status = say_problem(
		    c, evote_problem(e), outcome, "There is no checkpoint");
	else if ((status = extension_keep(c, &p, files)) < 0)
		status = checkpoint_say(c, &p, file, since);
	evote_proof_clear(&p);
	evote_close(e);
	return (status);
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	const struct since *since = own;
	struct note note;
	char *text = NULL;
	int status = -1;

	if (since->proof != NULL && since->file == NULL)
		return (say_usage(c, "--proof needs --since"));
	if (since->file != NULL)
		status = since_read(c, since->file, &text, &note);
	if (status < 0)
		status = checkpoint(c, since, &note);
	free(text);
	return (status);
}

const struct command cmd_checkpoint = {
    .name = "checkpoint",
    .help = "Prints what the service and its hosts sign about the ledger as a "
	    "whole: its size and the root of its tree.",
    .size = sizeof(struct since),
    .options = since_options,
    .run = run,
};
