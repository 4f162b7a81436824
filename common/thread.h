#ifndef EVOTE_THREAD_H
#define EVOTE_THREAD_H

#include <pthread.h>

/*
 * Starts a thread that no signal interrupts: those are for the threads that
 * were there before.  NULL for the handle: nobody will join it.  0, or an
 * errno.
 */
int thread_start(pthread_t *, void *(*run)(void *), void *arg);

#endif
