#include "server/store/disk.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/date.h"
#include "common/failpoint.h"
#include "common/log.h"
#include "common/thread.h"
#include "replica/core/config.h"
#include "server/store/aside.h"
#include "server/store/datadir.h"
#include "server/store/files.h"
#include "server/store/ledger.h"

#define IDLE_PAGES 1000	   /* of WAL, moved when there is time */
#define MOST_PAGES 16384   /* 64 MB, moved when there is none */
#define LOAD_BYTES 1000000 /* of one DISK_LOAD: well within a push */

struct job {
	STAILQ_ENTRY(job) link;
	enum disk_kind kind;
	uint64_t number;
	uint64_t at; /* STORE, ACCEPT: accepted; TRUNCATE: size; LOAD: from */
	uint32_t n;
	struct record **records;
	evote_config config;
};

STAILQ_HEAD(jobs, job);

struct disk {
	struct ledger *ledger;
	const struct datadir *dir;
	int event_fd;
	pthread_t thread;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t more;
	struct jobs waiting;
	struct job *doing;
	struct jobs done;
	uint64_t last;	   /* number given out */
	uint64_t accepted; /* as told last, */
	uint64_t noted;	   /* and as given to the thread by itself */
	int stopping;
};

static _Noreturn void
die(const char *doing)
{
	log_alarm("disk doing=%s failed exit=%d hint=\"what is on this disk "
		  "now is unknown: check the disk, then start again\"",
	    doing, EXIT_DISK);
	_exit(EXIT_DISK);
}

static void *
memory(size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size);

	if (p == NULL)
		die("allocate");
	return (p);
}

/* Takes the records' references along. */
static void
job_free(struct job *j)
{
	for (uint32_t i = 0; i < j->n; i++)
		record_drop(j->records[i]);
	free(j->records);
	config_clear(&j->config);
	free(j);
}

/* ---- the thread ---- */

static int
tail_truncate(struct disk *d, uint64_t size)
{
	char aside[FILES_PATH], name[64];

	snprintf(name, sizeof(name), "aside/%llu-%llu.txt",
	    (unsigned long long)size, (unsigned long long)date_now_us());
	files_path(d->dir->path, name, aside, sizeof(aside));
	return (aside_truncate(d->ledger, size, aside));
}

/* Reading promises nothing: when it fails, nothing is handed over. */
static void
records_load(struct disk *d, struct job *j)
{
	int n;

	j->records = memory(j->n, sizeof(struct record *));
	n = ledger_read(d->ledger, j->at, j->n, LOAD_BYTES, j->records);
	j->n = n > 0 ? (uint32_t)n : 0;
}

static void
job_do(struct disk *d, struct job *j)
{
	switch (j->kind) {
	case DISK_STORE:
		crash_at("store-before");
		if (ledger_append(d->ledger, j->records, j->n, j->at) == -1)
			die("store");
		crash_at("store-after");
		break;
	case DISK_TRUNCATE:
		crash_at("truncate-before");
		if (tail_truncate(d, j->at) == -1)
			die("truncate");
		crash_at("truncate-after");
		break;
	case DISK_SAVE:
		crash_at("config-before");
		if (datadir_save_config(d->dir, &j->config) == -1)
			die("save");
		crash_at("config-after");
		break;
	case DISK_LOAD:
		records_load(d, j);
		crash_at("load-after");
		break;
	case DISK_ACCEPT:
		if (ledger_append(d->ledger, NULL, 0, j->at) == -1)
			die("store");
		break;
	}
}

static void
wal_move(struct disk *d, int pages)
{
	if (ledger_checkpoint(d->ledger, pages) == -1)
		die("checkpoint");
}

/* The next job; NULL when there will be none. */
static struct job *
job_wait(struct disk *d)
{
	struct job *j;

	pthread_mutex_lock(&d->lock);
	while (STAILQ_EMPTY(&d->waiting) && !d->stopping) {
		pthread_mutex_unlock(&d->lock);
		wal_move(d, IDLE_PAGES);
		pthread_mutex_lock(&d->lock);
		if (STAILQ_EMPTY(&d->waiting) && !d->stopping)
			pthread_cond_wait(&d->more, &d->lock);
	}
	j = STAILQ_FIRST(&d->waiting);
	if (j != NULL)
		STAILQ_REMOVE_HEAD(&d->waiting, link);
	d->doing = j;
	pthread_mutex_unlock(&d->lock);
	return (j);
}

static void
job_report(struct disk *d, struct job *j)
{
	int quiet = j->kind == DISK_ACCEPT;

	pthread_mutex_lock(&d->lock);
	if (!quiet)
		STAILQ_INSERT_TAIL(&d->done, j, link);
	d->doing = NULL;
	pthread_mutex_unlock(&d->lock);
	if (quiet)
		job_free(j);
	else
		eventfd_write(d->event_fd, 1);
}

static void *
disk_main(void *arg)
{
	struct disk *d = arg;
	struct job *j;

	while ((j = job_wait(d)) != NULL) {
		job_do(d, j);
		job_report(d, j);
		wal_move(d, MOST_PAGES);
	}
	ledger_close(d->ledger);
	return (NULL);
}

/* ---- the other threads' side ---- */

