#include "server/store/ledger_impl.h"

#include <assert.h>
#include <string.h>

#include "common/failpoint.h"

/*
 * How many records the persisted commit index may lag behind: to store it costs
 * a commit a page more.
 */
#define COMMIT_LAG 256

/* ---- reading ---- */

/* The row the statement stands on, which must be that of seq. */
static struct record *
row_read(struct ledger *l, sqlite3_stmt *stmt, uint64_t seq)
{
	struct record *r;

	if ((uint64_t)sqlite3_column_int64(stmt, 0) != seq) {
		ledger_damaged(l, seq, "the record is missing");
		return (NULL);
	}
	r = record_read(sqlite3_column_blob(stmt, 1),
	    (uint32_t)sqlite3_column_bytes(stmt, 1),
	    sqlite3_column_blob(stmt, 2),
	    (uint32_t)sqlite3_column_bytes(stmt, 2));
	if (r == NULL || r->seq != seq || !record_is_whole(r)) {
		ledger_damaged(l, seq, "not a record that this version knows");
		goto damage;
	}
	if (sqlite3_column_bytes(stmt, 3) != sizeof(r->hash) ||
	    memcmp(sqlite3_column_blob(stmt, 3), r->hash, sizeof(r->hash)) !=
		0) {
		ledger_damaged(l, seq, "the leaf does not have its hash");
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

	if (ledger_get_number(l, Q_GET_ACCEPTED, accepted) == -1)
		return (-1);
	sqlite3_bind_int64(stmt, 1, 0);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		r = row_read(l, stmt, seq);
		if (r == NULL || each(arg, r) != 0)
			goto out;
		seq++;
	}
	if (rc != SQLITE_DONE)
		ledger_failed(l, "read");
	else if (*accepted > seq)
		ledger_damaged(
		    l, seq, "the records end before the accepted ones do");
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
		ledger_failed(l, "read");
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
		ledger_failed(l, doing);
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

/* In one transaction; an index of 0 is not stored. */
static int
transact(
    struct ledger *l, struct record *const *recs, uint32_t n, uint64_t commit)
{
	if (run(l, Q_BEGIN, "append") == -1)
		return (-1);
	for (uint32_t i = 0; i < n; i++)
		if (row_insert(l, recs[i]) == -1)
			return (-1);
	crash_at("store-uncommitted");
	if (commit > 0 && run_number(l, Q_SET_ACCEPTED, commit, "append") == -1)
		return (-1);
	return (run(l, Q_COMMIT, "append"));
}

int
ledger_append(
    struct ledger *l, struct record *const *recs, uint32_t n, uint64_t accepted)
{
	uint64_t commit;

	for (uint32_t i = 0; i < n; i++)
		assert(recs[i]->seq == l->size + i);
	/* A joiner hears of more than it has. */
	commit = accepted > l->size + n ? l->size + n : accepted;
	if (n > 0 && l->persisted_commit > 0 &&
	    commit < l->persisted_commit + COMMIT_LAG)
		commit = 0;
	if (n == 0 && commit == l->persisted_commit)
		return (0);
	if (transact(l, recs, n, commit) == -1)
		return (undo(l));
	l->size += n;
	if (commit > 0)
		l->persisted_commit = commit;
	return (0);
}

uint64_t
ledger_size(const struct ledger *l)
{
	return (l->size);
}

int
ledger_truncate(struct ledger *l, uint64_t size)
{
	uint64_t commit =
	    l->persisted_commit < size ? l->persisted_commit : size;

	assert(size <= l->size);
	if (size == l->size)
		return (0);
	if (run(l, Q_BEGIN, "truncate") == -1 ||
	    run_number(l, Q_DELETE, size, "truncate") == -1 ||
	    run_number(l, Q_SET_ACCEPTED, commit, "truncate") == -1 ||
	    run(l, Q_COMMIT, "truncate") == -1)
		return (undo(l));
	l->size = size;
	l->persisted_commit = commit;
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
	ledger_failed(l, "checkpoint");
	/* A full disk costs nothing yet: the WAL has every record. */
	if ((rc & 0xff) == SQLITE_FULL) {
		l->wal_retry = l->wal_pages + pages;
		return (0);
	}
	return (-1);
}
