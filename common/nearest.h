#ifndef EVOTE_NEAREST_H
#define EVOTE_NEAREST_H

/* Which of some words was meant by somebody who mistyped it.  Pure. */
struct nearest {
	const char *typed;
	char word[64];	   /* the nearest so far, "": none is near */
	unsigned distance; /* its */
	char ask[96];
};

void nearest_try(struct nearest *, const char *word);
/* " (did you mean WORD?)", or "" when none is near. */
const char *nearest_ask(struct nearest *);
/*
 * 1 when one of two names may well be the other one, written in another case or
 * mistyped.  Not where only digits differ: years and numbers do so on purpose.
 */
int nearest_alike(const char *a, const char *b);

#endif
