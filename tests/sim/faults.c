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

/*
 * A host is made as a clone of another one: its disk is that one's.  It is
 * given an empty one when somebody has read the alarm.
 */
static void
fault_copy(struct host *h)
{
	struct host *from = &w.hosts[upto((uint64_t)w.n_hosts - 1)];

	if (from == h || from->copied || from->damaged || from->size == 0 ||
	    from->k.epoch == 0 || !may_wipe(h))
		return;
	if (h->alive)
		host_kill(h);
	host_copy(h, from);
	from->cloned = 1;
	later(upto(300 * MS), (struct item){.what = W_START, .host = h->id});
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

/*
 * The witness that this host knows dies for good, and a new one is bought,
 * unless somebody still knows one that died before.
 */
static void
fault_witness(const struct host *h)
{
	int one;

	if (config_id_zero(h->k.cluster))
		return;
	one = h->k.arbiter.where[1] - '0';
	for (int i = 0; i < w.n_hosts; i++)
		if (!config_id_zero(w.hosts[i].k.cluster) &&
		    w.hosts[i].k.arbiter.where[1] - '0' != one)
			return;
	if (w.witness_dead[one])
		return;
	note("W%d dies", one);
	w.witness_dead[one] = 1;
	w.witness_dead[!one] = 0;
	config_clear(&w.witness[!one].k);
}

/* What without an arbiter would be outside the promise. */
static void
fault_unheard(struct host *h)
{
	int to = (int)upto((uint64_t)w.n_hosts);
	uint64_t until = w.now + upto(2500 * MS);

	switch (upto(5)) {
	case 0:
		h->paused_until = until;
		break;
	case 1:
		w.witness_down = until;
		break;
	case 5:
		if (chance(300))
			fault_witness(h);
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

	switch (w.ailing ? upto(9) : upto(3)) {
	case 0:
		h->slow_until = until;
		break;
	case 1:
		h->full_until =
		    w.now + upto(chance(500) ? 5000 * MS : 500 * MS);
		break;
	case 2:
		h->eio_until = w.now + upto(100 * MS);
		break;
	case 3:
		if (!h->alive || !may_wipe(h))
			return;
		host_kill(h);
		h->damaged = 1;
		later(upto(1000 * MS),
		    (struct item){.what = W_START, .host = h->id});
		break;
	default:
		h->slow_until = w.now + upto(5000 * MS);
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

/*
 * An operator who knows that all others are down, and that this one has all
 * they had: each of them has it in its set and goes on with it only.
 */
static void
fault_promote(struct host *h)
{
	if (w.has_witness || !h->alive || !holds_all(h) ||
	    core_role(h->core) != EVOTE_WAITING)
		return;
	for (int i = 0; i < w.n_hosts; i++) {
		const struct host *p = &w.hosts[i];

		if (p != h &&
		    (p->alive ||
			(!config_id_zero(p->k.cluster) &&
			    config_in_sync(&p->k, h->inc) < 0)))
			return;
	}
	if (core_promote(h->core, core_epoch(h->core), 1) == NULL)
		note("%c is promoted by force", 'A' + h->id);
}

/* An operator who cannot leave well alone, at the primary. */
static void
fault_hosts(void)
{
	struct host *h = &w.hosts[upto((uint64_t)w.n_hosts - 1)];
	const char *names[2] = {host_names[upto((uint64_t)w.n_hosts - 1)],
	    host_names[upto((uint64_t)w.n_hosts - 1)]};
	const char *what, *why;
	int again;

	if (!h->alive || h->paused_until > w.now)
		return;
	switch (upto(2)) {
	case 0:
		what = "add";
		why = core_add_host(h->core, names[0], "", &again);
		break;
	case 1:
		what = "remove";
		why = core_remove_host(h->core, names[0], &again);
		break;
	default:
		what = "prefer";
		why = core_prefer(h->core, names, 2, &again);
		break;
	}
	if (why == NULL)
		note("%c is to %s %s", 'A' + h->id, what, names[0]);
}

static void
fault_order(struct host *h)
{
	if (h->alive && core_role(h->core) == EVOTE_PRIMARY)
		w.ordered |=
		    core_handover(h->core,
			host_names[upto((uint64_t)w.n_hosts - 1)]) == NULL;
	else
		fault_promote(h);
}

/* Of a hundred: killed, all killed, a link breaks, stopped, ordered, disk. */
static const unsigned char shares[2][6] = {
    {40, 45, 75, 85, 90, 97},
    {15, 18, 50, 62, 70, 97},
};

/* What waits for the end of an earlier pause would not run before that. */
static void
fault_pause(struct host *h)
{
	uint64_t until = w.now + upto(may_stop(h) ? 5000 * MS : 900 * MS);

	if (until > h->paused_until)
		h->paused_until = until;
}

void
fault(void)
{
	struct host *h = &w.hosts[upto((uint64_t)w.n_hosts - 1)];
	const unsigned char *share = shares[w.ailing];
	unsigned what = (unsigned)upto(99);

	if (w.now > FAULTS_US)
		return;
	if (w.has_witness && arbitrated() && chance(400))
		fault_unheard(h);
	else if (what < share[0])
		fault_kill(h, chance(80));
	else if (what < share[1])
		for (int i = 0; i < w.n_hosts; i++)
			fault_kill(&w.hosts[i], chance(80));
	else if (what < share[2])
		link_break(h, (int)upto((uint64_t)w.n_hosts - 1));
	else if (what < share[3])
		fault_pause(h);
	else if (what < share[4])
		fault_order(h);
	else if (what < share[5])
		fault_disk(h);
	else if (chance(250))
		fault_copy(h);
	else
		h->clock_us += (int64_t)upto(8000 * MS) - (int64_t)(4000 * MS);
	for (int i = 0; w.reshuffled && i < 3; i++)
		fault_hosts();
	check_equal();
	/* Some come in bursts: the second one hits what mends the first. */
	later(chance(300) ? upto(15 * MS) : upto(1500 * MS),
	    (struct item){.what = W_FAULT, .host = -1});
}

/* Somebody dies while all the others are still learning of a new configuration.
 */
void
fault_strike(void)
{
	if (w.now < FAULTS_US)
		fault_kill(&w.hosts[upto((uint64_t)w.n_hosts - 1)], 0);
}

void
heal(void)
{
	note("healed");
	w.healed = 1;
	w.witness_down = 0;
	w.served = w.now;
	memset(w.cut, 0, sizeof(w.cut));
	for (int i = 0; i < w.n_hosts; i++) {
		/* Who is stopped goes on in his time: so does what waits. */
		w.hosts[i].clock_us = 0;
		w.hosts[i].slow_until = w.hosts[i].full_until = 0;
		w.hosts[i].eio_until = 0;
		if (!w.hosts[i].alive)
			host_start(&w.hosts[i]);
	}
}

/* ---- operators ---- */

static void
host_again(struct host *h, int wipe)
{
	host_kill(h);
	if (wipe)
		host_wipe(h);
	host_start(h);
}

static int
left_behind(const struct host *h)
{
	for (int i = 0; i < w.n_hosts; i++)
		if (config_barred(&w.hosts[i].k, h->inc))
			return (1);
	return (0);
}

/*
 * Its directory is a copy, or has become another host's: the set has it under
 * that name.  As the alarm says, it gets an empty one.
 */
static int
is_misnamed(const struct host *h)
{
	for (int i = 0; i < w.n_hosts; i++)
		if (config_in_sync(&w.hosts[i].k, h->inc) >= 0)
			return (!is_member(&w.hosts[i].k, h));
	return (h->copied);
}

/* Its directory ran elsewhere as well, and does not any more. */
static int
was_cloned(const struct host *h)
{
	for (int i = 0; i < w.n_hosts; i++)
		if (&w.hosts[i] != h && config_id_equal(w.hosts[i].inc, h->inc))
			return (0);
	return (h->cloned || h->copied);
}

/* It was removed, and the primary has added it again since. */
static int
added_again(const struct host *h)
{
	if (config_listed(core_config(h->core), host_names[h->id]))
		return (0);
	for (int i = 0; i < w.n_hosts; i++)
		if (w.hosts[i].alive &&
		    core_role(w.hosts[i].core) == EVOTE_PRIMARY &&
		    config_listed(
			core_config(w.hosts[i].core), host_names[h->id]))
			return (1);
	return (0);
}

/* Who has halted for his disk's sake, or because another was promoted. */
static void
attend_halted(struct host *h)
{
	if (!h->alive || core_role(h->core) != EVOTE_HALTED)
		return;
	if (is_misnamed(h))
		host_again(h, 1);
	else if (left_behind(h) && may_wipe(h))
		host_again(h, 1);
	else if ((h->unread && h->eio_until <= w.now) || added_again(h))
		host_again(h, 0);
	else if (was_cloned(h)) {
		h->cloned = 0;
		host_again(h, 0);
	}
}

/* The first witness, one more when it has died, and at last none perhaps. */
static void
attend_arbiter(struct host *h)
{
	const char *const names[2] = {"w0=witness", "w1=witness"};
	int arbitrated = h->k.arbiter.kind != EVOTE_ARBITER_NONE, now;

	if (!w.has_witness || !h->alive || core_role(h->core) != EVOTE_PRIMARY)
		return;
	if (w.now > FAULTS_US + 9000 * MS && w.seed % 4 == 1) {
		if (arbitrated)
			core_arbiter(h->core, EVOTE_ARBITER_NONE, "", 0);
		return;
	}
	now = arbitrated ? h->k.arbiter.where[1] - '0' : w.witness_dead[0];
	if (arbitrated && !w.witness_dead[now])
		return;
	if (arbitrated)
		now = !now;
	if (core_arbiter(
		h->core, EVOTE_ARBITER_WITNESS, names[now], arbitrated) == NULL)
		note("%c is given the witness %d", 'A' + h->id, now);
}

/* In the end all are hosts again. */
static void
attend_hosts(struct host *h)
{
	int again;

	if (!w.healed || !h->alive || core_role(h->core) != EVOTE_PRIMARY)
		return;
	for (int i = 0; i < w.n_hosts; i++)
		if (!config_listed(core_config(h->core), host_names[i]))
			(void)core_add_host(h->core, host_names[i], "", &again);
}

/*
 * A disk was lost and the other host fell before it had noted that, or the
 * witness died with the primary: a host waits for what never comes back, until
 * somebody decides, who knows what was lost.
 */
static void
attend_waiting(void)
{
	if (w.now < FAULTS_US + 6000 * MS || w.now > END_US - 6000 * MS ||
	    w.now - w.served < 4000 * MS)
		return;
	for (int i = 0; i < w.n_hosts; i++) {
		struct host *h = &w.hosts[i];

		if (h->alive && holds_all(h) &&
		    core_promote(h->core, core_epoch(h->core), 1) == NULL) {
			note("%c is promoted by force", 'A' + i);
			w.served = w.now;
			return;
		}
	}
}

void
operate(void)
{
	for (int i = 0; i < w.n_hosts; i++) {
		if (w.hosts[i].paused_until > w.now)
			continue;
		attend_halted(&w.hosts[i]);
		attend_arbiter(&w.hosts[i]);
		attend_hosts(&w.hosts[i]);
	}
	attend_waiting();
	later(300 * MS, (struct item){.what = W_OPERATOR});
}
