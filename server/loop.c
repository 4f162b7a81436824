#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/log.h"
#include "replica/core/times.h"
#include "server/checkpoint.h"
#include "server/events.h"
#include "server/service.h"

/*
 * One thread does everything but what would keep it waiting: the disk, the
 * portmapper, etcd and each name looked up have a thread, and signatures and
 * handshakes a few each.  Each turn it takes what is ready, carries it out, and
 * at its end stores and sends together what the turn has brought.
 */
#define SPACE_MS   1000
#define SECRETS_MS 2000
#define PAUSE_MS   1000 /* between beats: this process did not run */

/*
 * A disk that does not answer holds everybody up, and says nothing that others
 * could act on.  A host that ends is one they know what to do about: so this
 * one does, if there is another that can go on.  After a pause of its own it
 * waits anew, since the disk may have been as idle.
 */
static void
look_at_disk(struct server *s, uint64_t since_ms)
{
	uint64_t job = disk_oldest(s->disk);

	if (job == 0 || job != s->disk_job || s->now_ms - since_ms > PAUSE_MS) {
		s->disk_job = job;
		s->disk_ms = s->now_ms;
		return;
	}
	if (s->now_ms - s->disk_ms > s->conf->hang_ms &&
	    core_can_fail_over(s->core))
		disk_die_hung();
}

/* A full disk is left alone (rule 17). */
static void
tell_accepted(struct server *s)
{
	evote_stamp stamp;

	core_stamp(s->core, &stamp);
	if (!s->no_space)
		disk_accept(s->disk, stamp.size);
}

/* What the loop waits for.  A turn looks only at what has something. */
enum {
	READY_SIGNAL = 1 << 0,
	READY_DISK = 1 << 1,
	READY_OUTBOUND = 1 << 2,
	READY_ARBITER = 1 << 3,
	READY_WORKERS = 1 << 4,
	READY_TRANSPORT = 1 << 5,
	READY_ALL = (1 << 6) - 1,
	READY_MAX = 6
};

static int
watch(int epfd, int fd, uint32_t ready)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = ready};

	return (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev));
}

static uint32_t
wait_ready(int epfd, int wait_ms)
{
	struct epoll_event events[READY_MAX];
	int n = epoll_wait(epfd, events, READY_MAX, wait_ms);
	uint32_t ready = 0;

	while (n > 0)
		ready |= events[--n].data.u32;
	return (ready);
}

/*
 * At each beat all of them, whose timers are then looked at too: nobody is
 * suspected before what has come in has been read.  Hosts come before voters
 * and strangers, who have a budget (budget.h); returns what it left undone.
 */
static uint32_t
turn(struct server *s, uint32_t ready, uint64_t *tick_ms)
{
	struct event flush = {.kind = EV_FLUSH}, tick = {.kind = EV_TICK};
	int beat, more = 0;

	server_clocks(s);
	beat = s->now_ms - *tick_ms >= BEAT_MS;
	if (beat)
		ready = READY_ALL;
	if (ready & READY_DISK)
		events_disk(s);
	if (ready & READY_OUTBOUND ||
	    outbound_wait_ms(s->outbound, s->now_ms) == 0)
		outbound_run(s->outbound, s->now_ms);
	if (ready & READY_ARBITER ||
	    arbiter_wait_ms(s->arbiter, s->now_ms) == 0)
		arbiter_run(s->arbiter, s->now_ms);
	if (ready & READY_TRANSPORT)
		transport_run(s->transport, s->now_ms);
	if (ready & (READY_WORKERS | READY_TRANSPORT))
		more = service_run(s);
	if (beat) {
		look_at_disk(s, *tick_ms);
		tell_accepted(s);
		*tick_ms = s->now_ms;
		neighbours_run(s->neighbours, s->now_ms);
		if (s->now_ms - s->space_ms >= SPACE_MS)
			events_space(s);
		if (s->now_ms - s->secrets_ms >= SECRETS_MS)
			events_secrets(s);
		events_step(s, &tick);
		supervisor_alive(&s->supervisor, s->now_ms);
	}
	more |= service_prove(s);
	events_step(s, &flush);
	transport_flush(s->transport);
	return (more ? READY_WORKERS : 0);
}

/* How long nothing need be looked at unless something comes. */
static int
leisure_ms(const struct server *s, uint64_t tick_ms)
{
	int links = outbound_wait_ms(s->outbound, s->now_ms);
	int ask = arbiter_wait_ms(s->arbiter, s->now_ms);
	int sign = checkpoint_wait_ms(s);
	uint64_t due = tick_ms + BEAT_MS;
	int wait = due > s->now_ms ? (int)(due - s->now_ms) : 0;

	if (links >= 0 && links < wait)
		wait = links;
	if (ask >= 0 && ask < wait)
		wait = ask;
	if (sign >= 0 && sign < wait)
		wait = sign;
	return (wait);
}

int
server_run(struct server *s)
{
	int epfd, rc = EXIT_TROUBLE;
	uint64_t tick_ms = 0;
	uint32_t ready = 0, left;

	epfd = epoll_create1(EPOLL_CLOEXEC);
	if (epfd == -1 || watch(epfd, s->supervisor.fd, READY_SIGNAL) == -1 ||
	    watch(epfd, disk_fd(s->disk), READY_DISK) == -1 ||
	    watch(epfd, outbound_fd(s->outbound), READY_OUTBOUND) == -1 ||
	    watch(epfd, arbiter_fd(s->arbiter), READY_ARBITER) == -1 ||
	    watch(epfd, workers_fd(s->workers), READY_WORKERS) == -1 ||
	    watch(epfd, transport_fd(s->transport), READY_TRANSPORT) == -1) {
		log_alarm("loop why=\"%s\"", strerror(errno));
		goto out;
	}
	supervisor_ready(&s->supervisor, s->now_ms);
	do {
		left = turn(s, ready, &tick_ms);
		ready =
		    left | wait_ready(epfd, left ? 0 : leisure_ms(s, tick_ms));
	} while (!(ready & READY_SIGNAL) || !supervisor_ends(&s->supervisor));
	rc = 0;
out:
	if (epfd != -1)
		close(epfd);
	return (rc);
}
