#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/need.h"
#include "common/schulze.h"
#include "server/election/due.h"
#include "server/election/electors.h"
#include "server/election/life.h"
#include "server/election/mix.h"
#include "server/election/terms.h"

struct poll *
poll_find(const struct polls *ps, const char *name)
{
	struct poll *p;

	HASH_FIND(hh, ps->by_name, name, strlen(name), p);
	return (p);
}

static void
poll_free(struct poll *p)
{
	xdr_free((xdrproc_t)xdr_evote_election, (char *)&p->about);
	xdr_free((xdrproc_t)xdr_evote_options, (char *)&p->options);
	sheet_clear(&p->sheet);
	free(p->groups);
	free(p->shares);
	free(p->steps);
	free(p->counts);
	free(p->pairs);
	free(p->voted);
	voted_keys_clear(&p->keys);
	electorate_leave(p->frozen);
	life_clear(p);
	free(p);
}

void
polls_clear(struct polls *ps)
{
	HASH_CLEAR(hh, ps->by_name);
	for (uint32_t i = 0; i < ps->n; i++)
		poll_free(ps->list[i]);
	free(ps->list);
	free(ps->due);
	*ps = (struct polls){0};
}

/* ---- who may vote, and who has ---- */

static void
voted_set(struct poll *p, uint32_t index)
{
	uint32_t len = index / 8 + 1;

	if (len > p->voted_len) {
		if (len < 2 * p->voted_len)
			len = 2 * p->voted_len;
		p->voted = need(realloc(p->voted, len));
		memset(p->voted + p->voted_len, 0, len - p->voted_len);
		p->voted_len = len;
	}
	p->voted[index / 8] |= 1 << index % 8;
}

uint32_t
poll_choice(const struct poll *p, const char *choice)
{
	uint32_t i;

	for (i = 0; i < p->about.choices.choices_len; i++) {
		if (strcmp(p->about.choices.choices_val[i], choice) == 0)
			break;
	}
	return (i);
}

/* ---- changes ---- */

void
poll_add(struct polls *ps, struct voters *vs, const evote_election *about,
    const evote_options *options, struct voter *creator, evote_moment at)
{
	uint32_t n_groups = about->groups.groups_len;
	uint32_t n_choices = about->choices.choices_len;
	struct poll *p = need_zeroed(1, sizeof(*p));
	int rc;

	terms_election_copy(&p->about, about);
	if (options != NULL)
		terms_copy(&p->options, options);
	rc = ballot_form(&p->form, &p->options, n_choices);
	assert(rc == 0);
	rc = ballot_choices(about, p->choices);
	assert(rc == 0);
	p->groups = need_zeroed(n_groups, sizeof(struct group *));
	for (uint32_t i = 0; i < n_groups; i++)
		p->groups[i] = voter_group(vs, about->groups.groups_val[i]);
	p->shares = need_zeroed(n_groups, sizeof(*p->shares));
	p->counts = need_zeroed(n_choices, sizeof(*p->counts));
	p->creator = creator;
	p->created_at = at;
	p->index = ps->n;
	HASH_ADD_KEYPTR(
	    hh, ps->by_name, p->about.name, strlen(p->about.name), p);
	ps->list = need_room(ps->list, ps->n, sizeof(*ps->list));
	ps->list[ps->n++] = p;
	if (poll_start(p) == 0)
		poll_begin(p, vs, at);
	due_add(ps, p);
}

void
poll_add_undo(struct polls *ps)
{
	struct poll *p = ps->list[--ps->n];

	due_remove(ps, p);
	HASH_DEL(ps->by_name, p);
	poll_free(p);
}

int
poll_has_sheet(const struct poll *p)
{
	return (terms_value(&p->options, EVOTE_OPTION_SHEET) != 0);
}

static void
voted(struct poll *p, const struct voter *v)
{
	voted_set(p, v->index);
	voted_keys_add(&p->keys, v->key);
	p->shares[poll_place(p, v)].voted++;
	p->votes++;
}

