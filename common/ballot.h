#ifndef EVOTE_BALLOT_H
#define EVOTE_BALLOT_H

#include <stdint.h>

#include "evote.h"

/*
 * What an election asks of a ballot, by its options, and whether a ballot is
 * that.  Pure.
 */
struct ballot_form {
	enum {
		BALLOT_CHOICE, /* one choice: a vote, and no ballot */
		BALLOT_PICK,
		BALLOT_RANKED
	} kind;
	uint32_t choices;     /* in the list */
	uint32_t least, most; /* PICK: so many are chosen */
	/* RANKED: the default option, or `choices`: there is none. */
	uint32_t none;
};

/* The option's value, or what it is without the option. */
uint64_t ballot_option(
    const evote_options *, evote_option_kind, uint64_t otherwise);

/* 0, or -1 unless these options go together, and with so many choices. */
int ballot_form(struct ballot_form *, const evote_options *, uint32_t choices);

/*
 * By what a ballot names the list of choices: the hash of evote_choice_list.
 * 0, or -1: something in it is over its limit.
 */
int ballot_choices(const evote_election *, evote_hash);

/* How many choices are chosen, or ranked.  0: the ballot is blank. */
uint32_t ballot_chosen(const evote_ranks *);
/* EVOTE_R_OK, _MALFORMED, _TOO_FEW or _TOO_MANY_CHOSEN; the kind is not CHOICE
   then, else EVOTE_R_OTHER_BALLOT. */
evote_reason ballot_judge(const struct ballot_form *, const evote_ranks *);

#endif
