/* What is remembered of a service: who it is, and how far it was seen. */
#include <sys/file.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/lib/plain.h"
#include "client/lib/state_impl.h"
#include "common/seal.h"

/* One width for all numbers: rewritten in place, it is never half a line. */
#define SEEN_FORMAT "%020" PRIu64 " %020" PRIu64 " %s\n"
#define SEEN_LEN    107

int
state_service(struct state *s, struct service *out)
{
	char *text = NULL, hex[33];
	struct service v;
	int rc = -1, at = 0;
	long n = state_read(s, "service", &text);

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
		state_damaged(s, "service");
	free(text);
	return (rc);
}

int
state_pin(struct state *s, const struct service *v)
{
	char text[EVOTE_TEXT_MAX + 100], hex[33];
	int n;

	seal_hex(hex, v->cluster, sizeof(v->cluster));
	n = snprintf(
	    text, sizeof(text), "cluster %s\norigin %s\n", hex, v->origin);
	return (state_keep(s, "service", text, (size_t)n) < 0 ? -1 : 0);
}

int
state_tls(struct state *s, char pin[TLS_PIN])
{
	char *text = NULL, word[TLS_PIN];
	long n = state_read(s, "pin", &text);
	int rc = (int)n;

	if (n < 0 || text == NULL)
		return (rc);
	if (sscanf(text, "pin %44s", word) == 1 && tls_is_pin(word)) {
		snprintf(pin, TLS_PIN, "%s", word);
		rc = 1;
	} else
		rc = state_damaged(s, "pin");
	free(text);
	return (rc);
}

int
state_set_tls(struct state *s, const char *pin)
{
	char text[TLS_PIN + 8];
	int n = snprintf(text, sizeof(text), "pin %s\n", pin);

	return (state_keep(s, "pin", text, (size_t)n));
}

/*
 * The file, locked against other processes; without a directory, without the
 * file where none can be made, or where it is somebody else's, *fd is -1.
 */
static int
seen_open(struct state *s, int *fd)
{
	*fd = -1;
	if (s->dir < 0)
		return (0);
	s->blind[0] = '\0';
	*fd = plain_open(s->dir, "seen", O_RDWR | O_CREAT);
	if (*fd < 0 && plain_is_shut(errno)) {
		*fd = plain_open(s->dir, "seen", O_RDONLY);
		if (*fd < 0 && errno == ENOENT)
			return (0);
		if (*fd < 0 && (errno == EACCES || errno == EUSERS)) {
			state_fail_at(s, "seen");
			memcpy(s->blind, s->error, sizeof(s->blind));
			return (0);
		}
	}
	if (*fd >= 0 && flock(*fd, LOCK_EX) == 0)
		return (0);
	state_fail_at(s, "seen");
	if (*fd >= 0)
		close(*fd);
	return (-1);
}

static int
is_further(const struct sighting *a, const struct sighting *b)
{
	return (a->epoch >= b->epoch && a->size >= b->size &&
	    (a->epoch > b->epoch || a->size > b->size));
}

static int
seen_read(struct state *s, int fd, struct sighting *out)
{
	struct sighting v = {0};
	char line[SEEN_LEN + 1], hex[65];
	ssize_t n = fd < 0 ? 0 : pread(fd, line, SEEN_LEN, 0);

	if (n < 0)
		return (state_fail_at(s, "seen"));
	line[n] = '\0';
	if (n > 0 &&
	    (n < SEEN_LEN ||
		sscanf(line, "%" SCNu64 " %" SCNu64 " %64s", &v.epoch, &v.size,
		    hex) != 3 ||
		seal_unhex(v.root, sizeof(v.root), hex) != 0))
		return (state_damaged(s, "seen"));
	/* Further, where it could not be written. */
	*out = is_further(&s->seen, &v) ? s->seen : v;
	return (0);
}

static int
seen_write(struct state *s, int fd, const struct sighting *v)
{
	char line[SEEN_LEN + 1], hex[65];

	s->seen = *v;
	if (fd < 0)
		return (0);
	seal_hex(hex, v->root, sizeof(v->root));
	snprintf(line, sizeof(line), SEEN_FORMAT, v->epoch, v->size, hex);
	if (pwrite(fd, line, SEEN_LEN, 0) != SEEN_LEN)
		return (plain_is_shut(errno) ? 0 : state_fail_at(s, "seen"));
	/* Whoever removes the file wants nothing of it to be known. */
	memset(&s->seen, 0, sizeof(s->seen));
	return (0);
}

static void
seen_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

int
state_seen(struct state *s, struct sighting *out)
{
	int rc, fd;

	if (seen_open(s, &fd) != 0)
		return (-1);
	rc = seen_read(s, fd, out);
	seen_close(fd);
	return (rc);
}

static int
contradicts(const struct sighting *a, const struct sighting *b)
{
	return (a->size == b->size && a->size > 0 &&
	    memcmp(a->root, b->root, sizeof(a->root)) != 0);
}

int
state_raise(struct state *s, const struct sighting *now, struct sighting *kept)
{
	int rc, fd;

	if (seen_open(s, &fd) != 0)
		return (-1);
	rc = seen_read(s, fd, kept);
	if (rc == 0 && contradicts(kept, now))
		rc = 1;
	if (rc == 0 && is_further(now, kept))
		rc = seen_write(s, fd, now);
	seen_close(fd);
	return (rc);
}

int
state_last(struct state *s, char name[EVOTE_HOST_MAX + 1], int *port)
{
	char *text = NULL;
	int found;

	if (state_read(s, "last", &text) < 0 || text == NULL)
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

static void
evidence_file(const struct state *s, const struct sighting *kept,
    const char *kind, char name[80], char *path, size_t size)
{
	snprintf(name, 80, "evidence-%" PRIu64 "-%" PRIu64 "%s", kept->epoch,
	    kept->size, kind);
	snprintf(path, size, "%s/%s", s->path, name);
}

int
state_evidence_kept(struct state *s, const struct sighting *kept,
    const char *kind, char *path, size_t size)
{
	char name[80];

	evidence_file(s, kept, kind, name, path, size);
	return (state_has(s, name));
}

int
state_evidence(struct state *s, const struct sighting *kept, const char *kind,
    const char *text, char *path, size_t size)
{
	char name[80];

	evidence_file(s, kept, kind, name, path, size);
	return (state_add(s, name, text));
}
