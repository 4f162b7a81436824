#ifndef EVOTE_TERMS_H
#define EVOTE_TERMS_H

#include <stdint.h>

#include "evote.h"

/*
 * The options of an election: which there are, what values they may have, and
 * what they are when nothing is said.  Pure.
 */

/* Whether each is as evote.x wants it; ballot_form knows what goes together. */
int terms_fit(const evote_options *);
/* The option's value, or what it is without one. */
uint64_t terms_value(const evote_options *, evote_option_kind);
void terms_copy(evote_options *to, const evote_options *from);
/* Copies of all of them; malloc'd, never NULL. */
evote_name *terms_names_copy(const evote_name *, uint32_t n);
void terms_election_copy(evote_election *to, const evote_election *from);

#endif
