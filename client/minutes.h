#ifndef EVOTE_MINUTES_H
#define EVOTE_MINUTES_H

#include <stdio.h>

#include "client/lib/libevote.h"
#include "client/ranking.h"

/* What the minutes of a election that is over are made of. */
struct minutes {
	const char *origin;
	const unsigned char *cluster;
	evote_election_res show;
	evote_options_res options;
	evote_report_res report;
	evote_life_res life;
	evote_turnout_res turnout;
	evote_result_res result;  /* none if it was cancelled */
	struct ballot_form form;  /* what was asked of a ballot */
	evote_pairs_res pairs;	  /* none for one choice */
	struct ranking ranking;	  /* counted, of rankings */
	evote_curve_res curve;	  /* none where that is not shown */
	struct evote_proof proof; /* text NULL: no checkpoint could be had */
	const char *unproved;	  /* then why */
};

/* As CommonMark with tables; whoever's names are in it, it is only text. */
void minutes_write(FILE *, const struct minutes *);

#endif
