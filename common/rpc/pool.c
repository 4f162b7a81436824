#include "common/rpc/transport_impl.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections come and go, each in a slot that outlives it. */

#define YIELD_LOOKS 16
#define TAKES_MAX   16 /* connections that give way to one call */
#define KEPT_PART   64 /* a source keeps one such part of what there is */

void
conn_charge(struct conn *c)
{
	size_t bytes = c->in.cap + c->out.cap + c->held;

	if (c->tls != NULL)
		bytes += tls_held(c->tls);
	if (c->rank == RANK_TRUSTED)
		bytes = 0;
	c->transport->bytes += bytes - c->charged;
	if (c->state == CONN_DOOMED)
		c->transport->freed += bytes - c->charged;
	c->source->bytes += bytes - c->charged;
	source_level(&c->transport->sources, c->source);
	c->charged = bytes;
}

void
conn_shaken(struct conn *c)
{
	if (!c->shaking)
		return;
	c->shaking = false;
	c->source->shaking--;
	c->transport->shaking--;
	if (c->state == CONN_DOOMED)
		c->transport->giving_up--;
	c->transport->gave_back = true;
}

void
conn_unready(struct conn *c)
{
	if (c->ready_on != NULL)
		TAILQ_REMOVE(c->ready_on, c, ready);
	c->ready_on = NULL;
}

uint64_t
conn_id(const struct conn *c)
{
	return ((uint64_t)c->generation << 32 | c->slot);
}

struct conn *
conn_find(const struct transport *t, uint32_t slot, uint32_t generation)
{
	struct conn *c;

	if (slot >= t->n_slots)
		return (NULL);
	c = t->slots[slot];
	if (c->state != CONN_OPEN || c->generation != generation)
		return (NULL);
	return (c);
}

static struct conn *
conn_new_slot(struct transport *t)
{
	struct conn **slots, *c;

	slots = realloc(t->slots, (t->n_slots + 1) * sizeof(*slots));
	if (slots == NULL)
		return (NULL);
	t->slots = slots;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return (NULL);
	c->slot = t->n_slots;
	c->generation = 1;
	t->slots[t->n_slots++] = c;
	return (c);
}

static int
conn_epoll(const struct conn *c)
{
	const struct transport *t = c->transport;

	return (c->rank == RANK_TRUSTED ? t->trusted_fd : t->epoll_fd);
}

/* All but the numbers, which outlive it. */
static void
conn_init(struct conn *c, struct transport *t, int fd, enum door door,
    const struct sockaddr_in6 *addr, socklen_t addrlen)
{
	*c = (struct conn){.transport = t,
	    .slot = c->slot,
	    .generation = c->generation,
	    .door = door,
	    .rank = door == DOOR_LOCAL ? RANK_TRUSTED : RANK_UNPROVEN,
	    .opened_ms = t->now_ms,
	    .active_ms = t->now_ms};
	c->xprt.xp_fd = fd;
	c->xprt.xp_p1 = c;
	c->xprt.xp_verf = _null_auth;
	c->xprt.xp_raddr = *addr;
	c->xprt.xp_addrlen = addrlen;
	c->xprt.xp_rtaddr = (struct netbuf){
	    .maxlen = sizeof(*addr), .len = addrlen, .buf = &c->xprt.xp_raddr};
}

static void
conn_join(struct conn *c, struct source *s)
{
	struct transport *t = c->transport;

	c->source = s;
	s->conns++;
	t->stats.conns++;
	if (c->door == DOOR_LOCAL) {
		t->locals++;
		return;
	}
	c->counted = !s->host || s->open - s->counted >= TRANSPORT_HOST_PLACES;
	s->open++;
	s->counted += c->counted;
	source_level(&t->sources, s);
	t->strangers += c->counted;
	TAILQ_INSERT_TAIL(&s->members[c->rank], c, member);
}

struct conn *
conn_open(struct transport *t, struct source *s, int fd, enum door door,
    const struct sockaddr_in6 *addr, socklen_t addrlen)
{
	struct conn *c = TAILQ_FIRST(&t->free);

	if (c != NULL)
		TAILQ_REMOVE(&t->free, c, gone);
	else if ((c = conn_new_slot(t)) == NULL)
		goto fail;
	conn_init(c, t, fd, door, addr, addrlen);
	if (epoll_add(conn_epoll(c), fd, CONN_EVENTS, conn_id(c)) == -1) {
		TAILQ_INSERT_TAIL(&t->free, c, gone);
		goto fail;
	}
	c->state = CONN_OPEN;
	conn_join(c, s);
	return (c);
fail:
	close(fd);
	return (NULL);
}

void
conn_uncount(struct conn *c)
{
	if (c->rank == RANK_TRUSTED)
		return;
	TAILQ_REMOVE(&c->source->members[c->rank], c, member);
	c->source->open--;
	c->source->counted -= c->counted;
	source_level(&c->transport->sources, c->source);
	c->transport->strangers -= c->counted;
	if (c->state == CONN_DOOMED)
		c->transport->leaving -= c->counted;
	c->counted = false;
}

void
source_leave(struct transport *t, struct source *s)
{
	if (s->conns > 0)
		return;
	if (s->on_turn)
		TAILQ_REMOVE(&t->turns, s, turn);
	if (s->on_shakes)
		TAILQ_REMOVE(&t->shakes, s, shake);
	source_drop(&t->sources, s);
}

/*
 * Its client can tell this end from one that somebody on the way has made.  Not
 * in the middle of what it has not taken.
 */
