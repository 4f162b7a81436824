/*
 * portmap: against an rpcbind of its own, in a network and mount namespace of
 * its own.  Skipped without root or rpcbind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <pwd.h>
#include <rpc/rpc.h>
#include <rpc/rpcb_prot.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/now.h"
#include "common/rpc/caller.h"
#include "common/rpc/portmap.h"
#include "common/rpc/transport.h"
#include "evote.h"

#define RPCBIND	    "/sbin/rpcbind"
#define OUR_PORT    2222 /* 8 * 256 + 174 */
#define OURS	    "0.0.0.0.8.174"
#define OURS6	    "::.8.174"
#define OTHER	    "0.0.0.0.8.175" /* nobody listens there */
#define ASK_MS	    700		    /* portmap.c waits for an answer */
#define PATIENCE_MS 6000	    /* two looks */
#define NOTHING	    ((xdrproc_t)(void (*)(void))xdr_void)

struct world {
	pid_t rpcbind;
	pid_t other; /* somebody else's server */
	int log_fd;  /* what went to standard error */
};

/* ---- rpcbind, as the test sees it ---- */

static CLIENT *
rpcbind_open(void)
{
	char err[128];

	return (caller_unix(_PATH_RPCBINDSOCK, RPCBPROG, RPCBVERS,
	    now_ms() + 1000, err, sizeof(err)));
}

/* The address registered, or "". */
static void
entry_get(uint32_t prog, const char *netid, char out[64])
{
	struct timeval tv = {1, 0};
	rpcblist_ptr list = NULL, l;
	CLIENT *clnt = rpcbind_open();

	out[0] = '\0';
	if (clnt == NULL)
		return;
	caller_deadline(clnt, now_ms() + 1000);
	(void)clnt_call(clnt, RPCBPROC_DUMP, NOTHING, NULL,
	    (xdrproc_t)xdr_rpcblist_ptr, (char *)&list, tv);
	for (l = list; l != NULL; l = l->rpcb_next)
		if (l->rpcb_map.r_prog == prog &&
		    strcmp(l->rpcb_map.r_netid, netid) == 0)
			snprintf(out, 64, "%s", l->rpcb_map.r_addr);
	xdr_free((xdrproc_t)xdr_rpcblist_ptr, &list);
	clnt_destroy(clnt);
}

static void
entry_put(uint32_t prog, char *netid, char *addr)
{
	char owner[] = "";
	RPCB e = {prog, 1, netid, addr, owner};
	struct timeval tv = {1, 0};
	CLIENT *clnt = rpcbind_open();
	bool_t done = FALSE;

	assert_non_null(clnt);
	caller_deadline(clnt, now_ms() + 1000);
	(void)clnt_call(clnt, RPCBPROC_UNSET, (xdrproc_t)xdr_rpcb, (char *)&e,
	    (xdrproc_t)xdr_bool, (char *)&done, tv);
	(void)clnt_call(clnt, RPCBPROC_SET, (xdrproc_t)xdr_rpcb, (char *)&e,
	    (xdrproc_t)xdr_bool, (char *)&done, tv);
	assert_true(done);
	clnt_destroy(clnt);
}

static bool
entry_is(uint32_t prog, const char *netid, const char *addr)
{
	char found[64];

	entry_get(prog, netid, found);
	return (strcmp(found, addr) == 0);
}

static void
expect_entry(uint32_t prog, const char *netid, const char *addr)
{
	uint64_t deadline = now_ms() + PATIENCE_MS;

	while (!entry_is(prog, netid, addr)) {
		if (now_ms() > deadline)
			fail_msg("%s does not become \"%s\"", netid, addr);
		usleep(20000);
	}
}

static void
expect_both(uint32_t prog, const char *addr, const char *addr6)
{
	expect_entry(prog, "tcp", addr);
	expect_entry(prog, "tcp6", addr6);
}

static pid_t
rpcbind_start(void)
{
	pid_t pid = fork();
	CLIENT *clnt;
	int i;

	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(RPCBIND, RPCBIND, "-f", (char *)NULL);
		_exit(127);
	}
	for (i = 0; i < 100; i++) {
		clnt = rpcbind_open();
		if (clnt != NULL) {
			clnt_destroy(clnt);
			return (pid);
		}
		usleep(20000);
	}
	fail_msg("rpcbind does not start");
	return (-1);
}

