#ifndef EVOTE_HOST_KEY_H
#define EVOTE_HOST_KEY_H

#include "common/seal.h"

/*
 * host.key in a data directory: the seed of this host's own Ed25519 key, 32
 * random bytes in base64, mode 0600.  It comes and goes with the incarnation,
 * and is never derived from the cluster's key: else the signatures of two hosts
 * would be one secret's.
 */

/* A new one; 0, or -1 with errno. */
int host_key_make(const char *dir);
/* 0; 1 when there is no such file; -1: why is in err, and what to do. */
int host_key_read(
    const char *dir, unsigned char seed[SEAL_KEY], char *err, size_t errlen);

#endif
