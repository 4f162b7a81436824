#ifndef EVOTE_PLAIN_H
#define EVOTE_PLAIN_H

#include <sys/types.h>
#include <dirent.h>

/*
 * Plain files of this user.  A symbolic link, a FIFO, a device, or a file that
 * belongs to somebody else is not opened, and nothing here waits.
 */

/* As openat(2); mode 0600 with O_CREAT.  -1: errno, for plain_why. */
int plain_open(int dir, const char *name, int flags);
/*
 * The length, *out NUL-terminated and malloc'd; 0, *out untouched: there is no
 * such file; -1: errno, EFBIG when it is not shorter than `limit`.
 */
long plain_read(int dir, const char *name, size_t limit, char **out);
/*
 * A directory, which may not be a link, belong to somebody else, or be open
 * for others to write; -1: errno, for plain_why.
 */
int plain_directory(int dir, const char *name);
/* The names in an open directory, from the first; NULL: errno. */
DIR *plain_names(int dir);
/* Whether that ends the name, which is longer. */
int plain_ends(const char *name, const char *end);
/* What an errno of these means. */
const char *plain_why(int error);
/*
 * The same of that path as a sentence without its end: also whose it is where
 * it may not be used, and what to do about that.
 */
void plain_tell(const char *path, int error, char *out, size_t size);
/* Of an errno: here nothing can be written, or not now. */
int plain_is_shut(int error);

#endif
