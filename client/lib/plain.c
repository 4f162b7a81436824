#include "client/lib/plain.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
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
		return ("it belongs to another user: if it is yours, have root "
			"run chown; another --state lacks your receipts");
	case NOT_SAFE:
		return ("others may write there; run chmod 700 on it");
	case EFBIG:
		return ("it is too large to be what it should be; move it "
			"away");
	default:
		return (strerror(error));
	}
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
