#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/date.h"
#include "common/failpoint.h"
#include "common/log.h"
#include "common/seal.h"
#include "replica/arbiter/arbiter.h"
#include "replica/core/config.h"
#include "replica/core/times.h"
#include "server/budget.h"
#include "server/service.h"
#include "server/store/ledger.h"

/*
 * One thread does everything but what would keep it waiting: the disk, the
 * portmapper, the resolver and etcd have a thread each, and signatures are
 * verified by a few.  Each turn it takes what is ready, carries it out, and at
 * its end stores and sends together what the turn has brought.
 */
#define SPACE_MS  1000
#define PAUSE_MS  1000	      /* between beats: this process did not run */
#define SPACE_MIN (16u << 20) /* bytes free on the ledger's disk: no room */
#define SPACE_MAX (32u << 20) /* and room again */

#define EXIT_TROUBLE 1

static void
look_at_clocks(struct server *s)
{
	struct timespec t;

	/* It goes on while the machine is suspended: that is a stop too. */
	clock_gettime(CLOCK_BOOTTIME, &t);
	s->now_ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	s->wall_us = date_now_us();
}

static void
step(struct server *s, struct event *ev)
{
	ev->now_ms = s->now_ms;
	ev->wall_us = s->wall_us;
	core_step(s->core, ev);
}

/* ---- what the core has done ---- */

/* In builds for tests: what it stores next, nobody else is to have. */
static int
crash_keeps(const struct server *s)
{
	evote_role role = core_role(s->core);

	return ((role == EVOTE_ESTABLISHING || role == EVOTE_PRIMARY) &&
	    crash_due("push-stored"));
}

static uint64_t
do_store(void *arg, struct record *const *recs, uint32_t n, uint64_t accepted)
{
	struct server *s = arg;
	uint64_t job = disk_store(s->disk, recs, n, accepted);

	if (crash_keeps(s)) {
		disk_stop(s->disk);
		crash_at("push-stored");
	}
	return (job);
}

static uint64_t
do_truncate(void *arg, uint64_t size)
{
	return (disk_truncate(((struct server *)arg)->disk, size));
}

static uint64_t
do_load(void *arg, uint64_t from, uint32_t n)
{
	return (disk_load(((struct server *)arg)->disk, from, n));
}

static uint64_t
do_save(void *arg, const evote_config *k)
{
	return (disk_save(((struct server *)arg)->disk, k));
}

static void
do_call(void *arg, int peer, struct message *m)
{
	struct server *s = arg;

	if (m->kind == SAY_APPEND && m->n > 0)
		crash_at("push-before");
	if (!crash_keeps(s))
		(void)push_call(s->push, peer, m);
	if (m->kind == SAY_APPEND)
		crash_at("push-after");
	message_free(m);
}

static void
do_reply(void *arg, uint64_t handle, struct message *m)
{
	if (m->kind == SAY_APPEND)
		crash_at("ack-before");
	(void)inbound_reply(((struct server *)arg)->inbound, handle, m);
	if (m->kind == SAY_APPEND)
		crash_at("ack-after");
	message_free(m);
}

static void
do_reset(void *arg, int peer)
{
	push_reset(((struct server *)arg)->push, peer);
}

/*
 * This host's own list wins over what the cluster was told: a host may be
 * reached otherwise from here, or have moved.
 */
static void
do_host(void *arg, int peer, const char *name, const char *address)
{
	struct server *s = arg;
	int own = hosts_find(&s->conf->hosts, name);
	struct push_peer who = {.name = name};
	struct host h;

	if (own >= 0)
		h = s->conf->hosts.list[own];
	if (address != NULL &&
	    (own >= 0 || hosts_read(name, address, &h) == 0)) {
		who.host = h.address;
		who.port = h.port;
	}
	push_host(s->push, peer, &who);
	inbound_host(s->inbound, peer, name);
}

static void
do_decide(void *arg, const evote_arbiter *to, const evote_decide *d)
{
	arbiter_ask(((struct server *)arg)->arbiter, to, d);
	if (d->next != NULL)
		crash_at("decide-asked");
}

static void
do_serving(void *arg, int yes)
{
	struct server *s = arg;

	if (yes)
		crash_at("serving-begins");
	else
		crash_at("serving-ends");
	if (s->portmap != NULL)
		portmap_serving(s->portmap, yes);
}

