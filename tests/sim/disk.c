#include "sim.h"

static void
disk_start(struct host *h)
{
	uint64_t delay = 80 + upto(400);

	if (h->disk_busy || h->n_jobs == 0)
		return;
	h->disk_busy = 1;
	if (!w.healed && chance(h->jobs[0].kind == SAVE ? 60 : 10))
		delay += upto(300 * MS);
	if (h->slow_until > w.now) {
		delay +=
		    upto(chance(w.ailing ? 300 : 30) ? 4000 * MS : 60 * MS);
		/* That outlasts a slowness too short to be seen at a tick. */
		if (w.now + delay > w.uneasy)
			w.uneasy = w.now + delay;
	}
	later(
	    delay, (struct item){.what = W_DISK, .host = h->id, .a = h->life});
}

static uint64_t
job_add(struct host *h, struct job j)
{
	j.number = ++h->next_job;
	if (h->n_jobs == h->max_jobs) {
		h->max_jobs = h->max_jobs * 2 + 8;
		h->jobs = grown(h->jobs, h->max_jobs, sizeof(*h->jobs));
	}
	h->jobs[h->n_jobs++] = j;
	disk_start(h);
	return (j.number);
}

uint64_t
do_store(void *arg, struct record *const *r, uint32_t n, uint64_t accepted)
{
	struct job j = {.kind = STORE, .n = n, .accepted = accepted};

	j.records = grown(NULL, n, sizeof(*j.records));
	for (uint32_t i = 0; i < n; i++)
		j.records[i] = record_hold(r[i]);
	return (job_add(arg, j));
}

uint64_t
do_truncate(void *arg, uint64_t size)
{
	return (job_add(arg, (struct job){.kind = TRUNCATE, .size = size}));
}

uint64_t
do_load(void *arg, uint64_t from, uint32_t n)
{
	return (job_add(arg,
	    (struct job){.kind = LOAD, .size = from, .n = n > 50 ? 50 : n}));
}

uint64_t
do_save(void *arg, const evote_config *k)
{
	struct job j = {.kind = SAVE};

	config_copy(&j.k, k);
	return (job_add(arg, j));
}

void
job_drop(struct job *j)
{
	for (uint32_t i = 0; j->kind == STORE && i < j->n; i++)
		record_drop(j->records[i]);
	if (j->kind == STORE)
		free(j->records);
	if (j->kind == SAVE)
		config_clear(&j->k);
}

void
truncate_to(struct host *h, uint64_t size)
{
	while (h->size > size)
		record_drop(h->ledger[--h->size]);
	if (h->persisted_commit > h->size)
		h->persisted_commit = h->size;
}

static void
records_write(struct host *h, const struct job *j, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (h->size == h->max) {
			h->max = h->max * 2 + 256;
			h->ledger =
			    grown(h->ledger, h->max, sizeof(*h->ledger));
		}
		if (j->records[i]->seq != h->size)
			fail("a gap on the disk");
		h->ledger[h->size++] = record_hold(j->records[i]);
	}
}

void
job_tear(struct host *h, struct job *j)
{
	records_write(h, j, (uint32_t)upto(j->n - 1));
}

int
disk_full(const struct host *h)
{
	return (h->full_until > w.now);
}

/* What the job does to the platters. */
void
job_apply(struct host *h, struct job *j)
{
	switch (j->kind) {
	case STORE:
		records_write(h, j, j->n);
		h->persisted_commit =
		    j->accepted < h->size ? j->accepted : h->size;
		break;
	case TRUNCATE:
		truncate_to(h, j->size);
		break;
	case SAVE:
		check_saved(h, &j->k);
		if (!w.healed && chance(40))
			later(upto(4 * MS),
			    (struct item){
				.what = W_FAULT, .host = h->id, .b = 2});
		config_clear(&h->k);
		config_copy(&h->k, &j->k);
		break;
	case LOAD:
		break;
	}
}

/* A write that fails ends the process: what is there now is unknown. */
static int
job_fails(struct host *h, const struct job *j)
{
	if (j->kind == LOAD ||
	    !(h->eio_until > w.now ||
		(disk_full(h) && j->kind == STORE && chance(100))))
		return (0);
	note("%c: its disk failed", 'A' + h->id);
	host_kill(h);
	later(upto(1000 * MS), (struct item){.what = W_START, .host = h->id});
	return (1);
}

void
disk_done(struct host *h)
{
	struct job j = h->jobs[0];
	struct event ev = {.kind = EV_STORED, .job = j.number};

	if (job_fails(h, &j))
		return;
	memmove(h->jobs, h->jobs + 1, --h->n_jobs * sizeof(*h->jobs));
	h->disk_busy = 0;
	job_apply(h, &j);
	if (j.kind == LOAD) {
		ev.from = j.size;
		ev.n = j.n;
		if (ev.n > h->size - ev.from)
			ev.n = (uint32_t)(h->size - ev.from);
		if (h->eio_until > w.now)
			ev.n = 0;
		h->unread |= ev.n == 0;
		ev.records = grown(NULL, ev.n + 1, sizeof(*ev.records));
		for (uint32_t i = 0; i < ev.n; i++)
			ev.records[i] = record_hold(h->ledger[j.size + i]);
		ev.kind = EV_LOADED;
	}
	host_step(h, &ev);
	free(ev.records);
	job_drop(&j);
	disk_start(h);
}
