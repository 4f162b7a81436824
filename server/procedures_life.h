#ifndef EVOTE_PROCEDURES_LIFE_H
#define EVOTE_PROCEDURES_LIFE_H

#include "server/procedures.h"

/* What operators decide about elections: rows of the table in procedures.c. */
procedure_run life_settings, life_preview, life_any;

#endif
