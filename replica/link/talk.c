#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/seal.h"
#include "replica/link/outbound_impl.h"

#define OPEN_MS	       1000
#define RETRY_FIRST_MS 10
#define REFUSED_MS     2000 /* somebody has to change something first */
#define SETTLED_MS     50   /* sessions that end so far apart do not spin */
#define READS_MAX      16   /* of one link, before it is others' turn */

static const uint32_t procs[] = {
    [SAY_HELLO] = EVOTE_REPLICA_HELLO,
    [SAY_APPEND] = EVOTE_REPLICA_APPEND,
    [SAY_CONFIRM] = EVOTE_REPLICA_CONFIRM,
    [SAY_DECIDE] = EVOTE_REPLICA_DECIDE,
};

/* ---- the end of an attempt or a session ---- */

static void
link_move(struct link *l, enum link_state to, uint64_t due)
{
	l->state = to;
	l->due = due;
}

static void
link_close(struct link *l)
{
	struct pending *call, *next;

	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	HASH_ITER (hh, l->calls, call, next) {
		HASH_DEL(l->calls, call);
		free(call);
	}
	wire_out_clear(&l->out);
	inbox_clear(&l->in);
	link_move(l, LINK_CLOSED, NEVER);
}

/* While it is not up, only what is louder than what was said before. */
static void
link_say(struct link *l, enum log_level level, const char *why)
{
	const int up = l->state == LINK_UP;
	const char *is = up ? "down" : "not-up";

	if (!up && level <= l->told)
		level = LOG_L_DEBUG;
	else if (!up)
		l->told = level;
	if (level == LOG_L_ALARM)
		log_alarm("link peer=%s is=%s why=\"%s\"", l->name, is, why);
	else if (level == LOG_L_INFO)
		log_info("link peer=%s is=%s why=\"%s\"", l->name, is, why);
	else
		log_debug("link peer=%s is=%s why=\"%s\"", l->name, is, why);
}

/* How long to wait this time: 0, 10, 20, 40 ... 500 ms. */
static unsigned
pause_next(unsigned *ms)
{
	unsigned now = *ms;

	*ms = now > 0 ? now * 2 : RETRY_FIRST_MS;
	if (*ms > RETRY_MAX_MS)
		*ms = RETRY_MAX_MS;
	return (now);
}

/*
 * Whatever failed before a session says nothing about what follows it.  Only
 * sessions that end as soon as they are open, one after the other, must not
 * spin.  After an attempt the pause counts from its beginning.
 */
static uint64_t
retry_due(struct link *l)
{
	const uint64_t now = l->outbound->now;
	uint64_t due;

	if (l->state == LINK_UP) {
		l->retry_ms = RETRY_FIRST_MS;
		if (now - l->ended_at >= SETTLED_MS + l->brief_ms)
			l->brief_ms = 0;
		l->ended_at = now;
		return (now + pause_next(&l->brief_ms));
	}
	due = l->began + pause_next(&l->retry_ms);
	return (due > now ? due : now);
}

/* Every end passes here; hooks are told later, by link_tell. */
void
link_end(struct link *l, enum log_level level, const char *why)
{
	const int hurry = l->state == LINK_REACHING && l->reach.hurry;
	const uint64_t due = hurry ? l->outbound->now : retry_due(l);

	link_say(l, level, why);
	snprintf(l->why, sizeof(l->why), "%s", why);
	if (l->state == LINK_UP) {
		l->why[0] = '\0'; /* not before it fails to come back */
		l->ended = 1;
	}
	if (l->state == LINK_OPENING)
		reach_failed(&l->reach);
	link_close(l);
	l->due = due;
}

static void
link_end_unwelcome(struct link *l)
{
	link_end(l, LOG_L_INFO, "it refuses this host");
	l->due = l->outbound->now + REFUSED_MS;
}

static void
link_errno(struct link *l, int error)
{
	link_end(l, LOG_L_INFO, strerror(error));
}

/* ---- sending ---- */

static void
link_watch(struct link *l, uint32_t events)
{
	struct epoll_event ev = {.events = events};

	if (events == l->events)
		return;
	ev.data.u64 = (uint64_t)l->peer << 1;
	if (epoll_ctl(l->outbound->epoll, EPOLL_CTL_MOD, l->fd, &ev) != 0)
		link_errno(l, errno);
	l->events = events;
}

