#include "client/lib/reason.h"

#include <stddef.h>

/* -Wswitch refuses a reason that the table lacks. */
static int
is_known(evote_reason reason)
{
#define REASON(reason, ...) case EVOTE_R_##reason:
	switch (reason) {
#include "client/lib/reasons.def"
		return (1);
	}
	return (0);
#undef REASON
}

const struct reason *
reason_of(evote_reason reason)
{
#define REASON(reason, name, renew, open, sentence) \
	[EVOTE_R_##reason] = {name, RENEW_##renew, open, sentence},
	static const struct reason reasons[] = {
#include "client/lib/reasons.def"
	};
	static const struct reason strange = {"strange", RENEW_NOTHING, NULL,
	    "for a reason that this program does not know"};

	return (is_known(reason) ? &reasons[reason] : &strange);
#undef REASON
}
