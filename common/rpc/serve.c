#include "common/rpc/transport_impl.h"

/* One connection's turn: what it has sent, call by call. */

#define READS_MAX 64 /* of a turn: TLS may give a byte at a time */

static uint32_t
conn_max_call(const struct conn *c)
{
	const struct transport_config *config = &c->transport->config;

	return (c->rank == RANK_TRUSTED ? config->max_call
					: config->max_stranger_call);
}

/* Whether something was received. */
static bool
conn_read(struct conn *c)
{
	struct inbox *in = &c->in;
	size_t n;

	if (inbox_room(in, conn_max_call(c)) == -1) {
		conn_starved(c);
		return (false);
	}
	n = channel_receive(c, in->data + in->end, in->cap - in->end);
	in->end += n;
	/* A host's record is large, and its link may be slow. */
	if (n > 0 && c->rank == RANK_TRUSTED)
		c->partial_ms = 0;
	return (n > 0);
}

/* Something has begun, of RPC or of TLS below it, whose end has not come. */
static bool
conn_is_partial(const struct conn *c)
{
	return (
	    !inbox_empty(&c->in) || (c->tls != NULL && tls_is_partial(c->tls)));
}

/* No whole record is left: starts the clock, or gives the memory back. */
static void
conn_wait(struct conn *c)
{
	if (c->ended || inbox_empty(&c->in))
		inbox_clear(&c->in);
	if (c->ended || !conn_is_partial(c))
		c->partial_ms = 0;
	else if (c->partial_ms == 0)
		c->partial_ms = c->transport->now_ms;
	conn_settle(c);
}

static void
conn_pause(struct conn *c)
{
	c->paused = true;
	/* That we do not read is not its fault, unless it holds too much. */
	if (conn_has_room(c))
		c->partial_ms = 0;
}

/* Its turn is over; there may be more to do. */
static void
conn_pass(struct conn *c)
{
	if (inbox_empty(&c->in) && !channel_has_more(c))
		conn_wait(c);
	else
		conn_ready(c, true);
}

/* Nothing can be read now, or enough was. */
static void
conn_rest(struct conn *c)
{
	if (channel_has_more(c))
		conn_ready(c, true);
	else
		conn_wait(c);
}

static void
conn_take(struct conn *c, int calls)
{
	unsigned char *rec = NULL;
	int reads = READS_MAX;
	uint32_t len = 0;

	while (c->state == CONN_OPEN && c->channel != CHANNEL_HELLO) {
		if (!conn_may_call(c) || !conn_gets_room(c)) {
			conn_pause(c);
			return;
		}
		if (calls == 0) {
			conn_pass(c);
			return;
		}
		switch (inbox_next(&c->in, conn_max_call(c), &rec, &len)) {
		case RECORD_WHOLE:
			c->partial_ms = 0;
			conn_dispatch(c, rec, len);
			calls--;
			continue;
		case RECORD_BAD:
			conn_reject(c, "oversize");
			return;
		case RECORD_MORE:
			break;
		}
		if (reads-- == 0 || !channel_has_more(c) || !conn_read(c)) {
			conn_rest(c);
			return;
		}
		conn_charge(c);
	}
}

void
conn_serve(struct conn *c, int calls)
{
	if (c->channel == CHANNEL_PLAIN || c->channel == CHANNEL_TLS)
		conn_take(c, calls);
	if (c->channel == CHANNEL_HELLO && c->state == CONN_OPEN)
		shake_hear(c);
	conn_charge(c);
}
