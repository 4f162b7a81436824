/*
 * Copies of a ledger that is written, and moved from its WAL, all the time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "scratch.h"
#include "server/store/copy.h"
#include "server/store/datadir.h"
#include "server/store/ledger.h"

#define COPIES	8
#define AT_ONCE 200 /* records */

struct writer {
	struct ledger *ledger;
	atomic_ulong written; /* records */
	atomic_uint rest_us;  /* after each write */
	atomic_int ends;
};

static struct record *
record_of(uint64_t n)
{
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT,
	    .seq = n,
	    .epoch = 1,
	    .time = ((uint64_t)1 << 60) + n};
	struct record *r;

	leaf.op.kind = EVOTE_OP_EPOCH;
	leaf.op.evote_op_u.epoch.name = (char *)"alpha";
	r = record_make(&leaf, NULL);
	assert_non_null(r);
	return (r);
}

/* Several pages each time, and the WAL begins anew every few times. */
static void *
write_on(void *arg)
{
	struct record *recs[AT_ONCE];
	struct writer *w = arg;

	while (!w->ends) {
		for (int i = 0; i < AT_ONCE; i++)
			recs[i] = record_of(w->written + (uint64_t)i);
		assert_int_equal(
		    ledger_append(w->ledger, recs, AT_ONCE, w->written), 0);
		assert_int_equal(ledger_checkpoint(w->ledger, 60), 0);
		for (int i = 0; i < AT_ONCE; i++)
			record_drop(recs[i]);
		w->written += AT_ONCE;
		usleep(w->rest_us);
	}
	return (NULL);
}

static void
a_copy_is_whole_whenever_it_is_made(void **state)
{
	char dir[128], data[160], path[300], back[200], key[200], err[512] = "";
	struct writer w = {.written = 1};
	uint64_t before, records, again, made = 0;
	int marked;
	pthread_t thread;

	/* One of them sees the WAL begin anew many times (in test builds). */
	setenv("EVOTE_FAILPOINT", "copy-slow", 1);
	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(data, sizeof(data), "%s/data", dir);
	snprintf(key, sizeof(key), "%s/data/cluster.key", dir);
	assert_int_equal(datadir_init(data, NULL, err, sizeof(err)), 0);
	snprintf(path, sizeof(path), "%s/ledger.db", data);
	assert_non_null(w.ledger = ledger_open(path, 0));
	assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
	/* A writer that is too fast for this machine rests a little longer. */
	for (int i = 0; made < COPIES; i++) {
		before = w.written;
		snprintf(path, sizeof(path), "%s/copy%d", dir, i);
		if (copy_make(data, path, &records, err, sizeof(err)) != 0) {
			assert_non_null(strstr(err, "changes faster"));
			w.rest_us += 5000;
			assert_true(i < 10 * COPIES);
			continue;
		}
		made++;
		assert_in_range(records, before, w.written + AT_ONCE);
	}
	w.ends = 1;
	pthread_join(thread, NULL);
	ledger_close(w.ledger);
	/* And it comes back as it was, but not into a directory in use. */
	snprintf(back, sizeof(back), "%s/back", dir);
	snprintf(path, sizeof(path), "%s/last", dir);
	assert_int_equal(copy_make(data, path, &records, err, sizeof(err)), 0);
	assert_int_equal(records, w.written);
	assert_int_equal(
	    copy_restore(path, back, key, &again, &marked, err, sizeof(err)),
	    0);
	assert_int_equal(again, records);
	assert_int_equal(
	    copy_restore(path, back, key, &again, &marked, err, sizeof(err)),
	    -1);
	assert_non_null(strstr(err, "is a data directory already"));
	snprintf(path, sizeof(path), "%s/ledger.db", back);
	assert_non_null(w.ledger = ledger_open(path, 0));
	assert_int_equal(ledger_size(w.ledger), records);
	ledger_close(w.ledger);
	scratch_remove(dir);
}

