#ifndef STATE_IMPL_H
#define STATE_IMPL_H

#include <limits.h>

#include "client/lib/state.h"

/* What the files of the state share: the directory, and files in it. */
struct state {
	int base; /* the common directory; -1: none, and error says why */
	int dir;  /* in it, of this service; -1: not known yet */
	struct sighting seen; /* as far as it is not written down */
	char path[PATH_MAX];
	char left[PATH_MAX]; /* see state_left */
	char error[2 * PATH_MAX + 400];
	/* Why the file of what was seen cannot be read, or "". */
	char blind[2 * PATH_MAX + 400];
};

/* Sets the error; returns -1. */
int state_fail(struct state *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same of a file, or of the directory, "", by errno: see plain_tell. */
int state_fail_at(struct state *, const char *name);
int state_damaged(struct state *, const char *name);
/* The length, *out NUL-terminated and malloc'd; 0, *out untouched: no file. */
long state_read(struct state *, const char *name, char **out);
/* Whether there is such a file, with anything in it. */
int state_has(const struct state *, const char *name);
/* The new contents or the old, also after a power cut. */
int state_replace(
    struct state *, const char *name, const void *data, size_t len);
/*
 * The same of what commands keep that only read: 1; 0: there is no directory,
 * or nothing can be written there, which is no failure of theirs; -1.
 */
int state_keep(struct state *, const char *name, const void *data, size_t len);
/* What is there stays; 1: there is no directory. */
int state_add(struct state *, const char *name, const char *text);

#endif