static void
child_kill(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

/* ---- somebody else's server ---- */

static void
other_dispatch(struct svc_req *req, SVCXPRT *xprt)
{
	(void)svc_sendreply(xprt, NOTHING, NULL);
}

/* Answers for prog on a port of its own, which is returned, until killed. */
static pid_t
other_start(uint32_t prog, int *port)
{
	struct transport_config config = {.max_conns = 10,
	    .max_call = 10000,
	    .max_in_flight = 10,
	    .max_unsent = 10000,
	    .max_stranger_call = EVOTE_CALL_MAX,
	    .max_memory = 64 << 20,
	    .turn_calls = 1000,
	    .turn_us = 1000000,
	    .proof_ms = 60000,
	    .partial_ms = 60000,
	    .idle_ms = 60000};
	struct transport *t = transport_new(&config);
	struct pollfd p;
	pid_t pid;

	assert_non_null(t);
	transport_offer(t, DOOR_NETWORK, prog, 1, other_dispatch, NULL);
	*port = transport_listen_tcp(t, 0);
	assert_true(*port > 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0) {
		transport_free(t);
		return (pid);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (p = (struct pollfd){transport_fd(t), POLLIN, 0};;) {
		poll(&p, 1, 1000);
		transport_run(t, now_ms());
	}
}

/* ---- what is logged ---- */

static int
log_count(const struct world *w, const char *what)
{
	static char text[65536];
	ssize_t n = pread(w->log_fd, text, sizeof(text) - 1, 0);
	const char *at = text;
	int count = 0;

	assert_true(n >= 0);
	text[n] = '\0';
	while ((at = strstr(at, what)) != NULL) {
		at++;
		count++;
	}
	return (count);
}

/* Makes it look again without waiting. */
static void
look_again(struct portmap *p, int *serving)
{
	*serving = !*serving;
	portmap_serving(p, *serving);
	expect_entry(EVOTE_PROBE_PROG, "tcp6", *serving ? OURS6 : "");
}

/* ---- tests ---- */

static void
test_registers(void **state)
{
	struct world *w = *state;
	struct portmap *p = portmap_start(OUR_PORT);
	caller_progress fault;
	uint64_t start;

	assert_non_null(p);
	expect_both(EVOTE_PROG, OURS, OURS6);
	assert_true(entry_is(EVOTE_PROBE_PROG, "tcp", ""));
	assert_int_equal(caller_port("127.0.0.1", EVOTE_PROG, EVOTE_V1,
			     now_ms() + 1000, &fault),
	    OUR_PORT);
	assert_int_equal(
	    caller_port("::1", EVOTE_PROG, EVOTE_V1, now_ms() + 1000, &fault),
	    OUR_PORT);
	assert_int_equal(
	    0, caller_port("::1", 0x20001234, 1, now_ms() + 1000, &fault));
	assert_int_equal(CALLER_PROGRAM_UNKNOWN, fault);
	start = now_ms();
	portmap_serving(p, 1);
	expect_both(EVOTE_PROBE_PROG, OURS, OURS6);
	assert_true(now_ms() - start < 1000); /* not at the next look */
	portmap_serving(p, 0);
	expect_both(EVOTE_PROBE_PROG, "", "");
	portmap_serving(p, 1);
	expect_both(EVOTE_PROBE_PROG, OURS, OURS6);
	portmap_stop(p);
	assert_true(entry_is(EVOTE_PROG, "tcp", ""));
	assert_true(entry_is(EVOTE_PROG, "tcp6", ""));
	assert_true(entry_is(EVOTE_PROBE_PROG, "tcp", ""));
	assert_true(entry_is(EVOTE_PROBE_PROG, "tcp6", ""));
	assert_int_equal(log_count(w, "portmap registered prog=evote"), 2);
	assert_int_equal(log_count(w, "portmap registered prog=probe"), 4);
	assert_int_equal(log_count(w, "portmap withdrawn"), 6);
	portmap_stop(NULL);
}

/* What a killed server left behind. */
static void
test_stale(void **state)
{
	char tcp[] = "tcp", other[] = OTHER, odd[] = "no address";
	char tcp6[] = "tcp6";
	struct portmap *p;

	entry_put(EVOTE_PROG, tcp, other);
	entry_put(EVOTE_PROG, tcp6, odd);
	p = portmap_start(OUR_PORT);
	expect_both(EVOTE_PROG, OURS, OURS6);
	portmap_stop(p);
}

static void
test_living(void **state)
{
	struct world *w = *state;
	char tcp[] = "tcp", addr[64];
	int port, i, serving = 0;
	struct portmap *p;

	w->other = other_start(EVOTE_PROG, &port);
	snprintf(addr, sizeof(addr), "0.0.0.0.%d.%d", port >> 8, port & 255);
	entry_put(EVOTE_PROG, tcp, addr);
	p = portmap_start(OUR_PORT);
	expect_entry(EVOTE_PROG, "tcp6", OURS6);
	for (i = 0; i < 4; i++)
		look_again(p, &serving);
	assert_true(entry_is(EVOTE_PROG, "tcp", addr));
	assert_int_equal(log_count(w, "portmap taken prog=evote"), 1);
	child_kill(&w->other);
	expect_both(EVOTE_PROG, OURS, OURS6);
	portmap_stop(p);
}

/* The port has gone to another program since. */
static void
test_reused_port(void **state)
{
	struct world *w = *state;
	char tcp[] = "tcp", addr[64];
	struct portmap *p;
	int port;

	w->other = other_start(EVOTE_PROG + 100, &port);
	snprintf(addr, sizeof(addr), "0.0.0.0.%d.%d", port >> 8, port & 255);
	entry_put(EVOTE_PROG, tcp, addr);
	p = portmap_start(OUR_PORT);
	expect_both(EVOTE_PROG, OURS, OURS6);
	portmap_stop(p);
}

static void
test_rpcbind_restarts(void **state)
{
	struct world *w = *state;
	struct portmap *p;
	int i;

	child_kill(&w->rpcbind);
	p = portmap_start(OUR_PORT);
	assert_non_null(p);
	for (i = 0; i < 10; i++) {
		portmap_serving(p, i % 2 == 0);
		usleep(20000);
	}
	assert_int_equal(log_count(w, "rpcbind=away"), 1);
	w->rpcbind = rpcbind_start();
	expect_both(EVOTE_PROG, OURS, OURS6);
	/* Once more, between two looks: nobody has seen it away. */
	child_kill(&w->rpcbind);
	w->rpcbind = rpcbind_start();
	assert_true(entry_is(EVOTE_PROG, "tcp", ""));
	expect_both(EVOTE_PROG, OURS, OURS6);
	assert_int_equal(log_count(w, "rpcbind=away"), 1);
	assert_int_equal(log_count(w, "portmap registered prog=evote"), 4);
	portmap_stop(p);
}

static void
test_rpcbind_hangs(void **state)
{
	struct world *w = *state;
	struct portmap *p = portmap_start(OUR_PORT);
	uint64_t start;

	expect_both(EVOTE_PROG, OURS, OURS6);
	kill(w->rpcbind, SIGSTOP);
	start = now_ms();
	portmap_serving(p, 1);
	assert_true(now_ms() - start < ASK_MS - 50);
	usleep(100000);
	portmap_serving(p, 0);
	assert_true(now_ms() - start < ASK_MS - 50);
	portmap_stop(p);
	assert_true(now_ms() - start < 3000);
	kill(w->rpcbind, SIGCONT);
}

/* Somebody has taken our place: it is not ours to withdraw. */
static void
test_not_ours(void **state)
{
	struct world *w = *state;
	struct portmap *p = portmap_start(OUR_PORT);
	char tcp[] = "tcp", addr[64];
	int port;

	w->other = other_start(EVOTE_PROG, &port);
	snprintf(addr, sizeof(addr), "0.0.0.0.%d.%d", port >> 8, port & 255);
	expect_both(EVOTE_PROG, OURS, OURS6);
	entry_put(EVOTE_PROG, tcp, addr);
	portmap_stop(p);
	assert_true(entry_is(EVOTE_PROG, "tcp", addr));
	assert_true(entry_is(EVOTE_PROG, "tcp6", ""));
}

/* A primary was killed here, and is now a backup. */
static void
test_left_behind(void **state)
{
	char tcp[] = "tcp", other[] = OTHER;
	struct portmap *p;

	entry_put(EVOTE_PROBE_PROG, tcp, other);
	p = portmap_start(OUR_PORT);
	expect_both(EVOTE_PROG, OURS, OURS6);
	expect_entry(EVOTE_PROBE_PROG, "tcp", "");
	portmap_stop(p);
}

/* ---- the world ---- */

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char path[] = "/tmp/evote-test-XXXXXX";

	w->rpcbind = rpcbind_start();
	w->log_fd = mkstemp(path);
	assert_true(w->log_fd >= 0);
	unlink(path);
	assert_int_equal(dup2(w->log_fd, STDERR_FILENO), STDERR_FILENO);
	*state = w;
	return (0);
}

static int
teardown(void **state)
{
	struct world *w = *state;

	child_kill(&w->other);
	child_kill(&w->rpcbind);
	close(w->log_fd);
	free(w);
	return (0);
}

static int
world_make(void)
{
	struct passwd *pw = getpwnam("_rpc");
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (geteuid() != 0 || access(RPCBIND, X_OK) == -1 ||
	    unshare(CLONE_NEWNS | CLONE_NEWNET) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", "/run", "tmpfs", 0, NULL) == -1 ||
	    mkdir("/run/rpcbind", 0755) == -1)
		return (-1);
	if (pw != NULL && chown("/run/rpcbind", pw->pw_uid, pw->pw_gid) == -1)
		return (-1);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return (-1);
	if (ioctl(fd, SIOCSIFFLAGS, &lo) == -1) {
		close(fd);
		return (-1);
	}
	close(fd);
	return (0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_registers),
	    TEST(test_stale),
	    TEST(test_living),
	    TEST(test_reused_port),
	    TEST(test_rpcbind_restarts),
	    TEST(test_rpcbind_hangs),
	    TEST(test_not_ours),
	    TEST(test_left_behind),
	};
	int rc, saved;

	if (world_make() == -1) {
		printf("skipped: needs root and " RPCBIND "\n");
		return (0);
	}
	/* The tests look at what is logged; cmocka's verdicts go out. */
	saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	cmocka_set_message_output(CM_OUTPUT_SUBUNIT);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	dup2(saved, STDERR_FILENO);
	close(saved);
	return (rc);
}
