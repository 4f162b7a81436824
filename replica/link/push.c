#include "replica/link/push.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uthash.h>

#include "common/log.h"
#include "common/seal.h"
#include "replica/link/reach.h"
#include "replica/link/session.h"
#include "replica/link/wire.h"

#define OPEN_MS	       1000
#define RETRY_FIRST_MS 10
#define RETRY_MAX_MS   500
#define REFUSED_MS     2000 /* somebody has to change something first */
#define SETTLED_MS     50   /* sessions that end so far apart do not spin */
#define UNSENT_MAX     (64u << 20)
#define READS_MAX      16 /* of one link, before it is others' turn */
#define NEVER	       UINT64_MAX

enum link_state {
	LINK_CLOSED,	/* until due */
	LINK_REACHING,	/* not connected yet: reach.h */
	LINK_OPENING,	/* the peer has to prove that it holds the key */
	LINK_UNWELCOME, /* it has, and refuses this host: for one call more */
	LINK_UP
};

/* A call that waits for its reply. */
struct pending {
	uint32_t xid;
	uint64_t order;
	enum message_kind kind;
	UT_hash_handle hh;
};

struct link {
	struct push *push;
	int peer;
	char *name; /* NULL: nobody is there */
	char *host;
	int port;
	enum link_state state;
	uint64_t due; /* when link_due has something to do */
	struct reach reach;
	uint64_t began;	     /* the attempt */
	unsigned retry_ms;   /* after an attempt that failed, */
	unsigned brief_ms;   /* and after a session that was brief */
	uint64_t ended_at;   /* the last session */
	char why[128];	     /* there is none; "": there is, or was just now */
	enum log_level told; /* the loudest since it was last up */
	int ended, refused;  /* to be told to the hooks */

	/* Of the connection. */
	int fd;
	uint32_t events;
	struct inbox in;
	struct wire_out out;
	uint32_t xid;
	struct session session;
	struct pending *calls;
};

