#ifndef EVOTE_REFUSAL_H
#define EVOTE_REFUSAL_H

#include "evote.h"

/* Why a host refuses another one, for people: one sentence, "" for none. */
const char *refusal_ours(evote_refusal);   /* on the host that refuses, */
const char *refusal_theirs(evote_refusal); /* and on the one refused */

#endif
