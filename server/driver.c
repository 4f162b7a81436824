#include "common/failpoint.h"
#include "common/log.h"
#include "server/driver.h"
#include "server/checkpoint.h"
#include "server/proofs.h"
#include "server/service.h"
#include "server/signing.h"

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

	proofs_keep(s->proofs, recs, n);
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
		(void)outbound_call(s->outbound, peer, m);
	if (m->kind == SAY_APPEND)
		crash_at("push-after");
	message_free(m);
}

static void
sign(struct server *s, evote_signed_by *by)
{
	signing_reply(s->signing, election_genesis(s->election),
	    s->wall_us / 1000000, by);
}

static void
do_cosigned(void *arg, const evote_signed_by *by)
{
	checkpoint_cosigned(arg, by);
}

static void
do_reply(void *arg, uint64_t handle, struct message *m)
{
	if (m->kind == SAY_APPEND)
		crash_at("ack-before");
	if (m->kind == SAY_SIGN && m->u.signed_by.size > 0 &&
	    m->u.signed_by.taken == EVOTE_TAKEN)
		sign(arg, &m->u.signed_by);
	(void)inbound_reply(((struct server *)arg)->inbound, handle, m);
	if (m->kind == SAY_APPEND)
		crash_at("ack-after");
	message_free(m);
}

static void
do_reset(void *arg, int peer)
{
	outbound_reset(((struct server *)arg)->outbound, peer);
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
	struct outbound_peer who = {.name = name};
	struct host h;

	if (own >= 0)
		h = s->conf->hosts.list[own];
	if (address != NULL &&
	    (own >= 0 || hosts_read(name, address, &h) == 0)) {
		who.host = h.address;
		who.port = h.port;
	}
	outbound_host(s->outbound, peer, &who);
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

static void
do_refuse(void *arg, uint64_t ticket, evote_standing standing, const char *host)
{
	service_refuse(arg, ticket, standing, host);
}

const struct driver server_driver = {
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
    .refuse = do_refuse,
    .serving = do_serving,
    .log = do_log,
    .cosigned = do_cosigned,
};
