#ifndef EVOTE_DIAL_H
#define EVOTE_DIAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Connects to a server, by the deadline (now_ms): a socket that does not block.
 * -1: one sentence in err, and errno, which is ETIMEDOUT when the time was
 * over, also for the name.
 */
int dial_tcp(
    const char *host, int port, uint64_t deadline_ms, char *err, size_t errlen);
int dial_unix(const char *path, uint64_t deadline_ms, char *err, size_t errlen);

#endif
