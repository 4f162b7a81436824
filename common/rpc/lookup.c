#include "common/rpc/caller.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <rpc/pmap_prot.h>
#include <stdio.h>
#include <unistd.h>

#include "common/now.h"
#include "common/rpc/address.h"
#include "common/rpc/deadline.h"
#include "common/rpc/inquiry.h"

/* Where a server is: the addresses of a name, and the portmapper's port. */

/* ---- names ---- */

static int
addresses_find(const char *host, uint64_t deadline_ms,
    struct address found[ADDRESS_MAX], enum caller_fault *fault)
{
	int n = address_find(host, deadline_ms, found);

	*fault = n > 0 ? CALLER_NONE
	    : n == 0   ? CALLER_NAME_LATE
		       : CALLER_NAME_UNKNOWN;
	return (n);
}

int
caller_addresses(const char *host, uint64_t deadline_ms, char *out, size_t len,
    caller_progress *at)
{
	struct address found[ADDRESS_MAX];
	enum caller_fault fault;
	char one[NI_MAXHOST];
	size_t written = 0;
	int i, n;

	*at = CALLER_NAME_LATE;
	n = addresses_find(host, deadline_ms, found, &fault);
	*at = fault;
	for (i = 0; i < n && written < len; i++)
		if (getnameinfo((struct sockaddr *)&found[i].sa, found[i].len,
			one, sizeof(one), NULL, 0, NI_NUMERICHOST) == 0)
			written +=
			    (size_t)snprintf(out + written, len - written,
				"%s%s", written > 0 ? ", " : "", one);
	return (n > 0 ? 0 : -1);
}

void
caller_why(enum caller_fault fault, const char *host, char *out, size_t len)
{
	static const char *const words[] = {
	    [CALLER_NONE] = "it could not be asked",
	    [CALLER_NO_ROUTE] = "no network route leads to it",
	    [CALLER_PORTMAP_SILENT] = "its portmapper does not answer",
	    [CALLER_PORTMAP_REFUSED] = "no portmapper (rpcbind) runs there",
	    [CALLER_PROGRAM_UNKNOWN] = "its portmapper knows no evote server",
	};

	if (fault == CALLER_NAME_LATE || fault == CALLER_NAME_UNKNOWN)
		snprintf(out, len, "no address is known for %.200s%s", host,
		    fault == CALLER_NAME_LATE ? ": DNS does not answer" : "");
	else
		snprintf(out, len, "%s", words[fault]);
}

/* ---- the portmapper ---- */

static enum caller_fault
fault_of(int error)
{
	if (error == ECONNREFUSED)
		return (CALLER_PORTMAP_REFUSED);
	if (error == ENETUNREACH || error == EHOSTUNREACH)
		return (CALLER_NO_ROUTE);
	return (CALLER_PORTMAP_SILENT);
}

/* The same asked of each address of a host, all at once. */
struct canvass {
	struct inquiry asked[ADDRESS_MAX];
	struct pollfd fds[ADDRESS_MAX]; /* -1: that one has ended */
	nfds_t n;
	enum caller_fault worst; /* of those that ended */
};

/* Whoever answered knows best; a refusal says more than a missing route. */
static void
canvass_end(struct canvass *v, nfds_t i, enum caller_fault fault)
{
	if (v->fds[i].fd >= 0)
		close(v->fds[i].fd);
	v->fds[i].fd = -1;
	if (fault > v->worst)
		v->worst = fault;
}

/* Asks that address as well. */
static void
canvass_add(struct canvass *v, const struct address *a, uint32_t xid,
    uint32_t prog, uint32_t vers)
{
	struct sockaddr_storage sa;
	socklen_t len = address_port(a, PMAPPORT, &sa);
	nfds_t i = v->n++;

	v->asked[i] = (struct inquiry){sa.ss_family, xid, prog, vers};
	v->fds[i].events = POLLIN;
	v->fds[i].fd =
	    socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (v->fds[i].fd < 0 ||
	    connect(v->fds[i].fd, (struct sockaddr *)&sa, len) != 0)
		canvass_end(v, i, fault_of(errno));
}

