#ifndef EVOTE_WORKERS_H
#define EVOTE_WORKERS_H

/*
 * Does what takes a while, signatures and handshakes, on threads of their own,
 * one a core, and gives every job back in the order in which it came, to the
 * one thread that submits.
 */
struct workers;

/* run does one.  NULL, logged, when no thread can be started. */
struct workers *workers_start(void (*run)(void *work));
/*
 * Ends the threads, then returns the arg of one job after the other that has
 * not come back; NULL when there is none, and all is freed.  NULL is fine.
 */
void *workers_stop(struct workers *);

/*
 * The work has to stay until arg comes back; NULL: there is nothing to do, only
 * to wait.
 */
void workers_submit(struct workers *, void *work, void *arg);
/*
 * Whether it is time to submit more: a few for each thread wait, so that none
 * rests, and no more, so that who is next is decided late.
 */
int workers_room(const struct workers *);
/* Readable when workers_next may have something. */
int workers_fd(const struct workers *);
/* The arg of the oldest job if that is done, else NULL. */
void *workers_next(struct workers *);

#endif
