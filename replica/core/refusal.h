#ifndef EVOTE_REFUSAL_H
#define EVOTE_REFUSAL_H

#include "evote.h"

/* Why a host refuses another one. */

/* For people: one sentence, "" for none. */
const char *refusal_ours(evote_refusal);   /* on the host that refuses, */
const char *refusal_theirs(evote_refusal); /* and on the one refused */
/* By a host that has another name than the one which was called. */
int refusal_elsewhere(evote_refusal);

#endif
