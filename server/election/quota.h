#ifndef EVOTE_QUOTA_H
#define EVOTE_QUOTA_H

#include <stdint.h>

#include "evote.h"

/*
 * A quota of so many at once, and one more each EVOTE_QUOTA_SECONDS after that
 * (evote.x).  All that has to be kept is the time by which what was used will
 * be there again, in us: so it is undone by putting back the one of before.
 */
#define QUOTA_US (EVOTE_QUOTA_SECONDS * 1000000ULL)

static inline uint64_t
quota_use(uint64_t again, uint64_t time, uint32_t n)
{
	return ((again > time ? again : time) + n * QUOTA_US);
}

static inline int
quota_allows(uint64_t again, uint64_t time, uint32_t n, uint32_t quota)
{
	return (quota_use(again, time, n) - time <= quota * QUOTA_US);
}

#endif
