#include "server/preflight.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/now.h"
#include "common/rpc/address.h"
#include "common/seal.h"
#include "server/store/datadir.h"
#include "server/store/files.h"
#include "server/store/host_key.h"
#include "server/store/format.h"
#include "server/store/mark.h"
#include "server/store/secrets.h"
#include "server/store/view.h"

#define REJOIN	  "move the directory aside and let this host join again"
#define LOOKUP_MS 5000
#define SPACE_LEAST \
	(64u << 20) /* twice what a host needs to come back: events.c */

struct preflight {
	const struct conf *conf;
	int wrong;
	int running; /* a server uses the directory */
};

enum finding { FOUND_OK, FOUND_NOTE, FOUND_WRONG };

__attribute__((format(printf, 4, 5))) static void
found(
    struct preflight *p, enum finding f, const char *what, const char *fmt, ...)
{
	static const char *const words[] = {"ok", "note", "WRONG"};
	va_list ap;

	p->wrong += f == FOUND_WRONG;
	printf("%-5s  %-7s  ", words[f], what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	puts(".");
}

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

/* ---- the data directory ---- */

/* What root has made in it is the usual mistake; else this is to be done. */
static void
data_wrong(struct preflight *p, const char *why, const char *todo)
{
	char user[64], group[64], give[FILES_PATH + 200];

	files_user(user, group, sizeof(user));
	snprintf(give, sizeof(give),
	    "; give all of it to the server's user: chown -R %s:%s %s", user,
	    group, p->conf->data);
	found(p, FOUND_WRONG, "data", "%s%s", why,
	    strstr(why, strerror(EACCES)) != NULL ? give : todo);
}

static void
key_look(struct preflight *p, enum format_state state)
{
	unsigned char own[32], given[32];
	char path[FILES_PATH], err[512];

	if (p->conf->cluster_key == NULL) {
		if (state == FORMAT_EMPTY)
			found(p, FOUND_WRONG, "key",
			    "An empty directory joins only with the cluster's "
			    "key: set cluster-key");
		return;
	}
	files_path(p->conf->data, "cluster.key", path, sizeof(path));
	if (datadir_key(p->conf->cluster_key, given, err, sizeof(err)) == -1)
		found(p, FOUND_WRONG, "key", "%s", err);
	else if (state == FORMAT_WHOLE &&
	    datadir_key(path, own, err, sizeof(err)) == 0 &&
	    !seal_equal(own, given, sizeof(own)))
		found(p, FOUND_WRONG, "key",
		    "%s is the key of another cluster than %s; name the right "
		    "key, or an empty directory",
		    p->conf->cluster_key, path);
	else
		found(p, FOUND_OK, "key", "%s is a cluster's key",
		    p->conf->cluster_key);
}

/* As root asks, whom the package has the server run as; NULL: nobody else. */
static const struct passwd *
service_user(void)
{
	const struct passwd *u = geteuid() == 0 ? getpwnam("evote") : NULL;

	return (u != NULL && u->pw_uid != 0 ? u : NULL);
}

/* Whose the data are, or will be. */
static uid_t
server_uid(const struct preflight *p)
{
	const struct passwd *u = service_user();
	struct stat st;

	if (stat(p->conf->data, &st) == 0 && (st.st_uid != 0 || u == NULL))
		return (st.st_uid);
	return (u != NULL ? u->pw_uid : geteuid());
}

static void
secrets_find(struct preflight *p)
{
	uid_t owner = server_uid(p);
	const struct passwd *u = getpwuid(owner);
	struct secret found_in[SECRETS];
	int n;

	n = secrets_look(p->conf->data, p->conf->cluster_key, owner, found_in);
	for (int i = 0; i < n; i++)
		found(p, FOUND_WRONG, "secret",
		    "%s %s; it has to be the server's alone: chown %s %s && "
		    "chmod 600 %s",
		    found_in[i].path, found_in[i].doubt,
		    u != NULL ? u->pw_name : "evote", found_in[i].path,
		    found_in[i].path);
}

static void
claim_look(struct preflight *p, struct view *v, const unsigned char mark[MARK])
{
	struct view_claim claim;
	char err[512];

	if (view_claim(v, &claim, err, sizeof(err)) == -1)
		data_wrong(p, err, "");
	else if (claim.marked && !seal_equal(mark, claim.mark, MARK))
		found(p, FOUND_WRONG, "data",
		    "The ledger was made with another cluster's key than "
		    "%s/cluster.key: put that key back, or give the new "
		    "cluster an empty directory",
		    p->conf->data);
	else if (view_accepted(&claim) > view_size(v))
		found(p, FOUND_WRONG, "data",
		    "The ledger has %" PRIu64 " records, and this host has "
		    "accepted %" PRIu64 ": it is an old one; " REJOIN,
		    view_size(v), view_accepted(&claim));
	else
		found(p, FOUND_OK, "data",
		    "%s has %" PRIu64 " records, of this version's format; "
		    "only the start verifies them",
		    p->conf->data, view_size(v));
}

static void
whole_look(struct preflight *p)
{
	char path[FILES_PATH], err[1024];
	unsigned char key[32], mark[MARK];
	struct view *v;
	int rc;

	files_path(p->conf->data, "cluster.key", path, sizeof(path));
	rc = datadir_key(path, key, err, sizeof(err));
	if (rc == 0) {
		mark_of(key, mark);
		rc = host_key_read(p->conf->data, key, err, sizeof(err));
	}
	explicit_bzero(key, sizeof(key));
	if (rc == -1) {
		data_wrong(p, err, "");
		return;
	}
	v = view_open(p->conf->data, p->conf->data, REJOIN, err, sizeof(err));
	if (v != NULL) {
		claim_look(p, v, mark);
		view_close(v);
		return;
	}
	p->running = strstr(err, "is in use by process") != NULL;
	if (p->running)
		found(p, FOUND_NOTE, "data",
		    "A server is running with this directory");
	else
		data_wrong(p, err, "");
}

/* Who looks need not be who will run. */
static void
owner_look(struct preflight *p)
{
	const struct passwd *u = service_user();
	char user[64], group[64];
	struct stat st;

	if (stat(p->conf->data, &st) != 0)
		return;
	if (st.st_uid == 0 && u != NULL) {
		files_user(user, group, sizeof(user));
		found(p, FOUND_NOTE, "data",
		    "%s belongs to root, and the package runs the server as "
		    "%s: for that give all of it to this user: chown -R "
		    "%s:%s %s",
		    p->conf->data, user, user, group, p->conf->data);
	} else if (st.st_uid != geteuid())
		found(p, FOUND_NOTE, "data",
		    "%s belongs to another user than the one who asks: run "
		    "this check as that user",
		    p->conf->data);
}

static void
missing_look(struct preflight *p)
{
	char user[64], group[64];

	files_user(user, group, sizeof(user));
	found(p, FOUND_WRONG, "data",
	    "%s is not there; make it: install -d -o %s -g %s -m 700 %s. Only "
	    "the first host of a new cluster has init make it",
	    p->conf->data, user, group, p->conf->data);
}

static void
data_look(struct preflight *p)
{
	const char *path = p->conf->data;
	enum format_state state = format_look(path);
	int error = errno;
	char why[1024];

	switch (state) {
	case FORMAT_UNREADABLE:
		snprintf(why, sizeof(why), "%s cannot be read: %s", path,
		    strerror(error));
		if (error == ENOENT)
			missing_look(p);
		else
			data_wrong(p, why, "; set data to a directory");
		return;
	case FORMAT_HALF:
		found(p, FOUND_WRONG, "data",
		    "%s is not empty, and is no data directory (or making one "
		    "was interrupted): move its contents elsewhere",
		    path);
		return;
	case FORMAT_EMPTY:
		found(p, FOUND_OK, "data", "%s is empty: %s", path,
		    p->conf->witness ? "this witness is a new one"
				     : "this host will join");
		break;
	case FORMAT_WHOLE:
		whole_look(p);
		break;
	}
	owner_look(p);
	if (access(path, W_OK | X_OK) == -1) {
		snprintf(why, sizeof(why), "%s cannot be written: %s", path,
		    strerror(errno));
		data_wrong(p, why, "; mount it for writing");
	}
	key_look(p, state);
	secrets_find(p);
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
	data_look(&p);
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
