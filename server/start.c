#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/date.h"
#include "common/log.h"
#include "common/seal.h"
#include "replica/core/config.h"
#include "replica/core/times.h"
#include "server/budget.h"
#include "server/certificate.h"
#include "server/checkpoint.h"
#include "server/dispatchers.h"
#include "server/driver.h"
#include "server/events.h"
#include "server/machine.h"
#include "server/service.h"
#include "server/signing.h"
#include "server/store/files.h"
#include "server/store/ledger.h"

void
server_clocks(struct server *s)
{
	struct timespec t;

	/* It goes on while the machine is suspended: that is a stop too. */
	clock_gettime(CLOCK_BOOTTIME, &t);
	s->now_ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	s->wall_us = date_now_us();
}

static void
on_conn_closed(void *arg, uint64_t conn)
{
	struct server *s = arg;

	if (s->inbound != NULL)
		inbound_closed(s->inbound, conn);
	service_gone(s, conn);
}

static int
load(void *arg, struct record *r)
{
	struct server *s = arg;
	char err[256];

	if (election_replay(s->election, r, err, sizeof(err)) == -1) {
		log_alarm(
		    "ledger damage seq=%llu why=\"%s\" hint=\"" FILES_REJOIN
		    " from its peer\"",
		    (unsigned long long)r->seq, err);
		record_drop(r);
		return (-1);
	}
	core_load(s->core, r);
	/* Only what may have to be truncated is kept undoable. */
	if (r->seq % 4096 == 0 && r->seq < s->persisted_commit)
		election_discard_undo(s->election, r->seq);
	return (0);
}

/*
 * In sync, its ledger holds at least what the configuration says was accepted,
 * and the same records; one that was joining may well lack some, or have
 * others.
 */
static int
check_end(const struct server *s)
{
	const evote_position *end = &s->dir.config.end;
	const struct history *log = core_history(s->core);
	unsigned char root[32];

	if (config_in_sync(&s->dir.config, s->dir.incarnation) < 0)
		return (0);
	if (end->size <= history_size(log)) {
		history_root(log, end->size, root);
		if (end->size == 0 || memcmp(root, end->root, 32) == 0)
			return (0);
	}
	log_alarm("ledger behind size=%llu accepted=%llu hint=\"the ledger is "
		  "older than what this host has accepted, or is another "
		  "one: " FILES_REJOIN "\"",
	    (unsigned long long)history_size(log),
	    (unsigned long long)end->size);
	return (-1);
}

/* Files of two directories in one: no credential would fit. */
static int
check_cluster(const struct server *s)
{
	const evote_genesis *g = election_genesis(s->election);

	if (g == NULL || config_id_fits(s->dir.config.cluster, g->cluster))
		return (0);
	log_alarm(
	    "ledger of=another-cluster hint=\"ledger.db and config do not "
	    "belong together: " FILES_REJOIN "\"");
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
	memcpy(cf.key, signing_host_key(s->signing), sizeof(cf.key));
	cf.key_first = !s->dir.host_key_late;
	seal_random(cf.instance, sizeof(cf.instance));
	return (core_new(&cf, &server_machine, &server_driver, s));
}

static int
open_ledger(struct server *s)
{
	char path[FILES_PATH];
	struct ledger *ledger;

	files_path(s->conf->data, "ledger.db", path, sizeof(path));
	ledger = ledger_open(path, s->dir.fresh);
	if (ledger == NULL)
		return (-1);
	if (ledger_belongs(ledger, s->dir.key) == -1 ||
	    ledger_read_all(ledger, &s->persisted_commit, load, s) == -1 ||
	    check_cluster(s) == -1 || check_end(s) == -1) {
		ledger_close(ledger);
		return (-1);
	}
	election_discard_undo(s->election, s->persisted_commit);
	s->disk = disk_start(ledger, &s->dir);
	return (s->disk == NULL ? -1 : 0);
}

