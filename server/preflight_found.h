#ifndef EVOTE_PREFLIGHT_FOUND_H
#define EVOTE_PREFLIGHT_FOUND_H

#include "server/conf.h"

/* What a check has found so far. */
struct preflight {
	const struct conf *conf;
	int wrong;
	int running; /* a server uses the directory */
};

enum finding { FOUND_OK, FOUND_NOTE, FOUND_WRONG };

/* Prints a line: what it is about, and one sentence without its stop. */
void found(struct preflight *, enum finding, const char *what, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));

#endif
