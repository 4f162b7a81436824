#include "client/roll/roll.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "client/lib/sshkey.h"
#include "client/roll/csv.h"
#include "common/need.h"
#include "common/text.h"

enum { NAME, GROUP, KEY, COLUMNS };

/* A name or key that has been read; its place in the pool is the voter's. */
struct known {
	UT_hash_handle hh;
};

struct roll_text {
	struct roll_text *next;
	char text[];
};

static int
fail_at(const struct csv_row *row, char *err, size_t errlen, const char *what)
{
	return (text_why(err, errlen, "line %lu: %s", row->line, what));
}

/* As spreadsheets call the column: A to Z, then AA. */
static void
column_name(int i, char out[3])
{
	if (i >= 26)
		*out++ = (char)('A' + i / 26 - 1);
	*out++ = (char)('A' + i % 26);
	*out = '\0';
}

static int
fail_cell(const struct csv_row *row, int column, const char *what,
    const char *why, char *err, size_t errlen)
{
	char name[3];

	column_name(column, name);
	return (text_why(err, errlen, "line %lu, column %s: the %s %s",
	    row->line, name, what, why));
}

/* Makes one letter of the two that Turkish has, dotted or not. */
static void
dots_drop(char *s)
{
	char *out = s;

	for (; *s != '\0'; s++)
		if (strncmp(s, "\u0130", 2) == 0 ||
		    strncmp(s, "\u0131", 2) == 0) {
			*out++ = 'i';
			s++;
		} else
			*out++ = *s;
	*out = '\0';
}

/* Blanks do not count in titles, nor does what nobody sees. */
static int
title_fits(const char *wanted, const char *title)
{
	char a[EVOTE_NAME_MAX + 1], b[EVOTE_NAME_MAX + 1], err[200];

	if (text_tidy(a, EVOTE_NAME_MAX, wanted, err, sizeof(err)) != 0 ||
	    text_tidy(b, EVOTE_NAME_MAX, title, err, sizeof(err)) != 0)
		return (0);
	dots_drop(a);
	dots_drop(b);
	return (text_alike(a, b));
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
		return (title_fits(given, title));
	for (i = 0; i < 3 && usual[column][i] != NULL; i++)
		if (title_fits(usual[column][i], title))
			return (1);
	return (0);
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
	snprintf(what, sizeof(what),
	    "the first row names no column \"%.200s\"; --%s-column tells which "
	    "it is",
	    given != NULL ? given : usual[column],
	    column == KEY ? "key" : usual[column]);
	return (fail_at(row, err, errlen, what));
}

static int
header_read(const struct csv_row *row, const struct roll_options *o,
    int columns[COLUMNS], char *err, size_t errlen)
{
	const char *given[COLUMNS] = {o->name, o->group, o->key};
	int i;

	for (i = 0; i < COLUMNS; i++)
		if ((columns[i] = column_find(row, i, given[i], err, errlen)) <
		    0)
			return (-1);
	return (0);
}

/* Cells that a sheet did not write at the end of a line are empty. */
static char *
cell(const struct csv_row *row, int column)
{
	static char none[] = "";

	return (column < row->n ? row->fields[column] : none);
}

/* The name that a cell means, in its place where there is room. */
static char *
name_keep(struct roll *r, char *field, const char *name)
{
	size_t len = strlen(name);
	struct roll_text *t;

	if (len <= strlen(field))
		return (memcpy(field, name, len + 1));
	t = need(malloc(sizeof(*t) + len + 1));
	t->next = r->texts;
	r->texts = t;
	return (memcpy(t->text, name, len + 1));
}

static int
name_read(struct roll *r, const struct csv_row *row, int column,
    const char *what, char **out, char *err, size_t errlen)
{
	char name[EVOTE_NAME_MAX + 1], why[200];
	char *field = csv_plain(cell(row, column));

	if (text_is_name(field, EVOTE_NAME_MAX)) {
		*out = field;
		return (0);
	}
	if (text_tidy(name, EVOTE_NAME_MAX, field, why, sizeof(why)) != 0)
		return (fail_cell(row, column, what, why, err, errlen));
	*out = name_keep(r, field, name);
	return (0);
}

static int
voter_read(struct roll *r, const struct csv_row *row,
    const int columns[COLUMNS], int width, char *err, size_t errlen)
{
	evote_voter *v = &r->voters[r->n];
	char why[200];
	int i;

	for (i = width; i < row->n; i++)
		if (row->fields[i][0] != '\0')
			return (fail_at(row, err, errlen,
			    "more fields than the first row names"));
	if (name_read(r, row, columns[NAME], "name", &v->name, err, errlen) ||
	    name_read(r, row, columns[GROUP], "group", &v->group, err, errlen))
		return (-1);
	if (sshkey_public((unsigned char *)v->key, cell(row, columns[KEY]), why,
		sizeof(why)) != 0)
		return (fail_cell(row, columns[KEY], "key", why, err, errlen));
	return (0);
}

/* err has the first one. */
struct faults {
	const struct roll_options *o;
	uint32_t n;
	char *err;
	size_t errlen;
};

__attribute__((format(printf, 2, 3))) static void
fault(struct faults *f, const char *fmt, ...)
{
	char why[800];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (f->n++ == 0)
		snprintf(f->err, f->errlen, "%s", why);
	if (f->o->fault != NULL)
		f->o->fault(f->o->arg, why);
}

