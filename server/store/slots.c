#include "server/store/slots.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/failpoint.h"
#include "common/seal.h"

#define COPIES	  4
#define LENGTH_AT 8
#define VALUE_AT  12

/* The copy of that number in the file. */
static unsigned char *
copy_at(unsigned char *file, int i)
{
	return (file + (size_t)i * SLOT_BYTES);
}

static uint64_t
copy_number(const unsigned char *copy)
{
	uint64_t n;

	memcpy(&n, copy, sizeof(n));
	return (be64toh(n));
}

static size_t
copy_length(const unsigned char *copy)
{
	uint32_t n;

	memcpy(&n, copy + LENGTH_AT, sizeof(n));
	return (be32toh(n));
}

static void
copy_make(unsigned char copy[SLOT_BYTES], uint64_t number, const void *value,
    size_t len)
{
	const struct seal_part part = {copy, VALUE_AT + len};
	uint64_t n = htobe64(number);
	uint32_t l = htobe32((uint32_t)len);

	assert(len <= SLOTS_MOST);
	memset(copy, 0, SLOT_BYTES);
	memcpy(copy, &n, sizeof(n));
	memcpy(copy + LENGTH_AT, &l, sizeof(l));
	memcpy(copy + VALUE_AT, value, len);
	seal_hash(copy + VALUE_AT + len, &part, 1);
}

static int
copy_whole(const unsigned char *copy, uint64_t slot)
{
	unsigned char hash[SEAL_HASH];
	struct seal_part part = {copy, 0};
	size_t len = copy_length(copy);

	if (len > SLOTS_MOST || copy_number(copy) % 2 != slot)
		return (0);
	part.len = VALUE_AT + len;
	seal_hash(hash, &part, 1);
	return (memcmp(hash, copy + part.len, SEAL_HASH) == 0);
}

/*
 * Each copy by itself: one that the disk does not give back is like one that is
 * not whole.  0, or -1 with errno.
 */
static int
file_load(int fd, unsigned char file[SLOTS_BYTES])
{
	struct stat st;
	int error = 0, read = 0;

	if (fstat(fd, &st) == -1)
		return (-1);
	if (st.st_size != (off_t)SLOTS_BYTES) {
		errno = EINVAL;
		return (-1);
	}
	for (int i = 0; i < COPIES; i++) {
		if (pread(fd, copy_at(file, i), SLOT_BYTES,
			(off_t)i * SLOT_BYTES) == SLOT_BYTES)
			read++;
		else {
			error = errno;
			memset(copy_at(file, i), 0xff, SLOT_BYTES);
		}
	}
	errno = error;
	return (read > 0 ? 0 : -1);
}

/* The whole copy of the highest number, in file; NULL with errno. */
static unsigned char *
latest(int fd, unsigned char file[SLOTS_BYTES])
{
	unsigned char *copy, *best = NULL;

	if (file_load(fd, file) == -1)
		return (NULL);
	for (int i = 0; i < COPIES; i++) {
		copy = copy_at(file, i);
		if (copy_whole(copy, (uint64_t)i % 2) &&
		    (best == NULL || copy_number(copy) > copy_number(best)))
			best = copy;
	}
	if (best == NULL)
		errno = EBADMSG;
	return (best);
}

void
slots_new(unsigned char file[SLOTS_BYTES], const void *value, size_t len)
{
	memset(file, 0, SLOTS_BYTES);
	copy_make(copy_at(file, 0), 0, value, len);
	copy_make(copy_at(file, 2), 0, value, len);
}

ssize_t
slots_read(int fd, unsigned char value[SLOTS_MOST])
{
	unsigned char file[SLOTS_BYTES], *copy = latest(fd, file);

	if (copy == NULL)
		return (-1);
	memcpy(value, copy + VALUE_AT, copy_length(copy));
	return ((ssize_t)copy_length(copy));
}

static int
copy_write(int fd, const unsigned char copy[SLOT_BYTES], int i)
{
	ssize_t n = pwrite(fd, copy, SLOT_BYTES, (off_t)i * SLOT_BYTES);

	if (n >= 0 && n < SLOT_BYTES)
		errno = EIO;
	return (n == SLOT_BYTES ? 0 : -1);
}

int
slots_write(int fd, const void *value, size_t len)
{
	unsigned char file[SLOTS_BYTES], next[SLOT_BYTES];
	unsigned char *copy = latest(fd, file);
	uint64_t number;

	if (copy == NULL)
		return (-1);
	number = copy_number(copy) + 1;
	copy_make(next, number, value, len);
	if (copy_write(fd, next, (int)(number % 2)) == -1)
		return (-1);
	crash_at("slot-half");
	if (copy_write(fd, next, (int)(number % 2) + 2) == -1)
		return (-1);
	crash_at("slot-written");
	return (fdatasync(fd));
}
