#include "client/lib/state.h"

#include <sys/file.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/lib/plain.h"
#include "client/lib/shelf.h"
#include "common/record.h"
#include "common/rpc/caller.h"
#include "common/seal.h"

#define REQUEST_FORMAT 1
#define REQUEST_HEAD   28	 /* bytes before the request itself */
#define FILE_LIMIT     (1 << 18) /* bytes; a request needs 40 kB at most */
/* One width for all numbers: rewritten in place, it is never half a line. */
#define SEEN_FORMAT "%020" PRIu64 " %020" PRIu64 " %s\n"
#define SEEN_LEN    107

struct state {
	int shelf;	      /* -1: there is none, and error says why */
	int dir;	      /* on it, of this service; -1: not known yet */
	struct sighting seen; /* without a directory */
	char path[PATH_MAX];
	char error[PATH_MAX + 200];
};

static int __attribute__((format(printf, 2, 3)))
fail(struct state *s, const char *fmt, ...)
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

/* On failure the shelf stays the path. */
static int
directory_use(struct state *s, const char *name, const struct hosts *hosts)
{
	size_t len = strlen(s->path);

	s->dir = plain_directory(s->shelf, name);
	if (s->dir < 0)
		return (fail(s, "%s/%s: %s", s->path, name, plain_why(errno)));
	snprintf(s->path + len, sizeof(s->path) - len, "/%s", name);
	shelf_note(s->dir, hosts);
	shelf_sweep(s->dir);
	return (0);
}

/* A list that leads nowhere yet is no failure, see state_adopt. */
static int
directory_open(struct state *s, const char *dir, const struct hosts *hosts)
{
	char name[SHELF_NAME];

	s->shelf = shelf_open(dir, s->path, sizeof(s->path) - SHELF_NAME - 1);
	if (s->shelf < 0 && s->path[0] == '\0')
		return (fail(s, "no state directory: set EVOTE_STATE"));
	if (s->shelf < 0)
		return (fail(s, "%s: %s", s->path, plain_why(errno)));
	if (!shelf_by_hosts(s->shelf, hosts, name))
		return (0);
	return (directory_use(s, name, hosts));
}

int
state_adopt(
    struct state *s, const struct hosts *hosts, const unsigned char cluster[16])
{
	char name[SHELF_NAME];
	int found;

	if (s->dir >= 0 || s->shelf < 0)
		return (0);
	found = shelf_by_cluster(s->shelf, cluster, name);
	if (!found && shelf_add(s->shelf, cluster, name) != 0)
		return (fail(s, "%s: %s", s->path, strerror(errno)));
	return (directory_use(s, name, hosts) == 0 ? found : -1);
}

struct state *
state_open(const char *dir, const struct hosts *hosts, char *err, size_t errlen)
{
	struct state *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		snprintf(err, errlen, "no memory");
		return (NULL);
	}
	s->shelf = s->dir = -1;
	if (directory_open(s, dir, hosts) == 0 ||
	    (dir == NULL && getenv("EVOTE_STATE") == NULL))
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
	if (s->shelf >= 0)
		close(s->shelf);
	free(s);
}

/* ---- files ---- */

static int
write_all(int fd, const void *data, size_t len)
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

/* The new contents or the old, also after a power cut. */
static int
file_replace(struct state *s, const char *name, const void *data, size_t len)
{
	char new[NAME_MAX];
	int fd, ok;

	snprintf(new, sizeof(new), "%.200s.%d.new", name, (int)getpid());
	fd = plain_open(s->dir, new, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0)
		return (fail(s, "%s/%s: %s", s->path, new, plain_why(errno)));
	ok = write_all(fd, data, len) == 0 && fsync(fd) == 0;
	if (close(fd) == 0 && ok && renameat(s->dir, new, s->dir, name) == 0 &&
	    fsync(s->dir) == 0)
		return (0);
	fail(s, "%s/%s: %s", s->path, name, strerror(errno));
	unlinkat(s->dir, new, 0);
	return (-1);
}

