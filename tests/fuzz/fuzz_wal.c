/*
 * Our own reading of SQLite's write-ahead log, which tells damage from a torn
 * end.  Two bytes say what is done to the log that follows: how large it is,
 * which frame is wrong, and how.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/store/wal.h"
#include "wal.h"

#define INPUT 16384 /* as tests/fuzz/run has it */
#define MOST  (INPUT + 63 * 4096)
#define LEAST (WAL_FRAME + 512)

#define RAW 1 /* as it came; else its checksums are right but for one frame, */
#define SUM 2 /* which has another one; else a byte of its page is another */

static uint8_t wal[MOST];

static int
judge(size_t len, uint64_t *frame, uint64_t *behind)
{
	static int fd = -1;
	static char path[64];
	int rc;

	if (fd == -1) {
		fd = memfd_create("wal", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	assert(
	    ftruncate(fd, 0) == 0 && pwrite(fd, wal, len, 0) == (ssize_t)len);
	rc = wal_damage(path, frame, behind);
	assert(rc == (*behind >= 2));
	/* What it counts is there. */
	assert(*frame + *behind == 0 ||
	    WAL_HEAD + (*frame + *behind) * LEAST <= len);
	return (rc);
}

/* How many transactions end in the frames from that one on. */
static uint64_t
commits(size_t from, size_t n)
{
	size_t page = wal_big(wal + 8);
	uint64_t sum = 0;

	for (; from < n; from++)
		sum += wal_big(
			   wal + WAL_HEAD + from * (WAL_FRAME + page) + 4) != 0;
	return (sum);
}

/* With that frame wrong, counted from 1; 0: none is. */
static void
one_wrong(size_t len, size_t n, size_t wrong, int of_sum)
{
	size_t page = wal_big(wal + 8);
	uint64_t frame, behind;
	uint8_t *at;

	if (wrong > 0) {
		at = wal + WAL_HEAD + (wrong - 1) * (WAL_FRAME + page);
		at[of_sum ? 16 : WAL_FRAME] ^= 1;
	}
	judge(len, &frame, &behind);
	assert(frame == (wrong > 0 ? wrong : n));
	/* With another checksum, the next one cannot be told to follow it. */
	assert(
	    behind == (wrong > 0 ? commits(wrong + (of_sum ? 1 : 0), n) : 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t frame, behind;
	size_t size, n;

	if (len < 2 || len > INPUT)
		return (0);
	/* Zeros at the end make room for pages of all sizes. */
	size = len - 2 + (size_t)(data[0] >> 2) * 4096;
	memset(wal, 0, size);
	memcpy(wal, data + 2, len - 2);
	if (data[0] & RAW)
		judge(size, &frame, &behind);
	else if ((n = wal_mend(wal, size)) == 0) {
		judge(size, &frame, &behind);
		assert(frame == 0);
	} else
		one_wrong(size, n, data[1] % (n + 1), data[0] & SUM);
	return (0);
}
