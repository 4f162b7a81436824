#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>

#include <cmocka.h>

#include "common/seal.h"
#include "fault.h"
#include "scratch.h"
#include "server/store/datadir.h"
#include "server/store/files.h"
#include "server/store/ledger.h"
#include "server/store/secrets.h"
#include "server/store/slots.h"

struct place_of_test {
	char base[128];
	char dir[160]; /* not there yet */
	char key[192]; /* of dir, once it is a data directory */
	char other[160];
};

static int
setup(void **state)
{
	struct place_of_test *p = calloc(1, sizeof(*p));

	if (p == NULL || scratch_make(p->base, sizeof(p->base)) == NULL)
		return (-1);
	snprintf(p->dir, sizeof(p->dir), "%s/data", p->base);
	snprintf(p->key, sizeof(p->key), "%s/cluster.key", p->dir);
	snprintf(p->other, sizeof(p->other), "%s/other", p->base);
	fault_set(0, FAULT_ERROR);
	*state = p;
	return (0);
}

static int
teardown(void **state)
{
	struct place_of_test *p = *state;

	scratch_remove(p->base);
	free(p);
	return (0);
}

static void
init(const char *dir, const char *origin)
{
	char err[512] = "";

	if (datadir_init(dir, origin, err, sizeof(err)) == -1)
		fail_msg("%s", err);
}

static void
assert_init_refused(const char *dir, const char *origin, const char *why)
{
	char err[512] = "";

	assert_int_equal(datadir_init(dir, origin, err, sizeof(err)), -1);
	if (strstr(err, why) == NULL)
		fail_msg("'%s' lacks '%s'", err, why);
}

static void
open_it(struct datadir *d, const char *dir, const char *key)
{
	char err[512] = "";

	if (datadir_open(d, dir, key, err, sizeof(err)) == -1)
		fail_msg("%s", err);
}

/* Stores the configuration there, as a process that is started for it. */
static void
save(const char *dir, const evote_config *k)
{
	struct datadir d;

	open_it(&d, dir, NULL);
	assert_int_equal(datadir_save_config(&d, k), 0);
	datadir_close(&d);
}

static void
assert_refused(const char *dir, const char *key, const char *why)
{
	struct datadir d;
	char err[512] = "";

	assert_int_equal(datadir_open(&d, dir, key, err, sizeof(err)), -1);
	if (strstr(err, why) == NULL)
		fail_msg("'%s' lacks '%s'", err, why);
}

static int
is_zero(const void *p, size_t len)
{
	static const unsigned char zero[64];

	return (memcmp(p, zero, len) == 0);
}

/* Keeps the first record's genesis; the caller clears. */
struct first {
	int n;
	evote_leaf leaf;
	unsigned char hash[32];
};

static int
first_take(void *arg, struct record *r)
{
	struct first *first = arg;
	union opening none;

	if (first->n++ == 0) {
		assert_int_equal(record_open(r, &first->leaf, &none), 0);
		memcpy(first->hash, r->hash, sizeof(first->hash));
	}
	record_drop(r);
	return (0);
}

/* The number of records. */
static int
ledger_first(const char *dir, struct first *first)
{
	char file[256];
	uint64_t accepted;
	struct ledger *l;

	memset(first, 0, sizeof(*first));
	files_path(dir, "ledger.db", file, sizeof(file));
	l = ledger_open(file, 0);
	assert_non_null(l);
	assert_int_equal(ledger_read_all(l, &accepted, first_take, first), 0);
	assert_int_equal(accepted, first->n);
	ledger_close(l);
	return (first->n);
}

static void
assert_mode(const char *dir, const char *name, mode_t mode)
{
	char file[256];
	struct stat st;

	files_path(dir, name, file, sizeof(file));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, mode);
}

/* ---- as it should be ---- */

