#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "change.h"
#include "common/seal.h"
#include "fault.h"
#include "scratch.h"
#include "server/store/aside.h"
#include "server/store/ledger.h"

#define SKIPPED 99 /* exit status of a child that may not do what it tries */

struct place_of_test {
	char dir[128];
	char db[160];
	char wal[170];
	char aside[160];
};

static int
setup(void **state)
{
	struct place_of_test *p = calloc(1, sizeof(*p));

	if (p == NULL || scratch_make(p->dir, sizeof(p->dir)) == NULL)
		return (-1);
	snprintf(p->db, sizeof(p->db), "%s/ledger.db", p->dir);
	snprintf(p->wal, sizeof(p->wal), "%s-wal", p->db);
	snprintf(p->aside, sizeof(p->aside), "%s/tail.txt", p->dir);
	fault_set(0, FAULT_ERROR);
	*state = p;
	return (0);
}

static int
teardown(void **state)
{
	struct place_of_test *p = *state;

	scratch_remove(p->dir);
	free(p);
	return (0);
}

/* Every third record has a private part. */
static struct record *
make(uint64_t seq)
{
	char name[] = "an election of some length", choice[32];
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT,
	    .seq = seq,
	    .epoch = 1 + seq / 100,
	    .time = 1000 + seq,
	    .op.kind = EVOTE_OP_CLOSE,
	    .op.evote_op_u.election = name};
	union opening opening = {
	    .vote = {.domain = choice, .election = name, .choice = choice}};

	snprintf(choice, sizeof(choice), "%llu", (unsigned long long)seq);
	if (seq % 3 != 0)
		return (record_make(&leaf, NULL));
	leaf.op.kind = EVOTE_OP_VOTE;
	leaf.op.evote_op_u.vote =
	    (evote_vote_op){.asker.voter = name, .ballot.election = name};
	return (record_make(&leaf, &opening));
}

static int
append(struct ledger *l, uint64_t from, uint32_t n, uint64_t accepted)
{
	struct record **recs = calloc(n + 1, sizeof(*recs));
	int rc;

	for (uint32_t i = 0; i < n; i++)
		recs[i] = make(from + i);
	rc = ledger_append(l, recs, n, accepted);
	for (uint32_t i = 0; i < n; i++)
		record_drop(recs[i]);
	free(recs);
	return (rc);
}

static int
is_same_leaf(const struct record *a, const struct record *b)
{
	return (a->seq == b->seq && a->epoch == b->epoch &&
	    a->time == b->time && a->leaf_len == b->leaf_len &&
	    memcmp(a->hash, b->hash, sizeof(a->hash)) == 0 &&
	    memcmp(record_leaf(a), record_leaf(b), a->leaf_len) == 0);
}

static int
is_same_opening(const struct record *a, const struct record *b)
{
	return (a->opening_len == b->opening_len &&
	    memcmp(record_opening(a), record_opening(b), a->opening_len) == 0);
}

enum { DAMAGED = -1, WRONG_LEAF = -2, WRONG_OPENING = -3 };

struct walk {
	uint64_t seen;
	uint64_t stop_at; /* 0: nowhere */
	int wrong;	  /* 0, or as above */
};

static int
walk_on(void *arg, struct record *r)
{
	struct walk *w = arg;
	struct record *want = make(w->seen);

	if (!is_same_opening(r, want))
		w->wrong = WRONG_OPENING;
	if (!is_same_leaf(r, want))
		w->wrong = WRONG_LEAF;
	w->seen++;
	record_drop(want);
	record_drop(r);
	return (w->seen == w->stop_at);
}

/* How many records there are, all of them right, or what is wrong. */
static int64_t
count(struct ledger *l, uint64_t *accepted)
{
	struct walk w = {0};

	if (ledger_read_all(l, accepted, walk_on, &w) == -1)
		return (DAMAGED);
	return (w.wrong != 0 ? w.wrong : (int64_t)w.seen);
}

