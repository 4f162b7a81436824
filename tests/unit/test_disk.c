#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "fault.h"
#include "scratch.h"
#include "server/store/datadir.h"
#include "server/store/files.h"
#include "server/store/disk.h"
#include "server/store/ledger.h"

#define EXIT_DISK 3
#define WAIT_MS	  5000

struct place_of_test {
	char base[128];
	char dir[160];
	char db[192];
	struct datadir data;
};

static int
setup(void **state)
{
	struct place_of_test *p = calloc(1, sizeof(*p));
	char err[512];

	if (p == NULL || scratch_make(p->base, sizeof(p->base)) == NULL)
		return (-1);
	snprintf(p->dir, sizeof(p->dir), "%s/data", p->base);
	files_path(p->dir, "ledger.db", p->db, sizeof(p->db));
	fault_set(0, FAULT_ERROR);
	*state = p;
	return (datadir_init(p->dir, NULL, err, sizeof(err)));
}

static int
teardown(void **state)
{
	struct place_of_test *p = *state;

	scratch_remove(p->base);
	free(p);
	return (0);
}

static struct disk *
start(struct place_of_test *p)
{
	char err[512];
	struct ledger *l;
	struct disk *d;

	assert_int_equal(
	    datadir_open(&p->data, p->dir, NULL, err, sizeof(err)), 0);
	l = ledger_open(p->db, 0);
	assert_non_null(l);
	d = disk_start(l, &p->data);
	assert_non_null(d);
	return (d);
}

static void
stop(struct place_of_test *p, struct disk *d)
{
	disk_stop(d);
	datadir_close(&p->data);
}

static struct record *
make(uint64_t seq)
{
	char name[201];
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT,
	    .seq = seq,
	    .op.kind = EVOTE_OP_CLOSE,
	    .op.evote_op_u.election = name};

	memset(name, 'e', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	return (record_make(&leaf, NULL));
}

/* The caller's own references are dropped at once, as the header allows. */
static uint64_t
store(struct disk *d, uint64_t from, uint32_t n)
{
	struct record **recs = calloc(n, sizeof(*recs));
	uint64_t job;

	for (uint32_t i = 0; i < n; i++)
		recs[i] = make(from + i);
	job = disk_store(d, recs, n, from);
	for (uint32_t i = 0; i < n; i++)
		record_drop(recs[i]);
	free(recs);
	return (job);
}

static int
is_readable(struct disk *d, int ms)
{
	struct pollfd p = {.fd = disk_fd(d), .events = POLLIN};

	return (poll(&p, 1, ms) == 1);
}

/* The next report, which must come. */
static void
next(struct disk *d, struct disk_done *done)
{
	do
		assert_true(is_readable(d, WAIT_MS));
	while (disk_next(d, done) == 0);
}

static void
assert_done(struct disk *d, uint64_t job, enum disk_kind kind)
{
	struct disk_done done;

	next(d, &done);
	assert_int_equal(done.job, job);
	assert_int_equal(done.kind, kind);
	assert_int_equal(done.n, 0);
	assert_null(done.records);
}

static int
record_count(void *arg, struct record *r)
{
	(*(int *)arg)++;
	record_drop(r);
	return (0);
}

