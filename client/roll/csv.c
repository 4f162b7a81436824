#include "client/roll/csv.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"

/* The byte is counted from 1. */
static int
fail_at(
    unsigned long line, size_t byte, const char *what, char *err, size_t errlen)
{
	return (text_why(err, errlen, "line %lu, byte %zu of that line: %s",
	    line, byte, what));
}

/* Whether a line ends with this byte. */
static int
ends_line(const char *p)
{
	return (*p == '\n' || (p[0] == '\r' && p[1] != '\n'));
}

static unsigned long
line_of(const char *text, size_t at)
{
	unsigned long line = 1;
	size_t i;

	for (i = 0; i < at; i++)
		line += ends_line(text + i);
	return (line);
}

/* Which byte of its line it is, of a text that is not changed yet. */
static size_t
place_of(const char *text, size_t at)
{
	size_t begin = at;

	while (begin > 0 && !ends_line(text + begin - 1))
		begin--;
	return (at - begin + 1);
}

static int
check_encoding(const char *text, size_t len, char *err, size_t errlen)
{
	const char *nul = len > 0 ? memchr(text, '\0', len) : NULL;
	size_t bad;

	if (len >= 2 &&
	    (memcmp(text, "\xff\xfe", 2) == 0 ||
		memcmp(text, "\xfe\xff", 2) == 0))
		return (text_why(err, errlen,
		    "the file is UTF-16; save it as \"CSV UTF-8\" and try "
		    "again"));
	if (nul != NULL)
		return (fail_at(line_of(text, (size_t)(nul - text)),
		    place_of(text, (size_t)(nul - text)),
		    "a NUL byte; the file may be UTF-16, or no text: save it "
		    "as UTF-8",
		    err, errlen));
	if (!text_is_utf8(text, len, &bad))
		return (fail_at(line_of(text, bad), place_of(text, bad),
		    "not UTF-8; the file may be Latin-1 (ISO 8859-1, "
		    "Windows-1252): save it as \"CSV UTF-8\"",
		    err, errlen));
	return (0);
}

/* The length of the line end at p, 0: there is none. */
static size_t
line_end(const char *p)
{
	return (p[0] == '\r' && p[1] == '\n' ? 2 : ends_line(p) ? 1 : 0);
}

/* What the first line separates its fields with. */
static char
separator_find(const char *p)
{
	static const char known[] = ",;\t";
	size_t counts[sizeof(known)] = {0}, best = 0, i;
	const char *is;
	int quoted = 0;

	while (line_end(p) > 0)
		p += line_end(p);
	for (; *p != '\0' && (quoted || line_end(p) == 0); p++) {
		quoted ^= *p == '"';
		if (!quoted && (is = strchr(known, *p)) != NULL)
			counts[is - known]++;
	}
	for (i = 1; i < sizeof(known) - 1; i++)
		if (counts[i] > counts[best])
			best = i;
	return (known[best]);
}

/* The next line begins at that byte. */
static void
line_begin(struct csv *csv, size_t at)
{
	csv->line++;
	csv->begin = at;
}

/* A line for the spreadsheet alone: "sep=;". */
static void
separator_take(struct csv *csv)
{
	const char *p = csv->text + csv->at;

	csv->separator = separator_find(p);
	if (strncmp(p, "sep=", 4) != 0 || p[4] == '\0' || line_end(p + 5) == 0)
		return;
	csv->separator = p[4];
	csv->at += 5 + line_end(p + 5);
	line_begin(csv, csv->at);
}

int
csv_open(struct csv *csv, char *text, size_t len, char *err, size_t errlen)
{
	static const char bom[] = "\xef\xbb\xbf";

	text[len] = '\0';
	if (check_encoding(text, len, err, errlen) != 0)
		return (-1);
	*csv = (struct csv){.text = text, .len = len, .line = 1};
	if (len >= 3 && memcmp(text, bom, 3) == 0)
		csv->at = csv->begin = 3;
	separator_take(csv);
	return (0);
}

/*
 * A quoted field: moves its text to the front, where the quotes were, and
 * returns what follows the closing quote; NULL: there is none.
 */