static void
do_log(void *arg, int alarm, const char *line)
{
	if (alarm)
		log_alarm("%s", line);
	else
		log_info("%s", line);
}

static void
do_answer(void *arg, uint64_t ticket)
{
	crash_at("answer-before");
	service_answer(arg, ticket);
}

static const struct driver driver = {
    .store = do_store,
    .truncate = do_truncate,
    .load = do_load,
    .save = do_save,
    .decide = do_decide,
    .call = do_call,
    .reply = do_reply,
    .reset = do_reset,
    .host = do_host,
    .answer = do_answer,
    .refuse = service_refuse,
    .serving = do_serving,
    .log = do_log,
};

/* ---- what the core is told ---- */

static void
on_up(void *arg, int peer)
{
	struct event ev = {.kind = EV_LINK_UP, .peer = peer};

	step(arg, &ev);
}

static void
on_down(void *arg, int peer, int refused)
{
	struct event ev = {
	    .kind = EV_LINK_DOWN, .peer = peer, .refused = refused};

	if (!refused || ((struct server *)arg)->conf->refused_proof)
		step(arg, &ev);
}

static void
on_unwelcome(void *arg, int peer, evote_refusal why)
{
	struct event ev = {.kind = EV_REFUSED, .peer = peer, .refusal = why};

	step(arg, &ev);
}

static void
on_reply(void *arg, int peer, struct message *m)
{
	struct event ev = {.kind = EV_REPLY, .peer = peer, .message = m};

	step(arg, &ev);
}

static void
on_decided(void *arg, const evote_decided *d)
{
	struct event ev = {.kind = EV_DECIDED, .decided = d};

	if (d->verdict == EVOTE_GRANTED)
		crash_at("decide-granted");
	step(arg, &ev);
}

/* Whoever takes a host for a witness is told that it is none. */
static void
refuse_to_decide(struct server *s, uint64_t handle)
{
	struct message *m = message_new(SAY_DECIDE, 1);

	if (m == NULL)
		return;
	m->u.decided.verdict = EVOTE_BLANK;
	config_arbiter(&m->u.decided.config, EVOTE_ARBITER_NONE, "");
	(void)inbound_reply(s->inbound, handle, m);
	message_free(m);
}

static void
on_call(void *arg, int peer, uint64_t conn, uint64_t handle, struct message *m)
{
	struct server *s = arg;
	struct event ev = {.kind = EV_CALL,
	    .peer = peer,
	    .conn = conn,
	    .handle = handle,
	    .message = m};

	push_hurry(s->push, peer, s->now_ms);
	if (m->kind != SAY_DECIDE) {
		step(s, &ev);
		return;
	}
	refuse_to_decide(s, handle);
	message_free(m);
}

static int
on_visitor(void *arg, const char *name)
{
	return (core_visitor(((struct server *)arg)->core, name));
}

static void
on_stranger(void *arg, evote_refusal why, uint64_t conn, uint64_t handle,
    struct message *m)
{
	struct event ev = {.kind = EV_STRANGER,
	    .refusal = why,
	    .conn = conn,
	    .handle = handle,
	    .message = m};

	step(arg, &ev);
}

static void
on_caller_gone(void *arg, int peer, uint64_t conn)
{
	struct event ev = {.kind = EV_CALLER_GONE, .peer = peer, .conn = conn};

	step(arg, &ev);
}

static void
on_conn_closed(void *arg, uint64_t conn)
{
	struct server *s = arg;

	if (s->inbound != NULL)
		inbound_closed(s->inbound, conn);
	service_gone(s, conn);
}

struct inbound *
serve_inbound(struct svc_req *q)
{
	return (((struct server *)transport_arg(q))->inbound);
}

static void
disk_events(struct server *s)
{
	static const enum event_kind kinds[] = {
	    [DISK_STORE] = EV_STORED,
	    [DISK_CUT] = EV_STORED,
	    [DISK_SAVE] = EV_SAVED,
	    [DISK_LOAD] = EV_LOADED,
	};
	struct disk_done done;

	while (disk_next(s->disk, &done)) {
		struct event ev = {.kind = kinds[done.kind],
		    .job = done.job,
		    .from = done.from,
		    .records = done.records,
		    .n = done.n};

		step(s, &ev);
		if (done.kind == DISK_LOAD)
			free(done.records);
	}
}

/* ---- opening ---- */

