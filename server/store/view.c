#include "server/store/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/need.h"
#include "common/seal.h"
#include "common/text.h"
#include "replica/core/config.h"
#include "server/store/files.h"
#include "server/store/format.h"
#include "server/store/ledger_impl.h"
#include "server/store/slots.h"
#include "server/store/wal.h"

#define STEPS 10000 /* of SQLite's machine, within a millisecond */

struct view {
	char *path;
	const char *known; /* the directory that people are told of */
	const char *todo;  /* the caller's, where it is damaged */
	int lock_fd;	   /* -1: a copy without one */
	sqlite3 *db;
	uint64_t size;
};

/* ---- opening ---- */

#define COPY_HINT                                                        \
	"is a copy: make a directory of it with `evote_server import`, " \
	"and name that directory"

/* By its application id, four bytes in SQLite's header. */
static int
is_copy(const char *file)
{
	unsigned char id[4];
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : pread(fd, id, sizeof(id), 68);

	if (fd != -1)
		close(fd);
	return (n == sizeof(id) &&
	    ((unsigned long)id[0] << 24 | (unsigned long)id[1] << 16 |
		(unsigned long)id[2] << 8 | id[3]) ==
		strtoul(COPY_ID, NULL, 10));
}

/* Shared, so that no server starts meanwhile; a copy may have no lock. */
static int
lock_share(struct view *v, char *err, size_t errlen)
{
	char file[FILES_PATH], pid[32];

	files_path(v->path, "lock", file, sizeof(file));
	v->lock_fd = open(file, O_RDONLY | O_CLOEXEC);
	if (v->lock_fd == -1 && errno == ENOENT)
		return (0);
	if (v->lock_fd == -1 && errno == ENOTDIR)
		return (text_why(err, errlen, "%s %s", v->known,
		    is_copy(v->path)
			? COPY_HINT
			: "is no directory: name a data directory"));
	if (v->lock_fd == -1)
		return (text_why(
		    err, errlen, "cannot open %s: %s", file, strerror(errno)));
	if (flock(v->lock_fd, LOCK_SH | LOCK_NB) == 0)
		return (0);
	if (errno != EWOULDBLOCK)
		return (text_why(
		    err, errlen, "cannot lock %s: %s", file, strerror(errno)));
	if (files_line(file, pid, sizeof(pid)) == -1 || pid[0] == '\0')
		snprintf(pid, sizeof(pid), "(unknown)");
	return (text_why(err, errlen,
	    "%s is in use by process %s: make a copy with export and import, "
	    "which need no stop, and name that; or stop it first",
	    v->path, pid));
}

/* "file:PATH?immutable=1", with what has a meaning in such a name escaped. */
static char *
uri_make(const char *file)
{
	char *uri = need(malloc(3 * strlen(file) + 32));
	size_t n = (size_t)sprintf(uri, "file:");

	/* What follows two slashes would be a host. */
	while (file[0] == '/' && file[1] == '/')
		file++;
	for (; *file != '\0'; file++)
		n += (size_t)sprintf(uri + n,
		    strchr("%?#", *file) != NULL ? "%%%02X" : "%c",
		    (unsigned char)*file);
	strcpy(uri + n, "?immutable=1");
	return (uri);
}

/*
 * Without a lock of SQLite's own, which would need the right to write, and
 * with what is in the WAL if there is one.  Where there is none SQLite would
 * make it: then the file counts as one that cannot change.
 */
