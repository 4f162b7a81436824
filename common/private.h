#ifndef EVOTE_PRIVATE_H
#define EVOTE_PRIVATE_H

#include <sys/types.h>

/*
 * What is wrong with a file that this owner or root alone should have, to
 * follow its name in a sentence: "can be read by other users".  NULL: nothing,
 * or it is no plain file.  readable: others may read it, but not change it.
 */
const char *private_doubt(const char *path, uid_t owner, int readable);

#endif
