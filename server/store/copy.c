#include "server/store/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/failpoint.h"
#include "common/need.h"
#include "common/text.h"
#include "server/store/datadir.h"
#include "server/store/files.h"
#include "server/store/ledger_impl.h"
#include "server/store/proving.h"
#include "server/store/slots.h"
#include "server/store/view.h"
#include "server/store/wal.h"

#define COPY_SPARE (64u << 20) /* bytes that are left to a server */
#define WAL_HEAD   32	       /* its salts are others after each reset */
#define TRIES	   20
#define SURE	   3 /* tries after which damage is that */
#define CHUNK	   (1 << 20)

/* ---- signals ---- */

/* Those that end a process wait, and then do: it is to leave nothing behind. */
static const int held[] = {SIGINT, SIGTERM, SIGHUP};
#define N_HELD (sizeof(held) / sizeof(held[0]))

static void
signals_hold(sigset_t *was)
{
	struct sigaction action;
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < N_HELD; i++)
		/* One that is ignored would wait as well. */
		if (sigaction(held[i], NULL, &action) == 0 &&
		    action.sa_handler != SIG_IGN)
			sigaddset(&mask, held[i]);
	sigprocmask(SIG_BLOCK, &mask, was);
}

/* Whether one waits: also for SQLite, in the midst of its work. */
static int
signals_wait(void *unused)
{
	sigset_t pending;

	if (sigpending(&pending) != 0)
		return (0);
	for (size_t i = 0; i < N_HELD; i++)
		if (sigismember(&pending, held[i]))
			return (1);
	return (0);
}

/* ---- the files, as a server may be writing them ---- */

/* What shows that the WAL was begun anew. */
struct mark {
	ino_t inode; /* 0: there is none */
	unsigned char head[WAL_HEAD];
	struct timespec moved; /* without a WAL: when the file was changed */
};

static void
mark_take(struct mark *m, const char *db, const char *wal)
{
	int fd = open(wal, O_RDONLY | O_CLOEXEC);
	struct stat st;

	memset(m, 0, sizeof(*m));
	if (fd != -1 && fstat(fd, &st) == 0 &&
	    pread(fd, m->head, WAL_HEAD, 0) >= 0)
		m->inode = st.st_ino;
	else if (stat(db, &st) == 0)
		m->moved = st.st_mtim;
	if (fd != -1)
		close(fd);
}

/* 0, or -1 with errno. */
static int
bytes_copy(int from, int to)
{
	char *chunk = need(malloc(CHUNK));
	ssize_t n = 0;
	int rc = 0;

	while (rc == 0 && (n = read(from, chunk, CHUNK)) > 0) {
		errno = EINTR;
		rc =
		    signals_wait(NULL) ? -1 : files_write(to, chunk, (size_t)n);
	}
	free(chunk);
	return (n < 0 ? -1 : rc);
}

/* A file that is not there is copied as none. */
static int
file_copy(const char *from, const char *to, char *err, size_t errlen)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1, rc = 0;

	unlink(to);
	if (in == -1 && errno == ENOENT)
		return (0);
	if (in != -1)
		out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (in == -1 || out == -1 || bytes_copy(in, out) == -1)
		rc = text_why(err, errlen, "cannot copy %s to %s: %s", from, to,
		    strerror(errno));
	if (in != -1)
		close(in);
	if (out != -1)
		close(out);
	return (rc);
}

/*
 * The file first: until the WAL is begun anew, it has all that a checkpoint
 * may be writing into the file meanwhile.  A frame that is being written while
 * it is read looks like damage; that would be there the next time too.
 */
