/*
 * Votes for many voters, again and again, while a nemesis is at work, and
 * writes to a file of its own what it asked and what it was told:
 *
 *	TIME invoke OP ELECTION VOTER CHOICE
 *	TIME ok|refused OP ELECTION VOTER CHOICE SIZE ROOT EPOCH DETAIL
 *	TIME unknown|changed OP ELECTION VOTER CHOICE
 *
 * OP is vote, read, result, pairs, sheet or receipt; in an election whose name
 * begins with r voters rank, and the choice is a digit for each choice; one
 * whose name begins with s has a sheet, which each client reads once.  TIME is
 * the machine's monotonic clock in microseconds, the same for all clients; the
 * detail is a reason, a tally, the pairs in their order, or all lines of a
 * sheet.  Of a receipt, which was verified, size and root are those of its
 * checkpoint, and the detail is the vote's record and how many signatures of
 * two there were.  A voter never asks twice for the same choice of an election,
 * so a line names a request.  `ok` or `refused settled` tells of one that was
 * unknown before.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/lib/libevote.h"
#include "common/seal.h"
#include "common/tracker.h"

#define VOTERS_MAX 10000
#define LINE_SIZE  300

#define RECEIPT_MS 2000

static volatile sig_atomic_t stopped;

static const char *const choices[] = {"a", "b", "c", "d"};
#define NCHOICES (sizeof(choices) / sizeof(choices[0]))
static const char *const rankings[NCHOICES] = {"1234", "2110", "0012", "0000"};

struct client {
	struct evote_options options;
	const char *elections; /* file, the present one's name comes last */
	int first, last;       /* voters: v0001 is 1 */
	double seconds;
	unsigned pause_ms;
	FILE *log;
	struct evote *evote;
	char election[LINE_SIZE], before[LINE_SIZE];
	unsigned char asked[VOTERS_MAX]; /* how often, in this election */
	int sheet_read;			 /* of the election before */
	const char *voter;
};

static void
on_term(int sig)
{
	stopped = 1;
}

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000000 + (uint64_t)(ts.tv_nsec / 1000));
}

static void
pause_ms(unsigned ms)
{
	struct timespec ts = {ms / 1000, (long)(ms % 1000) * 1000000};

	nanosleep(&ts, NULL);
}

/* ---- the history ---- */

static void
note(struct client *c, const char *what, const char *op, const char *election,
    const char *choice)
{
	fprintf(c->log, "%" PRIu64 " %s %s %s %s %s\n", now_us(), what, op,
	    election, c->voter, choice);
}

static void
note_answer(struct client *c, const char *op, const char *election,
    const char *choice, const evote_answer *a, const char *detail)
{
	char root[2 * SEAL_HASH + 1];

	seal_hex(root, a->stamp.root, sizeof(a->stamp.root));
	fprintf(c->log, "%" PRIu64 " %s %s %s %s %s %ju %s %ju %s\n", now_us(),
	    a->code == 0 ? "ok" : "refused", op, election, c->voter, choice,
	    (uintmax_t)a->stamp.size, root, (uintmax_t)a->stamp.epoch, detail);
}

static void
note_earlier(void *arg, evote_act_kind kind, const char *election,
    const evote_answer *a, const uint64_t *tracker)
{
	if (kind == EVOTE_ACT_VOTE || kind == EVOTE_ACT_BALLOT)
		note_answer(arg, "settled", election, "-", a, "-");
}

/* 0 to go on, -1 when this service, or machine, cannot be trusted any more. */
static int
note_end(struct client *c, enum evote_outcome outcome, const char *op,
    const char *election, const char *choice, const evote_answer *a,
    const char *detail)
{
	char reason[24];

	if (outcome == EVOTE_ANSWERED) {
		snprintf(reason, sizeof(reason), "reason=%d", (int)a->reason);
		note_answer(
		    c, op, election, choice, a, a->code == 0 ? detail : reason);
		return (0);
	}
	note(c, outcome == EVOTE_CHANGED ? "changed" : "unknown", op, election,
	    choice);
	if (outcome != EVOTE_CHANGED && outcome != EVOTE_FAILED)
		return (0);
	fprintf(stderr, "%s\n", evote_problem(c->evote));
	return (-1);
}

/* ---- what is asked ---- */

static enum evote_outcome
rank(struct client *c, const char *digits, evote_answer *answer)
{
	const evote_election shown = {
	    .choices = {NCHOICES, (char **)choices},
	};
	char marks[NCHOICES];
	evote_ranks ranks = {NCHOICES, marks};

	for (size_t i = 0; i < NCHOICES; i++)
		marks[i] = (char)(digits[i] - '0');
	return (evote_cast(c->evote, c->election, &shown, &ranks, answer));
}

