#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "replica/link/outbound_impl.h"

struct outbound *
outbound_new(const unsigned char cluster_key[32],
    const struct outbound_peer *peers, int n, int self,
    const struct outbound_hooks *hooks)
{
	struct outbound *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return (NULL);
	memcpy(p->key, cluster_key, sizeof(p->key));
	tls_pin(cluster_key, p->pin);
	p->hooks = *hooks;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->links = calloc(EVOTE_HOSTS_MAX, sizeof(*p->links));
	if (p->epoll < 0 || p->links == NULL)
		goto fail;
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++)
		link_none(p, i);
	for (int i = 0; i < n; i++) {
		if (i != self && link_init(&p->links[i], &peers[i]) != 0)
			goto fail;
	}
	if ((p->self = strdup(peers[self].name)) == NULL)
		goto fail;
	return (p);

fail:
	log_alarm("links cannot be made why=\"%s\"", strerror(errno));
	outbound_free(p);
	return (NULL);
}

void
outbound_free(struct outbound *p)
{
	if (p == NULL)
		return;
	for (int i = 0; p->links != NULL && i < EVOTE_HOSTS_MAX; i++)
		link_clear(&p->links[i]);
	free(p->links);
	free(p->self);
	if (p->epoll >= 0)
		close(p->epoll);
	free(p);
}

void
outbound_host(struct outbound *p, int peer, const struct outbound_peer *who)
{
	struct link *l = &p->links[peer];

	if (link_leads_to(l, who))
		return;
	link_clear(l);
	if (who->host != NULL && link_init(l, who) != 0)
		link_clear(l); /* without memory: told again with the next
				  configuration */
}

int
outbound_fd(struct outbound *p)
{
	return (p->epoll);
}

int
outbound_wait_ms(struct outbound *p, uint64_t now_ms)
{
	uint64_t due = NEVER;

	for (int i = 0; i < EVOTE_HOSTS_MAX; i++) {
		const struct link *l = &p->links[i];

		if (l->ended || l->port_refuses || line_pending(&l->line))
			return (0);
		if (l->due < due)
			due = l->due;
	}
	if (due == NEVER)
		return (-1);
	if (due <= now_ms)
		return (0);
	return (due - now_ms < INT_MAX ? (int)(due - now_ms) : INT_MAX);
}

void
outbound_run(struct outbound *p, uint64_t now_ms)
{
	struct epoll_event ready[2 * EVOTE_HOSTS_MAX];
	int n;

	p->now = now_ms;
	n = epoll_wait(p->epoll, ready, 2 * EVOTE_HOSTS_MAX, 0);
	for (int i = 0; i < n; i++) {
		struct link *l = &p->links[ready[i].data.u64 >> 1];

		if ((ready[i].data.u64 & 1) != 0)
			link_answered(l);
		else
			link_ready(l, ready[i].events);
	}
	/* Of what TLS has already taken from the socket that tells nothing. */
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++) {
		if (line_pending(&p->links[i].line))
			link_ready(&p->links[i], EPOLLIN);
	}
	/* After a stall: what has come in counts before what took too long. */
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++) {
		if (p->links[i].due <= now_ms)
			link_due(&p->links[i]);
	}
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++)
		link_tell(&p->links[i]);
}

int
outbound_call(struct outbound *p, int peer, const struct message *m)
{
	struct link *l = &p->links[peer];

	if (l->state != LINK_UP && l->state != LINK_UNWELCOME)
		return (-1);
	if (link_unsent(l) > UNSENT_MAX) {
		link_end(l, LOG_L_ALARM, "it does not take what is sent");
		return (-1);
	}
	return (call_send(l, m));
}

const char *
outbound_name(const struct outbound *p, int peer)
{
	return (p->links[peer].name);
}

const char *
outbound_trouble(const struct outbound *p, int peer)
{
	return (p->links[peer].why);
}

void
outbound_reset(struct outbound *p, int peer)
{
	struct link *l = &p->links[peer];

	if (l->state == LINK_UP)
		link_end(l, LOG_L_INFO, "ended on this side");
}

void
outbound_hurry(struct outbound *p, int peer, uint64_t now_ms)
{
	struct link *l = &p->links[peer];

	/* One that was refused for good waits longest, whoever calls. */
	if (l->state != LINK_CLOSED || l->due > now_ms + RETRY_MAX_MS)
		return;
	l->retry_ms = 0;
	l->due = now_ms;
}