static int64_t
count_file(const char *path, uint64_t *accepted)
{
	struct ledger *l = ledger_open(path, 0);
	int64_t n = l != NULL ? count(l, accepted) : DAMAGED;

	ledger_close(l);
	return (n);
}

static void
file_make(const char *path, uint32_t n)
{
	struct ledger *l = ledger_open(path, 1);

	assert_non_null(l);
	assert_int_equal(append(l, 0, n, n), 0);
	ledger_close(l);
}

/* ---- the promise ---- */

static void
kept_and_read(void **state)
{
	struct place_of_test *p = *state;
	struct walk w = {.stop_at = 5};
	uint64_t accepted = 99;
	struct ledger *l;

	assert_null(ledger_open(p->db, 0));
	l = ledger_open(p->db, 1);
	assert_non_null(l);
	assert_int_equal(count(l, &accepted), 0);
	assert_int_equal(accepted, 0);
	assert_int_equal(append(l, 0, 1, 0), 0);
	assert_int_equal(append(l, 1, 100, 42), 0);
	assert_int_equal(append(l, 101, 0, 43), 0);
	assert_int_equal(count(l, &accepted), 101);
	assert_int_equal(accepted, 43);
	assert_int_equal(ledger_read_all(l, &accepted, walk_on, &w), -1);
	assert_int_equal(w.seen, 5);
	ledger_close(l);
	ledger_close(NULL);

	l = ledger_open(p->db, 1);
	assert_non_null(l);
	assert_int_equal(count(l, &accepted), 101);
	/* One that is not far behind stays. */
	assert_int_equal(append(l, 101, 9, 110), 0);
	assert_int_equal(count(l, &accepted), 110);
	assert_int_equal(accepted, 43);
	/* What is accepted can be ahead of what is here. */
	assert_int_equal(append(l, 110, 190, 1000), 0);
	ledger_close(l);
	assert_int_equal(count_file(p->db, &accepted), 300);
	assert_int_equal(accepted, 300);
}

/* One of an older version says nothing, and is the first one's who asks. */
static void
a_ledger_belongs_to_one_key(void **state)
{
	struct place_of_test *p = *state;
	unsigned char mine[32] = {1}, other[32] = {2};
	uint64_t accepted;
	struct ledger *l;

	file_make(p->db, 50);
	l = ledger_open(p->db, 0);
	assert_int_equal(ledger_belongs(l, mine), 0);
	assert_int_equal(ledger_belongs(l, other), -1);
	ledger_close(l);
	l = ledger_open(p->db, 0);
	assert_int_equal(ledger_belongs(l, other), -1);
	assert_int_equal(ledger_belongs(l, mine), 0);
	assert_int_equal(append(l, 50, 1, 0), 0);
	ledger_close(l);
	assert_int_equal(count_file(p->db, &accepted), 51);
}

static void
a_range(void **state)
{
	struct place_of_test *p = *state;
	struct record *r[64];
	struct ledger *l;
	int n;

	file_make(p->db, 50);
	l = ledger_open(p->db, 0);
	assert_int_equal(ledger_read(l, 10, 5, SIZE_MAX, r), 5);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(r[i]->seq, 10 + i);
		record_drop(r[i]);
	}
	assert_int_equal(ledger_read(l, 48, 64, SIZE_MAX, r), 2);
	record_drop(r[0]);
	record_drop(r[1]);
	assert_int_equal(ledger_read(l, 50, 64, SIZE_MAX, r), 0);
	assert_int_equal(ledger_read(l, 3, 64, 1, r), 1);
	record_drop(r[0]);
	n = ledger_read(l, 0, 64, 1000, r);
	assert_in_range(n, 2, 20);
	while (n > 0)
		record_drop(r[--n]);
	ledger_close(l);
}