/* The length, *out NUL-terminated and malloc'd; 0, *out untouched: no file. */
static long
file_read(struct state *s, const char *name, char **out)
{
	long n = s->dir < 0 ? 0 : plain_read(s->dir, name, FILE_LIMIT, out);

	if (n < 0)
		fail(s, "%s/%s: %s", s->path, name, plain_why(errno));
	return (n);
}

static int
damaged(struct state *s, const char *name)
{
	return (fail(s,
	    "%s/%s is damaged; move it away to go on without what it says",
	    s->path, name));
}

/* A file of one voter; the name itself may hold anything. */
static const char *
voter_file(const char *voter, const char *suffix, char out[80])
{
	struct seal_part part = {voter, strlen(voter)};
	unsigned char hash[SEAL_HASH];
	char hex[33];

	seal_hash(hash, &part, 1);
	seal_hex(hex, hash, 16);
	snprintf(out, 80, "%s.%s", hex, suffix);
	return (out);
}

/* ---- the service ---- */

int
state_service(struct state *s, struct service *out)
{
	char *text = NULL, hex[33];
	struct service v;
	int rc = -1, at = 0;
	long n = file_read(s, "service", &text);

	if (n < 0 || text == NULL)
		return ((int)n);
	if (n > 0 && sscanf(text, "cluster %32s origin %n", hex, &at) == 1 &&
	    at > 0 && text[n - 1] == '\n' &&
	    n - 1 - at < (long)sizeof(v.origin) &&
	    seal_unhex(v.cluster, sizeof(v.cluster), hex) == 0) {
		text[n - 1] = '\0';
		snprintf(v.origin, sizeof(v.origin), "%s", text + at);
		*out = v;
		rc = 1;
	} else
		damaged(s, "service");
	free(text);
	return (rc);
}

int
state_pin(struct state *s, const struct service *v)
{
	char text[EVOTE_TEXT_MAX + 100], hex[33];
	int n;

	if (s->dir < 0)
		return (0);
	seal_hex(hex, v->cluster, sizeof(v->cluster));
	n = snprintf(
	    text, sizeof(text), "cluster %s\norigin %s\n", hex, v->origin);
	return (file_replace(s, "service", text, (size_t)n));
}

/* The file, locked against other processes; -1 is told. */
static int
seen_open(struct state *s)
{
	int fd = plain_open(s->dir, "seen", O_RDWR | O_CREAT);

	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return (fd);
	fail(s, "%s/seen: %s", s->path, plain_why(errno));
	if (fd >= 0)
		close(fd);
	return (-1);
}

static int
seen_read(struct state *s, int fd, struct sighting *out)
{
	struct sighting v = {0};
	char line[SEEN_LEN + 1], hex[65];
	ssize_t n = pread(fd, line, SEEN_LEN, 0);

	if (n < 0)
		return (fail(s, "%s/seen: %s", s->path, strerror(errno)));
	line[n] = '\0';
	if (n > 0 &&
	    (n < SEEN_LEN ||
		sscanf(line, "%" SCNu64 " %" SCNu64 " %64s", &v.epoch, &v.size,
		    hex) != 3 ||
		seal_unhex(v.root, sizeof(v.root), hex) != 0))
		return (damaged(s, "seen"));
	*out = v;
	return (0);
}

static int
seen_write(struct state *s, int fd, const struct sighting *v)
{
	char line[SEEN_LEN + 1], hex[65];

	seal_hex(hex, v->root, sizeof(v->root));
	snprintf(line, sizeof(line), SEEN_FORMAT, v->epoch, v->size, hex);
	if (pwrite(fd, line, SEEN_LEN, 0) == SEEN_LEN)
		return (0);
	return (fail(s, "%s/seen: %s", s->path, strerror(errno)));
}

int
state_seen(struct state *s, struct sighting *out)
{
	int rc, fd;

	if (s->dir < 0) {
		*out = s->seen;
		return (0);
	}
	if ((fd = seen_open(s)) < 0)
		return (-1);
	rc = seen_read(s, fd, out);
	close(fd);
	return (rc);
}

