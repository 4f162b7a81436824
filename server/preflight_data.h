#ifndef EVOTE_PREFLIGHT_DATA_H
#define EVOTE_PREFLIGHT_DATA_H

#include "server/preflight_found.h"

/* What a start would meet in the data directory: its files, keys and owner. */
void preflight_data(struct preflight *);

#endif
