#ifndef EVOTE_SECRETS_H
#define EVOTE_SECRETS_H

#include <sys/types.h>

#include "server/store/files.h"

/*
 * The files that nobody but the server may read: the cluster's key, with which
 * anybody can change the election, this host's key, and the ledger, its log and
 * the records that were set aside, which have all choices.
 */
#define SECRETS 16 /* so many are told of; there may be more set aside */

struct secret {
	char path[FILES_PATH];
	const char *doubt; /* as in private.h */
};
/*
 * Those of the data directory, and the cluster's key as it was given (or NULL),
 * that others may read or change.  Their number.
 */
int secrets_look(const char *dir, const char *cluster_key, uid_t owner,
    struct secret found[SECRETS]);
/*
 * For this process as the owner: leaves their paths in `told`, as a list, and
 * logs them when that was another one.  It begins as "".
 */
#define SECRETS_TOLD 512 /* room for the list; what is too much is cut off */
void secrets_tell(
    const char *dir, const char *cluster_key, char told[SECRETS_TOLD]);

#endif
