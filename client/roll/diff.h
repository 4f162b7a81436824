#ifndef EVOTE_DIFF_H
#define EVOTE_DIFF_H

#include "client/roll/groups.h"
#include "client/roll/roll.h"
#include "common/nearest.h"

/* A roll in a file, compared with the one that stands.  Pure. */
enum change {
	CHANGE_NONE = 0, /* stands just so */
	CHANGE_GROUP = 1,
	CHANGE_KEY = 2, /* perhaps with CHANGE_GROUP */
	CHANGE_ADD = 4,
	CHANGE_SHARED = 8, /* to be added or changed, with another's key */
	CHANGE_ALIKE =
	    16 /* to be added, under a name that looks like another */
};

struct diff_row;
struct diff {
	const struct roll *roll;
	struct diff_row *rows, *by_name, *by_form, *by_key;
	struct groups are;  /* in which somebody is */
	struct groups will; /* in which somebody will be */
	struct groups told; /* by diff_new_group */
	uint32_t on_roll;
	uint32_t not_in_file;
	/* These, if they are to be taken off the roll. */
	int removes;
	struct diff_missing {
		char *name, *group;
	} * missing;
};

/*
 * The roll must outlive it.  Keys that are shared and names that are alike are
 * looked for unless the options take them.
 */
struct diff *diff_new(
    const struct roll *, const struct roll_options *, int removes);
void diff_free(struct diff *); /* NULL is fine */
/* Takes one voter of the roll that stands. */
void diff_with(struct diff *, const evote_voter *);
/* What importing the i-th voter of the file would have to change. */
enum change diff_of(const struct diff *, uint32_t i);
/* Who has the key, for CHANGE_SHARED, or the name, for CHANGE_ALIKE. */
const char *diff_holder(const struct diff *, uint32_t i);
/*
 * Who has the key now and will not then, by leaving the roll or with another
 * key: NULL is nobody.  And the place in the file of that one, DIFF_NONE: none.
 */
#define DIFF_NONE UINT32_MAX
const char *diff_former(const struct diff *, uint32_t i);
uint32_t diff_giver(const struct diff *, uint32_t i);
/* The group that he is in, for CHANGE_GROUP. */
const char *diff_group(const struct diff *, uint32_t i);
/*
 * The next group of the file in which nobody on the roll is, each once, and in
 * near what may have been meant.  *i begins as 0.  NULL: no more.
 */
const char *diff_new_group(struct diff *, uint32_t *i, struct nearest *near);
/* How many of the file are so: 0, or any of these bits. */
uint32_t diff_count(const struct diff *, unsigned changes);

#endif
