#ifndef EVOTE_TALLY_H
#define EVOTE_TALLY_H

#include <stddef.h>

#include "evote.h"

/* What the counts of an election say, and what they leave open.  Pure. */

/* 1 and up; choices with as many votes share one: 1, 2, 2, 4. */
u_int tally_rank(const evote_result_res *, u_int i);
/* Whether another choice has as many votes. */
int tally_tied(const evote_result_res *, u_int i);
/* The rank: "1", or "2=" where others share it. */
#define TALLY_LABEL 16
void tally_label(const evote_result_res *, u_int i, char out[TALLY_LABEL]);
/* How many have the most votes; *first is the first of them.  0: no votes. */
u_int tally_leaders(const evote_result_res *, u_int *first);
/*
 * Who has won, or that this is not decided: a part of a sentence.  several: a
 * ballot may have several choices, so that places behind the first one matter.
 */
#define TALLY_TEXT (EVOTE_NAME_MAX + 300)
void tally_winner(
    const evote_result_res *, int several, char *out, size_t size);
/* The same where no choice has a vote. */
const char *tally_nobody(const evote_result_res *);
/* Votes per eligible voter. */
double tally_turnout(const evote_result_res *);

#endif