static void
a_new_cluster(void **state)
{
	struct place_of_test *p = *state;
	union opening none = {0};
	struct datadir d;
	struct first first;
	evote_genesis *g;
	uint64_t now = (uint64_t)time(NULL) * 1000000;

	init(p->dir, "https://vote.example/ 王");
	open_it(&d, p->dir, NULL);
	assert_int_equal(d.fresh, 0);
	assert_string_equal(d.path, p->dir);
	assert_false(is_zero(d.key, sizeof(d.key)));
	assert_false(is_zero(d.incarnation, sizeof(d.incarnation)));
	assert_mode(p->dir, "", 0700);
	assert_mode(p->dir, "cluster.key", 0600);
	assert_mode(p->dir, "host.key", 0600);
	assert_mode(p->dir, "aside", 0700);
	assert_false(is_zero(d.host_key, sizeof(d.host_key)));
	assert_memory_not_equal(d.host_key, d.key, sizeof(d.key));
	assert_false(d.host_key_late);

	assert_int_equal(ledger_first(p->dir, &first), 1);
	assert_int_equal(first.leaf.op.kind, EVOTE_OP_GENESIS);
	assert_int_equal(first.leaf.seq, 0);
	assert_int_equal(first.leaf.epoch, 0);
	assert_in_range(first.leaf.time, now - 60000000, now + 60000000);
	g = &first.leaf.op.evote_op_u.genesis;
	assert_string_equal(g->origin, "https://vote.example/ 王");

	assert_false(is_zero(g->cluster, 16));
	assert_memory_equal(d.config.cluster, g->cluster, 16);
	assert_int_equal(d.config.epoch, 0);
	assert_true(is_zero(d.config.primary, 16));
	assert_int_equal(d.config.in_sync.in_sync_len, 1);
	assert_string_equal(d.config.in_sync.in_sync_val[0].name, "");
	assert_memory_equal(
	    d.config.in_sync.in_sync_val[0].incarnation, d.incarnation, 16);
	assert_int_equal(d.config.end.size, 1);
	assert_memory_equal(d.config.end.root, first.hash, 32);
	record_clear(&first.leaf, &none);
	datadir_close(&d);
	datadir_close(NULL);
}

static void
its_own_origin(void **state)
{
	struct place_of_test *p = *state;
	union opening none = {0};
	struct first first;
	evote_genesis *g;
	char want[64] = "evote:";

	init(p->dir, NULL);
	ledger_first(p->dir, &first);
	g = &first.leaf.op.evote_op_u.genesis;
	seal_hex(want + 6, g->cluster, 16);
	assert_string_equal(g->origin, want);
	record_clear(&first.leaf, &none);
	assert_init_refused(p->other, "", "origin");
	assert_init_refused(p->other, "a\nb", "origin");
	assert_int_equal(access(p->other, F_OK), -1);
}

static void
a_host_that_joins(void **state)
{
	struct place_of_test *p = *state;
	unsigned char incarnation[16];
	struct datadir first, d;
	union opening none = {0};
	struct first ledger;

	init(p->dir, NULL);
	open_it(&first, p->dir, p->key);
	assert_int_equal(mkdir(p->other, 0700), 0);
	open_it(&d, p->other, p->key);
	assert_int_equal(d.fresh, 1);
	assert_memory_equal(d.key, first.key, 32);
	assert_memory_not_equal(d.incarnation, first.incarnation, 16);
	assert_true(is_zero(d.config.cluster, 16));
	assert_int_equal(d.config.in_sync.in_sync_len, 0);
	memcpy(incarnation, d.incarnation, 16);
	datadir_close(&d);
	assert_int_equal(ledger_first(p->other, &ledger), 0);
	record_clear(&ledger.leaf, &none);

	/* It stays who it is. */
	open_it(&d, p->other, NULL);
	assert_int_equal(d.fresh, 0);
	assert_memory_equal(d.incarnation, incarnation, 16);
	datadir_close(&d);
	datadir_close(&first);
}