static int
db_open(struct view *v, const char *file)
{
	int on = 1, rc, flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
	char wal[FILES_PATH + 8], *uri;
	struct stat st;

	snprintf(wal, sizeof(wal), "%s-wal", file);
	if (stat(wal, &st) == 0 && st.st_size > 0) {
		rc = sqlite3_open_v2(file, &v->db, flags, "unix-none");
	} else {
		uri = uri_make(file);
		rc =
		    sqlite3_open_v2(uri, &v->db, flags | SQLITE_OPEN_URI, NULL);
		free(uri);
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(
		    v->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on, NULL);
	/* EXCLUSIVE: the index of the WAL is kept in memory. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(v->db,
		    "PRAGMA locking_mode = EXCLUSIVE;"
		    "PRAGMA trusted_schema = OFF",
		    NULL, NULL, NULL);
	return (rc);
}

/* As the server reads it. */
static int
number_get(struct view *v, const char *sql, uint64_t *n)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(v->db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*n = (uint64_t)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return (rc == SQLITE_ROW ? 0 : -1);
}

static int
db_failed(struct view *v, char *err, size_t errlen)
{
	return (text_why(err, errlen, "cannot read %s/ledger.db: %s; %s",
	    v->known, sqlite3_errmsg(v->db), v->todo));
}

/* SQLite would pass over what is damaged: see wal.h. */
static int
log_look(struct view *v, const char *file, char *err, size_t errlen)
{
	char wal[FILES_PATH + 8], why[WAL_WHY];

	snprintf(wal, sizeof(wal), "%s-wal", file);
	if (wal_look(wal, why) == 0)
		return (0);
	return (text_why(
	    err, errlen, "%s/ledger.db-wal: %s; %s", v->known, why, v->todo));
}

static int
ledger_look(struct view *v, char *err, size_t errlen)
{
	char file[FILES_PATH], id[32], version[32], programs[32];

	files_path(v->path, "ledger.db", file, sizeof(file));
	if (access(file, R_OK) == -1)
		return (
		    text_why(err, errlen, "cannot read %s/ledger.db: %s%s%s",
			v->known, strerror(errno), errno == EACCES ? "" : "; ",
			errno == EACCES ? "" : v->todo));
	if (log_look(v, file, err, errlen) == -1)
		return (-1);
	if (db_open(v, file) != SQLITE_OK ||
	    ledger_value(v->db, "PRAGMA application_id", id, sizeof(id)) ==
		-1 ||
	    ledger_value(
		v->db, "PRAGMA user_version", version, sizeof(version)) == -1)
		return (db_failed(v, err, errlen));
	if (strcmp(id, COPY_ID) == 0)
		return (
		    text_why(err, errlen, "%s/ledger.db " COPY_HINT, v->known));
	if (strcmp(id, APPLICATION_ID) != 0)
		return (text_why(err, errlen,
		    "%s/ledger.db is not a ledger of evote; %s", v->known,
		    v->todo));
	if (strcmp(version, FORMAT) != 0)
		return (text_why(err, errlen,
		    "%s/ledger.db was written by another version of evote "
		    "(format %s, this one knows %s): use that one",
		    v->known, version, FORMAT));
	if (ledger_value(v->db, PROGRAMS, programs, sizeof(programs)) == -1 ||
	    number_get(v, "SELECT coalesce(max(seq) + 1, 0) FROM record",
		&v->size) == -1)
		return (db_failed(v, err, errlen));
	if (strcmp(programs, "0") != 0)
		return (text_why(err, errlen,
		    "%s/ledger.db holds triggers or views, which somebody has "
		    "put there; %s",
		    v->known, v->todo));
	return (0);
}

struct view *
view_open(const char *path, const char *known, const char *todo, char *err,
    size_t errlen)
{
	struct view *v = need_zeroed(1, sizeof(*v));

	v->lock_fd = -1;
	v->path = need_copy(path);
	v->known = known;
	v->todo = todo;
	if (strlen(path) + 32 > FILES_PATH)
		text_why(err, errlen, "the data directory's path is too long");
	else if (lock_share(v, err, errlen) == 0 &&
	    ledger_look(v, err, errlen) == 0)
		return (v);
	view_close(v);
	return (NULL);
}

void
view_close(struct view *v)
{
	if (v == NULL)
		return;
	sqlite3_close(v->db);
	if (v->lock_fd != -1)
		close(v->lock_fd);
	free(v->path);
	free(v);
}

uint64_t
view_size(const struct view *v)
{
	return (v->size);
}

/* ---- beside the records ---- */

/* 1 when there is one, 0 when there is not, -1. */
static int
config_look(struct view *v, evote_config *config, char *err, size_t errlen)
{
	unsigned char value[SLOTS_MOST];
	char file[FILES_PATH];
	ssize_t len;
	int fd;

	files_path(v->path, "config", file, sizeof(file));
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return (0);
	len = fd == -1 ? -1 : slots_read(fd, value);
	if (fd != -1)
		close(fd);
	if (len == -1)
		return (text_why(err, errlen,
		    "%s/config is damaged or unreadable; %s", v->known,
		    v->todo));
	if (format_read(config, value, (size_t)len) == -1)
		return (text_why(err, errlen,
		    "%s/config was written by another version of evote: use "
		    "that one",
		    v->known));
	return (1);
}

/* -1 when that cannot be told: a copy may have no incarnation. */
static int
in_sync_look(
    struct view *v, const evote_config *config, char *err, size_t errlen)
{
	char file[FILES_PATH], line[64];
	incarnation id;

	files_path(v->path, "incarnation", file, sizeof(file));
	if (access(file, F_OK) == -1 && errno == ENOENT)
		return (0);
	if (files_line(file, line, sizeof(line)) == -1 ||
	    seal_unhex(id, sizeof(id), line) == -1)
		return (text_why(err, errlen,
		    "%s/incarnation is damaged or unreadable; %s", v->known,
		    v->todo));
	return (config_in_sync(config, id) >= 0);
}

int
view_claim(struct view *v, struct view_claim *claim, char *err, size_t errlen)
{
	evote_config config = {0};
	int there;

	*claim = (struct view_claim){0};
	if (number_get(v, "SELECT accepted FROM state", &claim->accepted) == -1)
		return (text_why(err, errlen,
		    "%s/ledger.db does not say what is accepted; %s", v->known,
		    v->todo));
	claim->marked = mark_read(v->db, claim->mark);
	if (claim->marked == -1)
		return (text_why(err, errlen,
		    "%s/ledger.db does not say whose it is; %s", v->known,
		    v->todo));
	there = config_look(v, &config, err, errlen);
	if (there < 1)
		return (there);
	claim->config = 1;
	claim->in_sync = in_sync_look(v, &config, err, errlen);
	claim->end = config.end;
	memcpy(claim->cluster, config.cluster, sizeof(claim->cluster));
	config_clear(&config);
	return (claim->in_sync == -1 ? -1 : 0);
}

uint64_t
view_accepted(const struct view_claim *c)
{
	return (c->config && c->in_sync && c->end.size > c->accepted
		? c->end.size
		: c->accepted);
}

int
view_export(struct view *v, const char *file, int (*stop)(void *), char *err,
    size_t errlen)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	sqlite3_progress_handler(v->db, STEPS, stop, NULL);
	rc = sqlite3_prepare_v2(v->db, "VACUUM INTO ?", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, file, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	sqlite3_progress_handler(v->db, 0, NULL, NULL);
	if (rc == SQLITE_DONE)
		return (0);
	return (text_why(
	    err, errlen, "cannot write %s: %s", file, sqlite3_errmsg(v->db)));
}

/* ---- the records ---- */

static void
row_take(struct view_row *r, sqlite3_stmt *stmt)
{
	r->seq = (uint64_t)sqlite3_column_int64(stmt, 0);
	r->leaf = sqlite3_column_blob(stmt, 1);
	r->leaf_len = (uint32_t)sqlite3_column_bytes(stmt, 1);
	r->opening = sqlite3_column_blob(stmt, 2);
	r->opening_len = (uint32_t)sqlite3_column_bytes(stmt, 2);
	r->hash = sqlite3_column_blob(stmt, 3);
	r->hash_len = (uint32_t)sqlite3_column_bytes(stmt, 3);
}

int
view_rows(sqlite3 *db, int (*each)(void *, const struct view_row *), void *arg,
    char *err, size_t errlen)
{
	sqlite3_stmt *stmt = NULL;
	struct view_row row;
	int rc;

	rc = sqlite3_prepare_v2(db,
	    "SELECT seq, leaf, opening, hash FROM record ORDER BY seq", -1,
	    &stmt, NULL);
	if (rc == SQLITE_OK) {
		while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
			row_take(&row, stmt);
			if (each(arg, &row) != 0)
				break;
		}
	}
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		text_why(err, errlen, "%s", sqlite3_errmsg(db));
	sqlite3_finalize(stmt);
	return (rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -1);
}

int
view_scan(struct view *v, int (*each)(void *, const struct view_row *),
    void *arg, char *err, size_t errlen)
{
	return (view_rows(v->db, each, arg, err, errlen));
}
