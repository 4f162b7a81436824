#include "replica/link/inbound.h"

#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/log.h"
#include "common/now.h"
#include "replica/link/session.h"
#include "replica/link/wire.h"

#define ALARM_MS 60000 /* between two alarms about a peer, for one reason */

enum reject {
	NO_SESSION,
	NOT_GENUINE,
	NOT_PROVEN,
	TOO_MANY,
	FOR_GOOD,
	MALFORMED,
	NO_MEMORY,
	TWICE,
	REJECT_NR
};
static const char *const reject_words[REJECT_NR] = {
    [NO_SESSION] = "call without a session",
    [NOT_GENUINE] = "call forged, damaged or out of order",
    [NOT_PROVEN] = "it does not prove to be our peer: check that both hosts "
		   "have the same cluster key",
    [TOO_MANY] = "it is no host of this cluster, and there are too many of "
		 "those already",
    [FOR_GOOD] = "refused for good",
    [MALFORMED] = "call malformed",
    [NO_MEMORY] = "no memory",
    [TWICE] = "opened twice",
};

/* A peer's session, and with it a connection. */
struct visit {
	uint64_t conn;
	int peer;	       /* -1: not in the list */
	evote_refusal refusal; /* it may say hello, no more */
	int proven;	       /* by its first sealed call */
	struct session session;
	UT_hash_handle hh;
};

/* A call that waits for its answer. */
struct held {
	uint64_t handle;
	struct call call;
	struct visit *visit;
	enum message_kind kind;
	uint64_t order;
	UT_hash_handle hh;
};

struct inbound {
	unsigned char key[32];
	char self[EVOTE_HOST_MAX + 1];
	char names[EVOTE_HOSTS_MAX][EVOTE_HOST_MAX + 1];
	int n;
	struct transport *transport;
	struct inbound_hooks hooks;
	struct visit *visits; /* by conn */
	struct held *held;    /* by handle */
	uint64_t last_handle;
	/* By peer, when one was last alarmed about; the last: anybody. */
	uint64_t alarm_ms[EVOTE_HOSTS_MAX + 1][REJECT_NR];
};

struct inbound *
inbound_new(const unsigned char cluster_key[32], const char *self,
    const char *const *names, int n, struct transport *t,
    const struct inbound_hooks *hooks)
{
	struct inbound *in = calloc(1, sizeof(*in));

	assert(n <= EVOTE_HOSTS_MAX);
	if (in == NULL)
		return (NULL);
	memcpy(in->key, cluster_key, sizeof(in->key));
	strncpy(in->self, self, EVOTE_HOST_MAX);
	for (int i = 0; i < n; i++)
		strncpy(in->names[i], names[i], EVOTE_HOST_MAX);
	in->n = n;
	in->transport = t;
	in->hooks = *hooks;
	return (in);
}

void
inbound_host(struct inbound *in, int peer, const char *name)
{
	struct visit *v, *next;

	assert(peer >= 0 && peer < EVOTE_HOSTS_MAX);
	if (peer >= in->n)
		in->n = peer + 1;
	if (strcmp(in->names[peer], name) == 0)
		return;
	snprintf(in->names[peer], sizeof(in->names[peer]), "%s", name);
	HASH_ITER (hh, in->visits, v, next)
		if (v->peer == peer && strcmp(v->session.caller, name) != 0)
			transport_close_conn(in->transport, v->conn);
}

static struct visit *
visit_find(struct inbound *in, uint64_t conn)
{
	struct visit *v;

	HASH_FIND(hh, in->visits, &conn, sizeof(conn), v);
	return (v);
}

static void
visit_free(struct inbound *in, struct visit *v)
{
	struct held *h, *next;

	HASH_ITER (hh, in->held, h, next) {
		if (h->visit != v)
			continue;
		HASH_DEL(in->held, h);
		free(h);
	}
	HASH_DEL(in->visits, v);
	free(v);
}

void
inbound_free(struct inbound *in)
{
	struct visit *v, *next;

	if (in == NULL)
		return;
	HASH_ITER (hh, in->visits, v, next)
		visit_free(in, v);
	free(in);
}

