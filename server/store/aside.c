#include "server/store/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/failpoint.h"
#include "common/log.h"
#include "common/seal.h"
#include "server/store/files.h"

static int
hex_print(FILE *f, const void *data, size_t len, const char *after)
{
	char *hex = malloc(2 * len + 1);
	int rc;

	if (hex == NULL)
		return (-1);
	seal_hex(hex, data, len);
	rc = fprintf(f, "%s%s", len > 0 ? hex : "-", after);
	free(hex);
	return (rc < 0 ? -1 : 0);
}

/* 0, or -1 with errno 0 when it was the ledger that failed, and said so. */
static int
records_print(struct ledger *l, uint64_t seq, FILE *f)
{
	struct record *r;
	int rc = 0;

	for (; rc == 0 && seq < ledger_size(l); seq++) {
		if (ledger_read(l, seq, 1, 0, &r) != 1) {
			errno = 0;
			return (-1);
		}
		if (fprintf(f, "%llu ", (unsigned long long)seq) < 0 ||
		    hex_print(f, record_leaf(r), r->leaf_len, " ") == -1 ||
		    hex_print(f, record_opening(r), r->opening_len, "\n") == -1)
			rc = -1;
		record_drop(r);
	}
	return (rc);
}

static int
set_aside(struct ledger *l, uint64_t size, const char *aside)
{
	int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd != -1 ? fdopen(fd, "w") : NULL;
	int ok;

	ok = f != NULL && records_print(l, size, f) == 0 && fflush(f) == 0 &&
	    /* The new name is durable only when its directory is. */
	    fsync(fd) == 0 && files_sync_parent(aside) == 0;
	if (!ok && errno != 0)
		log_alarm("ledger file=%s doing=truncate failed=\"%s\"", aside,
		    strerror(errno));
	if (f != NULL)
		fclose(f);
	else if (fd != -1)
		close(fd);
	return (ok ? 0 : -1);
}

int
aside_truncate(struct ledger *l, uint64_t size, const char *path)
{
	if (size == ledger_size(l))
		return (0);
	if (set_aside(l, size, path) == -1)
		return (-1);
	crash_at("truncate-aside");
	return (ledger_truncate(l, size));
}
