#ifndef EVOTE_PROCEDURES_ROLL_H
#define EVOTE_PROCEDURES_ROLL_H

#include "server/procedures.h"

/* What operators ask about the roll: rows of the table in procedures.c. */
procedure_run roll_register, roll_member, roll_voters, roll_rekey, roll_stage,
    roll_commit, roll_page;

#endif
