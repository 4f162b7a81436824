#ifndef EVOTE_COPY_H
#define EVOTE_COPY_H

#include <stddef.h>
#include <stdint.h>

/*
 * A host's ledger and configuration in one file, for a safe place.
 *
 * It is made of the files of a data directory, whether or not a server uses
 * them: what is read meanwhile is read again until nothing was moved from the
 * WAL into the file in between.  A copy has another application id than a
 * ledger, so no server takes it for one, and neither key nor incarnation: what
 * is made of it joins, and can never serve for the host that it was taken of.
 *
 * 0 with how many records there are, or -1 with a sentence without its full
 * stop.  What was half made is removed, by copy_make also before a signal such
 * as SIGINT ends the process.
 */
int copy_make(const char *data, const char *file, uint64_t *records, char *err,
    size_t errlen);
/*
 * *marked: the copy says that this is its cluster's key.  Older versions' say
 * nothing of it; any key will do for those.
 */
int copy_restore(const char *file, const char *data, const char *key_path,
    uint64_t *records, int *marked, char *err, size_t errlen);

#endif