/* Whether one of them may still answer. */
static int
canvass_open(const struct canvass *v)
{
	nfds_t i;

	for (i = 0; i < v->n; i++)
		if (v->fds[i].fd >= 0)
			return (1);
	return (0);
}

static void
canvass_send(struct canvass *v)
{
	char out[INQUIRY_MAX];
	size_t len;
	nfds_t i;

	for (i = 0; i < v->n; i++) {
		if (v->fds[i].fd < 0)
			continue;
		len = inquiry_encode(&v->asked[i], out, sizeof(out));
		if (send(v->fds[i].fd, out, len, MSG_NOSIGNAL) < 0)
			canvass_end(v, i, fault_of(errno));
	}
}

/* The port, or 0: not from this one, or not yet. */
static int
canvass_receive(struct canvass *v, nfds_t i)
{
	char in[INQUIRY_REPLY_MAX];
	ssize_t n = recv(v->fds[i].fd, in, sizeof(in), 0);
	int port;

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		canvass_end(v, i, fault_of(errno));
	if (n <= 0 || (port = inquiry_decode(&v->asked[i], in, (size_t)n)) < 0)
		return (0);
	if (port == 0)
		canvass_end(v, i, CALLER_PROGRAM_UNKNOWN);
	return (port);
}

/* Until a port is known, or that time. */
static int
canvass_wait(struct canvass *v, uint64_t until_ms)
{
	int left, port = 0;
	nfds_t i;

	while (port == 0 && canvass_open(v) &&
	    (left = deadline_left_ms(until_ms)) > 0) {
		if (poll(v->fds, v->n, left) <= 0)
			continue;
		for (i = 0; i < v->n && port == 0; i++)
			if (v->fds[i].fd >= 0 && v->fds[i].revents != 0)
				port = canvass_receive(v, i);
	}
	return (port);
}

/* Repeats the question until it is answered; 0: *fault. */
static int
canvass_take(struct canvass *v, uint64_t deadline_ms, caller_progress *fault)
{
	uint64_t until, wait = 60;
	int port = 0;
	nfds_t i;

	/* After a "no" the other addresses have what is left of this turn. */
	while (port == 0 && canvass_open(v) &&
	    v->worst != CALLER_PROGRAM_UNKNOWN &&
	    deadline_left_ms(deadline_ms) > 0) {
		canvass_send(v);
		until = now_ms() + wait;
		port =
		    canvass_wait(v, until < deadline_ms ? until : deadline_ms);
		wait *= 2;
	}
	if (port != 0)
		*fault = CALLER_NONE;
	else if (!canvass_open(v) || v->worst == CALLER_PROGRAM_UNKNOWN)
		*fault = v->worst;
	for (i = 0; i < v->n; i++)
		if (v->fds[i].fd >= 0)
			close(v->fds[i].fd);
	return (port);
}

int
caller_port(const char *host, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, caller_progress *at)
{
	uint32_t xid = (uint32_t)now_ms() ^ (uint32_t)getpid() << 16;
	uint64_t began = now_ms(), named;
	struct canvass v = {.worst = CALLER_NONE};
	struct address found[ADDRESS_MAX];
	enum caller_fault fault;
	int i, n;

	*at = CALLER_NAME_LATE;
	n = addresses_find(host, deadline_ms, found, &fault);
	if (n <= 0) {
		*at = fault;
		return (0);
	}
	named = now_ms() - began;
	if (named < (uint64_t)deadline_left_ms(deadline_ms))
		*at = CALLER_PORTMAP_SILENT;
	for (i = 0; i < n; i++)
		canvass_add(&v, &found[i], xid + (uint32_t)i, prog, vers);
	return (canvass_take(&v, deadline_ms, at));
}
