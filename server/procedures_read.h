#ifndef EVOTE_PROCEDURES_READ_H
#define EVOTE_PROCEDURES_READ_H

#include "server/procedures.h"

/* What anybody may read of the elections: rows of the table in procedures.c. */
procedure_run read_result, read_pairs, read_list, read_show, read_options,
    read_empty, read_turnout, read_report, read_curve, read_sheet, read_life,
    read_lives;

#endif