void
inbound_closed(struct inbound *in, uint64_t conn)
{
	struct visit *v = visit_find(in, conn);
	int peer, proven;

	if (v == NULL)
		return;
	peer = v->peer;
	proven = v->proven && v->refusal == EVOTE_NOT_REFUSED;
	visit_free(in, v);
	if (proven)
		in->hooks.closed(in->hooks.arg, peer, conn);
}

/* -1 for a name that is not in the list. */
static int
peer_find(const struct inbound *in, const char *name)
{
	for (int i = 0; i < in->n; i++) {
		if (strcmp(in->names[i], name) == 0)
			return (i);
	}
	return (-1);
}

/* At most one line a minute for each reason: strangers do not fill the log. */
static bool
alarm_due(struct inbound *in, int slot, enum reject why)
{
	uint64_t *last = &in->alarm_ms[slot][why];
	uint64_t now = now_ms();

	if (*last != 0 && now - *last < ALARM_MS)
		return (false);
	*last = now;
	return (true);
}

static void
inbound_alarm(struct inbound *in, int peer, enum reject why)
{
	if (alarm_due(in, peer < 0 ? EVOTE_HOSTS_MAX : peer, why))
		log_alarm("session peer=%s is=refused why=\"%s\"",
		    peer < 0 ? "unknown" : in->names[peer], reject_words[why]);
}

/* Anybody can say that it is our peer: it is not accused of that. */
static void
inbound_alarm_claim(
    struct inbound *in, struct svc_req *req, int claimed, enum reject why)
{
	const struct sockaddr *sa =
	    (struct sockaddr *)svc_getcaller(req->rq_xprt);
	char from[INET6_ADDRSTRLEN] = "?";

	if (!alarm_due(in, EVOTE_HOSTS_MAX, why))
		return;
	(void)getnameinfo(sa, req->rq_xprt->xp_addrlen, from, sizeof(from),
	    NULL, 0, NI_NUMERICHOST);
	log_alarm("session claims=%s from=%s is=refused why=\"%s\"",
	    claimed < 0 ? "unknown" : in->names[claimed], from,
	    reject_words[why]);
}

/* The connection is closed; its procedure gives no answer. */
static bool_t
inbound_reject(
    struct inbound *in, struct svc_req *req, int peer, enum reject why)
{
	const struct visit *v = visit_find(in, transport_conn(req));

	/* A host is known by its address, even if its key is wrong. */
	if ((v != NULL && v->proven) || transport_expected(req))
		inbound_alarm(in, peer, why);
	else
		inbound_alarm_claim(in, req, peer, why);
	transport_close_conn(in->transport, transport_conn(req));
	return (FALSE);
}

static void
visit_add(struct inbound *in, uint64_t conn, int peer, evote_refusal refusal,
    const struct session *s)
{
	struct visit *v = calloc(1, sizeof(*v));

	/* Without it the first call is one without a session. */
	if (v == NULL)
		return;
	v->conn = conn;
	v->peer = peer;
	v->refusal = refusal;
	v->session = *s;
	HASH_ADD(hh, in->visits, conn, sizeof(v->conn), v);
}

static int
reply_send(struct inbound *in, const struct held *h, const struct message *m)
{
	unsigned char *body;
	evote_sealed sealed;
	long len = message_encode(m, &body);
	int sent;

	if (len < 0) {
		log_alarm("session peer=%s reply=unencodable",
		    h->visit->session.caller);
		transport_fail(in->transport, h->call);
		return (-1);
	}
	session_seal_reply(&h->visit->session, wire_proc(h->kind), h->order,
	    body, (uint32_t)len, &sealed);
	sent = transport_complete(
	    in->transport, h->call, (xdrproc_t)xdr_evote_sealed, &sealed);
	free(body);
	return (sent);
}

int
inbound_reply(struct inbound *in, uint64_t handle, const struct message *m)
{
	struct held *h;
	int sent;

	HASH_FIND(hh, in->held, &handle, sizeof(handle), h);
	if (h == NULL)
		return (-1);
	assert(m->reply && m->kind == h->kind);
	sent = reply_send(in, h, m);
	HASH_DEL(in->held, h);
	free(h);
	return (sent);
}

