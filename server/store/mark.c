#include "server/store/mark.h"

#include <string.h>

#include "common/log.h"
#include "server/store/ledger_impl.h"

#define LABEL "evote ledger 1"
/* Versions that do not know this table leave it alone. */
#define IS_THERE                             \
	"SELECT count(*) FROM sqlite_schema" \
	" WHERE type = 'table' AND name = 'mark'"

void
mark_of(const unsigned char cluster_key[32], unsigned char mark[MARK])
{
	const struct seal_part label = {LABEL, strlen(LABEL)};

	seal_mac(mark, cluster_key, 32, &label, 1);
}

int
mark_read(sqlite3 *db, unsigned char mark[MARK])
{
	sqlite3_stmt *stmt = NULL;
	char there[8];
	int rc;

	if (ledger_value(db, IS_THERE, there, sizeof(there)) == -1)
		return (-1);
	if (strcmp(there, "0") == 0)
		return (0);
	rc = sqlite3_prepare_v2(db, "SELECT key FROM mark", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) == MARK)
		memcpy(mark, sqlite3_column_blob(stmt, 0), MARK);
	else if (rc != SQLITE_DONE)
		rc = SQLITE_ERROR;
	sqlite3_finalize(stmt);
	return (rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1);
}

/* A disk without room takes no votes either, but has to be able to start. */
static int
mark_write(struct ledger *l, const unsigned char mark[MARK])
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	rc = sqlite3_exec(l->db,
	    "BEGIN IMMEDIATE;"
	    "CREATE TABLE IF NOT EXISTS mark (key BLOB NOT NULL)",
	    NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(
		    l->db, "INSERT INTO mark VALUES (?)", -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_blob(stmt, 1, mark, MARK, SQLITE_STATIC);
		rc = sqlite3_step(stmt);
		sqlite3_finalize(stmt);
	}
	if (rc == SQLITE_DONE)
		rc = sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return (0);
	ledger_failed(l, "mark");
	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	return ((rc & 0xff) == SQLITE_FULL ? 0 : -1);
}

int
ledger_belongs(struct ledger *l, const unsigned char cluster_key[32])
{
	unsigned char mine[MARK], there[MARK];

	mark_of(cluster_key, mine);
	switch (mark_read(l->db, there)) {
	case 0:
		return (mark_write(l, mine));
	case 1:
		if (seal_equal(mine, there, MARK))
			return (0);
		log_alarm("ledger file=%s of=another-key hint=\"this ledger "
			  "was made with another cluster's key: put that key "
			  "back, or give the new cluster an empty directory\"",
		    l->path);
		return (-1);
	default:
		return (ledger_failed(l, "read"));
	}
}
