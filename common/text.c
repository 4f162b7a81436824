#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwidth.h>

#include "common/need.h"

#define ENCODING "UTF-8"

#define BRAILLE_BLANK  0x2800 /* a blank that Unicode calls a symbol */
#define OBJECT	       0xfffc
#define REPLACEMENT    0xfffd /* what a converter leaves of a lost letter */
#define LEFT_OVERRIDE  0x202d /* these turn what follows round */
#define RIGHT_OVERRIDE 0x202e
#define LINE_SEPARATOR 0x2028
#define PARA_SEPARATOR 0x2029

static const uint8_t *
bytes_of(const char *s)
{
	return ((const uint8_t *)s);
}

/* ---- characters ---- */

/* Nobody sees it, or it changes how its neighbours are seen. */
static int
is_invisible(ucs4_t c)
{
	return (c == BRAILLE_BLANK ||
	    uc_is_property_default_ignorable_code_point(c) ||
	    uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cf));
}

/* Invisible, and nothing looks otherwise without it: soft hyphen and such. */
static int
is_idle(ucs4_t c)
{
	return (c == 0xad || c == 0x200b || c == 0xfeff ||
	    (c >= 0xfe00 && c <= 0xfe0f));
}

/* Of no use to people: controls, unassigned and private ones, line ends. */
static int
is_foreign(ucs4_t c)
{
	return (c == OBJECT || c == REPLACEMENT ||
	    uc_is_general_category_withtable(c,
		UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cs |
		    UC_CATEGORY_MASK_Co | UC_CATEGORY_MASK_Cn |
		    UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp));
}

static int
is_blank(ucs4_t c)
{
	return (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Zs));
}

static int
is_mark(ucs4_t c)
{
	return (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M));
}

/*
 * One character of at most len bytes.  Returns its length, or 0 when the
 * bytes do not begin with a well-formed one.
 */
static size_t
char_decode(const char *s, size_t len, ucs4_t *c)
{
	int n = len > 0 ? u8_mbtoucr(c, bytes_of(s), len) : 0;

	return (n > 0 ? (size_t)n : 0);
}

/* ---- names ---- */

int
text_is_line(const char *s, size_t max)
{
	size_t len = strnlen(s, max + 1), n;
	ucs4_t c;

	if (len == 0 || len > max)
		return (0);
	for (; len > 0; s += n, len -= n) {
		n = char_decode(s, len, &c);
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
			return (0);
	}
	return (1);
}

/* The whole rule for names of ASCII; -1: there is more than ASCII in it. */
static int
ascii_is_name(const char *s, size_t len)
{
	if (s[0] == ' ' || s[len - 1] == ' ')
		return (0);
	for (size_t i = 0; i < len; i++) {
		if (s[i] & 0x80)
			return (-1);
		if (s[i] < 0x20 || s[i] == 0x7f ||
		    (s[i] == ' ' && s[i + 1] == ' '))
			return (0);
	}
	return (1);
}

static int
is_composed(const char *s, size_t len)
{
	uint8_t small[512], *nfc;
	size_t n = sizeof(small);
	int same;

	nfc = u8_normalize(UNINORM_NFC, bytes_of(s), len, small, &n);
	same = nfc != NULL && n == len && memcmp(nfc, s, len) == 0;
	if (nfc != small)
		free(nfc);
	return (same);
}

/* Single blanks of ASCII between characters that people see. */
static int
letters_fit(const char *s, size_t len)
{
	ucs4_t c, before = ' ';
	size_t n;

	for (; len > 0; s += n, len -= n, before = c) {
		n = char_decode(s, len, &c);
		if (n == 0 || is_foreign(c) || is_invisible(c))
			return (0);
		if (is_blank(c) && (c != ' ' || before == ' '))
			return (0);
		if (is_mark(c) && before == ' ')
			return (0);
	}
	return (before != ' ');
}

int
text_is_name(const char *s, size_t max)
{
	size_t len = strnlen(s, max + 1);
	int ascii;

	if (len == 0 || len > max)
		return (0);
	if ((ascii = ascii_is_name(s, len)) >= 0)
		return (ascii);
	return (letters_fit(s, len) && is_composed(s, len));
}

/* What may stand around a name without being meant, or seen. */
static int
is_margin(ucs4_t c)
{
	if (c == LEFT_OVERRIDE || c == RIGHT_OVERRIDE)
		return (0);
	return (is_blank(c) || is_invisible(c) || (c >= '\t' && c <= '\r'));
}

/* Cuts off the margins. */
static void
margins_skip(const char **s, size_t *len)
{
	const uint8_t *end;
	ucs4_t c;
	size_t n;

	while ((n = char_decode(*s, *len, &c)) > 0 && is_margin(c)) {
		*s += n;
		*len -= n;
	}
	while (*len > 0 &&
	    (end = u8_prev(&c, bytes_of(*s) + *len, bytes_of(*s))) != NULL &&
	    is_margin(c))
		*len = (size_t)(end - bytes_of(*s));
}

static int
fail_char(ucs4_t c, char *err, size_t errlen)
{
	const char *what = is_invisible(c) ? "an invisible character"
	    : c == REPLACEMENT		   ? "a sign for a letter that was lost"
	    : c == '\n' || c == '\r' || c == LINE_SEPARATOR ||
		c == PARA_SEPARATOR
	    ? "a line break"
	    : c < 0xa0 ? "a control character"
		       : "a character that Unicode does not know";

	return (
	    text_why(err, errlen, "has %s in it (U+%04X)", what, (unsigned)c));
}

