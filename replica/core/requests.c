#include <stdlib.h>

#include "common/mutant.h"
#include "common/need.h"
#include "replica/core/core_impl.h"

#define PARKED_MAX 4096 /* requests waiting for a change of primary */

static void
queue_push(struct queue *q, struct waiter w)
{
	if (q->tail - q->head == q->max) {
		uint64_t max = q->max == 0 ? 256 : q->max * 2;
		struct waiter *items = need_zeroed(max, sizeof(*items));

		for (uint64_t i = q->head; i != q->tail; i++)
			items[i & (max - 1)] = q->items[i & (q->max - 1)];
		free(q->items);
		q->items = items;
		q->max = max;
	}
	q->items[q->tail++ & (q->max - 1)] = w;
}

static struct waiter *
queue_first(const struct queue *q)
{
	return (q->head == q->tail ? NULL : &q->items[q->head & (q->max - 1)]);
}

const struct waiter *
requests_oldest(const struct core *c)
{
	const struct waiter *w = queue_first(&c->writes);
	const struct waiter *r = queue_first(&c->reads);

	return (w == NULL || (r != NULL && r->since_ms < w->since_ms) ? r : w);
}

/* The best a client can be told: whom to ask, or who is missed. */
evote_standing
core_standing(const struct core *c, const char **host)
{
	int p = core_primary_peer(c);

	*host = "";
	/* One that may have been replaced says nothing of who serves. */
	if (c->role == EVOTE_PRIMARY &&
	    (!core_arbitrated(c) || failure_none(c)))
		return (EVOTE_SERVED);
	if (c->role != EVOTE_HALTED && !core_leads(c) && p >= 0 &&
	    !failure_suspected(c, p)) {
		*host = c->cf.names[p];
		return (EVOTE_NOT_PRIMARY);
	}
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const evote_member *m = &c->config.in_sync.in_sync_val[i];

		if (!config_id_equal(m->incarnation, core_self(c)))
			*host = m->name;
	}
	return (EVOTE_NOT_SERVING);
}

static void
refuse(struct core *c, uint64_t ticket)
{
	const char *host;
	evote_standing s = core_standing(c, &host);

	if (s == EVOTE_SERVED)
		s = EVOTE_TRY_AGAIN;
	c->driver->refuse(c->arg, ticket, s, host);
}

/* Rule 14. */
void
requests_do_due(struct core *c)
{
	struct record *r;
	struct entry_header at;

	if (!clock_good(&c->clock))
		return;
	for (;;) {
		at = core_next_header(c);
		if ((r = c->machine->due(c->arg, &at)) == NULL)
			return;
		core_append_record(c, r);
	}
}

/*
 * Rules 5 and 13.  Carries a request out and has its answer wait: a record for
 * its acceptance, a reading also for the in-sync hosts' word, asked for after
 * this moment, that this host is still the primary.
 */
static void
execute(struct core *c, uint64_t ticket, const evote_seen *seen)
{
	struct waiter w = {.ticket = ticket, .since_ms = c->now_ms};
	struct entry_header at;
	struct record *r;

	if (!config_id_zero(seen->cluster)) {
		if (!config_id_equal(seen->cluster, c->config.cluster)) {
			c->driver->refuse(
			    c->arg, ticket, EVOTE_OTHER_CLUSTER, "");
			return;
		}
		if (seen->epoch > c->config.epoch ||
		    seen->size > history_size(c->log)) {
			c->driver->refuse(c->arg, ticket, EVOTE_BEHIND, "");
			return;
		}
	}
	requests_do_due(c);
	at = core_next_header(c);
	r = c->machine->execute(c->arg, ticket, &at);
	if (r != NULL)
		core_append_record(c, r);
	w.need = history_size(c->log);
	if (r == NULL && !BUG(READ_UNCONFIRMED))
		w.round = c->round + !BUG(REUSE_CONFIRMATION);
	queue_push(r == NULL ? &c->reads : &c->writes, w);
}

/* Does this host soon know whether it serves? */
static int
expectant(const struct core *c)
{
	int p;

	if (c->role == EVOTE_CLAIMING || c->role == EVOTE_ESTABLISHING ||
	    c->role == EVOTE_HANDING ||
	    (c->role == EVOTE_BACKUP && c->proposal.phase == PROPOSAL_STORING))
		return (1);
	if (c->role != EVOTE_BACKUP || !c->membership_confirmed)
		return (0);
	p = core_primary_peer(c);
	return (p >= 0 && c->peers[p].conn == 0);
}

int
core_takes_requests(const struct core *c)
{
	return (c->role == EVOTE_PRIMARY || expectant(c));
}

void
requests_take(struct core *c, uint64_t ticket, const evote_seen *seen)
{
	if (c->role == EVOTE_PRIMARY)
		execute(c, ticket, seen);
	else if (expectant(c) && c->n_parked < PARKED_MAX) {
		if (c->n_parked == c->max_parked) {
			c->max_parked = c->max_parked * 2 + 64;
			c->parked = need(realloc(
			    c->parked, c->max_parked * sizeof(*c->parked)));
		}
		c->parked[c->n_parked].ticket = ticket;
		c->parked[c->n_parked].seen = *seen;
		c->parked[c->n_parked++].since_ms = c->now_ms;
	} else
		refuse(c, ticket);
}

/* Lets parked requests go: all when it is decided, else the old ones. */
void
requests_release_parked(struct core *c)
{
	int go = c->role == EVOTE_PRIMARY || !expectant(c);
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_parked; i++) {
		struct parked *h = &c->parked[i];

		if (c->role == EVOTE_PRIMARY)
			execute(c, h->ticket, &h->seen);
		else if (go || c->now_ms - h->since_ms > c->cf.hold_ms)
			refuse(c, h->ticket);
		else
			c->parked[n++] = *h;
	}
	c->n_parked = n;
}

/* What was asked of a primary that is none any more: ask again elsewhere. */
void
requests_release_all(struct core *c)
{
	struct waiter *w;

	while ((w = queue_first(&c->writes)) != NULL) {
		c->writes.head++;
		refuse(c, w->ticket);
	}
	while ((w = queue_first(&c->reads)) != NULL) {
		c->reads.head++;
		refuse(c, w->ticket);
	}
}

static void
answer(struct core *c, struct queue *q, uint64_t accepted, uint64_t confirmed)
{
	struct waiter *w;

	while ((w = queue_first(q)) != NULL && w->need <= accepted &&
	    w->round <= confirmed) {
		q->head++;
		c->driver->answer(c->arg, w->ticket);
	}
}

void
requests_answer(struct core *c, uint64_t accepted, uint64_t confirmed)
{
	answer(c, &c->writes, accepted, confirmed);
	answer(c, &c->reads, accepted, confirmed);
}
