#ifndef EVOTE_VIGIL_H
#define EVOTE_VIGIL_H

#include "server/conf.h"

/*
 * The whole of a witness (--role witness): it answers the hosts' questions
 * about the configuration and holds no record of any election.  Returns the
 * exit status, after the reason was logged.
 */
int vigil_run(const struct conf *);

#endif
