/*
 * Writes one value after the other, a millisecond apart, and to a file when
 * each was answered:
 *
 *	TIME ok N
 *	TIME failed N		once: it is asked again until it is answered
 *
 * TIME is the monotonic clock in us.
 *
 *	writer_SYSTEM WHERE LOG		until SIGTERM
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "writer.h"

#define PAUSE_NS 1000000

static volatile sig_atomic_t stopped;

static void
on_term(int sig)
{
	stopped = 1;
}

static void
note(FILE *log, const char *what, unsigned n)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	fprintf(log, "%" PRIu64 " %s %u\n",
	    (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000, what,
	    n);
}

int
main(int argc, char **argv)
{
	static const struct timespec between = {0, PAUSE_NS};
	struct peer *peer;
	FILE *log;
	int failed = 0;

	if (argc != 3) {
		fputs("usage: writer WHERE LOG\n", stderr);
		return (2);
	}
	if ((log = fopen(argv[2], "ae")) == NULL) {
		perror(argv[2]);
		return (1);
	}
	setvbuf(log, NULL, _IOLBF, 0);
	signal(SIGTERM, on_term);
	signal(SIGPIPE, SIG_IGN);
	if ((peer = peer_open(argv[1])) == NULL)
		return (1);
	for (unsigned n = 0; !stopped; nanosleep(&between, NULL))
		if (peer_write(peer, n) == 0) {
			note(log, "ok", n++);
			failed = 0;
		} else if (!failed) {
			note(log, "failed", n);
			failed = 1;
		}
	return (0);
}
