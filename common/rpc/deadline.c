#include "common/rpc/deadline.h"

#include <errno.h>
#include <limits.h>

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
deadline_poll(struct pollfd *p, int n, uint64_t deadline_ms)
{
	int left, ready;

	do {
		if ((left = deadline_left_ms(deadline_ms)) == 0)
			return (0);
		ready = poll(p, (nfds_t)n, left);
	} while (ready == 0 || (ready < 0 && errno == EINTR));
	return (ready);
}

int
deadline_wait(int fd, short events, uint64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	return (deadline_poll(&p, 1, deadline_ms));
}
