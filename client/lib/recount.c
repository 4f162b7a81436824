#include "client/lib/recount.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/lib/handle.h"
#include "common/tracker.h"

struct problem {
	char *text;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static int
wrong(const struct problem *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->text, p->size, fmt, ap);
	va_end(ap);
	return (-1);
}

/* ---- anybody's ---- */

static int
order_check(const struct recount *r, const struct problem *p)
{
	for (uint32_t i = 1; i < r->n; i++)
		if (r->lines[i].tracker <= r->lines[i - 1].tracker)
			return (wrong(p,
			    "its lines are not in order, or one is there "
			    "twice"));
	return (0);
}

static uint64_t
lines_count(const struct recount *r, const char *choice)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < r->n; i++)
		n += strcmp(r->lines[i].choice, choice) == 0;
	return (n);
}

static int
counts_check(const struct recount *r, const struct problem *p)
{
	const evote_result_res *res = r->result;
	const evote_count *count;
	uint64_t n, all = 0;

	for (u_int i = 0; i < res->counts.counts_len; i++) {
		count = &res->counts.counts_val[i];
		n = lines_count(r, count->choice);
		if (n != count->votes)
			return (wrong(p,
			    "its lines for \"%s\" are not as many as its votes",
			    count->choice));
		all += n;
	}
	if (r->n != res->votes)
		return (wrong(p, "it has %u lines, and %llu voted", r->n,
		    (unsigned long long)res->votes));
	if (r->n != all)
		return (wrong(p,
		    "it has lines for choices that the result "
		    "does not have"));
	return (0);
}

/* ---- the voter's ---- */

/* Whether what the voter sent was for this choice. */
static int
is_of(const struct evote_own *own, const char *election, const char *choice)
{
	struct kept vote = {.kind = EVOTE_ACT_VOTE,
	    .u.vote = {.election = (char *)election, .choice = (char *)choice}};
	unsigned char commitment[sizeof(own->commitment)];

	memcpy(vote.u.vote.salt, own->salt, sizeof(vote.u.vote.salt));
	return (request_commit(&vote, (char *)commitment) == 0 &&
	    memcmp(commitment, own->commitment, sizeof(commitment)) == 0);
}

static int
own_check(const struct recount *r, const evote_sheet_line **mine,
    const struct problem *p)
{
	char text[TRACKER_TEXT];
	uint32_t i;

	tracker_text(text, r->own->tracker);
	for (i = 0; i < r->n && r->lines[i].tracker != r->own->tracker; i++)
		;
	if (i == r->n)
		return (wrong(
		    p, "your vote is not on it, whose tracker is %s", text));
	if (!is_of(r->own, r->election, r->lines[i].choice))
		return (wrong(p,
		    "your vote's tracker, %s, stands there with \"%s\", which "
		    "you did not vote for",
		    text, r->lines[i].choice));
	*mine = &r->lines[i];
	return (0);
}

int
recount_check(const struct recount *r, const evote_sheet_line **mine,
    char *problem, size_t size)
{
	const struct problem p = {problem, size};

	*mine = NULL;
	if (order_check(r, &p) != 0 || counts_check(r, &p) != 0)
		return (-1);
	return (r->own != NULL ? own_check(r, mine, &p) : 0);
}
