#include "sim.h"

static void
fault_kill(struct host *h, int wipe)
{
	if (h->alive) {
		wipe = wipe && may_wipe(h);
		host_kill(h);
		if (wipe)
			host_wipe(h);
	}
	later(chance(500) ? upto(5 * MS) : upto(3000 * MS),
	    (struct item){.what = W_START, .host = h->id});
}

/* Every host that will ever decide anything asks the witness first. */
static int
arbitrated(void)
{
	for (int i = 0; i < w.n_hosts; i++)
		if (!config_id_zero(w.hosts[i].k.cluster) &&
		    w.hosts[i].k.arbiter.kind == EVOTE_ARBITER_NONE)
			return (0);
	return (1);
}

/* What without an arbiter would be outside the promise. */
static void
fault_unheard(struct host *h)
{
	int to = (int)upto((uint64_t)w.n_hosts);
	uint64_t until = w.now + upto(2500 * MS);

	switch (upto(4)) {
	case 0:
		h->paused_until = until;
		break;
	case 1:
		w.witness_down = until;
		break;
	case 2:
		w.cut[h->id][to] = until;
		break;
	case 3:
		for (to = 0; to <= w.n_hosts; to++)
			w.cut[h->id][to] = w.cut[to][h->id] = until;
		if (chance(500))
			h->paused_until = w.now + upto(until - w.now);
		break;
	default:
		w.cut[h->id][to] = w.cut[to][h->id] = until;
		break;
	}
	note("%c is cut off or stopped", 'A' + h->id);
}

/* A damaged ledger is met at a start, all else by the process that runs. */
static void
fault_disk(struct host *h)
{
	uint64_t until = w.now + upto(1500 * MS);

	switch (upto(3)) {
	case 0:
		h->slow_until = until;
		break;
	case 1:
		h->full_until = until;
		break;
	case 2:
		h->eio_until = w.now + upto(100 * MS);
		break;
	default:
		if (!h->alive || !may_wipe(h))
			return;
		host_kill(h);
		h->damaged = 1;
		later(upto(1000 * MS),
		    (struct item){.what = W_START, .host = h->id});
		break;
	}
	note("%c has a bad disk", 'A' + h->id);
}

/* A primary that is stopped for long is outside the promise; others are not. */
static int
may_stop(const struct host *h)
{
	return (!h->alive || core_role(h->core) == EVOTE_BACKUP ||
	    core_role(h->core) == EVOTE_JOINING);
}

void
fault(void)
{
	struct host *h = &w.hosts[upto((uint64_t)w.n_hosts - 1)];
	unsigned what = (unsigned)upto(99);

	if (w.now > FAULTS_US)
		return;
	if (w.has_witness && arbitrated() && chance(400))
		fault_unheard(h);
	else if (what < 40)
		fault_kill(h, chance(80));
	else if (what < 45)
		for (int i = 0; i < w.n_hosts; i++)
			fault_kill(&w.hosts[i], chance(80));
	else if (what < 75) {
		link_break(h, (int)upto((uint64_t)w.n_hosts - 1));
	} else if (what < 85)
		h->paused_until =
		    w.now + upto(may_stop(h) ? 5000 * MS : 900 * MS);
	else if (what < 90 && h->alive && core_role(h->core) == EVOTE_PRIMARY)
		w.ordered |=
		    core_handover(h->core,
			&"A\0B\0C"[2 * upto((uint64_t)w.n_hosts - 1)]) == NULL;
	else if (what < 97)
		fault_disk(h);
	else
		h->clock_us += (int64_t)upto(8000 * MS) - (int64_t)(4000 * MS);
	check_equal();
	/* Some come in bursts: the second one hits what mends the
	 * first. */
	later(chance(300) ? upto(15 * MS) : upto(1500 * MS),
	    (struct item){.what = W_FAULT, .host = -1});
}

void
heal(void)
{
	note("healed");
	w.healed = 1;
	w.witness_down = 0;
	memset(w.cut, 0, sizeof(w.cut));
	for (int i = 0; i < w.n_hosts; i++) {
		w.hosts[i].paused_until = 0;
		w.hosts[i].clock_us = 0;
		w.hosts[i].slow_until = w.hosts[i].full_until = 0;
		w.hosts[i].eio_until = 0;
		if (!w.hosts[i].alive)
			host_start(&w.hosts[i]);
	}
}

/*
 * A disk was lost and the other host fell before it had noted that: it
 * waits for what never comes back, until somebody decides, who knows
 * what was lost.
 */
void
operate(void)
{
	for (int i = 0; i < w.n_hosts; i++) {
		struct host *h = &w.hosts[i];

		if (h->alive && h->unread && h->eio_until <= w.now &&
		    core_role(h->core) == EVOTE_HALTED) {
			host_kill(h);
			host_start(h);
		}
	}
	for (int i = 0; w.has_witness && i < w.n_hosts; i++)
		if (w.hosts[i].serving &&
		    core_role(w.hosts[i].core) == EVOTE_PRIMARY &&
		    w.hosts[i].k.arbiter.kind == EVOTE_ARBITER_NONE)
			core_arbiter(w.hosts[i].core, EVOTE_ARBITER_WITNESS,
			    "w=witness", 0);
	if (w.now < FAULTS_US + 8000 * MS) {
		later(300 * MS, (struct item){.what = W_OPERATOR});
		return;
	}
	if (w.forced) {
		/* Whom that left behind starts anew, on an empty disk.
		 */
		for (int i = 0; i < w.n_hosts; i++)
			if (w.hosts[i].alive &&
			    core_role(w.hosts[i].core) == EVOTE_HALTED) {
				host_kill(&w.hosts[i]);
				host_wipe(&w.hosts[i]);
				host_start(&w.hosts[i]);
			}
		return;
	}
	for (int i = 0; i < w.n_hosts; i++)
		if (w.hosts[i].serving)
			return;
	for (int i = 0; i < w.n_hosts; i++) {
		struct host *h = &w.hosts[i];

		if (h->alive && core_role(h->core) == EVOTE_WAITING &&
		    holds_all(h) &&
		    core_promote(h->core, h->k.epoch, 1) == NULL) {
			note("%c is promoted by force", 'A' + i);
			w.forced = 1;
			later(1000 * MS, (struct item){.what = W_OPERATOR});
			return;
		}
	}
}
