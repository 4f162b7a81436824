#ifndef EVOTE_CLOCK_H
#define EVOTE_CLOCK_H

#include <stdint.h>

/*
 * Whether the wall clock may close elections (PROTOCOL rule 14).  It may once
 * the last record's time or a peer's clock agrees with it, and until it steps
 * or is found apart from a peer's.  Pure: the readings are arguments.
 */
#define CLOCK_APART_US (2 * 1000000LL)		/* two hosts, or a step */
#define CLOCK_LAST_US  (30LL * 86400 * 1000000) /* since the last record */

struct clock {
	int64_t offset; /* wall - monotonic, us */
	int known;	/* offset is set */
	int agreed;
	int stepped;	  /* not agreed again since a step */
	int apart;	  /* from some peer, at last look */
	int64_t apart_us; /* by how much */
};

/* At start, and at each look at the clock. */
void clock_look(struct clock *, uint64_t mono_ms, uint64_t wall_us);
/* At start: the time of the ledger's last record. */
void clock_last(struct clock *, uint64_t last_us, uint64_t wall_us);
/* A peer said its wall clock just now. */
void clock_peer(struct clock *, uint64_t peer_us, uint64_t wall_us);

/* 1 when record times follow the wall clock and elections close by it. */
int clock_good(const struct clock *);
/* The time of the next record. */
uint64_t clock_stamp(const struct clock *, uint64_t last_us, uint64_t wall_us);

#endif