/* Holds the call of that order; its handle, or 0 without memory. */
static uint64_t
call_hold(struct inbound *in, struct svc_req *req, struct visit *v,
    enum message_kind kind, uint64_t order)
{
	struct held *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return (0);
	h->handle = ++in->last_handle;
	h->call = transport_hold(req);
	h->visit = v;
	h->kind = kind;
	h->order = order;
	HASH_ADD(hh, in->held, handle, sizeof(h->handle), h);
	return (h->handle);
}

/* They differ in nothing but the body. */
static bool_t
sealed_call(enum message_kind kind, const evote_sealed *arg,
    evote_sealed *result, struct svc_req *req)
{
	struct inbound *in = transport_arg(req);
	const uint64_t conn = transport_conn(req);
	struct visit *v = visit_find(in, conn);
	struct message *m;
	uint64_t handle;

	memset(result, 0, sizeof(*result));
	if (v == NULL)
		return (inbound_reject(in, req, -1, NO_SESSION));
	if (session_check_call(&v->session, wire_proc(kind), arg) != 0)
		return (inbound_reject(
		    in, req, v->peer, v->proven ? NOT_GENUINE : NOT_PROVEN));
	/* Whoever holds the key is heard, whether it is a host or not. */
	if (v->peer < 0 && v->refusal == EVOTE_NOT_REFUSED)
		v->peer = in->hooks.visitor(in->hooks.arg, v->session.caller);
	if (v->peer < 0 && v->refusal == EVOTE_NOT_REFUSED)
		return (inbound_reject(in, req, -1, TOO_MANY));
	v->proven = 1;
	if (v->refusal != EVOTE_NOT_REFUSED &&
	    (kind != SAY_HELLO || in->hooks.stranger == NULL))
		return (inbound_reject(in, req, v->peer, FOR_GOOD));
	transport_trust(req);
	m = message_decode(kind, 0, arg->body.body_val, arg->body.body_len);
	if (m == NULL)
		return (inbound_reject(in, req, v->peer, MALFORMED));
	handle = call_hold(in, req, v, kind, arg->order);
	if (handle == 0) {
		message_free(m);
		return (inbound_reject(in, req, v->peer, NO_MEMORY));
	}
	if (v->refusal != EVOTE_NOT_REFUSED)
		in->hooks.stranger(in->hooks.arg, v->refusal, conn, handle, m);
	else
		in->hooks.call(in->hooks.arg, v->peer, conn, handle, m);
	return (FALSE);
}

/* ---- the procedures ---- */

bool_t
evote_replica_null_1_svc(void *arg, void *result, struct svc_req *req)
{
	return (TRUE);
}

bool_t
evote_replica_open_1_svc(
    evote_open_args *arg, evote_open_res *result, struct svc_req *req)
{
	struct inbound *in = transport_arg(req);
	const uint64_t conn = transport_conn(req);
	const int peer = peer_find(in, arg->caller);
	evote_refusal refusal;
	struct session s;

	memset(result, 0, sizeof(*result));
	if (visit_find(in, conn) != NULL)
		return (inbound_reject(in, req, peer, TWICE));
	/* Whom it refuses it tells so; people hear of it once that is proven.
	 */
	refusal = session_answer(&s, in->key, in->self,
	    peer >= 0 || in->hooks.visitor != NULL, arg, result);
	visit_add(in, conn, peer, refusal, &s);
	return (TRUE);
}

#define SEALED(name, what)                                                \
	bool_t evote_replica_##name##_1_svc(                              \
	    evote_sealed *arg, evote_sealed *result, struct svc_req *req) \
	{                                                                 \
		return (sealed_call(SAY_##what, arg, result, req));       \
	}
SEALED(hello, HELLO)
SEALED(append, APPEND)
SEALED(confirm, CONFIRM)
SEALED(decide, DECIDE)
SEALED(sign, SIGN)

int
evote_replica_prog_1_freeresult(SVCXPRT *xprt, xdrproc_t proc, caddr_t result)
{
	xdr_free(proc, result);
	return (1);
}
