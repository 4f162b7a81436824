/*
 * One SET after the other at the primary that the sentinels name.  WHERE is the
 * sentinels' ports on loopback, by commas; they know it as "evote".
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "writer.h"

#define ASK "SENTINEL get-master-addr-by-name evote\r\n"

struct peer {
	const char *where;
	int fd; /* -1: of nobody */
};

struct peer *
peer_open(const char *where)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		perror("writer");
		return (NULL);
	}
	p->where = where;
	p->fd = -1;
	return (p);
}

static int
connected(int port)
{
	static const struct timeval patience = {1, 0};
	struct sockaddr_in sin = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	sin.sin_port = htons((uint16_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0)
		return (fd);
	close(fd);
	return (-1);
}

/* Asks, and reads until there are so many lines; 0, or -1. */
static int
asked(int fd, const char *what, char *answer, size_t size, int lines)
{
	size_t have = 0;
	ssize_t n;

	if (send(fd, what, strlen(what), MSG_NOSIGNAL) == -1)
		return (-1);
	while (lines > 0 && have + 1 < size) {
		if ((n = recv(fd, answer + have, 1, 0)) <= 0)
			return (-1);
		lines -= answer[have++] == '\n';
	}
	answer[have] = '\0';
	return (lines == 0 ? 0 : -1);
}

/* "*2", "$9", "127.0.0.1", "$5", the port. */
static int
primary(int sentinel)
{
	char answer[200];
	int fd = connected(sentinel), port = 0;

	if (fd != -1 && asked(fd, ASK, answer, sizeof(answer), 5) == 0)
		sscanf(answer, "*2 $%*d %*s $%*d %d", &port);
	close(fd);
	return (port);
}

static void
find(struct peer *p)
{
	const char *s = p->where;
	int port = 0;

	while (port == 0 && s != NULL) {
		port = primary(atoi(s));
		s = strchr(s, ',');
		s = s == NULL ? NULL : s + 1;
	}
	if (port != 0)
		p->fd = connected(port);
}

int
peer_write(struct peer *p, unsigned n)
{
	char set[300], value[161], answer[200];

	if (p->fd == -1)
		find(p);
	if (p->fd == -1)
		return (-1);
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	snprintf(set, sizeof(set), "SET paused-%u %s\r\n", n, value);
	if (asked(p->fd, set, answer, sizeof(answer), 1) == 0 &&
	    strncmp(answer, "+OK", 3) == 0)
		return (0);
	close(p->fd);
	p->fd = -1;
	return (-1);
}
