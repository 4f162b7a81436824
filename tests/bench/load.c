/*
 * A closed loop over N connections: each sends the next request as soon as its
 * last one is answered.  Prints one JSON object: rate, latencies, and the time
 * that the processes of --cpu-of have had for each request while the loop ran.
 * Ends when its seconds are over, its requests used up, or at SIGTERM.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "floor.h"
#include "load.h"
#include "wire.h"

#define ANSWER_MAX 8192
#define READY_MAX  512
#define PIDS_MAX   16

struct conn {
	struct wire wire;
	uint64_t sent_ns;
	size_t at, left; /* of its turn */
	size_t have;
	unsigned char in[ANSWER_MAX];
};

struct load {
	struct load_options options;
	struct requests requests;
	struct conn *conns;
	int epfd;
	size_t next;
	int under_way;
	clockid_t clocks[PIDS_MAX]; /* of other processes */
	int nclocks;
	uint64_t end_ns, last_ns;
	uint64_t cpu_ns; /* what they have had in the loop */
	uint32_t *us;	 /* latencies */
	size_t n, max, failed;
};

static volatile sig_atomic_t stopped;

static void
on_term(int sig)
{
	stopped = 1;
}

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec);
}

/* ---- time of other processes ---- */

static void
clocks_find(struct load *l)
{
	const char *p = l->options.cpu_of;
	char *end;

	for (; p != NULL && *p != '\0'; p = *end == ',' ? end + 1 : end) {
		errno = l->nclocks == PIDS_MAX ? E2BIG : 0;
		if (errno == 0)
			errno = clock_getcpuclockid((pid_t)strtol(p, &end, 10),
			    &l->clocks[l->nclocks++]);
		if (errno != 0)
			die("--cpu-of");
	}
}

static uint64_t
clocks_read(const struct load *l)
{
	struct timespec ts;
	uint64_t sum = 0;

	for (int i = 0; i < l->nclocks; i++) {
		if (clock_gettime(l->clocks[i], &ts) == -1)
			die("a process of --cpu-of has ended");
		sum += (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	}
	return (sum);
}

/* ---- requests ---- */

unsigned char *
requests_room(struct requests *r, size_t len)
{
	size_t end = r->n > 0 ? r->at[r->n] : 0;

	r->bytes = realloc(r->bytes, end + len);
	r->at = realloc(r->at, (r->n + 2) * sizeof(*r->at));
	if (r->bytes == NULL || r->at == NULL)
		die("memory");
	r->at[r->n] = end;
	return (r->bytes + end);
}

void
requests_add(struct requests *r, size_t used)
{
	r->at[r->n + 1] = r->at[r->n] + used;
	r->n++;
}

static size_t
floor_answered(const unsigned char *in, size_t len)
{
	return (len >= FLOOR_ANSWER ? FLOOR_ANSWER : 0);
}

static int
always(const unsigned char *in, size_t len)
{
	return (1);
}

static void
floor_requests(struct requests *r)
{
	memset(requests_room(r, FLOOR_RECORD), 'v', FLOOR_RECORD);
	requests_add(r, FLOOR_RECORD);
	r->again = 1;
	r->answered = floor_answered;
	r->good = always;
}

/* The line of SET and that of WAIT. */
static size_t
redis_answered(const unsigned char *in, size_t len)
{
	const unsigned char *first = memchr(in, '\n', len), *second;

	if (first == NULL)
		return (0);
	first++;
	second = memchr(first, '\n', len - (size_t)(first - in));
	return (second == NULL ? 0 : (size_t)(second + 1 - in));
}

static int
redis_good(const unsigned char *in, size_t len)
{
	return (len == 9 && memcmp(in, "+OK\r\n:1\r\n", 9) == 0);
}

/* A vote-sized value under a new key, on the replica before it is answered. */
static void
redis_requests(struct requests *r, const char *run)
{
	char value[161];

	memset(value, 'v', sizeof(value) - 1);
	value[160] = '\0';
	for (int i = 0; i < 200000; i++) {
		char key[64];
		int k = snprintf(key, sizeof(key), "%s-%d", run, i);
		char *room = (char *)requests_room(r, 400);

		requests_add(r,
		    (size_t)snprintf(room, 400,
			"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$160\r\n%s\r\n"
			"*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$4\r\n5000\r\n",
			k, key, value));
	}
	r->again = 1;
	r->answered = redis_answered;
	r->good = redis_good;
}

/* ---- driving ---- */

/* Idle ones come from many places: no source may have them all. */
static void
wire_up(struct load *l, struct wire *w, int idle)
{
	char from[32];

	snprintf(from, sizeof(from), "127.0.%d.%d", 1 + idle / 250 % 250,
	    1 + idle % 250);
	if (wire_connect(w, l->options.kind, "alpha", l->options.host,
		l->options.port, idle < 0 ? NULL : from) == -1)
		die("connect");
	wire_await(w);
}

static void
conn_open(struct load *l, struct conn *c)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

	wire_up(l, &c->wire, -1);
	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, c->wire.fd, &ev) == -1)
		die("epoll_ctl");
}

