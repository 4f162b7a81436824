#ifndef EVOTE_ELECTORATE_H
#define EVOTE_ELECTORATE_H

#include "server/election/voters.h"

/*
 * Who was on the roll at one moment, and in which group.  Made once for each
 * state of the roll that is asked about, and shared by all who ask: a hundred
 * elections that open together cost what one does.
 */
struct electorate {
	uint32_t users; /* it is freed with the last of them */
	uint32_t n;
	uint32_t groups[]; /* their numbers, by a voter's index; 0: not on it */
};

/* As the roll stands, for one user more.  The first time O(voters). */
struct electorate *electorate_now(struct voters *);
void electorate_leave(struct electorate *); /* NULL is fine */
/*
 * Who is on the roll in which group has changed: its version is one more, or
 * (-1) one less.
 */
void electorate_changed(struct voters *, int by);

/* The number of that voter's group then, or 0. */
static inline uint32_t
electorate_group(const struct electorate *o, const struct voter *v)
{
	return (v->index < o->n ? o->groups[v->index] : 0);
}

#endif
