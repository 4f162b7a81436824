#include "client/lib/trust.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/lib/handle.h"
#include "common/date.h"
#include "common/text.h"

#define OFF_US 2000000 /* clocks this close are as good as one */

/* ---- what shows that it is not to be trusted ---- */

static void
sighting_text(const struct sighting *v, const unsigned char cluster[16],
    char *out, size_t size)
{
	char id[33], root[2 * SEAL_HASH + 1];

	seal_hex(id, cluster, 16);
	seal_hex(root, v->root, sizeof(v->root));
	snprintf(out, size,
	    "cluster %s epoch %" PRIu64 " size %" PRIu64 " root %s", id,
	    v->epoch, v->size, root);
}

static struct sighting
sighting_of(const evote_stamp *stamp)
{
	struct sighting v = {stamp->epoch, stamp->size, {0}};

	memcpy(v.root, stamp->root, sizeof(v.root));
	return (v);
}

static void
evidence_keep(struct evote *e, const char *who, const char *what,
    const evote_stamp *stamp, uint64_t forced_epoch)
{
	struct sighting now = sighting_of(stamp);
	char text[4096], before[300], shown[300], when[64];

	date_utc(date_now_us(), when, sizeof(when));
	sighting_text(&e->seen, e->service.cluster, before, sizeof(before));
	sighting_text(
	    &now, (const unsigned char *)stamp->cluster, shown, sizeof(shown));
	snprintf(text, sizeof(text),
	    "noticed at %s\n%s %s\nseen before: %s origin %s\n"
	    "shown now: %s forced epoch %" PRIu64 "\n",
	    when, who, what, before, e->service.origin, shown, forced_epoch);
	if (state_evidence(e->state, &e->seen, text, e->evidence,
		sizeof(e->evidence)) != 0)
		e->evidence[0] = '\0';
}

/* The requests beside the two files that are to go are not to be lost. */
static enum evote_outcome
broken(struct evote *e, const char *host, const char *what,
    const evote_stamp *stamp, uint64_t forced_epoch)
{
	char who[EVOTE_HOST_MAX + 8] = "every host";

	if (host != NULL)
		snprintf(who, sizeof(who), "host %s", host);
	evidence_keep(e, who, what, stamp, forced_epoch);
	handle_fail(e,
	    "%s %s, and votes that were accepted may be missing. Show %.500s "
	    "to whoever runs the election. To go on with the service as it is "
	    "now, remove the files seen and service in %.500s",
	    who, what, e->evidence[0] != '\0' ? e->evidence : "this message",
	    state_dir(e->state));
	return (EVOTE_CHANGED);
}

enum evote_outcome
trust_behind(struct evote *e, const evote_stamp *last)
{
	return (broken(e, NULL, "knows less than was seen before", last, 0));
}

/* ---- on each new connection ---- */

enum evote_outcome
trust_begin(struct evote *e)
{
	int known = 1;

	e->problem[0] = e->evidence[0] = '\0';
	if (!e->pinned)
		known = state_service(e->state, &e->service);
	if (known < 0 || state_seen(e->state, &e->seen) != 0)
		return (handle_fail(e, "%s", state_error(e->state)));
	e->pinned = known;
	return (EVOTE_ANSWERED);
}

static int
pin(struct evote *e, const char *host, const evote_status_res *st)
{
	const unsigned char *cluster =
	    (const unsigned char *)st->answer.stamp.cluster;
	int known = state_adopt(e->state, &e->hosts, cluster);

	/* Other hosts led to it before: what was seen then judges this one. */
	if (known > 0 && trust_begin(e) == EVOTE_ANSWERED)
		return (trust_greeted(e, host, st));
	memcpy(e->service.cluster, cluster, sizeof(e->service.cluster));
	snprintf(
	    e->service.origin, sizeof(e->service.origin), "%s", st->origin);
	if (known != 0 || state_pin(e->state, &e->service) != 0) {
		e->stopped = handle_fail(e, "%s", state_error(e->state));
		return (-1);
	}
	e->pinned = 1;
	return (0);
}

static int
is_other_cluster(const struct evote *e, const evote_stamp *stamp)
{
	return (e->pinned && memcmp(stamp->cluster, e->service.cluster, 16));
}

/* What a greeting says against what was pinned and seen; NULL: nothing. */
static const char *
contradiction(const struct evote *e, const evote_status_res *st)
{
	if (is_other_cluster(e, &st->answer.stamp))
		return ("belongs to another service than before");
	if (e->pinned && st->origin[0] != '\0' &&
	    strcmp(st->origin, e->service.origin) != 0)
		return ("names another origin than before");
	if (e->seen.size > 0 && st->forced_epoch > e->seen.epoch)
		return ("was made primary by force");
	return (NULL);
}

int
trust_greeted(void *arg, const char *host, const evote_status_res *st)
{
	static const char none[16];
	const evote_stamp *stamp = &st->answer.stamp;
	struct evote *e = arg;
	const char *what;

	/* An empty host that has not joined yet. */
	if (memcmp(stamp->cluster, none, sizeof(none)) == 0)
		return (0);
	if ((what = contradiction(e, st)) != NULL) {
		e->stopped = broken(e, host, what, stamp, st->forced_epoch);
		return (-1);
	}
	if (st->answer.standing != EVOTE_SERVED)
		return (0);
	e->epoch = stamp->epoch;
	e->ahead = evote_clock_ahead(e, st, &e->within);
	return (!e->pinned && st->origin[0] != '\0' ? pin(e, host, st) : 0);
}

/* ---- behind each answer ---- */

/*
 * Forced promotions are told by STATUS only, so in a new epoch that is asked
 * before the epoch counts as seen.
 */
enum evote_outcome
trust_served(struct evote *e, const evote_stamp *stamp, uint64_t deadline_ms)
{
	struct sighting now = sighting_of(stamp), kept;
	enum route_end end = ROUTE_SERVED;
	const char *host = evote_served_by(e);

	if (is_other_cluster(e, stamp))
		return (broken(e, host,
		    "belongs to another service than before", stamp, 0));
	if (now.epoch < e->seen.epoch || now.size < e->seen.size)
		return (
		    broken(e, host, "answered from an older state", stamp, 0));
	if (now.epoch != e->epoch &&
	    route_greet(e->route, deadline_ms, &end) != 0)
		return (EVOTE_ANSWERED);
	if (end == ROUTE_STOPPED)
		return (e->stopped);
	/* The answer holds even if its sighting cannot be written down. */
	switch (state_raise(e->state, &now, &kept)) {
	case 1:
		e->seen = kept;
		return (broken(e, host,
		    "shows another history of the same length", stamp, 0));
	case 0:
		e->seen = now;
		break;
	}
	return (EVOTE_ANSWERED);
}

/* ---- its clock ---- */

uint64_t
evote_now_us(const struct evote *e)
{
	uint64_t now = date_now_us(), most = EVOTE_AHEAD_S * 1000000ULL;

	if (e->ahead < 0)
		return (
		    now > -(uint64_t)e->ahead ? now + (uint64_t)e->ahead : 0);
	return (now + ((uint64_t)e->ahead < most ? (uint64_t)e->ahead : most));
}

int64_t
evote_clock_off(const struct evote *e)
{
	int64_t least = (int64_t)(OFF_US + e->within);

	return (e->ahead > least || e->ahead < -least ? e->ahead : 0);
}

int64_t
evote_clock_ahead(
    const struct evote *e, const evote_status_res *res, uint64_t *within)
{
	return (reach_ahead(route_greeting(e->route), res->clock, within));
}
