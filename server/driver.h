#ifndef EVOTE_DRIVER_H
#define EVOTE_DRIVER_H

#include "replica/core/core.h"

/* What the core has done, by this server: see struct driver in core.h. */
extern const struct driver server_driver;

#endif
