/*
 * A data directory, or a copy of one, as an auditor or an importer gets it from
 * somebody.  Its first byte says which; of a directory the lengths of ledger.db
 * and of its log follow (two bytes each), then both, and the value in config.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "server/audit.h"
#include "server/conf.h"
#include "server/store/copy.h"
#include "server/store/ledger_impl.h"
#include "server/store/slots.h"
#include "wal.h"

#define COPY 1 /* else a directory */
#define JSON 2 /* what the audit prints */
#define TORN 4 /* the value begins with what stands at the head of a slot */

#define SLOT_HEAD 12 /* its number and its value's length, see slots.h */

static char top[64]; /* where all of it is */
static FILE *nowhere;

/* ---- files ---- */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return (remove(path));
}

static void
tree_remove(const char *path)
{
	(void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
top_remove(void)
{
	tree_remove(top);
}

static const char *
path_of(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", top, name);
	return (path);
}

static int
is_there(const char *name)
{
	char path[128];

	return (access(path_of(name, path), F_OK) == 0);
}

/* One without bytes is not there. */
static void
file_put(const char *name, const void *data, size_t len)
{
	char path[128];
	int fd;

	unlink(path_of(name, path));
	if (len == 0)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert(fd != -1 && write(fd, data, len) == (ssize_t)len);
	close(fd);
}

static void
dir_make(const char *name)
{
	char path[128];

	assert(mkdir(path_of(name, path), 0700) == 0);
}

/* Best in memory: files are made and synced all the time. */
static void
top_make(void)
{
	const char *dir = getenv("TMPDIR");

	log_open("fuzz", (enum log_level)(LOG_L_ALARM + 1));
	nowhere = fopen("/dev/null", "we");
	snprintf(top, sizeof(top), "%.40s/fuzz.XXXXXX",
	    dir == NULL ? "/dev/shm" : dir);
	assert(nowhere != NULL && mkdtemp(top) != NULL);
	atexit(top_remove);
	dir_make("data");
	file_put("data/incarnation", "01010101010101010101010101010101\n", 33);
	file_put("key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 45);
}

/* ---- SQLite ---- */

/*
 * A blob of just its length, so that more of it is not there to be read, as it
 * would be in SQLite's page; a row has three, and they last that long.
 */
const void *__real_sqlite3_column_blob(sqlite3_stmt *, int);
const void *__wrap_sqlite3_column_blob(sqlite3_stmt *, int);
const void *
__wrap_sqlite3_column_blob(sqlite3_stmt *stmt, int column)
{
	static void *blobs[3];
	static int next;
	const void *page = __real_sqlite3_column_blob(stmt, column);
	size_t len = (size_t)sqlite3_column_bytes(stmt, column);
	void *blob;

	if (page == NULL)
		return (NULL);
	blob = malloc(len);
	assert(blob != NULL);
	memcpy(blob, page, len);
	free(blobs[next]);
	blobs[next] = blob;
	next = (next + 1) % 3;
	return (blob);
}

/* ---- a copy ---- */

static int
count(void *arg, struct record *r)
{
	++*(uint64_t *)arg;
	record_drop(r);
	return (0);
}

/* As a server starts; how many records it reads, or -1: it does not. */
static int64_t
start(void)
{
	char path[128];
	uint64_t accepted, n = 0;
	struct ledger *l = ledger_open(path_of("back/ledger.db", path), 0);
	int rc = l == NULL ? -1 : ledger_read_all(l, &accepted, count, &n);

	ledger_close(l);
	return (rc == -1 ? -1 : (int64_t)n);
}

/* 0 with what it says to have; -1: it was refused, and no server starts. */
static int
import(uint64_t *records)
{
	char copy[128], back[128], key[128], err[1024] = "";
	int marked, rc;

	rc = copy_restore(path_of("copy", copy), path_of("back", back),
	    path_of("key", key), records, &marked, err, sizeof(err));

	assert(rc == 0 || strlen(err) > 0);
	assert(is_there("back/incarnation") == (rc == 0));
	return (rc);
}

static void
copy(const uint8_t *data, size_t len)
{
	uint64_t records;
	char path[128];

	file_put("copy", data, len);
	if (import(&records) == 0)
		(void)start();
	tree_remove(path_of("back", path));
}

/* ---- a directory ---- */

/* The next part, by its length, or what there is. */
static size_t
part(const uint8_t **data, size_t *len, size_t wanted, const uint8_t **at)
{
	size_t n = wanted < *len ? wanted : *len;

	*at = *data;
	*data += n;
	*len -= n;
	return (n);
}

static void
config_put(const uint8_t *value, size_t len, int torn)
{
	static unsigned char file[SLOTS_BYTES];
	size_t head = torn && len >= SLOT_HEAD ? SLOT_HEAD : 0;

	slots_new(file, value + head,
	    len - head < SLOTS_MOST ? len - head : SLOTS_MOST);
	memcpy(file, value, head);
	file_put("data/config", file, sizeof(file));
}

static void
directory_put(const uint8_t *data, size_t len, int torn)
{
	static const uint8_t none[4];
	const uint8_t *head, *at;
	uint8_t *wal;
	size_t n;

	if (part(&data, &len, 4, &head) < 4)
		head = none;
	n = part(&data, &len, (size_t)head[0] << 8 | head[1], &at);
	file_put("data/ledger.db", at, n);
	n = part(&data, &len, (size_t)head[2] << 8 | head[3], &at);
	wal = (uint8_t *)fuzz_text(at, n);
	wal_mend(wal, n);
	file_put("data/ledger.db-wal", wal, n);
	free(wal);
	config_put(data, len, torn);
}

static void
audit(int json)
{
	FILE *out = stdout, *err = stderr;
	char path[128];
	struct conf conf = {
	    .command = CONF_AUDIT,
	    .data = (char *)path_of("data", path),
	    .json = json,
	};

	stdout = stderr = nowhere;
	(void)audit_run(&conf);
	stdout = out;
	stderr = err;
}

/* What an export takes for whole comes back as it was. */
static void export(void)
{
	char data[128], file[128], back[128], err[1024] = "";
	uint64_t records, again;
	int rc;

	unlink(path_of("copy", file));
	rc = copy_make(path_of("data", data), file, &records, err, sizeof(err));
	assert(rc == 0 || strlen(err) > 0);
	assert(is_there("copy") == (rc == 0));
	if (rc == 0 && import(&again) == 0)
		assert(again == records && start() == (int64_t)records);
	tree_remove(path_of("back", back));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (top[0] == '\0')
		top_make();
	if (len == 0)
		return (0);
	if (data[0] & COPY) {
		copy(data + 1, len - 1);
		return (0);
	}
	directory_put(data + 1, len - 1, data[0] & TORN);
	audit(data[0] & JSON);
	export();
	return (0);
}
