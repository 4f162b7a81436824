#include "common/rpc/transport_impl.h"

#include <limits.h>
#include <stdlib.h>

#include "common/need.h"

/*
 * Handshakes of TLS, which workers do.  While one has the TLS of a connection,
 * the connection has none: so it may end meanwhile.
 *
 * A handshake holds three times what a connection in TLS does, for as long as
 * its client likes.  So only so many are under way as a part of all memory
 * holds.  Whoever comes then is not heard until there is room, and is not to
 * blame for the time: after a take-over everybody comes at once.
 */
#define SHAKES_PART 4	  /* of all memory, one of so many is for them */
#define HEAR_BYTES  16640 /* more than a record of TLS */
#define HEARS_MAX   32	  /* parts that a handshake may come in */

struct shake {
	struct tls *tls;
	uint64_t conn;
	enum tls_got got;
};

static void
shake_run(void *work)
{
	struct shake *k = work;

	k->got = tls_shake(k->tls);
}

int
shakes_start(struct transport *t)
{
	t->workers = workers_start(shake_run);
	if (t->workers == NULL)
		return (-1);
	return (
	    epoll_add(t->epoll_fd, workers_fd(t->workers), EPOLLIN, ID_SHAKEN));
}

void
shakes_stop(struct transport *t)
{
	struct shake *k;

	while ((k = workers_stop(t->workers)) != NULL) {
		tls_free(k->tls);
		free(k);
	}
	t->workers = NULL;
}

/* ---- room ---- */

int
transport_handshakes(const struct transport_config *config)
{
	size_t n = config->max_memory / SHAKES_PART / TLS_SHAKE_BYTES;

	return (n == 0 ? 1 : n < INT_MAX ? (int)n : INT_MAX);
}

/*
 * A source may have as many under way as there is room for more, as with
 * connections (source_may_open); where a host is expected, always a few.
 */
static int
source_shakes_left(const struct transport *t, const struct source *s)
{
	int left = transport_handshakes(&t->config) - t->shaking;

	if (t->bytes >= t->config.max_memory)
		left = 0;
	if (s->host && left < TRANSPORT_HOST_PLACES)
		left = TRANSPORT_HOST_PLACES;
	return (left);
}

/* ---- waiting ---- */

bool
shake_waits(const struct conn *c)
{
	return (c->ready_on == &c->source->shakes);
}

/* One source after the other, those of hosts first. */
static void
source_wait(struct transport *t, struct source *s)
{
	if (s->on_shakes)
		return;
	s->on_shakes = true;
	if (s->host)
		TAILQ_INSERT_HEAD(&t->shakes, s, shake);
	else
		TAILQ_INSERT_TAIL(&t->shakes, s, shake);
}

void
shakes_prefer(struct transport *t, struct source *s)
{
	if (s == NULL || !s->on_shakes)
		return;
	TAILQ_REMOVE(&t->shakes, s, shake);
	TAILQ_INSERT_HEAD(&t->shakes, s, shake);
}

static void
shake_wait(struct conn *c)
{
	c->ready_on = &c->source->shakes;
	TAILQ_INSERT_TAIL(c->ready_on, c, ready);
	source_wait(c->transport, c->source);
}

/*
 * TLS is held as long as its connection is.  So it gets three quarters of what
 * its source may hold (conn_has_room): the rest is for calls.
 */
static bool
source_has_room(const struct transport *t, const struct source *s)
{
	size_t room = source_room(t, s);

	return (s->bytes <= room - room / 4);
}

/* At its begin.  Or another connection of its source gives way. */
static bool
shake_has_room(struct conn *c)
{
	struct transport *t = c->transport;

	if (c->rank == RANK_TRUSTED || source_has_room(t, c->source))
		return (true);
	t->stats.yielded++;
	return (source_yield(t, c->source, true, c));
}

/*
 * Its TLS, on whose way out goes first what its client has not taken yet, if
 * only the answer to the probe.
 */
static int
shake_open(struct conn *c)
{
	struct outbox *out = &c->out;
	size_t size = outbox_size(out);

	if (c->tls != NULL)
		return (0);
	c->tls = tls_accept(c->transport->config.tls);
	if (c->tls == NULL ||
	    (size > 0 &&
		outbox_add(tls_outbox(c->tls), out->data + out->start, size) ==
		    -1))
		return (-1);
	outbox_clear(out);
	return (0);
}

