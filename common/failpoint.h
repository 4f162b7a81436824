#ifndef EVOTE_FAILPOINT_H
#define EVOTE_FAILPOINT_H

/*
 * 1 once in the life of the process when $EVOTE_FAILPOINT names this point;
 * only in builds for tests (-DEVOTE_FAILPOINTS), elsewhere never.
 */
#ifdef EVOTE_FAILPOINTS
int failpoint(const char *name);
/*
 * The process dies here, as by kill -9, when $EVOTE_CRASH_AT is NAME, or the
 * Nth time when it is NAME:N.  tests/cluster/crash_points.bats finds the names
 * by searching for these calls, and every one must be reached.
 */
void crash_at(const char *name);
int crash_due(const char *name); /* the next time it passes there */
#else
#define failpoint(name) 0
#define crash_at(name)	((void)0)
#define crash_due(name) 0
#endif

#endif
