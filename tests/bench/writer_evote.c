/*
 * Votes of one voter after the other, in one election after the other.  WHERE
 * is "HOSTS KEY STATE VOTERS": voters v0001, v0002, ... are on the roll, all
 * with this key.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/lib/libevote.h"
#include "writer.h"

#define WORD	   1000
#define TIMEOUT_MS 20000

struct peer {
	struct evote *evote;
	char hosts[WORD + 1], key[WORD + 1], state[WORD + 1];
	unsigned voters;
	unsigned elections; /* opened */
};

struct peer *
peer_open(const char *where)
{
	struct peer *p = calloc(1, sizeof(*p));
	struct evote_options options = {
	    .voter = "v0001", .timeout_ms = TIMEOUT_MS};
	char err[1024] = "WHERE is HOSTS KEY STATE VOTERS";

	if (p != NULL &&
	    sscanf(where, "%1000s %1000s %1000s %u", p->hosts, p->key, p->state,
		&p->voters) == 4 &&
	    p->voters > 0) {
		options.hosts = p->hosts;
		options.key = p->key;
		options.state = p->state;
		p->evote = evote_open(&options, err, sizeof(err));
	}
	if (p == NULL || p->evote == NULL) {
		fprintf(stderr, "%s\n", err);
		free(p);
		return (NULL);
	}
	return (p);
}

static int
done(struct peer *p, enum evote_outcome outcome, evote_answer *answer)
{
	int good = outcome == EVOTE_ANSWERED && answer->code == 0;

	if (outcome != EVOTE_ANSWERED)
		fprintf(stderr, "%s\n", evote_problem(p->evote));
	else if (!good)
		fprintf(stderr, "refused: reason %d\n", (int)answer->reason);
	xdr_free((xdrproc_t)xdr_evote_answer, answer);
	return (good ? 0 : -1);
}

static int
election_open(struct peer *p, char *name)
{
	char *group = (char *)"members";
	char *choices[] = {(char *)"yes", (char *)"no"};
	uint64_t end = 86400ULL * 1000000; /* from now */
	evote_election election = {.name = name,
	    .groups = {1, &group},
	    .choices = {2, choices},
	    .end = end};
	evote_answer answer;

	return (done(p,
	    evote_create(p->evote, &(evote_terms){.election = election}, 1,
		&end, &answer),
	    &answer));
}

int
peer_write(struct peer *p, unsigned n)
{
	char voter[16], election[32];
	evote_answer answer;

	snprintf(voter, sizeof(voter), "v%04u", n % p->voters + 1);
	snprintf(election, sizeof(election), "paused-%u", n / p->voters);
	if (evote_become(p->evote, voter, p->key) != 0)
		return (-1);
	if (p->elections == n / p->voters) {
		if (election_open(p, election) != 0)
			return (-1);
		p->elections++;
	}
	return (
	    done(p, evote_vote(p->evote, election, "yes", &answer), &answer));
}
