#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "common/merkle.h"
#include "sim.h"

static void
on_abort(int sig)
{
	char line[64];
	int n = snprintf(
	    line, sizeof(line), "sim: FAILED SEED %" PRIu64 "\n", w.seed);

	if (write(2, line, (size_t)n) < 0)
		_exit(3);
	_exit(2);
}

/*
 * A paused process does nothing yet; what is for it comes when it goes on.
 */
static int
paused(struct item *it)
{
	int host = it->host;

	switch (it->what) {
	case W_DELIVER:
		host = it->b == 0 ? it->peer : it->host;
		break;
	case W_TICK:
	case W_FLUSH:
	case W_DISK:
	case W_CONNECT:
	case W_REQUEST:
	case W_GONE:
	case W_REST:
	case W_SIGN:
		break;
	default:
		return (0);
	}
	if (w.hosts[host].paused_until <= w.now)
		return (0);
	/* First comes what was waiting, then what this process does by itself.
	 */
	later(w.hosts[host].paused_until - w.now +
		(it->what == W_TICK ? upto(2 * MS) : 0),
	    *it);
	return (1);
}

/*
 * Of all that ever happens, when and to whom (FNV-1a): two builds of which all
 * seeds leave the same digest have done the same.  What they log is not in it.
 */
static uint64_t digest = 0xcbf29ce484222325;

static void
digest_add(uint64_t n)
{
	for (int i = 0; i < 64; i += 8)
		digest = (digest ^ ((n >> i) & 0xff)) * 0x100000001b3;
}

static void
happen(struct item *it)
{
	struct host *h =
	    it->host >= 0 && it->host < w.n_hosts ? &w.hosts[it->host] : NULL;
	struct event ev = {0};

	switch (it->what) {
	case W_TICK:
		if (h->life != it->a)
			break;
		host_look_at_space(h);
		ev.kind = EV_TICK;
		host_step(h, &ev);
		check_prompt(h);
		later(100 * MS,
		    (struct item){.what = W_TICK, .host = h->id, .a = h->life});
		break;
	case W_FLUSH:
		if (h->life != it->a)
			break;
		h->flush_due = 0;
		ev.kind = EV_FLUSH;
		host_step(h, &ev);
		break;
	case W_DISK:
		if (h->life == it->a)
			disk_done(h);
		break;
	case W_CONNECT:
		if (h->life == it->a)
			link_connect(h, it->peer);
		break;
	case W_DELIVER:
		if (h->links[it->peer].conn != it->a)
			break;
		if (it->b == 0 ? is_cut(h->id, it->peer)
			       : is_cut(it->peer, h->id))
			later(20 * MS + upto(200 * MS), *it);
		else
			link_deliver(h, it->peer, (int)it->b);
		break;
	case W_REST:
		rest_deliver(it->p);
		break;
	case W_DECIDE:
		witness_hears(it->p);
		break;
	case W_DECIDED:
		witness_says(it->p);
		break;
	case W_GONE:
		if (h->life != it->a)
			break;
		ev.kind = EV_CALLER_GONE;
		ev.peer = place_of(h, it->peer);
		ev.conn = it->b;
		host_step(h, &ev);
		break;
	case W_SIGN:
		if (h->life == it->a)
			note_make(h);
		break;
	case W_CLIENT:
		client_look(&w.clients[it->host], it->a);
		break;
	case W_REQUEST:
		request_arrives(it->p, it->host);
		break;
	case W_ANSWER:
		client_answer(&w.clients[it->host], it->p,
		    (evote_standing)it->a, it->peer);
		free(it->p);
		break;
	case W_FAULT:
		if (it->b == 1) {
			if (h->links[it->peer].conn == it->a)
				link_break(h, it->peer);
		} else if (it->b == 2)
			fault_strike();
		else
			fault();
		break;
	case W_OPERATOR:
		operate();
		break;
	case W_START:
		if (!h->alive)
			host_start(h);
		break;
	}
}

