#include "client/lib/state_impl.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/lib/plain.h"
#include "client/lib/service_dirs.h"
#include "common/need.h"
#include "common/seal.h"

#define REQUEST_MOST 40960     /* bytes that a request needs */
#define FILE_LIMIT   (1 << 18) /* of any file here */

int
state_fail(struct state *s, const char *fmt, ...)
{
	va_list ap;

	/* Whatever else fails without a directory fails because of that. */
	if (s->dir < 0 && s->error[0] != '\0')
		return (-1);
	va_start(ap, fmt);
	vsnprintf(s->error, sizeof(s->error), fmt, ap);
	va_end(ap);
	return (-1);
}

int
state_fail_at(struct state *s, const char *name)
{
	char path[PATH_MAX + NAME_MAX + 2], text[sizeof(s->error)];

	snprintf(path, sizeof(path), "%s%s%s", s->path,
	    name[0] != '\0' ? "/" : "", name);
	plain_tell(path, errno, text, sizeof(text));
	return (state_fail(s, "%s", text));
}

const char *
state_error(const struct state *s)
{
	return (s->error);
}

const char *
state_dir(const struct state *s)
{
	return (s->path);
}

/* ---- the directory ---- */

/* 0, or errno: then the path stays that of the common directory. */
static int
directory_use(struct state *s, const char *name, const struct hosts *hosts)
{
	size_t len = strlen(s->path);

	s->dir = plain_directory(s->base, name);
	if (s->dir < 0)
		return (errno);
	snprintf(s->path + len, sizeof(s->path) - len, "/%s", name);
	service_dirs_note(s->dir, hosts);
	service_dirs_sweep(s->dir);
	return (0);
}

/* A list that leads nowhere yet is no failure, see state_adopt. */
static int
directory_open(struct state *s, const char *dir, const struct hosts *hosts)
{
	char name[SERVICE_DIR_NAME];

	s->base = service_dirs_open(
	    dir, s->path, sizeof(s->path) - SERVICE_DIR_NAME - 1);
	if (s->base < 0 && s->path[0] == '\0')
		return (state_fail(s, "no state directory: set EVOTE_STATE"));
	if (s->base < 0)
		return (state_fail_at(s, ""));
	if (!service_dirs_by_hosts(s->base, hosts, name))
		return (0);
	if ((errno = directory_use(s, name, hosts)) != 0)
		return (state_fail_at(s, name));
	return (0);
}

/*
 * Somebody has removed what said whose it is, and receipts are still there.
 * Older versions named it by the list of hosts.
 */
static int
is_anothers(const struct state *s, const unsigned char cluster[16])
{
	const char *name = strrchr(s->path, '/') + 1;
	char own[SERVICE_DIR_NAME];

	seal_hex(own, cluster, 16);
	return (strlen(name) == strlen(own) && strcmp(name, own) != 0);
}

static void
directory_leave(struct state *s)
{
	close(s->dir);
	s->dir = -1;
	*strrchr(s->path, '/') = '\0';
}

int
state_adopt(
    struct state *s, const struct hosts *hosts, const unsigned char cluster[16])
{
	char name[SERVICE_DIR_NAME], old[SERVICE_DIR_NAME];
	int found, error;

	if (s->base < 0 || (s->dir >= 0 && !is_anothers(s, cluster)))
		return (0);
	if (s->dir >= 0)
		directory_leave(s);
	found = service_dirs_by_cluster(s->base, cluster, name);
	if (!found && service_dirs_add(s->base, cluster, name) != 0)
		error = errno;
	else {
		if (service_dirs_retire(s->base, hosts, name, old))
			snprintf(s->left, sizeof(s->left), "%.*s/%s",
			    (int)sizeof(s->left) - SERVICE_DIR_NAME - 1,
			    s->path, old);
		if ((error = directory_use(s, name, hosts)) == 0)
			return (found);
	}
	errno = error;
	state_fail_at(s, name);
	if (!plain_is_shut(error) && error != EUSERS)
		return (-1);
	/* The error says why each request of a voter fails from now on. */
	close(s->base);
	s->base = -1;
	return (0);
}

