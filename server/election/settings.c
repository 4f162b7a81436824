#include "server/election/settings.h"

#include <string.h>

#include "common/need.h"
#include "server/election/mix.h"
#include "server/election/terms.h"

void
settings_begin(evote_settings *s)
{
	*s = (evote_settings){
	    .creators = EVOTE_BY_ANYONE,
	    .quota = EVOTE_ELECTIONS_MAX,
	};
}

void
settings_copy(evote_settings *to, const evote_settings *from)
{
	*to = *from;
	to->groups.groups_val =
	    terms_names_copy(from->groups.groups_val, from->groups.groups_len);
}

void
settings_clear(evote_settings *s)
{
	xdr_free((xdrproc_t)xdr_evote_settings, (char *)s);
}

int
settings_same(const evote_settings *a, const evote_settings *b)
{
	if (a->creators != b->creators || a->quota != b->quota ||
	    a->groups.groups_len != b->groups.groups_len)
		return (0);
	for (uint32_t i = 0; i < a->groups.groups_len; i++)
		if (strcmp(a->groups.groups_val[i], b->groups.groups_val[i]) !=
		    0)
			return (0);
	return (1);
}

int
settings_leave_some(const evote_settings *s, const struct voters *vs)
{
	if (s->creators != EVOTE_BY_GROUPS)
		return (1);
	for (uint32_t i = 0; i < s->groups.groups_len; i++)
		if (voters_in(vs, s->groups.groups_val[i]) > 0)
			return (1);
	return (0);
}

int
settings_admit(const evote_settings *s, const struct voter *v)
{
	if (s->creators != EVOTE_BY_GROUPS)
		return (s->creators == EVOTE_BY_ANYONE);
	for (uint32_t i = 0; i < s->groups.groups_len; i++)
		if (strcmp(s->groups.groups_val[i], v->group->name) == 0)
			return (1);
	return (0);
}

void
settings_mix(const evote_settings *s, unsigned char h[SEAL_HASH])
{
	mix_number(h, s->creators);
	mix_number(h, s->quota);
	mix_number(h, s->groups.groups_len);
	for (uint32_t i = 0; i < s->groups.groups_len; i++)
		mix_string(h, s->groups.groups_val[i]);
}
