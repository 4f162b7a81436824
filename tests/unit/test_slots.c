/*
 * A value in two slots, each kept twice: damage and every way in which a write
 * may end early.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "fault.h"
#include "scratch.h"
#include "server/store/slots.h"

#define SECTOR 512 /* what a disk writes whole */

struct place_of_test {
	char dir[128];
	char file[256];
};

/* A sector that the disk does not give back, by its place in the file; -1. */
static off_t bad_sector = -1;

ssize_t
pread(int fd, void *bytes, size_t n, off_t at)
{
	if (at <= bad_sector && bad_sector < at + (off_t)n) {
		errno = EIO;
		return (-1);
	}
	return (syscall(SYS_pread64, fd, bytes, n, at));
}

static void
file_put(const char *name, const unsigned char bytes[SLOTS_BYTES])
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, bytes, SLOTS_BYTES), SLOTS_BYTES);
	close(fd);
}

static void
file_get(const char *name, unsigned char bytes[SLOTS_BYTES])
{
	int fd = open(name, O_RDONLY);

	assert_int_equal(read(fd, bytes, SLOTS_BYTES), SLOTS_BYTES);
	close(fd);
}

/* As slots_read and slots_write, of a file that is opened for it. */
static ssize_t
read_from(const char *name, unsigned char value[SLOTS_MOST])
{
	int fd = open(name, O_RDWR);
	ssize_t len = slots_read(fd, value);

	if (fd != -1)
		close(fd);
	return (len);
}

static int
write_to(const char *name, const void *value, size_t len)
{
	int fd = open(name, O_RDWR), rc = slots_write(fd, value, len);

	if (fd != -1)
		close(fd);
	return (rc);
}

static int
setup(void **state)
{
	struct place_of_test *p = calloc(1, sizeof(*p));
	unsigned char bytes[SLOTS_BYTES];

	assert_non_null(p);
	fault_set(0, FAULT_ERROR);
	assert_non_null(scratch_make(p->dir, sizeof(p->dir)));
	snprintf(p->file, sizeof(p->file), "%s/slots", p->dir);
	slots_new(bytes, "first", 5);
	file_put(p->file, bytes);
	*state = p;
	return (0);
}

static int
teardown(void **state)
{
	struct place_of_test *p = *state;

	scratch_remove(p->dir);
	free(p);
	return (0);
}

static void
assert_value(const struct place_of_test *p, const char *want)
{
	unsigned char value[SLOTS_MOST];

	assert_int_equal(read_from(p->file, value), strlen(want));
	assert_memory_equal(value, want, strlen(want));
}

static void
assert_unreadable(const char *file, int error)
{
	unsigned char value[SLOTS_MOST];

	errno = 0;
	assert_int_equal(read_from(file, value), -1);
	assert_int_equal(errno, error);
	errno = 0;
	assert_int_equal(write_to(file, "next", 4), -1);
	assert_int_equal(errno, error);
}

static void
put(const struct place_of_test *p, const char *value)
{
	assert_int_equal(write_to(p->file, value, strlen(value)), 0);
}

static void
the_latest_is_read(void **state)
{
	struct place_of_test *p = *state;
	unsigned char longest[SLOTS_MOST], value[SLOTS_MOST];
	char word[16];
	struct stat st;

	assert_value(p, "first");
	for (int i = 0; i < 300; i++) {
		snprintf(word, sizeof(word), "%d", i * 37);
		put(p, word);
		assert_value(p, word);
	}
	put(p, "");
	assert_value(p, "");
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(write_to(p->file, longest, sizeof(longest)), 0);
	assert_int_equal(read_from(p->file, value), sizeof(value));
	assert_memory_equal(value, longest, sizeof(value));
	put(p, "short");
	assert_value(p, "short");
	assert_int_equal(stat(p->file, &st), 0);
	assert_int_equal(st.st_size, SLOTS_BYTES);
}

