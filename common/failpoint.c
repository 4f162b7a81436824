#include "common/failpoint.h"

#ifdef EVOTE_FAILPOINTS
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/number.h"

int
failpoint(const char *name)
{
	const char *armed = getenv("EVOTE_FAILPOINT");

	if (armed == NULL || strcmp(armed, name) != 0)
		return (0);
	unsetenv("EVOTE_FAILPOINT");
	log_info("failpoint name=%s", name);
	return (1);
}

static atomic_uint passed;

/* The time at which it is to happen; 0: never. */
static uint64_t
armed_for(const char *name)
{
	const char *armed = getenv("EVOTE_CRASH_AT");
	size_t n = strlen(name);
	uint64_t when;

	if (armed == NULL || strncmp(armed, name, n) != 0)
		return (0);
	if (armed[n] == '\0')
		return (1);
	if (armed[n] != ':' ||
	    number_read(armed + n + 1, 1, UINT_MAX, &when) == -1)
		return (0);
	return (when);
}

int
crash_due(const char *name)
{
	uint64_t when = armed_for(name);

	return (when > 0 && passed + 1 >= when);
}

void
crash_at(const char *name)
{
	uint64_t when = armed_for(name);

	if (when == 0 || ++passed < when)
		return;
	log_alarm("crash point=%s", name);
	kill(getpid(), SIGKILL);
}
#else
typedef int failpoint_unused; /* a file must hold something */
#endif
