#ifndef EVOTE_TRANSPORT_IMPL_H
#define EVOTE_TRANSPORT_IMPL_H

#include <sys/epoll.h>

#include "common/rpc/source.h"
#include "common/rpc/stream.h"
#include "common/rpc/tls.h"
#include "common/rpc/transport.h"
#include "common/workers.h"

/*
 * Shared by the files of the server's end; README.md says what each is for.
 * From the socket to a procedure and back:
 *
 *	conn_serve -> channel_receive -> inbox_next -> conn_dispatch ->
 *	    procedure
 *	    conn_reply (at once or by transport_complete) -> channel_put ->
 *	    conn_send
 *
 * After a probe for TLS it is conn_serve -> shake_hear -> workers ->
 * shakes_end, until the handshake is done.
 *
 * Nothing is freed on the way.  A connection that must go is doomed: it takes
 * no more calls and its handles no longer fit, but it stays in memory until
 * conns_reap, which runs when no procedure does.
 *
 * epoll tells once of what has come (EPOLLET); conn.unread remembers it until
 * the socket has been read to its end.
 */
#define CONN_EVENTS   (EPOLLIN | EPOLLRDHUP | EPOLLOUT | EPOLLET)
#define LISTENERS_MAX 8
#define OFFERS_MAX    16

/* What epoll gives back; connections have greater ones (conn_id). */
enum { ID_WAKE, ID_TRUSTED, ID_SHAKEN, ID_LISTENER };

enum conn_state { CONN_FREE, CONN_OPEN, CONN_DOOMED };

/* Unproven: has never completed a call.  Trusted: a host or an operator. */
enum rank { RANK_UNPROVEN, RANK_PROVEN, RANK_TRUSTED };

/* What the bytes on its socket are. */
enum channel {
	CHANNEL_PLAIN,
	CHANNEL_HELLO,	 /* of a handshake, since its probe was accepted */
	CHANNEL_SHAKING, /* the same, and a worker has its TLS */
	CHANNEL_TLS
};

struct conn {
	SVCXPRT xprt; /* its xp_p1 points back here */
	struct transport *transport;
	struct source *source;
	enum conn_state state;
	enum door door;
	enum rank rank;
	uint32_t slot;
	uint32_t generation;
	bool counted;	/* takes one of the strangers' places */
	int in_flight;	/* calls held */
	size_t held;	/* bytes charged for them */
	size_t charged; /* bytes charged in all */
	bool paused;	/* takes no calls now, see conn_may_call */
	bool blocked;	/* its socket took no more */
	bool unread;	/* its socket may have something, */
	bool sealed;	/* or its TLS may */
	bool ending;	/* it has an end, */
	bool ended;	/* which was read: the client will send no more */
	uint64_t opened_ms;
	uint64_t active_ms;
	uint64_t partial_ms; /* since when a record lacks its end, or 0 */
	uint64_t blocked_ms; /* since when the client has taken nothing */
	struct inbox in;
	struct outbox out; /* in plain */
	enum channel channel;
	struct tls *tls; /* NULL: none, or not now */
	bool shaking;	 /* its handshake is under way, */
	int heard;	 /* and so often some of it was heard */
	/* The call that is being dispatched. */
	XDR args;
	uint32_t len;
	uint32_t xid;
	bool answered;
	bool held_now;

	struct conns *ready_on; /* the list it waits on to be served, or NULL */
	TAILQ_ENTRY(conn) ready; /* may have a whole record, or a handshake */
	bool on_dirty;
	TAILQ_ENTRY(conn) dirty;  /* has something to send */
	TAILQ_ENTRY(conn) member; /* of its source, by its rank */
	TAILQ_ENTRY(conn) gone;	  /* doomed, or free */
};

struct listener {
	int fd;
	enum door door;
	bool paused;
	char *path; /* of a local one */
};

struct offer {
	enum door door;
	uint32_t prog;
	uint32_t vers;
	dispatcher dispatch;
	void *arg;
	uint32_t plain; /* bit N: procedure N may be called outside TLS */
};

struct transport {
	struct transport_config config;
	int epoll_fd;	/* everything */
	int trusted_fd; /* in it, another epoll: hosts and operators */
	int wake_fd;	/* readable while work waits that no socket tells of */
	bool awake;
	bool dispatching;
	void *arg; /* of the program that is dispatched */
	uint64_t now_ms;
	uint64_t swept_ms;
	uint64_t alarm_ms;
	struct listener listeners[LISTENERS_MAX];
	int n_listeners;
	struct offer offers[OFFERS_MAX];
	int n_offers;
	struct conn **slots;
	uint32_t n_slots;
	struct sources sources;
	int strangers; /* places taken, of config.max_conns */
	int locals;    /* connections of DOOR_LOCAL */
	size_t bytes;  /* what all but the trusted hold, of config.max_memory */
	/* Of those that are doomed: places, bytes and handshakes. */
	int leaving;
	size_t freed;
	int giving_up;
	struct source_queue turns;  /* sources with something to serve */
	struct conns trusted;	    /* the same, hosts and operators */
	struct workers *workers;    /* of handshakes */
	struct conns hellos;	    /* these have something for a worker */
	int shaking;		    /* handshakes under way */
	struct source_queue shakes; /* with others that wait: hosts first */
	bool gave_back;		    /* something that those may wait for */
	struct conns dirty, doomed, free;
	unsigned char *scratch; /* one reply of the largest size, with mark */
	struct transport_stats stats;
};