/* Of a child that has to end by itself. */
static int
exit_status(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

/* A directory as it was at the beginning. */
static void
begin_anew(struct place_of_test *p)
{
	char err[512];

	scratch_remove(p->dir);
	assert_int_equal(datadir_init(p->dir, NULL, err, sizeof(err)), 0);
}

/* How many records the ledger has; *accepted: how many it says are accepted. */
static int
ledger_count(const struct place_of_test *p, uint64_t *accepted)
{
	struct ledger *l = ledger_open(p->db, 0);
	int n = 0;

	assert_non_null(l);
	assert_int_equal(ledger_read_all(l, accepted, record_count, &n), 0);
	ledger_close(l);
	return (n);
}

static int
count(const struct place_of_test *p)
{
	uint64_t accepted;

	return (ledger_count(p, &accepted));
}

/* ---- the promise ---- */

static void
in_the_order_given(void **state)
{
	struct place_of_test *p = *state;
	struct disk *d = start(p);
	struct disk_done done;
	evote_config k = {.epoch = 9};

	assert_false(is_readable(d, 0));
	assert_int_equal(disk_next(d, &done), 0);
	assert_int_equal(store(d, 1, 10), 1);
	assert_int_equal(store(d, 11, 1), 2);
	assert_int_equal(disk_save(d, &k), 3);
	assert_int_equal(disk_load(d, 5, 3), 4);
	assert_int_equal(disk_truncate(d, 6), 5);
	assert_int_equal(disk_load(d, 0, 100), 6);
	assert_int_equal(store(d, 6, 2), 7);

	assert_done(d, 1, DISK_STORE);
	assert_done(d, 2, DISK_STORE);
	assert_done(d, 3, DISK_SAVE);
	next(d, &done);
	assert_int_equal(done.job, 4);
	assert_int_equal(done.kind, DISK_LOAD);
	assert_int_equal(done.from, 5);
	assert_int_equal(done.n, 3);
	for (uint32_t i = 0; i < done.n; i++) {
		assert_int_equal(done.records[i]->seq, 5 + i);
		record_drop(done.records[i]);
	}
	free(done.records);
	assert_done(d, 5, DISK_TRUNCATE);
	next(d, &done);
	assert_int_equal(done.job, 6);
	assert_int_equal(done.n, 6);
	for (uint32_t i = 0; i < done.n; i++)
		record_drop(done.records[i]);
	free(done.records);
	assert_done(d, 7, DISK_STORE);
	assert_int_equal(disk_next(d, &done), 0);
	assert_false(is_readable(d, 0));
	stop(p, d);
	assert_int_equal(count(p), 8);
}

static void
nothing_is_dropped_at_the_end(void **state)
{
	struct place_of_test *p = *state;
	struct disk *d = start(p);

	for (uint64_t seq = 1; seq <= 50; seq++)
		store(d, seq, 1);
	/* Reports that nobody takes are freed, their records too. */
	disk_load(d, 0, 10);
	stop(p, d);
	disk_stop(NULL);
	assert_int_equal(count(p), 51);
}

static void
what_is_reported_is_there(void **state)
{
	struct place_of_test *p = *state;
	struct disk_done done;
	struct disk *d;
	int status, to[2];
	uint64_t stored = 0, size = 0;
	pid_t pid;

	assert_int_equal(pipe(to), 0);
	pid = fork();
	if (pid == 0) {
		d = start(p);
		for (uint64_t seq = 1; seq < 10000; seq++) {
			store(d, seq, 1);
			next(d, &done);
			stored = seq + 1;
			if (write(to[1], &stored, sizeof(stored)) < 0)
				_exit(1);
		}
		_exit(0);
	}
	close(to[1]);
	assert_int_equal(read(to[0], &size, sizeof(size)), sizeof(size));
	nanosleep(&(struct timespec){0, 100000000}, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	while (read(to[0], &stored, sizeof(stored)) == sizeof(stored))
		size = stored;
	close(to[0]);
	assert_true(size > 1);
	assert_in_range(count(p), size, size + 1);
}

static void
config_is_copied(void **state)
{
	struct place_of_test *p = *state;
	struct disk *d = start(p);
	char name[] = "alpha", address[] = "a", err[512];
	evote_member m = {.name = name};
	evote_listed host = {.name = name, .address = address};
	evote_config k = {.epoch = 5, .in_sync = {1, &m}, .hosts = {1, &host}};
	struct datadir dir;

	disk_save(d, &k);
	memset(name, 'x', 5);
	k.epoch = 6;
	stop(p, d);
	assert_int_equal(datadir_open(&dir, p->dir, NULL, err, sizeof(err)), 0);
	assert_int_equal(dir.config.epoch, 5);
	assert_string_equal(dir.config.in_sync.in_sync_val[0].name, "alpha");
	assert_string_equal(dir.config.hosts.hosts_val[0].name, "alpha");
	datadir_close(&dir);
}

static void
the_tail_gets_a_name(void **state)
{
	struct place_of_test *p = *state;
	struct disk *d = start(p);
	unsigned long long size = 0, us = 0, now;
	char aside[256], file[600];
	struct dirent *e;
	struct stat st;
	DIR *dir;
	int files = 0;

	store(d, 1, 9);
	disk_truncate(d, 4);
	stop(p, d);
	files_path(p->dir, "aside", aside, sizeof(aside));
	dir = opendir(aside);
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		files++;
		assert_int_equal(
		    sscanf(e->d_name, "%llu-%llu.txt", &size, &us), 2);
		snprintf(file, sizeof(file), "%s/%s", aside, e->d_name);
		assert_int_equal(stat(file, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	closedir(dir);
	now = (unsigned long long)time(NULL) * 1000000;
	assert_int_equal(files, 1);
	assert_int_equal(size, 4);
	assert_in_range(us, now - 60000000, now + 60000000);
	assert_int_equal(count(p), 4);
}

static void
one_load_has_a_limit(void **state)
{
	struct place_of_test *p = *state;
	struct disk *d = start(p);
	struct disk_done done;

	store(d, 1, 4096);
	store(d, 4097, 4096);
	disk_load(d, 0, 8000);
	disk_load(d, 8193, 10);
	assert_done(d, 1, DISK_STORE);
	assert_done(d, 2, DISK_STORE);
	next(d, &done);
	assert_in_range(done.n, 1000, 6000);
	for (uint32_t i = 0; i < done.n; i++)
		record_drop(done.records[i]);
	free(done.records);
	next(d, &done);
	assert_int_equal(done.n, 0);
	free(done.records);
	stop(p, d);
}

static void
the_wal_moves_when_idle(void **state)
{
	struct place_of_test *p = *state;
	struct disk *d = start(p);
	struct stat st = {0};

	/* About 5 MB; then there is nothing to do. */
	for (uint64_t seq = 1; seq < 16000; seq += 4000)
		store(d, seq, 4000);
	for (int i = 0; i < 200 && st.st_size < 4000000; i++) {
		nanosleep(&(struct timespec){0, 20000000}, NULL);
		assert_int_equal(stat(p->db, &st), 0);
	}
	assert_true(st.st_size >= 4000000);
	stop(p, d);
}

/* ---- how many are accepted ---- */

static uint64_t
accepted_stored(const struct place_of_test *p)
{
	uint64_t accepted;

	(void)ledger_count(p, &accepted);
	return (accepted);
}

/* Five records, and a process that is killed; told so often, with rest. */
static uint64_t
accepted_after_a_kill(struct place_of_test *p, int told)
{
	struct disk_done done;
	struct disk *d;
	pid_t pid = fork();

	if (pid == 0) {
		d = start(p);
		store(d, 1, 5);
		next(d, &done);
		while (told-- > 0)
			disk_accept(d, 6);
		while (disk_oldest(d) != 0)
			;
		_exit(disk_next(d, &done));
	}
	assert_int_equal(exit_status(pid), 0);
	return (accepted_stored(p));
}

static void
what_is_accepted_is_stored_when_idle(void **state)
{
	struct place_of_test *p = *state;

	assert_int_equal(accepted_after_a_kill(p, 1), 1);
	begin_anew(p);
	assert_int_equal(accepted_after_a_kill(p, 2), 6);
}

static void
what_is_accepted_is_stored_at_the_end(void **state)
{
	struct place_of_test *p = *state;
	struct disk *d = start(p);

	store(d, 1, 5);
	disk_accept(d, 4);
	stop(p, d);
	assert_int_equal(accepted_stored(p), 4);
}

/* ---- failures ---- */

/* The child's status when the disk's n-th sync fails while it does a job. */
static int
status_after(struct place_of_test *p, enum disk_kind kind, int at)
{
	evote_config k = {.epoch = 7};
	struct disk_done done;
	struct disk *d;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		d = start(p);
		store(d, 1, 5);
		next(d, &done);
		fault_set(at, FAULT_ERROR);
		if (kind == DISK_STORE)
			store(d, 6, 5);
		else if (kind == DISK_TRUNCATE)
			disk_truncate(d, 3);
		else if (kind == DISK_SAVE)
			disk_save(d, &k);
		next(d, &done);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

static void
a_failure_ends_the_process(void **state)
{
	static const struct {
		enum disk_kind kind;
		int syncs; /* at least */
	} jobs[] = {{DISK_STORE, 1}, {DISK_TRUNCATE, 3}, {DISK_SAVE, 1}};
	struct place_of_test *p = *state;
	int at, status;

	for (int i = 0; i < 3; i++) {
		status = EXIT_DISK;
		for (at = 0; at < 20 && status != 0; at++) {
			begin_anew(p);
			status = status_after(p, jobs[i].kind, at + 1);
			assert_true(status == 0 || status == EXIT_DISK);
		}
		assert_int_equal(status, 0);
		assert_true(at > jobs[i].syncs);
	}
}

/* The same while the log is moved into the file, after about 5 MB. */
static int
status_after_much(struct place_of_test *p, int at)
{
	struct disk_done done;
	struct stat st = {0};
	struct disk *d;
	pid_t pid = fork();

	if (pid == 0) {
		d = start(p);
		for (uint64_t seq = 1; seq < 16000; seq += 4000) {
			/* The last job's sync is the first that counts. */
			if (seq > 12000)
				fault_set(at, FAULT_ERROR);
			store(d, seq, 4000);
			next(d, &done);
		}
		for (int i = 0; i < 500 && st.st_size < 4000000; i++) {
			nanosleep(&(struct timespec){0, 10000000}, NULL);
			stat(p->db, &st);
		}
		stop(p, d);
		_exit(0);
	}
	return (exit_status(pid));
}

/* How many other threads there are, and how many of them have that file. */
static int
others_with(int fd, int *others)
{
	char path[64], own[64] = "", its[64];
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *e;
	int n = 0;

	assert_non_null(tasks);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_true(readlink(path, own, sizeof(own) - 1) > 0);
	for (*others = 0; (e = readdir(tasks)) != NULL;) {
		if (e->d_name[0] == '.' || atoi(e->d_name) == gettid())
			continue;
		(*others)++;
		memset(its, 0, sizeof(its));
		snprintf(path, sizeof(path), "/proc/self/task/%.12s/fd/%d",
		    e->d_name, fd);
		n += readlink(path, its, sizeof(its) - 1) > 0 &&
		    strcmp(own, its) == 0;
	}
	closedir(tasks);
	return (n);
}

/* A killed server's port is closed though its disk does not answer. */
static void
what_is_opened_later_is_not_the_threads(void **state)
{
	struct place_of_test *p = *state;
	int ends[2], others;
	struct disk *d;

	if (unshare(CLONE_FILES) == -1)
		skip();
	d = start(p);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(others_with(ends[0], &others), 0);
	assert_true(others > 0);
	close(ends[0]);
	close(ends[1]);
	stop(p, d);
}

/* What it moved may not be there, and the log is begun anew (rule 15). */
static void
a_failed_checkpoint_ends_the_process(void **state)
{
	struct place_of_test *p = *state;
	int at, status = EXIT_DISK;

	for (at = 1; at < 20 && status != 0; at++) {
		begin_anew(p);
		status = status_after_much(p, at);
		assert_true(status == 0 || status == EXIT_DISK);
	}
	assert_int_equal(status, 0);
	assert_true(at > 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(in_the_order_given),
	    TEST(nothing_is_dropped_at_the_end),
	    TEST(what_is_reported_is_there),
	    TEST(config_is_copied),
	    TEST(the_tail_gets_a_name),
	    TEST(one_load_has_a_limit),
	    TEST(the_wal_moves_when_idle),
	    TEST(what_is_accepted_is_stored_when_idle),
	    TEST(what_is_accepted_is_stored_at_the_end),
	    TEST(what_is_opened_later_is_not_the_threads),
	    TEST(a_failure_ends_the_process),
	    TEST(a_failed_checkpoint_ends_the_process),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
