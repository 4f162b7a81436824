#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/failpoint.h"
#include "common/need.h"
#include "common/now.h"
#include "common/seal.h"
#include "replica/core/alarm.h"
#include "server/budget.h"
#include "server/checkpoint.h"
#include "server/procedures.h"
#include "server/proofs.h"

#define WAITING_MAX (16u << 20) /* bytes of requests whose turn is to come */

/* ---- from a call to its answer ---- */

static void
request_free(struct server *s, struct request *r)
{
	s->under_way -= r->bytes;
	auth_check_clear(&r->check);
	proof_clear(r);
	xdr_free(procedures[r->ask].args, &r->args);
	xdr_free(procedures[r->ask].result, &r->result);
	free(r);
}

/* XDR has no absent strings. */
static void
strings_fill(struct request *r)
{
	if (r->ask == ASK_SHOW && r->result.show.creator == NULL) {
		r->result.show.creator = need_copy("");
		r->result.show.election.name = need_copy("");
	}
	if (r->ask == ASK_LIFE && r->result.life.reason == NULL) {
		r->result.life.cancelled_by = need_copy("");
		r->result.life.reason = need_copy("");
	}
	if (r->ask == ASK_CHECK && r->result.check.voter == NULL) {
		r->result.check.voter = need_copy("");
		r->result.check.group = need_copy("");
	}
}

static void
count(struct server *s, struct request *r, size_t bytes)
{
	s->under_way += bytes;
	r->bytes += bytes;
}

/* Only what operators ask says nothing of what they have seen. */
static int
is_operators(const struct request *r)
{
	return (procedures[r->ask].seen == NO_SEEN);
}

static void
request_begin(struct server *s, struct request *r)
{
	struct event ev = {
	    .kind = EV_REQUEST,
	    .now_ms = s->now_ms,
	    .wall_us = s->wall_us,
	    .ticket = (uint64_t)(uintptr_t)r,
	};
	size_t seen = procedures[r->ask].seen;

	if (s->under_way > SERVICE_UNDER_WAY_MAX && !is_operators(r)) {
		service_refuse(s, ev.ticket, EVOTE_TRY_AGAIN, "");
		return;
	}
	count(s, r, sizeof(*r) + r->call.bytes);
	if (seen != NO_SEEN)
		memcpy(&ev.seen, (char *)&r->args + seen, sizeof(ev.seen));
	core_step(s->core, &ev);
}

void
service_executed(struct server *s, struct request *r)
{
	const struct procedure *p = &procedures[r->ask];
	evote_answer *a = &r->result.answer, was = *a;
	char none[] = "";

	/* Proofs are filled in later, and few at a time (proofs.c). */
	if (p->result == (xdrproc_t)xdr_evote_answer || proof_is(r))
		return;
	strings_fill(r);
	a->host = a->text = none;
	count(s, r, xdr_sizeof(p->result, &r->result));
	*a = was;
}

/* ---- those whose signatures are verified first ---- */

static struct request *
request_of(struct turn *t)
{
	return ((struct request *)((char *)t - offsetof(struct request, turn)));
}

static void
turn_end(struct server *s, struct request *r, enum turn_end end)
{
	if (turns_done(s->turns, &r->turn, end))
		request_begin(s, r);
	else
		request_free(s, r);
}

/* One whose signature is verified, or 0. */
static int
verified_take(struct server *s)
{
	struct request *r = workers_next(s->workers);

	if (r == NULL)
		return (0);
	turn_end(s, r, r->check.fits ? TURN_RIGHT : TURN_WRONG);
	return (1);
}

/* One that waits, while the workers have room for more; or 0. */
static int
waiting_take(struct server *s)
{
	struct turn *t;
	struct request *r;

	if (!workers_room(s->workers) || (t = turns_next(s->turns)) == NULL)
		return (0);
	r = request_of(t);
	procedure_check(s, r);
	if (r->check.bytes != NULL)
		workers_submit(s->workers, &r->check, r);
	else
		turn_end(s, r, TURN_UNKNOWN);
	return (1);
}

