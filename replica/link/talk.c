#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/rpc/header.h"
#include "replica/link/outbound_impl.h"

#define OPEN_MS	   1000
#define REFUSED_MS 2000 /* somebody has to change something first */
#define READS_MAX  16	/* of one link, before it is others' turn */

/* ---- opening a session ---- */

static void
link_end_unwelcome(struct link *l)
{
	link_end(l, LOG_L_INFO, "it refuses this host");
	l->due = l->outbound->now + REFUSED_MS;
}

static void
open_start(struct link *l)
{
	evote_open_args args;
	struct frame *f = NULL;
	unsigned char *body;
	long len;

	link_move(l, LINK_OPENING, l->due);
	session_begin(&l->session, l->outbound->self, l->name, &args);
	len = xdr_to_bytes((xdrproc_t)xdr_evote_open_args, &args, &body);
	if (len >= 0)
		f = wire_frame(
		    ++l->xid, EVOTE_REPLICA_OPEN, body, (uint32_t)len, NULL);
	if (f == NULL)
		link_end(l, LOG_L_ALARM, "the opening cannot be encoded");
	else
		link_queue(l, f);
}

static void
link_up(struct link *l)
{
	struct outbound *p = l->outbound;

	link_say_up(l);
	reach_worked(&l->reach);
	l->why[0] = '\0';
	p->hooks.up(p->hooks.arg, l->peer);
}

static void
link_unwelcome(struct link *l, evote_refusal why)
{
	struct outbound *p = l->outbound;

	link_move(l, LINK_UNWELCOME, p->now + OPEN_MS);
	p->hooks.unwelcome(p->hooks.arg, l->peer, why);
	if (l->state == LINK_UNWELCOME && l->calls == NULL)
		link_end_unwelcome(l);
}

static void
open_reply(struct link *l, const unsigned char *data, size_t len)
{
	const xdrproc_t proc = (xdrproc_t)xdr_evote_open_res;
	evote_open_res res = {0};

	if (wire_xid(data, len) != l->xid ||
	    wire_reply(data, len, proc, &res) != 0)
		link_end(l, LOG_L_INFO, "no evote server answers there");
	else if (session_accept(&l->session, l->outbound->key, &res) != 0)
		link_end(l, LOG_L_ALARM,
		    "it does not prove to be our peer: check that both hosts "
		    "have the same cluster key");
	else if (res.refusal != EVOTE_NOT_REFUSED)
		link_unwelcome(l, res.refusal);
	else
		link_up(l);
	xdr_free(proc, &res);
}

/* ---- TLS (RFC 9289), if the peer has it ---- */

/* From here to the session there is one time for all steps. */
static void
probe_start(struct link *l)
{
	unsigned char call[HEADER_PROBE];

	l->line.fd = reach_take(&l->reach);
	l->events = EPOLLOUT;
	link_move(l, LINK_PROBING, l->outbound->now + OPEN_MS);
	header_probe(call, ++l->xid, EVOTE_REPLICA_PROG, EVOTE_REPLICA_V1);
	if (line_put(&l->line, call, sizeof(call)) != 0)
		link_errno(l, ENOMEM);
	else
		link_send(l);
}

static void
shake(struct link *l)
{
	char why[sizeof(l->why)];

	switch (line_shake(&l->line)) {
	case TLS_OK:
		l->spoke_tls = 1;
		open_start(l);
		break;
	case TLS_MORE:
		link_send(l);
		break;
	case TLS_END:
		link_errno(l, errno);
		break;
	case TLS_BROKEN:
		snprintf(why, sizeof(why),
		    "%s: check that both hosts have the same cluster key",
		    tls_why(l->line.tls));
		link_end(l, LOG_L_ALARM, why);
		break;
	}
}

/*
 * With any host of this cluster: which one, the session inside has to prove,
 * and it can say why it is another one.
 */
static void
shake_start(struct link *l)
{
	if (!inbox_empty(&l->in))
		link_end(l, LOG_L_ALARM,
		    "it goes on in plain where TLS has to begin");
	else if (line_begin(&l->line, NULL, l->outbound->pin) != 0)
		link_errno(l, ENOMEM);
	else {
		link_move(l, LINK_SHAKING, l->due);
		shake(l);
	}
}

/* A host of an older version declines, and is upgraded some day. */
static void
declined(struct link *l)
{
	const struct outbound_hooks *h = &l->outbound->hooks;
	const char *why = h->not_plain(h->arg);

	if (why != NULL)
		link_end(l, LOG_L_ALARM, why);
	else if (l->spoke_tls)
		link_end(l, LOG_L_ALARM,
		    "it does not offer TLS any more: if it was set back to an "
		    "older version, restart this host as well");
	else
		open_start(l);
}

static void
probe_reply(struct link *l, const unsigned char *data, size_t len)
{
	switch (header_offer(data, len, l->xid)) {
	case OFFER_TLS:
		shake_start(l);
		break;
	case OFFER_NONE:
		declined(l);
		break;
	case OFFER_STRANGE:
		link_end(l, LOG_L_INFO, "no evote server answers there");
		break;
	}
}

/* ---- replies ---- */

static struct message *
reply_read(struct link *l, const struct pending *call, const evote_sealed *in)
{
	if (session_check_reply(
		&l->session, wire_proc(call->kind), call->order, in) != 0)
		return (NULL);
	return (message_decode(
	    call->kind, 1, in->body.body_val, in->body.body_len));
}

/* A host of an older version has no key: see struct message. */
static struct message *
reply_unknown(const struct pending *call)
{
	return (call->kind == SAY_SIGN ? message_new(SAY_SIGN, 1) : NULL);
}

