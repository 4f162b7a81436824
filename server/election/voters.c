#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "server/election/electorate.h"
#include "server/election/mix.h"
#include "server/election/quota.h"
#include "server/election/stage.h"
#include "server/election/standing.h"
#include "server/election/voters.h"

#define AHEAD_MAX (EVOTE_AHEAD_S * 1000000ULL)

static_assert(sizeof(struct client) == 72, "no padding: it is hashed as is");

int
voter_same(const struct voter *v, const evote_voter *w)
{
	return (strcmp(v->group->name, w->group) == 0 &&
	    memcmp(v->key, w->key, sizeof(v->key)) == 0);
}

void
voters_clear(struct voters *vs)
{
	struct group *g, *next;

	HASH_CLEAR(hh_key, vs->by_other);
	HASH_CLEAR(hh_key, vs->by_key);
	free(vs->by_name);
	for (uint32_t i = 0; i < vs->n; i++)
		voter_free(vs->list[i]);
	free(vs->list);
	electorate_leave(vs->present);
	stages_clear(vs);
	HASH_ITER (hh, vs->groups, g, next) {
		HASH_DEL(vs->groups, g);
		free(g);
	}
	*vs = (struct voters){0};
}

static uint64_t
lower(uint64_t a, uint64_t b)
{
	return (a < b ? a : b);
}

/* ---- the roll ---- */

void
voter_enrol(struct voters *vs, const evote_voter *w, uint64_t time,
    struct enrolment *old)
{
	struct voter *v = standing_take(vs, w->name, old);

	v->group = voter_group(vs, w->group);
	memcpy(v->key, w->key, sizeof(v->key));
	v->floor = lower(v->floor, time);
	assert(!v->registered);
	v->registered = 1;
	v->group->registered++;
	standing_key(vs, v);
	electorate_changed(vs, 1);
}

void
voter_enrol_undo(struct voters *vs, const struct enrolment *old)
{
	old->voter->group->registered--;
	electorate_changed(vs, -1);
	standing_put_back(vs, old);
}

void
voter_rekey(struct voters *vs, struct voter *v,
    const unsigned char key[SEAL_KEY], struct enrolment *old)
{
	standing_take(vs, v->name, old);
	memcpy(v->key, key, sizeof(v->key));
	standing_key(vs, v);
	vs->changes++;
}

void
voter_rekey_undo(struct voters *vs, const struct enrolment *old)
{
	vs->changes--;
	standing_put_back(vs, old);
}

void
voter_strike(struct voters *vs, struct voter *v)
{
	v->registered = 0;
	v->group->registered--;
	standing_key(vs, v);
	electorate_changed(vs, 1);
}

void
voter_strike_undo(struct voters *vs, struct voter *v)
{
	v->registered = 1;
	v->group->registered++;
	standing_key(vs, v);
	electorate_changed(vs, -1);
}

void
voter_unlock(struct voter *v, uint64_t time, struct unlocked *old)
{
	*old = (struct unlocked){v, v->floor, v->refused};
	v->floor = lower(v->floor, time);
	v->refused = 0;
}

void
voter_unlock_undo(const struct unlocked *old)
{
	old->voter->floor = old->floor;
	old->voter->refused = old->refused;
}

/* ---- the client table ---- */

int
voter_number_ahead(uint64_t number, uint64_t time)
{
	return (number > time && number - time > AHEAD_MAX);
}

const struct client *
voter_client(const struct voter *v, const unsigned char id[16])
{
	for (int i = 0; i < v->n_clients; i++) {
		if (memcmp(v->clients[i].id, id, 16) == 0)
			return (&v->clients[i]);
	}
	return (NULL);
}

void
voter_answer(struct voter *v, const struct client *c, struct displaced *d)
{
	const struct client *known = voter_client(v, c->id);
	struct client *old;

	d->place = known == NULL ? -1 : (int)(known - v->clients);
	d->floor = v->floor;
	if (d->place < 0 && v->n_clients == EVOTE_CLIENTS_MAX) {
		d->place = 0;
		if (v->clients[0].number > v->floor)
			v->floor = v->clients[0].number;
	}
	if (d->place >= 0) {
		old = &v->clients[d->place];
		d->client = *old;
		v->n_clients--;
		memmove(old, old + 1, (v->n_clients - d->place) * sizeof(*old));
	}
	v->clients = need_room(v->clients, v->n_clients, sizeof(*v->clients));
	v->clients[v->n_clients++] = *c;
}

