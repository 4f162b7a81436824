#include "common/rpc/transport_impl.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/rpc/descriptor.h"
#include "common/rpc/listen.h"

#define ACCEPTS_PER_RUN	 64
#define UNSENT_IN_KERNEL 65536
#define ALARM_MS	 60000 /* at least, between two alarms about fullness */

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

/*
 * A source may have as many connections as there are places left, as with
 * memory (source_room); where a host is expected, always a few.  Beyond that it
 * takes one from whoever has most, if that is more, or replaces its own.
 */
static bool
source_may_open(struct transport *t, struct source *s)
{
	int left = t->config.max_conns - t->strangers;

	if (s->host && left < TRANSPORT_HOST_PLACES)
		left = TRANSPORT_HOST_PLACES;
	if (s->open < left)
		return (true);
	alarm_crowded(t, "connections");
	t->stats.yielded++;
	return (source_take_place(t, s) || source_yield(t, s, false, NULL));
}

/* ---- accepting ---- */

static void
listener_arm(struct transport *t, struct listener *l, bool on)
{
	struct epoll_event ev = {.events = on ? EPOLLIN : 0,
	    .data.u64 = ID_LISTENER + (uint64_t)(l - t->listeners)};
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

void
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
	struct conn *c;
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
		c = conn_open(t, s, fd, l->door, addr, len);
		if (c != NULL)
			call_serve(c);
		rc = c == NULL ? -1 : 0;
	}
	s->conns--;
	source_leave(t, s);
	return (rc);
}

void
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

/* ---- setting up ---- */

/* Takes fd over, and path, which may be NULL; both are let go on failure. */
static int
listener_add(struct transport *t, int fd, enum door door, char *path)
{
	struct listener *l = &t->listeners[t->n_listeners];
	int epoll = door == DOOR_LOCAL ? t->trusted_fd : t->epoll_fd;

	assert(t->n_listeners < LISTENERS_MAX);
	fd = descriptor_high(fd);
	if (epoll_add(epoll, fd, EPOLLIN, ID_LISTENER + t->n_listeners) == -1) {
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

	shakes_prefer(t, source_is_host(&t->sources, &key));
}