static void
config_is_kept(void **state)
{
	struct place_of_test *p = *state;
	char name[] = "b.example", address[] = "10.0.0.2:111";
	char witness[] = "w=10.0.0.9:111";
	struct datadir d;
	evote_member m = {.name = name};
	evote_listed host = {.name = name, .number = 3, .address = address};
	evote_config k = {.epoch = 17,
	    .arbiter = {EVOTE_ARBITER_WITNESS, witness},
	    .in_sync = {1, &m},
	    .hosts = {1, &host},
	    .end = {.size = 12345}};

	init(p->dir, NULL);
	save(p->dir, &k);
	open_it(&d, p->dir, NULL);
	assert_int_equal(d.config.epoch, 17);
	assert_int_equal(d.config.end.size, 12345);
	assert_string_equal(d.config.in_sync.in_sync_val[0].name, name);
	assert_int_equal(d.config.hosts.hosts_val[0].number, 3);
	assert_string_equal(d.config.hosts.hosts_val[0].address, address);
	assert_int_equal(d.config.arbiter.kind, EVOTE_ARBITER_WITNESS);
	assert_string_equal(d.config.arbiter.where, witness);
	datadir_close(&d);
}

/* The largest the configuration there can be fits the file. */
static void
config_of_full_length(void **state)
{
	struct place_of_test *p = *state;
	char name[EVOTE_HOST_MAX + 1] = "", names[EVOTE_HOSTS_MAX][64];
	char address[EVOTE_ADDRESS_MAX + 1] = "";
	evote_listed hosts[EVOTE_HOSTS_MAX];
	evote_member m[EVOTE_HOSTS_MAX];
	char where[EVOTE_TEXT_MAX + 1] = "";
	evote_config k = {.in_sync = {EVOTE_HOSTS_MAX, m},
	    .arbiter = {EVOTE_ARBITER_ETCD, where},
	    .hosts = {EVOTE_HOSTS_MAX, hosts},
	    .barred = {EVOTE_HOSTS_MAX, m}};
	struct datadir d;

	memset(name, 'h', EVOTE_HOST_MAX);
	memset(where, 'w', EVOTE_TEXT_MAX);
	memset(m, 0, sizeof(m));
	memset(address, 'a', EVOTE_ADDRESS_MAX);
	for (u_int i = 0; i < EVOTE_HOSTS_MAX; i++) {
		m[i].name = name;
		strcpy(names[i], name);
		names[i][0] = (char)('a' + i);
		hosts[i] = (evote_listed){names[i], i, address, TRUE};
	}
	init(p->dir, NULL);
	save(p->dir, &k);
	open_it(&d, p->dir, NULL);
	assert_int_equal(d.config.barred.barred_len, EVOTE_HOSTS_MAX);
	datadir_close(&d);
}

/* ---- refused, with a hint ---- */

static void
not_a_directory_of_ours(void **state)
{
	struct place_of_test *p = *state;
	char file[256];
	FILE *f;

	assert_refused(p->dir, NULL, "is not there");
	assert_refused(p->dir, p->key, "is not there");
	assert_int_equal(mkdir(p->dir, 0700), 0);
	assert_refused(p->dir, NULL, "is empty");
	assert_refused(p->dir, p->key, "cannot read the cluster key");
	/* The root of a file system is empty with this in it. */
	files_path(p->dir, "lost+found", file, sizeof(file));
	assert_int_equal(mkdir(file, 0700), 0);
	assert_refused(p->dir, NULL, "is empty");
	files_path(p->dir, "letters.txt", file, sizeof(file));
	f = fopen(file, "w");
	fclose(f);
	assert_refused(p->dir, NULL, "is no data directory");
	assert_refused(p->dir, p->key, "is no data directory");
	assert_init_refused(p->dir, NULL, "is no data directory");
	assert_refused(file, NULL, "not a directory");
	assert_init_refused(file, NULL, "not a directory");
	assert_init_refused("", NULL, "not a path");
	assert_init_refused("/nowhere/at/all", NULL, "cannot make");
}

static void
init_happens_once(void **state)
{
	struct place_of_test *p = *state;

	init(p->dir, NULL);
	assert_init_refused(p->dir, NULL, "a data directory already");
}