static int
vote(struct client *c, int voter)
{
	int ranked = c->election[0] == 'r';
	const char *choice;
	enum evote_outcome outcome;
	evote_answer answer;
	int result;

	if (c->asked[voter] == NCHOICES)
		return (0);
	choice =
	    (ranked ? rankings
		    : choices)[(voter + c->asked[voter]++) % (int)NCHOICES];
	note(c, "invoke", "vote", c->election, choice);
	outcome = ranked ? rank(c, choice, &answer)
			 : evote_vote(c->evote, c->election, choice, &answer);
	result =
	    note_end(c, outcome, "vote", c->election, choice, &answer, "-");
	xdr_free((xdrproc_t)xdr_evote_answer, &answer);
	return (result);
}

/* Of a vote that was just cast: each is held against the last ledger. */
static int
take_receipt(struct client *c)
{
	enum evote_outcome outcome;
	struct evote_proof proof;
	char root[2 * SEAL_HASH + 1];

	note(c, "invoke", "receipt", c->election, "-");
	outcome = evote_receipt(c->evote, c->election, RECEIPT_MS, &proof);
	if (outcome == EVOTE_ANSWERED && proof.text != NULL) {
		seal_hex(root, proof.root, sizeof(proof.root));
		fprintf(c->log,
		    "%" PRIu64 " ok receipt %s %s - %ju %s 0 %ju,%d\n",
		    now_us(), c->election, c->voter, (uintmax_t)proof.size,
		    root, (uintmax_t)proof.seq,
		    proof.verdict.judgement == TLOG_GOOD ? 2 : 1);
	} else
		note(c, outcome == EVOTE_CHANGED ? "changed" : "unknown",
		    "receipt", c->election, "-");
	evote_proof_clear(&proof);
	return (outcome == EVOTE_CHANGED ? -1 : 0);
}

static int
read_election(struct client *c)
{
	enum evote_outcome outcome;
	evote_election_res res;
	int result;

	note(c, "invoke", "read", c->election, "-");
	outcome = evote_show(c->evote, c->election, &res);
	result =
	    note_end(c, outcome, "read", c->election, "-", &res.answer, "-");
	xdr_free((xdrproc_t)xdr_evote_election_res, &res);
	return (result);
}

static int
read_result(struct client *c, const char *election)
{
	enum evote_outcome outcome;
	evote_result_res res;
	char tally[LINE_SIZE] = "tally";
	size_t n = strlen(tally);
	int result;

	note(c, "invoke", "result", election, "-");
	outcome = evote_result(c->evote, election, &res);
	for (u_int i = 0; i < res.counts.counts_len && n < sizeof(tally); i++)
		n += (size_t)snprintf(tally + n, sizeof(tally) - n, ",%s=%ju",
		    res.counts.counts_val[i].choice,
		    (uintmax_t)res.counts.counts_val[i].votes);
	result =
	    note_end(c, outcome, "result", election, "-", &res.answer, tally);
	xdr_free((xdrproc_t)xdr_evote_result_res, &res);
	return (result);
}

static int
read_pairs(struct client *c, const char *election)
{
	enum evote_outcome outcome;
	evote_pairs_res res;
	char text[LINE_SIZE] = "";
	size_t n;
	int result;

	note(c, "invoke", "pairs", election, "-");
	outcome = evote_pairs(c->evote, election, &res);
	n = (size_t)snprintf(
	    text, sizeof(text), "blank,%ju", (uintmax_t)res.blank);
	for (u_int i = 0; i < res.pairs.pairs_len && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",%ju",
		    (uintmax_t)res.pairs.pairs_val[i]);
	result =
	    note_end(c, outcome, "pairs", election, "-", &res.answer, text);
	xdr_free((xdrproc_t)xdr_evote_pairs_res, &res);
	return (result);
}

static void
page_write(FILE *f, const evote_sheet_res *page)
{
	char tracker[TRACKER_TEXT];

	for (u_int i = 0; i < page->lines.lines_len; i++) {
		const evote_sheet_line *line = &page->lines.lines_val[i];

		tracker_text(tracker, line->tracker);
		fprintf(f, ",%s=%s", tracker, line->choice);
	}
}

static int
read_sheet(struct client *c, const char *election)
{
	enum evote_outcome outcome;
	evote_sheet_res page;
	uint64_t from = 0;
	size_t len;
	char *text;
	FILE *f = open_memstream(&text, &len);
	int result;

	if (f == NULL)
		return (-1);
	note(c, "invoke", "sheet", election, "-");
	fprintf(f, "lines");
	for (;;) {
		outcome = evote_sheet(c->evote, election, from, &page);
		page_write(f, &page);
		from = page.next;
		if (outcome != EVOTE_ANSWERED || from == 0)
			break;
		xdr_free((xdrproc_t)xdr_evote_sheet_res, &page);
	}
	fclose(f);
	c->sheet_read = outcome == EVOTE_ANSWERED && page.answer.code == 0;
	result =
	    note_end(c, outcome, "sheet", election, "-", &page.answer, text);
	xdr_free((xdrproc_t)xdr_evote_sheet_res, &page);
	free(text);
	return (result);
}

