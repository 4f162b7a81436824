#ifndef EVOTE_MACHINE_H
#define EVOTE_MACHINE_H

#include "replica/core/core.h"

/* The core's view of this server's election: see struct machine in core.h. */
extern const struct machine server_machine;

#endif
