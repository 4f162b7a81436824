#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/text.h"

#define LINE_MAX_BYTES 2048

static const char *log_name = "evote";
static enum log_level log_least = LOG_L_INFO;

static const char *const level_names[] = {
    [LOG_L_DEBUG] = "debug",
    [LOG_L_INFO] = "info",
    [LOG_L_ALARM] = "alarm",
};

void
log_open(const char *name, enum log_level least)
{
	log_name = name;
	log_least = least;
}

static size_t
line_begin(char *line, size_t size, enum log_level level)
{
	struct timespec ts;
	struct tm tm;
	char day[32];
	int n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	n = snprintf(line, size, "%s.%06ldZ %s %s ", day, ts.tv_nsec / 1000,
	    log_name, level_names[level]);
	return ((size_t)n < size ? (size_t)n : size - 1);
}

static void
line_write(enum log_level level, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];
	int keep = errno;
	size_t len;

	if (level < log_least)
		return;
	len = line_begin(line, sizeof(line) - 1, level);
	vsnprintf(line + len, sizeof(line) - 1 - len, fmt, ap);
	/* What others sent must not begin a line or move the cursor. */
	text_harmless(line + len);
	len += strlen(line + len);
	line[len++] = '\n';
	/* One write: lines of several threads and processes stay whole. */
	if (write(STDERR_FILENO, line, len) < 0) {
		/* There is nowhere left to say so. */
	}
	errno = keep;
}

#define LINE(level, fmt)                    \
	do {                                \
		va_list ap;                 \
		va_start(ap, fmt);          \
		line_write(level, fmt, ap); \
		va_end(ap);                 \
	} while (0)

void
log_debug(const char *fmt, ...)
{
	LINE(LOG_L_DEBUG, fmt);
}

void
log_info(const char *fmt, ...)
{
	LINE(LOG_L_INFO, fmt);
}

void
log_alarm(const char *fmt, ...)
{
	LINE(LOG_L_ALARM, fmt);
}
