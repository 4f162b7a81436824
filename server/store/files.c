#include "server/store/files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"

void
files_user(char *user, char *group, size_t size)
{
	const struct passwd *u = geteuid() == 0 ? NULL : getpwuid(geteuid());
	const struct group *g = u == NULL ? NULL : getgrgid(u->pw_gid);

	snprintf(user, size, "%s", u == NULL ? "evote" : u->pw_name);
	snprintf(group, size, "%s", g == NULL ? "evote" : g->gr_name);
}

int
files_fail_owner(const char *dir, const char *file, char *err, size_t errlen)
{
	char user[64], group[64];

	files_user(user, group, sizeof(user));
	return (text_why(err, errlen,
	    "cannot use %s: %s; give all of the directory to the server's "
	    "user: chown -R %s:%s %s",
	    file, strerror(EACCES), user, group, dir));
}

void
files_path(const char *path, const char *name, char *out, size_t len)
{
	int n = snprintf(out, len, "%s/%s", path, name);

	assert(n > 0 && (size_t)n < len);
}

int
files_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (fd == -1)
		return (-1);
	rc = fsync(fd);
	close(fd);
	return (rc);
}

int
files_sync_parent(const char *path)
{
	char *copy = strdup(path);
	int rc = copy == NULL ? -1 : files_sync(dirname(copy));

	free(copy);
	return (rc);
}

int
files_publish(const char *file, const char *name)
{
	int fd = open(file, O_RDWR | O_CLOEXEC), rc = -1, error;

	if (fd == -1)
		return (-1);
	if (fsync(fd) == 0 && link(file, name) == 0)
		rc = files_sync_parent(name);
	error = errno;
	close(fd);
	errno = error;
	return (rc);
}

int
files_write(int fd, const void *bytes, size_t len)
{
	ssize_t n = write(fd, bytes, len);

	if (n >= 0 && (size_t)n < len)
		errno = ENOSPC;
	return (n == (ssize_t)len ? 0 : -1);
}

int
files_replace(const char *path, const char *name, const void *bytes, size_t len)
{
	char file[FILES_PATH], beside[FILES_PATH];
	int fd, ok;

	files_path(path, name, file, sizeof(file));
	snprintf(beside, sizeof(beside), "%s/%s.new", path, name);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return (-1);
	ok = files_write(fd, bytes, len) == 0 && fsync(fd) == 0;
	if (close(fd) == -1 || !ok)
		return (-1);
	if (rename(beside, file) == -1)
		return (-1);
	return (files_sync(path));
}

ssize_t
files_read(const char *file, void *buf, size_t max)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return (-1);
	n = read(fd, buf, max);
	close(fd);
	if (n == (ssize_t)max) {
		errno = EFBIG;
		return (-1);
	}
	return (n);
}

int
files_line(const char *file, char *line, size_t size)
{
	ssize_t n = files_read(file, line, size);

	if (n == -1)
		return (-1);
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return (0);
}