static inline int
epoll_add(int epoll, int fd, uint32_t events, uint64_t id)
{
	struct epoll_event ev = {.events = events, .data.u64 = id};

	return (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev));
}

/* ---- listener.c ---- */

void listener_accept(struct transport *, struct listener *);
/* Those that were paused for want of descriptors try again. */
void listeners_resume(struct transport *);

/* ---- pool.c ---- */

/* Makes the books agree with what it holds in memory. */
void conn_charge(struct conn *);
/* Its handshake, if any, is done or will not be. */
void conn_shaken(struct conn *);
void conn_unready(struct conn *);
uint64_t conn_id(const struct conn *);
/* NULL: that one is gone, or doomed. */
struct conn *conn_find(
    const struct transport *, uint32_t slot, uint32_t generation);
/*
 * Takes fd over; the source is one that may be without connections.  NULL:
 * fd is closed.
 */
struct conn *conn_open(struct transport *, struct source *, int fd, enum door,
    const struct sockaddr_in6 *, socklen_t);
/* It is not among its source's strangers any more. */
void conn_uncount(struct conn *);
void conn_doom(struct conn *);
/* Closes so many of the doomed at most. */
void conns_reap(struct transport *, int most);
/* How many bytes that source may hold. */
size_t source_room(const struct transport *, const struct source *);
/*
 * One of its connections gives way, if possible none that waits for an answer,
 * and an unproven one first, but not the one to keep; or one of those that hold
 * memory.
 */
bool source_yield(
    struct transport *, struct source *, bool holds, const struct conn *keep);
/*
 * So does one of the source that has most, or if none of it can, of the next,
 * in favour of one that has less: so the first to come do not keep the others
 * away.
 */
bool source_take_place(struct transport *, const struct source *);
/*
 * As many as it needs so that so many bytes are left; none if all that it may
 * take would not do.
 */
bool source_take_memory(
    struct transport *, const struct source *, size_t wanted);
/* Forgets the source when it has no connection. */
void source_leave(struct transport *, struct source *);

/* ---- channel.c ---- */

/* What waits to be sent. */
static inline struct outbox *
channel_outbox(struct conn *c)
{
	return (c->tls == NULL ? &c->out : tls_outbox(c->tls));
}

/* Its socket, or what was read from it, may have something. */
static inline bool
channel_has_more(const struct conn *c)
{
	return (c->unread || c->sealed);
}

/*
 * Up to room bytes of what its client says, or (channel_recv) of what lies on
 * the socket.  0: nothing for now, or no more (it has ended, or is doomed).
 */
size_t channel_receive(struct conn *, void *to, size_t room);
size_t channel_recv(struct conn *, void *to, size_t room);
/* 0, or -1 without memory. */
int channel_put(struct conn *, const void *bytes, size_t len);
/* Its TLS is broken. */
void channel_break(struct conn *);

/* ---- conn.c ---- */

/* Dooms it, for what its client sent, or for want of memory. */
void conn_reject(struct conn *, const char *why);
void conn_starved(struct conn *);
/* Something has happened on it. */
void conn_touch(struct conn *);
/* A call of it was answered as a call should be. */
void conn_prove(struct conn *);
bool conn_has_room(const struct conn *);
/* The same, after others that hold more have made some.  In no procedure. */
bool conn_gets_room(struct conn *);
/* To be served: fresh, or (more) because its turn was too short. */
void conn_ready(struct conn *, bool more);
/* It has something to send. */
void conn_dirty(struct conn *);
void conn_send(struct conn *);
/* Whether it may have one more call under way, if there is room. */
bool conn_may_call(struct conn *);
void conn_settle(struct conn *);
/* It may have been paused, and need it no longer. */
void conn_resume(struct conn *);

/* ---- shake.c ---- */

/* 0, or -1, logged. */
int shakes_start(struct transport *);
void shakes_stop(struct transport *);
/* Its turn: something of its handshake has come. */
void shake_hear(struct conn *);
/* It was not heard yet, for want of room: it has no clock. */
bool shake_waits(const struct conn *);
/* A host has been found to be there: it waits before all others. */
void shakes_prefer(struct transport *, struct source *);
/* Gives the workers some of what waits; takes back what is done. */
void shakes_begin(struct transport *);
void shakes_end(struct transport *);

/* ---- call.c ---- */

void conn_dispatch(struct conn *, unsigned char *rec, uint32_t len);
void call_serve(struct conn *); /* its calls are answered by this file */

/* ---- serve.c ---- */

/* Takes up to so many of its calls. */
void conn_serve(struct conn *, int calls);

#endif
