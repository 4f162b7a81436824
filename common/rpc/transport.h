#ifndef EVOTE_TRANSPORT_H
#define EVOTE_TRANSPORT_H

#include <rpc/rpc.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The server's side of ONC RPC on epoll, under rpcgen's dispatchers (-m) and
 * libtirpc's message layer.  Never blocks.
 *
 * A procedure answers by returning TRUE from its _svc function, or returns
 * FALSE and completes the call later through the handle it took with
 * transport_hold.  Several calls of a connection may be held at once; they
 * may be completed in any order.  A client that has ended what it sends is
 * still answered.
 *
 * Whoever has not proved to be a host or an operator is a stranger: voters
 * too.  Strangers share a budget of places, of memory and of time:
 *
 *	- A source (an IPv4 address, the /64 of an IPv6 address) may have as
 *	  many connections as there are places left, and hold as many bytes as
 *	  are left.  Beyond, it takes from the source that has most, if that
 *	  is more; else a connection of its own gives way.  It is the one that
 *	  was idle longest, and first one that has proved nothing; one that is
 *	  sending a call or being sent an answer only if there is no other.  A
 *	  reply beyond ends a connection that does not take it.  A source
 *	  that has no more than a 64th of all gives nothing to others, so it
 *	  takes 64 of them to keep others away.
 *	- The less than half of a budget is left, the shorter the times after
 *	  which an idle connection, or one that has proved nothing, is closed.
 *	- Each run serves hosts and operators first, then one call of one source
 *	  after the other while the turn lasts; so are answers sent, and only
 *	  a few connections are closed at a time.
 *
 * With a tls_server, a connection of the network may go on in TLS (RFC 9289):
 * after a NULL call with the credential AUTH_TLS, of any program, while no
 * other call is under way.  Handshakes are done on threads, one source after
 * the other, those from hosts' addresses first, and have to be over as soon as
 * a first call (proof_ms).
 */
struct transport;
struct tls_server;

/* What came in on: decides which programs are offered. */
enum door { DOOR_NETWORK, DOOR_LOCAL };

/* Names one held call; stays harmless after its connection is gone. */
struct call {
	uint32_t slot;
	uint32_t generation;
	uint32_t xid;
	uint32_t bytes; /* charged while it is held */
};

/* Always left for hosts, at each address of one, and for operators. */
#define TRANSPORT_HOST_PLACES  8
#define TRANSPORT_LOCAL_PLACES 32

struct transport_config {
	int max_conns;		    /* strangers' */
	uint32_t max_call;	    /* bytes of a host's or operator's record */
	uint32_t max_stranger_call; /* of a stranger's */
	int max_in_flight;	    /* calls of one connection */
	size_t max_unsent;	    /* bytes; it takes no calls beyond */
	size_t max_memory;	    /* bytes that strangers' calls hold */
	int turn_calls;		    /* strangers', in one run, */
	unsigned turn_us;	    /* and how long */
	uint64_t proof_ms; /* a call must have been completed by then */
	/*
	 * A record must be whole by then, or more of it have come from a host
	 * or an operator; and some of an answer be taken.
	 */
	uint64_t partial_ms;
	uint64_t idle_ms;	/* a connection without calls is closed */
	struct tls_server *tls; /* NULL: no TLS; has to outlive it */
	bool tls_only;		/* see transport_allow_plain */
	/* Told when a connection ends; conn as in transport_conn. May be NULL.
	 */
	void (*closed)(void *arg, uint64_t conn);
	void *arg;
};

/* So many handshakes may be under way: what a part of the memory holds. */
int transport_handshakes(const struct transport_config *);

struct transport *transport_new(const struct transport_config *);
void transport_free(struct transport *);

/*
 * One program, with its generated dispatcher, offered behind a door.  Its
 * procedures get `arg` by transport_arg.
 */
typedef void (*dispatcher)(struct svc_req *, SVCXPRT *);
void transport_offer(struct transport *, enum door, uint32_t prog,
    uint32_t vers, dispatcher, void *arg);

/*
 * Under tls_only a call from the network outside TLS gets AUTH_TOOWEAK, unless
 * it is NULL or was allowed.  Of an offered program.
 */
void transport_allow_plain(struct transport *, uint32_t prog, uint32_t proc);

/*
 * Listens on tcp and tcp6 on the same port (0: one that is free on both; a
 * machine without one family uses the other).  Returns the port, or -1 with
 * the reason logged.
 */
int transport_listen_tcp(struct transport *, int port);
/* An AF_UNIX listener; a stale socket file is replaced, a live one is not. */
int transport_listen_unix(struct transport *, const char *path, int mode);

/* A host may call from there: see TRANSPORT_HOST_PLACES. */
void transport_expect(struct transport *, const struct sockaddr *);

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

/* What the program was offered with. */
void *transport_arg(struct svc_req *);
struct call transport_hold(struct svc_req *);
/* Never 0, never reused; the same for all calls of one connection. */
uint64_t transport_conn(struct svc_req *);
/* This connection's client has proved to be a host of the cluster. */
void transport_trust(struct svc_req *);
/* It came from an address where a host is expected (transport_expect). */
bool transport_expected(struct svc_req *);
/* The peer's credentials on a DOOR_LOCAL connection; -1 elsewhere. */
int transport_ucred(
    struct svc_req *, uint32_t *uid, uint32_t *gid, int32_t *pid);

/* ---- anywhere ---- */

/*
 * Completes a held call.  The caller keeps the result.  -1: the client is gone.
 * transport_fail answers SYSTEM_ERR; transport_close_conn closes a connection.
 */
int transport_complete(
    struct transport *, struct call, xdrproc_t, void *result);
int transport_fail(struct transport *, struct call);
void transport_close_conn(struct transport *, uint64_t conn);

struct transport_stats {
	uint64_t conns, calls, malformed, refused_full;
	uint64_t yielded; /* connections that found no place of their own */
	uint64_t shed;	  /* for what their clients did not take */
	size_t bytes;	  /* held by strangers now */
};
void transport_stats(const struct transport *, struct transport_stats *);

#endif
