#include "server/store/datadir.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/date.h"
#include "common/log.h"
#include "common/seal.h"
#include "common/text.h"
#include "replica/core/config.h"
#include "server/store/files.h"
#include "server/store/format.h"
#include "server/store/host_key.h"
#include "server/store/ledger.h"
#include "server/store/lock.h"
#include "server/store/slots.h"

#define PATH_MOST 4000 /* of the directory: room for the names in it */

#define REJOIN                                                        \
	"move the directory aside and let this host join again from " \
	"its peer"

/* Where to say what went wrong, in one sentence. */
struct why {
	char *text;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static int
fail(const struct why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, why->len, fmt, ap);
	va_end(ap);
	return (-1);
}

/* ---- the directory ---- */

static int
fail_half(const char *path, const struct why *why)
{
	return (fail(why,
	    "%s is not empty, and is no data directory (or making one was "
	    "interrupted): move its contents elsewhere and start again",
	    path));
}

static int
path_check(const char *path, const struct why *why)
{
	struct stat st;

	if (strlen(path) > PATH_MOST)
		return (fail(why, "the data directory's path is too long"));
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return (0);
		return (
		    fail(why, "%s is not a directory: name another one", path));
	}
	if (errno == ENOENT)
		return (fail(why,
		    "%s is not there: begin a new cluster in it with init, or "
		    "make it and give the cluster's key to join one",
		    path));
	return (fail(why, "cannot check %s: %s", path, strerror(errno)));
}

/* ---- a new cluster ---- */

static int
dir_make(const char *path, const struct why *why)
{
	if (strlen(path) > PATH_MOST || path[0] == '\0')
		return (fail(why, "'%s' is not a path of a directory", path));
	if (mkdir(path, 0700) == 0) {
		if (files_sync_parent(path) == 0)
			return (0);
	} else if (errno == EEXIST) {
		return (0);
	}
	return (fail(why, "cannot make %s: %s", path, strerror(errno)));
}

static struct record *
genesis_make(unsigned char *cluster, const char *origin)
{
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT};
	evote_genesis *genesis = &leaf.op.evote_op_u.genesis;

	leaf.time = date_now_us();
	leaf.op.kind = EVOTE_OP_GENESIS;
	memcpy(genesis->cluster, cluster, sizeof(genesis->cluster));
	genesis->origin = (char *)origin;
	return (record_make(&leaf, NULL));
}

/* The first configuration and the first record of a new cluster. */
static int
cluster_make(const char *path, const char *origin, const struct why *why)
{
	char no_name[] = "", own_origin[64];
	evote_member self = {.name = no_name};
	evote_config config = {.in_sync = {1, &self},
	    .end = {.size = 1},
	    .arbiter = {.where = no_name}};
	struct format new = {.config = &config};
	int rc;

	seal_random(new.key, sizeof(new.key));
	seal_random(new.incarnation, sizeof(new.incarnation));
	seal_random(config.cluster, sizeof(config.cluster));
	memcpy(self.incarnation, new.incarnation, sizeof(new.incarnation));
	if (origin == NULL) {
		strcpy(own_origin, "evote:");
		seal_hex(own_origin + strlen(own_origin), config.cluster,
		    sizeof(config.cluster));
		origin = own_origin;
	}
	new.genesis = genesis_make((unsigned char *)config.cluster, origin);
	if (new.genesis == NULL)
		return (fail(why, "no memory"));
	/* The root of a tree of one leaf is the leaf's hash. */
	memcpy(config.end.root, new.genesis->hash, sizeof(config.end.root));
	rc = format_dir(path, &new, why->text, why->len);
	record_drop(new.genesis);
	return (rc);
}

/* Makes and locks a directory that has to be empty; the lock, or -1. */
static int
dir_begin(const char *path, const struct why *why)
{
	int lock_fd;

	if (dir_make(path, why) == -1 || path_check(path, why) == -1)
		return (-1);
	/* What is somebody else's is not even given a lock. */
	if (format_look(path) == FORMAT_HALF)
		return (fail_half(path, why));
	if ((lock_fd = lock_take(path, why->text, why->len)) == -1)
		return (-1);
	switch (format_look(path)) {
	case FORMAT_EMPTY:
		return (lock_fd);
	case FORMAT_HALF:
		fail_half(path, why);
		break;
	case FORMAT_WHOLE:
		fail(why,
		    "%s is a data directory already: start the server with "
		    "it, or name another directory",
		    path);
		break;
	case FORMAT_UNREADABLE:
		fail(why, "cannot read %s: %s", path, strerror(errno));
		break;
	}
	close(lock_fd);
	return (-1);
}

