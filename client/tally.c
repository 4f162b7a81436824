#include "client/tally.h"

#include <stdio.h>

#include "common/text.h"

u_int
tally_rank(const evote_result_res *res, u_int i)
{
	const evote_count *counts = res->counts.counts_val;
	u_int j, rank = 1;

	for (j = 0; j < res->counts.counts_len; j++)
		rank += counts[j].votes > counts[i].votes;
	return (rank);
}

int
tally_tied(const evote_result_res *res, u_int i)
{
	const evote_count *counts = res->counts.counts_val;
	u_int j;

	for (j = 0; j < res->counts.counts_len; j++)
		if (j != i && counts[j].votes == counts[i].votes)
			return (1);
	return (0);
}

void
tally_label(const evote_result_res *res, u_int i, char out[TALLY_LABEL])
{
	snprintf(out, TALLY_LABEL, "%u%s", tally_rank(res, i),
	    tally_tied(res, i) ? "=" : "");
}

u_int
tally_leaders(const evote_result_res *res, u_int *first)
{
	u_int i, n = 0;

	for (i = res->counts.counts_len; i-- > 0;)
		if (tally_rank(res, i) == 1 &&
		    res->counts.counts_val[i].votes > 0) {
			*first = i;
			n++;
		}
	return (n);
}

static int
is_shared(const evote_result_res *res, u_int place)
{
	u_int i;

	for (i = 0; i < res->counts.counts_len; i++)
		if (tally_rank(res, i) == place && tally_tied(res, i))
			return (1);
	return (0);
}

/* "; places 3 and 5 are shared": those behind the first one. */
static void
shared_text(const evote_result_res *res, char *out, size_t size)
{
	char list[4 * EVOTE_CHOICES_MAX] = "", last[16] = "";
	u_int place, n = 0;

	for (place = 2; place < res->counts.counts_len; place++) {
		if (!is_shared(res, place))
			continue;
		if (n++ > 0)
			text_join(list, sizeof(list), ", ", last);
		snprintf(last, sizeof(last), "%u", place);
	}
	out[0] = '\0';
	if (n == 1)
		snprintf(out, size, "; place %s is shared", last);
	else if (n > 1)
		snprintf(
		    out, size, "; places %s and %s are shared", list, last);
}

const char *
tally_nobody(const evote_result_res *res)
{
	return (res->votes == 0
		? "no votes were cast"
		: "no choice has a vote, all ballots are blank");
}

void
tally_winner(const evote_result_res *res, int several, char *out, size_t size)
{
	u_int first = 0, n = tally_leaders(res, &first);
	const evote_count *count = &res->counts.counts_val[first];
	char shared[4 * EVOTE_CHOICES_MAX + 40] = "";

	if (several)
		shared_text(res, shared, sizeof(shared));
	if (n == 0)
		snprintf(out, size, "%s", tally_nobody(res));
	else if (n == 1)
		snprintf(out, size, "\"%s\" has the most votes, %llu%s",
		    count->choice, (unsigned long long)count->votes, shared);
	else
		snprintf(out, size,
		    "a TIE, %u choices have the most votes, %llu each%s", n,
		    (unsigned long long)count->votes, shared);
}

double
tally_turnout(const evote_result_res *res)
{
	return (res->eligible == 0
		? 0
		: (double)res->votes / (double)res->eligible);
}