static void
every_append_is_synced(void **state)
{
	struct place_of_test *p = *state;
	struct ledger *l = ledger_open(p->db, 1);

	for (uint64_t seq = 0; seq < 20; seq++) {
		fault_set(0, FAULT_ERROR);
		assert_int_equal(append(l, seq, 1, seq), 0);
		assert_true(fault_seen >= 1);
	}
	ledger_close(l);
}

/* Fails the first sync, the second, ... and so on until none is hit. */
static void
a_failed_sync_is_told(void **state)
{
	struct place_of_test *p = *state;
	struct ledger *l;
	uint64_t accepted;
	int at, rc = -1;

	for (at = 1; at < 20 && rc == -1; at++) {
		unlink(p->db);
		unlink(p->wal);
		l = ledger_open(p->db, 1);
		assert_int_equal(append(l, 0, 10, 0), 0);
		fault_set(at, FAULT_ERROR);
		rc = append(l, 10, 10, 10);
		if (rc == 0)
			rc = aside_truncate(l, 15, p->aside);
		if (rc == 0)
			rc = append(l, 15, 2000, 0);
		if (rc == 0)
			rc = ledger_checkpoint(l, 1);
		assert_int_equal(rc, fault_seen >= at ? -1 : 0);
		fault_set(0, FAULT_ERROR);
		ledger_close(l);
		unlink(p->aside);
		/* Whole or not at all. */
		accepted = (uint64_t)count_file(p->db, &accepted);
		assert_true(accepted == 10 || accepted == 20 ||
		    accepted == 15 || accepted == 2015);
	}
	assert_int_equal(rc, 0);
	assert_true(at >= 5);
}

/* ---- killed ---- */

static _Noreturn void
append_until_killed(const char *path, uint64_t size, int to)
{
	struct ledger *l = ledger_open(path, 0);

	for (uint32_t n = 1; l != NULL; n = 1 + (n * 7) % 23) {
		if (append(l, size, n, size) == -1)
			break;
		size += n;
		if (write(to, &size, sizeof(size)) != sizeof(size))
			break;
		if (ledger_checkpoint(l, 50) == -1)
			break;
	}
	_exit(1);
}

static uint64_t
run_and_kill(const char *path, uint64_t size, long us)
{
	struct timespec wait = {0, us * 1000};
	int fd[2], status;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0)
		append_until_killed(path, size, fd[1]);
	close(fd[1]);
	nanosleep(&wait, NULL);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(fd[0], &size, sizeof(size)) == sizeof(size))
		;
	close(fd[0]);
	return (size);
}

static void
acknowledged_survives_kill(void **state)
{
	struct place_of_test *p = *state;
	uint64_t acked, size = 0, accepted, gained = 0;

	file_make(p->db, 0);
	for (int i = 0; i < 20; i++) {
		acked = run_and_kill(p->db, size, 15000 + i * 1777);
		gained += acked - size;
		size = (uint64_t)count_file(p->db, &accepted);
		assert_true(size >= acked);
		assert_true(size <= acked + 23);
		assert_true(accepted <= size);
	}
	assert_true(gained > 20);
}

/* ---- no room ---- */

/*
 * Fills the disk; 0 when what was acknowledged is all there afterwards.  That
 * the WAL cannot be moved is no failure when only room is lacking.
 */
static int
fill(const char *path, int by_limit)
{
	struct ledger *l = ledger_open(path, 1);
	uint64_t size = 0, accepted = 0;
	int64_t found;

	if (l == NULL)
		return (1);
	while (append(l, size, 50, size) == 0) {
		size += 50;
		if (ledger_checkpoint(l, 20) == -1) {
			if (!by_limit)
				return (5);
			break;
		}
		if (size > 100000)
			return (2);
	}
	found = count(l, &accepted);
	ledger_close(l);
	if (size == 0 || found != (int64_t)size)
		return (3);
	return (count_file(path, &accepted) == found ? 0 : 4);
}

static int
child_fills(const char *dir, int by_limit)
{
	struct rlimit limit = {300000, 300000};
	char path[160];

	if (by_limit) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
	} else if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=1m") == -1) {
		return (SKIPPED);
	}
	snprintf(path, sizeof(path), "%s/ledger.db", dir);
	return (fill(path, by_limit));
}

