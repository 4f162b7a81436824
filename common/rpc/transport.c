#include "common/rpc/transport_impl.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/log.h"
#include "common/now.h"

#define EVENTS_PER_WAIT 256
#define WAITS_PER_RUN	16
#define TRUSTED_CALLS	32 /* then it is another host's turn */
#define MORE_EVERY	8
#define REAPS_PER_FLUSH 64
#define SWEEP_MS	100
#define PATIENCE_MIN_MS 1000

/* ---- the run ---- */

static void
event_take(struct transport *t, const struct epoll_event *ev)
{
	uint64_t id = ev->data.u64;
	struct conn *c;

	if (id == ID_WAKE || id == ID_TRUSTED)
		return;
	if (id == ID_SHAKEN) {
		shakes_end(t);
		return;
	}
	if (id < ID_LISTENER + LISTENERS_MAX) {
		listener_accept(t, &t->listeners[id - ID_LISTENER]);
		return;
	}
	c = conn_find(t, (uint32_t)id, id >> 32);
	if (c == NULL)
		return;
	if (ev->events & (EPOLLERR | EPOLLHUP)) {
		conn_doom(c);
		return;
	}
	if (ev->events & EPOLLOUT && c->blocked)
		conn_dirty(c);
	if (ev->events & EPOLLRDHUP)
		c->ending = true;
	if (ev->events & (EPOLLIN | EPOLLRDHUP)) {
		c->unread = true;
		if (!c->paused)
			conn_ready(c, false);
	}
}

static void
events_take(struct transport *t, int epoll, struct epoll_event *events, int n)
{
	int i, waits = 0;

	do {
		for (i = 0; i < n; i++)
			event_take(t, &events[i]);
	} while (n == EVENTS_PER_WAIT && ++waits < WAITS_PER_RUN &&
	    (n = epoll_wait(epoll, events, EVENTS_PER_WAIT, 0)) > 0);
}

/* Whether the epoll of hosts and operators may have something. */
static bool
events_name_trusted(const struct epoll_event *events, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (events[i].data.u64 == ID_TRUSTED)
			return (true);
	return (n == EVENTS_PER_WAIT);
}

/* Each that is ready now has one turn; who is not done waits for the next. */
static void
trusted_serve(struct transport *t)
{
	struct conn *c, *last = TAILQ_LAST(&t->trusted, conns);

	while ((c = TAILQ_FIRST(&t->trusted)) != NULL) {
		conn_unready(c);
		conn_serve(c, TRUSTED_CALLS);
		if (c == last)
			return;
	}
}

/*
 * Who has just come goes before those whose earlier calls took longer than a
 * turn; so that those are not forgotten, they have one turn in some.
 */
static struct conn *
source_next(struct source *s)
{
	struct conns *list = &s->fresh;
	struct conn *c;

	if (TAILQ_EMPTY(list) || s->served++ % MORE_EVERY == MORE_EVERY - 1)
		list = TAILQ_EMPTY(&s->more) ? list : &s->more;
	c = TAILQ_FIRST(list);
	if (c != NULL)
		conn_unready(c);
	return (c);
}

/* One call of one source after the other, for as long as a turn may take. */
static void
strangers_serve(struct transport *t)
{
	uint64_t end = now_us() + t->config.turn_us;
	int left = t->config.turn_calls;
	struct source *s;
	struct conn *c;

	while (left-- > 0 && (s = TAILQ_FIRST(&t->turns)) != NULL) {
		TAILQ_REMOVE(&t->turns, s, turn);
		s->on_turn = false;
		c = source_next(s);
		if (!TAILQ_EMPTY(&s->fresh) || !TAILQ_EMPTY(&s->more)) {
			s->on_turn = true;
			TAILQ_INSERT_TAIL(&t->turns, s, turn);
		}
		if (c != NULL)
			conn_serve(c, 1);
		if (now_us() >= end)
			return;
	}
}

/* ---- patience ---- */

/* In 1024ths: all of it while half of what there is is free, then less. */
static uint64_t
patience(uint64_t taken, uint64_t most)
{
	uint64_t share = taken < most ? 2048 * (most - taken) / most : 0;

	return (share < 1024 ? share : 1024);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return (a < b ? a : b);
}