static void
conn_farewell(struct conn *c)
{
	struct outbox *out = channel_outbox(c);

	if (c->channel != CHANNEL_TLS || outbox_size(out) > 0)
		return;
	tls_end(c->tls);
	if (outbox_size(out) == 0)
		return; /* it was broken */
	(void)send(c->xprt.xp_fd, out->data + out->start, outbox_size(out),
	    MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
conn_close(struct conn *c)
{
	struct transport *t = c->transport;
	uint64_t id = conn_id(c);

	conn_unready(c);
	if (c->on_dirty)
		TAILQ_REMOVE(&t->dirty, c, dirty);
	c->on_dirty = false;
	conn_farewell(c);
	close(c->xprt.xp_fd);
	inbox_clear(&c->in);
	outbox_clear(&c->out);
	tls_free(c->tls);
	c->tls = NULL;
	c->held = 0;
	conn_shaken(c);
	conn_charge(c);
	conn_uncount(c);
	c->state = CONN_FREE;
	/* A slot whose numbers are used up is not used again. */
	if (++c->generation != 0)
		TAILQ_INSERT_TAIL(&t->free, c, gone);
	t->locals -= c->door == DOOR_LOCAL;
	t->stats.conns--;
	t->gave_back = true;
	c->source->conns--;
	source_leave(t, c->source);
	if (t->config.closed != NULL)
		t->config.closed(t->config.arg, id);
}

/* A crowd that leaves at once is seen off by and by. */
void
conns_reap(struct transport *t, int most)
{
	struct conn *c;

	while (most-- > 0 && (c = TAILQ_FIRST(&t->doomed)) != NULL) {
		TAILQ_REMOVE(&t->doomed, c, gone);
		conn_close(c);
	}
}

void
conn_doom(struct conn *c)
{
	if (c->state != CONN_OPEN)
		return;
	c->state = CONN_DOOMED;
	c->transport->leaving += c->counted;
	c->transport->giving_up += c->shaking;
	c->transport->freed += c->charged;
	if (c->rank == RANK_TRUSTED)
		TAILQ_INSERT_HEAD(&c->transport->doomed, c, gone);
	else
		TAILQ_INSERT_TAIL(&c->transport->doomed, c, gone);
}

static size_t
memory_left(const struct transport *t)
{
	return (t->bytes < t->config.max_memory
		? t->config.max_memory - t->bytes
		: 0);
}

/*
 * A source may hold as much as is left.  So one alone has half of all there is,
 * and there is something for another; where a host is expected, always for a
 * few handshakes.  Those who come one after the other may leave too little:
 * then whoever holds most gives way (source_take_memory).
 */
size_t
source_room(const struct transport *t, const struct source *s)
{
	size_t few = TRANSPORT_HOST_PLACES * TLS_SHAKE_BYTES;
	size_t left = memory_left(t);

	return (s->host && left < few ? few : left);
}

/* Its client is about to be served: a call has come, or an answer leaves. */
static bool
conn_waits(struct conn *c)
{
	return (c->ready_on != NULL || channel_has_more(c) ||
	    !inbox_empty(&c->in) ||
	    (outbox_size(channel_outbox(c)) > 0 && !c->blocked));
}

static struct conn *
source_spare(
    struct source *s, bool holds, const struct conn *keep, bool waiting)
{
	struct conn *c;
	int rank, looks;

	for (rank = RANK_UNPROVEN; rank < RANK_TRUSTED; rank++) {
		c = TAILQ_FIRST(&s->members[rank]);
		for (looks = 0; c != NULL && looks < YIELD_LOOKS; looks++) {
			if (c->in_flight == 0 && c != keep &&
			    (!holds || c->charged > 0) &&
			    (waiting || !conn_waits(c)))
				return (c);
			c = TAILQ_NEXT(c, member);
		}
	}
	return (NULL);
}

bool
source_yield(
    struct transport *t, struct source *s, bool holds, const struct conn *keep)
{
	struct conn *c = source_spare(s, holds, keep, false);

	if (c == NULL)
		c = source_spare(s, holds, keep, true);
	if (c == NULL)
		return (false);
	conn_doom(c);
	TAILQ_REMOVE(&t->doomed, c, gone);
	conn_close(c);
	return (true);
}

bool
source_take_place(struct transport *t, const struct source *s)
{
	struct source *most[SOURCES_MOST];
	int n = sources_most(&t->sources, SHARE_PLACES, most), i;
	int kept = t->config.max_conns / KEPT_PART;

	if (kept < s->open + 1)
		kept = s->open + 1;
	for (i = 0; i < n && most[i]->open > kept; i++)
		if (source_yield(t, most[i], false, NULL))
			return (true);
	return (false);
}

/* Those that hold nothing do not protect the others of their source. */
static bool
source_take_some(struct transport *t, const struct source *s, size_t wanted)
{
	struct source *most[SOURCES_MOST];
	int n = sources_most(&t->sources, SHARE_MEMORY, most), i;
	size_t kept = t->config.max_memory / KEPT_PART;
	size_t reach = memory_left(t);

	if (kept < s->bytes + TLS_SHAKE_BYTES)
		kept = s->bytes + TLS_SHAKE_BYTES;
	for (i = 0; i < n && most[i]->bytes > kept; i++)
		reach += most[i]->bytes - kept;
	if (reach < wanted)
		return (false); /* it would help nobody */
	for (i = 0; i < n && most[i]->bytes > kept; i++)
		if (source_yield(t, most[i], true, NULL) ||
		    source_yield(t, most[i], false, NULL))
			return (true);
	return (false);
}

/*
 * From whoever has most, if that is more than a handshake takes, so not from
 * one who only does what everybody does.
 */
bool
source_take_memory(struct transport *t, const struct source *s, size_t wanted)
{
	int i;

	for (i = 0; i < TAKES_MAX && memory_left(t) < wanted; i++)
		if (!source_take_some(t, s, wanted))
			break;
	return (memory_left(t) >= wanted);
}
