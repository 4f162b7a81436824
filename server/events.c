#include <stdlib.h>
#include <sys/statvfs.h>

#include "common/failpoint.h"
#include "common/log.h"
#include "replica/core/config.h"
#include "server/events.h"
#include "server/proofs.h"

#define SPACE_MIN (16u << 20) /* bytes free on the ledger's disk: no room */
#define SPACE_MAX (32u << 20) /* and room again */

void
events_step(struct server *s, struct event *ev)
{
	ev->now_ms = s->now_ms;
	ev->wall_us = s->wall_us;
	core_step(s->core, ev);
}

static void
on_up(void *arg, int peer)
{
	struct event ev = {.kind = EV_LINK_UP, .peer = peer};

	events_step(arg, &ev);
}

static void
on_down(void *arg, int peer, int port_refuses)
{
	struct event ev = {
	    .kind = EV_LINK_DOWN, .peer = peer, .port_refuses = port_refuses};

	if (!port_refuses || ((struct server *)arg)->conf->refused_proof)
		events_step(arg, &ev);
}

static void
on_unwelcome(void *arg, int peer, evote_refusal why)
{
	struct event ev = {.kind = EV_REFUSED, .peer = peer, .refusal = why};

	events_step(arg, &ev);
}

static void
on_reply(void *arg, int peer, struct message *m)
{
	struct event ev = {.kind = EV_REPLY, .peer = peer, .message = m};

	events_step(arg, &ev);
}

void
events_decided(void *arg, const evote_decided *d)
{
	struct event ev = {.kind = EV_DECIDED, .decided = d};

	if (d->verdict == EVOTE_GRANTED)
		crash_at("decide-granted");
	events_step(arg, &ev);
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

	outbound_hurry(s->outbound, peer, s->now_ms);
	if (m->kind != SAY_DECIDE) {
		events_step(s, &ev);
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

	events_step(arg, &ev);
}

static void
on_caller_gone(void *arg, int peer, uint64_t conn)
{
	struct event ev = {.kind = EV_CALLER_GONE, .peer = peer, .conn = conn};

	events_step(arg, &ev);
}

void
events_disk(struct server *s)
{
	static const enum event_kind kinds[] = {
	    [DISK_STORE] = EV_STORED,
	    [DISK_TRUNCATE] = EV_STORED,
	    [DISK_SAVE] = EV_SAVED,
	    [DISK_LOAD] = EV_LOADED,
	};
	struct disk_done done;

	while (disk_next(s->disk, &done)) {
		if (done.kind == DISK_LOAD && proofs_loaded(s, &done))
			continue;
		struct event ev = {.kind = kinds[done.kind],
		    .job = done.job,
		    .from = done.from,
		    .records = done.records,
		    .n = done.n};

		events_step(s, &ev);
		if (done.kind == DISK_LOAD)
			free(done.records);
	}
}

/* An error before appending beats a full disk after it (rule 17). */
void
events_space(struct server *s)
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
	events_step(s, &ev);
}

/* Files are given other modes while the server runs, by people and scripts. */
void
events_secrets(struct server *s)
{
	s->secrets_ms = s->now_ms;
	secrets_tell(s->conf->data, s->conf->cluster_key, s->exposed);
}

/* Who has told a key that is on record has TLS as well. */
static const char *
not_plain(void *arg)
{
	const struct server *s = arg;

	if (s->conf->tls_required)
		return (OUTBOUND_TLS_REQUIRED);
	if (keys_some(election_keys(s->election)))
		return ("it does not offer TLS, which every host of this "
			"cluster has: look for what answers in its place");
	return (NULL);
}

struct inbound_hooks
events_inbound(struct server *s)
{
	return ((struct inbound_hooks){
	    on_call, on_stranger, on_visitor, on_caller_gone, s});
}

struct outbound_hooks
events_outbound(struct server *s)
{
	return ((struct outbound_hooks){
	    on_up, on_down, on_unwelcome, on_reply, not_plain, s});
}
