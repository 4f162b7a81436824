#ifndef EVOTE_WITNESS_H
#define EVOTE_WITNESS_H

#include "evote.h"

/*
 * An arbiter: keeps the configuration and lets it be changed by whoever knows
 * the present one. Pure: whoever runs it stores the configuration before a
 * verdict goes out.
 */
struct witness {
	evote_config k;
	uint64_t heard_ms; /* from the primary of the configuration */
	uint64_t deny_ms;  /* for so long after that nobody takes over */
};

/*
 * Decides a call that came from the host of that name.  1 when the
 * configuration has changed and is to be stored first.  *out is for xdr_free.
 */
int witness_decide(struct witness *, const char *from, uint64_t now_ms,
    const evote_decide *, evote_decided *out);
/* What is asked is of another cluster than what it holds. */
int witness_serves_another(const struct witness *, const evote_decide *);

#endif
