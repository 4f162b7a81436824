#include "roll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uthash.h>

#include "csv.h"
#include "sshkey.h"
#include "text.h"

enum { NAME, GROUP, KEY, COLUMNS };

/* A name that has been read, and where. */
struct known {
	const char *name;
	uint32_t at;
	UT_hash_handle hh;
};

static int
fail_at(const struct csv_row *row, char *err, size_t errlen, const char *what)
{
	snprintf(
	    err, errlen, "line %lu, byte %zu: %s", row->line, row->byte, what);
	return (-1);
}

/* Whether the title is that of the column, as it was given or usually is. */
static int
is_title(int column, const char *given, const char *title)
{
	static const char *const usual[COLUMNS][3] = {
	    [NAME] = {"name"},
	    [GROUP] = {"group"},
	    [KEY] = {"public key", "key", "public_key"},
	};
	int i;

	if (given != NULL)
		return (strcasecmp(given, title) == 0);
	for (i = 0; i < 3 && usual[column][i] != NULL; i++)
		if (strcasecmp(usual[column][i], title) == 0)
			return (1);
	return (0);
}

static char *
trim(char *s)
{
	size_t len;

	s += strspn(s, " \t");
	len = strlen(s);
	while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		s[--len] = '\0';
	return (s);
}

/* Finds a column: its place, or -1 with why. */
static int
column_find(const struct csv_row *row, int column, const char *given, char *err,
    size_t errlen)
{
	static const char *const usual[COLUMNS] = {
	    "name", "group", "public key"};
	char what[400];
	int i, found = -1;

	for (i = 0; i < row->n; i++) {
		if (!is_title(column, given, row->fields[i]))
			continue;
		if (found >= 0)
			return (fail_at(
			    row, err, errlen, "a column is named twice"));
		found = i;
	}
	if (found >= 0)
		return (found);
	if (row->n == 1 && strchr(row->fields[0], ';') != NULL)
		return (fail_at(row, err, errlen,
		    "the columns are separated by semicolons; save the file "
		    "with commas"));
	snprintf(what, sizeof(what),
	    "the first row names no column \"%.200s\"; --%s-column tells which "
	    "it is",
	    given != NULL ? given : usual[column],
	    column == KEY ? "key" : usual[column]);
	return (fail_at(row, err, errlen, what));
}

static int
header_read(struct csv_row *row, const struct roll_titles *titles,
    int columns[COLUMNS], char *err, size_t errlen)
{
	const char *given[COLUMNS] = {titles->name, titles->group, titles->key};
	int i;

	for (i = 0; i < row->n; i++)
		row->fields[i] = trim(row->fields[i]);
	for (i = 0; i < COLUMNS; i++)
		if ((columns[i] = column_find(row, i, given[i], err, errlen)) <
		    0)
			return (-1);
	return (0);
}

static int
voter_read(const struct csv_row *row, const int columns[COLUMNS], int width,
    evote_voter *v, char *err, size_t errlen)
{
	char why[200], what[220], *text;

	if (row->n != width)
		return (fail_at(row, err, errlen,
		    row->n < width ? "fewer fields than the first row names"
				   : "more fields than the first row names"));
	v->name = row->fields[columns[NAME]];
	v->group = row->fields[columns[GROUP]];
	if (!text_is_name(v->name, EVOTE_NAME_MAX))
		return (fail_at(row, err, errlen,
		    "the name is empty, too long or has control characters"));
	if (!text_is_name(v->group, EVOTE_NAME_MAX))
		return (fail_at(row, err, errlen,
		    "the group is empty, too long or has control characters"));
	text = trim(row->fields[columns[KEY]]);
	if (sshkey_public((unsigned char *)v->key, text, why, sizeof(why)) == 0)
		return (0);
	snprintf(what, sizeof(what), "the key %s", why);
	return (fail_at(row, err, errlen, what));
}

static int
roll_grow(struct roll *r, uint32_t *room)
{
	uint32_t more = *room == 0 ? 256 : *room * 2;
	void *p;

	if (r->n < *room)
		return (0);
	if ((p = realloc(r->voters, more * sizeof(*r->voters))) == NULL)
		return (-1);
	r->voters = p;
	if ((p = realloc(r->places, more * sizeof(*r->places))) == NULL)
		return (-1);
	r->places = p;
	*room = more;
	return (0);
}

static int
rows_read(struct roll *r, struct csv *csv, const int columns[COLUMNS],
    int width, char *err, size_t errlen)
{
	struct csv_row row;
	uint32_t room = 0;
	int rc;

	while ((rc = csv_next(csv, &row, err, errlen)) == 1) {
		if (roll_grow(r, &room) != 0)
			return (fail_at(&row, err, errlen, "no memory"));
		if (voter_read(&row, columns, width, &r->voters[r->n], err,
			errlen) != 0)
			return (-1);
		r->places[r->n++] = (struct roll_place){row.line, row.byte};
	}
	return (rc);
}

static void
known_free(struct known *all)
{
	struct known *k, *next;

	HASH_ITER (hh, all, k, next) {
		HASH_DEL(all, k);
		free(k);
	}
}

static int
find_twice(const struct roll *r, char *err, size_t errlen)
{
	struct known *all = NULL, *k;
	uint32_t i, first = r->n;

	for (i = 0; i < r->n; i++) {
		HASH_FIND_STR(all, r->voters[i].name, k);
		if (k != NULL) {
			first = k->at;
			break;
		}
		if ((k = malloc(sizeof(*k))) == NULL) {
			known_free(all);
			snprintf(err, errlen, "no memory");
			return (-1);
		}
		k->name = r->voters[i].name;
		k->at = i;
		HASH_ADD_KEYPTR(hh, all, k->name, strlen(k->name), k);
	}
	known_free(all);
	if (i == r->n)
		return (0);
	snprintf(err, errlen,
	    "line %lu, byte %zu: the name \"%s\" stands in line %lu too",
	    r->places[i].line, r->places[i].byte, r->voters[i].name,
	    r->places[first].line);
	return (-1);
}

int
roll_read(struct roll *out, const struct roll_titles *titles, char *text,
    size_t len, char *err, size_t errlen)
{
	struct roll r = {0};
	struct csv_row head;
	struct csv csv;
	int columns[COLUMNS], rc;

	if (csv_open(&csv, text, len, err, errlen) != 0)
		return (-1);
	rc = csv_next(&csv, &head, err, errlen);
	if (rc == 0)
		snprintf(err, errlen, "the file is empty");
	if (rc != 1 || header_read(&head, titles, columns, err, errlen) != 0)
		return (-1);
	if (rows_read(&r, &csv, columns, head.n, err, errlen) != 0 ||
	    find_twice(&r, err, errlen) != 0) {
		roll_clear(&r);
		return (-1);
	}
	*out = r;
	return (0);
}

void
roll_clear(struct roll *r)
{
	free(r->voters);
	free(r->places);
	memset(r, 0, sizeof(*r));
}