static void
rows_read(struct roll *r, struct csv *csv, const int columns[COLUMNS],
    int width, struct faults *f)
{
	struct csv_row row;
	char why[700];
	int rc;

	while ((rc = csv_next(csv, &row, why, sizeof(why))) == 1) {
		r->voters = need_room(r->voters, r->n, sizeof(*r->voters));
		r->places = need_room(r->places, r->n, sizeof(*r->places));
		if (voter_read(r, &row, columns, width, why, sizeof(why)) == 0)
			r->places[r->n++] =
			    (struct roll_place){row.line, row.byte};
		else
			fault(f, "%s", why);
	}
	if (rc != 0)
		fault(f, "%s", why);
}

static const void *
name_of(const evote_voter *v, size_t *len)
{
	*len = strlen(v->name);
	return (v->name);
}

static const void *
key_of(const evote_voter *v, size_t *len)
{
	*len = sizeof(v->key);
	return (v->key);
}

/* For each voter the first one with what it has, often itself; malloc'd. */
static uint32_t *
firsts(const struct roll *r, const void *(*of)(const evote_voter *, size_t *))
{
	struct known *pool = need_zeroed((size_t)r->n + 1, sizeof(*pool));
	struct known *all = NULL, *k = NULL;
	uint32_t *first = need_zeroed((size_t)r->n + 1, sizeof(*first));
	const void *what;
	size_t len;

	for (uint32_t i = 0; i < r->n; i++) {
		what = of(&r->voters[i], &len);
		HASH_FIND(hh, all, what, len, k);
		first[i] = k != NULL ? (uint32_t)(k - pool) : i;
		if (k == NULL)
			HASH_ADD_KEYPTR(hh, all, what, len, &pool[i]);
	}
	HASH_CLEAR(hh, all);
	free(pool);
	return (first);
}

/* Names that differ in case, or in forms of a letter, alone. */
static uint32_t *
firsts_alike(const struct roll *r)
{
	struct roll forms = {.n = r->n};
	uint32_t *first;

	forms.voters = need_zeroed((size_t)r->n + 1, sizeof(*forms.voters));
	for (uint32_t i = 0; i < r->n; i++)
		forms.voters[i].name = text_fold(r->voters[i].name);
	first = firsts(&forms, name_of);
	for (uint32_t i = 0; i < r->n; i++)
		free(forms.voters[i].name);
	free(forms.voters);
	return (first);
}

/* Of the i-th row, by the first ones with its name, its like and its key. */
static void
twice_tell(const struct roll *r, uint32_t i, uint32_t name, uint32_t like,
    uint32_t key, struct faults *f)
{
	const struct roll_place *at = r->places;
	const evote_voter *v = r->voters;

	if (name != i)
		fault(f,
		    "line %lu: the name \"%s\" stands in line %lu too; keep "
		    "one of them",
		    at[i].line, v[i].name, at[name].line);
	else if (like != i)
		fault(f,
		    "line %lu: the name \"%s\" looks like \"%s\" in line "
		    "%lu; keep one of them if that is one person, and if not, "
		    "--alike-names takes both",
		    at[i].line, v[i].name, v[like].name, at[like].line);
	else if (key != i)
		fault(f,
		    "line %lu: \"%s\" has the key of \"%s\" in line %lu; keep "
		    "one of them if that is one person, and if not, "
		    "--shared-keys takes both",
		    at[i].line, v[i].name, v[key].name, at[key].line);
}

static void
find_twice(const struct roll *r, struct faults *f)
{
	uint32_t *name = firsts(r, name_of), *key = firsts(r, key_of);
	uint32_t *like = f->o->alike_names ? name : firsts_alike(r);

	for (uint32_t i = 0; i < r->n; i++)
		twice_tell(
		    r, i, name[i], like[i], f->o->shared_keys ? i : key[i], f);
	if (like != name)
		free(like);
	free(name);
	free(key);
}

int
roll_read(struct roll *out, const struct roll_options *o, char *text,
    size_t len, char *err, size_t errlen)
{
	struct faults f = {.o = o, .err = err, .errlen = errlen};
	struct roll r = {0};
	struct csv_row head;
	struct csv csv;
	int columns[COLUMNS], rc;

	if (csv_open(&csv, text, len, err, errlen) != 0)
		return (-1);
	rc = csv_next(&csv, &head, err, errlen);
	if (rc == 0)
		snprintf(err, errlen, "the file is empty");
	if (rc != 1 || header_read(&head, o, columns, err, errlen) != 0)
		return (-1);
	rows_read(&r, &csv, columns, head.n, &f);
	find_twice(&r, &f);
	if (f.n > 0) {
		roll_clear(&r);
		if (f.n > 1 && o->fault != NULL)
			snprintf(err, errlen, "%u rows are not right", f.n);
		return (-1);
	}
	*out = r;
	return (0);
}

void
roll_clear(struct roll *r)
{
	struct roll_text *t;

	while ((t = r->texts) != NULL) {
		r->texts = t->next;
		free(t);
	}
	free(r->voters);
	free(r->places);
	memset(r, 0, sizeof(*r));
}