static void
full(const char *dir, int by_limit)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(child_fills(dir, by_limit));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
file_cannot_grow(void **state)
{
	full(((struct place_of_test *)*state)->dir, 1);
}

static void
disk_is_full(void **state)
{
	full(((struct place_of_test *)*state)->dir, 0);
}

/* ---- cutting ---- */

static void
assert_line(FILE *f, uint64_t seq)
{
	static char line[8192], leaf[4096], opening[4096];
	struct record *r = make(seq);
	unsigned long long got;
	char hex[4096];

	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(
	    sscanf(line, "%llu %4095s %4095s", &got, leaf, opening), 3);
	assert_int_equal(got, seq);
	seal_hex(hex, record_leaf(r), r->leaf_len);
	assert_string_equal(leaf, hex);
	seal_hex(hex, record_opening(r), r->opening_len);
	assert_string_equal(opening, r->opening_len > 0 ? hex : "-");
	record_drop(r);
}

static void
the_tail_is_set_aside(void **state)
{
	struct place_of_test *p = *state;
	uint64_t accepted;
	struct ledger *l;
	struct stat st;
	FILE *f;

	file_make(p->db, 30);
	l = ledger_open(p->db, 0);
	assert_int_equal(aside_truncate(l, 30, p->aside), 0);
	assert_int_equal(access(p->aside, F_OK), -1);
	assert_int_equal(append(l, 30, 0, 29), 0);
	fault_set(0, FAULT_ERROR);
	assert_int_equal(aside_truncate(l, 20, p->aside), 0);
	/* The file, its directory, the ledger. */
	assert_int_equal(fault_seen, 3);
	assert_int_equal(count(l, &accepted), 20);
	assert_int_equal(accepted, 20);
	/* Somebody's evidence is not written over. */
	assert_int_equal(aside_truncate(l, 19, p->aside), -1);
	assert_int_equal(append(l, 20, 5, 20), 0);
	assert_int_equal(append(l, 25, 0, 21), 0);
	ledger_close(l);
	assert_int_equal(count_file(p->db, &accepted), 25);
	assert_int_equal(accepted, 21);

	f = fopen(p->aside, "r");
	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	for (uint64_t seq = 20; seq < 30; seq++)
		assert_line(f, seq);
	assert_int_equal(fgetc(f), EOF);
	fclose(f);
}

/* ---- the WAL ---- */

static off_t
size_of(const char *path)
{
	struct stat st;

	return (stat(path, &st) == 0 ? st.st_size : -1);
}

static void
wal_moves_when_asked(void **state)
{
	struct place_of_test *p = *state;
	struct ledger *l = ledger_open(p->db, 1);
	off_t db, wal;
	uint64_t seq = 0;

	assert_int_equal(append(l, seq, 2000, 0), 0);
	seq += 2000;
	db = size_of(p->db);
	wal = size_of(p->wal);
	assert_true(wal > 100000);
	assert_int_equal(ledger_checkpoint(l, 1000), 0);
	assert_int_equal(size_of(p->db), db);
	assert_int_equal(ledger_checkpoint(l, 20), 0);
	assert_true(size_of(p->db) > 100000);
	/* From now on its space is used again. */
	for (int i = 0; i < 10; i++, seq += 2000) {
		assert_int_equal(append(l, seq, 2000, 0), 0);
		assert_int_equal(ledger_checkpoint(l, 20), 0);
	}
	assert_true(size_of(p->wal) < 2 * wal);
	ledger_close(l);
}

/* ---- damage ---- */

/*
 * No changed byte of a leaf is believed.  That an opening fits its leaf is not
 * the ledger's to check.
 */
