#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/hosts.h"
#include "common/log.h"
#include "replica/arbiter/arbiter.h"
#include "replica/arbiter/etcd.h"
#include "replica/core/config.h"
#include "replica/core/refusal.h"
#include "replica/link/outbound.h"

/* A witness is the one peer of outbound links of its own. */
enum { SELF, WITNESS, PEERS };

#define UNHEARD 15 /* questions without an answer, ten a second */

struct arbiter {
	unsigned char key[32];
	char self[EVOTE_HOST_MAX + 1];
	int tls_require;
	arbiter_heard *heard;
	void *arg;
	int epoll;
	char where[EVOTE_TEXT_MAX + 1]; /* the one asked last */
	struct hosts hosts;
	struct outbound *outbound; /* NULL: no witness was asked last */
	int unanswered;		   /* questions to it since its last word */
	struct etcd *etcd;	   /* NULL: none was asked yet */
	evote_refusal refused;	   /* by the witness asked last */
	int is_heard;		   /* by the witness, not told yet */
	evote_decided decided;
};

struct arbiter *
arbiter_new(const unsigned char cluster_key[32], const char *self,
    int tls_require, arbiter_heard *heard, void *arg)
{
	struct arbiter *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return (NULL);
	memcpy(a->key, cluster_key, sizeof(a->key));
	snprintf(a->self, sizeof(a->self), "%s", self);
	a->tls_require = tls_require;
	a->heard = heard;
	a->arg = arg;
	a->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (a->epoll != -1)
		return (a);
	log_alarm("arbiter why=\"%s\"", strerror(errno));
	free(a);
	return (NULL);
}

void
arbiter_free(struct arbiter *a)
{
	if (a == NULL)
		return;
	outbound_free(a->outbound);
	etcd_stop(a->etcd);
	config_clear(&a->decided.config);
	close(a->epoll);
	free(a);
}

int
arbiter_fd(struct arbiter *a)
{
	return (a->epoll);
}

int
arbiter_wait_ms(struct arbiter *a, uint64_t now_ms)
{
	return (
	    a->outbound == NULL ? -1 : outbound_wait_ms(a->outbound, now_ms));
}

/* Only here: whoever hears may ask at once, which may end a link. */
static void
tell(struct arbiter *a, evote_decided *d)
{
	a->heard(a->arg, d);
	config_clear(&d->config);
}

void
arbiter_run(struct arbiter *a, uint64_t now_ms)
{
	char where[EVOTE_TEXT_MAX + 1];
	evote_decided d;

	if (a->outbound != NULL)
		outbound_run(a->outbound, now_ms);
	if (a->is_heard) {
		d = a->decided;
		memset(&a->decided, 0, sizeof(a->decided));
		a->is_heard = 0;
		tell(a, &d);
	}
	if (a->etcd == NULL || !etcd_next(a->etcd, where, &d))
		return;
	if (strcmp(where, a->where) == 0)
		tell(a, &d);
	else
		config_clear(&d.config);
}

/* ---- a witness ---- */

static void
on_up(void *arg, int peer)
{
	((struct arbiter *)arg)->unanswered = 0;
}

static void
on_down(void *arg, int peer, int port_refuses)
{
}

/* Told once: it is asked again and again. */
static void
on_unwelcome(void *arg, int peer, evote_refusal why)
{
	struct arbiter *a = arg;

	if (a->refused != why)
		log_alarm("arbiter refuses where=%s why=\"%s\"", a->where,
		    refusal_theirs(why));
	a->refused = why;
}

static void
on_reply(void *arg, int peer, struct message *m)
{
	struct arbiter *a = arg;

	a->unanswered = 0;
	if (m->kind == SAY_DECIDE) {
		config_clear(&a->decided.config);
		a->decided.verdict = m->u.decided.verdict;
		config_copy(&a->decided.config, &m->u.decided.config);
		a->is_heard = 1;
	}
	message_free(m);
}

/* The link of before is of no use any more, if there was one. */
static void
witness_leave(struct arbiter *a)
{
	outbound_free(a->outbound);
	a->outbound = NULL;
	a->refused = EVOTE_NOT_REFUSED;
	config_clear(&a->decided.config);
	a->is_heard = 0;
}