static int
load_record(void *arg, struct record *r)
{
	struct server *s = arg;
	char err[256];

	if (election_replay(s->election, r, err, sizeof(err)) == -1) {
		log_alarm("ledger damage seq=%llu why=\"%s\"",
		    (unsigned long long)r->seq, err);
		record_drop(r);
		return (-1);
	}
	core_load(s->core, r);
	/* Only what may have to be cut is kept undoable. */
	if (r->seq % 4096 == 0 && r->seq < s->hint)
		election_discard_undo(s->election, r->seq);
	return (0);
}

/*
 * In sync, its ledger holds at least what the configuration says was accepted,
 * and the same records; one that was joining may well lack some, or have
 * others.
 */
static int
check_mark(const struct server *s)
{
	const evote_position *m = &s->dir.config.end;
	const struct history *log = core_history(s->core);
	unsigned char root[32];

	if (config_in_sync(&s->dir.config, s->dir.incarnation) < 0)
		return (0);
	if (m->size <= history_size(log)) {
		history_root(log, m->size, root);
		if (m->size == 0 || memcmp(root, m->root, 32) == 0)
			return (0);
	}
	log_alarm("ledger behind size=%llu mark=%llu hint=\"it is older than "
		  "what this host has accepted, or another one: move the data "
		  "directory aside and let this host join again\"",
	    (unsigned long long)history_size(log), (unsigned long long)m->size);
	return (-1);
}

static struct core *
make_core(struct server *s)
{
	struct core_config cf = {
	    .n = s->conf->hosts.n,
	    .self = s->conf->self,
	    .config = s->dir.config,
	    .failback = s->conf->failback,
	    .trust_clock = s->conf->trust_clock,
	    .beat_ms = BEAT_MS,
	    .suspect_ms = s->conf->suspect_ms,
	    .quick_ms = QUICK_MS,
	    .hold_ms = HOLD_MS,
	};
	char addresses[EVOTE_HOSTS_MAX][EVOTE_ADDRESS_MAX + 1];

	for (int i = 0; i < cf.n; i++) {
		cf.names[i] = s->conf->hosts.list[i].name;
		hosts_write(&s->conf->hosts.list[i], addresses[i]);
		cf.addresses[i] = addresses[i];
	}
	memcpy(cf.incarnation, s->dir.incarnation, sizeof(cf.incarnation));
	seal_random(cf.instance, sizeof(cf.instance));
	return (core_new(&cf, &service_machine, &driver, s));
}

static int
open_ledger(struct server *s)
{
	char path[4096];
	struct ledger *ledger;

	datadir_path(s->conf->data, "ledger.db", path, sizeof(path));
	ledger = ledger_open(path, s->dir.fresh);
	if (ledger == NULL)
		return (-1);
	if (ledger_read_all(ledger, &s->hint, load_record, s) == -1 ||
	    check_mark(s) == -1) {
		ledger_close(ledger);
		return (-1);
	}
	election_discard_undo(s->election, s->hint);
	s->disk = disk_start(ledger, &s->dir);
	return (s->disk == NULL ? -1 : 0);
}

