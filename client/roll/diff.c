#include "client/roll/diff.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct diff_row {
	enum change change;
	char *holder;
	UT_hash_handle hh, hh_key; /* name and key lie in the roll */
};

struct diff *
diff_new(const struct roll *roll, int shared_keys)
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
		if (!shared_keys)
			HASH_ADD_KEYPTR(hh_key, d->by_key, roll->voters[i].key,
			    sizeof(roll->voters[i].key), &d->rows[i]);
	}
	return (d);
}

void
diff_free(struct diff *d)
{
	if (d == NULL)
		return;
	HASH_CLEAR(hh_key, d->by_key);
	HASH_CLEAR(hh, d->by_name);
	for (uint32_t i = 0; i < d->roll->n; i++)
		free(d->rows[i].holder);
	free(d->rows);
	free(d);
}

/* The file gives the key of who stands to somebody else. */
static void
key_shared(struct diff *d, const evote_voter *stands)
{
	struct diff_row *row;

	HASH_FIND(hh_key, d->by_key, stands->key, sizeof(stands->key), row);
	if (row == NULL || row->holder != NULL ||
	    strcmp(d->roll->voters[row - d->rows].name, stands->name) == 0)
		return;
	row->holder = strdup(stands->name);
}

void
diff_with(struct diff *d, const evote_voter *stands)
{
	const evote_voter *wanted;
	struct diff_row *row;
	unsigned change = CHANGE_NONE;

	key_shared(d, stands);
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
	const struct diff_row *row = &d->rows[i];

	if (row->change == CHANGE_ADD && row->holder != NULL)
		return (CHANGE_SHARED);
	return (row->change);
}

const char *
diff_holder(const struct diff *d, uint32_t i)
{
	return (d->rows[i].holder);
}
