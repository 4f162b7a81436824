#ifndef CALLEE_H
#define CALLEE_H

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/now.h"
#include "common/rpc/caller.h"

/* A server for tests of callers: a thread that takes what comes to a port. */
#define PROG 0x20001234
#define SLOW 5000 /* ms; nothing here may take that long */

struct callee {
	int listener, port;
	pthread_t thread;
};

/* Runs until accept fails. */
static inline void
callee_start(struct callee *c, void *(*run)(void *), void *arg)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(
	    0, bind(c->listener, (struct sockaddr *)&sin, sizeof(sin)));
	assert_int_equal(0, listen(c->listener, 8));
	getsockname(c->listener, (struct sockaddr *)&sin, &len);
	c->port = ntohs(sin.sin_port);
	assert_int_equal(0, pthread_create(&c->thread, NULL, run, arg));
}

static inline void
callee_stop(struct callee *c)
{
	shutdown(c->listener, SHUT_RDWR);
	pthread_join(c->thread, NULL);
	close(c->listener);
}

static inline CLIENT *
callee_connect(const struct callee *c)
{
	char err[200];
	CLIENT *client = caller_tcp(
	    "127.0.0.1", c->port, PROG, 1, now_ms() + SLOW, err, sizeof(err));

	assert_non_null(client);
	return (client);
}

static inline int
read_exactly(int fd, void *buf, size_t n)
{
	char *p = buf;
	ssize_t k;

	for (; n > 0; p += k, n -= (size_t)k)
		if ((k = read(fd, p, n)) <= 0)
			return (-1);
	return (0);
}

#endif
