#include "server/supervisor.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "common/log.h"

/*
 * No signal that a person may send ends the server without a word in the log
 * and without taking leave of the other host and the portmapper.
 */
static const int taken[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2,
    SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGXCPU, SIGSTKFLT};
/* The calls that these would end fail with an error instead. */
static const int ignored[] = {SIGPIPE, SIGXFSZ};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

int
supervisor_open(struct supervisor *v)
{
	uint64_t us;
	sigset_t mask;

	memset(v, 0, sizeof(*v));
	sigemptyset(&mask);
	for (size_t i = 0; i < COUNT(taken); i++)
		sigaddset(&mask, taken[i]);
	for (int n = SIGRTMIN; n <= SIGRTMAX; n++)
		sigaddset(&mask, n);
	for (size_t i = 0; i < COUNT(ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	if (sd_watchdog_enabled(0, &us) > 0)
		v->every_ms = us / 1000 / 3;
	v->fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	return (v->fd == -1 ? -1 : 0);
}

void
supervisor_close(struct supervisor *v)
{
	if (v->fd != -1)
		close(v->fd);
	v->fd = -1;
}

void
supervisor_ready(struct supervisor *v, uint64_t now_ms)
{
	v->told_ms = now_ms;
	sd_notify(0, "READY=1");
}

void
supervisor_alive(struct supervisor *v, uint64_t now_ms)
{
	if (v->every_ms == 0 || now_ms - v->told_ms < v->every_ms)
		return;
	v->told_ms = now_ms;
	sd_notify(0, "WATCHDOG=1");
}

static int
asks_to_end(const struct signalfd_siginfo *info)
{
	switch (info->ssi_signo) {
	case SIGTERM:
	case SIGINT:
	case SIGQUIT:
		log_info("end signal=%u", info->ssi_signo);
		sd_notify(0, "STOPPING=1");
		return (1);
	case SIGHUP:
		log_info("signal=HUP from_pid=%u hint=\"the configuration is "
			 "only read at the start: restart the server to change "
			 "it\"",
		    info->ssi_pid);
		return (0);
	default:
		log_info("signal=%u from_pid=%u hint=\"it has no effect\"",
		    info->ssi_signo, info->ssi_pid);
		return (0);
	}
}

int
supervisor_ends(struct supervisor *v)
{
	struct signalfd_siginfo info;
	int ends = 0;

	while (!ends && read(v->fd, &info, sizeof(info)) == sizeof(info))
		ends = asks_to_end(&info);
	return (ends);
}
