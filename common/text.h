#ifndef EVOTE_TEXT_H
#define EVOTE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Names and times as people write them.  Pure. */

/*
 * 1 when s is a name as evote.x defines it: 1 to max bytes of UTF-8, in
 * Unicode's normal form C, of characters that are seen, with single blanks
 * between them.
 */
int text_is_name(const char *s, size_t max);
/* What of that rule holds in any version of Unicode: UTF-8, no controls. */
int text_is_line(const char *s, size_t max);
/*
 * Makes the name that was meant: without blanks around it, with single blanks
 * of ASCII in it, in normal form C.  out has room for max + 1 bytes.  0, or -1
 * with what is wrong, which follows "the name".
 */
int text_tidy(char *out, size_t max, const char *s, char *err, size_t errlen);
/* 1 when two names differ in nothing but case and forms of the same letter. */
int text_alike(const char *a, const char *b);
/* Puts a ? for what a terminal would obey, hide or turn round; not for tabs. */
void text_harmless(char *s);
/* 1 when the len bytes at s are well-formed UTF-8; else *bad is the offset. */
int text_is_utf8(const char *s, size_t len, size_t *bad);
/* Columns s takes on a terminal (East Asian wide characters count two). */
int text_width(const char *s);

/*
 * Reads a time: RFC 3339 with zone ("2026-12-01T18:00:00+01:00", "...Z", a
 * blank for the T and missing seconds allowed) or relative to now ("+90s",
 * "+15m", "+2h", "+3d").  now and *out in microseconds since 1970 UTC.
 * Returns 0, or -1 with one sentence in err (a missing zone is named as such;
 * 30 February is no date).
 */
int text_parse_time(
    const char *s, uint64_t now, uint64_t *out, char *err, size_t errlen);
/* "2026-12-01 17:00:00 UTC"; seconds are rounded down. */
void text_utc(uint64_t us, char *out, size_t len);
/* "2026-12-01 18:00:00 CET (+01:00)" in the machine's zone. */
void text_local(uint64_t us, char *out, size_t len);
/* "2 d 3 h", "4 min 10 s", "12 s", "0 s": the two largest units. */
void text_span(uint64_t us, char *out, size_t len);

#endif
