#ifndef EVOTE_ASIDE_H
#define EVOTE_ASIDE_H

#include "server/store/ledger.h"

/*
 * Sets the records from size on aside into the file at path (one line each:
 * seq, leaf and opening in hexadecimal; synced), then removes them from the
 * ledger.  Durable when it returns 0.
 */
int aside_truncate(struct ledger *, uint64_t size, const char *path);

#endif