static void
one_process_at_a_time(void **state)
{
	struct place_of_test *p = *state;
	struct datadir d;
	char pid[64];
	int status;

	init(p->dir, NULL);
	open_it(&d, p->dir, NULL);
	snprintf(pid, sizeof(pid), "in use by process %d:", (int)getpid());
	assert_refused(p->dir, NULL, pid);
	assert_init_refused(p->dir, NULL, pid);
	datadir_close(&d);
	/* A process that died holds nothing. */
	if (fork() == 0) {
		open_it(&d, p->dir, NULL);
		_exit(0);
	}
	wait(&status);
	assert_int_equal(status, 0);
	open_it(&d, p->dir, NULL);
	datadir_close(&d);
}

static void
the_key_of_another_cluster(void **state)
{
	struct place_of_test *p = *state;
	char other_key[256], err[512];
	struct datadir d;

	init(p->dir, NULL);
	init(p->other, NULL);
	files_path(p->other, "cluster.key", other_key, sizeof(other_key));
	assert_refused(p->dir, other_key, "another cluster");
	open_it(&d, p->dir, p->key);
	datadir_close(&d);
	/* What is refused is not held. */
	assert_int_equal(
	    datadir_open(&d, p->dir, other_key, err, sizeof(err)), -1);
	open_it(&d, p->dir, NULL);
	datadir_close(&d);
}

/* A host's own key is drawn, comes with the incarnation, and stays. */
static void
the_own_key(void **state)
{
	struct place_of_test *p = *state;
	unsigned char first[32];
	struct datadir d, e;
	char file[256];

	init(p->dir, NULL);
	open_it(&d, p->dir, NULL);
	assert_int_equal(mkdir(p->other, 0700), 0);
	open_it(&e, p->other, p->key);
	assert_memory_equal(d.key, e.key, sizeof(d.key));
	assert_memory_not_equal(d.host_key, e.host_key, sizeof(d.host_key));
	assert_false(e.host_key_late);
	datadir_close(&e);
	memcpy(first, d.host_key, sizeof(first));
	datadir_close(&d);
	open_it(&e, p->dir, NULL);
	assert_memory_equal(first, e.host_key, sizeof(first));
	assert_false(e.host_key_late);
	datadir_close(&e);

	/* An older version has left none: it gets one, for good. */
	files_path(p->dir, "host.key", file, sizeof(file));
	assert_int_equal(unlink(file), 0);
	open_it(&e, p->dir, NULL);
	assert_true(e.host_key_late);
	assert_memory_not_equal(first, e.host_key, sizeof(first));
	assert_mode(p->dir, "host.key", 0600);
	memcpy(first, e.host_key, sizeof(first));
	datadir_close(&e);
	open_it(&d, p->dir, NULL);
	assert_false(d.host_key_late);
	assert_memory_equal(first, d.host_key, sizeof(first));
	datadir_close(&d);
}

static void
a_file_is_missing(void **state)
{
	static const char *const files[][2] = {{"config", "config"},
	    {"cluster.key", "cluster.key"}, {"ledger.db", "ledger.db"},
	    {"incarnation", "is no data directory"}};
	struct place_of_test *p = *state;
	char file[256];

	for (int i = 0; i < 4; i++) {
		scratch_remove(p->dir);
		init(p->dir, NULL);
		files_path(p->dir, files[i][0], file, sizeof(file));
		assert_int_equal(unlink(file), 0);
		assert_refused(p->dir, NULL, files[i][1]);
	}
}

#define NOBODY 65534

/* By a user who is not root.  0: that root owns it is said, and what to do. */
static int
owned_by_root(const struct place_of_test *p, const char *name)
{
	char file[256], err[1024] = "";
	struct datadir d;

	files_path(p->dir, name, file, sizeof(file));
	if (geteuid() == 0 && setuid(NOBODY) == -1)
		return (1);
	return (datadir_open(&d, p->dir, NULL, err, sizeof(err)) == -1 &&
		    strstr(err, file) != NULL &&
		    strstr(err, "Permission denied") != NULL &&
		    strstr(err, "chown -R ") != NULL &&
		    strstr(err, "aside") == NULL
		? 0
		: 2);
}

