#ifndef EVOTE_MARK_H
#define EVOTE_MARK_H

#include "common/seal.h"

/*
 * What a ledger keeps of the cluster's key, and every copy of it too, so that
 * it is never served with another one.  The key does not follow from it.
 */
#define MARK SEAL_HASH

void mark_of(const unsigned char cluster_key[32], unsigned char mark[MARK]);

#endif