static int
ledger_copy(const char *data, const char *dir, char *err, size_t errlen)
{
	char db[FILES_PATH], wal[FILES_PATH], to[FILES_PATH];
	char why[WAL_WHY];
	struct mark before, after;

	files_path(data, "ledger.db", db, sizeof(db));
	files_path(data, "ledger.db-wal", wal, sizeof(wal));
	if (access(db, R_OK) == -1)
		return (text_why(
		    err, errlen, "cannot read %s: %s", db, strerror(errno)));
	for (int i = 0; i < TRIES; i++) {
		mark_take(&before, db, wal);
		files_path(dir, "ledger.db", to, sizeof(to));
		if (file_copy(db, to, err, errlen) == -1)
			return (-1);
		if (failpoint("copy-slow"))
			usleep(300000);
		files_path(dir, "ledger.db-wal", to, sizeof(to));
		if (file_copy(wal, to, err, errlen) == -1)
			return (-1);
		mark_take(&after, db, wal);
		if (memcmp(&before, &after, sizeof(before)) != 0)
			continue;
		if (wal_look(to, why) == 0)
			return (0);
		if (i >= SURE && wal_look(wal, why) != 0)
			return (text_why(
			    err, errlen, "%s: %s; " FILES_REJOIN, wal, why));
	}
	return (text_why(err, errlen,
	    "%s changes faster than it can be read: try again when less is "
	    "written, or on the other host",
	    db));
}

/* What the ledger has to agree with: before it, as a server may be at work. */
static int
beside_copy(const char *data, const char *dir, char *err, size_t errlen)
{
	static const char *const names[] = {"incarnation", "config"};
	char from[FILES_PATH], to[FILES_PATH];

	for (int i = 0; i < 2; i++) {
		files_path(data, names[i], from, sizeof(from));
		files_path(dir, names[i], to, sizeof(to));
		if (file_copy(from, to, err, errlen) == -1)
			return (-1);
	}
	return (0);
}

/* ---- a copy ---- */

static int
row_prove(void *proving, const struct view_row *row)
{
	return (proving_row(proving, row) != 0 || signals_wait(NULL));
}

/* After the last one, with what came of reading them; *records, or -1. */
static int
records_proved(int rc, struct proving *p, const char *todo, uint64_t *records,
    char *err, size_t errlen)
{
	if (rc == 0 && signals_wait(NULL))
		rc = text_why(err, errlen, "interrupted by a signal");
	if (rc == 0)
		rc = proving_holds(p, todo, records, err, errlen);
	proving_end(p);
	return (rc);
}

int
copy_failed(sqlite3 *db, const char *file, char *err, size_t errlen)
{
	return (text_why(
	    err, errlen, "cannot use %s: %s", file, sqlite3_errmsg(db)));
}

/* As a server has it at this moment; the length, or -1. */
static ssize_t
config_take(
    const char *data, unsigned char value[SLOTS_MOST], char *err, size_t errlen)
{
	char file[FILES_PATH];
	ssize_t len = -1;
	int fd;

	files_path(data, "config", file, sizeof(file));
	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) != -1)
		len = slots_read(fd, value);
	if (len == -1)
		text_why(
		    err, errlen, "cannot read %s: %s", file, strerror(errno));
	if (fd != -1)
		close(fd);
	return (len);
}

/* Marks the file as a copy, and puts the configuration beside the records. */
static int
copy_seal(const char *file, const unsigned char *value, size_t len, char *err,
    size_t errlen)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	int rc;

	rc = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db,
		    "PRAGMA synchronous = FULL;"
		    "PRAGMA application_id = " COPY_ID ";"
		    "CREATE TABLE copy (config BLOB NOT NULL)",
		    NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(
		    db, "INSERT INTO copy VALUES (?)", -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_blob(stmt, 1, value, (int)len, SQLITE_STATIC);
		rc = sqlite3_step(stmt) == SQLITE_DONE ? SQLITE_OK
						       : SQLITE_ERROR;
	}
	sqlite3_finalize(stmt);
	if (rc != SQLITE_OK)
		copy_failed(db, file, err, errlen);
	sqlite3_close(db);
	return (rc == SQLITE_OK ? 0 : -1);
}

/*
 * What is copied stands there twice for a while; a server whose disk is nearly
 * full refuses votes.
 */