/* A run as root leaves files that the server cannot use: they are no damage. */
static void
files_of_another_user(void **state)
{
	static const char *const names[] = {"cluster.key", "incarnation",
	    "host.key", "config", "ledger.db", "ledger.db-wal", "lock"};
	const size_t n = sizeof(names) / sizeof(*names);
	struct place_of_test *p = *state;
	uid_t user = geteuid() == 0 ? NOBODY : geteuid();
	char file[256];
	int status;

	init(p->dir, NULL);
	files_path(p->dir, "ledger.db-wal", file, sizeof(file));
	close(open(file, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(chown(p->base, user, (gid_t)-1), 0);
	assert_int_equal(chown(p->dir, user, (gid_t)-1), 0);
	for (size_t own = 0; own < n; own++) {
		for (size_t i = 0; i < n; i++) {
			files_path(p->dir, names[i], file, sizeof(file));
			assert_int_equal(chmod(file, i == own ? 0 : 0600), 0);
			assert_int_equal(
			    chown(file, i == own ? geteuid() : user, (gid_t)-1),
			    0);
		}
		if (fork() == 0)
			_exit(owned_by_root(p, names[own]));
		wait(&status);
		assert_int_equal(status, 0);
	}
}

/* Somebody's link in its place leads nowhere. */
static void
file_put(const char *dir, const char *name, mode_t mode)
{
	char path[FILES_PATH];
	int fd;

	files_path(dir, name, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* All that has a key or a choice in it. */
static void
secrets_that_others_can_read(void **state)
{
	static const char *const names[] = {"cluster.key", "host.key",
	    "ledger.db", "ledger.db-wal", "aside/3-5.txt", "given"};
	struct place_of_test *p = *state;
	struct secret found[SECRETS];
	char given[FILES_PATH], path[FILES_PATH];

	init(p->dir, "us");
	files_path(p->dir, "given", given, sizeof(given));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		file_put(p->dir, names[i], 0600);
	assert_int_equal(secrets_look(p->dir, given, geteuid(), found), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		file_put(p->dir, names[i], 0640);
		files_path(p->dir, names[i], path, sizeof(path));
		assert_int_equal(
		    secrets_look(p->dir, given, geteuid(), found), 1);
		assert_string_equal(found[0].path, path);
		assert_string_equal(
		    found[0].doubt, "can be read by other users");
		file_put(p->dir, names[i], 0600);
	}
	/* As many as there is room for. */
	for (int i = 0; i < SECRETS + 3; i++) {
		snprintf(path, sizeof(path), "aside/%d-9.txt", i);
		file_put(p->dir, path, 0644);
	}
	assert_int_equal(
	    secrets_look(p->dir, given, geteuid(), found), SECRETS);
}

static void
the_lock_is_no_link(void **state)
{
	struct place_of_test *p = *state;
	char file[256], text[32] = "";

	init(p->dir, NULL);
	assert_int_equal(files_replace(p->base, "other", "precious", 8), 0);
	files_path(p->dir, "lock", file, sizeof(file));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(symlink(p->other, file), 0);
	assert_refused(p->dir, NULL, "is a symbolic link");
	assert_int_equal(files_read(p->other, text, sizeof(text)), 8);
	assert_string_equal(text, "precious");
}

static void
a_byte_is_changed(void **state)
{
	static const char *const files[] = {
	    "cluster.key", "incarnation", "host.key"};
	struct place_of_test *p = *state;
	char file[256], err[512];
	struct datadir d;
	off_t at;
	int taken;

	init(p->dir, NULL);
	for (int i = 0; i < 3; i++) {
		files_path(p->dir, files[i], file, sizeof(file));
		taken = 0;
		for (at = 0; scratch_flip(file, at, 0x80) == 0; at++) {
			if (datadir_open(&d, p->dir, NULL, err, sizeof(err)) ==
			    0) {
				datadir_close(&d);
				taken++;
			} else {
				assert_non_null(strstr(err, file));
			}
			scratch_flip(file, at, 0x80);
		}
		assert_true(at > 30);
		assert_int_equal(taken, 0);
	}
	open_it(&d, p->dir, NULL);
	datadir_close(&d);
}

static void
config_put(const char *dir, const unsigned char bytes[SLOTS_BYTES])
{
	char file[256];
	FILE *f;

	files_path(dir, "config", file, sizeof(file));
	f = fopen(file, "w");
	assert_int_equal(fwrite(bytes, SLOTS_BYTES, 1, f), 1);
	fclose(f);
}

/* Whole, by its hash, and yet not what this version writes. */
static void
config_of_another_version(void **state)
{
	unsigned char bytes[SLOTS_BYTES], value[64] = {1, 2, 3};
	struct place_of_test *p = *state;

	init(p->dir, NULL);
	slots_new(bytes, value, sizeof(value));
	config_put(p->dir, bytes);
	assert_refused(p->dir, NULL, "another version");
}

static void
config_is_damaged(void **state)
{
	static const unsigned char bytes[SLOTS_BYTES];
	struct place_of_test *p = *state;
	char file[256];

	init(p->dir, NULL);
	config_put(p->dir, bytes);
	assert_refused(p->dir, NULL, "config is damaged");
	files_path(p->dir, "config", file, sizeof(file));
	assert_int_equal(truncate(file, 300), 0);
	assert_refused(p->dir, NULL, "the version that wrote it");
}

/* R: whole, and of an arbiter that only another version knows. */
static void
a_config_of_another_kind_of_arbiter(void **state)
{
	struct place_of_test *p = *state;
	char nowhere[] = "";
	evote_config k = {.epoch = 18, .arbiter = {99, nowhere}};

	init(p->dir, NULL);
	save(p->dir, &k);
	assert_refused(p->dir, NULL, "another version");
}

/* ---- interrupted ---- */

enum step { STEP_INIT, STEP_JOIN, STEP_SAVE };

/* What is to be interrupted; exit status 0, 1 when it failed in order. */
static int
step_run(const struct place_of_test *p, enum step step, struct datadir *d)
{
	char nowhere[] = "";
	evote_config k = {.epoch = 18, .arbiter = {.where = nowhere}};
	char err[512];

	switch (step) {
	case STEP_INIT:
		return (
		    datadir_init(p->dir, NULL, err, sizeof(err)) == 0 ? 0 : 1);
	case STEP_JOIN:
		return (datadir_open(d, p->dir, p->other, err, sizeof(err)) == 0
			? 0
			: 1);
	case STEP_SAVE:
		return (datadir_save_config(d, &k) == 0 ? 0 : 1);
	}
	return (2);
}

static int
interrupted(
    const struct place_of_test *p, enum step step, int at, enum fault_kind kind)
{
	int status;
	struct datadir d;
	pid_t pid = fork();

	if (pid == 0) {
		if (step == STEP_SAVE)
			open_it(&d, p->dir, NULL);
		fault_set(at, kind);
		_exit(step_run(p, step, &d));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

/* Either all is there, or it is seen that it is not; never in between. */
static int
is_whole(const struct place_of_test *p)
{
	struct datadir d;
	union opening none = {0};
	struct first first;
	char err[512];

	if (datadir_open(&d, p->dir, NULL, err, sizeof(err)) == -1) {
		if (strstr(err, "is no data directory") == NULL &&
		    strstr(err, "is empty") == NULL)
			fail_msg("%s", err);
		return (0);
	}
	datadir_close(&d);
	ledger_first(p->dir, &first);
	record_clear(&first.leaf, &none);
	return (1);
}

/* Ends each run one sync or rename later, until one comes to its end. */
static int
sweep(struct place_of_test *p, enum step step, enum fault_kind kind)
{
	int at = 0, status;

	do {
		scratch_remove(p->dir);
		if (step == STEP_JOIN)
			mkdir(p->dir, 0700);
		status = interrupted(p, step, ++at, kind);
		assert_true(
		    status == 0 || status == 1 || status == FAULT_CRASHED);
		/* The very last sync may fail after the rename. */
		if (is_whole(p) == 0)
			assert_int_not_equal(status, 0);
	} while (status != 0 && at < 100);
	assert_int_equal(status, 0);
	return (at);
}

static void
init_is_interrupted(void **state)
{
	struct place_of_test *p = *state;

	assert_true(sweep(p, STEP_INIT, FAULT_CRASH) > 8);
	assert_true(sweep(p, STEP_INIT, FAULT_ERROR) > 8);
}

static void
join_is_interrupted(void **state)
{
	struct place_of_test *p = *state;
	FILE *f = fopen(p->other, "w");

	fputs("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", f);
	fclose(f);
	assert_true(sweep(p, STEP_JOIN, FAULT_CRASH) > 8);
	assert_true(sweep(p, STEP_JOIN, FAULT_ERROR) > 8);
}

/* The old the configuration or the new one. */
static void
save_is_interrupted(void **state)
{
	struct place_of_test *p = *state;
	static const int ends[] = {FAULT_CRASHED, 1, 0};
	struct datadir d;

	for (int i = 0; i < 3; i++) {
		scratch_remove(p->dir);
		init(p->dir, NULL);
		assert_int_equal(interrupted(p, STEP_SAVE, i < 2 ? 1 : 2,
				     i == 0 ? FAULT_CRASH : FAULT_ERROR),
		    ends[i]);
		open_it(&d, p->dir, NULL);
		assert_true(d.config.epoch == 18 ||
		    (d.config.epoch == 0 && ends[i] != 0));
		datadir_close(&d);
	}
}

/* What a killed process wrote is synced before it counts. */
static void
a_name_or_a_value_counts_when_synced(void **state)
{
	struct place_of_test *p = *state;
	struct datadir d;
	char err[512];

	init(p->dir, NULL);
	fault_set(2, FAULT_ERROR); /* 1: the directory */
	assert_int_equal(datadir_open(&d, p->dir, NULL, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "cannot write"));
}

static void
no_room_for_config(void **state)
{
	struct place_of_test *p = *state;
	struct rlimit limit = {10, 10};
	struct datadir d;
	int status;

	init(p->dir, NULL);
	if (fork() == 0) {
		open_it(&d, p->dir, NULL);
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(step_run(p, STEP_SAVE, &d));
	}
	wait(&status);
	assert_int_equal(WEXITSTATUS(status), 1);
	open_it(&d, p->dir, NULL);
	assert_int_equal(d.config.epoch, 0);
	datadir_close(&d);
}

/* Whoever takes all descriptors does not end a primary by that. */
static void
no_descriptors_for_config(void **state)
{
	struct place_of_test *p = *state;
	evote_config k = {.epoch = 18, .arbiter = {.where = (char *)""}};
	struct rlimit limit, none = {0};
	struct datadir d;

	init(p->dir, NULL);
	open_it(&d, p->dir, NULL);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none.rlim_max = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(datadir_save_config(&d, &k), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	datadir_close(&d);
	open_it(&d, p->dir, NULL);
	assert_int_equal(d.config.epoch, 18);
	datadir_close(&d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_new_cluster),
	    TEST(its_own_origin),
	    TEST(a_host_that_joins),
	    TEST(config_is_kept),
	    TEST(config_of_full_length),
	    TEST(a_config_of_another_kind_of_arbiter),
	    TEST(not_a_directory_of_ours),
	    TEST(init_happens_once),
	    TEST(one_process_at_a_time),
	    TEST(the_key_of_another_cluster),
	    TEST(the_own_key),
	    TEST(a_file_is_missing),
	    TEST(files_of_another_user),
	    TEST(secrets_that_others_can_read),
	    TEST(the_lock_is_no_link),
	    TEST(a_byte_is_changed),
	    TEST(config_of_another_version),
	    TEST(config_is_damaged),
	    TEST(init_is_interrupted),
	    TEST(join_is_interrupted),
	    TEST(save_is_interrupted),
	    TEST(a_name_or_a_value_counts_when_synced),
	    TEST(no_room_for_config),
	    TEST(no_descriptors_for_config),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
