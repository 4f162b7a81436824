#ifndef EVOTE_SERVER_H
#define EVOTE_SERVER_H

#include "common/rpc/portmap.h"
#include "common/rpc/transport.h"
#include "common/workers.h"
#include "replica/arbiter/arbiter.h"
#include "replica/core/core.h"
#include "replica/link/inbound.h"
#include "replica/link/outbound.h"
#include "server/auth.h"
#include "server/conf.h"
#include "server/election/election.h"
#include "server/neighbours.h"
#include "server/store/datadir.h"
#include "server/store/disk.h"
#include "server/store/secrets.h"
#include "server/supervisor.h"
#include "server/turns.h"

/*
 * One host of the cluster: every part of the server by its handle.  start.c
 * makes it and takes it down, loop.c runs it.
 */
struct server {
	const struct conf *conf;
	struct supervisor supervisor;
	struct datadir dir;
	struct election_state *election;
	struct auth *auth;
	struct core *core;
	struct disk *disk;
	struct workers *workers;
	struct turns *turns; /* of those who wait for the workers */
	struct outbound *outbound;
	struct arbiter *arbiter;
	struct tls_server *tls;
	struct transport *transport;
	struct neighbours *neighbours;
	struct inbound *inbound;
	struct portmap *portmap;
	struct signing *signing;
	struct checkpoints *checkpoints;
	struct proofs *proofs; /* calls that wait for a checkpoint */
	size_t under_way;      /* bytes of requests that are, see service.h */
	int files;	       /* how many may be open */
	uint64_t now_ms;       /* monotonic, of the present turn */
	uint64_t wall_us;      /* wall clock, likewise */
	int no_space;	       /* the disk is nearly full: see rule 17 */
	uint64_t space_ms;
	/* Files that others may read, and when that was looked at. */
	char exposed[SECRETS_TOLD];
	uint64_t secrets_ms;
	uint64_t disk_job;	   /* the oldest that is not done, */
	uint64_t disk_ms;	   /* since when */
	uint64_t persisted_commit; /* what the ledger says is accepted */
};

void server_clocks(struct server *); /* what time it is, for this turn */
/* 0, or the exit status, after the reason was logged. */
int server_open(struct server *, const struct conf *);
/* Until a signal asks to end; the exit status. */
int server_run(struct server *);
void server_close(struct server *);

#endif
