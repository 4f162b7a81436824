#include "failpoint.h"

#ifdef EVOTE_FAILPOINTS
#include <stdlib.h>
#include <string.h>

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
#else
typedef int failpoint_unused; /* a file must hold something */
#endif
