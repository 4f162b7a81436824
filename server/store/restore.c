/* A data directory out of a copy. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "server/store/copy.h"
#include "server/store/datadir.h"
#include "server/store/format.h"
#include "server/store/ledger_impl.h"
#include "server/store/mark.h"
#include "server/store/proving.h"

#define ANOTHER "use another copy"

struct restoring {
	sqlite3 *db;
	const char *file;
};

static int
number_is(sqlite3 *db, const char *sql, const char *wanted)
{
	char value[32];

	return (ledger_value(db, sql, value, sizeof(value)) == 0 &&
	    strcmp(value, wanted) == 0);
}

static int
copy_open(struct restoring *r, char *err, size_t errlen)
{
	/* SQLite does not say why it cannot open a file. */
	if (access(r->file, R_OK) == -1)
		return (text_why(err, errlen, "cannot read %s: %s", r->file,
		    strerror(errno)));
	if (sqlite3_open_v2(r->file, &r->db, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK)
		return (copy_failed(r->db, r->file, err, errlen));
	if (!number_is(r->db, "PRAGMA application_id", COPY_ID))
		return (text_why(err, errlen,
		    "%s is not a copy that `evote_server export` made",
		    r->file));
	if (!number_is(r->db, "PRAGMA user_version", FORMAT))
		return (text_why(err, errlen,
		    "%s was made by another version of evote: use that one",
		    r->file));
	if (!number_is(r->db, PROGRAMS, "0"))
		return (text_why(err, errlen,
		    "%s holds triggers or views, which somebody has put "
		    "there: " ANOTHER,
		    r->file));
	return (0);
}

/* The ledger out of the copy: a format.h's fill. */
static int
ledger_restore(const char *file, const void *arg, char *err, size_t errlen)
{
	const struct restoring *r = arg;
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	int rc;

	rc = sqlite3_prepare_v2(r->db, "VACUUM INTO ?", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, file, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK && sqlite3_step(stmt) != SQLITE_DONE)
		rc = SQLITE_ERROR;
	sqlite3_finalize(stmt);
	if (rc != SQLITE_OK)
		return (copy_failed(r->db, file, err, errlen));
	rc = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db,
		    "PRAGMA synchronous = FULL;"
		    "DROP TABLE copy; PRAGMA application_id = " APPLICATION_ID,
		    NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		copy_failed(db, file, err, errlen);
	sqlite3_close(db);
	return (rc == SQLITE_OK ? 0 : -1);
}

/*
 * What the copy says beside the records; the caller clears the configuration.
 */
static int
claim_read(const struct restoring *r, evote_config *config,
    struct view_claim *claim, char *err, size_t errlen)
{
	sqlite3_stmt *stmt = NULL;
	int rc = -1, known = 0;

	if (sqlite3_prepare_v2(r->db,
		"SELECT config, (SELECT accepted FROM state) FROM copy", -1,
		&stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW &&
	    sqlite3_column_bytes(stmt, 0) > 0) {
		rc = 0;
		known = format_read(config, sqlite3_column_blob(stmt, 0),
			    (size_t)sqlite3_column_bytes(stmt, 0)) == 0;
	}
	if (rc == -1)
		text_why(err, errlen, "%s is damaged: " ANOTHER, r->file);
	else if (!known)
		rc = text_why(err, errlen,
		    "%s was made by another version of evote: use that one",
		    r->file);
	else {
		*claim = (struct view_claim){.config = 1};
		claim->accepted = (uint64_t)sqlite3_column_int64(stmt, 1);
		memcpy(claim->cluster, config->cluster, sizeof(claim->cluster));
	}
	sqlite3_finalize(stmt);
	return (rc);
}

/* It may have lain somewhere for a year. */
static int
copy_prove(const struct restoring *r, evote_config *config, uint64_t *records,
    char *err, size_t errlen)
{
	struct view_claim claim;
	struct proving *p;
	int rc;

	if (claim_read(r, config, &claim, err, errlen) == -1)
		return (-1);
	p = proving_begin(&claim);
	rc = view_rows(r->db, proving_row, p, err, errlen);
	if (rc == 0)
		rc = proving_holds(p, ANOTHER, records, err, errlen);
	proving_end(p);
	return (rc);
}

/* It would be another service, with the records of this one. */
static int
key_fits(const struct restoring *r, const char *key_path, int *marked,
    char *err, size_t errlen)
{
	unsigned char key[32], mine[MARK], there[MARK];

	if (datadir_key(key_path, key, err, errlen) == -1)
		return (-1);
	mark_of(key, mine);
	explicit_bzero(key, sizeof(key));
	if ((*marked = mark_read(r->db, there)) == -1)
		return (
		    text_why(err, errlen, "%s is damaged: " ANOTHER, r->file));
	if (*marked && !seal_equal(mine, there, MARK))
		return (text_why(err, errlen,
		    "%s is the key of another cluster than the one of which "
		    "%s was made: name the key of that time",
		    key_path, r->file));
	return (0);
}

int
copy_restore(const char *file, const char *data, const char *key_path,
    uint64_t *records, int *marked, char *err, size_t errlen)
{
	struct restoring r = {.file = file};
	evote_config config = {0};
	int rc = copy_open(&r, err, errlen);

	if (rc == 0)
		rc = key_fits(&r, key_path, marked, err, errlen);
	if (rc == 0)
		rc = copy_prove(&r, &config, records, err, errlen);
	if (rc == 0)
		rc = datadir_restore(
		    data, key_path, &config, ledger_restore, &r, err, errlen);
	xdr_free((xdrproc_t)xdr_evote_config, &config);
	sqlite3_close(r.db);
	return (rc);
}
