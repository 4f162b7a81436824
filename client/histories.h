#ifndef EVOTE_HISTORIES_H
#define EVOTE_HISTORIES_H

#include "common/note.h"

/*
 * What signed notes show of ledgers, side by side: a ledger has one root for
 * each number of records, and who has signed two shows two histories.
 */
struct histories {
	struct shown_root {
		char *file, *log;
		uint64_t size;
		unsigned char root[SEAL_HASH];
	} * list;
	unsigned n;
};

void histories_clear(struct histories *);
/*
 * The file of an earlier note that contradicts this one, or NULL: there is
 * none, and this one is added.  All is copied.
 */
const char *histories_add(
    struct histories *, const char *file, const struct note *);

#endif
