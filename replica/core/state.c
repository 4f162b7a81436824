#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/need.h"
#include "replica/core/core_impl.h"

struct message *
core_message(enum message_kind kind, int reply)
{
	return (need(message_new(kind, reply)));
}

const unsigned char *
core_self(const struct core *c)
{
	return (c->cf.incarnation);
}

int
core_leads(const struct core *c)
{
	return (c->role == EVOTE_ESTABLISHING || c->role == EVOTE_PRIMARY ||
	    c->role == EVOTE_HANDING);
}

int
core_arbitrated(const struct core *c)
{
	return (c->config.arbiter.kind != EVOTE_ARBITER_NONE);
}

int
core_peer_of(const struct core *c, const void *id)
{
	const char *name = config_name(&c->config, id);

	/* Its place may not have heard of it yet, and another one may have. */
	for (int i = 0; i < c->cf.n; i++)
		if (i != c->cf.self &&
		    (name[0] != '\0' ? strcmp(c->cf.names[i], name) == 0
				     : config_id_equal(c->peers[i].id, id)))
			return (i);
	return (-1);
}

const struct peer *
core_member(const struct core *c, const void *id)
{
	int i = core_peer_of(c, id);

	return (i >= 0 && config_id_equal(c->peers[i].id, id) ? &c->peers[i]
							      : NULL);
}

int
core_primary_peer(const struct core *c)
{
	if (config_id_zero(c->config.primary) ||
	    config_id_equal(c->config.primary, core_self(c)))
		return (-1);
	return (core_peer_of(c, c->config.primary));
}

void
core_add_text(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, size - len, fmt, ap);
	va_end(ap);
}

void
core_say(struct core *c, int alarm, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	c->driver->log(c->arg, alarm, line);
}

void
core_restamp(struct core *c)
{
	memcpy(c->stamp.cluster, c->config.cluster, sizeof(c->stamp.cluster));
	memcpy(
	    c->stamp.incarnation, core_self(c), sizeof(c->stamp.incarnation));
	c->stamp.epoch = c->config.epoch;
	c->stamp.size = c->committed;
	history_root(c->log, c->committed, (unsigned char *)c->stamp.root);
}

struct entry_header
core_next_header(const struct core *c)
{
	struct entry_header at = {
	    .seq = history_size(c->log),
	    .epoch = c->config.epoch,
	    .time = clock_stamp(&c->clock, history_time(c->log), c->wall_us),
	};

	return (at);
}

void
core_hear_clock(struct core *c, int peer, uint64_t clock_us, uint64_t asked_ms)
{
	if (asked_ms <= c->now_ms)
		clock_peer(&c->clock, peer, clock_us, c->wall_us,
		    (c->now_ms - asked_ms + 1) * 1000);
}

void
core_position(const struct core *c, uint64_t size, evote_position *at)
{
	at->epoch = history_epoch(c->log);
	at->size = size;
	history_root(c->log, size, (unsigned char *)at->root);
}

uint64_t
core_least(const struct core *c, uint64_t n, core_said *said)
{
	for (u_int i = 0; i < c->config.in_sync.in_sync_len; i++) {
		const char *id = c->config.in_sync.in_sync_val[i].incarnation;
		const struct peer *p;

		if (config_id_equal(id, core_self(c)))
			continue;
		if ((p = core_member(c, id)) == NULL)
			return (0);
		if (said(p) < n)
			n = said(p);
	}
	/* One about to join may be in the set before we hear of it. */
	for (int i = 0; i < c->cf.n; i++) {
		if (core_replaced(&c->peers[i]))
			return (0);
		if (c->peers[i].join != JOIN_NONE && said(&c->peers[i]) < n)
			n = said(&c->peers[i]);
	}
	return (n);
}

int
core_replaced(const struct peer *p)
{
	return (p->join == JOIN_ASKED && !config_id_equal(p->id, p->joining));
}

void
core_append_record(struct core *c, struct record *r)
{
	assert(r->time > history_time(c->log) || history_size(c->log) == 0);
	history_append(c->log, r);
}

void
core_called(struct core *c, int peer)
{
	struct peer *p = &c->peers[peer];

	p->last_sent_ms = c->now_ms;
	if (p->asked_ms == 0)
		p->asked_ms = c->now_ms;
}

void
core_heard(struct core *c, int peer)
{
	struct peer *p = &c->peers[peer];

	p->last_received_ms = p->word_ms = c->now_ms;
}

void
core_answered(struct core *c, int peer)
{
	core_heard(c, peer);
	c->peers[peer].asked_ms = 0;
}

int
core_pushed(const struct peer *p)
{
	return (p->phase == PEER_CATCHING_UP || p->phase == PEER_STREAMING);
}

void
core_probe(struct peer *p)
{
	if (core_pushed(p))
		p->phase = PEER_PROBING;
}

/*
 * Rule 4.  What peers acknowledged counts in the epoch it was said in, no
 * longer.
 */
void
core_reset_peers(struct core *c)
{
	for (int i = 0; i < c->cf.n; i++) {
		struct peer *p = &c->peers[i];

		core_probe(p);
		p->load = 0;
		p->join = JOIN_NONE;
		if (BUG(EARLIER_SESSION_ACK))
			continue;
		p->acked = 0;
		p->round = 0;
	}
}
