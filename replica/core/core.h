#ifndef EVOTE_CORE_H
#define EVOTE_CORE_H

#include "replica/core/history.h"
#include "replica/core/message.h"

/*
 * The replication protocol of one host: who is primary, what is accepted, who
 * is in sync.  Pure: events come in by core_step, with the time; what is to be
 * done goes out through a table of functions, which must only note it down and
 * report later by events, never call back.  docs/PROTOCOL.md has the rules.
 */
struct core;

/* The operations' meaning: the log's other half, at the same size always. */
struct machine {
	/*
	 * Carries out the request of that ticket as the record at `at` and
	 * returns the record (a reference for the core), or NULL when there is
	 * nothing to record and the answer is a reading of the present state.
	 */
	struct record *(*execute)(
	    void *arg, uint64_t ticket, const struct entry_header *at);
	/* The first record of a primary; the opening or closing of an election
	   that is due at at->time, or NULL. */
	struct record *(*epoch)(
	    void *arg, const evote_epoch_op *op, const struct entry_header *at);
	struct record *(*due)(void *arg, const struct entry_header *at);
	/* A record of a peer: 0, or -1 with err when it does not follow. */
	int (*replay)(void *arg, const struct record *, char *err, size_t len);
	void (*undo)(void *arg, uint64_t size);
	void (*discard_undo)(void *arg, uint64_t size);
	/*
	 * Rule 19.  The key on record of that incarnation, and the record's
	 * place: 1, or 0 when there is none.  With NULL for all three: whether
	 * any key is.  And the record of one; NULL: it cannot be one's.
	 */
	int (*key)(void *arg, const unsigned char *incarnation,
	    unsigned char key[32], uint64_t *seq);
	struct record *(*host)(
	    void *arg, const evote_host_op *, const struct entry_header *at);
	/* The i-th host whose key is in force, or NULL: there are no more. */
	const char *(*signer)(void *arg, uint32_t i);
};

/* What the core has others do. */
struct driver {
	/* The disk, in the order asked; each returns a job number, rising. */
	uint64_t (*store)(
	    void *arg, struct record *const *, uint32_t n, uint64_t accepted);
	uint64_t (*truncate)(void *arg, uint64_t size);
	uint64_t (*load)(void *arg, uint64_t from, uint32_t n);
	uint64_t (*save)(void *arg, const evote_config *);
	/*
	 * A question to an arbiter, which is borrowed: to the one that
	 * the configuration names, or with `install` to the one that `next`
	 * names.  The verdict comes as EV_DECIDED, or never: then it is asked
	 * again.
	 */
	void (*decide)(void *arg, const evote_arbiter *, const evote_decide *);
	/*
	 * A message to a peer; the driver frees it.  To a reply to SAY_SIGN
	 * that is `taken`, of a size above 0, it adds the signature.
	 */
	void (*call)(void *arg, int peer, struct message *);
	void (*reply)(void *arg, uint64_t handle, struct message *);
	void (*reset)(void *arg, int peer); /* end the link, open it anew */
	/*
	 * Who is in that place from now on, told again at each change of the
	 * configuration, and its address as the configuration has it, "" when
	 * it has none; NULL: it may call, and is not to be called.
	 */
	void (*host)(
	    void *arg, int peer, const char *name, const char *address);
	/* The request may be answered as executed, or goes elsewhere. */
	void (*answer)(void *arg, uint64_t ticket);
	void (*refuse)(
	    void *arg, uint64_t ticket, evote_standing, const char *host);
	/* This host begins or ceases to serve. */
	void (*serving)(void *arg, int yes);
	void (*log)(void *arg, int alarm, const char *line);
	/* A host in sync answered what core_cosign asked, or did not sign. */
	void (*cosigned)(void *arg, const evote_signed_by *);
};

struct core_config {
	/*
	 * The host's own list: where to look before the configuration is
	 * known; in a new cluster, its hosts.
	 */
	const char *names[EVOTE_HOSTS_MAX];
	const char *addresses[EVOTE_HOSTS_MAX];
	int n;
	int self;
	unsigned char incarnation[16];
	unsigned char instance[16]; /* of this process, random */
	unsigned char key[32]; /* its own; zero: as before there were any */
	/* Its directory never was an older version's: a new cluster's host. */
	int key_first;
	evote_config config; /* as it was on disk */
	int failback;	     /* by itself */
	int trust_clock;     /* an operator vouches for it */
	/* As in times.h, but that an operator may change suspect_ms. */
	uint64_t beat_ms;
	uint64_t suspect_ms;
	uint64_t quick_ms;
	uint64_t hold_ms;
};

