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

/* A connected socket, or -1 with errno. */
static int
connect_by(const struct sockaddr *sa, socklen_t len, uint64_t deadline_ms)
{
	int fd, error = 0, ready;
	socklen_t size = sizeof(error);

	fd = socket(
	    sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return (-1);
	if (connect(fd, sa, len) == 0)
		return (fd);
	if ((error = errno) == EINPROGRESS) {
		ready = deadline_wait(fd, POLLOUT, deadline_ms);
		if (ready == 0)
			error = ETIMEDOUT;
		else if (ready < 0 ||
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
			error = errno;
		if (error == 0)
			return (fd);
	}
	close(fd);
	errno = error;
	return (-1);
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
