#include <errno.h>
#include <pthread.h>
#include <rpc/rpc.h>
#include <rpc/rpcb_prot.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/now.h"
#include "common/rpc/caller.h"
#include "common/rpc/inquiry.h"
#include "common/rpc/portmap.h"
#include "common/thread.h"
#include "evote.h"

/*
 * rpcbind is asked over its local socket, where it knows who is asking, with
 * a deadline for each call: libtirpc's rpcb_set and friends wait for a minute.
 * It never notices that a server has died, lets nobody but the owner and root
 * remove an entry, and forgets everything when it is killed; so the whole
 * list is compared with what should be in it, again and again.
 */
#define LOOK_S	 3   /* between two looks */
#define ASK_MS	 700 /* one call of rpcbind */
#define PROBE_MS 300 /* one call of whoever stands in the way */
#define NOTHING	 ((xdrproc_t)(void (*)(void))xdr_void)

enum { EVOTE, PROBE, PROGRAMS };
enum { TCP, TCP6, NETS };

static const struct {
	const char *name;
	uint32_t prog, vers;
} programs[PROGRAMS] = {
    [EVOTE] = {"evote", EVOTE_PROG, EVOTE_V1},
    [PROBE] = {"probe", EVOTE_PROBE_PROG, EVOTE_PROBE_V1},
};

static const struct {
	const char *netid, *any, *loopback;
} nets[NETS] = {
    [TCP] = {"tcp", "0.0.0.0", "127.0.0.1"},
    [TCP6] = {"tcp6", "::", "::1"},
};

enum registration { ABSENT, OURS, TAKEN, REFUSED };

struct portmap {
	pthread_t thread;
	pthread_mutex_t lock; /* serving, changed, stopping */
	pthread_cond_t wake;
	bool serving;
	bool changed;
	bool stopping;
	/* The thread's own. */
	int port;
	bool away; /* rpcbind did not answer */
	enum registration state[PROGRAMS][NETS];
};

/* ---- what is logged, when it changes ---- */

static void
standing_set(struct portmap *p, int prog, int net, enum registration now,
    const char *who)
{
	enum registration before = p->state[prog][net];
	const char *name = programs[prog].name, *netid = nets[net].netid;

	p->state[prog][net] = now;
	if (now == before)
		return;
	switch (now) {
	case OURS:
		log_info("portmap registered prog=%s netid=%s port=%d", name,
		    netid, p->port);
		break;
	case ABSENT:
		if (before == OURS)
			log_info("portmap withdrawn prog=%s netid=%s port=%d",
			    name, netid, p->port);
		break;
	case TAKEN:
		log_alarm(
		    "portmap taken prog=%s netid=%s by=%s", name, netid, who);
		break;
	case REFUSED:
		log_alarm("portmap refused prog=%s netid=%s port=%d", name,
		    netid, p->port);
		break;
	}
}

static void
away_set(struct portmap *p, bool away)
{
	if (away && !p->away)
		log_alarm("portmap rpcbind=away port=%d", p->port);
	p->away = away;
}

/* ---- rpcbind ---- */

/* 1 done, 0 refused, -1 no answer. */
static int
rpcbind_tell(CLIENT *rpcbind, rpcproc_t proc, int prog, int net, char *addr)
{
	RPCB entry = {.r_prog = programs[prog].prog,
	    .r_vers = programs[prog].vers,
	    .r_netid = (char *)(uintptr_t)nets[net].netid,
	    .r_addr = addr,
	    .r_owner = (char *)(uintptr_t) ""};
	bool_t done = FALSE;
	struct timeval unused = {0};

	caller_deadline(rpcbind, now_ms() + ASK_MS);
	if (clnt_call(rpcbind, proc, (xdrproc_t)xdr_rpcb, (char *)&entry,
		(xdrproc_t)xdr_bool, (char *)&done, unused) != RPC_SUCCESS)
		return (-1);
	return (done ? 1 : 0);
}

static int
rpcbind_list(CLIENT *rpcbind, rpcblist_ptr *list)
{
	struct timeval unused = {0};

	*list = NULL;
	caller_deadline(rpcbind, now_ms() + ASK_MS);
	if (clnt_call(rpcbind, RPCBPROC_DUMP, NOTHING, NULL,
		(xdrproc_t)xdr_rpcblist_ptr, (char *)list,
		unused) == RPC_SUCCESS)
		return (0);
	xdr_free((xdrproc_t)xdr_rpcblist_ptr, list);
	return (-1);
}

static const char *
list_find(rpcblist_ptr list, int prog, int net)
{
	for (; list != NULL; list = list->rpcb_next) {
		const RPCB *e = &list->rpcb_map;

		if (e->r_prog == programs[prog].prog &&
		    e->r_vers == programs[prog].vers &&
		    strcmp(e->r_netid, nets[net].netid) == 0)
			return (e->r_addr);
	}
	return (NULL);
}

/* ---- addresses ---- */

/*
 * Whether somebody answers for the program there.  A port that by now belongs
 * to some other program says so: that is no life.
 */