void
voter_answer_undo(struct voter *v, const struct displaced *d)
{
	struct client *old;

	v->n_clients--;
	v->floor = d->floor;
	if (d->place < 0)
		return;
	old = &v->clients[d->place];
	memmove(old + 1, old, (v->n_clients - d->place) * sizeof(*old));
	*old = d->client;
	v->n_clients++;
}

/* ---- quotas ---- */

int
voter_may_be_refused(const struct voter *v, uint64_t time)
{
	return (quota_allows(v->refused, time, 1, EVOTE_REFUSALS_MAX));
}

uint64_t
voter_refuse(struct voter *v, uint64_t time)
{
	uint64_t old = v->refused;

	v->refused = quota_use(old, time, 1);
	return (old);
}

void
voter_refuse_undo(struct voter *v, uint64_t old)
{
	v->refused = old;
}

static uint32_t
election_units(const evote_election *about)
{
	unsigned long size =
	    xdr_sizeof((xdrproc_t)xdr_evote_election, (void *)about);

	return ((uint32_t)(size / EVOTE_ELECTION_UNIT) + 1);
}

int
voter_may_create(const struct voter *v, const evote_election *about,
    uint64_t time, uint32_t quota)
{
	return (v->open < EVOTE_ELECTIONS_OPEN &&
	    quota_allows(v->created, time, election_units(about), quota));
}

uint64_t
voter_create(struct voter *v, const evote_election *about, uint64_t time)
{
	uint64_t old = v->created;

	v->created = quota_use(old, time, election_units(about));
	v->open++;
	return (old);
}

void
voter_create_undo(struct voter *v, uint64_t old)
{
	v->created = old;
	v->open--;
}

void
voter_close(struct voter *v)
{
	if (v != NULL)
		v->open--;
}

void
voter_close_undo(struct voter *v)
{
	if (v != NULL)
		v->open++;
}

/* ---- reading ---- */

uint32_t
voters_in(const struct voters *vs, const char *group)
{
	const struct group *g;

	HASH_FIND(hh, vs->groups, group, strlen(group), g);
	return (g == NULL ? 0 : g->registered);
}

void
voters_empty(const struct voters *vs, const evote_groups_args *args,
    evote_groups_res *res)
{
	u_int i, n = args->groups.groups_len;

	res->empty.empty_len = 0;
	res->empty.empty_val = need_zeroed(n + 1, sizeof(evote_name));
	for (i = 0; i < n; i++)
		if (voters_in(vs, args->groups.groups_val[i]) == 0)
			res->empty.empty_val[res->empty.empty_len++] =
			    need_copy(args->groups.groups_val[i]);
}

void
voter_write(const struct voter *v, const struct group *group, evote_voter *to)
{
	to->name = need_copy(v->name);
	to->group = need_copy(group->name);
	memcpy(to->key, v->key, sizeof(to->key));
}

void
voters_page(const struct voters *vs, uint32_t first, evote_voters_res *res)
{
	evote_voter *to = need_zeroed(EVOTE_PAGE_MAX, sizeof(*to));
	const struct voter *v;
	uint32_t n = 0, i;

	res->next = 0;
	for (i = first; i < vs->n; i++) {
		v = voter_at(vs, i);
		if (!v->registered)
			continue;
		if (n == EVOTE_PAGE_MAX) {
			res->next = i;
			break;
		}
		voter_write(v, v->group, &to[n++]);
	}
	res->voters.voters_len = n;
	res->voters.voters_val = to;
}

/* The head-count as well, so that the derived numbers are under test. */
static void
voter_mix(
    const struct voters *vs, const struct voter *v, unsigned char h[SEAL_HASH])
{
	mix_string(h, v->name);
	if (v->group != NULL && !standing_unknown(vs, v)) {
		mix_string(h, v->group->name);
		mix_number(h, v->group->registered);
		mix(h, v->key, sizeof(v->key));
		mix_number(h, v->registered);
	}
	stage_mix(vs, v, h);
	mix_number(h, v->floor);
	if (v->n_clients > 0)
		mix(h, v->clients, v->n_clients * sizeof(*v->clients));
	mix_number(h, v->refused);
	mix_number(h, v->created);
	mix_number(h, v->open);
}

void
voters_mix(const struct voters *vs, unsigned char h[SEAL_HASH])
{
	mix_number(h, vs->n);
	mix_number(h, vs->changes);
	stages_mix(vs, h);
	for (uint32_t i = 0; i < vs->n; i++)
		voter_mix(vs, voter_at(vs, i), h);
}
