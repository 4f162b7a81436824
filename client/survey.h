#ifndef EVOTE_SURVEY_H
#define EVOTE_SURVEY_H

#include "client/lib/endpoint.h"
#include "client/lib/libevote.h"

/* All hosts, asked at once, each for its own view. */
struct sight {
	const char *name;
	int reached;
	int failed;	   /* this machine did, or the caller */
	int foreign;	   /* it is not of the service: see evote_foreign */
	char problem[512]; /* why not */
	evote_status_res res;
	const char *pin;  /* of its TLS; "": reached in plain, or not at all */
	int64_t ahead_us; /* its clock before this machine's, */
	uint64_t within_us; /* give or take */
};

struct survey {
	struct sight hosts[EVOTE_HOSTS_MAX];
	int n, reached;
	int primary;	   /* who serves; -1: nobody */
	int two_primaries; /* more than one, each asked once more */
	/* Other than EVOTE_ANSWERED: see survey_heading. */
	enum evote_outcome worst;
	int foreign; /* EVOTE_FAILED, since a host is not of the service */
	char problem[2048];
	uint64_t taken_ms; /* by the monotonic clock */
	uint64_t each_ms;  /* given to each host */
};

/* For each host, if nobody says otherwise: steps of a slow line, and TLS. */
#define SURVEY_MS (1000 + ENDPOINT_SHAKE_MS)
/*
 * The hosts' names are those of the handle.  A witness, which ends the list on
 * its own machine, is left out once a host has named it as the arbiter.
 */
void survey_take(struct survey *, struct evote *, uint64_t each_ms);
void survey_clear(struct survey *);
/* What the worst problem means. */
const char *survey_heading(const struct survey *);
int survey_serves(const struct survey *, int host);

/*
 * How many records the host lacks of those the primary holds; of a host that
 * did not answer us but is heard by the primary, as that one knows it.  -1: not
 * known.
 */
int64_t survey_lag(const struct survey *, int host);
/* Records accepted in a second between two surveys; negative: not known. */
double survey_rate(const struct survey *before, const struct survey *now);

/* The same as the text format of Prometheus, on standard output. */
void survey_prometheus(const struct survey *);

#endif