static char *
quoted_read(struct csv *csv, char *p)
{
	char *out = p, *in = p + 1;

	for (;; in++) {
		if (in == csv->text + csv->len)
			return (NULL);
		if (in[0] == '"' && in[1] != '"')
			break;
		if (in[0] == '"')
			in++;
		if (ends_line(in))
			line_begin(csv, (size_t)(in + 1 - csv->text));
		*out++ = *in;
	}
	/* At least the opening quote has made room. */
	*out = '\0';
	return (in + 1);
}

static char *
plain_read(char *p, char separator)
{
	while (*p != '\0' && *p != separator && *p != '"' && line_end(p) == 0)
		p++;
	return (p);
}

/*
 * One field from p on; returns its end, or NULL.  The separator is overwritten
 * only when the field is known to be whole, because it ends the text.
 */
static char *
field_read(
    struct csv *csv, struct csv_row *row, char *p, char *err, size_t errlen)
{
	unsigned long line = csv->line;
	size_t byte = (size_t)(p - csv->text) - csv->begin + 1;
	int quoted = *p == '"';
	char *end;

	if (row->n == CSV_FIELDS_MAX) {
		fail_at(line, byte, "too many columns", err, errlen);
		return (NULL);
	}
	row->fields[row->n++] = p;
	if (!quoted)
		end = plain_read(p, csv->separator);
	else if ((end = quoted_read(csv, p)) == NULL) {
		fail_at(line, byte, "this quote is never closed", err, errlen);
		return (NULL);
	}
	if (*end == csv->separator || *end == '\0' || line_end(end) > 0)
		return (end);
	fail_at(csv->line, (size_t)(end - csv->text) - csv->begin + 1,
	    quoted ? "text after the closing quote"
		   : "a quote in the middle of a field; such fields are "
		     "quoted, and quotes in them doubled",
	    err, errlen);
	return (NULL);
}

/* A row that a sheet writes below or between those that were filled in. */
static int
is_empty(const struct csv_row *row)
{
	for (int i = 0; i < row->n; i++)
		if (row->fields[i][strspn(row->fields[i], " \t\r\n")] != '\0')
			return (0);
	return (1);
}

static int
row_read(struct csv *csv, struct csv_row *row, char *err, size_t errlen)
{
	char *p = csv->text + csv->at, *end;
	size_t skip;
	int more = 1;

	for (; (skip = line_end(p)) > 0; p += skip)
		line_begin(csv, (size_t)(p + skip - csv->text));
	*row = (struct csv_row){
	    .line = csv->line, .byte = (size_t)(p - csv->text)};
	if (*p == '\0')
		return (0);
	for (; more; p = end + skip) {
		if ((end = field_read(csv, row, p, err, errlen)) == NULL)
			return (-1);
		more = *end == csv->separator;
		skip = more ? 1 : line_end(end);
		if (!more && skip > 0)
			line_begin(csv, (size_t)(end + skip - csv->text));
		*end = '\0';
	}
	csv->at = (size_t)(p - csv->text);
	return (1);
}

int
csv_next(struct csv *csv, struct csv_row *row, char *err, size_t errlen)
{
	int rc;

	do
		rc = row_read(csv, row, err, errlen);
	while (rc == 1 && is_empty(row));
	return (rc);
}

/* ---- writing ---- */

/*
 * Names come from any voter, and spreadsheets calculate what begins like this,
 * quoted or not; the wide forms as well, where such are written.  An apostrophe
 * in front keeps them from it; another one, where one was there before, so that
 * csv_plain takes off only ours.
 */
static int
is_formula(const char *name)
{
	static const char *const begins[] = {
	    "=", "+", "-", "@", "＝", "＋", "－", "＠"};
	size_t i;

	name += strspn(name, "'");
	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncmp(name, begins[i], strlen(begins[i])) == 0)
			return (1);
	return (0);
}

void
csv_write(char *out, size_t size, const char *text)
{
	char plain[CSV_TEXT_MAX + 1], *end = out + size - 2;

	snprintf(plain, sizeof(plain), "%s", text);
	text_harmless(plain);
	*out++ = '"';
	if (is_formula(plain))
		*out++ = '\'';
	for (const char *p = plain; *p != '\0' && out < end - 1; p++) {
		if (*p == '"')
			*out++ = '"';
		*out++ = *p;
	}
	*out++ = '"';
	*out = '\0';
}

char *
csv_plain(char *field)
{
	return (field + (field[0] == '\'' && is_formula(field)));
}
