#include "server/store/ledger.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/failpoint.h"
#include "common/log.h"
#include "common/seal.h"

/* As SQLite gives them back: text. */
#define APPLICATION_ID "1163284308" /* "EVOT" */
#define FORMAT	       "2"

/*
 * How many records the stored hint may lag behind: to store it costs a commit
 * a page more.
 */
#define HINT_LAG 256

/* The statements prepared once. */
enum query {
	Q_BEGIN,
	Q_COMMIT,
	Q_ROLLBACK,
	Q_INSERT,
	Q_SELECT,
	Q_DELETE,
	Q_GET_ACCEPTED,
	Q_SET_ACCEPTED,
	Q_SIZE,
	Q_NR
};

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

struct ledger {
	char *path;
	sqlite3 *db;
	sqlite3_stmt *query[Q_NR];
	uint64_t size;
	uint64_t hint; /* accepted, as it is stored */
	int wal_pages; /* as of the last commit */
	int wal_retry; /* after a full disk: not before it has this many */
};

/* Says what SQLite could not do, and returns -1. */
static int
failed(const struct ledger *l, const char *doing)
{
	int code = sqlite3_extended_errcode(l->db);

	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		log_alarm("ledger file=%s doing=%s damaged=\"%s\" code=%d "
			  "hint=\"move the data directory aside and let this "
			  "host join again from its peer\"",
		    l->path, doing, sqlite3_errmsg(l->db), code);
		break;
	case SQLITE_BUSY:
		log_alarm("ledger file=%s doing=%s failed=\"another process "
			  "has it open\" code=%d",
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

static int
damaged(const struct ledger *l, uint64_t seq, const char *what)
{
	log_alarm("ledger file=%s seq=%llu damaged=\"%s\" hint=\"move the data "
		  "directory aside and let this host join again from its "
		  "peer\"",
	    l->path, (unsigned long long)seq, what);
	return (-1);
}

/* ---- opening ---- */

static int
exec(struct ledger *l, const char *sql, const char *doing)
{
	if (sqlite3_exec(l->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return (failed(l, doing));
	return (0);
}

/* The one value of a pragma, as text. */
static int
pragma_get(struct ledger *l, const char *sql, char *value, size_t len)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	rc = sqlite3_prepare_v2(l->db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		snprintf(value, len, "%s",
		    (const char *)sqlite3_column_text(stmt, 0));
	else
		failed(l, "open");
	sqlite3_finalize(stmt);
	return (rc == SQLITE_ROW ? 0 : -1);
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
	char id[32], version[32];

	if (pragma_get(l, "PRAGMA application_id", id, sizeof(id)) == -1 ||
	    pragma_get(l, "PRAGMA user_version", version, sizeof(version)) ==
		-1)
		return (-1);
	if (strcmp(id, APPLICATION_ID) != 0) {
		log_alarm("ledger file=%s failed=\"not a ledger of evote\" "
			  "application_id=%s",
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
			return (failed(l, "prepare"));
	}
	return (0);
}

static int
get_number(struct ledger *l, enum query q, uint64_t *value)
{
	sqlite3_stmt *stmt = l->query[q];
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		*value = (uint64_t)sqlite3_column_int64(stmt, 0);
	else if (rc == SQLITE_DONE)
		damaged(l, 0, "a table is empty");
	else
		failed(l, "read");
	sqlite3_reset(stmt);
	return (rc == SQLITE_ROW ? 0 : -1);
}

/*
 * A process that died between writing and syncing left records that can be
 * read and are not on the disk yet.  They count from now on, so they have to be
 * there.  Before SQLite opens the files: closing one takes its locks away.
 */
static int
left_sync(const char *path)
{
	static const char *const ends[] = {"", "-wal"};
	char name[4096];
	int fd, rc = 0;

	for (size_t i = 0; rc == 0 && i < 2; i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		fd = open(name, O_RDONLY | O_CLOEXEC);
		if (fd == -1 && errno == ENOENT)
			continue;
		rc = fd == -1 ? -1 : fsync(fd);
		if (rc == -1)
			log_alarm("ledger file=%s doing=sync failed=\"%s\"",
			    name, strerror(errno));
		if (fd != -1)
			close(fd);
	}
	return (rc);
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
	if (left_sync(path) == -1)
		goto fail;
	if (sqlite3_open_v2(path, &l->db, flags, NULL) != SQLITE_OK) {
		failed(l, "open");
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
	if (queries_prepare(l) == -1 || get_number(l, Q_SIZE, &l->size) == -1 ||
	    get_number(l, Q_GET_ACCEPTED, &l->hint) == -1)
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

/* ---- reading ---- */

/* The row the statement stands on, which must be that of seq. */
static struct record *
row_read(struct ledger *l, sqlite3_stmt *stmt, uint64_t seq)
{
	struct record *r;

	if ((uint64_t)sqlite3_column_int64(stmt, 0) != seq) {
		damaged(l, seq, "the record is missing");
		return (NULL);
	}
	r = record_read(sqlite3_column_blob(stmt, 1),
	    (uint32_t)sqlite3_column_bytes(stmt, 1),
	    sqlite3_column_blob(stmt, 2),
	    (uint32_t)sqlite3_column_bytes(stmt, 2));
	if (r == NULL || r->seq != seq || !record_is_whole(r)) {
		damaged(l, seq, "not a record that this version knows");
		goto damage;
	}
	if (sqlite3_column_bytes(stmt, 3) != sizeof(r->hash) ||
	    memcmp(sqlite3_column_blob(stmt, 3), r->hash, sizeof(r->hash)) !=
		0) {
		damaged(l, seq, "the leaf does not have its hash");
		goto damage;
	}
	return (r);
damage:
	record_drop(r);
	return (NULL);
}

int
ledger_read_all(struct ledger *l, uint64_t *accepted,
    int (*each)(void *arg, struct record *), void *arg)
{
	sqlite3_stmt *stmt = l->query[Q_SELECT];
	struct record *r;
	uint64_t seq = 0;
	int rc, result = -1;

	if (get_number(l, Q_GET_ACCEPTED, accepted) == -1)
		return (-1);
	sqlite3_bind_int64(stmt, 1, 0);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		r = row_read(l, stmt, seq);
		if (r == NULL || each(arg, r) != 0)
			goto out;
		seq++;
	}
	if (rc != SQLITE_DONE)
		failed(l, "read");
	else if (*accepted > seq)
		damaged(l, seq, "the records end before the accepted ones do");
	else
		result = 0;
out:
	sqlite3_reset(stmt);
	return (result);
}

int
ledger_read(struct ledger *l, uint64_t seq, uint32_t n, size_t max_bytes,
    struct record **out)
{
	sqlite3_stmt *stmt = l->query[Q_SELECT];
	uint32_t got = 0;
	size_t bytes = 0;
	int rc = SQLITE_DONE;

	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)seq);
	while (got < n && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		bytes += (size_t)sqlite3_column_bytes(stmt, 1) +
		    (size_t)sqlite3_column_bytes(stmt, 2);
		/* One goes out whatever its size: the reader must get on. */
		if (got > 0 && bytes > max_bytes)
			break;
		out[got] = row_read(l, stmt, seq + got);
		if (out[got] == NULL)
			goto fail;
		got++;
	}
	if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
		failed(l, "read");
		goto fail;
	}
	sqlite3_reset(stmt);
	return ((int)got);
fail:
	while (got > 0)
		record_drop(out[--got]);
	sqlite3_reset(stmt);
	return (-1);
}

/* ---- writing ---- */

/* Runs a statement that gives no rows. */
static int
run(struct ledger *l, enum query q, const char *doing)
{
	if (sqlite3_step(l->query[q]) != SQLITE_DONE) {
		failed(l, doing);
		sqlite3_reset(l->query[q]);
		return (-1);
	}
	sqlite3_reset(l->query[q]);
	return (0);
}

static int
run_number(struct ledger *l, enum query q, uint64_t value, const char *doing)
{
	sqlite3_bind_int64(l->query[q], 1, (sqlite3_int64)value);
	return (run(l, q, doing));
}

/* After a failure, which is logged.  SQLite may have done it by itself. */
static int
undo(struct ledger *l)
{
	if (!sqlite3_get_autocommit(l->db)) {
		sqlite3_step(l->query[Q_ROLLBACK]);
		sqlite3_reset(l->query[Q_ROLLBACK]);
	}
	return (-1);
}

static int
row_insert(struct ledger *l, const struct record *r)
{
	sqlite3_stmt *stmt = l->query[Q_INSERT];

	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)r->seq);
	sqlite3_bind_blob(
	    stmt, 2, record_leaf(r), (int)r->leaf_len, SQLITE_STATIC);
	if (r->opening_len > 0)
		sqlite3_bind_blob(stmt, 3, record_opening(r),
		    (int)r->opening_len, SQLITE_STATIC);
	else
		sqlite3_bind_null(stmt, 3);
	sqlite3_bind_blob(stmt, 4, r->hash, sizeof(r->hash), SQLITE_STATIC);
	return (run(l, Q_INSERT, "append"));
}

/* In one transaction; a hint of 0 is not stored. */
static int
transact(
    struct ledger *l, struct record *const *recs, uint32_t n, uint64_t hint)
{
	if (run(l, Q_BEGIN, "append") == -1)
		return (-1);
	for (uint32_t i = 0; i < n; i++)
		if (row_insert(l, recs[i]) == -1)
			return (-1);
	crash_at("store-uncommitted");
	if (hint > 0 && run_number(l, Q_SET_ACCEPTED, hint, "append") == -1)
		return (-1);
	return (run(l, Q_COMMIT, "append"));
}

int
ledger_append(
    struct ledger *l, struct record *const *recs, uint32_t n, uint64_t accepted)
{
	uint64_t hint;

	for (uint32_t i = 0; i < n; i++)
		assert(recs[i]->seq == l->size + i);
	/* A joiner hears of more than it has. */
	hint = accepted > l->size + n ? l->size + n : accepted;
	if (n > 0 && l->hint > 0 && hint < l->hint + HINT_LAG)
		hint = 0;
	if (transact(l, recs, n, hint) == -1)
		return (undo(l));
	l->size += n;
	if (hint > 0)
		l->hint = hint;
	return (0);
}

/* The new name of a file is durable only when its directory is. */
static int
parent_sync(const char *path)
{
	char *copy = strdup(path);
	int fd = -1, rc = -1;

	if (copy != NULL)
		fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1) {
		rc = fsync(fd);
		close(fd);
	}
	free(copy);
	return (rc);
}