/*
 * A process that was killed keeps its files until its last thread that shares
 * them is gone, and one that waits for a disk goes when the disk answers.  So
 * that its port refuses at once, which tells the other host that it is dead,
 * what this thread and those that it starts open from here on is not the
 * disk's thread's.  What is open by now is open twice.
 */
static void
files_part(void)
{
	if (unshare(CLONE_FILES) == -1)
		log_info("disk shares=files why=\"%s\" hint=\"when this server "
			 "is killed while its disk does not answer, the other "
			 "host notices by its silence only\"",
		    strerror(errno));
}

struct disk *
disk_start(struct ledger *ledger, const struct datadir *dir)
{
	struct disk *d = memory(1, sizeof(*d));
	int rc;

	d->ledger = ledger;
	d->dir = dir;
	STAILQ_INIT(&d->waiting);
	STAILQ_INIT(&d->done);
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->more, NULL);
	d->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = d->event_fd == -1 ? errno : thread_start(&d->thread, disk_main, d);
	if (rc == 0) {
		files_part();
		return (d);
	}
	log_alarm("disk doing=start failed=\"%s\"", strerror(rc));
	if (d->event_fd != -1)
		close(d->event_fd);
	free(d);
	return (NULL);
}

static struct job *
job_new(enum disk_kind kind, uint64_t at, uint32_t n)
{
	struct job *j = memory(1, sizeof(*j));

	j->kind = kind;
	j->at = at;
	j->n = n;
	return (j);
}

static uint64_t
job_submit(struct disk *d, struct job *j)
{
	uint64_t number;

	pthread_mutex_lock(&d->lock);
	number = j->number = ++d->last;
	STAILQ_INSERT_TAIL(&d->waiting, j, link);
	pthread_mutex_unlock(&d->lock);
	/* Woken while the lock is held, the thread would only wait again. */
	pthread_cond_signal(&d->more);
	return (number);
}

void
disk_stop(struct disk *d)
{
	struct job *j;

	if (d == NULL)
		return;
	if (d->accepted > d->noted)
		(void)job_submit(d, job_new(DISK_ACCEPT, d->accepted, 0));
	pthread_mutex_lock(&d->lock);
	d->stopping = 1;
	pthread_cond_signal(&d->more);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	while ((j = STAILQ_FIRST(&d->done)) != NULL) {
		STAILQ_REMOVE_HEAD(&d->done, link);
		job_free(j);
	}
	close(d->event_fd);
	pthread_cond_destroy(&d->more);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

uint64_t
disk_store(
    struct disk *d, struct record *const *recs, uint32_t n, uint64_t accepted)
{
	struct job *j = job_new(DISK_STORE, accepted, n);

	j->records = memory(n, sizeof(struct record *));
	for (uint32_t i = 0; i < n; i++)
		j->records[i] = record_hold(recs[i]);
	return (job_submit(d, j));
}

uint64_t
disk_truncate(struct disk *d, uint64_t size)
{
	return (job_submit(d, job_new(DISK_TRUNCATE, size, 0)));
}

uint64_t
disk_save(struct disk *d, const evote_config *config)
{
	struct job *j = job_new(DISK_SAVE, 0, 0);

	config_copy(&j->config, config);
	return (job_submit(d, j));
}

uint64_t
disk_load(struct disk *d, uint64_t from, uint32_t n)
{
	return (job_submit(d, job_new(DISK_LOAD, from, n)));
}

void
disk_accept(struct disk *d, uint64_t accepted)
{
	int rests;

	pthread_mutex_lock(&d->lock);
	rests = accepted == d->accepted && accepted > d->noted &&
	    d->doing == NULL && STAILQ_EMPTY(&d->waiting);
	d->accepted = accepted;
	if (rests)
		d->noted = accepted;
	pthread_mutex_unlock(&d->lock);
	if (rests)
		(void)job_submit(d, job_new(DISK_ACCEPT, accepted, 0));
}

uint64_t
disk_oldest(struct disk *d)
{
	struct job *j;
	uint64_t number;

	pthread_mutex_lock(&d->lock);
	j = d->doing != NULL ? d->doing : STAILQ_FIRST(&d->waiting);
	number = j == NULL ? 0 : j->number;
	pthread_mutex_unlock(&d->lock);
	return (number);
}

void
disk_die_hung(void)
{
	die("wait");
}

int
disk_fd(struct disk *d)
{
	return (d->event_fd);
}

static struct job *
done_take(struct disk *d)
{
	struct job *j;

	pthread_mutex_lock(&d->lock);
	j = STAILQ_FIRST(&d->done);
	if (j != NULL)
		STAILQ_REMOVE_HEAD(&d->done, link);
	pthread_mutex_unlock(&d->lock);
	return (j);
}

int
disk_next(struct disk *d, struct disk_done *done)
{
	struct job *j = done_take(d);
	eventfd_t count;

	/* Read before looking again: what is done later makes it readable. */
	if (j == NULL && eventfd_read(d->event_fd, &count) == 0)
		j = done_take(d);
	if (j == NULL)
		return (0);
	memset(done, 0, sizeof(*done));
	done->kind = j->kind;
	done->job = j->number;
	if (j->kind == DISK_LOAD) {
		done->from = j->at;
		done->n = j->n;
		done->records = j->records;
		j->n = 0;
		j->records = NULL;
	}
	job_free(j);
	return (1);
}
