#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <errno.h>

#include "common/log.h"
#include "server/store/files.h"
#include "server/store/ledger_impl.h"
#include "server/store/wal.h"

static const char *const query_sql[Q_NR] = {
    [Q_BEGIN] = "BEGIN IMMEDIATE",
    [Q_COMMIT] = "COMMIT",
    [Q_ROLLBACK] = "ROLLBACK",
    [Q_INSERT] =
	"INSERT INTO record (seq, leaf, opening, hash) VALUES (?, ?, ?, ?)",
    [Q_SELECT] =
	"SELECT seq, leaf, opening, hash FROM record WHERE seq >= ? ORDER BY 1",
    [Q_DELETE] = "DELETE FROM record WHERE seq >= ?",
    [Q_GET_ACCEPTED] = "SELECT accepted FROM state",
    [Q_SET_ACCEPTED] = "UPDATE state SET accepted = ?",
    [Q_SIZE] = "SELECT coalesce(max(seq) + 1, 0) FROM record",
};

static const char schema_sql[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE record (seq INTEGER PRIMARY KEY, leaf BLOB NOT NULL,"
    " opening BLOB, hash BLOB NOT NULL);"
    "CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " accepted INTEGER NOT NULL);"
    "INSERT INTO state VALUES (1, 0);"
    "PRAGMA application_id = " APPLICATION_ID ";"
    "PRAGMA user_version = " FORMAT ";"
    "COMMIT;";

int
ledger_failed(const struct ledger *l, const char *doing)
{
	int code = sqlite3_extended_errcode(l->db);

	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		log_alarm("ledger file=%s doing=%s damaged=\"%s\" code=%d "
			  "hint=\"" FILES_REJOIN " from its peer\"",
		    l->path, doing, sqlite3_errmsg(l->db), code);
		break;
	case SQLITE_BUSY:
		log_alarm("ledger file=%s doing=%s failed=\"another process "
			  "has it open\" code=%d hint=\"stop that one\"",
		    l->path, doing, code);
		break;
	default:
		log_alarm("ledger file=%s doing=%s failed=\"%s\" code=%d "
			  "errno=%d",
		    l->path, doing, sqlite3_errmsg(l->db), code,
		    sqlite3_system_errno(l->db));
	}
	return (-1);
}

int
ledger_damaged(const struct ledger *l, uint64_t seq, const char *what)
{
	log_alarm("ledger file=%s seq=%llu damaged=\"%s\" hint=\"" FILES_REJOIN
		  " from its peer\"",
	    l->path, (unsigned long long)seq, what);
	return (-1);
}

static int
exec(struct ledger *l, const char *sql, const char *doing)
{
	if (sqlite3_exec(l->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return (ledger_failed(l, doing));
	return (0);
}

int
ledger_value(sqlite3 *db, const char *sql, char *value, size_t len)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_text(stmt, 0) != NULL)
		snprintf(value, len, "%s",
		    (const char *)sqlite3_column_text(stmt, 0));
	else
		rc = SQLITE_DONE;
	sqlite3_finalize(stmt);
	return (rc == SQLITE_ROW ? 0 : -1);
}

/* The same of a ledger that is being opened. */
static int
pragma_get(struct ledger *l, const char *sql, char *value, size_t len)
{
	return (ledger_value(l->db, sql, value, len) == 0
		? 0
		: ledger_failed(l, "open"));
}

static int
pragma_is(struct ledger *l, const char *sql, const char *wanted)
{
	char value[32];

	if (pragma_get(l, sql, value, sizeof(value)) == -1)
		return (-1);
	if (strcmp(value, wanted) == 0)
		return (0);
	log_alarm("ledger file=%s pragma=\"%s\" is=%s wanted=%s", l->path, sql,
	    value, wanted);
	return (-1);
}

/* A file without application id and tables is new. */
static int
is_blank(struct ledger *l)
{
	char id[32], tables[32];

	return (pragma_get(l, "PRAGMA application_id", id, sizeof(id)) == 0 &&
	    pragma_get(l, "SELECT count(*) FROM sqlite_schema", tables,
		sizeof(tables)) == 0 &&
	    strcmp(id, "0") == 0 && strcmp(tables, "0") == 0);
}

static int
format_check(struct ledger *l)
{
	char id[32], version[32], programs[32];

	if (pragma_get(l, "PRAGMA application_id", id, sizeof(id)) == -1 ||
	    pragma_get(l, "PRAGMA user_version", version, sizeof(version)) ==
		-1)
		return (-1);
	if (strcmp(id, APPLICATION_ID) != 0) {
		log_alarm("ledger file=%s failed=\"not a ledger of evote\" "
			  "application_id=%s hint=\"" FILES_REJOIN
			  " from its peer\"",
		    l->path, id);
		return (-1);
	}
	if (strcmp(version, FORMAT) != 0) {
		log_alarm("ledger file=%s failed=\"written by another version "
			  "of evote\" format=%s known=%s hint=\"use the "
			  "version that wrote it\"",
		    l->path, version, FORMAT);
		return (-1);
	}
	if (pragma_get(l, PROGRAMS, programs, sizeof(programs)) == -1)
		return (-1);
	if (strcmp(programs, "0") != 0) {
		log_alarm("ledger file=%s failed=\"it holds triggers or views, "
			  "which somebody has put there\" hint=\"" FILES_REJOIN
			  " from its peer\"",
		    l->path);
		return (-1);
	}
	return (0);
}