/* As far as the socket takes it; the rest when epoll says so. */
static void
link_send(struct link *l)
{
	if (wire_out_send(&l->out, l->fd) != 0)
		link_errno(l, errno);
	else
		link_watch(l, l->out.unsent > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void
link_queue(struct link *l, struct frame *f)
{
	int idle = l->out.unsent == 0;

	wire_out_add(&l->out, f);
	if (idle)
		link_send(l);
}

/* ---- opening a session ---- */

static void
open_start(struct link *l)
{
	evote_open_args args;
	struct frame *f = NULL;
	unsigned char *body;
	long len;

	l->fd = reach_take(&l->reach);
	l->events = EPOLLOUT;
	link_move(l, LINK_OPENING, l->outbound->now + OPEN_MS);
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

	link_move(l, LINK_UP, NEVER);
	reach_worked(&l->reach);
	l->told = LOG_L_DEBUG;
	l->why[0] = '\0';
	log_info("link peer=%s is=up port=%d", l->name, l->reach.port);
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

/* ---- replies ---- */

static struct message *
reply_read(struct link *l, const struct pending *call, const evote_sealed *in)
{
	if (session_check_reply(
		&l->session, procs[call->kind], call->order, in) != 0)
		return (NULL);
	return (message_decode(
	    call->kind, 1, in->body.body_val, in->body.body_len));
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

	HASH_FIND(hh, l->calls, &xid, sizeof(xid), call);
	if (call != NULL && wire_reply(data, len, proc, &sealed) == 0)
		m = reply_read(l, call, &sealed);
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
	return (l->state == LINK_OPENING || l->state == LINK_UNWELCOME ||
	    l->state == LINK_UP);
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
		if (l->state == LINK_OPENING)
			open_reply(l, data, len);
		else
			call_reply(l, data, len);
	}
	if (got == RECORD_BAD)
		link_end(l, LOG_L_ALARM, strerror(EMSGSIZE));
}

static void
link_read(struct link *l)
{
	int all;

	for (int i = 0; i < READS_MAX && link_talks(l); i++) {
		ssize_t n = wire_receive(&l->in, l->fd, &all);

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
			link_errno(l, errno);
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
		open_start(l);
		break;
	case REACH_REFUSED:
		l->refused = 1;
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
	case LINK_OPENING:
		link_end(l, LOG_L_INFO, "it is silent");
		break;
	case LINK_UNWELCOME:
		link_end_unwelcome(l);
		break;
	case LINK_UP:
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

void
link_tell(struct link *l)
{
	const struct outbound_hooks *h = &l->outbound->hooks;
	int ended = l->ended, refused = l->refused;

	l->ended = l->refused = 0;
	if (ended)
		h->down(h->arg, l->peer, 0);
	if (refused)
		h->down(h->arg, l->peer, 1);
}

/* A place for a link, to nobody. */
void
link_none(struct outbound *p, int peer)
{
	struct link *l = &p->links[peer];

	l->outbound = p;
	l->peer = peer;
	l->fd = -1;
	l->due = NEVER;
	wire_out_init(&l->out);
	seal_random(&l->xid, sizeof(l->xid));
}

int
link_init(struct link *l, const struct outbound_peer *who)
{
	l->name = strdup(who->name);
	l->host = strdup(who->host);
	l->port = who->port;
	l->retry_ms = 0;
	l->told = LOG_L_DEBUG;
	l->due = 0;
	if (reach_init(&l->reach, l->outbound->epoll, (uint64_t)l->peer << 1,
		who->host, who->port) != 0)
		return (-1);
	return (l->name != NULL && l->host != NULL ? 0 : -1);
}

void
link_clear(struct link *l)
{
	if (l->name == NULL)
		return;
	if (l->state == LINK_UP)
		l->ended = 1;
	link_close(l);
	reach_clear(&l->reach);
	free(l->name);
	free(l->host);
	l->name = l->host = NULL;
}

int
link_leads_to(const struct link *l, const struct outbound_peer *who)
{
	return (l->name != NULL && who->host != NULL &&
	    strcmp(l->name, who->name) == 0 &&
	    strcmp(l->host, who->host) == 0 && l->port == who->port);
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
		session_seal_call(
		    &l->session, procs[m->kind], body, (uint32_t)len, &sealed);
		f = wire_frame(
		    ++l->xid, procs[m->kind], body, (uint32_t)len, &sealed);
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
