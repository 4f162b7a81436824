#ifndef EVOTE_MIX_H
#define EVOTE_MIX_H

#include <stdint.h>
#include <string.h>

#include "common/seal.h"

/*
 * A hash of many fields: h := H(h | field), from all zero.  The chain keeps
 * neighbouring fields apart.
 */
static inline void
mix(unsigned char h[SEAL_HASH], const void *data, size_t len)
{
	unsigned char before[SEAL_HASH];
	struct seal_part parts[] = {{before, sizeof(before)}, {data, len}};

	memcpy(before, h, sizeof(before));
	seal_hash(h, parts, 2);
}

static inline void
mix_number(unsigned char h[SEAL_HASH], uint64_t n)
{
	mix(h, &n, sizeof(n));
}

static inline void
mix_string(unsigned char h[SEAL_HASH], const char *s)
{
	mix(h, s, strlen(s) + 1);
}

#endif