/* Operators on this machine may do all that voters may, and more. */
static void
offer(struct server *s)
{
	struct transport *t = s->transport;

	transport_offer(t, DOOR_NETWORK, EVOTE_PROG, EVOTE_V1, evote_prog_1, s);
	transport_offer(t, DOOR_NETWORK, EVOTE_PROBE_PROG, EVOTE_PROBE_V1,
	    evote_probe_prog_1, s);
	transport_offer(t, DOOR_NETWORK, EVOTE_REPLICA_PROG, EVOTE_REPLICA_V1,
	    evote_replica_prog_1, s->inbound);
	transport_offer(t, DOOR_LOCAL, EVOTE_PROG, EVOTE_V1, evote_prog_1, s);
	transport_offer(t, DOOR_LOCAL, EVOTE_ADMIN_PROG, EVOTE_ADMIN_V1,
	    evote_admin_prog_1, s);
	/* What tells people where the service is, and how it is. */
	transport_allow_plain(t, EVOTE_PROG, EVOTE_STATUS);
	transport_allow_plain(t, EVOTE_PROBE_PROG, EVOTE_PROBE_SERVING);
}

static int
open_network(struct server *s)
{
	const struct hosts *hosts = &s->conf->hosts;
	struct transport_config tc = {.closed = on_conn_closed, .arg = s};
	const struct inbound_hooks in = events_inbound(s);
	const struct outbound_hooks out = events_outbound(s);
	struct outbound_peer peers[EVOTE_HOSTS_MAX];
	const char *names[EVOTE_HOSTS_MAX];
	int port;

	for (int i = 0; i < hosts->n; i++) {
		names[i] = peers[i].name = hosts->list[i].name;
		peers[i].host = hosts->list[i].address;
		peers[i].port = hosts->list[i].port;
	}
	budget_strangers(&tc, s->files, hosts->n);
	tc.tls = s->tls = certificate_make(s->conf, s->dir.key);
	tc.tls_only = s->conf->tls_required;
	if (s->tls == NULL || (s->transport = transport_new(&tc)) == NULL)
		return (-1);
	s->neighbours =
	    neighbours_new(hosts, s->conf->self, s->transport, s->now_ms);
	s->inbound = inbound_new(
	    s->dir.key, s->conf->name, names, hosts->n, s->transport, &in);
	offer(s);
	port =
	    transport_listen_tcp(s->transport, hosts->list[s->conf->self].port);
	if (port == -1 ||
	    transport_listen_unix(s->transport, s->conf->admin_socket, 0600) ==
		-1)
		return (-1);
	if (s->conf->portmap && (s->portmap = portmap_start(port)) == NULL)
		return (-1);
	s->outbound =
	    outbound_new(s->dir.key, peers, hosts->n, s->conf->self, &out);
	s->arbiter = arbiter_new(s->dir.key, s->conf->name,
	    s->conf->tls_required, events_decided, s);
	log_info("listen port=%d admin=%s", port, s->conf->admin_socket);
	return (s->neighbours == NULL || s->outbound == NULL ||
		    s->inbound == NULL || s->arbiter == NULL ||
		    service_begin(s) == -1
		? -1
		: 0);
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
	server_clocks(s);
	if (datadir_open(&s->dir, conf->data, conf->cluster_key, err,
		sizeof(err)) == -1) {
		log_alarm("start why=\"%s\"", err);
		return (EXIT_TROUBLE);
	}
	events_secrets(s);
	s->election = election_new();
	s->auth = auth_new(s->dir.key);
	s->signing = signing_new(s->dir.key, s->dir.host_key);
	s->checkpoints = checkpoints_new();
	s->core = make_core(s);
	if (open_ledger(s) == -1 || open_network(s) == -1)
		return (EXIT_TROUBLE);
	server_clocks(s);
	ev.from = s->persisted_commit;
	events_step(s, &ev);
	events_space(s);
	return (0);
}

void
server_close(struct server *s)
{
	service_end(s);
	portmap_stop(s->portmap);
	arbiter_free(s->arbiter);
	outbound_free(s->outbound);
	neighbours_free(s->neighbours);
	inbound_free(s->inbound);
	s->inbound = NULL; /* the transport still tells of its connections */
	transport_free(s->transport);
	tls_server_free(s->tls);
	disk_stop(s->disk);
	core_free(s->core);
	auth_free(s->auth);
	checkpoints_free(s->checkpoints);
	signing_free(s->signing);
	election_free(s->election);
	datadir_close(&s->dir);
	supervisor_close(&s->supervisor);
}
