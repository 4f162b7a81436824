#ifndef EVOTE_SETTINGS_H
#define EVOTE_SETTINGS_H

#include "server/election/voters.h"

/* What operators have decided about all elections: evote_settings.  Pure. */

void settings_begin(evote_settings *); /* as at first */
void settings_copy(evote_settings *to, const evote_settings *from);
void settings_clear(evote_settings *);
int settings_same(const evote_settings *, const evote_settings *);
/* Whether these let somebody on the roll open elections, or operators. */
int settings_leave_some(const evote_settings *, const struct voters *);
/* Whether he may open elections. */
int settings_admit(const evote_settings *, const struct voter *);
void settings_mix(const evote_settings *, unsigned char h[SEAL_HASH]);

#endif
