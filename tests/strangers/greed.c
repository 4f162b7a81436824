/*
 * A voter with a good key who opens elections as large as can be, without end.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "strangers.h"

static pid_t child;
static int out = -1;

/* Names that differ in their first letters and are as long as can be. */
static void
names_fill(char names[][EVOTE_NAME_MAX + 1], char **list, int n)
{
	for (int i = 0; i < n; i++) {
		memset(names[i], 'x', EVOTE_NAME_MAX);
		names[i][0] = (char)('A' + i / 26);
		names[i][1] = (char)('A' + i % 26);
		list[i] = names[i];
	}
}

static void
election_open(struct evote *e, unsigned n, struct greed *g)
{
	static char names[EVOTE_CHOICES_MAX][EVOTE_NAME_MAX + 1];
	char *list[EVOTE_CHOICES_MAX], name[64];
	evote_election election = {.name = name,
	    .groups = {EVOTE_GROUPS_MAX, list},
	    .choices = {EVOTE_CHOICES_MAX, list},
	    .end = ((uint64_t)time(NULL) + 86400) * 1000000};
	evote_answer answer = {0};

	names_fill(names, list, EVOTE_CHOICES_MAX);
	snprintf(name, sizeof(name), "greed-%u", n);
	if (evote_create(e, &(evote_terms){.election = election}, 0, NULL,
		&answer) != EVOTE_ANSWERED)
		g->other++;
	else if (answer.code == 0)
		g->opened++;
	else if (answer.reason == EVOTE_R_QUOTA)
		g->quota++;
	else
		g->other++;
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
}

static void
greed_run(const struct evote_options *options, double seconds)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	time_t end = time(NULL) + (time_t)seconds;
	struct greed g = {0};
	char err[1024];
	struct evote *e = evote_open(options, err, sizeof(err));

	if (e == NULL) {
		fprintf(stderr, "strangers: %s\n", err);
		_exit(2);
	}
	for (unsigned n = 0; time(NULL) < end; n++) {
		election_open(e, n, &g);
		nanosleep(&pause, NULL);
	}
	evote_close(e);
	if (write(out, &g, sizeof(g)) != sizeof(g))
		_exit(2);
	_exit(0);
}

void
greed_begin(const struct evote_options *options, double seconds)
{
	int ends[2];

	if (pipe(ends) == -1 || (child = fork()) == -1) {
		perror("strangers");
		exit(2);
	}
	out = ends[child == 0];
	close(ends[child != 0]);
	if (child == 0)
		greed_run(options, seconds);
}

/* Some time is left for an answer that is late. */
void
greed_end(struct greed *g)
{
	struct pollfd p = {.fd = out, .events = POLLIN};

	memset(g, 0, sizeof(*g));
	if (poll(&p, 1, 60000) != 1 || read(out, g, sizeof(*g)) != sizeof(*g)) {
		kill(child, SIGKILL);
		fputs("strangers: the voter has said nothing\n", stderr);
	}
	(void)waitpid(child, NULL, 0);
}
