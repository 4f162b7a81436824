#include "common/rpc/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"

#define BACKLOG	   1024
#define PORT_TRIES 16

/* A listening socket, and the port it got; -1 with errno. */
static int
tcp_listen(int family, int port, int *got)
{
	struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in in = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr *addr = (struct sockaddr *)&in6;
	socklen_t len = sizeof(in6);
	int fd, error, one = 1;

	if (family == AF_INET) {
		addr = (struct sockaddr *)&in;
		len = sizeof(in);
	}
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return (-1);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    (family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) ==
		    -1) ||
	    bind(fd, addr, len) == -1 || getsockname(fd, addr, &len) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		error = errno;
		close(fd);
		errno = error;
		return (-1);
	}
	*got = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
	return (fd);
}

static bool
family_missing(int error)
{
	return (error == EAFNOSUPPORT || error == EADDRNOTAVAIL);
}

/*
 * Listens on one port of both families; a family this machine lacks is left out
 * (-1).  Returns the port, or -1 with errno and nothing open.
 */
static int
tcp_listen_both(int port, int *fd4, int *fd6)
{
	int error;

	*fd6 = -1;
	*fd4 = tcp_listen(AF_INET, port, &port);
	if (*fd4 == -1 && !family_missing(errno))
		return (-1);
	*fd6 = tcp_listen(AF_INET6, port, &port);
	if (*fd6 != -1 || (*fd4 != -1 && family_missing(errno)))
		return (port);
	error = errno;
	if (*fd4 != -1)
		close(*fd4);
	errno = error;
	return (-1);
}

int
listen_tcp(int port, int fd[2])
{
	int got, tries = port == 0 ? PORT_TRIES : 1;

	/* A port that is free on one family may be taken on the other. */
	do {
		got = tcp_listen_both(port, &fd[0], &fd[1]);
	} while (got == -1 && errno == EADDRINUSE && --tries > 0);
	if (got == -1)
		log_alarm("transport listen=failed port=%d why=\"%s\"", port,
		    strerror(errno));
	return (got);
}

/* By the kernel's list: its last column is the path. */
static bool
unix_is_bound(const char *path)
{
	char line[512];
	bool found = false;
	FILE *f = fopen("/proc/self/net/unix", "re");

	if (f == NULL)
		return (true);
	while (!found && fgets(line, sizeof(line), f) != NULL) {
		const char *last = strrchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		found = last != NULL && strcmp(last + 1, path) == 0;
	}
	fclose(f);
	return (found);
}

/*
 * Whether somebody listens there, with errno for a refusal.  Another user's
 * file, left behind, does not even let us try.
 */
static bool
unix_lives(const struct sockaddr_un *addr)
{
	int fd, error = 0;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return (true);
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == -1)
		error = errno;
	close(fd);
	errno = EADDRINUSE;
	return (error != ECONNREFUSED &&
	    (error != EACCES || unix_is_bound(addr->sun_path)));
}

/* Removes a socket file nobody listens on any more; -1 when somebody does. */
static int
unix_clear(const struct sockaddr_un *addr)
{
	struct stat st;

	if (lstat(addr->sun_path, &st) == -1)
		return (errno == ENOENT ? 0 : -1);
	errno = EADDRINUSE;
	if (!S_ISSOCK(st.st_mode))
		return (-1);
	if (unix_lives(addr))
		return (-1);
	return (unlink(addr->sun_path));
}

/* Nobody can connect before listen, so the mode is in time. */
static int
unix_bind(int fd, const struct sockaddr_un *addr, int mode)
{
	if (bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) == -1 ||
	    chmod(addr->sun_path, mode) == -1)
		return (-1);
	return (listen(fd, BACKLOG));
}

int
listen_unix(const char *path, int mode)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = -1;

	errno = ENAMETOOLONG;
	if (strlen(path) >= sizeof(addr.sun_path))
		goto fail;
	strcpy(addr.sun_path, path);
	if (unix_clear(&addr) == -1)
		goto fail;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd != -1 && unix_bind(fd, &addr, mode) == 0)
		return (fd);
fail:
	log_alarm("transport listen=failed path=\"%s\" why=\"%s\"", path,
	    strerror(errno));
	if (fd != -1)
		close(fd);
	return (-1);
}
