/*
 * Many clients that hang on one host, and go to the other when it dies: how
 * long until the last of them is served again?
 *
 *	crowd CLIENTS NAME=HOST:PORT NAME=HOST:PORT READY [plain]
 *
 * Each has a connection over TLS (RFC 9289; or plain) to the host that serves
 * and nothing to ask.  When all have, READY is made.  When a connection ends
 * its client tries the hosts in turn, each at once, and then after pauses that
 * grow from 5 ms to 100 ms, as evote_client does; it is back when STATUS says
 * that the host serves.  Prints one JSON object when all are back: milliseconds
 * from the first connection that ended until half, 99 % and all were, and how
 * many of those this process has had a processor.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <arpa/inet.h>

#include "evote.h"
#include "wire.h"

#define READY_MAX 256
#define GIVE_UP_S 60
#define STANDING  108 /* where it stands in the answer to STATUS, with mark */

struct client {
	struct wire wire;
	int host;
	int served;
	unsigned tries;
	uint64_t due_ms; /* to try again, 0: under way */
	uint64_t back_ms;
	unsigned char in[1024];
	size_t have;
};

struct crowd {
	struct client *clients;
	int n, served;
	enum wire_kind kind;
	char name[2][64], host[2][64];
	int port[2];
	int epfd;
	uint64_t ended_ms; /* the first, 0: none has yet */
	uint64_t own_ms;   /* processor time of this process until then */
};

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t
clock_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ((uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000);
}

static uint64_t
now_ms(void)
{
	return (clock_ms(CLOCK_MONOTONIC));
}

/* ---- one client ---- */

static void
client_begin(struct crowd *w, struct client *c)
{
	struct epoll_event ev = {
	    .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
	int i = (int)(c - w->clients);
	char from[32];

	snprintf(
	    from, sizeof(from), "127.0.%d.%d", 1 + i / 250 % 250, 1 + i % 250);
	c->due_ms = 0;
	c->have = 0;
	if (wire_connect(&c->wire, w->kind, w->name[c->host], w->host[c->host],
		w->port[c->host], from) == -1 ||
	    epoll_ctl(w->epfd, EPOLL_CTL_ADD, c->wire.fd, &ev) == -1)
		die("connect");
}

/* The other host next; the first two at once. */
static void
client_lost(struct crowd *w, struct client *c)
{
	unsigned pause = c->tries < 2 ? 0 : 5u << (c->tries / 2 - 1);

	wire_close(&c->wire);
	w->served -= c->served;
	c->served = 0;
	c->host = !c->host;
	c->tries++;
	c->due_ms = now_ms() + (pause > 100 ? 100 : pause);
	if (w->ended_ms != 0)
		return;
	w->ended_ms = now_ms();
	w->own_ms = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
}

static void
client_ask(struct crowd *w, struct client *c)
{
	static const uint32_t status[] = {0x80000028, 9, 0, 2, EVOTE_PROG,
	    EVOTE_V1, EVOTE_STATUS, 0, 0, 0, 0};
	uint32_t words[sizeof(status) / 4];

	for (size_t i = 0; i < sizeof(status) / 4; i++)
		words[i] = htonl(status[i]);
	if (wire_send(&c->wire, words, sizeof(words)) == -1)
		client_lost(w, c);
}

static void
client_hear(struct crowd *w, struct client *c)
{
	uint32_t standing;
	ssize_t n =
	    wire_recv(&c->wire, c->in + c->have, sizeof(c->in) - c->have);

	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0) {
		client_lost(w, c);
		return;
	}
	c->have += (size_t)n;
	if (c->served || c->have < STANDING + 4)
		return;
	memcpy(&standing, c->in + STANDING, 4);
	if (ntohl(standing) != EVOTE_SERVED) {
		client_lost(w, c);
		return;
	}
	c->served = 1;
	c->tries = 0;
	c->back_ms = now_ms();
	c->have = 0;
	w->served++;
}

static void
client_go(struct crowd *w, struct client *c)
{
	enum wire_state was = c->wire.state;

	if (was == WIRE_OPEN)
		client_hear(w, c);
	else if (wire_go(&c->wire) == WIRE_OPEN)
		client_ask(w, c);
	else if (c->wire.state == WIRE_GONE && was != WIRE_GONE)
		client_lost(w, c);
}

/* ---- all of them ---- */

static void
turn(struct crowd *w)
{
	struct epoll_event ready[READY_MAX];
	int i, n = epoll_wait(w->epfd, ready, READY_MAX, 2);
	uint64_t now = now_ms();

	for (i = 0; i < n; i++)
		client_go(w, ready[i].data.ptr);
	for (i = 0; i < w->n; i++)
		if (w->clients[i].due_ms != 0 && w->clients[i].due_ms <= now)
			client_begin(w, &w->clients[i]);
}

/* At their start not all at once: that is no part of the question. */
static void
gather(struct crowd *w)
{
	int i;

	for (i = 0; i < w->n; i++) {
		client_begin(w, &w->clients[i]);
		while (i + 1 - w->served > 50)
			turn(w);
	}
	while (w->served < w->n)
		turn(w);
	w->ended_ms = 0;
}

static int
by_time(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y ? -1 : x > y);
}

static void
report(const struct crowd *w)
{
	uint64_t *ms = calloc((size_t)w->n, sizeof(*ms));
	int i;

	for (i = 0; i < w->n; i++)
		ms[i] = w->clients[i].back_ms - w->ended_ms;
	qsort(ms, (size_t)w->n, sizeof(*ms), by_time);
	printf("{\"clients\":%d,\"half_ms\":%llu,\"p99_ms\":%llu,"
	       "\"all_ms\":%llu,\"own_ms\":%llu}\n",
	    w->n, (unsigned long long)ms[w->n / 2],
	    (unsigned long long)ms[w->n * 99 / 100],
	    (unsigned long long)ms[w->n - 1],
	    (unsigned long long)(clock_ms(CLOCK_PROCESS_CPUTIME_ID) -
		w->own_ms));
	free(ms);
}

static void
host_read(struct crowd *w, int i, const char *text)
{
	if (sscanf(text, "%63[^=]=%63[^:]:%d", w->name[i], w->host[i],
		&w->port[i]) != 3) {
		fprintf(stderr, "crowd: \"%s\" is not NAME=HOST:PORT\n", text);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	struct rlimit files = {65536, 65536};
	static struct crowd w;
	uint64_t end;
	FILE *f;

	if (argc < 5 || (w.n = atoi(argv[1])) < 1) {
		fputs("crowd: CLIENTS NAME=HOST:PORT NAME=HOST:PORT READY "
		      "[plain]\n",
		    stderr);
		return (2);
	}
	host_read(&w, 0, argv[2]);
	host_read(&w, 1, argv[3]);
	w.kind = argc > 5 ? WIRE_PLAIN : WIRE_PROBE;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	w.epfd = epoll_create1(EPOLL_CLOEXEC);
	w.clients = calloc((size_t)w.n, sizeof(*w.clients));
	if (w.epfd == -1 || w.clients == NULL)
		die("crowd");
	gather(&w);
	if ((f = fopen(argv[4], "we")) == NULL)
		die(argv[4]);
	fclose(f);
	end = now_ms() + GIVE_UP_S * 1000;
	while ((w.ended_ms == 0 || w.served < w.n) && now_ms() < end)
		turn(&w);
	if (w.ended_ms == 0 || w.served < w.n) {
		fprintf(
		    stderr, "crowd: only %d of %d are back\n", w.served, w.n);
		return (1);
	}
	report(&w);
	return (0);
}
