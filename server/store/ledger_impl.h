#ifndef EVOTE_LEDGER_IMPL_H
#define EVOTE_LEDGER_IMPL_H

#include <sqlite3.h>

#include "server/store/ledger.h"

/* The only way to SQLite, for the files here. */

/* As SQLite gives them back: text. */
#define APPLICATION_ID "1163284308" /* "EVOT" */
#define COPY_ID	       "1163281232" /* "EVCP" */
#define FORMAT	       "2"
/*
 * How many triggers, views and the like there are: evote makes none, and what
 * they say would be done to all that follows.
 */
#define PROGRAMS                             \
	"SELECT count(*) FROM sqlite_schema" \
	" WHERE type NOT IN ('table', 'index')"

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

struct ledger {
	char *path;
	sqlite3 *db;
	sqlite3_stmt *query[Q_NR];
	uint64_t size;
	uint64_t persisted_commit; /* accepted records, as it is stored */
	int wal_pages;		   /* as of the last commit */
	int wal_retry; /* after a full disk: not before it has this many */
};

/* Says what SQLite could not do, and returns -1. */
int ledger_failed(const struct ledger *, const char *doing);
int ledger_damaged(const struct ledger *, uint64_t seq, const char *what);
int ledger_get_number(struct ledger *, enum query, uint64_t *);
/* The first value that a query gives, as text; -1 when it gives none. */
int ledger_value(sqlite3 *, const char *sql, char *value, size_t len);

/* What mark.h makes: 1 when it is there, 0 when not; -1: damaged. */
int mark_read(sqlite3 *, unsigned char mark[32]);

/* What SQLite cannot do with a copy; -1. */
int copy_failed(sqlite3 *, const char *file, char *err, size_t errlen);

/* view_scan's, of what is open already. */
struct view_row;
int view_rows(sqlite3 *, int (*each)(void *, const struct view_row *),
    void *arg, char *err, size_t errlen);

#endif
