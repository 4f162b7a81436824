#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "client/lib/handle.h"

/*
 * What is kept of a service that contradicts what it had shown: signed notes,
 * which prove it to others, and a text that says what was noticed.
 */

struct evidence {
	char names[600]; /* of its files: "evidence-3-17, evidence-..." */
	int lost;   /* some of it could not be kept: state_error says why */
	int stands; /* of the service, and not of one voter's vote */
};

/*
 * Adds the notes: this one, the one of the file that is asked about, and the
 * last checkpoint that was verified, which were shown before, and what is shown
 * now.  before NULL: there is no other.  now NULL: the host that contradicts is
 * asked for it, and the others if it shows what was shown before; once by each
 * handle, and not for long.  host -1: it is not known which one it was.  Each
 * may be a receipt, which has a note in it.
 */
void evidence_notes(struct evote *, int host, const char *before,
    const char *now, struct evidence *);
/* Adds the text, of this kind; its file is that of evote_evidence. */
void evidence_text(
    struct evote *, const char *kind, const char *text, struct evidence *);
/*
 * Says what was noticed, whom to show it, and which files to remove to go on
 * all the same: the only proof may be in these, so not while some of it is
 * lost.  What stands is said again until they are removed.  Returns
 * EVOTE_CHANGED.
 */
enum evote_outcome evidence_tell(struct evote *, const char *who,
    const char *what, const struct evidence *, const char *remove);
/* EVOTE_CHANGED, and the sentence of then, while a contradiction stands. */
enum evote_outcome evidence_standing(struct evote *);

#endif
