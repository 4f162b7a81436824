#ifndef EVOTE_EXTENSION_H
#define EVOTE_EXTENSION_H

#include <stddef.h>
#include <stdint.h>

/*
 * The proof that a checkpoint continues an earlier one, as a file: what
 * c2sp.org/tlog-witness has a log send to add-checkpoint.  A line `old SIZE`
 * with the records of the earlier one, the hashes of the path, an empty line,
 * and the later one with its signatures.  Pure.
 */
#define EXTENSION_HEAD "old "

/* The file, NUL-terminated, to be freed. */
char *extension_write(
    uint64_t since, const void *path, size_t n, const char *note);

#endif