static bool
uaddr_alive(const char *uaddr, int prog, int net)
{
	uint64_t deadline = now_ms() + PROBE_MS;
	char host[UADDR_MAX], err[128];
	struct timeval unused = {0};
	enum clnt_stat stat;
	CLIENT *clnt;
	int port;

	port = uaddr_split(uaddr, host);
	if (port == -1)
		return (false);
	clnt = caller_tcp(
	    strcmp(host, nets[net].any) == 0 ? nets[net].loopback : host, port,
	    programs[prog].prog, programs[prog].vers, deadline, err,
	    sizeof(err));
	if (clnt == NULL)
		return (false);
	caller_deadline(clnt, deadline);
	stat = clnt_call(clnt, NULLPROC, NOTHING, NULL, NOTHING, NULL, unused);
	clnt_destroy(clnt);
	switch (stat) {
	case RPC_SUCCESS:
	case RPC_PROGVERSMISMATCH:
	case RPC_PROCUNAVAIL:
	case RPC_AUTHERROR:
	case RPC_SYSTEMERROR:
		return (true);
	default:
		return (false);
	}
}

/* ---- one look ---- */

/* 0, or -1 when rpcbind did not answer. */
static int
entry_register(
    struct portmap *p, CLIENT *rpcbind, int prog, int net, const char *found)
{
	char ours[UADDR_MAX], nowhere[] = "";
	int rc;

	uaddr_join(nets[net].any, p->port, ours);
	if (found != NULL && strcmp(found, ours) == 0) {
		standing_set(p, prog, net, OURS, NULL);
		return (0);
	}
	if (found != NULL) {
		if (uaddr_alive(found, prog, net)) {
			standing_set(p, prog, net, TAKEN, found);
			return (0);
		}
		if (rpcbind_tell(rpcbind, RPCBPROC_UNSET, prog, net, nowhere) ==
		    -1)
			return (-1);
	}
	/* One that rpcbind forgot is told, and logged, again. */
	if (p->state[prog][net] == OURS)
		p->state[prog][net] = ABSENT;
	rc = rpcbind_tell(rpcbind, RPCBPROC_SET, prog, net, ours);
	if (rc != -1)
		standing_set(p, prog, net, rc == 1 ? OURS : REFUSED, NULL);
	return (rc == -1 ? -1 : 0);
}

/* The same; what a server left behind when it was killed goes as well. */
static int
entry_withdraw(
    struct portmap *p, CLIENT *rpcbind, int prog, int net, const char *found)
{
	char ours[UADDR_MAX], nowhere[] = "";

	uaddr_join(nets[net].any, p->port, ours);
	if (found != NULL &&
	    (strcmp(found, ours) == 0 || !uaddr_alive(found, prog, net)) &&
	    rpcbind_tell(rpcbind, RPCBPROC_UNSET, prog, net, nowhere) == -1)
		return (-1);
	standing_set(p, prog, net, ABSENT, NULL);
	return (0);
}

/* wanted tells by program. */
static int
list_compare(struct portmap *p, CLIENT *rpcbind, rpcblist_ptr list,
    const bool wanted[PROGRAMS])
{
	const char *found;
	int prog, net, rc;

	for (prog = 0; prog < PROGRAMS; prog++) {
		for (net = 0; net < NETS; net++) {
			found = list_find(list, prog, net);
			if (wanted[prog])
				rc = entry_register(
				    p, rpcbind, prog, net, found);
			else
				rc = entry_withdraw(
				    p, rpcbind, prog, net, found);
			if (rc == -1)
				return (-1);
		}
	}
	return (0);
}

static void
portmap_look(struct portmap *p, const bool wanted[PROGRAMS])
{
	rpcblist_ptr list = NULL;
	char err[128];
	CLIENT *rpcbind;
	int rc = -1;

	rpcbind = caller_unix(_PATH_RPCBINDSOCK, RPCBPROG, RPCBVERS,
	    now_ms() + ASK_MS, err, sizeof(err));
	if (rpcbind != NULL) {
		rc = rpcbind_list(rpcbind, &list);
		if (rc == 0) {
			rc = list_compare(p, rpcbind, list, wanted);
			xdr_free((xdrproc_t)xdr_rpcblist_ptr, &list);
		}
		clnt_destroy(rpcbind);
	}
	away_set(p, rc == -1);
}

/* ---- the thread ---- */

static void
portmap_wait(struct portmap *p)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOOK_S;
	while (!p->changed && !p->stopping)
		if (pthread_cond_timedwait(&p->wake, &p->lock, &until) ==
		    ETIMEDOUT)
			break;
}

static void *
portmap_main(void *arg)
{
	static const bool none[PROGRAMS];
	struct portmap *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->stopping) {
		bool wanted[PROGRAMS] = {[EVOTE] = true, [PROBE] = p->serving};

		p->changed = false;
		pthread_mutex_unlock(&p->lock);
		portmap_look(p, wanted);
		pthread_mutex_lock(&p->lock);
		portmap_wait(p);
	}
	pthread_mutex_unlock(&p->lock);
	portmap_look(p, none);
	return (NULL);
}

struct portmap *
portmap_start(int port)
{
	struct portmap *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;
	int rc;

	if (p == NULL) {
		log_alarm("portmap start=failed why=\"out of memory\"");
		return (NULL);
	}
	p->port = port;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &attr);
	pthread_condattr_destroy(&attr);
	rc = thread_start(&p->thread, portmap_main, p);
	if (rc == 0)
		return (p);
	log_alarm("portmap start=failed why=\"%s\"", strerror(rc));
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return (NULL);
}

void
portmap_serving(struct portmap *p, int serving)
{
	pthread_mutex_lock(&p->lock);
	if (p->serving != (serving != 0)) {
		p->serving = serving != 0;
		p->changed = true;
		pthread_cond_signal(&p->wake);
	}
	pthread_mutex_unlock(&p->lock);
}

void
portmap_stop(struct portmap *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
