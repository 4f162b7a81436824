#include "server/audit/book_electorate.h"

#include <string.h>

#include "common/need.h"

/* Whether his group may vote there now. */
static int
group_fits(const struct book_poll *p, const struct book_voter *v)
{
	for (uint32_t i = 0; i < p->about.groups.groups_len; i++)
		if (strcmp(p->about.groups.groups_val[i], v->group) == 0)
			return (1);
	return (0);
}

void
book_electorate_fix(const struct book *b, struct book_poll *p)
{
	const struct book_voter *v;
	uint32_t i;

	if (p->fixed != NULL)
		return;
	p->fixed = need_zeroed(b->n_voters / 8 + 1, 1);
	p->fixed_len = b->n_voters;
	for (i = 0; i < b->n_voters; i++) {
		v = b->voters[i];
		if (v->registered && group_fits(p, v))
			p->fixed[i / 8] |= (unsigned char)(1 << i % 8);
	}
}

static int
is_fixed(const struct book_poll *p, const struct book_voter *v)
{
	return (p->fixed != NULL && v->index < p->fixed_len &&
	    (p->fixed[v->index / 8] >> v->index % 8 & 1) != 0);
}

int
book_electorate_keeps(const struct book *b, const struct book_voter *v)
{
	const struct book_poll *p;

	for (uint32_t i = 0; i < b->n_polls; i++) {
		p = b->polls[i];
		if (p->opened != 0 && p->closed == 0 && is_fixed(p, v))
			return (1);
	}
	return (0);
}

const char *
book_electorate_refuses(const struct book_poll *p, const struct book_voter *v)
{
	if (v != NULL && is_fixed(p, v))
		return (NULL);
	if (v == NULL || !v->registered)
		return ("its voter is not on the roll");
	if (p->fixed != NULL)
		return ("its voter is not one of those for whom that election "
			"was fixed");
	return (group_fits(p, v)
		? NULL
		: "its voter's group may not vote in that election");
}
