#include "common/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwidth.h>

#define SECOND	 1000000ULL
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

	snprintf(err, errlen, "has %s in it (U+%04X)", what, (unsigned)c);
	return (-1);
}

/* Copies with single blanks of ASCII; out has room for len bytes and a NUL. */
static int
blanks_merge(char *out, const char *s, size_t len, char *err, size_t errlen)
{
	ucs4_t c, before = 0;
	size_t n;

	for (; len > 0; s += n, len -= n, before = c) {
		if ((n = char_decode(s, len, &c)) == 0) {
			snprintf(err, errlen, "is not UTF-8");
			return (-1);
		}
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
	    u8_normalize(UNINORM_NFC, bytes_of(s), strlen(s), NULL, &n);

	if (nfc == NULL || n == 0 || n > max) {
		snprintf(err, errlen, "%s",
		    nfc == NULL	  ? "finds no memory"
			: n > max ? "is too long"
				  : "is empty");
		free(nfc);
		return (-1);
	}
	memcpy(out, nfc, n);
	out[n] = '\0';
	free(nfc);
	if (text_is_name(out, max))
		return (0);
	snprintf(err, errlen, "has an accent with no letter before it");
	return (-1);
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
	if ((merged = malloc(len + 1)) == NULL) {
		snprintf(err, errlen, "finds no memory");
		return (-1);
	}
	rc = blanks_merge(merged, s, len, err, errlen);
	if (rc == 0)
		rc = compose(out, max, merged, err, errlen);
	free(merged);
	return (rc);
}

int
text_alike(const char *a, const char *b)
{
	int sign;

	/* It fails for want of memory only. */
	if (u8_casecmp(bytes_of(a), strlen(a), bytes_of(b), strlen(b), NULL,
		UNINORM_NFKC, &sign) != 0)
		return (strcmp(a, b) == 0);
	return (sign == 0);
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

/* ---- times ---- */

/* Exactly n digits at *s, which is moved behind them; -1 otherwise. */
static int
digits_take(const char **s, int n)
{
	int value = 0;

	for (; n > 0; n--, (*s)++) {
		if (!isdigit((unsigned char)**s))
			return (-1);
		value = value * 10 + (**s - '0');
	}
	return (value);
}

static int
char_take(const char **s, const char *any_of)
{
	if (**s == '\0' || strchr(any_of, **s) == NULL)
		return (-1);
	(*s)++;
	return (0);
}

static int
date_take(const char **s, struct tm *tm)
{
	tm->tm_year = digits_take(s, 4);
	if (tm->tm_year == -1 || char_take(s, "-") == -1)
		return (-1);
	tm->tm_mon = digits_take(s, 2);
	if (tm->tm_mon == -1 || char_take(s, "-") == -1)
		return (-1);
	tm->tm_mday = digits_take(s, 2);
	if (tm->tm_mday == -1)
		return (-1);
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return (0);
}

/* HH:MM, and :SS and a fraction if they are there. */
static int
clock_take(const char **s, struct tm *tm, uint64_t *us)
{
	tm->tm_hour = digits_take(s, 2);
	if (tm->tm_hour == -1 || char_take(s, ":") == -1)
		return (-1);
	tm->tm_min = digits_take(s, 2);
	if (tm->tm_min == -1)
		return (-1);
	if (char_take(s, ":") == -1)
		return (0);
	tm->tm_sec = digits_take(s, 2);
	if (tm->tm_sec == -1)
		return (-1);
	if (char_take(s, ".") == -1)
		return (0);
	if (!isdigit((unsigned char)**s))
		return (-1);
	for (uint64_t unit = SECOND / 10; isdigit((unsigned char)**s);
	     unit /= 10, (*s)++)
		*us += unit * (uint64_t)(**s - '0');
	return (0);
}

/* Z or +01:00, as seconds east of Greenwich. */
static int
zone_take(const char **s, long *east)
{
	int sign, hours, minutes;

	*east = 0;
	if (char_take(s, "Zz") == 0)
		return (0);
	sign = **s == '-' ? -1 : 1;
	if (char_take(s, "+-") == -1)
		return (-1);
	hours = digits_take(s, 2);
	if (hours == -1 || char_take(s, ":") == -1)
		return (-1);
	minutes = digits_take(s, 2);
	if (minutes == -1 || hours > 23 || minutes > 59)
		return (-1);
	*east = sign * (hours * 3600L + minutes * 60L);
	return (0);
}

/* timegm makes 2 March of 30 February: then there is no such time. */
static int
is_real(const struct tm *given, const struct tm *normal)
{
	return (given->tm_mon == normal->tm_mon &&
	    given->tm_mday == normal->tm_mday &&
	    given->tm_hour == normal->tm_hour &&
	    given->tm_min == normal->tm_min && given->tm_sec == normal->tm_sec);
}

static int
absolute_parse(const char *s, uint64_t *out, char *err, size_t errlen)
{
	const char *p = s, *zone;
	struct tm tm = {0}, normal;
	uint64_t us = 0;
	long east;
	time_t t;

	if (date_take(&p, &tm) == -1 || char_take(&p, "Tt ") == -1 ||
	    clock_take(&p, &tm, &us) == -1) {
		snprintf(err, errlen,
		    "'%s' is not a time such as 2026-12-01T18:00:00+01:00 or "
		    "+2h",
		    s);
		return (-1);
	}
	zone = p;
	if (*zone == '\0') {
		snprintf(err, errlen,
		    "'%s' lacks a time zone: add Z for UTC or an offset such "
		    "as +01:00",
		    s);
		return (-1);
	}
	if (zone_take(&p, &east) == -1 || *p != '\0') {
		snprintf(err, errlen,
		    "'%s' does not end in a time zone such as Z or +01:00: %s",
		    s, zone);
		return (-1);
	}
	normal = tm;
	t = timegm(&normal);
	if (!is_real(&tm, &normal)) {
		snprintf(err, errlen, "there is no such time as '%s'", s);
		return (-1);
	}
	if (t - east < 0) {
		snprintf(err, errlen, "'%s' is before 1970", s);
		return (-1);
	}
	*out = (uint64_t)(t - east) * SECOND + us;
	return (0);
}

static int
relative_parse(
    const char *s, uint64_t now, uint64_t *out, char *err, size_t errlen)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	size_t n = strspn(s + 1, "0123456789");
	uint64_t seconds;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (n == 0 || n > 9 || s[n + 1] != units[i].letter ||
		    s[n + 2] != '\0')
			continue;
		/* Nine digits of days overflow as microseconds. */
		seconds = strtoull(s + 1, NULL, 10) * units[i].seconds;
		if (seconds > (UINT64_MAX - now) / SECOND) {
			snprintf(err, errlen, "'%s' is too far ahead", s);
			return (-1);
		}
		*out = now + seconds * SECOND;
		return (0);
	}
	snprintf(err, errlen,
	    "'%s' is not a span from now such as +90s, +15m, +2h or +3d", s);
	return (-1);
}

