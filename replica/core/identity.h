#ifndef EVOTE_IDENTITY_H
#define EVOTE_IDENTITY_H

#include "replica/core/core_impl.h"

/*
 * Whether a host is who it should be (PROTOCOL, "Who is who").  One that is not
 * is refused for good, and both ends say why; what runs twice halts.
 */

/*
 * Looks at a peer's hello before anybody believes it: 0, or -1 when this host
 * refuses the peer, or the peer's process is over, or the peer refuses this
 * host, unless it does so only because this host was removed.  Only a reply
 * tells of a refusal: whoever calls may mean the process that was here before.
 */
int identity_check(struct core *, int peer, const evote_hello *, int reply);
/*
 * The same of a caller that was refused when it opened its session, and has
 * proved since that it holds the cluster key.
 */
void identity_stranger(struct core *, evote_refusal why, const evote_hello *);
/* The name is that of a member of the set, which is another one and lives. */
int identity_double(const struct core *, int peer, const evote_hello *);
/* The peer refuses this host. */
void identity_refused(struct core *, int peer, evote_refusal why);
/* The configuration may know this host's directory under another name. */
void identity_own_name(struct core *);

#endif
