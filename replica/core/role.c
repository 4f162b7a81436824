#include "replica/core/role.h"

/* A role plus one; 0 marks what cannot happen. */
#define TO(role) (EVOTE_##role + 1)

static const unsigned char moves[ROLE_NR][ON_EVENT_NR] = {
    [EVOTE_WAITING] =
	{
	    [ON_FOLLOW] = TO(JOINING),
	    [ON_IN_SYNC] = TO(BACKUP),
	    [ON_LOST] = TO(WAITING),
	    [ON_CLAIM] = TO(CLAIMING),
	    [ON_FAULT] = TO(HALTED),
	},
    [EVOTE_JOINING] =
	{
	    [ON_FOLLOW] = TO(JOINING),
	    [ON_IN_SYNC] = TO(BACKUP),
	    [ON_LOST] = TO(WAITING),
	    [ON_CLAIM] = TO(CLAIMING),
	    [ON_FAULT] = TO(HALTED),
	},
    [EVOTE_BACKUP] =
	{
	    [ON_FOLLOW] = TO(JOINING),
	    [ON_IN_SYNC] = TO(BACKUP),
	    [ON_LOST] = TO(WAITING),
	    [ON_CLAIM] = TO(CLAIMING),
	    [ON_NAMED] = TO(ESTABLISHING),
	    [ON_FAULT] = TO(HALTED),
	},
    [EVOTE_CLAIMING] =
	{
	    [ON_FOLLOW] = TO(JOINING),
	    [ON_IN_SYNC] = TO(BACKUP),
	    [ON_LOST] = TO(WAITING),
	    [ON_DENIED] = TO(WAITING),
	    [ON_GRANTED] = TO(ESTABLISHING),
	    [ON_FAULT] = TO(HALTED),
	},
    [EVOTE_ESTABLISHING] =
	{
	    [ON_FOLLOW] = TO(JOINING),
	    [ON_IN_SYNC] = TO(BACKUP),
	    [ON_LOST] = TO(WAITING),
	    [ON_ACCEPTED] = TO(PRIMARY),
	    [ON_FAULT] = TO(HALTED),
	},
    [EVOTE_PRIMARY] =
	{
	    [ON_FOLLOW] = TO(JOINING),
	    [ON_IN_SYNC] = TO(BACKUP),
	    [ON_LOST] = TO(WAITING),
	    [ON_HAND] = TO(HANDING),
	    [ON_HANDED] = TO(BACKUP), /* granted after it was called off */
	    [ON_FAULT] = TO(HALTED),
	},
    [EVOTE_HANDING] =
	{
	    [ON_FOLLOW] = TO(JOINING),
	    [ON_IN_SYNC] = TO(BACKUP),
	    [ON_LOST] = TO(WAITING),
	    [ON_ABORT] = TO(PRIMARY),
	    [ON_HANDED] = TO(BACKUP),
	    [ON_FAULT] = TO(HALTED),
	},
    [EVOTE_HALTED] =
	{
	    [ON_CLAIM] = TO(CLAIMING), /* promote --force */
	    [ON_FAULT] = TO(HALTED),
	},
};

int
role_next(evote_role role, enum role_event on)
{
	return ((int)moves[role][on] - 1);
}

const char *
role_event_name(enum role_event on)
{
	static const char *const names[ON_EVENT_NR] = {
	    [ON_FOLLOW] = "follow",
	    [ON_IN_SYNC] = "in-sync",
	    [ON_LOST] = "lost",
	    [ON_CLAIM] = "claim",
	    [ON_DENIED] = "denied",
	    [ON_GRANTED] = "granted",
	    [ON_NAMED] = "named",
	    [ON_ACCEPTED] = "accepted",
	    [ON_HAND] = "hand-over",
	    [ON_ABORT] = "abort",
	    [ON_HANDED] = "handed",
	    [ON_FAULT] = "fault",
	};

	return (names[on]);
}
