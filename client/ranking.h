#ifndef EVOTE_RANKING_H
#define EVOTE_RANKING_H

#include "client/cmd.h"
#include "common/ballot.h"
#include "common/schulze.h"

/* The result of a ranked election. */
struct ranking {
	const struct ballot_form *form;
	const evote_result_res *result; /* whose counts are first places */
	const evote_pairs_res *pairs;
	struct schulze schulze;
};

/* 0, or -1: these do not fit together.  Borrows them all. */
int ranking_count(struct ranking *, const struct ballot_form *,
    const evote_result_res *, const evote_pairs_res *);

/* Two tables with a row and a column for each choice. */
enum ranking_table {
	RANKING_PAIRS, /* how many ballots prefer the row's to the column's */
	RANKING_PATHS  /* the strongest path: "votes:opposing", or "-" */
};
#define RANKING_CELL 48
void ranking_cell(const struct ranking *, enum ranking_table, u_int row,
    u_int column, char out[RANKING_CELL]);
/* How many columns a page and a terminal have room for beside each other. */
u_int ranking_columns(const struct ranking *, enum ranking_table);

/* Tables for people: places, pairs, strengths of paths. */
void ranking_lines(struct client *, const struct ranking *);
/* Who has won: a part of a sentence. */
void ranking_winner(const struct ranking *, char *out, size_t size);
/* "pairs" and "paths"; NULL is fine. */
void ranking_json(cJSON *, const struct ranking *);
/* 1 and up; 0: dropped. */
uint32_t ranking_place(const struct ranking *, u_int choice);
/* The place: "1", "2=" where others share it, "-" of what is dropped. */
#define RANKING_LABEL 24
void ranking_label(
    const struct ranking *, u_int choice, char out[RANKING_LABEL]);
/* How many share the first place; 0: no ballot names a choice. */
uint32_t ranking_leaders(const struct ranking *);

#endif
