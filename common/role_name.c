#include "common/role_name.h"

const char *
role_name(evote_role role)
{
	static const char *const names[EVOTE_HALTED + 1] = {
	    [EVOTE_WAITING] = "waiting",
	    [EVOTE_JOINING] = "joining",
	    [EVOTE_BACKUP] = "backup",
	    [EVOTE_CLAIMING] = "claiming",
	    [EVOTE_ESTABLISHING] = "establishing",
	    [EVOTE_PRIMARY] = "primary",
	    [EVOTE_HANDING] = "handing-over",
	    [EVOTE_HALTED] = "halted",
	};

	return ((unsigned)role <= EVOTE_HALTED ? names[role] : "unknown");
}
