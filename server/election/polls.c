#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/schulze.h"
#include "server/election/electors.h"
#include "server/election/mix.h"
#include "server/election/polls.h"
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
	free(p->frozen);
	free(p);
}

void
polls_clear(struct polls *ps)
{
	HASH_CLEAR(hh, ps->by_name);
	for (uint32_t i = 0; i < ps->n; i++)
		poll_free(ps->list[i]);
	free(ps->list);
	free(ps->open);
	*ps = (struct polls){0};
}

/* ---- the open ones, sorted by falling end ---- */

/* Where p stands, or would. */
static uint32_t
open_place(const struct polls *ps, const struct poll *p)
{
	const struct poll *q;
	uint32_t low = 0, high = ps->n_open, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		q = ps->open[mid];
		if (q->about.end > p->about.end ||
		    (q->about.end == p->about.end && q->index > p->index))
			low = mid + 1;
		else
			high = mid;
	}
	return (low);
}

static void
open_add(struct polls *ps, struct poll *p)
{
	struct poll **place;
	uint32_t i = open_place(ps, p);

	ps->open = need_room(ps->open, ps->n_open, sizeof(*ps->open));
	place = &ps->open[i];
	memmove(place + 1, place, (ps->n_open - i) * sizeof(*place));
	*place = p;
	ps->n_open++;
}

static void
open_remove(struct polls *ps, const struct poll *p)
{
	struct poll **place;
	uint32_t i = open_place(ps, p);

	assert(i < ps->n_open && ps->open[i] == p);
	place = &ps->open[i];
	ps->n_open--;
	memmove(place, place + 1, (ps->n_open - i) * sizeof(*place));
}

const struct poll *
poll_due(const struct polls *ps, uint64_t time)
{
	const struct poll *next;

	if (ps->n_open == 0)
		return (NULL);
	next = ps->open[ps->n_open - 1];
	return (next->about.end <= time ? next : NULL);
}

/* ---- who may vote, and who has ---- */

int
poll_has_voted(const struct poll *p, const struct voter *v)
{
	return (v->index / 8 < p->voted_len &&
	    (p->voted[v->index / 8] >> v->index % 8 & 1) != 0);
}

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

/* Who may vote now, and who has. */
static uint64_t
eligible(const struct poll *p, const struct voters *vs)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < p->about.groups.groups_len; i++)
		n += p->frozen != NULL ? p->shares[i].eligible
				       : p->groups[i]->registered;
	if (p->frozen != NULL)
		return (n);
	for (uint32_t i = 0; i < vs->n && i / 8 < p->voted_len; i++) {
		n += poll_has_voted(p, vs->list[i]) &&
		    !poll_has_group(p, voter_group_at(vs, i));
	}
	return (n);
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
    const evote_options *options, struct voter *creator)
{
	uint32_t n_groups = about->groups.groups_len;
	uint32_t n_choices = about->choices.choices_len;
	struct poll *p = need(calloc(1, sizeof(*p)));
	int rc;

	terms_election_copy(&p->about, about);
	if (options != NULL)
		terms_copy(&p->options, options);
	rc = ballot_form(&p->form, &p->options, n_choices);
	assert(rc == 0);
	p->groups = need(calloc(n_groups, sizeof(struct group *)));
	for (uint32_t i = 0; i < n_groups; i++)
		p->groups[i] = voter_group(vs, about->groups.groups_val[i]);
	p->shares = need(calloc(n_groups, sizeof(*p->shares)));
	p->counts = need(calloc(n_choices, sizeof(*p->counts)));
	p->creator = creator;
	p->index = ps->n;
	HASH_ADD_KEYPTR(
	    hh, ps->by_name, p->about.name, strlen(p->about.name), p);
	ps->list = need_room(ps->list, ps->n, sizeof(*ps->list));
	ps->list[ps->n++] = p;
	open_add(ps, p);
	if (terms_value(&p->options, EVOTE_OPTION_FREEZE))
		poll_freeze(p, vs);
}

void
poll_add_undo(struct polls *ps)
{
	struct poll *p = ps->list[--ps->n];

	open_remove(ps, p);
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
	p->shares[poll_place(p, v)].voted++;
	p->votes++;
}

static void
voted_undo(struct poll *p, const struct voter *v)
{
	p->voted[v->index / 8] &= ~(1 << v->index % 8);
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
		p->pairs = need(calloc((size_t)n * n, sizeof(*p->pairs)));
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
	ballot_count(p, ranks, -1);
}

void
poll_close(struct polls *ps, struct poll *p, const struct voters *vs)
{
	p->closed = 1;
	p->eligible = eligible(p, vs);
	for (uint32_t i = 0;
	     p->frozen == NULL && i < p->about.groups.groups_len; i++)
		p->shares[i].eligible = p->groups[i]->registered;
	open_remove(ps, p);
}

void
poll_close_undo(struct polls *ps, struct poll *p)
{
	p->closed = 0;
	p->closed_at = (struct moment){0};
	p->eligible = 0;
	for (uint32_t i = 0;
	     p->frozen == NULL && i < p->about.groups.groups_len; i++)
		p->shares[i].eligible = 0;
	open_add(ps, p);
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
	mix_number(h, p->creator->index);
	mix_number(h, p->closed);
	mix_number(h, p->opened_at.seq);
	if (p->steps != NULL)
		mix(h, p->steps, EVOTE_STEPS * sizeof(*p->steps));
	mix_number(h, p->closed_at.time);
	mix_number(h, p->votes);
	mix_number(h, p->blank);
	/* Whether there once were some is no part of the state. */
	if (p->pairs != NULL && p->votes > 0)
		mix(h, p->pairs,
		    p->form.choices * p->form.choices * sizeof(*p->pairs));
	mix_number(h, p->eligible);
	sheet_mix(&p->sheet, h);
	if (p->frozen != NULL)
		mix(h, p->frozen, p->frozen_len + 1);
	/* How far it was once grown is no part of the state. */
	while (used > 0 && p->voted[used - 1] == 0)
		used--;
	if (used > 0)
		mix(h, p->voted, used);
}

void
polls_mix(const struct polls *ps, unsigned char h[SEAL_HASH])
{
	mix_number(h, ps->n);
	for (uint32_t i = 0; i < ps->n; i++)
		poll_mix(ps->list[i], h);
	mix_number(h, ps->n_open);
	for (uint32_t i = 0; i < ps->n_open; i++)
		mix_number(h, ps->open[i]->index);
}