int
datadir_init(const char *path, const char *origin, char *err, size_t errlen)
{
	struct why why = {err, errlen};
	int lock_fd, rc;

	if (origin != NULL && !text_is_name(origin, EVOTE_TEXT_MAX))
		return (fail(&why,
		    "the origin must be 1 to %d bytes of UTF-8 without "
		    "control characters",
		    EVOTE_TEXT_MAX));
	if ((lock_fd = dir_begin(path, &why)) == -1)
		return (-1);
	rc = cluster_make(path, origin, &why);
	close(lock_fd);
	return (rc);
}

/* ---- opening ---- */

static int
key_read(const char *file, unsigned char key[32], const struct why *why)
{
	char line[64];
	int rc;

	rc = files_line(file, line, sizeof(line));
	if (rc == -1 && errno == EACCES)
		return (fail(why,
		    "cannot read the cluster key %s: %s; it has to belong to "
		    "the server's user",
		    file, strerror(errno)));
	if (rc == -1 && errno != EFBIG)
		return (fail(why,
		    "cannot read the cluster key %s: %s; copy it from the "
		    "host where the cluster began",
		    file, strerror(errno)));
	if (rc == -1 || seal_unbase64(key, 32, line, strlen(line)) != 32)
		return (fail(why,
		    "%s is not a cluster key, 32 bytes in base64: copy it "
		    "again from the host where the cluster began",
		    file));
	return (0);
}

int
datadir_key(const char *file, unsigned char key[32], char *err, size_t errlen)
{
	struct why why = {err, errlen};

	return (key_read(file, key, &why));
}

static int
incarnation_read(const char *path, incarnation id, const struct why *why)
{
	char file[FILES_PATH], line[64];

	files_path(path, "incarnation", file, sizeof(file));
	if (files_line(file, line, sizeof(line)) == -1 ||
	    seal_unhex(id, 16, line) == -1)
		return (fail(why, "%s is damaged: " REJOIN, file));
	return (0);
}

static int
config_read(struct datadir *d, const struct why *why)
{
	unsigned char value[SLOTS_MOST];
	char file[FILES_PATH];
	ssize_t len;

	files_path(d->path, "config", file, sizeof(file));
	d->config_fd = open(file, O_RDWR | O_CLOEXEC);
	len = d->config_fd == -1 ? -1 : slots_read(d->config_fd, value);
	if (len == -1 && errno == EBADMSG)
		return (fail(why, "%s is damaged: " REJOIN, file));
	if (len == -1 && errno == EINVAL)
		return (fail(why,
		    "%s does not have the size that this version expects: use "
		    "the version that wrote it; if you have none, " REJOIN,
		    file));
	if (len == -1)
		return (fail(
		    why, "cannot read %s: %s; " REJOIN, file, strerror(errno)));
	/*
	 * What is whole and yet no configuration to us was written by another
	 * version.
	 */
	if (format_read(&d->config, value, (size_t)len) == -1)
		return (fail(why,
		    "%s was written by another version of evote: use that one",
		    file));
	/* A killed process may have written it and not synced it. */
	if (slots_write(d->config_fd, value, (size_t)len) == -1)
		return (
		    fail(why, "cannot write %s: %s", file, strerror(errno)));
	return (0);
}

static int
ledger_check(const char *path, const struct why *why)
{
	char file[FILES_PATH];

	files_path(path, "ledger.db", file, sizeof(file));
	if (access(file, R_OK | W_OK) == 0)
		return (0);
	return (fail(why, "cannot use %s: %s; " REJOIN, file, strerror(errno)));
}

/*
 * A directory of an older version has none yet.  If one was lost, the ledger
 * still has its public half, and the core notices: PROTOCOL.md rule 19.
 */
static int
own_key_read(struct datadir *d, const struct why *why)
{
	int rc = host_key_read(d->path, d->host_key, why->text, why->len);

	if (rc != 1)
		return (rc);
	d->host_key_late = 1;
	if (host_key_make(d->path) == -1)
		return (fail(why, "cannot make %s/host.key: %s", d->path,
		    strerror(errno)));
	return (host_key_read(d->path, d->host_key, why->text, why->len));
}

/* All that is there and has to be read, and perhaps written. */
static int
owner_check(const char *path, const struct why *why)
{
	static const struct {
		const char *name;
		int mode;
	} files[] = {{"cluster.key", R_OK}, {"incarnation", R_OK},
	    {"host.key", R_OK}, {"config", R_OK | W_OK},
	    {"ledger.db", R_OK | W_OK}, {"ledger.db-wal", R_OK | W_OK}};
	char file[FILES_PATH];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		files_path(path, files[i].name, file, sizeof(file));
		if (access(file, files[i].mode) == -1 && errno == EACCES)
			return (
			    files_fail_owner(path, file, why->text, why->len));
	}
	return (0);
}

