#include "server/election/terms.h"

#include <stddef.h>
#include <string.h>

#include "common/ballot.h"
#include "common/need.h"

static const struct row {
	evote_option_kind kind;
	uint64_t least, most;
	uint64_t usual; /* without the option */
} rows[] = {
    {EVOTE_OPTION_SHEET, 1, 1, 0},
    {EVOTE_OPTION_PICK_MIN, 0, EVOTE_CHOICES_MAX, 1},
    {EVOTE_OPTION_PICK_MAX, 1, EVOTE_CHOICES_MAX, 1},
    {EVOTE_OPTION_RANKED, 1, 1, 0},
    {EVOTE_OPTION_NONE_CHOICE, 1, EVOTE_CHOICES_MAX, 0},
    {EVOTE_OPTION_START, 1, UINT64_MAX, 0},
    {EVOTE_OPTION_GRACE_S, 1, EVOTE_GRACE_MAX, 0},
    {EVOTE_OPTION_ORDER_SHOWN, 1, 1, 0},
    {EVOTE_OPTION_FREEZE, 1, 1, 0},
};

static const struct row *
row_of(evote_option_kind kind)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].kind == kind)
			return (&rows[i]);
	}
	return (NULL);
}

int
terms_fit(const evote_options *o)
{
	const evote_option *all = o->evote_options_val;

	for (uint32_t i = 0; i < o->evote_options_len; i++) {
		const struct row *r = row_of(all[i].kind);

		if (r == NULL || all[i].value < r->least ||
		    all[i].value > r->most ||
		    (i > 0 && all[i].kind <= all[i - 1].kind))
			return (0);
	}
	return (o->evote_options_len > 0);
}

uint64_t
terms_value(const evote_options *o, evote_option_kind kind)
{
	return (ballot_option(o, kind, row_of(kind)->usual));
}

void
terms_copy(evote_options *to, const evote_options *from)
{
	uint32_t n = from->evote_options_len;

	to->evote_options_len = n;
	to->evote_options_val = need_zeroed(n + 1, sizeof(evote_option));
	if (n > 0)
		memcpy(to->evote_options_val, from->evote_options_val,
		    n * sizeof(evote_option));
}

evote_name *
terms_names_copy(const evote_name *from, uint32_t n)
{
	evote_name *to = need_zeroed(n + 1, sizeof(*to));

	for (uint32_t i = 0; i < n; i++)
		to[i] = need_copy(from[i]);
	return (to);
}

void
terms_election_copy(evote_election *to, const evote_election *from)
{
	to->name = need_copy(from->name);
	to->groups.groups_len = from->groups.groups_len;
	to->groups.groups_val =
	    terms_names_copy(from->groups.groups_val, from->groups.groups_len);
	to->choices.choices_len = from->choices.choices_len;
	to->choices.choices_val = terms_names_copy(
	    from->choices.choices_val, from->choices.choices_len);
	to->end = from->end;
}
