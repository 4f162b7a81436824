#ifndef EVOTE_DRAW_H
#define EVOTE_DRAW_H

/*
 * One of n numbers, of a seed that gives the same ones again.  One draw a
 * statement: the order of arguments is each compiler's own.
 */
static inline unsigned
draw(unsigned *seed, unsigned n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return ((*seed >> 8) % n);
}

#endif
