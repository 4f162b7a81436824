#include "client/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "client/json.h"
#include "common/date.h"
#include "common/need.h"

struct when
when_of(uint64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	struct when w = {.left = ""};
	struct tm tm;

	date_utc(us, w.utc, sizeof(w.utc));
	date_local(us, w.local, sizeof(w.local));
	gmtime_r(&seconds, &tm);
	if (strftime(w.rfc3339, sizeof(w.rfc3339), "%Y-%m-%dT%H:%M:%SZ", &tm) ==
	    0)
		snprintf(w.rfc3339, sizeof(w.rfc3339), "?");
	return (w);
}

struct when
when_at(uint64_t us, uint64_t now)
{
	struct when w = when_of(us);
	char span[48];

	date_span(us > now ? us - now : now - us, span, sizeof(span));
	snprintf(w.left, sizeof(w.left), us > now ? "in %s" : "%s ago", span);
	return (w);
}

void
when_us(cJSON *object, const char *key, uint64_t us)
{
	char text[24];

	/* As a double it would be rounded, or shown with an exponent. */
	snprintf(text, sizeof(text), "%" PRIu64, us);
	if (object != NULL)
		need(cJSON_AddRawToObject(object, key, text));
}

void
when_add(cJSON *object, const char *key, uint64_t us)
{
	struct when w = when_of(us);
	char name[64];

	snprintf(name, sizeof(name), "%s_us", key);
	json_text(object, key, w.rfc3339);
	when_us(object, name, us);
}

void
when_json(cJSON *object, uint64_t end)
{
	when_add(object, "end", end);
}