static int
room_check(const char *data, const char *dir, char *err, size_t errlen)
{
	static const char *const names[] = {"ledger.db", "ledger.db-wal"};
	uint64_t needed = COPY_SPARE;
	char path[FILES_PATH];
	struct statvfs v;
	struct stat st;

	for (int i = 0; i < 2; i++) {
		files_path(data, names[i], path, sizeof(path));
		if (stat(path, &st) == 0)
			needed += 2 * (uint64_t)st.st_size;
	}
	if (statvfs(dir, &v) == -1 ||
	    (uint64_t)v.f_bavail * v.f_frsize >= needed)
		return (0);
	return (text_why(err, errlen,
	    "a copy needs %" PRIu64 " MB for a while, and %" PRIu64
	    " MB are free: name a file on another disk",
	    needed >> 20, (uint64_t)v.f_bavail * v.f_frsize >> 20));
}

/* Reads the copy in dir, and makes the file of it. */
static int
copy_write(struct view *v, const char *dir, const char *file, uint64_t *records,
    char *err, size_t errlen)
{
	unsigned char value[SLOTS_MOST];
	struct view_claim claim;
	struct proving *p;
	ssize_t len;

	if ((len = config_take(dir, value, err, errlen)) == -1 ||
	    view_claim(v, &claim, err, errlen) == -1)
		return (-1);
	p = proving_begin(&claim);
	if (records_proved(view_scan(v, row_prove, p, err, errlen), p,
		FILES_REJOIN, records, err, errlen) == -1 ||
	    view_export(v, file, signals_wait, err, errlen) == -1)
		return (-1);
	return (copy_seal(file, value, (size_t)len, err, errlen));
}

static int
copy_fill(const char *data, const char *dir, const char *file,
    uint64_t *records, char *err, size_t errlen)
{
	char whole[FILES_PATH];
	struct view *v;
	int rc;

	files_path(dir, "copy", whole, sizeof(whole));
	if (beside_copy(data, dir, err, errlen) == -1 ||
	    ledger_copy(data, dir, err, errlen) == -1 ||
	    (v = view_open(dir, data, FILES_REJOIN, err, errlen)) == NULL)
		return (-1);
	rc = copy_write(v, dir, whole, records, err, errlen);
	view_close(v);
	if (rc == 0 && files_publish(whole, file) == -1)
		rc = text_why(
		    err, errlen, "cannot make %s: %s", file, strerror(errno));
	return (rc);
}

/* In a directory beside the file, which is gone at the end. */
static int
copy_beside(const char *data, const char *dir, const char *file,
    uint64_t *records, char *err, size_t errlen)
{
	static const char *const names[] = {"incarnation", "config",
	    "ledger.db", "ledger.db-wal", "ledger.db-shm", "copy",
	    "copy-journal"};
	char path[FILES_PATH];
	int rc;

	if (mkdir(dir, 0700) == -1)
		return (text_why(
		    err, errlen, "cannot make %s: %s", dir, strerror(errno)));
	rc = room_check(data, dir, err, errlen);
	if (rc == 0)
		rc = copy_fill(data, dir, file, records, err, errlen);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		files_path(dir, names[i], path, sizeof(path));
		unlink(path);
	}
	rmdir(dir);
	return (rc);
}

int
copy_make(const char *data, const char *file, uint64_t *records, char *err,
    size_t errlen)
{
	char dir[FILES_PATH - 64];
	sigset_t was;
	int rc;

	if (access(file, F_OK) == 0)
		return (text_why(err, errlen,
		    "%s is there already: name another file", file));
	if (strlen(file) + 32 > sizeof(dir) || strlen(data) + 64 > FILES_PATH)
		return (text_why(err, errlen, "a path is too long"));
	snprintf(dir, sizeof(dir), "%s.%ld.part", file, (long)getpid());
	signals_hold(&was);
	rc = copy_beside(data, dir, file, records, err, errlen);
	sigprocmask(SIG_SETMASK, &was, NULL);
	return (rc);
}
