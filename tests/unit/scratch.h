#ifndef EVOTE_SCRATCH_H
#define EVOTE_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A directory for one test: made empty, removed with all that is in it. */
static int
scratch_unlink(
    const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return (remove(path));
}

static inline void
scratch_remove(const char *path)
{
	nftw(path, scratch_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static inline char *
scratch_make(char *path, size_t len)
{
	const char *base = getenv("TMPDIR");

	snprintf(
	    path, len, "%s/evote-test-XXXXXX", base != NULL ? base : "/tmp");
	return (mkdtemp(path));
}

/* Changes one byte of a file; returns -1 beyond its end. */
static inline int
scratch_flip(const char *path, off_t at, unsigned char mask)
{
	unsigned char c;
	int fd = open(path, O_RDWR), rc = -1;

	if (pread(fd, &c, 1, at) == 1) {
		c ^= mask;
		rc = pwrite(fd, &c, 1, at) == 1 ? 0 : -1;
	}
	close(fd);
	return (rc);
}

#endif
