#include "client/lib/intent.h"

#include <stdlib.h>
#include <string.h>

#include "common/ballot.h"
#include "common/need.h"
#include "common/record.h"
#include "common/seal.h"

static int
same_names(u_int n, evote_name *a, u_int m, evote_name *b)
{
	u_int i;

	for (i = 0; i < n && i < m; i++)
		if (strcmp(a[i], b[i]) != 0)
			return (0);
	return (n == m);
}

static int
same_election(const evote_election *a, const evote_election *b, int but_end)
{
	return (strcmp(a->name, b->name) == 0 &&
	    same_names(a->groups.groups_len, a->groups.groups_val,
		b->groups.groups_len, b->groups.groups_val) &&
	    same_names(a->choices.choices_len, a->choices.choices_val,
		b->choices.choices_len, b->choices.choices_val) &&
	    (but_end || a->end == b->end));
}

static int
same_option(const evote_option *a, const evote_option *b, int but_start)
{
	return (a->kind == b->kind &&
	    (a->value == b->value ||
		(but_start && a->kind == EVOTE_OPTION_START)));
}

static int
same_options(const evote_options *a, const evote_options *b, int but_start)
{
	u_int i;

	for (i = 0; i < a->evote_options_len && i < b->evote_options_len; i++)
		if (!same_option(&a->evote_options_val[i],
			&b->evote_options_val[i], but_start))
			return (0);
	return (a->evote_options_len == b->evote_options_len);
}

/* Whether it casts a vote or ballot, which have a salt. */
static int
intent_casts(const struct intent *want)
{
	return (want->kind == EVOTE_ACT_VOTE || want->kind == EVOTE_ACT_BALLOT);
}

int
intent_is_any(const struct intent *want)
{
	return (want->kind == EVOTE_ACT_VOTE && want->choice == NULL);
}

static int
same_ballot(const evote_ballot_args *b, const struct intent *want)
{
	evote_hash choices;

	return (b->ranks.evote_ranks_len == want->ranks->evote_ranks_len &&
	    memcmp(b->ranks.evote_ranks_val, want->ranks->evote_ranks_val,
		b->ranks.evote_ranks_len) == 0 &&
	    ballot_choices(want->shown, choices) == 0 &&
	    memcmp(b->choices, choices, sizeof(choices)) == 0);
}

/* Of one election already. */
static int
same_change(const struct intent *want, const struct kept *k)
{
	const evote_extension *x = &k->u.extend.extension;

	if (want->kind == EVOTE_ACT_CANCEL)
		return (
		    strcmp(k->u.cancel.cancellation.reason, want->reason) == 0);
	return (strcmp(x->reason, want->reason) == 0 &&
	    (want->relative || x->end == want->end));
}

static int
same_create(const struct intent *want, const struct kept *k)
{
	const evote_terms *terms = &k->u.create.terms;

	return (same_election(&terms->election, &want->create->election,
		    want->relative & EVOTE_END_SPAN) &&
	    same_options(&terms->options, &want->create->options,
		want->relative & EVOTE_START_SPAN));
}

int
intent_is(const struct intent *want, const struct kept *k)
{
	if (intent_is_any(want))
		return (kept_casts(k) &&
		    strcmp(kept_election(k), want->election) == 0);
	if (k->kind != (int)want->kind)
		return (0);
	if (want->create != NULL)
		return (same_create(want, k));
	if (strcmp(kept_election(k), want->election) != 0)
		return (0);
	if (!intent_casts(want))
		return (same_change(want, k));
	return (k->kind == EVOTE_ACT_BALLOT
		? same_ballot(&k->u.ballot, want)
		: strcmp(k->u.vote.choice, want->choice) == 0);
}

int
intent_terms_copy(const evote_terms *from, evote_terms *to)
{
	xdrproc_t proc = (xdrproc_t)xdr_evote_terms;
	unsigned char *bytes;
	long len = xdr_to_bytes(proc, from, &bytes);
	int rc;

	if (len < 0)
		return (-1);
	rc = xdr_from_bytes(proc, to, bytes, (size_t)len);
	free(bytes);
	return (rc);
}

static int
ranks_copy(const evote_ranks *from, evote_ranks *to)
{
	u_int n = from->evote_ranks_len;

	if (n > EVOTE_CHOICES_MAX)
		return (-1);
	to->evote_ranks_val = need(malloc(n + 1));
	memcpy(to->evote_ranks_val, from->evote_ranks_val, n);
	to->evote_ranks_len = n;
	return (0);
}

/* Of a vote or ballot, whose strings XDR would not free if they were too long.
 */
static int
cast_copy(const struct intent *want, struct kept *k, int salted)
{
	evote_vote_args *vote = &k->u.vote;
	evote_ballot_args *ballot = &k->u.ballot;
	int is_vote = want->kind == EVOTE_ACT_VOTE;

	if (strlen(want->election) > EVOTE_NAME_MAX ||
	    (is_vote && strlen(want->choice) > EVOTE_NAME_MAX))
		return (-1);
	if (salted)
		seal_random(
		    is_vote ? vote->salt : ballot->salt, sizeof(vote->salt));
	if (is_vote) {
		vote->election = need_copy(want->election);
		vote->choice = need_copy(want->choice);
		return (0);
	}
	ballot->election = need_copy(want->election);
	return (ballot_choices(want->shown, ballot->choices) != 0
		? -1
		: ranks_copy(want->ranks, &ballot->ranks));
}

/* Of an extension or a cancellation, likewise. */
static int
change_copy(const struct intent *want, struct kept *k)
{
	evote_extension *x = &k->u.extend.extension;
	evote_cancellation *c = &k->u.cancel.cancellation;
	evote_name *name =
	    want->kind == EVOTE_ACT_EXTEND ? &x->election : &c->election;
	evote_text *reason =
	    want->kind == EVOTE_ACT_EXTEND ? &x->reason : &c->reason;

	if (strlen(want->election) > EVOTE_NAME_MAX ||
	    strlen(want->reason) > EVOTE_TEXT_MAX)
		return (-1);
	if (want->kind == EVOTE_ACT_EXTEND)
		x->end = want->end;
	*name = need_copy(want->election);
	*reason = need_copy(want->reason);
	return (0);
}

int
intent_copy(const struct intent *want, struct kept *k, int salted)
{
	memset(&k->u, 0, sizeof(k->u));
	k->kind = (int)want->kind;
	kept_request(k)->credential.kind = EVOTE_BY_TOKEN;
	if (want->create != NULL)
		return (intent_terms_copy(want->create, &k->u.create.terms));
	return (intent_casts(want) ? cast_copy(want, k, salted)
				   : change_copy(want, k));
}

/* ---- times ---- */

static void
date(u_quad_t *time, uint64_t from)
{
	*time = *time < UINT64_MAX - from ? from + *time : UINT64_MAX;
}

void
intent_terms_date(evote_terms *terms, int relative, uint64_t from)
{
	u_int i;

	if (relative & EVOTE_END_SPAN)
		date(&terms->election.end, from);
	for (i = 0; i < terms->options.evote_options_len; i++)
		if ((relative & EVOTE_START_SPAN) &&
		    terms->options.evote_options_val[i].kind ==
			EVOTE_OPTION_START)
			date(&terms->options.evote_options_val[i].value, from);
}

void
intent_date(const struct intent *want, struct kept *k, uint64_t from)
{
	if (want->create != NULL)
		intent_terms_date(&k->u.create.terms, want->relative, from);
	else if (want->relative & EVOTE_END_SPAN)
		date(&k->u.extend.extension.end, from);
}
