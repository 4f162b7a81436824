#ifndef EVOTE_INBOUND_H
#define EVOTE_INBOUND_H

#include <rpc/rpc.h>
#include <stdint.h>

#include "common/rpc/transport.h"
#include "replica/core/message.h"

/*
 * EVOTE_REPLICA's callee: the sessions that peers open with this host, one a
 * connection, and the calls they make in them.  A connection that says
 * anything but its session's next call is closed, and an alarm raised, at most
 * one a minute for each peer and reason.  All who have not proved the key, and
 * do not call from where a host is expected, have one of these in common.
 */
struct inbound;

struct inbound_hooks {
	/*
	 * An authentic call; the message is the hook's to free, the handle is
	 * to be answered by inbound_reply, now or later.
	 */
	void (*call)(void *arg, int peer, uint64_t conn, uint64_t handle,
	    struct message *);
	/*
	 * The same of a host that was refused when it opened its session, and
	 * which is no peer: its HELLO.  NULL: nobody wants to know.
	 */
	void (*stranger)(void *arg, evote_refusal, uint64_t conn,
	    uint64_t handle, struct message *);
	/*
	 * The place of a caller that holds the key and is not among the names,
	 * or -1: there is none.  NULL: none of those is heard.
	 */
	int (*visitor)(void *arg, const char *name);
	/* A connection ended on which there had been such a call. */
	void (*closed)(void *arg, int peer, uint64_t conn);
	void *arg;
};

/*
 * Peers are numbered as in names, which holds self too; at most
 * EVOTE_HOSTS_MAX.  NULL without memory.
 */
struct inbound *inbound_new(const unsigned char cluster_key[32],
    const char *self, const char *const *names, int n, struct transport *,
    const struct inbound_hooks *);
/* Who is in that place from now on. */
void inbound_host(struct inbound *, int peer, const char *name);
void inbound_free(struct inbound *); /* NULL is fine; tells no hook */

/* The transport's connection ended: what transport_config.closed passes on. */
void inbound_closed(struct inbound *, uint64_t conn);

/*
 * Answers a call, once.  The caller keeps the message.  -1 when the caller of
 * that call is gone, or the message is over a limit (logged).
 */
int inbound_reply(struct inbound *, uint64_t handle, const struct message *);

#endif
