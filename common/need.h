#ifndef EVOTE_NEED_H
#define EVOTE_NEED_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * When there is no memory the process ends: half a state is worse than no
 * state, and the other host has a whole one.
 */
static inline void *
need(void *p)
{
	if (p == NULL)
		abort();
	return (p);
}

static inline char *
need_copy(const char *s)
{
	return (need(strdup(s)));
}

static inline void *
need_zeroed(size_t n, size_t one)
{
	return (need(calloc(n, one)));
}

/* The array with room for one more after n; capacities are powers of two. */
static inline void *
need_room(void *array, uint32_t n, size_t one)
{
	if ((n & (n - 1)) != 0)
		return (array);
	return (need(realloc(array, (n == 0 ? 1 : 2 * (size_t)n) * one)));
}

#endif