static int
open_network(struct server *s)
{
	const struct hosts *hosts = &s->conf->hosts;
	struct transport_config tc = {.closed = on_conn_closed, .arg = s};
	const struct inbound_hooks in = {
	    on_call, on_stranger, on_visitor, on_caller_gone, s};
	const struct push_hooks out = {
	    on_up, on_down, on_unwelcome, on_reply, s};
	struct push_peer peers[EVOTE_HOSTS_MAX];
	const char *names[EVOTE_HOSTS_MAX];
	int port;

	for (int i = 0; i < hosts->n; i++) {
		names[i] = peers[i].name = hosts->list[i].name;
		peers[i].host = hosts->list[i].address;
		peers[i].port = hosts->list[i].port;
	}
	budget_strangers(&tc, s->files, hosts->n);
	s->transport = transport_new(&tc);
	if (s->transport == NULL)
		return (-1);
	s->neighbours =
	    neighbours_new(hosts, s->conf->self, s->transport, s->now_ms);
	s->inbound = inbound_new(
	    s->dir.key, s->conf->name, names, hosts->n, s->transport, &in);
	transport_offer(
	    s->transport, DOOR_NETWORK, EVOTE_PROG, EVOTE_V1, evote_prog_1);
	transport_offer(s->transport, DOOR_NETWORK, EVOTE_PROBE_PROG,
	    EVOTE_PROBE_V1, evote_probe_prog_1);
	transport_offer(s->transport, DOOR_NETWORK, EVOTE_REPLICA_PROG,
	    EVOTE_REPLICA_V1, evote_replica_prog_1);
	transport_offer(
	    s->transport, DOOR_LOCAL, EVOTE_PROG, EVOTE_V1, evote_prog_1);
	transport_offer(s->transport, DOOR_LOCAL, EVOTE_ADMIN_PROG,
	    EVOTE_ADMIN_V1, evote_admin_prog_1);
	port =
	    transport_listen_tcp(s->transport, hosts->list[s->conf->self].port);
	if (port == -1 ||
	    transport_listen_unix(s->transport, s->conf->admin_socket, 0600) ==
		-1)
		return (-1);
	if (s->conf->portmap && (s->portmap = portmap_start(port)) == NULL)
		return (-1);
	s->push = push_new(s->dir.key, peers, hosts->n, s->conf->self, &out);
	s->arbiter = arbiter_new(s->dir.key, s->conf->name, on_decided, s);
	log_info("listen port=%d admin=%s", port, s->conf->admin_socket);
	return (s->neighbours == NULL || s->push == NULL ||
		    s->inbound == NULL || s->arbiter == NULL ||
		    service_begin(s) == -1
		? -1
		: 0);
}

/* An error before appending beats a full disk after it (rule 17). */
static void
look_at_space(struct server *s)
{
	struct event ev = {.kind = EV_ROOM};
	struct statvfs v;
	uint64_t bytes;
	int was = s->no_space;

	s->space_ms = s->now_ms;
	if (statvfs(s->conf->data, &v) == -1)
		return;
	bytes = (uint64_t)v.f_bavail * v.f_frsize;
	s->no_space = bytes < (was ? SPACE_MAX : SPACE_MIN);
	if (s->no_space == was)
		return;
	log_alarm("space low=%d free_bytes=%llu", s->no_space,
	    (unsigned long long)bytes);
	ev.room = !s->no_space;
	step(s, &ev);
}

int
server_open(struct server *s, const struct conf *conf)
{
	struct event ev = {.kind = EV_START};
	char err[1024];

	memset(s, 0, sizeof(*s));
	s->conf = conf;
	s->files = budget_files();
	if (supervisor_open(&s->supervisor) == -1) {
		log_alarm("start why=\"signals: %s\"", strerror(errno));
		return (EXIT_TROUBLE);
	}
	look_at_clocks(s);
	if (datadir_open(&s->dir, conf->data, conf->cluster_key, err,
		sizeof(err)) == -1) {
		log_alarm("start why=\"%s\"", err);
		return (EXIT_TROUBLE);
	}
	s->election = election_new();
	s->auth = auth_new(s->dir.key);
	s->core = make_core(s);
	if (open_ledger(s) == -1 || open_network(s) == -1)
		return (EXIT_TROUBLE);
	look_at_clocks(s);
	ev.from = s->hint;
	step(s, &ev);
	look_at_space(s);
	return (0);
}

void
server_close(struct server *s)
{
	service_end(s);
	portmap_stop(s->portmap);
	arbiter_free(s->arbiter);
	push_free(s->push);
	neighbours_free(s->neighbours);
	inbound_free(s->inbound);
	s->inbound = NULL; /* the transport still tells of its connections */
	transport_free(s->transport);
	disk_stop(s->disk);
	core_free(s->core);
	auth_free(s->auth);
	election_free(s->election);
	datadir_close(&s->dir);
	supervisor_close(&s->supervisor);
}

/* ---- running ---- */

/*
 * A disk that does not answer holds everybody up, and says nothing that others
 * could act on.  A host that ends is one they know what to do about: so this
 * one does, if there is another that can go on.  After a pause of its own it
 * waits anew, since the disk may have been as idle.
 */
static void
look_at_disk(struct server *s, uint64_t since_ms)
{
	uint64_t job = disk_oldest(s->disk);

	if (job == 0 || job != s->disk_job || s->now_ms - since_ms > PAUSE_MS) {
		s->disk_job = job;
		s->disk_ms = s->now_ms;
		return;
	}
	if (s->now_ms - s->disk_ms > s->conf->hang_ms &&
	    core_can_fail_over(s->core))
		disk_hangs();
}

