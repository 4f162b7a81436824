#ifndef EVOTE_ALARM_H
#define EVOTE_ALARM_H

#include "evote.h"

struct core;

/*
 * What is wrong, for people: one sentence each, the worst first, as evote.x
 * orders the kinds.  One more takes its place among them; beyond
 * EVOTE_ALARMS_MAX the least gives way.  Texts are malloc'd: freed by xdr_free.
 */
void alarm_add(evote_status_res *, evote_alarm_kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Those of the core. */
void alarm_list(const struct core *, evote_status_res *);

#endif
