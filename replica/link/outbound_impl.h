#ifndef EVOTE_OUTBOUND_IMPL_H
#define EVOTE_OUTBOUND_IMPL_H

#include <uthash.h>

#include "common/log.h"
#include "common/rpc/line.h"
#include "replica/link/outbound.h"
#include "replica/link/reach.h"
#include "replica/link/session.h"
#include "replica/link/wire.h"

/*
 * What outbound.c, all links, talk.c, what is said on one, and link.c, how it
 * ends and begins again, share.
 */

#define NEVER	     UINT64_MAX
#define UNSENT_MAX   (64u << 20)
#define RETRY_MAX_MS 500

enum link_state {
	LINK_CLOSED,	/* until due */
	LINK_REACHING,	/* not connected yet: reach.h */
	LINK_PROBING,	/* whether the peer speaks TLS; if so, */
	LINK_SHAKING,	/* its handshake */
	LINK_OPENING,	/* the peer has to prove that it holds the key */
	LINK_UNWELCOME, /* it has, and refuses this host: for one call more */
	LINK_UP
};

/* A call that waits for its reply. */
struct pending {
	uint32_t xid;
	uint64_t order;
	enum message_kind kind;
	UT_hash_handle hh;
};

struct link {
	struct outbound *outbound;
	int peer;
	char *name; /* NULL: nobody is there */
	char *host;
	int port;
	enum link_state state;
	uint64_t due; /* when link_due has something to do */
	struct reach reach;
	uint64_t began;	     /* the attempt */
	unsigned retry_ms;   /* after an attempt that failed, */
	unsigned brief_ms;   /* and after a session that was brief */
	uint64_t ended_at;   /* the last session */
	char why[200];	     /* there is none; "": there is, or was just now */
	enum log_level told; /* the loudest since it was last up */
	char brief_why[200]; /* of the last session, */
	int briefs;	     /* and so many that were brief, for that */
	int ended, port_refuses; /* to be told to the hooks */

	int spoke_tls; /* it has, and is not called in plain again */

	/* Of the connection. */
	struct line line;
	uint32_t events;
	struct inbox in;
	struct wire_out out;
	uint32_t xid;
	struct session session;
	struct pending *calls;
};

struct outbound {
	unsigned char key[32];
	char pin[TLS_PIN]; /* of this cluster */
	char *self;
	struct outbound_hooks hooks;
	uint64_t now;
	int epoll;
	struct link *links; /* EVOTE_HOSTS_MAX */
};

/* ---- link.c ---- */

void link_move(struct link *l, enum link_state to, uint64_t due);
void link_say_up(struct link *l);
void link_end(struct link *l, enum log_level level, const char *why);
void link_errno(struct link *l, int error);
size_t link_unsent(const struct link *l);
void link_send(struct link *l);
void link_queue(struct link *l, struct frame *f);
void link_tell(struct link *l);
void link_none(struct outbound *p, int peer);
int link_init(struct link *l, const struct outbound_peer *who);
void link_clear(struct link *l);
int link_leads_to(const struct link *l, const struct outbound_peer *who);

/* ---- talk.c ---- */

void link_due(struct link *l);
void link_ready(struct link *l, uint32_t events);
void link_answered(struct link *l);
int call_send(struct link *l, const struct message *m);

#endif
