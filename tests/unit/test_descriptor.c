/* Descriptors with high numbers, which Linux closes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rpc/descriptor.h"

#define HIGH 64

/* As many as there may be from now on. */
static int
limit(rlim_t most)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	r.rlim_cur = most < r.rlim_max ? most : r.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
	return ((int)r.rlim_cur);
}

static int
file_open(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return (fd);
}

static void
it_becomes_high(void **state)
{
	int most = limit(1024), fd = file_open(), high = descriptor_high(fd);

	assert_true(high >= most - HIGH && high < most);
	assert_int_equal(fcntl(high, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	/* Once. */
	assert_int_equal(descriptor_high(high), high);
	close(high);
}

/* Tables for a thousand million of them would take gigabytes. */
static void
a_limit_without_end_is_not_used(void **state)
{
	int fd, most = limit(RLIM_INFINITY);

	fd = descriptor_high(file_open());
	assert_true(fd < DESCRIPTORS_MAX);
	assert_true(
	    fd >= (most < DESCRIPTORS_MAX ? most : DESCRIPTORS_MAX) - HIGH);
	close(fd);
}

static void
without_room_it_stays(void **state)
{
	int taken[HIGH], i, fd, low;

	limit(1024);
	for (i = 0; i < HIGH; i++)
		taken[i] = descriptor_high(file_open());
	fd = file_open();
	assert_int_equal(descriptor_high(fd), fd);
	assert_true(fcntl(fd, F_GETFD) != -1);
	for (i = 0; i < HIGH; i++)
		close(taken[i]);
	limit(100);
	low = descriptor_high(fd);
	assert_int_equal(low, fd);
	close(fd);
	assert_int_equal(descriptor_high(-1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_becomes_high),
	    cmocka_unit_test(a_limit_without_end_is_not_used),
	    cmocka_unit_test(without_room_it_stays),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