/* What there is besides the counts. */
static int
read_more(struct client *c, const char *election)
{
	if (election[0] == 'r')
		return (read_pairs(c, election));
	if (election[0] == 's' && !c->sheet_read)
		return (read_sheet(c, election));
	return (0);
}

/* ---- the loop ---- */

static void
find_election(struct client *c)
{
	char line[LINE_SIZE], last[LINE_SIZE] = "";
	FILE *f = fopen(c->elections, "re");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strchr(line, '\n') != NULL)
			snprintf(last, sizeof(last), "%.*s",
			    (int)strcspn(line, "\n"), line);
	if (f != NULL)
		fclose(f);
	if (strcmp(last, c->election) == 0)
		return;
	snprintf(c->before, sizeof(c->before), "%s", c->election);
	snprintf(c->election, sizeof(c->election), "%s", last);
	memset(c->asked, 0, sizeof(c->asked));
	c->sheet_read = 0;
}

/* One voter's turn: a vote, at times another one, at times a look. */
static int
turn(struct client *c, int voter)
{
	if (vote(c, voter) != 0)
		return (-1);
	if (voter % 8 == 0 && vote(c, voter) != 0)
		return (-1);
	if (voter % 8 == 3 && take_receipt(c) != 0)
		return (-1);
	if (voter % 4 == 1 && read_election(c) != 0)
		return (-1);
	if (voter % 16 == 2 && c->before[0] != '\0' &&
	    read_result(c, c->before) != 0)
		return (-1);
	return (voter % 16 == 2 && c->before[0] != '\0'
		? read_more(c, c->before)
		: 0);
}

static int
run(struct client *c)
{
	uint64_t end = now_us() + (uint64_t)(c->seconds * 1e6);
	int voter = c->first, result = 0;
	char name[16];

	while (result == 0 && !stopped && now_us() < end) {
		find_election(c);
		snprintf(name, sizeof(name), "v%04d", voter);
		c->voter = name;
		if (c->election[0] != '\0')
			result =
			    evote_become(c->evote, name, c->options.key) != 0
			    ? -1
			    : turn(c, voter);
		voter = voter == c->last ? c->first : voter + 1;
		pause_ms(c->pause_ms);
	}
	return (result);
}

static int
read_options(struct client *c, int argc, char **argv)
{
	static const struct option options[] = {
	    {"hosts", required_argument, NULL, 'h'},
	    {"key", required_argument, NULL, 'k'},
	    {"voters", required_argument, NULL, 'v'},
	    {"elections", required_argument, NULL, 'e'},
	    {"seconds", required_argument, NULL, 's'},
	    {"pause-ms", required_argument, NULL, 'p'},
	    {"timeout", required_argument, NULL, 't'},
	    {"log", required_argument, NULL, 'l'},
	    {"state", required_argument, NULL, 'd'},
	    {NULL, 0, NULL, 0},
	};
	int ch;

	while ((ch = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (ch) {
		case 'h':
			c->options.hosts = optarg;
			break;
		case 'k':
			c->options.key = optarg;
			break;
		case 'v':
			if (sscanf(optarg, "%d-%d", &c->first, &c->last) != 2)
				return (-1);
			break;
		case 'e':
			c->elections = optarg;
			break;
		case 's':
			c->seconds = atof(optarg);
			break;
		case 'p':
			c->pause_ms = (unsigned)atoi(optarg);
			break;
		case 't':
			c->options.timeout_ms = (uint64_t)(atof(optarg) * 1000);
			break;
		case 'l':
			if ((c->log = fopen(optarg, "ae")) == NULL)
				perror(optarg);
			break;
		case 'd':
			c->options.state = optarg;
			break;
		default:
			return (-1);
		}
	return (c->options.key != NULL && c->elections != NULL &&
		    c->log != NULL && c->first > 0 && c->last >= c->first &&
		    c->last < VOTERS_MAX
		? 0
		: -1);
}

int
main(int argc, char **argv)
{
	static struct client c;
	char err[500];
	int result;

	if (read_options(&c, argc, argv) != 0) {
		fprintf(stderr,
		    "usage: nemesis_voter --hosts LIST --key FILE --voters "
		    "FIRST-LAST --elections FILE --seconds N --log FILE "
		    "[--state DIR] [--timeout SECONDS] [--pause-ms N]\n");
		return (2);
	}
	c.options.earlier = note_earlier;
	c.options.arg = &c;
	signal(SIGTERM, on_term);
	/* A line is in the file before the call that it announces. */
	setvbuf(c.log, NULL, _IOLBF, 0);
	c.evote = evote_open(&c.options, err, sizeof(err));
	if (c.evote == NULL) {
		fprintf(stderr, "%s\n", err);
		fclose(c.log);
		return (2);
	}
	result = run(&c);
	evote_close(c.evote);
	fclose(c.log);
	return (result == 0 ? 0 : 3);
}
