#ifndef EVOTE_BENCH_FLOOR_H
#define EVOTE_BENCH_FLOOR_H

/* What the floor's clients send and get, bytes: about a vote and its answer. */
#define FLOOR_RECORD 200
#define FLOOR_ANSWER 8

#endif
