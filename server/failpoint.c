#include "failpoint.h"

#ifdef EVOTE_FAILPOINTS
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

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
int
crash_armed(const char *name)
{
	const char *armed = getenv("EVOTE_CRASH_AT");
	size_t n = strlen(name);

	return (armed != NULL && strncmp(armed, name, n) == 0 &&
	    (armed[n] == '\0' || armed[n] == ':'));
}

void
crash_at(const char *name)
{
	static atomic_uint passed;
	const char *which;

	if (!crash_armed(name))
		return;
	which = strchr(getenv("EVOTE_CRASH_AT"), ':');
	if (++passed < (which == NULL ? 1 : strtoul(which + 1, NULL, 10)))
		return;
	log_alarm("crash point=%s", name);
	kill(getpid(), SIGKILL);
}
#else
typedef int failpoint_unused; /* a file must hold something */
#endif
