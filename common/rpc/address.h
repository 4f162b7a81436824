#ifndef EVOTE_ADDRESS_H
#define EVOTE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * The addresses of a host, found by threads of their own: getaddrinfo(3) can
 * not be bounded, and nobody else is to wait for it.
 */
#define ADDRESS_MAX 8

struct address {
	struct sockaddr_storage sa; /* the rest zero: comparable by memcmp */
	socklen_t len;
};

/* How many; 0 unless host is a numeric address.  The rest of out is zero. */
int address_numeric(const char *host, struct address out[ADDRESS_MAX]);
/*
 * Has a thread ask the resolver.  The socket returned becomes readable when
 * it knows; closing it gives up.  -1 when no thread could be made.
 */
int address_ask(const char *host);
/*
 * What came back, as address_numeric; -1: the name has no address, 0: nobody
 * could tell.
 */
int address_answer(int fd, struct address out[ADDRESS_MAX]);
/* The same for those who wait, until that time (now_ms). */
int address_find(
    const char *host, uint64_t deadline_ms, struct address out[ADDRESS_MAX]);
bool address_equal(const struct address *, const struct address *);
/* The address with a port in it; returns its length. */
socklen_t address_port(
    const struct address *, int port, struct sockaddr_storage *out);

#endif