static int
hex_print(FILE *f, const void *data, size_t len, const char *after)
{
	char *hex = malloc(2 * len + 1);
	int rc;

	if (hex == NULL)
		return (-1);
	seal_hex(hex, data, len);
	rc = fprintf(f, "%s%s", len > 0 ? hex : "-", after);
	free(hex);
	return (rc < 0 ? -1 : 0);
}

/* 0, or -1 with errno 0 when it was the ledger that failed, and said so. */
static int
records_print(struct ledger *l, uint64_t seq, FILE *f)
{
	struct record *r;
	int rc = 0;

	for (; rc == 0 && seq < l->size; seq++) {
		if (ledger_read(l, seq, 1, 0, &r) != 1) {
			errno = 0;
			return (-1);
		}
		if (fprintf(f, "%llu ", (unsigned long long)seq) < 0 ||
		    hex_print(f, record_leaf(r), r->leaf_len, " ") == -1 ||
		    hex_print(f, record_opening(r), r->opening_len, "\n") == -1)
			rc = -1;
		record_drop(r);
	}
	return (rc);
}

static int
set_aside(struct ledger *l, uint64_t size, const char *aside)
{
	int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd != -1 ? fdopen(fd, "w") : NULL;
	int ok;

	ok = f != NULL && records_print(l, size, f) == 0 && fflush(f) == 0 &&
	    fsync(fd) == 0 && parent_sync(aside) == 0;
	if (!ok && errno != 0)
		log_alarm("ledger file=%s doing=cut failed=\"%s\"", aside,
		    strerror(errno));
	if (f != NULL)
		fclose(f);
	else if (fd != -1)
		close(fd);
	return (ok ? 0 : -1);
}