static const char *
not_plain(void *arg)
{
	const struct arbiter *a = arg;

	return (a->tls_require ? OUTBOUND_TLS_REQUIRED : NULL);
}

static void
witness_meet(struct arbiter *a, const char *where)
{
	const struct outbound_hooks hooks = {
	    on_up, on_down, on_unwelcome, on_reply, not_plain, a};
	struct outbound_peer peers[PEERS] = {
	    [SELF] = {.name = a->self, .host = ""}};
	struct epoll_event ev = {.events = EPOLLIN};
	char err[256];

	if (a->outbound != NULL && strcmp(a->where, where) == 0)
		return;
	witness_leave(a);
	if (hosts_parse_list(where, &a->hosts, err, sizeof(err)) == -1)
		return;
	peers[WITNESS].name = a->hosts.list[0].name;
	peers[WITNESS].host = a->hosts.list[0].address;
	peers[WITNESS].port = a->hosts.list[0].port;
	a->outbound = outbound_new(a->key, peers, PEERS, SELF, &hooks);
	if (a->outbound == NULL ||
	    epoll_ctl(a->epoll, EPOLL_CTL_ADD, outbound_fd(a->outbound), &ev) ==
		0)
		return;
	log_alarm("arbiter why=\"%s\"", strerror(errno));
	outbound_free(a->outbound);
	a->outbound = NULL;
}

static void
witness_ask(struct arbiter *a, const char *where, const evote_decide *d)
{
	struct message *m;

	witness_meet(a, where);
	if (a->outbound == NULL || (m = message_new(SAY_DECIDE, 0)) == NULL)
		return;
	m->u.decide = *d;
	/* A link that fell silent may wait for TCP's next try for minutes. */
	if (outbound_call(a->outbound, WITNESS, m) == 0 &&
	    ++a->unanswered > UNHEARD) {
		outbound_reset(a->outbound, WITNESS);
		a->unanswered = 0;
	}
	m->u.decide.next = NULL;
	message_free(m);
}

/* ---- etcd ---- */

static void
etcd_meet(struct arbiter *a)
{
	struct epoll_event ev = {.events = EPOLLIN};

	if (a->etcd != NULL || (a->etcd = etcd_start(a->key, a->self)) == NULL)
		return;
	if (epoll_ctl(a->epoll, EPOLL_CTL_ADD, etcd_fd(a->etcd), &ev) == 0)
		return;
	log_alarm("arbiter why=\"%s\"", strerror(errno));
	etcd_stop(a->etcd);
	a->etcd = NULL;
}

/* ---- either ---- */

static int
witness_check(const char *where, char *full, char *err, size_t errlen)
{
	struct hosts hosts;

	if (hosts_parse_list(where, &hosts, err, errlen) == -1)
		return (-1);
	if (hosts.n == 1 && hosts.list[0].port != 0) {
		snprintf(full, EVOTE_TEXT_MAX + 1, "%s", where);
		return (0);
	}
	snprintf(err, errlen, "one NAME=HOST:PORT names a witness");
	return (-1);
}

int
arbiter_check(const evote_arbiter *to, const char cluster[16], char *full,
    char *err, size_t errlen)
{
	switch (to->kind) {
	case EVOTE_ARBITER_NONE:
		full[0] = '\0';
		return (0);
	case EVOTE_ARBITER_WITNESS:
		return (witness_check(to->where, full, err, errlen));
	case EVOTE_ARBITER_ETCD:
		return (etcd_where(to->where, cluster, full, err, errlen));
	}
	snprintf(err, errlen, "this server knows no such arbiter");
	return (-1);
}

void
arbiter_ask(struct arbiter *a, const evote_arbiter *to, const evote_decide *d)
{
	if (to->kind == EVOTE_ARBITER_ETCD) {
		witness_leave(a);
		etcd_meet(a);
		if (a->etcd != NULL)
			etcd_ask(a->etcd, to->where, d);
	} else
		witness_ask(a, to->where, d);
	snprintf(a->where, sizeof(a->where), "%s", to->where);
}

const char *
arbiter_trouble(const struct arbiter *a)
{
	if (a->outbound == NULL)
		return ("");
	return (a->refused != EVOTE_NOT_REFUSED
		? refusal_theirs(a->refused)
		: outbound_trouble(a->outbound, WITNESS));
}
