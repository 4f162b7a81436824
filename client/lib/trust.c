#include "client/lib/trust.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/lib/evidence.h"
#include "common/date.h"
#include "common/now.h"
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

/* shown: the lines that say what is to be seen now. */
static void
evidence_write(struct evote *e, const char *kind, const char *who,
    const char *what, const char *shown, struct evidence *v)
{
	char text[4096], before[300], when[64];

	date_utc(date_now_us(), when, sizeof(when));
	sighting_text(&e->seen, e->service.cluster, before, sizeof(before));
	snprintf(text, sizeof(text),
	    "noticed at %s\n%s %s\nseen before: %s origin %s\n%s\n%s%s%s", when,
	    who, what, before, e->service.origin, shown,
	    v->names[0] != '\0' ? "signed: " : "", v->names,
	    v->names[0] != '\0' ? "\n" : "");
	evidence_text(e, kind, text, v);
}

/* What may end by itself, since the hosts catch up, does not stand. */
enum ending { MAY_END, STANDS };

/*
 * Not the whole directory: the requests in it are not to be lost.  The host is
 * the one that showed it, or -1; who NULL: it is the one to be named.
 */
static enum evote_outcome
broken(struct evote *e, int host, const char *who, const char *what,
    const evote_stamp *stamp, uint64_t forced_epoch, enum ending ending)
{
	struct sighting now = sighting_of(stamp);
	char name[EVOTE_HOST_MAX + 8], shown[300], line[400];
	/* That another one answered says nothing of this one's history. */
	struct evidence v = {.stands = ending == STANDS &&
		memcmp(stamp->cluster, e->service.cluster, 16) == 0};

	if (who == NULL) {
		snprintf(
		    name, sizeof(name), "host %s", evote_host_name(e, host));
		who = name;
	}
	sighting_text(
	    &now, (const unsigned char *)stamp->cluster, shown, sizeof(shown));
	snprintf(line, sizeof(line), "shown now: %s forced epoch %" PRIu64,
	    shown, forced_epoch);
	/* The checkpoint is among what is to be removed. */
	evidence_notes(e, host, NULL, NULL, &v);
	evidence_write(e, "", who, what, line, &v);
	return (evidence_tell(
	    e, who, what, &v, "seen, service, checkpoint and keys"));
}

/* Whether the pin was given, or is the one of the first time. */
enum evote_outcome
trust_other(struct evote *e, int host)
{
	const char *shown = evote_pin(e, host),
		   *name = evote_host_name(e, host);
	int given = e->hosts.pin[0] != '\0';
	const char *pin = given ? e->hosts.pin : e->pin;
	char who[EVOTE_HOST_MAX + 8], line[2 * TLS_PIN + 64], todo[PATH_MAX];
	struct evidence v = {0};

	snprintf(who, sizeof(who), "host %s", name);
	e->evidence[0] = '\0';
	snprintf(line, sizeof(line), "pin before: %s\npin shown now: %s", pin,
	    shown);
	evidence_write(e, "-pin", who, "shows another pin", line, &v);
	if (given)
		snprintf(todo, sizeof(todo), "give that one instead");
	else
		snprintf(todo, sizeof(todo), "remove the file pin in %.500s",
		    state_dir(e->state));
	handle_fail(e,
	    "%s shows the pin %s, and not %s: it is another service, or "
	    "somebody stands in between. Nothing was sent to it. Show "
	    "%.500s to the operators. If they have published the new pin, %s",
	    who, shown, pin,
	    e->evidence[0] != '\0' ? e->evidence : "this message", todo);
	return (EVOTE_CHANGED);
}

enum evote_outcome
trust_behind(struct evote *e, const evote_stamp *last)
{
	return (broken(e, route_host(e->route, NULL), "every host",
	    "knows less than was seen before", last, 0, MAY_END));
}

/* ---- its pin ---- */

/* One that was given is right; else there may be one of the first time. */
static void
pin_expect(struct evote *e)
{
	route_secure(e->route, e->options.plain,
	    e->hosts.pin[0] != '\0' ? e->hosts.pin : e->pin);
}

/* The first one, before anything is kept of it. */
static int
pin_confirm(struct evote *e, int host)
{
	const char *shown = evote_pin(e, host);
	uint64_t began_ms = now_ms();
	int rc;

	if (e->options.plain || shown[0] == '\0' || e->asked_pin ||
	    e->hosts.pin[0] != '\0' || strcmp(shown, e->pin) == 0 ||
	    e->options.met == NULL || !state_keeps(e->state))
		return (0);
	e->asked_pin = 1;
	rc = e->options.met(e->options.arg, shown);
	handle_waited(e, began_ms);
	if (rc == 0)
		return (0);
	e->foreign = 1;
	e->stopped = handle_fail(e,
	    "the pin was not confirmed, and nothing was sent. Ask the "
	    "operators which one is theirs");
	return (-1);
}

