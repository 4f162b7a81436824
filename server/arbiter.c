#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "arbiter.h"
#include "config.h"
#include "hosts.h"
#include "log.h"
#include "push.h"

/* A witness is the one peer of a push of its own. */
enum { SELF, WITNESS, PEERS };

struct arbiter {
	unsigned char key[32];
	char self[EVOTE_HOST_MAX + 1];
	arbiter_heard *heard;
	void *arg;
	int epoll;
	char where[EVOTE_TEXT_MAX + 1]; /* whom push is for */
	struct hosts hosts;
	struct push *push; /* NULL: no arbiter, or not asked yet */
};

struct arbiter *
arbiter_new(const unsigned char cluster_key[32], const char *self,
    arbiter_heard *heard, void *arg)
{
	struct arbiter *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return (NULL);
	memcpy(a->key, cluster_key, sizeof(a->key));
	snprintf(a->self, sizeof(a->self), "%s", self);
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
	push_free(a->push);
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
	return (a->push == NULL ? -1 : push_wait_ms(a->push, now_ms));
}

void
arbiter_run(struct arbiter *a, uint64_t now_ms)
{
	if (a->push != NULL)
		push_run(a->push, now_ms);
}

/* ---- a witness ---- */

static void
on_up(void *arg, int peer)
{
}

static void
on_down(void *arg, int peer, int refused)
{
}

static void
on_reply(void *arg, int peer, struct message *m)
{
	struct arbiter *a = arg;

	if (m->kind == SAY_DECIDE)
		a->heard(a->arg, &m->u.decided);
	message_free(m);
}

int
arbiter_check(const evote_arbiter *to, char *err, size_t errlen)
{
	struct hosts hosts;

	if (to->kind == EVOTE_ARBITER_NONE)
		return (0);
	if (hosts_parse(to->where, &hosts, err, errlen) == -1)
		return (-1);
	if (hosts.n == 1 && hosts.list[0].port != 0)
		return (0);
	snprintf(err, errlen, "one NAME=HOST:PORT names a witness");
	return (-1);
}

/* The link of before is of no use any more, if there was one. */
static void
witness_meet(struct arbiter *a, const char *where)
{
	const struct push_hooks hooks = {on_up, on_down, on_reply, a};
	struct push_peer peers[PEERS] = {
	    [SELF] = {.name = a->self, .host = ""}};
	struct epoll_event ev = {.events = EPOLLIN};
	char err[256];

	if (a->push != NULL && strcmp(a->where, where) == 0)
		return;
	push_free(a->push);
	a->push = NULL;
	snprintf(a->where, sizeof(a->where), "%s", where);
	if (hosts_parse(where, &a->hosts, err, sizeof(err)) == -1)
		return;
	peers[WITNESS].name = a->hosts.list[0].name;
	peers[WITNESS].host = a->hosts.list[0].address;
	peers[WITNESS].port = a->hosts.list[0].port;
	a->push = push_new(a->key, peers, PEERS, SELF, &hooks);
	if (a->push == NULL ||
	    epoll_ctl(a->epoll, EPOLL_CTL_ADD, push_fd(a->push), &ev) == 0)
		return;
	log_alarm("arbiter why=\"%s\"", strerror(errno));
	push_free(a->push);
	a->push = NULL;
}

void
arbiter_ask(struct arbiter *a, const evote_arbiter *to, const evote_decide *d)
{
	struct message *m;

	witness_meet(a, to->where);
	if (a->push == NULL || (m = message_new(SAY_DECIDE, 0)) == NULL)
		return;
	m->u.decide = *d;
	(void)push_call(a->push, WITNESS, m);
	m->u.decide.next = NULL;
	message_free(m);
}