/* Asks nothing, and has its answer: the server closes who never calls. */
static void
idle_call(struct wire *w, const struct requests *null)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};
	unsigned char reply[64];
	ssize_t n;

	if (wire_send(w, null->bytes, null->at[1]) == -1)
		die("send");
	while ((n = wire_recv(w, reply, sizeof(reply))) == -1 &&
	    errno == EAGAIN && poll(&p, 1, 10000) == 1)
		;
	if (n <= 0)
		die("an idle connection has no answer");
}

/* More connections, which rest from then on. */
static void
idle_open(struct load *l)
{
	struct requests null = {0};
	struct wire w;

	null_requests(&null);
	for (int i = 0; i < l->options.idle; i++) {
		wire_up(l, &w, i);
		idle_call(&w, &null);
	}
	free(null.bytes);
	free(null.at);
}

/* Requests are small: the socket takes one whole. */
static void
conn_send(struct load *l, struct conn *c)
{
	const struct requests *r = &l->requests;
	size_t i = c->at++;

	c->left--;
	if (wire_send(&c->wire, r->bytes + r->at[i], r->at[i + 1] - r->at[i]) ==
	    -1)
		die("send");
}

static void
conn_ask(struct load *l, struct conn *c)
{
	const struct requests *r = &l->requests;
	size_t i = l->next;

	if (i == r->n && !r->again)
		return;
	c->at = i % r->n;
	c->left = r->each > 0 ? r->each : 1;
	l->next = c->at + c->left;
	c->sent_ns = now_ns();
	if (stopped || c->sent_ns >= l->end_ns)
		return;
	conn_send(l, c);
	l->under_way++;
}

static void
note(struct load *l, uint64_t ns)
{
	if (l->n == l->max) {
		l->max = l->max == 0 ? 65536 : 2 * l->max;
		l->us = realloc(l->us, l->max * sizeof(*l->us));
		if (l->us == NULL)
			die("memory");
	}
	l->us[l->n++] = (uint32_t)(ns / 1000);
}

static void
conn_answer(struct load *l, struct conn *c)
{
	ssize_t n = wire_recv(&c->wire, c->in + c->have, ANSWER_MAX - c->have);
	size_t len;

	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0)
		die("the server ended the connection");
	c->have += (size_t)n;
	if ((len = l->requests.answered(c->in, c->have)) == 0) {
		if (c->have == ANSWER_MAX)
			die("too long an answer");
		return;
	}
	l->failed += !l->requests.good(c->in, len);
	c->have = 0;
	if (c->left > 0) {
		conn_send(l, c);
		return;
	}
	l->last_ns = now_ns();
	note(l, l->last_ns - c->sent_ns);
	l->under_way--;
	conn_ask(l, c);
}

/* Somebody waits for this file. */
static void
say_begun(const struct load *l)
{
	FILE *f;

	if (l->options.began == NULL)
		return;
	if ((f = fopen(l->options.began, "we")) == NULL)
		die(l->options.began);
	fclose(f);
}

static double
drive(struct load *l)
{
	struct epoll_event ready[READY_MAX];
	uint64_t began, cpu_ns;
	int n;

	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	l->conns = calloc((size_t)l->options.connections, sizeof(*l->conns));
	if (l->epfd == -1 || l->conns == NULL)
		die("epoll");
	idle_open(l);
	for (int i = 0; i < l->options.connections; i++)
		conn_open(l, &l->conns[i]);
	clocks_find(l);
	say_begun(l);
	cpu_ns = clocks_read(l);
	began = now_ns();
	l->end_ns = began + (uint64_t)(l->options.seconds * 1e9);
	for (int i = 0; i < l->options.connections; i++)
		conn_ask(l, &l->conns[i]);
	while (l->under_way > 0) {
		n = epoll_wait(l->epfd, ready, READY_MAX, 10000);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			die("no answer for ten seconds");
		for (int i = 0; i < n; i++)
			conn_answer(l, ready[i].data.ptr);
	}
	l->cpu_ns = clocks_read(l) - cpu_ns;
	return ((double)(l->last_ns - began) / 1e9);
}

