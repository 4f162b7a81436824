#ifndef EVOTE_ROLE_NAME_H
#define EVOTE_ROLE_NAME_H

#include "evote.h"

/* A role as logs and status name it; "unknown" for one from a later version. */
const char *role_name(evote_role);

#endif
