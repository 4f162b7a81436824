#include <assert.h>

#include "sim.h"

void
question_free(struct question *q)
{
	xdr_free((xdrproc_t)xdr_evote_decide, (char *)&q->ask);
	xdr_free((xdrproc_t)xdr_evote_decided, (char *)&q->answer);
	free(q);
}

static struct question *
question_copy(const struct question *q)
{
	struct question *copy = grown(NULL, 1, sizeof(*copy));

	*copy = *q;
	if (q->ask.next != NULL) {
		copy->ask.next = grown(NULL, 1, sizeof(*q->ask.next));
		config_copy(copy->ask.next, q->ask.next);
	}
	return (copy);
}

/* Some get lost, and some arrive when their author has long been dead. */
static void
question_send(struct question *q)
{
	uint64_t delay = 30 + upto(200);

	if (!w.healed && chance(10))
		delay += upto(1500 * MS);
	if (is_cut(q->host, w.n_hosts) || (!w.healed && chance(10)))
		question_free(q);
	else
		later(delay,
		    (struct item){.what = W_DECIDE, .host = q->host, .p = q});
}

void
do_decide(void *arg, const evote_arbiter *to, const evote_decide *d)
{
	struct host *h = arg;
	struct question *q = grown(NULL, 1, sizeof(*q));

	assert(to->kind == EVOTE_ARBITER_WITNESS);
	memset(q, 0, sizeof(*q));
	q->host = h->id;
	q->witness = to->where[1] - '0'; /* "w0=..." */
	q->life = h->life;
	q->ask = *d;
	q->ask.next = NULL;
	if (d->next != NULL) {
		q->ask.next = grown(NULL, 1, sizeof(*d->next));
		config_copy(q->ask.next, d->next);
	}
	if (!w.healed && chance(10))
		question_send(question_copy(q));
	question_send(q);
}

/*
 * It has stored its configuration when the verdict goes out; which may get
 * lost.
 */
void
witness_hears(struct question *q)
{
	char name[2] = {(char)('A' + q->host), '\0'};
	struct witness *witness = &w.witness[q->witness];
	evote_config before = {.epoch = 0};

	if (w.witness_down > w.now || w.witness_dead[q->witness]) {
		question_free(q);
		return;
	}
	config_copy(&before, &witness->k);
	if (witness_decide(
		witness, name, w.now / MS + 1000, &q->ask, &q->answer)) {
		note("W%d epoch=%" PRIu64 " for %s", q->witness,
		    (uint64_t)witness->k.epoch, name);
		if (!q->ask.install)
			check_granted(&before, &witness->k);
	}
	config_clear(&before);
	if (is_cut(w.n_hosts, q->host) || (!w.healed && chance(20)))
		question_free(q);
	else
		later(120 + upto(600),
		    (struct item){.what = W_DECIDED, .host = q->host, .p = q});
}

void
witness_says(struct question *q)
{
	struct host *h = &w.hosts[q->host];
	struct event ev = {.kind = EV_DECIDED, .decided = &q->answer};

	if (h->life == q->life)
		host_step(h, &ev);
	question_free(q);
}
