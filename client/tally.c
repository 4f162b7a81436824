#include "client/tally.h"

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

double
tally_turnout(const evote_result_res *res)
{
	return (res->eligible == 0
		? 0
		: (double)res->votes / (double)res->eligible);
}
