#ifndef EVOTE_CLIENT_SHEET_H
#define EVOTE_CLIENT_SHEET_H

#include "client/lib/handle.h"

/*
 * Whether an election has a tally sheet: e->sheet.there, after EVOTE_ANSWERED.
 * That never changes, and is asked once as long as it is about one election.
 */
enum evote_outcome sheet_ask(
    struct evote *, const char *election, uint64_t deadline_ms);

#endif
