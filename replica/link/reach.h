#ifndef EVOTE_REACH_H
#define EVOTE_REACH_H

#include <stdint.h>

#include "common/rpc/address.h"

/*
 * The way to a host's evote server: from its name to a connected socket, in
 * steps that never block and are given up after a second each.  Until then a
 * question (inquiry.h) is sent again after 60, 120, 240 ... ms, and a
 * connection begun anew after 100, 200, 400.  The port that worked last and the
 * one its portmapper names take turns, so that neither a restarted server nor a
 * dead portmapper keeps us away; then it is the next address's turn.
 */
enum reach_step { REACH_IDLE, REACH_RESOLVING, REACH_LOOKUP, REACH_CONNECTING };

enum reach_got {
	REACH_MORE,    /* to come: when an fd is ready, or at due */
	REACH_DONE,    /* reach_take has the connection */
	REACH_FAILED,  /* this attempt; why says it */
	REACH_REFUSED, /* the same, and nobody listens where it last worked, or
			  anywhere as far as was ever seen */
};

struct reach {
	uint64_t due;	 /* when reach_due has something to do */
	const char *why; /* of the last failure */
	int hurry;	 /* after it: the next attempt has no need to wait */
	int port;	 /* being tried */

	/* Private to reach.c. */
	enum reach_step step;
	char *host;
	int epoll;
	uint64_t tag;
	struct address addrs[ADDRESS_MAX];
	int n_addrs;
	int at; /* whose turn is next */
	/* Whatever its name leads to by now: */
	struct address tried;  /* this time */
	struct address worked; /* the last that did; len 0: none ever */
	int fixed;	       /* port, 0: ask */
	int known;	       /* the last port that worked, 0: none */
	int ask;	       /* this time not the known port */
	int again;	       /* even so where it just worked, once */
	int fd;		       /* of the lookup or the connection */
	uint32_t xid;
	uint64_t step_end;
	unsigned again_ms; /* the next try of the same step */
	int resolve_fd;	   /* an answer will come here, or -1 */
	uint64_t resolve_due;
};

/*
 * Its sockets are watched in epoll, with data.u64 = tag, and tag + 1 for the
 * resolver's answer.  port 0: ask the portmapper.  0, or -1 without memory.
 */
int reach_init(
    struct reach *, int epoll, uint64_t tag, const char *host, int port);
void reach_clear(struct reach *);

enum reach_got reach_start(struct reach *, uint64_t now_ms);
/* Its socket is ready; its answer is there; it is due. */
enum reach_got reach_ready(struct reach *, uint64_t now_ms);
enum reach_got reach_answered(struct reach *, uint64_t now_ms);
enum reach_got reach_due(struct reach *, uint64_t now_ms);

/* The connection, still watched (for EPOLLOUT), now the caller's. */
int reach_take(struct reach *);
/* What it led to was the peer, or was not. */
void reach_worked(struct reach *);
void reach_failed(struct reach *);

#endif