int
text_parse_time(
    const char *s, uint64_t now, uint64_t *out, char *err, size_t errlen)
{
	if (s[0] == '+')
		return (relative_parse(s, now, out, err, errlen));
	return (absolute_parse(s, out, err, errlen));
}

void
text_utc(uint64_t us, char *out, size_t len)
{
	time_t t = (time_t)(us / SECOND);
	struct tm tm;

	gmtime_r(&t, &tm);
	if (strftime(out, len, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(out, len, "?");
}

void
text_local(uint64_t us, char *out, size_t len)
{
	time_t t = (time_t)(us / SECOND);
	char name[64], zone[16];
	struct tm tm;

	tzset();
	localtime_r(&t, &tm);
	strftime(name, sizeof(name), "%Y-%m-%d %H:%M:%S %Z", &tm);
	strftime(zone, sizeof(zone), "%z", &tm); /* +0100 */
	snprintf(out, len, "%s (%.3s:%s)", name, zone, zone + 3);
}

void
text_span(uint64_t us, char *out, size_t len)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	uint64_t s = us / SECOND, first, second;
	size_t i = 0;

	while (i < 3 && s < units[i].seconds)
		i++;
	first = s / units[i].seconds;
	second = i < 3 ? s % units[i].seconds / units[i + 1].seconds : 0;
	if (second > 0)
		snprintf(out, len, "%llu %s %llu %s", (unsigned long long)first,
		    units[i].name, (unsigned long long)second,
		    units[i + 1].name);
	else
		snprintf(out, len, "%llu %s", (unsigned long long)first,
		    units[i].name);
}
