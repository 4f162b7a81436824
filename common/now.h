#ifndef EVOTE_NOW_H
#define EVOTE_NOW_H

#include <stdint.h>
#include <time.h>

/* The monotonic clock, which nobody sets. */
static inline uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000);
}

static inline uint64_t
now_ms(void)
{
	return (now_us() / 1000);
}

#endif
