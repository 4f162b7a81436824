#include "common/rpc/transport_impl.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/log.h"
#include "common/now.h"
#include "common/rpc/listen.h"

#define EVENTS_PER_WAIT	 256
#define WAITS_PER_RUN	 16
#define ACCEPTS_PER_RUN	 64
#define TRUSTED_CALLS	 32 /* then it is another host's turn */
#define MORE_EVERY	 8
#define HOST_PLACES	 TRANSPORT_HOST_PLACES
#define YIELD_LOOKS	 16
#define REAPS_PER_FLUSH	 64
#define UNSENT_IN_KERNEL 65536
#define SWEEP_MS	 100
#define PATIENCE_MIN_MS	 1000
#define ALARM_MS	 60000 /* at most one alarm about fullness in this time */

/* ---- what epoll gives back: 0 wakes, then the listeners, then connections */

static struct conn *
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

/* ---- connections come and go ---- */

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

static int
epoll_add(int epoll, int fd, uint32_t events, uint64_t id)
{
	struct epoll_event ev = {.events = events, .data.u64 = id};

	return (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev));
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
	c->xprt.xp_ops = &conn_ops;
	c->xprt.xp_ops2 = &conn_ops2;
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
	c->counted = !s->host || s->open >= HOST_PLACES;
	s->open++;
	t->strangers += c->counted;
	TAILQ_INSERT_TAIL(&s->members[c->rank], c, member);
}

/* It is not among its source's strangers any more. */
static void
conn_uncount(struct conn *c)
{
	if (c->rank == RANK_TRUSTED)
		return;
	TAILQ_REMOVE(&c->source->members[c->rank], c, member);
	c->source->open--;
	c->transport->strangers -= c->counted;
	c->counted = false;
}

/* Takes fd over; s is one that may be without connections. */
static int
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
	return (0);
fail:
	close(fd);
	return (-1);
}

static void
source_leave(struct transport *t, struct source *s)
{
	if (s->conns > 0)
		return;
	if (s->on_turn)
		TAILQ_REMOVE(&t->turns, s, turn);
	source_drop(&t->sources, s);
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
	close(c->xprt.xp_fd);
	inbox_clear(&c->in);
	outbox_clear(&c->out);
	c->held = 0;
	conn_charge(c);
	conn_uncount(c);
	c->state = CONN_FREE;
	/* A slot whose numbers are used up is not used again. */
	if (++c->generation != 0)
		TAILQ_INSERT_TAIL(&t->free, c, gone);
	t->locals -= c->door == DOOR_LOCAL;
	t->stats.conns--;
	c->source->conns--;
	source_leave(t, c->source);
	if (t->config.closed != NULL)
		t->config.closed(t->config.arg, id);
}

/* A crowd that leaves at once is seen off by and by. */
static void
conns_reap(struct transport *t, int most)
{
	struct conn *c;

	while (most-- > 0 && (c = TAILQ_FIRST(&t->doomed)) != NULL) {
		TAILQ_REMOVE(&t->doomed, c, gone);
		conn_close(c);
	}
}

/* ---- who gets a place ---- */

/* At most one line a minute: strangers do not fill the log. */
static void
alarm_crowded(struct transport *t, const char *why)
{
	if (t->alarm_ms != 0 && t->now_ms - t->alarm_ms < ALARM_MS)
		return;
	t->alarm_ms = t->now_ms;
	log_alarm(
	    "transport crowded=\"%s\" strangers=%d of=%d bytes=%zu of=%zu", why,
	    t->strangers, t->config.max_conns, t->bytes, t->config.max_memory);
}

/* One of its connections gives way to a new one: an unproven one first. */
static bool
source_yield(struct transport *t, struct source *s)
{
	struct conn *c;
	int rank, looks;

	for (rank = RANK_UNPROVEN; rank < RANK_TRUSTED; rank++) {
		c = TAILQ_FIRST(&s->members[rank]);
		for (looks = 0; c != NULL && looks < YIELD_LOOKS; looks++) {
			if (c->in_flight == 0) {
				conn_doom(c);
				TAILQ_REMOVE(&t->doomed, c, gone);
				conn_close(c);
				return (true);
			}
			c = TAILQ_NEXT(c, member);
		}
	}
	return (false);
}

