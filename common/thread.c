#include "common/thread.h"

#include <signal.h>
#include <stddef.h>

int
thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	sigset_t all, before;
	pthread_t unused;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(thread == NULL ? &unused : thread, NULL, run, arg);
	if (rc == 0 && thread == NULL)
		pthread_detach(unused);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return (rc);
}
