#include "clock.h"

void
clock_look(struct clock *c, uint64_t mono_ms, uint64_t wall_us)
{
	int64_t offset = (int64_t)wall_us - (int64_t)mono_ms * 1000;
	int64_t moved = offset - c->offset;

	if (c->known && (moved > CLOCK_APART_US || moved < -CLOCK_APART_US)) {
		c->stepped = 1;
		c->agreed = 0;
	}
	/* Slewing is followed; only a jump between two looks is a step. */
	c->offset = offset;
	c->known = 1;
}

void
clock_last(struct clock *c, uint64_t last_us, uint64_t wall_us)
{
	if (wall_us >= last_us && wall_us - last_us <= CLOCK_LAST_US)
		c->agreed = 1;
}

void
clock_peer(struct clock *c, uint64_t peer_us, uint64_t wall_us)
{
	int64_t d = (int64_t)(wall_us - peer_us);

	c->apart_us = d;
	c->apart = d > CLOCK_APART_US || d < -CLOCK_APART_US;
	if (!c->apart) {
		c->agreed = 1;
		c->stepped = 0;
	}
}

int
clock_good(const struct clock *c)
{
	return (c->agreed && !c->stepped && !c->apart);
}

uint64_t
clock_stamp(const struct clock *c, uint64_t last_us, uint64_t wall_us)
{
	if (clock_good(c) && wall_us > last_us)
		return (wall_us);
	return (last_us + 1);
}
