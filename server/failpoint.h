#ifndef EVOTE_FAILPOINT_H
#define EVOTE_FAILPOINT_H

/*
 * 1 once in the life of the process when $EVOTE_FAILPOINT names this point;
 * only in builds for tests (-DEVOTE_FAILPOINTS), elsewhere never.
 */
#ifdef EVOTE_FAILPOINTS
int failpoint(const char *name);
#else
#define failpoint(name) 0
#endif

#endif
