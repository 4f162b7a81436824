#ifndef EVOTE_ROLL_H
#define EVOTE_ROLL_H

#include <stddef.h>
#include <stdint.h>

#include "evote.h"

/* The voters of a CSV file, checked.  Pure. */
struct roll {
	evote_voter *voters; /* names and groups point into the text */
	struct roll_place {
		unsigned long line;
		size_t byte;
	} * places; /* where each one stands */
	uint32_t n;
	struct roll_text *texts; /* names that are longer than in the text */
};

/*
 * Titles of the columns where they are not the usual ones; NULL: name, group,
 * and key or public key.
 */
struct roll_options {
	const char *name, *group, *key;
	int shared_keys; /* two voters may have one key */
	int alike_names; /* two may be called alike (text_alike) */
	/* Told of each row that is not taken, and why.  May be NULL. */
	void (*fault)(void *arg, const char *why);
	void *arg;
};

/*
 * The first row names the columns, in any order and case; others are passed
 * over.  Names are made what text_tidy makes of them; a key is what
 * sshkey_public takes.  text needs one spare byte at
 * text[len], is changed, and must outlive the roll.  -1 with one sentence that
 * names the line, and its column or byte, or says how many rows are not taken;
 * nothing is kept then.
 */
int roll_read(struct roll *, const struct roll_options *, char *text,
    size_t len, char *err, size_t errlen);
void roll_clear(struct roll *);

#endif
