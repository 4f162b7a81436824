#ifndef EVOTE_CONFIRM_H
#define EVOTE_CONFIRM_H

#include "client/cmd.h"

/* Whether somebody sits there: of a script, or with --json, nothing is asked. */
int confirm_can(const struct client *);
/* Asks "QUESTION (yes/no)? "; 1 for yes. */
int confirm(const char *question);

#endif
