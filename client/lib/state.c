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

#define FILE_LIMIT (1 << 18) /* bytes; a request needs 40 kB at most */

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

/* On failure the path stays that of the common directory. */
static int
directory_use(struct state *s, const char *name, const struct hosts *hosts)
{
	size_t len = strlen(s->path);

	s->dir = plain_directory(s->base, name);
	if (s->dir < 0)
		return (state_fail(
		    s, "%s/%s: %s", s->path, name, plain_why(errno)));
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
		return (state_fail(s, "%s: %s", s->path, plain_why(errno)));
	if (!service_dirs_by_hosts(s->base, hosts, name))
		return (0);
	return (directory_use(s, name, hosts));
}

int
state_adopt(
    struct state *s, const struct hosts *hosts, const unsigned char cluster[16])
{
	char name[SERVICE_DIR_NAME];
	int found;

	if (s->dir >= 0 || s->base < 0)
		return (0);
	found = service_dirs_by_cluster(s->base, cluster, name);
	if (!found && service_dirs_add(s->base, cluster, name) != 0)
		return (state_fail(s, "%s: %s", s->path, strerror(errno)));
	return (directory_use(s, name, hosts) == 0 ? found : -1);
}

int
state_at_hand(const struct state *s)
{
	return (s->dir >= 0 || s->base < 0 || service_dirs_none(s->base));
}

struct state *
state_open(const char *dir, const struct hosts *hosts, char *err, size_t errlen)
{
	struct state *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		snprintf(err, errlen, "no memory");
		return (NULL);
	}
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

int
state_replace(struct state *s, const char *name, const void *data, size_t len)
{
	char new[NAME_MAX];
	int fd, ok;

	snprintf(new, sizeof(new), "%.200s.%d.new", name, (int)getpid());
	fd = plain_open(s->dir, new, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0)
		return (
		    state_fail(s, "%s/%s: %s", s->path, new, plain_why(errno)));
	ok = state_write(fd, data, len) == 0 && fsync(fd) == 0;
	if (close(fd) == 0 && ok && renameat(s->dir, new, s->dir, name) == 0 &&
	    fsync(s->dir) == 0)
		return (0);
	state_fail(s, "%s/%s: %s", s->path, name, strerror(errno));
	unlinkat(s->dir, new, 0);
	return (-1);
}

int
state_writable(struct state *s)
{
	char new[NAME_MAX];
	int fd;

	snprintf(new, sizeof(new), "probe.%d.new", (int)getpid());
	fd = plain_open(s->dir, new, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0)
		return (state_fail(s, "%s: %s", s->path, plain_why(errno)));
	close(fd);
	unlinkat(s->dir, new, 0);
	return (0);
}

long
state_read(struct state *s, const char *name, char **out)
{
	long n = s->dir < 0 ? 0 : plain_read(s->dir, name, FILE_LIMIT, out);

	if (n < 0)
		state_fail(s, "%s/%s: %s", s->path, name, plain_why(errno));
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
