#ifndef EVOTE_CHECK_LINES_H
#define EVOTE_CHECK_LINES_H

#include "client/cmd.h"

/* What `check` looked at, one line each, and what came of it. */
struct lines {
	struct client *c;
	cJSON *list; /* NULL: no JSON is wanted */
	int wrong;
};

/* todo "": all is well with that; NULL: it is only noted. */
void line_say(struct lines *, const char *what, const char *todo,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* An election that has ended, and takes late votes until `last`. */
void line_late(struct lines *, struct evote *, const char *election,
    uint64_t last, int wanted);

#endif
