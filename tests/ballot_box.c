/*
 * Casts the ballots of a file of tests/data/ballots in an election whose
 * choices are the file's, each as another voter, "NAME-1" and so on, all with
 * one key; one after the other through one libevote handle, until the last is
 * answered.  Writes a line for each: ok, refused or unknown, the voter, the
 * code, the host.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/lib/libevote.h"
#include "tests/ballots.h"

struct box {
	struct evote_options options;
	const char *key, *election, *name, *ballots, *log;
	double pace; /* seconds from ballot to ballot */
	FILE *out;
	evote_election_res shown;
	unsigned voters, ok;
};

static void
pause_for(double seconds)
{
	struct timespec ts = {.tv_sec = (time_t)seconds};

	ts.tv_nsec = (long)((seconds - (double)ts.tv_sec) * 1e9);
	nanosleep(&ts, NULL);
}

/* 0, or the exit status. */
static int
cast(struct box *b, struct evote *e, const evote_ranks *ranks)
{
	enum evote_outcome outcome;
	evote_answer answer;
	const char *what = "unknown", *host;
	char voter[300];
	int code;

	snprintf(voter, sizeof(voter), "%s-%u", b->name, ++b->voters);
	if (evote_become(e, voter, b->key) != 0)
		return (2);
	outcome =
	    evote_cast(e, b->election, &b->shown.election, ranks, &answer);
	code = answer.code;
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	if (outcome == EVOTE_ANSWERED)
		what = code == 0 ? "ok" : "refused";
	b->ok += outcome == EVOTE_ANSWERED && code == 0;
	host = evote_served_by(e);
	fprintf(b->out, "%s %s %d %s\n", what, voter, code,
	    host != NULL ? host : "-");
	if (outcome != EVOTE_ANSWERED)
		fprintf(stderr, "%s: %s\n", voter, evote_problem(e));
	pause_for(b->pace);
	return (outcome == EVOTE_CHANGED ? 3 : 0);
}

static int
cast_all(struct box *b, struct evote *e, FILE *from)
{
	unsigned char marks[BALLOTS_ROOM];
	evote_ranks ranks = {
	    .evote_ranks_len = ballots_choices(from),
	    .evote_ranks_val = (char *)marks,
	};
	unsigned times;
	int status = 0;

	if (evote_show(e, b->election, &b->shown) != EVOTE_ANSWERED ||
	    b->shown.answer.code != 0) {
		fprintf(stderr, "%s: not to be seen\n", b->election);
		return (2);
	}
	while ((times = ballots_next(from, ranks.evote_ranks_len, marks)) > 0)
		while (times-- > 0 && status == 0)
			status = cast(b, e, &ranks);
	return (status);
}

static int
read_options(struct box *b, int argc, char **argv)
{
	static const struct option options[] = {
	    {"hosts", required_argument, NULL, 'h'},
	    {"key", required_argument, NULL, 'k'},
	    {"election", required_argument, NULL, 'e'},
	    {"voters", required_argument, NULL, 'v'},
	    {"ballots", required_argument, NULL, 'b'},
	    {"state", required_argument, NULL, 'd'},
	    {"pace-ms", required_argument, NULL, 'p'},
	    {"log", required_argument, NULL, 'l'},
	    {NULL, 0, NULL, 0},
	};
	const char **const texts[] = {
	    ['h'] = &b->options.hosts,
	    ['k'] = &b->key,
	    ['e'] = &b->election,
	    ['v'] = &b->name,
	    ['b'] = &b->ballots,
	    ['d'] = &b->options.state,
	    ['l'] = &b->log,
	};
	int ch;

	while ((ch = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (ch == 'p')
			b->pace = atof(optarg) / 1000;
		else if (ch == '?')
			return (-1);
		else
			*texts[ch] = optarg;
	return (b->options.hosts != NULL && b->key != NULL &&
		    b->election != NULL && b->name != NULL &&
		    b->ballots != NULL && b->log != NULL
		? 0
		: -1);
}

int
main(int argc, char **argv)
{
	struct box b = {.pace = 0};
	struct evote *e = NULL;
	FILE *from = NULL;
	char err[500];
	int status = 2;

	if (read_options(&b, argc, argv) != 0)
		fprintf(stderr,
		    "usage: ballot_box --hosts LIST --key FILE --election E "
		    "--voters NAME --ballots FILE --log FILE [--state DIR] "
		    "[--pace-ms N]\n");
	else if ((from = fopen(b.ballots, "re")) == NULL)
		perror(b.ballots);
	else if ((b.out = fopen(b.log, "ae")) == NULL)
		perror(b.log);
	else if ((e = evote_open(&b.options, err, sizeof(err))) == NULL)
		fprintf(stderr, "%s\n", err);
	else {
		setvbuf(b.out, NULL, _IOLBF, 0);
		status = cast_all(&b, e, from);
		printf("ballots=%u ok=%u\n", b.voters, b.ok);
		if (status == 0 && b.ok != b.voters)
			status = 1;
	}
	xdr_free((xdrproc_t)xdr_evote_election_res, &b.shown);
	evote_close(e);
	if (b.out != NULL)
		fclose(b.out);
	if (from != NULL)
		fclose(from);
	return (status);
}
