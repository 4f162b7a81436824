#include "server/store/host_key.h"

#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "server/store/files.h"

#define FILE_NAME "host.key"

int
host_key_make(const char *dir)
{
	unsigned char seed[SEAL_KEY];
	char line[64];

	seal_random(seed, sizeof(seed));
	seal_base64(line, seed, sizeof(seed));
	strcat(line, "\n");
	return (files_replace(dir, FILE_NAME, line, strlen(line)));
}

int
host_key_read(
    const char *dir, unsigned char seed[SEAL_KEY], char *err, size_t errlen)
{
	char file[FILES_PATH], line[64];
	int rc;

	files_path(dir, FILE_NAME, file, sizeof(file));
	rc = files_line(file, line, sizeof(line));
	if (rc == -1 && errno == ENOENT)
		return (1);
	if (rc == 0 &&
	    seal_unbase64(seed, SEAL_KEY, line, strlen(line)) == SEAL_KEY)
		return (0);
	if (rc == -1 && errno != EFBIG)
		return (text_why(
		    err, errlen, "cannot read %s: %s", file, strerror(errno)));
	return (text_why(err, errlen,
	    "%s is damaged, it is not 32 bytes in base64: put the "
	    "right file back, or move the directory aside and let this "
	    "host join again from its peer",
	    file));
}
