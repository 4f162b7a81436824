#ifndef EVOTE_CLOCK_H
#define EVOTE_CLOCK_H

#include <stdint.h>

/*
 * Whether the wall clock may close elections (PROTOCOL rule 14).  It may once
 * the last record's time or a peer's clock agrees with it, and while it has
 * not stepped and no peer that is heard shows another time.  Each of these
 * doubts ends by itself: a step when the clock is set back or a peer agrees,
 * a peer's other time when it agrees or is not heard any more.  Pure: the
 * readings are arguments.
 */
#define CLOCK_APART_US (2 * 1000000LL)		/* two hosts, or a step */
#define CLOCK_LAST_US  (30LL * 86400 * 1000000) /* since the last record */

struct clock {
	int64_t offset; /* wall - monotonic, us, at the last look */
	int64_t before; /* the same, before a step */
	int known;	/* offset is set */
	int agreed;
	int stepped;	  /* not made good since */
	unsigned apart;	  /* bit n: peer n showed another time */
	int64_t apart_us; /* by how much, the last one that did */
};

/*
 * At start, and at each look at the clock.  1: it has jumped ahead of the
 * monotonic clock, as it does when the machine was suspended.
 */
int clock_look(struct clock *, uint64_t mono_ms, uint64_t wall_us);
/* At start: the time of the ledger's last record. */
void clock_last(struct clock *, uint64_t last_us, uint64_t wall_us);
/*
 * A peer has said its wall clock, at most age_us ago.  What that age leaves
 * open is no news.
 */
void clock_peer(struct clock *, int peer, uint64_t peer_us, uint64_t wall_us,
    uint64_t age_us);
/* It is not heard any more: what its clock showed says nothing of now. */
void clock_forget(struct clock *, int peer);

/* 1 when record times follow the wall clock and elections close by it. */
int clock_good(const struct clock *);
/* The time of the next record. */
uint64_t clock_stamp(const struct clock *, uint64_t last_us, uint64_t wall_us);

#endif
