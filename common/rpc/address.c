#include "common/rpc/address.h"

#include <endian.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The thread's own: it may outlive whoever asked. */
struct question {
	int fd; /* the answer goes in here */
	char host[];
};

static int
address_find(const char *host, int flags, struct address out[ADDRESS_MAX])
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
	struct addrinfo *list, *a;
	int n = 0;

	memset(out, 0, ADDRESS_MAX * sizeof(*out));
	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return (0);
	for (a = list; a != NULL && n < ADDRESS_MAX; a = a->ai_next) {
		if (a->ai_family != AF_INET && a->ai_family != AF_INET6)
			continue;
		memcpy(&out[n].sa, a->ai_addr, a->ai_addrlen);
		out[n++].len = a->ai_addrlen;
	}
	freeaddrinfo(list);
	return (n);
}

int
address_numeric(const char *host, struct address out[ADDRESS_MAX])
{
	return (address_find(host, AI_NUMERICHOST, out));
}

static void *
question_thread(void *arg)
{
	struct question *q = arg;
	struct address found[ADDRESS_MAX];
	size_t n = (size_t)address_find(q->host, 0, found);

	/* Nobody may be left to hear it; the end says that there is none. */
	if (n > 0 && send(q->fd, found, n * sizeof(*found), MSG_NOSIGNAL) < 0)
		n = 0;
	close(q->fd);
	free(q);
	return (NULL);
}

static int
thread_detach(void *(*run)(void *), void *arg)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	/* Signals are for the threads that were there before. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, run, arg);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return (error == 0 ? 0 : -1);
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
	if (thread_detach(question_thread, q) != 0) {
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
	return (n > 0 ? (int)((size_t)n / sizeof(*out)) : 0);
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
