#ifndef EVOTE_BENCH_WIRE_H
#define EVOTE_BENCH_WIRE_H

#include <stddef.h>
#include <sys/types.h>

#include "common/rpc/tls.h"

/*
 * One connection of a driver, which never blocks: plain, or TLS after the probe
 * of RFC 9289, or TLS from the first byte, for servers of others.
 */
enum wire_kind { WIRE_PLAIN, WIRE_PROBE, WIRE_TLS };

enum wire_state {
	WIRE_CONNECTING,
	WIRE_PROBING,
	WIRE_SHAKING,
	WIRE_OPEN,
	WIRE_GONE /* refused or ended */
};

struct wire {
	int fd;
	enum wire_kind kind;
	enum wire_state state;
	const char *name; /* of the host, as the servers' list has it */
	struct tls *tls;
	unsigned char reply[32]; /* to the probe */
	size_t have;
};

/*
 * Begins to connect to an IPv4 address, from another one unless that is NULL.
 * -1 with errno: it cannot even begin.
 */
int wire_connect(struct wire *, enum wire_kind, const char *name,
    const char *host, int port, const char *from);
/* Goes on when the socket is ready for something. */
enum wire_state wire_go(struct wire *);
/* Goes on until it is open; exits with a message when it does not get so. */
void wire_await(struct wire *);
/* Small: the socket takes it whole.  0, or -1. */
int wire_send(struct wire *, const void *bytes, size_t len);
/* As recv(2) on a socket that does not block. */
ssize_t wire_recv(struct wire *, void *buf, size_t size);
void wire_close(struct wire *);

#endif