/*
 * The host serves, and was reached before it was known whose it is: what is
 * known of that service has to fit; what is not is kept.
 */
static int
pin_keep(struct evote *e, const char *host)
{
	const struct endpoints *endpoints = route_endpoints(e->route);
	int i = hosts_find(&e->hosts, host);
	const char *shown = endpoints->shown[i];

	if (e->options.plain)
		return (0);
	if (endpoint_is_other(endpoints, i)) {
		e->stopped = trust_other(e, i);
		return (-1);
	}
	if (shown[0] == '\0' && endpoints->pin[0] != '\0') {
		e->foreign = 1;
		e->stopped =
		    handle_fail(e, "host %s: %s", host, ENDPOINT_NO_TLS);
		return (-1);
	}
	if (shown[0] == '\0' || strcmp(shown, e->pin) == 0)
		return (0);
	if (pin_confirm(e, i) != 0)
		return (-1);
	if (state_set_tls(e->state, shown) < 0) {
		e->stopped = handle_fail(e, "%s", state_error(e->state));
		return (-1);
	}
	snprintf(e->pin, sizeof(e->pin), "%s", shown);
	pin_expect(e);
	return (0);
}

/* ---- on each new connection ---- */

static enum evote_outcome
other_origin(struct evote *e, const char *what, const char *origin)
{
	return (handle_fail(e,
	    "%s belongs to the service \"%.300s\", and not to \"%.300s\", as "
	    "given by --origin, $EVOTE_ORIGIN or client.conf",
	    what, origin, e->options.origin));
}

int
evote_foreign(const struct evote *e)
{
	return (e->foreign);
}

enum evote_outcome
trust_begin(struct evote *e)
{
	int known = 1, has_pin = 1;

	e->problem[0] = e->evidence[0] = '\0';
	e->foreign = 0;
	if (!e->pinned)
		known = state_service(e->state, &e->service);
	if (e->pin[0] == '\0')
		has_pin = state_tls(e->state, e->pin);
	if (known < 0 || has_pin < 0 || state_seen(e->state, &e->seen) != 0)
		return (handle_fail(e, "%s", state_error(e->state)));
	e->pinned = known;
	pin_expect(e);
	if (known && e->options.origin != NULL &&
	    strcmp(e->options.origin, e->service.origin) != 0)
		return (other_origin(e, "what is kept in this state directory",
		    e->service.origin));
	return (EVOTE_ANSWERED);
}

static int
adopt(struct evote *e, const char *host, const evote_status_res *st)
{
	const unsigned char *cluster =
	    (const unsigned char *)st->answer.stamp.cluster;
	int known = state_adopt(e->state, &e->hosts, cluster);

	/* Other hosts led to it before: what was seen then judges this one. */
	if (known > 0) {
		e->stopped = trust_begin(e);
		return (e->stopped == EVOTE_ANSWERED
			? trust_greeted(e, host, st)
			: -1);
	}
	if (known == 0 && pin_confirm(e, hosts_find(&e->hosts, host)) != 0)
		return (-1);
	memcpy(e->service.cluster, cluster, sizeof(e->service.cluster));
	snprintf(
	    e->service.origin, sizeof(e->service.origin), "%s", st->origin);
	if (known < 0 || state_pin(e->state, &e->service) != 0) {
		e->stopped = handle_fail(e, "%s", state_error(e->state));
		return (-1);
	}
	e->pinned = 1;
	if (state_left(e->state)[0] != '\0' && e->options.renewed != NULL)
		e->options.renewed(e->options.arg, state_left(e->state));
	return (pin_keep(e, host));
}

static int
is_other_cluster(const struct evote *e, const evote_stamp *stamp)
{
	return (e->pinned && memcmp(stamp->cluster, e->service.cluster, 16));
}

/* An empty host that joins has none yet, and does not serve. */
static int
is_origin(const evote_status_res *st, const char *expected)
{
	return (strcmp(st->origin, expected) == 0 ||
	    (st->origin[0] == '\0' && st->answer.standing != EVOTE_SERVED));
}

/* What a greeting says against what was pinned and seen; NULL: nothing. */
static const char *
contradiction(const struct evote *e, const evote_status_res *st)
{
	if (is_other_cluster(e, &st->answer.stamp))
		return ("belongs to another service than before");
	if (e->pinned && !is_origin(st, e->service.origin))
		return ("names another origin than before");
	return (NULL);
}

