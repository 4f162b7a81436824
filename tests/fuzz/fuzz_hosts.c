/*
 * A hosts list, as it is typed and as a file, which has pins too; each of its
 * addresses is written and read again.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/hosts.h"
#include "common/seal.h"
#include "fuzz.h"

static void
look(const struct hosts *hosts)
{
	char address[EVOTE_ADDRESS_MAX + 1];
	struct host again;

	assert(hosts->n >= 1 && hosts->n <= EVOTE_HOSTS_MAX);
	for (int i = 0; i < hosts->n; i++) {
		hosts_write(&hosts->list[i], address);
		assert(hosts_read(hosts->list[i].name, address, &again) == 0 &&
		    again.port == hosts->list[i].port &&
		    strcmp(again.address, hosts->list[i].address) == 0);
	}
}

static void
typed(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len), err[1024] = "";
	struct hosts hosts = {0};

	if (hosts_parse_list(text, &hosts, err, sizeof(err)) == 0) {
		look(&hosts);
		assert(hosts.pin[0] == '\0');
	} else
		assert(strlen(err) > 0);
	free(text);
}

static void
file(const uint8_t *data, size_t len)
{
	int fd = memfd_create("hosts", MFD_CLOEXEC);
	unsigned char digest[SEAL_HASH];
	struct hosts hosts = {0};
	char path[64], err[1024] = "";

	assert(fd != -1 && write(fd, data, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "@/proc/self/fd/%d", fd);
	if (hosts_parse(path, &hosts, err, sizeof(err)) == 0) {
		look(&hosts);
		assert(hosts.pin[0] == '\0' ||
		    seal_unbase64(digest, sizeof(digest), hosts.pin,
			strlen(hosts.pin)) == SEAL_HASH);
	} else
		assert(strlen(err) > 0);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	typed(data, len);
	file(data, len);
	return (0);
}
