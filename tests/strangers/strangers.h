#ifndef EVOTE_STRANGERS_H
#define EVOTE_STRANGERS_H

#include <stddef.h>
#include <stdint.h>

#include "client/lib/libevote.h"

/* ---- chance: the same for the same seed ---- */

void draw_seed(unsigned seed);
unsigned draw(unsigned n); /* 0 .. n - 1 */

/* ---- what strangers say (sayings.c) ---- */

#define KINDS 27

enum manner {
	READS,	/* says it, and reads what comes until its life ends */
	WAITS,	/* the same, but there is more that never comes */
	SHUTS,	/* says it, shuts its side, and reads */
	DEAF,	/* says it again and again, and never reads */
	LEAVES, /* says it and closes at once */
};

/* Whether it asks for TLS first, and waits for the answer before it goes on. */
enum secrecy {
	PLAIN,
	PROBES, /* and then says it as it is */
	SHAKES, /* and says it in TLS */
};

struct kind {
	const char *name;
	enum manner manner;
	enum secrecy secrecy;
	unsigned share;	  /* of the connections */
	unsigned life_ms; /* at most */
	unsigned char *bytes;
	size_t len;
	size_t probe; /* bytes of it */
};

void kinds_make(struct kind[KINDS]);
/* 0, or -1 when there is no such kind. */
int kinds_only(struct kind[KINDS], const char *name);
int kinds_draw(const struct kind[KINDS]);

struct tally {
	uint64_t connections, answered, sent, received;
};

/* ---- a voter who opens elections as large as can be (greed.c) ---- */

struct greed {
	unsigned opened, quota, other; /* quota: refused for it */
};

/* In a process of its own. */
void greed_begin(const struct evote_options *, double seconds);
void greed_end(struct greed *);

#endif