static void
list_keep(struct evote *e, const evote_status_res *st)
{
	e->n_listed = (int)st->hosts.hosts_len;
	for (int i = 0; i < e->n_listed; i++)
		snprintf(e->listed[i], sizeof(e->listed[i]), "%s",
		    st->hosts.hosts_val[i].name);
}

/* Every host tells of it, and not which one it was. */
static int
is_forced(const struct evote *e, const evote_status_res *st)
{
	return (e->seen.size > 0 && st->forced_epoch > e->seen.epoch);
}

int
trust_greeted(void *arg, const char *host, const evote_status_res *st)
{
	static const char none[16];
	struct evote *e = arg;
	const evote_stamp *stamp;
	char who[EVOTE_HOST_MAX + 8];
	const char *what;
	int i = hosts_find(&e->hosts, host);

	if (st == NULL) {
		e->stopped = trust_other(e, i);
		return (-1);
	}
	stamp = &st->answer.stamp;
	/* An empty host that has not joined yet. */
	if (memcmp(stamp->cluster, none, sizeof(none)) == 0)
		return (0);
	if ((what = contradiction(e, st)) != NULL) {
		e->stopped =
		    broken(e, i, NULL, what, stamp, st->forced_epoch, STANDS);
		return (-1);
	}
	if (is_forced(e, st)) {
		e->stopped = broken(e, i, "a host", "was made primary by force",
		    stamp, st->forced_epoch, STANDS);
		return (-1);
	}
	if (e->options.origin != NULL && !is_origin(st, e->options.origin)) {
		snprintf(who, sizeof(who), "host %s", host);
		e->foreign = 1;
		e->stopped = other_origin(e, who, st->origin);
		return (-1);
	}
	if (st->answer.standing != EVOTE_SERVED)
		return (0);
	e->epoch = stamp->epoch;
	list_keep(e, st);
	e->ahead = evote_clock_ahead(e, st, &e->within);
	if (!e->pinned && st->origin[0] != '\0')
		return (adopt(e, host, st));
	return (pin_keep(e, host));
}

/* ---- behind each answer ---- */

#define OLDER "answered from an older state"

static int
is_older(const struct evote *e, const evote_stamp *stamp)
{
	return (stamp->epoch < e->seen.epoch || stamp->size < e->seen.size);
}

/* The answer holds even if its sighting cannot be written down. */
static enum evote_outcome
sighting_raise(struct evote *e, int host, const evote_stamp *stamp)
{
	struct sighting now = sighting_of(stamp), kept;

	switch (state_raise(e->state, &now, &kept)) {
	case 1:
		e->seen = kept;
		return (broken(e, host, NULL,
		    "shows another history of the same length", stamp, 0,
		    STANDS));
	case 0:
		e->seen = now;
		break;
	}
	return (EVOTE_ANSWERED);
}

/*
 * Forced promotions are told by STATUS only, so in a new epoch that is asked
 * before the epoch counts as seen.
 */
enum evote_outcome
trust_served(struct evote *e, const evote_stamp *stamp, uint64_t deadline_ms)
{
	enum route_end end = ROUTE_SERVED;
	int host = route_host(e->route, NULL);

	if (is_other_cluster(e, stamp))
		return (broken(e, host, NULL,
		    "belongs to another service than before", stamp, 0,
		    STANDS));
	if (is_older(e, stamp))
		return (broken(e, host, NULL, OLDER, stamp, 0, STANDS));
	if (stamp->epoch != e->epoch &&
	    route_greet(e->route, handle_until(e, deadline_ms), &end) != 0) {
		e->epoch = 0;
		return (EVOTE_ANSWERED);
	}
	return (
	    end == ROUTE_STOPPED ? e->stopped : sighting_raise(e, host, stamp));
}

int
trust_doubts(const struct evote *e, const evote_status_res *st)
{
	return (st->answer.standing == EVOTE_SERVED &&
	    is_older(e, &st->answer.stamp));
}

enum evote_outcome
trust_shown(struct evote *e, int host, const evote_status_res *st)
{
	const evote_stamp *stamp = &st->answer.stamp;

	if (trust_doubts(e, st))
		return (broken(
		    e, host, NULL, OLDER, stamp, st->forced_epoch, MAY_END));
	return (st->answer.standing == EVOTE_SERVED
		? sighting_raise(e, host, stamp)
		: EVOTE_ANSWERED);
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
	return (endpoint_ahead(route_greeting(e->route), res->clock, within));
}
