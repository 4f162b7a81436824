#include "diff.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct diff_row {
	enum change change;
	UT_hash_handle hh; /* by name, which lies in the roll */
};

struct diff *
diff_new(const struct roll *roll)
{
	struct diff *d = calloc(1, sizeof(*d));
	const char *name;
	uint32_t i;

	if (d != NULL)
		d->rows = calloc((size_t)roll->n + 1, sizeof(*d->rows));
	if (d == NULL || d->rows == NULL) {
		free(d);
		return (NULL);
	}
	d->roll = roll;
	for (i = 0; i < roll->n; i++) {
		name = roll->voters[i].name;
		d->rows[i].change = CHANGE_ADD;
		HASH_ADD_KEYPTR(
		    hh, d->by_name, name, strlen(name), &d->rows[i]);
	}
	return (d);
}

void
diff_free(struct diff *d)
{
	if (d == NULL)
		return;
	HASH_CLEAR(hh, d->by_name);
	free(d->rows);
	free(d);
}

void
diff_with(struct diff *d, const evote_voter *stands)
{
	const evote_voter *wanted;
	struct diff_row *row;
	unsigned change = CHANGE_NONE;

	HASH_FIND_STR(d->by_name, stands->name, row);
	if (row == NULL) {
		d->not_in_file++;
		return;
	}
	wanted = &d->roll->voters[row - d->rows];
	if (strcmp(wanted->group, stands->group) != 0)
		change |= CHANGE_GROUP;
	if (memcmp(wanted->key, stands->key, sizeof(wanted->key)) != 0)
		change |= CHANGE_KEY;
	row->change = (enum change)change;
}

enum change
diff_of(const struct diff *d, uint32_t i)
{
	return (d->rows[i].change);
}