enum event_kind {
	EV_START,	/* once, after core_load */
	EV_TICK,	/* every beat_ms or more often */
	EV_FLUSH,	/* all that was ready has been handled: send, store */
	EV_REQUEST,	/* ticket, seen */
	EV_LINK_UP,	/* peer */
	EV_LINK_DOWN,	/* peer, port_refuses */
	EV_CALL,	/* peer, conn, handle, message */
	EV_CALLER_GONE, /* peer, conn */
	EV_STRANGER,	/* refusal, handle, message: who was refused, proven */
	EV_REFUSED,	/* peer, refusal: the other end of our link did */
	EV_REPLY,	/* peer, message */
	EV_STORED,	/* job: store or truncate */
	EV_SAVED,	/* job */
	EV_LOADED,	/* job, from, records */
	EV_DECIDED,	/* decided */
	EV_ROOM,	/* room: the disk's, when it changes */
};

struct event {
	enum event_kind kind;
	uint64_t now_ms; /* monotonic */
	uint64_t wall_us;
	int peer;
	int port_refuses; /* nobody listens there */
	int room;
	uint64_t conn, handle;
	struct message *message; /* the core frees it */
	evote_refusal refusal;
	uint64_t ticket;
	evote_seen seen;
	uint64_t job, from;
	struct record **records; /* references taken over, array not */
	uint32_t n;
	const evote_decided *decided; /* the caller's */
};

/* core.c */
struct core *core_new(const struct core_config *, const struct machine *,
    const struct driver *, void *arg);
void core_free(struct core *);
void core_step(struct core *, const struct event *);
/* For replies: constant time. */
void core_stamp(const struct core *, evote_stamp *);
uint64_t core_epoch(const struct core *);
evote_role core_role(const struct core *);
const evote_config *core_config(const struct core *);
const struct history *core_history(const struct core *);
/*
 * That host has a connection to this one, and said something on it just now: it
 * lives, whatever our link says.
 */
int core_hears(const struct core *, int peer);

/* jobs.c */
/* The ledger's next record at start, already replayed; takes a reference. */
void core_load(struct core *, struct record *);

/* hosts.c */
/* The place of a host that calls and holds the key; -1: there is none. */
int core_visitor(struct core *, const char *name);

/* requests.c */
/* What a request would meet now; *host is borrowed. */
evote_standing core_standing(const struct core *, const char **host);
/* Whether a request is carried out here, or kept until this is decided. */
int core_takes_requests(const struct core *);

/* cosign.c */
/*
 * Asks the other hosts in sync whose keys are on record to sign what is
 * accepted, *what, and returns how many those are; -1: this host does not
 * serve.
 */
int core_cosign(struct core *, evote_position *what);

/* policy.c */
/*
 * Would the election go on without this host?  It follows a primary, or it is
 * the primary and another host in sync has answered all that it was pushed.
 */
int core_can_fail_over(const struct core *);
/*
 * Nothing more may be recorded: there is no room here, nor a host in sync that
 * has some and could take the service over.
 */
int core_full(const struct core *);

/* orders.c: from operators.  NULL when begun, else a sentence why not. */
const char *core_handover(struct core *, const char *name);
const char *core_promote(struct core *, uint64_t epoch, int accept_loss);
const char *core_arbiter(
    struct core *, evote_arbiter_kind, const char *where, int old_is_dead);
/*
 * About the hosts of the cluster; *again when the same order may soon be taken.
 */
const char *core_add_host(
    struct core *, const char *name, const char *address, int *again);
const char *core_remove_host(struct core *, const char *name, int *again);
const char *core_prefer(
    struct core *, const char *const *names, int n, int *again);

/* status.c */
/*
 * What promoting this host by force may lose, or in the words of after it:
 * sentences for people, the last one without its full stop.
 */
void core_loss(const struct core *, int done, char *text, size_t size);
/*
 * All of STATUS but answer, origin and clock.  Strings are malloc'd: freed by
 * xdr_free.
 */
void core_status(const struct core *, evote_status_res *);

#endif
