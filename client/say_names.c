#include "client/say.h"

/*
 * The names that programs read.  The switches have no default: the compiler
 * refuses one that lacks a value of evote.x.
 */
const char *
say_alarm(evote_alarm_kind kind)
{
	switch (kind) {
	case EVOTE_ALARM_TWO_PRIMARIES:
		return ("two-primaries");
	case EVOTE_ALARM_HALTED:
		return ("halted");
	case EVOTE_ALARM_REFUSED:
		return ("refused");
	case EVOTE_ALARM_NOT_SERVING:
		return ("not-serving");
	case EVOTE_ALARM_UNCONFIRMED:
		return ("unconfirmed");
	case EVOTE_ALARM_STUCK:
		return ("stuck");
	case EVOTE_ALARM_STORAGE:
		return ("storage");
	case EVOTE_ALARM_ALONE:
		return ("alone");
	case EVOTE_ALARM_ARBITER:
		return ("arbiter");
	case EVOTE_ALARM_CLOCK:
		return ("clock");
	case EVOTE_ALARM_LINK:
		return ("link");
	case EVOTE_ALARM_SETTINGS:
		return ("settings");
	case EVOTE_ALARM_KEY:
		return ("key");
	case EVOTE_ALARM_SECRET:
		return ("secret");
	case EVOTE_ALARM_ORDER:
		return ("order");
	}
	return ("strange");
}

int
say_is_vote(evote_act_kind kind)
{
	return (kind == EVOTE_ACT_VOTE || kind == EVOTE_ACT_BALLOT);
}

const char *
say_act(evote_act_kind kind)
{
	switch (kind) {
	case EVOTE_ACT_VOTE:
	case EVOTE_ACT_BALLOT:
		return ("vote");
	case EVOTE_ACT_EXTEND:
		return ("extension");
	case EVOTE_ACT_CANCEL:
		return ("cancellation");
	default:
		return ("creation");
	}
}

const char *
say_standing(evote_standing standing)
{
	switch (standing) {
	case EVOTE_SERVED:
		return ("served");
	case EVOTE_NOT_PRIMARY:
		return ("not-primary");
	case EVOTE_NOT_SERVING:
		return ("not-serving");
	case EVOTE_BEHIND:
		return ("behind");
	case EVOTE_OTHER_CLUSTER:
		return ("other-cluster");
	case EVOTE_TRY_AGAIN:
		return ("try-again");
	}
	return ("strange");
}
