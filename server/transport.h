#ifndef EVOTE_TRANSPORT_H
#define EVOTE_TRANSPORT_H

#include <rpc/rpc.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The server's side of ONC RPC on epoll, under rpcgen's dispatchers (-m) and
 * libtirpc's message layer.  Never blocks; a client that sends half a record,
 * never reads, or sends too much costs only itself.
 *
 * A procedure answers by returning TRUE from its _svc function, or returns
 * FALSE and completes the call later through the handle it took with
 * transport_hold.  Several calls of a connection may be held at once; they
 * may be completed in any order.
 */
struct transport;

/* What came in on: decides which programs are offered. */
enum door { DOOR_NETWORK, DOOR_LOCAL };

/* Names one held call; stays harmless after its connection is gone. */
struct call {
	uint32_t slot;
	uint32_t generation;
	uint32_t xid;
};

struct transport_config {
	int max_conns;	     /* the listener pauses at this many */
	uint32_t max_call;   /* bytes of one record, EVOTE_CALL_MAX */
	int max_in_flight;   /* calls of one connection */
	size_t max_unsent;   /* bytes; reading pauses beyond */
	uint64_t partial_ms; /* a record must be whole by then */
	uint64_t idle_ms;    /* a connection without calls is closed */
	/* Told when a connection ends; conn as in transport_conn. May be NULL.
	 */
	void (*closed)(void *arg, uint64_t conn);
	void *arg;
};

struct transport *transport_new(const struct transport_config *);
void transport_free(struct transport *);

/* One program, with its generated dispatcher, offered behind a door. */
typedef void (*dispatcher)(struct svc_req *, SVCXPRT *);
void transport_offer(
    struct transport *, enum door, uint32_t prog, uint32_t vers, dispatcher);

/*
 * Listens on tcp and tcp6 on the same port (0: one that is free on both; a
 * machine without one family uses the other).  Returns the port, or -1 with
 * the reason logged.
 */
int transport_listen_tcp(struct transport *, int port);
/* An AF_UNIX listener; a stale socket file is replaced, a live one is not. */
int transport_listen_unix(struct transport *, const char *path, int mode);

/* For an outer epoll: readable when something is to do. */
int transport_fd(struct transport *);
/*
 * Handles what is ready; dispatches whole calls.  Output of the calls answered
 * since is sent here or by transport_flush.  Call at least once a second.
 */
void transport_run(struct transport *, uint64_t now_ms);
/* Sends what is waiting, as far as the sockets take it. */
void transport_flush(struct transport *);

/* ---- inside a procedure ---- */

/* The configuration's arg. */
void *transport_arg(struct svc_req *);
struct call transport_hold(struct svc_req *);
/* Never 0, never reused; the same for all calls of one connection. */
uint64_t transport_conn(struct svc_req *);
/* The peer's credentials on a DOOR_LOCAL connection; -1 elsewhere. */
int transport_ucred(
    struct svc_req *, uint32_t *uid, uint32_t *gid, int32_t *pid);

/*
 * ---- anywhere: completes a held call.  The caller keeps the result.
 * Returns -1 when the client is gone.  transport_fail answers SYSTEM_ERR;
 * transport_close_conn
 * closes a connection.
 */
int transport_complete(
    struct transport *, struct call, xdrproc_t, void *result);
int transport_fail(struct transport *, struct call);
/* Whether a held call's client is still there: nobody else needs its answer. */
bool transport_is_there(const struct transport *, struct call);
void transport_close_conn(struct transport *, uint64_t conn);

struct transport_stats {
	uint64_t conns, calls, malformed, refused_full;
};
void transport_stats(const struct transport *, struct transport_stats *);

#endif
