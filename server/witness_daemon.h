#ifndef EVOTE_WITNESS_DAEMON_H
#define EVOTE_WITNESS_DAEMON_H

#include "server/conf.h"

/*
 * The whole of a witness (--role witness): it answers the hosts' questions
 * about the configuration and holds no record of any election.  Returns the
 * exit status, after the reason was logged.
 */
int witness_daemon_run(const struct conf *);

#endif
