#ifndef EVOTE_BENCH_WRITER_H
#define EVOTE_BENCH_WRITER_H

/*
 * A client of a system of several hosts, as its own library makes one: where
 * to look is one argument, in that system's words.
 */
struct peer;

/* NULL: reason is printed.  Talks to nobody yet. */
struct peer *peer_open(const char *where);
/*
 * Stores value n, which may be stored already.  0: that was answered.  -1: it
 * was not, and the next call looks anew for whom to ask.
 */
int peer_write(struct peer *, unsigned n);

#endif
