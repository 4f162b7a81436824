#ifndef EVOTE_SCHULZE_H
#define EVOTE_SCHULZE_H

#include <stddef.h>
#include <stdint.h>

#include "evote.h"

/*
 * The Schulze method, as in appendix A.5 of Debian's constitution, without its
 * quorum and supermajorities.  Pure.
 *
 * Ballots come in as the ranks of evote.x: one byte for each of n choices, 1 is
 * first, equal is tied, 0 is behind all that are ranked and tied with the other
 * zeros.  All of them that matters is the matrix of pairs: at pairs[i * n + j]
 * how many ballots prefer choice i to choice j.
 */
#define SCHULZE_MAX EVOTE_CHOICES_MAX

/* One ballot more, or that one less.  n is at most SCHULZE_MAX. */
void schulze_add(uint64_t *pairs, uint32_t n, const unsigned char *ranks);
void schulze_take_back(uint64_t *pairs, uint32_t n, const unsigned char *ranks);

/*
 * A defeat, or a path of defeats, which is as strong as its weakest one.  One
 * with more votes is stronger, and of as many the one with fewer opposing
 * votes.  0 votes: there is none.
 */
struct schulze_path {
	uint64_t votes, opposing;
};

struct schulze {
	uint32_t n;
	/* The strongest from i to j at [i * n + j], among those not dropped. */
	struct schulze_path paths[SCHULZE_MAX * SCHULZE_MAX];
	/*
	 * From 1, which has won; choices share one, as 1, 2, 2, 4, when neither
	 * is better.  0: dropped, since it did not defeat the default option.
	 */
	uint32_t places[SCHULZE_MAX];
};

/* none: the default option, or n: there is no such choice. */
void schulze_count(
    struct schulze *, const uint64_t *pairs, uint32_t n, uint32_t none);
/* How many have this place. */
uint32_t schulze_sharing(const struct schulze *, uint32_t place);

#endif
