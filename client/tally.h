#ifndef EVOTE_TALLY_H
#define EVOTE_TALLY_H

#include "evote.h"

/* What the counts of an election say, and what they leave open.  Pure. */

/* 1 and up; choices with as many votes share one: 1, 2, 2, 4. */
u_int tally_rank(const evote_result_res *, u_int i);
/* Whether another choice has as many votes. */
int tally_tied(const evote_result_res *, u_int i);
/* How many have the most votes; *first is the first of them.  0: no votes. */
u_int tally_leaders(const evote_result_res *, u_int *first);
/* Votes per eligible voter. */
double tally_turnout(const evote_result_res *);

#endif
