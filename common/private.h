#ifndef EVOTE_PRIVATE_H
#define EVOTE_PRIVATE_H

#include <sys/types.h>

/*
 * What is to follow the name of a file that has to be its owner's, or root's,
 * alone: "can be read by other users".  NULL: it is, or it is no plain file.
 * readable: that others may.
 */
const char *private_doubt(const char *path, uid_t owner, int readable);

#endif
