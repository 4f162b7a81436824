#ifndef EVOTE_POLLS_H
#define EVOTE_POLLS_H

#include "common/ballot.h"
#include "server/election/electorate.h"
#include "server/election/sheet.h"
#include "server/election/voted_keys.h"
#include "server/election/voters.h"

/*
 * One election, and the list of all: who may vote, who has, the counts.  A
 * part of the election's state.  Pure.  The fields are for everyone to read
 * and for polls.c to change; a change is taken back by its _undo, the newest
 * first.
 */
struct share {
	uint64_t eligible; /* on the roll, once closed or fixed */
	uint64_t voted;	   /* as one of this group */
};

struct extension { /* of the end */
	evote_moment at;
	struct voter *by; /* NULL: an operator */
	uint64_t from;	  /* the end before */
	char *reason;
};

struct poll {
	UT_hash_handle hh;
	evote_election about;
	evote_options options;
	struct ballot_form form; /* what these ask of a ballot */
	evote_hash choices;	 /* what a ballot names the choices by */
	struct sheet sheet;    /* of EVOTE_OPTION_SHEET; else it stays empty */
	struct group **groups; /* those of about, in its order */
	struct share *shares;  /* of each of them */
	struct voter *creator; /* NULL: operators */
	uint32_t index;	       /* in the order of creation */
	evote_phase phase;
	/* 0: not yet; closed_at: or cancelled */
	evote_moment created_at, opened_at, closed_at;
	struct extension *extended; /* oldest first; about.end is the latest */
	uint32_t n_extended;
	struct voter *cancelled_by; /* NULL: an operator */
	char *cancelled_for;	    /* the reason; NULL: it is not cancelled */
	uint64_t *steps;    /* votes by time; NULL without ORDER_SHOWN */
	uint64_t steps_end; /* the end as it was when it opened */
	uint64_t *counts;   /* by choice, as in evote_count */
	uint64_t *pairs;    /* of RANKED, as in schulze.h; NULL: all 0 */
	uint64_t votes, blank;
	uint64_t eligible;	   /* once closed or cancelled */
	unsigned char *voted;	   /* a bit for each voter, by index */
	uint32_t voted_len;	   /* bytes; those beyond are 0 */
	struct voted_keys keys;	   /* until its end is final */
	struct electorate *frozen; /* by whom who may vote is fixed, or NULL */
};

struct polls {
	struct poll *by_name;
	struct poll **list; /* by index */
	uint32_t n;
	struct poll **due; /* planned and open ones, the next is the last */
	uint32_t n_due;
};

void polls_clear(struct polls *);

struct poll *poll_find(const struct polls *, const char *name); /* NULL */
/*
 * A planned one whose start is <= time, or an open one whose end, with its
 * grace, is; or NULL.  O(1).
 */
const struct poll *polls_due(const struct polls *, uint64_t time);
uint64_t poll_start(const struct poll *); /* 0: when it was created */
uint64_t poll_last(const struct poll *);  /* its end, with its grace */
static inline int
poll_is_over(const struct poll *p)
{
	return (p->phase == EVOTE_PHASE_CLOSED ||
	    p->phase == EVOTE_PHASE_CANCELLED);
}

/* The choice's place in the list, or the length of the list. */
uint32_t poll_choice(const struct poll *, const char *choice);

/*
 * The name is free; groups and choices are some, and different; options may be
 * NULL, and have a form.
 */
void poll_add(struct polls *, struct voters *, const evote_election *,
    const evote_options *, struct voter *creator, evote_moment);
void poll_add_undo(struct polls *); /* the newest */
int poll_has_sheet(const struct poll *);
/* He has not voted here; the tracker, for a sheet, is not on it. */
void poll_vote(
    struct poll *, const struct voter *, uint32_t choice, uint64_t tracker);
void poll_vote_undo(struct poll *, const struct voter *, uint32_t choice);
/* The same of a ballot, which has this poll's form. */
void poll_ballot(
    struct poll *, const struct voter *, const unsigned char *ranks);
void poll_ballot_undo(
    struct poll *, const struct voter *, const unsigned char *ranks);

/* As evote.x's GET_RESULT (of a closed one), GET_ELECTION, LIST_ELECTIONS. */
void poll_result(const struct poll *, evote_result_res *);
void poll_pairs(const struct poll *, evote_pairs_res *);     /* likewise */
void poll_show(const struct poll *, evote_election_res *);   /* NULL: none */
void poll_options(const struct poll *, evote_options_res *); /* likewise */
/* As GET_SHEET, of a closed one that has a sheet. */
void poll_sheet(const struct poll *, uint64_t from, evote_sheet_res *);
void polls_page(const struct polls *, uint32_t first, evote_list_res *);
/* One vote more at that time, or (-1) less; for CURVE. */
void poll_opened(struct poll *, evote_moment);
void poll_opened_undo(struct poll *);
void poll_step(struct poll *, uint64_t time, int by);
/* CURVE's; 0, or -1: the election does not show it. */
int poll_curve(const struct poll *, evote_curve_res *);
/* TURNOUT, and CHECK's elections for a voter. */
void poll_turnout(const struct poll *, evote_turnout_res *);
void polls_check(const struct polls *, const struct voter *, uint32_t first,
    evote_check_res *);
void polls_mix(const struct polls *, unsigned char h[SEAL_HASH]);

#endif
