#include "common/ballot.h"

#include "common/record.h"

uint64_t
ballot_option(
    const evote_options *o, evote_option_kind kind, uint64_t otherwise)
{
	for (uint32_t i = 0; i < o->evote_options_len; i++)
		if (o->evote_options_val[i].kind == kind)
			return (o->evote_options_val[i].value);
	return (otherwise);
}

static int
form_pick(struct ballot_form *f, uint64_t least, uint64_t most)
{
	if (most == 0 || most > f->choices || least > most)
		return (-1);
	f->kind = BALLOT_PICK;
	f->least = (uint32_t)least;
	f->most = (uint32_t)most;
	return (0);
}

static int
form_ranked(struct ballot_form *f, uint64_t none)
{
	if (none > f->choices || (none != 0 && f->choices < 2))
		return (-1);
	f->kind = BALLOT_RANKED;
	if (none != 0)
		f->none = (uint32_t)none - 1;
	return (0);
}

int
ballot_form(struct ballot_form *f, const evote_options *o, uint32_t choices)
{
	uint64_t least = ballot_option(o, EVOTE_OPTION_PICK_MIN, UINT64_MAX);
	uint64_t most = ballot_option(o, EVOTE_OPTION_PICK_MAX, UINT64_MAX);
	uint64_t none = ballot_option(o, EVOTE_OPTION_NONE_CHOICE, 0);
	int ranked = ballot_option(o, EVOTE_OPTION_RANKED, 0) != 0;
	int pick = least != UINT64_MAX || most != UINT64_MAX;

	*f = (struct ballot_form){.choices = choices, .none = choices};
	if ((ranked && pick) || (none != 0 && !ranked))
		return (-1);
	if ((ranked || pick) && ballot_option(o, EVOTE_OPTION_SHEET, 0) != 0)
		return (-1);
	if (ranked)
		return (form_ranked(f, none));
	return (pick ? form_pick(f, least, most) : 0);
}

int
ballot_choices(const evote_election *shown, evote_hash out)
{
	char domain[] = "evote choices 1";
	evote_choice_list list = {
	    .domain = domain,
	    .choices.choices_len = shown->choices.choices_len,
	    .choices.choices_val = shown->choices.choices_val,
	};

	return (xdr_hash(
	    (xdrproc_t)xdr_evote_choice_list, &list, (unsigned char *)out));
}

uint32_t
ballot_chosen(const evote_ranks *r)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->evote_ranks_len; i++)
		n += r->evote_ranks_val[i] != 0;
	return (n);
}

/* 1, 2, 3 and so on, none left out; `most` is the highest there may be. */
static int
is_dense(const evote_ranks *r, uint32_t most)
{
	uint64_t seen = 0;

	for (uint32_t i = 0; i < r->evote_ranks_len; i++) {
		unsigned char rank = (unsigned char)r->evote_ranks_val[i];

		if (rank > most)
			return (0);
		if (rank > 0)
			seen |= (uint64_t)1 << (rank - 1);
	}
	return ((seen & (seen + 1)) == 0);
}

evote_reason
ballot_judge(const struct ballot_form *f, const evote_ranks *r)
{
	uint32_t chosen = ballot_chosen(r);

	if (f->kind == BALLOT_CHOICE)
		return (EVOTE_R_OTHER_BALLOT);
	if (r->evote_ranks_len != f->choices ||
	    !is_dense(r, f->kind == BALLOT_PICK ? 1 : f->choices))
		return (EVOTE_R_MALFORMED);
	if (f->kind == BALLOT_RANKED)
		return (EVOTE_R_OK);
	if (chosen < f->least)
		return (EVOTE_R_TOO_FEW);
	return (chosen > f->most ? EVOTE_R_TOO_MANY_CHOSEN : EVOTE_R_OK);
}
