#include "client/lib/plain.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* These say nothing else here. */
#define NOT_PLAIN EMEDIUMTYPE
#define NOT_OURS  EUSERS
#define NOT_SAFE  EPERM

int
plain_ends(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return (n > m && strcmp(name + n - m, end) == 0);
}

const char *
plain_why(int error)
{
	switch (error) {
	case ELOOP:
		return ("it is a symbolic link; choose another directory with "
			"--state");
	case ENXIO:
	case NOT_PLAIN:
		return ("it is not a plain file; move it away");
	case NOT_OURS:
		return ("it belongs to another user");
	case NOT_SAFE:
		return ("others may write there; run chmod 700 on it");
	case EFBIG:
		return ("it is too large to be what it should be; move it "
			"away");
	default:
		return (strerror(error));
	}
}

int
plain_is_shut(int error)
{
	return (error == EACCES || error == EROFS || error == ENOSPC ||
	    error == EDQUOT);
}

static void
user_name(uid_t uid, char *out, size_t size)
{
	const struct passwd *user = getpwuid(uid);

	if (user != NULL)
		snprintf(out, size, "%s", user->pw_name);
	else
		snprintf(out, size, "%lu", (unsigned long)uid);
}

/* The file, or where it is not there, what it would lie in; 0, or -1. */
static int
nearest_stat(char *path, struct stat *st)
{
	char *slash;

	while (lstat(path, st) != 0) {
		slash = strrchr(path, '/');
		if (slash == NULL || slash == path)
			return (-1);
		*slash = '\0';
	}
	return (0);
}

void
plain_tell(const char *path, int error, char *out, size_t size)
{
	char at[PATH_MAX], owner[64], user[64];
	struct stat st;

	snprintf(at, sizeof(at), "%s", path);
	if ((error != EACCES && error != NOT_OURS) ||
	    nearest_stat(at, &st) != 0) {
		snprintf(out, size, "%s: %s", path, plain_why(error));
		return;
	}
	user_name(st.st_uid, owner, sizeof(owner));
	user_name(geteuid(), user, sizeof(user));
	if (st.st_uid != geteuid())
		snprintf(out, size,
		    "%s: %s; %s is of the user %s: have it given to you (chown "
		    "-R %s %s), or choose another directory with --state",
		    path, plain_why(error), at, owner, user, at);
	else
		snprintf(out, size, "%s: %s; run chmod -R u+rwX %s", path,
		    plain_why(error), at);
}

/* What is wrong with the open file, as errno; 0: nothing. */
static int
fault(int fd, mode_t type)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return (errno);
	if ((st.st_mode & S_IFMT) != type)
		return (NOT_PLAIN);
	if (st.st_uid != geteuid())
		return (NOT_OURS);
	return (type == S_IFDIR && (st.st_mode & 022) != 0 ? NOT_SAFE : 0);
}

static int
checked(int fd, mode_t type)
{
	int error = fd < 0 ? errno : fault(fd, type);

	if (error == 0)
		return (fd);
	if (fd >= 0)
		close(fd);
	errno = error;
	return (-1);
}

int
plain_open(int dir, const char *name, int flags)
{
	return (checked(openat(dir, name,
			    flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600),
	    S_IFREG));
}

int
plain_directory(int dir, const char *name)
{
	return (checked(
	    openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
	    S_IFDIR));
}

DIR *
plain_names(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *all = fd >= 0 ? fdopendir(fd) : NULL;

	if (all == NULL && fd >= 0)
		close(fd);
	return (all);
}

static ssize_t
all_read(int fd, char *data, size_t len)
{
	size_t have = 0;
	ssize_t n;

	do {
		n = read(fd, data + have, len - have);
		if (n > 0)
			have += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return (n < 0 ? -1 : (ssize_t)have);
}

long
plain_read(int dir, const char *name, size_t limit, char **out)
{
	int fd = plain_open(dir, name, O_RDONLY), error;
	char *data;
	ssize_t n = -1;

	if (fd < 0)
		return (errno == ENOENT ? 0 : -1);
	if ((data = malloc(limit + 1)) != NULL)
		n = all_read(fd, data, limit);
	error = errno;
	close(fd);
	if (n >= 0 && (size_t)n < limit) {
		data[n] = '\0';
		*out = data;
		return (n);
	}
	free(data);
	errno = n < 0 ? error : EFBIG;
	return (-1);
}
