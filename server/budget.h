#ifndef EVOTE_BUDGET_H
#define EVOTE_BUDGET_H

#include "common/rpc/transport.h"

/*
 * What this machine grants this process, and how much of it strangers get:
 * evote.x and evote_server(8) state these.  What waits for a signature is
 * bounded in service.c and turns.c, what waits for a primary in requests.c.
 */

/* What strangers' calls may take of one turn of the loop, each time. */
#define BUDGET_TURN_US 2000

/* Raises the limit of open files; how many there may be now. */
int budget_files(void);
/* Fills the strangers' budgets of a host, or witness, of so many hosts. */
void budget_strangers(struct transport_config *, int files, int hosts);

#endif
