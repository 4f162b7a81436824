#include "common/date.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text.h"

#define SECOND 1000000ULL

uint64_t
date_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ((uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec / 1000);
}

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
	    clock_take(&p, &tm, &us) == -1)
		return (text_why(err, errlen,
		    "'%s' is not a time such as 2026-12-01T18:00:00+01:00 or "
		    "+2h",
		    s));
	zone = p;
	if (*zone == '\0')
		return (text_why(err, errlen,
		    "'%s' lacks a time zone: add Z for UTC or an offset such "
		    "as +01:00",
		    s));
	if (zone_take(&p, &east) == -1 || *p != '\0')
		return (text_why(err, errlen,
		    "'%s' does not end in a time zone such as Z or +01:00: %s",
		    s, zone));
	normal = tm;
	t = timegm(&normal);
	if (!is_real(&tm, &normal))
		return (
		    text_why(err, errlen, "there is no such time as '%s'", s));
	if (t - east < 0)
		return (text_why(err, errlen, "'%s' is before 1970", s));
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
		if (seconds > (UINT64_MAX - now) / SECOND)
			return (
			    text_why(err, errlen, "'%s' is too far ahead", s));
		*out = now + seconds * SECOND;
		return (0);
	}
	return (text_why(err, errlen,
	    "'%s' is not a span from now such as +90s, +15m, +2h or +3d", s));
}

int
date_parse(const char *s, uint64_t now, uint64_t *out, char *err, size_t errlen)
{
	if (s[0] == '+')
		return (relative_parse(s, now, out, err, errlen));
	return (absolute_parse(s, out, err, errlen));
}

void
date_utc(uint64_t us, char *out, size_t len)
{
	time_t t = (time_t)(us / SECOND);
	struct tm tm;

	gmtime_r(&t, &tm);
	if (strftime(out, len, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(out, len, "?");
}

void
date_local(uint64_t us, char *out, size_t len)
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
date_span(uint64_t us, char *out, size_t len)
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
