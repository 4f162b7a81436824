#ifndef EVOTE_PLAN_H
#define EVOTE_PLAN_H

#include "client/cmd.h"

/*
 * What `create` has understood, shown before anything is done: to who sits at a
 * terminal it is a question, and to scripts a remark.
 */
struct plan {
	const evote_terms *terms;      /* its times are no spans any more */
	const evote_preview_res *seen; /* clock 0: the service does not know */
	uint64_t now;		       /* by the service's clock */
	int empty; /* the groups may have nobody in them yet */
	int dry;   /* nothing is to be done */
	int yes;   /* nor to be asked */
};

/* A step: goes on if it is to be created. */
int plan_agree(struct client *, const struct plan *);
/* As the last sentence: the election is there, or would be. */
int plan_done(struct client *, const struct plan *);

/* The start, the groups and so on. */
void plan_json(cJSON *, const struct plan *); /* NULL is fine */

/* Who may create elections: "anyone", "operators", "the groups a, b". */
void plan_creators(const evote_settings *, char *out, size_t size);
void plan_settings(cJSON *, const evote_settings *); /* NULL is fine */

#endif
