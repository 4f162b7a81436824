#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/failpoint.h"
#include "common/log.h"
#include "common/now.h"
#include "replica/arbiter/witness.h"
#include "replica/core/config.h"
#include "replica/core/times.h"
#include "replica/link/inbound.h"
#include "server/budget.h"
#include "server/certificate.h"
#include "server/dispatchers.h"
#include "server/neighbours.h"
#include "server/store/datadir.h"
#include "server/store/secrets.h"
#include "server/supervisor.h"
#include "server/witness_daemon.h"

#define WAIT_MS 100 /* connections are looked at in between */

struct witness_daemon {
	const struct conf *conf;
	struct supervisor supervisor;
	struct datadir dir;
	struct tls_server *tls;
	struct transport *transport;
	struct neighbours *neighbours;
	struct inbound *inbound;
	struct witness witness;
	/* Who asks: those of its list, then others that hold the key. */
	char names[EVOTE_HOSTS_MAX][EVOTE_HOST_MAX + 1];
	int next;	   /* the place that the next of the others gets */
	char stranger[16]; /* the other cluster that asked last */
};

/* Told once, until a third cluster asks. */
static void
tell_stranger(struct witness_daemon *v, const char *from, const evote_decide *d)
{
	if (!witness_serves_another(&v->witness, d) ||
	    config_id_equal(v->stranger, d->next->cluster))
		return;
	memcpy(v->stranger, d->next->cluster, sizeof(v->stranger));
	log_alarm("decide is=refused for=%s why=\"%s has decisions of another "
		  "cluster\" hint=\"start a witness of its own for that "
		  "host's cluster, with an empty directory; if this witness's "
		  "cluster is no more, give this one an empty directory\"",
	    from, v->conf->data);
}

/* What was granted is on the disk before anybody hears of it. */
static void
on_call(void *arg, int peer, uint64_t conn, uint64_t handle, struct message *m)
{
	struct witness_daemon *v = arg;
	const char *from = v->names[peer];
	struct message *reply = message_new(SAY_DECIDE, 1);

	if (m->kind != SAY_DECIDE || reply == NULL)
		goto out;
	tell_stranger(v, from, &m->u.decide);
	if (witness_decide(
		&v->witness, from, now_ms(), &m->u.decide, &reply->u.decided)) {
		crash_at("witness-before");
		if (datadir_save_config(&v->dir, &v->witness.k) == -1)
			_exit(EXIT_DISK);
		crash_at("witness-after");
		log_info("config epoch=%llu primary=%s for=%s",
		    (unsigned long long)v->witness.k.epoch,
		    config_name(&v->witness.k, v->witness.k.primary), from);
	}
	(void)inbound_reply(v->inbound, handle, reply);
out:
	message_free(reply);
	message_free(m);
}

/* Hosts are added and removed: whoever holds the key may ask. */
static int
on_visitor(void *arg, const char *name)
{
	struct witness_daemon *v = arg;
	int own = v->conf->hosts.n, peer = v->next;

	if (own == EVOTE_HOSTS_MAX)
		return (-1);
	if (peer < own)
		peer = own;
	v->next = (peer + 1) % EVOTE_HOSTS_MAX;
	snprintf(v->names[peer], sizeof(v->names[peer]), "%s", name);
	inbound_host(v->inbound, peer, name);
	return (peer);
}

static void
on_closed(void *arg, int peer, uint64_t conn)
{
}

static void
on_conn_closed(void *arg, uint64_t conn)
{
	struct witness_daemon *v = arg;

	if (v->inbound != NULL)
		inbound_closed(v->inbound, conn);
}

static int
daemon_open(struct witness_daemon *v)
{
	const struct hosts *hosts = &v->conf->hosts;
	struct transport_config tc = {.closed = on_conn_closed, .arg = v};
	const struct inbound_hooks in = {
	    on_call, NULL, on_visitor, on_closed, v};
	const char *names[EVOTE_HOSTS_MAX];
	char err[1024], exposed[SECRETS_TOLD] = "";

	if (datadir_open(&v->dir, v->conf->data, v->conf->cluster_key, err,
		sizeof(err)) == -1) {
		log_alarm("start why=\"%s\"", err);
		return (-1);
	}
	secrets_tell(v->conf->data, v->conf->cluster_key, exposed);
	config_copy(&v->witness.k, &v->dir.config);
	v->witness.deny_ms = DENY_MS;
	for (int i = 0; i < hosts->n; i++) {
		names[i] = hosts->list[i].name;
		snprintf(v->names[i], sizeof(v->names[i]), "%s", names[i]);
	}
	budget_strangers(&tc, budget_files(), hosts->n);
	tc.tls = v->tls = certificate_make(v->conf, v->dir.key);
	tc.tls_only = v->conf->tls_required;
	if (v->tls == NULL || (v->transport = transport_new(&tc)) == NULL)
		return (-1);
	v->neighbours =
	    neighbours_new(hosts, v->conf->self, v->transport, now_ms());
	v->inbound = inbound_new(
	    v->dir.key, v->conf->name, names, hosts->n, v->transport, &in);
	transport_offer(v->transport, DOOR_NETWORK, EVOTE_REPLICA_PROG,
	    EVOTE_REPLICA_V1, evote_replica_prog_1, v->inbound);
	if (v->neighbours == NULL || v->inbound == NULL ||
	    transport_listen_tcp(
		v->transport, hosts->list[v->conf->self].port) == -1)
		return (-1);
	log_info("witness port=%d epoch=%llu", hosts->list[v->conf->self].port,
	    (unsigned long long)v->witness.k.epoch);
	return (0);
}

static int
watch(int epfd, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

	return (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev));
}

static int
daemon_keep(struct witness_daemon *v, int epfd)
{
	struct supervisor *supervisor = &v->supervisor;
	struct transport *t = v->transport;
	struct epoll_event ready[8];

	if (epfd == -1 || watch(epfd, supervisor->fd) == -1 ||
	    watch(epfd, transport_fd(t)) == -1)
		return (EXIT_TROUBLE);
	supervisor_ready(supervisor, now_ms());
	while (!supervisor_ends(supervisor)) {
		(void)epoll_wait(epfd, ready, 8, WAIT_MS);
		transport_run(t, now_ms());
		transport_flush(t);
		neighbours_run(v->neighbours, now_ms());
		supervisor_alive(supervisor, now_ms());
	}
	return (0);
}

int
witness_daemon_run(const struct conf *conf)
{
	struct witness_daemon *v = calloc(1, sizeof(*v));
	int epfd = -1, rc = EXIT_TROUBLE;

	if (v == NULL)
		return (EXIT_TROUBLE);
	v->conf = conf;
	if (supervisor_open(&v->supervisor) == 0 && daemon_open(v) == 0) {
		epfd = epoll_create1(EPOLL_CLOEXEC);
		rc = daemon_keep(v, epfd);
	}
	if (epfd != -1)
		close(epfd);
	neighbours_free(v->neighbours);
	inbound_free(v->inbound);
	v->inbound = NULL;
	transport_free(v->transport);
	tls_server_free(v->tls);
	datadir_close(&v->dir);
	supervisor_close(&v->supervisor);
	config_clear(&v->witness.k);
	free(v);
	return (rc);
}
