#ifndef EVOTE_FUZZ_WAL_H
#define EVOTE_FUZZ_WAL_H

#include "fuzz.h"

/*
 * SQLite's write-ahead log with the checksums that belong there, by
 * sqlite.org/fileformat2.html, section 4: else hardly any change of one would
 * be looked at.
 */
#define WAL_HEAD  32
#define WAL_FRAME 24 /* before each page */

struct wal_sum {
	uint32_t a, b;
};

static inline uint32_t
wal_big(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3]);
}

/* Of whole words; of a log whose magic number is even they are turned round. */
static inline struct wal_sum
wal_add(struct wal_sum s, const uint8_t *wal, const uint8_t *p, size_t len)
{
	uint32_t x, y;

	for (; len >= 8; p += 8, len -= 8) {
		x = wal_big(p);
		y = wal_big(p + 4);
		s.a += (wal[3] & 1 ? x : __builtin_bswap32(x)) + s.b;
		s.b += (wal[3] & 1 ? y : __builtin_bswap32(y)) + s.a;
	}
	return (s);
}

static inline void
wal_put(uint8_t *p, struct wal_sum s)
{
	for (int i = 0; i < 4; i++) {
		p[i] = (uint8_t)(s.a >> (24 - 8 * i));
		p[4 + i] = (uint8_t)(s.b >> (24 - 8 * i));
	}
}

/* How many frames it has; 0 also when its header is none. */
static inline size_t
wal_mend(uint8_t *wal, size_t len)
{
	struct wal_sum s = {0, 0};
	size_t page, n = 0;
	uint8_t *frame;

	if (len < WAL_HEAD || (wal_big(wal) & ~1u) != 0x377f0682u)
		return (0);
	s = wal_add(s, wal, wal, WAL_HEAD - 8);
	wal_put(wal + 24, s);
	page = wal_big(wal + 8);
	if (page < 512 || page > 65536 || page % 8 != 0)
		return (0);
	for (;; n++) {
		frame = wal + WAL_HEAD + n * (WAL_FRAME + page);
		if ((size_t)(wal + len - frame) < WAL_FRAME + page)
			return (n);
		memcpy(frame + 8, wal + 16, 8);
		s = wal_add(s, wal, frame, 8);
		s = wal_add(s, wal, frame + WAL_FRAME, page);
		wal_put(frame + 16, s);
	}
}

#endif
