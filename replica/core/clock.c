#include "replica/core/clock.h"

static int
near(int64_t d)
{
	return (d <= CLOCK_APART_US && d >= -CLOCK_APART_US);
}

int
clock_look(struct clock *c, uint64_t mono_ms, uint64_t wall_us)
{
	int64_t offset = (int64_t)(wall_us - mono_ms * 1000);
	int64_t moved = c->known ? offset - c->offset : 0;

	/* Slewing is followed; only a jump between two looks is a step. */
	if (!c->stepped && !near(moved)) {
		c->before = c->offset;
		c->stepped = 1;
	} else if (c->stepped && near(offset - c->before))
		c->stepped = 0;
	c->offset = offset;
	c->known = 1;
	return (moved > CLOCK_APART_US);
}

void
clock_last(struct clock *c, uint64_t last_us, uint64_t wall_us)
{
	if (wall_us >= last_us && wall_us - last_us <= CLOCK_LAST_US)
		c->agreed = 1;
}

/* The clocks differ by no more than d, and no less than d - age. */
void
clock_peer(struct clock *c, int peer, uint64_t peer_us, uint64_t wall_us,
    uint64_t age_us)
{
	int64_t d = (int64_t)(wall_us - peer_us);
	int64_t least = (int64_t)(wall_us - peer_us - age_us);

	if (near(d) && near(least)) {
		c->apart &= ~(1u << peer);
		c->agreed = 1;
		c->stepped = 0;
	} else if (d < -CLOCK_APART_US || least > CLOCK_APART_US) {
		c->apart |= 1u << peer;
		c->apart_us = d;
	}
}

void
clock_forget(struct clock *c, int peer)
{
	c->apart &= ~(1u << peer);
}

int
clock_good(const struct clock *c)
{
	return (c->agreed && !c->stepped && c->apart == 0);
}

uint64_t
clock_stamp(const struct clock *c, uint64_t last_us, uint64_t wall_us)
{
	if (clock_good(c) && wall_us > last_us)
		return (wall_us);
	return (last_us + 1);
}