/*
 * A source may have as many connections as there are places left, as with
 * memory (conn_has_room); where a host is expected, always a few.
 */
static bool
source_may_open(struct transport *t, struct source *s)
{
	int left = t->config.max_conns - t->strangers;

	if (s->host && left < HOST_PLACES)
		left = HOST_PLACES;
	if (s->open < left)
		return (true);
	alarm_crowded(t, "connections");
	t->stats.yielded++;
	return (source_yield(t, s));
}

static void
listener_arm(struct transport *t, struct listener *l, bool on)
{
	struct epoll_event ev = {.events = on ? EPOLLIN : 0,
	    .data.u64 = (uint64_t)(l - t->listeners) + 1};
	int epoll = l->door == DOOR_LOCAL ? t->trusted_fd : t->epoll_fd;

	if (epoll_ctl(epoll, EPOLL_CTL_MOD, l->fd, &ev) == -1)
		log_alarm("transport listener=broken errno=%d", errno);
	else
		l->paused = !on;
}

static void
listener_pause(struct transport *t, struct listener *l, const char *why)
{
	listener_arm(t, l, false);
	t->stats.refused_full++;
	alarm_crowded(t, why);
}

static void
listeners_resume(struct transport *t)
{
	struct listener *l;

	for (l = t->listeners; l < t->listeners + t->n_listeners; l++)
		if (l->paused)
			listener_arm(t, l, true);
}

/* An error of the one connection that was being accepted. */
static bool
accept_transient(int error)
{
	switch (error) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case EPERM:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case ETIMEDOUT:
		return (true);
	default:
		return (false);
	}
}

