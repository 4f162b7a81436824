#ifndef EVOTE_FILES_H
#define EVOTE_FILES_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Files, whole or not at all.  Unless it says otherwise, a function returns 0,
 * or -1 with errno.
 */
#define FILES_PATH 4096 /* room for a path */

/* What to do about a data directory that has lost something. */
#define FILES_REJOIN \
	"move the data directory aside and let this host join again"

/*
 * The server's user and group, as people may be told them: whoever asks as root
 * is told those of the packages.
 */
void files_user(char *user, char *group, size_t size);
/*
 * Says in err what to do about a file of the data directory that the server may
 * not use: what root has made there is no damage.  -1.
 */
int files_fail_owner(
    const char *dir, const char *file, char *err, size_t errlen);
/* The path of that name in a directory; it has to fit. */
void files_path(const char *dir, const char *name, char *out, size_t len);
int files_sync(const char *dir);
int files_sync_parent(const char *path);
/* A second name for a file that would survive a power cut; none is replaced. */
int files_publish(const char *file, const char *name);
int files_write(int fd, const void *, size_t len);
/* The file holds what it held before, or this, whatever happens. */
int files_replace(const char *dir, const char *name, const void *, size_t len);
/* Returns the length; EFBIG when it is max or more. */
ssize_t files_read(const char *file, void *buf, size_t max);
/* One line of text, without its end. */
int files_line(const char *file, char *line, size_t size);

#endif