static int
wal_committed(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct ledger *l = arg;

	l->wal_pages = pages;
	return (SQLITE_OK);
}

static int
pragmas_set(struct ledger *l)
{
	if (pragma_is(l, "PRAGMA journal_mode = WAL", "wal") == -1 ||
	    exec(l, "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF",
		"set") == -1 ||
	    pragma_is(l, "PRAGMA synchronous", "2") == -1 ||
	    pragma_is(l, "PRAGMA wal_autocheckpoint = 0", "0") == -1)
		return (-1);
	sqlite3_wal_hook(l->db, wal_committed, l);
	return (0);
}

static int
queries_prepare(struct ledger *l)
{
	for (int q = 0; q < Q_NR; q++) {
		if (sqlite3_prepare_v3(l->db, query_sql[q], -1,
			SQLITE_PREPARE_PERSISTENT, &l->query[q],
			NULL) != SQLITE_OK)
			return (ledger_failed(l, "prepare"));
	}
	return (0);
}

int
ledger_get_number(struct ledger *l, enum query q, uint64_t *value)
{
	sqlite3_stmt *stmt = l->query[q];
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		*value = (uint64_t)sqlite3_column_int64(stmt, 0);
	else if (rc == SQLITE_DONE)
		ledger_damaged(l, 0, "a table is empty");
	else
		ledger_failed(l, "read");
	sqlite3_reset(stmt);
	return (rc == SQLITE_ROW ? 0 : -1);
}

/* 0, or -1 with errno. */
static int
bytes_rewrite(int fd)
{
	static char chunk[1 << 16];
	ssize_t n;
	off_t at;

	for (at = 0; (n = pread(fd, chunk, sizeof(chunk), at)) > 0; at += n)
		if (pwrite(fd, chunk, (size_t)n, at) != n)
			return (-1);
	return (n == 0 ? 0 : -1);
}

/*
 * A process that died between writing and syncing left records that can be
 * read and are not on the disk yet.  They count from now on, so they have to be
 * there.  Where it died of a sync that failed, Linux takes the pages for
 * written, and another sync would do nothing: so they are written again.  The
 * file needs none of that, since the log has all that may not be in it.  Before
 * SQLite opens the files: closing one takes its locks away.
 */
static int
left_sync(const char *path)
{
	static const char *const ends[] = {"", "-wal"};
	char name[4096];
	int fd, rc = 0;

	for (int i = 0; rc == 0 && i < 2; i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		fd = open(name, O_RDWR | O_CLOEXEC);
		if (fd == -1 && errno == ENOENT)
			continue;
		if (fd == -1 || (i == 1 && bytes_rewrite(fd) == -1) ||
		    fsync(fd) == -1) {
			log_alarm("ledger file=%s doing=sync failed=\"%s\"",
			    name, strerror(errno));
			rc = -1;
		}
		if (fd != -1)
			close(fd);
	}
	return (rc);
}

/* SQLite would take damage for the end of what was written. */
static int
left_check(const char *path)
{
	char name[4096], why[WAL_WHY];
	int rc;

	snprintf(name, sizeof(name), "%s-wal", path);
	rc = wal_look(name, why);
	if (rc != 0)
		log_alarm("ledger file=%s damaged=\"%s\" hint=\"" FILES_REJOIN
			  " from its peer\"",
		    name, why);
	return (rc == 0 ? 0 : -1);
}

struct ledger *
ledger_open(const char *path, int create)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	    (create ? SQLITE_OPEN_CREATE : 0);
	struct ledger *l = calloc(1, sizeof(*l));
	int blank;

	if (l == NULL || (l->path = strdup(path)) == NULL) {
		log_alarm("ledger file=%s failed=\"no memory\"", path);
		goto fail;
	}
	if (left_check(path) == -1 || left_sync(path) == -1)
		goto fail;
	if (sqlite3_open_v2(path, &l->db, flags, NULL) != SQLITE_OK) {
		ledger_failed(l, "open");
		goto fail;
	}
	sqlite3_extended_result_codes(l->db, 1);
	/*
	 * EXCLUSIVE before the first look at the file: then the index of the
	 * WAL is kept in memory and no second connection can come in.
	 */
	if (pragma_is(l, "PRAGMA locking_mode = EXCLUSIVE", "exclusive") == -1)
		goto fail;
	blank = create && is_blank(l);
	if (!blank && format_check(l) == -1)
		goto fail;
	if (pragmas_set(l) == -1)
		goto fail;
	if (blank && exec(l, schema_sql, "create") == -1)
		goto fail;
	if (queries_prepare(l) == -1 ||
	    ledger_get_number(l, Q_SIZE, &l->size) == -1 ||
	    ledger_get_number(l, Q_GET_ACCEPTED, &l->persisted_commit) == -1)
		goto fail;
	return (l);
fail:
	ledger_close(l);
	return (NULL);
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	for (int q = 0; q < Q_NR; q++)
		sqlite3_finalize(l->query[q]);
	sqlite3_close(l->db);
	free(l->path);
	free(l);
}
