#ifndef EVOTE_PREFLIGHT_H
#define EVOTE_PREFLIGHT_H

#include "server/conf.h"

/*
 * What a start with this configuration would meet on this machine, a sentence
 * for each thing.  Nothing is started or changed.  Returns the exit status:
 * 0 only when nothing is wrong.
 */
int preflight_run(const struct conf *);

#endif
