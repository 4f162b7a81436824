#include "common/workers.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/log.h"
#include "common/need.h"
#include "common/thread.h"

#define THREADS_MAX 64
#define TOLD_EVERY  8 /* done, while others wait */
#define DEPTH	    8 /* jobs for each thread */

struct job {
	STAILQ_ENTRY(job) order;   /* of all, the submitter's alone */
	STAILQ_ENTRY(job) waiting; /* for a worker */
	void *work;
	void *arg;
	atomic_int done;
};

STAILQ_HEAD(jobs, job);

struct workers {
	void (*run)(void *work);
	pthread_t threads[THREADS_MAX];
	int n;
	int event_fd;
	atomic_int told;   /* event_fd is written, or about to be */
	atomic_int untold; /* done since */
	struct jobs all;   /* in order */
	int under_way;	   /* how many those are */

	/*
	 * Not a condition variable: with more than one waiter that of
	 * glibc before 2.41 may lose a wake-up (its bug 25847).
	 */
	sem_t more; /* one for each waiting job, and for each end */
	pthread_mutex_t lock;
	struct jobs waiting;
};

static struct job *
job_take(struct workers *w)
{
	struct job *j;

	while (sem_wait(&w->more) == -1 && errno == EINTR)
		atomic_store(&w->told, 0);
	pthread_mutex_lock(&w->lock);
	j = STAILQ_FIRST(&w->waiting);
	if (j != NULL)
		STAILQ_REMOVE_HEAD(&w->waiting, waiting);
	pthread_mutex_unlock(&w->lock);
	return (j);
}

/*
 * The loop is woken for several at once while others wait, for each of those
 * ends too; and once until it has looked.
 */
static void
tell(struct workers *w)
{
	int waiting = 0, untold = atomic_fetch_add(&w->untold, 1) + 1;

	sem_getvalue(&w->more, &waiting);
	if (waiting > 0 && untold < TOLD_EVERY)
		return;
	atomic_store(&w->untold, 0);
	if (atomic_exchange(&w->told, 1) == 0)
		eventfd_write(w->event_fd, 1);
}

static void *
worker_main(void *arg)
{
	struct workers *w = arg;
	struct job *j;

	while ((j = job_take(w)) != NULL) {
		w->run(j->work);
		atomic_store(&j->done, 1);
		tell(w);
	}
	return (NULL);
}

static int
threads_start(struct workers *w)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int rc;

	do {
		rc = thread_start(&w->threads[w->n], worker_main, w);
		w->n += rc == 0;
	} while (rc == 0 && w->n < THREADS_MAX && w->n < cores);
	return (w->n > 0 ? 0 : rc);
}

struct workers *
workers_start(void (*run)(void *work))
{
	struct workers *w = need_zeroed(1, sizeof(*w));
	int rc;

	w->run = run;
	STAILQ_INIT(&w->all);
	STAILQ_INIT(&w->waiting);
	sem_init(&w->more, 0, 0);
	pthread_mutex_init(&w->lock, NULL);
	w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = w->event_fd == -1 ? errno : threads_start(w);
	if (rc == 0)
		return (w);
	log_alarm("workers failed=\"%s\"", strerror(rc));
	(void)workers_stop(w);
	return (NULL);
}

static void *
job_remove(struct workers *w, struct job *j)
{
	void *arg = j->arg;

	STAILQ_REMOVE_HEAD(&w->all, order);
	w->under_way--;
	free(j);
	return (arg);
}

void *
workers_stop(struct workers *w)
{
	int n;

	if (w == NULL)
		return (NULL);
	pthread_mutex_lock(&w->lock);
	STAILQ_INIT(&w->waiting);
	pthread_mutex_unlock(&w->lock);
	for (n = w->n; n > 0; n--)
		sem_post(&w->more);
	while (w->n > 0)
		pthread_join(w->threads[--w->n], NULL);
	if (!STAILQ_EMPTY(&w->all))
		return (job_remove(w, STAILQ_FIRST(&w->all)));
	if (w->event_fd != -1)
		close(w->event_fd);
	sem_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return (NULL);
}

void
workers_submit(struct workers *w, void *work, void *arg)
{
	struct job *j = need_zeroed(1, sizeof(*j));

	j->work = work;
	j->arg = arg;
	STAILQ_INSERT_TAIL(&w->all, j, order);
	w->under_way++;
	if (work == NULL) {
		atomic_store(&j->done, 1);
		return;
	}
	pthread_mutex_lock(&w->lock);
	STAILQ_INSERT_TAIL(&w->waiting, j, waiting);
	pthread_mutex_unlock(&w->lock);
	sem_post(&w->more);
}

int
workers_room(const struct workers *w)
{
	return (w->under_way < w->n * DEPTH);
}

int
workers_fd(const struct workers *w)
{
	return (w->event_fd);
}

void *
workers_next(struct workers *w)
{
	struct job *j = STAILQ_FIRST(&w->all);
	eventfd_t count;

	/* Read before looking again: what is done later makes it readable. */
	if ((j == NULL || !atomic_load(&j->done)) && atomic_load(&w->told) &&
	    eventfd_read(w->event_fd, &count) == 0)
		atomic_store(&w->told, 0);
	if (j == NULL || !atomic_load(&j->done))
		return (NULL);
	return (job_remove(w, j));
}
