/* Key files and keys as they are handed in. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/lib/sshkey.h"
#include "common/seal.h"
#include "fuzz.h"

/* As the file of a key in PEM. */
static void
pem(const uint8_t *data, size_t len)
{
	int fd = memfd_create("key", MFD_CLOEXEC);
	struct seal_key *key;
	char path[64], err[600];

	assert(fd != -1 && write(fd, data, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	key = seal_key_load(path, err, sizeof(err));
	assert(key != NULL || strlen(err) > 0);
	seal_key_free(key);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len), err[600] = "";
	unsigned char public[SEAL_KEY];
	struct sshkey key;

	if (sshkey_public(public, text, err, sizeof(err)) != 0)
		assert(strlen(err) > 0);
	sshkey_private(&key, text, len, err, sizeof(err));
	pem(data, len);
	free(text);
	return (0);
}
