#include "client/roll/diff.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/text.h"

struct diff_row {
	enum change change;
	char *holder, *former, *group;
	char *form;	/* of the name, as text_fold has it */
	char *alike;	/* who has such a name */
	uint32_t giver; /* of the former one, or DIFF_NONE */
	UT_hash_handle hh, hh_form, hh_key; /* name and key lie in the roll */
};

struct diff_group {
	char *name;
	int told; /* it is new */
	UT_hash_handle hh;
};

static struct diff_group *
group_find(const struct diff *d, const char *name)
{
	struct diff_group *g;

	HASH_FIND_STR(d->groups, name, g);
	return (g);
}

/* Once; NULL: no memory. */
static struct diff_group *
group_note(struct diff *d, const char *name)
{
	struct diff_group *g = group_find(d, name);

	if (g != NULL || (g = calloc(1, sizeof(*g))) == NULL)
		return (g);
	if ((g->name = strdup(name)) == NULL) {
		free(g);
		return (NULL);
	}
	HASH_ADD_KEYPTR(hh, d->groups, g->name, strlen(g->name), g);
	return (g);
}

static void
groups_free(struct diff *d)
{
	struct diff_group *g, *next;

	HASH_ITER (hh, d->groups, g, next) {
		HASH_DEL(d->groups, g);
		free(g->name);
		free(g);
	}
}

static int
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
		if ((row->form = text_fold(v->name)) == NULL)
			return (-1);
		HASH_ADD_KEYPTR(
		    hh_form, d->by_form, row->form, strlen(row->form), row);
	}
	return (groups_add(&d->will, v->group));
}

struct diff *
diff_new(const struct roll *roll, const struct roll_options *o, int removes)
{
	struct diff *d = calloc(1, sizeof(*d));
	uint32_t i;

	if (d != NULL)
		d->rows = calloc((size_t)roll->n + 1, sizeof(*d->rows));
	if (d == NULL || d->rows == NULL) {
		free(d);
		return (NULL);
	}
	d->roll = roll;
	d->removes = removes;
	for (i = 0; i < roll->n; i++)
		if (row_note(d, i, o) != 0) {
			diff_free(d);
			return (NULL);
		}
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
	groups_free(d);
	for (uint32_t i = 0; i < d->roll->n; i++) {
		free(d->rows[i].form);
		free(d->rows[i].alike);
		free(d->rows[i].holder);
		free(d->rows[i].former);
		free(d->rows[i].group);
	}
	for (uint32_t i = 0; d->missing != NULL && i < d->not_in_file; i++) {
		free(d->missing[i].name);
		free(d->missing[i].group);
	}
	groups_clear(&d->will);
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
static int
key_shared(struct diff *d, const evote_voter *stands)
{
	struct diff_row *row = key_taker(d, stands);

	if (row == NULL || row->holder != NULL)
		return (0);
	row->holder = strdup(stands->name);
	return (row->holder == NULL ? -1 : 0);
}

/* Whoever stands gives it up: by leaving (DIFF_NONE), or by that row. */
static int
key_passed(struct diff *d, const evote_voter *stands, uint32_t giver)
{
	struct diff_row *row = key_taker(d, stands);

	if (row == NULL || row->former != NULL)
		return (0);
	row->giver = giver;
	row->former = strdup(stands->name);
	return (row->former == NULL ? -1 : 0);
}

/* Whoever stands, and is not in the file, keeps the name. */
static int
name_alike(struct diff *d, const evote_voter *stands)
{
	struct diff_row *row = NULL;
	char *form;

	if (d->by_form == NULL)
		return (0);
	if ((form = text_fold(stands->name)) == NULL)
		return (-1);
	HASH_FIND(hh_form, d->by_form, form, strlen(form), row);
	free(form);
	if (row == NULL || row->alike != NULL)
		return (0);
	row->alike = strdup(stands->name);
	return (row->alike == NULL ? -1 : 0);
}

static int
missing_add(struct diff *d, const evote_voter *stands)
{
	uint32_t n = d->not_in_file;
	struct diff_missing *m = d->missing;

	if (!d->removes) {
		d->not_in_file++;
		return (groups_add(&d->will, stands->group) != 0 ||
			    name_alike(d, stands) != 0
			? -1
			: key_shared(d, stands));
	}
	if ((n & (n - 1)) == 0) {
		m = realloc(m, (n == 0 ? 1 : 2 * (size_t)n) * sizeof(*m));
		if (m == NULL)
			return (-1);
		d->missing = m;
	}
	m[n].name = strdup(stands->name);
	m[n].group = strdup(stands->group);
	d->not_in_file++;
	return (m[n].name == NULL || m[n].group == NULL
		? -1
		: key_passed(d, stands, DIFF_NONE));
}

int
diff_with(struct diff *d, const evote_voter *stands)
{
	const evote_voter *wanted;
	struct diff_row *row;
	unsigned change = CHANGE_NONE;

	d->on_roll++;
	if (group_note(d, stands->group) == NULL)
		return (-1);
	HASH_FIND_STR(d->by_name, stands->name, row);
	if (row == NULL)
		return (missing_add(d, stands));
	wanted = &d->roll->voters[row - d->rows];
	if (strcmp(wanted->group, stands->group) != 0) {
		change |= CHANGE_GROUP;
		if ((row->group = strdup(stands->group)) == NULL)
			return (-1);
	}
	if (memcmp(wanted->key, stands->key, sizeof(wanted->key)) != 0)
		change |= CHANGE_KEY;
	row->change = (enum change)change;
	return (change & CHANGE_KEY
		? key_passed(d, stands, (uint32_t)(row - d->rows))
		: key_shared(d, stands));
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
	struct diff_group *g, *next;
	const char *name;

	while (*i < d->roll->n) {
		name = d->roll->voters[(*i)++].group;
		if (group_find(d, name) != NULL)
			continue;
		*near = (struct nearest){.typed = name};
		HASH_ITER (hh, d->groups, g, next)
			if (!g->told)
				nearest_try(near, g->name);
		if ((g = group_note(d, name)) == NULL)
			return (NULL);
		g->told = 1;
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