/* While places lack.  What is doomed counts as free already, here and below. */
static uint64_t
patience_for_places(const struct transport *t)
{
	return (patience((uint64_t)(t->strangers - t->leaving),
	    (uint64_t)t->config.max_conns));
}

/* With one connection, for anything that it takes up. */
static uint64_t
patience_with(const struct conn *c)
{
	const struct transport *t = c->transport;
	uint64_t share = least(patience_for_places(t),
	    patience(t->bytes - t->freed, t->config.max_memory));

	if (c->rank == RANK_TRUSTED)
		return (1024);
	if (!c->shaking)
		return (share);
	return (least(share,
	    patience((uint64_t)(t->shaking - t->giving_up),
		(uint64_t)transport_handshakes(&t->config))));
}

static bool
is_over(const struct transport *t, uint64_t since_ms, uint64_t limit_ms,
    uint64_t share)
{
	uint64_t shortest = least(limit_ms, PATIENCE_MIN_MS);
	uint64_t wanted = limit_ms * share / 1024;

	return (
	    t->now_ms - since_ms >= (wanted > shortest ? wanted : shortest));
}

/* Unheard, it takes up a place and nothing else: so its time runs for that. */
static bool
waits_in_vain(const struct conn *c)
{
	const struct transport *t = c->transport;
	uint64_t share = patience_for_places(t);

	return (c->ending ||
	    (c->rank == RANK_UNPROVEN && share < 1024 &&
		is_over(t, c->opened_ms, t->config.proof_ms, share)));
}

static void
conn_look(struct conn *c)
{
	const struct transport *t = c->transport;
	const struct transport_config *config = &t->config;
	uint64_t share = patience_with(c);

	conn_resume(c);
	if (shake_waits(c)) {
		if (waits_in_vain(c))
			conn_doom(c);
	} else if ((c->partial_ms != 0 &&
		       is_over(t, c->partial_ms, config->partial_ms, share)) ||
	    (c->blocked &&
		is_over(t, c->blocked_ms, config->partial_ms, share))) {
		c->transport->stats.malformed += c->partial_ms != 0;
		conn_doom(c);
	} else if (c->in_flight == 0 && c->rank == RANK_UNPROVEN) {
		if (is_over(t, c->opened_ms, config->proof_ms, share))
			conn_doom(c);
	} else if (c->in_flight == 0 &&
	    is_over(t, c->active_ms, config->idle_ms, share)) {
		conn_doom(c);
	}
}

static void
conns_look(struct transport *t, bool unproven)
{
	struct conn *c;
	uint32_t i;

	for (i = 0; i < t->n_slots; i++) {
		c = t->slots[i];
		if (c->state == CONN_OPEN &&
		    (c->rank == RANK_UNPROVEN) == unproven)
			conn_look(c);
	}
}

/* Those who have proved something go only if that was not enough. */
static void
conns_sweep(struct transport *t)
{
	t->swept_ms = t->now_ms;
	conns_look(t, true);
	conns_look(t, false);
	listeners_resume(t);
}

/* ---- the end of a turn ---- */

static void
wake_settle(struct transport *t)
{
	bool wanted = !TAILQ_EMPTY(&t->turns) || !TAILQ_EMPTY(&t->trusted) ||
	    !TAILQ_EMPTY(&t->dirty) || !TAILQ_EMPTY(&t->doomed) ||
	    (t->gave_back && !TAILQ_EMPTY(&t->shakes));
	uint64_t one = 1;
	ssize_t n;

	if (wanted == t->awake)
		return;
	if (wanted)
		n = write(t->wake_fd, &one, sizeof(one));
	else
		n = read(t->wake_fd, &one, sizeof(one));
	assert(n == sizeof(one));
	t->awake = wanted;
}

/* To all hosts and operators, and to strangers while the turn lasts. */
static void
dirty_send(struct transport *t)
{
	uint64_t end = now_us() + t->config.turn_us;
	struct conn *c;

	while ((c = TAILQ_FIRST(&t->dirty)) != NULL) {
		TAILQ_REMOVE(&t->dirty, c, dirty);
		c->on_dirty = false;
		if (c->state == CONN_OPEN)
			conn_send(c);
		if (c->rank != RANK_TRUSTED && now_us() >= end)
			return;
	}
}

