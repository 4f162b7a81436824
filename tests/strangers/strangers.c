/*
 * Strangers at the doors of a running cluster: all that somebody without a key
 * can send, at once, from one address and from many, and a voter who opens
 * elections without end.  Seeded, bounded in time, connections and bytes.
 * Prints one JSON object of what was done.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "strangers.h"
#include "common/now.h"
#include "common/rpc/tls.h"

#define TARGETS_MAX 8
#define READY_MAX   256
#define SCAN_MS	    20
#define LINE_MS	    10 /* the rate holds over such a time */

struct stranger {
	const struct kind *kind;
	int fd; /* -1: to come */
	size_t sent;
	size_t got;
	uint64_t end_ms;
	int done;	 /* has sent all, for now */
	struct tls *tls; /* NULL: speaks in plain */
	int shaken;
};

struct crowd {
	struct sockaddr_in targets[TARGETS_MAX];
	int n_targets;
	struct kind kinds[KINDS];
	struct stranger *all;
	int n;
	int epfd;
	uint64_t rate; /* bytes a second */
	uint64_t line; /* bytes left of the present LINE_MS */
	uint64_t line_ms;
	uint64_t end_ms;
	struct tally tally[KINDS];
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
	exit(2);
}

/* ---- one of them ---- */

/* Half of all come from one address, the others from all of 127.0.0.0/8. */
static struct sockaddr_in
source(void)
{
	uint32_t address = 0x7f060606;

	if (draw(2) == 0)
		address = 0x7f000000 | (0x010000 + draw(0xfe0000));
	return ((struct sockaddr_in){
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(address)});
}

static void
stranger_end(struct crowd *c, struct stranger *s)
{
	struct tally *t = &c->tally[s->kind - c->kinds];

	if (s->fd == -1)
		return;
	t->answered += s->got > 0;
	t->received += s->got;
	close(s->fd);
	s->fd = -1;
	tls_free(s->tls);
	s->tls = NULL;
}

/* It has asked for TLS, and the handshake if there is one is not over. */
static int
stranger_asks(const struct stranger *s)
{
	if (s->kind->secrecy == SHAKES)
		return (!s->shaken);
	return (s->kind->secrecy == PROBES && s->got == 0);
}

static void
stranger_arm(struct crowd *c, struct stranger *s, int op)
{
	struct epoll_event ev = {.data.ptr = s};

	if (s->kind->manner != DEAF || stranger_asks(s))
		ev.events |= EPOLLIN;
	if (!s->done)
		ev.events |= EPOLLOUT;
	if (epoll_ctl(c->epfd, op, s->fd, &ev) == -1)
		die("epoll_ctl");
}

/* As another one, of any kind, at any door. */
static void
stranger_begin(struct crowd *c, struct stranger *s)
{
	struct sockaddr_in from = source();
	const struct sockaddr_in *to = &c->targets[draw(c->n_targets)];
	int one = 1;

	*s = (struct stranger){.kind = &c->kinds[kinds_draw(c->kinds)]};
	s->end_ms = now_ms() + 200 + draw(s->kind->life_ms);
	s->done = s->kind->len == 0;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd == -1)
		die("socket");
	setsockopt(
	    s->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(s->fd, (struct sockaddr *)&from, sizeof(from)) == -1 ||
	    (connect(s->fd, (const struct sockaddr *)to, sizeof(*to)) == -1 &&
		errno != EINPROGRESS)) {
		close(s->fd);
		s->fd = -1;
		return;
	}
	c->tally[s->kind - c->kinds].connections++;
	stranger_arm(c, s, EPOLL_CTL_ADD);
}

/* All is sent: what now? */
static void
stranger_said(struct crowd *c, struct stranger *s)
{
	switch (s->kind->manner) {
	case LEAVES:
		stranger_end(c, s);
		return;
	case SHUTS:
		(void)shutdown(s->fd, SHUT_WR);
		break;
	case DEAF: /* and says it again */
		s->sent = 0;
		return;
	case READS:
	case WAITS:
		break;
	}
	s->done = 1;
	stranger_arm(c, s, EPOLL_CTL_MOD);
}

/* Nothing more before the other end has said something. */
static void
stranger_listen(struct crowd *c, struct stranger *s)
{
	s->done = 1;
	stranger_arm(c, s, EPOLL_CTL_MOD);
}

