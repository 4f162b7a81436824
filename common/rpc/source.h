#ifndef EVOTE_SOURCE_H
#define EVOTE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <uthash.h>

/*
 * Where connections come from: an IPv4 address, the /64 of an IPv6 address
 * (one customer has at least that much), or this machine.  What strangers may
 * use is counted by source, and calls are served source by source in turn, so
 * that whoever has many connections has no more than whoever has one.
 */
struct conn;
TAILQ_HEAD(conns, conn);

/* What a source has much or little of: connections, and bytes. */
enum share { SHARE_PLACES, SHARE_MEMORY, SHARE_NR };

struct source_key {
	unsigned char family;
	unsigned char bytes[8];
};

struct source {
	struct source_key key;
	int conns;    /* its connections, */
	int open;     /* of which these are not of hosts or operators, */
	int counted;  /* and take a stranger's place each */
	size_t bytes; /* what they hold in memory */
	bool host;    /* one of the cluster's hosts is there */
	/* Those that may be closed, the one that was idle longest first. */
	struct conns members[2]; /* by what they have proved */
	/* Those with something to serve: new to it, and with more to come. */
	struct conns fresh, more;
	unsigned served;
	bool on_turn;
	TAILQ_ENTRY(source) turn;
	struct conns shakes; /* those whose handshake is not heard yet, */
	int shaking;	     /* and how many are under way */
	bool on_shakes;
	TAILQ_ENTRY(source) shake;
	int level[SHARE_NR]; /* the bits of open and bytes, 0: has none */
	TAILQ_ENTRY(source) equal[SHARE_NR];
	UT_hash_handle hh;
};
TAILQ_HEAD(source_queue, source);

#define SOURCE_HOSTS_MAX 64
#define SOURCE_LEVELS	 64
#define SOURCES_MOST	 16

/* All of them: those that have a connection, and where hosts are known to be.
 */
struct sources {
	struct source *table;
	struct source_key hosts[SOURCE_HOSTS_MAX]; /* a ring */
	int n_hosts;				   /* ever added */
	/* By how much they have, to a power of two. */
	struct source_queue levels[SHARE_NR][SOURCE_LEVELS];
};

void sources_init(struct sources *);
struct source_key source_key(const struct sockaddr *);
/* NULL without memory.  To be dropped when its last connection is gone. */
struct source *source_get(struct sources *, const struct source_key *);
void source_drop(struct sources *, struct source *);
/* It has more or less than before. */
void source_level(struct sources *, struct source *);
/*
 * Some that have most, or at least half as much as that, then some that have
 * less; each before those that have less than it.  Returns how many.  Without
 * hosts' addresses.
 */
int sources_most(
    const struct sources *, enum share, struct source *most[SOURCES_MOST]);
/* From now on, also after its connections are gone.  NULL: it has none now. */
struct source *source_is_host(struct sources *, const struct source_key *);

#endif
