#include "server/store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/log.h"
#include "common/text.h"
#include "server/store/files.h"

static int
fail_in_use(const char *dir, const char *file, char *err, size_t errlen)
{
	char pid[32];

	if (files_line(file, pid, sizeof(pid)) == -1 || pid[0] == '\0')
		snprintf(pid, sizeof(pid), "(unknown)");
	return (text_why(err, errlen,
	    "%s is in use by process %s: stop it first, or name another "
	    "directory",
	    dir, pid));
}

/* No link leads to a file of somebody else's, which would be overwritten. */
static int
lock_open(const char *dir, const char *file, char *err, size_t errlen)
{
	int fd = open(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd != -1)
		return (fd);
	if (errno == EACCES)
		return (files_fail_owner(dir, file, err, errlen));
	if (errno == ELOOP)
		return (text_why(err, errlen,
		    "%s is a symbolic link, which the server never makes: find "
		    "out who did, and remove it",
		    file));
	return (
	    text_why(err, errlen, "cannot open %s: %s", file, strerror(errno)));
}

int
lock_take(const char *dir, char *err, size_t errlen)
{
	char file[FILES_PATH], pid[32];
	int fd, n;

	files_path(dir, "lock", file, sizeof(file));
	if ((fd = lock_open(dir, file, err, errlen)) == -1)
		return (-1);
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			fail_in_use(dir, file, err, errlen);
		else
			text_why(err, errlen, "cannot lock %s: %s", file,
			    strerror(errno));
		close(fd);
		return (-1);
	}
	/* The lock is the promise, not what the file says. */
	n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) == -1 || pwrite(fd, pid, (size_t)n, 0) != n)
		log_info("datadir file=%s pid not written: %s", file,
		    strerror(errno));
	return (fd);
}
