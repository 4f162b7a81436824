#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/seal.h"
#include "replica/link/outbound_impl.h"

#define RETRY_FIRST_MS 10
#define SETTLED_MS     50    /* sessions that end so far apart do not spin */
#define STEADY_MS      60000 /* a session that ends sooner is brief */
#define BRIEF_TOLD     3     /* of those in a row, with one reason */
#define BRIEF_HINT                                                          \
	" hint=\"it comes and goes: told again when it stays, or ends for " \
	"another reason\""

/* ---- the end of an attempt or a session ---- */

void
link_move(struct link *l, enum link_state to, uint64_t due)
{
	l->state = to;
	l->due = due;
}

static void
link_close(struct link *l)
{
	struct pending *call, *next;

	line_close(&l->line);
	HASH_ITER (hh, l->calls, call, next) {
		HASH_DEL(l->calls, call);
		free(call);
	}
	wire_out_clear(&l->out);
	inbox_clear(&l->in);
	link_move(l, LINK_CLOSED, NEVER);
}

/*
 * Sessions that end soon and for one reason, as with a host that refuses this
 * one, are told of three times: then no more until one ends for another, or
 * lasts.
 */
static int
is_hushed(const struct link *l)
{
	return (l->briefs >= BRIEF_TOLD);
}

/* Whether the end of this session is news. */
static int
session_news(struct link *l, const char *why)
{
	if (l->outbound->now - l->began >= STEADY_MS)
		l->briefs = 0;
	else if (strcmp(l->brief_why, why) != 0)
		l->briefs = 1;
	else if (!is_hushed(l))
		l->briefs++;
	else
		return (0);
	snprintf(l->brief_why, sizeof(l->brief_why), "%s", why);
	return (1);
}

static void
say(const struct link *l, enum log_level level, const char *is, const char *why,
    const char *hint)
{
	if (level == LOG_L_ALARM)
		log_alarm(
		    "link peer=%s is=%s why=\"%s\"%s", l->name, is, why, hint);
	else if (level == LOG_L_INFO)
		log_info(
		    "link peer=%s is=%s why=\"%s\"%s", l->name, is, why, hint);
	else
		log_debug(
		    "link peer=%s is=%s why=\"%s\"%s", l->name, is, why, hint);
}

/* While it is not up, only what is louder than what was said before. */
static void
link_say(struct link *l, enum log_level level, const char *why)
{
	if (l->state == LINK_UP) {
		if (!session_news(l, why))
			level = LOG_L_DEBUG;
		say(l, level, "down", why, is_hushed(l) ? BRIEF_HINT : "");
		return;
	}
	if (level <= l->told)
		level = LOG_L_DEBUG;
	else
		l->told = level;
	say(l, level, "not-up", why, "");
}

/* It is up; one that comes and goes is not told of before it stays. */
void
link_say_up(struct link *l)
{
	const int stays = l->outbound->now - l->began >= STEADY_MS;

	if (is_hushed(l) && !stays) {
		link_move(l, LINK_UP, l->began + STEADY_MS);
		return;
	}
	link_move(l, LINK_UP, NEVER);
	l->told = LOG_L_DEBUG;
	if (stays)
		l->briefs = 0;
	log_info("link peer=%s is=up port=%d tls=%s", l->name, l->reach.port,
	    l->line.tls != NULL ? "yes" : "no");
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
		l->retry_ms = 0;
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
	if (l->state == LINK_PROBING || l->state == LINK_SHAKING ||
	    l->state == LINK_OPENING)
		reach_failed(&l->reach);
	link_close(l);
	l->due = due;
}

void
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
	if (epoll_ctl(l->outbound->epoll, EPOLL_CTL_MOD, l->line.fd, &ev) != 0)
		link_errno(l, errno);
	l->events = events;
}

size_t
link_unsent(const struct link *l)
{
	return (l->out.unsent + line_unsent(&l->line));
}

/* As far as the socket takes it; the rest when epoll says so. */
void
link_send(struct link *l)
{
	if (wire_out_send(&l->out, &l->line) != 0)
		link_errno(l, errno);
	else
		link_watch(
		    l, link_unsent(l) > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void
link_queue(struct link *l, struct frame *f)
{
	int idle = link_unsent(l) == 0;

	wire_out_add(&l->out, f);
	if (idle)
		link_send(l);
}

/* ---- its place ---- */

void
link_tell(struct link *l)
{
	const struct outbound_hooks *h = &l->outbound->hooks;
	int ended = l->ended, port_refuses = l->port_refuses;

	l->ended = l->port_refuses = 0;
	if (ended)
		h->down(h->arg, l->peer, 0);
	if (port_refuses)
		h->down(h->arg, l->peer, 1);
}

/* A place for a link, to nobody. */
void
link_none(struct outbound *p, int peer)
{
	struct link *l = &p->links[peer];

	l->outbound = p;
	l->peer = peer;
	l->line.fd = -1;
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
	l->briefs = 0;
	l->spoke_tls = 0;
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
	l->why[0] = '\0';
}

int
link_leads_to(const struct link *l, const struct outbound_peer *who)
{
	return (l->name != NULL && who->host != NULL &&
	    strcmp(l->name, who->name) == 0 &&
	    strcmp(l->host, who->host) == 0 && l->port == who->port);
}