static void
a_changed_byte_is_found_or_harmless(void **state)
{
	struct place_of_test *p = *state;
	uint64_t accepted;
	int64_t n;
	int found = 0;

	file_make(p->db, 150);
	for (off_t at = 0; scratch_flip(p->db, at, 0x10) == 0; at += 61) {
		n = count_file(p->db, &accepted);
		assert_true(n == DAMAGED || n == WRONG_OPENING || n == 150);
		if (n == DAMAGED)
			found++;
		unlink(p->wal);
		assert_int_equal(scratch_flip(p->db, at, 0x10), 0);
	}
	assert_true(found > 300);
	assert_int_equal(count_file(p->db, &accepted), 150);
}

static void
damage_has_many_forms(void **state)
{
	static const char *const forms[] = {
	    "DELETE FROM record WHERE seq = 5",
	    "DELETE FROM record WHERE seq = 0",
	    "DELETE FROM record WHERE seq = 9",
	    "UPDATE record SET seq = 99 WHERE seq = 9",
	    /* Another record, whole in itself. */
	    ("REPLACE INTO record SELECT 5, leaf, opening, hash FROM record"
	     " WHERE seq = 4"),
	    "UPDATE record SET hash = zeroblob(32) WHERE seq = 5",
	    "UPDATE record SET hash = x'00' WHERE seq = 5",
	    "UPDATE record SET hash = '' WHERE seq = 5",
	    "UPDATE record SET leaf = '' WHERE seq = 5",
	    "UPDATE record SET leaf = zeroblob(100) WHERE seq = 5",
	    "UPDATE record SET opening = x'0000' WHERE seq = 5",
	    "DELETE FROM state",
	    "UPDATE state SET accepted = 11",
	    "PRAGMA user_version = 1",
	    "PRAGMA application_id = 7",
	    "DROP TABLE record",
	    ("CREATE TRIGGER mine AFTER INSERT ON record BEGIN"
	     " DELETE FROM record WHERE seq = new.seq; END"),
	    "CREATE VIEW mine AS SELECT * FROM record",
	};
	struct place_of_test *p = *state;
	uint64_t accepted;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		unlink(p->db);
		file_make(p->db, 10);
		change(p->db, "UPDATE state SET accepted = 10");
		assert_int_equal(count_file(p->db, &accepted), 10);
		change(p->db, forms[i]);
		assert_int_equal(count_file(p->db, &accepted), DAMAGED);
	}
}

static void
other_files_are_left_alone(void **state)
{
	struct place_of_test *p = *state;
	off_t size;

	change(p->db, "CREATE TABLE mine (x)");
	size = size_of(p->db);
	assert_null(ledger_open(p->db, 1));
	assert_null(ledger_open(p->db, 0));
	assert_int_equal(size_of(p->db), size);
	change(p->db, "PRAGMA journal_mode = DELETE; DROP TABLE mine");
}