/* Held back, as by the copy itself: it is seen, and nothing stays behind. */
static void
a_signal_leaves_nothing_half_made(void **state)
{
	char dir[128], data[160], path[300], part[400], err[512] = "";
	struct sigaction was, ends = {.sa_handler = SIG_DFL};
	uint64_t records;
	sigset_t term;
	int number;

	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(data, sizeof(data), "%s/data", dir);
	snprintf(path, sizeof(path), "%s/copy", dir);
	snprintf(part, sizeof(part), "%s.%ld.part", path, (long)getpid());
	assert_int_equal(datadir_init(data, NULL, err, sizeof(err)), 0);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &term, NULL), 0);
	assert_int_equal(sigaction(SIGTERM, &ends, &was), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(copy_make(data, path, &records, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "Interrupted"));
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(part, F_OK), -1);
	assert_int_equal(sigwait(&term, &number), 0);
	assert_int_equal(number, SIGTERM);
	assert_int_equal(copy_make(data, path, &records, err, sizeof(err)), 0);
	assert_int_equal(records, 1);
	assert_int_equal(sigaction(SIGTERM, &was, NULL), 0);
	assert_int_equal(sigprocmask(SIG_UNBLOCK, &term, NULL), 0);
	scratch_remove(dir);
}

/* A new cluster's directory in dir, and where a copy of it is to be. */
static void
begin(char dir[128], char data[160], char path[300])
{
	char err[512] = "";

	assert_non_null(scratch_make(dir, 128));
	snprintf(data, 160, "%s/data", dir);
	snprintf(path, 300, "%s/copy", dir);
	assert_int_equal(datadir_init(data, NULL, err, sizeof(err)), 0);
}

/* A copy that somebody has changed becomes no host. */
static void
is_refused_after(const char *sql, const char *why)
{
	char dir[128], data[160], path[300], back[200], key[200], err[512] = "";
	uint64_t records;
	int marked;

	begin(dir, data, path);
	snprintf(key, sizeof(key), "%s/data/cluster.key", dir);
	snprintf(back, sizeof(back), "%s/back", dir);
	assert_int_equal(copy_make(data, path, &records, err, sizeof(err)), 0);
	change(path, sql);
	assert_int_equal(
	    copy_restore(path, back, key, &records, &marked, err, sizeof(err)),
	    -1);
	assert_non_null(strstr(err, why));
	assert_int_equal(access(back, F_OK), -1);
	scratch_remove(dir);
}

static void
a_copy_without_a_configuration_is_refused(void **state)
{
	is_refused_after("UPDATE copy SET config = x''", "use another copy");
}

/* They would be in the ledger of the host that it becomes. */
static void
a_copy_with_a_trigger_is_refused(void **state)
{
	is_refused_after("CREATE TRIGGER mine AFTER INSERT ON record BEGIN"
			 " DELETE FROM record WHERE seq = new.seq; END",
	    "triggers or views");
}

/* The key of another service, whose records these are not. */
static void
a_copy_comes_back_with_its_own_key_alone(void **state)
{
	char dir[128], data[160], path[300], back[200], key[200], other[200];
	char err[512] = "";
	uint64_t records;
	int marked;

	begin(dir, data, path);
	snprintf(other, sizeof(other), "%s/other", dir);
	snprintf(back, sizeof(back), "%s/back", dir);
	assert_int_equal(datadir_init(other, NULL, err, sizeof(err)), 0);
	assert_int_equal(copy_make(data, path, &records, err, sizeof(err)), 0);
	snprintf(key, sizeof(key), "%s/other/cluster.key", dir);
	assert_int_equal(
	    copy_restore(path, back, key, &records, &marked, err, sizeof(err)),
	    -1);
	assert_non_null(strstr(err, "name the key of that time"));
	assert_int_equal(access(back, F_OK), -1);
	/* Older versions' copies say nothing of it. */
	change(path, "DROP TABLE mark");
	assert_int_equal(
	    copy_restore(path, back, key, &records, &marked, err, sizeof(err)),
	    0);
	assert_int_equal(marked, 0);
	scratch_remove(dir);
}

static void
a_copy_with_a_mark_that_is_none_is_refused(void **state)
{
	is_refused_after("UPDATE mark SET key = x'00'", "use another copy");
}

/* No server would start with a copy of it. */
static void
is_not_copied_after(const char *sql, const char *why)
{
	char dir[128], data[160], path[300], ledger[200], err[512] = "";
	uint64_t records;

	begin(dir, data, path);
	snprintf(ledger, sizeof(ledger), "%s/ledger.db", data);
	change(ledger, sql);
	assert_int_equal(copy_make(data, path, &records, err, sizeof(err)), -1);
	assert_non_null(strstr(err, why));
	assert_int_equal(access(path, F_OK), -1);
	scratch_remove(dir);
}

