#ifndef EVOTE_IMPORT_H
#define EVOTE_IMPORT_H

#include "client/cmd.h"
#include "common/progress.h"
#include "client/roll/diff.h"

/* An import: what is wished, the file, and how it differs from the roll. */
struct import {
	const char *path;
	int dry_run, update, remove, everybody, yes;
	struct roll_options options;
	char *text;
	struct roll roll;
	struct diff *diff;
	uint64_t version; /* of the roll that stands */
	/* What has to change: who leaves, then the others. */
	evote_row *rows;
	uint32_t *places; /* of the row in the file, or UINT32_MAX */
	uint32_t n, leave, added, changed;
	uint32_t stage, sent;
	struct progress progress;
};

/* A bar must not stand where a sentence about a failure will. */
void import_progress(struct progress *, enum clnt_stat, const evote_answer *);
/*
 * Has the rows carried out, all of them or none, or only checked (dry_run): a
 * step, as in cmd.h.
 */
int import_send(struct client *, CLIENT *, struct import *);

/* import_say.c: what would change, once it is known. */
void import_say_changes(struct client *, const struct import *);
/*
 * A new group may be a misspelling.  In a first file all groups are new, and
 * only their sizes tell, or others that are alike.
 */
void import_say_groups(struct client *, const struct import *);
/* Letters of two alphabets can make one name look like another. */
void import_say_mixed(struct client *, const struct import *);

/* The service's patience is the caller's. */
#define IMPORT_TIMEOUT_MS 30000

#endif
