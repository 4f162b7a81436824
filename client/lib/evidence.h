#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "client/lib/handle.h"

/*
 * What is kept of a service that contradicts what it had shown: signed notes,
 * which prove it to others, and a text that says what was noticed.
 */

/* The files' names in the state directory: "evidence-3-17, evidence-..." */
#define EVIDENCE_NAMES 600

/*
 * Adds the notes: this one and the last checkpoint that was verified, which were
 * shown before, and what is shown now.  before NULL: there is no other.  now
 * NULL: the service is asked for it, the first time, and not for long.  Each may
 * be a receipt, which has a note in it.
 */
void evidence_notes(struct evote *, const char *before, const char *now,
    char names[EVIDENCE_NAMES]);
/* Adds the text, of this kind; its file is that of evote_evidence. */
void evidence_text(struct evote *, const char *kind, const char *text,
    char names[EVIDENCE_NAMES]);
/*
 * Says what was noticed, whom to show it, and which files to remove to go on all
 * the same.  Returns EVOTE_CHANGED.
 */
enum evote_outcome evidence_tell(struct evote *, const char *who,
    const char *what, const char *names, const char *remove);

#endif
