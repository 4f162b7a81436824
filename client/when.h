#ifndef EVOTE_WHEN_H
#define EVOTE_WHEN_H

#include <cJSON.h>
#include <stdint.h>

/* A time as everybody, this machine's user and a program reads it. */
struct when {
	char utc[64], local[80];
	char rfc3339[64]; /* "2026-12-01T17:00:00Z" */
	char left[64];	  /* "in 2 h 5 min", "3 min 10 s ago"; or nothing */
};

/* Without what is left, which takes a clock to count from. */
struct when when_of(uint64_t us);
/* With that.  Elections go by the service's clock: evote_now_us. */
struct when when_at(uint64_t us, uint64_t now);
/* A time in microseconds, as a whole number; NULL is fine. */
void when_us(cJSON *, const char *key, uint64_t us);
/* As "KEY" and "KEY_us"; NULL is fine. */
void when_add(cJSON *, const char *key, uint64_t us);
/* As "end" and "end_us"; NULL is fine. */
void when_json(cJSON *, uint64_t end);

#endif
