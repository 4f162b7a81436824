#include <assert.h>
#include <stdlib.h>

#include "common/need.h"
#include "replica/core/core_impl.h"

#define BATCH  4096  /* records given to the disk at once */
#define RECENT 65536 /* records kept in memory for a slow follower */

void
jobs_add(struct core *c, int kind, uint64_t number, uint64_t size, int peer)
{
	struct job *j;

	if (c->job_tail - c->job_head == c->job_max) {
		uint64_t max = c->job_max == 0 ? 16 : c->job_max * 2;
		struct job *jobs = need_zeroed(max, sizeof(*jobs));

		for (uint64_t i = c->job_head; i != c->job_tail; i++)
			jobs[i & (max - 1)] = c->jobs[i & (c->job_max - 1)];
		free(c->jobs);
		c->jobs = jobs;
		c->job_max = max;
	}
	j = &c->jobs[c->job_tail++ & (c->job_max - 1)];
	j->kind = kind;
	j->number = number;
	j->size = size;
	j->peer = peer;
}

void
jobs_save(struct core *c)
{
	c->last_save = c->driver->save(c->arg, &c->config);
	jobs_add(c, JOB_SAVE, c->last_save, 0, -1);
}

void
jobs_store(struct core *c)
{
	struct record *batch[BATCH];
	uint64_t size = history_size(c->log);
	uint32_t n = 0;

	if (c->submitted == size)
		return;
	while (n < BATCH && c->submitted + n < size) {
		batch[n] = history_get(c->log, c->submitted + n);
		assert(batch[n] != NULL);
		n++;
	}
	c->submitted += n;
	c->storing++;
	jobs_add(c, JOB_STORE, c->driver->store(c->arg, batch, n, c->committed),
	    c->submitted, -1);
}

/* Jobs on the disk keep their order: is this one still to be done? */
int
jobs_pending(const struct core *c, uint64_t number)
{
	return (c->job_head != c->job_tail &&
	    c->jobs[c->job_head & (c->job_max - 1)].number <= number);
}

/*
 * Takes back what follows size.  Jobs already given to the disk come before
 * this truncation; what they made durable beyond it does not count.
 */
void
jobs_truncate(struct core *c, uint64_t size)
{
	struct record *last;
	uint64_t time = 0;

	assert(size >= c->committed && size <= history_size(c->log));
	core_say(c, 1, "truncate size=%llu to=%llu epoch=%llu",
	    (unsigned long long)history_size(c->log), (unsigned long long)size,
	    (unsigned long long)c->config.epoch);
	last = size > 0 ? history_get(c->log, size - 1) : NULL;
	if (last != NULL)
		time = last->time;
	c->machine->undo(c->arg, size);
	history_truncate(c->log, size, time);
	if (c->submitted > size) {
		jobs_add(
		    c, JOB_TRUNCATE, c->driver->truncate(c->arg, size), 0, -1);
		c->submitted = size;
	}
	if (c->durable > size)
		c->durable = size;
	if (c->matched > size)
		c->matched = size;
	for (uint64_t i = c->job_head; i != c->job_tail; i++) {
		struct job *j = &c->jobs[i & (c->job_max - 1)];

		if (j->kind == JOB_STORE && j->size > size)
			j->size = size;
	}
}

void
core_load(struct core *c, struct record *r)
{
	history_append(c->log, r);
	c->durable = c->submitted = history_size(c->log);
	if (c->durable - history_first(c->log) > 2 * RECENT)
		history_trim(c->log, c->durable - RECENT);
}

/* Frees the memory of records that nobody near the end needs any more. */
void
jobs_trim(struct core *c)
{
	uint64_t size = history_size(c->log);
	uint64_t keep = c->committed == 0 ? 0 : c->committed - 1;

	if (c->durable < keep)
		keep = c->durable;
	for (int i = 0; core_leads(c) && i < c->cf.n; i++)
		if (core_pushed(&c->peers[i]) && c->peers[i].next < keep &&
		    size - c->peers[i].next < RECENT)
			keep = c->peers[i].next;
	if (keep > history_first(c->log))
		history_trim(c->log, keep);
}