void
transport_flush(struct transport *t)
{
	assert(!t->dispatching);
	dirty_send(t);
	conns_reap(t, REAPS_PER_FLUSH);
	wake_settle(t);
}

void
transport_run(struct transport *t, uint64_t now_ms)
{
	struct epoll_event all[EVENTS_PER_WAIT], trusted[EVENTS_PER_WAIT];
	int n;

	t->now_ms = now_ms;
	n = epoll_wait(t->epoll_fd, all, EVENTS_PER_WAIT, 0);
	if (events_name_trusted(all, n))
		events_take(t, t->trusted_fd, trusted,
		    epoll_wait(t->trusted_fd, trusted, EVENTS_PER_WAIT, 0));
	trusted_serve(t);
	events_take(t, t->epoll_fd, all, n);
	strangers_serve(t);
	shakes_begin(t);
	if (now_ms - t->swept_ms >= SWEEP_MS)
		conns_sweep(t);
	transport_flush(t);
}

int
transport_fd(struct transport *t)
{
	return (t->epoll_fd);
}

/* ---- setting up ---- */

struct transport *
transport_new(const struct transport_config *config)
{
	struct transport *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		log_alarm("transport memory=exhausted");
		return (NULL);
	}
	t->config = *config;
	sources_init(&t->sources);
	TAILQ_INIT(&t->turns);
	TAILQ_INIT(&t->trusted);
	TAILQ_INIT(&t->hellos);
	TAILQ_INIT(&t->shakes);
	TAILQ_INIT(&t->dirty);
	TAILQ_INIT(&t->doomed);
	TAILQ_INIT(&t->free);
	t->scratch = malloc(STREAM_MARK + config->max_call);
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	t->trusted_fd = epoll_create1(EPOLL_CLOEXEC);
	if (t->scratch == NULL || t->epoll_fd == -1 || t->wake_fd == -1 ||
	    t->trusted_fd == -1 ||
	    epoll_add(t->epoll_fd, t->wake_fd, EPOLLIN, ID_WAKE) == -1 ||
	    epoll_add(t->epoll_fd, t->trusted_fd, EPOLLIN, ID_TRUSTED) == -1 ||
	    (config->tls != NULL && shakes_start(t) == -1)) {
		log_alarm("transport start=failed errno=%d", errno);
		transport_free(t);
		return (NULL);
	}
	return (t);
}

void
transport_free(struct transport *t)
{
	uint32_t i;
	int l;

	if (t == NULL)
		return;
	for (i = 0; i < t->n_slots; i++)
		conn_doom(t->slots[i]);
	while (t->n_listeners > 0) {
		l = --t->n_listeners;
		close(t->listeners[l].fd);
		if (t->listeners[l].path != NULL)
			unlink(t->listeners[l].path);
		free(t->listeners[l].path);
	}
	conns_reap(t, INT_MAX);
	shakes_stop(t);
	for (i = 0; i < t->n_slots; i++)
		free(t->slots[i]);
	free(t->slots);
	free(t->scratch);
	if (t->wake_fd != -1)
		close(t->wake_fd);
	if (t->trusted_fd != -1)
		close(t->trusted_fd);
	if (t->epoll_fd != -1)
		close(t->epoll_fd);
	free(t);
}

void
transport_offer(struct transport *t, enum door door, uint32_t prog,
    uint32_t vers, dispatcher dispatch, void *arg)
{
	assert(t->n_offers < OFFERS_MAX);
	t->offers[t->n_offers++] =
	    (struct offer){door, prog, vers, dispatch, arg, 0};
}

void
transport_allow_plain(struct transport *t, uint32_t prog, uint32_t proc)
{
	struct offer *o;

	assert(proc < 32);
	for (o = t->offers; o < t->offers + t->n_offers; o++)
		if (o->prog == prog)
			o->plain |= 1u << proc;
}

void
transport_stats(const struct transport *t, struct transport_stats *stats)
{
	*stats = t->stats;
	stats->bytes = t->bytes;
}
