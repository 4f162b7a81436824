#ifndef EVOTE_CSV_H
#define EVOTE_CSV_H

#include <stddef.h>

/*
 * Comma-separated values as RFC 4180 has them: quoted fields with "" for a
 * quote, line breaks inside quotes.  Lines end with CRLF, LF, or CR alone, as
 * Excel writes for old Macintoshes.  The separator may be a semicolon or a tab
 * as well, as spreadsheets write where a comma is the decimal point: the first
 * line tells, by "sep=;" or by what it has most of.  Pure; the text is changed
 * in place, and fields point into it.
 */
struct csv {
	char *text;
	size_t len;
	size_t at;	    /* of the next row */
	unsigned long line; /* of the next row, from 1 */
	size_t begin;	    /* of that line */
	char separator;
};

#define CSV_FIELDS_MAX 64

struct csv_row {
	unsigned long line; /* where it begins */
	size_t byte;	    /* its offset, from 0 */
	int n;
	char *fields[CSV_FIELDS_MAX]; /* NUL-terminated */
};

/*
 * The text needs one spare byte at text[len].  -1 with one sentence when it is
 * not UTF-8 (the encoding is named if it can be told); a byte-order mark is
 * passed over.
 */
int csv_open(struct csv *, char *text, size_t len, char *err, size_t errlen);
/*
 * 1 a row, 0 no more, -1 with one sentence.  Empty lines, and those with
 * nothing but separators and blanks, are passed over.
 */
int csv_next(struct csv *, struct csv_row *, char *err, size_t errlen);

#define CSV_TEXT_MAX 255 /* bytes of what is written */
#define CSV_FIELD    (2 * CSV_TEXT_MAX + 4)
/* Quotes a field, such that no spreadsheet takes it for a formula. */
void csv_write(char *out, size_t size, const char *text);
/* What was written so, as it was before: begins in the field. */
char *csv_plain(char *field);

#endif
