#ifndef EVOTE_EVENTS_H
#define EVOTE_EVENTS_H

#include "server/server.h"

/*
 * What the core is told: by the links and sessions of the peers, the arbiter
 * and the disk, at the time of the present turn.
 */
void events_step(struct server *, struct event *);
void events_decided(void *server, const evote_decided *);
void events_disk(struct server *);
/* An error before appending beats a full disk after it (rule 17). */
void events_space(struct server *);
/* Not for the core: what others may read of this host, for status and log. */
void events_secrets(struct server *);
struct inbound_hooks events_inbound(struct server *);
struct outbound_hooks events_outbound(struct server *);

#endif