static void
voted_undo(struct poll *p, const struct voter *v)
{
	p->voted[v->index / 8] &= ~(1 << v->index % 8);
	voted_keys_add_undo(&p->keys);
	p->shares[poll_place(p, v)].voted--;
	p->votes--;
}

void
poll_vote(
    struct poll *p, const struct voter *v, uint32_t choice, uint64_t tracker)
{
	if (poll_has_sheet(p))
		sheet_add(&p->sheet, tracker, choice);
	voted(p, v);
	p->counts[choice]++;
}

void
poll_vote_undo(struct poll *p, const struct voter *v, uint32_t choice)
{
	if (poll_has_sheet(p))
		sheet_add_undo(&p->sheet);
	voted_undo(p, v);
	p->counts[choice]--;
}

/* One ballot more, or (-1) that one less. */
static void
ballot_count(struct poll *p, const unsigned char *ranks, int by)
{
	uint32_t n = p->form.choices, chosen = 0;

	for (uint32_t i = 0; i < n; i++) {
		p->counts[i] += ranks[i] == 1 ? (uint64_t)by : 0;
		chosen += ranks[i] != 0;
	}
	p->blank += chosen == 0 ? (uint64_t)by : 0;
	if (p->form.kind != BALLOT_RANKED)
		return;
	if (p->pairs == NULL)
		p->pairs = need_zeroed((size_t)n * n, sizeof(*p->pairs));
	(by > 0 ? schulze_add : schulze_take_back)(p->pairs, n, ranks);
}

void
poll_ballot(struct poll *p, const struct voter *v, const unsigned char *ranks)
{
	voted(p, v);
	ballot_count(p, ranks, 1);
}

void
poll_ballot_undo(
    struct poll *p, const struct voter *v, const unsigned char *ranks)
{
	voted_undo(p, v);
	if (!BUG(BALLOT_KEPT))
		ballot_count(p, ranks, -1);
}

static void
poll_mix(const struct poll *p, unsigned char h[SEAL_HASH])
{
	uint32_t used = p->voted_len;

	mix_string(h, p->about.name);
	for (uint32_t i = 0; i < p->about.groups.groups_len; i++) {
		mix_string(h, p->groups[i]->name);
		mix_number(h, p->groups[i]->registered);
		mix_number(h, p->shares[i].eligible);
		mix_number(h, p->shares[i].voted);
	}
	for (uint32_t i = 0; i < p->about.choices.choices_len; i++) {
		mix_string(h, p->about.choices.choices_val[i]);
		mix_number(h, p->counts[i]);
	}
	for (uint32_t i = 0; i < p->options.evote_options_len; i++) {
		mix_number(h, p->options.evote_options_val[i].kind);
		mix_number(h, p->options.evote_options_val[i].value);
	}
	mix_number(h, p->about.end);
	mix_number(h, p->creator == NULL ? UINT32_MAX : p->creator->index);
	life_mix(p, h);
	if (p->steps != NULL)
		mix(h, p->steps, EVOTE_STEPS * sizeof(*p->steps));
	mix_number(h, p->votes);
	mix_number(h, p->blank);
	/* Whether there once were some is no part of the state. */
	if (p->pairs != NULL && p->votes > 0)
		mix(h, p->pairs,
		    p->form.choices * p->form.choices * sizeof(*p->pairs));
	mix_number(h, p->eligible);
	sheet_mix(&p->sheet, h);
	electors_mix(p, h);
	/* How far it was once grown is no part of the state. */
	while (used > 0 && p->voted[used - 1] == 0)
		used--;
	if (used > 0)
		mix(h, p->voted, used);
	if (!poll_is_over(p) && p->keys.n > 0)
		mix(h, p->keys.list, p->keys.n * sizeof(*p->keys.list));
}

void
polls_mix(const struct polls *ps, unsigned char h[SEAL_HASH])
{
	mix_number(h, ps->n);
	for (uint32_t i = 0; i < ps->n; i++)
		poll_mix(ps->list[i], h);
	mix_number(h, ps->n_due);
	for (uint32_t i = 0; i < ps->n_due; i++)
		mix_number(h, ps->due[i]->index);
}
