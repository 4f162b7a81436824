#include "common/rpc/address.h"

#include <endian.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/rpc/deadline.h"
#include "common/thread.h"

#define UNKNOWN 1 /* bytes of an answer: the name has no address */

/* The thread's own: it may outlive whoever asked. */
struct question {
	int fd; /* the answer goes in here */
	char host[];
};

/* As address_answer. */
static int
host_resolve(const char *host, int flags, struct address out[ADDRESS_MAX])
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
	struct addrinfo *list, *a;
	int n = 0, error;

	memset(out, 0, ADDRESS_MAX * sizeof(*out));
	error = getaddrinfo(host, NULL, &hints, &list);
	if (error != 0)
		return (error == EAI_AGAIN ? 0 : -1);
	for (a = list; a != NULL && n < ADDRESS_MAX; a = a->ai_next) {
		if (a->ai_family != AF_INET && a->ai_family != AF_INET6)
			continue;
		memcpy(&out[n].sa, a->ai_addr, a->ai_addrlen);
		out[n++].len = a->ai_addrlen;
	}
	freeaddrinfo(list);
	return (n > 0 ? n : -1);
}

int
address_numeric(const char *host, struct address out[ADDRESS_MAX])
{
	int n = host_resolve(host, AI_NUMERICHOST, out);

	return (n > 0 ? n : 0);
}

static void *
question_thread(void *arg)
{
	struct question *q = arg;
	struct address found[ADDRESS_MAX];
	int n = host_resolve(q->host, 0, found);
	size_t len = n > 0 ? (size_t)n * sizeof(*found) : UNKNOWN;

	/* Nobody may be left to hear it; the end says that none could tell. */
	if (n != 0)
		(void)!send(q->fd, found, len, MSG_NOSIGNAL);
	close(q->fd);
	free(q);
	return (NULL);
}

int
address_ask(const char *host)
{
	struct question *q = malloc(sizeof(*q) + strlen(host) + 1);
	int pair[2];

	if (q == NULL)
		return (-1);
	/* One packet is one answer: whole or not there. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		free(q);
		return (-1);
	}
	q->fd = pair[1];
	strcpy(q->host, host);
	if (thread_start(NULL, question_thread, q) != 0) {
		close(pair[0]);
		close(pair[1]);
		free(q);
		return (-1);
	}
	return (pair[0]);
}

int
address_answer(int fd, struct address out[ADDRESS_MAX])
{
	const size_t size = ADDRESS_MAX * sizeof(*out);
	ssize_t n;

	memset(out, 0, size);
	n = recv(fd, out, size, MSG_DONTWAIT);
	if (n == UNKNOWN)
		return (-1);
	return (n > 0 ? (int)((size_t)n / sizeof(*out)) : 0);
}

int
address_find(
    const char *host, uint64_t deadline_ms, struct address out[ADDRESS_MAX])
{
	int n = address_numeric(host, out), fd;

	if (n > 0 || (fd = address_ask(host)) == -1)
		return (n);
	if (deadline_wait(fd, POLLIN, deadline_ms) == 1)
		n = address_answer(fd, out);
	close(fd);
	return (n);
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return (a->len == b->len && memcmp(&a->sa, &b->sa, sizeof(a->sa)) == 0);
}

socklen_t
address_port(const struct address *a, int port, struct sockaddr_storage *out)
{
	*out = a->sa;
	if (out->ss_family == AF_INET6)
		((struct sockaddr_in6 *)out)->sin6_port = htobe16(port);
	else
		((struct sockaddr_in *)out)->sin_port = htobe16(port);
	return (a->len);
}