static void
request_wait(struct server *s, struct request *r, struct svc_req *q)
{
	const struct netbuf *from = svc_getrpccaller(q->rq_xprt);
	struct turn *t;

	turns_add(s->turns, &r->turn, r->conn, from->buf,
	    sizeof(*r) + xdr_sizeof(procedures[r->ask].args, &r->args));
	while ((t = turns_excess(s->turns)) != NULL)
		service_refuse(
		    s, (uint64_t)(uintptr_t)request_of(t), EVOTE_TRY_AGAIN, "");
	(void)waiting_take(s);
}

void
service_ask(struct server *s, enum ask ask, void *args, struct svc_req *q)
{
	struct request *r = need_zeroed(1, sizeof(*r));

	r->ask = ask;
	r->call = transport_hold(q);
	r->conn = transport_conn(q);
	memcpy(&r->args, args, procedures[ask].args_size);
	memset(args, 0, procedures[ask].args_size);
	procedure_check(s, r);
	/* Nothing overtakes what the same connection sent before. */
	if (r->check.bytes != NULL || turns_has_line(s->turns, r->conn))
		request_wait(s, r, q);
	else
		request_begin(s, r);
}

int
service_run(struct server *s)
{
	uint64_t end_us = now_us() + BUDGET_TURN_US;

	while (verified_take(s) || waiting_take(s))
		if (now_us() >= end_us)
			return (1);
	return (0);
}

void
service_gone(struct server *s, uint64_t conn)
{
	struct turn *t;

	while (s->turns != NULL && (t = turns_leave(s->turns, conn)) != NULL)
		request_free(s, request_of(t));
}

static void
check_run(void *check)
{
	auth_check_run(check);
}

int
service_begin(struct server *s)
{
	uint64_t secret;

	seal_random(&secret, sizeof(secret));
	s->proofs = proofs_new();
	s->turns = turns_new(secret, WAITING_MAX);
	s->workers = workers_start(check_run);
	return (s->workers == NULL ? -1 : 0);
}

void
service_end(struct server *s)
{
	struct request *r;
	struct turn *t;

	if (s->turns == NULL)
		return;
	while ((r = workers_stop(s->workers)) != NULL) {
		(void)turns_done(s->turns, &r->turn, TURN_UNKNOWN);
		request_free(s, r);
	}
	while ((t = turns_drain(s->turns)) != NULL)
		request_free(s, request_of(t));
	while ((r = proofs_drain(s)) != NULL)
		request_free(s, r);
	proofs_free(s->proofs);
	turns_free(s->turns);
	s->workers = NULL;
	s->turns = NULL;
}

/*
 * Where the answer stands, and with that its code: only one that was served
 * keeps the procedure's own, so that nothing else is taken for success.
 */
static void
stand(evote_answer *a, evote_standing standing, const char *host)
{
	a->standing = standing;
	a->host = need_copy(host);
	if (standing != EVOTE_SERVED)
		a->code = EVOTE_CODE_NONE;
}

static void
complete(struct server *s, struct request *r)
{
	evote_answer *a = &r->result.answer;
	char none[] = "";

	core_stamp(s->core, &a->stamp);
	a->text = none;
	strings_fill(r);
	proof_complete(r);
	transport_complete(
	    s->transport, r->call, procedures[r->ask].result, &r->result);
	a->text = NULL;
	request_free(s, r);
}

void
service_answer(struct server *s, uint64_t ticket)
{
	struct request *r = (struct request *)(uintptr_t)ticket;
	int held;

	if (r->unsure) {
		service_refuse(s, ticket, EVOTE_TRY_AGAIN, "");
		return;
	}
	if (r->ask == ASK_VOTE && r->recorded && r->result.answer.code == 0 &&
	    failpoint("drop-vote-reply")) {
		transport_close_conn(s->transport, r->conn);
		request_free(s, r);
		return;
	}
	if (r->result.answer.code == 0 && proof_is(r)) {
		held = proofs_hold(s, r);
		if (held == -1)
			service_refuse(s, ticket, EVOTE_TRY_AGAIN, "");
		if (held != 1)
			return;
	}
	stand(&r->result.answer, EVOTE_SERVED, "");
	complete(s, r);
}