static void
one_at_a_time(void **state)
{
	struct place_of_test *p = *state;
	struct ledger *l;
	int status;
	pid_t pid;

	file_make(p->db, 3);
	l = ledger_open(p->db, 0);
	pid = fork();
	if (pid == 0)
		_exit(ledger_open(p->db, 0) == NULL ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	ledger_close(l);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void
flip(const char *file, long at)
{
	FILE *f = fopen(file, "r+");
	int byte;

	assert_non_null(f);
	fseek(f, at, SEEK_SET);
	byte = fgetc(f);
	fseek(f, at, SEEK_SET);
	fputc(byte ^ 1, f);
	fclose(f);
}

static void
garble(const char *file, long at, size_t n)
{
	FILE *f = fopen(file, "r+");

	assert_non_null(f);
	fseek(f, at, SEEK_SET);
	while (n-- > 0)
		assert_int_equal(fputc(0xa5, f), 0xa5);
	fclose(f);
}

/* A ledger of 40 records, all of them in its log, as after a kill -9. */
static long
killed_with_a_log(struct place_of_test *p)
{
	struct ledger *l = ledger_open(p->db, 1);
	char kept[200], back[800];
	struct stat st;

	assert_non_null(l);
	for (uint64_t i = 0; i < 40; i++)
		assert_int_equal(append(l, i, 1, i), 0);
	snprintf(kept, sizeof(kept), "%s/kept", p->dir);
	snprintf(back, sizeof(back), "mkdir %s && cp %s %s %s", kept, p->db,
	    p->wal, kept);
	assert_int_equal(system(back), 0);
	ledger_close(l);
	snprintf(p->db, sizeof(p->db), "%.120s/ledger.db", kept);
	snprintf(p->wal, sizeof(p->wal), "%.140s-wal", p->db);
	assert_int_equal(stat(p->wal, &st), 0);
	return (st.st_size);
}

/* What is wrong before the end is never cut off: rule 15. */
static void
damage_in_the_wal(void **state)
{
	struct place_of_test *p = *state;
	long size = killed_with_a_log(p), frame = 24 + 4096;
	struct ledger *l;

	/* A page, a checksum, a salt: all in the middle. */
	for (int where = 0; where < 3; where++) {
		long at =
		    32 + size / frame / 2 * frame + (long[]){500, 20, 8}[where];

		flip(p->wal, at);
		assert_null(ledger_open(p->db, 0));
		flip(p->wal, at);
	}
	/* Its header: the magic number, the size of pages, a salt, the sum. */
	for (int where = 0; where < 4; where++) {
		long at = (long[]){1, 10, 17, 28}[where];

		flip(p->wal, at);
		assert_null(ledger_open(p->db, 0));
		flip(p->wal, at);
	}
	/* The last transaction is an end that was torn. */
	flip(p->wal, size - 100);
	l = ledger_open(p->db, 0);
	assert_non_null(l);
	assert_int_equal(ledger_size(l), 39);
	ledger_close(l);
}

/* Else a sync that failed before would count as one that did not. */
static void
the_wal_is_written_again(void **state)
{
	struct place_of_test *p = *state;
	const struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
	long size = killed_with_a_log(p);
	struct ledger *l;
	struct stat st;

	assert_int_equal(utimensat(AT_FDCWD, p->wal, old, 0), 0);
	assert_non_null(l = ledger_open(p->db, 0));
	assert_int_equal(stat(p->wal, &st), 0);
	assert_int_equal(st.st_size, size);
	assert_true(st.st_mtime > old[1].tv_sec);
	assert_int_equal(ledger_size(l), 40);
	ledger_close(l);
}

/* Blocks and sectors, wherever frames begin and end. */
static void
blocks_lost_in_the_wal(void **state)
{
	struct place_of_test *p = *state;
	long size = killed_with_a_log(p);

	/* Of the last ones too little is left to tell them from a torn end. */
	for (long at = 0; at + 32768 < size; at += 4096) {
		char whole[500];

		snprintf(
		    whole, sizeof(whole), "cp %s %s.whole", p->wal, p->wal);
		assert_int_equal(system(whole), 0);
		garble(p->wal, at, at % 8192 == 0 ? 4096 : 512);
		assert_null(ledger_open(p->db, 0));
		snprintf(
		    whole, sizeof(whole), "mv %s.whole %s", p->wal, p->wal);
		assert_int_equal(system(whole), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(kept_and_read),
	    TEST(a_ledger_belongs_to_one_key),
	    TEST(a_range),
	    TEST(every_append_is_synced),
	    TEST(a_failed_sync_is_told),
	    TEST(acknowledged_survives_kill),
	    TEST(file_cannot_grow),
	    TEST(disk_is_full),
	    TEST(the_tail_is_set_aside),
	    TEST(wal_moves_when_asked),
	    TEST(a_changed_byte_is_found_or_harmless),
	    TEST(damage_has_many_forms),
	    TEST(damage_in_the_wal),
	    TEST(blocks_lost_in_the_wal),
	    TEST(the_wal_is_written_again),
	    TEST(other_files_are_left_alone),
	    TEST(one_at_a_time),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