struct push {
	unsigned char key[32];
	char *self;
	struct push_hooks hooks;
	uint64_t now;
	int epoll;
	struct link *links; /* EVOTE_HOSTS_MAX */
};

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
	const uint64_t now = l->push->now;
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
static void
link_end(struct link *l, enum log_level level, const char *why)
{
	const int hurry = l->state == LINK_REACHING && l->reach.hurry;
	const uint64_t due = hurry ? l->push->now : retry_due(l);

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
	l->due = l->push->now + REFUSED_MS;
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
	if (epoll_ctl(l->push->epoll, EPOLL_CTL_MOD, l->fd, &ev) != 0)
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
	link_move(l, LINK_OPENING, l->push->now + OPEN_MS);
	session_begin(&l->session, l->push->self, l->name, &args);
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
	struct push *p = l->push;

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
	struct push *p = l->push;

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
	else if (session_accept(&l->session, l->push->key, &res) != 0)
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
	struct push *p = l->push;
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

static void
link_due(struct link *l)
{
	uint64_t now = l->push->now;

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

static void
link_ready(struct link *l, uint32_t events)
{
	if (l->state == LINK_REACHING) {
		link_reached(l, reach_ready(&l->reach, l->push->now));
		return;
	}
	/* A hook may have ended it since epoll looked. */
	if (link_talks(l) && (events & EPOLLOUT) != 0)
		link_send(l);
	if (link_talks(l) && (events & ~(uint32_t)EPOLLOUT) != 0)
		link_read(l);
}

static void
link_answered(struct link *l)
{
	enum reach_got got = reach_answered(&l->reach, l->push->now);

	if (l->state == LINK_REACHING)
		link_reached(l, got);
}

static void
link_tell(struct link *l)
{
	const struct push_hooks *h = &l->push->hooks;
	int ended = l->ended, refused = l->refused;

	l->ended = l->refused = 0;
	if (ended)
		h->down(h->arg, l->peer, 0);
	if (refused)
		h->down(h->arg, l->peer, 1);
}

/* A place for a link, to nobody. */
static void
link_none(struct push *p, int peer)
{
	struct link *l = &p->links[peer];

	l->push = p;
	l->peer = peer;
	l->fd = -1;
	l->due = NEVER;
	wire_out_init(&l->out);
	seal_random(&l->xid, sizeof(l->xid));
}

static int
link_init(struct link *l, const struct push_peer *who)
{
	l->name = strdup(who->name);
	l->host = strdup(who->host);
	l->port = who->port;
	l->retry_ms = 0;
	l->told = LOG_L_DEBUG;
	l->due = 0;
	if (reach_init(&l->reach, l->push->epoll, (uint64_t)l->peer << 1,
		who->host, who->port) != 0)
		return (-1);
	return (l->name != NULL && l->host != NULL ? 0 : -1);
}

static void
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

static int
link_leads_to(const struct link *l, const struct push_peer *who)
{
	return (l->name != NULL && who->host != NULL &&
	    strcmp(l->name, who->name) == 0 &&
	    strcmp(l->host, who->host) == 0 && l->port == who->port);
}

/* ---- all links ---- */

struct push *
push_new(const unsigned char cluster_key[32], const struct push_peer *peers,
    int n, int self, const struct push_hooks *hooks)
{
	struct push *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return (NULL);
	memcpy(p->key, cluster_key, sizeof(p->key));
	p->hooks = *hooks;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->links = calloc(EVOTE_HOSTS_MAX, sizeof(*p->links));
	if (p->epoll < 0 || p->links == NULL)
		goto fail;
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++)
		link_none(p, i);
	for (int i = 0; i < n; i++) {
		if (i != self && link_init(&p->links[i], &peers[i]) != 0)
			goto fail;
	}
	if ((p->self = strdup(peers[self].name)) == NULL)
		goto fail;
	return (p);

fail:
	log_alarm("links cannot be made why=\"%s\"", strerror(errno));
	push_free(p);
	return (NULL);
}

void
push_free(struct push *p)
{
	if (p == NULL)
		return;
	for (int i = 0; p->links != NULL && i < EVOTE_HOSTS_MAX; i++)
		link_clear(&p->links[i]);
	free(p->links);
	free(p->self);
	if (p->epoll >= 0)
		close(p->epoll);
	free(p);
}

void
push_host(struct push *p, int peer, const struct push_peer *who)
{
	struct link *l = &p->links[peer];

	if (link_leads_to(l, who))
		return;
	link_clear(l);
	if (who->host != NULL && link_init(l, who) != 0)
		link_clear(l); /* without memory: told again with the next
				  configuration */
}

int
push_fd(struct push *p)
{
	return (p->epoll);
}

int
push_wait_ms(struct push *p, uint64_t now_ms)
{
	uint64_t due = NEVER;

	for (int i = 0; i < EVOTE_HOSTS_MAX; i++) {
		const struct link *l = &p->links[i];

		if (l->ended || l->refused)
			return (0);
		if (l->due < due)
			due = l->due;
	}
	if (due == NEVER)
		return (-1);
	if (due <= now_ms)
		return (0);
	return (due - now_ms < INT_MAX ? (int)(due - now_ms) : INT_MAX);
}

void
push_run(struct push *p, uint64_t now_ms)
{
	struct epoll_event ready[2 * EVOTE_HOSTS_MAX];
	int n;

	p->now = now_ms;
	n = epoll_wait(p->epoll, ready, 2 * EVOTE_HOSTS_MAX, 0);
	for (int i = 0; i < n; i++) {
		struct link *l = &p->links[ready[i].data.u64 >> 1];

		if ((ready[i].data.u64 & 1) != 0)
			link_answered(l);
		else
			link_ready(l, ready[i].events);
	}
	/* After a stall: what has come in counts before what took too long. */
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++) {
		if (p->links[i].due <= now_ms)
			link_due(&p->links[i]);
	}
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++)
		link_tell(&p->links[i]);
}

/* The message, sealed as the session's next call; -1: the link was ended. */
static int
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

int
push_call(struct push *p, int peer, const struct message *m)
{
	struct link *l = &p->links[peer];

	if (l->state != LINK_UP && l->state != LINK_UNWELCOME)
		return (-1);
	if (l->out.unsent > UNSENT_MAX) {
		link_end(l, LOG_L_ALARM, "it does not take what is sent");
		return (-1);
	}
	return (call_send(l, m));
}

const char *
push_trouble(const struct push *p, int peer)
{
	return (p->links[peer].why);
}

void
push_reset(struct push *p, int peer)
{
	struct link *l = &p->links[peer];

	if (l->state == LINK_UP)
		link_end(l, LOG_L_INFO, "ended on this side");
}

void
push_hurry(struct push *p, int peer, uint64_t now_ms)
{
	struct link *l = &p->links[peer];

	/* One that was refused for good waits longest, whoever calls. */
	if (l->state != LINK_CLOSED || l->due > now_ms + RETRY_MAX_MS)
		return;
	l->retry_ms = 0;
	l->due = now_ms;
}
