#include "common/rpc/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#define HIGH 64 /* so many numbers are high */

int
descriptor_high(int fd)
{
	struct rlimit r;
	rlim_t most = DESCRIPTORS_MAX;
	int high, error = errno;

	if (fd == -1 || getrlimit(RLIMIT_NOFILE, &r) == -1)
		return (fd);
	if (r.rlim_cur < most)
		most = r.rlim_cur;
	if (most < 2 * HIGH || fd >= (int)most - HIGH)
		return (fd);
	high = fcntl(fd, F_DUPFD_CLOEXEC, (int)most - HIGH);
	errno = error;
	if (high == -1)
		return (fd);
	close(fd);
	return (high);
}