/* One connection after the other, each no longer than it takes to open. */
static double
shake_hands(struct load *l)
{
	uint64_t began, cpu_ns;
	struct wire w;

	clocks_find(l);
	cpu_ns = clocks_read(l);
	began = now_ns();
	l->end_ns = began + (uint64_t)(l->options.seconds * 1e9);
	while (!stopped && l->last_ns < l->end_ns) {
		uint64_t from = now_ns();

		wire_up(l, &w, -1);
		wire_close(&w);
		l->last_ns = now_ns();
		note(l, l->last_ns - from);
	}
	l->cpu_ns = clocks_read(l) - cpu_ns;
	return ((double)(l->last_ns - began) / 1e9);
}

/* ---- what came of it ---- */

static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x < y ? -1 : x > y);
}

static void
report(struct load *l, double seconds)
{
	size_t n = l->n;

	if (n == 0) {
		fputs("load: nothing was answered\n", stderr);
		exit(1);
	}
	qsort(l->us, n, sizeof(*l->us), by_size);
	printf("{\"system\":\"%s\",\"connections\":%d,\"rate\":%.1f,"
	       "\"p50_us\":%u,\"p99_us\":%u,\"p999_us\":%u,\"n\":%zu,"
	       "\"failed\":%zu",
	    l->options.system, l->options.connections, (double)n / seconds,
	    l->us[n / 2], l->us[n * 99 / 100], l->us[n * 999 / 1000], n,
	    l->failed);
	if (l->nclocks > 0)
		printf(",\"cpu_us\":%.2f", (double)l->cpu_ns / 1e3 / (double)n);
	puts("}");
}

static void
options_read(struct load_options *o, int argc, char **argv)
{
	static const struct option options[] = {
	    {"system", required_argument, NULL, 's'},
	    {"host", required_argument, NULL, 'H'},
	    {"port", required_argument, NULL, 'p'},
	    {"connections", required_argument, NULL, 'c'},
	    {"seconds", required_argument, NULL, 't'},
	    {"hosts", required_argument, NULL, 'h'},
	    {"key", required_argument, NULL, 'k'},
	    {"state", required_argument, NULL, 'd'},
	    {"voters", required_argument, NULL, 'v'},
	    {"elections", required_argument, NULL, 'e'},
	    {"run", required_argument, NULL, 'r'},
	    {"cpu-of", required_argument, NULL, 'C'},
	    {"idle", required_argument, NULL, 'i'},
	    {"began", required_argument, NULL, 'b'},
	    {"tls", no_argument, NULL, 'T'},
	    {"tls-at-once", no_argument, NULL, 'U'},
	    {NULL, 0, NULL, 0},
	};
	int ch;

	*o = (struct load_options){.host = "127.0.0.1",
	    .connections = 1,
	    .seconds = 1,
	    .voters = 1000,
	    .elections = 10,
	    .run = "run"};
	while ((ch = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (ch) {
		case 's':
			o->system = optarg;
			break;
		case 'H':
			o->host = optarg;
			break;
		case 'p':
			o->port = atoi(optarg);
			break;
		case 'c':
			o->connections = atoi(optarg);
			break;
		case 't':
			o->seconds = atof(optarg);
			break;
		case 'h':
			o->hosts = optarg;
			break;
		case 'k':
			o->key = optarg;
			break;
		case 'd':
			o->state = optarg;
			break;
		case 'v':
			o->voters = (unsigned)atoi(optarg);
			break;
		case 'e':
			o->elections = (unsigned)atoi(optarg);
			break;
		case 'r':
			o->run = optarg;
			break;
		case 'C':
			o->cpu_of = optarg;
			break;
		case 'i':
			o->idle = atoi(optarg);
			break;
		case 'b':
			o->began = optarg;
			break;
		case 'T':
			o->kind = WIRE_PROBE;
			break;
		case 'U':
			o->kind = WIRE_TLS;
			break;
		default:
			exit(2);
		}
	if (o->system == NULL || o->port == 0 || o->connections < 1) {
		fputs("load: --system and --port are missing\n", stderr);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	static struct load l;

	options_read(&l.options, argc, argv);
	signal(SIGTERM, on_term);
	if (strcmp(l.options.system, "handshake") == 0) {
		report(&l, shake_hands(&l));
		return (0);
	}
	if (strcmp(l.options.system, "floor") == 0)
		floor_requests(&l.requests);
	else if (strcmp(l.options.system, "redis-wait") == 0)
		redis_requests(&l.requests, l.options.run);
	else if (strcmp(l.options.system, "null") == 0)
		null_requests(&l.requests);
	else
		evote_requests(&l.options, &l.requests);
	report(&l, drive(&l));
	return (l.failed > 0);
}
