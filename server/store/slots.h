#ifndef EVOTE_SLOTS_H
#define EVOTE_SLOTS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * One value in a file that never changes its size: two slots take turns, so
 * that a crash while one is written leaves the other.  To replace the value is
 * one sync of a few pages: it waits for no journal of the file system, and a
 * full disk does not matter.  A slot is kept twice, apart from each other: a
 * copy that is damaged is made up for by the other one.
 *
 *	copy of slot 0, of slot 1, of slot 0, of slot 1; each SLOT_BYTES:
 *	number (8 bytes, the slot's is its last bit), length (4), both with the
 *	high byte first; the value; SHA-256 of all that; not used
 */
#define SLOT_BYTES  8192
#define SLOTS_BYTES ((size_t)4 * SLOT_BYTES)
#define SLOTS_MOST  (SLOT_BYTES - 8 - 4 - 32) /* bytes of a value */

/* What a new file is to hold for its first value. */
void slots_new(unsigned char file[SLOTS_BYTES], const void *value, size_t len);
/*
 * The latest value, and its length; -1 with errno: EBADMSG when no copy is
 * whole, EINVAL when the file has another size.  What was written by a process
 * that died in between may not be on the disk: write it again before it counts.
 * The file is open for reading and writing.
 */
ssize_t slots_read(int fd, unsigned char value[SLOTS_MOST]);
/* Durable when it returns 0; -1 with errno, as slots_read.  One at a time. */
int slots_write(int fd, const void *value, size_t len);

#endif