static int
contents_read(struct datadir *d, const struct why *why)
{
	char file[FILES_PATH];

	files_path(d->path, "cluster.key", file, sizeof(file));
	if (owner_check(d->path, why) == -1 ||
	    key_read(file, d->key, why) == -1 ||
	    incarnation_read(d->path, d->incarnation, why) == -1 ||
	    own_key_read(d, why) != 0 || ledger_check(d->path, why) == -1)
		return (-1);
	return (config_read(d, why));
}

/* A host that is to join: it knows the key and nothing else. */
static int
joiner_format(const char *path, const char *key_path, const struct why *why)
{
	char nowhere[] = "";
	evote_config config = {.arbiter = {.where = nowhere}};
	struct format new = {.config = &config};

	if (key_path == NULL)
		return (fail(why,
		    "%s is empty: begin a new cluster in it with init, or "
		    "give the cluster's key to join one",
		    path));
	if (key_read(key_path, new.key, why) == -1)
		return (-1);
	seal_random(new.incarnation, sizeof(new.incarnation));
	return (format_dir(path, &new, why->text, why->len));
}

int
datadir_restore(const char *path, const char *key_path,
    const evote_config *config,
    int (*fill)(const char *, const void *, char *, size_t), const void *arg,
    char *err, size_t errlen)
{
	struct why why = {err, errlen};
	struct format new = {.config = config, .fill = fill, .arg = arg};
	int lock_fd, rc = -1;

	if (key_read(key_path, new.key, &why) == -1)
		return (-1);
	seal_random(new.incarnation, sizeof(new.incarnation));
	if ((lock_fd = dir_begin(path, &why)) != -1) {
		rc = format_dir(path, &new, err, errlen);
		close(lock_fd);
	}
	return (rc);
}

static int
key_compare(
    const struct datadir *d, const char *key_path, const struct why *why)
{
	unsigned char key[32];

	if (key_path == NULL)
		return (0);
	if (key_read(key_path, key, why) == -1)
		return (-1);
	if (!seal_equal(key, d->key, sizeof(key)))
		return (fail(why,
		    "%s is the key of another cluster than %s/cluster.key: "
		    "name the right key, or an empty directory",
		    key_path, d->path));
	return (0);
}

static int
dir_prepare(struct datadir *d, const char *key_path, const struct why *why)
{
	switch (format_look(d->path)) {
	case FORMAT_EMPTY:
		d->fresh = 1;
		return (joiner_format(d->path, key_path, why));
	case FORMAT_HALF:
		return (fail_half(d->path, why));
	case FORMAT_WHOLE:
		return (0);
	case FORMAT_UNREADABLE:
		break;
	}
	return (fail(why, "cannot read %s: %s", d->path, strerror(errno)));
}

int
datadir_open(struct datadir *d, const char *path, const char *key_path,
    char *err, size_t errlen)
{
	struct why why = {err, errlen};

	memset(d, 0, sizeof(*d));
	d->lock_fd = d->config_fd = -1;
	if (path_check(path, &why) == -1)
		return (-1);
	d->path = strdup(path);
	if (d->path == NULL)
		return (fail(&why, "no memory"));
	d->lock_fd = lock_take(path, err, errlen);
	/* files_sync: a name that a killed process gave counts from now on. */
	if (d->lock_fd == -1 || dir_prepare(d, key_path, &why) == -1 ||
	    (files_sync(path) == -1 &&
		fail(&why, "cannot sync %s: %s", path, strerror(errno))) ||
	    contents_read(d, &why) == -1 ||
	    key_compare(d, key_path, &why) == -1) {
		datadir_close(d);
		return (-1);
	}
	return (0);
}

void
datadir_close(struct datadir *d)
{
	if (d == NULL)
		return;
	xdr_free((xdrproc_t)xdr_evote_config, &d->config);
	if (d->config_fd != -1)
		close(d->config_fd);
	/* The disk's thread may have it open a moment longer. */
	if (d->lock_fd != -1) {
		flock(d->lock_fd, LOCK_UN);
		close(d->lock_fd);
	}
	free(d->path);
	memset(d, 0, sizeof(*d));
	d->lock_fd = d->config_fd = -1;
}

int
datadir_save_config(const struct datadir *d, const evote_config *config)
{
	unsigned char value[SLOTS_MOST];

	if (slots_write(d->config_fd, value, format_write(config, value)) == 0)
		return (0);
	log_alarm("datadir file=%s/config doing=save failed=\"%s\"", d->path,
	    strerror(errno));
	return (-1);
}