int
ledger_truncate(struct ledger *l, uint64_t size, const char *aside)
{
	uint64_t hint = l->hint < size ? l->hint : size;

	assert(size <= l->size);
	if (size == l->size)
		return (0);
	if (set_aside(l, size, aside) == -1)
		return (-1);
	crash_at("cut-aside");
	if (run(l, Q_BEGIN, "cut") == -1 ||
	    run_number(l, Q_DELETE, size, "cut") == -1 ||
	    run_number(l, Q_SET_ACCEPTED, hint, "cut") == -1 ||
	    run(l, Q_COMMIT, "cut") == -1)
		return (undo(l));
	l->size = size;
	l->hint = hint;
	return (0);
}

int
ledger_checkpoint(struct ledger *l, int pages)
{
	int rc, in_wal, moved;

	if (l->wal_pages <= pages || l->wal_pages < l->wal_retry)
		return (0);
	/*
	 * Passive: there is no other connection to wait for, and the file
	 * keeps its length, so that the next commits need not extend it.
	 */
	rc = sqlite3_wal_checkpoint_v2(
	    l->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_wal, &moved);
	if (rc == SQLITE_OK) {
		l->wal_pages = in_wal - moved;
		l->wal_retry = 0;
		return (0);
	}
	failed(l, "checkpoint");
	/* A full disk costs nothing yet: the WAL has every record. */
	if ((rc & 0xff) == SQLITE_FULL) {
		l->wal_retry = l->wal_pages + pages;
		return (0);
	}
	return (-1);
}