/* Of this source one may be heard, or NULL: all that waited have gone. */
static struct conn *
source_take(struct transport *t, struct source *s)
{
	struct conn *c = TAILQ_FIRST(&s->shakes);

	TAILQ_REMOVE(&t->shakes, s, shake);
	s->on_shakes = false;
	if (c != NULL)
		conn_unready(c);
	if (!TAILQ_EMPTY(&s->shakes))
		source_wait(t, s);
	return (c);
}

/*
 * The next source's whose share of the places is not used up.  Few sources use
 * theirs up, so the loop soon finds one, or that no place is left at all.
 */
static struct conn *
shake_next(struct transport *t)
{
	struct source *s, *next;
	struct conn *c;
	int left;

	for (s = TAILQ_FIRST(&t->shakes); s != NULL; s = next) {
		next = TAILQ_NEXT(s, shake);
		left = source_shakes_left(t, s);
		if (left <= 0)
			return (NULL);
		if (s->shaking < left && (c = source_take(t, s)) != NULL)
			return (c);
	}
	return (NULL);
}

/* One step of it is done. */
static void
shake_step(struct conn *c, enum tls_got got)
{
	conn_dirty(c);
	conn_charge(c);
	switch (got) {
	case TLS_OK:
		conn_shaken(c);
		c->channel = CHANNEL_TLS;
		c->sealed = true;
		c->partial_ms = 0;
		conn_ready(c, false);
		break;
	case TLS_MORE:
		if (c->unread)
			conn_ready(c, false);
		break;
	default:
		channel_break(c);
	}
}

/* What it has sent of a handshake. */
static void
shake_take(struct conn *c, const void *bytes, size_t n)
{
	struct transport *t = c->transport;

	conn_touch(c);
	if (++c->heard > HEARS_MAX) {
		conn_reject(c, "too many parts of a handshake");
	} else if (c->tls == NULL && !shake_has_room(c)) {
		t->stats.shed++;
		conn_doom(c);
	} else if (shake_open(c) == -1 || tls_feed(c->tls, bytes, n) == -1) {
		conn_starved(c);
	} else if (tls_is_signed(c->tls)) {
		/* Too little for a job. */
		shake_step(c, tls_shake(c->tls));
	} else {
		c->ready_on = &t->hellos;
		TAILQ_INSERT_TAIL(c->ready_on, c, ready);
	}
}

static void
shake_read(struct conn *c)
{
	void *bytes = c->transport->scratch;
	size_t n;

	n = channel_recv(c, bytes, HEAR_BYTES);
	if (c->ended)
		conn_doom(c);
	else if (n > 0)
		shake_take(c, bytes, n);
}

/* Its time for it begins, unless its client is gone or has no more to say. */
static void
shake_begin(struct conn *c)
{
	if (c->ending)
		conn_doom(c);
	if (c->state != CONN_OPEN)
		return;
	c->shaking = true;
	c->source->shaking++;
	c->transport->shaking++;
	c->opened_ms = c->partial_ms = c->transport->now_ms;
	shake_read(c);
	conn_charge(c);
}

void
shake_hear(struct conn *c)
{
	if (!c->unread)
		return;
	if (c->shaking)
		shake_read(c);
	else if (c->rank == RANK_TRUSTED)
		shake_begin(c);
	else
		shake_wait(c);
}

/* ---- at work ---- */

static void
shake_submit(struct conn *c)
{
	struct shake *k;

	conn_unready(c);
	if (c->state != CONN_OPEN)
		return;
	k = need_zeroed(1, sizeof(*k));
	k->tls = c->tls;
	k->conn = conn_id(c);
	c->tls = NULL;
	c->channel = CHANNEL_SHAKING;
	workers_submit(c->transport->workers, k, k);
}

void
shakes_begin(struct transport *t)
{
	struct conn *c;

	t->gave_back = false;
	while (t->workers != NULL && workers_room(t->workers)) {
		if ((c = TAILQ_FIRST(&t->hellos)) != NULL)
			shake_submit(c);
		else if ((c = shake_next(t)) != NULL)
			shake_begin(c);
		else
			return;
	}
}

void
shakes_end(struct transport *t)
{
	struct shake *k;
	struct conn *c;

	while ((k = workers_next(t->workers)) != NULL) {
		c = conn_find(t, (uint32_t)k->conn, k->conn >> 32);
		if (c != NULL) {
			c->tls = k->tls;
			c->channel = CHANNEL_HELLO;
			shake_step(c, k->got);
		} else {
			tls_free(k->tls);
		}
		free(k);
	}
}
