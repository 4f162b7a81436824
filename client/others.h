#ifndef EVOTE_OTHERS_H
#define EVOTE_OTHERS_H

#include "client/cmd.h"

/* The elections that others may vote in, open or planned. */
#define OTHERS_NAMED 3
#define OTHERS_TEXT  (OTHERS_NAMED * (NAME_ROOM + 4))

struct others {
	char **mine;
	u_int n_mine;
	u_int n;		 /* how many there are */
	char names[OTHERS_TEXT]; /* of the first: "a", "b", "c" */
};

/* One that is not among them. */
void others_but(struct others *, const char *name);
/* Asks for them, after all of those; what else than an answer came of it. */
enum evote_outcome others_find(struct others *, struct evote *);
void others_clear(struct others *);

#endif
