#include "common/rpc/deadline.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "common/now.h"

int
deadline_left_ms(uint64_t deadline_ms)
{
	uint64_t now = now_ms();

	if (now >= deadline_ms)
		return (0);
	return (
	    deadline_ms - now > INT_MAX ? INT_MAX : (int)(deadline_ms - now));
}

int
deadline_wait(int fd, short events, uint64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	int left, n;

	do {
		if ((left = deadline_left_ms(deadline_ms)) == 0)
			return (0);
		n = poll(&p, 1, left);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return (n);
}