static void
call_reply(struct link *l, const unsigned char *data, size_t len)
{
	const xdrproc_t proc = (xdrproc_t)xdr_evote_sealed;
	const uint32_t xid = wire_xid(data, len);
	struct outbound *p = l->outbound;
	evote_sealed sealed = {0};
	struct message *m = NULL;
	struct pending *call;
	int got;

	HASH_FIND(hh, l->calls, &xid, sizeof(xid), call);
	got = call == NULL ? -1 : wire_reply(data, len, proc, &sealed);
	if (got == 0)
		m = reply_read(l, call, &sealed);
	else if (got == 1)
		m = reply_unknown(call);
	xdr_free(proc, &sealed);
	if (m == NULL) {
		link_end(l, LOG_L_ALARM,
		    "its reply is forged, damaged or to no call of ours");
		return;
	}
	HASH_DEL(l->calls, call);
	free(call);
	p->hooks.reply(p->hooks.arg, l->peer, m);
	if (l->state == LINK_UNWELCOME)
		link_end_unwelcome(l);
}

static int
link_talks(const struct link *l)
{
	return (l->state == LINK_PROBING || l->state == LINK_OPENING ||
	    l->state == LINK_UNWELCOME || l->state == LINK_UP);
}

/* Hooks run in here; of a link that they end no more records are left. */
static void
records_take(struct link *l)
{
	enum record_state got;
	unsigned char *data;
	uint32_t len;

	while ((got = inbox_next(&l->in, EVOTE_CALL_MAX, &data, &len)) ==
	    RECORD_WHOLE) {
		if (l->state == LINK_PROBING)
			probe_reply(l, data, len);
		else if (l->state == LINK_OPENING)
			open_reply(l, data, len);
		else
			call_reply(l, data, len);
	}
	if (got == RECORD_BAD)
		link_end(l, LOG_L_ALARM, strerror(EMSGSIZE));
}

static void
link_broke(struct link *l)
{
	if (errno == EPROTO)
		link_end(l, LOG_L_ALARM, tls_why(l->line.tls));
	else
		link_errno(l, errno);
}

static void
link_read(struct link *l)
{
	bool all;

	for (int i = 0; i < READS_MAX && link_talks(l); i++) {
		ssize_t n =
		    line_receive(&l->line, &l->in, EVOTE_CALL_MAX, &all);

		if (n > 0) {
			records_take(l);
			/* All that had come: to look again is a call more. */
			if (all)
				return;
			continue;
		}
		if (n == 0)
			link_end(l, LOG_L_INFO, "closed by the peer");
		else if (errno != EAGAIN && errno != EINTR)
			link_broke(l);
		return;
	}
}

/* ---- the course of a link ---- */

static void
link_reached(struct link *l, enum reach_got got)
{
	switch (got) {
	case REACH_MORE:
		l->due = l->reach.due;
		break;
	case REACH_DONE:
		probe_start(l);
		break;
	case REACH_REFUSED:
		l->port_refuses = 1;
		/* FALLTHROUGH */
	case REACH_FAILED:
		link_end(l, LOG_L_INFO, l->reach.why);
		break;
	}
}

void
link_due(struct link *l)
{
	uint64_t now = l->outbound->now;

	switch (l->state) {
	case LINK_CLOSED:
		l->began = now;
		link_move(l, LINK_REACHING, NEVER);
		link_reached(l, reach_start(&l->reach, now));
		break;
	case LINK_REACHING:
		link_reached(l, reach_due(&l->reach, now));
		break;
	case LINK_PROBING:
	case LINK_SHAKING:
	case LINK_OPENING:
		link_end(l, LOG_L_INFO, "it is silent");
		break;
	case LINK_UNWELCOME:
		link_end_unwelcome(l);
		break;
	case LINK_UP:
		link_say_up(l);
		break;
	}
}

void
link_ready(struct link *l, uint32_t events)
{
	if (l->state == LINK_REACHING) {
		link_reached(l, reach_ready(&l->reach, l->outbound->now));
		return;
	}
	if (l->state == LINK_SHAKING) {
		shake(l);
		return;
	}
	/* A hook may have ended it since epoll looked. */
	if (link_talks(l) && (events & EPOLLOUT) != 0)
		link_send(l);
	if (link_talks(l) && (events & ~(uint32_t)EPOLLOUT) != 0)
		link_read(l);
}

void
link_answered(struct link *l)
{
	enum reach_got got = reach_answered(&l->reach, l->outbound->now);

	if (l->state == LINK_REACHING)
		link_reached(l, got);
}

/* The message, sealed as the session's next call; -1: the link was ended. */
int
call_send(struct link *l, const struct message *m)
{
	struct pending *call = malloc(sizeof(*call));
	struct frame *f = NULL;
	unsigned char *body;
	evote_sealed sealed;
	long len = call != NULL ? message_encode(m, &body) : -1;

	if (len >= 0) {
		session_seal_call(&l->session, wire_proc(m->kind), body,
		    (uint32_t)len, &sealed);
		f = wire_frame(
		    ++l->xid, wire_proc(m->kind), body, (uint32_t)len, &sealed);
	}
	if (f == NULL) {
		free(call);
		link_end(l, LOG_L_ALARM, "a call cannot be encoded");
		return (-1);
	}
	call->xid = l->xid;
	call->order = sealed.order;
	call->kind = m->kind;
	HASH_ADD(hh, l->calls, xid, sizeof(call->xid), call);
	link_queue(l, f);
	return (l->state == LINK_CLOSED ? -1 : 0);
}
