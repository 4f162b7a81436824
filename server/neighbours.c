#include "server/neighbours.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/rpc/address.h"

#define ASK_MS 60000

struct neighbours {
	const struct hosts *hosts;
	int self;
	struct transport *transport;
	uint64_t asked_ms;
	int fd[EVOTE_HOSTS_MAX]; /* where an answer will come, or -1 */
};

static void
expect(struct transport *t, const struct address *found, int n)
{
	while (n-- > 0)
		transport_expect(t, (const struct sockaddr *)&found[n].sa);
}

static void
host_ask(struct neighbours *n, int i)
{
	struct address found[ADDRESS_MAX];
	const char *host = n->hosts->list[i].address;
	int numeric = address_numeric(host, found);

	expect(n->transport, found, numeric);
	if (numeric == 0 && n->fd[i] == -1)
		n->fd[i] = address_ask(host);
}

static void
hosts_ask(struct neighbours *n, uint64_t now_ms)
{
	n->asked_ms = now_ms;
	for (int i = 0; i < n->hosts->n; i++)
		if (i != n->self)
			host_ask(n, i);
}

struct neighbours *
neighbours_new(
    const struct hosts *hosts, int self, struct transport *t, uint64_t now_ms)
{
	struct neighbours *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return (NULL);
	n->hosts = hosts;
	n->self = self;
	n->transport = t;
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++)
		n->fd[i] = -1;
	hosts_ask(n, now_ms);
	return (n);
}

void
neighbours_free(struct neighbours *n)
{
	if (n == NULL)
		return;
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++)
		if (n->fd[i] != -1)
			close(n->fd[i]);
	free(n);
}

static void
answer_take(struct neighbours *n, int i)
{
	struct address found[ADDRESS_MAX];
	struct pollfd p = {.fd = n->fd[i], .events = POLLIN};

	if (n->fd[i] == -1 || poll(&p, 1, 0) != 1)
		return;
	expect(n->transport, found, address_answer(n->fd[i], found));
	close(n->fd[i]);
	n->fd[i] = -1;
}

void
neighbours_run(struct neighbours *n, uint64_t now_ms)
{
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++)
		answer_take(n, i);
	if (now_ms - n->asked_ms >= ASK_MS)
		hosts_ask(n, now_ms);
}
