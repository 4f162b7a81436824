#ifndef EVOTE_FILE_H
#define EVOTE_FILE_H

#include <stddef.h>

/*
 * What a file has, to be freed: at most so many bytes, and a NUL behind them;
 * *len is how many.  It may be a pipe.  NULL: errno.
 */
char *file_read(const char *path, size_t most, size_t *len);

#endif
