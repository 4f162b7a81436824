#include "server/preflight.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/now.h"
#include "common/rpc/address.h"
#include "server/preflight_data.h"

#define LOOKUP_MS 5000
#define SPACE_LEAST \
	(64u << 20) /* twice what a host needs to come back: events.c */

/* ---- hosts and their addresses ---- */

/* Whether this machine has that address: only then can it be bound. */
static int
address_is_own(const struct address *a)
{
	struct sockaddr_storage sa;
	socklen_t len = address_port(a, 0, &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int own = fd != -1 && bind(fd, (struct sockaddr *)&sa, len) == 0;

	if (fd != -1)
		close(fd);
	return (own);
}

static void
host_look(struct preflight *p, int i)
{
	const struct host *h = &p->conf->hosts.list[i];
	struct address found_at[ADDRESS_MAX];
	int n, own = 0;

	n = address_find(h->address, now_ms() + LOOKUP_MS, found_at);
	if (n <= 0) {
		found(p, FOUND_WRONG, "host",
		    "%s: the name %s %s; correct the hosts list or the "
		    "resolver",
		    h->name, h->address,
		    n < 0 ? "has no address" : "could not be looked up");
		return;
	}
	for (int k = 0; k < n; k++)
		own |= address_is_own(&found_at[k]);
	if (i == p->conf->self && !own)
		found(p, FOUND_NOTE, "host",
		    "%s is this host, but %s is no address of this machine; "
		    "fine behind a translation of addresses, else correct the "
		    "hosts list or the name",
		    h->name, h->address);
	else if (i != p->conf->self && own)
		found(p, FOUND_NOTE, "host",
		    "%s is another host, but %s is an address of this "
		    "machine; fine for a trial of both on one, else correct "
		    "the hosts list",
		    h->name, h->address);
	else
		found(p, FOUND_OK, "host", "%s is %s%s", h->name, h->address,
		    i == p->conf->self ? ", this machine" : "");
}

/* ---- ports ---- */

/* 0, or the errno of binding it. */
static int
port_try(int family, int port)
{
	struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct sockaddr_in in4 = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int on = 1, rc, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return (0); /* a family that this machine lacks */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	rc = family == AF_INET6
	    ? bind(fd, (struct sockaddr *)&in6, sizeof(in6))
	    : bind(fd, (struct sockaddr *)&in4, sizeof(in4));
	rc = rc == 0 && listen(fd, 1) == 0 ? 0 : errno;
	close(fd);
	return (rc == EAFNOSUPPORT || rc == EADDRNOTAVAIL ? 0 : rc);
}

static void
port_look(struct preflight *p)
{
	int port = p->conf->hosts.list[p->conf->self].port, why;

	if (port == 0) {
		found(p, FOUND_OK, "port", "Any free port is taken");
		return;
	}
	if ((why = port_try(AF_INET, port)) == 0)
		why = port_try(AF_INET6, port);
	if (why == 0)
		found(p, FOUND_OK, "port", "Port %d is free", port);
	else if (why == EADDRINUSE && p->running)
		found(p, FOUND_OK, "port",
		    "Port %d is in use, as it is while the server runs", port);
	else
		found(p, FOUND_WRONG, "port",
		    "Port %d cannot be used: %s; stop what uses it, or give "
		    "this host another one in every hosts list",
		    port, strerror(why));
}

static int
unix_connects(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	rc = fd == -1 ? -1 : connect(fd, (struct sockaddr *)&un, sizeof(un));
	if (fd != -1)
		close(fd);
	return (rc == 0);
}

static void
portmap_look(struct preflight *p)
{
	if (p->conf->witness || !p->conf->portmap)
		return;
	if (unix_connects("/run/rpcbind.sock") ||
	    unix_connects("/var/run/rpcbind.sock"))
		found(p, FOUND_OK, "rpcbind", "The portmapper answers");
	else
		found(p,
		    p->conf->hosts.list[p->conf->self].port == 0 ? FOUND_WRONG
								 : FOUND_NOTE,
		    "rpcbind",
		    "The portmapper of this machine does not answer, so "
		    "clients do not find the server there; start rpcbind, or "
		    "set no-portmap and a port");
}

static void
socket_look(struct preflight *p)
{
	const char *path = p->conf->admin_socket;
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	if (p->conf->witness)
		return;
	if (strlen(path) >= sizeof(dir)) {
		found(p, FOUND_WRONG, "socket",
		    "The path of the operators' socket is too long: %s; set a "
		    "shorter admin-socket",
		    path);
		return;
	}
	snprintf(dir, sizeof(dir), "%s", path);
	if ((slash = strrchr(dir, '/')) != NULL)
		slash[slash == dir] = '\0';
	if (!p->running && unix_connects(path))
		found(p, FOUND_WRONG, "socket",
		    "Another process listens at %s; stop it, or set another "
		    "admin-socket",
		    path);
	else if (access(slash != NULL ? dir : ".", W_OK) == 0)
		found(p, FOUND_OK, "socket", "Operators reach it at %s", path);
	else if (strncmp(dir, "/run/", 5) == 0 && errno == ENOENT)
		found(p, FOUND_NOTE, "socket",
		    "%s is not there; systemd makes it when the service "
		    "starts",
		    dir);
	else
		found(p, FOUND_WRONG, "socket",
		    "%s cannot be written: %s; %s the server's user, or set "
		    "another admin-socket",
		    dir, strerror(errno),
		    errno == ENOENT ? "make that directory for"
				    : "give that directory to");
}

static void
space_look(struct preflight *p)
{
	uint64_t bytes;
	struct statvfs v;

	if (statvfs(p->conf->data, &v) == -1)
		return;
	bytes = (uint64_t)v.f_bavail * v.f_frsize;
	found(p, bytes < SPACE_LEAST ? FOUND_WRONG : FOUND_OK, "space",
	    "%" PRIu64 " MB are free for the ledger%s", bytes >> 20,
	    bytes < SPACE_LEAST ? ": too few for an election; make room" : "");
}

static void
clock_look(struct preflight *p)
{
	struct timex t = {0};
	int state = adjtimex(&t);

	if (state == -1 || state == TIME_ERROR || (t.status & STA_UNSYNC))
		found(p, FOUND_NOTE, "clock",
		    "The kernel does not say that this clock is synchronized; "
		    "elections close by it: run chrony or another NTP client");
	else
		found(p, FOUND_OK, "clock",
		    "The clock is synchronized, to %ld us", t.maxerror);
}

int
preflight_run(const struct conf *conf)
{
	struct preflight p = {.conf = conf};

	for (int i = 0; i < conf->hosts.n; i++)
		host_look(&p, i);
	preflight_data(&p);
	space_look(&p);
	port_look(&p);
	portmap_look(&p);
	socket_look(&p);
	clock_look(&p);
	if (p.wrong == 0) {
		printf(p.running ? "Nothing is wrong, and %s runs already: "
				   "`evote_client status` says how it is.\n"
				 : "Nothing is wrong: %s can be started.\n",
		    conf->name);
		return (0);
	}
	printf("%d thing%s wrong: put %s right before the start.\n", p.wrong,
	    p.wrong == 1 ? " is" : "s are", p.wrong == 1 ? "it" : "them");
	return (EXIT_TROUBLE);
}
