#include "client/when.h"

#include <stdio.h>
#include <time.h>

#include "common/text.h"

uint64_t
when_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ((uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

struct when
when_at(uint64_t us, uint64_t now)
{
	time_t seconds = (time_t)(us / 1000000);
	struct when w;
	struct tm tm;
	char span[48];

	text_utc(us, w.utc, sizeof(w.utc));
	text_local(us, w.local, sizeof(w.local));
	gmtime_r(&seconds, &tm);
	if (strftime(w.rfc3339, sizeof(w.rfc3339), "%Y-%m-%dT%H:%M:%SZ", &tm) ==
	    0)
		snprintf(w.rfc3339, sizeof(w.rfc3339), "?");
	text_span(us > now ? us - now : now - us, span, sizeof(span));
	snprintf(w.left, sizeof(w.left), us > now ? "in %s" : "%s ago", span);
	return (w);
}

struct when
when_of(uint64_t us)
{
	return (when_at(us, when_now_us()));
}

void
when_json(cJSON *object, uint64_t end)
{
	struct when w = when_of(end);

	if (object == NULL)
		return;
	cJSON_AddStringToObject(object, "end", w.rfc3339);
	cJSON_AddNumberToObject(object, "end_us", (double)end);
}
