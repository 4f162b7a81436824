#ifndef EVOTE_SUPERVISOR_H
#define EVOTE_SUPERVISOR_H

#include <stdint.h>

/*
 * Whoever started this process, an operator or systemd: the signals that come
 * from there, and what is told there (sd_notify(3)).
 */
struct supervisor {
	int fd;		   /* readable when there is a signal */
	uint64_t every_ms; /* between signs of life; 0: nobody wants them */
	uint64_t told_ms;
};

/*
 * Before there is a thread: all inherit what is blocked here.  Returns -1 when
 * there is no descriptor.
 */
int supervisor_open(struct supervisor *);
void supervisor_close(struct supervisor *); /* closed already is fine */

/* The process can be called.  Not before everything that may fail. */
void supervisor_ready(struct supervisor *, uint64_t now_ms);
/* A loop that no longer calls this is ended by systemd's watchdog. */
void supervisor_alive(struct supervisor *, uint64_t now_ms);

/* Whether a signal asks to end.  Others are logged, and change nothing. */
int supervisor_ends(struct supervisor *);

#endif
