/* A hosts list, and each of its addresses written and read again. */
#include "common/hosts.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len), err[1024];
	char address[EVOTE_ADDRESS_MAX + 1];
	struct hosts hosts = {0};
	struct host again;

	if (hosts_parse_list(text, &hosts, err, sizeof(err)) == 0) {
		fuzz_must(hosts.n >= 1 && hosts.n <= EVOTE_HOSTS_MAX);
		for (int i = 0; i < hosts.n; i++) {
			hosts_write(&hosts.list[i], address);
			fuzz_must(hosts_read(hosts.list[i].name, address,
				      &again) == 0 &&
			    again.port == hosts.list[i].port &&
			    strcmp(again.address, hosts.list[i].address) == 0);
		}
	} else
		fuzz_must(strlen(err) > 0);
	free(text);
	return (0);
}