static int
is_further(const struct sighting *a, const struct sighting *b)
{
	return (a->epoch >= b->epoch && a->size >= b->size &&
	    (a->epoch > b->epoch || a->size > b->size));
}

static int
contradicts(const struct sighting *a, const struct sighting *b)
{
	return (a->size == b->size && a->size > 0 &&
	    memcmp(a->root, b->root, sizeof(a->root)) != 0);
}

static int
raise_in_memory(
    struct state *s, const struct sighting *now, struct sighting *kept)
{
	*kept = s->seen;
	if (contradicts(kept, now))
		return (1);
	if (is_further(now, kept))
		s->seen = *now;
	return (0);
}

int
state_raise(struct state *s, const struct sighting *now, struct sighting *kept)
{
	int rc, fd;

	if (s->dir < 0)
		return (raise_in_memory(s, now, kept));
	if ((fd = seen_open(s)) < 0)
		return (-1);
	rc = seen_read(s, fd, kept);
	if (rc == 0 && contradicts(kept, now))
		rc = 1;
	if (rc == 0 && is_further(now, kept))
		rc = seen_write(s, fd, now);
	close(fd);
	return (rc);
}

int
state_last(struct state *s, char name[EVOTE_HOST_MAX + 1], int *port)
{
	char *text = NULL;
	int found;

	if (file_read(s, "last", &text) < 0 || text == NULL)
		return (0);
	found = sscanf(text, "%d %63[^\n]", port, name) == 2 && *port > 0 &&
	    *port <= 65535;
	free(text);
	return (found);
}

void
state_set_last(struct state *s, const char *name, int port)
{
	int fd = plain_open(s->dir, "last", O_WRONLY | O_CREAT | O_TRUNC);

	if (fd < 0)
		return;
	dprintf(fd, "%d %s\n", port, name);
	close(fd);
}

int
state_evidence(struct state *s, const struct sighting *kept, const char *text,
    char *path, size_t size)
{
	char name[80];
	int fd, ok;

	snprintf(name, sizeof(name), "evidence-%" PRIu64 "-%" PRIu64,
	    kept->epoch, kept->size);
	snprintf(path, size, "%s/%s", s->path, name);
	fd = plain_open(s->dir, name, O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0 && errno == EEXIST)
		return (0);
	if (fd < 0)
		return (fail(s, "%s: %s", path, strerror(errno)));
	ok = write_all(fd, text, strlen(text)) == 0 && fsync(fd) == 0;
	close(fd);
	return (ok ? 0 : fail(s, "%s: %s", path, strerror(errno)));
}

/* ---- one voter's requests ---- */

evote_request *
kept_request(struct kept *k)
{
	switch (k->kind) {
	case EVOTE_ACT_CREATE:
		return (&k->u.create.request);
	case EVOTE_ACT_VOTE:
		return (&k->u.vote.request);
	default:
		return (NULL);
	}
}

static bool_t
xdr_head(XDR *xdrs, struct kept *k)
{
	u_int format = REQUEST_FORMAT;
	u_quad_t number = k->number;

	if (!xdr_u_int(xdrs, &format) || format != REQUEST_FORMAT ||
	    !xdr_opaque(xdrs, k->client, sizeof(k->client)) ||
	    !xdr_u_quad_t(xdrs, &number))
		return (FALSE);
	k->number = number;
	return (TRUE);
}

static bool_t
xdr_body(XDR *xdrs, struct kept *k)
{
	if (!xdr_int(xdrs, &k->kind))
		return (FALSE);
	switch (k->kind) {
	case EVOTE_ACT_CREATE:
		return (xdr_evote_create_args(xdrs, &k->u.create));
	case EVOTE_ACT_VOTE:
		return (xdr_evote_vote_args(xdrs, &k->u.vote));
	default:
		return (FALSE);
	}
}

