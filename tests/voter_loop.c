/*
 * Votes for many voters, one after the other, through one long-lived libevote
 * handle, and writes down what was asked before and what was answered after
 * each call: what the log calls ok must be in the result, and nothing else but
 * what it calls unknown may be.  Each line ends with the time of day, in us.
 */
#include <dirent.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/lib/libevote.h"

#define CHOICES_MAX 64
#define HOSTS_MAX   8

static volatile sig_atomic_t stopped;

struct loop {
	struct evote_options options;
	const char *keys, *election, *log_path;
	char *choices[CHOICES_MAX];
	int nchoices;
	double seconds, pace; /* at least so long from vote to vote */
	FILE *log;
	/* What happened. */
	unsigned long votes, ok, refused, unknown;
	double last_ok, longest; /* seconds */
	char hosts[HOSTS_MAX][EVOTE_HOST_MAX + 1];
	int nhosts;
};

static void
on_term(int sig)
{
	stopped = 1;
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

/* The clock that scripts can read, too. */
static unsigned long long
stamp(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ((unsigned long long)ts.tv_sec * 1000000 +
	    (unsigned long long)ts.tv_nsec / 1000);
}

/* Returns early when told to stop. */
static void
wait_for(double due)
{
	double left = due - now();
	struct timespec ts;

	if (left <= 0)
		return;
	ts.tv_sec = (time_t)left;
	ts.tv_nsec = (long)((left - (double)ts.tv_sec) * 1e9);
	nanosleep(&ts, NULL);
}

static void
note_host(struct loop *l, const char *name)
{
	int i;

	for (i = 0; i < l->nhosts; i++)
		if (strcmp(l->hosts[i], name) == 0)
			return;
	if (l->nhosts < HOSTS_MAX)
		snprintf(
		    l->hosts[l->nhosts++], sizeof(l->hosts[0]), "%s", name);
}

static void
note_ok(struct loop *l, double at, const char *host)
{
	l->ok++;
	if (l->last_ok > 0 && at - l->last_ok > l->longest)
		l->longest = at - l->last_ok;
	l->last_ok = at;
	note_host(l, host);
}

/* 0 to go on, or the exit status. */
static int
vote(struct loop *l, struct evote *e, const char *voter, const char *choice)
{
	enum evote_outcome outcome;
	evote_answer answer;
	double began = now(), ended;
	int status = 0;

	fprintf(l->log, "invoke %s %s %llu\n", voter, choice, stamp());
	outcome = evote_vote(e, l->election, choice, &answer);
	ended = now();
	l->votes++;
	if (outcome == EVOTE_ANSWERED && answer.code == 0) {
		note_ok(l, ended, evote_served_by(e));
		fprintf(l->log, "ok %s %s %.0f %s %llu\n", voter, choice,
		    (ended - began) * 1e6, evote_served_by(e), stamp());
	} else if (outcome == EVOTE_ANSWERED) {
		l->refused++;
		fprintf(l->log, "refused %s %s %d %d %llu\n", voter, choice,
		    answer.code, (int)answer.reason, stamp());
	} else {
		l->unknown++;
		fprintf(l->log, "unknown %s %s %llu\n", voter, choice, stamp());
		if (outcome == EVOTE_CHANGED || outcome == EVOTE_FAILED) {
			fprintf(stderr, "%s\n", evote_problem(e));
			status = outcome == EVOTE_CHANGED ? 3 : 2;
		}
	}
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (status);
}

static int
is_key(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return (n > 4 && strcmp(d->d_name + n - 4, ".pem") == 0);
}

static int
run(struct loop *l, struct evote *e)
{
	struct dirent **names;
	char key[1024], voter[256];
	double due = now(), end = due + l->seconds;
	int i, n = scandir(l->keys, &names, is_key, alphasort), status = 0;

	if (n < 0) {
		perror(l->keys);
		return (2);
	}
	for (i = 0; i < n; i++) {
		snprintf(
		    key, sizeof(key), "%.500s/%s", l->keys, names[i]->d_name);
		snprintf(voter, sizeof(voter), "%.*s",
		    (int)strlen(names[i]->d_name) - 4, names[i]->d_name);
		free(names[i]);
		if (stopped || status != 0 || now() >= end)
			continue;
		wait_for(due);
		due = now() + l->pace;
		status = evote_become(e, voter, key) != 0
		    ? 2
		    : vote(l, e, voter, l->choices[i % l->nchoices]);
	}
	free(names);
	return (status);
}

static void
summary(const struct loop *l, const struct evote *e)
{
	const char *last = evote_served_by(e);
	int i;

	printf("votes=%lu ok=%lu unknown=%lu longest_pause_ms=%.0f "
	       "last_host=%s hosts_used=",
	    l->votes, l->ok, l->unknown, l->longest * 1000,
	    last != NULL ? last : "none");
	for (i = 0; i < l->nhosts; i++)
		printf("%s%s", i > 0 ? "," : "", l->hosts[i]);
	printf(" refused=%lu\n", l->refused);
}

static int
read_options(struct loop *l, int argc, char **argv)
{
	static const struct option options[] = {
	    {"hosts", required_argument, NULL, 'h'},
	    {"keys", required_argument, NULL, 'k'},
	    {"election", required_argument, NULL, 'e'},
	    {"choices", required_argument, NULL, 'c'},
	    {"seconds", required_argument, NULL, 's'},
	    {"pace-ms", required_argument, NULL, 'p'},
	    {"timeout", required_argument, NULL, 't'},
	    {"log", required_argument, NULL, 'l'},
	    {"state", required_argument, NULL, 'd'},
	    {"login", no_argument, NULL, 'i'},
	    {NULL, 0, NULL, 0},
	};
	char *choice;
	int ch;

	while ((ch = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (ch) {
		case 'h':
			l->options.hosts = optarg;
			break;
		case 'k':
			l->keys = optarg;
			break;
		case 'e':
			l->election = optarg;
			break;
		case 'c':
			while ((choice = strsep(&optarg, ",")) != NULL &&
			    l->nchoices < CHOICES_MAX)
				l->choices[l->nchoices++] = choice;
			break;
		case 's':
			l->seconds = atof(optarg);
			break;
		case 'p':
			l->pace = atof(optarg) / 1000;
			break;
		case 't':
			l->options.timeout_ms = (uint64_t)(atof(optarg) * 1000);
			break;
		case 'l':
			l->log_path = optarg;
			break;
		case 'd':
			l->options.state = optarg;
			break;
		case 'i':
			l->options.login = 1;
			break;
		default:
			return (-1);
		}
	return (l->options.hosts != NULL && l->keys != NULL &&
		    l->election != NULL && l->nchoices > 0 && l->seconds > 0 &&
		    l->log_path != NULL
		? 0
		: -1);
}

int
main(int argc, char **argv)
{
	struct loop l = {.seconds = 0};
	struct evote *e;
	char err[500];
	int status;

	if (read_options(&l, argc, argv) != 0) {
		fprintf(stderr,
		    "usage: voter_loop --hosts LIST --keys DIR --election E "
		    "--choices A,B --seconds N --log FILE [--state DIR] "
		    "[--timeout SECONDS] [--pace-ms N] [--login]\n");
		return (2);
	}
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	if ((l.log = fopen(l.log_path, "ae")) == NULL) {
		perror(l.log_path);
		return (2);
	}
	/* A line is in the file before the call that it announces. */
	setvbuf(l.log, NULL, _IOLBF, 0);
	if ((e = evote_open(&l.options, err, sizeof(err))) == NULL) {
		fprintf(stderr, "%s\n", err);
		fclose(l.log);
		return (2);
	}
	status = run(&l, e);
	summary(&l, e);
	evote_close(e);
	fclose(l.log);
	return (status);
}
