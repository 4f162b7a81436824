#include "client/roll/diff.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/need.h"
#include "common/text.h"

struct diff_row {
	enum change change;
	char *holder, *former, *group;
	char *form;	/* of the name, as text_fold has it */
	char *alike;	/* who has such a name */
	uint32_t giver; /* of the former one, or DIFF_NONE */
	UT_hash_handle hh, hh_form, hh_key; /* name and key lie in the roll */
};

static void
row_note(struct diff *d, uint32_t i, const struct roll_options *o)
{
	const evote_voter *v = &d->roll->voters[i];
	struct diff_row *row = &d->rows[i];

	row->change = CHANGE_ADD;
	row->giver = DIFF_NONE;
	HASH_ADD_KEYPTR(hh, d->by_name, v->name, strlen(v->name), row);
	if (!o->shared_keys)
		HASH_ADD_KEYPTR(hh_key, d->by_key, v->key, sizeof(v->key), row);
	if (!o->alike_names) {
		row->form = text_fold(v->name);
		HASH_ADD_KEYPTR(
		    hh_form, d->by_form, row->form, strlen(row->form), row);
	}
	groups_add(&d->will, v->group);
}

struct diff *
diff_new(const struct roll *roll, const struct roll_options *o, int removes)
{
	struct diff *d = need_zeroed(1, sizeof(*d));

	d->rows = need_zeroed((size_t)roll->n + 1, sizeof(*d->rows));
	d->roll = roll;
	d->removes = removes;
	for (uint32_t i = 0; i < roll->n; i++)
		row_note(d, i, o);
	return (d);
}

void
diff_free(struct diff *d)
{
	if (d == NULL)
		return;
	HASH_CLEAR(hh_key, d->by_key);
	HASH_CLEAR(hh_form, d->by_form);
	HASH_CLEAR(hh, d->by_name);
	for (uint32_t i = 0; i < d->roll->n; i++) {
		free(d->rows[i].form);
		free(d->rows[i].alike);
		free(d->rows[i].holder);
		free(d->rows[i].former);
		free(d->rows[i].group);
	}
	for (uint32_t i = 0; d->removes && i < d->not_in_file; i++) {
		free(d->missing[i].name);
		free(d->missing[i].group);
	}
	groups_clear(&d->are);
	groups_clear(&d->will);
	groups_clear(&d->told);
	free(d->missing);
	free(d->rows);
	free(d);
}

/* The row of somebody else to whom the file gives the key of who stands. */
static struct diff_row *
key_taker(struct diff *d, const evote_voter *stands)
{
	struct diff_row *row;

	HASH_FIND(hh_key, d->by_key, stands->key, sizeof(stands->key), row);
	return (row != NULL &&
		    strcmp(d->roll->voters[row - d->rows].name, stands->name) !=
			0
		? row
		: NULL);
}

/* Whoever stands keeps the key. */
static void
key_shared(struct diff *d, const evote_voter *stands)
{
	struct diff_row *row = key_taker(d, stands);

	if (row != NULL && row->holder == NULL)
		row->holder = need_copy(stands->name);
}

/* Whoever stands gives it up: by leaving (DIFF_NONE), or by that row. */
static void
key_passed(struct diff *d, const evote_voter *stands, uint32_t giver)
{
	struct diff_row *row = key_taker(d, stands);

	if (row == NULL || row->former != NULL)
		return;
	row->giver = giver;
	row->former = need_copy(stands->name);
}

/* Whoever stands, and is not in the file, keeps the name. */
static void
name_alike(struct diff *d, const evote_voter *stands)
{
	struct diff_row *row = NULL;
	char *form;

	if (d->by_form == NULL)
		return;
	form = text_fold(stands->name);
	HASH_FIND(hh_form, d->by_form, form, strlen(form), row);
	free(form);
	if (row != NULL && row->alike == NULL)
		row->alike = need_copy(stands->name);
}

static void
missing_add(struct diff *d, const evote_voter *stands)
{
	uint32_t n = d->not_in_file++;

	if (!d->removes) {
		groups_add(&d->will, stands->group);
		name_alike(d, stands);
		key_shared(d, stands);
		return;
	}
	d->missing = need_room(d->missing, n, sizeof(*d->missing));
	d->missing[n].name = need_copy(stands->name);
	d->missing[n].group = need_copy(stands->group);
	key_passed(d, stands, DIFF_NONE);
}

void
diff_with(struct diff *d, const evote_voter *stands)
{
	const evote_voter *wanted;
	struct diff_row *row;
	unsigned change = CHANGE_NONE;

	d->on_roll++;
	groups_add(&d->are, stands->group);
	HASH_FIND_STR(d->by_name, stands->name, row);
	if (row == NULL) {
		missing_add(d, stands);
		return;
	}
	wanted = &d->roll->voters[row - d->rows];
	if (strcmp(wanted->group, stands->group) != 0) {
		change |= CHANGE_GROUP;
		row->group = need_copy(stands->group);
	}
	if (memcmp(wanted->key, stands->key, sizeof(wanted->key)) != 0)
		change |= CHANGE_KEY;
	row->change = (enum change)change;
	if (change & CHANGE_KEY)
		key_passed(d, stands, (uint32_t)(row - d->rows));
	else
		key_shared(d, stands);
}

enum change
diff_of(const struct diff *d, uint32_t i)
{
	const struct diff_row *row = &d->rows[i];

	if (row->change == CHANGE_ADD && row->alike != NULL)
		return (CHANGE_ALIKE);
	if (row->change & (CHANGE_ADD | CHANGE_KEY) && row->holder != NULL)
		return (CHANGE_SHARED);
	return (row->change);
}

const char *
diff_holder(const struct diff *d, uint32_t i)
{
	return (diff_of(d, i) == CHANGE_ALIKE ? d->rows[i].alike
					      : d->rows[i].holder);
}

/* Not so if one who had the key with another keeps it. */
const char *
diff_former(const struct diff *d, uint32_t i)
{
	const struct diff_row *row = &d->rows[i];

	return (row->change & (CHANGE_ADD | CHANGE_KEY) ? row->former : NULL);
}

uint32_t
diff_giver(const struct diff *d, uint32_t i)
{
	return (diff_former(d, i) != NULL ? d->rows[i].giver : DIFF_NONE);
}

const char *
diff_group(const struct diff *d, uint32_t i)
{
	return (d->rows[i].group);
}

const char *
diff_new_group(struct diff *d, uint32_t *i, struct nearest *near)
{
	const struct group *g;
	const char *name;

	while (*i < d->roll->n) {
		name = d->roll->voters[(*i)++].group;
		if (groups_in(&d->are, name) > 0 ||
		    groups_in(&d->told, name) > 0)
			continue;
		*near = (struct nearest){.typed = name};
		for (g = d->are.all; g != NULL; g = g->hh.next)
			nearest_try(near, g->name);
		groups_add(&d->told, name);
		return (name);
	}
	return (NULL);
}

uint32_t
diff_count(const struct diff *d, unsigned changes)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < d->roll->n; i++)
		n += changes == 0 ? diff_of(d, i) == CHANGE_NONE
				  : (diff_of(d, i) & changes) != 0;
	return (n);
}
