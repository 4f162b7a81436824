#include "client/lib/wish.h"

#include <stdlib.h>
#include <string.h>

#include "common/ballot.h"
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
same_options(const evote_options *a, const evote_options *b)
{
	u_int i;

	for (i = 0; i < a->evote_options_len && i < b->evote_options_len; i++)
		if (a->evote_options_val[i].kind !=
			b->evote_options_val[i].kind ||
		    a->evote_options_val[i].value !=
			b->evote_options_val[i].value)
			return (0);
	return (a->evote_options_len == b->evote_options_len);
}

int
wish_is_any(const struct wish *w)
{
	return (w->kind == EVOTE_ACT_VOTE && w->choice == NULL);
}

static int
same_ballot(const evote_ballot_args *b, const struct wish *w)
{
	evote_hash choices;

	return (b->ranks.evote_ranks_len == w->ranks->evote_ranks_len &&
	    memcmp(b->ranks.evote_ranks_val, w->ranks->evote_ranks_val,
		b->ranks.evote_ranks_len) == 0 &&
	    ballot_choices(w->shown, choices) == 0 &&
	    memcmp(b->choices, choices, sizeof(choices)) == 0);
}

int
wish_is(const struct wish *w, const struct kept *k)
{
	if (wish_is_any(w))
		return ((k->kind == EVOTE_ACT_VOTE ||
			    k->kind == EVOTE_ACT_BALLOT) &&
		    strcmp(kept_election(k), w->election) == 0);
	if (k->kind != (int)w->kind)
		return (0);
	if (w->create != NULL)
		return (same_election(&k->u.create.terms.election,
			    &w->create->election, w->relative) &&
		    same_options(
			&k->u.create.terms.options, &w->create->options));
	return (strcmp(kept_election(k), w->election) == 0 &&
	    (k->kind == EVOTE_ACT_BALLOT
		    ? same_ballot(&k->u.ballot, w)
		    : strcmp(k->u.vote.choice, w->choice) == 0));
}

static int
terms_copy(const evote_terms *from, evote_terms *to)
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

	if (n > EVOTE_CHOICES_MAX ||
	    (to->evote_ranks_val = malloc(n + 1)) == NULL)
		return (-1);
	memcpy(to->evote_ranks_val, from->evote_ranks_val, n);
	to->evote_ranks_len = n;
	return (0);
}

/* Of a vote or ballot, whose strings XDR would not free if they were too long.
 */
static int
cast_copy(const struct wish *w, struct kept *k, int salted)
{
	evote_vote_args *vote = &k->u.vote;
	evote_ballot_args *ballot = &k->u.ballot;
	int is_vote = w->kind == EVOTE_ACT_VOTE;

	if (strlen(w->election) > EVOTE_NAME_MAX ||
	    (is_vote && strlen(w->choice) > EVOTE_NAME_MAX))
		return (-1);
	if (salted)
		seal_random(
		    is_vote ? vote->salt : ballot->salt, sizeof(vote->salt));
	if (is_vote) {
		vote->election = strdup(w->election);
		vote->choice = strdup(w->choice);
		return (
		    vote->election == NULL || vote->choice == NULL ? -1 : 0);
	}
	ballot->election = strdup(w->election);
	return (ballot->election == NULL ||
		    ballot_choices(w->shown, ballot->choices) != 0
		? -1
		: ranks_copy(w->ranks, &ballot->ranks));
}

int
wish_copy(const struct wish *w, struct kept *k, int salted)
{
	memset(&k->u, 0, sizeof(k->u));
	k->kind = (int)w->kind;
	kept_request(k)->credential.kind = EVOTE_BY_TOKEN;
	if (w->create != NULL) {
		if (terms_copy(w->create, &k->u.create.terms) != 0)
			return (-1);
		if (w->relative)
			k->u.create.terms.election.end = 0;
		return (0);
	}
	return (cast_copy(w, k, salted));
}
