#ifndef EVOTE_TEXT_H
#define EVOTE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Names and text as people write them.  Pure. */

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
/* The form that such names have in common, to be freed. */
char *text_fold(const char *s);
/*
 * 1 when a word has letters of Latin and of Cyrillic or Greek, or of these two:
 * many of them look the same.
 */
int text_mixes(const char *s);
/* Puts a ? for what a terminal would obey, hide or turn round; not for tabs. */
void text_harmless(char *s);
/* Puts a ? for each byte that is not of well-formed UTF-8. */
void text_mend(char *s);
/* 1 when the len bytes at s are well-formed UTF-8; else *bad is the offset. */
int text_is_utf8(const char *s, size_t len, size_t *bad);
/* The line at *at without its end, which is passed; NULL: no whole line. */
const char *text_line(const char **at, const char *end, size_t *len);
/*
 * What an editor or a mail program has done to a text of ours when it saved it
 * anew: ours have LF line ends and no byte-order mark.  A sentence that begins
 * with "it"; NULL: nothing.
 */
const char *text_resaved(const char *s, size_t len);
/* Says in err why something fails; -1. */
int text_why(char *err, size_t errlen, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds one more to a list that begins as "". */
void text_join(char *out, size_t size, const char *between, const char *more);
/* Columns s takes on a terminal (East Asian wide characters count two). */
int text_width(const char *s);

#endif