int
state_keeps(const struct state *s)
{
	return (s->base >= 0);
}

const char *
state_left(const struct state *s)
{
	return (s->left);
}

int
state_at_hand(const struct state *s)
{
	return (s->dir >= 0 || s->base < 0 || service_dirs_none(s->base));
}

struct state *
state_open(const char *dir, const struct hosts *hosts, char *err, size_t errlen)
{
	struct state *s = need_zeroed(1, sizeof(*s));

	s->base = s->dir = -1;
	if (directory_open(s, dir, hosts) == 0 ||
	    service_dirs_asked(dir) == NULL)
		return (s);
	snprintf(err, errlen, "%s", s->error);
	state_close(s);
	return (NULL);
}

void
state_close(struct state *s)
{
	if (s == NULL)
		return;
	if (s->dir >= 0)
		close(s->dir);
	if (s->base >= 0)
		close(s->base);
	free(s);
}

/* ---- files ---- */

static int
state_write(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return (-1);
	}
	return (0);
}

/* The file `new`, on disk but for its name; else none is left, errno is. */
static int
new_write(struct state *s, const char *name, char new[NAME_MAX],
    const void *data, size_t len)
{
	int fd, ok, error;

	snprintf(new, NAME_MAX, "%.200s.%d.new", name, (int)getpid());
	fd = plain_open(s->dir, new, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0)
		return (-1);
	ok = state_write(fd, data, len) == 0 && fsync(fd) == 0;
	error = errno;
	if (close(fd) != 0 && ok) {
		error = errno;
		ok = 0;
	}
	if (ok)
		return (0);
	unlinkat(s->dir, new, 0);
	errno = error;
	return (-1);
}

/* As state_replace, with errno. */
static int
file_replace(struct state *s, const char *name, const void *data, size_t len)
{
	char new[NAME_MAX];
	int error;

	if (new_write(s, name, new, data, len) != 0)
		return (-1);
	if (renameat(s->dir, new, s->dir, name) == 0 && fsync(s->dir) == 0)
		return (0);
	error = errno;
	unlinkat(s->dir, new, 0);
	errno = error;
	return (-1);
}

int
state_replace(struct state *s, const char *name, const void *data, size_t len)
{
	return (
	    file_replace(s, name, data, len) == 0 ? 0 : state_fail_at(s, name));
}

int
state_keep(struct state *s, const char *name, const void *data, size_t len)
{
	if (s->dir < 0)
		return (0);
	if (file_replace(s, name, data, len) == 0)
		return (1);
	return (plain_is_shut(errno) ? 0 : state_fail_at(s, name));
}

int
state_writable(struct state *s)
{
	char new[NAME_MAX], request[REQUEST_MOST];

	if (s->blind[0] != '\0')
		return (state_fail(s, "%s", s->blind));
	/* What a disk that compresses cannot make small. */
	seal_random(request, sizeof(request));
	if (new_write(s, "probe", new, request, sizeof(request)) != 0)
		return (state_fail_at(s, ""));
	unlinkat(s->dir, new, 0);
	return (0);
}

long
state_read(struct state *s, const char *name, char **out)
{
	long n = s->dir < 0 ? 0 : plain_read(s->dir, name, FILE_LIMIT, out);

	if (n < 0)
		state_fail_at(s, name);
	return (n);
}

int
state_has(const struct state *s, const char *name)
{
	struct stat st;

	return (s->dir >= 0 &&
	    fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size > 0);
}

int
state_add(struct state *s, const char *name, const char *text)
{
	if (s->dir < 0)
		return (1);
	return (state_has(s, name)
		? 0
		: state_replace(s, name, text, strlen(text)));
}

int
state_damaged(struct state *s, const char *name)
{
	return (state_fail(s,
	    "%s/%s is damaged; move it away to go on without what it says",
	    s->path, name));
}