/* Those that have what they waited for, for one turn; 1: there are more. */
static int
proved_take(struct server *s)
{
	uint64_t end_us = now_us() + BUDGET_TURN_US;
	const char *host = "";
	struct request *r;
	evote_standing standing;

	while ((r = proofs_next(s)) != NULL) {
		standing = core_role(s->core) == EVOTE_PRIMARY
		    ? EVOTE_SERVED
		    : core_standing(s->core, &host);
		if (standing == EVOTE_SERVED) {
			stand(&r->result.answer, EVOTE_SERVED, "");
			complete(s, r);
		} else
			service_refuse(
			    s, (uint64_t)(uintptr_t)r, standing, host);
		if (now_us() >= end_us)
			return (1);
	}
	return (0);
}

int
service_prove(struct server *s)
{
	int more = proved_take(s);

	checkpoint_run(s, proofs_held(s) > 0);
	return (proved_take(s) || more);
}

/*
 * Nothing is said of what became of it, if it was carried out at all.  Voters
 * send it again under its number.  Operators' requests have none, and so are
 * answered only if they have left nothing in the ledger: see evote.x.
 */
void
service_refuse(struct server *s, uint64_t ticket, evote_standing standing,
    const char *name)
{
	struct request *r = (struct request *)(uintptr_t)ticket;

	if (r->recorded && is_operators(r)) {
		(void)transport_fail(s->transport, r->call);
		request_free(s, r);
		return;
	}
	xdr_free(procedures[r->ask].result, &r->result);
	memset(&r->result, 0, sizeof(r->result));
	stand(&r->result.answer, standing, name);
	complete(s, r);
}

/* ---- at once ---- */

void
service_head(const struct server *s, evote_answer *a)
{
	const char *host;
	evote_standing standing = core_standing(s->core, &host);

	core_stamp(s->core, &a->stamp);
	stand(a, standing, host);
	a->text = need_copy("");
}

/* A link that is down has a reason, as often one of the network as a death. */
static void
links(const struct server *s, evote_status_res *res)
{
	for (int i = 0; i < EVOTE_HOSTS_MAX; i++) {
		const char *why = outbound_trouble(s->outbound, i);

		if (why[0] != '\0')
			alarm_add(res, EVOTE_ALARM_LINK,
			    "No link to %s: %s. %s.",
			    outbound_name(s->outbound, i), why,
			    core_hears(s->core, i)
				? "It runs, and calls this host: check its "
				  "address in this host's own list, and the "
				  "network"
				: "Start that host, or check the network and "
				  "the hosts list");
	}
}

/* One that is in force, or was asked in vain whether it would be. */
static void
link_to_witness(const struct server *s, evote_status_res *res)
{
	const char *why = arbiter_trouble(s->arbiter);
	int told = res->arbiter_away;

	for (u_int i = 0; i < res->alarms.alarms_len; i++)
		told |= res->alarms.alarms_val[i].kind == EVOTE_ALARM_ORDER;
	if (told && why[0] != '\0')
		alarm_add(res, EVOTE_ALARM_LINK,
		    "No link to the witness: %s.%s", why,
		    strstr(why, "same cluster key") == NULL
			? ""
			: " If it serves another cluster, start one with an "
			  "empty directory and this cluster's key.");
}

/* Nobody can tell whether somebody has read them. */
static void
secrets(const struct server *s, evote_status_res *res)
{
	if (s->exposed[0] != '\0')
		alarm_add(res, EVOTE_ALARM_SECRET,
		    "Other users of this host can read or change %s. Give "
		    "that to the server's user (chown) and to nobody else "
		    "(chmod 600). Then assume that whoever could read a key "
		    "knows it: see OPERATING, \"What the alarms mean\".",
		    s->exposed);
}

void
service_status(const struct server *s, evote_status_res *res)
{
	const evote_genesis *g = election_genesis(s->election);

	service_head(s, &res->answer);
	core_status(s->core, res);
	links(s, res);
	link_to_witness(s, res);
	secrets(s, res);
	res->origin = need_copy(g == NULL ? "" : g->origin);
	res->clock = s->wall_us;
}