static void
a_ledger_that_does_not_say_what_is_accepted_is_not_copied(void **state)
{
	is_not_copied_after(
	    "DELETE FROM state", "does not say what is accepted");
}

static void
a_ledger_that_lacks_accepted_records_is_not_copied(void **state)
{
	is_not_copied_after("UPDATE state SET accepted = 2",
	    "record 1 is missing, and was accepted");
	is_not_copied_after(
	    "DELETE FROM record", "record 0 is missing, and was accepted");
	/* Read as a server reads it, whatever it is. */
	is_not_copied_after("UPDATE state SET accepted = -1", "record 1");
	is_not_copied_after("UPDATE state SET accepted = 0.1e30", "record 1");
}

static void
a_copy_that_lacks_accepted_records_is_refused(void **state)
{
	is_refused_after("UPDATE state SET accepted = 2", "use another copy");
	is_refused_after("DELETE FROM record", "use another copy");
}

static void
a_copy_that_is_damaged_is_refused(void **state)
{
	is_refused_after("UPDATE record SET leaf = substr(leaf, 1, 40)",
	    "record 0 is damaged: use another copy");
	is_refused_after(
	    "UPDATE record SET seq = 7", "record 0 is missing: use another");
}

static void
a_ledger_with_a_trigger_is_not_copied(void **state)
{
	is_not_copied_after(
	    "CREATE VIEW mine AS SELECT 1", "triggers or views");
}

/* ---- what stands beside the ledger ---- */

static void
is_not_copied_with(void (*change_it)(evote_config *), const char *why)
{
	char dir[128], data[160], path[300], err[512] = "";
	uint64_t records;
	struct datadir d;

	begin(dir, data, path);
	assert_int_equal(datadir_open(&d, data, NULL, err, sizeof(err)), 0);
	change_it(&d.config);
	assert_int_equal(datadir_save_config(&d, &d.config), 0);
	datadir_close(&d);
	assert_int_equal(copy_make(data, path, &records, err, sizeof(err)), -1);
	assert_non_null(strstr(err, why));
	assert_int_equal(access(path, F_OK), -1);
	scratch_remove(dir);
}

static void
with_more_accepted(evote_config *config)
{
	config->end.size = 2;
}

static void
with_others_accepted(evote_config *config)
{
	config->end.size = 1;
	config->end.root[0] ^= 1;
}

static void
of_another_cluster(evote_config *config)
{
	config->cluster[0] ^= 1;
}

static void
what_start_refuses_is_not_copied(void **state)
{
	is_not_copied_with(
	    with_more_accepted, "record 1 is missing, and was accepted");
	is_not_copied_with(with_others_accepted,
	    "record 1 stands behind others than those that were accepted");
	is_not_copied_with(of_another_cluster,
	    "record 0 is of another cluster than the configuration");
}

static void
an_incarnation_that_is_none_is_told(void **state)
{
	char dir[128], data[160], path[300], file[200], err[512] = "";
	uint64_t records;
	FILE *f;

	begin(dir, data, path);
	snprintf(file, sizeof(file), "%s/incarnation", data);
	assert_non_null(f = fopen(file, "w"));
	fprintf(f, "none\n");
	fclose(f);
	assert_int_equal(copy_make(data, path, &records, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "incarnation is damaged"));
	scratch_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_copy_is_whole_whenever_it_is_made),
	    cmocka_unit_test(a_signal_leaves_nothing_half_made),
	    cmocka_unit_test(a_copy_without_a_configuration_is_refused),
	    cmocka_unit_test(a_copy_with_a_trigger_is_refused),
	    cmocka_unit_test(a_copy_comes_back_with_its_own_key_alone),
	    cmocka_unit_test(a_copy_with_a_mark_that_is_none_is_refused),
	    cmocka_unit_test(
		a_ledger_that_does_not_say_what_is_accepted_is_not_copied),
	    cmocka_unit_test(
		a_ledger_that_lacks_accepted_records_is_not_copied),
	    cmocka_unit_test(a_copy_that_lacks_accepted_records_is_refused),
	    cmocka_unit_test(a_copy_that_is_damaged_is_refused),
	    cmocka_unit_test(a_ledger_with_a_trigger_is_not_copied),
	    cmocka_unit_test(what_start_refuses_is_not_copied),
	    cmocka_unit_test(an_incarnation_that_is_none_is_told),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