static bool_t
xdr_kept(XDR *xdrs, struct kept *k)
{
	return (xdr_head(xdrs, k) && xdr_body(xdrs, k));
}

void
kept_clear(struct kept *k)
{
	if (k->kind != 0)
		xdr_free((xdrproc_t)xdr_body, k);
	memset(&k->u, 0, sizeof(k->u));
	k->kind = 0;
}

int
state_lock(struct state *s, const char *voter, uint64_t deadline_ms)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000000};
	char name[80];
	int fd = plain_open(
	    s->dir, voter_file(voter, "lock", name), O_RDWR | O_CREAT);

	if (fd < 0)
		return (fail(s, "%s/%s: %s", s->path, name, plain_why(errno)));
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (caller_now_ms() >= deadline_ms) {
			close(fd);
			return (fail(
			    s, "another command of this voter is at work"));
		}
		nanosleep(&pause, NULL);
	}
	return (fd);
}

void
state_unlock(int lock)
{
	if (lock >= 0)
		close(lock);
}

int
state_load(struct state *s, const char *voter, struct kept *k)
{
	char name[80], *data = NULL;
	xdrproc_t proc;
	long n;

	memset(k, 0, sizeof(*k));
	n = file_read(s, voter_file(voter, "request", name), &data);
	if (n < 0)
		return (-1);
	if (data == NULL) {
		seal_random(k->client, sizeof(k->client));
		return (0);
	}
	proc = (xdrproc_t)(n == REQUEST_HEAD ? xdr_head : xdr_kept);
	if (xdr_from_bytes(proc, k, data, (size_t)n) != 0) {
		free(data);
		memset(k, 0, sizeof(*k));
		return (damaged(s, name));
	}
	free(data);
	return (0);
}

int
state_store(struct state *s, const char *voter, struct kept *k)
{
	unsigned char *data = NULL;
	char name[80];
	int rc;
	long n = xdr_to_bytes((xdrproc_t)xdr_kept, k, &data);

	if (n < 0)
		return (fail(s, "the request breaks a limit of the service"));
	rc = file_replace(
	    s, voter_file(voter, "request", name), data, (size_t)n);
	free(data);
	return (rc);
}

/*
 * The head alone says that nothing is outstanding.  Cutting the rest off is
 * one step, and if a power cut undoes it the request is merely sent again.
 */
int
state_settle(struct state *s, const char *voter)
{
	char name[80];
	int rc,
	    fd = plain_open(
		s->dir, voter_file(voter, "request", name), O_WRONLY);

	rc = fd < 0 ? -1 : ftruncate(fd, REQUEST_HEAD);
	if (rc != 0)
		fail(s, "%s/%s: %s", s->path, name, strerror(errno));
	if (fd >= 0)
		close(fd);
	return (rc);
}

/* ---- log-ins ---- */

int
state_token(struct state *s, const char *voter, unsigned char *token,
    uint32_t *len, uint64_t *expires)
{
	char name[80], *text = NULL;
	int n = -1, at = 0;

	if (file_read(s, voter_file(voter, "token", name), &text) < 0 ||
	    text == NULL)
		return (0);
	if (sscanf(text, "%" SCNu64 " %n", expires, &at) == 1 && at > 0)
		n = seal_unbase64(
		    token, EVOTE_TOKEN_MAX, text + at, strlen(text + at));
	free(text);
	if (n <= 0)
		return (0);
	*len = (uint32_t)n;
	return (1);
}

void
state_set_token(struct state *s, const char *voter, const unsigned char *token,
    uint32_t len, uint64_t expires)
{
	char name[80], base64[4 * ((EVOTE_TOKEN_MAX + 2) / 3) + 1];
	char text[sizeof(base64) + 32];
	int n;

	voter_file(voter, "token", name);
	if (len == 0) {
		unlinkat(s->dir, name, 0);
		return;
	}
	seal_base64(base64, token, len);
	n = snprintf(text, sizeof(text), "%" PRIu64 " %s", expires, base64);
	file_replace(s, name, text, (size_t)n);
}