/* Copies with single blanks of ASCII; out has room for len bytes and a NUL. */
static int
blanks_merge(char *out, const char *s, size_t len, char *err, size_t errlen)
{
	ucs4_t c, before = 0;
	size_t n;

	for (; len > 0; s += n, len -= n, before = c) {
		if ((n = char_decode(s, len, &c)) == 0)
			return (text_why(err, errlen, "is not UTF-8"));
		if (is_idle(c)) {
			c = before;
		} else if (is_foreign(c) || is_invisible(c)) {
			return (fail_char(c, err, errlen));
		} else if (!is_blank(c)) {
			memcpy(out, s, n);
			out += n;
		} else if (before != (c = ' ')) {
			*out++ = ' ';
		}
	}
	*out = '\0';
	return (0);
}

static int
compose(char *out, size_t max, const char *s, char *err, size_t errlen)
{
	size_t n = 0;
	uint8_t *nfc =
	    need(u8_normalize(UNINORM_NFC, bytes_of(s), strlen(s), NULL, &n));

	if (n == 0 || n > max) {
		free(nfc);
		return (text_why(
		    err, errlen, n > max ? "is too long" : "is empty"));
	}
	memcpy(out, nfc, n);
	out[n] = '\0';
	free(nfc);
	if (text_is_name(out, max))
		return (0);
	return (
	    text_why(err, errlen, "has an accent with no letter before it"));
}

int
text_tidy(char *out, size_t max, const char *s, char *err, size_t errlen)
{
	size_t len = strlen(s);
	char *merged;
	int rc;

	if (text_is_name(s, max)) {
		memcpy(out, s, len + 1);
		return (0);
	}
	margins_skip(&s, &len);
	merged = need(malloc(len + 1));
	rc = blanks_merge(merged, s, len, err, errlen);
	if (rc == 0)
		rc = compose(out, max, merged, err, errlen);
	free(merged);
	return (rc);
}

/* NULL: there is more than ASCII in it. */
static char *
ascii_fold(const char *s)
{
	char *form = need_copy(s);

	for (char *c = form; *c != '\0'; c++) {
		if (*c & 0x80) {
			free(form);
			return (NULL);
		}
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
	}
	return (form);
}

char *
text_fold(const char *s)
{
	char *form = ascii_fold(s);
	size_t n = 0;

	if (form != NULL)
		return (form);
	/* With its NUL, which is a character like others. */
	return (need(u8_casefold(
	    bytes_of(s), strlen(s) + 1, NULL, UNINORM_NFKC, NULL, &n)));
}

int
text_alike(const char *a, const char *b)
{
	char *one = text_fold(a), *other = text_fold(b);
	int same = strcmp(one, other) == 0;

	free(one);
	free(other);
	return (same);
}

/* A bit for each script with letters like another one's; 0: none of them. */
static int
script_bit(ucs4_t c)
{
	static const char *const names[] = {"Latin", "Cyrillic", "Greek"};
	const uc_script_t *script = uc_script(c);
	size_t i;

	for (i = 0; script != NULL && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(script->name, names[i]) == 0)
			return (1 << i);
	return (0);
}

int
text_mixes(const char *s)
{
	size_t len = strlen(s), n;
	int seen = 0;
	ucs4_t c;

	for (; len > 0; s += n, len -= n) {
		if ((n = char_decode(s, len, &c)) == 0)
			return (0);
		if (!uc_is_general_category_withtable(
			c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M))
			seen = 0;
		seen |= script_bit(c);
		if ((seen & (seen - 1)) != 0)
			return (1);
	}
	return (0);
}

/* ---- text ---- */

int
text_is_utf8(const char *s, size_t len, size_t *bad)
{
	const uint8_t *at = u8_check(bytes_of(s), len);

	if (at != NULL)
		*bad = (size_t)(at - bytes_of(s));
	return (at == NULL);
}

void
text_mend(char *s)
{
	size_t bad;

	while (!text_is_utf8(s, strlen(s), &bad)) {
		s += bad;
		*s++ = '?';
	}
}

const char *
text_line(const char **at, const char *end, size_t *len)
{
	const char *line = *at, *lf = memchr(line, '\n', (size_t)(end - line));

	if (lf == NULL)
		return (NULL);
	*len = (size_t)(lf - line);
	*at = lf + 1;
	return (line);
}

const char *
text_resaved(const char *s, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (len >= 3 && memcmp(s, bom, 3) == 0)
		return ("it was saved with a byte-order mark, as editors do; "
			"get the file again, or save it as UTF-8 without that "
			"mark");
	if (len > 0 && memchr(s, '\r', len) != NULL)
		return ("it was saved with other line ends (CR), as mail "
			"programs do; get the file again, or save it with LF "
			"line ends");
	return (NULL);
}

int
text_width(const char *s)
{
	size_t len = strlen(s), n;
	int width = 0, w;
	ucs4_t c;

	for (; len > 0; s += n, len -= n) {
		n = char_decode(s, len, &c);
		w = n > 0 ? uc_width(c, ENCODING) : 1;
		if (n == 0)
			n = 1;
		width += w >= 0 ? w : 1;
	}
	return (width);
}

void
text_harmless(char *s)
{
	size_t len = strlen(s), n;
	char *out = s;
	ucs4_t c;

	for (; len > 0; s += n, len -= n) {
		n = char_decode(s, len, &c);
		if (n > 0 &&
		    (c == '\t' || !(is_foreign(c) || is_invisible(c)))) {
			memmove(out, s, n);
			out += n;
			continue;
		}
		*out++ = '?';
		if (n == 0)
			n = 1;
	}
	*out = '\0';
}

int
text_why(char *err, size_t errlen, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	return (-1);
}

void
text_join(char *out, size_t size, const char *between, const char *more)
{
	size_t len = strlen(out);

	snprintf(out + len, size - len, "%s%s", len > 0 ? between : "", more);
}
