#ifndef EVOTE_MINUTES_RESULT_H
#define EVOTE_MINUTES_RESULT_H

#include "client/minutes.h"

/* The part of the minutes that says how the ballots were counted. */
void minutes_result(FILE *, const struct minutes *);

#endif
