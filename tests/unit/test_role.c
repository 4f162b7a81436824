/*
 * The whole table of roles, as text: a change of it is to be seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "replica/core/role.h"

/* What stands in no line cannot happen. */
static const char table[] = "waiting follow joining\n"
			    "waiting in-sync backup\n"
			    "waiting lost waiting\n"
			    "waiting claim claiming\n"
			    "waiting fault halted\n"
			    "\n"
			    "joining follow joining\n"
			    "joining in-sync backup\n"
			    "joining lost waiting\n"
			    "joining claim claiming\n"
			    "joining fault halted\n"
			    "\n"
			    "backup follow joining\n"
			    "backup in-sync backup\n"
			    "backup lost waiting\n"
			    "backup claim claiming\n"
			    "backup named establishing\n"
			    "backup fault halted\n"
			    "\n"
			    "claiming follow joining\n"
			    "claiming in-sync backup\n"
			    "claiming lost waiting\n"
			    "claiming denied waiting\n"
			    "claiming granted establishing\n"
			    "claiming fault halted\n"
			    "\n"
			    "establishing follow joining\n"
			    "establishing in-sync backup\n"
			    "establishing lost waiting\n"
			    "establishing accepted primary\n"
			    "establishing fault halted\n"
			    "\n"
			    "primary follow joining\n"
			    "primary in-sync backup\n"
			    "primary lost waiting\n"
			    "primary hand-over handing-over\n"
			    "primary handed backup\n"
			    "primary fault halted\n"
			    "\n"
			    "handing-over follow joining\n"
			    "handing-over in-sync backup\n"
			    "handing-over lost waiting\n"
			    "handing-over abort primary\n"
			    "handing-over handed backup\n"
			    "handing-over fault halted\n"
			    "\n"
			    "halted claim claiming\n"
			    "halted fault halted\n"
			    "\n";

static void
the_table(void **state)
{
	char text[4096] = "";
	size_t len = 0;

	for (int role = 0; role < ROLE_NR; role++) {
		for (int on = 0; on < ON_EVENT_NR; on++) {
			int to = role_next((evote_role)role, on);

			if (to == -1)
				continue;
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s %s %s\n", role_name((evote_role)role),
			    role_event_name(on), role_name((evote_role)to));
		}
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\n");
	}
	assert_string_equal(text, table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