/* How many of these bytes went, 0 if none or (its fd is -1) if it has ended. */
static size_t
stranger_put(struct crowd *c, struct stranger *s, const void *bytes, size_t len)
{
	ssize_t n;

	if (len > c->line)
		len = c->line;
	if (len == 0)
		return (0);
	n = send(s->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n == -1) {
		stranger_end(c, s);
		return (0);
	}
	c->line -= (uint64_t)n;
	c->tally[s->kind - c->kinds].sent += (uint64_t)n;
	return ((size_t)n);
}

/* What its TLS has to send; then what it has to say, which becomes that. */
static void
stranger_send_tls(struct crowd *c, struct stranger *s)
{
	const struct kind *k = s->kind;
	struct outbox *out = tls_outbox(s->tls);
	size_t from = s->sent > k->probe ? s->sent : k->probe, n;

	n = stranger_put(c, s, out->data + out->start, outbox_size(out));
	if (n > 0)
		outbox_sent(out, n);
	if (s->fd == -1 || outbox_size(out) > 0)
		return;
	if (!s->shaken) {
		stranger_listen(c, s);
	} else if (from == k->len) {
		stranger_said(c, s);
	} else {
		if (tls_write(s->tls, k->bytes + from, k->len - from) == -1)
			die("tls");
		s->sent = k->len;
	}
}

static void
stranger_send(struct crowd *c, struct stranger *s)
{
	const struct kind *k = s->kind;
	size_t end = s->sent < k->probe ? k->probe : k->len;

	if (s->tls != NULL) {
		stranger_send_tls(c, s);
		return;
	}
	s->sent += stranger_put(c, s, k->bytes + s->sent, end - s->sent);
	if (s->fd == -1 || s->sent < end)
		return;
	if (stranger_asks(s))
		stranger_listen(c, s);
	else if (s->sent == k->len)
		stranger_said(c, s);
}

/* The answer to its probe, or more of its handshake, has come. */
static void
stranger_shake(struct crowd *c, struct stranger *s, const void *bytes, size_t n)
{
	enum tls_got got;

	if (s->tls == NULL)
		s->tls = tls_connect("127.0.0.1", NULL);
	else if (tls_feed(s->tls, bytes, n) == -1)
		die("memory");
	if (s->tls == NULL)
		die("memory");
	got = tls_shake(s->tls);
	s->shaken = got == TLS_OK;
	if (got == TLS_BROKEN || got == TLS_END)
		stranger_end(c, s);
}

/* Whoever has waited for an answer goes on. */
static void
stranger_told(struct crowd *c, struct stranger *s, const void *bytes, size_t n)
{
	int asked = stranger_asks(s);

	s->got += n;
	if (!asked)
		return;
	if (s->kind->secrecy == SHAKES)
		stranger_shake(c, s, bytes, n);
	if (s->fd == -1)
		return;
	s->done = 0;
	stranger_arm(c, s, EPOLL_CTL_MOD);
}

static void
stranger_read(struct crowd *c, struct stranger *s)
{
	static char bin[65536];
	ssize_t n = recv(s->fd, bin, sizeof(bin), MSG_DONTWAIT);

	if (n > 0)
		stranger_told(c, s, bin, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		stranger_end(c, s);
}

/* ---- all of them ---- */

static void
crowd_renew(struct crowd *c, uint64_t now)
{
	for (int i = 0; i < c->n; i++) {
		struct stranger *s = &c->all[i];

		if (s->fd != -1 && now >= s->end_ms)
			stranger_end(c, s);
		if (s->fd == -1)
			stranger_begin(c, s);
	}
}

static void
crowd_run(struct crowd *c)
{
	struct epoll_event ready[READY_MAX];
	uint64_t now = now_ms(), scanned_ms = 0;

	for (; !stopped && now < c->end_ms; now = now_ms()) {
		int n = epoll_wait(c->epfd, ready, READY_MAX, 1);

		if (now - c->line_ms >= LINE_MS) {
			c->line_ms = now;
			c->line = c->rate * LINE_MS / 1000;
		}
		for (int i = 0; i < n; i++) {
			struct stranger *s = ready[i].data.ptr;

			if (s->fd != -1 && ready[i].events & ~EPOLLOUT)
				stranger_read(c, s);
			if (s->fd != -1 && ready[i].events & EPOLLOUT)
				stranger_send(c, s);
		}
		if (c->line == 0)
			(void)usleep(1000);
		if (now - scanned_ms >= SCAN_MS) {
			crowd_renew(c, now);
			scanned_ms = now;
		}
	}
	for (int i = 0; i < c->n; i++)
		stranger_end(c, &c->all[i]);
}

static void
crowd_open(struct crowd *c, int conns, double seconds)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if ((rlim_t)conns + 32 > files.rlim_cur)
		conns = (int)files.rlim_cur - 32;
	c->n = conns;
	c->all = calloc((size_t)conns, sizeof(*c->all));
	c->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (c->all == NULL || c->epfd == -1)
		die("memory");
	for (int i = 0; i < conns; i++)
		c->all[i].fd = -1;
	c->end_ms = now_ms() + (uint64_t)(seconds * 1000);
}

