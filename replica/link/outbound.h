#ifndef EVOTE_OUTBOUND_H
#define EVOTE_OUTBOUND_H

#include <stdint.h>

#include "replica/core/message.h"

/*
 * This host's links to its peers: for each one connection on which this host
 * is the caller of EVOTE_REPLICA.  Never blocks: connects, shakes hands for TLS
 * (a third of a millisecond) unless the peer declines, opens a session, sends
 * calls, several at once, and hands the replies over in whatever order they
 * come.  A link that ended is tried again at once, where it was; if what it
 * finds there breaks off, once more.  Then it is tried after 10, 20, 40 ... 500
 * ms, counted from the beginning of the attempt, and elsewhere too; one that
 * was refused for good every two seconds.  Port lookups by the portmapper are
 * asked by UDP in the same loop; the last port that worked is tried first.
 * Nobody listens there only when the port itself refuses (port_refuses): that a
 * portmapper is gone, or knows of no server, proves nothing.
 */
struct outbound;

struct outbound_peer {
	const char *name; /* in the list of hosts */
	const char *host; /* address or DNS name */
	int port;	  /* 0: ask the portmapper for EVOTE_PROG */
};

/* Called from outbound_run only; must not free the links. */
struct outbound_hooks {
	/* A session is open: the peer holds the cluster key. */
	void (*up)(void *arg, int peer);
	/*
	 * The session ended, with all calls not yet answered; or
	 * (port_refuses) its machine answered that nobody listens there, which
	 * may be told repeatedly, without an up between.
	 */
	void (*down)(void *arg, int peer, int port_refuses);
	/*
	 * The peer holds the key, and refuses this host.  One call may be sent
	 * to it from here, which tells who we are; the link ends after the
	 * reply.
	 */
	void (*unwelcome)(void *arg, int peer, evote_refusal why);
	/* A reply.  The message is the hook's to free. */
	void (*reply)(void *arg, int peer, struct message *);
	/*
	 * A peer declines TLS.  NULL: it may be called in plain, unless it has
	 * spoken TLS before; or why not, and what to do.
	 */
	const char *(*not_plain)(void *arg);
	void *arg;
};

/* For not_plain. */
#define OUTBOUND_TLS_REQUIRED                                              \
	"it does not offer TLS, and this host has tls = require: upgrade " \
	"evote there first"

/* peers[self] is skipped.  NULL: no memory or descriptors, logged. */
struct outbound *outbound_new(const unsigned char cluster_key[32],
    const struct outbound_peer *peers, int n, int self,
    const struct outbound_hooks *);
void outbound_free(struct outbound *);
/*
 * Who is in that place, of EVOTE_HOSTS_MAX, from now on: a link to somebody
 * else, or to him elsewhere, ends.  host NULL: nobody is to be called.
 */
void outbound_host(struct outbound *, int peer, const struct outbound_peer *);
/* For an outer epoll; and how long until outbound_run wants to be called, -1:
   only when the fd is readable. */
int outbound_fd(struct outbound *);
int outbound_wait_ms(struct outbound *, uint64_t now_ms);
void outbound_run(struct outbound *, uint64_t now_ms);
/*
 * Sends a call, at once as far as the socket takes it; 0, or -1 when the link
 * is down or more than 64 MB wait to be sent (the link is then ended).
 */
int outbound_call(struct outbound *, int peer, const struct message *);
/* Who is called in that place; NULL: nobody. */
const char *outbound_name(const struct outbound *, int peer);
/* Why there is no link, as it was logged; "" while there is one, or nobody. */
const char *outbound_trouble(const struct outbound *, int peer);
/* The peer lives, as it has called: a link that waits to be tried is tried. */
void outbound_hurry(struct outbound *, int peer, uint64_t now_ms);
/* Ends the link (it is opened again by itself). */
void outbound_reset(struct outbound *, int peer);

#endif
