#ifndef EVOTE_FAULT_H
#define EVOTE_FAULT_H

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Stands between the program, its libraries and the system: the fault_at-th
 * sync or rename from now on fails with EIO, and all later ones as well, or
 * ends the process there.  fault_seen counts them.
 */
enum fault_kind { FAULT_ERROR, FAULT_CRASH };

#define FAULT_CRASHED 77 /* exit status */

static atomic_int fault_at, fault_seen;
static enum fault_kind fault_kind;

static inline void
fault_set(int at, enum fault_kind kind)
{
	fault_kind = kind;
	fault_seen = 0;
	fault_at = at;
}

static int
fault_hit(void)
{
	int n = ++fault_seen;

	if (fault_at == 0 || n < fault_at)
		return (0);
	if (fault_kind == FAULT_CRASH)
		_exit(FAULT_CRASHED);
	errno = EIO;
	return (1);
}

int
fsync(int fd)
{
	return (fault_hit() ? -1 : (int)syscall(SYS_fsync, fd));
}

int
fdatasync(int fd)
{
	return (fault_hit() ? -1 : (int)syscall(SYS_fdatasync, fd));
}

int
rename(const char *from, const char *to)
{
	return (fault_hit() ? -1 : (int)syscall(SYS_rename, from, to));
}

#endif