/* Answers leave at once; the kernel keeps little that nobody reads. */
static void
socket_tune(int fd)
{
	int yes = 1, bytes = UNSENT_IN_KERNEL;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	(void)setsockopt(
	    fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

/* Gives the new connection to its source, or closes it.  -1 with errno. */
static int
listener_admit(struct transport *t, const struct listener *l, int fd,
    const struct sockaddr_in6 *addr, socklen_t len)
{
	struct source_key key = source_key((const struct sockaddr *)addr);
	struct source *s = source_get(&t->sources, &key);
	int rc = 0;

	if (s == NULL) {
		close(fd);
		return (-1);
	}
	/* While the source's last connection gives way, it must stay. */
	s->conns++;
	if (l->door == DOOR_NETWORK && !source_may_open(t, s)) {
		close(fd);
	} else {
		if (l->door == DOOR_NETWORK)
			socket_tune(fd);
		rc = conn_open(t, s, fd, l->door, addr, len);
	}
	s->conns--;
	source_leave(t, s);
	return (rc);
}

static void
listener_accept(struct transport *t, struct listener *l)
{
	struct sockaddr_in6 addr;
	socklen_t len;
	int fd, i;

	for (i = 0; i < ACCEPTS_PER_RUN; i++) {
		if (l->door == DOOR_LOCAL &&
		    t->locals >= TRANSPORT_LOCAL_PLACES) {
			listener_pause(t, l, "operators");
			return;
		}
		memset(&addr, 0, sizeof(addr));
		len = sizeof(addr);
		fd = accept4(l->fd, (struct sockaddr *)&addr, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (fd == -1 && accept_transient(errno))
			continue;
		if (len > sizeof(addr))
			len = sizeof(addr);
		if (fd == -1 || listener_admit(t, l, fd, &addr, len) == -1) {
			/* No descriptors: it would be tried without end. */
			listener_pause(t, l, strerror(errno));
			return;
		}
	}
}

/* ---- the run ---- */

static void
event_take(struct transport *t, const struct epoll_event *ev)
{
	uint64_t id = ev->data.u64;
	struct conn *c;

	if (id == 0)
		return;
	if (id <= LISTENERS_MAX) {
		listener_accept(t, &t->listeners[id - 1]);
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
events_take(struct transport *t, int epoll)
{
	struct epoll_event events[EVENTS_PER_WAIT];
	int i, n, waits = 0;

	do {
		n = epoll_wait(epoll, events, EVENTS_PER_WAIT, 0);
		for (i = 0; i < n; i++)
			event_take(t, &events[i]);
	} while (n == EVENTS_PER_WAIT && ++waits < WAITS_PER_RUN);
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

/* In 1024ths: all of it while half of everything is free, then less. */
static uint64_t
patience(const struct transport *t)
{
	uint64_t places = (uint64_t)t->config.max_conns;
	uint64_t memory = t->config.max_memory;
	uint64_t free_places = places - (uint64_t)t->strangers;
	uint64_t free_memory = memory > t->bytes ? memory - t->bytes : 0;
	uint64_t share = 2048 * free_places / (places + 1);

	if (2048 * free_memory / (memory + 1) < share)
		share = 2048 * free_memory / (memory + 1);
	return (share < 1024 ? share : 1024);
}

static bool
is_over(const struct transport *t, uint64_t since_ms, uint64_t limit_ms,
    uint64_t share)
{
	uint64_t least =
	    limit_ms < PATIENCE_MIN_MS ? limit_ms : PATIENCE_MIN_MS;
	uint64_t most = limit_ms * share / 1024;

	return (t->now_ms - since_ms >= (most > least ? most : least));
}

static void
conn_look(struct conn *c, uint64_t share)
{
	const struct transport *t = c->transport;
	const struct transport_config *config = &t->config;

	conn_resume(c);
	if (c->rank == RANK_TRUSTED)
		share = 1024;
	if ((c->partial_ms != 0 &&
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
conns_sweep(struct transport *t)
{
	uint64_t share = patience(t);
	uint32_t i;

	t->swept_ms = t->now_ms;
	for (i = 0; i < t->n_slots; i++)
		if (t->slots[i]->state == CONN_OPEN)
			conn_look(t->slots[i], share);
	listeners_resume(t);
}

static void
wake_settle(struct transport *t)
{
	bool wanted = !TAILQ_EMPTY(&t->turns) || !TAILQ_EMPTY(&t->trusted) ||
	    !TAILQ_EMPTY(&t->dirty) || !TAILQ_EMPTY(&t->doomed);
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
	t->now_ms = now_ms;
	events_take(t, t->trusted_fd);
	trusted_serve(t);
	events_take(t, t->epoll_fd);
	strangers_serve(t);
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
	TAILQ_INIT(&t->turns);
	TAILQ_INIT(&t->trusted);
	TAILQ_INIT(&t->dirty);
	TAILQ_INIT(&t->doomed);
	TAILQ_INIT(&t->free);
	t->scratch = malloc(STREAM_MARK + config->max_call);
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	t->trusted_fd = epoll_create1(EPOLL_CLOEXEC);
	if (t->scratch == NULL || t->epoll_fd == -1 || t->wake_fd == -1 ||
	    t->trusted_fd == -1 ||
	    epoll_add(t->epoll_fd, t->wake_fd, EPOLLIN, 0) == -1 ||
	    epoll_add(t->epoll_fd, t->trusted_fd, EPOLLIN, 0) == -1) {
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
    uint32_t vers, dispatcher dispatch)
{
	assert(t->n_offers < OFFERS_MAX);
	t->offers[t->n_offers++] = (struct offer){door, prog, vers, dispatch};
}

/* Takes fd over, and path, which may be NULL; both are let go on failure. */
static int
listener_add(struct transport *t, int fd, enum door door, char *path)
{
	struct listener *l = &t->listeners[t->n_listeners];
	int epoll = door == DOOR_LOCAL ? t->trusted_fd : t->epoll_fd;

	assert(t->n_listeners < LISTENERS_MAX);
	if (epoll_add(epoll, fd, EPOLLIN, t->n_listeners + 1) == -1) {
		log_alarm("transport listener=broken errno=%d", errno);
		close(fd);
		free(path);
		return (-1);
	}
	*l = (struct listener){.fd = fd, .door = door, .path = path};
	t->n_listeners++;
	return (0);
}

int
transport_listen_tcp(struct transport *t, int port)
{
	int fd[2], i, got = listen_tcp(port, fd);

	if (got == -1)
		return (-1);
	for (i = 0; i < 2; i++)
		if (fd[i] != -1 &&
		    listener_add(t, fd[i], DOOR_NETWORK, NULL) == -1)
			got = -1;
	return (got);
}

int
transport_listen_unix(struct transport *t, const char *path, int mode)
{
	int fd = listen_unix(path, mode);
	char *copy;

	if (fd == -1)
		return (-1);
	copy = strdup(path);
	if (copy == NULL) {
		log_alarm("transport memory=exhausted");
		close(fd);
		return (-1);
	}
	return (listener_add(t, fd, DOOR_LOCAL, copy));
}

void
transport_expect(struct transport *t, const struct sockaddr *sa)
{
	struct source_key key = source_key(sa);

	source_is_host(&t->sources, &key);
}

/* ---- for procedures ---- */

void *
transport_arg(struct svc_req *req)
{
	struct conn *c = req->rq_xprt->xp_p1;

	return (c->transport->config.arg);
}

struct call
transport_hold(struct svc_req *req)
{
	struct conn *c = req->rq_xprt->xp_p1;

	assert(!c->held_now && !c->answered);
	c->held_now = true;
	c->in_flight++;
	c->held += conn_call_bytes(c);
	return (
	    (struct call){c->slot, c->generation, c->xid, conn_call_bytes(c)});
}

/*
 * What the other epoll has told and is not yet read is told again by this one.
 */
void
transport_trust(struct svc_req *req)
{
	struct conn *c = req->rq_xprt->xp_p1;
	struct transport *t = c->transport;

	if (c->rank == RANK_TRUSTED)
		return;
	conn_uncount(c);
	c->rank = RANK_TRUSTED;
	conn_charge(c);
	source_is_host(&t->sources, &c->source->key);
	if (epoll_ctl(t->epoll_fd, EPOLL_CTL_DEL, c->xprt.xp_fd, NULL) == -1 ||
	    epoll_add(t->trusted_fd, c->xprt.xp_fd, CONN_EVENTS, conn_id(c)) ==
		-1)
		conn_doom(c);
}

uint64_t
transport_conn(struct svc_req *req)
{
	return (conn_id(req->rq_xprt->xp_p1));
}

int
transport_ucred(struct svc_req *req, uint32_t *uid, uint32_t *gid, int32_t *pid)
{
	const struct conn *c = req->rq_xprt->xp_p1;
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (c->door != DOOR_LOCAL ||
	    getsockopt(c->xprt.xp_fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) ==
		-1)
		return (-1);
	*uid = cred.uid;
	*gid = cred.gid;
	*pid = cred.pid;
	return (0);
}

/* The connection of a held call, which is held no longer; NULL: it is gone. */
static struct conn *
call_release(struct transport *t, struct call call)
{
	struct conn *c = conn_find(t, call.slot, call.generation);

	if (c == NULL)
		return (NULL);
	assert(c->in_flight > 0);
	c->in_flight--;
	c->held -= call.bytes;
	conn_touch(c);
	return (c);
}

int
transport_complete(
    struct transport *t, struct call call, xdrproc_t proc, void *result)
{
	struct conn *c = call_release(t, call);

	if (c == NULL)
		return (-1);
	if (conn_accept_reply(c, call.xid, SUCCESS, proc, result) == -1)
		(void)conn_accept_reply(c, call.xid, SYSTEM_ERR, NULL, NULL);
	conn_resume(c);
	return (0);
}

int
transport_fail(struct transport *t, struct call call)
{
	struct conn *c = call_release(t, call);

	if (c == NULL)
		return (-1);
	(void)conn_accept_reply(c, call.xid, SYSTEM_ERR, NULL, NULL);
	conn_resume(c);
	return (0);
}

bool
transport_is_there(const struct transport *t, struct call call)
{
	return (conn_find(t, call.slot, call.generation) != NULL);
}

void
transport_close_conn(struct transport *t, uint64_t conn)
{
	struct conn *c = conn_find(t, (uint32_t)conn, conn >> 32);

	if (c != NULL)
		conn_doom(c);
}

void
transport_stats(const struct transport *t, struct transport_stats *stats)
{
	*stats = t->stats;
	stats->bytes = t->bytes;
}
