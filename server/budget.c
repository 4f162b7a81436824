#include "server/budget.h"

#include <sys/resource.h>

#include "common/log.h"
#include "common/rpc/descriptor.h"
#include "evote.h"

#define FILES_OWN  64 /* the ledger, links to hosts and the like */
#define PLACES_MIN 16

/* Before libtirpc is used: it sizes tables by this. */
int
budget_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return (FILES_OWN);
	r.rlim_cur =
	    r.rlim_max < DESCRIPTORS_MAX ? r.rlim_max : DESCRIPTORS_MAX;
	if (setrlimit(RLIMIT_NOFILE, &r) == -1)
		(void)getrlimit(RLIMIT_NOFILE, &r);
	return (
	    r.rlim_cur < DESCRIPTORS_MAX ? (int)r.rlim_cur : DESCRIPTORS_MAX);
}

void
budget_strangers(struct transport_config *tc, int files, int hosts)
{
	int kept =
	    FILES_OWN + TRANSPORT_LOCAL_PLACES + hosts * TRANSPORT_HOST_PLACES;

	tc->max_conns = files - kept;
	if (tc->max_conns < PLACES_MIN) {
		log_alarm("files max=%d wanted=%d hint=\"raise the limit of "
			  "open files (ulimit -n): this host may run out of "
			  "them\"",
		    files, kept + PLACES_MIN);
		tc->max_conns = PLACES_MIN;
	}
	tc->max_call = EVOTE_CALL_MAX;
	tc->max_stranger_call = EVOTE_STRANGER_CALL_MAX;
	tc->max_in_flight = 64;
	tc->max_unsent = 1 << 20;
	tc->max_memory = 96 << 20;
	tc->turn_calls = 1000;
	tc->turn_us = BUDGET_TURN_US;
	tc->proof_ms = 5000;
	tc->partial_ms = 10000;
	tc->idle_ms = 600000;
}