/* What the loop waits for.  A turn looks only at what has something. */
enum {
	READY_SIGNAL = 1 << 0,
	READY_DISK = 1 << 1,
	READY_PUSH = 1 << 2,
	READY_ARBITER = 1 << 3,
	READY_WORKERS = 1 << 4,
	READY_TRANSPORT = 1 << 5,
	READY_ALL = (1 << 6) - 1,
	READY_MAX = 6
};

static int
watch(int epfd, int fd, uint32_t ready)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = ready};

	return (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev));
}

static uint32_t
wait_ready(int epfd, int wait_ms)
{
	struct epoll_event events[READY_MAX];
	int n = epoll_wait(epfd, events, READY_MAX, wait_ms);
	uint32_t ready = 0;

	while (n > 0)
		ready |= events[--n].data.u32;
	return (ready);
}

/*
 * At each beat all of them, whose timers are then looked at too: nobody is
 * suspected before what has come in has been read.  Hosts come before voters
 * and strangers, who have a budget (budget.h); returns what it left undone.
 */
static uint32_t
turn(struct server *s, uint32_t ready, uint64_t *tick_ms)
{
	struct event flush = {.kind = EV_FLUSH}, tick = {.kind = EV_TICK};
	int beat, more = 0;

	look_at_clocks(s);
	beat = s->now_ms - *tick_ms >= BEAT_MS;
	if (beat)
		ready = READY_ALL;
	if (ready & READY_DISK)
		disk_events(s);
	if (ready & READY_PUSH || push_wait_ms(s->push, s->now_ms) == 0)
		push_run(s->push, s->now_ms);
	if (ready & READY_ARBITER ||
	    arbiter_wait_ms(s->arbiter, s->now_ms) == 0)
		arbiter_run(s->arbiter, s->now_ms);
	if (ready & READY_TRANSPORT)
		transport_run(s->transport, s->now_ms);
	if (ready & (READY_WORKERS | READY_TRANSPORT))
		more = service_run(s);
	if (beat) {
		look_at_disk(s, *tick_ms);
		*tick_ms = s->now_ms;
		neighbours_run(s->neighbours, s->now_ms);
		if (s->now_ms - s->space_ms >= SPACE_MS)
			look_at_space(s);
		step(s, &tick);
		supervisor_alive(&s->supervisor, s->now_ms);
	}
	step(s, &flush);
	transport_flush(s->transport);
	return (more ? READY_WORKERS : 0);
}

/* How long nothing need be looked at unless something comes. */
static int
leisure_ms(const struct server *s, uint64_t tick_ms)
{
	int push = push_wait_ms(s->push, s->now_ms);
	int ask = arbiter_wait_ms(s->arbiter, s->now_ms);
	uint64_t due = tick_ms + BEAT_MS;
	int wait = due > s->now_ms ? (int)(due - s->now_ms) : 0;

	if (push >= 0 && push < wait)
		wait = push;
	if (ask >= 0 && ask < wait)
		wait = ask;
	return (wait);
}

int
server_run(struct server *s)
{
	int epfd, rc = EXIT_TROUBLE;
	uint64_t tick_ms = 0;
	uint32_t ready = 0, left;

	epfd = epoll_create1(EPOLL_CLOEXEC);
	if (epfd == -1 || watch(epfd, s->supervisor.fd, READY_SIGNAL) == -1 ||
	    watch(epfd, disk_fd(s->disk), READY_DISK) == -1 ||
	    watch(epfd, push_fd(s->push), READY_PUSH) == -1 ||
	    watch(epfd, arbiter_fd(s->arbiter), READY_ARBITER) == -1 ||
	    watch(epfd, workers_fd(s->workers), READY_WORKERS) == -1 ||
	    watch(epfd, transport_fd(s->transport), READY_TRANSPORT) == -1) {
		log_alarm("loop why=\"%s\"", strerror(errno));
		goto out;
	}
	supervisor_ready(&s->supervisor, s->now_ms);
	do {
		left = turn(s, ready, &tick_ms);
		ready =
		    left | wait_ready(epfd, left ? 0 : leisure_ms(s, tick_ms));
	} while (!(ready & READY_SIGNAL) || !supervisor_ends(&s->supervisor));
	rc = 0;
out:
	if (epfd != -1)
		close(epfd);
	return (rc);
}
