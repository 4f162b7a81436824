#ifndef EVOTE_FORM_H
#define EVOTE_FORM_H

#include "client/cmd.h"
#include "common/ballot.h"

/*
 * What an election asks of a ballot, as `create` takes it and people read it.
 */

/* As given to `create`; texts are NULL when they are not. */
struct form_given {
	const char *pick; /* "2-3" or "3" */
	int ranked;
	const char *none; /* the name of the default option */
};
/*
 * Puts the options, sorted by kind, into the terms, whose choices are there;
 * the list has room for EVOTE_OPTIONS_MAX.  A step (cmd.h).
 */
int form_take(struct client *, const struct form_given *, evote_terms *);

/*
 * Asks the service for the options of an election that has so many choices, or
 * EVOTE_CHOICES_MAX: not known yet.  Of none, BALLOT_CHOICE and the answer's
 * code.
 */
enum evote_outcome form_fetch(struct evote *, const char *election,
    u_int choices, struct ballot_form *, evote_answer *);

/* "one choice", "2 to 3 choices", "a ranking, ...": of that election. */
void form_text(
    const struct ballot_form *, const evote_election *, char *out, size_t size);
/* As "ballot"; NULL is fine. */
void form_json(cJSON *, const struct ballot_form *, const evote_election *);

#endif
