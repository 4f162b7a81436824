#ifndef EVOTE_ROLE_H
#define EVOTE_ROLE_H

#include "common/role_name.h"
#include "evote.h"

/* The roles of a host and what moves it from one to another.  Pure. */
enum role_event {
	ON_FOLLOW,   /* the primary of the configuration is heard; not in sync
			with it */
	ON_IN_SYNC,  /* the primary of the configuration says: in sync */
	ON_LOST,     /* may no longer be in sync, or the configuration is only
			hearsay */
	ON_CLAIM,    /* asks the arbiter to become primary */
	ON_DENIED,   /* the arbiter granted it to another, or did not know */
	ON_GRANTED,  /* is primary by the configuration */
	ON_NAMED,    /* was made primary by the one before */
	ON_ACCEPTED, /* the epoch's first record is accepted */
	ON_HAND,     /* begins to hand over */
	ON_ABORT,    /* hand-over called off before it was decided */
	ON_HANDED,   /* another is primary now, this one in sync */
	ON_FAULT,    /* must not go on: see the alarm */
	ON_EVENT_NR
};

#define ROLE_NR (EVOTE_HALTED + 1)

/* The role after `on`, or -1: cannot happen. */
int role_next(evote_role, enum role_event on);
const char *role_event_name(enum role_event);

#endif
