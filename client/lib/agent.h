#ifndef EVOTE_AGENT_H
#define EVOTE_AGENT_H

#include <stddef.h>

#include "common/seal.h"

/*
 * Asks the agent at $SSH_AUTH_SOCK for the key's signature over exactly these
 * bytes.  The agent may ask its user first: it has a minute.  0, or -1 with one
 * sentence that says what to do.
 */
int agent_sign(unsigned char sig[SEAL_SIG], const unsigned char key[SEAL_KEY],
    const void *msg, size_t len, char *err, size_t errlen);

#endif
