#ifndef EVOTE_CALLER_H
#define EVOTE_CALLER_H

#include <rpc/rpc.h>
#include <stddef.h>
#include <stdint.h>

#include "common/rpc/tls.h"

/*
 * The client's side of ONC RPC over a stream, for the generated stubs, with
 * one absolute deadline for every step: libtirpc's own transports bound only
 * parts of a call (see caller.c).  The CLIENT is one
 * connection; after CLNT_CALL has timed out or failed to send or receive it is
 * broken and every later call fails at once: destroy it.
 *
 * Deadlines are those of now_ms.
 */

/* Where the way to a server ends: the step that is to blame. */
enum caller_fault {
	CALLER_NONE = 0,
	CALLER_NAME_LATE,	/* DNS does not answer in time */
	CALLER_NAME_UNKNOWN,	/* the name has no address */
	CALLER_NO_ROUTE,	/* no network leads to the address */
	CALLER_PORTMAP_SILENT,	/* no portmapper answers in time */
	CALLER_PORTMAP_REFUSED, /* none runs there */
	CALLER_PROGRAM_UNKNOWN	/* it answers: no such program */
};
/* Kept up to date on the way: what is to blame if the time is over now. */
typedef _Atomic(enum caller_fault) caller_progress;

/* "its portmapper does not answer": the end of a sentence about HOST. */
void caller_why(enum caller_fault, const char *host, char *out, size_t len);

/*
 * Looks the port of prog/vers up with HOST's portmapper (UDP, repeated after
 * 60, 120, 240 ms, ...), at all its addresses at once: version 2 by IPv4,
 * version 4 by IPv6.  Returns the first port, or 0 and why.  A name that took
 * more time than it left to the portmapper is to blame itself.
 */
int caller_port(const char *host, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, caller_progress *);

/* The addresses of a name, "10.0.0.1, fd00::1"; 0, or -1 and why. */
int caller_addresses(const char *host, uint64_t deadline_ms, char *out,
    size_t len, caller_progress *);

/*
 * Connects; NULL with one sentence in err, and errno: ETIMEDOUT when the time
 * was over, also for the name.  IPv4 and IPv6.
 */
CLIENT *caller_tcp(const char *host, int port, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, char *err, size_t errlen);
CLIENT *caller_unix(const char *path, uint32_t prog, uint32_t vers,
    uint64_t deadline_ms, char *err, size_t errlen);

/*
 * Asks for TLS (RFC 9289): 1 the server offers it, 0 it has declined, and calls
 * are in plain.  After an offer hands are shaken with the host of that name,
 * see tls_connect: 0.  -1 from either, with the end of a sentence in err and
 * errno: the connection is broken, and whoever fails in this has not declined,
 * so is not to be called in plain for it.
 */
int caller_probe(CLIENT *, uint64_t deadline_ms, char *err, size_t errlen);
int caller_shake(CLIENT *, const char *name, const char *pin,
    uint64_t deadline_ms, char *err, size_t errlen);
/* The pin that the server has shown, "" without TLS. */
void caller_pin(CLIENT *, char out[TLS_PIN]);

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
