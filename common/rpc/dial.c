#include "common/rpc/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/now.h"
#include "common/rpc/address.h"
#include "common/rpc/caller.h"
#include "common/rpc/deadline.h"

#define AGAIN_MS 100

/*
 * Begins the last of n attempts and waits for an end of any of them: how many
 * have ended, 0 when it is too late, -1 with errno.
 */
static int
attempt(struct pollfd *tries, int n, const struct sockaddr *sa, socklen_t len,
    uint64_t until_ms)
{
	struct pollfd *p = &tries[n - 1];

	p->events = POLLOUT;
	p->fd = socket(
	    sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0 || (connect(p->fd, sa, len) != 0 && errno != EINPROGRESS))
		return (-1);
	return (deadline_poll(tries, n, until_ms));
}

/* 0 when that attempt has led to a connection, else errno. */
static int
attempt_error(const struct pollfd *p)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	return (error);
}

/*
 * A connected socket, or -1 with errno.  The kernel repeats a lost SYN only
 * after a second, and Linux drops one that arrives just when the listener is
 * being closed: as a client's may that has lost its server.  So there is a
 * second attempt soon, beside the first, and the one that ends first counts.
 */
static int
connect_by(const struct sockaddr *sa, socklen_t len, uint64_t deadline_ms)
{
	struct pollfd tries[2] = {{.fd = -1}, {.fd = -1}};
	uint64_t again_ms = now_ms() + AGAIN_MS;
	int n, first = 0, error;

	n = attempt(
	    tries, 1, sa, len, again_ms < deadline_ms ? again_ms : deadline_ms);
	if (n == 0 && deadline_left_ms(deadline_ms) > 0)
		n = attempt(tries, 2, sa, len, deadline_ms);
	if (n > 0) {
		first = tries[0].revents == 0;
		error = attempt_error(&tries[first]);
	} else
		error = n == 0 ? ETIMEDOUT : errno;
	for (int i = 0; i < 2; i++)
		if (tries[i].fd >= 0 && (i != first || error != 0))
			close(tries[i].fd);
	errno = error;
	return (error == 0 ? tries[first].fd : -1);
}

/* A silent address must not eat the time of those after it. */
static uint64_t
share_deadline(int addresses, uint64_t deadline_ms)
{
	uint64_t now = now_ms();

	return (now >= deadline_ms
		? now
		: now + (deadline_ms - now) / (uint64_t)addresses);
}

int
dial_tcp(
    const char *host, int port, uint64_t deadline_ms, char *err, size_t errlen)
{
	struct address found[ADDRESS_MAX];
	struct sockaddr_storage sa;
	socklen_t len;
	int fd = -1, one = 1, error, i, n;

	n = address_find(host, deadline_ms, found);
	if (n <= 0) {
		caller_why(n == 0 ? CALLER_NAME_LATE : CALLER_NAME_UNKNOWN,
		    host, err, errlen);
		errno = n == 0 ? ETIMEDOUT : ENOENT;
		return (-1);
	}
	for (i = 0; i < n && fd < 0; i++) {
		len = address_port(&found[i], port, &sa);
		fd = connect_by((struct sockaddr *)&sa, len,
		    share_deadline(n - i, deadline_ms));
	}
	if (fd >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		return (fd);
	}
	error = errno;
	snprintf(err, errlen, "cannot connect to %s port %d: %s", host, port,
	    strerror(error));
	errno = error;
	return (-1);
}

int
dial_unix(const char *path, uint64_t deadline_ms, char *err, size_t errlen)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000000};
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = -1;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		snprintf(err, errlen, "the path %s is too long", path);
		return (-1);
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	/* EAGAIN here means that the listener's queue is full. */
	while ((fd = connect_by((const struct sockaddr *)&sun, sizeof(sun),
		    deadline_ms)) < 0 &&
	    errno == EAGAIN && deadline_left_ms(deadline_ms) > 0)
		nanosleep(&pause, NULL);
	if (fd < 0)
		snprintf(err, errlen, "cannot connect to %s: %s", path,
		    strerror(errno));
	return (fd);
}
