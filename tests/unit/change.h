#ifndef EVOTE_CHANGE_H
#define EVOTE_CHANGE_H

#include <sqlite3.h>

/* Somebody changes a file of SQLite's.  After cmocka.h. */
static void
change(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

#endif