static void
damage(const struct place_of_test *p, int copy)
{
	assert_int_equal(
	    scratch_flip(p->file, (off_t)copy * SLOT_BYTES + 13, 1), 0);
}

static void
a_damaged_copy_is_made_up_for(void **state)
{
	struct place_of_test *p = *state;

	put(p, "second");
	for (off_t at = 0; at < (off_t)SLOTS_BYTES; at += 7) {
		assert_int_equal(scratch_flip(p->file, at, 0x80), 0);
		assert_value(p, "second");
		assert_int_equal(scratch_flip(p->file, at, 0x80), 0);
	}
	damage(p, 1);
	put(p, "third");
	assert_value(p, "third");
	damage(p, 0);
	assert_value(p, "third");
	damage(p, 2);
	assert_value(p, "second"); /* no copy of the third is left */
	damage(p, 3);
	assert_unreadable(p->file, EBADMSG);
}

static void
a_file_of_another_size(void **state)
{
	struct place_of_test *p = *state;

	assert_int_equal(truncate(p->file, SLOTS_BYTES + 1), 0);
	assert_unreadable(p->file, EINVAL);
	assert_int_equal(truncate(p->file, SLOTS_BYTES - 1), 0);
	assert_unreadable(p->file, EINVAL);
	assert_int_equal(unlink(p->file), 0);
	assert_unreadable(p->file, EBADF);
}

/* The sectors of a write reach the disk one after the other, this way round. */
static void
cut_off(const struct place_of_test *p, const unsigned char *old,
    const unsigned char *new, int backwards)
{
	unsigned char bytes[SLOTS_BYTES];
	int sectors = SLOTS_BYTES / SECTOR, seen[2] = {0, 0};
	unsigned char value[SLOTS_MOST];
	ssize_t n;

	memcpy(bytes, old, sizeof(bytes));
	for (int i = 0; i <= sectors; i++) {
		file_put(p->file, bytes);
		n = read_from(p->file, value);
		assert_true(n == 3 || n == 5);
		assert_memory_equal(value, n == 3 ? "old" : "newer", (size_t)n);
		seen[n == 5]++;
		if (i < sectors) {
			int at = (backwards ? sectors - 1 - i : i) * SECTOR;
			memcpy(bytes + at, new + at, SECTOR);
		}
	}
	assert_true(seen[0] > 0 && seen[1] > 0);
}

static void
a_write_that_is_cut_off(void **state)
{
	unsigned char old[SLOTS_BYTES], new[SLOTS_BYTES];
	struct place_of_test *p = *state;

	for (int parity = 0; parity < 2; parity++) {
		put(p, "oldest");
		if (parity)
			put(p, "oldest");
		put(p, "old");
		file_get(p->file, old);
		put(p, "newer");
		file_get(p->file, new);
		cut_off(p, old, new, 0);
		cut_off(p, old, new, 1);
	}
	/* After it, both slots go on. */
	file_put(p->file, old);
	damage(p, 1);
	put(p, "later");
	assert_value(p, "later");
}

/* The other copy makes up for it. */
static void
a_sector_that_cannot_be_read(void **state)
{
	struct place_of_test *p = *state;

	put(p, "older");
	put(p, "newer");
	for (bad_sector = 0; bad_sector < (off_t)SLOTS_BYTES;
	     bad_sector += SECTOR)
		assert_value(p, "newer");
	bad_sector = -1;
}

static void
a_sync_that_fails(void **state)
{
	struct place_of_test *p = *state;

	fault_set(1, FAULT_ERROR);
	assert_int_equal(write_to(p->file, "lost", 4), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(fault_seen, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_latest_is_read),
	    TEST(a_damaged_copy_is_made_up_for),
	    TEST(a_file_of_another_size),
	    TEST(a_write_that_is_cut_off),
	    TEST(a_sector_that_cannot_be_read),
	    TEST(a_sync_that_fails),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
