#ifndef EVOTE_LOCK_H
#define EVOTE_LOCK_H

#include <stddef.h>

/*
 * The lock of a data directory, which one process has at a time; the file says
 * which, for people only.  The descriptor that holds it, to be closed, or -1
 * with one sentence in err.
 */
int lock_take(const char *dir, char *err, size_t errlen);

#endif
