#ifndef EVOTE_CALLER_H
#define EVOTE_CALLER_H

#include <rpc/rpc.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The client's side of ONC RPC over a stream, for the generated stubs, with
 * one absolute deadline for every step: libtirpc's own transports bound only
 * parts of a call (see caller.c).  The CLIENT is one
 * connection; after CLNT_CALL has timed out or failed to send or receive it is
 * broken and every later call fails at once: destroy it.
 *
 * Deadlines are CLOCK_MONOTONIC, milliseconds.
 */
uint64_t caller_now_ms(void);

/*
 * Looks the port of prog/vers up with HOST's portmapper (version 2, UDP,
 * repeated after 60, 120, 240 ms, ...).  Returns the port, 0 when the host
 * answered that there is none (or refused), -1 when it did not answer in time
 * or its name cannot be resolved.
 */
int caller_port(
    const char *host, uint32_t prog, uint32_t vers, uint64_t deadline_ms);

/* Connects; NULL with one sentence in err.  IPv4 and IPv6. */
CLIENT *caller_tcp(const char *host, int port, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, char *err, size_t errlen);
CLIENT *caller_unix(const char *path, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, char *err, size_t errlen);

/*
 * Calls through the stubs are bounded by this from now on (in place of the
 * stub's own timeout), the next CLNT_CALLs together.
 */
void caller_deadline(CLIENT *, uint64_t deadline_ms);

/*
 * While an answer is awaited, `there` is asked after so much silence, and
 * again after twice as much, and so on: when it returns 0 the call has timed
 * out, long before its deadline.  NULL: nobody is asked.
 */
typedef int caller_there(void *arg);
void caller_patience(CLIENT *, uint64_t ms, caller_there *, void *arg);

#endif
