#ifndef EVOTE_NAMES_H
#define EVOTE_NAMES_H

#include "client/cmd.h"

/* Names given one by one: choices, or groups.  All zero has none. */
struct names {
	u_int n;
	char texts[EVOTE_CHOICES_MAX][NAME_ROOM];
	evote_name list[EVOTE_CHOICES_MAX]; /* points to those */
};
_Static_assert(EVOTE_GROUPS_MAX == EVOTE_CHOICES_MAX, "one room for both");

/* One more, as the value of an option (common/options.h): at is the names. */
int names_take(void *at, const char *value, char *err, size_t errlen);

#endif
