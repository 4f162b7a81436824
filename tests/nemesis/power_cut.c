/*
 * Takes the power from a file system (ext4): from now on nothing reaches the
 * disk, not even the journal, and every call fails.
 *
 *	power_cut DIR
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of the kernel; no header of the C library has them. */
#define SHUTDOWN   _IOR('X', 125, uint32_t)
#define NOLOGFLUSH 2

int
main(int argc, char **argv)
{
	uint32_t how = NOLOGFLUSH;
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

	if (fd == -1 || ioctl(fd, SHUTDOWN, &how) == -1) {
		perror(argc == 2 ? argv[1] : "usage: power_cut DIR");
		return (1);
	}
	close(fd);
	return (0);
}
