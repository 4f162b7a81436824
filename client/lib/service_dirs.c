#include "client/lib/service_dirs.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/lib/plain.h"
#include "common/seal.h"

#define HOSTS_LIMIT   (1 << 16)
#define SERVICE_LIMIT 4096

/* ---- the common directory ---- */

const char *
service_dirs_asked(const char *dir)
{
	const char *env = dir == NULL ? getenv("EVOTE_STATE") : NULL;

	return (env != NULL && *env != '\0' ? env : dir);
}

static int
base_path(const char *dir, char *out, size_t size)
{
	const char *home;
	int n;

	if ((dir = service_dirs_asked(dir)) != NULL)
		n = snprintf(out, size, "%s", dir);
	else if ((home = getenv("XDG_STATE_HOME")) != NULL && *home == '/')
		n = snprintf(out, size, "%s/evote", home);
	else if ((home = getenv("HOME")) != NULL && *home != '\0')
		n = snprintf(out, size, "%s/.local/state/evote", home);
	else
		n = 0;
	if (n > 0 && (size_t)n < size)
		return (0);
	out[0] = '\0';
	errno = ENOENT;
	return (-1);
}

/* A new directory's name is on disk once the one above it is. */
static void
parent_sync(const char *path)
{
	char parent[PATH_MAX], *slash;
	int fd;

	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (slash == NULL)
		snprintf(parent, sizeof(parent), ".");
	else
		slash[slash == parent] = '\0';
	if ((fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return;
	fsync(fd);
	close(fd);
}

static int
level_make(const char *path)
{
	if (mkdir(path, 0700) == 0)
		parent_sync(path);
	else if (errno != EEXIST)
		return (-1);
	return (0);
}

static int
path_make(char *path)
{
	char *slash;
	int rc;

	for (slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		rc = level_make(path);
		*slash = '/';
		if (rc != 0)
			return (-1);
	}
	return (level_make(path));
}

/* Root's may be used by all, as /tmp is; whose else might be a trap. */
static int
is_trusted(int fd)
{
	struct stat st;

	return (
	    fstat(fd, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == 0));
}

int
service_dirs_open(const char *dir, char *path, size_t size)
{
	int fd;

	if (base_path(dir, path, size) != 0 || path_make(path) != 0)
		return (-1);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || is_trusted(fd))
		return (fd);
	close(fd);
	errno = EUSERS;
	return (-1);
}

/* ---- which one ---- */

typedef unsigned rating(int dir, const char *name, const void *sought);

/* The directory that is rated highest; how many are, 2 for more than one. */
static int
best(int base, rating *rate, const void *sought, char name[SERVICE_DIR_NAME])
{
	DIR *all = plain_names(base);
	unsigned most = 0, points;
	int n = 0, dir;
	struct dirent *d;

	while (all != NULL && (d = readdir(all)) != NULL) {
		if (d->d_name[0] == '.' ||
		    strlen(d->d_name) >= SERVICE_DIR_NAME ||
		    (dir = plain_directory(base, d->d_name)) < 0)
			continue;
		points = rate(dir, d->d_name, sought);
		close(dir);
		if (points > most) {
			snprintf(name, SERVICE_DIR_NAME, "%s", d->d_name);
			most = points;
			n = 1;
		} else if (points == most && most > 0)
			n = 2;
	}
	if (all != NULL)
		closedir(all);
	return (n);
}

/* "HOST:PORT" in a line of its own; a host's name is only a label. */
static void
line_of(const struct host *h, char line[300])
{
	snprintf(line, 300, "\n%s:%d\n", h->address, h->port);
}

/* The lines begin with an empty one, so that each is between two ends. */
static unsigned
shared_hosts(const char *lines, const struct hosts *hosts)
{
	unsigned n = 0;
	char line[300];
	int i;

	for (i = 0; i < hosts->n; i++) {
		line_of(&hosts->list[i], line);
		n += strstr(lines, line) != NULL;
	}
	return (n);
}

/* What state_tls reads; without it any will do. */
static int
is_pinned_to(int dir, const char *pin)
{
	char *text = NULL, line[HOSTS_PIN + 8];
	int fits = 1;

	snprintf(line, sizeof(line), "pin %s\n", pin);
	if (plain_read(dir, "pin", SERVICE_LIMIT, &text) > 0)
		fits = strcmp(text, line) == 0;
	free(text);
	return (fits);
}

/* Where no list was noted yet, the name is the digest of the only one. */
static unsigned
hosts_rate(int dir, const char *name, const void *sought)
{
	const struct hosts *hosts = sought;
	unsigned char digest[32];
	char hex[17], *lines = NULL;
	unsigned n;

	if (hosts->pin[0] != '\0' && !is_pinned_to(dir, hosts->pin))
		return (0);
	if (plain_read(dir, "hosts", HOSTS_LIMIT, &lines) < 0)
		return (0);
	if (lines != NULL) {
		n = shared_hosts(lines, hosts);
		free(lines);
		return (n);
	}
	hosts_digest(hosts, digest);
	seal_hex(hex, digest, 8);
	return (strcmp(name, hex) == 0 ? (unsigned)hosts->n : 0);
}

int
service_dirs_by_hosts(
    int base, const struct hosts *hosts, char name[SERVICE_DIR_NAME])
{
	return (best(base, hosts_rate, hosts, name) == 1);
}

static unsigned
cluster_rate(int dir, const char *name, const void *sought)
{
	unsigned char cluster[16];
	char hex[33], *text = NULL;
	unsigned found;

	if (plain_read(dir, "service", SERVICE_LIMIT, &text) <= 0)
		return (0);
	found = sscanf(text, "cluster %32s", hex) == 1 &&
	    seal_unhex(cluster, sizeof(cluster), hex) == 0 &&
	    memcmp(cluster, sought, sizeof(cluster)) == 0;
	free(text);
	return (found);
}

int
service_dirs_by_cluster(
    int base, const unsigned char cluster[16], char name[SERVICE_DIR_NAME])
{
	return (best(base, cluster_rate, cluster, name) > 0);
}

int
service_dirs_retire(int base, const struct hosts *hosts, const char *now,
    char name[SERVICE_DIR_NAME])
{
	struct hosts any = *hosts;
	int dir, fd = -1;

	any.pin[0] = '\0';
	if (!service_dirs_by_hosts(base, &any, name) ||
	    strcmp(name, now) == 0 || (dir = plain_directory(base, name)) < 0)
		return (0);
	fd = plain_open(dir, "hosts", O_WRONLY | O_CREAT | O_TRUNC);
	/* Without the file the name itself might lead there. */
	if (fd >= 0) {
		dprintf(fd, "\n");
		close(fd);
	}
	close(dir);
	return (fd >= 0);
}

static unsigned
any_rate(int dir, const char *name, const void *sought)
{
	(void)dir;
	(void)name;
	(void)sought;
	return (1);
}

int
service_dirs_none(int base)
{
	char name[SERVICE_DIR_NAME];

	return (best(base, any_rate, NULL, name) == 0);
}

int
service_dirs_add(
    int base, const unsigned char cluster[16], char name[SERVICE_DIR_NAME])
{
	seal_hex(name, cluster, 16);
	if (mkdirat(base, name, 0700) != 0)
		return (errno == EEXIST ? 0 : -1);
	return (fsync(base));
}

/* ---- in one of them ---- */

void
service_dirs_note(int dir, const struct hosts *hosts)
{
	char line[300], *lines = NULL;
	int i, fd;

	if (plain_read(dir, "hosts", HOSTS_LIMIT, &lines) < 0)
		return;
	fd = plain_open(dir, "hosts", O_WRONLY | O_CREAT | O_APPEND);
	for (i = 0; fd >= 0 && i < hosts->n; i++) {
		line_of(&hosts->list[i], line);
		if (lines == NULL || strstr(lines, line) == NULL)
			dprintf(fd, "%s", line);
	}
	if (fd >= 0)
		close(fd);
	free(lines);
}

/* NAME.PID.new of a process that is no more. */
static int
is_left(const char *name)
{
	size_t len = strlen(name);
	const char *dot;
	char *end;
	long pid;

	if (!plain_ends(name, ".new"))
		return (0);
	for (dot = name + len - 5; dot > name && *dot != '.'; dot--)
		;
	pid = strtol(dot + 1, &end, 10);
	return (*dot == '.' && end == name + len - 4 && pid > 0 &&
	    kill((pid_t)pid, 0) != 0 && errno == ESRCH);
}

void
service_dirs_sweep(int dir)
{
	DIR *all = plain_names(dir);
	struct dirent *d;

	while (all != NULL && (d = readdir(all)) != NULL)
		if (is_left(d->d_name))
			unlinkat(dir, d->d_name, 0);
	if (all != NULL)
		closedir(all);
}
