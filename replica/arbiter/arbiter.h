#ifndef EVOTE_ARBITER_H
#define EVOTE_ARBITER_H

#include "evote.h"

/*
 * This host's way to the arbiter of the configuration, whichever that is at the
 * moment: the link is made when something is to be asked there, and made anew
 * when the configuration names another one.  Nothing blocks; what gets lost is
 * asked again.
 */
struct arbiter;

/* Called from arbiter_run only; *decided is borrowed. */
typedef void arbiter_heard(void *arg, const evote_decided *);

/* tls_require: a witness is not called in plain.  NULL: no memory, logged. */
struct arbiter *arbiter_new(const unsigned char cluster_key[32],
    const char *self, int tls_require, arbiter_heard *, void *arg);
void arbiter_free(struct arbiter *); /* NULL is fine */

/* For an outer epoll; and how long until arbiter_run wants to be called, -1:
   only when the fd is readable. */
int arbiter_fd(struct arbiter *);
int arbiter_wait_ms(struct arbiter *, uint64_t now_ms);
void arbiter_run(struct arbiter *, uint64_t now_ms);

/*
 * `where` in full, as the configuration is to have it (EVOTE_TEXT_MAX + 1
 * bytes), for a cluster; or -1: it is none that could be asked, why is in err.
 */
int arbiter_check(const evote_arbiter *, const char cluster[16], char *full,
    char *err, size_t errlen);
void arbiter_ask(struct arbiter *, const evote_arbiter *, const evote_decide *);
/* Why the one asked last does not answer, as far as is known; else "". */
const char *arbiter_trouble(const struct arbiter *);

#endif