static void
crowd_print(const struct crowd *c, const struct greed *greed)
{
	printf("{\"elections\":{\"opened\":%u,\"quota\":%u,\"other\":%u}",
	    greed->opened, greed->quota, greed->other);
	for (int i = 0; i < KINDS; i++)
		printf(",\"%s\":{\"connections\":%llu,\"answered\":%llu,"
		       "\"sent\":%llu,\"received\":%llu}",
		    c->kinds[i].name,
		    (unsigned long long)c->tally[i].connections,
		    (unsigned long long)c->tally[i].answered,
		    (unsigned long long)c->tally[i].sent,
		    (unsigned long long)c->tally[i].received);
	puts("}");
}

/* ADDRESS:PORT, by commas. */
static void
targets_read(struct crowd *c, char *list)
{
	char *place, *port;

	while ((place = strsep(&list, ",")) != NULL) {
		struct sockaddr_in *to = &c->targets[c->n_targets++];

		port = strchr(place, ':');
		if (port == NULL || c->n_targets == TARGETS_MAX)
			break;
		*port = '\0';
		to->sin_family = AF_INET;
		to->sin_port = htons((uint16_t)atoi(port + 1));
		if (inet_pton(AF_INET, place, &to->sin_addr) != 1)
			break;
	}
	if (place != NULL) {
		fprintf(stderr, "strangers: no target: %s\n", place);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"targets", required_argument, NULL, 't'},
	    {"seconds", required_argument, NULL, 's'},
	    {"seed", required_argument, NULL, 'S'},
	    {"connections", required_argument, NULL, 'c'},
	    {"rate", required_argument, NULL, 'r'},
	    {"hosts", required_argument, NULL, 'h'},
	    {"voter", required_argument, NULL, 'v'},
	    {"key", required_argument, NULL, 'k'},
	    {"only", required_argument, NULL, 'o'},
	    {"state", required_argument, NULL, 'd'},
	    {NULL, 0, NULL, 0},
	};
	static struct crowd c;
	struct evote_options voter = {0};
	const char *only = NULL;
	double seconds = 10;
	int ch, conns = 500;
	struct greed greed;
	unsigned seed = 1;

	c.rate = 20 << 20;
	while ((ch = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (ch) {
		case 't':
			targets_read(&c, optarg);
			break;
		case 's':
			seconds = atof(optarg);
			break;
		case 'S':
			seed = (unsigned)atoi(optarg);
			break;
		case 'c':
			conns = atoi(optarg);
			break;
		case 'r':
			c.rate = strtoull(optarg, NULL, 10);
			break;
		case 'h':
			voter.hosts = optarg;
			break;
		case 'v':
			voter.voter = optarg;
			break;
		case 'k':
			voter.key = optarg;
			break;
		case 'o':
			only = optarg;
			break;
		case 'd':
			voter.state = optarg;
			break;
		default:
			return (2);
		}
	if (c.n_targets == 0 || voter.hosts == NULL || voter.voter == NULL) {
		fputs("strangers: --targets, --hosts and --voter are missing\n",
		    stderr);
		return (2);
	}
	signal(SIGTERM, on_term);
	draw_seed(seed);
	kinds_make(c.kinds);
	if (only != NULL && kinds_only(c.kinds, only) == -1) {
		fprintf(stderr, "strangers: no kind: %s\n", only);
		return (2);
	}
	greed_begin(&voter, seconds);
	crowd_open(&c, conns, seconds);
	crowd_run(&c);
	greed_end(&greed);
	crowd_print(&c, &greed);
	return (0);
}
