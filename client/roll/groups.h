#ifndef EVOTE_GROUPS_H
#define EVOTE_GROUPS_H

#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

/*
 * The groups of a roll, with the number of voters in each.  A misspelt group is
 * one more group, which nobody may mean.  Pure; all zero has none.
 */
struct group {
	char *name;
	uint32_t voters;
	int listed; /* with others that are like it */
	UT_hash_handle hh;
};
struct groups {
	struct group *all; /* in the order in which they were added */
};

/* One more voter is in it. */
void groups_add(struct groups *, const char *name);
void groups_clear(struct groups *);
/* How many voters are in it. */
uint32_t groups_in(const struct groups *, const char *name);
/* Whether they are few enough to compare each with each. */
int groups_few(const struct groups *);
/*
 * One that may have been meant by this name, the one with most voters; NULL:
 * there is none.
 */
const struct group *groups_like(const struct groups *, const char *name);
/*
 * The next set of groups that may be meant as one, as "Members, members"; *at
 * begins as the first group.  0: no more, or they are not few.
 */
int groups_alike(struct groups *, struct group **at, char *out, size_t size);

#endif
