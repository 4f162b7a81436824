#ifndef EVOTE_DEADLINE_H
#define EVOTE_DEADLINE_H

#include <poll.h>
#include <stdint.h>

/* Waiting with one end for all steps; deadlines are those of now_ms. */

/* How long there is still, for poll(2); 0: the time is over. */
int deadline_left_ms(uint64_t deadline_ms);
/*
 * 1 ready, 0 too late, -1 errno.  Too late comes first: a peer that always
 * has some more to say must not keep us.
 */
int deadline_wait(int fd, short events, uint64_t deadline_ms);
/* The same for several, as poll(2): how many are ready. */
int deadline_poll(struct pollfd *, int n, uint64_t deadline_ms);

#endif
