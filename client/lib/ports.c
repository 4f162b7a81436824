#include "client/lib/ports.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/now.h"
#include "common/thread.h"

/*
 * One thread a host, since a name may have to be resolved first, which cannot
 * be bounded.  Threads that are late are left to themselves: whoever is last
 * frees what is shared.
 */
struct round {
	pthread_mutex_t lock;
	pthread_cond_t news;
	int refs;
	int asked, answered, found;
	uint32_t prog, vers;
	uint64_t deadline_ms;
	struct hosts hosts;
	int ports[EVOTE_HOSTS_MAX];
	caller_progress faults[EVOTE_HOSTS_MAX];
};

struct question {
	struct round *round;
	int host;
};

static struct round *
round_new(const struct hosts *hosts, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms)
{
	struct round *r = calloc(1, sizeof(*r));
	pthread_condattr_t attr;

	if (r == NULL)
		return (NULL);
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->news, &attr);
	pthread_condattr_destroy(&attr);
	r->refs = 1;
	r->hosts = *hosts;
	r->prog = prog;
	r->vers = vers;
	r->deadline_ms = deadline_ms;
	return (r);
}

/* With the lock held, which it lets go. */
static void
round_drop(struct round *r)
{
	int refs = --r->refs;

	pthread_mutex_unlock(&r->lock);
	if (refs > 0)
		return;
	pthread_cond_destroy(&r->news);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static void *
question_ask(void *arg)
{
	struct question q = *(struct question *)arg;
	struct round *r = q.round;
	const char *address = r->hosts.list[q.host].address;
	int port;

	free(arg);
	port = caller_port(
	    address, r->prog, r->vers, r->deadline_ms, &r->faults[q.host]);
	pthread_mutex_lock(&r->lock);
	r->answered++;
	if (port > 0) {
		r->ports[q.host] = port;
		r->found++;
	}
	pthread_cond_signal(&r->news);
	round_drop(r);
	return (NULL);
}

/* With the lock held. */
static void
question_start(struct round *r, int host)
{
	struct question *q = malloc(sizeof(*q));

	if (q == NULL)
		return;
	*q = (struct question){r, host};
	r->faults[host] = CALLER_NAME_LATE;
	if (thread_start(NULL, question_ask, q) == 0) {
		r->refs++;
		r->asked++;
	} else
		free(q);
}

/* With the lock held. */
static void
round_wait(struct round *r, uint64_t grace_ms)
{
	uint64_t until_ms = r->deadline_ms;
	struct timespec until;
	int rc = 0, had = 0;

	while (r->answered < r->asked && rc == 0) {
		if (r->found > 0 && !had) {
			had = 1;
			if (now_ms() + grace_ms < until_ms)
				until_ms = now_ms() + grace_ms;
		}
		until.tv_sec = (time_t)(until_ms / 1000);
		until.tv_nsec = (long)(until_ms % 1000) * 1000000;
		rc = pthread_cond_timedwait(&r->news, &r->lock, &until);
	}
}

void
ports_look_up(const struct hosts *hosts, int ports[EVOTE_HOSTS_MAX],
    enum caller_fault faults[EVOTE_HOSTS_MAX], uint32_t prog, uint32_t vers,
    uint64_t grace_ms, uint64_t deadline_ms)
{
	struct round *r = round_new(hosts, prog, vers, deadline_ms);
	int i;

	memset(faults, 0, sizeof(faults[0]) * EVOTE_HOSTS_MAX);
	if (r == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	for (i = 0; i < hosts->n; i++)
		if (ports[i] == 0)
			question_start(r, i);
	round_wait(r, grace_ms);
	for (i = 0; i < hosts->n; i++)
		if (ports[i] == 0) {
			ports[i] = r->ports[i];
			faults[i] = r->faults[i];
		}
	round_drop(r);
}