static void
begin(uint64_t seed, int trace)
{
	unsigned char *inc;

	w.seed = w.chance = seed;
	w.trace = trace;
	w.n_hosts = chance(300) ? 3 : 2;
	w.failback = chance(700);
	w.has_witness = chance(500);
	w.witness[0].deny_ms = w.witness[1].deny_ms = DENY_MS;
	w.ailing = chance(350);
	w.swapped = chance(300);
	w.reshuffled = chance(300);
	w.upgraded = !w.reshuffled && chance(300);
	w.late = chance(500) ? (unsigned)upto(1000) : 0;
	w.tree = merkle_new();
	w.quiet =
	    chance(w.ailing ? 700 : 100) ? FAULTS_US - upto(3000 * MS) : END_US;
	for (int i = 0; i < w.n_hosts; i++) {
		w.hosts[i].id = i;
		w.hosts[i].older = w.upgraded;
		host_wipe(&w.hosts[i]);
	}
	/* The first host is where the cluster was made. */
	{
		struct host *h = &w.hosts[0];
		struct election_state *e = election_new();
		struct op op = {.kind = EVOTE_OP_GENESIS};
		struct entry_header at = {0, 0, WALL_START - 1};
		struct outcome out;
		struct job j = {.kind = STORE, .n = 1, .accepted = 1};
		evote_config none = {0};

		inc = h->inc;
		config_copy(&h->k, &none);
		memset(h->k.cluster, 7, sizeof(h->k.cluster));
		memcpy(h->k.primary, inc, sizeof(h->inc));
		config_add(&h->k, "", inc);
		memset(op.genesis.cluster, 7, sizeof(op.genesis.cluster));
		op.genesis.origin = "sim";
		j.records = grown(NULL, 1, sizeof(*j.records));
		j.records[0] = election_execute(e, &op, &at, &out);
		job_apply(h, &j);
		job_drop(&j);
		election_free(e);
	}
	for (int i = 0; i < w.n_hosts; i++)
		later(
		    upto(500 * MS), (struct item){.what = W_START, .host = i});
	for (int i = 0; i < CLIENTS; i++) {
		w.clients[i].number = 1;
		later(upto(200 * MS),
		    (struct item){
			.what = W_CLIENT, .host = i, .a = UINT64_MAX});
	}
	later(1000 * MS, (struct item){.what = W_FAULT, .host = -1});
	later(600 * MS, (struct item){.what = W_OPERATOR});
}

static void
finish(void)
{
	for (int i = 0; i < w.n_hosts; i++) {
		struct host *h = &w.hosts[i];

		for (uint32_t j = 0; j < h->n_jobs; j++)
			job_drop(&h->jobs[j]);
		for (uint32_t j = 0; j < h->n_taken; j++)
			free(h->taken[j]);
		for (int j = 0; j < w.n_hosts; j++)
			link_clear(&h->links[j]);
		core_free(h->core);
		election_free(h->election);
		truncate_to(h, 0);
		config_clear(&h->k);
		free(h->ledger);
		free(h->jobs);
		free(h->taken);
	}
	config_clear(&w.witness[0].k);
	config_clear(&w.witness[1].k);
	for (size_t i = 0; i < w.n; i++)
		if (w.heap[i].what == W_DECIDE || w.heap[i].what == W_DECIDED)
			question_free(w.heap[i].p);
		else if (w.heap[i].what == W_REST)
			rest_free(w.heap[i].p);
		else if (w.heap[i].what == W_REQUEST ||
		    w.heap[i].what == W_ANSWER)
			free(w.heap[i].p);
	free(w.heap);
	free(w.accepted);
	free(w.states);
	free(w.notes);
	free(w.receipts);
	merkle_free(w.tree);
}

static uint64_t
run(uint64_t seed, int trace)
{
	uint64_t ops;

	memset(&w, 0, sizeof(w));
	begin(seed, trace);
	while (w.n > 0) {
		struct item it = next_item();

		w.now = it.at;
		if (w.now > END_US)
			break;
		if (w.now > FAULTS_US && !w.healed)
			heal();
		/* Clients stop in time for the rest to settle. */
		if (w.now > END_US - 5000 * MS && it.what == W_CLIENT)
			continue;
		if (paused(&it))
			continue;
		digest_add(it.at);
		digest_add((uint64_t)it.what << 32 | (uint32_t)it.host);
		happen(&it);
		it.p = NULL;
	}
	check_end();
	ops = w.ops;
	digest_add(ops);
	for (int i = 0; i < w.n_hosts; i++)
		digest_add(w.hosts[i].size);
	if (trace)
		printf("seed %" PRIu64 ": %d hosts, %" PRIu64
		       " answers, %" PRIu64 " records, %" PRIu64
		       " kills, %" PRIu64 " times a primary began, %" PRIu64
		       " signatures, %u receipts\n",
		    seed, w.n_hosts, ops, w.hosts[0].size, w.kills, w.takeovers,
		    w.signatures, w.n_receipts);
	finish();
	return (ops);
}

int
main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	uint64_t ops = 0;
	time_t told = time(NULL);
	double spent;

	signal(SIGABRT, on_abort);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (count == 0) {
		run(first, 1);
		return (0);
	}
	for (uint64_t s = first; s < first + count; s++) {
		ops += run(s, 0);
		if (time(NULL) - told >= 10) {
			fprintf(stderr, "sim: at seed %" PRIu64 "\n", s);
			told = time(NULL);
		}
	}
	spent = (double)clock() / CLOCKS_PER_SEC;
	printf("sim: %" PRIu64 " seeds from %" PRIu64 " passed, %" PRIu64
	       " answers, %.0f a second, digest %016" PRIx64 "\n",
	    count, first, ops, (double)ops / (spent > 0 ? spent : 1), digest);
	return (0);
}
