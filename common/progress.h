#ifndef EVOTE_PROGRESS_H
#define EVOTE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/*
 * How far a long piece of work is: a line on standard error that is drawn over
 * and wiped at the end.  Nothing at all unless that is a terminal, and people
 * (not a program) are to read what comes after.
 */
struct progress {
	const char *what;
	uint64_t total;
	uint64_t drawn_ms; /* when, by the monotonic clock */
	int on;
};

void progress_begin(
    struct progress *, int people, const char *what, uint64_t total);
void progress_at(struct progress *, uint64_t done);
void progress_end(struct progress *);

/* "[######--------------]  30 %" */
#define PROGRESS_BAR 64 /* bytes */
void progress_bar(char out[PROGRESS_BAR], uint64_t done, uint64_t total);

#endif
