#include "common/mutant.h"
#include "sim.h"

void
host_step(struct host *h, struct event *ev)
{
	ev->now_ms = w.now / MS + 1000;
	ev->wall_us = WALL_START + w.now + (uint64_t)h->clock_us;
	core_step(h->core, ev);
	check_step(h);
	if (ev->kind != EV_FLUSH && !h->flush_due) {
		h->flush_due = 1;
		later(upto(40),
		    (struct item){
			.what = W_FLUSH, .host = h->id, .a = h->life});
	}
}

/* It learns of it at its start, and from then on with its beats. */
void
host_look_at_space(struct host *h)
{
	struct event ev = {.kind = EV_ROOM, .room = !disk_full(h)};

	host_step(h, &ev);
}

static void
do_log(void *arg, int alarm, const char *line)
{
	struct host *h = arg;

	note("%c %s%s", 'A' + h->id, alarm ? "! " : "", line);
	(void)h;
}

static void
do_serving(void *arg, int yes)
{
	struct host *h = arg;

	h->serving = yes;
	if (yes)
		check_serving(h);
}

static const struct driver driver = {do_store, do_truncate, do_load, do_save,
    do_decide, do_call, do_reply, do_reset, do_host, do_answer, do_refuse,
    do_serving, do_log, do_cosigned};

const char *const host_names[HOSTS_MAX] = {"A", "B", "C"};

/* Its own list: those of the cluster, some day in another order. */
static void
list_hosts(const struct host *h, struct core_config *cf)
{
	int all[HOSTS_MAX] = {0, 1, 2};

	for (int i = 0; w.swapped && i < w.n_hosts; i++) {
		int other = (int)upto((uint64_t)w.n_hosts - 1), one = all[i];

		all[i] = all[other];
		all[other] = one;
	}
	for (int i = 0; i < w.n_hosts; i++) {
		if (all[i] == h->id)
			cf->self = i;
		cf->names[i] = host_names[all[i]];
	}
	cf->n = w.n_hosts;
}

void
host_start(struct host *h)
{
	struct core_config cf = {.config = h->k,
	    .failback = w.failback,
	    .beat_ms = BEAT_MS,
	    .suspect_ms = SUSPECT_MS,
	    .quick_ms = QUICK_MS,
	    .hold_ms = HOLD_MS};
	struct event ev = {.kind = EV_START, .from = h->persisted_commit};
	char err[160];

	if (h->damaged) {
		/* It says so, and an operator gives it an empty one. */
		note("%c finds its ledger damaged", 'A' + h->id);
		if (may_wipe(h))
			host_wipe(h);
		later(200 * MS, (struct item){.what = W_START, .host = h->id});
		return;
	}
	note("%c starts", 'A' + h->id);
	h->epoch = h->k.epoch;
	h->unread = 0;
	h->alive = 1;
	h->life++;
	h->next_job = 0;
	h->flush_due = 0;
	list_hosts(h, &cf);
	memset(h->at, -1, sizeof(h->at));
	memset(h->called, 0, sizeof(h->called));
	memcpy(cf.incarnation, h->inc, sizeof(h->inc));
	h->older = h->older && !chance(300);
	if (!h->older)
		memcpy(cf.key, h->key, sizeof(h->key));
	cf.key_first = !w.upgraded;
	memset(&h->attempt, 0, sizeof(h->attempt));
	h->n_wanted = 0;
	cf.instance[0] = (unsigned char)(h->id + 1);
	memcpy(cf.instance + 1, &h->life, sizeof(h->life));
	h->election = election_new();
	h->core = core_new(&cf, &machine, &driver, h);
	for (uint64_t i = 0; i < h->size; i++) {
		if (election_replay(
			h->election, h->ledger[i], err, sizeof(err)) == -1)
			fail(err);
		core_load(h->core, record_hold(h->ledger[i]));
	}
	election_discard_undo(h->election, h->persisted_commit);
	host_step(h, &ev);
	host_look_at_space(h);
	later(upto(100 * MS),
	    (struct item){.what = W_TICK, .host = h->id, .a = h->life});
}

/*
 * The process is gone.  Of what the disk was to do the first part was done,
 * and of a batch that was being written perhaps the beginning.
 */
void
host_kill(struct host *h)
{
	uint32_t done = (uint32_t)upto(h->n_jobs);

	note("%c killed size=%" PRIu64, 'A' + h->id,
	    history_size(core_history(h->core)));
	w.kills++;
	h->alive = h->serving = 0;
	h->life++;
	for (uint32_t i = 0; i < h->n_jobs; i++) {
		if (i < done)
			job_apply(h, &h->jobs[i]);
		else if (i == done && h->jobs[i].kind == STORE && chance(500))
			job_tear(h, &h->jobs[i]);
		job_drop(&h->jobs[i]);
	}
	h->n_jobs = 0;
	h->disk_busy = 0;
	for (uint32_t i = 0; i < h->n_taken; i++)
		free(h->taken[i]);
	h->n_taken = 0;
	for (int i = 0; i < w.n_hosts; i++) {
		link_break(h, i);
		h->links[i].trying = 0;
		link_break(&w.hosts[i], h->id);
	}
	core_free(h->core);
	election_free(h->election);
}

/* An empty disk in its place, which is another incarnation. */
void
host_wipe(struct host *h)
{
	note("%c wiped", 'A' + h->id);
	truncate_to(h, 0);
	h->persisted_commit = 0;
	h->damaged = h->copied = 0;
	config_clear(&h->k);
	if (BUG(KEEP_IDENTITY) && h->inc[0] != 0)
		return;
	for (size_t i = 0; i < sizeof(h->inc); i++)
		h->inc[i] = (unsigned char)rng();
	h->inc[0] = (unsigned char)(h->id + 1);
	memcpy(h->key, h->inc, sizeof(h->inc));
	h->key[31] = 'k';
}

/* An operator makes its directory from another host's, as it is on disk. */
void
host_copy(struct host *h, const struct host *from)
{
	struct job j = {.kind = STORE, .n = (uint32_t)from->size};

	host_wipe(h);
	note("%c is made a copy of %c", 'A' + h->id, 'A' + from->id);
	j.accepted = from->persisted_commit;
	j.records = grown(NULL, from->size + 1, sizeof(*j.records));
	for (uint64_t i = 0; i < from->size; i++)
		j.records[i] = record_hold(from->ledger[i]);
	job_apply(h, &j);
	job_drop(&j);
	config_copy(&h->k, &from->k);
	memcpy(h->inc, from->inc, sizeof(h->inc));
	memcpy(h->key, from->key, sizeof(h->key));
	h->copied = 1;
}
